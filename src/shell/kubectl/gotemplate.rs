//! Go templates, as far as readers use them with `-o go-template`: fields, `range`, `if`, `else`, `with`, variables of
//! `range`, `index`, `len`, `eq`, `ne`, `not`, `and`, `or`, `printf "%s"`, `println`.

use super::jsonpath::text;
use crate::api::Value;
use crate::kernel::BTreeMap;

/// A piece of a template.
enum Piece {
    Text(String),
    Action(String),
}

/// What actions see.
#[derive(Clone)]
struct Scope {
    dot: Value,
    root: Value,
    variables: BTreeMap<String, Value>,
}

/// Fills a template; the error names what is not known.
pub(super) fn fill(root: &Value, template: &str) -> Result<String, String> {
    let pieces = pieces(template)?;
    let scope = Scope {
        dot: root.clone(),
        root: root.clone(),
        variables: BTreeMap::new(),
    };
    let mut out = String::new();
    let mut at = 0;
    while at < pieces.len() {
        at = block(&pieces, at, &scope, Some(&mut out))?;
        // An `end` or `else` without a beginning.
        if at < pieces.len() {
            return Err(
                "error parsing template: template: output:1: unexpected {{end}}".to_owned(),
            );
        }
    }
    Ok(out)
}

fn pieces(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (action, tail) = after.split_once("}}").ok_or_else(|| {
            format!("error parsing template {template}, template: output:1: unclosed action")
        })?;
        let before = if action.starts_with("- ") {
            before.trim_end()
        } else {
            before
        };
        pieces.push(Piece::Text(before.to_owned()));
        rest = if action.ends_with(" -") {
            tail.trim_start()
        } else {
            tail
        };
        pieces.push(Piece::Action(
            action
                .trim_start_matches('-')
                .trim_end_matches('-')
                .trim()
                .to_owned(),
        ));
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

/// Runs pieces from `at` up to the `end` or `else` of this block, whose place it returns; without `out` it only skips.
fn block(
    pieces: &[Piece],
    mut at: usize,
    scope: &Scope,
    mut out: Option<&mut String>,
) -> Result<usize, String> {
    while let Some(piece) = pieces.get(at) {
        let action = match piece {
            Piece::Text(text) => {
                if let Some(out) = out.as_deref_mut() {
                    out.push_str(text);
                }
                at += 1;
                continue;
            }
            Piece::Action(action) => action.as_str(),
        };
        let (word, rest) = action.split_once(' ').unwrap_or((action, ""));
        match word {
            "end" | "else" => return Ok(at),
            "range" => at = range(pieces, at, rest, scope, out.as_deref_mut())?,
            "if" | "with" => {
                at = condition(
                    pieces,
                    at,
                    (word == "with", rest),
                    scope,
                    out.as_deref_mut(),
                )?;
            }
            _ => {
                if let Some(out) = out.as_deref_mut().filter(|_| !action.starts_with("/*")) {
                    out.push_str(&shown(&pipeline(action, scope)?));
                }
                at += 1;
            }
        }
    }
    Ok(at)
}

fn is_else(pieces: &[Piece], at: usize) -> bool {
    matches!(pieces.get(at), Some(Piece::Action(action)) if action.starts_with("else"))
}

fn range(
    pieces: &[Piece],
    at: usize,
    what: &str,
    scope: &Scope,
    mut out: Option<&mut String>,
) -> Result<usize, String> {
    let (names, list) = what
        .split_once(":=")
        .map_or(("", what), |(names, list)| (names, list));
    let found = match &out {
        Some(_) => pipeline(list.trim(), scope)?,
        None => Value::Null,
    };
    let items: Vec<(Value, Value)> = match &found {
        Value::List(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| (Value::Int(i as i64), v.clone()))
            .collect(),
        Value::Map(map) => map
            .iter()
            .map(|(k, v)| (Value::from(k.as_str()), v.clone()))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            Vec::new()
        }
    };
    let names: Vec<&str> = names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    for (key, item) in &items {
        let mut inner = scope.clone();
        inner.dot = item.clone();
        match names.as_slice() {
            [value] => drop(inner.variables.insert((*value).to_owned(), item.clone())),
            [first, value, ..] => {
                inner.variables.insert((*first).to_owned(), key.clone());
                inner.variables.insert((*value).to_owned(), item.clone());
            }
            [] => {}
        }
        block(pieces, at + 1, &inner, out.as_deref_mut())?;
    }
    let mut end = block(pieces, at + 1, scope, None)?;
    if is_else(pieces, end) {
        end = block(pieces, end + 1, scope, out.filter(|_| items.is_empty()))?;
    }
    Ok(end + 1)
}

