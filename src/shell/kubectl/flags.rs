//! table: the flags of every verb, with what `--help` says of them.

use super::args::{Flag, Takes};

/// A flag with a value.
const fn value(
    long: &'static str,
    short: Option<char>,
    default: &'static str,
    help: &'static str,
) -> Flag {
    Flag {
        long,
        short,
        takes: Takes::Value,
        default,
        help,
    }
}

/// A flag that is there or not.
const fn switch(long: &'static str, short: Option<char>, help: &'static str) -> Flag {
    Flag {
        long,
        short,
        takes: Takes::Nothing,
        default: "false",
        help,
    }
}

/// A flag whose value may be left out: then it has `alone`.
const fn maybe(
    long: &'static str,
    alone: &'static str,
    default: &'static str,
    help: &'static str,
) -> Flag {
    Flag {
        long,
        short: None,
        takes: Takes::Maybe(alone),
        default,
        help,
    }
}

/// The flags of every verb, as `kubectl options` lists them.
pub(super) const GLOBAL: &[Flag] = &[
    value(
        "as",
        None,
        "''",
        "Username to impersonate for the operation. User could be a regular user or a service account in a namespace.",
    ),
    value(
        "as-group",
        None,
        "[]",
        "Group to impersonate for the operation, this flag can be repeated to specify multiple groups.",
    ),
    value(
        "as-uid",
        None,
        "''",
        "UID to impersonate for the operation.",
    ),
    value(
        "as-user-extra",
        None,
        "[]",
        "User extras to impersonate for the operation, this flag can be repeated to specify multiple values for the same key.",
    ),
    value(
        "cache-dir",
        None,
        "'/home/reader/.kube/cache'",
        "Default cache directory",
    ),
    value(
        "certificate-authority",
        None,
        "''",
        "Path to a cert file for the certificate authority",
    ),
    value(
        "client-certificate",
        None,
        "''",
        "Path to a client certificate file for TLS",
    ),
    value(
        "client-key",
        None,
        "''",
        "Path to a client key file for TLS",
    ),
    value(
        "cluster",
        None,
        "''",
        "The name of the kubeconfig cluster to use",
    ),
    value(
        "context",
        None,
        "''",
        "The name of the kubeconfig context to use",
    ),
    switch(
        "disable-compression",
        None,
        "If true, opt-out of response compression for all requests to the server",
    ),
    switch("help", Some('h'), "Help for this command"),
    switch(
        "insecure-skip-tls-verify",
        None,
        "If true, the server's certificate will not be checked for validity. This will make your HTTPS connections insecure",
    ),
    value(
        "kubeconfig",
        None,
        "''",
        "Path to the kubeconfig file to use for CLI requests.",
    ),
    value(
        "kuberc",
        None,
        "''",
        "Path to the kuberc file to use for preferences. This can be disabled by exporting KUBECTL_KUBERC=false feature gate or turning off the feature KUBERC=off.",
    ),
    value(
        "log-flush-frequency",
        None,
        "5s",
        "Maximum number of seconds between log flushes",
    ),
    switch(
        "match-server-version",
        None,
        "Require server version to match client version",
    ),
    value(
        "namespace",
        Some('n'),
        "''",
        "If present, the namespace scope for this CLI request",
    ),
    value(
        "password",
        None,
        "''",
        "Password for basic authentication to the API server",
    ),
    value(
        "profile",
        None,
        "'none'",
        "Name of profile to capture. One of (none|cpu|heap|goroutine|threadcreate|block|mutex|trace)",
    ),
    value(
        "profile-output",
        None,
        "'profile.pprof'",
        "Name of the file to write the profile to",
    ),
    value(
        "request-timeout",
        None,
        "'0'",
        "The length of time to wait before giving up on a single server request. Non-zero values should contain a corresponding time unit (e.g. 1s, 2m, 3h). A value of zero means don't timeout requests.",
    ),
    value(
        "server",
        Some('s'),
        "''",
        "The address and port of the Kubernetes API server",
    ),
    value(
        "tls-server-name",
        None,
        "''",
        "Server name to use for server certificate validation. If it is not provided, the hostname used to contact the server is used",
    ),
    value(
        "token",
        None,
        "''",
        "Bearer token for authentication to the API server",
    ),
    value("user", None, "''", "The name of the kubeconfig user to use"),
    value(
        "username",
        None,
        "''",
        "Username for basic authentication to the API server",
    ),
    value("v", Some('v'), "0", "number for the log level verbosity"),
    value(
        "vmodule",
        None,
        "",
        "comma-separated list of pattern=N settings for file-filtered logging (only works for the default text log format)",
    ),
    switch(
        "warnings-as-errors",
        None,
        "Treat warnings received from the server as errors and exit with a non-zero exit code",
    ),
];

