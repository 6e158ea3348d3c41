//! The cells of workloads: what makes Pods.

use super::{or_none, plain_labels, plain_selector, selector_text};
use crate::api::workload::{Deployment, ReplicaSet};
use crate::api::{LabelSelector, Object, Value, kind};
use crate::kernel::unix;
use crate::shell::kubectl::age::{age, human};

/// CONTAINERS and IMAGES.
fn containers(containers: &[crate::api::pod::Container]) -> [String; 2] {
    let join = |part: fn(&crate::api::pod::Container) -> &str| {
        containers.iter().map(part).collect::<Vec<_>>().join(",")
    };
    [join(|c| &c.name), join(|c| &c.image)]
}

/// A typed selector as text.
fn selected(selector: &LabelSelector) -> String {
    selector_text(selector)
}

pub(super) fn deployment(
    name: String,
    deployment: &Deployment,
    wide: bool,
    age: String,
) -> Vec<String> {
    let (spec, status) = (&deployment.spec, &deployment.status);
    let mut row = vec![
        name,
        format!("{}/{}", status.ready_replicas, spec.replicas.unwrap_or(0)),
        status.updated_replicas.to_string(),
        status.available_replicas.to_string(),
        age,
    ];
    if wide {
        row.extend(containers(&spec.template.spec.containers));
        // Alone among the kinds, a Deployment that selects everything shows nothing here.
        row.push(match selected(&spec.selector) {
            none if none == "<none>" => String::new(),
            text => text,
        });
    }
    row
}

pub(super) fn replica_set(name: String, set: &ReplicaSet, wide: bool, age: String) -> Vec<String> {
    let mut row = vec![
        name,
        set.spec.replicas.unwrap_or(0).to_string(),
        set.status.replicas.unwrap_or(0).to_string(),
        set.status.ready_replicas.to_string(),
        age,
    ];
    if wide {
        row.extend(containers(&set.spec.template.spec.containers));
        row.push(selected(&set.spec.selector));
    }
    row
}

/// A whole number at a path, 0 if there is none.
fn int(value: &Value, path: &[&str]) -> i64 {
    value.at(path).and_then(Value::as_int).unwrap_or(0)
}

/// CONTAINERS and IMAGES of a template at a path.
pub(super) fn plain_containers(value: &Value, path: &[&str]) -> [String; 2] {
    let list = value.at(path).and_then(Value::as_list).unwrap_or_default();
    let join = |key: &str| {
        let texts = list
            .iter()
            .filter_map(|c| c.get(key).and_then(Value::as_str));
        texts.collect::<Vec<_>>().join(",")
    };
    [join("name"), join("image")]
}

const CONTAINERS: &[&str] = &["spec", "template", "spec", "containers"];

/// The cells of the workloads that Portside keeps as they are.
pub(super) fn plain(object: &Object, value: &Value, wide: bool, now: i64) -> Option<Vec<String>> {
    let name = object.meta.name.clone();
    let age_text = age(&object.meta.creation_timestamp, now);
    let selector = || plain_selector(value.at(&["spec", "selector"]));
    let mut row = match object.kind {
        k if k == kind::STATEFUL_SET => {
            let wanted = int(value, &["spec", "replicas"]);
            vec![
                name,
                format!("{}/{wanted}", int(value, &["status", "readyReplicas"])),
                age_text,
            ]
        }
        k if k == kind::DAEMON_SET => {
            let status = |key: &str| int(value, &["status", key]).to_string();
            let nodes = plain_labels(value.at(&["spec", "template", "spec", "nodeSelector"]));
            vec![
                name,
                status("desiredNumberScheduled"),
                status("currentNumberScheduled"),
                status("numberReady"),
                status("updatedNumberScheduled"),
                status("numberAvailable"),
                nodes,
                age_text,
            ]
        }
        k if k == kind::REPLICATION_CONTROLLER => vec![
            name,
            int(value, &["spec", "replicas"]).to_string(),
            int(value, &["status", "replicas"]).to_string(),
            int(value, &["status", "readyReplicas"]).to_string(),
            age_text,
        ],
        k if k == kind::JOB => vec![
            name,
            job_status(object, value),
            completions(value),
            job_duration(value, now),
            age_text,
        ],
        k if k == kind::CRON_JOB => return Some(cron_job(name, value, wide, now, age_text)),
        _ => return None,
    };
    if wide {
        row.extend(plain_containers(value, CONTAINERS));
        match object.kind {
            k if k == kind::STATEFUL_SET => {}
            k if k == kind::REPLICATION_CONTROLLER => {
                row.push(plain_labels(value.at(&["spec", "selector"])));
            }
            _ => row.push(selector()),
        }
    }
    Some(row)
}

fn completions(job: &Value) -> String {
    let done = int(job, &["status", "succeeded"]);
    let wanted = job.at(&["spec", "completions"]).and_then(Value::as_int);
    match (wanted, int(job, &["spec", "parallelism"])) {
        (Some(wanted), _) => format!("{done}/{wanted}"),
        (None, parallel) if parallel > 1 => format!("{done}/1 of {parallel}"),
        (None, _) => format!("{done}/1"),
    }
}

fn job_duration(job: &Value, now: i64) -> String {
    let time = |key: &str| {
        job.at(&["status", key])
            .and_then(Value::as_str)
            .and_then(unix)
    };
    time("startTime").map_or_else(String::new, |start| {
        human(time("completionTime").unwrap_or(now) - start)
    })
}

fn job_status(object: &Object, job: &Value) -> String {
    let conditions = job
        .at(&["status", "conditions"])
        .and_then(Value::as_list)
        .unwrap_or_default();
    let text = |c: &Value, key: &str| {
        c.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let holds = |type_: &str| {
        let first = conditions.iter().find(|c| text(c, "type") == type_);
        first.is_some_and(|c| text(c, "status") == "True")
    };
    let words = [("Complete", "Complete"), ("Failed", "Failed")];
    let later = [
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
        ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ];
    let found = |words: &[(&'static str, &'static str)]| {
        words
            .iter()
            .find(|(type_, _)| holds(type_))
            .map(|(_, word)| *word)
    };
    let ending = object.meta.is_terminating().then_some("Terminating");
    found(&words)
        .or(ending)
        .or_else(|| found(&later))
        .unwrap_or("Running")
        .to_owned()
}

fn cron_job(name: String, value: &Value, wide: bool, now: i64, age_text: String) -> Vec<String> {
    let text = |path: &[&str]| {
        value
            .at(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let suspend = match value.at(&["spec", "suspend"]) {
        Some(Value::Bool(true)) => "True",
        Some(Value::Bool(false)) => "False",
        _ => "<unset>",
    };
    let active = value
        .at(&["status", "active"])
        .and_then(Value::as_list)
        .unwrap_or_default()
        .len();
    let last = text(&["status", "lastScheduleTime"]);
    let last_text = if last.is_empty() {
        "<none>".to_owned()
    } else {
        age(&last, now)
    };
    let mut row = vec![
        name,
        text(&["spec", "schedule"]),
        or_none(&text(&["spec", "timeZone"])),
        suspend.to_owned(),
        active.to_string(),
        last_text,
        age_text,
    ];
    if wide {
        row.extend(plain_containers(
            value,
            &[
                "spec",
                "jobTemplate",
                "spec",
                "template",
                "spec",
                "containers",
            ],
        ));
        row.push(plain_selector(value.at(&[
            "spec",
            "jobTemplate",
            "spec",
            "selector",
        ])));
    }
    row
}
