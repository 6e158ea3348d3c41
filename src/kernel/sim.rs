//! What every part of the simulation needs to act: the time, the log, the timers, the seed.

use super::event::{Facts, Row};
use super::{EventKind, EventLog, Rng, Seq, SimTime, Span, Timers, Wake, timestamp};
use std::cell::RefCell;
use std::rc::Rc;

/// 2026-01-05 09:00:00 UTC, the wall-clock time at which simulations begin unless told otherwise.
pub const DEFAULT_EPOCH: i64 = 1_767_603_600;

/// The simulation's clock, log, timers and seed; passed as `&mut Sim` to whatever acts.
#[derive(Clone, Debug)]
pub struct Sim {
    /// The present instant.
    pub now: SimTime,
    /// The event that what happens now follows from.
    pub cause: Option<Seq>,
    /// Everything that happened.
    pub log: EventLog,
    /// Who wants to be called again.
    pub timers: Timers,
    /// The seed from which every stream is forked.
    pub seed: u64,
    /// Seconds since 1970 at simulated time zero.
    pub epoch: i64,
    /// A second as it was written last: most of what happens in one is stamped alike.
    stamp: RefCell<(i64, Option<Rc<str>>)>,
}

impl Sim {
    /// A simulation at time zero.
    pub fn new(seed: u64) -> Self {
        Self {
            now: SimTime(0),
            cause: None,
            log: EventLog::default(),
            timers: Timers::default(),
            seed,
            epoch: DEFAULT_EPOCH,
            stamp: RefCell::default(),
        }
    }

    /// Appends an event caused by whatever is going on, and returns its place.
    pub fn emit(&mut self, kind: &'static EventKind, facts: Facts) -> Seq {
        self.log.push(self.now, self.cause, kind, facts)
    }

    /// Appends an event of a row, whose facts are written out when somebody reads them.
    pub fn emit_row(&mut self, kind: &'static EventKind, row: (Rc<dyn Row>, u32)) -> Seq {
        self.log.push_row(self.now, self.cause, kind, row)
    }

    /// Asks for a call after `delay`, remembering the present cause.
    pub fn after(&mut self, delay: Span, owner: &'static str, token: u64) {
        self.set_timer(delay, owner, token, false);
    }

    /// Like [`Sim::after`], for calls that go on for ever and so do not keep the cluster unsettled.
    pub fn after_in_background(&mut self, delay: Span, owner: &'static str, token: u64) {
        self.set_timer(delay, owner, token, true);
    }

    fn set_timer(&mut self, delay: Span, owner: &'static str, token: u64, background: bool) {
        let wake = Wake {
            owner,
            token,
            cause: self.cause,
            background,
        };
        self.timers.set(self.now + delay, wake);
    }

    /// The random stream of a subsystem.
    pub fn stream(&self, label: &str) -> Rng {
        Rng::fork(self.seed, label)
    }

    /// Seconds since 1970 at `at`.
    pub fn unix(&self, at: SimTime) -> i64 {
        self.epoch + (at.0 / 1_000_000) as i64
    }

    /// The present as an API timestamp (`2026-11-22T23:02:34Z`).
    pub fn timestamp(&self) -> Rc<str> {
        self.timestamp_at(self.now)
    }

    /// `at` as an API timestamp.
    pub fn timestamp_at(&self, at: SimTime) -> Rc<str> {
        let second = self.unix(at);
        let (known, text) = &mut *self.stamp.borrow_mut();
        match text {
            Some(text) if *known == second => text.clone(),
            _ => {
                *known = second;
                text.insert(timestamp(second).into()).clone()
            }
        }
    }
}
