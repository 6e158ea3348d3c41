//! The `StatefulSet` controller: Pods with a number each, made and replaced in order.
//!
//! Models `pkg/controller/statefulset` of Kubernetes v1.36. The real controller keeps templates as `ControllerRevision`
//! objects; here a revision is a name, and Pods of an older one are made anew from the present template.

use super::owned::{self, is_ready};
use super::queue::Hands;
use super::recorder::{Said, record};
use super::template_hash;
use crate::api::pod::Pod;
use crate::api::workload::StatefulSet;
use crate::api::{Body, Map, Object, ObjectKey, ObjectMeta, Value, kind};
use crate::kernel::BTreeMap;
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
    let pods = by_ordinal(hands, &object);
    let round = Round {
        update: update_revision(&object, set, &pods),
        object: &object,
        set,
        pods,
    };
    round.act(hands);
    write_status(hands, key, &round.update);
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
                    self.create(hands, ordinal);
                    false
                }
                Some(pod) if pod.pod().is_some_and(Pod::is_finished) => {
                    self.delete(hands, pod);
                    false
                }
                Some(pod) => is_ready(pod),
            };
            if !steady && !parallel {
                return;
            }
        }
        // The highest number goes first.
        for (_, pod) in self.pods.range(end..).rev() {
            if !pod.meta.is_terminating() {
                self.delete(hands, pod);
            }
            if !parallel {
                return;
            }
        }
        self.replace(hands, start, end);
    }

    /// Replaces Pods of an older template, from the highest number down to the partition.
    fn replace(&self, hands: &mut Hands<'_>, start: i64, end: i64) {
        let strategy = &self.set.spec.update_strategy;
        if strategy.type_ == "OnDelete" {
            return;
        }
        let rolling = strategy.rolling_update.as_ref();
        let partition = rolling.and_then(|rolling| rolling.partition).unwrap_or(0);
        for ordinal in (start.max(partition)..end).rev() {
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
            if !is_ready(pod) {
                return;
            }
        }
    }

    fn create(&self, hands: &mut Hands<'_>, ordinal: i64) {
        let mut pod = owned::pod(self.object, &self.set.spec.template);
        let name = format!("{}-{ordinal}", self.object.meta.name);
        let labels = [
            (REVISION, self.update.clone()),
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
                ..Default::default()
            };
            let spec = template.get("spec").cloned().unwrap_or_default();
            let fields = Map::from([("spec".to_owned(), spec)]);
            let claim = Object::new(kind::PERSISTENT_VOLUME_CLAIM, meta, fields);
            if let Ok(claim) = hands.store.create(hands.sim, claim, false) {
                // Whoever provides storage does so at once.
                hands.store.modify(hands.sim, &claim.key(), |claim| {
                    let bound = Map::from([("phase".to_owned(), Value::from("Bound"))]);
                    if let Body::Plain(fields) = &mut claim.body {
                        fields.insert("status".to_owned(), Value::Map(bound));
                    }
                });
                let set = &self.object.meta.name;
                let message =
                    format!("create Claim {name} Pod {pod_name} in StatefulSet {set} success");
                let said = Said::normal(COMPONENT, "SuccessfulCreate", message);
                record(hands.store, hands.sim, self.object, said);
            }
        }
        owned::with_spec(pod, |spec| {
            volumes.append(&mut spec.volumes);
            spec.volumes = volumes;
        });
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
        status.available_replicas = Some(ready);
        status.updated_replicas = updated;
        status.current_replicas = of_current;
        status.current_revision = current;
        update.clone_into(&mut status.update_revision);
        status.collision_count.get_or_insert(0);
    });
}
