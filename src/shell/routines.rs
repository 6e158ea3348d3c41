//! What makes scripts of lines: functions and their arguments, and the builtins that read, evaluate and look up.

use super::commands::{self, Runs};
use super::context::{Context, Outcome};
use super::interpreter::{MOST_DEPTH, Shell, Work};
use super::parser::{is_name, parse};
use super::script::Script;
use super::surroundings::{self, Dialect};
use std::rc::Rc;

/// What is a builtin of every shell though a program has the name, too.
const BUILT_IN: &str = "[ echo false kill printf pwd test true :";

impl Shell {
    /// Runs a script inside the command that is being run; its status.
    fn nested(&mut self, context: &mut Context<'_>, script: Rc<Script>) -> i32 {
        let work = std::mem::take(&mut self.work);
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            self.status = 1;
            context.out.note("Stopped: these commands nest too deeply.");
        } else {
            self.work.push(Work::Script { script, at: 0 });
            let _ = self.advance(context, false);
        }
        self.depth -= 1;
        self.work = work;
        self.status
    }

    /// Calls a function, if there is one of that name.
    pub(super) fn function(&mut self, context: &mut Context<'_>, argv: &[String]) -> Option<i32> {
        let body = self.functions.get(argv.first()?)?.clone();
        let args = argv.get(1..).unwrap_or_default().to_vec();
        let kept = std::mem::replace(&mut self.args, args);
        self.frames.push(Vec::new());
        let status = self.nested(context, body);
        self.args = kept;
        for (name, value) in self.frames.pop().unwrap_or_default().into_iter().rev() {
            match value {
                Some(value) => self.set(&name, value),
                None => drop(self.local.remove(&name)),
            }
        }
        Some(self.returning.take().unwrap_or(status))
    }

    /// Runs a text in this very shell.
    fn evaluate(&mut self, context: &mut Context<'_>, text: &str) -> i32 {
        match parse(text) {
            Ok(script) if script.pipelines.is_empty() => 0,
            Ok(script) => self.nested(context, Rc::new(script)),
            Err(fault) => {
                self.complain_of(context, &fault.to_string());
                2
            }
        }
    }

    /// Where the program of a name is.
    fn file_of(&self, name: &str) -> Option<String> {
        let command = commands::find(name, self.around().kit)?;
        let dir = match self.around().dialect {
            _ if name.contains('/') => "",
            Dialect::Ash => "/bin/",
            Dialect::Dash | Dialect::Bash => "/usr/bin/",
        };
        command.is_a_file().then(|| [dir, name].concat())
    }

    fn is_builtin(&self, name: &str) -> bool {
        let own = commands::find(name, self.around().kit);
        let only = own.is_some_and(|c| matches!(c.runs, Runs::Builtin(_)) && !c.is_a_file());
        only || BUILT_IN.split(' ').any(|word| word == name)
    }
}

/// `eval`.
pub(super) fn eval(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let text = argv.get(1..).unwrap_or_default().join(" ");
    shell.evaluate(context, &text)
}

/// `.` and `source`.
pub(super) fn source(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let Some(path) = argv.get(1) else {
        shell.complain_of(context, ".: filename argument required");
        return 2;
    };
    match surroundings::read(context.world, shell.place(), shell.cwd(), path) {
        Ok(text) => {
            let status = shell.evaluate(context, &text);
            shell.returning.take().unwrap_or(status)
        }
        Err(error) => {
            let told = match shell.around().dialect {
                Dialect::Bash => format!("{path}: {error}"),
                Dialect::Dash => format!(".: cannot open {path}: No such file"),
                Dialect::Ash => format!(".: can't open '{path}': {error}"),
            };
            shell.complain_of(context, &told);
            let status = if shell.around().dialect == Dialect::Bash {
                1
            } else {
                2
            };
            if status == 2 && !shell.interactive {
                shell.leaving = Some(status);
            }
            status
        }
    }
}

/// `read [-r] [-p TEXT] NAME…`: a line of the input, in words.
pub(super) fn read(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (mut raw, mut names) = (false, Vec::new());
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-r" => raw = true,
            "-p" => drop(words.next()),
            word if word.starts_with('-') => {
                let said = format!("Portside's shell does not simulate read {word}.");
                context.out.note(&said);
                return 2;
            }
            name => names.push(name),
        }
    }
    let Some(input) = context.stdin.take() else {
        context
            .out
            .note("read would now read what you type: give it a pipe or a file.");
        return 1;
    };
    let end = input.find('\n');
    let line = input.get(..end.unwrap_or(input.len())).unwrap_or_default();
    shell.taken += end.map_or(input.len(), |end| end + 1);
    let line = if raw {
        line.to_owned()
    } else {
        line.replace('\\', "")
    };
    let mut rest = line.trim();
    let names = if names.is_empty() {
        vec!["REPLY"]
    } else {
        names
    };
    for (i, name) in names.iter().enumerate() {
        let (word, after) = if i + 1 == names.len() {
            (rest, "")
        } else {
            rest.split_once([' ', '\t']).unwrap_or((rest, ""))
        };
        shell.set(name, word.to_owned());
        rest = after.trim_start();
    }
    i32::from(end.is_none())
}

