//! `BusyBox` ping.
//!
//! Echo requests are not walked hop by hop: a Pod and a node answer, and a Service's address does only in the ipvs mode,
//! where it stands on an interface of each node.

use super::host::{self, Lookup};
use super::usage;
use crate::api::kind;
use crate::cluster::{Cluster, Place};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Program, Progress};
use crate::shell::surroundings::Surroundings;
use crate::store::ProxyMode;
use std::net::IpAddr;

const USAGE: &str = "Usage: ping [OPTIONS] HOST\n\nSend ICMP ECHO_REQUESTs to HOST\n\n\t-4,-6\t\tForce IP or IPv6 name resolution\n\t-c CNT\t\tSend only CNT pings\n\t-s SIZE\t\tSend SIZE data bytes in packets (default 56)\n\t-i SECS\t\tInterval\n\t-A\t\tPing as soon as reply is received\n\t-t TTL\t\tSet TTL\n\t-I IFACE/IP\tSource interface or IP address\n\t-W SEC\t\tSeconds to wait for the first response (default 10)\n\t\t\t(after all -c CNT packets are sent)\n\t-w SEC\t\tSeconds until ping exits (default:infinite)\n\t\t\t(can exit earlier with -c CNT)\n\t-q\t\tQuiet, only display output at start/finish\n\t-p HEXBYTE\tPayload pattern";

/// How many requests are sent before a reader's Ctrl-C.
const UNBOUNDED: u64 = 4;

/// Runs ping.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let given = match usage::getopt(argv, "46qAc:s:i:t:I:W:w:p:", libc) {
        Ok(given) if given.words.len() == 1 => given,
        Ok(_) => return Outcome::Exit(usage::busybox_usage(context, None, USAGE)),
        Err(complaint) => {
            return Outcome::Exit(usage::busybox_usage(context, Some(&complaint), USAGE));
        }
    };
    let mut numbers = [
        ('c', None),
        ('s', Some(56)),
        ('W', Some(10)),
        ('t', Some(64)),
    ];
    for (option, number) in &mut numbers {
        if let Some(text) = given.value(*option) {
            let Ok(value) = text.parse::<u64>() else {
                context.out.error(&format!("ping: invalid number '{text}'"));
                return Outcome::Exit(1);
            };
            *number = Some(value);
        }
    }
    let [(_, count), (_, size), (_, wait), _] = numbers;
    let (size, wait) = (size.unwrap_or(56), wait.unwrap_or(10));
    let name = given.words.first().copied().unwrap_or_default();
    let Lookup::Found(addresses) = host::lookup(context, name) else {
        context.out.error(&format!("ping: bad address '{name}'"));
        return Outcome::Exit(1);
    };
    let Some(address) = addresses.first().copied() else {
        return Outcome::Exit(1);
    };
    context
        .out
        .line(&format!("PING {name} ({address}): {size} data bytes"));
    let answers = answers(&context.world.cluster, context.place, address);
    let sent = count.unwrap_or(UNBOUNDED).min(1_000);
    for seq in 0..sent {
        if answers && !given.has('q') {
            context.out.line(&format!(
                "{} bytes from {address}: seq={seq} ttl=64 time=0.100 ms",
                size + 8
            ));
        }
        if seq + 1 < sent {
            context.world.cluster.advance(Span::secs(1));
        }
    }
    let ping = Ping {
        place: context.place.clone(),
        name: name.to_owned(),
        sent,
        answers,
    };
    if count.is_none() && context.tty && context.stdin.is_none() {
        context.out.note("ping goes on until Ctrl-C.");
        return Outcome::Foreground(Box::new(ping));
    }
    if !answers {
        context.world.cluster.advance(Span::secs(wait.min(3_600)));
    }
    Outcome::Exit(ping.statistics(context))
}

/// Whether an address answers echo requests.
fn answers(cluster: &Cluster, place: &Place, address: IpAddr) -> bool {
    let text = address.to_string();
    let inside = *place != Place::Laptop;
    let tables = cluster.tables();
    let node = tables
        .all(kind::NODE)
        .filter_map(|o| o.node())
        .any(|n| n.status.addresses.iter().any(|a| a.address == text));
    let pod = || {
        tables
            .all(kind::POD)
            .filter_map(|o| o.pod())
            .any(|p| p.status.pod_ip == text && !p.is_finished())
    };
    let service = || {
        cluster.network().proxy_mode == ProxyMode::Ipvs
            && tables
                .all(kind::SERVICE)
                .filter_map(|o| o.service())
                .any(|s| s.spec.cluster_ips.contains(&text))
    };
    address.is_loopback() || node || (inside && (pod() || service()))
}

/// A ping that goes on.
struct Ping {
    place: Place,
    name: String,
    sent: u64,
    answers: bool,
}

impl Ping {
    fn statistics(&self, context: &mut Context<'_>) -> i32 {
        let received = if self.answers { self.sent } else { 0 };
        let loss = if self.answers { 0 } else { 100 };
        context.out.line(&format!(
            "\n--- {} ping statistics ---\n{} packets transmitted, {received} packets received, {loss}% packet loss",
            self.name, self.sent
        ));
        if self.answers {
            context
                .out
                .line("round-trip min/avg/max = 0.100/0.100/0.100 ms");
        }
        i32::from(!self.answers)
    }
}

impl Program for Ping {
    fn prompt(&self) -> String {
        String::new()
    }

    fn place(&self) -> Place {
        self.place.clone()
    }

    fn line(&mut self, _: &mut Context<'_>, _: &str) -> Progress {
        Progress::Stay
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.write(crate::shell::context::Stream::Out, "^C");
        Progress::Exit(self.statistics(context))
    }

    fn end_of_input(&mut self, _: &mut Context<'_>) -> Progress {
        Progress::Stay
    }
}
