//! `kubectl wait`: it lets simulated time pass until a condition holds.

use super::args::Args;
use super::jsonpath::{self, Path};
use super::{apply, fail, resource};
use crate::api::{Object, ObjectKey, Value};
use crate::kernel::{SimTime, Span};
use crate::shell::context::{Context, Outcome};
use crate::shell::waiting::{Look, wait};
use std::collections::VecDeque;
use std::rc::Rc;

const STEP: Span = Span::millis(50);

/// Seconds of `90s`, `2m`, `1h` or `1m30s`.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let (mut total, mut number) = (0u64, String::new());
    for c in text.chars() {
        let unit = match c {
            '0'..='9' => {
                number.push(c);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        number.clear();
    }
    if number.is_empty() {
        Some(total)
    } else {
        number.parse().ok()
    }
}

/// How long `--timeout` lets a command wait.
pub(super) fn patience(args: &Args, default: u64) -> Span {
    let given = args.get("timeout");
    Span::secs(match given {
        // Kubectl waits a week.
        Some(text) if text.starts_with('-') => 604_800,
        Some(text) => seconds(text).unwrap_or(default).min(604_800),
        None => default,
    })
}

/// What is waited for.
#[derive(Clone)]
enum Wanted {
    Delete,
    Create,
    Condition(String, String),
    Path(Rc<Path>, Option<String>),
}

fn wanted(text: &str) -> Result<Wanted, String> {
    let strip = |prefix: &str| {
        text.get(..prefix.len())
            .filter(|p| p.eq_ignore_ascii_case(prefix))
            .and(text.get(prefix.len()..))
    };
    match text.to_lowercase().as_str() {
        "delete" => return Ok(Wanted::Delete),
        "create" => return Ok(Wanted::Create),
        _ => {}
    }
    if let Some(condition) = strip("condition=") {
        let (name, value) = condition.split_once('=').unwrap_or((condition, "True"));
        return Ok(Wanted::Condition(
            name.to_lowercase(),
            value.trim_matches('"').to_lowercase(),
        ));
    }
    if let Some(path) = strip("jsonpath=") {
        return path_and_value(path);
    }
    Err(format!("unrecognized condition: \"{text}\""))
}

/// `{.status.phase}=Running`: what `=` parts, `==` does not.
fn path_and_value(text: &str) -> Result<Wanted, String> {
    let hidden = text.replace("==", "\u{0}");
    let mut parts = hidden.split('=').map(|part| part.replace('\u{0}', "=="));
    let path = parts.next().unwrap_or_default();
    let value = parts.next();
    if parts.next().is_some() {
        return Err("jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'".to_owned());
    }
    let field = jsonpath::sort_field(&path)?;
    let value = value.map(|value| value.trim_matches(['\'', '"']).to_owned());
    if value.as_ref().is_some_and(String::is_empty) {
        return Err("jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3".to_owned());
    }
    if field.is_empty() {
        return Err("jsonpath expression cannot be empty".to_owned());
    }
    Ok(Wanted::Path(Rc::new(Path::parse(&field)?), value))
}

/// Whether what a path finds is what is waited for.
fn found_is(found: &[Vec<&Value>], wanted: Option<&str>) -> Result<bool, String> {
    let Some([first, more @ ..]) = found.first().map(Vec::as_slice) else {
        return Ok(false);
    };
    if found.len() > 1 {
        return Err("given jsonpath expression matches more than one list".to_owned());
    }
    if !more.is_empty() {
        return Err("given jsonpath expression matches more than one value".to_owned());
    }
    match (wanted, first) {
        (None, _) => Ok(true),
        (Some(_), Value::List(_) | Value::Map(_)) => {
            Err("jsonpath leads to a nested object or list which is not supported".to_owned())
        }
        (Some(wanted), value) => Ok(jsonpath::go_text(value).trim() == wanted.trim()),
    }
}

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let Some(text) = args.get("for").filter(|text| !text.is_empty()) else {
        return fail(context, "unrecognized condition: []");
    };
    let wanted = match wanted(text) {
        Ok(wanted) => wanted,
        Err(why) => return fail(context, &why),
    };
    let named = if args.words.is_empty() && args.get("filename").is_some() {
        match apply::with_names_of_files(context, args) {
            Ok(named) => named,
            Err(outcome) => return outcome,
        }
    } else {
        args.clone()
    };
    let keys = match keys(context, &named, &wanted) {
        Ok(keys) => VecDeque::from(keys),
        Err(why) => {
            context.out.error(&why);
            return Outcome::Exit(1);
        }
    };
    if keys.is_empty() && !matches!(wanted, Wanted::Delete) {
        return fail(context, "no matching resources found");
    }
    let given = args.get("timeout");
    let patience = patience(args, 30);
    let waiter = Waiter {
        keys,
        wanted,
        end: context.world.cluster.now() + patience,
        impatient: given.is_some_and(|text| seconds(text) == Some(0)),
        names: args.get("output") == Some("name"),
        status: 0,
    };
    wait(context, waiter, look)
}

