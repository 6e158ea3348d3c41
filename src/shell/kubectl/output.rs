//! `-o`: the forms in which objects are printed besides tables.

use super::args::Args;
use super::{gotemplate, jsonpath};
use crate::api::{Map, Object, Value};
use crate::manifest::{to_json, to_kyaml, to_yaml};
use crate::shell::context::{Context, Stream};
use crate::store::managed_fields;

/// What `-o` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing: a table, or a word about what was done.
    Words,
    /// A table with more columns.
    Wide,
    /// YAML.
    Yaml,
    /// KYAML.
    Kyaml,
    /// JSON.
    Json,
    /// `service/web`.
    Name,
    /// A `JSONPath` template.
    JsonPath(String),
    /// The values of a `JSONPath` template as a JSON list.
    JsonPathAsJson(String),
    /// A Go template.
    GoTemplate(String),
    /// Columns of one's own.
    Columns(String),
}

/// The forms behind which more may stand: `jsonpath={.items}`.
const TAKES_MORE: &[&str] = &[
    "custom-columns",
    "custom-columns-file",
    "go-template",
    "go-template-file",
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "template",
    "templatefile",
];

const EVERYWHERE: &str = "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml";
const TABLES: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";

/// Reads `-o`; `tables` where a table is what is printed otherwise.
pub(super) fn form(context: &Context<'_>, args: &Args, tables: bool) -> Result<Form, String> {
    let output = args.get("output").unwrap_or_default();
    let (name, rest) = match output.split_once('=') {
        Some((name, rest)) if TAKES_MORE.contains(&name) => (name, rest.to_owned()),
        _ => (output, args.get("template").unwrap_or_default().to_owned()),
    };
    let plain = ["yaml", "json", "kyaml", "name"];
    let plain = plain.iter().find(|form| form.eq_ignore_ascii_case(name));
    let name = plain.copied().unwrap_or(name);
    let from_file = |path: &str| {
        let text = context.world.files.read(context.cwd, path);
        let why =
            |_| format!("error reading --template {path}, open {path}: no such file or directory");
        text.map(|text| text.to_string()).map_err(why)
    };
    let given = |text: String| {
        if text.is_empty() {
            Err("template format specified but no template given".to_owned())
        } else {
            Ok(text)
        }
    };
    Ok(match name {
        "" if args.get("template").is_some() => Form::GoTemplate(rest),
        "" => Form::Words,
        "yaml" => Form::Yaml,
        "json" => Form::Json,
        "name" => Form::Name,
        "jsonpath" => Form::JsonPath(given(rest)?),
        "jsonpath-as-json" => Form::JsonPathAsJson(given(rest)?),
        "jsonpath-file" => Form::JsonPath(from_file(&given(rest)?)?),
        "go-template" | "template" => Form::GoTemplate(given(rest)?),
        "go-template-file" | "templatefile" => Form::GoTemplate(from_file(&given(rest)?)?),
        "kyaml" => Form::Kyaml,
        "wide" if tables => Form::Wide,
        "custom-columns" | "custom-columns-file" if tables && rest.is_empty() => {
            return Err("custom-columns format specified but no custom columns given".to_owned());
        }
        "custom-columns" if tables => Form::Columns(rest),
        "custom-columns-file" if tables => {
            let text = context.world.files.read(context.cwd, &rest).map_err(|_| {
                format!("error reading template {rest}, open {rest}: no such file or directory")
            })?;
            Form::Columns(columns_of(&text)?)
        }
        other => {
            let allowed = if tables { TABLES } else { EVERYWHERE };
            return Err(format!(
                "unable to match a printer suitable for the output format \"{other}\", allowed formats are: {allowed}"
            ));
        }
    })
}

/// A file of columns: names on the first line, paths on the second.
fn columns_of(text: &str) -> Result<String, String> {
    let mut lines = text.lines();
    let missing = |what: &str| {
        format!(
            "invalid template, missing {what} line. Expected format is one line of space separated headers, one line of space separated column specs."
        )
    };
    let names = lines
        .next()
        .ok_or_else(|| missing("header"))?
        .split_whitespace();
    let paths = lines
        .next()
        .ok_or_else(|| missing("spec"))?
        .split_whitespace();
    if names.clone().count() != paths.clone().count() {
        return Err(format!(
            "number of headers ({}) and field specifications ({}) don't match",
            names.count(),
            paths.count()
        ));
    }
    let pairs = names
        .zip(paths)
        .map(|(name, path)| format!("{name}:{path}"));
    Ok(pairs.collect::<Vec<_>>().join(","))
}

