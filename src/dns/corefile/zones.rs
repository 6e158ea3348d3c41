//! Zones as a Corefile writes them: names, or subnets that stand for their reverse zones.

use crate::dns::DnsName;
use crate::store::Cidr;
use std::net::IpAddr;

/// Takes scheme and port off a server block's key; `None` if the port is no number.
pub(super) fn split_port(key: &str) -> Option<(&str, Option<u16>)> {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    match key.rsplit_once(':') {
        // The colons of an IPv6 subnet are no port.
        Some((front, _)) if front.contains(':') && !key.contains(']') => Some((key, None)),
        Some((front, port)) => Some((front, Some(port.parse().ok()?))),
        None => Some((key, None)),
    }
}

/// The zones that a word stands for.
pub(super) fn normalize(word: &str) -> Option<Vec<DnsName>> {
    if word.contains('/') {
        return reverse_zones(&Cidr::parse(word)?);
    }
    Some(vec![if word.is_empty() {
        DnsName::root()
    } else {
        DnsName::parse(&word.to_ascii_lowercase()).ok()?
    }])
}

/// The reverse zones that cover a subnet exactly.
fn reverse_zones(subnet: &Cidr) -> Option<Vec<DnsName>> {
    let (step, total, suffix) = match subnet.base() {
        IpAddr::V4(_) => (8, 32, "in-addr.arpa."),
        IpAddr::V6(_) => (4, 128, "ip6.arpa."),
    };
    let prefix = subnet.prefix();
    let whole = prefix.div_ceil(step) * step;
    let parts = 1_u128 << (whole - prefix);
    let zone = |i: u128| {
        let base = subnet.nth(i << (total - whole));
        let mut labels: Vec<String> = match base {
            IpAddr::V4(ip) => ip.octets().iter().map(u8::to_string).collect(),
            IpAddr::V6(ip) => (0..32)
                .rev()
                .map(|n| format!("{:x}", ip.to_bits() >> (4 * n) & 15))
                .collect(),
        };
        labels.truncate(usize::from(whole / step));
        labels.reverse();
        labels.push(suffix.to_owned());
        DnsName::parse(&labels.join(".")).ok()
    };
    (0..parts).map(zone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(word: &str) -> Vec<String> {
        normalize(word)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn subnets_stand_for_reverse_zones() {
        assert_eq!(texts("10.0.0.0/8"), ["10.in-addr.arpa."]);
        assert_eq!(
            texts("172.16.0.0/15"),
            ["16.172.in-addr.arpa.", "17.172.in-addr.arpa."]
        );
        assert_eq!(texts("fd00::/16"), ["0.0.d.f.ip6.arpa."]);
        assert_eq!(texts("Cluster.Local"), ["cluster.local."]);
    }

    #[test]
    fn ports_are_split_off() {
        assert_eq!(split_port("dns://.:1053"), Some((".", Some(1053))));
        assert_eq!(split_port("fd00::/16"), Some(("fd00::/16", None)));
    }
}
