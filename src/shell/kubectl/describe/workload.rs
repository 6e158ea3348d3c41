//! Deployments, `ReplicaSets`, `StatefulSets`, `DaemonSets` and Jobs.

use super::container::plain;
use super::pod::template;
use super::{Around, annotations_text, list, list_at, page, storage, time};
use crate::api::pod::PodTemplateSpec;
use crate::api::workload::{Deployment, ReplicaSet};
use crate::api::{Object, StringMap, Value, kind};
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
    if sets.is_empty() {
        return text;
    }
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
    text.push_str(&page::fill(
        "?status.conditions Conditions:~  Type\tStatus\tReason~  ----\t------\t------\n*status.conditions   {type} \t{status}\t{reason}",
        &object.to_value(),
        0,
    ));
    text
}

/// How many Pods of a workload are in each phase, on a line.
pub(super) fn phases(around: &Around<'_>, object: &Object) -> String {
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
pub(super) fn template_of(value: &Value, path: &[&str]) -> String {
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
        if let Some(most) = strategy.and_then(|s| s.at(&["rollingUpdate", "maxUnavailable"])) {
            text.push_str(&format!("  MaxUnavailable:\t{}\n", plain(most)));
        }
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
        let class = storage::beta_class(claim);
        let indented = |title: &str, path: &str| list_at("  ", title, &page::map(claim, path));
        text.push_str(&page::fill(
            &format!("  Name:\t{{metadata.name}}\n  StorageClass:\t{class}"),
            claim,
            0,
        ));
        text.push_str(&indented("Labels", "metadata.labels"));
        // kubectl joins these as it joins labels.
        let notes = list_at("  ", "Labels", &page::map(claim, "metadata.annotations"));
        text.push_str(&notes.replacen("Labels", "Annotations", 1));
        text.push_str(&page::fill(
            "?spec.resources.requests.storage   Capacity:\t{spec.resources.requests.storage}
!spec.resources.requests.storage   Capacity:\t<default>
  Access Modes:\t{spec.accessModes|go}",
            claim,
            0,
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

/// Which indexes of an indexed Job are done.
pub(super) fn indexes(job: &Value) -> String {
    const SOFT_LIMIT: usize = 50;
    if page::text(job, "spec.completionMode") != "Indexed" {
        return String::new();
    }
    let all = page::text(job, "status.completedIndexes");
    let cut = all.get(SOFT_LIMIT..).and_then(|rest| rest.find(','));
    let shown = match cut.and_then(|at| all.get(..=SOFT_LIMIT + at)) {
        Some(start) => format!("{start}..."),
        None => printers::or_none(&all),
    };
    format!("Completed Indexes:\t{shown}\n")
}

/// The Jobs of a `CronJob` that run.
pub(super) fn active(cron_job: &Value) -> String {
    let jobs = page::items(cron_job, "status.active");
    let names: Vec<String> = jobs.iter().map(|job| page::text(job, "name")).collect();
    format!("Active Jobs:\t{}\n", printers::or_none(&names.join(", ")))
}
