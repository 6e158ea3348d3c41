//! The regular expressions of `grep`, without groups: literals, `.`, `[…]`, `*`, `+`, `?`, `^`, `$` and `|`.

use std::ops::Range;

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    alternatives: Vec<Alternative>,
    ignores_case: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Alternative {
    at_start: bool,
    at_end: bool,
    atoms: Vec<(Atom, Times)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Atom {
    Any,
    Char(char),
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    Once,
    Maybe,
    Any,
    Some,
}

/// How a pattern is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Every character stands for itself.
    pub(super) literal: bool,
    /// Upper and lower case are the same.
    pub(super) ignores_case: bool,
}

impl Pattern {
    /// Reads a pattern; names what it does not support.
    pub(super) fn new(text: &str, reading: Reading) -> Result<Self, &'static str> {
        let Reading {
            literal,
            ignores_case,
        } = reading;
        let text = if ignores_case {
            text.to_lowercase()
        } else {
            text.to_owned()
        };
        let mut alternatives = vec![Alternative::default()];
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let Some(current) = alternatives.last_mut() else {
                break;
            };
            let atom = match c {
                _ if literal => Atom::Char(c),
                '^' if current.atoms.is_empty() => {
                    current.at_start = true;
                    continue;
                }
                '$' if chars.peek().is_none_or(|next| *next == '|') => {
                    current.at_end = true;
                    continue;
                }
                '|' => {
                    alternatives.push(Alternative::default());
                    continue;
                }
                '*' | '+' | '?' if !current.atoms.is_empty() => {
                    if let Some((_, times)) = current.atoms.last_mut() {
                        *times = match c {
                            '*' => Times::Any,
                            '+' => Times::Some,
                            _ => Times::Maybe,
                        };
                    }
                    continue;
                }
                '.' => Atom::Any,
                '(' | ')' => return Err("groups"),
                '{' => return Err("counts in braces"),
                '[' => set(&mut chars)?,
                '\\' => match chars.next() {
                    Some('|') => {
                        alternatives.push(Alternative::default());
                        continue;
                    }
                    Some('(' | ')' | '{' | '1'..='9') => return Err("groups"),
                    Some('w') => Atom::Set {
                        negated: false,
                        ranges: vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
                    },
                    Some('s') => Atom::Set {
                        negated: false,
                        ranges: vec![(' ', ' '), ('\t', '\t')],
                    },
                    Some('d') => Atom::Set {
                        negated: false,
                        ranges: vec![('0', '9')],
                    },
                    Some('b' | '<' | '>') => return Err("word borders"),
                    Some(c) => Atom::Char(c),
                    None => Atom::Char('\\'),
                },
                c => Atom::Char(c),
            };
            if let Some(current) = alternatives.last_mut() {
                current.atoms.push((atom, Times::Once));
            }
        }
        Ok(Self {
            alternatives,
            ignores_case,
        })
    }

    /// The first place in a line that matches, in bytes.
    pub(super) fn find(&self, line: &str) -> Option<Range<usize>> {
        self.find_from(line, 0)
    }

    /// The first match that begins at a byte or after it.
    pub(super) fn find_from(&self, line: &str, from: usize) -> Option<Range<usize>> {
        let lower;
        let text = if self.ignores_case {
            lower = line.to_lowercase();
            lower.as_str()
        } else {
            line
        };
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        let offset = |i: usize| chars.get(i).map_or(text.len(), |(at, _)| *at);
        let first = chars.iter().position(|(at, _)| *at >= from);
        let first = first.unwrap_or(chars.len());
        (first..=chars.len()).find_map(|start| {
            let end = self
                .alternatives
                .iter()
                .filter_map(|a| a.ends(&chars, start))
                .max()?;
            Some(offset(start)..offset(end))
        })
    }
}

fn set(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Atom, &'static str> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while let Some(low) = chars.next() {
        if low == ']' && !ranges.is_empty() {
            return Ok(Atom::Set { negated, ranges });
        }
        if low == '[' && chars.peek() == Some(&':') {
            return Err("character classes");
        }
        let mut ahead = chars.clone();
        let high = (ahead.next() == Some('-'))
            .then(|| ahead.next())
            .flatten()
            .filter(|c| *c != ']');
        if let Some(high) = high {
            *chars = ahead;
            ranges.push((low, high));
        } else {
            ranges.push((low, low));
        }
    }
    Err("an open bracket")
}

impl Atom {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Char(wanted) => *wanted == c,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

impl Alternative {
    /// Where the longest match that begins at `start` ends; runs all states at once, so that no pattern is slow.
    fn ends(&self, chars: &[(usize, char)], start: usize) -> Option<usize> {
        if self.at_start && start > 0 {
            return None;
        }
        let mut states = vec![false; self.atoms.len() + 1];
        if let Some(first) = states.first_mut() {
            *first = true;
        }
        self.skip(&mut states);
        let mut best = None;
        let mut at = start;
        loop {
            if states.last() == Some(&true) && (!self.at_end || at == chars.len()) {
                best = Some(at);
            }
            let Some((_, c)) = chars.get(at) else {
                return best;
            };
            let mut next = vec![false; states.len()];
            for (i, (atom, times)) in self.atoms.iter().enumerate() {
                if states.get(i) == Some(&true) && atom.takes(*c) {
                    let stays = matches!(times, Times::Any | Times::Some);
                    if let Some(state) = next.get_mut(i + 1) {
                        *state = true;
                    }
                    if let Some(state) = next.get_mut(i).filter(|_| stays) {
                        *state = true;
                    }
                }
            }
            self.skip(&mut next);
            if !next.contains(&true) {
                return best;
            }
            states = next;
            at += 1;
        }
    }

    /// Goes on past atoms that may be absent.
    fn skip(&self, states: &mut [bool]) {
        for (i, (_, times)) in self.atoms.iter().enumerate() {
            let optional = matches!(times, Times::Maybe | Times::Any);
            if optional
                && states.get(i) == Some(&true)
                && let Some(state) = states.get_mut(i + 1)
            {
                *state = true;
            }
        }
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
        assert_eq!(find("b+", "abbb"), Some(1..4));
        assert_eq!(find("^a.*c$", "abc"), Some(0..3));
        assert_eq!(find("[0-9]\\.[^x]", "v1.2"), Some(1..4));
        assert_eq!(find("x|y", "ay"), Some(1..2));
        assert_eq!(find("colou?r", "color"), Some(0..5));
        assert_eq!(find("ab", "ba"), None);
        assert_eq!(Pattern::new("(a)", Reading::default()), Err("groups"));
    }
}
