//! Containers: what the table of rules cannot say of their ports, variables, mounts, resources and probes.

use super::checker::{Check, Checker, Row, given, text};
use super::name;
use super::pod::{one_of, written};
use super::rules::{CONTAINER_COMMON, CONTAINER_PORT, HANDLERS};
use crate::api::{Map, Value, quantity};
use crate::kernel::BTreeSet;

const PORTS: &str = "must be between 1 and 65535, inclusive";
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
/// The fields that the server knows by name, though no variable may be taken from them.
const OTHER_PATHS: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "spec.restartPolicy",
    "spec.schedulerName",
    "status.phase",
];
const RESOURCE_PATHS: [&str; 6] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const DIVISORS: &[&str] = &[
    "1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei",
];

/// The rules that all containers share.
pub(super) fn container(checker: &mut Checker<'_>, map: &Map) {
    checker.run(map, CONTAINER_COMMON);
}

/// The ports of a container, whose names are unique.
pub(super) fn ports(checker: &mut Checker<'_>, container: &Map) {
    let mut names = BTreeSet::new();
    checker.within("ports", |checker| {
        checker.items(container.get("ports"), |checker, port| {
            let own = text(port, "name");
            if !own.is_empty() {
                let found = checker.found();
                checker.within("name", |c| c.grammar(own, name::port_name));
                if checker.found() == found && !names.insert(own.to_owned()) {
                    checker.within("name", |c| c.say(format!("Duplicate value: {own:?}")));
                }
            }
            checker.run(port, CONTAINER_PORT);
        });
    });
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
                "fieldRef" => field_path(checker, &fields, &FIELD_PATHS),
                "resourceFieldRef" => resource_field(checker, &fields),
                _ => key_of(checker, &fields),
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

/// A field of the Pod, as the server names it for itself; `allowed` are those that may be asked for here.
pub(super) fn field_path(checker: &mut Checker<'_>, map: &Map, allowed: &[&str]) {
    let (path, version) = (text(map, "fieldPath"), text(map, "apiVersion"));
    let subscript = path
        .strip_suffix("']")
        .and_then(|path| path.split_once("['"));
    let unknown = |checker: &mut Checker<'_>, why: String| {
        let why = format!("error converting fieldPath: {why}");
        checker.within("fieldPath", |c| c.invalid(&Value::from(path), &why));
    };
    match subscript {
        _ if path.is_empty() => checker.within("fieldPath", |c| c.say("Required value")),
        _ if !["", "v1"].contains(&version) => {
            unknown(checker, format!("unsupported pod version: {version}"));
        }
        Some(("metadata.annotations", key)) => {
            checker.grammar(&key.to_lowercase(), name::qualified);
        }
        Some(("metadata.labels", key)) => checker.grammar(key, name::qualified),
        Some(_) => unknown(
            checker,
            format!("field label does not support subscript: {path}"),
        ),
        None if allowed.contains(&path.replace("spec.host", "spec.nodeName").as_str()) => {}
        None if FIELD_PATHS.contains(&path) || OTHER_PATHS.contains(&path) => {
            checker.within("fieldPath", |c| c.say(unsupported_of(path, allowed)));
        }
        None => unknown(checker, format!("field label not supported: {path}")),
    }
}

pub(super) fn unsupported_of(value: &str, known: &[&str]) -> String {
    let known: Vec<String> = known.iter().map(|word| format!("{word:?}")).collect();
    format!(
        "Unsupported value: {value:?}: supported values: {}",
        known.join(", ")
    )
}

