//! table: the columns and cells of `kubectl get`, kind by kind.
//!
//! Models `pkg/printers/internalversion/printers.go` of Kubernetes v1.36.

use super::age::{age, human, unix};
use crate::api::pod::{ContainerStatus, Node, Pod};
use crate::api::service::{EndpointSlice, Service, ServiceType};
use crate::api::workload::{Deployment, ReplicaSet};
use crate::api::{Body, KindRef, LabelSelector, Object, StringMap, Value, kind};

/// The column heads of a kind; `wide` adds those of `-o wide`.
pub fn columns(kind: KindRef, wide: bool) -> Vec<String> {
    let (narrow, more): (&str, &str) = match kind.name {
        "Pod" => (
            "NAME,READY,STATUS,RESTARTS,AGE",
            "IP,NODE,NOMINATED NODE,READINESS GATES",
        ),
        "Service" => ("NAME,TYPE,CLUSTER-IP,EXTERNAL-IP,PORT(S),AGE", "SELECTOR"),
        "EndpointSlice" => ("NAME,ADDRESSTYPE,PORTS,ENDPOINTS,AGE", ""),
        "Endpoints" => ("NAME,ENDPOINTS,AGE", ""),
        "Deployment" => (
            "NAME,READY,UP-TO-DATE,AVAILABLE,AGE",
            "CONTAINERS,IMAGES,SELECTOR",
        ),
        "ReplicaSet" => (
            "NAME,DESIRED,CURRENT,READY,AGE",
            "CONTAINERS,IMAGES,SELECTOR",
        ),
        "StatefulSet" => ("NAME,READY,AGE", "CONTAINERS,IMAGES"),
        "DaemonSet" => (
            "NAME,DESIRED,CURRENT,READY,UP-TO-DATE,AVAILABLE,NODE SELECTOR,AGE",
            "CONTAINERS,IMAGES,SELECTOR",
        ),
        "Job" => (
            "NAME,STATUS,COMPLETIONS,DURATION,AGE",
            "CONTAINERS,IMAGES,SELECTOR",
        ),
        "Node" => (
            "NAME,STATUS,ROLES,AGE,VERSION",
            "INTERNAL-IP,EXTERNAL-IP,OS-IMAGE,KERNEL-VERSION,CONTAINER-RUNTIME",
        ),
        "Namespace" => ("NAME,STATUS,AGE", ""),
        "ConfigMap" => ("NAME,DATA,AGE", ""),
        "Secret" => ("NAME,TYPE,DATA,AGE", ""),
        "NetworkPolicy" => ("NAME,POD-SELECTOR,AGE", ""),
        "Event" if wide => {
            return split(
                "LAST SEEN,TYPE,REASON,OBJECT,SUBOBJECT,SOURCE,MESSAGE,FIRST SEEN,COUNT,NAME",
            );
        }
        "Event" => ("LAST SEEN,TYPE,REASON,OBJECT,MESSAGE", ""),
        _ => ("NAME,AGE", ""),
    };
    let mut all = split(narrow);
    if wide && !more.is_empty() {
        all.extend(split(more));
    }
    all
}

fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

/// The cells of an object, as many as [`columns`]; `now` is in seconds since 1970.
pub fn cells(object: &Object, wide: bool, now: i64) -> Vec<String> {
    let name = object.meta.name.clone();
    let age = age(&object.meta.creation_timestamp, now);
    match &object.body {
        Body::Pod(pod) => pod_cells(object, pod, wide, now),
        Body::Service(service) => service_cells(name, service, wide, age),
        Body::EndpointSlice(slice) => {
            vec![
                name,
                slice.address_type.clone(),
                slice_ports(slice),
                slice_endpoints(slice),
                age,
            ]
        }
        Body::Deployment(deployment) => deployment_cells(name, deployment, wide, age),
        Body::ReplicaSet(set) => replica_set_cells(name, set, wide, age),
        Body::Node(node) => node_cells(object, node, wide, age),
        Body::Namespace(namespace) => vec![name, namespace.status.phase.clone(), age],
        Body::Plain(_) => plain_cells(object, wide, now, age),
    }
}

/// `a=b,c=d`, sorted; `<none>` when empty.
pub(super) fn label_text(labels: &StringMap) -> String {
    if labels.is_empty() {
        return "<none>".to_owned();
    }
    labels
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect::<Vec<_>>()
        .join(",")
}

