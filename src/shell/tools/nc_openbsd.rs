//! nc of netcat-openbsd 1.219, which Debian and netshoot have.

use super::hint;
use super::host::{self, BOTH};
use super::usage::{self, getopt, reason};
use crate::api::image::Libc;
use crate::cluster::{ConnId, ConnectError, Place, Protocol};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Program, Progress, Stream};
use std::net::{IpAddr, SocketAddr};

const USAGE: &str = "usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n\t  [destination] [port]";

/// The most ports of a range that are tried.
const MOST_PORTS: usize = 1_024;

/// Runs nc.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    if argv
        .iter()
        .skip(1)
        .any(|word| word.starts_with("--") && word.len() > 2)
    {
        context
            .out
            .error(&format!("nc: invalid option -- '-'\n{USAGE}"));
        return Outcome::Exit(1);
    }
    let known = "46CDdFhklNnrStUuvZzI:i:M:m:O:P:p:q:s:T:V:W:w:X:x:b";
    let given = match getopt(argv, known, Libc::Glibc) {
        Ok(given) => given,
        Err(complaint) => {
            context.out.error(&format!("{complaint}\n{USAGE}"));
            return Outcome::Exit(1);
        }
    };
    if given.has('h') {
        context.out.error(&help());
        return Outcome::Exit(1);
    }
    if given.has('l') {
        context
            .out
            .note("Portside's nc does not simulate -l: a Pod serves by its image.");
        return Outcome::Exit(1);
    }
    let patience = match given.value('w').map(str::parse::<u64>) {
        None => None,
        Some(Ok(seconds)) => Some(Span::secs(seconds)),
        Some(Err(_)) => {
            let text = given.value('w').unwrap_or_default();
            context.out.error(&format!("nc: timeout invalid: {text}"));
            return Outcome::Exit(1);
        }
    };
    let (host, ports) = match given.words.as_slice() {
        [host, ports] => (*host, *ports),
        _ => {
            context.out.error(USAGE);
            return Outcome::Exit(1);
        }
    };
    let ports = match ports_of(ports) {
        Ok(ports) => ports,
        Err(complaint) => {
            context.out.error(&format!("nc: {complaint}"));
            return Outcome::Exit(1);
        }
    };
    let call = Call {
        host,
        verbose: given.has('v'),
        scans: given.has('z'),
        numeric: given.has('n'),
        udp: given.has('u'),
        closes: given.has('N') || given.has('q'),
        patience,
    };
    let mut status = 1;
    for port in ports {
        match call.port(context, argv, port) {
            Outcome::Exit(0) => status = 0,
            Outcome::Exit(_) => {}
            program @ Outcome::Foreground(_) => return program,
        }
    }
    Outcome::Exit(status)
}

fn help() -> String {
    format!("OpenBSD netcat (Debian patchlevel 1.219-1)\n{USAGE}")
}

/// The ports that a word names: `80`, `http`, `20-25`.
fn ports_of(word: &str) -> Result<Vec<u16>, String> {
    let one = |word: &str| match (usage::port(word), word.parse::<u64>()) {
        (Some(0), _) => Err(format!("port number too small: {word}")),
        (Some(port), _) => Ok(port),
        (None, Ok(_)) => Err(format!("port number too large: {word}")),
        (None, Err(_)) => Err(format!("port number invalid: {word}")),
    };
    match word.split_once('-') {
        Some((from, to)) => {
            let (from, to) = (one(from)?, one(to)?);
            let (from, to) = (from.min(to), from.max(to));
            Ok((from..=to).take(MOST_PORTS).collect())
        }
        None => Ok(vec![one(word)?]),
    }
}

/// What the command line asks of each port.
struct Call<'a> {
    host: &'a str,
    verbose: bool,
    scans: bool,
    numeric: bool,
    udp: bool,
    closes: bool,
    patience: Option<Span>,
}

