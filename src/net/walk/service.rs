//! A Service's address or node port at a node: which rule catches the packet, and which endpoint it picks.

use super::outside::node_place;
use super::way::{Stage, Stop, Way};
use super::{Network, reason};
use crate::api::ObjectKey;
use crate::api::service::Service;
use crate::kernel::Span;
use crate::net::conntrack::Chosen;
use crate::net::hop::{ConnectError, Protocol, Verdict};
use crate::net::proxy::{Backend, ServicePortName};
use crate::store::ProxyMode;
use std::rc::Rc;

/// The Service port that a packet came through, for reasons that rest on it.
#[derive(Debug)]
pub(super) struct Through {
    name: ServicePortName,
    /// Its place among the Service's ports.
    index: usize,
    /// The policy that decided which endpoints and which source.
    policy: &'static str,
}

impl Through {
    pub(super) fn service(&self) -> &ObjectKey {
        &self.name.service
    }

    /// `spec.ports[1].targetPort`, for the port that it is.
    pub(super) fn field(&self, field: &str) -> String {
        format!("spec.ports[{}].{field}", self.index)
    }

    /// The field of the traffic policy.
    pub(super) fn policy_field(&self) -> String {
        format!("spec.{}", self.policy)
    }
}

impl Network<'_> {
    /// Applies kube-proxy's rules to a packet in a node: what they catch gets an endpoint's address.
    pub(super) fn apply_rules(&self, way: &mut Way<'_>) -> Stage<()> {
        let node = way.node.clone().unwrap_or_default();
        let (to, protocol) = (way.dst, way.packet.protocol);
        if protocol == Protocol::Udp
            && let Some(known) = self
                .conntrack
                .known_datagram(&node, (way.src, to), self.now)
            && known != to
        {
            way.dst = known;
            let because = format!("conntrack on {node}: this flow goes to {known} already");
            way.beside(node_place(&node), Verdict::Translated, because);
            return Ok(());
        }
        if let Some(name) = self.proxy.service(to, protocol).cloned() {
            return self.send_on(way, name, "internalTrafficPolicy");
        }
        if self.is_of_node(to.ip(), &node) {
            let Some(name) = self.proxy.node_port(to.port(), protocol).cloned() else {
                return Ok(());
            };
            let because = format!("node port {} of {}", to.port(), name.comment());
            let field = format!("spec.ports[{}].nodePort", self.port_index(&name));
            way.hop(&node_place(&node), Verdict::Forwarded, because)
                .about(name.service.clone(), field);
            return self.send_on(way, name, "externalTrafficPolicy");
        }
        match self.proxy.owner(to.ip()).cloned() {
            Some(owner) => self.wrong_port(way, &owner),
            None => Ok(()),
        }
    }

    fn send_on(&self, way: &mut Way<'_>, name: ServicePortName, policy: &'static str) -> Stage<()> {
        let node = way.node.clone().unwrap_or_default();
        let usable = self.proxy.usable(&name);
        let sticks = self.sticks(&name);
        let chosen = self.pick(way, &name, sticks.is_some(), &usable);
        let through = Rc::new(Through {
            index: self.port_index(&name),
            name: name.clone(),
            policy,
        });
        let place: Rc<str> = name.place().into();
        let Some(backend) = usable.get(chosen) else {
            let because = format!("no endpoints: {}", reason::why_none(self, &name.service));
            way.hop(&place, Verdict::Refused, because)
                .about(name.service.clone(), "spec.selector");
            return Err(Stop::at_once(ConnectError::Refused));
        };
        let rule = format!(
            "rule {} of {}{}",
            chosen + 1,
            usable.len(),
            reason::probability(usable.len(), chosen)
        );
        way.hop(&place, Verdict::Forwarded, rule)
            .about(name.service.clone(), through.field("port"));
        let from_pod = self
            .settings
            .pod_cidrs
            .iter()
            .any(|c| c.contains(way.src.ip()));
        if policy == "externalTrafficPolicy" || !from_pod {
            way.masquerade = Some(format!(
                "traffic to {} from outside the Pod subnet",
                name.comment()
            ));
        } else if backend.address.ip() == way.src.ip() {
            way.masquerade = Some("the Pod reaches itself through its Service".to_owned());
        }
        way.chosen = Some(Chosen {
            node,
            name,
            client: way.src.ip(),
            endpoint: backend.address,
            sticks,
        });
        way.dst = backend.address;
        way.through = Some(through);
        let slice = &backend.slice;
        let place = format!("endpointslice/{}/{}", slice.namespace, slice.name).into();
        let because = format!("DNAT to {}", backend.address);
        way.hop(&place, Verdict::Translated, because)
            .about(slice.clone(), "");
        Ok(())
    }

    /// Which endpoint: the one that the client is remembered for, the next in turn in the ipvs mode, or any.
    fn pick(
        &self,
        way: &mut Way<'_>,
        name: &ServicePortName,
        sticks: bool,
        usable: &[&Backend],
    ) -> usize {
        let node = way.node.clone().unwrap_or_default();
        if sticks {
            let known = self
                .conntrack
                .remembered(name, &node, way.src.ip(), self.now);
            let place = usable.iter().position(|b| Some(b.address) == known);
            if let Some(place) = place {
                return place;
            }
        }
        let count = usable.len() as u64;
        let place = match self.settings.proxy_mode {
            ProxyMode::Ipvs => self.conntrack.turn(name, &node) % count.max(1),
            ProxyMode::Iptables | ProxyMode::Nftables => way.rng.below(count),
        };
        place as usize
    }

    /// How long a client stays with its endpoint, if it does.
    fn sticks(&self, name: &ServicePortName) -> Option<Span> {
        let spec = &self.service(&name.service)?.spec;
        let config = spec.session_affinity_config.as_ref();
        let seconds = config.and_then(|c| c.at(&["clientIP", "timeoutSeconds"])?.as_int());
        let seconds = seconds
            .and_then(|s| u64::try_from(s).ok())
            .unwrap_or(10_800);
        (spec.session_affinity == "ClientIP").then(|| Span::secs(seconds))
    }

    /// A Service's address on a port that the Service does not have: each proxy mode has its own way.
    fn wrong_port(&self, way: &mut Way<'_>, owner: &ObjectKey) -> Stage<()> {
        let service = self.service(owner);
        let ports = service.map(reason::ports_text).unwrap_or_default();
        let place = format!("service/{}/{}", owner.namespace, owner.name).into();
        let has = format!(
            "Service {} has {ports}, not {}/{}",
            owner.name,
            way.dst.port(),
            way.packet.protocol
        );
        let (verdict, stop, because) = match self.settings.proxy_mode {
            ProxyMode::Iptables => (
                Verdict::Dropped,
                Stop::SILENCE,
                format!("{has}: no rule catches the packet, it leaves by the default route"),
            ),
            ProxyMode::Nftables | ProxyMode::Ipvs => {
                (Verdict::Refused, Stop::at_once(ConnectError::Refused), has)
            }
        };
        way.hop(&place, verdict, because)
            .about(owner.clone(), "spec.ports");
        Err(stop)
    }

    pub(super) fn service(&self, key: &ObjectKey) -> Option<&Service> {
        self.tables.get(key).and_then(|object| object.service())
    }

    fn port_index(&self, name: &ServicePortName) -> usize {
        let ports = self.service(&name.service).map(|s| &s.spec.ports);
        let mut ports = ports.into_iter().flatten();
        let own = |port: &crate::api::service::ServicePort| {
            port.port == i64::from(name.number) && port.name == name.port
        };
        ports.position(own).unwrap_or(0)
    }
}
