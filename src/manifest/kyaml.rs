//! KYAML, the strict form of YAML that `kubectl -o kyaml` prints: braces, quoted text, a comma after each item.
//!
//! Models `sigs.k8s.io/yaml/kyaml`.

use super::emit::FieldOrder;
use crate::api::{Map, Value};
use std::fmt::Write;

/// A document as KYAML, with the mark that begins it.
pub fn to_kyaml(value: &Value) -> String {
    to_kyaml_by(value, &|_, _| {})
}

/// The same with the fields of each mapping in another order.
pub fn to_kyaml_by(value: &Value, order: FieldOrder<'_>) -> String {
    let mut out = "---\n".to_owned();
    node(value, ("", 0), order, &mut out);
    out.push('\n');
    out
}

fn indent(level: usize, out: &mut String) {
    (0..level).for_each(|_| out.push_str("  "));
}

/// A value; the key that it stands under, and how deep.
fn node(value: &Value, at: (&str, usize), order: FieldOrder<'_>, out: &mut String) {
    match value {
        Value::Str(text) => quoted(text, Some(at.1 + 1), out),
        Value::List(items) => list(items, at, order, out),
        Value::Map(fields) => mapping(fields, at, order, out),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            out.push_str(&value.to_json());
        }
    }
}

fn list(items: &[Value], (key, level): (&str, usize), order: FieldOrder<'_>, out: &mut String) {
    let cuddles = |item: &Value| matches!(item, Value::List(_) | Value::Map(_));
    out.push('[');
    if items.iter().all(cuddles) {
        for (at, item) in items.iter().enumerate() {
            out.push_str(if at > 0 { ", " } else { "" });
            node(item, (key, level), order, out);
        }
    } else {
        out.push('\n');
        for item in items {
            indent(level + 1, out);
            node(item, (key, level + 1), order, out);
            out.push_str(",\n");
        }
        indent(level, out);
    }
    out.push(']');
}

fn mapping(fields: &Map, (under, level): (&str, usize), order: FieldOrder<'_>, out: &mut String) {
    if fields.is_empty() {
        return out.push_str("{}");
    }
    out.push_str("{\n");
    let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
    order(under, &mut fields);
    for (key, value) in fields {
        indent(level + 1, out);
        if needs_quotes(key) {
            quoted(key, None, out);
        } else {
            out.push_str(key);
        }
        out.push_str(": ");
        node(value, (key, level + 1), order, out);
        out.push_str(",\n");
    }
    indent(level, out);
    out.push('}');
}

/// Whether a key could be read as something else than text.
fn needs_quotes(text: &str) -> bool {
    let small = text.to_lowercase();
    let word = matches!(
        small.as_str(),
        "" | "null" | "t" | "f" | "true" | "y" | "yes" | "on" | "false" | "n" | "no" | "off"
    );
    let last = text.chars().count().saturating_sub(1);
    let plain = |(at, c): (usize, char)| {
        c.is_alphanumeric() || c == '_' || at > 0 && at < last && matches!(c, '-' | '.' | '/')
    };
    word || !text.chars().enumerate().all(plain) || is_number(&small) || is_date(text)
}

fn is_number(text: &str) -> bool {
    let bare = text.replace('_', "");
    let digits = |rest: &str, radix| i64::from_str_radix(rest, radix).is_ok();
    let based = [("0x", 16), ("0b", 2), ("0o", 8)]
        .iter()
        .any(|(prefix, radix)| bare.strip_prefix(prefix).is_some_and(|r| digits(r, *radix)));
    let (mantissa, exponent) = bare.split_once('e').unwrap_or((&bare, "0"));
    let number = |part: &str| {
        part.contains(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_digit() || c == '.')
            && part.matches('.').count() <= 1
    };
    let power = exponent.strip_prefix('-').unwrap_or(exponent);
    based
        || matches!(bare.as_str(), "inf" | "infinity" | "nan")
        || number(mantissa) && digits(power, 10)
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut number = |most: usize| {
        let part = parts.next().unwrap_or_default();
        (1..=most).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit())
    };
    number(4) && number(2) && number(2) && parts.next().is_none()
}

/// Text in quotes. Where it has several lines they stand below each other, at a level if there is one.
fn quoted(text: &str, level: Option<usize>, out: &mut String) {
    let folds = level.filter(|_| text.contains('\n'));
    out.push('"');
    if folds.is_some() {
        out.push_str("\\\n");
    }
    for c in text.chars() {
        if let Some(level) = folds.filter(|_| out.ends_with('\n')) {
            indent(level, out);
            // A blank that begins a line would be dropped.
            out.push(if c.is_whitespace() && c != '\n' {
                '\\'
            } else {
                ' '
            });
        }
        escaped(c, folds.is_some(), out);
    }
    if let Some(level) = folds {
        if !out.ends_with('\n') {
            out.push_str("\\\n");
        }
        indent(level, out);
    }
    out.push('"');
}

fn escaped(c: char, folds: bool, out: &mut String) {
    let short = match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' if folds => "\\n\\\n",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{b}' => "\\v",
        '\u{c}' => "\\f",
        '\u{1b}' => "\\e",
        '\u{85}' => "\\N",
        '\u{a0}' => "\\_",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        c if c.is_control() => {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
            return;
        }
        c => return out.push(c),
    };
    out.push_str(short);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Limits, read};

    #[test]
    fn a_document_is_written_as_the_real_encoder_writes_it() {
        let text = "a: {b: [1, 2], c: [{d: x}, {e: []}]}\n\"on\": \"yes\"\n\"1.5\": ~\nx-y: |\n  one\n    two\nz: {}\n2026-01-05: no\n";
        let parsed = read(text, &Limits::FILE);
        let written = to_kyaml(&parsed.documents[0].value());
        let expected = "---\n{\n  \"1.5\": null,\n  \"2026-01-05\": false,\n  a: {\n    b: [\n      1,\n      2,\n    ],\n    c: [{\n      d: \"x\",\n    }, {\n      e: [],\n    }],\n  },\n  \"on\": \"yes\",\n  x-y: \"\\\n     one\\n\\\n    \\  two\\n\\\n    \",\n  z: {},\n}\n";
        assert_eq!(written, expected);
    }
}
