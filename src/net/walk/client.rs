//! The first step: which address a client's packet bears, and into which network it goes.

use super::way::{FAR, NEAR, Stage, Stop, Way};
use super::{Arrival, Network};
use crate::api::pod::Pod;
use crate::api::{Object, kind};
use crate::net::Place;
use crate::net::address_book::{Bearer, Owner};
use crate::net::because::Spot;
use crate::net::hop::{ConnectError, Verdict};
use crate::net::proxy::Hook;
use crate::store::{Cidr, ProxyMode};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

/// The laptop's address: it shares the nodes' network, as with minikube or kind.
pub(super) const LAPTOP: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 168, 49, 1));
/// Its other address, which counts where nodes have one of that family.
const LAPTOP6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0xc0a8, 0x31, 0, 0, 0, 0, 1));

/// The addresses of the machine of the world outside: of the ranges that documents use (RFC 5737, RFC 3849).
const OUTSIDE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 10)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0x113, 0, 0, 0, 10)),
];

/// Whether an address is that of the machine of the world outside.
pub(super) fn is_outside(ip: IpAddr) -> bool {
    OUTSIDE.contains(&ip)
}

/// Whether an address is the laptop's.
pub(super) fn is_laptop(ip: IpAddr) -> bool {
    ip == LAPTOP || ip == LAPTOP6
}

/// Whether an address lies in the network that the laptop shares with the nodes.
pub(super) fn is_beside_laptop(ip: IpAddr) -> bool {
    Cidr::new(LAPTOP, 24).contains(ip) || Cidr::new(LAPTOP6, 64).contains(ip)
}

