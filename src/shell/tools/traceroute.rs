//! traceroute of `BusyBox` and of Debian (2.1.2): probes with a growing TTL, three for each hop.
//!
//! Routers answer with an ICMP error, of which Linux sends only so many a second; a Service's address, a Pod and a node
//! end the way.

use super::host;
use super::ping::{is_allowed, ms};
use super::usage::{self, getopt};
use crate::api::image::Libc;
use crate::cluster::{ConnectError, Echo, Probe};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::surroundings::Surroundings;
use std::net::IpAddr;
use std::ops::RangeInclusive;

const BUSYBOX: &str = "Usage: traceroute [-46IFlnrv] [-f 1ST_TTL] [-m MAXTTL] [-q PROBES] [-p PORT]\n\t[-t TOS] [-w WAIT_SEC] [-s SRC_IP] [-i IFACE]\n\t[-z PAUSE_MSEC] HOST [BYTES]\n\nTrace the route to HOST\n\n\t-4,-6\tForce IP or IPv6 name resolution\n\t-F\tSet don't fragment bit\n\t-I\tUse ICMP ECHO instead of UDP datagrams\n\t-l\tDisplay TTL value of the returned packet\n\t-n\tPrint numeric addresses\n\t-r\tBypass routing tables, send directly to HOST\n\t-v\tVerbose\n\t-f N\tFirst number of hops (default 1)\n\t-m N\tMax number of hops\n\t-q N\tNumber of probes per hop (default 3)\n\t-p N\tBase UDP port number used in probes\n\t\t(default 33434)\n\t-s IP\tSource address\n\t-i IFACE Source interface\n\t-t N\tType-of-service in probe packets (default 0)\n\t-w SEC\tWait for a response (default 3)\n\t-z MSEC\tWait before each send";
const DEBIAN: &str = include_str!("text/traceroute.txt");

/// The most probes of one hop.
const MOST_PROBES: u64 = 10;

/// What the options say.
struct Plan {
    first: u64,
    most: u64,
    queries: u64,
    /// How long a probe is waited for.
    wait: Span,
    numeric: bool,
    /// Whether probes are answered by what errors' rate limit spares: echo replies, TCP, or one's own host.
    unlimited: bool,
    debian: bool,
    /// What `-v` shows of each answer: its size, and the address that it came to.
    verbose: Option<String>,
}

/// What a hop's probes gave.
struct Hop {
    /// Who answered, if anybody did.
    router: Option<IpAddr>,
    /// How many probes were answered.
    answered: u64,
    /// `!H` and the like.
    mark: &'static str,
    /// Whether the way ends here.
    last: bool,
}

impl Plan {
    fn read(given: &usage::Given<'_>, debian: bool) -> Result<Self, String> {
        let number = |option: char, usual: u64, range: RangeInclusive<u64>| {
            let text = given.value(option);
            text.map_or(Ok(usual), |text| usage::number(text, range))
        };
        let (most, wait) = if debian {
            let wait = given.value('w').and_then(super::curl::millis);
            (
                number('m', 30, 1..=255)?,
                wait.map_or(Span::secs(5), Span::millis),
            )
        } else {
            let most = number('m', 30, 1..=255)?;
            number('p', 0, 0..=65_535)?;
            number('q', 3, 1..=2_147_483_647)?;
            let wait = Span::secs(number('w', 3, 1..=86_400)?);
            number('z', 0, 0..=3_600_000)?;
            number('t', 0, 0..=255)?;
            (most, wait)
        };
        Ok(Self {
            first: number('f', 1, 1..=most)?,
            most,
            queries: number('q', 3, 0..=u64::MAX)?.clamp(1, MOST_PROBES),
            wait,
            numeric: given.has('n'),
            unlimited: given.has('I') || (debian && given.has('T')),
            debian,
            verbose: None,
        })
    }

