//! Container images: references, and the catalogue of what known images do when they run.

mod catalogue;
mod reference;

pub use catalogue::{IMAGES, Image, Libc, Listener, Main, Serves, ToolSet, UNKNOWN, lookup};
pub use reference::Reference;
