//! `kubectl diff`: what applying a manifest would change.

use super::apply::{self, Item, documents};
use super::args::Args;
use super::{fail, merge, output, resource, settings};
use crate::api::Object;
use crate::manifest::to_yaml;
use crate::shell::context::{Context, Outcome, Stream};
use std::rc::Rc;

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    let names = args.each("filename");
    if !args.words.is_empty() {
        let given = args.words.join(" ");
        let why =
            format!("Unexpected args: [{given}]\nSee 'kubectl diff -h' for help and examples");
        let _ = fail(context, &why);
        return Outcome::Exit(2);
    }
    if names.is_empty() {
        // One means that something differs.
        let _ = fail(context, "must specify one of -f and -k");
        return Outcome::Exit(2);
    }
    let (mut items, mut errors) = documents(context, &names);
    let mut differs = false;
    let has = context.world.cluster.settings();
    if let Some(wanted) = settings::take(&has, &mut items, &mut errors) {
        let text = unified(&settings::text(&has), &settings::text(&wanted));
        differs |= show(context, "ClusterConfiguration", &text);
    }
    for item in &items {
        let object = match apply::object(context, args, item) {
            Ok(object) => object,
            Err(why) => {
                errors.push(why);
                continue;
            }
        };
        let live = context.world.cluster.tables().get(&object.key()).cloned();
        let file = format!(
            "{}.{}.{}.{}",
            object.kind.api_version().replace('/', "."),
            object.kind.name,
            object.meta.namespace,
            object.meta.name
        );
        match wanted(context, item, object, live.as_ref()) {
            Err(why) => errors.push(why),
            Ok(after) => {
                let old = live
                    .map(|live| to_yaml(&output::shown(args, &output::Form::Yaml, &live)))
                    .unwrap_or_default();
                let text = unified(
                    &old,
                    &to_yaml(&output::shown(args, &output::Form::Yaml, &after)),
                );
                differs |= show(context, &file, &text);
            }
        }
    }
    for error in &errors {
        context.out.error(error);
    }
    // Like diff itself: 1 for a difference, more for trouble.
    Outcome::Exit(match (errors.is_empty(), differs) {
        (false, _) => 2,
        (true, true) => 1,
        (true, false) => 0,
    })
}

/// Prints a difference under the names of both sides; false if there is none.
fn show(context: &mut Context<'_>, file: &str, text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    let head = format!(
        "diff -u -N /tmp/LIVE/{file} /tmp/MERGED/{file}\n--- /tmp/LIVE/{file}\n+++ /tmp/MERGED/{file}\n"
    );
    context.out.write(Stream::Out, &(head + text));
    true
}

/// The object as the server would store it.
fn wanted(
    context: &mut Context<'_>,
    item: &Item,
    new: Object,
    live: Option<&Rc<Object>>,
) -> Result<Rc<Object>, String> {
    let refused = |status| resource::refusal(&status, None);
    let Some(live) = live else {
        return context
            .world
            .cluster
            .create(new, None, true)
            .map_err(refused);
    };
    // As kubectl does it: the annotation that remembers the manifest is left as it stands.
    let manifest = apply::configuration(&apply::written(&item.document, &new));
    let merged = merge::merge(&apply::last_applied(live), &manifest, &live.to_value());
    let object = resource::decode(&merged)?;
    context
        .world
        .cluster
        .update(object, None, true)
        .map_err(refused)
}

/// The lines that are only in one, with three lines of what stands around them.
fn unified(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    // Lengths of the longest common runs from each pair of places on.
    let mut common = vec![vec![0usize; new.len() + 1]; old.len() + 1];
    let at = |table: &[Vec<usize>], i: usize, j: usize| {
        table
            .get(i)
            .and_then(|row| row.get(j))
            .copied()
            .unwrap_or(0)
    };
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let same = old.get(i) == new.get(j);
            let best = if same {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(slot) = common.get_mut(i).and_then(|row| row.get_mut(j)) {
                *slot = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines: Vec<(char, &str, usize, usize)> = Vec::new();
    while i < old.len() || j < new.len() {
        let (a, b) = (old.get(i), new.get(j));
        match (a, b) {
            (Some(a), Some(b)) if a == b => {
                lines.push((' ', a, i, j));
                i += 1;
                j += 1;
            }
            (Some(a), _) if b.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                lines.push(('-', a, i, j));
                i += 1;
            }
            (_, Some(b)) => {
                lines.push(('+', b, i, j));
                j += 1;
            }
            _ => break,
        }
    }
    hunks(&lines)
}

fn hunks(lines: &[(char, &str, usize, usize)]) -> String {
    let changed: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.0 != ' ')
        .map(|(at, _)| at)
        .collect();
    let mut out = String::new();
    let mut rest = changed.as_slice();
    while let Some((first, _)) = rest.split_first() {
        let mut last = *first;
        let mut taken = 0;
        for at in rest {
            if *at > last + 6 {
                break;
            }
            last = *at;
            taken += 1;
        }
        rest = rest.get(taken.max(1)..).unwrap_or_default();
        let shown = lines
            .get(first.saturating_sub(3)..(last + 4).min(lines.len()))
            .unwrap_or_default();
        let count = |without: char| shown.iter().filter(|line| line.0 != without).count();
        let start = |n: usize, count: usize| if count == 0 { n } else { n + 1 };
        let (i, j) = shown.first().map_or((0, 0), |line| (line.2, line.3));
        let range = |n: usize, count: usize| {
            if count == 1 {
                format!("{}", start(n, count))
            } else {
                format!("{},{count}", start(n, count))
            }
        };
        out.push_str(&format!(
            "@@ -{} +{} @@\n",
            range(i, count('+')),
            range(j, count('-'))
        ));
        shown
            .iter()
            .for_each(|line| out.push_str(&format!("{}{}\n", line.0, line.1)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn differences_stand_among_their_neighbours() {
        let old = "a\nb\nc\nd\ne\nf\n";
        let new = "a\nb\nc\nd\nx\nf\n";
        assert_eq!(
            unified(old, new),
            "@@ -2,5 +2,5 @@\n b\n c\n d\n-e\n+x\n f\n"
        );
        assert_eq!(unified(old, old), "");
        assert_eq!(unified("", "a\n"), "@@ -0,0 +1 @@\n+a\n");
    }
}
