//! Types commands as a reader would, and compares what a text quotes with what comes.

use super::super::markdown::Problem;
use super::{Report, Rewrite};
use crate::cluster::Place;
use crate::shell::{Reads, Session, Stream, World, pace, prompt_of};
use std::ops::Range;

/// A line of a quoted terminal that stands for any lines.
const ANYTHING: &str = "...";

/// Somebody at a terminal who has a text to type from.
pub(super) struct Typist<'a> {
    pub(super) world: World,
    pub(super) session: Session,
    source: &'a str,
    problems: Vec<Problem>,
    rewrites: Vec<Rewrite>,
    typed: usize,
}

impl<'a> Typist<'a> {
    pub(super) fn new(mut world: World, source: &'a str) -> Self {
        world.files.take_texts();
        let session = Session::new(&world, Place::Laptop);
        Self {
            world,
            session,
            source,
            problems: Vec::new(),
            rewrites: Vec::new(),
            typed: 0,
        }
    }

    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    pub(super) fn problem(&mut self, line: usize, message: String) {
        self.problems.push(Problem { line, message });
    }

    /// Types a line; what the terminal shows of it.
    pub(super) fn type_line(&mut self, line: &str) -> String {
        if self.typed > 0 {
            pace(&mut self.world);
        }
        self.typed += 1;
        let output = self.session.type_line(&mut self.world, line);
        // Remarks of Portside's own are not part of what a program prints.
        let printed = output
            .pieces
            .iter()
            .filter(|(stream, _)| *stream != Stream::Note);
        printed.map(|(_, text)| text.as_str()).collect()
    }

    /// Types the commands of a quoted terminal and compares the rest; all that was printed.
    pub(super) fn console(&mut self, range: Range<usize>) -> String {
        let source = self.source;
        let quoted = source.get(range.clone()).unwrap_or_default();
        let mut lines = quoted.lines().peekable();
        let (mut rewritten, mut printed) = (String::new(), String::new());
        let mut differs = false;
        let mut at = super::super::markdown::line_of(source, range.start);
        while let Some(line) = lines.next() {
            let command = prompt_of(line).map(|(_, command)| command);
            // What follows all output of a program that reads lines is typed into it.
            let Some(command) =
                command.or_else(|| (self.session.reads() == Reads::Lines).then_some(line))
            else {
                differs = true;
                at += 1;
                continue;
            };
            // With its prompt a line ends the program that reads now, as somebody would who types it there.
            let output = if !self.session.reads().is_shell() {
                self.type_line(line)
            } else {
                self.check_prompt(line, at);
                self.type_line(command)
            };
            printed.push_str(&output);
            rewritten.push_str(line);
            rewritten.push('\n');
            let begin = at;
            at += 1;
            let mut wanted: Vec<&str> = Vec::new();
            while lines
                .peek()
                .is_some_and(|next| prompt_of(next).is_none() && !self.is_input(&wanted, &output))
            {
                wanted.extend(lines.next());
                at += 1;
            }
            let came: Vec<&str> = output.lines().map(str::trim_end).collect();
            if agrees(&wanted, &came) {
                wanted
                    .iter()
                    .for_each(|line| push_line(&mut rewritten, line));
            } else {
                differs = true;
                came.iter().for_each(|line| push_line(&mut rewritten, line));
                self.problems
                    .push(difference(begin, command, &wanted, &came));
            }
        }
        if differs {
            self.rewrites.push((range, rewritten));
        }
        printed
    }

    /// Whether the next line is typed into a program: all that it printed has been quoted.
    fn is_input(&self, wanted: &[&str], output: &str) -> bool {
        self.session.reads() == Reads::Lines && wanted.len() >= output.lines().count()
    }

    fn check_prompt(&mut self, line: &str, at: usize) {
        let Some((prompt, _)) = prompt_of(line) else {
            return;
        };
        let real = self.session.prompt();
        let (quoted, real) = (prompt.trim(), real.trim());
        // A lone `$` stands for any prompt that ends so.
        if quoted != real && !(quoted == "$" && real.ends_with('$')) {
            let message = format!("the prompt is {real:?} there, not {quoted:?}");
            self.problems.push(Problem { line: at, message });
        }
    }

    /// What came of it all.
    pub(super) fn report(self) -> Report {
        let mut updated = self.source.to_owned();
        for (range, text) in self.rewrites.iter().rev() {
            updated.replace_range(range.clone(), text);
        }
        Report {
            updated: (!self.rewrites.is_empty()).then_some(updated),
            problems: self.problems,
            typed: self.typed,
        }
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Whether the quoted lines are those that came; a line of three dots stands for any.
fn agrees(wanted: &[&str], came: &[&str]) -> bool {
    match wanted.split_first() {
        None => came.is_empty(),
        Some((first, rest)) if first.trim() == ANYTHING => {
            (0..=came.len()).any(|skip| agrees(rest, came.get(skip..).unwrap_or_default()))
        }
        Some((first, rest)) => came
            .split_first()
            .is_some_and(|(line, more)| line.trim_end() == first.trim_end() && agrees(rest, more)),
    }
}

/// Where a quotation and the simulator part.
fn difference(line: usize, command: &str, wanted: &[&str], came: &[&str]) -> Problem {
    let parts = wanted
        .iter()
        .zip(came)
        .take_while(|(a, b)| a.trim_end() == b.trim_end())
        .count();
    let show = |lines: &[&str]| {
        lines.get(parts).map_or("nothing more".to_owned(), |line| {
            format!("{:?}", line.trim_end())
        })
    };
    Problem {
        line: line + 1 + parts,
        message: format!(
            "`{command}` prints {}, the text says {}",
            show(came),
            show(wanted)
        ),
    }
}
