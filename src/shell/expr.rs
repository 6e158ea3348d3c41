//! `expr`: whole numbers, comparisons, and parts of texts.

use super::context::Context;
use super::interpreter::Shell;
use super::surroundings::Dialect;
use std::cmp::Ordering;

/// Operators of two sides, the weakest first.
const LEVELS: &[&[&str]] = &[
    &["|"],
    &["&"],
    &["<", "<=", "=", "==", "!=", ">=", ">"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// How deep an expression may nest.
const MOST_DEPTH: usize = 50;

/// Why an expression has no value.
enum Fault {
    Syntax,
    Number,
    Zero,
    Unknown(&'static str),
}

struct Reader<'a> {
    words: &'a [String],
    at: usize,
    depth: usize,
}

/// `expr EXPRESSION`; its status is 1 if the value is nothing or zero.
pub(super) fn expr(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let words = argv.get(1..).unwrap_or_default();
    let ash = shell.around().dialect == Dialect::Ash;
    let mut reader = Reader {
        words,
        at: 0,
        depth: 0,
    };
    let value = reader
        .level(0)
        .and_then(|value| match words.get(reader.at) {
            None => Ok(value),
            Some(_) => Err(Fault::Syntax),
        });
    let told = match value {
        Ok(value) => {
            context.out.line(&value);
            return i32::from(value.is_empty() || value == "0");
        }
        Err(Fault::Unknown(what)) => {
            context
                .out
                .note(&format!("Portside's expr does not simulate {what}."));
            return 2;
        }
        Err(Fault::Zero) => "division by zero".to_owned(),
        Err(Fault::Number) if ash => "non-numeric argument".to_owned(),
        Err(Fault::Number) => "non-integer argument".to_owned(),
        Err(Fault::Syntax) if words.is_empty() && ash => "too few arguments".to_owned(),
        Err(Fault::Syntax) if words.is_empty() => {
            "missing operand\nTry 'expr --help' for more information.".to_owned()
        }
        Err(Fault::Syntax) if ash => "syntax error".to_owned(),
        Err(Fault::Syntax) => match words.get(reader.at) {
            Some(word) => format!("syntax error: unexpected argument '{word}'"),
            None => {
                let last = words.last().map_or("", String::as_str);
                format!("syntax error: missing argument after '{last}'")
            }
        },
    };
    context.out.error(&format!("expr: {told}"));
    2
}

impl Reader<'_> {
    fn next(&mut self) -> Result<&str, Fault> {
        let word = self.words.get(self.at).ok_or(Fault::Syntax)?;
        self.at += 1;
        Ok(word)
    }

    fn level(&mut self, level: usize) -> Result<String, Fault> {
        let Some(own) = LEVELS.get(level) else {
            return self.primary();
        };
        let mut value = self.level(level + 1)?;
        while let Some(operator) = self
            .words
            .get(self.at)
            .filter(|w| own.contains(&w.as_str()))
        {
            self.at += 1;
            let right = self.level(level + 1)?;
            value = joined(&value, operator, &right)?;
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<String, Fault> {
        let functions = self.words.len() - self.at.min(self.words.len());
        let word = self.next()?.to_owned();
        match word.as_str() {
            "(" => {
                self.depth += 1;
                if self.depth > MOST_DEPTH {
                    return Err(Fault::Syntax);
                }
                let value = self.level(0)?;
                self.depth -= 1;
                if self.next()? != ")" {
                    return Err(Fault::Syntax);
                }
                Ok(value)
            }
            "length" if functions > 1 => Ok(self.next()?.chars().count().to_string()),
            "index" if functions > 2 => {
                let text = self.next()?.to_owned();
                let set = self.next()?;
                let at = text.chars().position(|c| set.contains(c));
                Ok(at.map_or(0, |at| at + 1).to_string())
            }
            "substr" if functions > 3 => {
                let text = self.next()?.to_owned();
                let mut number = || self.next()?.parse::<usize>().map_err(|_| Fault::Number);
                let (from, length) = (number()?, number()?);
                let skipped = text.chars().skip(from.saturating_sub(1));
                Ok(if from == 0 {
                    String::new()
                } else {
                    skipped.take(length).collect()
                })
            }
            "match" if functions > 2 => Err(Fault::Unknown("match")),
            _ if self.words.get(self.at).is_some_and(|next| next == ":") => {
                Err(Fault::Unknown("TEXT : PATTERN"))
            }
            _ => Ok(word),
        }
    }
}

fn joined(a: &str, operator: &str, b: &str) -> Result<String, Fault> {
    let nothing = |text: &str| text.is_empty() || text == "0";
    let numbers = a.parse::<i64>().ok().zip(b.parse::<i64>().ok());
    let order = numbers.map_or_else(|| a.cmp(b), |(a, b)| a.cmp(&b));
    let held = match operator {
        "|" => return Ok(if nothing(a) { b } else { a }.to_owned()),
        "&" => return Ok(if nothing(a) || nothing(b) { "0" } else { a }.to_owned()),
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        "=" | "==" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        ">=" => order != Ordering::Less,
        ">" => order == Ordering::Greater,
        _ => {
            let (a, b) = numbers.ok_or(Fault::Number)?;
            let value = match operator {
                "+" => a.checked_add(b),
                "-" => a.checked_sub(b),
                "*" => a.checked_mul(b),
                "/" => a.checked_div(b),
                _ => a.checked_rem(b),
            };
            return value.map(|value| value.to_string()).ok_or(Fault::Zero);
        }
    };
    Ok(i32::from(held).to_string())
}
