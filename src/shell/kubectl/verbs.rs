//! table: the verbs of kubectl, one row each; it drives parsing, help and completion.
//!
//! The order is kubectl's own, in which it also offers what could have been meant.

use super::args::{Args, Flag};
use super::{
    apply, bounds, config, create, credentials, debug, delete, describe, diff, edit, elsewhere,
    events, exec, explain, expose, flags, get, grants, help, info, jobs, label, last_applied, logs,
    nodes, patch, port_forward, replace, rollout, run, scale, set, wait,
};
use crate::shell::context::{Context, Outcome};

/// Under which heading help lists a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Basic commands for beginners.
    Beginner,
    /// Basic commands.
    Intermediate,
    /// Rollouts and sizes.
    Deploy,
    /// Nodes and the cluster.
    Management,
    /// Looking and debugging.
    Troubleshooting,
    /// Manifests.
    Advanced,
    /// Labels and completion.
    Settings,
    /// The rest.
    Other,
    /// Not listed.
    Hidden,
    /// A part of another verb: `create service`.
    Sub,
}

/// What stands after a verb, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    /// Nothing that could be completed, or the next word of the verb.
    Nothing,
    /// `TYPE NAME…` or `TYPE/NAME…`.
    Objects,
    /// The same, of kinds with a Pod template.
    Workloads,
    /// The same, of kinds that a Service can stand before.
    Exposable,
    /// A workload, then `CONTAINER=IMAGE`.
    Images,
    /// A Pod, or `TYPE/NAME` of what has Pods; after `--` a command of its image.
    Pods,
    /// The same, then ports.
    Ports,
    /// Nodes.
    Nodes,
    /// `nodes NAME`.
    TypedNodes,
    /// A kind and the path of a field.
    Fields,
    /// Contexts of the configuration.
    Contexts,
    /// Shells.
    Shells,
    /// A verb of the API and a kind.
    Deeds,
    /// Anything: the verb is not simulated.
    Elsewhere,
}

/// One verb: a row of [`VERBS`].
pub struct Verb {
    /// Its words: `get`, `create deployment`.
    pub name: &'static str,
    /// Other names of its last word.
    pub aliases: &'static [&'static str],
    /// Its heading.
    pub group: Group,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What follows `kubectl`.
    pub usage: &'static str,
    /// An example.
    pub example: &'static str,
    pub(super) flags: &'static [Flag],
    pub(super) expects: Expects,
    pub(super) run: fn(&mut Context<'_>, &Args) -> Outcome,
}

impl Verb {
    /// What `kubectl VERB --help` prints.
    pub fn help(&self) -> String {
        help::of("", self)
    }

    /// Whether it does more than to say that it is not simulated.
    pub fn is_simulated(&self) -> bool {
        self.expects != Expects::Elsewhere
    }

    /// Its flags, `--output`, sorted.
    pub fn flags(&self) -> Vec<String> {
        let mut names: Vec<String> = self.flags.iter().map(|f| format!("--{}", f.long)).collect();
        names.sort_unstable();
        names
    }
}

macro_rules! verbs {
    ($($group:ident $name:literal [$($alias:literal)*] $summary:literal $usage:literal $example:literal $flags:ident $expects:ident $run:path;)*) => {
        /// Every verb.
        pub const VERBS: &[Verb] = &[$(Verb {
            name: $name,
            aliases: &[$($alias),*],
            group: Group::$group,
            summary: $summary,
            usage: $usage,
            example: $example,
            flags: flags::$flags,
            expects: Expects::$expects,
            run: $run,
        }),*];
    };
}

