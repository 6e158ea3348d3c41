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
        f.write_str("This link was not opened: ")?;
        match self {
            Self::Prefix(prefix) => write!(
                f,
                "it begins with \"#{prefix}\", which this version of Portside does not know. Links begin with #p1=, #p0= or #src=."
            ),
            Self::Damaged => f.write_str(
                "part of it is missing or changed, as chat programs do with long links. Ask for it again, as a file if need be.",
            ),
            Self::Large => f.write_str("it holds more than 1 MiB, 100 files or 10,000 lines."),
            Self::Newer(version) => write!(
                f,
                "it was made by Portside {version}, which knows something that this version does not. Reload the page to get the newest one."
            ),
        }
    }
}
