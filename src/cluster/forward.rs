//! Ports of the laptop that lead to a Pod, as long as `kubectl port-forward` holds them open.
//!
//! The API server and the kubelet carry the bytes to the Pod's own loopback: no Service, rule or policy stands between.

use super::Cluster;
use crate::api::ObjectKey;
use crate::net::Place;
use std::net::{IpAddr, SocketAddr};

/// Where a port of the laptop leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forward {
    pod: ObjectKey,
    port: u16,
    /// How many connections came.
    handled: u64,
}

impl Cluster {
    /// Opens a port of the laptop; false if it is taken.
    pub fn forward(&mut self, local: u16, pod: ObjectKey, port: u16) -> bool {
        let free = !self.forwards.contains_key(&local);
        if free {
            let handled = 0;
            self.forwards.insert(local, Forward { pod, port, handled });
        }
        free
    }

    /// Closes a port of the laptop.
    pub fn end_forward(&mut self, local: u16) {
        self.forwards.remove(&local);
    }

    /// How many connections came to a forwarded port.
    pub fn forwarded(&self, local: u16) -> Option<u64> {
        self.forwards.get(&local).map(|forward| forward.handled)
    }

    /// What a connection to the laptop's own address becomes: one from inside the Pod, to the Pod.
    pub(super) fn through_forward(&mut self, local: u16) -> Option<(Place, SocketAddr)> {
        let forward = self.forwards.get_mut(&local)?;
        forward.handled += 1;
        let (pod, port) = (forward.pod.clone(), forward.port);
        let object = self.store.tables().get(&pod)?;
        let address: IpAddr = object.pod()?.status.pod_ip.parse().ok()?;
        let place = Place::pod(&pod.namespace, &pod.name, "");
        Some((place, SocketAddr::new(address, port)))
    }
}
