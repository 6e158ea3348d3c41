//! Label selectors as text: the grammar of `kubectl -l`.
//!
//! Models `k8s.io/apimachinery/pkg/labels/selector.go`: its lexer, its parser and its sentences. Requirements are joined
//! by commas and all must hold: `k`, `!k`, `k=v`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k>1`, `k<5`. `!=` and
//! `notin` also match objects without the key.

use super::record::StringMap;
use super::validation::{label_value_errors, qualified_name_errors};
use crate::kernel::Arrange;
use crate::kernel::BTreeSet;
use std::fmt;

/// A parsed selector: its requirements, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// What is asked of its value.
    pub operator: Operator,
    /// The values that the operator compares with, sorted; none for `Exists` and `DoesNotExist`.
    pub values: BTreeSet<String>,
}

/// What a requirement asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The label is there.
    Exists,
    /// The label is not there.
    DoesNotExist,
    /// `=`
    Equals,
    /// `==`
    DoubleEquals,
    /// `!=`
    NotEquals,
    /// The value is one of several.
    In,
    /// The value is none of several.
    NotIn,
    /// The value is a number above another.
    GreaterThan,
    /// The value is a number below another.
    LessThan,
}

impl Operator {
    /// The operator's name in `k8s.io/apimachinery/pkg/selection`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::DoesNotExist => "!",
            Self::Equals => "=",
            Self::DoubleEquals => "==",
            Self::NotEquals => "!=",
            Self::In => "in",
            Self::NotIn => "notin",
            Self::GreaterThan => "gt",
            Self::LessThan => "lt",
        }
    }
}

impl Selector {
    /// Reads a selector; the error is the API server's sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser {
            tokens: lex(text),
            at: 0,
        };
        let mut requirements = parser.requirements()?;
        requirements.arrange_by(|a, b| a.key.cmp(&b.key));
        Ok(Self { requirements })
    }

    /// The requirements, sorted by key.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Whether the labels meet every requirement.
    pub fn matches(&self, labels: &StringMap) -> bool {
        self.requirements.iter().all(|r| r.matches(labels))
    }
}

