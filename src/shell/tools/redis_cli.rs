//! redis-cli, which the redis image has: one command, or a prompt.

use super::host::{self, BOTH};
use super::usage::reason;
use crate::api::image::Libc;
use crate::cluster::{ConnId, Place, Protocol};
use crate::shell::context::{Context, Outcome, Program, Progress, Reads, Stream};
use std::net::{IpAddr, SocketAddr};

/// Runs redis-cli.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let (mut name, mut port) = ("127.0.0.1".to_owned(), 6379_u16);
    let mut rest = argv.get(1..).unwrap_or_default();
    while let [option, tail @ ..] = rest {
        match (option.as_str(), tail) {
            ("-h", [value, tail @ ..]) => {
                name.clone_from(value);
                rest = tail;
            }
            ("-p", [value, tail @ ..]) => {
                let Ok(number) = value.parse() else {
                    context.out.error("Invalid server port.");
                    return Outcome::Exit(1);
                };
                port = number;
                rest = tail;
            }
            ("-v" | "--version", _) => {
                context.out.line("redis-cli 8.2.1");
                return Outcome::Exit(0);
            }
            ("--raw" | "--no-raw", tail) => rest = tail,
            (word, _) if word.starts_with('-') => {
                context.out.error(&format!(
                    "Unrecognized option or bad number of args for: '{word}'"
                ));
                return Outcome::Exit(1);
            }
            _ => break,
        }
    }
    let at = format!("{name}:{port}");
    let connected = open(context, &name, port);
    let id = match connected {
        Ok(id) => id,
        Err(why) => {
            context
                .out
                .error(&format!("Could not connect to Redis at {at}: {why}"));
            return Outcome::Exit(1);
        }
    };
    let mut cli = Cli {
        place: context.place.clone(),
        at,
        id,
    };
    if !rest.is_empty() {
        // Words go as they are, blanks and quotes in them too.
        let words = rest
            .iter()
            .map(|word| format!("${}\r\n{word}\r\n", word.len()));
        let command = format!("*{}\r\n{}", rest.len(), words.collect::<String>());
        cli.ask(context, &command);
        context.world.cluster.close(id);
        return Outcome::Exit(0);
    }
    match context.stdin.take() {
        Some(text) => {
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                if !cli.ask(context, &format!("{line}\r\n")) {
                    break;
                }
            }
            context.world.cluster.close(id);
            Outcome::Exit(0)
        }
        None => Outcome::Foreground(Box::new(cli)),
    }
}

fn open(context: &mut Context<'_>, name: &str, port: u16) -> Result<ConnId, &'static str> {
    let resolved = host::resolve(context, name, BOTH).map_err(|error| error.glibc())?;
    let mut address = resolved
        .addresses
        .first()
        .copied()
        .ok_or("Name or service not known")?;
    if address.is_loopback() {
        address = context.world.cluster.address_of(context.place);
    }
    let to = SocketAddr::new(IpAddr::to_canonical(&address), port);
    context
        .connect(to, Protocol::Tcp, None)
        .map_err(|error| reason(error, Libc::Glibc))
}

/// An open session.
#[derive(Clone)]
struct Cli {
    place: Place,
    at: String,
    id: ConnId,
}

impl Cli {
    /// Sends a command and shows the reply; whether the server is still there.
    fn ask(&mut self, context: &mut Context<'_>, line: &str) -> bool {
        let received = context.world.cluster.send(self.id, line.as_bytes());
        let text = String::from_utf8_lossy(&received.data).into_owned();
        if text.is_empty() && received.closed.is_some() {
            context.out.error("Error: Server closed the connection");
            return false;
        }
        // What `INFO` gives is made to be read as it is.
        let raw = !context.tty
            || line
                .to_lowercase()
                .trim_start_matches(|c: char| !c.is_alphabetic())
                .starts_with("info");
        let shown = shown(&mut text.as_str(), !raw);
        context.out.line(&shown);
        received.closed.is_none()
    }
}

/// One reply as it is shown: on a terminal with its type, in a pipe bare.
fn shown(rest: &mut &str, tty: bool) -> String {
    let (head, after) = rest.split_once("\r\n").unwrap_or((rest, ""));
    *rest = after;
    let (mark, text) = head.split_at(head.len().min(1));
    match (mark, text) {
        ("-", text) if tty => format!("(error) {text}"),
        (":", number) if tty => format!("(integer) {number}"),
        ("$" | "*", "-1") => (if tty { "(nil)" } else { "" }).to_owned(),
        ("$", size) => {
            // A text may have line ends in it.
            let size = size.parse().unwrap_or(0);
            let (text, after) = rest.split_at_checked(size).unwrap_or((rest, ""));
            *rest = after.strip_prefix("\r\n").unwrap_or(after);
            if tty {
                let text = text.replace('\\', "\\\\").replace('"', "\\\"");
                format!("\"{}\"", text.replace('\r', "\\r").replace('\n', "\\n"))
            } else {
                text.to_owned()
            }
        }
        ("*", count) => {
            let count: usize = count.parse().unwrap_or(0);
            if count == 0 {
                return (if tty { "(empty array)" } else { "" }).to_owned();
            }
            let items: Vec<String> = (1..=count.min(10_000))
                .map(|i| {
                    let item = shown(rest, tty);
                    if tty { format!("{i}) {item}") } else { item }
                })
                .collect();
            items.join("\n")
        }
        (_, text) => text.to_owned(),
    }
}

impl Program for Cli {
    fn reads(&self) -> Reads {
        Reads::Lines
    }
    fn prompt(&self) -> String {
        format!("{}> ", self.at)
    }

    fn place(&self) -> Place {
        self.place.clone()
    }

    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        match line.trim().to_ascii_lowercase().as_str() {
            "" => Progress::Stay,
            "quit" | "exit" => self.end_of_input(context),
            "clear" => {
                context.out.write(Stream::Out, "\u{1b}[H\u{1b}[2J");
                Progress::Stay
            }
            _ if self.ask(context, &format!("{}\r\n", line.trim())) => Progress::Stay,
            _ => Progress::Exit(1),
        }
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.line("^C");
        self.end_of_input(context)
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        context.world.cluster.close(self.id);
        Progress::Exit(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_bear_their_types_on_a_terminal() {
        let show = |mut text: &str, tty| shown(&mut text, tty);
        assert_eq!(show("+PONG\r\n", true), "PONG");
        assert_eq!(show("$5\r\nhello\r\n", true), "\"hello\"");
        assert_eq!(show("$5\r\na\r\nbc\r\n", true), "\"a\\r\\nbc\"");
        assert_eq!(show("$-1\r\n", true), "(nil)");
        assert_eq!(show(":3\r\n", true), "(integer) 3");
        assert_eq!(show("-ERR no\r\n", true), "(error) ERR no");
        assert_eq!(
            show("*2\r\n$1\r\na\r\n$1\r\nb\r\n", true),
            "1) \"a\"\n2) \"b\""
        );
        assert_eq!(show("$5\r\nhello\r\n", false), "hello");
    }
}
