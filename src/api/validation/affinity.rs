//! Where a Pod wants to run: affinity, spread and tolerations, as far as no row of the table can say it.

use super::checker::{Check, Checker, given, text};
use super::name;
use super::rules::TAINT;
use crate::api::{Map, Value};
use crate::kernel::BTreeSet;

/// The number of a field, 0 if there is none.
fn number(map: &Map, key: &str) -> i64 {
    map.get(key).and_then(Value::as_int).unwrap_or(0)
}

/// The items of a list, none if there is none.
pub(super) fn list<'a>(map: &'a Map, key: &str) -> &'a [Value] {
    map.get(key).and_then(Value::as_list).unwrap_or_default()
}

pub(super) fn weight(checker: &mut Checker<'_>, term: &Map) {
    let weight = number(term, "weight");
    if !(1..=100).contains(&weight) {
        let value = Value::Int(weight);
        checker.within("weight", |c| {
            c.invalid(&value, "must be in the range 1-100");
        });
    }
}

/// One requirement of a node that must be met: its values are labels too.
pub(super) fn hard_requirement(checker: &mut Checker<'_>, map: &Map) {
    node_requirement(checker, map);
    for (i, value) in list(map, "values").iter().enumerate() {
        let text = value.as_str().unwrap_or_default();
        checker.within(&format!("values[{i}]"), |c| {
            c.grammar(text, name::label_value);
        });
    }
}

/// One requirement of a node.
pub(super) fn node_requirement(checker: &mut Checker<'_>, map: &Map) {
    let values = list(map, "values");
    let of_values = match text(map, "operator") {
        "In" | "NotIn" if values.is_empty() => {
            "Required value: must be specified when `operator` is 'In' or 'NotIn'"
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        }
        "Gt" | "Lt" if values.len() != 1 => {
            "Required value: must be specified single value when `operator` is 'Lt' or 'Gt'"
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => "",
        word => {
            let value = Value::from(word);
            checker.within("operator", |c| {
                c.invalid(&value, "not a valid selector operator");
            });
            ""
        }
    };
    if !of_values.is_empty() {
        checker.within("values", |c| c.say(of_values));
    }
    checker.within("key", |c| c.grammar(text(map, "key"), name::qualified));
}

/// One requirement of a node's fields, of which only the name is known.
pub(super) fn node_field(checker: &mut Checker<'_>, map: &Map) {
    let (values, operator, key) = (list(map, "values"), text(map, "operator"), text(map, "key"));
    if !["In", "NotIn"].contains(&operator) {
        let value = Value::from(operator);
        checker.within("operator", |c| {
            c.invalid(&value, "not a valid selector operator");
        });
    } else if values.len() != 1 {
        let why = "Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
        checker.within("values", |c| c.say(why));
    }
    if key != "metadata.name" {
        let value = Value::from(key);
        checker.within("key", |c| {
            c.invalid(&value, "not a valid field selector key");
        });
        return;
    }
    for (i, value) in values.iter().enumerate() {
        let text = value.as_str().unwrap_or_default();
        checker.within(&format!("values[{i}]"), |c| {
            c.grammar(text, name::subdomain);
        });
    }
}

/// Pods that a Pod wants near it or far from it.
pub(super) fn pod_term(checker: &mut Checker<'_>, map: &Map) {
    let selectors = &[
        ("labelSelector", Check::Selector),
        ("namespaceSelector", Check::Selector),
    ];
    checker.run(map, selectors);
    for namespace in list(map, "namespaces").iter().filter_map(Value::as_str) {
        checker.within("namespace", |c| c.grammar(namespace, name::label));
    }
    label_keys(checker, map);
    let key = text(map, "topologyKey");
    checker.within("topologyKey", |checker| {
        if key.is_empty() {
            checker.say("Required value: can not be empty");
        }
        checker.grammar(key, name::qualified);
    });
}

/// A term with its weight; a term that is not given is one without a key.
pub(super) fn weighted_term(checker: &mut Checker<'_>, map: &Map) {
    weight(checker, map);
    let term = map.get("podAffinityTerm").and_then(Value::as_map);
    let nothing = Map::new();
    checker.within("podAffinityTerm", |c| pod_term(c, term.unwrap_or(&nothing)));
}

/// Keys whose values are taken from the Pod's own labels (`ValidateMatchLabelKeysAndMismatchLabelKeys`).
fn label_keys(checker: &mut Checker<'_>, map: &Map) {
    let selector = map.get("labelSelector").and_then(Value::as_map);
    let (wanted, unwanted) = (list(map, "matchLabelKeys"), list(map, "mismatchLabelKeys"));
    for (field, keys) in [("matchLabelKeys", wanted), ("mismatchLabelKeys", unwanted)] {
        checker.within(field, |checker| {
            if !keys.is_empty() && selector.is_none() {
                checker.say("Forbidden: must not be specified when labelSelector is not set");
                return;
            }
            for (i, key) in keys.iter().enumerate() {
                let key = key.as_str().unwrap_or_default();
                checker.within(&format!("[{i}]"), |c| c.grammar(key, name::qualified));
            }
        });
    }
    let place = |key: &Value| wanted.iter().rposition(|own| own == key);
    if let Some(selector) = selector {
        let labels = selector.get("matchLabels").and_then(Value::as_map);
        let labels = labels.into_iter().flatten().map(|(key, _)| key);
        let mut seen: BTreeSet<&str> = labels.map(String::as_str).collect();
        for expression in list(selector, "matchExpressions")
            .iter()
            .filter_map(Value::as_map)
        {
            let key = text(expression, "key");
            let value = Value::from(key);
            if let (Some(i), false) = (place(&value), seen.insert(key)) {
                // The server leaves out the field's name here.
                let why = "exists in both matchLabelKeys and labelSelector";
                checker.within(&format!("[{i}]"), |c| c.invalid(&value, why));
            }
        }
    }
    for (i, key) in wanted
        .iter()
        .enumerate()
        .filter(|(_, key)| unwanted.contains(key))
    {
        let why = "exists in both matchLabelKeys and mismatchLabelKeys";
        checker.within(&format!("matchLabelKeys[{i}]"), |c| c.invalid(key, why));
    }
}

/// How evenly Pods are spread.
pub(super) fn spread(checker: &mut Checker<'_>, spec: &Map) {
    let constraints = list(spec, "topologySpreadConstraints");
    let kind = |map: &Map| {
        format!(
            "{{{}, {}}}",
            text(map, "topologyKey"),
            text(map, "whenUnsatisfiable")
        )
    };
    checker.within("topologySpreadConstraints", |checker| {
        for (i, map) in constraints.iter().enumerate() {
            let Value::Map(map) = map else { continue };
            let mut later = constraints.iter().skip(i + 1).filter_map(Value::as_map);
            let repeated = later.any(|other| kind(other) == kind(map));
            let note =
                |checker: &mut Checker<'_>| constraint(checker, map, repeated.then(|| kind(map)));
            checker.within(&format!("[{i}]"), note);
        }
    });
}

fn constraint(checker: &mut Checker<'_>, map: &Map, repeated: Option<String>) {
    let positive = |checker: &mut Checker<'_>, field: &str| {
        let value = Value::Int(number(map, field));
        if number(map, field) <= 0 {
            checker.within(field, |c| c.invalid(&value, "must be greater than zero"));
        }
    };
    positive(checker, "maxSkew");
    if text(map, "topologyKey").is_empty() {
        checker.within("topologyKey", |c| c.say("Required value: can not be empty"));
    }
    let action = text(map, "whenUnsatisfiable");
    if !["DoNotSchedule", "ScheduleAnyway"].contains(&action) {
        let why = format!(
            "Unsupported value: {action:?}: supported values: \"DoNotSchedule\", \"ScheduleAnyway\""
        );
        checker.within("whenUnsatisfiable", |c| c.say(why));
    }
    if let Some(kind) = repeated {
        let field = "{topologyKey, whenUnsatisfiable}";
        checker.within(field, |c| c.say(format!("Duplicate value: {kind:?}")));
    }
    if !given(map, &["minDomains"]).is_empty() {
        positive(checker, "minDomains");
        if action != "DoNotSchedule" {
            let why =
                format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
            let value = Value::Int(number(map, "minDomains"));
            checker.within("minDomains", |c| c.invalid(&value, &why));
        }
    }
    let policies = &[
        ("nodeAffinityPolicy", Check::OneOf(&["Honor", "Ignore"])),
        ("nodeTaintsPolicy", Check::OneOf(&["Honor", "Ignore"])),
    ];
    checker.run(map, policies);
    label_keys(checker, map);
    checker.run(map, &[("labelSelector", Check::Selector)]);
}

