//! Drafts: what the editor held before each step that replaced or applied it, newest first, on the reader's machine.

use crate::web::{Storage, now_ms};

/// How many are kept, and how much text in all.
const MOST: usize = 20;
const MOST_BYTES: usize = 400_000;
/// What stands between drafts, and between a draft's time and its files.
const BETWEEN: char = '\u{1}';
const AFTER_TIME: char = '\u{2}';

/// Files as one text: a NUL, the path, a NUL and the text for each.
pub(in crate::ui) fn pack(work: &[(String, String)]) -> String {
    let mut out = String::new();
    for (path, text) in work {
        ["\0", path, "\0", text]
            .iter()
            .for_each(|part| out.push_str(part));
    }
    out
}

/// The files of such a text.
pub(in crate::ui) fn unpack(text: &str) -> Vec<(String, String)> {
    let parts: Vec<&str> = text.split('\0').skip(1).collect();
    let pair = |pair: &[&str]| Some(((*pair.first()?).to_owned(), (*pair.get(1)?).to_owned()));
    parts.chunks_exact(2).filter_map(pair).collect()
}

/// A draft: when it was kept, in milliseconds since 1970, and its files.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::ui) struct Draft {
    pub(in crate::ui) at: f64,
    pub(in crate::ui) work: Vec<(String, String)>,
}

/// The drafts, newest first.
pub(in crate::ui) fn drafts() -> Vec<Draft> {
    let text = Storage::get("drafts").unwrap_or_default();
    let draft = |part: &str| {
        let (at, work) = part.split_once(AFTER_TIME)?;
        Some(Draft {
            at: at.parse().ok()?,
            work: unpack(work),
        })
    };
    text.split(BETWEEN).filter_map(draft).collect()
}

/// Keeps what the editor holds, unless the newest draft holds just that.
pub(in crate::ui) fn keep_draft(work: &[(String, String)]) {
    let packed = pack(work);
    if work.iter().all(|(_, text)| text.trim().is_empty()) || packed.len() > MOST_BYTES {
        return;
    }
    let kept = Storage::get("drafts").unwrap_or_default();
    let older: Vec<&str> = kept
        .split(BETWEEN)
        .filter(|part| {
            part.split_once(AFTER_TIME)
                .is_some_and(|(_, work)| work != packed)
        })
        .collect();
    let mut text = format!("{}{AFTER_TIME}{packed}", now_ms());
    for part in older.into_iter().take(MOST - 1) {
        if text.len() + part.len() > MOST_BYTES {
            break;
        }
        text.push(BETWEEN);
        text.push_str(part);
    }
    Storage::set("drafts", &text);
}
