//! The iterators over an ordered map: the run that the front stands in, those between, and the one of the back.

use std::rc::Rc;
use std::{slice, vec};

/// Entries in their order.
pub struct Iter<'a, K, V> {
    pub(super) runs: slice::Iter<'a, Rc<Vec<(K, V)>>>,
    pub(super) front: slice::Iter<'a, (K, V)>,
    pub(super) back: slice::Iter<'a, (K, V)>,
}

impl<'a, K, V> Iter<'a, K, V> {
    pub(super) fn new(first: &'a [(K, V)], runs: &'a [Rc<Vec<(K, V)>>]) -> Self {
        Self {
            runs: runs.iter(),
            front: first.iter(),
            back: [].iter(),
        }
    }
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self {
            runs: self.runs.clone(),
            front: self.front.clone(),
            back: self.back.clone(),
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.front.next() {
                return Some((key, value));
            }
            match self.runs.next() {
                Some(run) => self.front = run.iter(),
                None => return self.back.next().map(|(key, value)| (key, value)),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let inner: usize = self.runs.clone().map(|run| run.len()).sum();
        let all = self.front.len() + inner + self.back.len();
        (all, Some(all))
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.back.next_back() {
                return Some((key, value));
            }
            match self.runs.next_back() {
                Some(run) => self.back = run.iter(),
                None => return self.front.next_back().map(|(key, value)| (key, value)),
            }
        }
    }
}

/// Entries in their order, with values that can be changed.
pub struct IterMut<'a, K, V> {
    pub(super) runs: slice::IterMut<'a, Rc<Vec<(K, V)>>>,
    pub(super) front: slice::IterMut<'a, (K, V)>,
    pub(super) back: slice::IterMut<'a, (K, V)>,
}

impl<'a, K, V> IterMut<'a, K, V> {
    pub(super) fn new(first: &'a mut [(K, V)], runs: &'a mut [Rc<Vec<(K, V)>>]) -> Self {
        Self {
            runs: runs.iter_mut(),
            front: first.iter_mut(),
            back: [].iter_mut(),
        }
    }
}

impl<'a, K: Clone, V: Clone> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.front.next() {
                return Some((key, value));
            }
            match self.runs.next() {
                Some(run) => self.front = Rc::make_mut(run).iter_mut(),
                None => return self.back.next().map(|(key, value)| (&*key, value)),
            }
        }
    }
}

impl<K: Clone, V: Clone> DoubleEndedIterator for IterMut<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.back.next_back() {
                return Some((key, value));
            }
            match self.runs.next_back() {
                Some(run) => self.back = Rc::make_mut(run).iter_mut(),
                None => return self.front.next_back().map(|(key, value)| (&*key, value)),
            }
        }
    }
}

/// The entries themselves, in their order.
pub struct IntoIter<K, V> {
    pub(super) runs: vec::IntoIter<Rc<Vec<(K, V)>>>,
    pub(super) front: vec::IntoIter<(K, V)>,
    pub(super) back: vec::IntoIter<(K, V)>,
}

impl<K: Clone, V: Clone> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.front.next() {
                return Some(entry);
            }
            match self.runs.next() {
                Some(run) => self.front = Rc::unwrap_or_clone(run).into_iter(),
                None => return self.back.next(),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let inner: usize = self.runs.as_slice().iter().map(|run| run.len()).sum();
        let all = self.front.len() + inner + self.back.len();
        (all, Some(all))
    }
}

impl<K: Clone, V: Clone> DoubleEndedIterator for IntoIter<K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.back.next_back() {
                return Some(entry);
            }
            match self.runs.next_back() {
                Some(run) => self.back = Rc::unwrap_or_clone(run).into_iter(),
                None => return self.front.next_back(),
            }
        }
    }
}

/// Keys in their order.
pub struct Keys<'a, K, V>(pub(super) Iter<'a, K, V>);

/// Values in the order of their keys.
pub struct Values<'a, K, V>(pub(super) Iter<'a, K, V>);

macro_rules! part_of_entries {
    ($name:ident, $part:ident, $item:ident) => {
        impl<K, V> Clone for $name<'_, K, V> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<'a, K, V> Iterator for $name<'a, K, V> {
            type Item = &'a $item;

            fn next(&mut self) -> Option<&'a $item> {
                self.0.next().map($part)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.size_hint()
            }
        }

        impl<K, V> ExactSizeIterator for $name<'_, K, V> {}

        impl<K, V> DoubleEndedIterator for $name<'_, K, V> {
            fn next_back(&mut self) -> Option<Self::Item> {
                self.0.next_back().map($part)
            }
        }
    };
}

fn key_of<'a, K, V>((key, _): (&'a K, &'a V)) -> &'a K {
    key
}

fn value_of<'a, K, V>((_, value): (&'a K, &'a V)) -> &'a V {
    value
}

part_of_entries!(Keys, key_of, K);
part_of_entries!(Values, value_of, V);
