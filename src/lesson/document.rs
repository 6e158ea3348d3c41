//! A compiled lesson: what the page shows of it and what is checked, read from the compact JSON that `portside lesson build`
//! writes.
//!
//! *Invariant:* a lesson is data. Its texts are plain runs of characters with a style, never markup.

use super::assertion::Assertion;
use crate::api::Value;
use crate::cluster::{Cluster, Settings};
use crate::dns::Outside;
use crate::manifest::{Limits, read};
use crate::shell::{Files, HOME, Session, World, pace};

/// A lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lesson {
    /// Its name in links.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What one learns, in a sentence.
    pub summary: String,
    /// How long it takes.
    pub minutes: i64,
    /// `beginner`, `intermediate` or `advanced`.
    pub level: String,
    /// The Kubernetes version that it was verified against.
    pub kubernetes: String,
    /// Whether a clock shows how long one has been at it.
    pub timed: bool,
    /// The seed of its cluster.
    pub seed: u64,
    /// Settings documents of its cluster: kubeadm's and kube-proxy's.
    pub settings: Vec<Value>,
    /// The zone of the world outside, empty for the usual one.
    pub internet: String,
    /// What is there and what was done before the first step.
    pub start: Vec<Deed>,
    /// What is read before the first step.
    pub intro: Vec<Block>,
    /// The steps.
    pub steps: Vec<Step>,
    /// The finish page.
    pub finish: Vec<Block>,
}

/// One step of a lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Its title.
    pub title: String,
    /// What is read.
    pub blocks: Vec<Block>,
    /// What is done, unseen, before the step begins.
    pub setup: Vec<Deed>,
    /// What must be true for the step to be passed; a step without checks is passed by reading on.
    pub checks: Vec<Assertion>,
    /// What passes the step.
    pub solution: Vec<Deed>,
}

/// Something that a lesson does by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Types lines into a terminal.
    Type(String),
    /// Puts a text into a file of the laptop, which the editor then shows.
    Write {
        /// The absolute path.
        path: String,
        /// The text.
        text: String,
    },
}

/// What can be done with a command or a code block at a click.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Act {
    /// Nothing: it is only read.
    #[default]
    Inert,
    /// It is copied.
    Copy,
    /// It is typed into the terminal.
    Exec,
    /// Ctrl-C is typed first.
    Interrupt,
}

/// A paragraph or something like it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A smaller heading.
    Heading(Vec<Inline>),
    /// A paragraph.
    Text(Vec<Inline>),
    /// A list.
    List {
        /// Whether its items are numbered.
        numbered: bool,
        /// Its items.
        items: Vec<Vec<Self>>,
    },
    /// An aside: `note`, `tip`, `book` and so on.
    Aside {
        /// Its kind.
        kind: String,
        /// What it says.
        blocks: Vec<Self>,
    },
    /// Code.
    Code {
        /// `yaml`, `bash` or another language; empty for plain text.
        language: String,
        /// The text.
        text: String,
        /// What a click does.
        act: Act,
        /// The file of the laptop into which it can be put.
        file: Option<String>,
    },
    /// Commands with what they print.
    Console(Vec<Exchange>),
    /// A drawing in characters, or a picture beside the lesson.
    Figure {
        /// The drawing.
        text: String,
        /// The picture's address.
        source: String,
        /// What it shows.
        caption: String,
    },
    /// A table, its head first.
    Table(Vec<Vec<Vec<Inline>>>),
    /// A question with answers to choose from.
    Quiz {
        /// The question.
        question: Vec<Inline>,
        /// The answers.
        answers: Vec<Answer>,
    },
}

/// A command of a console block, and what it prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// What stands before the command.
    pub prompt: String,
    /// The command.
    pub line: String,
    /// What it prints, as the lesson quotes it.
    pub output: String,
}

/// An answer of a quiz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it says.
    pub text: Vec<Inline>,
    /// Whether it is right.
    pub right: bool,
    /// Why.
    pub why: Vec<Inline>,
}

/// A run of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Plain text.
    Text(String),
    /// Code.
    Code {
        /// The code.
        text: String,
        /// What a click does.
        act: Act,
    },
    /// Strong text.
    Strong(Vec<Self>),
    /// Emphasised text.
    Emphasis(Vec<Self>),
    /// A link: an address, `?lesson=…`, or `#service/default/redis`, which marks that object in chart and terminal.
    Link {
        /// Where it leads.
        to: String,
        /// Its words.
        text: Vec<Self>,
    },
}

