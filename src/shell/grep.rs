//! `grep`.

use super::context::Context;
use super::files_commands::{inputs, path};
use super::interpreter::Shell;
use super::options::{self, Given};
use super::pattern::{Pattern, Reading};
use super::surroundings::{self, Dialect};
use super::tree::Entry;
use std::ops::Range;

/// The most files that `-r` reads.
const MOST_FILES: usize = 1_000;

/// What is looked for, and how a match must lie.
struct Wanted {
    patterns: Vec<Pattern>,
    whole: bool,
    words: bool,
}

impl Wanted {
    /// The first match at a byte or after it.
    fn find(&self, line: &str, from: usize) -> Option<Range<usize>> {
        let in_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let fits = |range: &Range<usize>| {
            if self.whole {
                return range.start == 0 && range.end == line.len();
            }
            let before = line.get(..range.start).and_then(|text| text.chars().last());
            let after = line.get(range.end..).and_then(|text| text.chars().next());
            !self.words || !range.is_empty() && !in_word(before) && !in_word(after)
        };
        let first = |pattern: &Pattern| {
            let mut from = from;
            loop {
                let range = pattern.find_from(line, from)?;
                if fits(&range) {
                    return Some(range);
                }
                from = range.start + line.get(range.start..)?.chars().next()?.len_utf8();
            }
        };
        let found = self.patterns.iter().filter_map(first);
        found.min_by_key(|range| (range.start, usize::MAX - range.end))
    }
}

/// What is looked for, by `-e`, by `-f` or as the first word; what is left are files.
fn wanted<'a>(
    shell: &Shell,
    context: &mut Context<'_>,
    given: &'a Given,
) -> Result<(Wanted, Vec<&'a str>), i32> {
    let mut files = given.files();
    let mut texts: Vec<String> = given.values('e').map(str::to_owned).collect();
    for file in given.values('f') {
        match surroundings::read(context.world, shell.place(), shell.cwd(), file) {
            Ok(text) => texts.extend(text.lines().map(str::to_owned)),
            Err(error) => {
                context.out.error(&format!("grep: {file}: {error}"));
                return Err(2);
            }
        }
    }
    if !given.has('e') && !given.has('f') {
        if files.is_empty() {
            options::usage(shell, context, "grep", None);
            return Err(2);
        }
        texts.extend(files.remove(0).lines().map(str::to_owned));
    }
    let reading = Reading {
        literal: given.has('F'),
        ignores_case: given.has('i'),
        extended: given.has('E'),
    };
    let mut patterns = Vec::new();
    for text in &texts {
        match Pattern::new(text, reading) {
            Ok(pattern) => patterns.push(pattern),
            Err(_) => {
                context.out.error(&match shell.around().dialect {
                    Dialect::Ash => {
                        format!("grep: bad regex '{text}': Invalid regular expression")
                    }
                    Dialect::Dash | Dialect::Bash => "grep: Invalid regular expression".to_owned(),
                });
                return Err(2);
            }
        }
    }
    let wanted = Wanted {
        patterns,
        whole: given.has('x'),
        words: given.has('w'),
    };
    Ok((wanted, files))
}

fn readable(shell: &Shell, context: &Context<'_>, file: &str) -> bool {
    surroundings::read(context.world, shell.place(), shell.cwd(), file).is_ok()
}

/// The files below a folder, each with its path as it was named.
fn below(shell: &Shell, context: &Context<'_>, word: &str, found: &mut Vec<String>) {
    let tree = surroundings::tree(context.world, shell.place());
    let full = path(shell, word);
    if !matches!(tree.get(&full), Some(Entry::Folder)) {
        found.push(word.to_owned());
        return;
    }
    for (name, _) in tree.list(&full).unwrap_or_default() {
        if found.len() < MOST_FILES {
            let slash = if word.ends_with('/') { "" } else { "/" };
            below(shell, context, &[word, slash, name].concat(), found);
        }
    }
}

