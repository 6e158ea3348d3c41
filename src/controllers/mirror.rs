//! The mirroring controller: Endpoints that somebody wrote by hand, as slices for those who read slices.
//!
//! Models `pkg/controller/endpointslicemirroring`: one slice for each family and set of ports.

use super::owned::reference;
use super::port_order::sort_slice_ports;
use super::queue::Hands;
use super::recorder::{Said, record};
use super::{endpoints, endpointslice};
use crate::api::endpoints::{EndpointAddress, EndpointSubset, Endpoints, SubsetPort};
use crate::api::service::{Endpoint, EndpointConditions, EndpointPort, EndpointSlice};
use crate::api::{Body, Object, ObjectKey, ObjectMeta, StringMap, kind, sloppy};
use crate::store::Tables;
use std::net::IpAddr;
use std::rc::Rc;

/// How many addresses of a subset are mirrored at most.
const MOST: usize = 1000;
const CONTROLLER: &str = "endpointslicemirroring-controller.k8s.io";
const SKIP: &str = "endpointslice.kubernetes.io/skip-mirror";
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
/// Annotations that belong to the Endpoints alone.
const OWN: &[&str] = &[
    endpointslice::TRIGGER,
    "kubectl.kubernetes.io/last-applied-configuration",
];

/// A slice as it should be.
struct Mirrored {
    address_type: &'static str,
    ports: Vec<EndpointPort>,
    endpoints: Vec<Rc<Endpoint>>,
}

/// Whether the Endpoints of this name are watched at all: the Endpoints controller's own are not.
pub(super) fn is_watched(endpoints: &Object) -> bool {
    let by = endpoints.meta.labels.get(endpoints::MANAGED_BY);
    by.is_none_or(|by| by != endpoints::CONTROLLER)
}

/// Brings the slices that mirror Endpoints in line with them; the key names the Endpoints.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let mut existing = mirrored(tables, key);
    let source = tables
        .get(key)
        .filter(|object| is_mirrored(tables, object))
        .cloned();
    let endpoints = source.as_ref().and_then(|object| object.endpoints());
    if let Some((object, endpoints)) = source.as_ref().zip(endpoints) {
        let (wanted, invalid, skipped) = desired(endpoints);
        if invalid > 0 {
            let message =
                format!("Skipped {invalid} invalid IP addresses when mirroring to EndpointSlices");
            warn(hands, object, "InvalidIPAddress", message);
        }
        if skipped > invalid {
            let message = format!(
                "A max of {MOST} addresses can be mirrored to EndpointSlices per Endpoints subset. {skipped} addresses were skipped"
            );
            warn(hands, object, "TooManyAddressesToMirror", message);
        }
        for slice in wanted {
            let at = place(hands.store.tables(), &existing, &slice);
            let kept = at.map(|at| existing.remove(at));
            write(hands, object, slice, kept);
        }
    }
    for stale in existing {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &stale, None);
    }
}

/// Whether Endpoints are mirrored: their Service exists and has no selector, and nobody asks to leave them alone.
fn is_mirrored(tables: &Tables, object: &Object) -> bool {
    let skips = object.meta.labels.get(SKIP).is_some_and(|v| v == "true");
    let service = tables.find(kind::SERVICE, &object.meta.namespace, &object.meta.name);
    let manual = service.and_then(|service| service.service());
    is_watched(object)
        && !skips
        && !object.meta.annotations.contains_key(LEADER)
        && manual.is_some_and(|service| service.spec.selector.is_empty())
}

/// The slices that mirror these Endpoints today.
fn mirrored(tables: &Tables, key: &ObjectKey) -> Vec<ObjectKey> {
    let slices = tables.slices_of(&key.namespace, &key.name).into_iter();
    let by = |labels: &StringMap| labels.get(endpointslice::MANAGED_BY).cloned();
    slices
        .filter(|slice| by(&slice.meta.labels).is_some_and(|by| by == CONTROLLER))
        .map(|slice| slice.key())
        .collect()
}

fn warn(hands: &mut Hands<'_>, about: &Object, reason: &'static str, message: String) {
    let component = "endpoint-slice-mirroring-controller";
    let said = Said::warning(component, reason, message);
    record(hands.store, hands.sim, about, said);
}

