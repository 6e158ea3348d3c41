//! Reads the compound commands: `for`, `case`, `if`, and bash's `((…))`.

use super::lexer::Token;
use super::parser::{Parser, is_name};
use super::script::{Fault, Form, Part, Simple, Step, Word};
use super::surroundings::Dialect;
use std::rc::Rc;

impl Parser<'_> {
    pub(super) fn for_loop(&mut self) -> Result<Step, Fault> {
        self.at += 1;
        if self.operator() == Some("(") && self.dialect == Dialect::Bash {
            return self.unsupported("for ((…)) (write for i in $(seq …))");
        }
        if !self.keyword().is_some_and(is_name) {
            return self.named("Bad for loop variable");
        }
        let name = self.name()?;
        self.newlines();
        let mut words = Vec::new();
        if self.keyword() == Some("in") {
            self.at += 1;
            while let Some(Token::Word(word)) = self.peek() {
                words.push(word.clone());
                self.at += 1;
            }
            if !self.take_operator(";") && !self.take_operator("\n") {
                return self.wrong();
            }
        } else {
            // Without words it goes through the arguments.
            self.take_operator(";");
            words.push(Word {
                parts: vec![Part::Variable {
                    name: "@".to_owned(),
                    form: Form::Plain,
                    quoted: true,
                }],
                span: self.here(),
            });
        }
        self.newlines();
        self.expect("do")?;
        let body = self.body()?;
        self.expect("done")?;
        Ok(Step::For { name, words, body })
    }

    /// `case word in [(] pattern [| pattern]…) … ;; … esac`.
    pub(super) fn case(&mut self) -> Result<Step, Fault> {
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
                    return self.awaits(")");
                };
                patterns.push(pattern.clone());
                self.at += 1;
                if !self.take_operator("|") {
                    break;
                }
            }
            self.close()?;
            arms.push((patterns, Rc::new(self.script()?)));
            if !self.take_operator(";;") && self.keyword() != Some("esac") {
                return match self.operator() {
                    Some("&") if self.dialect == Dialect::Bash => self.unsupported(";&"),
                    _ => self.awaits(";;"),
                };
            }
        }
        Ok(Step::Case {
            word,
            arms: arms.into(),
        })
    }

    pub(super) fn condition(&mut self) -> Result<Step, Fault> {
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

    /// The text of `((…))` whose first parenthesis has been read, and where it ends among the tokens.
    pub(super) fn arithmetic(&self) -> Option<(String, usize)> {
        let Some(Token::Operator("(", span)) = self.peek() else {
            return None;
        };
        let before = self.tokens.get(self.at.checked_sub(1)?)?;
        if !matches!(before, Token::Operator("(", first) if first.end == span.start) {
            return None;
        }
        let mut depth = 0usize;
        for (at, token) in self.tokens.iter().enumerate().skip(self.at + 1) {
            match token {
                Token::Operator("(", _) => depth += 1,
                Token::Operator(")", last) if depth == 0 => {
                    let next = self.tokens.get(at + 1);
                    let closes = matches!(next, Some(Token::Operator(")", after)) if after.start == last.end);
                    let text = self.text.get(span.end..last.start)?;
                    return closes.then(|| (text.to_owned(), at + 2));
                }
                Token::Operator(")", _) => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// `((…))`, which is `let "…"`.
    pub(super) fn arithmetic_command(&mut self) -> Result<Step, Fault> {
        let Some((text, end)) = self.arithmetic() else {
            return self.wrong();
        };
        let mut simple = Simple {
            line: self.line(),
            ..Simple::default()
        };
        self.at = end;
        for part in [Part::Plain("let".to_owned()), Part::Quoted(text)] {
            let span = self.here();
            simple.words.push(Word {
                parts: vec![part],
                span,
            });
        }
        Ok(Step::Simple(simple))
    }
}
