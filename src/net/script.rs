//! Servers by script: the annotation `portside.dev/serve` of a Pod says what answers on its ports, a line for each rule.
//!
//! `7777 close`, `7778 banner 220 hello`, `80 /missing 404 text/html <h1>Not found</h1>`. It stands for programs whose
//! images the catalogue does not know, and for servers that misbehave.

use crate::api::ObjectMeta;
use crate::api::image::{Listening, Serves};
use crate::kernel::Span;
use std::rc::Rc;

/// The annotation.
pub const SERVE: &str = "portside.dev/serve";

/// What a scripted page answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// `200`, or nothing if there is no answer at all.
    pub status: Option<u16>,
    /// Whether the connection is cut off instead of being closed in good order.
    pub resets: bool,
    /// How long the answer takes.
    pub after: Span,
    /// The `Content-Type`.
    pub kind: String,
    /// Further lines of the head.
    pub headers: &'static [(&'static str, &'static str)],
    /// Where a redirect leads.
    pub location: Option<String>,
    /// Whether the head tells the length of the body.
    pub length: Length,
    /// The body; none means the request itself.
    pub body: Option<String>,
}

/// What a head says of the length of its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Length {
    /// The truth.
    #[default]
    True,
    /// Nothing.
    Untold,
    /// More than comes.
    TooMuch,
}

/// What a Pod listens on: its programs' ports, and those of its annotation, which come first.
pub fn listening(meta: &ObjectMeta, all: Vec<Listening>) -> Vec<Listening> {
    let mut all = scripted(meta, all);
    // A program that hangs accepts and never says a word.
    for listening in &mut all {
        if meta.failure(&listening.container) == Some("hang") {
            listening.serves = Serves::Holding;
            listening.script = None;
        }
    }
    all
}

fn scripted(meta: &ObjectMeta, mut all: Vec<Listening>) -> Vec<Listening> {
    let Some(text) = meta.annotations.get(SERVE) else {
        return all;
    };
    let container = all
        .first()
        .map_or_else(|| meta.name.clone(), |l| l.container.clone());
    for line in text.lines() {
        let (port, rest) = split(line);
        let Ok(port) = port.parse::<u16>() else {
            continue;
        };
        let (word, words) = split(rest);
        let serves = match word {
            "close" => Serves::Closing,
            "reset" => Serves::Resetting,
            "hold" => Serves::Holding,
            "echo" => Serves::Echo,
            "banner" => Serves::Greeting(""),
            "telnet" => Serves::Telnet,
            path if path.starts_with('/') => Serves::Http(""),
            _ => continue,
        };
        let found = all.iter().position(|l| l.port == port && !l.udp);
        let mut item = match found {
            Some(at) => all.swap_remove(at),
            None => Listening {
                port,
                udp: false,
                serves,
                text: None,
                script: None,
                container: container.clone(),
                known: true,
            },
        };
        if let Serves::Http(_) = serves {
            let before = item.script.as_deref().unwrap_or_default();
            item.script = Some(Rc::from(format!("{before}{rest}\n")));
            if !matches!(item.serves, Serves::Http(_)) {
                item.serves = serves;
            }
        } else {
            item.serves = serves;
            item.text = (!words.is_empty()).then(|| unescaped(words));
        }
        all.insert(0, item);
    }
    all
}

/// The page of a path, if the script has one.
pub(super) fn page(script: &str, path: &str) -> Option<Page> {
    let path = path.split('?').next().unwrap_or_default();
    let line = script.lines().find(|line| split(line).0 == path)?;
    let mut page = Page::default();
    let mut rest = split(line).1;
    loop {
        let (word, after) = split(rest);
        match word {
            "close" => return Some(page),
            "reset" => {
                page.resets = true;
                return Some(page);
            }
            "untold" => page.length = Length::Untold,
            "short" => page.length = Length::TooMuch,
            "slow" => {
                let (millis, _) = split(after);
                page.after = Span::millis(millis.trim_end_matches("ms").parse().unwrap_or(0));
                rest = split(after).1;
                continue;
            }
            "echo" => {
                page.status = Some(200);
                page.kind = "text/plain".to_owned();
                return Some(page);
            }
            status => {
                let code: u16 = status.parse().ok()?;
                page.status = Some(code);
                if (300..400).contains(&code) {
                    page.location = Some(split(after).0.to_owned());
                    page.kind = "text/html".to_owned();
                    page.body = Some(unescaped(split(after).1));
                    return Some(page);
                }
                let (kind, body) = split(after);
                page.kind = kind.to_owned();
                page.body = Some(unescaped(body));
                return Some(page);
            }
        }
        rest = after;
    }
}

/// The first word, and what follows one blank.
fn split(text: &str) -> (&str, &str) {
    text.trim_start()
        .split_once(' ')
        .unwrap_or((text.trim(), ""))
}

/// Text with `\n`, `\r`, `\t` and `\\` read.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some(other) => out.push(other),
                None => {}
            },
            (c, false) => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_hangs_says_nothing() {
        let mut meta = ObjectMeta::default();
        let key = "portside.dev/fail.web".to_owned();
        meta.annotations.insert(key, "hang".to_owned());
        let listens = |container: &str| Listening {
            port: 80,
            udp: false,
            serves: Serves::Echo,
            text: None,
            script: None,
            container: container.to_owned(),
            known: true,
        };
        let all = listening(&meta, vec![listens("web"), listens("other")]);
        let serves: Vec<Serves> = all.iter().map(|l| l.serves).collect();
        assert_eq!(serves, [Serves::Holding, Serves::Echo]);
    }

    #[test]
    fn pages_are_lines() {
        let script = "/hello 200 text/plain hello\\n\n/gone close\n/late slow 300ms 500 text/plain x\n/to 302 /hello\n";
        let hello = page(script, "/hello?x").unwrap();
        assert_eq!(
            (hello.status, hello.body.as_deref()),
            (Some(200), Some("hello\n"))
        );
        assert_eq!(page(script, "/gone").unwrap().status, None);
        let late = page(script, "/late").unwrap();
        assert_eq!((late.status, late.after), (Some(500), Span::millis(300)));
        assert_eq!(
            page(script, "/to").unwrap().location.as_deref(),
            Some("/hello")
        );
        assert_eq!(page(script, "/else"), None);
    }
}
