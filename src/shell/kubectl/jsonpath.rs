//! kubectl's dialect of `JSONPath`: fields, indexes, slices, filters, `..`, `{range}`, `{"\t"}`.

use crate::api::Value;

/// One step of a path.
enum Step {
    Field(String),
    All,
    /// All values below, the value itself among them.
    Deep,
    Index(i64),
    Slice(Option<i64>, Option<i64>),
    Union(Vec<Self>),
    Filter(String, &'static str, String),
    Exists(String),
}

/// The values at a path like `spec.ports[0].port` or `items[*].metadata.name`.
fn values<'a>(root: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut current = vec![root];
    for step in steps(path) {
        current = current
            .into_iter()
            .flat_map(|value| follow(value, &step))
            .collect();
    }
    current
}

fn follow<'a>(value: &'a Value, step: &Step) -> Vec<&'a Value> {
    let items = value.as_list().unwrap_or_default();
    let place =
        |n: i64| usize::try_from(if n < 0 { items.len() as i64 + n } else { n }).unwrap_or(0);
    match step {
        Step::Field(name) => value.get(name).into_iter().collect(),
        Step::All => children(value),
        Step::Deep => {
            let mut found = vec![value];
            for child in children(value) {
                found.extend(follow(child, step));
            }
            found
        }
        Step::Index(n) if *n < 0 && items.len() < n.unsigned_abs() as usize => Vec::new(),
        Step::Index(n) => items.get(place(*n)).into_iter().collect(),
        Step::Slice(from, to) => {
            let from = from.map_or(0, place).min(items.len());
            let to = to.map_or(items.len(), place).clamp(from, items.len());
            items.get(from..to).unwrap_or_default().iter().collect()
        }
        Step::Union(steps) => steps.iter().flat_map(|step| follow(value, step)).collect(),
        Step::Filter(path, op, wanted) => {
            let holds = |item: &&Value| {
                let found = values(item, path).first().map(|v| text(v));
                found.is_some_and(|found| compare(&found, op, wanted))
            };
            children(value).into_iter().filter(holds).collect()
        }
        Step::Exists(path) => children(value)
            .into_iter()
            .filter(|item| !values(item, path).is_empty())
            .collect(),
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::List(items) => items.iter().collect(),
        Value::Map(map) => map.values().collect(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            Vec::new()
        }
    }
}

/// Compares as numbers if both are numbers, else as text.
fn compare(found: &str, op: &str, wanted: &str) -> bool {
    let order = match (found.parse::<i64>(), wanted.parse::<i64>()) {
        (Ok(found), Ok(wanted)) => found.cmp(&wanted),
        _ => found.cmp(wanted),
    };
    match op {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<=" => order.is_le(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        _ => order.is_gt(),
    }
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path.trim_start_matches(['$', '@']);
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = closing(inner);
            steps.push(bracket(inner.get(..end).unwrap_or(inner)));
            rest = inner.get(end + 1..).unwrap_or_default();
            continue;
        }
        if let Some(after) = rest.strip_prefix("..") {
            steps.push(Step::Deep);
            rest = after;
        }
        let tail = rest.strip_prefix('.').unwrap_or(rest);
        // A dot behind a backslash belongs to the name: `.metadata.labels.app\.kubernetes\.io/name`.
        let mut name = String::new();
        let mut taken = 0;
        let mut escaped = false;
        for c in tail.chars() {
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
        // A dot at the end of a path stands for nothing.
        if taken == 0 && tail.len() == rest.len() {
            break;
        }
        rest = tail.get(taken..).unwrap_or_default();
        match name.as_str() {
            "" => {}
            "*" => steps.push(Step::All),
            _ => steps.push(Step::Field(name)),
        }
    }
    steps
}

/// Where the bracket that has just been opened closes: not inside quotes, not at a nested one.
fn closing(text: &str) -> usize {
    let (mut depth, mut quote) = (0usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return at,
            (None, ']') => depth -= 1,
            (None, _) => {}
        }
    }
    text.len()
}

