//! The cells of Events.

use crate::api::Value;
use crate::shell::kubectl::age::age;

/// The first of these that is not empty.
fn either(one: String, other: String) -> String {
    if one.is_empty() { other } else { one }
}

pub(super) fn cells(value: &Value, wide: bool, now: i64, name: String) -> Vec<String> {
    let text = |path: &[&str]| {
        value
            .at(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let first = age(
        &either(text(&["firstTimestamp"]), text(&["eventTime"])),
        now,
    );
    let series = value.get("series").filter(|s| **s != Value::Null);
    let last = match (series, text(&["lastTimestamp"])) {
        (Some(_), _) => age(&text(&["series", "lastObservedTime"]), now),
        (None, last) if last.is_empty() => first.clone(),
        (None, last) => age(&last, now),
    };
    let kind = text(&["involvedObject", "kind"]).to_lowercase();
    let object = text(&["involvedObject", "name"]);
    let target = if object.is_empty() {
        kind
    } else {
        format!("{kind}/{object}")
    };
    let message = text(&["message"]).trim().to_owned();
    if !wide {
        return vec![last, text(&["type"]), text(&["reason"]), target, message];
    }
    let component = either(
        text(&["source", "component"]),
        text(&["reportingComponent"]),
    );
    let host = either(text(&["source", "host"]), text(&["reportingInstance"]));
    let source = if host.is_empty() {
        component
    } else {
        format!("{component}, {host}")
    };
    // What came but once has no count.
    let counted = |of: &Value| of.get("count").and_then(Value::as_int).unwrap_or(0);
    let count = series.map_or_else(|| counted(value).max(1), counted);
    vec![
        last,
        text(&["type"]),
        text(&["reason"]),
        target,
        text(&["involvedObject", "fieldPath"]),
        source,
        message,
        first,
        count.to_string(),
        name,
    ]
}
