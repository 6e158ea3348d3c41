//! Puts tokens together into a script.
//!
//! Models the grammar of POSIX.1-2024, section 2.10, as far as a reader types it at a prompt.

use super::lexer::{Token, tokens};
use super::script::{
    Fault, Join, Part, Pipeline, Redirect, Redirection, Script, Simple, Step, Word,
};
use super::surroundings::Dialect;
use std::ops::Range;
use std::rc::Rc;

/// Words that end a compound command's part.
const CLOSERS: &[&str] = &["do", "done", "then", "elif", "else", "fi", "}", "esac"];

/// Reads a script.
pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Script, Fault> {
    let mut parser = Parser {
        tokens: tokens(text, dialect)?,
        at: 0,
        text,
        dialect,
    };
    let script = parser.script()?;
    match parser.tokens.get(parser.at) {
        Some(token) => Err(unexpected(token, "")),
        None => Ok(script),
    }
}

/// Reads a script as a shell does, line by line: what stands before a fault, and the fault.
pub(super) fn parse_lines(text: &str, dialect: Dialect) -> (Script, Option<Fault>) {
    let fault = match parse(text, dialect) {
        Ok(script) => return (script, None),
        Err(fault) => fault,
    };
    let mut end = fault.at().unwrap_or(text.len());
    // The longest part of whole lines that is a script of its own.
    while let Some(at) = text.get(..end).and_then(|before| before.rfind('\n')) {
        if let Ok(script) = parse(text.get(..at).unwrap_or_default(), dialect) {
            return (script, Some(fault));
        }
        end = at;
    }
    (Script::default(), Some(fault))
}

/// A text that is being read.
pub(super) struct Parser<'a> {
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    pub(super) text: &'a str,
    pub(super) dialect: Dialect,
}

