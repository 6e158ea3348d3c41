//! What a cluster is made from.

use crate::store::ClusterNetwork;

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
