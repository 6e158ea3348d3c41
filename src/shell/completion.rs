//! What could stand at the cursor of a line: commands, files, variables, Service names.

use super::commands::{self, Takes};
use super::context::{Candidate, World};
use super::interpreter::Shell;
use super::surroundings;
use super::tree::{Entry, resolve, split};
use crate::api::kind;
use crate::cluster::Place;

/// The candidates, sorted.
pub(super) fn complete(shell: &Shell, world: &World, line: &str, cursor: usize) -> Vec<Candidate> {
    let before = line.get(..cursor).unwrap_or(line);
    let segment = before.rfind(['|', ';', '&']).map_or(0, |at| at + 1);
    let start = before
        .rfind([' ', '\t', '|', ';', '&', '<', '>', '='])
        .map_or(0, |at| at + 1)
        .max(segment);
    let word = before.get(start..).unwrap_or_default();
    let first = before
        .get(segment..start)
        .unwrap_or_default()
        .split_whitespace()
        .next();
    let redirected = before
        .get(..start)
        .unwrap_or_default()
        .trim_end()
        .ends_with(['<', '>']);
    let texts = match first {
        _ if word.starts_with('$') => variables(shell, word),
        _ if redirected => files(shell, world, word),
        None => names(shell, word),
        Some(command) => match commands::find(command, shell.around().kit).map(|c| c.takes) {
            Some(Takes::Files) | None => files(shell, world, word),
            Some(Takes::Hosts) => hosts(shell, world, word),
            Some(Takes::Kubectl | Takes::Nothing) => Vec::new(),
        },
    };
    let candidate = |text: String| Candidate {
        replaces: start..cursor.min(line.len()),
        text,
    };
    texts.into_iter().map(candidate).collect()
}

fn names(shell: &Shell, word: &str) -> Vec<String> {
    let names = commands::here(shell.around().kit)
        .flat_map(|c| c.names.iter().map(|name| (*name).to_owned()));
    let mut found: Vec<String> = names
        .chain(shell.aliases.keys().cloned())
        .filter(|name| name.starts_with(word))
        .collect();
    found.sort_unstable();
    found.iter().map(|name| format!("{name} ")).collect()
}

fn variables(shell: &Shell, word: &str) -> Vec<String> {
    let wanted = word.get(1..).unwrap_or_default();
    let mut names: Vec<&String> = shell
        .exported
        .keys()
        .chain(shell.local.keys())
        .filter(|n| n.starts_with(wanted))
        .collect();
    names.sort_unstable();
    names.iter().map(|name| format!("${name}")).collect()
}

fn files(shell: &Shell, world: &World, word: &str) -> Vec<String> {
    let home = surroundings::home(shell.place());
    let tree = surroundings::tree(world, shell.place());
    let (typed, stem) = word
        .rfind('/')
        .map_or(("", word), |at| word.split_at(at + 1));
    let folder = resolve(
        shell.cwd(),
        if typed.is_empty() { "." } else { typed },
        home,
    );
    debug_assert!(split(&folder).0.starts_with('/'), "paths are absolute");
    let names = tree.list(&folder).unwrap_or_default();
    let hits = names.iter().filter(|(name, _)| {
        name.starts_with(stem) && (stem.starts_with('.') || !name.starts_with('.'))
    });
    hits.map(|(name, entry)| {
        format!(
            "{typed}{name}{}",
            if **entry == Entry::Folder { "/" } else { " " }
        )
    })
    .collect()
}

/// Names that the place can ask for: its own namespace's Services, and others with their namespace.
fn hosts(shell: &Shell, world: &World, word: &str) -> Vec<String> {
    let Place::Pod { namespace, .. } = shell.place() else {
        return Vec::new();
    };
    let services = world.cluster.tables().all(kind::SERVICE).map(|service| {
        let meta = &service.meta;
        if *meta.namespace == **namespace {
            format!("{} ", meta.name)
        } else {
            format!("{}.{} ", meta.name, meta.namespace)
        }
    });
    let mut found: Vec<String> = services.filter(|name| name.starts_with(word)).collect();
    found.sort_unstable();
    found
}
