//! Connections that are open, and the servers at their other ends.

use super::Arrival;
use super::relay::Relay;
use super::server::{Conversation, Memory};
use super::site::Around;
use crate::api::ObjectKey;
use crate::api::image::Serves;
use crate::kernel::BTreeMap;
use crate::kernel::Span;
use std::net::IpAddr;
use std::ops::Range;

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
    pub uid: String,
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
    /// The Pod at the other end and its uid.
    pod: (ObjectKey, String),
    container: String,
    serves: Serves,
    client: IpAddr,
    conversation: Conversation,
    /// The numbers of what nodes remember of it.
    entries: Range<u64>,
}

/// All open connections.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    open: BTreeMap<ConnId, Open>,
    /// What each Pod's servers hold, by uid.
    memory: BTreeMap<String, Memory>,
    next: u64,
}

impl Connections {
    /// Opens a connection to a listening process; what it says unasked comes with the first [`Connections::send`].
    pub fn open(&mut self, arrival: &Arrival, entries: Range<u64>) -> ConnId {
        let (pod, listening) = (&arrival.key, &arrival.listening);
        let text = match (listening.serves, &listening.text) {
            (_, Some(text)) => text.clone(),
            (Serves::Greeting(text), None) => text.to_owned(),
            (Serves::Http(page), None) => page.to_owned(),
            (Serves::HttpHostname, None) => pod.name.to_string(),
            (
                Serves::Redis
                | Serves::Dns
                | Serves::Memcached
                | Serves::Wire(_)
                | Serves::Silent
                | Serves::Closing
                | Serves::Resetting
                | Serves::Holding
                | Serves::Echo
                | Serves::Telnet
                | Serves::Web(_)
                | Serves::Ingress,
                None,
            ) => String::new(),
        };
        let around = Around {
            client: arrival.client,
            own: arrival.own,
            host: pod.name.to_string(),
        };
        let conversation = Conversation::new(listening, text, around);
        let id = ConnId(self.next);
        self.next += 1;
        self.open.insert(
            id,
            Open {
                pod: (pod.clone(), arrival.uid.clone()),
                container: listening.container.clone(),
                serves: listening.serves,
                client: arrival.client.ip(),
                conversation,
                entries,
            },
        );
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
        if !alive(&open.pod.0, &open.pod.1) {
            return Received {
                closed: Some(Closed::Reset),
                entries: self.close(id).unwrap_or_default(),
                ..Received::default()
            };
        }
        let memory = self.memory.entry(open.pod.1.clone()).or_default();
        let answer = open.conversation.receive(memory, data, now);
        let closed = answer.ends;
        let relay = answer.relay.map(|relay| (open.pod.0.clone(), relay));
        let ended = closed.and_then(|_| self.close(id));
        Received {
            data: answer.data,
            closed,
            after: answer.after,
            entries: ended.unwrap_or_default(),
            relay,
        }
    }

    /// Who is at the other end of a connection.
    pub fn peer(&self, id: ConnId) -> Option<Peer> {
        let open = self.open.get(&id)?;
        Some(Peer {
            key: open.pod.0.clone(),
            uid: open.pod.1.clone(),
            container: open.container.clone(),
            serves: open.serves,
            client: open.client,
        })
    }

    /// Closes a connection; returns the numbers of what nodes remember of it.
    pub fn close(&mut self, id: ConnId) -> Option<Range<u64>> {
        self.open.remove(&id).map(|open| open.entries)
    }
}
