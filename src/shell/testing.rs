//! `test` and `[`: comparisons of texts, numbers and files.

use super::context::Context;
use super::interpreter::Shell;
use super::surroundings::{self, Dialect};
use super::tree::{Entry, resolve};

/// `test EXPRESSION`, `[ EXPRESSION ]`.
pub(super) fn test(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let name = argv.first().map_or("test", String::as_str);
    let mut words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let dialect = shell.around().dialect;
    if name == "[" && words.pop() != Some("]") {
        let told = match dialect {
            Dialect::Ash => "missing ]",
            Dialect::Dash => "[: missing ]",
            Dialect::Bash => "[: missing `]'",
        };
        shell.complain_of(context, told);
        return 2;
    }
    let mut reader = Reader {
        shell,
        context,
        words: &words,
        at: 0,
    };
    let held = if words.is_empty() {
        Ok(false)
    } else {
        reader.either().and_then(|held| match words.get(reader.at) {
            None => Ok(held),
            Some(word) => Err(Fault::Extra((*word).to_owned())),
        })
    };
    match held {
        Ok(held) => i32::from(!held),
        Err(fault) => {
            let told = match (&fault, dialect) {
                (Fault::Number(word), Dialect::Ash) => format!("{word}: bad number"),
                (Fault::Number(word), Dialect::Dash) => format!("{name}: Illegal number: {word}"),
                (Fault::Number(word), Dialect::Bash) => {
                    format!("{name}: {word}: integer expression expected")
                }
                (Fault::Extra(word), Dialect::Ash) => format!("{word}: unknown operand"),
                (Fault::Extra(word), Dialect::Dash) => {
                    format!("{name}: {word}: unexpected operator")
                }
                (Fault::Extra(_), Dialect::Bash) if words.len() > 3 => {
                    format!("{name}: too many arguments")
                }
                (Fault::Extra(word), Dialect::Bash) => {
                    format!("{name}: {word}: binary operator expected")
                }
                (Fault::Missing, Dialect::Ash) => "argument expected".to_owned(),
                (Fault::Missing, Dialect::Dash) => format!("{name}: argument expected"),
                (Fault::Missing, Dialect::Bash) => format!("{name}: argument expected"),
            };
            shell.complain_of(context, &told);
            2
        }
    }
}

/// Why an expression is none.
enum Fault {
    /// A word that is no number.
    Number(String),
    /// A word where the expression could end.
    Extra(String),
    /// An operand is missing.
    Missing,
}

struct Reader<'a, 'b> {
    shell: &'a Shell,
    context: &'a Context<'b>,
    words: &'a [&'a str],
    at: usize,
}

impl<'a> Reader<'a, '_> {
    fn peek(&self, ahead: usize) -> Option<&'a str> {
        self.words.get(self.at + ahead).copied()
    }

    fn entry(&self, path: &str) -> Option<Entry> {
        let path = resolve(
            self.shell.cwd(),
            path,
            surroundings::home(self.shell.place()),
        );
        surroundings::tree(self.context.world, self.shell.place())
            .get(&path)
            .cloned()
    }

    fn either(&mut self) -> Result<bool, Fault> {
        let mut held = self.both()?;
        while self.peek(0) == Some("-o") {
            self.at += 1;
            held |= self.both()?;
        }
        Ok(held)
    }

    fn both(&mut self) -> Result<bool, Fault> {
        let mut held = self.one()?;
        while self.peek(0) == Some("-a") {
            self.at += 1;
            held &= self.one()?;
        }
        Ok(held)
    }

    fn one(&mut self) -> Result<bool, Fault> {
        let first = self.peek(0).ok_or(Fault::Missing)?;
        // What stands before a comparison is a text, whatever it looks like.
        if let (Some(operator), Some(right)) = (self.peek(1), self.peek(2))
            && let Some(held) = compared(first, operator, right)?
        {
            self.at += 3;
            return Ok(held);
        }
        if first == "!" && self.peek(1).is_some() {
            self.at += 1;
            return self.one().map(|held| !held);
        }
        if first == "(" && self.peek(2).is_some() {
            self.at += 1;
            let held = self.either()?;
            self.at += 1;
            return Ok(held);
        }
        let Some(operand) = self.peek(1).filter(|_| is_unary(first)) else {
            self.at += 1;
            return Ok(!first.is_empty());
        };
        self.at += 2;
        Ok(match first {
            "-z" => operand.is_empty(),
            "-n" => !operand.is_empty(),
            "-d" => self.entry(operand) == Some(Entry::Folder),
            "-f" => matches!(self.entry(operand), Some(Entry::File(_))),
            "-s" => match self.entry(operand) {
                Some(Entry::File(text)) => !text.is_empty(),
                other => other.is_some(),
            },
            "-e" | "-r" | "-w" | "-x" | "-O" | "-G" => self.entry(operand).is_some(),
            // Nothing here is a link, a device or a terminal.
            _ => false,
        })
    }
}

fn is_unary(word: &str) -> bool {
    word.len() == 2
        && word.starts_with('-')
        && word.ends_with(|c| "znefdrwxsLhpSbctOGugk".contains(c))
}

/// A comparison of two words; nothing if the middle one is no operator.
fn compared(a: &str, operator: &str, b: &str) -> Result<Option<bool>, Fault> {
    let number = |word: &str| {
        let number = word.trim().parse::<i64>();
        number.map_err(|_| Fault::Number(word.to_owned()))
    };
    Ok(Some(match operator {
        "=" | "==" => a == b,
        "!=" => a != b,
        "<" => a < b,
        ">" => a > b,
        "-eq" => number(a)? == number(b)?,
        "-ne" => number(a)? != number(b)?,
        "-lt" => number(a)? < number(b)?,
        "-le" => number(a)? <= number(b)?,
        "-gt" => number(a)? > number(b)?,
        "-ge" => number(a)? >= number(b)?,
        _ => return Ok(None),
    }))
}
