//! The load balancer: Services of that type get an address from a pool, if the cluster has one.
//!
//! Models MetalLB 0.15 in layer 2 mode: the controller assigns, a speaker on one node announces. Without an
//! `IPAddressPool` there is no load balancer, and such Services stay `<pending>`.

use super::queue::Hands;
use super::recorder::{Said, record};
use crate::api::service::{LoadBalancerIngress, Service, ServiceType};
use crate::api::{LabelSelector, Map, Object, ObjectKey, StringMap, Value, kind};
use crate::kernel::{Arrange, BTreeSet};
use crate::store::{Cidr, FROM_POOL, Speaker, Tables};
use std::net::IpAddr;

const CONTROLLER: &str = "metallb-controller";
/// The annotations by which a Service asks for a pool or for addresses, with the prefix of older versions.
const PREFIXES: &[&str] = &["metallb.io/", "metallb.universe.tf/"];

/// A range of addresses that the load balancer gives.
struct Range {
    first: IpAddr,
    last: IpAddr,
}

impl Range {
    /// Reads `192.168.49.100-192.168.49.120` or `192.168.49.96/28`.
    fn parse(text: &str) -> Option<Self> {
        if let Some((first, last)) = text.split_once('-') {
            let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            return Some(Self { first, last });
        }
        let cidr = Cidr::parse(text.trim())?;
        let last = cidr.nth(cidr.size() - 1);
        let first = cidr.base();
        Some(Self { first, last })
    }

    fn contains(&self, ip: IpAddr) -> bool {
        self.first.is_ipv4() == ip.is_ipv4() && self.first <= ip && ip <= self.last
    }

    fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let all = Cidr::new(self.first, if self.first.is_ipv4() { 32 } else { 128 });
        let last = self.last;
        (0..=u128::from(u16::MAX))
            .map(move |offset| all.nth(offset))
            .take_while(move |ip| *ip <= last)
    }
}

/// An `IPAddressPool`, read.
struct Pool {
    name: String,
    ranges: Vec<Range>,
    automatic: bool,
    /// Whether addresses that end in .0 or .255 are kept back.
    avoids_buggy: bool,
    /// 0 comes last.
    priority: i64,
    allocation: Map,
}

impl Pool {
    fn of(object: &Object) -> Self {
        let fields = object.fields();
        let spec = fields.get("spec").cloned().unwrap_or_default();
        let flag = |key: &str| {
            spec.get(key).and_then(|v| match v {
                Value::Bool(flag) => Some(*flag),
                _ => None,
            })
        };
        let ranges = spec.get("addresses").and_then(Value::as_list);
        let texts = ranges.unwrap_or_default().iter().filter_map(Value::as_str);
        let allocation = spec.get("serviceAllocation").and_then(Value::as_map);
        let allocation = allocation.cloned().unwrap_or_default();
        let priority = allocation.get("priority").and_then(Value::as_int);
        Self {
            name: object.meta.name.clone(),
            ranges: texts.filter_map(Range::parse).collect(),
            automatic: flag("autoAssign").unwrap_or(true),
            avoids_buggy: flag("avoidBuggyIPs").unwrap_or(false),
            priority: priority.unwrap_or(0),
            allocation,
        }
    }

    /// Whether the pool is kept for other Services than this one.
    fn is_for(&self, tables: &Tables, service: &Object) -> bool {
        let list = |key: &str| self.allocation.get(key).and_then(Value::as_list);
        let own = service.meta.namespace.as_str();
        let namespaces = list("namespaces").unwrap_or_default();
        let named = namespaces.iter().any(|name| name.as_str() == Some(own));
        let selects = |key: &str, labels: &StringMap| {
            let all = list(key)
                .unwrap_or_default()
                .iter()
                .filter_map(Value::as_map);
            all.map(|map| LabelSelector::from_map(map.clone()))
                .any(|selector| selector.matches(labels))
        };
        let none = |key: &str| list(key).is_none_or(<[Value]>::is_empty);
        let namespace = tables.find(kind::NAMESPACE, "", own);
        let by_namespace = none("namespaces") && none("namespaceSelectors")
            || named
            || namespace.is_some_and(|ns| selects("namespaceSelectors", &ns.meta.labels));
        by_namespace
            && (none("serviceSelectors") || selects("serviceSelectors", &service.meta.labels))
    }

