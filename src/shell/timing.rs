//! Commands about the time that others take: `time`, `timeout`, `nohup`, `nice`.

use super::context::{Context, Outcome};
use super::interpreter::Shell;
use super::options;
use super::surroundings::Dialect;
use crate::kernel::Span;

/// Runs a command to its end; its status.
fn run(shell: &mut Shell, context: &mut Context<'_>, words: &[String]) -> i32 {
    match shell.call(context, words).waited(context) {
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

/// `time COMMAND`: how much simulated time it takes.
pub(super) fn time(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let words = argv.get(1..).unwrap_or_default();
    let began = context.world.cluster.now();
    let status = if words.is_empty() {
        0
    } else {
        run(shell, context, words)
    };
    let millis = context.world.cluster.now().since(began).0 / 1_000;
    let (minutes, seconds, part) = (millis / 60_000, millis / 1_000 % 60, millis % 1_000);
    context
        .out
        .error(&if shell.around().dialect == Dialect::Ash {
            let part = part / 10;
            format!("real\t{minutes}m {seconds}.{part:02}s\nuser\t0m 0.00s\nsys\t0m 0.00s")
        } else {
            format!("\nreal\t{minutes}m{seconds}.{part:03}s\nuser\t0m0.000s\nsys\t0m0.000s")
        });
    status
}

/// `timeout [-s SIGNAL] SECONDS COMMAND…`: time stands still for the command when it is over.
pub(super) fn timeout(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let ash = shell.around().dialect == Dialect::Ash;
    let mut words = argv.get(1..).unwrap_or_default();
    while let [option, rest @ ..] = words
        && let Some(letter) = option.strip_prefix('-').and_then(|o| o.chars().next())
    {
        if !"sk".contains(letter) {
            let complaint = format!("timeout: invalid option -- '{letter}'");
            let status = options::usage(shell, context, "timeout", Some(&complaint));
            return if ash { status } else { 125 };
        }
        words = if option.len() > 2 {
            rest
        } else {
            rest.get(1..).unwrap_or_default()
        };
    }
    let [limit, command @ ..] = words else {
        options::usage(shell, context, "timeout", None);
        return if ash { 1 } else { 125 };
    };
    let digits = limit.trim_end_matches(['s', 'm', 'h']);
    let unit = match limit.chars().last() {
        Some('m') => 60_000,
        Some('h') => 3_600_000,
        _ => 1_000,
    };
    let Some(millis) = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)) else {
        let told = if ash {
            "timeout: invalid number"
        } else {
            "timeout: invalid time interval"
        };
        context.out.error(&format!("{told} '{limit}'"));
        return if ash { 1 } else { 125 };
    };
    if command.is_empty() {
        options::usage(shell, context, "timeout", None);
        return if ash { 1 } else { 125 };
    }
    let cluster = &mut context.world.cluster;
    let (end, before) = (cluster.now() + Span::millis(millis), cluster.stopping());
    if before.is_none_or(|stop| end < stop) {
        cluster.stop_at(Some(end));
    }
    let status = run(shell, context, command);
    let late = context.world.cluster.is_stopped();
    context.world.cluster.stop_at(before);
    if !late || context.world.cluster.is_stopped() {
        return status;
    }
    context.out.told = false;
    if ash {
        context.out.error("Terminated");
        143
    } else {
        124
    }
}

/// `nohup COMMAND…` and `nice COMMAND…`.
pub(super) fn nohup(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let words = argv.get(1..).unwrap_or_default();
    if words.first().is_none_or(|word| word.starts_with('-')) {
        let said = format!("Portside does not simulate {}.", argv.join(" "));
        context.out.note(&said);
        return 1;
    }
    run(shell, context, words)
}
