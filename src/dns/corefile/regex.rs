//! The regular expressions of `rewrite`, as far as Corefiles use them: Go's syntax without flags; and those of POSIX, which
//! find the longest match and know what a group has matched before.
//!
//! A match that takes too many steps is none, so that no expression can hold the server up.

use std::ops::Range;

/// So many steps a match may take.
const PATIENCE: u32 = 20_000;

/// A regular expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regex {
    alternatives: Vec<Vec<Node>>,
    groups: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Any,
    Char(char),
    Set(bool, Vec<(char, char)>),
    Start,
    End,
    /// Where a word begins or ends.
    Border,
    /// What a group has matched before.
    Back(usize),
    /// A group, with its number if what it matches is kept.
    Group(Option<usize>, Vec<Vec<Self>>),
    Repeat {
        node: Box<Self>,
        least: u32,
        most: u32,
        lazy: bool,
    },
}

/// What the groups have matched.
type Groups = Vec<Option<Range<usize>>>;
/// What must still match, from a place on.
type Then<'a> = &'a mut dyn FnMut(&mut Matcher<'_>, usize) -> bool;

struct Matcher<'a> {
    text: &'a [char],
    groups: Groups,
    steps: u32,
}

impl Regex {
    /// Reads an expression; the error says what is wrong, as Go says it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader {
            chars: text.chars().collect(),
            at: 0,
            groups: 0,
            posix: false,
        };
        let fail = |why: &str| format!("error parsing regexp: {why}: `{text}`");
        let alternatives = reader.alternatives().map_err(fail)?;
        if reader.at < reader.chars.len() {
            return Err(fail("unexpected )"));
        }
        Ok(Self {
            alternatives,
            groups: reader.groups,
        })
    }

    /// Reads an extended expression of POSIX; the error says what is wrong.
    pub fn posix(text: &str) -> Result<Self, &'static str> {
        let mut reader = Reader {
            chars: text.chars().collect(),
            at: 0,
            groups: 0,
            posix: true,
        };
        let alternatives = reader.alternatives()?;
        if reader.at < reader.chars.len() {
            return Err("unmatched )");
        }
        Ok(Self {
            alternatives,
            groups: reader.groups,
        })
    }

    /// The longest of the first matches at a character or behind it: the whole and its groups.
    pub fn longest(&self, chars: &[char], from: usize) -> Option<Vec<Option<Range<usize>>>> {
        let mut matcher = Matcher {
            text: chars,
            groups: Vec::new(),
            steps: 0,
        };
        for start in from..=chars.len() {
            matcher.groups = vec![None; self.groups + 1];
            matcher.steps = 0;
            let mut best: Option<(usize, Groups)> = None;
            matcher.any_of(&self.alternatives, start, &mut |m, at| {
                if best.as_ref().is_none_or(|(end, _)| at > *end) {
                    best = Some((at, m.groups.clone()));
                }
                at == m.text.len()
            });
            if let Some((end, mut groups)) = best {
                if let Some(whole) = groups.first_mut() {
                    *whole = Some(start..end);
                }
                return Some(groups);
            }
        }
        None
    }

    /// What the expression and its groups match first; `None` if it matches nowhere.
    pub fn captures(&self, text: &str) -> Option<Vec<String>> {
        let chars: Vec<char> = text.chars().collect();
        let mut matcher = Matcher {
            text: &chars,
            groups: Vec::new(),
            steps: 0,
        };
        for start in 0..=chars.len() {
            matcher.groups = vec![None; self.groups + 1];
            let mut end = start;
            if matcher.any_of(&self.alternatives, start, &mut |_, at| {
                end = at;
                true
            }) {
                if let Some(whole) = matcher.groups.first_mut() {
                    *whole = Some(start..end);
                }
                let kept = |range: Option<Range<usize>>| {
                    range
                        .and_then(|r| chars.get(r))
                        .unwrap_or_default()
                        .iter()
                        .collect()
                };
                return Some(matcher.groups.into_iter().map(kept).collect());
            }
        }
        None
    }

    /// Puts what the groups match into a text that has `{1}` for them; `None` if nothing matches.
    pub fn replace(&self, text: &str, by: &str) -> Option<String> {
        let mut out = by.to_owned();
        for (i, group) in self.captures(text)?.iter().enumerate() {
            out = out.replace(&format!("{{{i}}}"), group);
        }
        Some(out)
    }
}

