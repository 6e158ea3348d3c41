//! Objects as marks: how a Pod and a Service are named and drawn.

use super::scene::{PodMark, PodState, ServiceMark, Symbol};
use crate::api::Object;
use crate::api::image::{Main, lookup, main_program};
use crate::api::pod::Pod;
use crate::api::service::{Service, ServiceType};
use crate::cluster::ClusterView;
use crate::words::{fill, words};

/// Whether a Pod that no Service selects is one from which lines are typed: a shell, or a shell's image that sleeps.
pub(super) fn is_client(pod: &Pod) -> bool {
    pod.spec.containers.first().is_some_and(|container| {
        main_program(container) == Main::Shell
            || (container.ports.is_empty() && lookup(&container.image).main == Main::Shell)
    })
}

pub(super) fn pod_mark(object: &Object, pod: &Pod, selected: bool) -> PodMark {
    let state = if object.meta.is_terminating() {
        PodState::Ending
    } else if !pod.is_ready() {
        PodState::Unready
    } else if selected {
        PodState::Ready
    } else {
        PodState::Afloat
    };
    let meta = &object.meta;
    PodMark {
        place: format!("pod/{}/{}", meta.namespace, meta.name),
        name: meta.name.clone(),
        label: short(&meta.name, 15),
        address: pod.status.pod_ip.clone(),
        node: pod.spec.node_name.clone(),
        why: if state == PodState::Unready {
            why(pod)
        } else {
            String::new()
        },
        state,
        ..PodMark::default()
    }
}

/// Why a Pod is not ready, as kubectl's STATUS column has it.
fn why(pod: &Pod) -> String {
    let statuses = pod
        .status
        .init_container_statuses
        .iter()
        .chain(&pod.status.container_statuses);
    let waiting = statuses.filter_map(|status| status.state.waiting.as_ref());
    let mut reasons = waiting
        .map(|waiting| waiting.reason.as_str())
        .filter(|reason| !reason.is_empty());
    let phase = pod.status.phase.as_str();
    match reasons.next_back() {
        Some(reason) => reason.to_owned(),
        None => phase.to_owned(),
    }
}

/// The mark of a Service.
pub(super) fn service_mark(view: &ClusterView, object: &Object, service: &Service) -> ServiceMark {
    let namespace = &object.meta.namespace;
    let slices = view.tables.slices_of(namespace, &object.meta.name);
    let endpoints = || {
        slices
            .iter()
            .filter_map(|o| o.slice())
            .flat_map(|slice| slice.endpoints())
    };
    let spec = &service.spec;
    let symbol = match spec.service_type() {
        ServiceType::ExternalName => Symbol::External,
        ServiceType::NodePort => Symbol::NodePort,
        ServiceType::LoadBalancer => Symbol::Balancer,
        ServiceType::ClusterIp if spec.is_headless() => Symbol::Headless,
        ServiceType::ClusterIp => Symbol::Light,
    };
    let address = match symbol {
        Symbol::External => spec.external_name.clone(),
        Symbol::Headless => words().headless.to_owned(),
        Symbol::Light | Symbol::NodePort | Symbol::Balancer => spec.cluster_ip.clone(),
    };
    let slice_name = match slices.as_slice() {
        [] => String::new(),
        [one] => short(&one.meta.name, 15),
        many => fill(words().many_slices, &[&many.len().to_string()]),
    };
    ServiceMark {
        place: format!("service/{namespace}/{}", object.meta.name),
        name: object.meta.name.clone(),
        label: short(&object.meta.name, 16),
        address,
        symbol,
        ports: spec.ports.iter().map(|port| (port.port, 0)).collect(),
        slices: slices
            .iter()
            .map(|o| format!("endpointslice/{namespace}/{}", o.meta.name))
            .collect(),
        slice_name,
        ready: endpoints().filter(|e| e.conditions.is_ready()).count(),
        total: endpoints().count(),
        is_dns: namespace == "kube-system" && object.meta.name == "kube-dns",
        ..ServiceMark::default()
    }
}

/// A name cut in its middle to at most `most` characters: `redis-…-4kx2m`.
pub(super) fn short(name: &str, most: usize) -> String {
    let count = name.chars().count();
    if count <= most {
        return name.to_owned();
    }
    let tail: String = name.chars().skip(count.saturating_sub(5)).collect();
    let room = most.saturating_sub(8);
    let first = name.split('-').next().unwrap_or_default();
    let head: String = first.chars().take(room.max(1)).collect();
    if name.contains('-') {
        format!("{head}-…-{tail}")
    } else {
        format!("{head}…{tail}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_in_its_middle() {
        assert_eq!(short("redis-6f9c54dd8-4kx2m", 15), "redis-…-4kx2m");
        assert_eq!(short("coredns-7f6f9955fc-h2kqp", 15), "coredns-…-h2kqp");
        assert_eq!(short("busybox", 15), "busybox");
    }
}
