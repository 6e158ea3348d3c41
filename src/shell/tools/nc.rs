//! `BusyBox` nc: trying a port, and a connection typed into.

use super::host::{self, Lookup};
use super::{hint, usage};
use crate::cluster::{ConnId, ConnectError, Place, Protocol};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Program, Progress, Stream};
use crate::shell::surroundings::Surroundings;
use std::net::SocketAddr;

const USAGE: &str = "Usage: nc [OPTIONS] HOST PORT  - connect\nnc [OPTIONS] -l -p PORT [HOST] [PORT]  - listen\n\n\t-e PROG\tRun PROG after connect (must be last)\n\t-l\tListen mode, for inbound connects\n\t-lk\tWith -e, provides persistent server\n\t-p PORT\tLocal port\n\t-s ADDR\tLocal address\n\t-w SEC\tTimeout for connects and final net reads\n\t-i SEC\tDelay interval for lines sent\n\t-n\tDon't do DNS resolution\n\t-u\tUDP mode\n\t-b\tAllow broadcasts\n\t-v\tVerbose\n\t-o FILE\tHex dump traffic\n\t-z\tZero-I/O mode (scanning)";

/// Runs nc.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    if argv.get(1).is_some_and(|word| word == "--help") {
        usage::busybox_usage(context, None, USAGE);
        return Outcome::Exit(0);
    }
    let given = match usage::getopt(argv, "zvnubkls:p:w:i:o:e:", libc) {
        Ok(given) => given,
        Err(complaint) => {
            return Outcome::Exit(usage::busybox_usage(context, Some(&complaint), USAGE));
        }
    };
    if given.has('l') || given.has('k') {
        return listen(context);
    }
    if let Some(option) = given.options.iter().find(|(o, _)| *o == 'e') {
        context
            .out
            .note(&format!("Portside's nc does not simulate -{}.", option.0));
        return Outcome::Exit(1);
    }
    let (host, port) = match given.words.as_slice() {
        [] => return Outcome::Exit(usage::busybox_usage(context, None, USAGE)),
        [_] => return Outcome::Exit(1),
        [host, port] => (*host, *port),
        _ => return Outcome::Exit(usage::busybox_usage(context, None, USAGE)),
    };
    let patience = match given.value('w').map(|text| (text, text.parse::<u64>())) {
        None => None,
        Some((_, Ok(seconds))) => Some(Span::secs(seconds)),
        Some((text, Err(_))) => {
            context.out.error(&format!("nc: invalid number '{text}'"));
            return Outcome::Exit(1);
        }
    };
    let Some(number) = usage::port(port) else {
        context.out.error(&format!("nc: bad port '{port}'"));
        return Outcome::Exit(1);
    };
    let address = match host::lookup(context, host) {
        Lookup::Found(addresses) => addresses.first().copied(),
        Lookup::NotFound | Lookup::Failed => None,
    };
    let Some(address) = address else {
        context.out.error(&format!("nc: bad address '{host}'"));
        return Outcome::Exit(1);
    };
    let to = SocketAddr::new(address, number);
    if given.has('u') {
        return datagrams(context, &given, host, to);
    }
    connect(context, argv, &given, (host, to), patience)
}

/// Opens a connection, and says what came of it as loud as is wanted.
fn connect(
    context: &mut Context<'_>,
    argv: &[String],
    given: &usage::Given<'_>,
    (host, to): (&str, SocketAddr),
    patience: Option<Span>,
) -> Outcome {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let loud = given.options.iter().filter(|(o, _)| *o == 'v').count();
    match context
        .world
        .cluster
        .connect(context.place, to, Protocol::Tcp, patience)
    {
        Err(error) => {
            let tells = loud > usize::from(error == ConnectError::Refused);
            if tells {
                context.out.error(&format!(
                    "nc: {host} ({to}): {}",
                    usage::reason(error, libc)
                ));
            }
            if loud > 1 {
                context.out.error("sent 0, rcvd 0");
            }
            let old = to.ip().to_string();
            hint::no_such_service(context, to.ip(), Some(to.port()), &|new| {
                hint::with_word(argv, &old, new)
            });
            Outcome::Exit(1)
        }
        Ok(id) => {
            if loud > 0 {
                context.out.error(&format!("{host} ({to}) open"));
            }
            if given.has('z') {
                context.world.cluster.close(id);
                if loud > 1 {
                    context.out.error("sent 0, rcvd 0");
                }
                return Outcome::Exit(0);
            }
            talk(context, id)
        }
    }
}

/// UDP: opening tells nothing of the other end, which answers or not.
fn datagrams(
    context: &mut Context<'_>,
    given: &usage::Given<'_>,
    host: &str,
    to: SocketAddr,
) -> Outcome {
    if given.has('v') {
        context.out.error(&format!("{host} ({to}) open"));
    }
    if given.has('z') {
        return Outcome::Exit(0);
    }
    let cluster = &mut context.world.cluster;
    match cluster.connect(context.place, to, Protocol::Udp, None) {
        Ok(id) => talk(context, id),
        Err(_) => Outcome::Exit(0),
    }
}

fn talk(context: &mut Context<'_>, id: ConnId) -> Outcome {
    let mut nc = Nc {
        place: context.place.clone(),
        id,
    };
    let piped = context.stdin.take();
    let first = piped.clone().unwrap_or_default();
    match (nc.send(context, first.as_bytes()), piped) {
        (Progress::Exit(status), _) => Outcome::Exit(status),
        (_, Some(_)) => {
            context.world.cluster.close(id);
            Outcome::Exit(0)
        }
        (_, None) => Outcome::Foreground(Box::new(nc)),
    }
}

/// Waits for a connection. Nothing in the cluster calls a program that somebody started by hand.
fn listen(context: &mut Context<'_>) -> Outcome {
    if context.tty {
        context
            .out
            .note("Nobody will connect: Portside's Pods are served by their images' programs. Ctrl-C ends nc.");
    }
    Outcome::Foreground(Box::new(Listening {
        place: context.place.clone(),
    }))
}

/// A program that waits in vain.
struct Listening {
    place: Place,
}

impl Program for Listening {
    fn prompt(&self) -> String {
        String::new()
    }

    fn place(&self) -> Place {
        self.place.clone()
    }

    fn line(&mut self, _: &mut Context<'_>, _: &str) -> Progress {
        Progress::Stay
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.out.line("^Cpunt!");
        Progress::Exit(130)
    }

    fn end_of_input(&mut self, _: &mut Context<'_>) -> Progress {
        Progress::Stay
    }
}

/// An open session.
struct Nc {
    place: Place,
    id: ConnId,
}

impl Nc {
    fn send(&mut self, context: &mut Context<'_>, data: &[u8]) -> Progress {
        let received = context.world.cluster.send(self.id, data);
        context
            .out
            .write(Stream::Out, &String::from_utf8_lossy(&received.data));
        if received.closed.is_some() {
            Progress::Exit(0)
        } else {
            Progress::Stay
        }
    }
}

impl Program for Nc {
    fn prompt(&self) -> String {
        String::new()
    }

    fn place(&self) -> Place {
        self.place.clone()
    }

    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        self.send(context, format!("{line}\n").as_bytes())
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.world.cluster.close(self.id);
        context.out.line("^Cpunt!");
        Progress::Exit(130)
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        context.world.cluster.close(self.id);
        Progress::Exit(0)
    }
}