impl Matcher<'_> {
    fn any_of(&mut self, alternatives: &[Vec<Node>], at: usize, then: Then<'_>) -> bool {
        alternatives.iter().any(|nodes| self.all(nodes, at, then))
    }

    fn all(&mut self, nodes: &[Node], at: usize, then: Then<'_>) -> bool {
        match nodes.split_first() {
            None => then(self, at),
            Some((first, rest)) => self.one(first, at, &mut |m, at| m.all(rest, at, then)),
        }
    }

    fn one(&mut self, node: &Node, at: usize, then: Then<'_>) -> bool {
        self.steps += 1;
        if self.steps > PATIENCE {
            return false;
        }
        let c = self.text.get(at).copied();
        let fits = match node {
            Node::Any => c.is_some(),
            Node::Char(wanted) => c == Some(*wanted),
            Node::Set(negated, ranges) => c.is_some_and(|c| {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }),
            Node::Start => return at == 0 && then(self, at),
            Node::End => return c.is_none() && then(self, at),
            Node::Border => {
                let word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
                let before = at.checked_sub(1).and_then(|at| self.text.get(at));
                return word(before) != word(c.as_ref()) && then(self, at);
            }
            Node::Back(number) => {
                let range = self.groups.get(*number).cloned().flatten();
                let text = range
                    .and_then(|range| self.text.get(range))
                    .unwrap_or_default();
                let end = at + text.len();
                return self.text.get(at..end) == Some(text) && then(self, end);
            }
            Node::Group(number, alternatives) => {
                let number = *number;
                return self.any_of(alternatives, at, &mut |m, end| {
                    let Some(slot) = number.and_then(|n| m.groups.get_mut(n)) else {
                        return then(m, end);
                    };
                    let before = slot.replace(at..end);
                    let matched = then(m, end);
                    if !matched && let Some(slot) = number.and_then(|n| m.groups.get_mut(n)) {
                        *slot = before;
                    }
                    matched
                });
            }
            Node::Repeat {
                node,
                least,
                most,
                lazy,
            } => {
                return self.repeat(node, (*least, *most, *lazy), at, then);
            }
        };
        fits && then(self, at + 1)
    }

    fn repeat(
        &mut self,
        node: &Node,
        (least, most, lazy): (u32, u32, bool),
        at: usize,
        then: Then<'_>,
    ) -> bool {
        if lazy && least == 0 && then(self, at) {
            return true;
        }
        if most > 0 {
            let left = (least.saturating_sub(1), most - 1, lazy);
            let more = self.one(node, at, &mut |m, next| {
                // A round that matches nothing would go on for ever.
                (next > at || least > 0) && m.repeat(node, left, next, then)
            });
            if more {
                return true;
            }
        }
        !lazy && least == 0 && then(self, at)
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    groups: usize,
    /// Whether it is POSIX's language, not Go's.
    posix: bool,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn next_if(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Result<Vec<Vec<Node>>, &'static str> {
        let mut all = vec![Vec::new()];
        while let Some(c) = self.peek().filter(|c| *c != ')') {
            self.at += 1;
            let node = match c {
                '|' => {
                    all.push(Vec::new());
                    continue;
                }
                '*' if self.posix => Node::Char('*'),
                '*' | '+' | '?' => return Err("missing argument to repetition operator"),
                _ => self.node(c)?,
            };
            let mut node = self.repeated(node)?;
            while self.posix && self.peek().is_some_and(|c| "*+?{".contains(c)) {
                node = self.repeated(node)?;
            }
            all.last_mut()
                .into_iter()
                .for_each(|nodes| nodes.push(node.clone()));
        }
        Ok(all)
    }

    fn node(&mut self, c: char) -> Result<Node, &'static str> {
        Ok(match c {
            '.' => Node::Any,
            '^' => Node::Start,
            '$' => Node::End,
            '[' => self.set()?,
            '\\' if self.peek() == Some('b')
                || self.posix && self.peek().is_some_and(|c| "<>".contains(c)) =>
            {
                self.at += 1;
                Node::Border
            }
            '\\' if self.posix && self.peek().is_some_and(|c| ('1'..='9').contains(&c)) => {
                let digit = self.next().and_then(|c| c.to_digit(10)).unwrap_or(0);
                Node::Back(digit as usize)
            }
            '\\' => escaped(
                self.next()
                    .ok_or("trailing backslash at end of expression")?,
            ),
            '(' => {
                let kept = !(self.next_if('?') && self.next_if(':'));
                self.groups += usize::from(kept);
                let number = kept.then_some(self.groups);
                let inner = self.alternatives()?;
                if !self.next_if(')') {
                    return Err("missing closing )");
                }
                Node::Group(number, inner)
            }
            c => Node::Char(c),
        })
    }

    fn repeated(&mut self, node: Node) -> Result<Node, &'static str> {
        let (least, most) = match self.peek() {
            Some('*') => (0, u32::MAX),
            Some('+') => (1, u32::MAX),
            Some('?') => (0, 1),
            Some('{') => match self.counts() {
                Some((low, high, length)) => {
                    self.at += length - 1;
                    (low, high)
                }
                None if self.posix => return Err("invalid content of {}"),
                None => return Ok(node),
            },
            _ => return Ok(node),
        };
        self.at += 1;
        let lazy = !self.posix && self.next_if('?');
        Ok(Node::Repeat {
            node: Box::new(node),
            least,
            most,
            lazy,
        })
    }

    /// `{2}`, `{2,}`, `{2,5}`: the numbers, and how many characters they are.
    fn counts(&self) -> Option<(u32, u32, usize)> {
        let rest = self.chars.get(self.at + 1..)?;
        let end = rest.iter().position(|c| *c == '}')?;
        let text: String = rest.get(..end)?.iter().collect();
        let (low, high) = match text.split_once(',') {
            None => (text.parse().ok()?, text.parse().ok()?),
            Some((low, "")) => (low.parse().ok()?, u32::MAX),
            Some(("", high)) => (0, high.parse().ok()?),
            Some((low, high)) => (low.parse().ok()?, high.parse().ok()?),
        };
        (low <= high && low <= 1_000).then_some((low, high, end + 2))
    }

    fn set(&mut self) -> Result<Node, &'static str> {
        let negated = self.next_if('^');
        let mut ranges = Vec::new();
        loop {
            let mut c = self.next().ok_or("missing closing ]")?;
            if c == ']' && !ranges.is_empty() {
                return Ok(Node::Set(negated, ranges));
            }
            if c == '[' && self.next_if(':') {
                let from = self.at;
                while self.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
                    self.at += 1;
                }
                let name: String = self
                    .chars
                    .get(from..self.at)
                    .unwrap_or_default()
                    .iter()
                    .collect();
                if !(self.next_if(':') && self.next_if(']')) {
                    return Err("missing closing ]");
                }
                ranges.extend(class(&name).ok_or("invalid character class")?);
                continue;
            }
            if c == '\\' && !self.posix {
                match escaped(self.next().ok_or("missing closing ]")?) {
                    Node::Set(false, mut more) => {
                        ranges.append(&mut more);
                        continue;
                    }
                    Node::Char(literal) => c = literal,
                    _ => continue,
                }
            }
            let dash = self.peek() == Some('-') && self.chars.get(self.at + 1) != Some(&']');
            if dash {
                self.at += 1;
                let high = self.next().ok_or("missing closing ]")?;
                ranges.push((c, high));
            } else {
                ranges.push((c, c));
            }
        }
    }
}

