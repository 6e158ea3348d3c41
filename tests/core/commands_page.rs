//! docs/commands.md is made from the tables of commands and verbs; `UPDATE=1` writes it anew.

use portside::api::image::ToolSet;
use portside::shell::kubectl::{Group, VERBS};
use portside::shell::{COMMANDS, On};
use std::fmt::Write;
use std::fs;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");

const HEADINGS: [(Group, &str); 8] = [
    (Group::Beginner, "Basic commands, for beginners"),
    (Group::Intermediate, "Basic commands"),
    (Group::Deploy, "Rollouts and sizes"),
    (Group::Management, "Nodes and the cluster"),
    (Group::Troubleshooting, "Looking and debugging"),
    (Group::Advanced, "Manifests"),
    (Group::Settings, "Labels and completion"),
    (Group::Other, "The rest"),
];

/// An image that has such tools, as a reader would name it.
fn image(set: ToolSet) -> &'static str {
    match set {
        ToolSet::Busybox => "busybox",
        ToolSet::Alpine => "alpine",
        ToolSet::Netshoot => "netshoot",
        ToolSet::Curl => "curlimages/curl",
        ToolSet::Dnsutils => "dnsutils",
        ToolSet::Toolbox => "swiss-army-knife",
        ToolSet::Debian => "debian",
        ToolSet::Redis => "redis",
        ToolSet::RedisAlpine => "redis:alpine",
        ToolSet::DebianCurl => "nginx",
        ToolSet::Nothing => "",
    }
}

fn place(on: On) -> String {
    let images = |sets: &[ToolSet]| {
        sets.iter()
            .map(|s| image(*s))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match on {
        On::All => "everywhere".to_owned(),
        On::Laptop => "laptop".to_owned(),
        On::Nodes => "nodes".to_owned(),
        On::Machines => "laptop, nodes".to_owned(),
        On::Images(sets) => images(sets),
        On::MachinesAnd(sets) => format!("laptop, nodes, {}", images(sets)),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn page() -> String {
    let mut page = "# Commands\n\nMade from the tables of commands and verbs; do not edit.\n\n\
        ## Commands of the shells\n\n| command | does | where | example |\n| --- | --- | --- | --- |\n"
        .to_owned();
    for command in COMMANDS {
        writeln!(
            page,
            "| `{}` | {} | {} | `{}` |",
            cell(command.synopsis),
            command.summary,
            place(command.on),
            cell(command.example)
        )
        .unwrap();
    }
    page.push_str("\n## kubectl\n");
    for (group, heading) in HEADINGS {
        writeln!(page, "\n### {heading}").unwrap();
        for verb in VERBS.iter().filter(|verb| verb.group == group) {
            let below = format!("{} ", verb.name);
            let parts = VERBS.iter().filter(|part| part.name.starts_with(&below));
            for verb in std::iter::once(verb).chain(parts) {
                writeln!(
                    page,
                    "\n#### `kubectl {}`\n\n{}.\n\n    kubectl {}\n\nExample: `{}`",
                    verb.name,
                    verb.summary.trim_end_matches('.'),
                    verb.usage,
                    verb.example
                )
                .unwrap();
                if !verb.is_simulated() {
                    page.push_str("\nPortside does not simulate it, and says so.\n");
                } else if !verb.flags().is_empty() {
                    writeln!(page, "\nFlags: `{}`", verb.flags().join("` `")).unwrap();
                }
            }
        }
    }
    page
}

#[test]
fn the_page_of_commands_is_current() {
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(FILE, &page).expect("the page can be written");
    }
    let stands = fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        stands == page,
        "docs/commands.md is out of date; UPDATE=1 writes it anew"
    );
}

#[test]
fn the_help_of_every_verb_is_complete() {
    for verb in VERBS {
        let help = verb.help();
        // What `options` prints is a list of options itself.
        assert!(
            verb.name == "options"
                || help.contains(&format!("Usage:\n  kubectl {}", verb.usage.trim_end())),
            "{}: no usage",
            verb.name
        );
        assert!(!verb.summary.is_empty(), "{}: no summary", verb.name);
        assert!(
            verb.example
                .starts_with(&format!("kubectl {}", verb.name.split(' ').next().unwrap())),
            "{}: an example of something else",
            verb.name
        );
    }
}