impl Lesson {
    /// Reads a compiled lesson.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let parsed = read(text, &Limits::FILE);
        if let Some(error) = parsed.error {
            return Err(error.message);
        }
        let document = parsed.documents.first().ok_or("the lesson is empty")?;
        Self::from_value(&document.value())
    }

    /// Reads a compiled lesson from its value.
    pub fn from_value(value: &Value) -> Result<Self, String> {
        let lesson = Self {
            id: word(value, "id"),
            title: word(value, "title"),
            summary: word(value, "summary"),
            minutes: number(value, "minutes"),
            level: word(value, "level"),
            kubernetes: word(value, "kubernetes"),
            timed: value.get("timed") == Some(&Value::Bool(true)),
            seed: u64::try_from(number(value, "seed")).unwrap_or_default(),
            settings: list(value, "settings").to_vec(),
            internet: word(value, "internet"),
            start: all(list(value, "start"), Deed::from_value)?,
            intro: blocks(list(value, "intro"))?,
            steps: all(list(value, "steps"), Step::from_value)?,
            finish: blocks(list(value, "finish"))?,
        };
        if lesson.id.is_empty() || lesson.steps.is_empty() {
            return Err("this is no lesson: it has no id or no steps".to_owned());
        }
        Ok(lesson)
    }

    /// The lesson's world as it is before the first step, and the terminal in which its start was typed.
    pub fn world(&self) -> Result<World, String> {
        let mut settings = Settings {
            seed: self.seed,
            ..Settings::default()
        };
        for document in &self.settings {
            if !settings.read(document)? {
                return Err("`cluster` holds only kubeadm's and kube-proxy's settings".to_owned());
            }
        }
        let mut world = World {
            cluster: Cluster::new(&settings),
            files: Files::default(),
        };
        if !self.internet.is_empty() {
            let outside = Outside::parse(&self.internet).map_err(|error| error.to_string())?;
            world.cluster.set_outside(outside);
        }
        do_unseen(&self.start, &mut world);
        Ok(world)
    }
}

/// Does deeds at the laptop, in a terminal that nobody sees.
pub fn do_unseen(deeds: &[Deed], world: &mut World) {
    let mut session = Session::new(world, crate::cluster::Place::Laptop);
    for deed in deeds {
        match deed {
            Deed::Type(text) => {
                session.type_text(world, text);
                pace(world);
            }
            Deed::Write { path, text } => put(world, path, text),
        }
    }
}

/// Puts a text into a file of the laptop; the editor has a tab for it.
pub fn put(world: &mut World, path: &str, text: &str) {
    let path = path.replacen('~', HOME, 1);
    world.files.put(HOME, &path, text);
    world.files.open(HOME, &path);
}

impl Step {
    fn from_value(value: &Value) -> Result<Self, String> {
        Ok(Self {
            title: word(value, "title"),
            blocks: blocks(list(value, "blocks"))?,
            setup: all(list(value, "setup"), Deed::from_value)?,
            checks: all(list(value, "checks"), Assertion::from_value)?,
            solution: all(list(value, "solution"), Deed::from_value)?,
        })
    }
}

/// What a step has its reader type at one place of its text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line<'a> {
    /// The line, unless this is a console block.
    pub text: &'a str,
    /// Whether Ctrl-C comes first.
    pub interrupt: bool,
    /// The exchanges of a console block.
    pub exchanges: &'a [Exchange],
}

impl<'a> Line<'a> {
    fn of(text: &'a str, act: Act) -> Self {
        Self {
            text,
            interrupt: act == Act::Interrupt,
            ..Self::default()
        }
    }
}

/// What blocks have their reader type, in order.
pub fn lines_of(blocks: &[Block]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    blocks
        .iter()
        .for_each(|block| block.each_line(&mut |line| lines.push(line)));
    lines
}

impl Deed {
    fn from_value(value: &Value) -> Result<Self, String> {
        match (value.get("type"), value.get("file")) {
            (Some(Value::Str(text)), None) => Ok(Self::Type(text.clone())),
            (None, Some(Value::Str(path))) => Ok(Self::Write {
                path: path.clone(),
                text: word(value, "text"),
            }),
            _ => Err("a deed is `type` or `file`".to_owned()),
        }
    }
}

impl Act {
    /// The act that a suffix names: `exec`, `execute`, `exec interrupt`, `copy` or nothing.
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        match suffix.trim() {
            "" => Some(Self::Inert),
            "copy" => Some(Self::Copy),
            "exec" | "execute" => Some(Self::Exec),
            "exec interrupt" | "execute interrupt" | "interrupt" => Some(Self::Interrupt),
            _ => None,
        }
    }

    /// The suffix that names it.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Inert => "",
            Self::Copy => "copy",
            Self::Exec => "exec",
            Self::Interrupt => "exec interrupt",
        }
    }

    /// Code without a suffix is copied, as in Killercoda.
    fn of(value: &Value) -> Self {
        let suffix = value.get("act").and_then(Value::as_str);
        suffix.map_or(Self::Copy, |suffix| {
            Self::from_suffix(suffix).unwrap_or_default()
        })
    }
}

