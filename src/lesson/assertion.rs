//! What a step demands: readable assertions over the cluster, the event log and the transcript.
//!
//! In a lesson's source, a `check` block is a list of them, each with the words (`else`) that are shown while it does not hold:
//!
//! ```yaml
//! - object: service/redis
//!   where: {spec.ports[0].port: 6379}
//!   else: The Service is not there yet; `kubectl apply -f redis.yaml` creates it.
//! - connection: {from: pod/busybox, to: service/redis:6379, verdict: delivered}
//!   else: Call redis from busybox.
//! - lookup: {name: redis.default.svc.cluster.local, gives: 10.96.118.99}
//!   else: Ask for the Service's name.
//! - typed: kubectl get svc|service|services
//!   else: Look at the Service with `kubectl get service`.
//! ```

use super::document::{number, word};
use crate::api::{Kind, KindRef, Map, Selector, Value};
use crate::doctor::ROWS;

/// An assertion and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// What must hold.
    pub demand: Demand,
    /// What is shown while it does not.
    pub otherwise: String,
}

/// What an assertion demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// An object is there, and its fields have these values; `*` stands for any value, null for none.
    Object(Named, Vec<(String, Value)>),
    /// An object is not there.
    Gone(Named),
    /// So many objects of a kind carry these labels, and their fields have these values.
    Count {
        /// Their kind and namespace; the name is empty.
        of: Named,
        /// The selector, as `-l` takes it.
        with: String,
        /// How many.
        count: i64,
        /// What their fields say.
        fields: Vec<(String, Value)>,
    },
    /// A connection was made since the step began.
    Connection {
        /// Where it came from: a place's id, of which `*` may end the last part; empty for anywhere.
        from: String,
        /// What it was for: a place's id with its port, or an address with its port; empty for anything.
        to: String,
        /// What became of it: `delivered`, `refused`, `reset`, `dropped`, `unreachable`.
        verdict: String,
    },
    /// A name was asked for since the step began.
    Lookup {
        /// Who asked: as in a connection.
        from: String,
        /// The name that was asked for in the end, without the last dot.
        name: String,
        /// What came: an address or name, or `NXDOMAIN`, `NODATA`, `SERVFAIL`; empty for any answer.
        gives: String,
    },
    /// A line was typed since the step began that holds these words in this order; `a|b` is either.
    Typed(String),
    /// The terminal printed this since the step began.
    Printed(String),
    /// The doctor finds this wrong with an object, or does not: a row of its table, or empty for anything.
    Diagnosis {
        /// The diagnosis.
        id: String,
        /// What it is about.
        on: Named,
        /// Whether it should be found.
        present: bool,
    },
}

/// An object's kind, namespace and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its kind.
    pub kind: KindRef,
    /// Its namespace, empty for what has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Assertion {
    /// Reads an assertion; the error says what is wrong with it.
    pub fn from_value(value: &Value) -> Result<Self, String> {
        let otherwise = word(value, "else");
        if otherwise.is_empty() {
            return Err(
                "an assertion needs `else`: what is shown while it does not hold".to_owned(),
            );
        }
        known_keys(value, KEYS)?;
        let demand = Demand::from_value(value)?;
        Ok(Self { demand, otherwise })
    }
}

/// The keys of an assertion.
const KEYS: &[&str] = &[
    "connection",
    "count",
    "diagnosis",
    "else",
    "gone",
    "is",
    "lookup",
    "namespace",
    "object",
    "of",
    "about",
    "printed",
    "typed",
    "where",
    "with",
];

