//! Addresses and address ranges as the API takes them (`k8s.io/apimachinery/pkg/util/validation/ip.go`).

use std::net::IpAddr;

const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const RANGE: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const MAPPED: &str = "must not be an IPv4-mapped IPv6 address";

/// Reads an address as Go's older parser did (`ParseIPSloppy`), which takes leading zeros as decimal.
pub fn sloppy(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let parts: Vec<&str> = text.split('.').collect();
    let number = |part: &&str| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u8>().ok()).flatten()
    };
    let bytes: Option<Vec<u8>> = parts.iter().map(number).collect();
    let bytes: [u8; 4] = bytes?.try_into().ok()?;
    Some(IpAddr::from(bytes))
}

fn is_mapped(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some())
}

/// Reads an address; the error is what is wrong with it.
pub(super) fn address(text: &str) -> Result<IpAddr, &'static str> {
    let address = sloppy(text).ok_or(ADDRESS)?;
    if text.parse::<IpAddr>().is_err() {
        return Err("must not have leading 0s");
    }
    if is_mapped(&address) {
        return Err(MAPPED);
    }
    Ok(address)
}

/// What is wrong with an address that may be written in one way only.
pub(super) fn canonical(text: &str) -> Option<String> {
    match address(text) {
        Err(why) => Some(why.to_owned()),
        Ok(ip) => {
            let own = ip.to_string();
            (own != text).then(|| format!("must be in canonical form ({own:?})"))
        }
    }
}

/// What is wrong with a range.
pub(super) fn range(text: &str) -> Option<&'static str> {
    let Some((address, prefix)) = text.split_once('/') else {
        return Some(RANGE);
    };
    let (Some(ip), Ok(length)) = (sloppy(address), prefix.parse::<u32>()) else {
        return Some(RANGE);
    };
    let width = if ip.is_ipv4() { 32 } else { 128 };
    let digits = prefix.bytes().all(|b| b.is_ascii_digit());
    if length > width || !digits {
        return Some(RANGE);
    }
    let padded = prefix.len() > 1 && prefix.starts_with('0');
    if padded || address.parse::<IpAddr>().is_err() {
        return Some("must not have leading 0s in IP or prefix length");
    }
    if is_mapped(&ip) {
        return Some(MAPPED);
    }
    let host_bits = width - length;
    let stray = match ip {
        IpAddr::V4(v4) => u32::from(v4).trailing_zeros() < host_bits,
        IpAddr::V6(v6) => u128::from(v6).trailing_zeros() < host_bits,
    };
    stray.then_some("must not have bits set beyond the prefix length")
}

/// Whether an address lies in the range that begins at `base` and fixes so many bits.
pub(super) fn within(address: IpAddr, base: IpAddr, bits: u8) -> bool {
    let mask = |width: u8| {
        u128::MAX
            .checked_shl(u32::from(width - bits.min(width)))
            .unwrap_or(0)
    };
    match (address, base) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            (u128::from(u32::from(a)) ^ u128::from(u32::from(b))) & mask(32) == 0
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a) ^ u128::from(b)) & mask(128) == 0,
        _ => false,
    }
}

/// Why an address is too special to be an endpoint or an external address.
pub(super) fn special(address: IpAddr, text: &str) -> Option<String> {
    let (local, local_multicast) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets().starts_with(&[224, 0, 0])),
        IpAddr::V6(v6) => (
            v6.is_unicast_link_local(),
            v6.segments()[0] & 0xff0f == 0xff02,
        ),
    };
    if address.is_unspecified() {
        return Some(format!("may not be unspecified ({text})"));
    }
    let why = if address.is_loopback() {
        "may not be in the loopback range (127.0.0.0/8, ::1/128)"
    } else if local {
        "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
    } else if local_multicast {
        "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
    } else {
        return None;
    };
    Some(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_strict() {
        assert_eq!(address("10.0.0.1").map(|_| ()), Ok(()));
        assert_eq!(address("10.0.0.01"), Err("must not have leading 0s"));
        assert_eq!(address("10.0.0.256"), Err(ADDRESS));
        assert_eq!(address("::ffff:10.0.0.1"), Err(MAPPED));
        assert_eq!(address(""), Err(ADDRESS));
    }

    #[test]
    fn ranges_are_strict() {
        assert_eq!(range("10.0.0.0/8"), None);
        assert_eq!(range("0.0.0.0/0"), None);
        assert_eq!(range("2001:db8::/64"), None);
        assert_eq!(range("10.0.0.0/33"), Some(RANGE));
        assert_eq!(range("10.0.0.1"), Some(RANGE));
        assert_eq!(
            range("10.0.0.1/8"),
            Some("must not have bits set beyond the prefix length")
        );
        assert_eq!(
            range("10.0.0.0/08"),
            Some("must not have leading 0s in IP or prefix length")
        );
    }
}
