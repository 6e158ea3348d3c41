//! What a Pod or a node shows of its network: ip, ifconfig, route, netstat, ss.
//!
//! A Pod hangs on its node's bridge, whose address is the first of the node's Pod subnet.

use crate::api::image::listening;
use crate::api::kind;
use crate::cluster::{Cluster, Place};
use crate::kernel::Arrange;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::surroundings;
use crate::store::Cidr;
use std::net::{IpAddr, Ipv4Addr};

/// The interface of a place, beside `lo`.
struct Link {
    address: Ipv4Addr,
    prefix: u8,
    network: Ipv4Addr,
    gateway: Ipv4Addr,
    /// The number of the other end of a Pod's pair of interfaces.
    peer: Option<u8>,
}

impl Link {
    fn of(cluster: &Cluster, place: &Place) -> Option<Self> {
        let IpAddr::V4(address) = cluster.address_of(place) else {
            return None;
        };
        let pod = surroundings::pod(cluster, place);
        let node = pod.and_then(|pod| cluster.tables().find(kind::NODE, "", &pod.spec.node_name));
        let hosted = pod.is_none_or(|pod| pod.spec.host_network);
        let cidr = node
            .and_then(|node| node.node())
            .and_then(|node| Cidr::parse(&node.spec.pod_cidr))
            .filter(|_| !hosted);
        let [a, b, c, d] = address.octets();
        let (prefix, network, gateway) = match cidr
            .map(|cidr| (cidr.prefix(), cidr.base(), cidr.nth(1)))
        {
            Some((prefix, IpAddr::V4(network), IpAddr::V4(gateway))) => (prefix, network, gateway),
            _ => (24, Ipv4Addr::new(a, b, c, 0), Ipv4Addr::new(a, b, c, 1)),
        };
        Some(Self {
            address,
            prefix,
            network,
            gateway,
            peer: (!hosted).then(|| d.saturating_add(3)),
        })
    }

    /// The hardware address, made from the address as the bridge plugin does.
    fn hardware(&self) -> String {
        let [a, b, c, d] = self.address.octets();
        format!("0a:58:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
    }

    fn mask(&self) -> Ipv4Addr {
        let bits = u32::MAX
            .checked_shl(32 - u32::from(self.prefix))
            .unwrap_or(0);
        Ipv4Addr::from_bits(bits)
    }

    fn broadcast(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.to_bits() | !self.mask().to_bits())
    }

    /// `eth0@if10`.
    fn name(&self) -> String {
        match self.peer {
            Some(peer) => format!("eth0@if{peer}"),
            None => "eth0".to_owned(),
        }
    }
}

fn link(context: &Context<'_>) -> Option<Link> {
    Link::of(&context.world.cluster, context.place)
}

/// `ip addr`, `ip route`, `ip link`, and their shorter spellings.
pub(crate) fn ip(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    if let Some(node) = super::iptables::node(context) {
        return super::node_network::ip(context, &node, argv);
    }
    let words: Vec<&str> = argv
        .iter()
        .skip(1)
        .map(String::as_str)
        .filter(|word| !matches!(*word, "-4" | "-o" | "-br" | "-c"))
        .collect();
    let Some(link) = link(context) else {
        return Outcome::Exit(1);
    };
    let begins = |word: &str, whole: &str| !word.is_empty() && whole.starts_with(word);
    match words.as_slice() {
        [object, ..] if begins(object, "address") => {
            context.out.write(Stream::Out, &addresses(&link, true));
        }
        [object, ..] if begins(object, "link") => {
            context.out.write(Stream::Out, &addresses(&link, false));
        }
        [object, "get", to, ..] if begins(object, "route") => {
            let Ok(IpAddr::V4(to)) = to.parse() else {
                context.out.error(&format!(
                    "Error: any valid prefix is expected rather than \"{to}\"."
                ));
                return Outcome::Exit(1);
            };
            let near = Ipv4Addr::from_bits(to.to_bits() & link.mask().to_bits()) == link.network;
            let via = if near {
                String::new()
            } else {
                format!("via {} ", link.gateway)
            };
            context
                .out
                .line(&format!("{to} {via}dev eth0  src {} ", link.address));
        }
        [object, ..] if begins(object, "route") => {
            context
                .out
                .line(&format!("default via {} dev eth0 ", link.gateway));
            context.out.line(&format!(
                "{}/{} dev eth0 scope link  src {} ",
                link.network, link.prefix, link.address
            ));
        }
        [object, ..] if begins(object, "neighbour") => {
            context.out.line(&format!(
                "{} dev eth0  used 0/0/0 probes 1 STALE",
                link.gateway
            ));
        }
        [] => {
            context
                .out
                .error("Usage: ip [OPTIONS] address|route|link|neigh [ARGS]");
            return Outcome::Exit(1);
        }
        [object, ..] => {
            context.out.note(&format!(
                "Portside's ip knows address, link, route and neigh: not {object}."
            ));
            return Outcome::Exit(1);
        }
    }
    Outcome::Exit(0)
}

