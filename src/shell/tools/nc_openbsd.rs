//! nc of netcat-openbsd 1.219, which Debian and netshoot have.

use super::hint;
use super::host;
use super::usage::{self, getopt, reason};
use crate::api::image::Libc;
use crate::cluster::{ConnId, ConnectError, Place, Protocol};
use crate::dns::RecordType;
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Program, Progress, Reads, Stream};
use crate::shell::image_files;
use std::net::{IpAddr, SocketAddr};

const USAGE: &str = "usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n\t  [destination] [port]";

const HELP: &str = include_str!("text/nc_openbsd.txt");

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
    let known = "46bCDdFhklNnrStUuvZzI:i:M:m:O:P:p:q:s:T:V:W:w:X:x:";
    let given = match getopt(argv, known, Libc::Glibc) {
        Ok(given) => given,
        Err(complaint) => {
            context.out.error(&format!("{complaint}\n{USAGE}"));
            return Outcome::Exit(1);
        }
    };
    if let Some(status) = ended(context, &given) {
        return Outcome::Exit(status);
    }
    let (host, ports) = match given.words.as_slice() {
        [] => {
            context.out.error(USAGE);
            return Outcome::Exit(1);
        }
        [path] if given.has('U') => {
            context
                .out
                .error(&format!("nc: {path}: No such file or directory"));
            return Outcome::Exit(1);
        }
        [_] => {
            context.out.error("nc: missing port number");
            return Outcome::Exit(1);
        }
        [host, ports @ ..] => (*host, ports),
    };
    let kind = if given.has('u') { "udp" } else { "tcp" };
    let ports: Result<Vec<Vec<u16>>, String> =
        ports.iter().map(|word| ports_of(word, kind)).collect();
    let ports = match ports {
        Ok(ports) => ports.into_iter().flatten(),
        Err(complaint) => {
            context.out.error(&format!("nc: {complaint}"));
            return Outcome::Exit(1);
        }
    };
    let patience = given.value('w').and_then(|text| text.parse().ok());
    let call = Call {
        host,
        types: usage::families(&given),
        verbose: given.has('v'),
        scans: given.has('z'),
        numeric: given.has('n'),
        udp: given.has('u'),
        closes: given.has('N') || given.has('q'),
        crlf: given.has('C'),
        source: given.value('s').and_then(|text| text.parse().ok()),
        patience: patience.map(Span::secs),
    };
    let mut status = 1;
    for port in ports.take(MOST_PORTS) {
        match call.port(context, argv, port) {
            Outcome::Exit(0) => status = 0,
            Outcome::Exit(_) => {}
            program @ Outcome::Foreground(_) => return program,
        }
    }
    Outcome::Exit(status)
}

/// What options alone lead to: the help, or a complaint; its exit status.
fn ended(context: &mut Context<'_>, given: &usage::Given<'_>) -> Option<i32> {
    if given.has('h') {
        context.out.write(Stream::Err, HELP);
        return Some(0);
    }
    if let Some(told) = bad_value(given) {
        context.out.error(&format!("nc: {told}"));
        return Some(1);
    }
    let (option, _) = given.options.iter().find(|(o, _)| "lxZ".contains(*o))?;
    context
        .out
        .note(&format!("Portside's nc does not simulate -{option}."));
    Some(1)
}

/// What it says of the first option whose value it does not take, or that does not go with the others.
fn bad_value(given: &usage::Given<'_>) -> Option<String> {
    const NUMBERS: &[(char, &str, i64)] = &[
        ('i', "interval", 0),
        ('q', "quit timer", i64::MIN),
        ('w', "timeout", 0),
        ('W', "receive limit", 1),
        ('I', "TCP receive window", 1),
        ('O', "TCP send window", 1),
        ('M', "ttl is", 0),
        ('m', "minttl is", 0),
    ];
    for (option, value) in &given.options {
        if *option == 'X' && !matches!(*value, "connect" | "4" | "5") {
            return Some("unsupported proxy protocol".to_owned());
        }
        let Some((_, name, least)) = NUMBERS.iter().find(|(own, ..)| own == option) else {
            continue;
        };
        match value.parse::<i64>() {
            Err(_) => return Some(format!("{name} invalid: {value}")),
            Ok(number) if number < *least => return Some(format!("{name} too small: {value}")),
            Ok(_) => {}
        }
    }
    (given.has('k') && !given.has('l')).then(|| "must use -l with -k".to_owned())
}

