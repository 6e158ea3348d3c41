//! `metav1.ObjectMeta` and what hangs on it.

use super::Value;
use super::record::{StringMap, Word, record};
use std::rc::Rc;

record! {
    /// An object's metadata.
    pub struct ObjectMeta {
        /// The name, unique among the kind in its namespace.
        name: String = "name",
        /// The base of a name that the server completes.
        generate_name: String = "generateName",
        /// The namespace; empty for what lives outside namespaces.
        namespace: String = "namespace",
        /// The labels.
        labels: StringMap = "labels",
        /// The annotations.
        annotations: StringMap = "annotations",
        /// The server's identity of the object.
        uid: Word = "uid",
        /// Changes with every write.
        resource_version: String = "resourceVersion",
        /// Changes with every write of the spec.
        generation: i64 = "generation",
        /// When it was made (`2026-11-22T23:02:34Z`).
        creation_timestamp: Word = "creationTimestamp",
        /// When it began to be deleted.
        deletion_timestamp: String = "deletionTimestamp",
        /// How long deletion may take, in seconds.
        deletion_grace_period_seconds: Option<i64> = "deletionGracePeriodSeconds",
        /// The objects that it belongs to.
        owner_references: Vec<Rc<OwnerReference>> = "ownerReferences",
        /// What must be done before it goes.
        finalizers: Vec<String> = "finalizers",
        /// Who wrote which field.
        managed_fields: Option<Value> = "managedFields",
    }
    /// A link to an owner.
    pub struct OwnerReference {
        /// The owner's group and version.
        api_version: String = "apiVersion",
        /// The owner's kind.
        kind: String = "kind",
        /// The owner's name.
        name: String = "name",
        /// The owner's identity.
        uid: Word = "uid",
        /// Whether this owner manages the object.
        controller: bool = "controller",
        /// Whether the owner's foreground deletion waits for the object.
        block_owner_deletion: bool = "blockOwnerDeletion",
    }
}

/// The annotation that makes a Pod's containers fail: `pull`, `unready`, `crash`, `hang` or `slow`. With a dot and a
/// container's name behind it, it is for that one only.
pub const FAIL: &str = "portside.dev/fail";

impl ObjectMeta {
    /// How a container is made to fail, if it is.
    pub fn failure(&self, container: &str) -> Option<&str> {
        if self.annotations.is_empty() {
            return None;
        }
        let own = self.annotations.get(&[FAIL, ".", container].concat());
        own.or_else(|| self.annotations.get(FAIL))
            .map(String::as_str)
    }

    /// The owner that manages the object.
    pub fn controller(&self) -> Option<&OwnerReference> {
        let mut owners = self.owner_references.iter();
        owners.find(|owner| owner.controller).map(|owner| &**owner)
    }

    /// Whether deletion has begun.
    pub fn is_terminating(&self) -> bool {
        !self.deletion_timestamp.is_empty()
    }
}
