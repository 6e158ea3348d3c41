//! Containers, of Pods and of templates: images, ports, states, resources, probes, variables, mounts.

use super::page::{self, fill};
use super::time;
use crate::api::pod::{Container, ContainerPort, ContainerState, ContainerStatus, Probe};
use crate::api::{Map, Object, Value, quantity};
use crate::kernel::Arrange;
use std::rc::Rc;

/// The containers of a Pod or a template under a heading; `pod` is the Pod that runs them, if one does.
pub(super) fn containers(
    title: &str,
    indent: &str,
    all: &[Container],
    statuses: &[Rc<ContainerStatus>],
    pod: Option<&Object>,
) -> String {
    let mut text = format!("{indent}{title}:\n");
    for container in all {
        let status = statuses.iter().find(|s| s.name == container.name);
        // The name in a template stands one blank further to the left than in a Pod.
        let name = if pod.is_some() { "  " } else { "   " };
        text.push_str(&format!("{name}{}:\n", container.name));
        text.push_str(&one(container, status.map(|status| &**status), pod));
    }
    text
}

fn one(container: &Container, status: Option<&ContainerStatus>, pod: Option<&Object>) -> String {
    let mut text = String::new();
    let mut put = |key: &str, value: &str| text.push_str(&format!("    {key}:\t{value}\n"));
    if let Some(status) = status {
        put("Container ID", &status.container_id);
    }
    put("Image", &container.image);
    if let Some(status) = status {
        put("Image ID", status.image_id.as_deref().unwrap_or_default());
    }
    ports(container, &mut put);
    let fields = Value::Map(container.to_map());
    text.push_str(&fill(
        "?securityContext.seccompProfile     SeccompProfile:\t{securityContext.seccompProfile.type}
?securityContext.seccompProfile.localhostProfile       LocalhostProfile:\t{securityContext.seccompProfile.localhostProfile}",
        &fields,
        0,
    ));
    text.push_str(&words("Command", &container.command));
    text.push_str(&words("Args", &container.args));
    if let Some(status) = status {
        text.push_str(&states(status));
    }
    text.push_str(&resources(&container.resources, "    "));
    for (title, probe) in [
        ("Liveness", &container.liveness_probe),
        ("Readiness", &container.readiness_probe),
        ("Startup", &container.startup_probe),
    ] {
        if let Some(probe) = probe {
            text.push_str(&format!("    {title}:\t{}\n", probe_text(probe)));
        }
    }
    text.push_str(&environment_from(&fields));
    text.push_str(&environment(container, pod));
    text.push_str(&mounts(&fields));
    text
}

fn ports(container: &Container, put: &mut impl FnMut(&str, &str)) {
    let listed = |number: fn(&ContainerPort) -> i64| {
        let one = |p: &ContainerPort| {
            let name = if p.name.is_empty() {
                String::new()
            } else {
                format!(" ({})", p.name)
            };
            format!("{}/{}{name}", number(p), p.protocol())
        };
        let all: Vec<String> = container.ports.iter().map(one).collect();
        if all.is_empty() {
            "<none>".to_owned()
        } else {
            all.join(", ")
        }
    };
    let several = if container.ports.len() > 1 { "s" } else { "" };
    put(&format!("Port{several}"), &listed(|p| p.container_port));
    put(&format!("Host Port{several}"), &listed(|p| p.host_port));
}

/// The words of a command, a line for each of theirs.
fn words(title: &str, words: &[String]) -> String {
    if words.is_empty() {
        return String::new();
    }
    let lines = words.iter().flat_map(|word| word.split('\n'));
    let lines: String = lines.map(|line| format!("      {line}\n")).collect();
    format!("    {title}:\n{lines}")
}

