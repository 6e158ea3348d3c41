//! What the API server says about Pods that it accepts all the same (`pkg/api/pod/warnings.go` of v1.36).

use super::pod::{Container, PodSpec};
use super::{Map, ObjectMeta, Value};
use crate::kernel::{BTreeMap, BTreeSet};

/// Labels of nodes that have other names today, and since when.
const OLD_LABELS: [(&str, &str, &str); 5] = [
    ("beta.kubernetes.io/arch", "kubernetes.io/arch", "1.14"),
    ("beta.kubernetes.io/os", "kubernetes.io/os", "1.14"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "topology.kubernetes.io/region",
        "1.17",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "topology.kubernetes.io/zone",
        "1.17",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type",
        "1.17",
    ),
];

/// Annotations that mean nothing any more.
const OLD_ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    (
        "security.alpha.kubernetes.io/sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];

/// Volumes that work no more: the field, and since when.
const OLD_VOLUMES: [(&str, &str); 9] = [
    (
        "photonPersistentDisk",
        "deprecated in v1.11, non-functional in v1.16+",
    ),
    (
        "gitRepo",
        "deprecated in v1.11, and disabled by default in v1.33+",
    ),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

const NULL_SELECTOR: &str = "labelSelector: a null labelSelector results in matching no pod";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

fn items(value: Option<&Value>) -> impl Iterator<Item = (usize, &Map)> {
    let list = value.and_then(Value::as_list).unwrap_or_default().iter();
    list.enumerate()
        .filter_map(|(i, item)| Some((i, item.as_map()?)))
}

fn text<'a>(map: &'a Map, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn old_label(key: &str) -> Option<String> {
    let (_, new, since) = OLD_LABELS.iter().find(|(old, ..)| *old == key)?;
    Some(format!("deprecated since v{since}; use {new:?} instead"))
}

/// What is odd about a Pod; `at` is the way to its template, if it is one.
pub(super) fn of_pod(meta: &ObjectMeta, spec: &PodSpec, at: &str, found: &mut Vec<String>) {
    for key in spec.node_selector.keys() {
        if let Some(why) = old_label(key) {
            found.push(format!("{at}spec.nodeSelector[{key}]: {why}"));
        }
    }
    nodes(
        spec.rest.get("affinity"),
        &format!("{at}spec.affinity.nodeAffinity"),
        found,
    );
    for (i, map) in items(spec.rest.get("topologySpreadConstraints")) {
        let at = format!("{at}spec.topologySpreadConstraints[{i}]");
        let key = text(map, "topologyKey");
        if let Some(why) = old_label(key) {
            found.push(format!("{at}.topologyKey: {key} is {why}"));
        }
        if !map.contains_key("labelSelector") {
            found.push(format!("{at}.{NULL_SELECTOR}"));
        }
    }
    for (key, why) in OLD_ANNOTATIONS {
        if meta.annotations.contains_key(key) {
            found.push(format!("{at}metadata.annotations[{key}]: {why}"));
        }
    }
    volumes(spec, &format!("{at}spec.volumes"), found);
    twice(
        spec.host_aliases.as_slice(),
        ("hostAliases", "ip"),
        at,
        found,
    );
    let secrets = spec.rest.get("imagePullSecrets").and_then(Value::as_list);
    twice(
        secrets.unwrap_or_default(),
        ("imagePullSecrets", "name"),
        at,
        found,
    );
    if let Some(Value::Map(overhead)) = spec.rest.get("overhead") {
        fractions(overhead, &format!("{at}spec.overhead"), found);
    }
    containers(spec, at, found);
    if spec
        .termination_grace_period_seconds
        .is_some_and(|seconds| seconds < 0)
    {
        found.push(format!("{at}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let own = spec
            .rest
            .get("affinity")
            .and_then(|affinity| affinity.get(kind));
        for (i, term) in items(own.and_then(|own| own.get(REQUIRED))) {
            if !term.contains_key("labelSelector") {
                found.push(format!(
                    "{at}spec.affinity.{kind}.{REQUIRED}[{i}].{NULL_SELECTOR}"
                ));
            }
        }
        for (i, term) in items(own.and_then(|own| own.get(PREFERRED))) {
            let inner = term.get("podAffinityTerm");
            if inner.and_then(|inner| inner.get("labelSelector")).is_none() {
                found.push(format!(
                    "{at}spec.affinity.{kind}.{PREFERRED}[{i}].podAffinityTerm.{NULL_SELECTOR}"
                ));
            }
        }
    }
}

/// Old labels in the terms of a node affinity.
fn nodes(affinity: Option<&Value>, at: &str, found: &mut Vec<String>) {
    let own = affinity.and_then(|affinity| affinity.get("nodeAffinity"));
    let mut term = |term: &Map, at: String| {
        for (i, requirement) in items(term.get("matchExpressions")) {
            let key = text(requirement, "key");
            if let Some(why) = old_label(key) {
                found.push(format!("{at}.matchExpressions[{i}].key: {key} is {why}"));
            }
        }
    };
    let terms = own.and_then(|own| own.at(&[REQUIRED, "nodeSelectorTerms"]));
    for (i, map) in items(terms) {
        term(map, format!("{at}.{REQUIRED}.nodeSelectorTerms[{i}]"));
    }
    for (i, map) in items(own.and_then(|own| own.get(PREFERRED))) {
        if let Some(Value::Map(map)) = map.get("preference") {
            term(map, format!("{at}.{PREFERRED}[{i}].preference"));
        }
    }
}

/// Volumes that work no more, and files that hide the token of an account.
fn volumes(spec: &PodSpec, at: &str, found: &mut Vec<String>) {
    let own = || spec.volumes.own.iter().enumerate();
    for (i, volume) in own() {
        for (kind, why) in OLD_VOLUMES {
            if volume.get(kind).is_some() {
                let kind = if kind == "storageos" {
                    "storageOS"
                } else {
                    kind
                };
                found.push(format!("{at}[{i}].{kind}: {why}"));
            }
        }
    }
    let sources = |volume: &Value| {
        let list = volume
            .at(&["projected", "sources"])
            .and_then(Value::as_list);
        list.unwrap_or_default().to_vec()
    };
    let token = |source: &Value| {
        source
            .at(&["serviceAccountToken", "path"])?
            .as_str()
            .map(str::to_owned)
    };
    let tokens: BTreeSet<String> = own()
        .flat_map(|(_, v)| sources(v))
        .filter_map(|s| token(&s))
        .collect();
    for (i, volume) in own().filter(|_| !tokens.is_empty()) {
        for source in sources(volume) {
            for (kind, shown) in [
                ("configMap", "configMap"),
                ("secret", "secrets"),
                ("downwardAPI", "downwardAPI"),
            ] {
                for (j, item) in items(source.at(&[kind, "items"])) {
                    let path = text(item, "path");
                    if tokens.contains(path) {
                        found.push(format!("{at}[{i}].projected.sources.{shown}[{j}]: has duplicated path with ServiceAccountToken {path:?}"));
                    }
                }
            }
        }
    }
}

/// Items of a list that say the same of a field, or nothing.
fn twice(list: &[Value], (field, key): (&str, &str), at: &str, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    let word = |item: &Value| {
        item.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    for (i, own) in list.iter().map(word).enumerate() {
        if !seen.insert(own.clone()) {
            found.push(format!(
                "{at}spec.{field}[{i}].{key}: duplicate {key} {own:?}"
            ));
        }
    }
    for (i, own) in list.iter().map(word).enumerate() {
        if own.is_empty() && field == "imagePullSecrets" {
            found.push(format!(
                "{at}spec.{field}[{i}].{key}: invalid empty name \"\""
            ));
        }
    }
}

/// Amounts of bytes that are no whole number.
fn fractions(list: &Map, at: &str, found: &mut Vec<String>) {
    for name in ["memory", "ephemeral-storage"] {
        let text = text(list, name);
        let parts = text.strip_suffix('m').and_then(|n| n.parse::<i64>().ok());
        if parts.is_some_and(|parts| parts % 1_000 != 0) {
            found.push(format!(
                "{at}[{name}]: fractional byte value {text:?} is invalid, must be an integer"
            ));
        }
    }
}

/// Where a port stands, and which of the node's it takes.
type Taken<'a> = (String, &'a str, i64);

fn containers(spec: &PodSpec, at: &str, found: &mut Vec<String>) {
    let lists = [
        ("initContainers", &spec.init_containers),
        ("containers", &spec.containers),
        ("ephemeralContainers", &spec.ephemeral_containers),
    ];
    let all = || {
        lists.iter().flat_map(|(list, containers)| {
            let place = move |i: usize| format!("{at}spec.{list}[{i}]");
            containers
                .iter()
                .enumerate()
                .map(move |(i, container)| (place(i), container))
        })
    };
    for (at, container) in all() {
        for name in ["memory", "ephemeral-storage"] {
            for field in ["limits", "requests"] {
                if let Some(Value::Map(list)) = container.resources.get(field) {
                    let one = list.get(name).map(|value| (name.to_owned(), value.clone()));
                    fractions(
                        &one.into_iter().collect(),
                        &format!("{at}.resources.{field}"),
                        found,
                    );
                }
            }
        }
        variables(container, &at, found);
    }
    let mut taken: BTreeMap<(i64, String), Vec<Taken<'_>>> = BTreeMap::new();
    for (at, container) in all() {
        for (i, port) in container.ports.iter().enumerate() {
            let at = format!("{at}.ports[{i}]");
            let (ip, host) = (text(&port.rest, "hostIP"), port.host_port);
            if !ip.is_empty() && host == 0 {
                let (name, number, protocol) = (&port.name, port.container_port, port.protocol());
                found.push(format!("{at}: hostIP set without hostPort: {{Name:{name} HostPort:0 ContainerPort:{number} Protocol:{protocol} HostIP:{ip}}}"));
            }
            let others = taken
                .entry((port.container_port, port.protocol().to_owned()))
                .or_default();
            for (other, their_ip, their_host) in others.iter() {
                let how = if (ip, host) == (*their_ip, *their_host) {
                    "duplicate"
                } else if host == 0 || *their_host == 0 {
                    "overlapping"
                } else if host == *their_host && ip.is_empty() != their_ip.is_empty() {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                found.push(format!("{at}: {how} port definition with {other}"));
            }
            others.push((at, ip, host));
        }
    }
}

/// Variables that hide others of their name, unless they are made of them.
fn variables(container: &Container, at: &str, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (i, variable) in container.env.iter().enumerate() {
        if seen.insert(variable.name.as_str()) {
            continue;
        }
        let reference = format!("$({})", variable.name);
        let made = variable.value.contains(&reference) && variable.value != reference;
        if variable.value_from.is_some() || !made {
            found.push(format!(
                "{at}.env[{i}]: hides previous definition of {:?}, which may be dropped when using apply",
                variable.name
            ));
        }
    }
}
