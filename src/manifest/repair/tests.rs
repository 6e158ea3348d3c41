//! What is repaired, what is left alone, and that nothing is ever read as something else.

use super::*;
use crate::api::Map;
use crate::api::kind::KINDS;
use crate::api::schema::{self, FieldType};
use crate::manifest::go_type::{Meaning, meaning};
use crate::manifest::to_yaml;

const BOOK: &str = "apiVersion: v1\nkind: Service\nmetadata:\nlabels:\napp: redis\nname: redis\nspec:\nports:\nport: 6379\nprotocol: TCP\ntargetPort: 6379\nselector:\napp: redis\n";

fn fixed(text: &str) -> String {
    match repair(text) {
        Repair::Fixed { text, .. } => text,
        other => format!("{other:?}"),
    }
}

#[test]
fn the_books_service_gets_its_shape_back() {
    assert_eq!(
        fixed(BOOK),
        "apiVersion: v1\nkind: Service\nmetadata:\n  labels:\n    app: redis\n  name: redis\nspec:\n  ports:\n  - port: 6379\n    protocol: TCP\n    targetPort: 6379\n  selector:\n    app: redis\n"
    );
}

#[test]
fn a_deployment_and_a_second_document_are_rebuilt_too() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\nname: web\nspec:\nreplicas: 2\nselector:\nmatchLabels:\napp: web\ntemplate:\nmetadata:\nlabels:\napp: web\nspec:\ncontainers:\nname: web\nimage: nginx\nports:\ncontainerPort: 80\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: demo\n";
    let out = fixed(text);
    assert!(out.contains("      containers:\n      - name: web\n        image: nginx\n        ports:\n        - containerPort: 80\n---\n"), "{out}");
    assert!(out.ends_with("metadata:\n  name: demo\n"));
}

#[test]
fn valid_text_is_never_touched() {
    assert_eq!(
        repair("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: demo\n"),
        Repair::NotNeeded
    );
}

#[test]
fn several_readings_change_nothing_and_say_why() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\nname: web\nspec:\nports:\nport: 80\nselector:\napp: web\ntype: NodePort\n";
    let Repair::Ambiguous { why, span } = repair(text) else {
        panic!("{:?}", repair(text))
    };
    assert_eq!(span.line, 10);
    assert!(why.contains("type"), "{why}");
}

#[test]
fn two_ports_are_two_items_because_a_key_repeats() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\nname: web\nspec:\nselector:\napp: web\nports:\nname: http\nport: 80\nname: https\nport: 443\n";
    assert!(
        fixed(text)
            .contains("  ports:\n  - name: http\n    port: 80\n  - name: https\n    port: 443\n"),
        "{}",
        fixed(text)
    );
}

#[test]
fn a_valid_document_beside_a_broken_one_is_not_touched() {
    let valid =
        "apiVersion: v1\nkind: Namespace\nmetadata:\n    name: demo  # as \u{2013} it is\r\n---\n";
    let out = fixed(&format!("{valid}{BOOK}"));
    assert!(out.starts_with(valid), "{out}");
}

#[test]
fn kept_dashes_say_where_items_begin() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\nname: web\nspec:\nports:\n- port: 80\n- name: b\nport: 81\n";
    let ports = "  ports:\n  - port: 80\n  - name: b\n    port: 81\n";
    assert!(fixed(text).ends_with(ports), "{}", fixed(text));
}

#[test]
fn items_may_begin_anywhere_when_dashes_are_lost() {
    let text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\nname: x\nspec:\npodSelector: {}\ningress:\nfrom:\npodSelector: {}\nports:\nport: 80\n";
    assert!(
        matches!(repair(text), Repair::Ambiguous { .. }),
        "{:?}",
        repair(text)
    );
}

#[test]
fn a_dash_before_a_comment_is_that_of_the_next_line() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\nname: web\nspec:\nports:\n- # the first\nport: 80\n";
    let ports = "  ports:\n  # the first\n  - port: 80\n";
    assert!(fixed(text).ends_with(ports), "{}", fixed(text));
}

#[test]
fn typographic_quotes_and_dashes_are_put_right_with_the_rest() {
    let text = "apiVersion: v1\nkind: Service\nmetadata:\nname: \u{201c}web\u{201d}\nspec:\nports:\n\u{2013} port: 80\n";
    assert!(
        fixed(text).ends_with("  name: \"web\"\nspec:\n  ports:\n  - port: 80\n"),
        "{}",
        fixed(text)
    );
}