/// A workload's selector as `-l` would have it.
pub(super) fn selector_text(selector: &LabelSelector) -> String {
    let mut parts: Vec<(String, String)> = selector
        .match_labels
        .iter()
        .map(|(k, v)| (k.clone(), format!("{k}={v}")))
        .collect();
    for r in &selector.match_expressions {
        let mut values = r.values.clone();
        values.sort();
        let text = match r.operator.as_str() {
            "In" => format!("{} in ({})", r.key, values.join(",")),
            "NotIn" => format!("{} notin ({})", r.key, values.join(",")),
            "DoesNotExist" => format!("!{}", r.key),
            _ => r.key.clone(),
        };
        parts.push((r.key.clone(), text));
    }
    parts.sort();
    if parts.is_empty() {
        "<none>".to_owned()
    } else {
        parts
            .into_iter()
            .map(|(_, t)| t)
            .collect::<Vec<_>>()
            .join(",")
    }
}

fn or_none(text: &str) -> String {
    if text.is_empty() {
        "<none>".to_owned()
    } else {
        text.to_owned()
    }
}

/// The word in a Pod's STATUS column.
pub(super) fn pod_status(object: &Object, pod: &Pod) -> String {
    let mut status = if pod.status.reason.is_empty() {
        pod.status.phase.clone()
    } else {
        pod.status.reason.clone()
    };
    let gated = pod
        .status
        .conditions
        .iter()
        .any(|c| c.type_ == "PodScheduled" && c.reason == "SchedulingGated");
    if gated {
        "SchedulingGated".clone_into(&mut status);
    }
    let initializing = init_status(pod);
    match &initializing {
        Some(text) => status.clone_from(text),
        None => {
            let mut has_running = false;
            for container in pod.status.container_statuses.iter().rev() {
                if let Some(word) = container_word(container) {
                    status = word;
                } else if container.ready == Some(true) && container.state.running.is_some() {
                    has_running = true;
                }
            }
            if status == "Completed" && has_running {
                status = if pod.is_ready() {
                    "Running"
                } else {
                    "NotReady"
                }
                .to_owned();
            }
        }
    }
    if object.meta.is_terminating() {
        status = if pod.status.reason == "NodeLost" {
            "Unknown"
        } else {
            "Terminating"
        }
        .to_owned();
    }
    status
}

fn container_word(status: &ContainerStatus) -> Option<String> {
    if let Some(waiting) = status
        .state
        .waiting
        .as_ref()
        .filter(|w| !w.reason.is_empty())
    {
        return Some(waiting.reason.clone());
    }
    let terminated = status.state.terminated.as_ref()?;
    Some(if !terminated.reason.is_empty() {
        terminated.reason.clone()
    } else if terminated.signal != 0 {
        format!("Signal:{}", terminated.signal)
    } else {
        format!("ExitCode:{}", terminated.exit_code.unwrap_or(0))
    })
}

fn init_status(pod: &Pod) -> Option<String> {
    let total = pod.spec.init_containers.len();
    for (i, status) in pod.status.init_container_statuses.iter().enumerate() {
        let sidecar = pod
            .spec
            .init_containers
            .iter()
            .any(|c| c.name == status.name && c.restart_policy == "Always");
        if status
            .state
            .terminated
            .as_ref()
            .is_some_and(|t| t.exit_code == Some(0))
        {
            continue;
        }
        if sidecar && status.started == Some(true) {
            continue;
        }
        if let Some(terminated) = &status.state.terminated {
            let word = if !terminated.reason.is_empty() {
                terminated.reason.clone()
            } else if terminated.signal != 0 {
                format!("Signal:{}", terminated.signal)
            } else {
                format!("ExitCode:{}", terminated.exit_code.unwrap_or(0))
            };
            return Some(format!("Init:{word}"));
        }
        let waiting = status
            .state
            .waiting
            .as_ref()
            .map(|w| w.reason.as_str())
            .unwrap_or_default();
        if !waiting.is_empty() && waiting != "PodInitializing" {
            return Some(format!("Init:{waiting}"));
        }
        return Some(format!("Init:{i}/{total}"));
    }
    None
}

