//! The chains that the iptables mode writes for all Service ports of a node.

use super::verdict::is_walled;
use crate::kernel::BTreeMap;
use crate::net::Protocol;
use crate::net::proxy::names::iptables_endpoint;
use crate::net::proxy::ruling::{external_policy, internal_policy};
use crate::net::proxy::xtables::{Chains, Net, Tables, Target, Term, add, chain, jump};
use crate::net::proxy::{Choice, Endpoint, NodeView, Policy, Proxy, ServicePort};
use crate::store::{Cidr, ClusterNetwork};
use std::net::IpAddr;

/// Above this many endpoints the comments of endpoints' rules are left out.
const LARGE: usize = 1_000;
/// The comment that keeps people from appending to a chain.
const LAST: &str = "kubernetes service nodeports; NOTE: this must be the last rule in this chain";

/// A sync under way.
struct Sync<'a> {
    network: &'a ClusterNetwork,
    node: &'a NodeView,
    detector: Option<Cidr>,
    large: bool,
    tables: Tables,
}

/// Everything that kube-proxy writes on a node for one family.
pub fn tables(proxy: &Proxy, network: &ClusterNetwork, node: &NodeView, ipv6: bool) -> Tables {
    let ports = || {
        proxy
            .ports()
            .filter(|port| port.cluster_ip.is_ipv6() == ipv6)
    };
    let endpoints: usize = ports().map(|port| port.endpoints.all().len()).sum();
    let mut sync = Sync {
        network,
        node,
        detector: network.local_detector(ipv6),
        large: endpoints > LARGE,
        tables: Tables {
            ipv6,
            ..Tables::default()
        },
    };
    sync.top();
    for port in ports() {
        sync.dispatch(port);
        sync.internal(port);
        sync.external(port);
        sync.endpoints(port);
    }
    sync.tail();
    sync.tables
}

/// `"NAME WHAT"`, the protocol, an address and a port.
fn to(port: &ServicePort, what: &str, ip: IpAddr) -> Vec<Term> {
    vec![
        Term::Comment(format!("{} {what}", port.name)),
        Term::Proto(port.name.protocol),
        Term::To(Net::Host(ip)),
        Term::Port(port.port()),
    ]
}

