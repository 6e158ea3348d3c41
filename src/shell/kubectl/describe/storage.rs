//! What is told of storage besides plain fields.

use super::Around;
use super::page::{field, items, text, texts};
use crate::api::{Object, Value, kind};
use crate::kernel::Arrange;

const CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// The class of a claim or a volume: the old annotation comes first.
pub(super) fn class(object: &Object, value: &Value) -> String {
    let old = object.meta.annotations.get(CLASS).cloned();
    old.unwrap_or_else(|| text(value, "spec.storageClassName"))
}

/// The class of a claim's template.
pub(super) fn beta_class(claim: &Value) -> String {
    let old = claim.at(&["metadata", "annotations", CLASS]);
    old.map_or_else(|| text(claim, "spec.storageClassName"), super::plain)
}

/// Whether claims without a class get this one.
pub(super) fn is_default(object: &Object) -> String {
    let keys = [
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
    ];
    let of = |key: &&str| {
        object
            .meta
            .annotations
            .get(*key)
            .is_some_and(|v| v == "true")
    };
    let word = if keys.iter().any(of) { "Yes" } else { "No" };
    format!("{word}\n")
}

/// The Pods that have a claim among their volumes.
pub(super) fn used_by(around: &Around<'_>, claim: &Object) -> String {
    let names = |volume: &Value| text(volume, "persistentVolumeClaim.claimName");
    let mut pods: Vec<&str> = around
        .tables
        .in_namespace(kind::POD, &claim.meta.namespace)
        .filter(|o| {
            let volumes = o.pod().map(|pod| &pod.spec.volumes);
            volumes.is_some_and(|all| all.own.iter().any(|v| names(v) == claim.meta.name))
        })
        .map(|o| o.meta.name.as_str())
        .collect();
    pods.arrange();
    if pods.is_empty() {
        return "Used By:\t<none>\n".to_owned();
    }
    format!("Used By:\t{}\n", pods.join("\n\t"))
}

/// The nodes from which a volume can be reached.
pub(super) fn affinity(volume: &Value) -> String {
    let Some(required) = field(volume, "spec.nodeAffinity.required") else {
        return "Node Affinity:\t<none>\n".to_owned();
    };
    let all = items(required, "nodeSelectorTerms");
    if all.is_empty() {
        return "Node Affinity:\t\n  Required Terms:\t<none>\n".to_owned();
    }
    let lines = terms(all, "    ", "matchExpressions");
    format!("Node Affinity:\t\n  Required Terms:\t\n{lines}")
}

/// Where volumes of a class may be made.
pub(super) fn topologies(class: &Value) -> String {
    if field(class, "allowedTopologies").is_none() {
        return String::new();
    }
    let all = items(class, "allowedTopologies");
    if all.is_empty() {
        return "AllowedTopologies:\t<none>\n".to_owned();
    }
    let lines = terms(all, "  ", "matchLabelExpressions");
    format!("AllowedTopologies:\t\n{lines}")
}

/// Numbered terms, a line for each of their expressions.
fn terms(all: &[Value], indent: &str, key: &str) -> String {
    let mut out = String::new();
    for (i, term) in all.iter().enumerate() {
        let one = |e: &Value| {
            let operator = text(e, "operator").to_lowercase();
            let operator = if operator.is_empty() { "in" } else { &operator };
            let values = texts(e, "values");
            let values = if values.is_empty() {
                String::new()
            } else {
                format!(" [{}]", values.join(", "))
            };
            format!("{} {operator}{values}", text(e, "key"))
        };
        let lines: Vec<String> = items(term, key).iter().map(one).collect();
        let between = format!("\n{indent}\t");
        let shown = if lines.is_empty() {
            "<none>".to_owned()
        } else {
            lines.join(&between)
        };
        out.push_str(&format!("{indent}Term {i}:\t{shown}\n"));
    }
    out
}
