//! A drawing of the page as a file: one SVG with its symbols and its styles.

use gloo::utils::document;
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

/// Gives the reader the first drawing that `selector` finds, as a file.
pub fn save_picture(selector: &str, name: &str) {
    let Some(text) = picture(selector) else {
        return;
    };
    let Ok(link) = document().create_element("a") else {
        return;
    };
    let href = format!(
        "data:image/svg+xml;charset=utf-8,{}",
        js_sys::encode_uri_component(&text)
    );
    let _ = link.set_attribute("href", &href);
    let _ = link.set_attribute("download", name);
    if let Ok(link) = link.dyn_into::<HtmlElement>() {
        link.click();
    }
}

/// The drawing's text, complete in itself.
pub fn picture(selector: &str) -> Option<String> {
    let drawing = document().query_selector(selector).ok()??;
    let body = drawing.inner_html();
    let view = drawing.get_attribute("viewBox")?;
    let symbols = document().query_selector("svg > defs").ok()??.outer_html();
    let theme = document().document_element()?.get_attribute("data-theme");
    let scheme = match theme.as_deref() {
        Some("dark") => "dark",
        Some("light") => "light",
        _ if super::page::prefers_dark() => "dark",
        _ => "light",
    };
    let styles = format!(
        "{}\n:root {{ color-scheme: {scheme}; background: var(--paper); }}",
        styles().replace("]]>", "")
    );
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{view}\" class=\"map\"><style><![CDATA[{styles}]]></style>{symbols}{body}</svg>\n"
    ))
}

/// The text of the page's own style sheets.
fn styles() -> String {
    let field = |object: &JsValue, name: &str| Reflect::get(object, &JsValue::from_str(name)).ok();
    let mut text = String::new();
    let Some(sheets) = field(document().as_ref(), "styleSheets") else {
        return text;
    };
    for sheet in Array::from(&sheets).iter() {
        // Another origin's sheet does not show its rules.
        let Some(rules) = field(&sheet, "cssRules") else {
            continue;
        };
        for rule in Array::from(&rules).iter() {
            text.push_str(
                &field(&rule, "cssText")
                    .and_then(|t| t.as_string())
                    .unwrap_or_default(),
            );
            text.push('\n');
        }
    }
    text
}
