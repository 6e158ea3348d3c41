//! Nodes: conditions, capacity, and what their Pods ask for.

use super::container::plain;
use super::page::fill;
use super::{Around, head, time};
use crate::api::pod::{Container, Node, Pod};
use crate::api::{Map, Object, Value, kind, quantity};
use crate::kernel::Arrange;
use crate::shell::kubectl::age::age;
use crate::shell::kubectl::{printers, resource};
use std::rc::Rc;

/// What a node tells of its system, in the order in which it is shown.
const SYSTEM: &[(&str, &str)] = &[
    ("Machine ID", "machineID"),
    ("System UUID", "systemUUID"),
    ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"),
    ("OS Image", "osImage"),
    ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
];

pub(super) fn node(around: &Around<'_>, object: &Object, node: &Node) -> String {
    let name = &object.meta.name;
    let mut text = head(object).replacen(
        '\n',
        &format!("\nRoles:\t{}\n", printers::node_roles(object)),
        1,
    );
    text.push_str(&format!(
        "CreationTimestamp:\t{}\n",
        time(&object.meta.creation_timestamp)
    ));
    text.push_str(&taints(node));
    text.push_str(&lease(around, name));
    if !node.status.conditions.is_empty() {
        text.push_str(&conditions(node));
    }
    text.push_str("Addresses:\n");
    for address in &node.status.addresses {
        text.push_str(&format!("  {}:\t{}\n", address.type_, address.address));
    }
    let status = node.status.to_map();
    for (title, key) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        let amounts = status.get(key).and_then(Value::as_map);
        if let Some(amounts) = amounts.filter(|amounts| !amounts.is_empty()) {
            text.push_str(&format!("{title}:\n"));
            for (name, amount) in amounts {
                text.push_str(&format!("  {name}:\t{}\n", plain(amount)));
            }
        }
    }
    text.push_str("System Info:\n");
    for (title, key) in SYSTEM {
        let value = node.status.node_info.get(*key).map(plain);
        text.push_str(&format!("  {title}:\t{}\n", value.unwrap_or_default()));
    }
    if !node.spec.pod_cidr.is_empty() {
        text.push_str(&format!("PodCIDR:\t{}\n", node.spec.pod_cidr));
    }
    if !node.spec.pod_cidrs.is_empty() {
        text.push_str(&format!("PodCIDRs:\t{}\n", node.spec.pod_cidrs.join(",")));
    }
    let spec = Value::Map(node.spec.to_map());
    text.push_str(&fill("?providerID ProviderID:\t{providerID}", &spec, 0));
    let on_node = |o: &&Rc<Object>| {
        o.pod()
            .is_some_and(|p| p.spec.node_name == *name && !p.is_finished())
    };
    let pods: Vec<&Rc<Object>> = around.tables.all(kind::POD).filter(on_node).collect();
    text.push_str(&shares(around, &pods, &status));
    text
}

fn taints(node: &Node) -> String {
    let one = |t: &crate::api::pod::Taint| {
        if t.value.is_empty() {
            format!("{}:{}", t.key, t.effect)
        } else {
            format!("{}={}:{}", t.key, t.value, t.effect)
        }
    };
    let mut sorted: Vec<&crate::api::pod::Taint> = node.spec.taints.iter().collect();
    sorted.arrange_by_key(|t| format!("{},{}", t.effect, t.key));
    let taints: Vec<String> = sorted.into_iter().map(one).collect();
    let shown = if taints.is_empty() {
        "<none>".to_owned()
    } else {
        taints.join("\n\t")
    };
    format!(
        "Taints:\t{shown}\nUnschedulable:\t{}\n",
        node.spec.unschedulable
    )
}

/// The node's sign of life, an object of its own.
fn lease(around: &Around<'_>, name: &str) -> String {
    let kind = resource::find("leases").ok();
    let found = kind.and_then(|kind| around.tables.find(kind, "kube-node-lease", name));
    let Some(lease) = found else {
        return format!(
            "Lease:\tFailed to get lease: leases.coordination.k8s.io \"{name}\" not found\n"
        );
    };
    let value = lease.to_value();
    let field = |key: &str| {
        value
            .at(&["spec", key])
            .and_then(Value::as_str)
            .unwrap_or("<unset>")
            .to_owned()
    };
    format!(
        "Lease:\n  HolderIdentity:\t{}\n  AcquireTime:\t{}\n  RenewTime:\t{}\n",
        field("holderIdentity"),
        time(&field("acquireTime")),
        time(&field("renewTime"))
    )
}

fn conditions(node: &Node) -> String {
    let mut text = "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage\n  ----\t------\t-----------------\t------------------\t------\t-------\n".to_owned();
    for condition in &node.status.conditions {
        let fields = condition.to_map();
        let beat = fields.get("lastHeartbeatTime").and_then(Value::as_str);
        text.push_str(&format!(
            "  {} \t{} \t{} \t{} \t{} \t{}\n",
            condition.type_,
            condition.status,
            time(beat.unwrap_or(&condition.last_transition_time)),
            time(&condition.last_transition_time),
            condition.reason,
            condition.message
        ));
    }
    text
}

/// What Pods ask for and are limited to: thousandths of a processor, and bytes.
#[derive(Clone, Copy, Default)]
struct Ask {
    /// Requests and limits of processors.
    cpu: [i64; 2],
    /// Requests and limits of memory.
    memory: [i64; 2],
    /// Requests and limits of local storage.
    storage: [i64; 2],
}

