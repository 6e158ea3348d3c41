//! The Deployment controller: one `ReplicaSet` for each template, and Pods moved from the old ones to the newest.

use super::owned::reference;
use super::queue::Hands;
use super::recorder::{Said, record};
use super::template_hash;
use crate::api::pod::Condition;
use crate::api::workload::{Deployment, ReplicaSet};
use crate::api::{Map, Object, ObjectKey, ObjectMeta, Value, kind};
use std::rc::Rc;

const REVISION: &str = "deployment.kubernetes.io/revision";
const HASH: &str = "pod-template-hash";
const COMPONENT: &str = "deployment-controller";

/// Brings `ReplicaSets` and status in line with a Deployment.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(deployment) = object
        .deployment()
        .filter(|_| !object.meta.is_terminating())
    else {
        return;
    };
    let sets = owned_sets(hands, &object);
    let newest = sets
        .iter()
        .find(|set| same_template(set, deployment))
        .map(|set| set.key());
    let newest = match newest {
        Some(found) => Some(found),
        None if deployment.spec.paused => None,
        None => create_set(hands, &object, deployment, &sets),
    };
    if let Some(newest) = newest {
        stamp_revision(hands, &object, &newest);
        scale(hands, &object, deployment, &newest);
    }
    write_status(hands, key);
}

fn owned_sets(hands: &Hands<'_>, owner: &Object) -> Vec<Rc<Object>> {
    let owned = hands.store.tables().owned_by(&owner.meta.uid).into_iter();
    owned
        .filter(|o| o.kind == kind::REPLICA_SET)
        .cloned()
        .collect()
}

fn same_template(set: &Object, deployment: &Deployment) -> bool {
    set.replica_set().is_some_and(|set| {
        let mut template = set.spec.template.clone();
        template.metadata.labels.remove(HASH);
        template == deployment.spec.template
    })
}

fn create_set(
    hands: &mut Hands<'_>,
    owner: &Object,
    deployment: &Deployment,
    old: &[Rc<Object>],
) -> Option<ObjectKey> {
    let hash = template_hash(&deployment.spec.template);
    let mut set = ReplicaSet::default();
    set.spec.replicas = Some(0);
    set.spec.min_ready_seconds = deployment.spec.min_ready_seconds;
    set.spec.selector = deployment.spec.selector.clone();
    set.spec
        .selector
        .match_labels
        .insert(HASH.to_owned(), hash.clone());
    set.spec.template = deployment.spec.template.clone();
    set.spec
        .template
        .metadata
        .labels
        .insert(HASH.to_owned(), hash.clone());
    let mut meta = ObjectMeta {
        name: format!("{}-{hash}", owner.meta.name),
        namespace: owner.meta.namespace.clone(),
        labels: set.spec.template.metadata.labels.clone(),
        owner_references: vec![reference(owner)],
        ..Default::default()
    };
    let revision = old.iter().map(|set| revision_of(set)).max().unwrap_or(0) + 1;
    meta.annotations
        .insert(REVISION.to_owned(), revision.to_string());
    let object = Object::new(kind::REPLICA_SET, meta, set.to_map());
    hands
        .store
        .create(hands.sim, object, false)
        .ok()
        .map(|set| set.key())
}

