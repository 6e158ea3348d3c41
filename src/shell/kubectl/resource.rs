//! What a command is about: kinds, names, namespaces, selectors.

use super::args::Args;
use super::field_selector;
use super::kubeconfig::Kubeconfig;
use crate::api::{Kind, KindRef, Object, ObjectKey, Selector, Status, Value, kind};
use crate::manifest::{Decoded, Limits, Strictness, read};
use crate::shell::context::{Context, World};
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
    if let Some(name) = args.get("namespace").filter(|name| !name.is_empty()) {
        return name.to_owned();
    }
    namespace_of(context.world, context.cwd, args.get("context"))
}

/// The namespace of the context that kubectl's configuration names.
pub(super) fn current_namespace(world: &World, cwd: &str) -> String {
    namespace_of(world, cwd, None)
}

fn namespace_of(world: &World, cwd: &str, context: Option<&str>) -> String {
    // As long as nothing has been configured there is no file.
    let config = world.files.read(cwd, CONFIG).ok();
    let config = config.map(|_| Kubeconfig::load(world, cwd));
    let namespace = config.as_ref().and_then(|config| {
        let context = context.unwrap_or_else(|| config.current());
        config.namespace(context)
    });
    namespace.unwrap_or("default").to_owned()
}

/// What kubectl says when nothing is named.
pub(super) const NOTHING_NAMED: &str = "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

const SEPARATE: &str = "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'";

/// Reads `svc`, `svc web db`, `svc/web pod/x`, `svc,pods`, `all`.
pub(super) fn targets(words: &[String]) -> Result<Targets, String> {
    let mut targets = Targets::default();
    let Some(first) = words.first() else {
        return Ok(targets);
    };
    if words.iter().any(|word| word.contains('/')) {
        for word in words {
            let Some((kind, name)) = word.split_once('/') else {
                return Err(SEPARATE.to_owned());
            };
            if name.contains('/') {
                return Err(
                    "arguments in resource/name form may not have more than one slash".to_owned(),
                );
            }
            if name.is_empty() || kind.is_empty() || kind.contains(',') {
                return Err(
                    "arguments in resource/name form must have a single resource and name"
                        .to_owned(),
                );
            }
            targets.items.push((find(kind)?, Some(name.to_owned())));
        }
        return Ok(targets);
    }
    if words.iter().skip(1).any(String::is_empty) {
        return Err("resource name may not be empty".to_owned());
    }
    let mut kinds: Vec<KindRef> = Vec::new();
    for word in first.split(',') {
        let of_word: Vec<KindRef> = if word == "all" {
            ALL.to_vec()
        } else {
            vec![find(word)?]
        };
        kinds.extend(of_word);
    }
    for kind in kinds {
        match words.get(1..).unwrap_or_default() {
            [] if targets.items.contains(&(kind, None)) => {}
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
    Kind::by_resource(word).ok_or_else(|| {
        let name = word.split('.').next().unwrap_or_default();
        format!("the server doesn't have a resource type \"{name}\"")
    })
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

/// The objects that `-l` and `--field-selector` select, or the API server's refusal.
pub(super) fn selected(
    tables: &Tables,
    args: &Args,
    kind: KindRef,
    namespace: Option<&str>,
) -> Result<Vec<Rc<Object>>, String> {
    let labels = args.get("selector").unwrap_or_default();
    let fields = args.get("field-selector").unwrap_or_default();
    let refused = |why: String| {
        format!(
            "Error from server (BadRequest): Unable to find \"{}, Resource={}\" that match label selector \"{labels}\", field selector \"{fields}\": {why}",
            if kind.group.is_empty() {
                "/v1".to_owned()
            } else {
                kind.api_version()
            },
            kind.plural
        )
    };
    let selector = Selector::parse(labels).map_err(refused)?;
    let wanted = field_selector::parse(kind, fields).map_err(refused)?;
    let mut found = list(tables, kind, namespace, &selector);
    found.retain(|object| wanted.matches(object));
    Ok(found)
}

/// An object from fields that a command put together; the error is printed as it is.
pub(super) fn decode(value: &Value) -> Result<Object, String> {
    let parsed = read(&value.to_json(), &Limits::FILE);
    let decoded = parsed
        .documents
        .first()
        .map(|document| document.decode(Strictness::Warn));
    let refused = |decoded: Option<Decoded>| {
        let words = decoded
            .and_then(|d| d.refusal)
            .map(|refusal| refusal.words());
        format!(
            "Error from server (BadRequest): {}",
            words.unwrap_or_default()
        )
    };
    match decoded {
        Some(Decoded {
            object: Some(object),
            ..
        }) => Ok(object),
        other => Err(refused(other)),
    }
}

/// Prints what the API server says of kinds that it would rather not serve any more.
pub(super) fn warn(context: &mut Context<'_>, kinds: impl IntoIterator<Item = KindRef>) {
    if kinds.into_iter().any(|kind| kind == kind::ENDPOINTS) {
        context.out.error(
            "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
        );
    }
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
    let who = match status.reason {
        "" => "Error from server".to_owned(),
        reason => format!("Error from server ({reason})"),
    };
    match doing {
        Some(doing) => format!("{who}: {doing}: {}", status.message),
        None => format!("{who}: {}", status.message),
    }
}
