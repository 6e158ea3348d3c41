//! Transcripts: what is typed, and what the terminal shows.
//!
//! A file of tests/scenarios holds many cases. `--- unique-name` begins one; then come lines that stage it
//! (`example: ID`, `seed: N`, `file: PATH` with its text in lines that begin with `| `, `unnamed:` likewise, `# remark`);
//! then `$ ` lines that are typed, each with what it prints. `$| ` lines that follow each other are pasted at once.
//! `^C`, `^D` and `^]` alone on a typed line are keys; `^C after 2 s` interrupts the last line in the middle of its wait. A printed line is marked `! ` if it went to standard error and
//! `~ ` if it is a remark of Portside's own; `[N]` tells a status that is not 0, and `␍` a carriage return.
//! `UPDATE=1` rewrites the files with what is printed today.

use portside::cluster::{Cluster, Place, Settings};
use portside::kernel::Span;
use portside::lesson::examples;
use portside::shell::{Files, HOME, Output, Session, Stream, World, pace};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// One case as it stands in its file.
struct Case {
    name: String,
    stage: Vec<String>,
    /// What is typed, with its lines in the file.
    typed: Vec<(String, Vec<String>)>,
    expected: String,
}

fn parse(text: &str) -> (String, Vec<Case>) {
    let mut head = String::new();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("--- ") {
            cases.push(Case {
                name: name.to_owned(),
                stage: Vec::new(),
                typed: Vec::new(),
                expected: String::new(),
            });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            writeln!(head, "{line}").unwrap();
            continue;
        };
        let pasted = line
            .strip_prefix("$| ")
            .or_else(|| (line == "$|").then_some(""));
        if let Some(rest) = pasted {
            match case.typed.last_mut() {
                Some((text, lines))
                    if case.expected.is_empty() && lines.iter().all(|l| l.starts_with("$|")) =>
                {
                    text.push('\n');
                    text.push_str(rest);
                    lines.push(line.to_owned());
                }
                _ => case.typed.push((rest.to_owned(), vec![line.to_owned()])),
            }
            case.expected.clear();
        } else if let Some(rest) = line
            .strip_prefix("$ ")
            .or_else(|| (line == "$").then_some(""))
        {
            let text = match rest {
                "^C" => "\u{3}",
                "^D" => "\u{4}",
                "^]" => "\u{1d}",
                _ => rest,
            };
            case.typed.push((text.to_owned(), vec![line.to_owned()]));
            case.expected.clear();
        } else if case.typed.is_empty() {
            if !line.is_empty() {
                case.stage.push(line.to_owned());
            }
        } else {
            case.expected.push_str(line);
        }
    }
    (head, cases)
}

fn stage(lines: &[String]) -> World {
    let mut seed = Settings::default().seed;
    let mut files = Files::default();
    let mut world = None;
    let mut open: Option<(Option<String>, String)> = None;
    let close = |files: &mut Files, open: &mut Option<(Option<String>, String)>| match open.take() {
        Some((Some(path), text)) => files.put(HOME, &path, &text),
        Some((None, text)) => drop(files.open_unnamed(&text)),
        None => {}
    };
    for line in lines {
        if let Some(rest) = line
            .strip_prefix("| ")
            .or_else(|| (line == "|").then_some(""))
        {
            let (_, text) = open.as_mut().expect("a file is open");
            writeln!(text, "{rest}").unwrap();
            continue;
        }
        close(&mut files, &mut open);
        match line.split_once(':').expect("a staging line has a colon") {
            ("seed", value) => seed = value.trim().parse().expect("a seed"),
            ("file", path) => open = Some((Some(path.trim().to_owned()), String::new())),
            ("unnamed", _) => open = Some((None, String::new())),
            ("example", id) => {
                world = examples()
                    .iter()
                    .find(|e| e.id == id.trim())
                    .map(|e| e.world());
            }
            (remark, _) if remark.starts_with('#') => {}
            (other, _) => panic!("{other} stages nothing"),
        }
    }
    close(&mut files, &mut open);
    world.unwrap_or_else(|| World {
        cluster: Cluster::new(&Settings {
            seed,
            ..Settings::default()
        }),
        files,
    })
}

fn shown(output: &Output, status: i32) -> String {
    let mut text = String::new();
    for (stream, piece) in &output.pieces {
        let mark = match stream {
            Stream::Out | Stream::Raw => "",
            Stream::Err => "! ",
            Stream::Note => "~ ",
        };
        for line in piece.replace('\r', "␍").lines() {
            let escape = if line.starts_with("$ ") || line.starts_with("--- ") {
                "\\"
            } else {
                ""
            };
            writeln!(text, "{mark}{escape}{line}").unwrap();
        }
    }
    if status != 0 {
        writeln!(text, "[{status}]").unwrap();
    }
    text
}

fn play(case: &Case) -> String {
    let mut world = stage(&case.stage);
    let mut session = Session::new(&world, Place::Laptop);
    session.keep_before();
    let mut text = format!("--- {}\n", case.name);
    for line in &case.stage {
        writeln!(text, "{line}").unwrap();
    }
    for (i, (typed, lines)) in case.typed.iter().enumerate() {
        if let Some(waited) = interrupts(typed) {
            let block = session.interrupt_after(&mut world, waited);
            writeln!(text, "{}", lines.join("\n")).unwrap();
            let output = block.map_or_else(|| session.interrupt(&mut world), |block| block.output);
            text.push_str(&shown(&output, session.status()));
            continue;
        }
        if i > 0 {
            pace(&mut world);
        }
        for line in lines {
            writeln!(text, "{line}").unwrap();
        }
        let output = session.type_line(&mut world, typed);
        text.push_str(&shown(&output, session.status()));
    }
    text
}

/// `^C after 2.5 s`: the last line is interrupted so long after its begin.
fn interrupts(typed: &str) -> Option<Span> {
    let seconds = typed.strip_prefix("^C after ")?.strip_suffix(" s")?;
    let seconds: f64 = seconds.parse().expect("a number of seconds");
    Some(Span::millis((seconds * 1_000.0) as u64))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

#[test]
fn scenarios_print_what_they_printed() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .expect("the folder is there")
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    let mut names: Vec<String> = Vec::new();
    let mut faults = String::new();
    for path in paths
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "txt"))
    {
        let before = fs::read_to_string(path).unwrap();
        let (head, cases) = parse(&before);
        let mut after = head;
        for case in &cases {
            assert!(
                !names.contains(&case.name),
                "two cases are called {}",
                case.name
            );
            names.push(case.name.clone());
            after.push_str(&play(case));
            after.push('\n');
        }
        let after = format!("{}\n", after.trim_end());
        if update {
            fs::write(path, &after).unwrap();
        } else if before != after {
            let differs = before
                .lines()
                .zip(after.lines())
                .enumerate()
                .find(|(_, (a, b))| a != b);
            let (at, (old, new)) = differs.unwrap_or((
                before.lines().count().min(after.lines().count()),
                ("end", "end"),
            ));
            writeln!(
                faults,
                "{}:{}:\n  expected {old:?}\n  came     {new:?}",
                path.display(),
                at + 1
            )
            .unwrap();
        }
    }
    assert!(faults.is_empty(), "{faults}(UPDATE=1 rewrites the files)");
}

#[test]
fn a_scenario_prints_the_same_each_time() {
    let text = "--- x\n$ kubectl get pods -A\n$ curl -m 1 http://10.96.0.1\n$ date\n";
    let (_, cases) = parse(text);
    assert_eq!(play(&cases[0]), play(&cases[0]));
}
