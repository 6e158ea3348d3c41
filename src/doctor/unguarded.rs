//! Policies that guard nobody: their `podSelector` matches no Pod, and nothing that would make one.

use super::evidence::{Evidence, Origin, labels_text};
use super::finding::{Finding, Remedy, count};
use super::rows;
use super::selector::{alike, quoted};
use super::workloads::templates;
use crate::api::{LabelSelector, Object, ObjectKey, StringMap, Value, kind};

/// What there is to say of the policies that select no Pod.
pub(super) fn check(e: &Evidence<'_>, out: &mut Vec<Finding>) {
    for policy in e.tables.all(kind::NETWORK_POLICY) {
        let fields = policy.fields();
        let selector = fields.get("spec").and_then(|spec| spec.get("podSelector"));
        let selector = selector.and_then(Value::as_map).cloned();
        let selector = LabelSelector::from_map(selector.unwrap_or_default());
        if !selector.is_empty() && !guards(e, &policy.meta.namespace, &selector) {
            out.extend(unguarded(e, policy, &selector));
        }
    }
}

/// Whether a selector matches a Pod that is there, or one that a workload would make.
fn guards(e: &Evidence<'_>, namespace: &str, selector: &LabelSelector) -> bool {
    let crowd = e.crowd(namespace);
    crowd.iter().any(|a| selector.matches(&a.pod.meta.labels))
        || templates(e, namespace)
            .iter()
            .any(|(_, labels, _)| selector.matches(labels))
        || e.tables
            .in_namespace(kind::CRON_JOB, namespace)
            .any(|job| selector.matches(&labels_of_jobs(job)))
}

/// The labels of the Pods that a cron job makes, when it is time.
fn labels_of_jobs(job: &Object) -> StringMap {
    let fields = job.fields();
    let path = ["jobTemplate", "spec", "template", "metadata", "labels"];
    let labels = fields.get("spec").and_then(|spec| spec.at(&path));
    let labels = labels.and_then(Value::as_map).into_iter();
    let pairs = labels.flat_map(|map| map.iter());
    let mut found = StringMap::new();
    for (key, value) in pairs {
        let text = value.as_str().unwrap_or_default();
        found.insert(key.clone(), text.to_owned());
    }
    found
}

fn unguarded(e: &Evidence<'_>, policy: &Object, selector: &LabelSelector) -> Option<Finding> {
    let key = policy.key();
    let near = near(e, &key, selector);
    // Where nobody is, nobody is open to others; and operators make Pods that manifests do not show.
    let unsure = e.has_strangers && e.origin == Origin::Manifests;
    if near.is_none() && (unsure || e.crowd(&key.namespace).is_empty()) {
        return None;
    }
    let mut said = labels_text(&selector.match_labels);
    if !selector.match_expressions.is_empty() {
        said = "what its podSelector says".to_owned();
    }
    let (hint, remedy) = near.unzip();
    let facts = [
        ("policy", &*key.name),
        ("selector", &said),
        ("namespace", &key.namespace),
        ("near", &hint.unwrap_or_default()),
    ];
    let finding = Finding::new(&rows::POLICY_NOBODY, &key, &facts).with(remedy);
    let mut finding = match e.shows_state() {
        true => finding,
        false => finding.likely(),
    };
    finding.blame.push(e.blame(&key, "spec.podSelector"));
    Some(finding)
}

/// The label that is nearly what Pods bear that have all the rest, and the way to mend it.
fn near(
    e: &Evidence<'_>,
    policy: &ObjectKey,
    selector: &LabelSelector,
) -> Option<(String, Remedy)> {
    let crowd = e.crowd(&policy.namespace);
    for (key, value) in selector.match_labels.iter() {
        let mut rest = selector.clone();
        rest.match_labels.remove(key);
        let others = crowd.iter().filter(|a| rest.matches(&a.pod.meta.labels));
        let values = others.clone().filter_map(|a| a.pod.meta.labels.get(key));
        let Some(near) = alike(value, values.map(String::as_str)) else {
            continue;
        };
        let same = others.filter(|a| a.pod.meta.labels.get(key).is_some_and(|v| v == near));
        let number = same.map(|a| a.number).sum();
        let hint = [
            "; did you mean ",
            key,
            "=",
            near,
            " (",
            &count(number, "Pod"),
            ")?",
        ]
        .concat();
        let path = ["/spec/podSelector/matchLabels/", &key.replace('/', "~1")].concat();
        let json = [
            "[{\"op\":\"replace\",\"path\":\"",
            &path,
            "\",\"value\":\"",
            near,
            "\"}]",
        ];
        let command = e.patch(policy, &json.concat());
        let field = ["spec.podSelector.matchLabels.", key].concat();
        return Some((hint, e.replace(policy, &field, &quoted(near), command)));
    }
    None
}
