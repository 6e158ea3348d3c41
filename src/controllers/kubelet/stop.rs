//! The end of a program, and the end of a Pod.

use super::{COMPONENT, Kubelet, Step, config, container, hook, image, init};
use crate::api::image::{Configured, stops_after_ms};
use crate::api::pod::Container;
use crate::api::{Object, ObjectKey};
use crate::controllers::recorder::{Said, record};
use crate::kernel::{Sim, Span};
use crate::store::Store;

/// The longest pause before a restart.
const LONGEST_PAUSE: u64 = 300;

/// The least that a container is given to end once its hook has used up the grace period.
const LEAST: Span = Span::secs(2);

/// How long a container takes to end: its hook, then its program, together at most about the grace period; and whether
/// it has to be killed.
fn lasts(hook: Option<Option<Span>>, program: Option<Span>, grace: Span) -> (Span, bool) {
    let hook = hook.map_or(Span(0), |lasts| lasts.unwrap_or(grace).min(grace));
    let left = Span(grace.0.saturating_sub(hook.0));
    // Without a hook the grace period is the program's alone.
    let left = if hook.0 > 0 { left.max(LEAST) } else { left };
    let own = program.unwrap_or(left);
    (hook + own.min(left), program.is_none_or(|own| own > left))
}

/// How long a Pod takes from its deletion to its end: its slowest container.
pub(super) fn duration(object: &Object, dns: &Configured) -> Span {
    let grace = Span::secs(
        object
            .meta
            .deletion_grace_period_seconds
            .unwrap_or(30)
            .unsigned_abs(),
    );
    let Some(pod) = object.pod() else {
        return grace;
    };
    let running = pod
        .status
        .container_statuses
        .iter()
        .filter(|s| s.state.running.is_some());
    let times = running.map(|status| {
        let container = pod.spec.containers.iter().find(|c| c.name == status.name);
        let hook = container.and_then(|container| {
            let handler = hook::handler(container, "preStop")?;
            Some(hook::outcome(object, container, handler, dns).0)
        });
        let program = container.and_then(stops_after_ms).map(Span::millis);
        lasts(hook, program, grace).0
    });
    times.max().unwrap_or(Span::millis(50).min(grace)) + Span::millis(30)
}

impl Kubelet {
    /// A container's program has ended: the Pod ends with it, or the container is started again.
    pub(in crate::controllers) fn end_process(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        pod: &ObjectKey,
        name: &str,
        code: i64,
    ) {
        let now = sim.timestamp();
        let before = store.tables().get(pod).cloned();
        let Some(before) = before.filter(|object| container::is_running(object, name)) else {
            return;
        };
        self.forgive(&before, name, sim);
        let init = init::is_init(&before, name);
        let changed = store.modify(sim, pod, |object| {
            let Some(pod) = object.pod_mut() else { return };
            for status in container::statuses_mut(pod).filter(|s| s.name == name) {
                container::end(status, code, &now);
            }
            container::write_phase(object, &now);
        });
        let Some(object) = changed.filter(|object| !object.meta.is_terminating()) else {
            return;
        };
        if init {
            self.init_ended(store, sim, &object, name, code);
            return;
        }
        let Some(pod) = object.pod() else { return };
        if container::is_through(pod) {
            // Sidecars end after those that they serve, the last one first.
            let main = pod.spec.containers.iter().any(|c| c.name == name);
            for sidecar in container::running_sidecars(&object).into_iter().rev() {
                if main {
                    let message = format!("Stopping container {}", sidecar.name);
                    self.kill(store, sim, &object, sidecar, message, None);
                }
            }
            return;
        }
        let sidecar = container::find(&object, name).is_some_and(|c| c.restart_policy == "Always");
        if sidecar || container::restarts(pod, code) {
            self.back_off(store, sim, &object, name);
        }
    }

