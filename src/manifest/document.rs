//! The documents of a text, and everything that is wrong with it.

use super::clean::clean;
use super::decode::Strictness;
use super::node::{NodeValue, SyntaxError};
use super::repair::{Repair, repair_document};
use super::{Diagnostic, Edit, Fix, Limits, Node, Span, yaml};
use crate::api::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One document of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its root.
    pub root: Node,
}

impl Document {
    /// The document as a value.
    pub fn value(&self) -> Value {
        self.root.to_value()
    }

    /// The line of each field, keyed by its path.
    pub fn lines(&self) -> BTreeMap<String, u32> {
        self.root.lines()
    }

    /// Where a field stands, or the nearest field around it.
    pub fn span_of(&self, path: &str) -> Span {
        let mut path = path;
        loop {
            if let Some(node) = self.root.at(path) {
                return node.span;
            }
            let Some(cut) = path.rfind(['.', '[']) else {
                return self.root.span;
            };
            path = path.get(..cut).unwrap_or_default();
        }
    }

    /// Where a field's key stands, or its value if it has no key.
    pub fn key_span(&self, path: &str) -> Span {
        let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
        let key = self
            .root
            .at(parent)
            .and_then(|node| node.entry(name))
            .map(|(key, _)| key.span);
        key.unwrap_or_else(|| self.span_of(path))
    }

    /// The items of a `List`, or the document itself.
    pub fn items(self) -> Vec<Self> {
        let is_list = self
            .root
            .entry("kind")
            .is_some_and(|(_, kind)| kind.text == "List" || kind.text.ends_with("List"));
        let items = self
            .root
            .entry("items")
            .map(|(_, items)| items.value.clone());
        match items {
            Some(NodeValue::List(items)) if is_list => {
                items.into_iter().map(|root| Self { root }).collect()
            }
            _ => vec![self],
        }
    }
}

/// What a text holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Its documents, lists expanded.
    pub documents: Vec<Document>,
    /// Why it is no YAML, if it is none.
    pub error: Option<SyntaxError>,
    /// What is odd about it though it is YAML: duplicate keys.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a text; what exceeds the limits is refused whole.
pub fn read(text: &str, limits: &Limits) -> Parsed {
    if let Some(message) = exceeds(text, limits) {
        let error = SyntaxError {
            message,
            span: Span {
                line: 1,
                column: 1,
                ..Span::default()
            },
        };
        return Parsed {
            error: Some(error),
            ..Parsed::default()
        };
    }
    let read = yaml::read(&clean(text), limits);
    if read.nodes.len() > limits.documents {
        let message = format!(
            "the text has more than {} documents: split it into several files",
            limits.documents
        );
        return Parsed {
            error: Some(SyntaxError {
                message,
                span: Span::default(),
            }),
            ..Parsed::default()
        };
    }
    let mut warnings = Vec::new();
    read.nodes
        .iter()
        .for_each(|node| find_duplicates(node, &mut warnings));
    let documents = read
        .nodes
        .into_iter()
        .flat_map(|root| Document { root }.items())
        .collect();
    Parsed {
        documents,
        error: read.error,
        warnings,
    }
}

fn exceeds(text: &str, limits: &Limits) -> Option<String> {
    if text.len() > limits.bytes {
        let most = limits.bytes >> 20;
        return Some(format!(
            "the text is larger than {most} MiB: split it into several files"
        ));
    }
    let lines = text.bytes().filter(|b| *b == b'\n').count();
    (lines > limits.lines).then(|| {
        format!(
            "the text has more than {} lines: split it into several files",
            limits.lines
        )
    })
}

fn find_duplicates(node: &Node, warnings: &mut Vec<Diagnostic>) {
    match &node.value {
        NodeValue::Scalar(_) => {}
        NodeValue::List(items) => items
            .iter()
            .for_each(|item| find_duplicates(item, warnings)),
        NodeValue::Map(entries) => {
            let mut seen = BTreeSet::new();
            for (key, value) in entries {
                if !seen.insert(key.key()) {
                    let message = format!(
                        "\"{}\" is given twice here: kubectl keeps the last one without a word",
                        key.key()
                    );
                    warnings.push(Diagnostic::warning(key.span, message));
                }
                find_duplicates(value, warnings);
            }
        }
    }
}

/// Everything that is wrong with a text, in its order, each with the fix that mends it where there is one.
pub fn check(text: &str) -> Vec<Diagnostic> {
    let parsed = read(text, &Limits::PASTED);
    let mut found = Vec::new();
    if let Some(error) = &parsed.error {
        let mut diagnostic = Diagnostic::error(
            error.span,
            format!("error converting YAML to JSON: {}", error.message),
        );
        if text.contains("{{") {
            diagnostic.hint =
                "this is a Helm template: render it with `helm template` first".to_owned();
        } else {
            diagnostic.fix = repaired(text).and_then(Result::ok);
        }
        return vec![diagnostic];
    }
    for document in &parsed.documents {
        let decoded = document.decode(Strictness::Strict);
        if decoded.diagnostics.is_empty() {
            continue;
        }
        match repaired(text) {
            Some(Ok(fix)) => {
                let first = decoded
                    .diagnostics
                    .iter()
                    .map(|d| d.span)
                    .min_by_key(|span| span.start)
                    .unwrap_or_default();
                let mut diagnostic =
                    Diagnostic::error(first, "the indentation of this manifest is lost");
                diagnostic.hint = "Repair rebuilds the one valid reading".to_owned();
                diagnostic.fix = Some(fix);
                found.push(diagnostic);
                break;
            }
            Some(Err(why)) => {
                let mut diagnostic =
                    Diagnostic::error(why.0, "the indentation of this manifest is lost");
                diagnostic.hint = why.1;
                found.push(diagnostic);
                break;
            }
            None => found.extend(decoded.diagnostics),
        }
    }
    let lost = found
        .iter()
        .any(|d| d.message.starts_with("the indentation"));
    found.extend(parsed.warnings.into_iter().filter(|_| !lost));
    found.sort_by_key(|diagnostic| diagnostic.span.start);
    found
}

/// The repair of a flattened text as a fix, or why there is none; nothing if it is not flattened.
fn repaired(text: &str) -> Option<Result<Fix, (Span, String)>> {
    match repair_document(text) {
        Repair::Fixed { text: fixed, .. } => {
            let edits = vec![Edit {
                start: 0,
                end: text.len(),
                text: fixed,
            }];
            Some(Ok(Fix {
                title: "Repair".to_owned(),
                edits,
            }))
        }
        Repair::Ambiguous { why, span } => Some(Err((span, why))),
        Repair::NotNeeded | Repair::Impossible { .. } => None,
    }
}