/// A request or a limit of the container.
pub(super) fn resource_field(checker: &mut Checker<'_>, map: &Map) {
    let resource = text(map, "resource");
    let huge = ["requests.hugepages-", "limits.hugepages-"];
    checker.within("resource", |checker| {
        if resource.is_empty() {
            checker.say("Required value");
        } else if !RESOURCE_PATHS.contains(&resource)
            && !huge.iter().any(|h| resource.starts_with(h))
        {
            checker.say(unsupported_of(resource, &RESOURCE_PATHS));
        }
    });
    let divisor = map.get("divisor").map(written);
    let divisor = divisor.as_ref().and_then(Value::as_str).unwrap_or("0");
    if divisor == "0" {
        return;
    }
    let (known, what): (&[&str], _) = match resource.split_once('.').map_or("", |(_, name)| name) {
        "cpu" => (&["1m", "1"], "cpu"),
        "memory" => (DIVISORS, "memory"),
        "ephemeral-storage" => (DIVISORS, "local ephemeral storage"),
        name if name.starts_with("hugepages-") => (DIVISORS, "hugepages"),
        _ => return,
    };
    if !known.contains(&divisor) {
        let list = if what == "cpu" {
            "1m and 1".to_owned()
        } else {
            known.join(", ")
        };
        let why = format!("only divisor's values {list} are supported with the {what} resource");
        checker.within("divisor", |c| c.invalid(&Value::from(resource), &why));
    }
}

/// A key of a `ConfigMap` or a Secret.
fn key_of(checker: &mut Checker<'_>, map: &Map) {
    checker.within("name", |c| c.grammar(text(map, "name"), name::subdomain));
    checker.run(map, &[("key", Check::NeedText(name::config_key))]);
}

/// Variables are taken from a `ConfigMap` or a Secret.
pub(super) fn env_from(checker: &mut Checker<'_>, container: &Map) {
    let none = Value::from("");
    checker.within("envFrom", |checker| {
        let list = container
            .get("envFrom")
            .and_then(Value::as_list)
            .unwrap_or_default();
        for (i, map) in list.iter().enumerate() {
            let Value::Map(map) = map else { continue };
            let found = given(map, &["configMapRef", "secretRef"]);
            checker.within(&format!("[{i}]"), |checker| {
                checker.run(map, ENV_SOURCE);
            });
            // The server names the list here, and not the item.
            match found.len() {
                0 => checker.invalid(&none, "must specify one of: `configMapRef` or `secretRef`"),
                1 => {}
                _ => checker.invalid(
                    &none,
                    "may not have more than one field specified at a time",
                ),
            }
        }
    });
}

const ENV_SOURCE: &[Row] = &[
    ("prefix", Check::Text(name::environment)),
    (
        "configMapRef",
        Check::One(&[("name", Check::NeedText(name::subdomain_prefix))]),
    ),
    (
        "secretRef",
        Check::One(&[("name", Check::NeedText(name::subdomain_prefix))]),
    ),
];

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
                    let whole = resource.contains('/') && !resource.contains("kubernetes.io/");
                    if whole && amount.is_some_and(|amount| amount % 1_000 != 0) {
                        checker.invalid(&written(value), "must be an integer");
                    }
                });
                let limit = limits.get(resource).filter(|_| field == "requests");
                let most = limit.and_then(|limit| quantity(limit, 1_000));
                let fixed = resource.contains('/') && !resource.contains("kubernetes.io/")
                    || resource.starts_with("hugepages-");
                if let (Some(amount), Some(most), Some(limit)) = (amount, most, limit)
                    && (amount > most || fixed && amount != most)
                {
                    let why = format!(
                        "must be {} {resource} limit of {}",
                        if fixed {
                            "equal to"
                        } else {
                            "less than or equal to"
                        },
                        written(limit).as_str().unwrap_or_default()
                    );
                    checker.within(field, |c| c.invalid(&written(value), &why));
                } else if fixed && field == "requests" && limit.is_none() {
                    let why = "Required value: Limit must be set for non overcommitable resources";
                    checker.within("limits", |c| c.say(why));
                }
            }
        }
        let asks = |wanted: fn(&str) -> bool| {
            let names = limits.keys().chain(requests.keys());
            names.map(String::as_str).any(wanted)
        };
        if asks(|name| name.starts_with("hugepages-"))
            && !asks(|name| ["cpu", "memory"].contains(&name))
        {
            checker.say("Forbidden: HugePages require cpu or memory");
        }
    });
}

