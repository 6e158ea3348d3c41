//! `kubectl patch`: the three types of patch.

use super::args::Args;
use super::change::{self, DryRun, named};
use super::{fail, merge, output, resource};
use crate::api::{Map, Object, Value};
use crate::manifest::{Document, Limits, read};
use crate::shell::context::{Context, Outcome};

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let type_ = args.get("type").unwrap_or("strategic").to_lowercase();
    if !["json", "merge", "strategic"].contains(&type_.as_str()) {
        let given = args.get("type").unwrap_or_default();
        return fail(
            context,
            &format!("--type must be one of [json merge strategic], not \"{given}\""),
        );
    }
    let text = match (args.get("patch"), args.get("patch-file")) {
        (Some(""), None) => {
            return fail(
                context,
                "must specify --patch or --patch-file containing the contents of the patch",
            );
        }
        (Some(text), None) => text.to_owned(),
        (None, Some(file)) => match context.world.files.read(context.cwd, file) {
            Ok(text) => text.to_string(),
            Err(_) => {
                return fail(
                    context,
                    &format!("unable to read patch file: open {file}: no such file or directory"),
                );
            }
        },
        (Some(_), Some(_)) => {
            return fail(context, "cannot specify --patch and --patch-file together");
        }
        (None, None) => {
            return fail(
                context,
                "must specify --patch or --patch-file containing the contents of the patch",
            );
        }
    };
    let parsed = read(&text, &Limits::PASTED);
    if let Some(error) = parsed.error {
        return fail(
            context,
            &format!("unable to parse \"{text}\": {}", error.message),
        );
    }
    let patch = parsed
        .documents
        .first()
        .map(Document::value)
        .unwrap_or_default();
    let objects = match named(context, args, &args.words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    for object in objects {
        let before = object.to_value();
        let patched = match (type_.as_str(), &patch) {
            ("json", Value::List(steps)) => apply_steps(before, steps),
            ("json", _) => {
                let type_ = go_kind(&patch);
                Err(format!(
                    "json: cannot unmarshal {type_} into Go value of type jsonpatch.Patch"
                ))
            }
            ("merge", Value::Map(patch)) => Ok(merge_patch(&before, patch)),
            (_, Value::Map(_)) => Ok(merge::strategic(&patch, &before)),
            _ => Err("a patch is a mapping".to_owned()),
        };
        let after = match patched {
            Ok(value) => value,
            Err(why) if args.is("local") || DryRun::of(args) == Ok(DryRun::Client) => {
                return fail(context, &why);
            }
            Err(_) => {
                context.out.error("The request is invalid: the server rejected our request due to an error in our request");
                return Outcome::Exit(1);
            }
        };
        if let Outcome::Exit(1) = write(context, args, &object, &after) {
            return Outcome::Exit(1);
        }
    }
    Outcome::Exit(0)
}

/// Stores the patched object and tells whether anything changed.
fn write(context: &mut Context<'_>, args: &Args, before: &Object, after: &Value) -> Outcome {
    let mut dry = match DryRun::of(args) {
        Ok(dry) => dry,
        Err(why) => return fail(context, &why),
    };
    if args.is("local") {
        dry = DryRun::Client;
    }
    let decoded = resource::decode(after).and_then(|object| {
        let stored = change::store(context, object, dry);
        stored.map_err(|status| resource::refusal(&status, None))
    });
    match decoded {
        Err(why) => {
            context.out.error(&why);
            Outcome::Exit(1)
        }
        Ok(stored) => {
            let word = if *stored == *before {
                "patched (no change)"
            } else {
                "patched"
            };
            // Of what it only tries by itself this verb says nothing more.
            let suffix = if dry == DryRun::Client {
                ""
            } else {
                dry.suffix()
            };
            match output::said(context, args, &stored, &[word, suffix].concat()) {
                Ok(()) => Outcome::Exit(0),
                Err(why) => fail(context, &why),
            }
        }
    }
}

