//! What a Service is given when it is written: cluster addresses and node ports.
//!
//! Models `pkg/registry/core/service/storage/alloc.go`. A failed allocation ends the request before validation.

use super::{AddressError, AddressPool, ClusterNetwork, PortPool};
use crate::api::service::{Service, ServiceSpec, ServiceType};
use crate::api::{FieldError, Object, Status};
use crate::kernel::Rng;
use std::net::IpAddr;

/// The pools that Services draw from.
#[derive(Clone, Debug)]
pub(super) struct Allocators {
    pools: Vec<AddressPool>,
    node_ports: PortPool,
    rng: Rng,
}

impl Allocators {
    pub(super) fn new(network: &ClusterNetwork, seed: u64) -> Self {
        Self {
            pools: network
                .service_cidrs
                .iter()
                .map(|cidr| AddressPool::new(*cidr))
                .collect(),
            node_ports: PortPool::default(),
            rng: Rng::fork(seed, "services"),
        }
    }

    /// Completes a Service with families, addresses and node ports; other kinds need nothing.
    pub(super) fn allocate(
        &mut self,
        object: &mut Object,
        old: Option<&Object>,
    ) -> Result<(), Status> {
        if object.service().is_none() {
            return Ok(());
        }
        let owner = format!("{}/{}", object.meta.namespace, object.meta.name);
        let name = object.meta.name.clone();
        let Some(service) = object.service_mut() else {
            return Ok(());
        };
        let previous = old.and_then(Object::service).map(|s| &s.spec);
        if let Some(previous) = previous {
            keep_allocated(&mut service.spec, previous);
        }
        self.families(&mut service.spec);
        let result = self
            .cluster_ips(&mut service.spec, previous, &owner)
            .and_then(|()| self.node_ports(&mut service.spec, previous, &owner));
        result.map_err(|cause| Status::invalid("Service", &name, vec![cause]))
    }

    /// Gives back what `object` holds and `kept` does not hold on to.
    pub(super) fn release(&mut self, object: &Object, kept: Option<&Object>) {
        let Some(service) = object.service() else {
            return;
        };
        let owner = format!("{}/{}", object.meta.namespace, object.meta.name);
        let kept = kept.and_then(Object::service).map(|s: &Service| &s.spec);
        for address in service.spec.addresses() {
            let holds = kept.is_some_and(|spec| spec.addresses().contains(&address));
            for pool in self
                .pools
                .iter_mut()
                .filter(|pool| !holds && pool.owner(address) == Some(&owner))
            {
                pool.release(address);
            }
        }
        for port in held_ports(&service.spec) {
            let holds = kept.is_some_and(|spec| held_ports(spec).contains(&port));
            if !holds && self.node_ports.owner(port) == Some(&owner) {
                self.node_ports.release(port);
            }
        }
    }

    fn families(&self, spec: &mut ServiceSpec) {
        if spec.service_type() == ServiceType::ExternalName {
            return;
        }
        if spec.ip_family_policy.is_empty() {
            let two = spec.ip_families.len() > 1 || spec.cluster_ips.len() > 1;
            let selectorless = spec.is_headless() && spec.selector.is_empty();
            let policy = if two || selectorless {
                "RequireDualStack"
            } else {
                "SingleStack"
            };
            spec.ip_family_policy = policy.to_owned();
        }
        let family = |pool: &AddressPool| {
            if pool.range.base().is_ipv4() {
                "IPv4"
            } else {
                "IPv6"
            }
        };
        if spec.ip_families.is_empty() {
            let given: Vec<IpAddr> = spec.addresses();
            let first = match given.first() {
                Some(ip) if ip.is_ipv4() => "IPv4",
                Some(_) => "IPv6",
                None => self.pools.first().map_or("IPv4", family),
            };
            spec.ip_families.push(first.to_owned());
        }
        let wants_two = spec.ip_family_policy == "PreferDualStack"
            || spec.ip_family_policy == "RequireDualStack";
        let has_two = self.pools.len() > 1 || (spec.is_headless() && spec.selector.is_empty());
        if wants_two && has_two && spec.ip_families.len() == 1 {
            let second = if spec.ip_families.first().is_some_and(|f| f == "IPv4") {
                "IPv6"
            } else {
                "IPv4"
            };
            spec.ip_families.push(second.to_owned());
        }
    }

    fn cluster_ips(
        &mut self,
        spec: &mut ServiceSpec,
        previous: Option<&ServiceSpec>,
        owner: &str,
    ) -> Result<(), FieldError> {
        if spec.service_type() == ServiceType::ExternalName {
            return Ok(());
        }
        if spec.cluster_ips.is_empty() && !spec.cluster_ip.is_empty() {
            spec.cluster_ips.push(spec.cluster_ip.clone());
        }
        if spec.is_headless() {
            return Ok(());
        }
        let held = previous.map(ServiceSpec::addresses).unwrap_or_default();
        let mut taken = Vec::new();
        for (i, family) in spec.ip_families.clone().iter().enumerate() {
            let asked = spec.cluster_ips.get(i).cloned();
            let Some(pool) = self
                .pools
                .iter_mut()
                .find(|p| p.range.base().is_ipv4() == (family == "IPv4"))
            else {
                continue;
            };
            let result = match asked.as_deref() {
                None | Some("") => pool.pick(&mut self.rng, owner).map_err(|_| full(pool)),
                Some(text) => match text.parse::<IpAddr>() {
                    Ok(address) if held.contains(&address) => Ok(address),
                    Ok(address) => pool
                        .take(address, owner)
                        .map(|()| address)
                        .map_err(|e| refused(pool, text, &e)),
                    // Validation says what is wrong with it.
                    Err(_) => continue,
                },
            };
            match result {
                Ok(address) => {
                    let text = address.to_string();
                    match spec.cluster_ips.get_mut(i) {
                        Some(slot) => *slot = text,
                        None => spec.cluster_ips.push(text),
                    }
                    taken.push(address);
                }
                Err(error) => {
                    for address in taken.iter().filter(|a| !held.contains(a)) {
                        self.pools
                            .iter_mut()
                            .for_each(|pool| pool.release(*address));
                    }
                    return Err(error);
                }
            }
        }
        if let Some(first) = spec.cluster_ips.first() {
            spec.cluster_ip.clone_from(first);
        }
        Ok(())
    }

