//! The world behind the page: one cluster, one terminal, the editor's tabs, and the snapshots that components render.
//!
//! It lives outside Yew's state: an [`Action`] changes it, then the page renders a new [`Snapshot`].

use super::deeds::room;
use super::desk::Desk;
use super::journal::Journal;
use super::lesson::{Studied, Study, Tutor};
use super::news::Told;
use super::sight::{Look, Seen, Sight};
use super::terminal::{Block, Consoles, Tab as Terminal, text_of};
use super::words::{fill, words};
use crate::chart::{Shape, Site, outcome, place_of};
use crate::cluster::{Cluster, ClusterView, Place, Restoration, Settings};
use crate::doctor::Watch;
use crate::kernel::{Seq, SimTime, Span};
use crate::lesson::{Example, examples};
use crate::manifest::{Diagnostic, Edit};
use crate::share::Deed;
use crate::shell::{Candidate, Files, HOME, Session, TabId, World, pace};
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// What a page begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The example's id; the first one if it is unknown or not given.
    pub example: Option<String>,
    /// A seed in place of the example's.
    pub seed: Option<u64>,
    /// The wall-clock time at which the cluster begins, in seconds since 1970, in place of the usual one.
    pub epoch: Option<i64>,
    /// The clock stands still between lines, so that transcripts repeat.
    pub frozen: bool,
    /// A manifest in place of the example's files.
    pub source: Option<String>,
    /// A lesson to begin with: its id and the page.
    pub lesson: Option<(String, usize)>,
}

/// Everything that a reader can do to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A line, or several that were pasted, is typed into the terminal.
    Type(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-C while the last line's waiting is shown, so long after its begin.
    InterruptAfter(Span),
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
    /// The text of the open tab has changed; what that means is looked at with [`Action::Check`].
    Edit(String),
    /// The open tab is looked at again.
    Check,
    /// A fix is applied to the open tab.
    Fix(usize),
    /// The open text is again what was applied last.
    Recall,
    /// Replacements in files, which are then applied.
    Mend(Vec<(Rc<str>, Edit)>),
    /// Another tab is opened.
    Select(TabId),
    /// A tab without a name is opened.
    NewTab,
    /// A line of the open tab is brought in sight.
    Reveal(u32),
    /// The difference between the open tab and the cluster is shown in the terminal.
    Diff,
    /// A tab is closed; its file stays.
    Close(TabId),
    /// A tab gets a name.
    Rename(TabId, String),
    /// Texts are opened as files: name and text.
    OpenFiles(Vec<(String, String)>),
    /// A scenario of the gallery is opened and applied.
    Template {
        /// Its file's name.
        name: String,
        /// Its text.
        text: String,
        /// A line to try.
        line: String,
    },
    /// A line is typed at the laptop's prompt.
    OnLaptop(String),
    /// A dump of a real cluster takes this one's place.
    RestoreDump(String),
    /// The cluster is built anew.
    Rebuild(ClusterForm),
    /// Another node joins.
    AddNode,
    /// Cluster DNS gets another Corefile.
    Corefile(String),
    /// The world outside gets other names: a zone file.
    Outside(String),
    /// A manifest takes the place of everything.
    OpenManifest(String),
    /// Kept manifests are put back: path and text.
    Restore(Vec<(String, String)>),
    /// Whether every valid change is applied.
    Auto(bool),
    /// Whether what is taken out of a file is deleted from the cluster.
    Mirror(bool),
    /// The open tab is applied.
    Apply,
    /// An example replaces everything.
    Load(String),
    /// Simulated time passes, as far as a frame has room for it.
    Tick(Span),
    /// Simulated time passes, however long that takes.
    Step(Span),
    /// The reader waits for so much simulated time, which passes in slices.
    Wait(Span),
    /// Something else is looked at.
    Look(Look),
    /// A line is run on the reader's machine, wherever the terminal stands.
    Run(String),
    /// A terminal in a Pod or on a node, by place.
    Exec(String),
    /// A packet is sent to a place.
    Trace(String),
    /// A line of a manifest is brought in sight: file and line.
    ShowLine(String, u32),
    /// Something is done in a lesson.
    Study(Study),
}

/// What a cluster is built from, as a form has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterForm {
    /// The Service subnets.
    pub services: String,
    /// The Pod subnets.
    pub pods: String,
    /// The DNS domain.
    pub domain: String,
    /// The seed.
    pub seed: String,
    /// kube-proxy's mode.
    pub mode: String,
    /// Whether what was applied is applied again.
    pub again: bool,
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
    /// What is seen of it, now or at an instant of the past.
    pub seen: Seen,
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
    /// The editor's desk.
    pub desk: Rc<Desk>,
    /// The lesson that is open.
    pub(super) studied: Option<Rc<Studied>>,
}

