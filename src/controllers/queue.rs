//! The work queue: keys that wait for a reconciler, each at most once, and the timers that bring them back.
//!
//! Models `k8s.io/client-go/util/workqueue` as the controllers use it.

use super::{endpoints, endpointslice};
use crate::api::{ObjectKey, StringMap};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::kernel::{Rng, Sim, Span};
use crate::store::{Cidr, Store, TableState, Tables};
use std::rc::Rc;

/// The owner of this layer's timers.
pub(super) const OWNER: &str = "controllers";

/// How many keys a reconciler of all that wait takes at once: what is beyond waits for its next turn, at the same instant,
/// so that no single turn takes long.
const BATCH: usize = 200;

/// What every reconciler may use.
pub(super) struct Hands<'a> {
    pub(super) store: &'a mut Store,
    pub(super) sim: &'a mut Sim,
    pub(super) rng: &'a mut Rng,
    pub(super) memory: &'a mut Memory,
    /// Keys that the reconciler wants to see again, and after how long.
    pub(super) again: Vec<(Span, ObjectKey)>,
}

/// What reconcilers remember of what they did, so that they need not look at everything again.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    pub(super) slices: endpointslice::Memory,
    pub(super) endpoints: endpoints::Memory,
    /// How the Pods of Jobs ended.
    pub(super) jobs: BTreeMap<ObjectKey, super::job_tally::Ended>,
    /// The subnets that nodes are given parts of.
    pub(super) pod_ranges: Vec<Cidr>,
    /// The Services that select the Pod that changed last.
    pub(super) selecting: Option<Selecting>,
}

/// The Services that select Pods of some labels.
#[derive(Clone, Debug)]
pub(super) struct Selecting {
    /// All Services as they were then.
    pub(super) services: TableState,
    pub(super) namespace: Rc<str>,
    pub(super) labels: StringMap,
    pub(super) found: Rc<[ObjectKey]>,
}

impl Memory {
    /// A Pod of a Service changed.
    pub(super) fn note(&mut self, service: &ObjectKey, pod: &Rc<str>) {
        self.slices.note(service, pod);
        self.endpoints.note(service, pod);
    }

    /// A Service changed.
    pub(super) fn forget(&mut self, service: &ObjectKey) {
        self.slices.forget(service);
        self.endpoints.forget(service);
    }
}

/// What a reconciler does: with each key, or with all that wait at once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    Each(fn(&mut Hands<'_>, &ObjectKey)),
    All(fn(&mut Hands<'_>, &BTreeSet<ObjectKey>)),
}

/// One reconciler.
#[derive(Debug)]
pub(super) struct Reconciler {
    /// How long after a change it acts.
    pub(super) latency: Span,
    /// What each object that it has to look at adds to that: the sync of a large Service takes its time, and what
    /// changes meanwhile is dealt with by the next.
    pub(super) pace: Span,
    /// How many objects it has to look at.
    pub(super) size: fn(&Tables, &ObjectKey) -> usize,
    /// Whether the cluster counts as settled while it waits.
    pub(super) background: bool,
    pub(super) run: Run,
}

impl Reconciler {
    /// One whose cost does not depend on the key.
    pub(super) const fn new(latency: Span, run: fn(&mut Hands<'_>, &ObjectKey)) -> Self {
        Self {
            latency,
            pace: Span(0),
            size: |_, _| 0,
            background: false,
            run: Run::Each(run),
        }
    }
}

/// What waits, and for whom.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    /// The keys that wait for each reconciler.
    waiting: Vec<(&'static Reconciler, BTreeSet<ObjectKey>)>,
    /// Whom each timer calls, under its token; without a key it calls for all that wait.
    timers: BTreeMap<u64, (&'static Reconciler, Option<ObjectKey>)>,
    next_token: u64,
}

impl Queue {
    /// Lets a key wait for a reconciler, unless it does already.
    pub(super) fn mark(
        &mut self,
        tables: &Tables,
        sim: &mut Sim,
        who: &'static Reconciler,
        key: ObjectKey,
    ) {
        let waiting = waiting_for(&mut self.waiting, who);
        let first = waiting.is_empty();
        if waiting.contains(&key) {
            return;
        }
        let size = (who.size)(tables, &key) as u64;
        let only = matches!(who.run, Run::Each(_)).then(|| key.clone());
        waiting.insert(key);
        if only.is_none() && !first {
            return;
        }
        self.next_token += 1;
        self.timers.insert(self.next_token, (who, only));
        let delay = who.latency + Span(who.pace.0 * size);
        if who.background {
            sim.after_in_background(delay, OWNER, self.next_token);
        } else {
            sim.after(delay, OWNER, self.next_token);
        }
    }

    /// Does what a timer calls for.
    pub(super) fn run(&mut self, hands: &mut Hands<'_>, token: u64) {
        let Some((who, key)) = self.timers.remove(&token) else {
            return;
        };
        let waiting = waiting_for(&mut self.waiting, who);
        match (who.run, key) {
            (Run::Each(run), Some(key)) => {
                waiting.remove(&key);
                run(hands, &key);
            }
            (Run::All(run), None) => {
                let mut due = std::mem::take(waiting).into_iter();
                let batch = due.by_ref().take(BATCH).collect();
                waiting.extend(due);
                if !waiting.is_empty() {
                    self.next_token += 1;
                    self.timers.insert(self.next_token, (who, None));
                    hands.sim.after(Span(0), OWNER, self.next_token);
                }
                run(hands, &batch);
            }
            (Run::Each(_), None) | (Run::All(_), Some(_)) => {}
        }
        for (delay, key) in std::mem::take(&mut hands.again) {
            self.next_token += 1;
            self.timers.insert(self.next_token, (who, Some(key)));
            hands.sim.after_in_background(delay, OWNER, self.next_token);
        }
    }
}

/// The keys that wait for a reconciler.
fn waiting_for<'a>(
    all: &'a mut Vec<(&'static Reconciler, BTreeSet<ObjectKey>)>,
    who: &'static Reconciler,
) -> &'a mut BTreeSet<ObjectKey> {
    let known = all.iter().position(|(other, _)| std::ptr::eq(*other, who));
    let at = known.unwrap_or_else(|| {
        all.push((who, BTreeSet::new()));
        all.len() - 1
    });
    match all.get_mut(at) {
        Some((_, waiting)) => waiting,
        None => unreachable!("a reconciler that is not known was added"),
    }
}
