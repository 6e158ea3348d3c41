//! The place of a key in an ordered map, there or not.

use super::map::BTreeMap;
use super::spot::Spot;
use std::borrow::Borrow;

/// The place of a key in a map.
pub struct Entry<'a, K, V> {
    pub(super) map: &'a mut BTreeMap<K, V>,
    pub(super) key: K,
    pub(super) spot: Result<Spot, Spot>,
}

impl<'a, K: Ord + Clone, V: Clone> Entry<'a, K, V> {
    /// The value, after inserting what the function makes if there is none.
    pub fn or_insert_with(self, make: impl FnOnce() -> V) -> &'a mut V {
        let spot = match self.spot {
            Ok(spot) => spot,
            Err(spot) => self.map.put(spot, (self.key, make())),
        };
        match self.map.at_mut(spot) {
            Some((_, value)) => value,
            None => unreachable!("an entry stands where it was put"),
        }
    }

    /// The value, after inserting this one if there is none.
    pub fn or_insert(self, value: V) -> &'a mut V {
        self.or_insert_with(|| value)
    }

    /// The value, after inserting the default if there is none.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }

    /// Changes the value if there is one.
    pub fn and_modify(self, change: impl FnOnce(&mut V)) -> Self {
        if let Ok(spot) = self.spot
            && let Some((_, value)) = self.map.at_mut(spot)
        {
            change(value);
        }
        self
    }
}

impl<K: Ord + Clone, V: Clone> BTreeMap<K, V> {
    /// The value of a key, after inserting the default under a key of its own if there is none.
    pub fn get_or_default<Q: Ord + ?Sized>(&mut self, key: &Q) -> &mut V
    where
        K: Borrow<Q> + for<'k> From<&'k Q>,
        V: Default,
    {
        let spot = match self.find(key) {
            Ok(spot) => spot,
            Err(spot) => self.put(spot, (key.into(), V::default())),
        };
        match self.at_mut(spot) {
            Some((_, value)) => value,
            None => unreachable!("an entry stands where it was put"),
        }
    }
}
