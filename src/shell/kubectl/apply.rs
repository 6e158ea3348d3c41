//! `kubectl apply`, and reading the files of `-f`.

use super::args::Args;
use super::change::{DryRun, writer};
use super::{fail, merge, output, resource, settings};
use crate::api::{FieldError, Map, Object, Status, Value};
use crate::cluster::Source;
use crate::manifest::{Document, Limits, Strictness, read};
use crate::shell::context::{Context, Outcome};
use crate::store::{Apply, annotation_is_applied, annotation_only};
use std::rc::Rc;

pub(super) use crate::store::LAST_APPLIED;

/// One document of a file.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) file: String,
    pub(super) document: Document,
}

/// The documents of the files that `-f` names, and what is wrong with those files.
pub(super) fn documents(context: &mut Context<'_>, names: &[String]) -> (Vec<Item>, Vec<String>) {
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    for name in names {
        for (file, text) in match texts(context, name) {
            Ok(texts) => texts,
            Err(why) => {
                errors.push(why);
                continue;
            }
        } {
            let parsed = read(&text, &Limits::FILE);
            if let Some(error) = parsed.error {
                let helm = if text.contains("{{") {
                    "\nThis is a Helm template: render it with `helm template` first."
                } else {
                    ""
                };
                errors.push(format!(
                    "error: error parsing {file}: {}{helm}",
                    error.message
                ));
            }
            items.extend(parsed.documents.into_iter().map(|document| Item {
                file: file.clone(),
                document,
            }));
        }
    }
    (items, errors)
}

/// The texts that one `-f` names: a file, a folder's manifests, or standard input.
fn texts(context: &mut Context<'_>, name: &str) -> Result<Vec<(String, String)>, String> {
    if name == "-" {
        return Ok(vec![(
            "STDIN".to_owned(),
            context.stdin.take().unwrap_or_default(),
        )]);
    }
    if name.starts_with("http://") || name.starts_with("https://") {
        return Err(format!(
            "error: unable to read URL \"{name}\": Portside never asks the network: paste the manifest instead"
        ));
    }
    let files = &context.world.files;
    if let Some(found) = files.manifests_in(context.cwd, name) {
        let read = |path: String| {
            files
                .read(context.cwd, &path)
                .ok()
                .map(|text| (path, text.to_string()))
        };
        return Ok(found.into_iter().filter_map(read).collect());
    }
    match files.read(context.cwd, name) {
        Ok(text) => Ok(vec![(name.to_owned(), text.to_string())]),
        Err(_) => {
            if let Some(offer) = files.offer(name) {
                context.out.note(&offer);
            }
            Err(format!("error: the path \"{name}\" does not exist"))
        }
    }
}

/// What `--validate` asks for.
pub(super) fn strictness(args: &Args) -> Strictness {
    match args.get("validate") {
        Some("warn") => Strictness::Warn,
        Some("ignore" | "false") => Strictness::Ignore,
        _ => Strictness::Strict,
    }
}

/// A value that `--validate` or `--cascade` does not take.
pub(super) fn unknown_value(args: &Args) -> Option<String> {
    let one_of = |flag: &str, known: &str| {
        let value = args.get(flag)?;
        (!known.split(' ').any(|k| k == value)).then(|| value.to_owned())
    };
    if let Some(other) = one_of("cascade", "background foreground orphan true false") {
        return Some(format!(
            "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
        ));
    }
    one_of("validate", "strict true warn ignore false").map(|other| {
        format!(
            "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
        )
    })
}

/// The arguments with the objects of `-f` named by words, for verbs that need only names.
pub(super) fn with_names_of_files(context: &mut Context<'_>, args: &Args) -> Result<Args, Outcome> {
    let mut named = args.clone();
    let (items, mut errors) = documents(context, &args.each("filename"));
    for item in &items {
        match object(context, args, item) {
            Ok(object) => {
                let (prefix, meta) = (object.kind.prefix(), &object.meta);
                named.words.push(format!("{prefix}/{}", meta.name));
                if object.kind.namespaced {
                    named.set("namespace", &meta.namespace);
                }
            }
            Err(why) => errors.push(why),
        }
    }
    if errors.is_empty() && !named.words.is_empty() {
        return Ok(named);
    }
    Err(tell(context, &errors))
}

