//! Whether what a step demands holds, and if not, why: in the lesson's words, with what was found and the manifest line.

use super::assertion::{Assertion, Demand, Named};
use crate::api::{Object, ObjectKey, Selector, Value};
use crate::cluster::Cluster;
use crate::doctor::{Evidence, of_service};
use crate::kernel::{BTreeMap, Event, Seq};
use std::rc::Rc;

/// What has happened since a step began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// The first event that counts.
    pub event: Seq,
    /// What the terminals printed.
    pub printed: String,
}

/// The most that is kept of what terminals printed.
const MOST_PRINTED: usize = 256 << 10;

impl Since {
    /// The terminals printed more.
    pub fn print(&mut self, text: &str) {
        if self.printed.len() + text.len() <= MOST_PRINTED {
            self.printed.push_str(text);
        }
    }
}

/// Why an assertion does not hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shortfall {
    /// The lesson's words.
    pub words: String,
    /// What was found instead, if there is more to say.
    pub found: String,
    /// The file and the line to look at.
    pub line: Option<(Rc<str>, u32)>,
    /// The place of the object that it is about, as the event log names it.
    pub place: String,
}

impl Assertion {
    /// Whether it holds; if not, why.
    pub fn judge(&self, cluster: &Cluster, since: &Since) -> Result<(), Shortfall> {
        let shortfall = |found: String| Shortfall {
            words: self.otherwise.clone(),
            found,
            ..Shortfall::default()
        };
        match &self.demand {
            Demand::Object(named, fields) => {
                let Some(object) = find(cluster, named) else {
                    return Err(shortfall(String::new()));
                };
                fields_hold(object, fields).map_err(|(path, found)| Shortfall {
                    line: line_of(cluster, object, path),
                    place: place_of(object),
                    ..shortfall(found)
                })
            }
            Demand::Gone(named) => match find(cluster, named) {
                None => Ok(()),
                Some(object) => Err(Shortfall {
                    line: line_of(cluster, object, "metadata.name"),
                    place: place_of(object),
                    ..shortfall(format!("{} is still there.", object.key()))
                }),
            },
            Demand::Count {
                of,
                with,
                count,
                fields,
            } => {
                let found = counted(cluster, of, with, fields);
                let is = i64::try_from(found).unwrap_or(i64::MAX) == *count;
                is.then_some(())
                    .ok_or_else(|| shortfall(format!("There are {found}, not {count}.")))
            }
            Demand::Connection { from, to, verdict } => {
                connection(cluster, since.event, (from, to, verdict)).map_err(shortfall)
            }
            Demand::Lookup { from, name, gives } => {
                lookup(cluster, since.event, (from, name, gives)).map_err(shortfall)
            }
            Demand::Typed(words) => {
                let typed =
                    |event: &Event| event.kind.id == "typed" && says(event.text("line"), words);
                cluster
                    .events_since(since.event)
                    .any(typed)
                    .then_some(())
                    .ok_or_else(|| shortfall(String::new()))
            }
            Demand::Diagnosis { id, on, present } => {
                diagnosed(cluster, id, on, *present).map_err(|found| Shortfall {
                    place: format!("{}/{}/{}", on.kind.singular, on.namespace, on.name),
                    ..shortfall(found)
                })
            }
            Demand::Printed(words) => since
                .printed
                .contains(words.as_str())
                .then_some(())
                .ok_or_else(|| shortfall(String::new())),
        }
    }
}

/// Whether the doctor finds something wrong with an object, or does not, as it should be; if not, what it says.
fn diagnosed(cluster: &Cluster, id: &str, on: &Named, present: bool) -> Result<(), String> {
    let key = ObjectKey::new(on.kind, &on.namespace, &on.name);
    let findings = of_service(&Evidence::of_cluster(cluster, &[]), &key);
    let found = findings
        .iter()
        .find(|finding| id.is_empty() || finding.row.id == id);
    match (found, present) {
        (Some(_), true) | (None, false) => Ok(()),
        (Some(finding), false) => Err(format!("{}.", finding.sentence)),
        (None, true) => Err(String::new()),
    }
}

fn find<'a>(cluster: &'a Cluster, named: &Named) -> Option<&'a Rc<Object>> {
    cluster
        .tables()
        .find(named.kind, &named.namespace, &named.name)
}

/// The event log's name of an object.
fn place_of(object: &Object) -> String {
    [
        object.kind.singular,
        "/",
        &object.meta.namespace,
        "/",
        &object.meta.name,
    ]
    .concat()
}

fn line_of(cluster: &Cluster, object: &Object, path: &str) -> Option<(Rc<str>, u32)> {
    let key: ObjectKey = object.key();
    let source = cluster.source(&key)?;
    Some((source.file.clone(), source.line_of(path)?))
}

/// The first field that does not hold, and what was found there.
fn fields_hold<'a>(
    object: &Object,
    fields: &'a [(String, Value)],
) -> Result<(), (&'a str, String)> {
    if fields.is_empty() {
        return Ok(());
    }
    let value = object.to_value();
    for (path, wanted) in fields {
        let found = at(&value, path);
        let holds = match (wanted, found) {
            (Value::Null, found) => found.is_none_or(|value| *value == Value::Null),
            (Value::Str(any), Some(found)) if any == "*" => *found != Value::Null,
            (wanted, Some(found)) => plain(found) == plain(wanted),
            (_, None) => false,
        };
        if !holds {
            let is = found.map_or_else(|| "not set".to_owned(), plain);
            return Err((path, format!("{path} is {is}.")));
        }
    }
    Ok(())
}

