//! Invariants of the data path, in a cluster of both families: every walk ends, answers find their way back, and no policy's
//! word is broken.

use portside::api::{Object, kind};
use portside::cluster::{Cluster, ConnectError, Place, Protocol, Settings};
use portside::manifest::{Limits, read};
use portside::store::{Cidr, ProxyMode};
use proptest::prelude::*;
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
    let range = |text: &str| Cidr::parse(text).unwrap();
    settings
        .network
        .service_cidrs
        .push(range("fd00:10:96::/112"));
    settings.network.pod_cidrs.push(range("fd00:10:244::/56"));
    let mut cluster = Cluster::new(&settings);
    let mut text = String::from(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}\n",
    );
    for (name, namespace, node, ip, labels) in PODS {
        write!(
            text,
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, uid: {name}, labels: {{{labels}}}}}\nspec: {{nodeName: {node}, containers: [{{name: c, image: nginx}}]}}\nstatus: {{phase: Running, podIP: {ip}, podIPs: [{{ip: {ip}}}, {{ip: '{}'}}], containerStatuses: [{{name: c, ready: true, state: {{running: {{startedAt: '2026-01-05T09:00:00Z'}}}}}}]}}\n",
            six(ip)
        )
        .unwrap();
    }
    write!(
        text,
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: default}}\nspec: {{type: NodePort, clusterIP: 10.96.50.1, clusterIPs: [10.96.50.1, 'fd00:10:96::50'], ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6], externalIPs: [198.51.100.7, '2001:db8::7'], internalTrafficPolicy: {policy}, externalTrafficPolicy: {policy}, ports: [{{port: 80, nodePort: 30080}}]}}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: web-1, namespace: default, labels: {{kubernetes.io/service-name: web}}}}\naddressType: IPv4\nports: [{{name: '', port: 80, protocol: TCP}}]\nendpoints:\n- {{addresses: [10.244.1.101], nodeName: node-2, conditions: {{ready: true}}}}\n- {{addresses: [10.244.2.101], nodeName: node-3, conditions: {{ready: true}}}}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: web-2, namespace: default, labels: {{kubernetes.io/service-name: web}}}}\naddressType: IPv6\nports: [{{name: '', port: 80, protocol: TCP}}]\nendpoints:\n- {{addresses: ['{}'], nodeName: node-2, conditions: {{ready: true}}}}\n- {{addresses: ['{}'], nodeName: node-3, conditions: {{ready: true}}}}\n",
        six(PODS[0].3),
        six(PODS[1].3)
    )
    .unwrap();
    restore(&mut cluster, &text);
    cluster
}

/// A Pod's other address.
fn six(ip: &str) -> String {
    let octets: Vec<&str> = ip.split('.').collect();
    format!("fd00:10:244:{}::{}", octets[2], octets[3])
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
        "fd00:10:96::50",
        "fd00:10:96::99",
        "2001:db8::7",
        "2001:db8::99",
        "fd00:c0a8:31::1",
        "fd00:c0a8:31::2",
        "fd00:c0a8:31::3",
        "fd00:10:244:1::101",
        "fd00:10:244:2::101",
        "fd00:10:244:1::102",
        "fd00:10:244:1::1",
        "::1",
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
}

