//! Commands that filter lines.

use super::context::{Context, Stream};
use super::files_commands::{inputs, letters};
use super::interpreter::Shell;
use super::pattern::{Pattern, Reading};
use crate::kernel::Arrange;

/// `-n 3`, `-n3`, `-3` and the other words.
fn counted(argv: &[String], default: i64) -> (Result<i64, String>, Vec<&str>) {
    let mut count = Ok(default);
    let mut words = Vec::new();
    let mut iter = argv.iter().skip(1);
    while let Some(word) = iter.next() {
        let value = match word.strip_prefix('-') {
            Some("n") => iter.next().map_or("", String::as_str),
            Some(rest) if rest.starts_with('n') => rest.get(1..).unwrap_or_default(),
            Some(digits) if digits.starts_with(|c: char| c.is_ascii_digit()) => digits,
            _ => {
                words.push(word.as_str());
                continue;
            }
        };
        count = value.parse().map_err(|_| value.to_owned());
    }
    (count, words)
}

fn ends(
    shell: &Shell,
    context: &mut Context<'_>,
    argv: &[String],
    pick: fn(&[&str], i64, bool) -> (usize, usize),
) -> i32 {
    let name = argv.first().map_or("", String::as_str);
    let plus = argv.iter().any(|word| word.starts_with('+'));
    let (count, words) = counted(argv, 10);
    let count = match count {
        Ok(count) => count,
        Err(value) => {
            context
                .out
                .error(&format!("{name}: invalid number '{value}'"));
            return 1;
        }
    };
    let mut status = 0;
    let texts = inputs(shell, context, name, &words, &mut status).unwrap_or_default();
    let several = texts.len() > 1;
    for (i, (file, text)) in texts.iter().enumerate() {
        if several {
            let gap = if i > 0 { "\n" } else { "" };
            context.out.line(&format!("{gap}==> {file} <=="));
        }
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let (from, to) = pick(&lines, count, plus);
        for line in lines.get(from..to).unwrap_or_default() {
            context.out.write(Stream::Out, line);
        }
    }
    status
}

/// `head`.
pub(super) fn head(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    if let Some(status) = bytes(shell, context, argv) {
        return status;
    }
    ends(shell, context, argv, |lines, count, _| {
        let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        (
            0,
            if count < 0 {
                lines.len().saturating_sub(wanted)
            } else {
                wanted.min(lines.len())
            },
        )
    })
}

/// `tail`.
pub(super) fn tail(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    if argv.iter().any(|word| word == "-f") {
        context
            .out
            .note("tail -f is not simulated: nothing is written while it waits.");
        return 1;
    }
    if let Some(status) = bytes(shell, context, argv) {
        return status;
    }
    ends(shell, context, argv, |lines, count, plus| {
        let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let from = if plus {
            wanted.saturating_sub(1).min(lines.len())
        } else {
            lines.len().saturating_sub(wanted)
        };
        (from, lines.len())
    })
}

