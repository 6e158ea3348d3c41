//! What Tab offers: tests/scenarios/completion.txt has a place, a line and the candidates; `UPDATE=1` rewrites it.

use portside::cluster::Place;
use portside::lesson::examples;
use portside::shell::{Session, pace};
use std::fmt::Write;
use std::{env, fs};

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/scenarios/completion.txt"
);

#[test]
fn tab_offers_what_could_stand_there() {
    let mut world = examples()[0].world();
    let mut laptop = Session::new(&world, Place::Laptop);
    for line in [
        "kubectl create deployment web --image=nginx",
        "kubectl expose deployment web --port=80",
        "kubectl create namespace demo",
        "kubectl create deployment shop --image=nginx -n demo",
        "kubectl expose deployment shop --port=80 -n demo",
        "kubectl run client --image=busybox -- sleep infinity",
        "alias k=kubectl",
    ] {
        laptop.type_line(&mut world, line);
        assert_eq!(laptop.status(), 0, "{line}");
        pace(&mut world);
    }
    let client = Session::new(&world, Place::pod("default", "client", "client"));
    let node = Session::new(&world, Place::Node("node-1".into()));
    let text = fs::read_to_string(FILE).expect("the table is there");
    let mut today = String::new();
    for line in text.lines() {
        let typed = line
            .split_once("> ")
            .filter(|(place, _)| matches!(*place, "laptop" | "client" | "node"));
        let Some((place, typed)) = typed else {
            if line.starts_with('#') || line.is_empty() {
                writeln!(today, "{line}").unwrap();
            }
            continue;
        };
        let session = match place {
            "laptop" => &laptop,
            "client" => &client,
            _ => &node,
        };
        let cursor = typed.rfind('|').unwrap_or(typed.len());
        let whole = typed.get(..cursor).unwrap_or_default();
        let found = session.complete(&world, whole, cursor);
        writeln!(today, "{line}").unwrap();
        for candidate in found {
            writeln!(today, "  {}␠", candidate.text.trim_end()).unwrap();
            let ended = candidate.text.ends_with(' ');
            if !ended {
                today.truncate(today.len() - "␠\n".len());
                today.push('\n');
            }
        }
    }
    if env::var_os("UPDATE").is_some() {
        fs::write(FILE, &today).unwrap();
    } else {
        assert_eq!(today, text, "completion.txt; UPDATE=1 rewrites it");
    }
}
