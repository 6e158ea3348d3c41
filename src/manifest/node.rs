//! A YAML node: its value, where it stands, and how it was written.

use super::scalar::yaml_float;
use crate::api::{Map, Value};
use crate::kernel::BTreeMap;
use std::borrow::Cow;

/// How much text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Lines.
    pub lines: usize,
    /// Documents.
    pub documents: usize,
    /// How deep collections may nest.
    pub depth: usize,
}

impl Limits {
    /// For text that is pasted or comes in a link.
    pub const PASTED: Self = Self {
        bytes: 1 << 20,
        lines: 10_000,
        documents: 100,
        depth: 100,
    };
    /// For files that are opened, dropped or given on a command line.
    pub const FILE: Self = Self {
        bytes: 64 << 20,
        lines: 4_000_000,
        documents: 50_000,
        depth: 100,
    };
}

/// A range of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// The line of the first byte, from 1.
    pub line: u32,
    /// The column of the first byte in characters, from 1.
    pub column: u32,
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    #[default]
    Plain,
    /// In quotes.
    Quoted,
    /// As a block.
    Block,
}

/// Text that is no YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// kubectl's words: `error converting YAML to JSON: yaml: line 7: did not find expected key`.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeValue {
    /// A scalar.
    Scalar(Value),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the text, duplicates included.
    Map(Vec<(Node, Node)>),
}

/// A YAML node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it holds.
    pub value: NodeValue,
    /// Where it stands.
    pub span: Span,
    /// How it was written, if it is a scalar.
    pub style: Style,
    /// The text of a scalar whose value is not that text.
    written: Option<Box<str>>,
}

impl Node {
    pub(super) fn new(value: NodeValue, span: Span) -> Self {
        Self {
            value,
            span,
            style: Style::Plain,
            written: None,
        }
    }

    pub(super) fn scalar(value: Value, text: &str, style: Style, span: Span) -> Self {
        let written = value.as_str().is_none().then(|| text.into());
        Self {
            value: NodeValue::Scalar(value),
            span,
            style,
            written,
        }
    }

    /// The text of a scalar as it was written, without its quotes; empty for collections.
    pub fn text(&self) -> &str {
        match (&self.written, &self.value) {
            (Some(text), _) => text,
            (None, NodeValue::Scalar(Value::Str(text))) => text,
            (None, NodeValue::Scalar(_) | NodeValue::List(_) | NodeValue::Map(_)) => "",
        }
    }

    /// Adds text entries to a mapping.
    pub(super) fn add(&mut self, entries: &[(&str, String)]) {
        let span = self.span;
        if let NodeValue::Map(have) = &mut self.value {
            let text = |text: &str| Self::scalar(Value::from(text), text, Style::Quoted, span);
            have.extend(entries.iter().map(|(key, value)| (text(key), text(value))));
        }
    }

    /// Gives a list the items that were read apart from it.
    pub(super) fn put_items(&mut self, items: Vec<Self>) {
        let NodeValue::Map(entries) = &mut self.value else {
            return;
        };
        for (key, value) in entries.iter_mut() {
            if key.text() == "items" {
                value.value = NodeValue::List(items);
                return;
            }
        }
    }

    /// How many nodes it stands for, itself included.
    pub(super) fn count(&self) -> usize {
        1 + match &self.value {
            NodeValue::Scalar(_) => 0,
            NodeValue::List(items) => items.iter().map(Self::count).sum(),
            NodeValue::Map(entries) => entries.iter().map(|(_, value)| 1 + value.count()).sum(),
        }
    }

    /// How deep its collections nest.
    pub(super) fn height(&self) -> usize {
        match &self.value {
            NodeValue::Scalar(_) => 0,
            NodeValue::List(items) => 1 + items.iter().map(Self::height).max().unwrap_or(0),
            NodeValue::Map(entries) => {
                let values = entries.iter().map(|(_, value)| value.height());
                1 + values.max().unwrap_or(0)
            }
        }
    }

    /// Whether it is the key of a merge.
    pub(super) fn is_merge(&self) -> bool {
        self.style == Style::Plain && self.text() == "<<"
    }

