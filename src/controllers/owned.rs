//! The Pods that a workload owns: how they are made, and which of them count.

use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::pod::{Container, Pod, PodPlan, PodTemplateSpec};
use crate::api::{
    Body, KindRef, LabelSelector, Map, Object, ObjectKey, ObjectMeta, OwnerReference, Status, kind,
    matches_all,
};
use crate::kernel::unix;
use std::rc::Rc;

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

/// Makes `owner` the controller of an object that has none.
fn adopt(hands: &mut Hands<'_>, owner: &Object, key: &ObjectKey) {
    let own = reference(owner);
    hands.store.modify(hands.sim, key, |object| {
        object.meta.owner_references.push(Rc::new(own));
    });
}

/// Whether a controller may take an object over: nobody manages it, it stays, and it is what the selector asks for.
fn is_orphan(object: &Object, selector: &LabelSelector) -> bool {
    object.meta.controller().is_none()
        && !object.meta.is_terminating()
        && !object.pod().is_some_and(Pod::is_finished)
        && !selector.is_empty()
        && selector.matches(&object.meta.labels)
}

/// A controller that is looked at for the first time takes over what its selector asks for and nobody manages.
pub(super) fn adopt_new(
    hands: &mut Hands<'_>,
    owner: &Object,
    kind: KindRef,
    (selector, observed): (&LabelSelector, i64),
) {
    if observed > 0 {
        return;
    }
    let tables = hands.store.tables();
    let namespace = owner.meta.namespace.as_str();
    let candidates: Vec<&Rc<Object>> = if kind == kind::POD && !selector.match_labels.is_empty() {
        tables.pods_with(namespace, &selector.match_labels)
    } else {
        tables.in_namespace(kind, namespace).collect()
    };
    let orphans = candidates
        .into_iter()
        .filter(|object| is_orphan(object, selector));
    let orphans: Vec<ObjectKey> = orphans.map(|object| object.key()).collect();
    for key in orphans {
        adopt(hands, owner, &key);
    }
}

/// A Pod that nobody manages finds the controller that asks for its labels.
pub(super) fn find_owner(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let Some(pod) = tables.get(key) else { return };
    let selector = |owner: &Object| -> Option<LabelSelector> {
        let set = owner.replica_set().map(|set| &set.spec.selector);
        let set = set.or_else(|| owner.daemon_set().map(|set| &set.spec.selector));
        let set = set.or_else(|| owner.stateful_set().map(|set| &set.spec.selector));
        set.map(|selector| (**selector).clone())
    };
    // A StatefulSet takes only Pods of its own names.
    let named = |owner: &Object| {
        let rest = key.name.strip_prefix(owner.meta.name.as_str());
        let number = rest.and_then(|rest| rest.strip_prefix('-'));
        owner.kind != kind::STATEFUL_SET || number.is_some_and(|n| n.parse::<u32>().is_ok())
    };
    let kinds = [kind::REPLICA_SET, kind::STATEFUL_SET, kind::DAEMON_SET];
    let owners = kinds.into_iter();
    let mut owners = owners.flat_map(|kind| tables.in_namespace(kind, &key.namespace));
    let found = owners.find(|owner| {
        !owner.meta.is_terminating()
            && named(owner)
            && selector(owner).is_some_and(|selector| is_orphan(pod, &selector))
    });
    let found = found.cloned();
    drop(owners);
    if let Some(owner) = found {
        adopt(hands, &owner, key);
    }
}

/// The Pods that a controller owns, sorted by name.
pub(super) fn pods(hands: &Hands<'_>, owner: &Object) -> Vec<Rc<Object>> {
    let owned = hands.store.tables().owned_by(&owner.meta.uid);
    let pods = owned.into_iter().filter(|object| object.kind == kind::POD);
    pods.cloned().collect()
}

/// Whether a Pod has not ended and is not being deleted.
pub(super) fn lives(object: &Object) -> bool {
    object.pod().is_some_and(|pod| !pod.is_finished()) && !object.meta.is_terminating()
}

/// Whether a Pod is ready and is not being deleted.
pub(super) fn is_ready(object: &Object) -> bool {
    object.pod().is_some_and(Pod::is_ready) && !object.meta.is_terminating()
}

