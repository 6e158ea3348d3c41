//! `trap`, and `kill` of the shell itself: what a shell does at its end, at a failure, and at signals.

use super::context::Context;
use super::interpreter::Shell;
use super::surroundings::Dialect;

/// The signals that a shell can be told of, with their numbers; `EXIT` is its own end.
const SIGNALS: &[(u8, &str)] = &[
    (0, "EXIT"),
    (1, "HUP"),
    (2, "INT"),
    (3, "QUIT"),
    (6, "ABRT"),
    (9, "KILL"),
    (10, "USR1"),
    (12, "USR2"),
    (13, "PIPE"),
    (14, "ALRM"),
    (15, "TERM"),
];

/// The number and the name of a signal.
pub(super) fn signal(word: &str) -> Option<(u8, &'static str)> {
    let upper = word.to_uppercase();
    let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
    let number = bare.parse::<u8>().ok();
    SIGNALS
        .iter()
        .find(|(own, name)| Some(*own) == number || *name == bare)
        .copied()
}

/// `trap [ACTION SIGNAL…]`.
pub(super) fn trap(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let dialect = shell.around().dialect;
    let mut words = argv.get(1..).unwrap_or_default();
    if let [first, rest @ ..] = words
        && matches!(first.as_str(), "--" | "-p")
    {
        words = rest;
    }
    let [action, signals @ ..] = words else {
        for (name, action) in &shell.traps {
            let sig = if dialect == Dialect::Bash && !matches!(name.as_str(), "EXIT" | "ERR") {
                "SIG"
            } else {
                ""
            };
            let action = action.replace('\'', "'\\''");
            context.out.line(&format!("trap -- '{action}' {sig}{name}"));
        }
        return 0;
    };
    // A signal alone is as it was.
    let (action, signals) = match signals {
        [] => ("-", words),
        _ => (action.as_str(), signals),
    };
    let mut status = 0;
    for word in signals {
        let name = match (word.as_str(), signal(word)) {
            ("ERR", _) if dialect != Dialect::Dash => "ERR",
            ("DEBUG" | "RETURN", _) if dialect == Dialect::Bash => {
                let said = format!("Portside's shell does not simulate trap … {word}.");
                context.out.note(&said);
                status = 1;
                continue;
            }
            (_, Some((_, name))) => name,
            (_, None) => {
                status = 1;
                match dialect {
                    Dialect::Dash => context.out.error(&format!("trap: {word}: bad trap")),
                    Dialect::Ash | Dialect::Bash => {
                        let told = format!("{word}: invalid signal specification");
                        shell.complain_in(context, "trap", &told);
                    }
                }
                continue;
            }
        };
        if action == "-" {
            shell.traps.remove(name);
        } else {
            shell.traps.insert(name.to_owned(), action.to_owned());
        }
    }
    status
}

impl Shell {
    /// Does what a trap says, if there is one; `$?` is afterwards what it was. Whether there was one.
    pub(super) fn spring(&mut self, context: &mut Context<'_>, name: &str) -> bool {
        let Some(action) = self.traps.get(name).cloned() else {
            return false;
        };
        let status = self.status;
        self.evaluate(context, &action);
        self.status = status;
        true
    }

    /// The shell ends: what it was told to do then.
    pub(super) fn farewell(&mut self, context: &mut Context<'_>) {
        let Some(action) = self.traps.remove("EXIT") else {
            return;
        };
        self.status = self.leaving.take().unwrap_or(self.status);
        let status = self.status;
        self.failed = None;
        self.evaluate(context, &action);
        self.leaving = Some(self.leaving.unwrap_or(status));
    }

    /// A signal comes to the shell itself.
    pub(super) fn signalled(&mut self, context: &mut Context<'_>, (number, name): (u8, &str)) {
        if number == 0 || self.spring(context, name) && number != 9 || self.interactive {
            return;
        }
        self.leaving = Some(128 + i32::from(number));
    }
}
