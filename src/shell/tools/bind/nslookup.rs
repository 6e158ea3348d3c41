//! BIND's nslookup: one lookup, or a prompt.

use super::{Exchange, Plan, bare, candidates, chased, search};
use crate::cluster::Place;
use crate::dns::{
    DnsName, Query, Rcode, Record, RecordData, RecordType, Reply, ResolvConf, reverse_name,
};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Program, Progress, Reads};
use crate::shell::tools::host::resolv_conf;
use std::net::IpAddr;

const USAGE: &str = "Usage:\n   nslookup [-opt ...]             # interactive mode using default server\n   nslookup [-opt ...] - server    # interactive mode using 'server'\n   nslookup [-opt ...] host        # just look up 'host' using default server\n   nslookup [-opt ...] host server # just look up 'host' using 'server'";

/// What options and `set` say.
#[derive(Clone, Debug)]
struct Session {
    place: Place,
    plan: Plan,
    /// Whether the server was named: then nobody cares whether it offers recursion.
    named: bool,
    record_type: Option<RecordType>,
    searches: bool,
    recurses: bool,
    /// Whether each reply is shown in full.
    debug: bool,
    /// Whether a SERVFAIL is taken for an answer: `fail`.
    takes_failures: bool,
    /// The class as it was typed, for `set all`.
    class: String,
    /// The domain that stands for the search list.
    domain: Option<DnsName>,
    ndots: Option<String>,
    /// Whether the last lookup failed; true before the first.
    failed: bool,
    /// Whether a name was none, at which the program ends at once.
    fatal: bool,
}

/// Runs nslookup.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let mut settings = Vec::new();
    let mut words = Vec::new();
    for word in argv.iter().skip(1) {
        match word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
            Some(option) => settings.push(option.to_owned()),
            None => words.push(word.as_str()),
        }
    }
    if settings.iter().any(|option| option.starts_with("ver")) {
        context.out.error("nslookup 9.18.49-1~deb12u3-Debian");
        return Outcome::Exit(0);
    }
    let (name, server) = match words.as_slice() {
        [] | ["-"] => (None, None),
        ["-", server] => (None, Some(*server)),
        [name] => (Some(*name), None),
        [name, server] => (Some(*name), Some(*server)),
        _ => {
            context.out.error(USAGE);
            return Outcome::Exit(1);
        }
    };
    let plan = match Plan::new(context, server) {
        Ok(plan) => plan,
        Err(why) => {
            context.out.error(&format!("nslookup: {why}"));
            return Outcome::Exit(1);
        }
    };
    let mut session = Session {
        place: context.place.clone(),
        plan,
        named: server.is_some(),
        record_type: None,
        searches: true,
        recurses: true,
        debug: false,
        takes_failures: false,
        class: "IN".to_owned(),
        domain: None,
        ndots: None,
        failed: true,
        fatal: false,
    };
    for option in &settings {
        session.set(context, option);
    }
    if let Some(name) = name {
        session.look_up(context, name);
        return Outcome::Exit(session.end(context));
    }
    match context.stdin.take() {
        None => Outcome::Foreground(Box::new(session)),
        Some(text) => {
            for line in text.lines() {
                if let Progress::Exit(status) = session.command(context, line) {
                    return Outcome::Exit(status);
                }
            }
            Outcome::Exit(session.end(context))
        }
    }
}

