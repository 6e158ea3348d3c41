//! A node that joins is given its part of the Pod subnets.
//!
//! Models the range allocator of `pkg/controller/nodeipam` of Kubernetes v1.36: without a part of its own, the Pods of a
//! node would take addresses that belong to another.

use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::{ObjectKey, kind};
use crate::kernel::BTreeSet;
use crate::store::Cidr;

/// How many bits of an address name the node, as kubeadm sets it.
fn prefix(range: &Cidr) -> u8 {
    let usual = if range.base().is_ipv4() { 24 } else { 64 };
    usual.max(range.prefix())
}

/// Gives a node the first free part of each Pod subnet.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let Some(object) = tables.get(key).cloned() else {
        return;
    };
    if object
        .node()
        .is_none_or(|node| !node.spec.pod_cidr.is_empty())
    {
        return;
    }
    let mut taken = BTreeSet::new();
    for node in tables.all(kind::NODE).filter_map(|object| object.node()) {
        let parts = node.spec.pod_cidrs.iter().chain([&node.spec.pod_cidr]);
        taken.extend(parts.filter_map(|part| Cidr::parse(part)));
    }
    let mut own = Vec::new();
    for range in &hands.memory.pod_ranges {
        let prefix = prefix(range);
        let many = 1u128 << u32::from(prefix - range.prefix()).min(16);
        let mut parts = (0..many).map(|index| range.subnet(prefix, index));
        own.extend(parts.find(|part| !taken.contains(part)));
    }
    if own.len() < hands.memory.pod_ranges.len() || own.is_empty() {
        let message = format!("Node {} status is now: CIDRNotAvailable", key.name);
        let said = Said::normal("cidrAllocator", "CIDRNotAvailable", message);
        record(hands.store, hands.sim, &object, said);
        return;
    }
    let own: Vec<String> = own.iter().map(Cidr::to_string).collect();
    hands.store.modify(hands.sim, key, |object| {
        let Some(node) = object.node_mut() else {
            return;
        };
        node.spec.pod_cidr = own.first().cloned().unwrap_or_default();
        node.spec.pod_cidrs = own;
    });
}
