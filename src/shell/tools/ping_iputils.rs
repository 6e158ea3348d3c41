//! ping of iputils 20221126, which Debian and netshoot have.

use super::host::{self, BOTH};
use super::ping::{Pings, Sent, is_allowed, ms};
use super::usage::getopt;
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
        Err(complaint) => {
            context
                .out
                .error(&format!("ping: invalid argument: {complaint}"));
            return Outcome::Exit(1);
        }
    };
    let Some(name) = given.words.first().copied() else {
        context
            .out
            .error("ping: usage error: Destination address required");
        return Outcome::Exit(1);
    };
    let numeric = name.parse::<IpAddr>().is_ok();
    let resolved = match host::resolve(context, name, BOTH) {
        Ok(resolved) => resolved,
        Err(error) => {
            context
                .out
                .error(&format!("ping: {name}: {}", error.glibc()));
            return Outcome::Exit(2);
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
    if let Some(why) = unreachable(context, &given, address) {
        let why = why.replace("NAME", name);
        context.out.error(&format!("ping: {why}"));
        return Outcome::Exit(2);
    }
    let mut pings = Pings::new(context, address);
    context.out.line(&format!(
        "PING {} ({address}) {}({}) bytes of data.",
        resolved.canonical,
        numbers.size,
        numbers.size + 28
    ));
    pings.count = numbers.count;
    if let Some(interval) = given.value('i').and_then(super::curl::millis) {
        pings.interval = Span::millis(interval.max(2));
    }
    pings.began = context.world.cluster.now();
    let mut ping = Ping {
        name: resolved.canonical,
        size: numbers.size,
        quiet: given.has('q'),
        numeric: numeric || given.has('n'),
        shown: None,
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
    given: &super::usage::Given<'_>,
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

/// The numbers of the command line, or the text that is none.
fn numbers(given: &super::usage::Given<'_>) -> Result<Numbers, String> {
    let number = |option: char, usual: u64| match given.value(option) {
        None => Ok(usual),
        Some(text) => match text.parse::<u64>() {
            Ok(value) if option == 't' && value > 255 => {
                Err(format!("'{text}': out of range: 0 <= value <= 255"))
            }
            Ok(value) if option != 'c' || value > 0 => Ok(value),
            _ if text.parse::<i64>().is_ok() && option == 'c' => Err(format!(
                "'{text}': out of range: 1 <= value <= 9223372036854775807"
            )),
            Ok(_) | Err(_) => Err(format!("'{text}'")),
        },
    };
    number('t', 64)?;
    let (count, deadline) = (number('c', 0)?, number('w', 0)?);
    Ok(Numbers {
        count: [count, deadline].into_iter().filter(|n| *n > 0).min(),
        size: number('s', 56)?,
        wait: Span::secs(number('W', 10)?.min(3_600)),
    })
}

/// The numbers of the command line.
struct Numbers {
    /// How many requests to send, if there is an end.
    count: Option<u64>,
    size: u64,
    /// How long the last answers are waited for.
    wait: Span,
}

/// The options; the complaint is none where the usage is asked for.
fn options(argv: &[String]) -> Result<super::usage::Given<'_>, Option<String>> {
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

/// A ping that goes on.
struct Ping {
    name: String,
    size: u64,
    quiet: bool,
    /// Whether addresses are shown without their names.
    numeric: bool,
    /// The address whose name was looked up last, as it is shown.
    shown: Option<(IpAddr, String)>,
    pings: Pings,
}

impl Ping {
    /// An address as it is shown: with its name, if it has one.
    fn show(&mut self, context: &mut Context<'_>, address: IpAddr) -> String {
        if self.numeric {
            return address.to_string();
        }
        if let Some((known, text)) = &self.shown
            && *known == address
        {
            return text.clone();
        }
        let text = match host::reverse(context, address) {
            Some(name) => format!("{name} ({address})"),
            None => address.to_string(),
        };
        self.shown = Some((address, text.clone()));
        text
    }

    fn tell(&mut self, context: &mut Context<'_>, sent: &Sent) {
        let seq = sent.seq + 1;
        let (router, what) = match sent.echo {
            Echo::Answers if !self.quiet => {
                let from = self.show(context, self.pings.address);
                // A request with less than sixteen bytes has no room for its time.
                let time = if self.size < 16 {
                    String::new()
                } else {
                    format!(" time={} ms", ms(sent.micros))
                };
                context.out.line(&format!(
                    "{} bytes from {from}: icmp_seq={seq} ttl={}{time}",
                    self.size + 8,
                    64usize.saturating_sub(sent.hops),
                ));
                return;
            }
            Echo::Answers | Echo::Silent | Echo::NoRoute => return,
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
            context.out.line(&format!(
                "rtt min/avg/max/mdev = {least}/{mean}/{most}/{deviation} ms"
            ));
        } else {
            context.out.line("");
        }
        i32::from(received == 0)
    }
}

impl Program for Ping {
    fn prompt(&self) -> String {
        String::new()
    }

    fn place(&self) -> Place {
        self.pings.place.clone()
    }

    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context);
        Progress::Stay
    }

    fn line(&mut self, context: &mut Context<'_>, _: &str) -> Progress {
        self.passed(context)
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context);
        if context.tty {
            context.out.write(Stream::Out, "^C");
        }
        Progress::Exit(self.statistics(context))
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        self.passed(context)
    }
}
