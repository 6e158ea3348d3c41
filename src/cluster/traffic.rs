//! Connections and name questions: walks over the network, told as events while time passes.

use super::Cluster;
use super::told::{Telling, Told, add_source};
use crate::api::image::Serves;
use crate::api::{ObjectKey, kind};
use crate::dns;
use crate::kernel::{BTreeSet, Rng, Row, Seq, Span, facts};
use crate::net::{
    Arrival, Came, ConnId, ConnectError, Echo, Entry, Hop, Network, Packet, Place, Probe, Protocol,
    Received, Walk, event::RETURNED,
};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// The event kinds of this layer.
pub mod event {
    use crate::kernel::{EventKind, Role};

    /// A line was typed.
    pub const TYPED: EventKind = EventKind {
        id: "typed",
        icon: "i-term",
        role: Role::Idle,
        sentence: "{client}: {line}",
        spoken: "",
    };
    /// A client gave up waiting.
    pub const TIMED_OUT: EventKind = EventKind {
        id: "timed-out",
        icon: "v-dropped",
        role: Role::Warn,
        sentence: "{client} gave up waiting for {dst}",
        spoken: "Timed out: no answer from {dst}",
    };
    /// A question got no answer.
    pub const UNANSWERED: EventKind = EventKind {
        id: "unanswered",
        icon: "v-dropped",
        role: Role::Warn,
        sentence: "{dst} does not answer {client}'s question for {name} {type}",
        spoken: "",
    };
    /// A node port of an endpoint answered a client: bytes went back and forth.
    pub const EXCHANGED: EventKind = EventKind {
        id: "exchanged",
        icon: "v-ok",
        role: Role::Good,
        sentence: "{client} sent {sent} bytes to {dst}, {received} came back",
        spoken: "",
    };
}

/// What came of a question to a DNS server.
#[derive(Clone, Debug)]
pub enum Answered {
    /// The server's reply.
    Reply(dns::Reply),
    /// An ICMP message said that nobody listens.
    Refused,
    /// No answer; the asker's patience is its own affair.
    Silence,
    /// An ICMP message said that there is no way.
    NoRoute,
}

impl Cluster {
    /// Opens a connection; simulated time passes until it stands, is refused, or `patience` ends.
    pub fn connect(
        &mut self,
        from: &Place,
        to: SocketAddr,
        protocol: Protocol,
        patience: Option<Span>,
    ) -> Result<ConnId, ConnectError> {
        if *from == Place::Laptop && to.ip().is_loopback() {
            let Some((inside, to)) = self.through_forward(to.port()) else {
                return Err(ConnectError::Refused);
            };
            return self.connect(&inside, to, protocol, patience);
        }
        if self.is_stopped() {
            return Err(ConnectError::TimedOut);
        }
        let source_port = self.free_port();
        let packet = Packet {
            from: from.clone(),
            source_port,
            to,
            protocol,
        };
        let walk = self.walk(&packet);
        let (telling, late) = self.tell_within(from, &walk, protocol.name(), patience);
        let error = match &walk.end {
            _ if late => {
                self.remember(&walk, Came::Nowhere);
                return Err(self.gave_up(telling.flow, from, to));
            }
            Ok(arrival) => return Ok(self.accept(telling, &walk, arrival, protocol)),
            Err(error) => *error,
        };
        if walk.comes_back() {
            self.tell_back(&telling, walk.back());
        }
        let came = match error {
            ConnectError::Refused => Came::Back,
            ConnectError::TimedOut | ConnectError::NoRoute | ConnectError::Unreachable => {
                Came::Nowhere
            }
        };
        self.remember(&walk, came);
        self.advance(patience.map_or(walk.wait, |patience| patience.min(walk.wait)));
        let gave_up = patience.is_some_and(|patience| patience < walk.wait);
        if error != ConnectError::TimedOut && !gave_up || self.is_stopped() {
            return Err(error);
        }
        Err(self.gave_up(telling.flow, from, to))
    }

    /// Tells that a client's patience is over.
    fn gave_up(&mut self, flow: i64, from: &Place, to: SocketAddr) -> ConnectError {
        let facts = facts!["flow" => flow, "client" => from.to_string(), "dst" => to.to_string()];
        self.sim.emit(&event::TIMED_OUT, facts);
        ConnectError::TimedOut
    }

