//! `kubectl config`: clusters, users and contexts, shown and changed.

use super::args::Args;
use super::kubeconfig::{CLUSTERS, CONTEXTS, Kubeconfig, Part, USERS};
use super::output::{self, Form};
use super::table::table;
use super::{fail, help, info};
use crate::api::{Map, Value};
use crate::kernel::{Arrange, base64};
use crate::manifest::to_yaml;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::files::HOME;

pub(super) fn parent(context: &mut Context<'_>, args: &Args) -> Outcome {
    help::parent(context, args)
}

fn load(context: &Context<'_>) -> Kubeconfig {
    Kubeconfig::load(context.world, context.cwd)
}

/// Writes the file and says what was done.
fn save(context: &mut Context<'_>, config: Kubeconfig, said: &str) -> Outcome {
    config.save(context.world, context.cwd);
    context.out.line(said);
    Outcome::Exit(0)
}

/// Where the file is.
fn file() -> String {
    format!("{HOME}/.kube/config")
}

/// So many words; if there are others, kubectl shows its help.
fn words<'a, const N: usize>(
    context: &mut Context<'_>,
    args: &'a Args,
) -> Result<[&'a str; N], Outcome> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    <[&str; N]>::try_from(words).map_err(|words| {
        help::own(context, args, Stream::Out);
        if args.verb.contains("delete") {
            return Outcome::Exit(0);
        }
        // One verb alone begins with a small letter.
        let u = if args.verb == "config set-credentials" {
            'u'
        } else {
            'U'
        };
        fail(
            context,
            &format!("{u}nexpected args: [{}]", words.join(" ")),
        )
    })
}

pub(super) fn current_context(context: &mut Context<'_>, _args: &Args) -> Outcome {
    let config = load(context);
    if config.current().is_empty() {
        return fail(context, "current-context is not set");
    }
    context.out.line(config.current());
    Outcome::Exit(0)
}

pub(super) fn get_clusters(context: &mut Context<'_>, _args: &Args) -> Outcome {
    names(context, CLUSTERS)
}

pub(super) fn get_users(context: &mut Context<'_>, _args: &Args) -> Outcome {
    names(context, USERS)
}

fn names(context: &mut Context<'_>, part: Part) -> Outcome {
    context.out.line("NAME");
    let config = load(context);
    let mut names: Vec<&str> = config.entries(part).iter().map(|(name, _)| *name).collect();
    names.arrange();
    names.iter().for_each(|name| context.out.line(name));
    Outcome::Exit(0)
}

pub(super) fn get_contexts(context: &mut Context<'_>, args: &Args) -> Outcome {
    const OTHERS: &str = "json yaml wide custom-columns custom-columns-file go-template go-template-file jsonpath jsonpath-file";
    let config = load(context);
    let form = args.get("output").unwrap_or_default();
    if !matches!(form, "" | "name") {
        if !OTHERS.split(' ').any(|other| other == form) {
            return fail(
                context,
                &format!("output must be one of '' or 'name': {form}"),
            );
        }
        return fail(
            context,
            &format!(
                "--output {form} is not available in kubectl config get-contexts; resetting to default output format"
            ),
        );
    }
    let mut chosen = config.entries(CONTEXTS);
    chosen.retain(|(name, _)| args.words.is_empty() || args.words.iter().any(|w| w == name));
    chosen.arrange_by(|a, b| a.0.cmp(b.0));
    if form == "name" {
        chosen.iter().for_each(|(name, _)| context.out.line(name));
    } else {
        let header = ["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"].map(str::to_owned);
        let rows: Vec<Vec<String>> = chosen
            .iter()
            .map(|(name, fields)| {
                let field = |key: &str| {
                    let value = fields.get(key).and_then(Value::as_str);
                    value.unwrap_or_default().to_owned()
                };
                let mark = if *name == config.current() { "*" } else { "" };
                let mut row = vec![mark.to_owned(), (*name).to_owned()];
                row.extend(["cluster", "user", "namespace"].map(field));
                row
            })
            .collect();
        let text = table(&header, &mut rows.into_iter(), !args.is("no-headers"));
        context.out.write(Stream::Out, &text);
    }
    let missing = args
        .words
        .iter()
        .filter(|word| config.entry(CONTEXTS, word).is_none());
    let errors: Vec<String> = missing
        .map(|name| format!("context {name} not found"))
        .collect();
    match errors.as_slice() {
        [] => Outcome::Exit(0),
        [one] => fail(context, one),
        many => fail(context, &format!("[{}]", many.join(", "))),
    }
}

