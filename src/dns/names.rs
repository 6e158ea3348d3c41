//! A map from names whose look-up costs nearly the same however many there are.
//!
//! Names are ordered by a number made of their bytes, which compares faster than text and is the same on every
//! machine; nothing that is shown depends on their order.

use crate::kernel::BTreeMap;
use std::rc::Rc;

/// A map from names.
#[derive(Clone, Debug)]
pub(super) struct Names<T> {
    /// The names with the same number; more than one is rare.
    entries: BTreeMap<u64, Vec<(Rc<str>, T)>>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
        }
    }
}

impl<T: Clone + Default> Names<T> {
    /// What a name stands for.
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        let found = self.entries.get(&number(name))?;
        found
            .iter()
            .find(|(other, _)| **other == *name)
            .map(|(_, value)| value)
    }

    /// What a name stands for, to be changed; a new name gets a default.
    pub(super) fn entry(&mut self, name: &Rc<str>) -> &mut T {
        let found = self.entries.entry(number(name)).or_default();
        let at = found.iter().position(|(other, _)| other == name);
        let at = at.unwrap_or_else(|| {
            found.push((name.clone(), T::default()));
            found.len() - 1
        });
        #[expect(
            clippy::indexing_slicing,
            reason = "the position was found or made above"
        )]
        &mut found[at].1
    }

    /// Forgets a name.
    pub(super) fn remove(&mut self, name: &str) {
        let number = number(name);
        if let Some(found) = self.entries.get_mut(&number) {
            found.retain(|(other, _)| **other != *name);
            if found.is_empty() {
                self.entries.remove(&number);
            }
        }
    }

    /// Whether there is no name.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All names, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Rc<str>, &T)> {
        let all = self.entries.values().flatten();
        all.map(|(name, value)| (name, value))
    }
}

/// FNV-1a (RFC 9923).
fn number(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
