//! Defaulting: what the API server fills in before it checks an object.
//!
//! Models `pkg/apis/core/v1/defaults.go` and `pkg/apis/apps/v1/defaults.go` of Kubernetes v1.36.

use super::endpoints::Endpoints;
use super::pod::{Container, PodPlan, PodTemplateSpec, Probe, Toleration};
use super::service::{EndpointSlice, Service, ServiceSpec, ServiceType};
use super::workload::{Deployment, DeploymentStrategy, Job, RollingUpdate, StatefulSet};
use super::{Body, LabelSelector, Map, Object, ObjectMeta, Value, kind};

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
        Body::Plain(fields) if object.kind == kind::SECRET => {
            fields
                .entry("type".to_owned())
                .or_insert_with(|| Value::from("Opaque"));
        }
        Body::Plain(fields) if object.kind == kind::PERSISTENT_VOLUME_CLAIM => {
            fill_in(
                fields,
                &[
                    ("spec", "volumeMode", "Filesystem"),
                    ("status", "phase", "Pending"),
                ],
            );
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
        }
        Body::Node(_) | Body::Event(_) | Body::Plain(_) => {}
    }
}

/// Its selector is its template's labels unless it is given.
fn default_replication_controller(fields: &mut Map) {
    let Some(spec) = fields.get_mut("spec").and_then(Value::as_map_mut) else {
        return;
    };
    spec.entry("replicas".to_owned()).or_insert(Value::Int(1));
    let Some(Value::Map(template)) = spec.get("template").cloned() else {
        return;
    };
    let mut template = PodTemplateSpec::from_map(template);
    default_pod_spec(&mut template.spec);
    let template = Value::Map(template.to_map());
    let labels = template.at(&["metadata", "labels"]).cloned();
    spec.insert("template".to_owned(), template);
    if let Some(labels) = labels {
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
    let retain = || Value::from("Retain");
    let policy = [("whenDeleted", retain()), ("whenScaled", retain())];
    let policy = policy.map(|(key, value)| (key.to_owned(), value));
    spec.rest
        .entry("persistentVolumeClaimRetentionPolicy".to_owned())
        .or_insert_with(|| Value::Map(policy.into()));
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
    if spec.selector.is_none() && !meta.uid.is_empty() {
        let own = [("batch.kubernetes.io/controller-uid", meta.uid.as_str())];
        let labels = [
            ("batch.kubernetes.io/controller-uid", meta.uid.as_str()),
            ("batch.kubernetes.io/job-name", meta.name.as_str()),
            ("controller-uid", meta.uid.as_str()),
            ("job-name", meta.name.as_str()),
        ];
        let text = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let mut selector = LabelSelector::default();
        selector.match_labels.extend(own.map(text));
        spec.selector = Some(selector);
        spec.template.metadata.labels.extend(labels.map(text));
    }
    default_pod_spec(&mut spec.template.spec);
}

/// The defaults of a Pod's spec, wherever it stands.
fn default_pod_spec(spec: &mut PodPlan) {
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
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        default_container(container);
    }
}

/// What Pods are given and templates are not: among it what the Priority admission plugin adds.
fn default_only_pod(spec: &mut PodPlan) {
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

/// A volume is an empty directory unless it says what it is; the files in it can be read by all.
fn default_volume(volume: &mut Value) {
    let Some(map) = volume.as_map_mut() else {
        return;
    };
    if map.keys().all(|key| key == "name") {
        map.insert("emptyDir".to_owned(), Value::Map(Map::new()));
    }
    for kind in ["configMap", "secret", "projected", "downwardAPI"] {
        if let Some(source) = map.get_mut(kind).and_then(Value::as_map_mut) {
            source
                .entry("defaultMode".to_owned())
                .or_insert(Value::Int(420));
        }
    }
    if let Some(path) = map.get_mut("hostPath").and_then(Value::as_map_mut) {
        path.entry("type".to_owned())
            .or_insert_with(|| Value::from(""));
    }
}

/// A variable that is taken from the Pod itself names the version in which it says so.
fn default_variable(from: &mut Value) {
    let field = from.as_map_mut().and_then(|from| from.get_mut("fieldRef"));
    if let Some(field) = field.and_then(Value::as_map_mut) {
        field
            .entry("apiVersion".to_owned())
            .or_insert_with(|| Value::from("v1"));
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
        variable.value_from.iter_mut().for_each(default_variable);
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
    if let Some(get) = &mut probe.http_get {
        fill(&mut get.path, "/");
        fill(&mut get.scheme, "HTTP");
    }
}

/// `:latest` and no tag at all are pulled each time; a digest never is.
fn pulls_always(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

/// What the `DefaultTolerationSeconds` admission plugin adds to each Pod.
/// What the plugin `DefaultTolerationSeconds` adds: a Pod bears a node that is lost for five minutes, unless it says itself
/// how long it does.
fn default_tolerations(spec: &mut PodPlan) {
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
