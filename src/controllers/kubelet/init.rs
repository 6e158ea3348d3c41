//! Init containers: one after the other, before the others; a sidecar among them stays.

use super::container;
use super::{COMPONENT, Kubelet, Step, config};
use crate::api::image::{Reference, waits_for};
use crate::api::pod::{Container, ContainerStatus};
use crate::api::{Object, kind};
use crate::controllers::recorder::{Said, record};
use crate::controllers::scheduler::set_condition;
use crate::kernel::{Sim, Span};
use crate::store::Store;

/// How long after its start an init container that has nothing to wait for ends.
const SHORT: Span = Span::millis(300);
/// How often an init container that waits for a Service looks.
const LOOKS: Span = Span::secs(2);

/// What an init container has come to.
enum State {
    Waits,
    Runs,
    Done,
}

impl State {
    fn of(container: &Container, status: Option<&ContainerStatus>) -> Self {
        let state = status.map(|status| &status.state);
        let sidecar = container.restart_policy == "Always";
        let ended = state.and_then(|state| state.terminated.as_ref());
        if ended.is_some_and(|ended| ended.exit_code == Some(0)) {
            return Self::Done;
        }
        match state.is_some_and(|state| state.running.is_some()) {
            true if sidecar => Self::Done,
            true => Self::Runs,
            false => Self::Waits,
        }
    }
}

impl Kubelet {
    /// Looks which init container comes next.
    pub(super) fn init(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let Some(pod) = object.pod().filter(|_| !object.meta.is_terminating()) else {
            return;
        };
        if pod.is_condition_true("Initialized") {
            return;
        }
        for container in &pod.spec.init_containers {
            let mut all = pod.status.init_container_statuses.iter();
            let status = all.find(|status| status.name == container.name);
            match State::of(container, status.map(|status| &**status)) {
                State::Done => {}
                State::Waits => {
                    self.start_init(store, sim, object, container);
                    return;
                }
                State::Runs => {
                    self.look_at(store, sim, object, container);
                    return;
                }
            }
        }
        let now = sim.timestamp();
        store.modify(sim, &object.key(), |object| {
            if let Some(pod) = object.pod_mut() {
                set_condition(pod, "Initialized", true, ("", ""), &now);
            }
        });
        self.images(store, sim, object);
    }

    fn start_init(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        container: &Container,
    ) {
        if Reference::parse(&container.image).is_none() {
            self.refuse_image(store, sim, object, container);
            return;
        }
        let key = (object.meta.uid.clone(), format!("asked {}", container.name));
        if self.failures.insert(key, 1).is_none() {
            let longest = self.pull(store, sim, object, container);
            self.schedule(sim, Step::Init, longest + Span::millis(60), object);
            return;
        }
        for (field, text) in self.pulled.remove(&object.meta.uid).unwrap_or_default() {
            let host = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
            let said = Said {
                field,
                host,
                ..Said::normal(COMPONENT, "Pulled", text)
            };
            record(store, sim, object, said);
        }
        if self.cannot_pull(object, container) {
            self.pull_fails(store, sim, object, container);
            return;
        }
        if config::missing(store.tables(), &object.meta.namespace, container).is_some() {
            self.schedule_in_background(sim, Step::Init, LOOKS, object);
            return;
        }
        self.run(store, sim, object, &[container]);
        self.schedule(sim, Step::Init, SHORT, object);
    }

    /// An init container runs: it ends once it has what it waits for.
    fn look_at(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        container: &Container,
    ) {
        let Some(service) = waits_for(container) else {
            // Its own end comes by itself, or never.
            return;
        };
        let namespace = &object.meta.namespace;
        if store
            .tables()
            .find(kind::SERVICE, namespace, &service)
            .is_some()
        {
            self.end_process(store, sim, &object.key(), &container.name, 0);
        } else {
            self.schedule_in_background(sim, Step::Init, LOOKS, object);
        }
    }

    /// An init container has ended: the next one comes, or it is tried again.
    pub(super) fn init_ended(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        name: &str,
        code: i64,
    ) {
        if code == 0 {
            self.schedule(sim, Step::Init, Span::millis(100), object);
            return;
        }
        let policy = object
            .pod()
            .map_or("", |pod| pod.spec.restart_policy.as_str());
        if policy == "Never" {
            let now = sim.timestamp();
            store.modify(sim, &object.key(), |object| {
                if let Some(pod) = object.pod_mut() {
                    "Failed".clone_into(&mut pod.status.phase);
                    container::write_readiness(pod, &now);
                }
            });
            return;
        }
        self.back_off(store, sim, object, name);
    }
}

/// Whether a container is an init container that ends.
pub(super) fn is_init(object: &Object, name: &str) -> bool {
    let containers = object
        .pod()
        .into_iter()
        .flat_map(|pod| &pod.spec.init_containers);
    containers
        .filter(|c| c.restart_policy != "Always")
        .any(|c| c.name == name)
}
