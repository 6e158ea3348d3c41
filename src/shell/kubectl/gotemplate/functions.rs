//! The functions of Go templates, and the two that kubectl adds to them.

use crate::api::Value;
use crate::kernel::base64_decoded;
use crate::shell::kubectl::jsonpath::{compare, go_text, go_type, quoted};

/// Every function.
pub(super) const NAMES: &[&str] = &[
    "and",
    "base64decode",
    "call",
    "eq",
    "exists",
    "ge",
    "gt",
    "html",
    "index",
    "js",
    "le",
    "len",
    "lt",
    "ne",
    "not",
    "or",
    "print",
    "printf",
    "println",
    "slice",
    "urlquery",
];

/// How many arguments a function wants: at least, and whether no more.
pub(super) fn arity(name: &str) -> (usize, bool) {
    match name {
        "base64decode" | "len" | "not" => (1, true),
        "ne" | "lt" | "le" | "gt" | "ge" => (2, true),
        "and" | "or" | "call" | "eq" | "exists" | "index" | "slice" | "printf" => (1, false),
        _ => (0, false),
    }
}

pub(super) fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Int(n) => *n != 0,
        Value::Float(text) => text.contains(|c: char| ('1'..='9').contains(&c)),
        Value::Str(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
    }
}

/// Calls a function; the error is what follows `error calling NAME`.
pub(super) fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let null = Value::Null;
    let first = arguments.first().unwrap_or(&null);
    let second = arguments.get(1).unwrap_or(&null);
    let rest = arguments.get(1..).unwrap_or_default();
    let ordered = |value: &Value, other: &Value| -> Result<_, String> {
        let order = compare(value, other).map_err(|why| told(why, value, other))?;
        order.ok_or_else(|| "invalid type for comparison".to_owned())
    };
    Ok(match name {
        "len" => length(first)?,
        "index" => rest
            .iter()
            .try_fold(first.clone(), |value, at| index(&value, at))?,
        "slice" => slice(first, rest)?,
        "eq" if rest.is_empty() => return Err("missing argument for comparison".to_owned()),
        "eq" => {
            let mut found = false;
            for other in rest {
                found = found || equal(first, other)?;
            }
            Value::Bool(found)
        }
        "ne" => Value::Bool(!equal(first, second)?),
        "lt" => Value::Bool(ordered(first, second)?.is_lt()),
        "le" => Value::Bool(ordered(first, second)?.is_le()),
        "gt" => Value::Bool(ordered(first, second)?.is_gt()),
        "ge" => Value::Bool(ordered(first, second)?.is_ge()),
        "not" => Value::Bool(!truth(first)),
        "print" => Value::Str(printed(arguments)),
        "println" => {
            let all: Vec<String> = arguments.iter().map(go_text).collect();
            Value::Str(all.join(" ") + "\n")
        }
        "printf" => Value::Str(super::printf::printf(&go_text(first), rest)),
        "html" => Value::Str(replaced(&printed(arguments), HTML)),
        "js" => Value::Str(replaced(&printed(arguments), JS)),
        "urlquery" => Value::Str(url_query(&printed(arguments))),
        "exists" => Value::Bool(exists(first, rest)),
        "base64decode" => Value::Str(
            base64_decoded(&go_text(first))
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .map_err(|at| {
                    format!("base64 decode failed: illegal base64 data at input byte {at}")
                })?,
        ),
        _ => {
            return Err(format!(
                "non-function {} of type {}",
                go_text(first),
                go_type(first)
            ));
        }
    })
}

/// Go names the types that do not fit together.
fn told(why: String, value: &Value, other: &Value) -> String {
    if why.starts_with("incompatible") {
        return format!("{why}: {} and {}", go_type(value), go_type(other));
    }
    why
}

