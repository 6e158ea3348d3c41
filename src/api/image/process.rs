//! What a container's program does, given its image, its command line and its environment.

use super::catalogue::{Image, Listener, Main, Serves, Site, UNKNOWN, lookup};
use super::{Reference, command};
use crate::api::Object;
use crate::api::pod::{Container, Pod};
use crate::kernel::{BTreeSet, Span};
use std::rc::Rc;

/// One port that a running container listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The port.
    pub port: u16,
    /// Whether it is UDP.
    pub udp: bool,
    /// What answers there.
    pub serves: Serves,
    /// The text that replaces an HTTP server's own page.
    pub text: Option<String>,
    /// The pages that an annotation scripts.
    pub script: Option<Rc<str>>,
    /// The container's name.
    pub container: String,
    /// Whether the image is in the catalogue; if not, the declared ports stand in for what it really does.
    pub known: bool,
}

/// What its configuration makes of a server's program: which ports are open, and whether it stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configured {
    /// Ports of the image that stay shut.
    pub shut: Vec<u16>,
    /// Further ports that report how it is.
    pub opened: Vec<u16>,
    /// How long after its start the program ends with an error; none if it stays.
    pub ends: Option<Span>,
    /// Whether programs that run already end too.
    pub kills: bool,
    /// Pods whose program runs and is not ready to serve.
    pub waiting: BTreeSet<Rc<str>>,
}

impl Configured {
    /// What is really listened on, of what the image listens on.
    pub fn apply(&self, mut all: Vec<Listening>) -> Vec<Listening> {
        let reports = all.iter().find(|l| matches!(l.serves, Serves::Http(_)));
        let opened: Vec<Listening> = reports.map_or_else(Vec::new, |like| {
            let port = |port: &u16| Listening {
                port: *port,
                ..like.clone()
            };
            self.opened.iter().map(port).collect()
        });
        all.retain(|listening| !self.shut.contains(&listening.port));
        all.extend(opened);
        all
    }
}

/// Whether an object is a Pod that the Service of cluster DNS selects.
pub fn is_cluster_dns(object: &Object) -> bool {
    let label = || object.meta.labels.get("k8s-app");
    object.meta.namespace == "kube-system" && label().is_some_and(|label| label == "kube-dns")
}

/// Everything that a Pod's running containers listen on.
pub fn listening(pod: &Pod) -> Vec<Listening> {
    let running = |name: &str| {
        pod.status
            .container_statuses
            .iter()
            .any(|status| status.name == name && status.state.running.is_some())
    };
    pod.spec
        .containers
        .iter()
        .filter(|c| running(&c.name))
        .flat_map(listeners)
        .collect()
}

/// Everything that a container listens on once it runs.
pub fn listeners(container: &Container) -> Vec<Listening> {
    let image = lookup(&container.image);
    let known = image != &UNKNOWN;
    let item = |listener: &Listener, port: u16, text: Option<String>| Listening {
        port,
        udp: listener.udp,
        serves: listener.serves,
        text,
        script: None,
        container: container.name.clone(),
        known,
    };
    if let Some(opened) = command::opened(image, container) {
        return vec![item(&opened.listener, opened.listener.port, opened.text)];
    }
    if !container.command.is_empty() && known && !runs_own_program(image, container) {
        return Vec::new();
    }
    if !known {
        let declared = container.ports.iter().filter_map(|port| {
            let number = u16::try_from(port.container_port).ok()?;
            let listener = Listener {
                port: number,
                udp: port.protocol() == "UDP",
                serves: Serves::Http("It answers."),
            };
            (port.protocol() != "SCTP").then(|| item(&listener, number, None))
        });
        return declared.collect();
    }
    if let Some(listens) = agnhost(image, container) {
        let each = |l: &Listener| item(l, l.port, None);
        return listens.iter().map(each).collect();
    }
    let chosen = chosen_port(image, container);
    let text = option(container, &["-text", "--text"]).or_else(|| own_text(image, container));
    let listen = |(i, listener): (usize, &Listener)| {
        let port = if i == 0 {
            chosen.unwrap_or(listener.port)
        } else {
            listener.port
        };
        item(listener, port, text.clone())
    };
    let all = image.listens.iter();
    let open = all.filter(|l| is_open(image, container, l.port));
    open.enumerate().map(listen).collect()
}

