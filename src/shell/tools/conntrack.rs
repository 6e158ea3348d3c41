//! conntrack 1.4.7: what a node's kernel remembers of flows (`conntrack -L`, `-C`, `-D`, `-F`, `-S`).

use crate::cluster::{FlowEntry, FlowState, Place, Protocol};
use crate::kernel::SimTime;
use crate::shell::context::{Context, Outcome, Stream};
use crate::store::Cidr;
use std::net::{IpAddr, SocketAddr};

const BANNER: &str = "conntrack v1.4.7 (conntrack-tools): ";
const HINT: &str = "Try `conntrack -h' or 'conntrack --help' for more information.";

/// What `conntrack -h` prints.
const USAGE: &str = include_str!("conntrack_usage.txt");

/// Options with a value: their spellings, and what they are compared with.
const FILTERS: &[(&[&str], Part)] = &[
    (&["-p", "--proto", "--protonum"], Part::Protocol),
    (&["-s", "--src", "--orig-src"], Part::Address(0)),
    (&["-d", "--dst", "--orig-dst"], Part::Address(1)),
    (&["-r", "--reply-src"], Part::Address(2)),
    (&["-q", "--reply-dst"], Part::Address(3)),
    (
        &["--sport", "--orig-port-src", "--source-port"],
        Part::Port(0),
    ),
    (
        &["--dport", "--orig-port-dst", "--destination-port"],
        Part::Port(1),
    ),
    (&["--reply-port-src"], Part::Port(2)),
    (&["--reply-port-dst"], Part::Port(3)),
    (&["--state"], Part::State),
    (&["-f", "--family"], Part::Family),
    (&["-u", "--status"], Part::Status),
    (&["-m", "--mark"], Part::Zero),
    (&["-w", "--zone"], Part::Zero),
    (&["-o", "--output"], Part::Look),
];
/// What follows `-L`, `-D` and the like.
const TABLES: &[&str] = &["conntrack", "expect", "dying", "unconfirmed"];
/// Protocols that conntrack knows by name and by number.
const PROTOCOLS: &[(&str, &str)] = &[
    ("tcp", "6"),
    ("udp", "17"),
    ("sctp", "132"),
    ("icmp", "1"),
    ("icmpv6", "58"),
    ("udplite", "136"),
    ("dccp", "33"),
    ("gre", "47"),
];
const STATES: &[&str] = &[
    "NONE",
    "SYN_SENT",
    "SYN_RECV",
    "ESTABLISHED",
    "FIN_WAIT",
    "CLOSE_WAIT",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSE",
    "LISTEN",
];
const LOOKS: &[&str] = &["extended", "timestamp", "ktimestamp", "labels", "userspace"];

/// What of an entry an option is about; addresses and ports in the order in which they are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Protocol,
    Address(usize),
    Port(usize),
    State,
    Family,
    /// `ASSURED` and its kin.
    Status,
    /// A number that is 0 for each flow: its mark, its zone.
    Zero,
    /// How it is printed: says nothing of the entry.
    Look,
}

/// What is asked.
#[derive(Default)]
struct Asked {
    operation: Option<char>,
    table: Option<&'static str>,
    filters: Vec<(Part, String)>,
    /// `-n`, `-g`: only flows whose source, or destination, was translated, to an address if one is given.
    nat: Vec<(bool, bool, Option<String>)>,
}

/// A mistake in conntrack's own words.
fn wrong(what: &str) -> String {
    format!("{BANNER}{what}\n{HINT}")
}

fn read(argv: &[String]) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut words = argv.iter().skip(1).map(String::as_str).peekable();
    while let Some(word) = words.next() {
        let (name, glued) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (word, None),
        };
        if let Some((_, part)) = FILTERS.iter().find(|(names, _)| names.contains(&name)) {
            let Some(value) = glued.or_else(|| words.next()) else {
                return Err(format!(
                    "conntrack: option requires an argument -- '{}'",
                    name.trim_start_matches('-')
                ));
            };
            asked.filter(*part, name, value)?;
            continue;
        }
        let operation = match name {
            "-L" | "--dump" => 'L',
            "-D" | "--delete" => 'D',
            "-G" | "--get" => 'G',
            "-F" | "--flush" => 'F',
            "-C" | "--count" => 'C',
            "-S" | "--stats" => 'S',
            "-E" | "--event" => 'E',
            "-V" | "--version" => 'V',
            "-h" | "--help" => 'h',
            "-n" | "--src-nat" | "-g" | "--dst-nat" | "-j" | "--any-nat" => {
                let given = words.next_if(|next| !next.starts_with('-'));
                let to = glued.or(given).map(str::to_owned);
                let any = matches!(name, "-j" | "--any-nat");
                let source = any || matches!(name, "-n" | "--src-nat");
                asked.nat.push((source, any || !source, to));
                continue;
            }
            "-z" | "--zero" => continue,
            long if long.starts_with("--") => {
                return Err(format!("conntrack: unrecognized option '{long}'"));
            }
            short if short.starts_with('-') => {
                return Err(format!(
                    "conntrack: invalid option -- '{}'",
                    short.trim_start_matches('-')
                ));
            }
            other => return Err(wrong(&format!("Bad parameter `{other}'"))),
        };
        asked.operation = Some(operation);
        if let Some(table) = words.next_if(|next| !next.starts_with('-')) {
            let known = TABLES.iter().find(|known| **known == table);
            asked.table = Some(*known.ok_or_else(|| wrong(&format!("unknown type `{table}'")))?);
        }
    }
    Ok(asked)
}

