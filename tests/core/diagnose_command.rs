//! `portside diagnose`, `redact`, `lesson` and `docs`, run as programs: their formats, their exit statuses, what they write.

use super::command::portside;
use std::fs;
use std::path::{Path, PathBuf};

fn template(id: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/data/templates");
    fs::read_to_string(folder.join(format!("{id}.yaml"))).expect("a template")
}

/// A file of this test's own.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("written");
    path
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn what_is_broken_is_told_with_its_line_and_exits_with_1() {
    let path = file("broken.yaml", &template("broken-selector"));
    let name = path.to_str().expect("UTF-8");
    let (status, out, err) = portside(&["diagnose", "-f", name], "");
    assert_eq!((status, err.as_str()), (1, ""), "{out}");
    assert!(
        out.contains("app: wbe") && out.contains('^'),
        "the line and a caret: {out}"
    );
    let (status, out, _) = portside(&["diagnose", "-f", "-"], &template("broken-selector"));
    assert_eq!(status, 1, "{out}");
    let (status, ..) = portside(&["diagnose", "-f", name, "--fail-on", "never"], "");
    assert_eq!(status, 0);
    let (status, out, err) = portside(&["diagnose", "-f", "-"], &template("one-service"));
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
}

#[test]
fn other_formats_are_what_other_tools_read() {
    let text = template("broken-target-port");
    let (status, out, _) = portside(&["diagnose", "-f", "-", "--format", "json"], &text);
    assert_eq!(status, 1);
    assert!(
        !json(&out)
            .as_array()
            .or(json(&out)["findings"].as_array())
            .expect("a list")
            .is_empty(),
        "{out}"
    );
    let (status, out, _) = portside(&["diagnose", "-f", "-", "--format", "sarif"], &text);
    assert_eq!(status, 1);
    let sarif = json(&out);
    assert_eq!(sarif["version"], "2.1.0");
    assert!(
        sarif["runs"][0]["results"][0]["ruleId"].is_string(),
        "{out}"
    );
    let page = include_str!("../../docs/diagnoses.md");
    for rule in sarif["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules")
    {
        let heading = format!("\n### {}\n", rule["id"].as_str().expect("an id"));
        assert!(
            page.contains(&heading),
            "{heading} has its place in the documentation"
        );
    }
    let (status, out, _) = portside(&["diagnose", "-f", "-", "--format", "github"], &text);
    assert_eq!(status, 1);
    assert!(
        out.starts_with("::error ") && out.contains("line="),
        "{out}"
    );
}

#[test]
fn fix_mends_the_file_and_nothing_is_left() {
    let path = file("to-fix.yaml", &template("broken-port-name"));
    let name = path.to_str().expect("UTF-8");
    let (status, out, err) = portside(&["diagnose", "-f", name, "--fix"], "");
    assert_eq!(status, 0, "{out}{err}");
    assert!(
        fs::read_to_string(&path)
            .expect("text")
            .contains("targetPort: http")
    );
    assert_eq!(portside(&["diagnose", "-f", name], "").0, 0);
}

