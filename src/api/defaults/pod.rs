//! What the API server fills in for Pods, and for those that a template describes.

use super::{fill, fill_in, part, quantities, structs};
use crate::api::pod::{Condition, Container, Pod, PodPlan, Probe, Toleration};
use crate::api::{Map, Value, canonical_quantity};
use std::rc::Rc;

/// The defaults of a Pod's spec, wherever it stands.
pub(super) fn default_pod_spec(spec: &mut PodPlan) {
    fill(&mut spec.restart_policy, "Always");
    fill(&mut spec.dns_policy, "ClusterFirst");
    spec.termination_grace_period_seconds.get_or_insert(30);
    spec.rest
        .entry("schedulerName".to_owned())
        .or_insert_with(|| Value::from("default-scheduler"));
    spec.rest
        .entry("securityContext".to_owned())
        .or_insert_with(|| Value::Map(Map::new()));
    if !spec.service_account_name.is_empty() {
        let name = Value::Str(spec.service_account_name.clone());
        spec.rest.entry("serviceAccount".to_owned()).or_insert(name);
    }
    spec.volumes.own.iter_mut().for_each(default_volume);
    quantities(part(&mut spec.rest, &["overhead"]));
    let lists = [
        &mut spec.containers,
        &mut spec.init_containers,
        &mut spec.ephemeral_containers,
    ];
    lists.into_iter().flatten().for_each(default_container);
}

/// What Pods are given and templates are not: among it what the Priority admission plugin adds.
pub(super) fn default_only_pod(spec: &mut PodPlan) {
    for (key, value) in [
        ("enableServiceLinks", Value::Bool(true)),
        ("preemptionPolicy", Value::from("PreemptLowerPriority")),
        ("priority", Value::Int(0)),
    ] {
        if !spec.rest.contains_key(key) {
            spec.rest.insert(key.to_owned(), value);
        }
    }
    // Who says only what a container may have at most asks for as much.
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        container.resources.give();
        // On the node's network each port is the node's.
        let ports = container
            .ports
            .iter_mut()
            .filter(|port| port.host_port == 0);
        for port in ports.filter(|_| spec.host_network) {
            port.host_port = port.container_port;
        }
        let Some(Value::Map(limits)) = container.resources.get("limits").cloned() else {
            continue;
        };
        let requests = container.resources.entry("requests".to_owned());
        if let Value::Map(requests) = requests.or_insert_with(|| Value::Map(Map::new())) {
            for (name, limit) in limits {
                requests.entry(name).or_insert(limit);
            }
        }
    }
}

/// A Pod that somebody holds back says so from the start (`applySchedulingGatedCondition`).
pub(super) fn note_gates(pod: &mut Pod) {
    let known = pod
        .status
        .conditions
        .iter()
        .any(|c| c.type_ == "PodScheduled");
    if known || !pod.spec.is_gated() {
        return;
    }
    pod.status.conditions.push(Rc::new(Condition {
        type_: "PodScheduled".into(),
        status: "False".into(),
        reason: "SchedulingGated".into(),
        message: "Scheduling is blocked due to non-empty scheduling gates".into(),
        ..Condition::default()
    }));
}

/// A volume is an empty directory unless it says what it is; the files in it can be read by all.
fn default_volume(volume: &mut Value) {
    let Some(map) = volume.as_map_mut() else {
        return;
    };
    if map.keys().all(|key| key == "name") {
        map.insert("emptyDir".to_owned(), Value::Map(Map::new()));
    }
    for kind in ["configMap", "secret", "projected", "downwardAPI"] {
        if let Some(source) = part(map, &[kind]) {
            source
                .entry("defaultMode".to_owned())
                .or_insert(Value::Int(420));
            structs(source, "items").for_each(default_variable);
            for source in structs(source, "sources") {
                if let Some(files) = part(source, &["downwardAPI"]) {
                    structs(files, "items").for_each(default_variable);
                }
                if let Some(token) = part(source, &["serviceAccountToken"]) {
                    let hour = token.entry("expirationSeconds".to_owned());
                    hour.or_insert(Value::Int(3_600));
                }
            }
        }
    }
    if let Some(template) = part(map, &["ephemeral", "volumeClaimTemplate"]) {
        fill_in(template, &[("spec", "volumeMode", "Filesystem")]);
        quantities(part(template, &["spec", "resources", "requests"]));
    }
    let size = part(map, &["emptyDir"]).and_then(|source| source.get_mut("sizeLimit"));
    if let Some(size) = size
        && let Some(text) = canonical_quantity(size)
    {
        *size = Value::Str(text);
    }
    if let Some(path) = map.get_mut("hostPath").and_then(Value::as_map_mut) {
        path.entry("type".to_owned())
            .or_insert_with(|| Value::from(""));
    }
}

