//! Workloads: replicas, selector, template, strategy (`pkg/apis/apps/validation`).

use super::checker::{Check, Checker, Row, text};
use super::{metadata, name, pod};
use crate::api::pod::PodTemplateSpec;
use crate::api::workload::StatefulSetSpec;
use crate::api::{FieldError, LabelSelector, Map, Value};

const UNSIGNED: &str = "must be greater than or equal to 0";
pub(super) const MISMATCH: &str = "`selector` does not match template `labels`";

/// The fields of a spec that count something.
pub(super) fn natural(checker: &mut Checker<'_>, spec: &Map, fields: &[&str]) {
    for field in fields {
        let number = spec.get(*field).and_then(Value::as_int);
        if let Some(number) = number.filter(|n| *n < 0) {
            checker.within(field, |c| c.invalid(&Value::Int(number), UNSIGNED));
        }
    }
}

/// A selector as the server writes it in its messages: labels first.
pub(super) fn selector_json(selector: &Map) -> String {
    let part = |key: &str| {
        let value = selector.get(key)?;
        Some(format!("\"{key}\":{}", value.to_json()))
    };
    let parts = [part("matchLabels"), part("matchExpressions")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{{{}}}", parts.join(","))
}

pub(super) fn template_of(spec: &Map) -> PodTemplateSpec {
    let template = spec.get("template").and_then(Value::as_map);
    PodTemplateSpec::from_map(template.cloned().unwrap_or_default())
}

/// A selector that is there and says something, the labels of a template that it selects, and the template.
fn selects(checker: &mut Checker<'_>, spec: &Map, what: &str) -> bool {
    let Some(Value::Map(selector)) = spec.get("selector") else {
        if what != "daemonset" {
            checker.within("selector", |c| c.say("Required value"));
        }
        mismatch(checker, spec);
        return true;
    };
    let before = checker.found();
    checker.run(spec, &[("selector", Check::Selector)]);
    let typed = LabelSelector::from_map(selector.clone());
    let json = selector_json(selector);
    if typed.is_empty() {
        let why = format!("Invalid value: {json}: empty selector is invalid for {what}");
        checker.within("selector", |c| c.say(why));
    } else if checker.found() > before {
        let why = match what {
            "daemonset" => return false,
            "statefulset" => "",
            _ => "invalid label selector",
        };
        let detail = format!("Invalid value: {json}: {why}");
        checker.within("selector", |c| c.say(detail));
        return false;
    } else if !typed.matches(&template_of(spec).metadata.labels) {
        mismatch(checker, spec);
    }
    true
}

fn mismatch(checker: &mut Checker<'_>, spec: &Map) {
    let labels = spec
        .get("template")
        .and_then(|t| t.at(&["metadata", "labels"]));
    let labels = labels.cloned().unwrap_or_default();
    checker.within("template.metadata.labels", |c| c.invalid(&labels, MISMATCH));
}

/// The labels and annotations of a template.
fn template_metadata(template: &PodTemplateSpec, at: &str, errors: &mut Vec<FieldError>) {
    let meta = &template.metadata;
    metadata::labels(&meta.labels, &format!("{at}.template.labels"), errors);
    metadata::annotations(
        &meta.annotations,
        &format!("{at}.template.annotations"),
        errors,
    );
}

/// `ValidatePodTemplateSpec`: labels, annotations and the spec of a template.
pub(super) fn template(spec: &Map, at: &str, errors: &mut Vec<FieldError>) {
    let template = template_of(spec);
    template_metadata(&template, at, errors);
    let at = format!("{at}.template.spec");
    pod::validate_spec(&template.spec, &at, errors);
    if !template.spec.ephemeral_containers.is_empty() {
        let why = "Forbidden: ephemeral containers not allowed in pod template";
        errors.push(FieldError::new(format!("{at}.ephemeralContainers"), why));
    }
}

/// Pods that are replaced when they end are restarted when their containers end, and have no end of their own.
fn lasting(checker: &mut Checker<'_>, spec: &Map, what: &str) {
    let template = template_of(spec);
    let policy = &template.spec.restart_policy;
    checker.within("template.spec", |checker| {
        if !policy.is_empty() && policy != "Always" {
            let why = format!("Unsupported value: {policy:?}: supported values: \"Always\"");
            checker.within("restartPolicy", |c| c.say(why));
        }
        if template.spec.rest.contains_key("activeDeadlineSeconds") {
            let why = format!("Forbidden: activeDeadlineSeconds in {what} is not Supported");
            checker.within("activeDeadlineSeconds", |c| c.say(why));
        }
    });
}

/// `ValidateDeploymentSpec` and `ValidateReplicaSetSpec`.
pub(super) fn deployment(spec: &Map, is_deployment: bool, errors: &mut Vec<FieldError>) {
    let mut checker = Checker::new("spec", errors);
    natural(&mut checker, spec, &["replicas"]);
    if !is_deployment {
        natural(&mut checker, spec, &["minReadySeconds"]);
    }
    let goes_on = selects(&mut checker, spec, "deployment");
    if goes_on {
        template(spec, "spec", errors);
        lasting(&mut Checker::new("spec", errors), spec, "ReplicaSet");
    }
    if !is_deployment {
        return;
    }
    let checker = &mut Checker::new("spec", errors);
    let strategy = spec
        .get("strategy")
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    checker.within("strategy", |checker| strategy_rules(checker, &strategy));
    let counts = [
        "minReadySeconds",
        "revisionHistoryLimit",
        "progressDeadlineSeconds",
    ];
    natural(checker, spec, &counts);
    let number = |key: &str| spec.get(key).and_then(Value::as_int);
    let ready = number("minReadySeconds").unwrap_or(0);
    if let Some(deadline) = number("progressDeadlineSeconds").filter(|n| *n <= ready) {
        let why = "must be greater than minReadySeconds";
        checker.within("progressDeadlineSeconds", |c| {
            c.invalid(&Value::Int(deadline), why);
        });
    }
}

fn strategy_rules(checker: &mut Checker<'_>, strategy: &Map) {
    let rolling = strategy.get("rollingUpdate").and_then(Value::as_map);
    match (text(strategy, "type"), rolling) {
        ("Recreate", Some(_)) => checker.within("rollingUpdate", |c| {
            c.say("Forbidden: may not be specified when strategy `type` is 'Recreate'");
        }),
        ("RollingUpdate", Some(rolling)) => checker.within("rollingUpdate", |checker| {
            bound(checker, rolling, "maxUnavailable");
            bound(checker, rolling, "maxSurge");
            if amount(rolling, "maxUnavailable") == 0 && amount(rolling, "maxSurge") == 0 {
                let value = rolling.get("maxUnavailable").cloned().unwrap_or_default();
                let why = "may not be 0 when `maxSurge` is 0";
                checker.within("maxUnavailable", |c| c.invalid(&value, why));
            }
            at_most_all(checker, rolling, "maxUnavailable");
        }),
        ("Recreate" | "RollingUpdate", _) => {}
        (other, _) => {
            let shown = internal(other, rolling, &BOUNDS);
            checker.say(format!(
                "Unsupported value: {shown}: supported values: \"Recreate\", \"RollingUpdate\""
            ));
        }
    }
}

/// The fields of a rolling update that bound it, as the server's own type names them.
const BOUNDS: [(&str, &str, &str); 2] = [
    ("MaxUnavailable", "maxUnavailable", "0"),
    ("MaxSurge", "maxSurge", "0"),
];

/// A strategy as the server writes its own type in messages: each field, and what stands for one that is not given.
fn internal(type_: &str, rolling: Option<&Map>, fields: &[(&str, &str, &str)]) -> String {
    let rolling = rolling.map_or_else(|| "null".to_owned(), |map| internal_rolling(map, fields));
    format!("{{\"Type\":{type_:?},\"RollingUpdate\":{rolling}}}")
}

fn internal_rolling(rolling: &Map, fields: &[(&str, &str, &str)]) -> String {
    let parts = fields.iter().map(|(name, key, none)| {
        let value = rolling.get(*key).map(Value::to_json);
        format!("\"{name}\":{}", value.as_deref().unwrap_or(none))
    });
    format!("{{{}}}", parts.collect::<Vec<_>>().join(","))
}

/// A percentage that is written as one.
fn percent(value: &Value) -> Option<i64> {
    let digits = value.as_str()?.strip_suffix('%')?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().unwrap_or(i64::MAX))
}