impl Network<'_> {
    /// Chooses the source's address and sends the packet out.
    pub(super) fn set_out(&self, way: &mut Way<'_>) -> Stage<Arrival> {
        let to = way.packet.to.ip();
        let Some(source) = self.source_for(way, to) else {
            let family = if to.is_ipv4() { "IPv4" } else { "IPv6" };
            let because = format!("{} has no {family} address to send from", way.packet.from);
            let here = Spot::of(&way.packet.from);
            way.beside(here, Verdict::Unreachable, because.into());
            return Err(Stop::at_once(ConnectError::Unreachable));
        };
        way.src = SocketAddr::new(source, way.packet.source_port);
        match &way.packet.from {
            Place::Laptop | Place::Outside => self.leave_machine(way),
            Place::Node(name) => {
                way.enter(name, Hook::Output);
                self.through_node(way)
            }
            Place::Pod { .. } => match way.client {
                Some((_, pod)) if pod.spec.host_network => {
                    way.enter(&pod.spec.node_name.as_str().into(), Hook::Output);
                    self.through_node(way)
                }
                Some((object, pod)) => self.out_of_pod(way, object, pod),
                None => Err(Stop::at_once(ConnectError::Unreachable)),
            },
        }
    }

    fn out_of_pod(&self, way: &mut Way<'_>, object: &Rc<Object>, pod: &Pod) -> Stage<Arrival> {
        let to = way.dst.ip();
        let own = |owner: &&Rc<Owner>| Rc::ptr_eq(&owner.object, object);
        if to.is_loopback() || self.book.owner(to).filter(own).is_some() {
            // It never leaves the Pod's own network.
            let owner = self.book.pod(object, pod);
            return self.to_process_of(way, &owner, None);
        }
        way.enter(&pod.spec.node_name.as_str().into(), Hook::Prerouting);
        self.through_node(way)
    }

    /// The Pod in which a client stands.
    pub(in crate::net) fn pod_at(&self, place: &Place) -> Option<(&Rc<Object>, &Pod)> {
        let Place::Pod {
            namespace, name, ..
        } = place
        else {
            return None;
        };
        let object = self.tables.find(kind::POD, namespace, name)?;
        Some((object, object.pod()?))
    }

    /// The addresses of a client's own interfaces, the usual one first.
    pub(in crate::net) fn own_addresses(&self, place: &Place) -> Vec<IpAddr> {
        match place {
            Place::Laptop | Place::Outside => {
                let has = |ip: &IpAddr| {
                    let mut subnets = self.settings.pod_cidrs.iter();
                    subnets.any(|cidr| cidr.base().is_ipv6() == ip.is_ipv6())
                };
                let own = if *place == Place::Laptop {
                    [LAPTOP, LAPTOP6]
                } else {
                    OUTSIDE
                };
                own.into_iter().filter(has).collect()
            }
            Place::Node(name) => self.node_ips(name).to_vec(),
            Place::Pod { .. } => {
                let pod = self.pod_at(place).into_iter();
                pod.flat_map(|(_, pod)| pod_ips(pod)).collect()
            }
        }
    }

    /// The address that a packet to `to` bears when it leaves a client; none if the client has none of that family.
    fn source_for(&self, way: &Way<'_>, to: IpAddr) -> Option<IpAddr> {
        if to.is_loopback() {
            return Some(to);
        }
        let family = |ip: &IpAddr| ip.is_ipv4() == to.is_ipv4();
        let node = match (&way.packet.from, way.client) {
            (Place::Node(name), _) => &**name,
            (_, Some((_, pod))) if pod.spec.host_network => pod.spec.node_name.as_str(),
            (_, Some((_, pod))) => return pod_ips(pod).find(family),
            (place, None) => return self.own_addresses(place).into_iter().find(family),
        };
        if self.settings.proxy_mode == ProxyMode::Ipvs && self.proxy.owner(to).is_some() {
            // Services' addresses stand on an interface of the node.
            return Some(to);
        }
        if let Some(owner) = self.book.owner(to).filter(|owner| *owner.node == *node) {
            // To its own Pods a node speaks from the bridge, to itself from the address that it addresses.
            return match owner.bearer {
                Bearer::Pod => self.bridge_ip(node, to.is_ipv4()),
                Bearer::Node | Bearer::Bridge => Some(to),
            };
        }
        let own = self.own_addresses(&way.packet.from);
        own.into_iter().find(family)
    }

    /// The addresses of a node in its network, the first one first.
    pub(in crate::net) fn node_ips(&self, name: &str) -> &[IpAddr] {
        let node = self.proxy.node(name);
        node.map_or(&[], |node| node.inner.as_slice())
    }

    /// The address of a node's bridge.
    pub(in crate::net) fn bridge_ip(&self, name: &str, ipv4: bool) -> Option<IpAddr> {
        let mut bridges = self.proxy.node(name)?.bridges.iter().copied();
        bridges.find(|ip| ip.is_ipv4() == ipv4)
    }

    /// Whether an address is one of a node's own.
    pub(super) fn is_of_node(&self, ip: IpAddr, node: &str) -> bool {
        ip.is_loopback()
            || self
                .book
                .owner(ip)
                .is_some_and(|owner| owner.bearer != Bearer::Pod && *owner.node == *node)
    }

    /// How long a packet takes from a client to a node, with what it lost on the way to what is slow.
    pub(super) fn distance(&self, way: &Way<'_>, node: &str) -> crate::kernel::Span {
        let from = match &way.packet.from {
            Place::Laptop | Place::Outside => None,
            Place::Node(name) => Some(&**name),
            Place::Pod { .. } => way.client.map(|(_, pod)| pod.spec.node_name.as_str()),
        };
        let usual = if from == Some(node) { NEAR } else { FAR };
        usual + way.slow
    }
}

/// A Pod's addresses, the usual one first.
fn pod_ips(pod: &Pod) -> impl Iterator<Item = IpAddr> {
    let all = pod.status.pod_ips.iter().map(|ip| ip.ip.as_str());
    let first = pod.status.pod_ip.as_str();
    let others = all.filter(move |ip| *ip != first);
    let all = std::iter::once(first).chain(others);
    all.filter_map(|ip| ip.parse().ok())
}
