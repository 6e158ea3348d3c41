//! GNU inetutils telnet 2.4, which Debian and so the laptop have.

use super::hint;
use super::host::{self, BOTH};
use super::telnet_prompt;
use super::telnet_settings::{self, Settings};
use super::usage::{getopt, reason};
use crate::api::image::Libc;
use crate::cluster::{ConnId, Place, Protocol};
use crate::dns::RecordType;
use crate::shell::context::{Context, Keys, Outcome, Program, Progress, Reads, Stream};
use crate::shell::image_files;
use crate::shell::surroundings;
use std::net::SocketAddr;

/// Bytes of telnet commands (RFC 854).
const IAC: u8 = 255;
const DO: u8 = 253;
const DONT: u8 = 254;

const USAGE: &str = include_str!("text/telnet_inetutils.txt");
const SHORT: &str = "Usage: telnet [-468acdEKLrx?V] [-b ADDRESS] [-e CHAR] [-l USER] [-n FILE]\n            [-k REALM] [-X ATYPE] [--ipv4] [--ipv6] [--binary] [--login]\n            [--bind=ADDRESS] [--no-rc] [--debug] [--escape=CHAR] [--no-escape]\n            [--no-login] [--user=USER] [--binary-output] [--trace=FILE]\n            [--rlogin] [--encrypt] [--realm=REALM] [--disable-auth=ATYPE]\n            [--help] [--usage] [--version] [HOST [PORT]]\n";
const VERSION: &str = "telnet (GNU inetutils) 2.4\nCopyright (C) 2022 Free Software Foundation, Inc.\nLicense GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.\nThis is free software: you are free to change and redistribute it.\nThere is NO WARRANTY, to the extent permitted by law.\n\nWritten by many authors.\n";

/// Runs telnet.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let exits = [
        (&["--version", "-V"][..], VERSION),
        (&["--help", "-?"], USAGE),
        (&["--usage"], SHORT),
    ];
    for (names, text) in exits {
        if argv.iter().any(|word| names.contains(&word.as_str())) {
            context.out.write(Stream::Out, text);
            return Outcome::Exit(0);
        }
    }
    let short = shortened(argv);
    let given = match getopt(&short, "468acdEKLrxb:e:l:n:k:X:", Libc::Glibc) {
        Ok(given) => given,
        Err(complaint) => {
            context.out.error(&format!(
                "{complaint}\nTry 'telnet --help' or 'telnet --usage' for more information."
            ));
            return Outcome::Exit(64);
        }
    };
    if let Some(escape) = given.value('e') {
        context
            .out
            .line(&format!("Telnet escape character is '{escape}'."));
    }
    let types = match (given.has('4'), given.has('6')) {
        (true, false) => &[RecordType::A],
        (false, true) => &[RecordType::Aaaa],
        _ => BOTH,
    };
    match given.words.as_slice() {
        [] => telnet_prompt::run(context),
        [host] => reach(context, argv, (host, "telnet"), types),
        [host, port] => reach(context, argv, (host, port), types),
        _ => {
            context.out.error("telnet: too many arguments");
            Outcome::Exit(1)
        }
    }
}

/// The command line with its long options as short ones.
fn shortened(argv: &[String]) -> Vec<String> {
    const LONG: &[(&str, char)] = &[
        ("ipv4", '4'),
        ("ipv6", '6'),
        ("binary", '8'),
        ("login", 'a'),
        ("bind", 'b'),
        ("no-rc", 'c'),
        ("debug", 'd'),
        ("escape", 'e'),
        ("no-escape", 'E'),
        ("no-login", 'K'),
        ("user", 'l'),
        ("binary-output", 'L'),
        ("trace", 'n'),
        ("rlogin", 'r'),
        ("encrypt", 'x'),
        ("realm", 'k'),
        ("disable-auth", 'X'),
    ];
    let one = |word: &String| {
        let (name, value) = word
            .strip_prefix("--")
            .map(|long| long.split_once('=').unwrap_or((long, "")))?;
        let (_, short) = LONG.iter().find(|(long, _)| *long == name)?;
        Some(format!("-{short}{value}"))
    };
    let words = argv.iter();
    words
        .map(|word| one(word).unwrap_or_else(|| word.clone()))
        .collect()
}

