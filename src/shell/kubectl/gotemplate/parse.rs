//! Go templates, read: what `text/template/parse` accepts, and its words for what it does not.

use super::functions;
use super::lex::{self, Kind, Token};
use crate::api::Value;
use crate::shell::kubectl::jsonpath::unquoted;

/// A piece of a template.
pub(super) enum Node {
    Text(String),
    Action(Pipe),
    /// What is tested, what follows if it holds, what follows if not.
    If(Pipe, Vec<Self>, Vec<Self>),
    With(Pipe, Vec<Self>, Vec<Self>),
    Range(Pipe, Vec<Self>, Vec<Self>),
    /// `{{template "x" .}}`: where it stands, the name, what it is given.
    Template(usize, String, Option<Pipe>),
    Break,
    Continue,
}

/// `$a := b | c`.
pub(super) struct Pipe {
    pub(super) variables: Vec<String>,
    /// Whether the variables are there already.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Command>,
}

/// A function or a value with what it is given, and how errors name it.
pub(super) struct Command {
    pub(super) at: usize,
    pub(super) text: String,
    pub(super) words: Vec<Operand>,
}

/// A word of a command.
pub(super) struct Operand {
    pub(super) at: usize,
    pub(super) text: String,
    pub(super) term: Term,
    /// The fields that follow it: `.a.b`.
    pub(super) fields: Vec<String>,
}

/// What a word begins with.
pub(super) enum Term {
    Dot,
    Variable(String),
    Function(String),
    Literal(Value),
    Nil,
    Pipe(Pipe),
}

/// A template with those that it defines.
pub(super) struct Parsed {
    pub(super) nodes: Vec<Node>,
    pub(super) defined: Vec<(String, Vec<Node>)>,
}

/// Why a template was not read; the line is told with it.
type Read<T> = Result<T, String>;

/// Reads a template.
pub(super) fn parse(template: &str) -> Read<Parsed> {
    let mut parser = Parser {
        template,
        at: 0,
        tokens: Vec::new(),
        next: 0,
        trims: false,
        variables: vec!["$".to_owned()],
        loops: 0,
        defined: Vec::new(),
    };
    let told = |parser: &Parser<'_>, why: String| {
        let before = template.get(..parser.at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        format!("template: output:{line}: {why}")
    };
    let (nodes, end) = match parser.block(true) {
        Ok(read) => read,
        Err(why) => return Err(told(&parser, why)),
    };
    if let Some(word) = end {
        return Err(told(&parser, format!("unexpected {{{{{word}}}}}")));
    }
    let defined = parser.defined;
    Ok(Parsed { nodes, defined })
}

struct Parser<'t> {
    template: &'t str,
    /// Up to where the template has been read.
    at: usize,
    /// The words of the action that is being read, and which comes next.
    tokens: Vec<Token<'t>>,
    next: usize,
    /// Whether the last action takes away the blanks behind it.
    trims: bool,
    variables: Vec<String>,
    loops: usize,
    defined: Vec<(String, Vec<Node>)>,
}

