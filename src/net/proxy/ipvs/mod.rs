//! The ipvs mode (`pkg/proxy/ipvs/proxier.go`).

mod rules;
mod servers;
mod verdict;

pub use rules::{Written, rules};
pub use servers::{SETS, SetKind, State, VirtualServer, state};
pub(super) use verdict::{because, rule};