impl Sync<'_> {
    fn nat(&mut self, chain: &str, terms: Vec<Term>, target: Target) {
        add(&mut self.tables.nat, chain, terms, target);
    }

    fn filter(&mut self, chain: &str, terms: Vec<Term>, target: Target) {
        add(&mut self.tables.filter, chain, terms, target);
    }

    /// The chains that are always there.
    fn top(&mut self) {
        let mark = self.network.masquerade_mark();
        let tables = &mut self.tables;
        let filter = [
            "SERVICES",
            "EXTERNAL-SERVICES",
            "FORWARD",
            "NODEPORTS",
            "PROXY-FIREWALL",
        ];
        for (chains, names) in [
            (&mut tables.filter, &filter[..]),
            (&mut tables.nat, &["SERVICES", "NODEPORTS"]),
        ] {
            for name in names {
                chain(chains, &format!("KUBE-{name}"));
            }
        }
        postrouting(&mut tables.nat, self.network);
        self.nat("KUBE-MARK-MASQ", Vec::new(), Target::OrMark(mark));
        if !self.tables.ipv6 && self.network.proxy.localhost_node_ports {
            let localnet = Net::Range(Cidr::new(IpAddr::from([127, 0, 0, 0]), 8));
            let terms = vec![
                Term::Comment("block incoming localnet connections".to_owned()),
                Term::To(localnet),
                Term::NotFrom(localnet),
                Term::NotState("RELATED,ESTABLISHED,DNAT"),
            ];
            self.filter("KUBE-FIREWALL", terms, jump("DROP"));
        }
    }

    /// The rules that lead a port's addresses to its chains, or refuse what cannot be sent on.
    fn dispatch(&mut self, port: &ServicePort) {
        let hash = &port.hash;
        let any = port.endpoints.has_any();
        let inside = self.has(port, internal_policy(port));
        let outside = self.has(port, external_policy(port));
        let (why, refusal) = if any {
            ("has no local endpoints", jump("DROP"))
        } else {
            ("has no endpoints", Target::Reject)
        };
        let walled = is_walled(port);
        if inside {
            let terms = to(port, "cluster IP", port.cluster_ip);
            self.nat(
                "KUBE-SERVICES",
                terms,
                jump(&policy_chain(port, internal_policy(port))),
            );
        } else {
            self.filter(
                "KUBE-SERVICES",
                to(port, why, port.cluster_ip),
                refusal.clone(),
            );
        }
        let external = format!("KUBE-EXT-{hash}");
        let wall = format!("KUBE-FW-{hash}");
        for ip in &port.external_ips {
            if any {
                self.nat(
                    "KUBE-SERVICES",
                    to(port, "external IP", *ip),
                    jump(&external),
                );
            }
            if !outside {
                self.filter(
                    "KUBE-EXTERNAL-SERVICES",
                    to(port, why, *ip),
                    refusal.clone(),
                );
            }
        }
        for ip in &port.vips {
            if any {
                let chain = if walled { &wall } else { &external };
                self.nat(
                    "KUBE-SERVICES",
                    to(port, "loadbalancer IP", *ip),
                    jump(chain),
                );
            }
            if walled {
                let what = format!("traffic not accepted by {wall}");
                self.filter("KUBE-PROXY-FIREWALL", to(port, &what, *ip), jump("DROP"));
            }
        }
        for ip in port.vips.iter().filter(|_| !outside) {
            self.filter(
                "KUBE-EXTERNAL-SERVICES",
                to(port, why, *ip),
                refusal.clone(),
            );
        }
        self.node_port(port, (any, outside), why, refusal);
    }

    fn node_port(
        &mut self,
        port: &ServicePort,
        (any, outside): (bool, bool),
        why: &str,
        refusal: Target,
    ) {
        let name = &port.name;
        if port.node_port != 0 && any {
            let external = jump(&format!("KUBE-EXT-{}", port.hash));
            let terms = |localnet: bool| {
                let mut terms = vec![Term::Comment(name.to_string()), Term::Proto(name.protocol)];
                if localnet {
                    let localnet = Cidr::new(IpAddr::from([127, 0, 0, 0]), 8);
                    terms.push(Term::To(Net::Range(localnet)));
                }
                terms.push(Term::Port(port.node_port));
                if localnet {
                    terms.push(Term::Count("localhost_nps_accepted_pkts"));
                }
                terms
            };
            let settings = &self.network.proxy;
            if settings.counts && !self.tables.ipv6 && settings.localhost_node_ports {
                self.nat("KUBE-NODEPORTS", terms(true), external.clone());
            }
            self.nat("KUBE-NODEPORTS", terms(false), external);
        }
        if port.node_port != 0 && !outside {
            let terms = vec![
                Term::Comment(format!("{name} {why}")),
                Term::ToLocal,
                Term::Proto(name.protocol),
                Term::Port(port.node_port),
            ];
            self.filter("KUBE-EXTERNAL-SERVICES", terms, refusal);
        }
        if port.health_check_node_port != 0 {
            let terms = vec![
                Term::Comment(format!("{name} health check node port")),
                Term::Proto(Protocol::Tcp),
                Term::Port(port.health_check_node_port),
            ];
            self.filter("KUBE-NODEPORTS", terms, jump("ACCEPT"));
        }
    }

    fn has(&self, port: &ServicePort, policy: Policy) -> bool {
        !port.endpoints.choose(policy, self.node).is_empty()
    }

    /// What marks traffic to the `ClusterIP`.
    fn internal(&mut self, port: &ServicePort) {
        let policy = internal_policy(port);
        if !self.has(port, policy) {
            return;
        }
        let mut terms = to(port, "cluster IP", port.cluster_ip);
        if !self.network.proxy.masquerade_all {
            let Some(detector) = self.detector else {
                return;
            };
            terms.push(Term::NotFrom(Net::Range(detector)));
        }
        self.nat(&policy_chain(port, policy), terms, jump("KUBE-MARK-MASQ"));
    }

    /// `KUBE-EXT-…` and `KUBE-FW-…`.
    fn external(&mut self, port: &ServicePort) {
        if !port.endpoints.has_any() || !port.externally_accessible() {
            return;
        }
        let (name, hash) = (&port.name, &port.hash);
        let external = format!("KUBE-EXT-{hash}");
        let everywhere = policy_chain(port, Policy::Cluster);
        let comment =
            |what: &str| Term::Comment(format!("{what} traffic for {name} external destinations"));
        if port.external_local {
            if let Some(detector) = self.detector {
                let terms = vec![comment("pod"), Term::From(Net::Range(detector))];
                self.nat(&external, terms, jump(&everywhere));
            }
            let terms = vec![comment("masquerade LOCAL"), Term::FromLocal];
            self.nat(&external, terms, jump("KUBE-MARK-MASQ"));
            let terms = vec![comment("route LOCAL"), Term::FromLocal];
            self.nat(&external, terms, jump(&everywhere));
        } else {
            self.nat(
                &external,
                vec![comment("masquerade")],
                jump("KUBE-MARK-MASQ"),
            );
        }
        let policy = external_policy(port);
        if self.has(port, policy) {
            self.nat(&external, Vec::new(), jump(&policy_chain(port, policy)));
        }
        if is_walled(port) {
            self.wall(port, &external);
        }
    }

    fn wall(&mut self, port: &ServicePort, external: &str) {
        let wall = format!("KUBE-FW-{}", port.hash);
        let comment = || Term::Comment(format!("{} loadbalancer IP", port.name));
        for range in &port.source_ranges {
            let terms = vec![comment(), Term::From(Net::Range(*range))];
            self.nat(&wall, terms, jump(external));
        }
        let own = self.node.primary(self.tables.ipv6);
        if own.is_some_and(|ip| port.source_ranges.iter().any(|range| range.contains(ip))) {
            for ip in &port.vips {
                let terms = vec![comment(), Term::From(Net::Host(*ip))];
                self.nat(&wall, terms, jump(external));
            }
        }
        let terms = vec![Term::Comment(format!(
            "other traffic to {} will be dropped by KUBE-PROXY-FIREWALL",
            port.name
        ))];
        self.nat(&wall, terms, Target::None);
    }

    /// The chains that pick an endpoint, and those of the endpoints.
    fn endpoints(&mut self, port: &ServicePort) {
        let cluster = port.endpoints.cluster(self.node);
        let local = port.endpoints.local(self.node);
        let mut reachable: BTreeMap<String, &Endpoint> = BTreeMap::new();
        for (used, policy, choice) in [
            (port.uses_cluster(), Policy::Cluster, cluster),
            (port.uses_local(), Policy::Local, local),
        ] {
            if used && !choice.is_empty() {
                self.pick(port, &policy_chain(port, policy), &choice);
                reachable.extend(choice.iter().map(|e| (e.address.to_string(), e)));
            }
        }
        for endpoint in reachable.into_values() {
            self.endpoint(port, endpoint);
        }
    }

    fn pick(&mut self, port: &ServicePort, chain: &str, choice: &Choice<'_>) {
        let chained: Vec<(String, String)> = choice
            .iter()
            .map(|e| e.address.to_string())
            .map(|address| (iptables_endpoint(&port.name, &address), address))
            .collect();
        let large = self.large;
        let comment = |address: &str| {
            let comment = Term::Comment(format!("{} -> {address}", port.name));
            if large { Vec::new() } else { vec![comment] }
        };
        for (own, address) in chained.iter().filter(|_| port.affinity.is_some()) {
            let mut terms = comment(address);
            terms.push(Term::Recent(own.clone(), port.affinity.unwrap_or(0)));
            self.nat(chain, terms, jump(own));
        }
        for (i, (own, address)) in chained.iter().enumerate() {
            let mut terms = comment(address);
            let left = chained.len() - i;
            if left > 1 {
                terms.push(Term::OneOf(left));
            }
            self.nat(chain, terms, jump(own));
        }
    }

    fn endpoint(&mut self, port: &ServicePort, endpoint: &Endpoint) {
        let chain = iptables_endpoint(&port.name, &endpoint.address.to_string());
        let comment = || {
            let comment = Term::Comment(port.name.to_string());
            if self.large {
                Vec::new()
            } else {
                vec![comment]
            }
        };
        let mut hairpin = comment();
        hairpin.push(Term::From(Net::Host(endpoint.address.ip())));
        let mut terms = comment();
        if port.affinity.is_some() {
            terms.push(Term::Remember(chain.clone()));
        }
        terms.push(Term::Proto(port.name.protocol));
        self.nat(&chain, hairpin, jump("KUBE-MARK-MASQ"));
        self.nat(&chain, terms, Target::Dnat(endpoint.address));
    }

    /// What stands behind the rules of all Services.
    fn tail(&mut self) {
        let ipv6 = self.tables.ipv6;
        let settings = &self.network.proxy;
        let last = || Term::Comment(LAST.to_owned());
        match self.node.node_port_addresses(self.network, ipv6) {
            None => {
                let mut terms = vec![last(), Term::ToLocal];
                if ipv6 {
                    let localhost = Cidr::new(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), 128);
                    terms.push(Term::NotTo(Net::Range(localhost)));
                } else if !settings.localhost_node_ports {
                    let localnet = Cidr::new(IpAddr::from([127, 0, 0, 0]), 8);
                    terms.push(Term::NotTo(Net::Range(localnet)));
                }
                self.nat("KUBE-SERVICES", terms, jump("KUBE-NODEPORTS"));
            }
            Some(listed) => {
                let served =
                    |ip: &IpAddr| !ip.is_loopback() || (!ipv6 && settings.localhost_node_ports);
                for ip in listed.into_iter().filter(served) {
                    let terms = vec![last(), Term::To(Net::Host(ip))];
                    self.nat("KUBE-SERVICES", terms, jump("KUBE-NODEPORTS"));
                }
            }
        }
        if !settings.tcp_liberal {
            let mut terms = vec![Term::State("INVALID")];
            if settings.counts {
                terms.push(Term::Count("ct_state_invalid_dropped_pkts"));
            }
            self.filter("KUBE-FORWARD", terms, jump("DROP"));
        }
        forward(&mut self.tables.filter, self.network);
    }
}

