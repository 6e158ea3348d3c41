//! Pods: what the table of rules cannot say of their volumes, containers, probes and resources, and what may change.

use super::checker::{Checker, Row, given, is_empty, text};
use super::rules::{CONTAINER_COMMON, POD, VOLUMES};
use super::{address, name};
use crate::api::pod::PodSpec;
use crate::api::{FieldError, Map, Value, quantity};
use crate::kernel::BTreeSet;

/// What is wrong with a Pod's spec, wherever it stands.
pub(super) fn validate_spec(spec: &PodSpec, at: &str, errors: &mut Vec<FieldError>) {
    Checker::new(at, errors).run(&spec.to_map(), POD);
}

/// What is asked of Pods but not of templates.
pub(super) fn validate_only_pod(spec: &PodSpec, errors: &mut Vec<FieldError>) {
    for (i, container) in spec.containers.iter().enumerate() {
        if container.image.trim() != container.image {
            let why = "must not have leading or trailing whitespace";
            let detail = format!("Invalid value: {:?}: {why}", container.image);
            let field = format!("spec.containers[{i}].image");
            errors.push(FieldError::new(field, detail));
        }
    }
}

/// What an update may change of a Pod.
pub(super) fn validate_update(new: &PodSpec, old: &PodSpec, errors: &mut Vec<FieldError>) {
    for (field, after, before) in [
        ("containers", new.containers.len(), old.containers.len()),
        (
            "initContainers",
            new.init_containers.len(),
            old.init_containers.len(),
        ),
    ] {
        if after != before {
            let why = "Forbidden: pod updates may not add or remove containers";
            errors.push(FieldError::new(format!("spec.{field}"), why));
            return;
        }
    }
    let mut same = new.clone();
    let lists = [
        (&mut same.containers, &old.containers),
        (&mut same.init_containers, &old.init_containers),
    ];
    for (after, before) in lists {
        for (after, before) in after.iter_mut().zip(before) {
            after.image.clone_from(&before.image);
        }
    }
    let deadline = "activeDeadlineSeconds";
    match old.rest.get(deadline) {
        Some(value) => same.rest.insert(deadline.to_owned(), value.clone()),
        None => same.rest.remove(deadline),
    };
    if old.tolerations.iter().all(|t| new.tolerations.contains(t)) {
        same.tolerations.clone_from(&old.tolerations);
    }
    if same.node_name.is_empty() {
        same.node_name.clone_from(&old.node_name);
    }
    if same != *old {
        let why = "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        errors.push(FieldError::new("spec", why));
    }
}

/// Each volume has a name of its own and is of one kind.
pub(super) fn volumes(checker: &mut Checker<'_>, spec: &Map) {
    let list = spec.get("volumes");
    let mut names = BTreeSet::new();
    checker.within("volumes", |checker| {
        checker.items(list, |checker, volume| {
            let found = checker.found();
            one_of(checker, volume, VOLUMES, "volume type", "volume");
            let volume_name = text(volume, "name");
            checker.within("name", |checker| {
                if volume_name.is_empty() {
                    checker.say("Required value");
                } else {
                    checker.grammar(volume_name, name::label);
                }
                if names.contains(volume_name) {
                    checker.say(format!("Duplicate value: {volume_name:?}"));
                }
            });
            if checker.found() == found {
                names.insert(volume_name.to_owned());
            }
        });
    });
    checker.volumes = names;
}

/// One of several structs must be given; `what` it is called, and what it is `of`.
pub(super) fn one_of(
    checker: &mut Checker<'_>,
    map: &Map,
    kinds: &'static [(&str, &'static [Row])],
    what: &str,
    of: &str,
) {
    let mut first = true;
    for (kind, rows) in kinds {
        let Some(Value::Map(fields)) = map.get(*kind) else {
            continue;
        };
        checker.within(kind, |checker| {
            if first {
                checker.run(fields, rows);
            } else {
                checker.say(format!("Forbidden: may not specify more than 1 {what}"));
            }
        });
        first = false;
    }
    if first {
        let article = if of == "volume" {
            "a volume type"
        } else {
            "a handler type"
        };
        checker.say(format!("Required value: must specify {article}"));
    }
}

