//! What something still uses goes only once nothing does: claims that Pods have, volumes that claims have.
//!
//! Models the admission plugin `StorageObjectInUseProtection`; the controllers let go.

use crate::api::{KindRef, Object, kind};

/// The finalizer of a kind that is kept while it is used.
pub(crate) fn finalizer(kind: KindRef) -> Option<&'static str> {
    if kind == kind::PERSISTENT_VOLUME_CLAIM {
        Some("kubernetes.io/pvc-protection")
    } else {
        (kind == kind::PERSISTENT_VOLUME).then_some("kubernetes.io/pv-protection")
    }
}

/// Gives a new object the finalizer of its kind.
pub(super) fn protect(object: &mut Object) {
    let missing =
        finalizer(object.kind).filter(|name| !object.meta.finalizers.iter().any(|own| own == name));
    object.meta.finalizers.extend(missing.map(str::to_owned));
}
