//! What the controller knows of the slices that it wrote, so that the sync of a large Service looks at the Pods that
//! changed and not at all of them.
//!
//! The real controller looks at all Pods of a Service each time. What it writes is the same: whatever makes that uncertain
//! (a slice that somebody else wrote, a changed Service or node, Pods with other ports) is forgotten, and the next sync looks
//! at everything.

use super::plan::{self, Inputs, Plan, Settled};
use super::{MOST, managed};
use crate::api::service::{EndpointPort, Service};
use crate::api::{Object, ObjectKey, kind, matches_all};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::store::Tables;
use std::rc::Rc;

/// What is known of all Services.
#[derive(Clone, Debug, Default)]
pub(in crate::controllers) struct Memory(BTreeMap<ObjectKey, Known>);

/// What is known of one Service.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The Pods that changed since its last sync.
    changed: BTreeSet<Rc<str>>,
    families: Vec<Family>,
}

/// The slices of one family, which list each Pod that they should.
#[derive(Clone, Debug)]
struct Family {
    address_type: &'static str,
    ports: Vec<EndpointPort>,
    /// As they were written.
    slices: BTreeMap<Rc<str>, Rc<Object>>,
    /// The slice that lists a Pod.
    places: BTreeMap<Rc<str>, Rc<str>>,
}

impl Memory {
    /// A Pod of a Service changed.
    pub(in crate::controllers) fn note(&mut self, service: &ObjectKey, pod: &Rc<str>) {
        if let Some(known) = self.0.get_mut(service) {
            known.changed.insert(pod.clone());
        }
    }

    /// The next sync of a Service looks at everything.
    pub(in crate::controllers) fn forget(&mut self, service: &ObjectKey) {
        self.0.remove(service);
    }

    /// Every next sync looks at everything.
    pub(in crate::controllers) fn forget_all(&mut self) {
        self.0.clear();
    }

    pub(super) fn take(&mut self, service: &ObjectKey) -> Known {
        self.0.remove(service).unwrap_or_default()
    }

    pub(super) fn keep(&mut self, service: &ObjectKey, mut known: Known) {
        if !known.families.is_empty() {
            known.changed.clear();
            self.0.insert(service.clone(), known);
        }
    }
}

impl Known {
    /// What has to be done for one family, as far as that follows from the Pods that changed.
    pub(super) fn follow(
        &self,
        tables: &Tables,
        (object, service): (&Object, &Service),
        address_type: &str,
    ) -> Option<Plan> {
        let mut families = self.families.iter();
        let family = families.find(|family| family.address_type == address_type)?;
        let existing: Vec<&Rc<Object>> = of_family(tables, object, address_type).collect();
        let as_written = existing.len() == family.slices.len()
            && existing
                .iter()
                .zip(family.slices.values())
                .all(|(a, b)| Rc::ptr_eq(a, b));
        if !as_written {
            return None;
        }
        let space = object.meta.namespace.as_str();
        let pods = self
            .changed
            .iter()
            .filter_map(|name| tables.find(kind::POD, space, name));
        let selected = |pod: &&Rc<Object>| matches_all(&service.spec.selector, &pod.meta.labels);
        let inputs = Inputs {
            object,
            service,
            pods: pods.filter(selected).collect(),
            existing,
            node: &|name| tables.find(kind::NODE, "", name).map(|node| &**node),
            cpu: None,
            most: MOST,
        };
        let touched = self.changed.iter().filter_map(|pod| family.places.get(pod));
        let settled = Settled {
            ports: &family.ports,
            changed: &self.changed,
            touched: touched.cloned().collect(),
        };
        plan::follow(&inputs, address_type, &settled)
    }

    /// These slices were written for what [`Self::follow`] planned.
    pub(super) fn learn(&mut self, address_type: &str, written: &[Rc<Object>]) {
        let mut families = self.families.iter_mut();
        let Some(family) = families.find(|family| family.address_type == address_type) else {
            return;
        };
        let names = written.iter().map(|object| object.meta.name.as_str());
        let names: BTreeSet<&str> = names.collect();
        for pod in &self.changed {
            if family
                .places
                .get(pod)
                .is_some_and(|slice| names.contains(&**slice))
            {
                family.places.remove(pod);
            }
        }
        for object in written {
            let name: Rc<str> = object.meta.name.as_str().into();
            for pod in listed(object).flatten() {
                if let Some(pod) = self.changed.get(pod) {
                    family.places.insert(pod.clone(), name.clone());
                }
            }
            family.slices.insert(name, object.clone());
        }
    }

    /// Reads the slices of a family once they are as they should be.
    pub(super) fn read(&mut self, tables: &Tables, object: &Object, address_type: &'static str) {
        self.families
            .retain(|family| family.address_type != address_type);
        let asks = plan::asks_for_topology(&object.meta.annotations);
        let family = Family::read(tables, object, address_type);
        self.families.extend(family.filter(|_| !asks));
    }

    /// Nothing is certain of a family.
    pub(super) fn doubt(&mut self, address_type: &str) {
        self.families
            .retain(|family| family.address_type != address_type);
    }
}

impl Family {
    /// None if the slices are not all alike.
    fn read(tables: &Tables, service: &Object, address_type: &'static str) -> Option<Self> {
        let mut family: Option<Self> = None;
        for object in of_family(tables, service, address_type) {
            let slice = object.slice()?;
            let own = family.get_or_insert_with(|| Self {
                address_type,
                ports: slice.ports().to_vec(),
                slices: BTreeMap::new(),
                places: BTreeMap::new(),
            });
            let alike = slice.ports() == own.ports && plan::is_owned(object, service);
            if !alike || slice.endpoints().is_empty() {
                return None;
            }
            let name: Rc<str> = object.meta.name.as_str().into();
            for pod in listed(object) {
                // Each Pod is listed once.
                let other = own.places.insert(pod?.into(), name.clone());
                if other.is_some() {
                    return None;
                }
            }
            own.slices.insert(name, object.clone());
        }
        family
    }
}

/// The controller's slices of one family of a Service, by name.
fn of_family<'a>(
    tables: &'a Tables,
    service: &Object,
    address_type: &str,
) -> impl Iterator<Item = &'a Rc<Object>> {
    let slices = managed(tables, service).into_iter();
    slices.filter(move |slice| {
        slice
            .slice()
            .is_some_and(|s| s.address_type == address_type)
    })
}

/// The Pods that a slice lists; none for what is no Pod.
fn listed(object: &Object) -> impl Iterator<Item = Option<&str>> {
    let endpoints = object
        .slice()
        .into_iter()
        .flat_map(|slice| slice.endpoints());
    endpoints.map(|endpoint| {
        endpoint
            .target_ref
            .as_ref()
            .map(|target| target.name.as_str())
    })
}
