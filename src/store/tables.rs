//! The stored objects, by kind, namespace and name.
//!
//! A snapshot is a cheap copy: tables are shared until somebody writes.

use super::index::{Index, PodsByNode, Tally};
use super::spaces::{Space, Spaces};
use crate::api::{KindRef, Object, ObjectKey, StringMap, kind, matches_all};
use std::ops::Bound;
use std::rc::Rc;

/// One kind's objects at one moment; equal to itself only as long as none is written.
#[derive(Clone, Debug)]
pub struct TableState(Rc<Spaces>);

impl PartialEq for TableState {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// All stored objects.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Each kind's under its number.
    by_kind: Vec<Rc<Spaces>>,
    index: Rc<Index>,
    /// The resource version of the newest write.
    pub revision: u64,
}

impl Tables {
    /// The object that a key names.
    pub fn get(&self, key: &ObjectKey) -> Option<&Rc<Object>> {
        self.find(key.kind, &key.namespace, &key.name)
    }

    fn table(&self, kind: KindRef) -> Option<&Rc<Spaces>> {
        self.by_kind.get(kind.number)
    }

    /// The objects of a kind as they are now, to see later whether they still are; none before anything was written.
    pub fn state_of(&self, kind: KindRef) -> Option<TableState> {
        self.table(kind).cloned().map(TableState)
    }

    /// The object of a kind with a name; `namespace` is empty for what lives outside namespaces.
    pub fn find(&self, kind: KindRef, namespace: &str, name: &str) -> Option<&Rc<Object>> {
        self.table(kind)?.get(namespace)?.get(name)
    }

    /// All objects of a kind, sorted by namespace and name.
    pub fn all(&self, kind: KindRef) -> impl Iterator<Item = &Rc<Object>> {
        self.table(kind)
            .into_iter()
            .flat_map(|table| table.values())
            .flat_map(|space| space.values())
    }

    /// The objects of a kind in one namespace, sorted by name.
    pub fn in_namespace(
        &self,
        kind: KindRef,
        namespace: &str,
    ) -> impl Iterator<Item = &Rc<Object>> {
        let space = self.table(kind).and_then(|table| table.get(namespace));
        space.into_iter().flat_map(|space| space.values())
    }

    /// Whether the objects of a kind are those of other tables, written by nobody since these parted.
    pub fn shares(&self, other: &Self, kind: KindRef) -> bool {
        match (self.table(kind), other.table(kind)) {
            (Some(own), Some(others)) => {
                Rc::ptr_eq(own, others) || own.is_empty() && others.is_empty()
            }
            (own, others) => own.or(others).is_none_or(|table| table.is_empty()),
        }
    }

    /// The objects of a kind in one namespace whose names begin with this, sorted by name.
    pub fn named<'a>(
        &'a self,
        kind: KindRef,
        namespace: &str,
        prefix: &'a str,
    ) -> impl Iterator<Item = &'a Rc<Object>> {
        let space = self.table(kind).and_then(|table| table.get(namespace));
        let from =
            move |space: &'a Space| space.range::<str>((Bound::Included(prefix), Bound::Unbounded));
        let named = space.into_iter().flat_map(from);
        named
            .take_while(move |(name, _)| name.starts_with(prefix))
            .map(|(_, object)| object)
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: KindRef) -> usize {
        let table = self.table(kind).into_iter();
        table
            .flat_map(|table| table.values())
            .map(|space| space.len())
            .sum()
    }

    /// Whether a namespace exists.
    pub fn has_namespace(&self, name: &str) -> bool {
        self.find(kind::NAMESPACE, "", name).is_some()
    }

    /// The Pods of a namespace that bear all these labels, sorted by name; none for an empty selector.
    pub fn pods_with(&self, namespace: &str, labels: &StringMap) -> Vec<&Rc<Object>> {
        let names = self.index.candidates(namespace, labels);
        let pods = names
            .into_iter()
            .flatten()
            .filter_map(|name| self.find(kind::POD, namespace, name));
        pods.filter(|pod| matches_all(labels, &pod.meta.labels))
            .collect()
    }

    /// At most how many Pods of a namespace bear all these labels, at the cost of a look-up.
    pub fn most_pods_with(&self, namespace: &str, labels: &StringMap) -> usize {
        self.index
            .candidates(namespace, labels)
            .map_or(0, |set| set.len())
    }

    /// The Services whose selector a Pod with these labels meets.
    pub fn services_selecting(&self, namespace: &str, labels: &StringMap) -> Vec<&Rc<Object>> {
        let found = self.index.selectors(namespace, labels);
        let services = found.filter_map(|name| self.find(kind::SERVICE, namespace, name));
        services
            .filter(|s| {
                s.service()
                    .is_some_and(|s| matches_all(&s.spec.selector, labels))
            })
            .collect()
    }

    /// The `EndpointSlices` of a Service, sorted by name.
    pub fn slices_of(&self, namespace: &str, service: &str) -> Vec<&Rc<Object>> {
        let found = self.index.slices(namespace, service);
        found
            .filter_map(|name| self.find(kind::ENDPOINT_SLICE, namespace, name))
            .collect()
    }

    /// The objects that name an owner with this uid, sorted by key.
    pub fn owned_by(&self, uid: &str) -> Vec<&Rc<Object>> {
        self.owned_keys(uid)
            .filter_map(|key| self.get(key))
            .collect()
    }

    /// What names the objects that name an owner with this uid, sorted.
    pub fn owned_keys(&self, uid: &str) -> impl Iterator<Item = &ObjectKey> + Clone {
        self.index.owned(uid).into_iter().flatten()
    }

    /// How many objects name an owner with this uid.
    pub fn owned_count(&self, uid: &str) -> usize {
        self.index.owned(uid).map_or(0, |set| set.len())
    }

    /// What is counted of the Pods that a controller with this uid has; none if it has no Pods.
    pub fn tally(&self, uid: &str) -> Option<&Tally> {
        self.index.tally(uid)
    }

    /// The Pods that wait for a node, sorted.
    pub fn unbound(&self) -> impl Iterator<Item = &ObjectKey> {
        self.index.unbound.iter()
    }

    /// The bound Pods that want some others to keep away.
    pub fn repelling(&self) -> impl Iterator<Item = &Rc<Object>> {
        self.index.repelling.iter().filter_map(|key| self.get(key))
    }

    /// How many Pods that have not ended each node has; a node without any is not listed.
    pub fn pods_by_node(&self) -> &PodsByNode {
        &self.index.by_node
    }

    pub(super) fn insert(&mut self, key: &ObjectKey, object: &Rc<Object>) -> Option<Rc<Object>> {
        if self.by_kind.len() < kind::KINDS.len() {
            self.by_kind.resize_with(kind::KINDS.len(), Rc::default);
        }
        let table = Rc::make_mut(self.by_kind.get_mut(key.kind.number)?);
        let old = table.insert(&key.namespace, &key.name, object);
        Rc::make_mut(&mut self.index).replace(key, old.as_deref(), Some(object));
        old
    }

    /// Takes a write back: the object is as it was before.
    pub fn undo(&mut self, change: &super::Change) {
        match &change.old {
            Some(old) => self.insert(&change.key, old),
            None => self.remove(&change.key),
        };
    }

    pub(super) fn remove(&mut self, key: &ObjectKey) -> Option<Rc<Object>> {
        let table = Rc::make_mut(self.by_kind.get_mut(key.kind.number)?);
        let old = table.remove(&key.namespace, &key.name);
        Rc::make_mut(&mut self.index).replace(key, old.as_deref(), None);
        old
    }
}
