//! The cells of `kubectl get`, kind by kind: tests/scenarios/printed.rows has objects, each followed by the cells that the
//! API server makes of it (`=> ` narrow, `wide=> ` with `-o wide`, in upstream's order, apart by ` | `).

use portside::api::Object;
use portside::kernel::unix;
use portside::manifest::{Limits, read};
use portside::shell::kubectl::printers;
use std::fmt::Write;
use std::fs;

#[test]
fn cells_are_those_of_the_api_server() {
    let text = fs::read_to_string("tests/scenarios/printed.rows").unwrap();
    let now = unix("2026-11-22T22:00:00Z").unwrap();
    let (mut rows, mut wrong) = (0, String::new());
    for block in text.split("\n--- ").skip(1) {
        let (title, rest) = block.split_once('\n').unwrap();
        let yaml: Vec<&str> = rest.lines().filter(|l| !l.contains("=> ")).collect();
        let parsed = read(&yaml.join("\n"), &Limits::PASTED);
        let value = parsed.documents.first().map(|d| d.value());
        let object = value.and_then(Object::from_value).expect(title);
        for line in rest.lines().filter(|l| l.contains("=> ")) {
            let (form, wanted) = line.split_once("=> ").unwrap();
            let wide = form == "wide";
            let cells = printers::cells(&object, wide, now);
            assert_eq!(cells.len(), printers::columns(object.kind, wide).len());
            rows += 1;
            if cells.join(" | ") != wanted {
                writeln!(wrong, "{title}: {line}\n  ours: {}", cells.join(" | ")).unwrap();
            }
        }
    }
    assert!(rows > 40, "{rows} rows");
    assert!(wrong.is_empty(), "{wrong}");
}
