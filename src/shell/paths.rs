//! Commands about the names of files: `basename`, `dirname`, `realpath`, `find`.

use super::context::Context;
use super::files_commands::path;
use super::interpreter::Shell;
use super::options;
use super::surroundings::{self, Dialect};
use super::tree::{Entry, Tree, matches};

/// The most files that `find` prints.
const MOST_FILES: usize = 10_000;

/// `basename NAME [SUFFIX]`, `basename -a NAME…`, `basename -s SUFFIX NAME…`.
pub(super) fn basename(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut words = given.files();
    let mut suffix = given.value('s').unwrap_or_default();
    if !given.has('a') && !given.has('s') {
        if words.len() > 2 {
            let extra = words.get(2).copied().unwrap_or_default();
            let told = format!("basename: extra operand '{extra}'");
            let ash = shell.around().dialect == Dialect::Ash;
            return options::usage(shell, context, "basename", (!ash).then_some(told.as_str()));
        }
        suffix = words.get(1).copied().unwrap_or_default();
        words.truncate(1);
    }
    for word in words {
        let bare = word.trim_end_matches('/');
        let last = bare.rsplit('/').next().unwrap_or_default();
        let last = if bare.is_empty() && !word.is_empty() {
            "/"
        } else {
            last
        };
        let cut = last.strip_suffix(suffix).filter(|cut| !cut.is_empty());
        context.out.line(cut.unwrap_or(last));
    }
    0
}

/// `dirname NAME…`.
pub(super) fn dirname(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    if given.words.len() > 1 && shell.around().dialect == Dialect::Ash {
        return options::usage(shell, context, "dirname", None);
    }
    for word in given.files() {
        let above = word.trim_end_matches('/').rsplit_once('/');
        context.out.line(match above {
            None if word.starts_with('/') => "/",
            None => ".",
            Some((above, _)) if above.trim_end_matches('/').is_empty() => "/",
            Some((above, _)) => above.trim_end_matches('/'),
        });
    }
    0
}

/// `realpath NAME…` and `readlink -f NAME…`; nothing here is a link.
pub(super) fn realpath(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let tree = surroundings::tree(context.world, shell.place());
    let links = argv.first().is_some_and(|word| word.ends_with("readlink"));
    let mut status = 0;
    for word in given.files() {
        let full = path(shell, word);
        if links && !given.has('f') {
            status = 1;
        } else if tree.get(super::tree::split(&full).0).is_some() {
            context.out.line(&full);
        } else {
            if !links {
                context
                    .out
                    .error(&format!("realpath: {word}: No such file or directory"));
            }
            status = 1;
        }
    }
    status
}

/// What `find` asks of a file.
enum Ask {
    Name(String),
    Kind(bool),
    Empty,
    Not(Box<Self>),
    /// `-o`: what stands on both sides is asked apart.
    Or,
}

impl Ask {
    fn holds(&self, tree: &Tree, full: &str, shown: &str) -> bool {
        let folder = tree.is_folder(full);
        match self {
            Self::Name(pattern) => {
                let bare = shown.trim_end_matches('/');
                matches(pattern, bare.rsplit('/').next().unwrap_or_default())
            }
            Self::Kind(wanted) => folder == *wanted,
            Self::Empty => match tree.get(full) {
                Some(Entry::File(text)) => text.is_empty(),
                _ => tree.list(full).is_some_and(|names| names.is_empty()),
            },
            Self::Not(inner) => !inner.holds(tree, full, shown),
            Self::Or => true,
        }
    }
}

/// The tests of a command line, and how deep it goes.
fn asks(words: &[String]) -> Result<(Vec<Ask>, usize), String> {
    let (mut asks, mut depth, mut not) = (Vec::new(), usize::MAX, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().map_or("", String::as_str);
        let ask = match word.as_str() {
            "!" | "-not" => {
                not = !not;
                continue;
            }
            "-print" | "-a" => continue,
            "-maxdepth" => {
                let text = value();
                let wrong = || {
                    format!(
                        "Expected a positive decimal integer argument to -maxdepth, but got '{text}'"
                    )
                };
                depth = text.parse().map_err(|_| wrong())?;
                continue;
            }
            "-name" | "-iname" => Ask::Name(value().to_owned()),
            "-type" => Ask::Kind(value() == "d"),
            "-empty" => Ask::Empty,
            "-o" | "-or" => Ask::Or,
            other => return Err(other.to_owned()),
        };
        asks.push(if not { Ask::Not(Box::new(ask)) } else { ask });
        not = false;
    }
    Ok((asks, depth))
}

/// `find [FOLDER…] [-name PATTERN] [-type f|d] [-maxdepth N] [-empty] [!] [-o]`.
pub(super) fn find(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let ash = shell.around().dialect == Dialect::Ash;
    let words = argv.get(1..).unwrap_or_default();
    let roots = words
        .iter()
        .take_while(|word| !word.starts_with(['-', '!', '(']))
        .count();
    let (roots, rest) = words.split_at_checked(roots).unwrap_or_default();
    let (asks, depth) = match asks(rest) {
        Ok(read) => read,
        Err(wrong) => {
            let real = "-exec -delete -print0 -path -mtime -mmin -size -user -perm -newer -prune -regex -mindepth ( ) -ok -xdev -follow -group -links";
            if real.split(' ').any(|own| own == wrong) {
                let said = format!("Portside's find does not simulate {wrong}.");
                context.out.note(&said);
            } else if wrong.contains(' ') {
                context.out.error(&format!("find: {wrong}"));
            } else if ash {
                let told = format!("find: unrecognized: {wrong}");
                return options::usage(shell, context, "find", Some(&told));
            } else {
                context
                    .out
                    .error(&format!("find: unknown predicate `{wrong}'"));
            }
            return 1;
        }
    };
    let tree = surroundings::tree(context.world, shell.place());
    let here = [".".to_owned()];
    let mut status = 0;
    for root in if roots.is_empty() { &here[..] } else { roots } {
        let full = path(shell, root);
        if tree.get(&full).is_none() {
            let shown = if ash {
                root.clone()
            } else {
                format!("'{root}'")
            };
            context
                .out
                .error(&format!("find: {shown}: No such file or directory"));
            status = 1;
            continue;
        }
        let mut open = vec![(full, root.clone(), 0)];
        let mut found = 0;
        while let Some((full, shown, level)) = open.pop() {
            let held = asks.split(|ask| matches!(ask, Ask::Or));
            if held
                .into_iter()
                .any(|all| all.iter().all(|ask| ask.holds(&tree, &full, &shown)))
            {
                context.out.line(&shown);
            }
            found += 1;
            if level >= depth || found > MOST_FILES {
                continue;
            }
            for (name, _) in tree.list(&full).unwrap_or_default().into_iter().rev() {
                let below = |above: &str| format!("{}/{name}", above.trim_end_matches('/'));
                open.push((below(&full), below(&shown), level + 1));
            }
        }
    }
    status
}
