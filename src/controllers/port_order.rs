//! The order in which the endpoint controllers list ports: that of the hashes of Go's dump of each.
//!
//! Models `NewPortMapKey` of `k8s.io/endpointslice/util` and `pkg/api/v1/endpoints`.

use crate::api::endpoints::SubsetPort;
use crate::api::service::EndpointPort;

/// Puts the ports of a slice in order.
pub(super) fn sort_slice_ports(ports: &mut [EndpointPort]) {
    if ports.len() < 2 {
        return;
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "<nil>".to_owned());
    ports.sort_by_cached_key(|port| {
        let number = port
            .port
            .map_or_else(|| "<nil>".to_owned(), |n| n.to_string());
        fnv(&format!(
            "(v1.EndpointPort){{Name:(*string){} Protocol:(*v1.Protocol){} Port:(*int32){number} AppProtocol:(*string){}}}",
            text(&port.name),
            text(&port.protocol),
            text(&port.app_protocol)
        ))
    });
}

/// Puts the ports of a subset of an Endpoints object in order.
pub(super) fn sort_subset_ports(ports: &mut [SubsetPort]) {
    if ports.len() < 2 {
        return;
    }
    ports.sort_by_cached_key(|port| {
        fnv(&format!(
            "(v1.EndpointPort){{Name:(string){} Port:(int32){} Protocol:(v1.Protocol){} AppProtocol:(*string){}}}",
            port.name,
            port.port,
            port.protocol,
            port.app_protocol.as_deref().unwrap_or("<nil>")
        ))
    });
}

/// FNV-1a of 128 bits.
fn fnv(text: &str) -> u128 {
    text.bytes()
        .fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
            (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_cluster_dns_stand_as_in_a_real_cluster() {
        let rows = [
            ("dns", 53, "UDP"),
            ("dns-tcp", 53, "TCP"),
            ("metrics", 9153, "TCP"),
        ];
        let mut subset: Vec<SubsetPort> = rows
            .iter()
            .map(|(name, port, protocol)| SubsetPort {
                name: (*name).to_owned(),
                port: *port,
                protocol: (*protocol).to_owned(),
                ..Default::default()
            })
            .collect();
        sort_subset_ports(&mut subset);
        let names: Vec<&str> = subset.iter().map(|port| port.name.as_str()).collect();
        assert_eq!(names, ["metrics", "dns-tcp", "dns"]);
        let mut slice: Vec<EndpointPort> = rows
            .iter()
            .rev()
            .map(|(name, port, protocol)| EndpointPort {
                name: Some((*name).to_owned()),
                port: Some(*port),
                protocol: Some((*protocol).to_owned()),
                ..Default::default()
            })
            .collect();
        sort_slice_ports(&mut slice);
        let names: Vec<_> = slice
            .iter()
            .filter_map(|port| port.name.as_deref())
            .collect();
        assert_eq!(names, ["dns", "dns-tcp", "metrics"]);
    }
}
