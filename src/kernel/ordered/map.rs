//! A map that keeps its keys in order: sorted runs of entries.
//!
//! A small map is one run, found by halving. A large one is a row of runs, each of at most [`RUN`] entries, so that a write
//! moves no more than one run; its copies share the runs until one of them writes, and then copy that run alone, so that a
//! picture of a large table costs little to take and to outlive. The methods are those of the standard library's `BTreeMap`, as far as they are used.

use super::entry::Entry;
use super::iterate::{IntoIter, Iter, IterMut, Keys, Values};
use super::spot::{Spot, halve, near};
use std::borrow::Borrow;
use std::cell::Cell;
use std::fmt;
use std::ops::{Bound, Index, RangeBounds};
use std::rc::Rc;

/// How many entries stand in one run at most.
const RUN: usize = 64;

type Run<K, V> = Vec<(K, V)>;

/// A map in the order of its keys.
#[derive(Clone)]
pub struct BTreeMap<K, V> {
    runs: Runs<K, V>,
}

/// The entries. A run that is alone may be empty.
#[derive(Clone)]
enum Runs<K, V> {
    One(Run<K, V>),
    Many(Box<Many<K, V>>),
}

/// Several runs, none empty, and how many entries they have together.
struct Many<K, V> {
    runs: Vec<Rc<Run<K, V>>>,
    /// What parts each run from the next: not before the keys of the one, before those of the other.
    parts: Vec<K>,
    len: usize,
    /// Where a key was found last: who asks again mostly asks for the same, or for what stands beside it.
    last: Cell<Spot>,
}

impl<K: Clone, V> Clone for Many<K, V> {
    fn clone(&self) -> Self {
        Self {
            runs: self.runs.clone(),
            parts: self.parts.clone(),
            len: self.len,
            last: self.last.clone(),
        }
    }
}

impl<K, V> BTreeMap<K, V> {
    /// A map of nothing.
    pub const fn new() -> Self {
        Self {
            runs: Runs::One(Vec::new()),
        }
    }

    /// The run of a number, counted from 0.
    fn run(&self, number: usize) -> Option<&Run<K, V>> {
        match &self.runs {
            Runs::One(run) => (number == 0).then_some(run),
            Runs::Many(many) => many.runs.get(number).map(Rc::as_ref),
        }
    }

    fn last_run(&self) -> usize {
        match &self.runs {
            Runs::One(_) => 0,
            Runs::Many(many) => many.runs.len().saturating_sub(1),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        match &self.runs {
            Runs::One(run) => run.len(),
            Runs::Many(many) => many.len,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes all entries out.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// The entries in their order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        match &self.runs {
            Runs::One(run) => Iter::new(run, &[]),
            Runs::Many(many) => Iter::new(&[], &many.runs),
        }
    }

    /// The keys in their order.
    pub fn keys(&self) -> Keys<'_, K, V> {
        Keys(self.iter())
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> Values<'_, K, V> {
        Values(self.iter())
    }

    /// The entry with the least key.
    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// The entry with the greatest key.
    pub fn last_key_value(&self) -> Option<(&K, &V)> {
        self.iter().next_back()
    }

    /// The entry that stands at a spot.
    fn at(&self, spot: Spot) -> Option<&(K, V)> {
        self.run(spot.run)?.get(spot.at)
    }
}

impl<K: Clone, V: Clone> BTreeMap<K, V> {
    /// A run to be changed: a copy of its own if others hold it too.
    fn run_mut(&mut self, number: usize) -> Option<&mut Run<K, V>> {
        match &mut self.runs {
            Runs::One(run) => (number == 0).then_some(run),
            Runs::Many(many) => many.runs.get_mut(number).map(Rc::make_mut),
        }
    }

