//! The objects that stand for the Service subnets and for each address taken from them.
//!
//! Models `ServiceCIDR` and `IPAddress` of `networking.k8s.io/v1`: the allocator keeps one `IPAddress` for each address of
//! a Service, and a `ServiceCIDR` that somebody adds is one more range to draw from. They follow writes of other objects
//! at once and silently: nobody watches them.

use super::{Cidr, Store};
use crate::api::validation::json_list;
use crate::api::{FieldError, Map, Object, ObjectKey, ObjectMeta, Status, Value, kind};
use crate::kernel::{Sim, uid};
use std::net::IpAddr;
use std::rc::Rc;

const FINALIZER: &str = "networking.k8s.io/service-cidr-finalizer";

fn text(key: &str, value: &str) -> (String, Value) {
    (key.to_owned(), Value::from(value))
}

/// The ranges that a `ServiceCIDR` declares.
pub(super) fn ranges(object: &Object) -> Vec<Cidr> {
    let spec = object.fields().remove("spec");
    let list = spec.as_ref().and_then(|spec| spec.get("cidrs"));
    let texts = list.and_then(Value::as_list).into_iter().flatten();
    texts
        .filter_map(Value::as_str)
        .filter_map(Cidr::parse)
        .collect()
}

/// Whether an address was taken from a range.
fn holds(range: &Cidr, address: &Object) -> bool {
    let address = address.meta.name.parse::<IpAddr>();
    address.is_ok_and(|address| range.contains(address))
}

impl Store {
    /// Puts in the `ServiceCIDR` of the subnets that the cluster was made with.
    pub fn declare_service_cidr(&mut self, sim: &Sim, cidrs: &[Cidr]) {
        if self.tables.count(kind::SERVICE_CIDR) > 0 {
            return;
        }
        let texts = cidrs.iter().map(|cidr| Value::Str(cidr.to_string()));
        let spec = Map::from([("cidrs".to_owned(), Value::List(texts.collect()))]);
        let meta = ObjectMeta {
            name: "kubernetes".to_owned(),
            ..ObjectMeta::default()
        };
        let fields = Map::from([("spec".to_owned(), Value::Map(spec))]);
        let mut object = Object::new(kind::SERVICE_CIDR, meta, fields);
        complete(&mut object, sim);
        self.put_silently(sim, object);
    }

    /// Follows a write: addresses come and go with their Service, ranges with their `ServiceCIDR`.
    pub(super) fn follow_addresses(
        &mut self,
        sim: &Sim,
        old: Option<&Object>,
        new: Option<&Object>,
    ) {
        let Some(either) = new.or(old) else { return };
        if either.kind == kind::SERVICE_CIDR {
            let of = |object: Option<&Object>| object.map(ranges).unwrap_or_default();
            self.allocators.set_ranges(&of(old), &of(new));
            return;
        }
        let addresses = |object: Option<&Object>| {
            let service = object.and_then(Object::service);
            service.map_or_else(Vec::new, |service| service.spec.addresses())
        };
        let (before, after) = (addresses(old), addresses(new));
        for gone in before.iter().filter(|ip| !after.contains(ip)) {
            let key = ObjectKey::new(kind::IP_ADDRESS, "", &gone.to_string());
            self.tables.remove(&key);
        }
        for ip in after.iter().filter(|ip| !before.contains(ip)) {
            self.put_silently(sim, ip_address(*ip, &either.meta));
        }
        if before != after {
            self.end_empty_ranges();
        }
    }

    /// A `ServiceCIDR` on its way out goes with the last address that only it holds.
    fn end_empty_ranges(&mut self) {
        let ending: Vec<Rc<Object>> = self
            .tables
            .all(kind::SERVICE_CIDR)
            .filter(|object| object.meta.is_terminating())
            .cloned()
            .collect();
        for object in ending {
            if !self.is_in_use(&object) {
                self.tables.remove(&object.key());
                self.allocators.set_ranges(&ranges(&object), &[]);
            }
        }
    }

