//! Turns words into arguments: variables, commands' output, field splitting, `~` and globs.

use super::arithmetic::evaluate;
use super::braces::expanded;
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
    let braces = shell.around().dialect == Dialect::Bash;
    for word in words {
        let words = if braces {
            expanded(word)
        } else {
            vec![word.clone()]
        };
        let mut all = Vec::new();
        for word in &words {
            all.extend(fields(shell, context, word));
        }
        for field in all {
            match paths(shell, context, &field) {
                found if found.is_empty() => out.push(field.text),
                found => out.extend(found),
            }
        }
    }
    out
}

/// The words that a word is parted into; globs stand for themselves.
pub(super) fn parted(shell: &mut Shell, context: &mut Context<'_>, word: &Word) -> Vec<String> {
    let fields = fields(shell, context, word).into_iter();
    fields.map(|field| field.text).collect()
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
    if shell.flags.has('u') && !matches!(form, Form::Test { .. } | Form::Bad(_)) && !shell.has(name)
    {
        unset(shell, context, name);
        return String::new();
    }
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
        Form::Slice { from, length } => slice(shell, context, (name, &own), from, length.as_ref()),
        Form::Replace {
            how,
            pattern: word,
            with,
        } => {
            let pattern = pattern(shell, context, word);
            let with = text(shell, context, with);
            replaced(&own, *how, &pattern, &with)
        }
        Form::Letters { upper, all } => {
            let first = own.chars().next().map_or(0, char::len_utf8);
            let (head, tail) = own.split_at(if *all { own.len() } else { first });
            let head = if *upper {
                head.to_uppercase()
            } else {
                head.to_lowercase()
            };
            head + tail
        }
        Form::Indirect => shell.variable(&own),
        Form::Bad(text) => {
            bad(shell, context, text);
            String::new()
        }
    }
}

/// `set -u` and a variable without a value.
fn unset(shell: &mut Shell, context: &mut Context<'_>, name: &str) {
    let (told, status) = match shell.around().dialect {
        Dialect::Bash => {
            let sign = if name.bytes().all(|b| b.is_ascii_digit()) {
                "$"
            } else {
                ""
            };
            let status = if shell.flags.has('e') || shell.interactive {
                1
            } else {
                127
            };
            (format!("{sign}{name}: unbound variable"), status)
        }
        Dialect::Ash | Dialect::Dash => (format!("{name}: parameter not set"), 2),
    };
    shell.broken(context, &told, status);
}

/// A form that the shell has not; bash has arrays, which Portside names.
fn bad(shell: &mut Shell, context: &mut Context<'_>, text: &str) {
    if shell.around().dialect == Dialect::Bash && text.contains('[') {
        context
            .out
            .note("Portside's shell does not support arrays.");
        shell.failed = Some(2);
        return;
    }
    let (told, status) = match shell.around().dialect {
        Dialect::Bash => (format!("${{{text}}}: bad substitution"), 1),
        Dialect::Dash => ("Bad substitution".to_owned(), 2),
        Dialect::Ash => ("syntax error: bad substitution".to_owned(), 2),
    };
    shell.broken(context, &told, status);
}

/// `${name:from:length}`; of `$@` it is arguments that are counted.
fn slice(
    shell: &mut Shell,
    context: &mut Context<'_>,
    (name, own): (&str, &str),
    from: &Word,
    length: Option<&Word>,
) -> String {
    let mut number = |word: &Word| arithmetic(shell, context, word).parse::<i64>().unwrap_or(0);
    let from = number(from);
    let length = length.map(&mut number);
    let pieces: Vec<String> = if matches!(name, "@" | "*") {
        let zeroth = std::iter::once(shell.name.clone());
        zeroth.chain(shell.args.iter().cloned()).collect()
    } else {
        own.chars().map(String::from).collect()
    };
    let count = i64::try_from(pieces.len()).unwrap_or(i64::MAX);
    let start = if from < 0 { count + from } else { from };
    let end = match length {
        None => count,
        Some(length) if length < 0 => count + length,
        Some(length) => start.saturating_add(length).min(count),
    };
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let found = range.and_then(|(start, end)| pieces.get(start..end));
    let glue = if matches!(name, "@" | "*") { " " } else { "" };
    found.map(|found| found.join(glue)).unwrap_or_default()
}

/// A value with what a pattern matches replaced, the longest match at each place.
fn replaced(value: &str, how: char, pattern: &str, with: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    if pattern.is_empty() {
        return value.to_owned();
    }
    loop {
        let mut ends: Vec<usize> = rest.char_indices().map(|(at, _)| at).skip(1).collect();
        if !rest.is_empty() {
            ends.push(rest.len());
        }
        let whole = |end: &usize| how != '%' || *end == rest.len();
        let hit = ends
            .into_iter()
            .rev()
            .filter(whole)
            .find(|end| rest.get(..*end).is_some_and(|text| matches(pattern, text)));
        if let Some(end) = hit {
            out.push_str(with);
            rest = rest.get(end..).unwrap_or_default();
            if how != '/' {
                break;
            }
            continue;
        }
        let Some(c) = rest.chars().next().filter(|_| how != '#') else {
            break;
        };
        out.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    out + rest
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
        Some("root") => "/root".to_owned(),
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
        // The value of an unquoted expansion is split at what IFS names.
        let ifs = separators(shell);
        let mut pieces = split(&value, &ifs, usize::MAX);
        let last = pieces.pop();
        for piece in pieces {
            field.push(piece, false);
            field.present |= !piece.is_empty() || !ifs.contains(' ');
            if field.present {
                done.push(std::mem::take(&mut field));
            }
        }
        if let Some(last) = last {
            field.push(last, false);
        }
    }
    if field.present {
        done.push(field);
    }
    done
}

/// The characters at which words are parted.
pub(super) fn separators(shell: &Shell) -> String {
    if shell.is_set("IFS") {
        shell.variable("IFS")
    } else {
        " \t\n".to_owned()
    }
}

/// A text in pieces, at most so many: blanks of IFS count together, each other character of it alone. What stands before
/// the first and behind the last separator is a piece, be it empty.
pub(super) fn split<'a>(text: &'a str, ifs: &str, most: usize) -> Vec<&'a str> {
    let blank = |c: char| c.is_whitespace() && ifs.contains(c);
    let mut pieces = Vec::new();
    let mut rest = text;
    while pieces.len() + 1 < most
        && let Some(at) = rest.find(|c| ifs.contains(c))
    {
        let (piece, after) = rest.split_at(at);
        pieces.push(piece);
        let after = after.trim_start_matches(blank);
        let mark = after.chars().next().filter(|c| ifs.contains(*c));
        rest = match mark {
            Some(c) => after
                .get(c.len_utf8()..)
                .unwrap_or_default()
                .trim_start_matches(blank),
            None => after,
        };
    }
    pieces.push(rest);
    pieces
}

/// The files that a field with globs stands for; none if it has no globs or nothing matches.
fn paths(shell: &Shell, context: &Context<'_>, field: &Field) -> Vec<String> {
    if !field.globs || shell.flags.has('f') {
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
