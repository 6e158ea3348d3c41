//! `-o`: the forms in which objects are printed besides tables.

use super::args::Args;
use super::{gotemplate, jsonpath};
use crate::api::{Map, Object, Value};
use crate::kernel::Arrange;
use crate::manifest::{FieldOrder, to_json, to_json_by, to_kyaml, to_kyaml_by, to_yaml};
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

/// The same of what kubectl has as a type of its own: JSON and KYAML have its fields in that type's order.
pub(super) fn typed(
    context: &mut Context<'_>,
    args: &Args,
    form: &Form,
    value: &Value,
    order: FieldOrder<'_>,
) -> Result<(), String> {
    let text = match form {
        Form::Json => to_json_by(value, order),
        Form::Kyaml => to_kyaml_by(value, order),
        form => return document(context, args, form, value),
    };
    context.out.write(Stream::Out, &text);
    Ok(())
}

/// JSON with an indent of two in place of four.
pub(super) fn indented_by_two(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start_matches(' ');
        out.push_str(line.get((line.len() - rest.len()) / 2..).unwrap_or(rest));
    }
    out
}

/// Puts fields in the order in which a type declares them.
pub(super) fn as_declared(declared: &str, fields: &mut Vec<(&String, &Value)>) {
    let place = |name: &str| declared.split_whitespace().position(|word| word == name);
    fields.arrange_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
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

/// The same of what stands in a file and was shown to no server: as it stands there.
pub(super) fn said_as_written(
    context: &mut Context<'_>,
    args: &Args,
    (object, written): (&Object, &Value),
    word: &str,
) -> Result<(), String> {
    match form(context, args, false)? {
        Form::Words | Form::Name => said(context, args, object, word),
        form => document(context, args, &form, written),
    }
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

/// Fields that the server writes even where there is nothing to say: the kind, the way to the field, and whether it says
/// `{}` or `null` there.
const ALWAYS: &[(&str, &[&str], bool)] = &[
    ("CronJob", &["spec", "jobTemplate", "metadata"], true),
    (
        "CronJob",
        &["spec", "jobTemplate", "spec", "template", "metadata"],
        true,
    ),
    ("CronJob", &["status"], true),
    ("Event", &["eventTime"], false),
    ("Event", &["source"], true),
    ("Ingress", &["status", "loadBalancer"], true),
    ("Job", &["status"], true),
    ("Namespace", &["spec"], true),
    ("PersistentVolume", &["status"], true),
    ("PersistentVolumeClaim", &["status"], true),
    ("ResourceQuota", &["status"], true),
    ("Service", &["status", "loadBalancer"], true),
];

/// Writes what a server always writes.
fn give_always(value: &mut Value, kind: &str) {
    for (_, path, is_struct) in ALWAYS.iter().filter(|(own, ..)| *own == kind) {
        let Some((last, way)) = path.split_last() else {
            continue;
        };
        let nothing = || match is_struct {
            true => Value::Map(Map::new()),
            false => Value::Null,
        };
        let part = way.iter().fold(value.as_map_mut(), |map, step| {
            let part = map?.entry((*step).to_owned());
            part.or_insert_with(|| Value::Map(Map::new())).as_map_mut()
        });
        if let Some(part) = part {
            part.entry((*last).to_owned()).or_insert_with(nothing);
        }
    }
}

/// What a kubelet says of each Pod besides: which generation it has seen, and all addresses of the node. A Pod that was
/// restored says what it said.
fn give_seen(value: &mut Value, generation: i64) {
    let status = value.as_map_mut().and_then(|map| map.get_mut("status"));
    let Some(Value::Map(status)) = status else {
        return;
    };
    let restored = |condition: &Value| condition.get("lastProbeTime").is_some();
    let Some(Value::List(conditions)) = status.get_mut("conditions") else {
        return;
    };
    if conditions.iter().any(restored) {
        return;
    }
    let seen = Value::Int(generation);
    for condition in conditions.iter_mut().filter_map(Value::as_map_mut) {
        condition.insert("lastProbeTime".to_owned(), Value::Null);
        condition
            .entry("lastTransitionTime".to_owned())
            .or_default();
        condition.insert("observedGeneration".to_owned(), seen.clone());
    }
    status.insert("observedGeneration".to_owned(), seen);
    if let Some(ip) = status.get("hostIP").cloned() {
        let ip = Value::Map([("ip".to_owned(), ip)].into());
        status.insert("hostIPs".to_owned(), Value::List(vec![ip]));
    }
}

/// An object as the server gives it.
pub(super) fn served(object: &Object) -> Value {
    let mut value = object.to_value();
    if !object.meta.uid.is_empty() {
        if object.pod().is_some() {
            give_seen(&mut value, object.meta.generation);
        }
        give_always(&mut value, object.kind.name);
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

/// An object as `-o` shows it: in YAML and JSON without the owners of its fields, unless they are asked for.
pub(super) fn shown(args: &Args, form: &Form, object: &Object) -> Value {
    let mut value = served(object);
    let hidden =
        matches!(form, Form::Yaml | Form::Kyaml | Form::Json) && !args.is("show-managed-fields");
    let meta = value.as_map_mut().and_then(|map| map.get_mut("metadata"));
    if let Some(meta) = meta.and_then(Value::as_map_mut) {
        meta.remove("managedFields");
        if let Some(owners) = managed_fields(object).filter(|_| !hidden) {
            meta.insert("managedFields".to_owned(), owners);
        }
    }
    value
}
