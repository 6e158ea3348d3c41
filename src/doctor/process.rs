//! What is known of the programs in Pods: on which ports they listen, and how sure that is.

use super::evidence::Evidence;
use super::finding::listed;
use crate::api::Object;
use crate::api::image::{Listening, is_cluster_dns, listeners};
use crate::api::pod::{Container, Pod};
use crate::kernel::{Arrange, BTreeSet};

/// What a Pod does on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A program listens there, or says so.
    Listens,
    /// The container declares it, but its image is known to listen elsewhere.
    DeclaredOnly,
    /// Nothing is known to listen there, and everything in the Pod is known.
    Silent,
    /// The containers declare other ports, and their programs are not known.
    Undeclared,
    /// Nothing is known.
    Unknown,
}

/// What is known of a Pod's programs.
pub(super) struct Programs {
    listening: Vec<Listening>,
    declared: Vec<(u16, bool)>,
    /// Whether all programs are images of the catalogue as they come.
    known: bool,
    /// Whether a configuration could make them listen elsewhere.
    configured: bool,
    /// Whether what is known is the truth, as it is in the simulated cluster.
    truth: bool,
}

impl Programs {
    pub(super) fn of(e: &Evidence<'_>, object: &Object, pod: &Pod) -> Self {
        let containers = || {
            let sidecar = |c: &&Container| c.restart_policy == "Always";
            let first = pod.spec.init_containers.iter().filter(sidecar);
            pod.spec.containers.iter().chain(first)
        };
        let mut listening: Vec<Listening> = containers().flat_map(listeners).collect();
        let mut known = true;
        let mut configured = false;
        let mut declared = Vec::new();
        for container in containers() {
            let image = crate::api::image::lookup(&container.image);
            known &= image != &crate::api::image::UNKNOWN;
            configured |= !container.command.is_empty()
                || !container.args.is_empty()
                || container.env.iter().any(|v| sets_port(&v.name))
                || container.rest.contains_key("envFrom")
                || !container.volume_mounts.own.is_empty();
            declared.extend(container.ports.iter().filter_map(|port| {
                let number = u16::try_from(port.container_port).ok()?;
                Some((number, port.protocol() == "UDP"))
            }));
        }
        let served = crate::cluster::served(&object.meta, listening);
        listening = served;
        if is_cluster_dns(object) {
            // Its Corefile says what is open: the data path asks it.
            known = false;
        }
        Self {
            listening,
            declared,
            known,
            configured,
            truth: e.shows_processes(),
        }
    }

    /// What it does on a port.
    pub(super) fn on(&self, port: u16, udp: bool) -> Heard {
        let known = self.listening.iter().filter(|l| l.known);
        let mut known = known.filter(|l| (l.port, l.udp) == (port, udp));
        let declared = self.declared.contains(&(port, udp));
        if known.next().is_some() {
            return Heard::Listens;
        }
        if self.truth && self.known {
            return if declared {
                Heard::DeclaredOnly
            } else {
                Heard::Silent
            };
        }
        match (self.known, self.configured) {
            (true, false) if declared => Heard::DeclaredOnly,
            (true, false) => Heard::Silent,
            _ if declared => Heard::Listens,
            _ if self.declared.is_empty() => Heard::Unknown,
            _ => Heard::Undeclared,
        }
    }

    /// Whether it listens on a port, or declares it.
    pub(super) fn opens(&self, port: u16, udp: bool) -> bool {
        let listens = |l: &Listening| (l.port, l.udp) == (port, udp);
        self.listening.iter().any(listens) || self.declared.contains(&(port, udp))
    }

    /// `80`, `80 and 9113`; what is declared if no program is known.
    pub(super) fn ports(&self) -> String {
        let mut all: BTreeSet<(u16, bool)> = BTreeSet::new();
        all.extend(self.listening.iter().map(|l| (l.port, l.udp)));
        if all.is_empty() {
            all.extend(self.declared.iter().copied());
        }
        let mut texts: Vec<String> = Vec::new();
        for (port, udp) in all {
            let suffix = if udp { "/UDP" } else { "" };
            texts.push([&port.to_string(), suffix].concat());
        }
        texts.arrange_by_key(String::len);
        match texts.len() {
            0 => "no port at all".to_owned(),
            _ => listed(&texts),
        }
    }

    /// The one TCP port that is open, if it is one.
    pub(super) fn only(&self, udp: bool) -> Option<u16> {
        let mut all: BTreeSet<u16> = BTreeSet::new();
        let open = self.listening.iter().filter(|l| l.udp == udp);
        all.extend(open.map(|l| l.port));
        let mut all = all.into_iter();
        let first = all.next()?;
        all.next().is_none().then_some(first)
    }
}

/// Whether a variable may set where a program listens.
fn sets_port(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let own = !name.contains("_SERVICE_") && !name.ends_with("_ADDR");
    own && ["PORT", "LISTEN", "BIND", "ENTRYPOINT"]
        .iter()
        .any(|word| name.contains(word))
}

/// The address of a flag or a variable by which a program is told to listen on the loopback interface only.
pub(super) fn loopback(container: &Container) -> Option<(String, String)> {
    const FLAGS: &[&str] = &[
        "bind",
        "listen",
        "host",
        "address",
        "addr",
        "ip",
        "interface",
        "b",
        "H",
        "l",
    ];
    let says = |name: &str| {
        let name = name.trim_start_matches('-').to_ascii_lowercase();
        FLAGS.iter().any(|flag| {
            name == *flag
                || flag.len() > 1
                    && (name.starts_with(flag) || name.ends_with(&["-", flag].concat()))
        })
    };
    for (list, words) in [("command", &container.command), ("args", &container.args)] {
        let mut before: Option<&str> = None;
        for (index, word) in words.iter().enumerate() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with('-') => (Some(name), value),
                _ => (before.filter(|b| b.starts_with('-')), word.as_str()),
            };
            if name.is_some_and(says) && is_loopback(value) {
                let field = [list, "[", &index.to_string(), "]"].concat();
                return Some((value.to_owned(), field));
            }
            before = Some(word);
        }
    }
    for (index, variable) in container.env.iter().enumerate() {
        let name = variable.name.to_ascii_uppercase();
        let listens = ["LISTEN", "BIND", "HOST_LISTEN"]
            .iter()
            .any(|part| name.contains(part))
            || matches!(name.as_str(), "HOST" | "SERVER_HOST" | "FLASK_RUN_HOST");
        if listens && is_loopback(&variable.value) {
            let field = ["env[", &index.to_string(), "].value"].concat();
            return Some((variable.value.clone(), field));
        }
    }
    None
}

fn is_loopback(value: &str) -> bool {
    let rest = value
        .strip_prefix("127.0.0.1")
        .or_else(|| value.strip_prefix("localhost"))
        .or_else(|| value.strip_prefix("[::1]"));
    match rest {
        Some("") => true,
        Some(rest) => rest
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok()),
        None => value == "::1",
    }
}
