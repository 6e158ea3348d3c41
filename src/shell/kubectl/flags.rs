//! table: the flags of every verb; what they mean is told by `www/data/help.txt`.

use super::args::{Flag, Takes};

/// A flag with a value.
const fn value(long: &'static str, short: Option<char>) -> Flag {
    Flag {
        long,
        short,
        takes: Takes::Value,
    }
}

/// A flag with a whole number.
const fn number(long: &'static str, short: Option<char>) -> Flag {
    Flag {
        long,
        short,
        takes: Takes::Number,
    }
}

/// A flag with a span of time.
const fn duration(long: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        takes: Takes::Duration,
    }
}

/// A flag that is there or not.
const fn switch(long: &'static str, short: Option<char>) -> Flag {
    Flag {
        long,
        short,
        takes: Takes::Nothing,
    }
}

/// A flag whose value may be left out: then it has `alone`.
const fn maybe(long: &'static str, alone: &'static str) -> Flag {
    Flag {
        long,
        short: None,
        takes: Takes::Maybe(alone),
    }
}

/// The flags of every verb, as `kubectl options` lists them.
pub(super) const GLOBAL: &[Flag] = &[
    value("as", None),
    value("as-group", None),
    value("as-uid", None),
    value("as-user-extra", None),
    value("cache-dir", None),
    value("certificate-authority", None),
    value("client-certificate", None),
    value("client-key", None),
    value("cluster", None),
    value("context", None),
    switch("disable-compression", None),
    switch("help", Some('h')),
    switch("insecure-skip-tls-verify", None),
    value("kubeconfig", None),
    value("kuberc", None),
    duration("log-flush-frequency"),
    switch("match-server-version", None),
    value("namespace", Some('n')),
    value("password", None),
    value("profile", None),
    value("profile-output", None),
    value("request-timeout", None),
    value("server", Some('s')),
    value("tls-server-name", None),
    value("token", None),
    value("user", None),
    value("username", None),
    number("v", Some('v')),
    value("vmodule", None),
    switch("warnings-as-errors", None),
];

const OUTPUT: Flag = value("output", Some('o'));
const TEMPLATE: Flag = value("template", None);
const MISSING_KEYS: Flag = switch("allow-missing-template-keys", None);
const MANAGED: Flag = switch("show-managed-fields", None);
const SELECTOR: Flag = value("selector", Some('l'));
const FIELDS: Flag = value("field-selector", None);
const FILENAME: Flag = value("filename", Some('f'));
const KUSTOMIZE: Flag = value("kustomize", Some('k'));
const RECURSIVE: Flag = switch("recursive", Some('R'));
const DRY_RUN: Flag = maybe("dry-run", "unchanged");
const ALL_NAMESPACES: Flag = switch("all-namespaces", Some('A'));
const ALL: Flag = switch("all", None);
const MANAGER: Flag = value("field-manager", None);
const LOCAL: Flag = switch("local", None);
const VALIDATE: Flag = maybe("validate", "strict");
const SAVE_CONFIG: Flag = switch("save-config", None);
const OVERRIDES: Flag = value("overrides", None);
const TIMEOUT: Flag = duration("timeout");
const WATCH: Flag = switch("watch", Some('w'));
const CONTAINER: Flag = value("container", Some('c'));
const STDIN: Flag = switch("stdin", Some('i'));
const TTY: Flag = switch("tty", Some('t'));
const QUIET: Flag = switch("quiet", Some('q'));
const POD_TIMEOUT: Flag = duration("pod-running-timeout");
const NO_HEADERS: Flag = switch("no-headers", None);
const OVERWRITE: Flag = switch("overwrite", None);
const RESOURCE_VERSION: Flag = value("resource-version", None);
const LIST: Flag = switch("list", None);
const IMAGE: Flag = value("image", None);
const PORT: Flag = value("port", None);
const DETACH_KEYS: Flag = value("detach-keys", None);
const CHUNK: Flag = number("chunk-size", None);

