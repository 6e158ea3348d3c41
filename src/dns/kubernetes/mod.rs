//! The authoritative zone: `CoreDNS`'s `kubernetes` plugin (schema 1.1.0 of the DNS-based service discovery
//! specification, with `CoreDNS`'s additions and quirks).
//!
//! *Left out:* `ServiceImport`s of the multi-cluster API.

mod answer;
mod authority;
mod lookup;
mod options;
mod reverse;
mod transfer;

pub use options::{Options, PodsMode};
pub(super) use reverse::address_of;
pub use reverse::reverse_name;

use super::because::Because;
use super::catalog::Catalog;
use super::{DnsName, Query, Rcode, Record, RecordType, Reply};
use std::net::IpAddr;

/// What the plugin does with a question.
pub(super) enum Served {
    /// It replies.
    Reply(Box<Reply>),
    /// It leaves the question to the next plugin.
    Next,
}

/// How the plugin asks the whole server about a name that is not its own.
pub(super) type Upstream<'a> = &'a mut dyn FnMut(&DnsName, RecordType) -> Option<Reply>;

/// What the plugin answers from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backing<'a> {
    pub options: &'a Options,
    pub catalog: &'a Catalog,
    /// The server's own addresses.
    pub local: &'a [IpAddr],
    /// Whether the first list of objects has come.
    pub synced: bool,
    /// Whether the `transfer` plugin lets zones be copied.
    pub transfer: bool,
}

/// One zone while a question in it is answered.
struct Zone<'a> {
    options: &'a Options,
    catalog: &'a Catalog,
    local: &'a [IpAddr],
    /// The zone as it is spelled in the question.
    name: DnsName,
    /// Whether it is a reverse zone.
    reverse: bool,
    /// Whether the question wants to know of every port.
    each_port: bool,
}

/// The records of a positive answer.
#[derive(Default)]
struct Records {
    answer: Vec<Record>,
    additional: Vec<Record>,
    truncated: bool,
}

/// Answers a question, or leaves it to the next plugin.
pub(super) fn serve(backing: Backing<'_>, query: &Query, upstream: Upstream<'_>) -> Served {
    let Some(zone) = backing.options.zone_of(&query.name) else {
        return Served::Next;
    };
    let name = query.name.spelling_of(zone);
    let zone = Zone {
        options: backing.options,
        catalog: backing.catalog,
        local: backing.local,
        each_port: query.record_type == RecordType::Srv,
        reverse: name
            .labels()
            .last()
            .is_some_and(|label| label.eq_ignore_ascii_case("arpa")),
        name,
    };
    if matches!(query.record_type, RecordType::Axfr | RecordType::Ixfr) {
        return Served::Reply(Box::new(zone.transfer(query, backing.transfer)));
    }
    let lower = query.name.to_lower();
    let front = lower.front_of(&zone.name).unwrap_or_default();
    let (records, because) = match zone.resolve(query, &lower, front, upstream) {
        Ok(found) => found,
        Err(because) => {
            if backing
                .options
                .fallthrough
                .iter()
                .any(|zone| query.name.is_within(zone))
            {
                return Served::Next;
            }
            let (rcode, because) = if backing.synced {
                (Rcode::NxDomain, because)
            } else {
                (Rcode::ServFail, Because::NotSynced)
            };
            return Served::Reply(Box::new(zone.negative(query, rcode, because)));
        }
    };
    if records.answer.is_empty() {
        let mut reply = zone.negative(query, Rcode::NoError, because);
        reply.truncated = records.truncated;
        return Served::Reply(Box::new(reply));
    }
    let mut reply = Reply::new(query, Rcode::NoError, because);
    reply.authoritative = true;
    reply.truncated = records.truncated;
    reply.answer = records.answer;
    reply.additional = records.additional;
    Served::Reply(Box::new(reply))
}

impl Zone<'_> {
    /// A reply without answer: who speaks for the zone, and for how long its absence may be remembered.
    fn negative(&self, query: &Query, rcode: Rcode, because: Because) -> Reply {
        let mut reply = Reply::new(query, rcode, because);
        reply.authoritative = true;
        reply.authority = vec![self.soa()];
        reply
    }
}
