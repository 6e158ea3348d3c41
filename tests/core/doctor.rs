//! The doctor: each diagnosis has a broken example, which it finds in every input that the example names, and its mended
//! twin, of which nothing is said.
//!
//! A file of `tests/doctor` is named after its diagnosis. Its lines `# mend: OLD => NEW` make the twin; `# static` and
//! `# live` say which inputs show it, `# try: PLACE NAME:PORT` which attempt, `# ask: NAME:PORT` which question nobody in
//! particular asks. What a cluster shows, its dump shows too, unless `# not-in-dump: WHY`.
//! `# run: LINE` types a line in the cluster before it is looked at, and `# wait: SECONDS` lets time pass. `# mended-by: fix`
//! says that the offered fix alone mends it.

use portside::api::{ObjectKey, kind};
use portside::cluster::{Cluster, Place, Restoration, Settings};
use portside::doctor::{
    Attempt, COLLECT, Evidence, Finding, Input, Question, ROWS, Sheet, State, Watch, examine,
    explain, foresee, of_everything, refusals, refusals_by, report,
};
use portside::kernel::Span;
use portside::manifest::{Document, Limits, Severity, read};
use portside::shell::{Files, HOME, Session, Stream, World};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/doctor")
}

struct Example {
    id: String,
    text: String,
    headers: Vec<(String, String)>,
}

impl Example {
    fn all() -> Vec<Self> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let id = name.split('@').next().unwrap().to_owned();
            let text = fs::read_to_string(&path).unwrap();
            let header = |line: &str| {
                let line = line.strip_prefix("# ")?;
                let (key, value) = line.split_once(": ").unwrap_or((line, ""));
                Some((key.to_owned(), value.to_owned()))
            };
            let headers = text.lines().filter_map(header).collect();
            found.push(Self { id, text, headers });
        }
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found
    }

    fn has(&self, key: &str) -> bool {
        self.headers.iter().any(|(k, _)| k == key)
    }

    fn values<'e>(&'e self, key: &'e str) -> impl Iterator<Item = &'e str> {
        let all = self.headers.iter().filter(move |(k, _)| k == key);
        all.map(|(_, value)| value.as_str())
    }

    /// The text without its headers, and the same mended.
    fn texts(&self) -> (String, String) {
        let body: Vec<&str> = self.text.lines().filter(|l| !l.starts_with("# ")).collect();
        let body = body.join("\n") + "\n";
        let mut mended = body.clone();
        for change in self.values("mend") {
            let (old, new) = change.split_once(" =>").expect("OLD => NEW");
            let (old, new) = (
                old.replace("\\n", "\n"),
                new.trim_start().replace("\\n", "\n"),
            );
            assert!(mended.contains(&old), "{}: {old:?} is not there", self.id);
            mended = mended.replace(&old, &new);
        }
        (body, mended)
    }
}

pub(crate) fn sheet(text: &str) -> Vec<Sheet> {
    vec![Sheet {
        file: "manifest.yaml".into(),
        text: text.into(),
    }]
}

fn on_manifests(text: &str) -> Vec<Finding> {
    let sheets = sheet(text);
    let mut found = refusals(&sheets);
    found.extend(of_everything(&Evidence::of_manifests(&sheets, None)));
    found
}

/// A world to which the text was applied, and what was typed.
fn world(example: &Example, text: &str) -> World {
    let mut world = World {
        cluster: Cluster::new(&Settings::default()),
        files: Files::default(),
    };
    world.files.put(HOME, "manifest.yaml", text);
    let mut session = Session::new(&world, Place::Laptop);
    for line in example.values("first") {
        session.type_line(&mut world, line);
        world.cluster.settle(Span::secs(60));
    }
    let output = session.type_line(&mut world, "kubectl apply -f manifest.yaml");
    assert_eq!(
        session.status(),
        0,
        "{}: {}",
        example.id,
        output.text(Stream::Err)
    );
    world.cluster.settle(Span::secs(300));
    for line in example.values("run") {
        session.type_line(&mut world, line);
        world.cluster.settle(Span::secs(60));
    }
    for seconds in example.values("wait") {
        world.cluster.advance(Span::secs(seconds.parse().unwrap()));
    }
    world
}

/// The same for a text alone.
pub(crate) fn world_of(text: &str) -> World {
    let example = Example {
        id: "a text".to_owned(),
        text: text.to_owned(),
        headers: Vec::new(),
    };
    world(&example, text)
}

fn place(text: &str) -> Place {
    match text.split('/').collect::<Vec<_>>().as_slice() {
        ["laptop"] => Place::Laptop,
        ["node", name] => Place::Node((*name).into()),
        ["pod", namespace, name] => Place::pod(namespace, name, name),
        _ => panic!("{text}: no place"),
    }
}

