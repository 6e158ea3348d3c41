//! What a Corefile can tell the `kubernetes` plugin.

use crate::api::LabelSelector;
use crate::dns::DnsName;
use crate::kernel::BTreeSet;

/// Which Pod records exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PodsMode {
    /// None: the plugin's default.
    #[default]
    Disabled,
    /// Any that spells an address: kubeadm's choice.
    Insecure,
    /// Those of Pods that live.
    Verified,
}

/// The options of the `kubernetes` plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The zones that it speaks for.
    pub zones: Vec<DnsName>,
    /// The zone that PTR records point into: the first that is no reverse zone.
    pub primary: DnsName,
    /// Which Pod records exist.
    pub pods: PodsMode,
    /// How long answers may be kept, in seconds.
    pub ttl: u32,
    /// The namespaces that exist for clients; empty for all.
    pub namespaces: BTreeSet<String>,
    /// Labels that a namespace must have.
    pub namespace_labels: Option<LabelSelector>,
    /// Whether a Service without ready endpoints does not exist.
    pub ignore_empty: bool,
    /// Whether endpoints are named by their Pods.
    pub pod_names: bool,
    /// Whether only endpoints with a host name of their own have reverse names.
    pub ptr_hostname_only: bool,
    /// Whether endpoints are watched at all.
    pub endpoints: bool,
    /// Whether names of topology zones exist.
    pub zonal: bool,
    /// Within which zones an unknown name goes to the next plugin.
    pub fallthrough: Vec<DnsName>,
}

impl Options {
    /// The plugin's defaults for these zones; `None` if all of them are reverse zones.
    pub fn new(zones: Vec<DnsName>) -> Option<Self> {
        let reverse = |zone: &DnsName| {
            let text = zone.text().to_ascii_lowercase();
            text.ends_with("in-addr.arpa.") || text.ends_with("ip6.arpa.")
        };
        let primary = zones.iter().find(|zone| !reverse(zone))?.clone();
        Some(Self {
            zones,
            primary,
            pods: PodsMode::default(),
            ttl: 5,
            namespaces: BTreeSet::new(),
            namespace_labels: None,
            ignore_empty: false,
            pod_names: false,
            ptr_hostname_only: false,
            endpoints: true,
            zonal: false,
            fallthrough: Vec::new(),
        })
    }

    /// The longest zone that a name is within.
    pub(in crate::dns) fn zone_of(&self, name: &DnsName) -> Option<&DnsName> {
        let within = self.zones.iter().filter(|zone| name.is_within(zone));
        within.max_by_key(|zone| if zone.is_root() { 0 } else { zone.text().len() })
    }
}
