//! The Corefile: `CoreDNS`'s configuration, as the `coredns` `ConfigMap` carries it.
//!
//! Every plugin of `CoreDNS` is known by name; those that are not simulated are accepted and listed, so that a real
//! Corefile loads. Errors are worded as `CoreDNS` logs them.

mod blocks;
mod fingerprint;
mod lexer;
mod plugins;
mod regex;
mod rewrite;
mod rules;
mod zones;

use super::kubernetes::Options as Kubernetes;
use super::{DnsName, Query, Rcode, RecordType, Reply};
use crate::kernel::{BTreeSet, Span};
use crate::store::Cidr;
use blocks::ServerBlock;
pub use regex::Regex;
use std::fmt;
use std::net::IpAddr;

/// Where the file lies in the `CoreDNS` Pod.
const FILE: &str = "/etc/coredns/Corefile";

/// Why a Corefile cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The line at fault, from 1.
    pub line: usize,
    /// What `CoreDNS` logs.
    pub message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corefile {
    /// The server blocks.
    pub blocks: Vec<Block>,
    /// The checksum that `reload` logs.
    pub fingerprint: String,
}

/// One server block: the zones that it is for and its plugins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The zones that it is for.
    pub zones: Vec<DnsName>,
    /// The port that it listens on.
    pub port: u16,
    /// Its plugins.
    pub plugins: Plugins,
}

/// One `log` directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The names below which questions are logged.
    pub zones: Vec<DnsName>,
    /// The classes of replies that are: `success`, `denial`, `error`; empty for all.
    pub classes: Vec<String>,
    /// The line, with placeholders.
    pub format: String,
}

impl Logged {
    /// Whether a reply is logged.
    pub(super) fn wants(&self, reply: &Reply) -> bool {
        let class = match reply.rcode {
            Rcode::NoError if !reply.answer.is_empty() => "success",
            Rcode::NoError | Rcode::NxDomain => "denial",
            _ => "error",
        };
        self.zones
            .iter()
            .any(|zone| reply.query.name.is_within(zone))
            && (self.classes.is_empty() || self.classes.iter().any(|c| c == class || c == "all"))
    }
}

/// What a rule does with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It lets the question pass.
    Allow,
    /// It answers with a code and nothing else.
    Answer(Rcode),
    /// It drops the question unanswered.
    Drop,
}

/// A rule of the plugins `acl` and `template`, as far as they answer for whole zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The zones that it is for.
    pub zones: Vec<DnsName>,
    /// The types that it is for; empty for all.
    pub types: Vec<RecordType>,
    /// Where those it is for ask from; empty for everywhere.
    pub sources: Vec<Cidr>,
    /// What it does.
    pub action: Action,
}

impl Rule {
    /// What the first rule that is for a question does with it.
    pub(super) fn of(rules: &[Self], query: &Query, client: IpAddr) -> Action {
        let fits = |rule: &&Self| {
            rule.zones.iter().any(|zone| query.name.is_within(zone))
                && (rule.types.is_empty() || rule.types.contains(&query.record_type))
                && (rule.sources.is_empty() || rule.sources.iter().any(|net| net.contains(client)))
        };
        rules
            .iter()
            .find(fits)
            .map_or(Action::Allow, |rule| rule.action)
    }
}

/// The plugins of a block, whatever their order in the file: `CoreDNS` fixes the order in which they act.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plugins {
    /// What `log` writes a line for; empty when it is off.
    pub log: Vec<Logged>,
    /// Whether failures are logged.
    pub errors: bool,
    /// Whether addresses are shuffled.
    pub loadbalance: bool,
    /// The cache.
    pub cache: Option<Cache>,
    /// The rewrite rules.
    pub rewrite: Vec<Rewrite>,
    /// Whether the search list is walked on the server's side, and within which zones.
    pub autopath: Vec<DnsName>,
    /// The zones that may be copied.
    pub transfer: Vec<DnsName>,
    /// Who may ask what.
    pub acl: Vec<Rule>,
    /// What is answered by rule.
    pub template: Vec<Rule>,
    /// Fixed names.
    pub hosts: Option<Hosts>,
    /// The cluster's zone.
    pub kubernetes: Option<Kubernetes>,
    /// Where other names are asked.
    pub forward: Vec<Forward>,
    /// How often the file is read again.
    pub reload: Option<Span>,
    /// How long the process goes on before it ends, as it was written.
    pub lameduck: Option<String>,
    /// The port on which it reports that it lives.
    pub health: Option<u16>,
    /// The port on which it reports that it is ready.
    pub ready: Option<u16>,
    /// The port of its metrics.
    pub metrics: Option<u16>,
    /// Whether a forwarding loop ends the process.
    pub loop_check: bool,
    /// Plugins that are valid but not simulated.
    pub ignored: Vec<String>,
}

/// The `cache` plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    /// The names that are kept.
    pub zones: Vec<DnsName>,
    /// The longest that an answer is kept, in seconds.
    pub success: u32,
    /// The longest that an absence is kept.
    pub denial: u32,
    /// How long a failure is kept.
    pub servfail: u32,
    /// Names whose answers are not kept.
    pub no_success: Vec<DnsName>,
    /// Names whose absence is not kept.
    pub no_denial: Vec<DnsName>,
}

/// How a `rewrite name` rule matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// What an expression says.
    Regex(Regex),
    /// The whole name.
    Exact,
    /// Its beginning.
    Prefix,
    /// Its end.
    Suffix,
    /// Any part.
    Substring,
}

/// A `rewrite name` rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// Whether later rules see the new name too.
    pub go_on: bool,
    /// How it matches.
    pub kind: Match,
    /// What it looks for, in lower case; nothing for an expression.
    pub from: String,
    /// What it puts there.
    pub to: String,
    /// Whether names in answers are changed back.
    pub answer_auto: bool,
    /// How else names in answers are changed.
    pub answers: Vec<Answer>,
}

