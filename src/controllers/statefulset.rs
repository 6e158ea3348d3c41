//! The `StatefulSet` controller: Pods with a number each, made and replaced in order.
//!
//! Models `pkg/controller/statefulset` of Kubernetes v1.36.

use super::history;
use super::owned::{self, is_ready};
use super::queue::Hands;
use super::recorder::{Said, record};
use super::{template_hash, volume};
use crate::api::pod::{Pod, PodTemplateSpec};
use crate::api::workload::StatefulSet;
use crate::api::{Map, Object, ObjectKey, ObjectMeta, OwnerReference, Value, kind};
use crate::kernel::{BTreeMap, Span};
use std::rc::Rc;

const COMPONENT: &str = "statefulset-controller";
const REVISION: &str = "controller-revision-hash";

/// Brings the Pods of a set nearer to what is wanted, one step at a time unless it is `Parallel`.
pub(super) fn reconcile(hands: &mut Hands<'_>, key: &ObjectKey) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(set) = object
        .stateful_set()
        .filter(|_| !object.meta.is_terminating())
    else {
        return;
    };
    let first_look = (&*set.spec.selector, set.status.observed_generation);
    owned::adopt_new(hands, &object, kind::POD, first_look);
    let pods = by_ordinal(hands, &object);
    let update = update_revision(&object, set, &pods);
    let kept = (&set.spec.template, set.status.observed_generation);
    history::keep(hands, &object, kept, &update);
    let round = Round {
        now: hands.sim.unix(hands.sim.now),
        update,
        object: &object,
        set,
        pods,
    };
    round.act(hands);
    write_status(hands, key, &round.update);
    if let Some(seconds) = round.waits() {
        let wait = Span::secs(seconds.unsigned_abs());
        hands.again.push((wait, key.clone()));
    }
    let bears =
        |pod: &Rc<Object>, name: &str| pod.meta.labels.get(REVISION).is_some_and(|l| l == name);
    let current = hands
        .store
        .tables()
        .get(key)
        .and_then(|object| object.stateful_set());
    let current = current.map(|set| set.status.current_revision.clone());
    let used = |name: &str| {
        name == round.update
            || current.as_deref() == Some(name)
            || round.pods.values().any(|pod| bears(pod, name))
    };
    history::clean_up(hands, &object, set.spec.revision_history_limit, &used);
}

/// The set's Pods by their number.
fn by_ordinal(hands: &Hands<'_>, set: &Object) -> BTreeMap<i64, Rc<Object>> {
    let ordinal = |pod: &Object| {
        let number = pod
            .meta
            .name
            .strip_prefix(&set.meta.name)?
            .strip_prefix('-')?;
        number.parse::<i64>().ok()
    };
    let pods = owned::pods(hands, set).into_iter();
    pods.filter_map(|pod| Some((ordinal(&pod)?, pod))).collect()
}

/// The name of the present template. A restored set keeps the name that it came with until its template is another.
fn update_revision(object: &Object, set: &StatefulSet, pods: &BTreeMap<i64, Rc<Object>>) -> String {
    let own = format!("{}-{}", object.meta.name, template_hash(&set.spec.template));
    let known = &set.status.update_revision;
    if known.is_empty() || *known == own {
        return own;
    }
    let bears = |object: &&Rc<Object>| object.meta.labels.get(REVISION) == Some(known);
    let mut bearing = pods.values().filter(bears);
    let unchanged = bearing.any(|pod| owned::is_of(pod, &set.spec.template));
    if unchanged { known.clone() } else { own }
}

/// One look at a set.
struct Round<'a> {
    now: i64,
    object: &'a Object,
    set: &'a StatefulSet,
    pods: BTreeMap<i64, Rc<Object>>,
    update: String,
}