fn condition(
    pieces: &[Piece],
    at: usize,
    (with, what): (bool, &str),
    scope: &Scope,
    mut out: Option<&mut String>,
) -> Result<usize, String> {
    let value = match &out {
        Some(_) => pipeline(what, scope)?,
        None => Value::Null,
    };
    let holds = truth(&value);
    let mut inner = scope.clone();
    if with {
        inner.dot = value;
    }
    let end = block(pieces, at + 1, &inner, out.as_deref_mut().filter(|_| holds))?;
    if !is_else(pieces, end) {
        return Ok(end + 1);
    }
    let other = out.filter(|_| !holds);
    if let Some(Piece::Action(action)) = pieces.get(end)
        && let Some(again) = action.strip_prefix("else if ")
    {
        return condition(pieces, end, (false, again), scope, other);
    }
    Ok(block(pieces, end + 1, scope, other)? + 1)
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Int(n) => *n != 0,
        Value::Float(text) | Value::Str(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
    }
}

/// A value as Go prints it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".to_owned(),
        Value::List(items) => format!(
            "[{}]",
            items.iter().map(shown).collect::<Vec<_>>().join(" ")
        ),
        Value::Map(map) => {
            let pairs: Vec<String> = map
                .iter()
                .map(|(k, v)| format!("{k}:{}", shown(v)))
                .collect();
            format!("map[{}]", pairs.join(" "))
        }
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => text(value),
    }
}

