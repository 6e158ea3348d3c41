//! Runs one simple command: its words expanded, its redirections applied, its program found and called.

use super::commands::{self, Runs};
use super::context::{Context, Outcome, Output, Stream};
use super::expand;
use super::interpreter::{Ran, Shell};
use super::parser::parse;
use super::script::{Pipeline, Redirect, Redirection, Simple, Step, Word};
use super::surroundings::{self, Dialect};
use super::testing;
use super::tree::FileError;
use crate::kernel::Span;
use std::collections::VecDeque;

/// What a program takes from its start to its first request, where that is seen.
const START: Span = Span::millis(100);

/// Where a stream goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sink {
    /// Where it would go by itself.
    Stream(Stream),
    /// To the end of a file.
    File(String),
}

impl Shell {
    /// Runs a simple command. `may_stay`: whether a program may come to the foreground.
    pub(super) fn simple(
        &mut self,
        context: &mut Context<'_>,
        simple: &Simple,
        stdin: Option<String>,
        may_stay: bool,
    ) -> Ran {
        self.making.clock = context.world.cluster.now();
        // What comes after Ctrl-C is not begun.
        if context.world.cluster.is_stopped() {
            return Ran::Done;
        }
        let Some((words, argv, assigned)) = self.expanded(context, simple) else {
            return self.gives_up();
        };
        let tests = argv == ["[["];
        // What `read` has taken is gone.
        let mut input = stdin.map(|text| text.get(self.taken..).unwrap_or_default().to_owned());
        let own = |to: &Redirection| matches!(to, Redirection::Here(_) | Redirection::Read(_));
        let kept = simple
            .redirects
            .iter()
            .any(|redirect| own(&redirect.to))
            .then_some(self.taken);
        let Some(sinks) = self.opened(context, &simple.redirects, &mut input) else {
            return Ran::Done;
        };
        if argv.is_empty() {
            self.status = self.substituted.unwrap_or(0);
            return Ran::Done;
        }
        if argv == ["exec"] && !simple.redirects.is_empty() {
            context
                .out
                .note("Portside's shell does not simulate exec with redirections alone.");
            self.status = 1;
            return Ran::Done;
        }
        let mut env = self.exported.clone();
        env.insert("PWD".to_owned(), self.cwd.clone());
        env.extend(assigned);
        let (place, cwd) = (self.place().clone(), self.cwd.clone());
        let mut out = Output::default();
        let tty = context.tty && sinks == [Sink::Stream(Stream::Out), Sink::Stream(Stream::Err)];
        let mut inner = Context {
            world: &mut *context.world,
            place: &place,
            env: &env,
            cwd: &cwd,
            stdin: input,
            tty,
            out: &mut out,
        };
        let mut outcome = if tests && self.around().dialect != Dialect::Dash {
            Outcome::Exit(testing::conditional(self, &mut inner, &words))
        } else {
            self.call(&mut inner, &argv)
        };
        if !may_stay || sinks != [Sink::Stream(Stream::Out), Sink::Stream(Stream::Err)] {
            outcome = outcome.waited(&mut inner);
        }
        self.taken = kept.unwrap_or(self.taken);
        let stopped = context.world.cluster.is_stopped();
        let goes_on = may_stay && matches!(outcome, Outcome::Foreground(_));
        if stopped && !out.told && !goes_on {
            out.cut();
        }
        self.deliver(context, &out, &sinks);
        if stopped && !goes_on {
            return self.stopped(context, &outcome);
        }
        match outcome {
            Outcome::Exit(status) => self.status = status,
            Outcome::Foreground(program) if may_stay => return Ran::Foreground(program),
            Outcome::Foreground(_) => {
                self.status = 1;
                let name = argv.first().map_or("", String::as_str);
                context.out.note(&format!(
                    "Portside cannot keep {name} open inside a pipe or $(…): run it by itself."
                ));
            }
        }
        Ran::Done
    }

