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

/// The logs of all replicas.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    lines: VecDeque<LogLine>,
    /// When each replica started.
    started: BTreeMap<Rc<str>, SimTime>,
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

    /// Says that a replica runs; whether that is news.
    pub(super) fn start(&mut self, pod: &Rc<str>, at: SimTime) -> bool {
        let new = !self.started.contains_key(pod);
        if new {
            self.started.insert(pod.clone(), at);
        }
        new
    }

    /// Says that a replica runs no more.
    pub(super) fn end(&mut self, pod: &str) {
        self.started.remove(pod);
    }

    /// Whether a replica runs.
    pub(super) fn runs(&self, pod: &str) -> bool {
        self.started.contains_key(pod)
    }

    /// All lines.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = &LogLine> {
        self.lines.iter()
    }

    /// The lines of a replica that runs.
    pub(super) fn of(&self, pod: &str) -> impl Iterator<Item = &LogLine> {
        let since = self.started.get(pod).copied();
        self.lines.iter().filter(move |line| {
            let own = line.pod.as_deref().is_none_or(|name| name == pod);
            own && since.is_some_and(|since| line.at >= since)
        })
    }
}
