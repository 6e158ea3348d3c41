//! Which endpoints a node may send traffic to, and why not the others (`pkg/proxy/topology.go`).
//!
//! Everything that does not depend on the node is computed once for each change, so that a packet's question is a look-up:
//! it costs the same at ten and at ten thousand endpoints.

use super::{Endpoint, NodeView};
use crate::kernel::BTreeMap;
use std::rc::Rc;

/// Places in a sorted list of endpoints.
type Places = Vec<u32>;

/// Which endpoints a traffic policy allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Those of all nodes.
    Cluster,
    /// Those of the same node.
    Local,
}

/// By which hints the policy Cluster was narrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// Not at all.
    None,
    /// To the endpoints meant for this node.
    SameNode,
    /// To those meant for this node's zone.
    SameZone,
}

/// The endpoints of a Service port, sorted by address as text, and who may use which.
#[derive(Clone, Debug, Default)]
pub struct EndpointSet {
    all: Vec<Endpoint>,
    /// The ready ones or, when none is ready, those that still serve while they terminate.
    usable: Places,
    /// The same for each node.
    local: BTreeMap<Rc<str>, Places>,
    /// The ready ones by the node that they are meant for, if each of them is meant for some.
    for_nodes: BTreeMap<Rc<str>, Places>,
    /// The ready ones by zone, likewise.
    for_zones: BTreeMap<Rc<str>, Places>,
}

/// The endpoints that a packet may reach, in rule order.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    set: &'a EndpointSet,
    taken: &'a [u32],
    /// The policy that was applied.
    pub policy: Policy,
    /// The hints that were followed.
    pub preference: Preference,
}

impl EndpointSet {
    /// Indexes endpoints that are sorted already.
    pub fn new(all: Vec<Endpoint>) -> Self {
        let places = |wanted: &dyn Fn(&Endpoint) -> bool| -> Places {
            let numbered = all.iter().zip(0u32..);
            numbered
                .filter(|(e, _)| wanted(e))
                .map(|(_, i)| i)
                .collect()
        };
        let ready = places(&|e| e.ready);
        let draining = places(&Endpoint::drains);
        let for_nodes = by_hint(&all, &ready, |e| &e.node_hints);
        let for_zones = by_hint(&all, &ready, |e| &e.zone_hints);
        let mut local = by_node(&all, &draining);
        local.extend(by_node(&all, &ready));
        Self {
            usable: if ready.is_empty() { draining } else { ready },
            local,
            for_nodes,
            for_zones,
            all,
        }
    }

    /// All endpoints, usable or not.
    pub fn all(&self) -> &[Endpoint] {
        &self.all
    }

    /// Whether any node has an endpoint that could be used: without one packets are rejected, with one that the policy
    /// forbids they are dropped.
    pub fn has_any(&self) -> bool {
        !self.usable.is_empty()
    }

    /// What the policy Cluster allows a node: hints count if each ready endpoint has one and one is meant for this node
    /// or, failing that, for its zone.
    pub fn cluster(&self, node: &NodeView) -> Choice<'_> {
        let (taken, preference) = if let Some(places) = self.for_nodes.get(&*node.name) {
            (places, Preference::SameNode)
        } else if let Some(places) = self.for_zones.get(&*node.zone) {
            (places, Preference::SameZone)
        } else {
            (&self.usable, Preference::None)
        };
        Choice {
            set: self,
            taken,
            policy: Policy::Cluster,
            preference,
        }
    }

    /// What the policy Local allows a node.
    pub fn local(&self, node: &NodeView) -> Choice<'_> {
        Choice {
            set: self,
            taken: self
                .local
                .get(&*node.name)
                .map(Vec::as_slice)
                .unwrap_or_default(),
            policy: Policy::Local,
            preference: Preference::None,
        }
    }

    /// What a policy allows a node.
    pub fn choose(&self, policy: Policy, node: &NodeView) -> Choice<'_> {
        match policy {
            Policy::Cluster => self.cluster(node),
            Policy::Local => self.local(node),
        }
    }

    /// Nothing at all.
    pub fn nothing(&self) -> Choice<'_> {
        Choice {
            set: self,
            taken: &[],
            policy: Policy::Cluster,
            preference: Preference::None,
        }
    }
}

fn by_node(all: &[Endpoint], places: &[u32]) -> BTreeMap<Rc<str>, Places> {
    let mut found: BTreeMap<Rc<str>, Places> = BTreeMap::new();
    for place in places {
        if let Some(endpoint) = all.get(*place as usize).filter(|e| !e.node.is_empty()) {
            found.entry(endpoint.node.clone()).or_default().push(*place);
        }
    }
    found
}

/// Nothing if one ready endpoint lacks a hint.
fn by_hint(
    all: &[Endpoint],
    ready: &[u32],
    hints: fn(&Endpoint) -> &Vec<Rc<str>>,
) -> BTreeMap<Rc<str>, Places> {
    let mut found: BTreeMap<Rc<str>, Places> = BTreeMap::new();
    for place in ready {
        let Some(hints) = all
            .get(*place as usize)
            .map(hints)
            .filter(|h| !h.is_empty())
        else {
            return BTreeMap::new();
        };
        for hint in hints {
            let places = found.entry(hint.clone()).or_default();
            // A hint that is given twice counts once.
            if places.last() != Some(place) {
                places.push(*place);
            }
        }
    }
    found
}

impl Endpoint {
    /// Whether it still serves while it goes away.
    pub fn drains(&self) -> bool {
        self.serving && self.terminating
    }
}

impl<'a> Choice<'a> {
    /// How many endpoints there are to choose from.
    pub fn len(&self) -> usize {
        self.taken.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// One of them, by its place in rule order.
    pub fn get(&self, place: usize) -> Option<&'a Endpoint> {
        self.set.all.get(*self.taken.get(place)? as usize)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &'a Endpoint> + use<'a> {
        let set = self.set;
        self.taken
            .iter()
            .filter_map(|place| set.all.get(*place as usize))
    }

    /// Every endpoint of the Service port: taken, or skipped for a reason.
    pub fn why_not(&self, node: &NodeView) -> Vec<(&'a Endpoint, Option<String>)> {
        let taken = |place: u32| self.taken.binary_search(&place).is_ok();
        let numbered = self.set.all.iter().zip(0u32..);
        numbered
            .map(|(e, i)| (e, (!taken(i)).then(|| self.skipped(e, node))))
            .collect()
    }

    fn skipped(&self, endpoint: &Endpoint, node: &NodeView) -> String {
        match endpoint {
            _ if endpoint.ready || endpoint.drains() => self.forbidden(endpoint, node),
            _ if endpoint.terminating => "terminating, and no longer serving".to_owned(),
            _ => "not ready".to_owned(),
        }
    }

    /// Why the policy or the hints leave out an endpoint that could be used.
    fn forbidden(&self, endpoint: &Endpoint, node: &NodeView) -> String {
        let on = if endpoint.node.is_empty() {
            "no node"
        } else {
            &endpoint.node
        };
        match (self.policy, self.preference) {
            (Policy::Local, _) if endpoint.node != node.name => {
                format!("on {on}; the traffic policy Local keeps to {}", node.name)
            }
            _ if !endpoint.ready => "terminating, while others are ready".to_owned(),
            (_, Preference::SameNode) => format!("meant for another node than {}", node.name),
            (_, Preference::SameZone) => format!(
                "meant for {}; {} is in {}",
                endpoint.zone_hints.join(", "),
                node.name,
                node.zone
            ),
            _ => "not behind this address".to_owned(),
        }
    }
}
