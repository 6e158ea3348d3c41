//! The terminals behind the page: each a session with its transcript, one of them in front, one history for all.

use crate::cluster::Place;
use crate::kernel::{Seq, SimTime, Span};
use crate::shell::{self, Candidate, Reads, Role, Session, Stream, World};
use std::ops::Range;
use std::rc::Rc;

/// How many command blocks a terminal keeps.
const MOST_BLOCKS: usize = 200;
/// How many terminals there may be.
const MOST_TERMINALS: usize = 8;
/// How many lines the history keeps.
const MOST_LINES: usize = 500;

/// One command and what it printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number, which never changes.
    pub id: usize,
    /// The prompt before it.
    pub prompt: String,
    /// The line.
    pub line: String,
    /// The line's coloured stretches.
    pub colours: Vec<(Range<usize>, Role)>,
    /// What it printed.
    pub pieces: Vec<(Stream, String)>,
    /// How many bytes stood there when how much time had passed.
    pub marks: Vec<(usize, Span)>,
    /// How much simulated time it took.
    pub took: Span,
    /// The exit status after it.
    pub status: i32,
}

/// A terminal's tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Its number, which never changes.
    pub id: usize,
    /// Where it stands.
    pub name: String,
}

struct Console {
    id: usize,
    session: Session,
    blocks: Rc<Vec<Block>>,
}

impl Console {
    fn push(&mut self, id: usize, block: Block) {
        let blocks = Rc::make_mut(&mut self.blocks);
        blocks.push(Block { id, ..block });
        let surplus = blocks.len().saturating_sub(MOST_BLOCKS);
        blocks.drain(..surplus);
    }

    /// Shows what the line that waits has printed so far.
    fn tell(&mut self) {
        let Some(running) = self.session.running() else {
            return;
        };
        if let Some(last) = Rc::make_mut(&mut self.blocks).last_mut() {
            last.pieces.clone_from(&running.output.pieces);
        }
    }

    /// The line that waited has ended: its waiting has been shown already.
    fn end(&mut self, heard: &mut String, block: shell::Block) {
        note(heard, &block.output.pieces);
        if let Some(last) = Rc::make_mut(&mut self.blocks).last_mut() {
            last.pieces = block.output.pieces;
            last.status = block.status;
        }
    }
}

/// A block as the transcript shows it.
fn shown(block: shell::Block) -> Block {
    let since = |time: SimTime| time.since(block.began);
    let marks = block.output.marks.iter();
    Block {
        id: 0,
        marks: marks.map(|(size, time)| (*size, since(*time))).collect(),
        took: since(block.ended),
        prompt: block.prompt,
        line: block.line.replace(['\u{3}', '\u{4}'], ""),
        colours: block.colours,
        pieces: block.output.pieces,
        status: block.status,
    }
}

/// The block of a line that waits: what it prints is shown as it comes.
fn running_block(running: &shell::Running) -> Block {
    Block {
        id: 0,
        prompt: running.prompt.clone(),
        line: running.line.clone(),
        colours: running.colours.clone(),
        pieces: running.output.pieces.clone(),
        marks: Vec::new(),
        took: Span(0),
        status: 0,
    }
}

/// All terminals.
pub(in crate::ui) struct Consoles {
    all: Vec<Console>,
    front: usize,
    next_id: usize,
    next_block: usize,
    history: Rc<Vec<String>>,
    /// What was printed since somebody asked.
    heard: String,
}

impl Consoles {
    /// One terminal on the laptop.
    pub(in crate::ui) fn new(world: &World) -> Self {
        let mut consoles = Self {
            all: Vec::new(),
            front: 0,
            next_id: 1,
            next_block: 0,
            history: Rc::default(),
            heard: String::new(),
        };
        consoles.open(world);
        consoles
    }

    /// Opens another terminal on the laptop and puts it in front.
    pub(in crate::ui) fn open(&mut self, world: &World) {
        if self.all.len() >= MOST_TERMINALS {
            return;
        }
        let mut session = Session::new(world, Place::Laptop);
        session.keep_before();
        self.all.push(Console {
            id: self.next_id,
            session,
            blocks: Rc::default(),
        });
        self.front = self.next_id;
        self.next_id += 1;
    }

