//! Which endpoints the three modes of kube-proxy deliver to, for each kind of Service address, traffic policy, source and
//! state of the endpoints, in both address families: the set that the rules of `pkg/proxy/topology.go` allow.
//!
//! iptables and nftables deliver to the same; ipvs differs in what is known of it: where the policy Local finds no endpoint
//! on the node it takes those of all nodes, if the Service has an address for the outside, and what comes from inside the
//! cluster is held to the policy too.

use portside::api::Object;
use portside::cluster::{Cluster, Place, Protocol, Settings};
use portside::manifest::{Limits, read};
use portside::store::{Cidr, ProxyMode};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

/// What is said of an endpoint: ready, serving, terminating.
type State = (bool, bool, bool);

const STATES: [State; 4] = [
    (true, true, false),
    (false, false, false),
    (false, true, true),
    (false, false, true),
];

/// How often each connection is tried: more than enough to meet each of six endpoints.
const TRIES: usize = 100;

/// A Service and what is behind it.
#[derive(Clone, Debug)]
struct Shape {
    internal_local: bool,
    external_local: bool,
    /// Whether it has a node port and an external address.
    outside: bool,
    /// The node of each endpoint, and its state.
    endpoints: Vec<(u8, State)>,
    ipv6: bool,
}

impl Shape {
    fn address(&self, endpoint: usize) -> IpAddr {
        let (node, _) = self.endpoints[endpoint];
        let text = if self.ipv6 {
            format!("fd00:10:244:{}::{}", node - 1, 100 + endpoint)
        } else {
            format!("10.244.{}.{}", node - 1, 100 + endpoint)
        };
        text.parse().unwrap()
    }

    /// The ready endpoints, or else those that serve while they terminate; of one node or of all.
    fn usable(&self, node: Option<u8>) -> BTreeSet<IpAddr> {
        let here = |i: &usize| node.is_none_or(|node| self.endpoints[*i].0 == node);
        let fitting = |wanted: State| {
            (0..self.endpoints.len())
                .filter(here)
                .filter(move |i| self.endpoints[*i].1 == wanted)
                .map(|i| self.address(i))
                .collect::<BTreeSet<_>>()
        };
        let ready = fitting(STATES[0]);
        if ready.is_empty() {
            fitting(STATES[2])
        } else {
            ready
        }
    }

    fn manifest(&self) -> String {
        let policy = |local: bool| if local { "Local" } else { "Cluster" };
        let (ip, out, family) = if self.ipv6 {
            ("'fd00:10:96::50'", "'2001:db8::7'", "IPv6")
        } else {
            ("10.96.50.1", "198.51.100.7", "IPv4")
        };
        let outside = if self.outside {
            format!(
                "type: NodePort, externalIPs: [{out}], externalTrafficPolicy: {}",
                policy(self.external_local)
            )
        } else {
            "type: ClusterIP".to_owned()
        };
        let node_port = if self.outside {
            ", nodePort: 30080"
        } else {
            ""
        };
        let mut text = format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: default}}\nspec: {{{outside}, clusterIP: {ip}, clusterIPs: [{ip}], ipFamilies: [{family}], internalTrafficPolicy: {}, ports: [{{port: 80{node_port}}}]}}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: web-1, namespace: default, labels: {{kubernetes.io/service-name: web}}}}\naddressType: {family}\nports: [{{name: '', port: 80, protocol: TCP}}]\nendpoints:{}\n",
            policy(self.internal_local),
            if self.endpoints.is_empty() { " []" } else { "" }
        );
        for (i, (node, (ready, serving, terminating))) in self.endpoints.iter().enumerate() {
            writeln!(
                text,
                "- {{addresses: ['{}'], nodeName: node-{node}, conditions: {{ready: {ready}, serving: {serving}, terminating: {terminating}}}}}",
                self.address(i)
            )
            .unwrap();
        }
        for (i, (node, _)) in self.endpoints.iter().enumerate() {
            text.push_str(&pod(&format!("web-{i}"), *node, self.address(i), "nginx"));
        }
        for node in 2..4 {
            let ip = if self.ipv6 {
                format!("fd00:10:244:{}::50", node - 1)
            } else {
                format!("10.244.{}.50", node - 1)
            };
            text.push_str(&pod(
                &format!("box-{node}"),
                node,
                ip.parse().unwrap(),
                "busybox",
            ));
        }
        text
    }
}

fn pod(name: &str, node: u8, ip: IpAddr, image: &str) -> String {
    let command = if image == "busybox" {
        ", command: [sleep, infinity]"
    } else {
        ""
    };
    format!(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: default, uid: {name}}}\nspec: {{nodeName: node-{node}, containers: [{{name: c, image: {image}{command}}}]}}\nstatus: {{phase: Running, podIP: '{ip}', podIPs: [{{ip: '{ip}'}}], containerStatuses: [{{name: c, ready: true, state: {{running: {{startedAt: '2026-01-05T09:00:00Z'}}}}}}]}}\n"
    )
}

fn cluster(mode: ProxyMode, shape: &Shape) -> Cluster {
    let mut settings = Settings::default();
    settings.network.proxy_mode = mode;
    let six = |text: &str| Cidr::parse(text).unwrap();
    settings.network.service_cidrs.push(six("fd00:10:96::/112"));
    settings.network.pod_cidrs.push(six("fd00:10:244::/56"));
    let mut cluster = Cluster::new(&settings);
    for document in read(&shape.manifest(), &Limits::FILE).documents {
        cluster.restore(Object::from_value(document.value()).expect("an object"));
    }
    cluster
}

