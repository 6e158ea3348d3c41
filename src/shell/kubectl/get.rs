//! `kubectl get`.

use super::args::{Args, Flag, Takes, flag};
use super::table::table;
use super::{fail, jsonpath, printers, resource};
use crate::api::{KindRef, Object, Value, kind};
use crate::manifest::{to_json, to_yaml};
use crate::shell::context::{Context, Outcome};
use std::rc::Rc;

pub(super) const FLAGS: &[Flag] = &[
    flag("output", Some('o'), Takes::Value),
    flag("all-namespaces", Some('A'), Takes::Nothing),
    flag("selector", Some('l'), Takes::Value),
    flag("show-labels", None, Takes::Nothing),
    flag("label-columns", Some('L'), Takes::Value),
    flag("no-headers", None, Takes::Nothing),
    flag("field-selector", None, Takes::Value),
    flag("sort-by", None, Takes::Value),
    flag("ignore-not-found", None, Takes::Nothing),
    flag("show-kind", None, Takes::Nothing),
    flag("watch", Some('w'), Takes::Nothing),
    flag("filename", Some('f'), Takes::Value),
];

const NOTHING_ASKED: &str = "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples";

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    if args.words.is_empty() {
        context.out.error(NOTHING_ASKED);
        return Outcome::Exit(1);
    }
    let targets = match resource::targets(&args.words) {
        Ok(targets) => targets,
        Err(why) => return fail(context, &why),
    };
    let everywhere = args.is("all-namespaces");
    let namespace = resource::namespace(context, args);
    let mut found: Vec<(KindRef, Vec<Rc<Object>>)> = Vec::new();
    let mut errors = Vec::new();
    for (kind, name) in &targets.items {
        let selector = match resource::selector(args, kind.plural) {
            Ok(selector) => selector,
            Err(why) => {
                context.out.error(&why);
                return Outcome::Exit(1);
            }
        };
        let tables = context.world.cluster.tables();
        let objects = match name {
            Some(name) => match resource::get(tables, kind, &namespace, name) {
                Ok(object) => vec![object],
                Err(_) if args.is("ignore-not-found") => Vec::new(),
                Err(status) => {
                    errors.push(resource::refusal(&status, None));
                    continue;
                }
            },
            None => {
                let scope = (!everywhere).then_some(namespace.as_str());
                let mut all = resource::list(tables, kind, scope, &selector);
                all.retain(|object| {
                    meets_fields(object, args.get("field-selector").unwrap_or_default())
                });
                all
            }
        };
        match found.iter_mut().find(|(other, _)| other == kind) {
            Some((_, list)) => list.extend(objects),
            None => found.push((kind, objects)),
        }
    }
    if let Some(path) = args.get("sort-by") {
        let path = path
            .trim_matches(['{', '}'])
            .trim_start_matches('.')
            .to_owned();
        for (_, objects) in &mut found {
            objects.sort_by_key(|object| jsonpath::plain(&object.to_value(), &path));
        }
    }
    if found.iter().any(|(kind, _)| *kind == kind::ENDPOINTS) {
        context.out.error(
            "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
        );
    }
    let named = targets.items.iter().any(|(_, name)| name.is_some());
    let printed = print(context, args, &found, named);
    for error in &errors {
        context.out.error(error);
    }
    match printed {
        Err(why) => fail(context, &why),
        Ok(()) => Outcome::Exit(i32::from(!errors.is_empty())),
    }
}

/// The field selectors that learners use: `metadata.name`, `spec.nodeName`, `status.phase`.
fn meets_fields(object: &Object, text: &str) -> bool {
    let value = object.to_value();
    text.split(',').filter(|part| !part.is_empty()).all(|part| {
        let (path, wanted, equal) = match part.split_once("!=") {
            Some((path, wanted)) => (path, wanted, false),
            None => {
                let (path, wanted) = part.split_once('=').unwrap_or((part, ""));
                (path, wanted.trim_start_matches('='), true)
            }
        };
        (jsonpath::plain(&value, path) == wanted) == equal
    })
}

type Found = [(KindRef, Vec<Rc<Object>>)];

