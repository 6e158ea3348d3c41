//! sed with `s///`, `y///`, `p`, `d`, `q`, `=`, `i`, `a` and `c`, for all lines, by number or by pattern; other commands are
//! refused by name.

use super::context::{Context, Stream};
use super::files_commands::inputs;
use super::interpreter::Shell;
use super::options;
use super::pattern::{Pattern, Reading};
use super::surroundings;

/// One command of sed.
enum Edit {
    Replace {
        pattern: Pattern,
        with: String,
        /// The first match that is replaced, and whether those after it are.
        from: usize,
        all: bool,
        print: bool,
    },
    Letters(Vec<char>, Vec<char>),
    Print,
    Delete,
    Quit,
    Number,
    /// A text before the line, after it, or in its place: `i`, `a`, `c`.
    Text(char, String),
}

/// A place among the lines.
enum Spot {
    Number(usize),
    Last,
    Matching(Pattern),
}

impl Spot {
    fn is(&self, number: usize, last: bool, line: &str) -> bool {
        match self {
            Self::Number(n) => number == *n,
            Self::Last => last,
            Self::Matching(pattern) => pattern.find(line).is_some(),
        }
    }
}

/// Which lines an edit is for.
struct Lines {
    from: Option<Spot>,
    to: Option<Spot>,
    except: bool,
    /// Whether the range has begun and not ended.
    inside: bool,
}

impl Lines {
    fn meant(&mut self, number: usize, last: bool, line: &str) -> bool {
        let held = match (&self.from, &self.to) {
            (None, _) => true,
            (Some(from), None) => from.is(number, last, line),
            (Some(from), Some(to)) => {
                let begins = !self.inside && from.is(number, last, line);
                let ends = match to {
                    Spot::Number(n) => number >= *n,
                    // The line that begins a range does not end it by a pattern.
                    Spot::Matching(_) if begins => false,
                    to => to.is(number, last, line),
                };
                let held = self.inside || begins;
                self.inside = held && !ends;
                held
            }
        };
        held != self.except
    }
}

/// A text up to a mark that no backslash precedes, and what follows the mark.
fn until(text: &str, mark: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    let mut set = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, next)) if next == mark && mark != '|' => out.push(next),
                Some((_, next)) => out.extend(['\\', next]),
                None => out.push('\\'),
            },
            c if c == mark && !set => return Some((out, text.get(at + c.len_utf8()..)?)),
            c => {
                set = if set {
                    c != ']'
                } else {
                    c == '[' && text.get(at..)?.contains(']')
                };
                out.push(c);
            }
        }
    }
    None
}

fn spot(text: &str, reading: Reading) -> Option<(Option<Spot>, &str)> {
    if let Some(rest) = text.strip_prefix('$') {
        return Some((Some(Spot::Last), rest));
    }
    if let Some(rest) = text.strip_prefix('/') {
        let (pattern, rest) = until(rest, '/')?;
        let pattern = Pattern::new(&pattern, reading).ok()?;
        return Some((Some(Spot::Matching(pattern)), rest));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok().map(Spot::Number), rest))
}

/// The next command of a script, and what follows it.
fn command(text: &str, reading: Reading) -> Option<(Lines, Edit, &str)> {
    let (from, mut rest) = spot(text, reading)?;
    let mut to = None;
    if let Some(after) = rest.trim_start().strip_prefix(',') {
        (to, rest) = spot(after.trim_start(), reading)?;
        to.as_ref()?;
    }
    let after = rest.trim_start();
    let except = after.starts_with('!');
    let after = after.trim_start_matches('!').trim_start();
    let letter = after.chars().next()?;
    let body = after.get(1..)?;
    let (edit, rest) = match letter {
        'p' => (Edit::Print, body),
        'd' => (Edit::Delete, body),
        'q' => (Edit::Quit, body),
        '=' => (Edit::Number, body),
        'i' | 'a' | 'c' => {
            let text = body
                .trim_start()
                .strip_prefix('\\')
                .unwrap_or(body)
                .trim_start();
            (Edit::Text(letter, text.to_owned()), "")
        }
        'y' => {
            let mark = body.chars().next()?;
            let (from, rest) = until(body.get(mark.len_utf8()..)?, mark)?;
            let (to, rest) = until(rest, mark)?;
            let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
            (from.len() == to.len()).then_some((Edit::Letters(from, to), rest))?
        }
        's' => replacement(body, reading)?,
        _ => return None,
    };
    let lines = Lines {
        from,
        to,
        except,
        inside: false,
    };
    let rest = rest.trim_start();
    let rest = match rest.chars().next() {
        None => rest,
        Some(';' | '\n') => rest.get(1..)?,
        Some(_) => return None,
    };
    Some((lines, edit, rest.trim_start_matches([';', ' ', '\n'])))
}