    /// A Pod has been active for as long as it may: its containers are told to stop.
    pub(super) fn expire(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        const WHY: &str = "Pod was active on the node longer than the specified deadline";
        let ends = |pod: &&crate::api::pod::Pod| pod.is_finished() || object.meta.is_terminating();
        let Some(pod) = object.pod().filter(|pod| !ends(pod)) else {
            return;
        };
        let said = Said {
            host: &pod.spec.node_name,
            ..Said::normal(COMPONENT, container::LATE, WHY)
        };
        record(store, sim, object, said);
        let now = sim.timestamp();
        let runs = container::statuses(pod).any(|status| status.state.running.is_some());
        store.modify(sim, &object.key(), |object| {
            let Some(pod) = object.pod_mut() else { return };
            container::LATE.clone_into(&mut pod.status.reason);
            WHY.clone_into(&mut pod.status.message);
            if !runs {
                container::write_phase(object, &now);
            }
        });
        let own = pod.spec.containers.iter();
        let mut running: Vec<&Container> = own
            .filter(|c| container::is_running(object, &c.name))
            .collect();
        if running.is_empty() {
            running = container::running_sidecars(object);
        }
        for container in running {
            let message = format!("Stopping container {}", container.name);
            self.kill(store, sim, object, container, message, None);
        }
    }

    /// A container that has run for ten minutes is no longer held to have failed.
    fn forgive(&mut self, object: &Object, name: &str, sim: &Sim) {
        if container::runs_for(object, name, sim) >= 600 {
            let key = (object.meta.uid.clone(), name.to_owned());
            self.failures.remove(&key);
        }
    }

    /// A container is told to stop, and started again: a probe has found it dead, or its hook has failed.
    pub(super) fn kill(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        container: &Container,
        message: String,
        grace: Option<i64>,
    ) {
        let host = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
        let said = Said {
            field: container::field(container),
            host,
            ..Said::normal(COMPONENT, "Killing", message)
        };
        record(store, sim, object, said);
        let own = object
            .pod()
            .and_then(|pod| pod.spec.termination_grace_period_seconds);
        let grace = Span::secs(grace.or(own).unwrap_or(30).unsigned_abs());
        let has_hook = hook::handler(container, "preStop").is_some();
        let hook = self.before_stop(store, sim, object, container);
        let program = stops_after_ms(container).map(Span::millis);
        let (delay, killed) = lasts(has_hook.then_some(hook), program, grace);
        let code = if killed { 137 } else { 0 };
        let step = Step::End(container.name.as_str().into(), code);
        self.schedule(sim, step, delay, object);
    }

    /// Waits before the next start: at once the first time, then 10 s, doubling up to five minutes.
    pub(super) fn back_off(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        name: &str,
    ) {
        let key = (object.meta.uid.clone(), name.to_owned());
        let failures = self.failures.entry(key).or_default();
        *failures += 1;
        let step = Step::Restart(name.into());
        if *failures == 1 {
            self.schedule(sim, step, Span::millis(900), object);
            return;
        }
        let pause = (10u64 << (*failures - 2).min(5)).min(LONGEST_PAUSE);
        let pod = format!(
            "{}_{}({})",
            object.meta.name, object.meta.namespace, object.meta.uid
        );
        says_it_waits(store, sim, object, name);
        self.wait_on(sim, object, name, Span::secs(pause));
        let long = format!("back-off {pause}s restarting failed container={name} pod={pod}");
        store.modify(sim, &object.key(), |object| {
            let Some(pod) = object.pod_mut() else { return };
            for status in container::statuses_mut(pod).filter(|s| s.name == name) {
                status.last_state = std::mem::take(&mut status.state);
                let waiting = status.state.waiting.get_or_insert_default();
                "CrashLoopBackOff".clone_into(&mut waiting.reason);
                waiting.message.clone_from(&long);
            }
        });
        self.schedule_in_background(sim, step, Span::secs(pause), object);
    }

    /// Looks at a Pod again that waits `left` longer before a container is started or its image pulled: a Pod whose sync
    /// failed is synced again after ten to fifteen seconds, and each time it is said.
    pub(super) fn wait_on(&mut self, sim: &mut Sim, object: &Object, name: &str, left: Span) {
        let pause = Span::millis(10_000 + sim.now.0 / 1_000 % 5_000);
        if pause < left {
            let step = Step::Wait(name.into(), Span(left.0 - pause.0));
            self.schedule_in_background(sim, step, pause, object);
        }
    }

    /// A sync in the middle of a back-off.
    pub(super) fn still_waits(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        name: &str,
        left: Span,
    ) {
        let statuses = object.pod().into_iter().flat_map(container::statuses);
        let mut waiting = statuses
            .filter(|status| status.name == name)
            .filter_map(|status| status.state.waiting.as_ref());
        let reason = waiting.next().map_or("", |waiting| &*waiting.reason);
        let Some(container) = container::find(object, name) else {
            return;
        };
        if object.meta.is_terminating() {
            return;
        }
        match reason {
            "CrashLoopBackOff" => says_it_waits(store, sim, object, name),
            "ImagePullBackOff" => {
                image::says_it_waits(store, sim, object, container);
            }
            _ => return,
        }
        self.wait_on(sim, object, name, left);
    }

