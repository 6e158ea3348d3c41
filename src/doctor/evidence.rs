//! What is known: the one thing that all diagnoses look at, whatever it was taken from.
//!
//! Manifests, a live cluster and a dump all become tables of objects. Manifests have no Pods yet: each workload gets a
//! stand-in that bears its template's labels and counts for its replicas. What an input cannot show (the state of Pods,
//! the processes in them) the evidence says it does not know.

use super::digest::Digest;
use super::finding::{Blame, Finding, Remedy, count};
use super::sheet::{Sheet, Sheets, place};
use super::signs::Signs;
use crate::api::pod::{Pod, PodTemplateSpec};
use crate::api::service::Service;
use crate::api::{Map, Object, ObjectKey, ObjectMeta, StringMap, Value, kind};
use crate::cluster::{Cluster, Settings};
use crate::kernel::{BTreeMap, Sim};
use crate::manifest::Edit;
use crate::net::Policies;
use crate::store::{ClusterNetwork, Store, Tables};
use std::rc::Rc;

/// What the evidence was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Manifests that are not applied.
    Manifests,
    /// The simulated cluster, of which everything is known.
    Cluster,
    /// The dump of a real cluster: its objects are known, its processes are not.
    Dump,
}

/// A workload's stand-in for Pods that are not there yet.
#[derive(Clone, Debug)]
pub(super) struct StandIn {
    pub(super) owner: ObjectKey,
    pub(super) prefix: &'static str,
    pub(super) replicas: usize,
}

/// What is known.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    pub(super) tables: Tables,
    pub(super) network: ClusterNetwork,
    /// What it was taken from.
    pub origin: Origin,
    pub(super) cluster: Option<&'a Cluster>,
    pub(super) sheets: Sheets,
    pub(super) stand_ins: BTreeMap<ObjectKey, StandIn>,
    pub(super) signs: Signs,
    /// Whether there are objects of kinds that are not known, which may make Pods.
    pub(super) has_strangers: bool,
    /// The policies, if there are any.
    pub(super) policies: Option<Rc<Policies>>,
    pub(super) digest: Digest,
}

impl<'a> Evidence<'a> {
    /// What a cluster shows; `sheets` are the texts that its objects were applied from, as far as they are at hand.
    pub fn of_cluster(cluster: &'a Cluster, sheets: &[Sheet]) -> Self {
        let policies = Policies::of(cluster.tables()).map(Rc::new);
        Self::with(cluster, Sheets::read(sheets), policies)
    }

    /// The same with what was read of it before.
    pub(super) fn with(
        cluster: &'a Cluster,
        sheets: Sheets,
        policies: Option<Rc<Policies>>,
    ) -> Self {
        let origin = if cluster.is_restored() {
            Origin::Dump
        } else {
            Origin::Cluster
        };
        Self {
            policies,
            digest: Digest::default(),
            tables: cluster.tables().clone(),
            network: cluster.network().clone(),
            origin,
            signs: Signs::of(cluster.tables(), cluster.opaque()),
            has_strangers: !cluster.opaque().is_empty(),
            cluster: Some(cluster),
            sheets,
            stand_ins: BTreeMap::new(),
        }
    }

    /// What manifests show before they are applied, to a cluster if one is given.
    pub fn of_manifests(sheets: &[Sheet], base: Option<&Cluster>) -> Self {
        Self::of_sheets(Sheets::read(sheets), base)
    }

    pub(super) fn of_sheets(sheets: Sheets, base: Option<&Cluster>) -> Self {
        let objects: Vec<Object> = sheets.objects().collect();
        let settings = base.map_or_else(Settings::default, Cluster::settings);
        let mut sim = Sim::new(settings.seed);
        let mut store = Store::new(&settings.network, settings.seed);
        let mut stand_ins = BTreeMap::new();
        let new: Vec<ObjectKey> = objects.iter().map(Object::key).collect();
        if let Some(base) = base {
            for object in standing(base.tables(), &new) {
                store.restore(&mut sim, (*object).clone());
            }
        }
        let mut opaque = Vec::new();
        for document in sheets.documents() {
            let value = document.value();
            if Object::from_value(value.clone()).is_none() {
                opaque.push(value);
            }
        }
        for mut object in objects {
            if object.kind == kind::NAMESPACE {
                // As the API server does.
                let name = object.meta.name.clone();
                let key = "kubernetes.io/metadata.name".to_owned();
                object.meta.labels.insert(key, name);
            }
            for (pod, stand_in) in stand_ins_of(&object) {
                stand_ins.insert(pod.key(), stand_in);
                store.restore(&mut sim, pod);
            }
            store.restore(&mut sim, object);
        }
        let tables = store.tables().clone();
        Self {
            signs: Signs::of(&tables, &opaque),
            has_strangers: !opaque.is_empty(),
            policies: Policies::of(&tables).map(Rc::new),
            digest: Digest::default(),
            tables,
            network: settings.network,
            origin: Origin::Manifests,
            cluster: None,
            sheets,
            stand_ins,
        }
    }

