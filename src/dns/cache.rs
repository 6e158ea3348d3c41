//! The `cache` plugin: answers kept for a while, counting down.

use super::corefile::Cache as Settings;
use super::{Because, DnsName, Query, Rcode, RecordData, RecordType, Reply};
use crate::kernel::SimTime;
use std::collections::BTreeMap;

/// Nothing is kept for less.
const SHORTEST: u32 = 5;
/// `CoreDNS` keeps so many answers.
const CAPACITY: usize = 9_984;

/// What a question is remembered under: the server block, name and type.
type Key = (usize, DnsName, RecordType);

/// The answers that are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Cache {
    kept: BTreeMap<Key, (SimTime, u32, Reply)>,
}

impl Cache {
    /// The kept answer to a question.
    pub(super) fn get(&mut self, block: usize, query: &Query, now: SimTime) -> Option<Reply> {
        let key = (block, query.name.to_lower(), query.record_type);
        let (since, ttl, reply) = self.kept.get(&key)?;
        let age = u32::try_from(now.since(*since).as_secs()).unwrap_or(u32::MAX);
        let left = ttl.checked_sub(age).filter(|left| *left > 0);
        let Some(left) = left else {
            self.kept.remove(&key);
            return None;
        };
        let mut reply = reply.clone();
        reply.query = query.clone();
        // The plugin says so of whatever it keeps.
        reply.authoritative = true;
        if !matches!(reply.because, Because::Cached(_)) {
            reply.because = Because::Cached(Box::new(reply.because));
        }
        cap(&mut reply, left);
        for record in &mut reply.answer {
            if record.name == query.name {
                record.name = query.name.clone();
            }
        }
        Some(reply)
    }

    /// Keeps an answer if the settings want it, and caps its lifetime.
    pub(super) fn put(
        &mut self,
        block: usize,
        settings: &Settings,
        now: SimTime,
        reply: &mut Reply,
    ) {
        let name = reply.query.name.clone();
        let within = |zones: &[DnsName]| zones.iter().any(|zone| name.is_within(zone));
        let has_soa = reply
            .authority
            .iter()
            .any(|r| matches!(r.data, RecordData::Soa(_)));
        let records = reply
            .answer
            .iter()
            .chain(&reply.authority)
            .chain(&reply.additional);
        let shortest = records.map(|record| record.ttl).min().unwrap_or(SHORTEST);
        let negative = has_soa && (reply.rcode == Rcode::NxDomain || reply.is_nodata());
        let (ttl, excluded) = match reply.rcode {
            Rcode::ServFail => (settings.servfail, false),
            _ if negative => (
                shortest.clamp(SHORTEST, settings.denial.max(SHORTEST)),
                within(&settings.no_denial),
            ),
            Rcode::NoError => (
                shortest.clamp(SHORTEST, settings.success.max(SHORTEST)),
                within(&settings.no_success),
            ),
            _ => return,
        };
        if ttl == 0 || reply.truncated {
            return;
        }
        cap(reply, ttl);
        if excluded {
            return;
        }
        if self.kept.len() >= CAPACITY {
            self.kept
                .retain(|_, (since, ttl, _)| now.since(*since).as_secs() < u64::from(*ttl));
        }
        let key = (block, name.to_lower(), reply.query.record_type);
        self.kept.insert(key, (now, ttl, reply.clone()));
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }
}

fn cap(reply: &mut Reply, ttl: u32) {
    let sections = [
        &mut reply.answer,
        &mut reply.authority,
        &mut reply.additional,
    ];
    for record in sections.into_iter().flatten() {
        record.ttl = ttl;
    }
}
