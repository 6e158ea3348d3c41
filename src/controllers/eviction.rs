//! Taint eviction: Pods leave a node whose `NoExecute` taint they do not bear, or no longer; and Pods of a node that is
//! gone are swept away.
//!
//! Models `pkg/controller/tainteviction` and `pkg/controller/podgc` of Kubernetes v1.36.

use super::queue::Hands;
use super::recorder::{Said, record};
use super::scheduler::{bears, set_condition};
use crate::api::pod::{Pod, Taint};
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::{Span, unix};
use std::rc::Rc;

/// Evicts the Pods of a node whose time has come; the key names the node.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let Some(node) = tables.get(key).and_then(|object| object.node()) else {
        return;
    };
    let taints = node.spec.taints.iter();
    let taints: Vec<Taint> = taints
        .filter(|t| t.effect == "NoExecute")
        .cloned()
        .collect();
    if taints.is_empty() {
        return;
    }
    let now = hands.sim.unix(hands.sim.now);
    date(hands, key);
    let mut next: Option<i64> = None;
    for object in pods_on(hands, &key.name) {
        let Some(pod) = object.pod() else { continue };
        match leaves(pod, &taints, now) {
            Leaves::Never => {}
            Leaves::At(time) if time > now => {
                next = Some(next.map_or(time, |next| next.min(time)));
            }
            Leaves::At(_) => evict(hands, &object),
        }
    }
    if let Some(time) = next {
        let wait = Span::secs((time - now).unsigned_abs());
        hands.again.push((wait, key.clone()));
    }
}

/// Notes when a taint was found, if it does not say so: what is borne for a while is borne from then on.
fn date(hands: &mut Hands<'_>, key: &ObjectKey) {
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, key, |object| {
        let taints = object.node_mut().map(|node| &mut node.spec.taints);
        let evicting = taints
            .into_iter()
            .flatten()
            .filter(|taint| taint.effect == "NoExecute");
        for taint in evicting {
            let time = taint.rest.entry("timeAdded".to_owned());
            time.or_insert_with(|| (&*now).into());
        }
    });
}

/// When a Pod has to leave.
enum Leaves {
    Never,
    At(i64),
}

fn leaves(pod: &Pod, taints: &[Taint], now: i64) -> Leaves {
    let mut soonest: Option<i64> = None;
    for taint in taints {
        let borne = pod.spec.tolerations.iter().filter(|t| bears(t, taint));
        let mut any = false;
        // A toleration without a limit does not lengthen one that has one.
        let mut limit: Option<i64> = None;
        for toleration in borne {
            any = true;
            if let Some(seconds) = toleration.toleration_seconds {
                limit = Some(limit.map_or(seconds, |limit| limit.min(seconds)));
            }
        }
        if !any {
            return Leaves::At(now);
        }
        if let Some(seconds) = limit {
            let since = taint.rest.get("timeAdded").and_then(|time| time.as_str());
            let time = since.and_then(unix).unwrap_or(now) + seconds.max(0);
            soonest = Some(soonest.map_or(time, |soonest| soonest.min(time)));
        }
    }
    soonest.map_or(Leaves::Never, Leaves::At)
}

fn pods_on(hands: &Hands<'_>, node: &str) -> Vec<Rc<Object>> {
    let on = |object: &&Rc<Object>| {
        !object.meta.is_terminating() && object.pod().is_some_and(|pod| pod.spec.node_name == node)
    };
    let pods = hands.store.tables().all(kind::POD);
    pods.filter(on).cloned().collect()
}

fn evict(hands: &mut Hands<'_>, object: &Object) {
    let key = object.key();
    let message = format!("Marking for deletion Pod {}/{}", key.namespace, key.name);
    let said = Said::normal("taint-eviction-controller", "TaintManagerEviction", message);
    record(hands.store, hands.sim, object, said);
    let why = (
        "DeletionByTaintManager",
        "Taint manager: deleting due to NoExecute taint",
    );
    disrupt(hands, &key, why);
    // A refusal means that it is gone already.
    let _ = hands.store.delete(hands.sim, &key, None);
}

fn disrupt(hands: &mut Hands<'_>, key: &ObjectKey, why: (&'static str, &str)) {
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, key, |object| {
        if let Some(pod) = object.pod_mut() {
            set_condition(pod, "DisruptionTarget", true, why, &now);
        }
    });
}

/// Removes the Pods that are bound to a node that is no more; the key names it.
pub(super) fn sweep(hands: &mut Hands<'_>, key: &ObjectKey) {
    if hands.store.tables().get(key).is_some() {
        return;
    }
    let bound = |object: &&Rc<Object>| {
        object
            .pod()
            .is_some_and(|pod| pod.spec.node_name == *key.name)
    };
    let pods = hands.store.tables().all(kind::POD).filter(bound);
    let pods: Vec<ObjectKey> = pods.map(|pod| pod.key()).collect();
    for pod in pods {
        disrupt(
            hands,
            &pod,
            ("DeletionByPodGC", "PodGC: node no longer exists"),
        );
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &pod, Some(0));
    }
}
