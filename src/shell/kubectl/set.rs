//! `kubectl set`: images, variables, resources and selectors.

use super::args::Args;
use super::change::{self, named};
use super::generate::map;
use super::{bounds, fail, help, resource};
use crate::api::{Map, Object, Operator, Requirement, Selector, Value, kind};
use crate::shell::context::{Context, Outcome};
use std::rc::Rc;

pub(super) fn parent(context: &mut Context<'_>, args: &Args) -> Outcome {
    help::parent(context, args)
}

/// The words that name objects, and the others.
fn split(args: &Args) -> (Vec<String>, Vec<String>) {
    let is_change = |word: &&String| word.contains('=') || (word.ends_with('-') && word.len() > 1);
    let (changes, objects): (Vec<&String>, Vec<&String>) = args.words.iter().partition(is_change);
    (
        objects.into_iter().cloned().collect(),
        changes.into_iter().cloned().collect(),
    )
}

/// Changes the spec of a Pod, or of those of a workload.
fn pod_spec(object: &Object, change: impl FnOnce(&mut Map)) -> Option<Object> {
    let mut value = object.to_value();
    let spec = value.as_map_mut()?.get_mut("spec")?.as_map_mut()?;
    let pod = if spec.contains_key("template") {
        spec.get_mut("template")?
            .as_map_mut()?
            .get_mut("spec")?
            .as_map_mut()?
    } else {
        spec
    };
    change(pod);
    Object::from_value(value)
}

/// What kubectl says of an object that has no containers.
fn without_template(object: &Object) -> Option<String> {
    let pod = object.kind == kind::POD;
    let value = object.to_value();
    let has = |path: &[&str]| value.at(path).is_some();
    if pod || has(&["spec", "template"]) || has(&["spec", "jobTemplate"]) {
        return None;
    }
    let kind = object.kind;
    Some(format!(
        "error: {}/{} the object is not a pod or does not have a pod template: *{}.{}",
        kind.plural, object.meta.name, kind.version, kind.name
    ))
}

/// Changes each container of a workload or Pod; the function gets its name and fields.
fn each_container(object: &Object, mut change: impl FnMut(&str, &mut Map)) -> Option<Object> {
    pod_spec(object, |pod| containers(pod, &mut change))
}

fn containers(pod: &mut Map, change: &mut dyn FnMut(&str, &mut Map)) {
    for list in ["initContainers", "containers"] {
        let Some(Value::List(containers)) = pod.get_mut(list) else {
            continue;
        };
        for container in containers.iter_mut().filter_map(Value::as_map_mut) {
            let name = container
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            change(&name, container);
        }
    }
}

/// Whether a container is meant by a name, which may be `*`.
fn meant(wanted: &str, name: &str) -> bool {
    wanted == "*" || wanted == name
}

/// Writes the changed copies; nothing changed is said as nothing.
fn write(
    context: &mut Context<'_>,
    args: &Args,
    changed: Vec<(Rc<Object>, Object)>,
    word: &str,
) -> Outcome {
    let mut status = 0;
    for (before, after) in changed {
        if after == *before {
            continue;
        }
        if let Outcome::Exit(code) = change::write(context, args, after, word) {
            status = status.max(code);
        }
    }
    Outcome::Exit(status)
}

