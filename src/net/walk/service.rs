//! A Service's address or node port at a node: what the rules make of the packet, and which endpoint they pick.

use super::outside::node_place;
use super::way::{Stage, Stop, Way};
use super::{Asked, Network, reason};
use crate::api::ObjectKey;
use crate::api::service::Service;
use crate::kernel::Span;
use crate::net::because::{Because, Picked, Spot};
use crate::net::conntrack::Chosen;
use crate::net::hop::{ConnectError, Field, Protocol, Verdict};
use crate::net::proxy::{Choice, Endpoint, Fate, Query, Ruling, ServicePort, Via};
use crate::store::ProxyMode;
use std::rc::Rc;

/// The Service port that a packet came through, for reasons that rest on it.
#[derive(Debug)]
pub(super) struct Through {
    port: Rc<ServicePort>,
    via: Via,
}

impl Through {
    pub(super) fn service(&self) -> &ObjectKey {
        &self.port.name.service
    }

    /// `spec.ports[1].targetPort`, for the port that it is.
    pub(super) fn field(&self, field: &'static str) -> Field {
        Field::OfPort(self.port.index, field)
    }

    /// The field of the traffic policy.
    pub(super) fn policy_field(&self) -> &'static str {
        match self.via {
            Via::ClusterIp => "spec.internalTrafficPolicy",
            _ => "spec.externalTrafficPolicy",
        }
    }
}

