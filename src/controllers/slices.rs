//! The `EndpointSlice` controller: a Service's Pods, with their ports and their readiness.
//!
//! Models `k8s.io/endpointslice`: endpoints are grouped by address family and by the ports that the Service's target
//! ports resolve to in each Pod, at most 100 in a slice; an existing slice keeps what it can.

use super::queue::Hands;
use super::replicaset::reference;
use crate::api::pod::Pod;
use crate::api::service::{
    Endpoint, EndpointConditions, EndpointPort, EndpointSlice, ObjectReference, Service,
    ServiceType,
};
use crate::api::{Object, ObjectKey, ObjectMeta, StringMap, Value, kind};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How many endpoints a slice holds at most.
const MOST: usize = 100;
const SERVICE_NAME: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const CONTROLLER: &str = "endpointslice-controller.k8s.io";
const HEADLESS: &str = "service.kubernetes.io/headless";

/// What a slice is for: its address type and its ports as JSON, which orders them.
type Group = (String, String);

/// Brings the slices of a Service in line with its Pods.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(service) = object.service() else {
        return;
    };
    if service.spec.selector.is_empty() || service.spec.service_type() == ServiceType::ExternalName
    {
        return;
    }
    let mut wanted = desired(hands, &object, service);
    let existing = managed(hands, &object);
    for family in families(service) {
        let groups = wanted
            .keys()
            .any(|(address_type, _)| *address_type == family);
        if !groups {
            // A Service without Pods has one slice that says so.
            wanted.insert((family, "[]".to_owned()), (Vec::new(), Vec::new()));
        }
    }
    let labels = slice_labels(&object, service);
    let mut kept: Vec<ObjectKey> = Vec::new();
    for ((address_type, ports_text), (ports, endpoints)) in wanted {
        let matching = existing
            .iter()
            .filter(|slice| group_of(slice) == (address_type.clone(), ports_text.clone()));
        let filled = fill(matching.cloned().collect(), endpoints);
        for (slice, endpoints) in filled {
            match slice {
                Some(slice) => {
                    kept.push(slice.key());
                    update(hands, &slice.key(), &labels, endpoints);
                }
                None => create(
                    hands,
                    &object,
                    &labels,
                    &address_type,
                    ports.clone(),
                    endpoints,
                ),
            }
        }
    }
    for slice in existing.iter().filter(|slice| !kept.contains(&slice.key())) {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &slice.key(), None);
    }
}

/// Whether two states of a Pod are the same to every Service.
pub(super) fn same(old: &Object, new: &Object) -> bool {
    let (Some(before), Some(after)) = (old.pod(), new.pod()) else {
        return false;
    };
    before.status.pod_ips == after.status.pod_ips
        && before.status.pod_ip == after.status.pod_ip
        && before.is_ready() == after.is_ready()
        && before.is_finished() == after.is_finished()
        && before.spec == after.spec
        && old.meta.labels == new.meta.labels
        && old.meta.is_terminating() == new.meta.is_terminating()
}

fn families(service: &Service) -> Vec<String> {
    if service.spec.ip_families.is_empty() {
        vec!["IPv4".to_owned()]
    } else {
        service.spec.ip_families.clone()
    }
}

fn managed(hands: &Hands<'_>, owner: &Object) -> Vec<Rc<Object>> {
    let owned = hands.store.tables().owned_by(&owner.meta.uid).into_iter();
    let ours = |o: &&Rc<Object>| {
        o.kind == kind::ENDPOINT_SLICE
            && o.meta
                .labels
                .get(MANAGED_BY)
                .is_some_and(|m| m == CONTROLLER)
    };
    owned.filter(ours).cloned().collect()
}

fn group_of(slice: &Object) -> Group {
    let Some(slice) = slice.slice() else {
        return Group::default();
    };
    (slice.address_type.clone(), ports_text(slice.ports()))
}

fn ports_text(ports: &[EndpointPort]) -> String {
    Value::List(ports.iter().map(|port| Value::Map(port.to_map())).collect()).to_json()
}

/// The endpoints that a Service should have, by group, Pods in the order of their names.
fn desired(
    hands: &Hands<'_>,
    object: &Object,
    service: &Service,
) -> BTreeMap<Group, (Vec<EndpointPort>, Vec<Endpoint>)> {
    let mut groups: BTreeMap<Group, (Vec<EndpointPort>, Vec<Endpoint>)> = BTreeMap::new();
    let tables = hands.store.tables();
    for pod_object in tables.pods_with(&object.meta.namespace, &service.spec.selector) {
        let Some(pod) = pod_object
            .pod()
            .filter(|pod| !pod.is_finished() && !pod.status.pod_ip.is_empty())
        else {
            continue;
        };
        let ports = resolved_ports(service, pod);
        for family in families(service) {
            let ips = pod
                .status
                .pod_ips
                .iter()
                .map(|ip| ip.ip.as_str())
                .chain([pod.status.pod_ip.as_str()]);
            let Some(address) = ips
                .into_iter()
                .find(|ip| ip.contains(':') == (family == "IPv6"))
            else {
                continue;
            };
            let node = tables.find(kind::NODE, "", &pod.spec.node_name);
            let endpoint = endpoint(
                object,
                service,
                (pod_object, pod),
                address,
                node.map(|n| &n.meta.labels),
            );
            let group = groups
                .entry((family, ports_text(&ports)))
                .or_insert_with(|| (ports.clone(), Vec::new()));
            group.1.push(endpoint);
        }
    }
    groups
}

