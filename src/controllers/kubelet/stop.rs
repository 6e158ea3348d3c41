//! The end of a program, and the end of a Pod.

use super::{COMPONENT, Kubelet, Step, container};
use crate::api::image::stops_after_ms;
use crate::api::{Object, ObjectKey};
use crate::controllers::recorder::{Said, record};
use crate::kernel::{Sim, Span};
use crate::store::Store;

/// The longest pause before a restart.
const LONGEST_PAUSE: u64 = 300;

/// How long a Pod takes from its deletion to its end: its slowest program, at most the grace period.
pub(super) fn duration(object: &Object) -> Span {
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
        container
            .and_then(stops_after_ms)
            .map_or(grace, Span::millis)
    });
    times.max().unwrap_or(Span::millis(50)).min(grace) + Span::millis(40)
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
        let changed = store.modify(sim, pod, |object| {
            let Some(pod) = object.pod_mut() else { return };
            let restarts = restarts(&pod.spec.restart_policy, code);
            for status in pod
                .status
                .container_statuses
                .iter_mut()
                .filter(|s| s.name == name && s.state.running.is_some())
            {
                container::end(status, code, &now);
            }
            let ended = pod
                .status
                .container_statuses
                .iter()
                .all(|s| s.state.terminated.is_some());
            if ended && !restarts {
                let failed = pod.status.container_statuses.iter().any(|s| {
                    s.state
                        .terminated
                        .as_ref()
                        .is_some_and(|t| t.exit_code != Some(0))
                });
                if failed { "Failed" } else { "Succeeded" }.clone_into(&mut pod.status.phase);
            }
            container::write_readiness(pod, &now);
        });
        let Some(object) = changed else { return };
        let policy = object
            .pod()
            .map(|p| p.spec.restart_policy.clone())
            .unwrap_or_default();
        if restarts(&policy, code) && !object.meta.is_terminating() {
            self.back_off(store, sim, &object, name);
        }
    }

    /// Waits before the next start: at once the first time, then 10 s, doubling up to five minutes.
    fn back_off(&mut self, store: &mut Store, sim: &mut Sim, object: &Object, name: &str) {
        let statuses = object
            .pod()
            .map(|p| p.status.container_statuses.clone())
            .unwrap_or_default();
        let count = statuses
            .iter()
            .find(|s| s.name == name)
            .and_then(|s| s.restart_count)
            .unwrap_or(0);
        if count == 0 {
            self.schedule(sim, Step::Restart, Span::millis(900), object);
            return;
        }
        let pause = (10u64 << (count - 1).clamp(0, 5)).min(LONGEST_PAUSE);
        let message = format!(
            "Back-off restarting failed container {name} in pod {}_{}({})",
            object.meta.name, object.meta.namespace, object.meta.uid
        );
        let node = object
            .pod()
            .map(|p| p.spec.node_name.clone())
            .unwrap_or_default();
        let field = format!("spec.containers{{{name}}}");
        record(
            store,
            sim,
            object,
            Said {
                field,
                host: &node,
                ..Said::warning(COMPONENT, "BackOff", message)
            },
        );
        let long = format!(
            "back-off {pause}s restarting failed container={name} pod={}_{}({})",
            object.meta.name, object.meta.namespace, object.meta.uid
        );
        store.modify(sim, &object.key(), |object| {
            let statuses = object.pod_mut().map(|p| &mut p.status.container_statuses);
            for status in statuses.into_iter().flatten().filter(|s| s.name == name) {
                status.last_state = std::mem::take(&mut status.state);
                let waiting = status.state.waiting.get_or_insert_default();
                "CrashLoopBackOff".clone_into(&mut waiting.reason);
                waiting.message.clone_from(&long);
            }
        });
        self.schedule_in_background(sim, Step::Restart, Span::secs(pause), object);
    }

    pub(super) fn restart(&mut self, store: &mut Store, sim: &mut Sim, object: &Object) {
        let Some(pod) = object.pod().filter(|_| !object.meta.is_terminating()) else {
            return;
        };
        let ids: Vec<String> = pod
            .spec
            .containers
            .iter()
            .map(|_| self.container_id())
            .collect();
        let now = sim.timestamp();
        store.modify(sim, &object.key(), |object| {
            let Some(pod) = object.pod_mut() else { return };
            for (status, id) in pod.status.container_statuses.iter_mut().zip(ids) {
                if status.state.running.is_some() {
                    continue;
                }
                if status.state.terminated.is_some() {
                    status.last_state = status.state.clone();
                }
                container::run(status, id, &now);
                status.restart_count = status.restart_count.map(|n| n + 1);
            }
            container::mark_ready_without_probe(pod);
            container::write_readiness(pod, &now);
        });
        self.after_start(store, sim, object);
    }
}

fn restarts(policy: &str, code: i64) -> bool {
    policy == "Always" || (policy == "OnFailure" && code != 0)
}
