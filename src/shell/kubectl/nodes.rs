//! `kubectl cordon`, `uncordon`, `drain` and `taint`.

use super::args::Args;
use super::change::{self, DryRun};
use super::delete::until_gone;
use super::{fail, resource};
use crate::api::pod::Taint;
use crate::api::validation::qualified_name_errors;
use crate::api::{Object, ObjectKey, Selector, kind};
use crate::shell::context::{Context, Outcome};
use std::rc::Rc;

/// The nodes that the words name.
fn nodes(
    context: &mut Context<'_>,
    args: &Args,
    words: &[String],
) -> Result<Vec<Rc<Object>>, Outcome> {
    if args.verb != "taint" && !words.is_empty() && args.get("selector").is_some() {
        let why = format!(
            "cannot specify both a node name and a --selector option\nSee 'kubectl {} -h' for help and examples",
            args.verb
        );
        return Err(fail(context, &why));
    }
    let tables = context.world.cluster.tables();
    if args.is("all") || (words.is_empty() && args.get("selector").is_some()) {
        let found = resource::selected(tables, args, kind::NODE, None);
        return found.map_err(|why| {
            context.out.error(&why);
            Outcome::Exit(1)
        });
    }
    if words.is_empty() {
        return Err(fail(
            context,
            &format!(
                "USAGE: {} NODE [flags]\nSee 'kubectl {} -h' for help and examples",
                args.verb, args.verb
            ),
        ));
    }
    let mut found = Vec::new();
    for word in words {
        let name = word.rsplit('/').next().unwrap_or_default();
        match resource::get(tables, kind::NODE, "", name) {
            Ok(node) => found.push(node),
            Err(status) => {
                context.out.error(&resource::refusal(&status, None));
                return Err(Outcome::Exit(1));
            }
        }
    }
    Ok(found)
}

/// Marks a node, and says so unless it is marked already.
fn mark(context: &mut Context<'_>, args: &Args, node: &Rc<Object>, unschedulable: bool) -> Outcome {
    let word = if unschedulable {
        "cordoned"
    } else {
        "uncordoned"
    };
    let mut after = (**node).clone();
    let Some(spec) = after.node_mut().map(|node| &mut node.spec) else {
        return Outcome::Exit(1);
    };
    if spec.unschedulable == unschedulable {
        let dry = DryRun::of(args).map_or("", DryRun::suffix);
        context
            .out
            .line(&format!("node/{} already {word}{dry}", node.meta.name));
        return Outcome::Exit(0);
    }
    spec.unschedulable = unschedulable;
    // What the node controller does at once.
    const KEY: &str = "node.kubernetes.io/unschedulable";
    spec.taints.retain(|taint| taint.key != KEY);
    if unschedulable {
        spec.taints.push(Taint {
            key: KEY.to_owned(),
            effect: "NoSchedule".to_owned(),
            ..Taint::default()
        });
    }
    change::write(context, args, after, word)
}

fn mark_all(context: &mut Context<'_>, args: &Args, unschedulable: bool) -> Outcome {
    let nodes = match nodes(context, args, &args.words) {
        Ok(nodes) => nodes,
        Err(outcome) => return outcome,
    };
    let mut status = 0;
    for node in nodes {
        if let Outcome::Exit(code) = mark(context, args, &node, unschedulable) {
            status = status.max(code);
        }
    }
    Outcome::Exit(status)
}

pub(super) fn cordon(context: &mut Context<'_>, args: &Args) -> Outcome {
    mark_all(context, args, true)
}

pub(super) fn uncordon(context: &mut Context<'_>, args: &Args) -> Outcome {
    mark_all(context, args, false)
}

pub(super) fn drain(context: &mut Context<'_>, args: &Args) -> Outcome {
    let nodes = match nodes(context, args, &args.words) {
        Ok(nodes) => nodes,
        Err(outcome) => return outcome,
    };
    let mut status = 0;
    for node in nodes {
        if let Outcome::Exit(code) = mark(context, args, &node, true) {
            status = status.max(code);
        }
        if let Outcome::Exit(code) = evict(context, args, &node.meta.name) {
            status = status.max(code);
        }
    }
    Outcome::Exit(status)
}

fn owner(pod: &Rc<Object>) -> Option<String> {
    pod.meta.controller().map(|owner| owner.kind.clone())
}