fn addresses(link: &Link, with_addresses: bool) -> String {
    let forever = "       valid_lft forever preferred_lft forever\n";
    let mut text = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n".to_owned();
    if with_addresses {
        text.push_str(&format!(
            "    inet 127.0.0.1/8 scope host lo\n{forever}    inet6 ::1/128 scope host \n{forever}"
        ));
    }
    text.push_str(&format!(
        "2: {}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue \n    link/ether {} brd ff:ff:ff:ff:ff:ff\n",
        link.name(),
        link.hardware()
    ));
    if with_addresses {
        text.push_str(&format!(
            "    inet {}/{} brd {} scope global eth0\n{forever}",
            link.address,
            link.prefix,
            link.broadcast()
        ));
    }
    text
}

/// `ifconfig`.
pub(crate) fn ifconfig(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let Some(link) = link(context) else {
        return Outcome::Exit(1);
    };
    let eth0 = format!(
        "eth0      Link encap:Ethernet  HWaddr {}  \n          inet addr:{}  Bcast:{}  Mask:{}\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\n",
        link.hardware().to_uppercase(),
        link.address,
        link.broadcast(),
        link.mask()
    );
    let lo = "lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n";
    match argv.get(1).map(String::as_str) {
        None | Some("-a") => context.out.write(Stream::Out, &format!("{eth0}{lo}")),
        Some("eth0") => context.out.write(Stream::Out, &eth0),
        Some("lo") => context.out.write(Stream::Out, lo),
        Some(other) => {
            context.out.error(&format!(
                "ifconfig: {other}: error fetching interface information: Device not found"
            ));
            return Outcome::Exit(1);
        }
    }
    Outcome::Exit(0)
}

/// `route`, with `-n`.
pub(crate) fn route(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let Some(link) = link(context) else {
        return Outcome::Exit(1);
    };
    let numeric = argv.iter().any(|word| word == "-n");
    let (any, none) = if numeric {
        ("0.0.0.0", "0.0.0.0")
    } else {
        ("default", "*")
    };
    context.out.line("Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface");
    let mut row = |to: &str, via: &str, mask: &str, flags: &str| {
        context.out.line(&format!(
            "{to:<15} {via:<15} {mask:<15} {flags:<5} 0      0        0 eth0"
        ));
    };
    row(any, &link.gateway.to_string(), "0.0.0.0", "UG");
    row(
        &link.network.to_string(),
        none,
        &link.mask().to_string(),
        "U",
    );
    Outcome::Exit(0)
}

