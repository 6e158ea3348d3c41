//! The endpoints that slices list, by Service port (`pkg/proxy/endpointslicecache.go`).

use super::service_port::parse_ip;
use crate::api::service::{Endpoint as ApiEndpoint, EndpointSlice};
use crate::api::{Map, ObjectKey, Value, kind};
use crate::kernel::{Arrange, BTreeMap, BTreeSet, unshared};
use crate::net::Protocol;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// One endpoint of a Service port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it listens.
    pub address: SocketAddr,
    /// The slice that lists it.
    pub slice: Rc<ObjectKey>,
    /// The node that it is on, empty if unknown.
    pub node: Rc<str>,
    /// May new traffic be sent there?
    pub ready: bool,
    /// Does it pass its readiness probe?
    pub serving: bool,
    /// Is it going away?
    pub terminating: bool,
    /// The zones that should prefer it.
    pub zone_hints: Vec<Rc<str>>,
    /// The nodes that should prefer it.
    pub node_hints: Vec<Rc<str>>,
}

/// The endpoints behind each port of a Service: the port's name and its protocol.
pub type ByPort = BTreeMap<(Rc<str>, Protocol), Vec<Endpoint>>;

/// Texts that many endpoints share.
#[derive(Clone, Default)]
struct Shared(BTreeSet<Rc<str>>);

impl Shared {
    fn text(&mut self, text: &str) -> Rc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let text: Rc<str> = text.into();
        self.0.insert(text.clone());
        text
    }
}

/// Gathers one family's endpoints of a Service's slices: each by its first address, sorted as text. What two slices list
/// is taken once; a copy that is not terminating wins, since a new Pod may have an address before the old one is gone.
pub fn by_port<'a>(
    slices: impl IntoIterator<Item = (&'a ObjectKey, &'a EndpointSlice)>,
    ipv6: bool,
) -> ByPort {
    gather(slices, ipv6).0
}

/// The same, and whether each endpoint is listed but once.
pub(super) fn gather<'a>(
    slices: impl IntoIterator<Item = (&'a ObjectKey, &'a EndpointSlice)>,
    ipv6: bool,
) -> (ByPort, bool) {
    let mut once = true;
    let mut shared = Shared::default();
    let mut found: BTreeMap<(Rc<str>, Protocol), BTreeMap<String, Endpoint>> = BTreeMap::new();
    for (key, slice) in slices {
        if !is_known(slice) {
            continue;
        }
        let key = Rc::new(key.clone());
        for port in slice.ports() {
            let number = port.port.and_then(|n| u16::try_from(n).ok());
            let (Some(name), Some(number @ 1..)) = (&port.name, number) else {
                continue;
            };
            let protocol = Protocol::parse(port.protocol.as_deref().unwrap_or("TCP"));
            let set = found.entry((shared.text(name), protocol)).or_default();
            for endpoint in slice.endpoints() {
                let Some(ip) = endpoint.addresses.first().and_then(|ip| parse_ip(ip)) else {
                    continue;
                };
                let address = SocketAddr::new(ip, number);
                let terminating = endpoint.conditions.is_terminating();
                let text = address.to_string();
                if ip.is_ipv6() != ipv6 {
                    continue;
                }
                let known = set.contains_key(&text);
                once &= !known;
                if !(terminating && known) {
                    set.insert(text, read(&key, endpoint, address, &mut shared));
                }
            }
        }
    }
    let found = found.into_iter().filter(|(_, set)| !set.is_empty());
    let sorted = |set: BTreeMap<String, Endpoint>| set.into_values().collect();
    (found.map(|(port, set)| (port, sorted(set))).collect(), once)
}

fn read(
    slice: &Rc<ObjectKey>,
    endpoint: &ApiEndpoint,
    address: SocketAddr,
    shared: &mut Shared,
) -> Endpoint {
    let conditions = &endpoint.conditions;
    let hints = endpoint.hints.as_ref();
    let mut names = |field: &str| -> Vec<Rc<str>> {
        let listed = hints.into_iter().flat_map(|hints| hinted(hints, field));
        listed.map(|name| shared.text(name)).collect()
    };
    Endpoint {
        address,
        slice: slice.clone(),
        zone_hints: names("forZones"),
        node_hints: names("forNodes"),
        node: shared.text(endpoint.node_name.as_deref().unwrap_or_default()),
        ready: conditions.is_ready(),
        // kube-proxy does not take the word of `ready` for an absent `serving`.
        serving: conditions.serving.unwrap_or(true),
        terminating: conditions.is_terminating(),
    }
}

