//! The `ReplicaSet` controller: as many Pods as wanted.

use super::owned;
use super::queue::Hands;
use crate::api::pod::Condition;
use crate::api::record::Word;
use crate::api::workload::ReplicaSet;
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::{Arrange, BTreeMap, Span, unix};
use std::cmp::Reverse;
use std::rc::Rc;

const COMPONENT: &str = "replicaset-controller";
/// How many Pods one sync makes at most; the Pods that it made bring the next.
const BURST: usize = 500;

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
    let first_look = (&*set.spec.selector, set.status.observed_generation);
    owned::adopt_new(hands, &object, kind::POD, first_look);
    let tally = hands.store.tables().tally(&object.meta.uid);
    let have = tally.map_or(0, |tally| tally.living);
    let wanted = usize::try_from(set.spec.replicas.unwrap_or(1)).unwrap_or(0);
    let mut refusal = None;
    let mut model: Option<Rc<Object>> = None;
    for _ in have..wanted.min(have + BURST) {
        let created = match &model {
            Some(model) => owned::create_like(hands, &object, COMPONENT, model),
            None => {
                let pod = owned::pod(&object, &set.spec.template);
                owned::create(hands, &object, COMPONENT, pod)
            }
        };
        match created {
            // A token that the template names is none that is drawn.
            Ok(pod) => model = Some(pod).filter(|_| set.spec.template.spec.volumes.token.is_none()),
            // What is refused once is refused again; the next change tries anew.
            Err(status) => {
                refusal = Some(status.message);
                break;
            }
        }
    }
    if have > wanted {
        for pod in surplus(hands, &object, wanted) {
            owned::delete(hands, &object, COMPONENT, &pod);
        }
    }
    write_status(hands, key, refusal);
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

/// What decides which Pods go first, the smallest in front (`ActivePodsWithRanks`).
type Rank = (
    (bool, u8, bool, i64),
    (Reverse<usize>, i64, Reverse<i64>),
    (Reverse<Word>, Word),
);

/// The Pods to delete: those that serve nobody first, then the cheapest, those with most siblings on their node, and
/// the youngest.
fn surplus(hands: &Hands<'_>, owner: &Object, wanted: usize) -> Vec<Rc<Object>> {
    let pods = living(hands, owner);
    let now = hands.sim.unix(hands.sim.now);
    let siblings = siblings(hands, owner);
    let surplus = pods.len().saturating_sub(wanted);
    let ranked = pods
        .into_iter()
        .map(|pod| (rank(&pod, now, &siblings), pod));
    let mut ranked: Vec<(Rank, Rc<Object>)> = ranked.collect();
    ranked.arrange_by(|(one, _), (other, _)| one.cmp(other));
    ranked
        .into_iter()
        .take(surplus)
        .map(|(_, pod)| pod)
        .collect()
}

/// How many Pods the sets of the same Deployment have on each node.
fn siblings(hands: &Hands<'_>, owner: &Object) -> BTreeMap<String, usize> {
    let tables = hands.store.tables();
    let sets: Vec<Word> = match owner.meta.controller() {
        Some(deployment) => {
            let sets = tables.owned_by(&deployment.uid).into_iter();
            sets.map(|set| set.meta.uid.clone()).collect()
        }
        None => vec![owner.meta.uid.clone()],
    };
    let mut found = BTreeMap::new();
    for tally in sets.iter().filter_map(|uid| tables.tally(uid)) {
        for (node, count) in &tally.by_node {
            *found.entry(node.to_string()).or_default() += count;
        }
    }
    found
}

fn rank(object: &Object, now: i64, siblings: &BTreeMap<String, usize>) -> Rank {
    let cost = object
        .meta
        .annotations
        .get("controller.kubernetes.io/pod-deletion-cost");
    let cost = cost.and_then(|text| text.parse().ok()).unwrap_or(0);
    let Some(pod) = object.pod() else {
        return Rank::default();
    };
    let phase = match pod.status.phase.as_str() {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    };
    let ready = pod.is_ready();
    let node = pod.spec.node_name.as_str();
    let near = siblings.get(node).copied().unwrap_or(0);
    // Ages count by their order of magnitude, so that not always the same Pods go.
    let age = |since: Option<i64>| since.map_or(0, |since| i64::from((now - since).max(1).ilog2()));
    let condition = pod.status.conditions.iter().find(|c| c.type_ == "Ready");
    let since = condition.and_then(|c| unix(&c.last_transition_time));
    let served = if ready { age(since) } else { 0 };
    let statuses = pod.status.container_statuses.iter();
    let restarts = statuses.filter_map(|status| status.restart_count).max();
    let bound = !node.is_empty();
    (
        (bound, phase, ready, cost),
        (Reverse(near), served, Reverse(restarts.unwrap_or(0))),
        (
            Reverse(object.meta.creation_timestamp.clone()),
            object.meta.uid.clone(),
        ),
    )
}

/// How many Pods have been ready for long enough, and when the next will have been.
fn available(
    hands: &Hands<'_>,
    object: &Object,
    set: &ReplicaSet,
    ready: i64,
) -> (i64, Option<i64>) {
    let least = set.spec.min_ready_seconds;
    if least <= 0 {
        return (ready, None);
    }
    let now = hands.sim.unix(hands.sim.now);
    let (mut count, mut next) = (0, None);
    for object in living(hands, object) {
        let Some(left) = owned::until_available(&object, least, now) else {
            continue;
        };
        if left <= 0 {
            count += 1;
        } else {
            next = Some(next.map_or(left, |next: i64| next.min(left)));
        }
    }
    (count, next)
}

fn write_status(hands: &mut Hands<'_>, key: &ObjectKey, refusal: Option<String>) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(set) = object.replica_set() else {
        return;
    };
    let tally = hands.store.tables().tally(&object.meta.uid);
    let tally = tally.map_or((0, 0, 0), |t| {
        (t.living as i64, t.ready as i64, t.ending as i64)
    });
    let (count, ready, ending) = tally;
    let (available, next) = available(hands, &object, set, ready);
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
    let (generation, now) = (object.meta.generation, hands.sim.timestamp());
    hands.store.modify(hands.sim, key, |object| {
        if let Some(set) = object.replica_set_mut() {
            set.status.replicas = Some(count);
            set.status.ready_replicas = ready;
            set.status.available_replicas = available;
            set.status.fully_labeled_replicas = labeled;
            set.status.terminating_replicas = Some(ending);
            set.status.observed_generation = generation;
            note_refusal(&mut set.status.conditions, refusal, &now);
        }
    });
    if let Some(seconds) = next {
        let wait = Span::secs(seconds.unsigned_abs());
        hands.again.push((wait, key.clone()));
    }
}

/// Says whether Pods cannot be made.
fn note_refusal(conditions: &mut Vec<Condition>, refusal: Option<String>, now: &str) {
    let Some(message) = refusal else {
        conditions.retain(|c| c.type_ != "ReplicaFailure");
        return;
    };
    if conditions.iter().any(|c| c.type_ == "ReplicaFailure") {
        return;
    }
    conditions.push(Condition {
        type_: "ReplicaFailure".into(),
        status: "True".into(),
        reason: "FailedCreate".into(),
        message: message.into(),
        last_transition_time: now.to_owned().into(),
        ..Default::default()
    });
}