impl<'t> Parser<'t> {
    /// The next action, with the text before it.
    fn action(&mut self) -> Read<Option<String>> {
        let rest = self.template.get(self.at..).unwrap_or_default();
        let rest = if self.trims { rest.trim_start() } else { rest };
        let from = self.template.len() - rest.len();
        let Some(start) = rest.find("{{") else {
            self.at = self.template.len();
            self.tokens.clear();
            self.next = 0;
            return Ok(Some(rest.to_owned()).filter(|text| !text.is_empty()));
        };
        let (text, inside) = rest.split_at(start);
        let mut skip = 2;
        let dashed = inside.get(2..).unwrap_or_default();
        let trims =
            dashed.starts_with('-') && dashed.chars().nth(1).is_some_and(char::is_whitespace);
        if trims {
            skip += dashed.len() - dashed.get(1..).unwrap_or_default().trim_start().len();
        }
        self.at = from + start;
        let text = if trims { text.trim_end() } else { text }.to_owned();
        if inside.get(skip..).is_some_and(|c| c.starts_with("/*")) {
            let unclosed = || "unclosed comment".to_owned();
            let end = inside.find("*/").ok_or_else(unclosed)? + 2;
            let tail = inside.get(end..).unwrap_or_default();
            let closing = tail.trim_start();
            self.trims = closing.starts_with("-}}") && closing.len() < tail.len();
            if !self.trims && !tail.starts_with("}}") {
                return Err("comment ends before closing delimiter".to_owned());
            }
            self.at = self.template.len() - closing.len() + if self.trims { 3 } else { 2 };
            let more = self.action()?;
            return Ok(Some(text + &more.unwrap_or_default()));
        }
        let read = lex::action(self.template, from + start + skip);
        let read = read.map_err(|(at, why)| {
            self.at = at;
            why
        })?;
        (self.tokens, self.next, self.at, self.trims) = (read.tokens, 0, read.end, read.trims);
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    fn peek(&self) -> Token<'t> {
        let end = Token {
            kind: Kind::End,
            text: "",
            at: self.at,
        };
        self.tokens.get(self.next).copied().unwrap_or(end)
    }

