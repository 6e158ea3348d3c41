//! From a Pod to an endpoint of a Service.
//!
//! Models `utils.go` and `util/controller_utils.go` of `k8s.io/endpointslice`.

use crate::api::pod::{Container, Pod};
use crate::api::service::{
    Endpoint, EndpointConditions, EndpointPort, ObjectReference, Service, ServicePort,
};
use crate::api::{Object, Value, sloppy};

const ZONE: &str = "topology.kubernetes.io/zone";

/// Whether a Pod is listed at all: it has an address and has not ended.
pub fn is_listed(object: &Object, pod: &Pod, include_terminating: bool) -> bool {
    let addressed = !pod.status.pod_ip.is_empty() || !pod.status.pod_ips.is_empty();
    !pod.is_finished() && addressed && (include_terminating || !object.meta.is_terminating())
}

/// Whether DNS knows the endpoint by the Pod's host name: the Pod names the Service as its subdomain.
pub fn sets_hostname(service: &Object, object: &Object, pod: &Pod) -> bool {
    !pod.spec.hostname.is_empty()
        && pod.spec.subdomain == service.meta.name
        && object.meta.namespace == service.meta.namespace
}

/// The families that a Service publishes; a Service from before there were families shows them by its address.
pub fn address_types(service: &Service) -> Vec<&'static str> {
    let spec = &service.spec;
    let named = |family: &str| spec.ip_families.iter().any(|f| f == family);
    let families: Vec<&'static str> = ["IPv4", "IPv6"].into_iter().filter(|f| named(f)).collect();
    if !families.is_empty() {
        return families;
    }
    match spec.cluster_ip.as_str() {
        "" | "None" => vec!["IPv4", "IPv6"],
        address if address.contains(':') => vec!["IPv6"],
        _ => vec!["IPv4"],
    }
}

/// The endpoint of a Pod in one family; it has no addresses if the Pod has none of that family.
pub fn endpoint(
    service: &Object,
    publishes_unready: bool,
    (object, pod): (&Object, &Pod),
    node: Option<&Object>,
    address_type: &str,
) -> Endpoint {
    let serving = pod.is_ready();
    let terminating = object.meta.is_terminating();
    let zone = node.and_then(|node| node.meta.labels.get(ZONE));
    Endpoint {
        addresses: addresses(pod, address_type),
        conditions: EndpointConditions {
            ready: Some(publishes_unready || (serving && !terminating)),
            serving: Some(serving),
            terminating: Some(terminating),
            ..Default::default()
        },
        hostname: sets_hostname(service, object, pod).then(|| pod.spec.hostname.clone()),
        target_ref: Some(ObjectReference {
            kind: "Pod".into(),
            namespace: object.meta.namespace.clone(),
            name: object.meta.name.clone(),
            uid: object.meta.uid.clone(),
            ..Default::default()
        }),
        node_name: Some(pod.spec.node_name.clone()).filter(|name| !name.is_empty()),
        zone: zone.filter(|zone| !zone.is_empty()).cloned(),
        ..Default::default()
    }
}

fn addresses(pod: &Pod, address_type: &str) -> Vec<String> {
    let sixth = address_type == "IPv6";
    let all = pod.status.pod_ips.iter().map(|ip| ip.ip.as_str());
    let own = all.filter(|ip| !ip.is_empty() && ip.contains(':') == sixth);
    own.map(canonical).collect()
}

/// An address as Go writes it, whatever its form in the status.
fn canonical(text: &str) -> String {
    sloppy(text).map_or_else(|| text.to_owned(), |ip| ip.to_string())
}

/// The Service's ports as numbers of this Pod: a name that the Pod lacks is left out.
pub fn ports(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
    let numbered = |port: &ServicePort| {
        Some(EndpointPort {
            name: Some(port.name.clone()),
            protocol: Some(port.protocol().to_owned()),
            port: Some(number(port, pod)?),
            app_protocol: port.app_protocol.clone(),
            ..Default::default()
        })
    };
    service.spec.ports.iter().filter_map(numbered).collect()
}

/// The number of a port on a Pod (`FindPort`): a container's port counts before a sidecar's.
fn number(port: &ServicePort, pod: &Pod) -> Option<i64> {
    let name = match &port.target_port {
        Value::Int(number) => return Some(*number),
        Value::Str(name) => name,
        // A restored Service may lack the default.
        Value::Null | Value::Bool(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => {
            return Some(port.port);
        }
    };
    let sidecar = |container: &&Container| container.restart_policy == "Always";
    let sidecars = pod.spec.init_containers.iter().filter(sidecar);
    let mut declared = pod
        .spec
        .containers
        .iter()
        .chain(sidecars)
        .flat_map(|c| &c.ports);
    declared
        .find(|p| p.name == *name && p.protocol() == port.protocol())
        .map(|p| p.container_port)
}
