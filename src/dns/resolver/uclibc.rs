//! uClibc's resolver, which `BusyBox` images of that flavour have: one question at a time, AAAA before A, and a name
//! with any dot tried as typed first.

use super::{Answered, Asker, Error, Outcome, Walk, collect, question, servers};
use crate::dns::{DnsName, Rcode, RecordType, Reply, ResolvConf};
use crate::kernel::Arrange;
use crate::kernel::Span;
use std::net::IpAddr;
use std::rc::Rc;

/// So often is each server asked.
const ATTEMPTS: usize = 3;

/// What one question came to.
enum Step {
    Reply(Rc<Reply>),
    Failed,
    Closed,
    Silence,
}

/// Looks a name up.
pub fn resolve(name: &str, conf: &ResolvConf, asker: Asker<'_>) -> Outcome {
    if let Ok(ip) = name.parse() {
        return Outcome::of_literal(ip);
    }
    let mut walk = Walk::new(asker);
    let Ok(typed) = DnsName::parse(name) else {
        return walk.end(Err(Error::NotFound));
    };
    let absolute = name.ends_with('.');
    let mut candidates: Vec<DnsName> = Vec::new();
    if !absolute {
        candidates.extend(
            conf.search
                .iter()
                .filter_map(|domain| typed.join(domain).ok()),
        );
    }
    if name.contains('.') {
        candidates.insert(0, typed.clone());
    } else {
        candidates.push(typed.clone());
    }
    let mut found: Vec<IpAddr> = Vec::new();
    let mut canonical = None;
    let mut error = Error::NotFound;
    for record_type in [RecordType::Aaaa, RecordType::A] {
        for candidate in &candidates {
            match step(&mut walk, candidate, record_type, conf) {
                Step::Reply(reply) if reply.rcode == Rcode::NoError => {
                    let (addresses, name) = collect(candidate, &[&*reply]);
                    walk.then(if addresses.is_empty() {
                        "no such address: the list ends for this type"
                    } else {
                        "found"
                    });
                    if addresses.is_empty() {
                        error = Error::NoData;
                    } else {
                        found.extend(addresses);
                        canonical = name;
                    }
                    break;
                }
                Step::Reply(_) => walk.then("no such name: the next candidate is tried"),
                Step::Failed => {
                    error = Error::TryAgain;
                    walk.then("the server failed: the next candidate is tried");
                }
                Step::Closed => {
                    walk.then("the port is closed: the look-up ends");
                    return walk.end(Err(Error::TryAgain));
                }
                Step::Silence => {
                    error = Error::TryAgain;
                    walk.then("no answer: the list ends for this type");
                    break;
                }
            }
        }
    }
    found.arrange_by_key(IpAddr::is_ipv6);
    walk.end(if found.is_empty() {
        Err(error)
    } else {
        Ok((found, canonical))
    })
}

fn step(walk: &mut Walk<'_>, name: &DnsName, record_type: RecordType, conf: &ResolvConf) -> Step {
    let query = question(name, record_type);
    let mut last = Step::Silence;
    for _ in 0..ATTEMPTS {
        for server in servers(conf) {
            let socket = walk.open();
            let (answered, after) = walk.send(server, &query, socket);
            match answered {
                Answered::Reply(reply) if super::settles(&reply) => {
                    walk.wait(after);
                    return Step::Reply(walk.over_tcp(server, &query, reply));
                }
                Answered::Reply(_) => {
                    walk.wait(after);
                    last = Step::Failed;
                }
                Answered::Refused | Answered::Unreachable => {
                    walk.wait(after);
                    return Step::Closed;
                }
                Answered::Timeout => walk.wait(Span::secs(5)),
            }
        }
    }
    last
}
