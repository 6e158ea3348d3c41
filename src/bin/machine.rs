//! The machine that the command runs on: its words, its files and its streams, as the standard library gives them.
//!
//! `node.rs` is the same for the command under Node.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) fn arguments() -> Vec<String> {
    std::env::args_os()
        .skip(1)
        .map(|a| a.to_string_lossy().into_owned())
        .collect()
}

pub(super) fn leave(status: i32) -> ExitCode {
    ExitCode::from((status & 0xff) as u8)
}

pub(super) fn print(text: &str) {
    // Whoever closed the pipe has seen enough.
    let mut out = io::stdout();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.flush();
    }
}

pub(super) fn complain(text: &str) {
    // Nobody can be told if standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Whether somebody types at standard input.
pub(super) fn is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Standard input's whole text, up to so many bytes.
pub(super) fn input(most: u64) -> Result<String, String> {
    let mut text = String::new();
    let read = io::stdin().take(most).read_to_string(&mut text);
    read.map_err(told)?;
    Ok(text)
}

/// Standard input's next line, without its end; none at the end.
pub(super) fn line() -> Result<Option<String>, String> {
    let mut buffer = Vec::new();
    let read = io::stdin().lock().read_until(b'\n', &mut buffer);
    if read.map_err(told)? == 0 {
        return Ok(None);
    }
    let line = String::from_utf8_lossy(&buffer);
    Ok(Some(line.trim_end_matches(['\n', '\r']).to_owned()))
}

pub(super) fn size(path: &Path) -> Result<u64, String> {
    Ok(fs::metadata(path).map_err(told)?.len())
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(told)
}

pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(told)
}

pub(super) fn is_dir(path: &Path) -> bool {
    path.is_dir()
}

pub(super) fn is_link(path: &Path) -> bool {
    path.is_symlink()
}

/// The entries of a folder, in any order.
pub(super) fn entries(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(dir).map_err(told)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    paths.collect::<io::Result<_>>().map_err(told)
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn told(error: io::Error) -> String {
    error.to_string()
}
