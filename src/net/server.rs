//! The servers that simulated programs run: redis, HTTP, memcached, greetings.

use super::connection::Closed;
use super::http_server;
use crate::api::image::{Listening, Serves};
use crate::kernel::BTreeMap;
use crate::kernel::Span;
use std::rc::Rc;

/// One side of a conversation: what a server remembers of a connection.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    serves: Serves,
    /// The page or the host name that an HTTP server answers with.
    text: String,
    /// Its scripted pages.
    script: Option<Rc<str>>,
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

/// What a Pod's redis holds; it lasts as long as the Pod.
pub(super) type Keys = BTreeMap<String, String>;

impl Conversation {
    pub(super) fn new(listening: &Listening, text: String) -> Self {
        let greeting = match listening.serves {
            Serves::Greeting(_) => greeting(&text).0.as_bytes().to_vec(),
            Serves::Telnet => [WILL_ECHO, WILL_SUPPRESS, b"\r\nlogin: "].concat(),
            _ => Vec::new(),
        };
        Self {
            serves: listening.serves,
            text,
            script: listening.script.clone(),
            pending: Vec::new(),
            greeting,
        }
    }

    /// What the server answers to bytes of a client, at a time.
    pub(super) fn receive(&mut self, keys: &mut Keys, data: &[u8], now: i64) -> Answer {
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
        let mut answer = self.respond(keys, now);
        before.append(&mut answer.data);
        answer.data = before;
        answer
    }

    fn respond(&mut self, keys: &mut Keys, now: i64) -> Answer {
        match self.serves {
            Serves::Redis => self.lines(|line, answer| redis(line, keys, answer)),
            Serves::Memcached => self.lines(memcached),
            Serves::Http(_) | Serves::HttpHostname => {
                let page = http_server::Site {
                    text: &self.text,
                    script: self.script.as_deref(),
                    now,
                };
                http_server::respond(&mut self.pending, &page)
            }
            Serves::Greeting(_) => {
                let farewell = greeting(&self.text).1.as_bytes().to_vec();
                Answer::last(farewell)
            }
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

    /// Answers each complete line.
    fn lines(&mut self, mut each: impl FnMut(&str, &mut Answer)) -> Answer {
        let mut answer = Answer::default();
        while let Some(end) = self.pending.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            let text = String::from_utf8_lossy(&line);
            each(text.trim_end_matches(['\r', '\n']), &mut answer);
            if answer.ends.is_some() {
                break;
            }
        }
        answer
    }
}

/// Inline commands of the redis protocol, as typed into telnet (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).
fn redis(line: &str, keys: &mut Keys, answer: &mut Answer) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some(command) = words.first() else { return };
    let bulk = |value: Option<&String>| match value {
        Some(text) => format!("${}\r\n{text}\r\n", text.len()),
        None => "$-1\r\n".to_owned(),
    };
    let wrong = || {
        format!(
            "-ERR wrong number of arguments for '{}' command\r\n",
            command.to_ascii_lowercase()
        )
    };
    let text = match (
        command.to_ascii_uppercase().as_str(),
        words.get(1..).unwrap_or_default(),
    ) {
        ("PING", []) => "+PONG\r\n".to_owned(),
        ("PING" | "ECHO", [text]) => bulk(Some(&(*text).to_owned())),
        // An HTTP request is taken for an attack: the client is dropped, with all that it would have been told.
        ("HOST:" | "POST", _) => {
            answer.ends = Some(Closed::Fin);
            answer.data.clear();
            return;
        }
        ("QUIT", _) => {
            answer.ends = Some(Closed::Fin);
            "+OK\r\n".to_owned()
        }
        ("SET", [key, value, ..]) => {
            keys.insert((*key).to_owned(), (*value).to_owned());
            "+OK\r\n".to_owned()
        }
        ("GET", [key]) => bulk(keys.get(*key)),
        ("DEL", [_, ..]) => {
            let gone = words
                .iter()
                .skip(1)
                .filter(|key| keys.remove(**key).is_some())
                .count();
            format!(":{gone}\r\n")
        }
        ("EXISTS", [_, ..]) => format!(
            ":{}\r\n",
            words
                .iter()
                .skip(1)
                .filter(|key| keys.contains_key(**key))
                .count()
        ),
        ("INCR", [key]) => match keys.get(*key).map_or(Ok(0), |text| text.parse::<i64>()) {
            Ok(n) => {
                let next = n.saturating_add(1);
                keys.insert((*key).to_owned(), next.to_string());
                format!(":{next}\r\n")
            }
            Err(_) => "-ERR value is not an integer or out of range\r\n".to_owned(),
        },
        ("KEYS", [pattern]) => {
            let start = pattern.strip_suffix('*');
            let fits = |key: &&String| match start {
                Some(start) => key.starts_with(start),
                None => key == pattern,
            };
            let found: Vec<&String> = keys.keys().filter(fits).collect();
            let listed: String = found.iter().map(|key| bulk(Some(key))).collect();
            format!("*{}\r\n{listed}", found.len())
        }
        ("DBSIZE", []) => format!(":{}\r\n", keys.len()),
        ("SET" | "GET" | "DEL" | "EXISTS" | "KEYS" | "INCR" | "DBSIZE" | "PING" | "ECHO", _) => {
            wrong()
        }
        (_, arguments) => {
            let listed: String = arguments.iter().map(|a| format!("'{a}' ")).collect();
            format!("-ERR unknown command '{command}', with args beginning with: {listed}\r\n")
        }
    };
    answer.data.extend_from_slice(text.as_bytes());
}

fn memcached(line: &str, answer: &mut Answer) {
    let text = match line.split_whitespace().next() {
        Some("version") => "VERSION 1.6.38\r\n",
        Some("stats") | Some("get") => "END\r\n",
        Some("quit") => {
            answer.ends = Some(Closed::Fin);
            ""
        }
        Some(_) | None => "ERROR\r\n",
    };
    answer.data.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(text: &str) -> (String, bool) {
        let listening = Listening {
            port: 6379,
            udp: false,
            serves: Serves::Redis,
            text: None,
            script: None,
            container: "redis".to_owned(),
            known: true,
        };
        let mut conversation = Conversation::new(&listening, String::new());
        let answer = conversation.receive(&mut Keys::new(), text.as_bytes(), 0);
        (
            String::from_utf8(answer.data).unwrap(),
            answer.ends.is_some(),
        )
    }

    #[test]
    fn redis_answers_what_is_typed_into_telnet() {
        assert_eq!(say("PING\r\n"), ("+PONG\r\n".to_owned(), false));
        assert_eq!(say("QUIT\r\n"), ("+OK\r\n".to_owned(), true));
        let unknown = "-ERR unknown command 'FOO', with args beginning with: \r\n".to_owned();
        assert_eq!(say("FOO\r\n"), (unknown, false));
        assert_eq!(say("PI"), (String::new(), false));
    }
}
