//! The garbage collector: what its owners have left is deleted, and who waits for what belongs to it is let go after it.
//!
//! Models `pkg/controller/garbagecollector`: an object goes when none of its owners lives; an owner that was deleted in the
//! foreground goes when nothing blocks it any more.

use super::queue::Hands;
use crate::api::{Kind, Object, ObjectKey, OwnerReference};
use crate::store::{Cascade, FOREGROUND, Tables};

/// Whether an owner is there, with the identity that it is named by. Of a kind that is not known nothing is known.
fn lives(tables: &Tables, namespace: &str, owner: &OwnerReference) -> bool {
    let Some(kind) = Kind::find(&owner.api_version, &owner.kind) else {
        return true;
    };
    let namespace = if kind.namespaced { namespace } else { "" };
    let found = tables.find(kind, namespace, &owner.name);
    found.is_some_and(|found| found.meta.uid == owner.uid)
}

/// Whether an object names owners of which none is there.
pub(super) fn is_abandoned(tables: &Tables, object: &Object) -> bool {
    let owners = &object.meta.owner_references;
    let namespace = &object.meta.namespace;
    !owners.is_empty() && !owners.iter().any(|owner| lives(tables, namespace, owner))
}

/// Whether an object waits for what belongs to it.
pub(super) fn waits(object: &Object) -> bool {
    object.meta.is_terminating() && object.meta.finalizers.iter().any(|name| name == FOREGROUND)
}

/// Deletes an object all of whose owners are gone; lets go one that waited for its dependents.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    if waits(&object) {
        finish(hands, &object);
    } else if is_abandoned(hands.store.tables(), &object) {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, key, None);
    }
}

fn finish(hands: &mut Hands<'_>, owner: &Object) {
    let uid = &owner.meta.uid;
    let dependents: Vec<_> = hands
        .store
        .tables()
        .owned_by(uid)
        .into_iter()
        .cloned()
        .collect();
    let blocks = |object: &Object| {
        let mut owners = object.meta.owner_references.iter();
        owners.any(|reference| reference.uid == *uid && reference.block_owner_deletion)
    };
    let mut blocked = false;
    for dependent in dependents {
        let key = dependent.key();
        if !dependent.meta.is_terminating() {
            let _ = hands
                .store
                .delete_as(hands.sim, &key, None, Cascade::Foreground);
        }
        let left = hands.store.tables().get(&key);
        blocked |= left.is_some_and(|object| blocks(object));
    }
    if blocked {
        return;
    }
    let key = owner.key();
    hands.store.modify(hands.sim, &key, |object| {
        object.meta.finalizers.retain(|name| name != FOREGROUND);
    });
    hands.store.remove(hands.sim, &key);
}
