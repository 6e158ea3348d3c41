//! trace: Portside's own tool. It walks a packet to a name and a port from where one stands, and prints the logbook.

use super::host::{self, Lookup};
use super::usage;
use crate::cluster::{Candidate, ConnectError, Protocol, Traced};
use crate::kernel::{Event, Seq, SimTime};
use crate::shell::context::{Context, Outcome};
use std::net::SocketAddr;

const USAGE: &str = "Usage: trace [-u] [-a] NAME[:PORT]\n\nWalks a packet to a name or an address, hop by hop, and says why it goes where it goes.\n\n\t-u\tA datagram instead of a connection\n\t-a\tTry all addresses of the name";

/// Runs trace.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let given = usage::getopt(argv, "uah", crate::api::image::Libc::Glibc);
    let given = match given {
        Ok(given) if !given.has('h') && (1..=2).contains(&given.words.len()) => given,
        Ok(_) => {
            context.out.error(USAGE);
            return Outcome::Exit(2);
        }
        Err(complaint) => {
            context.out.error(&format!("{complaint}\n{USAGE}"));
            return Outcome::Exit(2);
        }
    };
    let (name, port) = target(&given.words);
    let Some(port) = usage::port(port).filter(|port| *port > 0) else {
        context.out.error(&format!(
            "trace: bad port '{port}': a number from 1 to 65535"
        ));
        return Outcome::Exit(2);
    };
    let protocol = if given.has('u') {
        Protocol::Udp
    } else {
        Protocol::Tcp
    };
    let (since, began) = (context.world.cluster.end(), context.world.cluster.now());
    let found = host::lookup(context, name);
    print_rows(context, since, began);
    let addresses = match found {
        Lookup::Found(addresses) => addresses,
        Lookup::NotFound => {
            context
                .out
                .error(&format!("trace: {name}: no such name here"));
            return Outcome::Exit(1);
        }
        Lookup::Failed => {
            context
                .out
                .error(&format!("trace: {name}: no DNS server gave an answer"));
            return Outcome::Exit(1);
        }
    };
    let count = if given.has('a') { addresses.len() } else { 1 };
    let mut status = 0;
    for address in addresses.into_iter().take(count) {
        let since = context.world.cluster.end();
        let to = SocketAddr::new(address, port);
        let traced = context.world.cluster.trace(context.place, to, protocol);
        print_rows(context, since, began);
        status = status.max(print_end(context, to, &traced));
    }
    Outcome::Exit(status)
}

/// The name and the port of `NAME`, `NAME:PORT`, `[ADDRESS]:PORT`, `NAME PORT` or a URL.
fn target<'a>(words: &[&'a str]) -> (&'a str, &'a str) {
    let first = words.first().copied().unwrap_or_default();
    if let Some(port) = words.get(1) {
        return (first, port);
    }
    let (scheme, rest) = first.split_once("://").unwrap_or(("", first));
    let usual = if scheme == "https" { "443" } else { "80" };
    let rest = rest.split('/').next().unwrap_or(rest);
    if let Some((address, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        return (address, after.strip_prefix(':').unwrap_or(usual));
    }
    match rest.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') => (name, port),
        _ => (rest, usual),
    }
}

/// The rows that the logbook got.
fn print_rows(context: &mut Context<'_>, since: Seq, began: SimTime) {
    let events = context.world.cluster.events_since(since);
    let mut before = String::new();
    let rows: Vec<String> = events
        .filter_map(|event| row(event, began, &mut before))
        .collect();
    for row in rows {
        context.out.line(&row);
    }
}

