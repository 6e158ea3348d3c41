//! What a cluster is made from, and the documents that real clusters take the same settings from.

use super::dump::text;
use crate::api::{Map, Value};
use crate::store::{Cidr, ClusterNetwork, ProxyMode};

/// What a cluster is made from: the same settings and inputs give the same event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The seed of every random draw.
    pub seed: u64,
    /// Subnets, domain and proxy mode.
    pub network: ClusterNetwork,
    /// How many nodes, the control plane among them.
    pub nodes: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 42,
            network: ClusterNetwork::default(),
            nodes: 3,
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
                self.network.proxy_mode = proxy_mode(text(map, &["mode"]))?;
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

fn check_subnets(map: &Map) -> Result<(), String> {
    for field in ["serviceSubnet", "podSubnet"] {
        let Some(subnets) = text(map, &["networking", field]) else {
            continue;
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
    use crate::manifest::{Limits, read};

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
    }
}