/// Decodes a document, completes its namespace, and tells what kubectl tells.
pub(super) fn object(
    context: &mut Context<'_>,
    args: &Args,
    item: &Item,
) -> Result<Object, String> {
    let decoded = item.document.decode(strictness(args));
    for warning in &decoded.warnings {
        context.out.error(&format!("Warning: {warning}"));
    }
    let Some(mut object) = decoded.object else {
        let refusal = decoded
            .refusal
            .map(|refusal| refusal.text(&item.file, "creating"));
        return Err(refusal.unwrap_or_default());
    };
    resource::warn(context, [object.kind]);
    let wanted = resource::namespace(context, args);
    if object.kind.namespaced {
        if object.meta.namespace.is_empty() {
            object.meta.namespace = wanted;
        } else if args
            .get("namespace")
            .is_some_and(|given| given != object.meta.namespace)
        {
            return Err(format!(
                "error: the namespace from the provided object \"{}\" does not match the namespace \"{wanted}\". You must pass '--namespace={}' to perform this operation.",
                object.meta.namespace, object.meta.namespace
            ));
        }
    }
    Ok(object)
}

/// Where an item was written down.
pub(super) fn source(item: &Item) -> Source {
    Source {
        file: item.file.as_str().into(),
        lines: item.document.lines(),
    }
}

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let names = args.each("filename");
    if args.get("kustomize").is_some() {
        context
            .out
            .note("Portside does not simulate kustomize: apply the manifests themselves with -f.");
        return Outcome::Exit(1);
    }
    if args.is("prune") {
        context
            .out
            .note("Portside does not simulate --prune: delete what is no longer wanted by name.");
        return Outcome::Exit(1);
    }
    let wrong = match (args.is("server-side"), args.is("force-conflicts")) {
        (false, true) => Some("--force-conflicts only works with --server-side"),
        (true, _) if args.get("dry-run") == Some("client") => Some(
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
        ),
        (true, _) if args.is("force") => Some("--force cannot be used with --server-side"),
        _ => None,
    };
    if let Some(why) = wrong {
        return fail(context, why);
    }
    if let Some(why) = unknown_value(args) {
        return fail(context, &why);
    }
    if !args.words.is_empty() {
        let given = args.words.join(" ");
        return fail(
            context,
            &format!("Unexpected args: [{given}]\nSee 'kubectl apply -h' for help and examples"),
        );
    }
    if names.is_empty() {
        return fail(context, "must specify one of -f and -k");
    }
    let (items, mut errors) = documents(context, &names);
    if items.is_empty() && errors.is_empty() {
        errors.push("error: no objects passed to apply".to_owned());
    }
    settings::set_up_then(context, args, items, errors, all)
}

/// Applies all documents, and tells what went wrong with them or before.
pub(super) fn all(
    context: &mut Context<'_>,
    args: &Args,
    items: &[Item],
    mut errors: Vec<String>,
) -> Outcome {
    for item in items {
        if let Err(why) =
            object(context, args, item).and_then(|object| apply(context, args, item, object))
        {
            errors.push(why);
        }
    }
    tell(context, &errors)
}

/// Prints what went wrong. kubectl puts `error: ` before an error that stands alone, not before one of several.
pub(super) fn tell(context: &mut Context<'_>, errors: &[String]) -> Outcome {
    for error in errors {
        let alone = errors.len() == 1;
        let bare = error.strip_prefix("error: ").filter(|_| !alone);
        context.out.error(bare.unwrap_or(error));
    }
    Outcome::Exit(i32::from(!errors.is_empty()))
}