impl Network<'_> {
    /// Applies kube-proxy's rules to a packet in a node: what they catch gets an endpoint's address.
    pub(super) fn apply_rules(&self, way: &mut Way<'_>) -> Stage<()> {
        let node = way.node.clone().unwrap_or_default();
        if self.follow_known(way, &node) {
            return Ok(());
        }
        let query = Query {
            source: way.src.ip(),
            to: way.dst,
            protocol: way.packet.protocol,
            hook: way.hook,
        };
        let ruling = self.proxy.rule(self.settings, &node, &query);
        if ruling.port.is_some() {
            way.asked = Some(Asked {
                node: node.clone(),
                query,
            });
        }
        if let Some(owner) = ruling.owner.filter(|_| ruling.via == Via::NodePort) {
            self.fault_of_service(way, owner)?;
        }
        match ruling.fate {
            Fate::Endpoint => self.send_on(way, &node, &ruling),
            Fate::Reject | Fate::Drop => Err(self.turn_away(way, &node, &ruling)),
            Fate::Accept => Ok(()),
            Fate::NoRule => self.uncaught(way, &node),
        }
    }

    /// A datagram of a flow that the node knows goes where the others went, whatever the rules say now.
    fn follow_known(&self, way: &mut Way<'_>, node: &Rc<str>) -> bool {
        if way.packet.protocol != Protocol::Udp {
            return false;
        }
        let header = (way.src, way.dst);
        let known = self.conntrack.known_datagram(node, header, self.now);
        let Some(known) = known.filter(|known| *known != way.dst) else {
            return false;
        };
        way.dst = known;
        let because = format!("conntrack on {node}: this flow goes to {known} already");
        way.beside(node_place(node), Verdict::Translated, because.into());
        true
    }

    /// The rules pick an endpoint.
    fn send_on(&self, way: &mut Way<'_>, node: &Rc<str>, ruling: &Ruling<'_>) -> Stage<()> {
        let (Some(port), Some(choice)) = (ruling.port, ruling.choice) else {
            return Ok(());
        };
        let place = self.pick(way, node, port, &choice);
        let Some(endpoint) = choice.get(place) else {
            return Ok(());
        };
        if ruling.via == Via::NodePort {
            let because = format!("node port {} of {}", way.dst.port(), port.name);
            way.hop(&node_place(node), Verdict::Forwarded, because.into())
                .about(port.name.service.clone(), ruling.field());
        }
        let because = Because::Picked(Picked {
            rule: ruling.rule(),
            mode: ruling.mode,
            place: place as u32,
            count: choice.len() as u32,
            narrowed: reason::narrowed(ruling, &choice, node),
        });
        way.hop(
            &Spot::Named(port.place.clone()),
            Verdict::Forwarded,
            because,
        )
        .about(port.name.service.clone(), Field::OfPort(port.index, "port"));
        if ruling.masquerades(endpoint) {
            way.masquerade = Some(reason::masquerade(ruling, endpoint));
        }
        way.chosen = Some(Chosen {
            node: node.clone(),
            name: port.name.clone(),
            client: way.src.ip(),
            endpoint: endpoint.address,
            sticks: port.affinity.map(|secs| Span::secs(u64::from(secs))),
            by_turn: self.settings.proxy_mode == ProxyMode::Ipvs,
        });
        way.through = Some(Rc::new(Through {
            port: port.clone(),
            via: ruling.via,
        }));
        self.translate(way, endpoint);
        Ok(())
    }

    fn translate(&self, way: &mut Way<'_>, endpoint: &Endpoint) {
        way.dst = endpoint.address;
        let slice = &endpoint.slice;
        let place = Spot::Slice(slice.clone());
        let because = Because::Dnat(endpoint.address);
        way.hop(&place, Verdict::Translated, because)
            .about((**slice).clone(), "");
    }

    /// Which endpoint: the one that the client is remembered for, the next in turn in the ipvs mode, or any.
    fn pick(
        &self,
        way: &mut Way<'_>,
        node: &Rc<str>,
        port: &ServicePort,
        choice: &Choice<'_>,
    ) -> usize {
        if port.affinity.is_some() {
            let client = way.src.ip();
            let known = self
                .conntrack
                .remembered(&port.name, node, client, self.now);
            let place = known.and_then(|known| choice.iter().position(|e| e.address == known));
            if let Some(place) = place {
                return place;
            }
        }
        let count = choice.len() as u64;
        let place = match self.settings.proxy_mode {
            ProxyMode::Ipvs => self.conntrack.turn(&port.name, node) % count.max(1),
            ProxyMode::Iptables | ProxyMode::Nftables => way.rng.below(count),
        };
        place as usize
    }

    /// The rules refuse the packet or drop it.
    fn turn_away(&self, way: &mut Way<'_>, node: &Rc<str>, ruling: &Ruling<'_>) -> Stop {
        let (verdict, stop) = match ruling.fate {
            Fate::Drop => (Verdict::Dropped, Stop::SILENCE),
            Fate::Reject | Fate::Endpoint | Fate::Accept | Fate::NoRule => {
                (Verdict::Refused, Stop::at_once(ConnectError::Refused))
            }
        };
        let because = reason::turned_away(self, way, node, ruling);
        let place = match (ruling.port, ruling.owner) {
            (Some(port), _) => Spot::Named(port.place.clone()),
            (None, Some(owner)) => service_place(owner),
            (None, None) => "outside".into(),
        };
        let hop = way.hop(&place, verdict, because.into());
        if let Some(owner) = ruling.owner {
            hop.about(owner.clone(), ruling.field());
        }
        stop
    }

    /// No rule is about the packet: a Service's address leads nowhere then, unless it is the node's own as well.
    fn uncaught(&self, way: &mut Way<'_>, node: &str) -> Stage<()> {
        let ip = way.dst.ip();
        if self.is_of_node(ip, node) {
            return Ok(());
        }
        let Some(owner) = self.proxy.owner(ip).cloned() else {
            return Ok(());
        };
        let because = reason::uncaught(self, way, &owner);
        way.hop(&service_place(&owner), Verdict::Dropped, because.into())
            .about(owner, "spec.ports");
        Err(Stop::SILENCE)
    }

    pub(super) fn service(&self, key: &ObjectKey) -> Option<&Service> {
        self.tables.get(key).and_then(|object| object.service())
    }
}

/// The chart's place of a Service.
pub(super) fn service_place(key: &ObjectKey) -> Spot {
    Spot::from(format!("service/{}/{}", key.namespace, key.name))
}