/// The number or the percentage of a field; other text counts as what number it is, or 0.
fn amount(map: &Map, field: &str) -> i64 {
    let Some(value) = map.get(field) else {
        return 0;
    };
    let text = || value.as_str().and_then(|text| text.parse().ok());
    let number = percent(value).or_else(|| value.as_int()).or_else(text);
    number.unwrap_or(0)
}

fn at_most_all(checker: &mut Checker<'_>, map: &Map, field: &str) {
    let value = map.get(field).cloned().unwrap_or_default();
    if percent(&value).is_some_and(|percent| percent > 100) {
        checker.within(field, |c| {
            c.invalid(&value, "must not be greater than 100%");
        });
    }
}

/// A number that is not negative, or a percentage.
fn bound(checker: &mut Checker<'_>, map: &Map, field: &str) {
    const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    checker.within(field, |checker| match map.get(field) {
        Some(Value::Int(n)) if *n < 0 => checker.invalid(&Value::Int(*n), UNSIGNED),
        Some(Value::Str(text)) => {
            let digits = text.strip_suffix('%').unwrap_or_default();
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                checker.invalid(&Value::from(text.as_str()), PERCENT);
            }
        }
        _ => {}
    });
}

/// How a `StatefulSet` replaces its Pods.
fn set_strategy(checker: &mut Checker<'_>, strategy: &Map) {
    const FIELDS: [(&str, &str, &str); 2] = [
        ("Partition", "partition", "0"),
        ("MaxUnavailable", "maxUnavailable", "null"),
    ];
    let rolling = strategy.get("rollingUpdate").and_then(Value::as_map);
    match (text(strategy, "type"), rolling) {
        ("" | "RollingUpdate", Some(rolling)) => checker.within("rollingUpdate", |checker| {
            natural(checker, rolling, &["partition"]);
            let Some(value) = rolling.get("maxUnavailable") else {
                return;
            };
            bound(checker, rolling, "maxUnavailable");
            if amount(rolling, "maxUnavailable") == 0 {
                checker.within("maxUnavailable", |c| c.invalid(value, "cannot be 0"));
            }
            at_most_all(checker, rolling, "maxUnavailable");
        }),
        ("" | "RollingUpdate" | "OnDelete", None) => {}
        ("OnDelete", Some(rolling)) => checker.within("rollingUpdate", |checker| {
            checker.say(format!(
                "Invalid value: {}: only allowed for updateStrategy 'RollingUpdate'",
                internal_rolling(rolling, &FIELDS)
            ));
        }),
        (other, rolling) => checker.say(format!(
            "Invalid value: {}: must be 'RollingUpdate' or 'OnDelete'",
            internal(other, rolling, &FIELDS)
        )),
    }
}

