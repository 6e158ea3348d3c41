//! Commands that act on the shell itself, and small ones that need no files.

use super::commands::{find, here};
use super::context::Context;
use super::interpreter::Shell;
use super::parser::is_name;
use super::surroundings::{self, Dialect, Kit};
use super::tree::resolve;
use crate::cluster::Place;
use crate::kernel::{Span, civil};

/// How long all sleeps of one line may take.
const MOST_SLEEP_MS: u64 = 86_400_000;

/// `cd`.
pub(super) fn cd(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = argv
        .get(1)
        .cloned()
        .unwrap_or_else(|| shell.variable("HOME"));
    let back = given == "-";
    let given = if back { shell.previous.clone() } else { given };
    let path = resolve(shell.cwd(), &given, surroundings::home(shell.place()));
    let tree = surroundings::tree(context.world, shell.place());
    if tree.is_folder(&path) {
        shell.previous = std::mem::replace(&mut shell.cwd, path);
        if back {
            context.out.line(&shell.cwd);
        }
        return 0;
    }
    let exists = tree.get(&path).is_some();
    let text = match (shell.around().dialect, exists) {
        (Dialect::Bash, true) => format!("cd: {given}: Not a directory"),
        (Dialect::Bash, false) => format!("cd: {given}: No such file or directory"),
        (Dialect::Dash, _) => format!("1: cd: can't cd to {given}"),
        (Dialect::Ash, true) => format!("cd: can't cd to {given}: Not a directory"),
        (Dialect::Ash, false) => format!("cd: can't cd to {given}: No such file or directory"),
    };
    shell.complain(context, &text);
    if shell.around().dialect == Dialect::Bash {
        1
    } else {
        2
    }
}

/// `pwd`.
pub(super) fn pwd(shell: &mut Shell, context: &mut Context<'_>, _: &[String]) -> i32 {
    context.out.line(shell.cwd());
    0
}

/// `export`.
pub(super) fn export(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let words = argv.get(1..).unwrap_or_default();
    if words.is_empty() || words == ["-p"] {
        for (name, value) in &shell.exported {
            context.out.line(&format!("export {name}='{value}'"));
        }
    }
    let mut status = 0;
    for word in words.iter().filter(|word| *word != "-p") {
        let (name, value) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(n, v)| (n, Some(v)));
        if is_name(name) {
            let kept = shell.local.remove(name);
            let value = value
                .map(str::to_owned)
                .or(kept)
                .or_else(|| shell.exported.get(name).cloned());
            shell
                .exported
                .insert(name.to_owned(), value.unwrap_or_default());
        } else {
            shell.complain(context, &format!("export: {word}: bad variable name"));
            status = 2;
        }
    }
    status
}

/// `unset`.
pub(super) fn unset(shell: &mut Shell, _: &mut Context<'_>, argv: &[String]) -> i32 {
    for name in argv.iter().skip(1) {
        shell.local.remove(name);
        shell.exported.remove(name);
    }
    0
}

/// `env` and `printenv`.
pub(super) fn env(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    match argv.get(1) {
        None => {
            for (name, value) in context.env {
                context.out.line(&format!("{name}={value}"));
            }
            0
        }
        Some(name)
            if argv
                .first()
                .is_some_and(|program| program.ends_with("printenv")) =>
        {
            let value = context.env.get(name);
            if let Some(value) = value {
                context.out.line(value);
            }
            i32::from(value.is_none())
        }
        Some(_) => {
            shell.complain(context, "env: Portside's env takes no arguments");
            1
        }
    }
}

/// `alias`.
pub(super) fn alias(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    if argv.len() < 2 {
        for (name, value) in &shell.aliases {
            context.out.line(&format!("{name}='{value}'"));
        }
    }
    let mut status = 0;
    for word in argv.iter().skip(1) {
        match word.split_once('=') {
            Some((name, value)) => drop(shell.aliases.insert(name.to_owned(), value.to_owned())),
            None => match shell.aliases.get(word) {
                Some(value) => context.out.line(&format!("{word}='{value}'")),
                None => {
                    shell.complain(context, &format!("alias: {word} not found"));
                    status = 1;
                }
            },
        }
    }
    status
}

/// `unalias`.
pub(super) fn unalias(shell: &mut Shell, _: &mut Context<'_>, argv: &[String]) -> i32 {
    for name in argv.iter().skip(1) {
        if name == "-a" {
            shell.aliases.clear();
        }
        shell.aliases.remove(name);
    }
    0
}

