//! `tcpdump`: the packets that pass a node or a Pod, told by the event log as they come.
//!
//! A connection is shown by its handshake, or by what became of it; a name question by question and answer. What is said
//! over a connection, and filters beyond `host`, `port`, `src`, `dst`, `tcp`, `udp`, `and` and `not`, are left out.

use crate::api::kind;
use crate::cluster::Place;
use crate::kernel::{BTreeMap, Event, Seq, SimTime, civil};
use crate::shell::context::{Context, Outcome, Program, Progress, Stream, World};

const USAGE: &str = "tcpdump version 4.99.5\nlibpcap version 1.10.5 (with TPACKET_V3)\nUsage: tcpdump [-AdDefhHIJKlLnNOpqStuUvxX#] [ -B size ] [ -c count ] [--count]\n\t\t[ -C file_size ] [ -E algo:secret ] [ -F file ] [ -G seconds ]\n\t\t[ -i interface ] [ --immediate-mode ] [ -j tstamptype ]\n\t\t[ -s snaplen ] [ -w file ] [ -y datalinktype ] [ -z postrotate-command ]\n\t\t[ expression ]";

/// What the first packet of a connection carries.
const OPTIONS: &str = "options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7]";
/// The events that end the way of a flow's first packet.
const ANSWERS: &[&str] = &[
    "delivered",
    "refused",
    "reset",
    "unreachable",
    "dns-answered",
    "dns-nodata",
    "dns-nxdomain",
    "dns-servfail",
    "dns-refused",
];

/// An address and a port.
type Socket = (String, String);
/// Who sends, and to whom.
type Pair = (Socket, Socket);

/// How a packet is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    In,
    Out,
    /// As the answer to one that was seen.
    Answer,
}

/// One condition of the filter, and whether it is negated.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    not: bool,
    /// `src`, `dst` or neither.
    side: Option<bool>,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Host(String),
    Port(String),
    Udp(bool),
}

/// `tcpdump [-n] [-i IFACE] [-c COUNT] [EXPRESSION]`.
pub(in crate::shell) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let mut words = argv.iter().skip(1);
    let mut expression: Vec<&str> = Vec::new();
    let (mut count, mut interface) = (None, "any");
    while let Some(word) = words.next() {
        match word.as_str() {
            "-h" | "--help" | "--version" => {
                context.out.line(USAGE);
                return Outcome::Exit(0);
            }
            "-c" => match words.next().map(|n| n.parse::<usize>()) {
                Some(Ok(n)) if n > 0 => count = Some(n),
                given => {
                    let shown = given.map_or("", |_| argv.last().map_or("", String::as_str));
                    let why = format!("tcpdump: invalid packet count {shown}");
                    context.out.error(&why);
                    return Outcome::Exit(1);
                }
            },
            "-i" => interface = words.next().map_or("any", String::as_str),
            "-w" | "-r" | "-G" | "-C" | "-z" | "-F" => {
                let why = format!("Portside's tcpdump does not simulate {word}.");
                context.out.note(&why);
                return Outcome::Exit(1);
            }
            "-s" | "-B" | "-j" | "-y" => drop(words.next()),
            word if word.starts_with('-') => {}
            word => expression.push(word),
        }
    }
    let Ok(filter) = parse(&expression.join(" ")) else {
        context.out.error(
            "tcpdump: can't parse filter expression: syntax error, or Portside does not know it (host, port, src, dst, tcp, udp, and, not)",
        );
        return Outcome::Exit(1);
    };
    if !["any", "eth0", "lo", "cni0"].contains(&interface) {
        context.out.error(&format!(
            "tcpdump: {interface}: No such device exists\n(No such device exists)"
        ));
        return Outcome::Exit(1);
    }
    let link = if interface == "any" {
        "LINUX_SLL2 (Linux cooked v2)"
    } else {
        "EN10MB (Ethernet)"
    };
    context.out.error(&format!(
        "tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\nlistening on {interface}, link-type {link}, snapshot length 262144 bytes"
    ));
    Outcome::Foreground(Box::new(Capture {
        place: context.place.clone(),
        any: interface == "any",
        filter,
        left: count,
        seen: context.world.cluster.end(),
        shown: 0,
        flows: BTreeMap::new(),
    }))
}

