//! Containers: what the table of rules cannot say of their ports, variables, mounts, resources and probes.

use super::checker::{Checker, given, text};
use super::name;
use super::pod::{one_of, written};
use super::rules::{CONTAINER_COMMON, HANDLERS};
use crate::api::{Map, Value, quantity};
use crate::kernel::BTreeSet;

const PORTS: &str = "must be between 1 and 65535, inclusive";
const LABEL_WORDS: [&str; 2] = ["metadata.annotations", "metadata.labels"];
/// The fields that a variable may be taken from.
const FIELD_PATHS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// The rules that all containers share.
pub(super) fn container(checker: &mut Checker<'_>, map: &Map) {
    checker.run(map, CONTAINER_COMMON);
}

pub(super) fn port_name(checker: &mut Checker<'_>, port: &Map) {
    let own = text(port, "name");
    if !own.is_empty() {
        checker.within("name", |c| c.grammar(own, name::port_name));
    }
}

fn port_number(checker: &mut Checker<'_>, port: &Map, field: &str) {
    let number = port.get(field).and_then(Value::as_int).unwrap_or(0);
    if number != 0 && !(1..=65_535).contains(&number) {
        checker.within(field, |c| c.invalid(&Value::Int(number), PORTS));
    }
}

pub(super) fn container_port(checker: &mut Checker<'_>, port: &Map) {
    port_number(checker, port, "containerPort");
}

pub(super) fn host_port(checker: &mut Checker<'_>, port: &Map) {
    port_number(checker, port, "hostPort");
}

