//! The native command, run as a program: its options, its output, its exit status.

use std::io::Write;
use std::process::{Command, Stdio};

/// Exit status, standard output, standard error.
pub(crate) fn portside(arguments: &[&str], stdin: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_portside"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command runs");
    // A command that refuses its options reads nothing.
    let _ = child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(stdin.as_bytes());
    let output = child.wait_with_output().expect("the command ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code().expect("a status"),
        text(output.stdout),
        text(output.stderr),
    )
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: redis}\nspec: {selector: {app: redis}, ports: [{port: 6379}]}\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: box}\nspec: {containers: [{name: box, image: busybox, command: [sleep, infinity]}]}\n";

#[test]
fn bad_input_is_told_on_standard_error_with_status_2() {
    for arguments in [
        &["run", "--nonsense"][..],
        &["run", "-f", "/nowhere.yaml", "-c", "echo a"],
        &["run", "-f"],
        &["run", "--seed", "x"],
        &["run", "--from", "moon", "-c", "echo a"],
        &["run", "--from", "pod/nothing", "-c", "echo a"],
        &["run", "--from", "node/nothing", "-c", "echo a"],
        &["run", "--dir", "/nowhere"],
        &["run", "-f", "-", "-f", "-"],
        &["dance"],
        &[],
    ] {
        let (status, out, err) = portside(arguments, "");
        assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}");
        assert!(
            err.starts_with("portside: ") && err.ends_with('\n'),
            "{arguments:?}: {err}"
        );
    }
}

#[test]
fn the_world_outside_comes_from_a_zone_file_whose_bad_lines_are_told() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let run = |name: &str, text: &str| {
        let path = folder.join(name).display().to_string();
        std::fs::write(&path, text).expect("a file");
        let line = "nslookup www.corp.test";
        (
            portside(&["run", "--internet", &path, "-c", line], ""),
            path,
        )
    };
    let ((status, out, _), _) = run("good.zone", "$ORIGIN corp.test.\nwww 60 IN A 192.0.2.5\n");
    assert_eq!(status, 0);
    assert!(
        out.ends_with("Name:\twww.corp.test\nAddress: 192.0.2.5\n\n"),
        "{out}"
    );
    let bad = "www.corp.test. 60 IN A 192.0.2.5\nwww.corp.test. 60 IN A 300.1.1.1\n";
    let (refused, path) = run("bad.zone", bad);
    let why = format!("portside: {path}: line 2: bad data of a record of type A\n");
    assert_eq!(refused, (2, String::new(), why));
}

#[test]
fn a_refused_manifest_stops_everything_in_kubectls_words() {
    let (status, out, err) = portside(
        &["run", "-f", "-", "-c", "echo never"],
        &SERVICE.replace("ports:", "prots:"),
    );
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.contains("unknown field \"spec.prots\""), "{err}");
}

#[test]
fn lines_come_from_options_or_from_standard_input() {
    let (status, out, _) = portside(&["run", "-c", "echo one", "-c", "false"], "");
    assert_eq!((status, out.as_str()), (1, "one\n"));
    let (status, out, _) = portside(&["run"], "echo 'two\nlines'\r\n\nexit 3\n");
    assert_eq!((status, out.as_str()), (3, "two\nlines\n"));
    assert_eq!(portside(&["run"], "").0, 0);
}

#[test]
fn json_has_one_object_for_each_line() {
    let (status, out, err) = portside(
        &["run", "--json", "-c", "echo \"a\tb\"", "-c", "cat nothing"],
        "",
    );
    let lines: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let expected = serde_json::json!([
        {"line": "echo \"a\tb\"", "stdout": "a\tb\n", "stderr": "", "exit": 0},
        {"line": "cat nothing", "stdout": "", "stderr": "cat: nothing: No such file or directory\n", "exit": 1},
    ]);
    assert_eq!(
        (serde_json::Value::from(lines), status, err.as_str()),
        (expected, 1, "")
    );
}

#[test]
fn manifests_are_applied_and_lie_in_the_laptops_folder() {
    let folder = std::env::temp_dir().join(format!("portside-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("sub")).expect("a folder");
    std::fs::write(folder.join("redis.yaml"), SERVICE).expect("a file");
    std::fs::write(folder.join("sub/pod.yaml"), POD).expect("a file");
    let path = folder.to_string_lossy().into_owned();
    let (status, out, err) = portside(
        &[
            "run",
            "-f",
            &path,
            "-c",
            "kubectl get svc redis -o name; ls",
        ],
        "",
    );
    assert_eq!(
        (status, out.as_str(), err.as_str()),
        (0, "service/redis\nredis.yaml\n", "")
    );
    let (_, out, _) = portside(
        &[
            "run",
            "--dir",
            &path,
            "-c",
            "cat sub/pod.yaml | wc -l; kubectl get pods",
        ],
        "",
    );
    assert_eq!(out, "4\n");
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn one_can_stand_in_a_pod_or_on_a_node() {
    let (status, out, _) = portside(
        &["run", "-f", "-", "--from", "pod/box", "-c", "hostname"],
        POD,
    );
    assert_eq!((status, out.as_str()), (0, "box\n"));
    let (status, out, _) = portside(&["run", "--from", "node/node-2", "-c", "hostname"], "");
    assert_eq!((status, out.as_str()), (0, "node-2\n"));
}

/// A file that is too large or no text is told with what to do; nothing of it is applied, and what is applied stays.
#[test]
fn files_past_the_limits_are_refused_whole() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("limits");
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let large = std::fs::File::create(path("large.yaml")).expect("a file");
    large.set_len((64 << 20) + 1).expect("a length");
    std::fs::write(path("picture.yaml"), [0x89, 0x50, 0xff, 0x00]).expect("a file");
    std::fs::write(path("zeros.yaml"), "a: \0").expect("a file");
    for (name, why) in [
        (
            "large.yaml",
            "is larger than 64 MiB and was not opened: split it into several files",
        ),
        (
            "picture.yaml",
            "is not text and was not opened: choose files of YAML or JSON in UTF-8",
        ),
        (
            "zeros.yaml",
            "is not text and was not opened: choose files of YAML or JSON in UTF-8",
        ),
    ] {
        let file = path(name);
        let (status, out, err) = portside(&["run", "-f", &file, "-c", "echo a"], "");
        assert_eq!((status, out.as_str()), (2, ""), "{name}");
        assert_eq!(err, format!("portside: {file} {why}\n"));
    }
    let many = "kind: ConfigMap\n---\n".repeat(50_001);
    std::fs::write(folder.join("many.yaml"), many).expect("a file");
    let line = "kubectl apply -f many.yaml; kubectl get configmaps";
    let folder = folder.to_string_lossy();
    let (_, out, err) = portside(&["run", "--dir", &folder, "-c", line], "");
    assert_eq!(
        err.lines().next(),
        Some(
            "error: error parsing many.yaml: the text has more than 50000 objects: split it into several files"
        )
    );
    assert!(out.contains("kube-root-ca.crt"), "{out}");
    assert_eq!(out.lines().count(), 2, "{out}");
}
