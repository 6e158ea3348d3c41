//! Which reconcilers there are, and which changes mark which keys for them.
//!
//! Models the event handlers that kube-controller-manager's controllers and the scheduler register with their informers.

use super::kubelet::Kubelet;
use super::queue::{Hands, Memory, OWNER, Queue, Reconciler, Run, Selecting};
use super::recorder::{Said, record};
use super::{
    daemonset, deployment, endpoints, endpointslice, eviction, garbage, ingress, job,
    load_balancer, mirror, namespace, node_range, owned, replicaset, scheduler, statefulset,
    volume,
};
use crate::api::image::Configured;
use crate::api::{Kind, KindRef, Object, ObjectKey, StringMap, kind};
use crate::kernel::BTreeSet;
use crate::kernel::{Rng, Sim, Span, Wake};
use crate::store::{Change, ClusterNetwork, Store, Tables};
use std::rc::Rc;

static DEPLOYMENT: Reconciler = Reconciler::new(Span::millis(6), deployment::reconcile);
static REPLICA_SET: Reconciler = Reconciler {
    pace: Span::micros(40),
    size: |tables, key| {
        let set = tables.get(key);
        set.map_or(0, |set| tables.owned_count(&set.meta.uid))
    },
    ..Reconciler::new(Span::millis(5), replicaset::reconcile)
};
static RELEASE: Reconciler = Reconciler::new(Span::millis(5), replicaset::release);
static ADOPT: Reconciler = Reconciler::new(Span::millis(5), owned::find_owner);
static SCHEDULER: Reconciler = Reconciler {
    run: Run::All(scheduler::reconcile),
    ..Reconciler::new(Span::millis(12), |_, _| {})
};
static SLICES: Reconciler = Reconciler {
    pace: Span::micros(200),
    size: selected,
    ..Reconciler::new(Span::millis(8), endpointslice::reconcile)
};
static ENDPOINTS: Reconciler = Reconciler {
    pace: Span::micros(200),
    size: selected,
    ..Reconciler::new(Span::millis(9), endpoints::reconcile)
};
static MIRROR: Reconciler = Reconciler::new(Span::millis(8), mirror::reconcile);
static STATEFUL_SET: Reconciler = Reconciler::new(Span::millis(6), statefulset::reconcile);
static DAEMON_SET: Reconciler = Reconciler::new(Span::millis(6), daemonset::reconcile);
static JOB: Reconciler = Reconciler::new(Span::millis(6), job::reconcile);
static LOAD_BALANCER: Reconciler = Reconciler::new(Span::millis(30), load_balancer::reconcile);
static NODE_RANGE: Reconciler = Reconciler::new(Span::millis(2), node_range::reconcile);
static EVICTION: Reconciler = Reconciler::new(Span::millis(20), eviction::reconcile);
static SWEEP: Reconciler = Reconciler {
    background: true,
    ..Reconciler::new(Span::secs(40), eviction::sweep)
};
static VOLUME: Reconciler = Reconciler::new(Span::millis(20), volume::reconcile);
static INGRESS: Reconciler = Reconciler::new(Span::millis(50), ingress::reconcile);
static NAMESPACE: Reconciler = Reconciler::new(Span::millis(40), namespace::reconcile);
static GARBAGE: Reconciler = Reconciler::new(Span::millis(20), garbage::reconcile);

/// The kinds that make Pods.
static MAKERS: [(KindRef, &Reconciler); 4] = [
    (kind::REPLICA_SET, &REPLICA_SET),
    (kind::STATEFUL_SET, &STATEFUL_SET),
    (kind::DAEMON_SET, &DAEMON_SET),
    (kind::JOB, &JOB),
];

/// What a kubelet warns of, as an `Event` says it.
#[derive(Clone, Debug)]
pub struct Warning {
    /// The reason, one word.
    pub reason: &'static str,
    /// The message.
    pub message: String,
}

/// All reconcilers, their queue and the kubelets.
#[derive(Clone, Debug)]
pub struct Controllers {
    queue: Queue,
    memory: Memory,
    rng: Rng,
    kubelet: Kubelet,
}

impl Controllers {
    /// The controllers of a cluster with these network settings.
    pub fn new(network: &ClusterNetwork, seed: u64) -> Self {
        Self {
            queue: Queue::default(),
            memory: Memory {
                pod_ranges: network.pod_cidrs.clone(),
                ..Memory::default()
            },
            rng: Rng::fork(seed, "controllers"),
            kubelet: Kubelet::new(network, seed),
        }
    }

