//! The Endpoints controller: the older form of a Service's addresses, still written for those who read it.
//!
//! Models `pkg/controller/endpoint`. One family only, at most 1000 addresses, and a Pod that is going away is left out
//! unless the Service publishes what is not ready.

use super::endpointslice::{is_listed, ports, sets_hostname, since, stamp};
use super::port_order::sort_subset_ports;
use super::queue::Hands;
use crate::api::endpoints::{EndpointAddress, EndpointSubset, Endpoints, SubsetPort};
use crate::api::pod::Pod;
use crate::api::service::{ObjectReference, Service, ServiceType};
use crate::api::{Body, Map, Object, ObjectKey, ObjectMeta, StringMap, Value, kind};
use crate::kernel::{Arrange, BTreeSet};
use crate::store::Tables;
use std::rc::Rc;

/// How many addresses an Endpoints object holds at most.
const MOST: usize = 1000;
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
const HEADLESS: &str = "service.kubernetes.io/headless";
/// The label that tells who writes an Endpoints object.
pub(super) const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
/// Its value here.
pub(super) const CONTROLLER: &str = "endpoint-controller";

/// Brings the Endpoints of a Service in line with its Pods.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let target = ObjectKey::new(kind::ENDPOINTS, &key.namespace, &key.name);
    let Some(object) = tables.get(key).cloned() else {
        // A refusal means that there are none.
        let _ = hands.store.delete(hands.sim, &target, None);
        return;
    };
    let Some(service) = object.service().filter(|service| has_endpoints(service)) else {
        return;
    };
    let (subsets, truncated) = subsets(tables, &object, service);
    let created = object.meta.creation_timestamp.as_str();
    let labels = labels(&object, service);
    let fields = Endpoints {
        subsets,
        ..Default::default()
    }
    .to_map();
    let Some(present) = tables.get(&target) else {
        let mut meta = ObjectMeta {
            name: object.meta.name.clone(),
            namespace: object.meta.namespace.clone(),
            labels,
            ..Default::default()
        };
        mark_capacity(&mut meta, truncated);
        stamp(&mut meta, created);
        // A namespace that is going away takes no new ones.
        let made = Object::new(kind::ENDPOINTS, meta, fields);
        let _ = hands.store.create(hands.sim, made, false);
        return;
    };
    let same = matches!(&present.body, Body::Plain(present) if *present == fields);
    if same && present.meta.labels == labels {
        return;
    }
    let trigger = trigger(tables, &object.meta.namespace, &present.body, &fields);
    hands.store.modify(hands.sim, &target, |object| {
        stamp(&mut object.meta, &trigger);
        object.meta.labels = labels;
        mark_capacity(&mut object.meta, truncated);
        object.body = Body::Plain(fields);
    });
}

/// The Pods that an Endpoints object lists, and whether each is ready.
fn listed<'a>(fields: &'a Map) -> BTreeSet<(&'a str, bool)> {
    let list = |value: Option<&'a Value>| value.and_then(Value::as_list).unwrap_or_default();
    let mut found = BTreeSet::new();
    for subset in list(fields.get("subsets")) {
        for (key, ready) in [("addresses", true), ("notReadyAddresses", false)] {
            let addresses = list(subset.get(key)).iter();
            let names = addresses.filter_map(|a| a.at(&["targetRef", "name"])?.as_str());
            found.extend(names.map(|name| (name, ready)));
        }
    }
    found
}

/// The earliest time at which a Pod became what it was not listed as before.
fn trigger(tables: &Tables, namespace: &str, before: &Body, after: &Map) -> String {
    let (Body::Plain(before), after) = (before, listed(after)) else {
        return String::new();
    };
    let before = listed(before);
    let changed = after.difference(&before);
    let times = changed.filter_map(|(name, _)| {
        let object = tables.find(kind::POD, namespace, name)?;
        Some(since(object, object.pod()?)).filter(|time| !time.is_empty())
    });
    times.min().unwrap_or_default().to_owned()
}

/// Whether the controller writes Endpoints for a Service.
fn has_endpoints(service: &Service) -> bool {
    !service.spec.selector.is_empty() && service.spec.service_type() != ServiceType::ExternalName
}

fn labels(object: &Object, service: &Service) -> StringMap {
    let mut labels = object.meta.labels.clone();
    labels.insert(MANAGED_BY.to_owned(), CONTROLLER.to_owned());
    if matches!(service.spec.cluster_ip.as_str(), "" | "None") {
        labels.insert(HEADLESS.to_owned(), String::new());
    } else {
        labels.remove(HEADLESS);
    }
    labels
}

fn mark_capacity(meta: &mut ObjectMeta, truncated: bool) {
    if truncated {
        let said = "truncated".to_owned();
        meta.annotations.insert(OVER_CAPACITY.to_owned(), said);
    } else {
        meta.annotations.remove(OVER_CAPACITY);
    }
}

