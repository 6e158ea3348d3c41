//! What kube-proxy's rules make of one packet: the narrow door through which the rest of the network asks.

use super::{Choice, Endpoint, NodeView, Policy, Proxy, ServicePort, iptables, ipvs, nftables};
use crate::api::ObjectKey;
use crate::net::{Field, Protocol};
use crate::store::{ClusterNetwork, ProxyMode};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// Where on a node the packet meets the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// It came in, from a Pod or from another machine.
    Prerouting,
    /// A process of the node itself sends it.
    Output,
}

/// A packet that opens a connection, or a datagram.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Where it comes from.
    pub source: IpAddr,
    /// Where it wants to go.
    pub to: SocketAddr,
    /// The protocol.
    pub protocol: Protocol,
    /// Where it meets the rules.
    pub hook: Hook,
}

/// What becomes of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is sent on to one of the endpoints of the choice.
    Endpoint,
    /// It is refused with an ICMP error, or a reset.
    Reject,
    /// It is lost without a word.
    Drop,
    /// It is let in to the node's own listener.
    Accept,
    /// No rule is about it: ordinary routing decides.
    NoRule,
}

/// By which of a Service's addresses a rule caught the packet, or for what other reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The `ClusterIP`.
    ClusterIp,
    /// An external IP.
    ExternalIp,
    /// A load balancer's address.
    LoadBalancer,
    /// A port of the node.
    NodePort,
    /// A source outside the load balancer's ranges.
    SourceRanges,
    /// The port on which a node tells of local endpoints.
    HealthCheck,
    /// A `ClusterIP`, on a port that its Service does not have.
    OtherPort,
    /// The Service subnet, at an address that no Service has.
    Unallocated,
    /// Nothing.
    Nothing,
}

/// How a mode finds packets that an endpoint sends to itself by way of its Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hairpin {
    /// A rule in every endpoint's chain.
    Any,
    /// A set of the node's own endpoints.
    Local,
}

/// The answer: what becomes of the packet, and by which rule.
#[derive(Clone, Debug)]
pub struct Ruling<'a> {
    /// The mode whose rules they are.
    pub mode: ProxyMode,
    /// What becomes of the packet.
    pub fate: Fate,
    /// How it was caught.
    pub via: Via,
    /// The Service port that the rule is about.
    pub port: Option<&'a Rc<ServicePort>>,
    /// The Service that the rule is about, where it is about no port of it.
    pub owner: Option<&'a ObjectKey>,
    /// The endpoints that it may reach, in rule order; each is equally likely for a new client.
    pub choice: Option<Choice<'a>>,
    /// Whether the packet's source becomes the node's address, whatever the endpoint.
    pub masquerade: bool,
    /// Whether a Pod's or the node's own packet went past the external traffic policy Local.
    pub bypass: bool,
    /// The node whose rules they are.
    pub node: Rc<NodeView>,
    pub(super) hairpin: Hairpin,
    pub(super) query: Query,
}

impl Proxy {
    /// Asks a node's rules what becomes of a packet. An unknown node has no address and no endpoint of its own.
    pub fn rule(&self, network: &ClusterNetwork, node: &str, query: &Query) -> Ruling<'_> {
        let view = self.node(node).cloned().unwrap_or_else(|| {
            Rc::new(NodeView {
                name: node.into(),
                ..NodeView::default()
            })
        });
        let ask = Ask {
            proxy: self,
            network,
            node: &view,
            query: *query,
        };
        match network.proxy_mode {
            ProxyMode::Iptables => iptables::rule(&ask),
            ProxyMode::Nftables => nftables::rule(&ask),
            ProxyMode::Ipvs => ipvs::rule(&ask),
        }
    }
}

/// A question on its way through a mode's rules.
pub(super) struct Ask<'a, 'b> {
    pub(super) proxy: &'a Proxy,
    pub(super) network: &'b ClusterNetwork,
    pub(super) node: &'b Rc<NodeView>,
    pub(super) query: Query,
}

/// What an external address's chain does with a packet.
#[derive(Clone, Copy)]
pub(super) struct External<'a> {
    pub(super) choice: Choice<'a>,
    pub(super) masquerade: bool,
    pub(super) bypass: bool,
}

