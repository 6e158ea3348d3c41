//! Commands about files: listing, printing, making and removing.

use super::context::{Context, Stream};
use super::interpreter::Shell;
use super::surroundings::{self, Dialect};
use super::tree::{Entry, FileError, resolve};
use crate::cluster::Place;

fn path(shell: &Shell, word: &str) -> String {
    resolve(shell.cwd(), word, surroundings::home(shell.place()))
}

/// Options (letters after a dash) and the other words.
pub(super) fn letters(argv: &[String]) -> (String, Vec<&str>) {
    let mut options = String::new();
    let mut words = Vec::new();
    let mut ended = false;
    for word in argv.iter().skip(1) {
        match word.strip_prefix('-') {
            Some("-") if !ended => ended = true,
            Some(letters)
                if !ended && !letters.is_empty() && letters.chars().all(char::is_alphanumeric) =>
            {
                options.push_str(letters);
            }
            _ => words.push(word.as_str()),
        }
    }
    (options, words)
}

/// `ls`.
pub(super) fn ls(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (options, words) = letters(argv);
    let tree = surroundings::tree(context.world, shell.place());
    let words = if words.is_empty() { vec!["."] } else { words };
    let (mut files, mut folders, mut status) = (Vec::new(), Vec::new(), 0);
    for word in &words {
        match tree.get(&path(shell, word)) {
            Some(Entry::File(text)) => files.push((*word, Entry::File(text.clone()))),
            Some(Entry::Folder) if options.contains('d') => files.push((*word, Entry::Folder)),
            Some(Entry::Folder) => folders.push(*word),
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
    let named: Vec<(&str, &Entry)> = files.iter().map(|(name, entry)| (*name, entry)).collect();
    print_names(context, &options, &named);
    for (i, folder) in folders.iter().enumerate() {
        if words.len() > 1 {
            let gap = if i > 0 || !files.is_empty() { "\n" } else { "" };
            context.out.line(&format!("{gap}{folder}:"));
        }
        let mut names = tree.list(&path(shell, folder)).unwrap_or_default();
        names.retain(|(name, _)| options.contains(['a', 'A']) || !name.starts_with('.'));
        print_names(context, &options, &names);
    }
    status
}

fn print_names(context: &mut Context<'_>, options: &str, names: &[(&str, &Entry)]) {
    if names.is_empty() {
        return;
    }
    if options.contains('l') {
        for (name, entry) in names {
            let line = match entry {
                Entry::Folder => {
                    format!("drwxr-xr-x    2 root     root          4096 Jan  5 09:00 {name}")
                }
                Entry::File(text) => format!(
                    "-rw-r--r--    1 root     root     {:>9} Jan  5 09:00 {name}",
                    text.len()
                ),
            };
            context.out.line(&line);
        }
        return;
    }
    let words: Vec<String> = names.iter().map(|(name, _)| (*name).to_owned()).collect();
    let separator = if context.tty && !options.contains('1') {
        "  "
    } else {
        "\n"
    };
    let joined = words.join(separator);
    if separator == "  " && joined.chars().count() > 80 {
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
                    (_, "cat") => format!("{name}: can't open '{word}': {error}"),
                    (_, _) if ash => format!("{name}: {word}: {error}"),
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

/// `cat`.
pub(super) fn cat(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (options, words) = letters(argv);
    let mut status = 0;
    let texts = inputs(shell, context, "cat", &words, &mut status).unwrap_or_default();
    let mut number = 0;
    for (_, text) in texts {
        if options.contains('n') {
            for line in text.lines() {
                number += 1;
                context.out.line(&format!("{number:6}\t{line}"));
            }
        } else {
            context.out.write(Stream::Out, &text);
        }
    }
    status
}

/// `mkdir`.
pub(super) fn mkdir(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (options, words) = letters(argv);
    let mut status = 0;
    for word in words {
        let full = path(shell, word);
        let tree = surroundings::tree(context.world, shell.place());
        let above = super::tree::split(&full).0.to_owned();
        let error = match (tree.get(&full), tree.get(&above)) {
            (Some(Entry::Folder), _) if options.contains('p') => None,
            (Some(_), _) => Some(FileError::Exists),
            (None, Some(Entry::File(_))) => Some(FileError::NotFolder),
            (None, None) if !options.contains('p') => Some(FileError::NotFound),
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
    let mut status = 0;
    for word in argv.iter().skip(1) {
        if surroundings::read(context.world, shell.place(), shell.cwd(), word)
            == Err(FileError::NotFound)
            && let Err(error) =
                surroundings::write(context.world, shell.place(), shell.cwd(), word, "")
        {
            context.out.error(&format!("touch: {word}: {error}"));
            status = 1;
        }
    }
    status
}

/// `rm`.
pub(super) fn rm(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (options, words) = letters(argv);
    let mut status = 0;
    for word in words {
        let full = path(shell, word);
        let found = surroundings::tree(context.world, shell.place())
            .get(&full)
            .cloned();
        let own = surroundings::own_tree(context.world, shell.place());
        let ash = shell.around().dialect == Dialect::Ash;
        let complaint = match found {
            None if options.contains('f') => None,
            None if ash => Some(format!(
                "rm: can't remove '{word}': No such file or directory"
            )),
            None => Some(format!(
                "rm: cannot remove '{word}': No such file or directory"
            )),
            Some(Entry::Folder) if !options.contains(['r', 'R']) => {
                Some(format!("rm: '{word}' is a directory"))
            }
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
    let (options, words) = letters(argv);
    let mut status = 0;
    let Some(text) = context.stdin.take() else {
        context
            .out
            .note("tee would now read what you type: give it a pipe.");
        return 1;
    };
    context.out.write(Stream::Out, &text);
    for word in words {
        let old = surroundings::read(context.world, shell.place(), shell.cwd(), word).ok();
        let old = old.filter(|_| options.contains('a')).unwrap_or_default();
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
