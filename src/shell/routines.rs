//! What makes scripts of lines: functions and their arguments, and the builtins that read, evaluate and look up.

use super::commands::{self, Runs};
use super::context::{Context, Outcome};
use super::expand;
use super::interpreter::{MOST_DEPTH, Shell, Work};
use super::parser::{is_name, parse_lines};
use super::script::{Script, is_reserved};
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
    pub(super) fn evaluate(&mut self, context: &mut Context<'_>, text: &str) -> i32 {
        let (script, fault) = parse_lines(text, self.around().dialect);
        if !script.pipelines.is_empty() {
            self.nested(context, Rc::new(script));
        } else if fault.is_none() {
            self.status = 0;
        }
        if let Some(fault) = fault {
            self.refuse(context, &fault, text, Some("eval"));
            return self.give_up(2);
        }
        self.status
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
                Dialect::Dash => format!("cannot open {path}: No such file"),
                Dialect::Ash => format!("can't open '{path}': {error}"),
            };
            if shell.around().dialect == Dialect::Bash {
                shell.complain_of(context, &told);
            } else {
                shell.complain_in(context, ".", &told);
            }
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

/// `read [-r] [-p TEXT] [-n N] NAME…`: a line of the input, in words.
pub(super) fn read(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (mut raw, mut names, mut most) = (false, Vec::new(), None);
    let dash = shell.around().dialect == Dialect::Dash;
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        let letters = word.strip_prefix('-').unwrap_or_default();
        if letters.is_empty() {
            names.push(word.as_str());
            continue;
        }
        for (at, letter) in letters.char_indices() {
            let rest = letters.get(at + 1..).filter(|rest| !rest.is_empty());
            let mut value = || rest.map(str::to_owned).or_else(|| words.next().cloned());
            match letter {
                'r' => raw = true,
                's' if !dash => {}
                'n' | 'N' if !dash => most = value().and_then(|value| value.parse::<usize>().ok()),
                'p' => drop(value()),
                't' if !dash => drop(value()),
                _ if dash && "nNtsadeiu".contains(letter) => {
                    shell.complain_in(context, "read", &format!("Illegal option -{letter}"));
                    return 2;
                }
                _ => {
                    let said = format!("Portside's shell does not simulate read {word}.");
                    context.out.note(&said);
                    return 2;
                }
            }
            if !matches!(letter, 'r' | 's') {
                break;
            }
        }
    }
    let Some(input) = context.stdin.take() else {
        context
            .out
            .note("read would now read what you type: give it a pipe or a file.");
        return 1;
    };
    let end = input.find('\n');
    let mut length = end.unwrap_or(input.len());
    let mut taken = end.map_or(input.len(), |end| end + 1);
    if let Some((at, _)) = most
        .and_then(|most| input.char_indices().nth(most))
        .filter(|(at, _)| *at < length)
    {
        (length, taken) = (at, at);
    }
    let line = input.get(..length).unwrap_or_default();
    shell.taken += taken;
    let line = if raw {
        line.to_owned()
    } else {
        line.replace('\\', "")
    };
    // What stands before the command counts for it alone.
    let ifs = match context.env.get("IFS") {
        Some(ifs) => ifs.clone(),
        None => expand::separators(shell),
    };
    let blank = |c: char| c.is_whitespace() && ifs.contains(c);
    let names = if names.is_empty() {
        vec!["REPLY"]
    } else {
        names
    };
    let mut pieces = expand::split(line.trim_matches(blank), &ifs, names.len()).into_iter();
    for name in names {
        let piece = pieces.next().unwrap_or_default().to_owned();
        if !shell.assign(context, name, piece) {
            return 1;
        }
    }
    i32::from(end.is_none() && most.is_none_or(|_| length == 0))
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
                shell.complain_in(context, "shift", "can't shift that many");
                return shell.give_up(2);
            }
            1
        }
    }
}

/// `return [STATUS]`.
pub(super) fn give_back(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let status = match argv.get(1).map(|text| text.parse()) {
        None => shell.status,
        Some(Ok(status)) => status,
        Some(Err(_)) => {
            let word = argv.get(1).map_or("", String::as_str);
            let told = match shell.around().dialect {
                Dialect::Bash => format!("{word}: numeric argument required"),
                Dialect::Ash | Dialect::Dash => format!("Illegal number: {word}"),
            };
            shell.complain_in(context, "return", &told);
            shell.give_up(2)
        }
    };
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
        let (name, value) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(n, v)| (n, Some(v)));
        if !is_name(name) {
            let told = format!("{name}: bad variable name");
            shell.complain_in(context, "local", &told);
            return shell.give_up(2);
        }
        let old = shell.is_set(name).then(|| shell.variable(name));
        let dialect = shell.around().dialect;
        let Some(frame) = shell.frames.last_mut() else {
            if dialect == Dialect::Bash {
                shell.complain_in(context, "local", "can only be used in a function");
                return 1;
            }
            shell.complain_in(context, "local", "not in a function");
            return shell.give_up(2);
        };
        frame.push((name.to_owned(), old));
        match value {
            Some(value) => shell.set(name, value.to_owned()),
            // dash's keep their value, the others' begin without one.
            None if dialect == Dialect::Dash => {}
            None => {
                shell.local.remove(name);
                shell.exported.remove(name);
            }
        }
    }
    0
}

/// `type NAME…`.
pub(super) fn type_of(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let mut status = 0;
    let bash = shell.around().dialect == Dialect::Bash;
    for name in argv.iter().skip(1) {
        let what = if is_reserved(name) {
            Some("is a shell keyword".to_owned())
        } else if let Some(text) = shell.aliases.get(name) {
            Some(if bash {
                format!("is aliased to `{text}'")
            } else {
                format!("is an alias for {text}")
            })
        } else if shell.functions.contains_key(name) {
            Some(
                match shell.around().dialect {
                    Dialect::Dash => "is a shell function",
                    Dialect::Ash | Dialect::Bash => "is a function",
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
                let own = shell.functions.contains_key(name)
                    || shell.is_builtin(name)
                    || is_reserved(name);
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