/// Conditions joined by `and`.
fn parse(text: &str) -> Result<Vec<Condition>, ()> {
    let mut found = Vec::new();
    let mut words = text.split_whitespace();
    let (mut not, mut side) = (false, None);
    while let Some(word) = words.next() {
        let what = match word {
            "and" | "&&" => continue,
            "not" | "!" => {
                not = true;
                continue;
            }
            "src" | "dst" => {
                side = Some(word == "src");
                continue;
            }
            "host" => What::Host(words.next().ok_or(())?.to_owned()),
            "port" => What::Port(port(words.next().ok_or(())?)),
            "tcp" => What::Udp(false),
            "udp" => What::Udp(true),
            address if side.is_some() && address.contains(['.', ':']) => {
                What::Host(address.to_owned())
            }
            _ => return Err(()),
        };
        found.push(Condition { not, side, what });
        (not, side) = (false, None);
    }
    Ok(found)
}

/// A port by its number or by a name that everybody knows.
fn port(word: &str) -> String {
    match word {
        "domain" => "53",
        "http" => "80",
        "https" => "443",
        "redis" => "6379",
        other => other,
    }
    .to_owned()
}

/// Address and port as tcpdump joins them.
fn dotted(socket: &str) -> Socket {
    let (address, port) = socket.rsplit_once(':').unwrap_or((socket, "0"));
    let address = address.trim_matches(['[', ']']);
    (address.to_owned(), port.to_owned())
}

/// A capture in the foreground.
#[derive(Clone)]
struct Capture {
    place: Place,
    any: bool,
    filter: Vec<Condition>,
    /// How many packets are still wanted.
    left: Option<usize>,
    seen: Seq,
    shown: usize,
    /// The flows that were seen, by their numbers.
    flows: BTreeMap<i64, Pair>,
}

impl Capture {
    /// Whether a chart's place is where the capture listens: itself, or for a node a Pod on it.
    fn is_here(&self, world: &World, id: &str) -> bool {
        if id == self.place.id() {
            return true;
        }
        let Place::Node(node) = &self.place else {
            return false;
        };
        let mut parts = id.split('/').skip(1);
        let (namespace, name) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let pod = world.cluster.tables().find(kind::POD, namespace, name);
        let pod = pod.and_then(|object| object.pod());
        id.starts_with("pod/") && pod.is_some_and(|pod| *pod.spec.node_name == **node)
    }

    fn wants(&self, src: &Socket, dst: &Socket, udp: bool) -> bool {
        self.filter.iter().all(|condition| {
            let either = |test: &dyn Fn(&Socket) -> bool| match condition.side {
                Some(true) => test(src),
                Some(false) => test(dst),
                None => test(src) || test(dst),
            };
            let holds = match &condition.what {
                What::Host(host) => either(&|at| at.0 == *host),
                What::Port(port) => either(&|at| at.1 == *port),
                What::Udp(wanted) => *wanted == udp,
            };
            holds != condition.not
        })
    }

    /// Prints what has passed since the last time.
    fn catch_up(&mut self, context: &mut Context<'_>) -> Progress {
        let from = std::mem::replace(&mut self.seen, context.world.cluster.end());
        let mut lines: Vec<String> = Vec::new();
        for event in context.world.cluster.events_since(from) {
            if event.text("src").is_empty() || event.kind.id == "returned" {
                continue;
            }
            let flow = event.int("flow");
            let leaves = self.is_here(context.world, event.text("from"));
            let comes = self.is_here(context.world, event.text("to"));
            let answer = ANSWERS.contains(&event.kind.id);
            let known = self.flows.get(&flow).cloned();
            match known {
                // What a flow that began here came to is seen here as its answer.
                Some(pair) if answer => {
                    lines.extend(self.packets(context.world, event, &pair, Seen::Answer));
                }
                None if leaves || comes => {
                    let pair = (dotted(event.text("src")), dotted(event.text("dst")));
                    let seen = if leaves && !comes {
                        Seen::Out
                    } else {
                        Seen::In
                    };
                    lines.extend(self.packets(context.world, event, &pair, seen));
                    self.flows.insert(flow, pair);
                }
                _ => {}
            }
        }
        if let Some(left) = self.left {
            lines.truncate(left);
        }
        self.shown += lines.len();
        for line in &lines {
            context.out.write(Stream::Out, line);
            context.out.write(Stream::Out, "\n");
        }
        if let Some(left) = &mut self.left {
            *left -= lines.len();
            if *left == 0 {
                self.sum_up(context);
                return Progress::Exit(0);
            }
        }
        Progress::Stay
    }

