//! Readiness probes: traffic is sent to a Pod only once its containers answer.

use super::{COMPONENT, Kubelet, Step, container};
use crate::api::image::listeners;
use crate::api::pod::{Container, Pod, Probe};
use crate::api::{Object, Value};
use crate::controllers::recorder::{Said, record};
use crate::kernel::{Sim, Span};
use crate::store::Store;

/// When the first probe of a Pod is due; none if no container has one.
pub(super) fn first_look(pod: &Pod) -> Option<Span> {
    let probes = pod
        .spec
        .containers
        .iter()
        .filter_map(|c| c.readiness_probe.as_ref());
    probes
        .map(|probe| Span::secs(probe.initial_delay_seconds.unsigned_abs()))
        .min()
}

/// What a probe finds: nothing wrong, or the kubelet's sentence.
fn look(container: &Container, probe: &Probe, address: &str) -> Result<(), String> {
    let port = match (&probe.http_get, &probe.tcp_socket) {
        (Some(get), _) => &get.port,
        (None, Some(socket)) => &socket.port,
        // A command or a gRPC check inside the container: the catalogue's programs are healthy.
        (None, None) => return Ok(()),
    };
    let number = match port {
        Value::Int(n) => *n,
        Value::Str(name) => container
            .ports
            .iter()
            .find(|p| p.name == *name)
            .map_or(0, |p| p.container_port),
        Value::Null | Value::Bool(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => 0,
    };
    if listeners(container)
        .iter()
        .any(|l| i64::from(l.port) == number && !l.udp)
    {
        return Ok(());
    }
    let refused = format!("dial tcp {address}:{number}: connect: connection refused");
    match &probe.http_get {
        Some(get) => Err(format!(
            "Get \"http://{address}:{number}{}\": {refused}",
            get.path
        )),
        None => Err(refused),
    }
}

impl Kubelet {
    pub(super) fn probe(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let Some(pod) = object.pod() else { return };
        let mut ready = Vec::new();
        let mut again: Option<Span> = None;
        for container in &pod.spec.containers {
            let Some(probe) = &container.readiness_probe else {
                continue;
            };
            let running = pod
                .status
                .container_statuses
                .iter()
                .any(|s| s.name == container.name && s.state.running.is_some());
            let result = if running {
                look(container, probe, &pod.status.pod_ip)
            } else {
                continue;
            };
            if let Err(why) = &result {
                let message = format!("Readiness probe failed: {why}");
                let said = Said {
                    field: container::field(container),
                    host: &pod.spec.node_name,
                    ..Said::warning(COMPONENT, "Unhealthy", message)
                };
                record(store, sim, object, said);
                let period = Span::secs(probe.period_seconds.unsigned_abs().max(1));
                again = Some(again.map_or(period, |other| other.min(period)));
            }
            ready.push((container.name.clone(), result.is_ok()));
        }
        let now = sim.timestamp();
        store.modify(sim, &object.key(), |object| {
            let Some(pod) = object.pod_mut() else { return };
            for status in &mut pod.status.container_statuses {
                if let Some((_, passed)) = ready.iter().find(|(name, _)| *name == status.name) {
                    status.ready = Some(*passed);
                }
            }
            container::write_readiness(pod, &now);
        });
        if let Some(period) = again {
            self.schedule_in_background(sim, Step::Probe, period, object);
        }
    }
}
