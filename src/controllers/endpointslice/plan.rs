//! What has to be written so that a Service's slices list its Pods, with as few writes as the real controller makes.
//!
//! Models `k8s.io/endpointslice/reconciler.go`. Endpoints are grouped by the ports that the Service's target ports
//! resolve to in each Pod. Go takes endpoints and slices in a random order where this takes them in the order of Pods and
//! of slice names.

use super::draft::{Draft, labels};
use super::endpoint::{endpoint, is_listed, ports};
use super::topology::{self, CpuByZone};
use super::traffic;
use crate::api::pod::Pod;
use crate::api::service::{Endpoint, EndpointPort, EndpointSlice, Service};
use crate::api::{Object, StringMap};
use crate::controllers::port_order::sort_slice_ports;
use crate::kernel::Arrange;
use crate::kernel::{BTreeMap, BTreeSet};
use std::rc::Rc;

const TOPOLOGY: &[&str] = &[
    "service.kubernetes.io/topology-aware-hints",
    "service.kubernetes.io/topology-mode",
];

/// Slices by what becomes of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slices {
    /// New ones.
    pub create: Vec<Draft>,
    /// Present ones that change.
    pub update: Vec<Draft>,
    /// Present ones that stay as they are.
    pub unchanged: Vec<Draft>,
    /// Present ones that go.
    pub delete: Vec<Draft>,
}

impl Slices {
    /// All that will be there.
    pub(super) fn all(&self) -> impl Iterator<Item = &Draft> {
        self.create
            .iter()
            .chain(&self.update)
            .chain(&self.unchanged)
    }
}

/// What the controller says of the Service in an `Event`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Whether it is a warning.
    pub warning: bool,
    /// Why, as one word.
    pub reason: &'static str,
    /// The sentence.
    pub message: String,
}

/// What has to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The slices.
    pub slices: Slices,
    /// What is said of the Service.
    pub events: Vec<Said>,
    /// Why it has to be tried again.
    pub errors: Vec<String>,
    /// When that happened which the slices follow; empty if nothing but a removal did.
    pub trigger: String,
}

/// What a plan is made from.
pub struct Inputs<'a> {
    /// The Service.
    pub object: &'a Object,
    /// Its content.
    pub service: &'a Service,
    /// The Pods that it selects.
    pub pods: Vec<&'a Rc<Object>>,
    /// The slices that it has.
    pub existing: Vec<&'a Rc<Object>>,
    /// Finds a node.
    pub node: &'a dyn Fn(&str) -> Option<&'a Object>,
    /// The processors of each zone, for the older topology annotation.
    pub cpu: Option<CpuByZone>,
    /// How many endpoints a slice holds at most.
    pub most: usize,
}

/// The endpoints of a set of ports, in the order of their Pods; none where one was placed.
#[derive(Default)]
struct Group<'a> {
    ports: Vec<EndpointPort>,
    endpoints: Vec<Option<Rc<Endpoint>>>,
    /// Since when each Pod is as ready as it is.
    since: Vec<&'a str>,
    /// Where each Pod stands.
    places: BTreeMap<String, usize>,
    left: usize,
    /// The earliest time of a change.
    trigger: Option<&'a str>,
}

impl<'a> Group<'a> {
    fn insert(&mut self, endpoint: Endpoint, since: &'a str) {
        self.since.push(since);
        let pod = endpoint
            .target_ref
            .as_ref()
            .map(|target| target.name.clone());
        self.places
            .insert(pod.unwrap_or_default(), self.endpoints.len());
        self.endpoints.push(Some(Rc::new(endpoint)));
        self.left += 1;
    }

    /// Takes the endpoint that is the same as a listed one, whatever its conditions (`hashEndpoint`).
    fn take_same(&mut self, listed: &Endpoint) -> Option<Rc<Endpoint>> {
        let target = listed.target_ref.as_ref()?;
        let place = *self.places.get(&target.name)?;
        let slot = self.endpoints.get_mut(place)?;
        let found = slot.as_ref()?;
        let named = found.target_ref.as_ref();
        let same = found.addresses == listed.addresses
            && found.hostname == listed.hostname
            && named.is_some_and(|named| named.namespace == target.namespace);
        let taken = same.then(|| slot.take()).flatten();
        self.left -= usize::from(taken.is_some());
        taken
    }

