//! dig.

use super::message::{self, Shown};
use super::{Exchange, Plan, candidates, search};
use crate::dns::{DnsName, Edns, Query, Rcode, RecordType, Reply, reverse_name};
use crate::kernel::{Span, civil, month_name, weekday};
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::tools::host::resolv_conf;
use std::net::IpAddr;

const VERSION: &str = "9.18.49-1~deb12u3-Debian";
const HELP: &str = include_str!("../text/dig.txt");
const SHORT: &str = "Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}\n            {global-d-opt} host [@local-server] {local-d-opt}\n            [ host [@local-server] {local-d-opt} [...]]\n\nUse \"dig -h\" (or \"dig -h | more\") for complete list of options";

/// What the command line says of one look-up.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of dig's own")]
#[derive(Clone)]
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
    identify: bool,
    search: bool,
    show_search: bool,
    micros: bool,
    /// The domain that stands for the search list.
    domain: Option<String>,
    ndots: Option<usize>,
    recurse: bool,
    edns: bool,
    udp_size: u16,
    dnssec: bool,
    cookie: bool,
    tcp: bool,
    takes_cut: bool,
    /// Whether the question is shown as it is sent.
    sent: bool,
    tries: u32,
    timeout: Span,
    port: u16,
    /// `4` or `6`, if servers of one family only are to be asked.
    family: Option<&'a str>,
    /// Whether the server is asked for its name, which none here tells.
    nsid: bool,
}

/// What ends the reading of options early.
enum Stop {
    /// A text for standard output.
    Told(String),
    /// A complaint, with an exit status.
    Refused(String, i32),
}

/// The look-ups of a command line: what stands before the first name is for all of them.
fn read<'a>(context: &mut Context<'_>, argv: &'a [String]) -> Result<Vec<Options<'a>>, Stop> {
    let mut usual = Options::new();
    let mut all: Vec<Options<'a>> = Vec::new();
    let mut iter = argv.iter().skip(1).map(String::as_str);
    while let Some(word) = iter.next() {
        let current = all.last_mut().unwrap_or(&mut usual);
        if let Some(server) = word.strip_prefix('@') {
            current.server = Some(server);
            current.leads = current.name.is_none();
        } else if let Some(flag) = word.strip_prefix('+') {
            current.flag(context, flag)?;
        } else if let Some(option) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
            let (letter, rest) = option.split_at(option.chars().next().map_or(0, char::len_utf8));
            match letter {
                "h" => return Err(Stop::Told(HELP.to_owned())),
                "v" => return Err(Stop::Refused(format!("DiG {VERSION}"), 0)),
                "u" if rest.is_empty() => {
                    current.micros = true;
                    continue;
                }
                "4" | "6" if rest.is_empty() => {
                    current.family = Some(letter);
                    continue;
                }
                "i" | "m" | "r" if rest.is_empty() => continue,
                "d" | "f" | "k" | "y" => return Err(not_simulated(word)),
                "x" | "t" | "q" | "p" | "c" | "b" => {}
                _ => return Err(Stop::Refused(format!("Invalid option: {word}\n{SHORT}"), 1)),
            }
            let value = if rest.is_empty() {
                iter.next()
            } else {
                Some(rest)
            };
            let Some(value) = value else {
                return Err(Stop::Refused(format!("Invalid option: {word}\n{SHORT}"), 1));
            };
            match letter {
                "x" => all.push(Options {
                    name: Some(reversed(value)),
                    record_type: Some(RecordType::Ptr),
                    ..usual.clone()
                }),
                "q" => all.push(usual.about(value)),
                "c" if !is_class(value) => context
                    .out
                    .error(&format!(";; Warning, ignoring invalid class {value}")),
                "c" => in_class(value)?,
                _ => current.lettered(context, letter, value)?,
            }
        } else if let Some(record_type) = RecordType::parse(&word.to_uppercase()) {
            if current.record_type.is_some() {
                context.out.error(";; Warning, extra type option");
            }
            current.record_type = Some(record_type);
        } else if is_class(word) {
            in_class(word)?;
        } else {
            all.push(usual.about(word));
        }
    }
    if all.is_empty() {
        all.push(usual);
    }
    Ok(all)
}

