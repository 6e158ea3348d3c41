//! Deployments, `ReplicaSets` and nodes.

use super::pod::template;
use super::{Around, annotations, head, list, time};
use crate::api::pod::Node;
use crate::api::workload::{Deployment, ReplicaSet};
use crate::api::{Object, Value, kind};
use crate::shell::kubectl::printers;
use std::rc::Rc;

pub(super) fn deployment(around: &Around<'_>, object: &Object, deployment: &Deployment) -> String {
    let (spec, status) = (&deployment.spec, &deployment.status);
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nCreationTimestamp:\t{}\n{}{}Selector:\t{}\n",
        object.meta.name,
        object.meta.namespace,
        time(&object.meta.creation_timestamp),
        list("Labels", &object.meta.labels),
        list("Annotations", &annotations(object)),
        printers::selector_text(&spec.selector)
    );
    text.push_str(&format!(
        "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable\n",
        spec.replicas.unwrap_or(1),
        status.updated_replicas,
        status.replicas.unwrap_or(0),
        status.available_replicas,
        status.unavailable_replicas
    ));
    text.push_str(&format!(
        "StrategyType:\t{}\nMinReadySeconds:\t{}\n",
        spec.strategy.type_, spec.min_ready_seconds
    ));
    if let Some(bounds) = &spec.strategy.rolling_update {
        let show = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_json(), str::to_owned)
        };
        text.push_str(&format!(
            "RollingUpdateStrategy:\t{} max unavailable, {} max surge\n",
            show(&bounds.max_unavailable),
            show(&bounds.max_surge)
        ));
    }
    text.push_str(&template(&spec.template));
    if !status.conditions.is_empty() {
        text.push_str("Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n");
        for c in &status.conditions {
            text.push_str(&format!("  {} \t{}\t{}\n", c.type_, c.status, c.reason));
        }
    }
    text.push_str(&sets(around, object));
    text
}

/// The `ReplicaSets` of a Deployment: those that still have Pods, and the newest.
fn sets(around: &Around<'_>, object: &Object) -> String {
    let mut text = String::new();
    let sets: Vec<&Rc<Object>> = around
        .tables
        .owned_by(&object.meta.uid)
        .into_iter()
        .filter(|o| o.kind == kind::REPLICA_SET)
        .collect();
    let newest = sets.iter().max_by_key(|set| {
        let revision = set
            .meta
            .annotations
            .get("deployment.kubernetes.io/revision");
        revision
            .and_then(|text| text.parse::<i64>().ok())
            .unwrap_or(0)
    });
    let show = |set: &Rc<Object>| {
        let (wanted, made) = set.replica_set().map_or((0, 0), |s| {
            (s.spec.replicas.unwrap_or(0), s.status.replicas.unwrap_or(0))
        });
        format!("{} ({made}/{wanted} replicas created)", set.meta.name)
    };
    let has_pods = |set: &Rc<Object>| {
        set.replica_set()
            .is_some_and(|s| s.spec.replicas != Some(0))
    };
    let old: Vec<String> = sets
        .iter()
        .filter(|set| newest.is_none_or(|n| n.meta.uid != set.meta.uid) && has_pods(set))
        .map(|set| show(set))
        .collect();
    let old_text = if old.is_empty() {
        "<none>".to_owned()
    } else {
        old.join(", ")
    };
    text.push_str(&format!("OldReplicaSets:\t{old_text}\n"));
    text.push_str(&format!(
        "NewReplicaSet:\t{}\n",
        newest.map_or_else(|| "<none>".to_owned(), |set| show(set))
    ));
    text
}

pub(super) fn replica_set(around: &Around<'_>, object: &Object, set: &ReplicaSet) -> String {
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nSelector:\t{}\n{}{}",
        object.meta.name,
        object.meta.namespace,
        printers::selector_text(&set.spec.selector),
        list("Labels", &object.meta.labels),
        list("Annotations", &annotations(object))
    );
    if let Some(owner) = object.meta.controller() {
        text.push_str(&format!("Controlled By:\t{}/{}\n", owner.kind, owner.name));
    }
    text.push_str(&format!(
        "Replicas:\t{} current / {} desired\n",
        set.status.replicas.unwrap_or(0),
        set.spec.replicas.unwrap_or(1)
    ));
    let mut counts = [0usize; 4];
    for pod in around
        .tables
        .owned_by(&object.meta.uid)
        .iter()
        .filter_map(|o| o.pod())
    {
        let at = ["Running", "Pending", "Succeeded", "Failed"]
            .iter()
            .position(|phase| *phase == pod.status.phase);
        if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    let [running, waiting, succeeded, failed] = counts;
    text.push_str(&format!("Pods Status:\t{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed\n"));
    text.push_str(&template(&set.spec.template));
    text
}

pub(super) fn node(around: &Around<'_>, object: &Object, node: &Node) -> String {
    let mut text = head(object).replacen(
        '\n',
        &format!("\nRoles:\t{}\n", printers::node_roles(object)),
        1,
    );
    text.push_str(&format!(
        "CreationTimestamp:\t{}\n",
        time(&object.meta.creation_timestamp)
    ));
    let taints: Vec<String> = node
        .spec
        .taints
        .iter()
        .map(|t| {
            if t.value.is_empty() {
                format!("{}:{}", t.key, t.effect)
            } else {
                format!("{}={}:{}", t.key, t.value, t.effect)
            }
        })
        .collect();
    let taints_text = if taints.is_empty() {
        "<none>".to_owned()
    } else {
        taints.join("\n\t")
    };
    text.push_str(&format!(
        "Taints:\t{taints_text}\nUnschedulable:\t{}\n",
        node.spec.unschedulable
    ));
    text.push_str("Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n  ----\t------\t------------------\t------\t-------\n");
    for c in &node.status.conditions {
        text.push_str(&format!(
            "  {}\t{}\t{}\t{}\t{}\n",
            c.type_,
            c.status,
            time(&c.last_transition_time),
            c.reason,
            c.message
        ));
    }
    text.push_str("Addresses:\n");
    for address in &node.status.addresses {
        text.push_str(&format!("  {}:\t{}\n", address.type_, address.address));
    }
    text.push_str(&format!(
        "PodCIDR:\t{}\nPodCIDRs:\t{}\n",
        node.spec.pod_cidr,
        node.spec.pod_cidrs.join(",")
    ));
    let on_node = |o: &&Rc<Object>| {
        o.pod()
            .is_some_and(|p| p.spec.node_name == object.meta.name)
    };
    let pods: Vec<&Rc<Object>> = around.tables.all(kind::POD).filter(on_node).collect();
    text.push_str(&format!(
        "Non-terminated Pods:\t({} in total)\n",
        pods.len()
    ));
    if !pods.is_empty() {
        text.push_str("  Namespace\tName\n  ---------\t----\n");
        for pod in pods {
            text.push_str(&format!("  {}\t{}\n", pod.meta.namespace, pod.meta.name));
        }
    }
    text
}
