//! One port of one Service in one address family, as kube-proxy sees it (`pkg/proxy/serviceport.go`).

use super::{EndpointSet, Via, names};
use crate::api::service::{Service, ServicePort as ApiPort, ServiceSpec, ServiceType};
use crate::api::{ObjectKey, Value, sloppy};
use crate::net::Protocol;
use crate::store::{Cidr, ProxyMode};
use std::cell::RefCell;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// How long a client is remembered if the Service says nothing (`DefaultClientIPServiceAffinitySeconds`).
const AFFINITY: u32 = 10_800;

/// One port of one Service, as kube-proxy names it: `ns/name:port`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServicePortName {
    /// The Service.
    pub service: ObjectKey,
    /// The port's name, empty if it has none.
    pub port: Rc<str>,
    /// The protocol.
    pub protocol: Protocol,
    /// The port's number on the Service's address.
    pub number: u16,
}

impl ServicePortName {
    /// `default/redis` or `default/web:http`, as rule comments name it.
    pub fn comment(&self) -> String {
        self.to_string()
    }

    /// The chart's place: `service/default/redis:6379`.
    pub fn place(&self) -> String {
        format!(
            "service/{}/{}:{}",
            self.service.namespace, self.service.name, self.number
        )
    }
}

impl fmt::Display for ServicePortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service.namespace, self.service.name)?;
        if self.port.is_empty() {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

/// What kube-proxy keeps of a Service port (`BaseServicePortInfo`), and the endpoints behind it.
#[derive(Clone, Debug)]
pub struct ServicePort {
    /// Its name.
    pub name: ServicePortName,
    /// Its place in `spec.ports`.
    pub index: u32,
    /// The Service's address.
    pub cluster_ip: IpAddr,
    /// The port on each node, 0 for none.
    pub node_port: u16,
    /// Addresses outside the cluster that nodes accept traffic for.
    pub external_ips: Vec<IpAddr>,
    /// Addresses of a load balancer that hands packets on as they are.
    pub vips: Vec<IpAddr>,
    /// Who may reach those; empty for everybody.
    pub source_ranges: Vec<Cidr>,
    /// The port on which nodes tell a load balancer of local endpoints, 0 for none.
    pub health_check_node_port: u16,
    /// For how many seconds a client stays with its endpoint, if it does.
    pub affinity: Option<u32>,
    /// Whether traffic from outside goes to endpoints of the same node only.
    pub external_local: bool,
    /// Whether traffic from inside goes to endpoints of the same node only.
    pub internal_local: bool,
    /// The hash in the names of its iptables chains.
    pub hash: Rc<str>,
    /// The chart's place: `service/default/redis:6379`.
    pub place: Rc<str>,
    /// The words of its rules, as they were last told.
    pub(super) rules: RuleWords,
    /// The endpoints.
    pub endpoints: EndpointSet,
}

/// What the words of a rule depend on.
type Told = (ProxyMode, Via, SocketAddr);

/// The words of the rule that was told last, which are those of the next packet too as a rule.
#[derive(Clone, Debug, Default)]
pub(super) struct RuleWords(RefCell<Option<(Told, Rc<str>)>>);

impl RuleWords {
    /// The words of a rule that sends packets to an address on.
    pub(super) fn of(
        &self,
        mode: ProxyMode,
        via: Via,
        to: SocketAddr,
        write: &dyn Fn() -> String,
    ) -> Rc<str> {
        let mut known = self.0.borrow_mut();
        if let Some((of, text)) = &*known
            && *of == (mode, via, to)
        {
            return text.clone();
        }
        let text: Rc<str> = write().into();
        *known = Some(((mode, via, to), text.clone()));
        text
    }
}

impl ServicePort {
    /// The port's number on the Service's addresses.
    pub fn port(&self) -> u16 {
        self.name.number
    }

    /// Whether it is reached by more than the `ClusterIP`.
    pub fn externally_accessible(&self) -> bool {
        self.node_port != 0 || !self.vips.is_empty() || !self.external_ips.is_empty()
    }

    /// Whether it ever sends traffic to endpoints of all nodes: with an external address it does, since the node and its
    /// Pods bypass the policy Local.
    pub fn uses_cluster(&self) -> bool {
        !self.internal_local || self.externally_accessible()
    }

    /// Whether it ever sends traffic to endpoints of the same node only.
    pub fn uses_local(&self) -> bool {
        self.internal_local || (self.external_local && self.externally_accessible())
    }

    /// The ports of a Service in one family; none for what kube-proxy skips: headless and `ExternalName` Services, those
    /// without an address of the family, those of another proxy.
    pub fn all(key: &ObjectKey, service: &Service, ipv6: bool) -> Vec<Self> {
        let Some(cluster_ip) = cluster_ip(service, ipv6) else {
            return Vec::new();
        };
        let family = |ip: &IpAddr| ip.is_ipv6() == ipv6;
        let spec = &service.spec;
        let external_ips = spec.external_ips.iter().filter_map(|ip| parse_ip(ip));
        let ingress = service.status.load_balancer.ingress.iter();
        let vips = ingress.filter(|i| i.ip_mode.as_deref() != Some("Proxy"));
        let external_local =
            spec.is_externally_accessible() && spec.external_traffic_policy == "Local";
        let port = |index: u32, port: &ApiPort| {
            let number = u16::try_from(port.port).ok()?;
            let name = ServicePortName {
                service: key.clone(),
                port: port.name.as_str().into(),
                protocol: Protocol::parse(port.protocol()),
                number,
            };
            Some(Self {
                hash: names::iptables_hash(&name).into(),
                place: name.place().into(),
                rules: RuleWords::default(),
                name,
                index,
                cluster_ip,
                node_port: u16::try_from(port.node_port).unwrap_or(0),
                external_ips: external_ips.clone().filter(family).collect(),
                vips: vips
                    .clone()
                    .filter_map(|i| parse_ip(&i.ip))
                    .filter(family)
                    .collect(),
                source_ranges: source_ranges(spec, ipv6),
                health_check_node_port: if spec.needs_health_check() {
                    u16::try_from(spec.health_check_node_port).unwrap_or(0)
                } else {
                    0
                },
                affinity: (spec.session_affinity == "ClientIP")
                    .then(|| affinity_seconds(spec.session_affinity_config.as_ref())),
                external_local,
                internal_local: spec.internal_traffic_policy == "Local",
                endpoints: EndpointSet::default(),
            })
        };
        let ports = (0..).zip(&spec.ports);
        ports.filter_map(|(index, p)| port(index, p)).collect()
    }
}

/// The Service's address of a family (`GetClusterIPByFamily`); none for what needs no rules.
fn cluster_ip(service: &Service, ipv6: bool) -> Option<IpAddr> {
    let spec = &service.spec;
    let skipped = matches!(spec.cluster_ip.as_str(), "" | "None")
        || spec.service_type() == ServiceType::ExternalName;
    if skipped {
        return None;
    }
    let texts: &[String] = if spec.cluster_ips.is_empty() {
        std::slice::from_ref(&spec.cluster_ip)
    } else {
        &spec.cluster_ips
    };
    let mut addresses = texts.iter().filter_map(|text| parse_ip(text));
    addresses.find(|ip| ip.is_ipv6() == ipv6)
}

/// Who may reach a load balancer's addresses; a range of everybody counts as none.
fn source_ranges(spec: &ServiceSpec, ipv6: bool) -> Vec<Cidr> {
    let texts = spec.load_balancer_source_ranges.iter();
    let ranges = texts.filter_map(|range| parse_cidr(range.trim()));
    let own: Vec<Cidr> = ranges.filter(|r| r.base().is_ipv6() == ipv6).collect();
    if own.iter().any(|range| range.prefix() == 0) {
        return Vec::new();
    }
    own
}

fn affinity_seconds(config: Option<&Value>) -> u32 {
    let seconds = config.and_then(|c| c.at(&["clientIP", "timeoutSeconds"])?.as_int());
    seconds
        .and_then(|s| u32::try_from(s).ok())
        .unwrap_or(AFFINITY)
}

/// Reads an address as Kubernetes does: leading zeros count as nothing, an IPv4 address in IPv6 dress is an IPv4 address.
pub(super) fn parse_ip(text: &str) -> Option<IpAddr> {
    sloppy(text).map(|ip| ip.to_canonical())
}

/// Reads a range in the same way.
pub(super) fn parse_cidr(text: &str) -> Option<Cidr> {
    let (ip, prefix) = text.split_once('/')?;
    Cidr::parse(&format!("{}/{prefix}", parse_ip(ip)?))
}
