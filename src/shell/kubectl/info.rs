//! What kubectl tells of itself, of the server and of its fields: `version`, `cluster-info`, `api-resources`, `config`,
//! `explain`.

use super::args::{Args, Flag, Takes, flag};
use super::table::table;
use super::{fail, resource};
use crate::api::kind::KINDS;
use crate::api::schema::{self, FieldType};
use crate::shell::context::{Context, Outcome, Stream};

pub(super) const FLAGS: &[Flag] = &[
    flag("client", None, Takes::Nothing),
    flag("output", Some('o'), Takes::Value),
    flag("current", None, Takes::Nothing),
    flag("minify", None, Takes::Nothing),
    flag("recursive", None, Takes::Nothing),
    flag("namespaced", None, Takes::Nothing),
    flag("no-headers", None, Takes::Nothing),
    flag("api-group", None, Takes::Value),
];

pub(super) fn version(context: &mut Context<'_>, args: &Args) -> Outcome {
    context
        .out
        .line("Client Version: v1.36.2\nKustomize Version: v5.8.1");
    if !args.is("client") {
        context.out.line("Server Version: v1.36.2");
    }
    Outcome::Exit(0)
}

pub(super) fn cluster_info(context: &mut Context<'_>, _args: &Args) -> Outcome {
    context.out.line("Kubernetes control plane is running at https://192.168.49.2:6443\nCoreDNS is running at https://192.168.49.2:6443/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.");
    Outcome::Exit(0)
}

pub(super) fn api_resources(context: &mut Context<'_>, args: &Args) -> Outcome {
    let header = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"].map(str::to_owned);
    let shown = KINDS.iter().filter(|kind| {
        args.get("api-group")
            .is_none_or(|group| group == kind.group)
    });
    let rows: Vec<Vec<String>> = shown
        .filter(|kind| args.get("namespaced").is_none() || args.is("namespaced") == kind.namespaced)
        .map(|kind| {
            vec![
                kind.plural.to_owned(),
                kind.short.join(","),
                kind.api_version(),
                kind.namespaced.to_string(),
                kind.name.to_owned(),
            ]
        })
        .collect();
    context
        .out
        .write(Stream::Out, &table(&header, &rows, !args.is("no-headers")));
    Outcome::Exit(0)
}

pub(super) fn config(context: &mut Context<'_>, args: &Args) -> Outcome {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["current-context"] => context.out.line("portside"),
        ["get-contexts", ..] => {
            let namespace = current_namespace(context);
            let header = ["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"].map(str::to_owned);
            let row = vec!["*".to_owned(), "portside".to_owned(), "portside".to_owned(), "reader".to_owned(), namespace];
            context.out.write(Stream::Out, &table(&header, &[row], true));
        }
        ["set-context", ..] => {
            let current = args.is("current") || words.get(1) == Some(&"portside");
            let Some(namespace) = args.get("namespace").filter(|_| current) else {
                return fail(context, "you must specify a non-empty context name or --current");
            };
            context.world.files.put(context.cwd, resource::CONFIG, &format!("context: portside\nnamespace: {namespace}\n"));
            context.out.line("Context \"portside\" modified.");
        }
        ["use-context", "portside"] => context.out.line("Switched to context \"portside\"."),
        ["use-context", name] => return fail(context, &format!("no context exists with the name: \"{name}\"")),
        ["view", ..] => context.out.line(&format!("contexts:\n- context:\n    cluster: portside\n    namespace: {}\n    user: reader\n  name: portside\ncurrent-context: portside", current_namespace(context))),
        _ => {
            context.out.note("Of kubectl config, the simulation knows current-context, get-contexts, set-context, use-context and view.");
            return Outcome::Exit(1);
        }
    }
    Outcome::Exit(0)
}

fn current_namespace(context: &Context<'_>) -> String {
    let namespace = resource::namespace(context, &Args::default());
    if namespace == "default" {
        String::new()
    } else {
        namespace
    }
}

pub(super) fn explain(context: &mut Context<'_>, args: &Args) -> Outcome {
    let Some(word) = args.words.first() else {
        return fail(
            context,
            "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources.",
        );
    };
    let mut path = word.split('.');
    let Ok(kind) = resource::find(path.next().unwrap_or_default()) else {
        return fail(
            context,
            &format!("the server doesn't have a resource type \"{word}\""),
        );
    };
    let Some(mut type_name) = schema::type_of(kind) else {
        return fail(context, "no schema");
    };
    let mut shown: Option<(String, FieldType)> = None;
    for name in path {
        let Some(field) = schema::field(type_name, name) else {
            return fail(context, &format!("field \"{name}\" does not exist"));
        };
        shown = Some((name.to_owned(), field.type_));
        type_name = inner_struct(field.type_).unwrap_or("");
    }
    let group = if kind.group.is_empty() {
        String::new()
    } else {
        format!("GROUP:      {}\n", kind.group)
    };
    let mut text = format!(
        "{group}KIND:       {}\nVERSION:    {}\n\n",
        kind.name, kind.version
    );
    if let Some((name, type_)) = &shown {
        text.push_str(&format!("FIELD: {name} <{}>\n\n", type_text(*type_)));
    }
    let fields: Vec<_> = schema::fields(type_name).collect();
    if !fields.is_empty() {
        text.push_str("FIELDS:\n");
        for field in fields {
            let required = if field.required { " -required-" } else { "" };
            text.push_str(&format!(
                "  {}\t<{}>{required}\n",
                field.name,
                type_text(field.type_)
            ));
        }
    }
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}

fn inner_struct(type_: FieldType) -> Option<&'static str> {
    match type_ {
        FieldType::Struct(name) => Some(name),
        FieldType::List(item) | FieldType::Map(item) => inner_struct(schema::parse(item)),
        FieldType::Text | FieldType::Int | FieldType::Bool | FieldType::Time | FieldType::Any => {
            None
        }
    }
}

fn type_text(type_: FieldType) -> String {
    match type_ {
        FieldType::Text | FieldType::Time => "string".to_owned(),
        FieldType::Int => "integer".to_owned(),
        FieldType::Bool => "boolean".to_owned(),
        FieldType::Any => "Object".to_owned(),
        FieldType::List(item) => format!("[]{}", type_text(schema::parse(item))),
        FieldType::Map(item) => format!("map[string]{}", type_text(schema::parse(item))),
        FieldType::Struct(name) => schema::go_name(name).to_owned(),
    }
}