/// `head -c N` and `tail -c N`: bytes in place of lines; `None` if they are not asked for.
fn bytes(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> Option<i32> {
    let at = argv.iter().position(|word| word.starts_with("-c"))?;
    let attached = argv.get(at)?.get(2..).filter(|text| !text.is_empty());
    let (text, next) = match attached {
        Some(text) => (text, at + 1),
        None => (argv.get(at + 1)?.as_str(), at + 2),
    };
    let name = argv.first()?.clone();
    let Ok(count) = text.trim_start_matches('+').parse::<usize>() else {
        context
            .out
            .error(&format!("{name}: invalid number '{text}'"));
        return Some(1);
    };
    let files: Vec<&str> = argv.get(next..)?.iter().map(String::as_str).collect();
    let mut status = 0;
    let texts = inputs(shell, context, &name, &files, &mut status)?;
    for (_, whole) in &texts {
        let from = if name == "head" {
            0
        } else if text.starts_with('+') {
            count.saturating_sub(1).min(whole.len())
        } else {
            whole.len().saturating_sub(count)
        };
        let until = if name == "head" {
            count.min(whole.len())
        } else {
            whole.len()
        };
        let piece = whole.as_bytes().get(from..until).unwrap_or_default();
        context
            .out
            .write(Stream::Out, &String::from_utf8_lossy(piece));
    }
    Some(status)
}

/// `grep`.
pub(super) fn grep(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (options, words) = letters(argv);
    let Some((pattern, files)) = words.split_first() else {
        context
            .out
            .error("Usage: grep [-ivcnqoE] PATTERN [FILE]...");
        return 2;
    };
    if let Some(unknown) = options.chars().find(|c| !"ivcnqoEFwxhH".contains(*c)) {
        context
            .out
            .error(&format!("grep: Portside's grep does not know -{unknown}"));
        return 2;
    }
    let reading = Reading {
        literal: options.contains('F'),
        ignores_case: options.contains('i'),
    };
    let pattern = match Pattern::new(pattern, reading) {
        Ok(pattern) => pattern,
        Err(what) => {
            context.out.error(&format!(
                "grep: Portside's grep does not support {what} in a pattern"
            ));
            return 2;
        }
    };
    let mut status = 0;
    let Some(texts) = inputs(shell, context, "grep", files, &mut status) else {
        return 2;
    };
    let named = texts.len() > 1;
    let mut hits = 0;
    for (file, text) in &texts {
        let prefix = if named && !options.contains('h') {
            format!("{file}:")
        } else {
            String::new()
        };
        let mut here = 0;
        for (i, line) in text.lines().enumerate() {
            let found = pattern.find(line);
            if found.is_some() == options.contains('v') {
                continue;
            }
            here += 1;
            if options.contains(['c', 'q']) {
                continue;
            }
            let number = if options.contains('n') {
                format!("{}:", i + 1)
            } else {
                String::new()
            };
            let shown = found
                .filter(|_| options.contains('o'))
                .and_then(|range| line.get(range))
                .unwrap_or(line);
            context.out.line(&format!("{prefix}{number}{shown}"));
        }
        if options.contains('c') {
            context.out.line(&format!("{prefix}{here}"));
        }
        hits += here;
    }
    match (hits, status) {
        (_, 1) => 2,
        (0, _) => 1,
        _ => 0,
    }
}

/// `wc`.
pub(super) fn wc(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (options, words) = letters(argv);
    let mut status = 0;
    let texts = inputs(shell, context, "wc", &words, &mut status).unwrap_or_default();
    for (file, text) in &texts {
        let counts = [
            ('l', text.matches('\n').count()),
            ('w', text.split_whitespace().count()),
            ('c', text.len()),
        ];
        let chosen = counts
            .iter()
            .filter(|(letter, _)| options.is_empty() || options.contains(*letter));
        let alone = options.len() == 1;
        let cells: Vec<String> = chosen
            .map(|(_, n)| {
                if alone {
                    n.to_string()
                } else {
                    format!("{n:>9}")
                }
            })
            .collect();
        let name = if file.is_empty() {
            String::new()
        } else {
            format!(" {file}")
        };
        context.out.line(&format!("{}{name}", cells.join(" ")));
    }
    status
}

/// `sort`.
pub(super) fn sort(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (options, words) = letters(argv);
    let mut status = 0;
    let texts = inputs(shell, context, "sort", &words, &mut status).unwrap_or_default();
    let mut lines: Vec<&str> = texts.iter().flat_map(|(_, text)| text.lines()).collect();
    if options.contains('n') {
        let number = |line: &str| {
            let digits: String = line
                .trim_start()
                .chars()
                .take_while(|c| c.is_ascii_digit() || *c == '-')
                .collect();
            digits.parse::<i64>().unwrap_or(0)
        };
        lines.arrange_by(|a, b| number(a).cmp(&number(b)).then(a.cmp(b)));
    } else {
        lines.arrange();
    }
    if options.contains('u') {
        lines.dedup();
    }
    if options.contains('r') {
        lines.reverse();
    }
    for line in lines {
        context.out.line(line);
    }
    status
}

/// `uniq`.
pub(super) fn uniq(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (options, words) = letters(argv);
    let mut status = 0;
    let texts = inputs(shell, context, "uniq", &words, &mut status).unwrap_or_default();
    let mut runs: Vec<(usize, &str)> = Vec::new();
    for line in texts.iter().flat_map(|(_, text)| text.lines()) {
        match runs.last_mut() {
            Some((count, last)) if *last == line => *count += 1,
            _ => runs.push((1, line)),
        }
    }
    for (count, line) in runs {
        if options.contains('c') {
            context.out.line(&format!("{count:7} {line}"));
        } else {
            context.out.line(line);
        }
    }
    status
}

/// `seq`.
pub(super) fn seq(_: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let numbers: Option<Vec<i64>> = argv.iter().skip(1).map(|word| word.parse().ok()).collect();
    let (first, step, last) = match numbers.as_deref() {
        Some([last]) => (1, 1, *last),
        Some([first, last]) => (*first, 1, *last),
        Some([first, step, last]) if *step != 0 => (*first, *step, *last),
        _ => {
            context
                .out
                .error("seq: Portside's seq takes one to three whole numbers");
            return 1;
        }
    };
    if last.saturating_sub(first).saturating_abs() / step.saturating_abs().max(1) > 100_000 {
        context
            .out
            .note("Stopped: Portside's seq counts to 100000 at most.");
        return 1;
    }
    let mut number = first;
    while (step > 0 && number <= last) || (step < 0 && number >= last) {
        context.out.line(&number.to_string());
        number = number.saturating_add(step);
    }
    0
}
