//! From items to records: one way for each question type, with `CoreDNS`'s differences between them.

use super::lookup::{Found, Host, Item, Owner};
use super::{Records, Upstream, Zone};
use crate::dns::because::Because;
use crate::dns::{DnsName, Query, Record, RecordData, RecordType};
use crate::kernel::BTreeSet;
use std::net::IpAddr;

/// The version of the specification that the zone follows.
const SCHEMA: &str = "1.1.0";
/// How long the version may be kept, whatever the `ttl` option says.
const SCHEMA_TTL: u32 = 28_800;
/// After so many aliases the chase ends.
const LONGEST_CHAIN: usize = 10;

impl Zone<'_> {
    /// Answers by type; the error says why the name does not exist. `front` stands before the zone in `lower`.
    pub(super) fn resolve(
        &self,
        query: &Query,
        lower: &DnsName,
        front: &str,
        upstream: Upstream<'_>,
    ) -> Result<(Records, Because), Because> {
        let plain = |answer| Records {
            answer,
            ..Records::default()
        };
        match query.record_type {
            RecordType::A | RecordType::Aaaa => {
                let mut chain = Vec::new();
                self.addresses(&query.name, query.record_type, &mut chain, upstream)
            }
            RecordType::Srv => self.srv(query, front),
            RecordType::Txt => self.txt(query, front),
            RecordType::Cname => {
                let found = self.items(front)?;
                let answer = match found.items.first() {
                    Some(Item {
                        host: Host::Alias(target),
                        ..
                    }) => self.cname(&query.name, target),
                    Some(Item {
                        host: Host::Address(_),
                        ..
                    })
                    | None => None,
                };
                let because = if answer.is_some() {
                    found.because
                } else {
                    without(found, query.record_type)
                };
                Ok((plain(answer.into_iter().collect()), because))
            }
            RecordType::Ptr => self.reverse(query, lower, front),
            RecordType::Soa => {
                let answer = if front.is_empty() {
                    vec![self.soa()]
                } else {
                    Vec::new()
                };
                Ok((plain(answer), Because::Authority))
            }
            // The comparison is with the spelling of the question, so that only the lower-case apex has servers.
            RecordType::Ns if front.is_empty() && lower.text() == self.name.text() => {
                Ok((self.ns(query), Because::Authority))
            }
            _ => {
                let found = self.items(front)?;
                Ok((Records::default(), without(found, query.record_type)))
            }
        }
    }

    /// What a name stands for, the server's own name included.
    fn items<'b>(&self, front: &'b str) -> Result<Found<'b>, Because> {
        // Again a comparison with the spelling of the question.
        if front == "ns.dns" && !self.name.text().bytes().any(|b| b.is_ascii_uppercase()) {
            let address = |(_, ip)| Item {
                host: Host::Address(ip),
                owner: Owner::Server,
                port: Some(0),
            };
            let items = self.servers().into_iter().map(address).collect();
            return Ok(Found {
                items,
                because: Because::Authority,
                choice: false,
            });
        }
        self.records(front)
    }

    /// Address records at a name, with the chain of aliases that leads to them.
    fn addresses(
        &self,
        name: &DnsName,
        record_type: RecordType,
        chain: &mut Vec<DnsName>,
        upstream: Upstream<'_>,
    ) -> Result<(Records, Because), Because> {
        let lower = name.to_lower();
        let front = lower.front_of(&self.name).unwrap_or_default();
        let found = self.items(front)?;
        let mut records = Records::default();
        let mut seen: BTreeSet<IpAddr> = BTreeSet::new();
        for item in &found.items {
            match &item.host {
                Host::Address(ip) => {
                    let data = RecordData::of_address(*ip);
                    if data.record_type() == record_type
                        && (found.items.len() == 1 || seen.insert(*ip))
                    {
                        records
                            .answer
                            .push(Record::new(name.clone(), self.options.ttl, data));
                    }
                }
                Host::Alias(target) => {
                    self.chase(name, target, record_type, chain, &mut records, upstream);
                }
            }
        }
        let because = if records.answer.is_empty() {
            without(found, record_type)
        } else {
            found.because
        };
        Ok((records, because))
    }

    /// Follows an alias: in place within the zone, through the whole server outside it.
    fn chase(
        &self,
        name: &DnsName,
        target: &str,
        record_type: RecordType,
        chain: &mut Vec<DnsName>,
        records: &mut Records,
        upstream: Upstream<'_>,
    ) {
        let Some(alias) = self.cname(name, target) else {
            return;
        };
        let RecordData::Cname(target) = alias.data.clone() else {
            return;
        };
        // A target at or below the name leads back to it, and so does a target met before.
        if target.is_within(name) || chain.len() > LONGEST_CHAIN || chain.contains(&target) {
            return;
        }
        if target.is_within(&self.name) {
            chain.push(target.clone());
            let inner = self.addresses(&target, record_type, chain, upstream);
            chain.pop();
            if let Ok((inner, _)) = inner {
                records.truncated |= inner.truncated;
                // An alias that leads to nothing of the type is not shown.
                if !inner.answer.is_empty() {
                    records.answer.push(alias);
                    records.answer.extend(inner.answer);
                }
            }
            return;
        }
        if let Some(reply) = upstream(&target, record_type) {
            records.truncated |= reply.truncated;
            records.answer.push(alias);
            records.answer.extend(reply.answer);
        }
    }

    fn cname(&self, name: &DnsName, target: &str) -> Option<Record> {
        let target = DnsName::parse(target).ok()?;
        Some(Record::new(
            name.clone(),
            self.options.ttl,
            RecordData::Cname(target),
        ))
    }

    fn srv(&self, query: &Query, front: &str) -> Result<(Records, Because), Because> {
        // The server's own name has addresses only.
        let found = self.items(front)?;
        let addresses: Vec<(&Item<'_>, IpAddr)> = found
            .items
            .iter()
            .filter_map(|item| match item.host {
                Host::Address(ip) if !matches!(item.owner, Owner::Server) => Some((item, ip)),
                Host::Address(_) | Host::Alias(_) => None,
            })
            .collect();
        let weight = (100 / addresses.len().max(1)).max(1) as u16;
        let mut records = Records::default();
        let mut seen = BTreeSet::new();
        let mut shown = BTreeSet::new();
        for (item, ip) in &addresses {
            let Some(port) = item.port else { continue };
            let target = self.owner_name(&item.owner);
            if seen.insert((target.clone(), port)) {
                let data = RecordData::Srv {
                    priority: 0,
                    weight,
                    port,
                    target: target.clone(),
                };
                records
                    .answer
                    .push(Record::new(query.name.clone(), self.options.ttl, data));
            }
            if shown.insert((target.clone(), *ip)) {
                let data = RecordData::of_address(*ip);
                records
                    .additional
                    .push(Record::new(target, self.options.ttl, data));
            }
        }
        let because = if records.answer.is_empty() {
            without(found, query.record_type)
        } else {
            found.because
        };
        Ok((records, because))
    }

    fn txt(&self, query: &Query, front: &str) -> Result<(Records, Because), Because> {
        if front == "dns-version" {
            let data = RecordData::Txt([SCHEMA.to_owned()].into());
            let record = Record::new(query.name.clone(), SCHEMA_TTL, data);
            return Ok((
                Records {
                    answer: vec![record],
                    ..Records::default()
                },
                Because::Version,
            ));
        }
        let found = self.records(front)?;
        // Names that exist only for the sake of what is below them do not exist for this type.
        if found.items.is_empty() && !found.choice {
            return Err(found.because);
        }
        Ok((Records::default(), without(found, RecordType::Txt)))
    }

    /// The name of an item, in the zone as the question spells it.
    pub(super) fn owner_name(&self, owner: &Owner<'_>) -> DnsName {
        let zone = self.name.text();
        match owner {
            Owner::Service(of) => DnsName::below(&[&of.name, &of.namespace, "svc"], zone),
            Owner::Endpoint(of, label) => {
                DnsName::below(&[label, &of.name, &of.namespace, "svc"], zone)
            }
            Owner::Pod { namespace, label } => DnsName::below(&[label, namespace, "pod"], zone),
            Owner::Server => DnsName::below(&["ns", "dns"], zone),
        }
    }
}

/// Why a name that exists has no record of a type.
fn without(found: Found<'_>, record_type: RecordType) -> Because {
    let of = match found.because {
        Because::Service(of) | Because::Headless(of) | Because::Endpoint(of, _) => of,
        Because::Alias(of, target) if record_type.is_address() => {
            return Because::DeadAlias(of, target);
        }
        Because::Alias(of, _) => of,
        other => return other,
    };
    let first = found.items.first().map(|item| &item.host);
    match first {
        Some(Host::Address(ip)) if record_type.is_address() => {
            Because::OtherFamily(of, if ip.is_ipv4() { "IPv4" } else { "IPv6" })
        }
        _ => Because::NoSuchType(of),
    }
}
