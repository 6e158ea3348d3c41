//! Objects made from flags: stored, or printed as kubectl's own types would be.

use super::apply;
use super::args::Args;
use super::change::DryRun;
use super::output::{self, Form};
use super::{fail, merge, patch, resource};
use crate::api::{KindRef, Map, Object, ObjectMeta, StringMap, Value, kind};
use crate::kernel::{push_hex, sha256};
use crate::manifest::{Document, Limits, read};
use crate::shell::context::{Context, Outcome};

/// A label selector of `a=b,c==d`.
pub(super) fn match_labels(text: &str) -> Value {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let label = |(key, value): (&str, &str)| (key.to_owned(), value.trim_start_matches('=').into());
    map([("matchLabels", Value::Map(pairs.map(label).collect()))])
}

/// A mapping from pairs.
pub(super) fn map<const N: usize>(pairs: [(&str, Value); N]) -> Value {
    Value::Map(
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

/// An object in the making.
#[derive(Clone, Debug)]
pub(super) struct Made {
    kind: KindRef,
    name: String,
    labels: StringMap,
    annotations: StringMap,
    owner: Option<Value>,
    fields: Map,
}

impl Made {
    /// Nothing but a kind and a name.
    pub(super) fn new(kind: KindRef, name: &str) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            labels: StringMap::new(),
            annotations: StringMap::new(),
            owner: None,
            fields: Map::new(),
        }
    }

    /// With one label more.
    pub(super) fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// With the digest of what it holds at the end of its name, as `--append-hash` has it.
    pub(super) fn hashed(mut self) -> Self {
        let mut told = Map::from([
            ("kind".to_owned(), Value::from(self.kind.name)),
            ("name".to_owned(), Value::from(self.name.as_str())),
            (
                "data".to_owned(),
                self.fields.get("data").cloned().unwrap_or_default(),
            ),
        ]);
        if self.kind == kind::SECRET {
            let type_ = self.fields.get("type").cloned();
            told.insert("type".to_owned(), type_.unwrap_or_else(|| Value::from("")));
        }
        let digest = sha256(&Value::Map(told).to_json());
        let mut hex = String::new();
        let head = digest.first_chunk::<8>().copied().unwrap_or_default();
        push_hex(&mut hex, u64::from_be_bytes(head));
        // No letters and digits that make words.
        let harmless = |c: char| match c {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            other => other,
        };
        self.name.push('-');
        self.name.extend(hex.chars().take(10).map(harmless));
        self
    }

    /// With these labels.
    pub(super) fn labels(mut self, labels: StringMap) -> Self {
        self.labels = labels;
        self
    }

    /// With these annotations.
    pub(super) fn annotations(mut self, annotations: StringMap) -> Self {
        self.annotations = annotations;
        self
    }

    /// Owned by another object.
    pub(super) fn owner(mut self, reference: Value) -> Self {
        self.owner = Some(reference);
        self
    }

    /// With one field more.
    pub(super) fn field(mut self, key: &str, value: Value) -> Self {
        self.fields.insert(key.to_owned(), value);
        self
    }

    /// The object, in a namespace if its kind lives in one.
    pub(super) fn object(self, namespace: &str) -> Object {
        let meta = ObjectMeta {
            name: self.name,
            namespace: if self.kind.namespaced {
                namespace.to_owned()
            } else {
                String::new()
            },
            labels: self.labels,
            annotations: self.annotations,
            ..Default::default()
        };
        Object::new(self.kind, meta, self.fields)
    }

    /// The document that kubectl prints without asking the server: Go's types leave some empty fields standing.
    fn document(&self, namespace: Option<&str>) -> Value {
        let strings = |map: &StringMap| {
            Value::Map(
                map.iter()
                    .map(|(k, v)| (k.clone(), Value::from(v.as_str())))
                    .collect(),
            )
        };
        let mut meta = Map::from([("name".to_owned(), Value::from(self.name.as_str()))]);
        for (key, map) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            if !map.is_empty() {
                meta.insert(key.to_owned(), strings(map));
            }
        }
        if let Some(owner) = &self.owner {
            let owners = Value::List(vec![owner.clone()]);
            meta.insert("ownerReferences".to_owned(), owners);
        }
        if let Some(namespace) = namespace.filter(|_| self.kind.namespaced) {
            meta.insert("namespace".to_owned(), Value::from(namespace));
        }
        let mut map_ = self.fields.clone();
        complete(self.kind, &mut map_);
        map_.insert("apiVersion".to_owned(), Value::Str(self.kind.api_version()));
        map_.insert("kind".to_owned(), Value::from(self.kind.name));
        map_.insert("metadata".to_owned(), Value::Map(meta));
        Value::Map(map_)
    }
}

