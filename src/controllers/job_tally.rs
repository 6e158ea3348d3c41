//! What a Job's Pods have come to, those that are there and those that were deleted since they ended.
//!
//! The real controller keeps a finalizer on each Pod until it is counted; here each end is remembered, with the same result.

use super::job::{index, is_indexed};
use super::job_policy::{self, Verdict};
use super::owned;
use crate::api::record::Word;
use crate::api::workload::{JobSpec, JobStatus};
use crate::api::{Object, Value};
use crate::kernel::{BTreeMap, BTreeSet, unix};
use std::rc::Rc;

/// How one Pod ended.
#[derive(Clone, Debug)]
enum Fate {
    Succeeded,
    Failed,
    /// Its task is failed for good.
    FailedTask,
    /// A rule says that it does not count.
    Ignored,
}

/// How and when a Pod ended, and which task it had.
#[derive(Clone, Debug)]
struct Past {
    fate: Fate,
    task: Option<i64>,
    at: i64,
}

/// How the Pods of a Job ended so far, by their uids.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    fates: BTreeMap<Word, Past>,
    /// The Pods that were there, with their tasks: who goes without a word has failed.
    there: BTreeMap<Word, Option<i64>>,
    /// What a restored Job had counted of Pods that nobody has seen here.
    before: Option<(i64, i64)>,
}

impl Ended {
    /// How many failed since one succeeded, all or those of a task, and when the last did.
    pub(super) fn failures(&self, task: Option<i64>) -> Option<(u32, i64)> {
        let of_task = |past: &&Past| task.is_none() || past.task == task;
        let all = || self.fates.values().filter(of_task);
        let successes = all().filter(|past| matches!(past.fate, Fate::Succeeded));
        let success = successes.map(|past| past.at).max();
        let failed = |past: &&Past| matches!(past.fate, Fate::Failed | Fate::FailedTask);
        let since = all().filter(failed).filter(|past| Some(past.at) > success);
        let times: Vec<i64> = since.map(|past| past.at).collect();
        let last = times.iter().max()?;
        Some((u32::try_from(times.len()).ok()?, *last))
    }
}

/// When a Pod ended: with its last container, or when its deletion began.
fn end_of(object: &Object, now: i64) -> i64 {
    let statuses = object
        .pod()
        .map(|pod| pod.status.container_statuses.as_slice());
    let ends = statuses.unwrap_or_default().iter();
    let ends = ends.filter_map(|status| unix(&status.state.terminated.as_ref()?.finished_at));
    let grace = object.meta.deletion_grace_period_seconds.unwrap_or(0);
    let deleted = unix(&object.meta.deletion_timestamp).map(|at| at - grace);
    ends.max().or(deleted).unwrap_or(now)
}

/// What the Job's Pods have come to.
pub(super) struct Tally {
    pub(super) active: Vec<Rc<Object>>,
    /// The tasks that are done, of a Job whose Pods have one each.
    pub(super) done: BTreeSet<i64>,
    /// The tasks that have failed for good, of a Job that counts failures by task.
    pub(super) lost: BTreeSet<i64>,
    /// How often each task failed.
    pub(super) failures: BTreeMap<i64, i64>,
    pub(super) succeeded: i64,
    pub(super) failed: i64,
    /// How many are being deleted and have not ended.
    pub(super) terminating: i64,
    /// Why a rule fails the Job.
    pub(super) verdict: Option<String>,
}

/// How many failures a task may have, of a Job that counts them by task.
pub(super) fn limit_per_task(spec: &JobSpec) -> Option<i64> {
    spec.rest
        .get("backoffLimitPerIndex")
        .and_then(Value::as_int)
}

/// Whether a Pod that is being deleted is replaced only once it has failed.
pub(super) fn replaces_failed_only(spec: &JobSpec) -> bool {
    let policy = spec.rest.get("podReplacementPolicy");
    policy.and_then(Value::as_str) == Some("Failed")
}

