//! A lesson's front matter: what it is called, what it takes, and what is there before the first step.

use super::{Problem, object, text};
use crate::api::{Map, Value};
use crate::manifest::{Limits, nearest, read};

/// How much a lesson expects.
const LEVELS: &[&str] = &["beginner", "intermediate", "advanced"];

/// table: the fields of the front matter: name, whether a lesson must have it, and what it says.
pub(crate) const FIELDS: &[(&str, bool, &str)] = &[
    (
        "id",
        true,
        "The lesson's name in links: small letters, digits and dashes.",
    ),
    ("title", true, "What it is called."),
    ("summary", true, "What one learns, in a sentence."),
    ("minutes", true, "How long it takes."),
    ("level", true, "beginner, intermediate or advanced."),
    (
        "kubernetes",
        true,
        "The version that it was verified against, for example \"1.36\".",
    ),
    (
        "timed",
        false,
        "Whether a clock shows how long one has been at it: true or false.",
    ),
    (
        "seed",
        false,
        "The seed of its cluster, a whole number; 42 unless given.",
    ),
    (
        "cluster",
        false,
        "Settings documents: kubeadm's ClusterConfiguration, KubeProxyConfiguration.",
    ),
    (
        "internet",
        false,
        "Names of the world outside, as a zone file.",
    ),
    (
        "files",
        false,
        "Files of the laptop by path, each with its text; the editor shows them.",
    ),
    (
        "start",
        false,
        "Commands that have been typed before the first step.",
    ),
];

/// The front matter and where the body begins.
pub(super) fn split(source: &str, problems: &mut Vec<Problem>) -> (Value, usize) {
    let body = source
        .strip_prefix("---\n")
        .and_then(|rest| Some((rest, rest.find("\n---\n")?)));
    let Some((rest, end)) = body else {
        problems.push(Problem {
            line: 1,
            message: "a lesson begins with front matter: YAML between two lines of ---".to_owned(),
        });
        return (Value::Null, 0);
    };
    let parsed = read(rest.get(..=end).unwrap_or_default(), &Limits::PASTED);
    if let Some(error) = parsed.error {
        let line = usize::try_from(error.span.line).unwrap_or_default() + 1;
        problems.push(Problem {
            line,
            message: error.message,
        });
    }
    let value = parsed
        .documents
        .first()
        .map(crate::manifest::Document::value)
        .unwrap_or_default();
    (value, "---\n".len() + end + "\n---\n".len())
}

/// The front matter's fields as the compiled lesson has them.
pub(super) fn fields(front: &Value, problems: &mut Vec<Problem>) -> Map {
    let mut problem = |message: String| problems.push(Problem { line: 1, message });
    let empty = Map::default();
    let map = front.as_map().unwrap_or(&empty);
    for key in map.keys() {
        if !FIELDS.iter().any(|(name, ..)| name == key) {
            let names = FIELDS.iter().map(|(name, ..)| *name);
            let meant = nearest(key, names)
                .map(|near| format!(": did you mean {near}?"))
                .unwrap_or_default();
            problem(format!("front matter: unknown field {key:?}{meant}"));
        }
    }
    for (name, needed, what) in FIELDS {
        if *needed && map.get(*name).is_none_or(|value| *value == Value::Null) {
            problem(format!("front matter: {name} is missing. {what}"));
        }
    }
    if let Some(level) = front.get("level").and_then(Value::as_str)
        && !LEVELS.contains(&level)
    {
        problem(format!(
            "front matter: level {level:?} is not beginner, intermediate or advanced"
        ));
    }
    let mut lesson = Map::default();
    for key in [
        "id",
        "title",
        "summary",
        "minutes",
        "level",
        "kubernetes",
        "internet",
        "timed",
    ] {
        if let Some(value) = map.get(key) {
            lesson.insert(key.to_owned(), value.clone());
        }
    }
    lesson.insert(
        "seed".to_owned(),
        map.get("seed").cloned().unwrap_or(Value::Int(42)),
    );
    let settings = front
        .get("cluster")
        .and_then(Value::as_list)
        .unwrap_or_default();
    lesson.insert("settings".to_owned(), Value::List(settings.to_vec()));
    let files = front
        .get("files")
        .and_then(Value::as_map)
        .into_iter()
        .flatten();
    let file = |(path, content): (&String, &Value)| {
        object([
            ("file", text(path)),
            ("text", text(content.as_str().unwrap_or_default())),
        ])
    };
    let mut start: Vec<Value> = files.map(file).collect();
    for line in front
        .get("start")
        .and_then(Value::as_list)
        .unwrap_or_default()
    {
        start.push(object([("type", text(line.as_str().unwrap_or_default()))]));
    }
    lesson.insert("start".to_owned(), Value::List(start));
    lesson
}

/// The JSON schema of the front matter, for editors.
pub fn schema() -> String {
    let list = |items| object([("type", text("array")), ("items", items)]);
    let named = |kind| object([("type", text(kind))]);
    let shape = |name: &str| match name {
        "minutes" | "seed" => named("integer"),
        "timed" => named("boolean"),
        "cluster" => list(named("object")),
        "start" => list(named("string")),
        "files" => object([
            ("type", text("object")),
            ("additionalProperties", named("string")),
        ]),
        "level" => object([(
            "enum",
            Value::List(LEVELS.iter().map(|level| text(level)).collect()),
        )]),
        "id" => object([("type", text("string")), ("pattern", text("^[a-z0-9-]+$"))]),
        _ => named("string"),
    };
    let property = |(name, _, what): &(&str, bool, &str)| {
        let mut value = shape(name);
        if let Value::Map(map) = &mut value {
            map.insert("description".to_owned(), text(what));
        }
        ((*name).to_owned(), value)
    };
    let required = FIELDS
        .iter()
        .filter(|(_, needed, _)| *needed)
        .map(|(name, ..)| text(name))
        .collect();
    let schema = object([
        (
            "$schema",
            text("https://json-schema.org/draft/2020-12/schema"),
        ),
        ("title", text("Front matter of a Portside lesson")),
        ("type", text("object")),
        ("additionalProperties", Value::Bool(false)),
        ("required", Value::List(required)),
        (
            "properties",
            Value::Map(FIELDS.iter().map(property).collect()),
        ),
    ]);
    crate::manifest::to_json(&schema)
}