/// Why Pods may not be evicted, or what kubectl warns of as it does.
fn objections(args: &Args, pods: &[Rc<Object>]) -> Result<String, String> {
    let names = |pods: Vec<&Rc<Object>>| {
        let names: Vec<String> = pods
            .iter()
            .map(|p| format!("{}/{}", p.meta.namespace, p.meta.name))
            .collect();
        names.join(", ")
    };
    let finished = |pod: &Rc<Object>| pod.pod().is_some_and(crate::api::pod::Pod::is_finished);
    let of_sets: Vec<&Rc<Object>> = pods
        .iter()
        .filter(|p| owner(p).as_deref() == Some("DaemonSet"))
        .collect();
    let bare: Vec<&Rc<Object>> = pods
        .iter()
        .filter(|p| owner(p).is_none() && !finished(p))
        .collect();
    let mut problems = Vec::new();
    if !of_sets.is_empty() && !args.is("ignore-daemonsets") {
        problems.push(format!(
            "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): {}",
            names(of_sets.clone())
        ));
    }
    if !bare.is_empty() && !args.is("force") {
        problems.push(format!(
            "cannot delete Pods that declare no controller (use --force to override): {}",
            names(bare.clone())
        ));
    }
    if !problems.is_empty() {
        return Err(problems.join(", "));
    }
    let mut warnings = Vec::new();
    if !of_sets.is_empty() {
        warnings.push(format!(
            "ignoring DaemonSet-managed Pods: {}",
            names(of_sets.clone())
        ));
    }
    if !bare.is_empty() {
        warnings.push(format!(
            "deleting Pods that declare no controller: {}",
            names(bare)
        ));
    }
    Ok(warnings.join("; "))
}

/// Evicts the Pods of a node, unless some would be lost for good.
fn evict(context: &mut Context<'_>, args: &Args, node: &str) -> Outcome {
    let selector =
        Selector::parse(args.get("pod-selector").unwrap_or_default()).unwrap_or_default();
    let pods: Vec<Rc<Object>> =
        resource::list(context.world.cluster.tables(), kind::POD, None, &selector)
            .into_iter()
            .filter(|object| object.pod().is_some_and(|pod| pod.spec.node_name == node))
            .filter(|object| {
                !object
                    .meta
                    .annotations
                    .contains_key("kubernetes.io/config.mirror")
            })
            .collect();
    match objections(args, &pods) {
        Err(why) => {
            return fail(
                context,
                &format!(
                    "unable to drain node \"{node}\" due to error: [{why}], continuing command...\nThere are pending nodes to be drained:\n {node}\n{why}"
                ),
            );
        }
        Ok(warnings) if !warnings.is_empty() => {
            context.out.error(&format!("Warning: {warnings}"));
        }
        Ok(_) => {}
    }
    let going: Vec<ObjectKey> = pods
        .iter()
        .filter(|p| owner(p).as_deref() != Some("DaemonSet"))
        .map(|p| p.key())
        .collect();
    let dry = DryRun::of(args).unwrap_or(DryRun::No);
    let grace = args
        .get("grace-period")
        .and_then(|text| text.parse::<i64>().ok())
        .filter(|n| *n >= 0);
    for key in &going {
        let said = format!("evicting pod {}/{}", key.namespace, key.name);
        if dry == DryRun::No {
            context.out.error(&said);
            let _ = context.world.cluster.delete(key, grace);
        } else {
            context.out.line(&[&said, dry.suffix()].concat());
        }
    }
    for key in going.iter().filter(|_| dry == DryRun::No) {
        until_gone(context, key);
        context.out.line(&format!("pod/{} evicted", key.name));
    }
    context
        .out
        .line(&format!("node/{node} drained{}", dry.suffix()));
    Outcome::Exit(0)
}

/// One change of taints: `key=value:Effect`, `key:Effect`, or with a minus behind to remove.
struct TaintChange {
    taint: Taint,
    remove: bool,
}

fn taint_change(word: &str) -> Result<TaintChange, String> {
    let (body, remove) = word
        .strip_suffix('-')
        .map_or((word, false), |body| (body, true));
    let (pair, effect) = body.split_once(':').unwrap_or((body, ""));
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    const SEE: &str = "\nSee 'kubectl taint -h' for help and examples";
    if effect.contains(':') || key.is_empty() && !body.contains(':') {
        return Err(format!("invalid taint spec: {body}{SEE}"));
    }
    // Without an effect all of the word is the key.
    let named = if body.contains(':') { key } else { body };
    let why = qualified_name_errors(named);
    if !why.is_empty() {
        return Err(format!(
            "invalid taint spec: {body}, {}{SEE}",
            why.join("; ")
        ));
    }
    if (!effect.is_empty() || !remove) && !EFFECTS.contains(&effect) {
        return Err(if effect.is_empty() {
            format!("unknown taint spec: {word}{SEE}")
        } else {
            format!("invalid taint effect: {effect}, unsupported taint effect{SEE}")
        });
    }
    let taint = Taint {
        key: key.to_owned(),
        value: value.to_owned(),
        effect: effect.to_owned(),
        ..Taint::default()
    };
    Ok(TaintChange { taint, remove })
}

