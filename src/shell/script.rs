//! The command language's syntax tree: what a line means before anything is expanded.

use std::ops::Range;
use std::rc::Rc;

/// A piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text outside quotes: globs and `~` act in it.
    Plain(String),
    /// Text inside quotes or behind a backslash.
    Quoted(String),
    /// `$name`, `${name}`, `${name:-word}`.
    Variable {
        /// The name, or one of `? $ # @ *` or a digit.
        name: String,
        /// What is made of its value.
        form: Form,
        /// Whether it stands in double quotes, and so stays one word.
        quoted: bool,
    },
    /// `$((…))`.
    Arithmetic {
        /// The expression, before anything in it is expanded.
        text: Word,
        /// Whether it stands in double quotes.
        quoted: bool,
    },
    /// `$(…)` or `` `…` ``.
    Command {
        /// What it runs.
        script: Rc<Script>,
        /// Whether it stands in double quotes.
        quoted: bool,
    },
}

/// What is made of a variable's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The value itself.
    Plain,
    /// `${#name}`: how long it is.
    Length,
    /// `${name:-word}` and the like.
    Test {
        /// `-`, `=`, `+` or `?`.
        operator: char,
        /// Whether an empty value counts as an unset one: with `:`.
        empty: bool,
        /// The word behind the operator.
        word: Word,
    },
    /// `${name#pattern}` and `${name%pattern}`: the value without what the pattern matches.
    Cut {
        /// Whether it is cut at the front.
        front: bool,
        /// Whether as much as can be is cut: with `##` or `%%`.
        longest: bool,
        /// The pattern.
        pattern: Word,
    },
    /// `${name:from}` and `${name:from:length}`.
    Slice {
        /// Where it begins.
        from: Word,
        /// How long it is.
        length: Option<Word>,
    },
    /// `${name/pattern/text}`; with `//` each time, with `/#` and `/%` at the ends.
    Replace {
        /// `/`, `#`, `%`, or a blank for the first match.
        how: char,
        /// The pattern.
        pattern: Word,
        /// What is put in its place.
        with: Word,
    },
    /// `${name^}`, `${name^^}`, `${name,}`, `${name,,}`.
    Letters {
        /// Whether they become capitals.
        upper: bool,
        /// Whether all do.
        all: bool,
    },
    /// `${!name}`.
    Indirect,
    /// None that this shell has: what stands between the braces.
    Bad(String),
}

/// A word with its place in the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    /// Its pieces.
    pub parts: Vec<Part>,
    /// Its place, in bytes.
    pub span: Range<usize>,
}

impl Word {
    /// The text of a word without quotes, variables or globs.
    pub(super) fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Plain(text)] => Some(text),
            _ => None,
        }
    }
}

/// What a redirection does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Redirection {
    /// `> file`.
    Write(Word),
    /// `>| file`: whatever `set -C` says.
    Force(Word),
    /// `&> file`: both streams.
    Both(Word),
    /// `>> file`.
    Append(Word),
    /// `< file`.
    Read(Word),
    /// `>&1`, `2>&1`.
    Same(u8),
    /// `<<END` and its text.
    Here(Word),
}

/// A redirection of one file descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirect {
    /// The descriptor: 0, 1 or 2.
    pub descriptor: u8,
    /// Where it goes.
    pub to: Redirection,
}

/// A command with its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Simple {
    /// `NAME=value` in front of it.
    pub assignments: Vec<(String, Word)>,
    /// Its words.
    pub words: Vec<Word>,
    /// Its redirections, in order.
    pub redirects: Vec<Redirect>,
    /// The line of the script that it begins on, counted from 0.
    pub line: usize,
}

