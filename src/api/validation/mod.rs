//! Validation: what the API server refuses, in its words and in its order.
//!
//! Models `pkg/apis/core/validation` and `pkg/apis/apps/validation` of Kubernetes v1.36, for what Portside acts on. It sees
//! an object after defaulting and allocation, and the object that it replaces.

pub(super) mod address;
mod affinity;
mod checker;
mod cluster_ips;
mod config;
mod container;
mod job;
mod metadata;
mod mounts;
mod name;
mod network;
mod pod;
mod rules;
mod security;
mod service;
mod volume;
mod workload;

use super::{Body, FieldError, Map, Object, Value, kind};
use checker::{Checker, Row};

pub(crate) use cluster_ips::json_list;
pub use cluster_ips::validate as cluster_ip_errors;
pub(crate) use name::label as label_errors;
pub use name::label_value as label_value_errors;
pub(crate) use name::qualified as qualified_name_errors;
pub(crate) use name::subdomain as subdomain_errors;

/// Everything that is wrong with an object; `old` is what it replaces.
pub fn validate(object: &Object, old: Option<&Object>) -> Vec<FieldError> {
    let mut errors = match old {
        Some(old) => metadata::validate_update(&object.meta, &old.meta),
        None => Vec::new(),
    };
    errors.extend(metadata::validate(object));
    match &object.body {
        Body::Service(service) => {
            if let Some(old) = old.and_then(Object::service) {
                service::validate_update(service, old, &mut errors);
            }
            service::validate(object, service, old, &mut errors);
        }
        Body::Pod(pod) => {
            // What a controller makes was checked with its template.
            if object.meta.controller().is_none() || old.is_some() {
                pod::validate_spec(&pod.spec, "spec", &mut errors);
            }
            pod::validate_only_pod(&pod.spec, old.is_none(), &mut errors);
            if let Some(old) = old.and_then(Object::pod) {
                pod::validate_update(&pod.spec, &old.spec, &mut errors);
            }
        }
        Body::Deployment(_)
        | Body::ReplicaSet(_)
        | Body::StatefulSet(_)
        | Body::DaemonSet(_)
        | Body::Job(_) => workload_errors(object, old, &mut errors),
        Body::EndpointSlice(_) if is_written_by_hand(object) => {
            Checker::new("", &mut errors).run(&object.fields(), rules::ENDPOINT_SLICE);
            immutable("addressType", object, old, &mut errors);
        }
        Body::Endpoints(_) => {
            Checker::new("", &mut errors).run(&object.fields(), rules::ENDPOINTS);
        }
        Body::Node(node) if !node.spec.taints.is_empty() => {
            let spec = part(&object.fields(), "spec");
            Checker::new("metadata", &mut errors).run(&spec, rules::NODE);
        }
        Body::Plain(fields) => plain_errors(object, old, fields, &mut errors),
        // Events of the new kind, which tell their `eventTime`, are about objects of any namespace.
        Body::Event(event) if !event.rest.contains_key("eventTime") => {
            let (about, own) = (&*event.involved_object.namespace, &*object.meta.namespace);
            let cluster_wide = about.is_empty() && own == "default";
            if about != own && !cluster_wide {
                let why = format!("Invalid value: {about:?}: does not match event.namespace");
                errors.push(FieldError::new("involvedObject.namespace", why));
            }
        }
        Body::EndpointSlice(_) | Body::Node(_) | Body::Namespace(_) | Body::Event(_) => {}
    }
    errors
}

/// Slices of the controllers are right by construction, and many.
fn is_written_by_hand(object: &Object) -> bool {
    object.meta.controller().is_none()
}

fn part(fields: &Map, key: &str) -> Map {
    fields
        .get(key)
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default()
}

/// A field at the top that no update changes.
fn immutable(field: &str, new: &Object, old: Option<&Object>, errors: &mut Vec<FieldError>) {
    let Some(old) = old else { return };
    let value = new.fields().remove(field);
    if value != old.fields().remove(field) {
        let shown = value.unwrap_or_default().to_json();
        let why = format!("Invalid value: {shown}: field is immutable");
        errors.push(FieldError::new(field, why));
    }
}

/// The kinds that are kept as they came.
fn plain_errors(object: &Object, old: Option<&Object>, fields: &Map, errors: &mut Vec<FieldError>) {
    let kind = object.kind;
    let tables: [(_, &str, &'static [Row]); 6] = [
        (kind::NETWORK_POLICY, "spec", rules::NETWORK_POLICY),
        (kind::INGRESS, "spec", rules::INGRESS),
        (kind::INGRESS_CLASS, "spec", rules::INGRESS_CLASS),
        (kind::SERVICE_CIDR, "spec", rules::SERVICE_CIDR),
        (kind::IP_ADDRESS, "spec", rules::IP_ADDRESS),
        (kind::PERSISTENT_VOLUME_CLAIM, "spec", rules::CLAIM),
    ];
    if kind == kind::INGRESS && old.is_none() {
        network::same_class(object, fields, errors);
    }
    if let Some(old) = old {
        network::kept(
            kind,
            &part(fields, "spec"),
            &part(&old.fields(), "spec"),
            errors,
        );
    }
    for (_, at, rows) in tables.into_iter().filter(|(k, _, _)| *k == kind) {
        Checker::new(at, errors).run(&part(fields, at), rows);
    }
    let is_secret = kind == kind::SECRET;
    if is_secret || kind == kind::CONFIG_MAP {
        if let Some(old) = old {
            config::validate_update(fields, &old.fields(), is_secret, errors);
        }
        config::validate(fields, is_secret, errors);
        let named = "kubernetes.io/service-account.name";
        let of_account = checker::text(fields, "type") == "kubernetes.io/service-account-token";
        if is_secret
            && of_account
            && object
                .meta
                .annotations
                .get(named)
                .is_none_or(|n| n.is_empty())
        {
            let field = format!("metadata.annotations[{named}]");
            errors.push(FieldError::new(field, "Required value"));
        }
    } else if kind == kind::REPLICATION_CONTROLLER {
        workload::replication_controller(fields, errors);
    } else if kind == kind::CRON_JOB {
        job::cron_job(&part(fields, "spec"), errors);
        if old.is_none() && object.meta.name.len() > 52 {
            let why = "must be no more than 52 characters";
            errors.push(metadata::invalid("metadata.name", &object.meta.name, why));
        }
    }
}

fn workload_errors(object: &Object, old: Option<&Object>, errors: &mut Vec<FieldError>) {
    let spec = part(&object.fields(), "spec");
    let before = old.map(|old| part(&old.fields(), "spec"));
    match &object.body {
        Body::Deployment(_) => workload::deployment(&spec, true, errors),
        Body::ReplicaSet(_) if object.meta.controller().is_none() => {
            workload::deployment(&spec, false, errors);
        }
        Body::StatefulSet(set) => {
            workload::stateful_set(&spec, old.is_none(), errors);
            if let Some(old) = old.and_then(Object::stateful_set) {
                workload::stateful_set_update(&set.spec, &old.spec, errors);
            }
            return;
        }
        Body::DaemonSet(_) => workload::daemon_set(&spec, errors),
        Body::Job(_) => {
            job::job(&spec, old.is_none().then_some(&object.meta), errors);
            if let (Some(before), Some(old)) = (before, old.and_then(Object::job)) {
                let waits = old.spec.suspend == Some(true) && old.status.start_time.is_empty();
                job::job_update(&spec, &before, waits, errors);
            }
            return;
        }
        _ => return,
    }
    if let Some(before) = before {
        workload::selector_is_immutable(&spec, &before, errors);
    }
}
