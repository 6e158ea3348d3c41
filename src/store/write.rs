//! Create, update and delete: the rules that every write obeys, and the record of what changed.

use super::admission::Allocators;
use super::ownership::{Owners, Writer, record};
use super::{ClusterNetwork, Tables, service_cidr};
use crate::api::event::EventSubject;
use crate::api::record::Word;
use crate::api::{Object, ObjectKey, Status, Value, defaults, kind, validation};
use crate::kernel::{EventKind, Fact, Facts, Named, Rng, Row, Seq, Sim, uid};
use std::rc::Rc;

/// The event kinds of this layer.
pub mod event {
    use crate::kernel::{EventKind, Role};

    macro_rules! kinds {
        ($($id:ident $name:literal $icon:literal $role:ident $sentence:literal;)*) => {$(
            #[doc = $sentence]
            pub const $id: EventKind =
                EventKind { id: $name, icon: $icon, role: Role::$role, sentence: $sentence, spoken: "" };
        )*};
    }
    kinds! {
        CREATED "created" "i-plus" Good "{object} created";
        UPDATED "updated" "i-check" Idle "{object} changed";
        TERMINATING "terminating" "hull-ending" Warn "{object} is going away";
        DELETED "deleted" "i-cross" Idle "{object} deleted";
    }
}

/// One write, as a watch tells it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The event that records the write.
    pub seq: Seq,
    /// What was written.
    pub key: ObjectKey,
    /// The object before; none if it is new.
    pub old: Option<Rc<Object>>,
    /// The object after; none if it is gone.
    pub new: Option<Rc<Object>>,
}

/// The API server's storage.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) tables: Tables,
    changes: Vec<Change>,
    uids: Rng,
    /// What nobody asked for has identities of its own, so that those of all else stay what they were.
    pub(super) address_uids: Rng,
    names: Rng,
    /// The names of the volumes with tokens.
    pub(super) tokens: Rng,
    pub(super) allocators: Allocators,
    /// Who owns what the next request writes.
    pub(super) owners: Owners,
    /// What the last `Event` was about, shared by those that say more of it.
    pub(crate) last_subject: Option<Rc<EventSubject>>,
    /// The node that the last `Event` came from, likewise.
    pub(crate) last_host: Option<Word>,
}

/// What becomes of the objects that belong to a deleted one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cascade {
    /// They go after it.
    #[default]
    Background,
    /// It goes after them.
    Foreground,
    /// They stay, without an owner.
    Orphan,
}

/// The finalizer of an object that waits for its dependents.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";

impl Store {
    /// An empty store of a cluster with these network settings.
    pub fn new(network: &ClusterNetwork, seed: u64) -> Self {
        Self {
            tables: Tables::default(),
            changes: Vec::new(),
            uids: Rng::fork(seed, "uids"),
            address_uids: Rng::fork(seed, "addresses"),
            names: Rng::fork(seed, "names"),
            tokens: Rng::fork(seed, "tokens"),
            allocators: Allocators::new(network, seed),
            owners: Owners::Same,
            last_subject: None,
            last_host: None,
        }
    }

    /// All stored objects.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// What changed since this was asked last.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Who sends the next request; what it writes is recorded as theirs.
    pub fn written_by(&mut self, writer: Option<Writer>) {
        self.owners = writer.map_or(Owners::Same, Owners::Update);
    }

    /// Stores a new object: completes, checks and allocates as the API server does.
    pub fn create(
        &mut self,
        sim: &mut Sim,
        mut object: Object,
        dry_run: bool,
    ) -> Result<Rc<Object>, Status> {
        let owners = std::mem::take(&mut self.owners);
        let given = matches!(owners, Owners::Update(_)).then(|| object.to_value());
        let generated = object.meta.name.is_empty();
        let key = self.begin(&mut object)?;
        object.meta.finalizers.retain(|name| name != FOREGROUND);
        object.clear_status();
        if object.kind == kind::SERVICE_CIDR {
            service_cidr::complete(&mut object, sim);
        }
        defaults::apply(&mut object);
        record(owners, &mut object, given.as_ref(), None, &sim.timestamp());
        count_templates(&mut object, None);
        self.admit(&mut object, generated)?;
        let allocated = self.allocators.allocate(&mut object, None);
        if let Err(status) = allocated.and_then(|()| check(&object, None)) {
            self.allocators.release(&object, None);
            return Err(status);
        }
        object.meta.creation_timestamp = sim.timestamp().into();
        object.meta.deletion_timestamp = String::new();
        object.meta.deletion_grace_period_seconds = None;
        object.meta.generation = i64::from(has_generation(&object));
        if dry_run {
            self.allocators.release(&object, None);
            return Ok(Rc::new(object));
        }
        Ok(self.commit(sim, key, object, &event::CREATED))
    }

