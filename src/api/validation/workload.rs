//! Deployments and `ReplicaSets`: replicas, selector, template.

use super::{metadata, pod};
use crate::api::pod::PodTemplateSpec;
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
