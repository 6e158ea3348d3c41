//! Commands that take lines apart: cut, tr, awk with `print`, xargs.
//!
//! Of awk only the forms that are typed after a pipe are known; others are refused by name.

use super::context::{Context, Outcome, Stream};
use super::files_commands::inputs;
use super::interpreter::Shell;
use super::options;
use super::pattern::{EXTENDED, Pattern};
use super::surroundings::Dialect;
use crate::kernel::BTreeSet;

/// The most words that xargs gives to one call.
const MOST_WORDS: usize = 1_000;

pub(super) fn complain(context: &mut Context<'_>, text: &str) -> i32 {
    context.out.error(text);
    1
}

/// All input as lines.
pub(super) fn lines(
    shell: &Shell,
    context: &mut Context<'_>,
    name: &str,
    files: &[&str],
) -> (String, i32) {
    let mut status = 0;
    let texts = inputs(shell, context, name, files, &mut status).unwrap_or_default();
    let mut all = String::new();
    for (_, text) in texts {
        all.push_str(&text);
    }
    (all, status)
}

/// Numbers such as `1,3-5,7-`; the second of an open range is none.
fn ranges(text: &str) -> Option<Vec<(usize, Option<usize>)>> {
    text.split(',')
        .map(|part| match part.split_once('-') {
            None => {
                let n: usize = part.parse().ok()?;
                Some((n, Some(n)))
            }
            Some(("", to)) => Some((1, Some(to.parse().ok()?))),
            Some((from, "")) => Some((from.parse().ok()?, None)),
            Some((from, to)) => Some((from.parse().ok()?, Some(to.parse().ok()?))),
        })
        .collect()
}

fn listed(list: &[(usize, Option<usize>)], n: usize) -> bool {
    list.iter()
        .any(|(from, to)| n >= *from && to.is_none_or(|to| n <= to))
}

/// `cut -d: -f1,3` and `cut -c1-3`.
pub(super) fn cut(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let bad = |context: &mut Context<'_>, text: &str| {
        complain(context, &format!("cut: invalid number '{text}'"))
    };
    let one = given.value('d').unwrap_or("\t");
    let delimiter = one.chars().next().unwrap_or('\t');
    let ash = shell.around().dialect == Dialect::Ash;
    if one.chars().count() > 1 && !ash {
        return complain(context, "cut: the delimiter must be a single character");
    }
    let only = given.has('s');
    let (mut fields, mut chars) = (None, None);
    for option in ['f', 'c', 'b'] {
        let Some(text) = given.value(option) else {
            continue;
        };
        let list = ranges(text).filter(|all| ash || all.iter().all(|(from, _)| *from > 0));
        if list.is_none() {
            return bad(context, text);
        }
        if option == 'f' {
            fields = list;
        } else {
            chars = list;
        }
    }
    if fields.is_none() && chars.is_none() {
        let why = "cut: expected a list of bytes, characters, or fields";
        return complain(context, why);
    }
    let files = given.files();
    let (text, status) = lines(shell, context, "cut", &files);
    for line in text.lines() {
        let shown: String = if let Some(list) = &chars {
            let numbered = line.chars().enumerate();
            numbered
                .filter(|(i, _)| listed(list, i + 1))
                .map(|(_, c)| c)
                .collect()
        } else if !line.contains(delimiter) {
            if only {
                continue;
            }
            line.to_owned()
        } else {
            let list = fields.as_deref().unwrap_or_default();
            let parts = line.split(delimiter).enumerate();
            parts
                .filter(|(i, _)| listed(list, i + 1))
                .map(|(_, part)| part)
                .collect::<Vec<_>>()
                .join(&delimiter.to_string())
        };
        context.out.line(&shown);
    }
    status
}

/// The characters that a set of `tr` means: ranges, classes, escapes.
fn set(text: &str) -> Vec<char> {
    let classes: [(&str, &[(char, char)]); 6] = [
        ("[:upper:]", &[('A', 'Z')]),
        ("[:lower:]", &[('a', 'z')]),
        ("[:digit:]", &[('0', '9')]),
        ("[:alpha:]", &[('A', 'Z'), ('a', 'z')]),
        ("[:alnum:]", &[('0', '9'), ('A', 'Z'), ('a', 'z')]),
        ("[:space:]", &[('\t', '\r'), (' ', ' ')]),
    ];
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let class = classes
            .iter()
            .find_map(|(name, ranges)| Some((rest.strip_prefix(name)?, ranges)));
        if let Some((after, ranges)) = class {
            ranges.iter().for_each(|(a, z)| out.extend(*a..=*z));
            rest = after;
            continue;
        }
        let mut chars = rest.chars();
        chars.next();
        let first = if c == '\\' {
            match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            }
        } else {
            c
        };
        let mut after = chars.clone();
        match (after.next(), after.next()) {
            (Some('-'), Some(last)) if last >= first => {
                out.extend(first..=last);
                chars = after;
            }
            _ => out.push(first),
        }
        rest = chars.as_str();
    }
    out
}

