//! The cluster's network settings: what kubeadm's `ClusterConfiguration` and kube-proxy's configuration say.

use super::Cidr;
use std::net::IpAddr;

/// How kube-proxy sends Service traffic on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyMode {
    /// The default.
    #[default]
    Iptables,
    /// The newer one.
    Nftables,
    /// The deprecated one.
    Ipvs,
}

impl ProxyMode {
    /// kube-proxy's own word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Iptables => "iptables",
            Self::Nftables => "nftables",
            Self::Ipvs => "ipvs",
        }
    }
}

/// Which of a node's addresses serve node ports (`nodePortAddresses`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NodePortAddresses {
    /// Unset: all of them, or with nftables the primary ones.
    #[default]
    Unset,
    /// The word `primary`: the addresses that the Node names.
    Primary,
    /// Those in these ranges.
    Ranges(Vec<Cidr>),
}

/// What kube-proxy's configuration says besides the mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxySettings {
    /// Which addresses serve node ports.
    pub node_port_addresses: NodePortAddresses,
    /// The ranges that Pods' addresses come from (`clusterCIDR`); unset means the cluster's Pod subnets, empty that no rule
    /// can tell a Pod.
    pub cluster_cidrs: Option<Vec<Cidr>>,
    /// Whether all traffic to Services' addresses bears the node's address.
    pub masquerade_all: bool,
    /// The bit of the packet mark that says so.
    pub masquerade_bit: u8,
    /// Whether node ports answer at 127.0.0.1 (iptables only).
    pub localhost_node_ports: bool,
    /// How ipvs spreads connections.
    pub scheduler: String,
    /// Whether the kernel forgives TCP segments that are out of order (`nf_conntrack_tcp_be_liberal`).
    pub tcp_liberal: bool,
    /// Whether the kernel counts with `nfacct`; usual ones lack the module.
    pub counts: bool,
    /// Whether `iptables` knows `--random-fully`, as all of this decade do.
    pub random_fully: bool,
}

impl Default for ProxySettings {
    fn default() -> Self {
        Self {
            node_port_addresses: NodePortAddresses::default(),
            cluster_cidrs: None,
            masquerade_all: false,
            masquerade_bit: 14,
            localhost_node_ports: true,
            scheduler: "rr".to_owned(),
            tcp_liberal: false,
            counts: false,
            random_fully: true,
        }
    }
}

/// Subnets, domain and proxy mode of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterNetwork {
    /// The Service subnets, at most one of each family; the first is the default family.
    pub service_cidrs: Vec<Cidr>,
    /// The Pod subnets; each node gets a part.
    pub pod_cidrs: Vec<Cidr>,
    /// The DNS domain, without a final dot.
    pub domain: String,
    /// The address of cluster DNS.
    pub dns_address: IpAddr,
    /// How Service traffic is sent on.
    pub proxy_mode: ProxyMode,
    /// What else kube-proxy's configuration says.
    pub proxy: ProxySettings,
}

impl ClusterNetwork {
    /// The range that tells Pods' addresses of a family from others, if rules have one.
    pub fn local_detector(&self, ipv6: bool) -> Option<Cidr> {
        let cidrs = self.proxy.cluster_cidrs.as_ref();
        let mut cidrs = cidrs.unwrap_or(&self.pod_cidrs).iter();
        cidrs.find(|cidr| cidr.base().is_ipv6() == ipv6).copied()
    }

    /// The mark of packets that are to bear the node's address.
    pub fn masquerade_mark(&self) -> u32 {
        1 << (self.proxy.masquerade_bit & 31)
    }
}

impl Default for ClusterNetwork {
    /// kubeadm's 10.96.0.0/12 and `cluster.local`, DNS at its tenth address, and kind's Pod subnet.
    fn default() -> Self {
        let cidr = |a, b, c, d, prefix| Cidr::new(IpAddr::from([a, b, c, d]), prefix);
        Self {
            service_cidrs: vec![cidr(10, 96, 0, 0, 12)],
            pod_cidrs: vec![cidr(10, 244, 0, 0, 16)],
            domain: "cluster.local".to_owned(),
            dns_address: IpAddr::from([10, 96, 0, 10]),
            proxy_mode: ProxyMode::default(),
            proxy: ProxySettings::default(),
        }
    }
}
