//! Cuts a line of the command language into words and operators, with their places.
//!
//! Models the token recognition of POSIX.1-2024, section 2.3, and what ash and bash add to it; process substitution and
//! arrays are named as unsupported.

use super::closing::{
    closing_backquote, closing_brace, closing_escapes, closing_parenthesis, closing_quote,
};
use super::parser;
use super::printing::unescaped;
use super::script::{Fault, Form, Part, Word, is_reserved};
use super::surroundings::Dialect;
use std::ops::Range;
use std::rc::Rc;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word.
    Word(Word),
    /// `;`, `&`, `&&`, `||`, `|`, `(`, `)`, `;;` or a newline.
    Operator(&'static str, Range<usize>),
    /// A redirection operator with its descriptor.
    Redirect {
        /// The descriptor.
        descriptor: u8,
        /// `>`, `>>`, `<`, `>&`, `<&`, `<<`, `<<-`.
        operator: &'static str,
        /// The text of a here-document.
        here: Option<Word>,
        /// Its place.
        span: Range<usize>,
    },
}

const OPERATORS: &[&str] = &["&&", "||", ";;", ";", "&", "|", "(", ")", "\n"];
const REDIRECTS: &[&str] = &[
    "<<<", "<<-", "<<", ">>", ">&", "<&", "<>", ">|", "&>", ">", "<",
];

