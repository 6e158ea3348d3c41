//! Lists that share most of their items: what one has and the other has not, at the cost of what differs.

use std::rc::Rc;

/// The items of a list that another does not share, if what they share stands in the same order; else some more.
pub fn unshared<'a, T>(list: &'a [Rc<T>], other: &[Rc<T>]) -> Vec<&'a Rc<T>> {
    unshared_by(list, other, Rc::ptr_eq)
}

/// The same for items of which a function says whether two are one.
pub fn unshared_by<'a, T>(list: &'a [T], other: &[T], same: fn(&T, &T) -> bool) -> Vec<&'a T> {
    let mut left = other;
    let mut found = Vec::new();
    for item in list {
        let place = left.iter().position(|theirs| same(item, theirs));
        match place.and_then(|place| left.get(place + 1..)) {
            Some(rest) => left = rest,
            None => found.push(item),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_left_out() {
        let item = |n: u32| Rc::new(n);
        let (a, b, c, d) = (item(1), item(2), item(3), item(4));
        let old = [a.clone(), b.clone(), c.clone()];
        let new = [a.clone(), c.clone(), d.clone()];
        assert_eq!(unshared(&new, &old), [&d]);
        assert_eq!(unshared(&old, &new), [&b]);
        // What has changed places may be told, though both have it.
        assert_eq!(unshared(&[c, a], &old).len(), 1);
    }
}
