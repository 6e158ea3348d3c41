//! From a bound Pod to running containers.

use super::container::{self, Ends};
use super::switch::Switch;
use super::{COMPONENT, Kubelet, Step, config, hook};
use crate::api::image::Reference;
use crate::api::pod::{Container, ContainerStatus, Pod, PodIp};
use crate::api::{Object, kind};
use crate::controllers::recorder::{Said, record};
use crate::controllers::scheduler::set_condition;
use crate::kernel::{Sim, Span, push_hex};
use crate::store::{Cidr, Store};
use std::rc::Rc;

/// How long the kubelet waits before it looks again for what it lacks.
const AGAIN: Span = Span::secs(10);

impl Kubelet {
    pub(super) fn admit(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let now = sim.timestamp();
        let Some(pod) = object.pod() else { return };
        let host = node_ip(store, pod);
        store.modify(sim, &self.key(object), |object| {
            let Some(pod) = object.pod_mut() else { return };
            let first = pod.spec.init_containers.is_empty();
            "Pending".clone_into(&mut pod.status.phase);
            pod.status.start_time = now.clone().into();
            pod.status.host_ip = host.into();
            let reason = if first {
                "ContainerCreating"
            } else {
                "PodInitializing"
            };
            let waiting = |container: &Container| waiting(container, reason);
            pod.status.container_statuses = pod.spec.containers.iter().map(waiting).collect();
            pod.status.init_container_statuses =
                pod.spec.init_containers.iter().map(waiting).collect();
            set_condition(pod, "PodReadyToStartContainers", false, ("", ""), &now);
            let spec = pod.spec.clone();
            let names: Vec<&str> = spec
                .init_containers
                .iter()
                .map(|c| c.name.as_str())
                .collect();
            let message = format!("containers with incomplete status: [{}]", names.join(" "));
            let why = if first {
                ("", "")
            } else {
                ("ContainersNotInitialized", message.as_str())
            };
            set_condition(pod, "Initialized", first, why, &now);
            container::write_readiness(pod, &now);
        });
        let deadline = pod.spec.rest.get("activeDeadlineSeconds");
        if let Some(seconds) = deadline.and_then(crate::api::Value::as_int) {
            let seconds = Span::secs(seconds.unsigned_abs());
            self.schedule_in_background(sim, Step::Expire, seconds, object);
        }
        let delay = Span::millis(300 + self.rng.below(250));
        self.schedule(sim, Step::Sandbox, delay, object);
    }

    pub(super) fn sandbox(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let Some(pod) = object.pod() else { return };
        let tables = store.tables();
        if let Some(why) =
            config::unmountable(tables, &object.meta.namespace, &pod.spec.volumes.own)
        {
            let said = Said {
                host: &pod.spec.node_name,
                ..Said::warning(COMPONENT, "FailedMount", why)
            };
            record(store, sim, object, said);
            self.schedule_in_background(sim, Step::Sandbox, AGAIN, object);
            return;
        }
        let node = tables.find(kind::NODE, "", &pod.spec.node_name).cloned();
        let node = node.as_ref().and_then(|n| n.node());
        let addresses: Vec<PodIp> = if pod.spec.host_network {
            let own = node.into_iter().flat_map(|n| n.internal_ips());
            own.map(|ip| pod_ip(ip.to_owned())).collect()
        } else {
            // Of each family one, in the order of the cluster's.
            let first = node.map(|n| n.spec.pod_cidr.clone()).unwrap_or_default();
            let others = node.map_or(&[][..], |n| n.spec.pod_cidrs.get(1..).unwrap_or_default());
            let ranges = std::iter::once(&first).chain(others);
            let free = ranges.filter_map(|range| self.addresses.take(range));
            free.map(|ip| pod_ip(ip.to_string())).collect()
        };
        let Some(address) = addresses.first().cloned() else {
            self.no_address(store, sim, object);
            return;
        };
        let now = sim.timestamp();
        store.modify(sim, &self.key(object), |object| {
            let Some(pod) = object.pod_mut() else { return };
            pod.status.pod_ip = address.ip;
            pod.status.pod_ips = addresses;
            set_condition(pod, "PodReadyToStartContainers", true, ("", ""), &now);
        });
        if pod.spec.init_containers.is_empty() {
            self.images(store, sim, object);
        } else {
            self.schedule(sim, Step::Init, Span::millis(20), object);
        }
    }

