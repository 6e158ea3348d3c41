//! The servers that simulated programs run: redis, HTTP, memcached, greetings.

use crate::api::image::Serves;
use std::collections::BTreeMap;

/// One side of a conversation: what a server remembers of a connection.
#[derive(Clone, Debug)]
pub(super) struct Conversation {
    serves: Serves,
    /// The page or the host name that an HTTP server answers with.
    text: String,
    pending: Vec<u8>,
    /// What it says before it is asked.
    greeting: Vec<u8>,
}

/// What a server answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) data: Vec<u8>,
    pub(super) closes: bool,
}

/// What a Pod's redis holds; it lasts as long as the Pod.
pub(super) type Keys = BTreeMap<String, String>;

impl Conversation {
    pub(super) fn new(serves: Serves, text: String) -> Self {
        let greeting = if let Serves::Greeting(text) = serves {
            text.as_bytes().to_vec()
        } else {
            Vec::new()
        };
        Self {
            serves,
            text,
            pending: Vec::new(),
            greeting,
        }
    }

    /// What the server answers to bytes of a client.
    pub(super) fn receive(&mut self, keys: &mut Keys, data: &[u8]) -> Answer {
        let mut data_before = std::mem::take(&mut self.greeting);
        if data.is_empty() {
            return Answer {
                data: data_before,
                closes: false,
            };
        }
        self.pending.extend_from_slice(data);
        let mut answer = self.respond(keys);
        data_before.append(&mut answer.data);
        Answer {
            data: data_before,
            closes: answer.closes,
        }
    }

    fn respond(&mut self, keys: &mut Keys) -> Answer {
        match self.serves {
            Serves::Redis => self.lines(|line, answer| redis(line, keys, answer)),
            Serves::Memcached => self.lines(memcached),
            Serves::Http(_) | Serves::HttpHostname => self.http(),
            Serves::Greeting(_) | Serves::Dns | Serves::Silent => Answer {
                data: Vec::new(),
                closes: true,
            },
        }
    }

    /// Answers each complete line.
    fn lines(&mut self, mut each: impl FnMut(&str, &mut Answer)) -> Answer {
        let mut answer = Answer::default();
        while let Some(end) = self.pending.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.pending.drain(..=end).collect();
            let text = String::from_utf8_lossy(&line);
            each(text.trim_end_matches(['\r', '\n']), &mut answer);
            if answer.closes {
                break;
            }
        }
        answer
    }

    fn http(&mut self) -> Answer {
        let text = String::from_utf8_lossy(&self.pending).replace("\r\n", "\n");
        let Some((head, _)) = text.split_once("\n\n") else {
            // A line that is no request is answered at once.
            let first = text.split_once('\n').map(|(line, _)| line.to_owned());
            return match first {
                Some(line) if !line.contains(" HTTP/") => {
                    let page = response("400 Bad Request", "400 Bad Request\n");
                    Answer {
                        data: page,
                        closes: true,
                    }
                }
                Some(_) | None => Answer::default(),
            };
        };
        let request: Vec<&str> = head.lines().next().unwrap_or_default().split(' ').collect();
        let closes = !head.to_ascii_lowercase().contains("connection: keep-alive");
        let body = format!("{}\n", self.text);
        let data = match request.as_slice() {
            ["GET", _, _] => response("200 OK", &body),
            ["HEAD", _, _] => {
                let full = response("200 OK", &body);
                full.get(..full.len() - body.len())
                    .unwrap_or_default()
                    .to_vec()
            }
            _ => response("405 Method Not Allowed", ""),
        };
        self.pending.clear();
        Answer { data, closes }
    }
}

fn response(status: &str, body: &str) -> Vec<u8> {
    let kind = if body.starts_with('<') {
        "text/html"
    } else {
        "text/plain"
    };
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes()
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
        ("QUIT", _) => {
            answer.closes = true;
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
        ("DBSIZE", []) => format!(":{}\r\n", keys.len()),
        ("SET" | "GET" | "DEL" | "EXISTS" | "INCR" | "DBSIZE" | "PING" | "ECHO", _) => wrong(),
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
            answer.closes = true;
            ""
        }
        Some(_) | None => "ERROR\r\n",
    };
    answer.data.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(serves: Serves, text: &str) -> (String, bool) {
        let answer = Conversation::new(serves, "hello".to_owned())
            .receive(&mut Keys::new(), text.as_bytes());
        (String::from_utf8(answer.data).unwrap(), answer.closes)
    }

    #[test]
    fn redis_answers_what_is_typed_into_telnet() {
        assert_eq!(
            say(Serves::Redis, "PING\r\n"),
            ("+PONG\r\n".to_owned(), false)
        );
        assert_eq!(say(Serves::Redis, "QUIT\r\n"), ("+OK\r\n".to_owned(), true));
        let unknown = "-ERR unknown command 'FOO', with args beginning with: \r\n".to_owned();
        assert_eq!(say(Serves::Redis, "FOO\r\n"), (unknown, false));
        assert_eq!(say(Serves::Redis, "PI"), (String::new(), false));
    }

    #[test]
    fn an_http_server_waits_for_the_end_of_the_head() {
        assert_eq!(
            say(Serves::Http(""), "GET / HTTP/1.1\r\n"),
            (String::new(), false)
        );
        let (page, closes) = say(Serves::Http(""), "GET / HTTP/1.1\r\nHost: web\r\n\r\n");
        assert!(
            page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("\r\n\r\nhello\n") && closes
        );
    }
}
