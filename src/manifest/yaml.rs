//! YAML and JSON text to nodes with spans: the one file that names the YAML crates.
//!
//! `serde_yaml` is the gate: it refuses what kubectl's parser (a libyaml port, as is its own) refuses, in the same words.
//! `saphyr-parser` then walks the same text for positions and scalar styles. Plain scalars are read by YAML 1.1's rules,
//! as `sigs.k8s.io/yaml` reads them: `on` and `yes` are booleans, `010` is eight.

use super::node::{Limits, Node, NodeValue, Span, Style, SyntaxError};
use crate::api::Value;
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::Deserialize;
use std::collections::BTreeMap;

/// How many nodes aliases may stand for before the text counts as an attack.
const MOST_NODES: usize = 400_000;

/// What the text of a file holds.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// The documents that are not empty, in order.
    pub(super) nodes: Vec<Node>,
    /// Why reading stopped, if it did.
    pub(super) error: Option<SyntaxError>,
}

/// Reads all documents of a text.
pub(super) fn read(text: &str, limits: &Limits) -> Documents {
    if let Some(error) = gate(text, limits) {
        return Documents {
            nodes: Vec::new(),
            error: Some(error),
        };
    }
    let mut builder = Builder::new(text, limits);
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, span)) => {
                if let Err(error) = builder.event(event, span.start.index(), span.end.index()) {
                    builder.documents.error = Some(error);
                    break;
                }
            }
            Err(error) => {
                let at = builder.offset(error.marker().index());
                let message = format!("yaml: line {}: {}", error.marker().line(), error.info());
                builder.documents.error = Some(SyntaxError {
                    message,
                    span: builder.span(at, at),
                });
                break;
            }
        }
    }
    builder.documents
}

/// Says what libyaml refuses, with the line that kubectl names.
fn gate(text: &str, limits: &Limits) -> Option<SyntaxError> {
    for (count, document) in serde_yaml::Deserializer::from_str(text).enumerate() {
        if count >= limits.documents {
            return None;
        }
        let Err(error) = serde::de::IgnoredAny::deserialize(document) else {
            continue;
        };
        let full = error.to_string();
        let Some(location) = error.location() else {
            return Some(SyntaxError {
                message: format!("yaml: {full}"),
                span: Span::default(),
            });
        };
        let words = full.split(" at line ").next().unwrap_or(&full).to_owned();
        let scanner = [
            "character",
            "scalar",
            "simple key",
            "tab",
            "indicator",
            "mapping values",
            "block sequence entries",
        ];
        // libyaml counts lines from 0; go-yaml adds one only to what its scanner reports.
        let scanned = scanner.iter().any(|word| words.contains(word));
        let line = if scanned {
            location.line()
        } else {
            location.line().saturating_sub(1).max(1)
        };
        let start = location.index().min(text.len());
        let start = (0..=start)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        let span = Span {
            start,
            end: start,
            line: location.line() as u32,
            column: location.column() as u32,
        };
        return Some(SyntaxError {
            message: format!("yaml: line {line}: {words}"),
            span,
        });
    }
    None
}

/// A collection under construction.
enum Open {
    List(Node, Vec<Node>),
    Map(Node, Vec<(Node, Node)>, Option<Node>),
}

struct Builder<'a> {
    text: &'a str,
    /// Byte offsets of characters, when the text is not plain ASCII.
    bytes: Option<Vec<usize>>,
    lines: Vec<usize>,
    open: Vec<(Open, usize)>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    depth: usize,
    documents: Documents,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, limits: &Limits) -> Self {
        let bytes = (!text.is_ascii()).then(|| {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .collect()
        });
        let lines = [0]
            .into_iter()
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            text,
            bytes,
            lines,
            open: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
            depth: limits.depth,
            documents: Documents::default(),
        }
    }

    /// The byte offset of a character.
    fn offset(&self, index: usize) -> usize {
        match &self.bytes {
            None => index.min(self.text.len()),
            Some(bytes) => bytes.get(index).copied().unwrap_or(self.text.len()),
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let line = self.lines.partition_point(|at| *at <= start).max(1);
        let line_start = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = self
            .text
            .get(line_start..start)
            .map_or(0, |t| t.chars().count())
            + 1;
        Span {
            start,
            end: end.max(start),
            line: line as u32,
            column: column as u32,
        }
    }

    fn error(&self, at: usize, message: &str) -> SyntaxError {
        SyntaxError {
            message: message.to_owned(),
            span: self.span(at, at),
        }
    }

    fn event(&mut self, event: Event<'_>, start: usize, end: usize) -> Result<(), SyntaxError> {
        let (start, end) = (self.offset(start), self.offset(end));
        let span = self.span(start, end);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let forced = tag.is_some_and(|tag| tag.suffix == "str");
                let node = scalar(&text, style, forced, span);
                self.finish(node, anchor)?;
            }
            Event::SequenceStart(anchor, _) => {
                self.start(Open::List(Node::empty(span), Vec::new()), anchor, start)?;
            }
            Event::MappingStart(anchor, _) => self.start(
                Open::Map(Node::empty(span), Vec::new(), None),
                anchor,
                start,
            )?,
            Event::SequenceEnd | Event::MappingEnd => self.close(end)?,
            Event::Alias(anchor) => {
                let node = self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .unwrap_or_else(|| Node::empty(span));
                self.nodes += node.count();
                if self.nodes > MOST_NODES {
                    return Err(self.error(start, "yaml: document contains excessive aliasing"));
                }
                self.finish(Node { span, ..node }, 0)?;
            }
            Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::StreamStart
            | Event::StreamEnd
            | Event::Nothing => {}
        }
        Ok(())
    }

    fn start(&mut self, open: Open, anchor: usize, at: usize) -> Result<(), SyntaxError> {
        if self.open.len() >= self.depth {
            return Err(self.error(at, "yaml: exceeded max depth"));
        }
        self.open.push((open, anchor));
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), SyntaxError> {
        let Some((open, anchor)) = self.open.pop() else {
            return Ok(());
        };
        let mut node = match open {
            Open::List(node, items) => Node {
                value: NodeValue::List(items),
                ..node
            },
            Open::Map(node, entries, _) => Node {
                value: NodeValue::Map(entries),
                ..node
            },
        };
        node.span.end = self
            .text
            .get(..end)
            .map_or(end, |t| t.trim_end().len())
            .max(node.span.start);
        self.finish(node, anchor)
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), SyntaxError> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(self.error(node.span.start, "yaml: document is too large"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => {
                if !matches!(node.value, NodeValue::Scalar(Value::Null)) {
                    self.documents.nodes.push(node);
                }
            }
            Some((Open::List(_, items), _)) => items.push(node),
            Some((Open::Map(_, entries, key), _)) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
        }
        Ok(())
    }
}

