//! The Job controller: Pods that run to their end, until enough have succeeded or too many have failed.
//!
//! Models `pkg/controller/job` of Kubernetes v1.36.

use super::job_policy;
use super::job_tally::{Tally, limit_per_task, replaces_failed_only};
use super::owned::{self, is_ready};
use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::pod::{Condition, EnvVar};
use crate::api::record::Word;
use crate::api::workload::{Job, JobSpec, JobStatus};
use crate::api::{Map, Object, ObjectKey, Value};
use crate::kernel::{BTreeSet, Span, unix};

const COMPONENT: &str = "job-controller";

/// The label, and the annotation, that tell which of its Job's tasks a Pod has.
const INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// The annotation that tells how often the task failed before.
const FAILURES: &str = "batch.kubernetes.io/job-index-failure-count";

/// The task that a Pod has.
pub(super) fn index(pod: &Object) -> Option<i64> {
    pod.meta.annotations.get(INDEX)?.parse().ok()
}

pub(super) fn is_indexed(spec: &JobSpec) -> bool {
    spec.completion_mode == "Indexed"
}

/// Makes the Pods that are wanted now, or ends the Job.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        hands.memory.jobs.remove(key);
        return;
    };
    let Some(job) = object.job().filter(|_| !object.meta.is_terminating()) else {
        return;
    };
    if job.is_finished() {
        hands.memory.jobs.remove(key);
        expire(hands, &object, job);
        return;
    }
    let spec = &job.spec;
    let tally = tally(hands, &object, job);
    note_suspension(hands, &object, job);
    if let Some(end) = foreseen(job).or_else(|| end(hands, job, &tally)) {
        finish(hands, &object, &tally, &end);
        return;
    }
    scale(hands, &object, spec, &tally);
    write_status(hands, &object);
}

fn tally(hands: &mut Hands<'_>, object: &Object, job: &Job) -> Tally {
    let pods = owned::pods(hands, object);
    let now = hands.sim.unix(hands.sim.now);
    let ended = hands.memory.jobs.entry(object.key()).or_default();
    Tally::of(pods, &job.spec, &job.status, ended, now)
}

/// The end that was told before, while Pods were still ending.
fn foreseen(job: &Job) -> Option<End> {
    let find = |type_: &str| {
        let mut conditions = job.status.conditions.iter();
        conditions.find(|c| c.type_ == type_ && c.status == "True")
    };
    let well = find("SuccessCriteriaMet");
    let condition = well.or_else(|| find("FailureTarget"))?;
    Some(End {
        well: well.is_some(),
        reason: condition.reason.clone(),
        message: condition.message.to_string(),
    })
}

/// Enough Pods have succeeded; without a number, one that has succeeded means that the others may end too.
fn is_complete(spec: &JobSpec, tally: &Tally) -> bool {
    match spec.completions {
        Some(wanted) => tally.succeeded >= wanted,
        None => tally.succeeded > 0 && tally.active.is_empty(),
    }
}

/// How a Job ended: well or not, why as one word, and as a sentence.
struct End {
    well: bool,
    reason: Word,
    message: String,
}

/// How the Job has ended, if it has.
fn end(hands: &Hands<'_>, job: &Job, tally: &Tally) -> Option<End> {
    let spec = &job.spec;
    let end = |well: bool, reason: &'static str, message: &str| {
        let message = message.to_owned();
        Some(End {
            well,
            reason: reason.into(),
            message,
        })
    };
    if let Some(why) = &tally.verdict {
        return end(false, "PodFailurePolicy", why);
    }
    let limit = spec.backoff_limit.unwrap_or(6);
    let restarts: i64 = tally.active.iter().map(|pod| restarts(pod)).sum();
    let in_place = spec.template.spec.restart_policy == "OnFailure";
    if tally.failed > limit || in_place && restarts > 0 && restarts >= limit {
        let why = "Job has reached the specified backoff limit";
        return end(false, "BackoffLimitExceeded", why);
    }
    if is_late(hands, job) {
        let why = "Job was active longer than specified deadline";
        return end(false, "DeadlineExceeded", why);
    }
    let lost = tally.lost.len() as i64;
    let most = spec.rest.get("maxFailedIndexes").and_then(Value::as_int);
    if most.is_some_and(|most| lost > most) {
        let why = "Job has exceeded the specified maximal number of failed indexes";
        return end(false, "MaxFailedIndexesExceeded", why);
    }
    if lost > 0
        && spec
            .completions
            .is_some_and(|all| lost + tally.succeeded >= all)
    {
        return end(false, "FailedIndexes", "Job has failed indexes");
    }
    if let Some(why) = job_policy::is_enough(spec, &tally.done) {
        return end(true, "SuccessPolicy", &why);
    }
    if is_complete(spec, tally) {
        let why = "Reached expected number of succeeded pods";
        return end(true, "CompletionsReached", why);
    }
    None
}

