//! The `ReplicaSet` controller: as many Pods as wanted.

use super::owned;
use super::queue::Hands;
use crate::api::pod::Pod;
use crate::api::{Object, ObjectKey, kind};
use std::rc::Rc;

const COMPONENT: &str = "replicaset-controller";

/// The Pods that a controller owns and that have not ended, sorted by name.
fn living(hands: &Hands<'_>, owner: &Object) -> Vec<Rc<Object>> {
    let mut pods = owned::pods(hands, owner);
    pods.retain(|pod| owned::lives(pod));
    pods
}

/// Makes or deletes Pods until there are as many as wanted.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(set) = object
        .replica_set()
        .filter(|_| !object.meta.is_terminating())
    else {
        return;
    };
    let tally = hands.store.tables().tally(&object.meta.uid);
    let have = tally.map_or(0, |tally| tally.living);
    let wanted = usize::try_from(set.spec.replicas.unwrap_or(1)).unwrap_or(0);
    for _ in have..wanted {
        let pod = owned::pod(&object, &set.spec.template);
        // A refusal is told in an event; the next change tries again.
        let _ = owned::create(hands, &object, COMPONENT, pod);
    }
    if have > wanted {
        for pod in surplus(living(hands, &object), wanted) {
            owned::delete(hands, &object, COMPONENT, &pod);
        }
    }
    write_status(hands, key);
}

/// A Pod whose labels no longer match is let go: it lives on without an owner.
pub(super) fn release(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let Some(pod) = tables.get(key) else { return };
    let Some(reference) = pod.meta.controller() else {
        return;
    };
    let uid = reference.uid.clone();
    let owner = tables.find(kind::REPLICA_SET, &key.namespace, &reference.name);
    let set = owner
        .filter(|o| o.meta.uid == uid)
        .and_then(|o| o.replica_set());
    if set.is_some_and(|set| !set.spec.selector.matches(&pod.meta.labels)) {
        hands.store.modify(hands.sim, key, |pod| {
            pod.meta.owner_references.retain(|o| o.uid != uid);
        });
    }
}

/// The Pods to delete: the unbound and the unready first, then the youngest.
fn surplus(mut pods: Vec<Rc<Object>>, wanted: usize) -> Vec<Rc<Object>> {
    let rank = |object: &Rc<Object>| {
        let pod = object.pod();
        let bound = pod.is_some_and(|p| !p.spec.node_name.is_empty());
        let ready = pod.is_some_and(Pod::is_ready);
        (
            bound,
            ready,
            std::cmp::Reverse(object.meta.creation_timestamp.clone()),
        )
    };
    pods.sort_by_key(rank);
    pods.truncate(pods.len().saturating_sub(wanted));
    pods
}

fn write_status(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(set) = object.replica_set() else {
        return;
    };
    let tally = hands.store.tables().tally(&object.meta.uid);
    let (count, ready) = tally.map_or((0, 0), |t| (t.living as i64, t.ready as i64));
    // Pods that lose a label of the template are let go, but for labels that the selector does not ask for.
    let only_selected = set.spec.selector.match_expressions.is_empty()
        && set.spec.selector.match_labels == set.spec.template.metadata.labels;
    let labeled = if only_selected {
        count
    } else {
        let labels = &set.spec.template.metadata.labels;
        let pods = living(hands, &object);
        let bears = |pod: &&Rc<Object>| crate::api::matches_all(labels, &pod.meta.labels);
        pods.iter().filter(bears).count() as i64
    };
    let generation = object.meta.generation;
    hands.store.modify(hands.sim, key, |object| {
        if let Some(set) = object.replica_set_mut() {
            set.status.replicas = Some(count);
            set.status.ready_replicas = ready;
            set.status.available_replicas = ready;
            set.status.fully_labeled_replicas = labeled;
            set.status.observed_generation = generation;
        }
    });
}