    /// Starts a container again, or for the first time if it could not be created before.
    pub(super) fn restart(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        object: &Object,
        name: &str,
    ) {
        let Some(container) = container::find(object, name) else {
            return;
        };
        let over = object
            .pod()
            .is_none_or(|pod| pod.is_finished() || pod.status.reason == container::LATE);
        if over || object.meta.is_terminating() || container::is_running(object, name) {
            return;
        }
        let (uid, namespace) = (&object.meta.uid, &object.meta.namespace);
        let pulled = self.pulled.remove(uid);
        if pulled.is_none() && has_ended(object, name) {
            let longest = self.pull(store, sim, object, container);
            if self.pulled.contains_key(uid) {
                self.schedule(sim, Step::Restart(name.into()), longest, object);
                return;
            }
        }
        for (field, text) in pulled.unwrap_or_default() {
            let host = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
            let said = Said {
                field,
                host,
                ..Said::normal(COMPONENT, "Pulled", text)
            };
            record(store, sim, object, said);
        }
        let image = (
            object
                .pod()
                .map_or_else(String::new, |p| p.spec.node_name.clone()),
            container.image.clone(),
        );
        if self.cannot_pull(object, container) && !self.images.contains(&image) {
            self.pull_fails(store, sim, object, container);
            return;
        }
        if let Some(why) = config::missing(store.tables(), namespace, container) {
            self.refuse_config(store, sim, object, container, &why);
            return;
        }
        let changed = store.modify(sim, &object.key(), |object| {
            let Some(pod) = object.pod_mut() else { return };
            for status in container::statuses_mut(pod).filter(|s| s.name == name) {
                if status.state.terminated.is_some() {
                    status.last_state = std::mem::take(&mut status.state);
                }
                if status.last_state.terminated.is_some() {
                    status.restart_count = status.restart_count.map(|n| n + 1);
                }
            }
        });
        let object = changed.as_deref().unwrap_or(object);
        self.run(store, sim, object, &[container]);
    }
}

/// Tells that a container is not started for a while.
fn says_it_waits(store: &mut Store, sim: &mut Sim, object: &Object, name: &str) {
    let meta = &object.meta;
    let init = object
        .pod()
        .into_iter()
        .flat_map(|pod| &pod.spec.init_containers);
    let list = if init.into_iter().any(|c| c.name == name) {
        "initContainers"
    } else {
        "containers"
    };
    let message = format!(
        "Back-off restarting failed container {name} in pod {}_{}({})",
        meta.name, meta.namespace, meta.uid
    );
    let said = Said {
        field: format!("spec.{list}{{{name}}}"),
        host: object.pod().map_or("", |pod| pod.spec.node_name.as_str()),
        ..Said::warning(COMPONENT, "BackOff", message)
    };
    record(store, sim, object, said);
}

/// Whether a container ran before and has ended: its image is looked at anew.
fn has_ended(object: &Object, name: &str) -> bool {
    let mut all = object.pod().into_iter().flat_map(container::statuses);
    let status = all.find(|status| status.name == name);
    status.is_some_and(|s| s.state.terminated.is_some() || s.last_state.terminated.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_takes_its_time_from_the_grace_period() {
        let seconds = |n| Span::secs(n);
        // Hook, program, grace period; how long it takes, and whether the program is killed.
        let rows = [
            (None, Some(seconds(1)), 30, 1, false),
            (None, None, 30, 30, true),
            (Some(Some(seconds(8))), Some(seconds(1)), 30, 9, false),
            (Some(Some(seconds(8))), None, 30, 30, true),
            (Some(Some(seconds(60))), Some(seconds(1)), 5, 6, false),
            (Some(None), None, 5, 7, true),
            (Some(Some(seconds(8))), None, 0, 0, true),
        ];
        for (hook, program, grace, takes, killed) in rows {
            let came = lasts(hook, program, seconds(grace));
            assert_eq!(
                came,
                (seconds(takes), killed),
                "{hook:?} {program:?} {grace}"
            );
        }
    }
}