/// `exit`.
pub(super) fn exit(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let status = match argv.get(1).map(|word| word.parse::<i64>()) {
        None => shell.status,
        Some(Ok(number)) => (number & 0xff) as i32,
        Some(Err(_)) => {
            let word = argv.get(1).map_or("", String::as_str);
            let text = match shell.around().dialect {
                Dialect::Bash => format!("exit: {word}: numeric argument required"),
                Dialect::Ash | Dialect::Dash => format!("exit: Illegal number: {word}"),
            };
            shell.complain(context, &text);
            2
        }
    };
    if *shell.place() == Place::Laptop && shell.interactive && shell.depth == 0 {
        context
            .out
            .note("This is the laptop's own shell: there is nothing to go back to.");
    } else {
        shell.leaving = Some(status);
    }
    status
}

/// `break`.
pub(super) fn leave_loop(shell: &mut Shell, _: &mut Context<'_>, _: &[String]) -> i32 {
    shell.breaking = Some(false);
    0
}

/// `continue`.
pub(super) fn next_round(shell: &mut Shell, _: &mut Context<'_>, _: &[String]) -> i32 {
    shell.breaking = Some(true);
    0
}

/// `true` and `:`.
pub(super) fn succeed(_: &mut Shell, _: &mut Context<'_>, _: &[String]) -> i32 {
    0
}

/// `false`.
pub(super) fn fail(_: &mut Shell, _: &mut Context<'_>, _: &[String]) -> i32 {
    1
}

/// `clear`: what a terminal needs to clear itself.
pub(super) fn clear(_: &mut Shell, context: &mut Context<'_>, _: &[String]) -> i32 {
    context
        .out
        .write(super::context::Stream::Out, "\u{1b}[H\u{1b}[J");
    0
}

/// `history`.
pub(super) fn history(shell: &mut Shell, context: &mut Context<'_>, _: &[String]) -> i32 {
    for (i, line) in shell.history.iter().enumerate() {
        context.out.line(&format!("{:5}  {line}", i + 1));
    }
    0
}

