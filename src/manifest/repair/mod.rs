//! Repair of manifests that lost their indentation and their list dashes, as text copied from a book does.
//!
//! The field schema says which nestings a line permits; a search over them finds the readings that make a valid object.
//! Exactly one: the manifest is rebuilt. Several: nothing is changed, and the line is named at which they part.

mod level;
mod line;
mod search;

use super::clean::{clean, plain_punctuation};
use super::stream::{Chunk, split};
use super::{Document, Edit, Fix, Limits, Refusal, Span, Strictness, read};
use crate::api::Value;
use line::Line;
use search::{Found, Place};

/// What became of an attempt to repair a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// The text is valid as it is.
    NotNeeded,
    /// The one valid reading.
    Fixed {
        /// The rebuilt text.
        text: String,
        /// The lines that change, each as an edit of the text as it was.
        edits: Vec<Edit>,
        /// What was done, in a sentence.
        summary: String,
    },
    /// Several readings are valid.
    Ambiguous {
        /// Which line, and what it could be.
        why: String,
        /// Where the readings part.
        span: Span,
    },
    /// No reading is valid.
    Impossible {
        /// The first line that fits nowhere.
        why: String,
        /// Where it stands.
        span: Span,
    },
}

/// Repairs a text, document by document; a valid document is never touched.
pub fn repair(text: &str) -> Repair {
    let lines = text.bytes().filter(|b| *b == b'\n').count();
    if text.len() > Limits::PASTED.bytes || lines > Limits::PASTED.lines {
        return Repair::NotNeeded;
    }
    let mut edits = Vec::new();
    let (mut moved, mut dashes) = (0, 0);
    for chunk in split(text) {
        if is_fine(chunk.text) || chunk.text.trim_start().starts_with('{') {
            continue;
        }
        let rows = Rows::new(&chunk);
        let lines = rows.lines();
        let shown: Vec<Line<'_>> = lines
            .iter()
            .filter(|l| !l.content.is_empty())
            .copied()
            .collect();
        let rebuilt = |reading: &[Place]| rows.write(&lines, reading);
        let valid = |reading: &[Place]| is_valid(&rebuilt(reading).concat());
        let span = |number: u32| rows.span(number);
        match search::search(&shown, valid) {
            Found::One(reading) => {
                dashes += reading
                    .iter()
                    .zip(&shown)
                    .filter(|(p, l)| p.dash && !l.dash)
                    .count();
                let changes = rows.edits(&rebuilt(&reading));
                moved += changes.len();
                edits.extend(changes);
            }
            Found::Several { line, why } => {
                let span = span(line);
                return Repair::Ambiguous { why, span };
            }
            Found::None { line, why } => {
                let span = span(line);
                return Repair::Impossible { why, span };
            }
        }
    }
    if edits.is_empty() {
        return Repair::NotNeeded;
    }
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let mut summary = format!("{} rebuilt", count(moved, "line"));
    if dashes > 0 {
        summary.push_str(&format!(
            ", {} added",
            count(dashes, "list dash").replace("dashs", "dashes")
        ));
    }
    let fix = Fix {
        title: String::new(),
        edits,
    };
    Repair::Fixed {
        text: fix.apply(text),
        edits: fix.edits,
        summary,
    }
}

/// Whether a document needs no repair: it is valid, or of a kind that the schema does not have.
fn is_fine(text: &str) -> bool {
    let parsed = read(text, &Limits::PASTED);
    let fine = |document: &Document| {
        let decoded = document.decode(Strictness::Strict);
        let foreign = matches!(decoded.refusal, Some(Refusal::NoMatch { .. }));
        (foreign || decoded.diagnostics.is_empty()) && has_name(document)
    };
    parsed.error.is_none() && parsed.documents.iter().all(fine)
}

/// A manifest without a name cannot be applied; one whose indentation is lost has none where it should be.
fn has_name(document: &Document) -> bool {
    let meta = document.root.at("metadata");
    let field = |name: &str| meta.is_some_and(|meta| meta.entry(name).is_some());
    field("name") || field("generateName") || document.root.at("items").is_some()
}

