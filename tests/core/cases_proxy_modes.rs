//! The three modes of kube-proxy, side by side: whatever the Service, they deliver to the same endpoints, except where the
//! real ones differ.

use crate::cases_proxy::restore;
use portside::net::{Fate, Hook, Protocol, Proxy, Query};
use portside::store::{Cidr, ClusterNetwork, ProxyMode};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

const NODES: &str = "apiVersion: v1\nkind: Node\nmetadata: {name: node-1, labels: {topology.kubernetes.io/zone: a}}\nstatus: {addresses: [{type: InternalIP, address: 192.168.49.2}]}\n---\napiVersion: v1\nkind: Node\nmetadata: {name: node-2, labels: {topology.kubernetes.io/zone: b}}\nstatus: {addresses: [{type: InternalIP, address: 192.168.49.3}]}\n";

/// One endpoint: its node, whether it is ready, serving, terminating, and its zone's hint.
type End = (u8, bool, bool, bool, u8);

fn manifests((inside, outside, ranges): (bool, bool, bool), ends: &[End]) -> String {
    let policy = |local: bool| if local { "Local" } else { "Cluster" };
    let ranges = if ranges {
        "['203.0.113.0/24', '192.168.49.0/24']"
    } else {
        "[]"
    };
    let mut text = format!(
        "{NODES}---\napiVersion: v1\nkind: Service\nmetadata: {{name: s, namespace: n}}\nspec:\n  type: LoadBalancer\n  clusterIP: 10.96.7.7\n  externalIPs: [198.51.100.7]\n  internalTrafficPolicy: {}\n  externalTrafficPolicy: {}\n  loadBalancerSourceRanges: {ranges}\n  ports: [{{port: 80, nodePort: 30080}}]\nstatus: {{loadBalancer: {{ingress: [{{ip: 192.0.2.7}}]}}}}\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: s-1, namespace: n, labels: {{kubernetes.io/service-name: s}}}}\naddressType: IPv4\nports: [{{name: '', port: 80, protocol: TCP}}]\nendpoints:\n",
        policy(inside),
        policy(outside)
    );
    for (i, (node, ready, serving, terminating, zone)) in ends.iter().enumerate() {
        let hint = match zone {
            0 => String::new(),
            1 => ", hints: {forZones: [{name: a}]}".to_owned(),
            _ => ", hints: {forZones: [{name: b}]}".to_owned(),
        };
        writeln!(
            text,
            "- {{addresses: ['10.244.9.{}'], nodeName: node-{node}, conditions: {{ready: {ready}, serving: {serving}, terminating: {terminating}}}{hint}}}",
            i + 1
        )
        .unwrap();
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_modes_deliver_to_the_same_endpoints(
        (inside, outside, ranges) in any::<(bool, bool, bool)>(),
        ends in prop::collection::vec((1u8..3, any::<bool>(), any::<bool>(), any::<bool>(), 0u8..3), 0..6),
    ) {
        let (store, changes) = restore(&manifests((inside, outside, ranges), &ends));
        let mut proxy = Proxy::default();
        proxy.observe(store.tables(), &changes);
        let sources = ["10.244.1.9", "192.168.49.2", "192.168.49.1", "203.0.113.9"];
        let doors = [("10.96.7.7", 80), ("198.51.100.7", 80), ("192.0.2.7", 80), ("192.168.49.2", 30080)];
        for source in sources {
            for (ip, port) in doors {
                let query = Query {
                    source: source.parse().unwrap(),
                    to: SocketAddr::new(ip.parse::<IpAddr>().unwrap(), port),
                    protocol: Protocol::Tcp,
                    hook: Hook::Prerouting,
                };
                let of = |mode: ProxyMode| {
                    let network = ClusterNetwork {
                        proxy_mode: mode,
                        pod_cidrs: vec![Cidr::parse("10.244.0.0/16").unwrap()],
                        ..ClusterNetwork::default()
                    };
                    let ruling = proxy.rule(&network, "node-1", &query);
                    let ends: BTreeSet<SocketAddr> = ruling.endpoints().map(|e| e.address).collect();
                    prop_assert_eq!(ruling.fate == Fate::Endpoint, !ends.is_empty());
                    prop_assert!(!ruling.because().is_empty());
                    Ok((ruling.fate, ends, ruling.bypass))
                };
                let (fate, ends, bypass) = of(ProxyMode::Iptables)?;
                let nftables = of(ProxyMode::Nftables)?;
                prop_assert_eq!(&ends, &nftables.1, "{} to {}", source, ip);
                // Only a refused source is told differently where there is no endpoint either.
                if fate != nftables.0 {
                    prop_assert!(ranges && fate == Fate::Reject && nftables.0 == Fate::Drop);
                }
                // ipvs knows no way past the policy Local, and without a local endpoint it sends to all.
                let ipvs = of(ProxyMode::Ipvs)?;
                if !bypass && fate != Fate::Drop {
                    prop_assert_eq!(&ends, &ipvs.1, "{} to {}", source, ip);
                }
            }
        }
    }
}
