//! One terminal: a shell, and whatever programs stand in front of it.

use super::colours::{self, Role};
use super::context::{Candidate, Context, Output, Program, Progress, Reads, World};
use super::interpreter::Shell;
use super::paste::{Paste, repair};
use super::prompt::begins_with_prompt;
use super::surroundings::{self, Kit, Surroundings};
use super::{commands, kubectl};
use crate::cluster::Place;
use crate::kernel::BTreeMap;
use crate::kernel::{Seq, SimTime, Span};
use std::ops::Range;

/// How many programs may stand in front of each other.
const MOST_PROGRAMS: usize = 16;

/// The status of a program that was killed.
const KILLED: i32 = 137;

/// A terminal as it was before a line, and the line.
struct Before {
    world: World,
    stack: Vec<Box<dyn Program>>,
    lives: Vec<Option<String>>,
    line: String,
    /// What was printed to make way for the line.
    out: Output,
}

/// A terminal.
pub struct Session {
    /// The shell at the bottom and the programs in front of it, the foremost last.
    stack: Vec<Box<dyn Program>>,
    /// Which run of its container each program belongs to.
    lives: Vec<Option<String>>,
    bottom: Place,
    history: Vec<String>,
    /// Whether the last line of a text is kept with what was before it, so that Ctrl-C can come in the middle of it.
    keeps: bool,
    before: Option<Box<Before>>,
    /// The line that waits, if there was no room to wait to its end.
    running: Option<Running>,
}

/// A line whose program waits by itself.
#[derive(Clone, Debug)]
pub struct Running {
    /// What stood before the line.
    pub prompt: String,
    place: Place,
    /// The line.
    pub line: String,
    /// What it has printed so far.
    pub output: Output,
    /// The line's coloured stretches.
    pub colours: Vec<(Range<usize>, Role)>,
    /// When it began.
    pub began: SimTime,
}

/// One line that was typed, and what came of it: a terminal's transcript is made of such blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What stood before the line.
    pub prompt: String,
    /// Where it was typed.
    pub place: Place,
    /// The line, without a pasted prompt; its repair is told in the output.
    pub line: String,
    /// What it printed.
    pub output: Output,
    /// The line's coloured stretches.
    pub colours: Vec<(Range<usize>, Role)>,
    /// When it began.
    pub began: SimTime,
    /// When it ended, or came to wait for what is typed next.
    pub ended: SimTime,
    /// The status of what ran last.
    pub status: i32,
}

/// Whether a line is more than a moment's waiting or a key.
fn is_text(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with(['\u{3}', '\u{4}', '\u{1a}'])
}

/// What is to be done with the foremost program.
enum Event<'a> {
    Start,
    Passed,
    Line(&'a str),
    Interrupt,
    EndOfInput,
    ChildEnded(i32),
}

impl Session {
    /// A terminal with a shell at a place.
    pub fn new(world: &World, place: Place) -> Self {
        let shell = Shell::interactive(world, place.clone(), None);
        Self {
            stack: vec![Box::new(shell)],
            lives: vec![None],
            bottom: place,
            history: Vec::new(),
            keeps: false,
            before: None,
            running: None,
        }
    }

    /// From now on a line that waits can be interrupted after the fact: somebody is shown the waiting.
    pub fn keep_before(&mut self) {
        self.keeps = true;
    }

    /// What stands before the cursor.
    pub fn prompt(&self) -> String {
        self.stack
            .last()
            .map(|program| program.prompt())
            .unwrap_or_default()
    }

    /// Where the reader stands.
    pub fn place(&self) -> Place {
        self.stack
            .last()
            .map_or_else(|| self.bottom.clone(), |program| program.place())
    }

    /// The status of what ran last.
    pub fn status(&self) -> i32 {
        self.stack.last().map_or(0, |program| program.status())
    }

    /// What the foremost program reads.
    pub fn reads(&self) -> Reads {
        self.stack
            .last()
            .map_or(Reads::Nothing, |program| program.reads())
    }

    /// The commands typed so far, oldest first.
    pub fn history(&self) -> &[String] {
        &self.history
    }

    /// What could stand at the cursor.
    pub fn complete(&self, world: &World, line: &str, cursor: usize) -> Vec<Candidate> {
        self.stack
            .last()
            .map(|program| program.complete(world, line, cursor))
            .unwrap_or_default()
    }

    /// The coloured stretches of a line that is typed here.
    pub fn colours(&self, world: &World, line: &str) -> Vec<(Range<usize>, Role)> {
        if !self.reads().is_shell() {
            return Vec::new();
        }
        let kit = Surroundings::of(&world.cluster, &self.place()).kit;
        colours::of_line(line, &|word| commands::find(word, kit).is_some())
    }

