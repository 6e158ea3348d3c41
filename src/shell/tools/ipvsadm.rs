//! `ipvsadm -Ln` and `ipset list` on a node, in the ipvs mode.

use super::iptables::node;
use crate::net::{FlowState, ipvs, listing};
use crate::shell::context::{Context, Outcome, Stream};
use crate::store::ProxyMode;
use std::fmt::Write as _;
use std::net::SocketAddr;

fn states(context: &Context<'_>) -> Vec<(bool, ipvs::State)> {
    let Some(node) = node(context) else {
        return Vec::new();
    };
    let cluster = &context.world.cluster;
    let network = cluster.network();
    if network.proxy_mode != ProxyMode::Ipvs {
        return Vec::new();
    }
    let state = |ipv6: bool| (ipv6, ipvs::state(cluster.proxy(), network, &node, ipv6));
    [false, true].map(state).into_iter().collect()
}

/// `ipvsadm -Ln`.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let lists = argv
        .get(1)
        .is_none_or(|word| word.contains('L') || word.contains('l'));
    if !lists {
        context.out.note(
            "Portside's virtual servers are those that kube-proxy sets up: ipvsadm -Ln lists them.",
        );
        return Outcome::Exit(1);
    }
    let mut text = "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n".to_owned();
    let name = context.place.to_string();
    let cluster = &context.world.cluster;
    for (_, state) in states(context) {
        for ((ip, port, protocol), server) in &state.servers {
            let at = SocketAddr::new(*ip, *port);
            let _ = write!(
                text,
                "{:<4} {at} {}",
                protocol.to_string(),
                server.scheduler
            );
            if let Some(seconds) = server.persistent {
                let _ = write!(text, " persistent {seconds}");
            }
            text.push('\n');
            for real in &server.real {
                let mine = cluster.tracked(&name).filter(|entry| {
                    let tracked = &entry.tracked;
                    tracked.protocol == *protocol
                        && tracked.original.1 == at
                        && tracked.reply.0 == *real
                });
                let (mut active, mut idle) = (0, 0);
                for entry in mine {
                    match entry.state {
                        FlowState::Established => active += 1,
                        FlowState::TimeWait | FlowState::Datagram => idle += 1,
                    }
                }
                let _ = writeln!(
                    text,
                    "  -> {:<28} Masq    1      {active:<10} {idle:<10}",
                    real.to_string()
                );
            }
        }
    }
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}

/// `ipset list [NAME]`, `ipset list -n`.
pub(crate) fn ipset(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let (names_only, wanted) = match words.as_slice() {
        [] | ["list" | "-L"] => (false, None),
        ["list" | "-L", "-n" | "-name"] => (true, None),
        ["list" | "-L", name] => (false, Some((*name).to_owned())),
        _ => {
            context.out.note(
                "Portside's sets are those that kube-proxy fills: ipset list [NAME] shows them.",
            );
            return Outcome::Exit(1);
        }
    };
    let mut text = String::new();
    let cluster = &context.world.cluster;
    for (ipv6, state) in states(context) {
        let rules = node(context)
            .map(|node| listing::tables(cluster.proxy(), cluster.network(), &node, ipv6));
        for kind in ipvs::SETS {
            let name = kind.full_name(ipv6);
            if wanted.as_ref().is_some_and(|wanted| *wanted != name) {
                continue;
            }
            if names_only {
                let _ = writeln!(text, "{name}");
                continue;
            }
            if !text.is_empty() {
                text.push('\n');
            }
            let references = rules.as_ref().map_or(0, |rules| rules.asks(&name));
            list_set(&mut text, (&name, kind), references, ipv6, &state);
        }
    }
    if wanted.is_some() && text.is_empty() {
        context
            .out
            .error("ipset v7.17: The set with the given name does not exist");
        return Outcome::Exit(1);
    }
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}

fn list_set(
    text: &mut String,
    (name, kind): (&str, &ipvs::SetKind),
    references: usize,
    ipv6: bool,
    state: &ipvs::State,
) {
    let family = if ipv6 { "inet6" } else { "inet" };
    let (revision, header) = match kind.kind {
        "bitmap:port" => (3, "range 0-65535".to_owned()),
        "hash:ip,port,net" => (8, format!("family {family} hashsize 1024 maxelem 65536")),
        _ => (6, format!("family {family} hashsize 1024 maxelem 65536")),
    };
    let entries = state.sets.get(kind.name);
    let count = entries.map_or(0, |entries| entries.len());
    let _ = writeln!(
        text,
        "Name: {name}\nType: {}\nRevision: {revision}\nHeader: {header}\nReferences: {references}\nNumber of entries: {count}\nMembers:",
        kind.kind
    );
    for entry in entries.into_iter().flatten() {
        let _ = writeln!(text, "{entry}");
    }
}