impl<'a> Ask<'a, '_> {
    pub(super) fn ipv6(&self) -> bool {
        self.query.to.is_ipv6()
    }

    /// Whether rules see that a Pod sent the packet.
    pub(super) fn pod_sent_it(&self) -> bool {
        let detector = self.network.local_detector(self.ipv6());
        detector.is_some_and(|cidr| cidr.contains(self.query.source))
    }

    /// Whether a packet to a `ClusterIP` is masqueraded: all, or those that no Pod sent.
    pub(super) fn masquerades_internal(&self) -> bool {
        let detector = self.network.local_detector(self.ipv6());
        self.network.proxy.masquerade_all
            || detector.is_some_and(|cidr| !cidr.contains(self.query.source))
    }

    /// Whether the source may reach a load balancer's address. The address itself may, if the node is in a range: a node's
    /// packet to an address of its own comes back from there.
    pub(super) fn in_source_ranges(&self, port: &ServicePort) -> bool {
        let within = |ip: IpAddr| port.source_ranges.iter().any(|range| range.contains(ip));
        let from_node = || self.node.primary(self.ipv6()).is_some_and(within);
        within(self.query.source) || (port.vips.contains(&self.query.source) && from_node())
    }

    /// Whether an address of the packet serves node ports.
    pub(super) fn serves_node_ports(&self, loopback: bool) -> bool {
        let ip = self.query.to.ip();
        match self.node.node_port_addresses(self.network, self.ipv6()) {
            None => self.node.is_own(ip) && (loopback || !ip.is_loopback()),
            Some(listed) => listed.contains(&ip) && (loopback || !ip.is_loopback()),
        }
    }

    /// The chain for external addresses: the policy Cluster masquerades everything; under Local, Pods and the node itself
    /// go past the policy.
    pub(super) fn external(&self, port: &'a ServicePort) -> External<'a> {
        let (choice, masquerade, bypass) = if !port.external_local {
            (port.endpoints.cluster(self.node), true, false)
        } else if self.pod_sent_it() {
            (port.endpoints.cluster(self.node), false, true)
        } else if self.node.is_own(self.query.source) {
            (port.endpoints.cluster(self.node), true, true)
        } else {
            (port.endpoints.local(self.node), false, false)
        };
        External {
            choice,
            masquerade,
            bypass,
        }
    }

    /// What the internal traffic policy allows.
    pub(super) fn internal(&self, port: &'a ServicePort) -> Choice<'a> {
        port.endpoints.choose(internal_policy(port), self.node)
    }

    /// An answer without a Service.
    pub(super) fn ruling(&self, fate: Fate, via: Via) -> Ruling<'a> {
        Ruling {
            mode: self.network.proxy_mode,
            fate,
            via,
            port: None,
            owner: None,
            choice: None,
            masquerade: false,
            bypass: false,
            node: self.node.clone(),
            hairpin: Hairpin::Any,
            query: self.query,
        }
    }

    /// An answer about a Service port.
    pub(super) fn about(&self, port: &'a Rc<ServicePort>, fate: Fate, via: Via) -> Ruling<'a> {
        Ruling {
            port: Some(port),
            owner: Some(&port.name.service),
            ..self.ruling(fate, via)
        }
    }

    /// The packet is sent on.
    pub(super) fn send(&self, port: &'a Rc<ServicePort>, via: Via, to: External<'a>) -> Ruling<'a> {
        Ruling {
            choice: Some(to.choice),
            masquerade: to.masquerade,
            bypass: to.bypass,
            ..self.about(port, Fate::Endpoint, via)
        }
    }
}

/// The policy for traffic to the `ClusterIP`.
pub(super) fn internal_policy(port: &ServicePort) -> Policy {
    if port.internal_local {
        Policy::Local
    } else {
        Policy::Cluster
    }
}

/// The policy for traffic to external addresses.
pub(super) fn external_policy(port: &ServicePort) -> Policy {
    if port.external_local {
        Policy::Local
    } else {
        Policy::Cluster
    }
}

impl<'a> Ruling<'a> {
    /// The endpoints that the packet may reach, in rule order.
    pub fn endpoints(&self) -> impl Iterator<Item = &'a Endpoint> + use<'a> {
        self.choice.into_iter().flat_map(|choice| choice.iter())
    }

    /// Whether the packet's source becomes the node's address on the way to an endpoint: also if that endpoint sent it,
    /// since the answer would otherwise not come back the same way.
    pub fn masquerades(&self, endpoint: &Endpoint) -> bool {
        let loops = endpoint.address.ip() == self.query.source;
        let seen = match self.hairpin {
            Hairpin::Any => true,
            Hairpin::Local => endpoint.node == self.node.name,
        };
        self.masquerade || (loops && seen)
    }

    /// The field of the Service that the rule rests on: `spec.ports[0].nodePort`.
    pub fn field(&self) -> Field {
        let index = self.port.map_or(0, |port| port.index);
        let policy = match self.via {
            Via::ClusterIp => "spec.internalTrafficPolicy",
            _ => "spec.externalTrafficPolicy",
        };
        match (self.fate, self.via) {
            (
                Fate::Reject,
                Via::ClusterIp | Via::ExternalIp | Via::LoadBalancer | Via::NodePort,
            ) => "spec.selector".into(),
            (Fate::Drop, Via::ClusterIp | Via::ExternalIp | Via::LoadBalancer | Via::NodePort) => {
                policy.into()
            }
            (_, Via::NodePort) => Field::OfPort(index, "nodePort"),
            (_, Via::ExternalIp) => "spec.externalIPs".into(),
            (_, Via::SourceRanges) => "spec.loadBalancerSourceRanges".into(),
            (_, Via::HealthCheck) => "spec.healthCheckNodePort".into(),
            (_, Via::OtherPort) => "spec.ports".into(),
            _ => Field::OfPort(index, "port"),
        }
    }

    /// The rule in the words of the node's own listing: its chain, what it says, and where it leads.
    pub fn because(&self) -> String {
        match self.mode {
            ProxyMode::Iptables => iptables::because(self),
            ProxyMode::Nftables => nftables::because(self),
            ProxyMode::Ipvs => ipvs::because(self),
        }
    }

    /// The same for a rule that picks an endpoint: its words are written once for all packets to an address.
    pub fn rule(&self) -> Rc<str> {
        match self.port {
            Some(port) => port
                .rules
                .of(self.mode, self.via, self.query.to, &|| self.because()),
            None => self.because().into(),
        }
    }
}
