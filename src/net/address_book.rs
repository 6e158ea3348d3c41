//! Who bears which address: Pods and nodes, kept beside the tables so that a look-up costs the same in any cluster.

use super::{Fault, Protocol};
use crate::api::image::{Listening, is_cluster_dns};
use crate::api::pod::{Node, Pod};
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::store::{Change, Cidr};
use std::cell::{OnceCell, RefCell};
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

/// Who bears an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What names it.
    pub key: ObjectKey,
    /// Its uid.
    pub uid: Rc<str>,
    /// The chart's name of its place.
    pub(super) place: Rc<str>,
}

impl Identity {
    /// The identity of a Pod or a node.
    pub(super) fn new(key: ObjectKey, uid: &str) -> Self {
        let what = if key.kind == kind::POD {
            "pod/"
        } else {
            "node/"
        };
        Self {
            place: [what, &key.namespace, "/", &key.name].concat().into(),
            uid: uid.into(),
            key,
        }
    }
}

/// The owner of an address.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) bearer: Bearer,
    pub(super) who: Rc<Identity>,
    /// The object itself, as it was written last.
    pub(super) object: Rc<Object>,
    /// Whether it is a replica of cluster DNS.
    pub(super) is_dns: bool,
    /// What the Pod listens on, once somebody asked.
    heard: OnceCell<Heard>,
    /// The node that it is on.
    pub(super) node: Rc<str>,
}

/// All addresses, and the Pods that listen at their node's address.
#[derive(Clone, Debug, Default)]
pub struct AddressBook {
    owners: BTreeMap<IpAddr, Rc<Owner>>,
    /// Pods on the host network or with host ports, by node.
    at_node: BTreeMap<Rc<str>, BTreeMap<ObjectKey, Rc<Owner>>>,
    /// Names that many owners share.
    names: BTreeSet<Rc<str>>,
    /// What was read last of what a Pod listens on: the Pods of a template share it.
    last_heard: RefCell<Option<Heard>>,
    /// What annotations make of the traffic to Pods, nodes and Services; mostly nothing.
    faults: BTreeMap<ObjectKey, Fault>,
}

/// What a Pod listens on.
pub(super) type Heard = Rc<[Rc<Listening>]>;

impl Owner {
    /// The owner that an object is.
    fn of(key: ObjectKey, object: &Rc<Object>, node: Rc<str>) -> Self {
        Self {
            bearer: Bearer::Pod,
            who: Rc::new(Identity::new(key, &object.meta.uid)),
            is_dns: is_cluster_dns(object),
            object: object.clone(),
            heard: OnceCell::new(),
            node,
        }
    }

    /// The object was written again.
    fn renew(&mut self, object: &Rc<Object>) {
        self.is_dns = is_cluster_dns(object);
        self.object = object.clone();
        self.heard = OnceCell::new();
    }
}

impl AddressBook {
    /// Follows writes of Pods and nodes, and what annotations make of the traffic to them and to Services.
    pub fn observe(&mut self, changes: &[Change]) {
        for change in changes {
            let bears = change.key.kind == kind::POD || change.key.kind == kind::NODE;
            if bears || change.key.kind == kind::SERVICE {
                self.note_fault(&change.key, change.new.as_deref());
            }
            if !bears {
                continue;
            }
            let states = change.old.as_deref().zip(change.new.as_deref());
            let stays = states.is_some_and(|(old, new)| stands_as(old, new));
            if stays && change.new.as_deref().is_some_and(has_no_address) {
                continue;
            }
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
    pub(super) fn owner(&self, ip: IpAddr) -> Option<&Rc<Owner>> {
        self.owners.get(&ip)
    }

    /// What a Pod listens on; read once for each of its states.
    pub(super) fn heard<'o>(&self, owner: &'o Owner, read: &dyn Fn() -> Heard) -> &'o Heard {
        owner.heard.get_or_init(|| {
            let (mut last, heard) = (self.last_heard.borrow_mut(), read());
            let same = last.as_ref().filter(|last| **last == heard);
            let heard = same.cloned().unwrap_or(heard);
            *last = Some(heard.clone());
            heard
        })
    }

    /// A Pod as the owner of its address, or by itself if it has none.
    pub(super) fn pod(&self, object: &Rc<Object>, pod: &Pod) -> Rc<Owner> {
        let known = pod.status.pod_ip.parse().ok().and_then(|ip| self.owner(ip));
        let same = |owner: &&Rc<Owner>| Rc::ptr_eq(&owner.object, object);
        let apart = || Owner::of(object.key(), object, pod.spec.node_name.as_str().into());
        known
            .filter(same)
            .cloned()
            .unwrap_or_else(|| apart().into())
    }

    /// What an annotation makes of the traffic to a Pod, a node or a Service.
    pub(super) fn fault(&self, key: &ObjectKey) -> Option<Fault> {
        if self.faults.is_empty() {
            return None;
        }
        self.faults.get(key).copied()
    }

    /// The Pods that listen at a node's own address.
    pub(super) fn at_node(&self, node: &str) -> impl Iterator<Item = &Rc<Owner>> {
        let there = self.at_node.get(node).into_iter();
        there.flat_map(|there| there.values())
    }

    fn note_fault(&mut self, key: &ObjectKey, object: Option<&Object>) {
        match object.and_then(Fault::of) {
            Some(fault) => {
                self.faults.insert(key.clone(), fault);
            }
            None if self.faults.is_empty() => {}
            None => {
                self.faults.remove(key);
            }
        }
    }

    /// An object was written again, and bears the same addresses.
    fn renew(&mut self, standing: &Standing<'_>, key: &ObjectKey, object: &Rc<Object>) {
        let at_node = self.at_node.get_mut(standing.node);
        if let Some(owner) = at_node.and_then(|there| there.get_mut(key)) {
            Rc::make_mut(owner).renew(object);
        }
        for (ip, _) in &standing.addresses {
            if let Some(owner) = self
                .owners
                .get_mut(ip)
                .filter(|owner| owner.who.key == *key)
            {
                Rc::make_mut(owner).renew(object);
            }
        }
    }

    fn enter(&mut self, object: &Rc<Object>) {
        let standing = Standing::of(Some(object));
        let node = self.name(standing.node);
        let key = ObjectKey {
            kind: object.kind,
            namespace: self.name(&object.meta.namespace),
            name: object.meta.name.as_str().into(),
        };
        let owner = Owner::of(key.clone(), object, node.clone());
        if standing.at_node {
            let there = self.at_node.entry(node).or_default();
            there.insert(key, owner.clone().into());
        }
        for (ip, bearer) in standing.addresses {
            let owner = Owner {
                bearer,
                ..owner.clone()
            };
            self.owners.insert(ip, owner.into());
        }
    }

    /// A name that is kept once.
    fn name(&mut self, text: &str) -> Rc<str> {
        if let Some(known) = self.names.get(text) {
            return known.clone();
        }
        let name: Rc<str> = text.into();
        self.names.insert(name.clone());
        name
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
            if self
                .owners
                .get(&ip)
                .is_some_and(|owner| owner.who.key == key)
            {
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

/// Whether a Pod waits for its address.
fn has_no_address(object: &Object) -> bool {
    let bare = |pod: &Pod| pod.status.pod_ip.is_empty() && pod.status.pod_ips.is_empty();
    object.pod().is_some_and(bare)
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
