//! What runs in the background: `jobs` and `kill`. Only programs that would hold the terminal stay; others have ended.

use super::context::{Context, Outcome, Output};
use super::interpreter::{FIRST_JOB, Shell};
use super::surroundings::Dialect;
use super::traps::signal;

/// `jobs`: what runs in the background.
pub(super) fn jobs(shell: &mut Shell, context: &mut Context<'_>, _: &[String]) -> i32 {
    for (number, line, _) in &shell.jobs {
        context
            .out
            .line(&format!("[{number}]+  Running                 {line}"));
    }
    0
}

/// `wait [PID…]`: what runs in the background ends at once here, unless it holds the terminal.
pub(super) fn wait(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    for (number, line, program) in std::mem::take(&mut shell.jobs) {
        match Outcome::Foreground(program).waited(context) {
            Outcome::Exit(status) if shell.last_job.0 == FIRST_JOB + number => {
                shell.last_job.1 = status;
            }
            Outcome::Exit(_) => {}
            Outcome::Foreground(program) => shell.jobs.push((number, line, program)),
        }
    }
    let (last, status) = shell.last_job;
    let Some(word) = argv.get(1) else {
        return 0;
    };
    if word.parse() == Ok(last) && last > 0 {
        return status;
    }
    if shell.around().dialect == Dialect::Bash {
        let told = format!("pid {word} is not a child of this shell");
        shell.complain_in(context, "wait", &told);
    }
    127
}

/// Which signal `kill` sends, and to whom; the status if there is nothing to send.
fn sent<'a>(
    shell: &Shell,
    context: &mut Context<'_>,
    words: &'a [String],
) -> Result<((u8, &'static str), &'a [String]), i32> {
    let dialect = shell.around().dialect;
    let (mut sent, mut words) = ((15, "TERM"), words);
    if let [option, rest @ ..] = words
        && let Some(name) = option.strip_prefix('-')
    {
        words = rest;
        let mut name = name;
        if let ("s" | "n", [value, rest @ ..]) = (name, rest) {
            (name, words) = (value, rest);
        }
        if name == "l" {
            let named = words.first().and_then(|word| signal(word));
            match named {
                Some((_, name)) => context.out.line(name),
                None => context.out.note("Portside's kill does not list signals."),
            }
            return Err(i32::from(named.is_none()));
        }
        match signal(name) {
            Some(found) => sent = found,
            None => {
                let first = name.chars().next().unwrap_or_default();
                match dialect {
                    Dialect::Ash => {
                        shell.complain_of(context, &format!("bad signal name '{name}'"));
                    }
                    Dialect::Dash => {
                        shell.complain_of(context, &format!("kill: Illegal option -{first}"));
                    }
                    Dialect::Bash => shell.complain_of(
                        context,
                        &format!("kill: {name}: invalid signal specification"),
                    ),
                }
                return Err(if dialect == Dialect::Dash { 2 } else { 1 });
            }
        }
    }
    if words.is_empty() {
        match dialect {
            Dialect::Ash => shell.complain_of(context, "you need to specify whom to kill"),
            Dialect::Dash => shell.complain_of(context, "kill: Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]"),
            Dialect::Bash => context.out.error("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]"),
        }
        return Err(if dialect == Dialect::Ash { 1 } else { 2 });
    }
    Ok((sent, words))
}

/// `kill [-SIGNAL] %N|PID…`: ends what runs in the background, or tells the shell itself of a signal.
pub(super) fn kill(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let dialect = shell.around().dialect;
    let (sent, words) = match sent(shell, context, argv.get(1..).unwrap_or_default()) {
        Ok(read) => read,
        Err(status) => return status,
    };
    let mut status = 0;
    for word in words {
        if *word == shell.variable("$") {
            shell.signalled(context, sent);
            continue;
        }
        if !word.starts_with('%') && word.parse::<i64>().is_err() {
            let told = match dialect {
                Dialect::Ash => format!("invalid number '{word}'"),
                Dialect::Dash => format!("kill: Illegal number: {word}"),
                Dialect::Bash => format!("kill: {word}: arguments must be process or job IDs"),
            };
            shell.complain_of(context, &told);
            status = if dialect == Dialect::Dash { 2 } else { 1 };
            continue;
        }
        let number = match word.strip_prefix('%') {
            Some(number) => number.parse::<u32>().ok(),
            None => word
                .parse::<u32>()
                .ok()
                .and_then(|pid| pid.checked_sub(FIRST_JOB)),
        };
        let at = shell.jobs.iter().position(|(n, ..)| Some(*n) == number);
        let Some(at) = at else {
            let told = match dialect {
                Dialect::Ash => format!("can't kill pid {word}: No such process"),
                Dialect::Dash => "kill: No such process\n".to_owned(),
                Dialect::Bash => format!("kill: ({word}) - No such process"),
            };
            shell.complain_of(context, &told);
            status = 1;
            continue;
        };
        let (number, line, mut program) = shell.jobs.remove(at);
        let mut silent = Output::default();
        let mut inner = Context {
            world: &mut *context.world,
            place: context.place,
            env: context.env,
            cwd: context.cwd,
            stdin: None,
            tty: false,
            out: &mut silent,
        };
        let _ = program.interrupt(&mut inner);
        context
            .out
            .line(&format!("[{number}]+  Terminated              {line}"));
    }
    status
}
