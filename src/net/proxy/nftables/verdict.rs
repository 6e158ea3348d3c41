//! What the table `kube-proxy` does to a packet: source ranges first, then the dispatch by address and port, then the
//! checks for what was not sent on.

use crate::net::proxy::programmed::Door;
use crate::net::proxy::ruling::{Ask, External, Hairpin, external_policy, internal_policy};
use crate::net::proxy::{Fate, Policy, Ruling, ServicePort, Via, names};
use std::rc::Rc;

/// Sends a packet through the rules.
pub(crate) fn rule<'a>(ask: &Ask<'a, '_>) -> Ruling<'a> {
    let ruling = firewall(ask)
        .or_else(|| dispatch(ask))
        .or_else(|| endpoints_check(ask))
        .or_else(|| cluster_ips_check(ask))
        .unwrap_or_else(|| ask.ruling(Fate::NoRule, Via::Nothing));
    Ruling {
        hairpin: Hairpin::Local,
        ..ruling
    }
}

/// `firewall-check`: whether there are endpoints does not matter.
fn firewall<'a>(ask: &Ask<'a, '_>) -> Option<Ruling<'a>> {
    let claims = ask.proxy.claims(ask.query.to, ask.query.protocol);
    let walled = |(door, port): &&(Door, Rc<ServicePort>)| {
        *door == Door::LoadBalancer && !port.source_ranges.is_empty()
    };
    let (_, port) = claims.iter().find(walled)?;
    (!ask.in_source_ranges(port)).then(|| ask.about(port, Fate::Drop, Via::SourceRanges))
}

/// `services`: an address and port have one element, which leads to one chain and does not come back.
fn dispatch<'a>(ask: &Ask<'a, '_>) -> Option<Ruling<'a>> {
    let query = &ask.query;
    for (door, port) in ask.proxy.claims(query.to, query.protocol) {
        if *door == Door::ClusterIp {
            let choice = ask.internal(port);
            let to = External {
                choice,
                masquerade: ask.masquerades_internal(),
                bypass: false,
            };
            if !choice.is_empty() {
                return Some(ask.send(port, Via::ClusterIp, to));
            }
        } else if port.endpoints.has_any() {
            return external(ask, port, via(*door));
        }
    }
    let mut ports = ask
        .proxy
        .node_port(query.to.port(), query.protocol, ask.ipv6())
        .iter()
        .filter(|port| port.endpoints.has_any());
    let port = ports.next()?;
    ask.serves_node_ports(false)
        .then(|| external(ask, port, Via::NodePort))?
}

fn via(door: Door) -> Via {
    match door {
        Door::ClusterIp => Via::ClusterIp,
        Door::ExternalIp => Via::ExternalIp,
        Door::LoadBalancer => Via::LoadBalancer,
    }
}

/// `external-…`.
fn external<'a>(ask: &Ask<'a, '_>, port: &'a Rc<ServicePort>, via: Via) -> Option<Ruling<'a>> {
    let to = ask.external(port);
    (!to.choice.is_empty()).then(|| ask.send(port, via, to))
}

/// `nodeport-endpoints-check` and `service-endpoints-check`.
fn endpoints_check<'a>(ask: &Ask<'a, '_>) -> Option<Ruling<'a>> {
    let query = &ask.query;
    let shut =
        |port: &Rc<ServicePort>, policy: Policy| port.endpoints.choose(policy, ask.node).is_empty();
    let refusal = |port: &'a Rc<ServicePort>, via: Via| {
        let dropped = port.endpoints.has_any();
        let fate = if dropped { Fate::Drop } else { Fate::Reject };
        ask.about(port, fate, via)
    };
    let node_ports = ask
        .proxy
        .node_port(query.to.port(), query.protocol, ask.ipv6());
    let node_port = node_ports
        .iter()
        .find(|port| shut(port, external_policy(port)));
    if let Some(port) = node_port.filter(|_| ask.serves_node_ports(false)) {
        return Some(refusal(port, Via::NodePort));
    }
    let claims = ask.proxy.claims(query.to, query.protocol);
    let (door, port) = claims.iter().find(|(door, port)| match door {
        Door::ClusterIp => shut(port, internal_policy(port)),
        Door::ExternalIp | Door::LoadBalancer => shut(port, external_policy(port)),
    })?;
    Some(refusal(port, via(*door)))
}

/// `cluster-ips-check`: other ports of a `ClusterIP` are refused, addresses that no Service has are silent.
fn cluster_ips_check<'a>(ask: &Ask<'a, '_>) -> Option<Ruling<'a>> {
    let ip = ask.query.to.ip();
    if ask.node.is_own(ip) && ask.proxy.cluster_ip_owner(ip).is_none() {
        return None;
    }
    if let Some(owner) = ask.proxy.cluster_ip_owner(ip) {
        return Some(Ruling {
            owner: Some(owner),
            ..ask.ruling(Fate::Reject, Via::OtherPort)
        });
    }
    let mut cidrs = ask.network.service_cidrs.iter();
    let within = cidrs.any(|cidr| cidr.contains(ip));
    within.then(|| ask.ruling(Fate::Drop, Via::Unallocated))
}

/// Names the rule or element that caught a packet.
pub(crate) fn because(ruling: &Ruling<'_>) -> String {
    let query = &ruling.query;
    let element = format!(
        "{} . {} . {}",
        query.to.ip(),
        query.protocol.lower(),
        query.to.port()
    );
    let node_port = format!("{} . {}", query.protocol.lower(), query.to.port());
    let base = ruling
        .port
        .map(|port| names::nftables_base(&port.name))
        .unwrap_or_default();
    let chain = if ruling.port.is_some_and(|port| port.internal_local) {
        "local"
    } else {
        "service"
    };
    match (ruling.fate, ruling.via) {
        (Fate::Endpoint, Via::ClusterIp) => {
            format!("@service-ips {element} : goto {chain}-{base}")
        }
        (Fate::Endpoint, Via::NodePort) => {
            format!("@service-nodeports {node_port} : goto external-{base}")
        }
        (Fate::Endpoint, _) => format!("@service-ips {element} : goto external-{base}"),
        (_, Via::SourceRanges) => format!("@firewall-ips {element} : goto firewall-{base}"),
        (_, Via::OtherPort) => {
            "cluster-ips-check \"Reject traffic to invalid ports of ClusterIPs\"".to_owned()
        }
        (_, Via::Unallocated) => {
            "cluster-ips-check \"Drop traffic to unallocated ClusterIPs\"".to_owned()
        }
        (Fate::Drop, Via::NodePort) => format!("@no-endpoint-nodeports {node_port} : drop"),
        (Fate::Reject, Via::NodePort) => {
            format!("@no-endpoint-nodeports {node_port} : goto reject-chain")
        }
        (Fate::Drop, _) => format!("@no-endpoint-services {element} : drop"),
        (Fate::Reject, _) => format!("@no-endpoint-services {element} : goto reject-chain"),
        (Fate::Accept | Fate::NoRule, _) => "no rule of kube-proxy is about this packet".to_owned(),
    }
}