#[test]
fn an_object_of_two_files_is_told_of_with_both_places_and_each_is_mended() {
    let slip = template("broken-selector");
    let first = file("twice-a.yaml", &slip);
    let other = slip.replace("app: wbe", "app: wbb");
    assert_ne!(slip, other, "the template has its slip");
    let second = file("twice-b.yaml", &other);
    let (a, b) = (
        first.to_str().expect("UTF-8"),
        second.to_str().expect("UTF-8"),
    );
    let (status, out, _) = portside(&["diagnose", "-f", a, "-f", b, "--format", "json"], "");
    assert_eq!(status, 1);
    let report = json(&out);
    let findings = report["findings"].as_array().expect("a list");
    let twice = findings.iter().find(|f| f["id"] == "defined-twice");
    let places = twice.expect("it is told")["places"]
        .as_array()
        .expect("places");
    let files: Vec<&str> = places.iter().filter_map(|p| p["file"].as_str()).collect();
    assert_eq!(files, [a, b], "{out}");
    let slips: Vec<&serde_json::Value> = findings
        .iter()
        .filter(|f| f["id"] == "selector-slip")
        .collect();
    assert_eq!(slips.len(), 2, "{out}");
    let mut said: Vec<&str> = slips
        .iter()
        .filter_map(|f| f["severity"].as_str())
        .collect();
    said.sort_unstable();
    assert_eq!(
        said,
        ["error", "warning"],
        "what is replaced is a warning: {out}"
    );
    let (status, out, err) = portside(&["diagnose", "-f", a, "-f", b, "--fix"], "");
    assert_eq!(status, 0, "mended they are alike: {out}{err}");
    for path in [&first, &second] {
        let text = fs::read_to_string(path).expect("text");
        assert!(!text.contains("wbe") && !text.contains("wbb"), "{text}");
    }
}

#[test]
fn each_definition_is_refused_at_its_own_place() {
    let bad = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80, nodePort: 31000}]}\n";
    let good = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ExternalName, externalName: 'http://x'}\n";
    let text = format!("{bad}---\n{good}");
    let (_, out, _) = portside(&["diagnose", "-f", "-", "--format", "json"], &text);
    let report = json(&out);
    for (id, line) in [("node-port-on-cluster-ip", 4), ("external-name-url", 9)] {
        let mut all = report["findings"].as_array().expect("a list").iter();
        let found = all
            .find(|f| f["id"] == id)
            .unwrap_or_else(|| panic!("{id}: {out}"));
        assert_eq!(found["places"][0]["line"], line, "{out}");
    }
}

#[test]
fn what_an_engineer_tries_by_hand_is_told_in_sentences_that_help() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 8080, targetPort: 80}]}\n";
    let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: web, image: nginx}]}\n";
    let client = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: box}\nspec: {containers: [{name: box, image: busybox, command: [sleep, infinity], env: [{name: URL, value: 'http://web:8080'}]}]}\n";
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}, policyTypes: [Egress]}\n";
    let plain = [service, pod, client].concat();
    let unready = "image: nginx, readinessProbe: {httpGet: {path: /nowhere, port: 80}}";
    let asked = &["--from", "pod/box", "--to", "web:8080"][..];
    for (text, arguments, wanted) in [
        (
            plain.replace("//web:", "//wbe:"),
            &[][..],
            "did you mean web (1 Pod)?",
        ),
        (
            plain.replace("ports: [{port: 8080,", "ports: [{port: 8080}, {port: 8081,"),
            &[],
            "service/web has 2 ports: each needs a name",
        ),
        (
            plain.replace("{selector", "{clusterIP: None, selector"),
            asked,
            "web is headless, so port 8080 is not mapped to 80",
        ),
        (
            plain.replace("image: nginx", unready),
            asked,
            "Pod web runs but is not ready",
        ),
        (
            [&*plain, policy].concat(),
            asked,
            "lets box send to nobody, and not to port 53",
        ),
        (
            "a: b: c\n".to_owned(),
            &[],
            "error[refused] - would be refused",
        ),
    ] {
        let all = [&["diagnose", "-f", "-"], arguments].concat();
        let (status, out, err) = portside(&all, &text);
        assert_eq!(status, 1, "{wanted}: {out}{err}");
        assert_eq!(out.matches(wanted).count(), 1, "{wanted}: {out}{err}");
    }
    assert_eq!(portside(&["diagnose", "-f", "-"], &plain).0, 0, "the twin");
}

