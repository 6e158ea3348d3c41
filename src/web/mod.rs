//! The browser: storage, address, page-wide settings, the crash panel. Besides `ui` the only code that names browser crates.
//!
//! *Invariant:* no simulation logic; every access to the browser may fail and then has a fallback.

mod address;
mod clock;
mod crash;
mod fetch;
mod files;
mod island;
mod page;
mod picture;
mod storage;
mod text_area;

pub use address::{Address, is_id, page_address, show_in_address};
pub use clock::now;
pub use crash::{install as install_crash_panel, remember as remember_for_crash, stopped};
pub use fetch::{fetch_island, fetch_text, is_whole};
pub use files::{FilesRead, copy, download, read_files};
pub use island::{EditorCalls, EditorIsland, row};
pub use page::{
    Theme, date_text, focus, focus_at, now_ms, open_tab, place_at, press, root_matches,
    scroll_to_child, scroll_to_end, set_text, set_theme, wants_stillness, width,
};
pub use picture::{picture, save_picture};
pub use storage::Storage;
pub use text_area::{byte_at, replace_text, reveal_line, select_text, type_into, units_before};
