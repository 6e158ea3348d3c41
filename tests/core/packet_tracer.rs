//! A packet on its way through the text of rules: the judge of what kube-proxy wrote, which knows nothing of Services.
//!
//! After the tracers of kube-proxy's own tests (`pkg/proxy/iptables/proxier_test.go`, `pkg/proxy/nftables/helpers_test.go`):
//! a random choice goes every way at once, and nobody is remembered.

use portside::store::Cidr;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

/// A packet that opens a connection.
#[derive(Clone, Debug)]
pub(crate) struct Flow<'a> {
    pub(crate) protocol: &'a str,
    pub(crate) source: IpAddr,
    pub(crate) to: SocketAddr,
    /// The node's own addresses.
    pub(crate) own: &'a [IpAddr],
}

/// Where it went, each with whether its source became the node's; or `REJECT`, `DROP`, `ACCEPT`; or nothing.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) ends: Vec<(String, bool)>,
    pub(crate) marked: bool,
}

impl Flow<'_> {
    fn is_own(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.own.contains(&ip)
    }
}

/// The words of a line; what stands in quotes is one word.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            c => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Whether an address is the one named, or in the range named.
fn within(ip: IpAddr, net: &str) -> bool {
    net.parse() == Ok(ip) || Cidr::parse(net).is_some_and(|cidr| cidr.contains(ip))
}

type Rules = BTreeMap<(String, String), Vec<Vec<String>>>;

struct Iptables<'a> {
    rules: Rules,
    flow: Flow<'a>,
    trace: Trace,
}

/// Follows a packet through restore input: the chain of Services in `nat`, then those of `filter`.
pub(crate) fn iptables(text: &str, flow: &Flow<'_>) -> Trace {
    let (mut rules, mut table) = (Rules::new(), "");
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            table = name;
        } else if let Some(rule) = line.strip_prefix("-A ") {
            let mut rule = words(rule);
            let chain = rule.remove(0);
            rules
                .entry((table.to_owned(), chain))
                .or_default()
                .push(rule);
        }
    }
    let mut walk = Iptables {
        rules,
        flow: flow.clone(),
        trace: Trace::default(),
    };
    walk.chain("nat", "KUBE-SERVICES");
    let filters = [
        "SERVICES",
        "EXTERNAL-SERVICES",
        "NODEPORTS",
        "PROXY-FIREWALL",
    ];
    if walk.trace.ends.is_empty() {
        let mut filters = filters.iter();
        filters.find(|name| walk.chain("filter", &format!("KUBE-{name}")));
    }
    walk.trace
}

impl Iptables<'_> {
    /// True if the packet's fate is sealed.
    fn chain(&mut self, table: &str, chain: &str) -> bool {
        let key = (table.to_owned(), chain.to_owned());
        for rule in self.rules.get(&key).cloned().unwrap_or_default() {
            if !self.matches(&rule) {
                continue;
            }
            let after = |flag: &str| {
                let at = rule.iter().position(|word| word == flag)?;
                rule.get(at + 1).map(String::as_str)
            };
            let random = after("--probability").is_some();
            let marked = self.trace.marked;
            let sealed = match after("-j") {
                None | Some("MARK") => {
                    self.trace.marked |= after("--or-mark").is_some();
                    false
                }
                Some("RETURN") => return false,
                Some(verdict @ ("ACCEPT" | "DROP" | "REJECT")) => self.end(verdict),
                Some("DNAT") => self.end(after("--to-destination").expect("an address")),
                Some(next) => self.chain(table, next),
            };
            if random {
                self.trace.marked = marked;
            } else if sealed {
                return true;
            }
        }
        false
    }

    fn end(&mut self, end: &str) -> bool {
        self.trace.ends.push((end.to_owned(), self.trace.marked));
        true
    }

    fn matches(&self, rule: &[String]) -> bool {
        let (flow, mut negated) = (&self.flow, false);
        let pairs = rule
            .iter()
            .zip(rule.iter().skip(1).map(String::as_str).chain([""]));
        for (flag, value) in pairs {
            let agrees = match flag.as_str() {
                "-p" => value == flow.protocol,
                "-s" => within(flow.source, value),
                "-d" => within(flow.to.ip(), value),
                "--dport" => value == flow.to.port().to_string(),
                "--src-type" => flow.is_own(flow.source),
                "--dst-type" => flow.is_own(flow.to.ip()),
                // Nobody is remembered, and the counters of nfacct have a rule without them behind.
                "--rcheck" => false,
                _ => true,
            };
            if flag == "!" {
                negated = true;
                continue;
            }
            if agrees == negated
                && matches!(
                    flag.as_str(),
                    "-p" | "-s" | "-d" | "--dport" | "--src-type" | "--dst-type" | "--rcheck"
                )
            {
                return false;
            }
            negated = false;
        }
        true
    }
}

