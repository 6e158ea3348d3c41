//! The texts of kube-proxy's rules, against those of the real proxiers.

use crate::cases::{self, Verdict, text};
use crate::cases_proxy::{load, network, programmed};
use portside::net::{iptables, ipvs, nftables, xtables};
use portside::store::NodePortAddresses;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The rules of each chain of each table; chains without rules too.
type Dump = BTreeMap<(String, String), Vec<String>>;

/// Chains in which the order of Services does not matter: kube-proxy walks a map.
const DISPATCH: [&str; 4] = [
    "KUBE-SERVICES",
    "KUBE-NODEPORTS",
    "KUBE-EXTERNAL-SERVICES",
    "KUBE-PROXY-FIREWALL",
];

/// Reads restore input; the second list names the chains that it deletes.
fn dump(text: &str) -> (Dump, Vec<String>) {
    let (mut dump, mut deleted, mut table) = (Dump::new(), Vec::new(), "");
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            table = name;
        } else if let Some(chain) = line.strip_prefix(':') {
            let chain = chain.split(' ').next().unwrap_or_default();
            dump.entry((table.to_owned(), chain.to_owned()))
                .or_default();
        } else if let Some(chain) = line.strip_prefix("-X ") {
            deleted.push(chain.to_owned());
        } else if let Some(rule) = line.strip_prefix("-A ") {
            let chain = rule.split(' ').next().unwrap_or_default();
            let rules = dump
                .entry((table.to_owned(), chain.to_owned()))
                .or_default();
            rules.push(rule.to_owned());
        }
    }
    for ((_, chain), rules) in &mut dump {
        // The rule that leads to the node ports must stay the last one.
        let last = |rule: &String| rule.contains("NOTE: this must be the last rule");
        let ordered = rules.iter().skip_while(|rule| !last(rule)).all(last);
        assert!(ordered, "a rule follows the last one of {chain}");
        if DISPATCH.contains(&chain.as_str()) {
            rules.sort_by_key(|rule| (last(rule), rule.clone()));
        }
    }
    (dump, deleted)
}

fn differs(chain: &str, wanted: &[String], came: Option<&Vec<String>>) -> Result<(), String> {
    match came {
        Some(came) if came == wanted => Ok(()),
        came => Err(format!("{chain}:\n  wanted {wanted:#?}\n  came {came:#?}")),
    }
}

/// The texts of the iptables mode.
fn iptables_rules(case: &Value) -> Result<(), String> {
    let (network, proxy) = (network(&case["config"]), programmed(case));
    let node = proxy
        .node(text(&case["config"], "nodeName"))
        .ok_or("no node")?;
    let ipv6 = text(&case["config"], "ipFamily") == "IPv6";
    let came = xtables::restore(&iptables::tables(&proxy, &network, node, ipv6));
    // A real kube-proxy writes all eight digits of the mark, the one of the tests does not.
    let (came, none) = dump(&came.replace("0x00004000", text(&case["config"], "masqueradeMark")));
    assert!(none.is_empty(), "a whole sync deletes nothing");
    let (wanted, deleted) = dump(text(case, "expected"));
    match text(case, "compare") {
        "full" => {
            for (key, rules) in &wanted {
                differs(&key.1, rules, came.get(key))?;
            }
            let more: Vec<_> = came
                .keys()
                .filter(|key| !wanted.contains_key(*key))
                .collect();
            if more.is_empty() {
                Ok(())
            } else {
                Err(format!("more chains: {more:?}"))
            }
        }
        // Only the chains of changed Services and the dispatching ones are written: they must be as in a whole sync.
        "partial" => {
            for (key, rules) in &wanted {
                if deleted.contains(&key.1) {
                    let gone = !came.contains_key(key);
                    gone.then_some(())
                        .ok_or(format!("{} is still there", key.1))?;
                } else {
                    differs(&key.1, rules, came.get(key))?;
                }
            }
            Ok(())
        }
        _ => {
            let key = (
                text(case, "table").to_owned(),
                text(case, "chain").to_owned(),
            );
            let empty = Vec::new();
            let wanted = wanted.values().next().unwrap_or(&empty);
            let lines: Vec<String> = text(case, "expected")
                .lines()
                .filter_map(|line| line.strip_prefix("-A ").map(str::to_owned))
                .collect();
            let wanted = if wanted.is_empty() { &lines } else { wanted };
            differs(&key.1, wanted, Some(came.get(&key).unwrap_or(&empty)))
        }
    }
}

