//! The templates that a `StatefulSet` or a `DaemonSet` has had, kept as `ControllerRevision` objects.
//!
//! Models `pkg/controller/history` of Kubernetes v1.36.

use super::owned::reference;
use super::queue::Hands;
use crate::api::pod::PodTemplateSpec;
use crate::api::{Body, Map, Object, ObjectKey, ObjectMeta, StringMap, Value, kind};
use crate::kernel::Arrange;
use std::rc::Rc;

/// The revisions of a set, oldest first.
fn revisions(hands: &Hands<'_>, owner: &Object) -> Vec<Rc<Object>> {
    let owned = hands.store.tables().owned_by(&owner.meta.uid).into_iter();
    let own = owned.filter(|object| object.kind == kind::CONTROLLER_REVISION);
    let mut found: Vec<Rc<Object>> = own.cloned().collect();
    found.arrange_by_key(|object| number(object));
    found
}

fn number(revision: &Object) -> i64 {
    let fields = revision.fields();
    fields.get("revision").and_then(Value::as_int).unwrap_or(0)
}

/// Keeps a template under a name; one that is kept already becomes the newest.
///
/// A set that was seen as it is, and of which nothing is kept, comes from a dump without its history: it stays so.
pub(super) fn keep(
    hands: &mut Hands<'_>,
    owner: &Object,
    (template, observed): (&PodTemplateSpec, i64),
    name: &str,
) {
    let known = revisions(hands, owner);
    if known.is_empty() && observed == owner.meta.generation {
        return;
    }
    let last = known.last().map_or(0, |object| number(object));
    if let Some(found) = known.iter().find(|object| object.meta.name == name) {
        if number(found) < last {
            hands.store.modify(hands.sim, &found.key(), |object| {
                if let Body::Plain(fields) = &mut object.body {
                    fields.insert("revision".to_owned(), Value::Int(last + 1));
                }
            });
        }
        return;
    }
    let mut kept = template.to_map();
    kept.insert("$patch".to_owned(), "replace".into());
    let wrap = |key: &str, map: Map| Map::from([(key.to_owned(), Value::Map(map))]);
    let mut fields = wrap("data", wrap("spec", wrap("template", kept)));
    fields.insert("revision".to_owned(), Value::Int(last + 1));
    let prefix = format!("{}-", owner.meta.name);
    let hash = name.strip_prefix(&prefix).unwrap_or(name).to_owned();
    let mut labels: StringMap = template.metadata.labels.clone();
    labels.insert("controller.kubernetes.io/hash".to_owned(), hash);
    let meta = ObjectMeta {
        name: name.to_owned(),
        namespace: owner.meta.namespace.clone(),
        labels,
        annotations: owner.meta.annotations.clone(),
        owner_references: vec![Rc::new(reference(owner))],
        ..Default::default()
    };
    // A namespace that is going away keeps nothing.
    let object = Object::new(kind::CONTROLLER_REVISION, meta, fields);
    let _ = hands.store.create(hands.sim, object, false);
}

/// The template that is kept under a name.
pub(super) fn template(hands: &Hands<'_>, owner: &Object, name: &str) -> Option<PodTemplateSpec> {
    let tables = hands.store.tables();
    let kept = tables.find(kind::CONTROLLER_REVISION, &owner.meta.namespace, name)?;
    let fields = kept.fields();
    let mut map = fields
        .get("data")?
        .at(&["spec", "template"])?
        .as_map()?
        .clone();
    map.remove("$patch");
    Some(PodTemplateSpec::from_map(map))
}

/// Deletes the oldest templates that nobody uses, if there are more than the history holds.
pub(super) fn clean_up(
    hands: &mut Hands<'_>,
    owner: &Object,
    limit: Option<i64>,
    used: &dyn Fn(&str) -> bool,
) {
    let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) else {
        return;
    };
    let mut old = revisions(hands, owner);
    old.retain(|object| !used(&object.meta.name));
    let surplus = old.len().saturating_sub(limit);
    let keys: Vec<ObjectKey> = old
        .iter()
        .take(surplus)
        .map(|object| object.key())
        .collect();
    for key in keys {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &key, None);
    }
}
