//! What a command is about: kinds, names, namespaces, selectors.

use super::args::Args;
use crate::api::{Kind, KindRef, Object, ObjectKey, Selector, Status, kind};
use crate::shell::context::Context;
use crate::store::Tables;
use std::rc::Rc;

/// kubectl's configuration on the laptop, which remembers the namespace of the context.
pub(super) const CONFIG: &str = "~/.kube/config";

/// What a command line asks for.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// Kinds without names, or kinds with names.
    pub(super) items: Vec<(KindRef, Option<String>)>,
}

/// The namespace that a command works in.
pub(super) fn namespace(context: &Context<'_>, args: &Args) -> String {
    if let Some(name) = args.get("namespace") {
        return name.to_owned();
    }
    let config = context
        .world
        .files
        .read(context.cwd, CONFIG)
        .unwrap_or_default();
    let line = config
        .lines()
        .find_map(|line| line.trim().strip_prefix("namespace:"));
    line.map_or_else(|| "default".to_owned(), |name| name.trim().to_owned())
}

/// Reads `svc`, `svc web db`, `svc/web pod/x`, `svc,pods`, `all`.
pub(super) fn targets(words: &[String]) -> Result<Targets, String> {
    let mut targets = Targets::default();
    let Some(first) = words.first() else {
        return Ok(targets);
    };
    if words.iter().any(|word| word.contains('/')) {
        for word in words {
            let Some((kind, name)) = word.split_once('/') else {
                return Err("there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'".to_owned());
            };
            if name.is_empty() {
                return Err(
                    "arguments in resource/name form may not have more than one slash".to_owned(),
                );
            }
            targets.items.push((find(kind)?, Some(name.to_owned())));
        }
        return Ok(targets);
    }
    let mut kinds = Vec::new();
    for word in first.split(',').filter(|word| !word.is_empty()) {
        if word == "all" {
            kinds.extend(ALL.iter().copied());
        } else {
            kinds.push(find(word)?);
        }
    }
    for kind in kinds {
        match words.get(1..).unwrap_or_default() {
            [] => targets.items.push((kind, None)),
            names => targets
                .items
                .extend(names.iter().map(|name| (kind, Some(name.clone())))),
        }
    }
    Ok(targets)
}

/// What `all` stands for, in kubectl's order.
const ALL: &[KindRef] = &[
    kind::POD,
    kind::REPLICATION_CONTROLLER,
    kind::SERVICE,
    kind::DAEMON_SET,
    kind::DEPLOYMENT,
    kind::REPLICA_SET,
    kind::STATEFUL_SET,
    kind::HORIZONTAL_POD_AUTOSCALER,
    kind::CRON_JOB,
    kind::JOB,
];

/// The kind of a word, or kubectl's sentence.
pub(super) fn find(word: &str) -> Result<KindRef, String> {
    Kind::by_resource(word)
        .ok_or_else(|| format!("the server doesn't have a resource type \"{word}\""))
}

/// The objects of a kind that a command sees.
pub(super) fn list(
    tables: &Tables,
    kind: KindRef,
    namespace: Option<&str>,
    selector: &Selector,
) -> Vec<Rc<Object>> {
    let matching = |object: &&Rc<Object>| selector.matches(&object.meta.labels);
    match namespace.filter(|_| kind.namespaced) {
        Some(namespace) => tables
            .in_namespace(kind, namespace)
            .filter(matching)
            .cloned()
            .collect(),
        None => tables.all(kind).filter(matching).cloned().collect(),
    }
}

/// One object, or the API server's refusal; kubectl names a missing namespace rather than the object.
pub(super) fn get(
    tables: &Tables,
    kind: KindRef,
    namespace: &str,
    name: &str,
) -> Result<Rc<Object>, Status> {
    let key = key(kind, namespace, name);
    if let Some(object) = tables.get(&key) {
        return Ok(object.clone());
    }
    if kind.namespaced && namespace != "default" && !tables.has_namespace(namespace) {
        return Err(Status::not_found("namespaces", namespace));
    }
    Err(Status::not_found(&kind.resource(), name))
}

/// The key of a name in a namespace, which kinds outside namespaces do not have.
pub(super) fn key(kind: KindRef, namespace: &str, name: &str) -> ObjectKey {
    ObjectKey::new(kind, if kind.namespaced { namespace } else { "" }, name)
}

/// The selector of `-l`, or the API server's refusal.
pub(super) fn selector(args: &Args, kind: &str) -> Result<Selector, String> {
    let text = args.get("selector").unwrap_or_default();
    Selector::parse(text).map_err(|why| {
        format!(
            "Error from server (BadRequest): Unable to find \"/v1, Resource={kind}\" that match label selector \"{text}\", field selector \"\": {why}"
        )
    })
}

/// How kubectl prints a refusal: `verb` and `file` for what came from a file.
pub(super) fn refusal(status: &Status, doing: Option<&str>) -> String {
    if status.reason == "Invalid" {
        let mut texts: Vec<String> = Vec::new();
        for cause in &status.causes {
            let text = cause.text();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        return match texts.as_slice() {
            [one] => format!("The {} is invalid: {one}", status.about),
            many => {
                let lines: String = many.iter().map(|text| format!("\n* {text}")).collect();
                format!("The {} is invalid: {lines}", status.about)
            }
        };
    }
    match doing {
        Some(doing) => format!(
            "Error from server ({}): {doing}: {}",
            status.reason, status.message
        ),
        None => format!("Error from server ({}): {}", status.reason, status.message),
    }
}
