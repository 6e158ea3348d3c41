//! A shell: it reads commands, runs them one after another, and keeps variables, a directory and a status.
//!
//! Runs as a machine with a stack of work, so that a command that stays in the foreground suspends it in the middle of
//! a list or a loop, and its end lets the rest go on. Loops and substitutions are bounded.

use super::context::{Context, Program, Progress, World};
use super::expand;
use super::flags::Flags;
use super::parameters::Making;
use super::parser::parse_lines;
use super::script::{Fault, Join, Pipeline, Script, Step, Word};
use super::surroundings::{self, Dialect, Surroundings};
use crate::cluster::Place;
use crate::kernel::{BTreeMap, BTreeSet, SimTime};
use std::collections::VecDeque;
use std::rc::Rc;

/// How many commands one line may run.
const MOST_STEPS: usize = 10_000;
/// How often a loop may go round.
const MOST_ROUNDS: usize = 1_000;
/// How deep scripts may nest.
pub(super) const MOST_DEPTH: usize = 60;

/// The process number before that of the first job.
pub(super) const FIRST_JOB: u32 = 12_300;

/// A shell at a place.
#[derive(Clone)]
pub struct Shell {
    pub(super) place: Place,
    pub(super) around: Surroundings,
    /// The name of the machine, for the prompt.
    pub(super) host: String,
    /// Its name in its own messages: `sh`, `bash`, `/bin/sh`.
    pub(super) name: String,
    /// Variables that commands see.
    pub(super) exported: BTreeMap<String, String>,
    /// Its other variables.
    pub(super) local: BTreeMap<String, String>,
    pub(super) aliases: BTreeMap<String, String>,
    pub(super) cwd: String,
    /// The directory before, for `cd -`.
    pub(super) previous: String,
    pub(super) status: i32,
    /// The status with which `exit` ends the shell.
    pub(super) leaving: Option<i32>,
    /// How many loops `break` or `continue` is about, and whether the last of them goes on.
    pub(super) breaking: Option<(u32, bool)>,
    /// The commands of this shell, oldest first.
    pub(super) history: Vec<String>,
    /// Whether it reads a terminal; if not, it ends with its work.
    pub(super) interactive: bool,
    /// The lines of a command that is not complete.
    pub(super) open: String,
    /// The status of the last substitution of the command that is being expanded.
    pub(super) substituted: Option<i32>,
    /// The status with which an expansion failed.
    pub(super) failed: Option<i32>,
    /// How long the line has slept.
    pub(super) slept_ms: u64,
    /// When a program that it ran last changed the cluster.
    pub(super) wrote: Option<SimTime>,
    /// What `$RANDOM` and `$SECONDS` are made of.
    pub(super) making: Making,
    /// What runs in the background: its number, its line, the program.
    pub(super) jobs: Vec<(u32, String, Box<dyn Program>)>,
    /// `$1`, `$2` and so on.
    pub(super) args: Vec<String>,
    pub(super) functions: BTreeMap<String, Rc<Script>>,
    /// What `set` has switched on.
    pub(super) flags: Flags,
    /// What is done at signals and at the end, by name.
    pub(super) traps: BTreeMap<String, String>,
    /// Variables that keep their value.
    pub(super) fixed: BTreeSet<String>,
    /// How many conditions around the present command let it fail in spite of `-e`.
    pub(super) tested: usize,
    /// The line of the present command, counted from 0.
    pub(super) line: usize,
    /// Whether it reads a file, which its messages number from 1.
    pub(super) reads_a_file: bool,
    /// What is wrong behind the last line that could be read.
    pub(super) fault: Option<(Fault, Rc<str>)>,
    /// What `$!` gives, and how that ended.
    pub(super) last_job: (u32, i32),
    /// Where `getopts` is in a word of several letters.
    pub(super) letter: usize,
    /// What the variables were that each function that runs has declared local, oldest first.
    pub(super) frames: Vec<Vec<(String, Option<String>)>>,
    /// The status with which `return` ends a function.
    pub(super) returning: Option<i32>,
    /// How much of the input has been read by `read`.
    pub(super) taken: usize,
    /// A program to put in front: at the start, or once a builtin has begun it.
    pub(super) first: Option<Box<dyn Program>>,
    pub(super) work: Vec<Work>,
    steps: usize,
    pub(super) depth: usize,
}

