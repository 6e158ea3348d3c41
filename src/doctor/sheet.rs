//! A text at hand: its documents with their places, so that a finding names a line and a remedy is an edit.

use crate::api::ObjectKey;
use crate::kernel::BTreeMap;
use crate::manifest::{Document, Edit, Limits, Span, Strictness, read};
use std::rc::Rc;

/// A file and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The file's name.
    pub file: Rc<str>,
    /// The text.
    pub text: Rc<str>,
}

/// The documents of all texts, by the object that each describes.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheets {
    pub(super) sheets: Vec<Sheet>,
    pub(super) documents: Vec<(usize, Document)>,
    by_object: BTreeMap<ObjectKey, usize>,
}

impl Sheets {
    pub(super) fn read(sheets: &[Sheet]) -> Self {
        let mut all = Self {
            sheets: sheets.to_vec(),
            ..Self::default()
        };
        for (index, sheet) in sheets.iter().enumerate() {
            for document in read(&sheet.text, &Limits::FILE).documents {
                let at = all.documents.len();
                let object = crate::api::Object::from_value(document.value());
                if let Some(mut object) = object {
                    place(&mut object);
                    all.by_object.insert(object.key(), at);
                }
                all.documents.push((index, document));
            }
        }
        all
    }

    /// The objects that would be accepted by their shape.
    pub(super) fn objects(&self) -> impl Iterator<Item = crate::api::Object> {
        self.documents.iter().filter_map(|(_, document)| {
            let mut object = document.decode(Strictness::Ignore).object?;
            place(&mut object);
            Some(object)
        })
    }

    fn of(&self, object: &ObjectKey) -> Option<(&Sheet, &Document)> {
        let (sheet, document) = self.documents.get(*self.by_object.get(object)?)?;
        Some((self.sheets.get(*sheet)?, document))
    }

    /// Where a field stands, or the nearest field around it.
    pub(super) fn at(&self, object: &ObjectKey, field: &str) -> Option<(Rc<str>, Span)> {
        let (sheet, document) = self.of(object)?;
        let mut path = field;
        loop {
            if let Some(node) = document.root.at(path) {
                let span = match node.value {
                    crate::manifest::NodeValue::Scalar(_) => node.span,
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

/// An object without namespace goes to the default one.
pub(super) fn place(object: &mut crate::api::Object) {
    if object.kind.namespaced && object.meta.namespace.is_empty() {
        "default".clone_into(&mut object.meta.namespace);
    }
}