/// Whether the Job has run for longer than it may.
fn is_late(hands: &Hands<'_>, job: &Job) -> bool {
    let started = unix(&job.status.start_time);
    let ends = started.zip(job.spec.active_deadline_seconds);
    ends.is_some_and(|(start, most)| start + most <= hands.sim.unix(hands.sim.now))
}

fn restarts(pod: &Object) -> i64 {
    let statuses = pod
        .pod()
        .map(|pod| pod.status.container_statuses.as_slice());
    let statuses = statuses.unwrap_or_default().iter();
    statuses.filter_map(|status| status.restart_count).sum()
}

fn scale(hands: &mut Hands<'_>, object: &Object, spec: &JobSpec, tally: &Tally) {
    let active = tally.active.len() as i64;
    let parallelism = if spec.suspend == Some(true) {
        0
    } else {
        spec.parallelism.unwrap_or(1)
    };
    let wanted = match spec.completions {
        Some(all) => parallelism.min(all - tally.succeeded - tally.lost.len() as i64),
        None if tally.succeeded > 0 => active.min(parallelism),
        None => parallelism,
    };
    let wanted = wanted.max(0);
    let surplus = usize::try_from(active - wanted).unwrap_or(0);
    for pod in tally.active.iter().rev().take(surplus) {
        owned::delete(hands, object, COMPONENT, pod);
    }
    // Who waits for Pods to fail waits for those that are being deleted.
    let ending = if replaces_failed_only(spec) {
        tally.terminating
    } else {
        0
    };
    let active = active + ending;
    if active >= wanted {
        return;
    }
    let by_task = limit_per_task(spec).is_some();
    if let Some(wait) = back_off(hands, object, None).filter(|_| !by_task) {
        hands.again.push((wait, object.key()));
        return;
    }
    let missing = usize::try_from(wanted - active).unwrap_or(0);
    let taken: BTreeSet<i64> = tally.active.iter().filter_map(|pod| index(pod)).collect();
    let open = (0..spec.completions.unwrap_or(0)).filter(|task| {
        let over = tally.done.contains(task) || tally.lost.contains(task);
        !taken.contains(task) && !over
    });
    let tasks: Vec<Option<i64>> = if is_indexed(spec) {
        open.map(Some).take(missing).collect()
    } else {
        vec![None; missing]
    };
    for task in tasks {
        let failures = task
            .and_then(|task| tally.failures.get(&task))
            .copied()
            .unwrap_or(0);
        if let Some(wait) = back_off(hands, object, task).filter(|_| by_task) {
            hands.again.push((wait, object.key()));
            continue;
        }
        let mut pod = owned::pod(object, &spec.template);
        if let Some(task) = task {
            give_task(&mut pod, &object.meta.name, task);
        }
        if by_task {
            let count = failures.to_string();
            pod.meta.annotations.insert(FAILURES.to_owned(), count);
        }
        // A refusal is told in an event; the next change tries again.
        let _ = owned::create(hands, object, COMPONENT, pod);
    }
    if let Some(deadline) = spec.active_deadline_seconds {
        hands
            .again
            .push((Span::secs(deadline.unsigned_abs()), object.key()));
    }
}

