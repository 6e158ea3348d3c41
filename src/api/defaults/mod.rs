//! Defaulting: what the API server fills in before it checks an object.
//!
//! Models `pkg/apis/core/v1/defaults.go`, `pkg/apis/apps/v1/defaults.go` and `pkg/apis/batch/v1/defaults.go` of Kubernetes
//! v1.36.

mod pod;

use super::endpoints::Endpoints;
use super::pod::PodTemplateSpec;
use super::service::{EndpointSlice, Service, ServiceSpec, ServiceType};
use super::workload::{Deployment, DeploymentStrategy, Job, RollingUpdate, StatefulSet};
use super::{Body, Map, Object, ObjectMeta, Value, canonical_quantity, kind};
use crate::kernel::base64;
pub use pod::qos_class;
use pod::{default_only_pod, default_pod_spec, default_tolerations};

/// Fills in what the writer left open.
pub fn apply(object: &mut Object) {
    match &mut object.body {
        Body::Service(service) => default_service(service),
        Body::Pod(pod) => {
            let spec = &mut *pod.spec;
            fill(&mut spec.service_account_name, "default");
            default_pod_spec(spec);
            default_only_pod(spec);
            default_tolerations(spec);
            fill(&mut pod.status.phase, "Pending");
            let class = qos_class(spec);
            fill(&mut pod.status.qos_class, class);
            pod::note_gates(pod);
        }
        Body::Deployment(deployment) => default_deployment(deployment),
        Body::ReplicaSet(set) => {
            set.spec.replicas.get_or_insert(1);
            default_pod_spec(&mut set.spec.template.spec);
        }
        Body::StatefulSet(set) => default_stateful_set(set),
        Body::DaemonSet(set) => {
            set.spec.revision_history_limit.get_or_insert(10);
            default_rolling_update(
                &mut set.spec.update_strategy,
                [Value::Int(1), Value::Int(0)],
            );
            default_pod_spec(&mut set.spec.template.spec);
        }
        Body::Job(job) => default_job(&object.meta, job),
        Body::Namespace(namespace) => {
            fill(&mut namespace.status.phase, "Active");
            let kubernetes = Value::List(vec![Value::from("kubernetes")]);
            namespace
                .spec
                .entry("finalizers".to_owned())
                .or_insert(kubernetes);
            let label = "kubernetes.io/metadata.name".to_owned();
            object.meta.labels.insert(label, object.meta.name.clone());
        }
        Body::EndpointSlice(slice) => default_slice(slice),
        Body::Plain(fields) if object.kind == kind::REPLICATION_CONTROLLER => {
            default_replication_controller(fields);
        }
        Body::Endpoints(endpoints) => default_endpoints(endpoints),
        Body::Plain(fields) if object.kind == kind::NETWORK_POLICY => default_policy(fields),
        Body::Plain(fields) if object.kind == kind::SECRET => default_secret(fields),
        Body::Plain(fields) if object.kind == kind::PERSISTENT_VOLUME_CLAIM => {
            default_claim(fields);
        }
        Body::Plain(fields) if object.kind == kind::CRON_JOB => default_cron_job(fields),
        Body::Plain(fields) if object.kind == kind::INGRESS_CLASS => {
            if let Some(parameters) = part(fields, &["spec", "parameters"]) {
                let scope = parameters.entry("scope".to_owned());
                scope.or_insert_with(|| Value::from("Cluster"));
            }
        }
        Body::Plain(fields) if object.kind == kind::RESOURCE_QUOTA => {
            quantities(part(fields, &["spec", "hard"]));
        }
        Body::Plain(fields) if object.kind == kind::PERSISTENT_VOLUME => {
            fill_in(
                fields,
                &[
                    ("spec", "persistentVolumeReclaimPolicy", "Retain"),
                    ("spec", "volumeMode", "Filesystem"),
                    ("status", "phase", "Pending"),
                ],
            );
            quantities(part(fields, &["spec", "capacity"]));
        }
        Body::Node(_) | Body::Event(_) | Body::Plain(_) => {}
    }
}

/// A struct within structs, to be changed.
fn part<'a>(fields: &'a mut Map, path: &[&str]) -> Option<&'a mut Map> {
    let step = |map: Option<&'a mut Map>, key: &&str| map?.get_mut(*key)?.as_map_mut();
    path.iter().fold(Some(fields), step)
}

/// The structs of a list, to be changed.
fn structs<'a>(fields: &'a mut Map, list: &str) -> impl Iterator<Item = &'a mut Map> {
    let list = fields.get_mut(list).and_then(Value::as_list_mut);
    list.into_iter().flatten().filter_map(Value::as_map_mut)
}

/// Writes amounts as the server does.
fn quantities(amounts: Option<&mut Map>) {
    for amount in amounts.into_iter().flat_map(Map::values_mut) {
        if let Some(text) = canonical_quantity(amount) {
            *amount = Value::Str(text);
        }
    }
}

fn default_claim(fields: &mut Map) {
    let rows = [
        ("spec", "volumeMode", "Filesystem"),
        ("status", "phase", "Pending"),
    ];
    fill_in(fields, &rows);
    quantities(part(fields, &["spec", "resources", "requests"]));
}

