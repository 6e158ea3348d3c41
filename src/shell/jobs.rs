//! What runs in the background: `jobs` and `kill`. Only programs that would hold the terminal stay; others have ended.

use super::context::{Context, Output};
use super::interpreter::{FIRST_JOB, Shell};

/// `jobs`: what runs in the background.
pub(super) fn jobs(shell: &mut Shell, context: &mut Context<'_>, _: &[String]) -> i32 {
    for (number, line, _) in &shell.jobs {
        context
            .out
            .line(&format!("[{number}]+  Running                 {line}"));
    }
    0
}

/// `kill %N` and `kill PID`: ends what runs in the background.
pub(super) fn kill(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let mut status = 0;
    for word in argv.iter().skip(1).filter(|word| !word.starts_with('-')) {
        let number = match word.strip_prefix('%') {
            Some(number) => number.parse::<u32>().ok(),
            None => word
                .parse::<u32>()
                .ok()
                .and_then(|pid| pid.checked_sub(FIRST_JOB)),
        };
        let at = shell.jobs.iter().position(|(n, ..)| Some(*n) == number);
        let Some(at) = at else {
            shell.complain(context, &format!("kill: ({word}) - No such process"));
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