fn bracket(body: &str) -> Step {
    let body = body.trim();
    if body == "*" {
        return Step::All;
    }
    if let Some(condition) = body.strip_prefix("?(").and_then(|b| b.strip_suffix(')')) {
        const OPS: [&str; 6] = ["==", "!=", "<=", ">=", "<", ">"];
        let path = |text: &str| {
            text.trim()
                .trim_start_matches('@')
                .trim_start_matches('.')
                .to_owned()
        };
        let split = OPS.iter().find_map(|op| {
            condition
                .split_once(op)
                .map(|(path, wanted)| (path, *op, wanted))
        });
        return match split {
            Some((left, op, wanted)) => Step::Filter(
                path(left),
                op,
                wanted.trim().trim_matches(['\'', '"']).to_owned(),
            ),
            None => Step::Exists(path(condition)),
        };
    }
    if body.contains(',') {
        return Step::Union(body.split(',').map(bracket).collect());
    }
    if let Ok(n) = body.parse() {
        return Step::Index(n);
    }
    if let Some((from, to)) = body
        .split_once(':')
        .filter(|_| !body.starts_with(['\'', '"']))
    {
        return Step::Slice(
            from.parse().ok(),
            to.split(':').next().and_then(|to| to.parse().ok()),
        );
    }
    let path = body.trim_matches(['\'', '"']);
    Step::Field(path.to_owned())
}

/// All values at a path as text, joined with commas; empty if there are none.
pub(super) fn plain(root: &Value, path: &str) -> String {
    values(root, path)
        .into_iter()
        .map(go_text)
        .collect::<Vec<_>>()
        .join(",")
}

/// The first value at a path.
pub(super) fn first<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    values(root, path).into_iter().next()
}

/// Braces, a leading `$` and dot are optional where a path stands alone, as for `--sort-by` and columns.
pub(super) fn relaxed(path: &str) -> Result<String, String> {
    let inner = match (path.strip_prefix('{'), path.strip_suffix('}')) {
        (Some(_), Some(_)) => path.get(1..path.len() - 1).unwrap_or_default(),
        (None, None) => path,
        _ => {
            return Err(
                "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
                .to_owned());
        }
    };
    Ok(inner.trim_start_matches('.').to_owned())
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => {
            value.to_json()
        }
    }
}

/// The values that a template's paths find.
pub(super) fn found(root: &Value, template: &str) -> Result<Vec<Value>, String> {
    let mut all = Vec::new();
    let mut rest = template;
    while let Some((_, after)) = rest.split_once('{') {
        let (action, tail) = after.split_once('}').ok_or_else(|| unclosed(template))?;
        bounded(root, action.trim(), template)?;
        all.extend(values(root, action.trim()).into_iter().cloned());
        rest = tail;
    }
    Ok(all)
}

/// Whether every index and slice of a path lies within its list; if not, kubectl prints all that it was given.
fn bounded(root: &Value, path: &str, template: &str) -> Result<(), String> {
    let mut current = vec![root];
    for step in steps(path) {
        for value in &current {
            let Some(items) = value.as_list() else {
                continue;
            };
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let outside = |n: i64| (n < 0 || n >= length).then_some(n);
            let wrong = match step {
                Step::Index(n) => outside(if n < 0 { n + length } else { n }),
                Step::Slice(_, Some(to)) if to > length => Some(to - 1),
                _ => None,
            };
            if let Some(index) = wrong {
                return Err(format!(
                    "error executing jsonpath \"{}\": Error executing template: array index out of bounds: index {index}, length {length}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{template}\n\tobject given to jsonpath engine was:\n\t\t{}\n\n",
                    template.escape_debug(),
                    go_syntax(root)
                ));
            }
        }
        let next = current.into_iter().flat_map(|value| follow(value, &step));
        current = next.collect();
    }
    Ok(())
}

