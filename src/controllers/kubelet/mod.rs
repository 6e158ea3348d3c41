//! The kubelets: from a bound Pod to running containers, and from a deleted Pod to nothing.
//!
//! Models `k8s.io/kubernetes/pkg/kubelet` as a learner sees it: sandbox and address, image pull, start, readiness,
//! restarts with back-off, termination within the grace period.

mod addresses;
mod config;
mod container;
mod exec;
mod hook;
mod image;
mod init;
mod probe;
mod silence;
mod start;
mod stop;
mod switch;

use crate::api::image::{Configured, is_cluster_dns};
use crate::api::record::Word;
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::kernel::{Rng, Sim, Span, Wake};
use crate::store::{Change, ClusterNetwork, Store, Tables};
use addresses::Addresses;
use probe::Asks;
use std::rc::Rc;

/// The owner of this module's timers.
const OWNER: &str = "kubelet";
/// The name under which kubelets write events.
const COMPONENT: &str = "kubelet";

/// What a kubelet does next for a Pod.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Notice the Pod and report that its containers are being created.
    Admit,
    /// Make the sandbox, which gives the Pod its address.
    Sandbox,
    /// Look which init container comes next, and start it.
    Init,
    /// The images are there: start the containers.
    Start,
    /// Try to pull an image again.
    Pull(Rc<str>),
    /// Probe a container, after so many failures.
    Probe(Asks, Rc<str>, i64),
    /// A container's program ends by itself, with this status.
    End(Rc<str>, i64),
    /// Start a container that has ended again.
    Restart(Rc<str>),
    /// Say again that a container is waited for, as long as it is.
    Wait(Rc<str>, Span),
    /// The hook after a container's start is over.
    Hooked(Rc<str>),
    /// The Pod has been active for as long as it may.
    Expire,
    /// The Pod is deleted: tell its containers to stop.
    Stop,
    /// The containers have ended: the Pod goes.
    Gone,
    /// See whether a node has said that it lives.
    Beat,
}

/// All kubelets of the cluster, and what they remember.
#[derive(Clone, Debug)]
pub struct Kubelet {
    addresses: Addresses,
    /// Images that a node has pulled.
    images: BTreeSet<(String, String)>,
    /// What is said of the pulls of a Pod once they are done: the container's field and the words, under the Pod's uid.
    pulled: BTreeMap<Word, Vec<(String, String)>>,
    /// What is due for a Pod of this uid, under the timer's token.
    due: BTreeMap<u64, (Step, ObjectKey, Word)>,
    next_token: u64,
    /// What was looked at last: what is asked for next is mostly the same.
    last: Option<ObjectKey>,
    /// How often a container was started in vain, under the Pod's uid and the container's name.
    failures: BTreeMap<(Word, String), u32>,
    /// The nodes that say nothing, each with the timer that finds it out.
    silent: BTreeMap<String, u64>,
    /// What silent nodes would do.
    held: Vec<(String, (Step, ObjectKey, Word))>,
    /// What its configuration makes of cluster DNS.
    dns: Configured,
    rng: Rng,
}

impl Kubelet {
    /// The kubelets of a cluster with these network settings.
    pub fn new(network: &ClusterNetwork, seed: u64) -> Self {
        Self {
            addresses: Addresses::new(network),
            images: BTreeSet::new(),
            pulled: BTreeMap::new(),
            due: BTreeMap::new(),
            next_token: 0,
            last: None,
            failures: BTreeMap::new(),
            silent: BTreeMap::new(),
            held: Vec::new(),
            dns: Configured::default(),
            rng: Rng::fork(seed, "kubelet"),
        }
    }

    /// Follows a write: a newly bound Pod is to be started, a terminating one to be stopped.
    pub(super) fn observe(&mut self, sim: &mut Sim, change: &Change) {
        if let Some(node) = change
            .new
            .as_ref()
            .filter(|_| change.key.kind == kind::NODE)
        {
            self.hear(sim, node);
        }
        if change.key.kind != kind::POD {
            return;
        }
        self.last = Some(change.key.clone());
        let bound = |object: &Object| {
            object
                .pod()
                .is_some_and(|pod| !pod.spec.node_name.is_empty())
        };
        match (&change.old, &change.new) {
            (old, Some(new)) if bound(new) && !old.as_ref().is_some_and(|o| bound(o)) => {
                let fresh = new
                    .pod()
                    .is_some_and(|pod| pod.status.container_statuses.is_empty());
                if fresh {
                    self.schedule(sim, Step::Admit, Span::millis(15), new);
                } else {
                    self.addresses.adopt(new);
                }
            }
            (Some(old), Some(new)) if new.meta.is_terminating() && !old.meta.is_terminating() => {
                self.schedule(sim, Step::Stop, Span::millis(10), new);
            }
            (Some(old), Some(new))
                if switch::differs(&old.meta.annotations, &new.meta.annotations) =>
            {
                self.switched(sim, new);
            }
            (Some(old), None) => {
                self.failures.retain(|(uid, _), _| *uid != old.meta.uid);
                self.pulled.remove(&old.meta.uid);
                self.addresses.release(old);
            }
            _ => {}
        }
    }

