//! `nft list …` on a node, in the nftables mode: the tables `kube-proxy` of both families.

use super::iptables::node;
use crate::net::nftables::{self, Table};
use crate::shell::context::{Context, Outcome, Stream};
use crate::store::ProxyMode;

/// `nft list ruleset|tables|table|chain|set|map …`.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let words: Vec<&str> = argv
        .iter()
        .skip(1)
        .map(String::as_str)
        .filter(|word| !matches!(*word, "-n" | "-a" | "-nn" | "--numeric" | "--handle"))
        .collect();
    let Some(node) = node(context) else {
        return Outcome::Exit(1);
    };
    let cluster = &context.world.cluster;
    let network = cluster.network();
    let has = network.proxy_mode == ProxyMode::Nftables;
    let table = |family: &str| -> Option<Table> {
        let ipv6 = family == "ip6";
        let known = has && matches!(family, "ip" | "ip6");
        known.then(|| nftables::table(cluster.proxy(), network, &node, ipv6))
    };
    let text = match words.as_slice() {
        ["list", "ruleset"] => {
            let all = ["ip", "ip6"].iter().filter_map(|family| table(family));
            Some(all.map(|table| nftables::list(&table)).collect::<String>())
        }
        ["list", "ruleset", family] => Some(
            table(family)
                .map(|t| nftables::list(&t))
                .unwrap_or_default(),
        ),
        ["list", "tables"] => {
            let all = ["ip", "ip6"].iter().filter(|_| has);
            Some(
                all.map(|family| format!("table {family} kube-proxy\n"))
                    .collect(),
            )
        }
        ["list", "table", family, "kube-proxy"] => {
            table(family).map(|table| nftables::list(&table))
        }
        ["list", "table", "kube-proxy"] => table("ip").map(|table| nftables::list(&table)),
        [
            "list",
            what @ ("chain" | "set" | "map"),
            family,
            "kube-proxy",
            name,
        ] => table(family).and_then(|table| part(&table, what, name)),
        ["list", "table" | "chain" | "set" | "map", ..] => None,
        _ => {
            context.out.note(
                "Portside's nft lists: nft list ruleset, list tables, list table ip kube-proxy, list chain|set|map ip kube-proxy NAME.",
            );
            return Outcome::Exit(1);
        }
    };
    let Some(text) = text else {
        let line = words.join(" ");
        let last = words.last().copied().unwrap_or_default();
        let before = " ".repeat(line.len() - last.len());
        let mark = "^".repeat(last.len());
        context.out.error(&format!(
            "Error: No such file or directory\n{line}\n{before}{mark}"
        ));
        return Outcome::Exit(1);
    };
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}

/// One chain, set or map, in its table.
fn part(table: &Table, what: &str, name: &str) -> Option<String> {
    let mut text = format!("table {} kube-proxy {{\n", table.family);
    if what == "chain" {
        let chain = table.chains.iter().find(|chain| chain.name == name)?;
        nftables::list_chain(&mut text, chain);
    } else {
        let set = table
            .sets
            .iter()
            .find(|set| set.name == name && set.is_map() == (what == "map"))?;
        nftables::list_set(&mut text, set);
    }
    text.push_str("}\n");
    Some(text)
}
