//! `kubectl delete`.

use super::apply::documents;
use super::args::{Args, Flag, Takes, flag};
use super::{fail, resource};
use crate::api::{Object, ObjectKey, Selector};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome};

pub(super) const FLAGS: &[Flag] = &[
    flag("filename", Some('f'), Takes::Value),
    flag("selector", Some('l'), Takes::Value),
    flag("all", None, Takes::Nothing),
    flag("all-namespaces", Some('A'), Takes::Nothing),
    flag("force", None, Takes::Nothing),
    flag("now", None, Takes::Nothing),
    flag("grace-period", None, Takes::Value),
    flag("wait", None, Takes::Nothing),
    flag("ignore-not-found", None, Takes::Nothing),
    flag("cascade", None, Takes::Maybe("background")),
    flag("output", Some('o'), Takes::Value),
    flag("timeout", None, Takes::Value),
];

/// No deletion takes longer than this without somebody's help.
const PATIENCE: Span = Span::secs(300);

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let mut errors = Vec::new();
    let keys = if args.get("filename").is_some() {
        from_files(context, args, &mut errors)
    } else {
        match from_words(context, args, &mut errors) {
            Ok(keys) => keys,
            Err(why) => return fail(context, &why),
        }
    };
    let force = args.is("force") && args.get("grace-period") == Some("0");
    if force && !keys.is_empty() {
        context.out.error("Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.");
    }
    let grace = match (args.get("grace-period"), args.is("now")) {
        (Some(text), _) => text.parse::<i64>().ok().filter(|n| *n >= 0),
        (None, true) => Some(1),
        (None, false) => None,
    };
    if keys.is_empty() && errors.is_empty() && !args.is("ignore-not-found") {
        context.out.line("No resources found");
    }
    for key in keys {
        match context.world.cluster.delete(&key, grace) {
            Err(status) => errors.push(resource::refusal(&status, None)),
            Ok(_) => {
                let word = if force { "force deleted" } else { "deleted" };
                let place = if key.namespace.is_empty() {
                    String::new()
                } else {
                    format!(" from {} namespace", key.namespace)
                };
                context.out.line(&format!(
                    "{} \"{}\" {word}{place}",
                    key.kind.prefix(),
                    key.name
                ));
                if args.get("wait") != Some("false") {
                    until_gone(context, &key);
                }
            }
        }
    }
    for error in &errors {
        context.out.error(error);
    }
    Outcome::Exit(i32::from(!errors.is_empty()))
}

/// Lets time pass until an object is gone, as kubectl waits for finalizers.
pub(super) fn until_gone(context: &mut Context<'_>, key: &ObjectKey) {
    let cluster = &mut context.world.cluster;
    let Some(uid) = cluster
        .tables()
        .get(key)
        .map(|object| object.meta.uid.clone())
    else {
        return;
    };
    let end = cluster.now() + PATIENCE;
    let is_there = |object: &std::rc::Rc<Object>| object.meta.uid == uid;
    while cluster.tables().get(key).is_some_and(is_there) && cluster.now() < end {
        cluster.advance(Span::millis(20));
    }
}

fn from_files(context: &mut Context<'_>, args: &Args, errors: &mut Vec<String>) -> Vec<ObjectKey> {
    let (items, found) = documents(context, &args.each("filename"));
    errors.extend(found);
    let mut keys = Vec::new();
    for item in &items {
        match super::apply::object(context, args, item) {
            Err(why) => errors.push(why),
            Ok(object) => {
                let key = object.key();
                if context.world.cluster.tables().get(&key).is_some() {
                    keys.push(key);
                } else if !args.is("ignore-not-found") {
                    let status = crate::api::Status::not_found(&key.kind.resource(), &key.name);
                    errors.push(resource::refusal(
                        &status,
                        Some(&format!("error when deleting \"{}\"", item.file)),
                    ));
                }
            }
        }
    }
    keys
}

fn from_words(
    context: &Context<'_>,
    args: &Args,
    errors: &mut Vec<String>,
) -> Result<Vec<ObjectKey>, String> {
    if args.words.is_empty() {
        return Err("You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'".to_owned());
    }
    let namespace = resource::namespace(context, args);
    let tables = context.world.cluster.tables();
    let mut keys = Vec::new();
    for (kind, name) in resource::targets(&args.words)?.items {
        let Some(name) = name else {
            let selected = args.get("selector").is_some();
            if !selected && !args.is("all") {
                return Err("resource(s) were provided, but no name was specified".to_owned());
            }
            let selector = Selector::parse(args.get("selector").unwrap_or_default())?;
            let scope = (!args.is("all-namespaces")).then_some(namespace.as_str());
            keys.extend(
                resource::list(tables, kind, scope, &selector)
                    .iter()
                    .map(|object| object.key()),
            );
            continue;
        };
        match resource::get(tables, kind, &namespace, &name) {
            Ok(object) => keys.push(object.key()),
            Err(_) if args.is("ignore-not-found") => {}
            Err(status) => errors.push(resource::refusal(&status, None)),
        }
    }
    Ok(keys)
}
