//! The machine that the command runs on when Node runs it: `integrations/npm/portside.mjs` gives the functions.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(js_namespace = portsideMachine)]
extern "C" {
    /// The words of the command line, NULs between.
    #[wasm_bindgen(js_name = argumentsOf)]
    fn words() -> String;
    #[wasm_bindgen(js_name = leave)]
    fn leave_with(status: i32);
    #[wasm_bindgen(js_name = write)]
    fn write_to(stream: i32, text: &str);
    #[wasm_bindgen(js_name = isTerminal)]
    fn terminal() -> bool;
    #[wasm_bindgen(js_name = input, catch)]
    fn input_text() -> Result<String, JsValue>;
    #[wasm_bindgen(js_name = line, catch)]
    fn input_line() -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(js_name = size, catch)]
    fn size_of(path: &str) -> Result<f64, JsValue>;
    #[wasm_bindgen(js_name = readFile, catch)]
    fn read_file(path: &str) -> Result<Vec<u8>, JsValue>;
    #[wasm_bindgen(js_name = writeFile, catch)]
    fn write_file(path: &str, text: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(js_name = isFolder)]
    fn is_folder(path: &str) -> bool;
    #[wasm_bindgen(js_name = isLink)]
    fn is_symlink(path: &str) -> bool;
    /// The names in a folder, NULs between.
    #[wasm_bindgen(js_name = names, catch)]
    fn names(path: &str) -> Result<String, JsValue>;
}

pub(super) fn arguments() -> Vec<String> {
    std::panic::set_hook(Box::new(|info| complain(&format!("portside: {info}\n"))));
    parts(&words())
}

pub(super) fn leave(status: i32) -> ExitCode {
    leave_with(status & 0xff);
    ExitCode::SUCCESS
}

pub(super) fn print(text: &str) {
    write_to(1, text);
}

pub(super) fn complain(text: &str) {
    write_to(2, text);
}

pub(super) fn is_terminal() -> bool {
    terminal()
}

pub(super) fn input(most: u64) -> Result<String, String> {
    let text = input_text().map_err(told)?;
    if text.len() as u64 > most {
        return Err(format!("larger than {} MiB", most >> 20));
    }
    Ok(text)
}

pub(super) fn line() -> Result<Option<String>, String> {
    input_line().map_err(told)
}

pub(super) fn size(path: &Path) -> Result<u64, String> {
    size_of(&path.to_string_lossy())
        .map(|size| size as u64)
        .map_err(told)
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    read_file(&path.to_string_lossy()).map_err(told)
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    write_file(&path.to_string_lossy(), text).map_err(told)
}

pub(super) fn is_dir(path: &Path) -> bool {
    is_folder(&path.to_string_lossy())
}

pub(super) fn is_link(path: &Path) -> bool {
    is_symlink(&path.to_string_lossy())
}

pub(super) fn entries(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let names = names(&dir.to_string_lossy()).map_err(told)?;
    Ok(parts(&names).iter().map(|name| dir.join(name)).collect())
}

fn parts(text: &str) -> Vec<String> {
    let parts = text.split('\0').filter(|_| !text.is_empty());
    parts.map(str::to_owned).collect()
}

fn told(error: JsValue) -> String {
    error.as_string().unwrap_or_else(|| format!("{error:?}"))
}
