//! Typed API objects: metadata, labels and selectors, kinds, the refusals of the API server, defaulting, validation
//! and the field schema. Models `k8s.io/api` and `k8s.io/apimachinery` of Kubernetes v1.36.
//!
//! *Invariant:* nothing here touches a store; a function of this layer sees one object (and its older self) at a time.

pub mod access;
pub mod defaults;
pub mod endpoints;
pub mod event;
pub mod image;
pub mod kind;
mod labels;
mod meta;
mod object;
pub mod pod;
mod pod_spec;
mod pod_warning;
mod quantity;
pub mod record;
pub mod schema;
mod selector;
pub mod service;
mod status;
mod string_map;
pub mod validation;
mod value;
mod warning;
mod word;
pub mod workload;

pub use kind::{Kind, KindRef};
pub use labels::{LabelSelector, LabelSelectorRequirement, matches_all};
pub use meta::{FAIL, ObjectMeta, OwnerReference};
pub use object::{Body, Object, ObjectKey};
pub use quantity::{canonical as canonical_quantity, quantity};
pub use record::StringMap;
pub use selector::{Operator, Requirement, Selector};
pub use status::{FieldError, Status};
pub use validation::address::sloppy;
pub use value::{Map, Value, quote_json};
pub use warning::warnings;
