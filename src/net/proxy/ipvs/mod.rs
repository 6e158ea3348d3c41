//! The ipvs mode (`pkg/proxy/ipvs/proxier.go`).

mod verdict;

pub(super) use verdict::{because, rule};
