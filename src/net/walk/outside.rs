//! The network around the nodes: what the laptop can reach, and what becomes of packets that leave the cluster.

use super::client::LAPTOP;
use super::deliver::{arrival, process};
use super::way::{FAR, Stage, Stop, Way};
use super::{Arrival, Network};
use crate::api::image::Serves;
use crate::api::service::ServiceType;
use crate::api::{Object, ObjectKey, kind};
use crate::net::address_book::{Bearer, Owner};
use crate::net::hop::{ConnectError, Protocol, Verdict};
use crate::net::proxy::Hook;
use crate::store::Cidr;
use std::net::IpAddr;
use std::rc::Rc;

/// The label that keeps load balancers from a node; kubeadm gives it to control planes.
const EXCLUDED: &str = "node.kubernetes.io/exclude-from-external-load-balancers";
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

impl Network<'_> {
    /// A packet of the laptop.
    pub(super) fn leave_laptop(&self, way: &mut Way<'_>) -> Stage<Arrival> {
        let ip = way.dst.ip();
        if ip.is_loopback() || ip == LAPTOP {
            return self.to_laptop(way);
        }
        if let Some(owner) = self.book.owner(ip).filter(|o| o.bearer == Bearer::Node) {
            let owner = owner.clone();
            return self.to_node(way, &owner);
        }
        if let Some((what, cidr)) = self.inner_subnet(ip) {
            let because = format!(
                "{ip} is in the {what} subnet {cidr}, which only nodes and Pods can route to"
            );
            let service = self.proxy.owner(ip).cloned();
            let hop = way.hop(&"outside".into(), Verdict::Dropped, because);
            if let Some(service) = service {
                hop.about(service, "spec.type");
            }
            return Err(Stop::SILENCE);
        }
        if let Some(service) = self.proxy.owner(ip).cloned() {
            return self.announced(way, &service);
        }
        self.beyond(way)
    }

    /// The subnet of the cluster that an address lies in.
    pub(super) fn inner_subnet(&self, ip: IpAddr) -> Option<(&'static str, Cidr)> {
        let within = |cidrs: &[Cidr]| cidrs.iter().find(|cidr| cidr.contains(ip)).copied();
        within(&self.settings.service_cidrs)
            .map(|cidr| ("Service", cidr))
            .or_else(|| within(&self.settings.pod_cidrs).map(|cidr| ("Pod", cidr)))
    }

    /// An address of a Service that stands on no interface: a node takes it in.
    fn announced(&self, way: &mut Way<'_>, service: &ObjectKey) -> Stage<Arrival> {
        let ip = way.dst.ip();
        let Some(object) = self.tables.get(service).cloned() else {
            return self.beyond(way);
        };
        let balanced = is_ingress_ip(&object, ip);
        let node = if balanced {
            self.speaker(&object)
        } else {
            self.workers().next().map(|node| node.meta.name.clone())
        };
        let Some(node) = node else {
            let name = &service.name;
            let (because, field) = if self.has_serving_endpoint(&object, None) {
                let text = format!(
                    "no node announces {ip}: externalTrafficPolicy is Local, and no node that load balancers use has an endpoint of Service {name}"
                );
                (text, "spec.externalTrafficPolicy")
            } else {
                let text =
                    format!("no node announces {ip}: Service {name} has no endpoint that serves");
                (text, "spec.selector")
            };
            way.hop(&"outside".into(), Verdict::Unreachable, because)
                .about(service.clone(), field);
            return Err(Stop::NOBODY);
        };
        let node: Rc<str> = node.into();
        let because = if balanced {
            format!("the load balancer leads {ip} to {node}")
        } else {
            format!("this network routes the external address {ip} to {node}")
        };
        let field = if balanced {
            "spec.type"
        } else {
            "spec.externalIPs"
        };
        way.beside(node_place(&node), Verdict::Forwarded, because)
            .about(service.clone(), field);
        self.enter_node(way, &node)
    }

    /// The node that answers for a load balancer's address, as MetalLB's layer 2 mode elects one: none without an endpoint
    /// that can serve, and with externalTrafficPolicy Local one that has such an endpoint.
    fn speaker(&self, service: &Object) -> Option<String> {
        let spec = &service.service()?.spec;
        let local = spec.service_type() == ServiceType::LoadBalancer
            && spec.external_traffic_policy == "Local";
        let serves = |node: Option<&str>| self.has_serving_endpoint(service, node);
        let mut nodes = self.workers().map(|node| node.meta.name.clone());
        nodes.find(|name| serves(local.then_some(name.as_str())))
    }

    /// The nodes that take in traffic from outside; all of them if every one is excluded.
    fn workers(&self) -> impl Iterator<Item = &Rc<Object>> {
        let excluded = |node: &Rc<Object>| {
            let labels = &node.meta.labels;
            labels.contains_key(EXCLUDED) || labels.contains_key(CONTROL_PLANE)
        };
        let all = self.tables.all(kind::NODE).all(excluded);
        let ready = |node: &&Rc<Object>| node.node().is_some_and(|n| n.is_ready());
        self.tables
            .all(kind::NODE)
            .filter(move |node| all || !excluded(node))
            .filter(ready)
    }

    /// Whether a Service has an endpoint that is ready, or serves still, on a node or on any.
    fn has_serving_endpoint(&self, service: &Object, node: Option<&str>) -> bool {
        let slices = self
            .tables
            .slices_of(&service.meta.namespace, &service.meta.name);
        let endpoints = slices
            .iter()
            .filter_map(|slice| slice.slice())
            .flat_map(|slice| slice.endpoints());
        let mut here = endpoints.filter(|e| node.is_none() || e.node_name.as_deref() == node);
        here.any(|e| e.conditions.is_ready() || e.conditions.serving == Some(true))
    }

    /// A packet comes to a node's address from the network.
    pub(super) fn to_node(&self, way: &mut Way<'_>, owner: &Owner) -> Stage<Arrival> {
        self.enter_node(way, &owner.node)
    }

    /// A packet comes into a node from the network: its fault, then its rules.
    pub(super) fn enter_node(&self, way: &mut Way<'_>, node: &Rc<str>) -> Stage<Arrival> {
        self.node_fault(way, node)?;
        way.enter(node, Hook::Prerouting);
        self.through_node(way)
    }

    /// The laptop itself: it serves nothing but names of the world outside, as the resolver of the nodes' network.
    pub(super) fn to_laptop(&self, way: &mut Way<'_>) -> Stage<Arrival> {
        if asks_names(way) {
            return Ok(to_resolver(
                way,
                "laptop",
                "the resolver of the nodes' network",
            ));
        }
        let because = format!("nothing on the laptop listens on {}", way.dst.port());
        way.hop(&"laptop".into(), Verdict::Refused, because).latency = FAR;
        Err(Stop::at_once(ConnectError::Refused))
    }

    /// The world beyond: no host of it is simulated but public resolvers.
    pub(super) fn beyond(&self, way: &mut Way<'_>) -> Stage<Arrival> {
        if asks_names(way) && is_public(way.dst.ip()) {
            return Ok(to_resolver(way, "outside", "a public resolver"));
        }
        let because = "nothing outside the cluster answers there".to_owned();
        way.hop(&"outside".into(), Verdict::Dropped, because);
        Err(Stop::SILENCE)
    }
}

