//! Cuts a line of the command language into words and operators, with their places.
//!
//! Models the token recognition of POSIX.1-2024, section 2.3, as `BusyBox` ash does it; process substitution and what
//! bash adds to `${…}` are named as unsupported.

use super::parser;
use super::script::{Fault, Form, Part, Word};
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
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer {
        text,
        at: 0,
        whole: false,
        pending: Vec::new(),
        out: Vec::new(),
    };
    lexer.run()?;
    Ok(lexer.out)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Whether the text is one word: blanks and operators stand for themselves.
    whole: bool,
    /// Here-documents whose text begins after this line: the token, the delimiter, whether it was quoted, `<<-`.
    pending: Vec<(usize, String, bool, bool)>,
    out: Vec<Token>,
}

impl Lexer<'_> {
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
                        self.out.push(Token::Word(word));
                    }
                },
            }
        }
        if self.pending.is_empty() {
            Ok(())
        } else {
            Err(Fault::Incomplete)
        }
    }

    /// Reads a redirection operator, if one stands here.
    fn redirect(&mut self, start: usize) -> Result<bool, Fault> {
        let rest = self.rest();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let after = rest.get(digits..).unwrap_or_default();
        let Some(operator) = REDIRECTS.iter().find(|op| after.starts_with(**op)) else {
            return Ok(false);
        };
        if digits > 1 || after.starts_with("<(") || after.starts_with(">(") {
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
            "<<<" => return self.unsupported("here-strings (<<<)"),
            "<>" => return self.unsupported("<>"),
            "&>" => return self.unsupported("&> (write > file 2>&1)"),
            _ if descriptor > 2 => return self.unsupported("file descriptors above 2"),
            _ => {}
        }
        let operator = if *operator == ">|" { ">" } else { operator };
        self.out.push(Token::Redirect {
            descriptor,
            operator,
            here: None,
            span: start..self.at,
        });
        if operator.starts_with("<<") {
            while matches!(self.peek(), Some(' ' | '\t')) {
                self.at += 1;
            }
            let index = self.out.len() - 1;
            let word = self.word()?;
            if word.parts.is_empty() {
                return Err(Fault::Unexpected {
                    text: "newline".to_owned(),
                    span: start..self.at,
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
                .push((index, delimiter.collect(), quoted, operator == "<<-"));
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
                    return Err(Fault::Incomplete);
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
                quoted_parts(&body)?
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
                        None => return Err(Fault::Incomplete),
                    }
                }
                '\'' => {
                    let end = self
                        .rest()
                        .get(1..)
                        .and_then(|rest| rest.find('\''))
                        .ok_or(Fault::Incomplete)?;
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
                    let end = self.at + closing_quote(self.rest()).ok_or(Fault::Incomplete)?;
                    let inner = self.text.get(self.at + 1..end).unwrap_or_default();
                    if inner.is_empty() {
                        push(&mut parts, "", true);
                    }
                    parts.extend(quoted_parts(inner)?);
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
                parts: quoted_parts(inner)?,
                span: self.at..self.at + end + 1,
            };
            self.at += end + 1;
            return Ok(Part::Arithmetic { text, quoted });
        }
        if rest.starts_with("$'") && !quoted {
            return self.unsupported("$'…' quotes");
        }
        if rest.starts_with("$(") || rest.starts_with('`') {
            let (inner, length) = if rest.starts_with('`') {
                let end = closing_backquote(rest).ok_or(Fault::Incomplete)?;
                let inner = rest.get(1..end).unwrap_or_default();
                let inner = inner.replace("\\`", "`").replace("\\$", "$");
                (inner.replace("\\\\", "\\"), end + 1)
            } else {
                let end = closing_parenthesis(rest).ok_or(Fault::Incomplete)?;
                (rest.get(2..end).unwrap_or_default().to_owned(), end + 1)
            };
            let inner = inner.as_str();
            let script = Rc::new(parser::parse(inner)?);
            self.at += length;
            return Ok(Part::Command { script, quoted });
        }
        if let Some(after) = rest.strip_prefix("${") {
            let end = closing_brace(after).ok_or(Fault::Incomplete)?;
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
            let length = name_length(inner);
            let (name, tail) = inner.split_at(length);
            let Some(form) = form(tail, quoted)?.filter(|_| length > 0) else {
                return self.unsupported("this form of ${…}");
            };
            let name = name.to_owned();
            self.at += end + 3;
            return Ok(Part::Variable { name, form, quoted });
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

/// What stands behind a variable's name in `${…}`; nothing if it is no form of POSIX.
fn form(tail: &str, quoted: bool) -> Result<Option<Form>, Fault> {
    if tail.is_empty() {
        return Ok(Some(Form::Plain));
    }
    let word = |text: &str, quoted: bool| -> Result<Word, Fault> {
        if quoted {
            return Ok(Word {
                parts: quoted_parts(text)?,
                span: 0..0,
            });
        }
        let mut lexer = Lexer {
            text,
            at: 0,
            whole: true,
            pending: Vec::new(),
            out: Vec::new(),
        };
        lexer.word()
    };
    let (empty, rest) = match tail.strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, tail),
    };
    if let Some(operator) = rest.chars().next().filter(|c| "-=+?".contains(*c)) {
        let word = word(rest.get(1..).unwrap_or_default(), quoted)?;
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
                pattern: word(pattern, false)?,
            }));
        }
    }
    Ok(None)
}

