//! The virtual servers, the addresses of `kube-ipvs0` and the sets of the ipvs mode (`pkg/proxy/ipvs/ipset.go`).

use super::verdict::real_servers;
use crate::kernel::{Arrange, BTreeMap, BTreeSet};
use crate::net::Protocol;
use crate::net::proxy::ruling::{external_policy, internal_policy};
use crate::net::proxy::{NodeView, Policy, Proxy, ServicePort};
use crate::store::ClusterNetwork;
use std::net::{IpAddr, SocketAddr};

/// The longest name of a set.
const LONGEST: usize = 31;

/// An address and port that ipvs serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualServer {
    /// How connections are spread.
    pub scheduler: String,
    /// For how many seconds a client stays with its real server, if it does.
    pub persistent: Option<u32>,
    /// The real servers, each with weight 1.
    pub real: Vec<SocketAddr>,
}

/// A row of the table of sets: name, type and comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetKind {
    /// Its name behind `KUBE-`.
    pub name: &'static str,
    /// Its type.
    pub kind: &'static str,
    /// Its comment.
    pub comment: &'static str,
}

macro_rules! sets {
    ($($id:ident $name:literal $kind:literal $comment:literal;)*) => {
        $(pub(super) const $id: SetKind = SetKind { name: $name, kind: $kind, comment: $comment };)*
        /// All sets, in the order of their making.
        pub const SETS: &[SetKind] = &[$($id),*];
    };
}
sets! {
    LOOP_BACK "LOOP-BACK" "hash:ip,port,ip" "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose";
    CLUSTER_IP "CLUSTER-IP" "hash:ip,port" "Kubernetes service cluster ip + port for masquerade purpose";
    EXTERNAL_IP "EXTERNAL-IP" "hash:ip,port" "Kubernetes service external ip + port for masquerade and filter purpose";
    EXTERNAL_IP_LOCAL "EXTERNAL-IP-LOCAL" "hash:ip,port" "Kubernetes service external ip + port with externalTrafficPolicy=local";
    LOAD_BALANCER "LOAD-BALANCER" "hash:ip,port" "Kubernetes service lb portal";
    LOAD_BALANCER_FW "LOAD-BALANCER-FW" "hash:ip,port" "Kubernetes service load balancer ip + port for load balancer with sourceRange";
    LOAD_BALANCER_LOCAL "LOAD-BALANCER-LOCAL" "hash:ip,port" "Kubernetes service load balancer ip + port with externalTrafficPolicy=local";
    SOURCE_IP "LOAD-BALANCER-SOURCE-IP" "hash:ip,port,ip" "Kubernetes service load balancer ip + port + source IP for packet filter purpose";
    SOURCE_CIDR "LOAD-BALANCER-SOURCE-CIDR" "hash:ip,port,net" "Kubernetes service load balancer ip + port + source cidr for packet filter purpose";
    NODE_PORT_TCP "NODE-PORT-TCP" "bitmap:port" "Kubernetes nodeport TCP port for masquerade purpose";
    NODE_PORT_LOCAL_TCP "NODE-PORT-LOCAL-TCP" "bitmap:port" "Kubernetes nodeport TCP port with externalTrafficPolicy=local";
    NODE_PORT_UDP "NODE-PORT-UDP" "bitmap:port" "Kubernetes nodeport UDP port for masquerade purpose";
    NODE_PORT_LOCAL_UDP "NODE-PORT-LOCAL-UDP" "bitmap:port" "Kubernetes nodeport UDP port with externalTrafficPolicy=local";
    NODE_PORT_SCTP "NODE-PORT-SCTP-HASH" "hash:ip,port" "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'";
    NODE_PORT_LOCAL_SCTP "NODE-PORT-LOCAL-SCTP-HASH" "hash:ip,port" "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'";
    HEALTH_CHECK "HEALTH-CHECK-NODE-PORT" "bitmap:port" "Kubernetes health check node port";
    IPVS_IPS "IPVS-IPS" "hash:ip" "Addresses on the ipvs interface";
}

impl SetKind {
    /// The whole name: `KUBE-CLUSTER-IP`, or `KUBE-6-CLUSTER-IP` for IPv6.
    pub fn full_name(&self, ipv6: bool) -> String {
        let mut name = format!("KUBE-{}{}", if ipv6 { "6-" } else { "" }, self.name);
        name.truncate(LONGEST);
        name
    }
}

/// What the ipvs mode has set up on a node for one family.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The virtual servers.
    pub servers: BTreeMap<(IpAddr, u16, Protocol), VirtualServer>,
    /// The addresses of `kube-ipvs0`.
    pub addresses: BTreeSet<IpAddr>,
    /// The entries of each set, under its short name.
    pub sets: BTreeMap<&'static str, BTreeSet<String>>,
    /// Load balancers' addresses that the node itself must not reach.
    pub(super) walled: BTreeSet<(SocketAddr, Protocol)>,
}

