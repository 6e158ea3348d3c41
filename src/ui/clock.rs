//! Maps wall time onto simulated time, frame by frame.
//!
//! In a quiet cluster the page is told of the time four times a second; while there is much to do each frame does a slice of it,
//! so that nothing holds the page up.

use super::engine::{Action, Engine};
use crate::kernel::Span;
use crate::web;
use gloo::render::{AnimationFrame, request_animation_frame};
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// The shortest stretch of wall time after which a quiet page is told of the clock, in milliseconds.
const BEAT: f64 = 250.0;

/// What one frame hands to the next.
struct Frames {
    slot: RefCell<Option<AnimationFrame>>,
    engine: Rc<RefCell<Engine>>,
    act: Callback<Action>,
    speed: f64,
}

/// Lets time pass while the page is shown; a frozen clock moves only with what is typed.
#[hook]
pub(super) fn use_clock(
    engine: &Rc<RefCell<Engine>>,
    act: &Callback<Action>,
    frozen: bool,
    speed: u32,
) {
    let (engine, act) = (engine.clone(), act.clone());
    use_effect_with((frozen, speed), move |(frozen, speed)| {
        let frames = Rc::new(Frames {
            slot: RefCell::default(),
            engine,
            act,
            speed: if *frozen {
                0.0
            } else {
                f64::from(*speed) / 100.0
            },
        });
        next_frame(&frames, None, 0.0);
        // The frame that is asked for is given up with the slot.
        move || drop(frames.slot.borrow_mut().take())
    });
}

fn next_frame(frames: &Rc<Frames>, last: Option<f64>, saved: f64) {
    let again = Rc::clone(frames);
    let frame = request_animation_frame(move |now| {
        if web::stopped() {
            return;
        }
        // A hidden tab gets no frames; what it missed is not caught up.
        let mut saved = saved + last.map_or(0.0, |last| (now - last).clamp(0.0, 500.0));
        // A clock that is paused still goes where the reader sends it; a dump is read even where it is frozen.
        let behind = again
            .engine
            .try_borrow()
            .is_ok_and(|engine| engine.has_chores());
        if saved >= BEAT && again.speed > 0.0 || behind {
            let span = Span::micros((saved * again.speed * 1_000.0) as u64);
            again.act.emit(Action::Tick(span));
            saved = 0.0;
        }
        next_frame(&again, Some(now), saved);
    });
    *frames.slot.borrow_mut() = Some(frame);
}