fn unexpected(token: &Token, expecting: &'static str) -> Fault {
    let (text, span) = match token {
        Token::Word(word) => (word.literal().unwrap_or("word"), &word.span),
        Token::Operator("\n", span) => ("newline", span),
        Token::Operator(text, span) => (*text, span),
        Token::Redirect { span, .. } => ("redirection", span),
    };
    Fault::Unexpected {
        text: text.to_owned(),
        span: span.clone(),
        expecting,
    }
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn operator(&self) -> Option<&'static str> {
        match self.peek() {
            Some(Token::Operator(operator, _)) => Some(operator),
            _ => None,
        }
    }

    /// The unquoted word that comes next.
    pub(super) fn keyword(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => word.literal(),
            _ => None,
        }
    }

    pub(super) fn take_operator(&mut self, wanted: &str) -> bool {
        let found = self.operator() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    pub(super) fn newlines(&mut self) {
        while self.take_operator("\n") {}
    }

    pub(super) fn wrong<T>(&self) -> Result<T, Fault> {
        self.awaits("")
    }

    /// Something else stands where only one word can.
    pub(super) fn awaits<T>(&self, expecting: &'static str) -> Result<T, Fault> {
        Err(match self.peek() {
            Some(token) => unexpected(token, expecting),
            None => Fault::Incomplete(expecting),
        })
    }

    /// What comes next is wrong in a way that has a name.
    pub(super) fn named<T>(&self, what: &'static str) -> Result<T, Fault> {
        if self.dialect == Dialect::Bash {
            return self.wrong();
        }
        Err(Fault::Named {
            what,
            span: self.here(),
        })
    }

    pub(super) fn here(&self) -> Range<usize> {
        match self.peek() {
            Some(Token::Word(word)) => word.span.clone(),
            Some(Token::Operator(_, span) | Token::Redirect { span, .. }) => span.clone(),
            None => self.text.len()..self.text.len(),
        }
    }

    pub(super) fn unsupported<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault::Unsupported {
            what,
            span: self.here(),
        })
    }

    pub(super) fn expect(&mut self, word: &'static str) -> Result<(), Fault> {
        if self.keyword() == Some(word) {
            self.at += 1;
            Ok(())
        } else {
            self.awaits(word)
        }
    }

    pub(super) fn close(&mut self) -> Result<(), Fault> {
        if self.take_operator(")") {
            Ok(())
        } else {
            self.awaits(")")
        }
    }

    /// Pipelines up to a closing word or the end.
    pub(super) fn script(&mut self) -> Result<Script, Fault> {
        let mut script = Script::default();
        let mut join = Join::Always;
        loop {
            self.newlines();
            if join == Join::Always && matches!(self.operator(), Some(";;" | ")")) {
                return Ok(script);
            }
            match self.peek() {
                None if join == Join::Always => return Ok(script),
                None => return Err(Fault::Incomplete("")),
                Some(_)
                    if self.keyword().is_some_and(|word| CLOSERS.contains(&word))
                        && join == Join::Always =>
                {
                    return Ok(script);
                }
                Some(_) => script.pipelines.push((join, self.pipeline()?)),
            }
            join = match self.operator() {
                Some("&&") => Join::And,
                Some("||") => Join::Or,
                Some(";" | "\n") => Join::Always,
                Some("&") => {
                    if let Some((_, last)) = script.pipelines.last_mut() {
                        last.background = true;
                    }
                    Join::Always
                }
                Some(";;" | ")") => return Ok(script),
                Some(_) => return self.wrong(),
                None => return Ok(script),
            };
            self.at += 1;
        }
    }

    /// A script that may not be empty.
    pub(super) fn body(&mut self) -> Result<Rc<Script>, Fault> {
        let script = self.script()?;
        if script.pipelines.is_empty() {
            self.wrong()
        } else {
            Ok(Rc::new(script))
        }
    }

    fn pipeline(&mut self) -> Result<Pipeline, Fault> {
        let negated = self.keyword() == Some("!");
        self.at += usize::from(negated);
        let mut steps = vec![self.step()?];
        while self.take_operator("|") {
            self.newlines();
            steps.push(self.step()?);
        }
        Ok(Pipeline {
            negated,
            steps,
            background: false,
        })
    }

    /// A word that can name a variable or a function.
    pub(super) fn name(&mut self) -> Result<String, Fault> {
        let name = self.keyword().filter(|name| is_name(name));
        let Some(name) = name.map(str::to_owned) else {
            return self.wrong();
        };
        self.at += 1;
        Ok(name)
    }

    /// A name, its parentheses, and what the function does.
    fn function(&mut self) -> Result<Step, Fault> {
        let assigns = self.keyword().is_some_and(|word| word.ends_with('='));
        if assigns {
            self.at += 1;
            if self.dialect == Dialect::Bash {
                return self.unsupported("arrays");
            }
            return self.wrong();
        }
        let name = self.keyword().unwrap_or_default().to_owned();
        self.at += 1;
        if self.take_operator("(") && !self.take_operator(")") {
            // What stands there is no reserved word, whatever it is called.
            return match self.peek() {
                Some(Token::Word(word)) if self.dialect != Dialect::Bash => {
                    Err(Fault::Unexpected {
                        text: "word".to_owned(),
                        span: word.span.clone(),
                        expecting: ")",
                    })
                }
                _ => self.awaits(")"),
            };
        }
        if !is_name(&name.replace('-', "_")) {
            return self.named("Bad function name");
        }
        self.newlines();
        let compound = matches!(
            self.keyword(),
            Some("{" | "for" | "while" | "until" | "if" | "case")
        );
        if !compound && self.operator() != Some("(") {
            return self.wrong();
        }
        let pipeline = Pipeline {
            negated: false,
            steps: vec![self.step()?],
            background: false,
        };
        let body = Script {
            pipelines: vec![(Join::Always, pipeline)],
        };
        Ok(Step::Function {
            name,
            body: Rc::new(body),
        })
    }

    fn step(&mut self) -> Result<Step, Fault> {
        let opens = self.take_operator("(");
        if opens && self.dialect == Dialect::Bash && self.arithmetic().is_some() {
            return self.arithmetic_command();
        }
        let step = match self.keyword() {
            _ if opens => {
                let body = self.body()?;
                self.close()?;
                Step::Subshell(body)
            }
            Some("for") => self.for_loop()?,
            Some(word @ ("while" | "until")) => {
                let until = word == "until";
                self.at += 1;
                let condition = self.body()?;
                self.expect("do")?;
                let body = self.body()?;
                self.expect("done")?;
                Step::Loop {
                    until,
                    condition,
                    body,
                }
            }
            Some("if") => self.condition()?,
            Some("{") => {
                self.at += 1;
                let body = self.body()?;
                self.expect("}")?;
                Step::Group(body)
            }
            Some("case") => self.case()?,
            Some("function") if self.dialect != Dialect::Dash => {
                self.at += 1;
                self.function()?
            }
            Some("select") if self.dialect == Dialect::Bash => return self.unsupported("select"),
            Some(word) if CLOSERS.contains(&word) => return self.wrong(),
            Some(_) if matches!(self.tokens.get(self.at + 1), Some(Token::Operator("(", _))) => {
                self.function()?
            }
            _ => return self.simple().map(Step::Simple),
        };
        let mut redirects = Vec::new();
        while let Some(redirect) = self.redirect()? {
            redirects.push(redirect);
        }
        match self.peek() {
            Some(Token::Word(word)) if !word.literal().is_some_and(|w| CLOSERS.contains(&w)) => {
                self.wrong()
            }
            _ if redirects.is_empty() => Ok(step),
            _ => Ok(Step::Redirected {
                step: Box::new(step),
                redirects,
            }),
        }
    }

    /// On which line of the text the next token stands, counted from 0.
    pub(super) fn line(&self) -> usize {
        let before = self.text.get(..self.here().start).unwrap_or_default();
        before.matches('\n').count()
    }

    fn simple(&mut self) -> Result<Simple, Fault> {
        let line = self.line();
        let mut simple = Simple {
            line,
            ..Simple::default()
        };
        loop {
            match self.peek() {
                Some(Token::Word(word)) => {
                    let word = word.clone();
                    self.at += 1;
                    let first = simple.words.is_empty();
                    if self.dialect == Dialect::Bash && (first || declares(&simple)) {
                        self.refuse_arrays(&word)?;
                    }
                    match assignment(&word).filter(|_| first) {
                        Some(pair) => simple.assignments.push(pair),
                        None => simple.words.push(word),
                    }
                }
                Some(Token::Redirect { .. }) => simple.redirects.extend(self.redirect()?),
                _ if simple.words.is_empty()
                    && simple.assignments.is_empty()
                    && simple.redirects.is_empty() =>
                {
                    return self.wrong();
                }
                _ => return Ok(simple),
            }
        }
    }

    /// bash's arrays are named where they are set.
    fn refuse_arrays(&self, word: &Word) -> Result<(), Fault> {
        let Some(Part::Plain(text)) = word.parts.first() else {
            return Ok(());
        };
        let (name, value) = text.split_once('=').unwrap_or((text, "-"));
        let name = name.strip_suffix('+').unwrap_or(name);
        let item = name.split_once('[').is_some_and(|(own, _)| is_name(own)) && text.contains("]=");
        let whole = is_name(name) && value.is_empty() && word.parts.len() == 1;
        if item || whole && self.operator() == Some("(") {
            return Err(Fault::Unsupported {
                what: "arrays",
                span: word.span.clone(),
            });
        }
        Ok(())
    }

    /// Reads a redirection, if one comes next.
    fn redirect(&mut self) -> Result<Option<Redirect>, Fault> {
        let Some(Token::Redirect {
            descriptor,
            operator,
            here,
            ..
        }) = self.peek()
        else {
            return Ok(None);
        };
        let (descriptor, operator, here) = (*descriptor, *operator, here.clone());
        self.at += 1;
        let to = self.redirection(operator, here)?;
        Ok(Some(Redirect { descriptor, to }))
    }

    fn redirection(&mut self, operator: &str, here: Option<Word>) -> Result<Redirection, Fault> {
        if let Some(text) = here {
            return Ok(Redirection::Here(text));
        }
        let Some(Token::Word(word)) = self.peek() else {
            return match self.peek() {
                Some(token) => Err(unexpected(token, "")),
                None => Err(Fault::Unexpected {
                    text: "newline".to_owned(),
                    span: self.here(),
                    expecting: "",
                }),
            };
        };
        let word = word.clone();
        let descriptor = word
            .literal()
            .and_then(|text| text.parse::<u8>().ok())
            .filter(|n| *n <= 2);
        let to = match (operator, descriptor) {
            ("<<<", _) => {
                let mut word = word;
                word.parts.push(Part::Quoted("\n".to_owned()));
                Redirection::Here(word)
            }
            (">", _) => Redirection::Write(word),
            (">|", _) => Redirection::Force(word),
            ("&>", _) => Redirection::Both(word),
            (">>", _) => Redirection::Append(word),
            ("<", _) => Redirection::Read(word),
            (_, Some(same)) => Redirection::Same(same),
            (_, None) => return self.unsupported("this redirection"),
        };
        self.at += 1;
        Ok(to)
    }
}