/// All changes of a line, which may not speak of one taint twice.
fn taint_changes(words: &[&String]) -> Result<Vec<TaintChange>, String> {
    let mut parsed: Vec<TaintChange> = Vec::new();
    for word in words {
        let change = taint_change(word)?;
        let taint = &change.taint;
        let same = |other: &&TaintChange| {
            other.taint.key == taint.key && other.taint.effect == taint.effect
        };
        match parsed.iter().find(same) {
            Some(other) if other.remove == change.remove => {
                return Err(format!(
                    "duplicated taints with the same key and effect: {{{} {} {} <nil>}}\nSee 'kubectl taint -h' for help and examples",
                    taint.key, taint.value, taint.effect
                ));
            }
            Some(_) => {
                return Err(format!(
                    "can not both modify and remove the following taint(s) in the same command: {}={}",
                    taint.key, taint.effect
                ));
            }
            None => parsed.push(change),
        }
    }
    Ok(parsed)
}

pub(super) fn taint(context: &mut Context<'_>, args: &Args) -> Outcome {
    let is_change =
        |word: &&String| word.contains(':') || word.contains('=') || word.ends_with('-');
    let (changes, words): (Vec<&String>, Vec<&String>) = args.words.iter().partition(is_change);
    let is_kind = |word: &&&String| !matches!(word.as_str(), "node" | "nodes" | "no");
    let words: Vec<String> = words
        .iter()
        .filter(is_kind)
        .map(|word| (*word).clone())
        .collect();
    let Some(kind) = args.words.first() else {
        return fail(
            context,
            "one or more resources must be specified as <resource> <name>",
        );
    };
    if changes.is_empty() {
        return fail(context, "at least one taint update is required");
    }
    if is_kind(&&kind) && resource::find(kind).is_ok() {
        return fail(
            context,
            &format!("invalid resource type {kind}, only node types are supported"),
        );
    }
    let parsed = match taint_changes(&changes) {
        Ok(parsed) => parsed,
        Err(why) => return fail(context, &why),
    };
    if is_kind(&&kind)
        && let Err(why) = resource::find(kind)
    {
        context.out.error(&why);
        return Outcome::Exit(1);
    }
    let nodes = match nodes(context, args, &words) {
        Ok(nodes) => nodes,
        Err(outcome) => return outcome,
    };
    let quiet = args.get("output").is_none() && DryRun::of(args) == Ok(DryRun::Client);
    let mut status = 0;
    for node in nodes {
        let outcome = match tainted(&node, &parsed, args.is("overwrite")) {
            // This verb says nothing of a dry run.
            Ok((_, word)) if quiet => {
                context.out.line(&format!("node/{} {word}", node.meta.name));
                Outcome::Exit(0)
            }
            Ok((after, word)) => change::write(context, args, after, word),
            Err(why) => fail(context, &why),
        };
        if let Outcome::Exit(code) = outcome {
            status = status.max(code);
        }
    }
    Outcome::Exit(status)
}

/// The node with its taints changed, and the word for it.
fn tainted(
    node: &Rc<Object>,
    changes: &[TaintChange],
    overwrite: bool,
) -> Result<(Object, &'static str), String> {
    let mut after = (**node).clone();
    let Some(spec) = after.node_mut().map(|node| &mut node.spec) else {
        return Err("not a node".to_owned());
    };
    let same = |one: &Taint, t: &Taint| {
        t.key == one.key && (one.effect.is_empty() || t.effect == one.effect)
    };
    let of = |wanted: bool| {
        let those = changes.iter().filter(move |change| change.remove == wanted);
        those.map(|change| &change.taint)
    };
    // As kubectl has it, what is new stands before what is kept.
    let mut taints: Vec<Taint> = of(false).cloned().collect();
    for old in &spec.taints {
        let replaced = of(false).any(|new| same(new, old));
        if replaced && !overwrite {
            return Err(format!(
                "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
                node.meta.name, old.key
            ));
        }
        if !replaced {
            taints.push(old.clone());
        }
    }
    let added = taints.len() != spec.taints.len();
    let mut deleted = false;
    for taint in of(true) {
        let before = taints.len();
        taints.retain(|t| !same(taint, t));
        if taints.len() == before {
            let effect = if taint.effect.is_empty() {
                String::new()
            } else {
                format!(":{}", taint.effect)
            };
            return Err(format!("taint \"{}{effect}\" not found", taint.key));
        }
        deleted = true;
    }
    spec.taints = taints;
    let word = match (added, deleted) {
        (true, true) => "modified",
        _ if overwrite => "modified",
        (true, false) => "tainted",
        (false, _) => "untainted",
    };
    Ok((after, word))
}
