//! Traces: a packet walked for its own sake, with what a reader may want to know of it.

use super::Cluster;
use crate::api::ObjectKey;
use crate::kernel::Span;
use crate::net::{Arrival, Candidate, ConnectError, Packet, Place, Protocol, Tracked};
use std::net::SocketAddr;
use std::rc::Rc;

/// What a trace has found.
#[derive(Clone, Debug)]
pub struct Traced {
    /// Where the packet arrived, or what the client sees.
    pub end: Result<Arrival, ConnectError>,
    /// How long a client waits for a failure.
    pub wait: Span,
    /// What each node on the way would remember of the flow, the client's first.
    pub tracked: Vec<Rc<Tracked>>,
    /// The endpoint that was picked.
    pub chosen: Option<SocketAddr>,
    /// The Service port that it asked for, and every candidate behind that.
    pub candidates: Option<(String, Vec<Candidate>)>,
}

/// What would become of a packet.
#[derive(Clone, Debug)]
pub struct Foreseen {
    /// Whether it arrives at a process.
    pub arrives: bool,
    /// Why it ends where it ends.
    pub because: String,
    /// The object that the reason rests on.
    pub object: Option<ObjectKey>,
    /// The object's field that the reason rests on.
    pub field: String,
}

impl Cluster {
    /// What would become of a packet that was sent now: nothing is told, drawn or remembered.
    pub fn foresee(&self, from: &Place, to: SocketAddr, protocol: Protocol) -> Foreseen {
        let packet = Packet {
            from: from.clone(),
            source_port: 40_000,
            to,
            protocol,
        };
        let walk = self.network_view().walk(&packet, &mut self.chance.clone());
        let last = walk.hops.last();
        let (because, object, field) = last.map_or_else(Default::default, |hop| {
            (
                hop.because.to_string(),
                hop.object.clone(),
                hop.field.to_string(),
            )
        });
        Foreseen {
            arrives: walk.end.is_ok(),
            because,
            object,
            field,
        }
    }

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
        let telling = self.tell(from, &walk, protocol.name());
        if walk.comes_back() {
            self.tell_back(&telling, walk.back());
        }
        let network = self.network_view();
        let candidates = walk.asked.as_ref().and_then(|asked| {
            let (port, found) = network.candidates(asked)?;
            Some((format!("{} on {}", port.name, asked.node), found))
        });
        Traced {
            end: walk.end,
            tracked: walk.tracked,
            wait: walk.wait,
            chosen: walk.chosen.map(|chosen| chosen.endpoint),
            candidates,
        }
    }
}
