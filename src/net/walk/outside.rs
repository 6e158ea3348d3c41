//! The network around the nodes: what the laptop and the world outside can reach, and what becomes of packets that leave the cluster.

use super::client::{is_laptop, is_outside};
use super::deliver::{arrival, process};
use super::way::{FAR, Stage, Stop, Way};
use super::{Arrival, Network};
use crate::api::image::Serves;
use crate::api::{Object, ObjectKey, kind};
use crate::net::Place;
use crate::net::address_book::{Bearer, Identity};
use crate::net::because::Spot;
use crate::net::hop::{ConnectError, Protocol, Verdict};
use crate::net::proxy::Hook;
use crate::store::{Cidr, Speaker};
use std::net::IpAddr;
use std::rc::Rc;

impl Network<'_> {
    /// A packet of the laptop, or of a machine outside.
    pub(super) fn leave_machine(&self, way: &mut Way<'_>) -> Stage<Arrival> {
        let ip = way.dst.ip();
        let on_laptop = way.packet.from == Place::Laptop;
        if (on_laptop && ip.is_loopback()) || is_laptop(ip) {
            return self.to_laptop(way);
        }
        if ip.is_loopback() || is_outside(ip) {
            return self.beyond(way);
        }
        if let Some(owner) = self.book.owner(ip).filter(|o| o.bearer == Bearer::Node) {
            return self.enter_node(way, &owner.node);
        }
        if let Some((what, cidr)) = self.inner_subnet(ip) {
            let because = format!(
                "{ip} is in the {what} subnet {cidr}, which only nodes and Pods can route to"
            );
            let service = self.proxy.owner(ip).cloned();
            let hop = way.hop(&"outside".into(), Verdict::Dropped, because.into());
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
        let speaker = if balanced {
            self.tables.speaker(&object, ip)
        } else {
            let taker = self.tables.takers().next();
            taker.map_or(Speaker::NoEndpoint, |node| {
                Speaker::Node(node.meta.name.clone())
            })
        };
        let node = match speaker {
            Speaker::Node(node) => node,
            nobody => {
                let (because, field) = self.unannounced(&object, ip, &nobody);
                way.hop(&"outside".into(), Verdict::Unreachable, because.into())
                    .about(service.clone(), field);
                return Err(Stop::NOBODY);
            }
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
        way.beside(node_place(&node), Verdict::Forwarded, because.into())
            .about(service.clone(), field);
        self.enter_node(way, &node)
    }

    /// Why no node answers for a load balancer's address.
    fn unannounced(
        &self,
        service: &Object,
        ip: IpAddr,
        nobody: &Speaker,
    ) -> (String, &'static str) {
        let name = &service.meta.name;
        match nobody {
            Speaker::NotAdvertised(pool) => (
                format!(
                    "no node announces {ip}: no L2Advertisement selects the IPAddressPool {pool}"
                ),
                "spec.type",
            ),
            Speaker::NoNodeSelected(pool) => (
                format!(
                    "no node announces {ip}: the nodeSelectors of the L2Advertisements for the IPAddressPool {pool} select no node that load balancers use"
                ),
                "spec.type",
            ),
            Speaker::Node(_) | Speaker::NoEndpoint => {
                if self.tables.has_serving_endpoint(service, None) {
                    (
                        format!(
                            "no node announces {ip}: externalTrafficPolicy is Local, and no node that load balancers use has an endpoint of Service {name}"
                        ),
                        "spec.externalTrafficPolicy",
                    )
                } else {
                    (
                        format!(
                            "no node announces {ip}: Service {name} has no endpoint that serves"
                        ),
                        "spec.selector",
                    )
                }
            }
        }
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
        way.hop(&"laptop".into(), Verdict::Refused, because.into())
            .latency = FAR;
        Err(Stop::at_once(ConnectError::Refused))
    }

    /// The world beyond: no host of it is simulated but public resolvers.
    pub(super) fn beyond(&self, way: &mut Way<'_>) -> Stage<Arrival> {
        if asks_names(way) && is_public(way.dst.ip()) {
            return Ok(to_resolver(way, "outside", "a public resolver"));
        }
        if way.dst.ip().is_loopback() || is_outside(way.dst.ip()) {
            let because = format!("nothing outside listens on {}", way.dst.port());
            way.hop(&"outside".into(), Verdict::Refused, because.into())
                .latency = FAR;
            return Err(Stop::at_once(ConnectError::Refused));
        }
        let because = "nothing outside the cluster answers there".to_owned();
        way.hop(&"outside".into(), Verdict::Dropped, because.into());
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
    way.hop(&place.into(), Verdict::Delivered, because.into())
        .latency = FAR;
    let resolver = Identity::new(ObjectKey::new(kind::NODE, "", place), "");
    let listening = process("resolver", 53, Serves::Dns);
    arrival(way, resolver.into(), listening.into())
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

/// The chart's place of a node.
pub(super) fn node_place(node: &Rc<str>) -> Spot {
    Spot::Node(node.clone())
}

/// Whether a load balancer gave a Service this address.
fn is_ingress_ip(object: &Object, ip: IpAddr) -> bool {
    object.service().is_some_and(|service| {
        let ingress = service.status.load_balancer.ingress.iter();
        ingress.into_iter().any(|i| i.ip.parse() == Ok(ip))
    })
}
