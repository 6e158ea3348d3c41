//! What inetutils telnet lets one set: its toggles and special characters, and its words for them.
//!
//! The tables stand in a text: a name, what it is for, and what the toggle does or the character it begins with.

use crate::kernel::BTreeMap;
use crate::shell::context::{Context, Stream};

const TEXT: &str = include_str!("text/telnet_settings.txt");

/// What was set otherwise than it is at first.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    flipped: BTreeMap<&'static str, bool>,
    characters: BTreeMap<&'static str, String>,
}

/// A row of a table.
struct Row {
    name: &'static str,
    help: &'static str,
    more: Option<&'static str>,
    is_on: bool,
}

fn rows(table: &str) -> impl Iterator<Item = Row> {
    let mut parts = TEXT.split('@');
    let body = parts.find_map(|part| part.strip_prefix(table)?.strip_prefix('\n'));
    body.unwrap_or_default().lines().map(|line| {
        let mut fields = line.split('|');
        Row {
            name: fields.next().unwrap_or_default(),
            help: fields.next().unwrap_or_default(),
            more: fields.next(),
            is_on: fields.next().is_some(),
        }
    })
}

/// The row that a word stands for: it may be cut short as long as it is the only one.
fn find(table: &str, word: &str) -> Option<Row> {
    let mut hits: Vec<Row> = rows(table)
        .filter(|row| !row.name.is_empty() && row.name.starts_with(word))
        .collect();
    let exact = hits.iter().position(|row| row.name == word);
    match (exact, hits.len()) {
        (Some(at), _) => Some(hits.swap_remove(at)),
        (None, 1) => hits.pop(),
        (None, _) => None,
    }
}

/// The bytes that `send NAME` sends; `None` if there is no such name.
pub(super) fn sent(word: &str) -> Option<Vec<u8>> {
    let row = find("send", word)?;
    Some(match row.more.and_then(|byte| byte.parse().ok()) {
        Some(byte) => vec![255, byte],
        None if row.name == "escape" => vec![0x1d],
        None => Vec::new(),
    })
}

/// A table as `NAME ?` shows it.
fn help(context: &mut Context<'_>, table: &str, verb: &str) {
    let mut text = String::new();
    for row in rows(table) {
        match (row.name, row.help) {
            ("", "") if table != "set" => text.push('\n'),
            (name, help) => text.push_str(&format!("{name:<16}{verb}{help}\n")),
        }
    }
    context.out.write(Stream::Out, &text);
}

impl Settings {
    /// Runs `display`, `set`, `unset`, `toggle`, `send ?` or `mode ?`; whether it went well, or nothing if it is no such
    /// command.
    pub(super) fn run(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        words: &[&str],
    ) -> Option<bool> {
        match (name, words) {
            ("display", _) => Some(self.display(context, words)),
            ("set", ["?" | "help"]) => {
                help(context, "set", "");
                context.out.line("");
                help(context, "toggle", "enable ");
                context.out.line("?               display help information");
                Some(false)
            }
            ("unset", ["?" | "help"]) => {
                help(context, "set", "");
                context.out.line("");
                help(context, "toggle", "disable ");
                context.out.line("?               display help information");
                Some(false)
            }
            ("toggle", ["?" | "help"]) => {
                help(context, "toggle", "toggle ");
                context
                    .out
                    .line("\n?               display help information");
                Some(false)
            }
            ("send", ["?" | "help"]) => {
                help(context, "send", "");
                Some(false)
            }
            ("mode", ["?" | "help"]) => {
                context
                    .out
                    .line("format is:  'mode Mode', where 'Mode' is one of:\n");
                help(context, "mode", "");
                Some(false)
            }
            ("set" | "unset", [word, rest @ ..]) => {
                Some(self.set(context, name, word, rest.first().copied()))
            }
            ("toggle", words @ [_, ..]) => {
                Some(words.iter().all(|word| self.toggle(context, word, None)))
            }
            _ => None,
        }
    }

    fn is_on(&self, row: &Row) -> bool {
        self.flipped.get(row.name).copied().unwrap_or(row.is_on)
    }

    fn character(&self, row: &Row) -> String {
        let own = self.characters.get(row.name).cloned();
        own.unwrap_or_else(|| row.more.unwrap_or_default().to_owned())
    }

    fn display(&self, context: &mut Context<'_>, words: &[&str]) -> bool {
        let toggle = |row: &Row| {
            let will = if self.is_on(row) { "will" } else { "won't" };
            row.more.map(|does| format!("{will} {does}.\n"))
        };
        let set = |row: &Row| {
            let character = self.character(row);
            let shown = if character.starts_with('"') {
                character
            } else {
                format!("[{character}]")
            };
            format!("{:<16}{shown}\n", row.name)
        };
        let mut text = String::new();
        if words.is_empty() {
            text.extend(rows("toggle").filter_map(|row| toggle(&row)));
            text.push('\n');
            text.extend(
                rows("set")
                    .filter(|row| row.more.is_some())
                    .map(|row| set(&row)),
            );
        }
        for word in words {
            match (find("toggle", word), find("set", word)) {
                (Some(row), _) => text.push_str(&toggle(&row).unwrap_or_default()),
                (None, Some(row)) => text.push_str(&set(&row)),
                (None, None) => {
                    context.out.line(&format!("?Unknown argument '{word}'."));
                    return false;
                }
            }
        }
        context.out.write(Stream::Out, &text);
        true
    }

    fn toggle(&mut self, context: &mut Context<'_>, word: &str, to: Option<bool>) -> bool {
        let Some(row) = find("toggle", word) else {
            let told = format!("'{word}': unknown argument ('toggle ?' for help).");
            context.out.line(&told);
            return false;
        };
        let on = to.unwrap_or(!self.is_on(&row));
        self.flipped.insert(row.name, on);
        if row.name == "crlf" {
            let end = if on { "LF" } else { "NUL" };
            context.out.line(&format!(
                "Will send carriage returns as telnet <CR><{end}>."
            ));
        } else if let Some(does) = row.more {
            let will = if on { "Will" } else { "Won't" };
            context.out.line(&format!("{will} {does}."));
        }
        true
    }

    fn set(
        &mut self,
        context: &mut Context<'_>,
        verb: &str,
        word: &str,
        value: Option<&str>,
    ) -> bool {
        let Some(row) = find("set", word) else {
            if find("toggle", word).is_some() {
                return self.toggle(context, word, Some(verb == "set"));
            }
            let told = format!("'{word}': unknown argument ('{verb} ?' for help).");
            context.out.line(&told);
            return false;
        };
        let value = match (verb, value) {
            ("set", Some(value)) if row.name == "tracefile" => format!("\"{value}\""),
            ("set", Some(value)) => value.to_owned(),
            _ => "off".to_owned(),
        };
        let told = match row.name {
            "tracefile" => format!("Tracefile set to {value}."),
            name => format!("{name} character is '{value}'."),
        };
        context.out.line(&told);
        self.characters.insert(row.name, value);
        true
    }
}