const OUTPUT: Flag = value(
    "output",
    Some('o'),
    "''",
    "Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file).",
);
const TEMPLATE: Flag = value(
    "template",
    None,
    "''",
    "Template string or path to template file to use when -o=go-template, -o=go-template-file.",
);
const MANAGED: Flag = switch(
    "show-managed-fields",
    None,
    "If true, keep the managedFields when printing objects in JSON or YAML format.",
);
const SELECTOR: Flag = value(
    "selector",
    Some('l'),
    "''",
    "Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'.(e.g. -l key1=value1,key2=value2,key3 in (value3)).",
);
const FIELDS: Flag = value(
    "field-selector",
    None,
    "''",
    "Selector (field query) to filter on, supports '=', '==', and '!='.(e.g. --field-selector key1=value1,key2=value2).",
);
const FILENAME: Flag = value(
    "filename",
    Some('f'),
    "[]",
    "Filename, directory, or URL to files that name the resource.",
);
const KUSTOMIZE: Flag = value(
    "kustomize",
    Some('k'),
    "''",
    "Process the kustomization directory. This flag can't be used together with -f or -R.",
);
const RECURSIVE: Flag = switch(
    "recursive",
    Some('R'),
    "Process the directory used in -f, --filename recursively.",
);
const DRY_RUN: Flag = maybe(
    "dry-run",
    "unchanged",
    "'none'",
    "Must be \"none\", \"server\", or \"client\". If client strategy, only print the object that would be sent, without sending it. If server strategy, submit server-side request without persisting the resource.",
);
const ALL_NAMESPACES: Flag = switch(
    "all-namespaces",
    Some('A'),
    "If present, list the requested object(s) across all namespaces.",
);
const ALL: Flag = switch(
    "all",
    None,
    "Select all resources in the namespace of the specified resource types.",
);
const MANAGER: Flag = value(
    "field-manager",
    None,
    "''",
    "Name of the manager used to track field ownership.",
);
const LOCAL: Flag = switch(
    "local",
    None,
    "If true, the command will not contact the API server but run locally.",
);
const VALIDATE: Flag = maybe(
    "validate",
    "strict",
    "'strict'",
    "Must be one of: strict (or true), warn, ignore (or false).",
);
const SAVE_CONFIG: Flag = switch(
    "save-config",
    None,
    "If true, the configuration of current object will be saved in its annotation.",
);
const OVERRIDES: Flag = value(
    "overrides",
    None,
    "''",
    "An inline JSON override for the generated object.",
);
const TIMEOUT: Flag = value(
    "timeout",
    None,
    "0s",
    "The length of time to wait before giving up, zero means determine a timeout from the size of the object",
);
const WATCH: Flag = switch(
    "watch",
    Some('w'),
    "After listing/getting the requested object, watch for changes.",
);
const CONTAINER: Flag = value(
    "container",
    Some('c'),
    "''",
    "Container name. If omitted, use the first container in the pod.",
);
const STDIN: Flag = switch("stdin", Some('i'), "Pass stdin to the container.");
const TTY: Flag = switch("tty", Some('t'), "Stdin is a TTY.");
const QUIET: Flag = switch(
    "quiet",
    Some('q'),
    "Only print output from the remote session.",
);
const POD_TIMEOUT: Flag = value(
    "pod-running-timeout",
    None,
    "1m0s",
    "The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running",
);
const NO_HEADERS: Flag = switch(
    "no-headers",
    None,
    "When using the default output format, don't print headers.",
);
const OVERWRITE: Flag = switch(
    "overwrite",
    None,
    "If true, allow values to be overwritten, otherwise reject updates that overwrite existing values.",
);
const RESOURCE_VERSION: Flag = value(
    "resource-version",
    None,
    "''",
    "If non-empty, the update will only succeed if this is the current resource-version for the object.",
);
const LIST: Flag = switch(
    "list",
    None,
    "If true, display what is set and change nothing.",
);
const IMAGE: Flag = value("image", None, "''", "The image for the container to run.");
const PORT: Flag = value("port", None, "''", "The port that this container exposes.");
const CHUNK: Flag = value(
    "chunk-size",
    None,
    "500",
    "Return large lists in chunks rather than all at once.",
);

