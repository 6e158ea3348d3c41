//! Diagnoses that follow a cluster: after a change only what depends on it is looked at again, and that only when it is
//! asked for.
//!
//! What was found is kept with the tables that it was found in. The objects in which those differ from the tables of now
//! say what is stale: [`super::stale`].

use super::evidence::Evidence;
use super::examination::{Examination, asks_for_all, examine_known, keeps_out};
use super::finding::Finding;
use super::sheet::{Sheet, Sheets};
use super::signs::Signs;
use super::{diagnosis, names, stale};
use crate::api::{ObjectKey, kind};
use crate::cluster::{Cluster, Place};
use crate::kernel::BTreeMap;
use crate::net::Policies;
use crate::store::{ClusterNetwork, Tables};
use std::rc::Rc;

/// What was found of a subject; none as long as nobody has looked, or since something changed.
pub(super) type Known = Option<Vec<Finding>>;

/// What was found, kept until something that it rests on changes.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    sheets: Sheets,
    seen: Option<Seen>,
    pub(super) services: BTreeMap<ObjectKey, Known>,
    /// What names hosts, by its maker and whether its Pods do: the object that is read, and what was found.
    pub(super) speakers: BTreeMap<(ObjectKey, bool), (ObjectKey, Known)>,
    pub(super) rest: Known,
    looks: usize,
}

/// That in which it was found.
#[derive(Clone, Debug)]
struct Seen {
    tables: Tables,
    network: ClusterNetwork,
    signs: Signs,
    policies: Option<Rc<Policies>>,
}

impl Watch {
    /// What a cluster shows now. What rests on what has changed since the last time is forgotten.
    pub fn evidence<'a>(&mut self, cluster: &'a Cluster, sheets: &[Sheet]) -> Evidence<'a> {
        let same = self.sheets.are(sheets);
        if !same {
            self.sheets = self.sheets.read_again(sheets);
        }
        let tables = cluster.tables();
        // Policies are read again only when one of them is another.
        let known = self.seen.as_ref();
        let known = known.filter(|seen| seen.tables.shares(tables, kind::NETWORK_POLICY));
        let policies = match known {
            Some(seen) => seen.policies.clone(),
            None => Policies::of(tables).map(Rc::new),
        };
        let e = Evidence::with(cluster, self.sheets.clone(), policies);
        let before = self.seen.take().filter(|seen| {
            // Places in texts, the subnets and the signs stand in too much.
            same && seen.network == e.network && seen.signs == e.signs
        });
        if !before.is_some_and(|seen| stale::forget(self, &e, &seen.tables)) {
            self.begin(&e);
        }
        self.seen = Some(Seen {
            tables: e.tables.clone(),
            network: e.network.clone(),
            signs: e.signs.clone(),
            policies: e.policies.clone(),
        });
        e
    }

    fn begin(&mut self, e: &Evidence<'_>) {
        let services = e.tables.all(kind::SERVICE);
        self.services = services.map(|service| (service.key(), None)).collect();
        let speakers = names::speakers(e).into_iter();
        self.speakers = speakers
            .map(|object| {
                let by = (names::maker(e, object), object.kind == kind::POD);
                (by, (object.key(), None))
            })
            .collect();
        self.rest = None;
    }

    /// What is known to be wrong with a Service.
    pub fn of_service(&mut self, e: &Evidence<'_>, key: &ObjectKey) -> Vec<Finding> {
        let Some(known) = self.services.get_mut(key) else {
            return Vec::new();
        };
        let looks = &mut self.looks;
        let look = || {
            *looks += 1;
            diagnosis::of_service(e, key)
        };
        known.get_or_insert_with(look).clone()
    }

    /// Everything that is known to be wrong: what [`super::of_everything`] says.
    pub fn of_everything(&mut self, e: &Evidence<'_>) -> Vec<Finding> {
        let mut all: Vec<&Finding> = Vec::new();
        for (key, known) in self.services.iter_mut() {
            all.extend(&*known.get_or_insert_with(|| {
                self.looks += 1;
                diagnosis::of_service(e, key)
            }));
        }
        for (read, known) in self.speakers.values_mut() {
            all.extend(listen(e, read, known, &mut self.looks));
        }
        all.extend(&*self.rest.get_or_insert_with(|| {
            let mut found = Vec::new();
            diagnosis::of_nobody(e, &mut found);
            found
        }));
        diagnosis::once(all.into_iter().cloned())
    }

    /// The questions of "Debug Services", answered as [`super::examine`] does.
    pub fn examine(
        &mut self,
        e: &Evidence<'_>,
        service: &ObjectKey,
        client: Option<&Place>,
        port: Option<u16>,
    ) -> Examination {
        let mut known = self.of_service(e, service);
        if asks_for_all(e, client) {
            let mut said: Vec<&Finding> = Vec::new();
            for (read, heard) in self.speakers.values_mut() {
                said.extend(listen(e, read, heard, &mut self.looks));
            }
            said.retain(|finding| keeps_out(finding, service));
            known.extend(diagnosis::once(said.into_iter().cloned()));
        }
        examine_known(e, service, client, port, known)
    }

    /// How many subjects were looked at so far.
    pub fn looks(&self) -> usize {
        self.looks
    }
}

/// What is said of the names in an object, looked up once.
fn listen<'k>(
    e: &Evidence<'_>,
    read: &ObjectKey,
    known: &'k mut Known,
    looks: &mut usize,
) -> &'k [Finding] {
    known.get_or_insert_with(|| {
        *looks += 1;
        let mut found = Vec::new();
        if let Some(object) = e.tables.get(read) {
            names::of_object(e, object, &mut found);
        }
        found
    })
}
