//! The resolver inside BIND's tools (`bin/dig/dighost.c` of 9.18): one question at a time; `nslookup` and `host` walk
//! the search list, `dig` only with `+search`.

use super::{Answered, Asker, Error, Outcome, Walk, collect, dots};
use crate::dns::{DnsName, NameError, Query, Rcode, RecordType, Reply, ResolvConf, Transport};
use crate::kernel::Span;
use std::net::IpAddr;
use std::rc::Rc;

/// So often is each server asked.
const TRIES: u32 = 3;
/// How long one question is waited for.
const TIMEOUT: Span = Span::secs(5);

/// The names that are tried for a typed one, in order.
pub fn candidates(name: &str, conf: &ResolvConf, search: bool) -> Result<Vec<DnsName>, NameError> {
    let typed = DnsName::parse(name)?;
    let (dots, absolute) = dots(name);
    if absolute || !search {
        return Ok(vec![typed]);
    }
    // A name with enough dots is asked as it was typed, and never searched for.
    if dots >= conf.ndots() {
        return Ok(vec![typed]);
    }
    let listed = conf
        .search
        .iter()
        .filter_map(|domain| typed.join(domain).ok());
    Ok(listed.chain([typed.clone()]).collect())
}

/// Asks one question of the servers in turn; `None` if none answered.
///
/// Every try has its own socket; the caller learns of each failure from the tries.
pub fn ask(
    query: &Query,
    servers: &[IpAddr],
    transport: Transport,
    asker: Asker<'_>,
) -> (Option<Rc<Reply>>, Outcome) {
    let mut walk = Walk::new(asker);
    let reply = step(&mut walk, query, servers, transport);
    let result = reply
        .as_ref()
        .ok_or(Error::TryAgain)
        .map(|reply| (reply.addresses(), None));
    (reply, walk.end(result))
}

/// Looks for a name that has an answer of a type, or one at which the walk ends.
pub fn resolve(
    name: &str,
    record_type: RecordType,
    search: bool,
    conf: &ResolvConf,
    asker: Asker<'_>,
) -> Outcome {
    let mut walk = Walk::new(asker);
    let Ok(candidates) = candidates(name, conf, search) else {
        return walk.end(Err(Error::NotFound));
    };
    let servers = super::servers(conf);
    for candidate in candidates {
        let query = Query::new(candidate.clone(), record_type);
        let Some(reply) = step(&mut walk, &query, &servers, Transport::Udp) else {
            walk.then("no server answered");
            return walk.end(Err(Error::TryAgain));
        };
        let (addresses, canonical) = collect(&candidate, &[&reply]);
        match reply.rcode {
            Rcode::NoError if !reply.answer.is_empty() => {
                walk.then("found");
                return walk.end(Ok((addresses, canonical)));
            }
            Rcode::NoError => {
                walk.then("no record of the type there: BIND's tools stop here");
                return walk.end(Err(Error::NoData));
            }
            Rcode::NxDomain => walk.then("no such name: the next one is tried"),
            Rcode::FormErr | Rcode::ServFail | Rcode::NotImp | Rcode::Refused | Rcode::Other(_) => {
                walk.then("the server failed: BIND's tools stop here");
                return walk.end(Err(Error::Fail));
            }
        }
    }
    walk.then("nothing is left to try");
    walk.end(Err(Error::NotFound))
}

fn step(
    walk: &mut Walk<'_>,
    query: &Query,
    servers: &[IpAddr],
    transport: Transport,
) -> Option<Rc<Reply>> {
    let mut last = None;
    for _ in 0..TRIES {
        for server in servers {
            let socket = walk.open();
            let (answered, after) = walk.send_by(transport, *server, query, socket);
            match answered {
                // A failing server is passed over while there is another.
                Answered::Reply(reply)
                    if reply.rcode == Rcode::ServFail && servers.last() != Some(server) =>
                {
                    walk.wait(after);
                    last = Some(reply);
                }
                Answered::Reply(reply) => {
                    walk.wait(after);
                    return Some(walk.over_tcp(*server, query, reply));
                }
                Answered::Refused | Answered::Unreachable => walk.wait(after),
                Answered::Timeout => walk.wait(TIMEOUT),
            }
        }
        if last.is_some() {
            return last;
        }
    }
    None
}
