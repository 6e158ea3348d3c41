//! What holds whatever comes: any text is read without a panic, what is written reads back alike, every field of every
//! kind survives, and after any sequence of operations the cluster's books agree.

use portside::api::schema::{self, FieldType};
use portside::api::{Kind, Map, Object, ObjectKey, Value, kind};
use portside::cluster::{Cluster, Settings};
use portside::kernel::Span;
use portside::manifest::{Limits, Strictness, check, read, to_json, to_yaml};
use portside::store::Cascade;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Pieces of which manifests, and what looks like them, are made.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "apiVersion: v1\n", "kind: Service\n", "kind: List\n", "items:\n", "metadata:\n", "  name: web\n", "spec:\n", "  ports:\n",
    "  - port: 80\n", "    targetPort: http\n", "  selector: {app: web}\n", "---\n", "--- # c\n", "...\n", "- ", "  ", "\t", "\n", ": ", ":",
    "{", "}", "[", "]", ",", "\"", "'", "|\n", ">-\n", "&a ", "*a", "<<: *a\n", "? ", "!", "!!str ", "%YAML 1.1\n", "#", "~", "null", "on",
    "yes", "0x1F", "010", "1e3", ".inf", "2020-01-01", "é", "\u{a0}", "\u{feff}", "\u{2028}", "\0", "\u{7}", "{{ .Values.x }}", "“x”", "–",
    "apiVersion: apps/v1\n", "kind: Deployment\n", "replicas: 3\n", "{\"kind\": \"Pod\"}", "data: {a: b}\n", "name: a\n", "  name: b\n",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "[ -~]{0,6}",
        1 => "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A value that a manifest may hold.
