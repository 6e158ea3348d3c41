//! Each promise of the page has a test that shows it: `tests/features.txt` lists them.

use std::fs;
use std::path::Path;

/// The rows of the feature table that the page itself owes its readers.
const ROWS: &[u32] = &[
    1, 2, 3, 7, 8, 11, 12, 13, 27, 28, 29, 30, 31, 32, 34, 44, 45, 46, 47, 48, 49, 51, 54, 55, 56,
    57, 58, 60, 62, 64, 65, 67, 68, 69, 71, 72, 73, 74, 75, 76, 77, 78,
];

fn text(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

#[test]
fn each_row_of_the_feature_table_has_a_test() {
    let list = text("tests/features.txt");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let mut rows = Vec::new();
    let mut faults = Vec::new();
    for line in lines {
        let [row, file, title] = line.split('\t').collect::<Vec<_>>()[..] else {
            faults.push(format!("no row, file and title: {line}"));
            continue;
        };
        rows.extend(row.parse::<u32>());
        let opens = ["test(\"", "test(`"].map(|open| format!("{open}{title}"));
        let code = text(file);
        // A title tells the row, and is that of a test which runs.
        if !title.starts_with("row") || !opens.iter().any(|open| code.contains(open)) {
            faults.push(format!("{file} has no test {title:?}"));
        }
    }
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(rows, ROWS, "the rows, in order");
}
