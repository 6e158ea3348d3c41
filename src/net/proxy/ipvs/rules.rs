//! The few rules beside ipvs, which look Services up in sets: their number stays the same.

use super::servers::{self, SetKind, State};
use crate::net::Protocol;
use crate::net::proxy::iptables::{forward, postrouting};
use crate::net::proxy::xtables::{Chains, Net, Rule, Tables, Target, Term, chain, jump};
use crate::store::{Cidr, ClusterNetwork};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};

/// The chains of `nat` and of `filter`.
const NAT: [&str; 5] = [
    "SERVICES",
    "POSTROUTING",
    "NODE-PORT",
    "LOAD-BALANCER",
    "MARK-MASQ",
];
const FILTER: [&str; 6] = [
    "FORWARD",
    "NODE-PORT",
    "PROXY-FIREWALL",
    "SOURCE-RANGES-FIREWALL",
    "IPVS-FILTER",
    "IPVS-OUT-FILTER",
];

/// Rules that stand only while their set has entries: whether they are in `nat`, the protocol, the set, the sides of a
/// packet that it is asked for, the chain and where it leads.
type BySet = (
    bool,
    Option<Protocol>,
    SetKind,
    &'static str,
    &'static str,
    &'static str,
);
const BY_SET: [BySet; 12] = [
    (
        true,
        None,
        servers::LOOP_BACK,
        "dst,dst,src",
        "POSTROUTING",
        "MASQUERADE",
    ),
    (
        true,
        None,
        servers::LOAD_BALANCER,
        "dst,dst",
        "SERVICES",
        "KUBE-LOAD-BALANCER",
    ),
    (
        true,
        None,
        servers::LOAD_BALANCER_LOCAL,
        "dst,dst",
        "LOAD-BALANCER",
        "RETURN",
    ),
    (
        true,
        Some(Protocol::Tcp),
        servers::NODE_PORT_LOCAL_TCP,
        "dst",
        "NODE-PORT",
        "RETURN",
    ),
    (
        true,
        Some(Protocol::Tcp),
        servers::NODE_PORT_TCP,
        "dst",
        "NODE-PORT",
        "KUBE-MARK-MASQ",
    ),
    (
        true,
        Some(Protocol::Udp),
        servers::NODE_PORT_LOCAL_UDP,
        "dst",
        "NODE-PORT",
        "RETURN",
    ),
    (
        true,
        Some(Protocol::Udp),
        servers::NODE_PORT_UDP,
        "dst",
        "NODE-PORT",
        "KUBE-MARK-MASQ",
    ),
    (
        true,
        Some(Protocol::Sctp),
        servers::NODE_PORT_LOCAL_SCTP,
        "dst,dst",
        "NODE-PORT",
        "RETURN",
    ),
    (
        true,
        Some(Protocol::Sctp),
        servers::NODE_PORT_SCTP,
        "dst,dst",
        "NODE-PORT",
        "KUBE-MARK-MASQ",
    ),
    (
        false,
        None,
        servers::LOAD_BALANCER_FW,
        "dst,dst",
        "PROXY-FIREWALL",
        "KUBE-SOURCE-RANGES-FIREWALL",
    ),
    (
        false,
        None,
        servers::SOURCE_CIDR,
        "dst,dst,src",
        "SOURCE-RANGES-FIREWALL",
        "RETURN",
    ),
    (
        false,
        None,
        servers::SOURCE_IP,
        "dst,dst,src",
        "SOURCE-RANGES-FIREWALL",
        "RETURN",
    ),
];

/// The rules in the order in which kube-proxy writes them, each with its chain.
#[derive(Clone, Debug, Default)]
pub struct Written {
    nat: Vec<(String, Rule)>,
    filter: Vec<(String, Rule)>,
    ipv6: bool,
}

impl Written {
    fn nat(&mut self, chain: &str, terms: Vec<Term>, target: Target) {
        self.nat
            .push((format!("KUBE-{chain}"), Rule { terms, target }));
    }

    fn filter(&mut self, chain: &str, terms: Vec<Term>, target: Target) {
        self.filter
            .push((format!("KUBE-{chain}"), Rule { terms, target }));
    }

    fn set(&self, set: SetKind, sides: &'static str) -> Term {
        Term::Set(set.full_name(self.ipv6), sides)
    }

    /// As kube-proxy hands them to `iptables-restore`.
    pub fn restore(&self) -> String {
        let mut text = String::new();
        for (table, chains, rules) in [
            ("nat", &NAT[..], &self.nat),
            ("filter", &FILTER, &self.filter),
        ] {
            let _ = writeln!(text, "*{table}");
            for chain in chains {
                let _ = writeln!(text, ":KUBE-{chain} - [0:0]");
            }
            for (chain, rule) in rules {
                let _ = writeln!(text, "-A {chain}{rule}");
            }
            text.push_str("COMMIT\n");
        }
        text
    }

    /// Chain by chain, as the tables then stand.
    pub fn tables(self) -> Tables {
        let grouped = |names: &[&str], rules: Vec<(String, Rule)>| {
            let mut chains = Chains::new();
            for name in names {
                chain(&mut chains, &format!("KUBE-{name}"));
            }
            for (chain, rule) in rules {
                chains.entry(chain).or_default().push(rule);
            }
            chains
        };
        Tables {
            nat: grouped(&NAT, self.nat),
            filter: grouped(&FILTER, self.filter),
            ipv6: self.ipv6,
        }
    }
}

