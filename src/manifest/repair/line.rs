//! One line of a flattened manifest.

/// A line, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Its number in the text, from 1.
    pub(super) number: u32,
    /// How many blanks stand in front.
    pub(super) indent: usize,
    /// How many stand in front of its key; a dash counts as two where indentation remains.
    pub(super) key_indent: usize,
    /// Whether a list dash stands in front.
    pub(super) dash: bool,
    /// The key, if it has one.
    pub(super) key: Option<&'a str>,
    /// What follows the key without its comment, or the whole content.
    pub(super) value: &'a str,
    /// Everything after the blanks; of a comment, without the dash in front.
    pub(super) body: &'a str,
    /// Everything after the blanks and the dash; empty for comments.
    pub(super) content: &'a str,
}

impl<'a> Line<'a> {
    /// Takes a line apart; `flat` if no line of the document is indented.
    pub(super) fn new(number: u32, text: &'a str, flat: bool) -> Self {
        let whole = text.trim();
        let (dash, content) = match whole.strip_prefix("- ") {
            Some(rest) => (true, rest.trim()),
            None if whole == "-" => (true, ""),
            None => (false, whole),
        };
        let is_comment = content.starts_with('#') || content.is_empty();
        let body = if is_comment { content } else { whole };
        let content = if is_comment { "" } else { content };
        let (key, value) = key_and_value(content);
        let indent = text.len() - text.trim_start().len();
        let counts = dash && !flat;
        Self {
            number,
            indent,
            key_indent: indent + if counts { 2 } else { 0 },
            dash,
            key,
            value: without_comment(value),
            body,
            content,
        }
    }

    /// Whether its value is the head of a block of text, `|` or `>-`.
    pub(super) fn begins_block(&self) -> bool {
        self.value.starts_with(['|', '>']) && self.value.len() <= 3
    }
}

fn key_and_value(content: &str) -> (Option<&str>, &str) {
    let none = (None, content);
    if content.starts_with(['{', '[', '#', '|', '>', '&', '*', '!']) {
        return none;
    }
    // A quoted key ends at its quote.
    for quote in ['"', '\''] {
        if let Some(rest) = content.strip_prefix(quote) {
            let Some((key, after)) = rest.split_once(quote) else {
                return none;
            };
            return match after.strip_prefix(':') {
                Some("") => (Some(key), ""),
                Some(value) if value.starts_with(' ') => (Some(key), value.trim()),
                _ => none,
            };
        }
    }
    let (key, value) = match content.split_once(": ") {
        Some((key, value)) => (key.trim_end(), value.trim()),
        None => match content.strip_suffix(':') {
            Some(key) => (key.trim_end(), ""),
            None => return none,
        },
    };
    if key.is_empty() || key.contains([' ', '#', '"', '\'']) {
        return none;
    }
    (Some(key), value)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_key_only_where_yaml_sees_one() {
        let parts = |text| {
            let line = Line::new(1, text, false);
            (line.dash, line.key, line.value)
        };
        assert_eq!(parts("- name: a # b"), (true, Some("name"), "a"));
        assert_eq!(parts("- http://x:80"), (true, None, "http://x:80"));
        assert_eq!(parts("- \"a: b\""), (true, None, "\"a: b\""));
        assert_eq!(parts("\"a: b\": c"), (false, Some("a: b"), "c"));
        assert_eq!(parts("a:"), (false, Some("a"), ""));
        assert_eq!(parts("a : b"), (false, Some("a"), "b"));
        assert_eq!(parts("{a: b}"), (false, None, "{a: b}"));
        assert_eq!(parts("# a: b"), (false, None, ""));
    }
}