fn pod_cells(object: &Object, pod: &Pod, wide: bool, now: i64) -> Vec<String> {
    let sidecars: Vec<&str> = pod
        .spec
        .init_containers
        .iter()
        .filter(|c| c.restart_policy == "Always")
        .map(|c| c.name.as_str())
        .collect();
    let total = pod.spec.containers.len() + sidecars.len();
    let sidecar_statuses = pod
        .status
        .init_container_statuses
        .iter()
        .filter(|s| sidecars.contains(&s.name.as_str()));
    let counted: Vec<&ContainerStatus> = pod
        .status
        .container_statuses
        .iter()
        .chain(sidecar_statuses)
        .collect();
    let ready = counted.iter().filter(|s| {
        let sidecar = sidecars.contains(&s.name.as_str());
        s.ready == Some(true) && (s.state.running.is_some() || (sidecar && s.started == Some(true)))
    });
    let restarts: i64 = counted.iter().filter_map(|s| s.restart_count).sum();
    let last = counted
        .iter()
        .filter_map(|s| s.last_state.terminated.as_ref())
        .filter_map(|t| unix(&t.finished_at))
        .max();
    let restarts_text = match last.filter(|_| restarts > 0) {
        Some(then) => format!("{restarts} ({} ago)", human(now - then)),
        None => restarts.to_string(),
    };
    let mut row = vec![
        object.meta.name.clone(),
        format!("{}/{total}", ready.count()),
        pod_status(object, pod),
        restarts_text,
        age(&object.meta.creation_timestamp, now),
    ];
    if wide {
        let ip = pod
            .status
            .pod_ips
            .first()
            .map_or(pod.status.pod_ip.as_str(), |ip| ip.ip.as_str());
        let nominated = pod
            .status
            .rest
            .get("nominatedNodeName")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let gates: Vec<&str> = pod
            .spec
            .readiness_gates
            .iter()
            .filter_map(|g| g.get("conditionType").and_then(Value::as_str))
            .collect();
        let passed = gates
            .iter()
            .filter(|gate| pod.is_condition_true(gate))
            .count();
        let gates_text = if gates.is_empty() {
            "<none>".to_owned()
        } else {
            format!("{passed}/{}", gates.len())
        };
        row.extend([
            or_none(ip),
            or_none(&pod.spec.node_name),
            or_none(nominated),
            gates_text,
        ]);
    }
    row
}

fn service_cells(name: String, service: &Service, wide: bool, age: String) -> Vec<String> {
    let spec = &service.spec;
    let ip = spec
        .cluster_ips
        .first()
        .map_or(spec.cluster_ip.as_str(), String::as_str);
    let mut row = vec![
        name,
        if spec.type_.is_empty() {
            "ClusterIP".to_owned()
        } else {
            spec.type_.clone()
        },
        or_none(ip),
        external_ip(service, wide),
        service_ports(service),
        age,
    ];
    if wide {
        row.push(label_text(&spec.selector));
    }
    row
}

fn external_ip(service: &Service, wide: bool) -> String {
    let external = service.spec.external_ips.join(",");
    match service.spec.service_type() {
        ServiceType::ClusterIp | ServiceType::NodePort => or_none(&external),
        ServiceType::ExternalName => service.spec.external_name.clone(),
        ServiceType::LoadBalancer => {
            let ingress = &service.status.load_balancer.ingress;
            let mut given: Vec<&str> = ingress
                .iter()
                .map(|i| {
                    if i.ip.is_empty() {
                        i.hostname.as_str()
                    } else {
                        i.ip.as_str()
                    }
                })
                .collect();
            given.sort_unstable();
            given.dedup();
            let mut balancer = given.join(",");
            if balancer.chars().count() > 16 && !wide {
                balancer = balancer.chars().take(13).collect::<String>() + "...";
            }
            match (balancer.is_empty(), external.is_empty()) {
                (false, false) => format!("{balancer},{external}"),
                (false, true) => balancer,
                (true, false) => external,
                (true, true) => "<pending>".to_owned(),
            }
        }
    }
}

fn service_ports(service: &Service) -> String {
    let port = |p: &crate::api::service::ServicePort| {
        let node = if p.node_port > 0 {
            format!(":{}", p.node_port)
        } else {
            String::new()
        };
        format!("{}{node}/{}", p.port, p.protocol())
    };
    or_none(
        &service
            .spec
            .ports
            .iter()
            .map(port)
            .collect::<Vec<_>>()
            .join(","),
    )
}