fn sockets(entry: &FlowEntry) -> [SocketAddr; 4] {
    let tracked = &entry.tracked;
    let ((a, b), (c, d)) = (tracked.original, tracked.reply);
    [a, b, c, d]
}

/// Reads an address, or a range of them.
fn range(text: &str) -> Option<Cidr> {
    match text.parse::<IpAddr>() {
        Ok(ip) => Some(Cidr::new(ip, if ip.is_ipv4() { 32 } else { 128 })),
        Err(_) => Cidr::parse(text),
    }
}

impl Asked {
    /// Takes a filter in, if its value can be one.
    fn filter(&mut self, part: Part, name: &str, value: &str) -> Result<(), String> {
        let protocol = |known: &(&str, &str)| known.0 == value || known.1 == value;
        let fault = match part {
            Part::Protocol if !PROTOCOLS.iter().any(protocol) => {
                format!("`{value}' unsupported protocol")
            }
            Part::Address(_) if range(value).is_none() => format!("Invalid IP address `{value}'"),
            // They are options of the protocols.
            Part::Port(_) | Part::State if self.value(Part::Protocol).is_none() => {
                format!("unknown option `{name}'")
            }
            Part::State if !STATES.contains(&value) => format!("unknown TCP state `{value}'"),
            Part::Family if !matches!(value, "ipv4" | "ipv6") => {
                format!("`{value}' unsupported protocol")
            }
            Part::Look if !value.split(',').all(|look| LOOKS.contains(&look)) => {
                format!("Bad parameter `{value}'")
            }
            Part::Status
                if !value.split(',').all(|status| {
                    matches!(
                        status,
                        "ASSURED" | "SEEN_REPLY" | "UNREPLIED" | "FIXED_TIMEOUT" | "EXPECTED"
                    )
                }) =>
            {
                format!("Bad parameter `{value}'")
            }
            _ => {
                self.filters.push((part, value.to_owned()));
                return Ok(());
            }
        };
        Err(wrong(&fault))
    }

    fn value(&self, part: Part) -> Option<&str> {
        let found = self.filters.iter().find(|(known, _)| *known == part);
        found.map(|(_, value)| value.as_str())
    }

    fn looks(&self, look: &str) -> bool {
        self.value(Part::Look)
            .is_some_and(|all| all.split(',').any(|own| own == look))
    }

    fn wants(&self, entry: &FlowEntry) -> bool {
        let sockets = sockets(entry);
        let [from, to, back_from, back_to] = sockets;
        let translated = |(source, destination, wanted): &(bool, bool, Option<String>)| {
            let to_that = |ip: IpAddr| wanted.as_ref().is_none_or(|w| *w == ip.to_string());
            (*source && back_to != from && to_that(back_to.ip()))
                || (*destination && back_from != to && to_that(back_from.ip()))
        };
        let fits = |(part, wanted): &(Part, String)| match part {
            Part::Protocol => {
                *wanted == entry.tracked.protocol.lower()
                    || *wanted == number(entry.tracked.protocol).to_string()
            }
            Part::Address(at) => {
                let socket = sockets.get(*at);
                socket.is_some_and(|s| range(wanted).is_some_and(|range| range.contains(s.ip())))
            }
            Part::Port(at) => sockets
                .get(*at)
                .is_some_and(|socket| socket.port().to_string() == *wanted),
            Part::State => state(entry.state) == *wanted,
            Part::Family => (wanted == "ipv6") == from.is_ipv6(),
            Part::Status => wanted.split(',').all(|status| match status {
                "ASSURED" => is_assured(entry),
                "SEEN_REPLY" => entry.answered,
                "UNREPLIED" => !entry.answered,
                _ => false,
            }),
            Part::Zero => wanted.split('/').next() == Some("0"),
            Part::Look => true,
        };
        self.nat.iter().all(translated) && self.filters.iter().all(fits)
    }
}

