//! The lesson's pane: what is read, what can be clicked, and how the step stands.

mod blocks;
mod pane;
mod tutor;

pub(super) use pane::{LessonPane, place_in};
pub use tutor::Study;
pub(super) use tutor::{Studied, Tutor, kept};
