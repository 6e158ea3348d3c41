//! What a command line listens on by its own words, whatever the image: `BusyBox`'s `httpd` and `nc -l`, Python's
//! `http.server`.

use super::catalogue::{Image, Listener, Serves, Site, ToolSet};
use crate::api::pod::Container;

/// A port that a command opens, and the page that the command wrote there before.
pub(super) struct Opened {
    pub(super) listener: Listener,
    pub(super) text: Option<String>,
}

/// The one port that a container's command line opens by its own words; none if it says nothing of that kind.
pub(super) fn opened(image: &Image, container: &Container) -> Option<Opened> {
    let words = container.command.iter().chain(&container.args);
    let line = words.map(String::as_str).collect::<Vec<_>>().join(" ");
    let commands: Vec<Vec<&str>> = line
        .split([';', '|', '&', '\n', '(', ')'])
        .map(|command| command.split_whitespace().collect())
        .collect();
    let small = matches!(image.tools, ToolSet::Busybox | ToolSet::Alpine);
    commands.iter().find_map(|command| {
        let at = command.iter().position(|word| {
            let name = word.rsplit('/').next().unwrap_or_default();
            matches!(name, "nc" | "ncat" | "http.server" | "SimpleHTTPServer")
                || name == "httpd" && small
        })?;
        let (program, rest) = command.get(at..)?.split_first()?;
        let (port, serves, text) = match program.rsplit('/').next() {
            Some("httpd") => {
                let page = page(&line);
                let site = if page.is_some() {
                    Site::HttpEcho
                } else {
                    Site::NotFound
                };
                (flag(rest, "p").unwrap_or(80), Serves::Web(site), page)
            }
            Some("nc" | "ncat") => {
                let short = |word: &&&str| word.starts_with('-') && !word.starts_with("--");
                let listens = rest.iter().filter(short).any(|word| word.contains('l'));
                if !listens && !rest.contains(&"--listen") {
                    return None;
                }
                let last = || rest.iter().rev().find_map(|word| word.parse().ok());
                let echoes = rest.iter().any(|word| word.ends_with("cat"));
                let serves = if echoes {
                    Serves::Echo
                } else {
                    Serves::Closing
                };
                (flag(rest, "p").or_else(last)?, serves, None)
            }
            _ => {
                let port = rest.iter().find_map(|word| word.parse().ok());
                let listing = Serves::Http("Directory listing for /");
                (port.unwrap_or(8000), listing, None)
            }
        };
        let udp = matches!(serves, Serves::Echo | Serves::Closing)
            && rest.iter().any(|w| w.starts_with('-') && w.contains('u'));
        let listener = Listener { port, udp, serves };
        Some(Opened { listener, text })
    })
}

/// The port behind a letter: `-p 80`, `-p80`, `-lp 80`, `-p 0.0.0.0:80`.
fn flag(words: &[&str], letter: &str) -> Option<u16> {
    let at = words.iter().position(|word| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
        letters.starts_with('-') && letters.ends_with(letter)
    })?;
    let joined = words
        .get(at)?
        .trim_start_matches(|c: char| !c.is_ascii_digit());
    let text = if joined.is_empty() {
        words.get(at + 1)?
    } else {
        joined
    };
    text.rsplit(':').next()?.parse().ok()
}

/// What a command wrote into an index page before: `echo hello > /www/index.html`.
fn page(line: &str) -> Option<String> {
    let (before, _) = line.split_once("index.html")?;
    let (_, written) = before.rsplit_once("echo ")?;
    let (text, _) = written.split_once('>')?;
    Some(text.trim().trim_matches(['"', '\'']).to_owned())
}