    /// Whether the state of Pods is known.
    pub fn shows_state(&self) -> bool {
        self.origin != Origin::Manifests
    }

    /// Whether the processes in Pods are known.
    pub fn shows_processes(&self) -> bool {
        self.origin == Origin::Cluster
    }

    /// Whether an object is there.
    pub fn has(&self, key: &ObjectKey) -> bool {
        self.tables.get(key).is_some()
    }

    /// The Service of a name; those that every cluster has count as there.
    pub(super) fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        self.tables.find(kind::SERVICE, namespace, name)?.service()
    }

    /// Whether a Service is there. Every cluster has `kubernetes` and cluster DNS, though manifests do not say so.
    pub(super) fn has_service(&self, namespace: &str, name: &str) -> bool {
        self.service(namespace, name).is_some()
            || !self.shows_state()
                && matches!(
                    (namespace, name),
                    ("default", "kubernetes") | ("kube-system", "kube-dns")
                )
    }

    /// The names of a namespace's Services.
    pub(super) fn service_names(&self, namespace: &str) -> impl Iterator<Item = &str> {
        let all = self.tables.in_namespace(kind::SERVICE, namespace);
        all.map(|service| service.meta.name.as_str())
    }

    /// The Pods of a namespace that bear all these labels and are not being deleted.
    pub(super) fn living(&self, namespace: &str, labels: &StringMap) -> Vec<&Rc<Object>> {
        let mut pods = self.tables.pods_with(namespace, labels);
        pods.retain(|pod| !pod.meta.is_terminating());
        pods
    }

    /// `redis (3 Pods)`: a Service that may be meant, with how many Pods its selector matches.
    pub(super) fn with_pods(&self, namespace: &str, name: &str) -> String {
        let service = self.service(namespace, name);
        let selector = service.map(|s| &s.spec.selector).filter(|s| !s.is_empty());
        match selector {
            Some(selector) => {
                let pods = self.weigh(&self.living(namespace, selector));
                [name, " (", &count(pods, "Pod"), ")"].concat()
            }
            None => name.to_owned(),
        }
    }

    /// `; did you mean redis (3 Pods)?`, or nothing.
    pub(super) fn near_text(&self, namespace: &str, near: Option<&str>) -> String {
        match near {
            Some(near) => ["; did you mean ", &self.with_pods(namespace, near), "?"].concat(),
            None => String::new(),
        }
    }

    /// Why nothing is said of the data path; none if kube-proxy's rules are the way.
    pub fn suspended(&self) -> Option<String> {
        self.signs.suspend()
    }

    /// How many Pods an object stands for.
    pub(super) fn weight(&self, pod: &Object) -> usize {
        let stand_in = (!self.stand_ins.is_empty()).then(|| self.stand_ins.get(&pod.key()));
        stand_in.flatten().map_or(1, |stand_in| stand_in.replicas)
    }

    /// How many Pods several objects stand for.
    pub(super) fn weigh(&self, pods: &[&Rc<Object>]) -> usize {
        pods.iter().map(|pod| self.weight(pod)).sum()
    }

    /// The workload that makes a Pod, and the path of its template; the Pod itself if nobody does.
    pub(super) fn maker(&self, pod: &Object) -> (ObjectKey, &'static str) {
        if let Some(stand_in) = self.stand_ins.get(&pod.key()) {
            return (stand_in.owner.clone(), stand_in.prefix);
        }
        let mut at = pod.meta.controller().map(|owner| (owner, pod));
        let mut found = None;
        while let Some((owner, below)) = at {
            let kind = crate::api::Kind::find(&owner.api_version, &owner.kind);
            let Some(kind) = kind else { break };
            let namespace = &below.meta.namespace;
            found = Some(ObjectKey::new(kind, namespace, &owner.name));
            let above = self.tables.find(kind, namespace, &owner.name);
            at = above.and_then(|object| Some((object.meta.controller()?, &**object)));
        }
        match found {
            Some(owner) if owner.kind == kind::CRON_JOB => {
                (owner, "spec.jobTemplate.spec.template.")
            }
            Some(owner) if owner.kind == kind::NODE => (pod.key(), ""),
            Some(owner) => (owner, "spec.template."),
            None => (pod.key(), ""),
        }
    }

    /// `3 Pods of deployment/web`, `Pod box`.
    pub(super) fn name_pods(&self, pods: &[&Rc<Object>]) -> String {
        let Some(first) = pods.first() else {
            return "no Pod".to_owned();
        };
        let (owner, _) = self.maker(first);
        let number = self.weigh(pods);
        if owner.kind == kind::POD {
            return match number {
                1 => ["Pod ", &first.meta.name].concat(),
                _ => count(number, "Pod"),
            };
        }
        let same = pods.iter().all(|pod| self.maker(pod).0 == owner);
        if same {
            return [&count(number, "Pod"), " of ", &owner.to_string()].concat();
        }
        count(number, "Pod")
    }

    /// A field that is to blame; where it stands is told by a text, or by what the cluster remembers of one.
    pub(super) fn blame(&self, object: &ObjectKey, field: &str) -> Blame {
        let at = self.sheets.at(object, field).or_else(|| {
            let source = self.cluster?.source(object)?;
            let line = source.line_of(field)?;
            let span = crate::manifest::Span {
                line,
                column: 1,
                ..Default::default()
            };
            Some((source.file.clone(), span))
        });
        Blame {
            object: object.clone(),
            field: field.to_owned(),
            at,
        }
    }

    /// The same for a field of a Pod, which its workload's template has.
    pub(super) fn blame_pod(&self, pod: &Object, field: &str) -> Blame {
        let (owner, prefix) = self.maker(pod);
        self.blame(&owner, &[prefix, field].concat())
    }

    /// A remedy that replaces a value, by an edit where a text is at hand, and by a command.
    pub(super) fn replace(
        &self,
        object: &ObjectKey,
        field: &str,
        value: &str,
        command: String,
    ) -> Remedy {
        let edit = self.sheets.replace(object, field, value);
        Remedy {
            title: ["Change to ", value].concat(),
            edits: edit.into_iter().collect(),
            command,
        }
    }

    /// A command that patches an object, as a reader types it.
    pub(super) fn patch(&self, object: &ObjectKey, json: &str) -> String {
        let namespace = match &*object.namespace {
            "" | "default" => String::new(),
            other => ["-n ", other, " "].concat(),
        };
        [
            "kubectl ",
            &namespace,
            "patch ",
            object.kind.singular,
            " ",
            &object.name,
            " --type=json -p '",
            json,
            "'",
        ]
        .concat()
    }

    /// Adds a finding with its blame.
    pub(super) fn found(
        &self,
        out: &mut Vec<Finding>,
        mut finding: Finding,
        blame: &[(&ObjectKey, &str)],
    ) {
        let fields = blame
            .iter()
            .map(|(object, field)| self.blame(object, field));
        finding.blame.extend(fields);
        out.push(finding);
    }
}

