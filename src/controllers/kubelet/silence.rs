//! Nodes that fall silent, and what is made of it.
//!
//! A kubelet renews its lease every ten seconds; the node lifecycle controller takes a node for lost that has not done so
//! for fifty (`--node-monitor-grace-period`): its conditions become `Unknown`, its Pods not ready, and taints keep new
//! Pods away and have the old ones evicted. Models `pkg/controller/nodelifecycle` of Kubernetes v1.36.

use super::{Kubelet, Step, container};
use crate::api::pod::{Condition, Node, Taint};
use crate::api::{Object, kind};
use crate::controllers::recorder::{Said, record};
use crate::controllers::scheduler::set_condition;
use crate::kernel::{Sim, Span};
use crate::store::Store;
use std::rc::Rc;

/// The annotation that stands for a dead host: nothing comes from it, and nothing that is sent to it arrives.
const FAULT: &str = "portside.dev/fault";
/// How often a kubelet says that it lives.
const BEAT: Span = Span::secs(10);
/// How long it may say nothing.
const GRACE: Span = Span::secs(50);
/// How long a kubelet that can speak again takes to do so.
const RETURNS: Span = Span::millis(1_500);
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// Whether a node says nothing.
pub(super) fn is_silent(node: &Object) -> bool {
    node.meta
        .annotations
        .get(FAULT)
        .is_some_and(|fault| fault.trim() == "silent")
}

impl Kubelet {
    /// Follows a write of a node: it falls silent, or can speak again.
    pub(super) fn hear(&mut self, sim: &mut Sim, node: &Object) {
        let known = self.silent.contains_key(&node.meta.name);
        if is_silent(node) == known {
            return;
        }
        let delay = if known {
            self.silent.remove(&node.meta.name);
            RETURNS
        } else {
            let since = Span(sim.now.0 % BEAT.0);
            Span(GRACE.0 - since.0)
        };
        let token = self.remember(Step::Beat, node);
        sim.after_in_background(delay, super::OWNER, token);
        if !known {
            self.silent.insert(node.meta.name.clone(), token);
        }
    }

    /// Whether the kubelet that a Pod is on cannot act; what it had to do is done once it can.
    pub(super) fn holds(&mut self, object: &Object, step: &Step) -> bool {
        let node = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
        let silent = !node.is_empty() && self.silent.contains_key(node);
        if silent {
            let due = (step.clone(), object.key(), object.meta.uid.clone());
            self.held.push((node.to_owned(), due));
        }
        silent
    }

    /// A node is found to be lost, or to live.
    pub(super) fn beat(&mut self, store: &mut Store, sim: &mut Sim, object: &Object, token: u64) {
        let Some(node) = object.node() else { return };
        match self.silent.get(&object.meta.name) {
            Some(waited) if *waited == token && node.is_ready() => lose(store, sim, object),
            // It has spoken in between, and is silent anew.
            Some(_) => {}
            None => {
                if !node.is_ready() {
                    find(store, sim, object);
                }
                self.resume(sim, &object.meta.name);
            }
        }
    }

    /// What a kubelet could not do meanwhile.
    fn resume(&mut self, sim: &mut Sim, node: &str) {
        for (name, due) in std::mem::take(&mut self.held) {
            if name != node {
                self.held.push((name, due));
                continue;
            }
            self.next_token += 1;
            self.due.insert(self.next_token, due);
            sim.after(Span::millis(100), super::OWNER, self.next_token);
        }
    }
}

fn pods_on(store: &Store, node: &str) -> Vec<Rc<Object>> {
    let on = |object: &&Rc<Object>| {
        object
            .pod()
            .is_some_and(|pod| pod.spec.node_name == node && !pod.is_finished())
    };
    store.tables().all(kind::POD).filter(on).cloned().collect()
}

/// The controller gives a node up.
fn lose(store: &mut Store, sim: &mut Sim, object: &Object) {
    let name = object.meta.name.as_str();
    say(store, sim, object, "node-controller", "NodeNotReady");
    let now = sim.timestamp();
    store.modify(sim, &object.key(), |object| {
        let Some(node) = object.node_mut() else {
            return;
        };
        for condition in &mut node.status.conditions {
            let why = ("NodeStatusUnknown", "Kubelet stopped posting node status.");
            write(condition, "Unknown", why, &now);
        }
        taint(node, &now);
    });
    for pod in pods_on(store, name) {
        if !pod.pod().is_some_and(crate::api::pod::Pod::is_ready) {
            continue;
        }
        store.modify(sim, &pod.key(), |object| {
            if let Some(pod) = object.pod_mut() {
                set_condition(pod, "Ready", false, ("", ""), &now);
            }
        });
        let said = Said::warning("node-controller", "NodeNotReady", "Node is not ready");
        record(store, sim, &pod, said);
    }
}

/// The kubelet is heard again.
fn find(store: &mut Store, sim: &mut Sim, object: &Object) {
    say(store, sim, object, "kubelet", "NodeReady");
    let now = sim.timestamp();
    store.modify(sim, &object.key(), |object| {
        let Some(node) = object.node_mut() else {
            return;
        };
        for condition in &mut node.status.conditions {
            let (status, reason, message) = healthy(&condition.type_);
            write(condition, status, (reason, message), &now);
        }
        node.spec.taints.retain(|taint| taint.key != UNREACHABLE);
    });
    for pod in pods_on(store, &object.meta.name) {
        store.modify(sim, &pod.key(), |object| {
            if let Some(pod) = object.pod_mut() {
                container::write_readiness(pod, &now);
            }
        });
    }
}

fn say(store: &mut Store, sim: &mut Sim, node: &Object, who: &'static str, what: &'static str) {
    let message = format!("Node {} status is now: {what}", node.meta.name);
    record(store, sim, node, Said::normal(who, what, message));
}

fn write(condition: &mut Condition, status: &str, (reason, message): (&str, &str), now: &str) {
    if condition.status != status {
        condition.last_transition_time = now.to_owned().into();
    }
    condition.status = status.to_owned().into();
    condition.reason = reason.to_owned().into();
    condition.message = message.to_owned().into();
}

/// What a kubelet says of each condition while all is well.
fn healthy(condition: &str) -> (&'static str, &'static str, &'static str) {
    match condition {
        "MemoryPressure" => (
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available",
        ),
        "DiskPressure" => (
            "False",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure",
        ),
        "PIDPressure" => (
            "False",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available",
        ),
        "Ready" => ("True", "KubeletReady", "kubelet is posting ready status"),
        _ => ("False", "", ""),
    }
}

fn taint(node: &mut Node, now: &str) {
    for effect in ["NoSchedule", "NoExecute"] {
        node.spec.taints.push(Taint {
            key: UNREACHABLE.to_owned(),
            effect: effect.to_owned(),
            rest: [("timeAdded".to_owned(), now.into())].into(),
            ..Default::default()
        });
    }
}
