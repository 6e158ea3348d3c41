//! Who reconciles what, and when: changes mark keys, timers bring marked keys back.

use super::kubelet::Kubelet;
use super::{deployment, garbage, namespace, replicaset, scheduler, slices};
use crate::api::{KindRef, Object, ObjectKey, kind};
use crate::kernel::{Rng, Sim, Span, Wake};
use crate::store::{Change, ClusterNetwork, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The owner of this layer's timers.
const OWNER: &str = "controllers";

/// What every reconciler may use.
pub(super) struct Hands<'a> {
    pub(super) store: &'a mut Store,
    pub(super) sim: &'a mut Sim,
    pub(super) rng: &'a mut Rng,
}

/// What a reconciler does with a key.
type Reconcile = fn(&mut Hands<'_>, &ObjectKey);

/// One reconciler: one row of [`RECONCILERS`].
struct Reconciler {
    name: &'static str,
    /// How long after a change it acts.
    latency: Span,
    run: Reconcile,
}

const RECONCILERS: &[Reconciler] = &[
    Reconciler {
        name: "deployment",
        latency: Span::millis(6),
        run: deployment::reconcile,
    },
    Reconciler {
        name: "replicaset",
        latency: Span::millis(5),
        run: replicaset::reconcile,
    },
    Reconciler {
        name: "scheduler",
        latency: Span::millis(12),
        run: scheduler::reconcile,
    },
    Reconciler {
        name: "slices",
        latency: Span::millis(8),
        run: slices::reconcile,
    },
    Reconciler {
        name: "namespace",
        latency: Span::millis(40),
        run: namespace::reconcile,
    },
    Reconciler {
        name: "garbage",
        latency: Span::millis(20),
        run: garbage::reconcile,
    },
];

/// All reconcilers, their queue and the kubelets.
#[derive(Clone, Debug)]
pub struct Controllers {
    /// What waits for its timer, under the timer's text.
    marked: BTreeMap<String, (Reconcile, ObjectKey)>,
    rng: Rng,
    kubelet: Kubelet,
}

impl Controllers {
    /// The controllers of a cluster with these network settings.
    pub fn new(network: &ClusterNetwork, seed: u64) -> Self {
        Self {
            marked: BTreeMap::new(),
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
            self.observe_one(store, sim, change);
            self.kubelet.observe(sim, change);
        }
        sim.cause = None;
    }

    /// Answers a timer; false if it belongs to another layer.
    pub fn wake(&mut self, store: &mut Store, sim: &mut Sim, wake: &Wake) -> bool {
        if wake.owner != OWNER {
            return self.kubelet.wake(store, sim, wake);
        }
        if let Some((run, key)) = self.marked.remove(&wake.what) {
            run(
                &mut Hands {
                    store,
                    sim,
                    rng: &mut self.rng,
                },
                &key,
            );
        }
        true
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

    fn mark(&mut self, sim: &mut Sim, name: &'static str, key: ObjectKey) {
        let Some(reconciler) = RECONCILERS.iter().find(|r| r.name == name) else {
            return;
        };
        let what = format!(
            "{name} {}/{}/{}",
            key.kind.singular, key.namespace, key.name
        );
        if self
            .marked
            .insert(what.clone(), (reconciler.run, key))
            .is_none()
        {
            sim.after(reconciler.latency, OWNER, what);
        }
    }

    fn observe_one(&mut self, store: &Store, sim: &mut Sim, change: &Change) {
        let key = &change.key;
        match key.kind {
            k if k == kind::DEPLOYMENT => self.mark(sim, "deployment", key.clone()),
            k if k == kind::REPLICA_SET => {
                self.mark(sim, "replicaset", key.clone());
                self.mark_controller(sim, change, kind::DEPLOYMENT, "deployment");
            }
            k if k == kind::SERVICE => self.mark(sim, "slices", key.clone()),
            k if k == kind::NAMESPACE => self.mark(sim, "namespace", key.clone()),
            k if k == kind::NODE => {
                let waiting = store
                    .tables()
                    .all(kind::POD)
                    .filter(|p| is_unbound(p))
                    .map(|p| p.key());
                for pod in waiting.collect::<Vec<_>>() {
                    self.mark(sim, "scheduler", pod);
                }
            }
            k if k == kind::POD => self.observe_pod(store, sim, change),
            k if k == kind::ENDPOINT_SLICE => {
                let service = change.old.as_ref().filter(|_| change.new.is_none());
                if let Some(name) =
                    service.and_then(|slice| slice.meta.labels.get("kubernetes.io/service-name"))
                {
                    self.mark(
                        sim,
                        "slices",
                        ObjectKey::new(kind::SERVICE, &key.namespace, name),
                    );
                }
            }
            _ => {}
        }
        if change.new.is_none() {
            // Dependents are found by uid, which is gone with the object.
            let uid = change.old.as_ref().map_or("", |old| old.meta.uid.as_str());
            let orphans: Vec<ObjectKey> = store
                .tables()
                .owned_by(uid)
                .iter()
                .map(|o| o.key())
                .collect();
            for orphan in orphans {
                self.mark(sim, "garbage", orphan);
            }
            if !key.namespace.is_empty() {
                let namespace = store.tables().find(kind::NAMESPACE, "", &key.namespace);
                if namespace.is_some_and(|ns| ns.meta.is_terminating()) {
                    self.mark(
                        sim,
                        "namespace",
                        ObjectKey::new(kind::NAMESPACE, "", &key.namespace),
                    );
                }
            }
        }
    }

    fn observe_pod(&mut self, store: &Store, sim: &mut Sim, change: &Change) {
        if change.new.as_ref().is_some_and(is_unbound) {
            self.mark(sim, "scheduler", change.key.clone());
        }
        self.mark_controller(sim, change, kind::REPLICA_SET, "replicaset");
        let sides = [change.old.as_deref(), change.new.as_deref()];
        let mut services = BTreeSet::new();
        for pod in sides.into_iter().flatten() {
            let found = store
                .tables()
                .services_selecting(&change.key.namespace, &pod.meta.labels);
            services.extend(found.into_iter().map(|service| service.key()));
        }
        for service in services {
            self.mark(sim, "slices", service);
        }
    }

    /// Marks the object that manages the changed one.
    fn mark_controller(
        &mut self,
        sim: &mut Sim,
        change: &Change,
        owner: KindRef,
        name: &'static str,
    ) {
        let sides = [change.old.as_deref(), change.new.as_deref()];
        let owners: BTreeSet<&str> = sides
            .into_iter()
            .flatten()
            .filter_map(|object| object.meta.controller())
            .filter(|reference| reference.kind == owner.name)
            .map(|reference| reference.name.as_str())
            .collect();
        for owner_name in owners {
            self.mark(
                sim,
                name,
                ObjectKey::new(owner, &change.key.namespace, owner_name),
            );
        }
    }
}

fn is_unbound(object: &Rc<Object>) -> bool {
    object
        .pod()
        .is_some_and(|pod| pod.spec.node_name.is_empty())
        && !object.meta.is_terminating()
}
