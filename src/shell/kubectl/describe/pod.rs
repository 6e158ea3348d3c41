//! Pods and the containers of templates.

use super::container::containers;
use super::volume::volumes;
use super::{Around, annotations_text, list, list_at, time};
use crate::api::pod::{ContainerStatus, Pod, PodTemplateSpec, Toleration};
use crate::api::{Object, Value, kind};
use crate::kernel::Arrange;
use crate::shell::kubectl::printers;

pub(super) fn pod(around: &Around<'_>, object: &Object, pod: &Pod) -> String {
    let (spec, status) = (&pod.spec, &pod.status);
    let node = around.tables.find(kind::NODE, "", &spec.node_name);
    let node_ip = status
        .to_map()
        .get("hostIP")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .or_else(|| Some(node?.node()?.internal_ip().to_owned()));
    let node_text = match node_ip {
        _ if spec.node_name.is_empty() => "<none>".to_owned(),
        address => format!("{}/{}", spec.node_name, address.unwrap_or_default()),
    };
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nPriority:\t0\nService Account:\t{}\nNode:\t{node_text}\n",
        object.meta.name, object.meta.namespace, spec.service_account_name
    );
    if !status.start_time.is_empty() {
        text.push_str(&format!("Start Time:\t{}\n", time(&status.start_time)));
    }
    text.push_str(&list("Labels", &object.meta.labels));
    text.push_str(&annotations_text(object));
    if object.meta.is_terminating() {
        let grace = object.meta.deletion_grace_period_seconds.unwrap_or(30);
        text.push_str(&format!(
            "Status:\tTerminating (lasts <invalid>)\nTermination Grace Period:\t{grace}s\n"
        ));
    } else {
        text.push_str(&format!("Status:\t{}\n", status.phase));
    }
    for (key, value) in [("Reason", &status.reason), ("Message", &status.message)] {
        if !value.is_empty() {
            text.push_str(&format!("{key}:\t{value}\n"));
        }
    }
    text.push_str(&format!("IP:\t{}\n", status.pod_ip));
    if status.pod_ips.is_empty() {
        text.push_str("IPs:\t<none>\n");
    } else {
        text.push_str("IPs:\n");
        for ip in &status.pod_ips {
            text.push_str(&format!("  IP:\t{}\n", ip.ip));
        }
    }
    if let Some(owner) = object.meta.controller() {
        text.push_str(&format!("Controlled By:\t{}/{}\n", owner.kind, owner.name));
    }
    text.push_str(&all_containers(object, pod));
    text.push_str("Conditions:\n  Type\tStatus\n");
    for condition in &status.conditions {
        text.push_str(&format!("  {}\t{} \n", condition.type_, condition.status));
    }
    text.push_str(&volumes("", &spec.volumes.all()));
    text.push_str(&format!("QoS Class:\t{}\n", status.qos_class));
    text.push_str(&list("Node-Selectors", &spec.node_selector));
    text.push_str(&tolerations("", &spec.tolerations));
    text
}

/// The containers that run first, those that stay, those that were added.
fn all_containers(object: &Object, pod: &Pod) -> String {
    let (spec, status) = (&pod.spec, &pod.status);
    let mut text = String::new();
    if !spec.init_containers.is_empty() {
        let statuses = init_statuses(pod);
        text.push_str(&containers(
            "Init Containers",
            "",
            &spec.init_containers,
            &statuses,
            Some(object),
        ));
    }
    text.push_str(&containers(
        "Containers",
        "",
        &spec.containers,
        &status.container_statuses,
        Some(object),
    ));
    if !spec.ephemeral_containers.is_empty() {
        text.push_str(&containers(
            "Ephemeral Containers",
            "",
            &spec.ephemeral_containers,
            &status.ephemeral_container_statuses,
            Some(object),
        ));
    }
    text
}

fn tolerations(indent: &str, all: &[Toleration]) -> String {
    let one = |t: &Toleration| {
        let mut text = t.key.clone();
        if !t.value.is_empty() {
            text.push_str(&format!("={}", t.value));
        }
        if !t.effect.is_empty() {
            text.push_str(&format!(":{}", t.effect));
        }
        if t.operator == "Exists" && t.value.is_empty() {
            text.push_str(if t.key.is_empty() && t.effect.is_empty() {
                "op=Exists"
            } else {
                " op=Exists"
            });
        }
        if let Some(seconds) = t.toleration_seconds {
            text.push_str(&format!(" for {seconds}s"));
        }
        text
    };
    let mut lines = all.iter().map(one).collect::<Vec<_>>();
    lines.arrange();
    let Some((first, rest)) = lines.split_first() else {
        return format!("{indent}Tolerations:\t<none>\n");
    };
    let more: String = rest
        .iter()
        .map(|line| format!("{indent}\t{line}\n"))
        .collect();
    format!("{indent}Tolerations:\t{first}\n{more}")
}

/// The statuses of init containers.
fn init_statuses(pod: &Pod) -> Vec<ContainerStatus> {
    let status = pod.status.to_map();
    let all = status.get("initContainerStatuses").and_then(Value::as_list);
    all.into_iter()
        .flatten()
        .filter_map(Value::as_map)
        .map(|map| ContainerStatus::from_map(map.clone()))
        .collect()
}

/// The Pod template of a workload.
pub(in crate::shell::kubectl) fn template(template: &PodTemplateSpec) -> String {
    let mut text = "Pod Template:\n".to_owned();
    text.push_str(&list_at("  ", "Labels", &template.metadata.labels));
    if !template.metadata.annotations.is_empty() {
        text.push_str(&list_at(
            "  ",
            "Annotations",
            &template.metadata.annotations,
        ));
    }
    if !template.spec.service_account_name.is_empty() {
        text.push_str(&format!(
            "  Service Account:\t{}\n",
            template.spec.service_account_name
        ));
    }
    if !template.spec.init_containers.is_empty() {
        text.push_str(&containers(
            "Init Containers",
            "  ",
            &template.spec.init_containers,
            &[],
            None,
        ));
    }
    text.push_str(&containers(
        "Containers",
        "  ",
        &template.spec.containers,
        &[],
        None,
    ));
    text.push_str(&volumes("  ", &template.spec.volumes.all()));
    text.push_str(&format!(
        "  Node-Selectors:\t{}\n",
        printers::label_text(&template.spec.node_selector)
    ));
    text.push_str(&tolerations("  ", &template.spec.tolerations));
    text
}