pub(super) const NONE: &[Flag] = &[];
pub(super) const GET: &[Flag] = &[
    ALL_NAMESPACES,
    CHUNK,
    FIELDS,
    FILENAME,
    switch("ignore-not-found", None),
    KUSTOMIZE,
    value("label-columns", Some('L')),
    NO_HEADERS,
    value("output", Some('o')),
    switch("output-watch-events", None),
    value("raw", None),
    RECURSIVE,
    SELECTOR,
    switch("server-print", None),
    switch("show-kind", None),
    switch("show-labels", None),
    MANAGED,
    value("sort-by", None),
    value("subresource", None),
    TEMPLATE,
    MISSING_KEYS,
    WATCH,
    switch("watch-only", None),
];
pub(super) const DESCRIBE: &[Flag] = &[
    ALL_NAMESPACES,
    CHUNK,
    FILENAME,
    KUSTOMIZE,
    RECURSIVE,
    SELECTOR,
    switch("show-events", None),
];
pub(super) const APPLY: &[Flag] = &[
    ALL,
    value("cascade", None),
    DRY_RUN,
    MANAGER,
    FILENAME,
    switch("force", None),
    switch("force-conflicts", None),
    number("grace-period", None),
    KUSTOMIZE,
    switch("openapi-patch", None),
    OUTPUT,
    switch("overwrite", None),
    switch("prune", None),
    RECURSIVE,
    SELECTOR,
    switch("server-side", None),
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    TIMEOUT,
    VALIDATE,
    switch("wait", None),
    value("prune-allowlist", None),
    value("subresource", None),
];
pub(super) const CREATE: &[Flag] = &[
    DRY_RUN,
    switch("edit", None),
    MANAGER,
    FILENAME,
    KUSTOMIZE,
    OUTPUT,
    RECURSIVE,
    SAVE_CONFIG,
    SELECTOR,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
    value("raw", None),
    switch("edit", None),
    value("raw", None),
    SELECTOR,
    switch("windows-line-endings", None),
];
pub(super) const CREATE_NAMED: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    OUTPUT,
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
];
pub(super) const CREATE_ROLE: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    OUTPUT,
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
    value("aggregation-rule", None),
    value("non-resource-url", None),
    value("resource", None),
    value("resource-name", None),
    value("verb", None),
];
pub(super) const CREATE_BINDING: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    OUTPUT,
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
    value("clusterrole", None),
    value("group", None),
    value("role", None),
    value("serviceaccount", None),
];
pub(super) const CREATE_BOUNDS: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    OUTPUT,
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
    value("description", None),
    value("hard", None),
    value("max-unavailable", None),
    value("min-available", None),
    value("preemption-policy", None),
    value("scopes", None),
    value("selector", None),
    number("value", None),
    switch("global-default", None),
];
pub(super) const CREATE_KEYS: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    OUTPUT,
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
    value("cert", None),
    value("docker-email", None),
    value("docker-password", None),
    value("docker-server", None),
    value("docker-username", None),
    value("from-file", None),
    value("key", None),
    switch("append-hash", None),
];
pub(super) const CREATE_TOKEN: &[Flag] = &[
    OUTPUT,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    value("audience", None),
    value("bound-object-kind", None),
    value("bound-object-name", None),
    value("bound-object-uid", None),
    duration("duration"),
];
pub(super) const LAST_APPLIED: &[Flag] = &[
    ALL,
    switch("create-annotation", None),
    DRY_RUN,
    MANAGER,
    FILENAME,
    KUSTOMIZE,
    OUTPUT,
    RECURSIVE,
    SELECTOR,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
    switch("windows-line-endings", None),
];
pub(super) const CREATE_DEPLOYMENT: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    value("image", None),
    OUTPUT,
    number("port", None),
    number("replicas", Some('r')),
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
];
pub(super) const CREATE_SERVICE: &[Flag] = &[
    value("clusterip", None),
    DRY_RUN,
    value("external-name", None),
    MANAGER,
    number("node-port", None),
    OUTPUT,
    SAVE_CONFIG,
    MANAGED,
    value("tcp", None),
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
];
pub(super) const CREATE_FROM: &[Flag] = &[
    switch("append-hash", None),
    DRY_RUN,
    MANAGER,
    value("from-env-file", None),
    value("from-file", None),
    value("from-literal", None),
    OUTPUT,
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    value("type", None),
    VALIDATE,
];
pub(super) const CREATE_JOB: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    value("from", None),
    IMAGE,
    OUTPUT,
    value("restart", None),
    SAVE_CONFIG,
    value("schedule", None),
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
];
pub(super) const CREATE_INGRESS: &[Flag] = &[
    value("annotation", None),
    value("class", None),
    value("default-backend", None),
    DRY_RUN,
    MANAGER,
    OUTPUT,
    value("rule", None),
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
];
pub(super) const RUN: &[Flag] = &[
    value("annotations", None),
    switch("attach", None),
    switch("command", None),
    DRY_RUN,
    value("env", None),
    switch("expose", None),
    MANAGER,
    IMAGE,
    value("image-pull-policy", None),
    value("labels", Some('l')),
    switch("leave-stdin-open", None),
    OUTPUT,
    OVERRIDES,
    value("override-type", None),
    POD_TIMEOUT,
    PORT,
    switch("privileged", None),
    QUIET,
    value("restart", None),
    switch("rm", None),
    SAVE_CONFIG,
    MANAGED,
    STDIN,
    TEMPLATE,
    MISSING_KEYS,
    TTY,
    FILENAME,
    KUSTOMIZE,
    RECURSIVE,
    maybe("cascade", "background"),
    switch("force", None),
    number("grace-period", None),
    TIMEOUT,
    switch("wait", None),
    DETACH_KEYS,
];
pub(super) const ATTACH: &[Flag] = &[
    CONTAINER,
    DETACH_KEYS,
    FILENAME,
    POD_TIMEOUT,
    QUIET,
    STDIN,
    TTY,
];
pub(super) const EXEC: &[Flag] = &[CONTAINER, FILENAME, POD_TIMEOUT, QUIET, STDIN, TTY];
pub(super) const DEBUG: &[Flag] = &[
    switch("arguments-only", None),
    switch("attach", None),
    value("container", Some('c')),
    value("copy-to", None),
    value("custom", None),
    value("env", None),
    FILENAME,
    value("image", None),
    value("image-pull-policy", None),
    switch("keep-annotations", None),
    switch("keep-labels", None),
    value("profile", None),
    QUIET,
    switch("replace", None),
    switch("same-node", None),
    value("set-image", None),
    switch("share-processes", None),
    STDIN,
    value("target", None),
    TTY,
    switch("keep-init-containers", None),
    switch("keep-liveness", None),
    switch("keep-readiness", None),
    switch("keep-startup", None),
];
pub(super) const DELETE: &[Flag] = &[
    switch("all", None),
    ALL_NAMESPACES,
    maybe("cascade", "background"),
    DRY_RUN,
    FIELDS,
    FILENAME,
    switch("force", None),
    number("grace-period", None),
    switch("ignore-not-found", None),
    switch("interactive", Some('i')),
    KUSTOMIZE,
    switch("now", None),
    OUTPUT,
    value("raw", None),
    RECURSIVE,
    SELECTOR,
    TIMEOUT,
    switch("wait", None),
];
pub(super) const EXPOSE: &[Flag] = &[
    value("cluster-ip", None),
    DRY_RUN,
    value("external-ip", None),
    MANAGER,
    FILENAME,
    value("labels", Some('l')),
    value("load-balancer-ip", None),
    value("name", None),
    OUTPUT,
    OVERRIDES,
    value("port", None),
    value("protocol", None),
    SAVE_CONFIG,
    value("selector", None),
    value("session-affinity", None),
    MANAGED,
    value("target-port", None),
    TEMPLATE,
    MISSING_KEYS,
    value("type", None),
    KUSTOMIZE,
    RECURSIVE,
    value("override-type", None),
];
pub(super) const SCALE: &[Flag] = &[
    ALL,
    number("current-replicas", None),
    DRY_RUN,
    FILENAME,
    OUTPUT,
    number("replicas", None),
    RESOURCE_VERSION,
    SELECTOR,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    TIMEOUT,
    KUSTOMIZE,
    RECURSIVE,
];
pub(super) const SET: &[Flag] = &[
    ALL,
    CONTAINERS,
    DRY_RUN,
    ENV,
    MANAGER,
    FILENAME,
    LIMITS,
    LIST,
    LOCAL,
    OUTPUT,
    OVERWRITE,
    REQUESTS,
    RESOURCE_VERSION,
    SELECTOR,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    KUSTOMIZE,
    RECURSIVE,
    value("from", None),
    value("keys", None),
    value("prefix", None),
    switch("resolve", None),
];
const CONTAINERS: Flag = value("containers", Some('c'));
const ENV: Flag = value("env", Some('e'));
const LIMITS: Flag = value("limits", None);
const REQUESTS: Flag = value("requests", None);
pub(super) const ROLLOUT: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    FILENAME,
    OUTPUT,
    number("revision", None),
    SELECTOR,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    duration("timeout"),
    number("to-revision", None),
    WATCH,
    KUSTOMIZE,
    RECURSIVE,
];
pub(super) const WAIT: &[Flag] = &[
    ALL,
    ALL_NAMESPACES,
    FIELDS,
    FILENAME,
    value("for", None),
    LOCAL,
    OUTPUT,
    SELECTOR,
    duration("timeout"),
    RECURSIVE,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
];
pub(super) const LABEL: &[Flag] = &[
    ALL,
    ALL_NAMESPACES,
    DRY_RUN,
    MANAGER,
    FIELDS,
    FILENAME,
    LIST,
    LOCAL,
    OUTPUT,
    OVERWRITE,
    RESOURCE_VERSION,
    SELECTOR,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    KUSTOMIZE,
    RECURSIVE,
];
pub(super) const LOGS: &[Flag] = &[
    switch("all-containers", None),
    switch("all-pods", None),
    CONTAINER,
    switch("follow", Some('f')),
    switch("ignore-errors", None),
    number("limit-bytes", None),
    number("max-log-requests", None),
    POD_TIMEOUT,
    switch("prefix", None),
    switch("previous", Some('p')),
    SELECTOR,
    duration("since"),
    value("since-time", None),
    number("tail", None),
    switch("timestamps", None),
    switch("insecure-skip-tls-verify-backend", None),
];
pub(super) const PATCH: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    FILENAME,
    LOCAL,
    OUTPUT,
    value("patch", Some('p')),
    value("patch-file", None),
    RECURSIVE,
    MANAGED,
    value("subresource", None),
    TEMPLATE,
    MISSING_KEYS,
    value("type", None),
    KUSTOMIZE,
];
pub(super) const EDIT: &[Flag] = &[
    FILENAME,
    MANAGER,
    OUTPUT,
    RECURSIVE,
    SAVE_CONFIG,
    MANAGED,
    VALIDATE,
    KUSTOMIZE,
    switch("output-patch", None),
    value("subresource", None),
    TEMPLATE,
    MISSING_KEYS,
    switch("windows-line-endings", None),
];
pub(super) const REPLACE: &[Flag] = &[
    maybe("cascade", "background"),
    DRY_RUN,
    MANAGER,
    FILENAME,
    switch("force", None),
    number("grace-period", None),
    KUSTOMIZE,
    OUTPUT,
    RECURSIVE,
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    TIMEOUT,
    VALIDATE,
    value("raw", None),
    value("subresource", None),
    switch("wait", None),
];
pub(super) const DIFF: &[Flag] = &[
    FILENAME,
    MANAGER,
    KUSTOMIZE,
    RECURSIVE,
    SELECTOR,
    switch("server-side", None),
    number("concurrency", None),
    switch("force-conflicts", None),
    switch("prune", None),
    value("prune-allowlist", None),
    MANAGED,
    switch("show-secrets", None),
];
pub(super) const EVENTS: &[Flag] = &[
    ALL_NAMESPACES,
    CHUNK,
    value("for", None),
    NO_HEADERS,
    OUTPUT,
    TEMPLATE,
    MISSING_KEYS,
    value("types", None),
    WATCH,
    MANAGED,
];
pub(super) const NODES: &[Flag] = &[
    ALL,
    switch("delete-emptydir-data", None),
    switch("disable-eviction", None),
    DRY_RUN,
    switch("force", None),
    number("grace-period", None),
    switch("ignore-daemonsets", None),
    OUTPUT,
    OVERWRITE,
    value("pod-selector", None),
    SELECTOR,
    TIMEOUT,
    CHUNK,
    duration("skip-wait-for-delete-timeout"),
    MANAGER,
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
    VALIDATE,
];
pub(super) const PORT_FORWARD: &[Flag] = &[value("address", None), POD_TIMEOUT];
pub(super) const EXPLAIN: &[Flag] = &[
    value("api-version", None),
    value("output", Some('o')),
    RECURSIVE,
];
pub(super) const API_RESOURCES: &[Flag] = &[
    value("api-group", None),
    switch("cached", None),
    value("categories", None),
    switch("namespaced", None),
    NO_HEADERS,
    value("output", Some('o')),
    value("sort-by", None),
    value("verbs", None),
    MANAGED,
];
pub(super) const CONFIG: &[Flag] = &[
    switch("current", None),
    switch("flatten", None),
    switch("minify", None),
    NO_HEADERS,
    OUTPUT,
    switch("raw", None),
    switch("merge", None),
    switch("set-raw-bytes", None),
    switch("embed-certs", None),
    value("auth-provider", None),
    value("auth-provider-arg", None),
    value("exec-api-version", None),
    value("exec-arg", None),
    value("exec-command", None),
    value("exec-interactive-mode", None),
    switch("exec-provide-cluster-info", None),
    value("exec-env", None),
    value("proxy-url", None),
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
];
pub(super) const VERSION: &[Flag] = &[switch("client", None), value("output", Some('o'))];
pub(super) const AUTH: &[Flag] = &[
    ALL_NAMESPACES,
    LIST,
    NO_HEADERS,
    OUTPUT,
    QUIET,
    value("subresource", None),
    MANAGED,
    TEMPLATE,
    MISSING_KEYS,
];
