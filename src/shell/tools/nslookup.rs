//! `BusyBox` nslookup, the big variant: its own resolver, every reply printed in the order of arrival.

use super::host::{self, Lookup};
use super::{hint, usage};
use crate::api::image::Libc;
use crate::dns::resolver::busybox_nslookup::{
    Failure, Lookup as Replies, questions, run as ask_all,
};
use crate::dns::{Rcode, RecordData, RecordType, Reply};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::surroundings::Surroundings;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

const USAGE: &str = "Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n\nQuery DNS about HOST\n\nQUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any";

/// The types that `-type` takes.
const TYPES: &[&str] = &[
    "soa", "ns", "a", "aaaa", "cname", "mx", "txt", "ptr", "srv", "any",
];

/// How long all questions to one server may take.
const TIMEOUT: Span = Span::secs(5);

/// What the command line says.
struct Given<'a> {
    types: Vec<RecordType>,
    debug: bool,
    timeout: Span,
    port: u16,
    host: &'a str,
    server: Option<&'a str>,
}

/// Runs nslookup.
pub(in crate::shell) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    if argv.get(1).is_some_and(|word| word == "--help") {
        usage::busybox_usage(context, None, USAGE);
        return Outcome::Exit(0);
    }
    let given = match read(argv) {
        Ok(given) => given,
        Err(Some(complaint)) => {
            context.out.error(&complaint);
            return Outcome::Exit(1);
        }
        Err(None) => return Outcome::Exit(usage::busybox_usage(context, None, USAGE)),
    };
    let conf = host::resolv_conf(context);
    let servers: Vec<SocketAddr> = match given.server {
        None => {
            let listed = conf.nameservers.iter().copied();
            let listed: Vec<IpAddr> = if conf.nameservers.is_empty() {
                vec![IpAddr::from([127, 0, 0, 1])]
            } else {
                listed.collect()
            };
            listed
                .into_iter()
                .map(|ip| SocketAddr::new(ip, given.port))
                .collect()
        }
        Some(server) => match server_address(context, server, given.port) {
            Some(address) => vec![address],
            None => {
                context
                    .out
                    .error(&format!("nslookup: bad address '{server}'"));
                return Outcome::Exit(1);
            }
        },
    };
    let search = given.server.is_none().then_some(conf.search.as_slice());
    let Ok(queries) = questions(given.host, &given.types, search) else {
        return too_long(context, &servers);
    };
    let ips: Vec<IpAddr> = servers
        .iter()
        .filter(|s| s.port() == 53)
        .map(SocketAddr::ip)
        .collect();
    let place = context.place.clone();
    context.mark();
    let replies = host::walk(&mut context.world.cluster, &place, |asker| {
        let replies = ask_all(&queries, &ips, given.timeout, asker);
        let took = replies.took;
        (replies, took)
    });
    print(context, &given, &servers, &replies);
    aimed_at_nothing(context, argv, given.host, &replies);
    Outcome::Exit(replies.status())
}

/// Reads the options: any beginning of a name will do.
fn read(argv: &[String]) -> Result<Given<'_>, Option<String>> {
    let mut given = Given {
        types: Vec::new(),
        debug: false,
        timeout: TIMEOUT,
        port: 53,
        host: "",
        server: None,
    };
    let mut words: Vec<&str> = Vec::new();
    for word in argv.iter().skip(1) {
        // Options end where words begin.
        let option = word.strip_prefix('-').filter(|_| words.is_empty());
        let Some(option) = option else {
            words.push(word);
            continue;
        };
        let (name, value) = option
            .split_once('=')
            .map_or((option, None), |(name, value)| (name, Some(value)));
        let is = |full: &str| !name.is_empty() && full.starts_with(name);
        let number = |value: &str| {
            value
                .parse::<u16>()
                .map_err(|_| Some(format!("nslookup: invalid number '{value}'")))
        };
        match value {
            Some(value) if name == "t" => given.timeout = Span::secs(number(value)?.into()),
            Some(value) if is("type") || is("querytype") => {
                let known = TYPES.contains(&value.to_ascii_lowercase().as_str());
                let parsed = RecordType::parse(value).filter(|_| known);
                given
                    .types
                    .push(parsed.ok_or_else(|| {
                        Some(format!("nslookup: invalid query type \"{value}\""))
                    })?);
            }
            Some(value) if is("port") => given.port = number(value)?,
            Some(value) if is("timeout") => {
                given.timeout = Span::secs(number(value)?.into());
            }
            Some(_) if is("retry") => {}
            None if is("debug") => given.debug = true,
            Some(_) | None => return Err(None),
        }
    }
    // Types are a set, asked in its own order.
    given.types.sort_by_key(|kind| {
        let name = kind.to_string();
        TYPES.iter().position(|own| own.eq_ignore_ascii_case(&name))
    });
    given.types.dedup();
    match words.as_slice() {
        [host] => given.host = host,
        [host, server] => (given.host, given.server) = (host, Some(*server)),
        _ => return Err(None),
    }
    Ok(given)
}

