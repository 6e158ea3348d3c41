//! Which endpoints a node may send traffic to, and why not the others (`pkg/proxy/topology.go`).
//!
//! Everything that does not depend on the node is computed once after a change, when the first packet asks; the next
//! question is a look-up, which costs the same at ten and at ten thousand endpoints.

use super::{Endpoint, NodeView};
use crate::kernel::{Arrange, BTreeMap};
use std::cell::OnceCell;
use std::cmp::Ordering;
use std::net::SocketAddr;
use std::rc::Rc;

/// From so many endpoints on they are not taken in one by one.
const MANY: usize = 16;

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
    all: Vec<Rc<Endpoint>>,
    /// Whether some slices list an address of others, which is in it but once.
    hides: bool,
    index: OnceCell<Index>,
}

/// Which endpoints may be used, by whom.
#[derive(Clone, Debug)]
struct Index {
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
    /// Endpoints that are sorted already.
    pub fn new(all: Vec<Endpoint>) -> Self {
        Self::of(all, true)
    }

    /// The same; whether each of them was listed but once.
    pub(super) fn of(all: Vec<Endpoint>, once: bool) -> Self {
        Self {
            all: all.into_iter().map(Rc::new).collect(),
            hides: !once,
            index: OnceCell::new(),
        }
    }

    /// Takes some endpoints out and others in; false if that would list an address twice, or if what goes is not there.
    pub(super) fn change(&mut self, gone: &[&Endpoint], come: &[&Endpoint]) -> bool {
        if self.hides {
            return false;
        }
        self.index = OnceCell::new();
        let place = |all: &[Rc<Endpoint>], endpoint: &Endpoint| {
            all.binary_search_by(|own| by_text(own.address, endpoint.address))
        };
        let mut places = Vec::with_capacity(gone.len());
        for endpoint in gone {
            let Ok(at) = place(&self.all, endpoint) else {
                return false;
            };
            if self
                .all
                .get(at)
                .is_none_or(|own| own.slice != endpoint.slice)
            {
                return false;
            }
            places.push(at);
        }
        if !self.take_out(places) {
            return false;
        }
        if come.len() > MANY {
            return self.merge(come);
        }
        for endpoint in come {
            let Err(at) = place(&self.all, endpoint) else {
                return false;
            };
            self.all.insert(at, Rc::new((*endpoint).clone()));
        }
        true
    }

    /// Takes the endpoints at these places out; false if one is named twice.
    fn take_out(&mut self, mut places: Vec<usize>) -> bool {
        match *places.as_slice() {
            [] => return true,
            [only] => {
                self.all.remove(only);
                return true;
            }
            _ => {}
        }
        places.arrange();
        let mut going = places.iter().copied().peekable();
        let mut at = 0;
        self.all.retain(|_| {
            let goes = going.next_if_eq(&at).is_some();
            at += 1;
            !goes
        });
        going.next().is_none()
    }

