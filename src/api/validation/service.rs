//! Services: ports, addresses, policies.

use super::address::{address, range, sloppy, special};
use super::metadata::{invalid, labels, unsupported};
use super::{cluster_ips, name};
use crate::api::service::{Service, ServicePort, ServiceSpec, ServiceType};
use crate::api::{FieldError, Object, Value};
use crate::kernel::BTreeSet;

const RANGE: &str = "must be between 1 and 65535, inclusive";
const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const POLICIES: &[&str] = &["Cluster", "Local"];

/// The annotation that stood for `loadBalancerSourceRanges` before there was the field.
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
const TOPOLOGY_MODE: &str = "service.kubernetes.io/topology-mode";
const TOPOLOGY_HINTS: &str = "service.kubernetes.io/topology-aware-hints";
const ONLY_BALANCER: &str = "Forbidden: may only be used when `type` is 'LoadBalancer'";

/// What is wrong with a Service (`ValidateService`); `old` is what it replaces.
pub(super) fn validate(
    object: &Object,
    service: &Service,
    old: Option<&Object>,
    errors: &mut Vec<FieldError>,
) {
    let spec = &service.spec;
    let annotation = |object: &Object| object.meta.annotations.get(SOURCE_RANGES).cloned();
    let ranges =
        annotation(object).map(|text| (old.and_then(annotation).as_ref() == Some(&text), text));
    let old = old.and_then(Object::service).map(|old| &old.spec);
    let kind = spec.service_type();
    topology(object, errors);
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
    affinity(spec, errors);
    errors.extend(cluster_ips::validate(spec, old));
    external_ips(spec, old, errors);
    if spec.type_.is_empty() {
        errors.push(FieldError::new("spec.type", "Required value"));
    } else if !TYPES.contains(&spec.type_.as_str()) {
        errors.push(unsupported("spec.type", &spec.type_, TYPES));
    }
    node_ports(spec, errors);
    duplicate_ports(spec, errors);
    source_ranges(ranges.as_ref(), spec, old, errors);
    balancer(spec, errors);
    traffic(spec, errors);
}

/// The two annotations that ask for topology-aware routing may not differ.
fn topology(object: &Object, errors: &mut Vec<FieldError>) {
    let annotation = |key: &str| object.meta.annotations.get(key);
    if let (Some(hints), Some(mode)) = (annotation(TOPOLOGY_HINTS), annotation(TOPOLOGY_MODE))
        && hints != mode
    {
        let field = format!("metadata.annotations[{TOPOLOGY_MODE}]");
        let why = format!("must match annotations[{TOPOLOGY_HINTS}] when both are specified");
        errors.push(invalid(&field, mode, &why));
    }
}