fn apply(
    context: &mut Context<'_>,
    args: &Args,
    item: &Item,
    mut object: Object,
) -> Result<(), String> {
    let dry_run = DryRun::of(args).map_err(|why| format!("error: {why}"))?;
    let (dry, suffix) = (dry_run != DryRun::No, dry_run.suffix());
    if object.meta.name.is_empty() {
        return Err(match object.meta.generate_name.as_str() {
            "" => nameless(item, &object),
            base => format!("error: from {base}: cannot use generate name with apply"),
        });
    }
    let manifest = written(&item.document, &object);
    let applied = remembered(&manifest);
    let key = object.key();
    if args.is("server-side") {
        return server_side(context, args, item, manifest);
    }
    let Some(live) = context.world.cluster.tables().get(&key).cloned() else {
        if dry_run == DryRun::Client {
            let mut manifest = manifest;
            annotate(&mut manifest, &applied);
            let word = format!("created{suffix}");
            return output::said_as_written(context, args, (&object, &manifest), &word)
                .map_err(|why| format!("error: {why}"));
        }
        object
            .meta
            .annotations
            .insert(LAST_APPLIED.to_owned(), applied);
        object.meta.resource_version.clear();
        let created = context
            .world
            .cluster
            .create(object, Some(source(item)), dry);
        let doing = format!("error when creating \"{}\"", item.file);
        let created = created.map_err(|status| resource::refusal(&status, Some(&doing)))?;
        return said(context, args, &created, &format!("created{suffix}"));
    };
    let remembers = live.meta.annotations.contains_key(LAST_APPLIED);
    if !remembers {
        context.out.error(&format!("Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.", live.kind.plural, live.meta.name));
    }
    let before = live.to_value();
    let mut merged = merge::merge(&last_applied(&live), &manifest, &before);
    annotate(&mut merged, &applied);
    if merged == before && dry_run != DryRun::Client {
        return said(context, args, &live, &format!("unchanged{suffix}"));
    }
    let patched = match Object::from_value(merged.clone()) {
        Some(wanted) => patch(context, item, &live, wanted, dry),
        None => return Err(String::new()),
    };
    let updated = patched.map_err(|status| {
        let doing = patching(item, &live, &merge::difference(&before, &merged));
        resource::refusal(&status, Some(&doing))
    })?;
    said(context, args, &updated, &format!("configured{suffix}"))
}

/// What kubectl says of fields that others own.
const CONFLICT: &str = "Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";

/// `kubectl apply --server-side`.
fn server_side(
    context: &mut Context<'_>,
    args: &Args,
    item: &Item,
    manifest: Value,
) -> Result<(), String> {
    let dry_run = DryRun::of(args).map_err(|why| format!("error: {why}"))?;
    let dry = dry_run != DryRun::No;
    let apply = Apply {
        remembered: remembered(&manifest),
        manifest,
        manager: writer(args).manager,
        force: args.is("force-conflicts"),
    };
    let refused = |status: Status| match status.reason {
        "Conflict" => format!("error: {}\n{CONFLICT}", status.message),
        _ => resource::refusal(&status, None),
    };
    let cluster = &mut context.world.cluster;
    let mut applied = cluster
        .apply(&apply, Some(source(item)), dry)
        .map_err(refused)?;
    if !dry {
        // The annotation gets an owner of its own, lest it go with what client-side apply owned.
        let kept = applied.meta.annotations.contains_key(LAST_APPLIED);
        if apply.manager == "kubectl" && kept && !annotation_is_applied(&applied) {
            let annotation = Apply {
                manifest: annotation_only(&applied),
                manager: "kubectl-last-applied".to_owned(),
                force: false,
                remembered: String::new(),
            };
            applied = cluster.apply(&annotation, None, false).map_err(refused)?;
        }
        if cluster.adopt_applied(&applied, &apply.manager) {
            applied = cluster
                .apply(&apply, Some(source(item)), false)
                .map_err(refused)?;
        }
    }
    let word = format!("serverside-applied{}", dry_run.suffix());
    said(context, args, &applied, &word)
}

