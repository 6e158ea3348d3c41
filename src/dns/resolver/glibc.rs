//! glibc's `getaddrinfo` (`resolv/res_query.c`, `res_send.c` of 2.36): A and AAAA together, the whole search list.

use super::{Answered, Asker, Error, Outcome, Walk, collect, dots, question, servers};
use crate::dns::{DnsName, Query, Rcode, RecordType, Reply, ResolvConf};
use crate::kernel::Span;
use std::net::IpAddr;
use std::rc::Rc;

/// Both address families, as programs ask for them.
pub const BOTH: &[RecordType] = &[RecordType::A, RecordType::Aaaa];

/// What came of one candidate name.
enum Step {
    /// An answer, even one that has only an alias.
    Found(Vec<Rc<Reply>>),
    /// The name does not exist.
    NotFound,
    /// It has nothing of the types.
    NoData,
    /// Every server failed.
    ServFail,
    /// Every server's port is closed.
    Closed,
    /// Anything else, such as silence.
    Lost,
    /// An answer that ends the matter.
    Final,
}

/// Looks a name up as `getaddrinfo` does.
pub fn resolve(name: &str, conf: &ResolvConf, asker: Asker<'_>) -> Outcome {
    resolve_types(name, BOTH, conf, asker)
}

/// Looks a name up for these types only, as `gethostbyname2` does for one.
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
    let mut saved = None;
    if absolute || dots >= conf.ndots() {
        match step(&mut walk, &typed, types, conf) {
            Step::Found(replies) => return found(walk, &typed, &replies),
            other => saved = Some(error_of(&other)),
        }
        if absolute {
            walk.then("the name ends in a dot, so nothing else is tried");
            return walk.end(Err(saved.unwrap_or(Error::NotFound)));
        }
        walk.then("the search list is walked now");
    }
    let (mut no_data, mut serv_fail, mut typed_in_list) = (false, false, false);
    let mut last = Error::NotFound;
    for domain in &conf.search {
        let Ok(candidate) = typed.join(domain) else {
            continue;
        };
        typed_in_list |= domain.is_root();
        let step = step(&mut walk, &candidate, types, conf);
        last = error_of(&step);
        match step {
            Step::Found(replies) => return found(walk, &candidate, &replies),
            Step::NotFound => walk.then("no such name: the next search domain is tried"),
            Step::NoData => {
                no_data = true;
                walk.then("no address there: glibc goes on with the next search domain");
            }
            Step::ServFail => {
                serv_fail = true;
                walk.then("the server failed: glibc goes on with the next search domain");
            }
            Step::Closed => {
                walk.then("the port is closed: glibc gives up at once");
                return walk.end(Err(Error::TryAgain));
            }
            Step::Lost | Step::Final => {
                walk.then("no usable answer: the rest of the search list is skipped");
                break;
            }
        }
    }
    if saved.is_none() && !typed_in_list {
        let step = step(&mut walk, &typed, types, conf);
        last = error_of(&step);
        if let Step::Found(replies) = step {
            return found(walk, &typed, &replies);
        }
    }
    walk.then("nothing is left to try");
    let error = match saved {
        Some(error) => error,
        None if no_data => Error::NoData,
        None if serv_fail => Error::TryAgain,
        None => last,
    };
    walk.end(Err(error))
}

fn found(mut walk: Walk<'_>, name: &DnsName, replies: &[Rc<Reply>]) -> Outcome {
    let replies: Vec<&Reply> = replies.iter().map(|reply| &**reply).collect();
    let (addresses, canonical) = collect(name, &replies);
    if addresses.is_empty() {
        walk.then("an alias without an address ends the walk");
        return walk.end(Err(Error::NoData));
    }
    walk.then("found");
    walk.end(Ok((addresses, canonical)))
}