/// The fields that are true or false.
const INSECURE: &str = "insecure-skip-tls-verify";
const UNCOMPRESSED: &str = "disable-compression";

/// The value of a field that is given as text.
fn typed(field: &str, text: &str) -> Value {
    match field {
        INSECURE | UNCOMPRESSED => Value::Bool(text == "true"),
        _ => Value::from(text),
    }
}

/// Sets fields of an entry from flags of other or the same names; what stands for it is told.
fn change(
    context: &mut Context<'_>,
    args: &Args,
    part: Part,
    name: &str,
    flags: &[(&str, &str)],
) -> Kubeconfig {
    let mut config = load(context);
    if let Some(fields) = config.entry_mut(part, name) {
        for (flag, field) in flags {
            match args.get(flag) {
                None => {}
                Some("") => drop(fields.remove(*field)),
                Some("false") if *flag == INSECURE => drop(fields.remove(*field)),
                Some(text) => drop(fields.insert((*field).to_owned(), typed(field, text))),
            }
        }
    }
    config
}

pub(super) fn set_context(context: &mut Context<'_>, args: &Args) -> Outcome {
    let config = load(context);
    let name = match (args.words.as_slice(), args.is("current")) {
        ([], true) if config.current().is_empty() => {
            return fail(context, "no current context is set");
        }
        ([], true) => config.current().to_owned(),
        ([_, ..], true) => {
            return fail(
                context,
                "you cannot specify both a context name and --current",
            );
        }
        ([name], false) if !name.is_empty() => name.clone(),
        _ => {
            return fail(
                context,
                "you must specify a non-empty context name or --current",
            );
        }
    };
    let is_new = config.entry(CONTEXTS, &name).is_none();
    let flags = [
        ("cluster", "cluster"),
        ("namespace", "namespace"),
        ("user", "user"),
    ];
    let config = change(context, args, CONTEXTS, &name, &flags);
    let word = if is_new { "created" } else { "modified" };
    save(context, config, &format!("Context \"{name}\" {word}."))
}

pub(super) fn set_cluster(context: &mut Context<'_>, args: &Args) -> Outcome {
    let [name] = match words(context, args) {
        Ok(words) => words,
        Err(outcome) => return outcome,
    };
    const FLAGS: &[(&str, &str)] = &[
        ("certificate-authority", "certificate-authority"),
        ("insecure-skip-tls-verify", "insecure-skip-tls-verify"),
        ("proxy-url", "proxy-url"),
        ("server", "server"),
        ("tls-server-name", "tls-server-name"),
    ];
    let config = change(context, args, CLUSTERS, name, FLAGS);
    save(context, config, &format!("Cluster \"{name}\" set."))
}

pub(super) fn set_credentials(context: &mut Context<'_>, args: &Args) -> Outcome {
    let [name] = match words(context, args) {
        Ok(words) => words,
        Err(outcome) => return outcome,
    };
    let basic = args.get("username").is_some() || args.get("password").is_some();
    if basic && args.get("token").is_some() {
        return fail(
            context,
            "you cannot specify more than one authentication method at the same time: --token, --username/--password",
        );
    }
    const FLAGS: &[(&str, &str)] = &[
        ("client-certificate", "client-certificate"),
        ("client-key", "client-key"),
        ("password", "password"),
        ("token", "token"),
        ("username", "username"),
    ];
    let mut config = change(context, args, USERS, name, FLAGS);
    if let Some(fields) = config.entry_mut(USERS, name) {
        // One way to tell who one is takes the place of another.
        let others: &[&str] = match (basic, args.get("token").is_some()) {
            (true, _) => &["token"],
            (_, true) => &["username", "password"],
            (false, false) => &[],
        };
        others.iter().for_each(|other| drop(fields.remove(*other)));
    }
    save(context, config, &format!("User \"{name}\" set."))
}

