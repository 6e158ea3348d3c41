//! What kubectl tells of itself and of the server: `version`, `cluster-info`, `api-resources`, `api-versions`, `auth`.

use super::args::Args;
use super::generate::map;
use super::table::table;
use super::{fail, help, output, resource};
use crate::api::kind::KINDS;
use crate::api::{KindRef, Map, Value};
use crate::kernel::{Arrange, push_hex, sha256};
use crate::manifest::{to_json_by, to_yaml};
use crate::shell::context::{Context, Outcome, Stream};

/// The version that kubectl and the server speak as.
const VERSION: &str = "v1.36.2";

pub(super) fn version(context: &mut Context<'_>, args: &Args) -> Outcome {
    if !args.words.is_empty() {
        let words = args.words.join(" ");
        return fail(context, &format!("extra arguments: [{words}]"));
    }
    let client = args.is("client");
    let mut whole = Map::from([
        ("clientVersion".to_owned(), build(false)),
        ("kustomizeVersion".to_owned(), Value::from("v5.8.1")),
    ]);
    if !client {
        whole.insert("serverVersion".to_owned(), build(true));
    }
    let whole = Value::Map(whole);
    match args.get("output") {
        None | Some("") => {
            context.out.line(&format!(
                "Client Version: {VERSION}\nKustomize Version: v5.8.1"
            ));
            if !client {
                context.out.line(&format!("Server Version: {VERSION}"));
            }
        }
        Some("yaml") => context.out.line(&to_yaml(&whole)),
        Some("json") => {
            let text = to_json_by(&whole, &|_, fields| output::as_declared(BUILD, fields));
            context
                .out
                .write(Stream::Out, &output::indented_by_two(&text));
        }
        Some(_) => return fail(context, "--output must be 'yaml' or 'json'"),
    }
    Outcome::Exit(0)
}

/// The fields of a version in the order of Go's type.
const BUILD: &str = "major minor emulationMajor emulationMinor minCompatibilityMajor minCompatibilityMinor gitVersion \
    gitCommit gitTreeState buildDate goVersion compiler platform";

/// What a program says of its version; a server also tells which others it could speak as.
fn build(server: bool) -> Value {
    // There is no source of this program with such a name, so it bears the digest of its version.
    let mut commit = String::new();
    let digest = sha256(VERSION);
    digest
        .chunks_exact(8)
        .filter_map(|part| <[u8; 8]>::try_from(part).ok())
        .for_each(|part| push_hex(&mut commit, u64::from_be_bytes(part)));
    commit.truncate(40);
    let entries = [
        ("major", "1"),
        ("minor", "36"),
        ("emulationMajor", "1"),
        ("emulationMinor", "36"),
        ("minCompatibilityMajor", "1"),
        ("minCompatibilityMinor", "35"),
        ("gitVersion", VERSION),
        ("gitCommit", commit.as_str()),
        ("gitTreeState", "clean"),
        ("buildDate", "2026-06-10T00:00:00Z"),
        ("goVersion", "go1.26"),
        ("compiler", "gc"),
        ("platform", "linux/amd64"),
    ];
    let own = |(key, _): &(&str, &str)| {
        server || !key.starts_with("emulation") && !key.starts_with("minC")
    };
    let entries = entries.into_iter().filter(own);
    let entries = entries.map(|(key, text)| (key.to_owned(), Value::from(text)));
    Value::Map(entries.collect())
}

/// What the server says of its version.
pub(super) fn server_version() -> Value {
    build(true)
}

pub(super) fn cluster_info(context: &mut Context<'_>, args: &Args) -> Outcome {
    if args.words.first().is_some_and(|word| word == "dump") {
        context
            .out
            .note("Portside does not simulate kubectl cluster-info dump; kubectl get all,events -A -o yaml prints what is there.");
        return Outcome::Exit(1);
    }
    context.out.line("Kubernetes control plane is running at https://192.168.49.2:6443\nCoreDNS is running at https://192.168.49.2:6443/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.");
    Outcome::Exit(0)
}

