//! ping of iputils 20221126, which Debian and netshoot have.

use super::host::{self, BOTH};
use super::ping::{Pings, Sent, is_allowed, ms};
use super::usage::{Given, getopt};
use crate::api::image::Libc;
use crate::cluster::{Echo, Place};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Program, Progress, Stream};
use std::net::IpAddr;

const USAGE: &str = include_str!("text/ping.txt");

/// Runs ping.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let given = match options(argv) {
        Ok(given) => given,
        Err(complaint) => {
            let complaint = complaint.map(|c| format!("{c}\n")).unwrap_or_default();
            context
                .out
                .write(Stream::Err, &format!("{complaint}{USAGE}"));
            return Outcome::Exit(2);
        }
    };
    if given.has('V') {
        context.out.line("ping from iputils 20221126\nlibcap: yes, IDN: yes, NLS: no, error.h: yes, getrandom(): yes, __fpending(): yes");
        return Outcome::Exit(0);
    }
    let numbers = match numbers(&given) {
        Ok(numbers) => numbers,
        Err((told, status)) => {
            context.out.error(&format!("ping: {told}"));
            return Outcome::Exit(status);
        }
    };
    if let Some(option) = given.options.iter().find(|(o, _)| "FNRrT".contains(*o)) {
        context
            .out
            .note(&format!("Portside's ping does not simulate -{}.", option.0));
        return Outcome::Exit(1);
    }
    for text in given.options.iter().filter(|(o, _)| "iW".contains(*o)) {
        if super::curl::millis(text.1).is_none() {
            context.out.error(&format!(
                "ping: option argument contains garbage: {}\nping: this will become fatal error in the future",
                text.1
            ));
        }
    }
    let found = aim(context, &given);
    let (name, resolved) = match found {
        Ok(found) => found,
        Err((told, status)) => {
            context.out.error(&format!("ping: {told}"));
            return Outcome::Exit(status);
        }
    };
    let Some(address) = resolved.addresses.first().copied() else {
        return Outcome::Exit(2);
    };
    if !is_allowed(context) {
        context
            .out
            .error("ping: socktype: SOCK_RAW\nping: socket: Operation not permitted\nping: => missing cap_net_raw+p capability or setuid?");
        return Outcome::Exit(2);
    }
    let from = match source(context, &given) {
        Ok(from) => from,
        Err(told) => {
            context.out.error(&format!("ping: {told}"));
            return Outcome::Exit(2);
        }
    };
    if let Some(why) = unreachable(context, &given, address) {
        let why = why.replace("NAME", &name);
        context.out.error(&format!("ping: {why}"));
        return Outcome::Exit(2);
    }
    begin(
        context,
        &given,
        &numbers,
        (&name, &resolved.canonical, address, &from),
    )
}

/// The host that is meant: the last word, as those before it would be stations on the way.
fn aim(
    context: &mut Context<'_>,
    given: &Given<'_>,
) -> Result<(String, host::Resolved), (String, i32)> {
    let mut target = None;
    for name in &given.words {
        let found = host::resolve(context, name, BOTH)
            .map_err(|error| (format!("{name}: {}", error.glibc()), 2))?;
        target = Some(((*name).to_owned(), found));
    }
    if given.words.len() > 1 {
        return Err(("record route: Operation not permitted".to_owned(), 2));
    }
    target.ok_or_else(|| ("usage error: Destination address required".to_owned(), 1))
}

/// ` from ADDRESS IFACE:` where the command line names either.
fn source(context: &Context<'_>, given: &Given<'_>) -> Result<String, String> {
    let own = context.world.cluster.address_of(context.place);
    match given.value('I') {
        None if given.has('B') => Ok(format!("from {own} : ")),
        None => Ok(String::new()),
        Some(text) => match text.parse::<IpAddr>() {
            Ok(address) if address == own || address.is_loopback() => {
                Ok(format!("from {address} : "))
            }
            Ok(_) => Err("bind: Cannot assign requested address".to_owned()),
            Err(_) if text == "eth0" => Ok(format!("from {own} {text}: ")),
            Err(_) if text == "lo" => Ok(format!("from 127.0.0.1 {text}: ")),
            Err(_) => Err(format!("SO_BINDTODEVICE {text}: No such device")),
        },
    }
}

