//! `iptables` and `iptables-save` on a node: the rules as they stand. Changing them is kube-proxy's affair.

use crate::cluster::{Cluster, Place};
use crate::kernel::Arrange;
use crate::net::{NodeView, listing, xtables};
use crate::shell::context::{Context, Outcome, Stream};
use std::rc::Rc;

/// The node whose prompt this is, as kube-proxy sees it.
pub(super) fn node(context: &Context<'_>) -> Option<Rc<NodeView>> {
    match context.place {
        Place::Node(name) => context.world.cluster.proxy().node(name).cloned(),
        Place::Laptop | Place::Outside | Place::Pod { .. } => None,
    }
}

fn tables(cluster: &Cluster, node: &NodeView, tool: &str) -> xtables::Tables {
    let ipv6 = tool.starts_with("ip6");
    listing::tables(cluster.proxy(), cluster.network(), node, ipv6)
}

fn tool_of(argv: &[String]) -> &str {
    let name = argv.first().map_or("iptables", String::as_str);
    name.rsplit('/').next().unwrap_or(name)
}

/// `iptables-save [-t TABLE]`.
pub(crate) fn save(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let Some(node) = node(context) else {
        return Outcome::Exit(1);
    };
    let mut words = argv.iter().skip(1).map(String::as_str);
    let mut wanted = vec!["filter", "nat"];
    while let Some(word) = words.next() {
        match word {
            "-t" | "--table" => wanted = words.next().into_iter().collect(),
            "-c" | "--counters" => {}
            other => {
                context
                    .out
                    .error(&format!("Unknown argument `{other}' found on commandline"));
                return Outcome::Exit(1);
            }
        }
    }
    let cluster = &context.world.cluster;
    let tables = tables(cluster, &node, tool_of(argv));
    let sim = cluster.sim();
    let time = crate::shell::builtins::time_text(sim.unix(sim.now), "");
    for table in wanted {
        context
            .out
            .write(Stream::Out, &listing::save(&tables, table, &time));
    }
    Outcome::Exit(0)
}

/// What `iptables` is asked for.
#[derive(Default)]
struct Asked {
    table: Option<String>,
    /// `-L` or `-S`.
    command: Option<char>,
    chain: Option<String>,
    columns: listing::Columns,
    /// A command that changes rules.
    changes: Option<String>,
    unknown: Option<String>,
}

fn read(argv: &[String]) -> Asked {
    let mut asked = Asked::default();
    let mut words = argv.iter().skip(1).map(String::as_str).peekable();
    while let Some(word) = words.next() {
        let letters: Vec<char> = match word {
            "--table" => vec!['t'],
            "--list" => vec!['L'],
            "--list-rules" => vec!['S'],
            "--numeric" => vec!['n'],
            "--verbose" => vec!['v'],
            "--exact" => vec!['x'],
            "--wait" => vec!['w'],
            "--line-numbers" => {
                asked.columns.numbers = true;
                continue;
            }
            long if long.starts_with("--") => {
                asked.unknown = Some(long.to_owned());
                continue;
            }
            short if short.starts_with('-') => short.chars().skip(1).collect(),
            other => {
                if asked.command.is_some() && asked.chain.is_none() {
                    asked.chain = Some(other.to_owned());
                } else {
                    asked.unknown = Some(other.to_owned());
                }
                continue;
            }
        };
        for letter in letters {
            match letter {
                't' => asked.table = words.next().map(str::to_owned),
                'L' | 'S' => {
                    asked.command = Some(letter);
                    asked.chain = words
                        .next_if(|next| !next.starts_with('-'))
                        .map(str::to_owned);
                }
                'n' => asked.columns.numeric = true,
                'v' => asked.columns.verbose = true,
                'w' | 'x' => {}
                'A' | 'D' | 'E' | 'F' | 'I' | 'N' | 'P' | 'R' | 'X' | 'Z' => {
                    asked.changes = Some(format!("-{letter}"));
                }
                other => asked.unknown = Some(format!("-{other}")),
            }
        }
    }
    asked
}

