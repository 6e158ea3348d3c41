//! Arithmetic of the shell, `$((…))`: the whole numbers and operators of C.
//!
//! Models POSIX.1-2024, section 2.6.4, with the assignments and `++` that ash and bash have.

use super::surroundings::Dialect;

/// Gives and takes the values of variables.
pub(super) trait Variables {
    /// The text of a variable, empty if it is unset.
    fn get(&self, name: &str) -> String;
    /// Sets a variable.
    fn set(&mut self, name: &str, value: i64);
}

/// Why an expression has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Something else was expected at this byte.
    Syntax(usize),
    /// A division by zero, whose divisor begins at this byte.
    Zero(usize),
}

/// Operators of two sides, the weakest first.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

/// How deep an expression may nest.
const MOST_DEPTH: usize = 50;

/// The value of an expression.
///
/// # Errors
///
/// What the shell says of it.
pub(super) fn evaluate(
    text: &str,
    variables: &mut dyn Variables,
    dialect: Dialect,
) -> Result<i64, String> {
    if text.trim().is_empty() {
        return Ok(0);
    }
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        counts: dialect != Dialect::Dash,
        variables,
    };
    let value = reader.assigned(true).and_then(|value| {
        reader.blanks();
        if reader.rest().is_empty() {
            Ok(value)
        } else {
            Err(Fault::Syntax(reader.at))
        }
    });
    value.map_err(|fault| told(text, fault, dialect))
}

/// The words for a fault.
fn told(text: &str, fault: Fault, dialect: Dialect) -> String {
    let from = |at: usize| text.get(at..).unwrap_or_default().trim_start().to_owned();
    match (fault, dialect) {
        (Fault::Zero(_), Dialect::Ash) => "divide by zero".to_owned(),
        (Fault::Syntax(_), Dialect::Ash) => "arithmetic syntax error".to_owned(),
        (Fault::Zero(_), Dialect::Dash) => {
            format!("arithmetic expression: division by zero: \"{text}\"")
        }
        (Fault::Syntax(at), Dialect::Dash) => {
            let what = if from(at).is_empty() || from(at).starts_with(['+', '*', '/', ')']) {
                "expecting primary"
            } else {
                "expecting EOF"
            };
            format!("arithmetic expression: {what}: \"{text}\"")
        }
        (Fault::Zero(at), Dialect::Bash) => {
            format!("{text}: division by 0 (error token is \"{}\")", from(at))
        }
        (Fault::Syntax(at), Dialect::Bash) => {
            let rest = from(at);
            if rest.is_empty() {
                let last = text.trim_end().chars().last();
                let last = last.map(String::from).unwrap_or_default();
                format!("{text}: syntax error: operand expected (error token is \"{last}\")")
            } else {
                format!("{text}: syntax error in expression (error token is \"{rest}\")")
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// Whether `++` and `--` are there.
    counts: bool,
    variables: &'a mut dyn Variables,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, word: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// A name at this place, which is not passed.
    fn name(&mut self) -> Option<&'a str> {
        self.blanks();
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        rest.get(..end)
            .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
    }

    fn value(&self, name: &str) -> i64 {
        number(self.variables.get(name).trim()).unwrap_or(0)
    }

    /// `name = …`, `name += …`, or a condition. What does not count is read without effect.
    fn assigned(&mut self, counts: bool) -> Result<i64, Fault> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(Fault::Syntax(self.at));
        }
        let begun = self.at;
        if let Some(name) = self.name() {
            self.at += name.len();
            self.blanks();
            let rest = self.rest();
            let operator = ["<<", ">>", "+", "-", "*", "/", "%", "&", "|", "^", ""]
                .into_iter()
                .find(|op| {
                    rest.strip_prefix(op)
                        .and_then(|rest| rest.strip_prefix('='))
                        .is_some_and(|rest| !rest.starts_with('='))
                });
            if let Some(operator) = operator {
                self.at += operator.len() + 1;
                let at = self.at;
                let right = self.assigned(counts)?;
                let value = if operator.is_empty() {
                    right
                } else {
                    apply(operator, (self.value(name), right), at, counts)?
                };
                if counts {
                    self.variables.set(name, value);
                }
                self.depth -= 1;
                return Ok(value);
            }
        }
        self.at = begun;
        let condition = self.level(0, counts)?;
        let value = if self.take("?") {
            let then = self.assigned(counts && condition != 0)?;
            if !self.take(":") {
                return Err(Fault::Syntax(self.at));
            }
            let otherwise = self.assigned(counts && condition == 0)?;
            if condition != 0 { then } else { otherwise }
        } else {
            condition
        };
        self.depth -= 1;
        Ok(value)
    }

    /// Operators of one strength, from the left.
    fn level(&mut self, level: usize, counts: bool) -> Result<i64, Fault> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary(counts);
        };
        let mut left = self.level(level + 1, counts)?;
        loop {
            self.blanks();
            let rest = self.rest();
            let found = operators.iter().find(|op| rest.starts_with(**op));
            // `&` is no `&&`, `<` no `<<`, and no operator is the beginning of an assignment.
            let Some(operator) = found.filter(|op| {
                let after = rest.get(op.len()..).unwrap_or_default();
                let longer = ["&", "|", "<", ">"].contains(*op) && after.starts_with(**op);
                let assigns = !matches!(**op, "==" | "!=" | "<=" | ">=") && after.starts_with('=');
                !longer && !assigns
            }) else {
                return Ok(left);
            };
            self.at += operator.len();
            self.blanks();
            let at = self.at;
            let needed = match *operator {
                "&&" => left != 0,
                "||" => left == 0,
                _ => true,
            };
            let right = self.level(level + 1, counts && needed)?;
            left = apply(operator, (left, right), at, counts)?;
        }
    }

    fn unary(&mut self, counts: bool) -> Result<i64, Fault> {
        self.blanks();
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(Fault::Syntax(self.at));
        }
        let step = match self.rest().get(..2) {
            Some("++") => 1,
            Some("--") => -1,
            _ => 0,
        };
        let value = if self.counts && step != 0 {
            self.at += 2;
            match self.name() {
                Some(name) => {
                    self.at += name.len();
                    self.step(name, step, counts).wrapping_add(step)
                }
                // Two signs in front of a number.
                None => self.unary(counts)?,
            }
        } else if self.take("-") {
            self.unary(counts)?.wrapping_neg()
        } else if self.take("+") {
            self.unary(counts)?
        } else if self.take("!") {
            i64::from(self.unary(counts)? == 0)
        } else if self.take("~") {
            !self.unary(counts)?
        } else {
            self.primary(counts)?
        };
        self.depth -= 1;
        Ok(value)
    }

    /// Adds to a variable; the value before.
    fn step(&mut self, name: &str, step: i64, counts: bool) -> i64 {
        let value = self.value(name);
        if counts {
            self.variables.set(name, value.wrapping_add(step));
        }
        value
    }

    fn primary(&mut self, counts: bool) -> Result<i64, Fault> {
        if self.take("(") {
            let value = self.assigned(counts)?;
            return if self.take(")") {
                Ok(value)
            } else {
                Err(Fault::Syntax(self.at))
            };
        }
        if let Some(name) = self.name() {
            self.at += name.len();
            self.blanks();
            let step = match self.rest().get(..2) {
                Some("++") => 1,
                Some("--") => -1,
                _ => 0,
            };
            if self.counts && step != 0 {
                self.at += 2;
                return Ok(self.step(name, step, counts));
            }
            return Ok(self.value(name));
        }
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let value = number(rest.get(..end).unwrap_or_default());
        self.at += value.map_or(0, |_| end);
        value.ok_or(Fault::Syntax(self.at))
    }
}

