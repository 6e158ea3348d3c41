//! A large text, read a slice at a time, so that a page goes on drawing meanwhile.
//!
//! A document is the smallest thing that YAML can be cut into; but what `kubectl get -o yaml` writes of a whole cluster
//! is one document, a list. Its items stand at the left margin, so each can be read by itself. What was read is the same
//! as [`read`](super::read) gives.

use super::document::{Document, Parsed, exceeds, find_duplicates};
use super::node::{NodeValue, SyntaxError};
use super::stream::Chunk;
use super::{Limits, Node, Span, yaml};
use std::rc::Rc;

/// Items are read together until they are this long.
const PIECE: usize = 16 << 10;

/// A text that is being read.
#[derive(Debug)]
pub struct Slices {
    text: Rc<str>,
    limits: Limits,
    /// The first byte that is not read, and its line.
    start: usize,
    line: u32,
    /// The byte up to which lines were looked at, and its line.
    at: usize,
    at_line: u32,
    /// The document that is being read: where it begins, and how many documents and warnings there were before it.
    document: (usize, u32),
    before: (usize, usize),
    /// The items that were read of a list, if the document is one.
    items: Option<Vec<Node>>,
    /// What a list has beside its items.
    frame: String,
    parsed: Parsed,
    done: bool,
}

impl Slices {
    /// Begins to read a text; what exceeds the limits is refused whole.
    pub fn new(text: impl Into<Rc<str>>, limits: Limits) -> Self {
        let text: Rc<str> = text.into();
        let mut slices = Self {
            start: 0,
            line: 1,
            at: 0,
            at_line: 1,
            document: (0, 1),
            before: (0, 0),
            items: None,
            frame: String::new(),
            parsed: Parsed::default(),
            done: false,
            text,
            limits,
        };
        if let Some(message) = exceeds(&slices.text, &limits) {
            slices.fail(message);
        }
        slices
    }

    /// How much of the text is read: bytes, and of how many.
    pub fn progress(&self) -> (usize, usize) {
        (self.at, self.text.len())
    }

    /// Reads about so many bytes more; true once all is read.
    pub fn step(&mut self, bytes: usize) -> bool {
        let until = self.at.saturating_add(bytes);
        while !self.done && self.at < until {
            self.next_line();
        }
        self.done
    }

    /// What the text holds, whatever is not read yet included.
    pub fn finish(mut self) -> Parsed {
        while !self.step(usize::MAX) {}
        self.parsed
    }

    fn fail(&mut self, message: String) {
        let span = Span {
            line: 1,
            column: 1,
            ..Span::default()
        };
        self.parsed = Parsed {
            error: Some(SyntaxError { message, span }),
            ..Parsed::default()
        };
        self.done = true;
    }

    /// Looks at one line: it may end an item or the document.
    fn next_line(&mut self) {
        let text = self.text.clone();
        let rest = text.get(self.at..).unwrap_or_default();
        let Some(line) = rest.split_inclusive('\n').next() else {
            self.end_document(None);
            self.done = true;
            return;
        };
        let first = self.at == self.document.0;
        let in_items = self.items.is_some();
        if line.starts_with("---") {
            let after = line.trim_start_matches("---").trim();
            let fine = after.is_empty() || after.starts_with('#');
            self.end_document((!fine).then(|| after.to_owned()));
            self.skip(line);
            self.begin_document();
        } else if first && line.trim_start().starts_with('{') {
            // A stream of JSON values has no lines to cut at.
            self.read_whole(text.len());
            self.done = true;
        } else if in_items && line.starts_with("- ") {
            if self.at - self.start >= PIECE {
                self.read_items();
            }
            self.skip(line);
        } else if in_items && !line.starts_with([' ', '\n', '\r']) {
            self.read_items();
            self.frame.push_str(line);
            self.skip(line);
            self.start = self.at;
            self.line = self.at_line;
        } else if !in_items && self.frame.is_empty() && self.opens_items(line) {
            self.skip(line);
            self.frame = text
                .get(self.document.0..self.at)
                .unwrap_or_default()
                .to_owned();
            self.start = self.at;
            self.line = self.at_line;
            self.items = Some(Vec::new());
        } else {
            self.skip(line);
        }
    }

    fn skip(&mut self, line: &str) {
        self.at += line.len();
        self.at_line += u32::from(line.ends_with('\n'));
    }

    fn begin_document(&mut self) {
        (self.start, self.line) = (self.at, self.at_line);
        self.document = (self.at, self.at_line);
        self.before = (self.parsed.documents.len(), self.parsed.warnings.len());
        self.items = None;
        self.frame.clear();
    }

    /// Whether the items of a list begin behind this line.
    fn opens_items(&self, line: &str) -> bool {
        let next = self.text.get(self.at + line.len()..).unwrap_or_default();
        line.trim_end() == "items:" && next.starts_with("- ")
    }