    /// The kubelets of all nodes.
    pub fn kubelet(&self) -> &Kubelet {
        &self.kubelet
    }

    /// Marks what the changes concern.
    pub fn observe(&mut self, store: &Store, sim: &mut Sim, changes: &[Change]) {
        for change in changes {
            sim.cause = Some(change.seq);
            let mut watch = Watch {
                queue: &mut self.queue,
                memory: &mut self.memory,
                tables: store.tables(),
                sim,
            };
            watch.follow(change);
            self.kubelet.observe(sim, change);
        }
        sim.cause = None;
    }

    /// Answers a timer; false if it belongs to another layer.
    pub fn wake(&mut self, store: &mut Store, sim: &mut Sim, wake: &Wake) -> bool {
        if wake.owner != OWNER {
            return self.kubelet.wake(store, sim, wake);
        }
        let mut hands = Hands {
            store,
            sim,
            rng: &mut self.rng,
            memory: &mut self.memory,
            again: Vec::new(),
        };
        self.queue.run(&mut hands, wake.token);
        true
    }

    /// Tells the kubelets what its configuration makes of cluster DNS: what follows is probed, or ends.
    pub fn configure_dns(&mut self, tables: &Tables, sim: &mut Sim, program: &Configured) {
        self.kubelet.configure_dns(tables, sim, program);
    }

    /// The kubelet of a Pod's node warns of something that another layer has found.
    pub fn warn(&self, store: &mut Store, sim: &mut Sim, object: &Object, warning: Warning) {
        let host = object.pod().map_or("", |pod| pod.spec.node_name.as_str());
        let said = Said {
            host,
            ..Said::warning("kubelet", warning.reason, warning.message)
        };
        record(store, sim, object, said);
    }

    /// The program in an interactive container has ended.
    pub fn end_process(
        &mut self,
        store: &mut Store,
        sim: &mut Sim,
        pod: &ObjectKey,
        container: &str,
        code: i64,
    ) {
        self.kubelet.end_process(store, sim, pod, container, code);
    }
}

/// Follows one change: whom it concerns is marked.
struct Watch<'a> {
    queue: &'a mut Queue,
    memory: &'a mut Memory,
    tables: &'a Tables,
    sim: &'a mut Sim,
}

