//! Which node answers for a load balancer's address: what MetalLB's speakers agree on in layer 2 mode.
//!
//! A speaker announces only addresses of pools that an `L2Advertisement` selects, from the nodes that this selects, while
//! the Service has an endpoint; among those the digest of node and address decides (`speaker/layer2_controller.go`).

use super::Tables;
use crate::api::service::ServiceType;
use crate::api::{LabelSelector, Object, StringMap, Value, kind};
use crate::kernel::{Arrange, sha256};
use std::net::IpAddr;
use std::rc::Rc;

/// The label that keeps load balancers from a node; kubeadm gives it to control planes.
const EXCLUDED: &str = "node.kubernetes.io/exclude-from-external-load-balancers";
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";
/// The annotation that names the pool of a Service's addresses.
pub const FROM_POOL: &str = "metallb.io/ip-allocated-from-pool";

/// Who answers for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// This node.
    Node(String),
    /// Nobody: no `L2Advertisement` selects this pool.
    NotAdvertised(String),
    /// Nobody: none of the nodes that the pool's advertisements select may announce.
    NoNodeSelected(String),
    /// Nobody: no node has an endpoint that it may send to.
    NoEndpoint,
}

impl Tables {
    /// Who answers for an address of a Service.
    pub fn speaker(&self, service: &Object, ip: IpAddr) -> Speaker {
        let mut nodes: Vec<&str> = self.takers().map(|node| node.meta.name.as_str()).collect();
        if let Some(pool) = service.meta.annotations.get(FROM_POOL) {
            let advertisements: Vec<&Object> = self
                .all(kind::L2_ADVERTISEMENT)
                .map(|object| &**object)
                .filter(|object| self.advertises(object, pool))
                .collect();
            if advertisements.is_empty() {
                return Speaker::NotAdvertised(pool.clone());
            }
            nodes.retain(|name| {
                let labels = self
                    .find(kind::NODE, "", name)
                    .map(|node| &node.meta.labels);
                labels.is_some_and(|labels| {
                    advertisements
                        .iter()
                        .any(|ad| selects(ad, "nodeSelectors", labels))
                })
            });
            if nodes.is_empty() {
                return Speaker::NoNodeSelected(pool.clone());
            }
            nodes.arrange_by_key(|name| sha256(&format!("{name}#{ip}")));
        }
        let local = service.service().is_some_and(|service| {
            service.spec.service_type() == ServiceType::LoadBalancer
                && service.spec.external_traffic_policy == "Local"
        });
        let mut able = nodes
            .into_iter()
            .filter(|name| self.has_serving_endpoint(service, local.then_some(*name)));
        able.next()
            .map_or(Speaker::NoEndpoint, |name| Speaker::Node(name.to_owned()))
    }

    /// The nodes that take in traffic from outside; all of them if every one is excluded.
    pub fn takers(&self) -> impl Iterator<Item = &Rc<Object>> {
        let excluded = |node: &Rc<Object>| {
            let labels = &node.meta.labels;
            labels.contains_key(EXCLUDED) || labels.contains_key(CONTROL_PLANE)
        };
        let all = self.all(kind::NODE).all(excluded);
        let ready = |node: &&Rc<Object>| node.node().is_some_and(|n| n.is_ready());
        self.all(kind::NODE)
            .filter(move |node| all || !excluded(node))
            .filter(ready)
    }

    /// Whether a Service has an endpoint that is ready, or serves still, on a node or on any.
    pub fn has_serving_endpoint(&self, service: &Object, node: Option<&str>) -> bool {
        let slices = self.slices_of(&service.meta.namespace, &service.meta.name);
        let endpoints = slices
            .iter()
            .filter_map(|slice| slice.slice())
            .flat_map(|slice| slice.endpoints());
        let mut here = endpoints.filter(|e| node.is_none() || e.node_name.as_deref() == node);
        here.any(|e| e.conditions.is_ready() || e.conditions.serving == Some(true))
    }

    /// Whether an advertisement selects a pool: by its name, by its labels, or by saying nothing of pools.
    fn advertises(&self, advertisement: &Object, pool: &str) -> bool {
        let named = list(advertisement, "ipAddressPools");
        let by_labels = list(advertisement, "ipAddressPoolSelectors");
        if named.is_empty() && by_labels.is_empty() {
            return true;
        }
        let mut pools = self.all(kind::IP_ADDRESS_POOL);
        let labels = pools
            .find(|object| object.meta.name == pool)
            .map(|o| &o.meta.labels);
        named.iter().any(|name| name.as_str() == Some(pool))
            || (!by_labels.is_empty()
                && labels
                    .is_some_and(|labels| selects(advertisement, "ipAddressPoolSelectors", labels)))
    }
}

fn list(advertisement: &Object, field: &str) -> Vec<Value> {
    let fields = advertisement.fields();
    let listed = fields.get("spec").and_then(|spec| spec.get(field));
    listed.and_then(Value::as_list).unwrap_or_default().to_vec()
}

/// Whether one of the selectors matches, or there is none.
fn selects(advertisement: &Object, field: &str, labels: &StringMap) -> bool {
    let all = list(advertisement, field);
    all.is_empty()
        || all
            .iter()
            .filter_map(Value::as_map)
            .any(|map| LabelSelector::from_map(map.clone()).matches(labels))
}