/// `sleep`: simulated time passes.
pub(super) fn sleep(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let mut total = 0u64;
    for word in argv.iter().skip(1) {
        let (number, unit) = match word.strip_suffix(['s', 'm', 'h', 'd']) {
            Some(number) => (number, word.chars().last().unwrap_or('s')),
            None => (word.as_str(), 's'),
        };
        let factor = match unit {
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => 86_400_000,
            _ => 1_000,
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let millis: String = part.chars().chain("000".chars()).take(3).collect();
        let parsed = whole.parse::<u64>().ok().zip(millis.parse::<u64>().ok());
        let Some((seconds, millis)) = parsed else {
            context
                .out
                .error(&format!("sleep: invalid number '{word}'"));
            return 1;
        };
        let span = seconds
            .saturating_mul(factor)
            .saturating_add(millis * factor / 1_000);
        total = total.saturating_add(span);
    }
    // One line may wait a day, however many sleeps it has.
    let left = MOST_SLEEP_MS.saturating_sub(shell.slept_ms);
    if total > left {
        context
            .out
            .note("Stopped: Portside sleeps at most a day for one line.");
    }
    let sleeps = total.min(left);
    shell.slept_ms += sleeps;
    context.pass(Span::millis(sleeps));
    i32::from(total > left)
}

/// `hostname`: the name, or with `-i`, `-f`, `-s` and `-d` its address and its parts.
pub(super) fn hostname(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (cluster, place) = (&context.world.cluster, shell.place());
    let name = surroundings::own_name(cluster, place);
    let full = || surroundings::full_name(cluster, place).unwrap_or_else(|| name.clone());
    let text = match argv.get(1).map(String::as_str) {
        Some("-i" | "-I") => cluster.address_of(place).to_string(),
        Some("-f") => full(),
        Some("-s") => name.split('.').next().unwrap_or_default().to_owned(),
        Some("-d") => {
            let full = full();
            full.split_once('.')
                .map_or("", |(_, domain)| domain)
                .to_owned()
        }
        _ => name,
    };
    context.out.line(&text);
    0
}

/// `id`.
pub(super) fn id(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (number, name) = if shell.around().kit == Kit::Laptop {
        ("1000", "reader")
    } else {
        ("0", "root")
    };
    match argv.get(1).map(String::as_str) {
        Some("-u" | "-g" | "-G") => {
            context.out.line(number);
            return 0;
        }
        Some("-un" | "-nu" | "-gn" | "-ng") => {
            context.out.line(name);
            return 0;
        }
        _ => {}
    }
    context.out.line(match shell.around().kit {
        Kit::Laptop => "uid=1000(reader) gid=1000(reader) groups=1000(reader)",
        Kit::Image(crate::api::image::ToolSet::Busybox) => {
            "uid=0(root) gid=0(root) groups=0(root),10(wheel)"
        }
        Kit::Node | Kit::Image(_) => "uid=0(root) gid=0(root) groups=0(root)",
    });
    0
}

/// `whoami`.
pub(super) fn whoami(shell: &mut Shell, context: &mut Context<'_>, _: &[String]) -> i32 {
    context.out.line(if shell.around().kit == Kit::Laptop {
        "reader"
    } else {
        "root"
    });
    0
}

/// `uname`.
pub(super) fn uname(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let name = surroundings::own_name(&context.world.cluster, shell.place());
    match argv.get(1).map(String::as_str) {
        None | Some("-s") => context.out.line("Linux"),
        Some("-n") => context.out.line(&name),
        Some("-r") => context.out.line("6.8.0-45-generic"),
        Some("-m") => context.out.line("x86_64"),
        Some(_) => context.out.line(&format!(
            "Linux {name} 6.8.0-45-generic #1 SMP x86_64 GNU/Linux"
        )),
    }
    0
}

/// `date`: the simulated clock, in UTC.
pub(super) fn date(_: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let cluster = &context.world.cluster;
    let sim = cluster.sim();
    let unix = sim.unix(sim.now);
    let (year, month, day, hour, minute, second) = civil(unix);
    let text = match argv.iter().find_map(|word| word.strip_prefix('+')) {
        Some(format) => format
            .replace("%s", &unix.to_string())
            .replace("%F", "%Y-%m-%d")
            .replace("%T", "%H:%M:%S")
            .replace("%Y", &year.to_string())
            .replace("%m", &format!("{month:02}"))
            .replace("%d", &format!("{day:02}"))
            .replace("%H", &format!("{hour:02}"))
            .replace("%M", &format!("{minute:02}"))
            .replace("%S", &format!("{second:02}")),
        None => time_text(unix, " UTC"),
    };
    context.out.line(&text);
    0
}

/// `Wed Nov 25 10:00:00 UTC 2026`, as `date` and `ctime(3)` write it.
pub(super) fn time_text(unix: i64, zone: &str) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (year, month, day, hour, minute, second) = civil(unix);
    let weekday = DAYS
        .get(unix.div_euclid(86_400).rem_euclid(7) as usize)
        .copied()
        .unwrap_or_default();
    let month = MONTHS
        .get(month.saturating_sub(1) as usize)
        .copied()
        .unwrap_or_default();
    format!("{weekday} {month} {day:2} {hour:02}:{minute:02}:{second:02}{zone} {year}")
}

/// `which`.
pub(super) fn which(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let mut status = 0;
    for word in argv.iter().skip(1) {
        match find(word, shell.around().kit).filter(|command| command.is_a_file()) {
            Some(_) if word.contains('/') => context.out.line(word),
            Some(_) => {
                let dir = if shell.around().dialect == Dialect::Ash {
                    "/bin"
                } else {
                    "/usr/bin"
                };
                context.out.line(&format!("{dir}/{word}"));
            }
            None => status = 1,
        }
    }
    status
}

/// `portside`: what the laptop can do with the editor.
pub(super) fn portside(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let ["name-tab", path] = words.as_slice() else {
        context.out.error("usage: portside name-tab FILE");
        return 2;
    };
    let Some(id) = context.world.files.unnamed().next().map(|(id, _)| id) else {
        context
            .out
            .error("portside: every tab of the editor has a name");
        return 1;
    };
    if context.world.files.read(shell.cwd(), path).is_ok() {
        context.out.error(&format!("portside: {path}: File exists"));
        return 1;
    }
    context.world.files.name_tab(id, shell.cwd(), path);
    0
}

/// `help`.
pub(super) fn help(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let kit = shell.around().kit;
    let Some(word) = argv.get(1) else {
        for command in here(kit) {
            context
                .out
                .line(&format!("  {:<10} {}", command.name(), command.summary));
        }
        return 0;
    };
    match find(word, kit) {
        Some(command) => {
            context.out.line(&format!(
                "{}\n  {}\nExample: {}",
                command.synopsis, command.summary, command.example
            ));
            0
        }
        None => {
            shell.complain(context, &format!("help: no help topics match '{word}'"));
            1
        }
    }
}