fn value() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        prop::sample::select(PIECES).prop_map(str::to_owned),
        "[ -~]{0,12}",
        "\\PC{0,5}",
    ];
    let leaf = prop_oneof![
        Just(Value::Bool(true)),
        any::<i64>().prop_map(Value::Int),
        word.clone().prop_map(Value::Str),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map(word.clone(), inner, 0..4)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

fn first(text: &str) -> Option<Value> {
    let parsed = read(text, &Limits::FILE);
    parsed.documents.into_iter().next().map(|d| d.value())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases_of(200), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_checked_and_decoded(text in text()) {
        let parsed = read(&text, &Limits::PASTED);
        for document in &parsed.documents {
            for strictness in [Strictness::Strict, Strictness::Warn, Strictness::Ignore] {
                let decoded = document.decode(strictness);
                prop_assert!(decoded.object.is_some() || decoded.refusal.is_some());
            }
        }
        for diagnostic in check(&text) {
            let span = diagnostic.span;
            prop_assert!(span.start <= span.end && span.end <= text.len(), "{span:?}");
            prop_assert!(span.line >= 1 && span.column >= 1, "{span:?}");
            if let Some(fix) = diagnostic.fix {
                let _ = fix.apply(&text);
            }
        }
    }

    #[test]
    fn what_is_written_reads_back_alike(value in value()) {
        // A document that is a mapping, as manifests are.
        let whole = Value::Map([("a".to_owned(), value)].into_iter().collect());
        prop_assert_eq!(first(&to_yaml(&whole)), Some(whole.clone()), "{}", to_yaml(&whole));
        prop_assert_eq!(first(&to_json(&whole)), Some(whole.clone()), "{}", to_json(&whole));
    }
}

/// A value of a type with each of its fields, as deep as it is worth.
fn sample(type_: FieldType, depth: usize) -> Value {
    match type_ {
        FieldType::Text => Value::from("on"),
        FieldType::Int => Value::Int(7),
        FieldType::Bool => Value::Bool(true),
        FieldType::Time => Value::from("2026-11-22T23:02:34Z"),
        FieldType::Any => Value::from("8080"),
        FieldType::List(item) => Value::List(vec![sample(schema::parse(item), depth)]),
        FieldType::Map(item) => {
            let entry = ("010".to_owned(), sample(schema::parse(item), depth));
            Value::Map([entry].into_iter().collect())
        }
        FieldType::Struct(name) => Value::Map(sample_fields(name, depth)),
    }
}

fn sample_fields(type_name: &str, depth: usize) -> Map {
    let Some(depth) = depth.checked_sub(1) else {
        return Map::default();
    };
    schema::fields(type_name)
        .map(|field| (field.name.to_owned(), sample(field.type_, depth)))
        .collect()
}

#[test]
fn every_field_of_every_kind_survives() {
    for kind in kind::KINDS {
        let type_name = schema::type_of(kind).unwrap();
        let mut fields = sample_fields(type_name, 9);
        fields.insert("apiVersion".to_owned(), Value::Str(kind.api_version()));
        fields.insert("kind".to_owned(), Value::from(kind.name));
        let whole = Value::Map(fields);
        let object = Object::from_value(whole.clone()).unwrap();
        assert_eq!(
            to_yaml(&object.to_value()),
            to_yaml(&whole),
            "{}",
            kind.name
        );
        assert_eq!(first(&to_yaml(&whole)), Some(whole), "{}", kind.name);
    }
}

/// One thing that somebody does.
#[derive(Clone, Debug)]
enum Deed {
    Service(u8, u8, &'static str, Option<u16>),
    Deployment(u8, u8),
    Delete(u8, u8, Cascade),
    Wait(u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    let types = prop::sample::select(vec!["ClusterIP", "NodePort", "LoadBalancer", "None"]);
    let cascades = prop::sample::select(vec![
        Cascade::Background,
        Cascade::Foreground,
        Cascade::Orphan,
    ]);
    prop_oneof![
        3 => (0..4u8, 0..3u8, types, prop::option::of(30_000..30_003u16))
            .prop_map(|(name, app, type_, port)| Deed::Service(name, app, type_, port)),
        3 => (0..3u8, 0..4u8).prop_map(|(app, replicas)| Deed::Deployment(app, replicas)),
        2 => (0..4u8, 0..2u8, cascades).prop_map(|(name, which, how)| Deed::Delete(name, which, how)),
        2 => (0..8u8).prop_map(Deed::Wait),
    ]
}

fn put(cluster: &mut Cluster, text: &str) {
    let document = read(text, &Limits::PASTED).documents.into_iter().next();
    let mut object = document.unwrap().decode(Strictness::Strict).object.unwrap();
    object.meta.namespace = "default".to_owned();
    let known = cluster.tables().get(&object.key()).is_some();
    // A refusal is an answer too.
    let _ = if known {
        cluster.update(object, None, false)
    } else {
        cluster.create(object, None, false)
    };
}

fn act(cluster: &mut Cluster, deed: &Deed) {
    match deed {
        Deed::Service(name, app, type_, port) => {
            let head = if *type_ == "None" {
                "clusterIP: None".to_owned()
            } else {
                format!("type: {type_}")
            };
            let port = port.filter(|_| ["NodePort", "LoadBalancer"].contains(type_));
            let port = port.map_or(String::new(), |port| format!(", nodePort: {port}"));
            put(
                cluster,
                &format!(
                    "apiVersion: v1\nkind: Service\nmetadata: {{name: s{name}}}\nspec: {{{head}, selector: {{app: a{app}}}, ports: [{{port: 80{port}}}]}}\n"
                ),
            );
        }
        Deed::Deployment(app, replicas) => put(
            cluster,
            &format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{app}}}\nspec: {{replicas: {replicas}, selector: {{matchLabels: {{app: a{app}}}}}, template: {{metadata: {{labels: {{app: a{app}}}}}, spec: {{containers: [{{name: c, image: nginx}}]}}}}}}\n"
            ),
        ),
        Deed::Delete(name, which, how) => {
            let (kind, prefix) =
                [(kind::SERVICE, "s"), (kind::DEPLOYMENT, "d")][usize::from(*which)];
            let key = ObjectKey::new(kind, "default", &format!("{prefix}{name}"));
            let _ = cluster.delete_as(&key, None, *how);
        }
        Deed::Wait(seconds) => cluster.advance(Span::secs(u64::from(*seconds))),
    }
}

