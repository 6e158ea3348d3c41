//! BIND's host.

use super::message::{self, Shown};
use super::{Found, Plan, bare, candidates, chased, search};
use crate::api::image::Libc;
use crate::dns::{DnsName, Query, Rcode, Record, RecordData, RecordType, Reply, reverse_name};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::tools::host::resolv_conf;
use crate::shell::tools::usage::{Given, getopt};
use std::net::IpAddr;

const USAGE: &str = "Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n       -a is equivalent to -v -t ANY\n       -A is like -a but omits RRSIG, NSEC, NSEC3\n       -c specifies query class for non-IN data\n       -C compares SOA records on authoritative nameservers\n       -d is equivalent to -v\n       -l lists all hosts in a domain, using AXFR\n       -m set memory debugging flag (trace|record|usage)\n       -N changes the number of dots allowed before root lookup is done\n       -p specifies the port on the server to query\n       -r disables recursive processing\n       -R specifies number of retries for UDP packets\n       -s a SERVFAIL response should stop query\n       -t specifies the query type\n       -T enables TCP/IP mode\n       -U enables UDP mode\n       -v enables verbose output\n       -V print version number and exit\n       -w specifies to wait forever for a reply\n       -W specifies how long to wait for a reply\n       -4 use IPv4 query transport only\n       -6 use IPv6 query transport only";

/// Runs host.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let given = match options(argv) {
        Ok(given) => given,
        Err(complaint) => {
            context.out.error(&format!("{complaint}\n{USAGE}"));
            return Outcome::Exit(1);
        }
    };
    if let Some(option) = given.options.iter().find(|(o, _)| "CD".contains(*o)) {
        let told = format!("host: Portside's host does not simulate -{}", option.0);
        context.out.error(&told);
        return Outcome::Exit(1);
    }
    if given.has('V') {
        context.out.error("host 9.18.49-1~deb12u3-Debian");
        return Outcome::Exit(0);
    }
    let (typed, server) = match given.words.as_slice() {
        [name] => (*name, None),
        [name, server, ..] => (*name, Some(*server)),
        [] => {
            context.out.error(USAGE);
            return Outcome::Exit(1);
        }
    };
    let chosen = match given.value('t') {
        _ if given.has('l') => Some(RecordType::Axfr),
        None if given.has('a') || given.has('A') => Some(RecordType::Any),
        // A class of one's own ends the asking for other types, too.
        None if given.has('c') => Some(RecordType::A),
        None => None,
        Some(text) => match RecordType::parse(&text.to_uppercase()) {
            Some(record_type) => Some(record_type),
            None => {
                context.out.error(&format!("host: invalid type: {text}\n"));
                return Outcome::Exit(2);
            }
        },
    };
    let mut plan = match Plan::new(context, server) {
        Ok(plan) => plan,
        Err(why) => {
            context.out.error(&format!("host: {why}"));
            return Outcome::Exit(1);
        }
    };
    plan.tries = match given.value('R').map(str::parse::<u32>) {
        Some(Ok(retries)) => retries.saturating_add(1).clamp(2, 100),
        Some(Err(_)) | None => 2,
    };
    if let Some(Ok(seconds)) = given.value('W').map(str::parse::<u64>) {
        plan.timeout = Span::secs(seconds.clamp(1, 3_600));
    }
    if let Some(Ok(port)) = given.value('p').map(str::parse::<u16>) {
        plan.port = port;
    }
    plan.tcp = given.has('T');
    plan.typed = Some(typed.to_owned());
    for family in ['4', '6'] {
        if given.has(family) {
            plan.only(family.encode_utf8(&mut [0; 4]));
        }
    }
    let call = Call {
        typed,
        chosen,
        verbose: "vadA".chars().any(|option| given.has(option)),
        recurses: !given.has('r'),
        ndots: given.value('N').map(str::to_owned),
        plan,
        named: server.is_some(),
    };
    Outcome::Exit(call.run(context))
}

struct Call<'a> {
    typed: &'a str,
    chosen: Option<RecordType>,
    verbose: bool,
    recurses: bool,
    ndots: Option<String>,
    plan: Plan,
    named: bool,
}

