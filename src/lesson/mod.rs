//! Lessons and examples: what a reader finds in the editor, and what there is to type.
//!
//! *Invariant:* a lesson is data; nothing here touches a browser.

mod example;

pub use example::{Example, examples};