    /// The words of a command, its arguments and its assignments; nothing if an expansion failed.
    #[expect(
        clippy::type_complexity,
        reason = "the three are used once, side by side"
    )]
    fn expanded(
        &mut self,
        context: &mut Context<'_>,
        simple: &Simple,
    ) -> Option<(Vec<Word>, Vec<String>, Vec<(String, String)>)> {
        self.substituted = None;
        self.line = simple.line;
        let words = self.unaliased(&simple.words);
        // What stands between `[[` and `]]` is neither parted nor taken for files.
        let tests = words.first().and_then(Word::literal) == Some("[[")
            && self.around().dialect != Dialect::Dash;
        let argv = if tests {
            vec!["[[".to_owned()]
        } else {
            expand::arguments(self, context, &words)
        };
        let mut assigned = Vec::new();
        for (name, word) in &simple.assignments {
            let value = expand::text(self, context, word);
            // Each sees those before it, unless a command is to get them.
            if argv.is_empty() && self.failed.is_none() {
                self.assign(context, name, value.clone());
            }
            assigned.push((name.clone(), value));
        }
        if self.failed.is_some() {
            return None;
        }
        if self.flags.has('x') {
            self.trace(context, &assigned, &argv);
        }
        Some((words, argv, assigned))
    }

    /// Ends the line at an expansion that failed, and a script with it.
    fn gives_up(&mut self) -> Ran {
        let status = self.failed.take().unwrap_or(1);
        self.abandon();
        self.status = status;
        if !self.interactive {
            self.leaving = Some(status);
        }
        Ran::Done
    }

    /// Ctrl-C has ended a command: it has the status that its own last words gave, or 130, and nothing comes after it.
    fn stopped(&mut self, context: &mut Context<'_>, outcome: &Outcome) -> Ran {
        self.status = match outcome {
            Outcome::Exit(status) if context.out.told => *status,
            Outcome::Exit(_) | Outcome::Foreground(_) => 130,
        };
        if !std::mem::replace(&mut context.out.told, true) {
            let stream = if context.tty {
                Stream::Out
            } else {
                Stream::Err
            };
            context.out.write(stream, "^C\n");
        }
        Ran::Done
    }

    /// Runs a builtin or a command.
    pub(super) fn call(&mut self, context: &mut Context<'_>, argv: &[String]) -> Outcome {
        match self.function(context, argv) {
            Some(status) => Outcome::Exit(status),
            None => self.program(context, argv),
        }
    }

    /// Runs a builtin or a command, no function.
    pub(super) fn program(&mut self, context: &mut Context<'_>, argv: &[String]) -> Outcome {
        let name = argv.first().map_or("", String::as_str);
        let lacks = self.around().dialect == Dialect::Dash && matches!(name, "let" | "source")
            || self.around().dialect != Dialect::Bash && matches!(name, "declare" | "typeset");
        match commands::find(name, self.around().kit).filter(|_| !lacks) {
            Some(command) => match command.runs {
                Runs::Builtin(run) => {
                    let status = run(self, context, argv);
                    let waits = self.first.take();
                    waits.map_or(Outcome::Exit(status), Outcome::Foreground)
                }
                Runs::Tool(run) => self.tool(context, argv, run),
            },
            None if name.contains('/') => self.file(context, argv),
            None => Outcome::Exit(self.not_found(context, name)),
        }
    }

    /// Runs a script by its path.
    fn file(&self, context: &mut Context<'_>, argv: &[String]) -> Outcome {
        let name = argv.first().map_or("", String::as_str);
        if surroundings::read(context.world, self.place(), &self.cwd, name).is_err() {
            return Outcome::Exit(self.not_found(context, name));
        }
        let own = if self.around().dialect == Dialect::Bash {
            "bash"
        } else {
            "sh"
        };
        let words: Vec<String> = std::iter::once(own.to_owned())
            .chain(argv.iter().cloned())
            .collect();
        super::reading::sh(context, &words)
    }

    /// Runs a program. One that follows a change of the cluster takes its time to start, so that controllers have seen the
    /// change: `kubectl scale … --replicas=0; kubectl scale … --replicas=2` ends the Pods and makes others.
    fn tool(
        &mut self,
        context: &mut Context<'_>,
        argv: &[String],
        run: fn(&mut Context<'_>, &[String]) -> Outcome,
    ) -> Outcome {
        if self.wrote == Some(context.world.cluster.now()) {
            context.pass(START);
        }
        let before = context.world.cluster.tables().revision;
        let outcome = run(context, argv);
        if context.world.cluster.tables().revision != before {
            self.wrote = Some(context.world.cluster.now());
        }
        outcome
    }

    fn not_found(&self, context: &mut Context<'_>, name: &str) -> i32 {
        if name.is_empty() && self.around().dialect != Dialect::Bash {
            self.complain_of(context, ": Permission denied");
            return 127;
        }
        let path = surroundings::tree(context.world, self.place());
        let is_folder = name.contains('/')
            && path.is_folder(&super::tree::resolve(
                &self.cwd,
                name,
                surroundings::home(self.place()),
            ));
        if is_folder {
            let text = if self.around().dialect == Dialect::Bash {
                "Is a directory"
            } else {
                "Permission denied"
            };
            self.complain_of(context, &format!("{name}: {text}"));
            return 126;
        }
        let text = match self.around().dialect {
            Dialect::Bash if name.contains('/') => "No such file or directory",
            Dialect::Bash => "command not found",
            Dialect::Dash | Dialect::Ash => "not found",
        };
        self.complain_of(context, &format!("{name}: {text}"));
        if let Some(remark) = commands::nearly(name, self.around().kit) {
            context.out.note(&remark);
        }
        127
    }

    /// Replaces an alias at the beginning.
    fn unaliased(&self, words: &[Word]) -> Vec<Word> {
        let mut words: VecDeque<Word> = words.iter().cloned().collect();
        let mut used: Vec<String> = Vec::new();
        while let Some(name) = words.front().and_then(Word::literal).map(str::to_owned) {
            let Some(text) = self.aliases.get(&name).filter(|_| !used.contains(&name)) else {
                break;
            };
            let Ok(script) = parse(text, self.around().dialect) else {
                break;
            };
            let [(_, Pipeline { steps, .. })] = script.pipelines.as_slice() else {
                break;
            };
            let [Step::Simple(simple)] = steps.as_slice() else {
                break;
            };
            words.pop_front();
            for word in simple.words.iter().rev() {
                words.push_front(word.clone());
            }
            used.push(name);
        }
        words.into()
    }

    /// Applies redirections; `None`, with a message and a status, if a file cannot be opened.
    pub(super) fn opened(
        &mut self,
        context: &mut Context<'_>,
        redirects: &[Redirect],
        input: &mut Option<String>,
    ) -> Option<[Sink; 2]> {
        let mut sinks = [Sink::Stream(Stream::Out), Sink::Stream(Stream::Err)];
        for redirect in redirects {
            if !self.redirect(
                context,
                redirect.descriptor,
                &redirect.to,
                input,
                &mut sinks,
            ) {
                self.status = if self.around().dialect == Dialect::Dash {
                    2
                } else {
                    1
                };
                return None;
            }
        }
        Some(sinks)
    }

    /// Applies a redirection; false, with a message, if its file cannot be opened.
    fn redirect(
        &mut self,
        context: &mut Context<'_>,
        descriptor: u8,
        to: &Redirection,
        input: &mut Option<String>,
        sinks: &mut [Sink; 2],
    ) -> bool {
        let [out, err] = sinks;
        match to {
            Redirection::Here(word) => *input = Some(expand::text(self, context, word)),
            Redirection::Read(word) => {
                let path = expand::text(self, context, word);
                match surroundings::read(context.world, self.place(), &self.cwd, &path) {
                    Ok(text) => *input = Some(text.to_string()),
                    Err(error) => {
                        let what = match self.around().dialect {
                            Dialect::Ash if error == FileError::IsFolder => {
                                format!("can't open {path}: {error}")
                            }
                            Dialect::Ash => format!("can't open {path}: no such file"),
                            Dialect::Dash => format!("cannot open {path}: No such file"),
                            Dialect::Bash => format!("{path}: {error}"),
                        };
                        self.complain_of(context, &what);
                        return false;
                    }
                }
            }
            Redirection::Write(word)
            | Redirection::Append(word)
            | Redirection::Force(word)
            | Redirection::Both(word) => {
                let path = expand::text(self, context, word);
                let old = surroundings::read(context.world, self.place(), &self.cwd, &path);
                let keeps = self.flags.has('C')
                    && !matches!(to, Redirection::Force(_) | Redirection::Append(_));
                if keeps && old.is_ok() && path != "/dev/null" {
                    let what = match self.around().dialect {
                        Dialect::Ash => format!("can't create {path}: File exists"),
                        Dialect::Dash => format!("cannot create {path}: File exists"),
                        Dialect::Bash => format!("{path}: cannot overwrite existing file"),
                    };
                    self.complain_of(context, &what);
                    return false;
                }
                let append = matches!(to, Redirection::Append(_));
                let text = old.ok().filter(|_| append).unwrap_or_default();
                if let Err(error) =
                    surroundings::write(context.world, self.place(), &self.cwd, &path, &text)
                {
                    let what = match self.around().dialect {
                        Dialect::Ash if error != FileError::IsFolder => {
                            format!("can't create {path}: nonexistent directory")
                        }
                        Dialect::Dash if error != FileError::IsFolder => {
                            format!("cannot create {path}: Directory nonexistent")
                        }
                        Dialect::Ash => format!("can't create {path}: {error}"),
                        Dialect::Dash => format!("cannot create {path}: {error}"),
                        Dialect::Bash => format!("{path}: {error}"),
                    };
                    self.complain_of(context, &what);
                    return false;
                }
                if matches!(to, Redirection::Both(_)) {
                    *err = Sink::File(path.clone());
                }
                *(if descriptor == 2 { err } else { out }) = Sink::File(path);
            }
            Redirection::Same(2) if descriptor == 1 => *out = err.clone(),
            Redirection::Same(1) if descriptor == 2 => *err = out.clone(),
            Redirection::Same(_) => {}
        }
        true
    }

    /// Sends a command's output where its redirections say.
    pub(super) fn deliver(&self, context: &mut Context<'_>, output: &Output, sinks: &[Sink; 2]) {
        if sinks == &[Sink::Stream(Stream::Out), Sink::Stream(Stream::Err)] {
            return context.out.append(output);
        }
        context.out.told |= output.told;
        let [out, err] = sinks;
        for (stream, text) in &output.pieces {
            let sink = match stream {
                Stream::Out | Stream::Raw => out,
                Stream::Err => err,
                Stream::Note => &Sink::Stream(Stream::Note),
            };
            match sink {
                Sink::Stream(stream) => context.out.write(*stream, text),
                Sink::File(path) => {
                    let old = surroundings::read(context.world, self.place(), &self.cwd, path)
                        .unwrap_or_default();
                    let text = format!("{old}{text}");
                    // The file was opened before the command ran; it may have been removed meanwhile.
                    let _ =
                        surroundings::write(context.world, self.place(), &self.cwd, path, &text);
                }
            }
        }
    }
}
