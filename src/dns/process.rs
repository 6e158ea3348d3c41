//! The `CoreDNS` process: how it starts, reads its file again and ends, and what it says of that.
//!
//! Models `coremain` and the plugins `reload`, `loop`, `health`, `ready` and `kubernetes` of `CoreDNS` as far as they make
//! a process wait or end. All replicas share one configuration; one that starts reads the file as it is.

use super::Corefile;
use super::server::Server;
use crate::api::image::{Configured, is_cluster_dns};
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::{Sim, SimTime, Span};
use crate::store::Change;
use std::net::IpAddr;
use std::rc::Rc;

/// The owner of the timer that reads a changed file.
const OWNER: &str = "coredns";
/// How long the start waits for the API's objects, and how often it says so.
const PATIENCE: Span = Span::secs(5);
const SAYS: u64 = 500;
/// The ports of the image besides those of DNS, as the catalogue has them.
const USUAL: [u16; 3] = [8080, 8181, 9153];

/// A replica that has just begun to run.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The Pod.
    pub pod: ObjectKey,
    version: String,
    ip: Option<IpAddr>,
}

impl Server {
    /// What the configuration makes of the process.
    pub fn program(&self) -> &Configured {
        &self.program
    }

    /// The replicas that have begun to run and have not been started yet.
    pub fn take_fresh(&mut self) -> Vec<Fresh> {
        std::mem::take(&mut self.fresh)
    }

    /// The replicas that have not read the cluster's objects.
    pub fn waiting(&self) -> Vec<Rc<str>> {
        self.program.waiting.iter().cloned().collect()
    }

    /// A replica has read the cluster's objects at last.
    pub fn has_synced(&mut self, pod: &str) {
        self.program.waiting.remove(pod);
    }

    /// The `ConfigMap` was written: those that run read it after the reload interval.
    pub(super) fn configure(&mut self, sim: &mut Sim, change: &Change) {
        let Some(text) = change.new.as_deref().and_then(corefile_text) else {
            return;
        };
        let parsed = Corefile::parse(&text);
        let why = parsed.as_ref().err().map(|error| error.message.clone());
        self.file = (text, why);
        // All have ended: each reads the file as it starts again.
        let nobody = !self.log.is_empty() && self.log.running().next().is_none();
        match (parsed, self.corefile.reload()) {
            (Ok(corefile), _) if change.old.is_none() || nobody => self.use_file(corefile),
            (Err(error), _) if change.old.is_none() => {
                self.log.push(sim.now, None, &error.message);
            }
            (_, Some(_)) if self.file.0 == self.text => self.pending = None,
            (_, Some(interval)) => {
                self.pending = Some(sim.now + interval);
                sim.after_in_background(interval, OWNER, 0);
            }
            (_, None) => {}
        }
        self.describe();
    }

    /// Reads a changed Corefile if it is time; one that cannot be used leaves the old one in place.
    pub fn advance(&mut self, now: SimTime) {
        let Some(at) = self.pending.take_if(|at| *at <= now) else {
            return;
        };
        let mut lines = vec!["[INFO] Reloading".to_owned()];
        match Corefile::parse(&self.file.0) {
            Ok(corefile) => {
                let lameduck = self.corefile.lameduck();
                lines.extend(lameduck.map(|span| {
                    format!("[INFO] plugin/health: Going into lameduck mode for {span}")
                }));
                lines.extend(running(&corefile));
                lines.push("[INFO] Reloading complete".to_owned());
                lines.extend(unsimulated(&corefile));
                lines.extend(self.looped(&corefile, None));
                self.use_file(corefile);
            }
            Err(error) => {
                let message = format!("starting with listener file descriptors: {error}");
                lines.push(format!("[ERROR] Restart failed: {message}"));
                lines.push(format!(
                    "[ERROR] plugin/reload: Corefile changed but reload failed: {message}"
                ));
            }
        }
        for line in &lines {
            self.log.push(at, None, line);
        }
        self.describe();
    }

    fn use_file(&mut self, corefile: Corefile) {
        self.corefile = corefile;
        self.text.clone_from(&self.file.0);
        self.pending = None;
        self.state.cache.clear();
    }

    /// Works out what the configuration makes of the process.
    fn describe(&mut self) {
        let (open, looped) = (
            self.corefile.ports(),
            self.corefile.looped(self.address).is_some(),
        );
        let usual = USUAL.iter().copied();
        let mut shut: Vec<u16> = usual.filter(|port| !open.contains(port)).collect();
        if !self.corefile.serves_dns() {
            shut.push(53);
        }
        let opened = open.into_iter().filter(|port| !USUAL.contains(port));
        self.program.opened = opened.collect();
        self.program.shut = shut;
        self.program.kills = looped;
        self.program.ends = match (&self.file.1, looped) {
            (Some(_), _) => Some(Span::millis(60)),
            (None, true) => Some(Span::millis(300)),
            (None, false) => None,
        };
    }

