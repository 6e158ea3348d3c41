//! `ipvsadm` 1.31 and `ipset list` on a node, in the ipvs mode.

use super::iptables::node;
use crate::cluster::{Cluster, FlowEntry, FlowState, Protocol};
use crate::kernel::BTreeMap;
use crate::net::{ipvs, listing};
use crate::shell::context::{Context, Outcome, Stream};
use crate::store::ProxyMode;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

fn states(context: &Context<'_>) -> Vec<(bool, ipvs::State)> {
    let Some(node) = node(context) else {
        return Vec::new();
    };
    let cluster = &context.world.cluster;
    let network = cluster.network();
    if network.proxy_mode != ProxyMode::Ipvs {
        return Vec::new();
    }
    let state = |ipv6: bool| (ipv6, ipvs::state(cluster.proxy(), network, &node, ipv6));
    [false, true].map(state).into_iter().collect()
}

/// What `ipvsadm` lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listing {
    Servers,
    Connections,
    /// The lines that set them up.
    Rules,
}

const TITLE: &str = "Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n";

/// `ipvsadm -Ln [-t|-u ADDRESS:PORT] [-c]`, `ipvsadm -Sn`.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let mut words = argv.iter().skip(1).map(String::as_str);
    let (mut listing, mut only) = (Listing::Servers, None);
    while let Some(word) = words.next() {
        match word {
            "--connection" => listing = Listing::Connections,
            "--save" => listing = Listing::Rules,
            "--list" | "--numeric" | "--sort" | "--exact" => {}
            "--timeout" => {
                context
                    .out
                    .write(Stream::Out, "Timeout (tcp tcpfin udp): 900 120 300\n");
                return Outcome::Exit(0);
            }
            "--stats" | "--rate" => {
                context.out.note("Portside counts connections, not packets: ipvsadm -Ln and ipvsadm -Lnc list them.");
                return Outcome::Exit(1);
            }
            "-t" | "-u" | "--tcp-service" | "--udp-service" | "--sctp-service" => {
                let protocol = match word.trim_start_matches('-').get(..1) {
                    Some("t") => Protocol::Tcp,
                    Some("u") => Protocol::Udp,
                    _ => Protocol::Sctp,
                };
                let Some(at) = words
                    .next()
                    .and_then(|text| text.parse::<SocketAddr>().ok())
                else {
                    context
                        .out
                        .error("illegal virtual server address[:port] specified");
                    return Outcome::Exit(2);
                };
                only = Some((at.ip(), at.port(), protocol));
            }
            word if word.starts_with('-')
                && word.chars().skip(1).all(|letter| "LlSnc".contains(letter)) =>
            {
                if word.contains('S') {
                    listing = Listing::Rules;
                } else if word.contains('c') {
                    listing = Listing::Connections;
                }
            }
            _ => {
                context.out.note(
                    "Portside's virtual servers are those that kube-proxy sets up: ipvsadm -Ln lists them.",
                );
                return Outcome::Exit(1);
            }
        }
    }
    let name = context.place.to_string();
    let states = states(context);
    let cluster = &context.world.cluster;
    let mut text = match (listing, only) {
        (Listing::Connections, _) => list_connections(cluster, &name, &states),
        (Listing::Rules, _) => String::new(),
        (Listing::Servers, Some(_)) => TITLE.to_owned(),
        (Listing::Servers, None) => {
            ["IP Virtual Server version 1.2.1 (size=4096)\n", TITLE].concat()
        }
    };
    if listing != Listing::Connections {
        let wanted = in_order(&states, only);
        if only.is_some() && wanted.is_empty() {
            context.out.error("No such service");
            return Outcome::Exit(1);
        }
        for (at, protocol, server) in wanted {
            let place = (cluster, &*name);
            list_server(&mut text, place, (at, protocol), server, listing);
        }
    }
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}

/// The virtual servers, or one of them: a family at a time, and in it a protocol at a time (`ipvs_cmp_services`).
fn in_order(
    states: &[(bool, ipvs::State)],
    only: Option<(IpAddr, u16, Protocol)>,
) -> Vec<(SocketAddr, Protocol, &ipvs::VirtualServer)> {
    let mut found = Vec::new();
    for (_, state) in states {
        for wanted in [Protocol::Tcp, Protocol::Udp, Protocol::Sctp] {
            for (at, server) in &state.servers {
                let (ip, port, protocol) = *at;
                if protocol == wanted && only.is_none_or(|only| only == *at) {
                    found.push((SocketAddr::new(ip, port), protocol, server));
                }
            }
        }
    }
    found
}

/// A node's flows through a virtual server.
fn through<'a>(
    cluster: &'a Cluster,
    node: &str,
    at: SocketAddr,
    protocol: Protocol,
) -> impl Iterator<Item = &'a FlowEntry> {
    cluster
        .tracked(node)
        .filter(move |entry| entry.tracked.protocol == protocol && entry.tracked.original.1 == at)
}