pub(super) fn use_context(context: &mut Context<'_>, args: &Args) -> Outcome {
    let [name] = match words(context, args) {
        Ok(words) => words,
        Err(outcome) => return outcome,
    };
    let mut config = load(context);
    if config.entry(CONTEXTS, name).is_none() {
        return fail(
            context,
            &format!("no context exists with the name: \"{name}\""),
        );
    }
    config
        .fields
        .insert("current-context".to_owned(), Value::from(name));
    save(context, config, &format!("Switched to context \"{name}\"."))
}

pub(super) fn rename_context(context: &mut Context<'_>, args: &Args) -> Outcome {
    let [old, new] = match words(context, args) {
        Ok(words) => words,
        Err(outcome) => return outcome,
    };
    let mut config = load(context);
    let why = if config.entry(CONTEXTS, old).is_none() {
        format!("it's not in {}", file())
    } else if config.entry(CONTEXTS, new).is_some() {
        format!("the context \"{new}\" already exists in {}", file())
    } else {
        let was_current = config.current() == old;
        let kept = config.remove(CONTEXTS, old);
        if let (Some(Value::Map(kept)), Some(fields)) = (kept, config.entry_mut(CONTEXTS, new)) {
            *fields = kept;
        }
        if was_current {
            config
                .fields
                .insert("current-context".to_owned(), Value::from(new));
        }
        return save(
            context,
            config,
            &format!("Context \"{old}\" renamed to \"{new}\"."),
        );
    };
    fail(
        context,
        &format!("cannot rename the context \"{old}\", {why}"),
    )
}

pub(super) fn delete_cluster(context: &mut Context<'_>, args: &Args) -> Outcome {
    delete(context, args, CLUSTERS)
}

pub(super) fn delete_context(context: &mut Context<'_>, args: &Args) -> Outcome {
    delete(context, args, CONTEXTS)
}

pub(super) fn delete_user(context: &mut Context<'_>, args: &Args) -> Outcome {
    delete(context, args, USERS)
}

fn delete(context: &mut Context<'_>, args: &Args, part: Part) -> Outcome {
    let [name] = match words(context, args) {
        Ok(words) => words,
        Err(outcome) => return outcome,
    };
    let mut config = load(context);
    let what = part.1;
    if config.remove(part, name).is_none() {
        return fail(
            context,
            &format!("cannot delete {what} {name}, not in {}", file()),
        );
    }
    if part == CONTEXTS && config.current() == name {
        context.out.error("warning: this removed your active context, use \"kubectl config use-context\" to select a different one");
    }
    save(
        context,
        config,
        &format!("deleted {what} {name} from {}", file()),
    )
}

/// What a property's name means: a part, one of its entries and a field, or a field of the file itself.
enum Property<'a> {
    Own(&'a str),
    Entry(Part, &'a str),
    Field(Part, &'a str, &'a str),
}

fn property<'a>(config: &Kubeconfig, text: &'a str) -> Option<Property<'a>> {
    if text == "current-context" {
        return Some(Property::Own(text));
    }
    let (list, rest) = text.split_once('.')?;
    let part = [CLUSTERS, CONTEXTS, USERS]
        .into_iter()
        .find(|part| part.0 == list)?;
    // Names may have dots: the longest that is known is meant.
    let known = |name: &str| config.entry(part, name).is_some();
    if known(rest) {
        return Some(Property::Entry(part, rest));
    }
    let dots = rest.rmatch_indices('.').map(|(at, _)| at);
    let mut ways = dots.filter_map(|at| Some((rest.get(..at)?, rest.get(at + 1..)?)));
    let found = ways.find(|(name, _)| known(name));
    Some(match found.or_else(|| rest.split_once('.')) {
        Some((name, field)) => Property::Field(part, name, field),
        None => Property::Entry(part, rest),
    })
}