/// RFC 7386: fields are set, `null` removes them, lists are replaced.
pub(super) fn merge_patch(before: &Value, patch: &Map) -> Value {
    let mut merged = before.as_map().cloned().unwrap_or_default();
    for (key, value) in patch {
        match value {
            Value::Null => {
                merged.remove(key);
            }
            Value::Map(inner) => {
                let old = merged.get(key).cloned().unwrap_or_default();
                merged.insert(key.clone(), merge_patch(&old, inner));
            }
            other => {
                merged.insert(key.clone(), other.clone());
            }
        }
    }
    Value::Map(merged)
}

/// RFC 6902, its operations add, remove, replace, copy, move and test.
pub(super) fn apply_steps(mut value: Value, steps: &[Value]) -> Result<Value, String> {
    for step in steps {
        let text = |key: &str| step.get(key).and_then(Value::as_str).unwrap_or_default();
        let path = pointer(text("path"));
        let new = || step.get("value").cloned().unwrap_or_default();
        match text("op") {
            "add" => set(&mut value, &path, new(), true)?,
            "replace" => {
                lookup(&value, &path).ok_or_else(|| missing("replace", text("path")))?;
                set(&mut value, &path, new(), false)?;
            }
            "remove" => remove(&mut value, &path).ok_or_else(|| {
                let (path, last) = (text("path"), path.last().map_or("", String::as_str));
                format!("error in remove for path: '{path}': unable to remove nonexistent key: {last}: missing value")
            })?,
            "test" => {
                if lookup(&value, &path).cloned().unwrap_or_default() != new() {
                    return Err(format!("testing value {} failed: test failed", text("path")));
                }
            }
            op @ ("copy" | "move") => {
                let from = pointer(text("from"));
                let found = lookup(&value, &from)
                    .cloned()
                    .ok_or_else(|| missing(op, text("from")))?;
                if op == "move" {
                    let _ = remove(&mut value, &from);
                }
                set(&mut value, &path, found, true)?;
            }
            _ => {
                let step = step.to_json();
                return Err(format!("invalid operation {step}: unsupported operation"));
            }
        }
    }
    Ok(value)
}

/// What Go calls a value of JSON.
fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Str(_) => "string",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::List(_) => "array",
        Value::Null | Value::Map(_) => "object",
    }
}

fn missing(op: &str, path: &str) -> String {
    format!("{op} operation does not apply: doc is missing path: \"{path}\": missing value")
}

/// The parts of a JSON pointer.
fn pointer(path: &str) -> Vec<String> {
    path.split('/')
        .skip(1)
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect()
}

fn lookup<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, part| match value {
        Value::Map(map) => map.get(part),
        Value::List(items) => items.get(part.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => None,
    })
}

/// The place that a path ends in, to be changed.
fn parent<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, part| match value {
        Value::Map(map) => map.get_mut(part),
        Value::List(items) => items.get_mut(part.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => None,
    })
}

fn set(value: &mut Value, path: &[String], new: Value, insert: bool) -> Result<(), String> {
    let shown = format!("/{}", path.join("/"));
    let Some((last, before)) = path.split_last() else {
        *value = new;
        return Ok(());
    };
    let place = parent(value, before).ok_or_else(|| missing("add", &shown))?;
    match place {
        Value::Map(map) => {
            map.insert(last.clone(), new);
        }
        Value::List(items) => {
            let at = if last == "-" {
                items.len()
            } else {
                last.parse().unwrap_or(usize::MAX)
            };
            if insert && at <= items.len() {
                items.insert(at, new);
                return Ok(());
            }
            *items.get_mut(at).ok_or_else(|| missing("add", &shown))? = new;
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            return Err(missing("add", &shown));
        }
    }
    Ok(())
}

fn remove(value: &mut Value, path: &[String]) -> Option<()> {
    let (last, before) = path.split_last()?;
    match parent(value, before)? {
        Value::Map(map) => map.remove(last).map(|_| ()),
        Value::List(items) => {
            let at = last.parse::<usize>().ok().filter(|at| *at < items.len())?;
            items.remove(at);
            Some(())
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => None,
    }
}