/// At most three, then how many more.
fn first_three(all: &[String]) -> String {
    if all.is_empty() {
        return "<unset>".to_owned();
    }
    let shown = all.get(..3.min(all.len())).unwrap_or_default().join(",");
    if all.len() > 3 {
        format!("{shown} + {} more...", all.len() - 3)
    } else {
        shown
    }
}

fn slice_ports(slice: &EndpointSlice) -> String {
    let text = |p: &crate::api::service::EndpointPort| {
        p.port
            .map_or_else(|| p.name.clone().unwrap_or_default(), |n| n.to_string())
    };
    if slice.ports.is_none() {
        return "*".to_owned();
    }
    first_three(&slice.ports().iter().map(text).collect::<Vec<_>>())
}

fn slice_endpoints(slice: &EndpointSlice) -> String {
    let all: Vec<String> = slice
        .endpoints()
        .iter()
        .flat_map(|e| e.addresses.clone())
        .collect();
    first_three(&all)
}

fn containers_of(containers: &[crate::api::pod::Container]) -> (String, String) {
    let names: Vec<&str> = containers.iter().map(|c| c.name.as_str()).collect();
    let images: Vec<&str> = containers.iter().map(|c| c.image.as_str()).collect();
    (names.join(","), images.join(","))
}

fn deployment_cells(name: String, deployment: &Deployment, wide: bool, age: String) -> Vec<String> {
    let (spec, status) = (&deployment.spec, &deployment.status);
    let mut row = vec![
        name,
        format!("{}/{}", status.ready_replicas, spec.replicas.unwrap_or(0)),
        status.updated_replicas.to_string(),
        status.available_replicas.to_string(),
        age,
    ];
    if wide {
        let (names, images) = containers_of(&spec.template.spec.containers);
        row.extend([names, images, selector_text(&spec.selector)]);
    }
    row
}

fn replica_set_cells(name: String, set: &ReplicaSet, wide: bool, age: String) -> Vec<String> {
    let mut row = vec![
        name,
        set.spec.replicas.unwrap_or(0).to_string(),
        set.status.replicas.unwrap_or(0).to_string(),
        set.status.ready_replicas.to_string(),
        age,
    ];
    if wide {
        let (names, images) = containers_of(&set.spec.template.spec.containers);
        row.extend([names, images, selector_text(&set.spec.selector)]);
    }
    row
}

/// `control-plane` and the like, `<none>` without any.
pub(super) fn node_roles(object: &Object) -> String {
    const PREFIX: &str = "node-role.kubernetes.io/";
    let role = |(key, value): (&String, &String)| {
        let role = key.strip_prefix(PREFIX).map(str::to_owned);
        role.or_else(|| (key == "kubernetes.io/role").then(|| value.clone()))
            .filter(|role| !role.is_empty())
    };
    let mut roles: Vec<String> = object.meta.labels.iter().filter_map(role).collect();
    roles.sort();
    roles.dedup();
    or_none(&roles.join(","))
}