    /// The node's range is used up: the kubelet says so, and tries again.
    fn no_address(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let host = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
        let node = store.tables().find(kind::NODE, "", host);
        let range = node.and_then(|node| Cidr::parse(&node.node()?.spec.pod_cidr));
        let set = range.map_or(String::new(), |range| {
            let last = range.size().saturating_sub(2);
            format!("{}-{}", range.nth(1), range.nth(last))
        });
        let id = object.meta.uid.replace('-', "");
        let why = format!(
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"{id}{id}\": plugin type=\"ptp\" failed (add): failed to allocate for range 0: no IP addresses available in range set: {set}"
        );
        let said = Said {
            host,
            ..Said::warning(COMPONENT, "FailedCreatePodSandBox", why)
        };
        record(store, sim, object, said);
        self.schedule_in_background(sim, Step::Sandbox, AGAIN, object);
    }

    /// Begins to pull the images of the containers; those that can be had are started once they are there.
    pub(super) fn images(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let Some(pod) = object.pod() else { return };
        let mut longest = Span::millis(0);
        for container in &pod.spec.containers {
            longest = longest.max(self.pull(store, sim, object, container));
        }
        self.schedule(sim, Step::Start, longest + Span::millis(60), object);
    }

    /// Starts the containers that wait and can be started; the others say why not.
    pub(super) fn start(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let Some(pod) = object.pod().filter(|_| !object.meta.is_terminating()) else {
            return;
        };
        for (field, text) in self.pulled.remove(&object.meta.uid).unwrap_or_default() {
            let said = Said {
                field,
                host: &pod.spec.node_name,
                ..Said::normal(COMPONENT, "Pulled", text)
            };
            record(store, sim, object, said);
        }
        let mut starting: Vec<&Container> = Vec::new();
        for container in &pod.spec.containers {
            if Reference::parts(&container.image).is_none() {
                self.refuse_image(store, sim, object, container);
            } else if self.cannot_pull(object, container) {
                self.pull_fails(store, sim, object, container);
            } else if let Some(why) =
                config::missing(store.tables(), &object.meta.namespace, container)
            {
                self.refuse_config(store, sim, object, container, &why);
            } else {
                starting.push(container);
            }
        }
        if !starting.is_empty() {
            self.run(store, sim, object, &starting);
        }
    }

    /// Starts these containers now.
    pub(super) fn run(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        containers: &[&Container],
    ) {
        let node = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
        for container in containers {
            for (reason, text) in [
                ("Created", "Container created"),
                ("Started", "Container started"),
            ] {
                let said = Said {
                    field: container::field(container),
                    host: node,
                    ..Said::normal(COMPONENT, reason, text)
                };
                record(store, sim, object, said);
            }
        }
        let mut running: Vec<&Container> = Vec::new();
        for container in containers {
            let Some(handler) = hook::handler(container, "postStart") else {
                running.push(container);
                continue;
            };
            // One that does not end keeps the container waiting for ever.
            if let Some(lasts) = hook::outcome(object, container, handler, &self.dns).0 {
                let step = Step::Hooked(container.name.as_str().into());
                self.schedule(sim, step, lasts + Span::millis(40), object);
            }
        }
        self.mark_running(store, sim, object, &running);
    }