impl Block {
    fn from_value(value: &Value) -> Result<Self, String> {
        let map = value.as_map().ok_or("a block is a mapping")?;
        let items = |items: &Value| {
            all(items.as_list().unwrap_or_default(), |i| {
                blocks(i.as_list().unwrap_or_default())
            })
        };
        for (key, inner) in map {
            let inside = inner.as_list().unwrap_or_default();
            return Ok(match key.as_str() {
                "heading" => Self::Heading(inlines(inside)?),
                "p" => Self::Text(inlines(inside)?),
                "ul" | "ol" => Self::List {
                    numbered: key == "ol",
                    items: items(inner)?,
                },
                "aside" => Self::Aside {
                    kind: word(value, "aside"),
                    blocks: blocks(list(value, "blocks"))?,
                },
                "code" => Self::Code {
                    language: word(value, "language"),
                    text: word(value, "code"),
                    act: Act::of(value),
                    file: value.get("file").and_then(Value::as_str).map(str::to_owned),
                },
                "console" => Self::Console(all(inside, |e| {
                    Ok(Exchange {
                        prompt: word(e, "prompt"),
                        line: word(e, "line"),
                        output: word(e, "output"),
                    })
                })?),
                "figure" | "source" => Self::Figure {
                    text: word(value, "figure"),
                    source: word(value, "source"),
                    caption: word(value, "caption"),
                },
                "table" => Self::Table(all(inside, |row| {
                    all(row.as_list().unwrap_or_default(), |cell| {
                        inlines(cell.as_list().unwrap_or_default())
                    })
                })?),
                "quiz" => Self::Quiz {
                    question: inlines(inside)?,
                    answers: all(list(value, "answers"), |a| {
                        Ok(Answer {
                            text: inlines(list(a, "text"))?,
                            right: a.get("right") == Some(&Value::Bool(true)),
                            why: inlines(list(a, "why"))?,
                        })
                    })?,
                },
                // These stand beside the key that tells the kind.
                "act" | "answers" | "blocks" | "caption" | "file" | "language" => continue,
                _ => return Err(format!("unknown block {key:?}")),
            });
        }
        Err("an empty block".to_owned())
    }

    fn each_line<'a>(&'a self, tell: &mut dyn FnMut(Line<'a>)) {
        let mut runs = |runs: &'a [Inline]| runs.iter().for_each(|run| run.each_line(tell));
        match self {
            Self::Heading(text) | Self::Text(text) => runs(text),
            Self::Table(rows) => rows.iter().flatten().for_each(|cell| runs(cell)),
            Self::List { items, .. } => items.iter().flatten().for_each(|b| b.each_line(tell)),
            Self::Aside { blocks, .. } => blocks.iter().for_each(|b| b.each_line(tell)),
            Self::Code { text, act, .. } => match act {
                Act::Exec | Act::Interrupt => tell(Line::of(text, *act)),
                Act::Inert | Act::Copy => {}
            },
            Self::Console(exchanges) => tell(Line {
                exchanges,
                ..Line::default()
            }),
            Self::Figure { .. } | Self::Quiz { .. } => {}
        }
    }
}

impl Inline {
    fn from_value(value: &Value) -> Result<Self, String> {
        if let Value::Str(text) = value {
            return Ok(Self::Text(text.clone()));
        }
        let map = value.as_map().ok_or("a run of text is text or a mapping")?;
        for (key, inner) in map {
            let inside = inner.as_list().unwrap_or_default();
            return Ok(match key.as_str() {
                "c" => Self::Code {
                    text: word(value, "c"),
                    act: Act::of(value),
                },
                "b" => Self::Strong(inlines(inside)?),
                "i" => Self::Emphasis(inlines(inside)?),
                "a" => Self::Link {
                    to: word(value, "to"),
                    text: inlines(inside)?,
                },
                "act" | "to" => continue,
                _ => return Err(format!("unknown run of text {key:?}")),
            });
        }
        Err("an empty run of text".to_owned())
    }

    fn each_line<'a>(&'a self, tell: &mut dyn FnMut(Line<'a>)) {
        match self {
            Self::Code {
                text,
                act: act @ (Act::Exec | Act::Interrupt),
            } => tell(Line::of(text, *act)),
            Self::Strong(inner) | Self::Emphasis(inner) | Self::Link { text: inner, .. } => {
                inner.iter().for_each(|run| run.each_line(tell));
            }
            Self::Text(_) | Self::Code { .. } => {}
        }
    }
}

fn all<T>(items: &[Value], one: impl Fn(&Value) -> Result<T, String>) -> Result<Vec<T>, String> {
    items.iter().map(one).collect()
}

fn blocks(items: &[Value]) -> Result<Vec<Block>, String> {
    all(items, Block::from_value)
}

fn inlines(items: &[Value]) -> Result<Vec<Inline>, String> {
    all(items, Inline::from_value)
}

pub(super) fn word(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

pub(super) fn number(value: &Value, key: &str) -> i64 {
    value.get(key).and_then(Value::as_int).unwrap_or_default()
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_list).unwrap_or_default()
}
