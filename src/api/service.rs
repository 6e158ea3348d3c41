//! Service, `EndpointSlice` and Endpoints.

use super::record::{StringMap, Word, record};
use super::{Map, Value};
use std::net::IpAddr;
use std::rc::Rc;

record! {
    /// A Service.
    pub struct Service {
        /// What is wanted.
        spec: ServiceSpec = "spec",
        /// What a load balancer gave.
        status: ServiceStatus = "status",
    }
    /// `ServiceSpec`.
    pub struct ServiceSpec {
        /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
        type_: String = "type",
        /// Labels that a Pod must have.
        selector: StringMap = "selector",
        /// The ports.
        ports: Vec<ServicePort> = "ports",
        /// The first of `cluster_ips`, or `None` for a headless Service.
        cluster_ip: String = "clusterIP",
        /// The addresses, at most one of each family.
        cluster_ips: Vec<String> = "clusterIPs",
        /// The families of the addresses.
        ip_families: Vec<String> = "ipFamilies",
        /// How many families are wanted.
        ip_family_policy: String = "ipFamilyPolicy",
        /// The name that an `ExternalName` Service stands for.
        external_name: String = "externalName",
        /// Addresses outside the cluster that nodes accept traffic for.
        external_ips: Vec<String> = "externalIPs",
        /// `None` or `ClientIP`.
        session_affinity: String = "sessionAffinity",
        /// The affinity's timeout.
        session_affinity_config: Option<Value> = "sessionAffinityConfig",
        /// Which endpoints traffic from outside may reach.
        external_traffic_policy: String = "externalTrafficPolicy",
        /// Which endpoints traffic from inside may reach.
        internal_traffic_policy: String = "internalTrafficPolicy",
        /// The port on which nodes tell a load balancer of local endpoints.
        health_check_node_port: i64 = "healthCheckNodePort",
        /// Whether not-ready Pods count as ready.
        publish_not_ready_addresses: bool = "publishNotReadyAddresses",
        /// The load balancer's address, as asked for.
        load_balancer_ip: String = "loadBalancerIP",
        /// Who may reach the load balancer's address.
        load_balancer_source_ranges: Vec<String> = "loadBalancerSourceRanges",
        /// Who serves the load balancer.
        load_balancer_class: Option<String> = "loadBalancerClass",
        /// Whether a load balancer needs node ports.
        allocate_load_balancer_node_ports: Option<bool> = "allocateLoadBalancerNodePorts",
        /// Which endpoints are preferred.
        traffic_distribution: Option<String> = "trafficDistribution",
    }
    /// One port of a Service.
    pub struct ServicePort {
        /// Its name; may be empty if it is the only one.
        name: String = "name",
        /// `TCP`, `UDP` or `SCTP`.
        protocol: String = "protocol",
        /// The application protocol.
        app_protocol: Option<String> = "appProtocol",
        /// The port on the Service's address.
        port: i64 = "port",
        /// The number or name of the port on the Pods.
        target_port: Value = "targetPort",
        /// The port on each node, 0 for none.
        node_port: i64 = "nodePort",
    }
    /// `ServiceStatus`.
    pub struct ServiceStatus {
        /// What the load balancer gave.
        load_balancer: LoadBalancerStatus = "loadBalancer",
    }
    /// `LoadBalancerStatus`.
    pub struct LoadBalancerStatus {
        /// Addresses or names.
        ingress: Vec<LoadBalancerIngress> = "ingress",
    }
    /// One address of a load balancer.
    pub struct LoadBalancerIngress {
        /// The address.
        ip: String = "ip",
        /// The name.
        hostname: String = "hostname",
        /// `VIP` or `Proxy`.
        ip_mode: Option<String> = "ipMode",
    }
    /// An `EndpointSlice`.
    pub struct EndpointSlice {
        /// `IPv4`, `IPv6` or `FQDN`.
        address_type: String = "addressType",
        /// The endpoints.
        endpoints: Option<Vec<Rc<Endpoint>>> = "endpoints",
        /// The ports; absent means all, empty means none.
        ports: Option<Vec<EndpointPort>> = "ports",
    }
    /// One endpoint of a slice.
    pub struct Endpoint {
        /// Its addresses; consumers use the first.
        addresses: Vec<String> = "addresses",
        /// Whether traffic may be sent there.
        conditions: EndpointConditions = "conditions",
        /// The name under which DNS publishes it.
        hostname: Option<String> = "hostname",
        /// The Pod behind it.
        target_ref: Option<ObjectReference> = "targetRef",
        /// The node that it is on.
        node_name: Option<String> = "nodeName",
        /// The zone that it is in.
        zone: Option<String> = "zone",
        /// Who should prefer it.
        hints: Option<Map> = "hints",
    }
    /// `EndpointConditions`; absent `ready` and `serving` mean true, absent `terminating` means false.
    pub struct EndpointConditions {
        /// May new traffic be sent there?
        ready: Option<bool> = "ready",
        /// Does the Pod pass its readiness probe?
        serving: Option<bool> = "serving",
        /// Is the Pod going away?
        terminating: Option<bool> = "terminating",
    }
    /// One port of a slice.
    pub struct EndpointPort {
        /// The Service port's name.
        name: Option<String> = "name",
        /// `TCP`, `UDP` or `SCTP`.
        protocol: Option<String> = "protocol",
        /// The number on the endpoints.
        port: Option<i64> = "port",
        /// The application protocol.
        app_protocol: Option<String> = "appProtocol",
    }
    /// A reference to an object.
    pub struct ObjectReference {
        /// Its kind.
        kind: Word = "kind",
        /// Its namespace.
        namespace: String = "namespace",
        /// Its name.
        name: String = "name",
        /// Its identity.
        uid: Word = "uid",
    }
}

