//! The engine's part in a lesson: the reader's way through it, and what its buttons do to the world.

use super::super::engine::{Action, Engine};
use crate::lesson::{Deed, Lesson, Run, Verdict, put};
use crate::share::{Base, Deed as Noted};
use crate::shell::HOME;
use crate::web::Storage;
use std::rc::Rc;

/// What a reader does in a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Study {
    /// Begins it at a page: 0 is the introduction.
    Begin(Rc<Lesson>, usize),
    /// Turns to a page.
    Turn(usize),
    /// Types a line of it.
    Type {
        /// The prompt in front of it, empty for the terminal in front.
        prompt: String,
        /// The line.
        line: String,
        /// Whether Ctrl-C comes first.
        interrupt: bool,
    },
    /// Puts a text of it into a file, which the editor then shows.
    Write {
        /// The file.
        path: String,
        /// The text.
        text: String,
    },
    /// Does what passes the step.
    Solve,
    /// Begins the step again, in the world as it was then.
    Reset,
    /// Closes the lesson; the world stays as it is.
    Leave,
}

/// A lesson that is open.
pub(in crate::ui) struct Tutor {
    run: Run,
    solved: bool,
}

/// How a lesson stands, for its pane.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::ui) struct Studied {
    /// The lesson.
    pub(in crate::ui) lesson: Rc<Lesson>,
    /// The page.
    pub(in crate::ui) page: usize,
    /// Which steps are passed.
    pub(in crate::ui) passed: Vec<bool>,
    /// How the present step's assertions stand.
    pub(in crate::ui) verdicts: Vec<Verdict>,
    /// Whether the step was solved by the button, so that it offers to begin again.
    pub(in crate::ui) solved: bool,
}

impl Tutor {
    /// What the pane shows.
    pub(in crate::ui) fn studied(&self) -> Studied {
        Studied {
            lesson: self.run.lesson().clone(),
            page: self.run.page(),
            passed: self.run.passed().to_vec(),
            verdicts: self.run.verdicts().to_vec(),
            solved: self.solved,
        }
    }
}

/// Where the passed steps of a lesson are kept.
pub(in crate::ui) fn kept(id: &str) -> String {
    format!("lesson-{id}")
}

impl Engine {
    /// What a reader does in a lesson.
    pub(in crate::ui) fn study(&mut self, deed: Study) {
        match deed {
            Study::Begin(lesson, page) => {
                let mut run = Run::new(lesson);
                let kept = Storage::get(&kept(&run.lesson().id)).unwrap_or_default();
                run.restore(&kept.bytes().map(|b| b == b'1').collect::<Vec<_>>());
                self.arrive(run, page);
            }
            Study::Turn(page) => {
                self.note_files();
                self.note(Noted::Turn(page));
                if let Some(tutor) = &mut self.tutor {
                    tutor.run.turn(page, &mut self.world);
                    tutor.solved = false;
                    self.show_first_tab();
                }
                self.know_files();
            }
            Study::Type {
                prompt,
                line,
                interrupt,
            } => self.type_for(&prompt, &line, interrupt),
            Study::Write { path, text } => self.write_for(&path, &text),
            Study::Solve => self.solve(),
            Study::Reset => {
                if let Some(tutor) = self.tutor.take() {
                    let page = tutor.run.page();
                    self.arrive(tutor.run, page);
                }
            }
            Study::Leave => {
                self.note(Noted::Leave);
                self.tutor = None;
            }
        }
        self.edit(Action::Check);
    }

    /// Begins a page of a lesson in the world as it is for whoever did all that stands before it.
    fn arrive(&mut self, mut run: Run, page: usize) {
        // A lesson that cannot be set up is told by `portside lesson check`; the world stays as it is.
        let Ok((world, session)) = run.arrive(page) else {
            return;
        };
        let (version, auto, mirror) = (self.desk.version, self.desk.auto, self.desk.mirror);
        let (history, docs) = (self.history(), self.world.files.docs.clone());
        *self = self.again(world);
        self.journal.base = Base::Lesson(run.lesson().id.clone(), page);
        self.consoles.stand(session);
        self.remember(&history);
        self.tell_fields(docs);
        self.desk.version = version + 1;
        (self.desk.auto, self.desk.mirror) = (auto, mirror);
        self.tutor = Some(Tutor { run, solved: false });
    }

    /// A step's set-up may have opened a file.
    fn show_first_tab(&mut self) {
        let last = self.world.files.tabs().last().map(|tab| tab.id);
        if let Some(id) = last.filter(|id| self.desk.open != Some(*id)) {
            self.edit(Action::Select(id));
        }
    }

    fn type_for(&mut self, prompt: &str, line: &str, interrupt: bool) {
        if interrupt {
            self.type_text("\u{3}");
        }
        let reads = self.consoles.session().map(crate::shell::Session::reads);
        let at_home = prompt.trim_end().ends_with('$') && !prompt.contains('#');
        if at_home && !prompt.is_empty() {
            // A command of one's own machine waits for no Pod's shell.
            self.consoles.go_to_laptop(&self.world);
            self.type_text(line);
        } else if reads.is_some_and(|reads| !reads.is_shell()) && !prompt.is_empty() {
            self.type_text(&format!("{prompt}{line}"));
        } else {
            self.type_text(line);
        }
    }

    fn write_for(&mut self, path: &str, text: &str) {
        put(&mut self.world, path, text);
        let id = self.world.files.open(HOME, &path.replacen('~', HOME, 1));
        self.edit(Action::Select(id));
    }

    fn solve(&mut self) {
        let deeds = self
            .tutor
            .as_ref()
            .map(|tutor| tutor.run.solution().to_vec());
        for deed in deeds.unwrap_or_default() {
            match deed {
                Deed::Write { path, text } => self.write_for(&path, &text),
                Deed::Type(text) => self.type_text(&text),
            }
        }
        if let Some(tutor) = &mut self.tutor {
            tutor.solved = true;
        }
    }

    /// Looks at the step again after something changed; the words to say if it is passed only now.
    pub(in crate::ui) fn look_at_step(&mut self) -> Option<String> {
        let printed = self.consoles.take_heard();
        let tutor = self.tutor.as_mut()?;
        tutor.run.print(&printed);
        if !tutor.run.look(&self.world.cluster) {
            return None;
        }
        let flags: String = tutor
            .run
            .passed()
            .iter()
            .map(|p| if *p { '1' } else { '0' })
            .collect();
        Storage::set(&kept(&tutor.run.lesson().id), &flags);
        let page = tutor.run.page();
        tutor
            .run
            .lesson()
            .steps
            .get(page.wrapping_sub(1))
            .map(|step| step.title.clone())
    }
}
