//! The node port allocator: 30000–32767, whose first 86 numbers are left to people's own choice.
//!
//! It knows numbers, not protocols, as `pkg/registry/core/service/portallocator` does.

use crate::kernel::BTreeMap;
use crate::kernel::Rng;

const FIRST: u16 = 30_000;
const LAST: u16 = 32_767;
/// `min(max(16, 2768/32), 128)`.
const BAND: u16 = 86;

/// The node ports that are taken, and by whom.
#[derive(Clone, Debug, Default)]
pub struct PortPool {
    taken: BTreeMap<u16, String>,
}

impl PortPool {
    /// Whether a number lies in the range.
    pub fn is_in_range(port: i64) -> bool {
        (i64::from(FIRST)..=i64::from(LAST)).contains(&port)
    }

    /// Who has a port.
    pub fn owner(&self, port: u16) -> Option<&str> {
        self.taken.get(&port).map(String::as_str)
    }

    /// Takes a chosen port; false if it is taken.
    pub fn take(&mut self, port: u16, owner: &str) -> bool {
        if self.taken.contains_key(&port) {
            return false;
        }
        self.taken.insert(port, owner.to_owned());
        true
    }

    /// Picks a free port at random, from the upper band while it has one.
    pub fn pick(&mut self, rng: &mut Rng, owner: &str) -> Option<u16> {
        let port = self
            .pick_between(rng, FIRST + BAND, LAST)
            .or_else(|| self.pick_between(rng, FIRST, FIRST + BAND - 1))?;
        self.taken.insert(port, owner.to_owned());
        Some(port)
    }

    /// Gives a port back.
    pub fn release(&mut self, port: u16) {
        self.taken.remove(&port);
    }

    fn pick_between(&self, rng: &mut Rng, first: u16, last: u16) -> Option<u16> {
        let count = last - first + 1;
        let start = rng.below(u64::from(count)) as u16;
        (0..count)
            .map(|i| first + (start + i) % count)
            .find(|p| !self.taken.contains_key(p))
    }
}