/// Fields in the order in which Go's types declare them, which is how kubectl prints what no server has seen as JSON.
const DECLARED: &str = "kind apiVersion apiGroup metadata name namespace labels annotations ownerReferences \
    immutable data stringData image command args workingDir hostPort containerPort protocol ports envFrom env value \
    globalDefault description preemptionPolicy verbs apiGroups schedule jobTemplate limits requests resources \
    resourceNames nonResourceURLs minAvailable replicas selector clusterIP type externalIPs sessionAffinity \
    loadBalancerIP externalName port targetPort nodePort template strategy \
    volumes initContainers containers restartPolicy nodeName maxUnavailable ingressClassName defaultBackend tls \
    hosts secretName subjects rules host http path pathType backend service number roleRef aggregationRule hard \
    scopes imagePullPolicy securityContext stdin stdinOnce tty spec disruptionsAllowed currentHealthy \
    desiredHealthy expectedPods status";

/// What holds pairs of a reader's own, which are sorted.
const PAIRS: &str = "labels annotations matchLabels selector data hard limits requests";

fn as_declared(under: &str, fields: &mut Vec<(&String, &Value)>) {
    if PAIRS.split(' ').any(|key| key == under) {
        return;
    }
    output::as_declared(DECLARED, fields);
}

/// Notes in a document's annotations what it is, as `--save-config` has it.
fn remember(document: &mut Value) {
    let text = compact_json(document, "") + "\n";
    let meta = document
        .as_map_mut()
        .and_then(|map| map.get_mut("metadata"));
    if let Some(meta) = meta.and_then(Value::as_map_mut) {
        let annotations = meta.entry("annotations".to_owned());
        let annotations = annotations.or_insert_with(|| map([]));
        if let Some(annotations) = annotations.as_map_mut() {
            annotations.insert(apply::LAST_APPLIED.to_owned(), Value::Str(text));
        }
    }
}

/// JSON on one line, its fields in the order of Go's types.
fn compact_json(value: &Value, under: &str) -> String {
    match value {
        Value::Map(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            as_declared(under, &mut fields);
            let one = |(key, value): (&String, &Value)| {
                format!("{}:{}", quoted(key), compact_json(value, key))
            };
            let all: Vec<String> = fields.into_iter().map(one).collect();
            format!("{{{}}}", all.join(","))
        }
        Value::List(items) => {
            let all: Vec<String> = items.iter().map(|item| compact_json(item, under)).collect();
            format!("[{}]", all.join(","))
        }
        other => other.to_json(),
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_json()
}

/// Adds the empty fields that Go's types print.
fn complete(kind: KindRef, fields: &mut Map) {
    let status = match kind.name {
        "Service" | "Ingress" => Some(map([("loadBalancer", map([]))])),
        "Pod" | "Deployment" | "Namespace" | "Job" | "CronJob" | "ResourceQuota" => Some(map([])),
        "PodDisruptionBudget" => Some(map([
            ("currentHealthy", Value::Int(0)),
            ("desiredHealthy", Value::Int(0)),
            ("disruptionsAllowed", Value::Int(0)),
            ("expectedPods", Value::Int(0)),
        ])),
        _ => None,
    };
    if let Some(status) = status {
        fields.insert("status".to_owned(), status);
    }
    if kind == kind::NAMESPACE {
        fields.insert("spec".to_owned(), map([]));
    }
    if let Some(spec) = fields.get_mut("spec").and_then(Value::as_map_mut) {
        if kind == kind::DEPLOYMENT {
            spec.insert("strategy".to_owned(), map([]));
        }
        resources(spec);
    }
}

/// Each container has a field `resources`, wherever containers stand.
fn resources(fields: &mut Map) {
    for (key, value) in fields.iter_mut() {
        match value {
            Value::List(items) if key == "containers" => {
                for container in items.iter_mut().filter_map(Value::as_map_mut) {
                    container
                        .entry("resources".to_owned())
                        .or_insert_with(|| map([]));
                }
            }
            Value::Map(inner) => resources(inner),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Str(_)
            | Value::List(_) => {}
        }
    }
}

/// What was made with what `--overrides` says: a patch of the type that `--override-type` names.
pub(super) fn overridden(args: &Args, mut made: Made) -> Result<Made, String> {
    let Some(text) = args.get("overrides").filter(|text| !text.is_empty()) else {
        return Ok(made);
    };
    let texts = |map: &StringMap| {
        let pair = |(k, v): (&String, &String)| (k.clone(), Value::from(v.as_str()));
        Value::Map(map.iter().map(pair).collect())
    };
    let (labels, annotations) = (texts(&made.labels), texts(&made.annotations));
    let meta = map([
        ("annotations", annotations),
        ("labels", labels),
        ("name", Value::from(made.name.as_str())),
    ]);
    let mut whole = made.fields.clone();
    whole.insert("metadata".to_owned(), meta);
    let whole = Value::Map(whole);
    let parsed = read(text, &Limits::PASTED);
    let parsed = parsed.documents.first().map(Document::value);
    let patched = match (args.get("override-type").unwrap_or("merge"), parsed) {
        ("json", Some(Value::List(steps))) => patch::apply_steps(whole, &steps)?,
        ("merge", Some(Value::Map(patch))) => patch::merge_patch(&whole, &patch),
        ("strategic", Some(patch @ Value::Map(_))) => merge::strategic(&patch, &whole),
        ("json" | "merge" | "strategic", _) => return Err("Invalid JSON Patch".to_owned()),
        (other, _) => return Err(format!("invalid override type: {other}")),
    };
    let back = |field: &str| {
        let found = patched.at(&["metadata", field]).and_then(Value::as_map);
        let pairs = found.into_iter().flat_map(|map| map.iter());
        let pairs = pairs.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned())));
        pairs.collect::<StringMap>()
    };
    made.labels = back("labels");
    made.annotations = back("annotations");
    made.fields = patched.as_map().cloned().unwrap_or_default();
    for own in ["apiVersion", "kind", "metadata", "status"] {
        made.fields.remove(own);
    }
    Ok(made)
}

