//! What a Service is given when it is written: cluster addresses and node ports.
//!
//! Models `pkg/registry/core/service/storage/alloc.go`. A failed allocation ends the request before validation.

use super::families::{self, family_of};
use super::{AddressError, AddressPool, Cidr, ClusterNetwork, PortPool, strategy};
use crate::api::service::{ServiceSpec, ServiceType};
use crate::api::validation::json_list;
use crate::api::{FieldError, Object, Status, kind};
use crate::kernel::BTreeMap;
use crate::kernel::Rng;
use std::net::IpAddr;

/// The pools that Services draw from.
#[derive(Clone, Debug)]
pub(super) struct Allocators {
    pools: Vec<AddressPool>,
    node_ports: PortPool,
    rng: Rng,
}

/// Whom an allocation is for.
struct Owner<'a> {
    /// `default/web`.
    key: &'a str,
    name: &'a str,
}

impl Owner<'_> {
    fn invalid(&self, field: impl Into<String>, detail: String) -> Status {
        Status::invalid(
            kind::SERVICE,
            self.name,
            vec![FieldError::new(field, detail)],
        )
    }
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
        let key = format!("{}/{}", object.meta.namespace, object.meta.name);
        let name = object.meta.name.clone();
        let owner = Owner {
            key: &key,
            name: &name,
        };
        let Some(service) = object.service_mut() else {
            return Ok(());
        };
        let spec = &mut service.spec;
        let old = old.and_then(Object::service).map(|s| &s.spec);
        if let Some(old) = old {
            strategy::keep_allocated(spec, old);
        }
        strategy::normalize(spec, old);
        let mut have: Vec<&'static str> = Vec::new();
        for family in self.pools.iter().map(pool_family) {
            if !have.contains(&family) {
                have.push(family);
            }
        }
        families::complete(spec, old, &have)
            .map_err(|causes| Status::invalid(kind::SERVICE, &name, causes))?;
        self.cluster_ips(spec, old, &owner)?;
        self.node_ports(spec, old, &owner)?;
        self.health_check_port(spec, old, &owner)?;
        strategy::drop_type_dependent(spec, old);
        Ok(())
    }

    /// Draws from other ranges than before: those of a `ServiceCIDR` that came, changed or went.
    pub(super) fn set_ranges(&mut self, old: &[Cidr], new: &[Cidr]) {
        let gone = |range: &Cidr| old.contains(range) && !new.contains(range);
        self.pools.retain(|pool| !gone(&pool.range));
        for range in new {
            if !self.pools.iter().any(|pool| pool.range == *range) {
                self.pools.push(AddressPool::new(*range));
            }
        }
    }

    /// Marks what a restored Service holds as taken.
    pub(super) fn adopt(&mut self, object: &Object) {
        let Some(service) = object.service() else {
            return;
        };
        let owner = format!("{}/{}", object.meta.namespace, object.meta.name);
        for address in service.spec.addresses() {
            for pool in &mut self.pools {
                // What lies outside the range, or is taken twice in the dump, stays as it was found.
                let _ = pool.take(address, &owner);
            }
        }
        for port in held_ports(&service.spec) {
            self.node_ports.take(port, &owner);
        }
    }

    /// Gives back what `object` holds and `kept` does not hold on to.
    pub(super) fn release(&mut self, object: &Object, kept: Option<&Object>) {
        let Some(service) = object.service() else {
            return;
        };
        let owner = format!("{}/{}", object.meta.namespace, object.meta.name);
        let kept = kept.and_then(Object::service).map(|s| &s.spec);
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

    fn cluster_ips(
        &mut self,
        spec: &mut ServiceSpec,
        old: Option<&ServiceSpec>,
        owner: &Owner<'_>,
    ) -> Result<(), Status> {
        let first_new = match old.filter(|old| old.service_type() != ServiceType::ExternalName) {
            // An address is immutable: only a second one is ever added.
            Some(old) if old.ip_families.len() == 1 && spec.ip_families.len() == 2 => 1,
            Some(_) => return Ok(()),
            None => 0,
        };
        let named = spec.service_type() == ServiceType::ExternalName;
        let headless =
            spec.is_headless() || old.is_some_and(|old| old.is_headless() && first_new == 1);
        if named || headless {
            return Ok(());
        }
        for (i, family) in spec.ip_families.iter().enumerate().skip(first_new) {
            if spec.cluster_ips.len() <= i {
                spec.cluster_ips.push(String::new());
            }
            let asked = spec.cluster_ips.get(i).cloned().unwrap_or_default();
            let given = self.address(&asked, family, &spec.cluster_ips, owner)?;
            if let Some(slot) = spec.cluster_ips.get_mut(i) {
                *slot = given;
            }
        }
        if let Some(first) = spec.cluster_ips.first() {
            spec.cluster_ip.clone_from(first);
        }
        Ok(())
    }

    /// The address that was asked for, or any when none was.
    fn address(
        &mut self,
        asked: &str,
        family: &str,
        list: &[String],
        owner: &Owner<'_>,
    ) -> Result<String, Status> {
        let refused = |detail: String| {
            let detail = format!(
                "Invalid value: {}: failed to allocate IP{detail}",
                json_list(list)
            );
            owner.invalid("spec.clusterIPs", detail)
        };
        let wanted = asked.parse::<IpAddr>().ok();
        let pools = self.pools.iter_mut().filter(|p| pool_family(p) == family);
        let mut result = Err((AddressError::Full, None));
        for pool in pools {
            let got = match wanted {
                Some(address) => pool.take(address, owner.key).map(|()| address),
                None => pool.pick(&mut self.rng, owner.key),
            };
            let why = |error| (error, Some(pool.range));
            result = got.map_err(why);
            // A range that does not hold the address leaves it to the next one.
            if !matches!(
                result,
                Err((AddressError::OutOfRange(false) | AddressError::Full, _))
            ) {
                break;
            }
        }
        let address = result.map_err(|(error, range)| match error {
            // No range at all: validation says so.
            AddressError::Full if range.is_none() && wanted.is_some() => refused(format!(
                " {asked}: the provided network does not match the current range"
            )),
            AddressError::Full => {
                Status::internal("failed to allocate a serviceIP: range is full")
            }
            AddressError::Taken => refused(format!(" {asked}: provided IP is already allocated")),
            AddressError::OutOfRange(true) => refused(format!(
                " {asked}: the provided IP ({asked}) is not in the valid range. The range of valid IPs is {}",
                range.map_or_else(String::new, |range| range.to_string())
            )),
            AddressError::OutOfRange(false) => refused(format!(
                " {asked}: the provided network does not match the current range"
            )),
        })?;
        if owner.name.is_empty() {
            self.pools.iter_mut().for_each(|pool| pool.release(address));
            // The address is an object of its own, which must name its owner.
            return Err(refused(format!(
                ": IPAddress.networking.k8s.io \"{address}\" is invalid: spec.parentRef.name: Required value"
            )));
        }
        Ok(address.to_string())
    }

    fn node_ports(
        &mut self,
        spec: &mut ServiceSpec,
        old: Option<&ServiceSpec>,
        owner: &Owner<'_>,
    ) -> Result<(), Status> {
        if !spec.has_node_ports() {
            return Ok(());
        }
        let wants = spec.service_type() == ServiceType::NodePort
            || spec.allocate_load_balancer_node_ports != Some(false);
        match old {
            Some(old) => self.changed_node_ports(spec, old, wants, owner),
            None => self.new_node_ports(spec, wants, owner),
        }
    }

    /// `initNodePorts`: one number serves TCP and UDP of the same port.
    fn new_node_ports(
        &mut self,
        spec: &mut ServiceSpec,
        wants: bool,
        owner: &Owner<'_>,
    ) -> Result<(), Status> {
        let asked: Vec<(i64, i64)> = spec.ports.iter().map(|p| (p.port, p.node_port)).collect();
        let mut given: BTreeMap<i64, i64> = BTreeMap::new();
        for (i, port) in spec.ports.iter_mut().enumerate() {
            if port.node_port == 0 && !wants {
                continue;
            }
            match given.get(&port.port) {
                None => {
                    let named = |(number, node): &&(i64, i64)| *number == port.port && *node != 0;
                    port.node_port = match asked.iter().find(named) {
                        Some((_, node)) => self.take_node_port(i, *node, owner)?,
                        None => i64::from(self.pick_port(owner, "a nodePort")?),
                    };
                    given.insert(port.port, port.node_port);
                }
                Some(node) if port.node_port == 0 => port.node_port = *node,
                Some(node) if port.node_port == *node => {}
                Some(_) => {
                    self.take_node_port(i, port.node_port, owner)?;
                }
            }
        }
        Ok(())
    }

    /// `updateNodePorts`: what the Service held it keeps; one number may stand for several protocols.
    fn changed_node_ports(
        &mut self,
        spec: &mut ServiceSpec,
        old: &ServiceSpec,
        wants: bool,
        owner: &Owner<'_>,
    ) -> Result<(), Status> {
        let mut held: Vec<i64> = old.ports.iter().map(|port| port.node_port).collect();
        let mut seen: Vec<(String, i64)> = Vec::new();
        for (i, port) in spec.ports.iter_mut().enumerate() {
            if port.node_port == 0 {
                if !wants {
                    continue;
                }
                port.node_port = i64::from(self.pick_port(owner, "a nodePort")?);
            } else if !held.contains(&port.node_port) {
                self.take_node_port(i, port.node_port, owner)?;
                held.push(port.node_port);
            }
            let pair = (port.protocol().to_owned(), port.node_port);
            if seen.contains(&pair) {
                let what = format!("duplicate nodePort: {{{} {}}}", pair.0, pair.1);
                return Err(Status::unknown(what));
            }
            seen.push(pair);
        }
        Ok(())
    }

    /// Takes a node port that the port with this index asks for.
    fn take_node_port(&mut self, i: usize, number: i64, owner: &Owner<'_>) -> Result<i64, Status> {
        self.take_port(number, owner).map_err(|why| {
            let field = format!("spec.ports[{i}].nodePort");
            owner.invalid(field, format!("Invalid value: {number}: {why}"))
        })?;
        Ok(number)
    }

    fn health_check_port(
        &mut self,
        spec: &mut ServiceSpec,
        old: Option<&ServiceSpec>,
        owner: &Owner<'_>,
    ) -> Result<(), Status> {
        let needed = old.is_some_and(ServiceSpec::needs_health_check);
        if !spec.needs_health_check() || needed {
            return Ok(());
        }
        let number = spec.health_check_node_port;
        if number == 0 {
            spec.health_check_node_port =
                i64::from(self.pick_port(owner, "a HealthCheck NodePort 0")?);
            return Ok(());
        }
        self.take_port(number, owner).map_err(|why| {
            let what = format!("failed to allocate requested HealthCheck NodePort {number}: {why}");
            Status::internal(what)
        })
    }

    fn pick_port(&mut self, owner: &Owner<'_>, what: &str) -> Result<u16, Status> {
        let picked = self.node_ports.pick(&mut self.rng, owner.key);
        picked.ok_or_else(|| Status::internal(format!("failed to allocate {what}: range is full")))
    }

    fn take_port(&mut self, number: i64, owner: &Owner<'_>) -> Result<(), &'static str> {
        let port = u16::try_from(number)
            .ok()
            .filter(|_| PortPool::is_in_range(number));
        let Some(port) = port else {
            return Err(
                "provided port is not in the valid range. The range of valid ports is 30000-32767",
            );
        };
        if self.node_ports.take(port, owner.key) {
            Ok(())
        } else {
            Err("provided port is already allocated")
        }
    }
}

fn pool_family(pool: &AddressPool) -> &'static str {
    family_of(&pool.range.base().to_string())
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
