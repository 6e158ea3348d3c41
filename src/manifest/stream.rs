//! A text cut into documents as kubectl cuts it: at lines that begin with `---`, before any of it is parsed.
//!
//! That is why kubectl counts the line of a syntax error from the document's beginning. Text that begins with a brace is
//! a stream of JSON values, one after the other. Models `YAMLOrJSONDecoder` of `k8s.io/apimachinery`.

use super::json::{Json, first_value};

/// One document's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// Its first byte in the whole text.
    pub(super) start: usize,
    /// Its first line in the whole text, from 1.
    pub(super) line: u32,
    /// What stands behind the dashes that end it, if that is neither a blank nor a comment.
    pub(super) bad_end: Option<&'a str>,
}

/// Cuts a text; the byte-order mark in front is left out.
pub(super) fn split(text: &str) -> impl Iterator<Item = Chunk<'_>> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut at = text.len() - body.len();
    let mut line = 1;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let chunk = match json(rest) {
            Some(end) => Chunk {
                text: rest.get(..end).unwrap_or_default(),
                start: at,
                line,
                bad_end: None,
            },
            None => document(rest, at, line),
        };
        let mut used = chunk.text.len();
        // The separator belongs to the document that it ends.
        if rest.get(used..).is_some_and(|r| r.starts_with("---")) {
            used += rest
                .get(used..)
                .and_then(|r| r.split_inclusive('\n').next())
                .map_or(0, str::len);
        }
        let eaten = rest.get(..used).unwrap_or_default();
        line += eaten.bytes().filter(|b| *b == b'\n').count() as u32;
        at += used;
        Some(chunk)
    })
}

/// The end of the JSON value at the beginning of a text, if another one may follow.
fn json(text: &str) -> Option<usize> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    match first_value(text) {
        Json::Value(end) => Some(end),
        Json::Bad(..) => None,
    }
}

fn document(rest: &str, start: usize, line: u32) -> Chunk<'_> {
    let mut end = 0;
    for content in rest.split_inclusive('\n') {
        if let Some(after) = content.strip_prefix("---") {
            let after = after.trim();
            let fine = after.is_empty() || after.starts_with('#');
            return Chunk {
                text: rest.get(..end).unwrap_or_default(),
                start,
                line,
                bad_end: (!fine).then_some(after),
            };
        }
        end += content.len();
    }
    Chunk {
        text: rest,
        start,
        line,
        bad_end: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<(&str, usize, u32)> {
        split(text).map(|c| (c.text, c.start, c.line)).collect()
    }

    #[test]
    fn documents_are_cut_at_dashes_and_know_their_lines() {
        assert_eq!(
            texts("a: 1\n--- # two\nb: 2\n"),
            [("a: 1\n", 0, 1), ("b: 2\n", 15, 3)]
        );
        assert_eq!(texts("\u{feff}---\na: 1\n"), [("", 3, 1), ("a: 1\n", 7, 2)]);
    }

    #[test]
    fn json_values_may_follow_each_other() {
        assert_eq!(texts("{\"a\": 1}\n{}\n").len(), 3);
        assert_eq!(texts("{\"a\": 1,}\n").len(), 1);
    }
}
