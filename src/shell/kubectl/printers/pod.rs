//! The cells of Pods.

use super::or_none;
use crate::api::pod::{ContainerState, ContainerStatus, Pod};
use crate::api::{Object, Value};
use crate::kernel::unix;
use crate::shell::kubectl::age::{age, human};
use std::rc::Rc;

/// What the columns READY, STATUS and RESTARTS are made from.
struct Summary {
    ready: usize,
    total: usize,
    status: String,
    restarts: i64,
    /// When a container ended last, in seconds since 1970.
    last_restart: Option<i64>,
}

/// Restarts are counted over a group of containers.
#[derive(Default)]
struct Restarts {
    count: i64,
    last: Option<i64>,
}

impl Restarts {
    fn add(&mut self, status: &ContainerStatus) {
        self.count += status.restart_count.unwrap_or(0);
        let ended = status.last_state.terminated.as_ref();
        self.last = self.last.max(ended.and_then(|t| unix(&t.finished_at)));
    }
}

/// How the initialisation stands, if it goes on.
fn initializing(status: &ContainerStatus, at: usize, total: usize) -> String {
    if let Some(word) = ended_word(&status.state) {
        return format!("Init:{word}");
    }
    let waiting = status.state.waiting.as_ref().map(|w| w.reason.as_str());
    match waiting {
        Some(reason) if !reason.is_empty() && reason != "PodInitializing" => {
            format!("Init:{reason}")
        }
        _ => format!("Init:{at}/{total}"),
    }
}

/// Why a container ended.
fn ended_word(state: &ContainerState) -> Option<String> {
    let ended = state.terminated.as_ref()?;
    Some(match (ended.reason.as_str(), ended.signal) {
        ("", 0) => format!("ExitCode:{}", ended.exit_code.unwrap_or(0)),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    })
}

#[expect(
    clippy::too_many_lines,
    reason = "one pass over the containers, in the order of the printer that it models"
)]
fn summary(object: &Object, pod: &Pod) -> Summary {
    let is_sidecar = |name: &str| {
        let of_name = pod.spec.init_containers.iter().find(|c| c.name == name);
        of_name.is_some_and(|c| c.restart_policy == "Always")
    };
    let inits = &pod.spec.init_containers;
    let total = pod.spec.containers.len()
        + inits
            .iter()
            .filter(|c| c.restart_policy == "Always")
            .count();
    let mut ready = 0;
    let mut status = if pod.status.reason.is_empty() {
        pod.status.phase.clone()
    } else {
        pod.status.reason.clone()
    };
    let gated = |c: &Rc<crate::api::pod::Condition>| {
        c.type_ == "PodScheduled" && c.reason == "SchedulingGated"
    };
    if pod.status.conditions.iter().any(gated) {
        "SchedulingGated".clone_into(&mut status);
    }
    let (mut first, mut sidecars) = (Restarts::default(), Restarts::default());
    let mut pending = false;
    for (i, container) in pod.status.init_container_statuses.iter().enumerate() {
        let sidecar = is_sidecar(&container.name);
        first.add(container);
        if sidecar {
            sidecars.add(container);
        }
        let ended = container.state.terminated.as_ref();
        if ended.is_some_and(|t| t.exit_code.unwrap_or(0) == 0) {
            continue;
        }
        if sidecar && container.started == Some(true) {
            ready += usize::from(container.ready == Some(true));
            continue;
        }
        status = initializing(container, i, inits.len());
        pending = true;
        break;
    }
    let mut restarts = first;
    if !pending || pod.is_condition_true("Initialized") {
        restarts = sidecars;
        let mut has_running = false;
        for container in pod.status.container_statuses.iter().rev() {
            restarts.add(container);
            let waiting = container
                .state
                .waiting
                .as_ref()
                .filter(|w| !w.reason.is_empty());
            if let Some(waiting) = waiting {
                status.clone_from(&waiting.reason);
            } else if let Some(word) = ended_word(&container.state) {
                status = word;
            } else if container.ready == Some(true) && container.state.running.is_some() {
                has_running = true;
                ready += 1;
            }
        }
        if status == "Completed" && has_running {
            status = if pod.is_ready() {
                "Running"
            } else {
                "NotReady"
            }
            .to_owned();
        }
    }
    if object.meta.is_terminating() {
        if pod.status.reason == "NodeLost" {
            "Unknown".clone_into(&mut status);
        } else if !pod.is_finished() {
            "Terminating".clone_into(&mut status);
        }
    }
    Summary {
        ready,
        total,
        status,
        restarts: restarts.count,
        last_restart: restarts.last,
    }
}

pub(super) fn cells(object: &Object, pod: &Pod, wide: bool, now: i64) -> Vec<String> {
    let summary = summary(object, pod);
    let restarts = match summary.last_restart.filter(|_| summary.restarts != 0) {
        Some(then) => format!("{} ({} ago)", summary.restarts, human(now - then)),
        None => summary.restarts.to_string(),
    };
    let mut row = vec![
        object.meta.name.clone(),
        format!("{}/{}", summary.ready, summary.total),
        summary.status,
        restarts,
        age(&object.meta.creation_timestamp, now),
    ];
    if wide {
        let first = pod.status.pod_ips.first();
        let ip = first.map_or(pod.status.pod_ip.as_str(), |ip| ip.ip.as_str());
        let nominated = pod
            .status
            .rest
            .get("nominatedNodeName")
            .and_then(Value::as_str);
        row.extend([
            or_none(ip),
            or_none(&pod.spec.node_name),
            or_none(nominated.unwrap_or_default()),
            gates(pod),
        ]);
    }
    row
}

/// How many readiness gates are open.
fn gates(pod: &Pod) -> String {
    let all: Vec<&str> = pod
        .spec
        .readiness_gates
        .iter()
        .filter_map(|g| g.get("conditionType").and_then(Value::as_str))
        .collect();
    if all.is_empty() {
        return "<none>".to_owned();
    }
    let open = all.iter().filter(|gate| pod.is_condition_true(gate));
    format!("{}/{}", open.count(), all.len())
}
