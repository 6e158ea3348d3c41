//! The world behind the page: one cluster, one terminal, the editor's tabs, and the snapshots that components render.
//!
//! It lives outside Yew's state: an [`Action`] changes it, then the page renders a new [`Snapshot`].

use super::chart::{self, Route, Scene, Shape};
use super::terminal::{Block, Consoles, Tab as Terminal};
use crate::api::kind;
use crate::chart::{Site, place_of, sites};
use crate::cluster::{Cluster, ClusterView, Place, Settings};
use crate::kernel::{Event, Seq, SimTime, Span};
use crate::lesson::{Example, examples};
use crate::manifest::{Diagnostic, check};
use crate::shell::{Candidate, Files, HOME, Held, Session, TabId, World, pace};
use std::fmt;
use std::rc::Rc;

/// How many rows the logbook shows.
const MOST_ROWS: usize = 200;
/// How many timers fire in one frame at the most.
const BUDGET: usize = 4_000;

/// What a page begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The example's id; the first one if it is unknown or not given.
    pub example: Option<String>,
    /// A seed in place of the example's.
    pub seed: Option<u64>,
    /// The clock stands still between lines, so that transcripts repeat.
    pub frozen: bool,
    /// A manifest in place of the example's files.
    pub source: Option<String>,
}

/// Everything that a reader can do to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A line, or several that were pasted, is typed into the terminal.
    Type(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D.
    EndOfInput,
    /// Ctrl-L.
    Clear,
    /// Another terminal is opened.
    OpenTerminal,
    /// A terminal is put in front.
    ShowTerminal(usize),
    /// A terminal is closed.
    CloseTerminal(usize),
    /// The text of the open tab has changed.
    Edit(String),
    /// A fix is applied to the open tab.
    Fix(usize),
    /// Another tab is opened.
    Select(TabId),
    /// A tab without a name is opened.
    NewTab,
    /// The open tab is applied.
    Apply,
    /// An example replaces everything.
    Load(String),
    /// Simulated time passes.
    Tick(Span),
}

/// A tab as the editor shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabView {
    /// Its id.
    pub id: TabId,
    /// The file's name.
    pub name: String,
}

/// What the page renders.
#[derive(Clone)]
pub struct Snapshot {
    /// The cluster.
    pub view: Rc<ClusterView>,
    pub(super) scene: Rc<Scene>,
    pub(super) route: Rc<Route>,
    /// The logbook's rows, oldest first.
    pub rows: Rc<Vec<Event>>,
    /// The terminal's blocks, oldest first.
    pub blocks: Rc<Vec<Block>>,
    /// The terminals.
    pub terminals: Rc<Vec<Terminal>>,
    /// The number of the terminal in front.
    pub terminal: usize,
    /// The prompt.
    pub prompt: Rc<str>,
    /// Where the terminal stands, in words.
    pub place: Rc<str>,
    /// Whether the terminal's program reads commands.
    pub seed: u64,
    /// The editor's tabs.
    pub tabs: Rc<Vec<TabView>>,
    /// The open tab.
    pub open: Option<TabId>,
    /// The open tab's text, as the program last set it.
    pub text: Rc<str>,
    /// Raised whenever the program sets the text.
    pub text_version: u32,
    /// What is wrong with the open tab.
    pub problems: Rc<Vec<Diagnostic>>,
    /// When the open tab was applied last.
    pub applied: Option<SimTime>,
    /// The example's commands.
    pub commands: Rc<Vec<String>>,
    /// The lines that were typed.
    pub history: Rc<Vec<String>>,
    /// The example's id.
    pub example: Rc<str>,
    /// A line of the open tab that the last failure rests on, 0 for none.
    pub fault_line: u32,
    /// Which lines of the open tab describe which object.
    pub sites: Rc<Vec<Site>>,
}

