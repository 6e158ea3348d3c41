//! The nftables mode (`pkg/proxy/nftables/proxier.go`).

mod table;
mod text;
mod verdict;

pub use table::{Chain, Element, Set, Table, table};
pub use text::{add_lines, list, list_chain, list_set};
pub(super) use verdict::{because, rule};
