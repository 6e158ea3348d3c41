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

/// What follows a question that could not be sent.
const UNREACHED: &str = "\n;; no servers could be reached";

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
    /// The name as it was typed, if it is not the one that is asked.
    typed: Option<String>,
}

/// What came of a question.
#[derive(Clone)]
struct Exchange {
    reply: Option<Rc<Reply>>,
    /// The server that replied, as it was named, and its address.
    server: (String, IpAddr),
    /// What went wrong before, a line each.
    failures: Vec<String>,
    /// Whether the reply came over a connection.
    tcp: bool,
    /// Whether the last question could not be sent at all.
    unsent: bool,
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
                    listed.push(IpAddr::V6(std::net::Ipv6Addr::LOCALHOST));
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
            typed: None,
        })
    }

    /// Leaves only servers of one family, `4` or `6`; without any, the own host is asked.
    fn only(&mut self, family: &str) {
        if family.is_empty() {
            return;
        }
        let four = family == "4";
        self.servers
            .retain(|(_, address)| address.is_ipv4() == four);
        if self.servers.is_empty() {
            let own = if four {
                IpAddr::from([127, 0, 0, 1])
            } else {
                IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)
            };
            self.servers.push((own.to_string(), own));
        }
    }

    /// Asks the servers in turn until one replies. `left` are the tries of the look-up, which the first server uses up:
    /// a later one is asked once.
    fn ask(&self, context: &mut Context<'_>, query: &Query, left: &mut u32) -> Exchange {
        let begun = context.world.cluster.now();
        let mut exchange = Exchange {
            reply: None,
            server: (String::new(), IpAddr::from([0, 0, 0, 0])),
            failures: Vec::new(),
            tcp: self.tcp || matches!(query.record_type, RecordType::Any | RecordType::Axfr),
            unsent: false,
            millis: 0,
        };
        for (name, address) in &self.servers {
            exchange.server = (name.clone(), *address);
            loop {
                let mut answered = self.once(context, *address, query, exchange.tcp);
                if let Answered::Reply(reply) = &answered
                    && reply.truncated
                    && !exchange.tcp
                    && !self.takes_cut
                {
                    if self.remarks {
                        exchange
                            .failures
                            .push(";; Truncated, retrying in TCP mode.".to_owned());
                    }
                    exchange.tcp = true;
                    answered = self.once(context, *address, query, true);
                }
                if let Answered::Reply(reply) = answered {
                    exchange.millis = context.world.cluster.now().since(begun).as_millis();
                    exchange.reply = Some(reply);
                    exchange.unsent = false;
                    return exchange;
                }
                self.fail(&mut exchange, query, &answered);
                if *left <= 1 {
                    break;
                }
                *left -= 1;
            }
        }
        // The tool itself says so in the end.
        if let Some(last) = exchange.failures.last_mut()
            && let Some(text) = last.strip_suffix(UNREACHED)
        {
            *last = text.to_owned();
        }
        exchange
    }

    /// Tells why a server did not reply.
    fn fail(&self, exchange: &mut Exchange, query: &Query, answered: &Answered) {
        let why = match answered {
            Answered::Refused => "connection refused",
            Answered::Unreachable => "host unreachable",
            Answered::Timeout | Answered::Reply(_) => "timed out",
        };
        let (name, address) = &exchange.server;
        let port = self.port;
        // What could not even be sent is told otherwise than what was not answered.
        exchange.unsent = matches!(answered, Answered::Unreachable)
            || (exchange.tcp && matches!(answered, Answered::Refused));
        let text = if exchange.unsent {
            let way = if exchange.tcp {
                "Connection to"
            } else {
                "UDP setup with"
            };
            format!(
                ";; {way} {address}#{port}({name}) for {} failed: {why}.{UNREACHED}",
                self.typed.clone().unwrap_or_else(|| bare(&query.name))
            )
        } else {
            format!(";; communications error to {address}#{port}: {why}")
        };
        exchange.failures.push(text);
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
        context.mark();
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
    crate::dns::resolver::bind::candidates(name, conf, search).map_err(|_| {
        let long = name.split('.').any(|label| label.len() > 63);
        let why = if long {
            "label too long"
        } else {
            "empty label"
        };
        format!("'{name}' is not in legal name syntax ({why})")
    })
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
    let mut left = plan.tries;
    for (i, name) in names.iter().enumerate() {
        let mut query = Query::new(name.clone(), record_type);
        edit(&mut query);
        let exchange = plan.ask(context, &query, &mut left);
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