/// A variable that is taken from the Pod itself names the version in which it says so.
fn default_variable(from: &mut Map) {
    if let Some(field) = part(from, &["fieldRef"]) {
        field
            .entry("apiVersion".to_owned())
            .or_insert_with(|| Value::from("v1"));
    }
    if let Some(amount) = part(from, &["resourceFieldRef"]) {
        let divisor = amount.entry("divisor".to_owned()).or_insert(Value::Int(0));
        if let Some(text) = canonical_quantity(divisor) {
            *divisor = Value::Str(text);
        }
    }
}

fn default_container(container: &mut Container) {
    let policy = if pulls_always(&container.image) {
        "Always"
    } else {
        "IfNotPresent"
    };
    fill(&mut container.image_pull_policy, policy);
    for (key, value) in [
        ("terminationMessagePath", "/dev/termination-log"),
        ("terminationMessagePolicy", "File"),
    ] {
        container
            .rest
            .entry(key.to_owned())
            .or_insert_with(|| Value::from(value));
    }
    for port in &mut container.ports {
        fill(&mut port.protocol, "TCP");
    }
    for variable in &mut container.env {
        let from = variable.value_from.as_mut().and_then(Value::as_map_mut);
        from.into_iter().for_each(default_variable);
    }
    if !container.resources.is_empty() {
        quantities(part(&mut container.resources, &["limits"]));
        quantities(part(&mut container.resources, &["requests"]));
    }
    for hook in ["postStart", "preStop"] {
        if let Some(get) = part(&mut container.rest, &["lifecycle", hook, "httpGet"]) {
            for (key, value) in [("path", "/"), ("scheme", "HTTP")] {
                get.entry(key.to_owned())
                    .or_insert_with(|| Value::from(value));
            }
        }
    }
    let probes = [
        &mut container.readiness_probe,
        &mut container.liveness_probe,
        &mut container.startup_probe,
    ];
    for probe in probes.into_iter().flatten() {
        default_probe(probe);
    }
}

fn default_probe(probe: &mut Probe) {
    let defaults = [
        (&mut probe.period_seconds, 10),
        (&mut probe.timeout_seconds, 1),
        (&mut probe.success_threshold, 1),
        (&mut probe.failure_threshold, 3),
    ];
    for (field, default) in defaults {
        if *field == 0 {
            *field = default;
        }
    }
    if let Some(grpc) = probe.grpc.as_mut().and_then(Value::as_map_mut) {
        grpc.entry("service".to_owned())
            .or_insert_with(|| Value::from(""));
    }
    if let Some(get) = &mut probe.http_get {
        fill(&mut get.path, "/");
        fill(&mut get.scheme, "HTTP");
    }
}

/// `:latest` and no tag at all are pulled each time; a digest never is, nor what is no image's name.
fn pulls_always(image: &str) -> bool {
    if image.contains('@') || image.is_empty() {
        return false;
    }
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

/// What the plugin `DefaultTolerationSeconds` adds: a Pod bears a node that is lost for five minutes, unless it says itself
/// how long it does.
pub(super) fn default_tolerations(spec: &mut PodPlan) {
    for key in [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ] {
        let says = |t: &Toleration| {
            matches!(t.effect.as_str(), "" | "NoExecute") && (t.key.is_empty() || t.key == key)
        };
        if !spec.tolerations.iter().any(says) {
            spec.tolerations.push(Toleration {
                key: key.to_owned(),
                operator: "Exists".to_owned(),
                effect: "NoExecute".to_owned(),
                toleration_seconds: Some(300),
                ..Default::default()
            });
        }
    }
}

/// The quality-of-service class (`pkg/apis/core/helper/qos`).
pub fn qos_class(spec: &PodPlan) -> &'static str {
    let part = |c: &Container, which: &str| {
        c.resources
            .get(which)
            .and_then(Value::as_map)
            .cloned()
            .unwrap_or_default()
    };
    let bounds: Vec<(Map, Map)> = spec
        .containers
        .iter()
        .map(|c| (part(c, "requests"), part(c, "limits")))
        .collect();
    if bounds
        .iter()
        .all(|(requests, limits)| requests.is_empty() && limits.is_empty())
    {
        return "BestEffort";
    }
    let guaranteed = |(requests, limits): &(Map, Map)| {
        ["cpu", "memory"].iter().all(|r| {
            let limit = limits.get(*r);
            limit.is_some()
                && requests
                    .get(*r)
                    .is_none_or(|request| Some(request) == limit)
        })
    };
    if bounds.iter().all(guaranteed) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}
