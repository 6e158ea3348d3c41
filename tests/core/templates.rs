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

/// The offered fixes alone, applied one after another, mend each broken template; static and live findings agree on it.
#[test]
fn every_broken_template_is_mended_by_what_is_offered() {
    use portside::doctor::{Evidence, Sheet, of_everything, report::mend};
    use portside::manifest::Severity;
    let mut seen = 0;
    for [id, _, _, line, _] in rows() {
        if !id.starts_with("broken-") {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(folder().join(format!("{id}.yaml"))).unwrap();
        let mut sheets = vec![Sheet {
            file: "template.yaml".into(),
            text: text.as_str().into(),
        }];
        let before = of_everything(&Evidence::of_manifests(&sheets, None));
        assert!(!before.is_empty(), "{id}: manifests alone show it");
        let mut world = World {
            cluster: Cluster::new(&Settings::default()),
            files: Files::default(),
        };
        let mut session = Session::new(&world, Place::Laptop);
        let mut tries = 0;
        loop {
            world.files.put(HOME, "template.yaml", &sheets[0].text);
            session.type_line(&mut world, "kubectl apply -f template.yaml");
            world.cluster.settle(Span::secs(120));
            let found = of_everything(&Evidence::of_cluster(&world.cluster, &sheets));
            if found.iter().all(|f| f.severity != Severity::Error) {
                break;
            }
            tries += 1;
            let (mended, applied) = mend(&found, &sheets);
            assert!(applied > 0 && tries < 4, "{id}: no way on from {found:?}");
            sheets = mended;
        }
        assert!(tries > 0, "{id} was broken in the cluster");
        let name = line.rsplit('/').next().unwrap();
        let asked = session.type_line(&mut world, &format!("kubectl get endpointslices -l kubernetes.io/service-name={name} -o jsonpath='{{.items[*].endpoints[*].conditions.ready}}'"));
        assert!(
            asked.text(Stream::Out).starts_with("true"),
            "{id}: {asked:?}"
        );
    }
    assert_eq!(seen, 10);
}
