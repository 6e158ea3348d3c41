//! The table as kube-proxy hands it to `nft`, and as `nft list` prints it.

use super::table::{Chain, Element, Set, Table};
use crate::kernel::Arrange;
use std::fmt::Write as _;
use std::net::IpAddr;

/// The lines that make the table, as kube-proxy writes them: chains, rules, sets, maps and elements, each by name.
pub fn add_lines(table: &Table) -> Vec<String> {
    let place = format!("{} kube-proxy", table.family);
    let mut lines = vec![format!(
        "add table {place} {{ comment \"rules for kube-proxy\" ; }}"
    )];
    let mut chains: Vec<&Chain> = table.chains.iter().collect();
    chains.arrange_by(|a, b| a.name.cmp(&b.name));
    for chain in &chains {
        let mut text = format!("add chain {place} {}", chain.name);
        if let Some((kind, hook, priority)) = chain.hook {
            let _ = write!(text, " {{ type {kind} hook {hook} priority {priority} ; }}");
        }
        if let Some(comment) = chain.comment {
            let _ = write!(text, " {{ comment \"{comment}\" ; }}");
        }
        lines.push(text);
    }
    for chain in chains {
        for (rule, comment) in &chain.rules {
            let comment = commented(comment);
            lines.push(format!("add rule {place} {} {rule}{comment}", chain.name));
        }
    }
    let mut sets: Vec<&Set> = table.sets.iter().collect();
    sets.arrange_by(|a, b| (a.is_map(), &a.name).cmp(&(b.is_map(), &b.name)));
    for set in &sets {
        let mut text = format!(
            "add {} {place} {} {{ type {} ;",
            set.word(),
            set.name,
            set.kind
        );
        if let Some(seconds) = set.timeout {
            let _ = write!(text, " flags dynamic,timeout ; timeout {seconds}s ;");
        }
        if !set.comment.is_empty() {
            let _ = write!(text, " comment \"{}\" ;", set.comment);
        }
        text.push_str(" }");
        lines.push(text);
    }
    sets.arrange_by(|a, b| a.name.cmp(&b.name));
    for set in sets {
        let mut elements: Vec<String> = set.elements.iter().map(|(k, e)| e.text(k)).collect();
        elements.arrange();
        let line = |element: String| format!("add element {place} {} {{ {element} }}", set.name);
        lines.extend(elements.into_iter().map(line));
    }
    lines
}

fn commented(comment: &str) -> String {
    if comment.is_empty() {
        String::new()
    } else {
        format!(" comment \"{comment}\"")
    }
}

impl Set {
    /// Whether it leads to a verdict.
    pub fn is_map(&self) -> bool {
        self.kind.contains(" : ")
    }

    fn word(&self) -> &'static str {
        if self.is_map() { "map" } else { "set" }
    }
}

impl Element {
    fn text(&self, key: &str) -> String {
        let mut text = format!("{key}{}", commented(&self.comment));
        if !self.value.is_empty() {
            let _ = write!(text, " : {}", self.value);
        }
        text
    }
}

/// `nft list table ip kube-proxy`.
pub fn list(table: &Table) -> String {
    let mut text = format!(
        "table {} kube-proxy {{\n\tcomment \"rules for kube-proxy\"\n",
        table.family
    );
    for (i, set) in table.sets.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        list_set(&mut text, set);
    }
    for chain in &table.chains {
        text.push('\n');
        list_chain(&mut text, chain);
    }
    text.push_str("}\n");
    text
}

/// `nft list set` and `nft list map`, without the table around it.
pub fn list_set(text: &mut String, set: &Set) {
    let _ = writeln!(
        text,
        "\t{} {} {{\n\t\ttype {}",
        set.word(),
        set.name,
        set.kind
    );
    if let Some(seconds) = set.timeout {
        let time = duration(seconds);
        let _ = writeln!(
            text,
            "\t\tsize 65535\n\t\tflags dynamic,timeout\n\t\ttimeout {time}"
        );
    }
    if !set.comment.is_empty() {
        let _ = writeln!(text, "\t\tcomment \"{}\"", set.comment);
    }
    // Plain addresses of IPv4 stand two in a line, the rest one.
    let in_line = if set.kind == "ipv4_addr" { 2 } else { 1 };
    let mut elements: Vec<(Vec<u8>, &String, &Element)> = set
        .elements
        .iter()
        .map(|(key, element)| (order(key), key, element))
        .collect();
    elements.arrange_by(|a, b| a.0.cmp(&b.0));
    for (i, (_, key, element)) in elements.into_iter().enumerate() {
        text.push_str(match i {
            0 => "\t\telements = { ",
            i if i % in_line == 0 => ",\n\t\t\t     ",
            _ => ", ",
        });
        text.push_str(&element.text(key));
    }
    if !set.elements.is_empty() {
        text.push_str(" }\n");
    }
    text.push_str("\t}\n");
}

