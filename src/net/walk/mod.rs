//! The way of one packet, hop by hop, from where a client stands to a listening process or to its end.
//!
//! It follows the order of a real node: the source's address, kube-proxy's rules, the route, policy at the source,
//! masquerading, the other node, policy at the destination, the process that listens. A walk changes nothing; what a
//! connection would leave behind (tracked translations, a remembered choice) comes back with it.

mod back;
mod candidates;
mod client;
mod deliver;
mod node;
mod outside;
mod reason;
mod service;
mod way;

use super::address_book::{AddressBook, Identity};
use super::conntrack::{Conntrack, Tracked};
use super::hop::{ConnectError, Hop, Protocol};
use super::policy::Policies;
use super::proxy::{Proxy, Query};
use super::{Chosen, Place};
use crate::api::image::{Configured, Listening};
use crate::kernel::{Rng, SimTime, Span};
use crate::store::{ClusterNetwork, Tables};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use way::Way;

pub use candidates::Candidate;

/// A packet that opens a connection, or a datagram.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Where the client stands.
    pub from: Place,
    /// The client's port.
    pub source_port: u16,
    /// Where it wants to go.
    pub to: SocketAddr,
    /// The protocol.
    pub protocol: Protocol,
}

/// Where a packet arrived.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The Pod (or Node) that received it.
    pub at: Rc<Identity>,
    /// The process that listens.
    pub listening: Rc<Listening>,
    /// The client's address, as the process sees it.
    pub client: SocketAddr,
    /// The process' own address.
    pub own: SocketAddr,
    /// How much longer than usual its answers take, for something on the way is slow.
    pub slow: Span,
}

/// The hops of a packet and its end.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The hops in order.
    pub hops: Rc<Vec<Hop>>,
    /// Where it arrived, or why not.
    pub end: Result<Arrival, ConnectError>,
    /// How long the client waits for a failure, if nothing ends its patience before.
    pub wait: Span,
    /// What each node on the way has to remember of the flow, the client's first.
    pub tracked: Vec<Rc<Tracked>>,
    /// The endpoint that a Service's rule picked.
    pub chosen: Option<Chosen>,
    /// The last question that was put to a node's rules about a Service.
    pub asked: Option<Asked>,
}

/// A question that was put to a node's rules.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The node.
    pub node: Rc<str>,
    /// The packet as it then was.
    pub query: Query,
}

impl Walk {
    /// Hops that are told, though no packet made them.
    pub fn of(hops: Vec<Hop>) -> Self {
        Self {
            hops: Rc::new(hops),
            end: Err(ConnectError::Refused),
            wait: Span(0),
            tracked: Vec::new(),
            chosen: None,
            asked: None,
        }
    }
}

/// What a walk looks at.
#[derive(Debug)]
pub struct Network<'a> {
    /// The stored objects.
    pub tables: &'a Tables,
    /// Who bears which address.
    pub book: &'a AddressBook,
    /// The policies.
    pub policies: &'a Policies,
    /// What kube-proxy has programmed.
    pub proxy: &'a Proxy,
    /// What nodes remember.
    pub conntrack: &'a Conntrack,
    /// What its configuration makes of cluster DNS.
    pub dns: &'a Configured,
    /// Subnets and proxy mode.
    pub settings: &'a ClusterNetwork,
    /// The present.
    pub now: SimTime,
}

impl Network<'_> {
    /// Walks a packet to its end.
    pub fn walk(&self, packet: &Packet, rng: &mut Rng) -> Walk {
        let mut way = Way::new(packet, rng, self.pod_at(&packet.from));
        let end = self.set_out(&mut way);
        way.ended(end)
    }

    /// The address that a client's packets usually bear.
    pub fn source_address(&self, place: &Place) -> IpAddr {
        self.own_addresses(place)
            .first()
            .copied()
            .unwrap_or(client::LAPTOP)
    }
}
