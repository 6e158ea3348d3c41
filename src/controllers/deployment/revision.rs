//! The templates that a Deployment has had: a `ReplicaSet` and a number for each.

use super::super::owned::reference;
use super::super::queue::Hands;
use super::super::recorder::{Said, record};
use super::super::template_hash;
use super::{Bounds, COMPONENT, owned_sets, status, wanted};
use crate::api::workload::{Deployment, ReplicaSet};
use crate::api::{Object, ObjectKey, ObjectMeta, StringMap, kind};
use crate::kernel::Arrange;
use std::rc::Rc;

pub(super) const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
pub(super) const MOST: &str = "deployment.kubernetes.io/max-replicas";
const REVISION: &str = "deployment.kubernetes.io/revision";
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
const HASH: &str = "pod-template-hash";
/// Annotations of a Deployment that its sets do not take over.
const OWN: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.revision",
    REVISION,
    HISTORY,
    DESIRED,
    MOST,
];

/// The set of the present template.
pub(super) fn newest<'a>(
    sets: &'a [Rc<Object>],
    deployment: &Deployment,
) -> Option<&'a Rc<Object>> {
    let same = |set: &&Rc<Object>| {
        set.replica_set().is_some_and(|set| {
            let mut template = set.spec.template.clone();
            template.metadata.labels.remove(HASH);
            template == deployment.spec.template
        })
    };
    sets.iter().find(same)
}

/// A set for a new template, with this many Pods.
pub(super) fn create(
    hands: &mut Hands<'_>,
    owner: &Object,
    deployment: &Deployment,
    replicas: i64,
) -> Option<ObjectKey> {
    let hash = template_hash(&deployment.spec.template);
    let mut set = ReplicaSet::default();
    set.spec.replicas = Some(replicas);
    set.spec.min_ready_seconds = deployment.spec.min_ready_seconds;
    set.spec.selector = deployment.spec.selector.clone();
    let labels = &mut set.spec.selector.match_labels;
    labels.insert(HASH.to_owned(), hash.clone());
    set.spec.template = deployment.spec.template.clone();
    let labels = &mut set.spec.template.metadata.labels;
    labels.insert(HASH.to_owned(), hash.clone());
    let mut meta = ObjectMeta {
        name: format!("{}-{hash}", owner.meta.name),
        namespace: owner.meta.namespace.clone(),
        labels: set.spec.template.metadata.labels.clone(),
        owner_references: vec![Rc::new(reference(owner))],
        ..Default::default()
    };
    let last = last_revision(&owned_sets(hands, owner), None);
    take_over(&mut meta.annotations, &owner.meta.annotations);
    let annotations = &mut meta.annotations;
    annotations.insert(REVISION.to_owned(), (last + 1).to_string());
    note_size(annotations, deployment);
    let name = meta.name.clone();
    let object = Object::new(kind::REPLICA_SET, meta, set.to_map());
    match hands.store.create(hands.sim, object, false) {
        Ok(made) => {
            if replicas > 0 {
                let text = format!("Scaled up replica set {name} from 0 to {replicas}");
                let said = Said::normal(COMPONENT, "ScalingReplicaSet", text);
                record(hands.store, hands.sim, owner, said);
            }
            let text = format!("Created new replica set \"{name}\"");
            status::progress(hands, owner, ("True", "NewReplicaSetCreated", text));
            Some(made.key())
        }
        Err(refusal) => {
            let text = format!(
                "Failed to create new replica set \"{name}\": {}",
                refusal.message
            );
            let said = Said::warning(COMPONENT, "ReplicaSetCreateError", text.clone());
            record(hands.store, hands.sim, owner, said);
            status::progress(hands, owner, ("False", "ReplicaSetCreateError", text));
            None
        }
    }
}

fn revision_of(object: &Object) -> i64 {
    let text = object.meta.annotations.get(REVISION);
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The highest revision of the sets, but for one.
fn last_revision(sets: &[Rc<Object>], but: Option<&ObjectKey>) -> i64 {
    let others = sets
        .iter()
        .filter(|set| but.is_none_or(|but| set.key() != *but));
    others.map(|set| revision_of(set)).max().unwrap_or(0)
}

/// A set bears what its Deployment's annotations say, such as the cause of a change.
fn take_over(annotations: &mut StringMap, from: &StringMap) {
    for (key, value) in from {
        if !OWN.contains(&key.as_str()) {
            annotations.insert(key.clone(), value.clone());
        }
    }
}

/// A set remembers for which size of the Deployment it was scaled.
pub(super) fn note_size(annotations: &mut StringMap, deployment: &Deployment) {
    let total = deployment.spec.replicas.unwrap_or(1);
    let most = total + Bounds::of(deployment).surge;
    annotations.insert(DESIRED.to_owned(), total.to_string());
    annotations.insert(MOST.to_owned(), most.to_string());
}

/// The newest set bears the highest revision, and the Deployment shows it.
pub(super) fn stamp(
    hands: &mut Hands<'_>,
    owner: &Object,
    deployment: &Deployment,
    newest: &ObjectKey,
) {
    let next = last_revision(&owned_sets(hands, owner), Some(newest)) + 1;
    hands.store.modify(hands.sim, newest, |object| {
        let own = revision_of(object);
        let annotations = &mut object.meta.annotations;
        take_over(annotations, &owner.meta.annotations);
        if own < next {
            let before = annotations.insert(REVISION.to_owned(), next.to_string());
            if let Some(before) = before {
                let history = annotations.entry(HISTORY.to_owned()).or_default();
                if !history.is_empty() {
                    history.push(',');
                }
                history.push_str(&before);
            }
        }
        if let Some(set) = object.replica_set_mut() {
            set.spec.min_ready_seconds = deployment.spec.min_ready_seconds;
        }
    });
    let revision = hands
        .store
        .tables()
        .get(newest)
        .map_or(0, |set| revision_of(set));
    hands.store.modify(hands.sim, &owner.key(), |object| {
        let annotations = &mut object.meta.annotations;
        annotations.insert(REVISION.to_owned(), revision.to_string());
    });
}

/// Deletes the oldest sets without Pods, if there are more than the history holds.
pub(super) fn clean_up(hands: &mut Hands<'_>, owner: &Object, deployment: &Deployment) {
    let Some(limit) = deployment.spec.revision_history_limit else {
        return;
    };
    let sets = owned_sets(hands, owner);
    let newest = newest(&sets, deployment).map(|set| set.key());
    let mut old: Vec<&Rc<Object>> = sets
        .iter()
        .filter(|set| Some(set.key()) != newest && !set.meta.is_terminating())
        .collect();
    let surplus = old
        .len()
        .saturating_sub(usize::try_from(limit).unwrap_or(0));
    old.arrange_by_key(|set| revision_of(set));
    let empty = |set: &&&Rc<Object>| {
        let present = set
            .replica_set()
            .and_then(|s| s.status.replicas)
            .unwrap_or(0);
        wanted(set) == 0 && present == 0
    };
    for set in old.iter().take(surplus).filter(empty) {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &set.key(), None);
    }
}
