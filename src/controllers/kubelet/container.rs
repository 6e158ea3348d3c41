//! One container: its state, its readiness, and whether its program stays.

use super::switch::Switch;
use crate::api::Object;
use crate::api::image::{
    Configured, Main, exit_status, is_cluster_dns, lasts_secs, lookup, main_program,
};
use crate::api::pod::{
    Container, ContainerRunning, ContainerState, ContainerStatus, ContainerTerminated,
    ContainerWaiting, Pod,
};
use crate::controllers::scheduler::set_condition;
use crate::kernel::{Sim, Span, unix};
use std::rc::Rc;

/// Whether a container's program stays.
pub(super) enum Ends {
    /// It stays until it is told to stop, or until its reader leaves.
    Later,
    /// It ends with this status after so long.
    After(Span, i64),
}

/// How long a program that has nothing to do runs.
const AT_ONCE: Span = Span(0);
/// How long a program that crashes runs.
const CRASHES: Span = Span::millis(1_500);

/// Whether a container's program stays: a shell stays only while its input is held open.
pub(super) fn ends(object: &Object, container: &Container, dns: &Configured) -> Ends {
    if Switch::of(object, &container.name) == Some(Switch::Crash) {
        return Ends::After(CRASHES, 1);
    }
    if let Some(span) = dns.ends.filter(|_| is_cluster_dns(object)) {
        return Ends::After(span, 1);
    }
    if let Some(seconds) = lasts_secs(container) {
        return Ends::After(Span::secs(seconds), exit_status(container));
    }
    if let Some(variable) = required_variable(container) {
        let given = |name: &str| container.env.iter().any(|e| e.name == name);
        if !variable.iter().any(|name| given(name)) && !container.rest.contains_key("envFrom") {
            return Ends::After(CRASHES, 1);
        }
    }
    match main_program(container) {
        Main::Server => Ends::Later,
        Main::Shell if container.stdin => Ends::Later,
        Main::Shell => Ends::After(AT_ONCE, 0),
        Main::Exits(code) => Ends::After(AT_ONCE, code),
    }
}

/// The variables of which a database's image needs one to start.
fn required_variable(container: &Container) -> Option<&'static [&'static str]> {
    if !container.command.is_empty() {
        return None;
    }
    match lookup(&container.image).names.first().copied()? {
        "mysql" => Some(&[
            "MYSQL_ROOT_PASSWORD",
            "MYSQL_ALLOW_EMPTY_PASSWORD",
            "MYSQL_RANDOM_ROOT_PASSWORD",
        ]),
        "mariadb" => Some(&[
            "MARIADB_ROOT_PASSWORD",
            "MYSQL_ROOT_PASSWORD",
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
            "MARIADB_RANDOM_ROOT_PASSWORD",
        ]),
        "postgres" => Some(&["POSTGRES_PASSWORD", "POSTGRES_HOST_AUTH_METHOD"]),
        _ => None,
    }
}

/// A container of a Pod, an init container too.
pub(super) fn find<'a>(object: &'a Object, name: &str) -> Option<&'a Container> {
    let spec = &object.pod()?.spec;
    let mut all = spec.containers.iter().chain(&spec.init_containers);
    all.find(|container| container.name == name)
}

/// The states of all containers, init containers last.
pub(super) fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = &pod.status;
    let all = status.container_statuses.iter();
    all.chain(&status.init_container_statuses)
        .map(|status| &**status)
}

/// The states of all containers, to be changed.
pub(super) fn statuses_mut(pod: &mut Pod) -> impl Iterator<Item = &mut ContainerStatus> {
    let status = &mut pod.status;
    let all = status.container_statuses.iter_mut();
    all.chain(&mut status.init_container_statuses)
        .map(Rc::make_mut)
}

/// Whether a container runs.
pub(super) fn is_running(object: &Object, name: &str) -> bool {
    let mut all = object.pod().into_iter().flat_map(statuses);
    all.any(|status| status.name == name && status.state.running.is_some())
}

/// For how many seconds a container has run.
pub(super) fn runs_for(object: &Object, name: &str, sim: &Sim) -> i64 {
    let mut all = object.pod().into_iter().flat_map(statuses);
    let status = all.find(|status| status.name == name);
    let running = status.and_then(|status| status.state.running.as_ref());
    let since = running.and_then(|running| unix(&running.started_at));
    since.map_or(0, |since| sim.unix(sim.now) - since)
}

/// Whether a container is ready.
pub(super) fn is_ready(object: &Object, name: &str) -> bool {
    let mut all = object.pod().into_iter().flat_map(statuses);
    all.any(|status| status.name == name && status.ready == Some(true))
}