pub(super) fn api_resources(context: &mut Context<'_>, args: &Args) -> Outcome {
    if let Some(outcome) = unexpected(context, args) {
        return outcome;
    }
    let all_of = |flag: &str, known: &str| {
        let asked = args.all(flag);
        asked.iter().all(|word| known.split(',').any(|k| k == word))
    };
    let wanted = |kind: &&KindRef| {
        args.get("api-group")
            .is_none_or(|group| group == kind.group)
            && (args.get("namespaced").is_none() || args.is("namespaced") == kind.namespaced)
            && all_of("verbs", DEEDS)
            && all_of("categories", categories(kind))
    };
    let mut kinds: Vec<KindRef> = KINDS.iter().filter(wanted).copied().collect();
    // The newer version of a kind is the one that is listed.
    let mut listed: Vec<(&str, &str)> = Vec::new();
    kinds.retain(|kind| {
        let name = (kind.group, kind.plural);
        let first = !listed.contains(&name);
        listed.push(name);
        first
    });
    if let Some(sort) = args.get("sort-by")
        && !matches!(sort, "name" | "kind" | "")
    {
        return fail(context, "--sort-by accepts only name or kind");
    }
    match args.get("sort-by") {
        Some("kind") => kinds.arrange_by_key(|kind| kind.name),
        Some("name") => kinds.arrange_by_key(|kind| kind.plural),
        _ => kinds.arrange_by_key(|kind| (kind.group, kind.plural)),
    }
    let cell = |kind: &KindRef| {
        vec![
            kind.plural.to_owned(),
            kind.short.join(","),
            kind.api_version(),
            kind.namespaced.to_string(),
            kind.name.to_owned(),
        ]
    };
    match args.get("output").unwrap_or_default() {
        "name" => {
            for kind in kinds {
                context.out.line(&kind.resource());
            }
        }
        format @ ("" | "wide") => {
            let mut header = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"]
                .map(str::to_owned)
                .to_vec();
            let mut rows: Vec<Vec<String>> = kinds.iter().map(cell).collect();
            if format == "wide" {
                header.extend(["VERBS", "CATEGORIES"].map(str::to_owned));
                for (row, kind) in rows.iter_mut().zip(&kinds) {
                    row.push(DEEDS.to_owned());
                    row.push(categories(kind).to_owned());
                }
            }
            context.out.write(
                Stream::Out,
                &table(&header, &mut rows.into_iter(), !args.is("no-headers")),
            );
        }
        "json" | "yaml" | "kyaml" => return discovered(context, args, &kinds),
        other => {
            return fail(
                context,
                &format!(
                    "unable to match a printer suitable for the output format \"{other}\", allowed formats are: json,kyaml,name,wide,yaml"
                ),
            );
        }
    }
    Outcome::Exit(0)
}

/// What may be done with every kind.
const DEEDS: &str = "create,delete,deletecollection,get,list,patch,update,watch";

fn categories(kind: KindRef) -> &'static str {
    if kind.in_all { "all" } else { "" }
}

/// Kinds as the server's discovery lists them.
fn discovered(context: &mut Context<'_>, args: &Args, kinds: &[KindRef]) -> Outcome {
    const DECLARED: &str = "name singularName namespaced group version kind apiVersion groupVersion resources verbs \
        shortNames categories";
    let list =
        |words: &mut dyn Iterator<Item = &str>| Value::List(words.map(Value::from).collect());
    let resource = |kind: &KindRef| {
        let mut fields = Map::from([
            ("kind".to_owned(), Value::from(kind.name)),
            ("name".to_owned(), Value::from(kind.plural)),
            ("namespaced".to_owned(), Value::Bool(kind.namespaced)),
            ("singularName".to_owned(), Value::from(kind.singular)),
            ("verbs".to_owned(), list(&mut DEEDS.split(','))),
            ("version".to_owned(), Value::from(kind.version)),
        ]);
        if !kind.group.is_empty() {
            fields.insert("group".to_owned(), Value::from(kind.group));
        }
        if !kind.short.is_empty() {
            fields.insert(
                "shortNames".to_owned(),
                list(&mut kind.short.iter().copied()),
            );
        }
        if kind.in_all {
            fields.insert("categories".to_owned(), list(&mut ["all"].into_iter()));
        }
        Value::Map(fields)
    };
    let whole = map([
        ("apiVersion", Value::from("v1")),
        ("groupVersion", Value::from("")),
        ("kind", Value::from("APIResourceList")),
        (
            "resources",
            Value::List(kinds.iter().map(resource).collect()),
        ),
    ]);
    let printed = output::form(context, args, false).and_then(|form| {
        output::typed(context, args, &form, &whole, &|_, fields| {
            output::as_declared(DECLARED, fields);
        })
    });
    match printed {
        Ok(()) => Outcome::Exit(0),
        Err(why) => fail(context, &why),
    }
}

/// Words where none are expected.
pub(super) fn unexpected(context: &mut Context<'_>, args: &Args) -> Option<Outcome> {
    let (verb, words) = (args.verb, args.words.join(" "));
    (!words.is_empty()).then(|| {
        let why = format!(
            "unexpected arguments: [{words}]\nSee 'kubectl {verb} -h' for help and examples"
        );
        fail(context, &why)
    })
}

pub(super) fn api_versions(context: &mut Context<'_>, args: &Args) -> Outcome {
    if let Some(outcome) = unexpected(context, args) {
        return outcome;
    }
    let mut versions: Vec<String> = KINDS.iter().map(|kind| kind.api_version()).collect();
    versions.arrange();
    versions.dedup();
    versions
        .iter()
        .for_each(|version| context.out.line(version));
    Outcome::Exit(0)
}