    /// Stores another object like one that was just stored: the same but for its name and identity, so that it needs to
    /// be completed and checked no more.
    pub fn create_like(&mut self, sim: &mut Sim, model: &Object) -> Result<Rc<Object>, Status> {
        let mut object = model.clone();
        object.meta.name.clear();
        let key = self.begin(&mut object)?;
        self.give_token(&mut object);
        object.meta.creation_timestamp = sim.timestamp().into();
        Ok(self.commit(sim, key, object, &event::CREATED))
    }

    /// Stores what a component says, which is right by construction and has a name that is free. A namespace that is
    /// going away takes nothing.
    pub(crate) fn say(&mut self, sim: &mut Sim, key: ObjectKey, mut object: Object) {
        if self.check_namespace(&object).is_err() {
            return;
        }
        object.meta.uid = uid(&mut self.uids).into();
        object.meta.creation_timestamp = sim.timestamp().into();
        self.commit(sim, key, object, &event::CREATED);
    }

    /// Gives a new object its name and its identity, if it may be stored.
    fn begin(&mut self, object: &mut Object) -> Result<ObjectKey, Status> {
        self.complete_name(object);
        self.check_namespace(object)?;
        let key = object.key();
        if self.tables.get(&key).is_some() {
            return Err(Status::already_exists(
                &object.kind.resource(),
                &object.meta.name,
            ));
        }
        object.meta.uid = uid(&mut self.uids).into();
        Ok(key)
    }

    /// Puts an object in as it was found, without any check or allocation: what a dump holds was checked before.
    ///
    /// A missing uid or resource version is given; an object of that name is replaced.
    pub fn restore(&mut self, sim: &mut Sim, mut object: Object) -> Rc<Object> {
        if object.meta.uid.is_empty() {
            object.meta.uid = uid(&mut self.uids).into();
        }
        self.allocators.adopt(&object);
        let key = object.key();
        match object.meta.resource_version.parse() {
            Ok(version) => self.tables.revision = self.tables.revision.max(version),
            Err(_) => return self.commit(sim, key, object, &event::CREATED),
        }
        self.record(sim, key, object, &event::CREATED)
    }

