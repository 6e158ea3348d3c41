//! What a command sees: the world, where it stands, its input and its output.

use crate::cluster::{Cluster, ConnId, ConnectError, Place, Protocol};
use crate::kernel::BTreeMap;
use crate::kernel::{SimTime, Span};
use crate::shell::Files;
use std::net::SocketAddr;
use std::ops::Range;

/// Everything that commands act on.
#[derive(Debug)]
pub struct World {
    /// The simulated cluster.
    pub cluster: Cluster,
    /// The laptop's files: the editor's tabs are among them.
    pub files: Files,
}

/// Which stream a piece of output went to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// Standard output while the terminal is raw: it makes no line ends.
    Raw,
    /// Portside's own dim remark, which the real program would not print.
    Note,
}

/// What a command printed, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The pieces, each with its stream.
    pub pieces: Vec<(Stream, String)>,
    /// How many bytes had been printed when time went on, for showing a wait as it was.
    pub marks: Vec<(usize, SimTime)>,
    /// Whether what Ctrl-C makes a program say is part of it.
    pub told: bool,
}

impl Output {
    /// Adds text to a stream, joining it to the piece before if that is of the same stream.
    pub fn write(&mut self, stream: Stream, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.pieces.last_mut() {
            Some((last, piece)) if *last == stream => piece.push_str(text),
            _ => self.pieces.push((stream, text.to_owned())),
        }
    }

    /// Prints a line on standard output.
    pub fn line(&mut self, text: &str) {
        self.write(Stream::Out, text);
        self.write(Stream::Out, "\n");
    }

    /// Prints a line on standard error.
    pub fn error(&mut self, text: &str) {
        self.write(Stream::Err, text);
        self.write(Stream::Err, "\n");
    }

    /// Adds a remark of Portside's own.
    pub fn note(&mut self, text: &str) {
        self.write(Stream::Note, text);
        self.write(Stream::Note, "\n");
    }

    /// How many bytes have been printed.
    pub fn size(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.len()).sum()
    }

    /// Takes over what another output holds, with its marks.
    pub fn append(&mut self, other: &Self) {
        let size = self.size();
        let marks = other.marks.iter().map(|(at, time)| (size + at, *time));
        self.marks.extend(marks);
        for (stream, text) in &other.pieces {
            self.write(*stream, text);
        }
        self.told |= other.told;
    }

    /// Drops what was printed since time went on last: Ctrl-C came before it.
    pub fn cut(&mut self) {
        let mut room = self.marks.last().map_or(0, |(size, _)| *size);
        for (_, text) in &mut self.pieces {
            let mut end = room.min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            room -= end;
        }
        self.pieces.retain(|(_, text)| !text.is_empty());
    }

    /// What is printed so far stands before time goes on.
    pub(super) fn mark(&mut self, cluster: &Cluster) {
        let mark = (self.size(), cluster.now());
        let is_new = self.marks.last().is_none_or(|last| last.0 != mark.0);
        if is_new && !cluster.is_stopped() {
            self.marks.push(mark);
        }
    }

    /// All text of one stream.
    pub fn text(&self, stream: Stream) -> String {
        self.pieces
            .iter()
            .filter(|(s, _)| *s == stream || (stream == Stream::Out && *s == Stream::Raw))
            .map(|(_, text)| text.as_str())
            .collect()
    }
}

/// What a command is given.
#[derive(Debug)]
pub struct Context<'a> {
    /// What it acts on.
    pub world: &'a mut World,
    /// Where it runs.
    pub place: &'a Place,
    /// Its variables.
    pub env: &'a BTreeMap<String, String>,
    /// The directory that it runs in.
    pub cwd: &'a str,
    /// Standard input, if it is a pipe, a file or a here-document; `None` when it is the terminal.
    pub stdin: Option<String>,
    /// Whether standard output is the terminal.
    pub tty: bool,
    /// What it prints.
    pub out: &'a mut Output,
}