    /// Moves endpoints that have no place yet into a slice until it is full.
    fn fill(&mut self, draft: &mut Draft, most: usize, from: &mut usize) {
        while self.left > 0 && draft.endpoints.len() < most {
            let Some(slot) = self.endpoints.get_mut(*from) else {
                return;
            };
            *from += 1;
            if let Some(endpoint) = slot.take() {
                note(&mut self.trigger, self.since.get(*from - 1));
                draft.endpoints.push(endpoint);
                self.left -= 1;
            }
        }
    }

    /// A listed endpoint has changed.
    fn note_change(&mut self, listed: &Endpoint) {
        let name = listed.target_ref.as_ref().map(|target| &target.name);
        let place = name.and_then(|name| self.places.get(name));
        let since = place.and_then(|place| self.since.get(*place));
        note(&mut self.trigger, since);
    }
}

/// Keeps the earlier of two times; those of the API sort as text.
fn note<'a>(trigger: &mut Option<&'a str>, since: Option<&&'a str>) {
    if let Some(since) = since.filter(|since| !since.is_empty()) {
        *trigger = Some(trigger.map_or(*since, |known| known.min(since)));
    }
}

/// What is known beforehand: the slices list what they should, but for some Pods.
pub(super) struct Settled<'a> {
    /// The ports that all slices have.
    pub(super) ports: &'a [EndpointPort],
    /// The Pods that changed.
    pub(super) changed: &'a BTreeSet<Rc<str>>,
    /// The slices that list one of them.
    pub(super) touched: BTreeSet<Rc<str>>,
}

/// What has to be done for one family where all is settled but for some Pods, which are all that `inputs` names: the same
/// as a look at all Pods finds. None if that look is needed.
pub(super) fn follow(
    inputs: &Inputs<'_>,
    address_type: &str,
    settled: &Settled<'_>,
) -> Option<Plan> {
    let mut plan = Plan::default();
    let groups = desired(inputs, address_type, &mut plan.errors);
    let mut groups = groups.into_iter();
    let mut group = groups.next().unwrap_or_else(|| Group {
        ports: settled.ports.to_vec(),
        ..Group::default()
    });
    let alike = groups.next().is_none() && same_ports(&group.ports, settled.ports);
    if !alike || !plan.errors.is_empty() {
        return None;
    }
    let known = Some(settled);
    place(
        inputs,
        address_type,
        (&mut group, &inputs.existing),
        &mut plan.slices,
        known,
    );
    if !plan.slices.delete.is_empty() {
        return None;
    }
    plan.trigger = group.trigger.unwrap_or_default().to_owned();
    hints(inputs, address_type, &mut plan);
    Some(plan)
}

/// What has to be done for one family.
pub fn plan(inputs: &Inputs<'_>, address_type: &str) -> Plan {
    let mut plan = Plan::default();
    let mut groups = desired(inputs, address_type, &mut plan.errors);
    let mut present: Vec<Vec<&Rc<Object>>> = groups.iter().map(|_| Vec::new()).collect();
    let mut count = 0;
    for object in &inputs.existing {
        let Some(slice) = object
            .slice()
            .filter(|slice| slice.address_type == address_type)
        else {
            continue;
        };
        count += 1;
        let group = groups
            .iter()
            .position(|group| same_ports(&group.ports, slice.ports()));
        match group.filter(|_| is_owned(object, inputs.object)) {
            Some(group) => present
                .get_mut(group)
                .into_iter()
                .for_each(|of| of.push(object)),
            None => plan.slices.delete.push(Draft::of(object, slice)),
        }
    }
    for (group, present) in groups.iter_mut().zip(&present) {
        place(
            inputs,
            address_type,
            (group, present),
            &mut plan.slices,
            None,
        );
    }
    plan.trigger = if inputs.existing.is_empty() {
        inputs.object.meta.creation_timestamp.to_string()
    } else {
        let times = groups.iter().filter_map(|group| group.trigger);
        times.min().unwrap_or_default().to_owned()
    };
    let slices = &mut plan.slices;
    if count == slices.delete.len() && slices.create.is_empty() {
        let placeholder = Draft::new(inputs.object, inputs.service, address_type, &[]);
        match slices.delete.as_slice() {
            [only] if is_placeholder(only, &placeholder) => slices.delete.clear(),
            _ => slices.create.push(placeholder),
        }
    }
    hints(inputs, address_type, &mut plan);
    recycle(inputs.object, &inputs.existing, &mut plan.slices);
    plan
}