    fn contains(&self, ip: IpAddr) -> bool {
        self.ranges.iter().any(|range| range.contains(ip))
    }

    /// The first address of a family that nobody has.
    fn free(&self, sixth: bool, taken: &BTreeSet<IpAddr>) -> Option<IpAddr> {
        let ranges = self.ranges.iter().filter(|r| r.first.is_ipv6() == sixth);
        let usable = |ip: &IpAddr| !(taken.contains(ip) || self.avoids_buggy && is_buggy(*ip));
        ranges.flat_map(Range::addresses).find(usable)
    }
}

/// Old network gear drops packets to these.
fn is_buggy(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if matches!(ip.octets()[3], 0 | 255))
}

/// Whether a Service is, or was, a load balancer's concern.
pub(super) fn concerns(object: &Object) -> bool {
    object.service().is_some_and(|service| {
        service.spec.service_type() == ServiceType::LoadBalancer
            || !service.status.load_balancer.ingress.is_empty()
    })
}

/// Gives a Service its addresses, or takes them back.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let Some(object) = tables.get(key).cloned() else {
        return;
    };
    let pools = pools(tables);
    // Another controller serves a class; nobody does before there was a pool.
    let Some(service) = object
        .service()
        .filter(|service| service.spec.load_balancer_class.is_none())
    else {
        return;
    };
    let present: Vec<IpAddr> = given(service).collect();
    if service.spec.service_type() != ServiceType::LoadBalancer {
        if !present.is_empty() {
            write(hands, key, &[], None);
        }
        return;
    }
    if pools.is_empty() && !object.meta.annotations.contains_key(FROM_POOL) {
        return;
    }
    match choose(tables, &pools, &object, service) {
        Ok((pool, addresses)) if addresses != present => {
            write(hands, key, &addresses, Some(pool));
            let list: Vec<String> = addresses.iter().map(|ip| format!("\"{ip}\"")).collect();
            let message = format!("Assigned IP [{}]", list.join(" "));
            let said = Said::normal(CONTROLLER, "IPAllocated", message);
            record(hands.store, hands.sim, &object, said);
            announce(hands, key);
        }
        Ok(_) => announce(hands, key),
        Err(why) => {
            if !present.is_empty() {
                write(hands, key, &[], None);
            }
            let message = format!(
                "Failed to allocate IP for \"{}/{}\": {why}",
                key.namespace, key.name
            );
            let said = Said::warning(CONTROLLER, "AllocationFailed", message);
            record(hands.store, hands.sim, &object, said);
        }
    }
}

/// The pools, in the order in which they are asked.
fn pools(tables: &Tables) -> Vec<Pool> {
    let mut pools: Vec<Pool> = tables
        .all(kind::IP_ADDRESS_POOL)
        .map(|o| Pool::of(o))
        .collect();
    pools.arrange_by_key(|pool| (pool.priority == 0, pool.priority));
    pools
}

fn given(service: &Service) -> impl Iterator<Item = IpAddr> {
    let ingress = service.status.load_balancer.ingress.iter();
    ingress.filter_map(|ingress| ingress.ip.parse().ok())
}

/// What the Service asks for by an annotation.
fn asked<'a>(object: &'a Object, what: &str) -> Option<&'a str> {
    let annotations = &object.meta.annotations;
    let value = |prefix: &&str| annotations.get(&format!("{prefix}{what}"));
    PREFIXES.iter().find_map(value).map(String::as_str)
}

