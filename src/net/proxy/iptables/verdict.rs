//! What the chains of the iptables mode do to a packet: first those of `nat`, then, if none rewrote it, those of `filter`.

use crate::net::proxy::programmed::Door;
use crate::net::proxy::ruling::{Ask, External};
use crate::net::proxy::{Fate, Hook, Ruling, ServicePort, Via};
use std::rc::Rc;

/// Sends a packet through the rules.
pub(crate) fn rule<'a>(ask: &Ask<'a, '_>) -> Ruling<'a> {
    nat(ask)
        .or_else(|| filter(ask))
        .unwrap_or_else(|| ask.ruling(Fate::NoRule, Via::Nothing))
}

/// `KUBE-SERVICES` of `nat`, and `KUBE-NODEPORTS` at its end: a chain that does not rewrite the packet gives it back, and
/// the next rule sees it.
fn nat<'a>(ask: &Ask<'a, '_>) -> Option<Ruling<'a>> {
    let query = &ask.query;
    for (door, port) in ask.proxy.claims(query.to, query.protocol) {
        let sent = match door {
            Door::ClusterIp => {
                let choice = ask.internal(port);
                let to = External {
                    choice,
                    masquerade: ask.masquerades_internal(),
                    bypass: false,
                };
                (!choice.is_empty()).then(|| ask.send(port, Via::ClusterIp, to))
            }
            Door::ExternalIp => external(ask, port, Via::ExternalIp),
            Door::LoadBalancer if is_walled(port) && !ask.in_source_ranges(port) => None,
            Door::LoadBalancer => external(ask, port, Via::LoadBalancer),
        };
        if sent.is_some() {
            return sent;
        }
    }
    let loopback = !ask.ipv6() && ask.network.proxy.localhost_node_ports;
    let ports = ask
        .proxy
        .node_port(query.to.port(), query.protocol, ask.ipv6());
    if ports.is_empty() || !ask.serves_node_ports(loopback) {
        return None;
    }
    let mut ports = ports.iter();
    ports.find_map(|port| external(ask, port, Via::NodePort))
}

/// `KUBE-EXT-…`.
fn external<'a>(ask: &Ask<'a, '_>, port: &'a Rc<ServicePort>, via: Via) -> Option<Ruling<'a>> {
    let to = ask.external(port);
    (!to.choice.is_empty()).then(|| ask.send(port, via, to))
}

/// Whether a load balancer's address has a `KUBE-FW-…` chain.
pub(super) fn is_walled(port: &ServicePort) -> bool {
    port.endpoints.has_any() && !port.vips.is_empty() && !port.source_ranges.is_empty()
}

/// The chains of `filter`, which only see what `nat` did not rewrite.
fn filter<'a>(ask: &Ask<'a, '_>) -> Option<Ruling<'a>> {
    let query = &ask.query;
    let own = ask.node.is_own(query.to.ip());
    // A node's own packet to another machine meets neither the chain of external addresses nor that of node ports.
    let inward = own || query.hook == Hook::Prerouting;
    let claims = ask.proxy.claims(query.to, query.protocol);
    for (door, port) in claims {
        if *door == Door::ClusterIp && ask.internal(port).is_empty() {
            return Some(refusal(ask, port, Via::ClusterIp));
        }
    }
    for (door, port) in claims.iter().filter(|_| inward) {
        let via = match door {
            Door::ClusterIp => continue,
            Door::ExternalIp => Via::ExternalIp,
            Door::LoadBalancer => Via::LoadBalancer,
        };
        if is_shut(ask, port) {
            return Some(refusal(ask, port, via));
        }
    }
    if own {
        let ports = ask
            .proxy
            .node_port(query.to.port(), query.protocol, ask.ipv6());
        if let Some(port) = ports.iter().find(|port| is_shut(ask, port)) {
            return Some(refusal(ask, port, Via::NodePort));
        }
        if let Some(port) = health_check(ask) {
            return Some(ask.about(port, Fate::Accept, Via::HealthCheck));
        }
    }
    let mut walled = claims
        .iter()
        .filter(|(door, port)| *door == Door::LoadBalancer && is_walled(port));
    let (_, port) = walled.next()?;
    Some(ask.about(port, Fate::Drop, Via::SourceRanges))
}

fn health_check<'a>(ask: &Ask<'a, '_>) -> Option<&'a Rc<ServicePort>> {
    let asked = ask.proxy.health_port(ask.query.to.port());
    let mut asked = asked
        .iter()
        .filter(|p| p.cluster_ip.is_ipv6() == ask.ipv6());
    asked
        .next()
        .filter(|_| ask.query.protocol == crate::net::Protocol::Tcp)
}

/// Whether external traffic finds no endpoint.
fn is_shut(ask: &Ask<'_, '_>, port: &ServicePort) -> bool {
    let policy = crate::net::proxy::ruling::external_policy(port);
    port.endpoints.choose(policy, ask.node).is_empty()
}

fn refusal<'a>(ask: &Ask<'a, '_>, port: &'a Rc<ServicePort>, via: Via) -> Ruling<'a> {
    let fate = if port.endpoints.has_any() {
        Fate::Drop
    } else {
        Fate::Reject
    };
    ask.about(port, fate, via)
}

/// Names the rule that caught a packet: its chain, its comment and its target.
pub(crate) fn because(ruling: &Ruling<'_>) -> String {
    let Some(port) = ruling.port else {
        return "no rule of kube-proxy is about this packet".to_owned();
    };
    let (name, hash) = (&port.name, &port.hash);
    let what = match ruling.via {
        Via::ClusterIp => "cluster IP",
        Via::ExternalIp => "external IP",
        _ => "loadbalancer IP",
    };
    match (ruling.fate, ruling.via) {
        (Fate::Endpoint, Via::ClusterIp) => {
            let kind = if port.internal_local { "SVL" } else { "SVC" };
            format!("KUBE-SERVICES \"{name} {what}\" -> KUBE-{kind}-{hash}")
        }
        (Fate::Endpoint, Via::NodePort) => format!("KUBE-NODEPORTS \"{name}\" -> KUBE-EXT-{hash}"),
        (Fate::Endpoint, Via::LoadBalancer) if is_walled(port) => {
            format!("KUBE-SERVICES \"{name} {what}\" -> KUBE-FW-{hash} -> KUBE-EXT-{hash}")
        }
        (Fate::Endpoint, _) => format!("KUBE-SERVICES \"{name} {what}\" -> KUBE-EXT-{hash}"),
        (Fate::Accept, _) => format!("KUBE-NODEPORTS \"{name} health check node port\" -> ACCEPT"),
        (_, Via::SourceRanges) => {
            format!("KUBE-PROXY-FIREWALL \"{name} traffic not accepted by KUBE-FW-{hash}\" -> DROP")
        }
        (fate, via) => {
            let chain = match via {
                Via::ClusterIp => "KUBE-SERVICES",
                _ => "KUBE-EXTERNAL-SERVICES",
            };
            let (why, target) = match fate {
                Fate::Drop => ("no local endpoints", "DROP"),
                _ => ("no endpoints", "REJECT"),
            };
            format!("{chain} \"{name} has {why}\" -> {target}")
        }
    }
}