    /// Whether addresses would be left without a range if this `ServiceCIDR` went.
    pub(super) fn is_in_use(&self, object: &Object) -> bool {
        let others: Vec<Cidr> = self
            .tables
            .all(kind::SERVICE_CIDR)
            .filter(|other| other.meta.name != object.meta.name && !other.meta.is_terminating())
            .flat_map(|other| ranges(other))
            .collect();
        let own = ranges(object);
        self.tables.all(kind::IP_ADDRESS).any(|address| {
            own.iter().any(|range| holds(range, address))
                && !others.iter().any(|range| holds(range, address))
        })
    }

    pub(super) fn put_silently(&mut self, sim: &Sim, mut object: Object) {
        object.meta.uid = uid(&mut self.address_uids).into();
        object.meta.creation_timestamp = sim.timestamp().into();
        object.meta.resource_version = self.tables.revision.to_string();
        self.tables.insert(&object.key(), &Rc::new(object));
    }
}

/// The object that says who has an address.
fn ip_address(ip: IpAddr, owner: &ObjectMeta) -> Object {
    let family = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
    let labels = [
        ("ipaddress.kubernetes.io/ip-family", family),
        ("ipaddress.kubernetes.io/managed-by", "ipallocator.k8s.io"),
    ];
    let meta = ObjectMeta {
        name: ip.to_string(),
        labels: labels
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ..ObjectMeta::default()
    };
    let parent = [
        text("group", ""),
        text("name", &owner.name),
        text("namespace", &owner.namespace),
        text("resource", "services"),
    ];
    let spec = Map::from([("parentRef".to_owned(), Value::Map(parent.into()))]);
    let fields = Map::from([("spec".to_owned(), Value::Map(spec))]);
    Object::new(kind::IP_ADDRESS, meta, fields)
}

/// Gives a `ServiceCIDR` what its controller gives it: it is ready, and stays while addresses are taken from it.
pub(super) fn complete(object: &mut Object, sim: &Sim) {
    object.meta.finalizers.push(FINALIZER.to_owned());
    set_condition(
        object,
        sim,
        ["True", "", "Kubernetes Service CIDR is ready"],
    );
}

/// Says of a `ServiceCIDR` why it cannot go yet.
pub(super) fn end(object: &mut Object, sim: &Sim) {
    let why = "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";
    set_condition(object, sim, ["False", "Terminating", why]);
}

fn set_condition(object: &mut Object, sim: &Sim, [status, reason, message]: [&str; 3]) {
    let condition = Map::from([
        text("type", "Ready"),
        text("status", status),
        text("reason", reason),
        text("message", message),
        text("lastTransitionTime", &sim.timestamp()),
    ]);
    let list = Value::List(vec![Value::Map(condition)]);
    let status = Map::from([("conditions".to_owned(), list)]);
    if let crate::api::Body::Plain(fields) = &mut object.body {
        fields.insert("status".to_owned(), Value::Map(status));
    }
}

/// What may be changed of a `ServiceCIDR`: a second family may be added, nothing else.
pub(super) fn check_update(new: &Object, old: &Object) -> Result<(), Status> {
    let (new_ranges, old_ranges) = (ranges(new), ranges(old));
    if new_ranges == old_ranges || (old_ranges.len() == 1 && new_ranges.starts_with(&old_ranges)) {
        return Ok(());
    }
    let changed = new_ranges.iter().zip(&old_ranges).enumerate();
    let mut causes: Vec<FieldError> = changed
        .filter(|(_, (new, old))| new != old)
        .map(|(i, (new, _))| {
            let why = format!("Invalid value: \"{new}\": field is immutable");
            FieldError::new(format!("spec.cidrs[{i}]"), why)
        })
        .collect();
    if causes.is_empty() {
        let texts: Vec<String> = new_ranges.iter().map(Cidr::to_string).collect();
        let why = format!("Invalid value: {}: field is immutable", json_list(&texts));
        causes.push(FieldError::new("spec.cidrs", why));
    }
    Err(Status::invalid(new.kind, &new.meta.name, causes))
}
