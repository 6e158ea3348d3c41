//! A document to an object, or the refusal that kubectl or the API server would give.
//!
//! kubectl looks at `apiVersion` and `kind`, decodes the metadata, and asks which resource the kind is; the API server
//! decodes all of it strictly. Each refusal knows who speaks.

use super::strict::{Found, Misfit, Unknown, compare};
use super::{Diagnostic, Document, Edit, Fix, Style, nearest};
use crate::api::kind::KINDS;
use crate::api::schema::{self, FieldType};
use crate::api::{Kind, KindRef, Object, Value};

/// What becomes of unknown fields: kubectl's `--validate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Refused.
    #[default]
    Strict,
    /// Accepted with a warning each.
    Warn,
    /// Accepted silently; kubectl does not look at the document before it decodes it.
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
    Undecodable {
        /// kubectl's words.
        words: String,
        /// What the API server would say of the same document; empty if it would not be asked.
        server: String,
    },
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
                name, namespace, ..
            } => format!(
                "error: resource mapping not found for name: \"{name}\" namespace: \"{namespace}\" from \"{file}\": {}\nensure CRDs are installed first",
                self.words()
            ),
            Self::Undecodable { words, .. } => {
                format!("error: unable to decode \"{file}\": {words}")
            }
            Self::BadRequest(what) => {
                format!("Error from server (BadRequest): error when {verb} \"{file}\": {what}")
            }
        }
    }

    /// What the API server says to a client that sends the document without a look at it.
    pub fn server_message(&self) -> Option<&str> {
        match self {
            Self::Unvalidated(_) | Self::NoMatch { .. } => None,
            Self::Undecodable { server, .. } => Some(server.as_str()).filter(|s| !s.is_empty()),
            Self::BadRequest(what) => Some(what),
        }
    }

    /// What is wrong, without the file and without who says so.
    pub fn words(&self) -> String {
        match self {
            Self::Unvalidated(what) | Self::BadRequest(what) => what.clone(),
            Self::Undecodable { words, .. } => words.clone(),
            Self::NoMatch { kind, version, .. } => {
                format!("no matches for kind \"{kind}\" in version \"{version}\"")
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

/// A refusal by kubectl: the field at fault and a suggestion come with it.
struct Refused {
    refusal: Refusal,
    path: String,
    hint: String,
    fix: Option<&'static str>,
}

impl Refused {
    fn new(refusal: Refusal, path: &str) -> Self {
        Self {
            refusal,
            path: path.to_owned(),
            hint: String::new(),
            fix: None,
        }
    }
}

impl Document {
    /// Decodes the document.
    pub fn decode(&self, strictness: Strictness) -> Decoded {
        let value = self.value();
        let kind = match kind_of(&value, strictness) {
            Ok(kind) => kind,
            Err(refused) => return self.refuse(*refused),
        };
        let found = match (&value, schema::type_of(kind)) {
            (Value::Map(map), Some(type_name)) => compare(map, type_name),
            _ => Found::default(),
        };
        let mut decoded = self.judge(kind, &found, strictness);
        if decoded.refusal.is_none() {
            decoded.object = Object::from_value(value);
        }
        decoded
    }

    fn refuse(&self, refused: Refused) -> Decoded {
        let span = self.span_of(&refused.path);
        let fix = refused.fix.map(|text| Fix::replace(span, text));
        let diagnostic = Diagnostic {
            hint: refused.hint,
            fix,
            ..Diagnostic::error(span, refused.refusal.words())
        };
        Decoded {
            refusal: Some(refused.refusal),
            diagnostics: vec![diagnostic],
            ..Decoded::default()
        }
    }

    fn judge(&self, kind: KindRef, found: &Found, strictness: Strictness) -> Decoded {
        let mut decoded = Decoded::default();
        let handled = |what: &str| {
            format!(
                "{} in version \"{}\" cannot be handled as a {}: {what}",
                kind.name, kind.version, kind.name
            )
        };
        let misfits = found.misfits.iter().map(|misfit| self.misfit(kind, misfit));
        decoded.diagnostics.extend(misfits);
        decoded.refusal = found
            .reported()
            .map(|misfit| Refusal::BadRequest(handled(&misfit.words)));
        // kubectl reads the metadata itself, before it asks the API server.
        let client = found
            .misfits
            .iter()
            .find(|m| m.path.starts_with("metadata"));
        if let (Some(misfit), Some(Refusal::BadRequest(server))) = (client, &decoded.refusal) {
            decoded.refusal = Some(Refusal::Undecodable {
                words: client_words(kind, misfit),
                server: server.clone(),
            });
        }
        if strictness == Strictness::Ignore || found.unknown.is_empty() {
            return decoded;
        }
        let text = |unknown: &Unknown| format!("unknown field \"{}\"", unknown.path);
        let texts: Vec<String> = found.unknown.iter().map(text).collect();
        let unknown = found
            .unknown
            .iter()
            .map(|unknown| self.unknown(kind, unknown));
        decoded.diagnostics.extend(unknown);
        if strictness == Strictness::Warn {
            decoded.warnings = texts;
        } else if decoded.refusal.is_none() {
            let what = format!("strict decoding error: {}", texts.join(", "));
            decoded.refusal = Some(Refusal::BadRequest(handled(&what)));
        }
        decoded
    }
}

impl Document {
    /// The diagnostic of a value that does not fit, with the quotes put right where that is what is wrong.
    fn misfit(&self, kind: KindRef, misfit: &Misfit) -> Diagnostic {
        let span = self.span_of(&misfit.path);
        let mut diagnostic = Diagnostic::error(span, misfit.words.clone());
        let Some(node) = self.root.at(&misfit.path) else {
            return diagnostic;
        };
        let (text, plain) = (node.text(), node.style == Style::Plain);
        match (misfit.wanted, node.to_value()) {
            (FieldType::Text, Value::Bool(b)) if plain => {
                diagnostic.hint = format!("YAML reads {text} as {b}: text needs quotes here");
                diagnostic.fix = Some(Fix::replace(span, &format!("\"{text}\"")));
            }
            (FieldType::Text, Value::Int(_) | Value::Float(_)) if plain => {
                diagnostic.hint = "a number needs quotes here".to_owned();
                diagnostic.fix = Some(Fix::replace(span, &format!("\"{text}\"")));
            }
            (FieldType::Int, Value::Str(_)) if text.parse::<i32>().is_ok() => {
                diagnostic.hint = "a number without quotes belongs here".to_owned();
                diagnostic.fix = Some(Fix::replace(span, text));
            }
            (FieldType::Int, Value::Str(_)) => {
                diagnostic.hint = "a number belongs here".to_owned();
            }
            (FieldType::Bool, Value::Str(_)) => {
                let meant = match text.to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" | "y" => Some("true"),
                    "false" | "no" | "off" | "n" => Some("false"),
                    _ => None,
                };
                diagnostic.hint = "true or false without quotes belongs here".to_owned();
                diagnostic.fix = meant.map(|meant| Fix::replace(span, meant));
            }
            (FieldType::Text, Value::Map(_)) if misfit.path == "spec.selector.matchLabels" => {
                diagnostic.hint = format!(
                    "the selector of a {} holds the labels themselves, without matchLabels",
                    kind.name
                );
            }
            (FieldType::List(_), Value::Map(_)) => {
                diagnostic.hint = "a list belongs here: its items begin with `- `".to_owned();
            }
            _ => {}
        }
        diagnostic
    }

    fn unknown(&self, kind: KindRef, unknown: &Unknown) -> Diagnostic {
        let span = self.key_span(&unknown.path);
        let words = format!("unknown field \"{}\"", unknown.path);
        let mut diagnostic = Diagnostic::error(span, words);
        let name = unknown.path.rsplit('.').next().unwrap_or_default();
        if let Some(meant) = unknown.meant {
            diagnostic.hint = format!("did you mean {meant}?");
            diagnostic.fix = Some(Fix {
                title: format!("Change to {meant}"),
                edits: vec![Edit::new(span, meant)],
            });
        } else if let Some(parent) = home(kind, name).filter(|p| !unknown.path.starts_with(*p)) {
            diagnostic.hint = format!("{name} belongs in {parent}");
        }
        diagnostic
    }
}

/// Where a field that stands in the wrong place belongs, if the kind has it near its top.
fn home(kind: KindRef, name: &str) -> Option<&'static str> {
    let root = schema::type_of(kind)?;
    let type_at = |path: &str| {
        path.split('.').try_fold(root, |type_name, step| {
            match schema::field(type_name, step)?.type_ {
                FieldType::Struct(name) => Some(name),
                FieldType::List(item) => match schema::parse(item) {
                    FieldType::Struct(name) => Some(name),
                    _ => None,
                },
                _ => None,
            }
        })
    };
    const PLACES: &[&str] = &[
        "spec",
        "metadata",
        "spec.template.spec",
        "spec.template.spec.containers",
        "spec.containers",
        "spec.ports",
    ];
    let has = |path: &&&str| type_at(path).is_some_and(|t| schema::field(t, name).is_some());
    PLACES.iter().find(has).copied()
}

/// kubectl's words for metadata that it cannot read.
fn client_words(kind: KindRef, misfit: &Misfit) -> String {
    let whole = format!("Go struct field {}.metadata ", kind.name);
    let only = "Go struct field metadataOnlyObject.metadata ";
    misfit.words.replace(&whole, only)
}

/// The kind of a document; else kubectl's refusal.
fn kind_of(value: &Value, strictness: Strictness) -> Result<KindRef, Box<Refused>> {
    if strictness != Strictness::Ignore {
        validate(value)?;
    }
    let undecodable = |words: String, path: &str| {
        let server = String::new();
        Box::new(Refused::new(Refusal::Undecodable { words, server }, path))
    };
    if value.as_map().is_none() {
        let found = match value {
            Value::List(_) => "array",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Float(_) => "number",
            Value::Null | Value::Str(_) | Value::Map(_) => "string",
        };
        let words =
            format!("json: cannot unmarshal {found} into Go value of type unstructured.detector");
        return Err(undecodable(words, ""));
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (version, name) = (text("apiVersion"), text("kind"));
    if name.is_empty() || version.matches('/').count() > 1 {
        let words = format!("Object 'Kind' is missing in '{}'", value.to_json());
        return Err(undecodable(words, "kind"));
    }
    Kind::find(version, name).ok_or_else(|| Box::new(no_match(value, version, name)))
}

/// What kubectl looks at before anything else.
fn validate(value: &Value) -> Result<(), Box<Refused>> {
    if value.as_map().is_none() {
        let words = "invalid object to validate".to_owned();
        return Err(Box::new(Refused::new(Refusal::Unvalidated(words), "")));
    }
    let wrong = |key: &str| match value.get(key) {
        None | Some(Value::Null) => Some(format!("{key} not set")),
        Some(Value::Str(text)) if key == "apiVersion" && text.matches('/').count() > 1 => {
            Some(format!("unexpected GroupVersion string: {text}"))
        }
        Some(Value::Str(_)) => None,
        Some(_) => Some(format!("{key} isn't string type")),
    };
    let faults = [wrong("apiVersion"), wrong("kind")];
    let found: Vec<&str> = faults.iter().flatten().map(String::as_str).collect();
    let words = match found.as_slice() {
        [] => return Ok(()),
        [one] => (*one).to_owned(),
        many => format!("[{}]", many.join(", ")),
    };
    let path = if faults.first().is_some_and(Option::is_some) {
        "apiVersion"
    } else {
        "kind"
    };
    let mut refused = Refused::new(Refusal::Unvalidated(words), path);
    // A kind that is known tells its version.
    if let [Some(fault), None] = &faults {
        let kind = value
            .get("kind")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let known = KINDS.iter().find(|k| k.name == kind);
        if let Some(kind) = known.filter(|_| fault.ends_with("not set")) {
            refused.hint = format!("add apiVersion: {}", kind.api_version());
        }
    }
    Err(Box::new(refused))
}

fn no_match(value: &Value, version: &str, name: &str) -> Refused {
    let meta = |key: &str| {
        let text = value.at(&["metadata", key]).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let refusal = Refusal::NoMatch {
        name: meta("name"),
        namespace: meta("namespace"),
        kind: name.to_owned(),
        version: version.to_owned(),
    };
    if let Some(kind) = KINDS.iter().find(|kind| kind.name == name) {
        let group = |version: &str| version.split_once('/').map_or("", |(g, _)| g).to_owned();
        return Refused {
            hint: if group(version) == kind.group {
                format!("today's version is {}", kind.api_version())
            } else {
                format!("{name} is in {}", kind.api_version())
            },
            ..Refused::new(refusal, "apiVersion")
        };
    }
    let same = KINDS.iter().filter(|k| k.api_version() == version);
    let near = nearest(name, same.map(|k| k.name));
    let any = near.or_else(|| nearest(name, KINDS.iter().map(|k| k.name)));
    Refused {
        hint: any.map_or_else(String::new, |near| format!("did you mean {near}?")),
        fix: near,
        ..Refused::new(refusal, "kind")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Limits, read};

    fn decoded(text: &str) -> Decoded {
        let parsed = read(text, &Limits::PASTED);
        parsed
            .documents
            .first()
            .map(|d| d.decode(Strictness::Strict))
            .unwrap_or_default()
    }

    fn refused(text: &str) -> String {
        let refusal = decoded(text).refusal;
        refusal
            .map(|r| r.text("f.yaml", "creating"))
            .unwrap_or_default()
    }

    fn service(spec: &str) -> String {
        format!("apiVersion: v1\nkind: Service\nmetadata:\n  name: x\nspec:\n{spec}")
    }

    #[test]
    fn kubectl_refuses_what_it_cannot_send() {
        let rows = [
            (
                "hello\n",
                "error validating data: invalid object to validate; if",
            ),
            (
                "kind: Service\n",
                "error validating data: apiVersion not set; if",
            ),
            (
                "a: b\n",
                "error validating data: [apiVersion not set, kind not set]; if",
            ),
            (
                "apiVersion: v1\nkind: 5\n",
                "error validating data: kind isn't string type; if",
            ),
            (
                "apiVersion: v1\nkind: Sevice\nmetadata:\n  name: x\n",
                "error: resource mapping not found for name: \"x\" namespace: \"\" from \"f.yaml\": no matches for kind \"Sevice\" in version \"v1\"\nensure CRDs are installed first",
            ),
            (
                "apiVersion: v1\nkind: Service\nmetadata:\n  name: y\n",
                "error: unable to decode \"f.yaml\": json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of type string",
            ),
            (
                "apiVersion: v1\nkind: Service\nmetadata: x\n",
                "error: unable to decode \"f.yaml\": json: cannot unmarshal string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta",
            ),
        ];
        for (text, words) in rows {
            assert!(refused(text).contains(words), "{}", refused(text));
        }
    }

    #[test]
    fn the_server_names_the_go_type_of_a_wrong_value() {
        let rows = [
            (
                "  ports:\n  - port: \"80\"\n",
                "string into Go struct field ServicePort.spec.ports.port of type int32",
            ),
            (
                "  ports:\n  - port: 80.5\n",
                "number 80.5 into Go struct field ServicePort.spec.ports.port of type int32",
            ),
            (
                "  ports:\n  - port: 99999999999\n",
                "number 99999999999 into Go struct field ServicePort.spec.ports.port of type int32",
            ),
            (
                "  ports:\n  - targetPort: true\n",
                "bool into Go struct field ServicePort.spec.ports.targetPort of type int32",
            ),
            (
                "  ports: {}\n",
                "object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort",
            ),
            (
                "  selector: []\n",
                "array into Go struct field ServiceSpec.spec.selector of type map[string]string",
            ),
            (
                "  selector:\n    app.kubernetes.io/name: 1\n",
                "number into Go struct field ServiceSpec.spec.selector of type string",
            ),
            (
                "  type: 5\n",
                "number into Go struct field ServiceSpec.spec.type of type v1.ServiceType",
            ),
            (
                "  ipFamilies: [4]\n",
                "number into Go struct field ServiceSpec.spec.ipFamilies of type v1.IPFamily",
            ),
        ];
        for (spec, words) in rows {
            let whole = format!(
                "Service in version \"v1\" cannot be handled as a Service: json: cannot unmarshal {words}"
            );
            let found = decoded(&service(spec)).refusal;
            assert_eq!(found, Some(Refusal::BadRequest(whole)), "{spec}");
        }
        let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers:\n  - name: a\n    env:\n    - name: A\n      value: 5\n    resources:\n      limits:\n        cpu: 1\n";
        assert!(refused(pod).ends_with("json: cannot unmarshal number into Go struct field EnvVar.spec.containers.env.value of type string"), "{}", refused(pod));
    }

    #[test]
    fn a_slip_has_a_fix_at_its_place() {
        let fixed = |spec: &str| {
            let text = service(spec);
            let diagnostics = decoded(&text).diagnostics;
            let fix = diagnostics.iter().find_map(|d| d.fix.clone());
            fix.map(|fix| fix.apply(&text).split_off(service("").len()))
                .unwrap_or_default()
        };
        assert_eq!(
            fixed("  ports:\n  - port: \"80\"\n"),
            "  ports:\n  - port: 80\n"
        );
        assert_eq!(
            fixed("  selector:\n    on-call: yes\n"),
            "  selector:\n    on-call: \"yes\"\n"
        );
        assert_eq!(
            fixed("  ports:\n  - targetport: 80\n"),
            "  ports:\n  - targetPort: 80\n"
        );
        assert_eq!(
            fixed("  publishNotReadyAddresses: 'no'\n"),
            "  publishNotReadyAddresses: false\n"
        );
    }

    #[test]
    fn unknown_fields_are_sorted_and_may_be_let_through() {
        let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n  label: {}\nspec:\n  selectors: {}\n  ports:\n  - port: 80\n    targetport: 80\n    nodeport: 1\n";
        assert!(refused(text).ends_with("strict decoding error: unknown field \"metadata.label\", unknown field \"spec.ports[0].nodeport\", unknown field \"spec.ports[0].targetport\", unknown field \"spec.selectors\""));
        let parsed = read(text, &Limits::PASTED);
        let with = |strictness| {
            parsed
                .documents
                .first()
                .map(|d| d.decode(strictness))
                .unwrap_or_default()
        };
        assert_eq!(with(Strictness::Warn).warnings.len(), 4);
        assert!(with(Strictness::Warn).object.is_some());
        assert_eq!(
            with(Strictness::Ignore),
            Decoded {
                object: with(Strictness::Warn).object,
                ..Decoded::default()
            }
        );
    }
}
