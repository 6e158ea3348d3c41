//! What could stand at the cursor of a line: commands, files, variables, Service names, and kubectl's own language.

use super::commands::{self, Takes};
use super::context::{Candidate, World};
use super::interpreter::Shell;
use super::kubectl::{self, completion::Found};
use super::surroundings::{self, Kit, Surroundings};
use super::tree::{Entry, resolve, split};
use crate::api::kind;
use crate::cluster::Place;
use crate::kernel::Arrange;

/// The words of the command in which the cursor stands, without quotes, and the word at the cursor.
struct Cut {
    /// The whole words before.
    words: Vec<String>,
    /// The word at the cursor, without quotes.
    word: String,
    /// Where it begins.
    start: usize,
    /// The quote that is open.
    quote: Option<char>,
    /// Whether a redirection asks for a file.
    redirected: bool,
}

fn cut(before: &str) -> Cut {
    let mut cut = Cut {
        words: Vec::new(),
        word: String::new(),
        start: 0,
        quote: None,
        redirected: false,
    };
    let mut begun = false;
    let mut escaped = false;
    for (at, c) in before.char_indices() {
        let next = at + c.len_utf8();
        if escaped {
            escaped = false;
            cut.word.push(c);
            continue;
        }
        match (cut.quote, c) {
            (Some(quote), _) if c == quote => cut.quote = None,
            (Some('"') | None, '\\') => {
                escaped = true;
                begun = true;
            }
            (Some(_), _) => cut.word.push(c),
            (None, '\'' | '"') => {
                cut.quote = Some(c);
                begun = true;
            }
            (None, ' ' | '\t' | '\n') => {
                if begun {
                    cut.words.push(std::mem::take(&mut cut.word));
                    cut.redirected = false;
                }
                begun = false;
                cut.start = next;
            }
            (None, '|' | ';' | '&' | '(' | '`') => {
                cut.words.clear();
                cut.word.clear();
                (begun, cut.redirected, cut.start) = (false, false, next);
            }
            (None, '<' | '>') => {
                cut.word.clear();
                (begun, cut.redirected, cut.start) = (false, true, next);
            }
            (None, _) => {
                cut.word.push(c);
                begun = true;
            }
        }
    }
    // Assignments and the words of the language stand before the command.
    while cut.words.first().is_some_and(|word| is_prefix(word)) {
        cut.words.remove(0);
    }
    cut
}

fn is_prefix(word: &str) -> bool {
    let assigns = word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    assigns
        || matches!(
            word,
            "if" | "then" | "else" | "elif" | "while" | "until" | "do" | "!" | "{" | "time"
        )
}

/// The candidates, sorted.
pub(super) fn complete(shell: &Shell, world: &World, line: &str, cursor: usize) -> Vec<Candidate> {
    let before = line.get(..cursor).unwrap_or(line);
    let mut cut = cut(before);
    unalias(shell, &mut cut.words);
    let kit = shell.around().kit;
    let mut texts = match cut.words.first() {
        _ if cut.word.starts_with('$') => variables(shell, &cut.word),
        _ if cut.redirected => files(world, shell.place(), shell.cwd(), &cut.word),
        None => names(shell, &cut.word),
        Some(_) => of_command(world, shell.place(), kit, shell.cwd(), &cut),
    };
    texts.retain(|text| text.starts_with(&cut.word));
    texts.arrange();
    texts.dedup();
    let candidate = |text: String| Candidate {
        replaces: cut.start..cursor.min(line.len()),
        text: quoted(&text, cut.quote),
    };
    texts.into_iter().map(candidate).collect()
}

/// A candidate as it is typed: within the quote that is open, with what ends a word.
fn quoted(text: &str, quote: Option<char>) -> String {
    match quote {
        Some(quote) => format!("{quote}{text}"),
        None => text.to_owned(),
    }
}

/// A word that is finished gets a blank after it, a path or a flag that goes on does not.
fn finished(text: String) -> String {
    if text.ends_with(['/', '=', ' ']) {
        text
    } else {
        text + " "
    }
}

fn unalias(shell: &Shell, words: &mut Vec<String>) {
    let Some(value) = words.first().and_then(|word| shell.aliases.get(word)) else {
        return;
    };
    let long = value.split_whitespace().map(str::to_owned);
    *words = long.chain(words.iter().skip(1).cloned()).collect();
}

