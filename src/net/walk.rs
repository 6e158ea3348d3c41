//! The way of one packet, hop by hop, from where a client stands to a listening process or to its end.
//!
//! It asks, in the order of a real node: is the destination a Service's address, a node's, a Pod's, or beyond the cluster?

use super::fault::Fault;
use super::hop::{ConnectError, Hop, Protocol, Verdict};
use super::probe::bridge_of;
use super::proxy::{Backend, Proxy, ServicePortName};
use super::{Place, script};
use crate::api::image::{Listening, Serves, listening};
use crate::api::pod::Pod;
use crate::api::service::Service;
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::{Rng, Span};
use crate::store::{ClusterNetwork, ProxyMode, Tables};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// The laptop's address: it shares the nodes' network, as with minikube or kind.
const LAPTOP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 49, 1));
/// How long a packet takes inside a node, and between two nodes.
const NEAR: Span = Span::micros(40);
const FAR: Span = Span::micros(300);

/// A packet that opens a connection, or a datagram.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Where the client stands.
    pub from: Place,
    /// The client's port.
    pub source_port: u16,
    /// Where it wants to go.
    pub to: SocketAddr,
    /// The protocol.
    pub protocol: Protocol,
}

/// Where a packet arrived.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The Pod (or Node) that received it.
    pub key: ObjectKey,
    /// Its uid.
    pub uid: String,
    /// The process that listens.
    pub listening: Listening,
}

/// The hops of a packet and its end.
#[derive(Clone, Debug)]
pub struct Walk {
    /// The hops in order.
    pub hops: Vec<Hop>,
    /// Where it arrived, or why not.
    pub end: Result<Arrival, ConnectError>,
}

/// What a walk looks at.
#[derive(Debug)]
pub struct Network<'a> {
    /// The stored objects.
    pub tables: &'a Tables,
    /// What kube-proxy has programmed.
    pub proxy: &'a Proxy,
    /// Subnets and proxy mode.
    pub settings: &'a ClusterNetwork,
}

/// A walk under way.
struct Steps {
    hops: Vec<Hop>,
    at: String,
    src: String,
}

impl Steps {
    fn hop(
        &mut self,
        to: impl Into<String>,
        dst: SocketAddr,
        verdict: Verdict,
        because: impl Into<String>,
    ) -> &mut Hop {
        let to = to.into();
        let from = std::mem::replace(&mut self.at, to.clone());
        let hop = Hop {
            from,
            to,
            src: self.src.clone(),
            dst: dst.to_string(),
            verdict,
            because: because.into(),
            object: None,
            field: String::new(),
            latency: NEAR,
        };
        self.hops.push(hop);
        let last = self.hops.len().saturating_sub(1);
        #[expect(
            clippy::indexing_slicing,
            reason = "the hop was pushed two lines above"
        )]
        &mut self.hops[last]
    }
}

impl Hop {
    fn about(&mut self, object: ObjectKey, field: impl Into<String>) {
        self.object = Some(object);
        self.field = field.into();
    }
}