/// A variable has one source, and none beside a value.
pub(super) fn value_from(checker: &mut Checker<'_>, variable: &Map) {
    let Some(Value::Map(from)) = variable.get("valueFrom") else {
        return;
    };
    let sources = [
        "fieldRef",
        "resourceFieldRef",
        "configMapKeyRef",
        "secretKeyRef",
    ];
    let found = given(from, &sources);
    checker.within("valueFrom", |checker| {
        for source in &found {
            let fields = from.get(*source).and_then(Value::as_map).cloned().unwrap_or_default();
            checker.within(source, |checker| match *source {
                "fieldRef" => field_path(checker, &fields),
                "resourceFieldRef" => required(checker, &fields, &["resource"]),
                _ => required(checker, &fields, &["name", "key"]),
            });
        }
        let none = Value::from("");
        if found.is_empty() {
            let why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`";
            checker.invalid(&none, why);
        } else if !text(variable, "value").is_empty() {
            checker.invalid(&none, "may not be specified when `value` is not empty");
        } else if found.len() > 1 {
            checker.invalid(&none, "may not have more than one field specified at a time");
        }
    });
}

fn required(checker: &mut Checker<'_>, map: &Map, fields: &[&str]) {
    for field in fields.iter().filter(|field| text(map, field).is_empty()) {
        checker.within(field, |c| c.say("Required value"));
    }
}

fn field_path(checker: &mut Checker<'_>, map: &Map) {
    let path = text(map, "fieldPath");
    checker.within("fieldPath", |checker| {
        let whole = path.split_once('[').map_or(path, |(head, _)| head);
        if path.is_empty() {
            checker.say("Required value");
        } else if whole != path && !LABEL_WORDS.contains(&whole) {
            let why = "error converting fieldPath: field label does not support subscript";
            checker.invalid(&Value::from(path), why);
        } else if whole == path && !FIELD_PATHS.contains(&path) {
            let known = FIELD_PATHS.map(|path| format!("{path:?}")).join(", ");
            let why = format!("Unsupported value: {path:?}: supported values: {known}");
            checker.say(why);
        }
    });
}

/// Variables are taken from a `ConfigMap` or a Secret.
pub(super) fn env_from(checker: &mut Checker<'_>, map: &Map) {
    let found = given(map, &["configMapRef", "secretRef"]);
    for source in &found {
        let fields = map
            .get(*source)
            .and_then(Value::as_map)
            .cloned()
            .unwrap_or_default();
        checker.within(source, |checker| required(checker, &fields, &["name"]));
    }
    let none = Value::from("");
    match found.len() {
        0 => checker.invalid(&none, "must specify one of: `configMapRef` or `secretRef`"),
        1 => {}
        _ => checker.invalid(
            &none,
            "may not have more than one field specified at a time",
        ),
    }
}

/// Mounts name volumes that are there, each at a path of its own.
pub(super) fn volume_mounts(checker: &mut Checker<'_>, container: &Map) {
    let mut paths = BTreeSet::new();
    let volumes = checker.volumes.clone();
    checker.within("volumeMounts", |checker| {
        checker.items(container.get("volumeMounts"), |checker, mount| {
            let (volume, path) = (text(mount, "name"), text(mount, "mountPath"));
            checker.within("name", |checker| {
                if volume.is_empty() {
                    checker.say("Required value");
                }
                if !volumes.contains(volume) {
                    checker.say(format!("Not found: {volume:?}"));
                }
            });
            checker.within("mountPath", |checker| {
                if path.is_empty() {
                    checker.say("Required value");
                }
                if !paths.insert(path.to_owned()) {
                    checker.invalid(&Value::from(path), "must be unique");
                }
            });
            let sub = text(mount, "subPath");
            checker.within("subPath", |checker| {
                if sub.starts_with('/') {
                    checker.invalid(&Value::from(sub), "must be a relative path");
                }
                if sub.split('/').any(|part| part == "..") {
                    checker.invalid(&Value::from(sub), "must not contain '..'");
                }
            });
        });
    });
}

/// Quantities are of resources that there are, and requests within limits.
pub(super) fn resources(checker: &mut Checker<'_>, container: &Map) {
    let Some(Value::Map(resources)) = container.get("resources") else {
        return;
    };
    let part = |key: &str| {
        resources
            .get(key)
            .and_then(Value::as_map)
            .cloned()
            .unwrap_or_default()
    };
    let (limits, requests) = (part("limits"), part("requests"));
    checker.within("resources", |checker| {
        for (field, list) in [("limits", &limits), ("requests", &requests)] {
            for (resource, value) in list {
                let amount = quantity(value, 1_000);
                checker.within(&format!("{field}[{resource}]"), |checker| {
                    resource_name(checker, resource);
                    if amount.is_some_and(|amount| amount < 0) {
                        checker.invalid(&written(value), "must be greater than or equal to 0");
                    }
                });
                let limit = limits.get(resource).filter(|_| field == "requests");
                let most = limit.and_then(|limit| quantity(limit, 1_000));
                if let (Some(amount), Some(most), Some(limit)) = (amount, most, limit)
                    && amount > most
                {
                    let why = format!(
                        "must be less than or equal to {resource} limit of {}",
                        written(limit).as_str().unwrap_or_default()
                    );
                    checker.within(field, |c| c.invalid(&written(value), &why));
                }
            }
        }
    });
}

fn resource_name(checker: &mut Checker<'_>, resource: &str) {
    let errors = name::qualified(resource);
    if !errors.is_empty() {
        checker.grammar(resource, name::qualified);
    } else if !resource.contains('/') {
        let standard = ["cpu", "memory", "ephemeral-storage"];
        if !standard.contains(&resource) && !resource.starts_with("hugepages-") {
            let value = Value::from(resource);
            if resource != "storage" {
                checker.invalid(
                    &value,
                    "must be a standard resource type or fully qualified",
                );
            }
            checker.invalid(&value, "must be a standard resource for containers");
        }
    }
}

/// A probe does one thing.
pub(super) fn handler(checker: &mut Checker<'_>, probe: &Map) {
    one_of(checker, probe, HANDLERS, "handler type", "handler");
}

/// What a container does at its start and its end.
pub(super) fn lifecycle(checker: &mut Checker<'_>, container: &Map) {
    let Some(Value::Map(hooks)) = container.get("lifecycle") else {
        return;
    };
    checker.within("lifecycle", |checker| {
        for hook in ["postStart", "preStop"] {
            if let Some(Value::Map(map)) = hooks.get(hook) {
                checker.within(hook, |checker| handler(checker, map));
            }
        }
    });
}

/// One success is enough for a container to live.
pub(super) fn succeeds_once(checker: &mut Checker<'_>, probe: &Map) {
    let times = probe
        .get("successThreshold")
        .cloned()
        .unwrap_or(Value::Int(1));
    if times != Value::Int(1) {
        checker.within("successThreshold", |c| c.invalid(&times, "must be 1"));
    }
}

/// What is not ready is not ended.
pub(super) fn no_grace(checker: &mut Checker<'_>, probe: &Map) {
    let field = "terminationGracePeriodSeconds";
    if let Some(value) = probe.get(field) {
        checker.within(field, |c| {
            c.invalid(value, "must not be set for readinessProbes");
        });
    }
}
