//! The tables of a node as `iptables-save`, `iptables -S` and `iptables -L` print them: kube-proxy's chains, and what leads
//! from the kernel's own to them.

use super::xtables::{
    Chains, Net, Rule, Tables, Target, Term, add, chain, jump, save_rule, save_term,
};
use super::{NodeView, Proxy, iptables, ipvs};
use crate::net::{Protocol, port_name};
use crate::store::{Cidr, ClusterNetwork, ProxyMode};
use std::fmt::Write as _;
use std::net::IpAddr;

/// The kernel's own chains of each table.
const FILTER: &[&str] = &["INPUT", "FORWARD", "OUTPUT"];
const NAT: &[&str] = &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"];

/// A jump out of a chain of the kernel: the chain, the target behind `KUBE-`, the comment, and whether only new connections
/// take it.
type Jump = (&'static str, &'static str, &'static str, bool);

const LB: &str = "kubernetes load balancer firewall";
const PORTALS: &str = "kubernetes service portals";
const VISIBLE: &str = "kubernetes externally-visible service portals";
const FORWARDING: &str = "kubernetes forwarding rules";
const HEALTH: &str = "kubernetes health check service ports";
const ACCESS: &str = "kubernetes ipvs access filter";
const WALL: &str = "kube-proxy firewall rules";

/// The jumps of the iptables mode, as they stand after each was put before the others.
const IPTABLES: &[Jump] = &[
    ("INPUT", "PROXY-FIREWALL", LB, true),
    ("INPUT", "NODEPORTS", HEALTH, false),
    ("INPUT", "EXTERNAL-SERVICES", VISIBLE, true),
    ("FORWARD", "PROXY-FIREWALL", LB, true),
    ("FORWARD", "FORWARD", FORWARDING, false),
    ("FORWARD", "SERVICES", PORTALS, true),
    ("FORWARD", "EXTERNAL-SERVICES", VISIBLE, true),
    ("OUTPUT", "PROXY-FIREWALL", LB, true),
    ("OUTPUT", "SERVICES", PORTALS, true),
];
/// Those of the ipvs mode.
const IPVS: &[Jump] = &[
    ("INPUT", "IPVS-FILTER", ACCESS, false),
    ("INPUT", "PROXY-FIREWALL", WALL, false),
    ("INPUT", "NODE-PORT", "kubernetes health check rules", false),
    ("FORWARD", "PROXY-FIREWALL", WALL, false),
    ("FORWARD", "FORWARD", FORWARDING, false),
    ("OUTPUT", "IPVS-OUT-FILTER", ACCESS, false),
];
/// Those of both in `nat`.
const BOTH: &[Jump] = &[
    ("PREROUTING", "SERVICES", PORTALS, false),
    ("OUTPUT", "SERVICES", PORTALS, false),
    (
        "POSTROUTING",
        "POSTROUTING",
        "kubernetes postrouting rules",
        false,
    ),
];

/// How `iptables -L` is asked to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Columns {
    /// Numbers instead of names (`-n`).
    pub numeric: bool,
    /// Counters and interfaces too (`-v`).
    pub verbose: bool,
    /// The rules' places (`--line-numbers`).
    pub numbers: bool,
}

/// Everything that stands in a node's tables.
pub fn tables(proxy: &Proxy, network: &ClusterNetwork, node: &NodeView, ipv6: bool) -> Tables {
    let (mut tables, jumps) = match network.proxy_mode {
        ProxyMode::Iptables => (iptables::tables(proxy, network, node, ipv6), IPTABLES),
        ProxyMode::Ipvs => {
            let state = ipvs::state(proxy, network, node, ipv6);
            (ipvs::rules(&state, network, ipv6).tables(), IPVS)
        }
        ProxyMode::Nftables => (
            Tables {
                ipv6,
                ..Tables::default()
            },
            &[] as &[Jump],
        ),
    };
    for (chains, own) in [(&mut tables.filter, FILTER), (&mut tables.nat, NAT)] {
        for name in own.iter().chain(&["KUBE-KUBELET-CANARY"]) {
            chain(chains, name);
        }
        if !jumps.is_empty() {
            chain(chains, "KUBE-PROXY-CANARY");
        }
    }
    leap(&mut tables.filter, jumps);
    if !jumps.is_empty() {
        leap(&mut tables.nat, BOTH);
    }
    kubelet(&mut tables);
    tables
}

fn leap(chains: &mut Chains, jumps: &[Jump]) {
    for (from, to, comment, new) in jumps {
        let mut terms: Vec<Term> = new.then_some(Term::State("NEW")).into_iter().collect();
        terms.push(Term::Comment((*comment).to_owned()));
        let to = format!("KUBE-{to}");
        chain(chains, &to);
        add(chains, from, terms, jump(&to));
    }
}