/// A taint that a Pod bears.
pub(super) fn toleration(checker: &mut Checker<'_>, map: &Map) {
    let (key, operator, effect) = (text(map, "key"), text(map, "operator"), text(map, "effect"));
    if !key.is_empty() {
        checker.within("key", |c| c.grammar(key, name::qualified));
    }
    if key.is_empty() && operator != "Exists" {
        let why = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
        checker.within("operator", |c| c.invalid(&Value::from(operator), why));
    }
    let seconds = !given(map, &["tolerationSeconds"]).is_empty();
    if seconds && effect != "NoExecute" {
        let why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
        checker.within("effect", |c| c.invalid(&Value::from(effect), why));
    }
    let value = text(map, "value");
    checker.within("operator", |checker| match operator {
        "" | "Equal" => {
            let wrong = name::label_value(value);
            if !wrong.is_empty() {
                checker.invalid(&Value::from(value), &wrong.join(";"));
            }
        }
        "Exists" if value.is_empty() => {}
        "Exists" => checker.invalid(
            &Value::from(value),
            "value must be empty when `operator` is 'Exists'",
        ),
        other => checker.say(format!(
            "Unsupported value: {other:?}: supported values: \"Equal\", \"Exists\""
        )),
    });
    let effects = ["", "NoSchedule", "PreferNoSchedule", "NoExecute"];
    if !effects.contains(&effect) {
        checker.within("effect", |c| {
            c.say(format!("Unsupported value: {effect:?}: supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\""));
        });
    }
}

/// The taints of a Node, of which no two are of one key and effect.
pub(super) fn taints(checker: &mut Checker<'_>, spec: &Map) {
    let mut seen = BTreeSet::new();
    checker.within("taints", |checker| {
        checker.items(spec.get("taints"), |checker, taint| {
            let (key, effect) = (text(taint, "key"), text(taint, "effect"));
            checker.within("key", |c| c.grammar(key, name::qualified));
            checker.run(taint, TAINT);
            if !seen.insert((key.to_owned(), effect.to_owned())) {
                let value = text(taint, "value");
                checker.say(format!(
                    "Duplicate value: {{\"Key\":{key:?},\"Value\":{value:?},\"Effect\":{effect:?},\"TimeAdded\":null}}: taints must be unique by key and effect pair"
                ));
            }
        });
    });
}
