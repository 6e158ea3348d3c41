//! What all kinds of cases share: where they lie, which must pass, and how a run is reported.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What became of a case.
pub(crate) enum Verdict {
    /// It passed.
    Pass,
    /// It failed: what was expected and what came.
    Fail(String),
    /// It was not run, for a reason that names a feature or a situation, never the case.
    Skip(&'static str),
}

impl From<Result<(), String>> for Verdict {
    fn from(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self::Pass,
            Err(why) => Self::Fail(why),
        }
    }
}

/// The folder of the cases: `PORTSIDE_CASES`, or the project's own copy.
pub(crate) fn folder() -> PathBuf {
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    env::var_os("PORTSIDE_CASES").map_or_else(own, PathBuf::from)
}

/// All cases of the JSON files directly in a folder, in the files' order.
pub(crate) fn load(folder: &Path) -> Vec<Value> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable file");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        cases.extend(value.as_array().cloned().unwrap_or_default());
    }
    cases
}

/// The text of a field, empty if there is none.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Seconds since 1970 of a time like `2026-11-22T22:47:38Z`, if it is one.
pub(crate) fn unix(time: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| time.get(range)?.parse::<i64>().ok();
    let marks = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")];
    if !marks
        .iter()
        .all(|(at, mark)| time.get(*at..at + 1) == Some(*mark))
    {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let leap = |y: i64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    let years: i64 = (1970..year).map(|y| if leap(y) { 366 } else { 365 }).sum();
    let february = if leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before: i64 = lengths.iter().take(month as usize - 1).sum();
    let days = years + before + day - 1;
    Some(days * 86_400 + number(11..13)? * 3_600 + number(14..16)? * 60 + number(17..19)?)
}

/// Reports a run, and fails if it must: all cases count where `PORTSIDE_CASES` is set, else those of `passing.txt`.
pub(crate) fn run(kind: &str, cases: impl IntoIterator<Item = (String, impl Into<Verdict>)>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("tests/passing.txt")).unwrap_or_default();
    let must: Vec<&str> = list.lines().collect();
    let all = env::var_os("PORTSIDE_CASES").is_some();
    let mut passed: Vec<String> = Vec::new();
    let (mut failed, mut skipped, mut broken) = (0, 0, Vec::new());
    let mut reasons = Vec::new();
    for (id, verdict) in cases {
        match verdict.into() {
            Verdict::Pass => passed.push(id),
            Verdict::Skip(why) => {
                skipped += 1;
                if !reasons.contains(&why) {
                    reasons.push(why);
                }
            }
            Verdict::Fail(why) => {
                failed += 1;
                println!("{id}: {why}");
                if all || must.contains(&id.as_str()) {
                    broken.push(id);
                }
            }
        }
    }
    println!(
        "{kind}: {} passed, {failed} failed, {skipped} skipped",
        passed.len()
    );
    if let Some(file) = env::var_os("PORTSIDE_PASSED") {
        let text: String = passed.iter().map(|id| format!("{id}\n")).collect();
        fs::write(file, text).expect("a writable file");
    }
    assert!(
        broken.is_empty(),
        "{kind}: {} cases fail: {}",
        broken.len(),
        broken.join(", ")
    );
}