/// What stands for `[:name:]`.
fn class(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "digit" => &[('0', '9')],
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "upper" => &[('A', 'Z')],
        "lower" => &[('a', 'z')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "print" => &[(' ', '~')],
        "graph" => &[('!', '~')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        "cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        _ => return None,
    })
}

fn escaped(c: char) -> Node {
    let set = |ranges: &[(char, char)]| Node::Set(c.is_uppercase(), ranges.to_vec());
    match c.to_ascii_lowercase() {
        'd' => set(&[('0', '9')]),
        'w' => set(&[('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')]),
        's' => set(&[(' ', ' '), ('\t', '\t')]),
        _ => Node::Char(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_put_where_their_numbers_stand() {
        let rows = [
            (
                r"(.*)\.corp\.test",
                "{1}.default.svc.cluster.local.",
                "web.corp.test.",
                Some("web.default.svc.cluster.local."),
            ),
            (
                r"^(\w+)-([0-9]+)\.x\.$",
                "{2}.{1}.",
                "db-12.x.",
                Some("12.db."),
            ),
            (r"(a|b)+c?", "<{1}>", "xabab", Some("<b>")),
            (r"(.*?)\.(.*)", "{2}|{1}", "a.b.c", Some("b.c|a")),
            (r"[^a-c.]z", "hit", "az.bz.dz", Some("hit")),
            (r"(?:ab)*d", "hit", "ababd", Some("hit")),
            (r"nope", "x", "web", None),
        ];
        for (pattern, by, text, wanted) in rows {
            let found = Regex::parse(pattern).unwrap().replace(text, by);
            assert_eq!(found.as_deref(), wanted, "{pattern}");
        }
    }

    #[test]
    fn mistakes_are_told_and_hard_cases_end() {
        assert!(
            Regex::parse("(a")
                .unwrap_err()
                .contains("missing closing )")
        );
        assert!(
            Regex::parse("*a").is_err()
                && Regex::parse("[a").is_err()
                && Regex::parse("a)").is_err()
        );
        let hard = Regex::parse("(a*)*(a*)*(a*)*b").unwrap();
        assert_eq!(hard.captures(&"a".repeat(200)), None);
    }
}