/// `iptables [-t TABLE] -C CHAIN RULE`: whether a rule stands in a chain. The order of a rule's words does not matter.
fn check(
    context: &mut Context<'_>,
    node: &NodeView,
    (argv, at): (&[String], usize),
    tool: &str,
) -> Outcome {
    let sorted = |words: &mut dyn Iterator<Item = &str>| {
        let mut words: Vec<String> = words
            .map(|word| {
                word.trim_end_matches("/32")
                    .trim_end_matches("/128")
                    .to_owned()
            })
            .collect();
        words.arrange();
        words
    };
    let mut given = vec!["-A"];
    let mut table = "filter";
    let mut words = argv.iter().enumerate().skip(1).filter(|(i, _)| *i != at);
    while let Some((_, word)) = words.next() {
        match word.as_str() {
            "-t" | "--table" => table = words.next().map_or(table, |(_, word)| word),
            "-w" | "--wait" | "-v" => {}
            word => given.extend(word.split_whitespace()),
        }
    }
    let wanted = sorted(&mut given.into_iter());
    let tables = tables(&context.world.cluster, node, tool);
    let saved = listing::save(&tables, table, "");
    let stands = saved
        .lines()
        .any(|line| sorted(&mut line.split([' ', '"']).filter(|word| !word.is_empty())) == wanted);
    if !stands {
        let text = "Bad rule (does a matching rule exist in that chain?).";
        context.out.error(&format!("{tool}: {text}"));
    }
    Outcome::Exit(i32::from(!stands))
}

/// `iptables [-t TABLE] -L|-S [CHAIN] [-n] [-v] [--line-numbers]`.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let tool = tool_of(argv).to_owned();
    let Some(node) = node(context) else {
        return Outcome::Exit(1);
    };
    if let Some(at) = argv
        .iter()
        .position(|word| word == "-C" || word == "--check")
    {
        return check(context, &node, (argv, at), &tool);
    }
    let asked = read(argv);
    if let Some(change) = asked.changes {
        context.out.note(&format!(
            "Portside's rules are those that kube-proxy writes; {tool} {change} does not change them."
        ));
        return Outcome::Exit(1);
    }
    let name = format!("{tool} v1.8.9 (nf_tables)");
    let hint = format!("Try `{tool} -h' or '{tool} --help' for more information.");
    let wrong = match (&asked.unknown, asked.command) {
        (Some(word), _) if word.starts_with('-') => Some(format!("unknown option \"{word}\"")),
        (Some(word), _) => Some(format!("Bad argument `{word}'")),
        (None, None) => Some("no command specified".to_owned()),
        (None, Some(_)) => None,
    };
    if let Some(wrong) = wrong {
        context.out.error(&format!("{name}: {wrong}\n{hint}"));
        return Outcome::Exit(2);
    }
    let tables = tables(&context.world.cluster, &node, &tool);
    let table = asked.table.as_deref().unwrap_or("filter");
    let Some((chains, own)) = tables.table(table) else {
        context.out.error(&format!(
            "{name}: table '{table}' does not exist\nPerhaps {tool} or your kernel needs to be upgraded."
        ));
        return Outcome::Exit(3);
    };
    let all: Vec<&str> = listing::in_order(chains, own)
        .map(|(chain, _)| chain)
        .collect();
    let wanted: Vec<&str> = match &asked.chain {
        Some(chain) => all
            .into_iter()
            .filter(|name| *name == chain.as_str())
            .collect(),
        None => all,
    };
    if wanted.is_empty() {
        context
            .out
            .error(&format!("{tool}: No chain/target/match by that name."));
        return Outcome::Exit(1);
    }
    let texts: Vec<String> = match asked.command {
        Some('S') => vec![listing::rules(&tables, table, &wanted)],
        _ => wanted
            .iter()
            .map(|chain| listing::list(&tables, table, chain, asked.columns))
            .collect(),
    };
    context.out.write(Stream::Out, &texts.join("\n"));
    Outcome::Exit(0)
}
