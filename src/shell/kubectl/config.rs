//! `kubectl config`: one context, whose namespace can be changed.

use super::args::Args;
use super::table::table;
use super::{fail, help, resource};
use crate::shell::context::{Context, Outcome, Stream};

/// The context's, the cluster's and the user's name.
const NAME: &str = "portside";
const USER: &str = "reader";

pub(super) fn parent(context: &mut Context<'_>, args: &Args) -> Outcome {
    help::parent(context, args)
}

/// The namespace that the context names; empty for the default one.
fn namespace(context: &Context<'_>) -> String {
    let namespace = resource::namespace(context, &Args::default());
    if namespace == "default" {
        String::new()
    } else {
        namespace
    }
}

pub(super) fn current_context(context: &mut Context<'_>, _args: &Args) -> Outcome {
    context.out.line(NAME);
    Outcome::Exit(0)
}

pub(super) fn get_clusters(context: &mut Context<'_>, _args: &Args) -> Outcome {
    context.out.line(&format!("NAME\n{NAME}"));
    Outcome::Exit(0)
}

pub(super) fn get_contexts(context: &mut Context<'_>, args: &Args) -> Outcome {
    if let Some(name) = args.words.first().filter(|name| *name != NAME) {
        return fail(context, &format!("context {name} not found"));
    }
    if args.get("output") == Some("name") {
        context.out.line(NAME);
        return Outcome::Exit(0);
    }
    let header = ["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"].map(str::to_owned);
    let row = vec![
        "*".to_owned(),
        NAME.to_owned(),
        NAME.to_owned(),
        USER.to_owned(),
        namespace(context),
    ];
    context.out.write(
        Stream::Out,
        &table(&header, &mut [row].into_iter(), !args.is("no-headers")),
    );
    Outcome::Exit(0)
}

pub(super) fn set_context(context: &mut Context<'_>, args: &Args) -> Outcome {
    let named = args.words.first().map(String::as_str);
    if named.is_none() && !args.is("current") {
        return fail(
            context,
            "you must specify a non-empty context name or --current",
        );
    }
    if let Some(name) = named.filter(|name| *name != NAME && !args.is("current")) {
        context.out.note(&format!(
            "There is one context here, {NAME}; {name} was not made."
        ));
        return Outcome::Exit(1);
    }
    if let Some(namespace) = args.get("namespace") {
        let text = format!("context: {NAME}\nnamespace: {namespace}\n");
        context
            .world
            .files
            .put(context.cwd, resource::CONFIG, &text);
    }
    context.out.line(&format!("Context \"{NAME}\" modified."));
    Outcome::Exit(0)
}

pub(super) fn use_context(context: &mut Context<'_>, args: &Args) -> Outcome {
    match args.words.first().map(String::as_str) {
        Some(NAME) => {
            context
                .out
                .line(&format!("Switched to context \"{NAME}\"."));
            Outcome::Exit(0)
        }
        Some(other) => fail(
            context,
            &format!("no context exists with the name: \"{other}\""),
        ),
        None => fail(context, "accepts 1 arg(s), received 0"),
    }
}

pub(super) fn view(context: &mut Context<'_>, _args: &Args) -> Outcome {
    let namespace = namespace(context);
    let line = if namespace.is_empty() {
        String::new()
    } else {
        format!("    namespace: {namespace}\n")
    };
    let text = format!(
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: DATA+OMITTED\n    server: https://192.168.49.2:6443\n  name: {NAME}\ncontexts:\n- context:\n    cluster: {NAME}\n{line}    user: {USER}\n  name: {NAME}\ncurrent-context: {NAME}\nkind: Config\nusers:\n- name: {USER}\n  user:\n    client-certificate-data: DATA+OMITTED\n    client-key-data: DATA+OMITTED\n"
    );
    context.out.write(Stream::Out, &text);
    Outcome::Exit(0)
}