    /// What comes back from the probes of one TTL.
    fn hop(&self, probe: &Probe, ttl: u64) -> Hop {
        let at = usize::try_from(ttl - 1).unwrap_or(usize::MAX);
        // Errors are limited by rate: of probes sent together, one is answered.
        let errors = |most: u64| self.queries.min(if self.debian { 1 } else { most });
        if let Some(router) = probe.via.get(at) {
            return Hop {
                router: Some(*router),
                answered: self.queries,
                mark: "",
                last: false,
            };
        }
        let unreachable = |router: IpAddr, mark: &'static str| Hop {
            router: Some(router),
            answered: errors(2),
            mark,
            last: true,
        };
        match probe.echo {
            Echo::Answers => Hop {
                router: None,
                answered: if self.unlimited {
                    self.queries
                } else {
                    errors(u64::MAX)
                },
                mark: "",
                last: true,
            },
            Echo::HostUnreachable(router) => unreachable(router, " !H"),
            Echo::NetUnreachable(router) => unreachable(router, " !N"),
            Echo::Prohibited(router) => {
                unreachable(router, if self.debian { " !X" } else { " !A" })
            }
            Echo::Silent | Echo::NoRoute => Hop {
                router: None,
                answered: 0,
                mark: "",
                last: false,
            },
        }
    }

    fn trace(&self, context: &mut Context<'_>, address: IpAddr) {
        for ttl in self.first..=self.most {
            let probe = context.world.cluster.probe(context.place, address);
            let hop = self.hop(&probe, ttl);
            let mut line = format!(
                "{ttl:2}{}",
                if self.debian || hop.answered > 0 {
                    " "
                } else {
                    ""
                }
            );
            if hop.answered > 0 {
                let router = hop.router.unwrap_or(address);
                let shown = match host_name(context, router, self.numeric) {
                    Some(name) => format!(" {name} ({router})"),
                    None if self.numeric => format!(" {router}"),
                    None => format!(" {router} ({router})"),
                };
                line.push_str(&shown);
                line.push_str(self.verbose.as_deref().unwrap_or_default());
            }
            for i in 0..self.queries {
                if i < hop.answered {
                    let micros = 60 + 210 * ttl.min(9) - 7 * i;
                    line.push_str(&format!("  {} ms{}", ms(micros), hop.mark));
                } else {
                    line.push_str(if self.debian { " *" } else { "  *" });
                    if !self.debian {
                        context.pass(self.wait);
                    }
                }
            }
            if self.debian && hop.answered < self.queries {
                context.pass(self.wait);
            }
            context.out.line(&line);
            if hop.last {
                break;
            }
        }
    }
}

fn host_name(context: &mut Context<'_>, address: IpAddr, numeric: bool) -> Option<String> {
    if numeric {
        None
    } else {
        host::reverse(context, address)
    }
}

/// Runs `BusyBox`'s traceroute.
pub(crate) fn busybox(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    if argv.get(1).is_some_and(|word| word == "--help") {
        usage::busybox_usage(context, None, BUSYBOX);
        return Outcome::Exit(0);
    }
    let given = match getopt(argv, "46FIlnrdvf:m:q:p:t:w:s:i:z:", libc) {
        Ok(given) if !given.words.is_empty() => given,
        Ok(_) => return Outcome::Exit(usage::busybox_usage(context, None, BUSYBOX)),
        Err(complaint) => {
            return Outcome::Exit(usage::busybox_usage(context, Some(&complaint), BUSYBOX));
        }
    };
    match way(context, &given) {
        Ok(()) => Outcome::Exit(0),
        Err(told) => {
            context.out.error(&format!("traceroute: {told}"));
            Outcome::Exit(1)
        }
    }
}

