//! What a Job's policies make of its Pods' failures and of its tasks that are done.
//!
//! Models `pkg/controller/job/pod_failure_policy.go` and `success_policy.go` of Kubernetes v1.36.

use crate::api::pod::{ContainerStatus, PodStatus};
use crate::api::workload::JobSpec;
use crate::api::{Object, Value};
use crate::kernel::BTreeSet;

/// What a failed Pod means for its Job.
pub(super) enum Verdict {
    /// It counts against the limit.
    Counts,
    /// It does not count.
    Ignored,
    /// Its task is failed.
    FailsTask,
    /// The Job is failed: why.
    FailsJob(String),
}

fn rules<'a>(spec: &'a JobSpec, policy: &str) -> &'a [Value] {
    let policy = spec.rest.get(policy).and_then(|policy| policy.get("rules"));
    policy.and_then(Value::as_list).unwrap_or_default()
}

fn word<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    value.at(path).and_then(Value::as_str).unwrap_or_default()
}

/// The first rule that a failed Pod meets decides.
pub(super) fn judge(spec: &JobSpec, object: &Object) -> Verdict {
    let Some(pod) = object.pod() else {
        return Verdict::Counts;
    };
    let whose = || format!("{}/{}", object.meta.namespace, object.meta.name);
    for (index, rule) in rules(spec, "podFailurePolicy").iter().enumerate() {
        let tail = format!("matching FailJob rule at index {index}");
        let why = if let Some(wanted) = rule.get("onExitCodes") {
            exit_code(&pod.status, wanted).map(|(status, code)| {
                let name = &status.name;
                format!(
                    "Container {name} for pod {} failed with exit code {code} {tail}",
                    whose()
                )
            })
        } else {
            let patterns = rule.get("onPodConditions").and_then(Value::as_list);
            let patterns = patterns.unwrap_or_default();
            let mut conditions = pod.status.conditions.iter();
            let met = conditions.find(|condition| {
                patterns.iter().any(|pattern| {
                    let status = Some(word(pattern, &["status"])).filter(|word| !word.is_empty());
                    condition.type_ == word(pattern, &["type"])
                        && condition.status == status.unwrap_or("True")
                })
            });
            met.map(|met| format!("Pod {} has condition {} {tail}", whose(), &*met.type_))
        };
        let Some(why) = why else { continue };
        return match word(rule, &["action"]) {
            "Ignore" => Verdict::Ignored,
            "FailIndex" => Verdict::FailsTask,
            "FailJob" => Verdict::FailsJob(why),
            _ => Verdict::Counts,
        };
    }
    Verdict::Counts
}

/// The first container that ended with a status that is asked for.
fn exit_code<'a>(status: &'a PodStatus, wanted: &Value) -> Option<(&'a ContainerStatus, i64)> {
    let name = word(wanted, &["containerName"]);
    let values = wanted.get("values").and_then(Value::as_list);
    let values = values.unwrap_or_default();
    let among = word(wanted, &["operator"]) == "In";
    let all = status
        .container_statuses
        .iter()
        .chain(&status.init_container_statuses);
    let ended = all.filter_map(|status| {
        let code = status.state.terminated.as_ref()?.exit_code.unwrap_or(0);
        Some((&**status, code))
    });
    ended
        .filter(|(status, code)| (name.is_empty() || *status.name == *name) && *code != 0)
        .find(|(_, code)| values.contains(&Value::Int(*code)) == among)
}

/// What the success policy says of the tasks that are done: which rule is met.
pub(super) fn is_enough(spec: &JobSpec, done: &BTreeSet<i64>) -> Option<String> {
    if done.is_empty() {
        return None;
    }
    let met = |rule: &Value| {
        let count = rule.get("succeededCount").and_then(Value::as_int);
        let Some(wanted) = rule.get("succeededIndexes").and_then(Value::as_str) else {
            return count.is_some_and(|count| done.len() as i64 >= count);
        };
        let wanted = tasks(wanted);
        let have = wanted.iter().filter(|task| done.contains(task)).count() as i64;
        !wanted.is_empty()
            && (have == wanted.len() as i64 || count.is_some_and(|count| have >= count))
    };
    let index = rules(spec, "successPolicy").iter().position(met)?;
    Some(format!("Matched rules at index {index}"))
}

/// The numbers of a list of ranges: `0-2,4`.
pub(super) fn tasks(text: &str) -> BTreeSet<i64> {
    let range = |part: &str| -> Option<(i64, i64)> {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        // No Job has more tasks.
        (last - first <= 100_000).then_some((first, last))
    };
    let ranges = text.split(',').filter_map(range);
    ranges.flat_map(|(first, last)| first..=last).collect()
}
