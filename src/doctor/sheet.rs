//! A text at hand: its documents with their places, so that a finding names a line and a remedy is an edit.

use crate::api::{Kind, ObjectKey};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::manifest::{Document, Edit, Limits, NodeValue, Span, Strictness, read};
use std::rc::Rc;

/// A file and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The file's name.
    pub file: Rc<str>,
    /// The text.
    pub text: Rc<str>,
}

/// A text that was read.
#[derive(Debug)]
struct Part {
    sheet: Sheet,
    documents: Vec<Document>,
}

/// The documents of all texts, by the object that each describes.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheets {
    parts: Vec<Rc<Part>>,
    /// Which document of which part.
    by_object: BTreeMap<ObjectKey, (usize, usize)>,
}

impl Sheets {
    pub(super) fn read(sheets: &[Sheet]) -> Self {
        Self::default().read_again(sheets)
    }

    /// The same for other texts; one that is as it was is not read again.
    pub(super) fn read_again(&self, sheets: &[Sheet]) -> Self {
        let mut all = Self::default();
        for sheet in sheets {
            let known = self.parts.iter().find(|part| part.sheet == *sheet);
            let part = known.cloned().unwrap_or_else(|| {
                Rc::new(Part {
                    sheet: sheet.clone(),
                    documents: read(&sheet.text, &Limits::FILE).documents,
                })
            });
            all.push(part);
        }
        all
    }

    /// The last definition of an object is the one that counts.
    fn push(&mut self, part: Rc<Part>) {
        for (index, document) in part.documents.iter().enumerate() {
            if let Some(key) = key_of(document) {
                self.by_object.insert(key, (self.parts.len(), index));
            }
        }
        self.parts.push(part);
    }

    /// Takes one of the definitions of an object, a document of a part, as the one that counts.
    pub(super) fn choose(&mut self, object: &ObjectKey, at: (usize, usize)) {
        self.by_object.insert(object.clone(), at);
    }

    /// What counts of an object.
    pub(super) fn value(&self, object: &ObjectKey) -> Option<crate::api::Value> {
        Some(self.of(object)?.1.value())
    }

    /// The texts without the definitions that replace others, and the objects that are defined several times; none if
    /// no object is.
    pub(super) fn earlier(&self) -> Option<(Self, BTreeSet<ObjectKey>)> {
        let mut again = BTreeSet::new();
        let mut all = Self::default();
        for (number, part) in self.parts.iter().enumerate() {
            for (index, document) in part.documents.iter().enumerate() {
                again.extend(key_of(document).filter(|key| {
                    // Names that the API server makes are never the same.
                    !key.name.is_empty() && self.by_object.get(key) != Some(&(number, index))
                }));
            }
        }
        if again.is_empty() {
            return None;
        }
        for (number, part) in self.parts.iter().enumerate() {
            let stays = |(index, document): &(usize, &Document)| {
                let key = key_of(document).filter(|key| again.contains(key));
                key.is_none_or(|key| self.by_object.get(&key) != Some(&(number, *index)))
            };
            let documents = part.documents.iter().enumerate().filter(stays);
            all.push(Rc::new(Part {
                sheet: part.sheet.clone(),
                documents: documents.map(|(_, document)| document.clone()).collect(),
            }));
        }
        Some((all, again))
    }

    /// Whether the texts are these.
    pub(super) fn are(&self, sheets: &[Sheet]) -> bool {
        let same = |(part, sheet): (&Rc<Part>, &Sheet)| part.sheet == *sheet;
        self.parts.len() == sheets.len() && self.parts.iter().zip(sheets).all(same)
    }

