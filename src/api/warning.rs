//! What the API server accepts, and says something about all the same.
//!
//! Models `pkg/api/service/warnings.go`, `pkg/api/pod/warnings.go` and the Ingress strategy of v1.36: the texts that
//! kubectl prints behind `Warning: `.

use super::pod::PodTemplateSpec;
use super::service::ServiceSpec;
use super::workload::JobSpec;
use super::{Body, Object, kind, pod_warning, validation};

/// What is odd about an object that was written; none of it is wrong.
pub fn warnings(object: &Object, is_new: bool) -> Vec<String> {
    let mut found = Vec::new();
    // What was named before is not told again.
    let whose = match &object.body {
        Body::Pod(_) => "the Pod's hostname",
        Body::Deployment(_) | Body::ReplicaSet(_) | Body::Job(_) => "Pod names and hostnames",
        _ => "",
    };
    if is_new && !whose.is_empty() {
        of_name(&object.meta.name, whose, &mut found);
    }
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
        Body::Pod(pod) => pod_warning::of_pod(&object.meta, &pod.spec, "", &mut found),
        Body::Deployment(set) => of_template(&set.spec.template, &mut found),
        Body::ReplicaSet(set) => of_template(&set.spec.template, &mut found),
        Body::StatefulSet(set) => {
            of_template(&set.spec.template, &mut found);
            let limit = set.spec.revision_history_limit;
            if limit.is_some_and(|limit| limit < 0) {
                let text = "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended";
                found.push(text.to_owned());
            }
        }
        Body::DaemonSet(set) => of_template(&set.spec.template, &mut found),
        Body::Job(job) => {
            of_job(&job.spec, &mut found);
            of_template(&job.spec.template, &mut found);
        }
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

fn of_template(template: &PodTemplateSpec, found: &mut Vec<String>) {
    pod_warning::of_pod(&template.metadata, &template.spec, "spec.template.", found);
}

/// A name that its Pods get too is best a DNS label.
fn of_name(name: &str, whose: &str, found: &mut Vec<String>) {
    let wrong = validation::label_errors(name);
    if !wrong.is_empty() {
        found.push(format!("metadata.name: this is used in {whose}, which can result in surprising behavior; a DNS label is recommended: [{}]", wrong.join(" ")));
    }
}

/// The tasks of a Job are counted in its status.
fn of_job(spec: &JobSpec, found: &mut Vec<String>) {
    let many = spec.completions.is_some_and(|tasks| tasks > 100_000);
    if spec.completion_mode == "Indexed" && many && spec.parallelism.is_some_and(|n| n > 10_000) {
        found.push("In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail".to_owned());
    }
}

fn of_service(spec: &ServiceSpec, found: &mut Vec<String>) {
    let headless = spec.is_headless();
    for (i, text) in spec.cluster_ips.iter().enumerate() {
        canonical(&format!("spec.clusterIPs[{i}]"), text, found);
    }
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
    canonical("spec.loadBalancerIP", &spec.load_balancer_ip, found);
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
