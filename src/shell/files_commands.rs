//! Commands about files: listing, printing, making and removing.

use super::context::{Context, Stream};
use super::interpreter::Shell;
use super::options::{self, Given};
use super::surroundings::{self, Dialect};
use super::tree::{Entry, FileError, resolve};
use crate::cluster::Place;
use crate::kernel::Arrange;

pub(super) fn path(shell: &Shell, word: &str) -> String {
    resolve(shell.cwd(), word, surroundings::home(shell.place()))
}

/// `ls`.
pub(super) fn ls(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let tree = surroundings::tree(context.world, shell.place());
    let words = if given.words.is_empty() {
        vec!["."]
    } else {
        given.files()
    };
    let (mut files, mut folders, mut status) = (Vec::new(), Vec::new(), 0);
    for word in &words {
        match tree.get(&path(shell, word)) {
            Some(Entry::File(text)) => files.push((*word, Entry::File(text.clone()))),
            Some(Entry::Folder) if given.has('d') => files.push((*word, Entry::Folder)),
            Some(Entry::Folder) => folders.push((*word).to_owned()),
            None => {
                let ash = shell.around().dialect == Dialect::Ash;
                let what = if ash {
                    format!("ls: {word}: No such file or directory")
                } else {
                    format!("ls: cannot access '{word}': No such file or directory")
                };
                context.out.error(&what);
                status = if ash { 1 } else { 2 };
            }
        }
    }
    let mut named: Vec<(&str, &Entry)> = files.iter().map(|(name, entry)| (*name, entry)).collect();
    named.arrange_by_key(|(name, _)| *name);
    folders.arrange();
    if given.has('r') {
        named.reverse();
        folders.reverse();
    }
    print_names(context, &given, &named);
    let headed = words.len() > 1 || given.has('R');
    let mut first = files.is_empty();
    let mut at = 0;
    while let Some(folder) = folders.get(at).cloned() {
        at += 1;
        if headed {
            let gap = if first { "" } else { "\n" };
            context.out.line(&format!("{gap}{folder}:"));
        }
        first = false;
        let full = path(shell, &folder);
        let mut names = tree.list(&full).unwrap_or_default();
        names.retain(|(name, _)| given.has('a') || given.has('A') || !name.starts_with('.'));
        if given.has('R') && folders.len() < MOST_FOLDERS {
            let below = names
                .iter()
                .filter(|(_, entry)| matches!(entry, Entry::Folder));
            let below = below.map(|(name, _)| format!("{}/{name}", folder.trim_end_matches('/')));
            let below: Vec<String> = below.collect();
            folders.splice(at..at, below);
        }
        if given.has('a') {
            names.splice(0..0, [(".", &Entry::Folder), ("..", &Entry::Folder)]);
        }
        if given.has('r') {
            names.reverse();
        }
        if given.has('l') || given.has('s') {
            // Each takes a block of four kilobytes, if there is anything in it.
            let full = names
                .iter()
                .filter(|(_, entry)| !matches!(entry, Entry::File(text) if text.is_empty()));
            context.out.line(&format!("total {}", full.count() * 4));
        }
        print_names(context, &given, &names);
    }
    status
}

/// The most folders that `ls -R` lists.
const MOST_FOLDERS: usize = 1_000;

/// A name as `-F` and `-p` show it.
fn marked(given: &Given, name: &str, entry: &Entry) -> String {
    let folder = matches!(entry, Entry::Folder) && (given.has('F') || given.has('p'));
    [name, if folder { "/" } else { "" }].concat()
}

/// A size as `-h` shows it.
fn size(given: &Given, bytes: usize) -> String {
    if !given.has('h') || bytes < 1_024 {
        return bytes.to_string();
    }
    let tenths = bytes * 10 / 1_024;
    format!("{}.{}K", tenths / 10, tenths % 10)
}

