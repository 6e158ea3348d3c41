//! How simulated time passes.

use super::Cluster;
use crate::kernel::{SimTime, Span};

/// No cluster fires more timers than this at one go; what would is a loop.
const LIMIT: usize = 2_000_000;

impl Cluster {
    /// The present instant.
    pub fn now(&self) -> SimTime {
        self.sim.now
    }

    /// Lets time pass until `time`, or until `budget` timers have fired; returns how many have.
    ///
    /// If the budget ends first, the clock stands at the last timer that fired.
    pub fn run_until(&mut self, time: SimTime, budget: usize) -> usize {
        let time = self.stop.map_or(time, |stop| stop.min(time));
        let outer = self.sim.cause;
        let mut fired = 0;
        while fired < budget {
            let Some((at, wake)) = self.sim.timers.pop_due(time) else {
                self.sim.now = self.sim.now.max(time);
                break;
            };
            self.sim.now = self.sim.now.max(at);
            self.sim.cause = wake.cause;
            if !self.controllers.wake(&mut self.store, &mut self.sim, &wake) {
                self.reload_dns();
            }
            self.propagate();
            fired += 1;
        }
        self.sim.cause = outer;
        fired
    }

    /// Says when Ctrl-C comes: time stands still from then on, so that what waits has waited for no longer.
    pub fn stop_at(&mut self, stop: Option<SimTime>) {
        self.stop = stop;
    }

    /// When it comes, if that is known.
    pub fn stopping(&self) -> Option<SimTime> {
        self.stop
    }

    /// Whether Ctrl-C has come.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some_and(|stop| self.sim.now >= stop)
    }

    /// Lets a span of time pass.
    pub fn advance(&mut self, span: Span) {
        self.run_until(self.sim.now + span, LIMIT);
    }

    /// Lets time pass until nothing is under way but what goes on for ever, at most `most`.
    pub fn settle(&mut self, most: Span) {
        let end = self.sim.now + most;
        while let Some(next) = self
            .sim
            .timers
            .next_foreground()
            .filter(|next| *next <= end && !self.is_stopped())
        {
            self.run_until(next, LIMIT);
        }
    }
}
