//! The page: Yew components. State comes in, callbacks go out.
//!
//! *Invariant:* no component computes what the core can compute; all that changes the world is an [`Action`].

mod app;
mod chart;
mod desk;
mod editor;
mod engine;
mod harbour;
mod header;
mod help;
mod inspector;
mod linking;
mod logbook;
mod panes;
mod playbar;
mod script;
mod sheets;
mod status;
mod terminal;
mod words;

pub use app::{App, AppProps, Shared};
pub use desk::Desk;
pub use engine::{Action, ClusterForm, Engine, Options, Snapshot};
pub use script::publish;
pub use terminal::{Block, Tab};
