//! Commands that write a text in another way: `base64`, `sha256sum`, `rev`, `tac`, `nl`.

use super::context::{Context, Stream};
use super::files_commands::inputs;
use super::filters::{complain, lines};
use super::interpreter::Shell;
use super::options;
use super::surroundings::Dialect;
use sha2::{Digest, Sha256};

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as base64.
fn encoded(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4usize {
            let letter = LETTERS.get((bits >> (18 - 6 * i)) as usize & 63);
            let there = i <= chunk.len();
            out.push(
                letter
                    .filter(|_| there)
                    .map_or('=', |letter| char::from(*letter)),
            );
        }
    }
    out
}

/// What base64 stands for, and whether all of it was base64.
fn decoded(text: &str) -> (Vec<u8>, bool) {
    let (mut out, mut bits, mut held) = (Vec::new(), 0u32, 0);
    let letters = text.bytes().filter(|b| !b.is_ascii_whitespace());
    let mut count = 0usize;
    for byte in letters {
        count += 1;
        if byte == b'=' {
            continue;
        }
        let Some(value) = LETTERS.iter().position(|letter| *letter == byte) else {
            return (out, false);
        };
        bits = bits << 6 | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    (out, count.is_multiple_of(4))
}

/// `base64 [-d] [-w COLUMNS] [FILE]`.
pub(super) fn base64(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let (text, status) = lines(shell, context, "base64", &given.files());
    if status > 0 {
        return status;
    }
    if given.has('d') || given.has('D') {
        let (bytes, whole) = decoded(&text);
        context
            .out
            .write(Stream::Out, &String::from_utf8_lossy(&bytes));
        if whole {
            return 0;
        }
        let ash = shell.around().dialect == Dialect::Ash;
        return complain(
            context,
            if ash {
                "base64: truncated input"
            } else {
                "base64: invalid input"
            },
        );
    }
    let width = given.value('w').map_or(Ok(76), str::parse::<usize>);
    let Ok(width) = width else {
        let text = given.value('w').unwrap_or_default();
        return complain(context, &format!("base64: invalid number '{text}'"));
    };
    let out = encoded(text.as_bytes());
    if width == 0 {
        context.out.write(Stream::Out, &out);
        return 0;
    }
    let mut rest = out.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(width.min(rest.len()));
        context.out.line(line);
        rest = after;
    }
    0
}

/// `sha256sum [FILE…]`.
pub(super) fn sha256sum(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let mut status = 0;
    let texts = inputs(shell, context, "sha256sum", &given.files(), &mut status);
    for (file, text) in texts.unwrap_or_default() {
        let mut shown = String::new();
        for byte in Sha256::digest(text.as_bytes()) {
            shown.push_str(&format!("{byte:02x}"));
        }
        let file = if file.is_empty() { "-" } else { &file };
        context.out.line(&format!("{shown}  {file}"));
    }
    status
}

/// `rev`, `tac` and `nl`.
pub(super) fn turned(shell: &mut Shell, context: &mut Context<'_>, argv: &[String]) -> i32 {
    let given = match options::read(shell, context, argv) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let name = argv
        .first()
        .map_or("", |word| word.rsplit('/').next().unwrap_or_default());
    let (text, status) = lines(shell, context, name, &given.files());
    let mut all: Vec<&str> = text.lines().collect();
    if name == "tac" {
        all.reverse();
    }
    let mut number = 0;
    for line in all {
        let shown = match name {
            "rev" => line.chars().rev().collect(),
            "nl" if !line.is_empty() || given.value('b') == Some("a") => {
                number += 1;
                format!("{number:6}\t{line}")
            }
            "nl" => "       ".to_owned(),
            _ => line.to_owned(),
        };
        context.out.line(&shown);
    }
    status
}