fn error_of(step: &Step) -> Error {
    match step {
        Step::Found(_) | Step::NoData => Error::NoData,
        Step::NotFound => Error::NotFound,
        Step::ServFail | Step::Closed | Step::Lost => Error::TryAgain,
        Step::Final => Error::Fail,
    }
}

/// Asks about one name: every server in turn, so many rounds as the options say.
fn step(walk: &mut Walk<'_>, name: &DnsName, types: &[RecordType], conf: &ResolvConf) -> Step {
    let queries: Vec<Query> = types.iter().map(|t| question(name, *t)).collect();
    let servers = servers(conf);
    let single = conf.has("single-request") || conf.has("single-request-reopen");
    let mut kept: Vec<Option<Rc<Reply>>> = vec![None; queries.len()];
    let (mut closed, mut failed, mut refused) = (true, false, false);
    for _ in 0..conf.attempts() {
        for (i, server) in servers.iter().enumerate() {
            let socket = walk.open();
            let timeout = patience(conf, i, servers.len());
            let rcode = round(
                walk,
                *server,
                &queries,
                &mut kept,
                (socket, timeout, single),
            );
            match rcode {
                Heard::All => return judge(kept.into_iter().flatten().collect()),
                Heard::Closed => {}
                Heard::Rcode(Rcode::ServFail) => (closed, failed) = (false, true),
                Heard::Rcode(_) => (closed, refused) = (false, true),
                Heard::Silence => closed = false,
            }
        }
    }
    let heard: Vec<Rc<Reply>> = kept.into_iter().flatten().collect();
    if !heard.is_empty() {
        return judge(heard);
    }
    if closed {
        Step::Closed
    } else if failed && !refused {
        Step::ServFail
    } else {
        Step::Lost
    }
}

/// What one server said to the questions that are still open.
enum Heard {
    /// All are settled.
    All,
    /// Its port is closed, or there is no way to it.
    Closed,
    /// A failure.
    Rcode(Rcode),
    /// At least one got no answer.
    Silence,
}

fn round(
    walk: &mut Walk<'_>,
    server: IpAddr,
    queries: &[Query],
    kept: &mut [Option<Rc<Reply>>],
    (socket, timeout, single): (u32, Span, bool),
) -> Heard {
    let mut heard = Heard::All;
    let mut longest = Span(0);
    for (query, slot) in queries.iter().zip(kept).filter(|(_, slot)| slot.is_none()) {
        let (answered, after) = walk.send(server, query, socket);
        match answered {
            Answered::Reply(reply) if super::settles(&reply) => {
                longest = longest.max(after);
                *slot = Some(walk.over_tcp(server, query, reply));
            }
            Answered::Reply(reply) => {
                longest = longest.max(after);
                heard = Heard::Rcode(reply.rcode);
            }
            Answered::Refused | Answered::Unreachable => {
                longest = longest.max(after);
                heard = Heard::Closed;
                break;
            }
            Answered::Timeout => {
                longest = timeout;
                heard = Heard::Silence;
            }
        }
        if single {
            walk.wait(std::mem::take(&mut longest));
        }
    }
    walk.wait(longest);
    heard
}

/// How long the `i`-th of so many servers is waited for.
fn patience(conf: &ResolvConf, i: usize, count: usize) -> Span {
    let seconds = conf.timeout().as_secs() << i;
    Span::secs(
        if i > 0 {
            seconds / count as u64
        } else {
            seconds
        }
        .max(1),
    )
}

fn judge(replies: Vec<Rc<Reply>>) -> Step {
    if replies
        .iter()
        .any(|reply| reply.rcode == Rcode::NoError && !reply.answer.is_empty())
    {
        return Step::Found(replies);
    }
    let failing = replies.iter().find(|reply| reply.rcode != Rcode::NoError);
    match failing.map(|reply| reply.rcode) {
        None => Step::NoData,
        Some(Rcode::NxDomain) => Step::NotFound,
        Some(Rcode::ServFail) => Step::ServFail,
        Some(_) => Step::Final,
    }
}
