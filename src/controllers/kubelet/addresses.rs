//! Pod addresses: each node hands out its part of the Pod subnet in turn, as the host-local IPAM plugin does.

use crate::api::Object;
use crate::kernel::{BTreeMap, BTreeSet};
use crate::store::{Cidr, ClusterNetwork};
use std::net::IpAddr;

/// The addresses that Pods have.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    ranges: Vec<Cidr>,
    taken: BTreeSet<IpAddr>,
    /// The offset that each node's range gave last.
    last: BTreeMap<Cidr, u128>,
}

impl Addresses {
    pub(super) fn new(network: &ClusterNetwork) -> Self {
        Self {
            ranges: network.pod_cidrs.clone(),
            taken: BTreeSet::new(),
            last: BTreeMap::new(),
        }
    }

    /// The next free address of a node's range; the first one is the bridge's.
    pub(super) fn take(&mut self, node_range: &str) -> Option<IpAddr> {
        let range = Cidr::parse(node_range).or_else(|| self.ranges.first().copied())?;
        let usable = range.size().saturating_sub(3).max(1);
        let last = self.last.get(&range).copied().unwrap_or(1);
        let free = (0..usable)
            .map(|i| 2 + (last + i - 1) % usable)
            .find(|n| !self.taken.contains(&range.nth(*n)))?;
        self.last.insert(range, free);
        self.taken.insert(range.nth(free));
        Some(range.nth(free))
    }

    /// Marks what a restored Pod has as taken.
    pub(super) fn adopt(&mut self, object: &Object) {
        let ips = object.pod().into_iter().flat_map(|pod| &pod.status.pod_ips);
        self.taken
            .extend(ips.filter_map(|ip| ip.ip.parse::<IpAddr>().ok()));
    }

    /// Gives back what a Pod had.
    pub(super) fn release(&mut self, object: &Object) {
        for ip in object.pod().into_iter().flat_map(|pod| &pod.status.pod_ips) {
            if let Ok(address) = ip.ip.parse::<IpAddr>() {
                self.taken.remove(&address);
            }
        }
    }
}
