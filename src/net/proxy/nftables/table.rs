//! The table `kube-proxy` that the nftables mode writes for all Service ports of a node.

use crate::kernel::BTreeMap;
use crate::net::proxy::names::{nftables_base, nftables_endpoint};
use crate::net::proxy::ruling::{external_policy, internal_policy};
use crate::net::proxy::{Choice, Endpoint, NodeView, Policy, Proxy, ServicePort};
use crate::store::{Cidr, ClusterNetwork};
use std::net::IpAddr;

/// A chain.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Its name.
    pub name: String,
    /// Its type, hook and priority, if the kernel calls it.
    pub hook: Option<(&'static str, &'static str, i32)>,
    /// Its comment.
    pub comment: Option<&'static str>,
    /// Its rules, each with its comment.
    pub rules: Vec<(String, &'static str)>,
}

/// What stands behind a key of a set or a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The Service port that it is about, where that is said.
    pub comment: String,
    /// What is found; empty in a set.
    pub value: String,
}

/// A set or a map.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// Its name.
    pub name: String,
    /// `ipv4_addr . inet_proto . inet_service : verdict`.
    pub kind: String,
    /// Its comment.
    pub comment: &'static str,
    /// For how many seconds an element stays, if rules add elements.
    pub timeout: Option<u32>,
    /// Its elements, by what is looked up.
    pub elements: BTreeMap<String, Element>,
}

/// The table of one family.
#[derive(Clone, Debug)]
pub struct Table {
    /// `ip` or `ip6`.
    pub family: &'static str,
    /// Its chains in the order of their making.
    pub chains: Vec<Chain>,
    /// Its sets and maps, likewise.
    pub sets: Vec<Set>,
}

/// A chain's name, its type, hook and priority, and its rules.
type BaseChain = (
    &'static str,
    (&'static str, &'static str, i32),
    &'static [&'static str],
);

/// Chains that the kernel calls, and what leads from them to others.
const BASE: [BaseChain; 8] = [
    (
        "filter-prerouting-pre-dnat",
        ("filter", "prerouting", -110),
        &["ct state new jump firewall-check"],
    ),
    (
        "filter-output-pre-dnat",
        ("filter", "output", -110),
        &["ct state new jump firewall-check"],
    ),
    (
        "filter-input",
        ("filter", "input", 0),
        &[
            "ct state new jump nodeport-endpoints-check",
            "ct state new jump service-endpoints-check",
        ],
    ),
    ("filter-forward", ("filter", "forward", 0), CHECKS),
    ("filter-output", ("filter", "output", 0), CHECKS),
    (
        "nat-prerouting",
        ("nat", "prerouting", -100),
        &["jump services"],
    ),
    ("nat-output", ("nat", "output", -100), &["jump services"]),
    (
        "nat-postrouting",
        ("nat", "postrouting", 100),
        &["jump masquerading"],
    ),
];
const CHECKS: &[&str] = &[
    "ct state new jump service-endpoints-check",
    "ct state new jump cluster-ips-check",
];

/// Sets and maps: name, type (`A` stands for the family's address) and comment.
const SETS: [(&str, &str, &str); 8] = [
    ("cluster-ips", "A", "Active ClusterIPs"),
    ("nodeport-ips", "A", "IPs that accept NodePort traffic"),
    (
        "no-endpoint-services",
        "A . inet_proto . inet_service : verdict",
        "vmap to drop or reject packets to services with no endpoints",
    ),
    (
        "no-endpoint-nodeports",
        "inet_proto . inet_service : verdict",
        "vmap to drop or reject packets to service nodeports with no endpoints",
    ),
    (
        "firewall-ips",
        "A . inet_proto . inet_service : verdict",
        "destinations that are subject to LoadBalancerSourceRanges",
    ),
    (
        "service-ips",
        "A . inet_proto . inet_service : verdict",
        "ClusterIP, ExternalIP and LoadBalancer IP traffic",
    ),
    (
        "service-nodeports",
        "inet_proto . inet_service : verdict",
        "NodePort traffic",
    ),
    (
        "hairpin-connections",
        "A . A . inet_proto . inet_service",
        "service hairpin connections",
    ),
];

