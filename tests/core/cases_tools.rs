//! `cases_tools`: recorded runs of the real network tools against what Portside's print.
//!
//! A cluster is staged like the laboratory of the records: Services with its addresses, in the ipvs mode, in which a
//! Service's address answers ping and refuses unlisted ports; a client Pod whose image has the tool.

use crate::cases::{Verdict, folder, load, run, text};
use portside::api::{Object, kind};
use portside::cluster::{Cluster, Place, SERVE, Settings};
use portside::dns::Outside;
use portside::kernel::BTreeMap;
use portside::kernel::{SimTime, Span};
use portside::manifest::{Limits, Strictness, read};
use portside::shell::{
    Context, Files, Keys, Outcome, Output, Program, Progress, Stream, World, launch,
};
use portside::store::{Cidr, ProxyMode};
use serde_json::Value;
use std::fs;

/// A Debian with the usual network packages.
const TOOLBOX: &str = "leodotcloud/swiss-army-knife";

/// The images that stand for the builds.
const IMAGES: &[(&str, &str)] = &[
    ("docker-1.37-glibc", "busybox"),
    ("alpine-3.20", "alpine"),
    ("bind9", "registry.k8s.io/e2e-test-images/jessie-dnsutils"),
    ("debian-curl", TOOLBOX),
    ("netcat-openbsd", TOOLBOX),
    ("inetutils", TOOLBOX),
    ("iputils", TOOLBOX),
    ("debian-glibc", TOOLBOX),
    ("debian-traceroute", TOOLBOX),
];

/// Situations that cannot be staged, each with its reason. None is named by the id of a case.
const SKIPPED: &[(&str, &str)] = &[];

