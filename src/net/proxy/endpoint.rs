//! The endpoints that slices list, by Service port (`pkg/proxy/endpointslicecache.go`).

use super::service_port::parse_ip;
use crate::api::service::{Endpoint as ApiEndpoint, EndpointSlice};
use crate::api::{Map, ObjectKey, Value, kind};
use crate::kernel::{Arrange, BTreeMap, BTreeSet};
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
#[derive(Default)]
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
    let mut shared = Shared::default();
    let mut found: BTreeMap<(Rc<str>, Protocol), BTreeMap<String, Endpoint>> = BTreeMap::new();
    for (key, slice) in slices {
        if !matches!(slice.address_type.as_str(), "IPv4" | "IPv6") {
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
                if ip.is_ipv6() == ipv6 && !(terminating && set.contains_key(&text)) {
                    set.insert(text, read(&key, endpoint, address, &mut shared));
                }
            }
        }
    }
    let found = found.into_iter().filter(|(_, set)| !set.is_empty());
    let sorted = |set: BTreeMap<String, Endpoint>| set.into_values().collect();
    found.map(|(port, set)| (port, sorted(set))).collect()
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
/// called matters, nor their order. Slices of names do not exist for it.
pub(super) fn differs(old: Option<&EndpointSlice>, new: Option<&EndpointSlice>) -> bool {
    let known = |slice: Option<&EndpointSlice>| {
        let slice = slice.filter(|s| matches!(s.address_type.as_str(), "IPv4" | "IPv6"))?;
        let mut ports: Vec<_> = slice.ports().to_vec();
        ports.arrange_by_key(|port| port.port);
        let key = Rc::new(ObjectKey::new(kind::ENDPOINT_SLICE, "", ""));
        let mut shared = Shared::default();
        let nowhere = SocketAddr::new(IpAddr::from([0, 0, 0, 0]), 0);
        let mut endpoints: Vec<_> = slice
            .endpoints()
            .iter()
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
    known(old) != known(new)
}

/// The names in `forZones` or `forNodes`.
fn hinted<'a>(hints: &'a Map, field: &str) -> impl Iterator<Item = &'a str> {
    let items = hints
        .get(field)
        .and_then(Value::as_list)
        .unwrap_or_default();
    items.iter().filter_map(|item| item.get("name")?.as_str())
}
