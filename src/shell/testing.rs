//! `test` and `[`: comparisons of texts, numbers and files.

use super::context::Context;
use super::expand;
use super::interpreter::Shell;
use super::pattern::{EXTENDED, Pattern};
use super::script::Word;
use super::surroundings::{self, Dialect};
use super::tree::{Entry, matches, resolve};

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
    let held = held(shell, context, &words, None);
    result(shell, context, name, held, &words)
}

/// `[[ EXPRESSION ]]`: its words are neither parted nor taken for files; what stands behind `==` is a pattern.
pub(super) fn conditional(shell: &mut Shell, context: &mut Context<'_>, words: &[Word]) -> i32 {
    let inner = words
        .get(1..words.len().saturating_sub(1))
        .unwrap_or_default();
    let bash = shell.around().dialect == Dialect::Bash;
    let (mut texts, mut patterns) = (Vec::new(), Vec::new());
    for word in inner {
        let operator = match word.literal() {
            Some("&&") => Some("-a"),
            Some("||") => Some("-o"),
            _ => None,
        };
        if let Some(operator) = operator {
            texts.push(operator.to_owned());
            patterns.push(operator.to_owned());
        } else if bash {
            texts.push(expand::text(shell, context, word));
            patterns.push(expand::pattern(shell, context, word));
        } else {
            // ash parts words as ever.
            for text in expand::parted(shell, context, word) {
                patterns.push(text.clone());
                texts.push(text);
            }
        }
    }
    if shell.failed.is_some() {
        return 1;
    }
    let words: Vec<&str> = texts.iter().map(String::as_str).collect();
    let held = held(shell, context, &words, Some(&patterns));
    result(shell, context, "[[", held, &words)
}

fn held(
    shell: &Shell,
    context: &Context<'_>,
    words: &[&str],
    patterns: Option<&[String]>,
) -> Result<bool, Fault> {
    let mut reader = Reader {
        shell,
        context,
        words,
        patterns,
        at: 0,
    };
    if words.is_empty() {
        return Ok(false);
    }
    let held = reader.either()?;
    match words.get(reader.at) {
        None => Ok(held),
        Some(word) => Err(Fault::Extra((*word).to_owned())),
    }
}

/// The status, and what is said of an expression that is none.
fn result(
    shell: &Shell,
    context: &mut Context<'_>,
    name: &str,
    held: Result<bool, Fault>,
    words: &[&str],
) -> i32 {
    let first = words.first().copied().unwrap_or_default();
    let fault = match held {
        Ok(held) => return i32::from(!held),
        Err(fault) => fault,
    };
    let told = match (&fault, shell.around().dialect) {
        (Fault::Unknown(what), _) => {
            context
                .out
                .note(&format!("Portside's shell does not support {what}."));
            return 2;
        }
        (Fault::Number(word), Dialect::Ash) => format!("{word}: bad number"),
        (Fault::Number(word), Dialect::Dash) => format!("{name}: Illegal number: {word}"),
        (Fault::Number(word), Dialect::Bash) => {
            format!("{name}: {word}: integer expression expected")
        }
        (Fault::Extra(word), Dialect::Ash) => format!("{word}: unknown operand"),
        (Fault::Extra(_), Dialect::Dash) if first.is_empty() => {
            format!("{name}: unexpected operator")
        }
        (Fault::Extra(_), Dialect::Dash) => format!("{name}: {first}: unexpected operator"),
        (Fault::Extra(_), Dialect::Bash) if words.len() > 3 => {
            format!("{name}: too many arguments")
        }
        (Fault::Extra(_), Dialect::Bash) if words.len() == 2 => {
            format!("{name}: {first}: unary operator expected")
        }
        (Fault::Extra(word), Dialect::Bash) => {
            format!("{name}: {word}: binary operator expected")
        }
        (Fault::Missing, Dialect::Ash) => "argument expected".to_owned(),
        (Fault::Missing, Dialect::Dash | Dialect::Bash) => format!("{name}: argument expected"),
    };
    shell.complain_of(context, &told);
    2
}

/// Why an expression is none.
enum Fault {
    /// A word that is no number.
    Number(String),
    /// A word where the expression could end.
    Extra(String),
    /// An operand is missing.
    Missing,
    /// Something that Portside does not do.
    Unknown(&'static str),
}

struct Reader<'a, 'b> {
    shell: &'a Shell,
    context: &'a Context<'b>,
    words: &'a [&'a str],
    /// The words as patterns, between `[[` and `]]`.
    patterns: Option<&'a [String]>,
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
            && let Some(held) = self.compared(first, operator, right)?
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

impl Reader<'_, '_> {
    /// A comparison as this place has it.
    fn compared(&self, a: &str, operator: &str, b: &str) -> Result<Option<bool>, Fault> {
        let dash = self.shell.around().dialect == Dialect::Dash;
        if operator == "==" && dash {
            return Err(Fault::Extra(operator.to_owned()));
        }
        // No file here is younger than another.
        if matches!(operator, "-nt" | "-ot" | "-ef") {
            let (a, b) = (self.entry(a).is_some(), self.entry(b).is_some());
            let bash = self.shell.around().dialect == Dialect::Bash;
            return Ok(Some(bash && operator == "-nt" && a && !b));
        }
        let Some(patterns) = self.patterns else {
            return compared(a, operator, b);
        };
        let pattern = patterns.get(self.at + 2).map_or("", String::as_str);
        Ok(match operator {
            "=" | "==" => Some(matches(pattern, a)),
            "!=" => Some(!matches(pattern, a)),
            "=~" => {
                let pattern = Pattern::new(b, EXTENDED).map_err(Fault::Unknown)?;
                Some(pattern.find(a).is_some())
            }
            _ => return compared(a, operator, b),
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