    /// The packets that an event stands for: the first of a flow, and what was answered.
    fn packets(&self, world: &World, event: &Event, pair: &Pair, seen: Seen) -> Vec<String> {
        let dns = event.text("proto").starts_with("DNS");
        let (src, dst) = pair;
        if !self.wants(src, dst, dns || event.text("proto") == "UDP") {
            return Vec::new();
        }
        // Numbers that repeat: they come from the number of the flow.
        let seq = 1_000_003_u64.wrapping_mul(event.int("flow").unsigned_abs() + 7) % (1 << 32);
        let next = (seq + 1) % (1 << 32);
        let out = seen == Seen::Out;
        let mut lines = Vec::new();
        if seen != Seen::Answer {
            let what = if dns {
                let type_ = event.text("proto").trim_start_matches("DNS ");
                let cluster = &world.cluster;
                let same = |other: &&Event| {
                    other.int("flow") == event.int("flow") && !other.text("name").is_empty()
                };
                let told = cluster.events_since(event.seq).find(same);
                let name = told.map_or("", |other| other.text("name"));
                let name = name.trim_end_matches('.');
                let size = 12 + name.len() + 2 + 4;
                format!("{}+ {type_}? {name}. ({size})", seq % 65_536)
            } else {
                format!("Flags [S], seq {seq}, win 64240, {OPTIONS}, length 0")
            };
            lines.push(self.line(world, event, 0, out, (src, dst), &what));
        }
        if !ANSWERS.contains(&event.kind.id) {
            return lines;
        }
        let answer = match event.kind.id {
            "dns-answered" => {
                let (type_, answer) = (event.text("type"), event.text("answer"));
                format!("{}*- 1/0/0 {type_} {answer}", seq % 65_536)
            }
            "dns-nodata" => format!("{}*- 0/1/0", seq % 65_536),
            "dns-nxdomain" => format!("{} NXDomain*- 0/1/0", seq % 65_536),
            "dns-servfail" => format!("{} ServFail- 0/0/0", seq % 65_536),
            "dns-refused" => format!("{} Refused- 0/0/0", seq % 65_536),
            "delivered" => format!(
                "Flags [S.], seq {}, ack {next}, win 65160, {OPTIONS}, length 0",
                seq ^ 0x5a5a
            ),
            "unreachable" => format!("ICMP host {} unreachable, length 68", dst.0),
            _ => format!("Flags [R.], seq 0, ack {next}, win 0, length 0"),
        };
        // The delivery of a question is no answer yet.
        if dns && !event.kind.id.starts_with("dns-") {
            return lines;
        }
        lines.push(self.line(
            world,
            event,
            40,
            !out && seen != Seen::Answer,
            (dst, src),
            &answer,
        ));
        if event.kind.id == "delivered" {
            let ack = "Flags [.], ack 1, win 502, length 0";
            lines.push(self.line(
                world,
                event,
                80,
                out || seen == Seen::Answer,
                (src, dst),
                ack,
            ));
        }
        lines
    }

    /// One packet's line: the time, the way, who sends to whom, what.
    fn line(
        &self,
        world: &World,
        event: &Event,
        micros: u64,
        away: bool,
        pair: (&Socket, &Socket),
        what: &str,
    ) -> String {
        let at = SimTime(event.at.0 + micros);
        let (_, _, _, hour, minute, second) = civil(world.cluster.sim().unix(at));
        let near = match (self.any, away) {
            (false, _) => "",
            (true, true) => "eth0  Out ",
            (true, false) => "eth0  In  ",
        };
        let family = if pair.0.0.contains(':') { "IP6" } else { "IP" };
        format!(
            "{hour:02}:{minute:02}:{second:02}.{:06} {near}{family} {}.{} > {}.{}: {what}",
            at.0 % 1_000_000,
            pair.0.0,
            pair.0.1,
            pair.1.0,
            pair.1.1
        )
    }

    fn sum_up(&self, context: &mut Context<'_>) {
        let (n, s) = (self.shown, if self.shown == 1 { "" } else { "s" });
        context.out.error(&format!(
            "{n} packet{s} captured\n{n} packet{s} received by filter\n0 packets dropped by kernel"
        ));
    }
}

impl Program for Capture {
    fn place(&self) -> Place {
        self.place.clone()
    }
    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context)
    }
    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        if let Progress::Exit(status) = self.catch_up(context) {
            return Progress::Exit(status);
        }
        context.out.line("^C");
        self.sum_up(context);
        Progress::Exit(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read() {
        let parsed = parse("tcp and not port domain and src 10.0.0.1").unwrap();
        assert_eq!(parsed.len(), 3);
        assert_eq!(parsed[1].what, What::Port("53".to_owned()));
        assert!(parsed[1].not && parsed[2].side == Some(true));
        assert!(parse("ether proto 1").is_err());
    }
}
