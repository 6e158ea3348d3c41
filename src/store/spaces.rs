//! One kind's objects by namespace and name, which is the order in which lists come.

use crate::api::Object;
use crate::kernel::BTreeMap;
use std::cell::Cell;
use std::rc::Rc;

/// The objects of one namespace by name.
pub(super) type Space = BTreeMap<Rc<str>, Rc<Object>>;

/// The namespaces that have objects of a kind, sorted; none is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Spaces {
    all: Vec<(Rc<str>, Space)>,
    /// The one that was asked for last: mostly it is the next one too.
    last: Cell<usize>,
}

impl Spaces {
    /// Where a namespace stands, or would stand.
    fn find(&self, namespace: &str) -> Result<usize, usize> {
        let last = self.last.get();
        if self
            .all
            .get(last)
            .is_some_and(|(own, _)| **own == *namespace)
        {
            return Ok(last);
        }
        let found = self.all.binary_search_by(|(own, _)| (**own).cmp(namespace));
        if let Ok(at) = found {
            self.last.set(at);
        }
        found
    }

    /// The objects of a namespace.
    pub(super) fn get(&self, namespace: &str) -> Option<&Space> {
        let at = self.find(namespace).ok()?;
        self.all.get(at).map(|(_, space)| space)
    }

    /// The objects of each namespace.
    pub(super) fn values(&self) -> impl Iterator<Item = &Space> {
        self.all.iter().map(|(_, space)| space)
    }

    /// Whether there is no object.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Puts an object in; gives back what stood there.
    pub(super) fn insert(
        &mut self,
        namespace: &Rc<str>,
        name: &Rc<str>,
        object: &Rc<Object>,
    ) -> Option<Rc<Object>> {
        match self.find(namespace) {
            Ok(at) => {
                let (_, space) = self.all.get_mut(at)?;
                space.insert(name.clone(), object.clone())
            }
            Err(at) => {
                let space = BTreeMap::from([(name.clone(), object.clone())]);
                self.all.insert(at, (namespace.clone(), space));
                None
            }
        }
    }

    /// Takes an object out.
    pub(super) fn remove(&mut self, namespace: &str, name: &str) -> Option<Rc<Object>> {
        let at = self.find(namespace).ok()?;
        let (_, space) = self.all.get_mut(at)?;
        let old = space.remove(name);
        if space.is_empty() {
            self.all.remove(at);
        }
        old
    }
}
