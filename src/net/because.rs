//! Where a hop leads and why it ends as it does, kept as it was found: most hops are read by nobody, so the words are
//! written out only for whom they are read.

use super::hop::push_address;
use super::{Identity, Tracked};
use crate::api::ObjectKey;
use crate::api::image::Listening;
use crate::net::Place;
use crate::store::ProxyMode;
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;

/// A place of the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// By its name: `service/default/redis:6379`.
    Named(Rc<str>),
    /// `node//node-1`.
    Node(Rc<str>),
    /// `pod/default/redis-0`: namespace and name.
    Pod(Rc<str>, Rc<str>),
    /// A Pod or a node that bears an address.
    Of(Rc<Identity>),
    /// `endpointslice/default/redis-x7k2p`.
    Slice(Rc<ObjectKey>),
}

impl Spot {
    /// Where a client stands.
    pub fn of(place: &Place) -> Self {
        match place {
            Place::Laptop | Place::Outside => Self::Named(place.name().into()),
            Place::Node(name) => Self::Node(name.clone()),
            Place::Pod {
                namespace, name, ..
            } => Self::Pod(namespace.clone(), name.clone()),
        }
    }

    /// Its name, to be shared.
    pub fn text(&self) -> Rc<str> {
        match self {
            Self::Named(name) => name.clone(),
            Self::Of(identity) => identity.place.clone(),
            Self::Node(name) => ["node//", name].concat().into(),
            Self::Pod(namespace, name) => ["pod/", namespace, "/", name].concat().into(),
            Self::Slice(key) => ["endpointslice/", &key.namespace, "/", &key.name]
                .concat()
                .into(),
        }
    }
}

impl From<&str> for Spot {
    fn from(name: &str) -> Self {
        Self::Named(name.into())
    }
}

impl From<String> for Spot {
    fn from(name: String) -> Self {
        Self::Named(name.into())
    }
}

/// An endpoint that a Service's rule picked: the rule, and which of how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The rule in the words of the node's own listing.
    pub rule: Rc<str>,
    /// The mode whose rules they are.
    pub mode: ProxyMode,
    /// The endpoint's place among them.
    pub place: u32,
    /// How many there are.
    pub count: u32,
    /// Why there are no more, if something holds others back.
    pub narrowed: Option<Box<str>>,
}

/// Why a hop ends as it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// In words already.
    Text(String),
    /// A rule picked an endpoint.
    Picked(Picked),
    /// The destination became an endpoint's.
    Dnat(SocketAddr),
    /// A program listens there; and what a policy said.
    Listens(Rc<Listening>, Option<Box<str>>),
    /// A node turned an answer back.
    TurnedBack(Rc<Tracked>),
}

impl From<String> for Because {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Picked(picked) => picked.fmt(f),
            Self::Dnat(to) => {
                let mut text = "DNAT to ".to_owned();
                push_address(&mut text, *to);
                f.write_str(&text)
            }
            Self::Listens(found, word) => {
                write!(f, "{} listens on {}", found.container, found.port)?;
                match word {
                    Some(word) => write!(f, "; {word}"),
                    None => Ok(()),
                }
            }
            Self::TurnedBack(tracked) => f.write_str(&turned_back(tracked)),
        }
    }
}

impl fmt::Display for Picked {
    /// Which rule of how many leads to the endpoint, as the mode chooses: `rule 2 of 3 (p=0.50)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, count) = (self.place, self.count);
        write!(f, "{}: ", self.rule)?;
        match self.mode {
            ProxyMode::Iptables => write!(f, "rule {} of {count}", place + 1)?,
            ProxyMode::Nftables => write!(f, "numgen random mod {count} = {place}")?,
            ProxyMode::Ipvs => write!(f, "real server {} of {count}", place + 1)?,
        }
        let left = count.saturating_sub(place);
        if self.mode == ProxyMode::Iptables && left > 1 {
            write!(f, " (p=0.{:02})", (100 + left / 2) / left)?;
        }
        f.write_str(self.narrowed.as_deref().unwrap_or_default())
    }
}

/// What a node's conntrack does to an answer.
fn turned_back(tracked: &Tracked) -> String {
    let (source, destination) = tracked.reply;
    let seen = (tracked.original.1, tracked.original.0);
    let mut because = ["conntrack on ", &tracked.node, ": "].concat();
    let mut parts = 0;
    for (what, from, to) in [
        ("source ", source, seen.0),
        ("destination ", destination, seen.1),
    ] {
        if from == to {
            continue;
        }
        if parts > 0 {
            because.push_str(", ");
        }
        parts += 1;
        because.push_str(what);
        push_address(&mut because, from);
        because.push_str(" becomes ");
        push_address(&mut because, to);
    }
    if parts == 0 {
        because.push_str("the answer goes on as it is");
    }
    because
}
