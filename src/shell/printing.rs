//! `echo` and `printf`.

use super::context::{Context, Stream};
use super::interpreter::Shell;
use super::surroundings::Dialect;

/// `echo [-neE] [WORD…]`; dash's has `-n` alone, and always reads escapes.
pub(super) fn echo(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let dash = shell.around().dialect == Dialect::Dash;
    let known = if dash { "n" } else { "neE" };
    let mut words = argv.get(1..).unwrap_or_default();
    let (mut newline, mut escapes) = (true, dash);
    while let Some((first, rest)) = words.split_first() {
        let letters = first
            .strip_prefix('-')
            .filter(|l| !l.is_empty() && l.chars().all(|c| known.contains(c)));
        let Some(letters) = letters else { break };
        newline &= !letters.contains('n');
        escapes = letters
            .chars()
            .rfind(|c| "eE".contains(*c))
            .map_or(escapes, |c| c == 'e');
        words = rest;
    }
    let text = words.join(" ");
    let text = if escapes { unescaped(&text) } else { text };
    context.out.write(Stream::Out, &text);
    if newline {
        context.out.write(Stream::Out, "\n");
    }
    0
}

/// The most columns that a conversion fills.
const MOST_COLUMNS: usize = 1_000;

/// What stands between `%` and the letter.
#[derive(Default)]
struct Conversion {
    left: bool,
    zeros: bool,
    sign: bool,
    blank: bool,
    marked: bool,
    width: usize,
    precision: Option<usize>,
}

impl Conversion {
    /// Reads it; gives the letter and what follows.
    fn read<'a>(rest: &'a str, values: &mut dyn FnMut() -> i64) -> (Self, char, &'a str) {
        let mut own = Self::default();
        let flags = rest.len() - rest.trim_start_matches(['-', '0', '+', ' ', '#']).len();
        for flag in rest.get(..flags).unwrap_or_default().chars() {
            own.left |= flag == '-';
            own.zeros |= flag == '0';
            own.sign |= flag == '+';
            own.blank |= flag == ' ';
            own.marked |= flag == '#';
        }
        let mut rest = rest.get(flags..).unwrap_or_default();
        let mut number = |rest: &mut &'a str| {
            if let Some(after) = rest.strip_prefix('*') {
                *rest = after;
                return usize::try_from(values()).unwrap_or(0).min(MOST_COLUMNS);
            }
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (digits, after) = rest.split_at(end);
            *rest = after;
            digits.parse().unwrap_or(0).min(MOST_COLUMNS)
        };
        own.width = number(&mut rest);
        if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            own.precision = Some(number(&mut rest));
        }
        let letter = rest.chars().next().unwrap_or('%');
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        (own, letter, after)
    }

    /// A text in its columns.
    fn filled(&self, text: &str, number: bool) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        if self.left {
            return format!("{text}{}", " ".repeat(missing));
        }
        if self.zeros && number {
            let (sign, digits) = match text.strip_prefix(['-', '+']) {
                Some(digits) => (text.get(..1).unwrap_or_default(), digits),
                None => ("", text),
            };
            return format!("{sign}{}{digits}", "0".repeat(missing));
        }
        format!("{}{text}", " ".repeat(missing))
    }
}

/// The variable that `printf` prints into, its format and what that is about.
type Given<'a> = (Option<&'a str>, &'a str, &'a [String]);

fn given<'a>(
    shell: &Shell,
    context: &mut Context<'_>,
    words: &'a [String],
) -> Result<Given<'a>, i32> {
    let mut argv = words;
    let dialect = shell.around().dialect;
    let plain = argv.first().is_some_and(|word| word == "--");
    if plain {
        argv = argv.get(1..).unwrap_or_default();
    }
    let into = match argv {
        [option, name, rest @ ..] if option == "-v" && dialect == Dialect::Bash => {
            argv = rest;
            Some(name.as_str())
        }
        _ => None,
    };
    let Some(format) = argv.first() else {
        match dialect {
            Dialect::Ash => shell.complain(context, "usage: printf FORMAT [ARGUMENT...]"),
            Dialect::Dash => shell.complain_of(context, "printf: usage: printf format [arg ...]"),
            Dialect::Bash => {
                context
                    .out
                    .error("printf: usage: printf [-v var] format [arguments]");
            }
        }
        return Err(2);
    };
    if dialect == Dialect::Dash && !plain && format.starts_with('-') && format.len() > 1 {
        let letter = format.chars().nth(1).unwrap_or_default();
        shell.complain_in(context, "printf", &format!("Illegal option -{letter}"));
        return Err(2);
    }
    Ok((into, format, argv.get(1..).unwrap_or_default()))
}