/// `ValidateStatefulSetSpec`.
pub(super) fn stateful_set(spec: &Map, is_new: bool, errors: &mut Vec<FieldError>) {
    let checker = &mut Checker::new("spec", errors);
    let policy = text(spec, "podManagementPolicy");
    if !["", "OrderedReady", "Parallel"].contains(&policy) {
        let why = "must be 'OrderedReady' or 'Parallel'";
        checker.within("podManagementPolicy", |c| {
            c.invalid(&Value::from(policy), why);
        });
    }
    let strategy = spec
        .get("updateStrategy")
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    checker.within("updateStrategy", |c| set_strategy(c, &strategy));
    let kept = spec.get("persistentVolumeClaimRetentionPolicy");
    if let Some(Value::Map(kept)) = kept {
        checker.within("persistentVolumeClaimRetentionPolicy", |checker| {
            const KEPT: &[&str] = &["Retain", "Delete"];
            let rows: &[Row] = &[
                ("whenDeleted", Check::OneOf(KEPT)),
                ("whenScaled", Check::OneOf(KEPT)),
            ];
            checker.run(kept, rows);
        });
    }
    natural(checker, spec, &["replicas", "minReadySeconds"]);
    let ordinals = spec.get("ordinals").and_then(Value::as_map);
    checker.within("ordinals", |checker| {
        natural(checker, &ordinals.cloned().unwrap_or_default(), &["start"]);
    });
    if is_new {
        checker.run(spec, &[("serviceName", Check::Text(name::label))]);
    }
    // The spec of its Pods is checked only when they are made: the volumes of its claims are not there yet.
    if selects(checker, spec, "statefulset") {
        template_metadata(&template_of(spec), "spec", errors);
    }
    lasting(&mut Checker::new("spec", errors), spec, "StatefulSet");
}