/// From where, and by which of its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Pod(u8),
    Node(u8),
    Laptop,
    Outside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    ClusterIp,
    NodePort(u8),
    ExternalIp,
}

impl From {
    fn place(self) -> Place {
        match self {
            Self::Pod(node) => Place::pod("default", &format!("box-{node}"), "c"),
            Self::Node(node) => Place::Node(format!("node-{node}").into()),
            Self::Laptop => Place::Laptop,
            Self::Outside => Place::Outside,
        }
    }
}

/// The endpoints that a packet may come to.
fn allowed(mode: ProxyMode, shape: &Shape, from: From, to: To, entry: u8) -> BTreeSet<IpAddr> {
    let inside = match (from, to) {
        (From::Laptop | From::Outside, _) => false,
        // Elsewhere it bears its node's address: for that node's rules it comes from without.
        (From::Pod(node) | From::Node(node), To::NodePort(at)) => node == at,
        (From::Pod(_) | From::Node(_), _) => true,
    };
    if to == To::ClusterIp && matches!(from, From::Laptop | From::Outside) {
        return BTreeSet::new();
    }
    if to != To::ClusterIp && !shape.outside {
        return BTreeSet::new();
    }
    let local = match to {
        To::ClusterIp => shape.internal_local,
        To::NodePort(_) | To::ExternalIp => shape.external_local,
    };
    let everywhere = shape.usable(None);
    let here = shape.usable(Some(entry));
    match (local, mode) {
        (false, _) => everywhere,
        (true, ProxyMode::Ipvs) if here.is_empty() && shape.outside => everywhere,
        (true, ProxyMode::Ipvs) => here,
        (true, _) if to != To::ClusterIp && inside => everywhere,
        (true, _) => here,
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let endpoint = (1..4u8, prop::sample::select(STATES.to_vec()));
    let endpoints = prop::collection::vec(endpoint, 0..6);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (endpoints, flags).prop_map(|(endpoints, flags)| Shape {
        internal_local: flags.0,
        external_local: flags.1,
        outside: flags.2,
        endpoints,
        ipv6: flags.3,
    })
}

fn sources() -> impl Strategy<Value = From> {
    prop_oneof![
        (2..4u8).prop_map(From::Pod),
        (1..4u8).prop_map(From::Node),
        Just(From::Laptop),
        Just(From::Outside),
    ]
}

fn targets() -> impl Strategy<Value = To> {
    prop_oneof![
        Just(To::ClusterIp),
        (1..4u8).prop_map(To::NodePort),
        Just(To::ExternalIp),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases_of(40), failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the mode, a Service's endpoints are those that its policy allows at the node where the packet comes in.
    #[test]
    fn each_mode_delivers_to_the_endpoints_that_the_policy_allows(shape in shapes(), from in sources(), to in targets()) {
        for mode in [ProxyMode::Iptables, ProxyMode::Nftables, ProxyMode::Ipvs] {
            let mut cluster = cluster(mode, &shape);
            let node_ip = |cluster: &Cluster, node: u8| {
                let object = cluster.tables().find(portside::api::kind::NODE, "", &format!("node-{node}")).unwrap();
                let addresses = &object.node().unwrap().status.addresses;
                let mut own = addresses.iter().filter_map(|a| a.address.parse::<IpAddr>().ok());
                own.find(|ip| ip.is_ipv6() == shape.ipv6).unwrap()
            };
            let (ip, port) = match (to, shape.ipv6) {
                (To::ClusterIp, false) => ("10.96.50.1".parse().unwrap(), 80),
                (To::ClusterIp, true) => ("fd00:10:96::50".parse().unwrap(), 80),
                (To::ExternalIp, false) => ("198.51.100.7".parse().unwrap(), 80),
                (To::ExternalIp, true) => ("2001:db8::7".parse().unwrap(), 80),
                (To::NodePort(node), _) => (node_ip(&cluster, node), 30080),
            };
            let mut reached = BTreeSet::new();
            let mut entry = match (from, to) {
                (_, To::NodePort(node)) | (From::Pod(node) | From::Node(node), _) => node,
                (From::Laptop | From::Outside, _) => 1,
            };
            for _ in 0..TRIES {
                let since = cluster.end();
                let opened = cluster.connect(&from.place(), SocketAddr::new(ip, port), Protocol::Tcp, None);
                if to == To::ExternalIp && !matches!(from, From::Pod(_) | From::Node(_)) {
                    // The network round the nodes leads external addresses to one of them.
                    let nodes = cluster.events_since(since).filter_map(|e| e.text("to").strip_prefix("node//node-")?.parse().ok());
                    entry = nodes.min_by_key(|_: &u8| 0).unwrap_or(entry);
                }
                let Ok(id) = opened else { break };
                cluster.close(id);
                let delivered = cluster.events_since(since).rfind(|e| e.kind.id == "delivered");
                let at: SocketAddr = delivered.expect("a delivery").text("dst").parse().unwrap();
                reached.insert(at.ip());
            }
            let wanted = allowed(mode, &shape, from, to, entry);
            prop_assert_eq!(reached, wanted, "{:?}: {:?} to {:?} by node-{}", mode, from, to, entry);
        }
    }
}
