//! Every lesson is run from its set-up to its last check, and the compiled lessons are those of the sources.

use portside::lesson::author::{check_docs, check_lesson};
use portside::lesson::markdown::compile;
use portside::lesson::{Lesson, Run, Verdict, perform};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("www")
}

/// The lessons' sources, by file name.
fn sources() -> Vec<(String, String)> {
    let mut found: Vec<_> = fs::read_dir(root().join("lessons"))
        .expect("the lessons")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(path).expect("text"))
        })
        .collect();
    found.sort();
    found
}

fn told(problems: &[portside::lesson::markdown::Problem]) -> String {
    let line = |p: &portside::lesson::markdown::Problem| format!("{}: {}\n", p.line, p.message);
    problems.iter().map(line).collect()
}

#[test]
fn every_lesson_holds_what_it_promises() {
    let mut faults = String::new();
    for (name, source) in sources() {
        let report = check_lesson(&source);
        if !report.problems.is_empty() {
            faults += &format!("{name}.md\n{}", told(&report.problems));
        }
    }
    assert!(
        faults.is_empty(),
        "portside lesson check --update may help:\n{faults}"
    );
}

/// `UPDATE=1` compiles the lessons anew.
#[test]
fn compiled_lessons_are_those_of_their_sources() {
    let data = root().join("data/lessons");
    let mut index = Vec::new();
    let mut stale = Vec::new();
    let mut expect = |name: &str, text: String| {
        let path = data.join(name);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&data).expect("a folder");
            fs::write(&path, &text).expect("written");
        } else if fs::read_to_string(&path).unwrap_or_default() != text {
            stale.push(name.to_owned());
        }
    };
    for (name, source) in sources() {
        let compiled =
            compile(&source).unwrap_or_else(|problems| panic!("{name}.md\n{}", told(&problems)));
        let lesson = Lesson::from_value(&compiled.value).expect("a lesson");
        let text = compiled.value.to_json() + "\n";
        assert_eq!(
            Lesson::from_json(&text).as_ref(),
            Ok(&lesson),
            "{name}: JSON gives the lesson back"
        );
        expect(&format!("{}.json", lesson.id), text);
        index.push(format!(
            "{}\t{}\t{}\t{}\t{}\t{}\n",
            lesson.id,
            lesson.title,
            lesson.summary,
            lesson.minutes,
            lesson.level,
            lesson.steps.len()
        ));
    }
    expect("index.tsv", index.concat());
    assert!(stale.is_empty(), "UPDATE=1 compiles them anew: {stale:?}");
}

const LESSON: &str = include_str!("../../src/bin/new_lesson.md");

#[test]
fn the_guide_shows_the_lesson_to_begin_with() {
    assert!(include_str!("../../docs/lessons.md").contains(LESSON));
}

#[test]
fn the_lesson_to_begin_with_is_a_lesson() {
    assert_eq!(told(&check_lesson(LESSON).problems), "");
}

#[test]
fn a_step_turns_green_by_itself_and_says_what_is_missing() {
    let lesson =
        Rc::new(Lesson::from_value(&compile(LESSON).expect("compiles").value).expect("reads"));
    let mut run = Run::new(lesson);
    let (mut world, mut session) = run.arrive(1).expect("arrives");
    let [Verdict::Missing(missing)] = run.verdicts() else {
        panic!("one assertion, not met")
    };
    assert!(missing.words.contains("no Service web"), "{missing:?}");
    assert!(!run.look(&world.cluster));
    session.type_line(&mut world, "kubectl apply -f web.yaml");
    assert!(run.look(&world.cluster), "{:?}", run.verdicts());
    assert!(!run.look(&world.cluster), "it is news only once");
    run.turn(2, &mut world);
    assert_eq!(run.passed(), [true, false]);
    // What was done before a step began does not count for it; arriving by a link does all that comes before.
    let (world, _) = run.arrive(2).expect("arrives");
    assert!(
        world
            .cluster
            .tables()
            .all(portside::api::kind::SERVICE)
            .any(|s| s.meta.name == "web")
    );
    assert!(matches!(run.verdicts(), [Verdict::Missing(_)]));
}

#[test]
fn what_is_missing_names_the_line_of_the_manifest() {
    let source = LESSON.replace(
        "- object: service/web\n",
        "- object: service/web\n  where: {spec.selector.app: shop}\n",
    );
    let lesson =
        Rc::new(Lesson::from_value(&compile(&source).expect("compiles").value).expect("reads"));
    let mut run = Run::new(lesson);
    let (mut world, mut session) = run.arrive(1).expect("arrives");
    session.type_line(&mut world, "kubectl apply -f web.yaml");
    run.look(&world.cluster);
    let [Verdict::Missing(missing)] = run.verdicts() else {
        panic!("not met: {:?}", run.verdicts())
    };
    assert_eq!(missing.found, "spec.selector.app is web.");
    assert_eq!(
        missing.line.as_ref().map(|(file, line)| (&**file, *line)),
        Some(("web.yaml", 7))
    );
}

