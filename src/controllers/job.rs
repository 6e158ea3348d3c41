//! The Job controller: Pods that run to their end, until enough have succeeded or too many have failed.
//!
//! Models `pkg/controller/job` of Kubernetes v1.36.

use super::owned::{self, is_ready};
use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::pod::Condition;
use crate::api::workload::{Job, JobSpec, JobStatus};
use crate::api::{Object, ObjectKey};
use crate::kernel::{Span, unix};
use std::rc::Rc;

const COMPONENT: &str = "job-controller";

/// What the Job's Pods have come to.
struct Tally {
    active: Vec<Rc<Object>>,
    succeeded: i64,
    failed: i64,
    terminating: i64,
}

impl Tally {
    fn of(pods: Vec<Rc<Object>>) -> Self {
        let phase =
            |pod: &Rc<Object>, wanted: &str| pod.pod().is_some_and(|p| p.status.phase == wanted);
        let count = |wanted: &str| pods.iter().filter(|pod| phase(pod, wanted)).count() as i64;
        let (succeeded, failed) = (count("Succeeded"), count("Failed"));
        let ending = |pod: &&Rc<Object>| pod.meta.is_terminating();
        let terminating = pods.iter().filter(ending).count() as i64;
        Self {
            succeeded,
            failed,
            terminating,
            active: pods.into_iter().filter(|pod| owned::lives(pod)).collect(),
        }
    }
}

/// Makes the Pods that are wanted now, or ends the Job.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(job) = object.job().filter(|_| !object.meta.is_terminating()) else {
        return;
    };
    if job.is_finished() {
        expire(hands, &object, job);
        return;
    }
    let tally = Tally::of(owned::pods(hands, &object));
    let spec = &job.spec;
    if let Some(reason) = failure(hands, job, &tally) {
        for pod in &tally.active {
            owned::delete(hands, &object, COMPONENT, pod);
        }
        finish(hands, &object, &tally, Err(reason));
        return;
    }
    if is_complete(spec, &tally) {
        finish(hands, &object, &tally, Ok(()));
        return;
    }
    scale(hands, &object, spec, &tally);
    write_status(hands, &object);
}

/// Enough Pods have succeeded; without a number, one that has succeeded means that the others may end too.
fn is_complete(spec: &JobSpec, tally: &Tally) -> bool {
    match spec.completions {
        Some(wanted) => tally.succeeded >= wanted,
        None => tally.succeeded > 0 && tally.active.is_empty(),
    }
}

/// Why the Job has failed, if it has: a reason and a sentence.
fn failure(
    hands: &mut Hands<'_>,
    job: &Job,
    tally: &Tally,
) -> Option<(&'static str, &'static str)> {
    let restarts: i64 = tally.active.iter().map(|pod| restarts(pod)).sum();
    if tally.failed + restarts > job.spec.backoff_limit.unwrap_or(6) {
        return Some((
            "BackoffLimitExceeded",
            "Job has reached the specified backoff limit",
        ));
    }
    let deadline = job.spec.active_deadline_seconds?;
    let started = unix(&job.status.start_time)?;
    let left = started + deadline - hands.sim.unix(hands.sim.now);
    (left <= 0).then_some((
        "DeadlineExceeded",
        "Job was active longer than specified deadline",
    ))
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
        Some(completions) => parallelism.min(completions - tally.succeeded),
        None if tally.succeeded > 0 => active.min(parallelism),
        None => parallelism,
    };
    let surplus = usize::try_from(active - wanted).unwrap_or(0);
    for pod in tally.active.iter().rev().take(surplus) {
        owned::delete(hands, object, COMPONENT, pod);
    }
    if active >= wanted {
        return;
    }
    if let Some(wait) = back_off(hands, object, tally.failed) {
        hands.again.push((wait, object.key()));
        return;
    }
    for _ in active..wanted {
        let pod = owned::pod(object, &spec.template);
        // A refusal is told in an event; the next change tries again.
        let _ = owned::create(hands, object, COMPONENT, pod);
    }
    if let Some(deadline) = spec.active_deadline_seconds {
        hands
            .again
            .push((Span::secs(deadline.unsigned_abs()), object.key()));
    }
}

/// How long to wait after a failure before the next Pod: 10 s, doubling up to ten minutes.
fn back_off(hands: &Hands<'_>, object: &Object, failed: i64) -> Option<Span> {
    if failed == 0 {
        return None;
    }
    let pods = owned::pods(hands, object);
    let ended = pods.iter().filter_map(|pod| {
        let statuses = &pod.pod()?.status.container_statuses;
        let ends = statuses
            .iter()
            .filter_map(|s| unix(&s.state.terminated.as_ref()?.finished_at));
        ends.max()
    });
    let pause = (10i64 << (failed - 1).clamp(0, 6)).min(600);
    let left = ended.max()? + pause - hands.sim.unix(hands.sim.now);
    (left > 0).then(|| Span::secs(left.unsigned_abs()))
}

/// Writes how the Job ended.
fn finish(
    hands: &mut Hands<'_>,
    object: &Object,
    tally: &Tally,
    how: Result<(), (&'static str, &'static str)>,
) {
    let now = hands.sim.timestamp();
    let (early, last, reason, message) = match how {
        Ok(()) => (
            "SuccessCriteriaMet",
            "Complete",
            "CompletionsReached",
            "Reached expected number of succeeded pods",
        ),
        Err((reason, message)) => ("FailureTarget", "Failed", reason, message),
    };
    let condition = |type_: &str| Condition {
        type_: type_.to_owned(),
        status: "True".to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        last_transition_time: now.clone(),
        last_update_time: String::new(),
        rest: [("lastProbeTime".to_owned(), now.as_str().into())].into(),
    };
    let conditions = [condition(early), condition(last)];
    let (succeeded, failed) = (tally.succeeded, tally.failed + tally.active.len() as i64);
    hands.store.modify(hands.sim, &object.key(), |object| {
        let Some(job) = object.job_mut() else { return };
        let JobStatus { start_time, .. } = &mut job.status;
        if start_time.is_empty() {
            start_time.clone_from(&now);
        }
        job.status.conditions.extend(conditions);
        job.status.active = 0;
        job.status.ready = Some(0);
        job.status.terminating = Some(0);
        job.status.succeeded = succeeded;
        if how.is_ok() {
            job.status.completion_time.clone_from(&now);
            job.status.failed = failed - tally.active.len() as i64;
        } else {
            job.status.failed = failed;
        }
    });
    let said = match how {
        Ok(()) => Said::normal(COMPONENT, "Completed", "Job completed"),
        Err((reason, message)) => Said::warning(COMPONENT, reason, message),
    };
    record(hands.store, hands.sim, object, said);
}

fn write_status(hands: &mut Hands<'_>, object: &Object) {
    let tally = Tally::of(owned::pods(hands, object));
    let ready = tally.active.iter().filter(|pod| is_ready(pod)).count() as i64;
    let now = hands.sim.timestamp();
    hands.store.modify(hands.sim, &object.key(), |object| {
        let Some(job) = object.job_mut() else { return };
        let status = &mut job.status;
        if status.start_time.is_empty() && job.spec.suspend != Some(true) {
            status.start_time.clone_from(&now);
        }
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