/// `s///` behind its `s`.
fn replacement(body: &str, reading: Reading) -> Option<(Edit, &str)> {
    let mark = body.chars().next()?;
    let (pattern, rest) = until(body.get(mark.len_utf8()..)?, mark)?;
    let (with, rest) = until(rest, mark)?;
    let end = rest.find([';', '\n', ' ']).unwrap_or(rest.len());
    let (flags, rest) = rest.split_at(end);
    if flags
        .chars()
        .any(|c| !"gpiI".contains(c) && !c.is_ascii_digit())
    {
        return None;
    }
    let digits: String = flags.chars().filter(char::is_ascii_digit).collect();
    let reading = Reading {
        ignores_case: flags.contains(['i', 'I']),
        ..reading
    };
    let edit = Edit::Replace {
        pattern: Pattern::new(&pattern, reading).ok()?,
        with,
        from: digits.parse().unwrap_or(1),
        all: flags.contains('g'),
        print: flags.contains('p'),
    };
    Some((edit, rest))
}

/// A line with what a pattern finds replaced, from the so-manieth find on; whether anything was.
fn replaced(
    line: &str,
    pattern: &Pattern,
    with: &str,
    (from, all): (usize, bool),
) -> (String, bool) {
    let mut out = String::new();
    let (mut at, mut count, mut hit) = (0, 0, false);
    while let Some(groups) = pattern.groups(line, at) {
        let Some(found) = groups.first().cloned().flatten() else {
            break;
        };
        out.push_str(line.get(at..found.start).unwrap_or_default());
        count += 1;
        if count < from {
            out.push_str(line.get(found.clone()).unwrap_or_default());
        } else {
            hit = true;
            filled(&mut out, with, line, &groups);
        }
        at = found.end;
        if found.is_empty() {
            // An empty find moves on by a character.
            let Some(c) = line.get(at..).and_then(|tail| tail.chars().next()) else {
                break;
            };
            out.push(c);
            at += c.len_utf8();
        }
        if at >= line.len() || count >= from && !all {
            break;
        }
    }
    out.push_str(line.get(at..).unwrap_or_default());
    (out, hit)
}

/// The text of a replacement: `&` and `\\1` stand for what was found.
fn filled(out: &mut String, with: &str, line: &str, groups: &[Option<std::ops::Range<usize>>]) {
    let group = |i: usize| {
        let range = groups.get(i).cloned().flatten();
        range.and_then(|range| line.get(range)).unwrap_or_default()
    };
    let mut chars = with.chars();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.push_str(group(0)),
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(digit) if digit.is_ascii_digit() => {
                    out.push_str(group(digit.to_digit(10).unwrap_or(0) as usize));
                }
                Some(other) => out.push(other),
                None => {}
            },
            c => out.push(c),
        }
    }
}