fn states(status: &ContainerStatus) -> String {
    let mut text = state("State", &status.state);
    if status.last_state.terminated.is_some() {
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
        let mut text = format!("    {title}:\tTerminated\n");
        let message = ended.to_map().remove("message");
        for (key, value) in [
            ("Reason", Some(ended.reason.as_str())),
            ("Message", message.as_ref().and_then(Value::as_str)),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                text.push_str(&format!("      {key}:\t{value}\n"));
            }
        }
        let signal = if ended.signal > 0 {
            format!("      Signal:\t{}\n", ended.signal)
        } else {
            String::new()
        };
        text.push_str(&format!(
            "      Exit Code:\t{}\n{signal}      Started:\t{}\n      Finished:\t{}\n",
            ended.exit_code.unwrap_or(0),
            time(&ended.started_at),
            time(&ended.finished_at)
        ));
        return text;
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

/// Limits and requests.
pub(super) fn resources(resources: &Map, indent: &str) -> String {
    let mut text = String::new();
    for (title, key) in [("Limits", "limits"), ("Requests", "requests")] {
        let Some(amounts) = resources.get(key).and_then(Value::as_map) else {
            continue;
        };
        if amounts.is_empty() {
            continue;
        }
        text.push_str(&format!("{indent}{title}:\n"));
        for (name, amount) in amounts {
            text.push_str(&format!("{indent}  {name}:\t{}\n", plain(amount)));
        }
    }
    text
}

/// A value as it is written: text without quotes.
pub(super) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_json(), str::to_owned)
}

/// `http-get http://:80/ delay=0s timeout=1s period=10s #success=1 #failure=3`.
fn probe_text(probe: &Probe) -> String {
    let fields = probe.to_map();
    let number = |key: &str| fields.get(key).and_then(Value::as_int).unwrap_or(0);
    let times = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds"),
        number("timeoutSeconds"),
        number("periodSeconds"),
        number("successThreshold"),
        number("failureThreshold")
    );
    let text = |value: &Value, key: &str| value.get(key).map(plain).unwrap_or_default();
    if let Some(exec) = &probe.exec {
        let words: Vec<String> = exec
            .get("command")
            .and_then(Value::as_list)
            .into_iter()
            .flatten()
            .map(plain)
            .collect();
        return format!("exec [{}] {times}", words.join(" "));
    }
    if let Some(http) = fields.get("httpGet") {
        let scheme = text(http, "scheme").to_lowercase();
        let scheme = if scheme.is_empty() { "http" } else { &scheme };
        return format!(
            "http-get {scheme}://{}:{}{} {times}",
            text(http, "host"),
            text(http, "port"),
            text(http, "path")
                .replace('?', "%3F")
                .replace('#', "%23")
                .replace(' ', "%20")
        );
    }
    if let Some(tcp) = fields.get("tcpSocket") {
        return format!(
            "tcp-socket {}:{} {times}",
            text(tcp, "host"),
            text(tcp, "port")
        );
    }
    if let Some(grpc) = &probe.grpc {
        return format!(
            "grpc <pod>:{} {} {times}",
            text(grpc, "port"),
            text(grpc, "service")
        );
    }
    format!("unknown {times}")
}

fn environment_from(fields: &Value) -> String {
    let sources = fields.get("envFrom").and_then(Value::as_list);
    let Some(sources) = sources.filter(|list| !list.is_empty()) else {
        return String::new();
    };
    let mut text = "    Environment Variables from:\n".to_owned();
    for source in sources {
        for (key, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
            let Some(from) = source.get(key) else {
                continue;
            };
            let prefix = source
                .get("prefix")
                .and_then(Value::as_str)
                .filter(|prefix| !prefix.is_empty())
                .map(|prefix| format!(" with prefix '{prefix}'"))
                .unwrap_or_default();
            text.push_str(&format!(
                "      {}\t{kind}{prefix}\tOptional: {}\n",
                from.get("name").map(plain).unwrap_or_default(),
                is_true(from, "optional")
            ));
        }
    }
    text
}

pub(super) fn is_true(value: &Value, key: &str) -> bool {
    value.get(key) == Some(&Value::Bool(true))
}