    /// Reads the items up to here. What is wrong with one is said of the whole document.
    fn read_items(&mut self) {
        let text = self.text.clone();
        let chunk = Chunk {
            text: text.get(self.start..self.at).unwrap_or_default(),
            start: self.start,
            line: self.line,
            bad_end: None,
        };
        (self.start, self.line) = (self.at, self.at_line);
        match (yaml::read_chunk(&chunk, &self.limits), &mut self.items) {
            (Ok(None), _) => {}
            (Ok(Some(node)), Some(items)) => {
                if let NodeValue::List(more) = node.value {
                    items.extend(more);
                }
            }
            // The end of the document reads all of it at once, and finds the same.
            (Ok(Some(_)) | Err(_), _) => self.frame = "?".to_owned(),
        }
    }

    /// The document ends here; `bad` stands behind the dashes that end it.
    fn end_document(&mut self, bad: Option<String>) {
        if self.done {
            return;
        }
        let Some(items) = self.items.take() else {
            self.read_whole(self.at);
            self.end_badly(bad);
            return;
        };
        self.items = Some(items);
        self.read_items();
        let items = self.items.take().unwrap_or_default();
        let frame = Chunk {
            text: &self.frame,
            start: 0,
            line: self.document.1,
            bad_end: None,
        };
        let head = yaml::read_chunk(&frame, &self.limits).ok().flatten();
        let is_list = |node: &Node| {
            let kind = node.entry("kind").map(|(_, kind)| kind.text());
            kind.is_some_and(|kind| kind.ends_with("List"))
        };
        match head.filter(is_list) {
            Some(mut head) => {
                head.put_items(items);
                self.keep(head);
            }
            None => self.read_whole(self.at),
        }
        self.end_badly(bad);
    }

    fn end_badly(&mut self, bad: Option<String>) {
        let Some(words) = bad.filter(|_| !self.done) else {
            return;
        };
        let span = Span {
            start: self.at,
            end: self.at + 3,
            line: self.at_line,
            column: 1,
        };
        let message = format!("invalid Yaml document separator: {words}");
        self.parsed.error = Some(SyntaxError { message, span });
        self.done = true;
    }

    /// Reads the document up to `end` at once.
    fn read_whole(&mut self, end: usize) {
        let text = self.text.clone();
        let (start, line) = self.document;
        let body = text.get(start..end).unwrap_or_default();
        if end == text.len() && body.trim_start().starts_with('{') {
            let rest = yaml::read_from(body, start, line, &self.limits);
            rest.nodes.into_iter().for_each(|node| self.keep(node));
            self.parsed.error = rest.error;
            self.at = end;
            return;
        }
        // The mark at the beginning of a file is no part of it.
        let mark = if start == 0 && body.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        let chunk = Chunk {
            text: body.get(mark..).unwrap_or_default(),
            start: start + mark,
            line,
            bad_end: None,
        };
        match yaml::read_chunk(&chunk, &self.limits) {
            Ok(node) => node.into_iter().for_each(|node| self.keep(node)),
            Err(error) => {
                self.parsed.error = Some(error);
                self.done = true;
            }
        }
    }

    fn keep(&mut self, root: Node) {
        find_duplicates(&root, &mut self.parsed.warnings);
        self.parsed.documents.extend(Document { root }.items());
        let most = self.limits.documents;
        if self.parsed.documents.len() > most {
            self.fail(format!(
                "the text has more than {most} objects: split it into several files"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::read;

    fn alike(text: &str) {
        for step in [1, 7, 1 << 20] {
            let mut slices = Slices::new(text, Limits::FILE);
            while !slices.step(step) {}
            let (came, whole) = (slices.finish(), read(text, &Limits::FILE));
            assert_eq!(came.documents, whole.documents, "{text}");
            assert_eq!(came.error, whole.error, "{text}");
            assert_eq!(came.warnings, whole.warnings, "{text}");
        }
    }

    #[test]
    fn a_text_in_slices_reads_as_the_text_at_once() {
        let item =
            "- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: p\n    labels: {a: b, a: c}\n";
        let list = |n: usize| {
            format!(
                "apiVersion: v1\nitems:\n{}kind: List\nmetadata: {{}}\n",
                item.repeat(n)
            )
        };
        for text in [
            "",
            "a: 1\n---\nb: 2\n--- # c\n\n---\nc: [\n",
            "a: 1\n--- x\nb: 2\n",
            "\u{feff}a: 1\n",
            "{\"a\": 1}\n{\"b\": 2}\n",
            "items:\n- 1\n- 2\nkind: Other\n",
            "kind: List\nitems:\n- &a {x: 1}\n- *a\n",
            "kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n",
            "kind: List\nitems:\n- a: b: c\n- d\n",
            &list(3),
            &list(2_000),
            &format!("{}---\n{}", list(300), list(300)),
        ] {
            alike(text);
        }
    }

    #[test]
    fn no_step_reads_much_more_than_it_was_asked_to() {
        let item = "- apiVersion: v1\n  kind: Pod\n  metadata: {name: p}\n";
        let text = format!(
            "apiVersion: v1\nitems:\n{}kind: List\n",
            item.repeat(20_000)
        );
        let mut slices = Slices::new(text, Limits::FILE);
        let mut steps = 0;
        while !slices.step(64 << 10) {
            steps += 1;
        }
        assert!(steps > 10, "{steps}");
        assert_eq!(slices.finish().documents.len(), 20_000);
    }
}
