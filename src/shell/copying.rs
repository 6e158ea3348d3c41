//! Commands that copy, move and remove: `cp`, `mv`, `rmdir`.

use super::context::Context;
use super::files_commands::path;
use super::interpreter::Shell;
use super::options;
use super::surroundings::{self, Dialect};
use super::tree::{Entry, FileError, split};

/// Where a source goes: into a folder that is there, or under the name that is given.
fn target(shell: &Shell, context: &Context<'_>, source: &str, to: &str, into: bool) -> String {
    let full = path(shell, to);
    let tree = surroundings::tree(context.world, shell.place());
    if into || tree.is_folder(&full) {
        format!(
            "{}/{}",
            full.trim_end_matches('/'),
            split(&path(shell, source)).1
        )
    } else {
        full
    }
}

/// Writes what stands at a path, with all below it, to another.
fn copy(shell: &Shell, context: &mut Context<'_>, from: &str, to: &str) -> Result<(), FileError> {
    let tree = surroundings::tree(context.world, shell.place());
    match tree.get(from) {
        None => return Err(FileError::NotFound),
        Some(Entry::File(text)) => {
            return surroundings::write(context.world, shell.place(), "/", to, text);
        }
        Some(Entry::Folder) => {}
    }
    surroundings::own_tree(context.world, shell.place()).make_dirs(to);
    for (name, _) in tree.list(from).unwrap_or_default() {
        copy(
            shell,
            context,
            &format!("{from}/{name}"),
            &format!("{to}/{name}"),
        )?;
    }
    Ok(())
}

/// What `cp` and `mv` say of a source or a target.
fn complaint(
    shell: &Shell,
    name: &str,
    (source, to, shown): (&str, &str, &str),
    error: FileError,
) -> String {
    let ash = shell.around().dialect == Dialect::Ash;
    let lost = error == FileError::NotFound && shown.is_empty();
    match (name, ash) {
        ("mv", true) => format!("mv: can't rename '{source}': {error}"),
        ("mv", false) if lost => format!("mv: cannot stat '{source}': {error}"),
        ("mv", false) => format!("mv: cannot move '{source}' to '{to}': {error}"),
        (_, true) if lost => format!("{name}: can't stat '{source}': {error}"),
        (_, false) if lost => format!("{name}: cannot stat '{source}': {error}"),
        (_, true) => format!("{name}: can't create '{shown}': {error}"),
        (_, false) => format!("{name}: cannot create regular file '{shown}': {error}"),
    }
}

/// `cp [-r] SOURCE… TARGET` and `mv SOURCE… TARGET`.
pub(super) fn cp(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let name = argv
        .first()
        .map_or("cp", |word| word.rsplit('/').next().unwrap_or("cp"));
    let ash = shell.around().dialect == Dialect::Ash;
    let words = given.files();
    let Some((to, sources)) = words
        .split_last()
        .filter(|(_, sources)| !sources.is_empty())
    else {
        let first = words.first().copied().unwrap_or_default();
        let lacks = format!("{name}: missing destination file operand after '{first}'");
        return options::usage(shell, context, name, (!ash).then_some(lacks.as_str()));
    };
    let into = sources.len() > 1;
    if into && !ash && !surroundings::tree(context.world, shell.place()).is_folder(&path(shell, to))
    {
        context
            .out
            .error(&format!("{name}: target '{to}': No such file or directory"));
        return 1;
    }
    let mut status = 0;
    for source in sources {
        let from = path(shell, source);
        let goal = target(shell, context, source, to, into);
        let tree = surroundings::tree(context.world, shell.place());
        let folder = tree.is_folder(&from);
        let recursive = name == "mv"
            || ["a", "r", "R"]
                .iter()
                .any(|o| o.chars().any(|c| given.has(c)));
        let told = if folder && !recursive {
            let remark = if ash { "" } else { "-r not specified; " };
            Some(format!("{name}: {remark}omitting directory '{source}'"))
        } else if tree.get(&from).is_some() && from == goal {
            Some(format!("{name}: '{source}' and '{to}' are the same file"))
        } else if given.has('n') && tree.get(&goal).is_some() {
            None
        } else if tree.get(&from).is_none() {
            Some(complaint(
                shell,
                name,
                (source, to, ""),
                FileError::NotFound,
            ))
        } else {
            let shown = if goal == path(shell, to) {
                (*to).to_owned()
            } else {
                goal.clone()
            };
            let done = if tree.get(split(&goal).0).is_some() {
                copy(shell, context, &from, &goal)
            } else {
                Err(FileError::NotFound)
            };
            match done {
                Ok(()) if name == "mv" => {
                    surroundings::own_tree(context.world, shell.place()).remove_all(&from);
                    None
                }
                Ok(()) => None,
                Err(error) => Some(complaint(shell, name, (source, to, &shown), error)),
            }
        };
        if let Some(told) = told {
            context.out.error(&told);
            status = 1;
        }
    }
    status
}

/// `rmdir FOLDER…`.
pub(super) fn rmdir(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut status = 0;
    for word in given.files() {
        let full = path(shell, word);
        let tree = surroundings::tree(context.world, shell.place());
        let error = match (tree.get(&full), tree.list(&full)) {
            (None, _) => Some(FileError::NotFound),
            (Some(Entry::File(_)), _) => Some(FileError::NotFolder),
            (_, Some(names)) if !names.is_empty() => Some(FileError::NotEmpty),
            _ => None,
        };
        match error {
            None => surroundings::own_tree(context.world, shell.place()).remove_all(&full),
            Some(error) => {
                let ash = shell.around().dialect == Dialect::Ash;
                let head = if ash { "" } else { "failed to remove " };
                context
                    .out
                    .error(&format!("rmdir: {head}'{word}': {error}"));
                status = 1;
            }
        }
    }
    status
}
