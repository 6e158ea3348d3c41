//! `cases_tools`: recorded runs of the real network tools against what Portside's print.
//!
//! A cluster is staged like the laboratory of the records: Services with its addresses, in the ipvs mode, in which a
//! Service's address answers ping and refuses unlisted ports; a client Pod whose image has the tool.

use crate::cases::{Verdict, folder, load, run, text};
use portside::cluster::{Cluster, Place, Settings};
use portside::kernel::Span;
use portside::manifest::{Limits, Strictness, read};
use portside::shell::{Context, Files, Outcome, Output, Program, Progress, Stream, World, launch};
use portside::store::ProxyMode;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

/// The images that stand for the builds.
const IMAGES: &[(&str, &str)] = &[
    ("docker-1.37-glibc", "busybox"),
    ("alpine-3.20", "alpine"),
    ("bind9", "registry.k8s.io/e2e-test-images/jessie-dnsutils"),
    ("debian-curl", "debian"),
    ("netcat-openbsd", "debian"),
    ("inetutils", "debian"),
    ("iputils", "debian"),
    ("debian-glibc", "debian"),
    ("debian-traceroute", "debian"),
];

/// Situations that cannot be staged, each with its reason. None is named by the id of a case.
const SKIPPED: &[(&str, &str)] = &[];

/// The laboratory as manifests; IMAGE is the client's.
const LAB: &str = "
apiVersion: v1
kind: Service
metadata: {name: redis, namespace: default}
spec: {clusterIP: 10.96.118.99, selector: {app: redis}, ports: [{name: redis, port: 6379}]}
---
apiVersion: v1
kind: Pod
metadata: {name: redis, namespace: default, labels: {app: redis}}
spec: {containers: [{name: redis, image: redis}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.118.80, selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: default, labels: {app: web}}
spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: none, namespace: default}
spec: {clusterIP: 10.96.200.1, ports: [{name: a, port: 80}, {name: b, port: 6379}]}
---
apiVersion: v1
kind: Service
metadata: {name: ext, namespace: default}
spec: {type: ExternalName, externalName: api.example.com}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: default}
spec: {containers: [{name: client, image: IMAGE, command: [sleep, infinity]}]}
";

/// What a run gave.
#[derive(Default)]
struct Ran {
    out: String,
    err: String,
    exit: i64,
    queries: Vec<String>,
}

fn world(image: &str) -> World {
    let mut settings = Settings::default();
    settings.network.proxy_mode = ProxyMode::Ipvs;
    let mut cluster = Cluster::new(&settings);
    for document in read(&LAB.replace("IMAGE", image), &Limits::FILE).documents {
        let object = document
            .decode(Strictness::Strict)
            .object
            .expect("the laboratory's manifests are valid");
        cluster
            .create(object, None, false)
            .expect("the laboratory can be staged");
    }
    cluster.settle(Span::secs(60));
    World {
        cluster,
        files: Files::default(),
    }
}

fn client() -> Place {
    Place::pod("default", "client", "client")
}

/// Puts the situation's `/etc/resolv.conf` in place.
fn stage(world: &mut World, resolv: &str) {
    let mut out = Output::default();
    let words = ["sh", "-c", "cat > /etc/resolv.conf"].map(str::to_owned);
    let done = with_context(world, &mut out, Some(resolv.to_owned()), |context| {
        launch(context, &words)
    });
    assert!(matches!(done, Some(Outcome::Exit(0))), "{out:?}");
}

/// The program's name as the recorder called it: by its path.
fn argv(case: &Value) -> Vec<String> {
    let mut words: Vec<String> = case["argv"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w.as_str().unwrap().to_owned())
        .collect();
    let dir = match case["build"].as_str().unwrap() {
        "docker-1.37-glibc" => "/bin/",
        "alpine-3.20" if matches!(words[0].as_str(), "nc" | "wget" | "nslookup" | "traceroute") => {
            "/usr/bin/"
        }
        "alpine-3.20" => "/bin/",
        _ => "",
    };
    if words[0] != "sh" {
        words[0] = format!("{dir}{}", words[0]);
    }
    words
}

/// Calls a program, or one of its methods, with the client's surroundings.
fn with_context<T>(
    world: &mut World,
    out: &mut Output,
    stdin: Option<String>,
    call: impl FnOnce(&mut Context<'_>) -> T,
) -> T {
    let place = client();
    let env = BTreeMap::new();
    let tty = stdin.is_none();
    call(&mut Context {
        world,
        place: &place,
        env: &env,
        cwd: "/",
        stdin,
        tty,
        out,
    })
}

fn queries(world: &World, from: portside::kernel::Seq) -> Vec<String> {
    let fact = |event: &portside::kernel::Event, name: &str| {
        event
            .facts
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v.to_string())
    };
    let asked = world
        .cluster
        .events_since(from)
        .filter_map(|event| Some(format!("{} {}", fact(event, "name")?, fact(event, "type")?)));
    asked.collect()
}

fn run_piped(world: &mut World, case: &Value) -> Ran {
    let mut out = Output::default();
    let from = world.cluster.end();
    let stdin = case["stdin"].as_str().unwrap_or_default().to_owned();
    let argv = argv(case);
    let outcome = with_context(world, &mut out, Some(stdin), |context| {
        launch(context, &argv)
    });
    let exit = match outcome {
        Some(Outcome::Exit(status)) => i64::from(status),
        Some(Outcome::Foreground(_)) => -9,
        None => 127,
    };
    Ran {
        out: out.text(Stream::Out),
        err: out.text(Stream::Err),
        exit,
        queries: queries(world, from),
    }
}