    /// The next word that is no blank.
    fn past_blanks(&mut self) -> Token<'t> {
        if self.peek().kind == Kind::Space {
            self.next += 1;
        }
        self.peek()
    }

    fn unexpected<T>(&self, token: Token<'_>, context: &str) -> Read<T> {
        let what = match token.kind {
            Kind::End => "\"}}\"".to_owned(),
            Kind::Name if KEYWORDS.contains(&token.text) => format!("<{}>", token.text),
            _ => format!("{:?}", token.text),
        };
        Err(format!("unexpected {what} in {context}"))
    }

    /// Pieces up to `end`, `else` or the end of the template; which of the words it was.
    fn block(&mut self, outermost: bool) -> Read<(Vec<Node>, Option<&'static str>)> {
        let mut nodes = Vec::new();
        loop {
            if let Some(text) = self.action()? {
                nodes.push(Node::Text(text));
            }
            if self.tokens.is_empty() {
                return if outermost {
                    Ok((nodes, None))
                } else {
                    Err("unexpected EOF".to_owned())
                };
            }
            let token = self.past_blanks();
            let keyword = KEYWORDS.iter().find(|word| **word == token.text);
            if let Some(word) = keyword.filter(|_| token.kind == Kind::Name) {
                self.next += 1;
                match *word {
                    "end" | "else" => {
                        if *word == "end" {
                            self.ends("end")?;
                        }
                        return Ok((nodes, Some(word)));
                    }
                    word => nodes.extend(self.control(word)?),
                }
                continue;
            }
            nodes.push(Node::Action(self.pipe("command", Kind::End)?));
        }
    }

    fn ends(&mut self, context: &str) -> Read<()> {
        match self.past_blanks() {
            token if token.kind == Kind::End => Ok(()),
            token => self.unexpected(token, context),
        }
    }

    fn control(&mut self, word: &'static str) -> Read<Option<Node>> {
        match word {
            "break" | "continue" => {
                self.ends(&format!("{{{{{word}}}}}"))?;
                if self.loops == 0 {
                    return Err(format!("{{{{{word}}}}} outside {{{{range}}}}"));
                }
                Ok(Some(if word == "break" {
                    Node::Break
                } else {
                    Node::Continue
                }))
            }
            "define" | "block" | "template" => self.template(word),
            word => self.branches(word).map(Some),
        }
    }

    fn template(&mut self, word: &str) -> Read<Option<Node>> {
        let token = self.past_blanks();
        if token.kind != Kind::Text {
            return self.unexpected(token, &format!("{word} clause"));
        }
        self.next += 1;
        let name = literal_text(token.text)?;
        let given = match (word, self.past_blanks().kind) {
            ("define", _) => {
                self.ends("define clause")?;
                None
            }
            ("template", Kind::End) => None,
            _ => Some(self.pipe(&format!("{word} clause"), Kind::End)?),
        };
        if word != "template" {
            let kept = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
            let (nodes, end) = self.block(false)?;
            self.variables = kept;
            if end == Some("else") {
                return Err(format!("unexpected {{{{else}}}} in {word} clause"));
            }
            self.defined.push((name.clone(), nodes));
        }
        Ok((word != "define").then_some(Node::Template(token.at, name, given)))
    }

    /// `if`, `with` and `range`, with what follows `else`.
    fn branches(&mut self, word: &'static str) -> Read<Node> {
        let known = self.variables.len();
        let pipe = self.pipe(word, Kind::End)?;
        self.loops += usize::from(word == "range");
        let (nodes, end) = self.block(false)?;
        self.loops -= usize::from(word == "range");
        let mut others = Vec::new();
        if end == Some("else") {
            let token = self.past_blanks();
            if token.kind == Kind::Name && token.text == word && word != "range" {
                self.next += 1;
                others.push(self.branches(word)?);
            } else {
                self.ends("else")?;
                let (nodes, end) = self.block(false)?;
                if end == Some("else") {
                    return Err("expected end; found {{else}}".to_owned());
                }
                others = nodes;
            }
        }
        self.variables.truncate(known);
        Ok(match word {
            "if" => Node::If(pipe, nodes, others),
            "with" => Node::With(pipe, nodes, others),
            _ => Node::Range(pipe, nodes, others),
        })
    }

    fn pipe(&mut self, context: &str, end: Kind) -> Read<Pipe> {
        let mut pipe = Pipe {
            variables: Vec::new(),
            assigns: false,
            commands: Vec::new(),
        };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.past_blanks();
            if token.kind == end {
                self.next += usize::from(end == Kind::Close);
                break;
            }
            match token.kind {
                Kind::End
                | Kind::Close
                | Kind::Pipe
                | Kind::Declare
                | Kind::Assign
                | Kind::Other
                | Kind::Space => return self.unexpected(token, context),
                _ => pipe.commands.push(self.command()?),
            }
        }
        if pipe.commands.is_empty() {
            return Err(format!("missing value for {context}"));
        }
        for (stage, command) in pipe.commands.iter().enumerate().skip(1) {
            let first = command.words.first();
            let value = first.is_some_and(|word| {
                word.fields.is_empty()
                    && matches!(word.term, Term::Literal(_) | Term::Nil | Term::Dot)
            });
            if value {
                return Err(format!(
                    "non executable command in pipeline stage {}",
                    stage + 1
                ));
            }
        }
        Ok(pipe)
    }

    /// `$a :=`, `$a, $b :=`, `$a =`.
    fn declarations(&mut self, pipe: &mut Pipe, context: &str) -> Read<()> {
        while self.past_blanks().kind == Kind::Variable {
            let start = self.next;
            let name = self.peek().text.to_owned();
            self.next += 1;
            let token = self.past_blanks();
            match token.kind {
                Kind::Declare | Kind::Assign => {
                    self.next += 1;
                    pipe.assigns = token.kind == Kind::Assign;
                    pipe.variables.push(name.clone());
                    self.variables.push(name);
                    return Ok(());
                }
                Kind::Other if token.text == "," => {
                    self.next += 1;
                    pipe.variables.push(name.clone());
                    self.variables.push(name);
                    if context != "range" || pipe.variables.len() > 1 {
                        return Err(format!("too many declarations in {context}"));
                    }
                    if self.past_blanks().kind != Kind::Variable {
                        return Err("range can only initialize variables".to_owned());
                    }
                }
                _ => {
                    self.next = start;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Read<Command> {
        let at = self.past_blanks().at;
        let mut words: Vec<Operand> = Vec::new();
        loop {
            self.past_blanks();
            words.extend(self.operand()?);
            let token = self.peek();
            match token.kind {
                Kind::Space => continue,
                Kind::End | Kind::Close => break,
                Kind::Pipe => {
                    self.next += 1;
                    break;
                }
                _ => return self.unexpected(token, "operand"),
            }
        }
        if words.is_empty() {
            return Err("empty command".to_owned());
        }
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        let text = texts.join(" ");
        Ok(Command { at, text, words })
    }

    fn operand(&mut self) -> Read<Option<Operand>> {
        let token = self.peek();
        let mut word = Operand {
            at: token.at,
            text: token.text.to_owned(),
            term: Term::Dot,
            fields: Vec::new(),
        };
        self.next += 1;
        let field = |token: Token<'_>| token.text.trim_start_matches('.').to_owned();
        match token.kind {
            Kind::Dot => {}
            Kind::Field => word.fields.push(field(token)),
            Kind::Variable => {
                if !self.variables.iter().any(|known| known == token.text) {
                    return Err(format!("undefined variable {:?}", token.text));
                }
                word.term = Term::Variable(token.text.to_owned());
            }
            Kind::Name => {
                word.term = match token.text {
                    "true" | "false" => Term::Literal(Value::Bool(token.text == "true")),
                    "nil" => Term::Nil,
                    name if functions::NAMES.contains(&name) => Term::Function(name.to_owned()),
                    name if KEYWORDS.contains(&name) => return self.unexpected(token, "operand"),
                    name => return Err(format!("function {name:?} not defined")),
                };
            }
            Kind::Number => word.term = Term::Literal(number(token.text)?),
            Kind::Text => word.term = Term::Literal(Value::Str(literal_text(token.text)?)),
            Kind::Character => {
                let body = token.text.trim_matches('\'');
                let text = unquoted(body, '\'').ok_or("malformed character constant")?;
                let code = text.chars().next().map_or(0, u32::from);
                word.term = Term::Literal(Value::Int(i64::from(code)));
            }
            Kind::Open => {
                let pipe = self.pipe("parenthesized pipeline", Kind::Close)?;
                let end = self.peek().at;
                let text = self.template.get(token.at..end).unwrap_or_default();
                text.clone_into(&mut word.text);
                word.term = Term::Pipe(pipe);
            }
            _ => {
                self.next -= 1;
                return Ok(None);
            }
        }
        let mut first = true;
        while self.peek().kind == Kind::Field {
            let token = self.peek();
            if matches!(word.term, Term::Literal(_) | Term::Nil)
                || matches!(word.term, Term::Dot) && word.fields.is_empty()
            {
                return Err(format!("unexpected . after term {:?}", word.text));
            }
            if std::mem::take(&mut first) {
                word.at = token.at;
            }
            word.fields.push(field(token));
            word.text.push_str(token.text);
            self.next += 1;
        }
        Ok(Some(word))
    }
}

const KEYWORDS: &[&str] = &[
    "block", "break", "continue", "define", "else", "end", "if", "range", "template", "with",
];

/// The text of a literal in quotes or backquotes.
fn literal_text(literal: &str) -> Read<String> {
    if let Some(raw) = literal.strip_prefix('`') {
        return Ok(raw.strip_suffix('`').unwrap_or(raw).to_owned());
    }
    let body = literal.strip_prefix('"').and_then(|l| l.strip_suffix('"'));
    Ok(unquoted(body.unwrap_or_default(), '"').ok_or("invalid syntax")?)
}

fn number(text: &str) -> Read<Value> {
    let plain = text.replace('_', "");
    let digits = plain.trim_start_matches(['+', '-']);
    let radix = [("0x", 16), ("0X", 16), ("0b", 2), ("0o", 8)];
    let other = radix
        .iter()
        .find_map(|(prefix, radix)| i64::from_str_radix(digits.strip_prefix(prefix)?, *radix).ok());
    if let Some(n) = other {
        return Ok(Value::Int(if plain.starts_with('-') { -n } else { n }));
    }
    if let Ok(n) = plain.trim_start_matches('+').parse() {
        return Ok(Value::Int(n));
    }
    let is_float = !digits.is_empty()
        && digits.matches('.').count() <= 1
        && digits.chars().all(|c| c == '.' || c.is_ascii_digit());
    if is_float {
        return Ok(Value::Float(plain));
    }
    Err(format!("bad number syntax: {text:?}"))
}
