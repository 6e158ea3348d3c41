//! A Service's addresses and families: what they must be, and how an update may change them.

use super::address::address;
use super::metadata::{invalid, unsupported};
use crate::api::FieldError;
use crate::api::service::{ServiceSpec, ServiceType};
use crate::kernel::BTreeSet;

const FAMILIES: &[&str] = &["IPv4", "IPv6"];
const POLICIES: &[&str] = &["PreferDualStack", "RequireDualStack", "SingleStack"];
const ONCE: &str = "may not change once set";

/// A list as Go's `%v` of JSON shows it in a message.
pub(crate) fn json_list(items: &[String]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("{item:?}")).collect();
    format!("[{}]", quoted.join(","))
}

fn invalid_list(field: &str, list: &[String], why: &str) -> FieldError {
    FieldError::new(field, format!("Invalid value: {}: {why}", json_list(list)))
}

/// What is wrong with the addresses, the families and the policy (`ValidateServiceClusterIPsRelatedFields`); `old` is
/// what an update replaces: an address that was there before is taken as it is.
pub fn validate(spec: &ServiceSpec, old: Option<&ServiceSpec>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if spec.service_type() == ServiceType::ExternalName {
        return errors;
    }
    let (field, ips) = ("spec.clusterIPs", &spec.cluster_ips);
    match (spec.cluster_ip.is_empty(), ips.first()) {
        (false, None) => errors.push(FieldError::new(field, "Required value")),
        (false, Some(first)) if *first != spec.cluster_ip => {
            errors.push(invalid_list(
                field,
                ips,
                "first value must match `clusterIP`",
            ));
        }
        (true, Some(_)) => {
            let why = "must be empty when `clusterIP` is not specified";
            errors.push(invalid_list(field, ips, why));
        }
        (false, Some(_)) | (true, None) => {}
    }
    families(spec, &mut errors);
    let policy = &spec.ip_family_policy;
    if !policy.is_empty() && !POLICIES.contains(&policy.as_str()) {
        errors.push(unsupported("spec.ipFamilyPolicy", policy, POLICIES));
    }
    if !well_formed(ips, old, &mut errors) {
        return errors;
    }
    if ips.len() > 1 && !is_dual_stack(ips) {
        let why = "may specify no more than one IP for each IP family";
        errors.push(invalid_list(field, ips, why));
    }
    if !spec.is_headless() {
        for (i, (ip, family)) in ips.iter().zip(&spec.ip_families).enumerate() {
            let wanted = if ip.contains(':') { "IPv6" } else { "IPv4" };
            if FAMILIES.contains(&family.as_str()) && family != wanted {
                let why = format!("expected an {family} value as indicated by `ipFamilies[{i}]`");
                errors.push(invalid(&format!("{field}[{i}]"), ip, &why));
            }
        }
    }
    errors
}

fn families(spec: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let mut seen = BTreeSet::new();
    for (i, family) in spec.ip_families.iter().enumerate() {
        let field = format!("spec.ipFamilies[{i}]");
        if !FAMILIES.contains(&family.as_str()) {
            errors.push(unsupported(&field, family, FAMILIES));
        }
        if !seen.insert(family) {
            errors.push(FieldError::new(
                field,
                format!("Duplicate value: {family:?}"),
            ));
        }
    }
}

/// Whether each address can be read and `None` stands alone.
fn well_formed(ips: &[String], old: Option<&ServiceSpec>, errors: &mut Vec<FieldError>) -> bool {
    let field = "spec.clusterIPs";
    let mut fine = true;
    for (i, ip) in ips.iter().enumerate() {
        if i == 0 && ip == "None" {
            if ips.len() > 1 {
                fine = false;
                let why = "'None' must be the first and only value";
                errors.push(invalid_list(field, ips, why));
            }
            continue;
        }
        let known = old.is_some_and(|old| old.cluster_ips.contains(ip));
        if let Err(why) = address(ip)
            && !known
        {
            fine = false;
            errors.push(invalid(&format!("{field}[{i}]"), ip, why));
        }
    }
    if ips.len() > 2 {
        errors.push(invalid_list(field, ips, "may only hold up to 2 values"));
    }
    fine
}

fn is_dual_stack(ips: &[String]) -> bool {
    let sixth = |ip: &&String| ip.contains(':');
    ips.iter().any(|ip| sixth(&ip)) && !ips.iter().all(|ip| sixth(&ip))
}

/// How an update may change the addresses and the families.
pub(super) fn validate_update(new: &ServiceSpec, old: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let named = |spec: &ServiceSpec| spec.service_type() == ServiceType::ExternalName;
    if named(new) || named(old) {
        return;
    }
    if !(new.is_headless() && old.is_headless()) {
        changed_addresses(new, old, errors);
    }
    if !new.is_headless() && !old.is_headless() {
        changed_families(new, old, errors);
    }
}

fn changed_addresses(new: &ServiceSpec, old: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let (before, after) = (&old.cluster_ips, &new.cluster_ips);
    let at = |i: usize| format!("spec.clusterIPs[{i}]");
    if before.len() == after.len() {
        for (i, _) in before
            .iter()
            .zip(after)
            .enumerate()
            .filter(|(_, (b, a))| b != a)
        {
            errors.push(invalid_list(&at(i), after, ONCE));
        }
        return;
    }
    if after.is_empty() {
        errors.push(invalid_list(
            &at(0),
            after,
            "primary clusterIP can not be unset",
        ));
    } else if before
        .first()
        .is_some_and(|first| after.first() != Some(first))
    {
        errors.push(invalid_list(&at(0), after, ONCE));
    }
    if before.len() > after.len() && after.len() == 1 && new.ip_family_policy != "SingleStack" {
        let why = "must be set to 'SingleStack' when releasing the secondary clusterIP";
        errors.push(invalid("spec.ipFamilyPolicy", &new.ip_family_policy, why));
    }
}

fn changed_families(new: &ServiceSpec, old: &ServiceSpec, errors: &mut Vec<FieldError>) {
    let (before, after) = (&old.ip_families, &new.ip_families);
    let field = "spec.ipFamilies[0]";
    if before.len() == after.len() {
        for _ in before.iter().zip(after).filter(|(b, a)| b != a) {
            errors.push(invalid_list(field, after, ONCE));
        }
        return;
    }
    if before.len() > after.len() && new.cluster_ips.is_empty() {
        let why = "primary ipFamily can not be unset";
        errors.push(invalid_list(field, after, why));
    }
    if before
        .first()
        .zip(after.first())
        .is_some_and(|(b, a)| b != a)
    {
        errors.push(invalid_list(field, &new.cluster_ips, ONCE));
    }
    if before.len() > after.len() && after.len() == 1 && new.ip_family_policy != "SingleStack" {
        let why = "must be set to 'SingleStack' when releasing the secondary ipFamily";
        errors.push(invalid("spec.ipFamilyPolicy", &new.ip_family_policy, why));
    }
}
