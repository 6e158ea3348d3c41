//! `cases_kubectl`: what kubectl printed in a real cluster whose dump is restored here; `cases_manifests`: the verdict on
//! real manifests.

use crate::cases::{self, Verdict, text, unix};
use portside::cluster::{Cluster, Place, Settings};
use portside::kernel::SimTime;
use portside::lesson::examples;
use portside::manifest::{Limits, read};
use portside::shell::{Files, Session, Stream, World};
use serde_json::Value;
use std::path::PathBuf;
use std::{env, fs};

/// A minute after the last time that a dump tells.
fn moment(cluster: &Cluster, dump: &str) -> SimTime {
    let times = dump.split(['"', ' ', '\n']).filter_map(unix);
    let last = times.max().unwrap_or(0);
    let started = cluster.sim().unix(SimTime(0));
    SimTime(u64::try_from(last + 60 - started).unwrap_or(0) * 1_000_000)
}

/// A world with the cluster of a dump.
pub(crate) fn restored(dump: &str) -> World {
    let mut cluster = Cluster::empty(&Settings::default());
    cluster.run_until(moment(&cluster, dump), usize::MAX);
    for document in read(dump, &Limits::FILE).documents {
        if let Some(object) = portside::api::Object::from_value(document.value()) {
            cluster.restore(object);
        }
    }
    World {
        cluster,
        files: Files::default(),
    }
}

/// A word as a shell must be given it.
fn quoted(word: &str) -> String {
    let plain = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_./=:,".contains(c));
    if plain && !word.is_empty() {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Types a command on the laptop; gives what it printed and its status.
pub(crate) fn typed(world: &mut World, line: &str) -> (String, String, i32) {
    let mut session = Session::new(world, Place::Laptop);
    let out = session.type_line(world, line);
    (
        out.text(Stream::Out),
        out.text(Stream::Err),
        session.status(),
    )
}

/// A word without a duration at its end, if it is one: `85s`, `4m54s`, `(40s`.
fn is_age(word: &str) -> bool {
    let body = word.trim_start_matches('(');
    let mut digits = false;
    let mut units = 0;
    for c in body.chars() {
        match c {
            '0'..='9' => digits = true,
            's' | 'm' | 'h' | 'd' | 'y' if digits => {
                digits = false;
                units += 1;
            }
            _ => return false,
        }
    }
    units > 0 && !digits
}

/// Ages depend on the moment and are masked; as they set the width of their column, two blanks inside a line count as
/// much as more. The indentation is kept.
pub(crate) fn masked(text: &str) -> String {
    let line = |line: &str| {
        let body = line.trim_start_matches(' ');
        let mut out = " ".repeat(line.len() - body.len());
        let mut blanks = 0;
        for word in body.split(' ') {
            if word.is_empty() {
                blanks += 1;
                continue;
            }
            if blanks > 0 {
                out.push_str(if blanks > 1 { "  " } else { " " });
            }
            blanks = 1;
            out.push_str(if is_age(word) { "AGE" } else { word });
        }
        out
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn cases_kubectl() {
    let folder = cases::folder().join("kubectl");
    let dump = fs::read_to_string(folder.join("cluster.yaml")).unwrap_or_default();
    let mut world = restored(&dump);
    let all = cases::load(&folder);
    let results = all.iter().map(|case| {
        let words: Vec<String> = case["argv"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(quoted)
            .collect();
        let (out, err, status) = typed(&mut world, &words.join(" "));
        let pairs = [
            ("stdout", masked(text(case, "stdout")), masked(&out)),
            ("stderr", masked(text(case, "stderr")), masked(&err)),
        ];
        let differs = pairs.iter().find(|(_, wanted, came)| wanted != came);
        let verdict = match differs {
            Some((what, wanted, came)) => {
                Verdict::Fail(format!("{what}: expected\n{wanted}\ncame\n{came}"))
            }
            None if case["exit"].as_i64() != Some(i64::from(status)) => {
                Verdict::Fail(format!("exit: expected {}, came {status}", case["exit"]))
            }
            None => Verdict::Pass,
        };
        (text(case, "id").to_owned(), verdict)
    });
    cases::run("cases_kubectl", results.collect::<Vec<_>>());
}

/// The verdict on one file: exit status, and the first line of a refusal.
fn manifest(folder: &std::path::Path, file: &str, wanted: &Value) -> Verdict {
    let Ok(yaml) = fs::read_to_string(folder.join(file)) else {
        return Verdict::Fail("the file is not there".to_owned());
    };
    let mut world = examples()[0].world();
    world.files.put("/", "/tmp/file.yaml", &yaml);
    let (_, err, status) = typed(&mut world, "kubectl apply -f /tmp/file.yaml");
    let exit = wanted["exit"].as_i64().unwrap_or(0);
    if exit != i64::from(status) {
        return Verdict::Fail(format!("exit: expected {exit}, came {status}: {err}"));
    }
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let line = first(text(wanted, "stderr"));
    let came = first(&err).replace("/tmp/file.yaml", "FILE");
    let agrees = exit == 0 || line == came;
    if agrees {
        Verdict::Pass
    } else {
        Verdict::Fail(format!("expected {line:?}, came {came:?}"))
    }
}

#[test]
fn cases_manifests() {
    let Some(folder) = env::var_os("PORTSIDE_MANIFESTS").map(PathBuf::from) else {
        println!("cases_manifests: 0 passed, 0 failed, 0 skipped");
        return;
    };
    let text = fs::read_to_string(folder.join("verdicts.json")).expect("verdicts.json");
    let verdicts: Value = serde_json::from_str(&text).expect("JSON");
    let entries: Vec<(String, Value)> = verdicts
        .as_array()
        .into_iter()
        .flatten()
        .map(|v| {
            (
                format!("{}/{}", cases::text(v, "set"), cases::text(v, "file")),
                v.clone(),
            )
        })
        .collect();
    let failed: Vec<String> = entries
        .iter()
        .filter_map(|(file, wanted)| match manifest(&folder, file, wanted) {
            Verdict::Fail(why) => Some(format!("{file}: {why}")),
            Verdict::Pass | Verdict::Skip(_) => None,
        })
        .collect();
    failed.iter().for_each(|line| println!("{line}"));
    println!(
        "cases_manifests: {} passed, {} failed, 0 skipped",
        entries.len() - failed.len(),
        failed.len()
    );
    assert!(
        failed.is_empty(),
        "{} manifests have another verdict",
        failed.len()
    );
}