/// One command of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A command with its words.
    Simple(Simple),
    /// `for name in words; do body; done`.
    For {
        /// The variable.
        name: String,
        /// What it goes through.
        words: Vec<Word>,
        /// What is done each time.
        body: Rc<Script>,
    },
    /// `while` or `until`.
    Loop {
        /// Whether it runs until, rather than while, the condition succeeds.
        until: bool,
        /// The condition.
        condition: Rc<Script>,
        /// What is done each time.
        body: Rc<Script>,
    },
    /// `if`, each `elif`, and `else`.
    If {
        /// Conditions and what is done when they hold.
        branches: Rc<[(Rc<Script>, Rc<Script>)]>,
        /// What is done when none holds.
        otherwise: Option<Rc<Script>>,
    },
    /// `case word in pattern) …;; esac`.
    Case {
        /// What is compared.
        word: Word,
        /// Patterns, and what is done at the first that matches.
        arms: Rc<[(Vec<Word>, Rc<Script>)]>,
    },
    /// `name() …`.
    Function {
        /// Its name.
        name: String,
        /// What it does.
        body: Rc<Script>,
    },
    /// `{ …; }`.
    Group(Rc<Script>),
    /// `( … )`.
    Subshell(Rc<Script>),
    /// A compound command with redirections behind it.
    Redirected {
        /// The command.
        step: Box<Self>,
        /// Its redirections, in order.
        redirects: Vec<Redirect>,
    },
}

/// Commands joined by `|`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pipeline {
    /// Whether `!` stands in front of it.
    pub negated: bool,
    /// The commands.
    pub steps: Vec<Step>,
    /// Whether `&` stands behind it.
    pub background: bool,
}

/// When a pipeline runs, given how the one before ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// In any case.
    Always,
    /// `&&`: if it succeeded.
    And,
    /// `||`: if it failed.
    Or,
}

/// Pipelines in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    /// The pipelines, each with its condition.
    pub pipelines: Vec<(Join, Pipeline)>,
}

/// Why a text is no script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It goes on in the next line: a quote, a here-document or a `do` is open. What it waits for.
    Incomplete(&'static str),
    /// A word or operator stands where it cannot.
    Unexpected {
        /// The word; `newline` at the end.
        text: String,
        /// Its place.
        span: Range<usize>,
        /// What ought to stand there, if only that can.
        expecting: &'static str,
    },
    /// Something else that the shells have a name for.
    Named {
        /// The name.
        what: &'static str,
        /// Its place.
        span: Range<usize>,
    },
    /// A part of the language that Portside does not know.
    Unsupported {
        /// Its name.
        what: &'static str,
        /// Its place.
        span: Range<usize>,
    },
}

/// What the shells say of a text that ends too early, by what is missing.
pub(super) const OPEN: &[(&str, &str)] = &[
    ("\"", "Unterminated quoted string"),
    ("'", "Unterminated quoted string"),
    ("`", "EOF in backquote substitution"),
    ("${", "Missing '}'"),
];

impl Fault {
    /// What is wrong, as dash words it behind `Syntax error: ` and ash, in its own order, behind `syntax error: `.
    pub(super) fn told(&self, ash: bool) -> String {
        let unexpected = |what: &str, expecting: &str| {
            let what = match what {
                "newline" | "end of file" | "redirection" => what.to_owned(),
                _ if what.starts_with(|c: char| ";&|()".contains(c)) || is_reserved(what) => {
                    format!("\"{what}\"")
                }
                _ => "word".to_owned(),
            };
            let expecting = match expecting {
                "" => String::new(),
                word => format!(" (expecting \"{word}\")"),
            };
            if ash {
                format!("unexpected {what}{expecting}")
            } else {
                format!("{what} unexpected{expecting}")
            }
        };
        let named = |what: &str| {
            let mut letters = what.chars();
            let first = letters.next().filter(|c| ash && *c != 'E');
            first.map_or(what.to_owned(), |c| {
                format!("{}{}", c.to_ascii_lowercase(), letters.as_str())
            })
        };
        match self {
            Self::Incomplete(missing) => {
                let open = OPEN.iter().find(|(own, _)| own == missing);
                open.map_or_else(
                    || unexpected("end of file", missing),
                    |(_, what)| named(what),
                )
            }
            Self::Unexpected {
                text, expecting, ..
            } => unexpected(text, expecting),
            Self::Named { what, .. } => named(what),
            Self::Unsupported { what, .. } => format!("Portside's shell does not support {what}"),
        }
    }

    /// The place where it was found; nothing for the end.
    pub(super) fn at(&self) -> Option<usize> {
        match self {
            Self::Incomplete(_) => None,
            Self::Unexpected { span, .. }
            | Self::Named { span, .. }
            | Self::Unsupported { span, .. } => Some(span.start),
        }
    }
}

/// Words with a meaning of their own where a command could begin.
pub(super) fn is_reserved(word: &str) -> bool {
    "! case do done elif else esac fi for if in then until while { }"
        .split(' ')
        .any(|own| own == word)
}
