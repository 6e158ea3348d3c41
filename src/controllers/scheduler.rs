//! The scheduler: it binds a Pod to a node that suits it and has the fewest Pods.

use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::pod::{Node, Pod, Taint, Toleration};
use crate::api::{Object, ObjectKey, kind, matches_all};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Why a node does not suit a Pod, in the scheduler's words.
fn misfit(pod: &Pod, node: &Object, spec: &Node) -> Option<String> {
    if spec.spec.unschedulable {
        return Some("node(s) were unschedulable".to_owned());
    }
    let repels = |taint: &&Taint| {
        taint.effect != "PreferNoSchedule" && !pod.spec.tolerations.iter().any(|t| bears(t, taint))
    };
    if let Some(taint) = spec.spec.taints.iter().find(repels) {
        return Some(format!(
            "node(s) had untolerated taint(s) {{{}: {}}}",
            taint.key, taint.value
        ));
    }
    if !matches_all(&pod.spec.node_selector, &node.meta.labels) {
        return Some("node(s) didn't match Pod's node affinity/selector".to_owned());
    }
    None
}

fn bears(toleration: &Toleration, taint: &Taint) -> bool {
    (toleration.effect.is_empty() || toleration.effect == taint.effect)
        && (toleration.key.is_empty() || toleration.key == taint.key)
        && (toleration.operator == "Exists" || toleration.value == taint.value)
}

/// Binds a Pod, or says why it cannot.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let Some(object) = tables.get(key).cloned() else {
        return;
    };
    let Some(pod) = object.pod().filter(|pod| pod.spec.node_name.is_empty()) else {
        return;
    };
    let nodes: Vec<Rc<Object>> = tables.all(kind::NODE).cloned().collect();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut fits: Vec<&Rc<Object>> = Vec::new();
    for node in &nodes {
        let Some(spec) = node.node() else { continue };
        match misfit(pod, node, spec) {
            None => fits.push(node),
            Some(why) => *reasons.entry(why).or_default() += 1,
        }
    }
    let counts = load(hands, &object);
    let load_of = |node: &Rc<Object>| {
        counts
            .get(node.meta.name.as_str())
            .copied()
            .unwrap_or_default()
    };
    let least = fits.iter().map(|node| load_of(node)).min();
    let best: Vec<&Rc<Object>> = fits
        .into_iter()
        .filter(|node| Some(load_of(node)) == least)
        .collect();
    let Some(node) = best.get(hands.rng.below(best.len() as u64) as usize) else {
        unschedulable(hands, &object, nodes.len(), &reasons);
        return;
    };
    let name = node.meta.name.clone();
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, key, |object| {
        let Some(pod) = object.pod_mut() else { return };
        pod.spec.node_name.clone_from(&name);
        set_condition(pod, "PodScheduled", true, ("", ""), &now);
    });
    let message = format!(
        "Successfully assigned {}/{} to {name}",
        key.namespace, key.name
    );
    record(
        hands.store,
        hands.sim,
        &object,
        &Said::normal("default-scheduler", "Scheduled", message),
    );
}

/// How many Pods each node has: siblings under the same controller weigh most, as spreading does.
fn load(hands: &Hands<'_>, object: &Object) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let tables = hands.store.tables();
    for pod in tables.all(kind::POD) {
        if let Some(node) = pod
            .pod()
            .map(|p| p.spec.node_name.clone())
            .filter(|n| !n.is_empty())
        {
            *counts.entry(node).or_default() += 1;
        }
    }
    if let Some(owner) = object.meta.controller() {
        for sibling in tables.owned_by(&owner.uid) {
            if let Some(node) = sibling
                .pod()
                .map(|p| p.spec.node_name.clone())
                .filter(|n| !n.is_empty())
            {
                *counts.entry(node).or_default() += 1_000;
            }
        }
    }
    counts
}

fn unschedulable(
    hands: &mut Hands<'_>,
    object: &Object,
    total: usize,
    reasons: &BTreeMap<String, usize>,
) {
    let parts: Vec<String> = reasons
        .iter()
        .map(|(why, count)| format!("{count} {why}"))
        .collect();
    let tail = format!(
        "preemption: 0/{total} nodes are available: {total} Preemption is not helpful for scheduling."
    );
    let message = format!(
        "0/{total} nodes are available: {}. {tail}",
        parts.join(", ")
    );
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, &object.key(), |object| {
        if let Some(pod) = object.pod_mut() {
            set_condition(
                pod,
                "PodScheduled",
                false,
                ("Unschedulable", &message),
                &now,
            );
        }
    });
    record(
        hands.store,
        hands.sim,
        object,
        &Said::warning("default-scheduler", "FailedScheduling", message),
    );
}

/// Sets a condition, keeping its time when the status stays the same.
pub(super) fn set_condition(pod: &mut Pod, type_: &str, value: bool, why: (&str, &str), now: &str) {
    let status = if value { "True" } else { "False" };
    let conditions = &mut pod.status.conditions;
    let at = match conditions.iter().position(|c| c.type_ == type_) {
        Some(at) => at,
        None => {
            conditions.push(crate::api::pod::Condition {
                type_: type_.to_owned(),
                ..Default::default()
            });
            conditions.len() - 1
        }
    };
    let Some(condition) = conditions.get_mut(at) else {
        return;
    };
    if condition.status != status {
        status.clone_into(&mut condition.status);
        now.clone_into(&mut condition.last_transition_time);
    }
    why.0.clone_into(&mut condition.reason);
    why.1.clone_into(&mut condition.message);
}
