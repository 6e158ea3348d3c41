//! Validation: what the API server refuses, in its words and in its order.
//!
//! Models `pkg/apis/core/validation` and `pkg/apis/apps/validation` of Kubernetes v1.36, for what Portside acts on. It sees
//! an object after defaulting and allocation, and the object that it replaces.

mod address;
mod cluster_ips;
mod metadata;
mod name;
mod pod;
mod service;
mod workload;

use super::{Body, FieldError, Object, kind};

pub(crate) use cluster_ips::json_list;
pub use cluster_ips::validate as cluster_ip_errors;
pub(super) use name::{label_value as label_value_errors, qualified as qualified_name_errors};

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
        Body::Pod(pod) => pod::validate_spec(&pod.spec, "spec", &mut errors),
        Body::Deployment(_)
        | Body::ReplicaSet(_)
        | Body::StatefulSet(_)
        | Body::DaemonSet(_)
        | Body::Job(_) => workload_errors(object, old, &mut errors),
        Body::Plain(fields) if object.kind == kind::REPLICATION_CONTROLLER => {
            workload::replication_controller(fields, &mut errors);
        }
        Body::EndpointSlice(_)
        | Body::Node(_)
        | Body::Namespace(_)
        | Body::Event(_)
        | Body::Plain(_) => {}
    }
    errors
}

fn workload_errors(object: &Object, old: Option<&Object>, errors: &mut Vec<FieldError>) {
    match &object.body {
        Body::Deployment(deployment) => {
            let spec = &deployment.spec;
            workload::validate(
                "deployment",
                spec.replicas,
                &spec.selector,
                &spec.template,
                errors,
            );
            workload::restarts_always(&spec.template, errors);
            if let Some(old) = old.and_then(Object::deployment) {
                workload::selector_is_immutable(&spec.selector, &old.spec.selector, errors);
            }
        }
        Body::ReplicaSet(set) => {
            let spec = &set.spec;
            workload::validate(
                "replicaset",
                spec.replicas,
                &spec.selector,
                &spec.template,
                errors,
            );
        }
        Body::StatefulSet(set) => {
            let spec = &set.spec;
            let replicas = spec.replicas;
            workload::validate(
                "statefulset",
                replicas,
                &spec.selector,
                &spec.template,
                errors,
            );
            workload::restarts_always(&spec.template, errors);
            if let Some(old) = old.and_then(Object::stateful_set) {
                workload::stateful_set_update(spec, &old.spec, errors);
            }
        }
        Body::DaemonSet(set) => {
            let spec = &set.spec;
            workload::validate("daemonset", None, &spec.selector, &spec.template, errors);
            workload::restarts_always(&spec.template, errors);
            if let Some(old) = old.and_then(Object::daemon_set) {
                workload::selector_is_immutable(&spec.selector, &old.spec.selector, errors);
            }
        }
        Body::Job(job) => {
            workload::job(&job.spec, errors);
            if let Some(old) = old.and_then(Object::job) {
                workload::job_update(&job.spec, &old.spec, errors);
            }
        }
        _ => {}
    }
}
