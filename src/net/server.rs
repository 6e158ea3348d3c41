//! The servers that simulated programs run: redis, HTTP, memcached, databases, greetings.

use super::connection::Closed;
use super::database;
use super::http_server::{self, Gives};
use super::memcached::{self, Items};
use super::redis::{self, Keys};
use super::relay::Relay;
use super::site::Around;
use crate::api::image::{Listening, Serves};
use crate::kernel::Span;
use std::rc::Rc;

/// What a Pod's servers hold in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    keys: Keys,
    items: Items,
}

/// One side of a conversation: what a server remembers of a connection.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    serves: Serves,
    /// The page or the host name that an HTTP server answers with.
    text: String,
    /// Its scripted pages.
    script: Option<Rc<str>>,
    around: Around,
    pending: Vec<u8>,
    /// What it says before it is asked.
    greeting: Vec<u8>,
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
    pub(super) fn new(listening: &Listening, text: String, around: Around) -> Self {
        let greeting = match listening.serves {
            Serves::Greeting(_) => greeting(&text).0.as_bytes().to_vec(),
            Serves::Wire(wire) => database::greeting(wire),
            Serves::Telnet => [WILL_ECHO, WILL_SUPPRESS, b"\r\nlogin: "].concat(),
            _ => Vec::new(),
        };
        Self {
            serves: listening.serves,
            text,
            script: listening.script.clone(),
            around,
            pending: Vec::new(),
            greeting,
        }
    }

    /// What the server answers to bytes of a client, at a time.
    pub(super) fn receive(&mut self, memory: &mut Memory, data: &[u8], now: i64) -> Answer {
        let mut before = std::mem::take(&mut self.greeting);
        if self.serves == Serves::Closing {
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
        match self.serves {
            Serves::Redis => redis::respond(&mut self.pending, &mut memory.keys, now),
            Serves::Memcached => memcached::respond(&mut self.pending, &mut memory.items, now),
            Serves::Http(_) | Serves::HttpHostname | Serves::Web(_) | Serves::Ingress => {
                let give = Gives {
                    serves: self.serves,
                    text: &self.text,
                    script: self.script.as_deref(),
                    around: &self.around,
                    now,
                };
                http_server::respond(&mut self.pending, &give)
            }
            Serves::Greeting(_) => {
                let farewell = greeting(&self.text).1.as_bytes().to_vec();
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