/// What is set up for all Service ports.
pub fn state(proxy: &Proxy, network: &ClusterNetwork, node: &NodeView, ipv6: bool) -> State {
    let listed = node.node_port_addresses(network, ipv6).unwrap_or_else(|| {
        let all = node.addresses.iter().chain(&node.bridges);
        all.filter(|ip| ip.is_ipv6() == ipv6).copied().collect()
    });
    let mut sync = Sync {
        network,
        node,
        node_ips: listed.into_iter().filter(|ip| !ip.is_loopback()).collect(),
        state: State::default(),
    };
    for port in proxy
        .ports()
        .filter(|port| port.cluster_ip.is_ipv6() == ipv6)
    {
        sync.serve(port);
    }
    sync.state
}

struct Sync<'a> {
    network: &'a ClusterNetwork,
    node: &'a NodeView,
    node_ips: Vec<IpAddr>,
    state: State,
}

impl Sync<'_> {
    fn enter(&mut self, set: SetKind, entry: String) {
        self.state.sets.entry(set.name).or_default().insert(entry);
    }

    /// A virtual server; what is no address of the node's interfaces is given to `kube-ipvs0`.
    fn server(
        &mut self,
        port: &ServicePort,
        (ip, number): (IpAddr, u16),
        policy: Policy,
        bind: bool,
    ) {
        let mut real: Vec<(String, SocketAddr)> = real_servers(port, policy, self.node)
            .iter()
            .map(|e| (e.address.to_string(), e.address))
            .collect();
        real.arrange();
        let server = VirtualServer {
            scheduler: self.network.proxy.scheduler.clone(),
            persistent: port.affinity,
            real: real.into_iter().map(|(_, address)| address).collect(),
        };
        let at = (ip, number, port.name.protocol);
        self.state.servers.insert(at, server);
        let bound = self.node.is_own(ip) && !ip.is_loopback();
        if bind && !bound {
            self.state.addresses.insert(ip);
            self.enter(IPVS_IPS, ip.to_string());
        }
    }

    fn serve(&mut self, port: &ServicePort) {
        let protocol = port.name.protocol.lower();
        let number = port.port();
        let at = |ip: IpAddr| format!("{ip},{protocol}:{number}");
        for endpoint in port
            .endpoints
            .all()
            .iter()
            .filter(|e| e.node == self.node.name)
        {
            let (ip, number) = (endpoint.address.ip(), endpoint.address.port());
            self.enter(LOOP_BACK, format!("{ip},{protocol}:{number},{ip}"));
        }
        self.enter(CLUSTER_IP, at(port.cluster_ip));
        self.server(port, (port.cluster_ip, number), internal_policy(port), true);
        for ip in &port.external_ips {
            let set = if port.external_local {
                EXTERNAL_IP_LOCAL
            } else {
                EXTERNAL_IP
            };
            self.enter(set, at(*ip));
            self.server(port, (*ip, number), external_policy(port), true);
        }
        for ip in &port.vips {
            self.enter(LOAD_BALANCER, at(*ip));
            if port.external_local {
                self.enter(LOAD_BALANCER_LOCAL, at(*ip));
            }
            if !port.source_ranges.is_empty() {
                self.wall(port, *ip, &at(*ip));
            }
            self.server(port, (*ip, number), external_policy(port), true);
        }
        if port.node_port != 0 {
            if self.node_ips.is_empty() {
                return;
            }
            self.node_port(port);
        }
        if port.health_check_node_port != 0 {
            self.enter(HEALTH_CHECK, port.health_check_node_port.to_string());
        }
    }

    fn wall(&mut self, port: &ServicePort, ip: IpAddr, at: &str) {
        self.enter(LOAD_BALANCER_FW, at.to_owned());
        for range in &port.source_ranges {
            self.enter(SOURCE_CIDR, format!("{at},{range}"));
        }
        let own = self.node.primary(ip.is_ipv6());
        if own.is_some_and(|own| port.source_ranges.iter().any(|range| range.contains(own))) {
            self.enter(SOURCE_IP, format!("{at},{ip}"));
        } else {
            let to = SocketAddr::new(ip, port.port());
            self.state.walled.insert((to, port.name.protocol));
        }
    }

    fn node_port(&mut self, port: &ServicePort) {
        let (all, local) = match port.name.protocol {
            Protocol::Tcp => (NODE_PORT_TCP, NODE_PORT_LOCAL_TCP),
            Protocol::Udp => (NODE_PORT_UDP, NODE_PORT_LOCAL_UDP),
            Protocol::Sctp => (NODE_PORT_SCTP, NODE_PORT_LOCAL_SCTP),
        };
        for ip in self.node_ips.clone() {
            let entry = match port.name.protocol {
                Protocol::Sctp => format!("{ip},sctp:{}", port.node_port),
                Protocol::Tcp | Protocol::Udp => port.node_port.to_string(),
            };
            if port.external_local {
                self.enter(local, entry.clone());
            }
            self.enter(all, entry);
            self.server(port, (ip, port.node_port), external_policy(port), false);
        }
    }
}
