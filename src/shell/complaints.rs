//! What a shell says of mistakes, in the words of its own language.

use super::context::Context;
use super::interpreter::Shell;
use super::script::{Fault, OPEN};
use super::surroundings::Dialect;

impl Shell {
    /// Says why a word cannot be expanded: the line ends there, and a script with it.
    pub(super) fn broken(&mut self, context: &mut Context<'_>, told: &str, status: i32) {
        if self.failed.is_none() {
            self.complain_of(context, told);
            self.failed = Some(status);
        }
    }

    /// Prints a message of the shell's own.
    pub(super) fn complain(&self, context: &mut Context<'_>, text: &str) {
        context.out.error(&format!("{}: {text}", self.name));
    }

    /// Prints a message as the shell's own language words it: dash tells the line, bash and ash do in a script.
    pub(super) fn complain_of(&self, context: &mut Context<'_>, text: &str) {
        let line = self.line + 1;
        match self.around.dialect {
            Dialect::Dash => self.complain(context, &format!("{line}: {text}")),
            Dialect::Bash if !self.interactive => {
                self.complain(context, &format!("line {line}: {text}"));
            }
            Dialect::Ash if self.reads_a_file => {
                self.complain(context, &format!("line {line}: {text}"));
            }
            Dialect::Ash | Dialect::Bash => self.complain(context, text),
        }
    }

    /// Prints a message of a builtin's.
    pub(super) fn complain_in(&self, context: &mut Context<'_>, builtin: &str, text: &str) {
        match self.around.dialect {
            Dialect::Ash if !self.interactive => {
                // BusyBox counts the lines of `-c` from 0.
                let line = self.line + usize::from(self.reads_a_file);
                self.complain(context, &format!("{builtin}: line {line}: {text}"));
            }
            Dialect::Ash => self.complain(context, &format!("{builtin}: {text}")),
            Dialect::Dash | Dialect::Bash => {
                self.complain_of(context, &format!("{builtin}: {text}"));
            }
        }
    }

    /// A mistake that ends a script of ash and dash: the status of the builtin.
    pub(super) fn give_up(&mut self, status: i32) -> i32 {
        if !self.interactive && self.around.dialect != Dialect::Bash {
            self.leaving = Some(status);
        }
        status
    }

    /// Tells what is wrong behind the last line of a script that could be read.
    pub(super) fn tell_fault(&mut self, context: &mut Context<'_>) {
        let Some((fault, text)) = self.fault.take() else {
            return;
        };
        let before = fault.at().and_then(|at| text.get(..at)).unwrap_or(&text);
        self.line = before.matches('\n').count();
        self.refuse(context, &fault, &text, None);
    }

    /// A text is no script.
    pub(super) fn refuse(
        &mut self,
        context: &mut Context<'_>,
        fault: &Fault,
        text: &str,
        within: Option<&str>,
    ) {
        self.status = 2;
        let dialect = self.around.dialect;
        match (fault, dialect) {
            (Fault::Unsupported { .. }, _) => context.out.note(&format!("{}.", fault.told(true))),
            (_, Dialect::Bash) => self.refuse_as_bash(context, fault, text, within),
            (_, Dialect::Dash) => {
                let head = within.map_or(String::new(), |name| format!("{name}: "));
                let told = format!("{head}Syntax error: {}", fault.told(false));
                self.complain_of(context, &told);
            }
            (_, Dialect::Ash) => {
                let told = format!("syntax error: {}", fault.told(true));
                match within {
                    Some(name) => self.complain_in(context, name, &told),
                    None => self.complain_of(context, &told),
                }
            }
        }
    }

    /// bash shows the line of a script, too.
    fn refuse_as_bash(
        &self,
        context: &mut Context<'_>,
        fault: &Fault,
        text: &str,
        within: Option<&str>,
    ) {
        let line = self.line + 1;
        let at = match (within, self.interactive, self.reads_a_file) {
            (Some(name), false, _) => format!("{name}: line {line}: "),
            (_, true, _) => String::new(),
            (None, false, true) => format!("line {line}: "),
            (None, false, false) => format!("-c: line {line}: "),
        };
        let told = match fault {
            Fault::Incomplete(missing) if OPEN.iter().any(|(own, _)| own == missing) => {
                let closes = missing.replace("${", "}");
                format!("{at}unexpected EOF while looking for matching `{closes}'")
            }
            Fault::Incomplete(_) => {
                let at = at.replace(&line.to_string(), &(line + 1).to_string());
                format!("{at}syntax error: unexpected end of file")
            }
            Fault::Unexpected { text, .. } => {
                format!("{at}syntax error near unexpected token `{text}'")
            }
            Fault::Named { .. } | Fault::Unsupported { .. } => format!("{at}syntax error"),
        };
        self.complain(context, &told);
        let shown = text.lines().nth(self.line).unwrap_or_default();
        if matches!(fault, Fault::Unexpected { .. }) && !self.interactive {
            self.complain(context, &format!("{at}`{shown}'"));
        }
    }
}