/// All tokens of a text.
pub(super) fn tokens(text: &str, dialect: Dialect) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer::new(text, dialect);
    lexer.run()?;
    Ok(lexer.out)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
    /// Whether it is between `[[` and `]]`, where operators are words.
    tests: bool,
    /// Whether the text is one word: blanks and operators stand for themselves.
    whole: bool,
    /// Here-documents whose text begins after this line: the token, the delimiter, whether it was quoted, `<<-`.
    pending: Vec<(usize, String, bool, bool)>,
    out: Vec<Token>,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, dialect: Dialect) -> Self {
        Self {
            text,
            at: 0,
            dialect,
            tests: false,
            whole: false,
            pending: Vec::new(),
            out: Vec::new(),
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn unsupported<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault::Unsupported {
            what,
            span: self.at..self.text.len().min(self.at + 2),
        })
    }

    fn run(&mut self) -> Result<(), Fault> {
        while let Some(c) = self.peek() {
            let start = self.at;
            match c {
                ' ' | '\t' | '\r' => self.at += 1,
                '\\' if self.rest().starts_with("\\\n") => self.at += 2,
                '#' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                _ if self.tests && self.test_word(start)? => {}
                _ if self.redirect(start)? => {}
                _ => match OPERATORS.iter().find(|op| self.rest().starts_with(**op)) {
                    Some(operator) => {
                        self.at += operator.len();
                        self.out.push(Token::Operator(operator, start..self.at));
                        if *operator == "\n" {
                            self.here_documents()?;
                        }
                    }
                    None => {
                        let word = self.word()?;
                        self.tests |= word.literal() == Some("[[")
                            && self.dialect != Dialect::Dash
                            && self.begins_a_command();
                        self.out.push(Token::Word(word));
                    }
                },
            }
        }
        if self.pending.is_empty() {
            Ok(())
        } else {
            Err(Fault::Incomplete(""))
        }
    }

    /// Whether the next word is the first of a command.
    fn begins_a_command(&self) -> bool {
        match self.out.last() {
            None | Some(Token::Operator(..)) => true,
            Some(Token::Word(word)) => word
                .literal()
                .is_some_and(|w| is_reserved(w) && !matches!(w, "in" | "for" | "case")),
            Some(Token::Redirect { .. }) => false,
        }
    }

    /// Reads a word between `[[` and `]]`, if one stands here that would not be one elsewhere.
    fn test_word(&mut self, start: usize) -> Result<bool, Fault> {
        let bash = self.dialect == Dialect::Bash;
        let matching = matches!(self.out.last(), Some(Token::Word(w)) if w.literal() == Some("=~"));
        let own: &[&str] = if bash {
            &["&&", "||", "(", ")", "<", ">"]
        } else {
            &["&&", "||"]
        };
        let found = own.iter().find(|op| self.rest().starts_with(**op));
        let mut word = Word::default();
        if bash && matching {
            // A regular expression goes up to the next blank.
            let end = self
                .rest()
                .find([' ', '\t', '\n'])
                .unwrap_or(self.rest().len());
            let text = self.rest().get(..end).unwrap_or_default();
            let mut inner = Lexer::new(text, self.dialect);
            inner.whole = true;
            word.parts = inner.word()?.parts;
            self.at += end;
        } else if let Some(operator) = found {
            self.at += operator.len();
            word.parts.push(Part::Plain((*operator).to_owned()));
        } else {
            if self.rest().starts_with("]]") {
                self.tests = false;
            }
            return Ok(false);
        }
        word.span = start..self.at;
        self.out.push(Token::Word(word));
        Ok(true)
    }

    /// Reads a redirection operator, if one stands here.
    fn redirect(&mut self, start: usize) -> Result<bool, Fault> {
        let rest = self.rest();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = rest.get(digits..).unwrap_or_default();
        let Some(operator) = REDIRECTS.iter().find(|op| after.starts_with(**op)) else {
            return Ok(false);
        };
        let bash = self.dialect == Dialect::Bash;
        let dash = self.dialect == Dialect::Dash;
        if *operator == "&>" && dash {
            return Ok(false);
        }
        let process = after.starts_with("<(") || after.starts_with(">(");
        if digits > 1 || process && !dash {
            return self.unsupported(if digits > 1 {
                "file descriptors above 2"
            } else {
                "process substitution"
            });
        }
        let default = u8::from(!operator.starts_with('<'));
        let descriptor = rest
            .get(..digits)
            .and_then(|d| d.parse().ok())
            .unwrap_or(default);
        self.at += digits + operator.len();
        match *operator {
            "<<<" if !bash => {
                return Err(Fault::Unexpected {
                    text: "redirection".to_owned(),
                    span: start..self.at,
                    expecting: "",
                });
            }
            "<>" => return self.unsupported("<>"),
            _ if descriptor > 2 => return self.unsupported("file descriptors above 2"),
            _ => {}
        }
        self.out.push(Token::Redirect {
            descriptor,
            operator,
            here: None,
            span: start..self.at,
        });
        if operator.starts_with("<<") && *operator != "<<<" {
            while matches!(self.peek(), Some(' ' | '\t')) {
                self.at += 1;
            }
            let index = self.out.len() - 1;
            let word = self.word()?;
            if word.parts.is_empty() {
                return Err(Fault::Unexpected {
                    text: "newline".to_owned(),
                    span: start..self.at,
                    expecting: "",
                });
            }
            let quoted = word
                .parts
                .iter()
                .any(|part| !matches!(part, Part::Plain(_)));
            let delimiter = word.parts.iter().map(|part| match part {
                Part::Plain(text) | Part::Quoted(text) => text.clone(),
                Part::Variable { name, .. } => format!("${name}"),
                Part::Command { .. } | Part::Arithmetic { .. } => String::new(),
            });
            self.pending
                .push((index, delimiter.collect(), quoted, *operator == "<<-"));
        }
        Ok(true)
    }

    /// Reads the texts of the here-documents that the line before asked for.
    fn here_documents(&mut self) -> Result<(), Fault> {
        for (index, delimiter, quoted, tabs) in std::mem::take(&mut self.pending) {
            let start = self.at;
            let mut body = String::new();
            loop {
                if self.rest().is_empty() {
                    return Err(Fault::Incomplete(""));
                }
                let end = self
                    .rest()
                    .find('\n')
                    .map_or(self.text.len(), |at| self.at + at);
                let line = self.text.get(self.at..end).unwrap_or_default();
                let line = if tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                self.at = (end + 1).min(self.text.len());
                if line == delimiter {
                    break;
                }
                body.push_str(line);
                body.push('\n');
            }
            let parts = if quoted {
                vec![Part::Quoted(body)]
            } else {
                quoted_parts(&body, self.dialect)?
            };
            if let Some(Token::Redirect { here, .. }) = self.out.get_mut(index) {
                *here = Some(Word {
                    parts,
                    span: start..self.at,
                });
            }
        }
        Ok(())
    }

    fn word(&mut self) -> Result<Word, Fault> {
        let start = self.at;
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | '\r' | ';' | '&' | '|' | '(' | ')' | '<' | '>'
                    if !self.whole =>
                {
                    break;
                }
                '\\' => {
                    self.at += 1;
                    match self.next() {
                        Some('\n') => {}
                        Some(c) => push(&mut parts, &c.to_string(), true),
                        None => return Err(Fault::Incomplete("")),
                    }
                }
                '\'' => {
                    let end = self
                        .rest()
                        .get(1..)
                        .and_then(|rest| rest.find('\''))
                        .ok_or(Fault::Incomplete("'"))?;
                    push(
                        &mut parts,
                        self.text
                            .get(self.at + 1..self.at + 1 + end)
                            .unwrap_or_default(),
                        true,
                    );
                    self.at += end + 2;
                }
                '"' => {
                    let end =
                        self.at + closing_quote(self.rest()).ok_or(Fault::Incomplete("\""))?;
                    let inner = self.text.get(self.at + 1..end).unwrap_or_default();
                    if inner.is_empty() {
                        push(&mut parts, "", true);
                    }
                    parts.extend(quoted_parts(inner, self.dialect)?);
                    self.at = end + 1;
                }
                '$' | '`' => {
                    let part = self.dollar(false)?;
                    parts.push(part);
                }
                _ => {
                    self.at += c.len_utf8();
                    push(&mut parts, c.encode_utf8(&mut [0; 4]), false);
                }
            }
        }
        Ok(Word {
            parts,
            span: start..self.at,
        })
    }

    /// Reads what `$` or a backquote begins.
    fn dollar(&mut self, quoted: bool) -> Result<Part, Fault> {
        let rest = self.rest();
        if rest.starts_with("$((")
            && let Some(end) = closing_parenthesis(rest)
            && let Some(inner) = rest.get(3..end).and_then(|inner| inner.strip_suffix(')'))
        {
            let text = Word {
                parts: quoted_parts(inner, self.dialect)?,
                span: self.at..self.at + end + 1,
            };
            self.at += end + 1;
            return Ok(Part::Arithmetic { text, quoted });
        }
        if rest.starts_with("$'") && !quoted && self.dialect != Dialect::Dash {
            let end = closing_escapes(rest).ok_or(Fault::Incomplete("'"))?;
            let text = rest.get(2..end).unwrap_or_default();
            let text = unescaped(&text.replace("\\'", "'").replace("\\\"", "\""));
            self.at += end + 1;
            return Ok(Part::Quoted(text));
        }
        if rest.starts_with("$\"") && !quoted && self.dialect == Dialect::Bash {
            self.at += 1;
            return Ok(Part::Quoted(String::new()));
        }
        if rest.starts_with("$(") || rest.starts_with('`') {
            let (inner, length) = if rest.starts_with('`') {
                let end = closing_backquote(rest).ok_or(Fault::Incomplete("`"))?;
                let inner = rest.get(1..end).unwrap_or_default();
                let inner = inner.replace("\\`", "`").replace("\\$", "$");
                (inner.replace("\\\\", "\\"), end + 1)
            } else {
                let end = closing_parenthesis(rest).ok_or(Fault::Incomplete(")"))?;
                (rest.get(2..end).unwrap_or_default().to_owned(), end + 1)
            };
            let inner = inner.as_str();
            let script = Rc::new(parser::parse(inner, self.dialect)?);
            self.at += length;
            return Ok(Part::Command { script, quoted });
        }
        if rest.starts_with("${") {
            return self.braced(quoted);
        }
        let after = rest.get(1..).unwrap_or_default();
        let length = name_length(after);
        let name = after.get(..length).unwrap_or_default().to_owned();
        self.at += 1 + length;
        Ok(match name.as_str() {
            "" if quoted => Part::Quoted("$".to_owned()),
            "" => Part::Plain("$".to_owned()),
            _ => Part::Variable {
                name,
                form: Form::Plain,
                quoted,
            },
        })
    }
}

