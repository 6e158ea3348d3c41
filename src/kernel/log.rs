//! The event log: append-only and bounded.

use super::event::{Facts, Row};
use super::{Event, EventKind, Seq, SimTime};
use std::collections::VecDeque;
use std::rc::Rc;

/// How many events are kept; what comes before them folds away.
const KEPT: usize = 200_000;

/// Everything that happened, oldest first.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    events: VecDeque<Event>,
    next: u64,
}

impl EventLog {
    /// Appends an event and returns its place.
    pub fn push(
        &mut self,
        at: SimTime,
        cause: Option<Seq>,
        kind: &'static EventKind,
        facts: Facts,
    ) -> Seq {
        self.append(Event::told((Seq(self.next), at, cause), kind, facts))
    }

    /// Appends an event of a row and returns its place.
    pub fn push_row(
        &mut self,
        at: SimTime,
        cause: Option<Seq>,
        kind: &'static EventKind,
        row: (Rc<dyn Row>, u32),
    ) -> Seq {
        self.append(Event::of_row((Seq(self.next), at, cause), kind, row))
    }

    fn append(&mut self, event: Event) -> Seq {
        self.next += 1;
        if self.events.len() == KEPT {
            self.events.pop_front();
        }
        let seq = event.seq;
        self.events.push_back(event);
        seq
    }

    /// The place that the next event will take.
    pub fn end(&self) -> Seq {
        Seq(self.next)
    }

    /// The event at a place, if it is still kept.
    pub fn get(&self, seq: Seq) -> Option<&Event> {
        let first = self.events.front()?.seq.0;
        self.events
            .get(usize::try_from(seq.0.checked_sub(first)?).ok()?)
    }

    /// Forgets the events from `end` on: they are taken back.
    pub fn take_back(&mut self, end: Seq) {
        while self.events.back().is_some_and(|event| event.seq >= end) {
            self.events.pop_back();
        }
        self.next = end.0;
    }

    /// All kept events from `cursor` on.
    pub fn since(&self, cursor: Seq) -> impl DoubleEndedIterator<Item = &Event> {
        let first = self.events.front().map_or(self.next, |event| event.seq.0);
        let skip = usize::try_from(cursor.0.saturating_sub(first)).unwrap_or(usize::MAX);
        self.events.range(skip.min(self.events.len())..)
    }

    /// The chain of causes of an event: itself first, the root last.
    pub fn causes(&self, seq: Seq) -> Vec<&Event> {
        let mut chain = Vec::new();
        let mut at = self.get(seq);
        while let Some(event) = at {
            chain.push(event);
            // A cause is always older, so the walk ends.
            at = event
                .cause
                .filter(|cause| *cause < event.seq)
                .and_then(|cause| self.get(cause));
        }
        chain
    }
}