    /// Sends bytes over a connection and takes what comes back.
    pub fn send(&mut self, id: ConnId, data: &[u8]) -> Received {
        self.send_within(id, data, None)
    }

    /// Sends bytes, and waits for what comes back no longer than `patience`: what comes later is not received.
    pub fn send_within(&mut self, id: ConnId, data: &[u8], patience: Option<Span>) -> Received {
        self.advance(Span::micros(700));
        let now = self.sim.unix(self.sim.now);
        let tables = self.store.tables();
        let alive = |key: &ObjectKey, uid: &str| {
            tables.get(key).is_some_and(|object| {
                object.meta.uid == uid && object.pod().is_none_or(|pod| !pod.is_finished())
            })
        };
        let peer = self.connections.peer(id);
        let mut received = self.connections.send(id, data, now, alive);
        if let Some((at, relay)) = received.relay.take() {
            received.data = self.relay(&at, &relay);
        }
        if let Some((telling, back, entries)) = self
            .unanswered
            .remove(&id)
            .filter(|_| !received.data.is_empty())
        {
            self.tell_back(&telling, back);
            self.conntrack.answered(entries);
        }
        self.tell_served(peer.as_ref(), data, &received);
        self.conntrack
            .closed(received.entries.clone(), self.sim.now);
        self.advance(patience.map_or(received.after, |most| most.min(received.after)));
        match patience {
            Some(most) if most < received.after => Received {
                after: received.after,
                ..Received::default()
            },
            _ => received,
        }
    }

    /// Follows an echo request to an address, and lets the time of the way there and back pass.
    pub fn probe(&mut self, from: &Place, to: IpAddr) -> Probe {
        self.advance(Span::micros(90));
        self.network_view().probe(from, to)
    }

    /// Closes a connection.
    pub fn close(&mut self, id: ConnId) {
        self.unanswered.remove(&id);
        if let Some(entries) = self.connections.close(id) {
            self.conntrack.closed(entries, self.sim.now);
        }
    }

    /// What a node remembers of flows, as `conntrack -L` lists it.
    pub fn tracked(&self, node: &str) -> impl Iterator<Item = &Entry> {
        self.conntrack.entries(node, self.sim.now)
    }

    /// A free port of a client's own: a new socket's.
    pub fn free_port(&mut self) -> u16 {
        ephemeral_port(&mut self.chance)
    }

    /// Sends a question from a port to a DNS server and takes what comes back.
    pub fn ask(
        &mut self,
        from: &Place,
        server: IpAddr,
        query: &dns::Query,
        (transport, source_port): (dns::Transport, u16),
    ) -> Answered {
        let to = SocketAddr::new(server, 53);
        let tcp = transport == dns::Transport::Tcp;
        let packet = Packet {
            from: from.clone(),
            source_port,
            to,
            protocol: if tcp { Protocol::Tcp } else { Protocol::Udp },
        };
        let walk = self.walk(&packet);
        let protocol = format!("DNS {}", query.record_type);
        let mut telling = self.tell(from, &walk, &protocol);
        let flow = telling.flow;
        let query = &dns::Query {
            id: (flow as u16).wrapping_mul(40_503) ^ source_port,
            ..query.clone()
        };
        if walk.end.is_ok() {
            self.remember(&walk, Came::Through);
        }
        match &walk.end {
            Ok(arrival)
                if arrival.listening.serves == Serves::Dns
                    && !self.dns.drops(self.sim.now, query, arrival.client.ip()) =>
            {
                let client = dns::Client {
                    address: arrival.client,
                    transport,
                };
                if tcp {
                    // The handshake's way back, and the acknowledgement.
                    self.advance(Span::micros(400));
                }
                let reply = if arrival.at.key.kind == kind::NODE {
                    self.dns.outside().answer(query, server.to_string())
                } else {
                    self.answer_of(&arrival.at.key, query, &client)
                };
                self.advance(reply.takes());
                telling.last = Some(self.tell_answer(from, (arrival, to), query, &reply, flow));
                self.tell_back(&telling, walk.back());
                Answered::Reply(reply)
            }
            Err(ConnectError::Refused) => {
                if walk.comes_back() {
                    self.tell_back(&telling, walk.back());
                }
                Answered::Refused
            }
            // A router's word that a host or a network is not there does not reach a datagram's sender; that it may not
            // pass, or that there is no route, does.
            Err(ConnectError::NoRoute | ConnectError::Unreachable)
                if tcp
                    || matches!(
                        self.network_view().probe(from, server).echo,
                        Echo::NoRoute | Echo::Prohibited(_)
                    ) =>
            {
                Answered::NoRoute
            }
            // Nobody answers, or something listens there that does not speak DNS.
            Ok(_) | Err(_) => {
                let facts = facts![
                    "flow" => flow,
                    "client" => from.to_string(),
                    "dst" => to.to_string(),
                    "name" => query.name.to_string(),
                    "type" => query.record_type.to_string(),
                ];
                self.sim.emit(&event::UNANSWERED, facts);
                Answered::Silence
            }
        }
    }