/// Since when a Pod is as ready as it is; a Pod that is going away makes no new time.
pub(in crate::controllers) fn since<'a>(object: &Object, pod: &'a Pod) -> &'a str {
    let mut conditions = pod.status.conditions.iter();
    let ready = conditions.find(|c| c.type_ == "Ready" && !object.meta.is_terminating());
    ready.map_or("", |ready| ready.last_transition_time.as_str())
}

/// The endpoints that the slices should list.
fn desired<'a>(
    inputs: &Inputs<'a>,
    address_type: &str,
    errors: &mut Vec<String>,
) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let publishes = inputs.service.spec.publish_not_ready_addresses;
    // Pods of one make have the same ports.
    let mut last = None;
    for object in &inputs.pods {
        let Some(pod) = object.pod().filter(|pod| is_listed(object, pod, true)) else {
            continue;
        };
        let make = pod.spec.make();
        let at = match last {
            Some((known, at)) if known == make => at,
            Some(_) | None => place_of(&mut groups, ports(inputs.service, pod)),
        };
        last = Some((make, at));
        let node = (inputs.node)(&pod.spec.node_name);
        if node.is_none() && !publishes {
            let service = &inputs.object.meta;
            errors.push(format!(
                "skipping Pod {} for Service {}/{}: Node {} Not Found",
                object.meta.name, service.namespace, service.name, pod.spec.node_name
            ));
            continue;
        }
        let found = endpoint(inputs.object, publishes, (object, pod), node, address_type);
        if let Some(group) = groups.get_mut(at).filter(|_| !found.addresses.is_empty()) {
            group.insert(found, since(object, pod));
        }
    }
    for group in &mut groups {
        sort_slice_ports(&mut group.ports);
    }
    groups
}

/// The place of the group with these ports.
fn place_of(groups: &mut Vec<Group<'_>>, ports: Vec<EndpointPort>) -> usize {
    let known = groups.iter().position(|group| group.ports == ports);
    known.unwrap_or_else(|| {
        groups.push(Group {
            ports,
            ..Group::default()
        });
        groups.len() - 1
    })
}

/// Ports are the same in any order.
fn same_ports(one: &[EndpointPort], other: &[EndpointPort]) -> bool {
    one.len() == other.len() && one.iter().all(|port| other.contains(port))
}

pub(super) fn is_owned(slice: &Object, service: &Object) -> bool {
    let owners = slice.meta.owner_references.iter();
    owners
        .filter(|owner| owner.kind == "Service" && owner.api_version == "v1")
        .any(|owner| owner.uid == service.meta.uid)
}