/// How long to wait after a failure before the next Pod: 10 s, doubling up to ten minutes, until one succeeds.
fn back_off(hands: &Hands<'_>, object: &Object, task: Option<i64>) -> Option<Span> {
    let ended = hands.memory.jobs.get(&object.key())?;
    let (failures, last) = ended.failures(task)?;
    let pause = (10i64 << failures.saturating_sub(1).min(6)).min(600);
    let left = last + pause - hands.sim.unix(hands.sim.now);
    (left > 0).then(|| Span::secs(left.unsigned_abs()))
}

/// A Pod of an indexed Job knows its task by a label, its environment and its host name.
fn give_task(pod: &mut Object, job: &str, task: i64) {
    let text = task.to_string();
    pod.meta.generate_name = format!("{job}-{text}-");
    pod.meta.labels.insert(INDEX.to_owned(), text.clone());
    pod.meta.annotations.insert(INDEX.to_owned(), text.clone());
    owned::with_spec(pod, |spec| {
        if spec.hostname.is_empty() {
            spec.hostname = format!("{job}-{text}");
        }
        let name = "JOB_COMPLETION_INDEX";
        for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
            if container.env.iter().any(|variable| variable.name == name) {
                continue;
            }
            let path = format!("metadata.annotations['{INDEX}']");
            let field = Map::from([("fieldPath".to_owned(), path.as_str().into())]);
            let source = Map::from([("fieldRef".to_owned(), Value::Map(field))]);
            container.env.push(EnvVar {
                name: name.to_owned(),
                value_from: Some(Value::Map(source)),
                ..EnvVar::default()
            });
        }
    });
}

/// Says that a Job was put off, or taken up again.
fn note_suspension(hands: &mut Hands<'_>, object: &Object, job: &Job) {
    let suspended = job.spec.suspend == Some(true);
    let mut conditions = job.status.conditions.iter();
    let noted = conditions.find(|c| c.type_ == "Suspended");
    if noted.is_some_and(|c| c.status == "True") == suspended {
        return;
    }
    let (status, reason, message) = if suspended {
        ("True", "JobSuspended", "Job suspended")
    } else {
        ("False", "JobResumed", "Job resumed")
    };
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, &object.key(), |object| {
        let Some(job) = object.job_mut() else { return };
        job.status.conditions.retain(|c| c.type_ != "Suspended");
        job.status.conditions.push(Condition {
            type_: "Suspended".into(),
            status: status.into(),
            reason: reason.into(),
            message: message.into(),
            last_transition_time: now.clone().into(),
            rest: [("lastProbeTime".to_owned(), (&*now).into())].into(),
            ..Condition::default()
        });
        job.status.start_time = if suspended {
            String::new()
        } else {
            now.to_string()
        };
    });
    let word = reason.trim_start_matches("Job");
    record(
        hands.store,
        hands.sim,
        object,
        Said::normal(COMPONENT, word, message),
    );
}

/// Numbers as a list of ranges: `0-2,4`.
fn ranges(numbers: &BTreeSet<i64>) -> String {
    let mut parts: Vec<(i64, i64)> = Vec::new();
    for number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            Some(_) | None => parts.push((*number, *number)),
        }
    }
    let text = |(first, last): &(i64, i64)| match last - first {
        0 => first.to_string(),
        1 => format!("{first},{last}"),
        _ => format!("{first}-{last}"),
    };
    parts.iter().map(text).collect::<Vec<_>>().join(",")
}