/// What is still to be done.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// A script from its `at`th pipeline on.
    Script { script: Rc<Script>, at: usize },
    /// The rest of a `for` loop.
    For {
        name: String,
        words: VecDeque<String>,
        body: Rc<Script>,
    },
    /// A `while` loop; `tested` if its condition has just run.
    Loop {
        until: bool,
        condition: Rc<Script>,
        body: Rc<Script>,
        tested: bool,
        rounds: usize,
        /// The status of the body when it ran last.
        last: i32,
    },
    /// An `if`, whose `at`th condition has just run.
    If {
        branches: Rc<[(Rc<Script>, Rc<Script>)]>,
        otherwise: Option<Rc<Script>>,
        at: usize,
    },
    /// `!`.
    Negate,
    /// The end of what may fail in spite of `set -e`.
    Tested,
}

/// How a step ended.
pub(super) enum Ran {
    Done,
    Foreground(Box<dyn Program>),
}

impl Shell {
    /// A shell that reads a terminal.
    pub fn interactive(world: &World, place: Place, dialect: Option<Dialect>) -> Self {
        let mut around = Surroundings::of(&world.cluster, &place);
        around.dialect = dialect.unwrap_or(around.dialect);
        let cwd = if matches!(place, Place::Pod { .. }) {
            "/"
        } else {
            surroundings::home(&place)
        };
        let name = if around.dialect == Dialect::Bash {
            "bash"
        } else {
            "sh"
        };
        let mut exported = surroundings::variables(&world.cluster, &place);
        if matches!(place, Place::Pod { .. }) {
            surroundings::shell_adds(&mut exported, around.dialect, true);
        }
        Self {
            exported,
            around,
            host: surroundings::own_name(&world.cluster, &place),
            name: name.to_owned(),
            local: BTreeMap::new(),
            aliases: BTreeMap::new(),
            cwd: cwd.to_owned(),
            previous: cwd.to_owned(),
            status: 0,
            leaving: None,
            breaking: None,
            history: Vec::new(),
            interactive: true,
            open: String::new(),
            substituted: None,
            failed: None,
            slept_ms: 0,
            wrote: None,
            making: Making::new(world.cluster.now()),
            args: Vec::new(),
            functions: BTreeMap::new(),
            flags: Flags::default(),
            traps: BTreeMap::new(),
            fixed: BTreeSet::new(),
            tested: 0,
            line: 0,
            reads_a_file: false,
            fault: None,
            last_job: (0, 0),
            letter: 0,
            frames: Vec::new(),
            returning: None,
            taken: 0,
            first: None,
            jobs: Vec::new(),
            work: Vec::new(),
            steps: 0,
            depth: 0,
            place,
        }
    }

    /// A shell that runs a text and ends, as `sh -c` does.
    /// What stands before a fault in the text is run, and then the fault is told.
    pub fn script(context: &Context<'_>, name: &str, text: &str) -> Self {
        let dialect = name.ends_with("bash").then_some(Dialect::Bash);
        let mut shell = Self::interactive(context.world, context.place.clone(), dialect);
        let (script, fault) = parse_lines(text, shell.around.dialect);
        shell.name = name.to_owned();
        shell.exported = context.env.clone();
        if matches!(context.place, Place::Pod { .. }) {
            surroundings::shell_adds(&mut shell.exported, shell.around.dialect, false);
        }
        shell.cwd = context.cwd.to_owned();
        shell.interactive = false;
        shell.take_on(script);
        shell.fault = fault.map(|fault| (fault, text.into()));
        shell
    }

    /// Where it stands.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What its place offers.
    pub fn around(&self) -> Surroundings {
        self.around
    }

    /// The directory that it stands in.
    pub fn cwd(&self) -> &str {
        &self.cwd
    }

    /// Forgets what was to be done and takes on a script.
    pub(super) fn take_on(&mut self, script: Script) {
        self.abandon();
        self.work.push(Work::Script {
            script: Rc::new(script),
            at: 0,
        });
    }

    /// Forgets what was to be done.
    pub(super) fn abandon(&mut self) {
        self.work.clear();
        (self.steps, self.slept_ms, self.breaking) = (0, 0, None);
        (self.returning, self.taken) = (None, 0);
        (self.failed, self.tested) = (None, 0);
    }

    /// Runs what is to be done until it is done, or a program comes to the foreground.
    pub(super) fn run(&mut self, context: &mut Context<'_>) -> Progress {
        match self.advance(context, true) {
            Ran::Foreground(program) => Progress::Push(program),
            Ran::Done => {
                if self.leaving.is_none() && !self.interactive {
                    self.tell_fault(context);
                }
                if self.leaving.is_some() || !self.interactive {
                    self.farewell(context);
                }
                match self.leaving {
                    Some(status) => Progress::Exit(status),
                    None if self.interactive => Progress::Stay,
                    None => Progress::Exit(self.status),
                }
            }
        }
    }

