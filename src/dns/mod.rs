//! Cluster DNS: the authoritative zone that `CoreDNS` serves, the plugins around it, the world outside, what a Pod's
//! `/etc/resolv.conf` says, and the stub resolvers that read it. Models `CoreDNS` 1.14 and schema 1.1.0 of the
//! [DNS-based service discovery specification](https://github.com/kubernetes/dns/blob/master/docs/specification.md).
//!
//! *Invariant:* nothing here opens a socket, reads a clock or knows that kube-proxy exists. A stub resolver is a pure
//! walk over a function that takes a question and gives back what came of it.

mod because;
mod cache;
mod catalog;
mod chain;
pub mod corefile;
pub mod etc_hosts;
pub mod event;
pub mod kubernetes;
mod log;
mod message;
mod name;
mod names;
mod outside;
mod process;
mod query_log;
mod record;
mod request;
mod resolv;
pub mod resolver;
mod server;
mod upstream;
pub mod wire;

pub use because::{Because, ServiceName};
pub use corefile::{Corefile, Regex};
pub use kubernetes::reverse_name;
pub use log::LogLine;
pub use message::{Edns, Query, Reply};
pub use name::{DnsName, NameError};
pub use outside::{Outside, ZoneError};
pub use process::Fresh;
pub use record::{Rcode, Record, RecordData, RecordType, Soa};
pub use resolv::ResolvConf;
pub use server::{Client, Server, Transport, default_corefile};
pub use upstream::Heard;
