//! kubectl's dialect of `JSONPath`, as far as learners use it: fields, indexes, `[*]`, `{range}`, `{"\t"}`.

use crate::api::Value;

/// The values at a path like `spec.ports[0].port` or `items[*].metadata.name`.
fn values<'a>(root: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut current = vec![root];
    for step in steps(path) {
        current = current
            .into_iter()
            .flat_map(|value| match &step {
                Step::Field(name) => value.get(name).into_iter().collect::<Vec<_>>(),
                Step::All => match value {
                    Value::List(items) => items.iter().collect(),
                    Value::Map(map) => map.values().collect(),
                    Value::Null
                    | Value::Bool(_)
                    | Value::Int(_)
                    | Value::Float(_)
                    | Value::Str(_) => Vec::new(),
                },
                Step::Index(n) => {
                    let items = value.as_list().unwrap_or_default();
                    let at = if *n < 0 { items.len() as i64 + n } else { *n };
                    usize::try_from(at)
                        .ok()
                        .and_then(|at| items.get(at))
                        .into_iter()
                        .collect()
                }
                Step::Equal(path, wanted) => {
                    let items = value.as_list().unwrap_or_default();
                    items
                        .iter()
                        .filter(|item| plain(item, path) == *wanted)
                        .collect()
                }
            })
            .collect();
    }
    current
}

enum Step {
    Field(String),
    All,
    Index(i64),
    Equal(String, String),
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path.trim_start_matches(['$', '@']);
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (body, after) = inner.split_once(']').unwrap_or((inner, ""));
            rest = after;
            steps.push(bracket(body));
            continue;
        }
        let text = rest.strip_prefix('.').unwrap_or(rest);
        // A dot behind a backslash belongs to the name: `.metadata.labels.app\.kubernetes\.io/name`.
        let mut name = String::new();
        let mut taken = 0;
        let mut escaped = false;
        for c in text.chars() {
            if !escaped && (c == '.' || c == '[') {
                break;
            }
            taken += c.len_utf8();
            if c == '\\' && !escaped {
                escaped = true;
                continue;
            }
            escaped = false;
            name.push(c);
        }
        rest = text.get(taken..).unwrap_or_default();
        match name.as_str() {
            "" => {}
            "*" => steps.push(Step::All),
            _ => steps.push(Step::Field(name)),
        }
    }
    steps
}

fn bracket(body: &str) -> Step {
    let unquoted = body.trim_matches(['\'', '"']);
    if body == "*" {
        return Step::All;
    }
    if let Ok(n) = body.parse() {
        return Step::Index(n);
    }
    let condition = body
        .strip_prefix("?(")
        .and_then(|b| b.strip_suffix(')'))
        .and_then(|b| b.split_once("=="));
    match condition {
        Some((path, wanted)) => Step::Equal(
            path.trim().trim_start_matches("@.").to_owned(),
            wanted.trim().trim_matches(['\'', '"']).to_owned(),
        ),
        None => Step::Field(unquoted.to_owned()),
    }
}

/// The first value at a path as text, empty if there is none.
pub(super) fn plain(root: &Value, path: &str) -> String {
    values(root, path)
        .into_iter()
        .map(text)
        .collect::<Vec<_>>()
        .join(",")
}

fn text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => {
            value.to_json()
        }
    }
}

/// Fills a template: text, `{.path}`, `{"\t"}`, `{range .path}…{end}`.
pub(super) fn template(root: &Value, template: &str) -> Result<String, String> {
    let inner = template.trim_matches('\'');
    let (out, _) = fill(root, inner, template)?;
    Ok(out)
}

/// Fills up to the end or `{end}`; returns what follows it.
fn fill<'t>(root: &Value, mut rest: &'t str, whole: &str) -> Result<(String, &'t str), String> {
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((action, tail)) = after.split_once('}') else {
            return Err(format!("error parsing jsonpath {whole}, unclosed action"));
        };
        rest = tail;
        let action = action.trim();
        if action == "end" {
            return Ok((out, rest));
        }
        if let Some(path) = action.strip_prefix("range ") {
            let mut after_range = rest;
            let items = values(root, path.trim());
            if items.is_empty() {
                after_range = fill(&Value::Null, rest, whole)?.1;
            }
            for item in items {
                let (text, tail) = fill(item, rest, whole)?;
                out.push_str(&text);
                after_range = tail;
            }
            rest = after_range;
        } else if action.starts_with(['"', '\'']) {
            let literal = action.trim_matches(['"', '\'']);
            out.push_str(&literal.replace("\\t", "\t").replace("\\n", "\n"));
        } else {
            let found: Vec<String> = values(root, action).into_iter().map(text).collect();
            out.push_str(&found.join(" "));
        }
    }
    out.push_str(rest);
    Ok((out, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Limits, read};

    #[test]
    fn templates_range_over_items() {
        let text = "items:\n- metadata: {name: a}\n  spec: {ip: 1.1.1.1}\n- metadata: {name: b}\n  spec: {}\n";
        let value = read(text, &Limits::PASTED)
            .documents
            .first()
            .map(super::super::super::super::manifest::Document::value)
            .unwrap();
        let out = template(
            &value,
            "{range .items[*]}{.metadata.name}{\"\\t\"}{.spec.ip}{\"\\n\"}{end}",
        );
        assert_eq!(out.as_deref(), Ok("a\t1.1.1.1\nb\t\n"));
        assert_eq!(
            template(&value, "{.items[1].metadata.name}").as_deref(),
            Ok("b")
        );
        assert_eq!(template(&value, "{.nothing}").as_deref(), Ok(""));
        assert_eq!(
            template(&value, "{.spec.foo").unwrap_err(),
            "error parsing jsonpath {.spec.foo, unclosed action"
        );
    }
}
