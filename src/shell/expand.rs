//! Turns words into arguments: variables, commands' output, field splitting, `~` and globs.

use super::arithmetic::evaluate;
use super::context::Context;
use super::interpreter::Shell;
use super::script::{Form, Part, Word};
use super::surroundings::{self, Dialect};
use super::tree::{matches, resolve};

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
            Part::Variable { name, form, .. } => {
                out.push_str(&variable(shell, context, name, form));
            }
            Part::Arithmetic { text, .. } => out.push_str(&arithmetic(shell, context, text)),
            Part::Command { script, .. } => out.push_str(&shell.captured(context, script)),
        }
    }
    out
}

/// A word as a pattern: what is quoted in it stands for itself.
pub(super) fn pattern(shell: &mut Shell, context: &mut Context<'_>, word: &Word) -> String {
    let mut field = Field::default();
    for part in &word.parts {
        let (value, quoted) = value(shell, context, part);
        field.push(&value, quoted);
    }
    field.pattern
}

/// What a part stands for, and whether it is quoted.
fn value(shell: &mut Shell, context: &mut Context<'_>, part: &Part) -> (String, bool) {
    match part {
        Part::Plain(text) => (text.clone(), false),
        Part::Quoted(text) => (text.clone(), true),
        Part::Variable { name, form, quoted } => (variable(shell, context, name, form), *quoted),
        Part::Arithmetic { text, quoted } => (arithmetic(shell, context, text), *quoted),
        Part::Command { script, quoted } => (shell.captured(context, script), *quoted),
    }
}

/// A variable's value in one of its forms.
fn variable(shell: &mut Shell, context: &mut Context<'_>, name: &str, form: &Form) -> String {
    let own = shell.variable(name);
    match form {
        Form::Plain => own,
        Form::Length => own.chars().count().to_string(),
        Form::Test {
            operator,
            empty,
            word,
        } => {
            let there = shell.is_set(name) && !(*empty && own.is_empty());
            match (operator, there) {
                ('+', false) => String::new(),
                ('+', true) => text(shell, context, word),
                (_, true) => own,
                ('=', false) => {
                    let value = text(shell, context, word);
                    shell.set(name, value.clone());
                    value
                }
                ('?', false) => {
                    let told = match text(shell, context, word) {
                        told if told.is_empty() && *empty => "parameter null or not set".to_owned(),
                        told if told.is_empty() => "parameter not set".to_owned(),
                        told => told,
                    };
                    let status = match shell.around().dialect {
                        Dialect::Bash if shell.interactive => 1,
                        Dialect::Bash => 127,
                        Dialect::Ash | Dialect::Dash => 2,
                    };
                    shell.broken(context, &format!("{name}: {told}"), status);
                    String::new()
                }
                (_, false) => text(shell, context, word),
            }
        }
        Form::Cut {
            front,
            longest,
            pattern: word,
        } => {
            let pattern = pattern(shell, context, word);
            cut(&own, &pattern, (*front, *longest))
        }
    }
}

/// A value without what a pattern matches at one of its ends.
fn cut(value: &str, pattern: &str, (front, longest): (bool, bool)) -> String {
    let mut ends: Vec<usize> = value.char_indices().map(|(at, _)| at).collect();
    ends.push(value.len());
    // From the shortest cut to the longest.
    if !front {
        ends.reverse();
    }
    if longest {
        ends.reverse();
    }
    let found = ends.into_iter().find_map(|at| {
        let (before, after) = value.split_at_checked(at)?;
        let (gone, left) = if front {
            (before, after)
        } else {
            (after, before)
        };
        matches(pattern, gone).then(|| left.to_owned())
    });
    found.unwrap_or_else(|| value.to_owned())
}

/// The value of `$((…))`.
fn arithmetic(shell: &mut Shell, context: &mut Context<'_>, word: &Word) -> String {
    let expression = text(shell, context, word);
    let dialect = shell.around().dialect;
    match evaluate(&expression, shell, dialect) {
        Ok(value) => value.to_string(),
        Err(told) => {
            let status = if dialect == Dialect::Bash { 1 } else { 2 };
            shell.broken(context, &told, status);
            String::new()
        }
    }
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
        if let Part::Plain(plain) = part {
            let plain = if i == 0 {
                with_home(shell, plain)
            } else {
                plain.clone()
            };
            field.push(&plain, false);
            continue;
        }
        if let Part::Variable {
            name,
            form: Form::Plain,
            quoted: true,
        } = part
            && name == "@"
        {
            // Each argument stays a word of its own.
            for (i, arg) in shell.args.iter().enumerate() {
                if i > 0 {
                    done.push(std::mem::take(&mut field));
                }
                field.push(arg, true);
            }
            continue;
        }
        let (value, quoted) = value(shell, context, part);
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
