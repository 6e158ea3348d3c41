//! `kubectl create quota`, `poddisruptionbudget` and `priorityclass`.

use super::args::Args;
use super::create::{list, name};
use super::fail;
use super::generate::{Made, map, match_labels, store};
use crate::api::{Map, Value, kind, quantity};
use crate::shell::context::{Context, Outcome};

/// A number, or text such as `50%`.
fn number_or_text(text: &str) -> Value {
    text.parse::<i64>()
        .map_or_else(|_| Value::from(text), Value::Int)
}

/// Resources and their quantities, `a=b,c=d`.
pub(super) fn pairs(words: &[String]) -> Result<Map, String> {
    let pair = |word: &String| {
        let mut parts = word.split('=');
        let (Some(key), Some(value), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(format!(
                "Invalid argument syntax {word}, expected <resource>=<value>"
            ));
        };
        if quantity(&Value::from(value), 1).is_none() {
            return Err(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                    .to_owned(),
            );
        }
        Ok((key.to_owned(), Value::from(value)))
    };
    words.iter().map(pair).collect()
}

pub(super) fn quota(context: &mut Context<'_>, args: &Args) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    let hard = match pairs(&args.all("hard")) {
        Ok(hard) => hard,
        Err(why) => return fail(context, &why),
    };
    let mut spec = Map::new();
    if !hard.is_empty() {
        spec.insert("hard".to_owned(), Value::Map(hard));
    }
    let scopes = args.all("scopes");
    if !scopes.is_empty() {
        spec.insert("scopes".to_owned(), list(&scopes));
    }
    let made = Made::new(kind::RESOURCE_QUOTA, name).field("spec", Value::Map(spec));
    store(context, args, made, "quota")
}

pub(super) fn disruption_budget(context: &mut Context<'_>, args: &Args) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    let Some(selector) = args.get("selector").filter(|text| !text.is_empty()) else {
        return fail(context, "a selector must be specified");
    };
    let bound = match (args.get("min-available"), args.get("max-unavailable")) {
        (Some(least), None) => ("minAvailable", least),
        (None, Some(most)) => ("maxUnavailable", most),
        (None, None) => {
            return fail(
                context,
                "one of min-available or max-unavailable must be specified",
            );
        }
        (Some(_), Some(_)) => {
            return fail(
                context,
                "min-available and max-unavailable cannot be both specified",
            );
        }
    };
    let spec = map([
        (bound.0, number_or_text(bound.1)),
        ("selector", match_labels(selector)),
    ]);
    let made = Made::new(kind::POD_DISRUPTION_BUDGET, name).field("spec", spec);
    store(context, args, made, "poddisruptionbudgets")
}

pub(super) fn priority_class(context: &mut Context<'_>, args: &Args) -> Outcome {
    let name = match name(context, args) {
        Ok(name) => name,
        Err(outcome) => return outcome,
    };
    let text = args.get("value").unwrap_or("0");
    let Ok(value) = text.parse::<i64>() else {
        return fail(
            context,
            &format!(
                "invalid argument \"{text}\" for \"--value\" flag: strconv.ParseInt: parsing \"{text}\": invalid syntax\nSee 'kubectl create priorityclass --help' for usage."
            ),
        );
    };
    let policy = args
        .get("preemption-policy")
        .unwrap_or("PreemptLowerPriority");
    let mut made = Made::new(kind::PRIORITY_CLASS, name)
        .field("value", Value::Int(value))
        .field("preemptionPolicy", Value::from(policy));
    if args.is("global-default") {
        made = made.field("globalDefault", Value::Bool(true));
    }
    if let Some(text) = args.get("description").filter(|text| !text.is_empty()) {
        made = made.field("description", Value::from(text));
    }
    store(context, args, made, "priorityclass")
}
