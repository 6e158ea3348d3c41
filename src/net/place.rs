//! Where a client stands.

use std::fmt;
use std::rc::Rc;

/// A place in or beside the cluster from which commands are typed and connections are made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The reader's own machine: it has kubectl, and no route into the cluster's subnets.
    Laptop,
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

    /// The short name that a logbook shows.
    pub fn name(&self) -> &str {
        match self {
            Self::Laptop => "laptop",
            Self::Node(name) | Self::Pod { name, .. } => name,
        }
    }

    /// The chart's name of the place: `laptop`, `node//node-1`, `pod/default/busybox`.
    pub fn id(&self) -> String {
        match self {
            Self::Laptop => "laptop".to_owned(),
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
