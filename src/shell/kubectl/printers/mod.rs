//! table: the columns and cells of `kubectl get`, kind by kind.
//!
//! Models `pkg/printers/internalversion/printers.go` of Kubernetes v1.36.

mod event;
mod node;
mod plain;
mod pod;
mod service;
mod workload;

use super::age::age;
use crate::api::{
    Body, KindRef, LabelSelector, LabelSelectorRequirement, Object, StringMap, Value, kind,
};
use crate::kernel::Arrange;

pub(super) use node::node_roles;
pub(super) use plain::modes;
pub(super) use service::{endpoints, join};

/// The columns of one kind, split at commas.
struct Columns {
    kind: &'static str,
    narrow: &'static str,
    /// What `-o wide` adds.
    wide: &'static str,
}

macro_rules! columns {
    ($($kind:literal $narrow:literal $wide:literal;)*) => {
        const COLUMNS: &[Columns] = &[$(Columns { kind: $kind, narrow: $narrow, wide: $wide }),*];
    };
}

columns! {
    "Pod" "NAME,READY,STATUS,RESTARTS,AGE" "IP,NODE,NOMINATED NODE,READINESS GATES";
    "Service" "NAME,TYPE,CLUSTER-IP,EXTERNAL-IP,PORT(S),AGE" "SELECTOR";
    "EndpointSlice" "NAME,ADDRESSTYPE,PORTS,ENDPOINTS,AGE" "";
    "Endpoints" "NAME,ENDPOINTS,AGE" "";
    "Deployment" "NAME,READY,UP-TO-DATE,AVAILABLE,AGE" "CONTAINERS,IMAGES,SELECTOR";
    "ReplicaSet" "NAME,DESIRED,CURRENT,READY,AGE" "CONTAINERS,IMAGES,SELECTOR";
    "ReplicationController" "NAME,DESIRED,CURRENT,READY,AGE" "CONTAINERS,IMAGES,SELECTOR";
    "StatefulSet" "NAME,READY,AGE" "CONTAINERS,IMAGES";
    "ControllerRevision" "NAME,CONTROLLER,REVISION,AGE" "";
    "DaemonSet" "NAME,DESIRED,CURRENT,READY,UP-TO-DATE,AVAILABLE,NODE SELECTOR,AGE" "CONTAINERS,IMAGES,SELECTOR";
    "Job" "NAME,STATUS,COMPLETIONS,DURATION,AGE" "CONTAINERS,IMAGES,SELECTOR";
    "CronJob" "NAME,SCHEDULE,TIMEZONE,SUSPEND,ACTIVE,LAST SCHEDULE,AGE" "CONTAINERS,IMAGES,SELECTOR";
    "PodTemplate" "NAME,CONTAINERS,IMAGES,POD LABELS" "";
    "Node" "NAME,STATUS,ROLES,AGE,VERSION" "INTERNAL-IP,EXTERNAL-IP,OS-IMAGE,KERNEL-VERSION,CONTAINER-RUNTIME";
    "Namespace" "NAME,STATUS,AGE" "";
    "Event" "LAST SEEN,TYPE,REASON,OBJECT,MESSAGE" "";
    "ConfigMap" "NAME,DATA,AGE" "";
    "Secret" "NAME,TYPE,DATA,AGE" "";
    "ServiceAccount" "NAME,SECRETS,AGE" "";
    "NetworkPolicy" "NAME,POD-SELECTOR,AGE" "";
    "Ingress" "NAME,CLASS,HOSTS,ADDRESS,PORTS,AGE" "";
    "IngressClass" "NAME,CONTROLLER,PARAMETERS,AGE" "";
    "Lease" "NAME,HOLDER,AGE" "";
    "IPAddress" "NAME,PARENTREF" "";
    "ServiceCIDR" "NAME,CIDRS,AGE" "";
    "IPAddressPool" "NAME,AUTO ASSIGN,AVOID BUGGY IPS,ADDRESSES" "";
    "L2Advertisement" "NAME,IPADDRESSPOOLS,IPADDRESSPOOL SELECTORS,INTERFACES" "NODE SELECTORS";
    "StorageClass" "NAME,PROVISIONER,RECLAIMPOLICY,VOLUMEBINDINGMODE,ALLOWVOLUMEEXPANSION,AGE" "";
    "PersistentVolume" "NAME,CAPACITY,ACCESS MODES,RECLAIM POLICY,STATUS,CLAIM,STORAGECLASS,VOLUMEATTRIBUTESCLASS,REASON,AGE" "VOLUMEMODE";
    "PersistentVolumeClaim" "NAME,STATUS,VOLUME,CAPACITY,ACCESS MODES,STORAGECLASS,VOLUMEATTRIBUTESCLASS,AGE" "VOLUMEMODE";
    "PodDisruptionBudget" "NAME,MIN AVAILABLE,MAX UNAVAILABLE,ALLOWED DISRUPTIONS,AGE" "";
    "HorizontalPodAutoscaler" "NAME,REFERENCE,TARGETS,MINPODS,MAXPODS,REPLICAS,AGE" "";
    "Role" "NAME,CREATED AT" "";
    "ClusterRole" "NAME,CREATED AT" "";
    "LimitRange" "NAME,CREATED AT" "";
    "RoleBinding" "NAME,ROLE,AGE" "USERS,GROUPS,SERVICEACCOUNTS";
    "ClusterRoleBinding" "NAME,ROLE,AGE" "USERS,GROUPS,SERVICEACCOUNTS";
    "PriorityClass" "NAME,VALUE,GLOBAL-DEFAULT,AGE,PREEMPTIONPOLICY" "";
    "ResourceQuota" "NAME,REQUEST,LIMIT,AGE" "";
}