    /// Answers a timer; false if it belongs to another layer.
    pub(super) fn wake(&mut self, store: &mut Store, sim: &mut Sim, wake: &Wake) -> bool {
        if wake.owner != OWNER {
            return false;
        }
        let Some((step, key, uid)) = self.due.remove(&wake.token) else {
            return true;
        };
        let Some(object) = store.tables().get(&key).cloned() else {
            return true;
        };
        // A Pod of the same name may have taken the place of the one that was meant.
        if object.meta.uid != uid {
            return true;
        }
        if self.holds(&object, &step) {
            return true;
        }
        self.last = Some(key.clone());
        match step {
            Step::Beat => self.beat(store, sim, &object, wake.token),
            Step::Admit => self.admit(store, sim, &object),
            Step::Sandbox => self.sandbox(store, sim, &object),
            Step::Init => self.init(store, sim, &object),
            Step::Start => self.start(store, sim, &object),
            Step::Pull(name) => self.pull_again(store, sim, &object, &name),
            Step::Probe(asks, name, failures) => {
                self.probe(store, sim, &object, (asks, &name, failures));
            }
            Step::End(name, code) => self.end_process(store, sim, &key, &name, code),
            Step::Restart(name) => self.restart(store, sim, &object, &name),
            Step::Wait(name, left) => self.still_waits(store, sim, &object, &name, left),
            Step::Hooked(name) => self.hooked(store, sim, &object, &name),
            Step::Expire => self.expire(store, sim, &object),
            Step::Stop => self.stop(store, sim, &object),
            Step::Gone => {
                store.remove(sim, &key);
            }
        }
        true
    }

    fn schedule(&mut self, sim: &mut Sim, step: Step, delay: Span, object: &Object) {
        let token = self.remember(step, object);
        sim.after(delay, OWNER, token);
    }

    fn schedule_in_background(&mut self, sim: &mut Sim, step: Step, delay: Span, object: &Object) {
        let token = self.remember(step, object);
        sim.after_in_background(delay, OWNER, token);
    }

    /// A failure switch was set or taken back while the Pod runs.
    fn switched(&mut self, sim: &mut Sim, object: &Object) {
        let containers = object.pod().map(|pod| pod.spec.containers.clone());
        for container in containers.into_iter().flatten() {
            if !container::is_running(object, &container.name) {
                continue;
            }
            let name: Rc<str> = container.name.as_str().into();
            if switch::Switch::of(object, &name) == Some(switch::Switch::Crash) {
                self.schedule(sim, Step::End(name, 1), Span::millis(500), object);
                continue;
            }
            let soon = Span::millis(700);
            self.schedule(
                sim,
                Step::Probe(Asks::Readiness, name.clone(), 0),
                soon,
                object,
            );
            self.schedule(sim, Step::Probe(Asks::Liveness, name, 0), soon, object);
        }
    }

    /// The configuration of cluster DNS has changed: its Pods are probed anew, or end.
    pub(super) fn configure_dns(&mut self, tables: &Tables, sim: &mut Sim, program: &Configured) {
        if self.dns == *program {
            return;
        }
        let old = std::mem::replace(&mut self.dns, program.clone());
        let dies = program.kills && !old.kills;
        let same = old.shut == program.shut && old.opened == program.opened;
        if same && old.waiting == program.waiting && !dies {
            return;
        }
        let pods = tables
            .all(kind::POD)
            .filter(|object| is_cluster_dns(object));
        for object in pods {
            let containers = object.pod().map(|pod| pod.spec.containers.as_slice());
            for container in containers.unwrap_or_default() {
                if !container::is_running(object, &container.name) {
                    continue;
                }
                let name: Rc<str> = container.name.as_str().into();
                if dies {
                    self.schedule(sim, Step::End(name, 1), Span::millis(300), object);
                    continue;
                }
                let ready = container::is_ready(object, &name);
                for asks in [Asks::Readiness, Asks::Liveness] {
                    // What has not passed yet is being probed already.
                    if asks == Asks::Liveness || ready {
                        let step = Step::Probe(asks, name.clone(), 0);
                        self.schedule(sim, step, Span::millis(700), object);
                    }
                }
            }
        }
    }

    fn remember(&mut self, step: Step, object: &Object) -> u64 {
        self.next_token += 1;
        let due = (step, self.key(object), object.meta.uid.clone());
        self.due.insert(self.next_token, due);
        self.next_token
    }

    /// What names an object: mostly the Pod that was looked at last.
    fn key(&self, object: &Object) -> ObjectKey {
        let same = |key: &&ObjectKey| {
            *key.name == *object.meta.name
                && *key.namespace == *object.meta.namespace
                && key.kind == object.kind
        };
        self.last
            .as_ref()
            .filter(same)
            .cloned()
            .unwrap_or_else(|| object.key())
    }
}