    /// The line that a line was probably meant to be, if a word of it is nearly a command or a verb.
    pub fn meant(&self, world: &World, line: &str) -> Option<String> {
        if self.reads() != Reads::Commands {
            return None;
        }
        let start = line.len() - line.trim_start().len();
        let mut words = line.get(start..)?.split_inclusive(' ');
        let first = words.next()?.strip_suffix(' ')?;
        let kit = Surroundings::of(&world.cluster, &self.place()).kit;
        if first == "kubectl" && kit == Kit::Laptop {
            let at = start + first.len() + 1;
            let verb = words.next()?.strip_suffix(' ')?;
            let meant = kubectl::meant(verb)?;
            let rest = line.get(at + verb.len()..)?;
            return Some(format!("{}{meant}{rest}", line.get(..at)?));
        }
        let meant = commands::meant(first, kit)?;
        let rest = line.get(start + first.len()..)?;
        Some(format!("{}{meant}{rest}", line.get(..start)?))
    }

    /// Types a line, or pastes several; what all of them printed.
    ///
    /// Ctrl-C and Ctrl-D may stand in it as the characters that terminals send for them.
    pub fn type_line(&mut self, world: &mut World, text: &str) -> Output {
        let mut all = Output::default();
        for block in self.type_text(world, text) {
            for (stream, piece) in &block.output.pieces {
                all.write(*stream, piece);
            }
        }
        all
    }

    /// Types a line, or pastes several; a block for each line that was run.
    pub fn type_text(&mut self, world: &mut World, text: &str) -> Vec<Block> {
        self.begin_text(world, text, &mut || true)
    }

    /// The same as far as there is room for it: what the last line waits for may come later, with [`Session::go_on`].
    pub fn begin_text(
        &mut self,
        world: &mut World,
        text: &str,
        room: &mut dyn FnMut() -> bool,
    ) -> Vec<Block> {
        // What is typed meanwhile is read when the line before has ended.
        let mut blocks: Vec<Block> = self.go_on(world, &mut || true).into_iter().collect();
        let known_at = |place: &Place, world: &World| {
            let kit = Surroundings::of(&world.cluster, place).kit;
            move |word: &str| commands::find(word, kit).is_some()
        };
        let paste = Paste::new(text, &known_at(&self.place(), world));
        self.before = None;
        for (number, line) in paste.lines.iter().enumerate() {
            let mut out = Output::default();
            // A prompt in front of a line tells that the program which reads now had ended by then.
            if !self.reads().is_shell() && begins_with_prompt(line) {
                self.leave(world, &mut out);
            }
            if self.reads() == Reads::Nothing && is_text(line) {
                self.make_way(world, &mut out);
            }
            let known = known_at(&self.place(), world);
            let reads = self.reads();
            let line = match reads {
                // The repair of a single line tells of its prompt.
                Reads::Commands if !paste.prompted => line.clone(),
                Reads::Commands => match paste.command(line, &known) {
                    Some(line) => line.to_owned(),
                    None => continue,
                },
                Reads::Continuation if paste.prompted => {
                    line.strip_prefix("> ").unwrap_or(line).to_owned()
                }
                Reads::Lines | Reads::Nothing if paste.prompted => continue,
                Reads::Continuation | Reads::Lines | Reads::Nothing => line.clone(),
            };
            // Whoever pastes a page expects what its author saw, who typed line after line.
            if !blocks.is_empty() && reads == Reads::Commands && !line.trim().is_empty() {
                pace(world);
            }
            let last = self.keeps && number + 1 == paste.lines.len();
            if last {
                self.before = Some(Box::new(Before {
                    world: World {
                        cluster: world.cluster.keep(),
                        files: world.files.clone(),
                    },
                    stack: self.stack.clone(),
                    lives: self.lives.clone(),
                    line: line.clone(),
                    out: out.clone(),
                }));
            }
            let running = self.begin(world, line, out);
            let all: &mut dyn FnMut() -> bool = &mut || true;
            self.running = Some(running);
            blocks.extend(self.go_on(world, if last { &mut *room } else { all }));
        }
        let done = |block: &Block| block.began == block.ended;
        if self.running.is_none() && blocks.last().is_none_or(done) {
            self.before = None;
        }
        blocks
    }

    fn begin(&mut self, world: &mut World, line: String, output: Output) -> Running {
        let mut running = Running {
            prompt: self.prompt(),
            place: self.place(),
            colours: self.colours(world, &line),
            began: world.cluster.now(),
            line,
            output,
        };
        let line = running.line.clone();
        self.one_line(world, &line, &mut running.output);
        running
    }