/// `tr SET1 SET2`, `tr -d SET`, `tr -s SET`.
pub(super) fn tr(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let words = &given.words;
    let (from, to) = match words.as_slice() {
        [from] if given.has('d') || given.has('s') => (set(from), Vec::new()),
        [from, to] => (set(from), set(to)),
        _ => {
            return options::usage(shell, context, "tr", Some("tr: missing operand"));
        }
    };
    let has = |flag: char| given.has(flag);
    let within: BTreeSet<char> = from.iter().copied().collect();
    let hit = |c: char| within.contains(&c) != (has('c') || has('C'));
    let (text, status) = lines(shell, context, "tr", &[]);
    let mut out = String::new();
    for c in text.chars() {
        if !hit(c) {
            out.push(c);
            continue;
        }
        if has('d') {
            continue;
        }
        let at = from
            .iter()
            .position(|other| *other == c)
            .unwrap_or(usize::MAX);
        let new = to.get(at).or(to.last()).copied().unwrap_or(c);
        if has('s') && out.ends_with(new) {
            continue;
        }
        out.push(new);
    }
    context.out.write(Stream::Out, &out);
    status
}

/// `awk '{print $1, $3}'`, with `-F` and a `/pattern/` or `NR>1` in front.
pub(super) fn awk(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let mut separator = None;
    let mut words = Vec::new();
    let mut iter = argv.iter().skip(1);
    while let Some(word) = iter.next() {
        match word.strip_prefix("-F") {
            Some("") => separator = iter.next().cloned(),
            Some(text) => separator = Some(text.to_owned()),
            None => words.push(word.as_str()),
        }
    }
    if words.is_empty() {
        return complain(context, "usage: awk [-F fs] 'program' [file ...]");
    }
    let program = words.remove(0);
    let Some((test, items)) = awk_program(program) else {
        context.out.note(
            "Portside's awk knows '{print $1, $2}', with a /pattern/, NR==1 or NR>1 in front.",
        );
        return 2;
    };
    let (text, status) = lines(shell, context, "awk", &words);
    for (i, line) in text.lines().enumerate() {
        if !test.holds(i + 1, line) {
            continue;
        }
        let fields: Vec<&str> = match separator.as_deref() {
            None | Some(" ") => line.split_whitespace().collect(),
            Some(separator) => line.split(separator).collect(),
        };
        let shown: Vec<String> = items
            .iter()
            .map(|item| item.shown(i + 1, line, &fields))
            .collect();
        context.out.line(&shown.concat());
    }
    status
}

/// Which lines an awk program is for.
enum Test {
    All,
    Pattern(Pattern),
    Number(std::cmp::Ordering, usize),
}

impl Test {
    fn holds(&self, number: usize, line: &str) -> bool {
        match self {
            Self::All => true,
            Self::Pattern(pattern) => pattern.find(line).is_some(),
            Self::Number(order, n) => number.cmp(n) == *order,
        }
    }
}

/// A piece of what awk prints.
enum Item {
    Text(String),
    Field(usize),
    Last,
    Line,
    Number,
    Count,
}

impl Item {
    fn shown(&self, number: usize, line: &str, fields: &[&str]) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Field(n) => fields.get(n - 1).copied().unwrap_or_default().to_owned(),
            Self::Last => fields.last().copied().unwrap_or_default().to_owned(),
            Self::Line => line.to_owned(),
            Self::Number => number.to_string(),
            Self::Count => fields.len().to_string(),
        }
    }
}

fn awk_program(program: &str) -> Option<(Test, Vec<Item>)> {
    let program = program.trim();
    let (front, body) = match program.find('{') {
        Some(at) => {
            let (front, rest) = program.split_at(at);
            (
                front.trim(),
                rest.strip_prefix('{')?.trim_end().strip_suffix('}')?,
            )
        }
        None => (program, "print"),
    };
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let test = if front.is_empty() {
        Test::All
    } else if let Some(pattern) = front.strip_prefix('/').and_then(|p| p.strip_suffix('/')) {
        Test::Pattern(Pattern::new(pattern, EXTENDED).ok()?)
    } else {
        let rest = front.strip_prefix("NR")?.trim_start();
        if let Some(n) = rest.strip_prefix("==").and_then(number) {
            Test::Number(std::cmp::Ordering::Equal, n)
        } else if let Some(n) = rest.strip_prefix('>').and_then(number) {
            Test::Number(std::cmp::Ordering::Greater, n)
        } else {
            Test::Number(
                std::cmp::Ordering::Less,
                rest.strip_prefix('<').and_then(number)?,
            )
        }
    };
    let body = body.trim().trim_end_matches(';').trim();
    let list = body.strip_prefix("print")?.trim();
    if list.is_empty() {
        return Some((test, vec![Item::Line]));
    }
    let mut items = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('"') {
            let (text, after) = after.split_once('"')?;
            items.push(Item::Text(text.replace("\\t", "\t").replace("\\n", "\n")));
            rest = after;
        } else if let Some(after) = rest.strip_prefix(',') {
            items.push(Item::Text(" ".to_owned()));
            rest = after;
        } else {
            let end = rest.find([',', '"', ' ']).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            items.push(match word {
                "$0" => Item::Line,
                "$NF" => Item::Last,
                "NR" => Item::Number,
                "NF" => Item::Count,
                word => Item::Field(word.strip_prefix('$').and_then(number).filter(|n| *n > 0)?),
            });
            rest = after;
        }
        rest = rest.trim_start();
    }
    Some((test, items))
}