    /// The address that a client's packets bear.
    pub fn address_of(&self, place: &Place) -> IpAddr {
        self.network_view().source_address(place)
    }

    pub(super) fn network_view(&self) -> Network<'_> {
        Network {
            tables: self.store.tables(),
            book: &self.book,
            policies: &self.policies,
            proxy: &self.proxy,
            conntrack: &self.conntrack,
            dns: self.dns.program(),
            settings: &self.network,
            now: self.sim.now,
        }
    }

    pub(super) fn walk(&mut self, packet: &Packet) -> Walk {
        // The borrow of the network ends before the stream is put back.
        let mut chance = self.chance.clone();
        let walk = self.network_view().walk(packet, &mut chance);
        self.chance = chance;
        walk
    }

    /// kube-proxy removes what conntrack must not keep of the Services whose rules it has just written.
    pub(super) fn forget_stale(&mut self, written: &BTreeSet<ObjectKey>) {
        for port in written.iter().flat_map(|key| self.proxy.ports_of(key)) {
            let protocol = port.name.protocol;
            self.conntrack
                .clean(port, |to| self.proxy.leads_to(to, protocol, port));
        }
    }

    /// Forgets flows of a node, as `conntrack -D` does.
    pub fn forget_flows(&mut self, node: &str, unwanted: &dyn Fn(&Entry) -> bool) {
        self.conntrack.forget(node, unwanted);
    }

    /// Tells the hops of a walk as events, each after the time that it takes.
    pub(super) fn tell(&mut self, from: &Place, walk: &Walk, protocol: &str) -> Telling {
        self.tell_within(from, walk, protocol, None).0
    }

    /// The same for a client that waits no longer than this; whether its patience ended before the packet's way did.
    fn tell_within(
        &mut self,
        from: &Place,
        walk: &Walk,
        protocol: &str,
        patience: Option<Span>,
    ) -> (Telling, bool) {
        let root = self.sim.cause;
        let mut telling = Telling {
            flow: self.next_flow,
            protocol: protocol.into(),
            client: from.clone(),
            last: None,
        };
        self.next_flow += 1;
        let row: Rc<dyn Row> = self.told(&telling, walk.hops.clone(), false);
        // None at all, as of `wget -T 0` or `nc -w 0`, gives up only what does not come by itself.
        let mut left = patience.filter(|patience| patience.0 > 0);
        for (hop, at) in walk.hops.iter().zip(0..) {
            if let Some(left) = left.as_mut() {
                if *left < hop.latency {
                    self.advance(*left);
                    self.sim.cause = root;
                    return (telling, true);
                }
                left.0 -= hop.latency.0;
            }
            self.advance(hop.latency);
            telling.last = Some(self.sim.emit_row(hop.verdict.event(), (row.clone(), at)));
            self.sim.cause = telling.last;
        }
        self.sim.cause = root;
        (telling, false)
    }

    /// Tells the hops of an answer, which the end of the way there has caused.
    pub(super) fn tell_back(&mut self, telling: &Telling, hops: Vec<Hop>) {
        let root = self.sim.cause;
        self.sim.cause = telling.last;
        let count = hops.len() as u32;
        let row: Rc<dyn Row> = self.told(telling, Rc::new(hops), true);
        for at in 0..count {
            self.sim.cause = Some(self.sim.emit_row(&RETURNED, (row.clone(), at)));
        }
        self.sim.cause = root;
    }

    fn told(&self, telling: &Telling, hops: Rc<Vec<Hop>>, back: bool) -> Rc<Told> {
        let objects = hops.iter().enumerate().filter(|_| !self.sources.is_empty());
        let source = |(at, hop): (usize, &Hop)| {
            let source = self.sources.get(hop.object.as_ref()?)?;
            Some((at, source.clone()))
        };
        Rc::new(Told {
            flow: telling.flow,
            protocol: telling.protocol.clone(),
            client: telling.client.clone(),
            sources: objects.filter_map(source).collect(),
            hops,
            back,
        })
    }

    /// Names an object and, if a manifest wrote it, the line of a field.
    fn add_source(&self, facts: &mut crate::kernel::Facts, key: &ObjectKey, field: &str) {
        let source = self.sources.get(key).map(|source| &**source);
        add_source(facts, &key.to_string(), source, field);
    }

    fn tell_answer(
        &mut self,
        from: &Place,
        at: (&Arrival, SocketAddr),
        query: &dns::Query,
        reply: &dns::Reply,
        flow: i64,
    ) -> Seq {
        self.advance(Span::micros(350));
        let mut facts = facts![
            "flow" => flow,
            "proto" => format!("DNS {}", query.record_type),
            "client" => from.to_string(),
            "src" => from.to_string(),
            "dst" => at.1.to_string(),
            "from" => format!("pod/{}/{}", at.0.at.key.namespace, at.0.at.key.name),
            "to" => from.id(),
            "name" => query.name.to_string(),
            "type" => query.record_type.to_string(),
            "rcode" => reply.rcode.to_string(),
            "answer" => dns::event::answer(reply),
            "because" => reply.because.to_string(),
        ];
        if let Some(key) = reply.because.object() {
            self.add_source(&mut facts, &key, reply.because.field());
        }
        self.sim.emit(dns::event::of(reply), facts)
    }

    /// Tells why a resolver goes on, or stops, after what it has just come to know.
    pub fn tell_walk(&mut self, from: &Place, query: &dns::Query, then: &str) {
        let facts = facts![
            "client" => from.to_string(),
            "name" => query.name.to_string(),
            "type" => query.record_type.to_string(),
            "then" => then,
        ];
        let root = self.sim.cause;
        let end = self.sim.log.end().0;
        self.sim.cause = end.checked_sub(1).map(Seq).or(root);
        self.sim.emit(&dns::event::WALKED, facts);
        self.sim.cause = root;
    }

    fn accept(
        &mut self,
        telling: Telling,
        walk: &Walk,
        arrival: &Arrival,
        protocol: Protocol,
    ) -> ConnId {
        // The handshake's way back, and the acknowledgement.
        self.advance(Span::micros(400));
        let came = match protocol {
            Protocol::Udp => Came::Nowhere,
            Protocol::Tcp | Protocol::Sctp => Came::Through,
        };
        let entries = self.remember(walk, came);
        let id = self.connections.open(arrival, entries.clone());
        // A handshake is answered at once, a datagram when its program has something to say.
        if protocol == Protocol::Tcp {
            self.tell_back(&telling, walk.back());
        } else {
            self.unanswered.insert(id, (telling, walk.back(), entries));
        }
        id
    }

    /// What the nodes on the way keep of a flow.
    fn remember(&mut self, walk: &Walk, came: Came) -> std::ops::Range<u64> {
        if let Some(chosen) = walk.chosen.as_ref().filter(|_| walk.end.is_ok()) {
            self.conntrack.picked(chosen, self.sim.now);
        }
        self.conntrack.remember(&walk.tracked, came, self.sim.now)
    }
}

/// A client's port, from Linux' default range.
fn ephemeral_port(chance: &mut Rng) -> u16 {
    32_768 + chance.below(28_232) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ports_come_from_the_ephemeral_range() {
        let mut rng = Rng::fork(1, "x");
        assert!((0..1_000).all(|_| (32_768..61_000).contains(&ephemeral_port(&mut rng))));
    }
}
