//! A document to an object, or the refusal that kubectl or the API server would give.
//!
//! kubectl looks at `apiVersion` and `kind`; the API server decodes strictly: first wrong JSON types (the first one, keys
//! in sorted order), then all unknown fields.

use super::{Diagnostic, Document, nearest};
use crate::api::schema::{self, FieldType};
use crate::api::{Kind, KindRef, Map, Object, Value};

/// What becomes of unknown fields: kubectl's `--validate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Refused.
    #[default]
    Strict,
    /// Accepted with a warning each.
    Warn,
    /// Accepted silently.
    Ignore,
}

/// Why a document is refused, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// kubectl: `error validating data: apiVersion not set`.
    Unvalidated(String),
    /// kubectl: no such kind.
    NoMatch {
        /// The object's name.
        name: String,
        /// The object's namespace.
        namespace: String,
        /// The kind.
        kind: String,
        /// The API version.
        version: String,
    },
    /// kubectl: the metadata cannot be read.
    Undecodable(String),
    /// The API server: 400.
    BadRequest(String),
}

impl Refusal {
    /// The whole message as kubectl prints it for a file; `verb` is `creating` for a new object.
    pub fn text(&self, file: &str, verb: &str) -> String {
        match self {
            Self::Unvalidated(what) => format!(
                "error: error validating \"{file}\": error validating data: {what}; if you choose to ignore these errors, turn validation off with --validate=false"
            ),
            Self::NoMatch {
                name,
                namespace,
                kind,
                version,
            } => format!(
                "error: resource mapping not found for name: \"{name}\" namespace: \"{namespace}\" from \"{file}\": no matches for kind \"{kind}\" in version \"{version}\"\nensure CRDs are installed first"
            ),
            Self::Undecodable(what) => format!("error: unable to decode \"{file}\": {what}"),
            Self::BadRequest(what) => {
                format!("Error from server (BadRequest): error when {verb} \"{file}\": {what}")
            }
        }
    }
}

/// What a document decodes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The object, unless it was refused.
    pub object: Option<Object>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// `unknown field "spec.x"`, when those are only warned of.
    pub warnings: Vec<String>,
    /// The same for an editor: each with its place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Document {
    /// Decodes the document.
    pub fn decode(&self, strictness: Strictness) -> Decoded {
        let value = self.value();
        let kind = match kind_of(&value) {
            Ok(kind) => kind,
            Err(misfit) => {
                let Misfit {
                    refusal,
                    path,
                    hint,
                } = *misfit;
                let message = refusal_message(&refusal);
                let diagnostic = Diagnostic {
                    hint,
                    ..Diagnostic::error(self.span_of(path), message)
                };
                return Decoded {
                    refusal: Some(refusal),
                    diagnostics: vec![diagnostic],
                    ..Decoded::default()
                };
            }
        };
        let mut walk = Walk::default();
        if let (Value::Map(map), Some(type_name)) = (&value, schema::type_of(kind)) {
            walk.fields(map, type_name, "");
        }
        let mut decoded = self.judge(kind, walk, strictness);
        if decoded.refusal.is_none() {
            decoded.object = Object::from_value(value);
        }
        decoded
    }

    fn judge(&self, kind: KindRef, mut walk: Walk, strictness: Strictness) -> Decoded {
        let mut decoded = Decoded::default();
        let prefix = format!(
            "{} in version \"{}\" cannot be handled as a {}",
            kind.name,
            kind.version_text(),
            kind.name
        );
        if let Some((path, words)) = walk.mismatch {
            let client = path == "metadata.name" || path == "metadata.namespace";
            decoded
                .diagnostics
                .push(Diagnostic::error(self.span_of(&path), words.clone()));
            decoded.refusal = Some(if client {
                Refusal::Undecodable(words)
            } else {
                Refusal::BadRequest(format!("{prefix}: {words}"))
            });
        }
        if strictness == Strictness::Ignore || walk.unknown.is_empty() {
            return decoded;
        }
        walk.unknown.sort();
        let texts: Vec<String> = walk
            .unknown
            .iter()
            .map(|u| format!("unknown field \"{}\"", u.path))
            .collect();
        for (unknown, text) in walk.unknown.iter().zip(&texts) {
            let mut diagnostic = Diagnostic::error(self.key_span(&unknown.path), text.clone());
            if let Some(meant) = unknown.meant {
                diagnostic.hint = format!("did you mean {meant}?");
                diagnostic.fix = Some(super::Fix {
                    title: format!("Change to {meant}"),
                    edits: vec![super::Edit {
                        start: diagnostic.span.start,
                        end: diagnostic.span.end,
                        text: meant.to_owned(),
                    }],
                });
            }
            decoded.diagnostics.push(diagnostic);
        }
        if strictness == Strictness::Warn {
            decoded.warnings = texts;
        } else if decoded.refusal.is_none() {
            decoded.refusal = Some(Refusal::BadRequest(format!(
                "{prefix}: strict decoding error: {}",
                texts.join(", ")
            )));
        }
        decoded
    }
}