/// Prints a document in a form that needs no table.
pub(super) fn document(
    context: &mut Context<'_>,
    args: &Args,
    form: &Form,
    value: &Value,
) -> Result<(), String> {
    let lenient = args.get("allow-missing-template-keys") != Some("false");
    let text = match form {
        Form::JsonPath(template) => jsonpath::fill(value, template, lenient, None)?,
        Form::JsonPathAsJson(template) => jsonpath::fill(value, template, lenient, Some(to_json))?,
        Form::GoTemplate(template) => match gotemplate::fill(value, template, lenient) {
            Ok(text) => text,
            Err(failed) => {
                context.out.write(Stream::Out, &failed.out);
                return Err(failed.why);
            }
        },
        Form::Yaml => to_yaml(value),
        Form::Kyaml => to_kyaml(value),
        Form::Json => to_json(value),
        Form::Words | Form::Wide | Form::Name | Form::Columns(_) => String::new(),
    };
    context.out.write(Stream::Out, &text);
    Ok(())
}

/// Prints what the API server has to say of what it accepted.
pub(super) fn warn(context: &mut Context<'_>) {
    for warning in context.world.cluster.take_warnings() {
        context.out.error(&format!("Warning: {warning}"));
    }
    for note in context.world.cluster.take_notes() {
        context.out.note(&note);
    }
}

/// Tells that something was done to an object: `service/web labeled`, or the object as `-o` asks.
pub(super) fn said(
    context: &mut Context<'_>,
    args: &Args,
    object: &Object,
    word: &str,
) -> Result<(), String> {
    warn(context);
    let label = format!("{}/{}", object.kind.prefix(), object.meta.name);
    match form(context, args, false)? {
        Form::Words => context.out.line(&format!("{label} {word}")),
        Form::Name => context.out.line(&label),
        form => document(context, args, &form, &shown(args, &form, object))?,
    }
    Ok(())
}

/// The server writes the resources of each container of a template, even where there are none.
fn give_resources(value: &mut Value, path: &[&str]) {
    let steps = path.iter().chain(&["template", "spec"]);
    let spec = steps.fold(value.as_map_mut(), |map, step| {
        map?.get_mut(*step)?.as_map_mut()
    });
    let Some(spec) = spec else { return };
    for list in ["containers", "initContainers"] {
        let Some(Value::List(items)) = spec.get_mut(list) else {
            continue;
        };
        for container in items.iter_mut().filter_map(Value::as_map_mut) {
            let resources = container.entry("resources".to_owned());
            resources.or_insert_with(|| Value::Map(Map::new()));
        }
    }
}

/// An object as `-o` shows it: in YAML and JSON without the owners of its fields, unless they are asked for.
pub(super) fn shown(args: &Args, form: &Form, object: &Object) -> Value {
    let mut value = object.to_value();
    let hidden =
        matches!(form, Form::Yaml | Form::Kyaml | Form::Json) && !args.is("show-managed-fields");
    let meta = value.as_map_mut().and_then(|map| map.get_mut("metadata"));
    if let Some(meta) = meta.and_then(Value::as_map_mut) {
        meta.remove("managedFields");
        if let Some(owners) = managed_fields(object).filter(|_| !hidden) {
            meta.insert("managedFields".to_owned(), owners);
        }
    }
    for path in [&["spec"][..], &["spec", "jobTemplate", "spec"][..]] {
        give_resources(&mut value, path);
    }
    if let (Some(_), Some(fields)) = (object.slice(), value.as_map_mut()) {
        // The server writes both lists of a slice even where there is nothing in them.
        for field in ["endpoints", "ports"] {
            let items = fields.entry(field.to_owned()).or_default();
            if items.as_list().is_some_and(<[_]>::is_empty) {
                *items = Value::Null;
            }
        }
    }
    value
}
