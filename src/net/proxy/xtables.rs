//! Rules of iptables as data, and the ways in which tools spell them: as kube-proxy writes them for `iptables-restore`, as
//! `iptables-save` prints them, and as `iptables -L` lists them.

use crate::kernel::BTreeMap;
use crate::net::Protocol;
use crate::store::Cidr;
use std::fmt::{self, Write as _};
use std::net::{IpAddr, SocketAddr};

/// An address or a range that a rule compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Net {
    /// One address.
    Host(IpAddr),
    /// A range.
    Range(Cidr),
}

/// One condition of a rule, in the order in which kube-proxy writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// `-m comment --comment …`: no condition.
    Comment(String),
    /// `-m tcp -p tcp`.
    Proto(Protocol),
    /// `-p tcp`, without loading its options.
    OnlyProto(Protocol),
    /// `-s`.
    From(Net),
    /// `! -s`.
    NotFrom(Net),
    /// `-d`.
    To(Net),
    /// `! -d`.
    NotTo(Net),
    /// `--dport`.
    Port(u16),
    /// `-m addrtype --src-type LOCAL`.
    FromLocal,
    /// `-m addrtype ! --src-type LOCAL`.
    NotFromLocal,
    /// `-m addrtype --dst-type LOCAL`.
    ToLocal,
    /// `-m mark --mark M/M`.
    Mark(u32),
    /// `-m mark ! --mark M/M`.
    NotMark(u32),
    /// `-m conntrack --ctstate`.
    State(&'static str),
    /// `-m conntrack ! --ctstate`.
    NotState(&'static str),
    /// `-m nfacct --nfacct-name`.
    Count(&'static str),
    /// `-m recent --name N --rcheck --seconds S --reap`.
    Recent(String, u32),
    /// `-m recent --name N --set`.
    Remember(String),
    /// `-m statistic --mode random --probability 1/n`.
    OneOf(usize),
    /// `-m set --match-set NAME dst,dst`.
    Set(String, &'static str),
    /// `-m physdev ! --physdev-is-in`.
    NotBridged,
    /// `-m ipvs --vaddr A --vproto P --vport N`.
    Ipvs(Protocol, SocketAddr),
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nothing: the rule is there to be read.
    None,
    /// Goes on in a chain, or a verdict that is written like one.
    Jump(String),
    /// `REJECT`, with the error of the family.
    Reject,
    /// `MARK --or-mark`.
    OrMark(u32),
    /// `MARK --xor-mark`.
    XorMark(u32),
    /// `MASQUERADE`, with random ports or not.
    Masquerade(bool),
    /// `DNAT --to-destination`.
    Dnat(SocketAddr),
}

/// A rule of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its conditions.
    pub terms: Vec<Term>,
    /// What it does.
    pub target: Target,
}

/// The chains of a table with their rules.
pub type Chains = BTreeMap<String, Vec<Rule>>;

/// The two tables that kube-proxy writes.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// `filter`.
    pub filter: Chains,
    /// `nat`.
    pub nat: Chains,
    /// Whether they are those of `ip6tables`.
    pub ipv6: bool,
}

/// Adds a rule to a chain.
pub(super) fn add(chains: &mut Chains, chain: &str, terms: Vec<Term>, target: Target) {
    let rule = Rule { terms, target };
    match chains.get_mut(chain) {
        Some(rules) => rules.push(rule),
        None => {
            chains.insert(chain.to_owned(), vec![rule]);
        }
    }
}

/// Makes sure that a chain is there.
pub(super) fn chain(chains: &mut Chains, name: &str) {
    if !chains.contains_key(name) {
        chains.insert(name.to_owned(), Vec::new());
    }
}

/// A jump to a chain or a verdict.
pub(super) fn jump(to: &str) -> Target {
    Target::Jump(to.to_owned())
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(ip) => write!(f, "{ip}"),
            Self::Range(cidr) => write!(f, "{cidr}"),
        }
    }
}

impl Net {
    fn cidr(self) -> Cidr {
        match self {
            Self::Host(ip) => Cidr::new(ip, 128),
            Self::Range(cidr) => cidr,
        }
    }
}

