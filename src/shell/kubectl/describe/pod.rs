//! Pods and the containers of templates.

use super::container::{containers, resources};
use super::page::{self, fill, items};
use super::volume::volumes;
use super::{Around, annotations_text, list, list_at};
use crate::api::defaults::qos_class;
use crate::api::pod::{Pod, PodTemplateSpec, Toleration};
use crate::api::{Object, Value};
use crate::kernel::Arrange;
use crate::shell::kubectl::printers;

pub(super) fn pod(around: &Around<'_>, object: &Object, pod: &Pod) -> String {
    let (spec, status) = (&pod.spec, &pod.status);
    let value = object.to_value();
    let ends = object.meta.is_terminating() && !pod.is_finished();
    let state = if ends {
        "Status:\tTerminating (lasts {metadata.deletionTimestamp|since})~Termination Grace Period:\t{metadata.deletionGracePeriodSeconds|0}s"
    } else {
        "Status:\t{status.phase}"
    };
    let node = if spec.node_name.is_empty() {
        "<none>"
    } else {
        "{spec.nodeName}/{status.hostIP}"
    };
    let head = format!(
        "Name:\t{{metadata.name}}
Namespace:\t{{metadata.namespace}}
?spec.priority Priority:\t{{spec.priority}}
?spec.priorityClassName Priority Class Name:\t{{spec.priorityClassName}}
?spec.runtimeClassName Runtime Class Name:\t{{spec.runtimeClassName}}
?spec.serviceAccountName Service Account:\t{{spec.serviceAccountName}}
Node:\t{node}
?status.startTime Start Time:\t{{status.startTime|time}}"
    );
    let middle = format!(
        "{state}
?status.reason Reason:\t{{status.reason}}
?status.message Message:\t{{status.message}}
?spec.securityContext.seccompProfile SeccompProfile:\t{{spec.securityContext.seccompProfile.type}}
?spec.securityContext.seccompProfile.localhostProfile LocalhostProfile:\t{{spec.securityContext.seccompProfile.localhostProfile}}
IP:\t{{status.podIP}}
!status.podIPs IPs:\t<none>
?status.podIPs IPs:
*status.podIPs   IP:\t{{ip}}"
    );
    let mut text = fill(&head, &value, around.now);
    text.push_str(&list("Labels", &object.meta.labels));
    text.push_str(&annotations_text(object));
    text.push_str(&fill(&middle, &value, around.now));
    if let Some(owner) = object.meta.controller() {
        text.push_str(&format!("Controlled By:\t{}/{}\n", owner.kind, owner.name));
    }
    text.push_str(&fill(
        "?status.nominatedNodeName NominatedNodeName:\t{status.nominatedNodeName}\n?spec.resources Resources:",
        &value,
        0,
    ));
    if let Some(own) = value.at(&["spec", "resources"]).and_then(Value::as_map) {
        text.push_str(&resources(own, "  "));
    }
    text.push_str(&all_containers(object, pod));
    text.push_str(&gates(pod));
    text.push_str(&fill(
        "?status.conditions Conditions:~  Type\tStatus\n*status.conditions   {type} \t{status} ",
        &value,
        0,
    ));
    text.push_str(&volumes("", &spec.volumes()));
    let class = if status.qos_class.is_empty() {
        qos_class(spec)
    } else {
        &status.qos_class
    };
    text.push_str(&format!("QoS Class:\t{class}\n"));
    text.push_str(&list("Node-Selectors", &spec.node_selector));
    text.push_str(&tolerations("", &spec.tolerations));
    text.push_str(&spread("", &value, "spec"));
    text
}

/// The readiness gates and how they stand.
fn gates(pod: &Pod) -> String {
    if pod.spec.readiness_gates.is_empty() {
        return String::new();
    }
    let mut text = "Readiness Gates:\n  Type\tStatus\n".to_owned();
    for gate in &pod.spec.readiness_gates {
        let name = page::text(gate, "conditionType");
        let found = pod.status.conditions.iter().find(|c| c.type_ == name);
        let status = found.map_or("<none>", |c| c.status.as_ref());
        text.push_str(&format!("  {name} \t{status} \n"));
    }
    text
}

/// How Pods are spread, sorted by the key of the topology.
fn spread(indent: &str, value: &Value, path: &str) -> String {
    let found = page::field(value, path);
    let mut all = found.map_or_else(Vec::new, |spec| {
        items(spec, "topologySpreadConstraints").to_vec()
    });
    all.arrange_by_key(|c| page::text(c, "topologyKey"));
    let one = |c: &Value| {
        fill(
            "{topologyKey}:{whenUnsatisfiable} when max skew {maxSkew|0} is exceeded",
            c,
            0,
        )
        .replace('\n', "")
            + &page::field(c, "labelSelector")
                .map(|s| format!(" for selector {}", printers::plain_selector(Some(s))))
                .unwrap_or_default()
    };
    let lines: Vec<String> = all.iter().map(one).collect();
    if lines.is_empty() {
        return String::new();
    }
    let between = format!("\n{indent}\t");
    format!(
        "{indent}Topology Spread Constraints:\t{}\n",
        lines.join(&between)
    )
}

/// The containers that run first, those that stay, those that were added.
fn all_containers(object: &Object, pod: &Pod) -> String {
    let (spec, status) = (&pod.spec, &pod.status);
    let mut text = String::new();
    if !spec.init_containers.is_empty() {
        text.push_str(&containers(
            "Init Containers",
            "",
            &spec.init_containers,
            &status.init_container_statuses,
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
    let mut sorted: Vec<&Toleration> = all.iter().collect();
    sorted.arrange_by_key(|t| t.key.clone());
    let lines = sorted.into_iter().map(one).collect::<Vec<_>>();
    let Some((first, rest)) = lines.split_first() else {
        return format!("{indent}Tolerations:\t<none>\n");
    };
    let more: String = rest
        .iter()
        .map(|line| format!("{indent}\t{line}\n"))
        .collect();
    format!("{indent}Tolerations:\t{first}\n{more}")
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
    text.push_str(&volumes("  ", &template.spec.volumes()));
    let spec = Value::Map(template.spec.to_map());
    text.push_str(&spread("  ", &spec, "."));
    text.push_str(&fill(
        "?priorityClassName   Priority Class Name:\t{priorityClassName}",
        &spec,
        0,
    ));
    text.push_str(&format!(
        "  Node-Selectors:\t{}\n",
        printers::label_text(&template.spec.node_selector)
    ));
    text.push_str(&tolerations("  ", &template.spec.tolerations));
    text
}