    /// The entries in their order, with values that can be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        match &mut self.runs {
            Runs::One(run) => IterMut::new(run, &mut []),
            Runs::Many(many) => IterMut::new(&mut [], &mut many.runs),
        }
    }

    /// The values in the order of their keys, to be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> {
        self.iter_mut().map(|(_, value)| value)
    }

    /// The keys in their order, without the values.
    pub fn into_keys(self) -> impl DoubleEndedIterator<Item = K> {
        self.into_iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> {
        self.into_iter().map(|(_, value)| value)
    }

    /// Takes the entry with the least key out.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.is_empty()).then(|| self.take(Spot { run: 0, at: 0 }))?
    }

    /// Keeps the entries that `keep` is true of.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        match &mut self.runs {
            Runs::One(run) => run.retain_mut(|(key, value)| keep(key, value)),
            Runs::Many(many) => {
                for run in &mut many.runs {
                    Rc::make_mut(run).retain_mut(|(key, value)| keep(key, value));
                }
                many.runs.retain(|run| !run.is_empty());
                many.len = many.runs.iter().map(|run| run.len()).sum();
                let ends = many.runs.iter().filter_map(|run| run.last());
                many.parts = ends.map(|(key, _)| key.clone()).collect();
                many.parts.pop();
                if many.runs.is_empty() {
                    self.clear();
                }
            }
        }
    }

    pub(super) fn at_mut(&mut self, spot: Spot) -> Option<&mut (K, V)> {
        self.run_mut(spot.run)?.get_mut(spot.at)
    }

    /// Takes the entry at a spot out; a run that is empty then goes too.
    fn take(&mut self, spot: Spot) -> Option<(K, V)> {
        let run = self.run_mut(spot.run)?;
        let entry = (spot.at < run.len()).then(|| run.remove(spot.at))?;
        let emptied = run.is_empty();
        if let Runs::Many(many) = &mut self.runs {
            many.len -= 1;
            if emptied {
                many.runs.remove(spot.run);
                let part = spot.run.min(many.parts.len().saturating_sub(1));
                if part < many.parts.len() {
                    many.parts.remove(part);
                }
            }
            if many.runs.is_empty() {
                self.clear();
            }
        }
        Some(entry)
    }

    /// Puts an entry at the spot where its key would stand, and says where it stands.
    pub(super) fn put(&mut self, spot: Spot, entry: (K, V)) -> Spot {
        let Some(run) = self.run_mut(spot.run) else {
            return spot;
        };
        if run.len() < RUN {
            run.insert(spot.at.min(run.len()), entry);
            self.count_one();
            return spot;
        }
        // A full run is halved; one that grows at its end, as with numbers that count up, stays full.
        let half = if spot.at >= RUN { RUN } else { RUN / 2 };
        let mut rest = run.split_off(half);
        let mut spot = spot;
        if spot.at >= half {
            spot = Spot {
                run: spot.run + 1,
                at: spot.at - half,
            };
            rest.insert(spot.at.min(rest.len()), entry);
            self.add_run(spot.run, rest);
        } else {
            run.insert(spot.at, entry);
            self.add_run(spot.run + 1, rest);
        }
        self.count_one();
        spot
    }

    fn count_one(&mut self) {
        if let Runs::Many(many) = &mut self.runs {
            many.len += 1;
        }
    }

    /// Adds a run behind another one, of which it was cut off.
    fn add_run(&mut self, at: usize, run: Run<K, V>) {
        if let Runs::One(first) = &mut self.runs {
            // The entry for whose sake the run was cut is counted by the caller.
            self.runs = Runs::Many(Box::new(Many {
                runs: vec![Rc::new(std::mem::take(first))],
                parts: Vec::new(),
                len: RUN,
                last: Cell::default(),
            }));
        }
        if let Runs::Many(many) = &mut self.runs
            && let Some((end, _)) = many.runs.get(at.wrapping_sub(1)).and_then(|run| run.last())
        {
            many.parts.insert(at - 1, end.clone());
            many.runs.insert(at, Rc::new(run));
        }
    }
}

impl<K: Ord, V> BTreeMap<K, V> {
    /// The spot of a key, or the one at which it would stand.
    pub(super) fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<Spot, Spot>
    where
        K: Borrow<Q>,
    {
        match &self.runs {
            Runs::One(entries) => {
                let found = entries.binary_search_by(|(other, _)| other.borrow().cmp(key));
                let spot = |at| Spot { run: 0, at };
                found.map(spot).map_err(spot)
            }
            Runs::Many(many) => {
                let compare = |spot: Spot| {
                    let (other, _) = many.runs.get(spot.run)?.get(spot.at)?;
                    Some(other.borrow().cmp(key))
                };
                let found =
                    near(many.last.get(), many.parts.len(), &compare).unwrap_or_else(|| {
                        let part = |at: usize| {
                            let part: &K = many.parts.get(at)?;
                            Some(part.borrow().cmp(key))
                        };
                        let run = halve(many.parts.len(), &part).unwrap_or_else(|run| run);
                        let count = many.runs.get(run).map_or(0, |run| run.len());
                        let spot = |at| Spot { run, at };
                        let found = halve(count, &|at| compare(spot(at)));
                        found.map(spot).map_err(spot)
                    });
                many.last.set(found.unwrap_or_else(|spot| spot));
                found
            }
        }
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// A key as it stands in the map, and its value.
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let (key, value) = self.at(self.find(key).ok()?)?;
        Some((key, value))
    }