/// Says what it does, and sends.
fn begin(
    context: &mut Context<'_>,
    given: &Given<'_>,
    numbers: &Numbers,
    (name, canonical, address, from): (&str, &str, IpAddr, &str),
) -> Outcome {
    if let Some(pattern) = given.value('p') {
        context
            .out
            .line(&format!("PATTERN: 0x{}", pattern.to_lowercase()));
    }
    if given.has('v') {
        context.out.error("ping: sock4.fd: 3 (socktype: SOCK_RAW), sock6.fd: 4 (socktype: SOCK_RAW), hints.ai_family: AF_UNSPEC\n");
        let family = if address.is_ipv4() {
            "AF_INET"
        } else {
            "AF_INET6"
        };
        context.out.line(&format!(
            "ai->ai_family: {family}, ai->ai_canonname: '{canonical}'"
        ));
    }
    let size = numbers.size;
    let numeric = name.parse::<IpAddr>().is_ok() || given.has('n');
    context.out.line(&match address {
        IpAddr::V4(_) => format!(
            "PING {canonical} ({address}) {from}{size}({}) bytes of data.",
            size + 28
        ),
        IpAddr::V6(_) if numeric => format!("PING {canonical}({address}) {from}{size} data bytes"),
        IpAddr::V6(_) => {
            format!("PING {canonical}({canonical} ({address})) {from}{size} data bytes")
        }
    });
    let mut pings = Pings::new(context, address);
    pings.count = numbers.count;
    let adaptive = given.has('A') || given.has('f');
    let interval = given
        .value('i')
        .map(|text| super::curl::millis(text).unwrap_or(0));
    let usual = if adaptive { 0 } else { 1_000 };
    pings.interval = Span::millis(interval.unwrap_or(usual).max(2));
    pings.ahead = numbers.preload.saturating_sub(1);
    pings.began = context.world.cluster.now();
    let ident = given.has('v').then(|| context.world.cluster.free_port());
    let mut ping = Ping {
        name: canonical.to_owned(),
        size,
        quiet: given.has('q'),
        numeric,
        bell: given.has('a'),
        stamps: given.has('D'),
        outstanding: given.has('O'),
        floods: given.has('f'),
        adaptive,
        ident,
        pings,
    };
    if ping.pings.count.is_none() {
        ping.catch_up(context);
        return Outcome::Foreground(Box::new(ping));
    }
    Outcome::Exit(ping.finish(context, numbers.wait))
}

/// Why no request can be sent to an address.
fn unreachable(
    context: &mut Context<'_>,
    given: &Given<'_>,
    address: IpAddr,
) -> Option<&'static str> {
    let six = address.is_ipv6();
    if given.has(if six { '4' } else { '6' }) {
        return Some("NAME: Address family for hostname not supported");
    }
    match context.world.cluster.probe(context.place, address).echo {
        Echo::NoRoute => Some("connect: No route to host"),
        Echo::Answers => None,
        _ if six => Some("connect: Network is unreachable"),
        _ => None,
    }
}

