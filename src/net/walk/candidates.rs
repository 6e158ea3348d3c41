//! Why this endpoint and not another: every candidate of a Service's decision, taken or skipped, and for what reason.

use super::{Asked, Network};
use crate::api::{Object, StringMap, kind};
use crate::net::proxy::{Policy, Ruling, ServicePort, Via};
use std::net::SocketAddr;
use std::rc::Rc;

/// How many Pods that a selector does not select are named.
const MOST: usize = 10;

/// An endpoint or a Pod that could have been chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The Pod's name, or what else bears the address.
    pub name: String,
    /// Its address, if it has one.
    pub address: Option<SocketAddr>,
    /// Why it was skipped; none if it may be taken.
    pub skipped: Option<String>,
}

impl Network<'_> {
    /// The Service port that a packet asked a node for, with every candidate behind it.
    pub fn candidates(&self, asked: &Asked) -> Option<(Rc<ServicePort>, Vec<Candidate>)> {
        let ruling = self.proxy.rule(self.settings, &asked.node, &asked.query);
        let port = ruling.port?.clone();
        let mut found = self.endpoints_of(&ruling, &port);
        let listed: Vec<String> = found.iter().map(|c| c.name.clone()).collect();
        self.add_pods(&port, &listed, &mut found);
        Some((port, found))
    }

    fn endpoints_of(&self, ruling: &Ruling<'_>, port: &ServicePort) -> Vec<Candidate> {
        let local = match ruling.via {
            Via::ClusterIp => port.internal_local,
            _ => port.external_local,
        };
        let policy = if local {
            Policy::Local
        } else {
            Policy::Cluster
        };
        let choice = ruling
            .choice
            .unwrap_or_else(|| port.endpoints.choose(policy, &ruling.node));
        let named = |(endpoint, skipped): (&crate::net::proxy::Endpoint, Option<String>)| {
            let owner = self.book.owner(endpoint.address.ip());
            Candidate {
                name: owner.map_or_else(
                    || "no Pod".to_owned(),
                    |owner| owner.who.key.name.to_string(),
                ),
                address: Some(endpoint.address),
                skipped,
            }
        };
        choice
            .why_not(&ruling.node)
            .into_iter()
            .map(named)
            .collect()
    }

    /// The Pods of the Service's namespace that are behind no endpoint: not selected, or not there yet.
    fn add_pods(&self, port: &ServicePort, listed: &[String], found: &mut Vec<Candidate>) {
        let key = &port.name.service;
        let Some(service) = self.service(key).filter(|s| !s.spec.selector.is_empty()) else {
            return;
        };
        let pods = self.tables.in_namespace(kind::POD, &key.namespace);
        let others = pods.filter(|pod| !listed.contains(&pod.meta.name));
        for object in others.take(MOST) {
            found.push(Candidate {
                name: object.meta.name.clone(),
                address: None,
                skipped: Some(why_no_endpoint(object, &service.spec.selector)),
            });
        }
    }
}

fn why_no_endpoint(object: &Object, selector: &StringMap) -> String {
    for (key, wanted) in selector {
        match object.meta.labels.get(key) {
            Some(value) if value == wanted => {}
            Some(value) => return format!("its label {key} is {value}, not {wanted}"),
            None => return format!("it has no label {key}"),
        }
    }
    let Some(pod) = object.pod() else {
        return "it is no Pod".to_owned();
    };
    if pod.is_finished() {
        return format!("it has ended: {}", pod.status.phase);
    }
    if pod.status.pod_ip.is_empty() {
        return format!("it has no address yet: {}", pod.status.phase);
    }
    "no slice lists it: it declares no such port, or the slices lag behind".to_owned()
}