fn environment(container: &Container, pod: Option<&Object>) -> String {
    if container.env.is_empty() {
        return "    Environment:\t<none>\n".to_owned();
    }
    let mut text = "    Environment:\n".to_owned();
    for var in &container.env {
        let value = match &var.value_from {
            None => var.value.clone(),
            Some(from) => value_from(from, container, pod),
        };
        let mut lines = value.split('\n');
        let first = lines.next().unwrap_or_default();
        text.push_str(&format!("      {}:\t{first}\n", var.name));
        lines.for_each(|line| text.push_str(&format!("        \t{line}\n")));
    }
    text
}

fn value_from(from: &Value, container: &Container, pod: Option<&Object>) -> String {
    let text = |value: &Value, key: &str| value.get(key).map(plain).unwrap_or_default();
    if let Some(field) = from.get("fieldRef") {
        let path = text(field, "fieldPath");
        // kubectl itself resolves no more than these two.
        let found = match path.as_str() {
            "metadata.name" => pod.map(|pod| pod.meta.name.clone()),
            "metadata.namespace" => pod.map(|pod| pod.meta.namespace.clone()),
            _ => None,
        };
        let version = text(field, "apiVersion");
        let version = if version.is_empty() { "v1" } else { &version };
        return format!("{} ({version}:{path})", found.unwrap_or_default());
    }
    if let Some(field) = from.get("resourceFieldRef") {
        return amount(container, field, &text(field, "resource"));
    }
    for (key, what) in [
        ("secretKeyRef", "in secret"),
        ("configMapKeyRef", "of config map"),
    ] {
        if let Some(source) = from.get(key) {
            return format!(
                "<set to the key '{}' {what} '{}'>\tOptional: {}",
                text(source, "key"),
                text(source, "name"),
                is_true(source, "optional")
            );
        }
    }
    String::new()
}

/// What a container asks for or is limited to, in the unit that is asked for.
fn amount(container: &Container, field: &Value, resource: &str) -> String {
    let (which, name) = resource.split_once('.').unwrap_or((resource, ""));
    let unit = if name == "cpu" { 1_000 } else { 1 };
    let found = container.resources.get(which).and_then(|of| of.get(name));
    let whole = found.and_then(|q| quantity(q, unit)).unwrap_or(0);
    let divisor = field.get("divisor").and_then(|q| quantity(q, unit));
    let divisor = divisor.filter(|d| *d > 0).unwrap_or(unit);
    let shown = match (whole + divisor - 1) / divisor {
        0 if matches!(resource, "limits.cpu" | "limits.memory") => "node allocatable".to_owned(),
        n => n.to_string(),
    };
    format!("{shown} ({resource})")
}

fn mounts(fields: &Value) -> String {
    let devices = devices(fields);
    let mounts = fields.get("volumeMounts").and_then(Value::as_list);
    let Some(mounts) = mounts.filter(|list| !list.is_empty()) else {
        return format!("    Mounts:\t<none>\n{devices}");
    };
    let text = |value: &Value, key: &str| value.get(key).map(plain).unwrap_or_default();
    let mut lines: Vec<String> = mounts
        .iter()
        .map(|mount| {
            let mode = if is_true(mount, "readOnly") {
                "ro"
            } else {
                "rw"
            };
            let sub = text(mount, "subPath");
            let flags = if sub.is_empty() {
                mode.to_owned()
            } else {
                format!("{mode},path=\"{sub}\"")
            };
            format!(
                "      {} from {} ({flags})\n",
                text(mount, "mountPath"),
                text(mount, "name")
            )
        })
        .collect();
    lines.arrange();
    format!("    Mounts:\n{}{devices}", lines.concat())
}

/// The volumes that it sees as devices.
fn devices(fields: &Value) -> String {
    let mut all = page::items(fields, "volumeDevices").to_vec();
    all.arrange_by_key(|device| page::text(device, "devicePath"));
    let lines: String = all
        .iter()
        .map(|device| fill("      {devicePath} from {name}", device, 0))
        .collect();
    if lines.is_empty() {
        return lines;
    }
    format!("    Devices:\n{lines}")
}
