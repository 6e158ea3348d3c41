//! What the shells say: `tests/scenarios/shells.answers` has short scripts as learners and authors of books write them, with what
//! `BusyBox` 1.37.0's ash, Debian 12's dash 0.5.12 and bash 5.2.15 answered when they ran them with `-c` in an empty `/tmp`.
//!
//! A block begins with `=== ` and holds a script. Behind each `--- SHELLS STATUS` stand output (`| `) and complaints (`! `). Where
//! Portside answers otherwise, the heading ends with `gap: WHY`; that it still does so is tested too.

use portside::cluster::{Cluster, Place, Settings};
use portside::shell::{Files, Session, Stream, World};

const TABLE: &str = include_str!("../scenarios/shells.answers");

/// An answer: output, complaints, status.
#[derive(Debug, PartialEq)]
struct Answer(String, String, i32);

/// One row: the shells that answer alike, why Portside does not, and the answer.
struct Row<'a>(Vec<&'a str>, Option<&'a str>, Answer);

fn rows(block: &str) -> (String, Vec<Row<'_>>) {
    let mut parts = block.split("\n--- ");
    let script = parts.next().unwrap_or_default().to_owned();
    let row = |part| {
        let (head, body): (&str, &str) = str::split_once(part, '\n').unwrap_or((part, ""));
        let (head, gap) = head
            .split_once(" gap: ")
            .map_or((head, None), |(h, g)| (h, Some(g)));
        let mut words: Vec<&str> = head.split(' ').collect();
        let status = words
            .pop()
            .and_then(|word| word.parse().ok())
            .expect("a status");
        let of = |mark: &str| {
            let lines = body.lines().filter_map(|line| line.strip_prefix(mark));
            lines.map(|line| format!("{line}\n")).collect::<String>()
        };
        // What had no newline at its end has a mark of its own.
        let out = of("| ").replace("\\c\n", "");
        Row(words, gap, Answer(out, of("! "), status))
    };
    (script, parts.map(row).collect())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// What a shell of Portside answers.
fn answer(world: &mut World, session: &mut Session, shell: &str, script: &str) -> Answer {
    let (pod, program) = match shell {
        "ash" => ("box", "sh"),
        "dash" => ("deb", "sh"),
        _ => ("deb", "bash"),
    };
    for command in ["rm -rf /tmp", "mkdir /tmp"] {
        session.type_line(world, &format!("kubectl exec {pod} -- {command}"));
    }
    let line = format!("kubectl exec {pod} -- {program} -c {}", quoted(script));
    let out = session.type_line(world, &line);
    let errors = out.text(Stream::Err);
    let own = errors
        .lines()
        .filter(|line| !line.starts_with("command terminated with exit code"));
    // Here a shell is called by its path, where it was recorded by its name.
    let own = own.map(|line| line.strip_prefix("/bin/").unwrap_or(line).to_owned() + "\n");
    Answer(out.text(Stream::Out), own.collect(), session.status())
}

#[test]
fn scripts_run_as_in_the_real_shells() {
    let mut world = World {
        cluster: Cluster::new(&Settings::default()),
        files: Files::default(),
    };
    world.files.take_texts();
    let mut session = Session::new(&world, Place::Laptop);
    for line in [
        "kubectl run box --image=busybox -- sleep 99999",
        "kubectl run deb --image=debian -- sleep 99999",
        "kubectl wait --for=condition=Ready pod/box pod/deb",
    ] {
        session.type_line(&mut world, line);
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for block in TABLE.split("\n=== ").skip(1) {
        let (script, rows) = rows(block.trim_end_matches('\n'));
        for Row(shells, gap, wanted) in rows {
            for shell in shells {
                count += 1;
                let found = answer(&mut world, &mut session, shell, &script);
                match (found == wanted, gap) {
                    (true, Some(_)) => wrong.push(format!("{shell}: {script}\nis no gap any more")),
                    (false, None) => {
                        wrong.push(format!("{shell}: {script}\n{found:?}\nreal: {wanted:?}"));
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(count > 500, "{count}");
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}
