//! Where a client stands.

use std::fmt;
use std::rc::Rc;

/// A place in or beside the cluster from which commands are typed and connections are made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The reader's own machine: it has kubectl, and no route into the cluster's subnets.
    Laptop,
    /// A machine of the world outside: its packets come in by the router of the nodes' network, from a public address.
    Outside,
    /// A node of the cluster.
    Node(Rc<str>),
    /// A container of a Pod.
    Pod {
        /// The Pod's namespace.
        namespace: Rc<str>,
        /// The Pod's name.
        name: Rc<str>,
        /// The container's name.
        container: Rc<str>,
    },
}

impl Place {
    /// A container of a Pod.
    pub fn pod(namespace: &str, name: &str, container: &str) -> Self {
        Self::Pod {
            namespace: namespace.into(),
            name: name.into(),
            container: container.into(),
        }
    }

    /// Whether it is a machine beside the cluster, with no route to Services' and Pods' addresses.
    pub fn is_beside(&self) -> bool {
        matches!(self, Self::Laptop | Self::Outside)
    }

    /// The short name that a logbook shows.
    pub fn name(&self) -> &str {
        match self {
            Self::Laptop => "laptop",
            Self::Outside => "outside",
            Self::Node(name) | Self::Pod { name, .. } => name,
        }
    }

    /// The chart's name of the place: `laptop`, `outside`, `node//node-1`, `pod/default/busybox`.
    pub fn id(&self) -> String {
        match self {
            Self::Laptop | Self::Outside => self.name().to_owned(),
            Self::Node(name) => format!("node//{name}"),
            Self::Pod {
                namespace, name, ..
            } => ["pod/", namespace, "/", name].concat(),
        }
    }
}

impl fmt::Display for Place {
    /// The short name that a logbook shows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
