//! The addresses of a Service's Pods as its Endpoints tell them, in their order.
//!
//! Models `pkg/controller/endpoint`'s `RepackSubsets` and `truncateEndpoints`. The roll is kept between two syncs, so that a
//! change of one Pod costs the same behind any Service.

use super::endpointslice::{is_listed, ports, sets_hostname};
use super::port_order::sort_subset_ports;
use crate::api::endpoints::{EndpointAddress, EndpointSubset, SubsetPort};
use crate::api::pod::{Pod, PodSpec};
use crate::api::service::{ObjectReference, Service};
use crate::api::{Object, ObjectKey, kind, matches_all};
use crate::kernel::{BTreeMap, BTreeSet};
use crate::store::Tables;
use std::cell::OnceCell;
use std::rc::Rc;

/// How many addresses an Endpoints object holds at most.
const MOST: usize = 1000;

/// What is known of all Services: their rolls, and the Pods that changed since.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory(BTreeMap<ObjectKey, (Roll, BTreeSet<Rc<str>>)>);

/// The Pods of a Service.
#[derive(Clone, Debug, Default)]
pub(super) struct Roll {
    groups: Vec<Group>,
    /// Where each Pod stands, and whether among the ready ones.
    places: BTreeMap<Rc<str>, (bool, Place)>,
}

/// The Pods that have the same ports.
#[derive(Clone, Debug, Default)]
struct Group {
    ports: Vec<SubsetPort>,
    /// One of them: others of its make have the same ports.
    like: PodSpec,
    ready: BTreeMap<Place, Entry>,
    unready: BTreeMap<Place, Entry>,
}

/// The order of addresses: by their text, then by the Pod's uid.
type Place = (Rc<str>, Rc<str>);

/// A Pod, and its address once that was written.
#[derive(Clone, Debug)]
struct Entry {
    pod: Rc<str>,
    address: OnceCell<Rc<EndpointAddress>>,
}

impl Memory {
    /// A Pod of a Service changed.
    pub(super) fn note(&mut self, service: &ObjectKey, pod: &Rc<str>) {
        if let Some((_, changed)) = self.0.get_mut(service) {
            changed.insert(pod.clone());
        }
    }

    /// The next sync of a Service looks at everything.
    pub(super) fn forget(&mut self, service: &ObjectKey) {
        self.0.remove(service);
    }

    /// The roll of a Service as it is now.
    pub(super) fn roll(&mut self, tables: &Tables, key: &ObjectKey, service: &Service) -> &Roll {
        let space = &*key.namespace;
        let known = self.0.remove(key);
        let known = known.and_then(|(mut roll, changed)| {
            // The order of several groups depends on all Pods.
            (roll.groups.len() == 1).then_some(())?;
            for pod in &changed {
                roll.strike(pod);
                let object = tables.find(kind::POD, space, pod);
                let selected =
                    |o: &&Rc<Object>| matches_all(&service.spec.selector, &o.meta.labels);
                if let Some(object) = object.filter(selected) {
                    roll.enter(object, pod, service);
                }
            }
            (roll.groups.len() == 1 && !roll.places.is_empty()).then_some(roll)
        });
        let roll = known.unwrap_or_else(|| {
            let mut roll = Roll::default();
            for object in tables.pods_with(space, &service.spec.selector) {
                roll.enter(object, &object.meta.name.as_str().into(), service);
            }
            roll
        });
        let entry = self.0.entry(key.clone());
        &entry.or_insert((roll, BTreeSet::new())).0
    }
}

impl Roll {
    fn strike(&mut self, pod: &str) {
        let Some((ready, place)) = self.places.remove(pod) else {
            return;
        };
        for group in &mut self.groups {
            group.list(ready).remove(&place);
        }
    }

    /// Lists a Pod, if its Service does.
    fn enter(&mut self, object: &Object, name: &Rc<str>, service: &Service) {
        let publishes = service.spec.publish_not_ready_addresses;
        let Some(pod) = object.pod().filter(|pod| is_listed(object, pod, publishes)) else {
            return;
        };
        let Some(ip) = family_ip(service, pod) else {
            return;
        };
        let Some(at) = self.group_of(pod, service) else {
            return;
        };
        let place: Place = (ip.into(), object.meta.uid.as_str().into());
        let ready = publishes || pod.is_ready();
        if let Some(group) = self.groups.get_mut(at) {
            let entry = Entry {
                pod: name.clone(),
                address: OnceCell::new(),
            };
            group.list(ready).insert(place.clone(), entry);
            self.places.insert(name.clone(), (ready, place));
        }
    }