/// Whether a command declares variables.
fn declares(simple: &Simple) -> bool {
    let first = simple.words.first().and_then(Word::literal);
    first.is_some_and(|word| {
        matches!(
            word,
            "declare" | "typeset" | "local" | "readonly" | "export"
        )
    })
}

/// Whether a text may name a variable.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `NAME=value`, if the word is one.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let Some((Part::Plain(first), others)) = word.parts.split_first() else {
        return None;
    };
    let (name, value) = first.split_once('=').filter(|(name, _)| is_name(name))?;
    let mut parts = Vec::new();
    if !value.is_empty() {
        parts.push(Part::Plain(value.to_owned()));
    }
    parts.extend(others.iter().cloned());
    Some((
        name.to_owned(),
        Word {
            parts,
            span: word.span.clone(),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let script = parse(text, Dialect::Bash).unwrap();
        let Some((_, Pipeline { steps, .. })) = script.pipelines.first() else {
            return Vec::new();
        };
        let Some(Step::Simple(simple)) = steps.first() else {
            return Vec::new();
        };
        let text = |part: &Part| match part {
            Part::Plain(text) => text.clone(),
            Part::Quoted(text) => format!("'{text}'"),
            Part::Variable { name, .. } => format!("${name}"),
            Part::Command { .. } => "$()".to_owned(),
            Part::Arithmetic { .. } => "$(())".to_owned(),
        };
        simple
            .words
            .iter()
            .map(|word| word.parts.iter().map(text).collect())
            .collect()
    }

    #[test]
    fn quoting() {
        assert_eq!(
            words(r#"a 'b c'd "e $f \" g" h\ i # j"#),
            ["a", "'b c'd", "'e '$f' \" g'", "h' 'i"]
        );
        assert_eq!(words("echo a#b \"\" ''"), ["echo", "a#b", "''", "''"]);
        assert_eq!(words("echo \"$(echo \")\")\""), ["echo", "$()"]);
    }

    #[test]
    fn lists_and_pipelines() {
        let script = parse("a && b || c; d | e | f", Dialect::Bash).unwrap();
        let joins: Vec<Join> = script.pipelines.iter().map(|(join, _)| *join).collect();
        assert_eq!(joins, [Join::Always, Join::And, Join::Or, Join::Always]);
        assert_eq!(script.pipelines[3].1.steps.len(), 3);
    }

    #[test]
    fn what_is_open_asks_for_more() {
        for text in [
            "echo 'a",
            "echo \"a",
            "cat <<EOF\na",
            "cat <<EOF",
            "for i in 1 2; do",
            "a &&",
            "if true; then b",
            "echo $(ls",
            "a \\",
            "a |",
        ] {
            let found = parse(text, Dialect::Ash);
            assert!(matches!(found, Err(Fault::Incomplete(_))), "{text}");
        }
    }

    #[test]
    fn here_documents_and_redirections() {
        let script = parse(
            "kubectl apply -f - <<'EOF' > out 2>&1\na: $b\nEOF\n",
            Dialect::Ash,
        )
        .unwrap();
        let Step::Simple(simple) = &script.pipelines[0].1.steps[0] else {
            panic!()
        };
        assert_eq!(simple.redirects.len(), 3);
        assert!(
            matches!(&simple.redirects[0].to, Redirection::Here(w) if w.parts == [Part::Quoted("a: $b\n".into())])
        );
        assert_eq!(
            simple.redirects[2],
            Redirect {
                descriptor: 2,
                to: Redirection::Same(1)
            }
        );
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for (text, what) in [
            ("select x in a; do b; done", "select"),
            ("a <(b)", "process substitution"),
            ("a=(b c)", "arrays"),
        ] {
            assert!(
                matches!(parse(text, Dialect::Bash), Err(Fault::Unsupported { what: w, .. }) if w == what),
                "{text}"
            );
        }
        assert_eq!(
            parse("if a then b; fi", Dialect::Ash)
                .unwrap_err()
                .told(true),
            "unexpected \"fi\" (expecting \"then\")"
        );
    }
}
