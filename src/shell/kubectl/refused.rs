//! table: flags of the real kubectl that would be without effect here; they are refused by name, never dropped.

use super::args::Args;

/// A verb, or nothing for every verb, and a flag.
const REFUSED: &[(&str, &str)] = &[
    ("", "as"),
    ("", "as-group"),
    ("", "as-uid"),
    ("", "as-user-extra"),
    ("", "kubeconfig"),
    ("", "kustomize"),
    ("", "password"),
    ("", "profile"),
    ("", "prune-allowlist"),
    ("", "recursive"),
    ("", "server"),
    ("", "token"),
    ("", "user"),
    ("", "username"),
    ("", "windows-line-endings"),
    ("apply", "subresource"),
    ("create", "edit"),
    ("create", "raw"),
    ("config set-cluster", "embed-certs"),
    ("config set-credentials", "auth-provider"),
    ("config set-credentials", "embed-certs"),
    ("config set-credentials", "exec-command"),
    ("create secret docker-registry", "append-hash"),
    ("create secret tls", "append-hash"),
    ("create token", "bound-object-kind"),
    ("debug", "keep-init-containers"),
    ("debug", "keep-liveness"),
    ("debug", "keep-readiness"),
    ("debug", "keep-startup"),
    ("delete", "raw"),
    ("diff", "prune"),
    ("edit", "output-patch"),
    ("edit", "subresource"),
    ("replace", "raw"),
    ("replace", "subresource"),
    ("run", "filename"),
    ("set env", "resolve"),
];

/// The first flag of a command line that is refused.
pub(super) fn refused(args: &Args) -> Option<&'static str> {
    let own = |flag: &str| match args.verb {
        // These say more themselves, or mean something else by it.
        "apply" => flag == "kustomize",
        "explain" => flag == "recursive",
        "create clusterrolebinding" | "create rolebinding" => flag == "user",
        verb => verb.starts_with("config"),
    };
    let given = |flag: &str| args.get(flag).is_some_and(|value| value != "false");
    let mut found = REFUSED.iter().filter(|(verb, flag)| {
        (verb.is_empty() && !own(flag) || *verb == args.verb) && given(flag)
    });
    found.next().map(|(_, flag)| *flag)
}