fn refusal_message(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unvalidated(what) | Refusal::Undecodable(what) | Refusal::BadRequest(what) => {
            what.clone()
        }
        Refusal::NoMatch { kind, version, .. } => {
            format!("no matches for kind \"{kind}\" in version \"{version}\"")
        }
    }
}

/// A document whose kind is not known: the refusal, the field at fault and a suggestion.
struct Misfit {
    refusal: Refusal,
    path: &'static str,
    hint: String,
}

impl Misfit {
    fn unvalidated(what: impl Into<String>) -> Box<Self> {
        let refusal = Refusal::Unvalidated(what.into());
        Box::new(Self {
            refusal,
            path: "",
            hint: String::new(),
        })
    }
}

/// The kind of a document.
fn kind_of(value: &Value) -> Result<KindRef, Box<Misfit>> {
    if value.as_map().is_none() {
        return Err(Misfit::unvalidated("invalid object to validate"));
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (version, name) = (text("apiVersion"), text("kind"));
    let missing: Vec<&str> = [("apiVersion not set", version), ("kind not set", name)]
        .into_iter()
        .filter(|(_, text)| text.is_empty())
        .map(|(words, _)| words)
        .collect();
    match missing.as_slice() {
        [] => {}
        [one] => return Err(Misfit::unvalidated(*one)),
        many => return Err(Misfit::unvalidated(format!("[{}]", many.join(", ")))),
    }
    Kind::find(version, name).ok_or_else(|| {
        let meta = |key: &str| {
            value
                .at(&["metadata", key])
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let refusal = Refusal::NoMatch {
            name: meta("name"),
            namespace: meta("namespace"),
            kind: name.to_owned(),
            version: version.to_owned(),
        };
        let kinds = crate::api::kind::KINDS;
        Box::new(match kinds.iter().find(|kind| kind.name == name) {
            Some(kind) => Misfit {
                refusal,
                path: "apiVersion",
                hint: format!("{name} is in {}", kind.api_version()),
            },
            None => {
                let near = nearest(name, kinds.iter().map(|kind| kind.name));
                let hint = near
                    .map(|near| format!("did you mean {near}?"))
                    .unwrap_or_default();
                Misfit {
                    refusal,
                    path: "kind",
                    hint,
                }
            }
        })
    })
}

impl Kind {
    /// The version as decoding errors name it: `v1`, `apps/v1` is `v1` too.
    fn version_text(&self) -> &'static str {
        self.version
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Unknown {
    path: String,
    meant: Option<&'static str>,
}

/// What a walk along the schema finds.
#[derive(Debug, Default)]
struct Walk {
    /// The first wrong type: path and words.
    mismatch: Option<(String, String)>,
    unknown: Vec<Unknown>,
}

impl Walk {
    fn fields(&mut self, map: &Map, type_name: &'static str, path: &str) {
        for (key, value) in map {
            let dot = if path.is_empty() { "" } else { "." };
            let here = format!("{path}{dot}{key}");
            match schema::field(type_name, key) {
                Some(field) => {
                    self.value(value, field.type_, &here, (schema::go_name(type_name), key));
                }
                None => {
                    let meant = nearest(key, schema::fields(type_name).map(|field| field.name));
                    self.unknown.push(Unknown { path: here, meant });
                }
            }
        }
    }

    /// `owner` is the Go struct and the field that an error names.
    fn value(&mut self, value: &Value, type_: FieldType, path: &str, owner: (&str, &str)) {
        match (type_, value) {
            (_, Value::Null) | (FieldType::Any, _) => {}
            (FieldType::Text | FieldType::Time, Value::Str(_))
            | (FieldType::Int, Value::Int(_))
            | (FieldType::Bool, Value::Bool(_)) => {}
            (FieldType::Text, Value::Int(_) | Value::Float(_)) if is_quantity(owner.1) => {}
            (FieldType::List(item), Value::List(items)) => {
                for (i, value) in items.iter().enumerate() {
                    self.value(value, schema::parse(item), &format!("{path}[{i}]"), owner);
                }
            }
            (FieldType::Map(item), Value::Map(map)) => {
                for (key, value) in map {
                    self.value(value, schema::parse(item), &format!("{path}.{key}"), owner);
                }
            }
            (FieldType::Struct(name), Value::Map(map)) => self.fields(map, name, path),
            (expected, found) => {
                let expected = go_type(expected, owner.1);
                let go_path = without_indexes(path, owner.1);
                let words = format!(
                    "json: cannot unmarshal {} into Go struct field {}.{go_path} of type {expected}",
                    json_name(found),
                    owner.0
                );
                if self.mismatch.is_none() {
                    self.mismatch = Some((path.to_owned(), words));
                }
            }
        }
    }
}

/// `spec.ports.port` for `spec.ports[0].port`, up to the field that the error names.
fn without_indexes(path: &str, field: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    for part in path.split('.') {
        let name = part.split('[').next().unwrap_or_default();
        out.push(name.to_owned());
    }
    // Inside a map the error names the map.
    while out.last().is_some_and(|last| last != field) && out.len() > 1 {
        out.pop();
    }
    out.join(".")
}

fn json_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::Str(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
}

fn go_type(type_: FieldType, field: &str) -> String {
    match type_ {
        FieldType::Text => "string".to_owned(),
        FieldType::Int if is_long(field) => "int64".to_owned(),
        FieldType::Int => "int32".to_owned(),
        FieldType::Bool => "bool".to_owned(),
        FieldType::Time => "v1.Time".to_owned(),
        FieldType::Any => "interface {}".to_owned(),
        FieldType::List(item) => format!("[]{}", go_type(schema::parse(item), "")),
        FieldType::Map(item) => format!("map[string]{}", go_type(schema::parse(item), "")),
        FieldType::Struct(name) => format!("v1.{}", schema::go_name(name)),
    }
}

/// Fields that are `int64` in Go; all others are `int32`.
fn is_long(field: &str) -> bool {
    const LONG: &[&str] = &[
        "activeDeadlineSeconds",
        "deletionGracePeriodSeconds",
        "expirationSeconds",
        "fsGroup",
        "generation",
        "observedGeneration",
        "runAsGroup",
        "runAsUser",
        "startingDeadlineSeconds",
        "terminationGracePeriodSeconds",
        "tolerationSeconds",
    ];
    LONG.contains(&field)
}

/// Fields whose text is a quantity, which may be written as a number.
fn is_quantity(field: &str) -> bool {
    const QUANTITIES: &[&str] = &[
        "allocatable",
        "averageValue",
        "capacity",
        "default",
        "defaultRequest",
        "divisor",
        "hard",
        "limits",
        "max",
        "maxLimitRequestRatio",
        "min",
        "overhead",
        "requests",
        "sizeLimit",
        "used",
        "value",
    ];
    QUANTITIES.contains(&field)
}