impl Tally {
    pub(super) fn of(
        pods: Vec<Rc<Object>>,
        spec: &JobSpec,
        status: &JobStatus,
        ended: &mut Ended,
        now: i64,
    ) -> Self {
        let mut verdict = None;
        let mut terminating = 0;
        let mut active = Vec::new();
        let there: BTreeMap<Word, Option<i64>> = pods
            .iter()
            .map(|pod| {
                (
                    pod.meta.uid.clone(),
                    index(pod).filter(|_| is_indexed(spec)),
                )
            })
            .collect();
        for (uid, task) in std::mem::replace(&mut ended.there, there) {
            if !ended.there.contains_key(&uid) {
                let (fate, at) = (Fate::Failed, now);
                ended.fates.entry(uid).or_insert(Past { fate, task, at });
            }
        }
        for pod in pods {
            let phase = pod.pod().map_or("", |pod| pod.status.phase.as_str());
            let leaves = pod.meta.is_terminating() && !replaces_failed_only(spec);
            let fate = match phase {
                "Succeeded" => Some(Fate::Succeeded),
                "Failed" => match job_policy::judge(spec, &pod) {
                    Verdict::Ignored => Some(Fate::Ignored),
                    Verdict::FailsTask => Some(Fate::FailedTask),
                    Verdict::FailsJob(why) => {
                        verdict.get_or_insert(why);
                        Some(Fate::Failed)
                    }
                    Verdict::Counts => Some(Fate::Failed),
                },
                // What is being deleted may never get to fail.
                _ => leaves.then_some(Fate::Failed),
            };
            if !matches!(phase, "Succeeded" | "Failed") && pod.meta.is_terminating() {
                terminating += 1;
            }
            if let Some(fate) = fate {
                let task = index(&pod).filter(|_| is_indexed(spec));
                let at = end_of(&pod, now);
                let past = Past { fate, task, at };
                ended.fates.entry(pod.meta.uid.clone()).or_insert(past);
            } else if owned::lives(&pod) {
                active.push(pod);
            }
        }
        let mut tally = Self {
            active,
            done: BTreeSet::new(),
            lost: BTreeSet::new(),
            failures: BTreeMap::new(),
            succeeded: 0,
            failed: 0,
            terminating,
            verdict,
        };
        let told = |key: &str| {
            status
                .rest
                .get(key)
                .and_then(Value::as_str)
                .map(job_policy::tasks)
        };
        tally
            .done
            .extend(told("completedIndexes").into_iter().flatten());
        tally
            .lost
            .extend(told("failedIndexes").into_iter().flatten());
        tally.count(spec, ended);
        let known = (tally.succeeded, tally.failed);
        let (succeeded, failed) = *ended.before.get_or_insert((
            (status.succeeded - known.0).max(0),
            (status.failed - known.1).max(0),
        ));
        if !is_indexed(spec) {
            tally.succeeded += succeeded;
        }
        tally.failed += failed;
        tally
    }

    fn count(&mut self, spec: &JobSpec, ended: &Ended) {
        let limit = limit_per_task(spec);
        for Past { fate, task, .. } in ended.fates.values() {
            match fate {
                Fate::Succeeded => {
                    self.succeeded += 1;
                    self.done.extend(*task);
                }
                Fate::Failed | Fate::FailedTask => {
                    self.failed += 1;
                    let Some(task) = task.filter(|_| limit.is_some()) else {
                        continue;
                    };
                    let so_far = self.failures.entry(task).or_default();
                    *so_far += 1;
                    if matches!(fate, Fate::FailedTask)
                        || limit.is_some_and(|limit| *so_far > limit)
                    {
                        self.lost.insert(task);
                    }
                }
                Fate::Ignored => {}
            }
        }
        let done = &self.done;
        self.lost.retain(|task| !done.contains(task));
        if is_indexed(spec) {
            self.succeeded = done.len() as i64;
        }
    }
}