impl Watch<'_> {
    fn mark(&mut self, who: &'static Reconciler, key: ObjectKey) {
        self.queue.mark(self.tables, self.sim, who, key);
    }

    fn follow(&mut self, change: &Change) {
        let key = &change.key;
        match key.kind {
            k if k == kind::POD => self.pod(change),
            k if k == kind::DEPLOYMENT => self.mark(&DEPLOYMENT, key.clone()),
            k if k == kind::REPLICA_SET => {
                self.mark(&REPLICA_SET, key.clone());
                self.mark_controller(change, kind::DEPLOYMENT, &DEPLOYMENT);
            }
            k if k == kind::SERVICE => {
                self.memory.forget(key);
                self.mark_endpoints(key);
                self.mark_mirror(key);
                self.load_balancer(change);
            }
            k if k == kind::IP_ADDRESS_POOL || k == kind::L2_ADVERTISEMENT => self.pool(),
            k if k == kind::INGRESS => self.mark(&INGRESS, key.clone()),
            k if k == kind::INGRESS_CLASS => self.classes(),
            k if k == kind::ENDPOINTS => self.endpoints(change),
            k if k == kind::NAMESPACE => self.mark(&NAMESPACE, key.clone()),
            k if k == kind::STATEFUL_SET => self.mark(&STATEFUL_SET, key.clone()),
            k if k == kind::DAEMON_SET => self.mark(&DAEMON_SET, key.clone()),
            k if k == kind::JOB => self.mark(&JOB, key.clone()),
            k if k == kind::NODE => self.node(change),
            k if k == kind::PERSISTENT_VOLUME_CLAIM => {
                self.mark(&VOLUME, key.clone());
                self.mark_unbound();
            }
            k if k == kind::PERSISTENT_VOLUME || k == kind::STORAGE_CLASS => self.volume(change),
            k if k == kind::SERVICE_ACCOUNT && change.old.is_none() => self.account(key),
            k if k == kind::ENDPOINT_SLICE => self.slice(change),
            _ => {}
        }
        match change.new.as_deref() {
            None => self.gone(change),
            // What is made for an owner that is gone goes too; who waits for its dependents is looked after.
            Some(new) if garbage::waits(new) => self.mark(&GARBAGE, key.clone()),
            Some(new) if change.old.is_none() && garbage::is_abandoned(self.tables, new) => {
                self.mark(&GARBAGE, key.clone());
            }
            Some(_) => {}
        }
    }

    fn pod(&mut self, change: &Change) {
        let (old, new) = (change.old.as_deref(), change.new.as_deref());
        if new.is_some_and(is_unbound) {
            // A Pod that no node suits waits for a change of the nodes.
            if old.is_none_or(|old| !is_unbound(old)) {
                self.mark(&SCHEDULER, change.key.clone());
            }
        } else if let (Some(old), None) = (old, new) {
            if !is_unbound(old) {
                self.mark_unbound();
            }
            // Its claims may go now.
            for name in old.pod().into_iter().flat_map(volume::claims) {
                let space = &change.key.namespace;
                let claim = ObjectKey::new(kind::PERSISTENT_VOLUME_CLAIM, space, name);
                self.mark(&VOLUME, claim);
            }
        } else if let Some(node) = new.filter(|new| old.is_none_or(is_unbound) && !is_unbound(new))
        {
            self.bound(node);
        }
        for (owner, who) in MAKERS {
            self.mark_controller(change, owner, who);
        }
        let relabelled = |(old, new): (&Object, &Object)| old.meta.labels != new.meta.labels;
        if old.zip(new).is_some_and(relabelled) {
            self.mark(&RELEASE, change.key.clone());
        }
        if is_newly_free(old, new) {
            self.mark(&ADOPT, change.key.clone());
        }
        if old
            .zip(new)
            .is_some_and(|(old, new)| endpointslice::same(old, new))
        {
            return;
        }
        let before = old.filter(|old| new.is_none_or(|new| old.meta.labels != new.meta.labels));
        let states = [before, new].into_iter().flatten();
        let found: Vec<Rc<[ObjectKey]>> = states
            .map(|pod| self.services_of(&change.key.namespace, &pod.meta.labels))
            .collect();
        let services = match found.as_slice() {
            [only] => only.clone(),
            all => {
                let all: BTreeSet<ObjectKey> = all.iter().flat_map(|s| &**s).cloned().collect();
                all.into_iter().collect()
            }
        };
        for service in &*services {
            self.memory.note(service, &change.key.name);
            self.mark_endpoints(service);
        }
    }

    /// The Services that select a Pod, sorted: for the Pods of one template the same, until a Service is written.
    fn services_of(&mut self, namespace: &Rc<str>, labels: &StringMap) -> Rc<[ObjectKey]> {
        let state = self.tables.state_of(kind::SERVICE);
        let known = self.memory.selecting.as_ref().filter(|known| {
            known.labels == *labels
                && known.namespace == *namespace
                && state.as_ref().is_some_and(|state| known.services == *state)
        });
        if let Some(known) = known {
            return known.found.clone();
        }
        let found = self.tables.services_selecting(namespace, labels);
        let keys: BTreeSet<ObjectKey> = found.into_iter().map(|service| service.key()).collect();
        let found: Rc<[ObjectKey]> = keys.into_iter().collect();
        self.memory.selecting = state.map(|services| Selecting {
            services,
            namespace: namespace.clone(),
            labels: labels.clone(),
            found: found.clone(),
        });
        found
    }

    /// What could not make its Pods for want of an account may do so now.
    fn account(&mut self, account: &ObjectKey) {
        for (kind, who) in MAKERS {
            let owners = self.tables.in_namespace(kind, &account.namespace);
            let keys: Vec<ObjectKey> = owners.map(|owner| owner.key()).collect();
            keys.into_iter().for_each(|key| self.mark(who, key));
        }
    }

    /// A volume or a class may be what claims wait for.
    fn volume(&mut self, change: &Change) {
        if change.key.kind == kind::PERSISTENT_VOLUME && change.new.is_some() {
            self.mark(&VOLUME, change.key.clone());
        }
        let claims = self.tables.all(kind::PERSISTENT_VOLUME_CLAIM);
        let waiting = claims.filter(|claim| !volume::is_bound(claim));
        let keys: Vec<ObjectKey> = waiting.map(|claim| claim.key()).collect();
        keys.into_iter().for_each(|key| self.mark(&VOLUME, key));
        self.mark_unbound();
    }

    /// A Service that has or wants a load balancer; one that is gone sets its address free for those that wait.
    fn load_balancer(&mut self, change: &Change) {
        let states = [change.old.as_deref(), change.new.as_deref()];
        if !states.into_iter().flatten().any(load_balancer::concerns) {
            return;
        }
        if change.new.is_none() {
            self.pool();
        } else {
            self.mark(&LOAD_BALANCER, change.key.clone());
        }
    }

    /// A class may be that of any Ingress.
    fn classes(&mut self) {
        let all = self.tables.all(kind::INGRESS);
        let keys: Vec<ObjectKey> = all.map(|ingress| ingress.key()).collect();
        for key in keys {
            self.mark(&INGRESS, key);
        }
    }

    /// All Services that have or want a load balancer.
    fn pool(&mut self) {
        let services = self.tables.all(kind::SERVICE);
        let keys: Vec<ObjectKey> = services
            .filter(|service| load_balancer::concerns(service))
            .map(|service| service.key())
            .collect();
        for key in keys {
            self.mark(&LOAD_BALANCER, key);
        }
    }

    /// Both forms of a Service's addresses follow its Pods.
    fn mark_endpoints(&mut self, service: &ObjectKey) {
        self.mark(&SLICES, service.clone());
        self.mark(&ENDPOINTS, service.clone());
    }

    /// Endpoints of this name that were written by hand are mirrored, or no longer.
    fn mark_mirror(&mut self, named: &ObjectKey) {
        let key = ObjectKey::new(kind::ENDPOINTS, &named.namespace, &named.name);
        if self.tables.get(&key).is_some_and(|e| mirror::is_watched(e)) {
            self.mark(&MIRROR, key);
        }
    }

    /// Endpoints that somebody deleted are made anew; those written by hand are mirrored.
    fn endpoints(&mut self, change: &Change) {
        let key = &change.key;
        if change.new.is_none() {
            let service = ObjectKey::new(kind::SERVICE, &key.namespace, &key.name);
            if self.tables.get(&service).is_some() {
                self.mark(&ENDPOINTS, service);
            }
        }
        let states = [change.old.as_deref(), change.new.as_deref()];
        if states.into_iter().flatten().any(mirror::is_watched) {
            self.mark(&MIRROR, key.clone());
        }
    }

    /// A node that changes may suit a Pod that waits, or want one of its own.
    fn node(&mut self, change: &Change) {
        let labels = |object: &Option<Rc<Object>>| object.as_ref().map(|o| o.meta.labels.clone());
        if labels(&change.old) != labels(&change.new) {
            // Slices tell the zones of nodes.
            self.memory.slices.forget_all();
        }
        // The nodes of a dump are older than this moment, and stay as they were found.
        let joins = |new: &Rc<Object>| {
            let now = self.sim.timestamp();
            let bare = new.node().is_some_and(|node| node.spec.pod_cidr.is_empty());
            change.old.is_none() && bare && new.meta.creation_timestamp == *now
        };
        if change.new.as_ref().is_some_and(joins) {
            self.mark(&NODE_RANGE, change.key.clone());
        }
        match &change.new {
            None => self.mark(&SWEEP, change.key.clone()),
            Some(new) if evicts(new) => self.mark(&EVICTION, change.key.clone()),
            Some(_) => {}
        }
        self.mark_unbound();
        let sets: Vec<ObjectKey> = self
            .tables
            .all(kind::DAEMON_SET)
            .map(|set| set.key())
            .collect();
        for set in sets {
            self.mark(&DAEMON_SET, set);
        }
    }

    /// A Pod that has come to a node with a taint that evicts may have to leave it.
    fn bound(&mut self, pod: &Object) {
        let name = pod.pod().map_or("", |pod| pod.spec.node_name.as_str());
        let node = self.tables.find(kind::NODE, "", name);
        if node.is_some_and(|node| evicts(node)) {
            self.mark(&EVICTION, ObjectKey::new(kind::NODE, "", name));
        }
    }

    /// The Pods that no node suited may find one now.
    fn mark_unbound(&mut self) {
        for pod in self.tables.unbound() {
            self.mark(&SCHEDULER, pod.clone());
        }
    }

    /// A slice that somebody deleted is made anew.
    fn slice(&mut self, change: &Change) {
        let either = change.new.as_ref().or(change.old.as_ref());
        let name = either.and_then(|slice| slice.meta.labels.get("kubernetes.io/service-name"));
        if let Some(name) = name {
            // A speaker announces an address once there is an endpoint.
            let service = ObjectKey::new(kind::SERVICE, &change.key.namespace, name);
            let balanced = |object: &Rc<Object>| load_balancer::concerns(object);
            if self.tables.get(&service).is_some_and(balanced) {
                self.mark(&LOAD_BALANCER, service);
            }
        }
        let old = change.old.as_ref().filter(|_| change.new.is_none());
        let name = old.and_then(|slice| slice.meta.labels.get("kubernetes.io/service-name"));
        if let Some(name) = name {
            let service = ObjectKey::new(kind::SERVICE, &change.key.namespace, name);
            self.mark_mirror(&service);
            self.mark(&SLICES, service);
        }
    }

    /// Dependents are found by uid, which is gone with the object.
    fn gone(&mut self, change: &Change) {
        let uid = change.old.as_ref().map_or("", |old| old.meta.uid.as_str());
        for orphan in self.tables.owned_keys(uid) {
            self.mark(&GARBAGE, orphan.clone());
        }
        let namespace = &change.key.namespace;
        let owners = change.old.iter().flat_map(|old| &old.meta.owner_references);
        for owner in owners {
            let kind = Kind::find(&owner.api_version, &owner.kind);
            let found = kind.and_then(|kind| self.tables.find(kind, namespace, &owner.name));
            if let Some(found) = found.filter(|found| garbage::waits(found)) {
                self.mark(&GARBAGE, found.key());
            }
        }
        if !namespace.is_empty() {
            let found = self.tables.find(kind::NAMESPACE, "", namespace);
            let given = matches!(&*change.key.name, "default" | "kube-root-ca.crt");
            if found.is_some_and(|namespace| namespace.meta.is_terminating() || given) {
                self.mark(&NAMESPACE, ObjectKey::new(kind::NAMESPACE, "", namespace));
            }
        }
    }

    /// Marks the object that manages the changed one.
    fn mark_controller(&mut self, change: &Change, owner: KindRef, who: &'static Reconciler) {
        let name = |object: &Rc<Object>| {
            let reference = object.meta.controller().filter(|r| r.kind == owner.name)?;
            let namespace = change.key.namespace.clone();
            Some(ObjectKey {
                kind: owner,
                namespace,
                name: reference.name.as_str().into(),
            })
        };
        let (old, new) = (change.old.as_ref(), change.new.as_ref());
        let same = |(old, new): (&Rc<Object>, &Rc<Object>)| {
            old.meta.owner_references == new.meta.owner_references
        };
        let stays = old.zip(new).is_some_and(same);
        let (old, new) = (old.filter(|_| !stays).and_then(name), new.and_then(name));
        if let Some(old) = old.filter(|old| new.as_ref() != Some(old)) {
            self.mark(who, old);
        }
        if let Some(new) = new {
            self.mark(who, new);
        }
    }
}

/// Whether a node has a taint that evicts.
fn evicts(node: &Object) -> bool {
    let taints = node.node().into_iter().flat_map(|node| &node.spec.taints);
    taints.into_iter().any(|taint| taint.effect == "NoExecute")
}

/// Whether a Pod that nobody manages has just come to be so, or to bear its labels.
fn is_newly_free(old: Option<&Object>, new: Option<&Object>) -> bool {
    let free = |object: &Object| object.meta.controller().is_none();
    let before =
        |new: &Object| old.is_some_and(|old| free(old) && old.meta.labels == new.meta.labels);
    new.is_some_and(|new| free(new) && !before(new))
}

fn is_unbound(object: &Object) -> bool {
    let unbound =
        |pod: &crate::api::pod::Pod| pod.spec.node_name.is_empty() && !pod.spec.is_gated();
    object.pod().is_some_and(unbound) && !object.meta.is_terminating()
}

/// How many Pods a Service has at most.
fn selected(tables: &Tables, key: &ObjectKey) -> usize {
    let service = tables.get(key).and_then(|object| object.service());
    service.map_or(0, |service| {
        tables.most_pods_with(&key.namespace, &service.spec.selector)
    })
}
