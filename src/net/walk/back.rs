//! The way back: what each node's connection tracking does to the answer of a packet.
//!
//! No rule is asked again: a node that translated the first packet does the reverse to its answers, in reverse order.

use super::Walk;
use super::outside::node_place;
use super::way::NEAR;
use crate::net::conntrack::Tracked;
use crate::net::hop::{ConnectError, Hop, Verdict, push_address};
use std::net::SocketAddr;

impl Walk {
    /// Whether an answer comes from where the packet ended: of the process, or the reset of a machine where none listens.
    pub fn comes_back(&self) -> bool {
        match self.end {
            Ok(_) => true,
            Err(ConnectError::Refused) => !self.tracked.is_empty(),
            Err(ConnectError::TimedOut | ConnectError::NoRoute | ConnectError::Unreachable) => {
                false
            }
        }
    }

    /// The hops of the answer, one for each node that passes it on. Where no node has anything to turn back, one hop stands
    /// for the whole way.
    pub fn back(&self) -> Vec<Hop> {
        let (Some(first), Some(last)) = (self.hops.first(), self.hops.last()) else {
            return Vec::new();
        };
        let hop = |header: (SocketAddr, SocketAddr), verdict, because| Hop {
            from: last.to.clone(),
            to: first.from.clone(),
            src: header.1,
            dst: header.0,
            verdict,
            because,
            object: None,
            field: String::new(),
            latency: NEAR,
        };
        if self
            .tracked
            .iter()
            .all(|tracked| tracked.original == (tracked.reply.1, tracked.reply.0))
        {
            let because = "no address was translated: the answer comes back as it is".to_owned();
            return vec![hop((last.src, last.dst), Verdict::Forwarded, because)];
        }
        let mut hops: Vec<Hop> = Vec::with_capacity(self.tracked.len());
        for tracked in self.tracked.iter().rev() {
            let (verdict, because) = turned_back(tracked);
            let mut hop = hop(tracked.original, verdict, because);
            if let Some(before) = hops.last_mut() {
                before.to = node_place(&tracked.node);
                hop.from = before.to.clone();
            }
            hops.push(hop);
        }
        hops
    }
}

/// What a node's conntrack does to an answer.
fn turned_back(tracked: &Tracked) -> (Verdict, String) {
    let (source, destination) = tracked.reply;
    let seen = (tracked.original.1, tracked.original.0);
    let mut because = ["conntrack on ", &tracked.node, ": "].concat();
    let parts = [
        ("source ", source, seen.0),
        ("destination ", destination, seen.1),
    ];
    let mut verdict = Verdict::Forwarded;
    for (what, from, to) in parts.into_iter().filter(|(_, from, to)| from != to) {
        if verdict == Verdict::Translated {
            because.push_str(", ");
        }
        verdict = Verdict::Translated;
        because.push_str(what);
        push_address(&mut because, from);
        because.push_str(" becomes ");
        push_address(&mut because, to);
    }
    if verdict == Verdict::Forwarded {
        because.push_str("the answer goes on as it is");
    }
    (verdict, because)
}