/// What must be true of a cluster at any time.
fn books_agree(cluster: &Cluster) -> Result<(), TestCaseError> {
    let tables = cluster.tables();
    let (mut addresses, mut ports) = (BTreeSet::new(), BTreeMap::new());
    for object in tables.all(kind::SERVICE) {
        let spec = &object.service().unwrap().spec;
        for address in spec.addresses() {
            prop_assert!(addresses.insert(address), "{address} twice");
            let name = address.to_string();
            prop_assert!(tables.find(kind::IP_ADDRESS, "", &name).is_some(), "{name}");
        }
        for port in spec.ports.iter().map(|p| p.node_port).filter(|n| *n != 0) {
            let owner = ports.insert(port, object.key());
            prop_assert!(
                owner.is_none_or(|owner| owner == object.key()),
                "{port} twice"
            );
        }
    }
    Ok(())
}

/// Once the garbage collector is through, whoever is owned has an owner that lives.
fn every_owner_lives(cluster: &Cluster) -> Result<(), TestCaseError> {
    let tables = cluster.tables();
    for kind in kind::KINDS {
        for object in tables.all(kind) {
            for owner in &object.meta.owner_references {
                let kind = Kind::find(&owner.api_version, &owner.kind).unwrap();
                let namespace = match kind.namespaced {
                    true => object.meta.namespace.as_str(),
                    false => "",
                };
                let found = tables.find(kind, namespace, &owner.name);
                let lives = found.is_some_and(|found| found.meta.uid == owner.uid);
                prop_assert!(lives, "{}", object.key());
            }
        }
    }
    Ok(())
}

/// The ready addresses of a Service, as its definition has them: the ready Pods that its selector selects.
fn endpoints_by_definition(cluster: &Cluster, service: &Object) -> BTreeSet<String> {
    let spec = &service.service().unwrap().spec;
    cluster
        .tables()
        .in_namespace(kind::POD, &service.meta.namespace)
        .filter(|pod| {
            spec.selector
                .iter()
                .all(|(k, v)| pod.meta.labels.get(k) == Some(v))
        })
        .filter(|pod| !pod.meta.is_terminating() && pod.pod().unwrap().is_ready())
        .map(|pod| pod.pod().unwrap().status.pod_ip.clone())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases_of(24), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_leaves_the_cluster_as_it_was_or_better(text in text()) {
        let mut cluster = Cluster::new(&Settings::default());
        let before = cluster.tables().revision;
        for document in read(&text, &Limits::PASTED).documents {
            if let Some(object) = document.decode(Strictness::Ignore).object {
                let _ = cluster.create(object.clone(), None, true);
                prop_assert_eq!(cluster.tables().revision, before);
                let _ = cluster.create(object, None, false);
            }
        }
        cluster.advance(Span::secs(2));
        books_agree(&cluster)?;
    }

    #[test]
    fn after_any_deeds_the_books_agree(deeds in prop::collection::vec(deed(), 1..14)) {
        let mut cluster = Cluster::new(&Settings::default());
        let mut twin = Cluster::new(&Settings::default());
        let mut revision = 0;
        for deed in &deeds {
            act(&mut cluster, deed);
            act(&mut twin, deed);
            prop_assert!(cluster.tables().revision >= revision, "resource versions grow");
            revision = cluster.tables().revision;
            books_agree(&cluster)?;
        }
        cluster.settle(Span::secs(90));
        twin.settle(Span::secs(90));
        books_agree(&cluster)?;
        every_owner_lives(&cluster)?;
        for service in cluster.tables().all(kind::SERVICE).filter(|s| !s.service().unwrap().spec.selector.is_empty()) {
            let slices = cluster.tables().slices_of(&service.meta.namespace, &service.meta.name);
            let endpoints = slices.iter().flat_map(|slice| slice.slice().unwrap().endpoints());
            let ready = endpoints.filter(|e| e.conditions.is_ready()).flat_map(|e| e.addresses.clone());
            prop_assert_eq!(ready.collect::<BTreeSet<_>>(), endpoints_by_definition(&cluster, service), "{}", service.key());
        }
        let log = |cluster: &Cluster| -> Vec<String> {
            cluster.events_since(portside::kernel::Seq(0)).map(|event| event.to_json()).collect()
        };
        prop_assert_eq!(log(&cluster), log(&twin));
    }
}
