//! Values to text, as `kubectl get -o yaml` and `-o json` write them.
//!
//! Models `sigs.k8s.io/yaml` (keys in natural order, lists not indented under their key, what YAML 1.1 would read as
//! something else in double quotes, long lines folded) and Go's `encoding/json` with an indent of four.

use super::clean::{clean, is_odd_blank};
use super::scalar::{not_finite, resolve, yaml_float};
use crate::api::{Map, Value, quote_json};
use std::cmp::Ordering;

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
    // Sorted by insertion, as Go does: its order of keys is no strict one ("08", "1" and "0x1" form a ring).
    let mut entries: Vec<(&String, &Value)> = Vec::with_capacity(map.len());
    for (key, value) in map {
        let before = entries
            .iter()
            .rposition(|(other, _)| natural(other, key).is_le());
        entries.insert(before.map_or(0, |at| at + 1), (key, value));
    }
    for (i, (key, value)) in entries.into_iter().enumerate() {
        // The first key of a list's item stands behind the dash.
        if i > 0 || !out.ends_with("- ") {
            indent(depth, out);
        }
        write_key(key, out);
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

/// A key; one of several lines is written in quotes, where go-yaml has a form of its own.
fn write_key(key: &str, out: &mut String) {
    match style(key) {
        TextStyle::Block => quote_yaml(key, None, out),
        other => write_styled(key, other, None, 0, out),
    }
}

fn write_text(text: &str, depth: usize, out: &mut String) {
    let fold = Some(2 * depth.max(1));
    write_styled(text, style(text), fold, depth, out);
}

fn write_styled(text: &str, style: TextStyle, fold: Fold, depth: usize, out: &mut String) {
    match style {
        TextStyle::Plain => write_folded(text, fold, out),
        TextStyle::Single => {
            out.push('\'');
            write_folded(&text.replace('\'', "''"), fold, out);
            out.push('\'');
        }
        TextStyle::Double => quote_yaml(text, fold, out),
        TextStyle::Block => write_block(text, depth, out),
    }
}

/// Where the lines begin into which a long text is folded; `None` for keys, which are not folded.
type Fold = Option<usize>;

/// The column beyond which libyaml's emitter breaks a line at the next blank.
const WIDTH: usize = 80;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextStyle {
    Plain,
    Single,
    Double,
    Block,
}

/// How go-yaml and libyaml's emitter write a text.
fn style(text: &str) -> TextStyle {
    let unprintable = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}'..)
    };
    let breaks = text.contains(['\n', '\u{2028}', '\u{2029}']);
    // Our own reader takes odd blanks at the edges for indentation.
    let odd = !text.is_ascii() && clean(text) != text;
    if odd || text.contains(unprintable) || text.contains(['\u{2028}', '\u{2029}']) {
        return TextStyle::Double;
    }
    if breaks {
        let blank_end = text.split('\n').any(|line| line.ends_with(' '));
        return if blank_end {
            TextStyle::Double
        } else {
            TextStyle::Block
        };
    }
    let misread = !matches!(resolve(text), Value::Str(_)) || not_finite(text).is_some();
    // Plain, this one would be a merge key.
    if misread || text == "<<" || is_time(text) || is_base_60(text) {
        TextStyle::Double
    } else if is_plain(text) {
        TextStyle::Plain
    } else {
        TextStyle::Single
    }
}

fn column(out: &str) -> usize {
    let line = out.rsplit('\n').next().unwrap_or_default();
    line.chars().count()
}

/// A text whose single blanks become line breaks beyond the width.
fn write_folded(text: &str, fold: Fold, out: &mut String) {
    let Some(indent) = fold else {
        out.push_str(text);
        return;
    };
    let mut at = column(out);
    let (mut first, mut after_blank) = (true, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let single = !after_blank && next.is_some_and(|next| next != ' ' && !is_odd_blank(next));
        after_blank = c == ' ';
        if c == ' ' && single && !first && at > WIDTH {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            at = indent;
        } else {
            out.push(c);
            at += 1;
        }
        first = false;
    }
}

