//! The failure switch: an annotation of a Pod that makes one of its containers fail.
//!
//! `portside.dev/fail.CONTAINER` (or `portside.dev/fail` for all) is `pull`, `unready`, `crash`, `hang` or `slow`. It
//! stands for what a real program does wrong, takes effect while the Pod runs, and is kept by exports and dumps.

use crate::api::{FAIL, Object, StringMap};

/// How a container is made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    /// Its image cannot be pulled.
    Pull,
    /// It never says that it is ready.
    Unready,
    /// It ends soon after each start.
    Crash,
    /// It runs and answers nobody.
    Hang,
    /// It takes long to become ready.
    Slow,
}

impl Switch {
    /// The switch of a container, if one is set.
    pub(super) fn of(pod: &Object, container: &str) -> Option<Self> {
        Some(match pod.meta.failure(container)? {
            "pull" => Self::Pull,
            "unready" => Self::Unready,
            "crash" => Self::Crash,
            "hang" => Self::Hang,
            "slow" => Self::Slow,
            _ => return None,
        })
    }
}

/// Whether two sets of annotations set other switches.
pub(super) fn differs(old: &StringMap, new: &StringMap) -> bool {
    let switches = |all: &StringMap| -> Vec<(String, String)> {
        let own = all.iter().filter(|(key, _)| key.starts_with(FAIL));
        own.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    switches(old) != switches(new)
}
