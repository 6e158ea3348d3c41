//! Pages: text with places for fields, from which most describers are made.
//!
//! A place is `{path|form}`, the path being names with dots between (`.` is the whole). A line can begin with a mark and a
//! path: `?path ` lets it stand only where the field is there and not empty, `!path ` only where it is not, `*path ` once
//! for each item of a list, whose fields its places then name. In a line, `~` breaks it.

use super::super::age::{age, human, rfc1123};
use super::super::printers;
use super::container::plain;
use crate::api::{StringMap, Value};
use crate::kernel::unix;

/// The field at a path.
pub(super) fn field<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if path == "." {
        return Some(value);
    }
    let found = path.split('.').try_fold(value, Value::get);
    found.filter(|value| **value != Value::Null)
}

/// The items of a list at a path.
pub(super) fn items<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    field(value, path)
        .and_then(Value::as_list)
        .unwrap_or_default()
}

/// The text of a field, empty if there is none.
pub(super) fn text(value: &Value, path: &str) -> String {
    field(value, path).map(plain).unwrap_or_default()
}

/// The texts of a list's items.
pub(super) fn texts(value: &Value, path: &str) -> Vec<String> {
    items(value, path).iter().map(plain).collect()
}

/// A mapping of texts.
pub(super) fn map(value: &Value, path: &str) -> StringMap {
    let found = field(value, path).and_then(Value::as_map);
    let entries = found.into_iter().flatten();
    entries.map(|(k, v)| (k.clone(), plain(v))).collect()
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(value) => {
            value.as_str() == Some("")
                || value.as_list().is_some_and(<[Value]>::is_empty)
                || value.as_map().is_some_and(|map| map.is_empty())
        }
    }
}

/// Fills the places of a page; `now` is in seconds since 1970.
pub(super) fn fill(page: &str, value: &Value, now: i64) -> String {
    let mut out = String::new();
    for line in page.lines() {
        let marked = line
            .strip_prefix(['?', '!', '*'])
            .and_then(|rest| rest.split_once(' '));
        let Some((path, rest)) = marked else {
            put(line, value, now, &mut out);
            continue;
        };
        let found = field(value, path);
        if line.starts_with('*') {
            let list = found.and_then(Value::as_list).unwrap_or_default();
            list.iter().for_each(|item| put(rest, item, now, &mut out));
        } else if is_empty(found) == line.starts_with('!') {
            put(rest, value, now, &mut out);
        }
    }
    out
}

/// One line.
fn put(line: &str, value: &Value, now: i64, out: &mut String) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(&before.replace('~', "\n"));
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        let (path, form) = place.split_once('|').unwrap_or((place, ""));
        out.push_str(&shown(value, path, form, now));
        rest = after;
    }
    out.push_str(&rest.replace('~', "\n"));
    out.push('\n');
}

/// A field in a form.
fn shown(value: &Value, path: &str, form: &str, now: i64) -> String {
    let found = field(value, path);
    let or = |other: &str| found.map_or_else(|| other.to_owned(), plain);
    match form {
        "or none" => printers::or_none(&or("")),
        "none" => or("<none>"),
        "unset" => or("<unset>"),
        "0" => or("0"),
        "no" => or("false"),
        "seconds" => found.map_or_else(|| "<unset>".to_owned(), |n| format!("{}s", plain(n))),
        "comma" => texts(value, path).join(","),
        "list" => texts(value, path).join(", "),
        "go" => format!("[{}]", texts(value, path).join(" ")),
        "map" => {
            let entries = map(value, path);
            let all: Vec<String> = entries.iter().map(|(k, v)| format!("{k}:{v}")).collect();
            format!("map[{}]", all.join(" "))
        }
        "ref" => found.map_or_else(
            || "nil".to_owned(),
            |r| format!("&LocalObjectReference{{Name:{},}}", text(r, "name")),
        ),
        "ref in" => found.map_or_else(
            || "nil".to_owned(),
            |r| {
                let (name, namespace) = (text(r, "name"), text(r, "namespace"));
                format!("&SecretReference{{Name:{name},Namespace:{namespace},}}")
            },
        ),
        "bool" => match found {
            None => "<unset>",
            Some(Value::Bool(true)) => "True",
            Some(_) => "False",
        }
        .to_owned(),
        "time" => found.map_or_else(
            || "Mon, 01 Jan 0001 00:00:00 +0000".to_owned(),
            |t| rfc1123(&plain(t)),
        ),
        "time or unset" => rfc1123(&or("")),
        "since" => age(&or(""), now),
        "names" => {
            let names: Vec<String> = items(value, path).iter().map(|i| text(i, "name")).collect();
            printers::or_none(&names.join("\n                   \t"))
        }
        "labels" => printers::label_text(&map(value, path)),
        // What a nested writer makes of a map: each line begins anew with its indentation.
        "nested" => {
            let text = each(&map(value, path), "=", "\n    \t    ");
            let indent = if text == "<none>" { "" } else { "    " };
            format!("{indent}{text}")
        }
        "selector" => printers::plain_selector(found),
        "any selector" => {
            let text = printers::plain_selector(found);
            if text == "<none>" {
                String::new()
            } else {
                text
            }
        }
        "modes" => printers::modes(items(value, path)),
        "duration" => {
            let at = |key: &str| unix(&text(value, &format!("{path}.{key}")));
            match (at("startTime"), at("completionTime")) {
                (Some(start), Some(end)) => human(end - start),
                _ => String::new(),
            }
        }
        _ => or(""),
    }
}

/// A line for each entry.
fn each(map: &StringMap, join: &str, between: &str) -> String {
    let all: Vec<String> = map.iter().map(|(k, v)| format!("{k}{join}{v}")).collect();
    printers::or_none(&all.join(between))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Limits, read};

    #[test]
    fn a_page_is_filled_line_by_line() {
        let text = "kind: X\na:\n  b: 1\n  c: [x, z]\nd: [{e: f}, {e: g}]\n";
        let read = read(text, &Limits::FILE);
        let value = read.documents.first().unwrap().value();
        let page = "K:\t{kind}\n?a.b B:\t{a.b}~next\n?a.q Q:\t{a.q}\n!a.q no Q\n*d - {e}\n{a.c|go} {a.q|unset}";
        assert_eq!(
            fill(page, &value, 0),
            "K:\tX\nB:\t1\nnext\nno Q\n- f\n- g\n[x z] <unset>\n"
        );
    }
}