    /// These containers run now.
    pub(super) fn mark_running(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        containers: &[&Container],
    ) {
        if containers.is_empty() {
            return;
        }
        let now = sim.timestamp();
        let ids: Vec<(&str, String)> = containers
            .iter()
            .map(|c| (c.name.as_str(), self.container_id()))
            .collect();
        let main = |pod: &Pod, name: &str| pod.spec.containers.iter().any(|c| c.name == name);
        let changed = store.modify(sim, &self.key(object), |object| {
            let Some(pod) = object.pod_mut() else { return };
            if ids.iter().any(|(name, _)| main(pod, name)) {
                "Running".clone_into(&mut pod.status.phase);
            }
            for status in container::statuses_mut(pod) {
                if let Some((_, id)) = ids.iter().find(|(name, _)| *name == status.name) {
                    container::run(status, id.clone(), &now);
                }
            }
            container::mark_ready_without_probe(object);
            if let Some(pod) = object.pod_mut() {
                container::write_readiness(pod, &now);
            }
        });
        let Some(object) = changed else { return };
        for container in containers {
            self.after_start(store, sim, &object, container);
        }
    }

    /// What follows a start: probes, or the end of a program that does not stay.
    pub(super) fn after_start(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        container: &Container,
    ) {
        self.begin_probes(sim, object, container);
        match container::ends(object, container, &self.dns) {
            Ends::Later => {}
            Ends::After(Span(0), code) => {
                self.end_process(store, sim, &object.key(), &container.name, code);
            }
            Ends::After(delay, code) => {
                let step = Step::End(container.name.as_str().into(), code);
                if delay < Span::secs(60) {
                    self.schedule(sim, step, delay, object);
                } else {
                    self.schedule_in_background(sim, step, delay, object);
                }
            }
        }
    }

    /// The environment cannot be made: the container waits until what is missing is there.
    pub(super) fn refuse_config(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        container: &Container,
        why: &str,
    ) {
        let node = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
        let said = Said {
            field: container::field(container),
            host: node,
            ..Said::warning(COMPONENT, "Failed", format!("Error: {why}"))
        };
        record(store, sim, object, said);
        set_waiting(
            store,
            sim,
            object,
            container,
            ("CreateContainerConfigError", why),
        );
        let step = Step::Pull(container.name.as_str().into());
        self.schedule_in_background(sim, step, AGAIN, object);
    }

    /// Whether the switch or the catalogue keeps an image from being pulled.
    pub(super) fn cannot_pull(&self, object: &Object, container: &Container) -> bool {
        Switch::of(object, &container.name) == Some(Switch::Pull)
            || super::image::is_missing(&container.image)
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

/// Writes that a container waits, and why.
pub(super) fn set_waiting(
    store: &mut Store,
    sim: &mut Sim,
    object: &Object,
    container: &Container,
    (reason, message): (&str, &str),
) {
    let now = sim.timestamp();
    store.modify(sim, &object.key(), |object| {
        let Some(pod) = object.pod_mut() else { return };
        for status in container::statuses_mut(pod).filter(|s| s.name == container.name) {
            container::wait(status, reason, message);
        }
        container::write_readiness(pod, &now);
    });
}

fn waiting(container: &Container, reason: &str) -> Rc<ContainerStatus> {
    let mut status = ContainerStatus {
        name: container.name.clone(),
        image: container.image.clone(),
        image_id: Some(String::new()),
        ready: Some(false),
        started: Some(false),
        restart_count: Some(0),
        ..Default::default()
    };
    reason.clone_into(&mut status.state.waiting.get_or_insert_default().reason);
    Rc::new(status)
}

fn node_ip(store: &Store, pod: &Pod) -> String {
    let node = store.tables().find(kind::NODE, "", &pod.spec.node_name);
    node.and_then(|n| n.node())
        .map(|n| n.internal_ip().to_owned())
        .unwrap_or_default()
}

fn pod_ip(ip: String) -> PodIp {
    PodIp {
        ip,
        ..Default::default()
    }
}