    /// Replaces an object: immutable fields are guarded, allocated ones kept, the status stays as it was.
    pub fn update(
        &mut self,
        sim: &mut Sim,
        mut object: Object,
        dry_run: bool,
    ) -> Result<Rc<Object>, Status> {
        let owners = std::mem::take(&mut self.owners);
        let key = object.key();
        let Some(old) = self.tables.get(&key).cloned() else {
            return Err(Status::not_found(
                &object.kind.resource(),
                &object.meta.name,
            ));
        };
        let version = &object.meta.resource_version;
        if !version.is_empty() && *version != old.meta.resource_version {
            return Err(Status::conflict(format!(
                "Operation cannot be fulfilled on {} \"{}\": the object has been modified; please apply your changes to the latest version and try again",
                object.kind.resource(),
                object.meta.name
            )));
        }
        if !object.meta.uid.is_empty() && object.meta.uid != old.meta.uid {
            return Err(Status::conflict(format!(
                "Operation cannot be fulfilled on {} \"{}\": Precondition failed: UID in precondition: {}, UID in object meta: {}",
                object.kind.resource(),
                object.meta.name,
                object.meta.uid,
                old.meta.uid
            )));
        }
        keep_server_fields(&mut object, &old);
        defaults::apply(&mut object);
        count_templates(&mut object, Some(&old));
        record(owners, &mut object, None, Some(&old), &sim.timestamp());
        if object.kind == kind::SERVICE_CIDR {
            service_cidr::check_update(&object, &old)?;
        }
        let allocated = self.allocators.allocate(&mut object, Some(&old));
        if let Err(status) = allocated.and_then(|()| check(&object, Some(&old))) {
            self.allocators.release(&object, Some(&old));
            return Err(status);
        }
        if without_version(&object) == without_version(&old)
            && object.meta.managed_fields == old.meta.managed_fields
        {
            return Ok(old);
        }
        if has_generation(&object) && spec_differs(&object, &old) {
            object.meta.generation = old.meta.generation + 1;
        }
        if dry_run {
            self.allocators.release(&object, Some(&old));
            return Ok(Rc::new(object));
        }
        self.allocators.release(&old, Some(&object));
        let freed = object.meta.finalizers.is_empty() && !old.meta.finalizers.is_empty();
        let stored = self.commit(sim, key, object, &event::UPDATED);
        // What only its finalizers kept goes with the last of them.
        if freed && is_over(&stored) {
            self.remove(sim, &stored.key());
        }
        Ok(stored)
    }

    /// A controller's write: changes a stored object in place, unchecked. `None` if it is gone or stays the same.
    pub fn modify(
        &mut self,
        sim: &mut Sim,
        key: &ObjectKey,
        change: impl FnOnce(&mut Object),
    ) -> Option<Rc<Object>> {
        let old = self.tables.get(key)?.clone();
        let mut object = (*old).clone();
        change(&mut object);
        if object == *old {
            return None;
        }
        Some(self.commit(sim, key.clone(), object, &event::UPDATED))
    }

    /// Begins to delete an object: Pods on a node, namespaces and what has finalizers end in their own time, everything
    /// else at once.
    pub fn delete(
        &mut self,
        sim: &mut Sim,
        key: &ObjectKey,
        grace: Option<i64>,
    ) -> Result<Rc<Object>, Status> {
        self.delete_as(sim, key, grace, Cascade::Background)
    }

    /// Begins to delete an object, and says what becomes of those that belong to it.
    pub fn delete_as(
        &mut self,
        sim: &mut Sim,
        key: &ObjectKey,
        grace: Option<i64>,
        cascade: Cascade,
    ) -> Result<Rc<Object>, Status> {
        let Some(old) = self.tables.get(key).cloned() else {
            return Err(Status::not_found(&key.kind.resource(), &key.name));
        };
        let waits = cascade == Cascade::Foreground && self.tables.owned_count(&old.meta.uid) > 0;
        if cascade == Cascade::Orphan {
            self.orphan(sim, &old.meta.uid);
        }
        let runs = old.pod().is_some_and(|pod| {
            let grace = grace.or(pod.spec.termination_grace_period_seconds);
            !pod.spec.node_name.is_empty() && !pod.is_finished() && grace != Some(0)
        });
        let lingers = runs
            || waits
            || key.kind == kind::NAMESPACE
            || match key.kind == kind::SERVICE_CIDR {
                true => self.is_in_use(&old),
                false => !old.meta.finalizers.is_empty(),
            };
        if !lingers {
            self.release_finalizers(sim, key);
            self.remove(sim, key);
            return Ok(old);
        }
        let waiting = old.meta.finalizers.iter().any(|name| name == FOREGROUND);
        if old.meta.is_terminating() && waits == waiting {
            return Ok(old);
        }
        let mut object = (*old).clone();
        if waits && !waiting {
            object.meta.finalizers.push(FOREGROUND.to_owned());
        }
        if !old.meta.is_terminating() {
            self.mark_terminating(sim, &mut object, grace.filter(|_| runs));
        }
        Ok(self.commit(sim, key.clone(), object, &event::TERMINATING))
    }

