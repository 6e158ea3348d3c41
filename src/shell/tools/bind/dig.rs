//! dig.

use super::message::{self, Shown};
use super::{Exchange, Plan, candidates, search};
use crate::dns::{DnsName, Edns, Query, RecordType, Reply, reverse_name};
use crate::kernel::{Span, civil};
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::tools::host::resolv_conf;
use std::net::IpAddr;

const VERSION: &str = "9.18.49-1~deb12u3-Debian";
const HELP: &str = include_str!("../text/dig.txt");
const SHORT: &str = "Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}\n            {global-d-opt} host [@local-server] {local-d-opt}\n            [ host [@local-server] {local-d-opt} [...]]\n\nUse \"dig -h\" (or \"dig -h | more\") for complete list of options";

/// What the command line says.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of dig's own")]
struct Options<'a> {
    name: Option<String>,
    server: Option<&'a str>,
    /// Whether the server stands before the name: then dig tells how many there are.
    leads: bool,
    record_type: Option<RecordType>,
    shown: Shown,
    command: bool,
    statistics: bool,
    short: bool,
    search: bool,
    recurse: bool,
    edns: bool,
    cookie: bool,
    tcp: bool,
    tries: u32,
    timeout: Span,
    port: u16,
}

/// What ends the reading of options early.
enum Stop {
    /// A text for standard output.
    Told(String),
    /// A complaint, with an exit status.
    Refused(String, i32),
}

