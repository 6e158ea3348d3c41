//! How a question goes through the plugins: always in the order that `CoreDNS` was built with, whatever the Corefile's.
//!
//! acl, log, loadbalance, autopath, cache, rewrite, template, hosts, kubernetes, forward.

use super::cache::Cache;
use super::catalog::Catalog;
use super::corefile::{Action, Answer, Block, Corefile, Hosts, Match, Rewrite, Rule};
use super::kubernetes::{self, Backing, Served};
use super::outside::Outside;
use super::upstream::Heard;
use super::{Because, DnsName, Query, Rcode, Record, RecordData, RecordType, Reply};
use crate::kernel::Arrange;
use crate::kernel::{Rng, SimTime};
use crate::store::Cidr;
use std::net::IpAddr;

/// So often may the server ask itself on behalf of one question.
pub(super) const DEEPEST: usize = 10;

/// What the plugins read.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub corefile: &'a Corefile,
    pub catalog: &'a Catalog,
    pub outside: &'a Outside,
    pub local: &'a [IpAddr],
    pub synced: bool,
    /// The cluster's own subnets, in which no outside resolver can be.
    pub inside: &'a [Cidr],
    /// The node's search list, for `autopath`.
    pub node_search: &'a [DnsName],
    pub now: SimTime,
    pub client: IpAddr,
    /// What becomes of a question that is sent to an address inside the cluster.
    pub inner: &'a dyn Fn(IpAddr) -> Heard,
}

/// What the plugins change.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub cache: Cache,
    pub chance: Rng,
    /// What the `errors` plugin has to say.
    pub errors: Vec<String>,
}

/// Answers a question by the block that it belongs to.
pub(super) fn resolve(world: World<'_>, state: &mut State, query: &Query, depth: usize) -> Reply {
    if depth >= DEEPEST {
        return Reply::new(query, Rcode::ServFail, Because::NoZone);
    }
    match world.corefile.block_of(&query.name) {
        Some((index, block)) => resolve_in(world, state, query, (index, block, depth)),
        None => Reply::new(query, Rcode::Refused, Because::NoZone),
    }
}

/// Answers a question by a block.
pub(super) fn resolve_in(
    world: World<'_>,
    state: &mut State,
    query: &Query,
    (index, block, depth): (usize, &Block, usize),
) -> Reply {
    let step = Step {
        world,
        index,
        block,
        depth,
    };
    if let Action::Answer(rcode) = Rule::of(&block.plugins.acl, query, world.client) {
        return Reply::new(query, rcode, Because::Ruled);
    }
    let mut reply = step.autopath(state, query);
    if block.plugins.loadbalance {
        for section in [
            &mut reply.answer,
            &mut reply.authority,
            &mut reply.additional,
        ] {
            shuffle(section, &mut state.chance);
        }
    }
    reply
}

/// One pass through a block's plugins.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub world: World<'a>,
    index: usize,
    pub block: &'a Block,
    pub depth: usize,
}

