//! The engine of the rule tables: it walks a part of an object, row by row, and notes what breaks a rule and where.
//!
//! The rows of a struct stand in the order in which the API server checks its fields, so that the refusals come in its
//! order too.

use super::metadata::unsupported;
use super::name;
use crate::api::{FieldError, Map, Value};
use crate::kernel::BTreeSet;

/// One rule: a field, and what it must be.
pub(super) type Row = (&'static str, Check);

/// What is wrong with a text.
pub(super) type Grammar = fn(&str) -> Vec<String>;

/// What a field must be.
pub(super) enum Check {
    /// Given.
    Need,
    /// Given, since the server says so.
    NeedSince(&'static str),
    /// Not negative.
    Natural,
    /// Greater than 0.
    Positive,
    /// Between two numbers.
    Within(i64, i64),
    /// A port number or the name of a port.
    Port,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Text of a grammar, if there is any.
    Text(Grammar),
    /// Text of a grammar, which must be given.
    NeedText(Grammar),
    /// No text that another item of the list has.
    Unique,
    /// Labels.
    Labels,
    /// A label selector.
    Selector,
    /// A struct of these rules.
    One(&'static [Row]),
    /// A list of structs of these rules.
    Each(&'static [Row]),
    /// What no row can say: the function sees the whole struct.
    Also(fn(&mut Checker<'_>, &Map)),
}

/// A walk over a part of an object.
pub(super) struct Checker<'a> {
    errors: &'a mut Vec<FieldError>,
    /// The path of the part that is looked at.
    pub(super) at: String,
    /// The texts that must be unique, one set for each list on the way.
    seen: Vec<BTreeSet<String>>,
    /// The volumes of the Pod, which mounts refer to.
    pub(super) volumes: BTreeSet<String>,
    /// Those of them that are claims.
    pub(super) claims: BTreeSet<String>,
    /// How long the Pod may take to end, in seconds.
    pub(super) grace: i64,
    /// Whether the Pod's containers end for good.
    pub(super) never_restarts: bool,
    /// Whether its users are the node's.
    pub(super) host_users: bool,
}

impl<'a> Checker<'a> {
    pub(super) fn new(at: &str, errors: &'a mut Vec<FieldError>) -> Self {
        Self {
            errors,
            at: at.to_owned(),
            seen: Vec::new(),
            volumes: BTreeSet::new(),
            claims: BTreeSet::new(),
            grace: 30,
            never_restarts: false,
            host_users: true,
        }
    }

    /// Looks at a field with its path; `[` begins an index or a key.
    pub(super) fn within(&mut self, step: &str, look: impl FnOnce(&mut Self)) {
        let length = self.at.len();
        if !step.starts_with('[') && length > 0 {
            self.at.push('.');
        }
        self.at.push_str(step);
        look(self);
        self.at.truncate(length);
    }

    /// Notes what is wrong here.
    pub(super) fn say(&mut self, detail: impl Into<String>) {
        let error = FieldError::new(self.at.clone(), detail);
        self.errors.push(error);
    }

    /// `Invalid value: …: WHY`.
    pub(super) fn invalid(&mut self, value: &Value, why: &str) {
        self.say(format!("Invalid value: {}: {why}", value.to_json()));
    }

    /// Notes what a grammar has against a text.
    pub(super) fn grammar(&mut self, text: &str, grammar: Grammar) {
        for why in grammar(text) {
            self.invalid(&Value::from(text), &why);
        }
    }

    /// How many things were found so far.
    pub(super) fn found(&self) -> usize {
        self.errors.len()
    }

    /// Looks at a struct, rule by rule.
    pub(super) fn run(&mut self, map: &Map, rows: &'static [Row]) {
        for (field, check) in rows {
            if let Check::Also(look) = check {
                look(self, map);
                continue;
            }
            let value = map.get(*field).filter(|value| **value != Value::Null);
            self.within(field, |checker| checker.check(value, check));
        }
    }

    fn check(&mut self, value: Option<&Value>, check: &Check) {
        let given = value.is_some_and(|value| !is_empty(value));
        let text = value.and_then(Value::as_str).unwrap_or_default();
        let number = value.and_then(Value::as_int);
        match check {
            Check::Need | Check::NeedText(_) if !given => self.say("Required value"),
            Check::NeedSince(why) if !given => self.say(format!("Required value: {why}")),
            Check::Need | Check::NeedSince(_) => {}
            Check::Natural => {
                self.number(number, i64::MAX, 0, "must be greater than or equal to 0");
            }
            Check::Positive => self.number(number, i64::MAX, 1, "must be greater than 0"),
            Check::Within(low, high) => {
                let why = format!("must be between {low} and {high}, inclusive");
                self.number(number, *high, *low, &why);
            }
            Check::Port => self.port(value),
            Check::OneOf(words) if given && !words.contains(&text) => {
                let error = unsupported(&self.at, text, words);
                self.errors.push(error);
            }
            Check::OneOf(_) => {}
            Check::Text(grammar) | Check::NeedText(grammar) => {
                if given {
                    self.grammar(text, *grammar);
                }
            }
            Check::Unique if given => self.unique(text),
            Check::Unique => {}
            Check::Labels => self.labels(value),
            Check::Selector => self.selector(value),
            Check::One(rows) => {
                if let Some(Value::Map(map)) = value {
                    self.run(map, rows);
                }
            }
            Check::Each(rows) => self.each(value, rows),
            Check::Also(_) => {}
        }
    }

    /// Looks at each struct of a list.
    pub(super) fn each(&mut self, list: Option<&Value>, rows: &'static [Row]) {
        self.seen.push(BTreeSet::new());
        self.items(list, |checker, item| checker.run(item, rows));
        self.seen.pop();
    }

    /// Notes a text that another item of the list has.
    pub(super) fn unique(&mut self, text: &str) {
        let seen = self.seen.last_mut();
        if seen.is_some_and(|seen| !seen.insert(text.to_owned())) {
            self.say(format!("Duplicate value: {text:?}"));
        }
    }

    /// Does something with each struct of a list, at its path.
    pub(super) fn items(&mut self, list: Option<&Value>, mut look: impl FnMut(&mut Self, &Map)) {
        let items = list.and_then(Value::as_list).unwrap_or_default();
        for (i, item) in items.iter().enumerate() {
            if let Value::Map(map) = item {
                self.within(&format!("[{i}]"), |checker| look(checker, map));
            }
        }
    }

    fn number(&mut self, number: Option<i64>, high: i64, low: i64, why: &str) {
        if let Some(number) = number.filter(|n| !(low..=high).contains(n)) {
            self.invalid(&Value::Int(number), why);
        }
    }

    fn port(&mut self, value: Option<&Value>) {
        match value {
            Some(Value::Str(name)) => self.grammar(name, name::port_name),
            other => {
                let number = other.and_then(Value::as_int).unwrap_or(0);
                let why = "must be between 1 and 65535, inclusive";
                self.number(Some(number), 65_535, 1, why);
            }
        }
    }

    fn labels(&mut self, value: Option<&Value>) {
        for (key, value) in value.and_then(Value::as_map).into_iter().flatten() {
            self.grammar(key, name::qualified);
            self.grammar(value.as_str().unwrap_or_default(), name::label_value);
        }
    }

    fn selector(&mut self, value: Option<&Value>) {
        let Some(Value::Map(selector)) = value else {
            return;
        };
        self.within("matchLabels", |checker| {
            checker.labels(selector.get("matchLabels"));
        });
        self.within("matchExpressions", |checker| {
            checker.items(selector.get("matchExpressions"), requirement);
        });
    }
}

/// One requirement of a label selector.
fn requirement(checker: &mut Checker<'_>, map: &Map) {
    let operator = map.get("operator").cloned().unwrap_or_default();
    let values = map
        .get("values")
        .and_then(Value::as_list)
        .unwrap_or_default();
    match operator.as_str().unwrap_or_default() {
        "In" | "NotIn" if values.is_empty() => checker.within("values", |c| {
            c.say("Required value: must be specified when `operator` is 'In' or 'NotIn'");
        }),
        "Exists" | "DoesNotExist" if !values.is_empty() => checker.within("values", |c| {
            c.say("Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }),
        "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
        word => checker.within("operator", |c| {
            c.invalid(&Value::from(word), "not a valid selector operator");
        }),
    }
    let key = map.get("key").and_then(Value::as_str).unwrap_or_default();
    checker.within("key", |c| c.grammar(key, name::qualified));
    for (i, value) in values.iter().enumerate() {
        let text = value.as_str().unwrap_or_default();
        checker.within(&format!("values[{i}]"), |c| {
            c.grammar(text, name::label_value);
        });
    }
}

/// Whether a value counts as not given.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) => false,
        Value::Int(n) => *n == 0,
        Value::Float(_) => false,
        Value::Str(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(_) => false,
    }
}

/// The text of a field, empty if there is none.
pub(super) fn text<'a>(map: &'a Map, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The keys of a struct that are given, among these.
pub(super) fn given<'a>(map: &Map, keys: &[&'a str]) -> Vec<&'a str> {
    let is_given = |key: &&&str| map.get(**key).is_some_and(|value| *value != Value::Null);
    keys.iter().filter(is_given).copied().collect()
}

/// A struct as the server writes its own type in messages: all fields in its order, with Go's names.
pub(super) fn internal(map: &Map, fields: &[&str]) -> String {
    let part = |field: &&str| {
        let (first, rest) = field.split_at(1);
        let name = match *field {
            "seLinuxOptions" => "SELinuxOptions".to_owned(),
            _ => first.to_uppercase() + rest,
        };
        let value = match map.get(*field) {
            Some(Value::Map(own)) if *field == "capabilities" => internal(own, &["add", "drop"]),
            Some(value) => value.to_json(),
            None => "null".to_owned(),
        };
        format!("\"{name}\":{value}")
    };
    let parts: Vec<String> = fields.iter().map(part).collect();
    format!("{{{}}}", parts.join(","))
}
