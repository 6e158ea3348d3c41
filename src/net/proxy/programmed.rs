//! What kube-proxy has programmed: an index of addresses, kept in step with each write of a Service, slice or Node.

use super::endpoint::{Patch, differs, gather};
use super::{EndpointSet, NodeView, ServicePort};
use crate::api::service::EndpointSlice;
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::{Arrange, BTreeMap, BTreeSet};
use crate::net::Protocol;
use crate::store::{Change, Tables};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// The label that names a slice's Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// Labels of Services and slices that kube-proxy leaves to others.
const OTHERS: [&str; 2] = [
    "service.kubernetes.io/service-proxy-name",
    "service.kubernetes.io/headless",
];

/// What kind of address of a Service a packet was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Door {
    ClusterIp,
    ExternalIp,
    LoadBalancer,
}

/// An address and a port that lead to a Service.
type Frontend = (IpAddr, u16, Protocol);
/// Who answers there: usually one, and the first by name if several ask for the same.
type Claims<T> = Vec<T>;

/// What kube-proxy has programmed; the same on all nodes.
#[derive(Clone, Debug, Default)]
pub struct Proxy {
    services: BTreeMap<ObjectKey, Vec<Rc<ServicePort>>>,
    frontends: BTreeMap<Frontend, Claims<(Door, Rc<ServicePort>)>>,
    node_ports: BTreeMap<(u16, Protocol, bool), Claims<Rc<ServicePort>>>,
    health_ports: BTreeMap<u16, Claims<Rc<ServicePort>>>,
    /// The Services of each address, and whether it is their `ClusterIP`.
    owners: BTreeMap<IpAddr, BTreeSet<(bool, ObjectKey)>>,
    nodes: BTreeMap<Rc<str>, Rc<NodeView>>,
    /// How many endpoints all Service ports have together.
    endpoints: usize,
}

impl Proxy {
    /// Follows writes; returns the Services whose rules were written anew.
    pub fn observe(&mut self, tables: &Tables, changes: &[Change]) -> BTreeSet<ObjectKey> {
        let mut touched = BTreeSet::new();
        // What the slices of a Service mean to its endpoints; none where it has to be looked at anew.
        let mut patches: BTreeMap<ObjectKey, Option<Patch>> = BTreeMap::new();
        for change in changes {
            if change.key.kind == kind::SERVICE {
                touched.insert(change.key.clone());
                patches.insert(change.key.clone(), None);
            } else if change.key.kind == kind::ENDPOINT_SLICE {
                let sides = [change.old.as_deref(), change.new.as_deref()];
                let [old, new] = sides.map(|side| side.and_then(Object::slice));
                let [before, after] = sides.map(|side| side.and_then(service_of));
                let moves = old.is_some() && new.is_some() && before != after;
                if differs(old, new) || moves {
                    touched.extend([&before, &after].into_iter().flatten().cloned());
                }
                let ours = sides.iter().flatten().all(|slice| is_ours(slice));
                let certain = ours && !moves;
                if let Some(service) = before.clone().filter(|_| !certain) {
                    patches.insert(service, None);
                }
                if let Some(service) = after.or(before) {
                    let patch = patches
                        .entry(service)
                        .or_insert_with(|| Some(Patch::default()));
                    let known = patch.as_mut().filter(|_| certain);
                    if !known.is_some_and(|patch| patch.add(&change.key, old, new)) {
                        *patch = None;
                    }
                }
            } else if change.key.kind == kind::NODE {
                self.meet(&change.key, change.new.as_deref());
            }
        }
        for key in &touched {
            let ports = self.withdraw(key);
            let patch = patches.get(key).and_then(Option::as_ref);
            let patched = patch.and_then(|patch| patched(ports, patch));
            if let Some(ports) = patched {
                let ports = ports
                    .into_iter()
                    .map(|port| self.claim(key, port))
                    .collect();
                self.services.insert(key.clone(), ports);
            } else if let Some(object) = tables.get(key) {
                self.program(tables, object);
            }
        }
        touched
    }

    /// The Service whose address this is, whatever the port.
    pub fn owner(&self, address: IpAddr) -> Option<&ObjectKey> {
        Some(&self.owners.get(&address)?.first()?.1)
    }

