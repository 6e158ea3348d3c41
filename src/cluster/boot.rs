//! What a fresh cluster holds: namespaces, nodes, the API's own Service, and cluster DNS.

use super::{Cluster, Settings};
use crate::api::endpoints::{EndpointAddress, EndpointSubset, Endpoints, SubsetPort};
use crate::api::pod::{
    Condition, Container, ContainerPort, HttpGet, Node, NodeAddress, Probe, Taint, Toleration,
};
use crate::api::service::{
    Endpoint, EndpointConditions, EndpointPort, EndpointSlice, ServicePort, ServiceSpec,
};
use crate::api::workload::DeploymentSpec;
use crate::api::{KindRef, Map, Object, ObjectMeta, StringMap, Value, kind};
use crate::kernel::{SimTime, Span};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// The instant at which a learner finds the cluster.
const READY_AT: SimTime = SimTime(43_000_000);
/// The version that the cluster and its tools speak as.
pub(super) const VERSION: &str = "v1.36.2";

/// What each node has; 110 Pods are the kubelet's own limit.
const AMOUNTS: [(&str, &str); 4] = [
    ("cpu", "4"),
    ("ephemeral-storage", "61202244Ki"),
    ("memory", "8145416Ki"),
    ("pods", "110"),
];

/// Brings the cluster up.
pub(super) fn boot(cluster: &mut Cluster, settings: &Settings) {
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        put(cluster, kind::NAMESPACE, ("", name), &[], Map::new());
    }
    let class = crate::controllers::standard_class();
    cluster.store.provide(&cluster.sim, class);
    node(cluster, settings, 0);
    api_service(cluster);
    dns_service(cluster);
    core_file(cluster);
    proxy_settings(cluster);
    core_dns(cluster);
    cluster.settle(Span::secs(20));
    for index in 1..settings.nodes {
        cluster.advance(Span::millis(400));
        node(cluster, settings, index);
    }
    cluster.settle(Span::secs(10));
    cluster.run_until(READY_AT, usize::MAX);
}

impl Cluster {
    /// Another node joins, with the next free name and the next part of the Pod subnet; its name and what became of it.
    pub fn add_node(&mut self) -> String {
        let taken = |index: u8| {
            let name = format!("node-{}", index + 1);
            self.tables().find(kind::NODE, "", &name).is_some()
        };
        let Some(index) = (1..250).find(|index| !taken(*index)) else {
            return "There is no room for another node.".to_owned();
        };
        let settings = Settings {
            network: (*self.network).clone(),
            ..Settings::default()
        };
        node(self, &settings, index);
        format!("node-{} has joined.", index + 1)
    }
}

fn put(
    cluster: &mut Cluster,
    kind: KindRef,
    (namespace, name): (&str, &str),
    labels: &[(&str, &str)],
    fields: Map,
) {
    let meta = ObjectMeta {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        labels: map(labels),
        ..Default::default()
    };
    let created = cluster.create(Object::new(kind, meta, fields), None, false);
    debug_assert!(created.is_ok(), "the boot manifests are valid: {created:?}");
}