    /// Follows a Pod that the Services of cluster DNS select.
    pub(super) fn follow_replica(&mut self, now: SimTime, change: &Change) {
        let object = change.new.as_deref().or(change.old.as_deref());
        if change.key.kind != kind::POD || !object.is_some_and(is_cluster_dns) {
            return;
        }
        let name = &change.key.name;
        let Some(pod) = change.new.as_deref().and_then(Object::pod) else {
            self.log.forget(name);
            self.program.waiting.remove(name);
            return;
        };
        let status = pod.status.container_statuses.first();
        let runs = status.is_none_or(|status| status.state.running.is_some());
        if pod.status.phase != "Running" || !runs {
            self.log.end(name, now);
            self.program.waiting.remove(name);
            return;
        }
        let container = status.map_or("", |status| status.container_id.as_str());
        if !self.log.start(name, container, now) {
            return;
        }
        let image = pod.spec.containers.first().map_or("", |c| c.image.as_str());
        let version = image.rsplit_once(":v");
        self.fresh.push(Fresh {
            pod: change.key.clone(),
            version: version.map_or("1.14.2", |(_, version)| version).to_owned(),
            ip: pod.status.pod_ip.parse().ok(),
        });
    }

    /// A replica starts: it reads the file and says what it serves, or why it ends. `reaches` tells whether it can reach the
    /// API.
    pub fn start(&mut self, now: SimTime, fresh: &Fresh, reaches: bool) {
        let name = &fresh.pod.name;
        if let Some(why) = &self.file.1 {
            self.log.push(now, Some(name), why);
            return;
        }
        let alone = self.log.running().all(|pod| pod == name);
        if (alone || self.corefile.reload().is_none())
            && self.file.0 != self.text
            && let Ok(corefile) = Corefile::parse(&self.file.0)
        {
            self.use_file(corefile);
            self.describe();
        }
        let mut at = now;
        if !reaches && self.corefile.reads_cluster() {
            for count in 1..PATIENCE.as_millis() / SAYS {
                let line =
                    "[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server";
                self.log
                    .push(now + Span::millis(SAYS * count), Some(name), line);
            }
            at = now + PATIENCE;
            let line = "[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API";
            self.log.push(at, Some(name), line);
            self.program.waiting.insert(name.clone());
        }
        let mut lines = self.corefile.listeners();
        lines.extend(running(&self.corefile));
        lines.push(format!("CoreDNS-{}", fresh.version));
        lines.push("linux/amd64, go1.26.1".to_owned());
        lines.extend(unsimulated(&self.corefile));
        let corefile = self.corefile.clone();
        lines.extend(self.looped(&corefile, fresh.ip));
        for line in &lines {
            self.log.push(at, Some(name), line);
        }
    }

    /// What `loop` says as it ends the process whose questions come back to it.
    fn looped(&mut self, corefile: &Corefile, own: Option<IpAddr>) -> Option<String> {
        let (zone, by) = corefile.looped(self.address)?;
        let from = own.filter(|_| !by.is_loopback()).unwrap_or(by);
        let mut draw = || self.durations.below(1 << 62);
        let port = 32_768 + draw() % 28_232;
        let label = if zone.is_root() { "" } else { zone.text() };
        let (first, second) = (draw(), draw());
        Some(format!(
            "[FATAL] plugin/loop: Loop ({from}:{port} -> :53) detected for zone \"{zone}\", see https://coredns.io/plugins/loop#troubleshooting. Query: \"HINFO {first}.{second}.{label}\""
        ))
    }
}

/// The line with which `reload` tells which configuration runs.
fn running(corefile: &Corefile) -> Option<String> {
    let sum = &corefile.fingerprint;
    let line = |_| format!("[INFO] plugin/reload: Running configuration SHA512 = {sum}");
    corefile.reload().map(line)
}

/// Our own words about what a real `CoreDNS` would do and this one does not.
fn unsimulated(corefile: &Corefile) -> Option<String> {
    let all: Vec<&str> = corefile.ignored().collect();
    (!all.is_empty()).then(|| {
        let all = all.join(", ");
        format!("[WARNING] Portside: accepted, but without effect in this simulation: {all}")
    })
}

fn corefile_text(object: &Object) -> Option<String> {
    let fields = object.fields();
    Some(fields.get("data")?.get("Corefile")?.as_str()?.to_owned())
}