    /// Whether a key is there.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// The spots of the first entry of a range and of the first after it.
    fn bounds<Q: Ord + ?Sized>(&self, range: &impl RangeBounds<Q>) -> (Spot, Spot)
    where
        K: Borrow<Q>,
    {
        // `past`: the key itself lies before the spot.
        let spot = |key: &Q, past: bool| match self.find(key) {
            Ok(spot) => Spot {
                at: spot.at + usize::from(past),
                ..spot
            },
            Err(spot) => spot,
        };
        let last = self.last_run();
        let from = match range.start_bound() {
            Bound::Included(key) => spot(key, false),
            Bound::Excluded(key) => spot(key, true),
            Bound::Unbounded => Spot { run: 0, at: 0 },
        };
        let to = match range.end_bound() {
            Bound::Included(key) => spot(key, true),
            Bound::Excluded(key) => spot(key, false),
            Bound::Unbounded => Spot {
                run: last,
                at: self.run(last).map_or(0, Vec::len),
            },
        };
        (from, to.max(from))
    }

    /// The entries whose keys lie in a range.
    pub fn range<Q: Ord + ?Sized>(&self, range: impl RangeBounds<Q>) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let (from, to) = self.bounds(&range);
        let part = |run: usize, from: usize, to: usize| {
            let entries = self.run(run).map(Vec::as_slice).unwrap_or_default();
            entries.get(from..to.min(entries.len())).unwrap_or_default()
        };
        if from.run == to.run {
            return Iter {
                runs: [].iter(),
                front: part(from.run, from.at, to.at).iter(),
                back: [].iter(),
            };
        }
        let between = match &self.runs {
            Runs::One(_) => &[],
            Runs::Many(many) => many.runs.get(from.run + 1..to.run).unwrap_or_default(),
        };
        Iter {
            runs: between.iter(),
            front: part(from.run, from.at, usize::MAX).iter(),
            back: part(to.run, 0, to.at).iter(),
        }
    }
}

impl<K: Ord + Clone, V: Clone> BTreeMap<K, V> {
    /// The value of a key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let spot = self.find(key).ok()?;
        self.at_mut(spot).map(|(_, value)| value)
    }

    /// Gives a key a value; what it had before is returned.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(spot) => {
                let (_, old) = self.at_mut(spot)?;
                Some(std::mem::replace(old, value))
            }
            Err(spot) => {
                self.put(spot, (key, value));
                None
            }
        }
    }

    /// Takes a key out, with its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let spot = self.find(key).ok()?;
        self.take(spot).map(|(_, value)| value)
    }

    /// The place of a key, there or not.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        Entry {
            spot: self.find(&key),
            key,
            map: self,
        }
    }

    /// Calls a function with each entry whose key lies in a range.
    pub fn each_in<Q: Ord + ?Sized>(
        &mut self,
        range: impl RangeBounds<Q>,
        mut act: impl FnMut(&K, &mut V),
    ) where
        K: Borrow<Q>,
    {
        let (mut spot, to) = self.bounds(&range);
        while spot < to {
            match self.at_mut(spot) {
                Some((key, value)) => {
                    act(key, value);
                    spot.at += 1;
                }
                None => {
                    spot = Spot {
                        run: spot.run + 1,
                        at: 0,
                    };
                }
            }
        }
    }
}

impl<K: Clone, V: Clone> IntoIterator for BTreeMap<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        let (front, runs) = match self.runs {
            Runs::One(run) => (run, Vec::new()),
            Runs::Many(many) => (Vec::new(), many.runs),
        };
        IntoIter {
            runs: runs.into_iter(),
            front: front.into_iter(),
            back: Vec::new().into_iter(),
        }
    }
}