/// The address of a server that was given as `IP`, `IP:PORT` or a name.
fn server_address(context: &mut Context<'_>, server: &str, port: u16) -> Option<SocketAddr> {
    if let Ok(address) = server.parse() {
        return Some(address);
    }
    match host::lookup(context, server) {
        Lookup::Found(addresses) => addresses.first().map(|ip| SocketAddr::new(*ip, port)),
        Lookup::NotFound | Lookup::Failed => None,
    }
}

/// What a name that fits in no question leads to.
fn too_long(context: &mut Context<'_>, servers: &[SocketAddr]) -> Outcome {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let why = if libc == Libc::Musl {
        "Message too large"
    } else {
        "Message too long"
    };
    if let Some(server) = servers.first() {
        context
            .out
            .error(&format!("nslookup: write to '{}': {why}", server.ip()));
    }
    context
        .out
        .line(";; connection timed out; no servers could be reached\n");
    Outcome::Exit(1)
}

fn print(context: &mut Context<'_>, given: &Given<'_>, servers: &[SocketAddr], replies: &Replies) {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let Some(server) = replies
        .server
        .and_then(|ip| servers.iter().find(|s| s.ip() == ip))
    else {
        let last = servers.last().map(SocketAddr::ip);
        match (replies.failure, last) {
            (Some(Failure::Refused), Some(ip)) => context
                .out
                .error(&format!("nslookup: write to '{ip}': Connection refused")),
            (Some(Failure::Unreachable), Some(ip)) => {
                let why = if libc == Libc::Musl {
                    "Host is unreachable"
                } else {
                    "No route to host"
                };
                context.out.error(&format!(
                    "nslookup: can't connect to remote host ({ip}): {why}"
                ));
                return;
            }
            (Some(_), None) | (None, _) => {}
        }
        context
            .out
            .line(";; connection timed out; no servers could be reached\n");
        return;
    };
    let shown = given
        .server
        .map_or_else(|| server.ip().to_string(), str::to_owned);
    let mut text = format!("Server:\t\t{shown}\nAddress:\t{server}\n\n");
    for (number, reply) in replies.arrived().enumerate() {
        if given.debug {
            text.push_str(&format!("Query #{number} completed in 1ms:\n"));
        }
        body(&mut text, reply, given.debug);
        text.push('\n');
    }
    let missing: Vec<String> = replies
        .replies
        .iter()
        .filter(|(_, reply)| reply.is_none())
        .map(|(q, _)| q.name.bare().to_owned())
        .collect();
    for name in &missing {
        text.push_str(&format!("*** Can't find {name}: No answer\n"));
    }
    if !missing.is_empty() {
        text.push('\n');
    }
    context.out.write(Stream::Out, &text);
}

/// One reply, without the blank line behind it.
fn body(text: &mut String, reply: &Reply, debug: bool) {
    if reply.rcode != Rcode::NoError {
        text.push_str(&format!(
            "** server can't find {}: {}\n",
            // It prints names as they stand in the message.
            reply.query.name.bare().replace("\\032", " "),
            reply.rcode
        ));
        return;
    }
    if !reply.authoritative && !reply.answer.is_empty() {
        text.push_str("Non-authoritative answer:\n");
    } else if debug {
        text.push_str("authoritative answer:\n");
    }
    for record in &reply.answer {
        let owner = record.name.bare();
        let line = match &record.data {
            RecordData::A(ip) => format!("Name:\t{owner}\nAddress: {ip}"),
            RecordData::Aaaa(ip) => format!("Name:\t{owner}\nAddress: {ip}"),
            RecordData::Cname(target) => format!("{owner}\tcanonical name = {}", target.bare()),
            RecordData::Ptr(target) => format!("{owner}\tname = {}", target.bare()),
            RecordData::Ns(target) => format!("{owner}\tnameserver = {}", target.bare()),
            RecordData::Mx {
                preference,
                exchange,
            } => format!("{owner}\tmail exchanger = {preference} {}", exchange.bare()),
            RecordData::Txt(texts) => format!(
                "{owner}\ttext = \"{}\"",
                texts.first().map_or("", String::as_str)
            ),
            RecordData::Srv {
                priority,
                weight,
                port,
                target,
            } => {
                format!(
                    "{owner}\tservice = {priority} {weight} {port} {}",
                    target.bare()
                )
            }
            RecordData::Soa(soa) => {
                let mut lines = format!(
                    "{owner}\n\torigin = {}\n\tmail addr = {}",
                    soa.mname.bare(),
                    soa.rname.bare()
                );
                let numbers = [
                    ("serial", soa.serial),
                    ("refresh", soa.refresh),
                    ("retry", soa.retry),
                    ("expire", soa.expire),
                    ("minimum", soa.minimum),
                ];
                for (name, number) in numbers {
                    // Writing to a string cannot fail.
                    let _ = write!(lines, "\n\t{name} = {number}");
                }
                lines
            }
        };
        text.push_str(&line);
        text.push('\n');
    }
}

/// A question about an address of the Service subnet that no Service has.
fn aimed_at_nothing(context: &mut Context<'_>, argv: &[String], host: &str, replies: &Replies) {
    let unknown = replies
        .arrived()
        .any(|reply| reply.rcode == Rcode::NxDomain);
    if let Ok(address) = host.parse::<IpAddr>()
        && unknown
    {
        hint::no_such_service(context, address, None, &|new| {
            hint::with_word(argv, host, new)
        });
    }
}