/// The table of the nftables mode. A chain that lost its Service stays, empty, until a second has passed: it is not looked
/// for.
fn nftables_rules(case: &Value) -> Result<(), String> {
    let (network, proxy) = (network(&case["config"]), programmed(case));
    let node = proxy
        .node(text(&case["config"], "nodeName"))
        .ok_or("no node")?;
    let ipv6 = text(&case["config"], "ipFamily") == "IPv6";
    let came = nftables::add_lines(&nftables::table(&proxy, &network, node, ipv6));
    let came = came
        .join("\n")
        .replace("0x00004000", text(&case["config"], "masqueradeMark"));
    let of = |text: &str| -> BTreeMap<String, Vec<String>> {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            // The rules of a chain have an order; all else has none.
            let group = match words.as_slice() {
                ["add", "rule", _, _, chain, ..] => format!("rules of {chain}"),
                ["add", what, ..] => (*what).to_owned(),
                _ => continue,
            };
            groups.entry(group).or_default().push(line.to_owned());
        }
        for (group, lines) in &mut groups {
            if !group.starts_with("rules of") {
                lines.sort();
            }
        }
        groups
    };
    let expected = text(case, "expected");
    let stale = |line: &&str| {
        let name = line.rsplit(' ').next().unwrap_or_default();
        line.starts_with("add chain") && name.contains('/') && expected.matches(name).count() == 1
    };
    let expected: Vec<&str> = expected.lines().filter(|line| !stale(line)).collect();
    let (wanted, came) = (of(&expected.join("\n")), of(&came));
    for (group, lines) in &wanted {
        differs(group, lines, came.get(group))?;
    }
    let more: Vec<_> = came
        .keys()
        .filter(|key| !wanted.contains_key(*key))
        .collect();
    if more.is_empty() {
        Ok(())
    } else {
        Err(format!("more: {more:?}"))
    }
}

#[test]
fn cases_rules() {
    let all = load(&["rules.json", "rules_computed.json"]);
    let verdict = |case: &Value| match text(case, "mode") {
        "iptables" => Verdict::from(iptables_rules(case)),
        _ => Verdict::from(nftables_rules(case)),
    };
    cases::run(
        "cases_rules",
        all.iter()
            .map(|case| (text(case, "id").to_owned(), verdict(case))),
    );
}

/// What the ipvs mode sets up: virtual servers, sets, addresses of `kube-ipvs0` and rules.
fn ipvs_state(case: &Value) -> Result<(), String> {
    let (network, proxy) = (network(&case["config"]), programmed(case));
    let node = proxy.node(text(&case["config"], "nodeName"));
    let mut node = node.ok_or("no node")?.as_ref().clone();
    let ipv6 = text(&case["config"], "ipFamily") == "IPv6";
    let expect = &case["expect"];
    // Where a test restricts node ports to a range, its node has an interface there, which the configuration does not name.
    if let NodePortAddresses::Ranges(ranges) = &network.proxy.node_port_addresses {
        let servers = expect["virtualServers"].as_array().into_iter().flatten();
        let served = servers.filter_map(|server| text(server, "address").parse().ok());
        let inner =
            |ip: &std::net::IpAddr| ranges.iter().any(|r| r.prefix() > 0 && r.contains(*ip));
        let known = node.addresses.clone();
        node.addresses
            .extend(served.filter(|ip| inner(ip) && !known.contains(ip)));
    }
    let state = ipvs::state(&proxy, &network, &node, ipv6);
    let same = |what: &str, came: Value, wanted: &Value| {
        let agrees = &came == wanted;
        agrees
            .then_some(())
            .ok_or(format!("{what}: wanted {wanted}\n  came {came}"))
    };
    let sorted = |list: &Value| -> Value {
        let mut list = list.as_array().cloned().unwrap_or_default();
        list.sort_by_key(ToString::to_string);
        list.into()
    };
    let addresses: Vec<String> = state.addresses.iter().map(ToString::to_string).collect();
    let wanted = &expect["dummyInterface"]["addresses"];
    same("kube-ipvs0", sorted(&addresses.into()), &sorted(wanted))?;
    let server = |((ip, port, protocol), server): (&(_, u16, _), &ipvs::VirtualServer)| {
        let (ip, protocol): (&std::net::IpAddr, &portside::net::Protocol) = (ip, protocol);
        let real: Vec<Value> = server
            .real
            .iter()
            .map(|to| json!({"address": to.ip().to_string(), "port": to.port(), "weight": 1}))
            .collect();
        json!({
            "address": ip.to_string(), "port": port, "protocol": protocol.to_string(),
            "realServers": sorted(&real.into()), "scheduler": server.scheduler,
            "timeout": server.persistent.unwrap_or(0), "persistent": server.persistent.is_some(),
        })
    };
    let servers: Vec<Value> = state.servers.iter().map(server).collect();
    let mut wanted = expect["virtualServers"].clone();
    for server in wanted.as_array_mut().into_iter().flatten() {
        server["realServers"] = sorted(&server["realServers"]);
    }
    same("virtual servers", sorted(&servers.into()), &sorted(&wanted))?;
    let mut sets = serde_json::Map::new();
    for kind in ipvs::SETS {
        if let Some(entries) = state.sets.get(kind.name) {
            let entries: Vec<&String> = entries.iter().collect();
            let set = json!({"type": kind.kind, "entries": entries});
            // The tests' fake tools do not see the 6 of the names for IPv6.
            sets.insert(kind.full_name(false), set);
        }
    }
    same("sets", sets.into(), &expect["ipsets"])?;
    let came = ipvs::rules(&state, &network, ipv6).restore();
    let came = came.replace("0x00004000", text(&case["config"], "masqueradeMark"));
    let came = came.replace("KUBE-6-", "KUBE-");
    let wanted = text(expect, "rules");
    let agrees = came.trim_end() == wanted.trim_end();
    agrees
        .then_some(())
        .ok_or(format!("rules: wanted {wanted}\n  came {came}"))
}

#[test]
fn cases_ipvs() {
    let all = load(&["ipvs.json"]);
    let verdict = |case: &Value| Verdict::from(ipvs_state(case));
    cases::run(
        "cases_ipvs",
        all.iter()
            .map(|case| (text(case, "id").to_owned(), verdict(case))),
    );
}
