//! `kubectl rollout`: how a change of a workload comes along, and its history.

use super::args::Args;
use super::change::{self, named};
use super::describe::template;
use super::output::{self, Form};
use super::revision::{self, Revision, revisions};
use super::table::tabbed;
use super::wait::patience;
use super::{fail, help};
use crate::api::pod::PodTemplateSpec;
use crate::api::workload::Deployment;
use crate::api::{Object, Value, kind};
use crate::kernel::{SimTime, Span};
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::waiting::{Look, wait};
use std::collections::VecDeque;
use std::rc::Rc;

const STEP: Span = Span::millis(50);

pub(super) fn parent(context: &mut Context<'_>, args: &Args) -> Outcome {
    if !args.words.is_empty() {
        return help::parent(context, args);
    }
    help::own(context, args, Stream::Out);
    Outcome::Exit(1)
}

/// Does something to each object that the words name.
fn each(
    context: &mut Context<'_>,
    args: &Args,
    act: fn(&mut Context<'_>, &Args, &Rc<Object>) -> Outcome,
) -> Outcome {
    let objects = match objects(context, args) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    let mut status = 0;
    for object in objects {
        match act(context, args, &object) {
            Outcome::Exit(code) => status = status.max(code),
            foreground @ Outcome::Foreground(_) => return foreground,
        }
    }
    Outcome::Exit(status)
}

/// What the words name; that it is nothing is told.
fn objects(context: &mut Context<'_>, args: &Args) -> Result<Vec<Rc<Object>>, Outcome> {
    if args.words.is_empty() && args.get("filename").is_none() {
        return Err(fail(context, "required resource not specified"));
    }
    let objects = all_of(context, args)?;
    // Of nothing the history is nothing, and so is what is taken back.
    if objects.is_empty() && !matches!(args.verb, "rollout history" | "rollout undo") {
        let namespace = super::resource::namespace(context, args);
        context
            .out
            .error(&format!("No resources found in {namespace} namespace."));
    }
    Ok(objects)
}

/// What the words name; a kind without a name is all of it.
fn all_of(context: &mut Context<'_>, args: &Args) -> Result<Vec<Rc<Object>>, Outcome> {
    let mut args = args.clone();
    if !args.words.iter().any(|word| word.contains('/')) && args.words.len() == 1 {
        args.set("all", "true");
    }
    let words = args.words.clone();
    named(context, &args, &words)
}

/// Where a rollout stands.
enum Standing {
    Waits(String),
    Done(String),
    Fails(&'static str),
}

fn deployment_standing(name: &str, deployment: &Deployment, generation: i64) -> Standing {
    let (status, wanted) = (&deployment.status, deployment.spec.replicas.unwrap_or(1));
    if status.observed_generation < generation {
        return Standing::Waits("Waiting for deployment spec update to be observed...".to_owned());
    }
    let waits = |text: String| {
        Standing::Waits(format!(
            "Waiting for deployment \"{name}\" rollout to finish: {text}"
        ))
    };
    let updated = status.updated_replicas;
    if updated < wanted {
        return waits(format!(
            "{updated} out of {wanted} new replicas have been updated..."
        ));
    }
    let total = status.replicas.unwrap_or(0);
    if total > updated {
        return waits(format!(
            "{} old replicas are pending termination...",
            total - updated
        ));
    }
    if status.available_replicas < updated {
        return waits(format!(
            "{} of {updated} updated replicas are available...",
            status.available_replicas
        ));
    }
    Standing::Done(format!("deployment \"{name}\" successfully rolled out"))
}

/// Workloads that have no controller here are told by their status alone.
fn plain_standing(object: &Object) -> Option<Standing> {
    let value = object.to_value();
    let listed = object.kind == kind::STATEFUL_SET || object.kind == kind::DAEMON_SET;
    let rolls = value.at(&["spec", "updateStrategy", "type"]);
    if listed && rolls.and_then(Value::as_str) != Some("RollingUpdate") {
        let why = "rollout status is only available for RollingUpdate strategy type";
        return Some(Standing::Fails(why));
    }
    match object.kind {
        k if k == kind::STATEFUL_SET => Some(set_standing(object, &value)),
        k if k == kind::DAEMON_SET => Some(daemon_standing(object, &value)),
        _ => None,
    }
}

fn set_standing(object: &Object, value: &Value) -> Standing {
    let int = |path: &[&str]| value.at(path).and_then(Value::as_int).unwrap_or(0);
    let text = |path: &[&str]| {
        value
            .at(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (ready, wanted) = (
        int(&["status", "readyReplicas"]),
        int(&["spec", "replicas"]),
    );
    let partition = value
        .at(&["spec", "updateStrategy", "rollingUpdate", "partition"])
        .and_then(Value::as_int);
    let updated = int(&["status", "updatedReplicas"]);
    if int(&["status", "observedGeneration"]) < object.meta.generation {
        Standing::Waits("Waiting for statefulset spec update to be observed...".to_owned())
    } else if ready < wanted {
        Standing::Waits(format!(
            "Waiting for {} pods to be ready...",
            wanted - ready
        ))
    } else if let Some(partition) = partition {
        if updated < wanted - partition {
            Standing::Waits(format!(
                "Waiting for partitioned roll out to finish: {updated} out of {} new pods have been updated...",
                wanted - partition
            ))
        } else {
            Standing::Done(format!(
                "partitioned roll out complete: {updated} new pods have been updated..."
            ))
        }
    } else if text(&["status", "updateRevision"]) != text(&["status", "currentRevision"]) {
        Standing::Waits(format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {}...",
            text(&["status", "updateRevision"])
        ))
    } else {
        Standing::Done(format!(
            "statefulset rolling update complete {} pods at revision {}...",
            int(&["status", "currentReplicas"]),
            text(&["status", "currentRevision"])
        ))
    }
}

fn daemon_standing(object: &Object, value: &Value) -> Standing {
    let int = |path: &[&str]| value.at(path).and_then(Value::as_int).unwrap_or(0);
    let wanted = int(&["status", "desiredNumberScheduled"]);
    let (updated, available) = (
        int(&["status", "updatedNumberScheduled"]),
        int(&["status", "numberAvailable"]),
    );
    let name = &object.meta.name;
    let waits = |text: String| {
        Standing::Waits(format!(
            "Waiting for daemon set \"{name}\" rollout to finish: {text}"
        ))
    };
    if int(&["status", "observedGeneration"]) < object.meta.generation {
        let words = "Waiting for daemon set spec update to be observed...";
        Standing::Waits(words.to_owned())
    } else if updated < wanted {
        waits(format!(
            "{updated} out of {wanted} new pods have been updated..."
        ))
    } else if available < wanted {
        waits(format!(
            "{available} of {wanted} updated pods are available..."
        ))
    } else {
        Standing::Done(format!("daemon set \"{name}\" successfully rolled out"))
    }
}

/// The template as `history` shows it: a `ReplicaSet`'s with the label that it adds.
fn shown(found: &Revision) -> PodTemplateSpec {
    let set = found.kept.replica_set();
    set.map_or_else(|| found.template.clone(), |set| set.spec.template.clone())
}

pub(super) fn status(context: &mut Context<'_>, args: &Args) -> Outcome {
    let objects = match objects(context, args) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    let patience = patience(args, 600);
    let revision = args
        .get("revision")
        .filter(|text| !text.is_empty() && *text != "0");
    let follower = Follower {
        objects: objects.into(),
        said: String::new(),
        end: context.world.cluster.now() + patience,
        patience,
        once: args.get("watch") == Some("false"),
        revision: revision.map(str::to_owned),
        status: 0,
    };
    wait(context, follower, look)
}

/// What `rollout status` follows, one workload after the other.
#[derive(Clone)]
struct Follower {
    objects: VecDeque<Rc<Object>>,
    /// What it said last of the first of them.
    said: String,
    end: SimTime,
    patience: Span,
    /// Whether it tells how they stand and waits for none.
    once: bool,
    /// The revision that alone is followed, if one is wanted.
    revision: Option<String>,
    status: i32,
}

fn look(context: &mut Context<'_>, follower: &mut Follower) -> Look {
    while let Some(object) = follower.objects.front().cloned() {
        let ended = match follow(context, follower, &object) {
            None => return Look::Again(context.world.cluster.now() + STEP),
            Some(Outcome::Exit(status)) => status,
            Some(Outcome::Foreground(_)) => 0,
        };
        follower.status = follower.status.max(ended);
        follower.objects.pop_front();
        follower.said.clear();
        follower.end = context.world.cluster.now() + follower.patience;
    }
    Look::Over(follower.status)
}

/// Tells how a rollout stands; nothing as long as it goes on.
fn follow(
    context: &mut Context<'_>,
    follower: &mut Follower,
    object: &Rc<Object>,
) -> Option<Outcome> {
    let Some(now) = context.world.cluster.tables().get(&object.key()).cloned() else {
        return Some(fail(context, "object has been deleted"));
    };
    let running = now
        .meta
        .annotations
        .get("deployment.kubernetes.io/revision");
    let running = running.map_or("0", String::as_str);
    if let Some(desired) = follower.revision.as_deref().filter(|text| *text != running)
        && now.deployment().is_some()
    {
        let why = format!(
            "desired revision ({desired}) is different from the running revision ({running})"
        );
        return Some(fail(context, &why));
    }
    let standing = match now.deployment() {
        Some(deployment) => Some(deployment_standing(
            &now.meta.name,
            deployment,
            now.meta.generation,
        )),
        None => plain_standing(&now),
    };
    match standing {
        None => {
            let kind = object.kind.name;
            let why = format!("no status viewer has been implemented for {kind}");
            return Some(fail(context, &why));
        }
        Some(Standing::Fails(why)) => return Some(fail(context, why)),
        Some(Standing::Done(text)) => {
            context.out.line(&text);
            return Some(Outcome::Exit(0));
        }
        Some(Standing::Waits(text)) if text != follower.said => {
            context.out.line(&text);
            follower.said = text;
        }
        Some(Standing::Waits(_)) => {}
    }
    if follower.once {
        return Some(Outcome::Exit(0));
    }
    (context.world.cluster.now() >= follower.end).then(|| {
        let name = &object.meta.name;
        let why = format!("deployment \"{name}\" exceeded its progress deadline");
        fail(context, &why)
    })
}

pub(super) fn history(context: &mut Context<'_>, args: &Args) -> Outcome {
    each(context, args, tell_history)
}

fn tell_history(context: &mut Context<'_>, args: &Args, object: &Rc<Object>) -> Outcome {
    let Some(found) = revisions(context, object) else {
        return fail(
            context,
            &format!(
                "no history viewer has been implemented for \"{}\"",
                object.kind.name
            ),
        );
    };
    let label = format!("{}/{}", object.kind.prefix(), object.meta.name);
    let wanted = args
        .get("revision")
        .and_then(|text| text.parse::<i64>().ok())
        .filter(|n| *n > 0);
    if args.get("output").is_some_and(|form| !form.is_empty()) {
        return print_history(context, args, object, &found, wanted);
    }
    let Some(wanted) = wanted else {
        if found.is_empty() {
            context
                .out
                .line(&format!("{label} \nNo rollout history found."));
            return Outcome::Exit(0);
        }
        let mut text = "REVISION\tCHANGE-CAUSE\n".to_owned();
        for Revision { number, kept, .. } in &found {
            let cause = kept.meta.annotations.get("kubernetes.io/change-cause");
            text.push_str(&format!(
                "{number}\t{}\n",
                cause.map_or("<none>", String::as_str)
            ));
        }
        context
            .out
            .write(Stream::Out, &format!("{label} \n{}\n", tabbed(&text)));
        return Outcome::Exit(0);
    };
    let Some(found) = found.iter().find(|found| found.number == wanted) else {
        return fail(context, "unable to find the specified revision");
    };
    // The tabs stay as they are.
    let text = template(&shown(found)).replace("\n  \t", "\n\t");
    context.out.write(
        Stream::Out,
        &format!("{label} with revision #{wanted}\n{text}\n"),
    );
    Outcome::Exit(0)
}

/// `history -o`: the objects themselves, a `ReplicaSet` or the workload as it was.
fn print_history(
    context: &mut Context<'_>,
    args: &Args,
    object: &Rc<Object>,
    found: &[Revision],
    wanted: Option<i64>,
) -> Outcome {
    let form = match output::form(context, args, false) {
        Ok(form) => form,
        Err(why) => return fail(context, &why),
    };
    let chosen = found
        .iter()
        .filter(|one| wanted.is_none_or(|wanted| one.number == wanted));
    let mut first = true;
    for one in chosen {
        let mut shown = (*one.kept).clone();
        if one.kept.replica_set().is_none() {
            shown = (**object).clone();
            if let Some(template) = revision::template_mut(&mut shown) {
                template.clone_from(&one.template);
            }
        }
        if !first && matches!(form, Form::Yaml) {
            context.out.line("---");
        }
        first = false;
        if let Err(why) = output::said(context, args, &shown, "") {
            return fail(context, &why);
        }
    }
    if first && wanted.is_some() {
        return fail(context, "unable to find the specified revision");
    }
    Outcome::Exit(0)
}

pub(super) fn undo(context: &mut Context<'_>, args: &Args) -> Outcome {
    each(context, args, roll_back)
}

fn roll_back(context: &mut Context<'_>, args: &Args, object: &Rc<Object>) -> Outcome {
    let Some(found) = revisions(context, object) else {
        return fail(
            context,
            &format!(
                "no rollbacker has been implemented for \"{}\"",
                object.kind.name
            ),
        );
    };
    let annotations = &object.meta.annotations;
    if annotations.contains_key(super::apply::LAST_APPLIED) {
        let (plural, name) = (object.kind.plural, &object.meta.name);
        context.out.error(&format!("Warning: resource {plural}/{name} was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead."));
    }
    let deployment = object.deployment();
    if deployment.is_some_and(|deployment| deployment.spec.paused) {
        return fail(
            context,
            &format!(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume deployment/{}' and try again",
                object.meta.name
            ),
        );
    }
    let wanted = args
        .get("to-revision")
        .and_then(|text| text.parse::<i64>().ok())
        .unwrap_or(0);
    let chosen = match wanted {
        0 => found.len().checked_sub(2).and_then(|at| found.get(at)),
        wanted => found.iter().find(|found| found.number == wanted),
    };
    let Some(chosen) = chosen else {
        let name = &object.meta.name;
        let why = match (wanted, deployment) {
            (0, Some(_)) => format!("no rollout history found for deployment \"{name}\""),
            (0, None) => "no last revision to roll back to".to_owned(),
            (wanted, _) => format!("unable to find specified revision {wanted} in history"),
        };
        return fail(context, &why);
    };
    let mut after = (**object).clone();
    let Some(template) = revision::template_mut(&mut after) else {
        return Outcome::Exit(1);
    };
    if *template == chosen.template {
        let number = if deployment.is_some() {
            chosen.number
        } else {
            wanted
        };
        let word = format!("skipped rollback (current template already matches revision {number})");
        return change::write(context, args, after, &word);
    }
    template.clone_from(&chosen.template);
    if deployment.is_some() {
        restore_annotations(&mut after, &chosen.kept);
    }
    change::write(context, args, after, "rolled back")
}

/// The revision's annotations come back with it, but for those that only tell of the Deployment.
fn restore_annotations(after: &mut Object, kept: &Object) {
    let own = |key: &str| {
        key.starts_with("deployment.kubernetes.io/")
            || key == "kubectl.kubernetes.io/last-applied-configuration"
    };
    let annotations = &mut after.meta.annotations;
    annotations.retain(|key, _| own(key));
    let noted = kept.meta.annotations.iter().filter(|(key, _)| !own(key));
    annotations.extend(noted.map(|(key, value)| (key.clone(), value.clone())));
}

pub(super) fn restart(context: &mut Context<'_>, args: &Args) -> Outcome {
    each(context, args, |context, args, object| {
        let now = context.world.cluster.sim().timestamp();
        let mut after = (**object).clone();
        let paused = object.deployment().is_some_and(|d| d.spec.paused);
        let Some(template) = revision::template_mut(&mut after) else {
            return fail(
                context,
                &format!(
                    "{} \"{}\" restarting is not supported",
                    object.kind.resource(),
                    object.meta.name
                ),
            );
        };
        if paused {
            return fail(
                context,
                &format!(
                    "{} \"{}\" can't restart paused deployment (run rollout resume first)",
                    object.kind.resource(),
                    object.meta.name
                ),
            );
        }
        let annotations = &mut template.metadata.annotations;
        annotations.insert(
            "kubectl.kubernetes.io/restartedAt".to_owned(),
            now.to_string(),
        );
        change::write(context, args, after, "restarted")
    })
}

pub(super) fn pause(context: &mut Context<'_>, args: &Args) -> Outcome {
    each(context, args, |context, args, object| {
        set_paused(context, args, object, true)
    })
}

pub(super) fn resume(context: &mut Context<'_>, args: &Args) -> Outcome {
    each(context, args, |context, args, object| {
        set_paused(context, args, object, false)
    })
}

fn set_paused(
    context: &mut Context<'_>,
    args: &Args,
    object: &Rc<Object>,
    paused: bool,
) -> Outcome {
    let mut after = (**object).clone();
    let (doing, done, word) = if paused {
        ("pausing", "already paused", "paused")
    } else {
        ("resuming", "not paused", "resumed")
    };
    let label = format!("{} \"{}\"", object.kind.resource(), object.meta.name);
    let Some(deployment) = after.deployment_mut() else {
        return fail(context, &format!("{label} {doing} is not supported"));
    };
    if deployment.spec.paused == paused {
        return fail(context, &format!("{label} is {done}"));
    }
    deployment.spec.paused = paused;
    change::write(context, args, after, word)
}
