//! `kubectl events`.

use super::age::age;
use super::args::Args;
use super::table::table;
use super::{fail, gosort, output, resource};
use crate::api::{Object, Value, kind};
use crate::shell::context::{Context, Outcome, Stream};

fn text(value: &Value, path: &[&str]) -> String {
    value
        .at(path)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// One Event, with the time at which it was last seen.
struct Event {
    last: String,
    value: Value,
    namespace: String,
}

impl Event {
    fn involved(&self, key: &str) -> String {
        text(&self.value, &["involvedObject", key])
    }
}

fn event(object: &Object) -> Event {
    let value = object.to_value();
    let times = [
        text(&value, &["lastTimestamp"]),
        text(&value, &["eventTime"]),
    ];
    Event {
        last: times
            .into_iter()
            .find(|t| !t.is_empty())
            .unwrap_or_default(),
        value,
        namespace: object.meta.namespace.clone(),
    }
}

/// The fields of an Event in the order of Go's types.
fn as_declared(under: &str, fields: &mut Vec<(&String, &Value)>) {
    const EVENT: &str = "kind apiVersion metadata items involvedObject reason message source component host \
        firstTimestamp lastTimestamp count lastObservedTime type eventTime series action related reportingComponent \
        reportingInstance";
    const REFERENCE: &str = "kind namespace name uid apiVersion resourceVersion fieldPath";
    const META: &str =
        "name generateName namespace uid resourceVersion generation creationTimestamp labels";
    let declared = match under {
        "metadata" => META,
        "involvedObject" | "related" => REFERENCE,
        _ => EVENT,
    };
    output::as_declared(declared, fields);
}

/// The Events as a List, in the form that `-o` names.
fn document(context: &mut Context<'_>, args: &Args, found: Vec<Event>) -> Outcome {
    let metadata = Value::Map([].into());
    let items = found.into_iter().map(|event| event.value).collect();
    let list = Value::Map(
        [
            ("apiVersion".to_owned(), Value::from("v1")),
            ("items".to_owned(), Value::List(items)),
            ("kind".to_owned(), Value::from("EventList")),
            ("metadata".to_owned(), metadata),
        ]
        .into(),
    );
    let printed = output::form(context, args, false)
        .and_then(|form| output::typed(context, args, &form, &list, &as_declared));
    match printed {
        Ok(()) => Outcome::Exit(0),
        Err(why) => fail(context, &why),
    }
}

fn rows(context: &Context<'_>, found: &[Event], everywhere: bool) -> Vec<Vec<String>> {
    let cluster = &context.world.cluster;
    let now = cluster.sim().unix(cluster.now());
    let row = |event: &Event| {
        let of = |key: &str| text(&event.value, &[key]);
        let count = event
            .value
            .get("count")
            .and_then(Value::as_int)
            .unwrap_or(1);
        let mut when = age(&event.last, now);
        if count > 1 {
            let first = age(&of("firstTimestamp"), now);
            when = format!("{when} (x{count} over {first})");
        }
        let mut row = vec![
            when,
            of("type"),
            of("reason"),
            format!("{}/{}", event.involved("kind"), event.involved("name")),
            of("message").trim().to_owned(),
        ];
        if everywhere {
            row.insert(0, event.namespace.clone());
        }
        row
    };
    found.iter().map(row).collect()
}

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let everywhere = args.is("all-namespaces");
    let namespace = resource::namespace(context, args);
    let about = match args.get("for").map(|word| word.split_once('/')) {
        None => None,
        Some(None) => return fail(context, "--for must be in resource/name form"),
        Some(Some((type_, name))) => match resource::find(type_) {
            Ok(kind) => Some((kind.name, name.to_owned())),
            Err(why) => {
                context.out.error(&why);
                return Outcome::Exit(1);
            }
        },
    };
    let types = args.all("types");
    let known = |text: &String| ["normal", "warning"].contains(&text.to_lowercase().as_str());
    if !types.iter().all(known) {
        return fail(context, "valid --types are Normal or Warning");
    }
    let scope = (!everywhere).then_some(namespace.as_str());
    let tables = context.world.cluster.tables();
    let all = resource::list(tables, kind::EVENT, scope, &crate::api::Selector::default());
    let mut found: Vec<Event> = all
        .into_iter()
        .map(|object| event(&object))
        .filter(|event| {
            let of_type = types.is_empty()
                || types
                    .iter()
                    .any(|t| t.eq_ignore_ascii_case(&text(&event.value, &["type"])));
            of_type
                && about.as_ref().is_none_or(|(kind, name)| {
                    event.involved("kind") == *kind && event.involved("name") == *name
                })
        })
        .collect();
    // Without its last letter a whole second comes before its parts.
    let moment = |event: &Event| event.last.trim_end_matches('Z').to_owned();
    gosort::sort(&mut found, &mut |a, b| moment(a) < moment(b));
    if found.is_empty() {
        context.out.error(&if everywhere {
            "No events found.".to_owned()
        } else {
            format!("No events found in {namespace} namespace.")
        });
        return Outcome::Exit(0);
    }
    if args.get("output").is_some() {
        return document(context, args, found);
    }
    let rows = rows(context, &found, everywhere);
    let mut header: Vec<String> = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
        .map(str::to_owned)
        .to_vec();
    if everywhere {
        header.insert(0, "NAMESPACE".to_owned());
    }
    context.out.write(
        Stream::Out,
        &table(&header, &mut rows.into_iter(), !args.is("no-headers")),
    );
    Outcome::Exit(0)
}