fn scalar(text: &str, style: ScalarStyle, forced: bool, span: Span) -> Node {
    let plain = style == ScalarStyle::Plain;
    let value = if plain && !forced {
        resolve(text)
    } else {
        Value::Str(text.to_owned())
    };
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    };
    Node {
        value: NodeValue::Scalar(value),
        span,
        style,
        text: text.to_owned(),
    }
}

/// What a plain scalar means in YAML 1.1, as go-yaml reads it.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => {
            return Value::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    if let Some(n) = integer(text) {
        return Value::Int(n);
    }
    if is_float(text) {
        Value::Float(text.trim_start_matches('+').to_owned())
    } else {
        Value::Str(text.to_owned())
    }
}

/// A whole number as Go's `strconv.ParseInt(text, 0, 64)` reads it, underscores dropped.
fn integer(text: &str) -> Option<i64> {
    let first = text.trim_start_matches(['-', '+']).bytes().next()?;
    if !first.is_ascii_digit() || text.len() - text.trim_start_matches(['-', '+']).len() > 1 {
        return None;
    }
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let based = |prefix: &[&str], radix| {
        let rest = prefix.iter().find_map(|p| digits.strip_prefix(p))?;
        i128::from_str_radix(rest, radix)
            .ok()
            .filter(|_| !rest.starts_with(['+', '-']))
    };
    let value = based(&["0x", "0X"], 16)
        .or_else(|| based(&["0b", "0B"], 2))
        .or_else(|| based(&["0o", "0O"], 8))
        .or_else(|| {
            if digits.len() > 1 {
                based(&["0"], 8)
            } else {
                None
            }
        })
        .or_else(|| {
            digits
                .parse::<i128>()
                .ok()
                .filter(|_| digits == "0" || !digits.starts_with('0'))
        })?;
    i64::try_from(if negative { -value } else { value }).ok()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = body
        .split_once(['e', 'E'])
        .map_or((body, None), |(m, e)| (m, Some(e)));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let mantissa_ok = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa_ok && exponent.is_none_or(|e| digits(e.strip_prefix(['-', '+']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_kubectl_reads() {
        let rows = [
            ("on", Value::Bool(true)),
            ("n", Value::Bool(false)),
            ("010", Value::Int(8)),
            ("0x1F", Value::Int(31)),
            ("1_000", Value::Int(1000)),
            ("-5", Value::Int(-5)),
            ("1.10", Value::Float("1.10".to_owned())),
            ("1e3", Value::Float("1e3".to_owned())),
            ("10.96.0.1", Value::Str("10.96.0.1".to_owned())),
            ("80:80", Value::Str("80:80".to_owned())),
            ("~", Value::Null),
            ("08", Value::Float("08".to_owned())),
        ];
        for (text, value) in rows {
            assert_eq!(resolve(text), value, "{text}");
        }
    }

    #[test]
    fn syntax_errors_come_in_kubectls_words() {
        let error = |text: &str| read(text, &Limits::PASTED).error.map(|e| e.message);
        assert_eq!(
            error("a: 1\nb:\n\t- c\n").as_deref(),
            Some("yaml: line 3: found character that cannot start any token")
        );
        assert!(error("a: 1\n b: 2\n").is_some());
    }

    #[test]
    fn spans_point_at_the_value() {
        let node = read("spec:\n  ports:\n  - port: 80\n", &Limits::PASTED)
            .nodes
            .remove(0);
        let port = node.at("spec.ports[0].port").map(|n| n.span);
        assert_eq!(port.map(|s| (s.line, s.column)), Some((3, 11)));
    }
}
