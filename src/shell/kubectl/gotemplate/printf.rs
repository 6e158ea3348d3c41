//! `printf` of Go templates: the verbs of Go's `fmt` that values of objects have a use for.

use super::functions::{in_quotes, with_type};
use crate::api::Value;
use crate::shell::kubectl::jsonpath::{go_text, go_type};

/// What stands between `%` and the verb.
#[derive(Default)]
struct Flags {
    left: bool,
    zeros: bool,
    signed: bool,
    alternate: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

pub(super) fn printf(format: &str, arguments: &[Value]) -> String {
    let mut out = String::new();
    let mut arguments = arguments.iter();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = Flags::default();
        while let Some(flag) = chars.next_if(|c| "-0+# ".contains(*c)) {
            match flag {
                '-' => flags.left = true,
                '0' => flags.zeros = true,
                '+' => flags.signed = true,
                '#' => flags.alternate = true,
                _ => {}
            }
        }
        let mut number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            let mut digits = String::new();
            while let Some(c) = chars.next_if(char::is_ascii_digit) {
                digits.push(c);
            }
            if chars.next_if_eq(&'*').is_some() {
                let given = arguments.next().and_then(Value::as_int);
                return given.and_then(|n| usize::try_from(n).ok());
            }
            digits.parse::<usize>().ok().map(|n| n.min(4_096))
        };
        flags.width = number(&mut chars);
        if chars.next_if_eq(&'.').is_some() {
            flags.precision = Some(number(&mut chars).unwrap_or(0));
        }
        match chars.next() {
            None => out.push_str("%!(NOVERB)"),
            Some('%') => out.push('%'),
            Some(verb) => match arguments.next() {
                None => out.push_str(&format!("%!{verb}(MISSING)")),
                Some(value) => out.push_str(&padded(&shown(verb, value, &flags), &flags)),
            },
        }
    }
    let left: Vec<String> = arguments.map(with_type).collect();
    if !left.is_empty() {
        out.push_str(&format!("%!(EXTRA {})", left.join(", ")));
    }
    out
}

fn shown(verb: char, value: &Value, flags: &Flags) -> String {
    let cut = |text: String| match flags.precision {
        Some(length) => text.chars().take(length).collect(),
        None => text,
    };
    let code = |n: i64| u32::try_from(n).ok().and_then(char::from_u32);
    let found = match (verb, value) {
        ('T', value) => Some(go_type(value).to_owned()),
        ('v', Value::Str(_)) if flags.alternate => in_quotes(value),
        ('v', Value::Int(n)) if flags.signed => Some(format!("{n:+}")),
        ('v', value) => Some(go_text(value)),
        ('s', Value::Str(text)) => Some(cut(text.clone())),
        ('s', Value::List(_) | Value::Map(_)) => Some(go_text(value)),
        ('q', Value::Str(_)) => in_quotes(value),
        ('q', Value::Int(n)) => code(*n).map(|c| format!("{c:?}")),
        ('x', Value::Str(text)) => Some(text.bytes().map(|b| format!("{b:02x}")).collect()),
        ('X', Value::Str(text)) => Some(text.bytes().map(|b| format!("{b:02X}")).collect()),
        ('d', Value::Int(n)) if flags.signed => Some(format!("{n:+}")),
        ('d', Value::Int(n)) => Some(n.to_string()),
        ('x', Value::Int(n)) => Some(format!("{n:x}")),
        ('X', Value::Int(n)) => Some(format!("{n:X}")),
        ('o', Value::Int(n)) => Some(format!("{n:o}")),
        ('b', Value::Int(n)) => Some(format!("{n:b}")),
        ('c', Value::Int(n)) => code(*n).map(String::from),
        ('U', Value::Int(n)) => Some(format!("U+{n:04X}")),
        ('t', Value::Bool(b)) => Some(b.to_string()),
        ('g' | 'f', Value::Float(text)) => Some(text.clone()),
        _ => None,
    };
    found.unwrap_or_else(|| format!("%!{verb}({})", with_type(value)))
}

fn padded(text: &str, flags: &Flags) -> String {
    let width = flags.width.unwrap_or(0);
    match (flags.left, flags.zeros) {
        (true, _) => format!("{text:<width$}"),
        (false, true) => {
            let (sign, digits) = match text.strip_prefix('-') {
                Some(digits) => ("-", digits),
                None => ("", text),
            };
            let width = width.saturating_sub(sign.len());
            format!("{sign}{digits:0>width$}")
        }
        (false, false) => format!("{text:>width$}"),
    }
}
