//! Kinds that kubectl has no describer for: every field under a readable name.

use super::container::plain;
use crate::api::{Map, Object, Value};

/// What `head` has told already.
const SKIPPED: &[&str] = &[
    ".metadata.managedFields",
    ".metadata.name",
    ".metadata.namespace",
    ".metadata.labels",
    ".metadata.annotations",
];

/// All fields of an object.
pub(super) fn content(object: &Object) -> String {
    let mut out = String::new();
    if let Value::Map(map) = object.to_value() {
        fields(&map, "", "", &mut out);
    }
    out
}

fn fields(map: &Map, indent: &str, path: &str, out: &mut String) {
    for (key, value) in map {
        let path = format!("{path}.{key}");
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        let label = label(key);
        let further = format!("{indent}  ");
        match value {
            Value::Map(inner) => {
                out.push_str(&format!("{indent}{label}:\n"));
                fields(inner, &further, &path, out);
            }
            Value::List(all) => {
                out.push_str(&format!("{indent}{label}:\n"));
                for item in all {
                    match item {
                        Value::Map(inner) => fields(inner, &further, &path, out),
                        item => out.push_str(&format!("{further}{}\n", plain(item))),
                    }
                }
            }
            Value::Null => out.push_str(&format!("{indent}{label}:\t<nil>\n")),
            other => out.push_str(&format!("{indent}{label}:\t{}\n", plain(other))),
        }
    }
}

/// `creationTimestamp` as `Creation Timestamp`, `apiVersion` as `API Version`.
fn label(field: &str) -> String {
    if field.chars().any(|c| !c.is_alphabetic() && c != '-') {
        return field.to_owned();
    }
    let chars: Vec<char> = field.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(i + 1);
        let begins = match before {
            None => true,
            Some(b) if c.is_uppercase() => {
                b.is_lowercase() || after.is_some_and(|a| a.is_lowercase())
            }
            Some(b) => (*b == '-') != (*c == '-'),
        };
        match words.last_mut().filter(|_| !begins) {
            Some(word) => word.push(*c),
            None => words.push(c.to_string()),
        }
    }
    let shown = words.iter().map(|word| {
        let upper = word.to_uppercase();
        if ["API", "URL", "UID", "OSB", "GUID"].contains(&upper.as_str()) {
            return upper;
        }
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn names_of_fields_become_readable() {
        let rows = [
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("creationTimestamp", "Creation Timestamp"),
            ("clusterIPs", "Cluster I Ps"),
            ("a.b", "a.b"),
        ];
        for (field, text) in rows {
            assert_eq!(label(field), text);
        }
    }
}