/// A value as Go's `%#v` prints it.
fn go_syntax(value: &Value) -> String {
    let joined = |all: Vec<String>| all.join(", ");
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Str(text) => format!("{text:?}"),
        Value::List(items) => format!(
            "[]interface {{}}{{{}}}",
            joined(items.iter().map(go_syntax).collect())
        ),
        Value::Map(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{key:?}:{}", go_syntax(value));
            format!(
                "map[string]interface {{}}{{{}}}",
                joined(map.iter().map(entry).collect())
            )
        }
        other => other.to_json(),
    }
}

/// A value as Go's `%v` prints it: `map[a:b]`, `[1 2]`.
pub(super) fn go_text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::List(items) => {
            let all: Vec<String> = items.iter().map(go_text).collect();
            format!("[{}]", all.join(" "))
        }
        Value::Map(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{key}:{}", go_text(value));
            format!(
                "map[{}]",
                map.iter().map(entry).collect::<Vec<_>>().join(" ")
            )
        }
        other => text(other),
    }
}

fn unclosed(template: &str) -> String {
    format!("error parsing jsonpath {template}, unclosed action")
}

/// Fills a template: text, `{.path}`, `{"\t"}`, `{range .path}…{end}`.
pub(super) fn template(root: &Value, template: &str) -> Result<String, String> {
    let (out, _) = fill(root, template, template)?;
    Ok(out)
}

/// Where an action ends: a brace inside quotes or a filter does not end it.
fn action_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '}') => return Some(at),
            (None, _) => {}
        }
    }
    None
}

/// Fills up to the end or `{end}`; returns what follows it.
fn fill<'t>(root: &Value, mut rest: &'t str, whole: &str) -> Result<(String, &'t str), String> {
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let end = action_end(after).ok_or_else(|| unclosed(whole))?;
        let action = after.get(..end).unwrap_or_default().trim();
        rest = after.get(end + 1..).unwrap_or_default();
        if action == "end" {
            return Ok((out, rest));
        }
        if let Some(path) = action.strip_prefix("range ") {
            let mut after_range = rest;
            bounded(root, path.trim(), whole)?;
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
            out.push_str(
                &literal
                    .replace("\\t", "\t")
                    .replace("\\n", "\n")
                    .replace("\\\"", "\""),
            );
        } else {
            bounded(root, action, whole)?;
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
    use crate::manifest::{Document, Limits, read};

    fn yaml(text: &str) -> Value {
        read(text, &Limits::PASTED)
            .documents
            .first()
            .map(Document::value)
            .unwrap()
    }

    #[test]
    fn templates_find_what_kubectl_finds() {
        let value = yaml(
            "items:\n- metadata: {name: a, labels: {app.io/x: l}}\n  spec: {ip: 1.1.1.1, ports: [1, 2, 3]}\n- metadata: {name: b}\n  spec: {}\n",
        );
        let rows = [
            (
                "{range .items[*]}{.metadata.name}{\"\\t\"}{.spec.ip}{\"\\n\"}{end}",
                "a\t1.1.1.1\nb\t\n",
            ),
            ("{.items[1].metadata.name}", "b"),
            ("{.items[-1].metadata.name}", "b"),
            ("{.nothing}", ""),
            ("{.items[*].metadata.name} x", "a b x"),
            ("{.items[0].spec.ports[0:2]}", "1 2"),
            ("{.items[0].metadata.labels.app\\.io/x}", "l"),
            ("{.items[0].metadata.labels['app.io/x']}", "l"),
            ("{..name}", "a b"),
            ("{.items[?(@.metadata.name==\"b\")].spec}", "{}"),
            ("{.items[?(@.spec.ip)].metadata.name}", "a"),
            ("{.items[0].spec['ip','ports']}", "1.1.1.1 [1,2,3]"),
            (
                "{.items[0].metadata}",
                "{\"labels\":{\"app.io/x\":\"l\"},\"name\":\"a\"}",
            ),
        ];
        for (text, wanted) in rows {
            assert_eq!(template(&value, text).as_deref(), Ok(wanted), "{text}");
        }
        assert_eq!(
            template(&value, "{.spec.foo").unwrap_err(),
            "error parsing jsonpath {.spec.foo, unclosed action"
        );
    }
}
