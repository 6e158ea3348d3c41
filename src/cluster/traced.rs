//! Traces: a packet walked for its own sake, with what a reader may want to know of it.

use super::Cluster;
use crate::kernel::Span;
use crate::net::{Arrival, Candidate, ConnectError, Packet, Place, Protocol, Tracked};
use std::net::SocketAddr;

/// What a trace has found.
#[derive(Clone, Debug)]
pub struct Traced {
    /// Where the packet arrived, or what the client sees.
    pub end: Result<Arrival, ConnectError>,
    /// How long a client waits for a failure.
    pub wait: Span,
    /// What each node on the way would remember of the flow, the client's first.
    pub tracked: Vec<Tracked>,
    /// How its answers are turned back, node by node.
    pub back: Vec<String>,
    /// The endpoint that was picked.
    pub chosen: Option<SocketAddr>,
    /// The Service port that it asked for, and every candidate behind that.
    pub candidates: Option<(String, Vec<Candidate>)>,
}

impl Cluster {
    /// Walks a packet and tells its hops; no connection comes of it, and nobody waits.
    pub fn trace(&mut self, from: &Place, to: SocketAddr, protocol: Protocol) -> Traced {
        let source_port = self.free_port();
        let packet = Packet {
            from: from.clone(),
            source_port,
            to,
            protocol,
        };
        let walk = self.walk(&packet);
        self.tell(from, &walk, protocol.name());
        let network = self.network_view();
        let candidates = walk.asked.as_ref().and_then(|asked| {
            let (port, found) = network.candidates(asked)?;
            Some((format!("{} on {}", port.name, asked.node), found))
        });
        Traced {
            back: match walk.end {
                Ok(_) => walk.tracked.iter().rev().filter_map(turned_back).collect(),
                Err(_) => Vec::new(),
            },
            end: walk.end,
            tracked: walk.tracked,
            wait: walk.wait,
            chosen: walk.chosen.map(|chosen| chosen.endpoint),
            candidates,
        }
    }
}

/// What a node's conntrack does to an answer, if it does anything.
fn turned_back(tracked: &Tracked) -> Option<String> {
    let (source, destination) = tracked.reply;
    let seen = (tracked.original.1, tracked.original.0);
    let mut parts = Vec::new();
    if source != seen.0 {
        parts.push(format!("source {source} becomes {}", seen.0));
    }
    if destination != seen.1 {
        parts.push(format!("destination {destination} becomes {}", seen.1));
    }
    let node = &tracked.node;
    (!parts.is_empty()).then(|| format!("conntrack on {node}: {}", parts.join(", ")))
}
