//! Pods and the containers of templates.

use super::{Around, annotations, list, list_at, time};
use crate::api::pod::{
    Container, ContainerState, ContainerStatus, Pod, PodTemplateSpec, Toleration,
};
use crate::api::{Object, Value, kind};
use crate::shell::kubectl::printers;

pub(super) fn pod(around: &Around<'_>, object: &Object, pod: &Pod) -> String {
    let (spec, status) = (&pod.spec, &pod.status);
    let node = around.tables.find(kind::NODE, "", &spec.node_name);
    let node_text = match node.and_then(|n| n.node()) {
        Some(node) => format!("{}/{}", spec.node_name, node.internal_ip()),
        None => "<none>".to_owned(),
    };
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nPriority:\t0\nService Account:\t{}\nNode:\t{node_text}\n",
        object.meta.name, object.meta.namespace, spec.service_account_name
    );
    if !status.start_time.is_empty() {
        text.push_str(&format!("Start Time:\t{}\n", time(&status.start_time)));
    }
    text.push_str(&list("Labels", &object.meta.labels));
    text.push_str(&list("Annotations", &annotations(object)));
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
    text.push_str("Containers:\n");
    for container in &spec.containers {
        let found = status
            .container_statuses
            .iter()
            .find(|s| s.name == container.name);
        text.push_str(&running_container(container, found));
    }
    text.push_str("Conditions:\n  Type\tStatus\n");
    for condition in &status.conditions {
        text.push_str(&format!("  {}\t{} \n", condition.type_, condition.status));
    }
    text.push_str(&volumes("", &spec.volumes));
    text.push_str(&format!("QoS Class:\t{}\n", status.qos_class));
    text.push_str(&list("Node-Selectors", &spec.node_selector));
    text.push_str(&tolerations("", &spec.tolerations));
    text
}

fn running_container(container: &Container, status: Option<&ContainerStatus>) -> String {
    let mut text = format!("  {}:\n", container.name);
    let mut put = |key: &str, value: &str| text.push_str(&format!("    {key}:\t{value}\n"));
    let empty = ContainerStatus::default();
    let status = status.unwrap_or(&empty);
    put("Container ID", &status.container_id);
    put("Image", &container.image);
    put("Image ID", status.image_id.as_deref().unwrap_or_default());
    ports(container, &mut put);
    words("Command", &container.command, &mut put);
    words("Args", &container.args, &mut put);
    text.push_str(&state("State", &status.state));
    if status.last_state != ContainerState::default() {
        text.push_str(&state("Last State", &status.last_state));
    }
    let ready = if status.ready == Some(true) {
        "True"
    } else {
        "False"
    };
    text.push_str(&format!(
        "    Ready:\t{ready}\n    Restart Count:\t{}\n",
        status.restart_count.unwrap_or(0)
    ));
    text.push_str(&environment(container));
    text.push_str("    Mounts:\n      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access (ro)\n");
    text
}

fn ports(container: &Container, put: &mut impl FnMut(&str, &str)) {
    if container.ports.is_empty() {
        put("Port", "<none>");
        put("Host Port", "<none>");
        return;
    }
    let several = if container.ports.len() > 1 { "s" } else { "" };
    let named = |p: &crate::api::pod::ContainerPort| {
        let name = if p.name.is_empty() {
            String::new()
        } else {
            format!(" ({})", p.name)
        };
        format!("{}/{}{name}", p.container_port, p.protocol())
    };
    let shown: Vec<String> = container.ports.iter().map(named).collect();
    put(&format!("Port{several}"), &shown.join(", "));
    let host: Vec<String> = container
        .ports
        .iter()
        .map(|p| {
            let name = if p.name.is_empty() {
                String::new()
            } else {
                format!(" ({})", p.name)
            };
            format!("{}/{}{name}", p.host_port, p.protocol())
        })
        .collect();
    put(&format!("Host Port{several}"), &host.join(", "));
}

fn words(title: &str, words: &[String], put: &mut impl FnMut(&str, &str)) {
    if words.is_empty() {
        return;
    }
    let lines: String = words.iter().map(|word| format!("\n      {word}")).collect();
    put(title, &lines);
}

fn environment(container: &Container) -> String {
    if container.env.is_empty() {
        return "    Environment:\t<none>\n".to_owned();
    }
    let mut text = "    Environment:\n".to_owned();
    for var in &container.env {
        text.push_str(&format!("      {}:\t{}\n", var.name, var.value));
    }
    text
}

fn state(title: &str, state: &ContainerState) -> String {
    if let Some(running) = &state.running {
        return format!(
            "    {title}:\tRunning\n      Started:\t{}\n",
            time(&running.started_at)
        );
    }
    if let Some(ended) = &state.terminated {
        let code = ended.exit_code.unwrap_or(0);
        return format!(
            "    {title}:\tTerminated\n      Reason:\t{}\n      Exit Code:\t{code}\n      Started:\t{}\n      Finished:\t{}\n",
            ended.reason,
            time(&ended.started_at),
            time(&ended.finished_at)
        );
    }
    let reason = state
        .waiting
        .as_ref()
        .map(|w| w.reason.as_str())
        .unwrap_or_default();
    if reason.is_empty() {
        return format!("    {title}:\tWaiting\n");
    }
    format!("    {title}:\tWaiting\n      Reason:\t{reason}\n")
}

fn volumes(indent: &str, volumes: &[Value]) -> String {
    if volumes.is_empty() {
        return format!("{indent}Volumes:\t<none>\n");
    }
    let mut text = format!("{indent}Volumes:\n");
    for volume in volumes {
        let name = volume
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let source = volume
            .as_map()
            .and_then(|map| map.keys().find(|key| *key != "name"));
        text.push_str(&format!("{indent}  {name}:\n"));
        text.push_str(&format!(
            "{indent}    Type:\t{}\n",
            source.map(String::as_str).unwrap_or_default()
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
    lines.sort();
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
    text.push_str("  Containers:\n");
    for container in &template.spec.containers {
        text.push_str(&format!("   {}:\n", container.name));
        let mut put = |key: &str, value: &str| text.push_str(&format!("    {key}:\t{value}\n"));
        put("Image", &container.image);
        ports(container, &mut put);
        words("Command", &container.command, &mut put);
        words("Args", &container.args, &mut put);
        text.push_str(&environment(container));
        text.push_str("    Mounts:\t<none>\n");
    }
    text.push_str(&volumes("  ", &template.spec.volumes));
    text.push_str(&format!(
        "  Node-Selectors:\t{}\n",
        printers::label_text(&template.spec.node_selector)
    ));
    text.push_str(&tolerations("  ", &template.spec.tolerations));
    text
}