impl Call<'_> {
    fn port(&self, context: &mut Context<'_>, argv: &[String], port: u16) -> Outcome {
        let literal: Option<IpAddr> = self.host.parse().ok();
        let looked_up = match literal {
            Some(address) => Ok(vec![address]),
            None if self.numeric => Err("Name or service not known"),
            None => host::resolve(context, self.host, BOTH)
                .map(|resolved| resolved.addresses)
                .map_err(|error| error.glibc()),
        };
        let addresses = match looked_up {
            Ok(addresses) => addresses,
            Err(why) => {
                context.out.error(&format!(
                    "nc: getaddrinfo for host \"{}\" port {port}: {why}",
                    self.host
                ));
                return Outcome::Exit(1);
            }
        };
        let protocol = if self.udp {
            Protocol::Udp
        } else {
            Protocol::Tcp
        };
        for address in addresses {
            let shown = if literal.is_some() {
                self.host.to_owned()
            } else {
                format!("{} ({address})", self.host)
            };
            let to = SocketAddr::new(address, port);
            let connected =
                context
                    .world
                    .cluster
                    .connect(context.place, to, protocol, self.patience);
            match connected {
                Ok(id) => return self.connected(context, &shown, port, id),
                Err(error) => self.refused(context, argv, &shown, to, error),
            }
        }
        Outcome::Exit(1)
    }

    fn refused(
        &self,
        context: &mut Context<'_>,
        argv: &[String],
        shown: &str,
        to: SocketAddr,
        error: ConnectError,
    ) {
        // A datagram's refusal is seen only when the second is sent, and told to nobody.
        if self.verbose && !self.udp {
            let how = if error == ConnectError::TimedOut && self.patience.is_some() {
                "timed out: Operation now in progress".to_owned()
            } else {
                format!("failed: {}", reason(error, Libc::Glibc))
            };
            context.out.error(&format!(
                "nc: connect to {shown} port {} (tcp) {how}",
                to.port()
            ));
        }
        let old = to.ip().to_string();
        hint::no_such_service(context, to.ip(), Some(to.port()), &|new| {
            hint::with_word(argv, &old, new)
        });
    }

    fn connected(&self, context: &mut Context<'_>, shown: &str, port: u16, id: ConnId) -> Outcome {
        if self.verbose {
            let protocol = if self.udp { "udp" } else { "tcp" };
            let service = match service(port) {
                Some(name) if !self.numeric => name,
                Some(_) | None => "*",
            };
            context.out.error(&format!(
                "Connection to {shown} {port} port [{protocol}/{service}] succeeded!"
            ));
        }
        if self.scans {
            context.world.cluster.close(id);
            return Outcome::Exit(0);
        }
        let mut nc = Nc {
            place: context.place.clone(),
            id,
        };
        let piped = context.stdin.take();
        let text = piped.clone().unwrap_or_default();
        match (nc.send(context, text.as_bytes()), piped) {
            (Progress::Exit(status), _) => Outcome::Exit(status),
            (_, Some(_)) if self.closes => {
                context.world.cluster.close(id);
                Outcome::Exit(0)
            }
            (_, Some(_)) if self.patience.is_some() => {
                context.pass(self.patience.unwrap_or_default());
                context.world.cluster.close(id);
                Outcome::Exit(0)
            }
            _ => Outcome::Foreground(Box::new(nc)),
        }
    }
}

/// The name of a port in Debian's `/etc/services`.
fn service(port: u16) -> Option<&'static str> {
    const NAMES: &[(u16, &str)] = &[
        (21, "ftp"),
        (22, "ssh"),
        (23, "telnet"),
        (25, "smtp"),
        (53, "domain"),
        (80, "http"),
        (110, "pop3"),
        (143, "imap2"),
        (389, "ldap"),
        (443, "https"),
        (636, "ldaps"),
        (3306, "mysql"),
        (5432, "postgresql"),
        (5672, "amqp"),
        (6379, "redis"),
        (8080, "http-alt"),
        (11211, "memcached"),
    ];
    NAMES
        .iter()
        .find(|(p, _)| *p == port)
        .map(|(_, name)| *name)
}

/// An open session.
struct Nc {
    place: Place,
    id: ConnId,
}

impl Nc {
    fn send(&mut self, context: &mut Context<'_>, data: &[u8]) -> Progress {
        let received = context.world.cluster.send(self.id, data);
        context
            .out
            .write(Stream::Out, &String::from_utf8_lossy(&received.data));
        if received.closed.is_some() {
            Progress::Exit(0)
        } else {
            Progress::Stay
        }
    }
}

impl Program for Nc {
    fn prompt(&self) -> String {
        String::new()
    }

    fn place(&self) -> Place {
        self.place.clone()
    }

    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        self.send(context, format!("{line}\n").as_bytes())
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.world.cluster.close(self.id);
        context.out.line("^C");
        Progress::Exit(130)
    }

    fn end_of_input(&mut self, _: &mut Context<'_>) -> Progress {
        // It waits for the other side unless -N or -q say otherwise.
        Progress::Stay
    }
}
