//! An API object of any kind: typed where Portside acts on it, kept as it came where not.

use super::endpoints::Endpoints;
use super::event::Event;
use super::kind::{self, Kind, KindRef};
use super::pod::{Namespace, Node, Pod};
use super::service::{EndpointSlice, Service};
use super::workload::{DaemonSet, Deployment, Job, ReplicaSet, StatefulSet};
use super::{Map, ObjectMeta, Value};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

/// What is left of an object besides its kind and metadata; boxed, since most objects are small and some kinds are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A Service.
    Service(Box<Service>),
    /// An `EndpointSlice`.
    EndpointSlice(Box<EndpointSlice>),
    /// A Pod.
    Pod(Box<Pod>),
    /// A Node.
    Node(Box<Node>),
    /// A Namespace.
    Namespace(Box<Namespace>),
    /// A Deployment.
    Deployment(Box<Deployment>),
    /// A `ReplicaSet`.
    ReplicaSet(Box<ReplicaSet>),
    /// A `StatefulSet`.
    StatefulSet(Box<StatefulSet>),
    /// A `DaemonSet`.
    DaemonSet(Box<DaemonSet>),
    /// A Job.
    Job(Box<Job>),
    /// An Event.
    Event(Box<Event>),
    /// An Endpoints object.
    Endpoints(Box<Endpoints>),
    /// A kind that is stored and shown as it is.
    Plain(Map),
}

/// An API object.
#[derive(Clone, Debug, Eq)]
pub struct Object {
    /// Its kind.
    pub kind: KindRef,
    /// Its metadata.
    pub meta: ObjectMeta,
    /// The rest.
    pub body: Body,
}

impl PartialEq for Object {
    /// Two versions of an object mostly differ in their bodies, which are compared first.
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.body == other.body && self.meta == other.meta
    }
}

/// What names an object in a cluster.
#[derive(Clone, Debug, Eq)]
pub struct ObjectKey {
    /// The kind.
    pub kind: KindRef,
    /// The namespace; empty for what lives outside namespaces.
    pub namespace: Rc<str>,
    /// The name.
    pub name: Rc<str>,
}

impl PartialEq for ObjectKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl PartialOrd for ObjectKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectKey {
    /// By kind, namespace and name. Text that is shared, as namespaces mostly are, needs no look.
    fn cmp(&self, other: &Self) -> Ordering {
        let text = |own: &Rc<str>, other: &Rc<str>| match Rc::ptr_eq(own, other) {
            true => Ordering::Equal,
            false => own.cmp(other),
        };
        let kind = self.kind.cmp(other.kind);
        kind.then_with(|| text(&self.namespace, &other.namespace))
            .then_with(|| text(&self.name, &other.name))
    }
}

impl ObjectKey {
    /// A key.
    pub fn new(kind: KindRef, namespace: &str, name: &str) -> Self {
        Self {
            kind,
            namespace: space(namespace),
            name: name.into(),
        }
    }
}

/// A namespace's name to be shared: most keys name the one that the key before did.
fn space(name: &str) -> Rc<str> {
    thread_local! {
        static LAST: RefCell<Rc<str>> = RefCell::new("".into());
    }
    LAST.with_borrow_mut(|last| {
        if **last != *name {
            *last = name.into();
        }
        last.clone()
    })
}

impl fmt::Display for ObjectKey {
    /// `service/redis` in the reader's words, with the namespace in front unless it is the default one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.namespace.is_empty() && &*self.namespace != "default" {
            write!(f, "{}/", self.namespace)?;
        }
        write!(f, "{}/{}", self.kind.singular, self.name)
    }
}

macro_rules! bodies {
    ($($kind:ident $variant:ident $as_ref:ident $as_mut:ident;)*) => {
        impl Object {
            /// Builds an object from the fields beside `apiVersion`, `kind` and `metadata`.
            pub fn new(kind: KindRef, meta: ObjectMeta, fields: Map) -> Self {
                $(if kind == kind::$kind {
                    return Self { kind, meta, body: Body::$variant(Box::new($variant::from_map(fields))) };
                })*
                Self { kind, meta, body: Body::Plain(fields) }
            }

            /// The fields beside `apiVersion`, `kind` and `metadata`.
            pub fn fields(&self) -> Map {
                match &self.body {
                    $(Body::$variant(body) => body.to_map(),)*
                    Body::Plain(map) => map.clone(),
                }
            }

            $(
                #[doc = concat!("The ", stringify!($variant), " in it, if it is one.")]
                pub fn $as_ref(&self) -> Option<&$variant> {
                    if let Body::$variant(body) = &self.body { Some(body) } else { None }
                }

                #[doc = concat!("The ", stringify!($variant), " in it, to be changed.")]
                pub fn $as_mut(&mut self) -> Option<&mut $variant> {
                    if let Body::$variant(body) = &mut self.body { Some(body) } else { None }
                }
            )*
        }
    };
}

bodies! {
    SERVICE Service service service_mut;
    ENDPOINT_SLICE EndpointSlice slice slice_mut;
    POD Pod pod pod_mut;
    NODE Node node node_mut;
    NAMESPACE Namespace namespace namespace_mut;
    STATEFUL_SET StatefulSet stateful_set stateful_set_mut;
    DAEMON_SET DaemonSet daemon_set daemon_set_mut;
    JOB Job job job_mut;
    EVENT Event event event_mut;
    ENDPOINTS Endpoints endpoints endpoints_mut;
    DEPLOYMENT Deployment deployment deployment_mut;
    REPLICA_SET ReplicaSet replica_set replica_set_mut;
}

impl Object {
    /// Builds an object from a whole document; `None` if its kind is unknown or it is no mapping.
    pub fn from_value(value: Value) -> Option<Self> {
        let Value::Map(mut map) = value else {
            return None;
        };
        let text = |v: Option<Value>| {
            v.and_then(|v| v.as_str().map(str::to_owned))
                .unwrap_or_default()
        };
        let (version, name) = (text(map.remove("apiVersion")), text(map.remove("kind")));
        let kind = Kind::find(&version, &name)?;
        let meta = match map.remove("metadata") {
            Some(Value::Map(meta)) => ObjectMeta::from_map(meta),
            _ => ObjectMeta::default(),
        };
        Some(Self::new(kind, meta, map))
    }

    /// The whole document, as `kubectl get -o json` shows it.
    pub fn to_value(&self) -> Value {
        let mut map = self.fields();
        map.insert("apiVersion".to_owned(), Value::Str(self.kind.api_version()));
        map.insert("kind".to_owned(), Value::Str(self.kind.name.to_owned()));
        map.insert("metadata".to_owned(), Value::Map(self.meta.to_map()));
        Value::Map(map)
    }

    /// Forgets the status: what is made anew has none, whatever its writer says. A node reports its own.
    pub fn clear_status(&mut self) {
        match &mut self.body {
            Body::Service(body) => body.status = Default::default(),
            Body::Pod(body) => body.status = Default::default(),
            Body::Namespace(body) => body.status = Default::default(),
            Body::Deployment(body) => body.status = Default::default(),
            Body::ReplicaSet(body) => body.status = Default::default(),
            Body::StatefulSet(body) => body.status = Default::default(),
            Body::DaemonSet(body) => body.status = Default::default(),
            Body::Job(body) => body.status = Default::default(),
            Body::Plain(fields) => {
                fields.remove("status");
            }
            Body::Node(_) | Body::EndpointSlice(_) | Body::Endpoints(_) | Body::Event(_) => {}
        }
    }

    /// What names it.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.kind, &self.meta.namespace, &self.meta.name)
    }
}
