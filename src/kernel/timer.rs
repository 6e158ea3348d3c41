//! The timer heap: who wants to be called again, and when.

use super::BTreeMap;
use super::{Seq, SimTime};

/// A call that somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake {
    /// The subsystem that asked.
    pub owner: &'static str,
    /// The owner's own number for what it is about.
    pub token: u64,
    /// The event that led to it.
    pub cause: Option<Seq>,
    /// Whether a cluster with only such calls pending counts as settled (probes, lease renewals, back-offs).
    pub background: bool,
}

/// Pending calls, by time and then by the order in which they were asked for.
#[derive(Clone, Debug, Default)]
pub struct Timers {
    heap: BTreeMap<(SimTime, u64), Wake>,
    next: u64,
}

impl Timers {
    /// Asks for a call at `at`.
    pub fn set(&mut self, at: SimTime, wake: Wake) {
        self.heap.insert((at, self.next), wake);
        self.next += 1;
    }

    /// When the next call is due.
    pub fn next_at(&self) -> Option<SimTime> {
        self.heap.keys().next().map(|(at, _)| *at)
    }

    /// When the next call is due that keeps the cluster unsettled.
    pub fn next_foreground(&self) -> Option<SimTime> {
        self.heap
            .iter()
            .find(|(_, wake)| !wake.background)
            .map(|((at, _), _)| *at)
    }

    /// Takes the next call if it is due at or before `now`.
    pub fn pop_due(&mut self, now: SimTime) -> Option<(SimTime, Wake)> {
        self.next_at().filter(|at| *at <= now)?;
        let ((at, _), wake) = self.heap.pop_first()?;
        Some((at, wake))
    }
}