/// The numbers of the command line, or what it says of the first that does not do, and its status.
fn numbers(given: &Given<'_>) -> Result<Numbers, (String, i32)> {
    /// The options that take a whole number, with the least and the most.
    const RANGES: &[(char, i64, i64)] = &[
        ('c', 1, i64::MAX),
        ('w', 0, 2_147_483_647),
        ('s', 0, 2_147_483_647),
        ('t', 0, 255),
        ('l', 1, 65_536),
        ('m', 0, 4_294_967_295),
        ('S', 1, 2_147_483_647),
    ];
    let (mut all, mut preload) = ([0, 0, 56], 1);
    for (option, text) in &given.options {
        match option {
            'p' if text.is_empty() || text.bytes().any(|b| !b.is_ascii_hexdigit()) => {
                let told = format!("patterns must be specified as hex digits: {text}");
                return Err((told, 2));
            }
            'M' if !matches!(*text, "do" | "dont" | "want" | "probe") => {
                return Err((format!("invalid -M argument: {text}"), 2));
            }
            'Q' if text.parse::<u64>().is_ok_and(|tos| tos > 255) => {
                let told = format!("the decimal value of TOS bits must be in range 0-255: {text}");
                return Err((told, 2));
            }
            _ => {}
        }
        let Some((_, least, most)) = RANGES.iter().find(|(own, ..)| own == option) else {
            continue;
        };
        let value = match text.parse::<i64>() {
            Ok(value) if (*least..=*most).contains(&value) => value.unsigned_abs(),
            Ok(_) => {
                let told =
                    format!("invalid argument: '{text}': out of range: {least} <= value <= {most}");
                return Err((told, 1));
            }
            Err(_) => return Err((format!("invalid argument: '{text}'"), 1)),
        };
        match option {
            'c' => all[0] = value,
            'w' => all[1] = value,
            's' => all[2] = value,
            'l' => preload = value,
            't' if value == 0 => {
                let told = "cannot set unicast time-to-live: Invalid argument";
                return Err((told.to_owned(), 2));
            }
            _ => {}
        }
    }
    let [count, deadline, size] = all;
    let wait = given.value('W').and_then(super::curl::millis);
    Ok(Numbers {
        count: [count, deadline].into_iter().filter(|n| *n > 0).min(),
        size,
        preload,
        wait: Span::millis(wait.filter(|ms| *ms > 0).unwrap_or(10_000).min(3_600_000)),
    })
}

/// The numbers of the command line.
struct Numbers {
    /// How many requests to send, if there is an end.
    count: Option<u64>,
    size: u64,
    /// How many are sent without waiting for answers.
    preload: u64,
    /// How long the last answers are waited for.
    wait: Span,
}

/// The options; the complaint is none where the usage is asked for.
fn options(argv: &[String]) -> Result<Given<'_>, Option<String>> {
    if argv
        .iter()
        .skip(1)
        .any(|word| word.starts_with("--") && word.len() > 2)
    {
        return Err(Some("ping: invalid option -- '-'".to_owned()));
    }
    let known = "46aABbCDdfhLnOqRrUvVc:e:F:I:i:l:M:m:N:p:Q:S:s:T:t:W:w:";
    let given = getopt(argv, known, Libc::Glibc).map_err(Some)?;
    if given.has('h') {
        return Err(None);
    }
    Ok(given)
}

/// The most bytes that an IPv4 packet has room for behind its head and that of ICMP.
const MOST_BYTES: u64 = 65_507;

/// A ping that goes on.
#[derive(Clone)]
struct Ping {
    name: String,
    size: u64,
    quiet: bool,
    /// Whether addresses are shown without their names.
    numeric: bool,
    /// `-a`.
    bell: bool,
    /// `-D`.
    stamps: bool,
    /// `-O`.
    outstanding: bool,
    /// `-f`.
    floods: bool,
    /// Whether requests follow answers.
    adaptive: bool,
    /// What `-v` shows.
    ident: Option<u16>,
    pings: Pings,
}

impl Ping {
    /// An address as it is shown, with its name, which is looked up each time.
    fn show(&self, context: &mut Context<'_>, address: IpAddr) -> String {
        if self.numeric {
            return address.to_string();
        }
        let name = host::reverse(context, address);
        let name = name.unwrap_or_else(|| address.to_string());
        format!("{name} ({address})")
    }

