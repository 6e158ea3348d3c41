//! Waits are shown: what a command printed appears as simulated time passed, in three seconds of the reader's at most.

use super::Block;
use crate::kernel::Span;
use crate::ui::words::{fill, words};
use gloo::timers::callback::Interval;
use yew::prelude::*;

/// The beat of the display, in milliseconds.
const BEAT: u32 = 50;
/// The longest wait of the reader's, in milliseconds; a longer one is run through faster.
const LONGEST: u64 = 3_000;
/// Waits shorter than this are not shown.
const SHORTEST: Span = Span::millis(400);

/// How much of the last block is shown.
#[derive(Clone)]
pub(super) struct Reveal {
    /// The block that is being shown, and how much of its time has been.
    state: UseStateHandle<Option<(usize, Span)>>,
    /// The block that waits to be shown.
    wanted: Option<(usize, Span)>,
}

impl Reveal {
    /// How much of the time of the last block has been shown; `None` if all.
    pub(super) fn shown(&self) -> Option<Span> {
        let (id, took) = self.wanted?;
        match *self.state {
            Some((at, shown)) if at == id && shown >= took => None,
            Some((at, shown)) if at == id => Some(shown),
            _ => Some(Span(0)),
        }
    }

    /// `0:12 of 2:14`.
    pub(super) fn words(&self) -> Option<String> {
        let (_, took) = self.wanted?;
        Some(fill(words().waited, &[&clock(self.shown()?), &clock(took)]))
    }

    /// Shows the end at once.
    pub(super) fn skip(&self) -> Callback<()> {
        let (state, wanted) = (self.state.setter(), self.wanted);
        Callback::from(move |()| state.set(wanted))
    }
}

fn clock(span: Span) -> String {
    let seconds = span.0 / 1_000_000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Shows the wait of the last block as it comes; not while the clock stands still, nor for who wants stillness.
#[hook]
pub(super) fn use_reveal(last: Option<&Block>, speed: u32) -> Reveal {
    let state = use_state_eq(|| None::<(usize, Span)>);
    let wanted = last
        .filter(|block| speed > 0 && block.took >= SHORTEST)
        .filter(|_| !crate::web::wants_stillness())
        .map(|block| (block.id, block.took));
    {
        let state = state.clone();
        use_effect_with((wanted, speed), move |(wanted, speed)| {
            let done = wanted.is_some_and(|w| *state == Some(w));
            let interval = wanted.filter(|_| !done).map(|(id, took)| {
                let natural = took.0 / 10 / u64::from(*speed).max(1);
                let beats = natural.clamp(1, LONGEST).div_ceil(u64::from(BEAT));
                let step = took.0.div_ceil(beats.max(1));
                let mut shown = Span(0);
                Interval::new(BEAT, move || {
                    if shown >= took || state.is_some_and(|at| at == (id, took)) {
                        return;
                    }
                    shown = Span((shown.0 + step).min(took.0));
                    state.set(Some((id, shown)));
                })
            });
            move || drop(interval)
        });
    }
    Reveal { state, wanted }
}