/// Text with spaces is quoted.
fn quoted(text: &str) -> String {
    if text.contains(' ') {
        format!("\"{text}\"")
    } else {
        text.to_owned()
    }
}

/// One of n with ten decimals, as kube-proxy computes it.
fn one_of(n: usize) -> String {
    const ONE: u64 = 10_000_000_000;
    let n = (n as u64).max(1);
    let share = (ONE + n / 2) / n;
    format!("{}.{:010}", share / ONE, share % ONE)
}

impl fmt::Display for Term {
    /// As kube-proxy writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comment(text) => write!(f, "-m comment --comment {}", quoted(text)),
            Self::Proto(p) => write!(f, "-m {0} -p {0}", p.lower()),
            Self::OnlyProto(p) => write!(f, "-p {}", p.lower()),
            Self::From(net) => write!(f, "-s {net}"),
            Self::NotFrom(net) => write!(f, "! -s {net}"),
            Self::To(net) => write!(f, "-d {net}"),
            Self::NotTo(net) => write!(f, "! -d {net}"),
            Self::Port(port) => write!(f, "--dport {port}"),
            Self::FromLocal => f.write_str("-m addrtype --src-type LOCAL"),
            Self::NotFromLocal => f.write_str("-m addrtype ! --src-type LOCAL"),
            Self::ToLocal => f.write_str("-m addrtype --dst-type LOCAL"),
            Self::Mark(mark) => write!(f, "-m mark --mark {mark:#010x}/{mark:#010x}"),
            Self::NotMark(mark) => write!(f, "-m mark ! --mark {mark:#010x}/{mark:#010x}"),
            Self::State(states) => write!(f, "-m conntrack --ctstate {states}"),
            Self::NotState(states) => write!(f, "-m conntrack ! --ctstate {states}"),
            Self::Count(name) => write!(f, "-m nfacct --nfacct-name {name}"),
            Self::Recent(name, seconds) => write!(
                f,
                "-m recent --name {name} --rcheck --seconds {seconds} --reap"
            ),
            Self::Remember(name) => write!(f, "-m recent --name {name} --set"),
            Self::OneOf(n) => write!(f, "-m statistic --mode random --probability {}", one_of(*n)),
            Self::Set(name, sides) => write!(f, "-m set --match-set {name} {sides}"),
            Self::NotBridged => f.write_str("-m physdev ! --physdev-is-in"),
            Self::Ipvs(p, to) => write!(
                f,
                "-m ipvs --vaddr {} --vproto {} --vport {}",
                to.ip(),
                p.lower(),
                to.port()
            ),
        }
    }
}

impl fmt::Display for Target {
    /// As kube-proxy writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Jump(chain) => write!(f, " -j {chain}"),
            Self::Reject => f.write_str(" -j REJECT"),
            Self::OrMark(mark) => write!(f, " -j MARK --or-mark {mark:#010x}"),
            Self::XorMark(mark) => write!(f, " -j MARK --xor-mark {mark:#010x}"),
            Self::Masquerade(false) => f.write_str(" -j MASQUERADE"),
            Self::Masquerade(true) => f.write_str(" -j MASQUERADE --random-fully"),
            Self::Dnat(to) => write!(f, " -j DNAT --to-destination {to}"),
        }
    }
}

impl fmt::Display for Rule {
    /// As kube-proxy writes it, behind `-A CHAIN`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for term in &self.terms {
            write!(f, " {term}")?;
        }
        write!(f, "{}", self.target)
    }
}

/// The two dispatching chains stand first, the others by name.
fn in_order(chains: &Chains) -> impl Iterator<Item = (&String, &Vec<Rule>)> {
    let first = ["KUBE-NODEPORTS", "KUBE-SERVICES"];
    let front = first
        .into_iter()
        .filter_map(|name| chains.get_key_value(name));
    front.chain(
        chains
            .iter()
            .filter(move |(name, _)| !first.contains(&name.as_str())),
    )
}