fn node_cells(object: &Object, node: &Node, wide: bool, age: String) -> Vec<String> {
    let ready = node.status.conditions.iter().find(|c| c.type_ == "Ready");
    let mut status = match ready {
        Some(c) if c.status == "True" => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if node.spec.unschedulable {
        status.push_str(",SchedulingDisabled");
    }
    let info = |key: &str| {
        node.status
            .node_info
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut row = vec![
        object.meta.name.clone(),
        status,
        node_roles(object),
        age,
        info("kubeletVersion"),
    ];
    if wide {
        let address = |type_: &str| {
            let found = node.status.addresses.iter().find(|a| a.type_ == type_);
            found.map_or_else(|| "<none>".to_owned(), |a| a.address.clone())
        };
        let unknown = |text: String| {
            if text.is_empty() {
                "<unknown>".to_owned()
            } else {
                text
            }
        };
        let kernel = match (info("kernelVersion"), info("architecture")) {
            (kernel, arch) if !kernel.is_empty() && !arch.is_empty() => {
                format!("{kernel} ({arch})")
            }
            (kernel, _) => kernel,
        };
        row.extend([
            address("InternalIP"),
            address("ExternalIP"),
            unknown(info("osImage")),
            unknown(kernel),
            unknown(info("containerRuntimeVersion")),
        ]);
    }
    row
}

fn plain_cells(object: &Object, wide: bool, now: i64, age: String) -> Vec<String> {
    let name = object.meta.name.clone();
    let value = object.to_value();
    let count = |key: &str| {
        value
            .get(key)
            .and_then(Value::as_map)
            .map_or(0, std::collections::BTreeMap::len)
    };
    let int = |path: &[&str]| value.at(path).and_then(Value::as_int).unwrap_or(0);
    match object.kind {
        k if k == kind::CONFIG_MAP => {
            vec![name, (count("data") + count("binaryData")).to_string(), age]
        }
        k if k == kind::SECRET => {
            let type_ = value
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or("Opaque")
                .to_owned();
            vec![name, type_, count("data").to_string(), age]
        }
        k if k == kind::STATEFUL_SET => {
            let wanted = value
                .at(&["spec", "replicas"])
                .and_then(Value::as_int)
                .unwrap_or(1);
            let mut row = vec![
                name,
                format!("{}/{wanted}", int(&["status", "readyReplicas"])),
                age,
            ];
            if wide {
                row.extend(plain_containers(&value));
            }
            row
        }
        k if k == kind::EVENT => event_cells(&value, wide, now, name),
        k if k == kind::ENDPOINTS => vec![name, endpoints_text(&value), age],
        _ => vec![name, age],
    }
}

fn plain_containers(value: &Value) -> [String; 2] {
    let list = value
        .at(&["spec", "template", "spec", "containers"])
        .and_then(Value::as_list)
        .unwrap_or_default();
    let join = |key: &str| {
        list.iter()
            .filter_map(|c| c.get(key).and_then(Value::as_str))
            .collect::<Vec<_>>()
            .join(",")
    };
    [join("name"), join("image")]
}

/// The addresses of an Endpoints object: the ready ones with their ports.
pub(super) fn endpoints_text(value: &Value) -> String {
    let mut all = Vec::new();
    for subset in value
        .get("subsets")
        .and_then(Value::as_list)
        .unwrap_or_default()
    {
        let addresses = subset
            .get("addresses")
            .and_then(Value::as_list)
            .unwrap_or_default();
        let ports = subset
            .get("ports")
            .and_then(Value::as_list)
            .unwrap_or_default();
        for address in addresses
            .iter()
            .filter_map(|a| a.get("ip").and_then(Value::as_str))
        {
            if ports.is_empty() {
                all.push(address.to_owned());
            }
            for port in ports
                .iter()
                .filter_map(|p| p.get("port").and_then(Value::as_int))
            {
                all.push(if address.contains(':') {
                    format!("[{address}]:{port}")
                } else {
                    format!("{address}:{port}")
                });
            }
        }
    }
    if all.is_empty() {
        "<none>".to_owned()
    } else {
        first_three(&all)
    }
}

fn event_cells(value: &Value, wide: bool, now: i64, name: String) -> Vec<String> {
    let text = |path: &[&str]| {
        value
            .at(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let time = |keys: &[&str]| {
        let found = keys.iter().map(|key| text(&[key])).find(|t| !t.is_empty());
        found.map_or_else(|| "<unknown>".to_owned(), |t| age(&t, now))
    };
    let last = time(&["lastTimestamp", "eventTime", "firstTimestamp"]);
    let first = time(&["firstTimestamp", "eventTime"]);
    let (kind, object) = (
        text(&["involvedObject", "kind"]).to_lowercase(),
        text(&["involvedObject", "name"]),
    );
    let target = if object.is_empty() {
        kind
    } else {
        format!("{kind}/{object}")
    };
    let message = text(&["message"]).trim().to_owned();
    if !wide {
        return vec![last, text(&["type"]), text(&["reason"]), target, message];
    }
    let mut component = text(&["source", "component"]);
    if component.is_empty() {
        component = text(&["reportingComponent"]);
    }
    let host = text(&["source", "host"]);
    let source = if host.is_empty() {
        component
    } else {
        format!("{component}, {host}")
    };
    let count = value
        .get("count")
        .and_then(Value::as_int)
        .unwrap_or(1)
        .max(1);
    vec![
        last,
        text(&["type"]),
        text(&["reason"]),
        target,
        text(&["involvedObject", "fieldPath"]),
        source,
        message,
        first,
        count.to_string(),
        name,
    ]
}
