//! Reads kubectl's dialect of `JSONPath` as client-go's parser does: what it refuses, in its words.

use crate::api::Value;

/// A bound of an index or a slice.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bound {
    pub(super) value: i64,
    pub(super) known: bool,
    /// One more than the start: a lone index is a slice of one.
    pub(super) derived: bool,
}

/// One node of a template.
#[derive(Debug)]
pub(super) enum Node {
    /// What stands in one pair of braces.
    List(Vec<Self>),
    /// Text outside of braces, or in quotes.
    Text(Value),
    /// A number or a truth value, one for each value before it.
    Literal(Value),
    Field(String),
    Array([Bound; 3]),
    /// The left side, the operator (nothing asks whether the left side exists), the right side.
    Filter(Vec<Self>, String, Vec<Self>),
    Wildcard,
    Recursive,
    Union(Vec<Vec<Self>>),
    /// `range`, `end`, or a word that means nothing.
    Identifier(String),
}

/// Reads a template.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let mut nodes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            nodes.push(Node::Text(Value::from(before)));
        }
        let mut action = Action {
            input: after,
            at: 0,
            nodes: Vec::new(),
        };
        action.read()?;
        rest = after.get(action.at..).unwrap_or_default();
        nodes.push(Node::List(action.nodes));
    }
    if !rest.is_empty() {
        nodes.push(Node::Text(Value::from(rest)));
    }
    Ok(nodes)
}

/// The nodes of an expression that stands in brackets.
fn inner(text: &str) -> Result<Vec<Node>, String> {
    let first = parse(&format!("{{{text}}}"))?.into_iter().next();
    Ok(match first {
        Some(Node::List(nodes)) => nodes,
        _ => Vec::new(),
    })
}

/// What stands between braces, being read.
struct Action<'t> {
    input: &'t str,
    at: usize,
    nodes: Vec<Node>,
}