fn equal(value: &Value, other: &Value) -> Result<bool, String> {
    match (value, other) {
        (Value::Null, other) | (other, Value::Null) => Ok(*other == Value::Null),
        (Value::List(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Map(_)) => Err(format!(
            "non-comparable type {}: {}",
            go_text(value),
            go_type(value)
        )),
        _ => compare(value, other)
            .map(|order| order.is_some_and(std::cmp::Ordering::is_eq))
            .map_err(|why| told(why, value, other)),
    }
}

fn length(value: &Value) -> Result<Value, String> {
    let length = match value {
        Value::Str(text) => text.len(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        Value::Null => {
            return Err("reflect: call of reflect.Value.Type on zero Value".to_owned());
        }
        other => return Err(format!("len of type {}", go_type(other))),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn index(value: &Value, at: &Value) -> Result<Value, String> {
    let within = |length: usize| match at {
        Value::Int(n) => usize::try_from(*n)
            .ok()
            .filter(|n| *n < length)
            .ok_or_else(|| format!("index out of range: {n}")),
        Value::Null => Err("cannot index slice/array with nil".to_owned()),
        other => Err(format!(
            "cannot index slice/array with type {}",
            go_type(other)
        )),
    };
    match value {
        Value::Null => Err("index of untyped nil".to_owned()),
        Value::List(items) => {
            let at = within(items.len())?;
            Ok(items.get(at).cloned().unwrap_or_default())
        }
        Value::Str(text) => {
            let byte = text.as_bytes().get(within(text.len())?);
            Ok(byte.map_or(Value::Null, |byte| Value::Int(i64::from(*byte))))
        }
        Value::Map(map) => match at {
            Value::Str(key) => Ok(map.get(key).cloned().unwrap_or_default()),
            other => Err(format!(
                "value has type {}; should be string",
                go_type(other)
            )),
        },
        other => Err(format!("can't index item of type {}", go_type(other))),
    }
}

fn slice(value: &Value, bounds: &[Value]) -> Result<Value, String> {
    let length = match value {
        Value::Str(text) => text.len(),
        Value::List(items) => items.len(),
        Value::Null => return Err("slice of untyped nil".to_owned()),
        other => return Err(format!("can't slice item of type {}", go_type(other))),
    };
    let mut ends = [0, length];
    for (end, bound) in ends.iter_mut().zip(bounds) {
        let n = bound.as_int().unwrap_or(-1);
        *end = usize::try_from(n)
            .ok()
            .filter(|n| *n <= length)
            .ok_or_else(|| format!("index out of range: {n}"))?;
    }
    let [from, to] = ends;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    Ok(match value {
        Value::Str(text) => Value::from(text.get(from..to).unwrap_or_default()),
        _ => {
            let items = value.as_list().and_then(|items| items.get(from..to));
            Value::List(items.unwrap_or_default().to_vec())
        }
    })
}

fn exists(value: &Value, path: &[Value]) -> bool {
    let mut value = value;
    for at in path {
        let found = match (value, at) {
            (Value::List(items), Value::Int(n)) => {
                usize::try_from(*n).ok().and_then(|n| items.get(n))
            }
            (Value::Map(map), Value::Str(key)) => map.get(key),
            _ => None,
        };
        match found {
            Some(found) => value = found,
            None => return false,
        }
    }
    *value != Value::Null
}

/// Blanks stand between values of which neither is text.
fn printed(values: &[Value]) -> String {
    let mut out = String::new();
    let mut before: Option<&Value> = None;
    for value in values {
        let is_text = |value: &Value| value.as_str().is_some();
        if before.is_some_and(|before| !is_text(before) && !is_text(value)) {
            out.push(' ');
        }
        out.push_str(&go_text(value));
        before = Some(value);
    }
    out
}

const HTML: &[(char, &str)] = &[
    ('<', "&lt;"),
    ('>', "&gt;"),
    ('&', "&amp;"),
    ('"', "&#34;"),
    ('\'', "&#39;"),
];

const JS: &[(char, &str)] = &[
    ('\\', "\\\\"),
    ('\'', "\\'"),
    ('"', "\\\""),
    ('<', "\\u003C"),
    ('>', "\\u003E"),
    ('&', "\\u0026"),
    ('=', "\\u003D"),
    ('\n', "\\u000A"),
    ('\r', "\\u000D"),
    ('\t', "\\u0009"),
];

fn replaced(text: &str, table: &[(char, &str)]) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match table.iter().find(|(from, _)| *from == c) {
            Some((_, to)) => out.push_str(to),
            None => out.push(c),
        }
    }
    out
}

fn url_query(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// How a value is named where it has the wrong type.
pub(super) fn with_type(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        value => format!("{}={}", go_type(value), go_text(value)),
    }
}

/// `%q` of a value.
pub(super) fn in_quotes(value: &Value) -> Option<String> {
    value.as_str().map(quoted)
}
