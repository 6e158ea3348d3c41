//! Commands that filter lines.

use super::context::{Context, Stream};
use super::files_commands::inputs;
use super::interpreter::Shell;
use super::options::{self, Given};
use super::surroundings::{self, Dialect};
use crate::kernel::Arrange;
use std::cmp::Ordering;

/// The texts of the files, each under its heading if there are several.
fn ends(
    shell: &Shell,
    context: &mut Context<'_>,
    argv: &[String],
    pick: fn(usize, usize, char) -> (usize, usize),
) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let name = argv.first().map_or("", String::as_str);
    let bytes = given.value('c');
    let text = bytes.or(given.value('n')).unwrap_or("10");
    let sign = text
        .chars()
        .next()
        .filter(|c| "+-".contains(*c))
        .unwrap_or(' ');
    let digits = text.trim_start_matches(['+', '-']);
    let unit = match digits.chars().last() {
        Some('b') => 512,
        Some('k') => 1_024,
        Some('m') => 1 << 20,
        _ => 1,
    };
    let digits = digits.trim_end_matches(['b', 'k', 'm']);
    let Some(count) = digits
        .parse::<usize>()
        .ok()
        .and_then(|n| n.checked_mul(unit))
    else {
        return options::bad_number(shell, context, name, text);
    };
    let mut status = 0;
    let files = given.files();
    let texts = inputs(shell, context, name, &files, &mut status).unwrap_or_default();
    if texts.is_empty()
        && status > 0
        && name == "tail"
        && shell.around().dialect == Dialect::Ash
        && !files.is_empty()
    {
        context.out.error("tail: no files");
    }
    let headed = given.has('v') || files.len() > 1 && !given.has('q');
    for (i, (file, text)) in texts.iter().enumerate() {
        if headed {
            let gap = if i > 0 { "\n" } else { "" };
            let file = if file.is_empty() || file == "-" {
                "standard input"
            } else {
                file
            };
            context.out.line(&format!("{gap}==> {file} <=="));
        }
        let piece = if bytes.is_some() {
            let (from, to) = pick(text.len(), count, sign);
            let piece = text.as_bytes().get(from..to).unwrap_or_default();
            String::from_utf8_lossy(piece).into_owned()
        } else {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let (from, to) = pick(lines.len(), count, sign);
            lines.get(from..to).unwrap_or_default().concat()
        };
        context.out.write(Stream::Out, &piece);
    }
    status
}

/// `head`.
pub(super) fn head(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    ends(shell, context, argv, |all, count, sign| {
        let to = if sign == '-' {
            all.saturating_sub(count)
        } else {
            count.min(all)
        };
        (0, to)
    })
}

/// `tail`.
pub(super) fn tail(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    ends(shell, context, argv, |all, count, sign| {
        let from = if sign == '+' {
            count.saturating_sub(1).min(all)
        } else {
            all.saturating_sub(count)
        };
        (from, all)
    })
}

/// `wc`.
pub(super) fn wc(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut status = 0;
    let files = given.files();
    let texts = inputs(shell, context, "wc", &files, &mut status).unwrap_or_default();
    let plain = !['l', 'w', 'c', 'm', 'L']
        .iter()
        .any(|option| given.has(*option));
    let chosen = |letter: char| given.has(letter) || plain && "lwc".contains(letter);
    let letters: Vec<char> = "lwmcL".chars().filter(|letter| chosen(*letter)).collect();
    let alone = letters.len() == 1;
    let gnu = shell.around().dialect != Dialect::Ash;
    // GNU's columns are as wide as the largest number can be.
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let width = match (gnu, files.is_empty()) {
        (true, true) => 7,
        (true, false) => bytes.to_string().len(),
        (false, _) => 9,
    };
    let line = |counts: &[usize], name: &str| {
        let cells: Vec<String> = counts
            .iter()
            .map(|n| {
                if alone && (!gnu || files.len() < 2) {
                    n.to_string()
                } else {
                    format!("{n:>width$}")
                }
            })
            .collect();
        let gap = if name.is_empty() { "" } else { " " };
        format!("{}{gap}{name}", cells.join(" "))
    };
    let mut total = vec![0; letters.len()];
    for (file, text) in &texts {
        let count = |letter: &char| match letter {
            'l' => text.matches('\n').count(),
            'w' => text.split_whitespace().count(),
            'm' => text.chars().count(),
            'L' => text
                .lines()
                .map(|line| line.chars().count())
                .max()
                .unwrap_or(0),
            _ => text.len(),
        };
        let counts: Vec<usize> = letters.iter().map(count).collect();
        for (sum, (n, letter)) in total.iter_mut().zip(counts.iter().zip(&letters)) {
            *sum = if *letter == 'L' {
                (*sum).max(*n)
            } else {
                *sum + n
            };
        }
        context.out.line(&line(&counts, file));
    }
    if files.len() > 1 {
        context.out.line(&line(&total, "total"));
    }
    status
}

