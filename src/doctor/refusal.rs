//! What the API server would refuse, each refusal under the diagnosis that explains it.

use super::evidence::edited;
use super::finding::{Blame, Finding};
use super::redefined::redefinitions;
use super::rows;
use super::sheet::{Sheet, Sheets, place};
use crate::api::{FieldError, Object, ObjectKey, Status, Value, kind};
use crate::cluster::{Cluster, Settings};
use crate::kernel::BTreeMap;
use crate::manifest::{Diagnostic, Document, Limits, Severity, Strictness, read};
use std::rc::Rc;

/// What would be refused of some texts, by a cluster that has nothing else.
pub fn refusals(sheets: &[Sheet]) -> Vec<Finding> {
    let mut cluster = Cluster::new(&Settings::default());
    refusals_by(&mut cluster, sheets, false)
}

/// What a cluster would refuse of some texts; it stays as it is.
pub fn refusals_by(cluster: &mut Cluster, sheets: &[Sheet], dry: bool) -> Vec<Finding> {
    let mut out = Vec::new();
    let mut seen: BTreeMap<ObjectKey, usize> = BTreeMap::new();
    // Each definition of an object is judged as if it were the only one.
    let mut others: Vec<Cluster> = Vec::new();
    let mut texts = Sheets::read(sheets);
    for (part, sheet) in sheets.iter().enumerate() {
        let parsed = read(&sheet.text, &Limits::FILE);
        for (index, document) in parsed.documents.iter().enumerate() {
            if document.is_settings() {
                continue;
            }
            if !is_known_kind(document) {
                out.extend(unknown_kind(sheet, document));
                continue;
            }
            let decoded = document.decode(Strictness::Strict);
            let errors = decoded.diagnostics.iter();
            for error in errors.filter(|d| d.severity == Severity::Error) {
                tell(&mut out, undecodable(sheet, document, error));
            }
            let Some(mut object) = decoded.object else {
                continue;
            };
            place(&mut object);
            let key = object.key();
            texts.choose(&key, (part, index));
            let known = seen.entry(key.clone()).or_default();
            let judge = match known.checked_sub(1).filter(|_| !dry) {
                None => &mut *cluster,
                Some(number) => {
                    if others.len() <= number {
                        others.push(Cluster::new(&Settings::default()));
                    }
                    others.get_mut(number).unwrap_or(&mut *cluster)
                }
            };
            *known += 1;
            settle_in(judge, &object, dry);
            if let Err(status) = ask(judge, object.clone(), dry) {
                for cause in &status.causes {
                    tell(&mut out, refused(judge, &texts, &object, cause));
                }
            }
        }
        if let Some(error) = &parsed.error {
            let subject = ObjectKey::new(kind::SERVICE, "", &sheet.file);
            let facts = [("object", &*sheet.file), ("words", &*error.message)];
            let mut finding = Finding::new(&rows::REFUSED, &subject, &facts);
            finding.blame.push(Blame {
                object: subject.clone(),
                field: String::new(),
                at: Some((sheet.file.clone(), error.span)),
            });
            out.push(finding);
        }
    }
    out.extend(redefinitions(sheets));
    out
}

/// What is said in the same words, with the same remedy, is said once, of all places.
fn tell(out: &mut Vec<Finding>, finding: Finding) {
    let same = out.iter_mut().find(|known| {
        known.row == finding.row
            && known.sentence == finding.sentence
            && known.remedy == finding.remedy
    });
    match same {
        Some(known) => {
            for blame in finding.blame {
                if !known.blame.contains(&blame) {
                    known.blame.push(blame);
                }
            }
        }
        None => out.push(finding),
    }
}

fn is_known_kind(document: &Document) -> bool {
    let value = document.value();
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (version, name) = (text("apiVersion"), text("kind"));
    // A document that says no kind is refused; one of a kind that is not known may be another's business.
    version.is_empty() || name.is_empty() || crate::api::Kind::find(version, name).is_some()
}

/// A kind that is no custom one, and that Kubernetes does not have in this version of its API.
fn unknown_kind(sheet: &Sheet, document: &Document) -> Option<Finding> {
    let value = document.value();
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("apiVersion"), text("kind"));
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let known = |group: &str| kind::KINDS.iter().any(|kind| kind.group == group);
    // Groups of custom resources are domain names of their owners.
    let own = !group.contains('.') || group.ends_with(".k8s.io") && known(group);
    let decoded = document.decode(Strictness::Strict);
    let error = decoded.diagnostics.into_iter().next()?;
    if !own || error.hint.is_empty() {
        return None;
    }
    let name = value.at(&["metadata", "name"]).and_then(Value::as_str);
    let object = [kind, "/", name.unwrap_or_default()].concat();
    let hint = ["; ", &error.hint].concat();
    let facts = [
        ("object", &*object),
        ("words", &error.message),
        ("hint", &hint),
    ];
    let subject = ObjectKey::new(kind::SERVICE, "", &sheet.file);
    let mut finding = Finding::new(&rows::KIND_UNKNOWN, &subject, &facts);
    finding.blame.push(Blame {
        object: subject,
        field: "kind".to_owned(),
        at: Some((sheet.file.clone(), error.span)),
    });
    if let Some(fix) = error.fix {
        let edits = fix.edits.into_iter();
        let edits = edits.map(|edit| (sheet.file.clone(), edit)).collect();
        finding.remedy = Some(edited(&fix.title, edits, String::new()));
    }
    Some(finding)
}

