//! `kubectl --help`, `kubectl VERB --help` and `kubectl options`, from the tables of verbs and flags.

use super::args::{Args, Flag, Takes};
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

/// What `kubectl VERB --help` prints.
pub(super) fn of(verb: &Verb) -> String {
    let dot = if verb.summary.ends_with('.') { "" } else { "." };
    let mut text = format!("{}{dot}\n\nExamples:\n  {}\n", verb.summary, verb.example);
    let below = format!("{} ", verb.name);
    let parts: Vec<&Verb> = VERBS
        .iter()
        .filter(|v| {
            v.name
                .strip_prefix(&below)
                .is_some_and(|rest| !rest.contains(' '))
        })
        .collect();
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
        let shown: Vec<String> = flags.into_iter().map(option).collect();
        text.push_str(&shown.join("\n"));
    }
    let options = if verb.usage.contains("[flags]") {
        "[options]"
    } else {
        "[flags] [options]"
    };
    text.push_str(&format!("\nUsage:\n  kubectl {} {options}\n", verb.usage));
    if !parts.is_empty() {
        text.push_str(&format!(
            "\nUse \"kubectl {} <command> --help\" for more information about a given command.\n",
            verb.name
        ));
    }
    text.push_str("Use \"kubectl options\" for a list of global command-line options (applies to all commands).\n");
    text
}

/// One flag, in kubectl's two lines.
fn option(flag: &Flag) -> String {
    let short = flag
        .short
        .map_or_else(|| "    ".to_owned(), |c| format!("-{c}, "));
    let default = if flag.takes == Takes::Nothing {
        "false"
    } else {
        flag.default
    };
    format!("    {short}--{}={default}:\n\t{}\n", flag.long, flag.help)
}

/// `kubectl options`.
pub(super) fn options(context: &mut Context<'_>, _args: &Args) -> Outcome {
    let shown: Vec<String> = GLOBAL
        .iter()
        .filter(|flag| flag.long != "help")
        .map(option)
        .collect();
    context.out.write(
        Stream::Out,
        &format!(
            "The following options can be passed to any command:\n\n{}",
            shown.join("\n")
        ),
    );
    Outcome::Exit(0)
}

/// A verb that only has parts: its help, with the status of a mistake.
pub(super) fn parent(context: &mut Context<'_>, args: &Args) -> Outcome {
    if args.words.is_empty() {
        let text = VERBS.iter().find(|verb| verb.name == args.verb).map(of);
        context.out.write(Stream::Out, &text.unwrap_or_default());
        return Outcome::Exit(1);
    }
    context.out.error(&format!(
        "error: unknown command \"{}\"\nSee 'kubectl {} -h' for help and examples",
        args.words.join(" "),
        args.verb
    ));
    Outcome::Exit(1)
}
