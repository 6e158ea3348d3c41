//! table: the options of the small programs, as `getopt` reads them. What the real ones know and these do not is refused
//! by name; what neither knows is complained about as `BusyBox` and GNU do.

use super::commands;
use super::context::{Context, Stream};
use super::interpreter::Shell;
use super::kubectl;
use super::surroundings::Dialect;
use super::tools::usage::{busybox_usage, getopt};
use crate::api::image::Libc;

/// A program: its options as for `getopt`, those of them that have their effect here, and how many words it must have.
struct Row(&'static str, &'static str, &'static str, usize);

const ROWS: &[Row] = &[
    Row("cat", "nbvteAusET", "nbvteAuET", 0),
    Row("ls", "1AaCxdLHRFplinshrSXvctuw:G", "1AaCdLHRFplnhrSvw", 0),
    Row("mkdir", "m:pv", "mp", 1),
    Row("touch", "chamd:t:r:", "cham", 1),
    Row("rm", "irfRv", "rfR", 1),
    Row("tee", "ai", "ai", 0),
    Row("head", "n:c:qv", "ncqv", 0),
    Row("tail", "n:c:qvfFs:", "ncqv", 0),
    Row(
        "grep",
        "HhnlLoqvsrRiwFExcm:A:B:C:e:f:Pz",
        "HhnlLoqvsrRiwFExcmABCef",
        0,
    ),
    Row("cut", "b:c:f:d:sF:O:Dn", "bcfds", 0),
    Row("tr", "cdsC", "cdsC", 1),
    Row("wc", "clwLm", "clwLm", 0),
    Row("sort", "nruMcszbdfiIhk:t:o:S:T:gV", "nrubfkto", 0),
    Row("uniq", "cdDuizf:s:w:", "cduifsw", 0),
    Row("id", "ugGnr", "ugGnr", 0),
    Row("uname", "amnrspvio", "amnrspvio", 0),
    Row("date", "us:d:D:r:RI::", "udR", 0),
    Row("hostname", "sidfF:I", "sidfI", 0),
    Row("which", "a", "a", 1),
    Row("whoami", "", "", 0),
    Row("sleep", "", "", 1),
    Row("seq", "ws:", "ws", 1),
    Row("printenv", "0", "", 0),
    Row("cp", "arPLHpfinlsTudRt:v", "arRfnp", 1),
    Row("mv", "finTt:v", "fn", 1),
    Row("rmdir", "pv", "", 1),
    Row("basename", "as:z", "as", 1),
    Row("dirname", "z", "", 1),
    Row("realpath", "emsz", "em", 1),
    Row("readlink", "fnvemqsz", "fn", 1),
    Row("base64", "dDw:i", "dDw", 0),
    Row("sha256sum", "cswb", "b", 0),
    Row("rev", "", "", 0),
    Row("tac", "", "", 0),
    Row("nl", "b:nw:s:", "b", 0),
];

/// The options of a command line, and its words.
#[derive(Default)]
pub(super) struct Given {
    options: Vec<(char, String)>,
    pub(super) words: Vec<String>,
}

impl Given {
    pub(super) fn has(&self, option: char) -> bool {
        self.options.iter().any(|(letter, _)| *letter == option)
    }

    /// The last value of an option.
    pub(super) fn value(&self, option: char) -> Option<&str> {
        self.values(option).last()
    }

    /// All values of an option.
    pub(super) fn values(&self, option: char) -> impl Iterator<Item = &str> {
        let own = self
            .options
            .iter()
            .filter(move |(letter, _)| *letter == option);
        own.map(|(_, value)| value.as_str())
    }

    /// The words as texts.
    pub(super) fn files(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    /// The number that an option has; the complaint about what is none.
    pub(super) fn number(&self, option: char) -> Result<Option<usize>, String> {
        let value = self.value(option);
        value.map_or(Ok(None), |text| {
            text.parse().map(Some).map_err(|_| text.to_owned())
        })
    }
}

/// What `BusyBox` says of a program, if its texts are there.
fn text(context: &Context<'_>, name: &str) -> String {
    let told = kubectl::told(&context.world.files.help, &["busybox ", name].concat());
    told.map_or_else(
        || {
            let row = commands::COMMANDS
                .iter()
                .find(|row| row.names.contains(&name));
            format!("Usage: {}", row.map_or(name, |row| row.synopsis))
        },
        str::to_owned,
    )
}

/// Prints a complaint and how the program is used; its status.
pub(super) fn usage(
    shell: &Shell,
    context: &mut Context<'_>,
    name: &str,
    complaint: Option<&str>,
) -> i32 {
    if shell.around().dialect == Dialect::Ash {
        let text = text(context, name);
        return busybox_usage(context, complaint, &text);
    }
    if let Some(complaint) = complaint {
        context.out.error(complaint);
    }
    if name == "grep" {
        context
            .out
            .error("Usage: grep [OPTION]... PATTERNS [FILE]...");
    }
    context
        .out
        .error(&format!("Try '{name} --help' for more information."));
    if matches!(name, "ls" | "grep" | "sort") {
        2
    } else {
        1
    }
}

/// Reads a command line; the status if it ends there.
pub(super) fn read(
    shell: &Shell,
    context: &mut Context<'_>,
    argv: &[String],
) -> Result<Given, i32> {
    let name = argv.first().map_or("", String::as_str);
    let name = name.rsplit('/').next().unwrap_or_default();
    let Some(Row(_, known, here, least)) = ROWS.iter().find(|row| row.0 == name) else {
        return Ok(Given::default());
    };
    let ash = shell.around().dialect == Dialect::Ash;
    if argv.get(1).is_some_and(|word| word == "--help") {
        if ash {
            let text = text(context, name);
            busybox_usage(context, None, &text);
        } else {
            let text = text(context, name);
            context.out.write(Stream::Out, &format!("{text}\n"));
        }
        return Err(0);
    }
    let counts = matches!(name, "head" | "tail");
    let mut value = false;
    let mut plain = |word: &String| match word.strip_prefix('-') {
        // What follows -n and -c is their value.
        _ if std::mem::replace(&mut value, counts && matches!(word.as_str(), "-n" | "-c")) => {
            Some(word.clone())
        }
        // The old way to say how many.
        Some(digits) if counts && digits.bytes().next().is_some_and(|b| b.is_ascii_digit()) => {
            Some(["-n", digits].concat())
        }
        None if name == "tail" && word.starts_with('+') => Some(["-n", word].concat()),
        _ if word.starts_with("--color") && (name == "ls" || name == "grep" && !ash) => None,
        _ => Some(word.clone()),
    };
    let words: Vec<String> = argv.iter().filter_map(&mut plain).collect();
    // What only GNU has.
    let own: String = known
        .chars()
        .filter(|c| !ash || !"PzT".contains(*c) || name != "grep")
        .collect();
    let given = match getopt(&words, &own, shell.around().libc) {
        Ok(given) => given,
        Err(complaint) => return Err(usage(shell, context, name, Some(&complaint))),
    };
    let options: Vec<(char, String)> = given
        .options
        .iter()
        .map(|(letter, value)| (*letter, (*value).to_owned()))
        .collect();
    let given = Given {
        options,
        words: given.words.iter().map(|word| (*word).to_owned()).collect(),
    };
    if let Some((letter, _)) = given
        .options
        .iter()
        .find(|(letter, _)| !here.contains(*letter))
    {
        let said = format!("Portside's {name} does not simulate -{letter}.");
        context.out.note(&said);
        return Err(1);
    }
    let forced = name == "rm" && given.has('f');
    let missing = given.words.len() < *least && !forced;
    if missing || name == "whoami" && !given.words.is_empty() {
        let lacks = format!("{name}: missing operand");
        return Err(usage(
            shell,
            context,
            name,
            (!ash).then_some(lacks.as_str()),
        ));
    }
    Ok(given)
}

/// What `head -n x` and its like are answered.
pub(super) fn bad_number(shell: &Shell, context: &mut Context<'_>, name: &str, text: &str) -> i32 {
    let what = match (shell.around().libc, name) {
        (Libc::Glibc, "head" | "tail") if shell.around().dialect != Dialect::Ash => {
            format!("{name}: invalid number of lines: '{text}'")
        }
        _ => format!("{name}: invalid number '{text}'"),
    };
    context.out.error(&what);
    1
}
