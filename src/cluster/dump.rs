//! A dump of a real cluster, put back as it was found.
//!
//! What a dump holds was checked when it was made: nothing is admitted, allocated or checked again. A Pod keeps its
//! address, node, phase and conditions, a Service its addresses; the subnets are those that the dump shows.

use super::{Cluster, Settings};
use crate::api::{Map, Object, Value, kind};
use crate::kernel::Arrange;
use crate::kernel::{SimTime, Span, unix};
use crate::manifest::{Document, Limits, Slices};
use crate::store::{Change, Cidr, ClusterNetwork};
use std::net::IpAddr;
use std::rc::Rc;
use std::vec::IntoIter;

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
    pub fn from_dump(settings: &Settings, documents: Vec<Value>) -> Result<Restored, String> {
        Restoration::at(settings, Stage::Sorting(documents.into_iter())).finish()
    }
}

/// How much one step does: bytes that are read, objects that are taken over.
const BYTES: usize = 128 << 10;
const OBJECTS: usize = 100;

/// A dump that is being restored, a step at a time, so that a page goes on drawing meanwhile.
///
/// All objects are in the store before anybody hears of them: whoever heard of a Pod before its owner would take it for
/// an orphan.
#[derive(Debug)]
pub struct Restoration {
    settings: Settings,
    stage: Stage,
    /// The newest time that any object tells.
    newest: Option<i64>,
    objects: Vec<Object>,
    opaque: Vec<Value>,
}

#[derive(Debug)]
enum Stage {
    Reading(Box<Slices>),
    /// The documents that are not looked at yet.
    Sorting(IntoIter<Value>),
    Storing(Box<Cluster>, IntoIter<Object>),
    Telling(Box<Cluster>, IntoIter<Change>),
    Over,
}

impl Restoration {
    /// Begins with the text of a dump.
    pub fn new(settings: &Settings, text: impl Into<Rc<str>>) -> Self {
        let slices = Slices::new(text, Limits::FILE);
        Self::at(settings, Stage::Reading(Box::new(slices)))
    }

    fn at(settings: &Settings, stage: Stage) -> Self {
        Self {
            settings: settings.clone(),
            stage,
            newest: None,
            objects: Vec::new(),
            opaque: Vec::new(),
        }
    }

    /// How far it is, in words.
    pub fn progress(&self) -> String {
        let all = self.objects.len();
        match &self.stage {
            Stage::Reading(slices) => {
                let (read, whole) = slices.progress();
                format!("Reading the dump: {} of {} KiB.", read >> 10, whole >> 10)
            }
            Stage::Sorting(left) => format!("Looking at {} objects.", left.len() + all),
            Stage::Storing(_, left) => format!("Storing the objects: {} left.", left.len()),
            Stage::Telling(_, left) => format!("Telling the controllers: {} left.", left.len()),
            Stage::Over => "The dump is restored.".to_owned(),
        }
    }

    /// Does a step; gives the cluster once all is done, or says why the dump cannot be restored.
    pub fn step(&mut self) -> Result<Option<Restored>, String> {
        match &mut self.stage {
            Stage::Reading(slices) => {
                if slices.step(BYTES) {
                    self.read()?;
                }
            }
            Stage::Sorting(documents) => {
                for document in documents.by_ref().take(OBJECTS) {
                    self.newest = self.newest.max(newest(&document));
                    match Object::from_value(document.clone()) {
                        Some(mut object) => {
                            if object.kind.namespaced && object.meta.namespace.is_empty() {
                                "default".clone_into(&mut object.meta.namespace);
                            }
                            self.objects.push(object);
                        }
                        None => self.opaque.push(document),
                    }
                }
                if documents.len() == 0 {
                    self.found();
                }
            }
            Stage::Storing(cluster, objects) => {
                for object in objects.by_ref().take(OBJECTS) {
                    cluster.store.restore(&mut cluster.sim, object);
                }
                if objects.len() == 0 {
                    self.stored();
                }
            }
            Stage::Telling(cluster, changes) => {
                let some: Vec<Change> = changes.by_ref().take(OBJECTS).collect();
                cluster.observe(&some);
                if changes.len() == 0 {
                    return Ok(self.over());
                }
            }
            Stage::Over => {}
        }
        Ok(None)
    }

    /// Does all steps that are left.
    pub fn finish(mut self) -> Result<Restored, String> {
        loop {
            if let Some(restored) = self.step()? {
                return Ok(restored);
            }
        }
    }

    fn read(&mut self) -> Result<(), String> {
        let Stage::Reading(slices) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return Ok(());
        };
        let parsed = slices.finish();
        if let Some(error) = parsed.error {
            return Err(error.message);
        }
        let documents: Vec<Value> = parsed.documents.iter().map(Document::value).collect();
        if documents.is_empty() {
            return Err("the file holds no objects".to_owned());
        }
        self.stage = Stage::Sorting(documents.into_iter());
        Ok(())
    }

    /// All objects are known: the cluster takes over the subnets that they show.
    fn found(&mut self) {
        let objects = std::mem::take(&mut self.objects);
        let mut cluster = Cluster::empty(&Settings {
            network: network(&self.settings.network, &objects),
            ..self.settings.clone()
        });
        if let Some(seconds) = self.newest {
            let since = (seconds - cluster.sim.unix(SimTime(0))).max(0);
            cluster.sim.now = SimTime(0) + Span::secs(since.unsigned_abs()) + LATER;
        }
        self.stage = Stage::Storing(Box::new(cluster), objects.into_iter());
    }

    fn stored(&mut self) {
        if let Stage::Storing(mut cluster, _) = std::mem::replace(&mut self.stage, Stage::Over) {
            let cidrs = cluster.network.service_cidrs.clone();
            cluster.store.declare_service_cidr(&cluster.sim, &cidrs);
            let changes = cluster.store.take_changes();
            self.stage = Stage::Telling(cluster, changes.into_iter());
        }
    }

    fn over(&mut self) -> Option<Restored> {
        let Stage::Telling(mut cluster, _) = std::mem::replace(&mut self.stage, Stage::Over) else {
            return None;
        };
        cluster.propagate();
        let mut notes = vec![format!(
            "The cluster takes over what the dump shows: Services in {}, Pods in {}.",
            list(&cluster.network.service_cidrs),
            list(&cluster.network.pod_cidrs)
        )];
        notes.extend(unknown(&self.opaque));
        cluster.opaque = std::mem::take(&mut self.opaque);
        cluster.in_use = true;
        cluster.restored = true;
        Some(Restored {
            cluster: *cluster,
            notes,
        })
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
        let documents = configuration.map(|text| crate::manifest::read(text, &Limits::FILE));
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
