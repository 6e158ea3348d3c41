//! musl's `getaddrinfo` (`src/network/lookup_name.c`, `res_msend.c` of 1.2.5): all servers at once, the first
//! acceptable answer wins, and only a name that does not exist keeps the walk going.

use super::{Answered, Asker, Error, Outcome, Walk, collect, dots, question, servers};
use crate::dns::{DnsName, Query, Rcode, RecordType, Reply, ResolvConf};
use crate::kernel::Span;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::rc::Rc;

/// The search line's buffer: a longer line is not used at all.
const SEARCH_BUFFER: usize = 256;

/// Looks a name up.
pub fn resolve(name: &str, conf: &ResolvConf, asker: Asker<'_>) -> Outcome {
    resolve_types(name, &[RecordType::A, RecordType::Aaaa], conf, asker)
}

/// Looks a name up for these types only.
pub fn resolve_types(
    name: &str,
    types: &[RecordType],
    conf: &ResolvConf,
    asker: Asker<'_>,
) -> Outcome {
    if let Ok(ip) = name.parse() {
        return Outcome::of_literal(ip);
    }
    let mut walk = Walk::new(asker);
    let Ok(typed) = DnsName::parse(name) else {
        return walk.end(Err(Error::NotFound));
    };
    let (dots, absolute) = dots(name);
    let line: usize = conf
        .search
        .iter()
        .map(|domain| domain.bare().len() + 1)
        .sum();
    let searches = !absolute && dots < conf.ndots() && line <= SEARCH_BUFFER;
    let domains = if searches {
        conf.search.as_slice()
    } else {
        &[]
    };
    let candidates = domains.iter().filter_map(|domain| typed.join(domain).ok());
    for candidate in candidates.chain([typed.clone()]) {
        let replies = step(&mut walk, &candidate, types, conf);
        let answered: Vec<&Reply> = replies.iter().flatten().map(|reply| &**reply).collect();
        let (addresses, canonical) = collect(&candidate, &answered);
        // The first reply that is no success decides, even if the other question has an answer.
        let bad = |reply: &&Option<Rc<Reply>>| {
            reply
                .as_ref()
                .is_none_or(|reply| reply.rcode != Rcode::NoError)
        };
        match replies
            .iter()
            .find(bad)
            .map(|bad| bad.as_ref().map(|reply| reply.rcode))
        {
            None if addresses.is_empty() => {
                walk.then("no address there: musl stops here");
                return walk.end(Err(Error::NoData));
            }
            None => {
                walk.then("found");
                return walk.end(Ok((addresses, canonical)));
            }
            Some(None) => {
                walk.then("no usable answer: musl stops here");
                return walk.end(Err(Error::TryAgain));
            }
            Some(Some(Rcode::NxDomain)) => {
                walk.then("no such name: the next search domain is tried");
            }
            Some(Some(_)) => return walk.end(Err(Error::Fail)),
        }
    }
    walk.then(if searches {
        "nothing is left to try"
    } else {
        "musl tries such a name as typed only"
    });
    walk.end(Err(Error::NotFound))
}

/// Asks about one name; a question that no server settled has no reply.
fn step(
    walk: &mut Walk<'_>,
    name: &DnsName,
    types: &[RecordType],
    conf: &ResolvConf,
) -> Vec<Option<Rc<Reply>>> {
    let queries: Vec<Query> = types.iter().map(|t| question(name, *t)).collect();
    let servers = servers(conf);
    let socket = walk.open();
    let mut kept: Vec<Option<(Span, IpAddr, Rc<Reply>)>> = vec![None; queries.len()];
    let attempts = conf.attempts();
    let interval = Span(conf.timeout().0 / attempts);
    for _ in 0..attempts {
        // All that is open is sent at once; a failure is asked again as its reply comes, a few times.
        let mut budget = 2 * queries.len();
        let open = |slot: &Option<_>| Option::is_none(slot);
        let first = kept.iter().enumerate().filter(|(_, slot)| open(slot));
        let mut due: VecDeque<(usize, IpAddr)> = first
            .flat_map(|(i, _)| servers.iter().map(move |server| (i, *server)))
            .collect();
        while let Some((i, server)) = due.pop_front() {
            let (Some(query), Some(slot)) = (queries.get(i), kept.get_mut(i)) else {
                continue;
            };
            let (answered, after) = walk.send(server, query, socket);
            match answered {
                Answered::Reply(reply) if super::settles(&reply) => {
                    if slot.as_ref().is_none_or(|(best, ..)| after < *best) {
                        *slot = Some((after, server, reply));
                    }
                }
                Answered::Reply(reply) if reply.rcode == Rcode::ServFail && budget > 0 => {
                    budget -= 1;
                    due.push_back((i, server));
                }
                // Refusals of all kinds are not looked at.
                Answered::Reply(_)
                | Answered::Refused
                | Answered::Timeout
                | Answered::Unreachable => {}
            }
        }
        if kept.iter().all(Option::is_some) {
            break;
        }
        walk.wait(interval);
    }
    if kept.iter().all(Option::is_some) {
        let longest = kept.iter().flatten().map(|(after, ..)| *after).max();
        walk.wait(longest.unwrap_or_default());
    }
    let settled = queries.iter().zip(kept);
    settled
        .map(|(query, kept)| kept.map(|(_, server, reply)| walk.over_tcp(server, query, reply)))
        .collect()
}
