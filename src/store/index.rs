//! Indexes over the tables, so that the cost of a look-up follows what it finds and not the size of the cluster.

use crate::api::{Object, ObjectKey, OwnerReference, StringMap, kind};
use crate::kernel::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The label that names a slice's Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

type Names = BTreeSet<Rc<str>>;
/// Names under namespace, label key and label value.
type ByLabel = BTreeMap<Rc<str>, BTreeMap<Rc<str>, BTreeMap<Rc<str>, Names>>>;
/// How many Pods each node has.
pub type PodsByNode = BTreeMap<Rc<str>, usize>;

/// What a controller knows of its Pods without looking at each.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Those that have not ended and are not being deleted.
    pub living: usize,
    /// The ready ones among them.
    pub ready: usize,
    /// Those that are being deleted and have not ended.
    pub ending: usize,
    /// All that are bound, by node.
    pub by_node: PodsByNode,
}

/// Which Pods bear a label, which Services ask for it, which objects an owner has, and where Pods are.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    pods: ByLabel,
    /// A Service stands under the first label of its selector only.
    services: ByLabel,
    /// A slice stands under the label that names its Service only.
    slices: ByLabel,
    owned: BTreeMap<Rc<str>, BTreeSet<ObjectKey>>,
    tallies: BTreeMap<Rc<str>, Tally>,
    pub(super) unbound: BTreeSet<ObjectKey>,
    pub(super) by_node: PodsByNode,
    /// The bound Pods that want some others to keep away.
    pub(super) repelling: BTreeSet<ObjectKey>,
}

impl Index {
    /// Follows a write: `old` goes, `new` comes.
    pub(super) fn replace(&mut self, key: &ObjectKey, old: Option<&Object>, new: Option<&Object>) {
        self.count(key, old, new);
        let same = |part: fn(&Object) -> (&StringMap, &[Rc<OwnerReference>])| matches!((old, new), (Some(old), Some(new)) if part(old) == part(new));
        // Most writes touch only a status.
        if same(|object| (indexed_labels(object), &object.meta.owner_references)) {
            return;
        }
        if let Some(old) = old {
            self.change(&key.name, old, false);
            for owner in &old.meta.owner_references {
                if let Some(keys) = self.owned.get_mut(owner.uid.as_str()) {
                    keys.remove(key);
                    if keys.is_empty() {
                        self.owned.remove(owner.uid.as_str());
                    }
                }
            }
        }
        if let Some(new) = new {
            self.change(&key.name, new, true);
            for owner in &new.meta.owner_references {
                self.owned
                    .get_or_default(owner.uid.as_str())
                    .insert(key.clone());
            }
        }
    }

    /// A superset of the Pods that bear all the labels: those that bear the rarest one.
    pub(super) fn candidates(&self, namespace: &str, labels: &StringMap) -> Option<&Names> {
        let in_namespace = self.pods.get(namespace)?;
        let set =
            |(key, value): (&String, &String)| in_namespace.get(key.as_str())?.get(value.as_str());
        let mut rarest: Option<&Names> = None;
        for label in labels {
            let names = set(label)?;
            if rarest.is_none_or(|least| names.len() < least.len()) {
                rarest = Some(names);
            }
        }
        rarest
    }

    /// A superset of the Services whose selector these labels meet.
    pub(super) fn selectors(
        &self,
        namespace: &str,
        labels: &StringMap,
    ) -> impl Iterator<Item = &str> {
        let in_namespace = self.services.get(namespace);
        let sets = labels
            .iter()
            .filter_map(move |(key, value)| in_namespace?.get(key.as_str())?.get(value.as_str()));
        sets.flatten().map(|name| &**name)
    }

    /// The slices of a Service.
    pub(super) fn slices(&self, namespace: &str, service: &str) -> impl Iterator<Item = &str> {
        let keys = self.slices.get(namespace);
        let found = keys.and_then(|keys| keys.get(SERVICE_NAME)?.get(service));
        found.into_iter().flatten().map(|name| &**name)
    }

    /// The objects that an owner has.
    pub(super) fn owned(&self, uid: &str) -> Option<&BTreeSet<ObjectKey>> {
        self.owned.get(uid)
    }

    /// What is counted of a controller's Pods.
    pub(super) fn tally(&self, uid: &str) -> Option<&Tally> {
        self.tallies.get(uid)
    }

