//! The regular expressions of `grep`, `sed` and `[[ =~ ]]`: POSIX's basic and extended ones, with what GNU and `BusyBox` add.

use crate::dns::Regex;
use std::ops::Range;

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    regex: Regex,
    ignores_case: bool,
}

/// How a pattern is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Every character stands for itself.
    pub(super) literal: bool,
    /// Upper and lower case are the same.
    pub(super) ignores_case: bool,
    /// It is an extended expression: `+`, `?`, `|`, `(…)` and `{…}` need no backslash.
    pub(super) extended: bool,
}

/// As `grep -E` reads.
pub(super) const EXTENDED: Reading = Reading {
    literal: false,
    ignores_case: false,
    extended: true,
};

/// A basic expression as an extended one.
fn extended(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let begins = out.is_empty() || out.ends_with(['(', '|']);
        match c {
            '\\' => match chars.next() {
                Some(c @ ('(' | ')' | '{' | '}' | '|' | '+' | '?')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => out.push_str("\\\\"),
            },
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => out.extend(['\\', c]),
            '*' if begins || out == "^" => out.push_str("\\*"),
            '^' if !begins => out.push_str("\\^"),
            '$' if chars.peek().is_some_and(|c| *c != '\\') => out.push_str("\\$"),
            '[' => {
                // A set is the same in both.
                out.push('[');
                out.extend(chars.next_if_eq(&'^'));
                out.extend(chars.next_if_eq(&']'));
                let mut class = false;
                while let Some(c) = chars.next() {
                    out.push(c);
                    match c {
                        '[' if chars.peek() == Some(&':') => class = true,
                        ']' if class => class = false,
                        ']' => break,
                        _ => {}
                    }
                }
            }
            c => out.push(c),
        }
    }
    out
}

impl Pattern {
    /// Reads a pattern; says what is wrong with it.
    pub(super) fn new(text: &str, reading: Reading) -> Result<Self, &'static str> {
        let text = if reading.literal {
            let mut escaped = String::new();
            for c in text.chars() {
                if c.is_ascii_punctuation() {
                    escaped.push('\\');
                }
                escaped.push(c);
            }
            escaped.replace("\\<", "<").replace("\\>", ">")
        } else if reading.extended {
            text.to_owned()
        } else {
            extended(text)
        };
        let text = if reading.ignores_case {
            text.to_lowercase()
        } else {
            text
        };
        Ok(Self {
            regex: Regex::posix(&text)?,
            ignores_case: reading.ignores_case,
        })
    }

    /// The first place in a line that matches, in bytes.
    pub(super) fn find(&self, line: &str) -> Option<Range<usize>> {
        self.find_from(line, 0)
    }

    /// The first match that begins at a byte or after it.
    pub(super) fn find_from(&self, line: &str, from: usize) -> Option<Range<usize>> {
        self.groups(line, from)?.into_iter().next().flatten()
    }

    /// The same with what its groups have matched.
    pub(super) fn groups(&self, line: &str, from: usize) -> Option<Vec<Option<Range<usize>>>> {
        let lower = if self.ignores_case {
            line.to_lowercase()
        } else {
            line.to_owned()
        };
        let chars: Vec<char> = lower.chars().collect();
        let offsets: Vec<usize> = lower.char_indices().map(|(at, _)| at).collect();
        let byte = |i: usize| offsets.get(i).copied().unwrap_or(lower.len());
        let first = offsets.iter().position(|at| *at >= from);
        let found = self.regex.longest(&chars, first.unwrap_or(chars.len()))?;
        let bytes = |range: Range<usize>| byte(range.start)..byte(range.end);
        Some(found.into_iter().map(|range| range.map(bytes)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let find = |pattern: &str, line: &str| {
            Pattern::new(pattern, Reading::default())
                .unwrap()
                .find(line)
        };
        assert_eq!(find("b\\+", "abbb"), Some(1..4));
        assert_eq!(find("^a.*c$", "abc"), Some(0..3));
        assert_eq!(find("[0-9]\\.[^x]", "v1.2"), Some(1..4));
        assert_eq!(find("x\\|y", "ay"), Some(1..2));
        assert_eq!(find("\\(o\\)\\1", "foo"), Some(1..3));
        assert_eq!(find("a+", "a+"), Some(0..2));
        assert_eq!(find("[[:digit:]]\\{2\\}", "a123"), Some(1..3));
        assert_eq!(find("ab", "ba"), None);
        let reading = Reading {
            extended: true,
            ..Reading::default()
        };
        let address = Pattern::new("([0-9]+\\.){3}[0-9]+|x", reading).unwrap();
        assert_eq!(address.find("at 10.96.0.1:80"), Some(3..12));
        assert!(Pattern::new("(a", reading).is_err());
    }
}