/// A number as C writes it: `12`, `0x1f`, `017`.
fn number(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let hex = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let value = match (hex, digits.strip_prefix('0')) {
        (Some(hex), _) => i64::from_str_radix(hex, 16),
        (None, Some(octal)) if !octal.is_empty() => i64::from_str_radix(octal, 8),
        _ => digits.parse(),
    };
    value.ok().map(|value| sign * value)
}

/// Two values joined; of what does not count, a division by zero is no fault.
fn apply(operator: &str, (a, b): (i64, i64), at: usize, counts: bool) -> Result<i64, Fault> {
    let shift = u32::try_from(b & 63).unwrap_or(0);
    Ok(match operator {
        "||" => i64::from(a != 0 || b != 0),
        "&&" => i64::from(a != 0 && b != 0),
        "|" => a | b,
        "^" => a ^ b,
        "&" => a & b,
        "==" => i64::from(a == b),
        "!=" => i64::from(a != b),
        "<=" => i64::from(a <= b),
        ">=" => i64::from(a >= b),
        "<" => i64::from(a < b),
        ">" => i64::from(a > b),
        "<<" => a.wrapping_shl(shift),
        ">>" => a.wrapping_shr(shift),
        "+" => a.wrapping_add(b),
        "-" => a.wrapping_sub(b),
        "*" => a.wrapping_mul(b),
        _ if b == 0 && counts => return Err(Fault::Zero(at)),
        "/" => a.checked_div(b).unwrap_or(0),
        _ => a.checked_rem(b).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    impl Variables for BTreeMap<String, i64> {
        fn get(&self, name: &str) -> String {
            Self::get(self, name)
                .map(i64::to_string)
                .unwrap_or_default()
        }

        fn set(&mut self, name: &str, value: i64) {
            self.insert(name.to_owned(), value);
        }
    }

    #[test]
    fn expressions_have_the_values_of_c() {
        let mut variables = BTreeMap::from([("i".to_owned(), 3)]);
        for (text, value) in [
            ("1+2*3", 7),
            ("(1+2)*3", 9),
            ("7/2-7%3", 2),
            ("1<<4|1", 17),
            ("0x1f + 010", 39),
            ("2>1 && 1>=1", 1),
            ("0 && 1/0", 0),
            ("!0 + ~0", 0),
            ("-3 - -4", 1),
            ("i == 3 ? 10 : 20", 10),
            ("i++ + i", 7),
            ("i += 2", 6),
            ("j = i = 2", 2),
            ("i + j + unset", 4),
            ("5 & 6 ^ 1", 5),
        ] {
            assert_eq!(
                evaluate(text, &mut variables, Dialect::Ash),
                Ok(value),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_told_in_each_shells_words() {
        let mut none = BTreeMap::new();
        let mut told = |text: &str, dialect| evaluate(text, &mut none, dialect).unwrap_err();
        assert_eq!(told("1/0", Dialect::Ash), "divide by zero");
        assert_eq!(told("1 +", Dialect::Ash), "arithmetic syntax error");
        assert_eq!(
            told("1/0", Dialect::Bash),
            "1/0: division by 0 (error token is \"0\")"
        );
        assert_eq!(
            told("1 +", Dialect::Bash),
            "1 +: syntax error: operand expected (error token is \"+\")"
        );
        assert_eq!(
            told("1/0", Dialect::Dash),
            "arithmetic expression: division by zero: \"1/0\""
        );
    }
}
