//! The documents of a text.

use super::node::{NodeValue, SyntaxError};
use super::{Diagnostic, Limits, Node, Span, yaml};
use crate::api::Value;
use crate::kernel::{BTreeMap, BTreeSet};

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

    /// Whether it is no object of a cluster but says how one is set up: for kubeadm, kube-proxy or the kubelet.
    pub fn is_settings(&self) -> bool {
        let version = self.root.entry("apiVersion").map(|(_, v)| v.text());
        let group = version.and_then(|version| version.split('/').next());
        matches!(
            group,
            Some("kubeadm.k8s.io" | "kubeproxy.config.k8s.io" | "kubelet.config.k8s.io")
        )
    }

    /// The items of a list, or the document itself. An item of a `ServiceList` need not say that it is a Service.
    pub fn items(self) -> Vec<Self> {
        let kind = self.root.entry("kind").map(|(_, kind)| kind.text());
        let Some(item_kind) = kind.and_then(|kind| kind.strip_suffix("List")) else {
            return vec![self];
        };
        let version = self.root.entry("apiVersion");
        let filled = [
            (
                "apiVersion",
                version.map_or("", |(_, v)| v.text()).to_owned(),
            ),
            ("kind", item_kind.to_owned()),
        ];
        let fill = !item_kind.is_empty();
        let items = match self.root.entry("items").map(|(_, items)| &items.value) {
            Some(NodeValue::List(items)) => items.clone(),
            Some(NodeValue::Scalar(Value::Null)) => Vec::new(),
            Some(NodeValue::Scalar(_) | NodeValue::Map(_)) | None => return vec![self],
        };
        let item = |mut root: Node| {
            if fill && root.entry("kind").is_none() {
                root.add(&filled);
            }
            Self { root }
        };
        items.into_iter().map(item).flat_map(Self::items).collect()
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

/// Reads a text; what exceeds the limits is refused whole. The documents before one that is no YAML are kept, as kubectl
/// applies them.
pub fn read(text: &str, limits: &Limits) -> Parsed {
    let refused = |message: String| Parsed {
        error: Some(SyntaxError {
            message,
            span: Span {
                line: 1,
                column: 1,
                ..Span::default()
            },
        }),
        ..Parsed::default()
    };
    if let Some(message) = exceeds(text, limits) {
        return refused(message);
    }
    let read = yaml::read(text, limits);
    let mut warnings = Vec::new();
    read.nodes
        .iter()
        .for_each(|node| find_duplicates(node, &mut warnings));
    let documents: Vec<Document> = read
        .nodes
        .into_iter()
        .flat_map(|root| Document { root }.items())
        .collect();
    if documents.len() > limits.documents {
        return refused(format!(
            "the text has more than {} objects: split it into several files",
            limits.documents
        ));
    }
    Parsed {
        documents,
        error: read.error,
        warnings,
    }
}

/// Why a file of so many bytes is not opened, if it is not; `text` is none if it is no text.
pub fn refuse_file(name: &str, bytes: u64, text: Option<&str>) -> Option<String> {
    if bytes > Limits::FILE.bytes as u64 {
        let most = Limits::FILE.bytes >> 20;
        return Some(format!(
            "{name} is larger than {most} MiB and was not opened: split it into several files"
        ));
    }
    let is_text = text.is_some_and(|text| !text.contains('\0'));
    (!is_text).then(|| {
        format!("{name} is not text and was not opened: choose files of YAML or JSON in UTF-8")
    })
}

/// Why a text is too large to be read, if it is.
pub(super) fn exceeds(text: &str, limits: &Limits) -> Option<String> {
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

/// Warns of keys that are given twice.
pub(super) fn find_duplicates(node: &Node, warnings: &mut Vec<Diagnostic>) {
    match &node.value {
        NodeValue::Scalar(_) => {}
        NodeValue::List(items) => items
            .iter()
            .for_each(|item| find_duplicates(item, warnings)),
        NodeValue::Map(entries) => {
            let mut seen = BTreeSet::new();
            for (key, value) in entries {
                if !key.is_merge() && !seen.insert(key.key()) {
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