impl Round<'_> {
    fn act(&self, hands: &mut Hands<'_>) {
        let spec = &self.set.spec;
        let start = spec.ordinals.as_ref().map_or(0, |ordinals| ordinals.start);
        let end = start + spec.replicas.unwrap_or(1);
        let parallel = spec.pod_management_policy == "Parallel";
        for ordinal in start..end {
            let steady = match self.pods.get(&ordinal) {
                None => {
                    self.create(hands, ordinal, start);
                    false
                }
                Some(pod) if pod.pod().is_some_and(Pod::is_finished) => {
                    if !pod.meta.is_terminating() {
                        self.delete(hands, pod);
                    }
                    false
                }
                Some(pod) => self.is_available(pod),
            };
            if !steady && !parallel {
                return;
            }
        }
        if self.shrink(hands, end, parallel) {
            return;
        }
        self.replace(hands, start, end);
    }

    /// Whether a Pod has been ready for long enough.
    fn is_available(&self, pod: &Object) -> bool {
        let least = self.set.spec.min_ready_seconds;
        owned::until_available(pod, least, self.now).is_some_and(|left| left <= 0)
    }

    /// In how many seconds the next Pod will have been ready for long enough.
    fn waits(&self) -> Option<i64> {
        let least = self.set.spec.min_ready_seconds;
        let pods = self.pods.values();
        let left = pods.filter_map(|pod| owned::until_available(pod, least, self.now));
        left.filter(|left| *left > 0).min()
    }

    /// Deletes a Pod that is too many, the highest number first; true if there is one.
    fn shrink(&self, hands: &mut Hands<'_>, end: i64, parallel: bool) -> bool {
        // A Pod that is not available holds up the others, unless it is the one that goes.
        let unavailable = self.pods.values().find(|pod| !self.is_available(pod));
        let mut any = false;
        for (_, pod) in self.pods.range(end..).rev() {
            any = true;
            let blocked = unavailable.is_some_and(|first| !Rc::ptr_eq(first, pod));
            let waits = pod.meta.is_terminating() || !self.is_available(pod) && blocked;
            if (parallel || !waits) && !pod.meta.is_terminating() {
                self.condemn_claims(hands, pod);
                self.delete(hands, pod);
            }
            if !parallel {
                return true;
            }
        }
        any
    }

    /// Replaces Pods of an older template, from the highest number down to the partition.
    fn replace(&self, hands: &mut Hands<'_>, start: i64, end: i64) {
        let strategy = &self.set.spec.update_strategy;
        if strategy.type_ == "OnDelete" {
            return;
        }
        let rolling = strategy.rolling_update.as_ref();
        let partition = rolling.and_then(|rolling| rolling.partition).unwrap_or(0);
        for ordinal in (start + partition..end).rev() {
            let Some(pod) = self.pods.get(&ordinal) else {
                return;
            };
            if pod.meta.is_terminating() {
                return;
            }
            if pod.meta.labels.get(REVISION) != Some(&self.update) {
                self.delete(hands, pod);
                return;
            }
            if !self.is_available(pod) {
                return;
            }
        }
    }

    /// The template and the revision of a new Pod: below the partition it is still the old one.
    fn version(&self, hands: &Hands<'_>, ordinal: i64, start: i64) -> (PodTemplateSpec, String) {
        let rolling = self.set.spec.update_strategy.rolling_update.as_ref();
        let partition = rolling.and_then(|rolling| rolling.partition).unwrap_or(0);
        let current = &self.set.status.current_revision;
        let older = ordinal < start + partition && *current != self.update;
        let kept = older.then(|| history::template(hands, self.object, current));
        if let Some(old) = kept.flatten() {
            return (old, current.clone());
        }
        (self.set.spec.template.clone(), self.update.clone())
    }

    fn create(&self, hands: &mut Hands<'_>, ordinal: i64, start: i64) {
        let (template, revision) = self.version(hands, ordinal, start);
        let mut pod = owned::pod(self.object, &template);
        let name = format!("{}-{ordinal}", self.object.meta.name);
        let labels = [
            (REVISION, revision),
            ("statefulset.kubernetes.io/pod-name", name.clone()),
            ("apps.kubernetes.io/pod-index", ordinal.to_string()),
        ];
        pod.meta
            .labels
            .extend(labels.map(|(key, value)| (key.to_owned(), value)));
        pod.meta
            .generate_name
            .clone_from(&format!("{}-", self.object.meta.name));
        let service = self.set.spec.service_name.clone().unwrap_or_default();
        owned::with_spec(&mut pod, |spec| {
            spec.hostname.clone_from(&name);
            spec.subdomain = service;
        });
        self.claim(hands, &mut pod, &name);
        pod.meta.name.clone_from(&name);
        let set = &self.object.meta.name;
        let said = match hands.store.create(hands.sim, pod, false) {
            Ok(_) => {
                let message = format!("create Pod {name} in StatefulSet {set} successful");
                Said::normal(COMPONENT, "SuccessfulCreate", message)
            }
            Err(status) => {
                let why = status.message;
                let message = format!("create Pod {name} in StatefulSet {set} failed error: {why}");
                Said::warning(COMPONENT, "FailedCreate", message)
            }
        };
        record(hands.store, hands.sim, self.object, said);
    }

    /// Makes the claims of a Pod that are not there yet; the cluster's storage gives what is asked for.
    fn claim(&self, hands: &mut Hands<'_>, pod: &mut Object, pod_name: &str) {
        let text = |value: &Value, path: &[&str]| {
            value
                .at(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let mut volumes = Vec::new();
        for template in &self.set.spec.volume_claim_templates {
            let volume = text(template, &["metadata", "name"]);
            let name = format!("{volume}-{pod_name}");
            let source = Map::from([("claimName".to_owned(), name.as_str().into())]);
            volumes.push(Value::Map(Map::from([
                ("name".to_owned(), volume.as_str().into()),
                ("persistentVolumeClaim".to_owned(), Value::Map(source)),
            ])));
            let namespace = &self.object.meta.namespace;
            let tables = hands.store.tables();
            if tables
                .find(kind::PERSISTENT_VOLUME_CLAIM, namespace, &name)
                .is_some()
            {
                continue;
            }
            let meta = ObjectMeta {
                name: name.clone(),
                namespace: namespace.clone(),
                labels: self.set.spec.selector.match_labels.clone(),
                owner_references: self.claim_owners(),
                ..Default::default()
            };
            let spec = template.get("spec").cloned().unwrap_or_default();
            let fields = Map::from([("spec".to_owned(), spec)]);
            let claim = Object::new(kind::PERSISTENT_VOLUME_CLAIM, meta, fields);
            if hands.store.create(hands.sim, claim, false).is_ok() {
                let set = &self.object.meta.name;
                let message =
                    format!("create Claim {name} Pod {pod_name} in StatefulSet {set} success");
                let said = Said::normal(COMPONENT, "SuccessfulCreate", message);
                record(hands.store, hands.sim, self.object, said);
            }
        }
        owned::with_spec(pod, |spec| {
            volumes.append(&mut spec.volumes.own);
            spec.volumes.own = volumes;
        });
    }

    /// What the set's retention policy says of claims in a case.
    fn retains(&self, case: &str) -> bool {
        let policy = self
            .set
            .spec
            .rest
            .get("persistentVolumeClaimRetentionPolicy");
        let says = policy.and_then(|policy| policy.get(case)?.as_str());
        says != Some("Delete")
    }

    /// A claim that goes with its set belongs to it.
    fn claim_owners(&self) -> Vec<Rc<OwnerReference>> {
        let set = (!self.retains("whenDeleted")).then(|| Rc::new(owned::reference(self.object)));
        set.into_iter().collect()
    }

    /// The claims of a Pod that is one too many go with it, if the set says so.
    fn condemn_claims(&self, hands: &mut Hands<'_>, object: &Object) {
        if self.retains("whenScaled") {
            return;
        }
        let names = object.pod().into_iter().flat_map(volume::claims);
        for name in names {
            let key = ObjectKey::new(kind::PERSISTENT_VOLUME_CLAIM, &object.meta.namespace, name);
            let owner = owned::reference(object);
            hands.store.modify(hands.sim, &key, |claim| {
                claim.meta.owner_references = vec![Rc::new(owner)];
            });
        }
    }

    fn delete(&self, hands: &mut Hands<'_>, pod: &Object) {
        // A refusal means that it is gone already.
        let _ = hands.store.delete(hands.sim, &pod.key(), None);
        let (pod, set) = (&pod.meta.name, &self.object.meta.name);
        let message = format!("delete Pod {pod} in StatefulSet {set} successful");
        let said = Said::normal(COMPONENT, "SuccessfulDelete", message);
        record(hands.store, hands.sim, self.object, said);
    }
}

fn write_status(hands: &mut Hands<'_>, key: &ObjectKey, update: &str) {
    let Some(object) = hands.store.tables().get(key).cloned() else {
        return;
    };
    let Some(set) = object.stateful_set() else {
        return;
    };
    let wanted = set.spec.replicas.unwrap_or(1);
    let pods = by_ordinal(hands, &object);
    let count =
        |test: &dyn Fn(&Object) -> bool| pods.values().filter(|pod| test(pod)).count() as i64;
    let of = |revision: &str| {
        count(&|pod| {
            pod.meta
                .labels
                .get(REVISION)
                .is_some_and(|own| own == revision)
        })
    };
    let (least, now) = (set.spec.min_ready_seconds, hands.sim.unix(hands.sim.now));
    let available =
        count(&|pod| owned::until_available(pod, least, now).is_some_and(|left| left <= 0));
    let (replicas, ready, updated) = (pods.len() as i64, count(&is_ready), of(update));
    let mut current = set.status.current_revision.clone();
    if current.is_empty() || (updated == wanted && ready == wanted && replicas == wanted) {
        update.clone_into(&mut current);
    }
    let (of_current, generation) = (of(&current), object.meta.generation);
    hands.store.modify(hands.sim, key, |object| {
        let Some(set) = object.stateful_set_mut() else {
            return;
        };
        let status = &mut set.status;
        status.observed_generation = generation;
        status.replicas = Some(replicas);
        status.ready_replicas = ready;
        status.available_replicas = Some(available);
        status.updated_replicas = updated;
        status.current_replicas = of_current;
        status.current_revision = current;
        update.clone_into(&mut status.update_revision);
        status.collision_count.get_or_insert(0);
    });
}
