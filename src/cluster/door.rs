//! The cluster and what can be asked of it.

use super::settings::read_proxy_config_map;
use super::told::Telling;
use super::{ClusterView, Settings, boot};
use crate::api::{Map, Object, ObjectKey, ObjectMeta, Status, Value, kind};
use crate::controllers::Controllers;
use crate::dns;
use crate::kernel::BTreeMap;
use crate::kernel::{Event, Rng, Seq, Sim, SimTime};
use crate::net::{AddressBook, ConnId, Connections, Conntrack, Hop, Place, Policies, Proxy};
use crate::store::{Apply, Cascade, Change, ClusterNetwork, Store, Tables, Writer};
use std::rc::Rc;

/// Where an object was written down, so that an effect can name the line of its manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub file: Rc<str>,
    /// The line of each field: `spec.ports[0].targetPort` to 12.
    pub lines: BTreeMap<String, u32>,
}

impl Source {
    /// The line of a field, or of the nearest field around it.
    pub fn line_of(&self, field: &str) -> Option<u32> {
        let mut path = field;
        loop {
            if let Some(line) = self.lines.get(path) {
                return Some(*line);
            }
            path = path.get(..path.rfind(['.', '['])?)?;
        }
    }
}

/// A simulated Kubernetes cluster.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(super) sim: Sim,
    pub(super) store: Store,
    pub(super) controllers: Controllers,
    pub(super) proxy: Proxy,
    pub(super) book: AddressBook,
    pub(super) policies: Policies,
    pub(super) conntrack: Conntrack,
    pub(super) dns: dns::Server,
    pub(super) connections: Connections,
    /// Flows of datagrams that nobody has answered yet, and the way that an answer will take.
    pub(super) unanswered: BTreeMap<ConnId, (Telling, Vec<Hop>, std::ops::Range<u64>)>,
    pub(super) network: Rc<ClusterNetwork>,
    /// Where objects were written down.
    pub(super) sources: BTreeMap<ObjectKey, Rc<Source>>,
    /// The random stream of packets: source ports and chosen endpoints.
    pub(super) chance: Rng,
    /// The number of the next flow.
    pub(super) next_flow: i64,
    /// The laptop's ports that lead to Pods.
    pub(super) forwards: BTreeMap<u16, super::forward::Forward>,
    /// What was written.
    pub(super) history: super::history::History,
    /// Restored objects of kinds that are not known.
    pub(super) opaque: Vec<Value>,
    /// Who sends requests, for `managedFields`.
    writer: Option<Writer>,
    /// What the API server had to say of what it accepted, and how much of it was told.
    warnings: (Vec<String>, usize),
    /// What Portside itself has to say, and was not asked for yet.
    notes: Vec<String>,
    /// How many nodes it was set up with.
    nodes: u8,
    /// Whether somebody asked for a change since it came up.
    pub(super) in_use: bool,
    /// Whether it was restored from the dump of a real cluster.
    pub(super) restored: bool,
    /// Events before this one belong to its start.
    born: Seq,
    /// How often it was set up anew.
    rebuilt: u32,
    /// When time stands still, because Ctrl-C ends what waits.
    pub(super) stop: Option<SimTime>,
}

impl Cluster {
    /// A cluster that has just come up: its nodes are ready and its DNS answers.
    pub fn new(settings: &Settings) -> Self {
        let mut cluster = Self::empty(settings);
        let cidrs = &settings.network.service_cidrs;
        cluster.store.declare_service_cidr(&cluster.sim, cidrs);
        boot::boot(&mut cluster, settings);
        cluster.in_use = false;
        cluster.born = cluster.end();
        cluster
    }

    /// What it was made from.
    pub fn settings(&self) -> Settings {
        Settings {
            seed: self.sim.seed,
            network: (*self.network).clone(),
            nodes: self.nodes,
            epoch: self.sim.epoch,
        }
    }

    /// Whether somebody asked for a change since it came up, which would be lost with it.
    pub fn is_in_use(&self) -> bool {
        self.in_use
    }

    /// Whether it was restored from a dump: what its processes do is not known then, only assumed.
    pub fn is_restored(&self) -> bool {
        self.restored
    }

    /// Events before this one belong to the cluster's start.
    pub fn born(&self) -> Seq {
        self.born
    }

    /// How often it was set up anew: its log began anew each time.
    pub fn rebuilt(&self) -> u32 {
        self.rebuilt
    }

    /// Sets it up anew with other settings: what is in it goes; the time of day and the world outside stay.
    pub fn rebuild(&mut self, settings: &Settings) {
        let mut new = Self::new(settings);
        new.set_outside(self.outside().clone());
        new.run_until(self.sim.now, usize::MAX);
        new.born = new.end();
        new.rebuilt = self.rebuilt + 1;
        *self = new;
    }

