//! Links that carry a whole session: what was read, typed and changed, so that whoever opens one gets the same event log.
//!
//! *Invariant:* pure functions between texts; a link that cannot be read is a value that says why. Nothing is sent anywhere:
//! a link is made in the page, and its payload stands behind the `#`, which browsers keep to themselves.

mod codec;
mod link;
mod snippets;

pub use codec::{MOST_BYTES, pack, pack_plain, unpack};
pub use link::{Base, Carried, Deed, Link, Look, Moment};
pub use snippets::{Offer, Snippet, snippets};

use crate::words::{fill, words};
use std::fmt;

/// From so many letters on a link is likely to be cut by a chat program.
pub const LONG: usize = 2_000;
/// With more letters than this it is no link any more, but a file.
pub const TOO_LONG: usize = 32_000;

/// Why a link cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// It begins with something else than `p1=`, `p0=` or `src=`.
    Prefix(String),
    /// Letters are missing or wrong.
    Damaged,
    /// It holds more than a playground takes.
    Large,
    /// It holds something that this version does not know.
    Newer(String),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = words();
        let why = match self {
            Self::Prefix(prefix) => fill(words.link_prefix, &[prefix]),
            Self::Damaged => words.link_damaged.to_owned(),
            Self::Large => words.link_large.to_owned(),
            Self::Newer(version) => fill(words.link_newer, &[version]),
        };
        f.write_str(&fill(words.link_not_opened, &[&why]))
    }
}