/// `00:00.012  box → 10.96.0.12:80  DNAT → 10.244.1.7:8080  TRANSLATED  because …`; `before` is where it was bound.
fn row(event: &Event, began: SimTime, before: &mut String) -> Option<String> {
    let verdict = event.kind.id;
    let (client, proto) = (event.text("client"), event.text("proto"));
    let (dst, because) = (event.text("dst"), event.text("because"));
    let inner = matches!(
        verdict,
        "forwarded" | "translated" | "delivered" | "returned"
    );
    if verdict == "returned" && !proto.starts_with("DNS") {
        let at = SimTime(event.at.since(began).0);
        let (src, verdict) = (event.text("src"), event.text("verdict").to_uppercase());
        return Some(format!(
            "{at}  {client} ← {src}  answer  {verdict}  because {because}"
        ));
    }
    if client.is_empty() || proto.is_empty() || (proto.starts_with("DNS") && inner) {
        return None;
    }
    let what = match (verdict, proto) {
        (_, dns) if dns.starts_with("DNS") => format!("{dns} {}", event.text("name")),
        ("translated", _) if because.starts_with("masquerade") => {
            format!("SNAT from {}", event.text("src"))
        }
        ("translated", _) => format!("DNAT → {dst}"),
        (_, "TCP") => "TCP SYN".to_owned(),
        (_, other) => other.to_owned(),
    };
    let bound = if what.starts_with("DNAT") {
        std::mem::replace(before, dst.to_owned())
    } else {
        dst.clone_into(before);
        dst.to_owned()
    };
    let at = SimTime(event.at.since(began).0);
    let verdict = verdict.trim_start_matches("dns-").to_uppercase();
    let place = match (event.text("file"), event.int("line")) {
        ("", _) | (_, 0) => String::new(),
        (file, line) => format!(" ({file}, line {line})"),
    };
    let why = if because.is_empty() {
        String::new()
    } else {
        format!("  because {because}{place}")
    };
    Some(format!("{at}  {client} → {bound}  {what}  {verdict}{why}"))
}

/// What the client sees, how answers come back, and who else could have been chosen.
fn print_end(context: &mut Context<'_>, to: SocketAddr, traced: &Traced) -> i32 {
    let wait = traced.wait;
    let told = match &traced.end {
        Ok(arrival) => format!(
            "{to} answers: {} sees the client as {}.",
            arrival.at.key, arrival.client
        ),
        Err(ConnectError::Refused) => {
            format!("{to} refuses: the client sees ECONNREFUSED at once.")
        }
        Err(ConnectError::TimedOut) => format!(
            "{to} is silent: the client sees ETIMEDOUT after {} s, if it is that patient.",
            wait.as_secs()
        ),
        Err(ConnectError::NoRoute) => format!(
            "{to} cannot be reached: the client sees EHOSTUNREACH after {} s.",
            wait.as_secs()
        ),
        Err(ConnectError::Unreachable) => {
            format!("{to} cannot be reached: the client sees ENETUNREACH at once.")
        }
    };
    context.out.line(&told);
    if let Some((service, candidates)) = &traced.candidates {
        context.out.line(&format!("Candidates of {service}:"));
        for candidate in candidates {
            let taken = candidate.address.is_some() && candidate.address == traced.chosen;
            context.out.line(&format!("  {}", listed(candidate, taken)));
        }
    }
    i32::from(traced.end.is_err())
}

fn listed(candidate: &Candidate, taken: bool) -> String {
    let address = candidate.address.map(|address| format!(" {address}"));
    let address = address.unwrap_or_default();
    match &candidate.skipped {
        None if taken => format!("{}{address}: taken", candidate.name),
        None => format!("{}{address}: could have been taken", candidate.name),
        Some(why) => format!("{}{address}: skipped, {why}", candidate.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_written_in_many_ways() {
        let rows: [(&[&str], (&str, &str)); 6] = [
            (&["web"], ("web", "80")),
            (&["web:8080"], ("web", "8080")),
            (&["web", "81"], ("web", "81")),
            (&["http://web.shop:81/x"], ("web.shop", "81")),
            (&["https://web"], ("web", "443")),
            (&["[fd00::1]:53"], ("fd00::1", "53")),
        ];
        for (words, expected) in rows {
            assert_eq!(target(words), expected, "{words:?}");
        }
    }
}