/// `BusyBox`'s first line and its hops, or what keeps it from them.
fn way(context: &mut Context<'_>, given: &usage::Given<'_>) -> Result<(), String> {
    let around = Surroundings::of(&context.world.cluster, context.place);
    let mut plan = Plan::read(given, false)?;
    let name = given.words.first().copied().unwrap_or_default();
    let address = host::busybox(context, name, 0, usage::families(given))?.ip();
    let least = if address.is_ipv4() { 46 } else { 72 };
    let bytes = given
        .words
        .get(1)
        .map_or(Ok(least), |text| usage::number(text, least..=32 * 1_024))?;
    if !is_allowed(context) {
        return Err("socket: Operation not permitted".to_owned());
    }
    if let Some(device) = given
        .value('i')
        .filter(|device| !matches!(*device, "eth0" | "lo"))
    {
        context.out.error(&format!(
            "traceroute: can't bind to interface {device}: No such device"
        ));
    }
    let own = context.world.cluster.address_of(context.place);
    let source = given.value('s');
    if source.is_some_and(|source| source.parse() != Ok(own)) {
        return Err("can't set multicast source interface".to_owned());
    }
    let error = match context.world.cluster.probe(context.place, address).echo {
        Echo::NoRoute => Some(ConnectError::NoRoute),
        Echo::NetUnreachable(router) if router.is_ipv4() != address.is_ipv4() => {
            Some(ConnectError::Unreachable)
        }
        // Without the routing table, only what is on the same link can be reached: nothing is, beside the own host.
        _ if given.has('r') && own != address && !address.is_loopback() => {
            Some(ConnectError::Unreachable)
        }
        _ => None,
    };
    if let Some(error) = error {
        return Err(usage::cannot_connect(address, error, around.libc));
    }
    let from = source.map(|source| format!(" from {source}"));
    context.out.line(&format!(
        "traceroute to {name} ({address}){}, {} hops max, {bytes} byte packets",
        from.unwrap_or_default(),
        plan.most
    ));
    if given.has('v') {
        // An error quotes the probe behind eight bytes of its own; an answer to an echo request leaves its head out.
        let size = if given.has('I') {
            bytes - 20
        } else {
            bytes + 8
        };
        plan.verbose = Some(format!(" {size} bytes to {own}"));
    }
    plan.trace(context, address);
    Ok(())
}

/// What Debian's options that take a value call it.
const VALUES: &[(char, &str)] = &[
    ('f', "first_ttl"),
    ('g', "gate,..."),
    ('i', "device"),
    ('l', "flow_label"),
    ('m', "max_ttl"),
    ('N', "squeries"),
    ('p', "port"),
    ('q', "nqueries"),
    ('s', "src_addr"),
    ('t', "tos"),
    ('w', "MAX,HERE,NEAR"),
    ('z', "sendwait"),
];

/// Checks Debian's options and words in their order; the complaint about the first that does not do.
fn complaint(argv: &[String]) -> Option<String> {
    let mut words = argv.iter().enumerate().skip(1);
    let mut position = 0;
    while let Some((at, word)) = words.next() {
        let mut letters = word.chars();
        if letters.next() != Some('-') || word.len() == 1 {
            position += 1;
            let packet = position == 2 && word.parse::<u32>().is_err();
            if packet {
                return Some(format!(
                    "Cannot handle \"packetlen\" cmdline arg `{word}' on position 2 (argc {at})"
                ));
            }
            if position > 2 {
                return Some(format!(
                    "Extra arg `{word}' (position {position}, argc {at})"
                ));
            }
            continue;
        }
        let mut at = at;
        while let Some(letter) = letters.next() {
            let Some((_, named)) = VALUES.iter().find(|(option, _)| *option == letter) else {
                if "46dFITnreAUD".contains(letter) {
                    continue;
                }
                return Some(format!("Bad option `{word}' (argc {at})"));
            };
            let mut value = letters.as_str();
            if value.is_empty() {
                let Some((next, text)) = words.next() else {
                    return Some(format!(
                        "Option `-{letter}' (argc {at}) requires an argument: `-{letter} {named}'"
                    ));
                };
                (at, value) = (next, text);
            }
            let fits = match letter {
                'f' | 'l' | 'm' | 'N' | 'p' | 'q' | 't' => value.parse::<u32>().is_ok(),
                'w' => {
                    let mut parts = value.split(',');
                    parts.all(|part| super::curl::millis(part).is_some())
                }
                'z' => super::curl::millis(value).is_some(),
                's' => value.parse::<IpAddr>().is_ok(),
                _ => true,
            };
            if !fits {
                return Some(format!(
                    "Cannot handle `-{letter}' option with arg `{value}' (argc {at})"
                ));
            }
            break;
        }
    }
    None
}