/// What an attempt finds: `pod/default/box web:80`, `laptop svc:web:80`, `pod/default/box ping:web`, `… name:web.prod`.
pub(crate) fn tried(world: &World, text: &str) -> Vec<Finding> {
    let (from, to) = text.split_once(' ').expect("PLACE TARGET");
    let from = place(from);
    let sheets = sheet(&world.files.read(HOME, "manifest.yaml").unwrap());
    let evidence = Evidence::of_cluster(&world.cluster, &sheets);
    let tables = world.cluster.tables();
    let service = |name: &str| {
        let (name, namespace) = name.split_once('.').unwrap_or((name, "default"));
        ObjectKey::new(kind::SERVICE, namespace, name)
    };
    let address = |name: &str| {
        tables
            .get(&service(name))?
            .service()?
            .spec
            .addresses()
            .first()
            .copied()
    };
    let attempt = if let Some(to) = to.strip_prefix("look:") {
        let (name, port) = to.rsplit_once(':').expect("NAME:PORT");
        Attempt::Lookup {
            from,
            name: name.to_owned(),
            port: port.parse().ok(),
        }
    } else if let Some(name) = to.strip_prefix("name:") {
        Attempt::Lookup {
            from,
            name: name.to_owned(),
            port: None,
        }
    } else if let Some(name) = to.strip_prefix("ping:") {
        Attempt::Ping {
            from,
            to: address(name).unwrap(),
        }
    } else {
        let (udp, to) = match to.strip_prefix("udp:") {
            Some(to) => (true, to),
            None => (false, to),
        };
        let protocol = portside::cluster::Protocol::parse(if udp { "UDP" } else { "TCP" });
        if let Ok(to) = to.parse::<SocketAddr>() {
            Attempt::Connection { from, to, protocol }
        } else {
            let (name, port) = to.rsplit_once(':').expect("NAME:PORT");
            let port: u16 = port.parse().unwrap();
            let Some(ip) = address(name) else {
                let examination = examine(&evidence, &service(name), Some(&from), Some(port));
                return examination.findings().cloned().collect();
            };
            Attempt::Connection {
                from,
                to: SocketAddr::new(ip, port),
                protocol,
            }
        }
    };
    explain(&evidence, &attempt)
}

/// What is said of `NAME:PORT`, whoever asks.
fn asked(world: &World, target: &str) -> Vec<Finding> {
    let (name, port) = target.split_once(':').expect("NAME:PORT");
    let evidence = Evidence::of_cluster(&world.cluster, &[]);
    let service = ObjectKey::new(kind::SERVICE, "default", name);
    let found = examine(&evidence, &service, None, port.parse().ok());
    found.findings().cloned().collect()
}

fn on_cluster(world: &World) -> Vec<Finding> {
    let sheets = sheet(&world.files.read(HOME, "manifest.yaml").unwrap());
    of_everything(&Evidence::of_cluster(&world.cluster, &sheets))
}

/// The same cluster, collected as the doctor asks for it and restored.
pub(crate) fn dumped(world: &World) -> Cluster {
    let mut world = World {
        cluster: world.cluster.clone(),
        files: Files::default(),
    };
    let mut session = Session::new(&world, Place::Laptop);
    let output = session.type_line(&mut world, COLLECT);
    assert_eq!(session.status(), 0, "{}", output.text(Stream::Err));
    let text = world.files.read(HOME, "dump.yaml").unwrap();
    let mut restoration = Restoration::new(&Settings::default(), text.to_string());
    loop {
        if let Some(restored) = restoration.step().unwrap() {
            return restored.cluster;
        }
    }
}

fn on_dump(world: &World) -> Vec<Finding> {
    of_everything(&Evidence::of_cluster(&dumped(world), &[]))
}

fn ids(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.row.id).collect()
}

fn told(findings: &[Finding]) -> String {
    report::text(findings, &[])
}

