//! `PodSpec`: what the Pods of a template share, and what each has of its own.
//!
//! A cluster has thousands of Pods that differ in their node and in five letters of a name. So the rest is kept once, and a
//! write of one Pod copies little.

use super::access::Volumes;
use super::pod::PodPlan;
use super::record::{Empty, Field, put, take};
use super::{Map, Value};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// What is wanted of a Pod.
#[derive(Clone, Debug, Default, Eq)]
pub struct PodSpec {
    plan: Rc<PodPlan>,
    /// The node that it is bound to.
    pub node_name: String,
    /// The letters of the volume with its token, where they are not those of the plan.
    letters: Option<[u8; 5]>,
}

impl PodSpec {
    /// Tells those that have everything in common but their nodes and their tokens, as Pods of one template have.
    pub fn make(&self) -> *const PodPlan {
        Rc::as_ptr(&self.plan)
    }

    /// Gives the volume with the token another name, if there is one.
    pub fn name_token(&mut self, letters: Option<[u8; 5]>) {
        self.letters = letters.filter(|_| self.plan.volumes.token.is_some());
    }

    /// Its volumes.
    pub fn volumes(&self) -> Vec<Value> {
        let own = self.plan.volumes.own.clone();
        let token = self.letters.or(self.plan.volumes.token);
        Volumes { own, token }.all()
    }

    /// All that is wanted, as if no other Pod shared it.
    fn whole(&self) -> Rc<PodPlan> {
        let mut plan = self.plan.clone();
        if let Some(letters) = self.letters {
            let own = Rc::make_mut(&mut plan);
            own.volumes.token = Some(letters);
            let all = own.init_containers.iter_mut().chain(&mut own.containers);
            let mounts = all.filter_map(|container| container.volume_mounts.token.as_mut());
            mounts.for_each(|token| *token = letters);
        }
        plan
    }

    /// Reads it from a mapping.
    pub fn from_map(mut map: Map) -> Self {
        let node_name = take(&mut map, "nodeName");
        Self {
            plan: Rc::new(PodPlan::from_map(map)),
            node_name,
            letters: None,
        }
    }

    /// Writes it as a mapping.
    pub fn to_map(&self) -> Map {
        let mut map = self.whole().to_map();
        put(&mut map, "nodeName", &self.node_name);
        map
    }
}

impl Deref for PodSpec {
    type Target = PodPlan;

    fn deref(&self) -> &PodPlan {
        &self.plan
    }
}

impl DerefMut for PodSpec {
    /// Whoever writes shares no more.
    fn deref_mut(&mut self) -> &mut PodPlan {
        self.plan = self.whole();
        self.letters = None;
        Rc::make_mut(&mut self.plan)
    }
}

impl PartialEq for PodSpec {
    fn eq(&self, other: &Self) -> bool {
        let alike = || {
            if self.make() == other.make() {
                self.letters == other.letters
            } else {
                self.whole() == other.whole()
            }
        };
        self.node_name == other.node_name && alike()
    }
}

impl Field for PodSpec {
    fn read(value: Value) -> Result<Self, Value> {
        match value {
            Value::Map(map) => Ok(Self::from_map(map)),
            other => Err(other),
        }
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Map(self.to_map()))
    }
}

impl Empty for PodSpec {
    fn empty() -> Value {
        Value::Map(Map::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::pod::Container;

    fn spec() -> PodSpec {
        let mut spec = PodSpec::default();
        let mut container = Container::default();
        container.volume_mounts.token = Some(*b"aaaaa");
        spec.containers = vec![container, Container::default()];
        spec.volumes.token = Some(*b"aaaaa");
        spec
    }

    #[test]
    fn a_token_of_its_own_is_written_and_read_back() {
        let first = spec();
        let mut second = first.clone();
        second.name_token(Some(*b"bbbbb"));
        second.node_name = "node-1".to_owned();
        assert_eq!(first.make(), second.make());
        assert_ne!(first, second);
        let written = second.to_map();
        assert!(!Value::Map(written.clone()).to_json().contains("aaaaa"));
        let read = PodSpec::from_map(written);
        assert_eq!(read, second);
        assert_eq!(read.volumes(), second.volumes());
        // A write keeps the name, and leaves the other as it was.
        second.hostname = "h".to_owned();
        assert_eq!(second.volumes.token, Some(*b"bbbbb"));
        assert_eq!(second.containers[0].volume_mounts.token, Some(*b"bbbbb"));
        assert_eq!(second.containers[1].volume_mounts.token, None);
        assert_eq!(first, spec());
    }
}
