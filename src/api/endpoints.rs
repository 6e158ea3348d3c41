//! Endpoints, the older form in which a Service's addresses are told.

use super::record::record;
use super::service::ObjectReference;
use std::rc::Rc;

record! {
    /// An Endpoints object.
    pub struct Endpoints {
        /// Addresses with the ports that all of them have.
        subsets: Vec<EndpointSubset> = "subsets",
    }
    /// `EndpointSubset`.
    pub struct EndpointSubset {
        /// Addresses that take traffic.
        addresses: Vec<Rc<EndpointAddress>> = "addresses",
        /// Addresses that do not, yet or any more.
        not_ready_addresses: Vec<Rc<EndpointAddress>> = "notReadyAddresses",
        /// The ports.
        ports: Vec<SubsetPort> = "ports",
    }
    /// `EndpointAddress`.
    pub struct EndpointAddress {
        /// The address.
        ip: String = "ip",
        /// The name under which DNS publishes it.
        hostname: String = "hostname",
        /// The node that it is on.
        node_name: Option<String> = "nodeName",
        /// The Pod behind it.
        target_ref: Option<ObjectReference> = "targetRef",
    }
    /// A port of a subset.
    pub struct SubsetPort {
        /// The Service port's name.
        name: String = "name",
        /// The number on the addresses.
        port: i64 = "port",
        /// `TCP`, `UDP` or `SCTP`.
        protocol: String = "protocol",
        /// The application protocol.
        app_protocol: Option<String> = "appProtocol",
    }
}