fn write_block(text: &str, depth: usize, out: &mut String) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
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
fn quote_yaml(text: &str, fold: Fold, out: &mut String) {
    let mut at = column(out) + 1;
    out.push('"');
    // libyaml's emitter escapes all of a text that begins with a byte-order mark.
    let all = text.starts_with('\u{feff}');
    let mut after_blank = false;
    let mut chars = text.chars().enumerate().peekable();
    while let Some((i, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        if let (' ', false, Some(indent), Some(next)) = (c, after_blank || all, fold, next) {
            after_blank = true;
            if at > WIDTH && i > 0 {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                at = indent;
                if next == ' ' {
                    out.push('\\');
                    at += 1;
                }
                continue;
            }
        } else {
            after_blank = c == ' ';
        }
        let length = out.len();
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            c if (c.is_control() || all) && (c as u32) < 0x100 => {
                out.push_str(&format!("\\x{:02X}", c as u32));
            }
            c if c > '\u{ffff}' => out.push_str(&format!("\\U{:08X}", c as u32)),
            c if all
                || c.is_control()
                || is_odd_blank(c)
                || matches!(c, '\u{fffe}' | '\u{ffff}') =>
            {
                out.push_str(&format!("\\u{:04X}", c as u32));
            }
            c => out.push(c),
        }
        at += out.get(length..).map_or(1, |new| new.chars().count());
    }
    out.push('"');
}

/// The order of keys: go-yaml's, in which letters come last and digits count as numbers.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else {
        return a.len().cmp(&b.len());
    };
    let (Some(x), Some(y)) = (a.get(at), b.get(at)) else {
        return Ordering::Equal;
    };
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x.cmp(y),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // A zero counts only behind digits that are not all zeros.
    let digits = a.iter().take(at).rev().take_while(|c| c.is_ascii_digit());
    let behind = (*x == '0' || *y == '0') && digits.into_iter().any(|c| *c != '0');
    let number = |text: &[char]| {
        let digits = text.iter().skip(at).map_while(|c| c.to_digit(10));
        digits.fold((u64::from(behind), 0usize), |(n, count), digit| {
            (n.wrapping_mul(10).wrapping_add(u64::from(digit)), count + 1)
        })
    };
    number(&a).cmp(&number(&b)).then(x.cmp(y))
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

/// Whether go-yaml reads the text as a time: a date, or date and time.
fn is_time(text: &str) -> bool {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let number = |text: &str, most: usize| {
        let fits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<u32>().ok()).flatten()
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let date = year.len() == 4
        && number(year, 4).is_some()
        && number(month, 2).is_some_and(|m| (1..=12).contains(&m))
        && number(day, 2).is_some_and(|d| (1..=31).contains(&d));
    let Some(time) = time else { return date };
    // Behind a blank no zone is read; behind a T one must stand.
    let zoned = !text.contains(' ');
    let clock = match (zoned, time.strip_suffix('Z')) {
        (false, _) => Some(time),
        (true, Some(clock)) => Some(clock),
        (true, None) => time.rfind(['+', '-']).and_then(|at| {
            let zone = time.get(at + 1..)?;
            let digits = zone.len() == 5 && zone.get(2..3) == Some(":");
            time.get(..at).filter(|_| digits)
        }),
    };
    let Some(clock) = clock else { return false };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<Option<u32>> = clock.split(':').map(|part| number(part, 2)).collect();
    let [Some(hour), Some(minute), Some(second)] = parts.as_slice() else {
        return false;
    };
    let fraction = !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit());
    date && *hour < 24 && *minute < 60 && *second < 60 && fraction
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
    to_json_by(value, &|_, _| {})
}

/// The order of the fields under a key, at first by name.
pub type FieldOrder<'o> = &'o dyn Fn(&str, &mut Vec<(&String, &Value)>);

/// The same with the fields of each mapping in another order.
pub fn to_json_by(value: &Value, order: FieldOrder<'_>) -> String {
    let mut out = String::new();
    write_json(value, "", 0, order, &mut out);
    out.push('\n');
    out
}

