//! Connections that are open, and the servers at their other ends.

use super::Arrival;
use super::relay::Relay;
use super::server::{Conversation, Memory};
use crate::api::ObjectKey;
use crate::api::image::Serves;
use crate::kernel::BTreeMap;
use crate::kernel::Span;
use std::net::IpAddr;
use std::ops::Range;
use std::rc::Rc;

/// An open connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// How the other side ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// In good order.
    Fin,
    /// Abruptly: the program behind it is gone.
    Reset,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// The bytes.
    pub data: Vec<u8>,
    /// Whether the other side has closed, and how.
    pub closed: Option<Closed>,
    /// How long the other side took.
    pub after: Span,
    /// The numbers of what nodes remember of a connection that has closed.
    pub entries: Range<u64>,
    /// A request that an Ingress controller's Pod sends on before it answers.
    pub relay: Option<(ObjectKey, Box<Relay>)>,
}

/// The program at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The Pod.
    pub key: ObjectKey,
    /// The Pod's uid.
    pub uid: Rc<str>,
    /// The container.
    pub container: String,
    /// What it speaks.
    pub serves: Serves,
    /// The client's address, as the program sees it.
    pub client: IpAddr,
}

/// One open connection.
#[derive(Clone, Debug)]
struct Open {
    conversation: Conversation,
    /// The numbers of what nodes remember of it.
    entries: Range<u64>,
}

/// All open connections.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    open: BTreeMap<ConnId, Open>,
    /// What each Pod's servers hold, by uid.
    memory: BTreeMap<Rc<str>, Memory>,
    next: u64,
}

impl Connections {
    /// Opens a connection to a listening process; what it says unasked comes with the first [`Connections::send`].
    pub fn open(&mut self, arrival: &Arrival, entries: Range<u64>) -> ConnId {
        let id = ConnId(self.next);
        self.next += 1;
        let open = Open {
            conversation: Conversation::new(arrival),
            entries,
        };
        self.open.insert(id, open);
        id
    }

    /// Sends bytes at a time (Unix seconds) and takes the answer; `alive` tells whether the Pod with this uid still runs.
    pub fn send(
        &mut self,
        id: ConnId,
        data: &[u8],
        now: i64,
        alive: impl Fn(&ObjectKey, &str) -> bool,
    ) -> Received {
        let Some(open) = self.open.get_mut(&id) else {
            return Received {
                closed: Some(Closed::Fin),
                ..Received::default()
            };
        };
        let at = open.conversation.arrival().at.clone();
        if !alive(&at.key, &at.uid) {
            return Received {
                closed: Some(Closed::Reset),
                entries: self.close(id).unwrap_or_default(),
                ..Received::default()
            };
        }
        let asked = !data.is_empty();
        let slow = open.conversation.arrival().slow;
        let slow = if asked { slow } else { Span(0) };
        let memory = self.memory.entry(at.uid.clone()).or_default();
        let answer = open.conversation.receive(memory, data, now);
        let closed = answer.ends;
        let relay = answer.relay.map(|relay| (at.key.clone(), relay));
        let ended = closed.and_then(|_| self.close(id));
        Received {
            data: answer.data,
            closed,
            after: answer.after + slow,
            entries: ended.unwrap_or_default(),
            relay,
        }
    }

    /// Who is at the other end of a connection.
    pub fn peer(&self, id: ConnId) -> Option<Peer> {
        let arrival = self.open.get(&id)?.conversation.arrival();
        Some(Peer {
            key: arrival.at.key.clone(),
            uid: arrival.at.uid.clone(),
            container: arrival.listening.container.clone(),
            serves: arrival.listening.serves,
            client: arrival.client.ip(),
        })
    }

    /// Closes a connection; returns the numbers of what nodes remember of it.
    pub fn close(&mut self, id: ConnId) -> Option<Range<u64>> {
        self.open.remove(&id).map(|open| open.entries)
    }
}
