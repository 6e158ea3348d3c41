//! Turns words into arguments: variables, commands' output, field splitting, `~` and globs.

use super::context::Context;
use super::interpreter::Shell;
use super::script::{Part, Word};
use super::surroundings;
use super::tree::resolve;

/// A field under construction: its characters, each with whether it stands inside quotes.
#[derive(Default)]
struct Field {
    text: String,
    /// The same with the glob characters of quoted text escaped away.
    pattern: String,
    globs: bool,
    present: bool,
}

impl Field {
    fn push(&mut self, text: &str, quoted: bool) {
        self.present |= quoted || !text.is_empty();
        self.globs |= !quoted && text.contains(['*', '?', '[']);
        self.text.push_str(text);
        if quoted {
            // A set of one character is that character.
            self.pattern.extend(text.chars().map(|c| {
                if "*?[".contains(c) {
                    format!("[{c}]")
                } else {
                    c.to_string()
                }
            }));
        } else {
            self.pattern.push_str(text);
        }
    }
}

/// The arguments that words stand for.
pub(super) fn arguments(
    shell: &mut Shell,
    context: &mut Context<'_>,
    words: &[Word],
) -> Vec<String> {
    let mut out = Vec::new();
    for word in words {
        for field in fields(shell, context, word) {
            match paths(shell, context, &field) {
                found if found.is_empty() => out.push(field.text),
                found => out.extend(found),
            }
        }
    }
    out
}

/// The text that a word stands for, without splitting: of an assignment, a redirection, a here-document.
pub(super) fn text(shell: &mut Shell, context: &mut Context<'_>, word: &Word) -> String {
    let mut out = String::new();
    for (i, part) in word.parts.iter().enumerate() {
        match part {
            Part::Plain(plain) if i == 0 => out.push_str(&with_home(shell, plain)),
            Part::Plain(plain) | Part::Quoted(plain) => out.push_str(plain),
            Part::Variable { name, default, .. } => {
                out.push_str(&shell.variable_or(name, default.as_deref()));
            }
            Part::Command { script, .. } => out.push_str(&shell.captured(context, script)),
        }
    }
    out
}

fn with_home(shell: &Shell, plain: &str) -> String {
    match plain.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            format!("{}{rest}", shell.variable("HOME"))
        }
        _ => plain.to_owned(),
    }
}

fn fields(shell: &mut Shell, context: &mut Context<'_>, word: &Word) -> Vec<Field> {
    let mut done = Vec::new();
    let mut field = Field::default();
    for (i, part) in word.parts.iter().enumerate() {
        let (value, quoted) = match part {
            Part::Plain(plain) => {
                let plain = if i == 0 {
                    with_home(shell, plain)
                } else {
                    plain.clone()
                };
                field.push(&plain, false);
                continue;
            }
            Part::Quoted(text) => (text.clone(), true),
            Part::Variable {
                name,
                default,
                quoted,
            } => (shell.variable_or(name, default.as_deref()), *quoted),
            Part::Command { script, quoted } => (shell.captured(context, script), *quoted),
        };
        if quoted {
            field.push(&value, true);
            continue;
        }
        // The value of an unquoted expansion is split at blanks.
        if value.starts_with(char::is_whitespace) && field.present {
            done.push(std::mem::take(&mut field));
        }
        let mut pieces = value.split_whitespace().peekable();
        while let Some(piece) = pieces.next() {
            field.push(piece, false);
            if pieces.peek().is_some() {
                done.push(std::mem::take(&mut field));
            }
        }
        if value.ends_with(char::is_whitespace) && field.present {
            done.push(std::mem::take(&mut field));
        }
    }
    if field.present {
        done.push(field);
    }
    done
}

/// The files that a field with globs stands for; none if it has no globs or nothing matches.
fn paths(shell: &Shell, context: &Context<'_>, field: &Field) -> Vec<String> {
    if !field.globs {
        return Vec::new();
    }
    let place = shell.place();
    let tree = surroundings::tree(context.world, place);
    let pattern = resolve(shell.cwd(), &field.pattern, surroundings::home(place));
    let found = tree.glob(&pattern);
    if field.pattern.starts_with('/') {
        return found;
    }
    // A relative pattern gives relative names.
    let depth =
        pattern.matches('/').count() - field.pattern.trim_start_matches("./").matches('/').count();
    let relative = |path: &String| {
        let parts: Vec<&str> = path.split('/').skip(depth).collect();
        if field.pattern.starts_with("..") {
            path.clone()
        } else {
            parts.join("/")
        }
    };
    found.iter().map(relative).collect()
}