    /// Puts a terminal in front that waits at the laptop's prompt: the one in front, another one, or a new one.
    pub(in crate::ui) fn go_to_laptop(&mut self, world: &World) {
        let waits = |console: &Console| {
            console.session.place() == Place::Laptop && console.session.reads() == Reads::Commands
        };
        if self.front().is_some_and(waits) {
            return;
        }
        match self.all.iter().find(|console| waits(console)) {
            Some(console) => self.front = console.id,
            None => self.open(world),
        }
    }

    /// Closes a terminal, and what runs in it; the last one stays.
    pub(in crate::ui) fn close(&mut self, world: &mut World, id: usize) {
        let Some(at) = self.all.iter().position(|console| console.id == id) else {
            return;
        };
        if self.all.len() == 1 {
            return;
        }
        let mut console = self.all.remove(at);
        // What stands in front is left as by Ctrl-D, so that `--rm` removes its Pod.
        for _ in 0..MOST_TERMINALS {
            if console.session.place() == Place::Laptop && console.session.reads().is_shell() {
                break;
            }
            console.session.end_of_input(world);
        }
        if self.front == id {
            let next = self.all.get(at.min(self.all.len() - 1));
            self.front = next.map_or(0, |console| console.id);
        }
    }

    /// Puts a terminal in front.
    pub(in crate::ui) fn show(&mut self, id: usize) {
        if self.all.iter().any(|console| console.id == id) {
            self.front = id;
        }
    }

    /// Puts a terminal in front, and opens those before it that nobody typed into.
    pub(in crate::ui) fn reach(&mut self, world: &World, id: usize) {
        while self.next_id <= id && self.all.len() < MOST_TERMINALS {
            self.open(world);
        }
        self.show(id);
    }

    fn front(&self) -> Option<&Console> {
        self.all.iter().find(|console| console.id == self.front)
    }

    fn front_mut(&mut self) -> Option<&mut Console> {
        let front = self.front;
        self.all.iter_mut().find(|console| console.id == front)
    }

    /// The session in front.
    pub(in crate::ui) fn session(&self) -> Option<&Session> {
        self.front().map(|console| &console.session)
    }

    /// The transcript in front.
    pub(in crate::ui) fn blocks(&self) -> Rc<Vec<Block>> {
        self.front()
            .map(|console| console.blocks.clone())
            .unwrap_or_default()
    }

    /// The number of the terminal in front.
    pub(in crate::ui) fn front_id(&self) -> usize {
        self.front
    }

    /// The tabs, in order.
    pub(in crate::ui) fn tabs(&self) -> Vec<Tab> {
        let tab = |console: &Console| Tab {
            id: console.id,
            name: console.session.place().to_string(),
        };
        self.all.iter().map(tab).collect()
    }

    /// The lines typed so far in all terminals, oldest first.
    pub(in crate::ui) fn history(&self) -> Rc<Vec<String>> {
        Rc::clone(&self.history)
    }

    /// Takes over lines that were typed at another time.
    pub(in crate::ui) fn remember(&mut self, lines: impl Iterator<Item = String>) {
        Rc::make_mut(&mut self.history).extend(lines);
    }

    /// Empties the transcript in front.
    pub(in crate::ui) fn clear(&mut self) {
        if let Some(console) = self.front_mut() {
            console.blocks = Rc::default();
        }
    }