fn default_cron_job(fields: &mut Map) {
    let Some(spec) = part(fields, &["spec"]) else {
        return;
    };
    for (key, value) in [
        ("concurrencyPolicy", Value::from("Allow")),
        ("suspend", Value::Bool(false)),
        ("successfulJobsHistoryLimit", Value::Int(3)),
        ("failedJobsHistoryLimit", Value::Int(1)),
    ] {
        spec.entry(key.to_owned()).or_insert(value);
    }
    if let Some(job) = part(spec, &["jobTemplate", "spec"]) {
        default_template(job);
    }
}

/// The Pods of a workload that is kept as it came.
fn default_template(spec: &mut Map) {
    if let Some(Value::Map(template)) = spec.get("template").cloned() {
        let mut template = PodTemplateSpec::from_map(template);
        default_pod_spec(&mut template.spec);
        spec.insert("template".to_owned(), Value::Map(template.to_map()));
    }
}

/// What is written in plain text is kept encoded, and wins over what was given so.
fn default_secret(fields: &mut Map) {
    fields
        .entry("type".to_owned())
        .or_insert_with(|| Value::from("Opaque"));
    let Some(Value::Map(plain)) = fields.remove("stringData") else {
        return;
    };
    let data = fields
        .entry("data".to_owned())
        .or_insert_with(|| Value::Map(Map::new()));
    for (key, value) in plain {
        if let (Some(data), Some(text)) = (data.as_map_mut(), value.as_str()) {
            data.insert(key, Value::Str(base64(text.as_bytes())));
        }
    }
}

/// Its selector is its template's labels unless it is given.
fn default_replication_controller(fields: &mut Map) {
    let Some(spec) = fields.get_mut("spec").and_then(Value::as_map_mut) else {
        return;
    };
    spec.entry("replicas".to_owned()).or_insert(Value::Int(1));
    default_template(spec);
    let template = spec.get("template");
    let labels = template.and_then(|template| template.at(&["metadata", "labels"]));
    if let Some(labels) = labels.cloned() {
        spec.entry("selector".to_owned()).or_insert(labels);
    }
}

/// A policy is about what comes, and about what goes if it says anything of that.
fn default_policy(fields: &mut Map) {
    let Some(spec) = fields.get_mut("spec").and_then(Value::as_map_mut) else {
        return;
    };
    spec.entry("podSelector".to_owned())
        .or_insert_with(|| Value::Map(Map::new()));
    for direction in ["ingress", "egress"] {
        let rules = spec.get_mut(direction);
        for rule in rules.and_then(Value::as_list_mut).into_iter().flatten() {
            let ports = rule.as_map_mut().and_then(|rule| rule.get_mut("ports"));
            for port in ports.and_then(Value::as_list_mut).into_iter().flatten() {
                if let Some(port) = port.as_map_mut() {
                    port.entry("protocol".to_owned())
                        .or_insert_with(|| Value::from("TCP"));
                }
            }
        }
    }
    let goes = spec
        .get("egress")
        .and_then(Value::as_list)
        .is_some_and(|e| !e.is_empty());
    let mut types = vec![Value::from("Ingress")];
    if goes {
        types.push(Value::from("Egress"));
    }
    let given = spec.get("policyTypes").and_then(Value::as_list);
    if given.is_none_or(<[Value]>::is_empty) {
        spec.insert("policyTypes".to_owned(), Value::List(types));
    }
}

/// Sets fields of parts that have none.
fn fill_in(fields: &mut Map, rows: &[(&str, &str, &str)]) {
    for (part, key, value) in rows {
        let part = fields
            .entry((*part).to_owned())
            .or_insert_with(|| Value::Map(Map::new()));
        if let Some(map) = part.as_map_mut() {
            map.entry((*key).to_owned())
                .or_insert_with(|| Value::from(*value));
        }
    }
}

fn fill(field: &mut String, default: &str) {
    if field.is_empty() {
        default.clone_into(field);
    }
}

fn default_service(service: &mut Service) {
    let spec = &mut service.spec;
    fill(&mut spec.type_, "ClusterIP");
    fill(&mut spec.session_affinity, "None");
    if spec.session_affinity == "None" {
        spec.session_affinity_config = None;
    } else if spec.session_affinity == "ClientIP" && !has_timeout(spec) {
        let timeout = Map::from([("timeoutSeconds".to_owned(), Value::Int(10_800))]);
        let config = Map::from([("clientIP".to_owned(), Value::Map(timeout))]);
        spec.session_affinity_config = Some(Value::Map(config));
    }
    for port in &mut spec.ports {
        fill(&mut port.protocol, "TCP");
        let unset = match &port.target_port {
            Value::Null | Value::Int(0) => true,
            Value::Str(name) => name.is_empty(),
            Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => {
                false
            }
        };
        if unset {
            port.target_port = Value::Int(port.port);
        }
    }
    let kind = spec.service_type();
    if kind != ServiceType::ExternalName {
        fill(&mut spec.internal_traffic_policy, "Cluster");
    }
    if spec.is_externally_accessible() {
        fill(&mut spec.external_traffic_policy, "Cluster");
    }
    if kind == ServiceType::LoadBalancer {
        spec.allocate_load_balancer_node_ports.get_or_insert(true);
    }
}

