//! The stored objects, by kind, namespace and name.
//!
//! A snapshot is a cheap copy: tables are shared until somebody writes.

use crate::api::{KindRef, Object, ObjectKey};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

/// One kind's objects by namespace and name, which is the order in which lists come.
type Table = BTreeMap<(Rc<str>, Rc<str>), Rc<Object>>;

/// All stored objects.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    by_kind: BTreeMap<KindRef, Rc<Table>>,
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
        self.find(crate::api::kind::NAMESPACE, "", name).is_some()
    }

    pub(super) fn insert(&mut self, object: Rc<Object>) -> Option<Rc<Object>> {
        let key = object.key();
        let table = self.by_kind.entry(key.kind).or_default();
        Rc::make_mut(table).insert((key.namespace, key.name), object)
    }

    pub(super) fn remove(&mut self, key: &ObjectKey) -> Option<Rc<Object>> {
        Rc::make_mut(self.by_kind.get_mut(key.kind)?)
            .remove(&(key.namespace.clone(), key.name.clone()))
    }
}
