//! Invariants of the data path: every walk ends, answers find their way back, and no policy's word is broken.

use portside::api::{Object, kind};
use portside::cluster::{Cluster, Place, Protocol, Settings};
use portside::manifest::{Limits, read};
use portside::store::ProxyMode;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// Name, namespace, node, address, labels.
const PODS: [(&str, &str, &str, &str, &str); 5] = [
    (
        "web-a",
        "default",
        "node-2",
        "10.244.1.101",
        "app: web, tier: front",
    ),
    ("web-b", "default", "node-3", "10.244.2.101", "app: web"),
    (
        "box",
        "default",
        "node-2",
        "10.244.1.102",
        "app: box, tier: front",
    ),
    ("far", "shop", "node-3", "10.244.2.102", "app: far"),
    ("near", "shop", "node-2", "10.244.1.103", "app: web"),
];

fn cluster(mode: ProxyMode, policy: &str) -> Cluster {
    let mut settings = Settings::default();
    settings.network.proxy_mode = mode;
    let mut cluster = Cluster::new(&settings);
    let mut text = String::from(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}\n",
    );
    for (name, namespace, node, ip, labels) in PODS {
        write!(
            text,
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, uid: {name}, labels: {{{labels}}}}}\nspec: {{nodeName: {node}, containers: [{{name: c, image: nginx}}]}}\nstatus: {{phase: Running, podIP: {ip}, podIPs: [{{ip: {ip}}}], containerStatuses: [{{name: c, ready: true, state: {{running: {{startedAt: '2026-01-05T09:00:00Z'}}}}}}]}}\n"
        )
        .unwrap();
    }
    write!(
        text,
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: default}}\nspec: {{type: NodePort, clusterIP: 10.96.50.1, clusterIPs: [10.96.50.1], externalIPs: [198.51.100.7], internalTrafficPolicy: {policy}, externalTrafficPolicy: {policy}, ports: [{{port: 80, nodePort: 30080}}]}}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: web-1, namespace: default, labels: {{kubernetes.io/service-name: web}}}}\naddressType: IPv4\nports: [{{name: '', port: 80, protocol: TCP}}]\nendpoints:\n- {{addresses: [10.244.1.101], nodeName: node-2, conditions: {{ready: true}}}}\n- {{addresses: [10.244.2.101], nodeName: node-3, conditions: {{ready: true}}}}\n"
    )
    .unwrap();
    restore(&mut cluster, &text);
    cluster
}

fn restore(cluster: &mut Cluster, text: &str) {
    for document in read(text, &Limits::FILE).documents {
        cluster.restore(Object::from_value(document.value()).expect("an object"));
    }
}

fn modes() -> impl Strategy<Value = ProxyMode> {
    prop_oneof![
        Just(ProxyMode::Iptables),
        Just(ProxyMode::Nftables),
        Just(ProxyMode::Ipvs)
    ]
}

fn places() -> impl Strategy<Value = Place> {
    let pods = (0..PODS.len()).prop_map(|i| Place::pod(PODS[i].1, PODS[i].0, "c"));
    let nodes = (1..4u8).prop_map(|i| Place::Node(format!("node-{i}").into()));
    prop_oneof![5 => pods, 2 => nodes, 1 => Just(Place::Laptop), 1 => Just(Place::Outside)]
}

fn targets() -> impl Strategy<Value = SocketAddr> {
    let ips = prop::sample::select(vec![
        "10.96.50.1",
        "10.96.99.99",
        "10.96.0.10",
        "198.51.100.7",
        "192.168.49.1",
        "192.168.49.2",
        "192.168.49.3",
        "192.168.49.4",
        "192.168.49.77",
        "10.244.1.101",
        "10.244.2.101",
        "10.244.1.102",
        "10.244.2.102",
        "10.244.1.1",
        "10.244.9.9",
        "127.0.0.1",
        "203.0.113.9",
        "fd00::1",
    ]);
    let ports = prop::sample::select(vec![80u16, 81, 53, 30080, 6443, 10250, 10256]);
    (ips, ports).prop_map(|(ip, port)| SocketAddr::new(ip.parse().unwrap(), port))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases_of(48), ..ProptestConfig::default() })]

    /// Every walk ends, and what the nodes remember turns each answer back to the client from where it called.
    #[test]
    fn answers_find_their_way_back(
        mode in modes(), policy in prop_oneof![Just("Cluster"), Just("Local")],
        packets in prop::collection::vec((places(), targets(), any::<bool>()), 1..24),
    ) {
        let mut cluster = cluster(mode, policy);
        for (from, to, udp) in packets {
            let protocol = if udp { Protocol::Udp } else { Protocol::Tcp };
            let since = cluster.end();
            let traced = cluster.trace(&from, to, protocol);
            let Ok(arrival) = traced.end else { continue };
            // The events tell the same way: from the process, node by node, to the socket that called.
            let told: Vec<_> = cluster.events_since(since).collect();
            let there: Vec<_> = told.iter().filter(|e| e.kind.id != "returned").collect();
            let back: Vec<_> = told.iter().filter(|e| e.kind.id == "returned").collect();
            prop_assert!(!back.is_empty(), "{:?} to {}", &from, to);
            prop_assert_eq!(back[0].text("from"), there[there.len() - 1].text("to"));
            prop_assert_eq!(back[0].cause, Some(there[there.len() - 1].seq));
            for pair in back.windows(2) {
                prop_assert_eq!(pair[0].text("to"), pair[1].text("from"));
            }
            let last = back[back.len() - 1];
            prop_assert_eq!(last.text("to"), from.id());
            prop_assert_eq!(last.text("src"), to.to_string(), "{:?}", &from);
            if let Some(first) = traced.tracked.first() {
                prop_assert_eq!(last.text("dst"), first.original.0.to_string(), "{:?} to {}", &from, to);
            }
            let mut answer = (arrival.own, arrival.client);
            for tracked in traced.tracked.iter().rev() {
                prop_assert_eq!(answer, tracked.reply, "{:?} to {}", &from, to);
                answer = (tracked.original.1, tracked.original.0);
            }
            prop_assert_eq!(answer.0, to, "{:?}", &from);
        }
    }

    /// In each mode the same endpoints are reached by whatever gets through.
    #[test]
    fn the_modes_reach_the_same_endpoints(
        policy in prop_oneof![Just("Cluster"), Just("Local")], from in places(),
        to in prop::sample::select(vec!["10.96.50.1:80", "192.168.49.3:30080", "192.168.49.4:30080", "198.51.100.7:80"]),
    ) {
        let to: SocketAddr = to.parse().unwrap();
        let mut reached = BTreeMap::new();
        for (name, mode) in [("iptables", ProxyMode::Iptables), ("nftables", ProxyMode::Nftables)] {
            let mut cluster = cluster(mode, policy);
            let ends: std::collections::BTreeSet<_> = (0..24)
                .map(|_| cluster.trace(&from, to, Protocol::Tcp).end.map(|arrival| arrival.own).ok())
                .collect();
            reached.insert(name, ends);
        }
        prop_assert_eq!(&reached["iptables"], &reached["nftables"]);
    }
}