/// What the kubelet keeps there: the guard of 127.0.0.0/8.
fn kubelet(tables: &mut Tables) {
    let firewall = "KUBE-FIREWALL";
    let filter = &mut tables.filter;
    if filter.get(firewall).is_none_or(Vec::is_empty) {
        chain(filter, firewall);
        if !tables.ipv6 {
            let localnet = Net::Range(Cidr::new(IpAddr::from([127, 0, 0, 0]), 8));
            let terms = vec![
                Term::Comment("block incoming localnet connections".to_owned()),
                Term::To(localnet),
                Term::NotFrom(localnet),
                Term::NotState("RELATED,ESTABLISHED,DNAT"),
            ];
            add(filter, firewall, terms, jump("DROP"));
        }
    }
    add(filter, "INPUT", Vec::new(), jump(firewall));
    add(filter, "OUTPUT", Vec::new(), jump(firewall));
}

impl Tables {
    /// The chains of a table, and the kernel's own ones among them.
    pub fn table(&self, name: &str) -> Option<(&Chains, &'static [&'static str])> {
        match name {
            "filter" => Some((&self.filter, FILTER)),
            "nat" => Some((&self.nat, NAT)),
            _ => None,
        }
    }

    /// How many rules ask a set.
    pub fn asks(&self, set: &str) -> usize {
        let rules = self.filter.values().chain(self.nat.values()).flatten();
        let terms = rules.flat_map(|rule| &rule.terms);
        terms
            .filter(|term| matches!(term, Term::Set(name, _) if name == set))
            .count()
    }
}

/// The kernel's chains stand before the others.
pub fn in_order<'a>(
    chains: &'a Chains,
    own: &'static [&'static str],
) -> impl Iterator<Item = (&'a str, &'a [Rule])> {
    let rules = move |name: &str| chains.get(name).map(Vec::as_slice).unwrap_or_default();
    let front = own.iter().map(move |name| (*name, rules(name)));
    let others = chains
        .iter()
        .filter(move |(name, _)| !own.contains(&name.as_str()));
    front.chain(others.map(|(name, rules)| (name.as_str(), rules.as_slice())))
}

/// One table as `iptables-save` prints it.
pub fn save(tables: &Tables, name: &str, time: &str) -> String {
    let Some((chains, own)) = tables.table(name) else {
        return String::new();
    };
    let tool = if tables.ipv6 { "ip6tables" } else { "iptables" };
    let mut text = format!("# Generated by {tool}-save v1.8.9 (nf_tables) on {time}\n*{name}\n");
    for (chain, _) in in_order(chains, own) {
        let policy = if own.contains(&chain) { "ACCEPT" } else { "-" };
        let _ = writeln!(text, ":{chain} {policy} [0:0]");
    }
    for (chain, rules) in in_order(chains, own) {
        for rule in rules {
            text.push_str(&save_rule(chain, rule, tables.ipv6));
            text.push('\n');
        }
    }
    let _ = writeln!(text, "COMMIT\n# Completed on {time}");
    text
}

/// One chain as `iptables -L` lists it.
pub fn list(tables: &Tables, table: &str, name: &str, columns: Columns) -> String {
    let Some((chains, own)) = tables.table(table) else {
        return String::new();
    };
    let mut text = format!("Chain {name} ");
    if own.contains(&name) {
        let counted = if columns.verbose {
            " 0 packets, 0 bytes"
        } else {
            ""
        };
        let _ = writeln!(text, "(policy ACCEPT{counted})");
    } else {
        let to = |rule: &&Rule| matches!(&rule.target, Target::Jump(to) if to == name);
        let count = chains.values().flatten().filter(to).count();
        let _ = writeln!(text, "({count} references)");
    }
    if columns.numbers {
        text.push_str("num  ");
    }
    if columns.verbose {
        text.push_str(" pkts bytes ");
    }
    text.push_str("target     prot opt");
    if columns.verbose {
        text.push_str(" in     out    ");
    }
    text.push_str(" source               destination         \n");
    let rules = chains.get(name).map(Vec::as_slice).unwrap_or_default();
    for (i, rule) in rules.iter().enumerate() {
        if columns.numbers {
            let _ = write!(text, "{:<4} ", i + 1);
        }
        list_rule(&mut text, rule, tables.ipv6, columns);
    }
    text
}

fn list_rule(text: &mut String, rule: &Rule, ipv6: bool, columns: Columns) {
    if columns.verbose {
        text.push_str("    0     0 ");
    }
    let target = match &rule.target {
        Target::None => "",
        Target::Jump(to) => to.as_str(),
        Target::Reject => "REJECT",
        Target::OrMark(_) | Target::XorMark(_) => "MARK",
        Target::Masquerade(_) => "MASQUERADE",
        Target::Dnat(_) => "DNAT",
    };
    let protocol = rule.terms.iter().find_map(|term| match term {
        Term::Proto(p) | Term::OnlyProto(p) => Some(*p),
        _ => None,
    });
    let protocol = match (protocol, columns.numeric) {
        (None, true) => "0",
        (None, false) => "all",
        (Some(Protocol::Tcp), true) => "6",
        (Some(Protocol::Udp), true) => "17",
        (Some(Protocol::Sctp), true) => "132",
        (Some(protocol), false) => protocol.lower(),
    };
    let _ = write!(text, "{target:<9}  {protocol:<4} -- ");
    if columns.verbose {
        let any = if columns.numeric { "*" } else { "any" };
        let _ = write!(text, " {any:<6} {any:<6} ");
    }
    let (mut from, mut to) = (None, None);
    for term in &rule.terms {
        match term {
            Term::From(net) => from = Some((' ', *net)),
            Term::NotFrom(net) => from = Some(('!', *net)),
            Term::To(net) => to = Some((' ', *net)),
            Term::NotTo(net) => to = Some(('!', *net)),
            _ => {}
        }
    }
    for side in [from, to] {
        let (mark, shown) = match side {
            Some((mark, net)) => (mark, shown(net, columns.numeric)),
            None if !columns.numeric => (' ', "anywhere".to_owned()),
            None if ipv6 => (' ', "::/0".to_owned()),
            None => (' ', "0.0.0.0/0".to_owned()),
        };
        let _ = write!(text, "{mark}{shown:<19} ");
    }
    for term in &rule.terms {
        list_term(text, term, rule, (ipv6, columns.numeric));
    }
    list_target(text, &rule.target, ipv6);
    text.push('\n');
}

