//! Pods: what the table of rules cannot say of their volumes, containers, probes and resources, and what may change.

use super::affinity::list;
use super::checker::{Checker, Row, given, is_empty, text};
use super::container::{restart_policy, unsupported_of};
use super::rules::{CONTAINER_COMMON, POD, TOLERATIONS, VOLUMES, WATCHED};
use super::{address, name, volume};
use crate::api::pod::{PodSpec, Toleration};
use crate::api::{FieldError, Map, Value, quantity};
use crate::kernel::BTreeSet;

/// What is wrong with a Pod's spec, wherever it stands.
pub(super) fn validate_spec(spec: &PodSpec, at: &str, errors: &mut Vec<FieldError>) {
    let mut checker = Checker::new(at, errors);
    checker.grace = spec.termination_grace_period_seconds.unwrap_or(30);
    checker.never_restarts = spec.restart_policy == "Never";
    checker.host_users = spec.rest.get("hostUsers") != Some(&Value::Bool(false));
    checker.run(&spec.to_map(), POD);
}

/// What is asked of Pods but not of templates.
pub(super) fn validate_only_pod(spec: &PodSpec, is_new: bool, errors: &mut Vec<FieldError>) {
    let lists = [
        ("containers", &spec.containers),
        ("initContainers", &spec.init_containers),
    ];
    for (field, list) in lists {
        for (i, container) in list.iter().enumerate() {
            untrimmed(&container.image, format!("spec.{field}[{i}].image"), errors);
        }
    }
    if is_new && !spec.ephemeral_containers.is_empty() {
        errors.push(FieldError::new(
            "spec.ephemeralContainers",
            "Forbidden: cannot be set on create",
        ));
    }
    let gates = spec
        .rest
        .get("schedulingGates")
        .is_some_and(|gates| !is_empty(gates));
    if is_new && gates && !spec.node_name.is_empty() {
        let why = "Forbidden: cannot be set until all schedulingGates have been cleared";
        errors.push(FieldError::new("spec.nodeName", why));
    }
}

fn untrimmed(image: &str, field: String, errors: &mut Vec<FieldError>) {
    if image.trim() != image {
        let why = "must not have leading or trailing whitespace";
        errors.push(FieldError::new(
            field,
            format!("Invalid value: {image:?}: {why}"),
        ));
    }
}

/// What an update may change of a Pod.
pub(super) fn validate_update(new: &PodSpec, old: &PodSpec, errors: &mut Vec<FieldError>) {
    for (field, list, before) in [
        ("containers", &new.containers, &old.containers),
        ("initContainers", &new.init_containers, &old.init_containers),
    ] {
        if list.len() != before.len() {
            let why = "Forbidden: pod updates may not add or remove containers";
            errors.push(FieldError::new(format!("spec.{field}"), why));
            return;
        }
        for (i, container) in list.iter().enumerate() {
            let field = format!("spec.{field}[{i}].image");
            if container.image.is_empty() {
                errors.push(FieldError::new(field, "Required value"));
            } else {
                untrimmed(&container.image, field, errors);
            }
        }
    }
    if deadline_errors(new, old, errors) {
        return;
    }
    let borne = |toleration: &Toleration| {
        let same = |other: &Toleration| Toleration {
            toleration_seconds: other.toleration_seconds,
            ..toleration.clone()
        };
        new.tolerations.iter().any(|other| same(other) == *other)
    };
    if !old.tolerations.iter().all(borne) {
        let why = "Forbidden: existing toleration can not be modified except its tolerationSeconds";
        errors.push(FieldError::new("spec.tolerations", why));
    } else {
        // They are looked at a second time.
        Checker::new("spec", errors).run(&new.to_map(), TOLERATIONS);
    }
    let gates = |spec: &PodSpec| match spec.rest.get("schedulingGates") {
        Some(Value::List(gates)) => gates.clone(),
        _ => Vec::new(),
    };
    let before = gates(old);
    for (i, gate) in gates(new)
        .iter()
        .enumerate()
        .filter(|(_, gate)| !before.contains(gate))
    {
        let own = gate.as_map().map_or("", |gate| text(gate, "name"));
        let why =
            format!("Forbidden: only deletion is allowed, but found new scheduling gate '{own}'");
        errors.push(FieldError::new(
            format!("spec.schedulingGates[{i}].name"),
            why,
        ));
    }
    let gated = !before.is_empty();
    let kept = |(key, value): (&String, &String)| new.node_selector.get(key) == Some(value);
    if gated && !old.node_selector.iter().all(kept) {
        let value = Value::Map(
            new.node_selector
                .iter()
                .map(|(k, v)| (k.clone(), v.as_str().into()))
                .collect(),
        );
        let why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
        Checker::new("spec.nodeSelector", errors).invalid(&value, why);
    }
    if masked(new, old) != *old {
        let why = "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
        errors.push(FieldError::new("spec", why));
    }
}

