//! From a bound Pod to running containers.

use super::container::{self, Ends};
use super::{COMPONENT, Kubelet, Step};
use crate::api::image::{Reference, lookup};
use crate::api::pod::{Container, ContainerStatus, Pod, PodIp};
use crate::api::{Object, kind};
use crate::controllers::recorder::{Said, record};
use crate::controllers::scheduler::set_condition;
use crate::kernel::{Sim, Span, push_hex};
use crate::store::Store;

/// How fast images arrive, in bytes a second.
const PULL_SPEED: u64 = 60_000_000;

impl Kubelet {
    pub(super) fn admit(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let now = sim.timestamp();
        let Some(pod) = object.pod() else { return };
        let host = node_ip(store, pod);
        store.modify(sim, &object.key(), |object| {
            let Some(pod) = object.pod_mut() else { return };
            "Pending".clone_into(&mut pod.status.phase);
            pod.status.start_time.clone_from(&now);
            pod.status.host_ip.clone_from(&host);
            pod.status.container_statuses = pod.spec.containers.iter().map(waiting).collect();
            set_condition(pod, "PodReadyToStartContainers", false, ("", ""), &now);
            set_condition(pod, "Initialized", true, ("", ""), &now);
            container::write_readiness(pod, &now);
        });
        let delay = Span::millis(300 + self.rng.below(250));
        self.schedule(sim, Step::Sandbox, delay, object);
    }

    pub(super) fn sandbox(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let Some(pod) = object.pod() else { return };
        let node = store
            .tables()
            .find(kind::NODE, "", &pod.spec.node_name)
            .cloned();
        let range = node
            .as_ref()
            .and_then(|n| n.node())
            .map(|n| n.spec.pod_cidr.clone())
            .unwrap_or_default();
        let address = if pod.spec.host_network {
            node.as_ref()
                .and_then(|n| n.node())
                .and_then(|n| n.internal_ip().parse().ok())
        } else {
            self.addresses.take(&range)
        };
        let Some(address) = address else { return };
        let now = sim.timestamp();
        store.modify(sim, &object.key(), |object| {
            let Some(pod) = object.pod_mut() else { return };
            pod.status.pod_ip = address.to_string();
            pod.status.pod_ips = vec![PodIp {
                ip: address.to_string(),
                ..Default::default()
            }];
            set_condition(pod, "PodReadyToStartContainers", true, ("", ""), &now);
        });
        let mut longest = Span::millis(0);
        for container in pod.spec.containers.clone() {
            longest = longest.max(self.pull(store, sim, object, &container));
        }
        self.schedule(sim, Step::Start, longest + Span::millis(60), object);
    }

