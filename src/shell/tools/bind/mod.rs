//! The tools of BIND 9.18: dig, host and nslookup, which share a resolver of their own.
//!
//! Models `bin/dig/dighost.c`: one question at a time, the search list walked by the tool, each failure told as it is met.

pub(in crate::shell) mod dig;
pub(in crate::shell) mod host;
mod message;
pub(in crate::shell) mod nslookup;

use super::host::{BOTH, resolv_conf, resolve, walk};
use crate::cluster::{ConnectError, Protocol};
use crate::dns::resolver::{Answered, Ask};
use crate::dns::{DnsName, Query, Rcode, RecordType, Reply, ResolvConf, Transport};
use crate::kernel::Span;
use crate::shell::context::Context;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// How the servers are asked.
#[derive(Clone, Debug)]
struct Plan {
    /// The servers, each as it was named and its address.
    servers: Vec<(String, IpAddr)>,
    port: u16,
    tries: u32,
    timeout: Span,
    tcp: bool,
    /// Whether a reply that was cut is taken as it is.
    takes_cut: bool,
    /// Whether remarks are made on the way.
    remarks: bool,
}

/// What came of a question.
struct Exchange {
    reply: Option<Rc<Reply>>,
    /// The server that replied, as it was named, and its address.
    server: (String, IpAddr),
    /// What went wrong before, a line each.
    failures: Vec<String>,
    /// Whether the reply came over a connection.
    tcp: bool,
    millis: u64,
}

impl Plan {
    /// The servers of `/etc/resolv.conf`, or the one that was named.
    fn new(context: &mut Context<'_>, named: Option<&str>) -> Result<Self, String> {
        let servers = match named {
            Some(name) => {
                let found = resolve(context, name, BOTH).map(|resolved| resolved.addresses);
                let found = found.ok().and_then(|addresses| addresses.first().copied());
                let address =
                    found.ok_or_else(|| format!("couldn't get address for '{name}': not found"))?;
                vec![(name.to_owned(), address)]
            }
            None => {
                let mut listed = resolv_conf(context).nameservers;
                if listed.is_empty() {
                    listed.push(IpAddr::from([127, 0, 0, 1]));
                }
                let named = |address: &IpAddr| (address.to_string(), *address);
                listed.iter().take(3).map(named).collect()
            }
        };
        Ok(Self {
            servers,
            port: 53,
            tries: 3,
            timeout: Span::secs(5),
            tcp: false,
            takes_cut: false,
            remarks: true,
        })
    }

    /// Asks the servers in turn until one replies.
    fn ask(&self, context: &mut Context<'_>, query: &Query) -> Exchange {
        let begun = context.world.cluster.now();
        let mut failures = Vec::new();
        let mut server = self.servers.first().cloned();
        let mut tcp = self.tcp || query.record_type == RecordType::Any;
        for _ in 0..self.tries {
            for (name, address) in &self.servers {
                let mut answered = self.once(context, *address, query, tcp);
                if let Answered::Reply(reply) = &answered
                    && reply.truncated
                    && !tcp
                    && !self.takes_cut
                {
                    if self.remarks {
                        failures.push(";; Truncated, retrying in TCP mode.".to_owned());
                    }
                    tcp = true;
                    answered = self.once(context, *address, query, tcp);
                }
                let failed = match answered {
                    Answered::Reply(reply) => {
                        return Exchange {
                            tcp,
                            reply: Some(reply),
                            server: (name.clone(), *address),
                            failures,
                            millis: context.world.cluster.now().since(begun).as_millis(),
                        };
                    }
                    Answered::Refused => "connection refused",
                    Answered::Unreachable => "host unreachable",
                    Answered::Timeout => "timed out",
                };
                failures.push(format!(
                    ";; communications error to {address}#{}: {failed}",
                    self.port
                ));
                server = Some((name.clone(), *address));
            }
        }
        Exchange {
            reply: None,
            server: server.unwrap_or_else(|| (String::new(), IpAddr::from([0, 0, 0, 0]))),
            failures,
            tcp,
            millis: 0,
        }
    }

    /// Asks one server once.
    fn once(
        &self,
        context: &mut Context<'_>,
        server: IpAddr,
        query: &Query,
        tcp: bool,
    ) -> Answered {
        let place = context.place.clone();
        let cluster = &mut context.world.cluster;
        if self.port != 53 {
            let to = SocketAddr::new(server, self.port);
            return match cluster.connect(&place, to, Protocol::Udp, Some(self.timeout)) {
                Err(ConnectError::Refused) => Answered::Refused,
                Err(ConnectError::NoRoute | ConnectError::Unreachable) => Answered::Unreachable,
                Ok(_) | Err(ConnectError::TimedOut) => Answered::Timeout,
            };
        }
        let transport = if tcp { Transport::Tcp } else { Transport::Udp };
        walk(cluster, &place, |asker| {
            let ask = Ask {
                at: Span(0),
                server,
                query: query.clone(),
                transport,
                socket: 1,
            };
            let (answered, after) = asker.ask(&ask);
            let took = if answered == Answered::Timeout {
                self.timeout
            } else {
                after
            };
            (answered, took)
        })
    }
}

/// The names that are tried for a typed one, in order.
fn candidates(name: &str, conf: &ResolvConf, search: bool) -> Result<Vec<DnsName>, String> {
    crate::dns::resolver::bind::candidates(name, conf, search)
        .map_err(|_| format!("'{name}' is not in legal name syntax (label too long)"))
}

/// What a walk over the search list comes to.
struct Found {
    /// The name that was asked last.
    name: DnsName,
    exchange: Exchange,
}

/// Asks for one name after the other until one exists; tells each failure, and each reply on the way.
fn search(
    context: &mut Context<'_>,
    plan: &Plan,
    names: &[DnsName],
    record_type: RecordType,
    edit: impl Fn(&mut Query),
    mut tell: impl FnMut(&mut Context<'_>, &Exchange),
) -> Option<Found> {
    for (i, name) in names.iter().enumerate() {
        let mut query = Query::new(name.clone(), record_type);
        edit(&mut query);
        let exchange = plan.ask(context, &query);
        for line in &exchange.failures {
            context.out.line(line);
        }
        tell(context, &exchange);
        let reply = exchange.reply.as_ref()?;
        let last = i + 1 == names.len();
        let place = context.place.clone();
        let then = match (reply.rcode, last) {
            (Rcode::NxDomain, false) => "no such name: the next one is tried",
            (Rcode::NxDomain, true) => "nothing is left to try",
            (Rcode::NoError, _) if reply.answer.is_empty() => {
                "the name exists without such a record: BIND's tools stop here"
            }
            (Rcode::NoError, _) => "found",
            _ => "the server failed: BIND's tools stop here",
        };
        context.world.cluster.tell_walk(&place, &query, then);
        if reply.rcode != Rcode::NxDomain || last {
            return Some(Found {
                name: name.clone(),
                exchange,
            });
        }
    }
    None
}

/// A name without its final dot; the root stays a dot.
fn bare(name: &DnsName) -> String {
    let text = name.to_string();
    match text.strip_suffix('.') {
        Some("") | None => text,
        Some(bare) => bare.to_owned(),
    }
}

/// The end of the aliases that a reply shows, from a name on.
fn chased(name: &DnsName, reply: &Reply) -> DnsName {
    let mut at = name.clone();
    for _ in 0..16 {
        let next = reply.answer.iter().find_map(|record| match &record.data {
            crate::dns::RecordData::Cname(target) if record.name == at => Some(target.clone()),
            _ => None,
        });
        match next {
            Some(target) => at = target,
            None => break,
        }
    }
    at
}