impl Demand {
    fn from_value(value: &Value) -> Result<Self, String> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let fields = || -> Vec<(String, Value)> {
            let map = value.get("where").and_then(Value::as_map);
            map.map(|map| map.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
                .unwrap_or_default()
        };
        let named = |text: &str| Named::read(text, &word(value, "namespace"));
        if let Some(object) = text("object") {
            return Ok(Self::Object(named(object)?, fields()));
        }
        if let Some(object) = text("gone") {
            return Ok(Self::Gone(named(object)?));
        }
        if let Some(of) = text("of") {
            let with = word(value, "with");
            Selector::parse(&with).map_err(|error| format!("with: {error}"))?;
            return Ok(Self::Count {
                of: named(of)?,
                with,
                count: number(value, "count"),
                fields: fields(),
            });
        }
        if let Some(connection) = value.get("connection") {
            known_keys(connection, &["from", "to", "verdict"])?;
            let verdict = word(connection, "verdict");
            if !VERDICTS.contains(&verdict.as_str()) {
                return Err(format!(
                    "verdict {verdict:?}: write one of {}",
                    VERDICTS.join(", ")
                ));
            }
            return Ok(Self::Connection {
                from: place(&word(connection, "from")),
                to: place(&word(connection, "to")),
                verdict,
            });
        }
        if let Some(lookup) = value.get("lookup") {
            known_keys(lookup, &["from", "name", "gives"])?;
            return Ok(Self::Lookup {
                from: place(&word(lookup, "from")),
                name: word(lookup, "name"),
                gives: word(lookup, "gives"),
            });
        }
        if let Some(id) = text("diagnosis") {
            if !id.is_empty() && !ROWS.iter().any(|row| row.id == id) {
                return Err(format!("there is no diagnosis {id:?}"));
            }
            let present = match text("is") {
                Some("present") => true,
                Some("absent") => false,
                _ => return Err("a diagnosis `is: present` or `is: absent`".to_owned()),
            };
            let on = named(text("about").unwrap_or_default())?;
            return Ok(Self::Diagnosis {
                id: id.to_owned(),
                on,
                present,
            });
        }
        if let Some(words) = text("typed") {
            return Ok(Self::Typed(words.to_owned()));
        }
        if let Some(words) = text("printed") {
            return Ok(Self::Printed(words.to_owned()));
        }
        Err("an assertion is one of object, gone, of (with count), connection, lookup, typed, printed, diagnosis".to_owned())
    }
}

/// What can become of a connection.
pub(super) const VERDICTS: &[&str] = &["delivered", "refused", "reset", "dropped", "unreachable"];

fn known_keys(value: &Value, known: &[&str]) -> Result<(), String> {
    let map = value.as_map().cloned().unwrap_or_else(Map::default);
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!(
            "unknown key {key:?}: write one of {}",
            known.join(", ")
        )),
        None => Ok(()),
    }
}

/// The id of a place as a lesson writes it: `pod/busybox` stands in the namespace default, `node/node-1` in none.
fn place(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        ["node", name] => format!("node//{name}"),
        [kind @ ("pod" | "service" | "endpointslice"), name] => format!("{kind}/default/{name}"),
        _ => text.to_owned(),
    }
}

impl Named {
    fn read(text: &str, namespace: &str) -> Result<Self, String> {
        let (kind, name) = text.split_once('/').unwrap_or((text, ""));
        let kind = Kind::by_resource(kind).ok_or_else(|| format!("there is no kind {kind:?}"))?;
        let namespace = match (kind.namespaced, namespace) {
            (false, _) => "",
            (true, "") => "default",
            (true, given) => given,
        };
        Ok(Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl Assertion {
    /// What it demands, in a few words: what a passed step shows.
    pub fn label(&self) -> String {
        let named = |named: &Named| format!("{}/{}", named.kind.singular, named.name);
        match &self.demand {
            Demand::Object(object, fields) => match fields.first() {
                Some((path, Value::Str(value))) if value != "*" => {
                    format!("{}: {path} is {value}", named(object))
                }
                Some((path, Value::Int(value))) => format!("{}: {path} is {value}", named(object)),
                _ => named(object),
            },
            Demand::Gone(object) => format!("no {}", named(object)),
            Demand::Count {
                of, with, count, ..
            } => format!("{count} {} with {with}", of.kind.plural),
            Demand::Connection { from, to, verdict } => {
                let short = |place: &str| place.rsplit('/').next().unwrap_or_default().to_owned();
                format!("{} → {} {verdict}", short(from), short(to))
                    .trim_start_matches([' ', '→'])
                    .to_owned()
            }
            Demand::Lookup { name, gives, .. } => format!("{name} {gives}").trim_end().to_owned(),
            Demand::Typed(line) => line
                .split_whitespace()
                .map(|w| w.split('|').next().unwrap_or(w))
                .collect::<Vec<_>>()
                .join(" "),
            Demand::Printed(text) => text.clone(),
            Demand::Diagnosis { id, on, present } => match (id.as_str(), present) {
                ("", false) => format!("nothing is wrong with {}", named(on)),
                (id, false) => format!("{} has no {id}", named(on)),
                (id, true) => format!("{} has {id}", named(on)),
            },
        }
    }
}
