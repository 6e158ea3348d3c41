//! A dump of a real cluster, restored: nothing is said against it, nothing changes, and its Services answer as they did.

use crate::cases;
use portside::cluster::{Cluster, Place, Settings};
use portside::kernel::{Seq, Span};
use portside::manifest::{Document, Limits, Strictness, read};
use portside::shell::{Files, Session, World};
use std::fs;

fn dump() -> String {
    let file = cases::folder().join("kubectl/cluster.yaml");
    fs::read_to_string(file).expect("the dump is there")
}

fn restored() -> (World, Vec<String>) {
    let read = read(&dump(), &Limits::FILE);
    let documents = read.documents.iter().map(Document::value).collect();
    let restored = Cluster::from_dump(&Settings::default(), documents).expect("a dump");
    let world = World {
        cluster: restored.cluster,
        files: Files::default(),
    };
    (world, restored.notes)
}

#[test]
fn a_dump_is_restored_without_a_diagnostic() {
    let read = read(&dump(), &Limits::FILE);
    assert!(read.error.is_none() && read.warnings.is_empty());
    for document in &read.documents {
        let decoded = document.decode(Strictness::Strict);
        assert!(decoded.object.is_some(), "{:?}", decoded.refusal);
        assert_eq!(decoded.diagnostics, Vec::new());
    }
    let (world, notes) = restored();
    let wanted = "The cluster takes over what the dump shows: Services in 10.96.0.0/16, Pods in 10.244.0.0/16.";
    assert_eq!(notes, [wanted]);
    assert_eq!(world.cluster.opaque(), []);
}

#[test]
fn nothing_changes_in_a_restored_cluster() {
    let (mut world, _) = restored();
    let before = world.cluster.end();
    world.cluster.advance(Span::secs(600));
    let changes: Vec<String> = world
        .cluster
        .events_since(before.max(Seq(0)))
        .map(|event| event.to_json())
        .collect();
    assert_eq!(changes, Vec::<String>::new());
}

#[test]
fn its_services_answer_as_they_did() {
    let (mut world, _) = restored();
    let mut session = Session::new(&world, Place::Laptop);
    let mut typed = |line: &str| {
        let output = session.type_line(&mut world, line);
        output
            .pieces
            .iter()
            .map(|(_, text)| text.as_str())
            .collect::<String>()
    };
    typed("kubectl run -n shop probe --image=busybox --rm -it --restart=Never");
    let rows = [
        ("wget -qO- http://web", "Welcome to nginx!"),
        ("wget -qO- http://10.96.249.217", "Welcome to nginx!"),
        // Its selector matches no Pod.
        (
            "telnet redis 6379",
            "telnet: can't connect to remote host (10.96.61.13): Connection refused",
        ),
        // Nothing listens on its target port.
        (
            "telnet lb 443",
            "telnet: can't connect to remote host (10.96.152.179): Connection refused",
        ),
        ("nslookup db.shop.svc.cluster.local", "10.244.2.5"),
        ("nslookup ext.shop.svc.cluster.local", "db.example.com"),
    ];
    for (line, wanted) in rows {
        let came = typed(line);
        assert!(came.contains(wanted), "{line}: {came}");
    }
}
