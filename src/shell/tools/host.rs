//! How programs turn a host name into addresses: the C library of their place.

use crate::shell::context::Context;
use std::net::IpAddr;

/// What came of a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// The addresses, in the library's order.
    Found(Vec<IpAddr>),
    /// The name does not exist, or has no address.
    NotFound,
    /// No server gave an answer.
    Failed,
}

/// Looks a name up; an address stands for itself.
pub(super) fn lookup(context: &mut Context<'_>, name: &str) -> Lookup {
    if let Ok(address) = name.parse() {
        return Lookup::Found(vec![address]);
    }
    let _ = context;
    Lookup::NotFound
}
