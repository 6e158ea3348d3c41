//! An open collection of a flattened manifest: what it takes, and whether it may be left.

use crate::api::Value;
use crate::api::schema::{self, FieldType};
use crate::kernel::BTreeSet;
use crate::manifest::go_type::{Meaning, meaning};
use crate::manifest::scalar::resolve;
use crate::manifest::text_form;

/// What an open collection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A struct of this type.
    Struct(&'static str),
    /// A map with values of this type.
    Map(&'static str),
    /// A list with items of this type.
    List(&'static str),
}

/// An open collection.
#[derive(Clone, Debug)]
pub(super) struct Level {
    pub(super) shape: Shape,
    /// The path, for messages.
    pub(super) path: String,
    /// Its keys; of a list, those of its last item.
    pub(super) keys: BTreeSet<String>,
    /// The indentation of its first key.
    pub(super) indent: Option<usize>,
    /// How deep its keys stand in the rebuilt text, in blanks.
    pub(super) depth: usize,
    pub(super) empty: bool,
    /// What texts directly in it mean.
    meaning: Option<Meaning>,
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) type_: FieldType,
    pub(super) meaning: Option<Meaning>,
}

impl Level {
    fn new(shape: Shape, path: String, depth: usize, meaning: Option<Meaning>) -> Self {
        Self {
            shape,
            path,
            keys: BTreeSet::new(),
            indent: None,
            depth,
            empty: true,
            meaning,
        }
    }

    /// The outermost collection.
    pub(super) fn root(type_name: &'static str) -> Self {
        Self::new(Shape::Struct(type_name), String::new(), 0, None)
    }

    /// An item of a list.
    pub(super) fn item(list: &Self, type_name: &'static str) -> Self {
        let path = format!("{}[]", list.path);
        Self::new(Shape::Struct(type_name), path, list.depth + 2, None)
    }

    /// What opens below a key that stands alone, if anything can.
    pub(super) fn inside(field: &Taken, path: String, depth: usize) -> Option<Self> {
        let (shape, depth) = match field.type_ {
            FieldType::Struct(name) => (Shape::Struct(name), depth + 2),
            FieldType::Map(value) => (Shape::Map(value), depth + 2),
            // A list's dashes stand under its key, as kubectl writes them.
            FieldType::List(item) => (Shape::List(item), depth),
            FieldType::Text
            | FieldType::Int
            | FieldType::Bool
            | FieldType::Time
            | FieldType::Any => return None,
        };
        Some(Self::new(shape, path, depth, field.meaning))
    }

    /// What a text directly in it means.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        self.meaning
    }

    /// What a key of it takes, if it takes the key.
    pub(super) fn field(&self, key: &str) -> Option<Taken> {
        match self.shape {
            Shape::Struct(name) => schema::field(name, key).map(|field| Taken {
                type_: field.type_,
                meaning: meaning(name, key),
            }),
            Shape::Map(value) => Some(Taken {
                type_: schema::parse(value),
                meaning: self.meaning,
            }),
            Shape::List(_) => None,
        }
    }

    /// Whether it may be left: it holds something, and all that it must.
    pub(super) fn is_complete(&self) -> bool {
        let Shape::Struct(name) = self.shape else {
            return !self.empty;
        };
        let has = |key: &str| self.keys.contains(key);
        // Two rules that the schema does not state: an object has a name, a container an image.
        let more = match name {
            "V1ObjectMeta" if self.path == "metadata" => has("name") || has("generateName"),
            "V1Container" => has("image"),
            _ => true,
        };
        !self.empty && more && schema::fields(name).all(|field| !field.required || has(field.name))
    }
}

/// Whether a field takes a scalar.
pub(super) fn has_value(type_: FieldType) -> bool {
    !matches!(
        type_,
        FieldType::List(_) | FieldType::Map(_) | FieldType::Struct(_)
    )
}

/// Whether a scalar or a flow collection may stand in a field of this type.
pub(super) fn value_fits(text: &str, type_: FieldType, meaning: Option<Meaning>) -> bool {
    let quoted = text.starts_with(['"', '\'']);
    let flow = text.starts_with(['{', '[', '&', '*']);
    let value = if quoted {
        Value::from(text.trim_matches(['"', '\'']))
    } else {
        resolve(text)
    };
    match (type_, value) {
        (FieldType::Any, _) => !flow,
        (_, Value::Null) => true,
        (FieldType::List(_), _) => text.starts_with(['[', '*', '&']),
        (FieldType::Map(_) | FieldType::Struct(_), _) => text.starts_with(['{', '*', '&']),
        (FieldType::Int, value) => matches!(value, Value::Int(_)),
        (FieldType::Bool, value) => matches!(value, Value::Bool(_)),
        (FieldType::Text, Value::Int(_) | Value::Float(_)) => meaning == Some(Meaning::Quantity),
        (FieldType::Text, Value::Str(text)) if meaning == Some(Meaning::Quantity) => {
            text_form::quantity(&text).is_ok()
        }
        (FieldType::Text | FieldType::Time, value) => !flow && value.as_str().is_some(),
    }
}
