//! A shell as a program in the foreground: its prompt, and what it does with the lines that are typed.

use super::context::{Candidate, Context, Outcome, Program, Progress, Reads, World};
use super::interpreter::Shell;
use super::parser::parse;
use super::script::Fault;
use super::surroundings::{self, Dialect, Kit, Surroundings};
use super::{commands, completion};
use crate::cluster::Place;

/// A shell in a Pod's container that reads a terminal; `program` is how it was called: `sh`, `/bin/bash`.
pub fn pod_shell(world: &World, place: Place, program: &str) -> Box<dyn Program> {
    let dialect = program.ends_with("bash").then_some(Dialect::Bash);
    Box::new(Shell::interactive(world, place, dialect))
}

/// Runs a program of the context's place without a shell, as `kubectl exec` does; `None` if the place has none of that name.
pub fn launch(context: &mut Context<'_>, argv: &[String]) -> Option<Outcome> {
    let kit = Surroundings::of(&context.world.cluster, context.place).kit;
    commands::find(argv.first()?, kit).filter(|command| command.is_a_file())?;
    let mut shell = Shell::interactive(context.world, context.place.clone(), None);
    shell.cwd = context.cwd.to_owned();
    // A container's program gets the container's variables, not those of whoever asked for it.
    let env = match context.place {
        Place::Laptop => context.env.clone(),
        Place::Outside | Place::Node(_) => shell.exported.clone(),
        Place::Pod { .. } => surroundings::of_program(context),
    };
    let mut inner = Context {
        env: &env,
        ..context.inner()
    };
    Some(shell.call(&mut inner, argv))
}

/// The `sh`, `ash`, `bash` commands: a shell in the shell, or the text after `-c`.
pub(super) fn sh(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let name = argv.first().map_or("sh", String::as_str);
    let text = match argv.get(1).map(String::as_str) {
        Some("-c" | "-ec" | "-xc" | "-lc") => match argv.get(2) {
            Some(text) => text.clone(),
            None => {
                context
                    .out
                    .error(&format!("{name}: -c requires an argument"));
                return Outcome::Exit(2);
            }
        },
        Some(option) if option.starts_with('-') && !matches!(option, "-i" | "-l" | "-il") => {
            context.out.error(&format!(
                "{name}: {option}: Portside's shell knows -c, -i and -l"
            ));
            return Outcome::Exit(2);
        }
        Some(path) if !path.starts_with('-') => {
            match surroundings::read(context.world, context.place, context.cwd, path) {
                Ok(text) => text.to_string(),
                Err(_) => {
                    context.out.error(&format!(
                        "{name}: can't open '{path}': No such file or directory"
                    ));
                    return Outcome::Exit(2);
                }
            }
        }
        _ => match context.stdin.take() {
            Some(text) => text,
            None => {
                return Outcome::Foreground(pod_shell(context.world, context.place.clone(), name));
            }
        },
    };
    // A script names itself by its path, as the image's shell does.
    let full = if name.contains('/') {
        name.to_owned()
    } else {
        format!("/bin/{name}")
    };
    match Shell::script(context, &full, &text) {
        Ok(mut shell) => {
            let mut words = argv
                .iter()
                .skip(if argv.get(1).is_some_and(|w| w.starts_with('-')) {
                    3
                } else {
                    1
                });
            if let Some(name) = words.next() {
                shell.name.clone_from(name);
            }
            shell.args = words.cloned().collect();
            match shell.run(context) {
                Progress::Exit(status) => Outcome::Exit(status),
                Progress::Stay => Outcome::Exit(shell.status),
                Progress::Push(program) => {
                    shell.first = Some(program);
                    Outcome::Foreground(Box::new(shell))
                }
            }
        }
        Err(fault) => {
            let own = Surroundings::of(&context.world.cluster, context.place).dialect;
            let dialect = if name.ends_with("bash") {
                Dialect::Bash
            } else {
                own
            };
            let told = worded(&fault, &text, dialect, false).replace('\n', &format!("\n{full}: "));
            context.out.error(&format!("{full}: {told}"));
            Outcome::Exit(2)
        }
    }
}

