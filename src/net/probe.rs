//! Echo requests and probes with a small TTL: what ping and traceroute see of the way to an address.
//!
//! A Pod, a node and a bridge answer; a Service's address does only in the ipvs mode, where it stands on an interface of
//! each node, and in the nftables mode not even with an error.

use super::walk::Network;
use super::{Fault, Place};
use crate::api::{Object, kind};
use crate::store::{Cidr, ProxyMode};
use std::net::IpAddr;

/// What comes back from an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// An answer.
    Answers,
    /// Nothing.
    Silent,
    /// A router's word that there is no such host.
    HostUnreachable(IpAddr),
    /// A router's word that it may not pass packets on.
    Prohibited(IpAddr),
    /// A router's word that it knows no way to that network.
    NetUnreachable(IpAddr),
    /// The sender's own word that it has no route.
    NoRoute,
}

/// The way to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The routers on the way.
    pub via: Vec<IpAddr>,
    /// What comes back from its end.
    pub echo: Echo,
}

impl Network<'_> {
    /// Follows an echo request.
    pub fn probe(&self, from: &Place, to: IpAddr) -> Probe {
        let own = self.node_of(from);
        let gateway = own.as_deref().and_then(|node| self.bridge(node));
        let route = |via: Vec<IpAddr>, echo: Echo| Probe { via, echo };
        if to.is_loopback() || self.source_address(from) == to {
            return route(Vec::new(), Echo::Answers);
        }
        if let Some(owner) = self.proxy.owner(to).filter(|_| *from != Place::Laptop) {
            let fault = self.tables.get(owner).and_then(|o| Fault::of(o));
            let usual = match self.settings.proxy_mode {
                ProxyMode::Ipvs => Echo::Answers,
                ProxyMode::Iptables | ProxyMode::Nftables => Echo::Silent,
            };
            return route(Vec::new(), faulty(fault, gateway, usual));
        }
        let out: Vec<IpAddr> = match from {
            Place::Pod { .. } => gateway.into_iter().collect(),
            Place::Node(_) | Place::Laptop => Vec::new(),
        };
        if let Some(node) = self.node_with(to) {
            let fault = Fault::of(&node);
            let same = own.as_deref() == Some(node.meta.name.as_str());
            let via = if same { Vec::new() } else { out };
            return route(via, faulty(fault, gateway, Echo::Answers));
        }
        if let Some(pod) = self.pod_with(to).filter(|_| *from != Place::Laptop) {
            let node = pod.pod().map(|p| p.spec.node_name.clone());
            let mut via = Vec::new();
            if node != own {
                via = out;
                via.extend(node.as_deref().and_then(|name| self.node_address(name)));
            }
            return route(via, faulty(Fault::of(&pod), gateway, Echo::Answers));
        }
        let in_subnet = |cidrs: &[Cidr]| cidrs.iter().any(|cidr| cidr.contains(to));
        let echo = match gateway.filter(|_| in_subnet(&self.settings.pod_cidrs)) {
            Some(gateway) => Echo::HostUnreachable(gateway),
            None => Echo::Silent,
        };
        route(out, echo)
    }

    fn node_of(&self, place: &Place) -> Option<String> {
        match place {
            Place::Laptop => None,
            Place::Node(name) => Some(name.to_string()),
            Place::Pod {
                namespace, name, ..
            } => Some(
                self.tables
                    .find(kind::POD, namespace, name)?
                    .pod()?
                    .spec
                    .node_name
                    .clone(),
            ),
        }
    }

    /// The address of a node's bridge: the first of its Pod subnet.
    fn bridge(&self, node: &str) -> Option<IpAddr> {
        bridge_of(self.tables.find(kind::NODE, "", node)?)
    }

    fn node_address(&self, node: &str) -> Option<IpAddr> {
        let object = self.tables.find(kind::NODE, "", node)?;
        object.node()?.internal_ip().parse().ok()
    }
}

/// The address of a node's bridge: the first of its Pod subnet.
pub(super) fn bridge_of(node: &Object) -> Option<IpAddr> {
    let cidr = Cidr::parse(&node.node()?.spec.pod_cidr)?;
    Some(cidr.nth(1))
}

fn faulty(fault: Option<Fault>, gateway: Option<IpAddr>, usual: Echo) -> Echo {
    match (fault, gateway) {
        (None | Some(Fault::Resetting | Fault::Refusing | Fault::Slow(_)), _) => usual,
        (Some(Fault::NoRoute), _) => Echo::NoRoute,
        (Some(Fault::Unreachable), Some(gateway)) => Echo::HostUnreachable(gateway),
        (Some(Fault::Prohibited), Some(gateway)) => Echo::Prohibited(gateway),
        (Some(Fault::NoNetwork), Some(gateway)) => Echo::NetUnreachable(gateway),
        (Some(Fault::Silent | Fault::Unreachable | Fault::Prohibited | Fault::NoNetwork), _) => {
            Echo::Silent
        }
    }
}