/// An `answer name` or `answer value` of a `rewrite` rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it is for the names that records point to, not for those that have them.
    pub value: bool,
    /// What it looks for.
    pub from: Regex,
    /// What it puts there.
    pub to: String,
}

/// The `hosts` plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// The zones that it speaks for.
    pub zones: Vec<DnsName>,
    /// Its lines: an address and the names that it has.
    pub entries: Vec<(IpAddr, Vec<DnsName>)>,
    /// How long answers may be kept.
    pub ttl: u32,
    /// Whether addresses lead back to names.
    pub reverse: bool,
    /// Within which zones an unknown name goes to the next plugin.
    pub fallthrough: Vec<DnsName>,
}

/// One `forward` directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The zone whose names it takes.
    pub from: DnsName,
    /// Names that it leaves.
    pub except: Vec<DnsName>,
    /// Where it asks: addresses, or nothing for the node's own resolvers.
    pub to: Vec<IpAddr>,
}

impl Corefile {
    /// Reads a Corefile.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut blocks: Vec<Block> = Vec::new();
        let servers = blocks::parse(text)?;
        for server in &servers {
            let block = read_block(server)?;
            for zone in &block.zones {
                let taken = |other: &Block| other.port == block.port && other.zones.contains(zone);
                if blocks.iter().any(taken) {
                    let message = format!(
                        "cannot serve dns://{zone}:{} - it is already defined",
                        block.port
                    );
                    return Err(Error {
                        line: server.line,
                        message,
                    });
                }
            }
            blocks.push(block);
        }
        Ok(Self {
            blocks,
            fingerprint: fingerprint::fingerprint(&servers),
        })
    }

    /// How often the file is read again; `None` if it is read only once.
    pub fn reload(&self) -> Option<Span> {
        self.blocks.iter().find_map(|block| block.plugins.reload)
    }

    /// What is listened on, as `CoreDNS` tells it when it starts: `.:53`.
    pub(super) fn listeners(&self) -> Vec<String> {
        let each = |block: &Block| {
            let port = block.port;
            let zones = block.zones.iter();
            zones
                .map(|zone| format!("{zone}:{port}"))
                .collect::<Vec<_>>()
        };
        let mut all: Vec<String> = self.blocks.iter().flat_map(each).collect();
        all.sort();
        all
    }

    /// How long a process goes on after it was told to end, as it was written.
    pub(super) fn lameduck(&self) -> Option<&str> {
        self.blocks
            .iter()
            .find_map(|block| block.plugins.lameduck.as_deref())
    }

    /// What of the file is accepted without being simulated.
    pub(super) fn ignored(&self) -> impl Iterator<Item = &str> {
        let all = self.blocks.iter().flat_map(|block| &block.plugins.ignored);
        all.map(String::as_str)
    }

    /// Whether a block reads the cluster's objects.
    pub(super) fn reads_cluster(&self) -> bool {
        let mut blocks = self.blocks.iter();
        blocks.any(|block| block.plugins.kubernetes.is_some())
    }

    /// The ports that the process listens on, those of DNS apart.
    pub(super) fn ports(&self) -> BTreeSet<u16> {
        let all = self.blocks.iter().flat_map(|block| {
            let plugins = &block.plugins;
            [plugins.health, plugins.ready, plugins.metrics]
        });
        all.flatten().collect()
    }

    /// Whether a block listens on the port of DNS.
    pub(super) fn serves_dns(&self) -> bool {
        self.blocks.iter().any(|block| block.port == 53)
    }

    /// The zone whose questions come back to the server that `forward` sends them from, and by way of which address; only
    /// where `loop` looks for that.
    pub(super) fn looped(&self, own: IpAddr) -> Option<(&DnsName, IpAddr)> {
        let mut watched = self.blocks.iter().filter(|block| block.plugins.loop_check);
        watched.find_map(|block| {
            let zone = block.zones.first()?;
            let forward = block.plugins.forward.iter();
            let mut forward = forward.filter(|forward| zone.is_within(&forward.from));
            let back = |ip: &&IpAddr| ip.is_loopback() || **ip == own;
            let ip = forward.next()?.to.iter().find(back)?;
            Some((zone, *ip))
        })
    }

    /// The block that a name belongs to.
    pub(super) fn block_of(&self, name: &DnsName) -> Option<(usize, &Block)> {
        let fits = |block: &Block| {
            let zones = block.zones.iter().filter(|zone| name.is_within(zone));
            zones
                .map(|zone| if zone.is_root() { 0 } else { zone.text().len() })
                .max()
        };
        let listening = self
            .blocks
            .iter()
            .enumerate()
            .filter(|(_, block)| block.port == 53);
        let best = listening.filter_map(|(i, block)| Some((fits(block)?, i, block)));
        best.max_by_key(|(length, i, _)| (*length, usize::MAX - i))
            .map(|(_, i, block)| (i, block))
    }
}

fn read_block(server: &ServerBlock) -> Result<Block, Error> {
    let mut zones = Vec::new();
    let mut port = 53;
    for key in &server.keys {
        let bad = || Error {
            line: server.line,
            message: format!("not a valid zone: {key}"),
        };
        let (rest, number) = zones::split_port(key).ok_or_else(bad)?;
        port = number.unwrap_or(port);
        zones.extend(zones::normalize(rest).ok_or_else(bad)?);
    }
    let mut plugins = Plugins::default();
    for directive in &server.directives {
        plugins::read(&mut plugins, directive, &zones)?;
    }
    Ok(Block {
        zones,
        port,
        plugins,
    })
}