/// Namespaces that the texts do not make are there already.
fn settle_in(cluster: &mut Cluster, object: &Object, dry: bool) {
    let home = object.meta.namespace.as_str();
    if dry || home.is_empty() || cluster.tables().has_namespace(home) {
        return;
    }
    let meta = crate::api::ObjectMeta {
        name: home.to_owned(),
        ..Default::default()
    };
    let namespace = Object::new(kind::NAMESPACE, meta, crate::api::Map::new());
    // A name that no namespace may have is told of what is in it.
    let _ = cluster.create(namespace, None, false);
}

fn ask(cluster: &mut Cluster, mut object: Object, dry: bool) -> Result<(), Status> {
    let live = cluster.tables().get(&object.key()).cloned();
    match &live {
        None => object.meta.resource_version.clear(),
        // What the text does not say stays as it is.
        Some(live) => {
            let mut whole = live.to_value();
            overlay(&mut whole, object.to_value());
            object = Object::from_value(whole).unwrap_or(object);
        }
    }
    match (dry, live) {
        (true, _) => cluster.rehearse(object).map(drop),
        (false, None) => cluster.create(object, None, false).map(drop),
        (false, Some(_)) => Ok(()),
    }
}

/// Puts what a text says over what is there.
fn overlay(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Map(below), Value::Map(above)) => {
            for (key, value) in above {
                match below.get_mut(&key) {
                    Some(known) => overlay(known, value),
                    None => {
                        below.insert(key, value);
                    }
                }
            }
        }
        (below, above) => *below = above,
    }
}

/// What cannot even be decoded.
fn undecodable(sheet: &Sheet, document: &Document, error: &Diagnostic) -> Finding {
    let value = document.value();
    let text = |path: &[&str]| value.at(path).and_then(Value::as_str).unwrap_or_default();
    let known = crate::api::Kind::find(text(&["apiVersion"]), text(&["kind"]));
    let name = text(&["metadata", "name"]);
    let namespace = match text(&["metadata", "namespace"]) {
        "" => "default",
        other => other,
    };
    let subject = ObjectKey::new(known.unwrap_or(kind::SERVICE), namespace, name);
    let object = match name {
        "" => sheet.file.to_string(),
        _ => subject.to_string(),
    };
    let words = error.message.as_str();
    let written = sheet.text.get(error.span.start..error.span.end);
    let written = written
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default();
    let number = words.contains("cannot unmarshal number");
    let of_text =
        words.contains("of type string") && (number || words.contains("cannot unmarshal bool"));
    let service = known == Some(kind::SERVICE);
    let shape = service && words.contains("selector") && words.contains("cannot unmarshal object");
    let plain = !service && words.contains("unknown field \"spec.selector.");
    let mut finding = if shape || plain {
        let shape = if service {
            "a Service's selector is a plain mapping of labels, without matchLabels"
        } else {
            "a workload's selector has its labels under matchLabels"
        };
        Finding::new(
            &rows::SELECTOR_SHAPE,
            &subject,
            &[("object", &object), ("shape", shape)],
        )
    } else if of_text {
        let facts = [
            ("field", "a value"),
            ("object", &*object),
            ("value", written),
            ("type", if number { "a number" } else { "a truth value" }),
        ];
        Finding::new(&rows::LABEL_NOT_TEXT, &subject, &facts)
    } else {
        let facts = [("object", &*object), ("words", words)];
        Finding::new(&rows::REFUSED, &subject, &facts)
    };
    finding.blame.push(Blame {
        object: subject,
        field: String::new(),
        at: Some((sheet.file.clone(), error.span)),
    });
    if let Some(fix) = &error.fix {
        let edits = fix
            .edits
            .iter()
            .map(|edit| (sheet.file.clone(), edit.clone()));
        finding.remedy = Some(edited(&fix.title, edits.collect(), String::new()));
    }
    finding
}

