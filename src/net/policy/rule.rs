//! One rule of a `NetworkPolicy`: who the other side may be, and at which ports.

use super::{Direction, Party, Question};
use crate::api::pod::Pod;
use crate::api::{LabelSelector, Object, Value, kind};
use crate::net::Protocol;
use crate::store::{Cidr, Tables};

/// `NetworkPolicyIngressRule` and `NetworkPolicyEgressRule`.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// The peers; none means everybody.
    pub(super) peers: Vec<Peer>,
    /// The ports; none means all.
    pub(super) ports: Vec<Port>,
}

/// `NetworkPolicyPeer`.
#[derive(Clone, Debug)]
pub(super) enum Peer {
    /// A range of addresses without some parts.
    Block { cidr: Cidr, except: Vec<Cidr> },
    /// Pods; without a selector of namespaces, those of the policy's own.
    Pods {
        namespaces: Option<LabelSelector>,
        pods: LabelSelector,
    },
    /// A peer that says nothing that can be matched.
    Nobody,
}

/// `NetworkPolicyPort`.
#[derive(Clone, Debug)]
pub(super) struct Port {
    pub(super) protocol: Protocol,
    pub(super) which: Which,
}

/// The ports that a `NetworkPolicyPort` stands for.
#[derive(Clone, Debug)]
pub(super) enum Which {
    All,
    /// From the first to the last.
    Range(u16, u16),
    /// The port of that name of the Pod that is addressed.
    Named(String),
}

/// A selector as it stands in a policy; an absent one matches everything.
pub(super) fn selector(value: Option<&Value>) -> LabelSelector {
    value
        .and_then(Value::as_map)
        .map(|map| LabelSelector::from_map(map.clone()))
        .unwrap_or_default()
}

impl Rule {
    pub(super) fn read(value: &Value, direction: Direction) -> Self {
        let listed = |name: &str| {
            value
                .get(name)
                .and_then(Value::as_list)
                .unwrap_or_default()
                .iter()
        };
        Self {
            peers: listed(direction.peers()).map(Peer::read).collect(),
            ports: listed("ports").map(Port::read).collect(),
        }
    }

    /// Whether the other side is one of the peers; `namespace` is the policy's own.
    pub(super) fn has_peer(&self, tables: &Tables, namespace: &str, party: &Party<'_>) -> bool {
        let is = |peer: &Peer| peer.is(tables, namespace, party);
        self.peers.is_empty() || self.peers.iter().any(is)
    }

    /// Whether the destination's port is one of the ports.
    pub(super) fn has_port(&self, question: &Question<'_>) -> bool {
        let addressed = match question.direction {
            Direction::Ingress => Some(question.subject),
            Direction::Egress => question.peer.pod,
        };
        let Some((number, protocol)) = question.port else {
            return self.ports.is_empty();
        };
        let is = |port: &Port| port.is(number, protocol, addressed);
        self.ports.is_empty() || self.ports.iter().any(is)
    }
}

impl Peer {
    fn read(value: &Value) -> Self {
        if let Some(block) = value.get("ipBlock") {
            let range = |value: &Value| value.as_str().and_then(Cidr::parse);
            let Some(cidr) = block.get("cidr").and_then(range) else {
                return Self::Nobody;
            };
            let except = block.get("except").and_then(Value::as_list);
            let except = except.unwrap_or_default().iter().filter_map(range);
            return Self::Block {
                cidr,
                except: except.collect(),
            };
        }
        let (namespaces, pods) = (value.get("namespaceSelector"), value.get("podSelector"));
        if namespaces.is_none() && pods.is_none() {
            return Self::Nobody;
        }
        Self::Pods {
            namespaces: namespaces.map(|value| selector(Some(value))),
            pods: selector(pods),
        }
    }

    fn is(&self, tables: &Tables, namespace: &str, party: &Party<'_>) -> bool {
        match self {
            Self::Nobody => false,
            Self::Block { cidr, except } => {
                let except = except.iter().any(|part| part.contains(party.ip));
                party.ip.is_unspecified() || cidr.contains(party.ip) && !except
            }
            Self::Pods { namespaces, pods } => {
                let Some(pod) = party.pod else { return false };
                let there = match namespaces {
                    None => pod.meta.namespace == namespace,
                    Some(wanted) => tables
                        .find(kind::NAMESPACE, "", &pod.meta.namespace)
                        .is_none_or(|object| wanted.matches(&object.meta.labels)),
                };
                there && pods.matches(&pod.meta.labels)
            }
        }
    }
}

impl Port {
    fn read(value: &Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let number = |name: &str| {
            let number = value.get(name).and_then(Value::as_int);
            number.and_then(|n| u16::try_from(n).ok())
        };
        let which = match (number("port"), text("port")) {
            (Some(first), _) => Which::Range(first, number("endPort").unwrap_or(first)),
            (None, Some(name)) => Which::Named(name.to_owned()),
            (None, None) => Which::All,
        };
        Self {
            protocol: Protocol::parse(text("protocol").unwrap_or_default()),
            which,
        }
    }

    fn is(&self, port: u16, protocol: Protocol, addressed: Option<&Object>) -> bool {
        self.protocol == protocol
            && match &self.which {
                Which::All => true,
                Which::Range(first, last) => (*first..=*last).contains(&port),
                Which::Named(name) => addressed
                    .and_then(|object| object.pod())
                    .is_some_and(|pod| has_named(pod, name, port, protocol)),
            }
    }
}

fn has_named(pod: &Pod, name: &str, port: u16, protocol: Protocol) -> bool {
    let ports = pod.spec.containers.iter().flat_map(|c| &c.ports);
    ports.into_iter().any(|p| {
        p.name == name
            && p.container_port == i64::from(port)
            && Protocol::parse(p.protocol()) == protocol
    })
}
