//! The editor's desk: which file is open, what is wrong with it, how it differs from the cluster, and what applying it
//! means.

use super::engine::{Action, Engine, TabView};
use super::examining::Foreseen;
use super::words::words;
use crate::chart::{Site, sites};
use crate::cluster::{Comparison, Standing};
use crate::kernel::{BTreeMap, SimTime};
use crate::manifest::{
    Diagnostic, Explanation, Limits, Proposal, Severity, check, complete, explain, read,
};
use crate::shell::kubectl::{needs_a_new_cluster, rehearse};
use crate::shell::{HOME, Held, TabId};
use crate::web;
use std::rc::Rc;

/// What lies on the desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desk {
    /// The open tab.
    pub open: Option<TabId>,
    /// Raised whenever the program sets the open text.
    pub version: u32,
    /// What is wrong with the open text.
    pub problems: Rc<Vec<Diagnostic>>,
    /// Which lines of it describe which object.
    pub sites: Rc<Vec<Site>>,
    /// How its objects stand in the cluster.
    pub standing: Rc<Vec<Comparison>>,
    /// When a text was applied last.
    pub applied: Option<SimTime>,
    /// Whether every valid change is applied.
    pub auto: bool,
    /// Whether what is taken out of a file is deleted from the cluster.
    pub mirror: bool,
    /// The line to bring in sight, and how often that was asked for.
    pub reveal: (u32, u32),
    /// Lines to try, of a scenario that was opened.
    pub tries: Vec<String>,
    /// What kubectl said of the last change that went in by itself.
    pub said: Rc<str>,
    /// Of each tab the last text that the cluster was as.
    pub(super) good: BTreeMap<TabId, Rc<str>>,
    /// The text that was looked at last, and what was wrong with it by itself.
    pub(super) read: (Rc<str>, Vec<Diagnostic>),
    /// The cluster's revision and the texts in which the doctor looked ahead last, and what it said.
    pub(super) foreseen: Foreseen,
    /// The cluster's revision and the text that were compared last.
    pub(super) compared: (u64, Rc<str>),
}

