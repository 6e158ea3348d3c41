//! A packet under way: its header as it stands now, and what it has met.

use super::{Arrival, Packet, Walk};
use crate::api::pod::Pod;
use crate::api::{Object, ObjectKey};
use crate::kernel::{Rng, Span};
use crate::net::Chosen;
use crate::net::because::{Because, Spot};
use crate::net::conntrack::Tracked;
use crate::net::fault::{Ending, Fault};
use crate::net::hop::{ConnectError, Field, Hop, Verdict};
use crate::net::proxy::Hook;
use std::net::SocketAddr;
use std::rc::Rc;

/// How long a packet takes inside a node, and between two nodes.
pub(super) const NEAR: Span = Span::micros(40);
pub(super) const FAR: Span = Span::micros(300);
/// How long Linux retries an unanswered SYN: 1+1+1+1+1+2+4+8+16+32+64 s (6.5 and later, `tcp_syn_linear_timeouts`).
const SYN_GIVES_UP: Span = Span::millis(134_700);
/// How long ARP waits before `EHOSTUNREACH`.
const ARP_GIVES_UP: Span = Span::millis(3_070);

/// How many hops most packets make.
const HOPS: usize = 3;

/// The end of a walk that does not arrive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    error: ConnectError,
    wait: Span,
}

/// What a stage of a walk gives.
pub(super) type Stage<T> = Result<T, Stop>;

impl Stop {
    /// An answer came back that says so.
    pub(super) fn at_once(error: ConnectError) -> Self {
        let wait = match error {
            ConnectError::TimedOut => SYN_GIVES_UP,
            ConnectError::Refused | ConnectError::NoRoute | ConnectError::Unreachable => Span(0),
        };
        Self { error, wait }
    }

    /// Nobody in the network has the address: the last router finds out after a while.
    pub(super) const NOBODY: Self = Self {
        error: ConnectError::NoRoute,
        wait: ARP_GIVES_UP,
    };

    /// Nothing comes back.
    pub(super) const SILENCE: Self = Self {
        error: ConnectError::TimedOut,
        wait: SYN_GIVES_UP,
    };
}

/// A packet under way.
pub(super) struct Way<'p> {
    pub(super) packet: &'p Packet,
    pub(super) rng: &'p mut Rng,
    /// The Pod in which the client stands, if it stands in one.
    pub(super) client: Option<(&'p Rc<Object>, &'p Pod)>,
    /// Its header as it stands now.
    pub(super) src: SocketAddr,
    pub(super) dst: SocketAddr,
    /// The node whose network it is in; none outside.
    pub(super) node: Option<Rc<str>>,
    /// Where it meets the rules of that node.
    pub(super) hook: Hook,
    /// The Service port that it came through.
    pub(super) through: Option<Rc<super::service::Through>>,
    /// Why its source will be masqueraded on leaving the node.
    pub(super) masquerade: Option<String>,
    /// How much longer it takes than usual, for what it met is slow.
    pub(super) slow: Span,
    /// Whether something that it met cuts connections off.
    pub(super) resetting: bool,
    /// What is remembered of the endpoint that was picked.
    pub(super) chosen: Option<Chosen>,
    pub(super) asked: Option<super::Asked>,
    /// The header with which it entered the node.
    entered: (SocketAddr, SocketAddr),
    tracked: Vec<Rc<Tracked>>,
    hops: Vec<Hop>,
    at: Spot,
}

impl<'p> Way<'p> {
    pub(super) fn new(
        packet: &'p Packet,
        rng: &'p mut Rng,
        client: Option<(&'p Rc<Object>, &'p Pod)>,
    ) -> Self {
        let nowhere = SocketAddr::new(super::client::LAPTOP, packet.source_port);
        Self {
            packet,
            rng,
            client,
            src: nowhere,
            dst: packet.to,
            node: None,
            hook: Hook::Prerouting,
            through: None,
            masquerade: None,
            slow: Span(0),
            resetting: false,
            chosen: None,
            asked: None,
            entered: (nowhere, packet.to),
            tracked: Vec::new(),
            hops: Vec::with_capacity(HOPS),
            at: Spot::of(&packet.from),
        }
    }

    pub(super) fn ended(self, end: Stage<Arrival>) -> Walk {
        let (end, wait) = match end {
            Ok(arrival) => (Ok(arrival), Span(0)),
            Err(stop) => (Err(stop.error), stop.wait),
        };
        Walk {
            hops: Rc::new(self.hops),
            end,
            wait,
            tracked: self.tracked,
            chosen: self.chosen,
            asked: self.asked,
        }
    }

    /// The packet comes to a place and goes on from there.
    pub(super) fn hop(&mut self, to: &Spot, verdict: Verdict, because: Because) -> &mut Hop {
        let from = std::mem::replace(&mut self.at, to.clone());
        self.record(from, to.clone(), verdict, because)
    }

    /// Something happens to the packet in the network of a place, which the chart does not draw as a stop.
    pub(super) fn beside(&mut self, at: Spot, verdict: Verdict, because: Because) -> &mut Hop {
        self.record(self.at.clone(), at, verdict, because)
    }

    /// How many hops were made.
    pub(super) fn len(&self) -> usize {
        self.hops.len()
    }

    fn record(&mut self, from: Spot, to: Spot, verdict: Verdict, because: Because) -> &mut Hop {
        let hop = Hop {
            from,
            to,
            src: self.src,
            dst: self.dst,
            verdict,
            because,
            object: None,
            field: Field::NONE,
            latency: NEAR,
        };
        self.hops.push(hop);
        let last = self.hops.len().saturating_sub(1);
        #[expect(
            clippy::indexing_slicing,
            reason = "the hop was pushed two lines above"
        )]
        &mut self.hops[last]
    }

    /// The packet meets the fault of a Service, a node or a Pod. What ends its way there is given back.
    pub(super) fn meet(&mut self, fault: Option<Fault>) -> Option<Ending> {
        match fault? {
            Fault::Slow(more) => self.slow = self.slow + more,
            Fault::Resetting => self.resetting = true,
            ends => return ends.end(),
        }
        None
    }

    /// The packet comes into a node's network.
    pub(super) fn enter(&mut self, node: &Rc<str>, hook: Hook) {
        self.node = Some(node.clone());
        self.hook = hook;
        self.entered = (self.src, self.dst);
    }

    /// The node is done with the packet: it remembers how to turn answers back.
    pub(super) fn leave(&mut self) {
        let Some(node) = self.node.clone() else {
            return;
        };
        self.tracked.push(Rc::new(Tracked {
            node,
            protocol: self.packet.protocol,
            original: self.entered,
            reply: (self.dst, self.src),
        }));
    }
}

impl Hop {
    /// Names the object and the field that the reason rests on.
    pub(super) fn about(&mut self, object: ObjectKey, field: impl Into<Field>) {
        self.object = Some(object);
        self.field = field.into();
    }
}
