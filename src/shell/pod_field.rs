//! What a Pod can tell its own programs of itself.
//!
//! Models `pkg/fieldpath` and `pkg/api/v1/resource` (`ExtractContainerResourceValue`).

use crate::api::pod::{Container, Pod};
use crate::api::{Object, StringMap, Value, kind, quantity};
use crate::cluster::Cluster;

/// What a `fieldRef` names.
pub(super) fn text(object: &Object, pod: &Pod, path: &str) -> String {
    let meta = &object.meta;
    let one = |map: &StringMap, path: &str| {
        let key = path
            .split_once("['")
            .and_then(|(_, rest)| rest.strip_suffix("']"));
        match key {
            Some(key) => map.get(key).cloned().unwrap_or_default(),
            None => lines(map),
        }
    };
    match path {
        "metadata.name" => meta.name.to_string(),
        "metadata.namespace" => meta.namespace.to_string(),
        "metadata.uid" => meta.uid.to_string(),
        "spec.nodeName" => pod.spec.node_name.to_string(),
        "spec.serviceAccountName" => pod.spec.service_account_name.to_string(),
        "status.hostIP" => pod.status.host_ip.to_string(),
        "status.hostIPs" => pod.status.host_ip.to_string(),
        "status.podIP" => pod.status.pod_ip.to_string(),
        "status.podIPs" => {
            let all: Vec<&str> = pod.status.pod_ips.iter().map(|ip| &*ip.ip).collect();
            all.join(",")
        }
        path if path.starts_with("metadata.labels") => one(&meta.labels, path),
        path if path.starts_with("metadata.annotations") => one(&meta.annotations, path),
        _ => String::new(),
    }
}

/// Labels as a volume shows them: `key="value"`, a line each.
fn lines(map: &StringMap) -> String {
    let each = map.iter().map(|(key, value)| format!("{key}={value:?}"));
    each.collect::<Vec<_>>().join("\n")
}

/// What a `resourceFieldRef` names, in its divisor, rounded up; a limit that is not set is what the node has.
pub(super) fn resource(cluster: &Cluster, pod: &Pod, own: &Container, reference: &Value) -> String {
    let named = reference.get("containerName").and_then(Value::as_str);
    let mut all = pod.spec.containers.iter();
    let container = all
        .find(|container| named == Some(&*container.name))
        .unwrap_or(own);
    let field = reference.get("resource").and_then(Value::as_str);
    let (list, resource) = field.and_then(|f| f.split_once('.')).unwrap_or_default();
    let written = container
        .resources
        .get(list)
        .and_then(|list| list.get(resource));
    // Processors are counted in thousandths, the rest in bytes.
    let unit = if resource == "cpu" { 1_000 } else { 1 };
    let node = cluster.tables().find(kind::NODE, "", &pod.spec.node_name);
    let node = node.map(|node| node.to_value());
    let whole = node
        .as_ref()
        .filter(|_| list == "limits")
        .and_then(|node| node.at(&["status", "allocatable", resource]));
    let amount = written.or(whole).and_then(|amount| quantity(amount, unit));
    let amount = amount.unwrap_or(0);
    let divisor = reference
        .get("divisor")
        .and_then(|divisor| quantity(divisor, unit))
        .filter(|divisor| *divisor > 0)
        .unwrap_or(unit);
    amount
        .saturating_add(divisor - 1)
        .div_euclid(divisor)
        .to_string()
}
