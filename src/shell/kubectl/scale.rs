//! `kubectl scale` and `kubectl set`.

use super::args::{Args, Flag, Takes, flag};
use super::{fail, resource};
use crate::api::{Object, kind};
use crate::shell::context::{Context, Outcome};
use std::rc::Rc;

pub(super) const FLAGS: &[Flag] = &[
    flag("replicas", None, Takes::Value),
    flag("current-replicas", None, Takes::Value),
    flag("selector", Some('l'), Takes::Value),
    flag("all", None, Takes::Nothing),
];

pub(super) const SET_FLAGS: &[Flag] = &[
    flag("selector", Some('l'), Takes::Value),
    flag("all", None, Takes::Nothing),
    flag("dry-run", None, Takes::Maybe("unchanged")),
];

/// The objects that the words name; an error is printed.
pub(super) fn named(
    context: &mut Context<'_>,
    args: &Args,
    words: &[String],
) -> Result<Vec<Rc<Object>>, Outcome> {
    let targets = match resource::targets(words) {
        Ok(targets) => targets,
        Err(why) => return Err(fail(context, &why)),
    };
    let namespace = resource::namespace(context, args);
    let mut found = Vec::new();
    for (kind, name) in targets.items {
        let Some(name) = name else {
            let selector = resource::selector(args, kind.plural).unwrap_or_default();
            found.extend(resource::list(
                context.world.cluster.tables(),
                kind,
                Some(&namespace),
                &selector,
            ));
            continue;
        };
        match resource::get(context.world.cluster.tables(), kind, &namespace, &name) {
            Ok(object) => found.push(object),
            Err(status) => {
                context.out.error(&resource::refusal(&status, None));
                return Err(Outcome::Exit(1));
            }
        }
    }
    Ok(found)
}

/// Writes a changed copy of an object and prints `KIND/NAME WORD`.
pub(super) fn write(
    context: &mut Context<'_>,
    object: &Rc<Object>,
    change: impl FnOnce(&mut Object),
    word: &str,
) -> Outcome {
    let mut copy = (**object).clone();
    change(&mut copy);
    copy.meta.resource_version.clear();
    match context.world.cluster.update(copy, None, false) {
        Ok(_) => {
            context.out.line(&format!(
                "{}/{} {word}",
                object.kind.prefix(),
                object.meta.name
            ));
            Outcome::Exit(0)
        }
        Err(status) => {
            context.out.error(&resource::refusal(&status, None));
            Outcome::Exit(1)
        }
    }
}

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let Some(replicas) = args
        .get("replicas")
        .and_then(|text| text.parse::<i64>().ok())
        .filter(|n| *n >= 0)
    else {
        return fail(
            context,
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        );
    };
    let objects = match named(context, args, &args.words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    let mut status = 0;
    for object in objects {
        if object.kind != kind::DEPLOYMENT && object.kind != kind::REPLICA_SET {
            return fail(
                context,
                &format!("cannot scale {} here", object.kind.resource()),
            );
        }
        let change = |object: &mut Object| {
            if let Some(deployment) = object.deployment_mut() {
                deployment.spec.replicas = Some(replicas);
            }
            if let Some(set) = object.replica_set_mut() {
                set.spec.replicas = Some(replicas);
            }
        };
        if let Outcome::Exit(code) = write(context, &object, change, "scaled") {
            status = status.max(code);
        }
    }
    Outcome::Exit(status)
}

pub(super) fn set(context: &mut Context<'_>, args: &Args) -> Outcome {
    match args.words.first().map(String::as_str) {
        Some("image") => set_image(context, args),
        Some("selector") => set_selector(context, args),
        Some(other) => {
            context.out.note(&format!(
                "kubectl set {other} is not simulated here: change the manifest and apply it."
            ));
            Outcome::Exit(1)
        }
        None => fail(
            context,
            "must specify image, selector or another feature to set",
        ),
    }
}

/// Splits the words after the subcommand into objects and assignments.
fn assignments(args: &Args) -> (Vec<String>, Vec<(String, String)>) {
    let (pairs, objects): (Vec<&String>, Vec<&String>) = args
        .words
        .iter()
        .skip(1)
        .partition(|word| word.contains('='));
    let split = |word: &String| {
        word.split_once('=')
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
    };
    let pairs = pairs
        .into_iter()
        .flat_map(|word| word.split(',').map(str::to_owned).collect::<Vec<_>>());
    (
        objects.into_iter().cloned().collect(),
        pairs.filter_map(|word| split(&word)).collect(),
    )
}

fn set_image(context: &mut Context<'_>, args: &Args) -> Outcome {
    let (words, images) = assignments(args);
    let objects = match named(context, args, &words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    for object in objects {
        let containers = |object: &mut Object| -> Vec<String> {
            let mut changed = Vec::new();
            let template = object
                .deployment_mut()
                .map(|d| &mut Rc::make_mut(&mut d.spec.template.spec).containers);
            for container in template.into_iter().flatten() {
                let wanted = images
                    .iter()
                    .find(|(name, _)| *name == container.name || name == "*");
                if let Some((name, image)) = wanted {
                    changed.push(name.clone());
                    container.image.clone_from(image);
                }
            }
            changed
        };
        let mut copy = (*object).clone();
        let changed = containers(&mut copy);
        if let Some((missing, _)) = images.iter().find(|(name, _)| !changed.contains(name)) {
            return fail(
                context,
                &format!("unable to find container named \"{missing}\""),
            );
        }
        if let Outcome::Exit(1) = write(context, &object, |object| *object = copy, "image updated")
        {
            return Outcome::Exit(1);
        }
    }
    Outcome::Exit(0)
}

fn set_selector(context: &mut Context<'_>, args: &Args) -> Outcome {
    let (words, pairs) = assignments(args);
    let objects = match named(context, args, &words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    for object in objects {
        let change = |object: &mut Object| {
            if let Some(service) = object.service_mut() {
                service.spec.selector = pairs.iter().cloned().collect();
            }
        };
        if let Outcome::Exit(1) = write(context, &object, change, "selector updated") {
            return Outcome::Exit(1);
        }
    }
    Outcome::Exit(0)
}