/// What Debian's traceroute says of numbers that are out of range.
fn out_of_range(given: &usage::Given<'_>) -> Option<&'static str> {
    let number = |option: char, usual: u32| {
        let text = given.value(option);
        text.map_or(usual, |text| text.parse().unwrap_or(usual))
    };
    let (first, most) = (number('f', 1), number('m', 30));
    let packet = given.words.get(1).and_then(|text| text.parse().ok());
    if first == 0 || first > most {
        Some("first hop out of range")
    } else if most > 255 {
        Some("max hops cannot be more than 255")
    } else if !(1..=10).contains(&number('q', 3)) {
        Some("no more than 10 probes per hop")
    } else if packet.is_some_and(|bytes: u32| bytes > 65_000) {
        Some("too big packetlen specified")
    } else {
        None
    }
}

/// Runs Debian's traceroute.
pub(crate) fn debian(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    if argv.len() == 1 || argv.iter().any(|word| word == "--help") {
        context.out.write(Stream::Err, DEBIAN);
        return Outcome::Exit(0);
    }
    if argv.iter().any(|word| word == "-V" || word == "--version") {
        context.out.error(
            "Modern traceroute for Linux, version 2.1.2\nCopyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later",
        );
        return Outcome::Exit(0);
    }
    let given = getopt(argv, "46dFITnreAUDf:g:i:m:N:p:t:l:w:q:s:z:", Libc::Glibc);
    let given = match (complaint(argv), given) {
        (None, Ok(given)) => given,
        (told, _) => {
            context.out.error(&told.unwrap_or_default());
            return Outcome::Exit(2);
        }
    };
    let Some(name) = given.words.first().copied() else {
        context.out.error("Specify \"host\" missing argument.");
        return Outcome::Exit(2);
    };
    let resolved = match host::resolve(context, name, usage::families(&given)) {
        Ok(resolved) => resolved,
        Err(error) => {
            let at = argv.iter().position(|word| word == name).unwrap_or(1);
            context.out.error(&format!(
                "{name}: {}\nCannot handle \"host\" cmdline arg `{name}' on position 1 (argc {at})",
                error.glibc()
            ));
            return Outcome::Exit(2);
        }
    };
    if let Some(told) = out_of_range(&given) {
        context.out.error(told);
        return Outcome::Exit(2);
    }
    let (Some(address), Ok(plan)) = (
        resolved.addresses.first().copied(),
        Plan::read(&given, true),
    ) else {
        return Outcome::Exit(2);
    };
    Outcome::Exit(plan.debian(context, &given, (name, address)))
}

impl Plan {
    /// Debian's first line, what its sockets say, and the hops.
    fn debian(
        mut self,
        context: &mut Context<'_>,
        given: &usage::Given<'_>,
        (name, address): (&str, IpAddr),
    ) -> i32 {
        let bytes = given.words.get(1).and_then(|text| text.parse().ok());
        let (usual, least) = if address.is_ipv4() {
            (60, 28)
        } else {
            (80, 48)
        };
        context.out.write(
            Stream::Out,
            &format!(
                "traceroute to {name} ({address}), {} hops max, {} byte packets",
                self.most,
                bytes.unwrap_or(usual).max(least)
            ),
        );
        if given
            .value('i')
            .is_some_and(|device| !matches!(device, "eth0" | "lo"))
        {
            let told = "\nsetsockopt SO_BINDTODEVICE: No such device\n";
            context.out.write(Stream::Err, told);
            return 1;
        }
        let why = match context.world.cluster.probe(context.place, address).echo {
            Echo::NoRoute => Some("No route to host"),
            // An IPv4 router knows nothing of IPv6: there is no way from here at all.
            Echo::NetUnreachable(router) if router.is_ipv4() != address.is_ipv4() => {
                Some("Network is unreachable")
            }
            _ => None,
        };
        if let Some(why) = why {
            context
                .out
                .write(Stream::Err, &format!("\nconnect: {why}\n"));
            return 1;
        }
        context.out.line("");
        let own = crate::shell::surroundings::read(context.world, context.place, "/", "/etc/hosts");
        let own = own.unwrap_or_default();
        self.unlimited |= own
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .any(|word| word.parse() == Ok(address));
        self.trace(context, address);
        0
    }
}
