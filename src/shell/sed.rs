//! sed with `s///`, `p`, `d` and `q`, for all lines, by number or by pattern; other commands are refused by name.

use super::context::Context;
use super::filters::{complain, lines};
use super::interpreter::Shell;
use super::pattern::{Pattern, Reading};

/// One command of sed.
enum Edit {
    Replace {
        pattern: Pattern,
        with: String,
        all: bool,
        print: bool,
    },
    Print,
    Delete,
    Quit,
}

/// Which lines an edit is for.
enum Lines {
    All,
    Range(usize, usize),
    Last,
    Matching(Pattern),
}

fn sed_address(text: &str) -> Option<(Lines, &str)> {
    if let Some(rest) = text.strip_prefix('$') {
        return Some((Lines::Last, rest));
    }
    if let Some(rest) = text.strip_prefix('/') {
        let (pattern, rest) = rest.split_once('/')?;
        return Some((
            Lines::Matching(Pattern::new(pattern, Reading::default()).ok()?),
            rest,
        ));
    }
    let digits = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let (number, rest) = text.split_at(digits(text));
    let Ok(from) = number.parse::<usize>() else {
        return Some((Lines::All, text));
    };
    match rest.strip_prefix(',') {
        None => Some((Lines::Range(from, from), rest)),
        Some(rest) => match rest.strip_prefix('$') {
            Some(rest) => Some((Lines::Range(from, usize::MAX), rest)),
            None => {
                let (number, rest) = rest.split_at(digits(rest));
                Some((Lines::Range(from, number.parse().ok()?), rest))
            }
        },
    }
}

fn sed_edit(text: &str) -> Option<(Lines, Edit)> {
    let (lines, rest) = sed_address(text.trim())?;
    let edit = match rest.trim() {
        "p" => Edit::Print,
        "d" => Edit::Delete,
        "q" => Edit::Quit,
        command => {
            let body = command.strip_prefix('s')?;
            let mark = body.chars().next()?;
            let mut parts: Vec<String> = vec![String::new()];
            let mut chars = body.chars().skip(1);
            while let Some(c) = chars.next() {
                match c {
                    '\\' => match chars.next() {
                        Some(next) if next == mark => parts.last_mut()?.push(next),
                        Some(next) => parts.last_mut()?.extend(['\\', next]),
                        None => {}
                    },
                    c if c == mark => parts.push(String::new()),
                    c => parts.last_mut()?.push(c),
                }
            }
            let [pattern, with, flags] = parts.as_slice() else {
                return None;
            };
            if flags.chars().any(|c| !"gp".contains(c)) {
                return None;
            }
            Edit::Replace {
                pattern: Pattern::new(pattern, Reading::default()).ok()?,
                with: with.clone(),
                // What is bound to the beginning is there once.
                all: flags.contains('g') && !pattern.starts_with('^'),
                print: flags.contains('p'),
            }
        }
    };
    Some((lines, edit))
}

/// A line with what a pattern finds replaced; `&` stands for what was found. Whether anything was.
fn replaced(line: &str, pattern: &Pattern, with: &str, all: bool) -> (String, bool) {
    let mut out = String::new();
    let mut rest = line;
    let mut hit = false;
    while let Some(found) = pattern.find(rest) {
        hit = true;
        let text = rest.get(found.clone()).unwrap_or_default();
        out.push_str(rest.get(..found.start).unwrap_or_default());
        let mut chars = with.chars();
        while let Some(c) = chars.next() {
            match c {
                '&' => out.push_str(text),
                '\\' => match chars.next() {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some(other) => out.push(other),
                    None => {}
                },
                c => out.push(c),
            }
        }
        let mut next = found.end;
        if text.is_empty() {
            // An empty find moves on by a character.
            let Some(c) = rest.get(next..).and_then(|tail| tail.chars().next()) else {
                rest = "";
                break;
            };
            out.push(c);
            next += c.len_utf8();
        }
        rest = rest.get(next..).unwrap_or_default();
        if !all || rest.is_empty() {
            break;
        }
    }
    out.push_str(rest);
    (out, hit)
}

/// `sed 's/a/b/g'`, `sed -n 2,4p`, `sed 1d`.
pub(super) fn sed(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (mut quiet, mut script) = (false, None::<String>);
    let mut words = Vec::new();
    let mut iter = argv.iter().skip(1);
    while let Some(word) = iter.next() {
        match word.as_str() {
            "-n" => quiet = true,
            "-E" | "-r" => {}
            "-e" => {
                let text = iter.next().cloned().unwrap_or_default();
                script = Some(script.map_or_else(|| text.clone(), |s| format!("{s};{text}")));
            }
            word if word.starts_with('-') && word.len() > 1 => {
                context
                    .out
                    .note(&format!("Portside's sed does not know {word}."));
                return 1;
            }
            word => words.push(word),
        }
    }
    if script.is_none() && !words.is_empty() {
        script = Some(words.remove(0).to_owned());
    }
    let Some(script) = script else {
        return complain(context, "sed: no script given");
    };
    let parts = if script.contains("s/") && script.matches('/').count() < 4 {
        vec![script.as_str()]
    } else {
        script.split(';').collect()
    };
    let mut edits = Vec::new();
    for part in parts.into_iter().filter(|part| !part.trim().is_empty()) {
        let Some(edit) = sed_edit(part) else {
            context.out.note(&format!(
                "Portside's sed knows s///, p, d and q with line numbers or a /pattern/: not `{part}`."
            ));
            return 1;
        };
        edits.push(edit);
    }
    let (text, status) = lines(shell, context, "sed", &words);
    edited(context, &text, &edits, quiet);
    status
}

/// Prints lines as edits make them.
fn edited(context: &mut Context<'_>, text: &str, edits: &[(Lines, Edit)], quiet: bool) {
    let all: Vec<&str> = text.lines().collect();
    for (i, line) in all.iter().enumerate() {
        let number = i + 1;
        let mut line = (*line).to_owned();
        let (mut shown, mut ends) = (!quiet, false);
        for (at, edit) in edits {
            let meant = match at {
                Lines::All => true,
                Lines::Range(from, to) => (*from..=*to).contains(&number),
                Lines::Last => number == all.len(),
                Lines::Matching(pattern) => pattern.find(&line).is_some(),
            };
            match edit {
                _ if !meant => {}
                Edit::Replace {
                    pattern,
                    with,
                    all,
                    print,
                } => {
                    let (new, hit) = replaced(&line, pattern, with, *all);
                    line = new;
                    if hit && *print {
                        context.out.line(&line);
                    }
                }
                Edit::Print => context.out.line(&line),
                Edit::Delete => {
                    shown = false;
                    break;
                }
                Edit::Quit => ends = true,
            }
        }
        if shown {
            context.out.line(&line);
        }
        if ends {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitution() {
        let pattern = Pattern::new("o", Reading::default()).unwrap();
        assert_eq!(replaced("foo", &pattern, "<&>", true).0, "f<o><o>");
        assert_eq!(replaced("foo", &pattern, "0", false).0, "f0o");
        assert!(!replaced("bar", &pattern, "0", true).1);
    }
}
