//! `BusyBox` ping, and what it shares with that of iputils: requests that go out as simulated time passes.

use super::host;
use super::usage;
use crate::cluster::{ConnectError, Echo, Place};
use crate::kernel::{SimTime, Span};
use crate::shell::context::{Context, Outcome, Program, Progress, Stream};
use crate::shell::surroundings::{self, Surroundings};
use std::net::IpAddr;
use std::ops::RangeInclusive;

const USAGE: &str = "Usage: ping [OPTIONS] HOST\n\nSend ICMP ECHO_REQUESTs to HOST\n\n\t-4,-6\t\tForce IP or IPv6 name resolution\n\t-c CNT\t\tSend only CNT pings\n\t-s SIZE\t\tSend SIZE data bytes in packets (default 56)\n\t-i SECS\t\tInterval\n\t-A\t\tPing as soon as reply is received\n\t-t TTL\t\tSet TTL\n\t-I IFACE/IP\tSource interface or IP address\n\t-W SEC\t\tSeconds to wait for the first response (default 10)\n\t\t\t(after all -c CNT packets are sent)\n\t-w SEC\t\tSeconds until ping exits (default:infinite)\n\t\t\t(can exit earlier with -c CNT)\n\t-q\t\tQuiet, only display output at start/finish\n\t-p HEXBYTE\tPayload pattern";

/// The most requests of one run: a reader who wants more asks again.
const MOST: u64 = 1_000;

/// What came of the requests so far.
#[derive(Clone, Debug)]
pub(super) struct Pings {
    pub place: Place,
    pub address: IpAddr,
    pub interval: Span,
    /// How many to send, if there is an end.
    pub count: Option<u64>,
    pub began: SimTime,
    pub sent: u64,
    pub errors: u64,
    /// How long each answer took, in microseconds.
    pub times: Vec<u64>,
    /// When the last request went out.
    pub last: SimTime,
    /// How many requests more than one go out at the beginning.
    pub ahead: u64,
    /// Whether no packet has room for what is to be sent.
    pub too_long: bool,
}

/// One request and what came of it.
pub(super) struct Sent {
    /// Its number, from 0.
    pub seq: u64,
    pub echo: Echo,
    /// How many routers stood on the way.
    pub hops: usize,
    /// How long the answer took, in microseconds.
    pub micros: u64,
}

impl Pings {
    pub(super) fn new(context: &Context<'_>, address: IpAddr) -> Self {
        let now = context.world.cluster.now();
        Self {
            place: context.place.clone(),
            address,
            interval: Span::secs(1),
            count: None,
            began: now,
            sent: 0,
            errors: 0,
            times: Vec::new(),
            last: now,
            ahead: 0,
            too_long: false,
        }
    }

    /// Sends one request.
    pub(super) fn send(&mut self, context: &mut Context<'_>) -> Sent {
        let cluster = &mut context.world.cluster;
        self.last = cluster.now();
        let mut probe = cluster.probe(&self.place, self.address);
        if self.too_long {
            probe.echo = Echo::Silent;
        }
        let micros = 60 + 210 * probe.via.len() as u64 + 7 * (self.sent * 5 % 4);
        let seq = self.sent;
        self.sent += 1;
        match probe.echo {
            Echo::Answers => self.times.push(micros),
            Echo::HostUnreachable(_) | Echo::Prohibited(_) | Echo::NetUnreachable(_) => {
                self.errors += 1;
            }
            Echo::Silent | Echo::NoRoute => {}
        }
        Sent {
            seq,
            echo: probe.echo,
            hops: probe.via.len(),
            micros,
        }
    }

    /// When a request is to go out.
    fn due(&self, number: u64) -> SimTime {
        let waits = number.saturating_sub(self.ahead);
        SimTime(self.began.0 + waits * self.interval.0)
    }

