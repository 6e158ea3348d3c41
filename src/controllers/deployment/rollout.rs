//! How Pods of older templates are replaced: little by little, or all at once.

use super::super::owned;
use super::super::queue::Hands;
use super::{Bounds, available, owned_sets, revision, scale, wanted};
use crate::api::workload::Deployment;
use crate::api::{Object, ObjectKey, kind};
use std::rc::Rc;

/// One step of a rolling update; the next follows from what it changes.
pub(super) fn roll(hands: &mut Hands<'_>, owner: &Object, deployment: &Deployment) {
    let sets = owned_sets(hands, owner);
    let present: i64 = sets.iter().map(|set| wanted(set)).sum();
    let found = revision::newest(&sets, deployment).map(|set| set.key());
    let newest = match found {
        Some(found) => found,
        None => {
            let first = grown(deployment, present, 0);
            let Some(made) = revision::create(hands, owner, deployment, first) else {
                return;
            };
            made
        }
    };
    revision::stamp(hands, owner, deployment, &newest);
    if resize_newest(hands, owner, deployment, &newest) {
        return;
    }
    if !shrink_old(hands, owner, deployment, &newest) {
        revision::clean_up(hands, owner, deployment);
    }
}

/// How many Pods the newest set may have, if all sets together have so many (`NewRSNewReplicas`).
fn grown(deployment: &Deployment, present: i64, own: i64) -> i64 {
    let total = deployment.spec.replicas.unwrap_or(1);
    let room = total + Bounds::of(deployment).surge - present;
    if room <= 0 {
        return own;
    }
    own + room.min(total - own)
}

fn resize_newest(
    hands: &mut Hands<'_>,
    owner: &Object,
    deployment: &Deployment,
    newest: &ObjectKey,
) -> bool {
    let sets = owned_sets(hands, owner);
    let total = deployment.spec.replicas.unwrap_or(1);
    let own = hands
        .store
        .tables()
        .get(newest)
        .map_or(0, |set| wanted(set));
    if own == total {
        return false;
    }
    let present: i64 = sets.iter().map(|set| wanted(set)).sum();
    let size = if own > total {
        total
    } else {
        grown(deployment, present, own)
    };
    scale::one(hands, owner, deployment, newest, size)
}

/// Takes Pods from the old sets: first those that serve nobody, then as many as may be missing.
fn shrink_old(
    hands: &mut Hands<'_>,
    owner: &Object,
    deployment: &Deployment,
    newest: &ObjectKey,
) -> bool {
    let sets = owned_sets(hands, owner);
    let (new, old): (Vec<Rc<Object>>, Vec<Rc<Object>>) =
        sets.iter().cloned().partition(|set| set.key() == *newest);
    if old.iter().all(|set| wanted(set) == 0) {
        return false;
    }
    let all: i64 = sets.iter().map(|set| wanted(set)).sum();
    let least = deployment.spec.replicas.unwrap_or(1) - Bounds::of(deployment).unavailable;
    let coming: i64 = new.iter().map(|set| wanted(set) - available(set)).sum();
    let most = all - least - coming;
    if most <= 0 {
        return false;
    }
    let mut sizes: Vec<i64> = old.iter().map(|set| wanted(set)).collect();
    let mut left = most;
    for (set, size) in old.iter().zip(&mut sizes) {
        let useless = (*size - available(set)).clamp(0, left);
        *size -= useless;
        left -= useless;
    }
    let serving: i64 = sets.iter().map(|set| available(set)).sum();
    let mut spare = (serving - least).max(0);
    for size in &mut sizes {
        let cut = spare.min(*size);
        *size -= cut;
        spare -= cut;
    }
    let mut any = false;
    for (set, size) in old.iter().zip(sizes) {
        if size != wanted(set) {
            any |= scale::one(hands, owner, deployment, &set.key(), size);
        }
    }
    any
}

/// One step of replacing all Pods at once: the old go, and only then the new come.
pub(super) fn recreate(hands: &mut Hands<'_>, owner: &Object, deployment: &Deployment) {
    let sets = owned_sets(hands, owner);
    let found = revision::newest(&sets, deployment).map(|set| set.key());
    if let Some(newest) = &found {
        revision::stamp(hands, owner, deployment, newest);
    }
    let old = sets.iter().filter(|set| Some(set.key()) != found);
    let old: Vec<&Rc<Object>> = old.collect();
    let mut any = false;
    for set in old.iter().filter(|set| wanted(set) > 0) {
        any |= scale::one(hands, owner, deployment, &set.key(), 0);
    }
    if any || old.iter().any(|set| runs(hands, set)) {
        return;
    }
    let total = deployment.spec.replicas.unwrap_or(1);
    match found {
        Some(newest) => {
            scale::one(hands, owner, deployment, &newest, total);
        }
        None => {
            let made = revision::create(hands, owner, deployment, total);
            if let Some(newest) = made {
                revision::stamp(hands, owner, deployment, &newest);
            }
        }
    }
    revision::clean_up(hands, owner, deployment);
}

/// Whether a set has a Pod that has not ended, be it on its way out.
fn runs(hands: &Hands<'_>, set: &Object) -> bool {
    let mut pods = owned::pods(hands, set).into_iter();
    pods.any(|pod| pod.kind == kind::POD && pod.pod().is_some_and(|pod| !pod.is_finished()))
}
