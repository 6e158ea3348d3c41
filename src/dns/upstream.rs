//! Where `forward` sends what the other plugins leave: to the world outside, or to a server inside the cluster.
//!
//! Models `plugin/forward` of `CoreDNS` with the policy `sequential`: the first server that can be asked answers.

use super::chain::{self, DEEPEST, State, Step, World};
use super::corefile::{Corefile, Forward};
use super::server::{Client, Server, Transport};
use super::{Because, Query, Rcode, Reply};
use crate::kernel::SimTime;
use std::net::IpAddr;

/// What became of a question that was sent to an address inside the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing came back.
    Silence,
    /// Nobody listens there.
    Refused,
    /// A replica of this very server takes it.
    Own,
    /// Another server takes it, which has this Corefile.
    Other(String),
}

impl Step<'_> {
    /// The last plugin: another server is asked.
    pub(super) fn forward(self, state: &mut State, query: &Query) -> Reply {
        let takes = |forward: &&Forward| {
            query.name.is_within(&forward.from)
                && !forward.except.iter().any(|zone| query.name.is_within(zone))
        };
        let Some(forward) = self.block.plugins.forward.iter().find(takes) else {
            return Reply::new(query, Rcode::ServFail, Because::NoZone);
        };
        let mut failure = None;
        for ip in &forward.to {
            if !self.is_inside(*ip) {
                return self.world.outside.answer(query, ip.to_string());
            }
            match self.ask_inside(state, query, *ip) {
                Ok(reply) => return reply,
                Err(refused) => failure = Some((*ip, refused)),
            }
        }
        match failure {
            None => self.world.outside.answer(query, "the node's resolver"),
            Some((ip, refused)) => self.failed(state, query, ip, refused),
        }
    }

    fn is_inside(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.world.inside.iter().any(|subnet| subnet.contains(ip))
    }

    /// Asks a server inside the cluster; the error tells whether nobody listens there.
    fn ask_inside(self, state: &mut State, query: &Query, ip: IpAddr) -> Result<Reply, bool> {
        if ip.is_loopback() || self.depth + 1 >= DEEPEST {
            return Err(false);
        }
        match (self.world.inner)(ip) {
            Heard::Silence => Err(false),
            Heard::Refused => Err(true),
            Heard::Own => Ok(chain::resolve(self.world, state, query, self.depth + 1)),
            Heard::Other(text) => {
                let corefile = Corefile::parse(&text).unwrap_or_default();
                let world = World {
                    corefile: &corefile,
                    local: &[],
                    ..self.world
                };
                Ok(chain::resolve(
                    world,
                    &mut state.apart(),
                    query,
                    self.depth + 1,
                ))
            }
        }
    }

    /// No server could be asked.
    fn failed(self, state: &mut State, query: &Query, ip: IpAddr, refused: bool) -> Reply {
        if self.block.plugins.errors {
            let (name, kind) = (query.name.to_lower(), query.record_type);
            let port = 32_768 + state.chance.below(28_232);
            let own = self.world.local.first();
            let own = own.map(ToString::to_string).unwrap_or_default();
            let why = if refused {
                "read: connection refused"
            } else {
                "i/o timeout"
            };
            let line = format!(
                "[ERROR] plugin/errors: 2 {name} {kind}: read udp {own}:{port}->{ip}:53: {why}"
            );
            state.errors.push(line);
        }
        let server = ip.to_string().into();
        let because = if refused {
            Because::ForwardRefused(server)
        } else {
            Because::ForwardFailed(server)
        };
        Reply::new(query, Rcode::ServFail, because)
    }
}

impl State {
    /// What another server changes instead.
    fn apart(&self) -> Self {
        Self {
            cache: super::cache::Cache::default(),
            chance: self.chance.clone(),
            errors: Vec::new(),
        }
    }
}

impl Server {
    /// Answers a question as another server in the cluster does, which has this Corefile.
    pub fn answer_as(
        &self,
        text: &str,
        now: SimTime,
        query: &Query,
        client: &Client,
        inner: &dyn Fn(IpAddr) -> Heard,
    ) -> Reply {
        let corefile = Corefile::parse(text).unwrap_or_default();
        let world = World {
            corefile: &corefile,
            catalog: &self.catalog,
            outside: &self.outside,
            local: &[],
            synced: true,
            inside: &self.inside,
            node_search: &self.node_search,
            now,
            client: client.address.ip(),
            inner,
        };
        let mut reply = chain::resolve(world, &mut self.state.apart(), query, 0);
        if client.transport == Transport::Udp {
            reply.truncate(query.udp_limit());
        }
        reply
    }
}
