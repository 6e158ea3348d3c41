//! Connection tracking: what each node remembers of flows, and the clients and turns that kube-proxy remembers.
//!
//! Models `nf_conntrack` as far as users see it: answers find their way back through the translations that the first
//! packet met, and what is established stays where it is when endpoints change. kube-proxy removes what it must not
//! keep: the entries of datagrams to endpoints that are gone (`pkg/proxy/conntrack/cleanup.go`).

use super::{Protocol, ServicePort, ServicePortName};
use crate::kernel::BTreeMap;
use crate::kernel::{SimTime, Span};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// How long an entry stays without a further packet: kube-proxy's and the kernel's own settings.
const ESTABLISHED: Span = Span::secs(86_400);
const TIME_WAIT: Span = Span::secs(120);
const DATAGRAM: Span = Span::secs(30);
const SYN_SENT: Span = Span::secs(120);
const CLOSE: Span = Span::secs(10);
/// How many entries are kept; the oldest make room.
const MOST: usize = 4_096;

/// What a node remembers of a flow: the header as it came in, and the one that its answers bear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// The node.
    pub node: Rc<str>,
    /// The protocol.
    pub protocol: Protocol,
    /// Source and destination of the first packet.
    pub original: (SocketAddr, SocketAddr),
    /// Source and destination of its answers.
    pub reply: (SocketAddr, SocketAddr),
}

/// Where a flow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowState {
    /// A connection that was asked for, and nobody has answered.
    SynSent,
    /// A connection that was asked for and refused.
    Close,
    /// A connection that stands.
    Established,
    /// A connection that was closed.
    TimeWait,
    /// Datagrams, which know no state.
    Datagram,
}

/// How far a flow came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// To a process, which answered.
    Through,
    /// To a machine where none listens: it was refused.
    Back,
    /// Somewhere where it was dropped without a word, or to a program that says nothing.
    Nowhere,
}

/// One entry of a node's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The headers.
    pub tracked: Rc<Tracked>,
    /// Where the flow stands.
    pub state: FlowState,
    /// When it is forgotten.
    pub until: SimTime,
    /// Whether an answer was seen.
    pub answered: bool,
}

/// The endpoint that a Service's rule picked at a node for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The node.
    pub node: Rc<str>,
    /// The Service port.
    pub name: ServicePortName,
    /// The client, as the node saw it.
    pub client: IpAddr,
    /// The endpoint.
    pub endpoint: SocketAddr,
    /// How long the choice is remembered, if at all.
    pub sticks: Option<Span>,
    /// Whether the next client gets the next endpoint.
    pub by_turn: bool,
}

/// One client's memory of an endpoint at a node.
type Affinity = BTreeMap<(ServicePortName, Rc<str>, IpAddr), (SocketAddr, SimTime)>;

/// What all nodes remember.
#[derive(Clone, Debug, Default)]
pub struct Conntrack {
    /// By number; shared, so that the order costs little to keep when the oldest goes.
    entries: BTreeMap<u64, Rc<Entry>>,
    next: u64,
    affinity: Affinity,
    /// How many connections a node has sent through a Service port: round robin goes on from there.
    turns: BTreeMap<(ServicePortName, Rc<str>), u64>,
}

impl Conntrack {
    /// Remembers a flow as far as it came; returns its entries' numbers.
    pub fn remember(
        &mut self,
        tracked: &[Rc<Tracked>],
        came: Came,
        now: SimTime,
    ) -> std::ops::Range<u64> {
        let first = self.next;
        for tracked in tracked {
            let (state, lasts) = match (tracked.protocol, came) {
                (Protocol::Udp, _) => (FlowState::Datagram, DATAGRAM),
                (_, Came::Through) => (FlowState::Established, ESTABLISHED),
                (_, Came::Nowhere) => (FlowState::SynSent, SYN_SENT),
                (_, Came::Back) => (FlowState::Close, CLOSE),
            };
            let entry = Entry {
                tracked: tracked.clone(),
                state,
                until: now + lasts,
                answered: came != Came::Nowhere,
            };
            // Further datagrams from the same port are the same flow.
            let same = |known: &&mut Rc<Entry>| known.tracked == entry.tracked;
            let known = (state == FlowState::Datagram)
                .then(|| self.entries.values_mut().rev().find(same))
                .flatten();
            if let Some(known) = known {
                let known = Rc::make_mut(known);
                known.until = entry.until;
                known.answered |= entry.answered;
                continue;
            }
            self.entries.insert(self.next, Rc::new(entry));
            self.next += 1;
        }
        while self.entries.len() > MOST {
            self.entries.pop_first();
        }
        first..self.next
    }

