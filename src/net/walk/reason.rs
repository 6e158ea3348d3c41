//! The words of a Service's decisions: the rule as the node's own listing has it, and what it rests on.

use super::Network;
use super::way::Way;
use crate::api::ObjectKey;
use crate::api::service::Service;
use crate::net::proxy::{Choice, Endpoint, Fate, Policy, Preference, Ruling, Via};

/// Why the rules refuse or drop a packet.
pub(super) fn turned_away(
    network: &Network<'_>,
    way: &Way<'_>,
    node: &str,
    ruling: &Ruling<'_>,
) -> String {
    let rule = ruling.because();
    match (ruling.fate, ruling.via, ruling.port, ruling.owner) {
        (_, Via::SourceRanges, Some(port), _) => {
            let ranges: Vec<String> = port.source_ranges.iter().map(ToString::to_string).collect();
            format!(
                "{} is not in loadBalancerSourceRanges ({}): {rule}",
                way.src.ip(),
                ranges.join(", ")
            )
        }
        (_, Via::OtherPort, _, Some(owner)) => {
            format!("{}: {rule}", other_port(network, way, owner))
        }
        (_, Via::Unallocated, ..) => format!("no Service has {}: {rule}", way.dst.ip()),
        (Fate::Drop, via, Some(port), _) => {
            let policy = match via {
                Via::ClusterIp => "internalTrafficPolicy",
                _ => "externalTrafficPolicy",
            };
            let elsewhere = port.endpoints.all().len();
            let plural = if elsewhere == 1 { "" } else { "s" };
            format!(
                "{policy} is Local and {node} has no endpoint of {}, though there {} {elsewhere} endpoint{plural} elsewhere: {rule}",
                port.name,
                if elsewhere == 1 { "is" } else { "are" }
            )
        }
        (_, _, Some(port), _) => {
            format!(
                "no endpoints: {}; {rule}",
                why_none(network, &port.name.service)
            )
        }
        (_, _, None, _) => rule,
    }
}

/// Why no rule is about a packet to a Service's address.
pub(super) fn uncaught(network: &Network<'_>, way: &Way<'_>, owner: &ObjectKey) -> String {
    let ports = network.proxy.ports_of(owner).iter();
    let (number, protocol) = (way.dst.port(), way.packet.protocol);
    let mut ports = ports.filter(|p| p.port() == number && p.name.protocol == protocol);
    let what = match ports.next() {
        Some(port) => format!(
            "the rules that refuse for {} without endpoints do not see what the node itself sends to {}",
            port.name,
            way.dst.ip()
        ),
        None => other_port(network, way, owner),
    };
    format!("{what}: no rule catches the packet, it leaves by the default route")
}

/// What a packet asked for that its Service does not have.
pub(super) fn other_port(network: &Network<'_>, way: &Way<'_>, owner: &ObjectKey) -> String {
    let ports = network.service(owner).map(ports_text).unwrap_or_default();
    format!(
        "Service {} has {ports}, not {}/{}",
        owner.name,
        way.dst.port(),
        way.packet.protocol
    )
}

/// Why not all endpoints take part: hints, the policy Local, or its being passed by.
pub(super) fn narrowed(ruling: &Ruling<'_>, choice: &Choice<'_>, node: &str) -> Option<Box<str>> {
    let (what, node) = match (choice.policy, choice.preference) {
        _ if ruling.bypass => ("from inside the cluster the policy Local is passed by", ""),
        (Policy::Local, _) => ("the policy Local keeps to endpoints on ", node),
        (Policy::Cluster, Preference::SameNode) => ("hints keep to ", node),
        (Policy::Cluster, Preference::SameZone) => ("hints keep to the zone of ", node),
        (Policy::Cluster, Preference::None) => return None,
    };
    Some(["; ", what, node].concat().into())
}

/// Why the source becomes the node's address.
pub(super) fn masquerade(ruling: &Ruling<'_>, endpoint: &Endpoint) -> String {
    let name = ruling.port.map(|port| port.name.to_string());
    let name = name.unwrap_or_default();
    if !ruling.masquerade {
        return format!(
            "hairpin: {} reaches itself through {name}",
            endpoint.address.ip()
        );
    }
    match ruling.via {
        Via::ClusterIp => format!("no Pod sent it, and the answer from {name} must come back here"),
        _ if ruling.bypass => format!("the node's own traffic to {name} from outside addresses"),
        _ => format!("externalTrafficPolicy of {name} is Cluster"),
    }
}

/// Why a Service has no endpoint that traffic may be sent to.
fn why_none(network: &Network<'_>, key: &ObjectKey) -> String {
    let Some(service) = network.service(key) else {
        return "the Service is gone".to_owned();
    };
    let selector = &service.spec.selector;
    if selector.is_empty() {
        let ports = network.proxy.ports_of(key).iter();
        let listed = ports.map(|port| port.endpoints.all().len()).max();
        return match listed.unwrap_or_default() {
            0 => format!(
                "Service {} has no selector, and no EndpointSlice was made for it by hand",
                key.name
            ),
            1 => "the one endpoint that its EndpointSlices list is not ready".to_owned(),
            n => format!("none of the {n} endpoints that its EndpointSlices list is ready"),
        };
    }
    let text: Vec<String> = selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let matching = network.tables.pods_with(&key.namespace, selector);
    match matching.len() {
        0 => format!("{} matches 0 Pods", text.join(",")),
        1 => format!("the one Pod that {} matches is not ready", text.join(",")),
        n => format!(
            "none of the {n} Pods that {} matches is ready",
            text.join(",")
        ),
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
