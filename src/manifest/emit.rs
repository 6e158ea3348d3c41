//! Values to text, as `kubectl get -o yaml` and `-o json` write them.
//!
//! Models `sigs.k8s.io/yaml` (sorted keys, lists not indented under their key, what YAML 1.1 would read as something else
//! in double quotes) and Go's `encoding/json` with an indent of four.

use super::scalar::{not_finite, resolve, yaml_float};
use crate::api::{Map, Value, quote_json};

/// A value as YAML, with a final line break.
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Map(map) if !map.is_empty() => write_map(map, 0, &mut out),
        Value::List(items) if !items.is_empty() => write_list(items, 0, &mut out),
        other => {
            write_scalar(other, 0, &mut out);
            out.push('\n');
        }
    }
    out
}

fn indent(depth: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn write_map(map: &Map, depth: usize, out: &mut String) {
    for (i, (key, value)) in map.iter().enumerate() {
        // The first key of a list's item stands behind the dash.
        if i > 0 || !out.ends_with("- ") {
            indent(depth, out);
        }
        write_text(key, depth, out);
        out.push(':');
        write_entry(value, depth, out);
    }
}

/// What follows `key:`.
fn write_entry(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            out.push('\n');
            write_map(map, depth + 1, out);
        }
        Value::List(items) if !items.is_empty() => {
            out.push('\n');
            write_list(items, depth, out);
        }
        other => {
            out.push(' ');
            write_scalar(other, depth + 1, out);
            out.push('\n');
        }
    }
}

fn write_list(items: &[Value], depth: usize, out: &mut String) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 || !out.ends_with("- ") {
            indent(depth, out);
        }
        out.push_str("- ");
        match item {
            Value::Map(map) if !map.is_empty() => write_map(map, depth + 1, out),
            Value::List(inner) if !inner.is_empty() => write_list(inner, depth + 1, out),
            other => {
                write_scalar(other, depth + 1, out);
                out.push('\n');
            }
        }
    }
}

fn write_scalar(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(n) => out.push_str(&n.to_string()),
        Value::Float(text) => out.push_str(&yaml_float(text)),
        Value::Str(text) => write_text(text, depth, out),
        Value::List(_) => out.push_str("[]"),
        Value::Map(_) => out.push_str("{}"),
    }
}

fn write_text(text: &str, depth: usize, out: &mut String) {
    let special = text
        .chars()
        .any(|c| (c.is_control() && c != '\n') || c == '\u{feff}');
    let block = text.contains('\n')
        && !special
        && !text.lines().any(|line| line.ends_with(' '))
        && !text.starts_with('\n');
    if block {
        write_block(text, depth, out);
    } else if special
        || text.contains('\n')
        || !matches!(resolve(text), Value::Str(_))
        || not_finite(text).is_some()
        || is_time_like(text)
        || is_base_60(text)
    {
        quote_yaml(text, out);
    } else if is_plain(text) {
        out.push_str(text);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

fn write_block(text: &str, depth: usize, out: &mut String) {
    out.push('|');
    if text.starts_with(' ') {
        out.push('2');
    }
    let body = text.strip_suffix('\n');
    match body {
        None => out.push('-'),
        Some(body) if body.ends_with('\n') || body.is_empty() => out.push('+'),
        Some(_) => {}
    }
    for line in body.unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(depth.max(1), out);
            out.push_str(line);
        }
    }
}

/// A double-quoted YAML scalar.
fn quote_yaml(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{feff}' => out.push_str("\\uFEFF"),
            c if c.is_control() && (c as u32) < 0x100 => {
                out.push_str(&format!("\\x{:02X}", c as u32));
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Whether libyaml's emitter writes the text without quotes.
fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    let second_is_space = chars.next().is_none_or(|c| c == ' ');
    if "#,[]{}&*!|>'\"%@`".contains(first) || ("?:-".contains(first) && second_is_space) {
        return false;
    }
    let edges = text.starts_with(' ')
        || text.ends_with(' ')
        || text.starts_with("---")
        || text.starts_with("...");
    let inner = text.contains(": ") || text.ends_with(':') || text.contains(" #");
    !edges && !inner
}

/// Whether YAML 1.1 reads the text as a time.
fn is_time_like(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)
            .is_some_and(|t| t.bytes().all(|b| b.is_ascii_digit()))
    };
    digits(0..4)
        && text.get(4..5) == Some("-")
        && text.len() >= 8
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"-:.TtZz +".contains(&b))
}

/// Whether YAML 1.1 reads the text as a number to base 60, `22:22`.
fn is_base_60(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = body.split(':');
    let first = parts.next().unwrap_or_default();
    let whole = first.bytes().next().is_some_and(|b| b.is_ascii_digit())
        && first.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let rest: Vec<&str> = parts.collect();
    let sixty = |part: &&str| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    let last_ok = rest
        .last()
        .is_some_and(|last| sixty(&last.split('.').next().unwrap_or_default()));
    let middle_ok = rest.iter().rev().skip(1).all(sixty);
    whole && !rest.is_empty() && last_ok && middle_ok
}

/// A value as JSON with an indent of four, with a final line break.
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, 0, &mut out);
    out.push('\n');
    out
}

fn write_json(value: &Value, depth: usize, out: &mut String) {
    let line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    };
    match value {
        Value::List(items) if !items.is_empty() => {
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "[" } else { "," });
                line(depth + 1, out);
                write_json(item, depth + 1, out);
            }
            line(depth, out);
            out.push(']');
        }
        Value::Map(map) if !map.is_empty() => {
            for (i, (key, item)) in map.iter().enumerate() {
                out.push_str(if i == 0 { "{" } else { "," });
                line(depth + 1, out);
                quote_json(key, out);
                out.push_str(": ");
                write_json(item, depth + 1, out);
            }
            line(depth, out);
            out.push('}');
        }
        other => out.push_str(&other.to_json()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Limits, read};

    fn round(text: &str) -> String {
        read(text, &Limits::PASTED)
            .documents
            .first()
            .map(|d| to_yaml(&d.value()))
            .unwrap_or_default()
    }

    #[test]
    fn yaml_looks_as_kubectl_prints_it() {
        let text = "kind: Service\nmetadata:\n  annotations:\n    note: |\n      two\n      lines\n  creationTimestamp: \"2026-11-22T23:02:34Z\"\nspec:\n  clusterIPs:\n  - 10.96.208.50\n  ports:\n  - port: 80\n    protocol: TCP\n  selector:\n    on: \"yes\"\n  weird: 'a: b'\nstatus:\n  loadBalancer: {}\n";
        // The key `on` is a boolean to YAML 1.1, hence quoted on the way out.
        assert_eq!(round(text), text.replace("    on:", "    \"true\":"));
    }

    #[test]
    fn what_yaml_would_misread_is_quoted() {
        for (text, written) in [
            ("80", "\"80\""),
            ("22:22", "\"22:22\""),
            ("", "\"\""),
            ("no", "\"no\""),
            ("a #b", "'a #b'"),
            ("-", "'-'"),
        ] {
            let mut out = String::new();
            write_text(text, 0, &mut out);
            assert_eq!(out, written);
        }
    }
}