/// Opens a connection to a host and a port as they were typed.
pub(super) fn reach(
    context: &mut Context<'_>,
    argv: &[String],
    (host, port): (&str, &str),
    types: &[RecordType],
) -> Outcome {
    let digits = port.parse::<u64>();
    let named = image_files::service(port, "tcp");
    let number = match (&digits, named.or_else(|| port.parse().ok())) {
        (Ok(0), _) | (Ok(_), None) => {
            context
                .out
                .line(&format!("Port number {port} is out of range."));
            return Outcome::Exit(1);
        }
        (_, Some(number)) => number,
        (Err(_), None) => {
            context.out.line(&format!(
                "Server lookup failure:  {host}:{port}, Servname not supported for ai_socktype"
            ));
            return Outcome::Exit(1);
        }
    };
    open(context, argv, (host, port, number), types)
}

/// Tries each address of the host.
fn open(
    context: &mut Context<'_>,
    argv: &[String],
    (host, port, number): (&str, &str, u16),
    types: &[RecordType],
) -> Outcome {
    let addresses = match host::resolve(context, host, types) {
        Ok(resolved) => resolved.addresses,
        Err(why) => {
            let why = why.glibc();
            context
                .out
                .line(&format!("Server lookup failure:  {host}:{port}, {why}"));
            return Outcome::Exit(1);
        }
    };
    for (i, address) in addresses.iter().enumerate() {
        context.out.line(&format!("Trying {address}..."));
        let to = SocketAddr::new(*address, number);
        match context.connect(to, Protocol::Tcp, None) {
            Ok(id) => return connected(context, host, id),
            Err(error) if i + 1 < addresses.len() => {
                context.out.error(&format!(
                    "Connection failed: {}",
                    reason(error, Libc::Glibc)
                ));
            }
            Err(error) => {
                context.out.error(&format!(
                    "telnet: Unable to connect to remote host: {}",
                    reason(error, Libc::Glibc)
                ));
                let old = address.to_string();
                hint::no_such_service(context, *address, Some(number), &|new| {
                    hint::with_word(argv, &old, new)
                });
            }
        }
    }
    Outcome::Exit(1)
}

fn connected(context: &mut Context<'_>, host: &str, id: ConnId) -> Outcome {
    context
        .out
        .line(&format!("Connected to {host}.\nEscape character is '^]'."));
    // It wants its own host's name in full, for the display that it could offer.
    let own = surroundings::read(context.world, context.place, "/", "/etc/hostname");
    let own = own.map(|text| text.trim().to_owned()).unwrap_or_default();
    let _ = host::resolve(context, &own, &[RecordType::A]);
    if let Some(text) = context.stdin.take() {
        let received = context.world.cluster.send(id, text.as_bytes());
        context.out.write(
            Stream::Out,
            &String::from_utf8_lossy(&received.data).replace("\r\n", "\n"),
        );
        context.world.cluster.close(id);
        context.out.error("Connection closed by foreign host.");
        return Outcome::Exit(0);
    }
    let mut telnet = Telnet {
        place: context.place.clone(),
        host: host.to_owned(),
        id,
        asking: false,
        settings: Settings::default(),
    };
    match telnet.send(context, b"") {
        Progress::Exit(status) => Outcome::Exit(status),
        Progress::Stay | Progress::Push(_) => Outcome::Foreground(Box::new(telnet)),
    }
}

/// An open session.
#[derive(Clone)]
struct Telnet {
    place: Place,
    host: String,
    id: ConnId,
    /// Whether its own prompt waits for a command.
    asking: bool,
    settings: Settings,
}

