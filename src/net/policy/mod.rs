//! `NetworkPolicy`: which Pods are isolated, and what is let through to and from them.
//!
//! Models <https://kubernetes.io/docs/concepts/services-networking/network-policies/> as a plugin enforces it in each
//! Pod's node: packets are judged after kube-proxy has put in an endpoint's address and before a source is masqueraded.
//! A Pod's own node may always reach it, and so may the Pod itself; Pods on the host network are not judged.

mod reason;
mod rule;

use crate::api::{LabelSelector, Object, ObjectKey, Value, kind};
use crate::kernel::BTreeMap;
use crate::store::{Change, Tables};
use rule::Rule;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

use super::Protocol;

/// Which way a packet goes, seen from the Pod that is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// To the Pod.
    Ingress,
    /// From the Pod.
    Egress,
}

impl Direction {
    /// The field of a policy's spec that holds the rules.
    fn field(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// The field of a rule that holds the peers.
    fn peers(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

/// The other side of a packet: its address, and the Pod that bears it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Party<'a> {
    pub(super) ip: IpAddr,
    pub(super) pod: Option<&'a Object>,
}

/// A packet that a Pod's policies judge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) direction: Direction,
    /// The Pod whose policies are asked.
    pub(super) subject: &'a Object,
    pub(super) peer: Party<'a>,
    /// The destination's port; none for an echo request, which only rules for every port let through.
    pub(super) port: Option<(u16, Protocol)>,
}

/// What the policies say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// No policy selects the Pod for this direction.
    Open,
    /// This policy's rule lets it through; the field names the rule.
    Allowed(ObjectKey, String),
    /// It is dropped.
    Denied(Denial),
}

/// Why a packet is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denial {
    pub(super) policy: ObjectKey,
    /// The field that comes nearest to letting it through.
    pub(super) field: String,
    pub(super) because: String,
}

/// One policy, read once.
#[derive(Clone, Debug)]
struct Policy {
    key: ObjectKey,
    selects: LabelSelector,
    /// The rules of a direction; none if the policy says nothing of that direction.
    ingress: Option<Vec<Rule>>,
    egress: Option<Vec<Rule>>,
}

/// A connection that policies do not let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The policy.
    pub policy: ObjectKey,
    /// The field that comes nearest to letting it through.
    pub field: String,
    /// Why, in words.
    pub because: String,
    /// Whether it is the client that is not let out.
    pub out: bool,
}

/// All policies, by namespace and name.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    by_namespace: BTreeMap<Rc<str>, BTreeMap<Rc<str>, Policy>>,
}

impl Policies {
    /// The policies of a cluster; none if there are none.
    pub fn of(tables: &Tables) -> Option<Self> {
        let mut all = Self::default();
        for object in tables.all(kind::NETWORK_POLICY) {
            let key = object.key();
            let own = all.by_namespace.entry(key.namespace).or_default();
            own.insert(key.name, Policy::read(object));
        }
        (!all.is_empty()).then_some(all)
    }

    /// What keeps one Pod from connecting to another, where it can be told without a packet. A Pod without an address
    /// counts as being in every block.
    pub fn refuse(
        &self,
        tables: &Tables,
        from: &Object,
        to: &Object,
        port: (u16, Protocol),
    ) -> Option<Refusal> {
        let party = |object| {
            let pod = Object::pod(object);
            let ip = pod.and_then(|pod| pod.status.pod_ip.parse().ok());
            Party {
                ip: ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                pod: Some(object),
            }
        };
        let ways = [
            (Direction::Egress, from, to),
            (Direction::Ingress, to, from),
        ];
        ways.into_iter().find_map(|(direction, subject, peer)| {
            let question = Question {
                direction,
                subject,
                peer: party(peer),
                port: Some(port),
            };
            match self.judge(tables, &question) {
                Judgement::Denied(denial) => Some(Refusal {
                    policy: denial.policy,
                    field: denial.field,
                    because: denial.because,
                    out: direction == Direction::Egress,
                }),
                Judgement::Open | Judgement::Allowed(..) => None,
            }
        })
    }

    /// Follows writes of policies.
    pub fn observe(&mut self, changes: &[Change]) {
        for change in changes {
            if change.key.kind != kind::NETWORK_POLICY {
                continue;
            }
            let (namespace, name) = (change.key.namespace.clone(), change.key.name.clone());
            let own = self.by_namespace.entry(namespace.clone()).or_default();
            match &change.new {
                Some(object) => drop(own.insert(name, Policy::read(object))),
                None => drop(own.remove(&name)),
            }
            if own.is_empty() {
                self.by_namespace.remove(&namespace);
            }
        }
    }

    /// Whether there is no policy at all.
    pub(super) fn is_empty(&self) -> bool {
        self.by_namespace.is_empty()
    }

    /// Judges a packet.
    pub(super) fn judge(&self, tables: &Tables, question: &Question<'_>) -> Judgement {
        let meta = &question.subject.meta;
        let mut selecting = Vec::new();
        let own = self.by_namespace.get(meta.namespace.as_str());
        for policy in own.into_iter().flat_map(|policies| policies.values()) {
            let Some(rules) = policy.rules(question.direction) else {
                continue;
            };
            if !policy.selects.matches(&meta.labels) {
                continue;
            }
            let fits = |rule: &Rule| {
                rule.has_peer(tables, &meta.namespace, &question.peer) && rule.has_port(question)
            };
            if let Some(index) = rules.iter().position(fits) {
                let field = format!("spec.{}[{index}]", question.direction.field());
                return Judgement::Allowed(policy.key.clone(), field);
            }
            selecting.push(policy);
        }
        match selecting.as_slice() {
            [] => Judgement::Open,
            [first, more @ ..] => Judgement::Denied(reason::denial(tables, question, first, more)),
        }
    }
}

impl Policy {
    fn read(object: &Object) -> Self {
        let fields = object.fields();
        let spec = fields.get("spec");
        let part = |name: &str| spec.and_then(|spec| spec.get(name));
        let listed = |name: &str| part(name).and_then(Value::as_list).unwrap_or_default();
        let rules = |direction: Direction| -> Vec<Rule> {
            let items = listed(direction.field()).iter();
            items.map(|item| Rule::read(item, direction)).collect()
        };
        // As the API server fills it in: ingress always, egress if there are rules for it.
        let types = listed("policyTypes");
        let names = |word: &str| types.iter().any(|t| t.as_str() == Some(word));
        let ingress = types.is_empty() || names("Ingress");
        let egress = names("Egress") || (types.is_empty() && !listed("egress").is_empty());
        Self {
            key: object.key(),
            selects: rule::selector(part("podSelector")),
            ingress: ingress.then(|| rules(Direction::Ingress)),
            egress: egress.then(|| rules(Direction::Egress)),
        }
    }

    fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }
}
