//! Why a reply says what it says, as a sentence and as the object that it rests on.

use crate::api::{KindRef, ObjectKey, kind};
use std::fmt;
use std::rc::Rc;

/// Namespace and name of a Service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceName {
    /// The namespace.
    pub namespace: Rc<str>,
    /// The name.
    pub name: Rc<str>,
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service {} in {}", self.name, self.namespace)
    }
}

/// The reason of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// A Service has it.
    Service(ServiceName),
    /// Ready endpoints of a headless Service have it.
    Headless(ServiceName),
    /// One endpoint of a Service has it.
    Endpoint(ServiceName, Rc<str>),
    /// An `ExternalName` Service points elsewhere.
    Alias(ServiceName, Rc<str>),
    /// An `ExternalName` Service leads to nothing of the type.
    DeadAlias(ServiceName, Rc<str>),
    /// A Service exists but not with that address family.
    OtherFamily(ServiceName, &'static str),
    /// A Service exists but has no record of the type.
    NoSuchType(ServiceName),
    /// A Service has no ready endpoint.
    NoEndpoints(ServiceName),
    /// A Service has no such endpoint.
    NoEndpoint(ServiceName, Rc<str>),
    /// A Service has no such port.
    NoPort(ServiceName, Rc<str>, Rc<str>),
    /// There is no such Service.
    NoService(ServiceName),
    /// There is no such namespace.
    NoNamespace(Rc<str>),
    /// The configuration hides the namespace.
    HiddenNamespace(Rc<str>),
    /// A namespace is no host.
    Namespace(Rc<str>),
    /// The cluster domain or one of its two branches is no host.
    Branch,
    /// The name is none that the cluster's schema has.
    NotInSchema,
    /// The name spells a Pod's address.
    PodAddress(Rc<str>),
    /// A Pod has that address.
    Pod(ServiceName),
    /// No Pod of the namespace has that address.
    NoPod(Rc<str>, Rc<str>),
    /// The name spells no address.
    NoAddress(Rc<str>),
    /// Pod records are switched off.
    PodsDisabled,
    /// The server speaks for the zone.
    Authority,
    /// The version of the naming schema.
    Version,
    /// Neither a Service nor an endpoint has the address.
    NoReverse(Rc<str>),
    /// The server has not read the cluster's objects yet.
    NotSynced,
    /// A rule of the Corefile answers so, whatever there is.
    Ruled,
    /// The `hosts` plugin has it.
    Hosts,
    /// Another server answered.
    Outside(Rc<str>),
    /// No other server could be reached.
    ForwardFailed(Rc<str>),
    /// Nobody listens at the other server's address.
    ForwardRefused(Rc<str>),
    /// No server block is for the name.
    NoZone,
    /// Zones are not given away.
    NoTransfer,
    /// It was kept from an earlier question.
    Cached(Box<Self>),
    /// It came as bytes.
    Wire,
}

impl Because {
    /// The object that it rests on.
    pub fn object(&self) -> Option<ObjectKey> {
        let key = |kind: KindRef, of: &ServiceName| {
            Some(ObjectKey {
                kind,
                namespace: of.namespace.clone(),
                name: of.name.clone(),
            })
        };
        match self {
            Self::Service(of)
            | Self::Headless(of)
            | Self::Endpoint(of, _)
            | Self::Alias(of, _)
            | Self::DeadAlias(of, _)
            | Self::OtherFamily(of, _)
            | Self::NoSuchType(of)
            | Self::NoEndpoints(of)
            | Self::NoEndpoint(of, _)
            | Self::NoPort(of, ..) => key(kind::SERVICE, of),
            Self::Pod(of) => key(kind::POD, of),
            Self::Namespace(name) | Self::HiddenNamespace(name) => Some(ObjectKey {
                kind: kind::NAMESPACE,
                namespace: "".into(),
                name: name.clone(),
            }),
            Self::PodsDisabled | Self::Hosts => {
                Some(ObjectKey::new(kind::CONFIG_MAP, "kube-system", "coredns"))
            }
            Self::Cached(inner) => inner.object(),
            Self::NoService(_)
            | Self::NoNamespace(_)
            | Self::Branch
            | Self::NotInSchema
            | Self::PodAddress(_)
            | Self::NoPod(..)
            | Self::NoAddress(_)
            | Self::Authority
            | Self::Version
            | Self::NoReverse(_)
            | Self::NotSynced
            | Self::Outside(_)
            | Self::ForwardFailed(_)
            | Self::ForwardRefused(_)
            | Self::NoZone
            | Self::Ruled
            | Self::NoTransfer
            | Self::Wire => None,
        }
    }

