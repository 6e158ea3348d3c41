//! A slice as it is to be written.

use super::{CONTROLLER, HEADLESS, MANAGED_BY, SERVICE_NAME};
use crate::api::service::{Endpoint, EndpointPort, EndpointSlice, Service};
use crate::api::{Body, Map, Object, ObjectMeta, StringMap, kind};
use crate::controllers::owned::reference;
use std::rc::Rc;

/// A slice before it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The name of the slice that it replaces; none if it is new.
    pub name: Option<String>,
    /// Its labels.
    pub labels: StringMap,
    /// `IPv4` or `IPv6`.
    pub address_type: String,
    /// The ports, with the numbers that they have on these endpoints.
    pub ports: Vec<EndpointPort>,
    /// The endpoints.
    pub endpoints: Vec<Rc<Endpoint>>,
}

impl Draft {
    /// A new and empty slice of a Service.
    pub fn new(
        object: &Object,
        service: &Service,
        address_type: &str,
        ports: &[EndpointPort],
    ) -> Self {
        Self {
            name: None,
            labels: labels(object, service, &StringMap::new()).0,
            address_type: address_type.to_owned(),
            ports: ports.to_vec(),
            endpoints: Vec::new(),
        }
    }

    /// A stored slice.
    pub(super) fn of(object: &Object, slice: &EndpointSlice) -> Self {
        Self {
            name: Some(object.meta.name.clone()),
            labels: object.meta.labels.clone(),
            address_type: slice.address_type.clone(),
            ports: slice.ports().to_vec(),
            endpoints: slice.endpoints().to_vec(),
        }
    }

    /// The object that a new slice becomes.
    pub fn into_object(self, service: &Object) -> Object {
        let slice = EndpointSlice {
            address_type: self.address_type,
            endpoints: Some(self.endpoints),
            ports: Some(self.ports),
            ..Default::default()
        };
        let meta = ObjectMeta {
            generate_name: prefix(&service.meta.name),
            namespace: service.meta.namespace.clone(),
            labels: self.labels,
            owner_references: vec![Rc::new(reference(service))],
            ..Default::default()
        };
        Object {
            kind: kind::ENDPOINT_SLICE,
            meta,
            body: Body::EndpointSlice(Box::new(slice)),
        }
    }
}

/// What the names of a Service's slices begin with.
pub(in crate::controllers) fn prefix(service: &str) -> String {
    let dashed = format!("{service}-");
    if dashed.len() > 253 {
        service.to_owned()
    } else {
        dashed
    }
}

/// The labels of a slice that follows a Service, and whether the Service's own labels differ from those that it has.
pub fn labels(object: &Object, service: &Service, present: &StringMap) -> (StringMap, bool) {
    let reserved = |key: &String| [SERVICE_NAME, MANAGED_BY, HEADLESS].contains(&key.as_str());
    let free = |labels: &StringMap| -> StringMap {
        let own = labels.iter().filter(|(key, _)| !reserved(key));
        own.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    let mut wanted = free(&object.meta.labels);
    let changed = wanted != free(present);
    if matches!(service.spec.cluster_ip.as_str(), "" | "None") {
        wanted.insert(HEADLESS.to_owned(), String::new());
    }
    wanted.insert(SERVICE_NAME.to_owned(), object.meta.name.clone());
    wanted.insert(MANAGED_BY.to_owned(), CONTROLLER.to_owned());
    (wanted, changed)
}

/// The zones or nodes that an endpoint's hints name (`which` is `forZones` or `forNodes`).
pub(super) fn hinted<'a>(endpoint: &'a Endpoint, which: &str) -> Vec<&'a str> {
    let list = endpoint.hints.as_ref().and_then(|hints| hints.get(which));
    let items = list.and_then(|list| list.as_list()).unwrap_or_default();
    let name = |item: &'a crate::api::Value| item.get("name").and_then(|name| name.as_str());
    items.iter().filter_map(name).collect()
}

/// Hints that name a zone and a node, if there are any to name.
pub(super) fn hints(zone: Option<&str>, node: Option<&str>) -> Option<Map> {
    let list = |name: &str| {
        let item = Map::from([("name".to_owned(), name.into())]);
        crate::api::Value::List(vec![crate::api::Value::Map(item)])
    };
    let mut hints = Map::new();
    if let Some(zone) = zone {
        hints.insert("forZones".to_owned(), list(zone));
    }
    if let Some(node) = node {
        hints.insert("forNodes".to_owned(), list(node));
    }
    (!hints.is_empty()).then_some(hints)
}

/// Only an endpoint that says so is ready for hints.
pub(super) fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.ready == Some(true)
}
