//! `kubectl get`.

use super::args::Args;
use super::output::{self, Form};
use super::table::{Layout, table};
use super::{fail, jsonpath, printers, resource};
use crate::api::{KindRef, Object, ObjectKey, Value, kind};
use crate::cluster::Place;
use crate::kernel::Arrange;
use crate::kernel::BTreeMap;
use crate::kernel::{Seq, Span};
use crate::shell::context::{Context, Outcome, Program, Progress, Stream};
use std::cmp::Ordering;
use std::rc::Rc;

const NOTHING_ASKED: &str = "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples";

/// What was found, kind by kind in the order of asking.
type Found = Vec<(KindRef, Vec<Rc<Object>>)>;

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Outcome {
    if let Some(path) = args.get("raw") {
        return super::raw::get(context, args, path);
    }
    if args.get("filename").is_some() {
        return from_files(context, args);
    }
    if args.words.is_empty() {
        context.out.error(NOTHING_ASKED);
        return Outcome::Exit(1);
    }
    let form = match output::form(context, args, true) {
        Ok(form) => form,
        Err(why) => return fail(context, &why),
    };
    let (found, errors, named) = match find(context, args) {
        Ok(found) => found,
        Err(why) => return fail(context, &why),
    };
    let watching = args.is("watch") || args.is("watch-only");
    if args.is("output-watch-events") && !watching {
        return fail(
            context,
            "--output-watch-events option can only be used with --watch or --watch-only",
        );
    }
    resource::warn(context, found.iter().map(|(kind, _)| *kind));
    if watching && matches!(form, Form::Words | Form::Wide) && found.len() == 1 {
        return Outcome::Foreground(Box::new(Watching {
            args: args.clone(),
            place: context.place.clone(),
            wide: form == Form::Wide,
            layout: Layout::default(),
            headed: args.is("no-headers"),
            checked: None,
            seen: None,
        }));
    }
    // An error without anything found leaves nothing to say on standard output.
    let nothing = found.iter().all(|(_, objects)| objects.is_empty());
    if (!nothing || errors.is_empty())
        && let Err(why) = print(context, args, &form, &found, named)
    {
        return fail(context, &why);
    }
    for error in &errors {
        context.out.error(error);
    }
    Outcome::Exit(i32::from(!errors.is_empty()))
}

/// The objects that the command line asks for, the refusals, and whether one object was asked for by its name.
fn find(context: &Context<'_>, args: &Args) -> Result<(Found, Vec<String>, bool), String> {
    let targets = resource::targets(&args.words)?;
    let everywhere = args.is("all-namespaces");
    let has_names = targets.items.iter().any(|(_, name)| name.is_some());
    if has_names && everywhere {
        return Err("a resource cannot be retrieved by name across all namespaces".to_owned());
    }
    if has_names && args.get("selector").is_some_and(|s| !s.is_empty()) {
        return Err("name cannot be provided when a selector is specified".to_owned());
    }
    let namespace = resource::namespace(context, args);
    let tables = context.world.cluster.tables();
    let mut found: Found = Vec::new();
    let mut errors = Vec::new();
    for (kind, name) in &targets.items {
        let objects = match name {
            Some(name) => match resource::get(tables, kind, &namespace, name) {
                Ok(object) => vec![object],
                Err(_) if args.is("ignore-not-found") => Vec::new(),
                Err(status) => {
                    errors.push(resource::refusal(&status, None));
                    continue;
                }
            },
            None => {
                let scope = (!everywhere).then_some(namespace.as_str());
                match resource::selected(tables, args, kind, scope) {
                    Ok(objects) => objects,
                    Err(why) => {
                        errors.push(why);
                        continue;
                    }
                }
            }
        };
        match found.iter_mut().find(|(other, _)| other == kind) {
            Some((_, list)) => list.extend(objects),
            None => found.push((kind, objects)),
        }
    }
    sort(args, &mut found)?;
    let single = targets.items.len() == 1 && has_names;
    Ok((found, errors, single))
}

