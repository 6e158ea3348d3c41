//! What a Deployment says of itself: its numbers and its conditions.

use super::super::queue::Hands;
use super::{Bounds, owned_sets, revision, sum, wanted};
use crate::api::pod::Condition;
use crate::api::workload::{Deployment, ReplicaSet, WorkloadStatus};
use crate::api::{Map, Object, ObjectKey};
use crate::kernel::{Span, unix};
use std::rc::Rc;

const TIMED_OUT: &str = "ProgressDeadlineExceeded";
const COMPLETE: &str = "NewReplicaSetAvailable";

/// Status, reason and message of a condition.
type Why = (&'static str, &'static str, String);

/// How long it may take to get on; none if nobody asks.
fn deadline(deployment: &Deployment) -> Option<i64> {
    let deadline = deployment.spec.progress_deadline_seconds;
    deadline.filter(|seconds| *seconds != i64::from(i32::MAX))
}

/// Says how the newest set gets on.
pub(super) fn progress(hands: &mut Hands<'_>, owner: &Object, why: Why) {
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, &owner.key(), |object| {
        let Some(deployment) = object.deployment_mut() else {
            return;
        };
        if deployment.spec.progress_deadline_seconds.is_some() {
            set(&mut deployment.status.conditions, "Progressing", why, &now);
        }
    });
}

/// While a Deployment is paused, nobody waits for its progress.
pub(super) fn note_pause(hands: &mut Hands<'_>, key: &ObjectKey) {
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, key, |object| {
        let Some(deployment) = object.deployment_mut() else {
            return;
        };
        if deployment.spec.progress_deadline_seconds.is_none() {
            return;
        }
        let conditions = &mut deployment.status.conditions;
        let reason = progressing(conditions).map_or("", |c| c.reason.as_ref());
        let why: Why = match (deployment.spec.paused, reason) {
            (_, TIMED_OUT) => return,
            (true, "DeploymentPaused") => return,
            (true, _) => (
                "Unknown",
                "DeploymentPaused",
                "Deployment is paused".to_owned(),
            ),
            (false, "DeploymentPaused") => (
                "Unknown",
                "DeploymentResumed",
                "Deployment is resumed".to_owned(),
            ),
            (false, _) => return,
        };
        set(conditions, "Progressing", why, &now);
    });
}

fn progressing(conditions: &[Condition]) -> Option<&Condition> {
    conditions.iter().find(|c| c.type_ == "Progressing")
}

/// Sets a condition, unless it has that status and that reason already.
fn set(conditions: &mut Vec<Condition>, type_: &'static str, why: Why, now: &str) {
    let found = conditions.iter().find(|c| c.type_ == type_);
    if found.is_some_and(|c| c.status == why.0 && c.reason == why.1) {
        return;
    }
    let kept = found.filter(|c| c.status == why.0);
    let since = kept.map_or_else(|| now.to_owned().into(), |c| c.last_transition_time.clone());
    conditions.retain(|c| c.type_ != type_);
    conditions.push(Condition {
        type_: type_.into(),
        status: why.0.into(),
        reason: why.1.into(),
        message: why.2.into(),
        last_transition_time: since,
        last_update_time: now.to_owned().into(),
        rest: Map::new(),
    });
}

/// Writes the status; `rolls` if progress is to be judged, which it is not while the Deployment is paused or scaled.
pub(super) fn write(hands: &mut Hands<'_>, key: &ObjectKey, rolls: bool) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(deployment) = object.deployment() else {
        return;
    };
    let sets = owned_sets(hands, &object);
    let newest = revision::newest(&sets, deployment);
    let now = hands.sim.timestamp();
    let mut status = counted(&object, deployment, &sets, newest);
    let total = deployment.spec.replicas.unwrap_or(1);
    let enough = status.available_replicas >= total - Bounds::of(deployment).unavailable;
    let why: Why = if enough {
        let words = "Deployment has minimum availability.";
        ("True", "MinimumReplicasAvailable", words.to_owned())
    } else {
        let words = "Deployment does not have minimum availability.";
        ("False", "MinimumReplicasUnavailable", words.to_owned())
    };
    set(&mut status.conditions, "Available", why, &now);
    if rolls {
        judge(hands, &object, deployment, &mut status, newest);
        report_failures(&mut status, &sets, &now);
    }
    let waits = rolls && !is_complete(deployment, &status);
    let changed = hands.store.modify(hands.sim, key, |object| {
        if let Some(deployment) = object.deployment_mut() {
            deployment.status = status;
        }
    });
    if changed.is_none() && waits {
        look_again(hands, key, deployment);
    }
}

