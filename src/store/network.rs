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
        }
    }
}