#[test]
fn each_broken_example_is_found_and_its_twin_raises_nothing() {
    let mut faults = Vec::new();
    for example in Example::all() {
        let id = example.id.as_str();
        let (broken, mended) = example.texts();
        let mut check = |input: &str, on_broken: Vec<Finding>, on_mended: Vec<Finding>| {
            if !ids(&on_broken).contains(&id) {
                faults.push(format!(
                    "{id}: {input} does not find it\n{}",
                    told(&on_broken)
                ));
            }
            if !on_mended.is_empty() {
                faults.push(format!(
                    "{id}: {input} finds in the twin\n{}",
                    told(&on_mended)
                ));
            }
        };
        if example.has("static") {
            check("static", on_manifests(&broken), on_manifests(&mended));
        }
        if let Some(first) = example.values("base").next() {
            let refused = |text: &str| {
                let mut world = world(&example, &first.replace("\\n", "\n"));
                refusals_by(&mut world.cluster, &sheet(text), true)
            };
            check("base", refused(&broken), refused(&mended));
        }
        let tries: Vec<&str> = example.values("try").collect();
        let asks = example.has("ask");
        if example.has("live") || example.has("dump") || asks || !tries.is_empty() {
            let (before, after) = (world(&example, &broken), world(&example, &mended));
            if example.has("live") {
                check("live", on_cluster(&before), on_cluster(&after));
            }
            if (example.has("live") || example.has("dump")) && !example.has("not-in-dump") {
                check("dump", on_dump(&before), on_dump(&after));
            }
            for line in example.values("ask") {
                check("question", asked(&before, line), asked(&after, line));
            }
            let (mut before, mut after) = (before, after);
            if example.has("as-dump") {
                before.cluster = dumped(&before);
                after.cluster = dumped(&after);
            }
            for (index, line) in tries.iter().enumerate() {
                let good = example.values("mended-try").nth(index).unwrap_or(line);
                check("attempt", tried(&before, line), tried(&after, good));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_editor_warns_of_what_would_be_accepted_and_not_work() {
    let cluster = Cluster::new(&Settings::default());
    let ahead = |text: &str| foresee(&sheet(text)[0], &[], &cluster);
    let mut seen = 0;
    for example in Example::all().iter().filter(|e| e.has("static")) {
        let (broken, mended) = example.texts();
        let refused = refusals(&sheet(&broken));
        if refused.iter().any(|f| f.severity == Severity::Error) {
            continue;
        }
        seen += 1;
        let (told, twin) = (ahead(&broken), ahead(&mended));
        let own: Vec<_> = told.iter().filter(|d| d.about == example.id).collect();
        assert!(!own.is_empty(), "{}: {told:?}", example.id);
        assert!(twin.is_empty(), "{}: {twin:?}", example.id);
        assert!(told.iter().all(|d| d.severity == Severity::Warning));
        assert!(own.iter().all(|d| d.span.line > 0), "{own:?}");
        let fix = own.iter().find_map(|d| d.fix.as_ref());
        if example.has("mended-by") {
            let fixed = fix.expect("a fix").apply(&broken);
            assert!(ahead(&fixed).iter().all(|d| d.about != example.id));
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn an_editor_knows_what_the_cluster_and_the_other_texts_have() {
    let text = fs::read_to_string(folder().join("selector-slip.yaml")).unwrap();
    let (service, workload): (Vec<&str>, Vec<&str>) = text
        .split("---\n")
        .partition(|part| part.contains("kind: Service"));
    let (service, workload) = (service.join("---\n"), workload.join("---\n"));
    let about = |found: Vec<portside::manifest::Diagnostic>| -> Vec<&str> {
        found.iter().map(|d| d.about).collect()
    };
    let empty = Cluster::new(&Settings::default());
    let open = &sheet(&service)[0];
    // Who writes the Service first makes no mistake.
    assert!(foresee(open, &[], &empty).is_empty());
    let other = Sheet {
        file: "workload.yaml".into(),
        text: workload.as_str().into(),
    };
    assert_eq!(
        about(foresee(open, std::slice::from_ref(&other), &empty)),
        ["selector-slip"]
    );
    // Nothing is said of a text that is not open.
    let right = service.replace("wbe", "web");
    assert!(foresee(&other, &sheet(&right), &empty).is_empty());
    let applied = world_of(&workload);
    assert_eq!(
        about(foresee(open, &[], &applied.cluster)),
        ["selector-slip"]
    );
}

#[test]
fn a_service_alone_shows_which_of_its_clients_a_policy_keeps_out() {
    let text = fs::read_to_string(folder().join("policy-ingress.yaml")).unwrap();
    let world = world_of(&text);
    let evidence = Evidence::of_cluster(&world.cluster, &[]);
    let key = ObjectKey::new(kind::SERVICE, "default", "web");
    let everything = of_everything(&evidence);
    for client in [None, Some(Place::Laptop)] {
        let alone = examine(&evidence, &key, client.as_ref(), Some(80));
        let mut watch = Watch::default();
        let seen = watch.evidence(&world.cluster, &[]);
        let watched = watch.examine(&seen, &key, client.as_ref(), Some(80));
        for examined in [&alone, &watched] {
            let policy = |f: &&Finding| f.row.id == "policy-ingress";
            let found: Vec<&Finding> = examined.findings().filter(policy).collect();
            let all: Vec<&Finding> = everything.iter().filter(policy).collect();
            assert!(!found.is_empty() && found == all, "{client:?}: {found:?}");
        }
    }
    // A Pod that asks is itself the client: of others nothing is said.
    let mut pods = world.cluster.tables().all(kind::POD);
    let web = pods.find(|pod| pod.meta.name.starts_with("web-")).unwrap();
    let client = Place::pod("default", &web.meta.name, "nginx");
    let other = examine(&evidence, &key, Some(&client), Some(80));
    assert!(!other.findings().any(|f| f.sentence.contains("box")));
}

#[test]
fn affinity_of_several_pods_leaves_open_who_shares_one() {
    let text = fs::read_to_string(folder().join("affinity-ignored.yaml")).unwrap();
    let sticky = text.replace("  clusterIP: None\n", "");
    let answer = |text: &str| {
        let sheets = sheet(text);
        let evidence = Evidence::of_manifests(&sheets, None);
        let key = ObjectKey::new(kind::SERVICE, "default", "web");
        let examined = examine(&evidence, &key, None, None);
        let mut all = examined.answers.into_iter();
        all.find(|a| a.question == Question::Proxy).unwrap()
    };
    let said = answer(&sticky);
    assert_eq!(said.state, State::Open, "{}", said.evidence);
    assert!(
        said.evidence.contains("behind one NAT"),
        "{}",
        said.evidence
    );
    assert_eq!(said.command, "kubectl logs -l app=web --prefix --tail=20");
    let plain = answer(&sticky.replace("  sessionAffinity: ClientIP\n", ""));
    assert!(!plain.evidence.contains("NAT"), "{}", plain.evidence);
}

#[test]
fn every_diagnosis_has_examples_for_each_of_its_inputs() {
    let mut shown: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    for example in Example::all() {
        let inputs = shown.entry(example.id.clone()).or_default();
        for (header, input) in [
            ("static", Input::Static),
            ("base", Input::Static),
            ("live", Input::Live),
            ("dump", Input::Live),
            ("ask", Input::Live),
            ("try", Input::Attempt),
        ] {
            if example.has(header) {
                inputs.push(input);
            }
        }
    }
    let mut missing = Vec::new();
    for row in ROWS {
        for input in row.inputs {
            if !shown.get(row.id).is_some_and(|all| all.contains(input)) {
                missing.push(format!("{}: {}", row.id, input.word()));
            }
        }
    }
    let unknown = shown
        .keys()
        .filter(|id| !ROWS.iter().any(|row| row.id == **id));
    missing.extend(unknown.map(|id| format!("{id}: no such row")));
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_dump_of_a_real_cluster_shows_just_what_is_broken_there() {
    let path = std::env::var_os("PORTSIDE_CASES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases"),
        PathBuf::from,
    );
    let text = fs::read_to_string(path.join("kubectl/cluster.yaml")).unwrap();
    let documents = read(&text, &Limits::FILE).documents;
    let values = documents.iter().map(Document::value).collect();
    let restored = Cluster::from_dump(&Settings::default(), values).unwrap();
    let found = of_everything(&Evidence::of_cluster(&restored.cluster, &[]));
    let mut broken: Vec<(String, &str)> = found
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| (finding.subject.to_string(), finding.row.id))
        .collect();
    broken.sort();
    assert_eq!(
        broken,
        [
            ("shop/service/lb".to_owned(), "target-port"),
            ("shop/service/redis".to_owned(), "selector-slip")
        ],
        "{}",
        told(&found)
    );
}

#[test]
fn real_manifests_that_are_accepted_raise_no_error() {
    let Some(root) = std::env::var_os("PORTSIDE_MANIFESTS").map(PathBuf::from) else {
        return;
    };
    let verdicts = fs::read_to_string(root.join("verdicts.json")).unwrap();
    let verdicts: serde_json::Value = serde_json::from_str(&verdicts).unwrap();
    let mut sets: BTreeMap<String, Vec<Sheet>> = BTreeMap::new();
    for verdict in verdicts.as_array().unwrap() {
        let word = |key: &str| verdict[key].as_str().unwrap_or_default().to_owned();
        // What is refused only because its namespace was not made before is accepted together with it.
        let accepted = verdict["exit"] == 0 || word("stderr").contains("namespaces \"");
        let text = fs::read_to_string(root.join(word("set")).join(word("file"))).unwrap();
        if accepted {
            sets.entry(word("set")).or_default().push(Sheet {
                file: word("file").into(),
                text: text.into(),
            });
        }
    }
    for (set, sheets) in &sets {
        let mut found = refusals(sheets);
        found.extend(of_everything(&Evidence::of_manifests(sheets, None)));
        found.retain(|finding| finding.severity == Severity::Error);
        assert!(found.is_empty(), "{set}\n{}", report::text(&found, sheets));
    }
}