#[test]
fn a_block_of_text_keeps_its_lines() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\nname: x\ndata:\na: |\none: 1\n";
    assert!(
        fixed(text).ends_with("data:\n  a: |\n    one: 1\n"),
        "{}",
        fixed(text)
    );
    let open = format!("{text}two: b\n");
    assert!(matches!(repair(&open), Repair::Ambiguous { .. }));
}

#[test]
fn a_kind_that_is_not_known_is_left_alone() {
    let text = "apiVersion: a.example/v1\nkind: Thing\nmetadata:\n  name: x\n";
    assert_eq!(repair(text), Repair::NotNeeded);
}

/// Random objects, valid by the schema: whatever it names can occur.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    fn word(&mut self) -> String {
        ["web", "app", "name", "a", "port", "v1", "x-y"][self.below(7)].to_owned()
    }

    fn fields(&mut self, type_name: &str, depth: usize) -> Map {
        let mut map = Map::new();
        for field in schema::fields(type_name) {
            let own = ["apiVersion", "kind", "status", "managedFields"].contains(&field.name);
            let needed = field.required || (field.name == "image" && type_name == "V1Container");
            if own || (!needed && (depth == 0 || self.below(6) > 0)) {
                continue;
            }
            let meaning = meaning(type_name, field.name);
            if let Some(value) = self.value(field.type_, meaning, depth.saturating_sub(1)) {
                map.insert(field.name.to_owned(), value);
            }
        }
        map
    }

    fn value(&mut self, type_: FieldType, meaning: Option<Meaning>, depth: usize) -> Option<Value> {
        Some(match type_ {
            FieldType::Text if meaning == Some(Meaning::Quantity) => "64Mi".into(),
            FieldType::Text if meaning.is_some() => "aGk=".into(),
            FieldType::Text => self.word().into(),
            FieldType::Int => Value::Int(self.below(9) as i64),
            FieldType::Bool => (self.below(2) == 0).into(),
            FieldType::Time => "2026-11-22T23:02:34Z".into(),
            FieldType::Any => Value::Int(80),
            FieldType::List(item) => {
                let count = 1 + self.below(2);
                let items =
                    (0..count).filter_map(|_| self.value(schema::parse(item), meaning, depth));
                let items: Vec<Value> = items.collect();
                return (!items.is_empty()).then_some(items.into());
            }
            FieldType::Map(item) => {
                let count = 1 + self.below(2);
                let mut map = Map::new();
                for _ in 0..count {
                    let key = self.word();
                    map.insert(key, self.value(schema::parse(item), meaning, depth)?);
                }
                map.into()
            }
            FieldType::Struct(name) => {
                let map = self.fields(name, depth);
                return (!map.is_empty()).then_some(map.into());
            }
        })
    }

    fn manifest(&mut self) -> String {
        let kind = KINDS[self.below(KINDS.len())];
        let mut map = self.fields(schema::type_of(kind).unwrap(), 5);
        let mut meta = self.fields("V1ObjectMeta", 2);
        meta.insert("name".to_owned(), "web".into());
        map.insert("metadata".to_owned(), meta.into());
        map.insert("kind".to_owned(), kind.name.into());
        map.insert("apiVersion".to_owned(), kind.api_version().into());
        to_yaml(&map.into())
    }
}

/// What a book or a web page does to a line.
fn damage(line: &str, how: usize) -> String {
    let flat = line.trim_start();
    match how {
        0 => flat.strip_prefix("- ").unwrap_or(flat).to_owned(),
        1 => flat.to_owned(),
        2 => line.replacen("- ", "  ", 1),
        _ => line.chars().skip(2).collect(),
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 400, ..Default::default() })]

    #[test]
    fn any_text_is_survived(text in "([a-z]{1,4}: |- |  |\n|\\PC|[{}\\[\\]\"'|>&*!%@`#,\t-]){0,120}") {
        let _ = repair(&text);
        let _ = crate::manifest::check(&text);
    }

    #[test]
    fn a_damaged_manifest_is_read_as_what_it_was_or_not_at_all(seed in 0u64..1 << 40, how in 0usize..4) {
        let text = Random(seed).manifest();
        if repair(&text) == Repair::NotNeeded && is_valid(&text) {
            let damaged: String = text.lines().map(|line| damage(line, how) + "\n").collect();
            let value = |t: &str| read(t, &Limits::PASTED).documents.first().map(Document::value);
            if let Repair::Fixed { text: out, .. } = repair(&damaged) {
                proptest::prop_assert_eq!(value(&out), value(&text), "{}", damaged);
            }
        }
    }
}