    /// The line that waits.
    pub fn running(&self) -> Option<&Running> {
        self.running.as_ref()
    }

    /// Waits on, as far as there is room for it; the line once it has ended.
    pub fn go_on(&mut self, world: &mut World, room: &mut dyn FnMut() -> bool) -> Option<Block> {
        let mut running = self.running.take()?;
        if self.wait(world, room, &mut running.output) {
            Some(self.ended(world, running))
        } else {
            self.running = Some(running);
            None
        }
    }

    /// Ctrl-C comes while a line waits; the line as it is then.
    pub fn interrupt_running(&mut self, world: &mut World) -> Option<Block> {
        let now = world.cluster.now();
        world.cluster.run_until(now, usize::MAX);
        world.cluster.stop_at(Some(now));
        let block = self.go_on(world, &mut || true);
        world.cluster.stop_at(None);
        self.before = None;
        block
    }

    /// Lets time pass while the program in front waits by itself, timer by timer as long as there is room; whether that is over.
    fn wait(
        &mut self,
        world: &mut World,
        room: &mut dyn FnMut() -> bool,
        out: &mut Output,
    ) -> bool {
        while let Some(due) = self.stack.last().and_then(|program| program.wakes()) {
            out.mark(&world.cluster);
            while world.cluster.run_until(due, 1) == 1 {
                if !room() {
                    return false;
                }
            }
            if world.cluster.is_stopped() {
                self.dispatch(world, Event::Interrupt, out);
            } else if !self.bury(world, out) {
                self.dispatch(world, Event::Passed, out);
            }
        }
        true
    }

    fn ended(&mut self, world: &mut World, running: Running) -> Block {
        let mut out = running.output;
        // A program that is in front has waited too: it hears Ctrl-C itself.
        if world.cluster.is_stopped() && !self.reads().is_shell() {
            self.dispatch(world, Event::Interrupt, &mut out);
        }
        // What runs behind the shell has had its time too.
        if self.reads() == Reads::Commands {
            self.dispatch(world, Event::Passed, &mut out);
        }
        Block {
            prompt: running.prompt,
            place: running.place,
            colours: running.colours,
            line: running.line,
            output: out,
            began: running.began,
            ended: world.cluster.now(),
            status: self.status(),
        }
    }

    /// The last line as it is when Ctrl-C comes so long after its begin: the world is again as it was before the line, which
    /// runs again as far as that. `None` if it was over by then, or if something else has been done since.
    pub fn interrupt_after(&mut self, world: &mut World, waited: Span) -> Option<Block> {
        let before = *self.before.take()?;
        world.cluster.go_back_to(before.world.cluster);
        world.files = before.world.files;
        (self.stack, self.lives) = (before.stack, before.lives);
        world.cluster.stop_at(Some(world.cluster.now() + waited));
        self.running = Some(self.begin(world, before.line, before.out));
        let block = self.go_on(world, &mut || true);
        world.cluster.stop_at(None);
        block
    }

    /// Where in the log the line begins that can be interrupted.
    pub fn kept(&self) -> Option<Seq> {
        self.before
            .as_ref()
            .map(|before| before.world.cluster.end())
    }

    /// Something else is done: the last line can no longer be interrupted.
    pub fn forget_before(&mut self) {
        self.before = None;
    }

    /// Ends the programs in front until a shell reads.
    fn leave(&mut self, world: &mut World, out: &mut Output) {
        for _ in 0..MOST_PROGRAMS {
            if self.reads().is_shell() {
                break;
            }
            self.one_line(world, "\u{4}", out);
        }
        out.note("Left the program in front, as the pasted prompt tells.");
    }

    /// Ctrl-C for what reads nothing and may never end: a line for the shell behind it has come.
    fn make_way(&mut self, world: &mut World, out: &mut Output) {
        for _ in 0..MOST_PROGRAMS {
            if self.reads() != Reads::Nothing {
                break;
            }
            self.one_line(world, "\u{3}", out);
        }
        out.note("What ran in front reads nothing: Ctrl-C ended it, so that this line could run.");
    }

