//! Ordered maps and sets, and sorting, that cost the page few bytes and the core little memory.
//!
//! The names are the standard library's, whose B-trees are compiled anew for each pair of types, an algorithm of
//! balancing each time, and give a label or two a node for eleven.

mod collect;
mod compare;
mod entry;
mod iterate;
mod map;
mod set;
mod sort;
mod spot;

pub use map::BTreeMap;
pub use set::BTreeSet;
pub use sort::Arrange;
