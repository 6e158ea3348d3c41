//! Indexes over the tables, so that the cost of a look-up follows what it finds and not the size of the cluster.

use crate::api::{Object, ObjectKey, StringMap, kind};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The label that names a slice's Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Names under namespace, label key and label value.
type ByLabel = BTreeMap<Rc<str>, BTreeMap<(Rc<str>, Rc<str>), BTreeSet<Rc<str>>>>;

/// Which Pods bear a label, which Services ask for it, and which objects an owner has.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    pods: ByLabel,
    /// A Service stands under the first label of its selector only.
    services: ByLabel,
    /// A slice stands under the label that names its Service only.
    slices: ByLabel,
    owned: BTreeMap<Rc<str>, BTreeSet<ObjectKey>>,
}

impl Index {
    /// Follows a write: `old` goes, `new` comes.
    pub(super) fn replace(&mut self, old: Option<&Object>, new: Option<&Object>) {
        let same = |part: fn(&Object) -> (&StringMap, &[crate::api::OwnerReference])| matches!((old, new), (Some(old), Some(new)) if part(old) == part(new));
        // Most writes touch only a status.
        if same(|object| (indexed_labels(object), &object.meta.owner_references)) {
            return;
        }
        if let Some(old) = old {
            self.change(old, |set, name| {
                set.remove(name);
            });
            for owner in &old.meta.owner_references {
                if let Some(keys) = self.owned.get_mut(owner.uid.as_str()) {
                    keys.remove(&old.key());
                    if keys.is_empty() {
                        self.owned.remove(owner.uid.as_str());
                    }
                }
            }
        }
        if let Some(new) = new {
            self.change(new, |set, name| {
                set.insert(name.into());
            });
            for owner in &new.meta.owner_references {
                self.owned
                    .entry(owner.uid.as_str().into())
                    .or_default()
                    .insert(new.key());
            }
        }
    }

    /// A superset of the Pods that bear all the labels: those that bear the rarest one.
    pub(super) fn candidates(
        &self,
        namespace: &str,
        labels: &StringMap,
    ) -> impl Iterator<Item = &str> {
        let in_namespace = self.pods.get(namespace);
        let sets = labels.iter().map(|(key, value)| {
            in_namespace
                .and_then(|pods| pods.get(&(Rc::from(key.as_str()), Rc::from(value.as_str()))))
        });
        let rarest = sets
            .min_by_key(|set| set.map_or(0, BTreeSet::len))
            .flatten();
        rarest.into_iter().flatten().map(|name| &**name)
    }

    /// A superset of the Services whose selector these labels meet.
    pub(super) fn selectors(
        &self,
        namespace: &str,
        labels: &StringMap,
    ) -> impl Iterator<Item = &str> {
        let in_namespace = self.services.get(namespace);
        let sets = labels.iter().filter_map(move |(key, value)| {
            in_namespace?.get(&(Rc::from(key.as_str()), Rc::from(value.as_str())))
        });
        sets.flatten().map(|name| &**name)
    }

    /// The slices of a Service.
    pub(super) fn slices(&self, namespace: &str, service: &str) -> impl Iterator<Item = &str> {
        let found = self
            .slices
            .get(namespace)
            .and_then(|slices| slices.get(&(Rc::from(SERVICE_NAME), Rc::from(service))));
        found.into_iter().flatten().map(|name| &**name)
    }

    /// The objects that an owner has.
    pub(super) fn owned(&self, uid: &str) -> impl Iterator<Item = &ObjectKey> {
        self.owned.get(uid).into_iter().flatten()
    }

    fn change(&mut self, object: &Object, act: impl Fn(&mut BTreeSet<Rc<str>>, &str)) {
        let (index, count, only) = if object.kind == kind::POD {
            (&mut self.pods, usize::MAX, None)
        } else if object.kind == kind::SERVICE {
            (&mut self.services, 1, None)
        } else if object.kind == kind::ENDPOINT_SLICE {
            (&mut self.slices, usize::MAX, Some(SERVICE_NAME))
        } else {
            return;
        };
        let labels = index
            .entry(object.meta.namespace.as_str().into())
            .or_default();
        let wanted = indexed_labels(object)
            .iter()
            .filter(|(key, _)| only.is_none_or(|only| *key == only));
        for (key, value) in wanted.take(count) {
            let key = (Rc::from(key.as_str()), Rc::from(value.as_str()));
            let names = labels.entry(key.clone()).or_default();
            act(names, &object.meta.name);
            if names.is_empty() {
                labels.remove(&key);
            }
        }
    }
}

/// The labels under which an object is found: a Pod's own, a Service's selector.
fn indexed_labels(object: &Object) -> &StringMap {
    object
        .service()
        .map_or(&object.meta.labels, |service| &service.spec.selector)
}
