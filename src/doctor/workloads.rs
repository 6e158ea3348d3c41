//! Workloads without Pods: none are wanted, or none could be made.

use super::evidence::{Evidence, Subject};
use super::finding::{Finding, count};
use super::rows;
use crate::api::{Object, ObjectKey, StringMap, kind};
use std::rc::Rc;

/// The workloads whose template the selector matches though there are no Pods.
pub(super) fn waiting(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) -> bool {
    let selector = &s.service.spec.selector;
    for (object, template, wanted) in templates(e, &s.key.namespace) {
        if !crate::api::matches_all(selector, template) {
            continue;
        }
        let owner = object.key();
        let name = owner.to_string();
        if wanted == 0 {
            idle_finding(e, s, &owner, out);
        } else if e.shows_state() {
            let why = why_none(e, &owner);
            let facts = [
                ("owner", &*name),
                ("count", &count(wanted, "Pod")),
                ("why", &why),
            ];
            let finding = Finding::new(&rows::NOT_CREATED, &s.key, &facts);
            e.found(out, finding, &[(&owner, "spec.template")]);
        }
        return true;
    }
    false
}

/// Stand-ins that stand for nobody.
pub(super) fn idle(e: &Evidence<'_>, s: &Subject<'_>, out: &mut Vec<Finding>) {
    if e.weigh(&s.pods) == 0
        && let Some(pod) = s.pods.first()
    {
        let (owner, _) = e.maker(pod);
        idle_finding(e, s, &owner, out);
    }
}

fn idle_finding(e: &Evidence<'_>, s: &Subject<'_>, owner: &ObjectKey, out: &mut Vec<Finding>) {
    let name = s.name();
    let facts = [("owner", &*owner.to_string()), ("name", &name)];
    let namespace = match &*owner.namespace {
        "default" => String::new(),
        other => ["-n ", other, " "].concat(),
    };
    let command = [
        "kubectl ",
        &namespace,
        "scale ",
        owner.kind.singular,
        " ",
        &owner.name,
        " --replicas=1",
    ];
    let remedy = e.replace(owner, "spec.replicas", "1", command.concat());
    let finding = Finding::new(&rows::SCALED_TO_ZERO, &s.key, &facts).with(Some(remedy));
    let finding = if e.shows_state() {
        finding
    } else {
        finding.softened()
    };
    e.found(out, finding, &[(owner, "spec.replicas")]);
}

/// The newest complaint of a workload, or of what it makes.
fn why_none(e: &Evidence<'_>, owner: &ObjectKey) -> String {
    let said = e.complaints_below(&owner.namespace, &owner.name);
    said.map_or("its events say why", |said| &said.message)
        .to_owned()
}

/// Every workload of a namespace: its template's labels and how many Pods it wants.
pub(super) fn templates<'e>(
    e: &'e Evidence<'_>,
    namespace: &str,
) -> Vec<(&'e Rc<Object>, &'e StringMap, usize)> {
    let mut found = Vec::new();
    for kind in [
        kind::DEPLOYMENT,
        kind::STATEFUL_SET,
        kind::DAEMON_SET,
        kind::REPLICA_SET,
    ] {
        for object in e.tables.in_namespace(kind, namespace) {
            if object.meta.controller().is_some() {
                continue;
            }
            let (template, replicas) = if let Some(d) = object.deployment() {
                (&d.spec.template, d.spec.replicas)
            } else if let Some(d) = object.stateful_set() {
                (&d.spec.template, d.spec.replicas)
            } else if let Some(d) = object.replica_set() {
                (&d.spec.template, d.spec.replicas)
            } else if let Some(d) = object.daemon_set() {
                (&d.spec.template, d.status.desired_number_scheduled)
            } else {
                continue;
            };
            let wanted = usize::try_from(replicas.unwrap_or(1)).unwrap_or(0);
            found.push((object, &template.metadata.labels, wanted));
        }
    }
    found
}