/// What is said of a flag that is known and not there.
fn refusal(key: &str, flag: &str) -> Option<Stop> {
    match key {
        "trace" | "nssearch" => Some(Stop::Refused(
            format!(
                "dig: +{key} walks down from the root servers of the Internet, and nothing here leaves the simulated cluster.\nAsk the cluster's server without +{key}; the names beyond it come from the zone file of the outside world."
            ),
            1,
        )),
        "yaml" | "header-only" | "opcode" | "padding" | "ednsopt" | "dns64prefix" | "https"
        | "https-get" | "http-plain" | "tls" => Some(not_simulated(&format!("+{flag}"))),
        _ => None,
    }
}

/// What is said of an option that is known and not there.
fn not_simulated(option: &str) -> Stop {
    Stop::Refused(format!("dig: Portside's dig does not simulate {option}"), 1)
}

fn is_class(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "in" | "ch" | "hs")
}

/// Only the Internet's class is served here.
fn in_class(word: &str) -> Result<(), Stop> {
    if word.eq_ignore_ascii_case("in") {
        return Ok(());
    }
    let class = word.to_uppercase();
    Err(Stop::Refused(
        format!("dig: only class IN is simulated, not {class}; CoreDNS refuses other classes"),
        1,
    ))
}

/// The reverse name of an address, or of the beginning of one.
fn reversed(value: &str) -> String {
    match value.parse::<IpAddr>() {
        Ok(address) => reverse_name(address).to_string(),
        Err(_) => {
            let mut parts: Vec<&str> = value.split('.').collect();
            parts.reverse();
            format!("{}.in-addr.arpa.", parts.join("."))
        }
    }
}