pub(super) const NONE: &[Flag] = &[];
pub(super) const GET: &[Flag] = &[
    ALL_NAMESPACES,
    CHUNK,
    FIELDS,
    FILENAME,
    switch(
        "ignore-not-found",
        None,
        "If set to true, suppresses NotFound error for specific objects that do not exist.",
    ),
    KUSTOMIZE,
    value(
        "label-columns",
        Some('L'),
        "[]",
        "Accepts a comma separated list of labels that are going to be presented as columns.",
    ),
    NO_HEADERS,
    value(
        "output",
        Some('o'),
        "''",
        "Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file, custom-columns, custom-columns-file, wide).",
    ),
    switch(
        "output-watch-events",
        None,
        "Output watch event objects when --watch or --watch-only is used.",
    ),
    value("raw", None, "''", "Raw URI to request from the server."),
    RECURSIVE,
    SELECTOR,
    switch(
        "server-print",
        None,
        "If true, have the server return the appropriate table output.",
    ),
    switch(
        "show-kind",
        None,
        "If present, list the resource type for the requested object(s).",
    ),
    switch(
        "show-labels",
        None,
        "When printing, show all labels as the last column (default hide labels column)",
    ),
    MANAGED,
    value(
        "sort-by",
        None,
        "''",
        "If non-empty, sort list types using this field specification, expressed as a JSONPath expression (e.g. '{.metadata.name}').",
    ),
    value(
        "subresource",
        None,
        "''",
        "If specified, gets the subresource of the requested object.",
    ),
    TEMPLATE,
    WATCH,
    switch(
        "watch-only",
        None,
        "Watch for changes to the requested object(s), without listing/getting first.",
    ),
];
pub(super) const DESCRIBE: &[Flag] = &[
    ALL_NAMESPACES,
    CHUNK,
    FILENAME,
    KUSTOMIZE,
    RECURSIVE,
    SELECTOR,
    switch(
        "show-events",
        None,
        "If true, display events related to the described object.",
    ),
];
pub(super) const APPLY: &[Flag] = &[
    ALL,
    value(
        "cascade",
        None,
        "'background'",
        "Must be \"background\", \"orphan\", or \"foreground\".",
    ),
    DRY_RUN,
    MANAGER,
    FILENAME,
    switch(
        "force",
        None,
        "If true, immediately remove resources from API and bypass graceful deletion.",
    ),
    switch(
        "force-conflicts",
        None,
        "If true, server-side apply will force the changes against conflicts.",
    ),
    value(
        "grace-period",
        None,
        "-1",
        "Period of time in seconds given to the resource to terminate gracefully.",
    ),
    KUSTOMIZE,
    switch(
        "openapi-patch",
        None,
        "If true, use openapi to calculate diff when the openapi presents.",
    ),
    OUTPUT,
    switch(
        "overwrite",
        None,
        "Automatically resolve conflicts between the modified and live configuration by using values from the modified configuration",
    ),
    switch(
        "prune",
        None,
        "Automatically delete resource objects, that do not appear in the configs.",
    ),
    RECURSIVE,
    SELECTOR,
    switch(
        "server-side",
        None,
        "If true, apply runs in the server instead of the client.",
    ),
    MANAGED,
    TEMPLATE,
    TIMEOUT,
    VALIDATE,
    switch(
        "wait",
        None,
        "If true, wait for resources to be gone before returning.",
    ),
];
pub(super) const CREATE: &[Flag] = &[
    DRY_RUN,
    switch("edit", None, "Edit the API resource before creating"),
    MANAGER,
    FILENAME,
    KUSTOMIZE,
    OUTPUT,
    RECURSIVE,
    SAVE_CONFIG,
    SELECTOR,
    MANAGED,
    TEMPLATE,
    VALIDATE,
    value("raw", None, "''", "Raw URI to POST to the server."),
];
pub(super) const CREATE_NAMED: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    OUTPUT,
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    VALIDATE,
];
pub(super) const CREATE_DEPLOYMENT: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    value(
        "image",
        None,
        "[]",
        "Image names to run. A deployment can have multiple images set for multi-container pod.",
    ),
    OUTPUT,
    value(
        "port",
        None,
        "-1",
        "The containerPort that this deployment exposes.",
    ),
    value(
        "replicas",
        Some('r'),
        "1",
        "Number of replicas to create. Default is 1.",
    ),
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    VALIDATE,
];
pub(super) const CREATE_SERVICE: &[Flag] = &[
    value(
        "clusterip",
        None,
        "''",
        "Assign your own ClusterIP or set to 'None' for a 'headless' service (no loadbalancing).",
    ),
    DRY_RUN,
    value("external-name", None, "''", "External name of service"),
    MANAGER,
    value(
        "node-port",
        None,
        "0",
        "Port used to expose the service on each node in a cluster.",
    ),
    OUTPUT,
    SAVE_CONFIG,
    MANAGED,
    value(
        "tcp",
        None,
        "[]",
        "Port pairs can be specified as '<port>:<targetPort>'.",
    ),
    TEMPLATE,
    VALIDATE,
];
pub(super) const CREATE_FROM: &[Flag] = &[
    switch(
        "append-hash",
        None,
        "Append a hash of the data to its name.",
    ),
    DRY_RUN,
    MANAGER,
    value(
        "from-env-file",
        None,
        "[]",
        "Specify the path to a file to read lines of key=val pairs.",
    ),
    value(
        "from-file",
        None,
        "[]",
        "Key file can be specified using its file path, in which case file basename will be used as the key, or optionally with a key and file path.",
    ),
    value(
        "from-literal",
        None,
        "[]",
        "Specify a key and literal value to insert (i.e. mykey=somevalue)",
    ),
    OUTPUT,
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    value("type", None, "''", "The type of secret to create"),
    VALIDATE,
];
pub(super) const CREATE_JOB: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    value(
        "from",
        None,
        "''",
        "The name of the resource to create a Job from (only cronjob is supported).",
    ),
    IMAGE,
    OUTPUT,
    value(
        "restart",
        None,
        "''",
        "Restart policy of the job's pods. Supported values: OnFailure, Never",
    ),
    SAVE_CONFIG,
    value(
        "schedule",
        None,
        "''",
        "A schedule in the Cron format the job should be run with.",
    ),
    MANAGED,
    TEMPLATE,
    VALIDATE,
];
pub(super) const CREATE_INGRESS: &[Flag] = &[
    value(
        "annotation",
        None,
        "[]",
        "Annotation to insert in the ingress object, in the format annotation=value",
    ),
    value("class", None, "''", "Ingress Class to be used"),
    value(
        "default-backend",
        None,
        "''",
        "Default service for backend, in format of svcname:port",
    ),
    DRY_RUN,
    MANAGER,
    OUTPUT,
    value(
        "rule",
        None,
        "[]",
        "Rule in format host/path=service:port[,tls=secretname]. Paths containing the leading character '*' are considered pathType=Prefix.",
    ),
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    VALIDATE,
];
pub(super) const RUN: &[Flag] = &[
    value(
        "annotations",
        None,
        "[]",
        "Annotations to apply to the pod.",
    ),
    switch(
        "attach",
        None,
        "If true, wait for the Pod to start running, and then attach to the Pod as if 'kubectl attach ...' were called.",
    ),
    switch(
        "command",
        None,
        "If true and extra arguments are present, use them as the 'command' field in the container, rather than the 'args' field which is the default.",
    ),
    DRY_RUN,
    value(
        "env",
        None,
        "[]",
        "Environment variables to set in the container.",
    ),
    switch(
        "expose",
        None,
        "If true, create a ClusterIP service associated with the pod.  Requires `--port`.",
    ),
    MANAGER,
    IMAGE,
    value(
        "image-pull-policy",
        None,
        "''",
        "The image pull policy for the container.",
    ),
    value(
        "labels",
        Some('l'),
        "''",
        "Comma separated labels to apply to the pod. Will override previous values.",
    ),
    switch(
        "leave-stdin-open",
        None,
        "If the pod is started in interactive mode or with stdin, leave stdin open after the first attach completes.",
    ),
    OUTPUT,
    OVERRIDES,
    value(
        "override-type",
        None,
        "'merge'",
        "The method used to override the generated object: json, merge, or strategic.",
    ),
    POD_TIMEOUT,
    PORT,
    switch(
        "privileged",
        None,
        "If true, run the container in privileged mode.",
    ),
    QUIET,
    value(
        "restart",
        None,
        "'Always'",
        "The restart policy for this Pod.  Legal values [Always, OnFailure, Never].",
    ),
    switch(
        "rm",
        None,
        "If true, delete the pod after it exits.  Only valid when attaching to the container.",
    ),
    SAVE_CONFIG,
    MANAGED,
    STDIN,
    TEMPLATE,
    TTY,
];
pub(super) const EXEC: &[Flag] = &[CONTAINER, FILENAME, POD_TIMEOUT, QUIET, STDIN, TTY];
pub(super) const DEBUG: &[Flag] = &[
    switch(
        "arguments-only",
        None,
        "If specified, everything after -- will be passed to the new container as Args instead of Command.",
    ),
    switch(
        "attach",
        None,
        "If true, wait for the container to start running, and then attach as if 'kubectl attach ...' were called.  Default false, unless '-i/--stdin' is set, in which case the default is true.",
    ),
    value(
        "container",
        Some('c'),
        "''",
        "Container name to use for debug container.",
    ),
    value(
        "copy-to",
        None,
        "''",
        "Create a copy of the target Pod with this name.",
    ),
    value(
        "custom",
        None,
        "''",
        "Path to a JSON or YAML file containing a partial container spec to customize built-in debug profiles.",
    ),
    value(
        "env",
        None,
        "[]",
        "Environment variables to set in the container.",
    ),
    FILENAME,
    value(
        "image",
        None,
        "''",
        "Container image to use for debug container.",
    ),
    value(
        "image-pull-policy",
        None,
        "''",
        "The image pull policy for the container. If left empty, this value will not be specified by the client and defaulted by the server.",
    ),
    switch(
        "keep-annotations",
        None,
        "If true, keep the original pod annotations.(This flag only works when used with '--copy-to')",
    ),
    switch(
        "keep-labels",
        None,
        "If true, keep the original pod labels.(This flag only works when used with '--copy-to')",
    ),
    value(
        "profile",
        None,
        "'general'",
        "Options are \"legacy\", \"general\", \"baseline\", \"netadmin\", \"restricted\" or \"sysadmin\".",
    ),
    QUIET,
    switch(
        "replace",
        None,
        "When used with '--copy-to', delete the original Pod.",
    ),
    switch(
        "same-node",
        None,
        "When used with '--copy-to', schedule the copy of target Pod on the same node.",
    ),
    value(
        "set-image",
        None,
        "[]",
        "When used with '--copy-to', a list of name=image pairs for changing container images, similar to how 'kubectl set image' works.",
    ),
    switch(
        "share-processes",
        None,
        "When used with '--copy-to', enable process namespace sharing in the copy.",
    ),
    STDIN,
    value(
        "target",
        None,
        "''",
        "When using an ephemeral container, target processes in this container name.",
    ),
    TTY,
];
pub(super) const DELETE: &[Flag] = &[
    switch(
        "all",
        None,
        "Delete all resources, in the namespace of the specified resource types.",
    ),
    ALL_NAMESPACES,
    maybe(
        "cascade",
        "background",
        "'background'",
        "Must be \"background\", \"orphan\", or \"foreground\".",
    ),
    DRY_RUN,
    FIELDS,
    FILENAME,
    switch(
        "force",
        None,
        "If true, immediately remove resources from API and bypass graceful deletion.",
    ),
    value(
        "grace-period",
        None,
        "-1",
        "Period of time in seconds given to the resource to terminate gracefully.",
    ),
    switch(
        "ignore-not-found",
        None,
        "Treat \"resource not found\" as a successful delete.",
    ),
    switch(
        "interactive",
        Some('i'),
        "If true, delete resource only when user confirms.",
    ),
    KUSTOMIZE,
    switch(
        "now",
        None,
        "If true, resources are signaled for immediate shutdown (same as --grace-period=1).",
    ),
    OUTPUT,
    value("raw", None, "''", "Raw URI to DELETE to the server."),
    RECURSIVE,
    SELECTOR,
    TIMEOUT,
    switch(
        "wait",
        None,
        "If true, wait for resources to be gone before returning.",
    ),
];
pub(super) const EXPOSE: &[Flag] = &[
    value(
        "cluster-ip",
        None,
        "''",
        "ClusterIP to be assigned to the service. Leave empty to auto-allocate, or set to 'None' to create a headless service.",
    ),
    DRY_RUN,
    value(
        "external-ip",
        None,
        "''",
        "Additional external IP address (not managed by Kubernetes) to accept for the service.",
    ),
    MANAGER,
    FILENAME,
    value(
        "labels",
        Some('l'),
        "''",
        "Labels to apply to the service created by this call.",
    ),
    value(
        "load-balancer-ip",
        None,
        "''",
        "IP to assign to the LoadBalancer.",
    ),
    value("name", None, "''", "The name for the newly created object."),
    OUTPUT,
    OVERRIDES,
    value(
        "port",
        None,
        "''",
        "The port that the service should serve on. Copied from the resource being exposed, if unspecified",
    ),
    value(
        "protocol",
        None,
        "''",
        "The network protocol for the service to be created. Default is 'TCP'.",
    ),
    SAVE_CONFIG,
    value(
        "selector",
        None,
        "''",
        "A label selector to use for this service.",
    ),
    value(
        "session-affinity",
        None,
        "''",
        "If non-empty, set the session affinity for the service to this; legal values: 'None', 'ClientIP'",
    ),
    MANAGED,
    value(
        "target-port",
        None,
        "''",
        "Name or number for the port on the container that the service should direct traffic to.",
    ),
    TEMPLATE,
    value(
        "type",
        None,
        "''",
        "Type for this service: ClusterIP, NodePort, LoadBalancer, or ExternalName. Default is 'ClusterIP'.",
    ),
];
pub(super) const SCALE: &[Flag] = &[
    ALL,
    value(
        "current-replicas",
        None,
        "-1",
        "Precondition for current size.",
    ),
    DRY_RUN,
    FILENAME,
    OUTPUT,
    value(
        "replicas",
        None,
        "0",
        "The new desired number of replicas. Required.",
    ),
    RESOURCE_VERSION,
    SELECTOR,
    MANAGED,
    TEMPLATE,
    TIMEOUT,
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
];
const CONTAINERS: Flag = value(
    "containers",
    Some('c'),
    "'*'",
    "The names of containers in the selected pod templates to change - may use wildcards",
);
const ENV: Flag = value(
    "env",
    Some('e'),
    "[]",
    "Specify a key-value pair for an environment variable to set into each container.",
);
const LIMITS: Flag = value(
    "limits",
    None,
    "''",
    "The resource requirement requests for this container.",
);
const REQUESTS: Flag = value(
    "requests",
    None,
    "''",
    "The resource requirement requests for this container.",
);
pub(super) const ROLLOUT: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    FILENAME,
    OUTPUT,
    value(
        "revision",
        None,
        "0",
        "See the details of, or pin, a specific revision.",
    ),
    SELECTOR,
    MANAGED,
    TEMPLATE,
    value(
        "timeout",
        None,
        "0s",
        "The length of time to wait before ending watch, zero means never.",
    ),
    value(
        "to-revision",
        None,
        "0",
        "The revision to rollback to. Default to 0 (last revision).",
    ),
    WATCH,
];
pub(super) const WAIT: &[Flag] = &[
    ALL,
    ALL_NAMESPACES,
    FIELDS,
    FILENAME,
    value(
        "for",
        None,
        "[]",
        "The condition to wait on: [create|delete|condition=condition-name[=condition-value]|jsonpath='{JSONPath expression}'=[JSONPath value]].",
    ),
    LOCAL,
    OUTPUT,
    SELECTOR,
    value(
        "timeout",
        None,
        "30s",
        "The length of time to wait before giving up.  Zero means check once and don't wait, negative means wait for a week.",
    ),
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
];
pub(super) const LOGS: &[Flag] = &[
    switch(
        "all-containers",
        None,
        "Get all containers' logs in the pod(s).",
    ),
    switch(
        "all-pods",
        None,
        "Get logs from all pod(s). Sets prefix to true.",
    ),
    CONTAINER,
    switch(
        "follow",
        Some('f'),
        "Specify if the logs should be streamed.",
    ),
    switch(
        "ignore-errors",
        None,
        "If watching / following pod logs, allow for any errors that occur to be non-fatal",
    ),
    value(
        "limit-bytes",
        None,
        "0",
        "Maximum bytes of logs to return. Defaults to no limit.",
    ),
    value(
        "max-log-requests",
        None,
        "5",
        "Specify maximum number of concurrent logs to follow when using by a selector.",
    ),
    POD_TIMEOUT,
    switch(
        "prefix",
        None,
        "Prefix each log line with the log source (pod name and container name)",
    ),
    switch(
        "previous",
        Some('p'),
        "If true, print the logs for the previous instance of the container in a pod if it exists.",
    ),
    SELECTOR,
    value(
        "since",
        None,
        "0s",
        "Only return logs newer than a relative duration like 5s, 2m, or 3h.",
    ),
    value(
        "since-time",
        None,
        "''",
        "Only return logs after a specific date (RFC3339).",
    ),
    value("tail", None, "-1", "Lines of recent log file to display."),
    switch(
        "timestamps",
        None,
        "Include timestamps on each line in the log output",
    ),
];
pub(super) const PATCH: &[Flag] = &[
    DRY_RUN,
    MANAGER,
    FILENAME,
    LOCAL,
    OUTPUT,
    value(
        "patch",
        Some('p'),
        "''",
        "The patch to be applied to the resource JSON file.",
    ),
    value(
        "patch-file",
        None,
        "''",
        "A file containing a patch to be applied to the resource.",
    ),
    RECURSIVE,
    MANAGED,
    value(
        "subresource",
        None,
        "''",
        "If specified, patch will operate on the subresource of the requested object.",
    ),
    TEMPLATE,
    value(
        "type",
        None,
        "'strategic'",
        "The type of patch being provided; one of [json merge strategic]",
    ),
];
pub(super) const EDIT: &[Flag] = &[
    FILENAME,
    MANAGER,
    OUTPUT,
    RECURSIVE,
    SAVE_CONFIG,
    MANAGED,
    VALIDATE,
];
pub(super) const REPLACE: &[Flag] = &[
    maybe(
        "cascade",
        "background",
        "'background'",
        "Must be \"background\", \"orphan\", or \"foreground\".",
    ),
    DRY_RUN,
    MANAGER,
    FILENAME,
    switch(
        "force",
        None,
        "If true, immediately remove resources from API and bypass graceful deletion.",
    ),
    value(
        "grace-period",
        None,
        "-1",
        "Period of time in seconds given to the resource to terminate gracefully.",
    ),
    KUSTOMIZE,
    OUTPUT,
    RECURSIVE,
    SAVE_CONFIG,
    MANAGED,
    TEMPLATE,
    TIMEOUT,
    VALIDATE,
];
pub(super) const DIFF: &[Flag] = &[
    FILENAME,
    MANAGER,
    KUSTOMIZE,
    RECURSIVE,
    SELECTOR,
    switch(
        "server-side",
        None,
        "If true, apply runs in the server instead of the client.",
    ),
];
pub(super) const EVENTS: &[Flag] = &[
    ALL_NAMESPACES,
    CHUNK,
    value(
        "for",
        None,
        "''",
        "Filter events to only those pertaining to the specified resource.",
    ),
    NO_HEADERS,
    OUTPUT,
    TEMPLATE,
    value("types", None, "[]", "Output only events of given types."),
    WATCH,
];
pub(super) const NODES: &[Flag] = &[
    ALL,
    switch(
        "delete-emptydir-data",
        None,
        "Continue even if there are pods using emptyDir (local data that will be deleted when the node is drained).",
    ),
    switch(
        "disable-eviction",
        None,
        "Force drain to use delete, even if eviction is supported.",
    ),
    DRY_RUN,
    switch(
        "force",
        None,
        "Continue even if there are pods that do not declare a controller.",
    ),
    value(
        "grace-period",
        None,
        "-1",
        "Period of time in seconds given to each pod to terminate gracefully.",
    ),
    switch("ignore-daemonsets", None, "Ignore DaemonSet-managed pods."),
    OUTPUT,
    OVERWRITE,
    value(
        "pod-selector",
        None,
        "''",
        "Label selector to filter pods on the node",
    ),
    SELECTOR,
    TIMEOUT,
];
pub(super) const PORT_FORWARD: &[Flag] = &[
    value(
        "address",
        None,
        "[localhost]",
        "Addresses to listen on (comma separated).",
    ),
    POD_TIMEOUT,
];
pub(super) const EXPLAIN: &[Flag] = &[
    value(
        "api-version",
        None,
        "''",
        "Use given api-version (group/version) of the resource.",
    ),
    value(
        "output",
        Some('o'),
        "'plaintext'",
        "Format in which to render the schema. Valid values are: (plaintext, plaintext-openapiv2).",
    ),
    switch(
        "recursive",
        None,
        "When true, print the name of all the fields recursively.",
    ),
];
pub(super) const API_RESOURCES: &[Flag] = &[
    value(
        "api-group",
        None,
        "''",
        "Limit to resources in the specified API group.",
    ),
    switch(
        "cached",
        None,
        "Use the cached list of resources if available.",
    ),
    value(
        "categories",
        None,
        "[]",
        "Limit to resources that belong to the specified categories.",
    ),
    switch(
        "namespaced",
        None,
        "If false, non-namespaced resources will be returned, otherwise returning namespaced resources by default.",
    ),
    NO_HEADERS,
    value(
        "output",
        Some('o'),
        "''",
        "Output format. One of: (json, yaml, name, wide).",
    ),
    value(
        "sort-by",
        None,
        "''",
        "If non-empty, sort list of resources using specified field. The field can be either 'name' or 'kind'.",
    ),
    value(
        "verbs",
        None,
        "[]",
        "Limit to resources that support the specified verbs.",
    ),
];
pub(super) const CONFIG: &[Flag] = &[
    switch("current", None, "Modify the current context"),
    switch(
        "flatten",
        None,
        "Flatten the resulting kubeconfig file into self-contained output",
    ),
    switch(
        "minify",
        None,
        "Remove all information not used by current-context from the output",
    ),
    NO_HEADERS,
    OUTPUT,
    switch("raw", None, "Display raw byte data and sensitive data"),
];
pub(super) const VERSION: &[Flag] = &[
    switch(
        "client",
        None,
        "If true, shows client version only (no server required).",
    ),
    value("output", Some('o'), "''", "One of 'yaml' or 'json'."),
];
pub(super) const AUTH: &[Flag] = &[
    ALL_NAMESPACES,
    LIST,
    NO_HEADERS,
    OUTPUT,
    QUIET,
    value(
        "subresource",
        None,
        "''",
        "SubResource such as pod/log or deployment/scale",
    ),
];