impl Step<'_> {
    /// Walks the client's search list on its behalf.
    fn autopath(self, state: &mut State, query: &Query) -> Reply {
        let within = self
            .block
            .plugins
            .autopath
            .iter()
            .any(|zone| query.name.is_within(zone));
        let wanted = within && query.record_type.is_address();
        let Some(search) = wanted.then(|| self.search_list(query)).flatten() else {
            return self.cache(state, query);
        };
        let front = search.first().and_then(|first| query.name.front_of(first));
        let base = match front {
            None => return self.cache(state, query),
            Some("") => return Reply::new(query, Rcode::ServFail, Because::NoZone),
            Some(front) => DnsName::parse(front),
        };
        let Ok(base) = base else {
            return self.cache(state, query);
        };
        let mut first = None;
        for domain in &search {
            let Ok(name) = base.join(domain) else {
                continue;
            };
            let mut reply = self.cache(state, &query.about(name.clone(), query.record_type));
            reply.query = query.clone();
            if reply.rcode == Rcode::NxDomain {
                first.get_or_insert(reply);
                continue;
            }
            if let Some(record) = reply.answer.first()
                && record.name != query.name
            {
                let data = RecordData::Cname(record.name.clone());
                let alias = Record::new(query.name.clone(), record.ttl, data);
                reply.answer.insert(0, alias);
            }
            return reply;
        }
        first.unwrap_or_else(|| self.cache(state, query))
    }

    /// The search list of the Pod that asks, if it is known.
    fn search_list(&self, query: &Query) -> Option<Vec<DnsName>> {
        let options = self.block.plugins.kubernetes.as_ref()?;
        let zone = options.zone_of(&query.name)?;
        if options.pods != kubernetes::PodsMode::Verified {
            return None;
        }
        let namespace = self
            .world
            .catalog
            .client_namespace(&self.world.client.to_string())?;
        let mut search = vec![
            DnsName::below(&[namespace, "svc"], zone.text()),
            DnsName::below(&["svc"], zone.text()),
            zone.clone(),
        ];
        search.extend(self.world.node_search.iter().cloned());
        search.push(DnsName::root());
        Some(search)
    }

    fn cache(self, state: &mut State, query: &Query) -> Reply {
        let settings = self.block.plugins.cache.as_ref();
        let settings = settings.filter(|s| s.zones.iter().any(|zone| query.name.is_within(zone)));
        let Some(settings) = settings else {
            return self.rewrite(state, query);
        };
        if settings.leaves_out(&query.name) {
            let mut reply = self.rewrite(state, query);
            Cache::cap(settings, &mut reply);
            return reply;
        }
        if let Some(kept) = state.cache.get(self.index, query, self.world.now) {
            return kept;
        }
        let mut reply = self.rewrite(state, query);
        state
            .cache
            .put(self.index, settings, self.world.now, &mut reply);
        reply
    }

    fn rewrite(self, state: &mut State, query: &Query) -> Reply {
        let mut name = query.name.clone();
        let mut back = false;
        let mut answers: Vec<&Answer> = Vec::new();
        for rule in &self.block.plugins.rewrite {
            let Some(new) = rule.apply(&name) else {
                continue;
            };
            name = new;
            back |= rule.answer_auto || rule.kind == Match::Exact;
            answers.extend(&rule.answers);
            if !rule.go_on {
                break;
            }
        }
        // A rule that changes nothing has still put the name in lower case.
        if name.text() == query.name.text() {
            return self.template(state, query);
        }
        let mut reply = self.template(state, &query.about(name.clone(), query.record_type));
        reply.query = query.clone();
        if back {
            for record in reply.answer.iter_mut().filter(|record| record.name == name) {
                record.name = query.name.clone();
            }
        }
        for record in &mut reply.answer {
            answers.iter().for_each(|rule| rule.apply(record));
        }
        reply
    }

    fn template(self, state: &mut State, query: &Query) -> Reply {
        let action = Rule::of(&self.block.plugins.template, query, self.world.client);
        let Action::Answer(rcode) = action else {
            return self.hosts(state, query);
        };
        let mut reply = Reply::new(query, rcode, Because::Ruled);
        reply.authoritative = true;
        reply
    }

    fn hosts(self, state: &mut State, query: &Query) -> Reply {
        let hosts = self.block.plugins.hosts.as_ref();
        match hosts.and_then(|hosts| hosts.serve(query)) {
            Some(reply) => reply,
            None => self.kubernetes(state, query),
        }
    }

    fn kubernetes(self, state: &mut State, query: &Query) -> Reply {
        let Some(options) = &self.block.plugins.kubernetes else {
            return self.forward(state, query);
        };
        let empty = Catalog::default();
        let backing = Backing {
            options,
            catalog: if self.world.synced {
                self.world.catalog
            } else {
                &empty
            },
            local: self.world.local,
            synced: self.world.synced,
            transfer: self
                .block
                .plugins
                .transfer
                .iter()
                .any(|zone| query.name.is_within(zone)),
        };
        let mut upstream = |name: &DnsName, record_type| {
            Some(resolve(
                self.world,
                state,
                &query.about(name.clone(), record_type),
                self.depth + 1,
            ))
        };
        match kubernetes::serve(backing, query, &mut upstream) {
            Served::Reply(reply) => *reply,
            Served::Next => self.forward(state, query),
        }
    }
}