impl Lexer<'_> {
    /// Reads `${…}`.
    fn braced(&mut self, quoted: bool) -> Result<Part, Fault> {
        let after = self.rest().get(2..).unwrap_or_default();
        let end = closing_brace(after).ok_or(Fault::Incomplete("${"))?;
        let inner = after.get(..end).unwrap_or_default();
        if let Some(name) = inner.strip_prefix('#')
            && name_length(name) == name.len()
            && !name.is_empty()
        {
            let name = name.to_owned();
            self.at += end + 3;
            return Ok(Part::Variable {
                name,
                form: Form::Length,
                quoted,
            });
        }
        let indirect = inner.strip_prefix('!').filter(|name| {
            self.dialect == Dialect::Bash && name_length(name) == name.len() && !name.is_empty()
        });
        // Between braces an argument's number has as many digits as it likes.
        let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
        let length = name_length(inner).max(digits);
        let (name, tail) = inner.split_at(length);
        let (name, form) = match indirect {
            Some(name) => (name, Form::Indirect),
            None => (
                name,
                self.form(tail, quoted)?
                    .filter(|_| length > 0)
                    .unwrap_or(Form::Bad(inner.to_owned())),
            ),
        };
        let name = name.to_owned();
        self.at += end + 3;
        Ok(Part::Variable { name, form, quoted })
    }

    /// A word of `${…}`, which goes up to its end.
    fn inner(&self, text: &str, quoted: bool) -> Result<Word, Fault> {
        if quoted {
            return Ok(Word {
                parts: quoted_parts(text, self.dialect)?,
                span: 0..0,
            });
        }
        let mut lexer = Lexer::new(text, self.dialect);
        lexer.whole = true;
        lexer.word()
    }

    /// What stands behind a variable's name in `${…}`; nothing if the shell has no such form.
    fn form(&self, tail: &str, quoted: bool) -> Result<Option<Form>, Fault> {
        if tail.is_empty() {
            return Ok(Some(Form::Plain));
        }
        let (empty, rest) = match tail.strip_prefix(':') {
            Some(rest) => (true, rest),
            None => (false, tail),
        };
        if let Some(operator) = rest.chars().next().filter(|c| "-=+?".contains(*c)) {
            let word = self.inner(rest.get(1..).unwrap_or_default(), quoted)?;
            return Ok(Some(Form::Test {
                operator,
                empty,
                word,
            }));
        }
        for (sign, front, longest) in [
            ("##", true, true),
            ("#", true, false),
            ("%%", false, true),
            ("%", false, false),
        ] {
            if let Some(pattern) = tail.strip_prefix(sign) {
                return Ok(Some(Form::Cut {
                    front,
                    longest,
                    pattern: self.inner(pattern, false)?,
                }));
            }
        }
        if self.dialect == Dialect::Dash {
            return Ok(None);
        }
        if empty {
            let (from, length) = rest
                .split_once(':')
                .map_or((rest, None), |(f, l)| (f, Some(l)));
            return Ok(Some(Form::Slice {
                from: self.inner(from, true)?,
                length: length.map(|length| self.inner(length, true)).transpose()?,
            }));
        }
        if let Some(rest) = tail.strip_prefix('/') {
            let how = rest.chars().next().filter(|c| "/#%".contains(*c));
            let rest = how.map_or(rest, |_| rest.get(1..).unwrap_or_default());
            let (pattern, with) = rest.split_once('/').unwrap_or((rest, ""));
            return Ok(Some(Form::Replace {
                how: how.unwrap_or(' '),
                pattern: self.inner(pattern, false)?,
                with: self.inner(with, quoted)?,
            }));
        }
        let upper = tail.starts_with('^');
        let letters = matches!(tail, "^" | "^^" | "," | ",,") && self.dialect == Dialect::Bash;
        Ok(letters.then_some(Form::Letters {
            upper,
            all: tail.len() == 2,
        }))
    }
}

