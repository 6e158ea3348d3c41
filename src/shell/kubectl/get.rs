//! `kubectl get`.

use super::args::Args;
use super::jsonpath::Path;
use super::output::{self, Form};
use super::table::{Layout, table};
use super::{fail, gosort, jsonpath, printers, resource};
use crate::api::{KindRef, Object, ObjectKey, Value, kind, quantity};
use crate::cluster::Place;
use crate::kernel::BTreeMap;
use crate::kernel::{Seq, SimTime, Span};
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
    let (found, errors, named) = match find(context, args, &form) {
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
            due: SimTime::default(),
            until: None,
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
fn find(
    context: &Context<'_>,
    args: &Args,
    form: &Form,
) -> Result<(Found, Vec<String>, bool), String> {
    let targets = resource::targets(&args.words)?;
    let everywhere = args.is("all-namespaces");
    let has_names = targets.items.iter().any(|(_, name)| name.is_some());
    if has_names && everywhere {
        return Err("a resource cannot be retrieved by name across all namespaces".to_owned());
    }
    if has_names && args.get("selector").is_some_and(|s| !s.is_empty()) {
        let slash = args.words.iter().any(|word| word.contains('/'));
        return Err(if slash {
            "selectors and the all flag cannot be used when passing resource/name arguments"
        } else {
            "name cannot be provided when a selector is specified"
        }
        .to_owned());
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
    let single = targets.items.len() == 1 && has_names;
    if !single {
        sort(args, targets.items.len(), form, &mut found)?;
    }
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

/// `--sort-by`. What cannot be sorted is an error, but for the rows of one table: those are left out.
fn sort(args: &Args, targets: usize, form: &Form, found: &mut Found) -> Result<(), String> {
    let Some(given) = args.get("sort-by").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let missing = |field: &str| {
        format!("couldn't find any field with path \"{field}\" in the list of objects")
    };
    if !matches!(form, Form::Words | Form::Wide) {
        let field = jsonpath::sort_field(given)?;
        let all = found
            .iter()
            .flat_map(|(_, objects)| objects.iter().cloned());
        let rows = sorted(all.collect(), &field, "*unstructured.Unstructured")?;
        let rows = rows.ok_or_else(|| missing(&field))?;
        *found = rows.into_iter().map(|o| (o.kind, vec![o])).collect();
        return Ok(());
    }
    if targets > 1 {
        // Several tables are not sorted together.
        return Err(missing(&jsonpath::sort_field(given)?));
    }
    let field = jsonpath::sort_field(given).unwrap_or_else(|_| given.to_owned());
    for (_, objects) in found.iter_mut().filter(|(_, objects)| objects.len() > 1) {
        let rows = std::mem::take(objects);
        *objects = match sorted(rows, &field, "[][][]reflect.Value") {
            Ok(rows) => rows.unwrap_or_default(),
            Err(why) if why.starts_with("Field ") => return Err(why),
            Err(_) => Vec::new(),
        };
    }
    Ok(())
}

/// Objects in the order of what a path finds in them; nothing if it finds nothing.
fn sorted(
    objects: Vec<Rc<Object>>,
    field: &str,
    holder: &str,
) -> Result<Option<Vec<Rc<Object>>>, String> {
    let path = Path::parse(field)?;
    let mut keyed = Vec::new();
    for object in objects {
        let value = object.to_value();
        keyed.push((path.first(&value)?.cloned(), object));
    }
    if !keyed.is_empty() && keyed.iter().all(|(key, _)| key.is_none()) {
        return Ok(None);
    }
    let mut wrong = None;
    gosort::sort(&mut keyed, &mut |(a, _), (b, _)| match (a, b) {
        (None, _) => true,
        (_, None) => false,
        (Some(a), Some(b)) => is_less(a, b).unwrap_or_else(|why| {
            wrong.get_or_insert(why);
            false
        }),
    });
    match wrong {
        None => Ok(Some(keyed.into_iter().map(|(_, object)| object).collect())),
        Some(why) => Err(format!(
            "Field {field} in {holder} is an unsortable type: interface, err: {why}"
        )),
    }
}

/// Whether one value belongs before another: quantities by size, other text letter by letter.
fn is_less(a: &Value, b: &Value) -> Result<bool, String> {
    match (a, b) {
        (Value::Null, b) => Ok(*b != Value::Null),
        (_, Value::Null) => Ok(false),
        (Value::List(_) | Value::Map(_) | Value::Bool(_), _) => {
            Err(format!("unsortable type: {}", jsonpath::go_type(a)))
        }
        (Value::Str(one), Value::Str(other)) => {
            // In thousandths, if that is exact for both.
            let amounts = (quantity(a, 1_000), quantity(b, 1_000));
            Ok(match amounts {
                (Some(one), Some(other)) => one < other,
                _ => one < other,
            })
        }
        (Value::Int(_), Value::Int(_)) | (Value::Float(_), Value::Float(_)) => {
            Ok(jsonpath::compare(a, b)?.is_some_and(Ordering::is_lt))
        }
        _ => Err("unsortable interface: interface".to_owned()),
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
            // A file of columns has its header in any case.
            let from_file = args
                .get("output")
                .is_some_and(|o| o.starts_with("custom-columns-file"));
            let (text, wrong) = own_columns(spec, &all, from_file || !args.is("no-headers"))?;
            context.out.write(Stream::Out, &text);
            wrong.map_or(Ok(()), Err)?;
        }
        form => output::document(context, args, form, &document(args, form, found, named))?,
    }
    Ok(())
}

/// `-o custom-columns=NAME:.metadata.name,…`: the table, and what kept it from being longer.
fn own_columns(
    spec: &str,
    objects: &[&Rc<Object>],
    with_header: bool,
) -> Result<(String, Option<String>), String> {
    let mut columns: Vec<(&str, String)> = Vec::new();
    for part in spec.split(',') {
        let (name, path) = part.split_once(':').ok_or_else(|| {
            format!("unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
        })?;
        columns.push((name, jsonpath::sort_field(path)?));
    }
    let header: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    // The header stands there by the time that a path turns out to be none.
    let paths = columns.iter().map(|(_, path)| Path::parse(path));
    let (paths, mut wrong) = match paths.collect::<Result<Vec<_>, _>>() {
        Ok(paths) => (paths, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let mut rows = Vec::new();
    for object in objects.iter().filter(|_| !paths.is_empty()) {
        let value = object.to_value();
        let cells = paths.iter().map(|path| {
            let text = path.plain(&value)?;
            Ok(if text.is_empty() {
                "<none>".to_owned()
            } else {
                text
            })
        });
        match cells.collect::<Result<Vec<String>, String>>() {
            Ok(cells) => rows.push(cells),
            Err(why) => {
                wrong = Some(why);
                break;
            }
        }
    }
    let text = table(&header, &mut rows.into_iter(), with_header);
    Ok((text, wrong))
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
        if i > 0 && !args.is("no-headers") {
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

/// Whether the table is not the server's: then kubectl knows but names and ages.
fn without_server(args: &Args) -> bool {
    args.get("server-print") == Some("false")
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
        let mut header = if without_server(args) {
            vec!["NAME".to_owned(), "AGE".to_owned()]
        } else {
            printers::columns(self.kind, self.wide)
        };
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
        let mut row = if without_server(args) {
            vec![
                object.meta.name.clone(),
                super::age::age(&object.meta.creation_timestamp, self.now),
            ]
        } else {
            printers::shown(object, self.wide, self.now)
        };
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

/// How often a watch looks while it is shown what is under way.
const STEP: Span = Span::millis(50);

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
    /// When it looks next by itself.
    due: SimTime,
    /// Until when it does so.
    until: Option<SimTime>,
}

impl Watching {
    /// Prints a row for each object that changed; one that has gone is shown once more as it was.
    fn catch_up(&mut self, context: &mut Context<'_>) {
        let end = Some(context.world.cluster.end());
        if std::mem::replace(&mut self.checked, end) == end {
            return;
        }
        let Ok((found, _, _)) = find(context, &self.args, &Form::Words) else {
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
        let now = context.world.cluster.now();
        (self.due, self.until) = (now + STEP, Some(now + Span::secs(30)));
        Progress::Stay
    }
    fn wakes(&self) -> Option<SimTime> {
        self.until.and(Some(self.due))
    }
    fn passed(&mut self, context: &mut Context<'_>) -> Progress {
        self.catch_up(context);
        let now = context.world.cluster.now();
        self.due = now + STEP;
        if self.until.take_if(|until| now >= *until).is_some() {
            context.out.note("Watching; Ctrl-C ends.");
        }
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
    fn quantities_sort_by_size_and_other_text_by_letters() {
        let rows = [
            ("100m", "1"),
            ("1.5", "10"),
            ("10.96.152.179", "10.96.61.13"),
            ("a10", "a2"),
            ("1000", "1Ki"),
        ];
        for (less, more) in rows {
            let (less, more) = (Value::from(less), Value::from(more));
            assert_eq!(is_less(&less, &more), Ok(true), "{less:?} {more:?}");
            assert_eq!(is_less(&more, &less), Ok(false), "{more:?} {less:?}");
        }
        assert!(is_less(&Value::List(Vec::new()), &Value::Int(1)).is_err());
    }
}