/// Whether the affinity's timeout is given.
fn has_timeout(spec: &ServiceSpec) -> bool {
    let config = spec.session_affinity_config.as_ref();
    let timeout = config.and_then(|config| config.at(&["clientIP", "timeoutSeconds"]));
    timeout.is_some_and(|timeout| *timeout != Value::Null)
}

fn default_endpoints(endpoints: &mut Endpoints) {
    for subset in &mut endpoints.subsets {
        for port in &mut subset.ports {
            fill(&mut port.protocol, "TCP");
        }
    }
}

fn default_slice(slice: &mut EndpointSlice) {
    for port in slice.ports.iter_mut().flatten() {
        port.name.get_or_insert_default();
        port.protocol.get_or_insert_with(|| "TCP".to_owned());
    }
}

fn default_deployment(deployment: &mut Deployment) {
    let spec = &mut deployment.spec;
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit.get_or_insert(10);
    spec.progress_deadline_seconds.get_or_insert(600);
    default_rolling_update(&mut spec.strategy, ["25%".into(), "25%".into()]);
    default_pod_spec(&mut spec.template.spec);
}

/// A rolling update within these bounds: how many Pods may be missing, how many too many.
fn default_rolling_update(strategy: &mut DeploymentStrategy, bounds: [Value; 2]) {
    fill(&mut strategy.type_, "RollingUpdate");
    if strategy.type_ != "RollingUpdate" {
        return;
    }
    let given = strategy
        .rolling_update
        .get_or_insert_with(RollingUpdate::default);
    let slots = [&mut given.max_unavailable, &mut given.max_surge];
    for (slot, bound) in slots.into_iter().zip(bounds) {
        if *slot == Value::Null {
            *slot = bound;
        }
    }
}

fn default_stateful_set(set: &mut StatefulSet) {
    let spec = &mut set.spec;
    spec.replicas.get_or_insert(1);
    spec.revision_history_limit.get_or_insert(10);
    fill(&mut spec.pod_management_policy, "OrderedReady");
    fill(&mut spec.update_strategy.type_, "RollingUpdate");
    if spec.update_strategy.type_ == "RollingUpdate" {
        let bounds = spec.update_strategy.rolling_update.get_or_insert_default();
        bounds.partition.get_or_insert(0);
    }
    let policy = "persistentVolumeClaimRetentionPolicy";
    let rows = [
        (policy, "whenDeleted", "Retain"),
        (policy, "whenScaled", "Retain"),
    ];
    fill_in(&mut spec.rest, &rows);
    for claim in spec
        .volume_claim_templates
        .iter_mut()
        .filter_map(Value::as_map_mut)
    {
        for (key, value) in [("apiVersion", "v1"), ("kind", "PersistentVolumeClaim")] {
            claim.insert(key.to_owned(), Value::from(value));
        }
        default_claim(claim);
    }
    set.status.replicas.get_or_insert(0);
    set.status.available_replicas.get_or_insert(0);
    default_pod_spec(&mut set.spec.template.spec);
}

/// A Job selects its Pods by its own identity, which the server gives before it completes the rest.
fn default_job(meta: &ObjectMeta, job: &mut Job) {
    let spec = &mut job.spec;
    if spec.parallelism.is_none() && spec.completions.is_none() {
        spec.completions = Some(1);
    }
    spec.parallelism.get_or_insert(1);
    // A Job that counts failures by task counts no others.
    let by_task = spec.rest.contains_key("backoffLimitPerIndex");
    let limit = if by_task { 2_147_483_647 } else { 6 };
    spec.backoff_limit.get_or_insert(limit);
    spec.suspend.get_or_insert(false);
    fill(&mut spec.completion_mode, "NonIndexed");
    let replaced = match spec.rest.contains_key("podFailurePolicy") {
        true => "Failed",
        false => "TerminatingOrFailed",
    };
    for (key, value) in [
        ("podReplacementPolicy", Value::from(replaced)),
        ("manualSelector", Value::Bool(false)),
    ] {
        spec.rest.entry(key.to_owned()).or_insert(value);
    }
    let manual = spec.rest.get("manualSelector") == Some(&Value::Bool(true));
    if !manual && !meta.uid.is_empty() {
        let selector = spec.selector.get_or_insert_default();
        let labels = &mut spec.template.metadata.labels;
        for (key, value) in [("controller-uid", &*meta.uid), ("job-name", &*meta.name)] {
            let whole = format!("batch.kubernetes.io/{key}");
            if key == "controller-uid" && !selector.match_labels.contains_key(&whole) {
                selector
                    .match_labels
                    .insert(whole.clone(), value.to_owned());
            }
            for key in [key.to_owned(), whole] {
                if !labels.contains_key(&key) {
                    labels.insert(key, value.to_owned());
                }
            }
        }
    }
    default_pod_spec(&mut spec.template.spec);
}