    fn change(&mut self, name: &Rc<str>, object: &Object, add: bool) {
        let (index, count, only) = if object.kind == kind::POD {
            (&mut self.pods, usize::MAX, None)
        } else if object.kind == kind::SERVICE {
            (&mut self.services, 1, None)
        } else if object.kind == kind::ENDPOINT_SLICE {
            (&mut self.slices, usize::MAX, Some(SERVICE_NAME))
        } else {
            return;
        };
        let labels = index.get_or_default(object.meta.namespace.as_str());
        let wanted = indexed_labels(object)
            .iter()
            .filter(|(key, _)| only.is_none_or(|only| *key == only));
        for (key, value) in wanted.take(count) {
            let values = labels.get_or_default(key.as_str());
            let names = values.get_or_default(value.as_str());
            if add {
                names.insert(name.clone());
                continue;
            }
            names.remove(name);
            if names.is_empty() {
                values.remove(value.as_str());
            }
        }
    }

    /// Keeps count of Pods: by node, by controller, and those that no node has.
    fn count(&mut self, key: &ObjectKey, old: Option<&Object>, new: Option<&Object>) {
        if key.kind != kind::POD {
            return;
        }
        let (before, after) = (old.map(Counted::of), new.map(Counted::of));
        if before == after {
            return;
        }
        // Most Pods stay where they are.
        let (was, is) = (before.as_ref(), after.as_ref());
        let moves = was.map(Counted::place) != is.map(Counted::place);
        if let Some(pod) = was {
            self.count_one(key, pod, Step { add: false, moves });
            self.repelling.remove(key);
        }
        if let Some(pod) = is {
            self.count_one(key, pod, Step { add: true, moves });
            if pod.occupies && new.is_some_and(repels) {
                self.repelling.insert(key.clone());
            }
        }
        for owner in [was, is].into_iter().flatten().filter_map(|pod| pod.owner) {
            let tally = self.tallies.get(owner);
            if tally.is_some_and(|tally| tally.living == 0 && tally.by_node.is_empty()) {
                self.tallies.remove(owner);
            }
        }
    }

    fn count_one(&mut self, key: &ObjectKey, pod: &Counted<'_>, step: Step) {
        let Step { add, moves } = step;
        if pod.waits {
            if add {
                self.unbound.insert(key.clone());
            } else {
                self.unbound.remove(key);
            }
        }
        if pod.occupies && moves {
            adjust(&mut self.by_node, pod.node, add);
        }
        let Some(owner) = pod.owner else { return };
        let tally = self.tallies.get_or_default(owner);
        let step = |count: &mut usize, yes: bool| {
            let by = usize::from(yes);
            *count = if add {
                *count + by
            } else {
                count.saturating_sub(by)
            };
        };
        step(&mut tally.living, pod.lives);
        step(&mut tally.ready, pod.lives && pod.ready);
        step(&mut tally.ending, pod.occupies && !pod.lives);
        if pod.occupies && moves {
            adjust(&mut tally.by_node, pod.node, add);
        }
    }
}

/// Which way a Pod is counted, and whether its place is.
#[derive(Clone, Copy)]
struct Step {
    add: bool,
    moves: bool,
}

/// What is counted of a Pod.
#[derive(PartialEq, Eq)]
struct Counted<'a> {
    owner: Option<&'a str>,
    node: &'a str,
    /// Bound, and not finished.
    occupies: bool,
    waits: bool,
    lives: bool,
    ready: bool,
}

impl<'a> Counted<'a> {
    /// Where it counts, and for whom.
    fn place(&self) -> (bool, &'a str, Option<&'a str>) {
        (self.occupies, self.node, self.owner)
    }

    fn of(object: &'a Object) -> Self {
        let pod = object.pod();
        let node = pod.map_or("", |pod| pod.spec.node_name.as_str());
        let finished = pod.is_some_and(crate::api::pod::Pod::is_finished);
        let terminating = object.meta.is_terminating();
        Self {
            owner: object.meta.controller().map(|owner| owner.uid.as_str()),
            node,
            occupies: !node.is_empty() && !finished,
            waits: node.is_empty() && !terminating && !finished,
            lives: !finished && !terminating,
            ready: pod.is_some_and(crate::api::pod::Pod::is_ready),
        }
    }
}

/// Whether a Pod wants some others to keep away.
fn repels(object: &Object) -> bool {
    let affinity = object.pod().and_then(|pod| pod.spec.rest.get("affinity"));
    affinity.is_some_and(|affinity| affinity.get("podAntiAffinity").is_some())
}

fn adjust(counts: &mut PodsByNode, node: &str, add: bool) {
    let count = counts.get_or_default(node);
    *count = if add {
        *count + 1
    } else {
        count.saturating_sub(1)
    };
    if *count == 0 {
        counts.remove(node);
    }
}

/// The labels under which an object is found: a Pod's own, a Service's selector.
fn indexed_labels(object: &Object) -> &StringMap {
    object
        .service()
        .map_or(&object.meta.labels, |service| &service.spec.selector)
}
