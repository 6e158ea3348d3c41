//! `kubectl describe`.
//!
//! Models `k8s.io/kubectl/pkg/describe`: keys and values are laid out by tab stops that hold for adjacent lines.

mod autoscaler;
mod config;
mod container;
mod node;
mod page;
mod pages;
mod pod;
mod quota;
mod routing;
mod rules;
mod service;
mod storage;
mod unstructured;
mod volume;
mod workload;

use super::age::{age, rfc1123};
use super::args::Args;
use super::table::tabbed;
use super::{apply, fail, gosort, printers, resource};
use crate::api::{Body, KindRef, Object, StringMap, Value, kind};
use crate::shell::context::{Context, Outcome, Stream};
use crate::store::Tables;
use std::rc::Rc;

use container::plain;
pub(super) use pod::template;

/// What describers look at besides the object.
pub(super) struct Around<'a> {
    pub(super) tables: &'a Tables,
    pub(super) now: i64,
}

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    if args.words.is_empty() && args.get("filename").is_some() {
        return match apply::with_names_of_files(context, args) {
            Ok(args) => run(context, &args),
            Err(outcome) => outcome,
        };
    }
    if args.words.is_empty() {
        return fail(
            context,
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.",
        );
    }
    let targets = match resource::targets(&args.words) {
        Ok(targets) => targets,
        Err(why) => return fail(context, &why),
    };
    let named = targets.items.iter().any(|(_, name)| name.is_some());
    if named && args.is("all-namespaces") {
        return fail(
            context,
            "a resource cannot be retrieved by name across all namespaces",
        );
    }
    if named && args.get("selector").is_some_and(|s| !s.is_empty()) {
        return fail(
            context,
            "name cannot be provided when a selector is specified",
        );
    }
    resource::warn(context, targets.items.iter().map(|(kind, _)| *kind));
    let namespace = resource::namespace(context, args);
    let scope = (!args.is("all-namespaces")).then_some(namespace.as_str());
    let cluster = &context.world.cluster;
    let around = Around {
        tables: cluster.tables(),
        now: cluster.sim().unix(cluster.now()),
    };
    let (mut texts, mut errors) = (Vec::new(), Vec::new());
    // What a word only begins is described without its Events, and so is one thing of several.
    let mut exact =
        targets.items.len() == 1 || targets.items.iter().all(|(_, name)| name.is_none());
    let mut tail = "";
    let mut objects: Vec<Rc<Object>> = Vec::new();
    for (kind, name) in &targets.items {
        match name {
            None => match resource::selected(around.tables, args, kind, scope) {
                Ok(found) => objects.extend(found),
                Err(why) => errors.push(why),
            },
            Some(name) => match resource::get(around.tables, kind, &namespace, name) {
                Ok(object) => objects.push(object),
                Err(status) => {
                    let found = by_prefix(around.tables, kind, &namespace, name);
                    (exact, tail) = (false, "\n");
                    if found.is_empty() {
                        errors.push(resource::refusal(&status, None));
                    }
                    objects.extend(found);
                }
            },
        }
    }
    let with_events = exact && objects.len() == 1 && args.get("show-events") != Some("false");
    for object in &objects {
        texts.push(describe(&around, object, with_events) + tail);
    }
    if texts.is_empty() && errors.is_empty() {
        context.out.error(&if args.is("all-namespaces") {
            "No resources found".to_owned()
        } else {
            format!("No resources found in {namespace} namespace.")
        });
    }
    let between = if tail.is_empty() { "\n\n" } else { "" };
    context.out.write(Stream::Out, &texts.join(between));
    for error in &errors {
        context.out.error(error);
    }
    Outcome::Exit(i32::from(!errors.is_empty()))
}

fn by_prefix(tables: &Tables, kind: KindRef, namespace: &str, prefix: &str) -> Vec<Rc<Object>> {
    let all = resource::list(
        tables,
        kind,
        Some(namespace),
        &crate::api::Selector::default(),
    );
    all.into_iter()
        .filter(|object| object.meta.name.starts_with(prefix))
        .collect()
}

