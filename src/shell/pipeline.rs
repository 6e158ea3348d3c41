//! Pipelines, and what runs with output of its own: in front of a `|`, in `$(…)`, in `( … )`, behind a redirection.

use super::context::{Context, Output, Stream};
use super::interpreter::{FIRST_JOB, MOST_DEPTH, Ran, Shell, Work};
use super::script::{Pipeline, Redirect, Script, Step};
use super::surroundings::Dialect;
use std::rc::Rc;

impl Shell {
    /// Runs a pipeline with `&` behind it: a program that would come to the foreground stays behind.
    fn behind(&mut self, context: &mut Context<'_>, pipeline: &Pipeline, may_stay: bool) -> Ran {
        let front = Pipeline {
            background: false,
            ..pipeline.clone()
        };
        let number = self.jobs.iter().map(|(n, ..)| *n).max().unwrap_or(0) + 1;
        if self.interactive {
            context
                .out
                .line(&format!("[{number}] {}", FIRST_JOB + number));
        }
        if let Ran::Foreground(program) = self.pipeline(context, &front, may_stay) {
            let line = self.history.last().cloned().unwrap_or_default();
            self.jobs.push((number, line, program));
        }
        self.last_job = (FIRST_JOB + number, self.status);
        self.status = 0;
        Ran::Done
    }

    pub(super) fn pipeline(
        &mut self,
        context: &mut Context<'_>,
        pipeline: &Pipeline,
        may_stay: bool,
    ) -> Ran {
        if pipeline.background {
            return self.behind(context, pipeline, may_stay);
        }
        if pipeline.negated {
            self.work.push(Work::Negate);
        }
        let Some((last, before)) = pipeline.steps.split_last() else {
            return Ran::Done;
        };
        if before.is_empty() {
            return self.step(context, last, context.stdin.clone(), may_stay);
        }
        self.apart(|shell| shell.piped(context, before, last))
    }

    /// Runs the commands of a pipeline, each with the output of the one before it; all are copies of the shell.
    fn piped(&mut self, context: &mut Context<'_>, before: &[Step], last: &Step) -> Ran {
        let mut input = context.stdin.clone();
        let mut failed = 0;
        self.tested += 1;
        for step in before {
            let captured = self.isolated(context, input, |shell, context| {
                shell.step(context, step, context.stdin.clone(), false)
            });
            beside(context, &captured);
            input = Some(captured.text(Stream::Out));
            failed = if self.status == 0 {
                failed
            } else {
                self.status
            };
        }
        let leaving = self.leaving.take();
        let taken = std::mem::take(&mut self.taken);
        let ran = if matches!(last, Step::Simple(_)) {
            self.step(context, last, input, false)
        } else {
            // What a loop or a group reads is the pipe.
            let out = self.isolated(context, input, |shell, context| {
                shell.step(context, last, context.stdin.clone(), false)
            });
            context.out.append(&out);
            Ran::Done
        };
        self.taken = taken;
        self.leaving = leaving;
        self.tested = self.tested.saturating_sub(1);
        if self.flags.has('o') && self.status == 0 {
            self.status = failed;
        }
        ran
    }

    /// Runs something to its end with output of its own.
    fn isolated(
        &mut self,
        context: &mut Context<'_>,
        stdin: Option<String>,
        run: impl FnOnce(&mut Self, &mut Context<'_>) -> Ran,
    ) -> Output {
        let mut out = Output::default();
        let work = std::mem::take(&mut self.work);
        let leaving = self.leaving;
        let taken = std::mem::take(&mut self.taken);
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            context.out.note("Stopped: these commands nest too deeply.");
        } else {
            let mut inner = Context {
                world: &mut *context.world,
                place: context.place,
                env: context.env,
                cwd: context.cwd,
                stdin,
                tty: false,
                out: &mut out,
            };
            if let Ran::Done = run(self, &mut inner) {
                // A loop or a group left its work behind.
                let _ = self.advance(&mut inner, false);
            }
        }
        self.depth -= 1;
        self.work = work;
        self.taken = taken;
        if self.leaving != leaving {
            self.status = self.leaving.unwrap_or(self.status);
            self.leaving = leaving;
        }
        out
    }

    /// Runs a compound command whose output goes elsewhere.
    pub(super) fn redirected(
        &mut self,
        context: &mut Context<'_>,
        step: &Step,
        redirects: &[Redirect],
        mut stdin: Option<String>,
    ) {
        let Some(sinks) = self.opened(context, redirects, &mut stdin) else {
            return;
        };
        let out = self.isolated(context, stdin, |shell, context| {
            shell.step(context, step, context.stdin.clone(), false)
        });
        self.deliver(context, &out, &sinks);
    }

    /// Does something in a copy of the shell: what it sets does not last.
    fn apart<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let kept = (
            self.exported.clone(),
            self.local.clone(),
            self.aliases.clone(),
            self.cwd.clone(),
            self.previous.clone(),
            self.args.clone(),
            self.functions.clone(),
            self.flags.clone(),
            std::mem::take(&mut self.traps),
        );
        let done = run(self);
        (
            self.exported,
            self.local,
            self.aliases,
            self.cwd,
            self.previous,
            self.args,
            self.functions,
            self.flags,
            self.traps,
        ) = kept;
        done
    }

    /// Runs a script in a copy of the shell.
    pub(super) fn subshell(
        &mut self,
        context: &mut Context<'_>,
        script: &Rc<Script>,
        stdin: Option<String>,
    ) {
        let script = script.clone();
        let output = self.apart(|shell| {
            shell.isolated(context, stdin, |shell, context| {
                shell.work.push(Work::Script { script, at: 0 });
                let ran = shell.advance(context, false);
                shell.farewell(context);
                ran
            })
        });
        context.out.append(&output);
    }

    /// What a command substitution gives: the output without newlines at its end.
    pub(super) fn captured(&mut self, context: &mut Context<'_>, script: &Rc<Script>) -> String {
        let script = script.clone();
        let bash = self.around().dialect == Dialect::Bash;
        let output = self.apart(|shell| {
            // bash lets a failure in a substitution pass.
            shell.tested += usize::from(bash);
            let output = shell.isolated(context, None, |shell, context| {
                shell.work.push(Work::Script { script, at: 0 });
                let ran = shell.advance(context, false);
                shell.farewell(context);
                ran
            });
            shell.tested -= usize::from(bash);
            output
        });
        beside(context, &output);
        self.substituted = Some(self.status);
        output.text(Stream::Out).trim_end_matches('\n').to_owned()
    }
}

/// Prints what was not captured.
fn beside(context: &mut Context<'_>, captured: &Output) {
    for (stream, text) in &captured.pieces {
        if *stream != Stream::Out {
            context.out.write(*stream, text);
        }
    }
    context.out.told |= captured.told;
}