    /// All programmed Service ports, by Service.
    pub fn ports(&self) -> impl Iterator<Item = &Rc<ServicePort>> {
        self.services.values().flatten()
    }

    /// The ports of one Service, in all families.
    pub fn ports_of(&self, service: &ObjectKey) -> &[Rc<ServicePort>] {
        self.services
            .get(service)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// How many endpoints all Service ports have together.
    pub fn endpoint_count(&self) -> usize {
        self.endpoints
    }

    /// A node, as its kube-proxy sees it.
    pub fn node(&self, name: &str) -> Option<&Rc<NodeView>> {
        self.nodes.get(name)
    }

    /// Who claims an address and a port.
    pub(super) fn claims(&self, to: SocketAddr, protocol: Protocol) -> &[(Door, Rc<ServicePort>)] {
        let claims = self.frontends.get(&(to.ip(), to.port(), protocol));
        claims.map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether an address and port are a Service port's: one of its addresses, or its node port on whatever address.
    pub fn leads_to(&self, to: SocketAddr, protocol: Protocol, port: &ServicePort) -> bool {
        let is = |other: &Rc<ServicePort>| other.name == port.name;
        let claims = self.claims(to, protocol);
        let ports = self.node_port(to.port(), protocol, to.is_ipv6());
        claims.iter().any(|(_, other)| is(other)) || ports.iter().any(is)
    }

    /// Who claims a node port.
    pub(super) fn node_port(
        &self,
        port: u16,
        protocol: Protocol,
        ipv6: bool,
    ) -> &[Rc<ServicePort>] {
        let claims = self.node_ports.get(&(port, protocol, ipv6));
        claims.map(Vec::as_slice).unwrap_or_default()
    }

    /// Who asks for a port on which nodes tell of local endpoints.
    pub(super) fn health_port(&self, port: u16) -> &[Rc<ServicePort>] {
        let claims = self.health_ports.get(&port);
        claims.map(Vec::as_slice).unwrap_or_default()
    }

    /// The Service whose `ClusterIP` this is.
    pub(super) fn cluster_ip_owner(&self, address: IpAddr) -> Option<&ObjectKey> {
        let owners = self.owners.get(&address)?;
        owners
            .iter()
            .find(|(cluster, _)| *cluster)
            .map(|(_, key)| key)
    }

    fn meet(&mut self, key: &ObjectKey, node: Option<&Object>) {
        match node.and_then(|object| Some(NodeView::read(object, object.node()?))) {
            Some(view) => {
                self.nodes.insert(view.name.clone(), Rc::new(view));
            }
            None => {
                self.nodes.remove(&key.name);
            }
        }
    }

    /// Takes a Service's rules away; gives back what they were made of.
    fn withdraw(&mut self, key: &ObjectKey) -> Vec<Rc<ServicePort>> {
        let ports = self.services.remove(key).unwrap_or_default();
        for port in &ports {
            self.endpoints -= port.endpoints.all().len();
            for (door, ip) in doors(port) {
                let frontend = (ip, port.port(), port.name.protocol);
                release(&mut self.frontends, &frontend, |(_, p)| Rc::ptr_eq(p, port));
                if let Some(owners) = self.owners.get_mut(&ip) {
                    owners.remove(&(door == Door::ClusterIp, key.clone()));
                    if owners.is_empty() {
                        self.owners.remove(&ip);
                    }
                }
            }
            let node_port = (
                port.node_port,
                port.name.protocol,
                port.cluster_ip.is_ipv6(),
            );
            release(&mut self.node_ports, &node_port, |p| Rc::ptr_eq(p, port));
            release(&mut self.health_ports, &port.health_check_node_port, |p| {
                Rc::ptr_eq(p, port)
            });
        }
        ports
    }

    fn program(&mut self, tables: &Tables, object: &Object) {
        let Some(service) = object.service().filter(|_| is_ours(object)) else {
            return;
        };
        let key = object.key();
        let slices = slices_of(tables, &key);
        let mut programmed = Vec::new();
        for ipv6 in [false, true] {
            let ports = ServicePort::all(&key, service, ipv6);
            if ports.is_empty() {
                continue;
            }
            let listed = slices.iter().map(|(key, slice)| (key, *slice));
            let (mut endpoints, once) = gather(listed, ipv6);
            for mut port in ports {
                let own = (port.name.port.clone(), port.name.protocol);
                let listed = endpoints.remove(&own).unwrap_or_default();
                port.endpoints = EndpointSet::of(listed, once);
                programmed.push(self.claim(&key, port));
            }
        }
        if !programmed.is_empty() {
            self.services.insert(key, programmed);
        }
    }

    fn claim(&mut self, key: &ObjectKey, port: ServicePort) -> Rc<ServicePort> {
        let port = Rc::new(port);
        let protocol = port.name.protocol;
        self.endpoints += port.endpoints.all().len();
        for (door, ip) in doors(&port) {
            let claims = self
                .frontends
                .entry((ip, port.port(), protocol))
                .or_default();
            claims.push((door, port.clone()));
            claims.arrange_by(|a, b| (&a.1.name, a.0).cmp(&(&b.1.name, b.0)));
            let owners = self.owners.entry(ip).or_default();
            owners.insert((door == Door::ClusterIp, key.clone()));
        }
        if port.node_port != 0 {
            let at = (port.node_port, protocol, port.cluster_ip.is_ipv6());
            let claims = self.node_ports.entry(at).or_default();
            claims.push(port.clone());
            claims.arrange_by(|a, b| a.name.cmp(&b.name));
        }
        if port.health_check_node_port != 0 {
            let at = port.health_check_node_port;
            self.health_ports.entry(at).or_default().push(port.clone());
        }
        port
    }
}

/// The ports of a Service after its slices changed; none if it has to be looked at anew.
fn patched(ports: Vec<Rc<ServicePort>>, patch: &Patch) -> Option<Vec<ServicePort>> {
    let change = |port: Rc<ServicePort>| {
        let mut port = Rc::try_unwrap(port).unwrap_or_else(|port| (*port).clone());
        let ipv6 = port.cluster_ip.is_ipv6();
        let (gone, come) = patch.of((&port.name.port, port.name.protocol), ipv6);
        port.endpoints.change(&gone, &come).then_some(port)
    };
    // A Service without ports may have been none of ours.
    let ports = Some(ports).filter(|ports| !ports.is_empty())?;
    ports.into_iter().map(change).collect()
}

/// The addresses of a Service port.
pub(super) fn doors(port: &ServicePort) -> impl Iterator<Item = (Door, IpAddr)> {
    let kind = |door: Door| move |ip: &IpAddr| (door, *ip);
    std::iter::once((Door::ClusterIp, port.cluster_ip))
        .chain(port.external_ips.iter().map(kind(Door::ExternalIp)))
        .chain(port.vips.iter().map(kind(Door::LoadBalancer)))
}

fn release<K: Ord + Clone, T: Clone>(
    map: &mut BTreeMap<K, Claims<T>>,
    key: &K,
    own: impl Fn(&T) -> bool,
) {
    if let Some(claims) = map.get_mut(key) {
        claims.retain(|claim| !own(claim));
        if claims.is_empty() {
            map.remove(key);
        }
    }
}

fn is_ours(object: &Object) -> bool {
    OTHERS
        .iter()
        .all(|label| !object.meta.labels.contains_key(*label))
}

/// The Service that a slice belongs to.
fn service_of(slice: &Object) -> Option<ObjectKey> {
    let name = slice.meta.labels.get(SERVICE_NAME)?;
    Some(ObjectKey::new(kind::SERVICE, &slice.meta.namespace, name))
}

/// The slices of a Service, by name.
pub(super) fn slices_of<'a>(
    tables: &'a Tables,
    service: &ObjectKey,
) -> Vec<(ObjectKey, &'a EndpointSlice)> {
    let slices = tables.slices_of(&service.namespace, &service.name);
    let ours = slices.into_iter().filter(|object| is_ours(object));
    ours.filter_map(|object| Some((object.key(), object.slice()?)))
        .collect()
}