impl<'t> Action<'t> {
    fn rest(&self) -> &'t str {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<char> {
        let found = self.rest().chars().next();
        self.at += found.map_or(0, char::len_utf8);
        found
    }

    /// Up to and with the closing brace.
    fn read(&mut self) -> Result<(), String> {
        loop {
            let rest = self.rest();
            if rest.starts_with('}') {
                self.at += 1;
                return Ok(());
            }
            if rest.starts_with("[?(") {
                self.filter()?;
                continue;
            }
            if rest.starts_with("..") {
                if matches!(self.nodes.last(), Some(Node::Recursive)) {
                    return Err("invalid multiple recursive descent".to_owned());
                }
                self.at += 2;
                self.nodes.push(Node::Recursive);
                if self.rest().starts_with(is_alphanumeric) {
                    self.field();
                }
                continue;
            }
            match self.next() {
                None | Some('\r' | '\n') => return Err("unclosed action".to_owned()),
                Some(' ' | '@' | '$') => {}
                Some('[') => self.array()?,
                Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
                Some('.') => self.field(),
                Some(c) if c == '+' || c == '-' || c.is_numeric() => self.number(c)?,
                Some(c) if is_alphanumeric(c) => {
                    self.at -= c.len_utf8();
                    let end = self.rest().find(is_terminator);
                    let word = self.take(end.unwrap_or(self.rest().len()));
                    self.nodes.push(match word {
                        "true" | "false" => Node::Literal(Value::Bool(word == "true")),
                        _ => Node::Identifier(word.to_owned()),
                    });
                }
                Some(c) => {
                    return Err(format!(
                        "unrecognized character in action: U+{:04X} '{c}'",
                        u32::from(c)
                    ));
                }
            }
        }
    }

    /// The next bytes, which are passed.
    fn take(&mut self, length: usize) -> &'t str {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    /// A field after its dot: a terminator behind a backslash belongs to the name.
    fn field(&mut self) {
        let mut name = String::new();
        let mut plain = true;
        while let Some(c) = self.rest().chars().next() {
            if c == '\\' {
                self.at += 1;
                plain = false;
                name.extend(self.next());
            } else if is_terminator(c) {
                break;
            } else {
                self.at += c.len_utf8();
                name.push(c);
            }
        }
        self.nodes.push(if plain && name == "*" {
            Node::Wildcard
        } else {
            Node::Field(name)
        });
    }

    fn number(&mut self, first: char) -> Result<(), String> {
        self.at -= first.len_utf8();
        let digits = self.rest().char_indices().skip(1);
        let mut digits = digits.filter(|(_, c)| *c != '.' && !c.is_numeric());
        let end = digits.next().map_or(self.rest().len(), |(at, _)| at);
        let text = self.take(end);
        let digit = text.contains(|c: char| c.is_ascii_digit());
        let value = match text.trim_start_matches('+').parse() {
            Ok(number) => Value::Int(number),
            Err(_) if digit && text.matches('.').count() == 1 => Value::Float(text.to_owned()),
            Err(_) => return Err(format!("cannot parse number {text}")),
        };
        self.nodes.push(Node::Literal(value));
        Ok(())
    }

    /// `"…"`, in which Go's escapes count.
    fn quoted(&mut self, quote: char) -> Result<(), String> {
        let from = self.at;
        let mut before = quote;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated quoted string".to_owned()),
                Some(c) if c == quote && before != '\\' => break,
                Some(c) => before = c,
            }
        }
        let body = self.input.get(from..self.at - 1).unwrap_or_default();
        let text = unquoted(body, quote)
            .ok_or_else(|| format!("unquote string {quote}{body}{quote} error invalid syntax"))?;
        self.nodes.push(Node::Text(Value::Str(text)));
        Ok(())
    }

    /// `[0]`, `[1:3]`, `[*]`, `['a']`, `[0,2]`.
    fn array(&mut self) -> Result<(), String> {
        let unterminated = || "unterminated array".to_owned();
        let end = self.rest().find([']', '\n']).ok_or_else(unterminated)?;
        let body = self.take(end);
        if self.next() != Some(']') {
            return Err(unterminated());
        }
        if body.contains(',') {
            let parts = body.split(',');
            let parts = parts.map(|part| inner(&format!("[{}]", part.trim_matches(' '))));
            self.nodes
                .push(Node::Union(parts.collect::<Result<_, _>>()?));
            return Ok(());
        }
        let key = body.strip_prefix('\'').and_then(|b| b.strip_suffix('\''));
        if let Some(key) = key.filter(|key| !key.contains('\'')) {
            self.nodes.extend(inner(&format!(".{key}"))?);
            return Ok(());
        }
        let bounds = bounds(if body == "*" { ":" } else { body })?;
        self.nodes.push(Node::Array(bounds));
        Ok(())
    }

    /// `[?(@.a=="b")]`: quotes, once, hide what would end it.
    fn filter(&mut self) -> Result<(), String> {
        self.at += 3;
        let from = self.at;
        let mut quote = None;
        let mut closed = false;
        let mut before = '(';
        loop {
            let c = self.next();
            match c {
                None | Some('\n') => return Err("unterminated filter".to_owned()),
                Some(c @ ('"' | '\'')) => match quote {
                    None => quote = Some(c),
                    Some(open) if open == c && before != '\\' => closed = true,
                    Some(_) => {}
                },
                Some(')') if quote.is_some() == closed => break,
                Some(_) => {}
            }
            before = c.unwrap_or(before);
        }
        let body = self.input.get(from..self.at - 1).unwrap_or_default();
        if self.next() != Some(']') {
            return Err("unclosed array expect ]".to_owned());
        }
        let is_operator = |c: char| "!<>=".contains(c);
        let start = body.find(is_operator).filter(|at| *at > 0);
        let split = start.and_then(|at| {
            let (left, after) = body.split_at(at);
            // What is compared with has at least one character.
            let last = after.char_indices().next_back().map_or(0, |(at, _)| at);
            let end = after.find(|c| !is_operator(c)).unwrap_or(last).min(last);
            (end > 0).then(|| {
                (
                    left,
                    after.get(..end).unwrap_or_default(),
                    after.get(end..).unwrap_or_default(),
                )
            })
        });
        self.nodes.push(match split {
            Some((left, operator, right)) => {
                Node::Filter(inner(left)?, operator.to_owned(), inner(right)?)
            }
            None => Node::Filter(inner(body)?, String::new(), Vec::new()),
        });
        Ok(())
    }
}

/// `1`, `1:3`, `::2`, as the regular expression of client-go splits them.
fn bounds(text: &str) -> Result<[Bound; 3], String> {
    let wrong = || format!("invalid array index {text}");
    let mut bounds = [Bound::default(); 3];
    let mut parts = text.split(':');
    let mut given = 0;
    for bound in &mut bounds {
        let Some(part) = parts.next() else { break };
        given += 1;
        let digits = part.strip_prefix('-').unwrap_or(part);
        if digits.contains(|c: char| !c.is_ascii_digit()) {
            return Err(wrong());
        }
        if !part.is_empty() {
            bound.known = true;
            let number = part.parse();
            bound.value = number.map_err(|_| format!("array index {part} is not a number"))?;
        }
    }
    if parts.next().is_some() {
        return Err(wrong());
    }
    let [first, second, _] = &mut bounds;
    if given == 1 {
        *second = Bound {
            value: first.value + 1,
            known: true,
            derived: true,
        };
    }
    Ok(bounds)
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn is_terminator(c: char) -> bool {
    " \t\r\n.,[]$@{}".contains(c)
}

/// Text in which Go's escapes are replaced; nothing where one is none.
pub(in crate::shell::kubectl) fn unquoted(text: &str, quote: char) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next()? {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' => '\\',
            c if c == quote => c,
            kind @ ('x' | 'u' | 'U') => {
                let digits = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let hex: String = chars.by_ref().take(digits).collect();
                if hex.len() != digits {
                    return None;
                }
                char::from_u32(u32::from_str_radix(&hex, 16).ok()?)?
            }
            _ => return None,
        });
    }
    Some(out)
}
