//! Address ranges and the `ClusterIP` allocator.
//!
//! Models `k8s.io/kubernetes/pkg/registry/core/service/ipallocator`: automatic picks are random in the upper band of the
//! range, the lower band is for addresses that people choose, and used only when the upper one is full.

use crate::kernel::BTreeMap;
use crate::kernel::Rng;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses, `10.96.0.0/12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    base: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// The range of `prefix` bits that holds `address`.
    pub fn new(address: IpAddr, prefix: u8) -> Self {
        let prefix = prefix.min(width(address));
        Self {
            base: from_bits(address, to_bits(address) & mask(address, prefix)),
            prefix,
        }
    }

    /// Reads `10.96.0.0/12`.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix: u8 = prefix.parse().ok()?;
        (prefix <= width(address)).then(|| Self::new(address, prefix))
    }

    /// The first address.
    pub fn base(&self) -> IpAddr {
        self.base
    }

    /// The number of fixed bits.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether an address lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.base.is_ipv4() == address.is_ipv4()
            && to_bits(address) & mask(address, self.prefix) == to_bits(self.base)
    }

    /// The address `offset` after the first.
    pub fn nth(&self, offset: u128) -> IpAddr {
        from_bits(self.base, to_bits(self.base).wrapping_add(offset))
    }

    /// How many addresses the range has, at most 2^64.
    pub fn size(&self) -> u128 {
        1u128 << u32::from(width(self.base) - self.prefix).min(64)
    }

    /// The `index`th part of the range that has `prefix` fixed bits.
    pub fn subnet(&self, prefix: u8, index: u128) -> Self {
        let step = 1u128 << u32::from(width(self.base).saturating_sub(prefix)).min(127);
        Self::new(self.nth(step.saturating_mul(index)), prefix)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn mask(address: IpAddr, prefix: u8) -> u128 {
    let width = width(address);
    let all = if width == 32 {
        u128::from(u32::MAX)
    } else {
        u128::MAX
    };
    if prefix == 0 {
        0
    } else {
        (all << (width - prefix)) & all
    }
}

fn to_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

fn from_bits(family: IpAddr, bits: u128) -> IpAddr {
    match family {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(bits as u32)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(bits)),
    }
}

/// Why an address was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// It cannot be used: it lies in the range, but is not one of its hosts (true), or outside (false).
    OutOfRange(bool),
    /// Another object has it.
    Taken,
    /// No address is left.
    Full,
}

/// The addresses of one range that are taken, and by whom.
#[derive(Clone, Debug)]
pub struct AddressPool {
    /// The range.
    pub range: Cidr,
    taken: BTreeMap<IpAddr, String>,
}

impl AddressPool {
    /// A pool with every address free.
    pub fn new(range: Cidr) -> Self {
        Self {
            range,
            taken: BTreeMap::new(),
        }
    }

    /// Who has an address.
    pub fn owner(&self, address: IpAddr) -> Option<&str> {
        self.taken.get(&address).map(String::as_str)
    }

    /// Takes a chosen address.
    pub fn take(&mut self, address: IpAddr, owner: &str) -> Result<(), AddressError> {
        self.check(address)?;
        self.taken.insert(address, owner.to_owned());
        Ok(())
    }

    /// Whether a chosen address could be taken.
    pub fn check(&self, address: IpAddr) -> Result<(), AddressError> {
        let (first, last) = self.usable();
        if !self.range.contains(address)
            || address < self.range.nth(first)
            || address > self.range.nth(last)
        {
            return Err(AddressError::OutOfRange(self.range.contains(address)));
        }
        if self.taken.contains_key(&address) {
            Err(AddressError::Taken)
        } else {
            Ok(())
        }
    }

    /// Picks a free address at random, from the upper band while it has one.
    pub fn pick(&mut self, rng: &mut Rng, owner: &str) -> Result<IpAddr, AddressError> {
        let (first, last) = self.usable();
        let split = (first + self.band()).min(last + 1);
        let address = self
            .pick_between(rng, split, last)
            .or_else(|| self.pick_between(rng, first, split.saturating_sub(1)))
            .ok_or(AddressError::Full)?;
        self.taken.insert(address, owner.to_owned());
        Ok(address)
    }

    /// Gives an address back.
    pub fn release(&mut self, address: IpAddr) {
        self.taken.remove(&address);
    }

    /// The offsets of the first and last usable address: not the network's own, nor IPv4's broadcast.
    fn usable(&self) -> (u128, u128) {
        let size = self.range.size();
        let broadcast = u128::from(self.range.base().is_ipv4());
        (1, size.saturating_sub(1 + broadcast).max(1))
    }

    /// The size of the lower band: `min(max(16, size/16), 256)`, none for 16 addresses or fewer.
    fn band(&self) -> u128 {
        let size = self.range.size();
        if size <= 16 {
            0
        } else {
            (size / 16).clamp(16, 256)
        }
    }

    /// A free address between two offsets: a random one, or the next free one after it.
    fn pick_between(&self, rng: &mut Rng, first: u128, last: u128) -> Option<IpAddr> {
        let count = (last + 1).checked_sub(first).filter(|n| *n > 0)?;
        let start = u128::from(rng.below(u64::try_from(count).unwrap_or(u64::MAX)));
        // At most as many steps as addresses are taken.
        (0..count)
            .map(|i| self.range.nth(first + (start + i) % count))
            .find(|a| !self.taken.contains_key(a))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(text: &str) -> AddressPool {
        AddressPool::new(Cidr::parse(text).unwrap())
    }

    #[test]
    fn automatic_addresses_come_from_the_upper_band_first() {
        let mut pool = pool("10.96.0.0/24");
        let mut rng = Rng::fork(7, "ips");
        let picked: Vec<IpAddr> = (0..238)
            .map(|_| pool.pick(&mut rng, "x").unwrap())
            .collect();
        assert!(picked.iter().all(|a| *a >= IpAddr::from([10, 96, 0, 17])));
        assert!(pool.pick(&mut rng, "x").unwrap() < IpAddr::from([10, 96, 0, 17]));
    }

    #[test]
    fn network_and_broadcast_addresses_are_not_given() {
        let pool = pool("10.96.0.0/28");
        assert_eq!(
            pool.check(IpAddr::from([10, 96, 0, 0])),
            Err(AddressError::OutOfRange(true))
        );
        assert_eq!(
            pool.check(IpAddr::from([10, 96, 0, 15])),
            Err(AddressError::OutOfRange(true))
        );
        assert_eq!(pool.check(IpAddr::from([10, 96, 0, 14])), Ok(()));
    }

    #[test]
    fn a_range_is_cut_into_subnets() {
        let cidr = Cidr::parse("10.244.0.0/16").unwrap();
        assert_eq!(cidr.subnet(24, 2).to_string(), "10.244.2.0/24");
        assert!(
            cidr.contains(IpAddr::from([10, 244, 255, 1]))
                && !cidr.contains(IpAddr::from([10, 245, 0, 1]))
        );
    }
}
