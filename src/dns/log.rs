//! What the `CoreDNS` Pods write to their standard output, kept as a kubelet keeps it: a bounded number of lines.

use crate::kernel::{BTreeMap, SimTime};
use std::collections::VecDeque;
use std::rc::Rc;

/// So many lines are kept, of all Pods together.
const MOST: usize = 2_000;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: SimTime,
    /// What it says.
    pub text: Rc<str>,
    /// The Pod that wrote it; none if all did.
    pod: Option<Rc<str>>,
}

/// One run of a replica's container.
#[derive(Clone, Debug)]
struct Run {
    container: String,
    since: SimTime,
    until: Option<SimTime>,
}

/// The logs of all replicas.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    lines: VecDeque<LogLine>,
    /// The last run of each replica.
    runs: BTreeMap<Rc<str>, Run>,
}

impl Log {
    /// A line of one Pod, or of all that run.
    pub(super) fn push(&mut self, at: SimTime, pod: Option<&Rc<str>>, text: &str) {
        if self.lines.len() >= MOST {
            self.lines.pop_front();
        }
        self.lines.push_back(LogLine {
            at,
            text: text.into(),
            pod: pod.cloned(),
        });
    }

    /// Says that a replica's container runs; whether that is news.
    pub(super) fn start(&mut self, pod: &Rc<str>, container: &str, at: SimTime) -> bool {
        let same = |run: &Run| run.container == container && run.until.is_none();
        if self.runs.get(pod).is_some_and(same) {
            return false;
        }
        let run = Run {
            container: container.to_owned(),
            since: at,
            until: None,
        };
        self.runs.insert(pod.clone(), run);
        true
    }

    /// Says that a replica's container runs no more.
    pub(super) fn end(&mut self, pod: &str, at: SimTime) {
        if let Some(run) = self.runs.get_mut(pod) {
            run.until.get_or_insert(at);
        }
    }

    /// Says that a replica is no more.
    pub(super) fn forget(&mut self, pod: &str) {
        self.runs.remove(pod);
    }

    /// Whether no replica has run.
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Whether a Pod is a replica that has run.
    pub(super) fn knows(&self, pod: &str) -> bool {
        self.runs.contains_key(pod)
    }

    /// The replicas that run.
    pub(super) fn running(&self) -> impl Iterator<Item = &Rc<str>> {
        let running = self.runs.iter().filter(|(_, run)| run.until.is_none());
        running.map(|(pod, _)| pod)
    }

    /// All lines.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.lines.iter()
    }

    /// The lines of a replica's last run, until now.
    pub(super) fn of(&self, pod: &str, now: SimTime) -> impl Iterator<Item = &LogLine> {
        let run = self.runs.get(pod);
        self.lines.iter().filter(move |line| {
            let within = |run: &Run| {
                let late = line.pod.is_none() && run.until.is_some_and(|until| line.at > until);
                line.at >= run.since && line.at <= now && !late
            };
            line.pod.as_deref().is_none_or(|name| name == pod) && run.is_some_and(within)
        })
    }
}