/// The rules that go with a node's virtual servers and sets.
pub fn rules(state: &State, network: &ClusterNetwork, ipv6: bool) -> Written {
    let mut written = Written {
        ipv6,
        ..Written::default()
    };
    let filled = |set: SetKind| state.sets.contains_key(set.name);
    let localhost = if ipv6 {
        Cidr::new(Ipv6Addr::LOCALHOST.into(), 128)
    } else {
        Cidr::new(IpAddr::from([127, 0, 0, 0]), 8)
    };
    written.nat(
        "SERVICES",
        vec![Term::From(Net::Range(localhost))],
        jump("RETURN"),
    );
    for (in_nat, protocol, set, sides, chain, to) in BY_SET {
        if filled(set) {
            let mut terms: Vec<Term> = protocol.into_iter().map(Term::OnlyProto).collect();
            terms.push(Term::Comment(set.comment.to_owned()));
            terms.push(written.set(set, sides));
            if in_nat {
                written.nat(chain, terms, jump(to));
            } else {
                written.filter(chain, terms, jump(to));
            }
        }
    }
    if filled(servers::CLUSTER_IP) {
        cluster_ips(&mut written, network);
    }
    for set in [servers::EXTERNAL_IP, servers::EXTERNAL_IP_LOCAL] {
        if filled(set) {
            external_ips(&mut written, set);
        }
    }
    written.nat("SERVICES", vec![Term::ToLocal], jump("KUBE-NODE-PORT"));
    written.nat("LOAD-BALANCER", Vec::new(), jump("KUBE-MARK-MASQ"));
    written.filter("SOURCE-RANGES-FIREWALL", Vec::new(), jump("DROP"));
    for (to, protocol) in &state.walled {
        let terms = vec![Term::From(Net::Host(to.ip())), Term::Ipvs(*protocol, *to)];
        written.filter("IPVS-OUT-FILTER", terms, jump("DROP"));
    }
    for set in [servers::CLUSTER_IP, servers::LOAD_BALANCER] {
        if filled(set) {
            let terms = vec![written.set(set, "dst,dst")];
            written.nat("SERVICES", terms, jump("ACCEPT"));
        }
    }
    tail(&mut written, network);
    written
}

/// What marks traffic to `ClusterIP`s.
fn cluster_ips(written: &mut Written, network: &ClusterNetwork) {
    let detector = network.local_detector(written.ipv6);
    let all = network.proxy.masquerade_all;
    // Without a range that tells Pods, only what bears a Service's address is marked.
    let sides = if all || detector.is_some() {
        "dst,dst"
    } else {
        "src,dst"
    };
    let mut terms = vec![
        Term::Comment(servers::CLUSTER_IP.comment.to_owned()),
        written.set(servers::CLUSTER_IP, sides),
    ];
    if let Some(cidr) = detector.filter(|_| !all) {
        terms.push(Term::NotFrom(Net::Range(cidr)));
    }
    written.nat("SERVICES", terms, jump("KUBE-MARK-MASQ"));
}

/// Traffic to external IPs: from off the machine, or to an address of its own.
fn external_ips(written: &mut Written, set: SetKind) {
    let terms = || {
        vec![
            Term::Comment(set.comment.to_owned()),
            written.set(set, "dst,dst"),
        ]
    };
    let (mark, mut outer, mut own) = (terms(), terms(), terms());
    outer.extend([Term::NotBridged, Term::NotFromLocal]);
    own.push(Term::ToLocal);
    if set == servers::EXTERNAL_IP {
        written.nat("SERVICES", mark, jump("KUBE-MARK-MASQ"));
    }
    written.nat("SERVICES", outer, jump("ACCEPT"));
    written.nat("SERVICES", own, jump("ACCEPT"));
}

/// What stands whatever Services there are.
fn tail(written: &mut Written, network: &ClusterNetwork) {
    let flat = |chains: Chains| {
        let each = |(chain, rules): (String, Vec<Rule>)| {
            rules.into_iter().map(move |rule| (chain.clone(), rule))
        };
        chains.into_iter().flat_map(each)
    };
    let mut chains = Chains::new();
    forward(&mut chains, network);
    written.filter.extend(flat(chains));
    let health = written.set(servers::HEALTH_CHECK, "dst");
    let comment = Term::Comment(servers::HEALTH_CHECK.comment.to_owned());
    written.filter("NODE-PORT", vec![comment, health.clone()], jump("ACCEPT"));
    for set in [
        servers::LOAD_BALANCER,
        servers::CLUSTER_IP,
        servers::EXTERNAL_IP,
        servers::EXTERNAL_IP_LOCAL,
    ] {
        let terms = vec![written.set(set, "dst,dst")];
        written.filter("IPVS-FILTER", terms, jump("RETURN"));
    }
    written.filter("IPVS-FILTER", vec![health], jump("RETURN"));
    let terms = vec![Term::State("NEW"), written.set(servers::IPVS_IPS, "dst")];
    written.filter("IPVS-FILTER", terms, Target::Reject);
    let mut chains = Chains::new();
    postrouting(&mut chains, network);
    written.nat.extend(flat(chains));
    let mark = network.masquerade_mark();
    written.nat("MARK-MASQ", Vec::new(), Target::OrMark(mark));
}