    /// Where the Pods with a Pod's ports stand; none if it has no port of its Service.
    fn group_of(&mut self, pod: &Pod, service: &Service) -> Option<usize> {
        let make = pod.spec.make();
        let known = self.groups.iter().position(|g| g.like.make() == make);
        if known.is_some() {
            return known;
        }
        let ports = subset_ports(service, pod);
        let portless = service.spec.ports.is_empty() && service.spec.is_headless();
        if ports.is_empty() && !portless {
            return None;
        }
        let alike = self.groups.iter().position(|group| group.ports == ports);
        Some(alike.unwrap_or_else(|| {
            self.groups.push(Group {
                ports,
                like: pod.spec.clone(),
                ..Group::default()
            });
            self.groups.len() - 1
        }))
    }

    /// The subsets that the Service should have, and whether addresses had to be left out.
    pub(super) fn subsets(&self, tables: &Tables, service: &Object) -> (Vec<EndpointSubset>, bool) {
        let (shares, truncated) = self.shares();
        let written = |(group, (ready, unready)): (&Group, (usize, usize))| {
            let all = |list: &BTreeMap<Place, Entry>, most: usize| {
                let entries = list.iter().take(most);
                entries
                    .filter_map(|(place, entry)| entry.address(tables, service, place))
                    .collect()
            };
            let mut ports = group.ports.clone();
            sort_subset_ports(&mut ports);
            EndpointSubset {
                addresses: all(&group.ready, ready),
                not_ready_addresses: all(&group.unready, unready),
                ports,
                ..Default::default()
            }
        };
        let subsets = self.groups.iter().zip(shares).map(written);
        (subsets.collect(), truncated)
    }

    /// How many addresses of each group are written, and whether that leaves some out: not-ready addresses first, and of
    /// each subset its share.
    fn shares(&self) -> (Vec<(usize, usize)>, bool) {
        let sizes = self
            .groups
            .iter()
            .map(|group| (group.ready.len(), group.unready.len()));
        let mut shares: Vec<(usize, usize)> = sizes.collect();
        let ready: usize = shares.iter().map(|share| share.0).sum();
        let unready: usize = shares.iter().map(|share| share.1).sum();
        if ready + unready <= MOST {
            return (shares, false);
        }
        let only_ready = ready > MOST;
        let (most, total) = if only_ready {
            (MOST, ready)
        } else {
            (MOST - ready, unready)
        };
        let mut room = most;
        for (ready, unready) in &mut shares {
            let own = if only_ready {
                *unready = 0;
                ready
            } else {
                unready
            };
            let share = (*own * most).div_ceil(total.max(1)).min(room);
            *own = share.min(*own);
            room -= share;
        }
        (shares, true)
    }
}

impl Group {
    fn list(&mut self, ready: bool) -> &mut BTreeMap<Place, Entry> {
        if ready {
            &mut self.ready
        } else {
            &mut self.unready
        }
    }
}

impl Entry {
    fn address(
        &self,
        tables: &Tables,
        service: &Object,
        place: &Place,
    ) -> Option<Rc<EndpointAddress>> {
        if let Some(known) = self.address.get() {
            return Some(known.clone());
        }
        let object = tables.find(kind::POD, &service.meta.namespace, &self.pod)?;
        let pod = object.pod()?;
        let made = || Rc::new(address(service, &place.0, (object, pod)));
        Some(self.address.get_or_init(made).clone())
    }
}

/// The Pod's address in the Service's first family.
fn family_ip<'a>(service: &Service, pod: &'a Pod) -> Option<&'a str> {
    let spec = &service.spec;
    let sixth = match spec.ip_families.first() {
        Some(family) => family == "IPv6",
        None if spec.is_headless() => pod.status.pod_ip.contains(':'),
        None => spec.cluster_ip.contains(':'),
    };
    let mut ips = pod.status.pod_ips.iter().map(|ip| ip.ip.as_str());
    ips.find(|ip| !ip.is_empty() && ip.contains(':') == sixth)
}

fn subset_ports(service: &Service, pod: &Pod) -> Vec<SubsetPort> {
    let port = |port: crate::api::service::EndpointPort| SubsetPort {
        name: port.name.unwrap_or_default(),
        port: port.port.unwrap_or_default(),
        protocol: port.protocol.unwrap_or_default(),
        app_protocol: port.app_protocol,
        ..Default::default()
    };
    ports(service, pod).into_iter().map(port).collect()
}

fn address(service: &Object, ip: &str, (object, pod): (&Object, &Pod)) -> EndpointAddress {
    let named = sets_hostname(service, object, pod);
    EndpointAddress {
        ip: ip.to_owned(),
        hostname: if named {
            pod.spec.hostname.clone()
        } else {
            String::new()
        },
        node_name: Some(pod.spec.node_name.clone()).filter(|name| !name.is_empty()),
        target_ref: Some(ObjectReference {
            kind: "Pod".into(),
            namespace: object.meta.namespace.clone(),
            name: object.meta.name.clone(),
            uid: object.meta.uid.clone(),
            ..Default::default()
        }),
        ..Default::default()
    }
}