pub(super) fn auth_parent(context: &mut Context<'_>, args: &Args) -> Outcome {
    help::parent(context, args)
}

/// What `auth can-i` warns of: words that the server does not know.
fn doubts(verb: &str, word: &str, everywhere: bool) -> Vec<String> {
    const VERBS: &str = "get list watch create update patch delete deletecollection use bind impersonate * approve sign escalate attest";
    const PATH_VERBS: &str = "get put post head options delete patch *";
    let is_path = word.starts_with('/');
    let verbs = if is_path { PATH_VERBS } else { VERBS };
    let mut doubts = Vec::new();
    let name = word.split('/').next().unwrap_or_default();
    match resource::find(name) {
        _ if is_path || name == "*" => {}
        Err(_) => doubts.push(format!("the server doesn't have a resource type '{name}'")),
        Ok(kind) if !kind.namespaced && !everywhere => {
            let group = if kind.group.is_empty() {
                String::new()
            } else {
                format!(" in group '{}'", kind.group)
            };
            doubts.push(format!(
                "resource '{}' is not namespace scoped{group}",
                kind.plural
            ));
        }
        Ok(_) => {}
    }
    if !verbs.split(' ').any(|known| known == verb) {
        doubts.push(format!("verb '{verb}' is not a known verb"));
    }
    doubts
}

/// The reader is the cluster's administrator.
pub(super) fn can_i(context: &mut Context<'_>, args: &Args) -> Outcome {
    if args.is("list") && !args.words.is_empty() {
        return fail(context, "list option must be specified with no arguments");
    }
    let enough = args.words.len() == 2;
    if !enough && !args.is("list") {
        return fail(
            context,
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
        );
    }
    if args.is("list") {
        rights(context, !args.is("no-headers"));
        return Outcome::Exit(0);
    }
    if let [verb, word] = args.words.as_slice() {
        for doubt in doubts(verb, word, args.is("all-namespaces")) {
            context.out.error(&format!("Warning: {doubt}\n"));
        }
    }
    if !args.is("quiet") {
        context.out.line("yes");
    }
    Outcome::Exit(0)
}

pub(super) fn whoami(context: &mut Context<'_>, _args: &Args) -> Outcome {
    let header = ["ATTRIBUTE", "VALUE"].map(str::to_owned);
    let rows = [
        ["Username", "kubernetes-admin"].map(str::to_owned).to_vec(),
        ["Groups", "[kubeadm:cluster-admins system:authenticated]"]
            .map(str::to_owned)
            .to_vec(),
    ];
    context
        .out
        .write(Stream::Out, &table(&header, &mut rows.into_iter(), true));
    Outcome::Exit(0)
}

/// The shells that kubectl completes in.
const SHELLS: &[&str] = &["bash", "fish", "powershell", "zsh"];

/// `kubectl completion`: the real kubectl's scripts, which ask `kubectl __complete`; they stand among its words.
pub(super) fn completion(context: &mut Context<'_>, args: &Args) -> Outcome {
    let see = "See 'kubectl completion -h' for help and examples";
    match args.words.as_slice() {
        [] => fail(context, &format!("Shell not specified.\n{see}")),
        [shell] if SHELLS.contains(&shell.as_str()) => {
            match help::told(&context.world.files.help, &format!("script {shell}")) {
                Some(text) => context.out.line(text),
                None => context
                    .out
                    .note("The script has not come to this page yet; ask again."),
            }
            Outcome::Exit(0)
        }
        [shell] => fail(
            context,
            &format!("Unsupported shell type \"{shell}\".\n{see}"),
        ),
        _ => fail(
            context,
            &format!("Too many arguments. Expected only the shell type.\n{see}"),
        ),
    }
}

/// `kubectl auth can-i --list`: what a cluster's administrator may do.
fn rights(context: &mut Context<'_>, headed: bool) {
    let header = ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"].map(str::to_owned);
    let all = |resource: &str, url: &str, verb: &str| {
        [resource, url, "[]", verb].map(str::to_owned).to_vec()
    };
    let mut rows = vec![all("*.*", "[]", "[*]"), all("", "[*]", "[*]")];
    for resource in [
        "selfsubjectreviews.authentication.k8s.io",
        "selfsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectrulesreviews.authorization.k8s.io",
    ] {
        rows.push(all(resource, "[]", "[create]"));
    }
    for url in [
        "/api/*",
        "/api",
        "/apis/*",
        "/apis",
        "/healthz",
        "/livez",
        "/openapi/*",
        "/openapi",
        "/readyz",
        "/version/",
        "/version",
    ] {
        rows.push(all("", &format!("[{url}]"), "[get]"));
    }
    context
        .out
        .write(Stream::Out, &table(&header, &mut rows.into_iter(), headed));
}
