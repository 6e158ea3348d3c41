//! `BusyBox` nc: trying a port, and a connection typed into.

use super::{hint, host, usage};
use crate::api::image::Libc;
use crate::cluster::{ConnId, ConnectError, Place, Protocol};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Program, Progress, Reads, Stream};
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
    // What stands behind -e is the program's own.
    let own = argv.iter().position(|word| word == "-e");
    let words = argv.get(..own.unwrap_or(argv.len())).unwrap_or(argv);
    let given = match usage::getopt(words, "zvnubkls:p:w:i:o:", libc) {
        Ok(given) if given.words.len() <= 2 => given,
        Ok(_) => return Outcome::Exit(usage::busybox_usage(context, None, USAGE)),
        Err(complaint) => {
            return Outcome::Exit(usage::busybox_usage(context, Some(&complaint), USAGE));
        }
    };
    let plan = match Plan::read(context, &given) {
        Ok(plan) => plan,
        Err(told) => {
            context.out.error(&format!("nc: {told}"));
            return Outcome::Exit(1);
        }
    };
    let listens = given.has('l') || given.has('k');
    if own.is_some() && (listens || plan.to.is_some()) {
        context.out.note("Portside's nc does not simulate -e.");
        return Outcome::Exit(1);
    }
    if listens {
        return listen(context, &plan);
    }
    let (Some(to), Some(host)) = (plan.to, given.words.first().copied()) else {
        return Outcome::Exit(usage::busybox_usage(context, None, USAGE));
    };
    connect(context, argv, &plan, (host, to))
}

/// What the command line asks for.
struct Plan {
    /// How many `-v` there are.
    loud: usize,
    zero: bool,
    protocol: Protocol,
    patience: Option<Span>,
    to: Option<SocketAddr>,
    /// `-p`.
    port: Option<u16>,
}

impl Plan {
    /// Reads the options in the order in which nc does, and finds the host.
    fn read(context: &mut Context<'_>, given: &usage::Given<'_>) -> Result<Self, String> {
        let libc = Surroundings::of(&context.world.cluster, context.place).libc;
        let wait = given
            .value('w')
            .map(|text| usage::number(text, 0..=u64::from(u32::MAX)));
        let wait = wait.transpose()?;
        if let Some(text) = given.value('i') {
            usage::number(text, 1..=0xffff)?;
        }
        let port = |text: &str| usage::port(text).ok_or_else(|| format!("bad port '{text}'"));
        let own = given.value('p').map(port).transpose()?;
        let to = match given.words.as_slice() {
            [] => None,
            [host, rest @ ..] => {
                let number = rest.first().map_or(Ok(0), |text| port(text))?;
                Some(host::busybox(context, host, number, host::BOTH)?)
            }
        };
        if let Some(source) = given.value('s') {
            let source = host::busybox(context, source, 0, host::BOTH)?.ip();
            if source != context.world.cluster.address_of(context.place) && !source.is_loopback() {
                let why = match libc {
                    Libc::Musl => "Address not available",
                    Libc::Glibc | Libc::None => "Cannot assign requested address",
                };
                return Err(format!("bind: {why}"));
            }
        }
        Ok(Self {
            loud: given.options.iter().filter(|(o, _)| *o == 'v').count(),
            zero: given.has('z'),
            protocol: if given.has('u') {
                Protocol::Udp
            } else {
                Protocol::Tcp
            },
            patience: wait.map(Span::secs),
            to,
            port: own,
        })
    }
}