    /// A cluster without any object, to restore a dump into.
    pub fn empty(settings: &Settings) -> Self {
        let mut sim = Sim::new(settings.seed);
        sim.epoch = settings.epoch;
        let network = &settings.network;
        Self {
            store: Store::new(network, settings.seed),
            controllers: Controllers::new(network, settings.seed),
            proxy: Proxy::default(),
            book: AddressBook::default(),
            policies: Policies::default(),
            conntrack: Conntrack::default(),
            dns: dns::Server::new(network, sim.stream("dns")),
            connections: Connections::default(),
            unanswered: BTreeMap::new(),
            network: Rc::new(network.clone()),
            sources: BTreeMap::new(),
            chance: sim.stream("packets"),
            next_flow: 1,
            forwards: BTreeMap::new(),
            history: super::history::History::default(),
            opaque: Vec::new(),
            writer: None,
            warnings: (Vec::new(), 0),
            notes: Vec::new(),
            nodes: settings.nodes,
            in_use: false,
            restored: false,
            born: Seq(0),
            rebuilt: 0,
            stop: None,
            sim,
        }
    }

    /// Puts an object in as it was found: without admission, allocation or checks.
    pub fn restore(&mut self, object: Object) -> Rc<Object> {
        let stored = self.store.restore(&mut self.sim, object);
        self.propagate();
        stored
    }

    /// Restored objects of kinds that are not known, as they came.
    pub fn opaque(&self) -> &[Value] {
        &self.opaque
    }

    /// The clock, the log and the seed.
    pub fn sim(&self) -> &Sim {
        &self.sim
    }

    /// All objects.
    pub fn tables(&self) -> &Tables {
        self.store.tables()
    }

    /// Subnets, domain and proxy mode.
    pub fn network(&self) -> &ClusterNetwork {
        &self.network
    }

    /// What kube-proxy has programmed.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// The cluster at this instant.
    pub fn view(&self) -> ClusterView {
        ClusterView {
            tables: self.store.tables().clone(),
            now: self.sim.now,
            unix: self.sim.unix(self.sim.now),
            end: self.sim.log.end(),
            network: self.network.clone(),
        }
    }

    /// The events from `cursor` on.
    pub fn events_since(&self, cursor: Seq) -> impl DoubleEndedIterator<Item = &Event> {
        self.sim.log.since(cursor)
    }

    /// The place that the next event will take.
    pub fn end(&self) -> Seq {
        self.sim.log.end()
    }

    /// Where an object was written down.
    pub fn source(&self, key: &ObjectKey) -> Option<&Source> {
        self.sources.get(key).map(|source| &**source)
    }

    /// The names of the world outside.
    pub fn outside(&self) -> &dns::Outside {
        self.dns.outside()
    }

    /// Replaces the names of the world outside by those of a zone file; one with a mistake changes nothing.
    pub fn set_outside_text(&mut self, text: &str) -> Result<(), dns::ZoneError> {
        self.set_outside(dns::Outside::parse(text)?);
        Ok(())
    }

    /// Replaces the names of the world outside.
    pub fn set_outside(&mut self, outside: dns::Outside) {
        self.dns.set_outside(outside);
    }

    /// A line was typed: what follows has it as its cause, until the next.
    pub fn typed(&mut self, place: &Place, line: &str) {
        self.sim.cause = None;
        let facts =
            crate::facts!["place" => place.id(), "client" => place.to_string(), "line" => line];
        let seq = self.sim.emit(&super::event::TYPED, facts);
        self.sim.cause = Some(seq);
    }

    /// Asks the API server to store a new object.
    pub fn create(
        &mut self,
        object: Object,
        source: Option<Source>,
        dry_run: bool,
    ) -> Result<Rc<Object>, Status> {
        self.settle_in(&object, dry_run);
        self.store.written_by(self.writer.clone());
        let stored = self.store.create(&mut self.sim, object, dry_run)?;
        self.written(&stored, source, dry_run);
        Ok(stored)
    }

    /// What the API server would say to this object, new or changed. Nothing is drawn for it, so that asking leaves no
    /// trace in what comes later.
    pub fn rehearse(&mut self, object: Object) -> Result<Rc<Object>, Status> {
        let mut store = self.store.clone();
        match self.tables().get(&object.key()).is_some() {
            true => store.update(&mut self.sim, object, true),
            false => store.create(&mut self.sim, object, true),
        }
    }

    /// Settings of a load balancer are taken by a cluster that has none yet: its namespace comes with them.
    fn settle_in(&mut self, object: &Object, dry_run: bool) {
        let home = object.meta.namespace.as_str();
        let balancer = object.kind.group == kind::IP_ADDRESS_POOL.group;
        if !balancer || dry_run || home != "metallb-system" || self.tables().has_namespace(home) {
            return;
        }
        let meta = ObjectMeta {
            name: home.to_owned(),
            ..Default::default()
        };
        let namespace = Object::new(kind::NAMESPACE, meta, Map::new());
        // A refusal is told by what follows.
        let _ = self.store.create(&mut self.sim, namespace, false);
    }

