//! Services: ports, addresses, policies.

use super::metadata::{invalid, labels, unsupported};
use super::name;
use crate::api::service::{Service, ServicePort, ServiceSpec, ServiceType};
use crate::api::{FieldError, Value};
use std::collections::BTreeSet;
use std::net::IpAddr;

const RANGE: &str = "must be between 1 and 65535, inclusive";
const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const POLICIES: &[&str] = &["Cluster", "Local"];

/// What is wrong with a Service.
pub(super) fn validate(service: &Service, errors: &mut Vec<FieldError>) {
    let spec = &service.spec;
    let kind = spec.service_type();
    if spec.ports.is_empty() && !spec.is_headless() && kind != ServiceType::ExternalName {
        errors.push(FieldError::new("spec.ports", "Required value"));
    }
    if spec.is_headless() && matches!(kind, ServiceType::NodePort | ServiceType::LoadBalancer) {
        let why = format!("may not be set to 'None' for {} services", spec.type_);
        errors.push(invalid("spec.clusterIPs[0]", "None", &why));
    }
    if kind == ServiceType::ExternalName {
        external_name(spec, errors);
    }
    ports(spec, errors);
    labels(&spec.selector, "spec.selector", errors);
    if spec.session_affinity.is_empty() {
        errors.push(FieldError::new("spec.sessionAffinity", "Required value"));
    } else if !["None", "ClientIP"].contains(&spec.session_affinity.as_str()) {
        errors.push(unsupported(
            "spec.sessionAffinity",
            &spec.session_affinity,
            &["ClientIP", "None"],
        ));
    }
    affinity_timeout(spec, errors);
    cluster_ips(spec, errors);
    external_ips(spec, errors);
    if !TYPES.contains(&spec.type_.as_str()) {
        errors.push(unsupported("spec.type", &spec.type_, TYPES));
    }
    node_ports(spec, errors);
    traffic(spec, errors);
}

fn external_name(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    if !spec.cluster_ips.is_empty() || !spec.cluster_ip.is_empty() {
        errors.push(FieldError::new(
            "spec.clusterIPs",
            "Forbidden: may not be set for ExternalName services",
        ));
    }
    let name = spec
        .external_name
        .strip_suffix('.')
        .unwrap_or(&spec.external_name);
    if name.is_empty() {
        errors.push(FieldError::new("spec.externalName", "Required value"));
    } else {
        let found = name::subdomain(name);
        errors.extend(
            found
                .into_iter()
                .map(|why| invalid("spec.externalName", name, &why)),
        );
    }
}

fn ports(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let several = spec.ports.len() > 1;
    let mut names = BTreeSet::new();
    for (i, port) in spec.ports.iter().enumerate() {
        let field = |name: &str| format!("spec.ports[{i}].{name}");
        if port.name.is_empty() {
            if several {
                errors.push(FieldError::new(field("name"), "Required value"));
            }
        } else {
            let found = name::label(&port.name);
            errors.extend(
                found
                    .into_iter()
                    .map(|why| invalid(&field("name"), &port.name, &why)),
            );
            if !names.insert(&port.name) {
                errors.push(FieldError::new(
                    field("name"),
                    format!("Duplicate value: {:?}", port.name),
                ));
            }
        }
        if !(1..=65_535).contains(&port.port) {
            errors.push(FieldError::new(
                field("port"),
                format!("Invalid value: {}: {RANGE}", port.port),
            ));
        }
        if !["TCP", "UDP", "SCTP"].contains(&port.protocol()) {
            errors.push(unsupported(
                &field("protocol"),
                port.protocol(),
                &["SCTP", "TCP", "UDP"],
            ));
        }
        target_port(port, &field("targetPort"), errors);
        if let Some(protocol) = &port.app_protocol {
            let found = name::qualified(protocol);
            errors.extend(
                found
                    .into_iter()
                    .map(|why| invalid(&field("appProtocol"), protocol, &why)),
            );
        }
    }
    duplicate_ports(spec, errors);
}