/// The words of an action: quotes and parentheses hold together.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quote, mut depth) = (None, 0);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if c == ' ' && quote.is_none() && depth == 0 {
            words.push(String::new());
        } else if let Some(last) = words.last_mut() {
            last.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `a | b c`: the value of each stage is the last argument of the next.
fn pipeline(action: &str, scope: &Scope) -> Result<Value, String> {
    let mut value: Option<Value> = None;
    let all = words(action);
    for stage in all.split(|word| word == "|") {
        let mut arguments = Vec::new();
        let Some((name, rest)) = stage.split_first() else {
            return Err("error parsing template: missing value for command".to_owned());
        };
        for word in rest {
            arguments.push(operand(word, scope)?);
        }
        arguments.extend(value.take());
        let is_value = name.starts_with(['.', '$', '"', '`', '(']) || name.parse::<i64>().is_ok();
        value = Some(if is_value {
            operand(name, scope)?
        } else {
            call(name, &arguments)?
        });
    }
    Ok(value.unwrap_or_default())
}

fn operand(word: &str, scope: &Scope) -> Result<Value, String> {
    if let Some(inner) = word.strip_prefix('(').and_then(|w| w.strip_suffix(')')) {
        return pipeline(inner, scope);
    }
    if let Some(inner) = word.strip_prefix('`').and_then(|w| w.strip_suffix('`')) {
        return Ok(Value::from(inner));
    }
    if let Some(inner) = word.strip_prefix('"').and_then(|w| w.strip_suffix('"')) {
        let plain = inner
            .replace("\\n", "\n")
            .replace("\\t", "\t")
            .replace("\\\"", "\"");
        return Ok(Value::Str(plain));
    }
    if let Ok(n) = word.parse::<i64>() {
        return Ok(Value::Int(n));
    }
    let (base, path) = match word.strip_prefix('.') {
        Some(path) => (scope.dot.clone(), path),
        None => {
            let (name, path) = word.split_once('.').unwrap_or((word, ""));
            let base = if name == "$" {
                Some(&scope.root)
            } else {
                scope.variables.get(name)
            };
            let unknown = || format!("error parsing template: undefined variable \"{name}\"");
            match word {
                "true" => (Value::Bool(true), ""),
                "false" => (Value::Bool(false), ""),
                _ => (base.cloned().ok_or_else(unknown)?, path),
            }
        }
    };
    let parts = path.split('.').filter(|part| !part.is_empty());
    Ok(parts.fold(base, |value, part| {
        value.get(part).cloned().unwrap_or_default()
    }))
}

fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let first = arguments.first().cloned().unwrap_or_default();
    let second = arguments.get(1).cloned().unwrap_or_default();
    let joined = || arguments.iter().map(shown).collect::<Vec<_>>();
    Ok(match name {
        "len" => Value::Int(match &first {
            Value::List(items) => items.len() as i64,
            Value::Map(map) => map.len() as i64,
            other => shown(other).len() as i64,
        }),
        "index" => arguments
            .iter()
            .skip(1)
            .fold(first, |value, key| match (&value, key) {
                (Value::List(items), Value::Int(n)) => usize::try_from(*n)
                    .ok()
                    .and_then(|n| items.get(n))
                    .cloned()
                    .unwrap_or_default(),
                (_, key) => value.get(&text(key)).cloned().unwrap_or_default(),
            }),
        "eq" => Value::Bool(arguments.iter().skip(1).any(|other| *other == first)),
        "ne" => Value::Bool(first != second),
        "not" => Value::Bool(!truth(&first)),
        "and" => arguments
            .iter()
            .find(|v| !truth(v))
            .or(arguments.last())
            .cloned()
            .unwrap_or_default(),
        "or" => arguments
            .iter()
            .find(|v| truth(v))
            .or(arguments.last())
            .cloned()
            .unwrap_or_default(),
        "print" => Value::Str(joined().concat()),
        "println" => Value::Str(joined().join(" ") + "\n"),
        "printf" => {
            let mut rest = arguments.iter().skip(1);
            let mut out = String::new();
            let format = text(&first);
            let mut chars = format.chars();
            while let Some(c) = chars.next() {
                match (c, if c == '%' { chars.next() } else { None }) {
                    ('%', Some('%')) => out.push('%'),
                    ('%', Some(_)) => out.push_str(&rest.next().map(shown).unwrap_or_default()),
                    (c, _) => out.push(c),
                }
            }
            Value::Str(out)
        }
        other => {
            return Err(format!(
                "error parsing template: template: output:1: function \"{other}\" not defined"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Document, Limits, read};

    #[test]
    fn templates_are_filled() {
        let yaml = "items:\n- {name: a, ip: 1.1.1.1, on: true}\n- {name: b}\n";
        let value = read(yaml, &Limits::PASTED)
            .documents
            .first()
            .map(Document::value)
            .unwrap();
        let rows = [
            ("{{range .items}}{{.name}}{{\"\\n\"}}{{end}}", "a\nb\n"),
            (
                "{{range $i, $x := .items}}{{$i}}={{$x.name}} {{end}}",
                "0=a 1=b ",
            ),
            (
                "{{range .items}}{{if .ip}}{{.ip}}{{else}}none{{end}},{{end}}",
                "1.1.1.1,none,",
            ),
            ("{{with index .items 1}}{{.name}}{{end}}", "b"),
            ("{{len .items}} {{.nothing}}", "2 <no value>"),
            (
                "{{range .items}}{{if eq .name \"b\"}}{{printf \"%s!\" .name}}{{end}}{{end}}",
                "b!",
            ),
        ];
        for (template, wanted) in rows {
            assert_eq!(fill(&value, template).as_deref(), Ok(wanted), "{template}");
        }
    }
}