fn is_placeholder(present: &Draft, placeholder: &Draft) -> bool {
    // A label without a value is the same as none (`placeholderSliceCompare`).
    let valued = |draft: &Draft| -> StringMap {
        let labels = draft.labels.iter().filter(|(_, value)| !value.is_empty());
        labels.map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    present.ports.is_empty()
        && present.endpoints.is_empty()
        && valued(present) == valued(placeholder)
        && present.address_type == placeholder.address_type
}

/// Places the endpoints of one set of ports (`reconcileByPortMapping`).
fn place(
    inputs: &Inputs<'_>,
    address_type: &str,
    (group, present): (&mut Group<'_>, &[&Rc<Object>]),
    slices: &mut Slices,
    settled: Option<&Settled<'_>>,
) {
    let (mut update, mut unchanged): (Vec<Draft>, Vec<&Rc<Object>>) = (Vec::new(), Vec::new());
    for object in present {
        let Some(slice) = object.slice() else {
            continue;
        };
        if settled.is_some_and(|s| !s.touched.contains(object.meta.name.as_str())) {
            unchanged.push(object);
            continue;
        }
        let (kept, changed) = keep(group, slice, settled);
        let (labels, relabelled) = labels(inputs.object, inputs.service, &object.meta.labels);
        let differs = changed || kept.len() != slice.endpoints().len();
        if !differs && !relabelled {
            unchanged.push(object);
            continue;
        }
        let mut draft = Draft::of(object, slice);
        if kept.is_empty() && differs {
            slices.delete.push(draft);
            continue;
        }
        if differs {
            draft.endpoints = kept;
        }
        draft.labels = labels;
        update.push(draft);
    }
    let mut from = 0;
    // The fullest are filled first.
    update.arrange_by_key(|draft| std::cmp::Reverse(draft.endpoints.len()));
    for draft in &mut update {
        group.fill(draft, inputs.most, &mut from);
    }
    while group.left > 0 {
        match best_fit(&unchanged, group.left, inputs.most) {
            Some(at) => {
                let object = unchanged.remove(at);
                let Some(slice) = object.slice() else {
                    continue;
                };
                let mut draft = Draft::of(object, slice);
                group.fill(&mut draft, inputs.most, &mut from);
                update.push(draft);
            }
            None => {
                let mut draft =
                    Draft::new(inputs.object, inputs.service, address_type, &group.ports);
                group.fill(&mut draft, inputs.most, &mut from);
                slices.create.push(draft);
            }
        }
    }
    slices.update.append(&mut update);
    if settled.is_none() {
        let stay = unchanged.into_iter();
        slices
            .unchanged
            .extend(stay.filter_map(|object| Some(Draft::of(object, object.slice()?))));
    }
}

/// The endpoints of a slice that stay in it, and whether one of them has changed.
fn keep(
    group: &mut Group<'_>,
    slice: &EndpointSlice,
    settled: Option<&Settled<'_>>,
) -> (Vec<Rc<Endpoint>>, bool) {
    let mut kept = Vec::with_capacity(slice.endpoints().len());
    let mut changed = false;
    let is_settled = |listed: &Endpoint| {
        let pod = listed
            .target_ref
            .as_ref()
            .map(|target| target.name.as_str());
        let known = settled.zip(pod);
        known.is_some_and(|(settled, pod)| !settled.changed.contains(pod))
    };
    for listed in slice.endpoints() {
        if is_settled(listed) {
            kept.push(listed.clone());
        } else if let Some(found) = group.take_same(listed) {
            if !equal_beyond_identity(&found, listed) {
                changed = true;
                group.note_change(listed);
            }
            // What stays the same is shared, so that others see at once that it does.
            kept.push(if found == *listed {
                listed.clone()
            } else {
                found
            });
        }
    }
    (kept, changed)
}

fn equal_beyond_identity(one: &Endpoint, other: &Endpoint) -> bool {
    fn uid(endpoint: &Endpoint) -> Option<&str> {
        endpoint
            .target_ref
            .as_ref()
            .map(|target| target.uid.as_str())
    }
    one.node_name == other.node_name
        && uid(one) == uid(other)
        && one.zone == other.zone
        && one.conditions.ready == other.conditions.ready
        && one.conditions.serving == other.conditions.serving
        && one.conditions.terminating == other.conditions.terminating
}

/// The slice that will be nearest to full once so many endpoints are added.
fn best_fit(slices: &[&Rc<Object>], count: usize, most: usize) -> Option<usize> {
    let room = |object: &Rc<Object>| most.checked_sub(count + object.slice()?.endpoints().len());
    let fits = slices
        .iter()
        .enumerate()
        .filter_map(|(at, object)| Some((room(object)?, at)));
    let best = fits.filter(|(room, _)| *room < most).min()?;
    (count < most).then_some(best.1)
}

/// Whether the older annotation asks for hints.
pub(super) fn asks_for_topology(annotations: &StringMap) -> bool {
    let value = TOPOLOGY.iter().find_map(|key| annotations.get(*key));
    value.is_some_and(|value| value == "Auto" || value == "auto")
}

fn hints(inputs: &Inputs<'_>, address_type: &str, plan: &mut Plan) {
    let distribution = inputs.service.spec.traffic_distribution.as_deref();
    if asks_for_topology(&inputs.object.meta.annotations) {
        let said = topology::add_hints(inputs.cpu.as_ref(), address_type, &mut plan.slices);
        plan.events.extend(said);
    } else if distribution.is_some_and(traffic::is_known) {
        traffic::reconcile(distribution, &mut plan.slices);
    } else {
        topology::remove_hints(&mut plan.slices);
    }
}

/// A slice that would go is written anew instead of one that would come (`finalize`).
fn recycle(service: &Object, existing: &[&Rc<Object>], slices: &mut Slices) {
    let owned = |draft: &Draft| {
        let name = draft.name.as_deref();
        let object = existing
            .iter()
            .find(|object| Some(object.meta.name.as_str()) == name);
        object.is_some_and(|object| is_owned(object, service))
    };
    for old in std::mem::take(&mut slices.delete) {
        match slices.create.pop_if(|_| owned(&old)) {
            Some(mut draft) => {
                draft.name = old.name;
                slices.update.push(draft);
            }
            None => slices.delete.push(old),
        }
    }
}
