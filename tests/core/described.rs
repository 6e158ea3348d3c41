//! What `kubectl describe` prints of objects of every kind: tests/scenarios/described.yaml is restored, and each object in
//! it is described in tests/scenarios/described.golden, which was compared with what a real kubectl prints of the same
//! objects. `UPDATE=1` rewrites it.

use portside::cluster::{Cluster, Place, Settings};
use portside::manifest::{Document, Limits, read};
use portside::shell::{Files, Session, Stream, World};
use std::fmt::Write;
use std::{env, fs};

#[test]
fn every_kind_is_described_as_kubectl_describes_it() {
    let dump = fs::read_to_string("tests/scenarios/described.yaml").unwrap();
    let read = read(&dump, &Limits::FILE);
    let values: Vec<_> = read.documents.iter().map(Document::value).collect();
    let mut lines: Vec<String> = Vec::new();
    for value in &values {
        let text = |path: &[&str]| value.at(path).and_then(|v| v.as_str()).unwrap_or_default();
        let namespace = text(&["metadata", "namespace"]);
        let name = text(&["metadata", "name"]);
        let place = if namespace.is_empty() {
            String::new()
        } else {
            format!(" -n {namespace}")
        };
        let kind = text(&["kind"]).to_lowercase();
        lines.push(format!("kubectl describe {kind} {name}{place}"));
    }
    let restored = Cluster::from_dump(&Settings::default(), values).expect("a dump");
    let mut world = World {
        cluster: restored.cluster,
        files: Files::default(),
    };
    let mut session = Session::new(&world, Place::Laptop);
    let mut shown = String::new();
    for line in lines {
        let output = session.type_line(&mut world, &line);
        writeln!(shown, "$ {line}\n{}", output.text(Stream::Out)).unwrap();
    }
    let golden = "tests/scenarios/described.golden";
    if env::var_os("UPDATE").is_some() {
        fs::write(golden, &shown).unwrap();
    }
    let wanted = fs::read_to_string(golden).unwrap();
    for (line, (is, should)) in shown.lines().zip(wanted.lines()).enumerate() {
        assert_eq!(is, should, "line {}", line + 1);
    }
    assert_eq!(shown.lines().count(), wanted.lines().count());
}
