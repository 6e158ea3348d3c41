//! Sorting that costs the page few bytes: the standard `sort` is compiled for each kind of item, this one once.

use std::cmp::Ordering;

/// Stable sorting, one algorithm for all kinds of items.
pub trait Arrange<T> {
    /// Sorts by the items' own order.
    fn arrange(&mut self)
    where
        T: Ord;

    /// Sorts by a comparison.
    fn arrange_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// Sorts by what a function makes of each item.
    fn arrange_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);
}

impl<T> Arrange<T> for [T] {
    fn arrange(&mut self)
    where
        T: Ord,
    {
        self.arrange_by(T::cmp);
    }

    fn arrange_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let places = sorted_places(self.len(), &mut |a, b| match (self.get(a), self.get(b)) {
            (Some(a), Some(b)) => compare(a, b),
            (None, _) | (_, None) => Ordering::Equal,
        });
        permute(places, &mut |a, b| self.swap(a, b));
    }

    fn arrange_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.arrange_by(|a, b| key(a).cmp(&key(b)));
    }
}

/// Which item comes first, which second, and so on.
fn sorted_places(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    <[usize]>::sort_by(&mut places, |a, b| compare(*a, *b));
    places
}

/// Brings each item from its place to where it belongs, cycle by cycle.
fn permute(mut places: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..places.len() {
        let mut to = start;
        while let Some(place) = places.get_mut(to) {
            let from = std::mem::replace(place, to);
            if from == start {
                break;
            }
            swap(to, from);
            to = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arranging_is_stable_sorting() {
        let mut rng = crate::kernel::Rng::fork(7, "arrange");
        for count in 0..60 {
            let items: Vec<(u64, usize)> = (0..count).map(|i| (rng.below(9), i)).collect();
            let (mut ours, mut standard) = (items.clone(), items);
            ours.arrange_by_key(|item| item.0);
            standard.sort_by_key(|item| item.0);
            assert_eq!(ours, standard);
            ours.arrange_by(|a, b| b.cmp(a));
            standard.sort_by(|a, b| b.cmp(a));
            assert_eq!(ours, standard);
        }
    }
}
