//! The world outside: names beyond the cluster, from a zone file (RFC 1035 §5). Nothing here ever asks a real network.
//!
//! A name that the file does not have does not exist. Absences carry an SOA only if the file has one for the name.

mod zone_file;

use super::{Because, DnsName, Query, Rcode, Record, RecordData, RecordType, Reply};
use crate::kernel::BTreeMap;
use std::rc::Rc;
pub use zone_file::ZoneError;

/// The names that exist unless a zone file says otherwise.
const DEFAULT: &str = include_str!("default.zone");
/// After so many aliases the chase ends.
const LONGEST_CHAIN: usize = 10;

/// The names beyond the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    records: BTreeMap<DnsName, Vec<Record>>,
    /// The zone file that they come from.
    text: Rc<str>,
}

/// What the world answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub rcode: Rcode,
    pub answer: Vec<Record>,
    pub authority: Vec<Record>,
}

impl Default for Outside {
    /// A few names of documentation domains.
    fn default() -> Self {
        Self::parse(DEFAULT).unwrap_or_else(|_| Self::from_records([]))
    }
}

impl Outside {
    /// Reads a zone file.
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        let mut outside = Self::from_records(zone_file::parse(text)?);
        outside.text = text.into();
        Ok(outside)
    }

    /// The zone file, as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The world that has just these records.
    pub fn from_records(all: impl IntoIterator<Item = Record>) -> Self {
        let mut records: BTreeMap<DnsName, Vec<Record>> = BTreeMap::new();
        let mut text = String::new();
        for record in all {
            text.push_str(&format!("{record}\n"));
            records
                .entry(record.name.to_lower())
                .or_default()
                .push(record);
        }
        Self {
            records,
            text: text.into(),
        }
    }

    /// The aliases and addresses of a name, IPv4 first, as a program outside the cluster finds them.
    pub fn addresses(&self, name: &DnsName) -> Vec<Record> {
        let mut found = self.resolve(name, RecordType::A).answer;
        let more = self.resolve(name, RecordType::Aaaa).answer;
        let first = found.is_empty();
        found.extend(
            more.into_iter()
                .filter(|record| first || record.data.address().is_some()),
        );
        found
    }

    /// The name that a reverse name points to.
    pub fn pointer(&self, name: &DnsName) -> Option<DnsName> {
        let found = self.resolve(name, RecordType::Ptr).answer;
        found.into_iter().find_map(|record| match record.data {
            RecordData::Ptr(target) => Some(target),
            _ => None,
        })
    }

    /// The reply of a resolver of the outside world.
    pub fn answer(&self, query: &Query, server: impl Into<Rc<str>>) -> Reply {
        let found = self.resolve(&query.name, query.record_type);
        let mut reply = Reply::new(query, found.rcode, Because::Outside(server.into()));
        reply.recursion_available = true;
        reply.answer = found.answer;
        reply.authority = found.authority;
        reply
    }

    /// Answers as a resolver of the outside world does: aliases are followed.
    pub(super) fn resolve(&self, name: &DnsName, record_type: RecordType) -> Found {
        let mut found = Found::default();
        let mut name = name.clone();
        for _ in 0..LONGEST_CHAIN {
            let Some(records) = self.at(&name) else {
                let exists = self.records.keys().any(|other| other.is_within(&name));
                found.rcode = if exists {
                    Rcode::NoError
                } else {
                    Rcode::NxDomain
                };
                found.authority = self.authority(&name);
                return found;
            };
            let wanted = |record: &&Record| {
                record_type == RecordType::Any || record.record_type() == record_type
            };
            let spelled = |record: &Record| Record {
                name: name.clone(),
                ..record.clone()
            };
            let mut matching: Vec<Record> = records.iter().filter(wanted).map(spelled).collect();
            if !matching.is_empty() {
                found.answer.append(&mut matching);
                return found;
            }
            let alias = records.iter().find_map(|record| match &record.data {
                RecordData::Cname(target) => Some((spelled(record), target.clone())),
                _ => None,
            });
            let Some((record, target)) = alias else {
                found.authority = self.authority(&name);
                return found;
            };
            found.answer.push(record);
            name = target;
        }
        found
    }

    /// The records at a name, or at the wildcard that stands for it.
    fn at(&self, name: &DnsName) -> Option<&[Record]> {
        if let Some(records) = self.records.get(name) {
            return Some(records);
        }
        let mut above = name.parent();
        while let Some(parent) = above {
            let star = DnsName::below(&["*"], parent.text());
            if let Some(records) = self.records.get(&star) {
                return Some(records);
            }
            if self.records.contains_key(&parent) {
                return None;
            }
            above = parent.parent();
        }
        None
    }

    /// The SOA of the zone that a name is in, for a negative answer.
    fn authority(&self, name: &DnsName) -> Vec<Record> {
        let mut at = Some(name.clone());
        while let Some(zone) = at {
            let records = self.records.get(&zone).into_iter().flatten();
            for record in records {
                if let RecordData::Soa(soa) = &record.data {
                    let ttl = record.ttl.min(soa.minimum);
                    return vec![Record {
                        ttl,
                        ..record.clone()
                    }];
                }
            }
            // A zone whose SOA the file does not have speaks for itself all the same.
            if self
                .records
                .get(&zone)
                .into_iter()
                .flatten()
                .any(|r| matches!(r.data, RecordData::Ns(_)))
            {
                break;
            }
            at = zone.parent();
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(world: &Outside, name: &str, record_type: RecordType) -> (Rcode, Vec<String>) {
        let found = world.resolve(&DnsName::parse(name).unwrap(), record_type);
        (
            found.rcode,
            found.answer.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn aliases_are_followed_and_wildcards_stand_in() {
        let text = "$ORIGIN example.test.\n@ 60 A 192.0.2.1\nwww CNAME @\n*.app 30 A 192.0.2.2\n";
        let world = Outside::parse(text).unwrap();
        let (rcode, answer) = ask(&world, "WWW.example.test", RecordType::A);
        assert_eq!(rcode, Rcode::NoError);
        assert_eq!(
            answer,
            [
                "WWW.example.test. 3600 IN CNAME example.test.",
                "example.test. 60 IN A 192.0.2.1"
            ]
        );
        assert_eq!(
            ask(&world, "x.app.example.test", RecordType::A).1,
            ["x.app.example.test. 30 IN A 192.0.2.2"]
        );
        assert_eq!(
            ask(&world, "app.example.test", RecordType::A).0,
            Rcode::NoError
        );
        assert_eq!(
            ask(&world, "nope.example.test", RecordType::A).0,
            Rcode::NxDomain
        );
    }

    #[test]
    fn the_text_is_kept_as_it_was_written() {
        let text = "; mine\n$ORIGIN test.\na A 192.0.2.1\n";
        assert_eq!(Outside::parse(text).unwrap().text(), text);
        let again = Outside::from_records(
            Outside::parse(text)
                .unwrap()
                .resolve(&DnsName::parse("a.test").unwrap(), RecordType::A)
                .answer,
        );
        assert_eq!(again.text(), "a.test. 3600 IN A 192.0.2.1\n");
        let error = Outside::parse("a.test. A nowhere").unwrap_err();
        assert_eq!(
            (error.line, error.to_string().as_str()),
            (1, "line 1: bad data of a record of type A")
        );
    }

    #[test]
    fn the_default_world_has_the_documentation_names() {
        let world = Outside::default();
        assert_eq!(ask(&world, "example.com", RecordType::A).0, Rcode::NoError);
        assert!(!ask(&world, "example.com", RecordType::A).1.is_empty());
        assert_eq!(
            ask(&world, "nosuch.example.com", RecordType::A).0,
            Rcode::NxDomain
        );
    }
}
