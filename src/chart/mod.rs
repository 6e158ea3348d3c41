//! What the page draws of a cluster, as data: names of places, the objects of a text.
//!
//! *Invariant:* pure functions of a view, the event log and a text; whole numbers only; no browser.

mod names;
mod sites;

pub use names::{key_of, place_of, place_of_key};
pub use sites::{Site, sites};