/// A range of addresses, and what is left out of it.
type Block = (&'static str, &'static [&'static str]);

/// Ranges around and between the Pods.
const BLOCKS: [Block; 8] = [
    ("0.0.0.0/0", &[]),
    ("0.0.0.0/0", &["10.244.2.0/24"]),
    ("10.244.1.0/24", &["10.244.1.102/32"]),
    ("10.244.1.101/32", &[]),
    (
        "10.244.0.0/16",
        &["10.244.1.0/25", "10.244.2.101/32", "10.244.2.102/32"],
    ),
    ("::/0", &["fd00:10:244:2::/64"]),
    ("fd00:10:244:1::/64", &["fd00:10:244:1::102/128"]),
    ("fd00:10:244::/56", &[]),
];

/// Whom a rule is for.
#[derive(Clone, Debug)]
enum Peer {
    /// Pods with a label, of the policy's namespace or of all.
    Pods {
        label: Option<&'static str>,
        everywhere: bool,
    },
    /// Addresses.
    Block(Block),
}

/// A rule of a policy: whom it is for, and on which ports, if not on all.
#[derive(Clone, Debug)]
struct Rule {
    peers: Vec<Peer>,
    ports: Vec<(u16, Option<u16>)>,
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let label = prop::sample::select(vec![
        None,
        Some("app: web"),
        Some("app: box"),
        Some("tier: front"),
        Some("app: far"),
    ]);
    let pods =
        (label, any::<bool>()).prop_map(|(label, everywhere)| Peer::Pods { label, everywhere });
    let block = prop::sample::select(BLOCKS.to_vec()).prop_map(Peer::Block);
    let peers = prop::collection::vec(prop_oneof![pods, block], 0..3);
    let port = prop::sample::select(vec![
        (80u16, None),
        (81, None),
        (79, Some(90u16)),
        (80, Some(80)),
        (81, Some(65_535)),
    ]);
    let ports = prop::collection::vec(port, 0..3);
    let rule = (peers, ports).prop_map(|(peers, ports)| Rule { peers, ports });
    prop::collection::vec(rule, 0..3)
}

fn written(way: &str, rules: &[Rule]) -> String {
    let peers = if way == "ingress" { "from" } else { "to" };
    let mut text = format!("  {way}:{}\n", if rules.is_empty() { " []" } else { "" });
    for rule in rules {
        let all = rule.peers.iter().map(|peer| match peer {
            Peer::Pods { label, everywhere } => {
                let pods =
                    label.map_or_else(|| "{}".to_owned(), |l| format!("{{matchLabels: {{{l}}}}}"));
                let spaces = if *everywhere {
                    ", namespaceSelector: {}"
                } else {
                    ""
                };
                format!("{{podSelector: {pods}{spaces}}}")
            }
            Peer::Block((cidr, except)) => {
                let except: Vec<String> = except.iter().map(|e| format!("'{e}'")).collect();
                format!(
                    "{{ipBlock: {{cidr: '{cidr}', except: [{}]}}}}",
                    except.join(", ")
                )
            }
        });
        let all: Vec<String> = all.collect();
        writeln!(text, "  - {peers}: [{}]", all.join(", ")).unwrap();
        let ports = rule.ports.iter().map(|(port, end)| match end {
            Some(end) => format!("{{port: {port}, endPort: {end}}}"),
            None => format!("{{port: {port}}}"),
        });
        let ports: Vec<String> = ports.collect();
        writeln!(text, "    ports: [{}]", ports.join(", ")).unwrap();
    }
    text
}

fn within(ip: &str, cidr: &str) -> bool {
    let range = Cidr::parse(cidr).unwrap();
    range.contains(ip.parse().unwrap())
}

/// Whether the rules let a packet through, by the words of the specification alone; `ip` is the peer's address.
fn allows(rules: &[Rule], namespace: &str, (peer, ip): (usize, &str), port: u16) -> bool {
    let (_, space, _, _, labels) = PODS[peer];
    let fits = |peer: &Peer| match peer {
        Peer::Pods { label, everywhere } => {
            label.is_none_or(|label| labels.split(", ").any(|own| own == label))
                && (*everywhere || space == namespace)
        }
        Peer::Block((cidr, except)) => within(ip, cidr) && !except.iter().any(|e| within(ip, e)),
    };
    rules.iter().any(|rule| {
        (rule.peers.is_empty() || rule.peers.iter().any(fits))
            && (rule.ports.is_empty()
                || rule
                    .ports
                    .iter()
                    .any(|(from, to)| (*from..=to.unwrap_or(*from)).contains(&port)))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases_of(96), ..ProptestConfig::default() })]

    /// Between Pods exactly that is delivered which the policies at both ends allow.
    #[test]
    fn policies_are_kept(
        ingress in rules(), egress in rules(), subject in 0..PODS.len(), peer in 0..PODS.len(),
        selects in any::<bool>(), ipv6 in any::<bool>(),
    ) {
        prop_assume!(subject != peer);
        let namespace = PODS[subject].1;
        let ips = PODS.map(|pod| if ipv6 { six(pod.3) } else { pod.3.to_owned() });
        let mut cluster = cluster(ProxyMode::Iptables, "Cluster");
        let chosen = if selects { "{}" } else { "{matchLabels: {app: nobody}}" };
        let text = format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: rules, namespace: {namespace}}}\nspec:\n  podSelector: {chosen}\n  policyTypes: [Ingress, Egress]\n{}{}",
            written("ingress", &ingress), written("egress", &egress)
        );
        restore(&mut cluster, &text);
        prop_assert_eq!(cluster.tables().count(kind::NETWORK_POLICY), 1);
        let judged = |from: usize, to: usize, port: u16| {
            let own = |pod: usize| selects && PODS[pod].1 == namespace;
            (!own(from) || allows(&egress, namespace, (to, &ips[to]), port))
                && (!own(to) || allows(&ingress, namespace, (from, &ips[from]), port))
        };
        let service = if ipv6 { "[fd00:10:96::50]:80" } else { "10.96.50.1:80" };
        for (from, to) in [(peer, subject), (subject, peer)] {
            let place = Place::pod(PODS[from].1, PODS[from].0, "c");
            for port in [80, 81, 90] {
                let to_address = SocketAddr::new(ips[to].parse().unwrap(), port);
                let end = cluster.trace(&place, to_address, Protocol::Tcp).end.map(|arrival| arrival.own);
                // Only 80 is listened on: what a policy lets in on another port is refused, not dropped.
                let wanted = match (judged(from, to, port), port) {
                    (true, 80) => Ok(to_address),
                    (true, _) => Err(ConnectError::Refused),
                    (false, _) => Err(ConnectError::TimedOut),
                };
                prop_assert_eq!(end, wanted, "{} to {} under\n{}", PODS[from].0, PODS[to].0, &text);
            }
            // By a Service, the policies are about the endpoint behind it.
            let traced = cluster.trace(&place, service.parse().unwrap(), Protocol::Tcp);
            let chosen = traced.chosen.expect("an endpoint").ip().to_string();
            let end = ips.iter().position(|ip| *ip == chosen).expect("a Pod");
            let own = end == from;
            prop_assert_eq!(traced.end.is_ok(), own || judged(from, end, 80), "{} to {} under\n{}", PODS[from].0, chosen, &text);
        }
    }
}
