//! The garbage collector: what its owners have left is deleted.

use super::queue::Hands;
use crate::api::{Kind, ObjectKey};

/// Deletes an object all of whose owners are gone.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let Some(object) = tables.get(key) else {
        return;
    };
    let lives = |owner: &crate::api::OwnerReference| {
        let Some(kind) = Kind::find(&owner.api_version, &owner.kind) else {
            return true;
        };
        let namespace = if kind.namespaced { &*key.namespace } else { "" };
        tables
            .find(kind, namespace, &owner.name)
            .is_some_and(|found| found.meta.uid == owner.uid)
    };
    if object.meta.owner_references.is_empty() || object.meta.owner_references.iter().any(lives) {
        return;
    }
    // A refusal means that it is gone already.
    let _ = hands.store.delete(hands.sim, key, None);
}
