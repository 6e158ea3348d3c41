//! What the doctor is asked for the reader, and how what it advises is done.

use super::desk::name_of;
use super::engine::{Action, Engine};
use crate::api::{ObjectKey, kind};
use crate::chart::{key_of, outcome};
use crate::cluster::Place;
use crate::doctor::{Attempt, Examination, Finding, Sheet, explain, foresee};
use crate::manifest::{Diagnostic, Edit, Fix};
use crate::shell::TabId;
use std::rc::Rc;

/// What is asked of the doctor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// The questions in order, for the Service of a place, or the one that the last attempt went to.
    Path(Option<Rc<str>>),
    /// What was wrong with the attempt that failed last.
    Failure,
}

/// What the doctor says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opinion {
    /// The answers, and from where they were asked.
    Path(Examination, Option<String>),
    /// What was wrong.
    Failure(Vec<Finding>),
}

/// What was foreseen, and from what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Foreseen {
    revision: u64,
    open: Option<Sheet>,
    others: Vec<Sheet>,
    found: Vec<Diagnostic>,
}

/// With more Pods and Services than this nothing is foreseen.
const MANY: usize = 1_000;

impl Engine {
    /// Asks the doctor; none where there is nothing to ask about.
    pub(super) fn opinion(&self, question: &Question) -> Option<Opinion> {
        let cluster = &self.world.cluster;
        let sheets = self.sheets(|_| true);
        match question {
            Question::Path(chosen) => {
                let service = self.service_of(chosen.as_deref())?;
                let client = self.client();
                let said = client.as_ref().map(Place::to_string);
                let mut doctor = self.doctor.borrow_mut();
                let evidence = doctor.evidence(cluster, &sheets);
                let found = doctor.examine(&evidence, &service, client.as_ref(), None);
                Some(Opinion::Path(found, said))
            }
            Question::Failure => {
                let attempt = Attempt::last_failed(cluster)?;
                let evidence = self.doctor.borrow_mut().evidence(cluster, &sheets);
                Some(Opinion::Failure(explain(&evidence, &attempt)))
            }
        }
    }

    /// The open texts.
    fn sheets(&self, is: impl Fn(TabId) -> bool) -> Vec<Sheet> {
        let tabs = self.world.files.tabs().iter();
        let sheets = tabs.filter(|tab| is(tab.id)).filter_map(|tab| {
            Some(Sheet {
                file: name_of(&tab.holds, true).into(),
                text: self.world.files.text(tab.id)?,
            })
        });
        sheets.collect()
    }

    /// What the doctor says of the open text before it is applied. In a large cluster that would take too long.
    pub(super) fn foresee(&mut self) -> Vec<Diagnostic> {
        let tables = self.world.cluster.tables();
        let counts = [kind::POD, kind::SERVICE].map(|kind| tables.count(kind));
        if counts.iter().sum::<usize>() > MANY {
            return Vec::new();
        }
        let revision = tables.revision;
        let own = self.desk.open;
        let others = self.sheets(|id| Some(id) != own);
        let Some(open) = self.sheets(|id| Some(id) == own).pop() else {
            return Vec::new();
        };
        let known = &self.desk.foreseen;
        if known.revision != revision
            || known.open.as_ref() != Some(&open)
            || known.others != others
        {
            let found = foresee(&open, &others, &self.world.cluster);
            self.desk.foreseen = Foreseen {
                revision,
                open: Some(open),
                others,
                found,
            };
        }
        self.desk.foreseen.found.clone()
    }

    /// The Service that is chosen, or that the last attempt went to, or the first one.
    fn service_of(&self, chosen: Option<&str>) -> Option<ObjectKey> {
        let tables = self.world.cluster.tables();
        let is_service = |key: &ObjectKey| key.kind == kind::SERVICE;
        let own = |key: &ObjectKey| {
            is_service(key) && &*key.namespace != "kube-system" && &*key.name != "kubernetes"
        };
        let chosen = chosen.and_then(key_of).filter(is_service);
        let asked = || {
            let mut rows = self.sight.rows().iter().rev();
            rows.find_map(|row| key_of(row.text("to").split(':').next()?).filter(own))
        };
        let first = || {
            let mut all = tables.all(kind::SERVICE).map(|object| object.key());
            all.find(own)
        };
        chosen.or_else(asked).or_else(first)
    }

    /// Who asks: where the terminal stands inside the cluster, or else who asked last.
    fn client(&self) -> Option<Place> {
        let place = self.stands();
        if place != Place::Laptop {
            return Some(place);
        }
        let name = outcome(self.sight.rows())?.text("client").to_owned();
        let mut pods = self.world.cluster.tables().all(kind::POD);
        let pod = pods.find(|pod| pod.meta.name == name)?;
        let container = pod.pod()?.spec.containers.first()?;
        Some(Place::pod(&pod.meta.namespace, &name, &container.name))
    }

    /// Makes replacements in files that are open, and applies those files.
    pub(super) fn mend(&mut self, edits: &[(Rc<str>, Edit)]) {
        let mut touched: Vec<TabId> = Vec::new();
        for tab in self.world.files.tabs().to_vec() {
            let name = name_of(&tab.holds, true);
            let own = edits.iter().filter(|(file, _)| **file == *name);
            let edits: Vec<Edit> = own.map(|(_, edit)| edit.clone()).collect();
            if let (Some(text), false) = (self.world.files.text(tab.id), edits.is_empty()) {
                let fix = Fix {
                    title: String::new(),
                    edits,
                };
                self.world.files.set_text(tab.id, &fix.apply(&text));
                touched.push(tab.id);
            }
        }
        for id in touched {
            self.edit(Action::Select(id));
            if !self.desk.is_faulty() {
                self.edit(Action::Apply);
            }
        }
    }
}