/// `printf FORMAT [WORD…]`: the format is used again while words are left.
pub(super) fn printf(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let dialect = shell.around().dialect;
    let (into, format, values) = match given(shell, context, argv.get(1..).unwrap_or_default()) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let format = unescaped(format);
    let mut values = values.iter();
    let (mut out, mut status) = (String::new(), 0);
    loop {
        let before = values.len();
        let mut rest = format.as_str();
        while let Some(at) = rest.find('%') {
            out.push_str(rest.get(..at).unwrap_or_default());
            let mut star = || values.next().and_then(|v| v.parse().ok()).unwrap_or(0);
            let (how, letter, after) =
                Conversion::read(rest.get(at + 1..).unwrap_or_default(), &mut star);
            rest = after;
            match letter {
                '%' => out.push('%'),
                _ if letter == 'q' && dialect == Dialect::Bash || "sbc".contains(letter) => {
                    let value = values.next().map_or("", String::as_str);
                    let text = match letter {
                        'b' => unescaped(value),
                        'c' => value.chars().take(1).collect(),
                        'q' => quoted(value),
                        _ => value
                            .chars()
                            .take(how.precision.unwrap_or(usize::MAX))
                            .collect(),
                    };
                    out.push_str(&how.filled(&text, false));
                }
                'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
                    let text = values.next().map_or("", String::as_str);
                    let number = number(text).unwrap_or_else(|| {
                        bad_number(shell, context, text);
                        status = 1;
                        0
                    });
                    let digits = match letter {
                        'x' if how.marked => format!("{number:#x}"),
                        'x' => format!("{number:x}"),
                        'X' => format!("{number:X}"),
                        'o' => format!("{number:o}"),
                        _ if how.sign && number >= 0 => format!("+{number}"),
                        _ if how.blank && number >= 0 => format!(" {number}"),
                        _ => number.to_string(),
                    };
                    out.push_str(&how.filled(&digits, true));
                }
                'f' | 'e' | 'g' | 'F' | 'E' | 'G' => {
                    context.out.write(Stream::Out, &out);
                    let said = format!("Portside's printf does not simulate %{letter}.");
                    context.out.note(&said);
                    return 1;
                }
                other => {
                    context.out.write(Stream::Out, &out);
                    let told = match dialect {
                        Dialect::Ash => format!("%{other}: invalid format"),
                        Dialect::Dash => format!("printf: %{other}: invalid directive"),
                        Dialect::Bash => format!("printf: `{other}': invalid format character"),
                    };
                    shell.complain_of(context, &told);
                    return 1;
                }
            }
        }
        out.push_str(rest);
        if values.len() == 0 || values.len() == before {
            break;
        }
    }
    match into {
        Some(name) => shell.set(name, out),
        None => context.out.write(Stream::Out, &out),
    }
    status
}

/// A number as `printf` reads it; nothing is zero, a quote gives the code of what follows.
fn number(text: &str) -> Option<i64> {
    if let Some(rest) = text.strip_prefix(['\'', '"']) {
        return Some(rest.chars().next().map_or(0, |c| i64::from(u32::from(c))));
    }
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(hex) => (hex, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    if text.is_empty() {
        return Some(0);
    }
    i64::from_str_radix(digits, radix).ok()
}

fn bad_number(shell: &Shell, context: &mut Context<'_>, text: &str) {
    let told = match shell.around().dialect {
        Dialect::Ash => format!("invalid number '{text}'"),
        Dialect::Dash => format!("printf: {text}: expected numeric value"),
        Dialect::Bash => format!("printf: {text}: invalid number"),
    };
    shell.complain_of(context, &told);
}

/// A text as a shell reads it back.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if text.is_empty() {
        return "''".to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if !plain(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A text with its backslashes replaced: `\n`, `\t`, `\\`, octal and hexadecimal codes.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        let mut length = after.chars().next().map_or(0, char::len_utf8);
        match after.chars().next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('v') => out.push('\u{b}'),
            Some('e') => out.push('\u{1b}'),
            Some('\\') | None => out.push('\\'),
            Some('0'..='7') => {
                let digits = after
                    .bytes()
                    .take(4)
                    .take_while(|b| (b'0'..=b'7').contains(b));
                length = digits
                    .count()
                    .min(if after.starts_with('0') { 4 } else { 3 });
                let code = u8::from_str_radix(after.get(..length).unwrap_or_default(), 8);
                out.push(char::from(code.unwrap_or(b'?')));
            }
            Some('x') => {
                let digits = after.bytes().skip(1).take(2);
                let count = digits.take_while(u8::is_ascii_hexdigit).count();
                let code = u8::from_str_radix(after.get(1..=count).unwrap_or_default(), 16);
                match code {
                    Ok(code) => out.push(char::from(code)),
                    Err(_) => out.push_str("\\x"),
                }
                length = count + 1;
            }
            Some(other) => out.extend(['\\', other]),
        }
        rest = after.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}
