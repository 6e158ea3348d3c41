//! Which address families a Service gets.
//!
//! Models `initIPFamilyFields` of `pkg/registry/core/service/storage/alloc.go`.

use crate::api::FieldError;
use crate::api::service::{ServiceSpec, ServiceType};
use crate::api::validation::{cluster_ip_errors, json_list};

const POLICY: &str = "spec.ipFamilyPolicy";

/// The family of an address in text.
pub(super) fn family_of(address: &str) -> &'static str {
    if address.contains(':') {
        "IPv6"
    } else {
        "IPv4"
    }
}

fn other(family: &str) -> &'static str {
    if family == "IPv4" { "IPv6" } else { "IPv4" }
}

/// Completes policy and families, or says why they cannot be had; `have` are the families of the cluster, its default
/// first.
pub(super) fn complete(
    spec: &mut ServiceSpec,
    old: Option<&ServiceSpec>,
    have: &[&'static str],
) -> Result<(), Vec<FieldError>> {
    if spec.service_type() == ServiceType::ExternalName {
        return Ok(());
    }
    if old.is_some_and(|old| stays_preferred(spec, old)) {
        return Ok(());
    }
    let selectorless = spec.cluster_ip == "None" && spec.selector.is_empty();
    if spec.ip_family_policy.is_empty() {
        let before = old.map_or("", |old| old.ip_family_policy.as_str());
        spec.ip_family_policy = match before {
            "" if selectorless => "RequireDualStack".to_owned(),
            "" => "SingleStack".to_owned(),
            before => before.to_owned(),
        };
    }
    let errors = cluster_ip_errors(spec, old);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut errors = Vec::new();
    if let Some(old) = old {
        release(spec, old, &mut errors);
    }
    single_stack(spec, &mut errors);
    infer(spec, have, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let default = have.first().copied().unwrap_or("IPv4");
    if selectorless {
        // Nothing is allocated: what the cluster has does not matter.
        fill(spec, default, true);
        return Ok(());
    }
    if spec.ip_family_policy == "RequireDualStack" && have.len() < 2 {
        let why = "this cluster is not configured for dual-stack services";
        errors.push(invalid_policy(spec, why));
    }
    for (i, family) in spec.ip_families.iter().enumerate() {
        if !have.contains(&family.as_str()) {
            let why = format!("Invalid value: {family:?}: not configured on this cluster");
            errors.push(FieldError::new(format!("spec.ipFamilies[{i}]"), why));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    fill(spec, default, have.len() == 2);
    Ok(())
}

fn invalid_policy(spec: &ServiceSpec, why: &str) -> FieldError {
    let value = &spec.ip_family_policy;
    FieldError::new(POLICY, format!("Invalid value: {value:?}: {why}"))
}

/// A Service that prefers two families keeps what it has until somebody asks for more or less.
fn stays_preferred(spec: &ServiceSpec, old: &ServiceSpec) -> bool {
    spec.type_ == old.type_
        && spec.ip_family_policy == "PreferDualStack"
        && old.ip_family_policy == "PreferDualStack"
        && spec.cluster_ips == old.cluster_ips
        && spec.ip_families == old.ip_families
}

/// The second family is let go only when the policy says so.
fn release(spec: &mut ServiceSpec, old: &ServiceSpec, errors: &mut Vec<FieldError>) {
    if spec.ip_family_policy == "SingleStack" {
        if spec.cluster_ips == old.cluster_ips {
            spec.cluster_ips.truncate(1);
        }
        if spec.ip_families == old.ip_families {
            spec.ip_families.truncate(1);
        }
        return;
    }
    let reduced = |new: &[String], old: &[String]| {
        new.len() == 1 && old.len() == 2 && new.first() == old.first()
    };
    if reduced(&spec.cluster_ips, &old.cluster_ips) {
        let why = "must be 'SingleStack' to release the secondary cluster IP";
        errors.push(invalid_policy(spec, why));
    }
    if reduced(&spec.ip_families, &old.ip_families) {
        let why = "must be 'SingleStack' to release the secondary IP family";
        errors.push(invalid_policy(spec, why));
    }
}

fn single_stack(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    if spec.ip_family_policy != "SingleStack" {
        return;
    }
    let several = [
        (spec.cluster_ips.len(), "cluster IPs"),
        (spec.ip_families.len(), "IP families"),
    ];
    for (_, what) in several.into_iter().filter(|(count, _)| *count == 2) {
        let why = format!(
            "must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
        );
        errors.push(invalid_policy(spec, &why));
    }
}

/// The families of the addresses that were given.
fn infer(spec: &mut ServiceSpec, have: &[&'static str], errors: &mut Vec<FieldError>) {
    for (i, address) in spec.cluster_ips.iter().enumerate() {
        if address == "None" {
            return;
        }
        if i < spec.ip_families.len() {
            continue;
        }
        let family = family_of(address);
        if have.contains(&family) {
            spec.ip_families.push(family.to_owned());
        } else {
            let list = json_list(&spec.cluster_ips);
            let why = format!("Invalid value: {list}: {family} is not configured on this cluster");
            errors.push(FieldError::new(format!("spec.clusterIPs[{i}]"), why));
        }
    }
}

fn fill(spec: &mut ServiceSpec, default: &str, two: bool) {
    if spec.ip_families.is_empty() {
        spec.ip_families.push(default.to_owned());
    }
    if let [only] = spec.ip_families.as_slice()
        && two
        && spec.ip_family_policy != "SingleStack"
    {
        let second = other(only).to_owned();
        spec.ip_families.push(second);
    }
}
