//! The way back: what each node's connection tracking does to the answer of a packet.
//!
//! No rule is asked again: a node that translated the first packet does the reverse to its answers, in reverse order.

use super::Walk;
use super::way::NEAR;
use crate::net::because::{Because, Spot};
use crate::net::hop::{ConnectError, Field, Hop, Verdict};
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
            field: Field::NONE,
            latency: NEAR,
        };
        if self
            .tracked
            .iter()
            .all(|tracked| tracked.original == (tracked.reply.1, tracked.reply.0))
        {
            let because = "no address was translated: the answer comes back as it is".to_owned();
            return vec![hop(
                (last.src, last.dst),
                Verdict::Forwarded,
                because.into(),
            )];
        }
        let mut hops: Vec<Hop> = Vec::with_capacity(self.tracked.len());
        for tracked in self.tracked.iter().rev() {
            let alike = tracked.original == (tracked.reply.1, tracked.reply.0);
            let verdict = if alike {
                Verdict::Forwarded
            } else {
                Verdict::Translated
            };
            let because = Because::TurnedBack(tracked.clone());
            let mut hop = hop(tracked.original, verdict, because);
            if let Some(before) = hops.last_mut() {
                before.to = Spot::Node(tracked.node.clone());
                hop.from = before.to.clone();
            }
            hops.push(hop);
        }
        hops
    }
}