fn external_name(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let set = [
        ("spec.clusterIPs", !spec.cluster_ips.is_empty()),
        ("spec.ipFamilies", !spec.ip_families.is_empty()),
        ("spec.ipFamilyPolicy", !spec.ip_family_policy.is_empty()),
    ];
    for (field, _) in set.into_iter().filter(|(_, set)| *set) {
        let why = "Forbidden: may not be set for ExternalName services";
        errors.push(FieldError::new(field, why));
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

fn affinity(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let word = &spec.session_affinity;
    if word.is_empty() {
        errors.push(FieldError::new("spec.sessionAffinity", "Required value"));
    } else if !["None", "ClientIP"].contains(&word.as_str()) {
        let known = ["ClientIP", "None"];
        errors.push(unsupported("spec.sessionAffinity", word, &known));
    }
    affinity_timeout(spec, errors);
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

fn external_ips(spec: &ServiceSpec, old: Option<&ServiceSpec>, errors: &mut Vec<FieldError>) {
    for (i, text) in spec.external_ips.iter().enumerate() {
        let known = old.is_some_and(|old| old.external_ips.contains(text));
        let field = format!("spec.externalIPs[{i}]");
        match (address(text), sloppy(text)) {
            (Err(why), _) if !known => errors.push(invalid(&field, text, why)),
            (_, Some(ip)) => {
                errors.extend(special(ip, text).map(|why| invalid(&field, text, &why)));
            }
            (_, None) => errors.push(invalid(&field, text, "must be a valid IP address")),
        }
    }
}

fn node_ports(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let mut seen = BTreeSet::new();
    let exposed = || {
        let ports = spec.ports.iter().enumerate();
        ports.filter(|(_, port)| port.node_port != 0)
    };
    if spec.service_type() == ServiceType::ClusterIp {
        for (i, _) in exposed() {
            let why = "Forbidden: may not be used when `type` is 'ClusterIP'";
            errors.push(FieldError::new(format!("spec.ports[{i}].nodePort"), why));
        }
    }
    for (i, port) in exposed() {
        if !seen.insert((port.protocol(), port.node_port)) {
            let why = format!("Duplicate value: {}", port.node_port);
            errors.push(FieldError::new(format!("spec.ports[{i}].nodePort"), why));
        }
    }
}

fn source_ranges(
    annotation: Option<&(bool, String)>,
    spec: &ServiceSpec,
    old: Option<&ServiceSpec>,
    errors: &mut Vec<FieldError>,
) {
    let balancer = spec.service_type() == ServiceType::LoadBalancer;
    if !spec.load_balancer_source_ranges.is_empty() {
        let field = "spec.LoadBalancerSourceRanges";
        if !balancer {
            errors.push(FieldError::new(field, ONLY_BALANCER));
        }
        for (i, text) in spec.load_balancer_source_ranges.iter().enumerate() {
            let text = text.trim();
            let before = old.map(|old| old.load_balancer_source_ranges.iter());
            let known = before.into_iter().flatten().any(|old| old.trim() == text);
            if let Some(why) = range(text).filter(|_| !known) {
                errors.push(invalid(&format!("{field}[{i}]"), text, why));
            }
        }
    } else if let Some((known, text)) = annotation {
        let field = format!("metadata.annotations[{SOURCE_RANGES}]");
        if !balancer {
            errors.push(FieldError::new(field.as_str(), ONLY_BALANCER));
        }
        if !known && !text.trim().is_empty() {
            for part in text.split(',').map(str::trim) {
                errors.extend(range(part).map(|why| invalid(&field, part, why)));
            }
        }
    }
}

fn balancer(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let balancer = spec.service_type() == ServiceType::LoadBalancer;
    let allocate = "spec.allocateLoadBalancerNodePorts";
    match spec.allocate_load_balancer_node_ports {
        Some(_) if !balancer => errors.push(FieldError::new(allocate, ONLY_BALANCER)),
        // The server leaves out `spec` here.
        None if balancer => {
            let field = allocate.trim_start_matches("spec.");
            errors.push(FieldError::new(field, "Required value"));
        }
        Some(_) | None => {}
    }
    class(spec, errors);
}

fn class(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    if let Some(class) = &spec.load_balancer_class {
        let field = "spec.loadBalancerClass";
        if spec.service_type() == ServiceType::LoadBalancer {
            let found = name::qualified(class);
            errors.extend(found.iter().map(|why| invalid(field, class, why)));
        } else {
            errors.push(FieldError::new(field, ONLY_BALANCER));
        }
    }
}

fn traffic(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let kind = spec.service_type();
    let outside = &spec.external_traffic_policy;
    let field = "spec.externalTrafficPolicy";
    if !spec.is_externally_accessible() {
        if !outside.is_empty() {
            let why = "may only be set for externally-accessible services";
            errors.push(invalid(field, outside, why));
        }
    } else if outside.is_empty() {
        errors.push(FieldError::new(field, "Required value"));
    } else if !POLICIES.contains(&outside.as_str()) {
        errors.push(unsupported(field, outside, POLICIES));
    }
    let port = spec.health_check_node_port;
    let field = "spec.healthCheckNodePort";
    if !spec.needs_health_check() {
        if port != 0 {
            let why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
            errors.push(FieldError::new(
                field,
                format!("Invalid value: {port}: {why}"),
            ));
        }
    } else if port == 0 {
        errors.push(FieldError::new(field, "Required value"));
    } else if !(1..=65_535).contains(&port) {
        errors.push(FieldError::new(
            field,
            format!("Invalid value: {port}: {RANGE}"),
        ));
    }
    let inside = &spec.internal_traffic_policy;
    let known = ServiceType::of(&spec.type_).is_some();
    if inside.is_empty() && known && kind != ServiceType::ExternalName {
        let field = "spec.internalTrafficPolicy";
        errors.push(FieldError::new(field, "Required value"));
    } else if !inside.is_empty() && !POLICIES.contains(&inside.as_str()) {
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
    cluster_ips::validate_update(new, old, errors);
    let balancers = [new, old]
        .iter()
        .all(|spec| spec.service_type() == ServiceType::LoadBalancer);
    if balancers && new.load_balancer_class != old.load_balancer_class {
        let value = match &new.load_balancer_class {
            Some(class) => format!("{class:?}"),
            None => "null".to_owned(),
        };
        let why = format!("Invalid value: {value}: may not change once set");
        errors.push(FieldError::new("spec.loadBalancerClass", why));
    }
    class(new, errors);
    let checked = new.needs_health_check() && old.needs_health_check();
    if checked && new.health_check_node_port != old.health_check_node_port {
        let why = "Forbidden: field is immutable";
        errors.push(FieldError::new("spec.healthCheckNodePort", why));
    }
}