/// `set -- WORD…`: the arguments. Options are refused by name.
pub(super) fn set(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    match argv.get(1).map(String::as_str) {
        None => {
            let all = shell.local.iter().chain(&shell.exported);
            for (name, value) in all {
                context.out.line(&format!("{name}='{value}'"));
            }
            0
        }
        Some("--") => {
            shell.args = argv.get(2..).unwrap_or_default().to_vec();
            0
        }
        Some(option) if option.starts_with(['-', '+']) => {
            let words = argv.join(" ");
            context
                .out
                .note(&format!("Portside's shell does not simulate {words}."));
            1
        }
        Some(_) => {
            shell.args = argv.get(1..).unwrap_or_default().to_vec();
            0
        }
    }
}

/// `shift [N]`.
pub(super) fn shift(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let count = argv.get(1).map_or(Ok(1), |text| text.parse::<usize>());
    match count {
        Ok(count) if count <= shell.args.len() => {
            shell.args.drain(..count);
            0
        }
        _ => {
            if shell.around().dialect == Dialect::Dash {
                shell.complain_of(context, "shift: can't shift that many");
            }
            1
        }
    }
}

/// `return [STATUS]`.
pub(super) fn give_back(shell: &mut Shell, _: &mut Context<'_>, argv: &[String]) -> i32 {
    let status = argv
        .get(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(shell.status);
    if shell.frames.is_empty() && !shell.interactive && shell.depth == 0 {
        shell.leaving = Some(status);
    } else if shell.depth > 0 {
        shell.returning = Some(status);
    }
    status
}

/// `local NAME[=VALUE]…`.
pub(super) fn local(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    for word in argv.iter().skip(1) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        if !is_name(name) {
            let said = format!("local: {name}: bad variable name");
            shell.complain_of(context, &said);
            return 2;
        }
        let old = shell.is_set(name).then(|| shell.variable(name));
        let Some(frame) = shell.frames.last_mut() else {
            let said = match shell.around().dialect {
                Dialect::Bash => "local: can only be used in a function",
                Dialect::Dash | Dialect::Ash => "local: not in a function",
            };
            shell.complain_of(context, said);
            return if shell.around().dialect == Dialect::Bash {
                1
            } else {
                2
            };
        };
        frame.push((name.to_owned(), old));
        shell.set(name, value.to_owned());
    }
    0
}

/// `type NAME…`.
pub(super) fn type_of(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let mut status = 0;
    let bash = shell.around().dialect == Dialect::Bash;
    for name in argv.iter().skip(1) {
        let what = if let Some(text) = shell.aliases.get(name) {
            Some(if bash {
                format!("is aliased to `{text}'")
            } else {
                format!("is an alias for {text}")
            })
        } else if shell.functions.contains_key(name) {
            Some(
                if bash {
                    "is a function"
                } else {
                    "is a shell function"
                }
                .to_owned(),
            )
        } else if shell.is_builtin(name) {
            Some("is a shell builtin".to_owned())
        } else {
            shell.file_of(name).map(|path| format!("is {path}"))
        };
        match what {
            Some(what) => context.out.line(&format!("{name} {what}")),
            None => {
                status = if bash { 1 } else { 127 };
                if bash {
                    shell.complain_of(context, &format!("type: {name}: not found"));
                } else {
                    context.out.line(&format!("{name}: not found"));
                }
            }
        }
    }
    status
}

/// `command [-v] NAME…`: a program in spite of functions, or where it is.
pub(super) fn command(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    match argv.get(1).map(String::as_str) {
        None => 0,
        Some("-v") => {
            let mut status = 0;
            for name in argv.iter().skip(2) {
                let alias = shell.aliases.get(name);
                let alias = alias.map(|text| format!("alias {name}='{text}'"));
                let own = shell.functions.contains_key(name) || shell.is_builtin(name);
                let found = alias
                    .or_else(|| own.then(|| name.clone()))
                    .or_else(|| shell.file_of(name));
                match found {
                    Some(found) => context.out.line(&found),
                    None => {
                        status = if shell.around().dialect == Dialect::Bash {
                            1
                        } else {
                            127
                        }
                    }
                }
            }
            status
        }
        Some("-V") => type_of(shell, context, argv.get(1..).unwrap_or_default()),
        Some(_) => {
            let words = argv.get(1..).unwrap_or_default();
            alone(shell, context, words)
        }
    }
}

/// `exec COMMAND…`: the command, and then nothing.
pub(super) fn exec(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let words = argv.get(1..).unwrap_or_default();
    if words.is_empty() {
        return 0;
    }
    let status = alone(shell, context, words);
    shell.leaving = Some(status);
    status
}

/// Runs a program to its end.
fn alone(shell: &mut Shell, context: &mut Context<'_>, words: &[String]) -> i32 {
    match shell.program(context, words).waited(context) {
        Outcome::Exit(status) => status,
        Outcome::Foreground(_) => {
            let name = words.first().map_or("", String::as_str);
            context.out.note(&format!(
                "Portside cannot keep {name} open behind another command: run it by itself."
            ));
            1
        }
    }
}