/// A rule of a policy: whom it is for, and on which port, if on one.
#[derive(Clone, Debug)]
struct Rule {
    label: Option<&'static str>,
    everywhere: bool,
    port: Option<u16>,
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let label = prop_oneof![
        Just(None),
        Just(Some("app: web")),
        Just(Some("app: box")),
        Just(Some("tier: front")),
        Just(Some("app: far"))
    ];
    let port = prop_oneof![Just(None), Just(Some(80u16)), Just(Some(81u16))];
    let rule = (label, any::<bool>(), port).prop_map(|(label, everywhere, port)| Rule {
        label,
        everywhere,
        port,
    });
    prop::collection::vec(rule, 0..3)
}

fn written(way: &str, rules: &[Rule]) -> String {
    let peers = if way == "ingress" { "from" } else { "to" };
    let mut text = format!("  {way}:{}\n", if rules.is_empty() { " []" } else { "" });
    for rule in rules {
        let pods = rule
            .label
            .map_or_else(|| "{}".to_owned(), |l| format!("{{matchLabels: {{{l}}}}}"));
        let spaces = if rule.everywhere {
            ", namespaceSelector: {}"
        } else {
            ""
        };
        writeln!(text, "  - {peers}: [{{podSelector: {pods}{spaces}}}]").unwrap();
        if let Some(port) = rule.port {
            writeln!(text, "    ports: [{{port: {port}}}]").unwrap();
        }
    }
    text
}

/// Whether the rules let a packet through, by the words of the specification alone.
fn allows(rules: &[Rule], namespace: &str, peer: usize, port: u16) -> bool {
    let (_, space, _, _, labels) = PODS[peer];
    rules.iter().any(|rule| {
        rule.label
            .is_none_or(|label| labels.split(", ").any(|own| own == label))
            && (rule.everywhere || space == namespace)
            && rule.port.is_none_or(|p| p == port)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases_of(96), ..ProptestConfig::default() })]

    /// Between Pods exactly that is delivered which the policies at both ends allow.
    #[test]
    fn policies_are_kept(
        ingress in rules(), egress in rules(), subject in 0..PODS.len(), peer in 0..PODS.len(),
        selects in any::<bool>(),
    ) {
        prop_assume!(subject != peer);
        let (_, namespace, _, ip, _) = PODS[subject];
        let (_, _, _, other, _) = PODS[peer];
        let mut cluster = cluster(ProxyMode::Iptables, "Cluster");
        let chosen = if selects { "{}" } else { "{matchLabels: {app: nobody}}" };
        let text = format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: rules, namespace: {namespace}}}\nspec:\n  podSelector: {chosen}\n  policyTypes: [Ingress, Egress]\n{}{}",
            written("ingress", &ingress), written("egress", &egress)
        );
        restore(&mut cluster, &text);
        prop_assert_eq!(cluster.tables().count(kind::NETWORK_POLICY), 1);
        let judged = |from: usize, to: usize| {
            let own = |pod: usize| selects && PODS[pod].1 == namespace;
            (!own(from) || allows(&egress, namespace, to, 80)) && (!own(to) || allows(&ingress, namespace, from, 80))
        };
        for (from, to, address) in [(peer, subject, ip), (subject, peer, other)] {
            let place = Place::pod(PODS[from].1, PODS[from].0, "c");
            let to_address = SocketAddr::new(address.parse().unwrap(), 80);
            let traced = cluster.trace(&place, to_address, Protocol::Tcp);
            prop_assert_eq!(traced.end.is_ok(), judged(from, to), "{} to {} under\n{}", PODS[from].0, PODS[to].0, &text);
        }
    }
}
