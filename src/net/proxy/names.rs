//! The names of chains, in which a reader recognises their own node's rules.
//!
//! Models `portProtoHash` and `servicePortEndpointChainName` of `pkg/proxy/iptables/proxier.go`, and
//! `servicePortChainNameBase` and its kin of `pkg/proxy/nftables/proxier.go`.

use super::ServicePortName;
use crate::kernel::{base32, sha256};

/// The most characters of what follows the prefix of an nftables chain's name.
const NFT_LONGEST: usize = 240;

/// The hash in `KUBE-SVC-`, `KUBE-SVL-`, `KUBE-EXT-` and `KUBE-FW-`.
pub fn iptables_hash(name: &ServicePortName) -> String {
    let text = format!("{}{}", name.comment(), name.protocol.lower());
    base32(&sha256(&text), 16)
}

/// `KUBE-SEP-…`, the chain of one endpoint, which is named as `ip:port`.
pub fn iptables_endpoint(name: &ServicePortName, endpoint: &str) -> String {
    let text = format!("{}{}{endpoint}", name.comment(), name.protocol.lower());
    format!("KUBE-SEP-{}", base32(&sha256(&text), 16))
}

/// What follows the prefix in the names of a Service port's nftables chains: `ULMVA6XW-ns1/svc1/tcp/p80`.
pub fn nftables_base(name: &ServicePortName) -> String {
    hash_and_truncate(&nftables_plain(name))
}

/// What follows the prefix in the names of an endpoint's chain and set.
pub fn nftables_endpoint(name: &ServicePortName, endpoint: &str) -> String {
    let (ip, port) = endpoint.rsplit_once(':').unwrap_or((endpoint, ""));
    let ip = ip.trim_matches(['[', ']']).replace(':', ".");
    hash_and_truncate(&format!("{}__{ip}/{port}", nftables_plain(name)))
}

fn nftables_plain(name: &ServicePortName) -> String {
    let (service, protocol) = (&name.service, name.protocol.lower());
    format!(
        "{}/{}/{protocol}/{}",
        service.namespace, service.name, name.port
    )
}

fn hash_and_truncate(name: &str) -> String {
    let mut name = format!("{}-{name}", base32(&sha256(name), 8));
    if name.len() > NFT_LONGEST {
        // Names of objects are plain ASCII.
        name.truncate(NFT_LONGEST - 3);
        name.push_str("...");
    }
    name
}
