//! Somebody going through a lesson: where they are, what is passed, and what is still missing.

use super::document::{Deed, Lesson, do_unseen, lines_of, put};
use super::judge::{Shortfall, Since};
use crate::cluster::{Cluster, Place};
use crate::kernel::Seq;
use crate::shell::{Session, World, pace};
use std::rc::Rc;

/// How an assertion of the present step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not, and why.
    Missing(Shortfall),
}

/// A reader's way through a lesson. Page 0 is the introduction, pages 1 to n are the steps, page n + 1 is the finish.
#[derive(Clone, Debug)]
pub struct Run {
    lesson: Rc<Lesson>,
    page: usize,
    passed: Vec<bool>,
    since: Since,
    verdicts: Vec<Verdict>,
    /// The log's end and the size of what was printed, when the step was looked at last.
    looked: Option<(Seq, usize)>,
}

impl Run {
    /// A reader at the introduction.
    pub fn new(lesson: Rc<Lesson>) -> Self {
        let passed = vec![false; lesson.steps.len()];
        Self {
            lesson,
            page: 0,
            passed,
            since: Since::default(),
            verdicts: Vec::new(),
            looked: None,
        }
    }

    /// The lesson.
    pub fn lesson(&self) -> &Rc<Lesson> {
        &self.lesson
    }

    /// The page.
    pub fn page(&self) -> usize {
        self.page
    }

    /// The last page: the finish.
    pub fn last_page(&self) -> usize {
        self.lesson.steps.len() + 1
    }

    /// Which steps are passed, the first first.
    pub fn passed(&self) -> &[bool] {
        &self.passed
    }

    /// Marks steps as passed, as they were when the reader left.
    pub fn restore(&mut self, passed: &[bool]) {
        for (mine, was) in self.passed.iter_mut().zip(passed) {
            *mine |= *was;
        }
    }

    /// How each assertion of the present step stands, in order.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// Turns to the next page or the one before, in the cluster as it is; the set-up of a step that was not passed is done.
    pub fn turn(&mut self, page: usize, world: &mut World) {
        let page = page.min(self.last_page());
        let forward = page > self.page;
        self.page = page;
        if let Some(step) = self.lesson.clone().steps.get(page.wrapping_sub(1))
            && forward
            && !self.is_passed(page)
        {
            do_unseen(&step.setup, world);
        }
        self.begin(&world.cluster);
    }

    /// What happens from now on counts for the present page.
    fn begin(&mut self, cluster: &Cluster) {
        self.looked = None;
        self.since = Since {
            event: cluster.end(),
            printed: String::new(),
        };
        self.look(cluster);
    }

    fn is_passed(&self, page: usize) -> bool {
        self.passed
            .get(page.wrapping_sub(1))
            .copied()
            .unwrap_or_default()
    }

    /// A terminal printed something.
    pub fn print(&mut self, text: &str) {
        self.since.print(text);
    }

    /// Looks at the step again after something changed; true if it is passed only now.
    pub fn look(&mut self, cluster: &Cluster) -> bool {
        let Some(step) = self.lesson.steps.get(self.page.wrapping_sub(1)) else {
            self.verdicts.clear();
            return false;
        };
        // A frame in which nothing happened costs nothing.
        let now = (cluster.end(), self.since.printed.len());
        if self.looked.replace(now) == Some(now) {
            return false;
        }
        let verdict = |result| match result {
            Ok(()) => Verdict::Holds,
            Err(shortfall) => Verdict::Missing(shortfall),
        };
        self.verdicts = step
            .checks
            .iter()
            .map(|check| verdict(check.judge(cluster, &self.since)))
            .collect();
        let holds = self
            .verdicts
            .iter()
            .all(|verdict| *verdict == Verdict::Holds);
        let Some(passed) = self.passed.get_mut(self.page.wrapping_sub(1)) else {
            return false;
        };
        let now = holds && !*passed;
        *passed |= holds;
        now
    }

    /// The world as it is when the present page begins, for a reader who did all that stands before it, and their terminal.
    pub fn arrive(&mut self, page: usize) -> Result<(World, Session), String> {
        let mut world = self.lesson.world()?;
        let mut session = Session::new(&world, Place::Laptop);
        self.page = page.min(self.last_page());
        for (at, step) in self.lesson.steps.iter().enumerate().take(self.page) {
            do_unseen(&step.setup, &mut world);
            if at + 1 == self.page {
                break;
            }
            for line in lines_of(&step.blocks) {
                // With its prompt a line leaves the program before it, as the page's buttons do.
                let mut texts: Vec<String> = line
                    .exchanges
                    .iter()
                    .map(|e| format!("{}{}", e.prompt, e.line))
                    .collect();
                texts.extend((!line.text.is_empty()).then(|| line.text.to_owned()));
                for text in texts {
                    if line.interrupt {
                        session.type_line(&mut world, "\u{3}");
                    }
                    session.type_line(&mut world, &text);
                    pace(&mut world);
                }
            }
            perform(&step.solution, &mut world, &mut session);
        }
        self.begin(&world.cluster);
        Ok((world, session))
    }

    /// What passes the present step.
    pub fn solution(&self) -> &[Deed] {
        self.lesson
            .steps
            .get(self.page.wrapping_sub(1))
            .map(|step| step.solution.as_slice())
            .unwrap_or_default()
    }
}

/// Does a solution's deeds in a terminal.
pub fn perform(deeds: &[Deed], world: &mut World, session: &mut Session) -> String {
    let mut printed = String::new();
    for deed in deeds {
        match deed {
            Deed::Write { path, text } => put(world, path, text),
            Deed::Type(text) => {
                for (_, piece) in &session.type_line(world, text).pieces {
                    printed.push_str(piece);
                }
                pace(world);
            }
        }
    }
    printed
}