    /// An answer came: whatever the flow is, it is no longer one-sided.
    pub fn answered(&mut self, numbers: std::ops::Range<u64>) {
        self.entries
            .each_in(numbers, |_, entry| Rc::make_mut(entry).answered = true);
    }

    /// A connection was closed: its entries wait for stragglers.
    pub fn closed(&mut self, numbers: std::ops::Range<u64>, now: SimTime) {
        self.entries.each_in(numbers, |_, entry| {
            let entry = Rc::make_mut(entry);
            entry.state = FlowState::TimeWait;
            entry.until = now + TIME_WAIT;
        });
    }

    /// The entries of a node, oldest first.
    pub fn entries(&self, node: &str, now: SimTime) -> impl Iterator<Item = &Entry> {
        let lives = move |entry: &&Entry| *entry.tracked.node == *node && entry.until > now;
        self.entries.values().map(Rc::as_ref).filter(lives)
    }

    /// The translation that a node still remembers for a datagram from this source to this destination.
    pub(super) fn known_datagram(
        &self,
        node: &str,
        original: (SocketAddr, SocketAddr),
        now: SimTime,
    ) -> Option<SocketAddr> {
        let found = self.entries.values().rev().find(|entry| {
            entry.tracked.protocol == Protocol::Udp
                && entry.tracked.original == original
                && *entry.tracked.node == *node
                && entry.until > now
        });
        found.map(|entry| entry.tracked.reply.0)
    }

    /// Remembers which endpoint was picked.
    pub fn picked(&mut self, chosen: &Chosen, now: SimTime) {
        if let Some(lasts) = chosen.sticks {
            let key = (chosen.name.clone(), chosen.node.clone(), chosen.client);
            self.affinity.insert(key, (chosen.endpoint, now + lasts));
        }
        if chosen.by_turn {
            let key = (chosen.name.clone(), chosen.node.clone());
            *self.turns.entry(key).or_default() += 1;
        }
    }

    /// The endpoint that a client was sent to before, if that is not too long ago.
    pub(super) fn remembered(
        &self,
        name: &ServicePortName,
        node: &Rc<str>,
        client: IpAddr,
        now: SimTime,
    ) -> Option<SocketAddr> {
        let key = (name.clone(), node.clone(), client);
        let (endpoint, until) = self.affinity.get(&key)?;
        (*until > now).then_some(*endpoint)
    }

    /// How many connections a node has sent through a Service port.
    pub(super) fn turn(&self, name: &ServicePortName, node: &Rc<str>) -> u64 {
        let key = (name.clone(), node.clone());
        self.turns.get(&key).copied().unwrap_or_default()
    }

    /// Forgets what kube-proxy must not keep of a Service port: datagrams that lead to none of its serving endpoints, and
    /// clients that were sent to another (`CleanStaleEntries`; with an endpoint its rules go, and what they remember).
    pub fn clean(&mut self, port: &ServicePort, leads_here: impl Fn(SocketAddr) -> bool) {
        let serves = |to: SocketAddr| {
            let all = port.endpoints.all().iter();
            all.into_iter().any(|e| e.serving && e.address == to)
        };
        // Of a Service that no endpoint serves kube-proxy removes nothing.
        let served = port.endpoints.all().iter().any(|e| e.serving);
        if port.name.protocol == Protocol::Udp && served {
            self.entries.retain(|_, entry| {
                let (to, answers) = (entry.tracked.original.1, entry.tracked.reply.0);
                let stale =
                    entry.tracked.protocol == Protocol::Udp && leads_here(to) && !serves(answers);
                !stale
            });
        }
        if port.affinity.is_some() {
            self.affinity
                .retain(|(name, ..), (endpoint, _)| *name != port.name || serves(*endpoint));
        }
    }

    /// Forgets entries of a node.
    pub fn forget(&mut self, node: &str, unwanted: &dyn Fn(&Entry) -> bool) {
        self.entries
            .retain(|_, entry| *entry.tracked.node != *node || !unwanted(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_are_known_for_half_a_minute() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let (client, service) = (address("10.244.1.2:40000"), address("10.96.0.10:53"));
        let endpoint = address("10.244.0.2:53");
        let flow = Tracked {
            node: "node-2".into(),
            protocol: Protocol::Udp,
            original: (client, service),
            reply: (endpoint, client),
        };
        let mut conntrack = Conntrack::default();
        conntrack.remember(&[flow.into()], Came::Through, SimTime(0));
        let known = |now| conntrack.known_datagram("node-2", (client, service), now);
        assert_eq!(known(SimTime(0)), Some(endpoint));
        assert_eq!(known(SimTime(0) + DATAGRAM), None);
    }
}
