//! The iptables mode (`pkg/proxy/iptables/proxier.go`).

mod verdict;

pub(super) use verdict::{because, rule};