/// Stores what a generator made, or prints it; `what` is its name in errors, empty where the API's own words stand.
pub(super) fn store(context: &mut Context<'_>, args: &Args, made: Made, what: &str) -> Outcome {
    told(context, args, made, what, "created")
}

/// The same with another word for what was done.
pub(super) fn told(
    context: &mut Context<'_>,
    args: &Args,
    made: Made,
    what: &str,
    word: &str,
) -> Outcome {
    let read = DryRun::of(args).and_then(|dry| Ok((dry, output::form(context, args, false)?)));
    let (dry, form) = match read {
        Ok(read) => read,
        Err(why) => return fail(context, &why),
    };
    let said = format!("{word}{}", dry.suffix());
    let label = format!("{}/{}", made.kind.prefix(), made.name);
    if dry == DryRun::Client {
        let printed = match form {
            Form::Words => {
                context.out.line(&format!("{label} {said}"));
                Ok(())
            }
            Form::Name => {
                context.out.line(&label);
                Ok(())
            }
            form => {
                let mut document = made.document(args.get("namespace"));
                if args.is("save-config") && args.verb.starts_with("create") {
                    remember(&mut document);
                }
                output::typed(context, args, &form, &document, &as_declared)
            }
        };
        return match printed {
            Ok(()) => Outcome::Exit(0),
            Err(why) => fail(context, &why),
        };
    }
    let namespace = resource::namespace(context, args);
    let mut object = made.object(&namespace);
    if args.is("save-config") {
        let remembered = apply::remembered(&object.to_value());
        object
            .meta
            .annotations
            .insert(apply::LAST_APPLIED.to_owned(), remembered);
    }
    match context
        .world
        .cluster
        .create(object, None, dry == DryRun::Server)
    {
        Ok(stored) => match output::said(context, args, &stored, &said) {
            Ok(()) => Outcome::Exit(0),
            Err(why) => fail(context, &why),
        },
        Err(status) if what.is_empty() => {
            context.out.error(&resource::refusal(&status, None));
            Outcome::Exit(1)
        }
        // Of secrets alone kubectl says it without a colon.
        Err(status) => {
            let colon = if what == "secret" { "" } else { ":" };
            let why = format!("failed to create {what}{colon} {}", status.message);
            fail(context, &why)
        }
    }
}
