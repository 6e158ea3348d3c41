//! inetutils telnet's prompt before there is a connection: `telnet` without a host.

use super::host::BOTH;
use super::telnet_inetutils::reach;
use super::telnet_settings::Settings;
use crate::cluster::Place;
use crate::shell::context::{Context, Outcome, Program, Progress, Reads, Stream};

/// A command: its name, its line of `help`, and what it says when it is given no argument, or has no connection.
pub(super) struct Command {
    pub(super) name: &'static str,
    help: &'static str,
    pub(super) bare: &'static str,
}

const UNCONNECTED: &str = "?Need to be connected first.";

const fn command(name: &'static str, help: &'static str, bare: &'static str) -> Command {
    Command { name, help, bare }
}

/// The commands in the order of `help`; those whose bare form starts with `Need` complain on the standard error.
const COMMANDS: &[Command] = &[
    command("close", "close current connection", UNCONNECTED),
    command(
        "logout",
        "forcibly logout remote user and close the connection",
        UNCONNECTED,
    ),
    command("display", "display operating parameters", ""),
    command(
        "mode",
        "try to enter line or character mode ('mode ?' for more)",
        "'mode' command requires an argument\n'mode ?' for help.",
    ),
    command("open", "connect to a site", ""),
    command("quit", "exit telnet", ""),
    command(
        "send",
        "transmit special characters ('send ?' for more)",
        "need at least one argument for 'send' command\n'send ?' for help",
    ),
    command(
        "set",
        "set operating parameters ('set ?' for more)",
        "Format is 'set Name Value'\n'set ?' for help.",
    ),
    command(
        "unset",
        "unset operating parameters ('unset ?' for more)",
        "Need an argument to 'unset' command.  'unset ?' for help.",
    ),
    command(
        "status",
        "print status information",
        "No connection.\nEscape character is '^]'.",
    ),
    command(
        "toggle",
        "toggle operating parameters ('toggle ?' for more)",
        "Need an argument to 'toggle' command.  'toggle ?' for help.",
    ),
    command(
        "slc",
        "change state of special characters ('slc ?' for more)",
        "Need an argument to 'slc' command.  'slc ?' for help.",
    ),
    command(
        "auth",
        "turn on (off) authentication ('auth ?' for more)",
        "Need an argument to 'auth' command.  'auth ?' for help.",
    ),
    command(
        "encrypt",
        "turn on (off) encryption ('encrypt ?' for more)",
        "Need an argument to 'encrypt' command.  'encrypt ?' for help.",
    ),
    command("z", "suspend telnet", ""),
    command("!", "invoke a subshell", ""),
    command(
        "environ",
        "change environment variables ('environ ?' for more)",
        "Need an argument to 'environ' command.  'environ ?' for help.",
    ),
    command("?", "print help information", ""),
    command("help", "print help information", ""),
];

/// Runs the prompt, over the lines of the standard input if it is no terminal.
pub(super) fn run(context: &mut Context<'_>) -> Outcome {
    let mut prompt = Prompt {
        place: context.place.clone(),
        asks_host: false,
        settings: Settings::default(),
    };
    let Some(text) = context.stdin.take() else {
        return Outcome::Foreground(Box::new(prompt));
    };
    let mut rest = text.as_str();
    loop {
        context.out.write(Stream::Out, &prompt.prompt());
        let Some((line, after)) = rest.split_once('\n') else {
            context.out.line("");
            return Outcome::Exit(0);
        };
        rest = after;
        // A connection gets what is left of the input.
        context.stdin = Some(rest.to_owned());
        let went = prompt.line(context, line);
        if context.stdin.take().is_none() {
            rest = "";
        }
        if let Progress::Exit(status) = went {
            return Outcome::Exit(status);
        }
    }
}

/// Says that a command is not there.
pub(super) fn not_simulated(context: &mut Context<'_>, name: &str) {
    context
        .out
        .note(&format!("Portside's telnet does not simulate {name}."));
}