fn revision_of(object: &Object) -> i64 {
    object
        .meta
        .annotations
        .get(REVISION)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// The newest set bears the highest revision, and the Deployment shows it.
fn stamp_revision(hands: &mut Hands<'_>, owner: &Object, newest: &ObjectKey) {
    let sets = owned_sets(hands, owner);
    let others = sets
        .iter()
        .filter(|set| set.key() != *newest)
        .map(|set| revision_of(set))
        .max()
        .unwrap_or(0);
    let own = hands
        .store
        .tables()
        .get(newest)
        .map_or(0, |set| revision_of(set));
    let revision = if own > others { own } else { others + 1 };
    for key in [newest.clone(), owner.key()] {
        hands.store.modify(hands.sim, &key, |object| {
            object
                .meta
                .annotations
                .insert(REVISION.to_owned(), revision.to_string());
        });
    }
}

/// A number or a percentage of `total`, rounded up or down.
pub(super) fn bound(value: &Value, total: i64, up: bool) -> i64 {
    match value {
        Value::Int(n) => *n,
        Value::Str(text) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            (total * percent + if up { 99 } else { 0 }) / 100
        }
        Value::Null | Value::Bool(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => 0,
    }
}

/// Moves Pods from the old sets to the newest, within the strategy's bounds.
fn scale(hands: &mut Hands<'_>, owner: &Object, deployment: &Deployment, newest: &ObjectKey) {
    let sets = owned_sets(hands, owner);
    let wanted = deployment.spec.replicas.unwrap_or(1);
    let count = |set: &Rc<Object>| set.replica_set().and_then(|s| s.spec.replicas).unwrap_or(0);
    let present = |set: &Rc<Object>| {
        set.replica_set()
            .and_then(|s| s.status.replicas)
            .unwrap_or(0)
    };
    let ready = |set: &Rc<Object>| set.replica_set().map_or(0, |s| s.status.available_replicas);
    let (new, old): (Vec<&Rc<Object>>, Vec<&Rc<Object>>) =
        sets.iter().partition(|set| set.key() == *newest);
    let new_count = new.first().map_or(0, |set| count(set));
    let old_count: i64 = old.iter().map(|set| count(set)).sum();
    let recreate = deployment.spec.strategy.type_ == "Recreate";
    let bounds = deployment
        .spec
        .strategy
        .rolling_update
        .clone()
        .unwrap_or_default();
    let mut surge = bound(&bounds.max_surge, wanted, true);
    let mut unavailable = bound(&bounds.max_unavailable, wanted, false);
    if surge == 0 && unavailable == 0 {
        unavailable = 1;
    }
    if recreate {
        (surge, unavailable) = (0, wanted);
    }
    let old_pods: i64 = old.iter().map(|set| present(set)).sum();
    let room = if recreate && (old_count > 0 || old_pods > 0) {
        new_count
    } else {
        (wanted + surge - old_count).max(0)
    };
    let next = if new_count > wanted {
        wanted
    } else {
        new_count.max(room.min(wanted))
    };
    scale_set(hands, owner, newest, next);
    let available: i64 = sets.iter().map(ready).sum();
    let mut spare = (available - (wanted - unavailable)).max(0);
    if recreate {
        spare = old_count;
    }
    for set in old {
        // Pods that are not available serve nobody and go first.
        let have = count(set);
        let useless = have - ready(set).min(have);
        let cut = (useless + spare.min(have - useless)).min(have);
        spare -= (cut - useless).max(0);
        scale_set(hands, owner, &set.key(), have - cut);
    }
}

fn scale_set(hands: &mut Hands<'_>, owner: &Object, key: &ObjectKey, replicas: i64) {
    let before = hands
        .store
        .tables()
        .get(key)
        .and_then(|s| s.replica_set().and_then(|s| s.spec.replicas))
        .unwrap_or(0);
    if before == replicas {
        return;
    }
    hands.store.modify(hands.sim, key, |object| {
        object.meta.generation += 1;
        if let Some(set) = object.replica_set_mut() {
            set.spec.replicas = Some(replicas);
        }
    });
    let direction = if replicas > before { "up" } else { "down" };
    let message = format!(
        "Scaled {direction} replica set {} from {before} to {replicas}",
        key.name
    );
    record(
        hands.store,
        hands.sim,
        owner,
        Said::normal(COMPONENT, "ScalingReplicaSet", message),
    );
}

fn write_status(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(deployment) = object.deployment() else {
        return;
    };
    let sets = owned_sets(hands, &object);
    let sum = |pick: fn(&ReplicaSet) -> i64| -> i64 {
        sets.iter()
            .filter_map(|set| set.replica_set())
            .map(pick)
            .sum()
    };
    let newest = sets.iter().find(|set| same_template(set, deployment));
    let updated = newest
        .and_then(|set| set.replica_set()?.status.replicas)
        .unwrap_or(0);
    let name = newest.map_or("", |set| set.meta.name.as_str()).to_owned();
    let (replicas, available) = (
        sum(|s| s.status.replicas.unwrap_or(0)),
        sum(|s| s.status.available_replicas),
    );
    let ready = sum(|s| s.status.ready_replicas);
    let wanted = deployment.spec.replicas.unwrap_or(1);
    let bounds = deployment
        .spec
        .strategy
        .rolling_update
        .clone()
        .unwrap_or_default();
    let minimum = wanted - bound(&bounds.max_unavailable, wanted, false);
    let complete = updated == wanted && replicas == wanted && available == wanted;
    let (generation, now) = (object.meta.generation, hands.sim.timestamp());
    hands.store.modify(hands.sim, key, |object| {
        let Some(deployment) = object.deployment_mut() else {
            return;
        };
        let status = &mut deployment.status;
        status.observed_generation = generation;
        status.replicas = Some(replicas).filter(|n| *n > 0);
        status.updated_replicas = updated;
        status.ready_replicas = ready;
        status.available_replicas = available;
        status.unavailable_replicas = (wanted.max(replicas) - available).max(0);
        let minimum_met = available >= minimum;
        let why = if minimum_met {
            (
                "MinimumReplicasAvailable",
                "Deployment has minimum availability.".to_owned(),
            )
        } else {
            (
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.".to_owned(),
            )
        };
        set_condition(
            &mut status.conditions,
            ("Available", minimum_met),
            why,
            &now,
        );
        let progress = if complete {
            (
                "NewReplicaSetAvailable",
                format!("ReplicaSet \"{name}\" has successfully progressed."),
            )
        } else {
            (
                "ReplicaSetUpdated",
                format!("ReplicaSet \"{name}\" is progressing."),
            )
        };
        set_condition(
            &mut status.conditions,
            ("Progressing", true),
            progress,
            &now,
        );
    });
}

fn set_condition(
    conditions: &mut Vec<Condition>,
    what: (&str, bool),
    why: (&str, String),
    now: &str,
) {
    let status = if what.1 { "True" } else { "False" };
    let found = conditions.iter_mut().find(|c| c.type_ == what.0);
    let changed = found
        .as_ref()
        .is_none_or(|c| c.status != status || c.reason != why.0);
    let transition = found
        .as_ref()
        .filter(|c| c.status == status)
        .map(|c| c.last_transition_time.clone());
    if !changed {
        return;
    }
    let condition = Condition {
        type_: what.0.to_owned(),
        status: status.to_owned(),
        reason: why.0.to_owned(),
        message: why.1,
        last_transition_time: transition.unwrap_or_else(|| now.to_owned()),
        last_update_time: now.to_owned(),
        rest: Map::new(),
    };
    match found {
        Some(slot) => *slot = condition,
        None => conditions.push(condition),
    }
}