/// The world behind the page.
pub struct Engine {
    pub(super) world: World,
    pub(super) consoles: Consoles,
    pub(super) desk: Desk,
    /// The lesson that is open.
    pub(super) tutor: Option<Tutor>,
    /// Tabs that are being put back.
    pub(super) kept: Vec<TabId>,
    example: &'static Example,
    pub(super) options: Options,
    /// What was done since the world began.
    pub(super) journal: Journal,
    /// What the page around was told of it.
    pub(super) told: Told,
    pub(super) sight: Sight,
    /// What the doctor knows of the cluster.
    pub(super) doctor: RefCell<Watch>,
    /// How far simulated time should be.
    pub(super) due: SimTime,
    /// How far the reader asked it to go.
    pub(super) until: SimTime,
    /// The first line needs no pause before it.
    pub(super) typed: bool,
    /// The cluster changed under the open text, which is to be looked at again when a frame has room for it.
    pub(super) unread: bool,
    /// How many frames have worked since one showed what became of it.
    pub(super) unshown: u8,
    /// A dump that is being read, to take the cluster's place.
    pub(super) restoring: Option<Restoration>,
    /// Its text.
    pub(super) dump: String,
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
        Self::over(world, example, options)
    }

    /// The same page over another world.
    pub(super) fn again(&self, world: World) -> Self {
        let mut engine = Self::over(world, self.example, self.options.clone());
        engine.sight.set_shape(self.sight.shape());
        engine
    }

    fn over(mut world: World, example: &'static Example, options: Options) -> Self {
        world.cluster.keep_history();
        let mut engine = Self {
            desk: Desk {
                open: world.files.tabs().first().map(|tab| tab.id),
                ..Desk::default()
            },
            kept: Vec::new(),
            tutor: None,
            sight: Sight::new(world.cluster.end()),
            doctor: RefCell::default(),
            due: world.cluster.now(),
            until: SimTime::default(),
            consoles: Consoles::new(&world),
            world,
            example,
            options,
            journal: Journal::default(),
            told: Told::default(),
            typed: false,
            unread: false,
            unshown: 0,
            restoring: None,
            dump: String::new(),
        };
        engine.begin_journal();
        engine.know_files();
        engine.check();
        engine
    }

    /// Lays the chart out for a page of this width; an embed has room for less.
    pub fn set_width(&mut self, width: i32, embed: bool) {
        let shape = match (embed, width) {
            (true, 560..) => Shape::Compact,
            (false, 1_100..) => Shape::Wide,
            // Beside an editor there is as much room as in an embed.
            (false, 760..) => Shape::Compact,
            _ => Shape::Tall,
        };
        self.sight.set_shape(shape);
    }

    /// Changes the world.
    pub fn act(&mut self, action: Action) {
        // A keystroke is only noted; what it means is looked at when the reader pauses.
        let looks = !matches!(action, Action::Edit(_));
        let ticks = matches!(action, Action::Tick(_));
        self.forget_before(&action);
        self.finish_before(&action);
        match action {
            Action::Type(text) => self.type_text(&text),
            Action::Interrupt if self.consoles.is_running() => self.interrupt_running(),
            Action::Interrupt => self.type_text("\u{3}"),
            Action::InterruptAfter(waited) => self.interrupt_after(waited),
            Action::EndOfInput => self.type_text("\u{4}"),
            Action::Clear => self.consoles.clear(),
            Action::OpenTerminal => self.consoles.open(&self.world),
            Action::ShowTerminal(id) => self.consoles.show(id),
            Action::CloseTerminal(id) => self.close_terminal(id),
            Action::Restore(work) => self.restore(&work),
            arranging @ (Action::RestoreDump(_)
            | Action::Rebuild(_)
            | Action::AddNode
            | Action::Corefile(_)
            | Action::Outside(_)) => self.arrange(arranging),
            Action::Load(id) => {
                let fresh = Self::new(Options {
                    example: Some(id),
                    source: None,
                    seed: None,
                    ..self.options.clone()
                });
                self.take_over(fresh);
            }
            Action::OpenManifest(text) => self.open_manifest(&text),
            Action::Tick(_) if self.go_on_restoring() || self.go_on_waiting() => {}
            Action::Tick(span) => {
                if !self.sight.is_past() && !self.options.frozen {
                    let shows = self.is_behind() && self.unshown == 0;
                    self.owe(span);
                    if !shows {
                        self.catch_up();
                    }
                }
            }
            Action::Wait(span) if !self.options.frozen => self.wait(span),
            Action::Step(span) | Action::Wait(span) => {
                self.world.cluster.advance(span);
                self.due = self.world.cluster.now();
                self.hear();
            }
            Action::Look(look) => self.sight.act(look),
            Action::Mend(edits) => self.mend(&edits),
            Action::Run(line) => self.run(&line),
            Action::Exec(place) => self.exec(&place),
            Action::Trace(place) => self.trace(&place),
            Action::ShowLine(file, line) => self.show_line(&file, line),
            Action::Study(deed) => self.study(deed),
            editing => self.edit(editing),
        }
        // While there is much to do, the text is looked at when there is time for it.
        if ticks && !self.is_behind() {
            if self.unread {
                self.check();
            }
            self.compare();
        }
        if looks && !(ticks && self.is_behind()) {
            self.unread |= !ticks;
            if let Some(title) = self.look_at_step() {
                crate::web::set_text("said", &fill(words().step_is_passed, &[&title]));
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

    /// The example that the world was made from, unless a manifest or a lesson took its place.
    pub(super) fn example_id(&self) -> &str {
        &self.example.id
    }

    /// The terminal's blocks in front.
    pub(super) fn blocks(&self) -> Rc<Vec<Block>> {
        self.consoles.blocks()
    }

    /// The place that the next event will take.
    pub(super) fn end(&self) -> Seq {
        self.world.cluster.end()
    }

    /// The line that a line was probably meant to be.
    pub fn meant(&self, line: &str) -> Option<String> {
        self.consoles.session()?.meant(&self.world, line)
    }

    /// The lines typed so far, one under the other, to be kept for the reader.
    pub fn history(&self) -> String {
        self.consoles.history().join("\n")
    }

    /// Takes over the sentences about fields, for `kubectl explain`.
    pub fn tell_fields(&mut self, docs: Rc<str>) {
        self.world.files.docs = docs;
    }

    /// Takes over kubectl's words about its verbs, for `--help`.
    pub fn tell_help(&mut self, help: Rc<str>) {
        self.world.files.help = help;
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
        text_of(&self.consoles.blocks())
    }

    /// What the page renders now.
    pub fn snapshot(&mut self) -> Snapshot {
        let view = self.world.cluster.view();
        let seen = self.sight.look(&self.world.cluster);
        let fault = outcome(&seen.rows);
        let fault = fault.filter(|event| self.is_open_file(event.text("file")));
        Snapshot {
            fault_line: fault
                .filter(|e| matches!(e.kind.id, "refused" | "dropped"))
                .map_or(0, |e| e.int("line") as u32),
            seen,
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
            tabs: Rc::new(self.tab_views()),
            open: self.desk.open,
            text: self.text(),
            text_version: self.desk.version,
            problems: self.desk.problems.clone(),
            sites: self.desk.sites.clone(),
            applied: self.desk.applied,
            desk: Rc::new(self.desk.clone()),
            commands: Rc::new(self.commands()),
            history: self.consoles.history(),
            example: self.example.id.as_str().into(),
            view: Rc::new(view),
            studied: self.tutor.as_ref().map(|tutor| Rc::new(tutor.studied())),
        }
    }

    /// The lines to type: the example's, or what one asks of a manifest that a link brought.
    fn commands(&self) -> Vec<String> {
        // A lesson has its commands beside its text.
        if self.tutor.is_some() {
            return Vec::new();
        }
        if !self.desk.tries.is_empty() {
            return self.desk.tries.clone();
        }
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

    fn place(&self) -> String {
        match self.stands() {
            Place::Laptop => words().your_machine.to_owned(),
            place @ Place::Outside => place.name().to_owned(),
            Place::Node(name) => fill(words().on_a_node, &[&name]),
            Place::Pod {
                namespace, name, ..
            } => fill(words().in_a_pod, &[&name, &namespace]),
        }
    }

    /// Where the terminal in front stands.
    pub(super) fn stands(&self) -> Place {
        self.consoles
            .session()
            .map_or(Place::Laptop, Session::place)
    }

    pub(super) fn type_text(&mut self, text: &str) {
        self.sight.act(Look::At(None));
        self.note_files();
        self.note(Deed::Type(self.consoles.front_id(), text.to_owned()));
        if self.options.frozen && self.typed {
            pace(&mut self.world);
        }
        self.typed = true;
        let mut room = room();
        let new = self.consoles.type_text(&mut self.world, text, &mut room);
        self.know_files();
        let applied = |block: &Block| {
            new.contains(&block.id) && block.status == 0 && takes_manifests(&block.line)
        };
        if self.consoles.blocks().iter().any(applied) {
            self.desk.applied = Some(self.world.cluster.now());
        }
        // A command may have opened or renamed a tab.
        let open = self.desk.open;
        if open.is_none_or(|id| self.world.files.text(id).is_none()) {
            self.desk.open = self.world.files.tabs().first().map(|tab| tab.id);
            self.desk.version += 1;
        }
    }
}

/// Whether a line hands manifests to the cluster: `kubectl apply -f`, also at the end of a pipe or after others.
fn takes_manifests(line: &str) -> bool {
    let mut parts = line.split(['|', ';', '&', '\n']);
    parts.any(|part| {
        let mut words = part.split_whitespace();
        matches!(words.next(), Some("kubectl" | "k"))
            && words.any(|word| matches!(word, "apply" | "create" | "replace"))
            && words.any(|word| {
                ["-f", "-k", "--filename", "--kustomize"]
                    .iter()
                    .any(|flag| word.starts_with(flag))
            })
    })
}

fn world(example: &Example, options: &Options) -> World {
    let mut settings = Settings::default();
    settings.epoch = options.epoch.unwrap_or(settings.epoch);
    if let Some(source) = &options.source {
        let settings = Settings {
            seed: options.seed.unwrap_or(example.seed),
            ..settings
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
    if options.seed.is_some() || options.epoch.is_some() {
        settings.seed = options.seed.unwrap_or(example.seed);
        world.cluster = Cluster::new(&settings);
    }
    world
}
