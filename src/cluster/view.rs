//! An immutable picture of the cluster, cheap to make and to share.

use crate::kernel::{Seq, SimTime};
use crate::store::{ClusterNetwork, Tables};
use std::rc::Rc;

/// The cluster at one instant.
#[derive(Clone, Debug)]
pub struct ClusterView {
    /// All objects.
    pub tables: Tables,
    /// The instant.
    pub now: SimTime,
    /// Seconds since 1970 at that instant.
    pub unix: i64,
    /// The end of the event log at that instant.
    pub end: Seq,
    /// Subnets, domain and proxy mode.
    pub network: Rc<ClusterNetwork>,
}

impl PartialEq for ClusterView {
    /// Views are equal when nothing was written and no time passed between them.
    fn eq(&self, other: &Self) -> bool {
        (self.tables.revision, self.now, self.end) == (other.tables.revision, other.now, other.end)
            && Rc::ptr_eq(&self.network, &other.network)
    }
}
