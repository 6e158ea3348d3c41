//! A shell: it reads commands, runs them one after another, and keeps variables, a directory and a status.
//!
//! Runs as a machine with a stack of work, so that a command that stays in the foreground suspends it in the middle of
//! a list or a loop, and its end lets the rest go on. Loops and substitutions are bounded.

use super::arithmetic::Variables;
use super::context::{Context, Program, Progress, World};
use super::expand;
use super::parser::parse;
use super::script::{Fault, Join, Script, Step, Word};
use super::surroundings::{self, Dialect, Surroundings};
use crate::cluster::Place;
use crate::kernel::BTreeMap;
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
    place: Place,
    around: Surroundings,
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
    /// How many loops `break` (false) or `continue` (true) has to leave.
    pub(super) breaking: Option<bool>,
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
    /// What runs in the background: its number, its line, the program.
    pub(super) jobs: Vec<(u32, String, Box<dyn Program>)>,
    /// `$1`, `$2` and so on.
    pub(super) args: Vec<String>,
    pub(super) functions: BTreeMap<String, Rc<Script>>,
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
    },
    /// An `if`, whose `at`th condition has just run.
    If {
        branches: Rc<[(Rc<Script>, Rc<Script>)]>,
        otherwise: Option<Rc<Script>>,
        at: usize,
    },
    /// `!`.
    Negate,
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
            args: Vec::new(),
            functions: BTreeMap::new(),
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

    /// A shell that runs a text and ends, as `sh -c` does; the fault if the text is none.
    pub fn script(context: &Context<'_>, name: &str, text: &str) -> Result<Self, Fault> {
        let script = parse(text)?;
        let dialect = name.ends_with("bash").then_some(Dialect::Bash);
        let mut shell = Self::interactive(context.world, context.place.clone(), dialect);
        shell.name = name.to_owned();
        shell.exported = context.env.clone();
        if matches!(context.place, Place::Pod { .. }) {
            surroundings::shell_adds(&mut shell.exported, shell.around.dialect, false);
        }
        shell.cwd = context.cwd.to_owned();
        shell.interactive = false;
        shell.take_on(script);
        Ok(shell)
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

    /// The value of a variable, empty if it is unset.
    pub fn variable(&self, name: &str) -> String {
        match name {
            "?" => self.status.to_string(),
            "$" => "1".to_owned(),
            "#" => self.args.len().to_string(),
            "@" | "*" => self.args.join(" "),
            name if self.argument(name).is_some() => {
                self.argument(name).map(str::to_owned).unwrap_or_default()
            }
            "0" => self.name.clone(),
            "PWD" => self.cwd.clone(),
            _ => self
                .local
                .get(name)
                .or_else(|| self.exported.get(name))
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// The argument that `$1` and its like stand for.
    fn argument(&self, name: &str) -> Option<&str> {
        let place = name.parse::<usize>().ok()?.checked_sub(1)?;
        self.args.get(place).map(String::as_str)
    }

    /// Whether a variable has a value, be it empty.
    pub(super) fn is_set(&self, name: &str) -> bool {
        matches!(name, "?" | "$" | "#" | "0" | "PWD")
            || self.argument(name).is_some()
            || matches!(name, "@" | "*") && !self.args.is_empty()
            || self.local.contains_key(name)
            || self.exported.contains_key(name)
    }

    /// Says why a word cannot be expanded: the line ends there, and a script with it.
    pub(super) fn broken(&mut self, context: &mut Context<'_>, told: &str, status: i32) {
        if self.failed.is_none() {
            self.complain_of(context, told);
            self.failed = Some(status);
        }
    }

    /// Sets a variable; an exported one stays exported.
    pub fn set(&mut self, name: &str, value: String) {
        match self.exported.get_mut(name) {
            Some(old) => *old = value,
            None => drop(self.local.insert(name.to_owned(), value)),
        }
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
        self.failed = None;
    }

    /// Prints a message of the shell's own.
    pub(super) fn complain(&self, context: &mut Context<'_>, text: &str) {
        context.out.error(&format!("{}: {text}", self.name));
    }

    /// Prints a message as the shell's own language words it: dash tells the line, bash does in a script.
    pub(super) fn complain_of(&self, context: &mut Context<'_>, text: &str) {
        match self.around.dialect {
            Dialect::Dash => self.complain(context, &format!("1: {text}")),
            Dialect::Bash if !self.interactive => {
                self.complain(context, &format!("line 1: {text}"));
            }
            Dialect::Ash | Dialect::Bash => self.complain(context, text),
        }
    }

    /// Runs what is to be done until it is done, or a program comes to the foreground.
    pub(super) fn run(&mut self, context: &mut Context<'_>) -> Progress {
        match self.advance(context, true) {
            Ran::Foreground(program) => Progress::Push(program),
            Ran::Done => match self.leaving {
                Some(status) => Progress::Exit(status),
                None if self.interactive => Progress::Stay,
                None => Progress::Exit(self.status),
            },
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
        if self.breaking.is_some() && !matches!(work, Work::For { .. } | Work::Loop { .. }) {
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
                    return self.pipeline(context, pipeline, may_stay);
                }
            }
            Work::For {
                name,
                mut words,
                body,
            } => {
                let leave = self.breaking.take() == Some(false);
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
        }
        Ran::Done
    }

    /// The next step of a `while` loop.
    fn go_round(&mut self, context: &mut Context<'_>, work: Work) {
        let Work::Loop {
            until,
            condition,
            body,
            tested,
            rounds,
        } = work
        else {
            return;
        };

        if self.breaking.take() == Some(false) {
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
        let next = if tested {
            body.clone()
        } else {
            condition.clone()
        };
        if go_on {
            let rounds = rounds + usize::from(tested);
            self.work.push(Work::Loop {
                until,
                condition,
                body,
                tested: !tested,
                rounds,
            });
            self.work.push(Work::Script {
                script: next,
                at: 0,
            });
        } else {
            self.status = 0;
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
                self.work.push(Work::Script {
                    script: condition,
                    at: 0,
                });
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
                self.work.push(Work::Script {
                    script: first.clone(),
                    at: 0,
                });
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

impl Variables for Shell {
    fn get(&self, name: &str) -> String {
        self.variable(name)
    }

    fn set(&mut self, name: &str, value: i64) {
        Self::set(self, name, value.to_string());
    }
}