fn print(context: &mut Context<'_>, args: &Args, found: &Found, named: bool) -> Result<(), String> {
    let output = args.get("output").unwrap_or_default();
    let (format, rest) = output.split_once('=').unwrap_or((output, ""));
    let all: Vec<&Rc<Object>> = found.iter().flat_map(|(_, objects)| objects).collect();
    let document = || {
        if let ([one], true) = (all.as_slice(), named) {
            return one.to_value();
        }
        let items = all.iter().map(|object| object.to_value()).collect();
        Value::Map(
            [
                ("apiVersion".to_owned(), Value::from("v1")),
                ("items".to_owned(), Value::List(items)),
                ("kind".to_owned(), Value::from("List")),
                (
                    "metadata".to_owned(),
                    Value::Map([("resourceVersion".to_owned(), Value::from(""))].into()),
                ),
            ]
            .into(),
        )
    };
    match format {
        "" | "wide" => {
            print_tables(context, args, found, format == "wide");
            Ok(())
        }
        _ if all.is_empty() && named => Ok(()),
        "yaml" => {
            context
                .out
                .write(crate::shell::context::Stream::Out, &to_yaml(&document()));
            Ok(())
        }
        "json" => {
            context
                .out
                .write(crate::shell::context::Stream::Out, &to_json(&document()));
            Ok(())
        }
        "name" => {
            for object in all {
                context
                    .out
                    .line(&format!("{}/{}", object.kind.prefix(), object.meta.name));
            }
            Ok(())
        }
        "jsonpath" => {
            let text = jsonpath::template(&document(), rest)?;
            context.out.write(crate::shell::context::Stream::Out, &text);
            Ok(())
        }
        "custom-columns" => {
            let columns: Vec<(&str, &str)> =
                rest.split(',').filter_map(|c| c.split_once(':')).collect();
            let header: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
            let cell = |value: &Value, path: &str| {
                let text =
                    jsonpath::plain(value, path.trim_matches(['{', '}']).trim_start_matches('.'));
                if text.is_empty() {
                    "<none>".to_owned()
                } else {
                    text
                }
            };
            let row = |object: &&Rc<Object>| {
                let value = object.to_value();
                columns.iter().map(|(_, path)| cell(&value, path)).collect()
            };
            let rows: Vec<Vec<String>> = all.iter().map(row).collect();
            context.out.write(
                crate::shell::context::Stream::Out,
                &table(&header, &rows, !args.is("no-headers")),
            );
            Ok(())
        }
        other => Err(format!(
            "unable to match a printer suitable for the output format \"{other}\", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml"
        )),
    }
}

fn print_tables(context: &mut Context<'_>, args: &Args, found: &Found, wide: bool) {
    let everywhere = args.is("all-namespaces");
    let some: Vec<&(KindRef, Vec<Rc<Object>>)> = found
        .iter()
        .filter(|(_, objects)| !objects.is_empty())
        .collect();
    if some.is_empty() {
        let asked_by_name = found.is_empty() || args.is("ignore-not-found");
        if !asked_by_name {
            let namespaced = found.iter().any(|(kind, _)| kind.namespaced);
            let namespace = resource::namespace(context, args);
            context.out.error(&if everywhere || !namespaced {
                "No resources found".to_owned()
            } else {
                format!("No resources found in {namespace} namespace.")
            });
        }
        return;
    }
    let prefixed = some.len() > 1
        || args.words.first().is_some_and(|word| word == "all")
        || args.is("show-kind");
    let now = context
        .world
        .cluster
        .sim()
        .unix(context.world.cluster.now());
    for (i, (kind, objects)) in some.iter().enumerate() {
        if i > 0 {
            context.out.line("");
        }
        let text = one_table(
            args,
            kind,
            objects,
            (wide, prefixed, everywhere && kind.namespaced),
            now,
        );
        context.out.write(crate::shell::context::Stream::Out, &text);
    }
}

fn one_table(
    args: &Args,
    kind: KindRef,
    objects: &[Rc<Object>],
    (wide, prefixed, with_namespace): (bool, bool, bool),
    now: i64,
) -> String {
    let mut header = printers::columns(kind, wide);
    let label_columns = args.all("label-columns");
    let show_labels = args.is("show-labels");
    header.extend(
        label_columns
            .iter()
            .map(|key| key.rsplit('/').next().unwrap_or_default().to_uppercase()),
    );
    if show_labels {
        header.push("LABELS".to_owned());
    }
    if with_namespace {
        header.insert(0, "NAMESPACE".to_owned());
    }
    let row = |object: &Rc<Object>| {
        let mut row = printers::cells(object, wide, now);
        if let Some(name) = row.first_mut().filter(|_| prefixed && kind != kind::EVENT) {
            *name = format!("{}/{name}", kind.prefix());
        }
        row.extend(
            label_columns
                .iter()
                .map(|key| object.meta.labels.get(key).cloned().unwrap_or_default()),
        );
        if show_labels {
            row.push(printers::label_text(&object.meta.labels));
        }
        if with_namespace {
            row.insert(0, object.meta.namespace.clone());
        }
        row
    };
    let rows: Vec<Vec<String>> = objects.iter().map(row).collect();
    table(&header, &rows, !args.is("no-headers"))
}
