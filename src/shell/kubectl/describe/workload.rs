//! Deployments, `ReplicaSets`, `StatefulSets`, `DaemonSets` and Jobs.

use super::container::plain;
use super::pod::template;
use super::{Around, annotations_text, list, list_at, time};
use crate::api::pod::PodTemplateSpec;
use crate::api::workload::{Deployment, ReplicaSet};
use crate::api::{Object, StringMap, Value, kind};
use crate::kernel::unix;
use crate::shell::kubectl::age::human;
use crate::shell::kubectl::printers;
use std::rc::Rc;

pub(super) fn deployment(around: &Around<'_>, object: &Object, deployment: &Deployment) -> String {
    let (spec, status) = (&deployment.spec, &deployment.status);
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nCreationTimestamp:\t{}\n{}{}Selector:\t{}\n",
        object.meta.name,
        object.meta.namespace,
        time(&object.meta.creation_timestamp),
        list("Labels", &object.meta.labels),
        annotations_text(object),
        printers::selector_text(&spec.selector)
    );
    text.push_str(&format!(
        "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable\n",
        spec.replicas.unwrap_or(1),
        status.updated_replicas,
        status.replicas.unwrap_or(0),
        status.available_replicas,
        status.unavailable_replicas
    ));
    text.push_str(&format!(
        "StrategyType:\t{}\nMinReadySeconds:\t{}\n",
        spec.strategy.type_, spec.min_ready_seconds
    ));
    if let Some(bounds) = &spec.strategy.rolling_update {
        let show = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_json(), str::to_owned)
        };
        text.push_str(&format!(
            "RollingUpdateStrategy:\t{} max unavailable, {} max surge\n",
            show(&bounds.max_unavailable),
            show(&bounds.max_surge)
        ));
    }
    text.push_str(&template(&spec.template));
    if !status.conditions.is_empty() {
        text.push_str("Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n");
        for c in &status.conditions {
            text.push_str(&format!("  {} \t{}\t{}\n", c.type_, c.status, c.reason));
        }
    }
    text.push_str(&sets(around, object));
    text
}

/// The `ReplicaSets` of a Deployment: those that still have Pods, and the newest.
fn sets(around: &Around<'_>, object: &Object) -> String {
    let mut text = String::new();
    let sets: Vec<&Rc<Object>> = around
        .tables
        .owned_by(&object.meta.uid)
        .into_iter()
        .filter(|o| o.kind == kind::REPLICA_SET)
        .collect();
    let newest = sets.iter().max_by_key(|set| {
        let revision = set
            .meta
            .annotations
            .get("deployment.kubernetes.io/revision");
        revision
            .and_then(|text| text.parse::<i64>().ok())
            .unwrap_or(0)
    });
    let show = |set: &Rc<Object>| {
        let (wanted, made) = set.replica_set().map_or((0, 0), |s| {
            (s.spec.replicas.unwrap_or(0), s.status.replicas.unwrap_or(0))
        });
        format!("{} ({made}/{wanted} replicas created)", set.meta.name)
    };
    let has_pods = |set: &Rc<Object>| {
        set.replica_set()
            .is_some_and(|s| s.spec.replicas != Some(0))
    };
    let old: Vec<String> = sets
        .iter()
        .filter(|set| newest.is_none_or(|n| n.meta.uid != set.meta.uid) && has_pods(set))
        .map(|set| show(set))
        .collect();
    let old_text = if old.is_empty() {
        "<none>".to_owned()
    } else {
        old.join(", ")
    };
    text.push_str(&format!("OldReplicaSets:\t{old_text}\n"));
    text.push_str(&format!(
        "NewReplicaSet:\t{}\n",
        newest.map_or_else(|| "<none>".to_owned(), |set| show(set))
    ));
    text
}

pub(super) fn replica_set(around: &Around<'_>, object: &Object, set: &ReplicaSet) -> String {
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nSelector:\t{}\n{}{}",
        object.meta.name,
        object.meta.namespace,
        printers::selector_text(&set.spec.selector),
        list("Labels", &object.meta.labels),
        annotations_text(object)
    );
    if let Some(owner) = object.meta.controller() {
        text.push_str(&format!("Controlled By:\t{}/{}\n", owner.kind, owner.name));
    }
    text.push_str(&format!(
        "Replicas:\t{} current / {} desired\n",
        set.status.replicas.unwrap_or(0),
        set.spec.replicas.unwrap_or(1)
    ));
    text.push_str(&phases(around, object));
    text.push_str(&template(&set.spec.template));
    text
}

/// How many Pods of a workload are in each phase, on a line.
fn phases(around: &Around<'_>, object: &Object) -> String {
    let mut counts = [0usize; 4];
    let owned = around.tables.owned_by(&object.meta.uid);
    for pod in owned.iter().filter_map(|o| o.pod()) {
        let at = ["Running", "Pending", "Succeeded", "Failed"]
            .iter()
            .position(|phase| *phase == pod.status.phase);
        if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
            *count += 1;
        }
    }
    let [running, waiting, succeeded, failed] = counts;
    format!(
        "Pods Status:\t{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed\n"
    )
}

/// The Pod template among an object's fields.
fn template_of(value: &Value, path: &[&str]) -> String {
    let map = value.at(path).and_then(Value::as_map).cloned();
    template(&PodTemplateSpec::from_map(map.unwrap_or_default()))
}

fn number(value: &Value, path: &[&str]) -> i64 {
    value.at(path).and_then(Value::as_int).unwrap_or(0)
}

