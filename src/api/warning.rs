//! What the API server accepts, and says something about all the same.
//!
//! Models `pkg/api/service/warnings.go`, `pkg/api/pod/warnings.go` and the Ingress strategy of v1.36: the texts that
//! kubectl prints behind `Warning: `.

use super::pod::{Container, PodSpec};
use super::service::ServiceSpec;
use super::{Body, Object, Value, kind};

/// What is odd about an object that was written; none of it is wrong.
pub fn warnings(object: &Object) -> Vec<String> {
    let mut found = Vec::new();
    match &object.body {
        Body::Service(service) => {
            if object
                .meta
                .annotations
                .contains_key("service.kubernetes.io/topology-aware-hints")
            {
                found.push("annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead".to_owned());
            }
            of_service(&service.spec, &mut found);
        }
        Body::Pod(pod) => of_pod(&pod.spec, "spec", &mut found),
        Body::Deployment(set) => of_pod(&set.spec.template.spec, TEMPLATE, &mut found),
        Body::ReplicaSet(set) => of_pod(&set.spec.template.spec, TEMPLATE, &mut found),
        Body::StatefulSet(set) => of_pod(&set.spec.template.spec, TEMPLATE, &mut found),
        Body::DaemonSet(set) => of_pod(&set.spec.template.spec, TEMPLATE, &mut found),
        Body::Job(job) => of_pod(&job.spec.template.spec, TEMPLATE, &mut found),
        Body::Plain(_) if object.kind == kind::INGRESS => {
            if object
                .meta
                .annotations
                .contains_key("kubernetes.io/ingress.class")
            {
                found.push("annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead".to_owned());
            }
        }
        Body::EndpointSlice(_)
        | Body::Endpoints(_)
        | Body::Node(_)
        | Body::Namespace(_)
        | Body::Event(_)
        | Body::Plain(_) => {}
    }
    found
}

const TEMPLATE: &str = "spec.template.spec";

fn of_service(spec: &ServiceSpec, found: &mut Vec<String>) {
    let headless = spec.is_headless();
    let ignored = [
        (!spec.load_balancer_ip.is_empty(), "loadBalancerIP"),
        (!spec.external_ips.is_empty(), "externalIPs"),
        (spec.session_affinity != "None", "SessionAffinity"),
    ];
    for (_, field) in ignored.into_iter().filter(|(set, _)| *set && headless) {
        found.push(format!("spec.{field} is ignored for headless services"));
    }
    for (i, text) in spec.external_ips.iter().enumerate() {
        canonical(&format!("spec.externalIPs[{i}]"), text, found);
    }
    let named = spec.type_ == "ExternalName";
    if named && !spec.external_ips.is_empty() {
        found.push("spec.externalIPs is ignored when spec.type is \"ExternalName\"".to_owned());
    }
    if !named && !spec.external_name.is_empty() {
        let text = "spec.externalName is ignored when spec.type is not \"ExternalName\"";
        found.push(text.to_owned());
    }
    if spec.traffic_distribution.as_deref() == Some("PreferClose") {
        let text =
            "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"";
        found.push(text.to_owned());
    }
    if !spec.external_ips.is_empty() {
        let text =
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters";
        found.push(text.to_owned());
    }
}

/// An address of the sixth version may be written in many ways, of which one is preferred.
fn canonical(field: &str, text: &str, found: &mut Vec<String>) {
    let address = text.parse::<std::net::Ipv6Addr>();
    if let Some(best) = address
        .ok()
        .map(|ip| ip.to_string())
        .filter(|best| best != text)
    {
        found.push(format!(
            "{field}: IPv6 address {text:?} should be in RFC 5952 canonical format ({best:?})"
        ));
    }
}

/// Labels of nodes that have other names today.
const OLD_LABELS: [(&str, &str, &str); 5] = [
    ("beta.kubernetes.io/arch", "kubernetes.io/arch", "1.14"),
    ("beta.kubernetes.io/os", "kubernetes.io/os", "1.14"),
    (
        "failure-domain.beta.kubernetes.io/region",
        "topology.kubernetes.io/region",
        "1.17",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "topology.kubernetes.io/zone",
        "1.17",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "node.kubernetes.io/instance-type",
        "1.17",
    ),
];

fn of_pod(spec: &PodSpec, at: &str, found: &mut Vec<String>) {
    for (old, new, since) in OLD_LABELS {
        if spec.node_selector.contains_key(old) {
            found.push(format!(
                "{at}.nodeSelector[{old}]: deprecated since v{since}; use {new:?} instead"
            ));
        }
    }
    let lists = [
        ("initContainers", &spec.init_containers),
        ("containers", &spec.containers),
    ];
    for (list, containers) in lists {
        for (i, container) in containers.iter().enumerate() {
            of_container(container, &format!("{at}.{list}[{i}]"), found);
        }
    }
}

fn of_container(container: &Container, at: &str, found: &mut Vec<String>) {
    for field in ["limits", "requests"] {
        let list = container.resources.get(field).and_then(Value::as_map);
        for (name, value) in list.into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            let parts = text.strip_suffix('m').and_then(|n| n.parse::<i64>().ok());
            let bytes = name == "memory" || name == "ephemeral-storage";
            if bytes && parts.is_some_and(|parts| parts % 1_000 != 0) {
                found.push(format!(
                    "{at}.resources.{field}[{name}]: fractional byte value {text:?} is invalid, must be an integer"
                ));
            }
        }
    }
    for (i, variable) in container.env.iter().enumerate() {
        let before = container.env.iter().take(i);
        if before.map(|v| &v.name).any(|name| *name == variable.name) {
            found.push(format!(
                "{at}.env[{i}]: hides previous definition of {:?}, which may be dropped when using apply",
                variable.name
            ));
        }
    }
    for (i, port) in container.ports.iter().enumerate() {
        let same = |other: &&super::pod::ContainerPort| {
            (other.container_port, other.protocol()) == (port.container_port, port.protocol())
        };
        let before = container.ports.iter().take(i).collect::<Vec<_>>();
        if let Some(first) = before.iter().position(same) {
            found.push(format!(
                "{at}.ports[{i}]: duplicate port definition with {at}.ports[{first}]"
            ));
        }
    }
}
