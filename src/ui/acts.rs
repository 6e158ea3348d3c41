//! What can be done with an object from the chart: what the inspector's buttons and a node's menu offer.

use super::chart::Command;
use super::sight::Look;
use super::words::words;
use crate::api::{Object, kind};

/// One thing that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Act {
    /// Its words.
    pub(super) label: &'static str,
    /// The key that does it on the chart, if one does.
    pub(super) key: &'static str,
    /// What it does.
    pub(super) does: Does,
}

/// What an act does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// It asks something of the page.
    Ask(Command),
    /// It types a line at the reader's own prompt: it changes the cluster.
    Run(String),
}

impl Act {
    /// The line that it types, if it changes the cluster.
    pub(super) fn line(&self) -> Option<&str> {
        match &self.does {
            Does::Ask(_) => None,
            Does::Run(line) => Some(line),
        }
    }
}

/// All that can be done with an object; `alone` if only what is connected with one is drawn.
pub(super) fn acts(place: &str, object: &Object, alone: bool) -> Vec<Act> {
    let what = [kind::POD, kind::SERVICE, kind::NODE].map(|kind| object.kind == kind);
    let mut found = asks(place, what, alone);
    found.extend(breaks(object, what));
    found
}

/// What is looked at or asked.
fn asks(place: &str, [pod, service, node]: [bool; 3], alone: bool) -> Vec<Act> {
    let own = || place.to_owned();
    let only = (!alone).then(own);
    let (all, one) = (words().act_everything, words().act_only);
    let rows = [
        (pod || node, words().act_terminal, "e", Command::Exec(own())),
        (
            pod || service,
            words().act_trace,
            "t",
            Command::Trace(own()),
        ),
        (true, words().act_describe, "d", Command::Describe(own())),
        (
            pod || service,
            if alone { all } else { one },
            "f",
            Command::Look(Look::Only(only)),
        ),
    ];
    let offered = rows.into_iter().filter(|(offered, ..)| *offered);
    let act = |(_, label, key, command)| Act {
        label,
        key,
        does: Does::Ask(command),
    };
    offered.map(act).collect()
}

/// What breaks it, and mends it again.
fn breaks(object: &Object, [pod, service, node]: [bool; 3]) -> Vec<Act> {
    let scope = if object.kind.namespaced {
        format!(" -n {}", object.meta.namespace)
    } else {
        String::new()
    };
    let name = &object.meta.name;
    let subject = format!("{} {name}{scope}", object.kind.singular);
    let any = pod || service || node;
    // A line that begins with `=` annotates.
    let rows = [
        (pod, words().act_unready, "=portside.dev/fail=unready"),
        (pod, words().act_crash, "=portside.dev/fail=crash"),
        (pod, words().act_hang, "=portside.dev/fail=hang"),
        (node, words().cordon, "cordon"),
        (node, words().uncordon, "uncordon"),
        (node, words().drain, "drain"),
        (any, words().act_drop, "=portside.dev/fault=silent"),
        (any, words().act_refuse, "=portside.dev/fault=refusing"),
        (any, words().act_slow, "=\"portside.dev/fault=slow 200ms\""),
        (
            any,
            words().act_mend,
            "=portside.dev/fault- portside.dev/fail-",
        ),
        (!node, words().delete, "delete"),
    ];
    let act = |(_, label, what): (bool, &'static str, &str)| {
        let line = match (what.strip_prefix('='), what) {
            (Some(what), _) => format!("kubectl annotate {subject} {what} --overwrite"),
            (None, "delete") => format!("kubectl delete {subject}"),
            (None, "drain") => {
                format!("kubectl drain {name} --ignore-daemonsets --delete-emptydir-data --force")
            }
            (None, verb) => format!("kubectl {verb} {name}"),
        };
        Act {
            label,
            key: "",
            does: Does::Run(line),
        }
    };
    rows.into_iter()
        .filter(|(offered, ..)| *offered)
        .map(act)
        .collect()
}