/// Opens a connection, and says what came of it as loud as is wanted.
fn connect(
    context: &mut Context<'_>,
    argv: &[String],
    plan: &Plan,
    (host, to): (&str, SocketAddr),
) -> Outcome {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let protocol = plan.protocol;
    let mut opened = context.connect(to, protocol, plan.patience);
    if context.last_words() {
        punt(context);
        return Outcome::Exit(130);
    }
    // A datagram that nobody answers is taken for received; that it was refused shows once something is sent.
    let refused = opened == Err(ConnectError::Refused);
    let silent = matches!(opened, Err(ConnectError::TimedOut));
    if protocol == Protocol::Udp && (silent || (refused && !plan.zero)) {
        if plan.loud > 0 {
            context.out.error(&format!("{host} ({to}) open"));
        }
        if plan.loud > 1 {
            context.out.error("sent 0, rcvd 0");
        }
        return Outcome::Exit(0);
    }
    if plan.zero
        && let Ok(id) = opened
    {
        context.world.cluster.close(id);
    }
    match &mut opened {
        Err(error) => {
            if plan.loud > usize::from(*error == ConnectError::Refused) {
                let why = usage::reason(*error, libc);
                context.out.error(&format!("nc: {host} ({to}): {why}"));
            }
            if plan.loud > 1 {
                context.out.error("sent 0, rcvd 0");
            }
            let old = to.ip().to_string();
            hint::no_such_service(context, to.ip(), Some(to.port()), &|new| {
                hint::with_word(argv, &old, new)
            });
            Outcome::Exit(1)
        }
        Ok(id) => {
            if plan.loud > 0 {
                context.out.error(&format!("{host} ({to}) open"));
            }
            if !plan.zero {
                return talk(context, *id, plan.loud > 1);
            }
            if plan.loud > 1 {
                context.out.error("sent 0, rcvd 0");
            }
            Outcome::Exit(0)
        }
    }
}

fn talk(context: &mut Context<'_>, id: ConnId, counts: bool) -> Outcome {
    let mut nc = Nc {
        place: context.place.clone(),
        id,
        counts,
        sent: 0,
        received: 0,
    };
    let piped = context.stdin.take();
    let first = piped.clone().unwrap_or_default();
    match (nc.send(context, first.as_bytes()), piped) {
        (Progress::Exit(status), _) => Outcome::Exit(status),
        (_, Some(_)) => {
            context.world.cluster.close(id);
            nc.summary(context);
            Outcome::Exit(0)
        }
        (_, None) => Outcome::Foreground(Box::new(nc)),
    }
}

/// Waits for a connection. Nothing in the cluster calls a program that somebody started by hand.
fn listen(context: &mut Context<'_>, plan: &Plan) -> Outcome {
    if plan.loud > 0 {
        let port = plan
            .port
            .unwrap_or_else(|| context.world.cluster.free_port());
        context.out.error(&format!("listening on [::]:{port} ..."));
    }
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
#[derive(Clone)]
struct Listening {
    place: Place,
}

impl Program for Listening {
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        punt(context);
        Progress::Exit(130)
    }
}

/// Its last word when Ctrl-C ends it.
fn punt(context: &mut Context<'_>) {
    if context.tty {
        context.out.line("^Cpunt!");
    } else {
        context.out.error("punt!");
    }
}

/// An open session.
#[derive(Clone)]
struct Nc {
    place: Place,
    id: ConnId,
    /// Whether it tells at the end how many bytes went either way.
    counts: bool,
    sent: usize,
    received: usize,
}

impl Nc {
    fn summary(&self, context: &mut Context<'_>) {
        if self.counts {
            let (sent, received) = (self.sent, self.received);
            context.out.error(&format!("sent {sent}, rcvd {received}"));
        }
    }

    fn send(&mut self, context: &mut Context<'_>, data: &[u8]) -> Progress {
        let received = context.world.cluster.send(self.id, data);
        self.sent += data.len();
        self.received += received.data.len();
        context
            .out
            .write(Stream::Out, &String::from_utf8_lossy(&received.data));
        if received.closed.is_some() {
            self.summary(context);
            Progress::Exit(0)
        } else {
            Progress::Stay
        }
    }
}

impl Program for Nc {
    fn reads(&self) -> Reads {
        Reads::Lines
    }
    fn place(&self) -> Place {
        self.place.clone()
    }

    fn line(&mut self, context: &mut Context<'_>, line: &str) -> Progress {
        self.send(context, format!("{line}\n").as_bytes())
    }

    fn interrupt(&mut self, context: &mut Context<'_>) -> Progress {
        context.world.cluster.close(self.id);
        self.summary(context);
        punt(context);
        Progress::Exit(130)
    }

    fn end_of_input(&mut self, context: &mut Context<'_>) -> Progress {
        context.world.cluster.close(self.id);
        self.summary(context);
        Progress::Exit(0)
    }
}