/// `sed [-nE] [-i] [-e] SCRIPT [FILE…]`.
pub(super) fn sed(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (mut quiet, mut writes, mut scripts) = (false, false, Vec::new());
    let mut reading = Reading::default();
    let mut words = Vec::new();
    let mut iter = argv.iter().skip(1);
    while let Some(word) = iter.next() {
        let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty());
        let Some(letters) = letters else {
            words.push(word.as_str());
            continue;
        };
        for letter in letters.chars() {
            match letter {
                'n' => quiet = true,
                'i' => writes = true,
                'E' | 'r' => reading.extended = true,
                'e' => scripts.push(iter.next().cloned().unwrap_or_default()),
                _ => {
                    context
                        .out
                        .note(&format!("Portside's sed does not know {word}."));
                    return 1;
                }
            }
        }
    }
    if scripts.is_empty() && !words.is_empty() {
        scripts.push(words.remove(0).to_owned());
    }
    if scripts.is_empty() {
        return options::usage(shell, context, "sed", None);
    }
    let mut edits = Vec::new();
    for script in &scripts {
        let mut rest = script.trim_start_matches([';', ' ', '\n']);
        while !rest.is_empty() {
            let Some((lines, edit, after)) = command(rest, reading) else {
                context.out.note(&format!(
                    "Portside's sed knows s///, y///, p, d, q, =, i, a and c with line numbers or a /pattern/: not `{rest}`."
                ));
                return 1;
            };
            edits.push((lines, edit));
            rest = after;
        }
    }
    let mut status = 0;
    let texts = inputs(shell, context, "sed", &words, &mut status).unwrap_or_default();
    if !writes {
        let all: String = texts.into_iter().map(|(_, text)| text).collect();
        let out = edited(&all, &mut edits, quiet);
        context.out.write(Stream::Out, &out);
        return status;
    }
    for (file, text) in texts {
        let out = edited(&text, &mut edits, quiet);
        if let Err(error) =
            surroundings::write(context.world, shell.place(), shell.cwd(), &file, &out)
        {
            context.out.error(&format!("sed: {file}: {error}"));
            status = 1;
        }
    }
    status
}

/// The text that edits make of lines.
fn edited(text: &str, edits: &mut [(Lines, Edit)], quiet: bool) -> String {
    let count = text.lines().count();
    let mut out = String::new();
    for (i, line) in text.lines().enumerate() {
        let (number, mut line) = (i + 1, line.to_owned());
        let (mut shown, mut ends, mut behind) = (!quiet, false, String::new());
        for (lines, edit) in &mut *edits {
            if !lines.meant(number, number == count, &line) {
                continue;
            }
            match edit {
                Edit::Replace {
                    pattern,
                    with,
                    from,
                    all,
                    print,
                } => {
                    let (new, hit) = replaced(&line, pattern, with, (*from, *all));
                    line = new;
                    if hit && *print {
                        out.push_str(&format!("{line}\n"));
                    }
                }
                Edit::Letters(from, to) => {
                    let new = |c| {
                        from.iter()
                            .position(|own| *own == c)
                            .and_then(|at| to.get(at))
                    };
                    line = line.chars().map(|c| new(c).copied().unwrap_or(c)).collect();
                }
                Edit::Print => out.push_str(&format!("{line}\n")),
                Edit::Number => out.push_str(&format!("{number}\n")),
                Edit::Text('i', text) => out.push_str(&format!("{text}\n")),
                Edit::Text('a', text) => behind.push_str(&format!("{text}\n")),
                Edit::Text(_, text) => {
                    out.push_str(&format!("{text}\n"));
                    shown = false;
                    break;
                }
                Edit::Delete => {
                    shown = false;
                    break;
                }
                Edit::Quit => ends = true,
            }
            if ends {
                break;
            }
        }
        if shown {
            out.push_str(&line);
            // The last line has its end only if it came with one.
            if number < count || text.ends_with('\n') {
                out.push('\n');
            }
        }
        out.push_str(&behind);
        if ends {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitution() {
        let pattern = Pattern::new("o", Reading::default()).unwrap();
        assert_eq!(replaced("foo", &pattern, "<&>", (1, true)).0, "f<o><o>");
        assert_eq!(replaced("foo", &pattern, "0", (2, false)).0, "fo0");
        assert!(!replaced("bar", &pattern, "0", (1, true)).1);
    }
}