    /// Sends the requests whose time has come.
    pub(super) fn catch_up(
        &mut self,
        context: &mut Context<'_>,
        mut each: impl FnMut(&mut Context<'_>, &Sent),
    ) {
        while self.count.is_none_or(|count| self.sent < count) && self.sent < MOST {
            let due = self.due(self.sent);
            if due > context.world.cluster.now() {
                break;
            }
            let sent = self.send(context);
            each(context, &sent);
        }
    }

    /// Sends all requests that are to be sent, as time passes.
    pub(super) fn all(
        &mut self,
        context: &mut Context<'_>,
        mut each: impl FnMut(&mut Context<'_>, &Sent) -> bool,
    ) {
        let count = self.count.unwrap_or(1).min(MOST);
        for i in 0..count {
            let due = self.due(i);
            let now = context.world.cluster.now();
            if !context.pass(due.since(now)) {
                break;
            }
            let sent = self.send(context);
            if !each(context, &sent) {
                break;
            }
        }
    }

    /// The share of lost requests, in per cent.
    pub(super) fn loss(&self) -> u64 {
        let lost = self.sent - self.times.len() as u64;
        (lost * 100).checked_div(self.sent).unwrap_or(0)
    }

    /// The least, the mean, the most, and the mean deviation, in microseconds.
    pub(super) fn summary(&self) -> [u64; 4] {
        let count = (self.times.len() as u64).max(1);
        let sum: u64 = self.times.iter().sum();
        let squares: u64 = self.times.iter().map(|t| t * t).sum();
        let mean = sum / count;
        let variance = (squares / count).saturating_sub(mean * mean);
        [
            self.times.iter().min().copied().unwrap_or(0),
            mean,
            self.times.iter().max().copied().unwrap_or(0),
            variance.isqrt(),
        ]
    }
}

/// Microseconds as milliseconds: `0.053`.
pub(super) fn ms(micros: u64) -> String {
    format!("{}.{:03}", micros / 1_000, micros % 1_000)
}

/// Whether a container may send echo requests: as root, or by the kernel's range of groups, which covers all unless a
/// sysctl narrows it.
pub(super) fn is_allowed(context: &Context<'_>) -> bool {
    let Some(pod) = surroundings::pod(&context.world.cluster, context.place) else {
        return true;
    };
    let security = pod
        .spec
        .to_map()
        .remove("securityContext")
        .unwrap_or_default();
    let user = security.get("runAsUser").and_then(|user| user.as_int());
    let closed = security
        .get("sysctls")
        .and_then(|list| list.as_list())
        .into_iter()
        .flatten()
        .any(|entry| {
            entry.get("name").and_then(|n| n.as_str()) == Some("net.ipv4.ping_group_range")
                && entry.get("value").and_then(|v| v.as_str()) == Some("1 0")
        });
    user.is_none_or(|user| user == 0) || !closed
}

/// The numbers of the command line.
struct Numbers {
    count: Option<u64>,
    size: u64,
    /// How long the last answers are waited for, in seconds.
    wait: u64,
    interval: Option<Span>,
    deadline: Option<Span>,
}

fn numbers(given: &usage::Given<'_>) -> Result<Numbers, String> {
    let number = |option: char, range: RangeInclusive<u64>| {
        let text = given.value(option);
        text.map(|text| usage::number(text, range)).transpose()
    };
    let span = |option: char| match given.value(option) {
        None => Ok(None),
        Some(text) => super::curl::millis(text)
            .map(|millis| Some(Span::millis(millis)))
            .ok_or_else(|| format!("invalid number '{text}'")),
    };
    number('t', 0..=u64::MAX)?;
    if let Some(text) = given.value('p') {
        match u64::from_str_radix(text, 16) {
            Err(_) => return Err(format!("invalid number '{text}'")),
            Ok(256..) => return Err(format!("number {text} is not in 0..255 range")),
            Ok(_) => {}
        }
    }
    Ok(Numbers {
        count: number('c', 0..=u64::MAX)?,
        size: number('s', 0..=65_535)?.unwrap_or(56),
        wait: number('W', 0..=u64::MAX)?.unwrap_or(10),
        interval: span('i')?,
        deadline: span('w')?,
    })
}

/// ` from ADDRESS` where the command line names the address; an interface of another name is an address that is bad.
fn source(context: &Context<'_>, given: &usage::Given<'_>) -> Result<String, String> {
    match given.value('I') {
        None | Some("eth0" | "lo") => Ok(String::new()),
        Some(text) => {
            let own = surroundings::pod(&context.world.cluster, context.place);
            let is_own = own.is_none_or(|pod| pod.status.pod_ip == text);
            match text.parse::<IpAddr>() {
                Ok(address) if is_own => Ok(format!(" from {address}")),
                Ok(_) | Err(_) => Err(text.to_owned()),
            }
        }
    }
}

/// Runs ping.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    if argv.get(1).is_some_and(|word| word == "--help") {
        usage::busybox_usage(context, None, USAGE);
        return Outcome::Exit(0);
    }
    let given = match usage::getopt(argv, "46qvnAc:s:i:t:I:W:w:p:", libc) {
        Ok(given) if given.words.len() == 1 => given,
        Ok(_) => return Outcome::Exit(usage::busybox_usage(context, None, USAGE)),
        Err(complaint) => {
            return Outcome::Exit(usage::busybox_usage(context, Some(&complaint), USAGE));
        }
    };
    let numbers = match numbers(&given) {
        Ok(numbers) => numbers,
        Err(complaint) => {
            context.out.error(&format!("ping: {complaint}"));
            return Outcome::Exit(1);
        }
    };
    let Numbers { count, size, .. } = numbers;
    let name = given.words.first().copied().unwrap_or_default();
    let from = match source(context, &given) {
        Ok(from) => from,
        Err(bad) => {
            context.out.error(&format!("ping: bad address '{bad}'"));
            return Outcome::Exit(1);
        }
    };
    let address = match host::busybox(context, name, 0, usage::families(&given)) {
        Ok(to) => to.ip(),
        Err(told) => {
            context.out.error(&format!("ping: {told}"));
            return Outcome::Exit(1);
        }
    };
    context
        .out
        .line(&format!("PING {name} ({address}){from}: {size} data bytes"));
    if !is_allowed(context) {
        context.out.error("ping: permission denied (are you root?)");
        return Outcome::Exit(1);
    }
    let mut ping = Ping {
        name: name.to_owned(),
        size,
        quiet: given.has('q'),
        pings: Pings::new(context, address),
    };
    ping.pings.count = count.filter(|count| *count > 0);
    if let Some(interval) = numbers.interval {
        ping.pings.interval = interval.max(Span::millis(2));
    }
    // With -w alone, requests go out until it ends.
    let until = numbers.deadline.filter(|span| span.0 > 0);
    if let Some(until) = until {
        let most = until.0.div_ceil(ping.pings.interval.0);
        ping.pings.count = Some(ping.pings.count.map_or(most, |count| count.min(most)));
    }
    let first = context.world.cluster.probe(context.place, address).echo;
    if ping.pings.count.is_none() && first != Echo::NoRoute && address.is_ipv4() {
        ping.catch_up(context);
        return Outcome::Foreground(Box::new(ping));
    }
    Outcome::Exit(ping.finish(context, &numbers, until))
}