/// `-f`: the live objects of manifests.
fn from_files(context: &mut Context<'_>, args: &Args) -> Outcome {
    let (items, mut errors) = super::apply::documents(context, &args.each("filename"));
    let mut found: Found = Vec::new();
    for item in &items {
        let object = match super::apply::object(context, args, item) {
            Ok(object) => object,
            Err(why) => {
                errors.push(why);
                continue;
            }
        };
        let tables = context.world.cluster.tables();
        match resource::get(
            tables,
            object.kind,
            &object.meta.namespace,
            &object.meta.name,
        ) {
            Ok(live) => match found.iter_mut().find(|(kind, _)| *kind == live.kind) {
                Some((_, list)) => list.push(live),
                None => found.push((live.kind, vec![live])),
            },
            Err(_) if args.is("ignore-not-found") => {}
            Err(status) => errors.push(resource::refusal(&status, None)),
        }
    }
    let single = items.len() == 1;
    let printed = output::form(context, args, true).and_then(|form| {
        let nothing = found.is_empty() && !errors.is_empty();
        if nothing {
            Ok(())
        } else {
            print(context, args, &form, &found, single)
        }
    });
    if let Err(why) = printed {
        return fail(context, &why);
    }
    for error in &errors {
        context.out.error(error);
    }
    Outcome::Exit(i32::from(!errors.is_empty()))
}

/// `--sort-by`.
fn sort(args: &Args, found: &mut Found) -> Result<(), String> {
    let Some(given) = args.get("sort-by").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let path = jsonpath::relaxed(given)?;
    for (_, objects) in found {
        let mut keyed: Vec<(Option<Value>, Rc<Object>)> = objects
            .iter()
            .map(|object| {
                (
                    jsonpath::first(&object.to_value(), &path).cloned(),
                    object.clone(),
                )
            })
            .collect();
        if !keyed.is_empty() && keyed.iter().all(|(key, _)| key.is_none()) {
            return Err(format!(
                "couldn't find any field with path \"{{.{path}}}\" in the list of objects"
            ));
        }
        keyed.arrange_by(|(a, _), (b, _)| order(a.as_ref(), b.as_ref()));
        *objects = keyed.into_iter().map(|(_, object)| object).collect();
    }
    Ok(())
}