/// `ValidateDaemonSetSpec`.
pub(super) fn daemon_set(spec: &Map, errors: &mut Vec<FieldError>) {
    selects(&mut Checker::new("spec", errors), spec, "daemonset");
    template(spec, "spec", errors);
    let checker = &mut Checker::new("spec", errors);
    lasting(checker, spec, "DaemonSet");
    natural(checker, spec, &["minReadySeconds"]);
    let strategy = spec
        .get("updateStrategy")
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    checker.within("updateStrategy", |c| daemon_strategy(c, &strategy));
    natural(checker, spec, &["revisionHistoryLimit"]);
}

/// How a `DaemonSet` replaces its Pods.
fn daemon_strategy(checker: &mut Checker<'_>, strategy: &Map) {
    let rolling = strategy.get("rollingUpdate").and_then(Value::as_map);
    match (text(strategy, "type"), rolling) {
        ("" | "RollingUpdate", Some(rolling)) => checker.within("rollingUpdate", |checker| {
            let fields = ["maxUnavailable", "maxSurge"];
            fields
                .iter()
                .for_each(|field| bound(checker, rolling, field));
            fields
                .iter()
                .for_each(|field| at_most_all(checker, rolling, field));
            let value = rolling.get("maxSurge").cloned().unwrap_or_default();
            match fields.map(|field| amount(rolling, field) != 0) {
                [true, true] => checker.within("maxSurge", |c| {
                    c.invalid(&value, "may not be set when maxUnavailable is non-zero");
                }),
                [false, false] => checker.within("maxUnavailable", |c| {
                    c.say("Required value: cannot be 0 when maxSurge is 0");
                }),
                _ => {}
            }
        }),
        ("" | "RollingUpdate" | "OnDelete", _) => {}
        (other, rolling) => checker.say(format!(
            "Unsupported value: {}: supported values: \"RollingUpdate\", \"OnDelete\"",
            internal(other, rolling, &BOUNDS)
        )),
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

/// What is wrong with a `ReplicationController`, whose selector is a plain map and which nothing acts on.
pub(super) fn replication_controller(fields: &Map, errors: &mut Vec<FieldError>) {
    let spec = fields
        .get("spec")
        .and_then(Value::as_map)
        .cloned()
        .unwrap_or_default();
    let part = |key: &str| spec.get(key).and_then(Value::as_map).cloned();
    let selector = part("selector").unwrap_or_default();
    let checker = &mut Checker::new("spec", errors);
    natural(checker, &spec, &["minReadySeconds"]);
    if selector.is_empty() {
        checker.within("selector", |c| c.say("Required value"));
    }
    natural(checker, &spec, &["replicas"]);
    if part("template").is_none() {
        checker.within("template", |c| c.say("Required value"));
        return;
    }
    let labels = template_of(&spec).metadata.labels;
    let matches =
        |(key, value): (&String, &Value)| labels.get(key).map(String::as_str) == value.as_str();
    if !selector.iter().all(matches) {
        mismatch(checker, &spec);
    }
    template(&spec, "spec", errors);
    lasting(
        &mut Checker::new("spec", errors),
        &spec,
        "ReplicationController",
    );
}

/// A workload's selector never changes.
pub(super) fn selector_is_immutable(new: &Map, old: &Map, errors: &mut Vec<FieldError>) {
    let selector = |spec: &Map| spec.get("selector").and_then(Value::as_map).cloned();
    let (new, old) = (selector(new), selector(old));
    if new != old {
        let shown = new.map_or_else(|| "null".to_owned(), |new| selector_json(&new));
        let why = format!("Invalid value: {shown}: field is immutable");
        errors.push(FieldError::new("spec.selector", why));
    }
}