/// What stands after a command.
fn of_command(world: &World, place: &Place, kit: Kit, cwd: &str, cut: &Cut) -> Vec<String> {
    let Some(command) = cut.words.first() else {
        return Vec::new();
    };
    match commands::find(command, kit).map(|c| c.takes) {
        Some(Takes::Files) | None => files(world, place, cwd, &cut.word),
        Some(Takes::Hosts) => hosts(world, place, &cut.word),
        Some(Takes::Nothing) => Vec::new(),
        Some(Takes::Nodes) => {
            let nodes = world.cluster.tables().all(kind::NODE);
            nodes.map(|node| format!("{} ", node.meta.name)).collect()
        }
        Some(Takes::Kubectl) => {
            let words = cut.words.get(1..).unwrap_or_default();
            let current = kubectl::current_namespace(world, cwd);
            match kubectl::completion::complete(&world.cluster, &current, words, &cut.word) {
                Found::Words(found) => found.into_iter().map(finished).collect(),
                Found::File => files(world, place, cwd, &cut.word),
                Found::Inside(place, rest) => inside(world, &place, words, rest, &cut.word),
            }
        }
    }
}

/// What stands after `kubectl exec POD --`.
fn inside(world: &World, place: &Place, words: &[String], rest: usize, word: &str) -> Vec<String> {
    let kit = Surroundings::of(&world.cluster, place).kit;
    if rest == 0 {
        let all = commands::here(kit).filter(|command| command.is_a_file());
        let names = all.flat_map(|command| command.names);
        return names.map(|name| format!("{name} ")).collect();
    }
    let cut = Cut {
        words: words
            .get(words.len() - rest.min(words.len())..)
            .unwrap_or_default()
            .to_vec(),
        word: word.to_owned(),
        start: 0,
        quote: None,
        redirected: false,
    };
    of_command(world, place, kit, "/", &cut)
}

fn names(shell: &Shell, word: &str) -> Vec<String> {
    let names = commands::here(shell.around().kit)
        .flat_map(|c| c.names.iter().map(|name| (*name).to_owned()));
    let found = names
        .chain(shell.aliases.keys().cloned())
        .filter(|name| name.starts_with(word));
    found.map(|name| format!("{name} ")).collect()
}

fn variables(shell: &Shell, word: &str) -> Vec<String> {
    let wanted = word.get(1..).unwrap_or_default();
    let names = shell.exported.keys().chain(shell.local.keys());
    names
        .filter(|name| name.starts_with(wanted))
        .map(|name| format!("${name}"))
        .collect()
}

fn files(world: &World, place: &Place, cwd: &str, word: &str) -> Vec<String> {
    let home = surroundings::home(place);
    let tree = surroundings::tree(world, place);
    let (typed, stem) = word
        .rfind('/')
        .map_or(("", word), |at| word.split_at(at + 1));
    let folder = resolve(cwd, if typed.is_empty() { "." } else { typed }, home);
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

/// Names that the place can ask for: its own namespace's Services, and others with their namespace. On the laptop and on
/// nodes, which have no cluster DNS, the addresses that answer there.
fn hosts(world: &World, place: &Place, word: &str) -> Vec<String> {
    let (scheme, _) = word
        .rfind("//")
        .map_or(("", word), |at| word.split_at(at + 2));
    let services = world.cluster.tables().all(kind::SERVICE);
    let Place::Pod { namespace, .. } = place else {
        let nodes = world.cluster.tables().all(kind::NODE);
        let addresses = nodes.filter_map(|node| {
            let addresses = &node.node()?.status.addresses;
            addresses.first().map(|a| a.address.to_string())
        });
        return addresses
            .map(|address| format!("{scheme}{address}"))
            .collect();
    };
    let services = services.map(|service| {
        let meta = &service.meta;
        let end = if scheme.is_empty() { " " } else { "" };
        if *meta.namespace == **namespace {
            format!("{scheme}{}{end}", meta.name)
        } else {
            format!("{scheme}{}.{}{end}", meta.name, meta.namespace)
        }
    });
    services.collect()
}
