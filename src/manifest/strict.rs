//! A walk along the schema: wrong JSON types as Go's decoder words them, and unknown fields.
//!
//! Go's decoder remembers the first wrong type and goes on; a text of the wrong form (a quantity, a time) ends the
//! decoding and is what is reported. Fields are visited in sorted order, because kubectl sends its JSON sorted.

use super::go_type::{Meaning, go_type, meaning};
use super::{nearest, text_form};
use crate::api::schema::{self, FieldType};
use crate::api::{Map, Value};
use crate::kernel::Arrange;

/// How many unknown fields get a suggestion.
const MOST_SLIPS: usize = 100;

/// A value that does not fit its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// The path of the value.
    pub(super) path: String,
    /// What the decoder says.
    pub(super) words: String,
    /// Whether decoding ends there.
    fatal: bool,
    /// What the field takes.
    pub(super) wanted: FieldType,
}

/// A field that the schema does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// Its path.
    pub(super) path: String,
    /// The field that was probably meant.
    pub(super) meant: Option<&'static str>,
}

/// What a walk finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// What does not fit.
    pub(super) misfits: Vec<Misfit>,
    /// What does not exist, sorted by path.
    pub(super) unknown: Vec<Unknown>,
}

impl Found {
    /// The misfit that the decoder reports.
    pub(super) fn reported(&self) -> Option<&Misfit> {
        let fatal = self.misfits.iter().find(|misfit| misfit.fatal);
        fatal.or(self.misfits.first())
    }
}

/// Compares a mapping with a type.
pub(super) fn compare(map: &Map, type_name: &'static str) -> Found {
    let mut walk = Walk::default();
    walk.fields(map, type_name);
    walk.found.unknown.arrange_by(|a, b| a.path.cmp(&b.path));
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Found,
    path: String,
    /// The struct fields on the way, as Go's errors list them.
    names: Vec<String>,
}

/// The field that a value belongs to.
#[derive(Clone, Copy)]
struct Owner<'a> {
    type_name: &'a str,
    field: &'a str,
}

impl Walk {
    fn fields(&mut self, map: &Map, type_name: &'static str) {
        for (key, value) in map {
            let length = self.path.len();
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(key);
            match schema::field(type_name, key) {
                Some(field) => {
                    self.names.push(key.clone());
                    let owner = Owner {
                        type_name,
                        field: key,
                    };
                    self.value(value, field.type_, owner);
                    self.names.pop();
                }
                None => {
                    let free = schema::fields(type_name).map(|field| field.name);
                    let free = free.filter(|name| !map.contains_key(*name));
                    // A text with so many is no manifest with a slip.
                    let few = self.found.unknown.len() < MOST_SLIPS;
                    let meant = few.then(|| nearest(key, free)).flatten();
                    let path = self.path.clone();
                    self.found.unknown.push(Unknown { path, meant });
                }
            }
            self.path.truncate(length);
        }
    }

    fn value(&mut self, value: &Value, type_: FieldType, owner: Owner<'_>) {
        let meaning = meaning(owner.type_name, owner.field);
        match (type_, value) {
            (_, Value::Null) => {}
            (FieldType::Text, Value::Str(text)) => match meaning {
                None => {}
                Some(Meaning::Quantity) => self.form(text_form::quantity(text), type_, true),
                Some(Meaning::Bytes) => self.form(text_form::base64(text), type_, false),
            },
            (FieldType::Text, Value::Int(_) | Value::Float(_))
                if meaning == Some(Meaning::Quantity) => {}
            (FieldType::Text, Value::Bool(_) | Value::List(_) | Value::Map(_))
                if meaning == Some(Meaning::Quantity) =>
            {
                self.form(text_form::quantity(""), type_, true);
            }
            (FieldType::Time, Value::Str(text)) => self.form(text_form::time(text), type_, true),
            (FieldType::Bool, Value::Bool(_)) => {}
            (FieldType::Int, Value::Int(n)) => {
                let short = go_type(owner.type_name, owner.field, type_) == "int32";
                if short && i32::try_from(*n).is_err() {
                    self.misfit(value, type_, owner);
                }
            }
            // The schema's "anything" of these types is a port: a number or a name.
            (FieldType::Any, Value::Bool(_) | Value::Float(_) | Value::List(_) | Value::Map(_))
                if is_port(owner.field) =>
            {
                self.push(value, "int32", FieldType::Int, owner, true);
            }
            (FieldType::Any, _) => {}
            (FieldType::List(item), Value::List(items)) => {
                for (i, value) in items.iter().enumerate() {
                    let length = self.path.len();
                    self.path.push_str(&format!("[{i}]"));
                    self.value(value, schema::parse(item), owner);
                    self.path.truncate(length);
                }
            }
            (FieldType::Map(item), Value::Map(map)) => {
                for (key, value) in map {
                    let length = self.path.len();
                    self.path.push('.');
                    self.path.push_str(key);
                    self.value(value, schema::parse(item), owner);
                    self.path.truncate(length);
                }
            }
            (FieldType::Struct(name), Value::Map(map)) => self.fields(map, name),
            (FieldType::Time, _) => self.push(value, "string", type_, owner, true),
            _ => self.misfit(value, type_, owner),
        }
    }

    fn form(&mut self, result: Result<(), impl Into<String>>, wanted: FieldType, fatal: bool) {
        if let Err(words) = result {
            self.found.misfits.push(Misfit {
                path: self.path.clone(),
                words: words.into(),
                fatal,
                wanted,
            });
        }
    }

    fn misfit(&mut self, value: &Value, type_: FieldType, owner: Owner<'_>) {
        let go = go_type(owner.type_name, owner.field, type_);
        self.push(value, &go, type_, owner, false);
    }

    fn push(&mut self, value: &Value, go: &str, wanted: FieldType, owner: Owner<'_>, fatal: bool) {
        let number = match value {
            Value::Int(_) | Value::Float(_) if wanted == FieldType::Int => {
                format!("number {}", value.to_json())
            }
            _ => json_name(value).to_owned(),
        };
        let words = format!(
            "json: cannot unmarshal {number} into Go struct field {}.{} of type {go}",
            schema::go_name(owner.type_name),
            self.names.join("."),
        );
        self.found.misfits.push(Misfit {
            path: self.path.clone(),
            words,
            fatal,
            wanted,
        });
    }
}

/// Fields of Go's `IntOrString`.
fn is_port(field: &str) -> bool {
    const PORTS: &[&str] = &[
        "maxSurge",
        "maxUnavailable",
        "minAvailable",
        "port",
        "targetPort",
    ];
    PORTS.contains(&field)
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
