//! Portside: a Kubernetes Service playground that runs wholly in the browser.
//!
//! Each layer imports only layers above it in this list; a tidy test holds the order.
//!
//! * [`kernel`]: simulated time, seeded chance, the event log, the timer heap. *Invariant:* it does not know Kubernetes.
//! * [`api`]: typed objects, labels, refusals, the field schema. *Invariant:* it never touches a store.
//! * [`manifest`]: text to objects and back, with spans. *Invariant:* it never changes a cluster.
//! * [`store`]: the API server: tables, the rules of writing, allocators. *Invariant:* it never decides when controllers run.
//! * [`dns`]: cluster names, the plugins of CoreDNS, stub resolvers. *Invariant:* it opens no socket and reads no clock.
//! * [`controllers`]: the reconcilers and kubelets. *Invariant:* a reconciler reads and writes the store only.
//! * [`net`]: kube-proxy, routes, connections, servers. With the two above it is a sibling: none imports another.
//! * [`cluster`]: the one door to all of that. *Invariant:* it knows no terminal and no page.
//! * [`doctor`]: diagnoses over the façade. *Invariant:* it changes nothing and knows no prompt.
//! * [`words`]: the interface's texts. *Invariant:* one catalogue for all of them.
//! * [`chart`]: what the page draws, as data. *Invariant:* pure functions of a view, the log and a text.
//! * [`shell`]: places, the command language, kubectl and the tools. *Invariant:* it never touches the browser.
//! * [`lesson`]: examples. *Invariant:* a lesson is data.
//! * [`share`]: links that carry a session. *Invariant:* texts in, texts out.
//! * `web` and `ui`: the browser, and the page. *Invariant:* no simulation logic.

pub mod api;
pub mod chart;
pub mod cluster;
pub mod controllers;
pub mod dns;
pub mod doctor;
pub mod kernel;
pub mod lesson;
pub mod manifest;
pub mod net;
pub mod share;
pub mod shell;
pub mod store;
#[cfg(feature = "web")]
pub mod ui;
#[cfg(feature = "web")]
pub mod web;
pub mod words;
