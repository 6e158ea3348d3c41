//! `BusyBox`'s own nslookup client (`networking/nslookup.c`, the big variant): its own search rule, all questions at
//! once, every reply shown.

use super::{Answered, Asker, Try, Walk};
use crate::dns::{DnsName, NameError, Query, Rcode, RecordType, Reply, ResolvConf, reverse_name};
use crate::kernel::Span;
use std::net::IpAddr;
use std::rc::Rc;

/// How long all questions to one server may take, and after how long they are sent again.
const TIMEOUT: Span = Span::secs(5);
const AGAIN: Span = Span::millis(2_500);

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The server whose replies these are; none if no server gave any.
    pub server: Option<IpAddr>,
    /// For each question the reply, if one came.
    pub replies: Vec<(Query, Option<Rc<Reply>>)>,
    /// The places of the replies in that list, in the order in which they came.
    pub order: Vec<usize>,
    /// What the system said of the last server before any reply came.
    pub failure: Option<Failure>,
    /// Every question, in the order in which they were sent.
    pub tries: Vec<Try>,
    /// How long it took.
    pub took: Span,
}

/// What the system says when a question cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// `Connection refused`.
    Refused,
    /// `No route to host`.
    Unreachable,
}

impl Lookup {
    /// The replies in the order in which they came.
    pub fn arrived(&self) -> impl Iterator<Item = &Reply> {
        self.order
            .iter()
            .filter_map(|i| self.replies.get(*i)?.1.as_deref())
    }

    /// The exit status: 1 if any reply says that something is wrong, or none came.
    pub fn status(&self) -> i32 {
        let bad = self.arrived().any(|reply| reply.rcode != Rcode::NoError);
        i32::from(bad || self.order.is_empty())
    }
}

/// The questions for a typed host: `types` as given, `search` when no server was given.
///
/// A name with any dot is asked as typed only; one without is asked in every search domain and never by itself.
pub fn questions(
    host: &str,
    types: &[RecordType],
    search: Option<&[DnsName]>,
) -> Result<Vec<Query>, NameError> {
    if types.is_empty()
        && let Ok(ip) = host.parse::<IpAddr>()
    {
        return Ok(vec![Query::new(reverse_name(ip), RecordType::Ptr)]);
    }
    let typed = DnsName::parse(host)?;
    let types = if types.is_empty() {
        &[RecordType::A, RecordType::Aaaa]
    } else {
        types
    };
    let domains = search.filter(|domains| !host.contains('.') && !domains.is_empty());
    let names: Vec<DnsName> = match domains {
        None => vec![typed],
        Some(domains) => domains
            .iter()
            .map(|domain| typed.join(domain))
            .collect::<Result<_, _>>()?,
    };
    let each = |t: &RecordType| {
        names
            .iter()
            .map(|name| Query::new(name.clone(), *t))
            .collect::<Vec<_>>()
    };
    Ok(types.iter().flat_map(each).collect())
}

/// Looks a host up with the servers and search list of a file, as `nslookup HOST` does.
pub fn resolve(
    host: &str,
    types: &[RecordType],
    conf: &ResolvConf,
    asker: Asker<'_>,
) -> Result<Lookup, NameError> {
    let queries = questions(host, types, Some(&conf.search))?;
    let servers = super::servers(conf);
    Ok(run(&queries, &servers, TIMEOUT, asker))
}

/// Sends the questions to the servers in turn, until one gives any reply.
pub fn run(queries: &[Query], servers: &[IpAddr], timeout: Span, asker: Asker<'_>) -> Lookup {
    let mut walk = Walk::new(asker);
    let mut failure = None;
    for server in servers {
        let mut replies: Vec<(Query, Option<Rc<Reply>>)> =
            queries.iter().map(|q| (q.clone(), None)).collect();
        let mut order = Vec::new();
        failure = one_server(&mut walk, *server, &mut replies, &mut order, timeout);
        if !order.is_empty() {
            let first = queries.first().map(|query| &query.name);
            walk.then(if queries.iter().any(|query| Some(&query.name) != first) {
                "BusyBox's nslookup asks in every search domain at once, and never for the bare name"
            } else {
                "BusyBox's nslookup asks for a name with a dot as it was typed, whatever ndots says"
            });
            return Lookup {
                server: Some(*server),
                replies,
                order,
                failure: None,
                tries: walk.tries,
                took: walk.now,
            };
        }
    }
    let replies = queries.iter().map(|q| (q.clone(), None)).collect();
    Lookup {
        server: None,
        replies,
        order: Vec::new(),
        failure,
        tries: walk.tries,
        took: walk.now,
    }
}

fn one_server(
    walk: &mut Walk<'_>,
    server: IpAddr,
    replies: &mut [(Query, Option<Rc<Reply>>)],
    order: &mut Vec<usize>,
    timeout: Span,
) -> Option<Failure> {
    let socket = walk.open();
    // What all failures together may be asked again.
    let mut budget = 2 * replies.len();
    let start = walk.now;
    let again = AGAIN.min(Span(timeout.0 / 2));
    for attempt in 0..2 {
        let mut open: Vec<usize> = (0..replies.len())
            .filter(|i| replies.get(*i).is_some_and(|(_, r)| r.is_none()))
            .collect();
        while !open.is_empty() {
            let mut failed = Vec::new();
            let mut longest = Span(0);
            for i in open {
                let Some((query, slot)) = replies.get_mut(i) else {
                    continue;
                };
                let (answered, after) = walk.send(server, query, socket);
                match answered {
                    Answered::Reply(reply) if reply.rcode == Rcode::ServFail && budget > 0 => {
                        budget -= 1;
                        failed.push(i);
                        longest = longest.max(after);
                    }
                    Answered::Reply(reply) => {
                        *slot = Some(reply);
                        order.push(i);
                        longest = longest.max(after);
                    }
                    Answered::Refused => return Some(Failure::Refused),
                    Answered::Unreachable => return Some(Failure::Unreachable),
                    Answered::Timeout => {}
                }
            }
            walk.wait(longest);
            open = failed;
        }
        if order.len() == replies.len() {
            return None;
        }
        let target = if attempt == 0 {
            Span(start.0 + again.0)
        } else {
            Span(start.0 + timeout.0)
        };
        walk.now = walk.now.max(target);
    }
    None
}
