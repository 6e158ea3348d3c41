//! The browser: storage, address, page-wide settings, the crash panel. Besides `ui` the only code that names browser crates.
//!
//! *Invariant:* no simulation logic; every access to the browser may fail and then has a fallback.

mod address;
mod crash;
mod page;
mod storage;

pub use address::Address;
pub use crash::{install as install_crash_panel, remember as remember_for_crash, stopped};
pub use page::{Theme, focus, scroll_to_end, set_theme, wants_stillness, width};
pub use storage::Storage;