pub(super) fn set(context: &mut Context<'_>, args: &Args) -> Outcome {
    let [name, text] = match words(context, args) {
        Ok(words) => words,
        Err(outcome) => return outcome,
    };
    let mut config = load(context);
    match property(&config, name) {
        Some(Property::Own(field)) => {
            config.fields.insert(field.to_owned(), Value::from(text));
        }
        Some(Property::Field(part, entry, field)) => {
            if let Some(fields) = config.entry_mut(part, entry) {
                // Bytes are given in base 64, as they stand in the file, unless they are told to be raw.
                let text = if field.ends_with("-data") && args.is("set-raw-bytes") {
                    base64(text.as_bytes())
                } else {
                    text.to_owned()
                };
                let value = typed(field, &text);
                fields.insert(field.to_owned(), value);
            }
        }
        Some(Property::Entry(..)) => return fail(context, "can't set a map to a value: {}"),
        None => {
            let why = format!("unable to parse {name} after [] at api.Config");
            return fail(context, &why);
        }
    }
    save(context, config, &format!("Property \"{name}\" set."))
}

pub(super) fn unset(context: &mut Context<'_>, args: &Args) -> Outcome {
    let [name] = match words(context, args) {
        Ok(words) => words,
        Err(outcome) => return outcome,
    };
    let mut config = load(context);
    match property(&config, name) {
        Some(Property::Own(field)) => {
            config.fields.insert(field.to_owned(), Value::from(""));
        }
        Some(Property::Field(part, entry, field)) if config.entry(part, entry).is_some() => {
            config
                .entry_mut(part, entry)
                .map(|fields| fields.remove(field));
        }
        Some(Property::Entry(part, entry)) => {
            config.remove(part, entry);
        }
        Some(Property::Field(_, entry, _)) => {
            return fail(context, &format!("current map key `{entry}` is invalid"));
        }
        None => {
            let why = format!("unable to parse {name} after [] at api.Config");
            return fail(context, &why);
        }
    }
    save(context, config, &format!("Property \"{name}\" unset."))
}

pub(super) fn view(context: &mut Context<'_>, args: &Args) -> Outcome {
    if let Some(outcome) = info::unexpected(context, args) {
        return outcome;
    }
    let mut config = load(context);
    if args.is("minify") {
        let name = args
            .get("context")
            .unwrap_or_else(|| config.current())
            .to_owned();
        let Some(fields) = config.entry(CONTEXTS, &name) else {
            let why = if name.is_empty() {
                "current-context must exist in order to minify".to_owned()
            } else {
                format!("cannot locate context {name}")
            };
            return fail(context, &why);
        };
        let field = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
        let (cluster, user) = (field("cluster"), field("user"));
        for (part, kept) in [(CONTEXTS, Some(name)), (CLUSTERS, cluster), (USERS, user)] {
            let list = config.fields.get_mut(part.0).and_then(Value::as_list_mut);
            if let Some(list) = list {
                list.retain(|item| item.get("name").and_then(Value::as_str) == kept.as_deref());
            }
        }
    }
    if !args.is("raw") && !args.is("flatten") {
        hide(&mut config.fields);
    }
    let value = Value::Map(config.fields);
    match output::form(context, args, false) {
        Ok(Form::Words) => context.out.write(Stream::Out, &to_yaml(&value)),
        Ok(form) => {
            if let Err(why) = output::document(context, args, &form, &value) {
                return fail(context, &why);
            }
        }
        Err(why) => return fail(context, &why),
    }
    Outcome::Exit(0)
}

/// Puts words in the place of what is secret or long, as kubectl does.
fn hide(fields: &mut Map) {
    for (key, value) in fields.iter_mut() {
        match (key.as_str(), value) {
            ("token" | "password", value) => *value = Value::from("REDACTED"),
            (key, value) if key.ends_with("-data") => *value = Value::from("DATA+OMITTED"),
            (_, Value::Map(inner)) => hide(inner),
            (_, Value::List(items)) => {
                items
                    .iter_mut()
                    .filter_map(Value::as_map_mut)
                    .for_each(hide);
            }
            (_, Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_)) => {
            }
        }
    }
}