pub(super) fn image(context: &mut Context<'_>, args: &Args) -> Outcome {
    let (words, changes) = split(args);
    let objects = match named(context, args, &words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    let images: Vec<(String, String)> = changes
        .iter()
        .filter_map(|word| word.split_once('='))
        .flat_map(|(names, image)| {
            names
                .split(',')
                .map(|name| (name.to_owned(), image.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect();
    if images.is_empty() {
        return fail(context, "at least one image update is required");
    }
    let mut changed = Vec::new();
    let mut wrong = Vec::new();
    for object in objects {
        if let Some(why) = without_template(&object) {
            wrong.push(why);
            continue;
        }
        let mut used: Vec<&str> = Vec::new();
        let after = each_container(&object, |name, container| {
            for (wanted, image) in images.iter().filter(|(wanted, _)| meant(wanted, name)) {
                used.push(wanted);
                container.insert("image".to_owned(), Value::from(image.as_str()));
            }
        });
        if let Some((missing, _)) = images
            .iter()
            .find(|(name, _)| !used.contains(&name.as_str()))
        {
            wrong.push(format!(
                "error: unable to find container named \"{missing}\""
            ));
            continue;
        }
        changed.extend(after.map(|after| (object, after)));
    }
    let done = write(context, args, changed, "image updated");
    wrong.iter().for_each(|why| context.out.error(why));
    if wrong.is_empty() {
        done
    } else {
        Outcome::Exit(1)
    }
}

pub(super) fn env(context: &mut Context<'_>, args: &Args) -> Outcome {
    let (words, mut changes) = split(args);
    if words.is_empty() && args.get("filename").is_none() {
        return fail(
            context,
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        );
    }
    changes.extend(args.each("env"));
    let objects = match named(context, args, &words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    let from = match args
        .get("from")
        .map(|from| variables_of(context, args, from))
    {
        None => Vec::new(),
        Some(Ok(from)) => from,
        Some(Err(why)) => {
            context.out.error(&why);
            return Outcome::Exit(1);
        }
    };
    let chosen = args.get("containers").unwrap_or("*").to_owned();
    let mut changed = Vec::new();
    for object in objects {
        if args.is("list") {
            list(context, &object);
            continue;
        }
        if let Some(why) = without_template(&object) {
            context.out.error(&why);
            return Outcome::Exit(1);
        }
        let (mut has, mut taken) = (false, None);
        let after = each_container(&object, |name, container| {
            if meant(&chosen, name) {
                has = true;
                taken = taken.take().or_else(|| set_already(container, &changes));
                changes
                    .iter()
                    .for_each(|change| set_variable(container, change));
                from.iter()
                    .for_each(|(key, new)| put_variable(container, key, Some(new.clone())));
            }
        });
        if let Some(taken) = taken.filter(|_| args.get("overwrite") == Some("false")) {
            let place = format!("{}/{}", object.kind.plural, object.meta.name);
            return fail(
                context,
                &format!("{place} {taken}, and --overwrite is false"),
            );
        }
        if !has {
            context.out.error(&format!(
                "Warning: {}/{} does not have any containers matching \"{chosen}\"",
                object.kind.name, object.meta.name
            ));
        }
        changed.extend(after.map(|after| (object, after)));
    }
    write(context, args, changed, "env updated")
}

/// A variable that a container has with another value.
fn set_already(container: &Map, changes: &[String]) -> Option<String> {
    let variables = container.get("env").and_then(Value::as_list)?;
    let mut clashes = changes.iter().filter_map(|change| {
        let (key, value) = change.split_once('=')?;
        let of_key = |v: &&Value| v.get("name").and_then(Value::as_str) == Some(key);
        let old = variables.iter().find(of_key)?.get("value")?.as_str()?;
        (old != value).then(|| format!("'{key}' already has a value ({old})"))
    });
    clashes.next()
}

/// `--from`: a variable for each key of a `ConfigMap` or Secret.
fn variables_of(
    context: &mut Context<'_>,
    args: &Args,
    from: &str,
) -> Result<Vec<(String, Value)>, String> {
    let (source, name) = from.split_once('/').unwrap_or(("", from));
    let kind = resource::find(source).map_err(|why| format!("error: {why}"))?;
    let reference = match kind.name {
        "ConfigMap" => "configMapKeyRef",
        "Secret" => "secretKeyRef",
        _ => {
            return Err(format!(
                "error: unsupported resource specified in --from: {from}"
            ));
        }
    };
    let namespace = resource::namespace(context, args);
    let object = resource::get(context.world.cluster.tables(), kind, &namespace, name)
        .map_err(|status| resource::refusal(&status, None))?;
    let (keys, prefix) = (args.all("keys"), args.get("prefix").unwrap_or_default());
    let value = object.to_value();
    let data = value.get("data").and_then(Value::as_map);
    let mut variables = Vec::new();
    for key in data.into_iter().flat_map(Map::keys) {
        if !keys.is_empty() && !keys.contains(key) {
            continue;
        }
        let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let called: String = key.chars().map(letter).collect();
        let called = called.to_uppercase();
        if called != *key {
            let moved = format!("Warning: key {key} transferred to {called}");
            context.out.error(&moved);
        }
        let called = [prefix, &called].concat();
        let at = map([
            ("key", Value::from(key.as_str())),
            ("name", Value::from(name)),
        ]);
        let new = map([
            ("name", Value::from(called.as_str())),
            ("valueFrom", map([(reference, at)])),
        ]);
        variables.push((called, new));
    }
    Ok(variables)
}

/// `KEY=VALUE` sets, `KEY-` removes.
fn set_variable(container: &mut Map, change: &str) {
    let (key, value) = change
        .split_once('=')
        .map_or((change.trim_end_matches('-'), None), |(k, v)| (k, Some(v)));
    let new = value.map(|value| map([("name", Value::from(key)), ("value", Value::from(value))]));
    put_variable(container, key, new);
}

/// Puts a variable where one of its name stands, or at the end; nothing removes it.
fn put_variable(container: &mut Map, key: &str, new: Option<Value>) {
    let mut variables = container
        .get("env")
        .and_then(Value::as_list)
        .unwrap_or_default()
        .to_vec();
    let of_key = |v: &Value| v.get("name").and_then(Value::as_str) == Some(key);
    match (variables.iter().position(of_key), new) {
        (Some(at), Some(new)) => {
            if let Some(slot) = variables.get_mut(at) {
                *slot = new;
            }
        }
        (Some(at), None) => drop(variables.remove(at)),
        (None, Some(new)) => variables.push(new),
        (None, None) => {}
    }
    if variables.is_empty() {
        container.remove("env");
    } else {
        container.insert("env".to_owned(), Value::List(variables));
    }
}

fn list(context: &mut Context<'_>, object: &Object) {
    let kind = object.kind.name;
    let _ = each_container(object, |name, container| {
        context
            .out
            .line(&format!("# {kind} {}, container {name}", object.meta.name));
        for variable in container
            .get("env")
            .and_then(Value::as_list)
            .unwrap_or_default()
        {
            let text = |key: &str| {
                variable
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            context
                .out
                .line(&format!("{}={}", text("name"), text("value")));
        }
    });
}

pub(super) fn resources(context: &mut Context<'_>, args: &Args) -> Outcome {
    // What is meant is looked up before what shall be set is read.
    let objects = match named(context, args, &args.words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    let pairs = ["limits", "requests"].map(|flag| bounds::pairs(&args.all(flag)));
    let (limits, requests) = match pairs {
        [Ok(limits), Ok(requests)] => (limits, requests),
        [Err(why), _] | [_, Err(why)] => return fail(context, &why),
    };
    if limits.is_empty() && requests.is_empty() {
        return fail(
            context,
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        );
    }
    let chosen = args.get("containers").unwrap_or("*").to_owned();
    let mut changed = Vec::new();
    for object in objects {
        if let Some(why) = without_template(&object) {
            context.out.error(&why);
            return Outcome::Exit(1);
        }
        let mut has = false;
        let after = each_container(&object, |name, container| {
            if !meant(&chosen, name) {
                return;
            }
            has = true;
            let mut all = container
                .get("resources")
                .and_then(Value::as_map)
                .cloned()
                .unwrap_or_default();
            for (key, part) in [("limits", &limits), ("requests", &requests)] {
                if !part.is_empty() {
                    let mut merged = all
                        .get(key)
                        .and_then(Value::as_map)
                        .cloned()
                        .unwrap_or_default();
                    merged.extend(part.clone());
                    all.insert(key.to_owned(), Value::Map(merged));
                }
            }
            container.insert("resources".to_owned(), Value::Map(all));
        });
        if !has {
            return fail(context, &format!("unable to find container named {chosen}"));
        }
        changed.extend(after.map(|after| (object, after)));
    }
    write(context, args, changed, "resource requirements updated")
}

pub(super) fn selector(context: &mut Context<'_>, args: &Args) -> Outcome {
    let Some((text, words)) = args.words.split_last() else {
        return fail(context, "one selector is required");
    };
    let pairs = match Selector::parse(text) {
        Ok(selector) => pairs_of(&selector),
        Err(why) => {
            let why = format!("couldn't parse the selector string {text:?}: {why}");
            return fail(context, &why);
        }
    };
    let objects = match named(context, args, words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    let mut changed = Vec::new();
    for object in objects {
        let mut after = (*object).clone();
        let Some(service) = after.service_mut() else {
            return fail(context, "setting a selector is only supported for Services");
        };
        match &pairs {
            Ok(pairs) => service.spec.selector = pairs.iter().cloned().collect(),
            Err(why) => return fail(context, why),
        }
        changed.push((object, after));
    }
    let mut status = 0;
    for (_, after) in changed {
        if let Outcome::Exit(code) = change::write(context, args, after, "selector updated") {
            status = status.max(code);
        }
    }
    Outcome::Exit(status)
}

/// The pairs that a Service can select by, or what it cannot.
fn pairs_of(selector: &Selector) -> Result<Vec<(String, String)>, String> {
    let (mut pairs, mut others) = (Vec::new(), Vec::new());
    for Requirement {
        key,
        operator,
        values,
    } in selector.requirements()
    {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let name = match operator {
            Operator::Equals | Operator::DoubleEquals => {
                pairs.push((key.clone(), values.concat()));
                continue;
            }
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
            Operator::In => "In",
            Operator::NotIn => "NotIn",
            Operator::NotEquals | Operator::GreaterThan | Operator::LessThan => {
                let name = operator.name();
                return Err(format!("{name:?} is not a valid label selector operator"));
            }
        };
        others.push(format!("{{{key} {name} [{}]}}", values.join(" ")));
    }
    if others.is_empty() {
        return Ok(pairs);
    }
    let others = others.join(" ");
    Err(format!(
        "match expression [{others}] not supported on this object"
    ))
}

/// `set serviceaccount`: the account in whose name Pods run.
pub(super) fn service_account(context: &mut Context<'_>, args: &Args) -> Outcome {
    let Some((account, words)) = args.words.split_last().filter(|(_, w)| !w.is_empty()) else {
        return fail(context, "serviceaccount is required");
    };
    let objects = match named(context, args, words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    let mut changed = Vec::new();
    for object in objects {
        let after = pod_spec(&object, |spec| {
            for key in ["serviceAccountName", "serviceAccount"] {
                spec.insert(key.to_owned(), Value::from(account.as_str()));
            }
        });
        changed.extend(after.map(|after| (object, after)));
    }
    write(context, args, changed, "serviceaccount updated")
}
