//! What kubectl tells of itself and of the server: `version`, `cluster-info`, `api-resources`, `api-versions`, `auth`.

use super::args::Args;
use super::table::table;
use super::{fail, help, resource};
use crate::api::kind::KINDS;
use crate::api::{KindRef, Value};
use crate::kernel::Arrange;
use crate::shell::context::{Context, Outcome, Stream};

/// The version that kubectl and the server speak as.
const VERSION: &str = "v1.36.2";

pub(super) fn version(context: &mut Context<'_>, args: &Args) -> Outcome {
    if !args.words.is_empty() {
        let words = args.words.join(" ");
        return fail(context, &format!("extra arguments: [{words}]"));
    }
    let part = |title: &str| {
        format!(
            "{title}:\n  buildDate: \"2026-06-10T00:00:00Z\"\n  compiler: gc\n  gitTreeState: clean\n  gitVersion: {VERSION}\n  goVersion: go1.26\n  major: \"1\"\n  minor: \"36\"\n  platform: linux/amd64\n"
        )
    };
    let client = args.is("client");
    match args.get("output") {
        None | Some("") => {
            context.out.line(&format!(
                "Client Version: {VERSION}\nKustomize Version: v5.8.1"
            ));
            if !client {
                context.out.line(&format!("Server Version: {VERSION}"));
            }
        }
        Some("yaml") => {
            let server = if client {
                String::new()
            } else {
                part("serverVersion")
            };
            let text = format!(
                "{}kustomizeVersion: v5.8.1\n{server}",
                part("clientVersion")
            );
            context.out.write(Stream::Out, &text);
        }
        Some("json") => {
            let server = if client {
                String::new()
            } else {
                format!(",\n  \"serverVersion\": {{\n    \"gitVersion\": \"{VERSION}\"\n  }}")
            };
            context.out.line(&format!(
                "{{\n  \"clientVersion\": {{\n    \"gitVersion\": \"{VERSION}\"\n  }},\n  \"kustomizeVersion\": \"v5.8.1\"{server}\n}}"
            ));
        }
        Some(_) => return fail(context, "--output must be 'yaml' or 'json'"),
    }
    Outcome::Exit(0)
}

/// What the server says of its version.
pub(super) fn server_version() -> Value {
    let entries = [
        ("major", "1"),
        ("minor", "36"),
        ("gitVersion", VERSION),
        ("gitTreeState", "clean"),
        ("buildDate", "2026-06-10T00:00:00Z"),
        ("goVersion", "go1.26"),
        ("compiler", "gc"),
        ("platform", "linux/amd64"),
    ];
    let entries = entries.map(|(key, text)| (key.to_owned(), Value::from(text)));
    Value::Map(entries.into_iter().collect())
}

pub(super) fn cluster_info(context: &mut Context<'_>, _args: &Args) -> Outcome {
    context.out.line("Kubernetes control plane is running at https://192.168.49.2:6443\nCoreDNS is running at https://192.168.49.2:6443/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.");
    Outcome::Exit(0)
}

pub(super) fn api_resources(context: &mut Context<'_>, args: &Args) -> Outcome {
    if let Some(outcome) = unexpected(context, args) {
        return outcome;
    }
    let wanted = |kind: &&KindRef| {
        args.get("api-group")
            .is_none_or(|group| group == kind.group)
            && (args.get("namespaced").is_none() || args.is("namespaced") == kind.namespaced)
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
                    row.push(
                        "create,delete,deletecollection,get,list,patch,update,watch".to_owned(),
                    );
                    row.push(if kind.in_all { "all" } else { "" }.to_owned());
                }
            }
            context.out.write(
                Stream::Out,
                &table(&header, &mut rows.into_iter(), !args.is("no-headers")),
            );
        }
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

/// Words where none are expected.
fn unexpected(context: &mut Context<'_>, args: &Args) -> Option<Outcome> {
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

/// `kubectl completion SHELL`: a script that says that there is nothing to load.
/// Completion for a real shell: as that of the real kubectl, it asks `kubectl __complete`.
fn script(shell: &str) -> Option<&'static str> {
    Some(match shell {
        "bash" => {
            "# bash completion for kubectl                              -*- shell-script -*-\n\n__start_kubectl()\n{\n    local out words=(\"${COMP_WORDS[@]:1:COMP_CWORD}\")\n    out=$(kubectl __complete \"${words[@]}\" 2>/dev/null)\n    mapfile -t COMPREPLY < <(compgen -W \"${out%:*}\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n}\n\ncomplete -o default -F __start_kubectl kubectl\n"
        }
        "zsh" => {
            "#compdef kubectl\ncompdef _kubectl kubectl\n\n# zsh completion for kubectl                              -*- shell-script -*-\n\n_kubectl()\n{\n    local -a out\n    out=(\"${(@f)$(kubectl __complete \"${words[@]:1:CURRENT-1}\" 2>/dev/null)}\")\n    compadd -- \"${(@)out:#:*}\"\n}\n\nif [ \"$funcstack[1]\" = \"_kubectl\" ]; then\n    _kubectl\nfi\n"
        }
        "fish" => {
            "# fish completion for kubectl                              -*- shell-script -*-\n\nfunction __kubectl_perform_completion\n    set -l args (commandline -opc)\n    kubectl __complete $args[2..-1] (commandline -ct) 2>/dev/null | string match -v ':*'\nend\n\ncomplete -c kubectl -e\ncomplete -k -c kubectl -f -a '(__kubectl_perform_completion)'\n"
        }
        "powershell" => {
            "# powershell completion for kubectl                              -*- shell-script -*-\n\nRegister-ArgumentCompleter -CommandName 'kubectl' -Native -ScriptBlock {\n    param($WordToComplete, $CommandAst, $CursorPosition)\n    $words = @($CommandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { \"$_\" })\n    if ($WordToComplete -eq '') { $words += '' }\n    kubectl __complete @words 2>$null | Where-Object { $_ -notmatch '^:' -and $_ -like \"$WordToComplete*\" }\n}\n"
        }
        _ => return None,
    })
}

pub(super) fn completion(context: &mut Context<'_>, args: &Args) -> Outcome {
    let see = "See 'kubectl completion -h' for help and examples";
    match args.words.as_slice() {
        [] => fail(context, &format!("Shell not specified.\n{see}")),
        [shell] if script(shell).is_some() => {
            context
                .out
                .write(Stream::Out, script(shell).unwrap_or_default());
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
