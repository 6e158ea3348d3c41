//! Colours: those of a command line, from the spans of its words, and those that programs print as ANSI sequences.

use super::lexer::{Token, tokens};
use super::script::{Part, Word};
use std::ops::Range;

/// What a stretch of a command line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The name of a command that the place has.
    Command,
    /// The name of a command that it does not have.
    Unknown,
    /// An option.
    Flag,
    /// Quoted text.
    Text,
    /// A variable or a substitution.
    Variable,
    /// `|`, `;`, `>` and the like.
    Operator,
    /// A comment.
    Comment,
}

/// The coloured stretches of a line, in order; what is not in one is plain.
pub(super) fn of_line(line: &str, known: &dyn Fn(&str) -> bool) -> Vec<(Range<usize>, Role)> {
    let Ok(tokens) = tokens(line, super::surroundings::Dialect::Bash) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut first = true;
    let mut end = 0;
    for token in &tokens {
        match token {
            Token::Operator(_, span) => {
                found.push((span.clone(), Role::Operator));
                (first, end) = (true, span.end);
            }
            Token::Redirect { span, .. } => {
                found.push((span.clone(), Role::Operator));
                end = span.end;
            }
            Token::Word(word) => {
                let text = line.get(word.span.clone()).unwrap_or_default();
                if let Some(role) = role(word, text, first, known) {
                    found.push((word.span.clone(), role));
                }
                let assigns = first && text.contains('=');
                (first, end) = (first && (assigns || is_keyword(text)), word.span.end);
            }
        }
    }
    // What the tokens leave over at the end is a comment.
    let rest = line.get(end..).unwrap_or_default();
    if let Some(at) = rest.find('#') {
        found.push((end + at..line.len(), Role::Comment));
    }
    found
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "if" | "then"
            | "else"
            | "elif"
            | "fi"
            | "while"
            | "until"
            | "do"
            | "done"
            | "!"
            | "{"
            | "}"
    )
}

fn role(word: &Word, text: &str, first: bool, known: &dyn Fn(&str) -> bool) -> Option<Role> {
    if is_keyword(text) && first {
        return Some(Role::Operator);
    }
    match word.parts.as_slice() {
        _ if first && text.contains('=') => None,
        [Part::Plain(name)] if first && known(name) => Some(Role::Command),
        [Part::Plain(name)] if first && name != "for" => Some(Role::Unknown),
        [Part::Plain(text)] if text.starts_with('-') => Some(Role::Flag),
        [Part::Quoted(_)] => Some(Role::Text),
        [Part::Variable { .. } | Part::Command { .. } | Part::Arithmetic { .. }] => {
            Some(Role::Variable)
        }
        parts if parts.iter().any(|p| matches!(p, Part::Quoted(_))) => Some(Role::Text),
        _ => None,
    }
}

/// How a stretch of output is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The colour's number, 0 to 15, if one is set.
    pub colour: Option<u8>,
    /// Bold.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Underlined.
    pub underlined: bool,
}

/// Cuts output into stretches of one style; other control sequences are dropped.
pub fn ansi(text: &str) -> Vec<(Style, &str)> {
    let mut found = Vec::new();
    let mut style = Style::default();
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, sequence) = rest.split_at(at);
        if !before.is_empty() {
            found.push((style, before));
        }
        let after = sequence.get(1..).unwrap_or_default();
        let Some(body) = after.strip_prefix('[') else {
            rest = after;
            continue;
        };
        let Some(end) = body.find(|c: char| ('@'..='~').contains(&c)) else {
            rest = "";
            continue;
        };
        let (parameters, last) = body.split_at(end);
        if last.starts_with('m') {
            style = select(style, parameters);
        }
        rest = last.get(1..).unwrap_or_default();
    }
    if !rest.is_empty() {
        found.push((style, rest));
    }
    found
}

/// `ESC [ 1;31 m`: "select graphic rendition".
fn select(mut style: Style, parameters: &str) -> Style {
    for parameter in parameters.split(';') {
        match parameter.parse::<u8>().unwrap_or(0) {
            0 => style = Style::default(),
            1 => style.bold = true,
            2 => style.dim = true,
            4 => style.underlined = true,
            22 => (style.bold, style.dim) = (false, false),
            24 => style.underlined = false,
            colour @ 30..=37 => style.colour = Some(colour - 30),
            39 => style.colour = None,
            colour @ 90..=97 => style.colour = Some(colour - 82),
            _ => {}
        }
    }
    style
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_coloured_by_its_words() {
        let line = "kubectl get -o 'a b' | nope $X # why";
        let shown: Vec<(&str, Role)> = of_line(line, &|word| word == "kubectl")
            .into_iter()
            .map(|(span, role)| (&line[span], role))
            .collect();
        let wanted = [
            ("kubectl", Role::Command),
            ("-o", Role::Flag),
            ("'a b'", Role::Text),
            ("|", Role::Operator),
            ("nope", Role::Unknown),
            ("$X", Role::Variable),
            ("# why", Role::Comment),
        ];
        assert_eq!(shown, wanted);
        assert!(of_line("echo 'open", &|_| true).is_empty());
    }

    #[test]
    fn sequences_become_styles() {
        let shown = ansi("a\u{1b}[1;31mb\u{1b}[0mc\u{1b}[2Jd\u{1b}");
        let red = Style {
            colour: Some(1),
            bold: true,
            ..Style::default()
        };
        let plain = Style::default();
        assert_eq!(
            shown,
            [(plain, "a"), (red, "b"), (plain, "c"), (plain, "d")]
        );
    }
}
