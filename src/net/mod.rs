//! The data path: places, routes, kube-proxy's rules, listening processes, connections.
//!
//! A walk is a pure function from the cluster's state to the hops of one packet; the cluster turns hops into events and
//! lets simulated time pass between them.
//!
//! *Invariant:* nothing here decides what a Service's endpoints are (the slices say so) or answers a name question.

mod address_book;
mod because;
mod connection;
mod conntrack;
mod database;
mod fault;
mod hop;
mod http_server;
mod ingress;
mod memcached;
mod place;
mod policy;
mod port_name;
mod probe;
mod proxy;
mod redis;
mod relay;
mod script;
mod server;
mod site;
mod walk;

pub use address_book::{AddressBook, Identity};
pub use because::{Because, Picked, Spot};
pub use connection::{Closed, ConnId, Connections, Peer, Received};
pub use conntrack::{Came, Chosen, Conntrack, Entry, FlowState, Tracked};
pub use fault::{FAULT, Fault};
pub use hop::{ConnectError, Field, Hop, Protocol, Verdict, event, push_address};
pub use ingress::{Backend, Routed, route};
pub use place::Place;
pub use policy::{Policies, Refusal};
pub use port_name::port_name;
pub use probe::{Echo, Probe};
pub use proxy::{
    ByPort, Choice, Endpoint, EndpointSet, Fate, Hook, NodeView, Policy, Preference, Proxy, Query,
    Ruling, ServicePort, ServicePortName, Via, by_port, iptables, ipvs, listing, names, nftables,
    xtables,
};
pub use relay::{Relay, status_page};
pub use script::{SERVE, listening as served};
pub use walk::{Arrival, Asked, Candidate, Network, Packet, Walk};
