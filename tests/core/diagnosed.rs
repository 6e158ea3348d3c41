//! Every template and manifest of the repository, diagnosed before it is applied, in the cluster, and in its dump: what is
//! found stands in tests/scenarios/diagnosed.golden (`UPDATE=1` rewrites it).
//!
//! The files of tests/manifests look like those of well-known projects in what might be mistaken for a mistake.

use super::command::portside;
use portside::cluster::{Cluster, Place, Settings};
use portside::doctor::{Evidence, Finding, Sheet, of_everything, refusals, report};
use portside::kernel::Span;
use portside::manifest::Severity;
use portside::shell::{Files, HOME, Session, World};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn manifests(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            manifests(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            found.push(path);
        }
    }
}

fn all() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in [
        "src/lesson/examples",
        "www/data/templates",
        "tests/manifests",
    ] {
        manifests(&Path::new(ROOT).join(folder), &mut found);
    }
    // The book's page as it is pasted has lost its indentation: the paste is mended first.
    found.retain(|path| !path.ends_with("clusterip/example.yaml"));
    found.sort();
    found
}

fn before(sheets: &[Sheet]) -> Vec<Finding> {
    let mut found = refusals(sheets);
    found.extend(of_everything(&Evidence::of_manifests(sheets, None)));
    found
}

fn applied(text: &str) -> World {
    let mut world = World {
        cluster: Cluster::new(&Settings::default()),
        files: Files::default(),
    };
    world.files.put(HOME, "manifest.yaml", text);
    let mut session = Session::new(&world, Place::Laptop);
    session.type_line(&mut world, "kubectl create namespace monitoring");
    let output = session.type_line(&mut world, "kubectl apply -f manifest.yaml");
    assert_eq!(session.status(), 0, "{output:?}");
    world.cluster.settle(Span::secs(300));
    world
}

fn told(input: &str, found: &[Finding], out: &mut String) {
    for finding in found {
        let (severity, id) = (report::word(finding.severity), finding.row.id);
        writeln!(out, "  {input}: {severity}[{id}] {}", finding.sentence).unwrap();
    }
}

#[test]
fn what_is_found_in_each_manifest_is_what_is_there() {
    let mut out = String::new();
    for path in all() {
        let name = path.strip_prefix(ROOT).unwrap().display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        let sheets = [Sheet {
            file: name.as_str().into(),
            text: text.as_str().into(),
        }];
        let found = before(&sheets);
        let error = found.iter().find(|f| f.severity == Severity::Error);
        let broken = name.contains("/broken-");
        assert!(broken || error.is_none(), "{name}: {error:?}");
        writeln!(out, "{name}").unwrap();
        told("manifests", &found, &mut out);
        let world = applied(&text);
        let live = of_everything(&Evidence::of_cluster(&world.cluster, &sheets));
        assert!(!broken || !live.is_empty(), "{name}: nothing is found");
        told("cluster", &live, &mut out);
        let dump = super::doctor::dumped(&world);
        told(
            "dump",
            &of_everything(&Evidence::of_cluster(&dump, &[])),
            &mut out,
        );
    }
    let golden = Path::new(ROOT).join("tests/scenarios/diagnosed.golden");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&golden, &out).unwrap();
    }
    let written = fs::read_to_string(golden).unwrap_or_default();
    assert_eq!(written, out, "UPDATE=1 rewrites it");
}

#[test]
fn the_manifests_that_look_like_real_ones_together_raise_no_error() {
    let folder = Path::new(ROOT).join("tests/manifests");
    let name = folder.to_str().unwrap();
    let (status, out, err) = portside(&["diagnose", "-f", name, "--fail-on", "error"], "");
    assert_eq!(status, 0, "{out}{err}");
}