impl<'a, K, V> IntoIterator for &'a BTreeMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<'a, K: Clone, V: Clone> IntoIterator for &'a mut BTreeMap<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    fn into_iter(self) -> IterMut<'a, K, V> {
        self.iter_mut()
    }
}

impl<K, V> Default for BTreeMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for BTreeMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<K: Ord + Borrow<Q>, Q: Ord + ?Sized, V> Index<&Q> for BTreeMap<K, V> {
    type Output = V;

    #[expect(
        clippy::panic,
        reason = "indexing panics as with the standard library's map; the core's lints forbid it outside tests"
    )]
    fn index(&self, key: &Q) -> &V {
        match self.get(key) {
            Some(value) => value,
            None => panic!("no entry found for key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap as Standard;

    #[test]
    fn the_last_of_equal_keys_is_collected() {
        let map: BTreeMap<_, _> = [("b", 1), ("a", 2), ("b", 3)].into_iter().collect();
        assert_eq!(map.into_iter().collect::<Vec<_>>(), [("a", 2), ("b", 3)]);
    }

    #[test]
    fn keys_that_count_up_leave_full_runs() {
        let map: BTreeMap<_, _> = (0..10 * RUN).map(|n| (n, ())).collect();
        assert!((0..10).all(|n| map.run(n).unwrap().len() == RUN));
    }

    fn agree(ours: &BTreeMap<u16, u16>, standard: &Standard<u16, u16>) {
        assert_eq!(ours.len(), standard.len());
        assert!(ours.iter().eq(standard.iter()));
        assert!(ours.iter().rev().eq(standard.iter().rev()));
        assert_eq!(ours.iter().len(), standard.len());
        assert_eq!(ours.first_key_value(), standard.first_key_value());
        assert_eq!(ours.last_key_value(), standard.last_key_value());
        let full = |n| (1..=RUN).contains(&ours.run(n).unwrap().len());
        assert!(ours.is_empty() || (0..=ours.last_run()).all(full));
    }

    proptest! {
        #[test]
        fn it_does_what_the_standard_map_does(
            steps in prop::collection::vec((0..5u8, 0..600u16, any::<u16>()), 0..1500),
        ) {
            let (mut ours, mut standard) = (BTreeMap::new(), Standard::new());
            let mut kept = (ours.clone(), standard.clone());
            for (step, key, value) in steps {
                match step {
                    0 | 1 => prop_assert_eq!(ours.insert(key, value), standard.insert(key, value)),
                    2 => prop_assert_eq!(ours.remove(&key), standard.remove(&key)),
                    3 => {
                        *ours.entry(key).and_modify(|v| *v ^= 1).or_default() ^= value;
                        *standard.entry(key).and_modify(|v| *v ^= 1).or_default() ^= value;
                    }
                    _ => prop_assert_eq!(ours.get(&key), standard.get(&key)),
                }
                if value % 97 == 0 {
                    prop_assert_eq!(ours.pop_first(), standard.pop_first());
                }
                if value % 211 == 0 {
                    agree(&kept.0, &kept.1);
                    kept = (ours.clone(), standard.clone());
                }
                if value % 997 == 0 {
                    ours.retain(|k, _| k % 3 != key % 3);
                    standard.retain(|k, _| k % 3 != key % 3);
                }
            }
            agree(&ours, &standard);
            agree(&kept.0, &kept.1);
            for (from, to) in [(0, 600), (100, 101), (250, 400), (400, 1000)] {
                prop_assert!(ours.range(from..to).eq(standard.range(from..to)));
                prop_assert!(ours.range(from..=to).rev().eq(standard.range(from..=to).rev()));
                prop_assert!(ours.range(from..).eq(standard.range(from..)));
                prop_assert!(ours.range(..to).eq(standard.range(..to)));
                ours.each_in(from..to, |key, value| *value = *key);
                standard.range_mut(from..to).for_each(|(key, value)| *value = *key);
            }
            agree(&ours, &standard);
            prop_assert!(ours.clone().into_iter().rev().eq(standard.clone().into_iter().rev()));
            ours.values_mut().for_each(|value| *value /= 2);
            standard.values_mut().for_each(|value| *value /= 2);
            prop_assert!(ours.into_iter().eq(standard));
        }
    }
}
