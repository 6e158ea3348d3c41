//! What a shell keeps under names: variables, arguments, and what it alone knows.

use super::arithmetic::Variables;
use super::context::Context;
use super::expand;
use super::interpreter::Shell;
use super::parser::is_name;
use super::surroundings::Dialect;
use crate::kernel::SimTime;
use std::cell::Cell;

/// What a shell makes its own variables of.
#[derive(Clone, Debug)]
pub(super) struct Making {
    /// When the shell began.
    began: SimTime,
    /// When its present command runs.
    pub(super) clock: SimTime,
    /// Chance of its own, so that asking for `$RANDOM` changes nothing in the cluster.
    random: Cell<u32>,
}

impl Making {
    pub(super) fn new(now: SimTime) -> Self {
        Self {
            began: now,
            clock: now,
            random: Cell::new(now.0 as u32),
        }
    }

    /// A number below 32768, as C's `rand` makes it.
    fn number(&self) -> u32 {
        let next = self.random.get().wrapping_mul(1_103_515_245);
        self.random.set(next.wrapping_add(12_345));
        self.random.get() >> 16 & 0x7fff
    }

    fn seconds(&self) -> u64 {
        self.clock.since(self.began).as_secs()
    }
}

impl Shell {
    /// The value of a variable, empty if it is unset.
    pub fn variable(&self, name: &str) -> String {
        match name {
            "?" => self.status.to_string(),
            "$" => "1".to_owned(),
            "#" => self.args.len().to_string(),
            "@" => self.args.join(" "),
            "*" => {
                let glue = expand::separators(self);
                let first = glue.chars().next().map_or(0, char::len_utf8);
                self.args.join(glue.get(..first).unwrap_or_default())
            }
            "!" if self.last_job.0 > 0 => self.last_job.0.to_string(),
            "-" => {
                let (before, after) = match self.around.dialect {
                    Dialect::Bash => ("hB", if self.interactive { "" } else { "c" }),
                    Dialect::Ash if !self.interactive => ("", "c"),
                    Dialect::Ash | Dialect::Dash => ("", ""),
                };
                [before, &self.flags.letters(), after].concat()
            }
            "UID" | "EUID" if self.around.dialect == Dialect::Bash => "0".to_owned(),
            "BASH_VERSION" if self.around.dialect == Dialect::Bash => {
                "5.2.15(1)-release".to_owned()
            }
            "LINENO" => (self.line + 1).to_string(),
            "RANDOM" if self.makes(name) => self.making.number().to_string(),
            "SECONDS" if self.makes(name) => self.making.seconds().to_string(),
            name if self.argument(name).is_some() => {
                self.argument(name).map(str::to_owned).unwrap_or_default()
            }
            "0" => self.name.clone(),
            "PWD" => self.cwd.clone(),
            _ => self
                .local
                .get(name)
                .or_else(|| self.exported.get(name))
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// Whether the shell makes up a variable's value each time: chance and the time, which dash does not know.
    fn makes(&self, name: &str) -> bool {
        let knows = match self.around.dialect {
            Dialect::Bash => matches!(name, "RANDOM" | "SECONDS"),
            Dialect::Ash => name == "RANDOM",
            Dialect::Dash => false,
        };
        knows && !self.local.contains_key(name) && !self.exported.contains_key(name)
    }

    /// The argument that `$1` and its like stand for.
    fn argument(&self, name: &str) -> Option<&str> {
        let place = name.parse::<usize>().ok()?.checked_sub(1)?;
        self.args.get(place).map(String::as_str)
    }

    /// Whether a variable has a value, be it empty.
    pub(super) fn is_set(&self, name: &str) -> bool {
        matches!(name, "?" | "$" | "#" | "0" | "PWD" | "-" | "LINENO")
            || self.makes(name)
            || self.argument(name).is_some()
            || matches!(name, "@" | "*") && !self.args.is_empty()
            || self.local.contains_key(name)
            || self.exported.contains_key(name)
    }

    /// Whether `set -u` lets a variable be used.
    pub(super) fn has(&self, name: &str) -> bool {
        matches!(name, "@" | "*") || self.is_set(name)
    }

    /// Sets a variable; an exported one stays exported.
    pub fn set(&mut self, name: &str, value: String) {
        if self.fixed.contains(name) {
            return;
        }
        match self.exported.get_mut(name) {
            Some(old) => *old = value,
            None => drop(self.local.insert(name.to_owned(), value)),
        }
    }

    /// Sets a variable unless it is read-only, which is told; whether that went well.
    pub(super) fn assign(&mut self, context: &mut Context<'_>, name: &str, value: String) -> bool {
        if self.fixed.contains(name) {
            let told = match self.around.dialect {
                Dialect::Bash => format!("{name}: readonly variable"),
                Dialect::Ash | Dialect::Dash => format!("{name}: is read only"),
            };
            let status = if self.around.dialect == Dialect::Bash {
                1
            } else {
                2
            };
            self.broken(context, &told, status);
            return false;
        }
        self.set(name, value);
        true
    }
}

impl Variables for Shell {
    fn get(&self, name: &str) -> String {
        self.variable(name)
    }

    fn set(&mut self, name: &str, value: i64) {
        Self::set(self, name, value.to_string());
    }
}

/// `export [-p|-n] [NAME[=VALUE]…]`.
pub(super) fn export(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let mut words = argv.get(1..).unwrap_or_default();
    let dialect = shell.around().dialect;
    let option = words.first().filter(|word| word.starts_with('-'));
    let option = option.map(String::as_str);
    words = words
        .get(usize::from(option.is_some())..)
        .unwrap_or_default();
    if option == Some("-n") && dialect == Dialect::Dash {
        shell.complain_in(context, "export", "Illegal option -n");
        return shell.give_up(2);
    }
    if words.is_empty() {
        let (head, quote) = match dialect {
            Dialect::Bash => ("declare -x", '"'),
            Dialect::Ash | Dialect::Dash => ("export", '\''),
        };
        for (name, value) in &shell.exported {
            context
                .out
                .line(&format!("{head} {name}={quote}{value}{quote}"));
        }
    }
    let mut status = 0;
    for word in words {
        let (name, value) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(n, v)| (n, Some(v)));
        if !is_name(name) {
            if dialect == Dialect::Bash {
                let told = format!("`{word}': not a valid identifier");
                shell.complain_in(context, "export", &told);
                status = 1;
                continue;
            }
            shell.complain_in(context, "export", &format!("{name}: bad variable name"));
            return shell.give_up(2);
        }
        if option == Some("-n") {
            if let Some(value) = shell.exported.remove(name) {
                shell.local.insert(name.to_owned(), value);
            }
            continue;
        }
        if let Some(value) = value {
            shell.assign(context, name, value.to_owned());
        }
        let kept = shell.local.remove(name);
        let kept = kept.or_else(|| shell.exported.get(name).cloned());
        shell
            .exported
            .insert(name.to_owned(), kept.unwrap_or_default());
    }
    status
}

/// `readonly NAME[=VALUE]…`.
pub(super) fn readonly(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    for word in argv.iter().skip(1).filter(|word| *word != "-p") {
        let (name, value) = word
            .split_once('=')
            .map_or((word.as_str(), None), |(n, v)| (n, Some(v)));
        if !is_name(name) {
            shell.complain_in(context, "readonly", &format!("{name}: bad variable name"));
            return shell.give_up(2);
        }
        if let Some(value) = value
            && !shell.assign(context, name, value.to_owned())
        {
            return 1;
        }
        shell.fixed.insert(name.to_owned());
    }
    if argv.len() < 2 {
        for name in &shell.fixed {
            context
                .out
                .line(&format!("readonly {name}='{}'", shell.variable(name)));
        }
    }
    0
}

/// `unset [-v|-f] NAME…`.
pub(super) fn unset(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let mut words = argv.get(1..).unwrap_or_default();
    let functions = words.first().is_some_and(|word| word == "-f");
    if functions || words.first().is_some_and(|word| word == "-v") {
        words = words.get(1..).unwrap_or_default();
    }
    let bash = shell.around().dialect == Dialect::Bash;
    for name in words {
        if functions {
            shell.functions.remove(name);
            continue;
        }
        if !is_name(name) && !bash {
            shell.complain_in(context, "unset", &format!("{name}: bad variable name"));
            return shell.give_up(2);
        }
        if shell.fixed.contains(name) {
            let told = if bash {
                "cannot unset: readonly variable"
            } else {
                "is read only"
            };
            shell.complain_in(context, "unset", &format!("{name}: {told}"));
            return shell.give_up(if bash { 1 } else { 2 });
        }
        shell.local.remove(name);
        if shell.exported.remove(name).is_none() && bash {
            shell.functions.remove(name);
        }
    }
    0
}

/// `let EXPRESSION…`, which is also `((…))`.
pub(super) fn arithmetic(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let (mut last, dialect) = (0, shell.around().dialect);
    for text in argv.iter().skip(1) {
        match super::arithmetic::evaluate(text, shell, dialect) {
            Ok(value) => last = value,
            Err(told) => {
                shell.complain_in(context, "let", &told);
                return 1;
            }
        }
    }
    i32::from(last == 0)
}

/// `getopts OPTIONS NAME [WORD…]`: the next option of the arguments.
pub(super) fn getopts(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let bash = shell.around().dialect == Dialect::Bash;
    let [_, known, name, words @ ..] = argv else {
        let told = if bash {
            "usage: getopts optstring name [arg ...]"
        } else {
            "usage: getopts optstring var [arg]"
        };
        shell.complain_in(context, "getopts", told);
        return shell.give_up(2);
    };
    let words = if words.is_empty() {
        shell.args.clone()
    } else {
        words.to_vec()
    };
    let silent = known.starts_with(':');
    let index = shell
        .variable("OPTIND")
        .parse::<usize>()
        .unwrap_or(1)
        .max(1);
    let word = words.get(index - 1).map_or("", String::as_str);
    let letters = word.strip_prefix('-').unwrap_or_default();
    if letters.is_empty() || letters == "-" {
        let ended = index + usize::from(letters == "-");
        shell.set("OPTIND", ended.to_string());
        shell.set(name, "?".to_owned());
        return 1;
    }
    let letter = letters.chars().nth(shell.letter).unwrap_or('?');
    shell.letter += 1;
    let rest: String = letters.chars().skip(shell.letter).collect();
    let mut next = index;
    if rest.is_empty() {
        (next, shell.letter) = (index + 1, 0);
    }
    let row = known.find(letter).filter(|_| letter != ':');
    let takes = row.is_some_and(|at| {
        known
            .get(at + letter.len_utf8()..)
            .is_some_and(|k| k.starts_with(':'))
    });
    let (mut found, mut value) = (letter.to_string(), None);
    let mut wrong = row.is_none().then_some('?');
    if takes {
        value = if rest.is_empty() {
            words.get(next - 1).cloned()
        } else {
            Some(rest)
        };
        // The word that the value ends is done with.
        next = if shell.letter == 0 {
            index + 2
        } else {
            index + 1
        };
        shell.letter = 0;
        wrong = value.is_none().then_some(':');
    }
    if let Some(mark) = wrong {
        found = if silent { mark } else { '?' }.to_string();
        value = silent.then(|| letter.to_string());
        if !silent {
            tell_option(shell, context, mark, letter);
        }
    }
    shell.set("OPTIND", next.to_string());
    shell.set(name, found);
    match value {
        Some(value) => shell.set("OPTARG", value),
        None => drop(shell.local.remove("OPTARG")),
    }
    0
}

/// What is said of an option that is none, or that lacks its value.
fn tell_option(shell: &Shell, context: &mut Context<'_>, mark: char, letter: char) {
    let bash = shell.around().dialect == Dialect::Bash;
    let told = match (mark, bash) {
        ('?', true) => format!("illegal option -- {letter}"),
        ('?', false) => format!("Illegal option -{letter}"),
        (_, true) => format!("option requires an argument -- {letter}"),
        (_, false) => format!("No arg for -{letter} option"),
    };
    if bash {
        shell.complain(context, &told);
    } else {
        context.out.error(&told);
    }
}

/// `umask`, `ulimit`, `hash`, `times`: what a container has of them.
pub(super) fn limits(_: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    match (
        argv.first().map(String::as_str),
        argv.get(1).map(String::as_str),
    ) {
        (Some("umask"), None) => context.out.line("0022"),
        (Some("ulimit"), Some("-n" | "-Sn" | "-Hn")) if argv.len() == 2 => {
            context.out.line("1048576");
        }
        (Some("times"), None) => context.out.line("0m0.000s 0m0.000s\n0m0.000s 0m0.000s"),
        (Some("hash"), None | Some("-r")) => {}
        _ => {
            let said = format!("Portside's shell does not simulate {}.", argv.join(" "));
            context.out.note(&said);
            return 1;
        }
    }
    0
}

/// bash's `declare` and `typeset`: `-x` exports, `-r` makes read-only, `-i` reckons; others are refused by name.
pub(super) fn declare(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let words = argv.get(1..).unwrap_or_default();
    let options: String = words
        .iter()
        .filter_map(|word| word.strip_prefix('-'))
        .collect();
    if let Some(other) = options.chars().find(|c| !"xrig".contains(*c)) {
        let said = format!("Portside's shell does not simulate declare -{other}.");
        context.out.note(&said);
        return 1;
    }
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let mut value = value.to_owned();
        if options.contains('i') {
            let dialect = shell.around().dialect;
            value = super::arithmetic::evaluate(&value, shell, dialect)
                .unwrap_or(0)
                .to_string();
        }
        let old = shell.is_set(name).then(|| shell.variable(name));
        if let Some(frame) = shell.frames.last_mut().filter(|_| !options.contains('g')) {
            frame.push((name.to_owned(), old));
        }
        if !shell.assign(context, name, value.clone()) {
            return 1;
        }
        if options.contains('x') {
            shell.local.remove(name);
            shell.exported.insert(name.to_owned(), value);
        }
        if options.contains('r') {
            shell.fixed.insert(name.to_owned());
        }
    }
    0
}
