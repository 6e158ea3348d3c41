//! A dump of a real cluster, put back as it was found.
//!
//! What a dump holds was checked when it was made: nothing is admitted, allocated or checked again. A Pod keeps its
//! address, node, phase and conditions, a Service its addresses; the subnets are those that the dump shows.

use super::{Cluster, Settings};
use crate::api::{Map, Object, Value, kind};
use crate::kernel::Arrange;
use crate::kernel::{SimTime, Span, unix};
use crate::store::{Cidr, ClusterNetwork};
use std::net::IpAddr;

/// How long after its newest time a dump is looked at.
const LATER: Span = Span::secs(60);

/// A restored cluster, and what there is to say of it.
#[derive(Debug)]
pub struct Restored {
    /// The cluster.
    pub cluster: Cluster,
    /// What a reader should know: the subnets that were taken over, the kinds that are kept but not known.
    pub notes: Vec<String>,
}

impl Cluster {
    /// A cluster that holds what a dump holds; `documents` are its objects, lists already taken apart.
    pub fn from_dump(settings: &Settings, documents: Vec<Value>) -> Restored {
        let mut notes = Vec::new();
        let mut opaque = Vec::new();
        let mut objects = Vec::new();
        let newest = documents.iter().filter_map(newest).max();
        for document in documents {
            match Object::from_value(document.clone()) {
                Some(mut object) => {
                    if object.kind.namespaced && object.meta.namespace.is_empty() {
                        object.meta.namespace = "default".to_owned();
                    }
                    objects.push(object);
                }
                None => opaque.push(document),
            }
        }
        let network = network(&settings.network, &objects);
        notes.push(format!(
            "The cluster takes over what the dump shows: Services in {}, Pods in {}.",
            list(&network.service_cidrs),
            list(&network.pod_cidrs)
        ));
        let mut cluster = Self::empty(&Settings {
            network,
            ..settings.clone()
        });
        if let Some(seconds) = newest {
            let since = (seconds - cluster.sim.unix(SimTime(0))).max(0);
            cluster.sim.now = SimTime(0) + Span::secs(since.unsigned_abs()) + LATER;
        }
        for object in objects {
            cluster.store.restore(&mut cluster.sim, object);
        }
        let cidrs = cluster.network.service_cidrs.clone();
        cluster.store.declare_service_cidr(&cluster.sim, &cidrs);
        cluster.propagate();
        notes.extend(unknown(&opaque));
        cluster.opaque = opaque;
        cluster.in_use = true;
        cluster.restored = true;
        Restored { cluster, notes }
    }
}

fn list(cidrs: &[Cidr]) -> String {
    let texts: Vec<String> = cidrs.iter().map(Cidr::to_string).collect();
    texts.join(" and ")
}

/// The newest time that an object tells, in seconds since 1970.
fn newest(value: &Value) -> Option<i64> {
    match value {
        Value::Str(text) => unix(text),
        Value::List(items) => items.iter().filter_map(newest).max(),
        Value::Map(map) => map.values().filter_map(newest).max(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => None,
    }
}

/// Which kinds are kept as they are.
fn unknown(opaque: &[Value]) -> Option<String> {
    let text = |value: &Value, key: &str| {
        let text = value.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let mut kinds: Vec<String> = opaque
        .iter()
        .map(|value| format!("{} ({})", text(value, "kind"), text(value, "apiVersion")))
        .collect();
    kinds.arrange();
    kinds.dedup();
    let kinds = kinds.join(", ");
    (!kinds.is_empty())
        .then(|| format!("Kept as they are, since Portside does not know them: {kinds}."))
}

/// The network settings that a dump shows.
fn network(default: &ClusterNetwork, objects: &[Object]) -> ClusterNetwork {
    let mut network = default.clone();
    let declared = objects
        .iter()
        .find(|o| o.kind == kind::CONFIG_MAP && o.meta.name == "kubeadm-config");
    let cidrs = service_cidrs(objects);
    if !cidrs.is_empty() {
        network.service_cidrs = cidrs;
    }
    let pods = pod_cidrs(objects);
    if !pods.is_empty() {
        network.pod_cidrs = pods;
    }
    if let Some(text) = declared.and_then(|o| o.fields().remove("data")) {
        let configuration = text.get("ClusterConfiguration").and_then(Value::as_str);
        let documents =
            configuration.map(|text| crate::manifest::read(text, &crate::manifest::Limits::FILE));
        for document in documents.into_iter().flat_map(|read| read.documents) {
            if let Value::Map(map) = document.value() {
                super::settings::read_cluster_configuration(&map, &mut network);
            }
        }
    }
    let dns = objects
        .iter()
        .find(|o| o.kind == kind::SERVICE && o.meta.name == "kube-dns");
    let address = dns
        .and_then(Object::service)
        .and_then(|s| s.spec.addresses().first().copied());
    if let Some(address) = address {
        network.dns_address = address;
    }
    network
}

/// The `ServiceCIDR` objects' ranges; without any, the smallest usual range that holds every Service.
fn service_cidrs(objects: &[Object]) -> Vec<Cidr> {
    let declared = objects.iter().find(|o| o.kind == kind::SERVICE_CIDR);
    let spec = declared.and_then(|o| o.fields().remove("spec"));
    let list = spec
        .as_ref()
        .and_then(|spec| spec.get("cidrs"))
        .and_then(Value::as_list);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    let cidrs: Vec<Cidr> = texts.filter_map(Cidr::parse).collect();
    if !cidrs.is_empty() {
        return cidrs;
    }
    let services = objects.iter().filter_map(Object::service);
    let all: Vec<IpAddr> = services
        .flat_map(|service| service.spec.addresses())
        .collect();
    around(&all, &[24, 20, 16, 12, 8], &[112, 108, 64])
}

/// The range of all nodes' shares.
fn pod_cidrs(objects: &[Object]) -> Vec<Cidr> {
    let nodes = objects.iter().filter_map(Object::node);
    let shares = nodes.flat_map(|node| node.spec.pod_cidrs.iter().chain([&node.spec.pod_cidr]));
    let bases: Vec<IpAddr> = shares
        .filter_map(|text| Cidr::parse(text))
        .map(|c| c.base())
        .collect();
    around(&bases, &[16, 12, 8], &[56, 48])
}

/// The narrowest of these ranges that hold all addresses, one for each family.
fn around(addresses: &[IpAddr], four: &[u8], six: &[u8]) -> Vec<Cidr> {
    let family = |v4: bool, prefixes: &[u8]| {
        let own: Vec<IpAddr> = addresses
            .iter()
            .copied()
            .filter(|a| a.is_ipv4() == v4)
            .collect();
        let first = *own.first()?;
        let mut ranges = prefixes.iter().map(|prefix| Cidr::new(first, *prefix));
        ranges.find(|range| own.iter().all(|address| range.contains(*address)))
    };
    [family(true, four), family(false, six)]
        .into_iter()
        .flatten()
        .collect()
}

/// The text at a path of field names, if there is any.
pub(super) fn text<'a>(map: &'a Map, path: &[&str]) -> Option<&'a str> {
    let (first, rest) = path.split_first()?;
    map.get(*first)?
        .at(rest)?
        .as_str()
        .filter(|text| !text.is_empty())
}