fn print_names(context: &mut Context<'_>, given: &Given, names: &[(&str, &Entry)]) {
    if names.is_empty() {
        return;
    }
    if given.has('l') || given.has('n') {
        let who = if given.has('n') {
            "0        0   "
        } else {
            "root     root"
        };
        for (name, entry) in names {
            let name = marked(given, name, entry);
            let line = match entry {
                Entry::Folder => {
                    format!("drwxr-xr-x    2 {who}          4096 Jan  5 09:00 {name}")
                }
                Entry::File(text) => format!(
                    "-rw-r--r--    1 {who}     {:>9} Jan  5 09:00 {name}",
                    size(given, text.len())
                ),
            };
            context.out.line(&line);
        }
        return;
    }
    let words: Vec<String> = names
        .iter()
        .map(|(name, entry)| marked(given, name, entry))
        .collect();
    let wide = context.tty && !given.has('1') || given.has('C');
    let separator = if wide { "  " } else { "\n" };
    let joined = words.join(separator);
    if wide && joined.chars().count() > 80 {
        context.out.line(&columns(&words));
    } else {
        context.out.line(&joined);
    }
}

/// Names in as many columns as fit 80 characters, sorted downwards.
fn columns(words: &[String]) -> String {
    let width = words
        .iter()
        .map(|word| word.chars().count())
        .max()
        .unwrap_or(1)
        + 2;
    let count = (80 / width).max(1);
    let rows = words.len().div_ceil(count);
    let row = |r: usize| {
        let cells = words
            .iter()
            .skip(r)
            .step_by(rows)
            .map(|word| format!("{word:<width$}"));
        cells.collect::<String>().trim_end().to_owned()
    };
    (0..rows).map(row).collect::<Vec<_>>().join("\n")
}

/// The texts that a command reads: its files, or its input. Files that cannot be read are reported; `None` without input.
pub(super) fn inputs(
    shell: &Shell,
    context: &mut Context<'_>,
    name: &str,
    words: &[&str],
    status: &mut i32,
) -> Option<Vec<(String, String)>> {
    if words.is_empty() {
        let text = context.stdin.take();
        if text.is_none() {
            context.out.note(&format!(
                "{name} would now read what you type: give it a file, or a pipe."
            ));
            *status = 1;
        }
        return Some(vec![(String::new(), text?)]);
    }
    let mut texts = Vec::new();
    for word in words {
        if *word == "-" {
            texts.push(("-".to_owned(), context.stdin.take().unwrap_or_default()));
            continue;
        }
        match surroundings::read(context.world, shell.place(), shell.cwd(), word) {
            Ok(text) => texts.push(((*word).to_owned(), text.to_string())),
            Err(error) => {
                *status = 1;
                let ash = shell.around().dialect == Dialect::Ash;
                let what = match (error, name) {
                    (FileError::IsFolder, _) if ash => {
                        format!("{name}: read error: Is a directory")
                    }
                    (_, "cat" | "grep") if !ash => format!("{name}: {word}: {error}"),
                    (_, "cat" | "tail" | "uniq") if ash => {
                        format!("{name}: can't open '{word}': {error}")
                    }
                    (_, _) if ash => format!("{name}: {word}: {error}"),
                    (_, "sort") => format!("sort: cannot read: {word}: {error}"),
                    (_, "sed") => format!("sed: can't read {word}: {error}"),
                    (_, "tac") => format!("tac: failed to open '{word}' for reading: {error}"),
                    (_, "rev") => format!("rev: cannot open {word}: {error}"),
                    (_, "head" | "tail") => {
                        format!("{name}: cannot open '{word}' for reading: {error}")
                    }
                    (_, _) => format!("{name}: {word}: {error}"),
                };
                context.out.error(&what);
                if *shell.place() == Place::Laptop
                    && error == FileError::NotFound
                    && let Some(offer) = context.world.files.offer(word)
                {
                    context.out.note(&offer);
                }
            }
        }
    }
    Some(texts)
}

/// A line as `-v`, `-t` and `-e` show it.
fn visible(given: &Given, line: &str) -> String {
    let all = given.has('A');
    let ends = all || given.has('e') || given.has('E');
    let tabs = all || given.has('t') || given.has('T');
    let mut out = String::new();
    let (body, end) = line
        .strip_suffix('\n')
        .map_or((line, ""), |body| (body, "\n"));
    for c in body.chars() {
        match c {
            '\t' if tabs => out.push_str("^I"),
            '\t' => out.push('\t'),
            '\u{7f}' => out.push_str("^?"),
            c if c.is_ascii_control() => {
                out.push('^');
                out.push(char::from((c as u8).wrapping_add(64)));
            }
            c => out.push(c),
        }
    }
    if ends && !end.is_empty() {
        out.push('$');
    }
    out.push_str(end);
    out
}