/// The slices that Endpoints ask for, how many addresses are none, and how many were left out.
fn desired(endpoints: &Endpoints) -> (Vec<Mirrored>, usize, usize) {
    let mut slices: Vec<Mirrored> = Vec::new();
    let (mut invalid, mut skipped) = (0, 0);
    for subset in &endpoints.subsets {
        let ports = slice_ports(&subset.ports);
        let mut added = 0;
        for (address, ready) in addresses(subset) {
            if added == MOST {
                break;
            }
            let Some(ip) = sloppy(&address.ip) else {
                invalid += 1;
                continue;
            };
            added += 1;
            let address_type = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
            let same =
                |slice: &Mirrored| slice.address_type == address_type && slice.ports == ports;
            let at = slices.iter().position(same).unwrap_or_else(|| {
                slices.push(Mirrored {
                    address_type,
                    ports: ports.clone(),
                    endpoints: Vec::new(),
                });
                slices.len() - 1
            });
            if let Some(slice) = slices.get_mut(at) {
                let made = endpoint(address, ip, ready);
                let same = |e: &Endpoint| {
                    let name = |e: &Endpoint| e.target_ref.as_ref().map(|t| t.name.clone());
                    e.addresses == made.addresses
                        && e.hostname == made.hostname
                        && name(e) == name(&made)
                };
                // An address that is listed twice is one endpoint: the last counts.
                slice.endpoints.retain(|e| !same(e));
                slice.endpoints.push(Rc::new(made));
            }
        }
        skipped += subset.addresses.len() + subset.not_ready_addresses.len() - added;
    }
    (slices, invalid, skipped)
}

fn addresses(subset: &EndpointSubset) -> impl Iterator<Item = (&EndpointAddress, bool)> {
    let ready = subset.addresses.iter().map(|address| (&**address, true));
    let unready = &subset.not_ready_addresses;
    ready.chain(unready.iter().map(|address| (&**address, false)))
}

fn slice_ports(ports: &[SubsetPort]) -> Vec<EndpointPort> {
    let port = |port: &SubsetPort| EndpointPort {
        name: Some(port.name.clone()),
        protocol: Some(port.protocol.clone()),
        port: Some(port.port),
        app_protocol: port.app_protocol.clone(),
        ..Default::default()
    };
    let mut ports: Vec<EndpointPort> = ports.iter().map(port).collect();
    sort_slice_ports(&mut ports);
    ports
}

fn endpoint(address: &EndpointAddress, ip: IpAddr, ready: bool) -> Endpoint {
    Endpoint {
        addresses: vec![ip.to_string()],
        conditions: EndpointConditions {
            ready: Some(ready),
            ..Default::default()
        },
        hostname: Some(address.hostname.clone()).filter(|name| !name.is_empty()),
        target_ref: address.target_ref.clone(),
        node_name: address.node_name.clone(),
        ..Default::default()
    }
}

/// The existing slice that becomes the wanted one: one with its ports, else any of its family.
fn place(tables: &Tables, existing: &[ObjectKey], wanted: &Mirrored) -> Option<usize> {
    let fits = |key: &ObjectKey, ports: bool| {
        let slice = tables.get(key).and_then(|object| object.slice());
        slice.is_some_and(|slice| {
            slice.address_type == wanted.address_type
                && (!ports || slice.ports() == wanted.ports.as_slice())
        })
    };
    let exact = existing.iter().position(|key| fits(key, true));
    exact.or_else(|| existing.iter().position(|key| fits(key, false)))
}

fn write(hands: &mut Hands<'_>, source: &Object, wanted: Mirrored, kept: Option<ObjectKey>) {
    let mut labels = source.meta.labels.clone();
    let name = source.meta.name.clone();
    labels.insert(endpointslice::SERVICE_NAME.to_owned(), name);
    labels.insert(endpointslice::MANAGED_BY.to_owned(), CONTROLLER.to_owned());
    let mut annotations = source.meta.annotations.clone();
    annotations.retain(|key, _| !OWN.contains(&key.as_str()));
    let (ports, endpoints) = (Some(wanted.ports), Some(wanted.endpoints));
    if let Some(key) = kept {
        hands.store.modify(hands.sim, &key, |object| {
            let relabelled = object.meta.labels != labels || object.meta.annotations != annotations;
            object.meta.labels = labels;
            object.meta.annotations = annotations;
            let Some(slice) = object.slice_mut() else {
                return;
            };
            if relabelled || slice.ports != ports || slice.endpoints != endpoints {
                slice.ports = ports;
                slice.endpoints = endpoints;
                object.meta.generation += 1;
            }
        });
        return;
    }
    let meta = ObjectMeta {
        generate_name: endpointslice::prefix(&source.meta.name),
        namespace: source.meta.namespace.clone(),
        labels,
        annotations,
        owner_references: vec![Rc::new(reference(source))],
        ..Default::default()
    };
    let slice = EndpointSlice {
        address_type: wanted.address_type.to_owned(),
        endpoints,
        ports,
        ..Default::default()
    };
    let made = Object {
        kind: kind::ENDPOINT_SLICE,
        meta,
        body: Body::EndpointSlice(Box::new(slice)),
    };
    // A namespace that is going away takes no new slices.
    let _ = hands.store.create(hands.sim, made, false);
}