    /// Asks the API server to replace an object.
    pub fn update(
        &mut self,
        object: Object,
        source: Option<Source>,
        dry_run: bool,
    ) -> Result<Rc<Object>, Status> {
        self.store.written_by(self.writer.clone());
        let stored = self.store.update(&mut self.sim, object, dry_run)?;
        self.written(&stored, source, dry_run);
        Ok(stored)
    }

    /// Who sends the requests from now on: what they write is recorded as theirs.
    pub fn written_by(&mut self, writer: Option<Writer>) {
        self.writer = writer;
    }

    /// Asks the API server to apply a manifest: server-side apply.
    pub fn apply(
        &mut self,
        apply: &Apply,
        source: Option<Source>,
        dry_run: bool,
    ) -> Result<Rc<Object>, Status> {
        let stored = self.store.apply(&mut self.sim, apply, dry_run)?;
        self.written(&stored, source, dry_run);
        Ok(stored)
    }

    /// Makes this applier the owner of what client-side apply wrote; true if it wrote anything.
    pub fn adopt_applied(&mut self, live: &Object, manager: &str) -> bool {
        let adopted = self.store.adopt_applied(&mut self.sim, live, manager);
        self.propagate();
        adopted
    }

    /// Asks the API server to delete an object, within `grace` seconds if given.
    pub fn delete(&mut self, key: &ObjectKey, grace: Option<i64>) -> Result<Rc<Object>, Status> {
        self.delete_as(key, grace, Cascade::Background)
    }

    /// Asks the API server to delete an object, and what belongs to it before, after, or not at all.
    pub fn delete_as(
        &mut self,
        key: &ObjectKey,
        grace: Option<i64>,
        cascade: Cascade,
    ) -> Result<Rc<Object>, Status> {
        let old = self.store.delete_as(&mut self.sim, key, grace, cascade)?;
        self.in_use = true;
        self.propagate();
        Ok(old)
    }

    /// The program in an interactive container has ended with this exit status.
    pub fn end_process(&mut self, pod: &ObjectKey, container: &str, code: i64) {
        self.controllers
            .end_process(&mut self.store, &mut self.sim, pod, container, code);
        self.propagate();
    }

    /// What the API server has to say of what it accepted since this was asked last; nothing is said twice.
    pub fn take_warnings(&mut self) -> Vec<String> {
        let (all, told) = &mut self.warnings;
        let new = all.get(*told..).unwrap_or_default().to_vec();
        *told = all.len();
        new
    }

    /// What Portside itself has to say of what was accepted since this was asked last: where a real cluster would differ.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// A new client begins: it was told nothing yet.
    pub fn forget_warnings(&mut self) {
        self.warnings = (Vec::new(), 0);
    }

    fn written(&mut self, stored: &Object, source: Option<Source>, dry_run: bool) {
        let is_new = stored.meta.creation_timestamp == *self.sim.timestamp();
        for warning in crate::api::warnings(stored, is_new) {
            if !self.warnings.0.contains(&warning) {
                self.warnings.0.push(warning);
            }
        }
        if dry_run {
            return;
        }
        self.in_use = true;
        if let Some(source) = source {
            self.sources.insert(stored.key(), Rc::new(source));
        }
        self.propagate();
    }

    /// Tells everybody what changed; runs until nobody changes anything more at this instant.
    pub(super) fn propagate(&mut self) {
        loop {
            let changes = self.store.take_changes();
            if changes.is_empty() {
                return;
            }
            self.observe(&changes);
        }
    }

    /// Tells everybody of these changes.
    pub(super) fn observe(&mut self, changes: &[Change]) {
        self.history.record(changes);
        let cause = self.sim.cause;
        let proxies = changes.iter().filter(|change| {
            let key = &change.key;
            key.kind == kind::CONFIG_MAP
                && *key.namespace == *"kube-system"
                && *key.name == *"kube-proxy"
        });
        for object in proxies.filter_map(|change| change.new.as_deref()) {
            let before = self.network.clone();
            let read = read_proxy_config_map(object, Rc::make_mut(&mut self.network));
            self.notes
                .extend(told_of_proxy(read, self.network != before));
        }
        self.controllers
            .observe(&self.store, &mut self.sim, changes);
        self.book.observe(changes);
        self.policies.observe(changes);
        let written = self.proxy.observe(self.store.tables(), changes);
        self.forget_stale(&written);
        self.warn_of_resolver(changes);
        self.dns.observe(&mut self.sim, changes);
        self.follow_dns();
        for change in changes.iter().filter(|change| change.new.is_none()) {
            self.sources.remove(&change.key);
        }
        self.sim.cause = cause;
    }
}

/// What came of a write of kube-proxy's settings, in words.
fn told_of_proxy(read: Result<(), String>, changed: bool) -> Option<String> {
    match read {
        Ok(()) if changed => Some(
            "Portside's kube-proxy takes its settings at once; a real one does when its Pods restart: kubectl -n kube-system rollout restart daemonset kube-proxy.".to_owned(),
        ),
        Ok(()) => None,
        Err(why) => Some(format!(
            "This kube-proxy configuration changes nothing, a real kube-proxy would not start with it: {why}"
        )),
    }
}
