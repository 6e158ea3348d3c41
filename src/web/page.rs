//! Settings of the whole page: theme, motion, focus.

use gloo::utils::{document, window};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Its word in storage and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a word.
    pub fn parse(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// The next one of the three.
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// Sets the page's theme.
pub fn set_theme(theme: Theme) {
    let Some(root) = document().document_element() else {
        return;
    };
    let _ = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.word()),
    };
}

fn media(query: &str) -> bool {
    window()
        .match_media(query)
        .ok()
        .flatten()
        .is_some_and(|list| list.matches())
}

/// Whether the reader asked for less motion.
pub fn wants_stillness() -> bool {
    media("(prefers-reduced-motion: reduce)") || root_matches("[data-still]")
}

/// Whether the system asks for a dark page.
pub(super) fn prefers_dark() -> bool {
    media("(prefers-color-scheme: dark)")
}

/// Opens an address in a tab of its own, which knows nothing of this page.
pub fn open_tab(address: &str) {
    let _ =
        window().open_with_url_and_target_and_features(address, "_blank", "noopener,noreferrer");
}

/// Whether the page's root is what a selector means: the address marks it.
pub fn root_matches(selector: &str) -> bool {
    let root = document().document_element();
    root.is_some_and(|root| root.matches(selector).unwrap_or_default())
}

/// The width of the page in CSS pixels.
pub fn width() -> i32 {
    let width = window().inner_width().ok().and_then(|width| width.as_f64());
    width.map_or(1_280, |width| width as i32)
}

/// Puts the focus on an element, without scrolling the page.
pub fn focus(id: &str) {
    if let Some(element) = document()
        .get_element_by_id(id)
        .and_then(|e| e.dyn_into::<HtmlElement>().ok())
    {
        let _ = element.focus();
    }
}

/// Puts the focus on the first element that a selector finds; where that holds a shadow tree, on what in it takes the focus.
pub fn focus_at(selector: &str) {
    let Some(found) = document().query_selector(selector).ok().flatten() else {
        return;
    };
    let inside = found
        .shadow_root()
        .and_then(|root| root.query_selector("[tabindex]").ok().flatten());
    let element: HtmlElement = inside.unwrap_or(found).unchecked_into();
    let _ = element.focus();
}

/// Presses a button.
pub fn press(id: &str) {
    if let Some(element) = document()
        .get_element_by_id(id)
        .and_then(|e| e.dyn_into::<HtmlElement>().ok())
    {
        element.click();
    }
}

/// Writes a text into an element.
pub fn set_text(id: &str, text: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        element.set_text_content(Some(text));
    }
}

/// Scrolls an element to its end.
pub fn scroll_to_end(element: &web_sys::Element) {
    element.set_scroll_top(element.scroll_height());
}

/// Scrolls a row so that one of its children stands first.
pub fn scroll_to_child(row: &web_sys::Element, index: usize) {
    let child = row
        .children()
        .item(index as u32)
        .and_then(|c| c.dyn_into::<HtmlElement>().ok());
    let first = row
        .children()
        .item(0)
        .and_then(|c| c.dyn_into::<HtmlElement>().ok());
    if let (Some(child), Some(first)) = (child, first) {
        row.set_scroll_left(child.offset_left() - first.offset_left());
    }
}

/// Puts a card at a point of the window, or as near to it as all of it is in sight.
pub fn place_at(card: &HtmlElement, (x, y): (i32, i32)) {
    let size = |inner: Result<wasm_bindgen::JsValue, _>| {
        let size = inner.ok().and_then(|size| size.as_f64());
        size.unwrap_or_default() as i32
    };
    let (width, height) = (size(window().inner_width()), size(window().inner_height()));
    let fit = |at: i32, own: i32, room: i32| at.min(room - own - 8).max(8);
    let style = card.style();
    let _ = style.set_property("left", &format!("{}px", fit(x, card.offset_width(), width)));
    let _ = style.set_property(
        "top",
        &format!("{}px", fit(y, card.offset_height(), height)),
    );
}

/// The wall clock, in milliseconds since 1970.
pub fn now_ms() -> f64 {
    js_sys::Date::now()
}

/// An instant of the wall clock as the reader writes it.
pub fn date_text(ms: f64) -> String {
    let date = js_sys::Date::new(&ms.into());
    date.to_locale_string("default", &js_sys::Object::new())
        .into()
}
