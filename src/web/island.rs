//! The editor island, typed: `www/island/editor.mjs` shows what it is told and says what its reader does.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

#[wasm_bindgen]
unsafe extern "C" {
    #[wasm_bindgen(extends = Object)]
    type JsEditor;
    #[wasm_bindgen(method, catch)]
    fn show(this: &JsEditor, tab: u32, text: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn problems(this: &JsEditor, rows: &Array) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn marks(this: &JsEditor, rows: &Array) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn reveal(this: &JsEditor, line: u32, focus: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn take(this: &JsEditor, start: u32, end: u32, focus: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn dispose(this: &JsEditor) -> Result<(), JsValue>;
}

/// What the island calls; positions are UTF-16 units.
pub struct EditorCalls {
    /// The text has changed.
    pub change: Box<dyn Fn(String)>,
    /// The keys for applying were pressed.
    pub apply: Box<dyn Fn()>,
    /// The cursor is on another line.
    pub line: Box<dyn Fn(u32)>,
    /// What could stand at a position: rows of start, label, detail, note, text, kind.
    pub complete: Box<dyn Fn(u32) -> JsValue>,
    /// What stands at a position: start, end, title, type, text.
    pub hover: Box<dyn Fn(u32) -> JsValue>,
    /// The fix of a problem is wanted.
    pub fix: Box<dyn Fn(u32)>,
}

/// A mounted editor; it is taken down when it is dropped.
pub struct EditorIsland {
    editor: JsEditor,
    _calls: Calls,
}

struct Calls {
    _change: Closure<dyn Fn(String)>,
    _apply: Closure<dyn Fn()>,
    _line: Closure<dyn Fn(u32)>,
    _complete: Closure<dyn Fn(u32) -> JsValue>,
    _hover: Closure<dyn Fn(u32) -> JsValue>,
    _fix: Closure<dyn Fn(u32)>,
}

/// A row for the island.
pub fn row(cells: &[JsValue]) -> JsValue {
    cells.iter().collect::<Array>().into()
}

impl EditorIsland {
    /// Mounts the island in `host`, with the texts that it shows; `None` if it throws.
    pub fn mount(
        mount: &Function,
        host: &Element,
        texts: [(&str, &str); 3],
        calls: EditorCalls,
    ) -> Option<Self> {
        let object = Object::new();
        let put = |name: &str, value: &JsValue| {
            let _ = Reflect::set(&object, &JsValue::from_str(name), value);
        };
        let calls = Calls {
            _change: Closure::wrap(calls.change),
            _apply: Closure::wrap(calls.apply),
            _line: Closure::wrap(calls.line),
            _complete: Closure::wrap(calls.complete),
            _hover: Closure::wrap(calls.hover),
            _fix: Closure::wrap(calls.fix),
        };
        put("change", calls._change.as_ref());
        put("apply", calls._apply.as_ref());
        put("line", calls._line.as_ref());
        put("complete", calls._complete.as_ref());
        put("hover", calls._hover.as_ref());
        put("fix", calls._fix.as_ref());
        for (name, text) in texts {
            put(name, &JsValue::from_str(text));
        }
        let editor = mount.call2(&JsValue::UNDEFINED, host, &object).ok()?;
        Some(Self {
            editor: editor.unchecked_into(),
            _calls: calls,
        })
    }

    /// Shows a tab's text, keeping the tab's own history of changes.
    pub fn show(&self, tab: u32, text: &str) {
        let _ = self.editor.show(tab, text);
    }

    /// Shows what is wrong: rows of from, to, severity, message, suggestion, title of the fix, diagnosis.
    pub fn problems(&self, rows: &Array) {
        let _ = self.editor.problems(rows);
    }

    /// Marks lines: rows of name, first line, last line.
    pub fn marks(&self, rows: &Array) {
        let _ = self.editor.marks(rows);
    }

    /// Puts the cursor on a line, in sight.
    pub fn reveal(&self, line: u32, focus: bool) {
        let _ = self.editor.reveal(line, focus);
    }

    /// Takes over the selection, and the focus, of the text area.
    pub fn take(&self, start: u32, end: u32, focus: bool) {
        let _ = self.editor.take(start, end, focus);
    }
}

impl Drop for EditorIsland {
    fn drop(&mut self) {
        let _ = self.editor.dispose();
    }
}
