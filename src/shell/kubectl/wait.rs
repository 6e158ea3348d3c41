//! `kubectl wait` and `kubectl rollout`: they let simulated time pass.

use super::args::{Args, Flag, Takes, flag};
use super::scale::named;
use super::{fail, jsonpath};
use crate::api::workload::Deployment;
use crate::api::{Object, Value};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome};
use std::rc::Rc;

pub(super) const FLAGS: &[Flag] = &[
    flag("for", None, Takes::Value),
    flag("timeout", None, Takes::Value),
    flag("selector", Some('l'), Takes::Value),
    flag("all", None, Takes::Nothing),
    flag("watch", Some('w'), Takes::Nothing),
    flag("revision", None, Takes::Value),
];

const STEP: Span = Span::millis(50);

fn timeout(args: &Args, default: u64) -> Span {
    let text = args.get("timeout").unwrap_or_default();
    let number = |suffix: &str| {
        text.strip_suffix(suffix)
            .and_then(|n| n.parse::<u64>().ok())
    };
    let seconds = number("s")
        .or_else(|| number("m").map(|m| m * 60))
        .or_else(|| number("h").map(|h| h * 3_600));
    Span::secs(seconds.unwrap_or(default))
}

/// The object as it is now.
fn fresh(context: &Context<'_>, object: &Object) -> Option<Rc<Object>> {
    context.world.cluster.tables().get(&object.key()).cloned()
}

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let Some(condition) = args.get("for").map(str::to_owned) else {
        return fail(context, "must specify --for");
    };
    let objects = match named(context, args, &args.words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    if objects.is_empty() {
        return fail(context, "no matching resources found");
    }
    let patience = timeout(args, 30);
    for object in objects {
        let end = context.world.cluster.now() + patience;
        let label = format!("{}/{}", object.kind.prefix(), object.meta.name);
        while !met(fresh(context, &object).as_deref(), &condition) {
            if context.world.cluster.now() >= end {
                return fail(
                    context,
                    &format!(
                        "timed out waiting for the condition on {}/{}",
                        object.kind.plural, object.meta.name
                    ),
                );
            }
            context.world.cluster.advance(STEP);
        }
        context.out.line(&format!("{label} condition met"));
    }
    Outcome::Exit(0)
}

fn met(object: Option<&Object>, condition: &str) -> bool {
    let Some(object) = object else {
        return condition == "delete";
    };
    let value = object.to_value();
    if let Some(name) = condition.strip_prefix("condition=") {
        let (name, wanted) = name.split_once('=').unwrap_or((name, "True"));
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
        return conditions.iter().any(|c| {
            text(c, "type") == name.to_lowercase() && text(c, "status") == wanted.to_lowercase()
        });
    }
    if let Some(path) = condition.strip_prefix("jsonpath=") {
        let (path, wanted) = path
            .split_once("}=")
            .map_or((path, None), |(p, w)| (p, Some(w)));
        let found = jsonpath::plain(
            &value,
            path.trim_matches(['{', '}', '\'', '"'])
                .trim_start_matches('.'),
        );
        return wanted.map_or(!found.is_empty(), |wanted| {
            found == wanted.trim_matches(['\'', '"'])
        });
    }
    false
}

pub(super) fn rollout(context: &mut Context<'_>, args: &Args) -> Outcome {
    let Some(verb) = args.words.first().cloned() else {
        return fail(context, "must specify status, restart or history");
    };
    let words: Vec<String> = args.words.iter().skip(1).cloned().collect();
    let objects = match named(context, args, &words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    for object in objects {
        let outcome = match verb.as_str() {
            "status" => status(context, args, &object),
            "restart" => restart(context, &object),
            other => {
                context
                    .out
                    .note(&format!("kubectl rollout {other} is not simulated here."));
                return Outcome::Exit(1);
            }
        };
        if let Outcome::Exit(1) = outcome {
            return outcome;
        }
    }
    Outcome::Exit(0)
}

/// What `kubectl rollout status` says of a Deployment that is not done.
fn progress(name: &str, deployment: &Deployment, generation: i64) -> Option<String> {
    let (status, wanted) = (&deployment.status, deployment.spec.replicas.unwrap_or(1));
    if status.observed_generation < generation {
        return Some("Waiting for deployment spec update to be observed...".to_owned());
    }
    let tell = |text: String| {
        Some(format!(
            "Waiting for deployment \"{name}\" rollout to finish: {text}"
        ))
    };
    if status.updated_replicas < wanted {
        return tell(format!(
            "{} out of {wanted} new replicas have been updated...",
            status.updated_replicas
        ));
    }
    let total = status.replicas.unwrap_or(0);
    if total > status.updated_replicas {
        return tell(format!(
            "{} old replicas are pending termination...",
            total - status.updated_replicas
        ));
    }
    if status.available_replicas < status.updated_replicas {
        let text = format!(
            "{} of {} updated replicas are available...",
            status.available_replicas, status.updated_replicas
        );
        return tell(text);
    }
    None
}

fn status(context: &mut Context<'_>, args: &Args, object: &Rc<Object>) -> Outcome {
    let end = context.world.cluster.now() + timeout(args, 600);
    let mut said = String::new();
    loop {
        let Some(now) = fresh(context, object) else {
            return Outcome::Exit(1);
        };
        let Some(deployment) = now.deployment() else {
            return fail(
                context,
                &format!(
                    "no status viewer has been implemented for {}",
                    object.kind.name
                ),
            );
        };
        let Some(text) = progress(&now.meta.name, deployment, now.meta.generation) else {
            context.out.line(&format!(
                "deployment \"{}\" successfully rolled out",
                now.meta.name
            ));
            return Outcome::Exit(0);
        };
        if text != said {
            context.out.line(&text);
            said = text;
        }
        if context.world.cluster.now() >= end {
            return fail(
                context,
                &format!(
                    "deployment \"{}\" exceeded its progress deadline",
                    object.meta.name
                ),
            );
        }
        context.world.cluster.advance(STEP);
    }
}

fn restart(context: &mut Context<'_>, object: &Rc<Object>) -> Outcome {
    let now = context.world.cluster.sim().timestamp();
    let change = |object: &mut Object| {
        if let Some(deployment) = object.deployment_mut() {
            let annotations = &mut deployment.spec.template.metadata.annotations;
            annotations.insert("kubectl.kubernetes.io/restartedAt".to_owned(), now);
        }
    };
    super::scale::write(context, object, change, "restarted")
}