/// A sync under way.
struct Sync<'a> {
    network: &'a ClusterNetwork,
    node: &'a NodeView,
    detector: Option<Cidr>,
    mark: String,
    table: Table,
    /// Where each chain of a Service stands.
    places: BTreeMap<String, usize>,
}

/// Everything that kube-proxy writes on a node for one family.
pub fn table(proxy: &Proxy, network: &ClusterNetwork, node: &NodeView, ipv6: bool) -> Table {
    let (family, address) = if ipv6 {
        ("ip6", "ipv6_addr")
    } else {
        ("ip", "ipv4_addr")
    };
    let set = |(name, kind, comment): &(&str, &str, &'static str)| Set {
        name: (*name).to_owned(),
        kind: kind.replace('A', address),
        comment,
        ..Set::default()
    };
    let mut sync = Sync {
        network,
        node,
        detector: network.local_detector(ipv6),
        mark: format!("{:#010x}", network.masquerade_mark()),
        table: Table {
            family,
            chains: Vec::new(),
            sets: SETS.iter().map(set).collect(),
        },
        places: BTreeMap::new(),
    };
    sync.setup(ipv6);
    for port in proxy
        .ports()
        .filter(|port| port.cluster_ip.is_ipv6() == ipv6)
    {
        sync.dispatch(port);
        sync.external(port);
        sync.endpoints(port);
    }
    sync.table
}