/// The last part of an image's first name.
fn base(image: &Image) -> &'static str {
    let name = image.names.first().and_then(|name| name.rsplit('/').next());
    name.unwrap_or_default()
}

/// Whether an image opens a port that only some of its tags, or only some arguments, open.
fn is_open(image: &Image, container: &Container, port: u16) -> bool {
    let mut words = container.command.iter().chain(&container.args);
    match (base(image), port) {
        ("rabbitmq", 15672) => Reference::parse(&container.image)
            .is_some_and(|reference| reference.tag.contains("management")),
        ("traefik", 8080) => {
            words.any(|word| word == "--api.insecure" || word == "--api.insecure=true")
        }
        _ => true,
    }
}

/// What agnhost listens on: that is said by its subcommand; without one it only sleeps.
fn agnhost(image: &Image, container: &Container) -> Option<Vec<Listener>> {
    let names = image.names.first()?;
    if !names.ends_with("/agnhost") {
        return None;
    }
    let words = container.command.iter().chain(&container.args);
    let mut words = words
        .map(String::as_str)
        .skip_while(|w| w.ends_with("agnhost"));
    let port = |flags: &[&str], usual: u16| {
        let text = option(container, flags);
        text.and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let one = |port: u16, udp: bool, serves: Serves| Listener { port, udp, serves };
    Some(match words.next() {
        Some("netexec") => vec![
            one(
                port(&["--http-port"], 8080),
                false,
                Serves::Web(Site::Netexec),
            ),
            one(port(&["--udp-port"], 8081), true, Serves::Echo),
        ],
        Some("serve-hostname") => {
            vec![one(
                port(&["--port", "--http-port"], 9376),
                false,
                Serves::Web(Site::HostName),
            )]
        }
        Some("test-webserver") => {
            vec![one(
                port(&["--port"], 80),
                false,
                Serves::Http("Index of /"),
            )]
        }
        Some("tcp-reset") => vec![one(port(&["--port"], 8080), false, Serves::Resetting)],
        Some(_) | None => Vec::new(),
    })
}

/// The text that an image's program has of itself.
fn own_text(image: &Image, container: &Container) -> Option<String> {
    let ends = |name: &str| image.names.iter().any(|known| known.ends_with(name));
    if ends("http-echo") {
        return Some("hello-world".to_owned());
    }
    // Its version is its tag.
    let tag = container
        .image
        .rsplit_once(':')
        .map_or("1.0", |(_, tag)| tag);
    let versioned = ["hello-app", "kuard-amd64", "kubernetes-bootcamp"];
    versioned.into_iter().any(ends).then(|| tag.to_owned())
}

/// What a container's main program does.
pub fn main_program(container: &Container) -> Main {
    let image = lookup(&container.image);
    let words: Vec<&str> = container
        .command
        .iter()
        .chain(&container.args)
        .map(String::as_str)
        .collect();
    let Some(first) = words
        .first()
        .filter(|_| !container.command.is_empty() || image.main == Main::Shell)
    else {
        return image.main;
    };
    match first.rsplit('/').next().unwrap_or_default() {
        "sh" | "ash" | "bash"
            if words.iter().any(|w| {
                let goes_on = [
                    "sleep",
                    "while",
                    "tail -f",
                    "httpd -f",
                    "nc -l",
                    "http.server",
                ];
                goes_on.iter().any(|part| w.contains(part))
            }) =>
        {
            Main::Server
        }
        "sh" | "ash" | "bash" if words.len() == 1 => Main::Shell,
        "sh" | "ash" | "bash" => Main::Exits(exit_status(container)),
        "echo" | "true" | "date" | "env" | "ls" | "cat" | "nslookup" | "wget" => Main::Exits(0),
        "false" => Main::Exits(1),
        _ => Main::Server,
    }
}

/// The status with which a chain of commands ends: its last `exit`'s, or that of a `false` at its end.
pub fn exit_status(container: &Container) -> i64 {
    let text = container.command.iter().chain(&container.args).last();
    let text = text.map_or("", |text| text.trim_end_matches([';', ' ', '\n']));
    let exit = text.rsplit_once("exit ").map(|(_, rest)| rest);
    let digits = exit.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    match digits.and_then(|digits| digits.parse::<i64>().ok()) {
        Some(status) => status % 256,
        None => i64::from(text.ends_with("false")),
    }
}

/// How long a program runs before it ends by itself: the seconds of its `sleep`s, if it is a chain of commands without a
/// loop; none if it goes on for ever.
pub fn lasts_secs(container: &Container) -> Option<u64> {
    let words = container.command.iter().chain(&container.args);
    if !words.clone().any(|word| word.contains("sleep")) {
        return None;
    }
    let text = words.map(String::as_str).collect::<Vec<_>>().join(" ");
    let endless = [
        "while", "until", "for ", "infinity", "tail -f", "nc ", "httpd", "serve", "listen", " -m ",
    ];
    if !text.contains("sleep ") || endless.iter().any(|word| text.contains(word)) {
        return None;
    }
    let number = |part: &str| {
        part.split(|c: char| !c.is_ascii_digit())
            .next()?
            .parse::<u64>()
            .ok()
    };
    let unit = |part: &str| match part
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .chars()
        .next()
    {
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => 1,
    };
    let sleeps = text.split("sleep ").skip(1);
    sleeps
        .map(|part| Some(number(part)?.saturating_mul(unit(part))))
        .sum()
}

/// The name that an init container waits for, as the documentation's `until nslookup myservice; do …` does.
pub fn waits_for(container: &Container) -> Option<String> {
    let words = container.command.iter().chain(&container.args);
    let text = words.map(String::as_str).collect::<Vec<_>>().join(" ");
    let (_, rest) = text.split_once("until nslookup ")?;
    let name = rest.split(['.', ' ', ';']).next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// How long a container's main program takes from SIGTERM to its end, in milliseconds; none if it must be killed.
pub fn stops_after_ms(container: &Container) -> Option<u64> {
    let overridden = !container.command.is_empty();
    // The first process of a container ignores signals that it has no handler for: `sleep`, a shell.
    if overridden && !runs_own_program(lookup(&container.image), container) {
        None
    } else {
        lookup(&container.image).stops_after_ms
    }
}

/// Whether a command line names the image's own server.
fn runs_own_program(image: &Image, container: &Container) -> bool {
    let program = container
        .command
        .first()
        .and_then(|word| word.rsplit('/').next())
        .unwrap_or_default();
    let own = image
        .names
        .iter()
        .filter_map(|name| name.rsplit('/').next());
    container.command.is_empty()
        || own
            .into_iter()
            .any(|name| program.starts_with(name) || name.starts_with(program))
}

/// The port that arguments or environment set for the first listener.
fn chosen_port(image: &Image, container: &Container) -> Option<u16> {
    let (flags, variable): (&[&str], &str) = match base(image) {
        "redis" => (&["--port"], "REDIS_PORT_NUMBER"),
        "whoami" => (&["--port", "-port"], "WHOAMI_PORT_NUMBER"),
        "http-echo" => (&["-listen", "--listen"], ""),
        "memcached" => (&["-p", "--port"], ""),
        "mysql" => (&["--port", "-P"], "MYSQL_TCP_PORT"),
        "postgres" => (&["-p", "--port"], "PGPORT"),
        "mongo" => (&["--port"], ""),
        "rabbitmq" => (&[], "RABBITMQ_NODE_PORT"),
        "kuard-amd64" => (&["--address", "-address"], "KUARD_ADDRESS"),
        "hello-app" => (&[], "PORT"),
        "nginx-unprivileged" => (&[], "NGINX_HTTP_PORT_NUMBER"),
        "traefik" => (
            &["--entrypoints.web.address", "--entryPoints.web.address"],
            "",
        ),
        _ => return None,
    };
    let text = option(container, flags).or_else(|| env(container, variable))?;
    text.rsplit(':').next()?.parse().ok()
}

fn env(container: &Container, name: &str) -> Option<String> {
    container
        .env
        .iter()
        .find(|var| var.name == name)
        .map(|var| var.value.clone())
}

/// The value of a flag, written `--flag value` or `--flag=value`.
fn option(container: &Container, flags: &[&str]) -> Option<String> {
    let words: Vec<&String> = container.command.iter().chain(&container.args).collect();
    words.iter().enumerate().find_map(|(i, word)| {
        flags.iter().find_map(|flag| {
            let rest = word.strip_prefix(flag)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value.to_owned()),
                None if rest.is_empty() => words.get(i + 1).map(|next| (*next).clone()),
                None => None,
            }
        })
    })
}