/// A range of one address is that address; the one network that `/etc/networks` names bears its name.
fn shown(net: Net, numeric: bool) -> String {
    match net {
        Net::Range(cidr) if !numeric && cidr.base().is_loopback() && cidr.prefix() == 8 => {
            "loopback/8".to_owned()
        }
        Net::Range(cidr) if cidr.size() == 1 => cidr.base().to_string(),
        net => net.to_string(),
    }
}

fn list_term(text: &mut String, term: &Term, rule: &Rule, (ipv6, numeric): (bool, bool)) {
    let listed = match term {
        Term::Comment(comment) => format!("/* {comment} */"),
        Term::Proto(p) => {
            let port = rule.terms.iter().find_map(|term| match term {
                Term::Port(port) => Some((*port, port_name(*port, *p).filter(|_| !numeric))),
                _ => None,
            });
            let port = port.map(|(port, name)| match name {
                Some(name) => format!(" dpt:{name}"),
                None => format!(" dpt:{port}"),
            });
            format!("{}{}", p.lower(), port.unwrap_or_default())
        }
        Term::FromLocal => "ADDRTYPE match src-type LOCAL".to_owned(),
        Term::NotFromLocal => "ADDRTYPE match src-type !LOCAL".to_owned(),
        Term::ToLocal => "ADDRTYPE match dst-type LOCAL".to_owned(),
        Term::Mark(mark) => format!("mark match {mark:#x}/{mark:#x}"),
        Term::NotMark(mark) => format!("mark match ! {mark:#x}/{mark:#x}"),
        Term::State(states) => format!("ctstate {states}"),
        Term::NotState(states) => format!("! ctstate {states}"),
        Term::Count(name) => format!("nfacct-name  {name}"),
        Term::Recent(name, seconds) => {
            format!(
                "recent: CHECK seconds: {seconds} reap name: {name} side: source mask: {}",
                mask(ipv6)
            )
        }
        Term::Remember(name) => {
            format!("recent: SET name: {name} side: source mask: {}", mask(ipv6))
        }
        Term::Set(name, sides) => format!("match-set {name} {sides}"),
        Term::NotBridged => "PHYSDEV match ! --physdev-is-in".to_owned(),
        Term::OneOf(_) | Term::Ipvs(..) => {
            let saved = save_term(term, rule, ipv6).unwrap_or_default();
            saved.replace("-m ", "").replace("--", "")
        }
        Term::From(_) | Term::NotFrom(_) | Term::To(_) | Term::NotTo(_) => return,
        Term::Port(_) | Term::OnlyProto(_) => return,
    };
    let _ = write!(text, " {listed}");
}

fn mask(ipv6: bool) -> &'static str {
    if ipv6 {
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    } else {
        "255.255.255.255"
    }
}

fn list_target(text: &mut String, target: &Target, ipv6: bool) {
    let _ = match target {
        Target::None | Target::Jump(_) | Target::Masquerade(false) => Ok(()),
        Target::Reject if ipv6 => write!(text, " reject-with icmp6-port-unreachable"),
        Target::Reject => write!(text, " reject-with icmp-port-unreachable"),
        Target::OrMark(mark) => write!(text, " MARK or {mark:#x}"),
        Target::XorMark(mark) => write!(text, " MARK xor {mark:#x}"),
        Target::Masquerade(true) => write!(text, " random-fully"),
        Target::Dnat(to) => write!(text, " to:{to}"),
    };
}

/// Chains as `iptables -S` prints them: first what there is, then the rules.
pub fn rules(tables: &Tables, table: &str, wanted: &[&str]) -> String {
    let Some((chains, own)) = tables.table(table) else {
        return String::new();
    };
    let mut text = String::new();
    let chosen = || in_order(chains, own).filter(|(chain, _)| wanted.contains(chain));
    for (chain, _) in chosen() {
        let _ = if own.contains(&chain) {
            writeln!(text, "-P {chain} ACCEPT")
        } else {
            writeln!(text, "-N {chain}")
        };
    }
    for (chain, rules) in chosen() {
        for rule in rules {
            text.push_str(&save_rule(chain, rule, tables.ipv6));
            text.push('\n');
        }
    }
    text
}