    fn mark_terminating(&self, sim: &Sim, object: &mut Object, grace: Option<i64>) {
        let default_grace = object
            .pod()
            .and_then(|pod| pod.spec.termination_grace_period_seconds);
        let seconds = grace.or(default_grace).unwrap_or(0);
        let deadline = sim.now + crate::kernel::Span::secs(seconds.unsigned_abs());
        object.meta.deletion_timestamp = sim.timestamp_at(deadline).to_string();
        object.meta.deletion_grace_period_seconds = Some(seconds);
        if let Some(namespace) = object.namespace_mut() {
            namespace.status.phase = "Terminating".to_owned();
            object.meta.deletion_grace_period_seconds = None;
        }
        if object.kind == kind::SERVICE_CIDR {
            service_cidr::end(object, sim);
        }
    }

    /// Takes this owner out of all that belongs to it.
    fn orphan(&mut self, sim: &mut Sim, uid: &str) {
        let keys: Vec<ObjectKey> = self.tables.owned_keys(uid).cloned().collect();
        for key in keys {
            self.modify(sim, &key, |object| {
                object
                    .meta
                    .owner_references
                    .retain(|owner| owner.uid != uid);
            });
        }
    }

    /// A `ServiceCIDR` that nobody needs loses the finalizer that its controller gave it.
    fn release_finalizers(&mut self, sim: &mut Sim, key: &ObjectKey) {
        if key.kind == kind::SERVICE_CIDR {
            self.modify(sim, key, |object| object.meta.finalizers.clear());
        }
    }

    /// Takes an object out of the store, with all that it had allocated.
    ///
    /// What has finalizers stays until they are gone.
    pub fn remove(&mut self, sim: &mut Sim, key: &ObjectKey) -> Option<Rc<Object>> {
        if !self.tables.get(key)?.meta.finalizers.is_empty() {
            self.modify(sim, key, |object| {
                object.meta.deletion_grace_period_seconds = Some(0);
            });
            return None;
        }
        let old = self.tables.remove(key)?;
        self.allocators.release(&old, None);
        self.tables.revision += 1;
        let seq = sim.emit_row(&event::DELETED, about(key));
        self.follow_addresses(sim, Some(&old), None);
        self.changes.push(Change {
            seq,
            key: key.clone(),
            old: Some(old.clone()),
            new: None,
        });
        Some(old)
    }

    fn commit(
        &mut self,
        sim: &mut Sim,
        key: ObjectKey,
        mut object: Object,
        kind: &'static EventKind,
    ) -> Rc<Object> {
        self.tables.revision += 1;
        object.meta.resource_version = self.tables.revision.to_string();
        self.record(sim, key, object, kind)
    }

    /// Stores an object that has its resource version, and tells of it.
    fn record(
        &mut self,
        sim: &mut Sim,
        key: ObjectKey,
        object: Object,
        kind: &'static EventKind,
    ) -> Rc<Object> {
        let new = Rc::new(object);
        let old = self.tables.insert(&key, &new);
        if key.kind == kind::SERVICE || key.kind == kind::SERVICE_CIDR {
            self.follow_addresses(sim, old.as_deref(), Some(&new));
        }
        let seq = sim.emit_row(kind, about(&key));
        self.changes.push(Change {
            seq,
            key,
            old,
            new: Some(new.clone()),
        });
        new
    }

    fn complete_name(&mut self, object: &mut Object) {
        if object.meta.name.is_empty() && !object.meta.generate_name.is_empty() {
            let given = object.meta.generate_name.as_str();
            let most = given
                .char_indices()
                .nth(58)
                .map_or(given.len(), |(at, _)| at);
            let base = given.get(..most).unwrap_or_default();
            object.meta.name = [base, &self.names.suffix(5)].concat();
        }
        if !object.kind.namespaced {
            object.meta.namespace = String::new();
        } else if object.meta.namespace.is_empty() {
            object.meta.namespace = "default".to_owned();
        }
    }

