//! The data path: places, routes, kube-proxy's rules, listening processes, connections.
//!
//! A walk is a pure function from the cluster's state to the hops of one packet; the cluster turns hops into events and
//! lets simulated time pass between them.
//!
//! *Invariant:* nothing here decides what a Service's endpoints are (the slices say so) or answers a name question.

mod connection;
mod hop;
mod place;
mod proxy;
mod server;
mod walk;

pub use connection::{Closed, ConnId, Connections, Received};
pub use hop::{ConnectError, Hop, Protocol, Verdict, event};
pub use place::Place;
pub use proxy::{Backend, Proxy, ServicePortName};
pub use walk::{Arrival, Network, Packet, Walk};