/// Writes what an apply makes of a live object. A manifest that names a resource version or an identity means just that.
fn patch(
    context: &mut Context<'_>,
    item: &Item,
    live: &Object,
    mut wanted: Object,
    dry: bool,
) -> Result<Rc<Object>, Status> {
    let uid = std::mem::take(&mut wanted.meta.uid);
    let version = &wanted.meta.resource_version;
    if (version.is_empty() || *version == live.meta.resource_version)
        && uid != live.meta.uid
        && !uid.is_empty()
    {
        let why = format!("Invalid value: {uid:?}: field is immutable");
        let cause = FieldError::new("metadata.uid", why);
        return Err(Status::invalid(live.kind, &live.meta.name, vec![cause]));
    }
    let cluster = &mut context.world.cluster;
    cluster.update(wanted, Some(source(item)), dry)
}

/// How kubectl says which patch failed.
fn patching(item: &Item, live: &Object, patch: &Value) -> String {
    format!(
        "error when applying patch:\n{}\nto:\n{}\nfor: \"{}\": error when patching \"{}\"",
        patch.to_json(),
        described(live),
        item.file,
        item.file
    )
}

/// What was applied last, if it was remembered.
pub(super) fn last_applied(live: &Object) -> Value {
    let text = live.meta.annotations.get(LAST_APPLIED);
    let parsed = text.map(|text| read(text, &Limits::FILE));
    let first = parsed.and_then(|parsed| parsed.documents.into_iter().next());
    first.map(|document| document.value()).unwrap_or_default()
}

pub(super) fn annotate(object: &mut Value, applied: &str) {
    let meta = object.as_map_mut().and_then(|map| map.get_mut("metadata"));
    let Some(meta) = meta.and_then(Value::as_map_mut) else {
        return;
    };
    let annotations = meta
        .entry("annotations".to_owned())
        .or_insert_with(|| Value::Map(Map::new()));
    if let Some(annotations) = annotations.as_map_mut() {
        annotations.insert(LAST_APPLIED.to_owned(), Value::from(applied));
    }
}

/// The manifest as it was written, in the namespace that it goes to.
pub(super) fn written(document: &Document, object: &Object) -> Value {
    let mut manifest = document.value();
    let meta = manifest
        .as_map_mut()
        .and_then(|map| map.get_mut("metadata"));
    if let Some(meta) = meta.and_then(Value::as_map_mut)
        && !object.meta.namespace.is_empty()
    {
        let namespace = Value::from(object.meta.namespace.as_str());
        meta.insert("namespace".to_owned(), namespace);
    }
    manifest
}

/// Says what was done, or prints the object as `-o` asks.
fn said(context: &mut Context<'_>, args: &Args, object: &Object, word: &str) -> Result<(), String> {
    output::said(context, args, object, word).map_err(|why| format!("error: {why}"))
}

fn nameless(item: &Item, object: &Object) -> String {
    format!(
        "error: error when retrieving current configuration of:\n{}\nfrom server for: \"{}\": resource name may not be empty",
        described(object),
        item.file
    )
}

/// An object as kubectl names it in its longest words.
fn described(object: &Object) -> String {
    let kind = object.kind;
    format!(
        "Resource: \"{}/{}, Resource={}\", GroupVersionKind: \"{}/{}, Kind={}\"\nName: \"{}\", Namespace: \"{}\"",
        kind.group,
        kind.version,
        kind.plural,
        kind.group,
        kind.version,
        kind.name,
        object.meta.name,
        object.meta.namespace
    )
}

/// The JSON that the annotation holds, with a line break at its end.
pub(super) fn remembered(manifest: &Value) -> String {
    configuration(manifest).to_json() + "\n"
}

/// The manifest with an annotations field, and without the annotation that remembers manifests.
pub(super) fn configuration(manifest: &Value) -> Value {
    let mut copy = manifest.clone();
    if let Some(meta) = copy
        .as_map_mut()
        .and_then(|m| m.get_mut("metadata"))
        .and_then(Value::as_map_mut)
    {
        let annotations = meta
            .entry("annotations".to_owned())
            .or_insert_with(|| Value::Map(Map::new()));
        if let Some(map) = annotations.as_map_mut() {
            map.remove(LAST_APPLIED);
        }
    }
    copy
}
