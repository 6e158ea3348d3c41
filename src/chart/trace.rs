//! A packet on demand: to a Service's or a Pod's first port, so that its route can be looked at.

use super::names::key_of;
use crate::api::image::{Main, lookup};
use crate::api::kind;
use crate::cluster::{Cluster, Place, Protocol};
use crate::kernel::Span;
use std::net::{IpAddr, SocketAddr};

/// How long the packet is waited for.
const PATIENCE: Span = Span::secs(3);

/// Sends a packet to a place. From the laptop, which has no way in, it leaves from the first Pod that has a shell instead.
pub fn trace(cluster: &mut Cluster, from: &Place, to: &str) {
    let Some((address, protocol)) = target(cluster, to) else {
        return;
    };
    let from = match from {
        Place::Laptop => client(cluster, to).unwrap_or(Place::Laptop),
        Place::Outside | Place::Node(_) | Place::Pod { .. } => from.clone(),
    };
    cluster.typed(&from, &format!("trace {address}"));
    if let Ok(connection) = cluster.connect(&from, address, protocol, Some(PATIENCE)) {
        cluster.close(connection);
    }
}

/// The address and port that stand for a place: a Service's, or what a Pod's container says it listens on.
fn target(cluster: &Cluster, place: &str) -> Option<(SocketAddr, Protocol)> {
    let object = cluster.tables().get(&key_of(place)?)?;
    if let Some(service) = object.service() {
        let port = service.spec.ports.first()?;
        let wanted = place
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok());
        let number = wanted.or_else(|| u16::try_from(port.port).ok())?;
        let ip: IpAddr = service.spec.cluster_ip.parse().ok()?;
        return Some((
            SocketAddr::new(ip, number),
            Protocol::parse(port.protocol()),
        ));
    }
    let pod = object.pod()?;
    let ip: IpAddr = pod.status.pod_ip.parse().ok()?;
    let containers = || pod.spec.containers.iter();
    let declared = containers().flat_map(|c| &c.ports).next();
    let listens = || containers().flat_map(|c| lookup(&c.image).listens).next();
    let (number, protocol) = match declared {
        Some(port) => (
            u16::try_from(port.container_port).ok()?,
            Protocol::parse(port.protocol()),
        ),
        None => (listens()?.port, Protocol::Tcp),
    };
    Some((SocketAddr::new(ip, number), protocol))
}

/// A Pod from which lines are typed: one in the place's own namespace rather than in another.
fn client(cluster: &Cluster, to: &str) -> Option<Place> {
    let namespace = key_of(to)?.namespace;
    let pods = || {
        cluster
            .tables()
            .all(kind::POD)
            .filter(|object| object.pod().is_some_and(|pod| pod.is_ready()))
    };
    let has_shell = |object: &&std::rc::Rc<crate::api::Object>| {
        let container = object.pod().and_then(|pod| pod.spec.containers.first());
        container.is_some_and(|c| lookup(&c.image).main == Main::Shell)
    };
    let near = pods()
        .filter(has_shell)
        .find(|pod| *pod.meta.namespace == *namespace);
    let found = near
        .or_else(|| pods().find(has_shell))
        .or_else(|| pods().find(|pod| pod.meta.namespace == "kube-system"))?;
    let container = found.pod()?.spec.containers.first()?;
    Some(Place::pod(
        &found.meta.namespace,
        &found.meta.name,
        &container.name,
    ))
}