impl Desk {
    /// Whether the API server would refuse the open text.
    pub fn is_faulty(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// The open tab's text as it was applied last, where the cluster took it.
    pub fn recalled(&self) -> Option<Rc<str>> {
        self.good.get(&self.open?).cloned()
    }

    /// Whether applying the open text would change the cluster.
    pub fn is_behind(&self) -> bool {
        self.standing.iter().any(|c| match c.standing {
            Standing::Same => false,
            Standing::Absent | Standing::Differs(_) => true,
            Standing::Left => self.mirror,
        })
    }
}

/// The name of what a tab holds: the file's last part, or its whole path.
pub(super) fn name_of(holds: &Held, whole: bool) -> String {
    match holds {
        Held::Unnamed(_) => "untitled".to_owned(),
        Held::File(path) if whole => path.to_string(),
        Held::File(path) => path.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

impl Engine {
    /// What the editor may do.
    pub(super) fn edit(&mut self, action: Action) {
        match action {
            Action::Edit(text) => {
                if let Some(id) = self.desk.open {
                    self.world.files.set_text(id, &text);
                }
                return;
            }
            Action::Fix(index) => self.fix(index),
            Action::Recall => {
                if let (Some(id), Some(good)) = (self.desk.open, self.desk.recalled()) {
                    self.world.files.set_text(id, &good);
                    self.desk.version += 1;
                }
            }
            Action::Select(id) => self.open(id),
            Action::NewTab => {
                let id = self.world.files.open_unnamed("");
                self.open(id);
            }
            Action::Close(id) => {
                self.world.files.close(id);
                if self.desk.open == Some(id) {
                    self.desk.open = self.world.files.tabs().first().map(|tab| tab.id);
                    self.desk.version += 1;
                }
            }
            Action::Rename(id, name) => self.world.files.name_tab(id, HOME, &name),
            Action::OpenFiles(files) => self.open_files(&files),
            Action::Auto(on) => self.desk.auto = on,
            Action::Mirror(on) => self.desk.mirror = on,
            // What it changes is looked at when a frame has room for it.
            Action::Apply => return self.apply(),
            Action::OnLaptop(line) => return self.type_on_laptop(&line),
            Action::Template { name, text, line } => {
                self.open_files(&[(name, text)]);
                self.apply();
                self.desk.tries = vec!["kubectl get all".to_owned(), line];
                return;
            }
            Action::Reveal(line) => self.desk.reveal = (line, self.desk.reveal.1 + 1),
            Action::Diff => {
                if let Some(path) = self.path_of_open() {
                    self.type_on_laptop(&format!("kubectl diff -f {path}"));
                }
            }
            _ => {}
        }
        self.check();
        self.compare();
        if self.desk.auto && !self.desk.is_faulty() && self.desk.is_behind() {
            self.apply_quietly();
        }
    }

    fn open(&mut self, id: TabId) {
        self.desk.open = Some(id);
        self.desk.version += 1;
    }

    /// Opens texts as files of the laptop; a file of that name that says something else is kept, and the new one gets
    /// another name.
    fn open_files(&mut self, files: &[(String, String)]) {
        for (name, text) in files {
            let free = self.free_name(name, text);
            self.world.files.put(HOME, &free, text);
            let id = self.world.files.open(HOME, &free);
            self.open(id);
        }
    }

    /// The editor's tabs.
    pub(super) fn tab_views(&self) -> Vec<TabView> {
        let tabs = self.world.files.tabs().iter();
        tabs.map(|tab| TabView {
            id: tab.id,
            name: name_of(&tab.holds, false),
        })
        .collect()
    }

    /// All manifests of the editor, for safe keeping.
    pub fn work(&self) -> Vec<(String, String)> {
        let tabs = self.world.files.tabs().iter();
        tabs.filter_map(|tab| {
            Some((
                name_of(&tab.holds, true),
                self.world.files.text(tab.id)?.to_string(),
            ))
        })
        .collect()
    }

    /// Puts kept manifests back into the editor, in place of what is there.
    pub fn restore(&mut self, work: &[(String, String)]) {
        if work.is_empty() {
            return;
        }
        let before: Vec<TabId> = self.world.files.tabs().iter().map(|tab| tab.id).collect();
        let mut first = None;
        for (path, text) in work {
            let id = if path.starts_with('/') {
                self.world.files.put("/", path, text);
                Some(self.world.files.open("/", path))
            } else if text.trim().is_empty() {
                None
            } else {
                Some(self.world.files.open_unnamed(text))
            };
            first = first.or(id);
            // What was open before and is not among the kept is a file, and stays one.
            if let Some(id) = id {
                self.kept.push(id);
            }
        }
        let kept = std::mem::take(&mut self.kept);
        before
            .into_iter()
            .filter(|id| !kept.contains(id))
            .for_each(|id| self.world.files.close(id));
        self.desk.open = first.or_else(|| self.world.files.tabs().first().map(|tab| tab.id));
        self.desk.version += 1;
        self.check();
        self.compare();
    }

    /// The open text.
    pub fn text(&self) -> Rc<str> {
        self.desk
            .open
            .and_then(|id| self.world.files.text(id))
            .unwrap_or_default()
    }

    /// What could stand at this byte of the open text.
    pub fn proposals(&self, offset: usize) -> (usize, Vec<Proposal>) {
        let mut live = self.world.cluster.view().live();
        for tab in self.world.files.tabs() {
            let text = self.world.files.text(tab.id).unwrap_or_default();
            read(&text, &Limits::PASTED)
                .documents
                .iter()
                .for_each(|document| live.read(&document.value()));
        }
        complete(&self.text(), offset, &live)
    }

    /// What stands at this byte of the open text; `docs` are the sentences about fields.
    pub fn explanation(&self, offset: usize, docs: &str) -> Option<Explanation> {
        explain(&self.text(), offset, docs)
    }

    /// Applies the open text, as typed on the laptop.
    fn apply(&mut self) {
        let Some(path) = self.path_of_open() else {
            return;
        };
        // A line that follows a question would answer it.
        let asks = needs_a_new_cluster(&self.world.cluster, &self.text());
        self.type_on_laptop(&format!("kubectl apply -f {path}"));
        if self.desk.mirror && !asks {
            for line in self.deletions() {
                self.type_on_laptop(&line);
            }
        }
    }

    /// Applies the open text beside the terminal, which the reader may be typing into.
    fn apply_quietly(&mut self) {
        let Some(path) = self.path_of_open() else {
            return;
        };
        // What would ask is not answered by itself.
        if needs_a_new_cluster(&self.world.cluster, &self.text()) {
            self.desk.said = words().needs_a_new_cluster.into();
            return;
        }
        let mut lines = vec![format!("kubectl apply -f {path}")];
        if self.desk.mirror {
            lines.extend(self.deletions());
        }
        let (worked, said) = self.run_aside(&lines.join("\n"));
        if worked {
            self.desk.applied = Some(self.world.cluster.now());
        }
        self.desk.said = said.into();
        self.check();
        self.compare();
    }

    /// The files of the laptop from which something was applied.
    pub(super) fn applied_files(&self) -> Vec<Rc<str>> {
        let mut files = self.world.cluster.source_files();
        files.retain(|file| self.world.files.read(HOME, file).is_ok());
        files
    }

    /// The names of the world outside, as a zone file.
    pub fn outside(&self) -> Rc<str> {
        self.world.cluster.outside().text().into()
    }

    fn path_of_open(&mut self) -> Option<String> {
        let open = self.desk.open;
        let tab = self
            .world
            .files
            .tabs()
            .iter()
            .find(|tab| Some(tab.id) == open)?
            .clone();
        Some(match &tab.holds {
            Held::File(path) => path.replacen(HOME, "~", 1),
            Held::Unnamed(_) => {
                let path = self.free_name("manifest.yaml", "");
                self.world.files.name_tab(tab.id, HOME, &path);
                format!("~/{path}")
            }
        })
    }

    /// Types a line at a prompt of the laptop; a terminal that stands elsewhere is left as it is.
    pub(super) fn type_on_laptop(&mut self, line: &str) {
        self.consoles.go_to_laptop(&self.world);
        self.type_text(line);
    }

    /// Lines that delete what was applied from the open file and is in no file any more.
    fn deletions(&self) -> Vec<String> {
        let others = self
            .world
            .files
            .tabs()
            .iter()
            .filter(|tab| Some(tab.id) != self.desk.open);
        let others: Vec<Site> = others
            .filter_map(|tab| self.world.files.text(tab.id))
            .flat_map(|text| sites(&text, "default"))
            .collect();
        let compared = self
            .world
            .cluster
            .compare(&self.text(), &|file| self.is_open_file(file));
        let gone = compared.iter().filter(|c| c.standing == Standing::Left);
        gone.filter(|c| {
            let place = format!("{}/{}/{}", c.key.kind.singular, c.key.namespace, c.key.name);
            !others.iter().any(|site| site.place == place)
        })
        .map(|c| {
            let namespace = if c.key.namespace.is_empty() {
                String::new()
            } else {
                format!(" -n {}", c.key.namespace)
            };
            format!(
                "kubectl delete {} {}{namespace}",
                c.key.kind.singular, c.key.name
            )
        })
        .collect()
    }

    /// Whether a file name that somebody applied means the open tab.
    pub(super) fn is_open_file(&self, file: &str) -> bool {
        let tab = self
            .world
            .files
            .tabs()
            .iter()
            .find(|tab| Some(tab.id) == self.desk.open);
        let file = file.trim_start_matches("./").trim_start_matches("~/");
        !file.is_empty() && tab.is_some_and(|tab| name_of(&tab.holds, true).ends_with(file))
    }

    /// The name, or one like it, under which nothing else lies.
    fn free_name(&self, wanted: &str, text: &str) -> String {
        let taken = |name: &str| {
            self.world
                .files
                .read(HOME, name)
                .is_ok_and(|there| &*there != text)
        };
        let (stem, end) = wanted
            .rsplit_once('.')
            .map_or((wanted, String::new()), |(stem, end)| {
                (stem, format!(".{end}"))
            });
        let mut names =
            std::iter::once(wanted.to_owned()).chain((2..).map(|n| format!("{stem}-{n}{end}")));
        names.find(|name| !taken(name)).unwrap_or_default()
    }

    fn fix(&mut self, index: usize) {
        let (Some(id), Some(problem)) = (self.desk.open, self.desk.problems.get(index)) else {
            return;
        };
        let (Some(fix), Some(text)) = (&problem.fix, self.world.files.text(id)) else {
            return;
        };
        let fixed = fix.apply(&text);
        self.world.files.set_text(id, &fixed);
        self.desk.version += 1;
    }

    /// Looks for what is wrong with the open text: by itself if it is another than last time, and in this cluster.
    pub(super) fn check(&mut self) {
        // What it takes may still be on its way.
        self.unread = !web::is_whole();
        if !self.unread {
            self.look_at_text();
        }
    }

    fn look_at_text(&mut self) {
        let text = self.text();
        if self.desk.read.0 != text {
            let found = if text.trim().is_empty() {
                Vec::new()
            } else {
                check(&text)
            };
            self.desk.read = (text.clone(), found);
            let found = sites(&text, "default");
            if *self.desk.sites != found {
                self.desk.sites = Rc::new(found);
            }
        }
        let mut found = self.desk.read.1.clone();
        // What is right by itself may still not fit this cluster.
        let accepted = |found: &[Diagnostic]| !found.iter().any(|p| p.severity == Severity::Error);
        if accepted(&found) {
            found.extend(rehearse(&mut self.world.cluster, &text));
        }
        // What is accepted may still not do what it is meant to.
        if accepted(&found) && !text.trim().is_empty() {
            found.extend(self.foresee());
        }
        if *self.desk.problems != found {
            self.desk.problems = Rc::new(found);
        }
    }

    /// Looks how the open text stands in the cluster, unless neither has changed.
    pub(super) fn compare(&mut self) {
        let now = (self.world.cluster.tables().revision, self.text());
        if now == self.desk.compared || !web::is_whole() {
            return;
        }
        let found = self
            .world
            .cluster
            .compare(&now.1, &|file| self.is_open_file(file));
        let same = |c: &Comparison| c.standing == Standing::Same;
        if let Some(id) = self.desk.open
            && !found.is_empty()
            && found.iter().all(same)
            && read(&now.1, &Limits::FILE).error.is_none()
        {
            self.desk.good.insert(id, Rc::clone(&now.1));
        }
        if *self.desk.standing != found {
            self.desk.standing = Rc::new(found);
        }
        self.desk.compared = now;
    }
}
