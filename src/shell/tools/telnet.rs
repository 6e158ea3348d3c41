//! `BusyBox` telnet, as in `busybox:1.37`.
//!
//! With a server that negotiates nothing, which is every server here, it stays in the terminal's line mode: lines are
//! sent on Enter, and Ctrl-C opens the menu.

use super::{hint, host, usage};
use crate::cluster::{ConnId, Place, Protocol};
use crate::shell::context::{Context, Keys, Outcome, Program, Progress, Reads, Stream};
use crate::shell::surroundings::Surroundings;

const USAGE: &str = "Usage: telnet [-a] [-l USER] HOST [PORT]\n\nConnect to telnet server\n\n\t-a\tAutomatic login with $USER variable\n\t-l USER\tAutomatic login as USER";

/// What Ctrl-C shows.
const MENU: &str = "\r\nConsole escape. Commands are:\r\n\n l\tgo to line mode\r\n c\tgo to character mode\r\n z\tsuspend telnet\r\n e\texit telnet\r\n";

/// Runs telnet.
pub(crate) fn busybox(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    if argv.get(1).is_some_and(|word| word == "--help") {
        usage::busybox_usage(context, None, USAGE);
        return Outcome::Exit(0);
    }
    let given = match usage::getopt(argv, "al:", libc) {
        Ok(given) if (1..=2).contains(&given.words.len()) => given,
        Ok(_) => return Outcome::Exit(usage::busybox_usage(context, None, USAGE)),
        Err(complaint) => {
            return Outcome::Exit(usage::busybox_usage(context, Some(&complaint), USAGE));
        }
    };
    let host = given.words.first().copied().unwrap_or_default();
    let port_word = given.words.get(1).copied().unwrap_or("23");
    let Some(port) = usage::port(port_word) else {
        context
            .out
            .error(&format!("telnet: bad port '{port_word}'"));
        return Outcome::Exit(1);
    };
    // `HOST:PORT` in one word works too.
    let to = match host::busybox(context, host, port, host::BOTH) {
        Ok(to) => to,
        Err(told) => {
            context.out.error(&format!("telnet: {told}"));
            return Outcome::Exit(1);
        }
    };
    match context.connect(to, Protocol::Tcp, None) {
        Err(error) => {
            let why = usage::cannot_connect(to.ip(), error, libc);
            context.out.error(&format!("telnet: {why}"));
            let old = to.ip().to_string();
            hint::no_such_service(context, to.ip(), Some(to.port()), &|new| {
                hint::with_word(argv, &old, new)
            });
            Outcome::Exit(1)
        }
        Ok(id) => connected(context, host, id),
    }
}

fn connected(context: &mut Context<'_>, host: &str, id: ConnId) -> Outcome {
    let piped = context.stdin.take();
    if let Some(text) = &piped {
        // The end of its input ends it; of an answer that was there before, the greeting line comes last, as its output
        // is a pipe and so is written at the end.
        let waits = text.ends_with('\n');
        let mut received = context.world.cluster.send(id, text.as_bytes());
        context.world.cluster.close(id);
        if !waits {
            received.data.clear();
        }
        context
            .out
            .write(Stream::Out, &String::from_utf8_lossy(&received.data));
        context.out.line(&format!("Connected to {host}"));
        return Outcome::Exit(0);
    }
    context.out.line(&format!("Connected to {host}"));
    let mut telnet = Telnet {
        place: context.place.clone(),
        id,
        mode: Mode::Cooked,
        menu: false,
        characters: false,
    };
    match telnet.send(context, b"") {
        Progress::Exit(status) => Outcome::Exit(status),
        Progress::Stay | Progress::Push(_) => Outcome::Foreground(Box::new(telnet)),
    }
}

/// How the terminal is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// It echoes and hands on lines.
    Cooked,
    /// It hands on keys.
    Raw,
}

/// The first byte of each of the protocol's commands (RFC 854).
const IAC: u8 = 255;

/// An open session.
#[derive(Clone)]
struct Telnet {
    place: Place,
    id: ConnId,
    mode: Mode,
    /// Whether the menu waits for a key.
    menu: bool,
    /// Whether the session is in character mode.
    characters: bool,
}