impl Context<'_> {
    /// The same for a program that runs inside this one; it is handed what stands in for standard input.
    pub(super) fn inner(&mut self) -> Context<'_> {
        Context {
            world: &mut *self.world,
            place: self.place,
            env: self.env,
            cwd: self.cwd,
            stdin: self.stdin.take(),
            tty: self.tty,
            out: &mut *self.out,
        }
    }

    /// Lets simulated time pass: what is printed so far stands by now. False once Ctrl-C has come, which ends the waiting.
    pub fn pass(&mut self, span: Span) -> bool {
        self.mark();
        self.world.cluster.advance(span);
        !self.world.cluster.is_stopped()
    }

    /// Opens a connection from where the program runs.
    pub fn connect(
        &mut self,
        to: SocketAddr,
        protocol: Protocol,
        patience: Option<Span>,
    ) -> Result<ConnId, ConnectError> {
        self.mark();
        let cluster = &mut self.world.cluster;
        cluster.connect(self.place, to, protocol, patience)
    }

    /// What is printed so far stands before time goes on.
    pub fn mark(&mut self) {
        self.out.mark(&self.world.cluster);
    }

    /// What a program says to Ctrl-C that ends it while it waits; nothing if none came.
    pub fn last_words(&mut self) -> bool {
        let stopped = self.world.cluster.is_stopped();
        if stopped {
            self.out.cut();
            self.out.told = true;
        }
        stopped
    }
}

/// How a command ended, or that it goes on.
pub enum Outcome {
    /// It ended with this exit status.
    Exit(i32),
    /// It stays in the foreground and reads what is typed next.
    Foreground(Box<dyn Program>),
}

/// What can be copied as it stands, so that a line can be run again from before it.
pub trait Fork {
    /// The same program in the same state.
    fn fork(&self) -> Box<dyn Program>;
}

impl<T: Program + Clone + 'static> Fork for T {
    fn fork(&self) -> Box<dyn Program> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Program> {
    fn clone(&self) -> Self {
        (**self).fork()
    }
}

/// A program in the foreground: a telnet session, a shell in a Pod, `kubectl run -it` around one.
pub trait Program: Fork {
    /// What stands before the cursor; empty while a program reads raw lines.
    fn prompt(&self) -> String {
        String::new()
    }
    /// Where the reader stands while it runs.
    fn place(&self) -> Place;
    /// It has come to the foreground: it may print, end at once, or start another in front of itself.
    fn start(&mut self, context: &mut Context<'_>) -> Progress {
        let _ = context;
        Progress::Stay
    }
    /// A line was typed; what reads none goes on.
    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        let _ = line;
        self.passed(context)
    }
    /// Simulated time has passed while it was in the foreground.
    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        let _ = context;
        Progress::Stay
    }
    /// Ctrl-C was typed.
    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        let _ = context;
        Progress::Exit(130)
    }
    /// Ctrl-D was typed on an empty line.
    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        self.passed(context)
    }
    /// A program that this one had started has ended with this exit status.
    fn child_ended(&mut self, context: &mut Context<'_>, status: i32) -> Progress {
        let _ = context;
        Progress::Exit(status)
    }
    /// What it reads.
    fn reads(&self) -> Reads {
        Reads::Nothing
    }
    /// The status of what ran last, which `$?` gives.
    fn status(&self) -> i32 {
        0
    }
    /// Until when it waits by itself, to go on then with [`Program::passed`]; nothing if it waits for what is typed.
    fn wakes(&self) -> Option<SimTime> {
        None
    }
    /// How the terminal hands on what is typed.
    fn keys(&self) -> Keys {
        Keys::Lines
    }
    /// What could stand at the cursor of a line that is being typed.
    fn complete(&self, world: &World, line: &str, cursor: usize) -> Vec<Candidate> {
        let _ = (world, line, cursor);
        Vec::new()
    }
}

/// What a program in the foreground reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Commands, which are repaired if they were pasted.
    Commands,
    /// The rest of a command whose first line was left open.
    Continuation,
    /// Lines, just as they were typed.
    Lines,
    /// Nothing: it runs until it ends by itself or hears Ctrl-C, as `kubectl get --watch` does.
    Nothing,
}

impl Reads {
    /// Whether a shell reads.
    pub fn is_shell(self) -> bool {
        matches!(self, Self::Commands | Self::Continuation)
    }
}

/// How a terminal hands on to a program what is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Line by line, echoed, with the usual keys to edit.
    Lines,
    /// Line by line; this key ends one at once.
    LinesAnd(char),
    /// Key by key, as they are, not echoed.
    Raw,
}

/// What could stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The part of the line that it replaces, in bytes.
    pub replaces: Range<usize>,
    /// The text that it puts there.
    pub text: String,
}

/// What a foreground program does after an event.
pub enum Progress {
    /// It goes on.
    Stay,
    /// It starts another in front of itself.
    Push(Box<dyn Program>),
    /// It ends with this exit status.
    Exit(i32),
}
