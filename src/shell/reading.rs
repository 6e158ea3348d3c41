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

/// How a shell was called.
struct Called<'a> {
    /// What stands behind its options.
    words: &'a [String],
    /// Options as `set` has them.
    options: Vec<String>,
    /// Whether the first word is a script: `-c`.
    command: bool,
    /// Whether it reads its input though there are words: `-s`, `-i`.
    asks: bool,
    /// Whether it runs nothing: `-n`.
    reads_only: bool,
}

fn called(words: &[String]) -> Called<'_> {
    let mut called = Called {
        words,
        options: Vec::new(),
        command: false,
        asks: false,
        reads_only: false,
    };
    while let [word, rest @ ..] = called.words
        && word.starts_with(['-', '+'])
        && word.len() > 1
    {
        called.words = rest;
        if matches!(
            word.as_str(),
            "--login" | "--norc" | "--noprofile" | "--posix"
        ) {
            continue;
        }
        let kept: String = word.chars().filter(|c| !"cilsn".contains(*c)).collect();
        called.reads_only |= word.contains('n');
        called.command |= word.starts_with('-') && word.contains('c');
        called.asks |= word == "-s" || word == "-i" || word == "-il";
        if kept.len() > 1 {
            called.options.push(kept);
        }
        if word.ends_with('o')
            && let [value, rest @ ..] = rest
        {
            called.options.push(value.clone());
            called.words = rest;
        }
    }
    called
}

/// The `sh`, `ash`, `bash` commands: a shell in the shell, the text after `-c`, a file, or the lines of a pipe.
pub(super) fn sh(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let name = argv.first().map_or("sh", String::as_str);
    // A script names itself by its path, as the image's shell does.
    let full = if name.contains('/') {
        name.to_owned()
    } else {
        format!("/bin/{name}")
    };
    let Called {
        mut words,
        options,
        command,
        asks,
        reads_only,
    } = called(argv.get(1..).unwrap_or_default());
    let (mut of_file, mut piped) = (false, false);
    let text = match words {
        [text, rest @ ..] if command => {
            words = rest;
            text.clone()
        }
        [] if command => {
            context
                .out
                .error(&format!("{name}: -c requires an argument"));
            return Outcome::Exit(2);
        }
        [path, ..] if !asks => {
            of_file = true;
            match surroundings::read(context.world, context.place, context.cwd, path) {
                Ok(text) => text.to_string(),
                Err(_) => return Outcome::Exit(no_file(context, name, path)),
            }
        }
        _ => match context.stdin.take() {
            Some(text) => {
                piped = true;
                text
            }
            None => {
                return Outcome::Foreground(pod_shell(context.world, context.place.clone(), name));
            }
        },
    };
    let mut shell = Shell::script(context, &full, &text);
    if let Err(wrong) = shell.options(context, &options) {
        shell.complain(context, &format!("illegal option {wrong}"));
        return Outcome::Exit(2);
    }
    shell.reads_a_file = of_file;
    if reads_only {
        shell.tell_fault(context);
        return Outcome::Exit(shell.status);
    }
    if piped {
        name.clone_into(&mut shell.name);
    }
    if let [name, args @ ..] = words.get(usize::from(asks)..).unwrap_or_default()
        && !asks
    {
        shell.name.clone_from(name);
        shell.args = args.to_vec();
    } else {
        shell.args = words.to_vec();
    }
    match shell.run(context) {
        Progress::Exit(status) => Outcome::Exit(status),
        Progress::Stay => Outcome::Exit(shell.status),
        Progress::Push(program) => {
            shell.first = Some(program);
            Outcome::Foreground(Box::new(shell))
        }
    }
}

/// A script that is not there.
fn no_file(context: &mut Context<'_>, name: &str, path: &str) -> i32 {
    let own = Surroundings::of(&context.world.cluster, context.place).dialect;
    let (told, status) = match own {
        _ if name.ends_with("bash") => (format!("{name}: {path}: No such file or directory"), 127),
        Dialect::Dash | Dialect::Bash => {
            (format!("{name}: 0: cannot open {path}: No such file"), 2)
        }
        Dialect::Ash => (
            format!("{name}: can't open '{path}': No such file or directory"),
            2,
        ),
    };
    context.out.error(&told);
    status
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
        self.line = 0;
        match parse(&text, self.around().dialect) {
            Err(Fault::Incomplete(_)) => {
                self.open = text;
                return Progress::Stay;
            }
            Err(fault) => {
                self.open.clear();
                self.refuse(context, &fault, &text, None);
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
        self.spring(context, "INT");
        self.status = 130;
        Progress::Stay
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        if !self.open.is_empty() {
            let text = std::mem::take(&mut self.open);
            let fault = parse(&text, self.around().dialect).err();
            let fault = fault.unwrap_or(Fault::Incomplete(""));
            self.refuse(context, &fault, &text, None);
            return Progress::Stay;
        }
        if *self.place() == Place::Laptop {
            context
                .out
                .note("This is the laptop's own shell: there is nothing to go back to.");
            return Progress::Stay;
        }
        self.farewell(context);
        Progress::Exit(self.leaving.take().unwrap_or(self.status))
    }

    fn child_ended(&mut self, context: &mut Context<'_>, status: i32) -> Progress {
        self.status = status;
        self.failed_at(context);
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
