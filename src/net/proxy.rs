//! kube-proxy: which Service addresses exist, and which endpoints stand behind them.
//!
//! Models `pkg/proxy/topology.go` and the rules that the three modes program from it. It follows the slices; it checks no
//! health of its own.

use super::Protocol;
use crate::api::service::{EndpointSlice, Service, ServicePort, ServiceType};
use crate::api::{Object, ObjectKey, kind};
use crate::kernel::Arrange;
use crate::kernel::{BTreeMap, BTreeSet};
use crate::store::{Change, Tables};
use std::net::{IpAddr, SocketAddr};

/// One port of one Service, as kube-proxy names it: `ns/name:port`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServicePortName {
    /// The Service.
    pub service: ObjectKey,
    /// The port's name, empty if it has none.
    pub port: String,
    /// The port's number on the Service's address.
    pub number: u16,
}

impl ServicePortName {
    /// `default/redis` or `default/web:http`, as rule comments name it.
    pub fn comment(&self) -> String {
        let name = format!("{}/{}", self.service.namespace, self.service.name);
        if self.port.is_empty() {
            name
        } else {
            format!("{name}:{}", self.port)
        }
    }

    /// The chart's place: `service/default/redis:6379`.
    pub fn place(&self) -> String {
        format!(
            "service/{}/{}:{}",
            self.service.namespace, self.service.name, self.number
        )
    }
}

/// One endpoint of a Service port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Where it listens.
    pub address: SocketAddr,
    /// The slice that lists it.
    pub slice: ObjectKey,
    /// The node that it is on.
    pub node: String,
    /// May new traffic be sent there?
    pub ready: bool,
    /// Does it pass its readiness probe?
    pub serving: bool,
    /// Is it going away?
    pub terminating: bool,
}

/// What an address and a port lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Frontend {
    address: IpAddr,
    port: u16,
    protocol: Protocol,
}

/// What kube-proxy has programmed on every node.
#[derive(Clone, Debug, Default)]
pub struct Proxy {
    frontends: BTreeMap<Frontend, ServicePortName>,
    node_ports: BTreeMap<(u16, Protocol), ServicePortName>,
    addresses: BTreeMap<IpAddr, ObjectKey>,
    backends: BTreeMap<ServicePortName, Vec<Backend>>,
    /// What each Service has programmed, to take it back.
    programmed: BTreeMap<ObjectKey, Vec<ServicePortName>>,
}

impl Proxy {
    /// Follows writes of Services and slices; returns the Services whose rules were written anew.
    pub fn observe(&mut self, tables: &Tables, changes: &[Change]) -> BTreeSet<ObjectKey> {
        let mut touched = BTreeSet::new();
        for change in changes {
            if change.key.kind == kind::SERVICE {
                touched.insert(change.key.clone());
            } else if change.key.kind == kind::ENDPOINT_SLICE {
                let sides = [change.old.as_deref(), change.new.as_deref()];
                touched.extend(sides.into_iter().flatten().filter_map(service_of));
            }
        }
        for key in &touched {
            self.withdraw(key);
            if let Some(object) = tables.get(key) {
                self.program(tables, object);
            }
        }
        touched
    }

    /// The Service port behind an address and a port, if kube-proxy has a rule for it.
    pub fn service(&self, to: SocketAddr, protocol: Protocol) -> Option<&ServicePortName> {
        self.frontends.get(&Frontend {
            address: to.ip(),
            port: to.port(),
            protocol,
        })
    }

    /// The Service whose address this is, whatever the port.
    pub fn owner(&self, address: IpAddr) -> Option<&ObjectKey> {
        self.addresses.get(&address)
    }

    /// The Service port behind a node port.
    pub fn node_port(&self, port: u16, protocol: Protocol) -> Option<&ServicePortName> {
        self.node_ports.get(&(port, protocol))
    }