/// A remedy of edits alone.
pub(super) fn edited(title: &str, edits: Vec<(Rc<str>, Edit)>, command: String) -> Remedy {
    Remedy {
        title: title.to_owned(),
        edits,
        command,
    }
}

/// What stays of a cluster when these objects are applied to it: not what they replace, nor its Pods.
fn standing(tables: &Tables, new: &[ObjectKey]) -> Vec<Rc<Object>> {
    let mut found = Vec::new();
    for kind in kind::KINDS {
        for object in tables.all(kind) {
            let key = object.key();
            if new.contains(&key) || *kind == kind::EVENT {
                continue;
            }
            let mut at = object.meta.controller();
            let mut replaced = false;
            while let Some(owner) = at {
                let above = crate::api::Kind::find(&owner.api_version, &owner.kind);
                let above = above.map(|k| ObjectKey::new(k, &object.meta.namespace, &owner.name));
                let Some(above) = above else { break };
                replaced |= new.contains(&above);
                at = tables.get(&above).and_then(|o| o.meta.controller());
            }
            if !replaced {
                found.push(object.clone());
            }
        }
    }
    found
}

/// Of so many Pods of a stateful set each has a stand-in of its own.
const NUMBERED: usize = 20;

/// The stand-ins for the Pods that a workload will make: one for all, as they are alike. Those of a stateful set bear
/// labels by which each is known.
fn stand_ins_of(object: &Object) -> Vec<(Object, StandIn)> {
    let Some((pod, one)) = stand_in(object) else {
        return Vec::new();
    };
    if object.kind != kind::STATEFUL_SET || !(1..=NUMBERED).contains(&one.replicas) {
        return vec![(pod, one)];
    }
    let numbered = (0..one.replicas).map(|number| {
        let number = number.to_string();
        let mut pod = pod.clone();
        let name = [&object.meta.name, "-", &number].concat();
        pod.meta.name = [object.kind.singular, "/", &name].concat();
        for (key, value) in [
            ("statefulset.kubernetes.io/pod-name", name),
            ("apps.kubernetes.io/pod-index", number),
        ] {
            pod.meta.labels.insert(key.to_owned(), value);
        }
        let one = StandIn {
            replicas: 1,
            ..one.clone()
        };
        (pod, one)
    });
    numbered.collect()
}