/// What `kubectl wait` still waits for.
#[derive(Clone)]
struct Waiter {
    keys: VecDeque<ObjectKey>,
    wanted: Wanted,
    end: SimTime,
    /// Whether it looks only once.
    impatient: bool,
    /// Whether it prints names.
    names: bool,
    status: i32,
}

fn look(context: &mut Context<'_>, waiter: &mut Waiter) -> Look {
    while let Some(key) = waiter.keys.front() {
        let cluster = &context.world.cluster;
        let about = format!("{}/{}", key.kind.plural, key.name);
        let result = match met(cluster.tables().get(key), &waiter.wanted) {
            Ok(false) if cluster.now() < waiter.end => return Look::Again(cluster.now() + STEP),
            Ok(false) if waiter.impatient => Err(format!("condition not met for {about}")),
            Ok(false) => Err(format!("timed out waiting for the condition on {about}")),
            result => result,
        };
        let name = format!("{}/{}", key.kind.prefix(), key.name);
        match result {
            Ok(_) if waiter.names => context.out.line(&name),
            Ok(_) => context.out.line(&format!("{name} condition met")),
            Err(why) => {
                context.out.error(&format!("error: {why}"));
                waiter.status = 1;
            }
        }
        waiter.keys.pop_front();
    }
    Look::Over(waiter.status)
}

/// What the words name; what is to be deleted may be gone, what is to be created need not be there.
fn keys(context: &Context<'_>, args: &Args, wanted: &Wanted) -> Result<Vec<ObjectKey>, String> {
    let namespace = resource::namespace(context, args);
    let tables = context.world.cluster.tables();
    let targets = resource::targets(&args.words).map_err(|why| format!("error: {why}"))?;
    if targets.items.is_empty() {
        return Err(format!("error: {}", resource::NOTHING_NAMED));
    }
    let scope = (!args.is("all-namespaces")).then_some(namespace.as_str());
    let mut keys = Vec::new();
    for (kind, name) in targets.items {
        let Some(name) = name else {
            let chosen = args.get("selector").is_some()
                || args.get("field-selector").is_some()
                || args.is("all");
            if !chosen {
                return Err(
                    "error: resource(s) were provided, but no name was specified".to_owned(),
                );
            }
            keys.extend(
                resource::selected(tables, args, kind, scope)?
                    .iter()
                    .map(|object| object.key()),
            );
            continue;
        };
        match (resource::get(tables, kind, &namespace, &name), wanted) {
            (Ok(object), _) => keys.push(object.key()),
            (Err(_), Wanted::Create) => keys.push(resource::key(kind, &namespace, &name)),
            (Err(_), Wanted::Delete) => {}
            (Err(status), Wanted::Condition(..) | Wanted::Path(..)) => {
                return Err(resource::refusal(&status, None));
            }
        }
    }
    Ok(keys)
}

/// Whether it is as wanted; the error ends the waiting.
fn met(object: Option<&Rc<Object>>, wanted: &Wanted) -> Result<bool, String> {
    let Some(object) = object else {
        return Ok(matches!(wanted, Wanted::Delete));
    };
    let value = object.to_value();
    Ok(match wanted {
        Wanted::Delete => false,
        Wanted::Create => true,
        Wanted::Condition(name, status) => {
            let conditions = value
                .at(&["status", "conditions"])
                .and_then(Value::as_list)
                .unwrap_or_default();
            let text = |c: &Value, key: &str| {
                c.get(key)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_lowercase()
            };
            conditions
                .iter()
                .any(|c| text(c, "type") == *name && text(c, "status") == *status)
        }
        Wanted::Path(path, wanted) => found_is(&path.find(&value)?, wanted.as_deref())?,
    })
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn spans_are_read_as_go_writes_them() {
        let rows = [
            ("30s", Some(30)),
            ("1m30s", Some(90)),
            ("2h", Some(7_200)),
            ("5", Some(5)),
            ("x", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }
}