fn describe(around: &Around<'_>, object: &Object, with_events: bool) -> String {
    let mut text = match &object.body {
        Body::Service(service) => service::service(around, object, service),
        Body::EndpointSlice(slice) => service::slice(object, slice),
        Body::Pod(pod) => pod::pod(around, object, pod),
        Body::Deployment(deployment) => workload::deployment(around, object, deployment),
        Body::ReplicaSet(set) => workload::replica_set(around, object, set),
        Body::Node(node) => node::node(around, object, node),
        Body::Namespace(_) => return tabbed(&quota::namespace(around, object)),
        Body::StatefulSet(_)
        | Body::DaemonSet(_)
        | Body::Job(_)
        | Body::Endpoints(_)
        | Body::Event(_)
        | Body::Plain(_) => other(around, object),
    };
    if with_events && !pages::QUIET.contains(&object.kind.name) {
        text.push_str(&events(around, object));
    }
    tabbed(&text)
}

/// Kinds that are kept as they came.
fn other(around: &Around<'_>, object: &Object) -> String {
    match object.kind.name {
        "StatefulSet" => workload::stateful_set(around, object),
        "DaemonSet" => workload::daemon_set(around, object),
        "ConfigMap" => config::config_map(object),
        "Secret" => config::secret(object),
        "Endpoints" => config::endpoints(object),
        "Ingress" => routing::ingress(around, object),
        "NetworkPolicy" => routing::policy(object),
        "ResourceQuota" => quota::quota(object),
        "LimitRange" => quota::limit_range(object),
        "HorizontalPodAutoscaler" => autoscaler::autoscaler(object, &head(object)),
        "Role" | "ClusterRole" => {
            let rules = rules::rules(&object.to_value());
            format!(
                "Name:\t{}\n{}{}{rules}",
                object.meta.name,
                list("Labels", &object.meta.labels),
                annotations_text(object)
            )
        }
        name => match pages::of(name) {
            Some(page) => paged(around, object, page),
            None => format!("{}{}", head(object), unstructured::content(object)),
        },
    }
}

/// A kind that has a page: its lines, and the parts that they name.
fn paged(around: &Around<'_>, object: &Object, page: &str) -> String {
    let value = object.to_value();
    let mut out = String::new();
    for line in page.lines() {
        let (before, part) = line.split_once('@').unwrap_or((line, ""));
        if part.is_empty() {
            out.push_str(&page::fill(line, &value, around.now));
            continue;
        }
        out.push_str(before);
        out.push_str(&self::part(around, object, &value, part));
    }
    out
}

/// A part of a page that its object's fields alone do not tell.
fn part(around: &Around<'_>, object: &Object, value: &Value, name: &str) -> String {
    match name {
        "head" => head(object),
        "labels" => list("Labels", &object.meta.labels),
        "annotations" => annotations_text(object),
        "controller" => object.meta.controller().map_or_else(String::new, |o| {
            format!("Controlled By:\t{}/{}\n", o.kind, o.name)
        }),
        "phases" => workload::phases(around, object),
        "class" => format!("{}\n", storage::class(object, value)),
        "default" => storage::is_default(object),
        "used" => storage::used_by(around, object),
        "affinity" => storage::affinity(value),
        "topologies" => storage::topologies(value),
        "source" => volume::source(value.get("spec").unwrap_or(&Value::Null), pages::persistent),
        "indexes" => workload::indexes(value),
        "active" => workload::active(value),
        _ => name
            .strip_prefix("template ")
            .map_or_else(String::new, |path| {
                workload::template_of(value, &path.split('.').collect::<Vec<_>>())
            }),
    }
}

/// Name, namespace, labels, annotations.
pub(super) fn head(object: &Object) -> String {
    let namespace = if object.kind.namespaced {
        format!("Namespace:\t{}\n", object.meta.namespace)
    } else {
        String::new()
    };
    format!(
        "Name:\t{}\n{namespace}{}{}",
        object.meta.name,
        list("Labels", &object.meta.labels),
        annotations_text(object)
    )
}

/// The most bytes of an annotation that stand on its line.
const LONGEST: usize = 140;

