//! From addresses back to names (RFC 1035 §3.5, RFC 3596 §2.5).

use super::lookup::endpoint_label;
use super::{Records, Zone};
use crate::dns::because::{Because, ServiceName};
use crate::dns::catalog::Endpoint;
use crate::dns::{DnsName, Query, Record, RecordData};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

impl Zone<'_> {
    /// PTR records; at a name that is no whole reverse name there are none.
    pub(super) fn reverse(
        &self,
        query: &Query,
        lower: &DnsName,
        front: &str,
    ) -> Result<(Records, Because), Because> {
        let Some(ip) = address_of(lower) else {
            let found = self.records(front)?;
            return Ok((Records::default(), found.because));
        };
        let text = ip.to_string();
        let zone = self.options.primary.text();
        let shown = |of: &&ServiceName| {
            // Labels of namespaces are not looked at here.
            self.options.namespaces.is_empty() || self.exposed(&of.namespace).is_ok()
        };
        let record = |target| {
            Record::new(
                query.name.clone(),
                self.options.ttl,
                RecordData::Ptr(target),
            )
        };
        if let Some(of) = self.catalog.with_cluster_ip(&text).find(shown) {
            let target = DnsName::below(&[&of.name, &of.namespace, "svc"], zone);
            let records = Records {
                answer: vec![record(target)],
                ..Records::default()
            };
            return Ok((records, Because::Service(of.clone())));
        }
        let mut records = Records::default();
        let mut because = Because::NoReverse(text.as_str().into());
        let services = self
            .catalog
            .with_endpoint_ip(&text)
            .filter(|_| self.options.endpoints);
        for of in services.filter(shown) {
            let backend = self.catalog.backend(&of.namespace, &of.name);
            let slices = backend
                .into_iter()
                .flat_map(|backend| backend.slices.values());
            let endpoints = slices.flat_map(|slice| slice.endpoints());
            let named = |endpoint: &&Endpoint| {
                *endpoint.address.text == *text
                    && (endpoint.hostname.is_some() || !self.options.ptr_hostname_only)
            };
            for endpoint in endpoints.filter(named) {
                let label = endpoint_label(endpoint, self.options.pod_names);
                let target = DnsName::below(&[&label, &of.name, &of.namespace, "svc"], zone);
                let record = record(target);
                if !records.answer.contains(&record) {
                    records.answer.push(record);
                }
                because = Because::Endpoint(of.clone(), label);
            }
        }
        if records.answer.is_empty() {
            Err(because)
        } else {
            Ok((records, because))
        }
    }
}

/// The address that a whole reverse name, in lower case, stands for.
pub(in crate::dns) fn address_of(lower: &DnsName) -> Option<IpAddr> {
    let text = lower.text();
    if let Some(front) = text.strip_suffix(".in-addr.arpa.") {
        let mut octets: Vec<&str> = front.split('.').collect();
        octets.reverse();
        return octets.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    }
    let front = text.strip_suffix(".ip6.arpa.")?;
    let (mut bits, mut count) = (0_u128, 0);
    for nibble in front.split('.').rev() {
        let mut chars = nibble.chars();
        let (Some(digit), None) = (chars.next(), chars.next()) else {
            return None;
        };
        bits = bits << 4 | u128::from(digit.to_digit(16)?);
        count += 1;
    }
    (count == 32).then(|| IpAddr::V6(Ipv6Addr::from_bits(bits)))
}

/// The reverse name of an address.
pub fn reverse_name(ip: IpAddr) -> DnsName {
    let text = match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(ip) => {
            let bits = ip.to_bits();
            let nibbles = (0..32).map(|i| format!("{:x}.", bits >> (4 * i) & 15));
            nibbles.collect::<String>() + "ip6.arpa."
        }
    };
    DnsName::parse(&text).unwrap_or_else(|_| DnsName::root())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_reverse_names_are_each_others_inverse() {
        for text in ["10.96.0.1", "fd00:96::30", "::1"] {
            let ip: IpAddr = text.parse().unwrap();
            assert_eq!(address_of(&reverse_name(ip)), Some(ip));
        }
        assert_eq!(
            address_of(&DnsName::parse("96.10.in-addr.arpa").unwrap()),
            None
        );
    }
}
