//! The `EndpointSlice` controller: a Service's Pods, with their ports and their readiness.
//!
//! Models `k8s.io/endpointslice` and `pkg/controller/endpointslice`. What is to be written is planned by pure functions;
//! this file reads the store for them and writes what they plan.

mod draft;
mod endpoint;
mod memory;
mod plan;
mod topology;
mod traffic;

pub(super) use draft::prefix;
pub use draft::{Draft, labels};
pub use endpoint::{address_types, endpoint, is_listed, ports, sets_hostname};
pub(super) use memory::Memory;
pub(super) use plan::since;
pub use plan::{Inputs, Plan, Said, Slices, plan};
pub use topology::{CpuByZone, add_hints};
pub use traffic::reconcile as reconcile_hints;

use super::queue::Hands;
use super::recorder::{self, record};
use crate::api::service::{Service, ServiceType};
use crate::api::{Object, ObjectKey, ObjectMeta, kind};
use crate::store::Tables;
use std::rc::Rc;

/// How many endpoints a slice holds at most.
const MOST: usize = 100;
pub(super) const SERVICE_NAME: &str = "kubernetes.io/service-name";
pub(super) const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const CONTROLLER: &str = "endpointslice-controller.k8s.io";
pub(super) const TRIGGER: &str = "endpoints.kubernetes.io/last-change-trigger-time";
const HEADLESS: &str = "service.kubernetes.io/headless";

/// Brings the slices of a Service in line with its Pods.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(service) = object.service().filter(|service| has_selector(service)) else {
        return;
    };
    let types = address_types(service);
    for stale in foreign(hands.store.tables(), &object, &types) {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &stale, None);
    }
    let mut known = hands.memory.slices.take(key);
    for address_type in types {
        let tables = hands.store.tables();
        match known.follow(tables, (&object, service), address_type) {
            Some(plan) => match write(hands, &object, plan) {
                Some(written) => known.learn(address_type, &written),
                None => known.doubt(address_type),
            },
            None => {
                let plan = planned(tables, &object, service, address_type);
                let certain = plan.errors.is_empty();
                match write(hands, &object, plan).filter(|_| certain) {
                    Some(_) => known.read(hands.store.tables(), &object, address_type),
                    None => known.doubt(address_type),
                }
            }
        }
    }
    hands.memory.slices.keep(key, known);
}

/// Whether the controller makes slices for a Service.
fn has_selector(service: &Service) -> bool {
    !service.spec.selector.is_empty() && service.spec.service_type() != ServiceType::ExternalName
}

/// The controller's slices of a Service.
fn managed<'a>(tables: &'a Tables, service: &Object) -> Vec<&'a Rc<Object>> {
    let mut slices = tables.slices_of(&service.meta.namespace, &service.meta.name);
    let ours = |slice: &Object| {
        let by = slice.meta.labels.get(MANAGED_BY);
        by.is_some_and(|by| by == CONTROLLER) && !slice.meta.is_terminating()
    };
    slices.retain(|slice| ours(slice));
    slices
}

/// Slices of families that the Service no longer has.
fn foreign(tables: &Tables, service: &Object, types: &[&str]) -> Vec<ObjectKey> {
    let slices = managed(tables, service).into_iter();
    let stale = |slice: &&Rc<Object>| {
        let family = slice.slice().map(|slice| slice.address_type.as_str());
        family.is_some_and(|family| !types.contains(&family))
    };
    slices.filter(stale).map(|slice| slice.key()).collect()
}

fn planned(tables: &Tables, object: &Object, service: &Service, address_type: &str) -> Plan {
    let nodes = || {
        tables
            .all(kind::NODE)
            .filter_map(|object| Some((&**object, object.node()?)))
    };
    let inputs = Inputs {
        object,
        service,
        pods: tables.pods_with(&object.meta.namespace, &service.spec.selector),
        existing: managed(tables, object),
        node: &|name| tables.find(kind::NODE, "", name).map(|node| &**node),
        cpu: if plan::asks_for_topology(&object.meta.annotations) {
            CpuByZone::of(nodes())
        } else {
            None
        },
        most: MOST,
    };
    plan(&inputs, address_type)
}

/// Writes what was planned; gives back the slices that changed, none if it was refused.
fn write(hands: &mut Hands<'_>, service: &Object, plan: Plan) -> Option<Vec<Rc<Object>>> {
    let mut written = Vec::new();
    let mut refused = service.meta.is_terminating() && !plan.slices.create.is_empty();
    if !service.meta.is_terminating() {
        for draft in plan.slices.create {
            let mut made = draft.into_object(service);
            stamp(&mut made.meta, &plan.trigger);
            // A namespace that is going away takes no new slices.
            match hands.store.create(hands.sim, made, false) {
                Ok(made) => written.push(made),
                Err(_) => refused = true,
            }
        }
    }
    for draft in plan.slices.update {
        let name = draft.name.clone().unwrap_or_default();
        let key = ObjectKey::new(kind::ENDPOINT_SLICE, &service.meta.namespace, &name);
        let changed = hands.store.modify(hands.sim, &key, |object| {
            stamp(&mut object.meta, &plan.trigger);
            apply(object, draft);
        });
        written.extend(changed);
    }
    for draft in plan.slices.delete {
        let name = draft.name.unwrap_or_default();
        let key = ObjectKey::new(kind::ENDPOINT_SLICE, &service.meta.namespace, &name);
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &key, None);
    }
    for event in plan.events {
        let component = "endpoint-slice-controller";
        let said = if event.warning {
            recorder::Said::warning(component, event.reason, event.message)
        } else {
            recorder::Said::normal(component, event.reason, event.message)
        };
        record(hands.store, hands.sim, service, said);
    }
    (!refused).then_some(written)
}

/// Writes when that happened which an object follows, or takes it away (`addTriggerTimeAnnotation`).
pub(super) fn stamp(meta: &mut ObjectMeta, trigger: &str) {
    if trigger.is_empty() {
        meta.annotations.remove(TRIGGER);
    } else {
        let own = meta.annotations.entry(TRIGGER.to_owned()).or_default();
        trigger.clone_into(own);
    }
}

fn apply(object: &mut Object, draft: Draft) {
    let relabelled = object.meta.labels != draft.labels;
    object.meta.labels = draft.labels;
    let Some(slice) = object.slice_mut() else {
        return;
    };
    let (ports, endpoints) = (Some(draft.ports), Some(draft.endpoints));
    if relabelled || slice.ports != ports || slice.endpoints != endpoints {
        slice.ports = ports;
        slice.endpoints = endpoints;
        object.meta.generation += 1;
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