impl Telnet {
    /// Prints as the terminal is set.
    fn print(&self, context: &mut Context<'_>, text: &str) {
        let stream = match self.mode {
            Mode::Cooked => Stream::Out,
            Mode::Raw => Stream::Raw,
        };
        context.out.write(stream, text);
    }

    fn send(&mut self, context: &mut Context<'_>, data: &[u8]) -> Progress {
        let mut received = context.world.cluster.send(self.id, data);
        loop {
            let answer = self.take(context, &received.data);
            if received.closed.is_some() {
                self.mode = Mode::Cooked;
                context
                    .out
                    .write(Stream::Out, "Connection closed by foreign host\r\n");
                return Progress::Exit(1);
            }
            if answer.is_empty() {
                return Progress::Stay;
            }
            received = context.world.cluster.send(self.id, &answer);
        }
    }

    /// Shows what came, and obeys the protocol's commands in it; returns the answer to them.
    fn take(&mut self, context: &mut Context<'_>, data: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        let mut text = Vec::new();
        let mut bytes = data.iter().copied();
        while let Some(byte) = bytes.next() {
            if byte != IAC {
                text.push(byte);
                continue;
            }
            let (command, option) = (bytes.next().unwrap_or(0), bytes.next().unwrap_or(0));
            match (command, option) {
                (251, 1) => {
                    self.print(
                        context,
                        &String::from_utf8_lossy(&std::mem::take(&mut text)),
                    );
                    self.print(
                        context,
                        "\r\nEntering character mode\r\nEscape character is '^]'.\r\n",
                    );
                    self.mode = Mode::Raw;
                    self.characters = true;
                    answer.extend([IAC, 253, 1]);
                }
                (251, 3) => answer.extend([IAC, 253, 3]),
                (251, option) => answer.extend([IAC, 254, option]),
                (252, 1) if self.characters => {
                    self.print(
                        context,
                        &String::from_utf8_lossy(&std::mem::take(&mut text)),
                    );
                    self.print(
                        context,
                        "\r\nEntering line mode\r\nEscape character is '^C'.\r\n",
                    );
                    self.mode = Mode::Cooked;
                    self.characters = false;
                }
                (253, option) => answer.extend([IAC, 252, option]),
                _ => {}
            }
        }
        self.print(context, &String::from_utf8_lossy(&text));
        answer
    }

    fn leave(&self, context: &mut Context<'_>) -> Progress {
        context.world.cluster.close(self.id);
        Progress::Exit(0)
    }

    fn open_menu(&mut self, context: &mut Context<'_>) -> Progress {
        self.menu = true;
        self.print(context, MENU);
        Progress::Stay
    }

    /// The menu takes one key; what was typed after it goes to the server.
    fn key(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        self.menu = false;
        let key = line.chars().next();
        let rest = key
            .and_then(|key| line.get(key.len_utf8()..))
            .unwrap_or_default();
        match key {
            Some('e') => return self.leave(context),
            Some('c') => {
                self.print(
                    context,
                    "\r\nEntering character mode\r\nEscape character is '^]'.\r\n",
                );
                context
                    .out
                    .note("Portside stays in line mode: a line is sent on Enter.");
            }
            Some('z') => {
                self.print(context, "continuing...\r\n");
                context.out.note("Portside cannot suspend a program.");
            }
            _ => self.print(context, "continuing...\r\n"),
        }
        if !self.characters {
            self.mode = Mode::Cooked;
        }
        if rest.is_empty() {
            Progress::Stay
        } else {
            self.send(context, format!("{rest}\r\n").as_bytes())
        }
    }
}

impl Program for Telnet {
    fn reads(&self) -> Reads {
        Reads::Lines
    }
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn keys(&self) -> Keys {
        match self.mode {
            Mode::Cooked => Keys::Lines,
            Mode::Raw => Keys::Raw,
        }
    }

    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        if self.menu {
            return self.key(context, line);
        }
        if line.contains('\u{1d}') {
            return self.open_menu(context);
        }
        self.send(context, format!("{line}\r\n").as_bytes())
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        if self.menu && self.mode == Mode::Raw {
            return self.key(context, "");
        }
        context.out.write(Stream::Out, "^C");
        if self.menu {
            return Progress::Stay;
        }
        self.mode = Mode::Raw;
        self.open_menu(context)
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        self.leave(context)
    }
}
