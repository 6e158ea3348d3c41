//! `HorizontalPodAutoscalers`: what is measured, and between which numbers of Pods they may choose.

use super::page::{field, fill, items, text};
use crate::api::{Object, Value};

pub(super) fn autoscaler(object: &Object, head: &str) -> String {
    let value = object.to_value();
    let mut out = head.to_owned();
    out.push_str(&fill(
        "CreationTimestamp:\t{metadata.creationTimestamp|time}\nReference:\t{spec.scaleTargetRef.kind}/{spec.scaleTargetRef.name}",
        &value,
        0,
    ));
    if object.kind.version == "v1" {
        out.push_str(&fill(
            "?spec.targetCPUUtilizationPercentage Target CPU utilization:\t{spec.targetCPUUtilizationPercentage}%
?status.currentCPUUtilizationPercentage Current CPU utilization:\t{status.currentCPUUtilizationPercentage}%
!status.currentCPUUtilizationPercentage Current CPU utilization:\t<unknown>%",
            &value,
            0,
        ));
    } else {
        out.push_str("Metrics:\t( current / target )\n");
        let current = items(&value, "status.currentMetrics");
        for (i, metric) in items(&value, "spec.metrics").iter().enumerate() {
            out.push_str(&self::metric(metric, current.get(i)));
        }
    }
    out.push_str(&fill(
        "Min replicas:\t{spec.minReplicas|unset}\nMax replicas:\t{spec.maxReplicas|0}\n?spec.behavior Behavior:",
        &value,
        0,
    ));
    for (title, key) in [("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")] {
        if let Some(rules) = field(&value, &format!("spec.behavior.{key}")) {
            out.push_str(&behavior(title, rules));
        }
    }
    out.push_str(&fill(
        "{spec.scaleTargetRef.kind} pods:\t{status.currentReplicas|0} current / {status.desiredReplicas|0} desired
?status.conditions Conditions:~  Type\tStatus\tReason\tMessage~  ----\t------\t------\t-------
*status.conditions   {type}\t{status}\t{reason}\t{message}",
        &value,
        0,
    ));
    out
}

fn behavior(title: &str, rules: &Value) -> String {
    let mut out = format!("  {title}:\n");
    out.push_str(&fill(
        "?stabilizationWindowSeconds     Stabilization Window: {stabilizationWindowSeconds} seconds",
        rules,
        0,
    ));
    if !items(rules, "policies").is_empty() {
        let select = field(rules, "selectPolicy").map_or_else(|| "Max".to_owned(), super::plain);
        out.push_str(&format!("    Select Policy: {select}\n    Policies:\n"));
        out.push_str(&fill(
            "*policies       - Type: {type}\tValue: {value}\tPeriod: {periodSeconds} seconds",
            rules,
            0,
        ));
    }
    out
}

/// One metric: what it is, how it stands, what is wanted.
fn metric(metric: &Value, current: Option<&Value>) -> String {
    let type_ = text(metric, "type");
    let key = match type_.as_str() {
        "External" => "external",
        "Pods" => "pods",
        "Object" => "object",
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        _ => return format!("  <unknown metric type \"{type_}\">\n"),
    };
    let source = field(metric, key).cloned().unwrap_or_default();
    let now = current
        .and_then(|c| field(c, key))
        .and_then(|c| field(c, "current"));
    let of = |name: &str| {
        let found = now.and_then(|now| field(now, name));
        found.map_or_else(|| "<unknown>".to_owned(), super::plain)
    };
    let target = |name: &str| field(&source, &format!("target.{name}")).map(super::plain);
    let average = target("averageValue");
    let which = match &average {
        Some(_) => "(target average value)",
        None => "(target value)",
    };
    let name = text(&source, "metric.name");
    let pair = |wanted: Option<String>| match wanted {
        Some(wanted) => format!("{} / {wanted}", of("averageValue")),
        None => format!("{} / {}", of("value"), target("value").unwrap_or_default()),
    };
    match key {
        "external" => format!("  \"{name}\" {which}:\t{}\n", pair(average)),
        "pods" => format!("  \"{name}\" on pods:\t{}\n", pair(average)),
        "object" => format!(
            "  \"{name}\" on {}/{} {which}:\t{}\n",
            text(&source, "describedObject.kind"),
            text(&source, "describedObject.name"),
            pair(average)
        ),
        _ => {
            let container = match text(&source, "container") {
                none if none.is_empty() => none,
                container => format!(" of container \"{container}\""),
            };
            let start = format!("  resource {}{container} on pods", text(&source, "name"));
            if average.is_some() {
                return format!("{start}:\t{}\n", pair(average));
            }
            let share = now.and_then(|now| field(now, "averageUtilization"));
            let share = share.map_or_else(
                || "<unknown>".to_owned(),
                |n| format!("{}% ({})", super::plain(n), of("averageValue")),
            );
            let wanted = target("averageUtilization");
            let wanted = wanted.map_or_else(|| "<auto>".to_owned(), |n| format!("{n}%"));
            format!("{start}  (as a percentage of request):\t{share} / {wanted}\n")
        }
    }
}