/// The four types of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceType {
    /// An address inside the cluster.
    ClusterIp,
    /// The same, and a port on every node.
    NodePort,
    /// The same, and an address outside.
    LoadBalancer,
    /// A DNS alias.
    ExternalName,
}

impl ServiceType {
    /// The type of this name; none if there is no such type.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "ClusterIP" => Self::ClusterIp,
            "NodePort" => Self::NodePort,
            "LoadBalancer" => Self::LoadBalancer,
            "ExternalName" => Self::ExternalName,
            _ => return None,
        })
    }
}

impl ServiceSpec {
    /// The type; what validation would refuse counts as `ClusterIP`.
    pub fn service_type(&self) -> ServiceType {
        ServiceType::of(&self.type_).unwrap_or(ServiceType::ClusterIp)
    }

    /// Whether nodes offer ports of their own for it.
    pub fn has_node_ports(&self) -> bool {
        let kind = self.service_type();
        matches!(kind, ServiceType::NodePort | ServiceType::LoadBalancer)
    }

    /// Whether traffic from outside the cluster may be meant for it.
    pub fn is_externally_accessible(&self) -> bool {
        let kind = self.service_type();
        self.has_node_ports() || (kind == ServiceType::ClusterIp && !self.external_ips.is_empty())
    }

    /// Whether its load balancer asks nodes for local endpoints.
    pub fn needs_health_check(&self) -> bool {
        self.service_type() == ServiceType::LoadBalancer && self.external_traffic_policy == "Local"
    }

    /// Whether `clusterIP` is `None`.
    pub fn is_headless(&self) -> bool {
        self.cluster_ip == "None"
    }

    /// The addresses, parsed; none for headless and `ExternalName` Services.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let texts: &[String] = if self.cluster_ips.is_empty() {
            std::slice::from_ref(&self.cluster_ip)
        } else {
            &self.cluster_ips
        };
        texts.iter().filter_map(|text| text.parse().ok()).collect()
    }
}

impl ServicePort {
    /// The protocol, `TCP` when unset.
    pub fn protocol(&self) -> &str {
        if self.protocol.is_empty() {
            "TCP"
        } else {
            &self.protocol
        }
    }

    /// The target port as a reader writes it: a number or a name.
    pub fn target(&self) -> String {
        match &self.target_port {
            Value::Int(0) | Value::Null => self.port.to_string(),
            Value::Int(n) => n.to_string(),
            Value::Str(name) if name.is_empty() => self.port.to_string(),
            Value::Str(name) => name.clone(),
            Value::Bool(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => String::new(),
        }
    }
}

impl EndpointSlice {
    /// The endpoints, none when absent.
    pub fn endpoints(&self) -> &[Rc<Endpoint>] {
        self.endpoints.as_deref().unwrap_or_default()
    }

    /// The ports, none when absent.
    pub fn ports(&self) -> &[EndpointPort] {
        self.ports.as_deref().unwrap_or_default()
    }
}

impl EndpointConditions {
    /// May new traffic be sent there?
    pub fn is_ready(&self) -> bool {
        self.ready.unwrap_or(true)
    }

    /// Does the Pod pass its readiness probe?
    pub fn is_serving(&self) -> bool {
        self.serving.unwrap_or_else(|| self.is_ready())
    }

    /// Is the Pod going away?
    pub fn is_terminating(&self) -> bool {
        self.terminating.unwrap_or(false)
    }
}
