//! Connections that are open, and the servers at their other ends.

use super::server::{Conversation, Keys};
use crate::api::ObjectKey;
use crate::api::image::{Listening, Serves};
use crate::kernel::Span;
use std::collections::BTreeMap;

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
}

/// One open connection.
#[derive(Clone, Debug)]
struct Open {
    /// The Pod at the other end and its uid.
    pod: (ObjectKey, String),
    conversation: Conversation,
}

/// All open connections.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    open: BTreeMap<ConnId, Open>,
    keys: BTreeMap<String, Keys>,
    next: u64,
}

impl Connections {
    /// Opens a connection to a listening process; what it says unasked comes with the first [`Connections::send`].
    pub fn open(&mut self, pod: ObjectKey, uid: String, listening: &Listening) -> ConnId {
        let text = match (listening.serves, &listening.text) {
            (_, Some(text)) => text.clone(),
            (Serves::Greeting(text), None) => text.to_owned(),
            (Serves::Http(page), None) => page.to_owned(),
            (Serves::HttpHostname, None) => pod.name.to_string(),
            (
                Serves::Redis
                | Serves::Dns
                | Serves::Memcached
                | Serves::Silent
                | Serves::Closing
                | Serves::Resetting
                | Serves::Holding
                | Serves::Echo
                | Serves::Telnet,
                None,
            ) => String::new(),
        };
        let conversation = Conversation::new(listening, text);
        let id = ConnId(self.next);
        self.next += 1;
        self.open.insert(
            id,
            Open {
                pod: (pod, uid),
                conversation,
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
            self.open.remove(&id);
            return Received {
                closed: Some(Closed::Reset),
                ..Received::default()
            };
        }
        let keys = self.keys.entry(open.pod.1.clone()).or_default();
        let answer = open.conversation.receive(keys, data, now);
        let closed = answer.ends;
        if closed.is_some() {
            self.open.remove(&id);
        }
        Received {
            data: answer.data,
            closed,
            after: answer.after,
        }
    }

    /// Closes a connection.
    pub fn close(&mut self, id: ConnId) {
        self.open.remove(&id);
    }
}
