//! A YAML node: its value, where it stands, and how it was written.

use crate::api::{Map, Value};
use std::collections::BTreeMap;

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
    /// kubectl's words: `yaml: line 7: did not find expected key`.
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
    /// The scalar's text.
    pub text: String,
}

impl Node {
    pub(super) fn empty(span: Span) -> Self {
        Self {
            value: NodeValue::Scalar(Value::Null),
            span,
            style: Style::Plain,
            text: String::new(),
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

    /// The key's text when the node is a key.
    pub fn key(&self) -> String {
        match &self.value {
            NodeValue::Scalar(Value::Bool(b)) => b.to_string(),
            NodeValue::Scalar(Value::Int(n)) => n.to_string(),
            NodeValue::Scalar(_) | NodeValue::List(_) | NodeValue::Map(_) => self.text.clone(),
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

    /// The node at a field path, `spec.ports[0].port`.
    pub fn at(&self, path: &str) -> Option<&Self> {
        let mut node = self;
        for part in path.split('.').filter(|part| !part.is_empty()) {
            let (name, indexes) = part.split_once('[').map_or((part, ""), |(n, i)| (n, i));
            if !name.is_empty() {
                node = node.entry(name)?.1;
            }
            for index in indexes.split('[').filter(|i| !i.is_empty()) {
                let NodeValue::List(items) = &node.value else {
                    return None;
                };
                node = items.get(index.trim_end_matches(']').parse::<usize>().ok()?)?;
            }
        }
        Some(node)
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

fn merged(entries: &[(Node, Node)]) -> Map {
    let mut map = Map::new();
    for (_, value) in entries.iter().filter(|(key, _)| is_merge(key)) {
        let sources = match &value.value {
            NodeValue::List(items) => items.iter().collect(),
            NodeValue::Map(_) | NodeValue::Scalar(_) => vec![value],
        };
        // The first source wins over the later ones.
        for source in sources.into_iter().rev() {
            if let Value::Map(more) = source.to_value() {
                map.extend(more);
            }
        }
    }
    for (key, value) in entries.iter().filter(|(key, _)| !is_merge(key)) {
        map.insert(key.key(), value.to_value());
    }
    map
}

fn is_merge(key: &Node) -> bool {
    key.style == Style::Plain && key.text == "<<"
}
