//! The words of a Service's decisions.

use super::Network;
use crate::api::ObjectKey;
use crate::api::service::Service;

/// Why a Service has no endpoint that traffic may be sent to.
pub(super) fn why_none(network: &Network<'_>, key: &ObjectKey) -> String {
    let Some(service) = network.service(key) else {
        return "the Service is gone".to_owned();
    };
    let selector = &service.spec.selector;
    if selector.is_empty() {
        return format!(
            "Service {} has no selector, and no EndpointSlice was made for it by hand",
            key.name
        );
    }
    let text: Vec<String> = selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let matching = network.tables.pods_with(&key.namespace, selector);
    match matching.len() {
        0 => format!("{} matches 0 Pods", text.join(",")),
        1 => format!("the one Pod that {} matches is not ready", text.join(",")),
        n => format!(
            "none of the {n} Pods that {} matches is ready",
            text.join(",")
        ),
    }
}

/// The chance with which a rule is taken, as iptables states it: 1 of those that are left.
pub(super) fn probability(count: usize, index: usize) -> String {
    let left = count.saturating_sub(index);
    if left <= 1 {
        return String::new();
    }
    let hundredths = (100 + left / 2) / left;
    format!(" (p=0.{hundredths:02})")
}

/// `6379/TCP, 9121/TCP`.
pub(super) fn ports_text(service: &Service) -> String {
    let ports = service
        .spec
        .ports
        .iter()
        .map(|p| format!("{}/{}", p.port, p.protocol()));
    ports.collect::<Vec<_>>().join(", ")
}
