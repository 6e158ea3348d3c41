//! What the page's address asks for.

use gloo::utils::window;
use js_sys::{Date, Reflect};
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

/// The end of the year 9999: what later years would look like, no API timestamp says.
const MOST_EPOCH_MS: f64 = 253_402_300_800_000.0;

/// What the page's address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// `embed=1`: the compact layout.
    pub embed: bool,
    /// `persist`: a frame may keep work on the reader's machine.
    pub persists: bool,
    /// `example=ID`.
    pub example: Option<String>,
    /// `seed=N`.
    pub seed: Option<u64>,
    /// `clock=2026-01-05T09:00:00Z`, in seconds since 1970.
    pub epoch: Option<i64>,
    /// `speed=0` freezes the clock.
    pub frozen: bool,
    /// `theme=light` or `dark`.
    pub theme: Option<String>,
    /// What stands after the `#`, if it is a session or a manifest: `p1=…`, `p0=…`, `src=…`, or something unknown.
    pub payload: Option<String>,
    /// `lesson=ID` and `step=N`: a lesson and its page, 0 for the introduction.
    pub lesson: Option<(String, usize)>,
    /// `#/debug/panic`: a panic on purpose, to try the crash panel.
    pub panics: bool,
}

impl Address {
    /// Reads the page's address; what cannot be read counts as absent.
    pub fn read() -> Self {
        let location = window().location();
        let query =
            handed("portsideQuery").unwrap_or_else(|| location.search().unwrap_or_default());
        let hash = handed("portsidePayload").unwrap_or_else(|| location.hash().unwrap_or_default());
        let Ok(params) = UrlSearchParams::new_with_str(&query) else {
            return Self::default();
        };
        Self {
            embed: params.get("embed").is_some_and(|v| v != "0")
                || super::root_matches("[data-embed]"),
            persists: params.get("persist").is_some(),
            example: params.get("example"),
            seed: params.get("seed").and_then(|v| v.parse().ok()),
            epoch: params.get("clock").as_deref().and_then(epoch),
            frozen: params.get("speed").is_some_and(|v| v == "0"),
            theme: params.get("theme"),
            payload: payload(&hash),
            lesson: params.get("lesson").filter(|id| is_id(id)).map(|id| {
                let step = params.get("step").and_then(|v| v.parse().ok());
                (id, step.unwrap_or(0))
            }),
            panics: hash == "#/debug/panic",
        }
    }
}

/// What the page around a frame has handed over beside the address, which may not hold or keep it. It is taken once.
fn handed(name: &str) -> Option<String> {
    let name = JsValue::from_str(name);
    let payload = Reflect::get(&window(), &name).ok()?.as_string()?;
    let _ = Reflect::set(&window(), &name, &JsValue::UNDEFINED);
    Some(payload)
}

/// The seconds since 1970 of an instant as RFC 3339 writes it; the browser reads it.
fn epoch(instant: &str) -> Option<i64> {
    let is_whole = instant.contains('T') && instant.len() >= 20;
    let ms = if is_whole {
        Date::parse(instant)
    } else {
        f64::NAN
    };
    (0.0..MOST_EPOCH_MS)
        .contains(&ms)
        .then(|| (ms / 1e3) as i64)
}

/// What stands after a `#`, unless it is the name of a place in the page.
fn payload(hash: &str) -> Option<String> {
    let hash = hash.strip_prefix('#')?;
    let word = |c: char| c.is_ascii_alphanumeric();
    let rest = hash.trim_start_matches(word);
    let versioned =
        hash.starts_with('p') && hash.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
    (rest.starts_with(['=', ':']) || versioned).then(|| hash.to_owned())
}

/// The page's own address without its file, query and `#`.
pub fn page_address() -> String {
    let location = window().location();
    let whole = location.href().unwrap_or_default();
    let whole = whole.split(['?', '#']).next().unwrap_or_default();
    let end = whole.rfind('/').map_or(0, |at| at + 1);
    whole.get(..end).unwrap_or_default().to_owned()
}

/// Whether a word may name a lesson, and so a file.
pub fn is_id(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Shows parameters in the page's address, without loading anything; an empty value takes one away.
pub fn show_in_address(parameters: &[(&str, &str)]) {
    let location = window().location();
    let Ok(query) = UrlSearchParams::new_with_str(&location.search().unwrap_or_default()) else {
        return;
    };
    for (name, value) in parameters {
        if value.is_empty() {
            query.delete(name);
        } else {
            query.set(name, value);
        }
    }
    let query = String::from(query.to_string());
    let path = location.pathname().unwrap_or_default();
    let hash = location.hash().unwrap_or_default();
    let address = if query.is_empty() {
        format!("{path}{hash}")
    } else {
        format!("{path}?{query}{hash}")
    };
    // A sandboxed frame may refuse; the lesson goes on.
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}