impl Telnet {
    fn send(&mut self, context: &mut Context<'_>, data: &[u8]) -> Progress {
        let received = context.world.cluster.send(self.id, data);
        // It passes on lines as the terminal wants them.
        context.out.write(
            Stream::Out,
            &String::from_utf8_lossy(&received.data).replace("\r\n", "\n"),
        );
        if received.closed.is_none() {
            return Progress::Stay;
        }
        context.out.line("Connection closed by foreign host.");
        Progress::Exit(0)
    }

    fn leave(&self, context: &mut Context<'_>) -> Progress {
        context.world.cluster.close(self.id);
        context.out.line("Connection closed.");
        Progress::Exit(0)
    }

    /// A command of its prompt; one that goes well leads back to the session.
    fn command(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((word, rest)) = words.split_first() else {
            self.asking = false;
            return Progress::Stay;
        };
        let command = match telnet_prompt::find(word) {
            Ok(command) => command,
            Err(told) => {
                context.out.line(told);
                return Progress::Stay;
            }
        };
        match (command.name, rest) {
            ("quit" | "close", _) => return self.leave(context),
            ("open", _) => context
                .out
                .line(&format!("?Already connected to {}", self.host)),
            ("help" | "?", rest) => telnet_prompt::help(context, rest),
            ("status", rest) => {
                let host = &self.host;
                context.out.line(&format!("Connected to {host}."));
                if !rest.contains(&"notmuch") {
                    context
                        .out
                        .line("Operating in obsolete linemode\nLocal character echo");
                }
                context.out.line("Escape character is '^]'.");
                self.asking = false;
            }
            ("z" | "!", _) => {
                telnet_prompt::not_simulated(context, command.name);
                self.asking = false;
            }
            // What it asks of the server stands before the next line, as nobody takes it for a telnet command here.
            ("logout", _) => return self.tell(context, &[IAC, DO, 18]),
            ("mode", ["character"]) => return self.tell(context, &[IAC, DO, 3, IAC, DO, 1]),
            ("mode", ["line"]) => return self.tell(context, &[IAC, DONT, 3, IAC, DONT, 1]),
            ("send", [word, ..]) if *word != "?" => match telnet_settings::sent(word) {
                Some(bytes) => return self.tell(context, &bytes),
                None => context.out.line(&format!(
                    "Unknown send argument '{word}'\n'send ?' for help."
                )),
            },
            (name, []) if name != "display" => context.out.line(command.bare),
            (name, rest) => match self.settings.run(context, name, rest) {
                Some(well) => self.asking = !well,
                None => telnet_prompt::not_simulated(context, name),
            },
        }
        Progress::Stay
    }

    /// Sends a telnet command, and goes back to the session.
    fn tell(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Progress {
        self.asking = false;
        self.send(context, bytes)
    }
}

impl Program for Telnet {
    fn reads(&self) -> Reads {
        Reads::Lines
    }
    fn prompt(&self) -> String {
        if self.asking {
            "telnet> ".to_owned()
        } else {
            String::new()
        }
    }

    fn place(&self) -> Place {
        self.place.clone()
    }

    fn keys(&self) -> Keys {
        if self.asking {
            Keys::Lines
        } else {
            Keys::LinesAnd('\u{1d}')
        }
    }

    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        if self.asking {
            return self.command(context, line);
        }
        if line.ends_with('\u{1d}') {
            self.asking = true;
            context.out.write(Stream::Out, "\n");
            return Progress::Stay;
        }
        self.send(context, format!("{line}\r\n").as_bytes())
    }

    /// In line mode Ctrl-C goes to the server as a telnet command, which the servers here ignore.
    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.write(Stream::Out, "^C");
        if !self.asking {
            context.out.note("telnet passes Ctrl-C on. Ctrl-] and Enter gives its own prompt; `quit` there ends it.");
        }
        Progress::Stay
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        if self.asking {
            context.out.write(Stream::Out, "\n");
        }
        self.leave(context)
    }
}
