//! `kubectl logs`: what the catalogue's programs print when they start.

use super::args::Args;
use super::{exec, fail, resource};
use crate::api::kind;
use crate::shell::context::{Context, Outcome};

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let namespace = resource::namespace(context, args);
    let Some(word) = args.words.first() else {
        return fail(
            context,
            "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command\nSee 'kubectl logs -h' for help and examples",
        );
    };
    let tables = context.world.cluster.tables();
    let object = match word.split_once('/') {
        None => tables.find(kind::POD, &namespace, word).cloned(),
        Some((type_, name)) => match resource::find(type_) {
            Err(why) => return fail(context, &why),
            Ok(type_) => {
                let owner = resource::get(tables, type_, &namespace, name).ok();
                owner.and_then(|owner| exec::first_pod(context, &owner))
            }
        },
    };
    let Some(object) = object else {
        return fail(
            context,
            &format!(
                "error from server (NotFound): pods \"{word}\" not found in namespace \"{namespace}\""
            ),
        );
    };
    let Some(pod) = object.pod() else {
        return Outcome::Exit(1);
    };
    let names: Vec<&str> = pod
        .spec
        .containers
        .iter()
        .map(|c| c.name.as_str())
        .collect();
    let name = args
        .get("container")
        .or(names.first().copied())
        .unwrap_or_default()
        .to_owned();
    if !names.contains(&name.as_str()) {
        return fail(
            context,
            &format!("container {name} is not valid for pod {}", object.meta.name),
        );
    }
    if args.get("container").is_none() && names.len() > 1 {
        context.out.error(&format!(
            "Defaulted container \"{name}\" out of: {}",
            names.join(", ")
        ));
    }
    let status = pod
        .status
        .container_statuses
        .iter()
        .find(|s| s.name == name);
    let waiting = status
        .and_then(|s| s.state.waiting.as_ref())
        .map(|w| w.reason.clone());
    if let Some(reason) = waiting.filter(|reason| reason != "CrashLoopBackOff") {
        let why = if reason.contains("Image") {
            "trying and failing to pull image".to_owned()
        } else {
            reason
        };
        context.out.error(&format!(
            "Error from server (BadRequest): container \"{name}\" in pod \"{}\" is waiting to start: {why}",
            object.meta.name
        ));
        return Outcome::Exit(1);
    }
    context
        .out
        .note("Programs write no logs in this simulation.");
    Outcome::Exit(0)
}