impl Call<'_> {
    fn run(&self, context: &mut Context<'_>) -> i32 {
        let mut conf = resolv_conf(context);
        if let Some(ndots) = &self.ndots {
            conf.options.retain(|(name, _)| name != "ndots");
            conf.options.push(("ndots".to_owned(), Some(ndots.clone())));
        }
        let literal: Option<IpAddr> = self.typed.parse().ok();
        let names = match literal {
            Some(address) => Ok(vec![reverse_name(address)]),
            None => candidates(self.typed, &conf, true),
        };
        let names = match names {
            Ok(names) => names,
            Err(why) => {
                context.out.error(&format!("host: {why}"));
                return 1;
            }
        };
        let record_type = match (self.chosen, literal) {
            (Some(chosen), _) => chosen,
            (None, Some(_)) => RecordType::Ptr,
            (None, None) => RecordType::A,
        };
        let Some(found) = self.walked(context, &names, record_type) else {
            context.out.line(";; no servers could be reached");
            return 1;
        };
        if self.named {
            for (name, address) in &self.plan.servers {
                context.out.line(&format!(
                    "Using domain server:\nName: {name}\nAddress: {address}#{}\nAliases: \n",
                    self.plan.port
                ));
            }
        }
        let Some(reply) = found.exchange.reply.clone() else {
            return 1;
        };
        let shown = match literal {
            Some(address) => {
                let name = names.first().map(ToString::to_string).unwrap_or_default();
                let dot = if address.is_ipv6() {
                    name.strip_suffix('.')
                } else {
                    None
                };
                dot.map_or(name.clone(), str::to_owned)
            }
            None => self.typed.to_owned(),
        };
        if !self.print(context, &found, &reply, &shown) {
            return 1;
        }
        if self.chosen.is_none() && literal.is_none() {
            let name = chased(&found.name, &reply);
            for record_type in [RecordType::Aaaa, RecordType::Mx] {
                let Some(more) = self.walked(context, std::slice::from_ref(&name), record_type)
                else {
                    context.out.line(";; no servers could be reached");
                    return 1;
                };
                if let Some(reply) = &more.exchange.reply {
                    self.print(context, &more, reply, &shown);
                }
            }
        }
        0
    }

    fn walked(
        &self,
        context: &mut Context<'_>,
        names: &[DnsName],
        record_type: RecordType,
    ) -> Option<Found> {
        let recurses = self.recurses;
        let edit = |query: &mut Query| query.recursion_desired = recurses;
        let transfers = record_type == RecordType::Axfr;
        let mut asked = names.iter();
        let mut announce = |context: &mut Context<'_>| {
            let next = asked.next().filter(|_| self.verbose);
            if let Some(name) = next {
                context.out.line(&format!("Trying \"{}\"", bare(name)));
            }
        };
        announce(context);
        search(
            context,
            &self.plan,
            names,
            record_type,
            edit,
            |context, exchange| {
                let Some(reply) = &exchange.reply else { return };
                if reply.rcode == Rcode::NxDomain {
                    if transfers {
                        context.out.line("; Transfer failed.");
                    }
                    announce(context);
                }
            },
        )
    }

    /// How large a reply was, and from where.
    fn received(&self, context: &mut Context<'_>, found: &Found, reply: &Reply) {
        let exchange = &found.exchange;
        context.out.line(&format!(
            "Received {} bytes from {}#{} in {} ms",
            reply.wire_len(),
            exchange.server.1,
            self.plan.port,
            exchange.millis
        ));
    }

    /// Prints a reply; whether it is good.
    fn print(&self, context: &mut Context<'_>, found: &Found, reply: &Reply, typed: &str) -> bool {
        if reply.query.record_type == RecordType::Axfr {
            let whole = reply.answer.len() > 1 && reply.answer.first() == reply.answer.last();
            for record in &reply.answer {
                if record.record_type().is_address()
                    || matches!(record.record_type(), RecordType::Ns | RecordType::Ptr)
                {
                    context.out.line(&sentence(record));
                }
            }
            if !whole && reply.rcode != Rcode::NxDomain {
                context.out.line("; Transfer failed.");
            }
            return true;
        }
        if reply.rcode != Rcode::NoError {
            let shown = if reply.rcode == Rcode::NxDomain {
                typed.to_owned()
            } else {
                bare(&found.name)
            };
            context.out.line(&format!(
                "Host {shown} not found: {}({})",
                reply.rcode.code(),
                reply.rcode
            ));
            if self.verbose {
                self.received(context, found, reply);
            }
            return false;
        }
        if self.verbose {
            let id = reply.query.id;
            let all = Shown {
                layout: message::Layout::default(),
                comments: true,
                question: true,
                answer: true,
                authority: true,
                additional: true,
            };
            let head = message::header(reply, id, 0);
            let text = format!("{head}\n{}", message::body(reply, all));
            context.out.write(Stream::Out, &text);
            self.received(context, found, reply);
            return true;
        }
        for record in &reply.answer {
            context.out.line(&sentence(record));
        }
        if reply.answer.is_empty()
            && let Some(chosen) = self.chosen
        {
            context
                .out
                .line(&format!("{} has no {chosen} record", bare(&found.name)));
        }
        true
    }
}

/// The options before the first word, in the words of BIND's own reader.
fn options(argv: &[String]) -> Result<Given<'_>, String> {
    const KNOWN: &str = "46aACdDilnrTUvVwsc:N:t:W:R:m:p:";
    let taking = |word: &str| {
        let last = word.chars().last().unwrap_or(' ');
        let at = KNOWN.find(last);
        at.is_some_and(|at| {
            KNOWN
                .get(at + 1..)
                .is_some_and(|rest| rest.starts_with(':'))
        })
    };
    let mut end = 1;
    while let Some(word) = argv
        .get(end)
        .filter(|word| word.len() > 1 && word.starts_with('-'))
    {
        if word.starts_with("--") {
            return Err("host: illegal option -- -".to_owned());
        }
        end += if taking(word) { 2 } else { 1 };
    }
    let end = end.min(argv.len());
    let own = argv.get(..end).unwrap_or(argv);
    let mut given = getopt(own, KNOWN, Libc::Glibc).map_err(|told| {
        told.replace("invalid option", "illegal option")
            .replace('\'', "")
    })?;
    let rest = argv.get(end..).unwrap_or_default();
    given.words.extend(rest.iter().map(String::as_str));
    Ok(given)
}

/// `redis.default.svc.cluster.local has address 10.96.118.99`.
fn sentence(record: &Record) -> String {
    let name = bare(&record.name);
    let verb = match &record.data {
        RecordData::A(_) => "has address",
        RecordData::Aaaa(_) => "has IPv6 address",
        RecordData::Cname(_) => "is an alias for",
        RecordData::Ptr(_) => "domain name pointer",
        RecordData::Ns(_) => "name server",
        RecordData::Mx { .. } => "mail is handled by",
        RecordData::Txt(_) => "descriptive text",
        RecordData::Srv { .. } => "has SRV record",
        RecordData::Soa(_) => "has SOA record",
    };
    format!("{name} {verb} {}", record.data)
}