/// The Pods of a node with their shares of it, and the sums.
fn shares(around: &Around<'_>, pods: &[&Rc<Object>], status: &Map) -> String {
    let allocatable = status.get("allocatable");
    let whole = |key: &str, unit: i64| {
        allocatable
            .and_then(|map| map.get(key))
            .map_or(0, |amount| quantity(amount, unit).unwrap_or(0))
    };
    let (cpu, memory) = (whole("cpu", 1_000), whole("memory", 1));
    let storage = whole("ephemeral-storage", 1);
    let part = |amount: i64, whole: i64| (amount * 100).checked_div(whole).unwrap_or(0);
    let cores = |n: i64| format!("{} ({}%)", cores(n), part(n, cpu));
    let bytes = |n: i64, of: i64| format!("{} ({}%)", bytes(n), part(n, of));
    let mut text = format!(
        "Non-terminated Pods:\t({} in total)\n  Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge\n  ---------\t----\t\t------------\t----------\t---------------\t-------------\t---\n",
        pods.len()
    );
    let mut sum = Ask::default();
    for object in pods {
        let ask = object.pod().map(ask).unwrap_or_default();
        for (total, own) in [
            (&mut sum.cpu, ask.cpu),
            (&mut sum.memory, ask.memory),
            (&mut sum.storage, ask.storage),
        ] {
            total
                .iter_mut()
                .zip(own)
                .for_each(|(total, own)| *total += own);
        }
        let [cpu_requests, cpu_limits] = ask.cpu.map(cores);
        let [requests, limits] = ask.memory.map(|n| bytes(n, memory));
        text.push_str(&format!(
            "  {}\t{}\t\t{cpu_requests}\t{cpu_limits}\t{requests}\t{limits}\t{}\n",
            object.meta.namespace,
            object.meta.name,
            age(&object.meta.creation_timestamp, around.now)
        ));
    }
    text.push_str("Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n  Resource\tRequests\tLimits\n  --------\t--------\t------\n");
    let [requests, limits] = sum.cpu.map(cores);
    text.push_str(&format!("  cpu\t{requests}\t{limits}\n"));
    for (name, amounts, whole) in [
        ("memory", sum.memory, memory),
        ("ephemeral-storage", sum.storage, storage),
    ] {
        let [requests, limits] = amounts.map(|n| bytes(n, whole));
        text.push_str(&format!("  {name}\t{requests}\t{limits}\n"));
    }
    if let Some(allocatable) = allocatable.and_then(Value::as_map) {
        text.push_str(&other_rows(pods, allocatable));
    }
    text
}

fn ask(pod: &Pod) -> Ask {
    let of = |name: &str, unit: i64| ["requests", "limits"].map(|w| amount(pod, w, name, unit));
    Ask {
        cpu: of("cpu", 1_000),
        memory: of("memory", 1),
        storage: of("ephemeral-storage", 1),
    }
}

/// What a Pod requests, or is limited to, of a resource: what its containers need together, or what one of the first
/// needs while it runs, and its overhead.
fn amount(pod: &Pod, which: &str, name: &str, unit: i64) -> i64 {
    let of = |map: Option<&Value>| {
        let found = map.and_then(|map| map.get(name));
        found.and_then(|q| quantity(q, unit)).unwrap_or(0)
    };
    let own = |c: &Container| of(c.resources.get(which));
    let mut together: i64 = pod.spec.containers.iter().map(own).sum();
    let (mut sidecars, mut first) = (0, 0);
    for container in &pod.spec.init_containers {
        let needed = own(container) + sidecars;
        if container.restart_policy == "Always" {
            together += needed - sidecars;
            sidecars = needed;
        }
        first = first.max(needed);
    }
    let needed = together.max(first);
    let overhead = of(pod.spec.rest.get("overhead"));
    if which == "limits" && needed == 0 {
        return 0;
    }
    needed + overhead
}

/// The rows of huge pages and of resources that others provide.
fn other_rows(pods: &[&Rc<Object>], allocatable: &Map) -> String {
    const USUAL: [&str; 4] = ["cpu", "memory", "ephemeral-storage", "pods"];
    let (mut huge, mut others) = (String::new(), String::new());
    for (name, whole) in allocatable {
        let sum = |which: &str| {
            let all = pods.iter().filter_map(|o| o.pod());
            all.map(|pod| amount(pod, which, name, 1)).sum::<i64>()
        };
        let [requests, limits] = ["requests", "limits"].map(sum);
        if name.starts_with("hugepages-") {
            let whole = quantity(whole, 1).unwrap_or(0);
            let part = |n: i64| (n * 100).checked_div(whole).unwrap_or(0);
            huge.push_str(&format!(
                "  {name}\t{} ({}%)\t{} ({}%)\n",
                bytes(requests),
                part(requests),
                bytes(limits),
                part(limits)
            ));
        } else if !USUAL.contains(&name.as_str()) {
            others.push_str(&format!("  {name}\t{requests}\t{limits}\n"));
        }
    }
    huge + &others
}

/// Thousandths of a processor as a quantity: `100m`, `2`.
fn cores(millis: i64) -> String {
    if millis % 1_000 == 0 {
        (millis / 1_000).to_string()
    } else {
        format!("{millis}m")
    }
}

/// Bytes as a quantity: `70Mi`.
fn bytes(amount: i64) -> String {
    let mut shown = (amount, "");
    for (suffix, unit) in [("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1_i64 << 30)] {
        if amount != 0 && amount % unit == 0 {
            shown = (amount / unit, suffix);
        }
    }
    format!("{}{}", shown.0, shown.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        assert_eq!(
            (bytes(73_400_320), cores(1_500)),
            ("70Mi".to_owned(), "1500m".to_owned())
        );
    }
}
