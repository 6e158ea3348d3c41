//! The reconcilers: workloads, scheduler, kubelet, endpoint slices, garbage collection.
//!
//! Models kube-controller-manager, kube-scheduler and the kubelets of Kubernetes v1.36. A change marks keys; a marked key
//! is reconciled a few milliseconds later, so that causes and their effects are seen apart, as in a real cluster.
//!
//! *Invariant:* a reconciler reads the store and writes the store; it never sees a packet or a name question.

mod daemonset;
mod deployment;
mod endpoints;
pub mod endpointslice;
mod eviction;
mod garbage;
mod history;
mod ingress;
mod job;
mod job_policy;
mod job_tally;
mod kubelet;
mod load_balancer;
mod manager;
mod mirror;
mod namespace;
mod node_range;
mod owned;
mod port_order;
mod queue;
mod recorder;
mod replicaset;
mod roll;
mod scheduler;
mod statefulset;
mod template_hash;
mod volume;

pub use kubelet::Kubelet;
pub use manager::{Controllers, Warning};
pub use template_hash::template_hash;
pub use volume::standard_class;
