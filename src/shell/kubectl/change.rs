//! Changing what is there: how `label`, `scale`, `set`, `patch` and their like write, for real or not.

use super::args::Args;
use super::{apply, fail, output, resource};
use crate::api::{Object, Status};
use crate::shell::context::{Context, Outcome};
use crate::store::Writer;
use std::rc::Rc;

/// How far a command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DryRun {
    /// It changes the cluster.
    No,
    /// It asks nothing of the server.
    Client,
    /// The server checks and stores nothing.
    Server,
}

impl DryRun {
    /// What `--dry-run` asks for.
    pub(super) fn of(args: &Args) -> Result<Self, String> {
        match args.get("dry-run") {
            None | Some("none" | "false") => Ok(Self::No),
            Some("client" | "unchanged" | "true") => Ok(Self::Client),
            Some("server") => Ok(Self::Server),
            Some(other) => Err(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            )),
        }
    }

    /// What kubectl adds to its words.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::No => "",
            Self::Client => " (dry run)",
            Self::Server => " (server dry run)",
        }
    }
}

/// Whom the API server records as the owner of what a verb writes.
pub(super) fn writer(args: &Args) -> Writer {
    let verb = args.verb.split(' ').next().unwrap_or_default();
    let (manager, subresource) = match verb {
        "apply" if args.is("server-side") => ("kubectl".to_owned(), ""),
        "apply" => ("kubectl-client-side-apply".to_owned(), ""),
        "scale" => ("kubectl".to_owned(), "scale"),
        // Those that say nothing go by the name of the program.
        "cordon" | "uncordon" | "drain" | "debug" => ("kubectl".to_owned(), ""),
        verb => (["kubectl-", verb].concat(), ""),
    };
    Writer {
        manager: args.get("field-manager").map_or(manager, str::to_owned),
        subresource,
    }
}

/// The objects that words, `-l` and `--all` name; what is wrong is printed.
pub(super) fn named(
    context: &mut Context<'_>,
    args: &Args,
    words: &[String],
) -> Result<Vec<Rc<Object>>, Outcome> {
    let files = args.each("filename");
    if !files.is_empty() {
        return of_files(context, args, &files);
    }
    let targets = match resource::targets(words) {
        Ok(targets) => targets,
        Err(why) => return Err(fail(context, &why)),
    };
    if targets.items.is_empty() {
        return Err(fail(context, resource::NOTHING_NAMED));
    }
    // The selector that expose is given is the Service's.
    let names = args.verb != "expose" && targets.items.iter().any(|(_, name)| name.is_some());
    if names && args.get("selector").is_some_and(|s| !s.is_empty()) {
        return Err(fail(
            context,
            "name cannot be provided when a selector is specified",
        ));
    }
    resource::warn(context, targets.items.iter().map(|(kind, _)| *kind));
    let namespace = resource::namespace(context, args);
    let scope = (!args.is("all-namespaces")).then_some(namespace.as_str());
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for (kind, name) in targets.items {
        let tables = context.world.cluster.tables();
        match name {
            Some(name) => match resource::get(tables, kind, &namespace, &name) {
                Ok(object) => found.push(object),
                Err(status) => errors.push(resource::refusal(&status, None)),
            },
            None if args.get("selector").is_none()
                && args.get("field-selector").is_none()
                && !args.is("all") =>
            {
                return Err(fail(
                    context,
                    "resource(s) were provided, but no name was specified",
                ));
            }
            None => match resource::selected(tables, args, kind, scope) {
                Ok(objects) => found.extend(objects),
                Err(why) => errors.push(why),
            },
        }
    }
    if errors.is_empty() {
        return Ok(found);
    }
    for error in errors {
        context.out.error(&error);
    }
    Err(Outcome::Exit(1))
}

/// The objects that the documents of files name; with `--local` the documents themselves.
fn of_files(
    context: &mut Context<'_>,
    args: &Args,
    files: &[String],
) -> Result<Vec<Rc<Object>>, Outcome> {
    let (items, mut errors) = apply::documents(context, files);
    let mut found = Vec::new();
    for item in &items {
        let object = match apply::object(context, args, item) {
            Ok(object) => object,
            Err(why) => {
                errors.push(why);
                continue;
            }
        };
        if args.verb == "expose" {
            // It believes the file.
            found.push(Rc::new(object));
            continue;
        }
        if args.is("local") {
            let mut object = object;
            if item
                .document
                .value()
                .at(&["metadata", "namespace"])
                .is_none()
            {
                object.meta.namespace.clear();
            }
            found.push(Rc::new(object));
            continue;
        }
        let tables = context.world.cluster.tables();
        let (namespace, name) = (&object.meta.namespace, &object.meta.name);
        match resource::get(tables, object.kind, namespace, name) {
            Ok(live) => found.push(live),
            Err(status) => errors.push(resource::refusal(&status, None)),
        }
    }
    if errors.is_empty() {
        return Ok(found);
    }
    Err(apply::tell(context, &errors))
}

/// Writes a changed copy of an object and says the word, or prints it as `-o` asks.
pub(super) fn write(context: &mut Context<'_>, args: &Args, after: Object, word: &str) -> Outcome {
    let dry = match DryRun::of(args) {
        Ok(dry) => dry,
        Err(why) => return fail(context, &why),
    };
    // What is only in a file is only printed.
    let how = if args.is("local") {
        DryRun::Client
    } else {
        dry
    };
    match store(context, after, how) {
        Ok(stored) => {
            match output::said(context, args, &stored, &format!("{word}{}", dry.suffix())) {
                Ok(()) => Outcome::Exit(0),
                Err(why) => fail(context, &why),
            }
        }
        Err(status) => {
            context.out.error(&resource::refusal(&status, None));
            Outcome::Exit(1)
        }
    }
}

/// Updates an object as far as the dry run lets it.
pub(super) fn store(
    context: &mut Context<'_>,
    mut after: Object,
    dry: DryRun,
) -> Result<Rc<Object>, Status> {
    if dry == DryRun::Client {
        return Ok(Rc::new(after));
    }
    let version = std::mem::take(&mut after.meta.resource_version);
    let mut stored = context
        .world
        .cluster
        .update(after, None, dry == DryRun::Server)?;
    // What was only tried keeps the version that it has.
    if stored.meta.resource_version.is_empty() {
        Rc::make_mut(&mut stored).meta.resource_version = version;
    }
    Ok(stored)
}
