//! The cells of Nodes.

use super::or_none;
use crate::api::pod::Node;
use crate::api::{Object, Value};
use crate::kernel::Arrange;

/// `control-plane` and the like, `<none>` without any.
pub(in crate::shell::kubectl) fn node_roles(object: &Object) -> String {
    const PREFIX: &str = "node-role.kubernetes.io/";
    let role = |(key, value): (&String, &String)| {
        let role = key.strip_prefix(PREFIX).map(str::to_owned);
        role.or_else(|| (key == "kubernetes.io/role").then(|| value.clone()))
            .filter(|role| !role.is_empty())
    };
    let mut roles: Vec<String> = object.meta.labels.iter().filter_map(role).collect();
    roles.arrange();
    roles.dedup();
    or_none(&roles.join(","))
}

pub(super) fn cells(object: &Object, node: &Node, wide: bool, age: String) -> Vec<String> {
    let ready = node.status.conditions.iter().rfind(|c| c.type_ == "Ready");
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
            (kernel, arch) if !arch.is_empty() => format!("{} ({arch})", unknown(kernel)),
            (kernel, _) => unknown(kernel),
        };
        row.extend([
            address("InternalIP"),
            address("ExternalIP"),
            unknown(info("osImage")),
            kernel,
            unknown(info("containerRuntimeVersion")),
        ]);
    }
    row
}
