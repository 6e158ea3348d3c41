//! Puts tokens together into a script.
//!
//! Models the grammar of POSIX.1-2024, section 2.10, as far as a reader types it at a prompt.

use super::lexer::{Token, tokens};
use super::script::{
    Fault, Join, Part, Pipeline, Redirect, Redirection, Script, Simple, Step, Word,
};
use std::ops::Range;
use std::rc::Rc;

/// Words that end a compound command's part.
const CLOSERS: &[&str] = &["do", "done", "then", "elif", "else", "fi", "}", "esac"];

/// Reads a script.
pub(super) fn parse(text: &str) -> Result<Script, Fault> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        end: text.len(),
    };
    let script = parser.script()?;
    match parser.tokens.get(parser.at) {
        Some(token) => Err(unexpected(token)),
        None => Ok(script),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    end: usize,
}

fn unexpected(token: &Token) -> Fault {
    match token {
        Token::Word(word) => Fault::Unexpected {
            text: word.literal().unwrap_or("word").to_owned(),
            span: word.span.clone(),
        },
        Token::Operator("\n", span) => Fault::Unexpected {
            text: "newline".to_owned(),
            span: span.clone(),
        },
        Token::Operator(text, span) => Fault::Unexpected {
            text: (*text).to_owned(),
            span: span.clone(),
        },
        Token::Redirect { operator, span, .. } => Fault::Unexpected {
            text: (*operator).to_owned(),
            span: span.clone(),
        },
    }
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn operator(&self) -> Option<&'static str> {
        match self.peek() {
            Some(Token::Operator(operator, _)) => Some(operator),
            _ => None,
        }
    }

    /// The unquoted word that comes next.
    fn keyword(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => word.literal(),
            _ => None,
        }
    }

    fn take_operator(&mut self, wanted: &str) -> bool {
        let found = self.operator() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn newlines(&mut self) {
        while self.take_operator("\n") {}
    }

    fn wrong<T>(&self) -> Result<T, Fault> {
        Err(self.peek().map_or(Fault::Incomplete, unexpected))
    }

    fn unsupported<T>(&self, what: &'static str) -> Result<T, Fault> {
        let span: Range<usize> = match self.peek() {
            Some(Token::Word(word)) => word.span.clone(),
            Some(Token::Operator(_, span) | Token::Redirect { span, .. }) => span.clone(),
            None => self.end..self.end,
        };
        Err(Fault::Unsupported { what, span })
    }

    fn expect(&mut self, word: &str) -> Result<(), Fault> {
        if self.keyword() == Some(word) {
            self.at += 1;
            Ok(())
        } else {
            self.wrong()
        }
    }

    /// Pipelines up to a closing word or the end.
    fn script(&mut self) -> Result<Script, Fault> {
        let mut script = Script::default();
        let mut join = Join::Always;
        loop {
            self.newlines();
            if join == Join::Always && matches!(self.operator(), Some(";;" | ")")) {
                return Ok(script);
            }
            match self.peek() {
                None if join == Join::Always => return Ok(script),
                None => return Err(Fault::Incomplete),
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
    fn body(&mut self) -> Result<Rc<Script>, Fault> {
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
    fn name(&mut self) -> Result<String, Fault> {
        let name = self.keyword().filter(|name| is_name(name));
        let Some(name) = name.map(str::to_owned) else {
            return self.wrong();
        };
        self.at += 1;
        Ok(name)
    }

    /// A name, its parentheses, and what the function does.
    fn function(&mut self) -> Result<Step, Fault> {
        let name = self.name()?;
        if self.take_operator("(") && !self.take_operator(")") {
            return self.wrong();
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
        let step = match self.keyword() {
            _ if opens => {
                let body = self.body()?;
                if !self.take_operator(")") {
                    return self.wrong();
                }
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
            Some("function") => {
                self.at += 1;
                self.function()?
            }
            Some("select") => return self.unsupported("select"),
            Some("[[") => return self.unsupported("[[ … ]] (write [ … ])"),
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

    fn for_loop(&mut self) -> Result<Step, Fault> {
        self.at += 1;
        let name = self.name()?;
        self.newlines();
        self.expect("in")?;
        let mut words = Vec::new();
        while let Some(Token::Word(word)) = self.peek() {
            words.push(word.clone());
            self.at += 1;
        }
        if !self.take_operator(";") && !self.take_operator("\n") {
            return self.wrong();
        }
        self.newlines();
        self.expect("do")?;
        let body = self.body()?;
        self.expect("done")?;
        Ok(Step::For { name, words, body })
    }

    /// `case word in [(] pattern [| pattern]…) … ;; … esac`.
    fn case(&mut self) -> Result<Step, Fault> {
        self.at += 1;
        let Some(Token::Word(word)) = self.peek() else {
            return self.wrong();
        };
        let word = word.clone();
        self.at += 1;
        self.newlines();
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines();
            if self.keyword() == Some("esac") {
                self.at += 1;
                break;
            }
            self.take_operator("(");
            let mut patterns = Vec::new();
            loop {
                let Some(Token::Word(pattern)) = self.peek() else {
                    return self.wrong();
                };
                patterns.push(pattern.clone());
                self.at += 1;
                if !self.take_operator("|") {
                    break;
                }
            }
            if !self.take_operator(")") {
                return self.wrong();
            }
            arms.push((patterns, Rc::new(self.script()?)));
            if !self.take_operator(";;") && self.keyword() != Some("esac") {
                return self.wrong();
            }
        }
        Ok(Step::Case {
            word,
            arms: arms.into(),
        })
    }

    fn condition(&mut self) -> Result<Step, Fault> {
        let mut branches = Vec::new();
        loop {
            self.at += 1;
            let condition = self.body()?;
            self.expect("then")?;
            branches.push((condition, self.body()?));
            if self.keyword() != Some("elif") {
                break;
            }
        }
        let otherwise = if self.keyword() == Some("else") {
            self.at += 1;
            Some(self.body()?)
        } else {
            None
        };
        self.expect("fi")?;
        Ok(Step::If {
            branches: branches.into(),
            otherwise,
        })
    }

    fn simple(&mut self) -> Result<Simple, Fault> {
        let mut simple = Simple::default();
        loop {
            match self.peek() {
                Some(Token::Word(word)) => {
                    let word = word.clone();
                    self.at += 1;
                    match assignment(&word).filter(|_| simple.words.is_empty()) {
                        Some(pair) => simple.assignments.push(pair),
                        None => simple.words.push(word),
                    }
                }
                Some(Token::Redirect { .. }) => simple.redirects.extend(self.redirect()?),
                _ if simple == Simple::default() => return self.wrong(),
                _ => return Ok(simple),
            }
        }
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
                Some(token) => Err(unexpected(token)),
                None => Err(Fault::Unexpected {
                    text: "newline".to_owned(),
                    span: self.end..self.end,
                }),
            };
        };
        let word = word.clone();
        let descriptor = word
            .literal()
            .and_then(|text| text.parse::<u8>().ok())
            .filter(|n| *n <= 2);
        let to = match (operator, descriptor) {
            (">", _) => Redirection::Write(word),
            (">>", _) => Redirection::Append(word),
            ("<", _) => Redirection::Read(word),
            (_, Some(same)) => Redirection::Same(same),
            (_, None) => return self.unsupported("this redirection"),
        };
        self.at += 1;
        Ok(to)
    }
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
        let script = parse(text).unwrap();
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
        let script = parse("a && b || c; d | e | f").unwrap();
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
            assert_eq!(parse(text), Err(Fault::Incomplete), "{text}");
        }
    }

    #[test]
    fn here_documents_and_redirections() {
        let script = parse("kubectl apply -f - <<'EOF' > out 2>&1\na: $b\nEOF\n").unwrap();
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
        ] {
            assert!(
                matches!(parse(text), Err(Fault::Unsupported { what: w, .. }) if w == what),
                "{text}"
            );
        }
        assert_eq!(
            parse("a ;; b").unwrap_err().to_string(),
            "syntax error: unexpected \";;\""
        );
    }
}
