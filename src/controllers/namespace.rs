//! The namespace controller: a terminating namespace is emptied, then goes.

use super::queue::Hands;
use crate::api::ObjectKey;
use crate::api::kind::KINDS;

/// Empties a terminating namespace; removes it once it is empty.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    if !tables
        .get(key)
        .is_some_and(|namespace| namespace.meta.is_terminating())
    {
        return;
    }
    let kinds = KINDS.iter().filter(|kind| kind.namespaced);
    let content: Vec<ObjectKey> = kinds
        .flat_map(|kind| tables.in_namespace(kind, &key.name))
        .map(|object| object.key())
        .collect();
    if content.is_empty() {
        hands.store.remove(hands.sim, key);
        return;
    }
    for object in content {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &object, None);
    }
}