/// How a container is restarted, and the rules by which its exit codes change that (`validateContainerRestartPolicy`).
pub(super) fn restart_policy(checker: &mut Checker<'_>, container: &Map) {
    const POLICIES: &[Row] = &[(
        "restartPolicy",
        Check::OneOf(&["Always", "Never", "OnFailure"]),
    )];
    let rules = container.get("restartPolicyRules");
    let many = rules.and_then(Value::as_list).map_or(0, <[Value]>::len);
    if many > 0 && given(container, &["restartPolicy"]).is_empty() {
        let why = "Required value: must specify restartPolicy when restart rules are used";
        checker.within("restartPolicy", |c| c.say(why));
    }
    checker.run(container, POLICIES);
    checker.within("restartPolicyRules", |checker| {
        if many > 20 {
            checker.say(format!("Too many: {many}: must have at most 20 items"));
        }
        checker.items(rules, |checker, rule| {
            for_word(checker, rule, "action", &["Restart"]);
            let Some(Value::Map(codes)) = rule.get("exitCodes") else {
                let why = "Required value: must be specified";
                checker.within("exitCodes", |c| c.say(why));
                return;
            };
            checker.within("exitCodes", |checker| {
                for_word(checker, codes, "operator", &["In", "NotIn"]);
                let many = codes.get("values").and_then(Value::as_list);
                let many = many.map_or(0, <[Value]>::len);
                if many > 255 {
                    let why = format!("Too many: {many}: must have at most 255 items");
                    checker.within("values", |c| c.say(why));
                }
            });
        });
    });
}

/// A word that is one of these, and not none.
fn for_word(checker: &mut Checker<'_>, map: &Map, field: &str, known: &[&str]) {
    let own = text(map, field);
    if !known.contains(&own) {
        checker.within(field, |c| c.say(unsupported_of(own, known)));
    }
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

/// A pause before the end lasts no longer than the end may.
pub(super) fn sleep(checker: &mut Checker<'_>, map: &Map) {
    let (seconds, grace) = (
        map.get("seconds").and_then(Value::as_int).unwrap_or(0),
        checker.grace,
    );
    if seconds < 0 || seconds > grace {
        let why =
            format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        checker.invalid(&Value::Int(seconds), &why);
    }
}

/// The names of headers; the server names the list here, and not the item.
pub(super) fn headers(checker: &mut Checker<'_>, map: &Map) {
    let list = map
        .get("httpHeaders")
        .and_then(Value::as_list)
        .unwrap_or_default();
    checker.within("httpHeaders", |checker| {
        for header in list.iter().filter_map(Value::as_map) {
            checker.grammar(text(header, "name"), name::http_header);
        }
    });
}

/// What becomes of a container whose resources change.
pub(super) fn resize_policy(checker: &mut Checker<'_>, container: &Map) {
    let list = container
        .get("resizePolicy")
        .and_then(Value::as_list)
        .unwrap_or_default();
    let mut seen = BTreeSet::new();
    checker.within("resizePolicy", |checker| {
        for (i, item) in list.iter().enumerate() {
            let Value::Map(map) = item else { continue };
            let (resource, policy) = (text(map, "resourceName"), text(map, "restartPolicy"));
            if !seen.insert(resource) {
                checker.within(&format!("[{i}]"), |c| {
                    c.say(format!("Duplicate value: {resource:?}"));
                });
            }
            for (word, known) in [
                (resource, ["cpu", "memory"]),
                (policy, ["NotRequired", "RestartContainer"]),
            ] {
                if word.is_empty() {
                    checker.say("Required value");
                } else if !known.contains(&word) {
                    checker.say(unsupported_of(word, &known));
                }
            }
            if checker.never_restarts && policy != "NotRequired" {
                let why = "must be 'NotRequired' when `restartPolicy` is 'Never'";
                checker.invalid(&Value::from(policy), why);
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
