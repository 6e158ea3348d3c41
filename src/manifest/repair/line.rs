//! One line of a flattened manifest.

/// A line, taken apart.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    /// Its number in the text, from 1.
    pub(super) number: u32,
    /// How many blanks stand in front, dashes aside.
    pub(super) indent: usize,
    /// Whether a list dash stands in front.
    pub(super) dash: bool,
    /// The key, if it has one.
    pub(super) key: Option<&'a str>,
    /// What follows the key, or the whole content.
    pub(super) value: &'a str,
    /// The comment, if it is nothing else.
    pub(super) comment: &'a str,
    /// Everything after the blanks and the dash; empty for comments.
    pub(super) content: &'a str,
}

impl<'a> Line<'a> {
    pub(super) fn new(number: u32, text: &'a str) -> Self {
        let body = text.trim();
        let indent = text.len() - text.trim_start().len();
        let (dash, content) = match body.strip_prefix("- ") {
            Some(rest) => (true, rest.trim()),
            None => (false, body),
        };
        let comment = if content.starts_with('#') {
            content
        } else {
            ""
        };
        let shown = if content.starts_with('#') {
            ""
        } else {
            content
        };
        let (key, value) = match shown.split_once(':') {
            Some((key, "")) => (Some(key), ""),
            Some((key, value)) if value.starts_with(' ') => (Some(key), value.trim()),
            _ => (None, shown),
        };
        let key = key
            .map(|key| key.trim().trim_matches(['"', '\'']))
            .filter(|key| !key.is_empty() && !key.contains(' '));
        let value = if key.is_some() {
            without_comment(value)
        } else {
            value
        };
        Self {
            number,
            indent,
            dash,
            key,
            value,
            comment,
            content: shown,
        }
    }
}

fn without_comment(value: &str) -> &str {
    if value.starts_with('#') {
        return "";
    }
    if value.starts_with(['"', '\'']) {
        value
    } else {
        value.split(" #").next().unwrap_or_default().trim_end()
    }
}