impl Options<'_> {
    /// What dig does unless it is told otherwise.
    fn new() -> Self {
        Self {
            name: None,
            server: None,
            leads: false,
            record_type: None,
            shown: Shown {
                layout: message::Layout::default(),
                comments: true,
                question: true,
                answer: true,
                authority: true,
                additional: true,
            },
            command: true,
            statistics: true,
            short: false,
            identify: false,
            search: false,
            show_search: false,
            micros: false,
            domain: None,
            ndots: None,
            recurse: true,
            edns: true,
            udp_size: 1232,
            dnssec: false,
            cookie: true,
            tcp: false,
            takes_cut: false,
            sent: false,
            tries: 3,
            timeout: Span::secs(5),
            port: 53,
            family: None,
            nsid: false,
        }
    }

    /// The same look-up of another name.
    fn about(&self, name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..self.clone()
        }
    }

    /// How a question is made: `seed` is what its cookie comes from.
    fn edit(&self, seed: u64) -> impl Fn(&mut Query) {
        let edns = self.edns.then(|| Edns {
            udp_size: self.udp_size,
            dnssec_ok: self.dnssec,
            cookie: self
                .cookie
                .then(|| (seed ^ 0x9e37_79b9_7f4a_7c15).to_be_bytes()),
        });
        let recurse = self.recurse;
        move |query: &mut Query| {
            query.recursion_desired = recurse;
            query.edns = edns;
        }
    }

    /// The data alone, a record a line.
    fn print_short(&self, context: &mut Context<'_>, exchange: &Exchange, reply: &Reply) {
        let from = if self.identify {
            let server = exchange.server.1;
            format!(" from server {server} in {} ms.", exchange.millis)
        } else {
            String::new()
        };
        for record in &reply.answer {
            context.out.line(&format!("{}{from}", record.data));
        }
    }

    fn lettered(
        &mut self,
        context: &mut Context<'_>,
        letter: &str,
        value: &str,
    ) -> Result<(), Stop> {
        match letter {
            "t" => match RecordType::parse(&value.to_uppercase()) {
                Some(record_type) => {
                    if self.record_type.replace(record_type).is_some() {
                        context.out.error(";; Warning, extra type option");
                    }
                }
                None => context
                    .out
                    .error(&format!(";; Warning, ignoring invalid type {value}")),
            },
            "p" => {
                self.port = value
                    .parse()
                    .map_err(|_| bad_number(context, "port number", value, 1))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn flag(&mut self, context: &mut Context<'_>, flag: &str) -> Result<(), Stop> {
        let (key, value) = flag.split_once('=').unwrap_or((flag, ""));
        let (key, on) = key
            .strip_prefix("no")
            .map_or((key, true), |key| (key, false));
        let mut number = |what: &str| {
            let number = value.parse::<u64>();
            number.map_err(|_| bad_number(context, what, value, 10))
        };
        if let Some(refused) = refusal(key, flag).filter(|_| on) {
            return Err(refused);
        }
        match key {
            "short" => self.short = on,
            "all" => {
                self.shown = Shown {
                    layout: self.shown.layout,
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
            "multiline" | "multi" => self.shown.layout.multiline = on,
            "ttlid" => self.shown.layout.without_ttl = !on,
            "class" | "cl" => self.shown.layout.without_class = !on,
            "identify" | "id" => self.identify = on,
            "search" | "defname" => self.search = on,
            "showsearch" => (self.search, self.show_search) = (on, on),
            "domain" => {
                self.search = true;
                self.domain = Some(value.to_owned());
            }
            "ndots" => self.ndots = Some(number("ndots")? as usize),
            "recurse" | "rec" | "rdflag" => self.recurse = on,
            "ttlunits" => self.shown.layout.ttl_units = on,
            "nsid" => self.nsid = on,
            "edns" if on && !value.is_empty() => {
                number("edns")?;
                self.edns = true;
            }
            "edns" => self.edns = on,
            "bufsize" => self.udp_size = number("buffer size")?.min(65_535) as u16,
            "dnssec" | "do" => self.dnssec = on,
            "cookie" => self.cookie = on,
            "tcp" | "vc" => self.tcp = on,
            "ignore" => self.takes_cut = on,
            "time" | "timeout" => self.timeout = Span::secs(number("timeout")?.clamp(1, 3_600)),
            "tries" => self.tries = number("tries")?.clamp(1, 100) as u32,
            "retry" => self.tries = number("retries")?.clamp(0, 99) as u32 + 1,
            "qr" => self.sent = on,
            "trace" | "nssearch" | "yaml" | "header-only" | "opcode" | "padding" | "ednsopt"
            | "https" | "tls" | "subnet" | "raflag" | "tcflag" | "zflag" | "zoneversion"
            | "adflag" | "cdflag" | "fail" | "besteffort" | "badcookie" | "aaflag" | "aaonly"
            | "keepopen" | "keepalive" | "onesoa" | "idnin" | "idnout" | "rrcomments"
            | "crypto" | "split" | "mapped" | "expandaaaa" | "ednsnegotiation"
            | "showbadcookie" | "unknownformat" | "idn" => {}
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

/// Says what is no number, twice, as dig does.
fn bad_number(context: &mut Context<'_>, what: &str, value: &str, status: i32) -> Stop {
    context
        .out
        .line(&format!("invalid {what} '{value}': not a valid number"));
    Stop::Refused(format!("dig: Couldn't parse {what}"), status)
}

/// Runs dig.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let all = match read(context, argv) {
        Ok(all) => all,
        Err(Stop::Told(text)) => {
            context.out.write(Stream::Out, &text);
            return Outcome::Exit(0);
        }
        Err(Stop::Refused(complaint, status)) => {
            context.out.error(&complaint);
            return Outcome::Exit(status);
        }
    };
    let mut status = 0;
    for (i, options) in all.iter().enumerate() {
        let arguments = argv
            .get(1..)
            .filter(|_| i == 0)
            .map(|words| words.join(" "));
        let own = look_up(context, options, arguments.as_deref());
        status = status.max(own);
    }
    Outcome::Exit(status)
}

/// Looks one name up; `arguments` are shown with the first.
fn look_up(context: &mut Context<'_>, options: &Options<'_>, arguments: Option<&str>) -> i32 {
    let mut plan = match Plan::new(context, options.server) {
        Ok(plan) => plan,
        Err(why) => {
            context.out.error(&format!("dig: {why}"));
            return 1;
        }
    };
    plan.only(options.family.unwrap_or_default());
    plan.tries = options.tries;
    plan.timeout = options.timeout;
    plan.port = options.port;
    plan.tcp = options.tcp;
    plan.takes_cut = options.takes_cut;
    plan.remarks = options.shown.comments && !options.short;
    let (typed, usual) = match &options.name {
        Some(name) => (name.as_str(), RecordType::A),
        None => (".", RecordType::Ns),
    };
    let mut conf = resolv_conf(context);
    if let Some(ndots) = options.ndots {
        conf.options.retain(|(name, _)| name != "ndots");
        conf.options
            .push(("ndots".to_owned(), Some(ndots.to_string())));
    }
    if let Some(domain) = &options.domain {
        conf.search = DnsName::parse(domain).into_iter().collect();
    }
    let names = match candidates(typed, &conf, options.search) {
        Ok(names) => names,
        Err(why) => {
            let why = why.replace("in legal name syntax", "a legal name");
            context.out.error(&format!("dig: {why}"));
            return 10;
        }
    };
    let edit = options.edit(context.world.cluster.now().0);
    let record_type = options.record_type.unwrap_or(usual);
    let mut heard: Vec<Exchange> = Vec::new();
    search(context, &plan, &names, record_type, edit, |_, exchange| {
        heard.push(exchange.clone());
    });
    let shown = if options.show_search {
        0
    } else {
        heard.len().saturating_sub(1)
    };
    let mut status = 9;
    for exchange in heard.iter().skip(shown) {
        // It tells what it was asked, unless only data are wanted and there are some.
        let tells = options.command && (!options.short || exchange.reply.is_none());
        if let Some(arguments) = arguments.filter(|_| tells && !exchange.unsent) {
            let servers = if options.leads {
                "; (1 server found)\n"
            } else {
                ""
            };
            let gap = if arguments.is_empty() { "" } else { " " };
            context.out.line(&format!(
                "\n; <<>> DiG {VERSION} <<>>{gap}{arguments}\n{servers};; global options: +cmd"
            ));
        }
        match &exchange.reply {
            Some(reply) => {
                print(context, options, &plan, exchange, reply);
                status = 0;
            }
            None => {
                context.out.line(";; no servers could be reached");
                status = 9;
            }
        }
    }
    status
}

/// Shows one reply.
fn print(
    context: &mut Context<'_>,
    options: &Options<'_>,
    plan: &Plan,
    exchange: &Exchange,
    reply: &Reply,
) {
    if options.sent {
        let sent = message::question(reply, reply.query.id, options.shown);
        context.out.write(Stream::Out, &sent);
    }
    if options.short {
        options.print_short(context, exchange, reply);
        return;
    }
    if reply.query.record_type == RecordType::Axfr {
        transfer(context, options, plan, (exchange, reply));
        return;
    }
    let mut text = message::message(reply, reply.query.id, options.shown);
    if options.nsid {
        text = text.replacen("\n; COOKIE", "\n; NSID:\n; COOKIE", 1);
    }
    context.out.write(Stream::Out, &text);
    if options.statistics {
        let text = statistics(context, options, plan, (exchange, reply));
        context.out.write(Stream::Out, &text);
    }
}

/// A zone's records, a line each; one that is whole begins and ends with the same record.
fn transfer(
    context: &mut Context<'_>,
    options: &Options<'_>,
    plan: &Plan,
    (exchange, reply): (&Exchange, &Reply),
) {
    let records = &reply.answer;
    let mut shown = options.shown;
    (shown.comments, shown.question) = (false, false);
    let text = message::body(reply, shown);
    context.out.write(Stream::Out, &text);
    let whole = records.len() > 1 && records.first() == records.last();
    if reply.rcode != Rcode::NoError || !whole {
        context.out.line("; Transfer failed.");
        return;
    }
    let text = statistics(context, options, plan, (exchange, reply));
    let last = format!(";; MSG SIZE  rcvd: {}", reply.wire_len());
    let size = format!(
        ";; XFR size: {} records (messages 1, bytes {})",
        records.len(),
        reply.wire_len()
    );
    context.out.write(Stream::Out, &text.replace(&last, &size));
}

/// The last four lines.
fn statistics(
    context: &Context<'_>,
    options: &Options<'_>,
    plan: &Plan,
    (exchange, reply): (&Exchange, &Reply),
) -> String {
    let sim = context.world.cluster.sim();
    let unix = sim.unix(sim.now);
    let (year, month, day, hour, minute, second) = civil(unix);
    let (server, address) = &exchange.server;
    let time = if options.micros {
        format!("{} usec", exchange.millis * 1_000)
    } else {
        format!("{} msec", exchange.millis)
    };
    let limit = if exchange.tcp {
        65_535
    } else {
        reply.query.udp_limit()
    };
    format!(
        ";; Query time: {time}\n;; SERVER: {address}#{}({server}) ({})\n;; WHEN: {:.3} {:.3} {day:02} {hour:02}:{minute:02}:{second:02} UTC {year}\n;; MSG SIZE  rcvd: {}\n\n",
        plan.port,
        if exchange.tcp { "TCP" } else { "UDP" },
        weekday(unix),
        month_name(month),
        reply.wire_len_within(limit) + if options.nsid { 4 } else { 0 }
    )
}