/// Init containers: their names are unique among all, and only those that go on running are watched.
pub(super) fn init_containers(checker: &mut Checker<'_>, spec: &Map) {
    let containers = spec.get("containers").and_then(Value::as_list);
    let name_of = |item: &Value| item.as_map().map(|map| text(map, "name").to_owned());
    let mut names: BTreeSet<String> = containers
        .into_iter()
        .flatten()
        .filter_map(name_of)
        .collect();
    checker.within("initContainers", |checker| {
        checker.items(spec.get("initContainers"), |checker, map| {
            let restarts = text(map, "restartPolicy") == "Always";
            checker.run(map, CONTAINER_COMMON);
            let own = text(map, "name");
            if !own.is_empty() && !names.insert(own.to_owned()) {
                checker.within("name", |c| c.say(format!("Duplicate value: {own:?}")));
            }
            let watched = [
                "lifecycle",
                "livenessProbe",
                "readinessProbe",
                "startupProbe",
            ];
            for field in given(map, &watched).into_iter().filter(|_| !restarts) {
                let why =
                    "Forbidden: may not be set for init containers without restartPolicy=Always";
                checker.within(field, |c| c.say(why));
            }
        });
    });
}

/// No two containers take the same port of the node.
pub(super) fn host_ports(checker: &mut Checker<'_>, spec: &Map) {
    let mut taken = BTreeSet::new();
    checker.within("containers", |checker| {
        checker.items(spec.get("containers"), |checker, container| {
            checker.within("ports", |checker| {
                checker.items(container.get("ports"), |checker, port| {
                    let number = port.get("hostPort").and_then(Value::as_int).unwrap_or(0);
                    let key = format!(
                        "{}/{}/{number}",
                        text(port, "protocol"),
                        text(port, "hostIP")
                    );
                    if number != 0 && !taken.insert(key.clone()) {
                        checker.within("hostPort", |c| c.say(format!("Duplicate value: {key:?}")));
                    }
                });
            });
        });
    });
}

/// On the node's network a container's port is the node's.
pub(super) fn host_network(checker: &mut Checker<'_>, spec: &Map) {
    if spec.get("hostNetwork") != Some(&Value::Bool(true)) {
        return;
    }
    checker.within("containers", |checker| {
        checker.items(spec.get("containers"), |checker, container| {
            checker.within("ports", |checker| {
                checker.items(container.get("ports"), |checker, port| {
                    let host = port.get("hostPort").filter(|port| !is_empty(port));
                    if host.is_some() && host != port.get("containerPort") {
                        let value = host.cloned().unwrap_or_default();
                        let why = "must match `containerPort` when `hostNetwork` is true";
                        checker.within("hostPort", |c| c.invalid(&value, why));
                    }
                });
            });
        });
    });
}

/// At most three name servers; who wants none of the cluster's names its own.
pub(super) fn dns_config(checker: &mut Checker<'_>, spec: &Map) {
    let own = text(spec, "dnsPolicy") == "None";
    let config = spec.get("dnsConfig").and_then(Value::as_map);
    let list = |key: &str| {
        let list = config
            .and_then(|config| config.get(key))
            .and_then(Value::as_list);
        list.unwrap_or_default().to_vec()
    };
    let servers = list("nameservers");
    checker.within("dnsConfig", |checker| {
        if own && config.is_none() {
            checker.say("Required value: must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        checker.within("nameservers", |checker| {
            if own && servers.is_empty() {
                let why = "Required value: must provide at least one DNS nameserver when `dnsPolicy` is None";
                checker.say(why);
            }
            if servers.len() > 3 {
                checker.invalid(&Value::List(servers.clone()), "must not have more than 3 nameservers");
            }
            for (i, server) in servers.iter().enumerate() {
                let wrong = address::address(server.as_str().unwrap_or_default()).err();
                let note = |c: &mut Checker<'_>| wrong.into_iter().for_each(|why| c.invalid(server, why));
                checker.within(&format!("[{i}]"), note);
            }
        });
    });
}

pub(super) fn max_skew(checker: &mut Checker<'_>, constraint: &Map) {
    let skew = constraint
        .get("maxSkew")
        .and_then(Value::as_int)
        .unwrap_or(0);
    if skew <= 0 {
        checker.within("maxSkew", |c| {
            c.invalid(&Value::Int(skew), "must be greater than zero");
        });
    }
}

pub(super) fn weight(checker: &mut Checker<'_>, term: &Map) {
    let weight = term.get("weight").and_then(Value::as_int).unwrap_or(0);
    if !(1..=100).contains(&weight) {
        checker.within("weight", |c| {
            c.invalid(&Value::Int(weight), "must be in the range 1-100");
        });
    }
}