verbs! {
    Beginner "create" [] "Create a resource from a file or from stdin"
        "create -f FILENAME"
        "kubectl create -f ./pod.json" CREATE Nothing create::run;
    Sub "create deployment" ["deploy" "dep"] "Create a deployment with the specified name"
        "create deployment NAME --image=image -- [COMMAND] [args...]"
        "kubectl create deployment redis --image=redis" CREATE_DEPLOYMENT Nothing create::deployment;
    Sub "create namespace" ["ns"] "Create a namespace with the specified name"
        "create namespace NAME [--dry-run=server|client|none]"
        "kubectl create namespace demo" CREATE_NAMED Nothing create::namespace;
    Sub "create service" ["svc"] "Create a service using a specified subcommand"
        "create service"
        "kubectl create service clusterip web --tcp=80:8080" CREATE_SERVICE Nothing create::service_parent;
    Sub "create service clusterip" [] "Create a ClusterIP service"
        "create service clusterip NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]"
        "kubectl create service clusterip web --tcp=5678:8080" CREATE_SERVICE Nothing create::cluster_ip;
    Sub "create service externalname" [] "Create an ExternalName service"
        "create service externalname NAME --external-name external.name [--dry-run=server|client|none]"
        "kubectl create service externalname db --external-name db.example.com" CREATE_SERVICE Nothing create::external_name;
    Sub "create service loadbalancer" [] "Create a LoadBalancer service"
        "create service loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none]"
        "kubectl create service loadbalancer web --tcp=80:8080" CREATE_SERVICE Nothing create::load_balancer;
    Sub "create service nodeport" [] "Create a NodePort service"
        "create service nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none]"
        "kubectl create service nodeport web --tcp=80:8080" CREATE_SERVICE Nothing create::node_port;
    Sub "create configmap" ["cm"] "Create a config map from a local file, directory or literal value"
        "create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]"
        "kubectl create configmap settings --from-literal=mode=fast" CREATE_FROM Nothing create::config_map;
    Sub "create secret" [] "Create a secret using a specified subcommand"
        "create secret (docker-registry | generic | tls)"
        "kubectl create secret generic pass --from-literal=word=xyzzy" CREATE_FROM Nothing create::secret_parent;
    Sub "create secret generic" [] "Create a secret from a local file, directory, or literal value"
        "create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none]"
        "kubectl create secret generic pass --from-literal=word=xyzzy" CREATE_FROM Nothing create::secret;
    Sub "create job" [] "Create a job with the specified name"
        "create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...]"
        "kubectl create job once --image=busybox" CREATE_JOB Nothing jobs::job;
    Sub "create cronjob" ["cj"] "Create a cron job with the specified name"
        "create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags]"
        "kubectl create cronjob often --image=busybox --schedule=\"*/1 * * * *\"" CREATE_JOB Nothing jobs::cron_job;
    Sub "create ingress" ["ing"] "Create an ingress with the specified name"
        "create ingress NAME --rule=host/path=service:port[,tls[=secret]] "
        "kubectl create ingress web --rule=\"web.example.com/=web:80\"" CREATE_INGRESS Nothing create::ingress;
    Sub "create serviceaccount" ["sa"] "Create a service account with the specified name"
        "create serviceaccount NAME [--dry-run=server|client|none]"
        "kubectl create serviceaccount robot" CREATE_NAMED Nothing create::service_account;
    Sub "create clusterrole" [] "Create a cluster role"
        "create clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none]"
        "kubectl create clusterrole pod-reader --verb=get,list,watch --resource=pods" CREATE_ROLE Nothing grants::cluster_role;
    Sub "create clusterrolebinding" [] "Create a cluster role binding for a particular cluster role"
        "create clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]"
        "kubectl create clusterrolebinding cluster-admin --clusterrole=cluster-admin --user=user1" CREATE_BINDING Nothing grants::cluster_role_binding;
    Sub "create poddisruptionbudget" ["pdb"] "Create a pod disruption budget with the specified name"
        "create poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none]"
        "kubectl create poddisruptionbudget my-pdb --selector=app=rails --min-available=1" CREATE_BOUNDS Nothing bounds::disruption_budget;
    Sub "create priorityclass" ["pc"] "Create a priority class with the specified name"
        "create priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none]"
        "kubectl create priorityclass high-priority --value=1000 --description=high" CREATE_BOUNDS Nothing bounds::priority_class;
    Sub "create quota" ["resourcequota"] "Create a quota with the specified name"
        "create quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none]"
        "kubectl create quota my-quota --hard=cpu=1,pods=3" CREATE_BOUNDS Nothing bounds::quota;
    Sub "create role" [] "Create a role with single rule"
        "create role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none]"
        "kubectl create role pod-reader --verb=get --resource=pods" CREATE_ROLE Nothing grants::role;
    Sub "create rolebinding" [] "Create a role binding for a particular role or cluster role"
        "create rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]"
        "kubectl create rolebinding admin --clusterrole=admin --user=user1" CREATE_BINDING Nothing grants::role_binding;
    Sub "create token" [] "Request a service account token"
        "create token SERVICE_ACCOUNT_NAME"
        "kubectl create token myapp" CREATE_TOKEN Nothing credentials::token;
    Sub "create secret docker-registry" [] "Create a secret for use with a Docker registry"
        "create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none]"
        "kubectl create secret docker-registry my-secret --from-file=.dockerconfigjson=path" CREATE_KEYS Nothing credentials::docker_registry;
    Sub "create secret tls" [] "Create a TLS secret"
        "create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none]"
        "kubectl create secret tls tls-secret --cert=path --key=path" CREATE_KEYS Nothing credentials::tls;
    Beginner "expose" [] "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service"
        "expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]"
        "kubectl expose deployment redis --port=6379" EXPOSE Exposable expose::run;
    Beginner "run" [] "Run a particular image on the cluster"
        "run NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]"
        "kubectl run busybox --rm -it --restart=Never --image=busybox" RUN Nothing run::run;
    Beginner "set" [] "Set specific features on objects"
        "set SUBCOMMAND"
        "kubectl set image deployment/redis redis=redis:7" SET Nothing set::parent;
    Sub "set image" [] "Update the image of a pod template"
        "set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N"
        "kubectl set image deployment/redis redis=redis:7" SET Images set::image;
    Sub "set env" [] "Update environment variables on a pod template"
        "set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N"
        "kubectl set env deployment/redis MODE=fast" SET Workloads set::env;
    Sub "set selector" [] "Set the selector on a resource"
        "set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]"
        "kubectl set selector service redis app=redis" SET Objects set::selector;
    Sub "set resources" [] "Update resource requests/limits on objects with pod templates"
        "set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]"
        "kubectl set resources deployment redis --limits=cpu=200m,memory=512Mi" SET Workloads set::resources;
    Sub "set serviceaccount" ["sa"] "Update the service account of a resource"
        "set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT"
        "kubectl set serviceaccount deployment redis robot" SET Workloads set::service_account;
    Sub "set subject" [] "Update the user, group, or service account in a role binding or cluster role binding"
        "set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]"
        "kubectl set subject clusterrolebinding admin --user=user1" NONE Elsewhere elsewhere;
    Intermediate "explain" [] "Get documentation for a resource"
        "explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]"
        "kubectl explain service.spec.ports" EXPLAIN Fields explain::run;
    Intermediate "get" [] "Display one or many resources"
        "get [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]"
        "kubectl get services" GET Objects get::run;
    Intermediate "edit" [] "Edit a resource on the server"
        "edit (RESOURCE/NAME | -f FILENAME)"
        "kubectl edit service redis" EDIT Objects edit::run;
    Intermediate "delete" [] "Delete resources by file names, stdin, resources and names, or by resources and label selector"
        "delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)])"
        "kubectl delete deployment redis" DELETE Objects delete::run;
    Deploy "rollout" [] "Manage the rollout of a resource"
        "rollout SUBCOMMAND"
        "kubectl rollout status deployment/redis" ROLLOUT Nothing rollout::parent;
    Sub "rollout status" [] "Show the status of the rollout"
        "rollout status (TYPE NAME | TYPE/NAME) [flags]"
        "kubectl rollout status deployment/redis" ROLLOUT Workloads rollout::status;
    Sub "rollout history" [] "View rollout history"
        "rollout history (TYPE NAME | TYPE/NAME) [flags]"
        "kubectl rollout history deployment/redis" ROLLOUT Workloads rollout::history;
    Sub "rollout undo" [] "Undo a previous rollout"
        "rollout undo (TYPE NAME | TYPE/NAME) [flags]"
        "kubectl rollout undo deployment/redis" ROLLOUT Workloads rollout::undo;
    Sub "rollout restart" [] "Restart a resource"
        "rollout restart RESOURCE"
        "kubectl rollout restart deployment/redis" ROLLOUT Workloads rollout::restart;
    Sub "rollout pause" [] "Mark the provided resource as paused"
        "rollout pause RESOURCE"
        "kubectl rollout pause deployment/redis" ROLLOUT Workloads rollout::pause;
    Sub "rollout resume" [] "Resume a paused resource"
        "rollout resume RESOURCE"
        "kubectl rollout resume deployment/redis" ROLLOUT Workloads rollout::resume;
    Deploy "scale" [] "Set a new size for a deployment, replica set, or replication controller"
        "scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME)"
        "kubectl scale deployment redis --replicas=3" SCALE Workloads scale::run;
    Deploy "autoscale" [] "Auto-scale a deployment, replica set, stateful set, or replication controller"
        "autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]"
        "kubectl autoscale deployment redis --max=5" NONE Elsewhere elsewhere;
    Management "certificate" [] "Modify certificate resources"
        "certificate SUBCOMMAND"
        "kubectl certificate approve csr-sqgzp" NONE Elsewhere elsewhere;
    Management "cluster-info" [] "Display cluster information"
        "cluster-info"
        "kubectl cluster-info" NONE Nothing info::cluster_info;
    Management "top" [] "Display resource (CPU/memory) usage"
        "top"
        "kubectl top pod" NONE Elsewhere elsewhere;
    Management "cordon" [] "Mark node as unschedulable"
        "cordon NODE"
        "kubectl cordon node-2" NODES Nodes nodes::cordon;
    Management "uncordon" [] "Mark node as schedulable"
        "uncordon NODE"
        "kubectl uncordon node-2" NODES Nodes nodes::uncordon;
    Management "drain" [] "Drain node in preparation for maintenance"
        "drain NODE"
        "kubectl drain node-2 --ignore-daemonsets" NODES Nodes nodes::drain;
    Management "taint" [] "Update the taints on one or more nodes"
        "taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N"
        "kubectl taint nodes node-2 dedicated=db:NoSchedule" NODES TypedNodes nodes::taint;
    Troubleshooting "describe" [] "Show details of a specific resource or group of resources"
        "describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)"
        "kubectl describe service redis" DESCRIBE Objects describe::run;
    Troubleshooting "logs" [] "Print the logs for a container in a pod"
        "logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]"
        "kubectl logs busybox" LOGS Pods logs::run;
    Troubleshooting "attach" [] "Attach to a running container"
        "attach (POD | TYPE/NAME) -c CONTAINER"
        "kubectl attach busybox -it" ATTACH Pods exec::attach;
    Troubleshooting "exec" [] "Execute a command in a container"
        "exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]"
        "kubectl exec -it busybox -- sh" EXEC Pods exec::run;
    Troubleshooting "port-forward" [] "Forward one or more local ports to a pod"
        "port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]"
        "kubectl port-forward service/redis 6379" PORT_FORWARD Ports port_forward::run;
    Troubleshooting "proxy" [] "Run a proxy to the Kubernetes API server"
        "proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]"
        "kubectl proxy --port=8011" NONE Elsewhere elsewhere;
    Troubleshooting "cp" [] "Copy files and directories to and from containers"
        "cp <file-spec-src> <file-spec-dest>"
        "kubectl cp /tmp/foo busybox:/tmp/bar" NONE Elsewhere elsewhere;
    Troubleshooting "auth" [] "Inspect authorization"
        "auth"
        "kubectl auth can-i create pods" AUTH Nothing info::auth_parent;
    Sub "auth can-i" [] "Check whether an action is allowed"
        "auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL]"
        "kubectl auth can-i create pods" AUTH Deeds info::can_i;
    Sub "auth whoami" [] "Experimental: Check self subject attributes"
        "auth whoami"
        "kubectl auth whoami" AUTH Nothing info::whoami;
    Troubleshooting "debug" [] "Create debugging sessions for troubleshooting workloads and nodes"
        "debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]"
        "kubectl debug busybox -it --image=busybox" DEBUG Pods debug::run;
    Troubleshooting "events" [] "List events"
        "events [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]"
        "kubectl events" EVENTS Nothing events::run;
    Advanced "diff" [] "Diff the live version against a would-be applied version"
        "diff -f FILENAME"
        "kubectl diff -f redis-clusterip.yaml" DIFF Nothing diff::run;
    Advanced "apply" [] "Apply a configuration to a resource by file name or stdin"
        "apply (-f FILENAME | -k DIRECTORY)"
        "kubectl apply -f redis-clusterip.yaml" APPLY Nothing apply::run;
    Sub "apply edit-last-applied" [] "Edit latest last-applied-configuration annotations of a resource/object"
        "apply edit-last-applied (RESOURCE/NAME | -f FILENAME)"
        "kubectl apply edit-last-applied service/redis" LAST_APPLIED Objects last_applied::edit;
    Sub "apply set-last-applied" [] "Set the last-applied-configuration annotation on a live object to match the contents of a file"
        "apply set-last-applied -f FILENAME"
        "kubectl apply set-last-applied -f redis-clusterip.yaml" LAST_APPLIED Nothing last_applied::set;
    Sub "apply view-last-applied" [] "View the latest last-applied-configuration annotations of a resource/object"
        "apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME)"
        "kubectl apply view-last-applied service/redis" LAST_APPLIED Objects last_applied::view;
    Advanced "patch" [] "Update fields of a resource"
        "patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]"
        "kubectl patch service redis -p '{\"spec\":{\"type\":\"NodePort\"}}'" PATCH Objects patch::run;
    Advanced "replace" [] "Replace a resource by file name or stdin"
        "replace -f FILENAME"
        "kubectl replace -f redis-clusterip.yaml" REPLACE Nothing replace::run;
    Advanced "wait" [] "Wait for a specific condition on one or many resources"
        "wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]"
        "kubectl wait --for=condition=Ready pod/busybox" WAIT Objects wait::run;
    Advanced "kustomize" [] "Build a kustomization target from a directory or URL"
        "kustomize DIR"
        "kubectl kustomize ." NONE Elsewhere elsewhere;
    Settings "label" [] "Update the labels on a resource"
        "label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]"
        "kubectl label pod busybox tier=client" LABEL Objects label::label;
    Settings "annotate" [] "Update the annotations on a resource"
        "annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]"
        "kubectl annotate service redis note=cache" LABEL Objects label::annotate;
    Settings "completion" [] "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)"
        "completion SHELL"
        "kubectl completion bash" NONE Shells info::completion;
    Other "api-resources" [] "Print the supported API resources on the server"
        "api-resources"
        "kubectl api-resources" API_RESOURCES Nothing info::api_resources;
    Other "api-versions" [] "Print the supported API versions on the server, in the form of \"group/version\""
        "api-versions"
        "kubectl api-versions" NONE Nothing info::api_versions;
    Other "config" [] "Modify kubeconfig files"
        "config SUBCOMMAND"
        "kubectl config get-contexts" CONFIG Nothing config::parent;
    Sub "config current-context" [] "Display the current-context"
        "config current-context"
        "kubectl config current-context" CONFIG Nothing config::current_context;
    Sub "config get-contexts" [] "Describe one or many contexts"
        "config get-contexts [(-o|--output=)name)]"
        "kubectl config get-contexts" CONFIG Nothing config::get_contexts;
    Sub "config get-clusters" [] "Display clusters defined in the kubeconfig"
        "config get-clusters"
        "kubectl config get-clusters" CONFIG Nothing config::get_clusters;
    Sub "config set-context" [] "Set a context entry in kubeconfig"
        "config set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]"
        "kubectl config set-context --current --namespace=demo" CONFIG Contexts config::set_context;
    Sub "config use-context" ["use"] "Set the current-context in a kubeconfig file"
        "config use-context CONTEXT_NAME"
        "kubectl config use-context portside" CONFIG Contexts config::use_context;
    Sub "config view" [] "Display merged kubeconfig settings or a specified kubeconfig file"
        "config view"
        "kubectl config view --minify" CONFIG Nothing config::view;
    Sub "config delete-cluster" [] "Delete the specified cluster from the kubeconfig"
        "config delete-cluster NAME"
        "kubectl config delete-cluster minikube" CONFIG Nothing config::delete_cluster;
    Sub "config delete-context" [] "Delete the specified context from the kubeconfig"
        "config delete-context NAME"
        "kubectl config delete-context minikube" CONFIG Contexts config::delete_context;
    Sub "config delete-user" [] "Delete the specified user from the kubeconfig"
        "config delete-user NAME"
        "kubectl config delete-user minikube" CONFIG Nothing config::delete_user;
    Sub "config get-users" [] "Display users defined in the kubeconfig"
        "config get-users"
        "kubectl config get-users" CONFIG Nothing config::get_users;
    Sub "config rename-context" [] "Rename a context from the kubeconfig file"
        "config rename-context CONTEXT_NAME NEW_NAME"
        "kubectl config rename-context portside local" CONFIG Contexts config::rename_context;
    Sub "config set" [] "Set an individual value in a kubeconfig file"
        "config set PROPERTY_NAME PROPERTY_VALUE"
        "kubectl config set clusters.my-cluster.server https://1.2.3.4" CONFIG Nothing config::set;
    Sub "config set-cluster" [] "Set a cluster entry in kubeconfig"
        "config set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com]"
        "kubectl config set-cluster e2e --server=https://1.2.3.4" CONFIG Nothing config::set_cluster;
    Sub "config set-credentials" [] "Set a user entry in kubeconfig"
        "config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value]"
        "kubectl config set-credentials cluster-admin --client-key=~/.kube/admin.key" CONFIG Nothing config::set_credentials;
    Sub "config unset" [] "Unset an individual value in a kubeconfig file"
        "config unset PROPERTY_NAME"
        "kubectl config unset current-context" CONFIG Nothing config::unset;
    Other "kuberc" [] "Manage kuberc configuration files"
        "kuberc SUBCOMMAND"
        "kubectl kuberc view" NONE Elsewhere elsewhere;
    Other "plugin" [] "Provides utilities for interacting with plugins"
        "plugin"
        "kubectl plugin list" NONE Elsewhere elsewhere;
    Other "version" [] "Print the client and server version information"
        "version"
        "kubectl version" VERSION Nothing info::version;
    Hidden "options" [] "Print the list of flags inherited by all commands"
        "options"
        "kubectl options" NONE Nothing help::options;
    Hidden "alpha" [] "These commands correspond to alpha features that are not enabled in Kubernetes clusters by default"
        "alpha"
        "kubectl alpha" NONE Elsewhere elsewhere;
}
