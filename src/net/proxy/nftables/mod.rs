//! The nftables mode (`pkg/proxy/nftables/proxier.go`).

mod verdict;

pub(super) use verdict::{because, rule};