fn write_json(value: &Value, under: &str, depth: usize, order: FieldOrder<'_>, out: &mut String) {
    let line = |depth: usize, out: &mut String| {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    };
    match value {
        Value::List(items) if !items.is_empty() => {
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "[" } else { "," });
                line(depth + 1, out);
                write_json(item, under, depth + 1, order, out);
            }
            line(depth, out);
            out.push(']');
        }
        Value::Map(map) if !map.is_empty() => {
            let mut fields: Vec<(&String, &Value)> = map.iter().collect();
            order(under, &mut fields);
            for (i, (key, item)) in fields.into_iter().enumerate() {
                out.push_str(if i == 0 { "{" } else { "," });
                line(depth + 1, out);
                quote_json(key, out);
                out.push_str(": ");
                write_json(item, key, depth + 1, order, out);
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
    use crate::manifest::{Document, Limits, read};

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
    fn rare_characters_are_read_back_alike() {
        let text = "\u{7f}\u{80}\u{9f}\u{fffe}\n";
        let value = Value::Map(Map::from([("c".to_owned(), Value::from(text))]));
        for written in [to_json(&value), to_yaml(&value)] {
            let found = read(&written, &Limits::FILE);
            let values: Vec<Value> = found.documents.iter().map(Document::value).collect();
            assert_eq!(values, std::slice::from_ref(&value), "{written}");
        }
    }

    #[test]
    fn what_yaml_would_misread_is_quoted() {
        for (text, written) in [
            ("80", "\"80\""),
            ("22:22", "\"22:22\""),
            ("", "\"\""),
            ("no", "\"no\""),
            ("<<", "\"<<\""),
            ("a #b", "'a #b'"),
            ("-", "'-'"),
        ] {
            let mut out = String::new();
            write_text(text, 1, &mut out);
            assert_eq!(out, written);
        }
    }

    #[test]
    fn keys_are_in_the_order_of_go_yaml() {
        let text = "a: 1\n-b: 1\nk10: 1\nk9: 1\nA: 1\n_c: 1\nka: 1\n";
        assert_eq!(
            round(text),
            "-b: 1\n_c: 1\nA: 1\na: 1\nk9: 1\nk10: 1\nka: 1\n"
        );
    }

    /// As kubectl printed it.
    #[test]
    fn long_lines_are_folded() {
        let (x, y) = ("x".repeat(90), "y".repeat(60));
        let value = Value::from(Map::from([("k".to_owned(), format!("{x} {y}").into())]));
        assert_eq!(to_yaml(&value), format!("k: {x}\n  {y}\n"));
    }

    #[test]
    fn what_stands_in_a_dump_of_a_cluster_is_written_as_it_was() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/kubectl");
        let text = std::fs::read_to_string(folder.join("cluster.yaml")).unwrap();
        let mut map = Map::new();
        let items = read(&text, &Limits::FILE).documents;
        map.insert(
            "items".to_owned(),
            items.iter().map(|d| d.value()).collect::<Vec<_>>().into(),
        );
        map.insert("apiVersion".to_owned(), "v1".into());
        map.insert("kind".to_owned(), "List".into());
        let meta = Map::from([("resourceVersion".to_owned(), Value::from(""))]);
        map.insert("metadata".to_owned(), meta.into());
        let written = to_yaml(&map.into());
        for (number, (ours, theirs)) in (1..).zip(written.lines().zip(text.lines())) {
            assert_eq!(ours, theirs, "line {number}");
        }
        assert_eq!(written.len(), text.len());
    }

    fn values() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let words =
            r#"(on|y|~|null|0x1|1e3|-|: | #|"|'|\n|\t| |\||>|&|\*|%|@|!|[a-z0-9.:_-]|\PC){0,12}"#;
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (1i64..1 << 50).prop_map(|n| resolve(&format!("0.{n}"))),
            words.prop_map(Value::Str),
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                prop::collection::btree_map(words, inner, 0..4)
                    .prop_map(|map| Value::Map(map.into_iter().collect())),
            ]
        })
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back_equal(value in values()) {
            let value = Value::from(Map::from([("k".to_owned(), value)]));
            for text in [to_yaml(&value), to_json(&value)] {
                let parsed = read(&text, &Limits::PASTED);
                let back = parsed.documents.first().map(Document::value);
                proptest::prop_assert_eq!(back, Some(value.clone()), "{} {:?}", text, parsed.error);
            }
        }
    }
}
