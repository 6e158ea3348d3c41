//! The API server: typed tables, resource versions, the rules of create, update and delete, watches, and the address
//! and port allocators.
//!
//! *Invariant:* the store never decides when a controller runs; it only records what changed.

mod address;
mod admission;
mod announcing;
mod families;
mod field_set;
mod index;
mod network;
mod ownership;
mod ports;
mod protection;
mod service_account;
mod service_cidr;
mod spaces;
mod strategy;
mod tables;
mod write;

pub use address::{AddressError, AddressPool, Cidr};
pub use announcing::{FROM_POOL, Speaker};
pub use index::{PodsByNode, Tally};
pub use network::{ClusterNetwork, NodePortAddresses, ProxyMode, ProxySettings};
pub use ownership::{Apply, Writer, managed_fields};
pub(crate) use ownership::{LAST_APPLIED, annotation_is_applied, annotation_only};
pub use ports::PortPool;
pub(crate) use protection::finalizer;
pub use tables::{TableState, Tables};
pub(crate) use write::FOREGROUND;
pub use write::{Cascade, Change, Store, event};