/// In how many seconds a Pod will have been ready for long enough; none if it is not ready.
pub(super) fn until_available(object: &Object, least: i64, now: i64) -> Option<i64> {
    if !is_ready(object) {
        return None;
    }
    let conditions = &object.pod()?.status.conditions;
    let ready = conditions.iter().find(|c| c.type_ == "Ready")?;
    let since = unix(&ready.last_transition_time).unwrap_or(0);
    Some(since + least - now)
}

/// A Pod of a template, with a generated name.
pub(super) fn pod(owner: &Object, template: &PodTemplateSpec) -> Object {
    let meta = ObjectMeta {
        generate_name: format!("{}-", owner.meta.name),
        namespace: owner.meta.namespace.clone(),
        labels: template.metadata.labels.clone(),
        annotations: template.metadata.annotations.clone(),
        owner_references: vec![Rc::new(reference(owner))],
        ..Default::default()
    };
    Object {
        kind: kind::POD,
        meta,
        body: Body::Pod(Box::new(Pod {
            spec: template.spec.clone(),
            ..Pod::default()
        })),
    }
}

/// Whether a Pod has all that a template asks for: what a dump holds bears a revision that only the real controller can
/// compute, so its Pods tell whether the template is still theirs.
pub(super) fn is_of(object: &Object, template: &PodTemplateSpec) -> bool {
    let Some(pod) = object.pod() else {
        return false;
    };
    let essence = |containers: &[Container]| {
        let part = |c: &Container| {
            let words = (c.command.clone(), c.args.clone(), c.env.clone());
            let probes = (c.readiness_probe.clone(), c.liveness_probe.clone());
            (
                c.name.clone(),
                c.image.clone(),
                c.ports.clone(),
                words,
                probes,
            )
        };
        containers.iter().map(part).collect::<Vec<_>>()
    };
    let (spec, wanted) = (&pod.spec, &template.spec);
    essence(&spec.containers) == essence(&wanted.containers)
        && essence(&spec.init_containers) == essence(&wanted.init_containers)
        && spec.node_selector == wanted.node_selector
        && wanted
            .tolerations
            .iter()
            .all(|t| spec.tolerations.contains(t))
        && matches_all(&template.metadata.labels, &object.meta.labels)
        && matches_all(&template.metadata.annotations, &object.meta.annotations)
}

/// Changes what a Pod that is about to be made is to be.
pub(super) fn with_spec(pod: &mut Object, change: impl FnOnce(&mut PodPlan)) {
    if let Some(pod) = pod.pod_mut() {
        change(&mut pod.spec);
    }
}

/// Asks for a Pod, and says of its owner what came of it in the words that most controllers use.
pub(super) fn create(
    hands: &mut Hands<'_>,
    owner: &Object,
    component: &'static str,
    pod: Object,
) -> Result<Rc<Object>, Status> {
    let created = hands.store.create(hands.sim, pod, false);
    say_created(hands, owner, component, &created);
    created
}

/// Asks for another Pod like one that was just made.
pub(super) fn create_like(
    hands: &mut Hands<'_>,
    owner: &Object,
    component: &'static str,
    model: &Object,
) -> Result<Rc<Object>, Status> {
    let created = hands.store.create_like(hands.sim, model);
    say_created(hands, owner, component, &created);
    created
}

fn say_created(
    hands: &mut Hands<'_>,
    owner: &Object,
    component: &'static str,
    created: &Result<Rc<Object>, Status>,
) {
    let said = match created {
        Ok(pod) => {
            let message = ["Created pod: ", &pod.meta.name].concat();
            Said::normal(component, "SuccessfulCreate", message)
        }
        Err(status) => {
            let message = format!("Error creating: {}", status.message);
            Said::warning(component, "FailedCreate", message)
        }
    };
    record(hands.store, hands.sim, owner, said);
}

/// Deletes a Pod, and says so of its owner.
pub(super) fn delete(hands: &mut Hands<'_>, owner: &Object, component: &'static str, pod: &Object) {
    // A refusal means that it is gone already.
    let _ = hands.store.delete(hands.sim, &pod.key(), None);
    let message = format!("Deleted pod: {}", pod.meta.name);
    let said = Said::normal(component, "SuccessfulDelete", message);
    record(hands.store, hands.sim, owner, said);
}