/// The laboratory as manifests; NONE is the fault of an address that no Pod serves.
///
/// What the recorder's gateway did is told by fault annotations. Addresses without a name are external addresses of
/// Services, as only a cluster address has a reverse record.
const LAB: &str = r"
apiVersion: v1
kind: Namespace
metadata: {name: lab}
---
apiVersion: v1
kind: Service
metadata: {name: redis, namespace: default}
spec: {clusterIP: 10.96.118.99, selector: {app: redis}, ports: [{name: redis, port: 6379}]}
---
apiVersion: v1
kind: Pod
metadata: {name: redis, namespace: default, labels: {app: redis}}
spec: {containers: [{name: redis, image: redis}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  clusterIP: 10.96.118.80
  externalIPs: [198.51.100.7]
  selector: {app: web}
  ports:
  - {name: http, port: 80}
  - {name: closes, port: 7777}
  - {name: banner, port: 7778}
  - {name: resets, port: 7779}
  - {name: records, port: 7780}
  - {name: telnet, port: 2323}
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: default
  labels: {app: web}
  annotations:
    portside.dev/serve: |
      7777 close
      7778 banner 220 mail.example ESMTP\r\n|221 bye\r\n
      7779 reset
      7780 hold
      2323 telnet
      80 / 200 text/html <!DOCTYPE html>\n<html>\n<head><title>Welcome to nginx!</title></head>\n<body><h1>Welcome to nginx!</h1></body>\n</html>\n
      80 /hello 200 text/plain hello\n
      80 /404 404 text/html <html><h1>404 Not Found</h1></html>\r\n
      80 /500 500 text/html <html><h1>500 Internal Server Error</h1></html>\r\n
      80 /echo echo
      80 /empty close
      80 /rst reset
      80 /slow slow 10000ms 200 text/plain slow\n
      80 /nolength untold 200 text/plain hello\n
      80 /short short 200 text/plain hello\n
      80 /redirect 302 /hello
      80 /redirect-bad 302 http://nope.default/
      80 /big 200 application/octet-stream BIG
spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: default}
spec: {clusterIP: None, ports: [{name: db, port: 5432}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: default, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{name: db, port: 5432, protocol: TCP}]
endpoints:
- {addresses: [10.244.2.11], hostname: db-0, conditions: {ready: true}}
- {addresses: [10.244.2.12], hostname: db-1, conditions: {ready: true}}
- {addresses: [10.244.3.13], hostname: db-2, conditions: {ready: true}}
---
apiVersion: v1
kind: Service
metadata: {name: dual, namespace: default, annotations: {portside.dev/fault: no-network}}
spec:
  ipFamilyPolicy: RequireDualStack
  clusterIPs: [10.96.118.81, 'fd00:10:96::81']
  clusterIP: 10.96.118.81
  ports: [{name: http, port: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: black, namespace: default, annotations: {portside.dev/fault: silent}}
spec: {clusterIP: 10.96.66.66, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: silent-dns, namespace: lab, annotations: {portside.dev/fault: silent}}
spec: {externalIPs: [10.96.0.53], ports: [{name: dns, port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: host-unreachable, namespace: lab, annotations: {portside.dev/fault: unreachable}}
spec: {externalIPs: [10.96.77.77], ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: prohibited, namespace: lab, annotations: {portside.dev/fault: prohibited}}
spec: {externalIPs: [10.96.88.88], ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: no-route, namespace: lab, annotations: {portside.dev/fault: no-route}}
spec: {externalIPs: [203.0.113.1], ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: none, namespace: lab, annotations: {NONE}}
spec: {externalIPs: [10.96.200.1], ports: [{name: a, port: 80}, {name: b, port: 6379}]}
---
apiVersion: v1
kind: Service
metadata: {name: ext, namespace: default}
spec: {type: ExternalName, externalName: api.example.com}
";

/// The Pods behind the headless Service, restored as their addresses are given.
const DATABASES: [(&str, &str); 3] = [
    ("db-0", "10.244.2.11"),
    ("db-1", "10.244.2.12"),
    ("db-2", "10.244.3.13"),
];

/// The names beyond the cluster.
const OUTSIDE: &str = "
$TTL 30
. SOA a.root-servers.net. nstld.verisign-grs.com. 2025072000 1800 900 604800 86400
in-addr.arpa. NS a.in-addr-servers.arpa.
ip6.arpa. NS a.ip6-servers.arpa.
$ORIGIN example.com.
@    A     93.184.215.14
@    AAAA  2606:2800:21f:cb07:6820:80da:af6b:8b2c
@    MX    10 mail
@    TXT   \"v=spf1 -all\"
@    TXT   \"quote \\\" here!\"
@    NS    a.iana-servers.net.
@    NS    b.iana-servers.net.
api  A     198.51.100.7
";

/// What a run gave.
#[derive(Default)]
struct Ran {
    out: String,
    err: String,
    exit: i64,
    queries: Vec<String>,
}

/// The laboratory's manifests, as a situation has them.
fn manifests(situation: &str) -> String {
    let none = if situation.contains("network unreachable") {
        "portside.dev/fault: no-network"
    } else {
        ""
    };
    LAB.replace("NONE", none)
}

/// What the client may not do.
fn security(situation: &str) -> &'static str {
    if situation.contains("uid 1000") {
        "securityContext: {runAsUser: 1000, sysctls: [{name: net.ipv4.ping_group_range, value: '1 0'}]}"
    } else {
        ""
    }
}

/// A Pod that runs already, at an address of its own. All Pods of the laboratory hang on one gateway, so they stand on
/// one node.
fn running(name: &str, ip: &str, image: &str, spec: &str) -> Object {
    let text = format!(
        "
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: default
  uid: {name}
  annotations: {{portside.dev/serve: 5432 echo}}
spec:
  nodeName: node-2
  {spec}
  dnsPolicy: ClusterFirst
  containers: [{{name: {name}, image: {image}, command: [sleep, infinity]}}]
status:
  phase: Running
  podIP: {ip}
  podIPs: [{{ip: {ip}}}]
  conditions: [{{type: Ready, status: 'True'}}]
  containerStatuses: [{{name: {name}, ready: true, state: {{running: {{startedAt: '2025-07-22T10:00:00Z'}}}}}}]
"
    );
    let read = read(&text, &Limits::FILE);
    Object::from_value(read.documents[0].value()).expect("a Pod")
}

/// What the recorder's name server, which was not `CoreDNS`, did otherwise: it spelled names its own way, knew every
/// reverse name, and missed names of the search list for SOA too.
const WAYS: &str = "    rewrite name suffix .cluster.local .cluster.local
    template IN A in-addr.arpa {
       rcode NOERROR
    }
    template IN AAAA in-addr.arpa {
       rcode NOERROR
    }
    template IN SOA local.default.svc.cluster.local local.svc.cluster.local local.cluster.local {
       rcode NXDOMAIN
    }
";

/// Gives the name server the rules that the recorder's had: names at which it fails, refuses or stays silent.
fn name_server(cluster: &mut Cluster) {
    let mut object = (**cluster
        .tables()
        .find(kind::CONFIG_MAP, "kube-system", "coredns")
        .expect("the configuration"))
    .clone();
    let mut value = object.to_value();
    let text = value
        .as_map_mut()
        .and_then(|map| map.get_mut("data"))
        .and_then(|data| data.as_map_mut())
        .and_then(|data| data.get_mut("Corefile"))
        .expect("a Corefile");
    let below = |name: &str| {
        format!(
            "{name}. {name}.default.svc.cluster.local {name}.default.svc.cluster.local.default.svc.cluster.local {name}.svc.cluster.local {name}.cluster.local"
        )
    };
    let rules = format!(
        ".:53 {{\n{WAYS}    template ANY ANY {} {{\n       rcode SERVFAIL\n    }}\n    acl {} {{\n       block\n    }}\n    acl {} {{\n       drop\n    }}\n",
        below("servfail"),
        below("refused"),
        below("timeout")
    );
    *text = text
        .as_str()
        .unwrap_or_default()
        .replacen(".:53 {\n", &rules, 1)
        // The recorder's server gave addresses in their order, and had no names for IPv6 addresses.
        .replace("    loadbalance\n", "")
        .replace(" ip6.arpa", "")
        .into();
    object = Object::from_value(value).expect("a ConfigMap");
    object.meta.resource_version.clear();
    cluster
        .update(object, None, false)
        .expect("the rules are read");
    cluster.advance(Span::secs(120));
}

fn world(image: &str, situation: &str) -> World {
    let mut settings = Settings::default();
    settings.network.proxy_mode = ProxyMode::Ipvs;
    let six = Cidr::parse("fd00:10:96::/112").expect("a subnet");
    settings.network.service_cidrs.push(six);
    let mut cluster = Cluster::new(&settings);
    cluster.set_outside(Outside::parse(OUTSIDE).expect("a zone file"));
    name_server(&mut cluster);
    for document in read(&manifests(situation), &Limits::FILE).documents {
        let mut object = document
            .decode(Strictness::Strict)
            .object
            .expect("the laboratory's manifests are valid");
        if let Some(pages) = object.meta.annotations.get_mut(SERVE) {
            *pages = pages.replace("BIG", &"x".repeat(100_000));
        }
        cluster
            .create(object, None, false)
            .expect("the laboratory can be staged");
    }
    for (name, ip) in DATABASES {
        cluster.restore(running(name, ip, "postgres", ""));
    }
    cluster.restore(running("client", "10.244.1.7", image, security(situation)));
    cluster.settle(Span::secs(60));
    World {
        cluster,
        files: Files::default(),
    }
}

fn client() -> Place {
    Place::pod("default", "client", "client")
}

/// Writes a file of the client.
fn put(world: &mut World, path: &str, text: &str) {
    let mut out = Output::default();
    let words = ["sh".to_owned(), "-c".to_owned(), format!("cat > {path}")];
    let done = with_context(world, &mut out, Some(text.to_owned()), |context| {
        launch(context, &words)
    });
    assert!(matches!(done, Some(Outcome::Exit(0))), "{out:?}");
}

/// Puts the situation's files in place.
fn stage(world: &mut World, case: &Value, meta: &Value) {
    if let Some(resolv) = meta["resolv"][text(case, "resolv")].as_str() {
        put(world, "/etc/resolv.conf", resolv);
    }
    // The recorder's machine had a name that its hosts file did not have.
    put(world, "/etc/hostname", "vm\n");
    if text(case, "situation").contains("file exists") {
        put(world, "/hello", "hello\n");
    }
}

/// The program's name as the recorder called it: by its path.
fn argv(case: &Value) -> Vec<String> {
    let mut words: Vec<String> = case["argv"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w.as_str().unwrap().to_owned())
        .collect();
    let dir = match case["build"].as_str().unwrap() {
        "docker-1.37-glibc" => "/bin/",
        "alpine-3.20" if matches!(words[0].as_str(), "nc" | "wget" | "nslookup" | "traceroute") => {
            "/usr/bin/"
        }
        "alpine-3.20" => "/bin/",
        _ => "",
    };
    if words[0] != "sh" {
        words[0] = format!("{dir}{}", words[0]);
    }
    words
}

/// Calls a program, or one of its methods, with the client's surroundings.
fn with_context<T>(
    world: &mut World,
    out: &mut Output,
    stdin: Option<String>,
    call: impl FnOnce(&mut Context<'_>) -> T,
) -> T {
    let place = client();
    let env = BTreeMap::new();
    let tty = stdin.is_none();
    call(&mut Context {
        world,
        place: &place,
        env: &env,
        cwd: "/",
        stdin,
        tty,
        out,
    })
}

fn queries(world: &World, from: portside::kernel::Seq) -> Vec<String> {
    let fact = |event: &portside::kernel::Event, name: &str| {
        event
            .facts()
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v.to_string().replace("\\032", " "))
    };
    // The recorder listened at its two servers: what was asked elsewhere it did not see.
    let heard = |event: &&portside::kernel::Event| {
        fact(event, "dst").is_some_and(|dst| dst == "10.96.0.10:53" || dst == "10.96.0.53:53")
    };
    let asked = world
        .cluster
        .events_since(from)
        .filter(heard)
        .filter_map(|event| Some(format!("{} {}", fact(event, "name")?, fact(event, "type")?)));
    asked.collect()
}

fn run_piped(world: &mut World, case: &Value) -> Ran {
    let mut out = Output::default();
    let from = world.cluster.end();
    let begun = world.cluster.now();
    let stdin = case["stdin"].as_str().unwrap_or_default().to_owned();
    let argv = argv(case);
    let outcome = with_context(world, &mut out, Some(stdin), |context| {
        launch(context, &argv)
    });
    let exit = match outcome {
        Some(Outcome::Exit(status)) => i64::from(status),
        Some(Outcome::Foreground(mut program)) => match interrupted(text(case, "situation")) {
            Some(seconds) => {
                wait_until(world, begun, seconds);
                let progress = with_context(world, &mut out, Some(String::new()), |context| {
                    program.interrupt(context)
                });
                match progress {
                    Progress::Exit(status) => i64::from(status),
                    Progress::Stay | Progress::Push(_) => -9,
                }
            }
            None => -9,
        },
        None => 127,
    };
    Ran {
        out: out.text(Stream::Out),
        err: out.text(Stream::Err),
        exit,
        queries: queries(world, from),
    }
}

/// When the recorder sent an interrupt, in seconds: `^C after 2.5 s`.
fn interrupted(situation: &str) -> Option<f64> {
    let (_, rest) = situation.split_once("^C after ")?;
    rest.split(' ').next()?.parse().ok()
}

/// What a terminal shows: both streams, with the line ends that it makes.
fn terminal(output: &mut Output) -> String {
    let mut shown = String::new();
    for (stream, text) in output.pieces.drain(..) {
        match stream {
            Stream::Out | Stream::Err => shown.push_str(&text.replace('\n', "\r\n")),
            Stream::Raw => shown.push_str(&text),
            Stream::Note => {}
        }
    }
    shown
}

/// What the keyboard tells a program.
enum Key<'a> {
    Line(&'a str),
    Interrupt,
    EndOfInput,
}

/// Tells a program of a key or a line; gives what the terminal shows then, and how the program ended if it did.
fn tell(world: &mut World, program: &mut dyn Program, key: &Key<'_>) -> (String, Option<i32>) {
    let mut out = Output::default();
    let progress = with_context(world, &mut out, None, |context| match key {
        Key::Line(line) => program.line(context, line),
        Key::Interrupt => program.interrupt(context),
        Key::EndOfInput => program.end_of_input(context),
    });
    let shown = terminal(&mut out);
    match progress {
        Progress::Exit(status) => (shown, Some(status)),
        Progress::Stay | Progress::Push(_) => (format!("{shown}{}", program.prompt()), None),
    }
}

/// The line discipline between a keyboard and a program: it echoes, edits and hands on lines.
fn keyboard(
    world: &mut World,
    program: &mut dyn Program,
    line: &mut String,
    typed: &str,
) -> (String, Option<i32>) {
    if program.keys() == Keys::Raw {
        return tell(world, program, &Key::Line(typed.trim_end_matches('\r')));
    }
    let mut shown = String::new();
    for c in typed.chars() {
        let key = match c {
            '\u{3}' => {
                line.clear();
                Key::Interrupt
            }
            '\u{4}' if line.is_empty() => Key::EndOfInput,
            '\u{7f}' => {
                if line.pop().is_some() {
                    shown.push_str("\u{8} \u{8}");
                }
                continue;
            }
            '\r' | '\n' => {
                shown.push_str("\r\n");
                Key::Line(line)
            }
            c => {
                line.push(c);
                shown.push_str(&c.to_string().replace('\u{1d}', "^]"));
                if program.keys() != Keys::LinesAnd(c) {
                    continue;
                }
                Key::Line(line)
            }
        };
        let (text, ended) = tell(world, program, &key);
        line.clear();
        shown.push_str(&text);
        if ended.is_some() {
            return (shown, ended);
        }
    }
    (shown, None)
}

/// Runs a program at a terminal and types what the record typed, when it did.
fn run_in_terminal(world: &mut World, case: &Value) -> Ran {
    let from = world.cluster.end();
    let begun = world.cluster.now();
    let mut out = Output::default();
    let argv = argv(case);
    let outcome = with_context(world, &mut out, None, |context| launch(context, &argv));
    let mut ran = Ran {
        out: terminal(&mut out),
        exit: 127,
        ..Ran::default()
    };
    match outcome {
        Some(Outcome::Exit(status)) => ran.exit = i64::from(status),
        None => {}
        Some(Outcome::Foreground(mut program)) => {
            ran.exit = -9;
            let mut line = String::new();
            for event in case["tty"]["transcript"].as_array().into_iter().flatten() {
                let typed = event[2].as_str().unwrap_or_default();
                if event[1] != "i" || typed.is_empty() {
                    continue;
                }
                wait_until(world, begun, event[0].as_f64().unwrap_or_default());
                let (shown, ended) = keyboard(world, program.as_mut(), &mut line, typed);
                ran.out.push_str(&shown);
                if let Some(status) = ended {
                    ran.exit = i64::from(status);
                    break;
                }
            }
        }
    }
    ran.queries = queries(world, from);
    ran
}

/// Lets simulated time pass until so many seconds after the beginning.
fn wait_until(world: &mut World, begun: SimTime, seconds: f64) {
    let time = begun + Span::millis((seconds * 1_000.0) as u64);
    world.cluster.advance(time.since(world.cluster.now()));
}

/// A text with what varies from run to run masked.
fn masked(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        if let Some((start, _)) = line.split_once("Date: ") {
            out.push_str(&format!("{start}Date:\n"));
            continue;
        }
        if line.contains("--:--:--") {
            out.push_str(&metered(line));
            continue;
        }
        if let Some((start, _)) = line.split_once("WHEN: ") {
            out.push_str(&format!("{start}WHEN:\n"));
            continue;
        }
        let volatile = [
            "Query time",
            "COOKIE:",
            ", id: ",
            "min/avg/max",
            "hostmaster.cluster.local. ",
            "serial = ",
        ];
        match volatile
            .iter()
            .find_map(|mark| line.find(mark).map(|at| (at, mark.len())))
        {
            Some((at, length)) => {
                let (start, rest) = line.split_at(at + length);
                out.push_str(start);
                out.extend(
                    rest.chars()
                        .map(|c| if c.is_ascii_hexdigit() { '#' } else { c }),
                );
            }
            None => out.push_str(&without_millis(line)),
        }
    }
    while out.contains("##") {
        out = out.replace("##", "#");
    }
    out
}

/// A line with rows of curl's meter: how often a row is shown while nothing comes depends on the moment, the speeds on
/// the machine.
fn metered(line: &str) -> String {
    let mut out = String::new();
    let mut idle = false;
    for piece in line.split('\r') {
        let words: Vec<&str> = piece.split_whitespace().collect();
        let is_row = words.len() >= 12 && words.iter().take(8).all(|w| w.parse::<u64>().is_ok());
        let nothing = is_row && words.iter().take(8).all(|w| *w == "0");
        if nothing && idle && words.len() == 12 {
            continue;
        }
        idle = nothing && words.len() == 12;
        if is_row {
            out.push_str(&format!("\r{} # #", words[..6].join(" ")));
            // What follows the last field on its line is not the meter's.
            if let Some((_, rest)) = piece.rsplit_once("--:--:--") {
                let rest = rest
                    .trim_start_matches([' ', 'k', '.'])
                    .trim_start_matches(|c: char| c.is_ascii_digit());
                out.push_str(rest.trim_end_matches('\n'));
                idle = rest.trim().is_empty() && nothing;
            }
        } else {
            out.push_str(piece);
        }
    }
    format!("{}\n", without_millis(out.trim_end_matches('\n')))
}

/// A line with the numbers before `ms` and `milliseconds` masked.
fn without_millis(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let end = after
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(after.len());
        let (number, tail) = after.split_at(end);
        let unit = tail.trim_start_matches(' ');
        let millis = unit.starts_with("milliseconds")
            || unit
                .strip_prefix("ms")
                .is_some_and(|end| !end.starts_with(|c: char| c.is_ascii_alphanumeric()));
        out.push_str(if millis { "#" } else { number });
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// What differs between a record and a run.
fn compare(case: &Value, ran: &Ran, piped: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let mut check = |what: &str, expected: String, came: String| {
        if expected != came {
            faults.push(format!(
                "{what}\n    expected {expected:?}\n    came     {came:?}"
            ));
        }
    };
    if piped {
        check(
            "stdout",
            masked(case["stdout"].as_str().unwrap_or_default()),
            masked(&ran.out),
        );
        check(
            "stderr",
            masked(case["stderr"].as_str().unwrap_or_default()),
            masked(&ran.err),
        );
        check("exit", case["exit"].to_string(), ran.exit.to_string());
    } else {
        check(
            "terminal",
            masked(case["tty"]["output"].as_str().unwrap_or_default()),
            masked(&ran.out),
        );
        // A shell reports a program that a signal ended as 128 and the signal's number.
        let recorded = case["tty"]["exit"].as_i64().unwrap_or_default();
        let recorded = if recorded == -2 { 130 } else { recorded };
        check("exit", recorded.to_string(), ran.exit.to_string());
    }
    if let Some(dns) = case["dns"].as_array() {
        let asked = dns.iter().map(|q| {
            format!(
                "{} {}",
                q["q"].as_str().unwrap_or_default(),
                q["type"].as_str().unwrap_or_default()
            )
        });
        let (mut asked, mut came): (Vec<String>, Vec<String>) =
            (asked.collect(), ran.queries.clone());
        // Pairs of questions may arrive in either order.
        asked.sort();
        came.sort();
        check("questions", asked.join(", "), came.join(", "));
    }
    faults
}

fn judge(case: &Value, meta: &Value) -> Verdict {
    let situation = text(case, "situation");
    if let Some((_, reason)) = SKIPPED.iter().find(|(word, _)| situation.contains(word)) {
        return Verdict::Skip(reason);
    }
    let image = IMAGES
        .iter()
        .find(|(build, _)| text(case, "build") == *build);
    let mut world = world(image.map_or("busybox", |(_, image)| image), situation);
    stage(&mut world, case, meta);
    let piped = case.get("stdout").is_some_and(|out| !out.is_null());
    let ran = if piped {
        run_piped(&mut world, case)
    } else {
        run_in_terminal(&mut world, case)
    };
    let faults = compare(case, &ran, piped);
    if faults.is_empty() {
        Verdict::Pass
    } else {
        Verdict::Fail(format!("{situation}\n  {}", faults.join("\n  ")))
    }
}

#[test]
fn cases_tools() {
    let folder = folder().join("tools");
    let meta: Value = match fs::read_to_string(folder.join("meta.json")) {
        Ok(text) => serde_json::from_str(&text).expect("the laboratory's description is JSON"),
        Err(_) => Value::Null,
    };
    let cases = load(&folder);
    run(
        "cases_tools",
        cases
            .iter()
            .map(|case| (text(case, "id").to_owned(), judge(case, &meta))),
    );
}
