//! The templates of the gallery: each is clean, applies, settles, and does what its own line to try says.

use portside::cluster::{Cluster, Place, Settings};
use portside::kernel::Span;
use portside::manifest::check;
use portside::shell::{Files, HOME, Session, Stream, World};
use std::fs;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("www/data/templates")
}

/// The rows of the index: id, title, summary, a line to try, words of what it prints.
fn rows() -> Vec<[String; 5]> {
    let index = fs::read_to_string(folder().join("index.txt")).unwrap();
    let row = |line: &str| {
        let cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        cells.try_into().expect("five cells")
    };
    index.lines().map(row).collect()
}

#[test]
fn every_template_is_applied_and_does_what_it_says() {
    for [id, title, summary, line, words] in rows() {
        let text = fs::read_to_string(folder().join(format!("{id}.yaml"))).unwrap();
        assert!(
            text.starts_with(&format!("# {title}: {summary}\n# Try: {line}\n")),
            "{id}: its head is not the index's"
        );
        assert_eq!(check(&text), [], "{id}");
        let mut world = World {
            cluster: Cluster::new(&Settings::default()),
            files: Files::default(),
        };
        world.files.put(HOME, "template.yaml", &text);
        let mut session = Session::new(&world, Place::Laptop);
        let applied = session.type_line(&mut world, "kubectl apply -f template.yaml");
        assert_eq!(session.status(), 0, "{id}: {applied:?}");
        world.cluster.settle(Span::secs(120));
        let compared = world.cluster.compare(&text, &|_| true);
        assert!(
            compared
                .iter()
                .all(|c| c.standing == portside::cluster::Standing::Same),
            "{id}: {compared:?}"
        );
        let printed = session.type_line(&mut world, &line).text(Stream::Out);
        assert!(printed.contains(&words), "{id}: {line}\n{printed}");
    }
}

#[test]
fn the_index_names_every_template() {
    let mut files: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    let mut ids: Vec<String> = rows().into_iter().map(|[id, ..]| id).collect();
    files.sort();
    ids.sort();
    assert_eq!(files, ids);
    assert!(ids.len() >= 10);
}
