//! What iproute2's `ip` shows on a node: its own interface, the bridge of its Pods, kube-proxy's dummy interface in the
//! ipvs mode, and the routes that lead to the Pods of the other nodes.

use crate::api::kind;
use crate::cluster::Cluster;
use crate::net::{NodeView, ipvs};
use crate::shell::context::{Context, Outcome, Stream};
use crate::store::{Cidr, ProxyMode};
use std::fmt::Write as _;
use std::net::IpAddr;

const UP: &str = "<BROADCAST,MULTICAST,UP,LOWER_UP>";

/// One interface: its name, flags, `mtu` and state, hardware address, and addresses.
struct Link {
    name: &'static str,
    shown: &'static str,
    flags: &'static str,
    rest: &'static str,
    state: &'static str,
    hardware: String,
    addresses: Vec<(IpAddr, u8)>,
}

/// A node's network.
struct NodeNetwork {
    links: Vec<Link>,
    /// Where it leads: the range, by which machine, out of which interface, from which address.
    routes: Vec<(Cidr, Option<IpAddr>, &'static str, IpAddr)>,
}

/// The network that an address of a node lies in.
fn around(ip: IpAddr) -> Cidr {
    let prefix = if ip.is_ipv4() { 24 } else { 64 };
    Cidr::new(ip, prefix)
}

fn hardware(start: &str, ip: Option<IpAddr>) -> String {
    let Some(IpAddr::V4(ip)) = ip else {
        return format!("{start}:00:00:00:00");
    };
    let [a, b, c, d] = ip.octets();
    format!("{start}:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
}

impl NodeNetwork {
    fn of(cluster: &Cluster, node: &NodeView) -> Self {
        let link = |name, shown, flags, rest, state, hardware, addresses| Link {
            name,
            shown,
            flags,
            rest,
            state,
            hardware,
            addresses,
        };
        let lo = vec![
            (IpAddr::from([127, 0, 0, 1]), 8),
            (IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), 128),
        ];
        let with = |prefix: fn(IpAddr) -> u8| move |ip: &IpAddr| (*ip, prefix(*ip));
        let subnet = with(|ip| around(ip).prefix());
        let eth0: Vec<_> = node.addresses.iter().map(subnet).collect();
        let cni0: Vec<_> = node.bridges.iter().map(subnet).collect();
        let mut links = vec![
            link(
                "lo",
                "lo",
                "<LOOPBACK,UP,LOWER_UP>",
                "mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000",
                "UNKNOWN",
                "00:00:00:00:00:00".to_owned(),
                lo,
            ),
            link(
                "eth0",
                "eth0@if7",
                UP,
                "mtu 1500 qdisc noqueue state UP group default ",
                "UP",
                hardware("02:42", node.addresses.first().copied()),
                eth0,
            ),
            link(
                "cni0",
                "cni0",
                UP,
                "mtu 1500 qdisc noqueue state UP group default qlen 1000",
                "UP",
                hardware("0a:58", node.bridges.first().copied()),
                cni0,
            ),
        ];
        let network = cluster.network();
        if network.proxy_mode == ProxyMode::Ipvs {
            let own = |ipv6| ipvs::state(cluster.proxy(), network, node, ipv6).addresses;
            let addresses = own(false).into_iter().chain(own(true));
            let whole = with(|ip| if ip.is_ipv4() { 32 } else { 128 });
            let addresses = addresses.map(|ip| whole(&ip)).collect();
            let mac = hardware("9a:4e", node.addresses.first().copied());
            links.push(link(
                "kube-ipvs0",
                "kube-ipvs0",
                "<BROADCAST,NOARP>",
                "mtu 1500 qdisc noop state DOWN group default ",
                "DOWN",
                mac,
                addresses,
            ));
        }
        Self {
            links,
            routes: routes(cluster, node),
        }
    }
}

fn routes(cluster: &Cluster, node: &NodeView) -> Vec<(Cidr, Option<IpAddr>, &'static str, IpAddr)> {
    let mut routes = Vec::new();
    for own in &node.addresses {
        let gateway = around(*own).nth(1);
        let everywhere = Cidr::new(
            if own.is_ipv4() {
                IpAddr::from([0; 4])
            } else {
                IpAddr::from([0; 16])
            },
            0,
        );
        routes.push((everywhere, Some(gateway), "eth0", *own));
    }
    for object in cluster.tables().all(kind::NODE) {
        let Some(other) = object.node() else { continue };
        let view = NodeView::read(object, other);
        for cidr in other
            .spec
            .pod_cidrs
            .iter()
            .filter_map(|text| Cidr::parse(text))
        {
            let ipv6 = cidr.base().is_ipv6();
            let Some(own) = node.primary(ipv6) else {
                continue;
            };
            if view.name == node.name {
                routes.push((cidr, None, "cni0", cidr.nth(1)));
            } else {
                routes.extend(view.primary(ipv6).map(|via| (cidr, Some(via), "eth0", own)));
            }
        }
    }
    routes.extend(
        node.addresses
            .iter()
            .map(|own| (around(*own), None, "eth0", *own)),
    );
    routes
}

/// How `ip` is asked: for which family, and whether in brief.
#[derive(Default)]
struct Asked<'a> {
    only: Option<bool>,
    brief: bool,
    words: Vec<&'a str>,
}

