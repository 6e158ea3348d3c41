//! Questions and replies (RFC 1035 §4, EDNS of RFC 6891, cookies of RFC 7873).

use super::wire;
use super::{Because, DnsName, Rcode, Record, RecordType};
use crate::kernel::Span;
use std::net::IpAddr;

/// The EDNS part of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edns {
    /// The largest UDP reply that the asker takes.
    pub udp_size: u16,
    /// Whether the asker wants DNSSEC records.
    pub dnssec_ok: bool,
    /// The asker's cookie, which the server echoes.
    pub cookie: Option<[u8; 8]>,
}

/// A question of class IN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The number that ties a reply to its question.
    pub id: u16,
    /// The name.
    pub name: DnsName,
    /// The type.
    pub record_type: RecordType,
    /// Whether the server shall find out elsewhere what it does not know.
    pub recursion_desired: bool,
    /// The EDNS part, if any.
    pub edns: Option<Edns>,
}

impl Query {
    /// A question as stub resolvers ask it: recursion desired, no EDNS.
    pub fn new(name: DnsName, record_type: RecordType) -> Self {
        Self {
            id: 0,
            name,
            record_type,
            recursion_desired: true,
            edns: None,
        }
    }

    /// The same question about another name or type.
    pub(super) fn about(&self, name: DnsName, record_type: RecordType) -> Self {
        Self {
            name,
            record_type,
            ..self.clone()
        }
    }

    /// The largest UDP reply that it allows.
    pub fn udp_limit(&self) -> usize {
        self.edns
            .map_or(512, |edns| usize::from(edns.udp_size).max(512))
    }

    /// How many bytes it takes on the wire.
    pub fn wire_len(&self) -> usize {
        12 + self.name.wire_len() + 4 + edns_len(self)
    }
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// What it replies to.
    pub query: Query,
    /// The response code.
    pub rcode: Rcode,
    /// Flag `aa`: the server speaks for the zone.
    pub authoritative: bool,
    /// Flag `ra`: the server would find out elsewhere.
    pub recursion_available: bool,
    /// Flag `tc`: records were left out for want of room.
    pub truncated: bool,
    /// The records asked for.
    pub answer: Vec<Record>,
    /// Who speaks for the zone.
    pub authority: Vec<Record>,
    /// What the asker may want to know next.
    pub additional: Vec<Record>,
    /// Why it says what it says; not part of the message.
    pub because: Because,
}

impl Reply {
    /// A reply without records.
    pub fn new(query: &Query, rcode: Rcode, because: Because) -> Self {
        Self {
            query: query.clone(),
            rcode,
            authoritative: false,
            recursion_available: false,
            truncated: false,
            answer: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
            because,
        }
    }

    /// Whether the name exists but has nothing of the type.
    pub fn is_nodata(&self) -> bool {
        self.rcode == Rcode::NoError && self.answer.is_empty()
    }

    /// How long the server needs to know that it has no better reply: `forward` waits two seconds for a silent server.
    pub fn takes(&self) -> Span {
        match self.because {
            Because::ForwardFailed(_) => Span::secs(2),
            _ => Span(0),
        }
    }

    /// The addresses in the answer, in order.
    pub fn addresses(&self) -> Vec<IpAddr> {
        self.answer
            .iter()
            .filter_map(|record| record.data.address())
            .collect()
    }

    /// How many bytes it takes in a datagram.
    pub fn wire_len(&self) -> usize {
        self.wire_len_within(self.query.udp_limit())
    }

    /// How many bytes it takes where so many fit: names are compressed only if they must be. It is what `dig` shows as
    /// message size.
    pub fn wire_len_within(&self, limit: usize) -> usize {
        let plain = self.plain_len();
        if plain <= limit {
            plain
        } else {
            wire::encode_reply(self).len()
        }
    }

    /// The size without compression.
    pub(super) fn plain_len(&self) -> usize {
        let records = self
            .answer
            .iter()
            .chain(&self.authority)
            .chain(&self.additional);
        self.query.wire_len() + records.map(wire::record_len).sum::<usize>()
    }

    /// Leaves out what does not fit into `limit` bytes, last records first, and says so in the flags.
    pub(super) fn truncate(&mut self, limit: usize) {
        if self.plain_len() <= limit {
            return;
        }
        while wire::encode_reply(self).len() > limit {
            let sections = [&mut self.additional, &mut self.authority, &mut self.answer];
            let Some(section) = sections.into_iter().find(|section| !section.is_empty()) else {
                return;
            };
            section.pop();
            self.truncated = true;
        }
    }
}

/// The size of the OPT pseudo-record.
fn edns_len(query: &Query) -> usize {
    query.edns.map_or(0, |edns| {
        11 + edns.cookie.map_or(0, |cookie| 4 + cookie.len())
    })
}
