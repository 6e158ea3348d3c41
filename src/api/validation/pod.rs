//! Pods: their containers and policies.

use super::metadata::{invalid, unsupported};
use super::name;
use crate::api::FieldError;
use crate::api::pod::{Container, PodSpec};
use crate::kernel::BTreeSet;

const RANGE: &str = "must be between 1 and 65535, inclusive";

/// What is wrong with a Pod's spec, wherever it stands.
pub(super) fn validate_spec(spec: &PodSpec, at: &str, errors: &mut Vec<FieldError>) {
    if spec.containers.is_empty() {
        errors.push(FieldError::new(
            format!("{at}.containers"),
            "Required value",
        ));
    }
    let mut names = BTreeSet::new();
    for (i, container) in spec.containers.iter().enumerate() {
        validate_container(
            container,
            &format!("{at}.containers[{i}]"),
            &mut names,
            errors,
        );
    }
    let policies = ["Always", "OnFailure", "Never"];
    if !spec.restart_policy.is_empty() && !policies.contains(&spec.restart_policy.as_str()) {
        errors.push(unsupported(
            &format!("{at}.restartPolicy"),
            &spec.restart_policy,
            &policies,
        ));
    }
    let dns = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    if !spec.dns_policy.is_empty() && !dns.contains(&spec.dns_policy.as_str()) {
        errors.push(unsupported(
            &format!("{at}.dnsPolicy"),
            &spec.dns_policy,
            &dns,
        ));
    }
    for (field, text) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        if !text.is_empty() {
            let found = name::label(text);
            errors.extend(
                found
                    .into_iter()
                    .map(|why| invalid(&format!("{at}.{field}"), text, &why)),
            );
        }
    }
}

fn validate_container<'a>(
    container: &'a Container,
    at: &str,
    names: &mut BTreeSet<&'a str>,
    errors: &mut Vec<FieldError>,
) {
    let field = format!("{at}.name");
    if container.name.is_empty() {
        errors.push(FieldError::new(field, "Required value"));
    } else {
        let found = name::label(&container.name);
        errors.extend(
            found
                .into_iter()
                .map(|why| invalid(&field, &container.name, &why)),
        );
        if !names.insert(&container.name) {
            errors.push(FieldError::new(
                field,
                format!("Duplicate value: {:?}", container.name),
            ));
        }
    }
    if container.image.is_empty() {
        errors.push(FieldError::new(format!("{at}.image"), "Required value"));
    } else if container.image.trim() != container.image {
        let why = "must not have leading or trailing whitespace";
        errors.push(invalid(&format!("{at}.image"), &container.image, why));
    }
    for (i, port) in container.ports.iter().enumerate() {
        let field = |name: &str| format!("{at}.ports[{i}].{name}");
        if !port.name.is_empty() {
            let found = name::port_name(&port.name);
            errors.extend(
                found
                    .into_iter()
                    .map(|why| invalid(&field("name"), &port.name, &why)),
            );
        }
        if port.container_port == 0 {
            errors.push(FieldError::new(field("containerPort"), "Required value"));
        } else if !(1..=65_535).contains(&port.container_port) {
            let detail = format!("Invalid value: {}: {RANGE}", port.container_port);
            errors.push(FieldError::new(field("containerPort"), detail));
        }
        if !["TCP", "UDP", "SCTP"].contains(&port.protocol()) {
            errors.push(unsupported(
                &field("protocol"),
                port.protocol(),
                &["SCTP", "TCP", "UDP"],
            ));
        }
    }
}
