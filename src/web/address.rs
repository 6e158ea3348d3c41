//! What the page's address asks for.

use gloo::utils::window;
use web_sys::UrlSearchParams;

/// What the page's address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// `embed=1`: the compact layout.
    pub embed: bool,
    /// `example=ID`.
    pub example: Option<String>,
    /// `seed=N`.
    pub seed: Option<u64>,
    /// `speed=0` freezes the clock.
    pub frozen: bool,
    /// `theme=light` or `dark`.
    pub theme: Option<String>,
    /// `#src=`: a manifest.
    pub source: Option<String>,
    /// `#/debug/panic`: a panic on purpose, to try the crash panel.
    pub panics: bool,
}

impl Address {
    /// Reads the page's address; what cannot be read counts as absent.
    pub fn read() -> Self {
        let location = window().location();
        let query = location.search().unwrap_or_default();
        let hash = location.hash().unwrap_or_default();
        let Ok(params) = UrlSearchParams::new_with_str(&query) else {
            return Self::default();
        };
        let source = hash
            .strip_prefix("#src=")
            .and_then(|text| js_sys::decode_uri_component(text).ok());
        Self {
            embed: params.get("embed").is_some_and(|v| v != "0"),
            example: params.get("example"),
            seed: params.get("seed").and_then(|v| v.parse().ok()),
            frozen: params.get("speed").is_some_and(|v| v == "0"),
            theme: params.get("theme"),
            source: source.map(String::from),
            panics: hash == "#/debug/panic",
        }
    }
}
