//! The servers that simulated programs run: redis, HTTP, memcached, databases, greetings.

use super::Arrival;
use super::connection::Closed;
use super::database;
use super::http_server::{self, Gives};
use super::memcached::{self, Items};
use super::redis::{self, Keys};
use super::relay::Relay;
use super::site::Around;
use crate::api::image::Serves;
use crate::kernel::Span;

/// What a Pod's servers hold in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    keys: Keys,
    items: Items,
}

/// One side of a conversation: what a server remembers of a connection.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    /// Where the client arrived.
    arrival: Arrival,
    pending: Vec<u8>,
    /// Whether it has said what it says before it is asked.
    greeted: bool,
}

/// What a server answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) data: Vec<u8>,
    pub(super) ends: Option<Closed>,
    pub(super) after: Span,
    /// A request that goes on to another server.
    pub(super) relay: Option<Box<Relay>>,
}

impl Answer {
    /// Bytes after which the server closes.
    pub(super) fn last(data: Vec<u8>) -> Self {
        Self {
            data,
            ends: Some(Closed::Fin),
            ..Self::default()
        }
    }
}

/// The telnet protocol's commands (RFC 854): `IAC WILL ECHO`, `IAC WILL SUPPRESS-GO-AHEAD`, `IAC WONT ECHO`.
const IAC: u8 = 255;
const WILL_ECHO: &[u8] = &[IAC, 251, 1];
const WILL_SUPPRESS: &[u8] = &[IAC, 251, 3];
const WONT_ECHO: &[u8] = &[IAC, 252, 1];

/// What a greeting server says first, and what it says to a client's first words: `220 hello|221 bye`.
fn greeting(text: &str) -> (&str, &str) {
    text.split_once('|').unwrap_or((text, ""))
}

impl Conversation {
    pub(super) fn new(arrival: &Arrival) -> Self {
        Self {
            arrival: arrival.clone(),
            pending: Vec::new(),
            greeted: false,
        }
    }

    pub(super) fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    /// The page, the host name or the words that the server answers with.
    fn text(&self) -> &str {
        let listening = &self.arrival.listening;
        match (&listening.text, listening.serves) {
            (Some(text), _) => text,
            (None, Serves::Greeting(text) | Serves::Http(text)) => text,
            (None, Serves::HttpHostname) => &self.arrival.at.key.name,
            (None, _) => "",
        }
    }

    /// What the server says unasked.
    fn greeting(&self) -> Vec<u8> {
        match self.arrival.listening.serves {
            Serves::Greeting(_) => greeting(self.text()).0.as_bytes().to_vec(),
            Serves::Wire(wire) => database::greeting(wire),
            Serves::Telnet => [WILL_ECHO, WILL_SUPPRESS, b"\r\nlogin: "].concat(),
            _ => Vec::new(),
        }
    }

    /// What the server answers to bytes of a client, at a time.
    pub(super) fn receive(&mut self, memory: &mut Memory, data: &[u8], now: i64) -> Answer {
        let mut before = if self.greeted {
            Vec::new()
        } else {
            self.greeting()
        };
        self.greeted = true;
        if self.arrival.listening.serves == Serves::Closing {
            return Answer::last(Vec::new());
        }
        if data.is_empty() {
            return Answer {
                data: before,
                ..Answer::default()
            };
        }
        self.pending.extend_from_slice(data);
        let mut answer = self.respond(memory, now);
        before.append(&mut answer.data);
        answer.data = before;
        answer
    }

    fn respond(&mut self, memory: &mut Memory, now: i64) -> Answer {
        let (arrival, serves) = (self.arrival.clone(), self.arrival.listening.serves);
        match serves {
            Serves::Redis => redis::respond(&mut self.pending, &mut memory.keys, now),
            Serves::Memcached => memcached::respond(&mut self.pending, &mut memory.items, now),
            Serves::Http(_) | Serves::HttpHostname | Serves::Web(_) | Serves::Ingress => {
                let around = Around {
                    client: arrival.client,
                    own: arrival.own,
                    host: arrival.at.key.name.to_string(),
                };
                let mut pending = std::mem::take(&mut self.pending);
                let give = Gives {
                    serves,
                    text: self.text(),
                    script: arrival.listening.script.as_deref(),
                    around: &around,
                    now,
                };
                let answer = http_server::respond(&mut pending, &give);
                self.pending = pending;
                answer
            }
            Serves::Greeting(_) => {
                let farewell = greeting(self.text()).1.as_bytes().to_vec();
                Answer::last(farewell)
            }
            Serves::Wire(wire) => database::respond(wire, &mut self.pending),
            Serves::Dns | Serves::Silent | Serves::Closing => Answer::last(Vec::new()),
            Serves::Resetting => Answer {
                ends: Some(Closed::Reset),
                ..Answer::default()
            },
            Serves::Holding => {
                self.pending.clear();
                Answer::default()
            }
            Serves::Echo => Answer {
                data: std::mem::take(&mut self.pending),
                ..Answer::default()
            },
            Serves::Telnet => {
                let typed = std::mem::take(&mut self.pending);
                // The answer to its offer begins the session: from then on the client echoes by itself.
                let data = if typed.first() == Some(&IAC) {
                    [WONT_ECHO, b"\r\n"].concat()
                } else {
                    typed
                };
                Answer {
                    data,
                    ..Answer::default()
                }
            }
        }
    }
}