/// The Service's ports as numbers of this Pod: a name that the Pod lacks is left out.
fn resolved_ports(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
    let resolve = |port: &crate::api::service::ServicePort| match &port.target_port {
        Value::Int(n) if *n > 0 => Some(*n),
        Value::Str(name) if !name.is_empty() => {
            let sidecars = pod
                .spec
                .init_containers
                .iter()
                .filter(|c| c.restart_policy == "Always");
            let mut declared = pod
                .spec
                .containers
                .iter()
                .chain(sidecars)
                .flat_map(|c| &c.ports);
            declared
                .find(|p| p.name == *name && p.protocol() == port.protocol())
                .map(|p| p.container_port)
        }
        _ => Some(port.port),
    };
    let numbered = |port: &crate::api::service::ServicePort| {
        Some(EndpointPort {
            name: Some(port.name.clone()),
            protocol: Some(port.protocol().to_owned()),
            port: Some(resolve(port)?),
            app_protocol: port.app_protocol.clone(),
            ..Default::default()
        })
    };
    service.spec.ports.iter().filter_map(numbered).collect()
}

fn endpoint(
    object: &Object,
    service: &Service,
    (pod_object, pod): (&Object, &Pod),
    address: &str,
    node_labels: Option<&StringMap>,
) -> Endpoint {
    let serving = pod.is_ready();
    let terminating = pod_object.meta.is_terminating();
    let named = !pod.spec.hostname.is_empty() && pod.spec.subdomain == object.meta.name;
    Endpoint {
        addresses: vec![address.to_owned()],
        conditions: EndpointConditions {
            ready: Some(service.spec.publish_not_ready_addresses || (serving && !terminating)),
            serving: Some(serving),
            terminating: Some(terminating),
            ..Default::default()
        },
        hostname: named.then(|| pod.spec.hostname.clone()),
        target_ref: Some(ObjectReference {
            kind: "Pod".to_owned(),
            namespace: pod_object.meta.namespace.clone(),
            name: pod_object.meta.name.clone(),
            uid: pod_object.meta.uid.clone(),
            ..Default::default()
        }),
        node_name: Some(pod.spec.node_name.clone()).filter(|name| !name.is_empty()),
        zone: node_labels
            .and_then(|labels| labels.get("topology.kubernetes.io/zone"))
            .cloned(),
        ..Default::default()
    }
}

fn slice_labels(object: &Object, service: &Service) -> StringMap {
    let mut labels = object.meta.labels.clone();
    labels.insert(SERVICE_NAME.to_owned(), object.meta.name.clone());
    labels.insert(MANAGED_BY.to_owned(), CONTROLLER.to_owned());
    if service.spec.is_headless() {
        labels.insert(HEADLESS.to_owned(), String::new());
    }
    labels
}

/// Spreads endpoints over the existing slices, and new ones for what does not fit.
fn fill(
    slices: Vec<Rc<Object>>,
    endpoints: Vec<Endpoint>,
) -> Vec<(Option<Rc<Object>>, Vec<Endpoint>)> {
    let identity = |e: &Endpoint| {
        (
            e.addresses.first().cloned(),
            e.target_ref.as_ref().map(|r| r.uid.clone()),
        )
    };
    let mut waiting: BTreeMap<_, Endpoint> = BTreeMap::new();
    let mut order = Vec::new();
    for endpoint in endpoints {
        order.push(identity(&endpoint));
        waiting.insert(identity(&endpoint), endpoint);
    }
    let mut filled: Vec<(Option<Rc<Object>>, Vec<Endpoint>)> = Vec::new();
    for slice in slices {
        let old = slice
            .slice()
            .map(EndpointSlice::endpoints)
            .unwrap_or_default();
        let kept = old
            .iter()
            .filter_map(|endpoint| waiting.remove(&identity(endpoint)))
            .collect();
        filled.push((Some(slice), kept));
    }
    let mut rest = order.into_iter().filter_map(|id| waiting.remove(&id));
    for (_, endpoints) in &mut filled {
        let space = MOST.saturating_sub(endpoints.len());
        endpoints.extend(rest.by_ref().take(space));
    }
    loop {
        let next: Vec<Endpoint> = rest.by_ref().take(MOST).collect();
        if next.is_empty() {
            break;
        }
        filled.push((None, next));
    }
    // Emptied slices go, but the last one stays as a placeholder.
    let some = filled.iter().any(|(_, endpoints)| !endpoints.is_empty());
    if some {
        filled.retain(|(_, endpoints)| !endpoints.is_empty());
    } else if filled.is_empty() {
        filled.push((None, Vec::new()));
    } else {
        filled.truncate(1);
    }
    filled
}

fn update(hands: &mut Hands<'_>, key: &ObjectKey, labels: &StringMap, endpoints: Vec<Endpoint>) {
    let changed = hands.store.modify(hands.sim, key, |object| {
        object.meta.labels.clone_from(labels);
        if let Some(slice) = object.slice_mut() {
            slice.endpoints = Some(endpoints);
        }
    });
    if changed.is_some() {
        hands
            .store
            .modify(hands.sim, key, |object| object.meta.generation += 1);
    }
}

fn create(
    hands: &mut Hands<'_>,
    owner: &Object,
    labels: &StringMap,
    address_type: &str,
    ports: Vec<EndpointPort>,
    endpoints: Vec<Endpoint>,
) {
    let slice = EndpointSlice {
        address_type: address_type.to_owned(),
        endpoints: Some(endpoints),
        ports: Some(ports),
        ..Default::default()
    };
    let meta = ObjectMeta {
        generate_name: format!("{}-", owner.meta.name),
        namespace: owner.meta.namespace.clone(),
        labels: labels.clone(),
        owner_references: vec![reference(owner)],
        ..Default::default()
    };
    // A namespace that is going away takes no new slices.
    let _ = hands.store.create(
        hands.sim,
        Object::new(kind::ENDPOINT_SLICE, meta, slice.to_map()),
        false,
    );
}