    /// The machine's loop. `may_stay`: whether a program may come to the foreground.
    pub(super) fn advance(&mut self, context: &mut Context<'_>, may_stay: bool) -> Ran {
        while let Some(work) = self.work.pop() {
            self.steps += 1;
            if self.leaving.is_some() || context.world.cluster.is_stopped() {
                self.work.clear();
                break;
            }
            if self.returning.is_some() {
                self.work.clear();
                break;
            }
            if let Some(status) = self.failed.take() {
                self.work.clear();
                self.status = status;
                self.leaving = (!self.interactive).then_some(status);
                break;
            }
            if self.steps > MOST_STEPS || self.work.len() > MOST_DEPTH {
                self.work.clear();
                self.status = 1;
                context.out.note(&format!(
                    "Stopped: Portside runs at most {MOST_STEPS} commands for one line."
                ));
                break;
            }
            if let Ran::Foreground(program) = self.perform(context, work, may_stay) {
                return Ran::Foreground(program);
            }
        }
        Ran::Done
    }

    fn perform(&mut self, context: &mut Context<'_>, work: Work, may_stay: bool) -> Ran {
        let leaves = matches!(work, Work::For { .. } | Work::Loop { .. } | Work::Tested);
        if self.breaking.is_some() && !leaves {
            return Ran::Done;
        }
        match work {
            Work::Script { script, at } => {
                let Some((join, pipeline)) = script.pipelines.get(at) else {
                    return Ran::Done;
                };
                self.work.push(Work::Script {
                    script: script.clone(),
                    at: at + 1,
                });
                let runs = match join {
                    Join::Always => true,
                    Join::And => self.status == 0,
                    Join::Or => self.status != 0,
                };
                if runs {
                    // What stands before `&&` and `||`, or behind `!`, may fail.
                    let next = script.pipelines.get(at + 1);
                    let leads = next.is_some_and(|(join, _)| *join != Join::Always);
                    if leads || pipeline.negated {
                        self.tested += 1;
                        self.work.push(Work::Tested);
                    }
                    let ran = self.pipeline(context, pipeline, may_stay);
                    if matches!(ran, Ran::Done) && is_simple(pipeline) {
                        self.failed_at(context);
                    }
                    return ran;
                }
            }
            Work::For {
                name,
                mut words,
                body,
            } => {
                if self.leaves_outer() {
                    return Ran::Done;
                }
                let leave = self.breaking.take().is_some_and(|(_, goes_on)| !goes_on);
                if let Some(value) = words.pop_front().filter(|_| !leave) {
                    self.set(&name, value);
                    self.work.push(Work::For {
                        name,
                        words,
                        body: body.clone(),
                    });
                    self.work.push(Work::Script {
                        script: body,
                        at: 0,
                    });
                }
            }
            Work::Loop { .. } => self.go_round(context, work),
            Work::If { .. } => self.branch(work),
            Work::Negate => self.status = i32::from(self.status == 0),
            Work::Tested => self.tested = self.tested.saturating_sub(1),
        }
        Ran::Done
    }

    /// Whether `break` or `continue` is about a loop around this one, which is left then.
    fn leaves_outer(&mut self) -> bool {
        match &mut self.breaking {
            Some((levels, _)) if *levels > 1 => {
                *levels -= 1;
                true
            }
            _ => false,
        }
    }

    /// What `set -e` and a trap of failures do when a command has failed.
    pub(super) fn failed_at(&mut self, context: &mut Context<'_>) {
        let goes = self.status == 0 || self.tested > 0 || self.leaving.is_some();
        if goes || self.returning.is_some() || self.failed.is_some() {
            return;
        }
        self.spring(context, "ERR");
        if self.flags.has('e') {
            if self.interactive && self.place == Place::Laptop {
                context
                    .out
                    .note("A shell elsewhere would end here: set -e.");
                self.work.clear();
                return;
            }
            self.leaving = Some(self.status);
        }
    }

    /// Runs conditions, which may fail.
    fn test(&mut self, condition: Rc<Script>) {
        self.tested += 1;
        self.work.push(Work::Tested);
        self.work.push(Work::Script {
            script: condition,
            at: 0,
        });
    }