    fn check_namespace(&self, object: &Object) -> Result<(), Status> {
        if !object.kind.namespaced {
            return Ok(());
        }
        let name = &object.meta.namespace;
        match self.tables.find(kind::NAMESPACE, "", name) {
            None => Err(Status::not_found("namespaces", name)),
            Some(ns) if ns.meta.is_terminating() => Err(Status::forbidden(format!(
                "{} \"{}\" is forbidden: unable to create new content in namespace {name} because it is being terminated",
                object.kind.resource(),
                object.meta.name
            ))),
            Some(_) => Ok(()),
        }
    }
}

/// What a write was about, told once somebody reads its event.
#[derive(Debug)]
struct Written(ObjectKey);

impl Row for Written {
    /// The object in the reader's words, and its place in the chart.
    fn facts(&self, _: usize) -> Facts {
        let key = &self.0;
        let usual = matches!(&*key.namespace, "" | "default");
        let space = (key.namespace.clone(), usual);
        let named = Rc::new(Named::new(key.kind.singular, space, key.name.clone()));
        vec![
            ("object", Fact::Words(named.clone())),
            ("place", Fact::Place(named)),
        ]
    }
}

fn about(key: &ObjectKey) -> (Rc<dyn Row>, u32) {
    (Rc::new(Written(key.clone())), 0)
}

fn check(object: &Object, old: Option<&Object>) -> Result<(), Status> {
    let causes = validation::validate(object, old);
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Status::invalid(object.kind, &object.meta.name, causes))
    }
}

/// The templates of a `DaemonSet` are counted in an annotation, and its Pods bear the number.
fn count_templates(object: &mut Object, old: Option<&Object>) {
    const COUNT: &str = "deprecated.daemonset.template.generation";
    let Some(set) = object.daemon_set() else {
        return;
    };
    let number = |object: &Object| object.meta.annotations.get(COUNT)?.parse::<i64>().ok();
    let count = match old {
        None => number(object).unwrap_or(1).max(1),
        Some(old) => {
            let same = old
                .daemon_set()
                .is_some_and(|old| old.spec.template == set.spec.template);
            number(old).unwrap_or(1) + i64::from(!same)
        }
    };
    let annotations = &mut object.meta.annotations;
    annotations.insert(COUNT.to_owned(), count.to_string());
}

/// Kinds whose `metadata.generation` the server counts.
fn has_generation(object: &Object) -> bool {
    matches!(
        object.kind.group,
        "apps" | "batch" | "discovery.k8s.io" | "networking.k8s.io"
    ) || object.kind == kind::POD
}

fn keep_server_fields(object: &mut Object, old: &Object) {
    object.meta.uid.clone_from(&old.meta.uid);
    object
        .meta
        .creation_timestamp
        .clone_from(&old.meta.creation_timestamp);
    object
        .meta
        .deletion_timestamp
        .clone_from(&old.meta.deletion_timestamp);
    object.meta.deletion_grace_period_seconds = old.meta.deletion_grace_period_seconds;
    object.meta.generation = old.meta.generation;
    // A list of one empty entry asks to forget the owners.
    let given = object.meta.managed_fields.as_ref().and_then(Value::as_list);
    let reset = |list: &[Value]| matches!(list, [Value::Map(one)] if one.is_empty());
    if !given.is_some_and(reset) {
        object
            .meta
            .managed_fields
            .clone_from(&old.meta.managed_fields);
    }
    let status = old.fields().remove("status");
    if let Some(status) = status {
        let mut fields = object.fields();
        fields.insert("status".to_owned(), status);
        *object = Object::new(object.kind, object.meta.clone(), fields);
    }
}

/// Whether an object that is being deleted has nothing more to wait for.
fn is_over(object: &Object) -> bool {
    let ended = match object.pod() {
        Some(pod) => {
            pod.spec.node_name.is_empty()
                || pod.is_finished()
                || object.meta.deletion_grace_period_seconds == Some(0)
        }
        None => object.kind != kind::NAMESPACE,
    };
    object.meta.is_terminating() && ended
}

fn without_version(object: &Object) -> Object {
    let mut copy = object.clone();
    copy.meta.resource_version = String::new();
    copy.meta.managed_fields = None;
    copy
}

fn spec_differs(object: &Object, old: &Object) -> bool {
    object.fields().get("spec") != old.fields().get("spec")
}
