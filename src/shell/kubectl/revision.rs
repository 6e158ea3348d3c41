//! What a workload was before: the `ReplicaSets` of a Deployment, the `ControllerRevisions` of a `StatefulSet` or a
//! `DaemonSet`.
//!
//! Models `k8s.io/kubectl/pkg/polymorphichelpers/history.go`.

use crate::api::pod::PodTemplateSpec;
use crate::api::{Object, Value, kind};
use crate::kernel::Arrange;
use crate::shell::context::Context;
use std::rc::Rc;

/// One state that a workload had.
pub(super) struct Revision {
    pub(super) number: i64,
    /// The object that keeps it.
    pub(super) kept: Rc<Object>,
    pub(super) template: PodTemplateSpec,
}

/// The revisions of a workload, oldest first; none if its kind has no history.
pub(super) fn revisions(context: &Context<'_>, object: &Object) -> Option<Vec<Revision>> {
    let keeper = match object.kind {
        k if k == kind::DEPLOYMENT => kind::REPLICA_SET,
        k if k == kind::STATEFUL_SET || k == kind::DAEMON_SET => kind::CONTROLLER_REVISION,
        _ => return None,
    };
    let owned = context.world.cluster.tables().owned_by(&object.meta.uid);
    let own = owned.into_iter().filter(|kept| kept.kind == keeper);
    let mut found: Vec<Revision> = own.filter_map(revision).collect();
    found.arrange_by_key(|revision| revision.number);
    Some(found)
}

fn revision(kept: &Rc<Object>) -> Option<Revision> {
    let (number, template) = match kept.replica_set() {
        Some(set) => {
            let number = kept
                .meta
                .annotations
                .get("deployment.kubernetes.io/revision");
            let mut template = set.spec.template.clone();
            template.metadata.labels.remove("pod-template-hash");
            (number?.parse().ok()?, template)
        }
        None => {
            let fields = kept.fields();
            let mut template = fields
                .get("data")?
                .at(&["spec", "template"])?
                .as_map()?
                .clone();
            template.remove("$patch");
            let number = fields.get("revision").and_then(Value::as_int)?;
            (number, PodTemplateSpec::from_map(template))
        }
    };
    Some(Revision {
        number,
        kept: kept.clone(),
        template,
    })
}

/// The template of a workload, to be changed.
pub(super) fn template_mut(object: &mut Object) -> Option<&mut PodTemplateSpec> {
    match object.kind {
        k if k == kind::DEPLOYMENT => object.deployment_mut().map(|d| &mut d.spec.template),
        k if k == kind::STATEFUL_SET => object.stateful_set_mut().map(|s| &mut s.spec.template),
        k if k == kind::DAEMON_SET => object.daemon_set_mut().map(|s| &mut s.spec.template),
        _ => None,
    }
}
