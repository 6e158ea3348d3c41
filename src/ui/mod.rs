//! The page: Yew components. State comes in, callbacks go out.
//!
//! *Invariant:* no component computes what the core can compute; all that changes the world is an [`Action`].

mod acts;
mod app;
mod asking;
mod chart;
mod chart_pane;
mod clock;
mod debug_path;
mod deeds;
mod desk;
mod editor;
mod engine;
mod examining;
mod harbour;
mod header;
mod help;
mod inspector;
mod journal;
mod lesson;
mod linking;
mod logbook;
mod news;
mod opening;
mod panes;
mod playbar;
mod reach;
mod refusal;
mod script;
mod sheets;
mod sight;
mod snapshot;
mod status;
mod table;
mod terminal;

use crate::words;

pub use app::{App, AppProps, Controls, Shared};
pub use desk::Desk;
pub use engine::{Action, ClusterForm, Engine, Options, Snapshot};
pub use lesson::Study;
pub use script::publish;
pub use sight::{Look, Seen};
pub use terminal::{Block, Tab};