impl Sync<'_> {
    fn rule(&mut self, chain: &str, rule: String, comment: &'static str) {
        let chains = &mut self.table.chains;
        let place = *self.places.entry(chain.to_owned()).or_insert(chains.len());
        if place == chains.len() {
            chains.push(Chain {
                name: chain.to_owned(),
                ..Chain::default()
            });
        }
        if let Some(chain) = chains.get_mut(place) {
            chain.rules.push((rule, comment));
        }
    }

    fn element(&mut self, set: &str, key: String, comment: String, value: String) {
        if let Some(set) = self.table.sets.iter_mut().find(|known| known.name == set) {
            set.elements
                .entry(key)
                .or_insert(Element { comment, value });
        }
    }

    /// What is there without any Service.
    fn setup(&mut self, ipv6: bool) {
        let family = self.table.family;
        for (name, hook, rules) in BASE {
            let rules = rules.iter().map(|rule| ((*rule).to_owned(), ""));
            self.table.chains.push(Chain {
                name: name.to_owned(),
                hook: Some(hook),
                rules: rules.collect(),
                comment: None,
            });
        }
        let no_localhost = if ipv6 {
            "ip6 daddr != ::1"
        } else {
            "ip daddr != 127.0.0.0/8"
        };
        let listed = self.node.node_port_addresses(self.network, ipv6);
        let (local, checked) = if listed.is_none() {
            self.table.sets.retain(|set| set.name != "nodeport-ips");
            (
                format!("fib daddr type local {no_localhost}"),
                no_localhost.to_owned(),
            )
        } else {
            let set = format!("{family} daddr @nodeport-ips");
            (set.clone(), set)
        };
        for ip in listed.into_iter().flatten().filter(|ip| !ip.is_loopback()) {
            self.element("nodeport-ips", ip.to_string(), String::new(), String::new());
        }
        let to = format!("{family} daddr . meta l4proto . th dport vmap");
        let node_port = "meta l4proto . th dport vmap";
        let mark = self.mark.clone();
        let rules = [
            (
                "nodeport-endpoints-check",
                format!("{checked} {node_port} @no-endpoint-nodeports"),
            ),
            (
                "service-endpoints-check",
                format!("{to} @no-endpoint-services"),
            ),
            ("firewall-check", format!("{to} @firewall-ips")),
        ];
        for (chain, rule) in rules {
            self.rule(chain, rule, "");
        }
        if self.network.proxy.masquerade_all {
            let rule = format!("{family} daddr @cluster-ips mark set mark or {mark}");
            self.rule("services", rule, "masquerade all clusterIP traffic");
        } else if let Some(cidr) = self.detector {
            let rule = format!(
                "{family} daddr @cluster-ips {family} saddr != {cidr} mark set mark or {mark}"
            );
            self.rule(
                "services",
                rule,
                "masquerade clusterIP traffic from outside cluster",
            );
        }
        self.rule("services", format!("{to} @service-ips"), "");
        self.rule(
            "services",
            format!("{local} {node_port} @service-nodeports"),
            "",
        );
        self.checks(ipv6);
    }

    fn checks(&mut self, ipv6: bool) {
        let (family, mark) = (self.table.family, self.mark.clone());
        let masquerading = [
            format!("mark and {mark} != 0 mark set mark xor {mark} masquerade fully-random"),
            format!(
                "ct status dnat {family} saddr . {family} daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random"
            ),
        ];
        for rule in masquerading {
            self.rule("masquerading", rule, "");
        }
        let known = format!("{family} daddr @cluster-ips reject");
        self.rule(
            "cluster-ips-check",
            known,
            "Reject traffic to invalid ports of ClusterIPs",
        );
        let cidrs = self.network.service_cidrs.iter();
        let own = cidrs.filter(|cidr| cidr.base().is_ipv6() == ipv6);
        let texts: Vec<String> = own.map(ToString::to_string).collect();
        if !texts.is_empty() {
            let rule = format!("{family} daddr {{ {} }} drop", texts.join(","));
            self.rule(
                "cluster-ips-check",
                rule,
                "Drop traffic to unallocated ClusterIPs",
            );
        }
        self.table.chains.push(Chain {
            name: "reject-chain".to_owned(),
            comment: Some("helper for @no-endpoint-services / @no-endpoint-nodeports"),
            rules: vec![("reject".to_owned(), "")],
            hook: None,
        });
    }

    /// The elements that lead a port's addresses to its chains, or refuse what cannot be sent on.
    fn dispatch(&mut self, port: &ServicePort) {
        let base = nftables_base(&port.name);
        let any = port.endpoints.has_any();
        let outside = self.has(port, external_policy(port));
        let refusal = if any { "drop" } else { "goto reject-chain" };
        let protocol = port.name.protocol.lower();
        let at = |ip: IpAddr| format!("{ip} . {protocol} . {}", port.port());
        let cluster_ip = port.cluster_ip.to_string();
        self.element("cluster-ips", cluster_ip, String::new(), String::new());
        if self.has(port, internal_policy(port)) {
            let chain = policy_chain(&base, internal_policy(port));
            self.goto("service-ips", at(port.cluster_ip), &chain);
        } else {
            self.refuse("no-endpoint-services", at(port.cluster_ip), port, refusal);
        }
        let external = format!("external-{base}");
        for ip in port.external_ips.iter().chain(&port.vips) {
            if any {
                self.goto("service-ips", at(*ip), &external);
            }
            if !outside {
                self.refuse("no-endpoint-services", at(*ip), port, refusal);
            }
        }
        if !port.source_ranges.is_empty() {
            for ip in &port.vips {
                self.goto("firewall-ips", at(*ip), &format!("firewall-{base}"));
            }
        }
        if port.node_port != 0 {
            let at = format!("{protocol} . {}", port.node_port);
            if any {
                self.goto("service-nodeports", at.clone(), &external);
            }
            if !outside {
                self.refuse("no-endpoint-nodeports", at, port, refusal);
            }
        }
    }

    fn goto(&mut self, map: &str, key: String, chain: &str) {
        self.element(map, key, String::new(), format!("goto {chain}"));
    }

    fn refuse(&mut self, map: &str, key: String, port: &ServicePort, verdict: &str) {
        self.element(map, key, port.name.to_string(), verdict.to_owned());
    }

    fn has(&self, port: &ServicePort, policy: Policy) -> bool {
        !port.endpoints.choose(policy, self.node).is_empty()
    }

    /// `external-…` and `firewall-…`.
    fn external(&mut self, port: &ServicePort) {
        let base = nftables_base(&port.name);
        let (family, mark) = (self.table.family, self.mark.clone());
        if port.endpoints.has_any() && port.externally_accessible() {
            let chain = format!("external-{base}");
            let everywhere = policy_chain(&base, Policy::Cluster);
            if port.external_local {
                if let Some(cidr) = self.detector {
                    let rule = format!("{family} saddr {cidr} goto {everywhere}");
                    self.rule(&chain, rule, "short-circuit pod traffic");
                }
                let rule = format!("fib saddr type local mark set mark or {mark}");
                self.rule(&chain, rule, "masquerade local traffic");
                let rule = format!("fib saddr type local goto {everywhere}");
                self.rule(&chain, rule, "short-circuit local traffic");
            } else {
                self.rule(&chain, format!("mark set mark or {mark}"), "masquerade");
            }
            let policy = external_policy(port);
            if self.has(port, policy) {
                self.rule(&chain, format!("goto {}", policy_chain(&base, policy)), "");
            }
        }
        if port.vips.is_empty() || port.source_ranges.is_empty() {
            return;
        }
        let mut sources: Vec<String> = port.source_ranges.iter().map(ToString::to_string).collect();
        let own = self.node.primary(port.cluster_ip.is_ipv6());
        if own.is_some_and(|ip| port.source_ranges.iter().any(|range| range.contains(ip))) {
            sources.extend(port.vips.iter().map(ToString::to_string));
        }
        let rule = format!("{family} saddr != {{ {} }} drop", sources.join(" , "));
        self.rule(&format!("firewall-{base}"), rule, "");
    }

    /// The chains that pick an endpoint; with affinity those of the endpoints too, and who is remembered for them.
    fn endpoints(&mut self, port: &ServicePort) {
        let base = nftables_base(&port.name);
        let mut reachable: BTreeMap<String, &Endpoint> = BTreeMap::new();
        for (used, policy) in [
            (port.uses_cluster(), Policy::Cluster),
            (port.uses_local(), Policy::Local),
        ] {
            let choice = port.endpoints.choose(policy, self.node);
            if used && !choice.is_empty() {
                self.pick(port, &policy_chain(&base, policy), &choice);
                reachable.extend(choice.iter().map(|e| (e.address.to_string(), e)));
            }
        }
        let (family, protocol) = (self.table.family, port.name.protocol.lower());
        for (text, endpoint) in reachable {
            if endpoint.node == self.node.name {
                let ip = endpoint.address.ip();
                let key = format!("{ip} . {ip} . {protocol} . {}", endpoint.address.port());
                self.element("hairpin-connections", key, String::new(), String::new());
            }
            let Some(seconds) = port.affinity else {
                continue;
            };
            let own = nftables_endpoint(&port.name, &text);
            let chain = format!("endpoint-{own}");
            self.table.sets.push(Set {
                name: format!("affinity-{own}"),
                kind: if family == "ip6" {
                    "ipv6_addr"
                } else {
                    "ipv4_addr"
                }
                .to_owned(),
                timeout: Some(seconds),
                ..Set::default()
            });
            self.rule(
                &chain,
                format!("update @affinity-{own} {{ {family} saddr }}"),
                "",
            );
            self.rule(
                &chain,
                format!("meta l4proto {protocol} dnat to {text}"),
                "",
            );
        }
    }

    fn pick(&mut self, port: &ServicePort, chain: &str, choice: &Choice<'_>) {
        let (family, count) = (self.table.family, choice.len());
        if port.affinity.is_none() {
            let targets = choice
                .iter()
                .enumerate()
                .map(|(i, e)| format!("{i} : {} . {}", e.address.ip(), e.address.port()));
            let targets = targets.collect::<Vec<_>>().join(" , ");
            let protocol = port.name.protocol.lower();
            let rule = format!(
                "meta l4proto {protocol} dnat {family} addr . port to numgen random mod {count} map {{ {targets} }}"
            );
            return self.rule(chain, rule, "");
        }
        let own: Vec<String> = choice
            .iter()
            .map(|e| nftables_endpoint(&port.name, &e.address.to_string()))
            .collect();
        for own in &own {
            let rule = format!("{family} saddr @affinity-{own} goto endpoint-{own}");
            self.rule(chain, rule, "");
        }
        let targets = own
            .iter()
            .enumerate()
            .map(|(i, own)| format!("{i} : goto endpoint-{own}"));
        let targets = targets.collect::<Vec<_>>().join(" , ");
        let rule = format!("numgen random mod {count} vmap {{ {targets} }}");
        self.rule(chain, rule, "");
    }
}

/// `service-…` or `local-…`.
fn policy_chain(base: &str, policy: Policy) -> String {
    let kind = match policy {
        Policy::Cluster => "service",
        Policy::Local => "local",
    };
    format!("{kind}-{base}")
}
