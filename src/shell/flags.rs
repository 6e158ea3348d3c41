//! `set` and what its options change: `-e` ends a script at the first failure, `-u` at a variable without a value, `-x` tells
//! what is run.

use super::context::{Context, Stream};
use super::interpreter::Shell;
use super::surroundings::Dialect;

/// The options that act here: their letters and their long names.
const OPTIONS: &[(char, &str)] = &[
    ('e', "errexit"),
    ('u', "nounset"),
    ('x', "xtrace"),
    ('f', "noglob"),
    ('C', "noclobber"),
    ('o', "pipefail"),
];

/// What the real shells have besides, and Portside's does not act on.
const OTHERS: &str = "abhkmnptvBEHPTI allexport braceexpand emacs errtrace functrace hashall histexpand history ignoreeof monitor noexec nolog notify posix physical privileged verbose vi";

/// What a shell is told to do by `set`.
#[derive(Clone, Debug, Default)]
pub(super) struct Flags(String);

impl Flags {
    /// Whether an option is on; `o` stands for `pipefail`.
    pub(super) fn has(&self, letter: char) -> bool {
        self.0.contains(letter)
    }

    fn put(&mut self, letter: char, on: bool) {
        self.0.retain(|c| c != letter);
        if on {
            self.0.push(letter);
        }
    }

    /// `$-`.
    pub(super) fn letters(&self) -> String {
        self.0.replace('o', "")
    }
}

impl Shell {
    /// Turns options on or off; the complaint about one that is none.
    fn switch(&mut self, context: &mut Context<'_>, letter: char, on: bool) -> Result<(), String> {
        if OPTIONS.iter().any(|(c, _)| *c == letter) {
            self.flags.put(letter, on);
            return Ok(());
        }
        if OTHERS
            .split(' ')
            .next()
            .is_some_and(|own| own.contains(letter))
        {
            let sign = if on { '-' } else { '+' };
            let said = format!("Portside's shell does not simulate set {sign}{letter}.");
            context.out.note(&said);
            return Ok(());
        }
        Err(format!("-{letter}"))
    }

    fn switch_named(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        on: bool,
    ) -> Result<(), String> {
        let dash = self.around().dialect == Dialect::Dash;
        let known = OPTIONS.iter().find(|(_, own)| *own == name);
        match known.filter(|(_, own)| !dash || *own != "pipefail") {
            Some((letter, _)) => self.flags.put(*letter, on),
            None if OTHERS.split(' ').skip(1).any(|own| own == name) => {
                let said = format!("Portside's shell does not simulate set -o {name}.");
                context.out.note(&said);
            }
            None => return Err(format!("-o {name}")),
        }
        Ok(())
    }

    /// Reads the options of `set`, or of the shell itself; how many words they were.
    pub(super) fn options(
        &mut self,
        context: &mut Context<'_>,
        words: &[String],
    ) -> Result<usize, String> {
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let on = word.starts_with('-');
            let letters = word.get(1..).unwrap_or_default();
            if !word.starts_with(['-', '+']) || letters.is_empty() || letters == "-" {
                break;
            }
            at += 1;
            for letter in letters.chars() {
                if letter != 'o' {
                    self.switch(context, letter, on)?;
                    continue;
                }
                let Some(name) = words.get(at) else {
                    self.list(context);
                    continue;
                };
                at += 1;
                self.switch_named(context, name, on)?;
            }
        }
        Ok(at)
    }

    /// `set -o`: the options that act here.
    fn list(&self, context: &mut Context<'_>) {
        let (head, gap) = match self.around().dialect {
            Dialect::Bash => ("", "\t"),
            Dialect::Ash | Dialect::Dash => ("Current option settings\n", " "),
        };
        context.out.write(Stream::Out, head);
        for (letter, name) in OPTIONS {
            if *letter == 'o' && self.around().dialect == Dialect::Dash {
                continue;
            }
            let on = if self.flags.has(*letter) { "on" } else { "off" };
            context.out.line(&format!("{name:<15}{gap}{on}"));
        }
    }

    /// Tells what is run, as `-x` asks.
    pub(super) fn trace(
        &self,
        context: &mut Context<'_>,
        assigned: &[(String, String)],
        argv: &[String],
    ) {
        let dialect = self.around().dialect;
        let apart = dialect == Dialect::Bash;
        let pairs = assigned
            .iter()
            .map(|(name, value)| format!("{name}={}", traced(value, dialect)));
        let mut words: Vec<String> = pairs.collect();
        if apart {
            for word in words.drain(..) {
                context.out.error(&format!("+ {word}"));
            }
        }
        words.extend(argv.iter().map(|word| traced(word, dialect)));
        if !words.is_empty() {
            context.out.error(&format!("+ {}", words.join(" ")));
        }
    }
}

/// A word as each shell shows it with `-x`.
fn traced(word: &str, dialect: Dialect) -> String {
    let quotes = match dialect {
        Dialect::Dash => false,
        Dialect::Ash => {
            let odd =
                |c: char| c < '+' || (';'..='?').contains(&c) || "`[\\".contains(c) || c > 'z';
            word.chars().any(odd) || super::script::is_reserved(word)
        }
        Dialect::Bash => {
            let odd = " \t\n'\"\\|&;()<>!{}*[]?^$`,";
            word.is_empty() || word.starts_with(['~', '#']) || word.contains(|c| odd.contains(c))
        }
    };
    match dialect {
        _ if !quotes => word.to_owned(),
        Dialect::Bash => format!("'{}'", word.replace('\'', "'\\''")),
        Dialect::Ash | Dialect::Dash => format!("'{}'", word.replace('\'', "'\"'\"'")),
    }
}

/// `set [OPTION…] [--] [WORD…]`.
pub(super) fn set(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let words = argv.get(1..).unwrap_or_default();
    if words.is_empty() {
        let all: crate::kernel::BTreeMap<_, _> =
            shell.local.iter().chain(&shell.exported).collect();
        for (name, value) in all {
            context.out.line(&format!("{name}='{value}'"));
        }
        return 0;
    }
    let read = match shell.options(context, words) {
        Ok(read) => read,
        Err(wrong) => return refused(shell, context, &wrong),
    };
    match words.get(read..).unwrap_or_default() {
        [] => {}
        [first, rest @ ..] if matches!(first.as_str(), "--" | "-") => shell.args = rest.to_vec(),
        rest => shell.args = rest.to_vec(),
    }
    0
}

/// What each shell says of an option that it has not.
fn refused(shell: &mut Shell, context: &mut Context<'_>, wrong: &str) -> i32 {
    let name = wrong.strip_prefix("-o ");
    match (shell.around().dialect, name) {
        (Dialect::Bash, Some(name)) => {
            shell.complain_in(context, "set", &format!("{name}: invalid option name"));
            return 2;
        }
        (Dialect::Bash, None) => {
            shell.complain_in(context, "set", &format!("{wrong}: invalid option"));
            context.out.error(
                "set: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]",
            );
            return 2;
        }
        (Dialect::Dash, _) => {
            shell.complain_in(context, "set", &format!("Illegal option {wrong}"));
        }
        (Dialect::Ash, _) => {
            shell.complain_in(context, "set", &format!("illegal option {wrong}"));
            if name.is_some() {
                return 1;
            }
        }
    }
    shell.give_up(2)
}
