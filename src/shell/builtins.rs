//! Commands that act on the shell itself, and small ones that need no files.

use super::commands::{find, here};
use super::context::{Context, Outcome};
use super::interpreter::{Shell, Work};
use super::options;
use super::surroundings::{self, Dialect, Kit};
use super::tree::resolve;
use super::waiting::{Look, wait};
use crate::cluster::Place;
use crate::kernel::BTreeMap;
use crate::kernel::{Span, civil, month_name, weekday};

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
    if argv.len() > 2 && shell.around().dialect == Dialect::Bash {
        shell.complain_in(context, "cd", "too many arguments");
        return 1;
    }
    if tree.is_folder(&path) {
        shell.set("OLDPWD", shell.cwd.clone());
        shell.previous = std::mem::replace(&mut shell.cwd, path);
        if back {
            context.out.line(&shell.cwd);
        }
        return 0;
    }
    let exists = tree.get(&path).is_some();
    let text = match (shell.around().dialect, exists) {
        (Dialect::Bash, true) => format!("{given}: Not a directory"),
        (Dialect::Bash, false) => format!("{given}: No such file or directory"),
        (Dialect::Dash, _) => format!("can't cd to {given}"),
        (Dialect::Ash, true) => format!("can't cd to {given}: Not a directory"),
        (Dialect::Ash, false) => format!("can't cd to {given}: No such file or directory"),
    };
    shell.complain_in(context, "cd", &text);
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

/// `printenv`.
pub(super) fn printenv(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    if given.words.is_empty() {
        return variables(context, context.env);
    }
    let mut status = 0;
    for name in &given.words {
        match context.env.get(name) {
            Some(value) => context.out.line(value),
            None => status = 1,
        }
    }
    status
}

fn variables(context: &mut Context<'_>, env: &BTreeMap<String, String>) -> i32 {
    for (name, value) in env {
        context.out.line(&format!("{name}={value}"));
    }
    0
}

/// `env`: the variables, or a program with others.
pub(super) fn env(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let mut env = context.env.clone();
    let mut words = argv.get(1..).unwrap_or_default().iter();
    let mut rest = words.as_slice();
    while let Some(word) = words.next() {
        match (word.as_str(), word.split_once('=')) {
            ("-i" | "-", _) => env.clear(),
            ("-u", _) => {
                let name = words.next();
                name.map(|name| env.remove(name));
            }
            ("--help", _) => {
                options::usage(shell, context, "env", None);
                return 0;
            }
            (word, _) if word.starts_with('-') => {
                let letter = word.chars().nth(1).unwrap_or_default();
                let complaint = format!("env: invalid option -- '{letter}'");
                return options::usage(shell, context, "env", Some(&complaint));
            }
            (_, Some((name, value))) => drop(env.insert(name.to_owned(), value.to_owned())),
            (_, None) => break,
        }
        rest = words.as_slice();
    }
    if rest.is_empty() {
        return variables(context, &env);
    }
    let mut inner = Context {
        env: &env,
        ..context.inner()
    };
    match shell.call(&mut inner, rest).waited(&mut inner) {
        Outcome::Exit(status) => status,
        Outcome::Foreground(_) => {
            context
                .out
                .note("Portside's env cannot keep a program open: run it by itself.");
            1
        }
    }
}