/// The prompt that waits for a command.
#[derive(Clone)]
struct Prompt {
    place: Place,
    /// Whether it asks what host `open` is meant for.
    asks_host: bool,
    settings: Settings,
}

impl Prompt {
    fn open(&mut self, context: &mut Context<'_>, words: &[&str]) -> Progress {
        self.asks_host = false;
        let went = match words {
            [] => {
                self.asks_host = true;
                return Progress::Stay;
            }
            [host, rest @ ..] => {
                let port = rest.first().copied().unwrap_or("telnet");
                let mut argv = vec!["telnet".to_owned(), (*host).to_owned()];
                argv.extend(rest.iter().map(|word| (*word).to_owned()));
                reach(context, &argv, (host, port), BOTH)
            }
        };
        match went {
            Outcome::Foreground(program) => Progress::Push(program),
            Outcome::Exit(_) => Progress::Stay,
        }
    }
}

/// The command that a word stands for, alone; or what is wrong with it.
pub(super) fn find(word: &str) -> Result<&'static Command, &'static str> {
    if let Some(exact) = COMMANDS.iter().find(|command| command.name == word) {
        return Ok(exact);
    }
    let mut hits = COMMANDS
        .iter()
        .filter(|command| command.name.starts_with(word));
    match (hits.next(), hits.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err("?Ambiguous command"),
        (None, _) => Err("?Invalid command"),
    }
}

/// `help`, or what it says of each word.
pub(super) fn help(context: &mut Context<'_>, words: &[&str]) {
    if words.is_empty() {
        let rows = COMMANDS.iter().filter(|command| command.name != "help");
        let rows: String = rows
            .map(|command| format!("{:<8}\t{}\n", command.name, command.help))
            .collect();
        let text = format!("Commands may be abbreviated.  Commands are:\n\n{rows}");
        context.out.write(Stream::Out, &text);
    }
    for word in words {
        let told = match find(word) {
            Ok(command) => command.help.to_owned(),
            Err("?Ambiguous command") => format!("?Ambiguous help command {word}"),
            Err(_) => format!("?Invalid help command {word}"),
        };
        context.out.line(&told);
    }
}

impl Program for Prompt {
    fn reads(&self) -> Reads {
        Reads::Lines
    }
    fn prompt(&self) -> String {
        let text = if self.asks_host { "(to) " } else { "telnet> " };
        text.to_owned()
    }

    fn place(&self) -> Place {
        self.place.clone()
    }

    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        let words: Vec<&str> = line.split_whitespace().collect();
        if self.asks_host {
            self.asks_host = false;
            return if words.is_empty() {
                Progress::Stay
            } else {
                self.open(context, &words)
            };
        }
        let Some((word, rest)) = words.split_first() else {
            return Progress::Stay;
        };
        let command = match find(word) {
            Ok(command) => command,
            Err(told) => {
                context.out.line(told);
                return Progress::Stay;
            }
        };
        match (command.name, rest) {
            ("quit", _) => return Progress::Exit(0),
            ("open", rest) => return self.open(context, rest),
            ("help" | "?", rest) => help(context, rest),
            ("z", _) | ("!", []) => {}
            ("status" | "close" | "logout", _) => context.out.line(command.bare),
            ("send", [word, ..]) if *word != "?" => context
                .out
                .line(&format!("{UNCONNECTED}\n'send ?' for help")),
            (name, []) if name != "display" => {
                if command.bare.starts_with("Need") {
                    context.out.error(command.bare);
                } else {
                    context.out.line(command.bare);
                }
            }
            (name, rest) => {
                if self.settings.run(context, name, rest).is_none() {
                    not_simulated(context, name);
                }
            }
        }
        Progress::Stay
    }

    /// The prompt comes back when a connection is over.
    fn child_ended(&mut self, _: &mut Context<'_>, _: i32) -> Progress {
        Progress::Stay
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.line("^C");
        self.asks_host = false;
        Progress::Stay
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.line("");
        Progress::Exit(0)
    }
}
