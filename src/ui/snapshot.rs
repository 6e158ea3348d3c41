//! What components ask of a snapshot.

use super::engine::Snapshot;
use crate::api::{Object, kind};
use std::rc::Rc;

impl Snapshot {
    /// How many nodes the cluster has.
    pub fn nodes(&self) -> usize {
        self.view.tables.count(kind::NODE)
    }

    /// Whether the reader has put nothing into the cluster yet.
    pub fn is_untouched(&self) -> bool {
        let own = |object: &Rc<Object>| {
            object.meta.namespace != "kube-system" && object.meta.name != "kubernetes"
        };
        !self
            .view
            .tables
            .all(kind::POD)
            .chain(self.view.tables.all(kind::SERVICE))
            .any(own)
    }
}
