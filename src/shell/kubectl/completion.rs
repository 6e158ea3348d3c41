//! What could stand at the cursor of a kubectl line, from the tables of verbs and flags and from what lives in the cluster.
//!
//! Models `kubectl completion`: verbs, kinds, live names, namespaces, containers, flags and their values, label keys
//! and values. File names are left to the caller.

use super::args::{Args, Flag, Takes};
use super::flags::GLOBAL;
use super::resource;
use super::verbs::{Expects, Group, VERBS, Verb};
use crate::api::image::IMAGES;
use crate::api::pod::Pod;
use crate::api::schema::{self, FieldType};
use crate::api::{KindRef, Object, kind};
use crate::cluster::{Cluster, Place};
use crate::kernel::Arrange;
use crate::store::Tables;
use std::rc::Rc;

/// Kinds with a Pod template.
const WORKLOADS: &[KindRef] = &[
    kind::DEPLOYMENT,
    kind::STATEFUL_SET,
    kind::DAEMON_SET,
    kind::REPLICA_SET,
];
/// Kinds that a Service can stand before.
const EXPOSABLE: &[KindRef] = &[
    kind::DEPLOYMENT,
    kind::POD,
    kind::SERVICE,
    kind::REPLICA_SET,
];
/// Kinds that stand for one of their Pods.
const WITH_PODS: &[KindRef] = &[
    kind::DEPLOYMENT,
    kind::STATEFUL_SET,
    kind::SERVICE,
    kind::JOB,
];

/// What a word may become.
pub(in crate::shell) enum Found {
    /// One of these, each a whole word.
    Words(Vec<String>),
    /// The path of a file.
    File,
    /// A command of a container's image, and what it takes: the place, and how many words stand before it.
    Inside(Place, usize),
}

/// The words before the cursor's word, without `kubectl` itself, and what the context's namespace is.
pub(in crate::shell) fn complete(
    cluster: &Cluster,
    current: &str,
    words: &[String],
    word: &str,
) -> Found {
    let tables = cluster.tables();
    let (verb, others) = match super::find(words) {
        Some((verb, others)) => (Some(verb), others),
        None => (None, words.to_vec()),
    };
    let flags = verb.map_or(&[][..], |verb| verb.flags);
    let mut args = Args::lenient(&others, flags);
    args.verb = verb.map_or("", |verb| verb.name);
    let namespace = args.get("namespace").unwrap_or(current);
    let line = Line {
        tables,
        namespace,
        args: &args,
        all: args.is("all-namespaces"),
    };
    if let (Some(rest), Some(verb)) = (&args.rest, verb) {
        return match line.container() {
            Some(place) if verb.expects == Expects::Pods => Found::Inside(place, rest.len()),
            _ => Found::Words(Vec::new()),
        };
    }
    if let Some(flag) = waiting(&others, flags) {
        return line.value(flag, word);
    }
    if let Some((name, value)) = word.split_once('=').filter(|_| word.starts_with('-')) {
        return match named_flag(name, flags).map(|flag| line.value(flag, value)) {
            Some(Found::Words(found)) => {
                Found::Words(found.iter().map(|v| format!("{name}={v}")).collect())
            }
            Some(other) => other,
            None => Found::Words(Vec::new()),
        };
    }
    if word.starts_with('-') {
        return Found::Words(flag_names(flags, word));
    }
    let Some(verb) = verb else {
        let mut names = parts_of("");
        names.push("help".to_owned());
        return Found::Words(names);
    };
    let parts = parts_of(&format!("{} ", verb.name));
    if args.words.is_empty() && !parts.is_empty() {
        return Found::Words(parts);
    }
    Found::Words(line.positional(verb, word))
}

/// The next words of a verb.
fn parts_of(prefix: &str) -> Vec<String> {
    let parts = VERBS.iter().filter(|verb| verb.group != Group::Hidden);
    parts
        .filter_map(|verb| verb.name.strip_prefix(prefix))
        .filter(|rest| !rest.contains(' '))
        .map(str::to_owned)
        .collect()
}