struct Nftables<'a> {
    rules: BTreeMap<String, Vec<Vec<String>>>,
    /// Sets and maps: what stands behind each key.
    elements: BTreeMap<String, BTreeMap<String, String>>,
    flow: Flow<'a>,
    trace: Trace,
}

/// What a rule or a chain did.
#[derive(Clone, Copy, PartialEq)]
enum Went {
    /// The next rule sees the packet.
    On,
    /// The chain is left.
    Back,
    /// The packet's fate is sealed.
    Sealed,
}

/// Follows a packet through `add` lines, from prerouting to postrouting.
pub(crate) fn nftables(text: &str, flow: &Flow<'_>) -> Trace {
    let mut walk = Nftables {
        rules: BTreeMap::new(),
        elements: BTreeMap::new(),
        flow: flow.clone(),
        trace: Trace::default(),
    };
    for line in text.lines() {
        walk.read(&words(line));
    }
    let before = ["filter-prerouting-pre-dnat", "nat-prerouting"];
    let sealed = before.iter().any(|chain| walk.chain(chain) == Went::Sealed);
    if !sealed {
        let mut later = ["filter-forward", "filter-input"].iter();
        later.find(|chain| walk.chain(chain) == Went::Sealed);
    }
    // Postrouting sees each endpoint as the destination.
    let mut trace = std::mem::take(&mut walk.trace);
    for (end, marked) in &mut trace.ends {
        if let Ok(to) = end.parse::<SocketAddr>() {
            walk.flow.to = to;
            walk.trace.marked = *marked;
            *marked = walk.chain("nat-postrouting") == Went::Sealed;
        }
    }
    trace
}