impl Network<'_> {
    /// Walks a packet to its end.
    pub fn walk(&self, packet: &Packet, rng: &mut Rng) -> Walk {
        let source = self.source_address(&packet.from);
        let mut steps = Steps {
            hops: Vec::new(),
            at: packet.from.id(),
            src: SocketAddr::new(source, packet.source_port).to_string(),
        };
        let end = if packet.from == Place::Laptop {
            self.walk_from_outside(packet, &mut steps, rng)
        } else {
            self.walk_from_inside(packet, &mut steps, rng)
        };
        Walk {
            hops: steps.hops,
            end,
        }
    }

    /// The address that a client's packets bear.
    pub fn source_address(&self, place: &Place) -> IpAddr {
        let parsed = match place {
            Place::Laptop => None,
            Place::Node(name) => self
                .tables
                .find(kind::NODE, "", name)
                .and_then(|n| n.node()?.internal_ip().parse().ok()),
            Place::Pod {
                namespace, name, ..
            } => self
                .tables
                .find(kind::POD, namespace, name)
                .and_then(|p| p.pod()?.status.pod_ip.parse().ok()),
        };
        parsed.unwrap_or(LAPTOP)
    }

    fn walk_from_outside(
        &self,
        packet: &Packet,
        steps: &mut Steps,
        rng: &mut Rng,
    ) -> Result<Arrival, ConnectError> {
        let ip = packet.to.ip();
        let subnet =
            |cidrs: &[crate::store::Cidr]| cidrs.iter().find(|cidr| cidr.contains(ip)).copied();
        let inner = subnet(&self.settings.service_cidrs)
            .map(|cidr| ("Service", cidr))
            .or_else(|| subnet(&self.settings.pod_cidrs).map(|cidr| ("Pod", cidr)));
        if let Some((what, cidr)) = inner {
            let because = format!(
                "{ip} is in the {what} subnet {cidr}, which only nodes and Pods can route to"
            );
            let hop = steps.hop("outside", packet.to, Verdict::Dropped, because);
            if let Some(service) = self.proxy.owner(ip) {
                hop.about(service.clone(), "spec.type");
            }
            return Err(ConnectError::TimedOut);
        }
        if let Some(node) = self.node_with(ip) {
            return self.to_node(packet, &node, steps, rng);
        }
        if let Some(name) = self.proxy.service(packet.to, packet.protocol).cloned() {
            return self.to_service(packet, &name, steps, rng);
        }
        steps.hop(
            "outside",
            packet.to,
            Verdict::Dropped,
            "nothing outside the cluster answers there",
        );
        Err(ConnectError::TimedOut)
    }

    fn walk_from_inside(
        &self,
        packet: &Packet,
        steps: &mut Steps,
        rng: &mut Rng,
    ) -> Result<Arrival, ConnectError> {
        let ip = packet.to.ip();
        if let Some(error) = self.faulty_service(packet, steps) {
            return Err(error);
        }
        if let Some(name) = self.proxy.service(packet.to, packet.protocol).cloned() {
            return self.to_service(packet, &name, steps, rng);
        }
        if let Some(owner) = self.proxy.owner(ip).cloned() {
            return self.wrong_port(packet, &owner, steps);
        }
        if let Some(cidr) = self
            .settings
            .service_cidrs
            .iter()
            .find(|cidr| cidr.contains(ip))
        {
            let because =
                format!("no Service has {ip}, so no rule catches it in the Service subnet {cidr}");
            steps.hop("outside", packet.to, Verdict::Dropped, because);
            return Err(ConnectError::TimedOut);
        }
        if let Some(node) = self.node_with(ip) {
            return self.to_node(packet, &node, steps, rng);
        }
        if let Some(pod) = self.pod_with(ip) {
            return self.to_pod(packet, packet.to, &pod, None, steps);
        }
        if self.settings.pod_cidrs.iter().any(|cidr| cidr.contains(ip)) {
            let because = format!("no Pod has {ip} now");
            steps.hop("outside", packet.to, Verdict::Unreachable, because);
            return Err(ConnectError::NoRoute);
        }
        steps.hop(
            "outside",
            packet.to,
            Verdict::Dropped,
            "nothing outside the cluster answers there",
        );
        Err(ConnectError::TimedOut)
    }

    /// The end that a Service's fault makes of packets to it.
    fn faulty_service(&self, packet: &Packet, steps: &mut Steps) -> Option<ConnectError> {
        let owner = self.proxy.owner(packet.to.ip())?;
        let (verdict, error, what) = Fault::of(self.tables.get(owner)?)?.end()?;
        let place = format!("service/{}/{}", owner.namespace, owner.name);
        steps
            .hop(
                place,
                packet.to,
                verdict,
                format!("Service {} {what}", owner.name),
            )
            .about(owner.clone(), "metadata.annotations");
        Some(error)
    }

    /// A Service's address on a port that the Service does not have: each proxy mode has its own way.
    fn wrong_port(
        &self,
        packet: &Packet,
        owner: &ObjectKey,
        steps: &mut Steps,
    ) -> Result<Arrival, ConnectError> {
        let ports = self
            .service(owner)
            .map(|s| ports_text(&s))
            .unwrap_or_default();
        let place = format!("service/{}/{}", owner.namespace, owner.name);
        let has = format!(
            "Service {} has {ports}, not {}/{}",
            owner.name,
            packet.to.port(),
            packet.protocol
        );
        let (verdict, end, because) = match self.settings.proxy_mode {
            ProxyMode::Iptables => (
                Verdict::Dropped,
                ConnectError::TimedOut,
                format!("{has}: no rule catches the packet, it leaves by the default route"),
            ),
            ProxyMode::Nftables | ProxyMode::Ipvs => (Verdict::Refused, ConnectError::Refused, has),
        };
        steps
            .hop(place, packet.to, verdict, because)
            .about(owner.clone(), "spec.ports");
        Err(end)
    }

    fn to_service(
        &self,
        packet: &Packet,
        name: &ServicePortName,
        steps: &mut Steps,
        rng: &mut Rng,
    ) -> Result<Arrival, ConnectError> {
        let usable = self.proxy.usable(name);
        let chosen = rng.below(usable.len() as u64) as usize;
        let Some(backend) = usable.get(chosen) else {
            let because = format!("no endpoints: {}", self.why_none(&name.service));
            steps
                .hop(name.place(), packet.to, Verdict::Refused, because)
                .about(name.service.clone(), "spec.selector");
            return Err(ConnectError::Refused);
        };
        let rule = format!(
            "rule {} of {}{}",
            chosen + 1,
            usable.len(),
            probability(usable.len(), chosen)
        );
        steps
            .hop(name.place(), packet.to, Verdict::Forwarded, rule)
            .about(name.service.clone(), self.port_field(name, "port"));
        let slice = format!(
            "endpointslice/{}/{}",
            backend.slice.namespace, backend.slice.name
        );
        let because = format!("DNAT to {}", backend.address);
        steps
            .hop(slice, backend.address, Verdict::Translated, because)
            .about(backend.slice.clone(), "");
        self.to_backend(packet, backend, name, steps)
    }

    fn to_backend(
        &self,
        packet: &Packet,
        backend: &Backend,
        name: &ServicePortName,
        steps: &mut Steps,
    ) -> Result<Arrival, ConnectError> {
        let ip = backend.address.ip();
        if let Some(pod) = self.pod_with(ip) {
            return self.to_pod(packet, backend.address, &pod, Some(name), steps);
        }
        if let Some(node) = self.node_with(ip) {
            return self.to_process(packet, backend.address, &node, steps);
        }
        steps.hop(
            "outside",
            backend.address,
            Verdict::Unreachable,
            format!("nothing has {ip} now"),
        );
        Err(ConnectError::NoRoute)
    }

    fn to_node(
        &self,
        packet: &Packet,
        node: &Rc<Object>,
        steps: &mut Steps,
        rng: &mut Rng,
    ) -> Result<Arrival, ConnectError> {
        if let Some(name) = self
            .proxy
            .node_port(packet.to.port(), packet.protocol)
            .cloned()
        {
            let place = format!("node//{}", node.meta.name);
            let because = format!("node port {} of {}", packet.to.port(), name.comment());
            steps
                .hop(place, packet.to, Verdict::Forwarded, because)
                .about(name.service.clone(), self.port_field(&name, "nodePort"));
            return self.to_service(packet, &name, steps, rng);
        }
        self.to_process(packet, packet.to, node, steps)
    }

    /// A process of the node itself: the API server on the control plane, the kubelet everywhere.
    fn to_process(
        &self,
        packet: &Packet,
        to: SocketAddr,
        node: &Rc<Object>,
        steps: &mut Steps,
    ) -> Result<Arrival, ConnectError> {
        let control_plane = node
            .meta
            .labels
            .contains_key("node-role.kubernetes.io/control-plane");
        let program = match to.port() {
            6443 if control_plane => Some("kube-apiserver"),
            10250 => Some("kubelet"),
            _ => None,
        };
        let place = format!("node//{}", node.meta.name);
        let Some(program) = program.filter(|_| packet.protocol == Protocol::Tcp) else {
            let because = format!("nothing listens on {} on {}", to.port(), node.meta.name);
            steps.hop(place, to, Verdict::Refused, because);
            return Err(ConnectError::Refused);
        };
        steps
            .hop(
                place,
                to,
                Verdict::Delivered,
                format!("{program} listens on {}", to.port()),
            )
            .latency = FAR;
        let listening = Listening {
            port: to.port(),
            udp: false,
            serves: Serves::Silent,
            text: None,
            script: None,
            container: program.to_owned(),
            known: true,
        };
        Ok(Arrival {
            key: node.key(),
            uid: node.meta.uid.clone(),
            listening,
        })
    }

    fn to_pod(
        &self,
        packet: &Packet,
        to: SocketAddr,
        object: &Rc<Object>,
        through: Option<&ServicePortName>,
        steps: &mut Steps,
    ) -> Result<Arrival, ConnectError> {
        let Some(pod) = object.pod() else {
            return Err(ConnectError::NoRoute);
        };
        let place = format!("pod/{}/{}", object.meta.namespace, object.meta.name);
        let all = script::listening(&object.meta, listening(pod));
        let udp = packet.protocol == Protocol::Udp;
        let fault = Fault::of(object);
        let mut latency = self.distance(&packet.from, pod);
        if let Some(Fault::Slow(more)) = fault {
            latency = latency + more;
        }
        if let Some((verdict, error, what)) = fault.and_then(Fault::end) {
            let because = format!("Pod {} {what}", object.meta.name);
            steps
                .hop(place, to, verdict, because)
                .about(object.key(), "metadata.annotations");
            return Err(error);
        }
        if let Some(found) = all.iter().find(|l| l.port == to.port() && l.udp == udp) {
            let because = format!("{} listens on {}", found.container, found.port);
            let hop = steps.hop(place, to, Verdict::Delivered, because);
            hop.latency = latency;
            return Ok(Arrival {
                key: object.key(),
                uid: object.meta.uid.clone(),
                listening: Listening {
                    serves: match fault {
                        Some(Fault::Resetting) => Serves::Resetting,
                        _ => found.serves,
                    },
                    ..found.clone()
                },
            });
        }
        let because = format!(
            "nothing in the Pod listens on {}{}",
            to.port(),
            others(&all, udp)
        );
        let hop = steps.hop(place, to, Verdict::Refused, because);
        hop.latency = latency;
        match through {
            Some(name) => hop.about(name.service.clone(), self.port_field(name, "targetPort")),
            None => hop.about(object.key(), "spec.containers"),
        }
        Err(ConnectError::Refused)
    }

    fn distance(&self, from: &Place, pod: &Pod) -> Span {
        let node = match from {
            Place::Laptop => None,
            Place::Node(name) => Some(name.to_string()),
            Place::Pod {
                namespace, name, ..
            } => self
                .tables
                .find(kind::POD, namespace, name)
                .and_then(|p| p.pod())
                .map(|p| p.spec.node_name.clone()),
        };
        if node.as_deref() == Some(pod.spec.node_name.as_str()) {
            NEAR
        } else {
            FAR
        }
    }

    fn service(&self, key: &ObjectKey) -> Option<Service> {
        self.tables
            .get(key)
            .and_then(|object| object.service().cloned())
    }

    /// `spec.ports[1].targetPort`, for the port that a name stands for.
    fn port_field(&self, name: &ServicePortName, field: &str) -> String {
        let ports = self
            .service(&name.service)
            .map(|s| s.spec.ports)
            .unwrap_or_default();
        let index = ports
            .iter()
            .position(|p| p.name == name.port && p.port == i64::from(name.number))
            .unwrap_or(0);
        format!("spec.ports[{index}].{field}")
    }

    /// Why a Service has no endpoint that traffic may be sent to.
    fn why_none(&self, key: &ObjectKey) -> String {
        let Some(service) = self.service(key) else {
            return "the Service is gone".to_owned();
        };
        let selector = &service.spec.selector;
        if selector.is_empty() {
            return format!(
                "Service {} has no selector, and no EndpointSlice was made for it by hand",
                key.name
            );
        }
        let text: Vec<String> = selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let matching = self.tables.pods_with(&key.namespace, selector);
        match matching.len() {
            0 => format!("{} matches 0 Pods", text.join(",")),
            1 => format!("the one Pod that {} matches is not ready", text.join(",")),
            n => format!(
                "none of the {n} Pods that {} matches is ready",
                text.join(",")
            ),
        }
    }

    pub(super) fn node_with(&self, ip: IpAddr) -> Option<Rc<Object>> {
        let text = ip.to_string();
        let has = |o: &&Rc<Object>| {
            o.node()
                .is_some_and(|node| node.status.addresses.iter().any(|a| a.address == text))
                || bridge_of(o) == Some(ip)
        };
        self.tables.all(kind::NODE).find(has).cloned()
    }

    pub(super) fn pod_with(&self, ip: IpAddr) -> Option<Rc<Object>> {
        let text = ip.to_string();
        let has = |o: &&Rc<Object>| {
            o.pod().is_some_and(|pod| {
                !pod.is_finished()
                    && !pod.spec.host_network
                    && pod.status.pod_ips.iter().any(|p| p.ip == text)
            })
        };
        self.tables.all(kind::POD).find(has).cloned()
    }
}

/// The chance with which a rule is taken, as iptables states it: 1 of those that are left.
fn probability(count: usize, index: usize) -> String {
    let left = count.saturating_sub(index);
    if left <= 1 {
        return String::new();
    }
    let hundredths = (100 + left / 2) / left;
    format!(" (p=0.{hundredths:02})")
}

/// What else a Pod listens on: `; it listens on 6379`.
fn others(all: &[Listening], udp: bool) -> String {
    let ports: Vec<String> = all
        .iter()
        .filter(|l| l.udp == udp)
        .map(|l| l.port.to_string())
        .collect();
    if ports.is_empty() {
        String::new()
    } else {
        format!("; it listens on {}", ports.join(", "))
    }
}

/// `6379/TCP, 9121/TCP`.
fn ports_text(service: &Service) -> String {
    let ports = service
        .spec
        .ports
        .iter()
        .map(|p| format!("{}/{}", p.port, p.protocol()));
    ports.collect::<Vec<_>>().join(", ")
}