    fn tell(&self, context: &mut Context<'_>, sent: &Sent) {
        let seq = sent.seq + 1;
        if self.floods {
            let back = if sent.echo == Echo::Answers {
                "\u{8} \u{8}"
            } else {
                ""
            };
            context.out.write(Stream::Out, &format!(".{back}"));
            return;
        }
        let (router, what) = match sent.echo {
            Echo::Answers => {
                let from = self.show(context, self.pings.address);
                if self.quiet {
                    return;
                }
                // A request with less than sixteen bytes has no room for its time.
                let time = if self.size < 16 {
                    String::new()
                } else {
                    format!(" time={} ms", ms(sent.micros))
                };
                let stamp = if self.stamps {
                    let cluster = &context.world.cluster;
                    let unix = cluster.sim().unix(cluster.now());
                    format!("[{unix}.{:06}] ", cluster.now().0 % 1_000_000)
                } else {
                    String::new()
                };
                let ident = self.ident.map(|ident| format!(" ident={ident}"));
                let bell = if self.bell { "\u{7}" } else { "" };
                context.out.line(&format!(
                    "{stamp}{} bytes from {from}: icmp_seq={seq}{} ttl={}{time}{bell}",
                    self.size + 8,
                    ident.unwrap_or_default(),
                    64usize.saturating_sub(sent.hops),
                ));
                return;
            }
            Echo::Silent | Echo::NoRoute => {
                let goes_on = self.pings.count.is_none_or(|count| seq < count);
                if self.outstanding && goes_on {
                    context
                        .out
                        .line(&format!("no answer yet for icmp_seq={seq}"));
                }
                return;
            }
            Echo::HostUnreachable(router) => (router, "Destination Host Unreachable"),
            Echo::Prohibited(router) => (router, "Packet filtered"),
            Echo::NetUnreachable(router) => (router, "Destination Net Unreachable"),
        };
        if !self.quiet {
            let from = self.show(context, router);
            context
                .out
                .line(&format!("From {from} icmp_seq={seq} {what}"));
        }
    }

    fn catch_up(&mut self, context: &mut Context<'_>) {
        let mut pings = self.pings.clone();
        pings.catch_up(context, |context, sent| self.tell(context, sent));
        self.pings = pings;
    }

    fn finish(&mut self, context: &mut Context<'_>, wait: Span) -> i32 {
        let mut pings = self.pings.clone();
        pings.too_long = pings.address.is_ipv4() && self.size > MOST_BYTES;
        pings.all(context, |context, sent| {
            self.tell(context, sent);
            true
        });
        if (pings.times.len() as u64) + pings.errors < pings.sent {
            context.pass(wait);
        }
        self.pings = pings;
        self.statistics(context)
    }

    fn statistics(&self, context: &mut Context<'_>) -> i32 {
        if context.tty && context.last_words() {
            context.out.write(Stream::Out, "^C");
        }
        let received = self.pings.times.len();
        let errors = match self.pings.errors {
            0 => String::new(),
            n => format!(", +{n} errors"),
        };
        context.out.line(&format!(
            "\n--- {} ping statistics ---\n{} packets transmitted, {received} received{errors}, {}% packet loss, time {}ms",
            self.name,
            self.pings.sent,
            self.pings.loss(),
            self.pings.last.since(self.pings.began).as_millis()
        ));
        if received > 0 && self.size >= 16 {
            let [least, mean, most, deviation] = self.pings.summary().map(ms);
            let pipe = (self.pings.ahead + 1).min(self.pings.sent);
            let mut more = String::new();
            if pipe > 1 {
                more = format!(", pipe {pipe}");
            }
            if self.adaptive && self.pings.sent > 1 {
                more.push_str(&format!(", ipg/ewma {mean}/{mean} ms"));
            }
            context.out.line(&format!(
                "rtt min/avg/max/mdev = {least}/{mean}/{most}/{deviation} ms{more}"
            ));
        } else {
            context.out.line("");
        }
        i32::from(received == 0)
    }
}

impl Program for Ping {
    fn place(&self) -> Place {
        self.pings.place.clone()
    }

    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context);
        Progress::Stay
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context);
        if context.tty {
            context.out.write(Stream::Out, "^C");
        }
        Progress::Exit(self.statistics(context))
    }
}
