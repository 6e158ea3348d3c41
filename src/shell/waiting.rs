//! Programs that wait by themselves: what they wait for is looked at now and then, and between two looks time passes.
//!
//! Who lets it pass is whoever runs the line: a terminal in slices that a page has room for, everything else at one go.

use super::context::{Context, Outcome, Program, Progress};
use crate::cluster::Place;
use crate::kernel::SimTime;

/// What a look has found.
pub(super) enum Look {
    /// Nothing yet: the next look is due then.
    Again(SimTime),
    /// The waiting is over, with this exit status.
    Over(i32),
}

/// A program that waits.
#[derive(Clone)]
struct Waiting<T> {
    place: Place,
    due: SimTime,
    what: T,
    look: fn(&mut Context<'_>, &mut T) -> Look,
}

/// Looks at once, and waits if there is something to wait for.
pub(super) fn wait<T: Clone + 'static>(
    context: &mut Context<'_>,
    mut what: T,
    look: fn(&mut Context<'_>, &mut T) -> Look,
) -> Outcome {
    match look(context, &mut what) {
        Look::Over(status) => Outcome::Exit(status),
        Look::Again(due) => Outcome::Foreground(Box::new(Waiting {
            place: context.place.clone(),
            due,
            what,
            look,
        })),
    }
}

impl<T: Clone + 'static> Program for Waiting<T> {
    fn place(&self) -> Place {
        self.place.clone()
    }
    fn wakes(&self) -> Option<SimTime> {
        Some(self.due)
    }
    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        if context.world.cluster.now() < self.due {
            return Progress::Stay;
        }
        match (self.look)(context, &mut self.what) {
            Look::Over(status) => Progress::Exit(status),
            Look::Again(due) => {
                self.due = due;
                Progress::Stay
            }
        }
    }
    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.line("^C");
        Progress::Exit(130)
    }
}

impl Outcome {
    /// The same once all waiting is over: where nothing can stay in the foreground, and what reads lines is not waited for.
    pub(super) fn waited(self, context: &mut Context<'_>) -> Self {
        let Self::Foreground(mut program) = self else {
            return self;
        };
        while let Some(due) = program.wakes() {
            let now = context.world.cluster.now();
            if !context.pass(due.since(now)) {
                return Self::Exit(130);
            }
            match program.passed(context) {
                Progress::Stay => {}
                Progress::Push(next) => program = next,
                Progress::Exit(status) => return Self::Exit(status),
            }
        }
        Self::Foreground(program)
    }
}