/// The wide columns of events stand among the narrow ones.
const WIDE_EVENT: &str =
    "LAST SEEN,TYPE,REASON,OBJECT,SUBOBJECT,SOURCE,MESSAGE,FIRST SEEN,COUNT,NAME";

/// The column heads of a kind; `wide` adds those of `-o wide`.
pub fn columns(kind: KindRef, wide: bool) -> Vec<String> {
    let split = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    if kind == kind::EVENT && wide {
        return split(WIDE_EVENT);
    }
    let Some(row) = COLUMNS.iter().find(|row| row.kind == kind.name) else {
        return split("NAME,AGE");
    };
    let mut all = split(row.narrow);
    if wide && !row.wide.is_empty() {
        all.extend(split(row.wide));
    }
    all
}

/// The cells as `kubectl get` shows them. The server always makes the wide ones, of which kubectl leaves out columns: so
/// what a narrow cell would clip, the address of a load balancer, stands there in full.
pub(super) fn shown(object: &Object, wide: bool, now: i64) -> Vec<String> {
    let clips = [kind::SERVICE, kind::INGRESS].contains(&object.kind);
    let mut row = cells(object, wide || clips, now);
    if clips && !wide {
        row.truncate(columns(object.kind, false).len());
    }
    row
}

/// The cells of an object, as many as [`columns`]; `now` is in seconds since 1970.
pub fn cells(object: &Object, wide: bool, now: i64) -> Vec<String> {
    let name = object.meta.name.clone();
    let age = age(&object.meta.creation_timestamp, now);
    match &object.body {
        Body::Pod(pod) => pod::cells(object, pod, wide, now),
        Body::Service(service) => service::service(name, service, wide, age),
        Body::EndpointSlice(slice) => service::slice(name, slice, age),
        Body::Deployment(deployment) => workload::deployment(name, deployment, wide, age),
        Body::ReplicaSet(set) => workload::replica_set(name, set, wide, age),
        Body::Node(node) => node::cells(object, node, wide, age),
        Body::Namespace(namespace) => vec![name, namespace.status.phase.clone(), age],
        Body::Event(_) => event::cells(&object.to_value(), wide, now, name),
        Body::Endpoints(_) => vec![name, endpoints(&object.to_value()), age],
        Body::StatefulSet(_) | Body::DaemonSet(_) | Body::Job(_) | Body::Plain(_) => {
            let value = object.to_value();
            workload::plain(object, &value, wide, now)
                .or_else(|| plain::cells(object, &value, wide, now))
                .unwrap_or_else(|| vec![name, age])
        }
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
        values.arrange();
        let text = match r.operator.as_str() {
            "In" => format!("{} in ({})", r.key, values.join(",")),
            "NotIn" => format!("{} notin ({})", r.key, values.join(",")),
            "DoesNotExist" => format!("!{}", r.key),
            _ => r.key.clone(),
        };
        parts.push((r.key.clone(), text));
    }
    parts.arrange();
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

/// The same of labels that are kept as they came.
fn plain_labels(value: Option<&Value>) -> String {
    let pairs = value.and_then(Value::as_map).into_iter().flatten();
    let text =
        |(key, value): (&String, &Value)| format!("{key}={}", value.as_str().unwrap_or_default());
    or_none(&pairs.map(text).collect::<Vec<_>>().join(","))
}

/// The same of a selector that is kept as it came.
pub(super) fn plain_selector(value: Option<&Value>) -> String {
    selector_text(&plain_label_selector(value))
}

/// A `LabelSelector` from a value.
fn plain_label_selector(value: Option<&Value>) -> LabelSelector {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let labels = value
        .and_then(|v| v.get("matchLabels"))
        .and_then(Value::as_map);
    let expressions = value
        .and_then(|v| v.get("matchExpressions"))
        .and_then(Value::as_list);
    let requirement = |r: &Value| LabelSelectorRequirement {
        key: text(r.get("key")),
        operator: text(r.get("operator")),
        values: r
            .get("values")
            .and_then(Value::as_list)
            .unwrap_or_default()
            .iter()
            .map(|v| text(Some(v)))
            .collect(),
        ..LabelSelectorRequirement::default()
    };
    LabelSelector {
        match_labels: labels
            .into_iter()
            .flatten()
            .map(|(k, v)| (k.clone(), text(Some(v))))
            .collect(),
        match_expressions: expressions
            .unwrap_or_default()
            .iter()
            .map(requirement)
            .collect(),
        ..LabelSelector::default()
    }
}

/// `<none>` in place of nothing.
pub(super) fn or_none(text: &str) -> String {
    if text.is_empty() {
        "<none>".to_owned()
    } else {
        text.to_owned()
    }
}
