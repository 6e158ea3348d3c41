//! The `ReplicaSet` controller: as many Pods as wanted.

use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::pod::Pod;
use crate::api::workload::ReplicaSet;
use crate::api::{Body, Map, Object, ObjectKey, ObjectMeta, OwnerReference, kind};
use std::rc::Rc;

/// The Pods that a controller owns and that have not ended, sorted by name.
fn living(hands: &Hands<'_>, owner: &Object) -> Vec<Rc<Object>> {
    let owned = hands.store.tables().owned_by(&owner.meta.uid).into_iter();
    let lives =
        |o: &&Rc<Object>| o.pod().is_some_and(|p| !p.is_finished()) && !o.meta.is_terminating();
    owned.filter(lives).cloned().collect()
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
        create_pod(hands, &object, set);
    }
    if have > wanted {
        for pod in surplus(living(hands, &object), wanted) {
            let message = format!("Deleted pod: {}", pod.meta.name);
            // A refusal means that it is gone already.
            let _ = hands.store.delete(hands.sim, &pod.key(), None);
            record(
                hands.store,
                hands.sim,
                &object,
                Said::normal("replicaset-controller", "SuccessfulDelete", message),
            );
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

fn create_pod(hands: &mut Hands<'_>, owner: &Object, set: &ReplicaSet) {
    let template = &set.spec.template;
    let meta = ObjectMeta {
        generate_name: format!("{}-", owner.meta.name),
        namespace: owner.meta.namespace.clone(),
        labels: template.metadata.labels.clone(),
        annotations: template.metadata.annotations.clone(),
        owner_references: vec![reference(owner)],
        ..Default::default()
    };
    let pod = Object {
        kind: kind::POD,
        meta,
        body: Body::Pod(Box::new(Pod {
            spec: template.spec.clone(),
            ..Pod::default()
        })),
    };
    match hands.store.create(hands.sim, pod, false) {
        Ok(pod) => {
            let said = Said::normal(
                "replicaset-controller",
                "SuccessfulCreate",
                format!("Created pod: {}", pod.meta.name),
            );
            record(hands.store, hands.sim, owner, said);
        }
        Err(status) => {
            let message = format!("Error creating: {}", status.message);
            record(
                hands.store,
                hands.sim,
                owner,
                Said::warning("replicaset-controller", "FailedCreate", message),
            );
        }
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

/// A reference that makes `owner` the controller.
pub(super) fn reference(owner: &Object) -> OwnerReference {
    OwnerReference {
        api_version: owner.kind.api_version(),
        kind: owner.kind.name.to_owned(),
        name: owner.meta.name.clone(),
        uid: owner.meta.uid.clone(),
        controller: true,
        block_owner_deletion: true,
        rest: Map::new(),
    }
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