    /// The path of the object's field that decides, as validation messages write paths.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Service(_) => "spec.clusterIP",
            Self::Alias(..) | Self::DeadAlias(..) => "spec.externalName",
            Self::OtherFamily(..) => "spec.ipFamilies",
            Self::NoEndpoints(_) => "spec.selector",
            Self::NoPort(..) => "spec.ports",
            _ => "metadata.name",
        }
    }
}

impl fmt::Display for Because {
    /// The sentence, without a final stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(of) => write!(f, "{of}"),
            Self::Headless(of) => write!(f, "the ready endpoints of the headless {of}"),
            Self::Endpoint(of, label) => write!(f, "endpoint {label} of the {of}"),
            Self::Alias(of, to) => write!(f, "the {of} is an alias of {to}"),
            Self::DeadAlias(of, to) => write!(f, "the {of} is an alias of {to}, which has none"),
            Self::OtherFamily(of, has) => write!(f, "the {of} is {has} only"),
            Self::NoSuchType(of) => write!(f, "the {of} exists, but has no record of that type"),
            Self::NoEndpoints(of) => write!(f, "the {of} has no ready endpoint"),
            Self::NoEndpoint(of, label) => write!(f, "the {of} has no ready endpoint {label}"),
            Self::NoPort(of, port, protocol) => {
                write!(f, "the {of} has no port {port} with protocol {protocol}")
            }
            Self::NoService(of) => write!(
                f,
                "no Service named {} in namespace {}",
                of.name, of.namespace
            ),
            Self::NoNamespace(name) => write!(f, "no namespace named {name}"),
            Self::HiddenNamespace(name) => write!(f, "the Corefile leaves namespace {name} out"),
            Self::Namespace(name) => write!(f, "{name} is a namespace, not a host"),
            Self::Branch => f.write_str("a branch of the cluster domain, not a host"),
            Self::NotInSchema => {
                f.write_str("no name of the form SERVICE.NAMESPACE.svc or IP.NAMESPACE.pod")
            }
            Self::PodAddress(namespace) => {
                write!(
                    f,
                    "the name spells the address; any such name in namespace {namespace} has one"
                )
            }
            Self::Pod(of) => write!(f, "Pod {} in {}", of.name, of.namespace),
            Self::NoPod(ip, namespace) => write!(f, "no Pod of namespace {namespace} has {ip}"),
            Self::NoAddress(label) => write!(
                f,
                "{label} does not spell an address; Pod names have no records"
            ),
            Self::PodsDisabled => f.write_str("the Corefile has Pod records switched off"),
            Self::Authority => f.write_str("the server speaks for this zone"),
            Self::Version => f.write_str("the version of the cluster's naming schema"),
            Self::NoReverse(ip) => write!(f, "no Service and no ready endpoint has {ip}"),
            Self::NotSynced => f.write_str("CoreDNS has not read the cluster's objects yet"),
            Self::Hosts => f.write_str("the hosts plugin of the Corefile"),
            Self::Outside(server) => write!(f, "not a cluster name: {server} was asked"),
            Self::ForwardRefused(server) => write!(f, "nobody listens at {server}"),
            Self::ForwardFailed(server) => write!(f, "{server} could not be asked"),
            Self::Ruled => f.write_str("a rule of the Corefile answers so"),
            Self::NoZone => f.write_str("no server block of the Corefile is for this name"),
            Self::NoTransfer => f.write_str("the Corefile does not let zones be copied"),
            Self::Cached(inner) => write!(f, "kept from an earlier question: {inner}"),
            Self::Wire => Ok(()),
        }
    }
}