/// A deadline may be set, and drawn nearer; whether nothing else is looked at.
fn deadline_errors(new: &PodSpec, old: &PodSpec, errors: &mut Vec<FieldError>) -> bool {
    let deadline = |spec: &PodSpec| {
        spec.rest
            .get("activeDeadlineSeconds")
            .and_then(Value::as_int)
    };
    let mut refuse = |value: String, why: &str| {
        let why = format!("Invalid value: {value}: {why}");
        errors.push(FieldError::new("spec.activeDeadlineSeconds", why));
    };
    match (deadline(new), deadline(old)) {
        (Some(after), _) if !(0..=2_147_483_647).contains(&after) => {
            refuse(
                after.to_string(),
                "must be between 0 and 2147483647, inclusive",
            );
            true
        }
        (Some(after), Some(before)) if before < after => {
            refuse(
                after.to_string(),
                "must be less than or equal to previous value",
            );
            true
        }
        (None, Some(_)) => {
            let why = "must not update from a positive integer to nil value";
            refuse("null".to_owned(), why);
            false
        }
        (Some(_) | None, _) => false,
    }
}

/// The new spec with the old one's values wherever a change is allowed.
fn masked(new: &PodSpec, old: &PodSpec) -> PodSpec {
    let mut same = new.clone();
    let plan = &mut *same;
    let lists = [
        (&mut plan.containers, &old.containers),
        (&mut plan.init_containers, &old.init_containers),
    ];
    for (after, before) in lists {
        for (after, before) in after.iter_mut().zip(before) {
            after.image.clone_from(&before.image);
        }
    }
    for field in ["activeDeadlineSeconds", "schedulingGates"] {
        match old.rest.get(field) {
            Some(value) => same.rest.insert(field.to_owned(), value.clone()),
            None => same.rest.remove(field),
        };
    }
    same.tolerations.clone_from(&old.tolerations);
    let grace = &mut same.termination_grace_period_seconds;
    if *grace == Some(1)
        && old
            .termination_grace_period_seconds
            .is_some_and(|old| old < 0)
    {
        *grace = old.termination_grace_period_seconds;
    }
    if old
        .rest
        .get("schedulingGates")
        .is_some_and(|gates| !is_empty(gates))
    {
        // A gated Pod may be led to fewer nodes; whether it is was looked at before.
        same.node_selector.clone_from(&old.node_selector);
    }
    if same.node_name.is_empty() {
        same.node_name.clone_from(&old.node_name);
    }
    same
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
    checker.claims = volume::claims(spec);
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
            restart_policy(checker, map);
            let own = text(map, "name");
            if !own.is_empty() && !names.insert(own.to_owned()) {
                checker.within("name", |c| c.say(format!("Duplicate value: {own:?}")));
            }
            host_ports_of(checker, map, &mut BTreeSet::new());
            let watched = [
                "lifecycle",
                "livenessProbe",
                "readinessProbe",
                "startupProbe",
            ];
            if restarts {
                checker.run(map, WATCHED);
            }
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
            host_ports_of(checker, container, &mut taken);
        });
    });
}

fn host_ports_of(checker: &mut Checker<'_>, container: &Map, taken: &mut BTreeSet<String>) {
    checker.within("ports", |checker| {
        checker.items(container.get("ports"), |checker, port| {
            let number = port.get("hostPort").and_then(Value::as_int).unwrap_or(0);
            let (protocol, ip) = (text(port, "protocol"), text(port, "hostIP"));
            let key = format!("{protocol}/{ip}/{number}");
            if number != 0 && !taken.insert(key.clone()) {
                checker.within("hostPort", |c| c.say(format!("Duplicate value: {key:?}")));
            }
        });
    });
}

/// Whose users are its own shares nothing else with the node.
pub(super) fn host_users(checker: &mut Checker<'_>, spec: &Map) {
    let fields = [
        ("hostNetwork", "hostNetwork"),
        ("hostPID", "HostPID"),
        ("hostIPC", "HostIPC"),
    ];
    for (field, shown) in fields {
        if !checker.host_users && spec.get(field) == Some(&Value::Bool(true)) {
            let why = "Forbidden: when `pod.Spec.HostUsers` is false";
            checker.within(shown, |c| c.say(why));
        }
    }
}