/// One `-k`: from a field, to a field, by number, backwards.
struct Key {
    from: usize,
    to: Option<usize>,
    how: String,
}

impl Key {
    fn read(text: &str) -> Option<Self> {
        let (start, end) = text.split_once(',').unwrap_or((text, ""));
        let digits = |text: &str| {
            text.trim_end_matches(|c: char| c.is_ascii_alphabetic())
                .to_owned()
        };
        let field = |text: &str| {
            digits(text)
                .split('.')
                .next()
                .unwrap_or_default()
                .parse()
                .ok()
        };
        let letters = [start, end].concat();
        Some(Self {
            from: field(start).filter(|n| *n > 0)?,
            to: field(end),
            how: letters.chars().filter(char::is_ascii_alphabetic).collect(),
        })
    }

    fn part<'a>(&self, line: &'a str, separator: Option<char>) -> &'a str {
        // Without a separator a field begins with the blanks before it.
        let mut starts = vec![0];
        let mut blank = true;
        for (at, c) in line.char_indices() {
            match separator {
                Some(separator) if c == separator => starts.push(at + c.len_utf8()),
                Some(_) => {}
                None if c == ' ' && !blank => {
                    starts.push(at);
                    blank = true;
                }
                None => blank = c == ' ',
            }
        }
        let from = starts.get(self.from - 1).copied().unwrap_or(line.len());
        let end = self
            .to
            .and_then(|to| starts.get(to))
            .map_or(line.len(), |end| end - separator.map_or(0, char::len_utf8));
        line.get(from..end.max(from)).unwrap_or_default()
    }
}

/// A number at the beginning of a text, in millionths.
fn number(text: &str) -> i128 {
    let text = text.trim_start();
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let whole: String = text.chars().take_while(char::is_ascii_digit).collect();
    let rest = text
        .get(whole.len()..)
        .and_then(|rest| rest.strip_prefix('.'));
    let part = rest
        .unwrap_or_default()
        .chars()
        .take_while(char::is_ascii_digit);
    let part: String = part.chain("000000".chars()).take(6).collect();
    let read = |text: &str| {
        text.get(..text.len().min(30))
            .unwrap_or_default()
            .parse::<i128>()
            .unwrap_or(0)
    };
    sign * (read(&whole) * 1_000_000 + read(&part))
}

fn compare(a: &str, b: &str, how: &str) -> Ordering {
    let (a, b) = if how.contains('b') {
        (a.trim_start(), b.trim_start())
    } else {
        (a, b)
    };
    let order = if how.contains('n') {
        number(a).cmp(&number(b))
    } else if how.contains('f') {
        a.to_uppercase().cmp(&b.to_uppercase())
    } else {
        a.cmp(b)
    };
    if how.contains('r') {
        order.reverse()
    } else {
        order
    }
}

/// `sort`.
pub(super) fn sort(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut keys = Vec::new();
    for text in given.values('k') {
        let Some(key) = Key::read(text) else {
            context.out.error("sort: bad field specification");
            return 2;
        };
        keys.push(key);
    }
    let separator = given.value('t').and_then(|text| text.chars().next());
    let how: String = "nrfb".chars().filter(|letter| given.has(*letter)).collect();
    let mut status = 0;
    let texts = inputs(shell, context, "sort", &given.files(), &mut status);
    let texts = texts.unwrap_or_default();
    if status > 0 && texts.is_empty() {
        return if shell.around().dialect == Dialect::Ash {
            1
        } else {
            2
        };
    }
    let mut lines: Vec<&str> = texts.iter().flat_map(|(_, text)| text.lines()).collect();
    let by_keys = |a: &str, b: &str| {
        if keys.is_empty() {
            return compare(a, b, &how);
        }
        let part = |key: &Key, line| -> String { key.part(line, separator).to_owned() };
        let orders = keys.iter().map(|key| {
            let how = if key.how.is_empty() { &how } else { &key.how };
            compare(&part(key, a), &part(key, b), how)
        });
        orders.fold(Ordering::Equal, Ordering::then)
    };
    lines.arrange_by(|a, b| {
        // What is equal otherwise is compared as a whole.
        let last = || if given.has('r') { b.cmp(a) } else { a.cmp(b) };
        by_keys(a, b).then_with(|| {
            if given.has('u') {
                Ordering::Equal
            } else {
                last()
            }
        })
    });
    if given.has('u') {
        lines.dedup_by(|a, b| by_keys(a, b) == Ordering::Equal);
    }
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    put(shell, context, "sort", given.value('o'), &text).max(status)
}