/// `exit`.
pub(super) fn exit(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let strict = shell.around().dialect != Dialect::Bash;
    let number = |word: &String| match word.parse::<i64>() {
        Ok(number) if strict && number < 0 => Err(()),
        number => number.map_err(|_| ()),
    };
    let status = match argv.get(1).map(number) {
        None => shell.status,
        Some(Ok(number)) => (number & 0xff) as i32,
        Some(Err(_)) => {
            let word = argv.get(1).map_or("", String::as_str);
            let text = match shell.around().dialect {
                Dialect::Bash => format!("{word}: numeric argument required"),
                Dialect::Ash | Dialect::Dash => format!("Illegal number: {word}"),
            };
            shell.complain_in(context, "exit", &text);
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

/// `break [N]` and `continue [N]`.
pub(super) fn leave_loop(shell: &mut Shell, _: &mut Context<'_>, argv: &[String]) -> i32 {
    let loops = |work: &Work| matches!(work, Work::For { .. } | Work::Loop { .. });
    let inside = shell.work.iter().filter(|work| loops(work)).count();
    let goes_on = argv.first().is_some_and(|word| word == "continue");
    let levels = argv.get(1).and_then(|word| word.parse::<usize>().ok());
    let levels = levels.unwrap_or(1).clamp(1, inside.max(1));
    if inside > 0 {
        shell.breaking = Some((levels as u32, goes_on));
    }
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
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut total = 0u64;
    for word in &given.words {
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
    let status = i32::from(total > left);
    let until = context.world.cluster.now() + Span::millis(sleeps);
    let slept = wait(context, (until, status), |context, (until, status)| {
        if context.world.cluster.now() < *until {
            Look::Again(*until)
        } else {
            Look::Over(*status)
        }
    });
    match slept {
        Outcome::Exit(status) => status,
        Outcome::Foreground(program) => {
            shell.first = Some(program);
            status
        }
    }
}

/// `hostname`: the name, or with `-i`, `-f`, `-s` and `-d` its address and its parts.
pub(super) fn hostname(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    if let Err(status) = options::read(shell, context, argv) {
        return status;
    }
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
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let (number, name) = if shell.around().kit == Kit::Laptop {
        ("1000", "reader")
    } else {
        ("0", "root")
    };
    if let Some(user) = given.words.first().filter(|user| *user != name) {
        let ash = shell.around().dialect == Dialect::Ash;
        context.out.error(&if ash {
            format!("id: unknown user {user}")
        } else {
            format!("id: '{user}': no such user")
        });
        return 1;
    }
    let wheel = matches!(
        shell.around().kit,
        Kit::Image(crate::api::image::ToolSet::Busybox)
    );
    if given.has('u') || given.has('g') || given.has('G') {
        let shown = if given.has('n') { name } else { number };
        let more = match (given.has('G') && wheel, given.has('n')) {
            (true, true) => " wheel",
            (true, false) => " 10",
            (false, _) => "",
        };
        context.out.line(&[shown, more].concat());
        return 0;
    }
    let more = if wheel { ",10(wheel)" } else { "" };
    context.out.line(&format!(
        "uid={number}({name}) gid={number}({name}) groups={number}({name}){more}"
    ));
    0
}

/// `whoami`.
pub(super) fn whoami(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    if let Err(status) = options::read(shell, context, argv) {
        return status;
    }
    context.out.line(if shell.around().kit == Kit::Laptop {
        "reader"
    } else {
        "root"
    });
    0
}

/// `uname`.
pub(super) fn uname(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let name = surroundings::own_name(&context.world.cluster, shell.place());
    let parts = [
        ('s', "Linux"),
        ('n', name.as_str()),
        ('r', "6.8.0-45-generic"),
        ('v', "#1 SMP"),
        ('m', "x86_64"),
        ('p', "unknown"),
        ('i', "unknown"),
        ('o', "GNU/Linux"),
    ];
    let all = given.has('a');
    let none = !all && parts.iter().all(|(letter, _)| !given.has(*letter));
    let shown = parts.iter().filter(|(letter, text)| {
        (all && *text != "unknown") || given.has(*letter) || none && *letter == 's'
    });
    let words: Vec<&str> = shown.map(|(_, text)| *text).collect();
    context.out.line(&words.join(" "));
    0
}

/// `date`: the simulated clock, in UTC.
pub(super) fn date(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let sim = context.world.cluster.sim();
    let mut unix = sim.unix(sim.now);
    let mut words = given.files();
    let format = words.iter().position(|word| word.starts_with('+'));
    let format = format.map(|at| words.remove(at));
    if let Some(wrong) = given.value('d').or(words.first().copied()) {
        match moment(wrong) {
            Some(time) if words.is_empty() => unix = time,
            Some(_) => {
                context
                    .out
                    .error("date: can't set date: Operation not permitted");
                return 1;
            }
            None => {
                context.out.error(&format!("date: invalid date '{wrong}'"));
                return 1;
            }
        }
    }
    let text = match format {
        Some(format) => strftime(format.get(1..).unwrap_or_default(), unix),
        None if given.has('R') => strftime("%a, %d %b %Y %H:%M:%S +0000", unix),
        None => time_text(unix, " UTC"),
    };
    context.out.line(&text);
    0
}

/// `@86400`, `2026-01-05`, `2026-01-05 09:00[:30]`.
fn moment(text: &str) -> Option<i64> {
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse().ok();
    }
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let seconds = if time.len() == 5 { ":00" } else { "" };
    let time = time.trim_end_matches('Z');
    crate::kernel::unix(&format!("{day}T{time}{seconds}Z"))
}

/// A time by a format.
fn strftime(format: &str, unix: i64) -> String {
    let (year, month, day, hour, minute, second) = civil(unix);
    let (weekday, month_name) = (weekday(unix), month_name(month));
    let twelve = (hour + 11) % 12 + 1;
    let new_year = crate::kernel::unix(&format!("{year:04}-01-01T00:00:00Z")).unwrap_or(0);
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let text = match chars.next() {
            Some('Y') => year.to_string(),
            Some('y') => format!("{:02}", year % 100),
            Some('m') => format!("{month:02}"),
            Some('d') => format!("{day:02}"),
            Some('e') => format!("{day:2}"),
            Some('H') => format!("{hour:02}"),
            Some('I') => format!("{twelve:02}"),
            Some('M') => format!("{minute:02}"),
            Some('S') => format!("{second:02}"),
            Some('p') => (if hour < 12 { "AM" } else { "PM" }).to_owned(),
            Some('j') => format!("{:03}", (unix - new_year) / 86_400 + 1),
            Some('A') => weekday.to_owned(),
            Some('a') => format!("{weekday:.3}"),
            Some('B') => month_name.to_owned(),
            Some('b' | 'h') => format!("{month_name:.3}"),
            Some('s') => unix.to_string(),
            Some('N') => "000000000".to_owned(),
            Some('Z') => "UTC".to_owned(),
            Some('z') => "+0000".to_owned(),
            Some('F') => format!("{year}-{month:02}-{day:02}"),
            Some('T') => format!("{hour:02}:{minute:02}:{second:02}"),
            Some('R') => format!("{hour:02}:{minute:02}"),
            Some('D') => format!("{month:02}/{day:02}/{:02}", year % 100),
            Some('c') => time_text(unix, ""),
            Some('u') => (((unix.div_euclid(86_400) + 3).rem_euclid(7)) + 1).to_string(),
            Some('w') => ((unix.div_euclid(86_400) + 4).rem_euclid(7)).to_string(),
            Some('n') => "\n".to_owned(),
            Some('t') => "\t".to_owned(),
            Some('%') => "%".to_owned(),
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        };
        out.push_str(&text);
    }
    out
}

/// `Wed Nov 25 10:00:00 UTC 2026`, as `date` and `ctime(3)` write it.
pub(super) fn time_text(unix: i64, zone: &str) -> String {
    let (year, month, day, hour, minute, second) = civil(unix);
    let (weekday, month) = (weekday(unix), month_name(month));
    format!("{weekday:.3} {month:.3} {day:2} {hour:02}:{minute:02}:{second:02}{zone} {year}")
}

/// `which`.
pub(super) fn which(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut status = 0;
    for word in &given.words {
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