/// The length of a variable's name at the beginning of a text.
fn name_length(text: &str) -> usize {
    match text.bytes().next() {
        Some(b'?' | b'$' | b'#' | b'@' | b'*' | b'!' | b'0'..=b'9') => 1,
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
fn quoted_parts(text: &str) -> Result<Vec<Part>, Fault> {
    let mut lexer = Lexer {
        text,
        at: 0,
        whole: false,
        pending: Vec::new(),
        out: Vec::new(),
    };
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

/// Where the backquote at the beginning of a text closes.
fn closing_backquote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let closes = c == '`' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// Where the brace closes in whose middle a text begins.
fn closing_brace(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.chars().next()? {
            '}' => return Some(at),
            '\'' => at += rest.get(1..)?.find('\'')? + 2,
            '"' => at += closing_quote(rest)? + 1,
            '\\' => at += 1 + rest.get(1..)?.chars().next().map_or(1, char::len_utf8),
            '$' if rest.starts_with("${") => at += closing_brace(rest.get(2..)?)? + 3,
            '$' if rest.starts_with("$(") => at += closing_parenthesis(rest)? + 1,
            c => at += c.len_utf8(),
        }
    }
    None
}

/// Where the double quote at the beginning of a text closes.
fn closing_quote(text: &str) -> Option<usize> {
    let mut at = 1;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.chars().next()? {
            '"' => return Some(at),
            '\\' => at += 1 + rest.get(1..)?.chars().next().map_or(1, char::len_utf8),
            '$' if rest.starts_with("$(") => at += closing_parenthesis(rest)? + 1,
            '$' if rest.starts_with("${") => at += closing_brace(rest.get(2..)?)? + 3,
            c => at += c.len_utf8(),
        }
    }
    None
}

/// Where the parenthesis of a `$(` at the beginning of a text closes.
fn closing_parenthesis(text: &str) -> Option<usize> {
    let mut at = 2;
    let mut depth = 1usize;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.chars().next()? {
            '(' => {
                depth += 1;
                at += 1;
            }
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
                at += 1;
            }
            '\'' => at += rest.get(1..)?.find('\'')? + 2,
            '"' => at += closing_quote(rest)? + 1,
            '\\' => at += 1 + rest.get(1..)?.chars().next().map_or(1, char::len_utf8),
            c => at += c.len_utf8(),
        }
    }
    None
}