/// Whether a write of a slice says anything new to kube-proxy (`esInfoChanged`): neither metadata nor what endpoints are
/// called matters, nor their order.
pub(super) fn differs(old: Option<&EndpointSlice>, new: Option<&EndpointSlice>) -> bool {
    let known = |slice: Option<&EndpointSlice>, other: Option<&EndpointSlice>| {
        let slice = slice.filter(|s| is_known(s))?;
        // What both share is the same.
        let others = other.map(EndpointSlice::endpoints).unwrap_or_default();
        let own = unshared(slice.endpoints(), others);
        let mut ports: Vec<_> = slice.ports().to_vec();
        ports.arrange_by_key(|port| port.port);
        let key = Rc::new(ObjectKey::new(kind::ENDPOINT_SLICE, "", ""));
        let mut shared = Shared::default();
        let nowhere = SocketAddr::new(IpAddr::from([0, 0, 0, 0]), 0);
        let mut endpoints: Vec<_> = own
            .into_iter()
            .map(|e| {
                (
                    e.addresses.clone(),
                    e.zone.clone(),
                    read(&key, e, nowhere, &mut shared),
                )
            })
            .collect();
        endpoints.arrange_by(|a, b| a.0.cmp(&b.0));
        Some((ports, endpoints))
    };
    known(old, new) != known(new, old)
}

/// Slices of names do not exist for kube-proxy.
fn is_known(slice: &EndpointSlice) -> bool {
    matches!(slice.address_type.as_str(), "IPv4" | "IPv6")
}

/// What the changes of slices mean to the endpoints of a Service whose ports stay.
#[derive(Clone, Default)]
pub(super) struct Patch {
    /// Those that go, by port.
    gone: BTreeMap<(Rc<str>, Protocol), Vec<Endpoint>>,
    /// Those that come.
    come: BTreeMap<(Rc<str>, Protocol), Vec<Endpoint>>,
    shared: Shared,
}

impl Patch {
    /// Adds the change of one slice; false if it cannot be told what it means.
    pub(super) fn add(
        &mut self,
        key: &ObjectKey,
        old: Option<&EndpointSlice>,
        new: Option<&EndpointSlice>,
    ) -> bool {
        let ports = |slice: Option<&EndpointSlice>| slice.map(|slice| slice.ports().to_vec());
        let pair = old.zip(new);
        if pair.is_some_and(|(a, b)| ports(Some(a)) != ports(Some(b))) {
            return false;
        }
        let key = Rc::new(key.clone());
        let shared = &mut self.shared;
        for (slice, other, into) in [(old, new, &mut self.gone), (new, old, &mut self.come)] {
            let Some(slice) = slice.filter(|slice| is_known(slice)) else {
                continue;
            };
            let others = other.map(EndpointSlice::endpoints).unwrap_or_default();
            let own = unshared(slice.endpoints(), others);
            for port in slice.ports() {
                let number = port.port.and_then(|n| u16::try_from(n).ok());
                let (Some(name), Some(number @ 1..)) = (&port.name, number) else {
                    continue;
                };
                let protocol = Protocol::parse(port.protocol.as_deref().unwrap_or("TCP"));
                let list = into.entry((shared.text(name), protocol)).or_default();
                for endpoint in &own {
                    if let Some(ip) = endpoint.addresses.first().and_then(|ip| parse_ip(ip)) {
                        let address = SocketAddr::new(ip, number);
                        list.push(read(&key, endpoint, address, shared));
                    }
                }
            }
        }
        true
    }

    /// The endpoints of a port that go and that come in a family.
    pub(super) fn of(
        &self,
        port: (&Rc<str>, Protocol),
        ipv6: bool,
    ) -> (Vec<&Endpoint>, Vec<&Endpoint>) {
        let port = (port.0.clone(), port.1);
        let family = |endpoint: &&Endpoint| endpoint.address.is_ipv6() == ipv6;
        let gone = self.gone.get(&port).into_iter().flatten().filter(family);
        let come = self.come.get(&port).into_iter().flatten().filter(family);
        (gone.collect(), come.collect())
    }
}

/// The names in `forZones` or `forNodes`.
fn hinted<'a>(hints: &'a Map, field: &str) -> impl Iterator<Item = &'a str> {
    let items = hints
        .get(field)
        .and_then(Value::as_list)
        .unwrap_or_default();
    items.iter().filter_map(|item| item.get("name")?.as_str())
}