/// The ports on which something listens at a place: number, and whether it is UDP.
fn ports(context: &Context<'_>) -> Vec<(u16, bool)> {
    let cluster = &context.world.cluster;
    let mut ports: Vec<(u16, bool)> =
        match (context.place, surroundings::pod(cluster, context.place)) {
            (Place::Pod { .. }, Some(pod)) => {
                listening(pod).iter().map(|l| (l.port, l.udp)).collect()
            }
            (Place::Node(name), _) => {
                let node = cluster.tables().find(kind::NODE, "", name);
                let main = node.is_some_and(|node| {
                    node.meta
                        .labels
                        .contains_key("node-role.kubernetes.io/control-plane")
                });
                let api = main.then_some((6443, false));
                let health = cluster
                    .proxy()
                    .ports()
                    .map(|port| port.health_check_node_port);
                let kept = health.filter(|port| *port > 0).map(|port| (port, false));
                let pods = cluster
                    .tables()
                    .all(kind::POD)
                    .filter_map(|object| object.pod());
                let hosted = pods.filter(|pod| {
                    pod.spec.host_network && *pod.spec.node_name == **name && !pod.is_finished()
                });
                let heard = hosted.flat_map(listening).map(|l| (l.port, l.udp));
                [(10250, false), (10256, false)]
                    .into_iter()
                    .chain(api)
                    .chain(kept)
                    .chain(heard)
                    .collect()
            }
            _ => Vec::new(),
        };
    ports.arrange();
    ports.dedup();
    ports
}

/// Whether options of one letter ask for TCP, for UDP; both if they ask for neither.
fn asked(argv: &[String]) -> (bool, bool) {
    let letters: String = argv
        .iter()
        .skip(1)
        .filter(|word| word.starts_with('-'))
        .cloned()
        .collect();
    let (tcp, udp) = (letters.contains('t'), letters.contains('u'));
    (tcp || !udp, udp || !tcp)
}

/// `netstat -ltn` and its neighbours: what listens.
pub(crate) fn netstat(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    if argv
        .iter()
        .any(|word| word.starts_with('-') && word.contains('r'))
    {
        return route(context, &["route".to_owned(), "-n".to_owned()]);
    }
    let (tcp, udp) = asked(argv);
    context.out.line("Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       ");
    for (port, is_udp) in ports(context) {
        let (shown, name, state) = if is_udp {
            (udp, "udp", "")
        } else {
            (tcp, "tcp", "LISTEN")
        };
        if shown {
            let local = format!("0.0.0.0:{port}");
            context.out.line(&format!(
                "{name}        0      0 {local:<23} {:<23} {state:<11} ",
                "0.0.0.0:*"
            ));
        }
    }
    Outcome::Exit(0)
}

/// `ss -ltn`: columns as wide as what stands in them, and addresses flush with their colons (iproute2 6.1, into a pipe).
pub(crate) fn ss(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let (tcp, udp) = asked(argv);
    // What serves on a node is written in Go: one socket for both families, with the longest queue that there may be.
    let (address, queue) = match context.place {
        Place::Node(_) => ("*", "4096"),
        _ => ("0.0.0.0", "511"),
    };
    let mut rows = vec![
        [
            "Netid",
            "State",
            "Recv-Q",
            "Send-Q",
            "Local Address",
            "Port",
            "Peer Address",
            "Port",
        ]
        .map(str::to_owned),
    ];
    let (datagrams, streams): (Vec<_>, Vec<_>) = ports(context).into_iter().partition(|(_, u)| *u);
    for (port, is_udp) in datagrams.into_iter().chain(streams) {
        if if is_udp { !udp } else { !tcp } {
            continue;
        }
        let (name, state, queue) = if is_udp {
            ("udp", "UNCONN", "0")
        } else {
            ("tcp", "LISTEN", queue)
        };
        let port = port.to_string();
        rows.push([name, state, "0", queue, address, &port, address, "*"].map(str::to_owned));
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(String::len).max().unwrap_or_default()
    };
    let [id, states, _, queues, local, port, peer, other] = std::array::from_fn(width);
    for (at, row) in rows.iter().enumerate() {
        let [name, state, received, queue, from, number, to, any] = row;
        let first = if tcp && udp {
            format!("{name:<id$} ")
        } else {
            String::new()
        };
        let last = if at == 0 { "Process" } else { "       " };
        context.out.line(&format!(
            "{first}{state:<states$} {received:<6} {queue:<queues$} {from:>local$}:{number:<port$} {to:>peer$}:{any:<other$}{last}"
        ));
    }
    Outcome::Exit(0)
}