#[test]
fn a_step_may_ask_for_what_the_doctor_finds() {
    let check = |is: &str| {
        let id = "selector-matches-nothing";
        let assertion = format!(
            "- object: service/web\n  else: It is not there.\n- diagnosis: {id}\n  about: service/web\n  is: {is}\n"
        );
        LESSON
            .replace("app: web\n      ports", "app: nobody\n      ports")
            .replacen("- object: service/web\n", &assertion, 1)
    };
    let report = check_lesson(&check("present"));
    assert!(
        !told(&report.problems).contains("Apply the Service"),
        "{}",
        told(&report.problems)
    );
    let report = check_lesson(&check("absent"));
    assert!(
        told(&report.problems).contains("app=nobody"),
        "{}",
        told(&report.problems)
    );
    let unknown = check("absent").replace("selector-matches-nothing", "no-such");
    assert!(told(&check_lesson(&unknown).problems).contains("no diagnosis"));
}

#[test]
fn a_solution_passes_its_step() {
    let source = LESSON
        .replace(
            "`kubectl apply -f web.yaml`{{exec}}",
            "`kubectl apply -f web.yaml`",
        )
        .replace(
            "```check\n- object",
            "```solution\nkubectl apply -f web.yaml\n```\n\n```check\n- object",
        );
    assert_eq!(told(&check_lesson(&source).problems), "");
    let lesson =
        Rc::new(Lesson::from_value(&compile(&source).expect("compiles").value).expect("reads"));
    let mut run = Run::new(lesson);
    let (mut world, mut session) = run.arrive(1).expect("arrives");
    let printed = perform(run.solution(), &mut world, &mut session);
    assert!(printed.contains("service/web created"), "{printed}");
    assert!(run.look(&world.cluster));
}

/// Each row spoils the lesson: what is replaced, by what, and what is said of it.
#[test]
fn a_lesson_that_does_not_hold_is_told_by_line() {
    let rows = [
        (
            "start:\n",
            "start:\n- kubectl create service clusterip web --tcp=80\n",
            "is passed before its reader has done anything",
        ),
        (
            "`kubectl apply -f web.yaml`{{exec}}",
            "`kubectl apply -f web.yaml`",
            "is not passed by what it has its reader do",
        ),
        (
            "A Service gives Pods",
            "<b>A</b> Service gives Pods",
            "raw HTML",
        ),
        (
            "A Service gives Pods",
            "<div>\nA\n</div>\n\nService gives Pods",
            "raw HTML",
        ),
        ("{{exec}}", "{{run}}", "unknown suffix"),
        (
            "else: There is no Service web yet.",
            "else: Type it at `/ #`. There is no Service web yet.",
            "grave accent is left open",
        ),
        (
            "verdict: delivered",
            "verdict: arrived",
            "write one of delivered",
        ),
        ("service/web\n", "servise/web\n", "there is no kind"),
        ("- right:", "- wrong:", "one of them right"),
        ("minutes: 5\n", "", "minutes is missing"),
        (
            "## Call it",
            "```console\n$ kubectl get service web -o name\nservice/shop\n```\n\n## Call it",
            "prints \"service/web\", the text says \"service/shop\"",
        ),
    ];
    for (old, new, says) in rows {
        assert!(LESSON.contains(old), "{old:?} is in the lesson");
        let report = check_lesson(&LESSON.replace(old, new));
        assert!(
            told(&report.problems).contains(says),
            "{new:?} should be told {says:?}, not\n{}",
            told(&report.problems)
        );
    }
}

#[test]
fn hints_of_killercoda_are_read_and_their_suffixes_too() {
    let source = LESSON.replace(
        "> [!TIP]\n> A hint: the button above the editor does the same.\n",
        "<details>\n<summary>Tip</summary>\n\nApply it:\n\n```bash\nkubectl get nodes\n```{{execute}}\n\n</details>\n",
    );
    let compiled = compile(&source).unwrap_or_else(|p| panic!("{}", told(&p)));
    let json = compiled.value.to_json();
    assert!(json.contains(r#"{"aside":"tip","blocks":[{"p":["Apply it:"]},{"act":"exec","code":"kubectl get nodes","language":"bash"}]}"#), "{json}");
}

#[test]
fn quoted_output_of_documentation_is_compared_and_rewritten() {
    let page = "\
```yaml title=redis.yaml
apiVersion: v1
kind: Service
metadata: {name: redis}
spec:
  selector: {app: redis}
  ports: [{port: 6379}]
```

```console
$ kubectl apply -f redis.yaml
service/redis created
$ kubectl get service redis -o name
service/reds
$ kubectl create deployment redis --image=redis
...
$ kubectl run b --rm -it --restart=Never --image=busybox
...
/ # telnet redis 6379
Connected to redis
PING
+PONG
```
";
    let settings = portside::cluster::Settings::default();
    let report = check_docs(page, &settings);
    assert_eq!(
        told(&report.problems),
        "14: `kubectl get service redis -o name` prints \"service/redis\", the text says \"service/reds\"\n"
    );
    let updated = report.updated.expect("rewritten");
    assert_eq!(updated, page.replace("service/reds\n", "service/redis\n"));
    assert_eq!(told(&check_docs(&updated, &settings).problems), "");
    let refused = page
        .replace("```yaml title=redis.yaml", "```yaml")
        .replace("port: 6379", "prot: 6379");
    assert!(told(&check_docs(&refused, &settings).problems).contains("this manifest is refused"));
}
