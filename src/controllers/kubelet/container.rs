//! One container: its state, its readiness, and whether its program stays.

use crate::api::image::{Main, main_program};
use crate::api::pod::{
    Container, ContainerRunning, ContainerState, ContainerStatus, ContainerTerminated, Pod,
};
use crate::controllers::scheduler::set_condition;

/// Whether a container's program stays.
pub(super) enum Ends {
    /// It stays until it is told to stop, or until its reader leaves.
    Later,
    /// It ends at once with this status.
    AtOnce(i64),
}

/// Whether a container's program stays: a shell stays only while its input is held open.
pub(super) fn ends(container: &Container) -> Ends {
    match main_program(container) {
        Main::Server => Ends::Later,
        Main::Shell if container.stdin => Ends::Later,
        Main::Shell => Ends::AtOnce(0),
        Main::Exits(code) => Ends::AtOnce(code),
    }
}

/// The name of a container in an event: `spec.containers{redis}`.
pub(super) fn field(container: &Container) -> String {
    format!("spec.containers{{{}}}", container.name)
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

/// A running container without a readiness probe is ready.
pub(super) fn mark_ready_without_probe(pod: &mut Pod) {
    for (container, status) in pod
        .spec
        .containers
        .iter()
        .zip(&mut pod.status.container_statuses)
    {
        if container.readiness_probe.is_none() && status.state.running.is_some() {
            status.ready = Some(true);
        }
    }
}

/// Writes the conditions `Ready` and `ContainersReady` from the containers' states.
pub(super) fn write_readiness(pod: &mut Pod, now: &str) {
    let unready: Vec<&str> = pod
        .status
        .container_statuses
        .iter()
        .filter(|status| status.ready != Some(true))
        .map(|status| status.name.as_str())
        .collect();
    let all = unready.is_empty() && !pod.status.container_statuses.is_empty();
    let finished = pod.status.phase == "Succeeded";
    let message = format!("containers with unready status: [{}]", unready.join(" "));
    let why = match (all, finished) {
        (true, _) => ("", ""),
        (false, true) => ("PodCompleted", ""),
        (false, false) => ("ContainersNotReady", message.as_str()),
    };
    let (reason, message) = (why.0.to_owned(), why.1.to_owned());
    set_condition(pod, "Ready", all, (&reason, &message), now);
    set_condition(pod, "ContainersReady", all, (&reason, &message), now);
}