/// The rules of `KUBE-POSTROUTING`.
pub(in crate::net::proxy) fn postrouting(nat: &mut Chains, network: &ClusterNetwork) {
    let mark = network.masquerade_mark();
    let chain = "KUBE-POSTROUTING";
    add(nat, chain, vec![Term::NotMark(mark)], jump("RETURN"));
    add(nat, chain, Vec::new(), Target::XorMark(mark));
    let comment = Term::Comment("kubernetes service traffic requiring SNAT".to_owned());
    let target = Target::Masquerade(network.proxy.random_fully);
    add(nat, chain, vec![comment], target);
}

/// The rules of `KUBE-FORWARD` that let Services' traffic pass.
pub(in crate::net::proxy) fn forward(filter: &mut Chains, network: &ClusterNetwork) {
    let comment = |text: &str| Term::Comment(text.to_owned());
    let marked = Term::Mark(network.masquerade_mark());
    let terms = vec![comment("kubernetes forwarding rules"), marked];
    add(filter, "KUBE-FORWARD", terms, jump("ACCEPT"));
    let state = Term::State("RELATED,ESTABLISHED");
    let terms = vec![comment("kubernetes forwarding conntrack rule"), state];
    add(filter, "KUBE-FORWARD", terms, jump("ACCEPT"));
}

/// `KUBE-SVC-…` or `KUBE-SVL-…`.
fn policy_chain(port: &ServicePort, policy: Policy) -> String {
    let kind = match policy {
        Policy::Cluster => "SVC",
        Policy::Local => "SVL",
    };
    format!("KUBE-{kind}-{}", port.hash)
}
