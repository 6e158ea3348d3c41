//! What the `kubernetes` plugin knows of the cluster: Services, ready endpoints, namespaces and Pods, indexed by name
//! and address.
//!
//! It follows the writes one by one, so its cost follows the change and not the size of the cluster. Addresses are
//! compared as the text in which they were stored, as `CoreDNS` does.

use super::because::ServiceName;
use super::names::Names;
use crate::api::service::{Endpoint as ApiEndpoint, EndpointSlice, Service, ServiceType};
use crate::api::{Object, StringMap, kind};
use crate::kernel::{BTreeMap, BTreeSet, unshared_by};
use crate::store::Change;
use std::net::IpAddr;
use std::rc::Rc;

/// The label that ties a slice to its Service.
const SERVICE_LABEL: &str = "kubernetes.io/service-name";

/// An address as it was stored, and as a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub text: Rc<str>,
    pub ip: IpAddr,
}

impl Address {
    fn parse(text: &str) -> Option<Self> {
        let ip: IpAddr = text.parse().ok()?;
        Some(Self {
            text: text.into(),
            ip: ip.to_canonical(),
        })
    }
}

/// The addresses of a Service: the first stands in place, since most Services have no other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Addresses {
    first: Option<IpAddr>,
    more: Vec<IpAddr>,
}

impl Addresses {
    pub(super) fn iter(&self) -> impl Iterator<Item = IpAddr> {
        self.first.into_iter().chain(self.more.iter().copied())
    }
}

impl FromIterator<IpAddr> for Addresses {
    fn from_iter<T: IntoIterator<Item = IpAddr>>(all: T) -> Self {
        let mut all = all.into_iter();
        Self {
            first: all.next(),
            more: all.collect(),
        }
    }
}

/// A port that DNS can name; no number when the Service or slice declares no port at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Port {
    pub name: Rc<str>,
    pub protocol: Rc<str>,
    pub number: Option<u16>,
}

/// What a Service is to DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Publishes {
    /// Its own addresses.
    Addresses(Addresses),
    /// Its endpoints' addresses.
    Endpoints,
    /// Another name.
    Alias(Rc<str>),
}

/// A Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServiceEntry {
    pub publishes: Publishes,
    pub ports: Vec<Port>,
}

/// A ready endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub address: Address,
    pub hostname: Option<Rc<str>>,
    pub pod: Option<Rc<str>>,
    pub zone: Option<Rc<str>>,
}

/// What a slice lists, and the ready endpoints that this makes: one for each address.
pub(super) type Listed = (Rc<ApiEndpoint>, Rc<[Endpoint]>);

/// The ready endpoints of one slice.
#[derive(Clone, Debug)]
pub(super) struct Slice {
    listed: Vec<Listed>,
    pub ports: Vec<Port>,
}

impl PartialEq for Slice {
    /// What DNS does not tell may differ.
    fn eq(&self, other: &Self) -> bool {
        self.ports == other.ports && self.endpoints().eq(other.endpoints())
    }
}

impl Slice {
    /// Its endpoints, in its order.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = &Endpoint> + Clone {
        self.listed
            .iter()
            .flat_map(|(_, endpoints)| endpoints.iter())
    }
}

/// A Service with its slices; either may be missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Backend {
    pub service: Option<(Rc<str>, ServiceEntry)>,
    pub slices: BTreeMap<Rc<str>, Slice>,
}

/// A namespace with its Services.
#[derive(Clone, Debug, Default)]
pub(super) struct Space {
    /// The namespace's name and labels, if the namespace exists.
    pub namespace: Option<(Rc<str>, StringMap)>,
    pub backends: Names<Backend>,
}

/// What DNS knows of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PodEntry<'a> {
    address: &'a str,
    running: bool,
}

/// Names under an address.
type ByAddress = BTreeMap<Rc<str>, BTreeSet<ServiceName>>;

/// Everything that the plugin watches.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalog {
    pub spaces: Names<Space>,
    by_cluster_ip: ByAddress,
    /// How many endpoints of a Service have an address.
    by_endpoint_ip: BTreeMap<Rc<str>, BTreeMap<ServiceName, usize>>,
    pods: ByAddress,
    running: BTreeSet<ServiceName>,
    /// The Unix time of the last change that a client could see.
    pub modified: u32,
}

impl Catalog {
    /// The Service or slices of a name.
    pub(super) fn backend(&self, namespace: &str, name: &str) -> Option<&Backend> {
        self.spaces.get(namespace)?.backends.get(name)
    }

    /// The Services that have this cluster address.
    pub(super) fn with_cluster_ip(&self, ip: &str) -> impl Iterator<Item = &ServiceName> {
        self.by_cluster_ip.get(ip).into_iter().flatten()
    }

    /// The Services that have a ready endpoint with this address.
    pub(super) fn with_endpoint_ip(&self, ip: &str) -> impl Iterator<Item = &ServiceName> {
        let services = self.by_endpoint_ip.get(ip);
        services.into_iter().flat_map(|services| services.keys())
    }