/// `cat`.
pub(super) fn cat(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut status = 0;
    let texts = inputs(shell, context, "cat", &given.files(), &mut status).unwrap_or_default();
    let plain = !"nbvteAET".chars().any(|option| given.has(option));
    let mut number = 0;
    for (_, text) in texts {
        if plain {
            context.out.write(Stream::Out, &text);
            continue;
        }
        let shows = "vteAET".chars().any(|option| given.has(option));
        for line in text.split_inclusive('\n') {
            if given.has('b') && line != "\n" || given.has('n') && !given.has('b') {
                number += 1;
                context.out.write(Stream::Out, &format!("{number:6}\t"));
            }
            let shown = if shows {
                visible(&given, line)
            } else {
                line.to_owned()
            };
            context.out.write(Stream::Out, &shown);
        }
    }
    status
}

/// `mkdir`.
pub(super) fn mkdir(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut status = 0;
    for word in given.files() {
        let full = path(shell, word);
        let tree = surroundings::tree(context.world, shell.place());
        let above = super::tree::split(&full).0.to_owned();
        let error = match (tree.get(&full), tree.get(&above)) {
            (Some(Entry::Folder), _) if given.has('p') => None,
            (Some(_), _) => Some(FileError::Exists),
            (None, Some(Entry::File(_))) => Some(FileError::NotFolder),
            (None, None) if !given.has('p') => Some(FileError::NotFound),
            (None, _) => None,
        };
        match error {
            Some(error) => {
                let ash = shell.around().dialect == Dialect::Ash;
                let what = if ash {
                    format!("mkdir: can't create directory '{word}': {error}")
                } else {
                    format!("mkdir: cannot create directory '{word}': {error}")
                };
                context.out.error(&what);
                status = 1;
            }
            None => surroundings::own_tree(context.world, shell.place()).make_dirs(&full),
        }
    }
    status
}

/// `touch`.
pub(super) fn touch(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut status = 0;
    for word in &given.words {
        if given.has('c') {
            continue;
        }
        if surroundings::read(context.world, shell.place(), shell.cwd(), word)
            == Err(FileError::NotFound)
            && let Err(error) =
                surroundings::write(context.world, shell.place(), shell.cwd(), word, "")
        {
            let ash = shell.around().dialect == Dialect::Ash;
            context.out.error(&if ash {
                format!("touch: {word}: {error}")
            } else {
                format!("touch: cannot touch '{word}': {error}")
            });
            status = 1;
        }
    }
    status
}

/// `rm`.
pub(super) fn rm(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut status = 0;
    for word in given.files() {
        let full = path(shell, word);
        let found = surroundings::tree(context.world, shell.place())
            .get(&full)
            .cloned();
        let own = surroundings::own_tree(context.world, shell.place());
        let ash = shell.around().dialect == Dialect::Ash;
        let complaint = match found {
            None if given.has('f') => None,
            None if ash => Some(format!(
                "rm: can't remove '{word}': No such file or directory"
            )),
            None => Some(format!(
                "rm: cannot remove '{word}': No such file or directory"
            )),
            Some(Entry::Folder) if !given.has('r') && !given.has('R') => Some(if ash {
                format!("rm: '{word}' is a directory")
            } else {
                format!("rm: cannot remove '{word}': Is a directory")
            }),
            Some(Entry::Folder) => {
                own.remove_all(&full);
                None
            }
            Some(Entry::File(_)) => own
                .remove(&full)
                .err()
                .map(|_| format!("rm: can't remove '{word}': Resource busy")),
        };
        if let Some(complaint) = complaint {
            context.out.error(&complaint);
            status = 1;
        }
    }
    status
}

/// `tee`.
pub(super) fn tee(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut status = 0;
    let Some(text) = context.stdin.take() else {
        context
            .out
            .note("tee would now read what you type: give it a pipe.");
        return 1;
    };
    context.out.write(Stream::Out, &text);
    for word in given.files() {
        let old = surroundings::read(context.world, shell.place(), shell.cwd(), word).ok();
        let old = old.filter(|_| given.has('a')).unwrap_or_default();
        if let Err(error) = surroundings::write(
            context.world,
            shell.place(),
            shell.cwd(),
            word,
            &format!("{old}{text}"),
        ) {
            context.out.error(&format!("tee: {word}: {error}"));
            status = 1;
        }
    }
    status
}