/// Ends the Pods that are left and writes how the Job will end; how it ended is told once they are gone.
fn finish(hands: &mut Hands<'_>, object: &Object, tally: &Tally, end: &End) {
    let now = hands.sim.timestamp();
    for pod in &tally.active {
        owned::delete(hands, object, COMPONENT, pod);
    }
    let Some(job) = object.job() else { return };
    let tally = self::tally(hands, object, job);
    let over = tally.terminating == 0 && tally.active.is_empty();
    let (early, last) = match end.well {
        true => ("SuccessCriteriaMet", "Complete"),
        false => ("FailureTarget", "Failed"),
    };
    let condition = |type_: &'static str| Condition {
        type_: type_.into(),
        status: "True".into(),
        reason: end.reason.clone(),
        message: end.message.clone().into(),
        last_transition_time: now.clone().into(),
        last_update_time: Default::default(),
        rest: [("lastProbeTime".to_owned(), (&*now).into())].into(),
    };
    let conditions = [condition(early), condition(last)];
    hands.store.modify(hands.sim, &object.key(), |object| {
        let Some(job) = object.job_mut() else { return };
        let JobStatus { start_time, .. } = &mut job.status;
        if start_time.is_empty() {
            now.as_ref().clone_into(start_time);
        }
        note_done(&mut job.status, &tally, &job.spec);
        for condition in conditions {
            let known = job
                .status
                .conditions
                .iter()
                .any(|c| c.type_ == condition.type_);
            if !known && (over || condition.type_ == early) {
                job.status.conditions.push(condition);
            }
        }
        job.status.active = 0;
        job.status.ready = Some(0);
        job.status.terminating = Some(tally.terminating);
        job.status.succeeded = tally.succeeded;
        job.status.failed = tally.failed;
        if end.well && over {
            now.as_ref().clone_into(&mut job.status.completion_time);
        }
    });
    if !over {
        return;
    }
    let said = match end.well {
        true => Said::normal(COMPONENT, "Completed", "Job completed"),
        false => Said {
            message: end.message.clone().into(),
            ..Said::warning(COMPONENT, reason_word(&end.reason), "")
        },
    };
    record(hands.store, hands.sim, object, said);
}

/// The reasons for which a Job fails.
fn reason_word(reason: &str) -> &'static str {
    let known = [
        "BackoffLimitExceeded",
        "DeadlineExceeded",
        "FailedIndexes",
        "MaxFailedIndexesExceeded",
    ];
    let mut known = known.into_iter();
    known
        .find(|word| *word == reason)
        .unwrap_or("PodFailurePolicy")
}

fn note_done(status: &mut JobStatus, tally: &Tally, spec: &JobSpec) {
    let uncounted = status.rest.entry("uncountedTerminatedPods".to_owned());
    uncounted.or_insert_with(|| Value::Map(Map::new()));
    if is_indexed(spec) && !tally.done.is_empty() {
        let done = Value::Str(ranges(&tally.done));
        status.rest.insert("completedIndexes".to_owned(), done);
    }
    if limit_per_task(spec).is_some() {
        let lost = Value::Str(ranges(&tally.lost));
        status.rest.insert("failedIndexes".to_owned(), lost);
    }
}

fn write_status(hands: &mut Hands<'_>, object: &Object) {
    let Some(job) = object.job() else { return };
    let tally = tally(hands, object, job);
    let ready = tally.active.iter().filter(|pod| is_ready(pod)).count() as i64;
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, &object.key(), |object| {
        let Some(job) = object.job_mut() else { return };
        let status = &mut job.status;
        if status.start_time.is_empty() && job.spec.suspend != Some(true) {
            now.as_ref().clone_into(&mut status.start_time);
        }
        note_done(status, &tally, &job.spec);
        status.active = tally.active.len() as i64;
        status.succeeded = tally.succeeded;
        status.failed = tally.failed;
        status.ready = Some(ready);
        status.terminating = Some(tally.terminating);
    });
}

/// A Job that has ended goes after the time that it names.
fn expire(hands: &mut Hands<'_>, object: &Object, job: &Job) {
    let Some(ttl) = job.spec.ttl_seconds_after_finished else {
        return;
    };
    let ends = job
        .status
        .conditions
        .iter()
        .filter_map(|c| unix(&c.last_transition_time));
    let left = ends.max().unwrap_or(0) + ttl - hands.sim.unix(hands.sim.now);
    if left > 0 {
        hands
            .again
            .push((Span::secs(left.unsigned_abs()), object.key()));
    } else {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &object.key(), None);
    }
}