    /// The next step of a `while` loop.
    fn go_round(&mut self, context: &mut Context<'_>, work: Work) {
        let Work::Loop {
            until,
            condition,
            body,
            tested,
            rounds,
            last,
        } = work
        else {
            return;
        };

        if self.leaves_outer() {
            return;
        }
        if self.breaking.take().is_some_and(|(_, goes_on)| !goes_on) {
            return;
        }
        if rounds >= MOST_ROUNDS {
            self.status = 1;
            context.out.note(&format!(
                "Stopped: Portside lets a loop go round {MOST_ROUNDS} times."
            ));
            return;
        }
        let go_on = !tested || (self.status == 0) != until;
        let next = (body.clone(), condition.clone());
        if go_on {
            let last = if tested || rounds == 0 {
                last
            } else {
                self.status
            };
            let rounds = rounds + usize::from(tested);
            self.work.push(Work::Loop {
                until,
                condition,
                body,
                tested: !tested,
                rounds,
                last,
            });
            if tested {
                self.work.push(Work::Script {
                    script: next.0,
                    at: 0,
                });
            } else {
                self.test(next.1);
            }
        } else {
            self.status = last;
        }
    }

    /// The next step of an `if`.
    fn branch(&mut self, work: Work) {
        let Work::If {
            branches,
            otherwise,
            at,
        } = work
        else {
            return;
        };

        let held = branches
            .get(at)
            .filter(|_| self.status == 0)
            .map(|(_, then)| then.clone());
        match (held, branches.get(at + 1)) {
            (Some(then), _) => self.work.push(Work::Script {
                script: then,
                at: 0,
            }),
            (None, Some((condition, _))) => {
                let condition = condition.clone();
                self.work.push(Work::If {
                    branches,
                    otherwise,
                    at: at + 1,
                });
                self.test(condition);
            }
            (None, None) => {
                self.status = 0;
                self.work
                    .extend(otherwise.map(|script| Work::Script { script, at: 0 }));
            }
        }
    }

    /// Takes on what a `case` does at the first pattern that matches.
    fn case(&mut self, context: &mut Context<'_>, word: &Word, arms: &[(Vec<Word>, Rc<Script>)]) {
        let value = expand::text(self, context, word);
        self.status = 0;
        for (patterns, script) in arms {
            let hit = patterns.iter().any(|word| {
                let pattern = expand::pattern(self, context, word);
                super::tree::matches(&pattern, &value)
            });
            if hit {
                let script = script.clone();
                self.work.push(Work::Script { script, at: 0 });
                return;
            }
        }
    }

    pub(super) fn step(
        &mut self,
        context: &mut Context<'_>,
        step: &Step,
        stdin: Option<String>,
        may_stay: bool,
    ) -> Ran {
        match step {
            Step::Simple(simple) => return self.simple(context, simple, stdin, may_stay),
            Step::For { name, words, body } => {
                let words = expand::arguments(self, context, words).into();
                self.status = 0;
                self.work.push(Work::For {
                    name: name.clone(),
                    words,
                    body: body.clone(),
                });
            }
            Step::Loop {
                until,
                condition,
                body,
            } => {
                let (condition, body) = (condition.clone(), body.clone());
                self.work.push(Work::Loop {
                    until: *until,
                    condition,
                    body,
                    tested: false,
                    rounds: 0,
                    last: 0,
                });
            }
            Step::If {
                branches,
                otherwise,
            } => {
                let Some((first, _)) = branches.first() else {
                    return Ran::Done;
                };
                self.work.push(Work::If {
                    branches: branches.clone(),
                    otherwise: otherwise.clone(),
                    at: 0,
                });
                self.test(first.clone());
            }
            Step::Redirected { step, redirects } => {
                self.redirected(context, step, redirects, stdin);
                return Ran::Done;
            }
            Step::Case { word, arms } => self.case(context, word, arms),
            Step::Subshell(script) => {
                self.subshell(context, script, stdin);
                return Ran::Done;
            }
            Step::Function { name, body } => {
                self.functions.insert(name.clone(), body.clone());
                self.status = 0;
            }
            Step::Group(script) => self.work.push(Work::Script {
                script: script.clone(),
                at: 0,
            }),
        }
        // In a pipeline the compound command ends before the next one begins.
        if may_stay {
            Ran::Done
        } else {
            self.advance(context, false)
        }
    }
}

/// Whether a pipeline's failure is its own, not that of a command inside it.
fn is_simple(pipeline: &Pipeline) -> bool {
    let own = |step: &Step| matches!(step, Step::Simple(_) | Step::Subshell(_));
    !pipeline.background && (pipeline.steps.len() > 1 || pipeline.steps.iter().all(own))
}
