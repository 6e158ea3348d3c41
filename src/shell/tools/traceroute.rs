//! traceroute of `BusyBox` and of Debian (2.1.2): probes with a growing TTL, three for each hop.
//!
//! Routers answer with an ICMP error, of which Linux sends only so many a second; a Service's address, a Pod and a node
//! end the way.

use super::host::{self, BOTH, Lookup};
use super::ping::{is_allowed, ms};
use super::usage::{self, getopt};
use crate::api::image::Libc;
use crate::cluster::{Echo, Probe};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::surroundings::Surroundings;
use std::net::IpAddr;

const BUSYBOX: &str = "Usage: traceroute [-46FIlnrv] [-f 1ST_TTL] [-m MAXTTL] [-q PROBES] [-p PORT]\n\t[-t TOS] [-w WAIT_SEC] [-s SRC_IP] [-i IFACE]\n\t[-z PAUSE_MSEC] HOST [BYTES]\n\nTrace the route to HOST\n\n\t-4,-6\tForce IP or IPv6 name resolution\n\t-F\tSet don't fragment bit\n\t-I\tUse ICMP ECHO instead of UDP datagrams\n\t-l\tDisplay TTL value of the returned packet\n\t-n\tPrint numeric addresses\n\t-r\tBypass routing tables, send directly to HOST\n\t-v\tVerbose\n\t-f N\tFirst number of hops (default 1)\n\t-m N\tSet max number of hops\n\t-q N\tNumber of probes per hop (default 3)\n\t-p N\tBase UDP port number used in probes\n\t\t(default 33434)\n\t-s IP\tSource address\n\t-i IFACE\tSource interface\n\t-t N\tType-of-service in probe packets (default 0)\n\t-w SEC\tWait for a response (default 3)\n\t-z MSEC\tWait before each send";
const DEBIAN: &str = include_str!("text/traceroute.txt");

/// What the options say.
struct Plan {
    first: u64,
    most: u64,
    queries: u64,
    /// How long a probe is waited for.
    wait: Span,
    numeric: bool,
    icmp: bool,
    debian: bool,
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
        let number = |option: char, usual: u64| match given.value(option) {
            None => Ok(usual),
            Some(text) => text.parse::<u64>().map_err(|_| text.to_owned()),
        };
        let wait = given.value('w').and_then(super::curl::millis);
        Ok(Self {
            first: number('f', 1)?.max(1),
            most: number('m', 30)?.min(255),
            queries: number('q', 3)?.clamp(1, 10),
            wait: wait.map_or(Span::secs(if debian { 5 } else { 3 }), Span::millis),
            numeric: given.has('n'),
            icmp: given.has('I'),
            debian,
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
                answered: if self.icmp {
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
    let given = match getopt(argv, "46FIlnrvf:m:q:p:t:w:s:i:z:", libc) {
        Ok(given) if (1..=2).contains(&given.words.len()) => given,
        Ok(_) => return Outcome::Exit(usage::busybox_usage(context, None, BUSYBOX)),
        Err(complaint) => {
            return Outcome::Exit(usage::busybox_usage(context, Some(&complaint), BUSYBOX));
        }
    };
    let plan = match Plan::read(&given, false) {
        Ok(plan) => plan,
        Err(text) => {
            context
                .out
                .error(&format!("traceroute: invalid number '{text}'"));
            return Outcome::Exit(1);
        }
    };
    let name = given.words.first().copied().unwrap_or_default();
    let found = match host::lookup(context, name) {
        Lookup::Found(addresses) => addresses.first().copied(),
        Lookup::NotFound | Lookup::Failed => None,
    };
    let Some(address) = found else {
        context
            .out
            .error(&format!("traceroute: bad address '{name}'"));
        return Outcome::Exit(1);
    };
    if !is_allowed(context) {
        context
            .out
            .error("traceroute: socket: Operation not permitted");
        return Outcome::Exit(1);
    }
    let bytes = given.words.get(1).and_then(|text| text.parse().ok());
    context.out.line(&format!(
        "traceroute to {name} ({address}), {} hops max, {} byte packets",
        plan.most,
        bytes.unwrap_or(46_u64)
    ));
    if context.world.cluster.probe(context.place, address).echo == Echo::NoRoute {
        context.out.error("traceroute: sendto: No route to host");
        return Outcome::Exit(1);
    }
    plan.trace(context, address);
    Outcome::Exit(0)
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
    let Ok(given) = getopt(argv, "46dFITnreAUDf:g:i:m:N:p:t:l:w:q:s:z:", Libc::Glibc) else {
        let mut words = argv.iter().enumerate().skip(1);
        let (at, word) = words
            .find(|(_, word)| word.starts_with('-'))
            .map_or((1, ""), |(at, word)| (at, word.as_str()));
        context
            .out
            .error(&format!("Bad option `{word}' (argc {at})"));
        return Outcome::Exit(2);
    };
    let Ok(plan) = Plan::read(&given, true) else {
        context
            .out
            .error("Cannot handle option argument of traceroute");
        return Outcome::Exit(2);
    };
    let Some(name) = given.words.first().copied() else {
        context.out.error("Specify \"host\" missing argument.");
        return Outcome::Exit(2);
    };
    let resolved = match host::resolve(context, name, BOTH) {
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
    let Some(address) = resolved.addresses.first().copied() else {
        return Outcome::Exit(2);
    };
    context.out.write(
        Stream::Out,
        &format!(
            "traceroute to {name} ({address}), {} hops max, 60 byte packets",
            plan.most
        ),
    );
    if context.world.cluster.probe(context.place, address).echo == Echo::NoRoute {
        context
            .out
            .write(Stream::Err, "\nconnect: No route to host\n");
        return Outcome::Exit(1);
    }
    context.out.line("");
    plan.trace(context, address);
    Outcome::Exit(0)
}
