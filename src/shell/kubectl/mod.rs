//! kubectl v1.36: the verbs that Service work needs, in its words.
//!
//! [`VERBS`] has a row for each verb, `flags.rs` a table of the flags of each; the rows drive parsing, help and completion.

mod age;
mod apply;
mod args;
mod bounds;
mod change;
pub(super) mod completion;
mod config;
mod create;
mod credentials;
mod debug;
mod delete;
mod describe;
mod diff;
mod edit;
mod events;
mod exec;
mod explain;
mod expose;
mod field_selector;
mod flags;
mod generate;
mod get;
mod gosort;
mod gotemplate;
mod grants;
mod help;
mod info;
mod jobs;
mod jsonpath;
mod kubeconfig;
mod label;
mod last_applied;
mod log_lines;
mod logs;
mod merge;
mod nodes;
mod output;
mod patch;
mod port_forward;
pub mod printers;
mod raw;
mod refused;
mod rehearse;
mod replace;
mod resource;
mod revision;
mod rollout;
mod run;
mod said;
mod scale;
mod set;
mod settings;
mod table;
mod verbs;
mod wait;

use super::context::{Context, Outcome, Stream, World};
use args::Args;
use verbs::Expects;

pub(super) use credentials::token_of;
pub(super) use help::told;
pub use rehearse::rehearse;
pub use settings::needs_a_new_cluster;
pub use verbs::{Group, VERBS, Verb};

/// Runs kubectl; the first word is its own name.
pub fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let words = argv.get(1..).unwrap_or_default();
    if let Some(("__complete" | "__completeNoDesc", rest)) =
        words.split_first().map(|(w, r)| (w.as_str(), r))
    {
        return complete(context, rest);
    }
    let Some((verb, others)) = find(words) else {
        return without_verb(context, words);
    };
    let parsed = match Args::parse(&others, verb.flags) {
        // Of what is not simulated no flag is known.
        Err(_) if verb.expects == Expects::Elsewhere => Ok(Args::default()),
        parsed => parsed,
    };
    match parsed {
        Ok(args) if args.is("help") => {
            let text = help::of(&context.world.files.help, verb);
            context.out.write(Stream::Out, &text);
            Outcome::Exit(0)
        }
        Ok(mut args) => {
            args.verb = verb.name;
            if let Some(flag) = refused::refused(&args).filter(|_| verb.is_simulated()) {
                let said = format!("Portside does not simulate --{flag}.");
                context.out.note(&said);
                return Outcome::Exit(1);
            }
            if let Some(why) = unreachable(context, &args).or_else(|| not_a_timeout(&args)) {
                context.out.error(&why);
                return Outcome::Exit(1);
            }
            context.world.cluster.forget_warnings();
            context
                .world
                .cluster
                .written_by(Some(change::writer(&args)));
            let outcome = (verb.run)(context, &args);
            context.world.cluster.written_by(None);
            output::warn(context);
            outcome
        }
        Err(why) => {
            context.out.error(&format!(
                "error: {why}\nSee 'kubectl {} --help' for usage.",
                verb.name
            ));
            Outcome::Exit(1)
        }
    }
}

/// What the scripts of `kubectl completion` ask: the words that the last one could become.
fn complete(context: &mut Context<'_>, words: &[String]) -> Outcome {
    let (word, before) = match words.split_last() {
        Some((word, before)) => (word.as_str(), before),
        None => ("", words),
    };
    let current = resource::current_namespace(context.world, context.cwd);
    let found = completion::complete(&context.world.cluster, &current, before, word);
    let (words, directive) = match found {
        completion::Found::Words(words) => (
            words,
            "4\nCompletion ended with directive: ShellCompDirectiveNoFileComp",
        ),
        completion::Found::File | completion::Found::Inside(..) => (
            Vec::new(),
            "0\nCompletion ended with directive: ShellCompDirectiveDefault",
        ),
    };
    for candidate in words.iter().filter(|candidate| candidate.starts_with(word)) {
        context.out.line(candidate);
    }
    let (number, told) = directive.split_once('\n').unwrap_or_default();
    context.out.line(&format!(":{number}"));
    context.out.error(told);
    Outcome::Exit(0)
}

/// What is in the way of asking the API server, if the kubeconfig is not as it was at the start.
fn unreachable(context: &Context<'_>, args: &Args) -> Option<String> {
    let verb = args.verb.split(' ').next().unwrap_or_default();
    if matches!(verb, "config" | "completion" | "options" | "plugin") {
        return None;
    }
    let (named, cluster) = (args.get("context"), args.get("cluster"));
    let kept = context.world.files.read(context.cwd, resource::CONFIG);
    if kept.is_err() && named.is_none() && cluster.is_none() {
        return None;
    }
    kubeconfig::Kubeconfig::load(context.world, context.cwd).obstacle(named, cluster)
}

/// A `--request-timeout` that is none.
fn not_a_timeout(args: &Args) -> Option<String> {
    let given = args.get("request-timeout")?;
    let whole = given.parse::<i64>().is_ok() || args::not_a_duration(given).is_none();
    (!whole).then(|| "error: Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)".to_owned())
}

/// The row whose words stand in the line, and what else stands there.
fn find(words: &[String]) -> Option<(&'static Verb, Vec<String>)> {
    let mut others = words.to_vec();
    let mut found: Option<&'static Verb> = None;
    while let Some(at) = next_word(&others) {
        let word = others.get(at)?;
        let prefix = found
            .map(|verb| format!("{} ", verb.name))
            .unwrap_or_default();
        let named = |verb: &&Verb| {
            verb.name.strip_prefix(&prefix).is_some_and(|last| {
                last == word || verb.aliases.contains(&word.as_str()) && !last.contains(' ')
            })
        };
        let Some(verb) = VERBS.iter().find(named) else {
            break;
        };
        others.remove(at);
        found = Some(verb);
    }
    found.map(|verb| (verb, others))
}