fn flag_names(flags: &'static [Flag], word: &str) -> Vec<String> {
    let long = |flag: &Flag| match flag.takes {
        Takes::Maybe(_) => format!("--{}=", flag.long),
        Takes::Value | Takes::Number | Takes::Duration | Takes::Nothing => {
            format!("--{}", flag.long)
        }
    };
    // The flags of every verb would hide the verb's own: they come once two letters are typed.
    let global = if word.len() > 3 { GLOBAL } else { &[] };
    let namespace = GLOBAL.iter().filter(|flag| flag.long == "namespace");
    let mut names: Vec<String> = flags
        .iter()
        .chain(global)
        .chain(namespace)
        .map(long)
        .collect();
    names.arrange();
    names.dedup();
    names
}

/// The flag at the end of the words that still waits for its value.
fn waiting(words: &[String], flags: &'static [Flag]) -> Option<&'static Flag> {
    named_flag(words.last()?, flags).filter(|flag| flag.takes.has_value())
}

/// The flag of `--long`, or of the last letter of `-it`.
fn named_flag(word: &str, flags: &'static [Flag]) -> Option<&'static Flag> {
    let mut all = flags.iter().chain(GLOBAL);
    match word.strip_prefix("--") {
        Some(long) => all.find(|flag| flag.long == long),
        None => {
            let letter = word.strip_prefix('-')?.chars().last();
            all.find(|flag| flag.short.is_some() && flag.short == letter)
        }
    }
}

/// A line of which the verb is known.
struct Line<'a> {
    tables: &'a Tables,
    namespace: &'a str,
    args: &'a Args,
    all: bool,
}

impl Line<'_> {
    /// The values of a flag.
    fn value(&self, flag: &Flag, word: &str) -> Found {
        let fixed: &[&str] = match flag.long {
            "filename" | "from-file" | "from-env-file" | "patch-file" | "kubeconfig" => {
                return Found::File;
            }
            "namespace" => return Found::Words(self.names(kind::NAMESPACE)),
            "container" => return Found::Words(self.containers()),
            "selector" | "labels" => return Found::Words(self.selector(word)),
            "image" => {
                let plain = IMAGES.iter().filter(|image| image.variant.is_none());
                let names = plain.flat_map(|image| image.names);
                return Found::Words(names.map(|name| (*name).to_owned()).collect());
            }
            "output" => &[
                "custom-columns=",
                "go-template=",
                "json",
                "jsonpath=",
                "name",
                "wide",
                "yaml",
            ],
            "type" if self.args.verb == "patch" => &["json", "merge", "strategic"],
            "type" => &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"],
            "restart" => &["Always", "Never", "OnFailure"],
            "dry-run" => &["client", "none", "server"],
            "cascade" => &["background", "foreground", "orphan"],
            "protocol" => &["SCTP", "TCP", "UDP"],
            "for" => &[
                "condition=Available",
                "condition=Ready",
                "create",
                "delete",
                "jsonpath=",
            ],
            "sort-by" => &[".metadata.creationTimestamp", ".metadata.name"],
            "context" | "cluster" => &["portside"],
            _ => &[],
        };
        Found::Words(fixed.iter().map(|v| (*v).to_owned()).collect())
    }

    /// What may stand at the place of the next word that is no flag.
    fn positional(&self, verb: &Verb, word: &str) -> Vec<String> {
        let words = &self.args.words;
        match verb.expects {
            Expects::Nothing | Expects::Elsewhere => Vec::new(),
            Expects::Objects => self.objects(kind::KINDS, word, &[]),
            Expects::Workloads => self.objects(WORKLOADS, word, &[]),
            Expects::Exposable => self.objects(EXPOSABLE, word, &[]),
            Expects::Images => {
                let containers: Vec<String> = self.containers();
                let images: Vec<String> = containers.iter().map(|c| format!("{c}=")).collect();
                self.objects(WORKLOADS, word, &images)
            }
            Expects::Pods if words.is_empty() => self.pods(word),
            Expects::Ports if words.is_empty() => self.pods(word),
            Expects::Ports => self.ports(),
            Expects::Pods => Vec::new(),
            Expects::Nodes => self.names(kind::NODE),
            Expects::TypedNodes if words.is_empty() => vec!["nodes".to_owned()],
            Expects::TypedNodes => self.names(kind::NODE),
            Expects::Fields if words.is_empty() => fields(word),
            Expects::Fields => Vec::new(),
            Expects::Contexts => vec!["portside".to_owned()],
            Expects::Shells => ["bash", "fish", "powershell", "zsh"]
                .map(str::to_owned)
                .to_vec(),
            Expects::Deeds if words.is_empty() => [
                "create", "delete", "get", "list", "patch", "update", "watch",
            ]
            .map(str::to_owned)
            .to_vec(),
            Expects::Deeds => plurals(kind::KINDS),
        }
    }

    /// `TYPE NAME…`, `TYPE/NAME`, `TYPE,TYPE`; `then` stands after the names.
    fn objects(&self, kinds: &[KindRef], word: &str, then: &[String]) -> Vec<String> {
        if let Some((type_, _)) = word.split_once('/') {
            return self.typed(type_);
        }
        let words = &self.args.words;
        let Some(first) = words.first() else {
            let mut found = plurals(kinds);
            if kinds.len() > 20 {
                found.push("all".to_owned());
            }
            // After a comma another kind follows.
            return match word.rsplit_once(',') {
                Some((before, _)) => found.iter().map(|k| format!("{before},{k}")).collect(),
                None => found,
            };
        };
        if !then.is_empty() && (first.contains('/') || words.len() > 1) {
            return then.to_vec();
        }
        if let Some((type_, _)) = first.split_once('/') {
            return self.typed(type_);
        }
        let Ok(kind) = resource::find(first) else {
            return Vec::new();
        };
        let labelled = matches!(self.args.verb, "label" | "annotate");
        if labelled && words.len() > 1 {
            return self.label_keys().map(|key| format!("{key}=")).collect();
        }
        let mut names = self.names(kind);
        names.retain(|name| !words.get(1..).unwrap_or_default().contains(name));
        names
    }

    /// `TYPE/NAME` of a type.
    fn typed(&self, type_: &str) -> Vec<String> {
        let Ok(kind) = resource::find(type_) else {
            return Vec::new();
        };
        let names = self.names(kind);
        names.iter().map(|name| format!("{type_}/{name}")).collect()
    }

    /// The objects of a kind that the line speaks of.
    fn live(&self, kind: KindRef) -> Vec<&Rc<Object>> {
        if kind.namespaced && !self.all {
            self.tables.in_namespace(kind, self.namespace).collect()
        } else {
            self.tables.all(kind).collect()
        }
    }

    fn names(&self, kind: KindRef) -> Vec<String> {
        let names = self.live(kind).into_iter();
        names.map(|object| object.meta.name.to_string()).collect()
    }

    fn pods(&self, word: &str) -> Vec<String> {
        if let Some((type_, _)) = word.split_once('/') {
            return self.typed(type_);
        }
        let mut found = self.names(kind::POD);
        for kind in WITH_PODS {
            if !self.live(kind).is_empty() {
                found.push(format!("{}/", kind.singular));
            }
        }
        found
    }

    /// The object that the words name.
    fn named(&self) -> Option<&Rc<Object>> {
        let words = &self.args.words;
        let first = words.first()?;
        let (kind, name) = match (first.split_once('/'), words.get(1)) {
            (Some((type_, name)), _) => (resource::find(type_).ok()?, name),
            (None, Some(name)) if resource::find(first).is_ok() => {
                (resource::find(first).ok()?, name.as_str())
            }
            (None, _) => (kind::POD, first.as_str()),
        };
        self.tables.get(&resource::key(kind, self.namespace, name))
    }

    /// The Pod that the words name, or the first behind what they name.
    fn pod(&self) -> Option<Rc<Object>> {
        super::exec::first_pod_of(self.tables, self.named()?)
    }

    fn containers(&self) -> Vec<String> {
        let object = self.pod();
        let pod = object.as_ref().and_then(|object| object.pod());
        let names = |pod: &Pod| pod.spec.containers.iter().map(|c| c.name.clone()).collect();
        pod.map(names).unwrap_or_default()
    }

    /// The container that `exec` goes into.
    fn container(&self) -> Option<Place> {
        let object = self.pod()?;
        let first = object.pod()?.spec.containers.first()?.name.clone();
        let container = self.args.get("container").map_or(first, str::to_owned);
        Some(Place::pod(
            &object.meta.namespace,
            &object.meta.name,
            &container,
        ))
    }

    /// The ports that a Pod or Service names.
    fn ports(&self) -> Vec<String> {
        let Some(object) = self.named() else {
            return Vec::new();
        };
        let of_service = object
            .service()
            .into_iter()
            .flat_map(|service| service.spec.ports.iter().map(|port| port.port.to_string()));
        let of_pod = object
            .pod()
            .into_iter()
            .flat_map(|pod| &pod.spec.containers)
            .flat_map(|container| &container.ports)
            .map(|port| port.container_port.to_string());
        of_service.chain(of_pod).collect()
    }

    /// What `-l` may select: keys with their values, of the kind that is asked for.
    fn selector(&self, word: &str) -> Vec<String> {
        let (before, last) = word
            .rsplit_once(',')
            .map_or((String::new(), word), |(b, l)| (format!("{b},"), l));
        let mut found: Vec<String> = match last.split_once('=') {
            Some((key, _)) => self
                .labels()
                .filter(|(k, _)| k == key)
                .map(|(k, v)| format!("{before}{k}={v}"))
                .collect(),
            None => self
                .label_keys()
                .map(|key| format!("{before}{key}="))
                .collect(),
        };
        found.arrange();
        found.dedup();
        found
    }

    fn labels(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let first = self.args.words.first().map_or("pods", String::as_str);
        let type_ = first.split_once('/').map_or(first, |(type_, _)| type_);
        let kind = resource::find(type_).unwrap_or(kind::POD);
        let pairs = |object: &Rc<Object>| -> Vec<(String, String)> {
            let labels = object.meta.labels.iter();
            labels
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .collect()
        };
        self.live(kind).into_iter().flat_map(pairs)
    }

    fn label_keys(&self) -> impl Iterator<Item = String> {
        let mut keys: Vec<String> = self.labels().map(|(key, _)| key).collect();
        keys.arrange();
        keys.dedup();
        keys.into_iter()
    }
}

fn plurals(kinds: &[KindRef]) -> Vec<String> {
    kinds.iter().map(|kind| kind.plural.to_owned()).collect()
}

/// `service.spec.po`: the fields that stand there.
fn fields(word: &str) -> Vec<String> {
    let Some((path, _)) = word.rsplit_once('.') else {
        return plurals(kind::KINDS);
    };
    let mut steps = path.split('.');
    let kind = resource::find(steps.next().unwrap_or_default());
    let Some(mut type_name) = kind.ok().and_then(schema::type_of) else {
        return Vec::new();
    };
    for step in steps {
        let field = schema::field(type_name, step);
        let Some(inner) = field.and_then(|field| inner(field.type_)) else {
            return Vec::new();
        };
        type_name = inner;
    }
    let names = schema::fields(type_name);
    names
        .map(|field| format!("{path}.{}", field.name))
        .collect()
}

fn inner(type_: FieldType) -> Option<&'static str> {
    match type_ {
        FieldType::Struct(name) => Some(name),
        FieldType::List(item) | FieldType::Map(item) => inner(schema::parse(item)),
        FieldType::Text | FieldType::Int | FieldType::Bool | FieldType::Time | FieldType::Any => {
            None
        }
    }
}