/// What a terminal shows: both streams, with the line ends that it makes.
fn terminal(output: &mut Output) -> String {
    let text: String = output
        .pieces
        .iter()
        .filter(|(s, _)| *s != Stream::Note)
        .map(|(_, t)| t.as_str())
        .collect();
    output.pieces.clear();
    text.replace('\n', "\r\n")
}

fn run_in_terminal(world: &mut World, case: &Value) -> Ran {
    let mut out = Output::default();
    let from = world.cluster.end();
    let argv = argv(case);
    let mut ran = Ran {
        exit: 127,
        ..Ran::default()
    };
    let mut program: Box<dyn Program> =
        match with_context(world, &mut out, None, |context| launch(context, &argv)) {
            Some(Outcome::Foreground(program)) => program,
            other => {
                ran.out = terminal(&mut out);
                ran.exit = if let Some(Outcome::Exit(status)) = other {
                    i64::from(status)
                } else {
                    127
                };
                ran.queries = queries(world, from);
                return ran;
            }
        };
    ran.exit = -9;
    ran.out = terminal(&mut out);
    let typed: Vec<&str> = case["tty"]["transcript"]
        .as_array()
        .map(|events| {
            events
                .iter()
                .filter(|e| e[1] == "i")
                .filter_map(|e| e[2].as_str())
                .collect()
        })
        .unwrap_or_default();
    for text in typed.iter().filter(|text| !text.is_empty()) {
        let progress = with_context(world, &mut out, None, |context| match *text {
            "\u{3}" => program.interrupt(context),
            "\u{4}" => program.end_of_input(context),
            line => {
                let line = line.trim_end_matches(['\r', '\n']);
                // The terminal echoes what is typed while a program reads lines.
                context
                    .out
                    .write(Stream::Out, &format!("{}\n", line.replace('\u{1d}', "^]")));
                program.line(context, line)
            }
        });
        ran.out.push_str(&terminal(&mut out));
        if let Progress::Exit(status) = progress {
            ran.exit = i64::from(status);
            break;
        }
    }
    ran.queries = queries(world, from);
    ran
}

/// A text with what varies from run to run masked.
fn masked(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let volatile = [
            " time=",
            "round-trip",
            "after ",
            "Query time",
            "WHEN:",
            "COOKIE:",
            ", id: ",
        ];
        match volatile
            .iter()
            .find_map(|mark| line.find(mark).map(|at| (at, mark.len())))
        {
            Some((at, length)) => {
                let (start, rest) = line.split_at(at + length);
                out.push_str(start);
                out.extend(
                    rest.chars()
                        .map(|c| if c.is_ascii_hexdigit() { '#' } else { c }),
                );
            }
            None => out.push_str(line),
        }
    }
    while out.contains("##") {
        out = out.replace("##", "#");
    }
    out
}

/// What differs between a record and a run.
fn compare(case: &Value, ran: &Ran, piped: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |what: &str, expected: String, came: String| {
        if expected != came {
            faults.push(format!(
                "{what}\n    expected {expected:?}\n    came     {came:?}"
            ));
        }
    };
    if piped {
        check(
            "stdout",
            masked(case["stdout"].as_str().unwrap_or_default()),
            masked(&ran.out),
        );
        check(
            "stderr",
            masked(case["stderr"].as_str().unwrap_or_default()),
            masked(&ran.err),
        );
        check("exit", case["exit"].to_string(), ran.exit.to_string());
    } else {
        check(
            "terminal",
            masked(case["tty"]["output"].as_str().unwrap_or_default()),
            masked(&ran.out),
        );
        // A shell reports a program that a signal ended as 128 and the signal's number.
        let recorded = case["tty"]["exit"].as_i64().unwrap_or_default();
        let recorded = if recorded == -2 { 130 } else { recorded };
        check("exit", recorded.to_string(), ran.exit.to_string());
    }
    if let Some(dns) = case["dns"].as_array() {
        let asked = dns.iter().map(|q| {
            format!(
                "{} {}",
                q["q"].as_str().unwrap_or_default(),
                q["type"].as_str().unwrap_or_default()
            )
        });
        let (mut asked, mut came): (Vec<String>, Vec<String>) =
            (asked.collect(), ran.queries.clone());
        // Pairs of questions may arrive in either order.
        asked.sort();
        came.sort();
        check("questions", asked.join(", "), came.join(", "));
    }
    faults
}

fn judge(case: &Value, meta: &Value) -> Verdict {
    let situation = text(case, "situation");
    if let Some((_, reason)) = SKIPPED.iter().find(|(word, _)| situation.contains(word)) {
        return Verdict::Skip(reason);
    }
    let image = IMAGES
        .iter()
        .find(|(build, _)| text(case, "build") == *build);
    let mut world = world(image.map_or("busybox", |(_, image)| image));
    if let Some(text) = meta["resolv"][text(case, "resolv")].as_str() {
        stage(&mut world, text);
    }
    let piped = case.get("stdout").is_some_and(|out| !out.is_null());
    let ran = if piped {
        run_piped(&mut world, case)
    } else {
        run_in_terminal(&mut world, case)
    };
    let faults = compare(case, &ran, piped);
    if faults.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Fail(format!("{situation}\n  {}", faults.join("\n  ")))
    }
}

#[test]
fn cases_tools() {
    let folder = folder().join("tools");
    let meta: Value = match fs::read_to_string(folder.join("meta.json")) {
        Ok(text) => serde_json::from_str(&text).expect("the laboratory's description is JSON"),
        Err(_) => Value::Null,
    };
    let cases = load(&folder);
    run(
        "cases_tools",
        cases
            .iter()
            .map(|case| (text(case, "id").to_owned(), judge(case, &meta))),
    );
}
