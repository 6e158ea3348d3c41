//! Who bears which address: Pods and nodes, kept beside the tables so that a look-up costs the same in any cluster.

use super::Protocol;
use crate::api::image::Listening;
use crate::api::pod::{Node, Pod};
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::store::{Change, Cidr};
use std::cell::OnceCell;
use std::net::IpAddr;
use std::rc::Rc;

/// What bears an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bearer {
    /// A Pod with a network of its own.
    Pod,
    /// A node's own address.
    Node,
    /// The bridge between a node and its Pods.
    Bridge,
}

/// The owner of an address.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) bearer: Bearer,
    pub(super) key: ObjectKey,
    /// The object itself, as it was written last.
    pub(super) object: Rc<Object>,
    /// What the Pod listens on, once somebody asked.
    heard: OnceCell<Heard>,
    /// The node that it is on.
    pub(super) node: Rc<str>,
}

/// All addresses, and the Pods that listen at their node's address.
#[derive(Clone, Debug, Default)]
pub struct AddressBook {
    owners: BTreeMap<IpAddr, Owner>,
    /// Pods on the host network or with host ports, by node.
    at_node: BTreeMap<Rc<str>, BTreeSet<ObjectKey>>,
}

/// What a Pod listens on.
type Heard = Rc<[Listening]>;

impl AddressBook {
    /// Follows writes of Pods and nodes.
    pub fn observe(&mut self, changes: &[Change]) {
        for change in changes {
            if change.key.kind != kind::POD && change.key.kind != kind::NODE {
                continue;
            }
            let states = change.old.as_deref().zip(change.new.as_deref());
            let stays = states.is_some_and(|(old, new)| stands_as(old, new));
            let standing = Standing::of(change.new.as_deref());
            if stays || Standing::of(change.old.as_deref()) == standing {
                if let Some(new) = &change.new {
                    self.renew(&standing, &change.key, new);
                }
                continue;
            }
            if let Some(old) = &change.old {
                self.leave(old);
            }
            if let Some(new) = &change.new {
                self.enter(new);
            }
        }
    }

    /// The owner of an address.
    pub(super) fn owner(&self, ip: IpAddr) -> Option<&Owner> {
        self.owners.get(&ip)
    }

    /// The Pods that listen at a node's own address.
    pub(super) fn at_node(&self, node: &str) -> impl Iterator<Item = &ObjectKey> {
        self.at_node.get(node).into_iter().flatten()
    }

    /// What the Pod that answers at an address listens on.
    pub(super) fn heard_at(
        &self,
        ip: IpAddr,
        object: &Rc<Object>,
        read: &dyn Fn() -> Vec<Listening>,
    ) -> Heard {
        let owner = self.owner(ip);
        match owner.filter(|owner| Rc::ptr_eq(&owner.object, object)) {
            Some(owner) => owner.heard.get_or_init(|| read().into()).clone(),
            None => read().into(),
        }
    }

    /// An object was written again, and bears the same addresses.
    fn renew(&mut self, standing: &Standing<'_>, key: &ObjectKey, object: &Rc<Object>) {
        for (ip, _) in &standing.addresses {
            if let Some(owner) = self.owners.get_mut(ip).filter(|owner| owner.key == *key) {
                owner.object = object.clone();
                owner.heard = OnceCell::new();
            }
        }
    }

    fn enter(&mut self, object: &Rc<Object>) {
        let standing = Standing::of(Some(object));
        let node: Rc<str> = standing.node.into();
        let key = object.key();
        if standing.at_node {
            let there = self.at_node.entry(node.clone()).or_default();
            there.insert(key.clone());
        }
        for (ip, bearer) in standing.addresses {
            let owner = Owner {
                bearer,
                key: key.clone(),
                object: object.clone(),
                heard: OnceCell::new(),
                node: node.clone(),
            };
            self.owners.insert(ip, owner);
        }
    }