/// The ports that a word names: `80`, `http`, `20-25`.
fn ports_of(word: &str, kind: &str) -> Result<Vec<u16>, String> {
    let one = |word: &str| match word.parse::<i64>() {
        Ok(number) if number < 1 => Err(format!("port number too small: {word}")),
        Ok(number) => u16::try_from(number).map_err(|_| format!("port number too large: {word}")),
        Err(_) => Err(format!("port number invalid: {word}")),
    };
    if let Some(port) = image_files::service(word, kind) {
        return Ok(vec![port]);
    }
    match word.split_once('-') {
        Some((from, to)) => {
            let (from, to) = (one(from)?, one(to)?);
            let (from, to) = (from.min(to), from.max(to));
            Ok((from..=to).collect())
        }
        None => Ok(vec![one(word)?]),
    }
}

/// What the command line asks of each port.
struct Call<'a> {
    host: &'a str,
    types: &'static [RecordType],
    verbose: bool,
    scans: bool,
    numeric: bool,
    udp: bool,
    closes: bool,
    /// Whether lines are sent with CR LF.
    crlf: bool,
    /// `-s`.
    source: Option<IpAddr>,
    patience: Option<Span>,
}

impl Call<'_> {
    fn port(&self, context: &mut Context<'_>, argv: &[String], port: u16) -> Outcome {
        let literal: Option<IpAddr> = self.host.parse().ok();
        let looked_up = match literal {
            Some(address) if self.types == [RecordType::Aaaa] && address.is_ipv4() => {
                Err("Address family for hostname not supported")
            }
            Some(address) => Ok(vec![address]),
            None if self.numeric => Err("Name or service not known"),
            None => host::resolve(context, self.host, self.types)
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
        let own = context.world.cluster.address_of(context.place);
        if self
            .source
            .is_some_and(|source| source != own && !source.is_loopback())
        {
            context
                .out
                .error("nc: bind failed: Cannot assign requested address");
            return Outcome::Exit(1);
        }
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
            let connected = context.connect(to, protocol, self.patience);
            match connected {
                Ok(id) => return self.connected(context, &shown, port, Some(id)),
                // A datagram that nobody answers is taken for received; a refusal shows only once a second is sent.
                Err(error)
                    if self.udp
                        && (error == ConnectError::TimedOut
                            || (error == ConnectError::Refused
                                && !self.verbose
                                && !self.scans)) =>
                {
                    return self.connected(context, &shown, port, None);
                }
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

    fn connected(
        &self,
        context: &mut Context<'_>,
        shown: &str,
        port: u16,
        id: Option<ConnId>,
    ) -> Outcome {
        if self.verbose {
            let protocol = if self.udp { "udp" } else { "tcp" };
            let service = service(port, protocol).filter(|_| !self.numeric);
            let service = service.unwrap_or("*");
            context.out.error(&format!(
                "Connection to {shown} {port} port [{protocol}/{service}] succeeded!"
            ));
        }
        if self.scans {
            id.into_iter()
                .for_each(|id| context.world.cluster.close(id));
            return Outcome::Exit(0);
        }
        let Some(id) = id else {
            context.pass(self.patience.unwrap_or_default());
            return Outcome::Exit(0);
        };
        let mut nc = Nc {
            place: context.place.clone(),
            id,
            crlf: self.crlf,
        };
        let piped = context.stdin.take();
        let text = nc.worded(&piped.clone().unwrap_or_default());
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

/// A session over a connection that another program opened.
pub(super) fn joined(context: &mut Context<'_>, id: ConnId) -> Outcome {
    let mut nc = Nc {
        place: context.place.clone(),
        id,
        crlf: false,
    };
    let piped = context.stdin.take().unwrap_or_default();
    match nc.send(context, piped.as_bytes()) {
        Progress::Exit(status) => Outcome::Exit(status),
        _ => Outcome::Foreground(Box::new(nc)),
    }
}

/// The name of a port in Debian's `/etc/services`.
fn service(port: u16, kind: &str) -> Option<&'static str> {
    let text = format!("{port}/{kind}");
    let mut rows = image_files::rows("/etc/services");
    rows.find_map(|row| {
        row.first()
            .copied()
            .filter(|_| row.get(1) == Some(&text.as_str()))
    })
}

/// An open session.
#[derive(Clone)]
struct Nc {
    place: Place,
    id: ConnId,
    crlf: bool,
}

impl Nc {
    /// Text as it is sent.
    fn worded(&self, text: &str) -> String {
        if self.crlf {
            text.replace("\r\n", "\n").replace('\n', "\r\n")
        } else {
            text.to_owned()
        }
    }

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
    fn reads(&self) -> Reads {
        Reads::Lines
    }
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        let text = self.worded(&format!("{line}\n"));
        self.send(context, text.as_bytes())
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