pub(super) fn stateful_set(around: &Around<'_>, object: &Object) -> String {
    let value = object.to_value();
    let strategy = value.at(&["spec", "updateStrategy"]);
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nCreationTimestamp:\t{}\nSelector:\t{}\n{}{}Replicas:\t{} desired | {} total\nUpdate Strategy:\t{}\n",
        object.meta.name,
        object.meta.namespace,
        time(&object.meta.creation_timestamp),
        printers::plain_selector(value.at(&["spec", "selector"])),
        list("Labels", &object.meta.labels),
        annotations_text(object),
        number(&value, &["spec", "replicas"]),
        number(&value, &["status", "replicas"]),
        strategy
            .and_then(|s| s.get("type"))
            .map(plain)
            .unwrap_or_default()
    );
    if let Some(partition) = strategy.and_then(|s| s.at(&["rollingUpdate", "partition"])) {
        text.push_str(&format!("  Partition:\t{}\n", plain(partition)));
    }
    text.push_str(&phases(around, object));
    text.push_str(&template_of(&value, &["spec", "template"]));
    let claims = value
        .at(&["spec", "volumeClaimTemplates"])
        .and_then(Value::as_list)
        .filter(|list| !list.is_empty());
    let Some(claims) = claims else {
        text.push_str("Volume Claims:\t<none>\n");
        return text;
    };
    text.push_str("Volume Claims:\n");
    for claim in claims {
        let field = |path: &[&str]| claim.at(path).map(plain).unwrap_or_default();
        let modes: Vec<String> = claim
            .at(&["spec", "accessModes"])
            .and_then(Value::as_list)
            .into_iter()
            .flatten()
            .map(plain)
            .collect();
        let of = |key: &str| {
            let map = claim.at(&["metadata", key]).and_then(Value::as_map);
            map.into_iter()
                .flatten()
                .map(|(k, v)| (k.clone(), plain(v)))
                .collect::<StringMap>()
        };
        text.push_str(&format!(
            "  Name:\t{}\n  StorageClass:\t{}\n{}{}  Capacity:\t{}\n  Access Modes:\t[{}]\n",
            field(&["metadata", "name"]),
            field(&["spec", "storageClassName"]),
            list_at("  ", "Labels", &of("labels")),
            list_at("  ", "Annotations", &of("annotations")),
            field(&["spec", "resources", "requests", "storage"]),
            modes.join(" ")
        ));
    }
    text
}

pub(super) fn daemon_set(around: &Around<'_>, object: &Object) -> String {
    let value = object.to_value();
    let nodes = value
        .at(&["spec", "template", "spec", "nodeSelector"])
        .and_then(Value::as_map)
        .map(|map| {
            map.iter()
                .map(|(k, v)| (k.clone(), plain(v)))
                .collect::<StringMap>()
        });
    let status = |key: &str| number(&value, &["status", key]);
    format!(
        "Name:\t{}\nNamespace:\t{}\nSelector:\t{}\nNode-Selector:\t{}\n{}{}Desired Number of Nodes Scheduled: {}\nCurrent Number of Nodes Scheduled: {}\nNumber of Nodes Scheduled with Up-to-date Pods: {}\nNumber of Nodes Scheduled with Available Pods: {}\nNumber of Nodes Misscheduled: {}\n{}{}",
        object.meta.name,
        object.meta.namespace,
        printers::plain_selector(value.at(&["spec", "selector"])),
        printers::label_text(&nodes.unwrap_or_default()),
        list("Labels", &object.meta.labels),
        annotations_text(object),
        status("desiredNumberScheduled"),
        status("currentNumberScheduled"),
        status("updatedNumberScheduled"),
        status("numberAvailable"),
        status("numberMisscheduled"),
        phases(around, object),
        template_of(&value, &["spec", "template"])
    )
}

pub(super) fn job(object: &Object) -> String {
    let value = object.to_value();
    let field = |path: &[&str]| value.at(path).map(plain);
    let mut text = format!(
        "Name:\t{}\nNamespace:\t{}\nSelector:\t{}\n{}{}",
        object.meta.name,
        object.meta.namespace,
        printers::plain_selector(value.at(&["spec", "selector"])),
        list("Labels", &object.meta.labels),
        annotations_text(object)
    );
    if let Some(owner) = object.meta.controller() {
        text.push_str(&format!("Controlled By:\t{}/{}\n", owner.kind, owner.name));
    }
    for (title, key) in [
        ("Parallelism", "parallelism"),
        ("Completions", "completions"),
        ("Completion Mode", "completionMode"),
        ("Suspend", "suspend"),
        ("Backoff Limit", "backoffLimit"),
        ("TTL Seconds After Finished", "ttlSecondsAfterFinished"),
    ] {
        match field(&["spec", key]) {
            Some(value) => text.push_str(&format!("{title}:\t{value}\n")),
            None if key == "completions" => text.push_str("Completions:\t<unset>\n"),
            None => {}
        }
    }
    let (start, end) = (
        field(&["status", "startTime"]),
        field(&["status", "completionTime"]),
    );
    if let Some(start) = &start {
        text.push_str(&format!("Start Time:\t{}\n", time(start)));
    }
    if let Some(end) = &end {
        text.push_str(&format!("Completed At:\t{}\n", time(end)));
    }
    if let (Some(start), Some(end)) = (start, end)
        && let (Some(start), Some(end)) = (unix(&start), unix(&end))
    {
        text.push_str(&format!("Duration:\t{}\n", human(end - start)));
    }
    if let Some(seconds) = field(&["spec", "activeDeadlineSeconds"]) {
        text.push_str(&format!("Active Deadline Seconds:\t{seconds}s\n"));
    }
    let status = |key: &str| number(&value, &["status", key]);
    text.push_str(&format!(
        "Pods Statuses:\t{} Active ({} Ready) / {} Succeeded / {} Failed\n",
        status("active"),
        status("ready"),
        status("succeeded"),
        status("failed")
    ));
    text.push_str(&template_of(&value, &["spec", "template"]));
    text
}
