//! `kubectl --help`, `kubectl VERB --help` and `kubectl options`: kubectl's own words, or what the tables of verbs and
//! flags tell until those are fetched.

use super::args::{Args, Flag};
use super::flags::GLOBAL;
use super::verbs::{Group, VERBS, Verb};
use crate::kernel::Arrange;
use crate::shell::context::{Context, Outcome, Stream};

const HEADINGS: [(Group, &str); 8] = [
    (Group::Beginner, "Basic Commands (Beginner)"),
    (Group::Intermediate, "Basic Commands (Intermediate)"),
    (Group::Deploy, "Deploy Commands"),
    (Group::Management, "Cluster Management Commands"),
    (
        Group::Troubleshooting,
        "Troubleshooting and Debugging Commands",
    ),
    (Group::Advanced, "Advanced Commands"),
    (Group::Settings, "Settings Commands"),
    (Group::Other, "Other Commands"),
];

/// What `kubectl` alone prints.
pub(super) fn overview() -> String {
    let mut text = "kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n\n".to_owned();
    for (group, heading) in HEADINGS {
        if group == Group::Other {
            text.push_str("Subcommands provided by plugins:\n\n");
        }
        text.push_str(&format!("{heading}:\n"));
        for verb in VERBS.iter().filter(|verb| verb.group == group) {
            text.push_str(&format!("  {:<15} {}\n", verb.name, verb.summary));
        }
        text.push('\n');
    }
    text.push_str("Usage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given command.\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n");
    text
}

/// kubectl's own words about each verb; a page has them once they are fetched.
#[cfg(not(target_family = "wasm"))]
const BUILT_IN: &str = include_str!("../../../www/data/help.txt");
#[cfg(target_family = "wasm")]
const BUILT_IN: &str = "";

/// kubectl's own words about a verb, among all that are there.
pub(in crate::shell) fn told<'a>(all: &'a str, verb: &str) -> Option<&'a str> {
    let all = if all.is_empty() { BUILT_IN } else { all };
    let mut parts = all.split("\n=== ");
    let found = parts.find_map(|part| part.strip_prefix(verb)?.strip_prefix('\n'))?;
    Some(found.trim_end_matches('\n'))
}

/// What `kubectl VERB --help` prints; `texts` are the words that were fetched, if they were.
pub(super) fn of(texts: &str, verb: &Verb) -> String {
    match told(texts, verb.name) {
        Some(text) => format!("{text}\n"),
        None => made(verb),
    }
}

/// What the tables alone tell.
fn made(verb: &Verb) -> String {
    let dot = if verb.summary.ends_with('.') { "" } else { "." };
    let mut text = format!("{}{dot}\n\nExamples:\n  {}\n", verb.summary, verb.example);
    let below = format!("{} ", verb.name);
    let is_part = |v: &&Verb| {
        let rest = v.name.strip_prefix(&below);
        rest.is_some_and(|rest| !rest.contains(' '))
    };
    let parts: Vec<&Verb> = VERBS.iter().filter(is_part).collect();
    if !parts.is_empty() {
        text.push_str("\nAvailable Commands:\n");
        for part in &parts {
            let name = part.name.rsplit(' ').next().unwrap_or_default();
            text.push_str(&format!("  {name:<15} {}\n", part.summary));
        }
    }
    if parts.is_empty() && !verb.flags.is_empty() {
        text.push_str("\nOptions:\n");
        let mut flags: Vec<&Flag> = verb.flags.iter().collect();
        flags.arrange_by_key(|flag| flag.long);
        flags
            .into_iter()
            .for_each(|flag| text.push_str(&option(flag)));
    }
    text.push_str(&format!("\nUsage:\n  kubectl {} [options]\n\n", verb.usage));
    text.push_str("Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n");
    text
}

/// The name of a flag, as help begins its lines.
fn option(flag: &Flag) -> String {
    let short = flag.short.map_or_else(String::new, |c| format!("-{c}, "));
    format!("    {short}--{}\n", flag.long)
}

/// `kubectl options`.
pub(super) fn options(context: &mut Context<'_>, _args: &Args) -> Outcome {
    let text = match told(&context.world.files.help, "options") {
        Some(text) => format!("{text}\n"),
        None => {
            let shown = GLOBAL.iter().filter(|flag| flag.long != "help");
            let shown: String = shown.map(option).collect();
            format!("The following options can be passed to any command:\n\n{shown}")
        }
    };
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}

/// A verb that only has parts: its help, with the status of a mistake.
pub(super) fn parent(context: &mut Context<'_>, args: &Args) -> Outcome {
    if args.words.is_empty() {
        own(context, args, Stream::Err);
        return Outcome::Exit(1);
    }
    context.out.error(&format!(
        "error: unknown command \"{}\"\nSee 'kubectl {} -h' for help and examples",
        args.words.join(" "),
        args.verb
    ));
    Outcome::Exit(1)
}

/// Prints the help of the verb that was typed.
pub(super) fn own(context: &mut Context<'_>, args: &Args, stream: Stream) {
    let verb = VERBS.iter().find(|verb| verb.name == args.verb);
    let text = verb.map(|verb| of(&context.world.files.help, verb));
    context.out.write(stream, &text.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The flags that a text names: `    -f, --filename=[]:`.
    fn named(text: &str) -> Vec<&str> {
        let mut names = Vec::new();
        for line in text.lines().filter(|line| line.ends_with(':')) {
            let Some((before, after)) = line.split_once("--") else {
                continue;
            };
            if before.starts_with("    ") && before.trim().len() <= 3 {
                names.extend(after.split('=').next());
            }
        }
        names
    }

    #[test]
    fn every_verb_has_kubectls_own_words_and_reads_the_flags_in_them() {
        for verb in VERBS
            .iter()
            .filter(|verb| !["options", "alpha"].contains(&verb.name))
        {
            let text = told("", verb.name).expect(verb.name);
            if !verb.is_simulated() {
                continue;
            }
            for flag in named(text) {
                let mut known = verb.flags.iter().chain(GLOBAL);
                assert!(known.any(|f| f.long == flag), "{}: --{flag}", verb.name);
            }
        }
        let options = told("", "options").expect("it is there");
        let all = named(options);
        assert_eq!(all.len() + 1, GLOBAL.len());
    }
}
