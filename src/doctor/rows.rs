//! table: every diagnosis, one row each: it drives the findings, the documentation and the tests.

use super::row::{Input, Question, Row};
use crate::manifest::Severity;

const S: &[Input] = &[Input::Static];
const L: &[Input] = &[Input::Live];
const A: &[Input] = &[Input::Attempt];
const SL: &[Input] = &[Input::Static, Input::Live];
const LA: &[Input] = &[Input::Live, Input::Attempt];
const SLA: &[Input] = &[Input::Static, Input::Live, Input::Attempt];

macro_rules! rows {
    ($($id:ident $slug:literal $question:ident $severity:ident $inputs:ident $title:literal $sentence:literal $about:literal;)*) => {
        $(
            #[doc = concat!("The diagnosis `", $slug, "`.")]
            pub static $id: Row = Row {
                id: $slug, question: Question::$question, severity: Severity::$severity, title: $title,
                sentence: $sentence, about: $about, inputs: $inputs,
            };
        )*
        /// The table.
        pub static ROWS: &[&Row] = &[$(&$id),*];
    };
}

rows! {
    REFUSED "refused" Exists Error S "The API server would refuse it"
        "{object} would be refused: {words}"
        "The manifest is not accepted as it stands, so nothing of it comes to be. The words are the API server's own.";
    KIND_UNKNOWN "kind-unknown" Exists Error S "A kind that Kubernetes does not have"
        "{object}: {words}{hint}"
        "Kinds are written as `kubectl api-resources` lists them, capital letters included, each in its own `apiVersion`. Kinds of other groups, which custom resources bring, are not judged.";
    DEFINED_TWICE "defined-twice" Exists Warning S "An object that is defined twice"
        "{object} is defined again, and otherwise: the definition{by} replaces this one, and what only this one says is lost"
        "`kubectl apply` takes one definition after the other, and the last one stands. If both objects are meant, give one another name or namespace; else delete one of the definitions.";
    QUOTED_PORT "target-port-quoted" Exists Error S "A port number in quotes"
        "targetPort {port} of {object} is in quotes, so it counts as a port's name, and a name needs a letter: {words}"
        "`targetPort` is a number or the name of a container port. A number in quotes is neither. Take the quotes away.";
    NODE_PORT_RANGE "node-port-range" Exists Error S "A node port out of range"
        "{object} asks for node port {port}: the range is 30000-32767"
        "Node ports come from one range, 30000-32767 unless the API server was told otherwise. Choose one of it, or leave `nodePort` out and get a free one.";
    NODE_PORT_TAKEN "node-port-taken" Exists Error S "A node port that another Service has"
        "{object} asks for node port {port}, which {owner} has"
        "A node port belongs to one Service, whatever the protocol. Choose another, or leave `nodePort` out and get a free one.";
    NODE_PORT_LEFT "node-port-on-cluster-ip" Exists Error S "A node port on a Service that has none"
        "{object} is of type ClusterIP and still says nodePort {port}"
        "Only Services of the types NodePort and LoadBalancer have node ports. Remove the line, or change the type back.";
    ADDRESS_CHANGED "cluster-ip-changed" Exists Error S "An address that may not change"
        "{object} would change its clusterIP from {old} to {new}, which the API server refuses: delete the Service and make it anew"
        "The `clusterIP` of a Service is set once, `None` included. Delete the Service and apply the manifest again.";
    PORTS_UNNAMED "ports-unnamed" Exists Error S "Several ports without names"
        "{object} has {count} ports: each needs a name"
        "With one port the name may be left out; with several each needs its own, since endpoints and DNS tell them apart by it.";
    SELECTOR_SHAPE "selector-shape" Exists Error S "A selector of another kind's shape"
        "The selector of {object} has the wrong shape: {shape}"
        "A Service's `selector` is a plain mapping of labels. A Deployment's `selector` has `matchLabels` around it. Each refuses the other's shape.";
    LABEL_NOT_TEXT "label-not-text" Exists Error S "A label that is no text"
        "{field} of {object} is {value}, which YAML reads as {type}: put it in quotes"
        "Values of labels, selectors, annotations and variables are text. YAML reads a bare `1`, `true` or `1.5` as a number or a truth value; quotes make it text.";
    SELECTOR_CHANGED "workload-selector-changed" Exists Error S "A selector that may not change"
        "{object} would change its selector, which the API server refuses: delete it and make it anew"
        "The selector of a Deployment, a ReplicaSet, a DaemonSet or a StatefulSet is set once.";
    TEMPLATE_UNSELECTED "template-labels" Exists Error S "A template that its own selector does not match"
        "{object} selects {selector}, but its Pod template has {labels}"
        "A workload must select the Pods that it makes. Make the template's labels and the selector agree.";
    EXTERNAL_URL "external-name-url" Exists Error S "An ExternalName that is more than a host name"
        "externalName of {object} is {value}: only a host name may stand here, such as {host}"
        "An ExternalName is a DNS alias: no scheme, no port, no path. Clients bring the port themselves.";
    TWIN "service-twin" Exists Warning SL "Two Services that look like a slip"
        "Services {name} and {other} have nearly the same name and the same selector: a renamed Service is a second one, the first stays"
        "Changing `metadata.name` and applying again makes another Service. If one of the two is left over, delete it.";
    NO_SERVICE "service-missing" Exists Error A "No such Service"
        "There is no Service {name} in namespace {namespace}{near}"
        "The name that was asked for belongs to no Service of that namespace.";
    INGRESS_SERVICE "ingress-service-missing" Exists Error SL "An Ingress that leads to no Service"
        "{object} sends to Service {name}, which is not in namespace {namespace}{near}"
        "An Ingress leads to Services of its own namespace. Visitors get the status 503.";
    INGRESS_PORT "ingress-port-missing" Port Error SL "An Ingress that leads to a port that its Service has not"
        "{object} sends to port {port} of Service {name}, which has {ports}"
        "A backend names one of the Service's ports, by number or by name; it is not the container's port.";
    GOVERNING "stateful-set-service" Name Warning SL "A StatefulSet without its Service"
        "{object} names the Service {name} as its governing one, which is not there: its Pods get no names{near}"
        "The Pods of a StatefulSet have DNS names through the headless Service that `serviceName` names.";

    POLICY_IN "policy-ingress" Policy Error SLA "A NetworkPolicy does not let the client in"
        "{because}"
        "Once a policy with rules for incoming traffic selects a Pod, only what some policy's rule allows comes in. The client's packets are dropped: it waits until its patience ends.";
    POLICY_OUT "policy-egress" Policy Error SLA "A NetworkPolicy does not let the client out"
        "{because}"
        "Once a policy with rules for outgoing traffic selects the client's Pod, only what some policy's rule allows goes out.";
    POLICY_NOBODY "policy-selects-nobody" Policy Warning SL "A NetworkPolicy that selects nobody"
        "NetworkPolicy {policy} is for Pods with {selector}, and namespace {namespace} has none: it guards nobody{near}"
        "A policy guards the Pods of its own namespace that its `podSelector` matches. Nothing complains when there are none: what was to be guarded stays open. An empty selector means all Pods.";
    POLICY_DNS "policy-dns" Policy Error SLA "A NetworkPolicy shuts off name look-ups"
        "NetworkPolicy {policy} lets {pods} send to {allowed}, and not to port 53: no name can be looked up"
        "Who may send only to some Pods may not ask cluster DNS either. Allow UDP and TCP port 53 to the namespace kube-system.";

    HOST_NAMESPACE "name-in-other-namespace" Name Error SLA "The name belongs to another namespace"
        "{place} asks for {host}: there is no Service {name} in namespace {namespace}, but there is in {other}; write {right}"
        "A short name is looked up in the client's own namespace. For another namespace write NAME.NAMESPACE or the whole name.";
    HOST_SLIP "name-slip" Name Error SLA "The name has a slip"
        "{place} asks for {host}: there is no Service {name} in namespace {namespace}; did you mean {near}?"
        "No Service has this name, and one has nearly the same.";
    HOST_UNKNOWN "name-unknown" Name Warning SLA "A name that no Service has"
        "{place} asks for {host}: there is no Service {name} in namespace {namespace}"
        "Cluster DNS answers NXDOMAIN. If the Service is made elsewhere, all is well.";
    HOST_UNDERSCORE "name-underscore" Name Error SLA "A host name with an underscore"
        "{place} asks for {host}: no Service has an underscore in its name{near}"
        "Names of Services consist of lower case letters, digits and hyphens.";
    HOST_SHORT "name-half-qualified" Name Error SLA "A name that stops at svc"
        "{place} asks for {host}, which no resolver completes to a whole name: write {right}"
        "NAME.NAMESPACE.svc.cluster.local is the whole name, NAME.NAMESPACE what most resolvers complete. NAME.svc means the namespace svc.";
    HOST_PORT "name-port" Port Error SLA "A port that the Service has not"
        "{place} asks for {host}:{port}, but Service {name} has {ports}"
        "Clients use the Service's `port`, not the container's.";
    POD_ADDRESS "pod-address" Name Warning SL "A Pod's address written down"
        "{place} says {address}, {what}: addresses of Pods change with each new Pod; use a Service's name"
        "A Pod's address lasts as long as the Pod.";
    ENV_BEFORE "env-before-service" Name Warning L "Variables of a Service that came later"
        "{pod} uses {variable}, but was started before Service {name}: it does not have it; use the name {name}, or start the Pod anew"
        "A Pod gets variables for the Services that are there when it starts. DNS knows those that come later.";
    DNS_POLICY "dns-policy" Name Error SLA "A client that does not ask cluster DNS"
        "{pod} has dnsPolicy {policy}, so it does not ask cluster DNS and knows no Service's name"
        "The policy ClusterFirst asks cluster DNS; Default asks what the node asks, None what dnsConfig says. A Pod on the host network needs ClusterFirstWithHostNet.";
    DNS_DOWN "dns-down" Name Error LA "Cluster DNS is down"
        "Service kube-dns has no ready endpoint: {why}; no name of a Service can be looked up"
        "CoreDNS answers for all Services. Look at its Pods and their log in kube-system.";
    ALIAS_ADDRESS "external-name-address" Name Warning SLA "An ExternalName that is an address"
        "externalName of {object} is {value}: DNS takes it for a host name of digits, which leads nowhere; make a Service without selector and an EndpointSlice"
        "An ExternalName is an alias for a name. For an address use a Service without selector and an EndpointSlice that lists it.";
    ALIAS_PORTS "external-name-ports" Name Warning SL "An ExternalName that maps ports"
        "{object} is an alias: its port {port} to {target} is not mapped, clients connect to {port} of {value}"
        "Nothing is proxied for an ExternalName, so `targetPort` means nothing.";
    ALIAS_INSIDE "external-name-inside" Name Error SLA "An alias of a name that is not there"
        "{object} is an alias of {value}, and there is no Service {name} in namespace {namespace}{near}"
        "The alias leads to a name of the cluster that does not exist.";

    OTHER_PORT "port-not-listed" Port Error LA "A port that the Service has not"
        "Service {name} has {ports}, not {port}{hint}"
        "kube-proxy knows only the Service's own ports. On a clusterIP any other port is dropped or leads nowhere: the client waits.";
    NODE_PORT_INSIDE "node-port-inside" Port Error A "The node port asked on the Service's address"
        "{port} is the node port of Service {name}: it is for the nodes' addresses; on {address} use {right}"
        "Three ports: `port` on the Service's address, `nodePort` on every node's address, `targetPort` on the Pods' addresses.";
    PORT_ON_NODE "port-on-node" Port Error A "The Service's port asked on a node"
        "{port} is the port of Service {name} on its own address; on a node's address {right}"
        "Three ports: `port` on the Service's address, `nodePort` on every node's address, `targetPort` on the Pods' addresses.";
    HEADLESS_PORT "headless-port" Port Warning SLA "A headless Service that maps ports"
        "{name} is headless, so port {port} is not mapped to {target}: clients reach the Pods themselves and must use {target}"
        "A headless Service is a list of Pod addresses in DNS. Nothing maps `port` to `targetPort`. Make them equal, or give the Service an address.";
    SWAPPED "ports-swapped" Process Error SLA "port and targetPort the wrong way round"
        "Service {name} takes {port} and sends to {target}, but its Pods listen on {port}: port and targetPort seem swapped"
        "`port` is what clients use, `targetPort` where the program listens.";
    PROTOCOL "protocol-mismatch" Process Error SLA "UDP and TCP mixed up"
        "Port {port} of Service {name} is {protocol}, but its Pods listen on {target}/{other}"
        "TCP and UDP ports of the same number are different ports. DNS servers need both.";

    SELECTOR_SLIP "selector-slip" Endpoints Error SLA "The selector has a slip"
        "No Pod has {label}; {count} {have} {near}: did you mean that?"
        "A Service sends to the Pods that bear all labels of its selector. This one is nearly what some Pods bear.";
    SELECTOR_VERSION "selector-of-one-version" Endpoints Error SLA "A selector of one version of the Pods"
        "The selector of Service {name} has {label}, a label that each version of a workload has anew: {what}"
        "`kubectl expose` of a ReplicaSet or of one of its Pods copies all labels as they are then, `pod-template-hash` with them. After the next roll-out nothing bears it. Expose the Deployment, or take the label out of the selector.";
    SELECTOR_KEY "selector-extra-label" Endpoints Error SLA "One label too many in the selector"
        "No Pod has {label} besides the rest of the selector; without it {count} would match{values}"
        "All labels of a selector must be there. The one named here is what no Pod bears.";
    SELECTOR_OWNER "selector-of-workload" Endpoints Error SLA "The selector names the workload, not its Pods"
        "The selector {selector} is {what} of {owner}; its {pods} have {labels}"
        "A Service selects Pods, by the labels of the Pod template (`spec.template.metadata.labels`), not by the workload's own name or labels.";
    SELECTOR_NAMESPACE "selector-other-namespace" Endpoints Error SLA "The Pods are in another namespace"
        "No Pod of namespace {namespace} has {selector}; {count} in {other}: a Service selects in its own namespace only"
        "Move the Service to the namespace of its Pods; clients elsewhere use NAME.NAMESPACE.";
    SELECTOR_NONE "selector-matches-nothing" Endpoints Error SLA "The selector matches no Pod"
        "No Pod has {selector}{known}"
        "Nothing bears these labels. If the Pods are made elsewhere, or by a workload that is not here, all is well.";
    NO_SELECTOR "no-selector" Endpoints Error SLA "No selector, and no EndpointSlice made by hand"
        "Service {name} has no selector, and no EndpointSlice was made for it: it has no endpoints; an empty selector does not mean all Pods"
        "Without selector nobody keeps endpoints. Give it a selector, or make an EndpointSlice with the label kubernetes.io/service-name.";
    SLICE_PORT "slice-port-name" Endpoints Error SLA "An EndpointSlice whose port has another name"
        "Port {port} of Service {name} has no counterpart in its EndpointSlices, which have {ports}: ports are matched by name"
        "For a Service without selector kube-proxy matches ports of the Service and of the slices by their names.";
    NAMED_PORT "named-port-missing" Endpoints Error SLA "A port name that the Pods do not have"
        "targetPort {target} of Service {name}: {pods} no container port of that name{near}"
        "A named `targetPort` is looked up among the ports that the containers declare. Where it is missing the endpoint has no port.";
    NAMED_PROTOCOL "named-port-protocol" Endpoints Error SLA "A port name of the other protocol"
        "targetPort {target} of Service {name} is looked for among {protocol} ports, but its Pods declare it as {other}"
        "A named port is found only if its protocol is the Service port's.";
    MIXED "endpoints-of-several-workloads" Endpoints Warning SL "Two workloads behind one Service"
        "Service {name} sends to the Pods of {owners}: they share {selector} but run {images}"
        "All Pods that bear the labels get traffic, whoever made them. Give the selector a label that only the right ones have.";

    SCALED_TO_ZERO "no-replicas" Pods Error SLA "No Pods are wanted"
        "{owner} has 0 replicas, so Service {name} has no Pods"
        "The selector is right, but nobody runs. Scale the workload up.";
    NOT_CREATED "pods-not-created" Pods Error LA "A workload that cannot make its Pods"
        "{owner} wants {count} and has made none: {why}"
        "Admission refuses the Pods: a quota, a missing ServiceAccount, a policy. The workload's events say which.";
    PENDING "pods-pending" Pods Error LA "Pods that find no node"
        "{pods} {wait} for a node: {why}"
        "The scheduler finds no node that suits: resources, taints, node selectors, volumes.";
    IMAGE "pods-image" Pods Error LA "An image that cannot be pulled"
        "{pods} cannot start: {reason} for image {image}"
        "The image's name or tag is wrong, or its registry refuses. Nothing listens until it is pulled.";
    CRASHING "pods-crashing" Pods Error LA "Pods whose program ends again and again"
        "{pods} {state}: {why}; see kubectl logs {pod} --previous"
        "The program ends soon after its start; the kubelet waits longer each time before it starts it again.";
    CONFIG "pods-configuration" Pods Error LA "Pods that miss what they refer to"
        "{pods} cannot start: {reason}{message}"
        "A ConfigMap, a Secret, a key or a volume that the Pod refers to is not there.";
    NOT_READY "pods-not-ready" Pods Error LA "Pods that are not ready"
        "{pods} {run} but {are} not ready{probe}: the Service sends nothing there"
        "Only Pods that pass their readiness probe get traffic.";
    FINISHED "pods-finished" Pods Error LA "Pods that have ended"
        "{pods} {have} ended ({phase}): nothing answers any more"
        "A Service needs programs that stay. Pods of Jobs, and Pods with restartPolicy Never, end.";
    PROBE_PORT "probe-port" Pods Warning SL "A probe of a port on which nothing listens"
        "The {kind} of container {container} asks port {port}, but {listens}: {effect}"
        "A readiness probe that never passes keeps the Pod out of all Services; a liveness probe restarts it again and again.";
    PROBE_NAME "probe-port-name" Pods Error SLA "A probe of a port name that the container does not have"
        "The {kind} of container {container} asks port {port}, which the container does not declare{near}"
        "A probe's named port is looked up among the container's own ports.";

    TARGET_PORT "target-port" Process Error SLA "Nothing listens on targetPort"
        "Service {name} sends {port} to {target}, but its Pods listen on {listens}"
        "`targetPort` is where the program in the Pod listens. Without it `port` stands for both.";
    DECLARED "container-port-not-served" Process Error SLA "A declared port on which nothing listens"
        "containerPort {target} is declared in {owner}, but {image} listens on {listens}: containerPort only documents"
        "Declaring a port opens none. Configure the program to listen there, or send to the port that it listens on.";
    UNDECLARED "target-port-undeclared" Process Warning SL "targetPort is none of the declared ports"
        "Service {name} sends {port} to {target}, but its Pods declare {listens}"
        "Ports that containers declare are documentation, so this may be right; most often it is a slip.";
    LOOPBACK "loopback" Process Error SLA "A program that listens on 127.0.0.1 only"
        "Container {container} is told to listen on {address}: only the Pod itself reaches it; let it listen on 0.0.0.0"
        "What is bound to the loopback address answers in the Pod and through port-forward, and refuses everybody else.";

    LB_PENDING "load-balancer-pending" Proxy Warning LA "A load balancer that nobody makes"
        "Service {name} has no external address: nothing here makes load balancers, so it stays <pending>"
        "The type LoadBalancer needs a controller: a cloud's, or MetalLB with an address pool. Node ports work without.";
    LB_POOL "load-balancer-address" Proxy Error LA "An address that the load balancer cannot give"
        "Service {name} gets no external address: {why}"
        "The controller refuses: the pool is empty, or the address is none of it.";
    LOCAL_OUTSIDE "external-policy-local" Proxy Warning LA "Only some nodes answer"
        "externalTrafficPolicy of Service {name} is Local, and {nodes} {have} no endpoint: node port {port} is silent there"
        "With the policy Local a node sends only to its own Pods and drops the rest. Load balancers ask which nodes have some; who uses node ports must know.";
    LOCAL_INSIDE "internal-policy-local" Proxy Warning LA "Clients on some nodes get no answer"
        "internalTrafficPolicy of Service {name} is Local, and {nodes} {have} no endpoint: Pods there are dropped"
        "With the policy Local clients reach only endpoints on their own node.";
    AFFINITY "affinity-ignored" Proxy Warning SL "Session affinity without effect"
        "sessionAffinity of Service {name} has no effect: {why}"
        "ClientIP affinity keeps a client's address on one Pod, on the Service's own address. It knows no cookies, and a headless Service has no proxy. The other way round, kube-proxy chooses a Pod for each connection, not for each request: what a client sends over a connection that it keeps open, and with ClientIP affinity all that comes through one NAT, stays on one Pod. No manifest and no dump shows who keeps connections open: `kubectl logs -l SELECTOR --prefix --tail=20` shows which Pods get the requests, `conntrack -L -d ADDRESS` on a node which connections last.";
    LAPTOP "cluster-address-from-outside" Proxy Error A "An address of the cluster asked from outside"
        "{address} is an address inside the cluster: {client} has no route to it; use {right}"
        "Addresses of Services and Pods exist inside the cluster only. From outside use port-forward, a node port, a load balancer or an Ingress.";
    PING "ping-service" Proxy Warning A "ping to a Service"
        "{address} is the address of Service {name}: it is rules, not a host, and answers no ping in the mode {mode}; try {right}"
        "kube-proxy translates the Service's ports and nothing else. Test with a connection.";
    SOURCE_RANGE "source-ranges" Proxy Error A "A client that the load balancer does not admit"
        "{because}"
        "`loadBalancerSourceRanges` lists who may come through the load balancer.";
    GONE "address-gone" Proxy Error A "An address that nobody has"
        "Nobody has {address}: {because}"
        "The Pod or the Service that had it is gone; addresses change. Use the name.";
    FAULT "fault" Proxy Error A "A fault of the network"
        "{because}"
        "A fault that an annotation sets stands for a firewall, a dead host, or a broken route.";
    NODE_DOWN "node-down" Proxy Error LA "A node that is not ready"
        "{nodes} {is} not ready, and {pods} of Service {name} {run} there"
        "What runs on a lost node is taken out of the endpoints within a minute, and moved after five.";
    NOT_REACHED "not-reached" Proxy Error A "The packet does not arrive"
        "{because}"
        "The data path's own reason, hop by hop: see `trace`.";
    HAIRPIN "hairpin" Hairpin Warning A "A Pod that reaches itself"
        "{pod} is one of the {count} endpoints of Service {name}: one in {count} of its own connections comes back to itself, which needs hairpin mode on the node"
        "A Pod that asks its own Service may get itself. Some network plugins cannot lead a packet back where it came from.";
}
