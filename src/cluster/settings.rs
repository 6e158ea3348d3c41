//! What a cluster is made from, and the documents that real clusters take the same settings from.

use super::dump::text;
use crate::api::{Map, Object, Value};
use crate::kernel::DEFAULT_EPOCH;
use crate::manifest::{Limits, read};
use crate::store::{Cidr, ClusterNetwork, NodePortAddresses, ProxyMode, ProxySettings};

/// What a cluster is made from: the same settings and inputs give the same event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The seed of every random draw.
    pub seed: u64,
    /// Subnets, domain and proxy mode.
    pub network: ClusterNetwork,
    /// How many nodes, the control plane among them.
    pub nodes: u8,
    /// The wall-clock time at which it begins, in seconds since 1970.
    pub epoch: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 42,
            network: ClusterNetwork::default(),
            nodes: 3,
            epoch: DEFAULT_EPOCH,
        }
    }
}

impl Settings {
    /// Takes over what a document sets: kubeadm's `ClusterConfiguration` or kube-proxy's configuration. False if it is
    /// another document; the error says what is wrong with a value.
    pub fn read(&mut self, document: &Value) -> Result<bool, String> {
        let Value::Map(map) = document else {
            return Ok(false);
        };
        let group = |version: &str| version.split('/').next().unwrap_or_default().to_owned();
        let version = text(map, &["apiVersion"]).map(group).unwrap_or_default();
        match (version.as_str(), text(map, &["kind"]).unwrap_or_default()) {
            ("kubeadm.k8s.io", "ClusterConfiguration") => {
                check_subnets(map)?;
                read_cluster_configuration(map, &mut self.network);
            }
            ("kubeproxy.config.k8s.io", "KubeProxyConfiguration") => {
                read_proxy_configuration(map, &mut self.network)?;
            }
            // kubeadm's other documents say nothing that the simulation acts on.
            ("kubeadm.k8s.io" | "kubelet.config.k8s.io", _) => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn proxy_mode(mode: Option<&str>) -> Result<ProxyMode, String> {
    match mode {
        None | Some("iptables") => Ok(ProxyMode::Iptables),
        Some("nftables") => Ok(ProxyMode::Nftables),
        Some("ipvs") => Ok(ProxyMode::Ipvs),
        Some(other) => Err(format!(
            "KubeProxyConfiguration.Mode: Invalid value: {other:?}: must be iptables, ipvs, nftables or blank (blank means the best-available proxy [currently iptables])"
        )),
    }
}

/// Takes over kube-proxy's own configuration.
pub(super) fn read_proxy_configuration(
    map: &Map,
    network: &mut ClusterNetwork,
) -> Result<(), String> {
    let mode = proxy_mode(text(map, &["mode"]).filter(|mode| !mode.is_empty()))?;
    let mut proxy = ProxySettings {
        counts: network.proxy.counts,
        random_fully: network.proxy.random_fully,
        ..ProxySettings::default()
    };
    let at = |path: &[&str]| {
        let (first, rest) = path.split_first()?;
        map.get(*first)?.at(rest)
    };
    let flag = |path: &[&str]| match at(path) {
        Some(Value::Bool(set)) => Some(*set),
        _ => None,
    };
    proxy.node_port_addresses = node_port_addresses(at(&["nodePortAddresses"]))?;
    if let Some(cidrs) = text(map, &["clusterCIDR"]).filter(|text| !text.is_empty()) {
        let cidrs = cidrs.split(',').map(|part| {
            Cidr::parse(part.trim()).ok_or(format!(
                "KubeProxyConfiguration.ClusterCIDR: Invalid value: {cidrs:?}: must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)"
            ))
        });
        let cidrs = cidrs.collect::<Result<Vec<_>, _>>()?;
        proxy.cluster_cidrs = Some(cidrs).filter(|cidrs| *cidrs != network.pod_cidrs);
    }
    // The nftables mode has a section of its own; the ipvs mode takes these two from that of iptables.
    let section = match mode {
        ProxyMode::Nftables => "nftables",
        ProxyMode::Iptables | ProxyMode::Ipvs => "iptables",
    };
    proxy.masquerade_all = flag(&[section, "masqueradeAll"]).unwrap_or(false);
    if let Some(bit) = at(&[section, "masqueradeBit"]).and_then(Value::as_int) {
        proxy.masquerade_bit = u8::try_from(bit).ok().filter(|bit| *bit < 32).ok_or(format!(
            "KubeProxyConfiguration.{section}.MasqueradeBit: Invalid value: {bit}: must be within the range [0, 31]"
        ))?;
    }
    proxy.localhost_node_ports = flag(&["iptables", "localhostNodePorts"]).unwrap_or(true);
    proxy.tcp_liberal = flag(&["conntrack", "tcpBeLiberal"]).unwrap_or(false);
    if let Some(name) = text(map, &["ipvs", "scheduler"]).filter(|name| !name.is_empty()) {
        name.clone_into(&mut proxy.scheduler);
    }
    network.proxy_mode = mode;
    network.proxy = proxy;
    Ok(())
}

fn node_port_addresses(value: Option<&Value>) -> Result<NodePortAddresses, String> {
    let listed = value.and_then(Value::as_list).unwrap_or_default();
    let texts: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
    if texts == ["primary"] {
        return Ok(NodePortAddresses::Primary);
    }
    let range = |(i, text): (usize, &&str)| {
        Cidr::parse(text).ok_or(format!(
            "KubeProxyConfiguration.NodePortAddresses[{i}]: Invalid value: {text:?}: must be a valid CIDR block or \"primary\""
        ))
    };
    let ranges: Vec<Cidr> = texts
        .iter()
        .enumerate()
        .map(range)
        .collect::<Result<_, _>>()?;
    Ok(if ranges.is_empty() {
        NodePortAddresses::Unset
    } else {
        NodePortAddresses::Ranges(ranges)
    })
}

/// Takes over what the `kube-proxy` `ConfigMap` says. What cannot be read changes nothing: a real kube-proxy would not start.
pub(super) fn read_proxy_config_map(
    object: &Object,
    network: &mut ClusterNetwork,
) -> Result<(), String> {
    let value = object.to_value();
    let text = value.at(&["data", "config.conf"]).and_then(Value::as_str);
    // What was written of these settings, as at the start, says nothing new.
    if text == Some(proxy_configuration(network).as_str()) {
        return Ok(());
    }
    let Some(Value::Map(map)) = text.map(|text| {
        let documents = read(text, &Limits::FILE).documents;
        documents
            .first()
            .map(|document| document.value())
            .unwrap_or_default()
    }) else {
        return Err("it has no config.conf that is a YAML document".to_owned());
    };
    read_proxy_configuration(&map, network)
}

/// The `config.conf` that kubeadm writes for these settings.
pub(super) fn proxy_configuration(network: &ClusterNetwork) -> String {
    let proxy = &network.proxy;
    let cidrs = proxy.cluster_cidrs.as_ref().unwrap_or(&network.pod_cidrs);
    let cidrs: Vec<String> = cidrs.iter().map(ToString::to_string).collect();
    let mode = match network.proxy_mode {
        ProxyMode::Iptables => "\"\"",
        other => other.name(),
    };
    let bit = match proxy.masquerade_bit {
        14 => "null".to_owned(),
        bit => bit.to_string(),
    };
    let addresses = match &proxy.node_port_addresses {
        NodePortAddresses::Unset => " null".to_owned(),
        NodePortAddresses::Primary => "\n- primary".to_owned(),
        NodePortAddresses::Ranges(ranges) => {
            ranges.iter().map(|range| format!("\n- {range}")).collect()
        }
    };
    let local = if proxy.localhost_node_ports {
        "null"
    } else {
        "false"
    };
    let scheduler = if proxy.scheduler == "rr" {
        "\"\""
    } else {
        &proxy.scheduler
    };
    let (all, liberal) = (proxy.masquerade_all, proxy.tcp_liberal);
    let bind = if cidrs.first().is_some_and(|cidr| cidr.contains(':')) {
        "'::'"
    } else {
        "0.0.0.0"
    };
    format!(
        "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nbindAddress: {bind}\nbindAddressHardFail: false\nclientConnection:\n  acceptContentTypes: \"\"\n  burst: 0\n  contentType: \"\"\n  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf\n  qps: 0\nclusterCIDR: {}\nconfigSyncPeriod: 0s\nconntrack:\n  maxPerCore: null\n  min: null\n  tcpBeLiberal: {liberal}\n  tcpCloseWaitTimeout: null\n  tcpEstablishedTimeout: null\n  udpStreamTimeout: 0s\n  udpTimeout: 0s\ndetectLocal:\n  bridgeInterface: \"\"\n  interfaceNamePrefix: \"\"\ndetectLocalMode: \"\"\nenableProfiling: false\nhealthzBindAddress: \"\"\nhostnameOverride: \"\"\niptables:\n  localhostNodePorts: {local}\n  masqueradeAll: {all}\n  masqueradeBit: {bit}\n  minSyncPeriod: 0s\n  syncPeriod: 0s\nipvs:\n  excludeCIDRs: null\n  minSyncPeriod: 0s\n  scheduler: {scheduler}\n  strictARP: false\n  syncPeriod: 0s\n  tcpFinTimeout: 0s\n  tcpTimeout: 0s\n  udpTimeout: 0s\nkind: KubeProxyConfiguration\nlogging:\n  flushFrequency: 0\n  options:\n    json:\n      infoBufferSize: \"0\"\n    text:\n      infoBufferSize: \"0\"\n  verbosity: 0\nmetricsBindAddress: \"\"\nmode: {mode}\nnftables:\n  masqueradeAll: {all}\n  masqueradeBit: {bit}\n  minSyncPeriod: 0s\n  syncPeriod: 0s\nnodePortAddresses:{addresses}\noomScoreAdj: null\nportRange: \"\"\nshowHiddenMetricsForVersion: \"\"\nwinkernel:\n  enableDSR: false\n  forwardHealthCheckVip: false\n  networkName: \"\"\n  rootHnsEndpointName: \"\"\n  sourceVip: \"\"\n",
        cidrs.join(",")
    )
}

fn check_subnets(map: &Map) -> Result<(), String> {
    for field in ["serviceSubnet", "podSubnet"] {
        let given = map.get("networking").and_then(|n| n.get(field));
        let subnets = match given {
            None | Some(Value::Null) => continue,
            Some(Value::Str(text)) if text.is_empty() => continue,
            Some(Value::Str(text)) => text.as_str(),
            // YAML takes 10.100 for a number.
            Some(other) => {
                return Err(format!(
                    "networking.{field}: Invalid value: {}: must be text, like \"10.96.0.0/16\"",
                    other.to_json()
                ));
            }
        };
        for part in subnets.split(',') {
            if Cidr::parse(part.trim()).is_none() {
                return Err(format!(
                    "networking.{field}: Invalid value: {subnets:?}: couldn't parse subnet"
                ));
            }
        }
    }
    Ok(())
}

/// Takes over the subnets and the domain of kubeadm's `ClusterConfiguration`.
pub(super) fn read_cluster_configuration(map: &Map, network: &mut ClusterNetwork) {
    let subnets = |field: &str| -> Vec<Cidr> {
        let text = text(map, &["networking", field]).unwrap_or_default();
        text.split(',')
            .filter_map(|part| Cidr::parse(part.trim()))
            .collect()
    };
    let services = subnets("serviceSubnet");
    if let Some(first) = services.first() {
        // kubeadm gives cluster DNS the tenth address.
        network.dns_address = first.nth(10);
        network.service_cidrs = services;
    }
    let pods = subnets("podSubnet");
    if !pods.is_empty() {
        network.pod_cidrs = pods;
    }
    if let Some(domain) = text(map, &["networking", "dnsDomain"]) {
        domain.trim_end_matches('.').clone_into(&mut network.domain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Result<Settings, String> {
        let mut settings = Settings::default();
        for document in read(text, &Limits::FILE).documents {
            settings.read(&document.value())?;
        }
        Ok(settings)
    }

    #[test]
    fn kubeadm_gives_subnets_and_domain() {
        let text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nnetworking:\n  serviceSubnet: 10.100.0.0/16\n  podSubnet: 10.200.0.0/16\n  dnsDomain: acme.internal\n";
        let network = after(text).unwrap().network;
        assert_eq!(network.service_cidrs[0].to_string(), "10.100.0.0/16");
        assert_eq!(network.dns_address.to_string(), "10.100.0.10");
        assert_eq!(network.domain, "acme.internal");
    }

    #[test]
    fn what_kubeadm_writes_for_kube_proxy_is_read_back() {
        for text in [
            "mode: ipvs\nipvs: {scheduler: wrr}\nclusterCIDR: 10.0.0.0/8\n",
            "mode: nftables\nnodePortAddresses: [primary]\nnftables: {masqueradeAll: true, masqueradeBit: 15}\n",
            "nodePortAddresses: [192.168.0.0/16, '::/0']\niptables: {localhostNodePorts: false}\nconntrack: {tcpBeLiberal: true}\n",
        ] {
            let head =
                "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";
            let network = after(&format!("{head}{text}")).unwrap().network;
            assert_eq!(
                after(&proxy_configuration(&network)).unwrap().network,
                network
            );
        }
    }

    #[test]
    fn kube_proxy_gives_its_mode() {
        let text = |mode: &str| {
            format!(
                "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: {mode}\n"
            )
        };
        assert_eq!(
            after(&text("ipvs")).unwrap().network.proxy_mode,
            ProxyMode::Ipvs
        );
        assert!(after(&text("userspace")).unwrap_err().contains("userspace"));
        let more = text("nftables")
            + "nodePortAddresses: [primary]\nclusterCIDR: 10.0.0.0/8,fd00::/48\nnftables: {masqueradeAll: true, masqueradeBit: 15}\n";
        let network = after(&more).unwrap().network;
        assert_eq!(
            network.proxy.node_port_addresses,
            NodePortAddresses::Primary
        );
        assert_eq!(network.local_detector(true), Cidr::parse("fd00::/48"));
        assert_eq!(network.masquerade_mark(), 0x8000);
        assert!(network.proxy.masquerade_all);
        let wrong = text("iptables") + "nodePortAddresses: [192.168.0.0]\n";
        assert!(after(&wrong).unwrap_err().contains("NodePortAddresses[0]"));
    }
}