/// The commands that xargs runs: at most so many words each, parted by NUL or blanks, none without words if words are needed.
fn calls(
    text: &str,
    command: Vec<String>,
    place: Option<&str>,
    (most, nul, needs): (usize, bool, bool),
) -> Vec<Vec<String>> {
    let mut calls: Vec<Vec<String>> = Vec::new();
    if let Some(place) = place {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let words = command.iter().map(|word| word.replace(place, line.trim()));
            calls.push(words.collect());
        }
    } else {
        let words: Vec<String> = if nul {
            let parts = text.split('\0').filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        } else {
            text.split_whitespace().map(str::to_owned).collect()
        };
        for chunk in words.chunks(most) {
            calls.push(command.iter().chain(chunk).cloned().collect());
        }
        if words.is_empty() && !needs {
            calls.push(command);
        }
    }
    calls
}

/// `xargs [-n N] [-I WORD] COMMAND…`.
pub(super) fn xargs(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (mut most, mut place) = (MOST_WORDS, None::<String>);
    let (mut nul, mut tells, mut needs) = (false, false, false);
    let mut rest = argv.get(1..).unwrap_or_default();
    while let [option, tail @ ..] = rest {
        match (option.as_str(), tail) {
            ("-n", [value, tail @ ..]) => {
                most = value.parse().unwrap_or(1).clamp(1, MOST_WORDS);
                rest = tail;
            }
            ("-I", [value, tail @ ..]) => {
                place = Some(value.clone());
                rest = tail;
            }
            ("-r" | "-t" | "-0", tail) => {
                match option.as_str() {
                    "-0" => nul = true,
                    "-t" => tells = true,
                    _ => needs = true,
                }
                rest = tail;
            }
            ("--help", _) => {
                options::usage(shell, context, "xargs", None);
                return 0;
            }
            (word, tail) if word.starts_with("-n") || word.starts_with("-I") => {
                let (option, value) = word.split_at(2);
                if option == "-n" {
                    most = value.parse().unwrap_or(1).clamp(1, MOST_WORDS);
                } else {
                    place = Some(value.to_owned());
                }
                rest = tail;
            }
            (word, _) if word.starts_with('-') => {
                let letter = word.chars().nth(1).unwrap_or_default();
                if "opsEexPLda".contains(letter) {
                    context
                        .out
                        .note(&format!("Portside's xargs does not simulate {word}."));
                    return 1;
                }
                let complaint = format!("xargs: invalid option -- '{letter}'");
                return options::usage(shell, context, "xargs", Some(&complaint));
            }
            _ => break,
        }
    }
    let command: Vec<String> = if rest.is_empty() {
        vec!["echo".to_owned()]
    } else {
        rest.to_vec()
    };
    let text = context.stdin.take().unwrap_or_default();
    let calls = calls(&text, command, place.as_deref(), (most, nul, needs));
    let mut status = 0;
    for call in calls.iter().take(MOST_WORDS) {
        if tells {
            context.out.error(&call.join(" "));
        }
        let outcome = {
            let mut inner = Context {
                world: &mut *context.world,
                place: context.place,
                env: context.env,
                cwd: context.cwd,
                stdin: Some(String::new()),
                tty: context.tty,
                out: &mut *context.out,
            };
            shell.call(&mut inner, call).waited(&mut inner)
        };
        match outcome {
            Outcome::Exit(0) => {}
            Outcome::Exit(code) => status = if code == 127 { 127 } else { 123 },
            Outcome::Foreground(_) => status = 124,
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_sets() {
        let list = ranges("1,3-4,7-").unwrap();
        let hits: Vec<usize> = (1..10).filter(|n| listed(&list, *n)).collect();
        assert_eq!(hits, [1, 3, 4, 7, 8, 9]);
        assert_eq!(set("a-c\\n"), ['a', 'b', 'c', '\n']);
    }

    #[test]
    fn awk_prints_fields() {
        let (test, items) = awk_program("NR>1 {print $1\":\"$NF, NR}").unwrap();
        assert!(!test.holds(1, "") && test.holds(2, ""));
        let shown: String = items
            .iter()
            .map(|item| item.shown(2, "a b c", &["a", "b", "c"]))
            .collect();
        assert_eq!(shown, "a:c 2");
        assert!(awk_program("BEGIN {x=1}").is_none());
    }
}