impl Rewrite {
    fn apply(&self, name: &DnsName) -> Option<DnsName> {
        let text = name.text().to_ascii_lowercase();
        let new = match &self.kind {
            Match::Exact => (text == self.from).then(|| self.to.clone()),
            Match::Prefix => text
                .strip_prefix(&self.from)
                .map(|rest| format!("{}{rest}", self.to)),
            Match::Suffix => text
                .strip_suffix(&self.from)
                .map(|front| format!("{front}{}", self.to)),
            Match::Substring => text
                .contains(&self.from)
                .then(|| text.replace(&self.from, &self.to)),
            Match::Regex(regex) => regex.replace(&text, &self.to),
        };
        DnsName::parse(&new?).ok()
    }
}

impl Answer {
    /// Changes the name that a record has, or the one that it points to.
    fn apply(&self, record: &mut Record) {
        let change = |name: &mut DnsName| {
            let new = self
                .from
                .replace(&name.text().to_ascii_lowercase(), &self.to);
            if let Some(new) = new.and_then(|text| DnsName::parse(&text).ok()) {
                *name = new;
            }
        };
        if !self.value {
            change(&mut record.name);
        } else if let RecordData::Cname(target)
        | RecordData::Ptr(target)
        | RecordData::Ns(target)
        | RecordData::Srv { target, .. }
        | RecordData::Mx {
            exchange: target, ..
        } = &mut record.data
        {
            change(target);
        }
    }
}

impl Hosts {
    /// Answers from the fixed names; `None` leaves the question to the next plugin.
    fn serve(&self, query: &Query) -> Option<Reply> {
        let reply = |answer| {
            let mut reply = Reply::new(query, Rcode::NoError, Because::Hosts);
            reply.authoritative = true;
            reply.answer = answer;
            reply
        };
        let record = |data| Record::new(query.name.clone(), self.ttl, data);
        if query.record_type == RecordType::Ptr {
            let ip = kubernetes::address_of(&query.name.to_lower()).filter(|_| self.reverse)?;
            let names = self
                .entries
                .iter()
                .filter(|(address, _)| *address == ip)
                .flat_map(|(_, names)| names);
            let answer: Vec<Record> = names
                .map(|name| record(RecordData::Ptr(name.clone())))
                .collect();
            return (!answer.is_empty()).then(|| reply(answer));
        }
        if !self.zones.iter().any(|zone| query.name.is_within(zone)) {
            return None;
        }
        let entries = self
            .entries
            .iter()
            .filter(|(_, names)| names.contains(&query.name));
        let all: Vec<RecordData> = entries.map(|(ip, _)| RecordData::of_address(*ip)).collect();
        if all.is_empty() {
            let through = self
                .fallthrough
                .iter()
                .any(|zone| query.name.is_within(zone));
            return (!through).then(|| Reply::new(query, Rcode::ServFail, Because::Hosts));
        }
        let wanted = all
            .into_iter()
            .filter(|data| data.record_type() == query.record_type);
        Some(reply(wanted.map(record).collect()))
    }
}

/// Aliases first, then what is no address, then the addresses in any order.
fn shuffle(records: &mut [Record], chance: &mut Rng) {
    if records.len() < 2 {
        return;
    }
    records.arrange_by_key(|record| match record.data {
        RecordData::Cname(_) => 0,
        RecordData::A(_) | RecordData::Aaaa(_) => 2,
        _ => 1,
    });
    let first = records
        .iter()
        .position(|record| record.record_type().is_address());
    let addresses = records
        .get_mut(first.unwrap_or(usize::MAX)..)
        .unwrap_or_default();
    for i in (1..addresses.len()).rev() {
        addresses.swap(i, chance.below(i as u64 + 1) as usize);
    }
}
