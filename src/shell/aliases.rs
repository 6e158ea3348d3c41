//! `alias` and `unalias`: short names for commands.

use super::context::Context;
use super::interpreter::Shell;
use super::surroundings::Dialect;

/// `alias`.
pub(super) fn alias(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let bash = shell.around().dialect == Dialect::Bash;
    let head = if bash { "alias " } else { "" };
    if argv.len() < 2 {
        for (name, value) in &shell.aliases {
            context.out.line(&format!("{head}{name}='{value}'"));
        }
    }
    let mut status = 0;
    for word in argv.iter().skip(1) {
        match word.split_once('=') {
            Some((name, value)) => drop(shell.aliases.insert(name.to_owned(), value.to_owned())),
            None => match shell.aliases.get(word) {
                Some(value) => context.out.line(&format!("{head}{word}='{value}'")),
                None => {
                    match shell.around().dialect {
                        Dialect::Bash => {
                            shell.complain_in(context, "alias", &format!("{word}: not found"));
                        }
                        Dialect::Ash | Dialect::Dash => {
                            context.out.error(&format!("alias: {word} not found"));
                        }
                    }
                    status = 1;
                }
            },
        }
    }
    status
}

/// `unalias`.
pub(super) fn unalias(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let mut status = 0;
    for name in argv.iter().skip(1) {
        if name == "-a" {
            shell.aliases.clear();
        } else if shell.aliases.remove(name).is_none() {
            status = 1;
            match shell.around().dialect {
                Dialect::Bash => {
                    shell.complain_in(context, "unalias", &format!("{name}: not found"));
                }
                Dialect::Ash | Dialect::Dash => {
                    context.out.error(&format!("unalias: {name} not found"));
                }
            }
        }
    }
    status
}
