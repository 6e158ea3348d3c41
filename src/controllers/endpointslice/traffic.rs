//! The hints of `trafficDistribution`.
//!
//! Models `k8s.io/endpointslice/trafficdist`.

use super::draft::{Draft, hinted, hints, is_ready};
use super::plan::Slices;
use crate::api::service::Endpoint;
use std::rc::Rc;

/// Whether a Service asks for a distribution that there is.
pub(super) fn is_known(distribution: &str) -> bool {
    ["PreferClose", "PreferSameZone", "PreferSameNode"].contains(&distribution)
}

/// Brings the hints of all slices in line with a distribution; another than the known ones means no hints.
pub fn reconcile(distribution: Option<&str>, slices: &mut Slices) {
    let known = distribution.is_some_and(is_known);
    let nodes = distribution == Some("PreferSameNode");
    let unchanged = std::mem::take(&mut slices.unchanged);
    let stale = |draft: &Draft| {
        let wrong = |endpoint: &Rc<Endpoint>| match known {
            false => endpoint.hints.is_some(),
            true => is_ready(endpoint) && !is_right(endpoint, nodes),
        };
        draft.endpoints.iter().any(wrong)
    };
    for draft in unchanged {
        if stale(&draft) {
            slices.update.push(draft);
        } else {
            slices.unchanged.push(draft);
        }
    }
    for draft in slices.create.iter_mut().chain(&mut slices.update) {
        for endpoint in &mut draft.endpoints {
            let hints = match known {
                false => None,
                true if is_ready(endpoint) => wanted(endpoint, nodes),
                true => continue,
            };
            if endpoint.hints != hints {
                Rc::make_mut(endpoint).hints = hints;
            }
        }
    }
}

fn wanted(endpoint: &Endpoint, nodes: bool) -> Option<crate::api::Map> {
    let node = endpoint.node_name.as_deref().filter(|_| nodes);
    hints(endpoint.zone.as_deref(), node)
}

fn is_right(endpoint: &Endpoint, nodes: bool) -> bool {
    let zone: Vec<&str> = endpoint.zone.as_deref().into_iter().collect();
    let node: Vec<&str> = endpoint
        .node_name
        .as_deref()
        .filter(|_| nodes)
        .into_iter()
        .collect();
    hinted(endpoint, "forZones") == zone && hinted(endpoint, "forNodes") == node
}