#[test]
fn another_data_path_is_told_in_every_format() {
    let mesh = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {istio-injection: enabled}}\n";
    let text = format!("{}\n---\n{mesh}", template("one-service"));
    let told = |format: &str, text: &str| {
        let (status, out, err) = portside(&["diagnose", "-f", "-", "--format", format], text);
        assert_eq!(status, 0, "{format}: {out}{err}");
        (out, err)
    };
    let (_, why) = told("text", &text);
    let why = why.trim().strip_prefix("portside: ").expect("it says so");
    assert!(why.starts_with("Istio"), "{why}");
    assert_eq!(json(&told("json", &text).0)["suspended"], why);
    let note = |text: &str| {
        let run = json(&told("sarif", text).0)["runs"][0]["invocations"][0].clone();
        assert_eq!(run["executionSuccessful"], true);
        run["toolExecutionNotifications"].clone()
    };
    assert_eq!(note(&text)[0]["message"]["text"], why);
    assert_eq!(note(&text)[0]["level"], "note");
    let notice = format!("::notice title=Another data path::{why}\n");
    assert_eq!(told("github", &text).0, notice);

    let plain = template("one-service");
    assert!(json(&told("json", &plain).0)["suspended"].is_null());
    assert_eq!(note(&plain), serde_json::json!([]));
    assert_eq!(told("github", &plain).0, "");
}

#[test]
fn bad_options_are_told_and_exit_with_2() {
    for arguments in [
        &["diagnose", "--format", "xml", "-f", "-"][..],
        &["diagnose", "--fail-on", "maybe", "-f", "-"],
        &["diagnose", "-f", "/nowhere.yaml"],
        &["diagnose"],
        &["lesson", "dance"],
        &["lesson", "check"],
        &["lesson", "check", "/nowhere.md"],
        &["docs", "check", "--nonsense", "x.md"],
    ] {
        let (status, out, err) = portside(arguments, "");
        assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.starts_with("portside: "), "{arguments:?}: {err}");
    }
}

#[test]
fn a_dump_is_masked_and_still_diagnosed() {
    let dump = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a, namespace: default, annotations: {note: hush}}\n  spec: {containers: [{name: a, image: nginx, env: [{name: PASSWORD, value: s3cret}]}]}\n";
    let path = file("dump.yaml", dump);
    let (status, out, err) = portside(&["redact", path.to_str().expect("UTF-8")], "");
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(
        out.contains("PASSWORD") && !out.contains("s3cret") && !out.contains("hush"),
        "{out}"
    );
}

#[test]
fn a_new_lesson_is_written_once_checked_and_built() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mine.md");
    let _ = fs::remove_file(&path);
    let name = path.to_str().expect("UTF-8");
    assert_eq!(portside(&["lesson", "new", name], "").0, 0);
    let (status, _, err) = portside(&["lesson", "new", name], "");
    assert!(
        status == 2 && err.contains("is there already"),
        "nothing is overwritten: {err}"
    );
    assert_eq!(portside(&["lesson", "check", name], "").0, 0);
    assert_eq!(portside(&["lesson", "build", name], "").0, 0);
    let built = fs::read_to_string(path.with_extension("json")).expect("built");
    assert_eq!(json(&built)["id"], "first-service");
}

#[test]
fn one_service_that_is_asked_about_is_told_of_its_other_definition() {
    let text = include_str!("../doctor/defined-twice.yaml");
    let asked = [
        "diagnose", "-f", "-", "--to", "web:8000", "--format", "json",
    ];
    let (status, out, err) = portside(&asked, text);
    assert_eq!(status, 1, "{out}{err}");
    let found = json(&out);
    let ids = found["findings"].as_array().expect("a list").iter();
    let ids: Vec<&str> = ids.filter_map(|f| f["id"].as_str()).collect();
    assert_eq!(ids, ["defined-twice"]);
    // What is defined again and has nothing to do with it is not told.
    let other = text.replace("name: web}  # again", "name: api}");
    let other = format!(
        "{other}---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}}}\n---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}, data: {{a: b}}}}\n"
    );
    let asked = ["diagnose", "-f", "-", "--to", "web:80"];
    let (status, out, err) = portside(&asked, &other);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
}
