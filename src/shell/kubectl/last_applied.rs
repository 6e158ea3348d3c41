//! `kubectl apply view-last-applied`, `set-last-applied` and `edit-last-applied`: the annotation that remembers manifests.

use super::apply::{self, LAST_APPLIED, documents, last_applied, remembered, written};
use super::args::Args;
use super::change::{self, DryRun, named};
use super::{fail, output, resource};
use crate::api::Object;
use crate::manifest::{to_json, to_yaml};
use crate::shell::context::{Context, Outcome, Stream};
use std::rc::Rc;

/// An object, and the manifest as it would be remembered if a file has it.
type Meant = (Rc<Object>, Option<String>);

/// The objects that files or words name, each with the manifest as it would be remembered if a file has it.
fn meant(context: &mut Context<'_>, args: &Args) -> Result<Vec<Meant>, Outcome> {
    let files = args.each("filename");
    if files.is_empty() {
        let objects = named(context, args, &args.words)?;
        return Ok(objects.into_iter().map(|object| (object, None)).collect());
    }
    let (items, mut errors) = documents(context, &files);
    let mut found = Vec::new();
    for item in &items {
        let read = apply::object(context, args, item).and_then(|object| {
            let text = remembered(&written(&item.document, &object));
            let (kind, meta) = (object.kind, &object.meta);
            let tables = context.world.cluster.tables();
            resource::get(tables, kind, &meta.namespace, &meta.name)
                .map(|live| (live, Some(text)))
                .map_err(|status| resource::refusal(&status, None))
        });
        match read {
            Ok(one) => found.push(one),
            Err(why) => errors.push(why),
        }
    }
    if errors.is_empty() {
        return Ok(found);
    }
    Err(apply::tell(context, &errors))
}

pub(super) fn view(context: &mut Context<'_>, args: &Args) -> Outcome {
    let form = args.get("output").unwrap_or("yaml");
    if !matches!(form, "yaml" | "json") {
        return fail(
            context,
            &format!(
                "Unexpected -o output mode: {form}, the flag 'output' must be one of yaml|json\nSee 'kubectl apply view-last-applied -h' for help and examples"
            ),
        );
    }
    let objects = match meant(context, args) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    for (object, _) in objects {
        if !object.meta.annotations.contains_key(LAST_APPLIED) {
            // Of what it did not read from a file kubectl does not say that there is none.
            if let Some(file) = args.each("filename").first() {
                let name = &object.meta.name;
                let why = format!(
                    "error when no last-applied-configuration annotation found on resource: {name}\n {file:?}: <nil>"
                );
                return fail(context, &why);
            }
            continue;
        }
        let value = last_applied(&object);
        let text = if form == "json" {
            output::indented_by_two(&to_json(&value))
        } else {
            to_yaml(&value)
        };
        context.out.write(Stream::Out, &text);
    }
    Outcome::Exit(0)
}

pub(super) fn set(context: &mut Context<'_>, args: &Args) -> Outcome {
    let dry = match DryRun::of(args) {
        Ok(dry) => dry,
        Err(why) => return fail(context, &why),
    };
    if args.each("filename").is_empty() {
        return fail(context, resource::NOTHING_NAMED);
    }
    let objects = match meant(context, args) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    for (object, text) in objects {
        let name = &object.meta.name;
        let kept = object.meta.annotations.get(LAST_APPLIED);
        if kept.is_none() && !args.is("create-annotation") {
            let why = format!(
                "no last-applied-configuration annotation found on resource: {name}, to create the annotation, run the command with --create-annotation"
            );
            return fail(context, &why);
        }
        if kept == text.as_ref() {
            let said = format!("set-last-applied {name}: no changes required.");
            context.out.line(&said);
            continue;
        }
        let mut after = (*object).clone();
        after
            .meta
            .annotations
            .insert(LAST_APPLIED.to_owned(), text.unwrap_or_default());
        let stored = match change::store(context, after, dry) {
            Ok(stored) => stored,
            Err(status) => {
                context.out.error(&resource::refusal(&status, None));
                return Outcome::Exit(1);
            }
        };
        let word = format!("configured{}", dry.suffix());
        if let Err(why) = output::said(context, args, &stored, &word) {
            return fail(context, &why);
        }
    }
    Outcome::Exit(0)
}

pub(super) fn edit(context: &mut Context<'_>, args: &Args) -> Outcome {
    let objects = match meant(context, args) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    for (object, _) in objects {
        let (kind, name) = (object.kind.singular, &object.meta.name);
        context.out.note(&format!(
            "There is no editor on this terminal. `kubectl apply view-last-applied {kind} {name} > {name}.yaml` writes a file to change; `kubectl apply set-last-applied -f {name}.yaml` sets it."
        ));
    }
    Outcome::Exit(1)
}