/// A ping that goes on.
#[derive(Clone)]
struct Ping {
    name: String,
    size: u64,
    quiet: bool,
    pings: Pings,
}

impl Ping {
    fn tell(&self, context: &mut Context<'_>, sent: &Sent) {
        if sent.echo == Echo::Answers && !self.quiet {
            // A request with less than four bytes has no room for its time.
            let time = if self.size < 4 {
                String::new()
            } else {
                format!(" time={} ms", ms(sent.micros))
            };
            context.out.line(&format!(
                "{} bytes from {}: seq={} ttl={}{time}",
                self.size + 8,
                self.pings.address,
                sent.seq,
                64usize.saturating_sub(sent.hops),
            ));
        }
    }

    /// Sends all requests and waits for the last answers; the exit status.
    fn finish(&mut self, context: &mut Context<'_>, numbers: &Numbers, until: Option<Span>) -> i32 {
        let mut pings = self.pings.clone();
        let mut stuck = false;
        let six = pings.address.is_ipv6();
        pings.all(context, |context, sent| {
            self.tell(context, sent);
            stuck = sent.echo == Echo::NoRoute || (six && sent.echo != Echo::Answers);
            !stuck
        });
        if stuck {
            let error = if six {
                ConnectError::Unreachable
            } else {
                ConnectError::NoRoute
            };
            let libc = Surroundings::of(&context.world.cluster, context.place).libc;
            let why = usage::reason(error, libc);
            context.out.error(&format!("ping: sendto: {why}"));
            return 1;
        }
        let received = pings.times.len() as u64;
        let answered = numbers.count.is_some_and(|count| received >= count);
        if let Some(until) = until.filter(|_| !answered) {
            let gone = context.world.cluster.now().since(pings.began);
            context.pass(Span(until.0.saturating_sub(gone.0)));
        } else if received < pings.sent {
            context.pass(Span::secs(numbers.wait.min(3_600)));
        }
        self.pings = pings;
        self.statistics(context)
    }

    fn catch_up(&mut self, context: &mut Context<'_>) {
        let mut pings = self.pings.clone();
        pings.catch_up(context, |context, sent| self.tell(context, sent));
        self.pings = pings;
    }

    fn statistics(&self, context: &mut Context<'_>) -> i32 {
        if context.tty && context.last_words() {
            context.out.write(Stream::Out, "^C");
        }
        let received = self.pings.times.len();
        context.out.line(&format!(
            "\n--- {} ping statistics ---\n{} packets transmitted, {received} packets received, {}% packet loss",
            self.name,
            self.pings.sent,
            self.pings.loss()
        ));
        if received > 0 && self.size >= 4 {
            let [least, mean, most, _] = self.pings.summary().map(ms);
            context.out.line(&format!(
                "round-trip min/avg/max = {least}/{mean}/{most} ms"
            ));
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