    fn node_ports(
        &mut self,
        spec: &mut ServiceSpec,
        previous: Option<&ServiceSpec>,
        owner: &str,
    ) -> Result<(), FieldError> {
        let held = previous.map(held_ports).unwrap_or_default();
        let balancer = spec.service_type() == ServiceType::LoadBalancer;
        let wants = spec.service_type() == ServiceType::NodePort
            || (balancer && spec.allocate_load_balancer_node_ports != Some(false));
        if !wants && !balancer {
            return Ok(());
        }
        let mut mine: Vec<(i64, u16)> = Vec::new();
        for i in 0..spec.ports.len() {
            let Some(port) = spec.ports.get(i).cloned() else {
                continue;
            };
            if port.node_port == 0 {
                if !wants {
                    continue;
                }
                // One number serves TCP and UDP of the same Service port.
                let shared = mine
                    .iter()
                    .find(|(number, _)| *number == port.port)
                    .map(|(_, node)| *node);
                let Some(number) = shared.or_else(|| self.node_ports.pick(&mut self.rng, owner))
                else {
                    return Err(FieldError::new(
                        format!("spec.ports[{i}].nodePort"),
                        "Internal error: failed to allocate a nodePort: range is full",
                    ));
                };
                mine.push((port.port, number));
                if let Some(slot) = spec.ports.get_mut(i) {
                    slot.node_port = i64::from(number);
                }
                continue;
            }
            let field = format!("spec.ports[{i}].nodePort");
            if !PortPool::is_in_range(port.node_port) {
                let detail = format!(
                    "Invalid value: {}: provided port is not in the valid range. The range of valid ports is 30000-32767",
                    port.node_port
                );
                return Err(FieldError::new(field, detail));
            }
            let number = port.node_port as u16;
            let shared = mine.iter().any(|(p, n)| *p == port.port && *n == number);
            if !shared && !held.contains(&number) && !self.node_ports.take(number, owner) {
                let detail = format!("Invalid value: {number}: provided port is already allocated");
                return Err(FieldError::new(field, detail));
            }
            mine.push((port.port, number));
        }
        Ok(())
    }
}

/// `patchAllocatedValues`: an update that does not mention what was allocated keeps it.
fn keep_allocated(spec: &mut ServiceSpec, old: &ServiceSpec) {
    let had_ip = old.service_type() != ServiceType::ExternalName;
    if had_ip && spec.service_type() != ServiceType::ExternalName {
        if spec.cluster_ip.is_empty() && spec.cluster_ips.is_empty() {
            spec.cluster_ip.clone_from(&old.cluster_ip);
            spec.cluster_ips.clone_from(&old.cluster_ips);
        }
        if spec.ip_families.is_empty() {
            spec.ip_families.clone_from(&old.ip_families);
        }
        if spec.ip_family_policy.is_empty() {
            spec.ip_family_policy.clone_from(&old.ip_family_policy);
        }
    }
    let exposes = |s: &ServiceSpec| {
        matches!(
            s.service_type(),
            ServiceType::NodePort | ServiceType::LoadBalancer
        )
    };
    if exposes(spec) && exposes(old) {
        for port in spec.ports.iter_mut().filter(|port| port.node_port == 0) {
            let same = old
                .ports
                .iter()
                .find(|p| p.port == port.port && p.protocol() == port.protocol());
            port.node_port = same.map_or(0, |p| p.node_port);
        }
    }
    if !exposes(spec) && exposes(old) {
        // Unchanged node ports are wiped, so that changing just the type works.
        for port in &mut spec.ports {
            if old.ports.iter().any(|p| p.node_port == port.node_port) {
                port.node_port = 0;
            }
        }
    }
    if spec.service_type() == ServiceType::ExternalName && had_ip {
        if spec.cluster_ip == old.cluster_ip {
            spec.cluster_ip = String::new();
            spec.cluster_ips.clear();
        }
        spec.ip_families.clear();
        spec.ip_family_policy = String::new();
    }
}

fn held_ports(spec: &ServiceSpec) -> Vec<u16> {
    let ports = spec
        .ports
        .iter()
        .map(|port| port.node_port)
        .chain([spec.health_check_node_port]);
    ports
        .filter(|port| *port > 0)
        .filter_map(|port| u16::try_from(port).ok())
        .collect()
}

fn full(pool: &AddressPool) -> FieldError {
    let detail = format!(
        "Invalid value: []: failed to allocate a serviceIP: range {} is full",
        pool.range
    );
    FieldError::new("spec.clusterIPs", detail)
}

fn refused(pool: &AddressPool, text: &str, error: &AddressError) -> FieldError {
    let why = match error {
        AddressError::OutOfRange => format!(
            "the provided IP ({text}) is not in the valid range. The range of valid IPs is {}",
            pool.range
        ),
        AddressError::Taken => "provided IP is already allocated".to_owned(),
        AddressError::Full => "range is full".to_owned(),
    };
    FieldError::new(
        "spec.clusterIPs",
        format!("Invalid value: [\"{text}\"]: failed to allocate IP {text}: {why}"),
    )
}
