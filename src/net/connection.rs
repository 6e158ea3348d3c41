//! Connections that are open, and the servers at their other ends.

use super::server::{Conversation, Keys};
use crate::api::ObjectKey;
use crate::api::image::{Listening, Serves};
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
            (Serves::Http(page), None) => page.to_owned(),
            (Serves::HttpHostname, None) => pod.name.to_string(),
            (
                Serves::Redis
                | Serves::Greeting(_)
                | Serves::Dns
                | Serves::Memcached
                | Serves::Silent,
                None,
            ) => String::new(),
        };
        let conversation = Conversation::new(listening.serves, text);
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

    /// Sends bytes and takes the answer; `alive` tells whether the Pod with this uid still runs.
    pub fn send(
        &mut self,
        id: ConnId,
        data: &[u8],
        alive: impl Fn(&ObjectKey, &str) -> bool,
    ) -> Received {
        let Some(open) = self.open.get_mut(&id) else {
            return Received {
                data: Vec::new(),
                closed: Some(Closed::Fin),
            };
        };
        if !alive(&open.pod.0, &open.pod.1) {
            self.open.remove(&id);
            return Received {
                data: Vec::new(),
                closed: Some(Closed::Reset),
            };
        }
        let keys = self.keys.entry(open.pod.1.clone()).or_default();
        let answer = open.conversation.receive(keys, data);
        let closed = answer.closes.then_some(Closed::Fin);
        if closed.is_some() {
            self.open.remove(&id);
        }
        Received {
            data: answer.data,
            closed,
        }
    }

    /// Closes a connection.
    pub fn close(&mut self, id: ConnId) {
        self.open.remove(&id);
    }
}