fn map(pairs: &[(&str, &str)]) -> StringMap {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn wrap(key: &str, map: Map) -> Map {
    Map::from([(key.to_owned(), Value::Map(map))])
}

fn node(cluster: &mut Cluster, settings: &Settings, index: u8) {
    let name = format!("node-{}", index + 1);
    let mut labels = vec![
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", name.as_str()),
        ("kubernetes.io/os", "linux"),
    ];
    let mut node = Node::default();
    if index == 0 {
        labels.push(("node-role.kubernetes.io/control-plane", ""));
        let key = "node-role.kubernetes.io/control-plane".to_owned();
        node.spec.taints.push(Taint {
            key,
            effect: "NoSchedule".to_owned(),
            ..Default::default()
        });
    }
    node.spec.pod_cidrs = settings
        .network
        .pod_cidrs
        .iter()
        .map(|cidr| {
            let prefix = if cidr.base().is_ipv4() { 24 } else { 64 };
            cidr.subnet(prefix, u128::from(index)).to_string()
        })
        .collect();
    node.spec.pod_cidr = node.spec.pod_cidrs.first().cloned().unwrap_or_default();
    let address = |type_: &str, address: String| NodeAddress {
        type_: type_.to_owned(),
        address,
        ..Default::default()
    };
    let own = settings.network.pod_cidrs.iter();
    let own = own.map(|cidr| node_ip(index, cidr.base().is_ipv6()));
    node.status.addresses = own
        .map(|ip| address("InternalIP", ip.to_string()))
        .collect();
    node.status
        .addresses
        .push(address("Hostname", name.clone()));
    node.status.conditions = conditions(&cluster.sim.timestamp());
    let info = [
        ("architecture", "amd64"),
        ("containerRuntimeVersion", "containerd://2.2.1"),
        ("kernelVersion", "6.8.0-45-generic"),
        ("kubeletVersion", VERSION),
        ("kubeProxyVersion", ""),
        ("operatingSystem", "linux"),
        ("osImage", "Debian GNU/Linux 12 (bookworm)"),
    ];
    node.status.node_info = info
        .iter()
        .map(|(k, v)| ((*k).to_owned(), Value::from(*v)))
        .collect();
    for key in ["capacity", "allocatable"] {
        let amounts = AMOUNTS.map(|(name, amount)| (name.to_owned(), amount.into()));
        let amounts = Value::Map(Map::from(amounts));
        node.status.rest.insert(key.to_owned(), amounts);
    }
    put(cluster, kind::NODE, ("", &name), &labels, node.to_map());
}

/// A node's address in the network that it shares with the laptop.
fn node_ip(index: u8, ipv6: bool) -> IpAddr {
    let host = 2 + index;
    if ipv6 {
        IpAddr::from([0xfd00, 0xc0a8, 0x31, 0, 0, 0, 0, u16::from(host)])
    } else {
        IpAddr::from([192, 168, 49, host])
    }
}

fn conditions(now: &str) -> Vec<Condition> {
    let rows: [[&'static str; 4]; 4] = [
        [
            "MemoryPressure",
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available",
        ],
        [
            "DiskPressure",
            "False",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure",
        ],
        [
            "PIDPressure",
            "False",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available",
        ],
        [
            "Ready",
            "True",
            "KubeletReady",
            "kubelet is posting ready status",
        ],
    ];
    let condition = |[type_, status, reason, message]: [&'static str; 4]| Condition {
        type_: type_.into(),
        status: status.into(),
        reason: reason.into(),
        message: message.into(),
        last_transition_time: now.to_owned().into(),
        ..Default::default()
    };
    rows.into_iter().map(condition).collect()
}

fn port(name: &str, protocol: &str, port: i64, target: i64) -> ServicePort {
    ServicePort {
        name: name.to_owned(),
        protocol: protocol.to_owned(),
        port,
        target_port: Value::Int(target),
        ..Default::default()
    }
}

/// The Service `kubernetes`, whose slice the API server itself writes.
fn api_service(cluster: &mut Cluster) {
    let first = cluster
        .network
        .service_cidrs
        .first()
        .map(|cidr| cidr.nth(1).to_string())
        .unwrap_or_default();
    let spec = ServiceSpec {
        cluster_ip: first.clone(),
        ports: vec![port("https", "TCP", 443, 6443)],
        ..Default::default()
    };
    let labels = [("component", "apiserver"), ("provider", "kubernetes")];
    put(
        cluster,
        kind::SERVICE,
        ("default", "kubernetes"),
        &labels,
        wrap("spec", spec.to_map()),
    );
    let ipv6 = first.contains(':');
    let own = node_ip(0, ipv6).to_string();
    let endpoint = Endpoint {
        addresses: vec![own.clone()],
        conditions: EndpointConditions {
            ready: Some(true),
            ..Default::default()
        },
        ..Default::default()
    };
    let slice = EndpointSlice {
        address_type: if ipv6 { "IPv6" } else { "IPv4" }.to_owned(),
        endpoints: Some(vec![Rc::new(endpoint)]),
        ports: Some(vec![EndpointPort {
            name: Some("https".to_owned()),
            protocol: Some("TCP".to_owned()),
            port: Some(6443),
            ..Default::default()
        }]),
        ..Default::default()
    };
    let labels = [("kubernetes.io/service-name", "kubernetes")];
    put(
        cluster,
        kind::ENDPOINT_SLICE,
        ("default", "kubernetes"),
        &labels,
        slice.to_map(),
    );
    let subset = EndpointSubset {
        addresses: vec![Rc::new(EndpointAddress {
            ip: own,
            ..Default::default()
        })],
        ports: vec![SubsetPort {
            name: "https".to_owned(),
            port: 6443,
            protocol: "TCP".to_owned(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let endpoints = Endpoints {
        subsets: vec![subset],
        ..Default::default()
    };
    let labels = [("endpointslice.kubernetes.io/skip-mirror", "true")];
    put(
        cluster,
        kind::ENDPOINTS,
        ("default", "kubernetes"),
        &labels,
        endpoints.to_map(),
    );
}

fn dns_service(cluster: &mut Cluster) {
    let spec = ServiceSpec {
        cluster_ip: cluster.network.dns_address.to_string(),
        selector: map(&[("k8s-app", "kube-dns")]),
        ports: vec![
            port("dns", "UDP", 53, 53),
            port("dns-tcp", "TCP", 53, 53),
            port("metrics", "TCP", 9153, 9153),
        ],
        ..Default::default()
    };
    let labels = [
        ("k8s-app", "kube-dns"),
        ("kubernetes.io/cluster-service", "true"),
        ("kubernetes.io/name", "CoreDNS"),
    ];
    put(
        cluster,
        kind::SERVICE,
        ("kube-system", "kube-dns"),
        &labels,
        wrap("spec", spec.to_map()),
    );
}

/// kubeadm's `coredns` `ConfigMap`.
fn core_file(cluster: &mut Cluster) {
    let text = crate::dns::default_corefile(&cluster.network.domain);
    let data = Map::from([("Corefile".to_owned(), Value::Str(text))]);
    put(
        cluster,
        kind::CONFIG_MAP,
        ("kube-system", "coredns"),
        &[],
        wrap("data", data),
    );
}

/// kubeadm's `kube-proxy` `ConfigMap`: what kube-proxy was started with, and how it reaches the API server.
fn proxy_settings(cluster: &mut Cluster) {
    let server = node_ip(0, cluster.network.dns_address.is_ipv6());
    let reach = format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- cluster:\n    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt\n    server: https://{}\n  name: default\ncontexts:\n- context:\n    cluster: default\n    namespace: default\n    user: default\n  name: default\ncurrent-context: default\nusers:\n- name: default\n  user:\n    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token\n",
        SocketAddr::new(server, 6443)
    );
    let config = super::settings::proxy_configuration(&cluster.network);
    let data = [("config.conf", config), ("kubeconfig.conf", reach)];
    let data = data.map(|(key, text)| (key.to_owned(), Value::Str(text)));
    put(
        cluster,
        kind::CONFIG_MAP,
        ("kube-system", "kube-proxy"),
        &[("app", "kube-proxy")],
        wrap("data", Map::from(data)),
    );
}

fn core_dns(cluster: &mut Cluster) {
    let declared = |name: &str, protocol: &str, number: i64| ContainerPort {
        name: name.to_owned(),
        container_port: number,
        protocol: protocol.to_owned(),
        ..Default::default()
    };
    let ready = HttpGet {
        path: "/ready".to_owned(),
        port: Value::Int(8181),
        ..Default::default()
    };
    let container = Container {
        name: "coredns".to_owned(),
        image: "registry.k8s.io/coredns/coredns:v1.14.2".to_owned(),
        args: vec!["-conf".to_owned(), "/etc/coredns/Corefile".to_owned()],
        ports: vec![
            declared("dns", "UDP", 53),
            declared("dns-tcp", "TCP", 53),
            declared("metrics", "TCP", 9153),
        ],
        readiness_probe: Some(Box::new(Probe {
            http_get: Some(ready),
            ..Default::default()
        })),
        image_pull_policy: "IfNotPresent".to_owned(),
        ..Default::default()
    };
    let mut spec = DeploymentSpec {
        replicas: Some(2),
        ..Default::default()
    };
    spec.selector.match_labels = map(&[("k8s-app", "kube-dns")]);
    spec.template.metadata.labels = map(&[("k8s-app", "kube-dns")]);
    let pods = &mut *spec.template.spec;
    pods.containers = vec![container];
    pods.dns_policy = "Default".to_owned();
    let bear = |key: &str, effect: &str| Toleration {
        key: key.to_owned(),
        operator: if effect.is_empty() { "Exists" } else { "" }.to_owned(),
        effect: effect.to_owned(),
        ..Default::default()
    };
    pods.tolerations = vec![
        bear("CriticalAddonsOnly", ""),
        bear("node-role.kubernetes.io/control-plane", "NoSchedule"),
    ];
    let labels = [("k8s-app", "kube-dns")];
    put(
        cluster,
        kind::DEPLOYMENT,
        ("kube-system", "coredns"),
        &labels,
        wrap("spec", spec.to_map()),
    );
}
