//! Container images: references, and the catalogue of what known images do when they run.

mod catalogue;
mod command;
mod process;
mod reference;

pub use catalogue::{
    IMAGES, Image, Libc, Listener, Main, Serves, Site, ToolSet, UNKNOWN, Wire, lookup,
};
pub use process::{
    Configured, Listening, exit_status, is_cluster_dns, lasts_secs, listeners, listening,
    main_program, stops_after_ms, waits_for,
};
pub use reference::Reference;
