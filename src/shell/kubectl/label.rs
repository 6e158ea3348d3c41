//! `kubectl label` and `kubectl annotate`.

use super::args::Args;
use super::change::{self, DryRun, named};
use super::fail;
use crate::api::validation::label_value_errors;
use crate::api::{Object, StringMap};
use crate::shell::context::{Context, Outcome};

pub(super) fn label(context: &mut Context<'_>, args: &Args) -> Outcome {
    change(context, args, What::Label)
}

pub(super) fn annotate(context: &mut Context<'_>, args: &Args) -> Outcome {
    change(context, args, What::Annotation)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Label,
    Annotation,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Annotation => "annotation",
        }
    }

    fn part(self, object: &mut Object) -> &mut StringMap {
        match self {
            Self::Label => &mut object.meta.labels,
            Self::Annotation => &mut object.meta.annotations,
        }
    }
}

/// `key=value` or `key-`.
fn is_change(word: &&String) -> bool {
    word.contains('=') && !word.starts_with('=') || (word.ends_with('-') && word.len() > 1)
}

fn change(context: &mut Context<'_>, args: &Args, what: What) -> Outcome {
    let (changes, words): (Vec<&String>, Vec<&String>) = args.words.iter().partition(is_change);
    let words: Vec<String> = words.into_iter().cloned().collect();
    if args.is("local") && args.get("filename").is_none() {
        return fail(
            context,
            "can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set",
        );
    }
    if let Some(why) = wrong(what, &changes) {
        return fail(context, &why);
    }
    if words.is_empty() && args.get("filename").is_none() {
        return fail(
            context,
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        );
    }
    if changes.is_empty() && !args.is("list") {
        return fail(
            context,
            &format!("at least one {} update is required", what.name()),
        );
    }
    let objects = match named(context, args, &words) {
        Ok(objects) => objects,
        Err(outcome) => return outcome,
    };
    if args.get("resource-version").is_some() && objects.len() > 1 {
        return fail(
            context,
            "--resource-version may only be used with a single resource",
        );
    }
    let asked = DryRun::of(args) != Ok(DryRun::Client) && !args.is("local");
    let mut status = 0;
    let several = objects.len() > 1;
    for object in objects {
        let mut after = (*object).clone();
        if args.is("list") {
            if several {
                let (kind, name) = (object.kind, &object.meta.name);
                let (what, group) = (what.name(), kind.group);
                let head = format!("Listing {what}s for {}.{group}/{name}:", kind.name);
                context.out.line(&head);
            }
            let indent = if several { " " } else { "" };
            for (key, value) in what.part(&mut after).iter() {
                context.out.line(&format!("{indent}{key}={value}"));
            }
            continue;
        }
        if let Some(why) = taken(what, &mut after, &changes).filter(|_| !args.is("overwrite")) {
            return fail(context, &why);
        }
        let mut only_removed = true;
        for word in &changes {
            let Some((key, value)) = word.split_once('=') else {
                let key = word.trim_end_matches('-');
                if what.part(&mut after).remove(key).is_none() && what == What::Label && asked {
                    context.out.line(&format!("label \"{key}\" not found."));
                }
                continue;
            };
            only_removed = false;
            what.part(&mut after)
                .insert(key.to_owned(), value.to_owned());
        }
        let word = match what {
            What::Annotation => "annotated",
            What::Label if after == *object => "not labeled",
            What::Label if only_removed => "unlabeled",
            What::Label if changes.iter().any(|word| !word.contains('=')) => "modified",
            What::Label => "labeled",
        };
        if let Outcome::Exit(code) = change::write(context, args, after, word) {
            status = status.max(code);
        }
    }
    Outcome::Exit(status)
}

/// What is wrong with the changes themselves.
fn wrong(what: What, changes: &[&String]) -> Option<String> {
    if what == What::Annotation {
        let removed = |key: &str| {
            changes
                .iter()
                .any(|word| word.strip_suffix('-') == Some(key))
        };
        let set = changes.iter().filter_map(|word| word.split_once('='));
        let both: Vec<&str> = set.map(|(key, _)| key).filter(|key| removed(key)).collect();
        return (!both.is_empty()).then(|| {
            format!(
                "can not both modify and remove the following annotation(s) in the same command: {}",
                both.join(", ")
            )
        });
    }
    let removed = |key: &str| {
        changes
            .iter()
            .any(|word| word.strip_suffix('-') == Some(key))
    };
    let mut set = changes.iter().filter_map(|word| word.split_once('='));
    if set.any(|(key, _)| removed(key)) {
        return Some("can not both modify and remove a label in the same command".to_owned());
    }
    if let Some(word) = changes.iter().find(|word| word.matches('=').count() > 1) {
        return Some(format!("invalid label spec: {word}"));
    }
    let mut faults = changes.iter().filter_map(|word| {
        let why = label_value_errors(word.split_once('=')?.1);
        (!why.is_empty()).then(|| format!("invalid label value: \"{word}\": {}", why.join("; ")))
    });
    faults.next()
}

/// Why the changes may not be made without `--overwrite`.
fn taken(what: What, object: &mut Object, changes: &[&String]) -> Option<String> {
    let part = what.part(object);
    let found: Vec<String> = changes
        .iter()
        .filter_map(|word| word.split_once('='))
        .filter_map(|(key, value)| {
            part.get(key)
                .filter(|old| *old != value)
                .map(|old| (key, old))
        })
        .map(|(key, old)| format!("'{key}' already has a value ({old})"))
        .collect();
    let first = found.first()?;
    Some(match what {
        What::Label => format!("{first}, and --overwrite is false"),
        What::Annotation => format!(
            "--overwrite is false but found the following declared annotation(s): {}",
            found.join("; ")
        ),
    })
}