impl Session {
    /// An option: `type=SRV`, `timeout=3`, `nosearch`.
    fn set(&mut self, context: &mut Context<'_>, option: &str) {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        let is = |names: &[&str]| {
            names
                .iter()
                .any(|name| key.len() > 1 && name.starts_with(key))
        };
        let number = || value.parse::<u64>().ok();
        if key == "all" {
            self.show(context);
        } else if is(&["type", "querytype", "query"]) || key == "q" {
            match RecordType::parse(&value.to_uppercase()) {
                Some(record_type) => self.record_type = Some(record_type),
                None => context.out.line(&format!("unknown query type: {value}")),
            }
        } else if is(&["timeout"]) {
            self.plan.timeout = Span::secs(number().unwrap_or(5).clamp(1, 3_600));
        } else if is(&["retry"]) {
            self.plan.tries = u32::try_from(number().unwrap_or(3).clamp(1, 100)).unwrap_or(3);
        } else if is(&["port"]) || key == "po" {
            self.plan.port = value.parse().unwrap_or(53);
        } else if is(&["search"]) {
            self.searches = true;
        } else if is(&["nosearch"]) {
            self.searches = false;
        } else if is(&["vc"]) || key == "vc" {
            self.plan.tcp = true;
        } else if is(&["novc"]) {
            self.plan.tcp = false;
        } else if is(&["recurse"]) {
            self.recurses = true;
        } else if is(&["norecurse"]) {
            self.recurses = false;
        } else if is(&["nodebug"]) || key == "nodeb" {
            self.debug = false;
        } else if is(&["debug"]) {
            self.debug = true;
        } else if is(&["class"]) {
            value.clone_into(&mut self.class);
        } else if is(&["domain"]) {
            self.domain = DnsName::parse(value).ok();
            self.searches = true;
        } else if is(&["ndots"]) {
            self.ndots = Some(value.to_owned());
        } else if is(&["fail"]) {
            self.takes_failures = true;
        } else if is(&["nofail"]) {
            self.takes_failures = false;
        } else if is(&["d2"]) {
            context
                .out
                .note("Portside's nslookup does not simulate d2, the trace of its own working.");
        } else if !is(&["nod2"]) {
            context.out.line(&format!("*** Invalid option: {option}"));
        }
    }

    /// A line at the prompt.
    fn command(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            ["exit", ..] => return Progress::Exit(self.end(context)),
            ["server" | "lserver", server, ..] => match Plan::new(context, Some(server)) {
                Ok(plan) => {
                    self.plan.servers = plan.servers;
                    self.named = true;
                    self.show_servers(context);
                }
                Err(why) => {
                    context.out.error(&format!("nslookup: {why}"));
                    return Progress::Exit(1);
                }
            },
            ["server" | "lserver"] => self.show_servers(context),
            ["set", option, ..] => self.set(context, option),
            [word @ ("help" | "?"), ..] => context
                .out
                .line(&format!("The '{word}' command is not yet implemented.")),
            [word @ ("finger" | "root" | "ls" | "view"), ..] => context
                .out
                .line(&format!("The '{word}' command is not implemented.")),
            // What follows a name is not read.
            [name, ..] => self.look_up(context, name),
        }
        if self.fatal {
            return Progress::Exit(1);
        }
        Progress::Stay
    }

    /// Says the last of the program: an empty line; the exit status.
    fn end(&self, context: &mut Context<'_>) -> i32 {
        if !self.fatal {
            context.out.line("");
        }
        i32::from(self.failed)
    }

    /// The resolver's configuration, as options changed it.
    fn conf(&self, context: &Context<'_>) -> ResolvConf {
        let mut conf = resolv_conf(context);
        if let Some(domain) = &self.domain {
            conf.search = vec![domain.clone()];
        }
        if let Some(ndots) = &self.ndots {
            conf.options.retain(|(name, _)| name != "ndots");
            conf.options.push(("ndots".to_owned(), Some(ndots.clone())));
        }
        conf
    }

    fn show_servers(&self, context: &mut Context<'_>) {
        for (name, address) in &self.plan.servers {
            context.out.line(&format!(
                "Default server: {name}\nAddress: {address}#{}",
                self.plan.port
            ));
        }
    }

    fn show(&self, context: &mut Context<'_>) {
        self.show_servers(context);
        let conf = self.conf(context);
        let list: Vec<String> = conf.search.iter().map(bare).collect();
        let no = |on: bool| if on { "" } else { "no" };
        let record_type = self.record_type.unwrap_or(RecordType::A).to_string();
        context.out.line(&format!(
            "\nSet options:\n  {}vc\t\t\t{}debug\t\tnod2\n  {}search\t\t{}recurse\n  timeout = {}\t\tretry = {}\tport = {}\tndots = {}\n  querytype = {record_type:<8}\tclass = {}\n  srchlist = {}",
            no(self.plan.tcp),
            no(self.debug),
            no(self.searches),
            no(self.recurses),
            if self.plan.timeout == Span::secs(5) { 0 } else { self.plan.timeout.as_secs() },
            self.plan.tries,
            self.plan.port,
            conf.ndots(),
            self.class,
            list.join("/")
        ));
    }

    fn look_up(&mut self, context: &mut Context<'_>, typed: &str) {
        let conf = self.conf(context);
        self.failed = true;
        let literal: Option<IpAddr> = typed.parse().ok();
        self.plan.typed = Some(typed.to_owned());
        let names = match literal {
            Some(address) => Ok(vec![reverse_name(address)]),
            None => candidates(typed, &conf, self.searches),
        };
        let names = match names {
            Ok(names) => names,
            Err(why) => {
                context.out.error(&format!("nslookup: {why}"));
                self.fatal = true;
                return;
            }
        };
        let record_type = match (literal, self.record_type) {
            (Some(_), _) => RecordType::Ptr,
            (None, chosen) => chosen.unwrap_or(RecordType::A),
        };
        let Some(first) = names.first() else { return };
        let Some((name, exchange)) = self.walked(context, &names, record_type) else {
            context.out.line(";; no servers could be reached");
            return;
        };
        let shown_name = match literal {
            Some(address) => bare(&reverse_name(address)),
            None => escaped(typed),
        };
        let Some(reply) = exchange.reply.clone() else {
            return;
        };
        let plain = self.record_type.is_none() && literal.is_none();
        let good = self.print(context, &exchange, &reply, (&name, &shown_name), plain);
        self.failed = !good || (self.debug && name != *first);
        if good && plain {
            self.second(context, &name, &reply);
        }
    }

    /// The IPv6 addresses of a name whose IPv4 addresses were asked for.
    fn second(&mut self, context: &mut Context<'_>, name: &DnsName, first: &Reply) {
        let name = chased(name, first);
        let Some((_, exchange)) =
            self.walked(context, std::slice::from_ref(&name), RecordType::Aaaa)
        else {
            context.out.line(";; no servers could be reached");
            self.failed = true;
            return;
        };
        let Some(reply) = &exchange.reply else {
            return;
        };
        if self.debug {
            details(context, reply);
        }
        if reply.rcode != Rcode::NoError {
            context.out.line(&format!(
                "** server can't find {}: {}",
                bare(&name),
                reply.rcode
            ));
            self.failed = true;
        } else if !reply.answer.is_empty() {
            records(context, &reply.answer);
        } else if first.answer.is_empty() {
            context
                .out
                .line(&format!("*** Can't find {}: No answer", bare(&name)));
        }
    }

    fn walked(
        &self,
        context: &mut Context<'_>,
        names: &[DnsName],
        record_type: RecordType,
    ) -> Option<(DnsName, Exchange)> {
        let recurses = self.recurses;
        let told = !self.named && recurses;
        let edit = |query: &mut Query| query.recursion_desired = recurses;
        let found = search(
            context,
            &self.plan,
            names,
            record_type,
            edit,
            |context, exchange| {
                let Some(reply) = &exchange.reply else { return };
                let failed = reply.rcode == Rcode::ServFail && !self.takes_failures;
                if failed || told && !reply.recursion_available {
                    let what = if failed {
                        "SERVFAIL reply"
                    } else {
                        "recursion not available"
                    };
                    context
                        .out
                        .line(&format!(";; Got {what} from {}", exchange.server.0));
                }
                // With `debug` each step of the search is shown as if it were the last.
                let more = names.last() != Some(&reply.query.name);
                if self.debug && more && reply.rcode == Rcode::NxDomain {
                    let shown = bare(&reply.query.name);
                    self.print(context, exchange, reply, (&reply.query.name, &shown), true);
                }
            },
        );
        found.map(|found| (found.name, found.exchange))
    }

    /// Prints a reply; whether it is good.
    fn print(
        &self,
        context: &mut Context<'_>,
        exchange: &Exchange,
        reply: &Reply,
        (name, typed): (&DnsName, &str),
        plain: bool,
    ) -> bool {
        let reverse = self.record_type.is_none() && !plain;
        if !reverse {
            let (server, address) = &exchange.server;
            context.out.line(&format!(
                "Server:\t\t{server}\nAddress:\t{address}#{}\n",
                self.plan.port
            ));
        }
        if self.debug {
            details(context, reply);
        }
        if reply.rcode != Rcode::NoError {
            let shown = if reply.rcode == Rcode::NxDomain {
                typed.to_owned()
            } else {
                bare(name)
            };
            context
                .out
                .line(&format!("** server can't find {shown}: {}", reply.rcode));
            return false;
        }
        if !reply.authoritative && !reverse {
            context.out.line("Non-authoritative answer:");
        }
        if !reply.answer.is_empty() {
            records(context, &reply.answer);
        } else if !plain && !reverse {
            context
                .out
                .line(&format!("*** Can't find {typed}: No answer"));
        }
        let addresses = reply.query.record_type.is_address();
        if !reply.authoritative && !addresses {
            context
                .out
                .line("\nAuthoritative answers can be found from:");
            records(context, &reply.authority);
            records(context, &reply.additional);
        }
        true
    }
}