fn read(argv: &[String]) -> Asked<'_> {
    let mut asked = Asked::default();
    for word in argv.iter().skip(1).map(String::as_str) {
        match word {
            "-4" => asked.only = Some(false),
            "-6" => asked.only = Some(true),
            "-br" | "-brief" => asked.brief = true,
            "-o" | "-c" | "-d" | "-details" | "show" | "list" | "ls" | "dev" | "lst" => {}
            word => asked.words.push(word),
        }
    }
    asked
}

/// `ip [-4|-6] [-br] addr|link|route|neigh …` on a node.
pub(super) fn ip(context: &mut Context<'_>, node: &NodeView, argv: &[String]) -> Outcome {
    let asked = read(argv);
    let network = NodeNetwork::of(&context.world.cluster, node);
    let begins = |word: &str, whole: &str| !word.is_empty() && whole.starts_with(word);
    let text = match asked.words.as_slice() {
        [what, device @ ..] if begins(what, "address") || begins(what, "link") => {
            links(&network, &asked, begins(what, "address"), device.first().copied())
        }
        [what, "get", to] if begins(what, "route") => match to.parse() {
            Ok(to) => Ok(way(&network, node, to)),
            Err(_) => Err(format!("Error: any valid prefix is expected rather than \"{to}\".")),
        },
        [what] if begins(what, "route") => Ok(listed(&network, asked.only.unwrap_or(false))),
        [what] if begins(what, "neighbour") => Ok(neighbours(&context.world.cluster, node)),
        [] => Err("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\nwhere  OBJECT := { address | link | route | neighbour }\n       OPTIONS := { -4 | -6 | -br[ief] }".to_owned()),
        [other, ..] => Err(format!("Object \"{other}\" is unknown, try \"ip help\".")),
    };
    match text {
        Ok(text) => {
            context.out.write(Stream::Out, &text);
            Outcome::Exit(0)
        }
        Err(error) => {
            context.out.error(&error);
            Outcome::Exit(1)
        }
    }
}