/// The numbers (`calculateStatus`); the conditions stay for now.
fn counted(
    object: &Object,
    deployment: &Deployment,
    sets: &[Rc<Object>],
    newest: Option<&Rc<Object>>,
) -> WorkloadStatus {
    let available = sum(sets, |s| s.status.available_replicas);
    let asked: i64 = sets.iter().map(|set| wanted(set)).sum();
    let present = |set: &ReplicaSet| set.status.replicas.unwrap_or(0);
    let updated = newest.and_then(|set| set.replica_set()).map_or(0, present);
    WorkloadStatus {
        observed_generation: object.meta.generation,
        replicas: Some(sum(sets, present)).filter(|n| *n > 0),
        updated_replicas: updated,
        ready_replicas: sum(sets, |s| s.status.ready_replicas),
        available_replicas: available,
        unavailable_replicas: (asked - available).max(0),
        terminating_replicas: Some(sum(sets, |s| s.status.terminating_replicas.unwrap_or(0))),
        ..deployment.status.clone()
    }
}

fn is_complete(deployment: &Deployment, status: &WorkloadStatus) -> bool {
    let total = deployment.spec.replicas.unwrap_or(1);
    status.updated_replicas == total
        && status.replicas.unwrap_or(0) == total
        && status.available_replicas == total
}

/// Whether the rollout is done, gets on, or has been stuck for too long.
fn judge(
    hands: &Hands<'_>,
    object: &Object,
    deployment: &Deployment,
    status: &mut WorkloadStatus,
    newest: Option<&Rc<Object>>,
) {
    let Some(limit) = deadline(deployment) else {
        status.conditions.retain(|c| c.type_ != "Progressing");
        return;
    };
    let before = &deployment.status;
    let current = progressing(&before.conditions).cloned();
    let reason = current.as_ref().map_or("", |c| c.reason.as_ref());
    let old = |status: &WorkloadStatus| status.replicas.unwrap_or(0) - status.updated_replicas;
    if old(status) == 0 && reason == COMPLETE {
        return;
    }
    let subject = match newest {
        Some(set) => format!("ReplicaSet \"{}\"", set.meta.name),
        None => format!("Deployment \"{}\"", object.meta.name),
    };
    let gets_on = status.updated_replicas > before.updated_replicas
        || old(status) < old(before)
        || status.ready_replicas > before.ready_replicas
        || status.available_replicas > before.available_replicas;
    let now = hands.sim.timestamp();
    let overdue = |c: &Condition| match c.reason.as_ref() {
        COMPLETE => false,
        TIMED_OUT => c.status == "False",
        _ => {
            let since = unix(&c.last_update_time).unwrap_or(0);
            hands.sim.unix(hands.sim.now) > since + limit
        }
    };
    let complete = is_complete(deployment, status);
    let conditions = &mut status.conditions;
    if complete {
        let words = format!("{subject} has successfully progressed.");
        set(conditions, "Progressing", ("True", COMPLETE, words), &now);
    } else if gets_on {
        // The time of the last progress counts, so the condition is written anew.
        let held = current.filter(|c| c.status == "True");
        conditions.retain(|c| c.type_ != "Progressing");
        let words = format!("{subject} is progressing.");
        set(
            conditions,
            "Progressing",
            ("True", "ReplicaSetUpdated", words),
            &now,
        );
        if let (Some(held), Some(written)) = (held, conditions.last_mut()) {
            written.last_transition_time = held.last_transition_time;
        }
    } else if current.as_ref().is_some_and(overdue) {
        let words = format!("{subject} has timed out progressing.");
        set(conditions, "Progressing", ("False", TIMED_OUT, words), &now);
    }
}

/// What keeps a set from making Pods is told of the Deployment too.
fn report_failures(status: &mut WorkloadStatus, sets: &[Rc<Object>], now: &str) {
    let of = |set: &Rc<Object>| {
        let conditions = set.replica_set().map(|set| &set.status.conditions);
        let mut all = conditions.into_iter().flatten();
        all.find(|c| c.type_ == "ReplicaFailure").cloned()
    };
    match sets.iter().rev().find_map(of) {
        Some(failure) => {
            let why = ("True", "FailedCreate", failure.message.to_string());
            set(&mut status.conditions, "ReplicaFailure", why, now);
        }
        None => status.conditions.retain(|c| c.type_ != "ReplicaFailure"),
    }
}

/// A rollout that stands still is looked at when its time is over.
fn look_again(hands: &mut Hands<'_>, key: &ObjectKey, deployment: &Deployment) {
    let current = progressing(&deployment.status.conditions);
    let open = current.filter(|c| c.reason != TIMED_OUT);
    let Some((limit, current)) = deadline(deployment).zip(open) else {
        return;
    };
    let since = unix(&current.last_update_time).unwrap_or(0);
    let left = since + limit - hands.sim.unix(hands.sim.now);
    let wait = Span::secs(left.max(0).unsigned_abs() + 1);
    hands.again.push((wait, key.clone()));
}