impl Nftables<'_> {
    fn read(&mut self, line: &[String]) {
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        match line.as_slice() {
            ["add", "rule", _, _, chain, rule @ ..] => {
                let comment = rule.iter().position(|word| *word == "comment");
                let rule = rule
                    .get(..comment.unwrap_or(rule.len()))
                    .unwrap_or_default();
                let rule = rule.iter().map(|word| (*word).to_owned()).collect();
                self.rules
                    .entry((*chain).to_owned())
                    .or_default()
                    .push(rule);
            }
            ["add", "element", _, _, set, "{", element @ .., "}"] => {
                let value_at = element.iter().position(|word| *word == ":");
                let comment_at = element.iter().position(|word| *word == "comment");
                let end = comment_at.or(value_at).unwrap_or(element.len());
                let value = value_at.map(|at| element[at + 1..].join(" "));
                let elements = self.elements.entry((*set).to_owned()).or_default();
                elements.insert(element[..end].join(" "), value.unwrap_or_default());
            }
            _ => {}
        }
    }

    fn chain(&mut self, chain: &str) -> Went {
        for rule in self.rules.get(chain).cloned().unwrap_or_default() {
            match self.rule(&rule) {
                Went::On => {}
                Went::Back => return Went::Back,
                Went::Sealed => return Went::Sealed,
            }
        }
        Went::On
    }

    /// What `goto X`, `jump X`, `drop` and the like do.
    fn verdict(&mut self, verdict: &str) -> Went {
        match verdict.split_once(' ') {
            Some(("goto", chain)) => match self.chain(chain) {
                Went::Sealed => Went::Sealed,
                Went::On | Went::Back => Went::Back,
            },
            Some(("jump", chain)) => match self.chain(chain) {
                Went::Sealed => Went::Sealed,
                Went::On | Went::Back => Went::On,
            },
            _ => self.end(match verdict {
                "drop" => "DROP",
                "reject" => "REJECT",
                other => panic!("an unknown verdict: {other}"),
            }),
        }
    }

    fn end(&mut self, end: &str) -> Went {
        self.trace.ends.push((end.to_owned(), self.trace.marked));
        Went::Sealed
    }

    /// A field of the packet, as elements spell it.
    fn field(&self, field: &str) -> String {
        match field {
            "ip daddr" | "ip6 daddr" => self.flow.to.ip().to_string(),
            "ip saddr" | "ip6 saddr" => self.flow.source.to_string(),
            "meta l4proto" => self.flow.protocol.to_owned(),
            "th dport" => self.flow.to.port().to_string(),
            other => panic!("an unknown field: {other}"),
        }
    }

    fn rule(&mut self, rule: &[String]) -> Went {
        let mut rest: Vec<&str> = rule.iter().map(String::as_str).collect();
        while !rest.is_empty() {
            let next = match rest.as_slice() {
                ["ct", "state", "new", next @ ..]
                | ["mark", "set", "mark", "xor", _, next @ ..] => next,
                // Only what was sent on comes to postrouting here.
                ["ct", "status", "dnat", next @ ..] => next,
                ["mark", "and", _, "!=", "0", next @ ..] if self.trace.marked => next,
                ["mark", "and", ..] => return Went::On,
                ["mark", "set", "mark", "or", _, next @ ..] => {
                    self.trace.marked = true;
                    next
                }
                ["fib", "saddr", "type", "local", next @ ..]
                    if self.flow.is_own(self.flow.source) =>
                {
                    next
                }
                ["fib", "daddr", "type", "local", next @ ..]
                    if self.flow.is_own(self.flow.to.ip()) =>
                {
                    next
                }
                ["fib", ..] => return Went::On,
                ["tcp" | "udp" | "sctp", "dport", port, next @ ..] => {
                    if self.flow.protocol != rest[0] || *port != self.field("th dport") {
                        return Went::On;
                    }
                    next
                }
                ["update", _, "{", _, "saddr", "}", next @ ..] => next,
                ["masquerade", ..] => return Went::Sealed,
                ["dnat", "to", to] => return self.end(to),
                [
                    "dnat",
                    _,
                    "addr",
                    ".",
                    "port",
                    "to",
                    "numgen",
                    _,
                    _,
                    _,
                    "map",
                    "{",
                    targets @ ..,
                    "}",
                ] => {
                    for target in targets.split(|word| *word == ",") {
                        if let [_, ":", ip, ".", port] = target {
                            let ip: IpAddr = ip.parse().expect("an address");
                            let port = port.parse().expect("a port");
                            self.end(&SocketAddr::new(ip, port).to_string());
                        }
                    }
                    return Went::Sealed;
                }
                ["numgen", _, _, _, "vmap", "{", targets @ .., "}"] => {
                    for target in targets.split(|word| *word == ",") {
                        let marked = self.trace.marked;
                        self.verdict(&target[2..].join(" "));
                        self.trace.marked = marked;
                    }
                    return Went::Sealed;
                }
                ["goto" | "jump", ..] | ["drop" | "reject"] => {
                    return self.verdict(&rest.join(" "));
                }
                _ => match self.compare(&rest) {
                    Ok(used) => &rest[used..],
                    Err(went) => return went,
                },
            };
            rest = next.to_vec();
        }
        Went::On
    }

    /// A comparison of fields with a value, a list or a set, or a look-up in a map: how many words it took.
    fn compare(&mut self, rest: &[&str]) -> Result<usize, Went> {
        let mut fields = vec![self.field(&rest[..2].join(" "))];
        let mut used = 2;
        while rest.get(used) == Some(&".") {
            fields.push(self.field(&rest[used + 1..used + 3].join(" ")));
            used += 3;
        }
        let key = fields.join(" . ");
        if rest[used] == "vmap" {
            let map = self.elements.get(&rest[used + 1][1..]);
            return Err(match map.and_then(|map| map.get(&key)).cloned() {
                Some(verdict) => self.verdict(&verdict),
                None => Went::On,
            });
        }
        let negated = rest[used] == "!=";
        used += usize::from(negated);
        let operand = rest[used];
        used += 1;
        let listed: BTreeSet<&str> = if operand == "{" {
            let end = rest
                .iter()
                .skip(used)
                .position(|word| *word == "}")
                .expect("an end")
                + used;
            let listed = rest[used..end].iter().flat_map(|word| word.split(','));
            used = end + 1;
            listed.filter(|word| !word.is_empty()).collect()
        } else {
            BTreeSet::from([operand])
        };
        let agrees = listed
            .iter()
            .any(|operand| match operand.strip_prefix('@') {
                Some(set) => self
                    .elements
                    .get(set)
                    .is_some_and(|set| set.contains_key(&key)),
                None => *operand == key || key.parse().is_ok_and(|ip| within(ip, operand)),
            });
        if agrees == negated {
            Err(Went::On)
        } else {
            Ok(used)
        }
    }
}
