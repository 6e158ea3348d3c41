//! The `ReplicaSet` controller: as many Pods as wanted.

use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::workload::ReplicaSet;
use crate::api::{Map, Object, ObjectKey, ObjectMeta, OwnerReference, Value, kind};
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
    release_strangers(hands, &object, set);
    let pods = living(hands, &object);
    let wanted = usize::try_from(set.spec.replicas.unwrap_or(1)).unwrap_or(0);
    for _ in pods.len()..wanted {
        create_pod(hands, &object, set);
    }
    if pods.len() > wanted {
        for pod in surplus(pods, wanted) {
            let message = format!("Deleted pod: {}", pod.meta.name);
            // A refusal means that it is gone already.
            let _ = hands.store.delete(hands.sim, &pod.key(), None);
            record(
                hands.store,
                hands.sim,
                &object,
                &Said::normal("replicaset-controller", "SuccessfulDelete", message),
            );
        }
    }
    write_status(hands, key);
}

/// Pods whose labels no longer match are let go: they live on without an owner.
fn release_strangers(hands: &mut Hands<'_>, owner: &Object, set: &ReplicaSet) {
    for pod in living(hands, owner) {
        if !set.spec.selector.matches(&pod.meta.labels) {
            let uid = owner.meta.uid.clone();
            hands.store.modify(hands.sim, &pod.key(), |pod| {
                pod.meta.owner_references.retain(|o| o.uid != uid);
            });
        }
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
    let fields = Map::from([("spec".to_owned(), Value::Map(template.spec.to_map()))]);
    match hands
        .store
        .create(hands.sim, Object::new(kind::POD, meta, fields), false)
    {
        Ok(pod) => {
            let said = Said::normal(
                "replicaset-controller",
                "SuccessfulCreate",
                format!("Created pod: {}", pod.meta.name),
            );
            record(hands.store, hands.sim, owner, &said);
        }
        Err(status) => {
            let message = format!("Error creating: {}", status.message);
            record(
                hands.store,
                hands.sim,
                owner,
                &Said::warning("replicaset-controller", "FailedCreate", message),
            );
        }
    }
}

/// The Pods to delete: the unbound and the unready first, then the youngest.
fn surplus(mut pods: Vec<Rc<Object>>, wanted: usize) -> Vec<Rc<Object>> {
    let rank = |object: &Rc<Object>| {
        let pod = object.pod();
        let bound = pod.is_some_and(|p| !p.spec.node_name.is_empty());
        let ready = pod.is_some_and(crate::api::pod::Pod::is_ready);
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
    let pods = living(hands, &object);
    let ready = pods
        .iter()
        .filter(|p| p.pod().is_some_and(crate::api::pod::Pod::is_ready))
        .count() as i64;
    let labels = &set.spec.template.metadata.labels;
    let labeled = pods
        .iter()
        .filter(|p| crate::api::matches_all(labels, &p.meta.labels))
        .count() as i64;
    let (count, generation) = (pods.len() as i64, object.meta.generation);
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
