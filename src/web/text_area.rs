//! Changing the text of a text area so that the browser's own undo goes back over it, as over what was typed.

use gloo::utils::document;
use wasm_bindgen::JsCast;
use web_sys::{Event, EventInit, HtmlDocument, HtmlTextAreaElement};

/// Selects all of a text area, for the reader to copy.
pub fn select_text(id: &str) {
    let area = document().get_element_by_id(id);
    if let Some(area) = area.and_then(|e| e.dyn_into::<HtmlTextAreaElement>().ok()) {
        let _ = area.focus();
        area.select();
    }
}

/// Puts text at the caret, as if it were typed.
pub fn type_into(area: &HtmlTextAreaElement, text: &str) {
    let end = area.value().encode_utf16().count() as u32;
    let to = area.selection_end().ok().flatten().unwrap_or(end);
    let from = area.selection_start().ok().flatten().unwrap_or(to);
    put(area, from, to, text);
    let init = EventInit::new();
    init.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict("input", &init) {
        let _ = area.dispatch_event(&event);
    }
}

/// Makes the text another one: only what differs is put anew, and the caret stays where it can.
pub fn replace_text(area: &HtmlTextAreaElement, text: &str) {
    let old: Vec<u16> = area.value().encode_utf16().collect();
    let new: Vec<u16> = text.encode_utf16().collect();
    if old == new {
        return;
    }
    if old.is_empty() {
        area.set_value(text);
        return;
    }
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let room = old.len().min(new.len()) - same;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(room)
        .take_while(|(a, b)| a == b)
        .count();
    let middle = new.get(same..new.len() - tail).unwrap_or_default();
    put(
        area,
        same as u32,
        (old.len() - tail) as u32,
        &String::from_utf16_lossy(middle),
    );
    if area.value() != text {
        area.set_value(text);
    }
}

/// Puts text in place of a range. The browser's command for it keeps undo, and wants the focus; without it the range is
/// set outright.
fn put(area: &HtmlTextAreaElement, from: u32, to: u32, text: &str) {
    let focused = document()
        .active_element()
        .is_some_and(|active| active.is_same_node(Some(area.as_ref())));
    let _ = area.set_selection_range(from, to);
    let typed = focused
        && document().dyn_into::<HtmlDocument>().is_ok_and(|page| {
            page.exec_command_with_show_ui_and_value("insertText", false, text)
                .unwrap_or(false)
        });
    if !typed {
        let _ = area.set_range_text_with_start_and_end(text, from, to);
        let after = from + text.encode_utf16().count() as u32;
        let _ = area.set_selection_range(after, after);
    }
}

/// Puts the caret on a line, in sight, and the focus there.
pub fn reveal_line(area: &HtmlTextAreaElement, line: u32) {
    let text = area.value();
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1) as usize)
        .map(|l| l.encode_utf16().count())
        .sum();
    let _ = area.focus();
    let _ = area.set_selection_range(before as u32, before as u32);
    let lines = text.lines().count().max(1) as i32;
    area.set_scroll_top(area.scroll_height() * (line as i32 - 4).max(0) / lines);
}

/// How many UTF-16 units stand before a byte: the browser counts those.
pub fn units_before(text: &str, byte: usize) -> u32 {
    let end = (0..=byte.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0))
        .map_or(0, |part| part.encode_utf16().count() as u32)
}

/// The byte at which so many UTF-16 units have passed.
pub fn byte_at(text: &str, units: u32) -> usize {
    let mut passed = 0;
    for (at, c) in text.char_indices() {
        if passed >= units {
            return at;
        }
        passed += c.len_utf16() as u32;
    }
    text.len()
}
