//! What kube-proxy knows of the node that it runs on.

use crate::api::Object;
use crate::api::pod::Node;
use crate::store::{Cidr, ClusterNetwork, NodePortAddresses, ProxyMode};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

/// The label that names a node's zone.
const ZONE: &str = "topology.kubernetes.io/zone";

/// A node as its kube-proxy sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeView {
    /// Its name.
    pub name: Rc<str>,
    /// Its zone, empty if none is known.
    pub zone: Rc<str>,
    /// The addresses that the Node object names.
    pub addresses: Vec<IpAddr>,
    /// Those of them in the nodes' network.
    pub inner: Vec<IpAddr>,
    /// Its Pod subnets, as the Node object spells them.
    pub ranges: Vec<Rc<str>>,
    /// The addresses of its bridge, one for each Pod subnet of its own.
    pub bridges: Vec<IpAddr>,
}

impl NodeView {
    /// Reads a Node object.
    pub fn read(object: &Object, node: &Node) -> Self {
        let zone = object.meta.labels.get(ZONE).map(String::as_str);
        let listed = |types: &[&str]| {
            let all = node.status.addresses.iter();
            let wanted = all.filter(|a| types.contains(&a.type_.as_str()));
            wanted.filter_map(|a| a.address.parse().ok()).collect()
        };
        let subnets: &[String] = if node.spec.pod_cidrs.is_empty() {
            std::slice::from_ref(&node.spec.pod_cidr)
        } else {
            &node.spec.pod_cidrs
        };
        let bridges = subnets.iter().filter_map(|text| Cidr::parse(text));
        Self {
            name: object.meta.name.as_str().into(),
            zone: zone.unwrap_or_default().into(),
            addresses: listed(&["InternalIP", "ExternalIP"]),
            inner: listed(&["InternalIP"]),
            ranges: subnets.iter().map(|text| text.as_str().into()).collect(),
            bridges: bridges.map(|cidr| cidr.nth(1)).collect(),
        }
    }

    /// Whether a packet to or from this address is the node's own.
    pub fn is_own(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.addresses.contains(&ip) || self.bridges.contains(&ip)
    }

    /// The node's first address of a family, which source ranges are compared with.
    pub fn primary(&self, ipv6: bool) -> Option<IpAddr> {
        self.addresses
            .iter()
            .find(|ip| ip.is_ipv6() == ipv6)
            .copied()
    }

    /// The addresses that serve node ports; none if all local ones do.
    pub fn node_port_addresses(&self, network: &ClusterNetwork, ipv6: bool) -> Option<Vec<IpAddr>> {
        let own = self.addresses.iter().chain(&self.bridges).copied();
        let loopback: IpAddr = if ipv6 {
            Ipv6Addr::LOCALHOST.into()
        } else {
            Ipv4Addr::LOCALHOST.into()
        };
        let family = |ip: &IpAddr| ip.is_ipv6() == ipv6;
        match &network.proxy.node_port_addresses {
            NodePortAddresses::Unset if network.proxy_mode != ProxyMode::Nftables => None,
            NodePortAddresses::Unset | NodePortAddresses::Primary => {
                Some(self.primary(ipv6).into_iter().collect())
            }
            NodePortAddresses::Ranges(ranges) => {
                let ranges = || ranges.iter().filter(|r| r.base().is_ipv6() == ipv6);
                if ranges().next().is_none() || ranges().any(|range| range.prefix() == 0) {
                    return None;
                }
                let within = |ip: &IpAddr| ranges().any(|range| range.contains(*ip));
                let all = own.chain([loopback]).filter(family);
                Some(all.filter(within).collect())
            }
        }
    }
}