    /// Begins to pull a container's image; returns how long that takes.
    fn pull(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        container: &Container,
    ) -> Span {
        let node = object
            .pod()
            .map(|pod| pod.spec.node_name.clone())
            .unwrap_or_default();
        let field = container::field(container);
        let say = |store: &mut Store, sim: &mut Sim, reason: &'static str, message: String| {
            let said = Said {
                field: field.clone(),
                host: &node,
                ..Said::normal(COMPONENT, reason, message)
            };
            record(store, sim, object, said);
        };
        if Reference::parse(&container.image).is_none() {
            return Span::millis(0);
        }
        let present = !self.images.insert((node.clone(), container.image.clone()));
        if present && container.image_pull_policy != "Always" {
            let text = format!(
                "Container image \"{}\" already present on machine and can be accessed by the pod",
                container.image
            );
            say(store, sim, "Pulled", text);
            return Span::millis(20);
        }
        say(
            store,
            sim,
            "Pulling",
            format!("Pulling image \"{}\"", container.image),
        );
        let size = lookup(&container.image).size;
        let jitter = self.rng.below(350);
        // An image that is present costs only a look at the registry.
        let millis = 420
            + jitter
            + if present {
                0
            } else {
                size / (PULL_SPEED / 1_000)
            };
        let took = format!("{}.{:03}s", millis / 1_000, millis % 1_000);
        let text = format!(
            "Successfully pulled image \"{}\" in {took} ({took} including waiting). Image size: {size} bytes.",
            container.image
        );
        let words = self.pulled.entry(object.meta.uid.clone()).or_default();
        words.push((field, text));
        Span::millis(millis)
    }

    pub(super) fn start(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let Some(pod) = object.pod().filter(|_| !object.meta.is_terminating()) else {
            return;
        };
        if let Some(bad) = pod
            .spec
            .containers
            .iter()
            .find(|c| Reference::parse(&c.image).is_none())
        {
            self.refuse_image(store, sim, object, bad);
            return;
        }
        for (field, text) in self.pulled.remove(&object.meta.uid).unwrap_or_default() {
            let said = Said {
                field,
                host: &pod.spec.node_name,
                ..Said::normal(COMPONENT, "Pulled", text)
            };
            record(store, sim, object, said);
        }
        for container in pod.spec.containers.clone() {
            for (reason, text) in [
                ("Created", "Container created"),
                ("Started", "Container started"),
            ] {
                let said = Said {
                    field: container::field(&container),
                    host: &pod.spec.node_name,
                    ..Said::normal(COMPONENT, reason, text)
                };
                record(store, sim, object, said);
            }
        }
        let now = sim.timestamp();
        let ids: Vec<String> = pod
            .spec
            .containers
            .iter()
            .map(|_| self.container_id())
            .collect();
        store.modify(sim, &object.key(), |object| {
            let Some(pod) = object.pod_mut() else { return };
            "Running".clone_into(&mut pod.status.phase);
            for (status, id) in pod.status.container_statuses.iter_mut().zip(ids) {
                container::run(status, id, &now);
            }
            container::mark_ready_without_probe(pod);
            container::write_readiness(pod, &now);
        });
        self.after_start(store, sim, object);
    }

    /// What follows a start: a readiness probe, or the end of a program that does not stay.
    pub(super) fn after_start(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let Some(pod) = object.pod() else { return };
        if let Some(delay) = super::readiness::first_look(pod) {
            let jitter = Span::millis(self.rng.below(900));
            self.schedule(sim, Step::Probe, delay + jitter, object);
        }
        for container in pod.spec.containers.clone() {
            if let Ends::AtOnce(code) = container::ends(&container) {
                self.end_process(store, sim, &object.key(), &container.name, code);
            }
        }
    }

    fn refuse_image(&mut self, store: &mut Store, sim: &mut Sim, object: &Object, bad: &Container) {
        let message = format!(
            "Failed to apply default image tag \"{0}\": couldn't parse image name \"{0}\": invalid reference format",
            bad.image
        );
        let field = container::field(bad);
        let node = object
            .pod()
            .map(|pod| pod.spec.node_name.clone())
            .unwrap_or_default();
        record(
            store,
            sim,
            object,
            Said {
                field,
                host: &node,
                ..Said::warning(COMPONENT, "InspectFailed", message.clone())
            },
        );
        let name = bad.name.clone();
        store.modify(sim, &object.key(), |object| {
            let statuses = object
                .pod_mut()
                .map(|pod| &mut pod.status.container_statuses);
            for status in statuses
                .into_iter()
                .flatten()
                .filter(|status| status.name == name)
            {
                let waiting = status.state.waiting.get_or_insert_default();
                "InvalidImageName".clone_into(&mut waiting.reason);
                waiting.message.clone_from(&message);
            }
        });
    }

    pub(super) fn container_id(&mut self) -> String {
        let mut id = String::with_capacity(77);
        id.push_str("containerd://");
        for _ in 0..4 {
            push_hex(&mut id, self.rng.next_u64());
        }
        id
    }
}

fn waiting(container: &Container) -> ContainerStatus {
    let mut status = ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone(),
        image_id: Some(String::new()),
        ready: Some(false),
        started: Some(false),
        restart_count: Some(0),
        ..Default::default()
    };
    "ContainerCreating".clone_into(&mut status.state.waiting.get_or_insert_default().reason);
    status
}

fn node_ip(store: &Store, pod: &Pod) -> String {
    let node = store.tables().find(kind::NODE, "", &pod.spec.node_name);
    node.and_then(|n| n.node())
        .map(|n| n.internal_ip().to_owned())
        .unwrap_or_default()
}