    fn one_line(&mut self, world: &mut World, line: &str, out: &mut Output) {
        // Keys that act at once cut the line; what was typed before them is dropped by Ctrl-C, and sent by Ctrl-D.
        if let Some(at) = line.find(['\u{3}', '\u{4}']) {
            let (before, rest) = line.split_at(at);
            let key = rest.chars().next();
            if key == Some('\u{4}') && !before.is_empty() {
                self.one_line(world, before, out);
            }
            let event = if key == Some('\u{3}') {
                Event::Interrupt
            } else {
                Event::EndOfInput
            };
            world.cluster.typed(
                &self.place(),
                if key == Some('\u{3}') { "^C" } else { "^D" },
            );
            self.dispatch(world, event, out);
            let after = rest.get(1..).unwrap_or_default();
            if !after.is_empty() {
                self.one_line(world, after, out);
            }
            return;
        }
        if line.contains('\u{1a}') {
            return self.suspend(out);
        }
        let place = self.place();
        let mut line = line.to_owned();
        if self.reads() == Reads::Commands {
            let kit = Surroundings::of(&world.cluster, &place).kit;
            let repaired = repair(&line, &|word| commands::find(word, kit).is_some());
            if let Some(note) = repaired.note() {
                out.note(&note);
            }
            line = repaired.line;
            if !line.trim().is_empty() && self.history.last() != Some(&line) {
                self.history.push(line.clone());
            }
        }
        if self.bury(world, out) {
            return;
        }
        if !line.trim().is_empty() || !self.reads().is_shell() {
            world.cluster.typed(&place, &line);
        }
        self.dispatch(world, Event::Line(&line), out);
    }

    /// Ctrl-Z: a shell drops its line, and programs are not stopped.
    fn suspend(&self, out: &mut Output) {
        out.line("^Z");
        if !self.reads().is_shell() {
            out.note("Portside does not stop programs with Ctrl-Z: Ctrl-C or Ctrl-D leaves them, and & at a line's end keeps kubectl port-forward behind.");
        }
    }

    /// Simulated time has passed: what the program in front prints by itself.
    pub fn passed(&mut self, world: &mut World) -> Output {
        let mut out = Output::default();
        if self.running.is_none() && !self.bury(world, &mut out) {
            self.dispatch(world, Event::Passed, &mut out);
        }
        out
    }

    /// Ends the programs whose container has stopped: kubectl, which stands before them, tells that they were killed.
    fn bury(&mut self, world: &mut World, out: &mut Output) -> bool {
        let dead = |at: &usize| {
            let life = self.lives.get(*at).cloned().flatten();
            let place = self.stack.get(*at).map(|program| program.place());
            life.is_some() && place.is_some_and(|p| surroundings::life(&world.cluster, &p) != life)
        };
        let Some(first) = (1..self.stack.len()).find(dead) else {
            return false;
        };
        self.stack.truncate(first + 1);
        self.lives.truncate(first + 1);
        if let Some(life) = self.lives.last_mut() {
            *life = None;
        }
        self.dispatch(world, Event::ChildEnded(KILLED), out);
        true
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self, world: &mut World) -> Output {
        self.type_line(world, "\u{3}")
    }

    /// Ctrl-D on an empty line.
    pub fn end_of_input(&mut self, world: &mut World) -> Output {
        self.type_line(world, "\u{4}")
    }

    /// Hands an event to the foremost program, and goes on while programs start and end.
    fn dispatch(&mut self, world: &mut World, event: Event<'_>, out: &mut Output) {
        let mut event = event;
        loop {
            let full = self.stack.len() >= MOST_PROGRAMS;
            let Some(program) = self.stack.last_mut() else {
                return;
            };
            let place = program.place();
            let env = BTreeMap::new();
            let mut context = Context {
                world: &mut *world,
                place: &place,
                env: &env,
                cwd: "/",
                stdin: None,
                tty: true,
                out,
            };
            let progress = match event {
                Event::Start => program.start(&mut context),
                Event::Passed => program.passed(&mut context),
                Event::Line(line) => program.line(&mut context, line),
                Event::Interrupt => program.interrupt(&mut context),
                Event::EndOfInput => program.end_of_input(&mut context),
                Event::ChildEnded(status) => program.child_ended(&mut context, status),
            };
            event = match progress {
                Progress::Stay => return,
                Progress::Push(_) if full => {
                    out.note("Too many programs stand in front of each other: leave some first.");
                    Event::ChildEnded(1)
                }
                Progress::Push(program) => {
                    let life = surroundings::life(&world.cluster, &program.place());
                    self.lives.push(life);
                    self.stack.push(program);
                    Event::Start
                }
                Progress::Exit(status) if self.stack.len() > 1 => {
                    self.stack.pop();
                    self.lives.pop();
                    Event::ChildEnded(status)
                }
                // A terminal whose only shell ends begins again.
                Progress::Exit(_) => {
                    self.lives = vec![None];
                    self.stack = vec![Box::new(Shell::interactive(
                        world,
                        self.bottom.clone(),
                        None,
                    ))];
                    return;
                }
            };
        }
    }
}

/// The pause of a typist between two lines, when no clock of the reader's runs: a second passes, then what is under
/// way settles, within ten.
pub fn pace(world: &mut World) {
    world.cluster.advance(Span::secs(1));
    world.cluster.settle(Span::secs(10));
}