/// The order in which `nft` prints elements back: single ones by value, joined ones as numbers of the machine that it runs
/// on, whose last byte counts most.
fn order(key: &str) -> Vec<u8> {
    let mut parts = key.split(" . ").peekable();
    let mut bytes: Vec<u8> = Vec::new();
    let mut joined = false;
    while let Some(part) = parts.next() {
        joined |= parts.peek().is_some();
        match part.parse() {
            Ok(IpAddr::V4(ip)) => bytes.extend(ip.octets()),
            Ok(IpAddr::V6(ip)) => bytes.extend(ip.octets()),
            Err(_) => match part.parse::<u16>() {
                Ok(port) => bytes.extend(port.to_be_bytes()),
                Err(_) => bytes.push(match part {
                    "tcp" => 6,
                    "udp" => 17,
                    _ => 132,
                }),
            },
        }
    }
    if joined {
        bytes.reverse();
    }
    bytes
}

/// `nft list chain`, without the table around it.
pub fn list_chain(text: &mut String, chain: &Chain) {
    let _ = writeln!(text, "\tchain {} {{", chain.name);
    if let Some(comment) = chain.comment {
        let _ = writeln!(text, "\t\tcomment \"{comment}\"");
    }
    if let Some((kind, hook, priority)) = chain.hook {
        let priority = priority_text(hook, priority);
        let _ = writeln!(
            text,
            "\t\ttype {kind} hook {hook} priority {priority}; policy accept;"
        );
    }
    for (rule, comment) in &chain.rules {
        let _ = writeln!(text, "\t\t{}{}", listed(rule), commented(comment));
    }
    text.push_str("\t}\n");
}

/// Priorities have names, some of them only in their own hook.
fn priority_text(hook: &str, priority: i32) -> String {
    match (hook, priority) {
        (_, 0) => "filter".to_owned(),
        ("postrouting", 100) => "srcnat".to_owned(),
        ("prerouting", -100) => "dstnat".to_owned(),
        ("prerouting", -110) => "dstnat - 10".to_owned(),
        (_, priority) => priority.to_string(),
    }
}

/// A rule as `nft` prints it back: packet marks with all digits and signs for words, lists without a blank before commas
/// and in order, one of a kind without a list, and no word of the parts that a translation to one of several takes.
fn listed(rule: &str) -> String {
    if let Some((condition, (ranges, verdict))) = rule
        .split_once("addr { ")
        .or_else(|| rule.split_once("addr != { "))
        .and_then(|(condition, rest)| Some((condition, rest.split_once(" }")?)))
    {
        let sign = if rule.contains("!=") { "!= " } else { "" };
        let mut ranges: Vec<&str> = ranges.split(',').map(str::trim).collect();
        ranges.arrange_by(|a, b| order(base(a)).cmp(&order(base(b))));
        let ranges = match ranges.as_slice() {
            [one] => (*one).to_owned(),
            all => format!("{{ {} }}", all.join(", ")),
        };
        return format!("{condition}addr {sign}{ranges}{verdict}");
    }
    let mut text = rule
        .replace(" , ", ", ")
        .replace(" addr . port to numgen", " to numgen")
        .replace("mark set mark or ", "meta mark set meta mark | ");
    text = text.replace("mark set mark xor ", "meta mark set meta mark ^ ");
    if let Some(rest) = text.strip_prefix("mark and ") {
        text = format!(
            "meta mark & {}",
            rest.replacen("!= 0 ", "!= 0x00000000 ", 1)
        );
    }
    text
}

/// The address of a range.
fn base(range: &str) -> &str {
    range.split_once('/').map_or(range, |(base, _)| base)
}

/// `3h`, `1m30s`, as `nft` prints times.
fn duration(seconds: u32) -> String {
    let mut text = String::new();
    let parts = [
        (seconds / 86_400, 'd'),
        (seconds / 3_600 % 24, 'h'),
        (seconds / 60 % 60, 'm'),
        (seconds % 60, 's'),
    ];
    for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(text, "{count}{unit}");
    }
    text
}