/// What is refused by the API server, field by field.
fn refused(cluster: &Cluster, texts: &Sheets, object: &Object, cause: &FieldError) -> Finding {
    let key = object.key();
    let (field, detail) = (cause.field.as_str(), cause.detail.as_str());
    let written = |path: &str| -> String {
        let value = object.to_value();
        at(&value, path).map_or_else(String::new, |value| match value {
            Value::Str(text) => text.clone(),
            other => other.to_json(),
        })
    };
    let name = key.to_string();
    let value = written(field);
    let words = cause.text();
    let replace = |text: &str| {
        let edit = texts.replace(&key, field, text);
        let title = ["Change to ", text].concat();
        edited(&title, edit.into_iter().collect(), String::new())
    };
    let remove = |title: &str| {
        let edit = texts.remove(&key, field);
        edited(title, edit.into_iter().collect(), String::new())
    };
    let base = [
        ("object", &*name),
        ("words", &words),
        ("port", &value),
        ("value", &value),
    ];
    let make = |row, more: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> = base.iter().chain(more).copied().collect();
        Finding::new(row, &key, &all)
    };
    let node_port = field.ends_with(".nodePort");
    let mut finding = if field.ends_with(".targetPort")
        && value.parse::<u16>().is_ok()
        && detail.contains("letter")
    {
        make(&rows::QUOTED_PORT, &[]).with(Some(replace(&value)))
    } else if node_port && detail.contains("valid range") {
        make(&rows::NODE_PORT_RANGE, &[]).with(Some(remove("Take a free node port")))
    } else if node_port && detail.contains("already allocated") {
        let owner = holder(cluster, value.parse().unwrap_or_default());
        make(&rows::NODE_PORT_TAKEN, &[("owner", &owner)])
            .with(Some(remove("Take a free node port")))
    } else if node_port && detail.contains("may not be used") {
        make(&rows::NODE_PORT_LEFT, &[]).with(Some(remove("Remove nodePort")))
    } else if field.starts_with("spec.clusterIP") && detail.contains("may not change") {
        let live = cluster.tables().get(&key).and_then(|o| o.service());
        let old = live.map(|s| s.spec.cluster_ip.clone()).unwrap_or_default();
        let new = written("spec.clusterIP");
        make(&rows::ADDRESS_CHANGED, &[("old", &old), ("new", &new)])
    } else if field.starts_with("spec.ports[")
        && field.ends_with(".name")
        && detail.contains("Required")
    {
        unnamed(texts, object, make(&rows::PORTS_UNNAMED, &count(object)))
    } else if field == "spec.selector" && detail.contains("immutable") {
        make(&rows::SELECTOR_CHANGED, &[])
    } else if detail.contains("`selector` does not match template `labels`") {
        let selector = written("spec.selector.matchLabels");
        let labels = written("spec.template.metadata.labels");
        make(
            &rows::TEMPLATE_UNSELECTED,
            &[("selector", &selector), ("labels", &labels)],
        )
    } else if field == "spec.externalName" && value.contains([':', '/']) {
        let (_, rest) = value.split_once("://").unwrap_or(("", &value));
        let host = rest.split([':', '/']).next().unwrap_or_default();
        make(&rows::EXTERNAL_URL, &[("host", host)]).with(Some(replace(host)))
    } else {
        make(&rows::REFUSED, &[])
    };
    finding.blame.push(Blame {
        object: key.clone(),
        field: field.to_owned(),
        at: texts.at(&key, field),
    });
    finding
}

/// How many ports a Service has, as a fact.
fn count(object: &Object) -> [(&'static str, &'static str); 1] {
    let number = object.service().map_or(0, |s| s.spec.ports.len());
    let word = match number {
        2 => "2",
        3 => "3",
        4 => "4",
        _ => "several",
    };
    [("count", word)]
}

/// Names for the ports that have none.
fn unnamed(texts: &Sheets, object: &Object, finding: Finding) -> Finding {
    let Some(service) = object.service() else {
        return finding;
    };
    let mut edits = Vec::new();
    for (index, port) in service.spec.ports.iter().enumerate() {
        if port.name.is_empty() {
            let parent = ["spec.ports[", &index.to_string(), "]"].concat();
            let name = match (port.port, port.protocol()) {
                (80, "TCP") => "http".to_owned(),
                (443, "TCP") => "https".to_owned(),
                (number, protocol) => [&protocol.to_lowercase(), "-", &number.to_string()].concat(),
            };
            edits.extend(texts.add(&object.key(), (&parent, "port"), ("name", &name)));
        }
    }
    finding.with(Some(edited("Name the ports", edits, String::new())))
}

/// The Service that has a node port.
fn holder(cluster: &Cluster, port: i64) -> String {
    let mut all = cluster.tables().all(kind::SERVICE);
    let found = all.find(|object: &&Rc<Object>| {
        let ports = object.service().map(|s| s.spec.ports.as_slice());
        ports.is_some_and(|ports| ports.iter().any(|p| p.node_port == port))
    });
    found.map_or_else(
        || "another port".to_owned(),
        |object| object.key().to_string(),
    )
}

/// The value at a path like `spec.ports[0].nodePort`.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut value = value;
    for part in path.split('.') {
        let (name, index) = match part.split_once('[') {
            Some((name, rest)) => (name, rest.strip_suffix(']')),
            None => (part, None),
        };
        value = value.get(name)?;
        if let Some(index) = index {
            value = value.as_list()?.get(index.parse::<usize>().ok()?)?;
        }
    }
    Some(value)
}