/// Prints a text, or puts it in a file.
fn put(
    shell: &Shell,
    context: &mut Context<'_>,
    name: &str,
    file: Option<&str>,
    text: &str,
) -> i32 {
    let Some(file) = file else {
        context.out.write(Stream::Out, text);
        return 0;
    };
    let written = surroundings::write(context.world, shell.place(), shell.cwd(), file, text);
    written.map_or_else(
        |error| {
            context
                .out
                .error(&format!("{name}: can't open '{file}': {error}"));
            1
        },
        |()| 0,
    )
}

/// What `uniq` compares of a line.
fn compared(given: &Given, line: &str) -> String {
    let count = |option| given.number(option).ok().flatten();
    let mut rest = line;
    for _ in 0..count('f').unwrap_or(0) {
        let field = rest.trim_start_matches([' ', '\t']);
        rest = field
            .find([' ', '\t'])
            .and_then(|at| field.get(at..))
            .unwrap_or_default();
    }
    let part: String = rest
        .chars()
        .skip(count('s').unwrap_or(0))
        .take(count('w').unwrap_or(usize::MAX))
        .collect();
    if given.has('i') {
        part.to_lowercase()
    } else {
        part
    }
}

/// `uniq`.
pub(super) fn uniq(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut status = 0;
    let files = given.files();
    let input: Vec<&str> = files.iter().copied().take(1).collect();
    let texts = inputs(shell, context, "uniq", &input, &mut status).unwrap_or_default();
    let mut runs: Vec<(usize, &str, String)> = Vec::new();
    for line in texts.iter().flat_map(|(_, text)| text.lines()) {
        let own = compared(&given, line);
        match runs.last_mut() {
            Some((count, _, last)) if *last == own => *count += 1,
            _ => runs.push((1, line, own)),
        }
    }
    let mut text = String::new();
    for (count, line, _) in runs {
        if given.has('d') && count < 2 || given.has('u') && count > 1 {
            continue;
        }
        if given.has('c') {
            text.push_str(&format!("{count:7} "));
        }
        text.push_str(line);
        text.push('\n');
    }
    if status > 0 {
        return status;
    }
    put(shell, context, "uniq", files.get(1).copied(), &text)
}

/// `seq`.
pub(super) fn seq(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    // A number may begin with a minus.
    let is_number = |word: &&String| !word.starts_with('-') || word.parse::<i64>().is_ok();
    let mut argv = argv.to_vec();
    let options = argv
        .iter()
        .skip(1)
        .take_while(|word| !is_number(word))
        .count();
    let valued = argv.get(options).is_some_and(|last| last.ends_with('s'));
    let at = (1 + options + usize::from(valued)).min(argv.len());
    if argv.get(1).is_none_or(|word| word != "--help") {
        argv.insert(at, "--".to_owned());
    }
    let given = match options::read(shell, context, &argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let whole = |word: &String| word.replacen('.', "", 1).parse::<i64>().is_ok();
    if let Some(wrong) = given.words.iter().find(|word| !whole(word)) {
        if shell.around().dialect == Dialect::Ash {
            context.out.error(&format!("seq: invalid number '{wrong}'"));
        } else {
            context.out.error(&format!(
                "seq: invalid floating point argument: '{wrong}'\nTry 'seq --help' for more information."
            ));
        }
        return 1;
    }
    let numbers: Option<Vec<i64>> = given.words.iter().map(|word| word.parse().ok()).collect();
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
    let width = if given.has('w') {
        first.to_string().len().max(last.to_string().len())
    } else {
        0
    };
    let mut shown = Vec::new();
    let mut number = first;
    while (step > 0 && number <= last) || (step < 0 && number >= last) {
        shown.push(format!("{number:0width$}"));
        number = number.saturating_add(step);
    }
    if !shown.is_empty() {
        context
            .out
            .line(&shown.join(given.value('s').unwrap_or("\n")));
    }
    0
}