/// The world behind the page.
pub struct Engine {
    world: World,
    consoles: Consoles,
    example: &'static Example,
    options: Options,
    open: Option<TabId>,
    text_version: u32,
    problems: Rc<Vec<Diagnostic>>,
    sites: Rc<Vec<Site>>,
    applied: Option<SimTime>,
    shape: Shape,
    /// Events before this one belong to the start of the cluster.
    born: Seq,
    /// The first line needs no pause before it.
    typed: bool,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// A world as the options ask for.
    pub fn new(options: Options) -> Self {
        let wanted = options.example.as_deref();
        let example = examples()
            .iter()
            .find(|e| Some(e.id.as_str()) == wanted)
            .or(examples().first());
        #[expect(
            clippy::expect_used,
            reason = "the examples are part of the program, and a test reads them all"
        )]
        let example = example.expect("there is an example");
        let world = world(example, &options);
        let mut engine = Self {
            open: world.files.tabs().first().map(|tab| tab.id),
            born: world.cluster.end(),
            consoles: Consoles::new(&world),
            world,
            example,
            options,
            text_version: 0,
            problems: Rc::default(),
            sites: Rc::default(),
            applied: None,
            shape: Shape::Wide,
            typed: false,
        };
        engine.check();
        engine
    }

    /// Lays the chart out for a page of this width; an embed has room for less.
    pub fn set_width(&mut self, width: i32, embed: bool) {
        self.shape = match (embed, width) {
            (true, 560..) => Shape::Compact,
            (false, 760..) => Shape::Wide,
            _ => Shape::Tall,
        };
    }

    /// Changes the world.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::Type(text) => self.type_text(&text),
            Action::Interrupt => self.type_text("\u{3}"),
            Action::EndOfInput => self.type_text("\u{4}"),
            Action::Clear => self.consoles.clear(),
            Action::OpenTerminal => self.consoles.open(&self.world),
            Action::ShowTerminal(id) => self.consoles.show(id),
            Action::CloseTerminal(id) => self.consoles.close(&mut self.world, id),
            Action::Edit(text) => {
                if let Some(id) = self.open {
                    self.world.files.set_text(id, &text);
                }
                self.check();
            }
            Action::Fix(index) => self.fix(index),
            Action::Select(id) => {
                self.open = Some(id);
                self.text_version += 1;
                self.check();
            }
            Action::NewTab => {
                self.open = Some(self.world.files.open_unnamed(""));
                self.text_version += 1;
                self.check();
            }
            Action::Apply => self.apply(),
            Action::Load(id) => {
                let options = Options {
                    example: Some(id),
                    source: None,
                    seed: None,
                    ..self.options.clone()
                };
                let (shape, version) = (self.shape, self.text_version);
                let history = self.history();
                *self = Self::new(options);
                self.remember(&history);
                self.shape = shape;
                self.text_version = version + 1;
            }
            Action::Tick(span) => {
                let until = self.world.cluster.now() + span;
                self.world.cluster.run_until(until, BUDGET);
                self.consoles.hear(&mut self.world);
            }
        }
    }

    /// What could stand at the cursor of a line.
    pub fn complete(&self, line: &str, cursor: usize) -> Vec<Candidate> {
        self.consoles.complete(&self.world, line, cursor)
    }

    /// The place that a word of output means, if there is such an object now.
    pub fn place_of(&self, word: &str) -> Option<String> {
        place_of(&self.world.cluster.view(), word)
    }

    /// The line that a line was probably meant to be.
    pub fn meant(&self, line: &str) -> Option<String> {
        self.consoles.session()?.meant(&self.world, line)
    }

    /// The lines typed so far, one under the other, to be kept for the reader.
    pub fn history(&self) -> String {
        self.consoles.history().join("\n")
    }

    /// Takes over lines that the reader typed at another time.
    pub fn remember(&mut self, history: &str) {
        self.consoles.remember(history.lines().map(str::to_owned));
    }

    /// The event log since the cluster came up, a line of JSON for each event.
    pub fn log(&self) -> String {
        self.world
            .cluster
            .events_since(Seq(0))
            .map(|event| event.to_json() + "\n")
            .collect()
    }

    /// The terminal's transcript as text.
    pub fn transcript(&self) -> String {
        let mut text = String::new();
        for block in self.consoles.blocks().iter() {
            text.push_str(&format!("{}{}\n", block.prompt, block.line));
            block
                .pieces
                .iter()
                .for_each(|(_, piece)| text.push_str(piece));
        }
        text
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

    /// Puts kept manifests back into the editor.
    pub fn restore(&mut self, work: &[(String, String)]) {
        for (path, text) in work {
            if path.starts_with('/') {
                self.world.files.put("/", path, text);
                self.world.files.open("/", path);
            } else if !text.trim().is_empty() {
                self.world.files.open_unnamed(text);
            }
        }
        self.text_version += 1;
        self.check();
    }

    /// What the page renders now.
    pub fn snapshot(&self) -> Snapshot {
        let view = self.world.cluster.view();
        let scene = chart::scene(&view, self.shape);
        let route = if self.typed {
            chart::route(&self.world, &scene)
        } else {
            Route::default()
        };
        let rows: Vec<Event> = {
            let all = self
                .world
                .cluster
                .events_since(self.born)
                .filter(|event| chart::is_traffic(event));
            let mut rows: Vec<Event> = all.rev().take(MOST_ROWS).cloned().collect();
            rows.reverse();
            rows
        };
        let tabs = self.world.files.tabs().iter();
        let tabs = tabs
            .map(|tab| TabView {
                id: tab.id,
                name: name_of(&tab.holds, false),
            })
            .collect();
        let fault = rows
            .last()
            .filter(|event| self.is_open_file(event.text("file")));
        Snapshot {
            fault_line: fault
                .filter(|e| matches!(e.kind.id, "refused" | "dropped"))
                .map_or(0, |e| e.int("line") as u32),
            scene: Rc::new(scene),
            route: Rc::new(route),
            rows: Rc::new(rows),
            blocks: self.consoles.blocks(),
            terminals: Rc::new(self.consoles.tabs()),
            terminal: self.consoles.front_id(),
            prompt: self
                .consoles
                .session()
                .map(Session::prompt)
                .unwrap_or_default()
                .into(),
            place: self.place().into(),
            seed: self.world.cluster.sim().seed,
            tabs: Rc::new(tabs),
            open: self.open,
            text: self
                .open
                .and_then(|id| self.world.files.text(id))
                .unwrap_or_default(),
            text_version: self.text_version,
            problems: self.problems.clone(),
            sites: self.sites.clone(),
            applied: self.applied,
            commands: Rc::new(self.commands()),
            history: self.consoles.history(),
            example: self.example.id.as_str().into(),
            view: Rc::new(view),
        }
    }

    /// The lines to type: the example's, or what one asks of a manifest that a link brought.
    fn commands(&self) -> Vec<String> {
        if self.options.source.is_none() {
            return self.example.commands.clone();
        }
        let lines = [
            "kubectl apply -f manifest.yaml",
            "kubectl get all",
            "kubectl run busybox --rm -it --restart=Never --image=busybox",
        ];
        lines.map(str::to_owned).to_vec()
    }

    fn is_open_file(&self, file: &str) -> bool {
        let tab = self
            .world
            .files
            .tabs()
            .iter()
            .find(|tab| Some(tab.id) == self.open);
        !file.is_empty()
            && tab.is_some_and(|tab| {
                name_of(&tab.holds, true).ends_with(file.trim_start_matches("./"))
            })
    }

    fn place(&self) -> String {
        match self.stands() {
            Place::Laptop => "your machine".to_owned(),
            Place::Node(name) => format!("node {name}"),
            Place::Pod {
                namespace, name, ..
            } => format!("{name}, namespace {namespace}"),
        }
    }

    /// Where the terminal in front stands.
    fn stands(&self) -> Place {
        self.consoles
            .session()
            .map_or(Place::Laptop, Session::place)
    }

    fn type_text(&mut self, text: &str) {
        if self.options.frozen && self.typed {
            pace(&mut self.world);
        }
        self.typed = true;
        let new = self.consoles.type_text(&mut self.world, text);
        let applied = |block: &Block| {
            new.contains(&block.id)
                && block.status == 0
                && block.line.trim_start().starts_with("kubectl apply")
        };
        if self.consoles.blocks().iter().any(applied) {
            self.applied = Some(self.world.cluster.now());
        }
        // A command may have opened or renamed a tab.
        if self
            .open
            .is_none_or(|id| self.world.files.text(id).is_none())
        {
            self.open = self.world.files.tabs().first().map(|tab| tab.id);
            self.text_version += 1;
        }
        self.check();
    }

    fn apply(&mut self) {
        let Some(tab) = self
            .world
            .files
            .tabs()
            .iter()
            .find(|tab| Some(tab.id) == self.open)
            .cloned()
        else {
            return;
        };
        let path = match &tab.holds {
            Held::File(path) => path.replacen(HOME, "~", 1),
            Held::Unnamed(_) => {
                let path = self.free_name();
                self.world.files.name_tab(tab.id, HOME, &path);
                format!("~/{path}")
            }
        };
        // Whatever runs in the terminal is left first: kubectl is on the laptop.
        for _ in 0..8 {
            if self.stands() == Place::Laptop {
                break;
            }
            self.type_text("\u{4}");
        }
        self.type_text(&format!("kubectl apply -f {path}"));
    }

    fn free_name(&self) -> String {
        let taken = |name: &str| self.world.files.read(HOME, name).is_ok();
        let names = std::iter::once("manifest.yaml".to_owned())
            .chain((2..).map(|n| format!("manifest-{n}.yaml")));
        names
            .into_iter()
            .find(|name| !taken(name))
            .unwrap_or_default()
    }

    fn fix(&mut self, index: usize) {
        let (Some(id), Some(problem)) = (self.open, self.problems.get(index)) else {
            return;
        };
        let (Some(fix), Some(text)) = (&problem.fix, self.world.files.text(id)) else {
            return;
        };
        let fixed = fix.apply(&text);
        self.world.files.set_text(id, &fixed);
        self.text_version += 1;
        self.check();
    }

    fn check(&mut self) {
        let text = self
            .open
            .and_then(|id| self.world.files.text(id))
            .unwrap_or_default();
        let found = if text.trim().is_empty() {
            Vec::new()
        } else {
            check(&text)
        };
        if *self.problems != found {
            self.problems = Rc::new(found);
        }
        let found = sites(&text, "default");
        if *self.sites != found {
            self.sites = Rc::new(found);
        }
    }
}

