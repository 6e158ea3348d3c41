//! Containers that are added to a running Pod to look into it: the `ephemeralcontainers` subresource and the kubelet's part.

use super::Cluster;
use crate::api::ObjectKey;
use crate::api::pod::{Container, ContainerRunning, ContainerStatus, ContainerTerminated};
use std::rc::Rc;

impl Cluster {
    /// Adds a container to a Pod and starts it.
    pub fn add_ephemeral(&mut self, pod: &ObjectKey, container: Container) {
        let mut status = ContainerStatus {
            name: container.name.clone(),
            image: container.image.clone(),
            ready: Some(false),
            restart_count: Some(0),
            ..ContainerStatus::default()
        };
        status.state.running = Some(ContainerRunning {
            started_at: self.sim.timestamp().to_string(),
            ..ContainerRunning::default()
        });
        self.store.modify(&mut self.sim, pod, |object| {
            if let Some(pod) = object.pod_mut() {
                pod.spec.ephemeral_containers.push(container);
                pod.status
                    .ephemeral_container_statuses
                    .push(Rc::new(status));
            }
        });
        self.propagate();
    }

    /// The program of such a container has ended; it is not started again.
    pub fn end_ephemeral(&mut self, pod: &ObjectKey, name: &str, code: i64) {
        let now = self.sim.timestamp();
        self.store.modify(&mut self.sim, pod, |object| {
            let Some(pod) = object.pod_mut() else { return };
            let mut statuses = pod.status.ephemeral_container_statuses.iter_mut();
            let Some(status) = statuses.find(|status| status.name == name) else {
                return;
            };
            let status = Rc::make_mut(status);
            let running = status.state.running.take();
            status.state.terminated = Some(Box::new(ContainerTerminated {
                exit_code: Some(code),
                reason: if code == 0 { "Completed" } else { "Error" }.to_owned(),
                started_at: running.map_or_else(|| now.to_string(), |running| running.started_at),
                finished_at: now.to_string(),
                ..ContainerTerminated::default()
            }));
        });
        self.propagate();
    }
}
