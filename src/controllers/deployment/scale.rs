//! Other sizes: how the sets of a Deployment share its Pods when their number changes.

use super::super::queue::Hands;
use super::super::recorder::{Said, record};
use super::revision::{DESIRED, MOST, newest, note_size};
use super::{Bounds, COMPONENT, available, owned_sets, wanted};
use crate::api::workload::Deployment;
use crate::api::{Object, ObjectKey};
use crate::kernel::Arrange;
use std::rc::Rc;

fn noted(set: &Object, key: &str) -> Option<i64> {
    set.meta.annotations.get(key)?.parse().ok()
}

/// Whether the number of Pods was changed since the sets were scaled.
pub(super) fn is_asked(sets: &[Rc<Object>], deployment: &Deployment) -> bool {
    let total = deployment.spec.replicas.unwrap_or(1);
    let other = |set: &Rc<Object>| noted(set, DESIRED).is_some_and(|noted| noted != total);
    sets.iter().any(|set| wanted(set) > 0 && other(set))
}

/// Gives a set another size, and says so of the Deployment.
pub(super) fn one(
    hands: &mut Hands<'_>,
    owner: &Object,
    deployment: &Deployment,
    key: &ObjectKey,
    replicas: i64,
) -> bool {
    let before = hands.store.tables().get(key).map_or(0, |set| wanted(set));
    hands.store.modify(hands.sim, key, |object| {
        note_size(&mut object.meta.annotations, deployment);
        if before != replicas {
            object.meta.generation += 1;
        }
        if let Some(set) = object.replica_set_mut() {
            set.spec.replicas = Some(replicas);
        }
    });
    if before == replicas {
        return false;
    }
    let direction = if replicas > before { "up" } else { "down" };
    let message = format!(
        "Scaled {direction} replica set {} from {before} to {replicas}",
        key.name
    );
    let said = Said::normal(COMPONENT, "ScalingReplicaSet", message);
    record(hands.store, hands.sim, owner, said);
    true
}

/// Scales the sets so that each keeps its share of the Pods.
pub(super) fn in_proportion(hands: &mut Hands<'_>, owner: &Object, deployment: &Deployment) {
    let sets = owned_sets(hands, owner);
    let newest = newest(&sets, deployment).cloned();
    let total = deployment.spec.replicas.unwrap_or(1);
    let mut active: Vec<Rc<Object>> = sets.iter().filter(|s| wanted(s) > 0).cloned().collect();
    let only = match active.as_slice() {
        [] => newest.as_ref().or(sets.last()),
        [only] => Some(only),
        _ => None,
    };
    if let Some(only) = only {
        one(hands, owner, deployment, &only.key(), total);
        return;
    }
    let is_newest = |set: &Rc<Object>| newest.as_ref().is_some_and(|new| new.key() == set.key());
    let saturated = |set: &Rc<Object>| {
        wanted(set) == total && noted(set, DESIRED) == Some(total) && available(set) == total
    };
    if newest.as_ref().is_some_and(saturated) {
        for set in active.iter().filter(|set| !is_newest(set)) {
            one(hands, owner, deployment, &set.key(), 0);
        }
        return;
    }
    if deployment.spec.strategy.type_ == "Recreate" {
        return;
    }
    let present: i64 = active.iter().map(|set| wanted(set)).sum();
    let allowed = if total > 0 {
        total + Bounds::of(deployment).surge
    } else {
        0
    };
    let add = allowed - present;
    // The largest first; among equals the newest grows and the oldest shrinks.
    active.arrange_by_key(|set| std::cmp::Reverse(wanted(set)));
    if add > 0 {
        active.arrange_by(|a, b| {
            let size = wanted(b).cmp(&wanted(a));
            size.then(b.meta.creation_timestamp.cmp(&a.meta.creation_timestamp))
        });
    }
    let mut added = 0;
    let mut sizes: Vec<i64> = Vec::new();
    for set in &active {
        let share = if add == 0 {
            0
        } else {
            let most = noted(set, MOST).filter(|most| *most > 0).unwrap_or(present);
            let exact = rounded(wanted(set) * allowed, most.max(1)) - wanted(set);
            let left = add - added;
            if add > 0 {
                exact.min(left)
            } else {
                exact.max(left)
            }
        };
        sizes.push(wanted(set) + share);
        added += share;
    }
    if let Some(first) = sizes.first_mut() {
        *first = (*first + add - added).max(0);
    }
    for (set, size) in active.iter().zip(sizes) {
        one(hands, owner, deployment, &set.key(), size);
    }
}

/// A fraction of whole numbers, rounded to the nearest.
fn rounded(numerator: i64, denominator: i64) -> i64 {
    (2 * numerator + denominator).div_euclid(2 * denominator)
}
