//! Lessons and examples: what a reader finds in the editor, what there is to type, and whether a step is passed.
//!
//! A [`Lesson`] is one Markdown file, compiled ahead to compact JSON; [`Run`] is somebody going through it.
//!
//! *Invariant:* a lesson is data; nothing here touches a browser.

mod assertion;
pub mod author;
mod document;
mod example;
mod judge;
pub mod markdown;
mod run;

pub use assertion::{Assertion, Demand, Named};
pub use document::{
    Act, Answer, Block, Deed, Exchange, Inline, Lesson, Line, Step, do_unseen, lines_of, put,
};
pub use example::{Example, examples};
pub use judge::{Shortfall, Since};
pub use run::{Run, Verdict, perform};
