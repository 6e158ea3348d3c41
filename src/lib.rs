//! Portside: a Kubernetes Service playground that runs wholly in the browser.
//!
//! Each layer imports only layers above it in this list; a tidy test holds the order.
//!
//! * [`kernel`]: simulated time, seeded chance, the event log, the timer heap. *Invariant:* it does not know Kubernetes.
//! * [`api`]: typed objects, labels, refusals, the field schema. *Invariant:* it never touches a store.
//! * [`manifest`]: text to objects and back, with spans. *Invariant:* it never changes a cluster.
//! * [`store`]: the API server: tables, the rules of writing, allocators. *Invariant:* it never decides when controllers run.
//! * [`dns`]: cluster names, the plugins of CoreDNS, stub resolvers. *Invariant:* it opens no socket and reads no clock.
//! * [`controllers`], the data path and DNS are siblings: none imports another. *Invariant:* a reconciler reads and writes the store only.

pub mod api;
pub mod cluster;
pub mod controllers;
pub mod dns;
pub mod kernel;
pub mod lesson;
pub mod manifest;
pub mod net;
pub mod shell;
pub mod store;
