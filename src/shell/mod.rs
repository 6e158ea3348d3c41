//! The terminal: places, the command language, kubectl and the network tools.
//!
//! A [`Session`] is one terminal. It reads lines, repairs what was pasted, and hands them to the foremost program: a
//! shell of a place, or what that shell started. Commands are rows of one table.
//!
//! *Invariant:* nothing here touches a browser; what a command prints is a value, and time passes only in the cluster.

mod aliases;
mod arithmetic;
mod braces;
mod builtins;
mod closing;
mod colours;
mod commands;
mod complaints;
mod completion;
mod compound;
mod context;
mod copying;
mod encodings;
mod environment;
mod execution;
mod expand;
mod expr;
mod files;
mod files_commands;
mod filters;
mod flags;
mod grep;
mod image_files;
mod interpreter;
mod jobs;
pub mod kubectl;
mod lexer;
mod line;
mod options;
mod parameters;
mod parser;
mod paste;
mod paths;
mod pattern;
mod pipeline;
mod pod_field;
mod printing;
mod prompt;
mod reading;
mod routines;
mod script;
mod sed;
mod session;
mod ssh;
mod surroundings;
mod testing;
mod text_commands;
mod timing;
mod tools;
mod traps;
mod tree;
mod volumes;
mod waiting;

pub use colours::{Role, Style, ansi};
pub use commands::{COMMANDS, Command, On, Runs, Takes, one_edit_apart};
pub use context::{
    Candidate, Context, Keys, Outcome, Output, Program, Progress, Reads, Stream, World,
};
pub use files::{Files, HOME, Held, Tab, TabId};
pub use line::{Around, Key, Line, Reply};
pub use paste::{Paste, Repaired, repair};
pub use prompt::prompt_of;
pub use reading::{launch, pod_shell};
pub use session::{Block, Running, Session, pace};
pub use surroundings::{Dialect, Kit, Surroundings};
pub use tree::{Entry, FileError, Tree};
