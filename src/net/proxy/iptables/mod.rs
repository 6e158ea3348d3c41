//! The iptables mode (`pkg/proxy/iptables/proxier.go`).

mod chains;
mod verdict;

pub use chains::tables;
pub(super) use chains::{forward, postrouting};
pub(super) use verdict::{because, rule};