/// A container waits for this reason.
pub(super) fn wait(status: &mut ContainerStatus, reason: &str, message: &str) {
    status.state = ContainerState {
        waiting: Some(ContainerWaiting {
            reason: reason.to_owned(),
            message: message.to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    };
    status.ready = Some(false);
    status.started = Some(false);
}

/// The name of a container in an event: `spec.containers{redis}`.
pub(super) fn field(container: &Container) -> String {
    ["spec.containers{", &container.name, "}"].concat()
}

/// The container runs.
pub(super) fn run(status: &mut ContainerStatus, id: String, now: &str) {
    let running = ContainerRunning {
        started_at: now.to_owned(),
        ..Default::default()
    };
    status.state = ContainerState {
        running: Some(running),
        ..Default::default()
    };
    status.started = Some(true);
    status.container_id = id;
}

/// The container's program ended.
pub(super) fn end(status: &mut ContainerStatus, code: i64, now: &str) {
    let started_at = status
        .state
        .running
        .as_ref()
        .map(|r| r.started_at.clone())
        .unwrap_or_default();
    let terminated = ContainerTerminated {
        exit_code: Some(code),
        reason: if code == 0 { "Completed" } else { "Error" }.to_owned(),
        started_at,
        finished_at: now.to_owned(),
        ..Default::default()
    };
    status.state = ContainerState {
        terminated: Some(Box::new(terminated)),
        ..Default::default()
    };
    status.ready = Some(false);
    status.started = Some(false);
}

/// A running container without a readiness or startup probe is ready, unless its switch says otherwise.
pub(super) fn mark_ready_without_probe(object: &mut Object) {
    let ready = |object: &Object, container: &Container| {
        let switch = Switch::of(object, &container.name);
        let held = matches!(switch, Some(Switch::Unready | Switch::Slow));
        container.readiness_probe.is_none() && container.startup_probe.is_none() && !held
    };
    let spec = object.pod().map(|pod| pod.spec.clone()).unwrap_or_default();
    let all = spec.containers.iter().chain(&spec.init_containers);
    let names: Vec<&str> = all
        .filter(|c| ready(object, c))
        .map(|c| c.name.as_str())
        .collect();
    let Some(pod) = object.pod_mut() else { return };
    for status in statuses_mut(pod) {
        if names.contains(&status.name.as_str()) && status.state.running.is_some() {
            status.ready = Some(true);
        }
        let probed = spec
            .containers
            .iter()
            .any(|c| c.name == status.name && c.startup_probe.is_some());
        if probed && status.ready != Some(true) {
            status.started = Some(false);
        }
    }
}

/// The reason of a Pod that was active for longer than it may be.
pub(super) const LATE: &str = "DeadlineExceeded";

/// Whether a container that ended so is started again.
pub(super) fn restarts(pod: &Pod, code: i64) -> bool {
    let policy = pod.spec.restart_policy.as_str();
    pod.status.reason != LATE && (policy == "Always" || (policy == "OnFailure" && code != 0))
}

/// Whether all containers but sidecars have ended for good.
pub(super) fn is_through(pod: &Pod) -> bool {
    let late = pod.status.reason == LATE;
    let over = |status: &Rc<ContainerStatus>| match &status.state.terminated {
        Some(ended) => !restarts(pod, ended.exit_code.unwrap_or(0)),
        None => late && status.state.running.is_none(),
    };
    let own = &pod.status.container_statuses;
    !own.is_empty() && own.iter().all(over)
}

/// The sidecars that run.
pub(super) fn running_sidecars(object: &Object) -> Vec<&Container> {
    let Some(pod) = object.pod() else {
        return Vec::new();
    };
    let own = pod.spec.init_containers.iter();
    let runs = |container: &&Container| {
        container.restart_policy == "Always" && is_running(object, &container.name)
    };
    own.filter(runs).collect()
}

/// Writes how a Pod ended once all its containers have.
pub(super) fn write_phase(object: &mut Object, now: &Rc<str>) {
    let sidecars = !running_sidecars(object).is_empty();
    let Some(pod) = object.pod_mut() else { return };
    if is_through(pod) && !sidecars {
        let bad = |s: &Rc<ContainerStatus>| {
            let ended = s.state.terminated.as_ref();
            ended.is_none_or(|t| t.exit_code != Some(0))
        };
        let failed = pod.status.reason == LATE || pod.status.container_statuses.iter().any(bad);
        if failed { "Failed" } else { "Succeeded" }.clone_into(&mut pod.status.phase);
        set_condition(pod, "PodReadyToStartContainers", false, ("", ""), now);
        if !failed {
            set_condition(pod, "Initialized", true, ("PodCompleted", ""), now);
        }
    }
    write_readiness(pod, now);
}

/// Writes the conditions `Ready` and `ContainersReady` from the containers' states.
pub(super) fn write_readiness(pod: &mut Pod, now: &Rc<str>) {
    let statuses = &pod.status.container_statuses;
    let unready = statuses.iter().filter(|status| status.ready != Some(true));
    let unready: Vec<&str> = unready.map(|status| status.name.as_str()).collect();
    let failed = pod.status.phase == "Failed";
    let all = unready.is_empty() && !statuses.is_empty() && !failed;
    let (reason, message) = match (all, pod.status.phase.as_str()) {
        (true, _) => ("", String::new()),
        (false, "Succeeded") => ("PodCompleted", String::new()),
        (false, "Failed") => ("PodFailed", String::new()),
        (false, _) => {
            let names = unready.join(" ");
            let message = ["containers with unready status: [", &names, "]"].concat();
            ("ContainersNotReady", message)
        }
    };
    set_condition(pod, "Ready", all, (reason, &message), now);
    set_condition(pod, "ContainersReady", all, (reason, &message), now);
}