pub(super) fn grep(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status * 2,
    };
    let numbers = [
        given.number('A'),
        given.number('B'),
        given.number('C'),
        given.number('m'),
    ];
    if let Some(Err(wrong)) = numbers.iter().find(|number| number.is_err()) {
        return options::bad_number(shell, context, "grep", wrong);
    }
    let number = |place: usize| numbers.get(place).and_then(|n| n.clone().ok()).flatten();
    let around = number(2).unwrap_or(0);
    let (after, before) = (number(0).unwrap_or(around), number(1).unwrap_or(around));
    let (wanted, mut files) = match wanted(shell, context, &given) {
        Ok(read) => read,
        Err(status) => return status,
    };
    let recursive = given.has('r') || given.has('R');
    let mut all = Vec::new();
    if recursive {
        let roots = if files.is_empty() { vec!["."] } else { files };
        roots
            .iter()
            .for_each(|root| below(shell, context, root, &mut all));
        files = all.iter().map(String::as_str).collect();
    }
    let ash = shell.around().dialect == Dialect::Ash;
    if ash && !recursive {
        // BusyBox passes over folders without a word.
        let tree = surroundings::tree(context.world, shell.place());
        let asked = !files.is_empty();
        files.retain(|file| !matches!(tree.get(&path(shell, file)), Some(Entry::Folder)));
        if asked && files.is_empty() {
            return 1;
        }
    }
    let named = given.has('H') || !given.has('h') && (files.len() > 1 || recursive);
    let mut status = 0;
    if given.has('s') && !files.is_empty() {
        let count = files.len();
        files.retain(|file| *file == "-" || readable(shell, context, file));
        status = i32::from(files.len() < count);
        if files.is_empty() {
            return 2;
        }
    }
    let Some(texts) = inputs(shell, context, "grep", &files, &mut status) else {
        return 2;
    };
    let show = Show {
        given: &given,
        named,
        most: number(3).unwrap_or(usize::MAX),
        after,
        before,
    };
    let mut hits = 0;
    for (file, text) in &texts {
        let file = if file.is_empty() || file == "-" {
            "(standard input)"
        } else {
            file
        };
        hits += show.file(context, &wanted, file, text);
    }
    match (hits, status) {
        (1.., _) if given.has('q') => 0,
        (_, 1) => 2,
        (0, _) => 1,
        _ => 0,
    }
}

/// How the matches of a file are shown.
struct Show<'a> {
    given: &'a Given,
    named: bool,
    most: usize,
    after: usize,
    before: usize,
}

impl Show<'_> {
    fn line(&self, context: &mut Context<'_>, file: &str, mark: char, number: usize, text: &str) {
        let mut shown = String::new();
        if self.named {
            shown.push_str(&format!("{file}{mark}"));
        }
        if self.given.has('n') {
            shown.push_str(&format!("{number}{mark}"));
        }
        context.out.line(&[shown.as_str(), text].concat());
    }

    /// Shows what one file has; how many lines matched.
    fn file(&self, context: &mut Context<'_>, wanted: &Wanted, file: &str, text: &str) -> usize {
        let given = self.given;
        let quiet = ['c', 'q', 'l', 'L'].iter().any(|option| given.has(*option));
        let lines: Vec<&str> = text.lines().collect();
        let (mut hits, mut shown_to, mut until) = (0, 0, 0);
        for (i, line) in lines.iter().enumerate() {
            let found = wanted.find(line, 0);
            if hits < self.most && found.is_some() != given.has('v') {
                hits += 1;
                if quiet {
                    continue;
                }
                let from = i.saturating_sub(self.before).max(shown_to);
                if from > shown_to && shown_to > 0 && self.before + self.after > 0 {
                    context.out.line("--");
                }
                for (j, line) in lines.iter().enumerate().take(i).skip(from) {
                    self.line(context, file, '-', j + 1, line);
                }
                if given.has('o') {
                    self.parts(context, wanted, (file, i + 1), line);
                } else {
                    self.line(context, file, ':', i + 1, line);
                }
                (shown_to, until) = (i + 1, i + self.after);
            } else if hits > 0 && i <= until && !quiet && shown_to == i {
                self.line(context, file, '-', i + 1, line);
                shown_to = i + 1;
            }
        }
        if given.has('l') && hits > 0 || given.has('L') && hits == 0 {
            context.out.line(file);
        } else if given.has('c') && !given.has('l') && !given.has('L') {
            let prefix = if self.named {
                format!("{file}:")
            } else {
                String::new()
            };
            context.out.line(&format!("{prefix}{hits}"));
        }
        hits
    }

    /// `-o`: each match in a line of its own.
    fn parts(&self, context: &mut Context<'_>, wanted: &Wanted, at: (&str, usize), line: &str) {
        let mut from = 0;
        while let Some(range) = wanted.find(line, from) {
            let part = line.get(range.clone()).unwrap_or_default();
            if !part.is_empty() {
                self.line(context, at.0, ':', at.1, part);
            }
            let next = line.get(range.end..).and_then(|rest| rest.chars().next());
            from = range.end
                + if part.is_empty() {
                    next.map_or(1, char::len_utf8)
                } else {
                    0
                };
            if from >= line.len() {
                break;
            }
        }
    }
}
