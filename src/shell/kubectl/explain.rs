//! `kubectl explain`: kinds and fields of the schema, with their types.

use super::args::Args;
use super::{fail, resource};
use crate::api::schema::{self, FieldType};
use crate::manifest::sentence;
use crate::shell::context::{Context, Outcome, Stream};
use std::rc::Rc;

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let [word] = args.words.as_slice() else {
        return fail(
            context,
            if args.words.is_empty() {
                "You must specify the type of resource to explain. Use \"kubectl api-resources\" for a complete list of supported resources."
            } else {
                "We accept only this format: explain RESOURCE"
            },
        );
    };
    let mut path = word.split('.');
    let kind = match resource::find(path.next().unwrap_or_default()) {
        Ok(kind) => kind,
        Err(why) => {
            context.out.error(&why);
            return Outcome::Exit(1);
        }
    };
    let Some(mut type_name) = schema::type_of(kind) else {
        return fail(
            context,
            &format!(
                "couldn't find resource for \"{}, Kind={}\"",
                kind.api_version(),
                kind.name
            ),
        );
    };
    let group = if kind.group.is_empty() {
        String::new()
    } else {
        format!("GROUP:      {}\n", kind.group)
    };
    let mut text = format!(
        "{group}KIND:       {}\nVERSION:    {}\n\n",
        kind.name, kind.version
    );
    let docs = Rc::clone(&context.world.files.docs);
    let mut shown: Option<(&str, FieldType, &str)> = None;
    for name in path {
        let Some(field) = schema::field(type_name, name) else {
            context.out.write(Stream::Out, &text);
            return fail(context, &format!("field \"{name}\" does not exist"));
        };
        let told = sentence(&docs, type_name, name).unwrap_or_default();
        shown = Some((name, field.type_, told));
        type_name = inner_struct(field.type_).unwrap_or("");
    }
    if let Some((name, type_, told)) = &shown {
        text.push_str(&format!("FIELD: {name} <{}>\n\n", type_text(name, *type_)));
        if !told.is_empty() {
            text.push_str(&format!("\nDESCRIPTION:\n{}    \n", wrapped(told)));
        }
    }
    if schema::fields(type_name).next().is_some() {
        text.push_str("FIELDS:\n");
        list(&mut text, type_name, 1, args.is("recursive"), &docs);
        text.push('\n');
    }
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}

/// A sentence in lines of at most 80 characters, four of them blank.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let size = word.chars().count();
        if width > 0 && width + 1 + size > 76 {
            out.push('\n');
            width = 0;
        }
        out.push_str(if width == 0 { "    " } else { " " });
        out.push_str(word);
        width += size + usize::from(width > 0);
    }
    out.push('\n');
    out
}

/// A line for each field, and the sentence about it; with `recursive`, what stands below it too, without sentences.
fn list(text: &mut String, type_name: &str, depth: usize, recursive: bool, docs: &str) {
    for field in schema::fields(type_name) {
        let required = if field.required { " -required-" } else { "" };
        let indent = "  ".repeat(depth);
        text.push_str(&format!(
            "{indent}{}\t<{}>{required}\n",
            field.name,
            type_text(field.name, field.type_)
        ));
        if !recursive {
            if let Some(told) = sentence(docs, type_name, field.name) {
                text.push_str(&wrapped(told));
            }
            if !docs.is_empty() {
                text.push('\n');
            }
        }
        // Some types hold themselves; kubectl's own texts end before that.
        if let Some(inner) = inner_struct(field.type_).filter(|_| recursive && depth < 12) {
            list(text, inner, depth + 1, true, docs);
        }
    }
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

/// Fields that hold a number or a word, which the schema has as anything.
const INT_OR_STRING: &[&str] = &[
    "maxSurge",
    "maxUnavailable",
    "minAvailable",
    "port",
    "targetPort",
];

fn type_text(name: &str, type_: FieldType) -> String {
    if type_ == FieldType::Any && INT_OR_STRING.contains(&name) {
        return "IntOrString".to_owned();
    }
    schema::type_text(type_)
}