/// The length of a variable's name at the beginning of a text.
fn name_length(text: &str) -> usize {
    match text.bytes().next() {
        Some(b'?' | b'$' | b'#' | b'@' | b'*' | b'!' | b'-' | b'0'..=b'9') => 1,
        Some(b) if b.is_ascii_alphabetic() || b == b'_' => text
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count(),
        _ => 0,
    }
}

/// Adds text to the last piece, if that is of the same sort.
fn push(parts: &mut Vec<Part>, text: &str, quoted: bool) {
    match (parts.last_mut(), quoted) {
        (Some(Part::Quoted(last)), true) | (Some(Part::Plain(last)), false) => last.push_str(text),
        (_, true) => parts.push(Part::Quoted(text.to_owned())),
        (_, false) => parts.push(Part::Plain(text.to_owned())),
    }
}

/// The pieces of a text in double quotes, or of a here-document.
fn quoted_parts(text: &str, dialect: Dialect) -> Result<Vec<Part>, Fault> {
    let mut lexer = Lexer::new(text, dialect);
    let mut parts = Vec::new();
    while let Some(c) = lexer.peek() {
        match c {
            '\\' => {
                lexer.at += 1;
                match lexer.next() {
                    Some(c @ ('$' | '`' | '"' | '\\')) => {
                        push(&mut parts, c.encode_utf8(&mut [0; 4]), true);
                    }
                    Some('\n') => {}
                    Some(c) => push(&mut parts, &format!("\\{c}"), true),
                    None => push(&mut parts, "\\", true),
                }
            }
            '$' | '`' => {
                let part = lexer.dollar(true)?;
                parts.push(part);
            }
            _ => {
                lexer.at += c.len_utf8();
                push(&mut parts, c.encode_utf8(&mut [0; 4]), true);
            }
        }
    }
    Ok(parts)
}