    /// All endpoints of a Service port.
    pub fn backends(&self, name: &ServicePortName) -> &[Backend] {
        self.backends
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The endpoints that new traffic may be sent to, sorted by address as text: the ready ones, or, when none is ready,
    /// those that still serve while they terminate.
    pub fn usable(&self, name: &ServicePortName) -> Vec<&Backend> {
        let all = self.backends(name);
        let ready: Vec<&Backend> = all.iter().filter(|b| b.ready).collect();
        let mut usable = if ready.is_empty() {
            all.iter().filter(|b| b.serving && b.terminating).collect()
        } else {
            ready
        };
        usable.arrange_by_key(|backend| backend.address.to_string());
        usable.dedup_by_key(|backend| backend.address);
        usable
    }

    /// All programmed Service ports.
    pub fn ports(&self) -> impl Iterator<Item = (&ServicePortName, IpAddr, Protocol)> {
        self.frontends
            .iter()
            .map(|(front, name)| (name, front.address, front.protocol))
    }

    fn withdraw(&mut self, key: &ObjectKey) {
        let names = self.programmed.remove(key).unwrap_or_default();
        if names.is_empty() {
            return;
        }
        self.frontends.retain(|_, name| name.service != *key);
        self.node_ports.retain(|_, name| name.service != *key);
        self.addresses.retain(|_, owner| owner != key);
        for name in names {
            self.backends.remove(&name);
        }
    }

    fn program(&mut self, tables: &Tables, object: &Object) {
        let Some(service) = object.service() else {
            return;
        };
        if service.spec.is_headless() || service.spec.service_type() == ServiceType::ExternalName {
            return;
        }
        let key = object.key();
        let addresses = virtual_addresses(service);
        for address in &addresses {
            self.addresses.insert(*address, key.clone());
        }
        let slices: Vec<(ObjectKey, &EndpointSlice)> = slices_of(tables, &key);
        for port in &service.spec.ports {
            let Ok(number) = u16::try_from(port.port) else {
                continue;
            };
            let protocol = Protocol::parse(port.protocol());
            let name = ServicePortName {
                service: key.clone(),
                port: port.name.clone(),
                number,
            };
            for address in &addresses {
                self.frontends.insert(
                    Frontend {
                        address: *address,
                        port: number,
                        protocol,
                    },
                    name.clone(),
                );
            }
            if let Some(node_port) = u16::try_from(port.node_port).ok().filter(|p| *p > 0) {
                self.node_ports.insert((node_port, protocol), name.clone());
            }
            self.backends.insert(name.clone(), backends(&slices, port));
            self.programmed.entry(key.clone()).or_default().push(name);
        }
    }
}

/// The Service that a slice belongs to.
fn service_of(slice: &Object) -> Option<ObjectKey> {
    let name = slice.meta.labels.get("kubernetes.io/service-name")?;
    Some(ObjectKey::new(kind::SERVICE, &slice.meta.namespace, name))
}

/// Every address at which nodes catch traffic for a Service.
fn virtual_addresses(service: &Service) -> Vec<IpAddr> {
    let mut addresses = service.spec.addresses();
    addresses.extend(
        service
            .spec
            .external_ips
            .iter()
            .filter_map(|ip| ip.parse::<IpAddr>().ok()),
    );
    let ingress = service.status.load_balancer.ingress.iter();
    let vips = ingress.filter(|i| i.ip_mode.as_deref() != Some("Proxy"));
    addresses.extend(vips.filter_map(|i| i.ip.parse::<IpAddr>().ok()));
    addresses
}

fn slices_of<'a>(tables: &'a Tables, service: &ObjectKey) -> Vec<(ObjectKey, &'a EndpointSlice)> {
    let slices = tables.slices_of(&service.namespace, &service.name);
    slices
        .into_iter()
        .filter_map(|object| Some((object.key(), object.slice()?)))
        .collect()
}

fn backends(slices: &[(ObjectKey, &EndpointSlice)], port: &ServicePort) -> Vec<Backend> {
    let mut found = Vec::new();
    for (key, slice) in slices {
        let same = |p: &&crate::api::service::EndpointPort| {
            p.name.as_deref().unwrap_or_default() == port.name
                && p.protocol.as_deref().unwrap_or("TCP") == port.protocol()
        };
        let number = slice.ports().iter().find(same).and_then(|p| p.port);
        let Some(number) = number.and_then(|n| u16::try_from(n).ok()) else {
            continue;
        };
        for endpoint in slice.endpoints() {
            let Some(ip) = endpoint
                .addresses
                .first()
                .and_then(|ip| ip.parse::<IpAddr>().ok())
            else {
                continue;
            };
            found.push(Backend {
                address: SocketAddr::new(ip, number),
                slice: key.clone(),
                node: endpoint.node_name.clone().unwrap_or_default(),
                ready: endpoint.conditions.is_ready(),
                serving: endpoint.conditions.is_serving(),
                terminating: endpoint.conditions.is_terminating(),
            });
        }
    }
    found
}