/// A typed name as it is shown: blanks escaped.
fn escaped(typed: &str) -> String {
    typed.replace(' ', "\\032")
}

/// A whole reply, as `debug` shows it.
fn details(context: &mut Context<'_>, reply: &Reply) {
    let query = &reply.query;
    let mut text = format!(
        "------------\n    QUESTIONS:\n\t{}, type = {}, class = IN\n",
        bare(&query.name),
        query.record_type
    );
    for (title, records) in [
        ("ANSWERS", &reply.answer),
        ("AUTHORITY RECORDS", &reply.authority),
        ("ADDITIONAL RECORDS", &reply.additional),
    ] {
        text.push_str(&format!("    {title}:\n"));
        for record in records {
            let data = match &record.data {
                RecordData::A(ip) => format!("\tinternet address = {ip}"),
                RecordData::Aaaa(ip) => format!("\thas AAAA address {ip}"),
                _ => told(record),
            };
            let data = data.trim_start_matches('\n');
            let (name, ttl) = (bare(&record.name), record.ttl);
            text.push_str(&format!("    ->  {name}\n{data}\n\tttl = {ttl}\n"));
        }
    }
    context.out.line(&format!("{text}------------"));
}

/// What follows a record's name.
fn told(record: &Record) -> String {
    let data = &record.data;
    let what = match data {
        RecordData::A(_) | RecordData::Aaaa(_) => return format!("\nAddress: {data}"),
        RecordData::Cname(_) => "canonical name",
        RecordData::Ptr(_) => "name",
        RecordData::Ns(_) => "nameserver",
        RecordData::Mx { .. } => "mail exchanger",
        RecordData::Txt(_) => "text",
        RecordData::Srv { .. } => "service",
        RecordData::Soa(soa) => {
            return format!(
                "\n\torigin = {}\n\tmail addr = {}\n\tserial = {}\n\trefresh = {}\n\tretry = {}\n\texpire = {}\n\tminimum = {}",
                bare(&soa.mname),
                bare(&soa.rname),
                soa.serial,
                soa.refresh,
                soa.retry,
                soa.expire,
                soa.minimum
            );
        }
    };
    format!("\t{what} = {data}")
}

fn records(context: &mut Context<'_>, records: &[Record]) {
    for record in records {
        let label = match record.data {
            RecordData::A(_) | RecordData::Aaaa(_) => "Name:\t",
            _ => "",
        };
        let (name, data) = (bare(&record.name), told(record));
        context.out.line(&format!("{label}{name}{data}"));
    }
}

impl Program for Session {
    fn reads(&self) -> Reads {
        Reads::Lines
    }
    fn prompt(&self) -> String {
        "> ".to_owned()
    }

    fn place(&self) -> Place {
        self.place.clone()
    }

    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        self.command(context, line)
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.line("^C");
        Progress::Exit(130)
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        Progress::Exit(self.end(context))
    }
}
