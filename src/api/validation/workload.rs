//! Deployments and `ReplicaSets`: replicas, selector, template.

use super::metadata::unsupported;
use super::{metadata, pod};
use crate::api::pod::PodTemplateSpec;
use crate::api::workload::{JobSpec, StatefulSetSpec};
use crate::api::{FieldError, LabelSelector, Map, Value};

/// What is wrong with a workload's spec.
pub(super) fn validate(
    what: &str,
    replicas: Option<i64>,
    selector: &LabelSelector,
    template: &PodTemplateSpec,
    errors: &mut Vec<FieldError>,
) {
    if let Some(replicas) = replicas.filter(|n| *n < 0) {
        let detail = format!("Invalid value: {replicas}: must be greater than or equal to 0");
        errors.push(FieldError::new("spec.replicas", detail));
    }
    if selector.is_empty() {
        let detail = format!("Invalid value: {{}}: empty selector is invalid for {what}");
        errors.push(FieldError::new("spec.selector", detail));
    } else if !selector.matches(&template.metadata.labels) {
        let labels = template
            .metadata
            .labels
            .iter()
            .map(|(k, v)| (k.clone(), Value::Str(v.clone())));
        let shown = Value::Map(labels.collect()).to_json();
        let detail = format!("Invalid value: {shown}: `selector` does not match template `labels`");
        errors.push(FieldError::new("spec.template.metadata.labels", detail));
    }
    metadata::labels(&template.metadata.labels, "spec.template.labels", errors);
    pod::validate_spec(&template.spec, "spec.template.spec", errors);
}

/// Pods that are replaced when they end are restarted when their containers end.
pub(super) fn restarts_always(template: &PodTemplateSpec, errors: &mut Vec<FieldError>) {
    let policy = &template.spec.restart_policy;
    if ["OnFailure", "Never"].contains(&policy.as_str()) {
        let field = "spec.template.spec.restartPolicy";
        errors.push(unsupported(field, policy, &["Always"]));
    }
}

/// What an update of a `StatefulSet` may change.
pub(super) fn stateful_set_update(
    new: &StatefulSetSpec,
    old: &StatefulSetSpec,
    errors: &mut Vec<FieldError>,
) {
    let mut same = old.clone();
    same.replicas = new.replicas;
    same.template = new.template.clone();
    same.update_strategy = new.update_strategy.clone();
    same.min_ready_seconds = new.min_ready_seconds;
    same.ordinals.clone_from(&new.ordinals);
    same.revision_history_limit = new.revision_history_limit;
    let policy = "persistentVolumeClaimRetentionPolicy";
    match new.rest.get(policy) {
        Some(value) => same.rest.insert(policy.to_owned(), value.clone()),
        None => same.rest.remove(policy),
    };
    if same != *new {
        let why = "Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        errors.push(FieldError::new("spec", why));
    }
}

/// What is wrong with a Job's spec.
pub(super) fn job(spec: &JobSpec, errors: &mut Vec<FieldError>) {
    let counts = [
        ("spec.parallelism", spec.parallelism),
        ("spec.completions", spec.completions),
        ("spec.activeDeadlineSeconds", spec.active_deadline_seconds),
        ("spec.backoffLimit", spec.backoff_limit),
        (
            "spec.ttlSecondsAfterFinished",
            spec.ttl_seconds_after_finished,
        ),
    ];
    for (field, count) in counts {
        if let Some(count) = count.filter(|count| *count < 0) {
            let why = format!("Invalid value: {count}: must be greater than or equal to 0");
            errors.push(FieldError::new(field, why));
        }
    }
    let template = &spec.template;
    metadata::labels(&template.metadata.labels, "spec.template.labels", errors);
    pod::validate_spec(&template.spec, "spec.template.spec", errors);
    let (field, policy) = (
        "spec.template.spec.restartPolicy",
        &template.spec.restart_policy,
    );
    if policy == "Always" || policy.is_empty() {
        errors.push(FieldError::new(
            field,
            "Required value: valid values: \"OnFailure\", \"Never\"",
        ));
    }
}

/// A Job's template never changes, nor how many Pods must succeed.
pub(super) fn job_update(new: &JobSpec, old: &JobSpec, errors: &mut Vec<FieldError>) {
    let immutable = |field: &str, value: Value| {
        FieldError::new(
            field,
            format!("Invalid value: {}: field is immutable", value.to_json()),
        )
    };
    if new.completions != old.completions {
        let value = new.completions.map_or(Value::Null, Value::Int);
        errors.push(immutable("spec.completions", value));
    }
    if new.selector != old.selector {
        let value = new
            .selector
            .as_ref()
            .map_or(Value::Null, |s| Value::Map(s.to_map()));
        errors.push(immutable("spec.selector", value));
    }
    if new.template != old.template {
        errors.push(immutable(
            "spec.template",
            Value::Map(new.template.to_map()),
        ));
    }
}

/// What is wrong with a `ReplicationController`, whose selector is a plain map and which nothing acts on.
pub(super) fn replication_controller(fields: &Map, errors: &mut Vec<FieldError>) {
    let spec = fields
        .get("spec")
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    let part = |key: &str| spec.get(key).and_then(Value::as_map).cloned();
    let selector = part("selector").unwrap_or_default();
    if selector.is_empty() {
        errors.push(FieldError::new("spec.selector", "Required value"));
    }
    let Some(template) = part("template").map(PodTemplateSpec::from_map) else {
        errors.push(FieldError::new("spec.template", "Required value"));
        return;
    };
    let labels = &template.metadata.labels;
    let matches =
        |(key, value): (&String, &Value)| labels.get(key).map(String::as_str) == value.as_str();
    if !selector.iter().all(matches) {
        let why = format!(
            "Invalid value: {}: `selector` does not match template `labels`",
            Value::Map(
                labels
                    .iter()
                    .map(|(k, v)| (k.clone(), Value::Str(v.clone())))
                    .collect()
            )
            .to_json()
        );
        errors.push(FieldError::new("spec.template.metadata.labels", why));
    }
    pod::validate_spec(&template.spec, "spec.template.spec", errors);
}

/// A workload's selector never changes.
pub(super) fn selector_is_immutable(
    new: &LabelSelector,
    old: &LabelSelector,
    errors: &mut Vec<FieldError>,
) {
    if new != old {
        let shown = Value::Map(new.to_map()).to_json();
        errors.push(FieldError::new(
            "spec.selector",
            format!("Invalid value: {shown}: field is immutable"),
        ));
    }
}
