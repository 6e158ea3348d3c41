//! Where an entry of an ordered map stands, and how that is found among several runs.

use std::cell::Cell;
use std::cmp::Ordering;

/// Where an entry stands or would stand: which run, and which entry of it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) run: usize,
    pub(super) at: usize,
}

/// Looks for a key among several runs: first where one was found last and beside that, then by halving. `compare` tells
/// how what stands at a spot compares to the key. One function for all kinds of keys.
pub(super) fn search(
    last: &Cell<Spot>,
    runs: usize,
    length: &dyn Fn(usize) -> usize,
    compare: &dyn Fn(Spot) -> Option<Ordering>,
) -> Result<Spot, Spot> {
    if let Some(found) = near(last.get(), runs, compare) {
        last.set(found.unwrap_or_else(|spot| spot));
        return found;
    }
    let halve = |mut from: usize, mut to: usize, spot: &dyn Fn(usize) -> Spot| {
        while from < to {
            let middle = usize::midpoint(from, to);
            match compare(spot(middle)) {
                Some(Ordering::Equal) => return Ok(middle),
                Some(Ordering::Less) => from = middle + 1,
                Some(Ordering::Greater) | None => to = middle,
            }
        }
        Err(from)
    };
    // The run whose last entry is the first that is not before the key; what comes after all stands at the end of the last.
    let end = |run| Spot {
        run,
        at: length(run).saturating_sub(1),
    };
    let found = match halve(0, runs, &end) {
        Ok(run) => Ok(end(run)),
        Err(run) => {
            let run = run.min(runs.saturating_sub(1));
            let spot = |at| Spot { run, at };
            halve(0, length(run), &spot).map(spot).map_err(spot)
        }
    };
    last.set(found.unwrap_or_else(|spot| spot));
    found
}

/// Where a key stands or would stand, if that is at this spot or next to it in its run.
fn near(
    spot: Spot,
    runs: usize,
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
                None if spot.run + 1 == runs => Some(Err(next)),
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
