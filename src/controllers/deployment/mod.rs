//! The Deployment controller: one `ReplicaSet` for each template, and Pods moved from the old ones to the newest.
//!
//! Models `pkg/controller/deployment` of Kubernetes v1.36. Where the real controller syncs again after each write, a
//! change of a set marks its Deployment again.

mod revision;
mod rollout;
mod scale;
mod status;

use super::owned;
use super::queue::Hands;
use crate::api::workload::{Deployment, ReplicaSet, RollingUpdate};
use crate::api::{Object, ObjectKey, Value, kind};
use crate::kernel::Arrange;
use std::rc::Rc;

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
    owned::adopt_new(
        hands,
        &object,
        kind::REPLICA_SET,
        (
            &deployment.spec.selector,
            deployment.status.observed_generation,
        ),
    );
    status::note_pause(hands, key);
    let sets = owned_sets(hands, &object);
    if deployment.spec.paused || scale::is_asked(&sets, deployment) {
        if let Some(newest) = revision::newest(&sets, deployment) {
            revision::stamp(hands, &object, deployment, &newest.key());
        }
        scale::in_proportion(hands, &object, deployment);
        if deployment.spec.paused {
            revision::clean_up(hands, &object, deployment);
        }
        status::write(hands, key, false);
        return;
    }
    if deployment.spec.strategy.type_ == "Recreate" {
        rollout::recreate(hands, &object, deployment);
    } else {
        rollout::roll(hands, &object, deployment);
    }
    status::write(hands, key, true);
}

/// The Deployment's sets, oldest first.
fn owned_sets(hands: &Hands<'_>, owner: &Object) -> Vec<Rc<Object>> {
    let owned = hands.store.tables().owned_by(&owner.meta.uid).into_iter();
    let mut sets: Vec<Rc<Object>> = owned
        .filter(|o| o.kind == kind::REPLICA_SET)
        .cloned()
        .collect();
    sets.arrange_by(|a, b| a.meta.creation_timestamp.cmp(&b.meta.creation_timestamp));
    sets
}

/// How many Pods a set should have.
fn wanted(set: &Object) -> i64 {
    set.replica_set().and_then(|s| s.spec.replicas).unwrap_or(0)
}

/// How many available Pods a set has.
fn available(set: &Object) -> i64 {
    set.replica_set().map_or(0, |s| s.status.available_replicas)
}

/// The sum of a number over sets.
fn sum(sets: &[Rc<Object>], of: fn(&ReplicaSet) -> i64) -> i64 {
    sets.iter()
        .filter_map(|set| set.replica_set())
        .map(of)
        .sum()
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

/// How many Pods may be too many, and how many may be missing, while Pods are replaced (`ResolveFenceposts`).
struct Bounds {
    surge: i64,
    unavailable: i64,
}

impl Bounds {
    fn of(deployment: &Deployment) -> Self {
        let total = deployment.spec.replicas.unwrap_or(1);
        if deployment.spec.strategy.type_ == "Recreate" {
            return Self {
                surge: 0,
                unavailable: 0,
            };
        }
        let none = RollingUpdate::default();
        let rolling = deployment.spec.strategy.rolling_update.as_ref();
        let rolling = rolling.unwrap_or(&none);
        let surge = bound(&rolling.max_surge, total, true);
        let mut unavailable = bound(&rolling.max_unavailable, total, false);
        if surge == 0 && unavailable == 0 {
            unavailable = 1;
        }
        Self {
            surge,
            unavailable: unavailable.min(total),
        }
    }
}