/// A virtual server and its real ones. One that is no endpoint any more keeps its connections, and gets no new ones: its
/// weight is 0 until they are over (`graceful_termination.go`); datagrams are cut off at once.
fn list_server(
    text: &mut String,
    (cluster, node): (&Cluster, &str),
    (at, protocol): (SocketAddr, Protocol),
    server: &ipvs::VirtualServer,
    listing: Listing,
) {
    let rules = listing == Listing::Rules;
    let option = match protocol {
        Protocol::Tcp => "-t",
        Protocol::Udp => "-u",
        Protocol::Sctp => "--sctp-service",
    };
    let (head, scheduler, persistent) = if rules {
        (["-A ", option].concat(), "-s ", " -p ")
    } else {
        (format!("{:<4}", protocol.name()), "", " persistent ")
    };
    let _ = write!(text, "{head} {at} {scheduler}{}", server.scheduler);
    if let Some(seconds) = server.persistent {
        let _ = write!(text, "{persistent}{seconds}");
    }
    text.push('\n');
    let mut real: BTreeMap<SocketAddr, (u8, usize, usize)> =
        server.real.iter().map(|real| (*real, (1, 0, 0))).collect();
    for entry in through(cluster, node, at, protocol) {
        let to = entry.tracked.reply.0;
        if to == at || (protocol != Protocol::Tcp && !real.contains_key(&to)) {
            continue;
        }
        let counts = real.entry(to).or_default();
        match entry.state {
            FlowState::Established => counts.1 += 1,
            FlowState::SynSent | FlowState::Close | FlowState::TimeWait | FlowState::Datagram => {
                counts.2 += 1;
            }
        }
    }
    for (to, (weight, active, idle)) in real {
        let _ = if rules {
            writeln!(text, "-a {option} {at} -r {to} -m -w {weight}")
        } else {
            writeln!(
                text,
                "  -> {:<28} Masq    {weight:<6} {active:<10} {idle:<10}",
                to.to_string()
            )
        };
    }
}

/// `ipvsadm -Lnc`.
fn list_connections(cluster: &Cluster, node: &str, states: &[(bool, ipvs::State)]) -> String {
    let mut text = "IPVS connection entries\npro expire state       source             virtual            destination\n".to_owned();
    let now = cluster.now();
    for (ip, port, protocol) in states.iter().flat_map(|(_, state)| state.servers.keys()) {
        for entry in through(cluster, node, SocketAddr::new(*ip, *port), *protocol) {
            let state = match entry.state {
                FlowState::SynSent => "SYN_RECV",
                FlowState::Close => "CLOSE",
                FlowState::Established => "ESTABLISHED",
                FlowState::TimeWait => "TIME_WAIT",
                FlowState::Datagram => "UDP",
            };
            // ipvs has timers of its own: 15 minutes, 2 minutes and 5 minutes.
            let left = entry.until.since(now).as_secs().min(900);
            let [from, at, to] = [
                entry.tracked.original.0,
                entry.tracked.original.1,
                entry.tracked.reply.0,
            ]
            .map(|socket| socket.to_string());
            let _ = writeln!(
                text,
                "{:<3} {:02}:{:02}  {state:<11} {from:<18} {at:<18} {to}",
                protocol.name(),
                left / 60,
                left % 60
            );
        }
    }
    text
}

/// `ipset list [NAME]`, `ipset list -n`.
pub(crate) fn ipset(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let (names_only, wanted) = match words.as_slice() {
        [] | ["list" | "-L"] => (false, None),
        ["list" | "-L", "-n" | "-name"] => (true, None),
        ["list" | "-L", name] => (false, Some((*name).to_owned())),
        _ => {
            context.out.note(
                "Portside's sets are those that kube-proxy fills: ipset list [NAME] shows them.",
            );
            return Outcome::Exit(1);
        }
    };
    let mut text = String::new();
    let cluster = &context.world.cluster;
    for (ipv6, state) in states(context) {
        let rules = node(context)
            .map(|node| listing::tables(cluster.proxy(), cluster.network(), &node, ipv6));
        for kind in ipvs::SETS {
            let name = kind.full_name(ipv6);
            if wanted.as_ref().is_some_and(|wanted| *wanted != name) {
                continue;
            }
            if names_only {
                let _ = writeln!(text, "{name}");
                continue;
            }
            if !text.is_empty() {
                text.push('\n');
            }
            let references = rules.as_ref().map_or(0, |rules| rules.asks(&name));
            list_set(&mut text, (&name, kind), references, ipv6, &state);
        }
    }
    if wanted.is_some() && text.is_empty() {
        context
            .out
            .error("ipset v7.17: The set with the given name does not exist");
        return Outcome::Exit(1);
    }
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}

/// The seed of a set's hashes, which the kernel draws: here one that is the set's own.
fn initval(name: &str) -> u32 {
    let fold = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    name.bytes().fold(0x811c_9dc5, fold)
}

fn list_set(
    text: &mut String,
    (name, kind): (&str, &ipvs::SetKind),
    references: usize,
    ipv6: bool,
    state: &ipvs::State,
) {
    let family = if ipv6 { "inet6" } else { "inet" };
    let entries = state.sets.get(kind.name);
    let count = entries.map_or(0, |entries| entries.len());
    // What the kernel takes for an empty set and for each element: that of IPv6 addresses is larger.
    let (revision, (empty, each)) = match (kind.kind, ipv6) {
        ("bitmap:port", _) => (3, (8_264, 0)),
        ("hash:ip,port,net", false) => (8, (464, 56)),
        ("hash:ip,port,net", true) => (8, (1_256, 104)),
        ("hash:ip,port,ip", false) => (6, (208, 56)),
        ("hash:ip,port,ip", true) => (6, (232, 104)),
        ("hash:ip,port", false) => (7, (216, 48)),
        ("hash:ip,port", true) => (7, (232, 72)),
        (_, false) => (6, (216, 40)),
        (_, true) => (6, (224, 64)),
    };
    let memory = empty + each * count;
    let header = if kind.kind == "bitmap:port" {
        "range 0-65535".to_owned()
    } else {
        format!(
            "family {family} hashsize 1024 maxelem 65536 bucketsize 12 initval {:#010x}",
            initval(name)
        )
    };
    let _ = writeln!(
        text,
        "Name: {name}\nType: {}\nRevision: {revision}\nHeader: {header}\nSize in memory: {memory}\nReferences: {references}\nNumber of entries: {count}\nMembers:",
        kind.kind
    );
    for entry in entries.into_iter().flatten() {
        let _ = writeln!(text, "{entry}");
    }
}
