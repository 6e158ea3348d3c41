//! `kubectl label` and `kubectl annotate`.

use super::args::{Args, Flag, Takes, flag};
use super::fail;
use super::scale::{named, write};
use crate::api::{Object, StringMap};
use crate::shell::context::{Context, Outcome};

pub(super) const FLAGS: &[Flag] = &[
    flag("overwrite", None, Takes::Nothing),
    flag("all", None, Takes::Nothing),
    flag("selector", Some('l'), Takes::Value),
];

pub(super) fn label(context: &mut Context<'_>, args: &Args) -> Outcome {
    change(context, args, "label", |object| &mut object.meta.labels)
}

pub(super) fn annotate(context: &mut Context<'_>, args: &Args) -> Outcome {
    change(context, args, "annotation", |object| {
        &mut object.meta.annotations
    })
}

fn change(
    context: &mut Context<'_>,
    args: &Args,
    what: &str,
    part: fn(&mut Object) -> &mut StringMap,
) -> Outcome {
    let is_change = |word: &&String| word.contains('=') || word.ends_with('-');
    let (changes, words): (Vec<&String>, Vec<&String>) = args.words.iter().partition(is_change);
    if changes.is_empty() {
        return fail(context, &format!("at least one {what} update is required"));
    }
    let words: Vec<String> = words.into_iter().cloned().collect();
    let objects = match named(context, args, &words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    let past = if what == "label" {
        "labeled"
    } else {
        "annotated"
    };
    for object in objects {
        let mut copy = (*object).clone();
        let mut removed = false;
        for word in &changes {
            if let Some(key) = word.strip_suffix('-').filter(|key| !key.contains('=')) {
                if part(&mut copy).remove(key).is_none() {
                    context.out.line(&format!("{what} \"{key}\" not found."));
                }
                removed = true;
                continue;
            }
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            let current = part(&mut copy).get(key).cloned();
            if let Some(old) = current.filter(|old| old != value && !args.is("overwrite")) {
                return fail(
                    context,
                    &format!("'{key}' already has a value ({old}), and --overwrite is false"),
                );
            }
            part(&mut copy).insert(key.to_owned(), value.to_owned());
        }
        if copy == *object {
            context.out.line(&format!(
                "{}/{} not {past}",
                object.kind.prefix(),
                object.meta.name
            ));
            continue;
        }
        let only_removed = removed && changes.iter().all(|word| word.ends_with('-'));
        let word = if only_removed && what == "label" {
            "unlabeled"
        } else {
            past
        };
        if let Outcome::Exit(1) = write(context, &object, |object| *object = copy, word) {
            return Outcome::Exit(1);
        }
    }
    Outcome::Exit(0)
}
