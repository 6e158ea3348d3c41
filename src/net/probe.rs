//! Echo requests and probes with a small TTL: what ping and traceroute see of the way to an address.
//!
//! A Pod, a node and a bridge answer; a Service's address does only in the ipvs mode, where it stands on an interface of
//! each node, and in the nftables mode not even with an error.

use super::address_book::{Bearer, Owner};
use super::policy::{Direction, Judgement, Party, Question};
use super::walk::Network;
use super::{Fault, Place};
use crate::store::{Cidr, ProxyMode};
use std::net::IpAddr;
use std::rc::Rc;

/// What comes back from an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// An answer.
    Answers,
    /// Nothing.
    Silent,
    /// A router's word that there is no such host.
    HostUnreachable(IpAddr),
    /// A router's word that it may not pass packets on.
    Prohibited(IpAddr),
    /// A router's word that it knows no way to that network.
    NetUnreachable(IpAddr),
    /// The sender's own word that it has no route.
    NoRoute,
}

/// The way to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The routers on the way.
    pub via: Vec<IpAddr>,
    /// What comes back from its end.
    pub echo: Echo,
}

impl Network<'_> {
    /// Follows an echo request.
    pub fn probe(&self, from: &Place, to: IpAddr) -> Probe {
        let own = self.node_of(from);
        let gateway = own.as_deref().and_then(|node| self.bridge_ip(node, true));
        let route = |via: Vec<IpAddr>, echo: Echo| Probe { via, echo };
        if to.is_loopback() || self.own_addresses(from).contains(&to) {
            return route(Vec::new(), Echo::Answers);
        }
        if let Some(owner) = self.proxy.owner(to).filter(|_| !from.is_beside()) {
            let fault = self.book.fault(owner);
            let usual = match self.settings.proxy_mode {
                ProxyMode::Ipvs => Echo::Answers,
                ProxyMode::Iptables | ProxyMode::Nftables => Echo::Silent,
            };
            return route(Vec::new(), faulty(fault, gateway, usual));
        }
        let out: Vec<IpAddr> = match from {
            Place::Pod { .. } => gateway.into_iter().collect(),
            Place::Node(_) | Place::Laptop | Place::Outside => Vec::new(),
        };
        let reachable = |owner: &&Rc<Owner>| owner.bearer == Bearer::Node || !from.is_beside();
        if let Some(owner) = self.book.owner(to).filter(reachable) {
            return self.probe_owner(from, own.as_deref(), owner, (to, gateway, out));
        }
        let in_subnet = |cidrs: &[Cidr]| cidrs.iter().any(|cidr| cidr.contains(to));
        let echo = match gateway.filter(|_| in_subnet(&self.settings.pod_cidrs)) {
            Some(gateway) => Echo::HostUnreachable(gateway),
            None => Echo::Silent,
        };
        route(out, echo)
    }

    /// The way to an address that a Pod or a node bears.
    fn probe_owner(
        &self,
        from: &Place,
        own: Option<&str>,
        owner: &Owner,
        (to, gateway, out): (IpAddr, Option<IpAddr>, Vec<IpAddr>),
    ) -> Probe {
        let fault = self.book.fault(&owner.who.key);
        let near = own == Some(&*owner.node);
        let mut via = if near { Vec::new() } else { out };
        if owner.bearer == Bearer::Pod && !near {
            via.extend(self.node_ips(&owner.node).first());
        }
        let usual = if self.lets_through(from, owner, to) {
            Echo::Answers
        } else {
            Echo::Silent
        };
        Probe {
            via,
            echo: faulty(fault, gateway, usual),
        }
    }

    /// Whether the policies at both ends let an echo request through.
    fn lets_through(&self, from: &Place, owner: &Owner, to: IpAddr) -> bool {
        if self.policies.is_empty() {
            return true;
        }
        let sender = self.pod_at(from).filter(|(_, pod)| !pod.spec.host_network);
        let target = (owner.bearer == Bearer::Pod)
            .then(|| self.tables.get(&owner.who.key))
            .flatten();
        let same_node = self.node_of(from).as_deref() == Some(&*owner.node);
        let allows = |question: &Question<'_>| {
            !matches!(
                self.policies.judge(self.tables, question),
                Judgement::Denied(_)
            )
        };
        let out = sender.is_none_or(|(object, _)| {
            target.is_none() && same_node
                || allows(&Question {
                    direction: Direction::Egress,
                    subject: object,
                    peer: Party {
                        ip: to,
                        pod: target.map(|pod| &**pod),
                    },
                    port: None,
                })
        });
        let source = self.source_address(from);
        let into = target.is_none_or(|object| {
            sender.is_none() && same_node
                || allows(&Question {
                    direction: Direction::Ingress,
                    subject: object,
                    peer: Party {
                        ip: source,
                        pod: sender.map(|(pod, _)| &**pod),
                    },
                    port: None,
                })
        });
        out && into
    }

    fn node_of(&self, place: &Place) -> Option<String> {
        match place {
            Place::Laptop | Place::Outside => None,
            Place::Node(name) => Some(name.to_string()),
            Place::Pod { .. } => Some(self.pod_at(place)?.1.spec.node_name.clone()),
        }
    }
}

fn faulty(fault: Option<Fault>, gateway: Option<IpAddr>, usual: Echo) -> Echo {
    match (fault, gateway) {
        (None | Some(Fault::Resetting | Fault::Refusing | Fault::Slow(_)), _) => usual,
        (Some(Fault::NoRoute), _) => Echo::NoRoute,
        (Some(Fault::Unreachable), Some(gateway)) => Echo::HostUnreachable(gateway),
        (Some(Fault::Prohibited), Some(gateway)) => Echo::Prohibited(gateway),
        (Some(Fault::NoNetwork), Some(gateway)) => Echo::NetUnreachable(gateway),
        (Some(Fault::Silent | Fault::Unreachable | Fault::Prohibited | Fault::NoNetwork), _) => {
            Echo::Silent
        }
    }
}