/// The pool and the addresses for a Service: those that it asks for, those that it has, or free ones.
fn choose<'a>(
    tables: &Tables,
    pools: &'a [Pool],
    object: &Object,
    service: &Service,
) -> Result<(&'a Pool, Vec<IpAddr>), String> {
    let others = tables
        .all(kind::SERVICE)
        .filter(|other| other.meta.uid != object.meta.uid);
    let shared = asked(object, "allow-shared-ip");
    let apart =
        others.filter(|other| shared.is_none() || asked(other, "allow-shared-ip") != shared);
    let taken: BTreeSet<IpAddr> = apart.filter_map(|o| o.service()).flat_map(given).collect();
    let wanted = asked(object, "loadBalancerIPs").unwrap_or(&service.spec.load_balancer_ip);
    if !wanted.is_empty() {
        let parse = |text: &str| {
            text.trim()
                .parse()
                .map_err(|_| format!("invalid spec.loadBalancerIP \"{wanted}\""))
        };
        let addresses = wanted
            .split(',')
            .map(parse)
            .collect::<Result<Vec<IpAddr>, _>>()?;
        let Some(pool) = pools
            .iter()
            .find(|pool| addresses.iter().all(|ip| pool.contains(*ip)))
        else {
            return Err(format!("\"{wanted}\" is not allowed in config"));
        };
        if let Some(ip) = addresses.iter().find(|ip| taken.contains(ip)) {
            return Err(format!(
                "can't change sharing key for \"{}/{}\", address also in use by another Service: {ip}",
                object.meta.namespace, object.meta.name
            ));
        }
        return Ok((pool, addresses));
    }
    let named = asked(object, "address-pool");
    if let Some(name) = named.filter(|name| pools.iter().all(|pool| pool.name != **name)) {
        return Err(format!("unknown pool \"{name}\""));
    }
    let open = |pool: &&Pool| match named {
        Some(name) => pool.name == name,
        None => pool.automatic && pool.is_for(tables, object),
    };
    let families = &service.spec.ip_families;
    let sixths: Vec<bool> = families.iter().map(|family| family == "IPv6").collect();
    let present: Vec<IpAddr> = given(service).collect();
    for pool in pools.iter().filter(open) {
        let kept = present.len() == sixths.len()
            && present
                .iter()
                .all(|ip| pool.contains(*ip) && !taken.contains(ip));
        if kept {
            return Ok((pool, present));
        }
    }
    for pool in pools.iter().filter(open) {
        let addresses: Option<Vec<IpAddr>> = sixths.iter().map(|s| pool.free(*s, &taken)).collect();
        if let Some(addresses) = addresses.filter(|all| !all.is_empty()) {
            return Ok((pool, addresses));
        }
    }
    Err(match named {
        Some(name) => format!("no available IPs in pool \"{name}\""),
        None => "no available IPs".to_owned(),
    })
}

fn write(hands: &mut Hands<'_>, key: &ObjectKey, addresses: &[IpAddr], pool: Option<&Pool>) {
    let ingress = |ip: &IpAddr| LoadBalancerIngress {
        ip: ip.to_string(),
        ip_mode: Some("VIP".to_owned()),
        ..Default::default()
    };
    hands.store.modify(hands.sim, key, |object| {
        match pool {
            Some(pool) => object
                .meta
                .annotations
                .insert(FROM_POOL.to_owned(), pool.name.clone()),
            None => object.meta.annotations.remove(FROM_POOL),
        };
        if let Some(service) = object.service_mut() {
            service.status.load_balancer.ingress = addresses.iter().map(ingress).collect();
        }
    });
}

/// A speaker answers for the address on one node, if an `L2Advertisement` selects the pool; it says so when it begins.
fn announce(hands: &mut Hands<'_>, key: &ObjectKey) {
    let tables = hands.store.tables();
    let Some(service) = tables.get(key).cloned() else {
        return;
    };
    let ip = service.service().and_then(|service| given(service).next());
    let Some(Speaker::Node(node)) = ip.map(|ip| tables.speaker(&service, ip)) else {
        return;
    };
    let message = format!("announcing from node \"{node}\" with protocol \"layer2\"");
    let events = tables.in_namespace(kind::EVENT, &key.namespace);
    let own = events.filter_map(|object| object.event()).filter(|event| {
        event.involved_object.uid == service.meta.uid && &*event.reason == "nodeAssigned"
    });
    let last = own.max_by(|a, b| a.last_timestamp.cmp(&b.last_timestamp));
    if last.is_some_and(|last| last.message == message) {
        return;
    }
    let said = Said::normal("metallb-speaker", "nodeAssigned", message);
    record(hands.store, hands.sim, &service, said);
}
