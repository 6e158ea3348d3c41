//! The Pods behind a Service: those that it selects and those that its slices list, by their numbers.

use crate::api::Object;
use crate::api::service::Service;
use crate::kernel::BTreeSet;
use crate::store::Tables;
use std::rc::Rc;

/// A Service with what is behind it.
pub(super) struct Behind<'a> {
    pub(super) object: &'a Rc<Object>,
    pub(super) service: &'a Service,
    /// The Pods that its slices list.
    pub(super) listed: Vec<usize>,
    /// These and those that it selects.
    pub(super) pods: BTreeSet<usize>,
}

impl<'a> Behind<'a> {
    /// `all` are the Pods of its namespace, sorted by name.
    pub(super) fn new(
        tables: &'a Tables,
        all: &[&'a Rc<Object>],
        object: &'a Rc<Object>,
        service: &'a Service,
    ) -> Self {
        let namespace = &object.meta.namespace;
        let slices = tables.slices_of(namespace, &object.meta.name);
        let endpoints = slices
            .into_iter()
            .filter_map(|o| o.slice())
            .flat_map(|slice| slice.endpoints());
        let pods = endpoints
            .filter_map(|e| e.target_ref.as_ref())
            .filter(|t| t.kind == "Pod");
        let mut finder = Finder::new(all);
        let listed: Vec<usize> = pods.filter_map(|t| finder.find(&t.name)).collect();
        let selected = tables.pods_with(namespace, &service.spec.selector);
        let selected = selected
            .into_iter()
            .filter_map(|pod| finder.find(&pod.meta.name));
        Self {
            pods: selected.chain(listed.iter().copied()).collect(),
            object,
            service,
            listed,
        }
    }
}

/// Finds numbers of Pods by their names, most of which come in order.
pub(super) struct Finder<'f, 'a> {
    /// The Pods, sorted by name.
    all: &'f [&'a Rc<Object>],
    next: usize,
}

impl<'f, 'a> Finder<'f, 'a> {
    pub(super) fn new(all: &'f [&'a Rc<Object>]) -> Self {
        Self { all, next: 0 }
    }

    pub(super) fn find(&mut self, name: &str) -> Option<usize> {
        let is_next = self
            .all
            .get(self.next)
            .is_some_and(|pod| pod.meta.name == name);
        let found = if is_next {
            self.next
        } else {
            let found = self
                .all
                .binary_search_by(|pod| pod.meta.name.as_str().cmp(name));
            found.ok()?
        };
        self.next = found + 1;
        Some(found)
    }
}
