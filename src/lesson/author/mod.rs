//! What keeps lessons and documentation true: their commands are typed, and what they quote is compared.

mod docs;
mod typist;

pub use docs::check_docs;

use super::document::{Lesson, Line, do_unseen, lines_of};
use super::markdown::{Problem, compile};
use super::run::perform;
use super::{Since, Step};
use std::ops::Range;
use typist::Typist;

/// What came of a check.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How many lines were typed.
    pub typed: usize,
    /// The source with the output that the simulator prints, if that differs.
    pub updated: Option<String>,
}

/// A part of the source and what should stand there.
type Rewrite = (Range<usize>, String);

/// Runs a lesson: its set-up, every line that it has its reader type, every solution, every check.
pub fn check_lesson(source: &str) -> Report {
    let mut report = Report::default();
    let compiled = match compile(source) {
        Ok(compiled) => compiled,
        Err(problems) => return Report { problems, ..report },
    };
    let made = Lesson::from_value(&compiled.value).and_then(|lesson| Ok((lesson.world()?, lesson)));
    let (world, lesson) = match made {
        Ok(made) => made,
        Err(message) => {
            report.problems.push(Problem { line: 1, message });
            return report;
        }
    };
    let mut typist = Typist::new(world, source);
    let mut consoles = compiled.consoles.into_iter();
    typist.read(&lines_of(&lesson.intro), &mut consoles, None);
    for (step, line) in lesson.steps.iter().zip(&compiled.lines) {
        check_step(step, *line, &mut typist, &mut consoles);
    }
    typist.read(&lines_of(&lesson.finish), &mut consoles, None);
    typist.report()
}

fn check_step(
    step: &Step,
    line: usize,
    typist: &mut Typist<'_>,
    consoles: &mut impl Iterator<Item = Range<usize>>,
) {
    do_unseen(&step.setup, &mut typist.world);
    let mut since = Since {
        event: typist.world.cluster.end(),
        printed: String::new(),
    };
    let fails = |typist: &Typist<'_>, since: &Since| -> Vec<String> {
        let cluster = &typist.world.cluster;
        step.checks
            .iter()
            .filter_map(|check| check.judge(cluster, since).err())
            .map(|s| format!("{} {}", s.words, s.found))
            .collect()
    };
    if !step.checks.is_empty() && fails(typist, &since).is_empty() {
        typist.problem(
            line,
            format!(
                "step {:?} is passed before its reader has done anything",
                step.title
            ),
        );
    }
    typist.read(&lines_of(&step.blocks), consoles, Some(&mut since));
    if !step.checks.is_empty() && step.solution.is_empty() && lines_of(&step.blocks).is_empty() {
        typist.problem(
            line,
            format!(
                "step {:?} has checks, but neither a solution nor a line to type",
                step.title
            ),
        );
    }
    since.print(&perform(
        &step.solution,
        &mut typist.world,
        &mut typist.session,
    ));
    for missing in fails(typist, &since) {
        typist.problem(
            line,
            format!(
                "step {:?} is not passed by what it has its reader do: {}",
                step.title,
                missing.trim_end()
            ),
        );
    }
}

impl Typist<'_> {
    /// Types what a page has its reader type.
    fn read(
        &mut self,
        lines: &[Line<'_>],
        consoles: &mut impl Iterator<Item = Range<usize>>,
        mut since: Option<&mut Since>,
    ) {
        for line in lines {
            let printed = if line.exchanges.is_empty() {
                if line.interrupt {
                    self.type_line("\u{3}");
                }
                self.type_line(line.text)
            } else {
                let Some(range) = consoles.next() else {
                    continue;
                };
                self.console(range)
            };
            if let Some(since) = since.as_deref_mut() {
                since.print(&printed);
            }
        }
    }
}
