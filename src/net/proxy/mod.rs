//! kube-proxy: which addresses Services have, which endpoints stand behind them, and what a node does to a packet.
//!
//! Models `k8s.io/kubernetes/pkg/proxy` in its three modes. The rules follow the slices; kube-proxy checks no health of
//! its own. What is indexed here is the same for all nodes; a node's view (its name, zone and addresses) is applied when a
//! packet asks, so that the cost of a change does not grow with the number of nodes.
//!
//! *Invariant:* nothing here knows Pods, routes or connections: one question ([`Proxy::rule`]) has one answer
//! ([`Ruling`]).

mod endpoint;
pub mod iptables;
pub mod ipvs;
pub mod listing;
pub mod names;
pub mod nftables;
mod node;
mod programmed;
mod ruling;
mod service_port;
mod topology;
pub mod xtables;

pub use endpoint::{ByPort, Endpoint, by_port};
pub use node::NodeView;
pub use programmed::Proxy;
pub use ruling::{Fate, Hook, Query, Ruling, Via};
pub use service_port::{ServicePort, ServicePortName};
pub use topology::{Choice, EndpointSet, Policy, Preference};