/// The value at a path: `spec.ports[0].port`, `metadata.labels["a.b/c"]`.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut value = value;
    let mut rest = path;
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let (key, after) = quoted.split_once("\"]")?;
            (value, rest) = (value.get(key)?, after);
        } else if let Some(index) = rest.strip_prefix('[') {
            let (index, after) = index.split_once(']')?;
            (value, rest) = (value.as_list()?.get(index.parse::<usize>().ok()?)?, after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            (value, rest) = (value.get(rest.get(..end)?)?, rest.get(end..)?);
        }
    }
    Some(value)
}

/// A value as a reader would write it.
fn plain(value: &Value) -> String {
    match value {
        Value::Str(text) | Value::Float(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::List(_) | Value::Map(_) => {
            value.to_json()
        }
    }
}

fn counted(cluster: &Cluster, of: &Named, with: &str, fields: &[(String, Value)]) -> usize {
    let Ok(selector) = Selector::parse(with) else {
        return 0;
    };
    let mine = |object: &&Rc<Object>| {
        object.meta.namespace == of.namespace
            && selector.matches(&object.meta.labels)
            && fields_hold(object, fields).is_ok()
    };
    cluster.tables().all(of.kind).filter(mine).count()
}

/// The hops of one connection or datagram.
#[derive(Clone, Default)]
struct Flow<'a> {
    from: &'a str,
    to: Vec<&'a str>,
    verdict: &'a str,
}

fn connection(
    cluster: &Cluster,
    begin: Seq,
    (from, to, verdict): (&str, &str, &str),
) -> Result<(), String> {
    let mut flows: BTreeMap<i64, Flow<'_>> = BTreeMap::default();
    for event in cluster.events_since(begin) {
        let flow = event.int("flow");
        if flow == 0 || event.text("proto").starts_with("DNS") {
            continue;
        }
        let flow = flows.entry(flow).or_default();
        if flow.from.is_empty() {
            flow.from = event.text("from");
        }
        flow.to.extend([event.text("to"), event.text("dst")]);
        if super::assertion::VERDICTS.contains(&event.kind.id) && flow.verdict.is_empty() {
            flow.verdict = event.kind.id;
        }
    }
    let asked = |flow: &&Flow<'_>| {
        like(flow.from, from) && (to.is_empty() || flow.to.iter().any(|place| like(place, to)))
    };
    let mut last = None;
    for flow in flows.values().filter(asked) {
        if flow.verdict == verdict {
            return Ok(());
        }
        last = Some(flow.verdict);
    }
    Err(match last {
        Some(was) if !was.is_empty() => format!("The last one was {was}."),
        _ => String::new(),
    })
}

fn lookup(
    cluster: &Cluster,
    begin: Seq,
    (from, name, gives): (&str, &str, &str),
) -> Result<(), String> {
    let mut last = None;
    for event in cluster
        .events_since(begin)
        .filter(|event| event.kind.id.starts_with("dns-"))
    {
        let asked = event.text("name").trim_end_matches('.');
        if event.kind.id == "dns-walk"
            || event.kind.id == "dns-asked"
            || asked != name
            || !like(event.text("to"), from)
        {
            continue;
        }
        let (answer, rcode) = (event.text("answer"), event.text("rcode"));
        let right = match gives {
            "" => event.kind.id == "dns-answered",
            _ => {
                rcode == gives
                    || answer
                        .split(", ")
                        .any(|a| a.trim_end_matches('.') == gives.trim_end_matches('.'))
            }
        };
        if right {
            return Ok(());
        }
        last = Some(if rcode == "NOERROR" { answer } else { rcode });
    }
    Err(last
        .map(|was| format!("The last answer was {was}."))
        .unwrap_or_default())
}

/// Whether a place is the one that is meant; `*` at the end of the pattern stands for the rest of a generated name.
fn like(place: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        _ if pattern.is_empty() => true,
        None => place == pattern,
        Some((before, after)) => place
            .strip_prefix(before)
            .is_some_and(|rest| rest.ends_with(after)),
    }
}

/// Whether a typed line holds the words in this order; `a|b` is either.
fn says(line: &str, words: &str) -> bool {
    let mut typed = line.split_whitespace();
    words
        .split_whitespace()
        .all(|word| typed.any(|typed| word.split('|').any(|choice| choice == typed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_order() {
        assert!(says(
            "kubectl -n x get svc redis",
            "kubectl get svc|service redis"
        ));
        assert!(!says("kubectl get pods", "kubectl get svc|service"));
        assert!(!says("get kubectl", "kubectl get"));
    }

    #[test]
    fn a_star_stands_for_a_generated_ending() {
        assert!(like("pod/default/web-7d9f-abcde", "pod/default/web-*"));
        assert!(like("service/default/web:80", "service/default/web:80"));
        assert!(!like("pod/default/db-0", "pod/default/web-*"));
        assert!(like("anything", ""));
    }
}
