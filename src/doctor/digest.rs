//! What many diagnoses look for, gathered once: Pods that bear the same labels, and complaints by what they are about.

use super::evidence::Evidence;
use crate::api::{Object, kind};
use crate::kernel::BTreeMap;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

/// Pods of a namespace that bear the same labels: one of them, and how many they are, stand-ins by their replicas and
/// at least one.
pub(super) struct Alike {
    pub(super) pod: Rc<Object>,
    pub(super) number: usize,
}

/// A warning of the event log.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    pub(super) reason: String,
    pub(super) message: String,
}

/// Complaints by namespace and name.
type Complaints = BTreeMap<(String, String), Vec<Complaint>>;

/// What was gathered so far.
#[derive(Clone, Default)]
pub(super) struct Digest {
    crowds: RefCell<BTreeMap<String, Rc<Vec<Alike>>>>,
    complaints: OnceCell<Rc<Complaints>>,
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest")
    }
}

impl Evidence<'_> {
    /// The Pods of a namespace for which a Service may be meant, by their labels.
    pub(super) fn crowd(&self, namespace: &str) -> Rc<Vec<Alike>> {
        let known = self.digest.crowds.borrow().get(namespace).cloned();
        if let Some(known) = known {
            return known;
        }
        let mut crowd: Vec<Alike> = Vec::new();
        for pod in self.tables.in_namespace(kind::POD, namespace) {
            if pod.meta.is_terminating() {
                continue;
            }
            let number = self.weight(pod).max(1);
            // Pods of one workload stand beside each other.
            match crowd.last_mut() {
                Some(last) if last.pod.meta.labels == pod.meta.labels => last.number += number,
                _ => crowd.push(Alike {
                    pod: pod.clone(),
                    number,
                }),
            }
        }
        let crowd = Rc::new(crowd);
        let mut crowds = self.digest.crowds.borrow_mut();
        crowds.insert(namespace.to_owned(), crowd.clone());
        crowd
    }

    fn all_complaints(&self) -> &Rc<Complaints> {
        self.digest.complaints.get_or_init(|| {
            let mut all = Complaints::new();
            let events = self.tables.all(kind::EVENT).filter_map(|o| o.event());
            for event in events.filter(|event| event.type_ == "Warning") {
                let about = &event.involved_object;
                let key = (about.namespace.to_string(), about.name.to_string());
                all.entry(key).or_default().push(Complaint {
                    reason: event.reason.to_string(),
                    message: event.message.to_string(),
                });
            }
            Rc::new(all)
        })
    }

    /// What was complained of an object, in the order of the events' names.
    pub(super) fn complaints(&self, namespace: &str, name: &str) -> &[Complaint] {
        let key = (namespace.to_owned(), name.to_owned());
        self.all_complaints().get(&key).map_or(&[], Vec::as_slice)
    }

    /// What was complained of a workload, and of what it makes.
    pub(super) fn complaints_below(&self, namespace: &str, name: &str) -> Option<&Complaint> {
        let from = (namespace.to_owned(), name.to_owned());
        let below = self.all_complaints().range(from..);
        let own = |((place, about), _): &(&(String, String), &Vec<Complaint>)| {
            place == namespace && about.starts_with(name)
        };
        below
            .take_while(own)
            .filter_map(|(_, all)| all.last())
            .last()
    }
}
