//! The place of a key in an ordered map, there or not.

use super::map::BTreeMap;
use super::spot::Spot;

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
