//! `ssh`: a node, or a machine of the world outside, as a place to type at. Keys and passwords are left out: the reader's is accepted.

use super::context::{Context, Outcome, Program, Progress};
use super::interpreter::Shell;
use super::parser::parse;
use super::reading::sh;
use crate::api::kind;
use crate::cluster::{Cluster, Place};

/// Options of `OpenSSH` that are followed by a value.
const WITH_VALUE: &[&str] = &["-i", "-l", "-o", "-p", "-F", "-L", "-R", "-D", "-J", "-b"];

/// `ssh [user@]NODE|outside [COMMAND…]`.
pub(super) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let mut words = argv.iter().skip(1).peekable();
    while let Some(word) = words.next_if(|word| word.starts_with('-')) {
        if WITH_VALUE.contains(&word.as_str()) {
            words.next();
        }
    }
    let Some(target) = words.next() else {
        context.out.error("usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] [-b bind_address]\n           [-c cipher_spec] [-D [bind_address:]port] [-E log_file]\n           [-e escape_char] [-F configfile] [-I pkcs11] [-i identity_file]\n           [-J destination] [-L address] [-l login_name] [-m mac_spec]\n           [-O ctl_cmd] [-o option] [-P tag] [-p port] [-R address]\n           [-S ctl_path] [-W host:port] [-w local_tun[:remote_tun]]\n           destination [command [argument ...]]");
        return Outcome::Exit(255);
    };
    let host = target.rsplit('@').next().unwrap_or(target);
    let Some(place) = place(&context.world.cluster, host) else {
        let numeric = host.chars().all(|c| c.is_ascii_digit() || c == '.');
        context.out.error(&if numeric {
            format!("ssh: connect to host {host} port 22: Connection timed out")
        } else {
            format!("ssh: Could not resolve hostname {host}: Name or service not known")
        });
        return Outcome::Exit(255);
    };
    let command: Vec<&str> = words.map(String::as_str).collect();
    if command.is_empty() {
        return Outcome::Foreground(Box::new(Login {
            host: host.to_owned(),
            place,
        }));
    }
    let text = command.join(" ");
    if parse(&text, super::surroundings::Dialect::Bash).is_err() {
        context
            .out
            .error(&format!("bash: line 1: {text}: syntax error"));
        return Outcome::Exit(2);
    }
    let env = Shell::interactive(context.world, place.clone(), None).exported;
    let mut inner = Context {
        place: &place,
        env: &env,
        cwd: "/root",
        tty: false,
        ..context.inner()
    };
    sh(&mut inner, &["bash".to_owned(), "-c".to_owned(), text])
}

/// The node of a name or an address; `outside` is a machine of the world outside.
fn place(cluster: &Cluster, host: &str) -> Option<Place> {
    if host == "outside" {
        return Some(Place::Outside);
    }
    let mut nodes = cluster.tables().all(kind::NODE);
    let found = nodes.find(|object| {
        *object.meta.name == *host
            || object
                .node()
                .is_some_and(|node| node.status.addresses.iter().any(|a| a.address == host))
    })?;
    Some(Place::Node(found.meta.name.as_str().into()))
}

/// A login.
#[derive(Clone)]
struct Login {
    host: String,
    place: Place,
}

impl Program for Login {
    fn place(&self) -> Place {
        self.place.clone()
    }
    fn start(&mut self, context: &mut Context<'_>) -> Progress {
        let shell = Shell::interactive(context.world, self.place.clone(), None);
        Progress::Push(Box::new(shell))
    }
    fn end_of_input(&mut self, _context: &mut Context<'_>) -> Progress {
        Progress::Exit(0)
    }
    fn child_ended(&mut self, context: &mut Context<'_>, status: i32) -> Progress {
        context
            .out
            .line(&format!("logout\nConnection to {} closed.", self.host));
        Progress::Exit(status)
    }
}