impl fmt::Display for Selector {
    /// The canonical form, which parses to the same selector.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, requirement) in self.requirements.iter().enumerate() {
            write!(f, "{}{requirement}", if i > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl Requirement {
    fn matches(&self, labels: &StringMap) -> bool {
        let value = labels.get(&self.key);
        let number = |text: &String| text.parse::<i64>().ok();
        let wanted = self.values.first().and_then(number);
        match self.operator {
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::In | Operator::Equals | Operator::DoubleEquals => {
                value.is_some_and(|v| self.values.contains(v))
            }
            Operator::NotIn | Operator::NotEquals => value.is_none_or(|v| !self.values.contains(v)),
            Operator::GreaterThan => value.and_then(number) > wanted,
            Operator::LessThan => {
                let value = value.and_then(number);
                value.is_some() && value < wanted
            }
        }
    }

    /// What is wrong with the key and the values (`NewRequirement`).
    fn check(self) -> Result<Self, String> {
        let mut errors = key_error(&self.key).map_or_else(Vec::new, |why| vec![why]);
        let numeric = matches!(self.operator, Operator::GreaterThan | Operator::LessThan);
        for (i, value) in self.values.iter().enumerate() {
            if numeric && value.parse::<i64>().is_err() {
                errors.push(format!("values[{i}]: Invalid value: {value:?}: for 'Gt', 'Lt' operators, the value must be an integer"));
            }
        }
        for (i, value) in self.values.iter().enumerate() {
            let found = label_value_errors(value);
            if !found.is_empty() {
                let why = found.join("; ");
                errors.push(format!(
                    "values[{i}][{}]: Invalid value: {value:?}: {why}",
                    self.key
                ));
            }
        }
        match errors.as_slice() {
            [] => Ok(self),
            [one] => Err(one.clone()),
            several => Err(format!("[{}]", several.join(", "))),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        let values = values.join(",");
        match self.operator {
            Operator::Exists => f.write_str(&self.key),
            Operator::DoesNotExist => write!(f, "!{}", self.key),
            Operator::In => write!(f, "{} in ({values})", self.key),
            Operator::NotIn => write!(f, "{} notin ({values})", self.key),
            Operator::GreaterThan => write!(f, "{}>{values}", self.key),
            Operator::LessThan => write!(f, "{}<{values}", self.key),
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals => {
                write!(f, "{}{}{values}", self.key, self.operator.name())
            }
        }
    }
}

/// What is wrong with a label's key; the path is one that Go leaves nil.
fn key_error(key: &str) -> Option<String> {
    let found = qualified_name_errors(key);
    let why = found.join("; ");
    (!found.is_empty()).then(|| format!("<nil>: Invalid value: {key:?}: {why}"))
}

const SYMBOLS: &str = "=!(),<>";

/// The words and symbols of a selector; a symbol is the longest that can be read.
fn lex(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let white = [' ', '\t', '\r', '\n'];
    let mut rest = text.trim_start_matches(white);
    while let Some(first) = rest.chars().next() {
        let end = if ["==", "!="].iter().any(|pair| rest.starts_with(pair)) {
            2
        } else if SYMBOLS.contains(first) {
            1
        } else {
            let ends = |c: char| white.contains(&c) || SYMBOLS.contains(c);
            rest.find(ends).unwrap_or(rest.len())
        };
        let (token, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        tokens.push(token.to_owned());
        rest = tail.trim_start_matches(white);
    }
    tokens
}

struct Parser {
    tokens: Vec<String>,
    at: usize,
}

impl Parser {
    /// The next token, empty at the end.
    fn peek(&self) -> &str {
        self.tokens.get(self.at).map_or("", String::as_str)
    }

    fn take(&mut self) -> String {
        let token = self.peek().to_owned();
        self.at += 1;
        token
    }

    fn requirements(&mut self) -> Result<Vec<Requirement>, String> {
        let mut found = Vec::new();
        loop {
            let next = self.peek();
            if next.is_empty() {
                return Ok(found);
            }
            if !is_identifier(next) && next != "!" {
                return Err(format!(
                    "found '{next}', expected: !, identifier, or 'end of string'"
                ));
            }
            let one = self.requirement();
            found.push(one.map_err(|why| format!("unable to parse requirement: {why}"))?);
            match self.take().as_str() {
                "" => return Ok(found),
                "," => {
                    let next = self.peek();
                    if !is_identifier(next) && next != "!" {
                        return Err(format!("found '{next}', expected: identifier after ','"));
                    }
                }
                other => {
                    return Err(format!("found '{other}', expected: ',' or 'end of string'"));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let mut key = self.take();
        let absent = key == "!";
        if absent {
            key = self.take();
        }
        if !is_identifier(&key) {
            return Err(format!("found '{key}', expected: identifier"));
        }
        if let Some(why) = key_error(&key) {
            return Err(why);
        }
        let (operator, values) = if absent {
            (Operator::DoesNotExist, BTreeSet::new())
        } else if matches!(self.peek(), "" | ",") {
            (Operator::Exists, BTreeSet::new())
        } else {
            let operator = self.operator()?;
            let values = match operator {
                Operator::In | Operator::NotIn => self.values()?,
                _ => self.exact_value()?,
            };
            (operator, values)
        };
        let requirement = Requirement {
            key,
            operator,
            values,
        };
        requirement.check()
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let token = self.take();
        Ok(match token.as_str() {
            "in" => Operator::In,
            "notin" => Operator::NotIn,
            "=" => Operator::Equals,
            "==" => Operator::DoubleEquals,
            "!=" => Operator::NotEquals,
            ">" => Operator::GreaterThan,
            "<" => Operator::LessThan,
            other => {
                return Err(format!(
                    "found '{other}', expected: in, notin, =, ==, !=, gt, lt"
                ));
            }
        })
    }

    /// One value; nothing at all is the empty value.
    fn exact_value(&mut self) -> Result<BTreeSet<String>, String> {
        if matches!(self.peek(), "" | ",") {
            return Ok([String::new()].into());
        }
        let value = self.take();
        if is_identifier(&value) {
            return Ok([value].into());
        }
        Err(format!("found '{value}', expected: identifier"))
    }

    /// `(a,b)`; an item may be empty.
    fn values(&mut self) -> Result<BTreeSet<String>, String> {
        let open = self.take();
        if open != "(" {
            return Err(format!("found '{open}' expected: '('"));
        }
        let next = self.peek().to_owned();
        if next == ")" {
            self.at += 1;
            return Ok([String::new()].into());
        }
        if next != "," && !is_identifier(&next) {
            return Err(format!("found '{next}', expected: ',', ')' or identifier"));
        }
        let values = self.identifiers()?;
        if self.take() != ")" {
            return Err(format!("found '{next}', expected: ')'"));
        }
        Ok(values)
    }

    fn identifiers(&mut self) -> Result<BTreeSet<String>, String> {
        let mut values = BTreeSet::new();
        loop {
            let token = self.take();
            if is_identifier(&token) {
                values.insert(token);
                match self.peek() {
                    "," => {}
                    ")" => return Ok(values),
                    other => return Err(format!("found '{other}', expected: ',' or ')'")),
                }
            } else if token == "," {
                if values.is_empty() {
                    values.insert(String::new());
                }
                match self.peek() {
                    ")" => {
                        values.insert(String::new());
                        return Ok(values);
                    }
                    "," => {
                        self.at += 1;
                        values.insert(String::new());
                        if self.peek() == ")" {
                            return Ok(values);
                        }
                    }
                    _ => {}
                }
            } else {
                return Err(format!("found '{token}', expected: ',', or identifier"));
            }
        }
    }
}

fn is_identifier(token: &str) -> bool {
    !token.is_empty() && !token.starts_with(|c| SYMBOLS.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_joined_by_and() {
        let labels: StringMap = [("app", "web"), ("n", "3")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        let rows = [
            ("app=web", true),
            ("app==web,n", true),
            ("app!=web", false),
            ("tier!=x", true),
            ("app in (web, db)", true),
            ("app notin (web)", false),
            ("!tier", true),
            ("!app", false),
            ("n>2", true),
            ("n<2", false),
            ("app<2", false),
            ("", true),
        ];
        for (text, expected) in rows {
            assert_eq!(
                Selector::parse(text).map(|s| s.matches(&labels)),
                Ok(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn an_open_list_is_told_in_the_servers_words() {
        let error = Selector::parse("app in (web").unwrap_err();
        assert_eq!(
            error,
            "unable to parse requirement: found '', expected: ',' or ')'"
        );
    }
}