/// A fault of syntax in each shell's words; bash shows the line of a script, too.
fn worded(fault: &Fault, text: &str, dialect: Dialect, interactive: bool) -> String {
    let line = text.lines().next().unwrap_or_default();
    let open =
        |quote: char| matches!(fault, Fault::Incomplete) && line.matches(quote).count() % 2 == 1;
    let quote = ['"', '\''].into_iter().find(|quote| open(*quote));
    let at = if interactive { "" } else { "-c: line 1: " };
    match (fault, dialect, quote) {
        (Fault::Unsupported { .. }, ..) => fault.to_string(),
        (Fault::Incomplete, Dialect::Ash, Some(_)) => {
            "syntax error: unterminated quoted string".to_owned()
        }
        (_, Dialect::Ash, _) => fault.to_string(),
        (Fault::Incomplete, Dialect::Dash, Some(_)) => {
            "1: Syntax error: Unterminated quoted string".to_owned()
        }
        (Fault::Incomplete, Dialect::Dash, None) => {
            "1: Syntax error: end of file unexpected".to_owned()
        }
        (Fault::Unexpected { text, .. }, Dialect::Dash, _) if text == "newline" => {
            "1: Syntax error: newline unexpected".to_owned()
        }
        (Fault::Unexpected { text, .. }, Dialect::Dash, _) => {
            format!("1: Syntax error: \"{text}\" unexpected")
        }
        (Fault::Incomplete, Dialect::Bash, Some(quote)) => {
            format!("{at}unexpected EOF while looking for matching `{quote}'")
        }
        (Fault::Incomplete, Dialect::Bash, None) => {
            let at = at.replace("line 1", &format!("line {}", text.lines().count() + 1));
            format!("{at}syntax error: unexpected end of file")
        }
        (Fault::Unexpected { text, .. }, Dialect::Bash, _) => {
            let told = format!("{at}syntax error near unexpected token `{text}'");
            if interactive {
                told
            } else {
                format!("{told}\n{at}`{line}'")
            }
        }
    }
}

impl Shell {
    fn refuse(&mut self, context: &mut Context<'_>, fault: &Fault) {
        self.status = 2;
        match fault {
            Fault::Unsupported { .. } => context.out.note(&format!("{fault}.")),
            Fault::Unexpected { .. } | Fault::Incomplete => {
                let told = worded(fault, "", self.around().dialect, true);
                self.complain(context, &told);
            }
        }
    }
}

impl Program for Shell {
    fn prompt(&self) -> String {
        if !self.open.is_empty() {
            return "> ".to_owned();
        }
        let home = self.variable("HOME");
        let shown = match self.cwd.strip_prefix(&home) {
            Some("") => "~".to_owned(),
            Some(rest) if rest.starts_with('/') => format!("~{rest}"),
            _ => self.cwd.clone(),
        };
        match (self.around().kit, self.around().dialect) {
            (Kit::Laptop, _) => format!("{shown} $ "),
            (_, Dialect::Ash) => format!("{shown} # "),
            (_, Dialect::Dash) => "# ".to_owned(),
            (_, Dialect::Bash) => {
                format!("root@{}:{shown}# ", self.host)
            }
        }
    }

    fn place(&self) -> Place {
        self.place().clone()
    }

    fn start(&mut self, context: &mut Context<'_>) -> Progress {
        match self.first.take() {
            Some(program) => Progress::Push(program),
            None if self.interactive => Progress::Stay,
            None => self.run(context),
        }
    }

    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        let text = if self.open.is_empty() {
            line.to_owned()
        } else {
            format!("{}\n{line}", self.open)
        };
        match parse(&text) {
            Err(Fault::Incomplete) => {
                self.open = text;
                return Progress::Stay;
            }
            Err(fault) => {
                self.open.clear();
                self.refuse(context, &fault);
                return Progress::Stay;
            }
            Ok(script) => {
                self.open.clear();
                if !text.trim().is_empty() {
                    self.history.push(text);
                }
                self.take_on(script);
            }
        }
        self.run(context)
    }

    /// What runs in the background goes on.
    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        self.jobs
            .retain_mut(|(.., program)| !matches!(program.passed(context), Progress::Exit(_)));
        Progress::Stay
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.line("^C");
        self.open.clear();
        self.abandon();
        self.status = 130;
        Progress::Stay
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        if !self.open.is_empty() {
            self.open.clear();
            self.refuse(context, &Fault::Incomplete);
            return Progress::Stay;
        }
        if *self.place() == Place::Laptop {
            context
                .out
                .note("This is the laptop's own shell: there is nothing to go back to.");
            return Progress::Stay;
        }
        Progress::Exit(self.status)
    }

    fn child_ended(&mut self, context: &mut Context<'_>, status: i32) -> Progress {
        self.status = status;
        self.run(context)
    }

    fn reads(&self) -> Reads {
        if self.open.is_empty() {
            Reads::Commands
        } else {
            Reads::Continuation
        }
    }

    fn status(&self) -> i32 {
        self.status
    }

    fn complete(&self, world: &World, line: &str, cursor: usize) -> Vec<Candidate> {
        completion::complete(self, world, line, cursor)
    }
}