fn links(
    network: &NodeNetwork,
    asked: &Asked<'_>,
    with_addresses: bool,
    device: Option<&str>,
) -> Result<String, String> {
    let mut text = String::new();
    let is_wanted = |link: &Link| device.is_none_or(|name| name == link.name);
    if !network.links.iter().any(is_wanted) {
        return Err(format!(
            "Device \"{}\" does not exist.",
            device.unwrap_or_default()
        ));
    }
    for (i, link) in network
        .links
        .iter()
        .enumerate()
        .filter(|(_, link)| is_wanted(link))
    {
        let addresses = link.addresses.iter();
        let addresses =
            addresses.filter(|(ip, _)| asked.only.is_none_or(|ipv6| ip.is_ipv6() == ipv6));
        if asked.brief {
            let _ = write!(text, "{:<16} {:<14} ", link.shown, link.state);
            if with_addresses {
                for (ip, prefix) in addresses {
                    let _ = write!(text, "{ip}/{prefix} ");
                }
            } else {
                let _ = write!(text, "{} {} ", link.hardware, link.flags);
            }
            text.push('\n');
            continue;
        }
        let _ = writeln!(
            text,
            "{}: {}: {} {}",
            i + 1,
            link.shown,
            link.flags,
            link.rest
        );
        if asked.only.is_none() {
            let (kind, all) = if link.name == "lo" {
                ("loopback", "00:00:00:00:00:00")
            } else {
                ("ether", "ff:ff:ff:ff:ff:ff")
            };
            let far = if link.name == "eth0" {
                " link-netnsid 0"
            } else {
                ""
            };
            let _ = writeln!(text, "    link/{kind} {} brd {all}{far}", link.hardware);
        }
        for (ip, prefix) in addresses.filter(|_| with_addresses) {
            let (family, scope) = match (ip.is_ipv4(), ip.is_loopback()) {
                (true, true) => ("inet", "scope host lo".to_owned()),
                (false, true) => ("inet6", "scope host ".to_owned()),
                (true, false) if *prefix < 32 => {
                    let range = Cidr::new(*ip, *prefix);
                    (
                        "inet",
                        format!(
                            "brd {} scope global {}",
                            range.nth(range.size() - 1),
                            link.name
                        ),
                    )
                }
                (true, false) => ("inet", format!("scope global {}", link.name)),
                (false, false) => ("inet6", "scope global ".to_owned()),
            };
            let _ = writeln!(
                text,
                "    {family} {ip}/{prefix} {scope}\n       valid_lft forever preferred_lft forever"
            );
        }
    }
    Ok(text)
}

fn listed(network: &NodeNetwork, ipv6: bool) -> String {
    let mut text = String::new();
    for (to, via, device, own) in network
        .routes
        .iter()
        .filter(|route| route.3.is_ipv6() == ipv6)
    {
        let name = if to.prefix() == 0 {
            "default".to_owned()
        } else {
            to.to_string()
        };
        let _ = match (via, ipv6) {
            (Some(via), false) => writeln!(text, "{name} via {via} dev {device} "),
            (Some(via), true) => writeln!(
                text,
                "{name} via {via} dev {device} metric 1024 pref medium"
            ),
            (None, false) => writeln!(
                text,
                "{name} dev {device} proto kernel scope link src {own} "
            ),
            (None, true) => writeln!(
                text,
                "{name} dev {device} proto kernel metric 256 pref medium"
            ),
        };
    }
    text
}

/// `ip route get`: the narrowest range that holds the address.
fn way(network: &NodeNetwork, node: &NodeView, to: IpAddr) -> String {
    let dummy = network.links.iter().flat_map(|link| &link.addresses);
    if node.is_own(to) || dummy.clone().any(|(ip, prefix)| *ip == to && *prefix >= 32) {
        return format!("local {to} dev lo src {to} uid 0 \n    cache <local> \n");
    }
    let fits = network
        .routes
        .iter()
        .filter(|(range, ..)| range.contains(to));
    match fits.max_by_key(|(range, ..)| range.prefix()) {
        Some((_, Some(via), device, own)) => {
            format!("{to} via {via} dev {device} src {own} uid 0 \n    cache \n")
        }
        Some((_, None, device, own)) => format!("{to} dev {device} src {own} uid 0 \n    cache \n"),
        None => "RTNETLINK answers: Network is unreachable\n".to_owned(),
    }
}

fn neighbours(cluster: &Cluster, node: &NodeView) -> String {
    let mut text = String::new();
    for object in cluster
        .tables()
        .all(kind::NODE)
        .filter(|other| *other.meta.name != *node.name)
    {
        let Some(ip) = object
            .node()
            .and_then(|other| NodeView::read(object, other).primary(false))
        else {
            continue;
        };
        let _ = writeln!(
            text,
            "{ip} dev eth0 lladdr {} REACHABLE ",
            hardware("02:42", Some(ip))
        );
    }
    text
}
