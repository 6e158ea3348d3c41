//! The Endpoints controller: the older form of a Service's addresses, still written for those who read it.
//!
//! Models `pkg/controller/endpoint`. One family only, at most 1000 addresses, and a Pod that is going away is left out
//! unless the Service publishes what is not ready.

use super::endpointslice::{since, stamp};
use super::queue::Hands;
pub(super) use super::roll::Memory;
use crate::api::endpoints::{EndpointAddress, Endpoints};
use crate::api::service::{Service, ServiceType};
use crate::api::{Body, Object, ObjectKey, ObjectMeta, StringMap, kind};
use crate::kernel::{BTreeSet, unshared};
use crate::store::Tables;
use std::rc::Rc;

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
    let roll = hands.memory.endpoints.roll(tables, key, service);
    let (subsets, truncated) = roll.subsets(tables, &object);
    let created = object.meta.creation_timestamp.as_str();
    let labels = labels(&object, service);
    let fields = Endpoints {
        subsets,
        ..Default::default()
    };
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
        let made = Object {
            kind: kind::ENDPOINTS,
            meta,
            body: Body::Endpoints(Box::new(fields)),
        };
        let _ = hands.store.create(hands.sim, made, false);
        return;
    };
    let Some(before) = present.endpoints() else {
        return;
    };
    if *before == fields && present.meta.labels == labels {
        return;
    }
    let trigger = trigger(tables, &object.meta.namespace, before, &fields);
    hands.store.modify(hands.sim, &target, |object| {
        stamp(&mut object.meta, &trigger);
        object.meta.labels = labels;
        mark_capacity(&mut object.meta, truncated);
        object.body = Body::Endpoints(Box::new(fields));
    });
}

/// The lists of addresses of an Endpoints object, and whether they are ready.
fn lists(endpoints: &Endpoints) -> impl Iterator<Item = (&[Rc<EndpointAddress>], bool)> {
    let subsets = endpoints.subsets.iter();
    subsets.flat_map(|s| [(&*s.addresses, true), (&*s.not_ready_addresses, false)])
}

/// The Pod behind an address.
fn pod_of(address: &EndpointAddress) -> Option<&str> {
    address
        .target_ref
        .as_ref()
        .map(|target| target.name.as_str())
}

/// The earliest time at which a Pod became what it was not listed as before.
fn trigger(tables: &Tables, namespace: &str, before: &Endpoints, after: &Endpoints) -> String {
    let mut fresh: BTreeSet<(&str, bool)> = BTreeSet::new();
    let mut old = lists(before);
    for (list, ready) in lists(after) {
        let known = old.next().map_or(&[][..], |(known, _)| known);
        let new = unshared(list, known).into_iter();
        fresh.extend(new.filter_map(|address| Some((pod_of(address)?, ready))));
    }
    if fresh.is_empty() {
        return String::new();
    }
    // What both list as it was is not fresh.
    let mut new = lists(after);
    for (list, ready) in lists(before) {
        let known = new.next().map_or(&[][..], |(known, _)| known);
        for pod in unshared(list, known).into_iter().filter_map(|a| pod_of(a)) {
            fresh.remove(&(pod, ready));
        }
    }
    let times = fresh.iter().filter_map(|(name, _)| {
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