    /// The key's text when the node is a key: `true` for a plain `on`, as JSON has only text.
    pub fn key(&self) -> Cow<'_, str> {
        match &self.value {
            NodeValue::Scalar(Value::Bool(b)) => b.to_string().into(),
            NodeValue::Scalar(Value::Int(n)) => n.to_string().into(),
            NodeValue::Scalar(Value::Float(text)) => yaml_float(text).into(),
            NodeValue::Scalar(_) | NodeValue::List(_) | NodeValue::Map(_) => self.text().into(),
        }
    }

    /// The value: merge keys merged, of duplicate keys the last.
    pub fn to_value(&self) -> Value {
        match &self.value {
            NodeValue::Scalar(value) => value.clone(),
            NodeValue::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            NodeValue::Map(entries) => Value::Map(merged(entries)),
        }
    }

    /// The entry of a mapping: key and value.
    pub fn entry(&self, name: &str) -> Option<(&Self, &Self)> {
        let NodeValue::Map(entries) = &self.value else {
            return None;
        };
        entries
            .iter()
            .rev()
            .find(|(key, _)| key.key() == name)
            .map(|(key, value)| (key, value))
    }

    /// The node at a field path, `spec.ports[0].port` or `metadata.labels.app.kubernetes.io/name`.
    pub fn at(&self, path: &str) -> Option<&Self> {
        if path.is_empty() {
            return Some(self);
        }
        match &self.value {
            NodeValue::Scalar(_) => None,
            NodeValue::List(items) => {
                let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
                let item = items.get(index.parse::<usize>().ok()?)?;
                item.at(rest.strip_prefix('.').unwrap_or(rest))
            }
            NodeValue::Map(entries) => entries.iter().rev().find_map(|(key, value)| {
                let name = key.key();
                let rest = match path.strip_prefix('[') {
                    Some(bracketed) => bracketed.strip_prefix(&*name)?.strip_prefix(']')?,
                    None => path.strip_prefix(&*name)?,
                };
                match rest.strip_prefix('.') {
                    Some(rest) => value.at(rest),
                    None if rest.is_empty() || rest.starts_with('[') => value.at(rest),
                    None => None,
                }
            }),
        }
    }

    /// The line of each field, keyed by its path.
    pub fn lines(&self) -> BTreeMap<String, u32> {
        let mut lines = BTreeMap::new();
        self.collect_lines("", &mut lines);
        lines
    }

    fn collect_lines(&self, path: &str, lines: &mut BTreeMap<String, u32>) {
        match &self.value {
            NodeValue::Scalar(_) => {}
            NodeValue::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    let path = format!("{path}[{i}]");
                    lines.insert(path.clone(), item.span.line);
                    item.collect_lines(&path, lines);
                }
            }
            NodeValue::Map(entries) => {
                for (key, value) in entries {
                    let dot = if path.is_empty() { "" } else { "." };
                    let path = format!("{path}{dot}{}", key.key());
                    lines.insert(path.clone(), key.span.line);
                    value.collect_lines(&path, lines);
                }
            }
        }
    }
}

/// Entries in the order of the text: a later one wins over an earlier, be it merged or not, as go-yaml has it.
fn merged(entries: &[(Node, Node)]) -> Map {
    let mut map = Map::new();
    for (key, value) in entries {
        if !key.is_merge() {
            map.insert(key.key().into_owned(), value.to_value());
            continue;
        }
        let sources = match &value.value {
            NodeValue::List(items) => items.as_slice(),
            NodeValue::Map(_) | NodeValue::Scalar(_) => std::slice::from_ref(value),
        };
        // The first source wins over the later ones.
        for source in sources.iter().rev() {
            if let Value::Map(more) = source.to_value() {
                map.extend(more);
            }
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use crate::manifest::{Limits, read, to_yaml};

    #[test]
    fn merge_keys_are_merged_in_order() {
        let text = "x: &x {a: b, c: d}\nz: &z {a: z, e: f}\nfirst:\n  <<: *x\n  a: own\nlast:\n  a: own\n  <<: [*x, *z]\n";
        let value = read(text, &Limits::PASTED)
            .documents
            .first()
            .map(|d| d.value());
        let shown = to_yaml(&value.unwrap_or_default());
        assert!(shown.contains("first:\n  a: own\n  c: d\n"), "{shown}");
        assert!(shown.contains("last:\n  a: b\n  c: d\n  e: f\n"), "{shown}");
    }

    #[test]
    fn paths_reach_keys_with_dots() {
        let text = "metadata:\n  labels:\n    app: a\n    app.kubernetes.io/name: b\n";
        let parsed = read(text, &Limits::PASTED);
        let at = |path: &str| {
            parsed
                .documents
                .first()
                .and_then(|d| d.root.at(path))
                .map(|n| n.span.line)
        };
        assert_eq!(at("metadata.labels.app.kubernetes.io/name"), Some(4));
        assert_eq!(at("metadata.labels[app]"), Some(3));
        assert_eq!(at("metadata.label"), None);
    }
}
