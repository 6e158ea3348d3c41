//! The field schema: every field name and type of the kinds that Portside knows.
//!
//! It drives strict decoding, "did you mean", repair of flattened manifests, completion and `kubectl explain`. The data
//! is `fields.txt`, generated from the Kubernetes v1.36 `OpenAPI` document.

use super::KindRef;
use crate::kernel::BTreeMap;

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// `true` or `false`.
    Bool,
    /// A time, as text.
    Time,
    /// Anything.
    Any,
    /// A list; the item's type as the table writes it.
    List(&'static str),
    /// A map from text; the value's type as the table writes it.
    Map(&'static str),
    /// A struct of that name.
    Struct(&'static str),
}

/// One field of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub type_: FieldType,
    /// Whether it must be given.
    pub required: bool,
}

#[derive(Debug, Default)]
struct Schema {
    kinds: BTreeMap<&'static str, &'static str>,
    types: BTreeMap<&'static str, &'static str>,
}

fn schema() -> &'static Schema {
    thread_local! {
        // Read once, and there as long as the program runs.
        static SCHEMA: &'static Schema = Box::leak(Box::new(read()));
    }
    SCHEMA.with(|schema| *schema)
}

fn read() -> Schema {
    let mut schema = Schema::default();
    for line in include_str!("fields.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let (head, rest) = line.split_once(' ').unwrap_or((line, ""));
        if head == "kind" {
            let (kind, name) = rest.split_once(' ').unwrap_or((rest, ""));
            schema.kinds.insert(kind, name);
        } else {
            schema.types.insert(head, rest);
        }
    }
    schema
}

/// The type of a kind's objects.
pub fn type_of(kind: KindRef) -> Option<&'static str> {
    type_named(&format!("{}/{}", kind.api_version(), kind.name))
}

/// The type behind `apps/v1/Deployment`.
pub fn type_named(api_version_and_kind: &str) -> Option<&'static str> {
    schema().kinds.get(api_version_and_kind).copied()
}

/// A type in the words of `kubectl explain`.
pub fn type_text(type_: FieldType) -> String {
    match type_ {
        FieldType::Text | FieldType::Time => "string".to_owned(),
        FieldType::Int => "integer".to_owned(),
        FieldType::Bool => "boolean".to_owned(),
        FieldType::Any => "Object".to_owned(),
        FieldType::List(item) => format!("[]{}", type_text(parse(item))),
        FieldType::Map(item) => format!("map[string]{}", type_text(parse(item))),
        FieldType::Struct(name) => go_name(name).to_owned(),
    }
}

/// The kinds and their API versions, `apps/v1/Deployment`.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    schema().kinds.keys().copied()
}

/// The fields of a type, sorted by name.
pub fn fields(type_name: &str) -> impl Iterator<Item = FieldInfo> {
    schema()
        .types
        .get(type_name)
        .copied()
        .unwrap_or_default()
        .split(' ')
        .filter_map(|text| {
            let (name, type_) = text.split_once(':')?;
            let required = type_.starts_with('!');
            Some(FieldInfo {
                name,
                type_: parse(type_.trim_start_matches('!')),
                required,
            })
        })
}

/// One field of a type.
pub fn field(type_name: &str, name: &str) -> Option<FieldInfo> {
    fields(type_name).find(|field| field.name == name)
}

/// Reads a type as the table writes it.
pub fn parse(text: &'static str) -> FieldType {
    let inner =
        |open: char, close: char| text.strip_prefix(open).and_then(|t| t.strip_suffix(close));
    match text {
        "s" => FieldType::Text,
        "i" => FieldType::Int,
        "b" => FieldType::Bool,
        "d" => FieldType::Time,
        "o" => FieldType::Any,
        _ => match (inner('[', ']'), inner('{', '}')) {
            (Some(item), _) => FieldType::List(item),
            (None, Some(value)) => FieldType::Map(value),
            (None, None) => FieldType::Struct(text),
        },
    }
}

/// The name of the Go struct behind a type: `ServicePort` for `V1ServicePort`.
pub fn go_name(type_name: &str) -> &str {
    let prefixes = ["CoreV1", "DiscoveryV1", "RbacV1", "EventsV1", "V1", "V2"];
    prefixes
        .iter()
        .find_map(|prefix| type_name.strip_prefix(prefix))
        .unwrap_or(type_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::kind;

    #[test]
    fn fields_have_their_types() {
        assert_eq!(type_of(kind::SERVICE), Some("V1Service"));
        assert_eq!(
            field("V1ServiceSpec", "ports").map(|f| f.type_),
            Some(FieldType::List("V1ServicePort"))
        );
        assert_eq!(
            field("V1ServicePort", "port").map(|f| f.required),
            Some(true)
        );
        assert_eq!(field("V1ServiceSpec", "matchLabels"), None);
    }

    #[test]
    fn every_kind_has_a_type() {
        let missing: Vec<_> = kind::KINDS
            .iter()
            .filter(|k| type_of(k).is_none())
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