    fn leave(&mut self, object: &Object) {
        let standing = Standing::of(Some(object));
        let key = object.key();
        if let Some(there) = self.at_node.get_mut(standing.node) {
            there.remove(&key);
            if there.is_empty() {
                self.at_node.remove(standing.node);
            }
        }
        for (ip, _) in standing.addresses {
            if self.owners.get(&ip).is_some_and(|owner| owner.key == key) {
                self.owners.remove(&ip);
            }
        }
    }
}

/// Whether a Pod is where it was, seen without reading its addresses: most writes touch only its containers.
fn stands_as(old: &Object, new: &Object) -> bool {
    let (Some(old), Some(new)) = (old.pod(), new.pod()) else {
        return false;
    };
    old.spec.make() == new.spec.make()
        && old.spec.node_name == new.spec.node_name
        && old.status.pod_ip == new.status.pod_ip
        && old.status.pod_ips == new.status.pod_ips
        && old.is_finished() == new.is_finished()
}

/// What of an object the book is about.
#[derive(Debug, Default, PartialEq, Eq)]
struct Standing<'a> {
    node: &'a str,
    addresses: Vec<(IpAddr, Bearer)>,
    at_node: bool,
}

impl<'a> Standing<'a> {
    fn of(object: Option<&'a Object>) -> Self {
        let Some(object) = object else {
            return Self::default();
        };
        match (object.pod(), object.node()) {
            (Some(pod), _) if !pod.is_finished() => Self {
                node: &pod.spec.node_name,
                addresses: pod_addresses(pod),
                at_node: !pod.spec.node_name.is_empty()
                    && (pod.spec.host_network || has_host_port(pod)),
            },
            (None, Some(node)) => Self {
                node: &object.meta.name,
                addresses: node_addresses(node),
                at_node: false,
            },
            (Some(_), _) | (None, None) => Self::default(),
        }
    }
}

fn pod_addresses(pod: &Pod) -> Vec<(IpAddr, Bearer)> {
    if pod.spec.host_network {
        return Vec::new();
    }
    let ips = pod.status.pod_ips.iter().map(|ip| ip.ip.as_str());
    let first = pod.status.pod_ip.as_str();
    let rest = ips.filter(|ip| *ip != first);
    [first]
        .into_iter()
        .chain(rest)
        .filter_map(|ip| Some((ip.parse().ok()?, Bearer::Pod)))
        .collect()
}

fn node_addresses(node: &Node) -> Vec<(IpAddr, Bearer)> {
    let own = node.status.addresses.iter();
    let own = own.filter_map(|a| Some((a.address.parse().ok()?, Bearer::Node)));
    let bridges = bridges(node).map(|ip| (ip, Bearer::Bridge));
    own.chain(bridges).collect()
}

/// The addresses of a node's bridge: the first of each of its Pod subnets.
pub(super) fn bridges(node: &Node) -> impl Iterator<Item = IpAddr> {
    let cidrs = node.spec.pod_cidrs.iter();
    let only = std::iter::once(&node.spec.pod_cidr).filter(|_| node.spec.pod_cidrs.is_empty());
    cidrs
        .chain(only)
        .filter_map(|text| Some(Cidr::parse(text)?.nth(1)))
}

fn has_host_port(pod: &Pod) -> bool {
    let ports = pod.spec.containers.iter().flat_map(|c| &c.ports);
    ports.into_iter().any(|port| port.host_port > 0)
}

/// The port of a Pod that one of its node's ports leads to.
pub(super) fn behind_host_port(pod: &Pod, port: u16, protocol: Protocol) -> Option<u16> {
    let ports = pod.spec.containers.iter().flat_map(|c| &c.ports);
    let found = ports
        .into_iter()
        .find(|p| p.host_port == i64::from(port) && Protocol::parse(p.protocol()) == protocol);
    found.and_then(|p| u16::try_from(p.container_port).ok())
}
