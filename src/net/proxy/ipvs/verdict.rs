//! What ipvs and the few iptables rules beside it do to a packet.

use crate::net::Protocol;
use crate::net::proxy::programmed::Door;
use crate::net::proxy::ruling::{Ask, External, Hairpin, external_policy, internal_policy};
use crate::net::proxy::{Choice, Fate, NodeView, Policy, Ruling, ServicePort, Via};
use std::rc::Rc;

/// Sends a packet through the rules.
pub(crate) fn rule<'a>(ask: &Ask<'a, '_>) -> Ruling<'a> {
    let ruling = virtual_server(ask)
        .or_else(|| ipvs_filter(ask))
        .unwrap_or_else(|| ask.ruling(Fate::NoRule, Via::Nothing));
    Ruling {
        hairpin: Hairpin::Local,
        ..ruling
    }
}

/// The real servers of a virtual server. Under the policy Local without a local endpoint those of all nodes serve, so that
/// a node's own Pods get through.
pub(super) fn real_servers<'a>(
    port: &'a ServicePort,
    policy: Policy,
    node: &NodeView,
) -> Choice<'a> {
    let nearby = port.endpoints.local(node);
    if policy == Policy::Local && !nearby.is_empty() {
        nearby
    } else if port.uses_cluster() {
        port.endpoints.cluster(node)
    } else {
        port.endpoints.nothing()
    }
}

fn virtual_server<'a>(ask: &Ask<'a, '_>) -> Option<Ruling<'a>> {
    let query = &ask.query;
    let claims = ask.proxy.claims(query.to, query.protocol);
    if let Some((door, port)) = claims.first() {
        if *door == Door::LoadBalancer
            && !port.source_ranges.is_empty()
            && !ask.in_source_ranges(port)
        {
            return Some(ask.about(port, Fate::Drop, Via::SourceRanges));
        }
        let (via, policy) = match door {
            Door::ClusterIp => (Via::ClusterIp, internal_policy(port)),
            Door::ExternalIp => (Via::ExternalIp, external_policy(port)),
            Door::LoadBalancer => (Via::LoadBalancer, external_policy(port)),
        };
        return Some(serve(ask, port, via, policy));
    }
    let ports = ask
        .proxy
        .node_port(query.to.port(), query.protocol, ask.ipv6());
    let port = ports.first().filter(|_| ask.serves_node_ports(false))?;
    Some(serve(ask, port, Via::NodePort, external_policy(port)))
}

fn serve<'a>(ask: &Ask<'a, '_>, port: &'a Rc<ServicePort>, via: Via, policy: Policy) -> Ruling<'a> {
    let choice = real_servers(port, policy, ask.node);
    if choice.is_empty() {
        return ask.about(port, Fate::Reject, via);
    }
    let masquerade = match via {
        Via::ClusterIp => masquerades_internal(ask),
        _ => policy == Policy::Cluster,
    };
    let to = External {
        choice,
        masquerade: masquerade && !ask.query.source.is_loopback(),
        bypass: policy == Policy::Local && choice.policy == Policy::Cluster,
    };
    ask.send(port, via, to)
}

/// Without a range that tells Pods, only what comes from a Service's address is masqueraded: a node's own packets bear one,
/// since those addresses are the node's.
fn masquerades_internal(ask: &Ask<'_, '_>) -> bool {
    let detector = ask.network.local_detector(ask.ipv6());
    ask.masquerades_internal()
        || (detector.is_none() && ask.proxy.owner(ask.query.source).is_some())
}

/// `KUBE-IPVS-FILTER`: every address of a Service is the node's own, and what no virtual server serves there is refused.
fn ipvs_filter<'a>(ask: &Ask<'a, '_>) -> Option<Ruling<'a>> {
    let query = &ask.query;
    let health = ask.proxy.health_port(query.to.port());
    if let Some(port) = health
        .first()
        .filter(|_| query.protocol == Protocol::Tcp && ask.node.is_own(query.to.ip()))
    {
        return Some(ask.about(port, Fate::Accept, Via::HealthCheck));
    }
    let owner = ask.proxy.owner(query.to.ip())?;
    (!ask.node.is_own(query.to.ip())).then(|| Ruling {
        owner: Some(owner),
        ..ask.ruling(Fate::Reject, Via::OtherPort)
    })
}

/// Names the virtual server or the rule that caught a packet.
pub(crate) fn because(ruling: &Ruling<'_>) -> String {
    let query = &ruling.query;
    let server = format!("virtual server {} {}", query.protocol, query.to);
    match (ruling.fate, ruling.via) {
        (Fate::Endpoint, _) => server,
        (Fate::Accept, _) => "KUBE-NODE-PORT, set KUBE-HEALTH-CHECK-NODE-PORT -> ACCEPT".to_owned(),
        (Fate::Drop, _) => "KUBE-SOURCE-RANGES-FIREWALL -> DROP".to_owned(),
        (Fate::Reject, Via::OtherPort) => {
            "KUBE-IPVS-FILTER, set KUBE-IPVS-IPS -> REJECT".to_owned()
        }
        (Fate::Reject, _) => format!("{server} has no real server"),
        (Fate::NoRule, _) => "no virtual server is about this packet".to_owned(),
    }
}