/// The stand-in for the Pods that a workload will make.
fn stand_in(object: &Object) -> Option<(Object, StandIn)> {
    let fields = object.fields();
    let spec = fields.get("spec")?;
    let (prefix, path): (&'static str, &[&str]) = if object.kind == kind::CRON_JOB {
        (
            "spec.jobTemplate.spec.template.",
            &["jobTemplate", "spec", "template"],
        )
    } else {
        ("spec.template.", &["template"])
    };
    let known = ["apps", "batch", ""].contains(&object.kind.group);
    let Some(Value::Map(template)) = spec.at(path).filter(|_| known) else {
        return None;
    };
    template.get("spec")?;
    let template = PodTemplateSpec::from_map(template.clone());
    let replicas = spec.get("replicas").and_then(Value::as_int).unwrap_or(1);
    let mut labels = template.metadata.labels.clone();
    if object.kind.group == "batch" {
        labels.insert("job-name".to_owned(), object.meta.name.clone());
        labels.insert(
            "batch.kubernetes.io/job-name".to_owned(),
            object.meta.name.clone(),
        );
    }
    let meta = ObjectMeta {
        name: [object.kind.singular, "/", &object.meta.name].concat(),
        namespace: object.meta.namespace.clone(),
        labels,
        annotations: template.metadata.annotations.clone(),
        ..Default::default()
    };
    let mut pod = Object::new(kind::POD, meta, Map::new());
    if let Some(inner) = pod.pod_mut() {
        inner.spec = template.spec;
    }
    place(&mut pod);
    let stand_in = StandIn {
        owner: object.key(),
        prefix,
        replicas: usize::try_from(replicas).unwrap_or(0),
    };
    Some((pod, stand_in))
}

/// A Service under examination, with the Pods that its selector matches.
pub(super) struct Subject<'e> {
    pub(super) key: ObjectKey,
    pub(super) service: &'e Service,
    pub(super) pods: Vec<&'e Rc<Object>>,
}

impl<'e> Subject<'e> {
    pub(super) fn of(evidence: &'e Evidence<'_>, key: &ObjectKey) -> Option<Self> {
        let service = evidence.tables.get(key)?.service()?;
        Some(Self {
            key: key.clone(),
            service,
            pods: evidence.living(&key.namespace, &service.spec.selector),
        })
    }

    /// The Service's name, with its namespace unless that is the default one.
    pub(super) fn name(&self) -> String {
        match &*self.key.namespace {
            "default" => self.key.name.to_string(),
            other => [&*self.key.name, ".", other].concat(),
        }
    }

    /// `6379/TCP, 9121/TCP`.
    pub(super) fn ports(&self) -> String {
        ports_text(self.service)
    }

    /// The Pods' spec, each with its object.
    pub(super) fn specs(&self) -> impl Iterator<Item = (&'e Rc<Object>, &'e Pod)> {
        self.pods.iter().filter_map(|pod| Some((*pod, pod.pod()?)))
    }
}

/// `6379/TCP, 9121/TCP`.
pub(super) fn ports_text(service: &Service) -> String {
    let ports = service.spec.ports.iter();
    let texts: Vec<String> = ports
        .map(|p| [&p.port.to_string(), "/", p.protocol()].concat())
        .collect();
    match texts.len() {
        0 => "no ports".to_owned(),
        1 => ["port ", &texts.concat()].concat(),
        _ => ["ports ", &texts.join(", ")].concat(),
    }
}

/// `app=web,tier=front`.
pub(super) fn labels_text(labels: &StringMap) -> String {
    let texts: Vec<String> = labels
        .iter()
        .map(|(key, value)| [key, "=", value].concat())
        .collect();
    texts.join(",")
}
