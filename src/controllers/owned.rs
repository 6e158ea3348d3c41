//! The Pods that a workload owns: how they are made, and which of them count.

use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::pod::{Container, Pod, PodSpec, PodTemplateSpec};
use crate::api::{Body, Map, Object, ObjectMeta, OwnerReference, Status, kind, matches_all};
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

/// A Pod of a template, with a generated name.
pub(super) fn pod(owner: &Object, template: &PodTemplateSpec) -> Object {
    let meta = ObjectMeta {
        generate_name: format!("{}-", owner.meta.name),
        namespace: owner.meta.namespace.clone(),
        labels: template.metadata.labels.clone(),
        annotations: template.metadata.annotations.clone(),
        owner_references: vec![reference(owner)],
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
pub(super) fn with_spec(pod: &mut Object, change: impl FnOnce(&mut PodSpec)) {
    if let Some(pod) = pod.pod_mut() {
        change(Rc::make_mut(&mut pod.spec));
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
    let said = match &created {
        Ok(pod) => {
            let message = format!("Created pod: {}", pod.meta.name);
            Said::normal(component, "SuccessfulCreate", message)
        }
        Err(status) => {
            let message = format!("Error creating: {}", status.message);
            Said::warning(component, "FailedCreate", message)
        }
    };
    record(hands.store, hands.sim, owner, said);
    created
}

/// Deletes a Pod, and says so of its owner.
pub(super) fn delete(hands: &mut Hands<'_>, owner: &Object, component: &'static str, pod: &Object) {
    // A refusal means that it is gone already.
    let _ = hands.store.delete(hands.sim, &pod.key(), None);
    let message = format!("Deleted pod: {}", pod.meta.name);
    let said = Said::normal(component, "SuccessfulDelete", message);
    record(hands.store, hands.sim, owner, said);
}