/// A Pod's place in the object, before it is written out.
struct Listed<'a> {
    ip: &'a str,
    object: &'a Object,
    pod: &'a Pod,
}

/// The Pods that have the same ports.
#[derive(Default)]
struct Group<'a> {
    ports: Vec<SubsetPort>,
    ready: Vec<Listed<'a>>,
    unready: Vec<Listed<'a>>,
}

/// The subsets that a Service should have, and whether addresses had to be left out.
fn subsets(tables: &Tables, object: &Object, service: &Service) -> (Vec<EndpointSubset>, bool) {
    let pods = tables.pods_with(&object.meta.namespace, &service.spec.selector);
    let mut groups = grouped(&pods, service);
    for group in &mut groups {
        for list in [&mut group.ready, &mut group.unready] {
            list.arrange_by_key(|listed| (listed.ip, listed.object.meta.uid.as_str()));
        }
    }
    let truncated = truncate(&mut groups);
    let written = |group: Group<'_>| {
        let all = |list: Vec<Listed<'_>>| list.iter().map(|l| address(object, l)).collect();
        let mut ports = group.ports;
        sort_subset_ports(&mut ports);
        EndpointSubset {
            addresses: all(group.ready),
            not_ready_addresses: all(group.unready),
            ports,
            ..Default::default()
        }
    };
    (groups.into_iter().map(written).collect(), truncated)
}

fn grouped<'a>(pods: &[&'a Rc<Object>], service: &Service) -> Vec<Group<'a>> {
    let publishes = service.spec.publish_not_ready_addresses;
    let portless = service.spec.ports.is_empty() && service.spec.is_headless();
    let mut groups: Vec<Group<'a>> = Vec::new();
    for object in pods {
        let Some(pod) = object.pod().filter(|pod| is_listed(object, pod, publishes)) else {
            continue;
        };
        let Some(ip) = family_ip(service, pod) else {
            continue;
        };
        let numbers = subset_ports(service, pod);
        if numbers.is_empty() && !portless {
            continue;
        }
        let at = groups.iter().position(|group| group.ports == numbers);
        let at = at.unwrap_or_else(|| {
            groups.push(Group {
                ports: numbers,
                ..Group::default()
            });
            groups.len() - 1
        });
        let ready = publishes || pod.is_ready();
        if let Some(group) = groups.get_mut(at) {
            let list = if ready {
                &mut group.ready
            } else {
                &mut group.unready
            };
            list.push(Listed { ip, object, pod });
        }
    }
    groups
}

/// The Pod's address in the Service's first family.
fn family_ip<'a>(service: &Service, pod: &'a Pod) -> Option<&'a str> {
    let spec = &service.spec;
    let sixth = match spec.ip_families.first() {
        Some(family) => family == "IPv6",
        None if spec.is_headless() => pod.status.pod_ip.contains(':'),
        None => spec.cluster_ip.contains(':'),
    };
    let mut ips = pod.status.pod_ips.iter().map(|ip| ip.ip.as_str());
    ips.find(|ip| !ip.is_empty() && ip.contains(':') == sixth)
}

fn subset_ports(service: &Service, pod: &Pod) -> Vec<SubsetPort> {
    let port = |port: crate::api::service::EndpointPort| SubsetPort {
        name: port.name.unwrap_or_default(),
        port: port.port.unwrap_or_default(),
        protocol: port.protocol.unwrap_or_default(),
        app_protocol: port.app_protocol,
        ..Default::default()
    };
    ports(service, pod).into_iter().map(port).collect()
}

fn address(service: &Object, listed: &Listed<'_>) -> EndpointAddress {
    let Listed { ip, object, pod } = listed;
    let named = sets_hostname(service, object, pod);
    EndpointAddress {
        ip: (*ip).to_owned(),
        hostname: if named {
            pod.spec.hostname.clone()
        } else {
            String::new()
        },
        node_name: Some(pod.spec.node_name.clone()).filter(|name| !name.is_empty()),
        target_ref: Some(ObjectReference {
            kind: "Pod".to_owned(),
            namespace: object.meta.namespace.clone(),
            name: object.meta.name.clone(),
            uid: object.meta.uid.clone(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Leaves out what is too much: not-ready addresses first, and from each subset its share.
fn truncate(groups: &mut [Group<'_>]) -> bool {
    let ready: usize = groups.iter().map(|group| group.ready.len()).sum();
    let unready: usize = groups.iter().map(|group| group.unready.len()).sum();
    if ready + unready <= MOST {
        return false;
    }
    let only_ready = ready > MOST;
    let (most, total) = if only_ready {
        (MOST, ready)
    } else {
        (MOST - ready, unready)
    };
    let mut room = most;
    for group in groups {
        let list = if only_ready {
            group.unready.clear();
            &mut group.ready
        } else {
            &mut group.unready
        };
        let share = (list.len() * most).div_ceil(total.max(1)).min(room);
        list.truncate(share);
        room -= share;
    }
    true
}
