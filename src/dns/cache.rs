//! The `cache` plugin: answers kept for a while, counting down.

use super::corefile::Cache as Settings;
use super::{Because, DnsName, Query, Rcode, Record, RecordData, RecordType, Reply};
use crate::kernel::BTreeMap;
use crate::kernel::SimTime;

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
        set_ttl(&mut reply, left);
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
        let Some((ttl, negative)) = lifetime(settings, reply) else {
            return;
        };
        set_ttl(reply, ttl);
        let name = &reply.query.name;
        let out = if negative {
            &settings.no_denial
        } else {
            &settings.no_success
        };
        if out.iter().any(|zone| name.is_within(zone)) {
            return;
        }
        if self.kept.len() >= CAPACITY {
            self.kept
                .retain(|_, (since, ttl, _)| now.since(*since).as_secs() < u64::from(*ttl));
        }
        let key = (block, name.to_lower(), reply.query.record_type);
        self.kept.insert(key, (now, ttl, reply.clone()));
    }

    /// Caps an answer's lifetime as if it were kept.
    pub(super) fn cap(settings: &Settings, reply: &mut Reply) {
        if let Some((ttl, _)) = lifetime(settings, reply) {
            set_ttl(reply, ttl);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
    }
}

impl Settings {
    /// Whether nothing about a name is kept.
    pub(super) fn leaves_out(&self, name: &DnsName) -> bool {
        let within = |zones: &[DnsName]| zones.iter().any(|zone| name.is_within(zone));
        within(&self.no_success) && within(&self.no_denial)
    }
}

/// For how many seconds an answer may be kept, and whether it says that there is nothing; `None` if it never is.
fn lifetime(settings: &Settings, reply: &Reply) -> Option<(u32, bool)> {
    let soa = |record: &Record| matches!(record.data, RecordData::Soa(_));
    let empty = reply.rcode == Rcode::NxDomain || reply.is_nodata();
    let negative = empty && reply.authority.iter().any(soa);
    let sections = [&reply.answer, &reply.authority, &reply.additional];
    let shortest = sections
        .into_iter()
        .flatten()
        .map(|record| record.ttl)
        .min();
    let within = |most: u32| {
        shortest
            .unwrap_or(SHORTEST)
            .clamp(SHORTEST, most.max(SHORTEST))
    };
    let ttl = match reply.rcode {
        _ if reply.truncated => return None,
        Rcode::ServFail => settings.servfail,
        _ if negative => within(settings.denial),
        Rcode::NoError => within(settings.success),
        Rcode::FormErr | Rcode::NxDomain | Rcode::NotImp | Rcode::Refused | Rcode::Other(_) => {
            return None;
        }
    };
    (ttl > 0).then_some((ttl, negative))
}

fn set_ttl(reply: &mut Reply, ttl: u32) {
    let sections = [
        &mut reply.answer,
        &mut reply.authority,
        &mut reply.additional,
    ];
    for record in sections.into_iter().flatten() {
        record.ttl = ttl;
    }
}