    /// All documents, in their order.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.parts.iter().flat_map(|part| &part.documents)
    }

    /// Which object each document describes, in their order.
    pub(super) fn places(&self) -> Vec<(ObjectKey, (usize, usize))> {
        let parts = self.parts.iter().enumerate();
        let all = parts.flat_map(|(number, part)| {
            let documents = part.documents.iter().enumerate();
            documents.filter_map(move |(index, d)| Some((key_of(d)?, (number, index))))
        });
        all.collect()
    }

    /// The objects that would be accepted by their shape.
    pub(super) fn objects(&self) -> impl Iterator<Item = crate::api::Object> {
        self.documents().filter_map(|document| {
            let mut object = document.decode(Strictness::Ignore).object?;
            place(&mut object);
            Some(object)
        })
    }

    fn of(&self, object: &ObjectKey) -> Option<(&Sheet, &Document)> {
        let (part, index) = *self.by_object.get(object)?;
        let part = self.parts.get(part)?;
        Some((&part.sheet, part.documents.get(index)?))
    }

    /// Where a field stands, or the nearest field around it.
    pub(super) fn at(&self, object: &ObjectKey, field: &str) -> Option<(Rc<str>, Span)> {
        let (sheet, document) = self.of(object)?;
        let mut path = field;
        loop {
            if let Some(node) = document.root.at(path) {
                let span = match node.value {
                    NodeValue::Scalar(_) => node.span,
                    _ => document.key_span(path),
                };
                return Some((sheet.file.clone(), span));
            }
            let cut = path.rfind(['.', '['])?;
            path = path.get(..cut)?;
        }
    }

    /// Replaces a field's value.
    pub(super) fn replace(
        &self,
        object: &ObjectKey,
        field: &str,
        text: &str,
    ) -> Option<(Rc<str>, Edit)> {
        let (sheet, document) = self.of(object)?;
        let span = document.root.at(field)?.span;
        let text = text.to_owned();
        Some((
            sheet.file.clone(),
            Edit {
                start: span.start,
                end: span.end,
                text,
            },
        ))
    }

    /// Replaces a field's key.
    pub(super) fn rename(
        &self,
        object: &ObjectKey,
        field: &str,
        text: &str,
    ) -> Option<(Rc<str>, Edit)> {
        let (sheet, document) = self.of(object)?;
        document.root.at(field)?;
        let span = document.key_span(field);
        Some((
            sheet.file.clone(),
            Edit {
                start: span.start,
                end: span.end,
                text: text.to_owned(),
            },
        ))
    }

    /// Adds an entry to the mapping `parent`, behind its entry `after`.
    pub(super) fn add(
        &self,
        object: &ObjectKey,
        (parent, after): (&str, &str),
        (key, value): (&str, &str),
    ) -> Option<(Rc<str>, Edit)> {
        let (sheet, document) = self.of(object)?;
        let map = document.root.at(parent)?;
        let (name, before) = map.entry(after)?;
        let flow = sheet.text.get(map.span.start..)?.starts_with('{');
        let end = self.end_of(sheet, before.span);
        let text = if flow {
            [", ", key, ": ", value].concat()
        } else {
            let indent = " ".repeat(name.span.column.saturating_sub(1) as usize);
            ["\n", &indent, key, ": ", value].concat()
        };
        Some((
            sheet.file.clone(),
            Edit {
                start: end,
                end,
                text,
            },
        ))
    }

    /// Takes an entry of a mapping away, with its line or its comma.
    pub(super) fn remove(&self, object: &ObjectKey, field: &str) -> Option<(Rc<str>, Edit)> {
        let (sheet, document) = self.of(object)?;
        let value = document.root.at(field)?.span;
        let key = document.key_span(field);
        let text = &sheet.text;
        let mut start = key.start;
        let mut end = self.end_of(sheet, value);
        let line = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let alone = text.get(line..start)?.trim().is_empty();
        let rest = text
            .get(end..)?
            .find('\n')
            .map_or(text.len(), |at| end + at);
        let tail = text.get(end..rest)?.trim();
        if alone && (tail.is_empty() || tail.starts_with('#')) {
            start = line;
            end = (rest + 1).min(text.len());
        } else if let Some(comma) = text.get(..start)?.trim_end().strip_suffix(',') {
            start = comma.len();
        } else if tail.starts_with(',') {
            let after = text.get(end..)?;
            end += after.len() - after.get(after.find(',')? + 1..)?.trim_start().len();
        } else {
            return None;
        }
        Some((
            sheet.file.clone(),
            Edit {
                start,
                end,
                text: String::new(),
            },
        ))
    }

    /// The end of a value without the blanks that a block's span may take in.
    fn end_of(&self, sheet: &Sheet, span: Span) -> usize {
        let body = sheet.text.get(span.start..span.end).unwrap_or_default();
        span.start + body.trim_end().len()
    }

    /// Whether a field stands in a text.
    pub(super) fn has(&self, object: &ObjectKey, field: &str) -> bool {
        self.of(object)
            .is_some_and(|(_, document)| document.root.at(field).is_some())
    }
}

/// The object that a document describes, without all the rest of it.
fn key_of(document: &Document) -> Option<ObjectKey> {
    let text = |path: &str| match &document.root.at(path)?.value {
        NodeValue::Scalar(value) => value.as_str(),
        NodeValue::List(_) | NodeValue::Map(_) => None,
    };
    let kind = Kind::find(text("apiVersion")?, text("kind")?)?;
    let namespace = match text("metadata.namespace") {
        _ if !kind.namespaced => "",
        None | Some("") => "default",
        Some(namespace) => namespace,
    };
    let name = text("metadata.name").unwrap_or_default();
    Some(ObjectKey::new(kind, namespace, name))
}

/// An object without namespace goes to the default one.
pub(super) fn place(object: &mut crate::api::Object) {
    if object.kind.namespaced && object.meta.namespace.is_empty() {
        "default".clone_into(&mut object.meta.namespace);
    }
}
