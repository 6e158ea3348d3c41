//! `ResourceQuotas` and `LimitRanges`, alone and of a Namespace; and the Namespace.

use super::page::{field, fill, items, map, text, texts};
use super::{Around, annotations_text, list};
use crate::api::{KindRef, Object, Value, kind};
use crate::kernel::{Arrange, BTreeSet};

const LIMITS: &str =
    "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n";
const LIMITS_LINE: &str =
    "----\t--------\t---\t---\t---------------\t-------------\t-----------------------\n";

/// What a scope of quotas means.
const SCOPES: &[(&str, &str)] = &[
    (
        "Terminating",
        "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
    ),
    (
        "NotTerminating",
        "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
    ),
    (
        "BestEffort",
        "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
    ),
    (
        "NotBestEffort",
        "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
    ),
];

pub(super) fn namespace(around: &Around<'_>, object: &Object) -> String {
    let value = object.to_value();
    let mut out = format!(
        "Name:\t{}\n{}{}",
        object.meta.name,
        list("Labels", &object.meta.labels),
        annotations_text(object)
    );
    out.push_str(&fill(
        "Status:\t{status.phase}
?status.conditions Conditions:~  Type\tStatus\tLastTransitionTime\tReason\tMessage~  ----\t------\t------------------\t------\t-------
*status.conditions   {type}\t{status}\t{lastTransitionTime|time}\t{reason}\t{message}",
        &value,
        0,
    ));
    let within = |kind: KindRef| -> Vec<Value> {
        let found = around.tables.in_namespace(kind, &object.meta.name);
        found.map(|o| o.to_value()).collect()
    };
    let quotas = within(kind::RESOURCE_QUOTA);
    out.push_str(if quotas.is_empty() {
        "\nNo resource quota.\n"
    } else {
        "\nResource Quotas\n"
    });
    for quota in &quotas {
        out.push_str(&format!("  Name:\t{}\n", text(quota, "metadata.name")));
        out.push_str(&amounts(quota, "  ", "* ", "---\t---"));
    }
    let limits = within(kind::LIMIT_RANGE);
    if limits.is_empty() {
        out.push_str("\nNo LimitRange resource.\n");
        return out;
    }
    out.push_str(&format!("\nResource Limits\n {LIMITS} {LIMITS_LINE}"));
    for range in &limits {
        out.push_str(&bounds(range, " "));
    }
    out
}

pub(super) fn quota(object: &Object) -> String {
    let quota = object.to_value();
    let mut out = fill(
        "Name:\t{metadata.name}\nNamespace:\t{metadata.namespace}",
        &quota,
        0,
    );
    out.push_str(&amounts(&quota, "", " * ", "----\t----"));
    out
}

pub(super) fn limit_range(object: &Object) -> String {
    let range = object.to_value();
    let head = fill(
        "Name:\t{metadata.name}\nNamespace:\t{metadata.namespace}",
        &range,
        0,
    );
    format!("{head}{LIMITS}{LIMITS_LINE}{}", bounds(&range, ""))
}

/// The scopes of a quota, and what is used of each resource.
fn amounts(quota: &Value, indent: &str, mark: &str, line: &str) -> String {
    let mut out = String::new();
    let mut scopes = texts(quota, "spec.scopes");
    scopes.arrange();
    if !scopes.is_empty() {
        out.push_str(&format!("{indent}Scopes:\t{}\n", scopes.join(", ")));
    }
    for scope in &scopes {
        if let Some((_, meaning)) = SCOPES.iter().find(|(name, _)| name == scope) {
            out.push_str(&format!("{indent}{mark}{meaning}\n"));
        }
    }
    out.push_str(&format!(
        "{indent}Resource\tUsed\tHard\n{indent}--------\t{line}\n"
    ));
    let used = map(quota, "status.used");
    for (name, hard) in map(quota, "status.hard") {
        let used = used.get(&name).map_or("0", String::as_str);
        out.push_str(&format!("{indent}{name}\t{used}\t{hard}\n"));
    }
    out
}

/// The bounds of a range, a line for each kind of thing and resource.
fn bounds(range: &Value, indent: &str) -> String {
    const KEYS: [&str; 5] = [
        "min",
        "max",
        "defaultRequest",
        "default",
        "maxLimitRequestRatio",
    ];
    let mut out = String::new();
    for limit in items(range, "spec.limits") {
        let named = |key: &&str| field(limit, key).and_then(Value::as_map).cloned();
        let names: BTreeSet<String> = KEYS
            .iter()
            .filter_map(named)
            .flat_map(|map| map.keys().cloned().collect::<Vec<_>>())
            .collect();
        for name in names {
            let cell = |key: &&str| map(limit, key).remove(&name);
            let cells: Vec<String> = KEYS
                .iter()
                .map(|key| cell(key).unwrap_or_else(|| "-".to_owned()))
                .collect();
            out.push_str(&format!(
                "{indent}{}\t{name}\t{}\n",
                text(limit, "type"),
                cells.join("\t")
            ));
        }
    }
    out
}