/// Where the next word that is no flag stands; flags of every verb may come before a verb.
fn next_word(words: &[String]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "--" => return None,
            word if takes_value(word) => at += 2,
            word if word.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
    None
}

/// Whether the value of a flag follows it; what is no flag of every verb is taken to have one, as kubectl takes it.
fn takes_value(word: &str) -> bool {
    let is = |flag: &&args::Flag| match word.strip_prefix("--") {
        Some(long) => flag.long == long,
        None => {
            let mut letters = word.chars().skip(1);
            flag.short.is_some() && letters.next() == flag.short && letters.next().is_none()
        }
    };
    let alone = !word.contains('=') && (word.starts_with("--") || word.len() == 2);
    let found = flags::GLOBAL.iter().find(is);
    word.starts_with('-') && alone && found.is_none_or(|flag| flag.takes.has_value())
}

/// `kubectl`, `kubectl help get`, `kubectl -h`, `kubectl gett`.
fn without_verb(context: &mut Context<'_>, words: &[String]) -> Outcome {
    let name = next_word(words).and_then(|at| words.get(at));
    match name.map(String::as_str) {
        None => {
            if let Err(why) = Args::parse(words, flags::NONE) {
                context
                    .out
                    .error(&format!("error: {why}\nSee 'kubectl --help' for usage."));
                return Outcome::Exit(1);
            }
            context.out.write(Stream::Out, &help::overview());
            Outcome::Exit(0)
        }
        Some("help") => {
            let rest: Vec<String> = words
                .iter()
                .filter(|word| *word != "help")
                .cloned()
                .collect();
            let text = match find(&rest) {
                Some((verb, _)) => help::of(&context.world.files.help, verb),
                None if !rest.is_empty() => {
                    let topics = format!("Unknown help topic [`{}`]\n\n\n", rest.join("` `"));
                    let overview = help::overview();
                    let groups = overview.split_once("\n\nBasic").map_or("", |(_, g)| g);
                    let text = [topics.as_str(), "Basic", groups].concat();
                    context.out.write(Stream::Err, &text);
                    return Outcome::Exit(0);
                }
                None => help::overview(),
            };
            context.out.write(Stream::Out, &text);
            Outcome::Exit(0)
        }
        Some(_) if words.first().is_some_and(|first| first.starts_with('-')) => {
            let first = words.first().map(String::as_str).unwrap_or_default();
            let text = format!("Error: flags cannot be placed before plugin name: {first}");
            context.out.error(&text);
            Outcome::Exit(1)
        }
        Some(name) => {
            let mut text = format!("error: unknown command \"{name}\" for \"kubectl\"");
            let near: Vec<&str> = VERBS
                .iter()
                .map(|verb| verb.name)
                .filter(|verb| !verb.contains(' ') && is_near(name, verb))
                .collect();
            if !near.is_empty() {
                text.push_str("\n\nDid you mean this?");
                near.iter()
                    .for_each(|verb| text.push_str(&format!("\n\t{verb}")));
            }
            context.out.error(&text);
            Outcome::Exit(1)
        }
    }
}

/// The namespace of the context that kubectl's configuration names.
pub(super) fn current_namespace(world: &World, cwd: &str) -> String {
    resource::current_namespace(world, cwd)
}

/// A verb that a word was probably meant to be: the only one that is near.
pub(super) fn meant(word: &str) -> Option<&'static str> {
    let verbs = || VERBS.iter().map(|verb| verb.name);
    if word.is_empty() || verbs().any(|verb| verb == word) {
        return None;
    }
    let mut near = verbs().filter(|verb| !verb.contains(' ') && distance(word, verb) == 1);
    near.next().filter(|_| near.next().is_none())
}

/// Whether kubectl offers a verb for a word: at most two letters differ, or the word begins it.
fn is_near(word: &str, verb: &str) -> bool {
    verb.starts_with(&word.to_lowercase()) || distance(word, verb) <= 2
}

/// Levenshtein's distance.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (b, up) in other.iter().zip(row.iter().skip(1)) {
            let cost = diagonal + usize::from(a != *b);
            diagonal = *up;
            left = cost.min(up + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

/// A verb of the real kubectl that is not simulated.
fn elsewhere(context: &mut Context<'_>, args: &Args) -> Outcome {
    context.out.note(&format!(
        "Portside does not simulate kubectl {}.",
        args.verb
    ));
    Outcome::Exit(1)
}

/// Prints `error: …` and ends with 1.
fn fail(context: &mut Context<'_>, why: &str) -> Outcome {
    context.out.error(&format!("error: {why}"));
    Outcome::Exit(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_read_by_the_row_that_gives_it() {
        for verb in VERBS {
            let words: Vec<String> = verb.example.split(' ').skip(1).map(str::to_owned).collect();
            let (found, others) = find(&words).expect(verb.example);
            assert!(found.name.starts_with(verb.name), "{}", verb.example);
            if found.flags.is_empty() {
                continue;
            }
            Args::parse(&others, found.flags).expect(verb.example);
        }
    }

    #[test]
    fn letters_are_counted() {
        assert_eq!(
            (
                distance("gett", "get"),
                distance("gett", "set"),
                distance("", "get")
            ),
            (1, 2, 3)
        );
        assert!(is_near("desc", "describe") && !is_near("foo", "get"));
    }
}
