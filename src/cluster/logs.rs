//! What containers write to their standard output.

use super::Cluster;
use crate::api::{ObjectKey, kind};
use crate::dns::LogLine;

impl Cluster {
    /// The log of a Pod's container, oldest line first; none if its program writes none. Only `CoreDNS` writes one.
    pub fn log_of(&mut self, pod: &ObjectKey) -> Option<Vec<LogLine>> {
        let writes = pod.kind == kind::POD && self.dns.is_replica(&pod.namespace, &pod.name);
        writes.then(|| self.dns.log_of(self.sim.now, &pod.name))
    }
}