/// Numbers by size, text in natural order, what is missing first.
fn order(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::Int(a)), Some(Value::Int(b))) => a.cmp(b),
        (Some(a), Some(b)) => natural(&jsonpath::text(a), &jsonpath::text(b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Text with its runs of digits compared as numbers.
fn natural(a: &str, b: &str) -> Ordering {
    let split = |text: &str| {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let number = text.get(..end).and_then(|n| n.parse::<u64>().ok());
        (number, end)
    };
    let (mut a, mut b) = (a, b);
    loop {
        match (split(a), split(b)) {
            ((Some(x), i), (Some(y), j)) => {
                if x != y {
                    return x.cmp(&y);
                }
                a = a.get(i..).unwrap_or_default();
                b = b.get(j..).unwrap_or_default();
            }
            _ => {
                let (mut left, mut right) = (a.chars(), b.chars());
                match (left.next(), right.next()) {
                    (None, None) => return Ordering::Equal,
                    (x, y) if x == y => {
                        a = left.as_str();
                        b = right.as_str();
                    }
                    (x, y) => return x.cmp(&y),
                }
            }
        }
    }
}

/// All objects as one document: the object itself if one was asked for by name, else a list.
fn document(args: &Args, form: &Form, found: &Found, named: bool) -> Value {
    let all: Vec<&Rc<Object>> = found.iter().flat_map(|(_, objects)| objects).collect();
    if let ([one], true) = (all.as_slice(), named) {
        return output::shown(args, form, one);
    }
    let items = all.iter();
    let items = items
        .map(|object| output::shown(args, form, object))
        .collect();
    let meta = Value::Map([("resourceVersion".to_owned(), Value::from(""))].into());
    Value::Map(
        [
            ("apiVersion".to_owned(), Value::from("v1")),
            ("items".to_owned(), Value::List(items)),
            ("kind".to_owned(), Value::from("List")),
            ("metadata".to_owned(), meta),
        ]
        .into(),
    )
}

fn print(
    context: &mut Context<'_>,
    args: &Args,
    form: &Form,
    found: &Found,
    named: bool,
) -> Result<(), String> {
    let all: Vec<&Rc<Object>> = found.iter().flat_map(|(_, objects)| objects).collect();
    match form {
        Form::Words | Form::Wide => print_tables(context, args, found, *form == Form::Wide),
        _ if all.is_empty() && args.is("ignore-not-found") && named => {}
        Form::Name => {
            for object in all {
                context
                    .out
                    .line(&format!("{}/{}", object.kind.prefix(), object.meta.name));
            }
        }
        Form::Columns(spec) => {
            let text = own_columns(spec, &all, !args.is("no-headers"))?;
            context.out.write(Stream::Out, &text);
        }
        form => output::document(context, form, &document(args, form, found, named))?,
    }
    Ok(())
}

/// `-o custom-columns=NAME:.metadata.name,…`.
fn own_columns(spec: &str, objects: &[&Rc<Object>], with_header: bool) -> Result<String, String> {
    let mut columns: Vec<(&str, String)> = Vec::new();
    for part in spec.split(',') {
        let (name, path) = part.split_once(':').ok_or_else(|| {
            format!("unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
        })?;
        columns.push((name, jsonpath::relaxed(path)?));
    }
    let cell = |value: &Value, path: &str| {
        let text = jsonpath::plain(value, path);
        if text.is_empty() {
            "<none>".to_owned()
        } else {
            text
        }
    };
    let header: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let row = |object: &&Rc<Object>| {
        let value = object.to_value();
        columns.iter().map(|(_, path)| cell(&value, path)).collect()
    };
    Ok(table(&header, &mut objects.iter().map(row), with_header))
}

/// Whether several kinds are asked for, so that names need their kind in front.
fn asks_for_several(args: &Args) -> bool {
    let first = args.words.first().map(String::as_str).unwrap_or_default();
    first == "all" || (args.words.iter().all(|word| !word.contains('/')) && first.contains(','))
}

fn print_tables(context: &mut Context<'_>, args: &Args, found: &Found, wide: bool) {
    let everywhere = args.is("all-namespaces");
    let some: Vec<&(KindRef, Vec<Rc<Object>>)> = found
        .iter()
        .filter(|(_, objects)| !objects.is_empty())
        .collect();
    if some.is_empty() {
        if !found.is_empty() && !args.is("ignore-not-found") {
            let namespaced = found.iter().any(|(kind, _)| kind.namespaced);
            let namespace = resource::namespace(context, args);
            context.out.error(&if everywhere || !namespaced {
                "No resources found".to_owned()
            } else {
                format!("No resources found in {namespace} namespace.")
            });
        }
        return;
    }
    let prefixed = some.len() > 1 || asks_for_several(args) || args.is("show-kind");
    let now = now(context);
    for (i, (kind, objects)) in some.iter().enumerate() {
        if i > 0 {
            context.out.line("");
        }
        let shape = Shape {
            kind,
            wide,
            prefixed,
            with_namespace: everywhere && kind.namespaced,
            now,
        };
        let mut rows = objects.iter().map(|object| shape.row(args, object));
        let text = table(&shape.header(args), &mut rows, !args.is("no-headers"));
        context.out.write(Stream::Out, &text);
    }
}

fn now(context: &Context<'_>) -> i64 {
    let cluster = &context.world.cluster;
    cluster.sim().unix(cluster.now())
}

/// How the rows of a table look.
struct Shape {
    kind: KindRef,
    wide: bool,
    prefixed: bool,
    with_namespace: bool,
    now: i64,
}

impl Shape {
    fn header(&self, args: &Args) -> Vec<String> {
        let mut header = printers::columns(self.kind, self.wide);
        let keys = args.all("label-columns");
        header.extend(
            keys.iter()
                .map(|key| key.rsplit('/').next().unwrap_or_default().to_uppercase()),
        );
        if args.is("show-labels") {
            header.push("LABELS".to_owned());
        }
        if self.with_namespace {
            header.insert(0, "NAMESPACE".to_owned());
        }
        header
    }

    fn row(&self, args: &Args, object: &Rc<Object>) -> Vec<String> {
        let mut row = printers::cells(object, self.wide, self.now);
        if let Some(name) = row
            .first_mut()
            .filter(|_| self.prefixed && self.kind != kind::EVENT)
        {
            *name = format!("{}/{name}", self.kind.prefix());
        }
        let labels = &object.meta.labels;
        row.extend(
            args.all("label-columns")
                .iter()
                .map(|key| labels.get(key).cloned().unwrap_or_default()),
        );
        if args.is("show-labels") {
            row.push(printers::label_text(labels));
        }
        if self.with_namespace {
            row.insert(0, object.meta.namespace.clone());
        }
        row
    }
}

/// `kubectl get -w`: a row for each change, until Ctrl-C.
#[derive(Clone)]
struct Watching {
    args: Args,
    place: Place,
    wide: bool,
    layout: Layout,
    /// Whether the header stands there, or is not wanted.
    headed: bool,
    /// Up to where the event log has been looked at: nothing changes without an event.
    checked: Option<Seq>,
    /// The versions of the rows that stand there already.
    seen: Option<BTreeMap<ObjectKey, (String, Rc<Object>)>>,
}

impl Watching {
    /// Prints a row for each object that changed; one that has gone is shown once more as it was.
    fn catch_up(&mut self, context: &mut Context<'_>) {
        let end = Some(context.world.cluster.end());
        if std::mem::replace(&mut self.checked, end) == end {
            return;
        }
        let Ok((found, _, _)) = find(context, &self.args) else {
            return;
        };
        let Some((kind, objects)) = found.into_iter().next() else {
            return;
        };
        let everywhere = self.args.is("all-namespaces");
        let shape = Shape {
            kind,
            wide: self.wide,
            prefixed: self.args.is("show-kind"),
            with_namespace: everywhere && kind.namespaced,
            now: now(context),
        };
        let version = |object: &Rc<Object>| (object.meta.resource_version.clone(), object.clone());
        let present: BTreeMap<ObjectKey, (String, Rc<Object>)> = objects
            .iter()
            .map(|object| (object.key(), version(object)))
            .collect();
        let before = self.seen.replace(present.clone());
        let mut rows: Vec<Vec<String>> = Vec::new();
        let quiet = before.is_none() && self.args.is("watch-only");
        let old = before.unwrap_or_default();
        let is_new =
            |key: &ObjectKey, version: &str| old.get(key).is_none_or(|(known, _)| known != version);
        for (key, (version, object)) in &present {
            if is_new(key, version) && !quiet {
                rows.push(shape.row(&self.args, object));
            }
        }
        for (_, (_, object)) in old.iter().filter(|(key, _)| !present.contains_key(*key)) {
            rows.push(shape.row(&self.args, object));
        }
        if !rows.is_empty() && !std::mem::replace(&mut self.headed, true) {
            rows.insert(0, shape.header(&self.args));
        }
        let text = self.layout.rows(&mut rows.into_iter());
        context.out.write(Stream::Out, &text);
    }
}

impl Program for Watching {
    fn place(&self) -> Place {
        self.place.clone()
    }
    fn start(&mut self, context: &mut Context<'_>) -> Progress {
        // What is under way is shown as it happens, half a minute of it at most.
        self.catch_up(context);
        for _ in 0..600 {
            if !context.pass(Span::millis(50)) {
                return Progress::Stay;
            }
            self.catch_up(context);
        }
        context.out.note("Watching; Ctrl-C ends.");
        Progress::Stay
    }
    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context);
        Progress::Stay
    }
    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context);
        context.out.line("^C");
        Progress::Exit(130)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_text_sort_by_size() {
        let mut names = ["web-10", "web-9", "db", "10.244.1.10", "10.244.1.9"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            ["10.244.1.9", "10.244.1.10", "db", "web-9", "web-10"]
        );
    }
}