fn target_port(port: &ServicePort, field: &str, errors: &mut Vec<FieldError>) {
    match &port.target_port {
        Value::Int(n) if !(1..=65_535).contains(n) => {
            errors.push(FieldError::new(
                field,
                format!("Invalid value: {n}: {RANGE}"),
            ));
        }
        Value::Str(name) => {
            errors.extend(
                name::port_name(name)
                    .into_iter()
                    .map(|why| invalid(field, name, &why)),
            );
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::List(_)
        | Value::Map(_) => {}
    }
}

fn duplicate_ports(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let mut seen = BTreeSet::new();
    for (i, port) in spec.ports.iter().enumerate() {
        if !seen.insert((port.port, port.protocol())) {
            let value = format!(
                "{{\"Name\":\"\",\"Protocol\":\"{}\",\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                port.protocol(),
                port.port
            );
            errors.push(FieldError::new(
                format!("spec.ports[{i}]"),
                format!("Duplicate value: {value}"),
            ));
        }
    }
}

fn affinity_timeout(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let config = spec.session_affinity_config.as_ref();
    let seconds = config
        .and_then(|c| c.at(&["clientIP", "timeoutSeconds"]))
        .and_then(Value::as_int);
    if let Some(seconds) =
        seconds.filter(|s| spec.session_affinity == "ClientIP" && !(1..=86_400).contains(s))
    {
        errors.push(FieldError::new(
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
            format!("Invalid value: {seconds}: must be greater than 0 and less than 86400"),
        ));
    }
}

fn cluster_ips(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    if spec.service_type() == ServiceType::ExternalName {
        return;
    }
    for (i, text) in spec
        .cluster_ips
        .iter()
        .enumerate()
        .filter(|(_, text)| *text != "None")
    {
        let field = format!("spec.clusterIPs[{i}]");
        if let Err(why) = address(text) {
            errors.push(invalid(&field, text, why));
        }
    }
}

/// An address as the API takes it; the error is what is wrong with it.
fn address(text: &str) -> Result<IpAddr, &'static str> {
    let leading = text.split('.').count() == 4
        && text
            .split('.')
            .any(|part| part.len() > 1 && part.starts_with('0'));
    if leading
        && text
            .split('.')
            .all(|part| part.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err("must not have leading 0s");
    }
    text.parse()
        .map_err(|_| "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
}

fn external_ips(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    for (i, text) in spec.external_ips.iter().enumerate() {
        let field = format!("spec.externalIPs[{i}]");
        let link_local = |ip: &IpAddr| match ip {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        };
        match address(text) {
            Err(why) => errors.push(invalid(&field, text, why)),
            Ok(ip) if ip.is_unspecified() => errors.push(invalid(
                &field,
                text,
                &format!("may not be unspecified ({ip})"),
            )),
            Ok(ip) if ip.is_loopback() => {
                errors.push(invalid(
                    &field,
                    text,
                    "may not be in the loopback range (127.0.0.0/8, ::1/128)",
                ));
            }
            Ok(ip) if link_local(&ip) => {
                errors.push(invalid(
                    &field,
                    text,
                    "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
                ));
            }
            Ok(_) => {}
        }
    }
}

fn node_ports(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    if spec.service_type() != ServiceType::ClusterIp {
        return;
    }
    for (i, _) in spec
        .ports
        .iter()
        .enumerate()
        .filter(|(_, port)| port.node_port != 0)
    {
        let field = format!("spec.ports[{i}].nodePort");
        errors.push(FieldError::new(
            field,
            "Forbidden: may not be used when `type` is 'ClusterIP'",
        ));
    }
}

fn traffic(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let kind = spec.service_type();
    let balancer = kind == ServiceType::LoadBalancer;
    let only = "Forbidden: may only be used when `type` is 'LoadBalancer'";
    if !balancer && !spec.load_balancer_source_ranges.is_empty() {
        errors.push(FieldError::new("spec.LoadBalancerSourceRanges", only));
    }
    if !balancer && spec.allocate_load_balancer_node_ports.is_some() {
        errors.push(FieldError::new("spec.allocateLoadBalancerNodePorts", only));
    }
    if !balancer && spec.load_balancer_class.is_some() {
        errors.push(FieldError::new("spec.loadBalancerClass", only));
    }
    let outside = &spec.external_traffic_policy;
    let reachable = balancer || kind == ServiceType::NodePort || !spec.external_ips.is_empty();
    if !outside.is_empty() && !reachable {
        let why = "may only be set for externally-accessible services";
        errors.push(invalid("spec.externalTrafficPolicy", outside, why));
    } else if !outside.is_empty() && !POLICIES.contains(&outside.as_str()) {
        errors.push(unsupported("spec.externalTrafficPolicy", outside, POLICIES));
    }
    let inside = &spec.internal_traffic_policy;
    if !inside.is_empty() && !POLICIES.contains(&inside.as_str()) {
        errors.push(unsupported("spec.internalTrafficPolicy", inside, POLICIES));
    }
    let spread = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if let Some(word) = spec
        .traffic_distribution
        .as_deref()
        .filter(|word| !spread.contains(word))
    {
        errors.push(unsupported("spec.trafficDistribution", word, &spread));
    }
}

/// What an update may not change.
pub(super) fn validate_update(new: &Service, old: &Service, errors: &mut Vec<FieldError>) {
    let (new, old) = (&new.spec, &old.spec);
    let had = old.service_type() != ServiceType::ExternalName
        && new.service_type() != ServiceType::ExternalName;
    let (before, after) = (old.cluster_ips.first(), new.cluster_ips.first());
    if had && before.is_some() && before != after {
        let list: Vec<String> = new
            .cluster_ips
            .iter()
            .map(|ip| format!("\"{ip}\""))
            .collect();
        let detail = format!(
            "Invalid value: [{}]: may not change once set",
            list.join(",")
        );
        errors.insert(0, FieldError::new("spec.clusterIPs[0]", detail));
    }
}