/// The operating system that the Pod is for.
pub(super) fn system(checker: &mut Checker<'_>, spec: &Map) {
    let own = spec.get("os").and_then(Value::as_map);
    let own = own.map_or("", |own| text(own, "name"));
    if !["", "linux", "windows"].contains(&own) {
        let why = unsupported_of(own, &["linux", "windows"]);
        checker.within("os", |c| c.say(why));
    }
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
                return;
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
        if own && servers.is_empty() {
            return;
        }
        search_list(checker, &list("searches"));
        for (i, option) in list("options").iter().enumerate() {
            if option.as_map().is_none_or(|option| text(option, "name").is_empty()) {
                let why = "Required value: must not be empty";
                checker.within(&format!("options[{i}]"), |c| c.say(why));
            }
        }
    });
}

/// At most 32 search domains, with at most 2048 letters between them.
fn search_list(checker: &mut Checker<'_>, searches: &[Value]) {
    let whole = Value::List(searches.to_vec());
    let words = || {
        searches
            .iter()
            .map(|search| search.as_str().unwrap_or_default())
    };
    let letters: usize = words().map(|word| word.len() + 1).sum();
    checker.within("searches", |checker| {
        if searches.len() > 32 {
            checker.invalid(&whole, "must not have more than 32 search paths");
        }
        if letters > 2_049 {
            let why =
                "must not have more than 2048 characters (including spaces) in the search list";
            checker.invalid(&whole, why);
        }
        for (i, word) in words().enumerate().filter(|(_, word)| *word != ".") {
            let word = word.strip_suffix('.').unwrap_or(word);
            checker.within(&format!("[{i}]"), |c| c.grammar(word, name::search_domain));
        }
    });
}

/// The rights of a file.
pub(super) fn mode(checker: &mut Checker<'_>, map: &Map) {
    for field in given(map, &["defaultMode", "mode"]) {
        let value = map.get(field).cloned().unwrap_or_default();
        if value
            .as_int()
            .is_some_and(|mode| !(0..=0o777).contains(&mode))
        {
            let why = "must be a number between 0 and 0777 (octal), both inclusive";
            checker.within(field, |c| c.invalid(&value, why));
        }
    }
}

/// A path leads down only.
pub(super) fn no_way_up(checker: &mut Checker<'_>, map: &Map) {
    let path = text(map, "path");
    if path.split('/').any(|part| part == "..") {
        checker.within("path", |c| {
            c.invalid(&Value::from(path), "must not contain '..'");
        });
    }
}

/// A path within a volume (`validateLocalNonReservedPath`).
pub(super) fn local_path(checker: &mut Checker<'_>, map: &Map) {
    let path = text(map, "path");
    let value = Value::from(path);
    if path.starts_with('/') {
        checker.within("path", |c| c.invalid(&value, "must be a relative path"));
    }
    no_way_up(checker, map);
    if path.starts_with("..") && !path.starts_with("../") {
        checker.within("path", |c| c.invalid(&value, "must not start with '..'"));
    }
}

/// Each gate has a name of its own.
pub(super) fn scheduling_gates(checker: &mut Checker<'_>, spec: &Map) {
    let mut seen = BTreeSet::new();
    checker.within("schedulingGates", |checker| {
        let gates = list(spec, "schedulingGates")
            .iter()
            .filter_map(Value::as_map);
        for (i, gate) in gates.enumerate() {
            let own = text(gate, "name");
            checker.within(&format!("[{i}]"), |checker| {
                checker.grammar(own, name::qualified);
                if !seen.insert(own.to_owned()) {
                    checker.say(format!("Duplicate value: {own:?}"));
                }
            });
        }
    });
}

/// A host name that replaces all others.
pub(super) fn hostname_override(checker: &mut Checker<'_>, spec: &Map) {
    let Some(own) = spec.get("hostnameOverride").and_then(Value::as_str) else {
        return;
    };
    checker.within("hostnameOverride", |checker| {
        for (field, word) in [
            ("setHostnameAsFQDN", "setHostnameAsFQDN"),
            ("hostNetwork", "hostNetwork"),
        ] {
            if spec.get(field) == Some(&Value::Bool(true)) {
                checker.say(format!(
                    "Forbidden: may not be specified when {word} is true"
                ));
            }
        }
        if own.len() > 64 {
            checker.say("Too long: may not be more than 64 bytes");
        }
        checker.grammar(own, name::subdomain);
    });
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
    for (i, host) in names.iter().enumerate() {
        let host = host.as_str().unwrap_or_default();
        checker.within(&format!("hostnames[{i}]"), |c| {
            c.grammar(host, name::subdomain);
        });
    }
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