    /// Takes many endpoints in.
    fn merge(&mut self, come: &[&Endpoint]) -> bool {
        let mut come = come.to_vec();
        come.arrange_by(|a, b| by_text(a.address, b.address));
        let mut all = Vec::with_capacity(self.all.len() + come.len());
        let mut own = std::mem::take(&mut self.all).into_iter().peekable();
        let mut once = true;
        for endpoint in come {
            while let Some(before) =
                own.next_if(|own| by_text(own.address, endpoint.address).is_lt())
            {
                all.push(before);
            }
            let last = all.last().map(|last: &Rc<Endpoint>| last.address);
            let next = own.peek().map(|next| next.address);
            once &= last != Some(endpoint.address) && next != Some(endpoint.address);
            all.push(Rc::new(endpoint.clone()));
        }
        all.extend(own);
        self.all = all;
        once
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(&self.all))
    }

    /// All endpoints, usable or not.
    pub fn all(&self) -> &[Rc<Endpoint>] {
        &self.all
    }

    /// Whether any node has an endpoint that could be used: without one packets are rejected, with one that the policy
    /// forbids they are dropped.
    pub fn has_any(&self) -> bool {
        !self.index().usable.is_empty()
    }

    /// What the policy Cluster allows a node: hints count if each ready endpoint has one and one is meant for this node
    /// or, failing that, for its zone.
    pub fn cluster(&self, node: &NodeView) -> Choice<'_> {
        let index = self.index();
        let (taken, preference) = if let Some(places) = index.for_nodes.get(&*node.name) {
            (places, Preference::SameNode)
        } else if let Some(places) = index.for_zones.get(&*node.zone) {
            (places, Preference::SameZone)
        } else {
            (&index.usable, Preference::None)
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
                .index()
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

impl Index {
    fn of(all: &[Rc<Endpoint>]) -> Self {
        let places = |wanted: &dyn Fn(&Endpoint) -> bool| -> Places {
            let numbered = all.iter().zip(0u32..);
            numbered
                .filter(|(e, _)| wanted(e))
                .map(|(_, i)| i)
                .collect()
        };
        let ready = places(&|e| e.ready);
        let draining = places(&Endpoint::drains);
        let for_nodes = by_hint(all, &ready, |e| &e.node_hints);
        let for_zones = by_hint(all, &ready, |e| &e.zone_hints);
        let mut local = by_node(all, &draining);
        local.extend(by_node(all, &ready));
        Self {
            usable: if ready.is_empty() { draining } else { ready },
            local,
            for_nodes,
            for_zones,
        }
    }
}

/// The order of two addresses as text.
fn by_text(one: SocketAddr, other: SocketAddr) -> Ordering {
    match (one, other) {
        (SocketAddr::V4(one), SocketAddr::V4(other)) => {
            let pairs = one.ip().octets().into_iter().zip(other.ip().octets());
            let octets = pairs.zip([false, false, false, true]);
            let mut differing = octets.filter(|((a, b), _)| a != b);
            match differing.next() {
                Some(((a, b), last)) => by_digits(a.into(), b.into(), last),
                None => by_digits(one.port(), other.port(), false),
            }
        }
        _ => one.to_string().cmp(&other.to_string()),
    }
}

/// The order of two numbers as text: by their first digits. Of two that begin alike the shorter comes first, but for a
/// colon behind it, which sorts behind all digits.
fn by_digits(one: u16, other: u16, colon: bool) -> Ordering {
    let level = |number: u16| {
        let (mut level, mut length) = (u32::from(number), 5);
        while level < 10_000 && length > 1 {
            level = level * 10 + if colon { 9 } else { 0 };
            length -= 1;
        }
        (level, length)
    };
    let ((one, short), (other, long)) = (level(one), level(other));
    let lengths = if colon {
        long.cmp(&short)
    } else {
        short.cmp(&long)
    };
    one.cmp(&other).then(lengths)
}

fn by_node(all: &[Rc<Endpoint>], places: &[u32]) -> BTreeMap<Rc<str>, Places> {
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
    all: &[Rc<Endpoint>],
    ready: &[u32],
    hints: fn(&Endpoint) -> &Vec<Rc<str>>,
) -> BTreeMap<Rc<str>, Places> {
    let mut found: BTreeMap<Rc<str>, Places> = BTreeMap::new();
    for place in ready {
        let Some(hints) = all
            .get(*place as usize)
            .map(|endpoint| hints(endpoint))
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
        let at = *self.taken.get(place)? as usize;
        self.set.all.get(at).map(|endpoint| &**endpoint)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &'a Endpoint> + use<'a> {
        let set = self.set;
        self.taken
            .iter()
            .filter_map(|place| Some(&**set.all.get(*place as usize)?))
    }

    /// Every endpoint of the Service port: taken, or skipped for a reason.
    pub fn why_not(&self, node: &NodeView) -> Vec<(&'a Endpoint, Option<String>)> {
        let taken = |place: u32| self.taken.binary_search(&place).is_ok();
        let numbered = self.set.all.iter().zip(0u32..);
        numbered
            .map(|(e, i)| (&**e, (!taken(i)).then(|| self.skipped(e, node))))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ObjectKey, kind};
    use crate::kernel::Rng;

    fn endpoint(rng: &mut Rng) -> Endpoint {
        let octets = [10, 244, rng.below(3) as u8, rng.below(256) as u8];
        let ports = [80, 8, 8080];
        let port = ports[rng.below(3) as usize];
        Endpoint {
            address: (octets, port).into(),
            slice: Rc::new(ObjectKey::new(kind::ENDPOINT_SLICE, "n", "s")),
            node: "node-2".into(),
            ready: true,
            serving: true,
            terminating: false,
            zone_hints: Vec::new(),
            node_hints: Vec::new(),
        }
    }

    #[test]
    fn addresses_stand_in_the_order_of_their_text() {
        let mut rng = Rng::fork(4, "texts");
        let numbers = [0, 1, 2, 9, 10, 12, 19, 20, 99, 100, 109, 110, 199, 244, 255];
        let octet = |rng: &mut Rng| numbers[rng.below(15) as usize];
        let ports = [1, 8, 10, 80, 81, 800, 8080, 10_000, 65_535];
        let address = |rng: &mut Rng| {
            let octets = [10, octet(rng) % 2, octet(rng), octet(rng)];
            SocketAddr::from((octets, ports[rng.below(9) as usize]))
        };
        for _ in 0..20_000 {
            let (one, other) = (address(&mut rng), address(&mut rng));
            let texts = one.to_string().cmp(&other.to_string());
            assert_eq!(by_text(one, other), texts, "{one} {other}");
        }
    }

    #[test]
    fn what_comes_and_goes_leaves_the_order_of_text() {
        let mut rng = Rng::fork(3, "endpoints");
        let mut set = EndpointSet::default();
        let mut all: BTreeMap<String, Endpoint> = BTreeMap::new();
        for round in 0..200 {
            let count = if round % 7 == 0 { 40 } else { 3 };
            let come = (0..count)
                .map(|_| endpoint(&mut rng))
                .map(|e| (e.address.to_string(), e));
            let mut come: BTreeMap<String, Endpoint> = come.collect();
            come.retain(|text, _| !all.contains_key(text));
            let gone: Vec<Endpoint> = all
                .values()
                .filter(|_| rng.below(4) == 0)
                .cloned()
                .collect();
            let new: Vec<&Endpoint> = come.values().collect();
            assert!(set.change(&gone.iter().collect::<Vec<_>>(), &new));
            all.retain(|_, e| !gone.contains(e));
            all.extend(come);
            let texts = set.all().iter().map(|e| e.address.to_string());
            assert!(texts.eq(all.keys().cloned()));
            assert_eq!(set.index().usable.len(), all.len());
        }
        let twice = set.all()[0].clone();
        assert!(!set.change(&[], &[&twice]));
        assert!(!set.clone().change(&[&twice, &twice], &[]));
    }
}