/// The annotations, a line for each; long ones stand below their keys, cut.
pub(super) fn annotations_text(object: &Object) -> String {
    let mut text = String::new();
    for (key, value) in annotations(object) {
        let start = if text.is_empty() {
            "Annotations:\t"
        } else {
            "\t"
        };
        let value = value.strip_suffix('\n').unwrap_or(&value);
        if key.len() + value.len() + 2 <= LONGEST && !value.contains('\n') {
            text.push_str(&format!("{start}{key}: {value}\n"));
            continue;
        }
        text.push_str(&format!("{start}{key}:\n"));
        for line in value.split('\n') {
            let cut = line
                .char_indices()
                .map(|(at, _)| at)
                .find(|at| *at >= LONGEST - 2);
            let shown = match cut.filter(|_| line.len() > LONGEST - 2) {
                Some(at) => format!("{}...", line.get(..at).unwrap_or_default()),
                None => line.to_owned(),
            };
            text.push_str(&format!("\t  {shown}\n"));
        }
    }
    if text.is_empty() {
        text.push_str("Annotations:\t<none>\n");
    }
    text
}

/// The annotations that are shown: not what apply remembers.
fn annotations(object: &Object) -> StringMap {
    let mut shown = object.meta.annotations.clone();
    shown.remove(apply::LAST_APPLIED);
    shown
}

/// A map with an entry on each line, `k=v`; labels use `=`, annotations `: `.
pub(super) fn list(title: &str, map: &StringMap) -> String {
    list_at("", title, map)
}

/// The same with blanks in front.
pub(super) fn list_at(indent: &str, title: &str, map: &StringMap) -> String {
    let join = if title == "Annotations" { ": " } else { "=" };
    let mut entries = map.iter().map(|(k, v)| format!("{k}{join}{v}"));
    let Some(first) = entries.next() else {
        return format!("{indent}{title}:\t<none>\n");
    };
    let mut text = format!("{indent}{title}:\t{first}\n");
    for entry in entries {
        text.push_str(&format!("{indent}\t{entry}\n"));
    }
    text
}

/// The events about an object.
fn events(around: &Around<'_>, object: &Object) -> String {
    let namespace = if object.meta.namespace.is_empty() {
        "default"
    } else {
        &object.meta.namespace
    };
    // The kubelet names a Node by its name where others name it by its identity.
    let is_it =
        |uid: &str| uid == object.meta.uid || object.kind == kind::NODE && uid == object.meta.name;
    let mut found: Vec<Value> = around
        .tables
        .in_namespace(kind::EVENT, namespace)
        .filter(|said| {
            let subject = said.event().map(|event| &event.involved_object);
            subject.is_some_and(|subject| is_it(&subject.uid)) && !object.meta.uid.is_empty()
        })
        .map(|event| event.to_value())
        .collect();
    if found.is_empty() {
        return "Events:\t<none>\n".to_owned();
    }
    gosort::sort(&mut found, &mut |a, b| {
        page::text(a, "lastTimestamp") < page::text(b, "lastTimestamp")
    });
    let mut out =
        "Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n"
            .to_owned();
    for event in &found {
        let text = |path: &str| page::text(event, path);
        let either = |one: &str, other: &str| match text(one) {
            empty if empty.is_empty() => text(other),
            found => found,
        };
        let since = |time: &str| age(time, around.now);
        let first = since(&either("eventTime", "firstTimestamp"));
        let count = event.get("count").and_then(Value::as_int).unwrap_or(1);
        let when = if page::field(event, "series").is_some() {
            let last = since(&text("series.lastObservedTime"));
            format!("{last} (x{} over {first})", text("series.count"))
        } else if count > 1 {
            format!("{} (x{count} over {first})", since(&text("lastTimestamp")))
        } else {
            first
        };
        let field = text("involvedObject.fieldPath");
        let colon = if field.is_empty() { "" } else { ": " };
        out.push_str(&format!(
            "  {}\t{}\t{when}\t{}\t{field}{colon}{}\n",
            text("type"),
            text("reason"),
            either("source.component", "reportingComponent"),
            text("message").trim()
        ));
    }
    out
}

/// A time as describers print it.
pub(super) fn time(timestamp: &str) -> String {
    rfc1123(timestamp)
}

/// A selector's labels on one line.
pub(super) fn joined(map: &StringMap) -> String {
    printers::label_text(map)
}
