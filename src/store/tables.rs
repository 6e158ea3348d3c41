//! The stored objects, by kind, namespace and name.
//!
//! A snapshot is a cheap copy: tables are shared until somebody writes.

use super::index::Index;
use crate::api::{KindRef, Object, ObjectKey, StringMap, kind, matches_all};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

/// One kind's objects by namespace and name, which is the order in which lists come.
type Table = BTreeMap<(Rc<str>, Rc<str>), Rc<Object>>;

/// All stored objects.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    by_kind: BTreeMap<KindRef, Rc<Table>>,
    index: Rc<Index>,
    /// The resource version of the newest write.
    pub revision: u64,
}

impl Tables {
    /// The object that a key names.
    pub fn get(&self, key: &ObjectKey) -> Option<&Rc<Object>> {
        self.by_kind
            .get(key.kind)?
            .get(&(key.namespace.clone(), key.name.clone()))
    }

    /// The object of a kind with a name; `namespace` is empty for what lives outside namespaces.
    pub fn find(&self, kind: KindRef, namespace: &str, name: &str) -> Option<&Rc<Object>> {
        self.get(&ObjectKey::new(kind, namespace, name))
    }

    /// All objects of a kind, sorted by namespace and name.
    pub fn all(&self, kind: KindRef) -> impl Iterator<Item = &Rc<Object>> {
        self.by_kind
            .get(kind)
            .into_iter()
            .flat_map(|table| table.values())
    }

    /// The objects of a kind in one namespace, sorted by name.
    pub fn in_namespace(
        &self,
        kind: KindRef,
        namespace: &str,
    ) -> impl Iterator<Item = &Rc<Object>> {
        let namespace: Rc<str> = namespace.into();
        let start = (namespace.clone(), Rc::from(""));
        self.by_kind
            .get(kind)
            .into_iter()
            .flat_map(move |table| table.range((Bound::Included(start.clone()), Bound::Unbounded)))
            .take_while(move |((ns, _), _)| *ns == namespace)
            .map(|(_, object)| object)
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: KindRef) -> usize {
        self.by_kind.get(kind).map_or(0, |table| table.len())
    }

    /// Whether a namespace exists.
    pub fn has_namespace(&self, name: &str) -> bool {
        self.find(kind::NAMESPACE, "", name).is_some()
    }

    /// The Pods of a namespace that bear all these labels, sorted by name; none for an empty selector.
    pub fn pods_with(&self, namespace: &str, labels: &StringMap) -> Vec<&Rc<Object>> {
        let names = self.index.candidates(namespace, labels);
        let pods = names.filter_map(|name| self.find(kind::POD, namespace, name));
        pods.filter(|pod| matches_all(labels, &pod.meta.labels))
            .collect()
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
        self.index
            .owned(uid)
            .filter_map(|key| self.get(key))
            .collect()
    }

    pub(super) fn insert(&mut self, object: &Rc<Object>) -> Option<Rc<Object>> {
        let key = object.key();
        let table = self.by_kind.entry(key.kind).or_default();
        let old = Rc::make_mut(table).insert((key.namespace, key.name), object.clone());
        Rc::make_mut(&mut self.index).replace(old.as_deref(), Some(object));
        old
    }

    pub(super) fn remove(&mut self, key: &ObjectKey) -> Option<Rc<Object>> {
        let table = Rc::make_mut(self.by_kind.get_mut(key.kind)?);
        let old = table.remove(&(key.namespace.clone(), key.name.clone()));
        Rc::make_mut(&mut self.index).replace(old.as_deref(), None);
        old
    }
}
