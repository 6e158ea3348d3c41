//! Where an entry of an ordered map stands, and how that is found among several runs.

use std::cmp::Ordering;

/// Where an entry stands or would stand: which run, and which entry of it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) run: usize,
    pub(super) at: usize,
}

/// The place of a key among so many that stand in order, or the one at which it would stand; `compare` tells how what
/// stands at a place compares to it. One function for all kinds of keys.
pub(super) fn halve(
    count: usize,
    compare: &dyn Fn(usize) -> Option<Ordering>,
) -> Result<usize, usize> {
    let (mut from, mut to) = (0, count);
    while from < to {
        let middle = usize::midpoint(from, to);
        match compare(middle) {
            Some(Ordering::Equal) => return Ok(middle),
            Some(Ordering::Less) => from = middle + 1,
            Some(Ordering::Greater) | None => to = middle,
        }
    }
    Err(from)
}

/// Where a key stands or would stand, if that is at this spot or next to it in its run.
pub(super) fn near(
    spot: Spot,
    last_run: usize,
    compare: &dyn Fn(Spot) -> Option<Ordering>,
) -> Option<Result<Spot, Spot>> {
    match compare(spot)? {
        Ordering::Equal => Some(Ok(spot)),
        Ordering::Less => {
            let next = Spot {
                at: spot.at + 1,
                ..spot
            };
            match compare(next) {
                Some(Ordering::Equal) => Some(Ok(next)),
                Some(Ordering::Greater) => Some(Err(next)),
                None if spot.run == last_run => Some(Err(next)),
                Some(Ordering::Less) | None => None,
            }
        }
        Ordering::Greater => {
            let before = Spot {
                at: spot.at.checked_sub(1)?,
                ..spot
            };
            match compare(before)? {
                Ordering::Equal => Some(Ok(before)),
                Ordering::Less => Some(Err(spot)),
                Ordering::Greater => None,
            }
        }
    }
}
