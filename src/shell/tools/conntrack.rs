//! conntrack 1.4.7: what a node's kernel remembers of flows (`conntrack -L`, `-C`, `-D`, `-F`, `-S`).

use crate::cluster::{FlowEntry, FlowState, Place, Protocol};
use crate::kernel::SimTime;
use crate::shell::context::{Context, Outcome};
use std::net::SocketAddr;

const BANNER: &str = "conntrack v1.4.7 (conntrack-tools): ";
const HINT: &str = "Try `conntrack -h' or 'conntrack --help' for more information.";

/// Options with a value: their spellings, and what they are compared with.
const FILTERS: &[(&[&str], Part)] = &[
    (&["-p", "--proto"], Part::Protocol),
    (&["-s", "--src", "--orig-src"], Part::Address(0)),
    (&["-d", "--dst", "--orig-dst"], Part::Address(1)),
    (&["-r", "--reply-src"], Part::Address(2)),
    (&["-q", "--reply-dst"], Part::Address(3)),
    (&["--sport", "--orig-port-src"], Part::Port(0)),
    (&["--dport", "--orig-port-dst"], Part::Port(1)),
    (&["--reply-port-src"], Part::Port(2)),
    (&["--reply-port-dst"], Part::Port(3)),
    (&["--state"], Part::State),
    (&["-f", "--family"], Part::Family),
    (&["-o", "--output"], Part::Look),
];

/// What of an entry an option is about; addresses and ports in the order in which they are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Protocol,
    Address(usize),
    Port(usize),
    State,
    Family,
    /// How it is printed: says nothing of the entry.
    Look,
}

/// What is asked.
#[derive(Default)]
struct Asked {
    operation: Option<char>,
    filters: Vec<(Part, String)>,
    /// `-n`, `-g`: only flows whose source, or destination, was translated.
    source_nat: bool,
    destination_nat: bool,
}

fn read(argv: &[String]) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut words = argv.iter().skip(1).map(String::as_str);
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
            asked.filters.push((*part, value.to_owned()));
            continue;
        }
        match name {
            "-L" | "--dump" => asked.operation = Some('L'),
            "-D" | "--delete" => asked.operation = Some('D'),
            "-F" | "--flush" => asked.operation = Some('F'),
            "-C" | "--count" => asked.operation = Some('C'),
            "-S" | "--stats" => asked.operation = Some('S'),
            "-E" | "--event" => asked.operation = Some('E'),
            "-n" | "--src-nat" => asked.source_nat = true,
            "-g" | "--dst-nat" => asked.destination_nat = true,
            "-j" | "--any-nat" => (asked.source_nat, asked.destination_nat) = (true, true),
            "conntrack" => {}
            long if long.starts_with("--") => {
                return Err(format!("conntrack: unrecognized option '{long}'"));
            }
            short if short.starts_with('-') => {
                return Err(format!(
                    "conntrack: invalid option -- '{}'",
                    short.trim_start_matches('-')
                ));
            }
            other => return Err(format!("{BANNER}Bad parameter `{other}'\n{HINT}")),
        }
    }
    Ok(asked)
}

fn sockets(entry: &FlowEntry) -> [SocketAddr; 4] {
    let tracked = &entry.tracked;
    let ((a, b), (c, d)) = (tracked.original, tracked.reply);
    [a, b, c, d]
}

impl Asked {
    fn wants(&self, entry: &FlowEntry) -> bool {
        let sockets = sockets(entry);
        let [from, to, back_from, back_to] = sockets;
        let nat = match (self.source_nat, self.destination_nat) {
            (false, false) => true,
            (source, destination) => {
                (source && back_to != from) || (destination && back_from != to)
            }
        };
        let fits = |(part, wanted): &(Part, String)| match part {
            Part::Protocol => {
                *wanted == entry.tracked.protocol.lower()
                    || *wanted == number(entry.tracked.protocol).to_string()
            }
            Part::Address(at) => sockets
                .get(*at)
                .is_some_and(|socket| socket.ip().to_string() == *wanted),
            Part::Port(at) => sockets
                .get(*at)
                .is_some_and(|socket| socket.port().to_string() == *wanted),
            Part::State => state(entry.state) == *wanted,
            Part::Family => (wanted == "ipv6") == from.is_ipv6(),
            Part::Look => true,
        };
        nat && self.filters.iter().all(fits)
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
    let wanted = |entry: &FlowEntry| asked.wants(entry);
    let entries = context.world.cluster.tracked(&node);
    let lines: Vec<String> = entries
        .filter(|e| wanted(e))
        .map(|e| line(e, now))
        .collect();
    let count = lines.len();
    let done = match asked.operation {
        Some('L') => "shown",
        Some('D') => {
            context.world.cluster.forget_flows(&node, &wanted);
            "deleted"
        }
        Some('C') => {
            let all = context.world.cluster.tracked(&node).count();
            context.out.line(&all.to_string());
            return Outcome::Exit(0);
        }
        Some('F') => {
            context.world.cluster.forget_flows(&node, &|_| true);
            context.out.error(&format!(
                "{BANNER}connection tracking table has been emptied."
            ));
            return Outcome::Exit(0);
        }
        Some('S') => {
            for cpu in 0..4 {
                context.out.line(&format!("cpu={cpu}   \tfound=0 invalid=0 insert=0 insert_failed=0 drop=0 early_drop=0 error=0 search_restart=0 "));
            }
            return Outcome::Exit(0);
        }
        Some(_) => {
            context.out.note("Portside's conntrack shows no events as they come: `trace` and the logbook do; `conntrack -L` lists the flows.");
            return Outcome::Exit(1);
        }
        None => {
            context
                .out
                .error(&format!("{BANNER}you have to specify an operation\n{HINT}"));
            return Outcome::Exit(2);
        }
    };
    for line in &lines {
        context.out.line(line);
    }
    context
        .out
        .error(&format!("{BANNER}{count} flow entries have been {done}."));
    Outcome::Exit(i32::from(done == "deleted" && count == 0))
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
        FlowState::Established => "ESTABLISHED",
        FlowState::TimeWait => "TIME_WAIT",
        FlowState::Datagram => "",
    }
}

/// `tcp      6 86399 ESTABLISHED src=… dst=… sport=… dport=… src=… [ASSURED] mark=0 use=1`.
fn line(entry: &FlowEntry, now: SimTime) -> String {
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
        state => (format!("{state} "), "[ASSURED] "),
    };
    format!(
        "{:<8} {} {} {state}{}{}{assured}mark=0 use=1",
        tracked.protocol.lower(),
        number(tracked.protocol),
        entry.until.since(now).as_secs(),
        header(tracked.original),
        header(tracked.reply)
    )
}
