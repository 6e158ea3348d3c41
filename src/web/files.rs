//! Files of the reader's machine: read when they are dropped or chosen, written as downloads. They go nowhere else.

use gloo::utils::{document, window};
use js_sys::Array;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, FileList, FileReader, HtmlElement, Url};

/// The largest file that is read, as for files that are applied.
const LARGEST: f64 = 67_108_864.0;

/// Reads files as text, then tells of them all: name and text. What is too large or no text is left out.
pub fn read_files(list: Option<FileList>, done: impl FnOnce(Vec<(String, String)>) + 'static) {
    let files: Vec<web_sys::File> = list
        .map(|list| (0..list.length()).filter_map(|i| list.get(i)).collect())
        .unwrap_or_default();
    let files: Vec<web_sys::File> = files
        .into_iter()
        .filter(|file| file.size() <= LARGEST)
        .collect();
    if files.is_empty() {
        return;
    }
    let waiting = Rc::new(RefCell::new((
        vec![None; files.len()],
        files.len(),
        Some(done),
    )));
    for (index, file) in files.iter().enumerate() {
        let Ok(reader) = FileReader::new() else {
            return;
        };
        let (waiting, result, name) = (waiting.clone(), reader.clone(), file.name());
        let loaded = Closure::once_into_js(move || {
            let mut state = waiting.borrow_mut();
            let text = result.result().ok().and_then(|value| value.as_string());
            if let (Some(place), Some(text)) = (
                state.0.get_mut(index),
                text.filter(|text| !text.contains('\0')),
            ) {
                *place = Some((name, text));
            }
            state.1 -= 1;
            if state.1 == 0 {
                let (files, done) = (std::mem::take(&mut state.0), state.2.take());
                drop(state);
                if let Some(done) = done {
                    done(files.into_iter().flatten().collect());
                }
            }
        });
        reader.set_onloadend(Some(loaded.unchecked_ref()));
        let _ = reader.read_as_text(file);
    }
}

/// Offers a text as a download.
pub fn download(name: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type("text/yaml");
    let parts = Array::of1(&JsValue::from_str(text));
    let Ok(blob) = Blob::new_with_str_sequence_and_options(&parts, &options) else {
        return;
    };
    let (Ok(url), Ok(link)) = (
        Url::create_object_url_with_blob(&blob),
        document().create_element("a"),
    ) else {
        return;
    };
    let _ = link.set_attribute("href", &url);
    let _ = link.set_attribute("download", name);
    if let Some(link) = link.dyn_ref::<HtmlElement>() {
        link.click();
    }
    let _ = Url::revoke_object_url(&url);
}

/// Copies a text; `done` is told whether the browser allowed it.
pub fn copy(text: &str, done: impl FnOnce(bool) + 'static) {
    let done = Rc::new(RefCell::new(Some(done)));
    let tell = |worked: bool| {
        let done = done.clone();
        Closure::once(move |_: JsValue| {
            if let Some(done) = done.borrow_mut().take() {
                done(worked);
            }
        })
    };
    let (yes, no) = (tell(true), tell(false));
    let clipboard = js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("clipboard"));
    match clipboard
        .ok()
        .and_then(|c| c.dyn_into::<web_sys::Clipboard>().ok())
    {
        Some(clipboard) => {
            let _ = clipboard.write_text(text).then2(&yes, &no);
            yes.forget();
            no.forget();
        }
        // A page that is not served safely has no clipboard.
        None => {
            if let Some(done) = done.borrow_mut().take() {
                done(false);
            }
        }
    }
}
