//! Cluster DNS: the types that the cluster hands questions over with.

use crate::kernel::{EventKind, Rng};
use crate::store::{Change, ClusterNetwork, Tables};
use std::net::IpAddr;

/// The DNS server of the cluster.
#[derive(Clone, Debug)]
pub struct Server;

/// What a server replies.
#[derive(Clone, Debug)]
pub struct Reply;

/// A question.
#[derive(Clone, Debug)]
pub struct Query {
    /// The name.
    pub name: String,
    /// The type, `A`.
    pub record_type: String,
}

/// A reply in words.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The event kind.
    pub event: &'static EventKind,
    /// The answer.
    pub answer: String,
    /// Why it is the answer.
    pub because: String,
}

impl Server {
    /// A server.
    pub fn new(_network: &ClusterNetwork, _rng: Rng) -> Self {
        Self
    }

    /// Follows writes.
    pub fn observe(&mut self, _tables: &Tables, _changes: &[Change]) {}

    /// Answers a question.
    pub fn answer(
        &mut self,
        _tables: &Tables,
        _now: i64,
        _query: &Query,
        _source: IpAddr,
    ) -> Reply {
        Reply
    }
}

/// Says why a reply is what it is.
pub fn explain(_tables: &Tables, _domain: &str, _query: &Query, _reply: &Reply) -> Explained {
    Explained {
        event: &crate::net::event::DELIVERED,
        answer: String::new(),
        because: String::new(),
    }
}