/// A whole sync, as kube-proxy hands it to `iptables-restore`.
pub fn restore(tables: &Tables) -> String {
    let mut text = String::new();
    for (name, chains) in [("filter", &tables.filter), ("nat", &tables.nat)] {
        let _ = writeln!(text, "*{name}");
        for (chain, _) in in_order(chains) {
            let _ = writeln!(text, ":{chain} - [0:0]");
        }
        for (chain, rules) in in_order(chains) {
            for rule in rules {
                let _ = writeln!(text, "-A {chain}{rule}");
            }
        }
        text.push_str("COMMIT\n");
    }
    text
}

/// A rule as `iptables-save` prints it: addresses and protocol first, then the matches in the order of the rule.
pub fn save_rule(chain: &str, rule: &Rule, ipv6: bool) -> String {
    let mut text = format!("-A {chain}");
    let of =
        |wanted: fn(&Term) -> Option<(&'static str, String)>| rule.terms.iter().find_map(wanted);
    let parts = [
        of(|term| match term {
            Term::From(net) => Some(("-s", net.cidr().to_string())),
            Term::NotFrom(net) => Some(("! -s", net.cidr().to_string())),
            _ => None,
        }),
        of(|term| match term {
            Term::To(net) => Some(("-d", net.cidr().to_string())),
            Term::NotTo(net) => Some(("! -d", net.cidr().to_string())),
            _ => None,
        }),
        of(|term| match term {
            Term::Proto(p) | Term::OnlyProto(p) => Some(("-p", p.lower().to_owned())),
            _ => None,
        }),
    ];
    for (flag, value) in parts.into_iter().flatten() {
        let _ = write!(text, " {flag} {value}");
    }
    for term in &rule.terms {
        if let Some(part) = save_term(term, rule, ipv6) {
            text.push(' ');
            text.push_str(&part);
        }
    }
    text.push_str(&save_target(&rule.target, ipv6));
    text
}

pub(super) fn save_term(term: &Term, rule: &Rule, ipv6: bool) -> Option<String> {
    let mask = if ipv6 {
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    } else {
        "255.255.255.255"
    };
    Some(match term {
        Term::From(_) | Term::NotFrom(_) | Term::To(_) | Term::NotTo(_) => return None,
        Term::Port(_) | Term::OnlyProto(_) => return None,
        // The port belongs to the protocol's own match.
        Term::Proto(p) => {
            let port = rule.terms.iter().find_map(|term| match term {
                Term::Port(port) => Some(format!(" --dport {port}")),
                _ => None,
            });
            format!("-m {}{}", p.lower(), port.unwrap_or_default())
        }
        Term::Comment(text) => format!("-m comment --comment {}", save_comment(text)),
        Term::Mark(mark) => format!("-m mark --mark {mark:#x}/{mark:#x}"),
        Term::NotMark(mark) => format!("-m mark ! --mark {mark:#x}/{mark:#x}"),
        Term::Recent(name, seconds) => format!(
            "-m recent --rcheck --seconds {seconds} --reap --name {name} --mask {mask} --rsource"
        ),
        Term::Remember(name) => {
            format!("-m recent --set --name {name} --mask {mask} --rsource")
        }
        Term::OneOf(n) => {
            // The kernel keeps 31 bits of it.
            let n = (*n as u128).max(1);
            let bits = ((1u128 << 31) + n / 2) / n;
            let shown = (bits * 100_000_000_000 + (1 << 30)) >> 31;
            format!(
                "-m statistic --mode random --probability {}.{:011}",
                shown / 100_000_000_000,
                shown % 100_000_000_000
            )
        }
        other => other.to_string(),
    })
}

/// `iptables-save` quotes whatever is not plain letters, digits, `-` and `_`.
fn save_comment(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        let text = text
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\'', "\\'");
        format!("\"{text}\"")
    }
}

fn save_target(target: &Target, ipv6: bool) -> String {
    match target {
        Target::Reject if ipv6 => " -j REJECT --reject-with icmp6-port-unreachable".to_owned(),
        Target::Reject => " -j REJECT --reject-with icmp-port-unreachable".to_owned(),
        Target::OrMark(mark) => format!(" -j MARK --set-xmark {mark:#x}/{mark:#x}"),
        Target::XorMark(mark) => format!(" -j MARK --set-xmark {mark:#x}/0x0"),
        other => other.to_string(),
    }
}