/// One requirement of a node.
pub(super) fn node_requirement(checker: &mut Checker<'_>, map: &Map) {
    let values = map
        .get("values")
        .and_then(Value::as_list)
        .unwrap_or_default();
    let required = |checker: &mut Checker<'_>, why: &str| {
        checker.within("values", |c| c.say(format!("Required value: {why}")));
    };
    match text(map, "operator") {
        "In" | "NotIn" if values.is_empty() => {
            required(
                checker,
                "must be specified when `operator` is 'In' or 'NotIn'",
            );
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => checker.within("values", |c| {
            c.say("Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }),
        "Gt" | "Lt" if values.len() != 1 => {
            required(
                checker,
                "must be specified single value when `operator` is 'Lt' or 'Gt'",
            );
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        word => checker.within("operator", |c| {
            c.invalid(&Value::from(word), "not a valid selector operator");
        }),
    }
    checker.within("key", |c| c.grammar(text(map, "key"), name::qualified));
}

/// A taint that a Pod bears.
pub(super) fn toleration(checker: &mut Checker<'_>, map: &Map) {
    let (key, operator, effect) = (text(map, "key"), text(map, "operator"), text(map, "effect"));
    if !key.is_empty() {
        checker.within("key", |c| c.grammar(key, name::qualified));
    }
    if key.is_empty() && operator != "Exists" {
        let why = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
        checker.within("operator", |c| c.invalid(&Value::from(operator), why));
    }
    let seconds = map
        .get("tolerationSeconds")
        .is_some_and(|s| *s != Value::Null);
    if seconds && effect != "NoExecute" {
        let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        checker.within("effect", |c| c.invalid(&Value::from(effect), why));
    }
    match operator {
        "" | "Equal" => {
            let value = text(map, "value");
            checker.within("operator", |c| c.grammar(value, name::label_value));
        }
        "Exists" if !text(map, "value").is_empty() => {
            let why = "value must be empty when `operator` is 'Exists'";
            let seconds = map.get("tolerationSeconds").unwrap_or(&Value::Null);
            // The server shows its own struct, whose fields have no other names.
            let detail = format!(
                "Invalid value: {{\"Key\":{key:?},\"Operator\":\"Exists\",\"Value\":{:?},\"Effect\":{effect:?},\"TolerationSeconds\":{}}}: {why}",
                text(map, "value"),
                seconds.to_json()
            );
            checker.within("operator", |c| c.say(detail));
        }
        "Exists" => {}
        other => checker.within("operator", |c| {
            c.say(format!(
                "Unsupported value: {other:?}: supported values: \"Equal\", \"Exists\""
            ));
        }),
    }
    let effects = ["", "NoSchedule", "PreferNoSchedule", "NoExecute"];
    if !effects.contains(&effect) {
        checker.within("effect", |c| {
            c.say(format!("Unsupported value: {effect:?}: supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\""));
        });
    }
}

/// A line of the Pod's /etc/hosts.
pub(super) fn host_alias(checker: &mut Checker<'_>, map: &Map) {
    let ip = text(map, "ip");
    if let Err(why) = address::address(ip) {
        checker.within("ip", |c| c.invalid(&Value::from(ip), why));
    }
    let names = map
        .get("hostnames")
        .and_then(Value::as_list)
        .unwrap_or_default();
    checker.within("hostnames", |checker| {
        for host in names.iter().filter_map(Value::as_str) {
            checker.grammar(host, name::subdomain);
        }
    });
}

/// A claim says how much it wants.
pub(super) fn claim_storage(checker: &mut Checker<'_>, spec: &Map) {
    let resources = spec.get("resources");
    let storage = resources.and_then(|r| r.at(&["requests", "storage"]));
    checker.within("resources[storage]", |checker| {
        match storage.map(|value| (value, quantity(value, 1_000))) {
            None => checker.say("Required value"),
            Some((value, Some(amount))) if amount <= 0 => {
                checker.invalid(&written(value), "must be greater than zero");
            }
            Some(_) => {}
        }
    });
}

/// A quantity as its text.
pub(super) fn written(value: &Value) -> Value {
    match value {
        Value::Str(_) => value.clone(),
        other => Value::Str(other.to_json()),
    }
}