    /// Types into the terminal in front; the numbers of the new blocks.
    ///
    /// What it waits for may come later, if there is no room for it now: with [`Consoles::go_on`].
    pub(in crate::ui) fn type_text(
        &mut self,
        world: &mut World,
        text: &str,
        room: &mut dyn FnMut() -> bool,
    ) -> Range<usize> {
        let first = self.next_block;
        let history = Rc::make_mut(&mut self.history);
        let front = self.front;
        let Some(console) = self.all.iter_mut().find(|console| console.id == front) else {
            return first..first;
        };
        let known = console.session.history().len();
        let was_running = console.session.running().is_some();
        let typed = console.session.begin_text(world, text, room);
        for line in console.session.history().iter().skip(known) {
            if history.last() != Some(line) {
                history.push(line.clone());
            }
        }
        let surplus = history.len().saturating_sub(MOST_LINES);
        history.drain(..surplus);
        for (i, block) in typed.into_iter().enumerate() {
            if i == 0 && was_running {
                console.end(&mut self.heard, block);
                continue;
            }
            note(&mut self.heard, &block.output.pieces);
            console.push(self.next_block, shown(block));
            self.next_block += 1;
        }
        if let Some(running) = console.session.running() {
            let block = running_block(running);
            console.push(self.next_block, block);
            self.next_block += 1;
        }
        first..self.next_block
    }

    /// Whether a line waits in the terminal in front, or in another one.
    pub(in crate::ui) fn is_running(&self) -> bool {
        self.all
            .iter()
            .any(|console| console.session.running().is_some())
    }

    /// The lines that wait go on, as far as there is room.
    pub(in crate::ui) fn go_on(&mut self, world: &mut World, room: &mut dyn FnMut() -> bool) {
        for console in &mut self.all {
            if console.session.running().is_none() {
                continue;
            }
            match console.session.go_on(world, room) {
                Some(block) => console.end(&mut self.heard, block),
                None => console.tell(),
            }
        }
    }

    /// Ctrl-C ends the line that waits in the terminal in front; how long it has waited.
    pub(in crate::ui) fn interrupt_running(&mut self, world: &mut World) -> Option<Span> {
        let front = self.front;
        let console = self.all.iter_mut().find(|console| console.id == front)?;
        let block = console.session.interrupt_running(world)?;
        let waited = block.ended.since(block.began);
        console.end(&mut self.heard, block);
        Some(waited)
    }

    /// Ctrl-C comes in the middle of the last block, which becomes what it is then; where in the log the block begins.
    pub(in crate::ui) fn interrupt_after(
        &mut self,
        world: &mut World,
        waited: Span,
    ) -> Option<Seq> {
        let console = self.front_mut()?;
        let begun = console.session.kept()?;
        let block = console.session.interrupt_after(world, waited)?;
        let last = Rc::make_mut(&mut console.blocks).last_mut()?;
        last.pieces = block.output.pieces;
        last.marks.clear();
        (last.took, last.status) = (Span(0), block.status);
        Some(begun)
    }

    /// Something else is done: what waits can no longer be interrupted.
    pub(in crate::ui) fn forget_before(&mut self) {
        for console in &mut self.all {
            console.session.forget_before();
        }
    }

    /// Simulated time has passed: what stands in front in each terminal may print.
    pub(in crate::ui) fn hear(&mut self, world: &mut World) {
        for console in &mut self.all {
            let output = console.session.passed(world);
            if output.pieces.is_empty() {
                continue;
            }
            note(&mut self.heard, &output.pieces);
            if let Some(last) = Rc::make_mut(&mut console.blocks).last_mut() {
                last.took = Span(0);
                last.pieces.extend(output.pieces);
            }
        }
    }

    /// What was printed since the last time that this was asked.
    pub(in crate::ui) fn take_heard(&mut self) -> String {
        std::mem::take(&mut self.heard)
    }

    /// Puts a session in the place of the one in front.
    pub(in crate::ui) fn stand(&mut self, session: Session) {
        if let Some(console) = self.front_mut() {
            console.session = session;
            console.session.keep_before();
        }
    }

    /// What could stand at the cursor of a line.
    pub(in crate::ui) fn complete(&self, world: &World, line: &str, at: usize) -> Vec<Candidate> {
        self.session()
            .map(|session| session.complete(world, line, at))
            .unwrap_or_default()
    }
}

/// Notes what programs printed; remarks of Portside's own are not part of it.
fn note(heard: &mut String, pieces: &[(Stream, String)]) {
    let printed = pieces.iter().filter(|(stream, _)| *stream != Stream::Note);
    printed.for_each(|(_, text)| heard.push_str(text));
}