fn world(example: &Example, options: &Options) -> World {
    if let Some(source) = &options.source {
        let settings = Settings {
            seed: options.seed.unwrap_or(example.seed),
            ..Settings::default()
        };
        let mut files = Files::default();
        files.put(HOME, "manifest.yaml", source);
        files.open(HOME, "manifest.yaml");
        return World {
            cluster: Cluster::new(&settings),
            files,
        };
    }
    let mut world = example.world();
    if let Some(seed) = options.seed {
        world.cluster = Cluster::new(&Settings {
            seed,
            ..Settings::default()
        });
    }
    world
}

/// The name of what a tab holds: the file's last part, or its whole path.
fn name_of(holds: &Held, whole: bool) -> String {
    match holds {
        Held::Unnamed(_) => "untitled".to_owned(),
        Held::File(path) if whole => path.to_string(),
        Held::File(path) => path.rsplit('/').next().unwrap_or_default().to_owned(),
    }
}

impl Snapshot {
    /// How many nodes the cluster has.
    pub fn nodes(&self) -> usize {
        self.view.tables.count(kind::NODE)
    }

    /// Whether the reader has put nothing into the cluster yet.
    pub fn is_untouched(&self) -> bool {
        let own = |object: &Rc<crate::api::Object>| {
            object.meta.namespace != "kube-system" && object.meta.name != "kubernetes"
        };
        !self
            .view
            .tables
            .all(kind::POD)
            .chain(self.view.tables.all(kind::SERVICE))
            .any(own)
    }
}
