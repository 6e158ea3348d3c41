//! Files of the reader's machine: read when they are dropped or chosen, written as downloads. They go nowhere else.

use crate::manifest::refuse_file;
use gloo::utils::{document, window};
use js_sys::Array;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, FileList, FileReader, HtmlElement, Url};

/// The files that were read, name and text, and why the others were not.
pub type FilesRead = (Vec<(String, String)>, Vec<String>);

/// Reads files as text, then tells of them all at once.
pub fn read_files(list: Option<&FileList>, done: impl FnOnce(FilesRead) + 'static) {
    let (mut files, mut refused) = (Vec::new(), Vec::new());
    let count = list.map_or(0, FileList::length);
    let all = (0..count).filter_map(|i| list?.get(i));
    for file in all {
        // What is too large is not even read.
        match refuse_file(&file.name(), file.size() as u64, Some("")) {
            Some(why) => refused.push(why),
            None => files.push(file),
        }
    }
    if files.is_empty() {
        if !refused.is_empty() {
            done((Vec::new(), refused));
        }
        return;
    }
    let waiting = Rc::new(RefCell::new((
        vec![None; files.len()],
        files.len(),
        Some(done),
        refused,
    )));
    for (index, file) in files.iter().enumerate() {
        let Ok(reader) = FileReader::new() else {
            return;
        };
        let (waiting, result, name) = (waiting.clone(), reader.clone(), file.name());
        let loaded = Closure::once_into_js(move || {
            let mut state = waiting.borrow_mut();
            let text = result.result().ok().and_then(|value| value.as_string());
            match (refuse_file(&name, 0, text.as_deref()), text) {
                (None, Some(text)) => {
                    if let Some(place) = state.0.get_mut(index) {
                        *place = Some((name, text));
                    }
                }
                (why, _) => state.3.extend(why),
            }
            state.1 -= 1;
            if state.1 == 0 {
                let (files, refused) = (std::mem::take(&mut state.0), std::mem::take(&mut state.3));
                let done = state.2.take();
                drop(state);
                if let Some(done) = done {
                    done((files.into_iter().flatten().collect(), refused));
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