    /// The live Pods that have this address as their first.
    pub(super) fn pods_with_ip(&self, ip: &str) -> impl Iterator<Item = &ServiceName> {
        self.pods.get(ip).into_iter().flatten()
    }

    /// The namespace of the running Pod that has this address.
    pub(super) fn client_namespace(&self, ip: &str) -> Option<&Rc<str>> {
        self.pods_with_ip(ip)
            .find(|pod| self.running.contains(*pod))
            .map(|pod| &pod.namespace)
    }

    /// Follows a write made at this Unix time.
    pub(super) fn follow(&mut self, change: &Change, unix: i64) {
        let (old, new) = (change.old.as_deref(), change.new.as_deref());
        let kind = change.key.kind;
        if kind == kind::EVENT {
            return;
        }
        let key = ServiceName {
            namespace: change.key.namespace.clone(),
            name: change.key.name.clone(),
        };
        let visible = if kind == kind::SERVICE {
            self.service(&key, old, new)
        } else if kind == kind::ENDPOINT_SLICE {
            self.slice(&key, old, new)
        } else if kind == kind::POD {
            self.pod(&key, old, new)
        } else if kind == kind::NAMESPACE {
            self.namespace(&key.name, new);
            false
        } else {
            false
        };
        if visible {
            self.modified = unix as u32;
        }
    }

    fn service(&mut self, key: &ServiceName, old: Option<&Object>, new: Option<&Object>) -> bool {
        let (before, after) = (old.and_then(Object::service), new.and_then(Object::service));
        let entry = after.map(read_service);
        if before.map(read_service) == entry {
            return false;
        }
        for (service, add) in [(before, false), (after, true)] {
            for address in service.into_iter().flat_map(cluster_addresses) {
                index(&mut self.by_cluster_ip, &address.text, key, add);
            }
        }
        let backend = self.spaces.entry(&key.namespace).backends.entry(&key.name);
        backend.service = entry.map(|entry| (key.name.clone(), entry));
        self.sweep(key);
        true
    }

    fn slice(&mut self, key: &ServiceName, old: Option<&Object>, new: Option<&Object>) -> bool {
        let service = |object: Option<&Object>| -> Option<Rc<str>> {
            let object = object.filter(|object| object.slice().is_some())?;
            Some(object.meta.labels.get(SERVICE_LABEL)?.as_str().into())
        };
        let of = |name: Rc<str>| ServiceName {
            namespace: key.namespace.clone(),
            name,
        };
        let (before, after) = (service(old).map(of), service(new).map(of));
        let known = before.as_ref().and_then(|of| {
            let space = self.spaces.entry(&of.namespace);
            space.backends.entry(&of.name).slices.remove(&key.name)
        });
        let stays = before == after;
        let slice = new.and_then(Object::slice).filter(|_| after.is_some());
        let slice = slice.map(|slice| read_slice(slice, known.as_ref()));
        let same = stays && known == slice;
        let sides = [
            (&known, &slice, &before, false),
            (&slice, &known, &after, true),
        ];
        for (own, other, of, add) in sides {
            let Some((own, of)) = own.as_ref().zip(of.as_ref()) else {
                continue;
            };
            let other = other.as_ref().filter(|_| stays);
            let others = other.map_or(&[][..], |other| &other.listed);
            let unshared = unshared_by(&own.listed, others, |a, b| Rc::ptr_eq(&a.0, &b.0));
            for endpoint in unshared.into_iter().flat_map(|(_, made)| made.iter()) {
                self.count_endpoint(&endpoint.address.text, of, add);
            }
        }
        if let Some((of, slice)) = after.as_ref().zip(slice) {
            let space = self.spaces.entry(&key.namespace);
            let backend = space.backends.entry(&of.name);
            backend.slices.insert(key.name.clone(), slice);
        }
        if let Some(of) = before.filter(|_| !stays) {
            self.sweep(&of);
        }
        !same
    }

    /// Counts how often the slices of a Service list an address.
    fn count_endpoint(&mut self, address: &Rc<str>, of: &ServiceName, add: bool) {
        let services = self.by_endpoint_ip.entry(address.clone()).or_default();
        let count = services.entry(of.clone()).or_default();
        *count = if add {
            *count + 1
        } else {
            count.saturating_sub(1)
        };
        if *count == 0 {
            services.remove(of);
        }
        if services.is_empty() {
            self.by_endpoint_ip.remove(address);
        }
    }

    fn pod(&mut self, key: &ServiceName, old: Option<&Object>, new: Option<&Object>) -> bool {
        let (old, new) = (old.and_then(read_pod), new.and_then(read_pod));
        if old == new {
            return false;
        }
        let moves = old.map(|pod| pod.address) != new.map(|pod| pod.address);
        if let Some(pod) = old {
            if moves {
                index(&mut self.pods, &pod.address.into(), key, false);
            }
            if pod.running {
                self.running.remove(key);
            }
        }
        if let Some(pod) = new {
            if moves {
                index(&mut self.pods, &pod.address.into(), key, true);
            }
            if pod.running {
                self.running.insert(key.clone());
            }
        }
        true
    }