/// Runs conntrack.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let asked = match read(argv) {
        Ok(asked) => asked,
        Err(complaint) => {
            context.out.error(&complaint);
            return Outcome::Exit(2);
        }
    };
    let node = match context.place {
        Place::Node(name) => name.to_string(),
        Place::Laptop | Place::Outside | Place::Pod { .. } => String::new(),
    };
    let now = context.world.cluster.now();
    let wanted = |entry: &FlowEntry| {
        asked.wants(entry) && !matches!(asked.table, Some(t) if t != "conntrack")
    };
    let entries = context.world.cluster.tracked(&node);
    let lines: Vec<String> = entries
        .filter(|e| wanted(e))
        .map(|e| line(e, now, &asked))
        .collect();
    let count = lines.len();
    let things = match asked.table {
        Some("expect") => "expectations",
        _ => "flow entries",
    };
    let (done, missing) = match asked.operation {
        Some('L') => ("shown", false),
        Some('G') if count > 0 => ("shown", false),
        Some('G') => {
            let text = "Operation failed: such conntrack doesn't exist";
            context.out.error(&format!("{BANNER}{text}"));
            return Outcome::Exit(1);
        }
        Some('D') => {
            context.world.cluster.forget_flows(&node, &wanted);
            ("deleted", count == 0)
        }
        other => return report(context, &node, other),
    };
    for line in &lines {
        context.out.line(line);
    }
    context
        .out
        .error(&format!("{BANNER}{count} {things} have been {done}."));
    Outcome::Exit(i32::from(missing))
}

/// Operations that list no flows.
fn report(context: &mut Context<'_>, node: &str, operation: Option<char>) -> Outcome {
    match operation {
        Some('C') => {
            let all = context.world.cluster.tracked(node).count();
            context.out.line(&all.to_string());
        }
        Some('F') => {
            context.world.cluster.forget_flows(node, &|_| true);
            let text = "connection tracking table has been emptied.";
            context.out.error(&format!("{BANNER}{text}"));
        }
        Some('S') => {
            for cpu in 0..4 {
                context.out.line(&format!("cpu={cpu}   \tfound=0 invalid=0 insert=0 insert_failed=0 drop=0 early_drop=0 error=0 search_restart=0 clash_resolve=0 chaintoolong=0 "));
            }
        }
        Some('V') => context.out.line("conntrack v1.4.7 (conntrack-tools)"),
        Some('h') | None => context.out.write(Stream::Out, USAGE),
        Some(_) => {
            context.out.note("Portside's conntrack shows no events as they come: `trace` and the logbook do; `conntrack -L` lists the flows.");
            return Outcome::Exit(1);
        }
    }
    Outcome::Exit(0)
}

fn number(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Sctp => 132,
    }
}

fn state(state: FlowState) -> &'static str {
    match state {
        FlowState::SynSent => "SYN_SENT",
        FlowState::Close => "CLOSE",
        FlowState::Established => "ESTABLISHED",
        FlowState::TimeWait => "TIME_WAIT",
        FlowState::Datagram => "",
    }
}

/// Whether packets went both ways after the handshake: such entries are not the first to make room.
fn is_assured(entry: &FlowEntry) -> bool {
    match entry.state {
        FlowState::Established | FlowState::TimeWait => entry.answered,
        FlowState::SynSent | FlowState::Close | FlowState::Datagram => false,
    }
}

/// `tcp      6 86399 ESTABLISHED src=… dst=… sport=… dport=… src=… [ASSURED] mark=0 use=1`.
fn line(entry: &FlowEntry, now: SimTime, asked: &Asked) -> String {
    let tracked = &entry.tracked;
    let header = |(from, to): (SocketAddr, SocketAddr)| {
        format!(
            "src={} dst={} sport={} dport={} ",
            from.ip(),
            to.ip(),
            from.port(),
            to.port()
        )
    };
    let (state, assured) = match state(entry.state) {
        "" => (String::new(), ""),
        state if is_assured(entry) => (format!("{state} "), "[ASSURED] "),
        state => (format!("{state} "), ""),
    };
    let family = match (asked.looks("extended"), tracked.original.0.is_ipv4()) {
        (false, _) => "",
        (true, true) => "ipv4     2 ",
        (true, false) => "ipv6     10 ",
    };
    let unreplied = if entry.answered { "" } else { "[UNREPLIED] " };
    format!(
        "{family}{:<8} {} {} {state}{}{unreplied}{}{assured}mark=0 use=1",
        tracked.protocol.lower(),
        number(tracked.protocol),
        entry.until.since(now).as_secs(),
        header(tracked.original),
        header(tracked.reply)
    )
}