impl<'a> Options<'a> {
    fn read(context: &mut Context<'_>, argv: &'a [String]) -> Result<Self, Stop> {
        let mut options = Self {
            name: None,
            server: None,
            leads: false,
            record_type: None,
            shown: Shown {
                comments: true,
                question: true,
                answer: true,
                authority: true,
                additional: true,
            },
            command: true,
            statistics: true,
            short: false,
            search: false,
            recurse: true,
            edns: true,
            cookie: true,
            tcp: false,
            tries: 3,
            timeout: Span::secs(5),
            port: 53,
        };
        let mut iter = argv.iter().skip(1).map(String::as_str);
        while let Some(word) = iter.next() {
            if let Some(server) = word.strip_prefix('@') {
                options.server = Some(server);
                options.leads = options.name.is_none();
            } else if let Some(flag) = word.strip_prefix('+') {
                options.flag(flag)?;
            } else if let Some(option) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                let (letter, rest) =
                    option.split_at(option.chars().next().map_or(0, char::len_utf8));
                match letter {
                    "h" => return Err(Stop::Told(HELP.to_owned())),
                    "v" => return Err(Stop::Refused(format!("DiG {VERSION}"), 0)),
                    "4" | "6" | "m" | "r" | "u" if rest.is_empty() => continue,
                    "x" | "t" | "q" | "p" | "c" | "b" => {}
                    _ => {
                        return Err(Stop::Refused(format!("Invalid option: {word}\n{SHORT}"), 1));
                    }
                }
                let value = if rest.is_empty() {
                    iter.next()
                } else {
                    Some(rest)
                };
                let Some(value) = value else {
                    return Err(Stop::Refused(format!("Invalid option: {word}\n{SHORT}"), 1));
                };
                options.lettered(context, letter, value)?;
            } else if let Some(record_type) = options.type_of(word) {
                options.record_type = Some(record_type);
            } else if !matches!(word.to_ascii_lowercase().as_str(), "in" | "ch" | "hs")
                || options.name.is_some()
            {
                options.name = Some(word.to_owned());
            }
        }
        Ok(options)
    }

    /// A word that names a type stands for it, once a name or nothing stands before it.
    fn type_of(&self, word: &str) -> Option<RecordType> {
        RecordType::parse(&word.to_uppercase()).filter(|_| self.record_type.is_none())
    }

    fn lettered(
        &mut self,
        context: &mut Context<'_>,
        letter: &str,
        value: &str,
    ) -> Result<(), Stop> {
        match letter {
            "x" => match value.parse::<IpAddr>() {
                Ok(address) => {
                    self.name = Some(reverse_name(address).to_string());
                    self.record_type = Some(RecordType::Ptr);
                }
                Err(_) => {
                    let mut parts: Vec<&str> = value.split('.').collect();
                    parts.reverse();
                    self.name = Some(format!("{}.in-addr.arpa.", parts.join(".")));
                    self.record_type = Some(RecordType::Ptr);
                }
            },
            "t" => match RecordType::parse(&value.to_uppercase()) {
                Some(record_type) => self.record_type = Some(record_type),
                None => context
                    .out
                    .error(&format!(";; Warning, ignoring invalid type {value}")),
            },
            "q" => self.name = Some(value.to_owned()),
            "p" => {
                self.port = value
                    .parse()
                    .map_err(|_| Stop::Refused("Couldn't parse port number".to_owned(), 1))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn flag(&mut self, flag: &str) -> Result<(), Stop> {
        let (key, value) = flag.split_once('=').unwrap_or((flag, ""));
        let (key, on) = key
            .strip_prefix("no")
            .map_or((key, true), |key| (key, false));
        let number = |usual: u64| value.parse::<u64>().unwrap_or(usual);
        match key {
            "short" => self.short = on,
            "all" => {
                self.shown = Shown {
                    comments: on,
                    question: on,
                    answer: on,
                    authority: on,
                    additional: on,
                };
                self.statistics = on;
                self.command = on;
            }
            "cmd" => self.command = on,
            "stats" => self.statistics = on,
            "comments" => self.shown.comments = on,
            "question" => self.shown.question = on,
            "answer" => self.shown.answer = on,
            "authority" => self.shown.authority = on,
            "additional" => self.shown.additional = on,
            "search" | "showsearch" | "defname" => self.search = on,
            "recurse" | "rec" | "rdflag" => self.recurse = on,
            "edns" => self.edns = on,
            "cookie" => self.cookie = on,
            "tcp" | "vc" => self.tcp = on,
            "time" | "timeout" => self.timeout = Span::secs(number(5).clamp(1, 3_600)),
            "tries" => self.tries = number(3).clamp(1, 100) as u32,
            "retry" => self.tries = number(2).clamp(0, 99) as u32 + 1,
            "adflag" | "cdflag" | "dnssec" | "do" | "multiline" | "ttlid" | "class"
            | "identify" | "qr" | "ndots" | "bufsize" | "trace" | "fail" | "besteffort"
            | "badcookie" => {}
            _ => {
                return Err(Stop::Refused(
                    format!("Invalid option: +{flag}\n{SHORT}"),
                    1,
                ));
            }
        }
        Ok(())
    }
}

/// Runs dig.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let options = match Options::read(context, argv) {
        Ok(options) => options,
        Err(Stop::Told(text)) => {
            context.out.write(Stream::Out, &text);
            return Outcome::Exit(0);
        }
        Err(Stop::Refused(complaint, status)) => {
            context.out.error(&complaint);
            return Outcome::Exit(status);
        }
    };
    let mut plan = match Plan::new(context, options.server) {
        Ok(plan) => plan,
        Err(why) => {
            context.out.error(&format!("dig: {why}"));
            return Outcome::Exit(1);
        }
    };
    plan.tries = options.tries;
    plan.timeout = options.timeout;
    plan.port = options.port;
    plan.tcp = options.tcp;
    let (typed, usual) = match &options.name {
        Some(name) => (name.as_str(), RecordType::A),
        None => (".", RecordType::Ns),
    };
    let conf = resolv_conf(context);
    let names = match candidates(typed, &conf, options.search) {
        Ok(names) => names,
        Err(why) => {
            context.out.error(&format!("dig: {why}"));
            return Outcome::Exit(10);
        }
    };
    let seed = context.world.cluster.now().0;
    let edit = |query: &mut Query| {
        query.recursion_desired = options.recurse;
        query.edns = options.edns.then(|| Edns {
            udp_size: 1232,
            dnssec_ok: false,
            cookie: options
                .cookie
                .then(|| (seed ^ 0x9e37_79b9_7f4a_7c15).to_be_bytes()),
        });
    };
    let record_type = options.record_type.unwrap_or(usual);
    let found = ask(context, &plan, &names, record_type, edit);
    let arguments = argv.get(1..).unwrap_or_default().join(" ");
    if options.command && !options.short {
        let servers = if options.leads {
            "; (1 server found)\n"
        } else {
            ""
        };
        context.out.line(&format!(
            "\n; <<>> DiG {VERSION} <<>> {arguments}\n{servers};; global options: +cmd"
        ));
    }
    let Some((exchange, reply)) = found else {
        context.out.line(";; no servers could be reached");
        return Outcome::Exit(9);
    };
    if options.short {
        for record in &reply.answer {
            context.out.line(&record.data.to_string());
        }
        return Outcome::Exit(0);
    }
    context.out.write(
        Stream::Out,
        &message::message(&reply, seed as u16, options.shown),
    );
    if options.statistics {
        context
            .out
            .write(Stream::Out, &statistics(context, &plan, &exchange, &reply));
    }
    Outcome::Exit(0)
}

fn ask(
    context: &mut Context<'_>,
    plan: &Plan,
    names: &[DnsName],
    record_type: RecordType,
    edit: impl Fn(&mut Query),
) -> Option<(Exchange, Reply)> {
    let found = search(context, plan, names, record_type, edit, |_, _| {})?;
    let reply = found.exchange.reply.as_deref()?.clone();
    Some((found.exchange, reply))
}

/// The last four lines.
fn statistics(context: &Context<'_>, plan: &Plan, exchange: &Exchange, reply: &Reply) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let sim = context.world.cluster.sim();
    let unix = sim.unix(sim.now);
    let (year, month, day, hour, minute, second) = civil(unix);
    let weekday = unix.div_euclid(86_400).rem_euclid(7) as usize;
    let month = month.saturating_sub(1) as usize;
    let (server, address) = &exchange.server;
    let tcp = plan.tcp || reply.query.record_type == RecordType::Any;
    format!(
        ";; Query time: {} msec\n;; SERVER: {address}#{}({server}) ({})\n;; WHEN: {} {} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year}\n;; MSG SIZE  rcvd: {}\n\n",
        exchange.millis,
        plan.port,
        if tcp { "TCP" } else { "UDP" },
        DAYS.get(weekday).copied().unwrap_or_default(),
        MONTHS.get(month).copied().unwrap_or_default(),
        reply.wire_len()
    )
}