/// Whether a reading is valid: it decodes, and a workload's selector picks its own Pods.
fn is_valid(text: &str) -> bool {
    let parsed = read(text, &Limits::PASTED);
    let [document] = parsed.documents.as_slice() else {
        return false;
    };
    let decoded = document.decode(Strictness::Strict);
    let value = document.value();
    let labels = value.at(&["spec", "template", "metadata", "labels"]);
    let selector = match value.at(&["spec", "selector", "matchLabels"]) {
        None => value.at(&["spec", "selector"]).filter(|_| labels.is_some()),
        found => found,
    };
    let wanted = selector.and_then(Value::as_map).into_iter().flatten();
    let picks = wanted
        .filter(|(_, value)| value.as_str().is_some())
        .all(|(key, value)| labels.is_none_or(|labels| labels.get(key) == Some(value)));
    parsed.error.is_none() && parsed.warnings.is_empty() && decoded.diagnostics.is_empty() && picks
}

/// The lines of a document, as they are and as they are read.
struct Rows<'a> {
    chunk: Chunk<'a>,
    original: Vec<&'a str>,
    plain: Vec<String>,
}

impl<'a> Rows<'a> {
    fn new(chunk: &Chunk<'a>) -> Self {
        let original: Vec<&str> = chunk.text.split_inclusive('\n').collect();
        let plain = |line: &&str| plain_punctuation(&clean(line)).into_owned();
        Self {
            chunk: *chunk,
            plain: original.iter().map(plain).collect(),
            original,
        }
    }

    fn lines(&self) -> Vec<Line<'_>> {
        let flat = !self.plain.iter().any(|line| line.starts_with([' ', '\t']));
        let mut dash = false;
        let mut lines = Vec::new();
        for (number, text) in (self.chunk.line..).zip(&self.plain) {
            let mut line = Line::new(number, text, flat);
            // A dash with nothing but a comment behind it is that of the next line.
            line.dash |= dash;
            dash = line.dash && line.content.is_empty();
            lines.push(line);
        }
        lines
    }

    /// The lines with their rebuilt indentation and dashes, each with its line break; comments stand above what follows.
    fn write(&self, lines: &[Line<'_>], reading: &[Place]) -> Vec<String> {
        let mut out = Vec::new();
        let mut places = reading.iter().peekable();
        let mut block_indent = None;
        for (at, line) in lines.iter().enumerate() {
            let blanks = |depth: usize| " ".repeat(depth);
            if line.content.is_empty() {
                let depth = places.peek().map_or(0, |place| place.depth);
                let depth = if line.body.is_empty() { 0 } else { depth };
                out.push(format!("{}{}\n", blanks(depth), line.body));
                continue;
            }
            let Some(place) = places.next() else { break };
            if place.block {
                // The text keeps the indentation that it has within itself.
                let least = *block_indent.get_or_insert_with(|| {
                    let rest = lines.get(at..).unwrap_or_default().iter();
                    let shown = rest.filter(|line| !line.content.is_empty());
                    let text = shown.zip(reading.iter().skip_while(|p| !std::ptr::eq(*p, place)));
                    let indents = text.take_while(|(_, p)| p.block).map(|(l, _)| l.indent);
                    indents.min().unwrap_or(0)
                });
                let depth = place.depth + line.indent.saturating_sub(least);
                out.push(format!("{}{}\n", blanks(depth), line.body));
                continue;
            }
            block_indent = None;
            let dash = if place.dash { "- " } else { "" };
            out.push(format!("{}{dash}{}\n", blanks(place.depth), line.content));
        }
        out
    }

    /// The rebuilt lines as edits of those that differ.
    fn edits(&self, rebuilt: &[String]) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut start = self.chunk.start;
        for (old, new) in self.original.iter().zip(rebuilt) {
            let (old_text, new) = (old.trim_end_matches(['\n', '\r']), new.trim_end());
            if old_text.trim_end() != new {
                edits.push(Edit {
                    start,
                    end: start + old_text.len(),
                    text: new.to_owned(),
                });
            }
            start += old.len();
        }
        edits
    }

    /// Where a line stands.
    fn span(&self, number: u32) -> Span {
        let before = number.saturating_sub(self.chunk.line) as usize;
        let start = self
            .original
            .iter()
            .take(before)
            .map(|line| line.len())
            .sum::<usize>();
        let length = self
            .original
            .get(before)
            .map_or(0, |line| line.trim_end().len());
        Span {
            start: self.chunk.start + start,
            end: self.chunk.start + start + length,
            line: number,
            column: 1,
        }
    }
}

#[cfg(test)]
mod tests;