    fn namespace(&mut self, name: &Rc<str>, new: Option<&Object>) {
        let space = self.spaces.entry(name);
        space.namespace = new.map(|object| (name.clone(), object.meta.labels.clone()));
        if space.namespace.is_none() && space.backends.is_empty() {
            self.spaces.remove(name);
        }
    }

    /// Forgets a name that has neither Service nor slices any more.
    fn sweep(&mut self, key: &ServiceName) {
        let space = self.spaces.entry(&key.namespace);
        let idle = |backend: &Backend| backend.service.is_none() && backend.slices.is_empty();
        if space.backends.get(&key.name).is_some_and(idle) {
            space.backends.remove(&key.name);
        }
    }
}

fn index(by: &mut ByAddress, address: &Rc<str>, key: &ServiceName, add: bool) {
    let names = by.entry(address.clone()).or_default();
    if add {
        names.insert(key.clone());
    } else {
        names.remove(key);
    }
    if names.is_empty() {
        by.remove(address);
    }
}

/// The addresses that a Service has of its own.
fn cluster_addresses(service: &Service) -> impl Iterator<Item = Address> {
    let spec = &service.spec;
    let texts = match spec.cluster_ips.as_slice() {
        [] => std::slice::from_ref(&spec.cluster_ip),
        all => all,
    };
    let own = spec.service_type() != ServiceType::ExternalName && !spec.is_headless();
    let texts = texts.iter().filter(move |_| own);
    texts.filter_map(|text| Address::parse(text))
}

fn read_service(service: &Service) -> ServiceEntry {
    let spec = &service.spec;
    let publishes = if spec.service_type() == ServiceType::ExternalName {
        Publishes::Alias(spec.external_name.as_str().into())
    } else if spec.is_headless() {
        Publishes::Endpoints
    } else {
        Publishes::Addresses(
            cluster_addresses(service)
                .map(|address| address.ip)
                .collect(),
        )
    };
    let ports = spec.ports.iter().map(|port| Port {
        name: port.name.as_str().into(),
        protocol: port.protocol().into(),
        number: u16::try_from(port.port).ok(),
    });
    ServiceEntry {
        publishes,
        ports: or_no_port(ports.collect()),
    }
}

/// Reads a slice; what it shares with what is known of it is taken from there.
fn read_slice(slice: &EndpointSlice, known: Option<&Slice>) -> Slice {
    let mut left = known.map_or(&[][..], |known| &known.listed);
    let mut listed = Vec::with_capacity(slice.endpoints().len());
    let ready = slice.endpoints().iter();
    for endpoint in ready.filter(|endpoint| endpoint.conditions.is_ready()) {
        let place = left
            .iter()
            .position(|(source, _)| Rc::ptr_eq(source, endpoint));
        if let Some((found, rest)) = place.and_then(|place| left.get(place..)?.split_first()) {
            listed.push(found.clone());
            left = rest;
        } else {
            listed.push((endpoint.clone(), read_endpoint(endpoint)));
        }
    }
    let ports = slice.ports().iter().map(|port| Port {
        name: port.name.as_deref().unwrap_or_default().into(),
        protocol: port.protocol.as_deref().unwrap_or("TCP").into(),
        number: port.port.and_then(|n| u16::try_from(n).ok()),
    });
    Slice {
        listed,
        ports: or_no_port(ports.collect()),
    }
}

fn read_endpoint(endpoint: &ApiEndpoint) -> Rc<[Endpoint]> {
    let text = |text: &Option<String>| {
        text.as_deref()
            .filter(|text| !text.is_empty())
            .map(Rc::from)
    };
    let (hostname, zone) = (text(&endpoint.hostname), text(&endpoint.zone));
    let target = endpoint.target_ref.as_ref();
    let pod = target.map(|target| target.name.as_str().into());
    let addresses = endpoint
        .addresses
        .iter()
        .filter_map(|text| Address::parse(text));
    let of = |address| Endpoint {
        address,
        hostname: hostname.clone(),
        pod: pod.clone(),
        zone: zone.clone(),
    };
    addresses.map(of).collect()
}

/// A Service or slice without ports counts as having one nameless port without a number.
fn or_no_port(mut ports: Vec<Port>) -> Vec<Port> {
    if ports.is_empty() {
        ports.push(Port {
            name: "".into(),
            protocol: "".into(),
            number: None,
        });
    }
    ports
}

fn read_pod(object: &Object) -> Option<PodEntry<'_>> {
    let pod = object.pod()?;
    let phase = pod.status.phase.as_str();
    let gone = matches!(phase, "Succeeded" | "Failed" | "Unknown") || object.meta.is_terminating();
    let address = pod.status.pod_ip.as_str();
    (!gone && !address.is_empty()).then(|| PodEntry {
        address,
        running: phase == "Running",
    })
}