/// Whether a packet is for a name server.
fn asks_names(way: &Way<'_>) -> bool {
    way.dst.port() == 53 && way.packet.protocol != Protocol::Sctp
}

/// A resolver outside the cluster takes a packet.
fn to_resolver(way: &mut Way<'_>, place: &str, who: &str) -> Arrival {
    let because = format!("{who} listens on 53");
    way.hop(&place.into(), Verdict::Delivered, because).latency = FAR;
    let resolver = ObjectKey::new(kind::NODE, "", place);
    let listening = process("resolver", 53, Serves::Dns);
    arrival(way, (resolver, String::new()), listening)
}

/// Whether an address is one of the real Internet's, at which a public resolver may be.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let special = ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_documentation()
                || ip.is_multicast()
                || ip.is_broadcast()
                || ip.is_unspecified();
            !special
        }
        IpAddr::V6(ip) => {
            let [first, second, ..] = ip.segments();
            first & 0xe000 == 0x2000 && (first, second) != (0x2001, 0xdb8)
        }
    }
}

/// The chart's name of a node.
pub(super) fn node_place(node: &str) -> Rc<str> {
    format!("node//{node}").into()
}

/// Whether a load balancer gave a Service this address.
fn is_ingress_ip(object: &Object, ip: IpAddr) -> bool {
    object.service().is_some_and(|service| {
        let ingress = service.status.load_balancer.ingress.iter();
        ingress.into_iter().any(|i| i.ip.parse() == Ok(ip))
    })
}
