//! How programs turn a host name into addresses: the C library of their place, its hosts file, its resolver.

use crate::api::image::Libc;
use crate::cluster::{Answered, Cluster, Place};
use crate::dns::resolver::{self, Ask, Error, glibc, musl};
use crate::dns::{DnsName, Record, RecordData, RecordType, ResolvConf};
use crate::kernel::{BTreeMap, SimTime, Span};
use crate::shell::context::Context;
use crate::shell::surroundings::{self, Surroundings};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

/// What came of a look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lookup {
    /// The addresses, in the library's order; at least one.
    Found(Vec<IpAddr>),
    /// The name does not exist, or has no address.
    NotFound,
    /// No server gave an answer to rely on.
    Failed,
}

/// What a C library knows of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    /// The addresses, in the library's order; at least one.
    pub addresses: Vec<IpAddr>,
    /// The name that has them, at the end of all aliases.
    pub canonical: String,
    /// The name that was found first, if it is an alias.
    pub alias: Option<String>,
}

/// Both kinds of addresses.
pub(super) const BOTH: &[RecordType] = &[RecordType::A, RecordType::Aaaa];

/// Looks a name up; an address stands for itself.
pub(super) fn lookup(context: &mut Context<'_>, name: &str) -> Lookup {
    match resolve(context, name, BOTH) {
        Ok(mut resolved) => {
            // BusyBox prefers IPv4, and so do those who only want to know whether it is there.
            resolved.addresses.sort_by_key(IpAddr::is_ipv6);
            Lookup::Found(resolved.addresses)
        }
        Err(Error::NotFound | Error::NoData) => Lookup::NotFound,
        Err(Error::TryAgain | Error::Fail) => Lookup::Failed,
    }
}

/// Looks a name up as `getaddrinfo` does: the address itself, the hosts file, then DNS, for these types only.
pub(super) fn resolve(
    context: &mut Context<'_>,
    name: &str,
    types: &[RecordType],
) -> Result<Resolved, Error> {
    resolve_until(context, name, types, None)
}

/// The same, but for somebody who gives up at a time; what is asked by then is asked.
pub(super) fn resolve_until(
    context: &mut Context<'_>,
    name: &str,
    types: &[RecordType],
    until: Option<SimTime>,
) -> Result<Resolved, Error> {
    let plain = |address: IpAddr| Resolved {
        addresses: vec![address],
        canonical: name.to_owned(),
        alias: None,
    };
    if let Ok(address) = name.parse() {
        return Ok(plain(address));
    }
    if let Some(found) = by_files(context, name, types) {
        return Ok(found);
    }
    by_dns_until(context, name, types, until)
}

/// Looks a name up by DNS alone.
pub(super) fn by_dns(
    context: &mut Context<'_>,
    name: &str,
    types: &[RecordType],
) -> Result<Resolved, Error> {
    by_dns_until(context, name, types, None)
}

fn by_dns_until(
    context: &mut Context<'_>,
    name: &str,
    types: &[RecordType],
    until: Option<SimTime>,
) -> Result<Resolved, Error> {
    if name.is_empty() {
        return Err(Error::NotFound);
    }
    if *context.place == Place::Laptop {
        let found = outside(&context.world.cluster, name);
        let addresses: Vec<IpAddr> = found
            .iter()
            .filter_map(|record| record.data.address())
            .collect();
        let canonical = found.last().map(|record| bare(&record.name));
        return if addresses.is_empty() {
            Err(Error::NotFound)
        } else {
            Ok(Resolved {
                addresses,
                canonical: canonical.unwrap_or_else(|| name.to_owned()),
                alias: None,
            })
        };
    }
    let outcome = ask(context, name, types, until);
    let asked = outcome.tries.last().map(|last| bare(&last.ask.query.name));
    let canonical = outcome
        .canonical
        .map_or_else(|| name.to_owned(), |name| bare(&name));
    match outcome.result? {
        addresses if addresses.is_empty() => Err(Error::NotFound),
        addresses => Ok(Resolved {
            addresses,
            alias: asked.filter(|asked| *asked != canonical),
            canonical,
        }),
    }
}

/// `HOST` or `HOST:PORT` as `BusyBox`'s programs read them, of these types.
///
/// # Errors
///
/// What they say of one that they cannot use.
pub(super) fn busybox(
    context: &mut Context<'_>,
    text: &str,
    port: u16,
    types: &[RecordType],
) -> Result<SocketAddr, String> {
    let (name, port) = match text.split_once(':') {
        Some((name, digits)) if !digits.contains(':') => {
            let port = digits.parse();
            (name, port.map_err(|_| format!("bad port spec '{text}'"))?)
        }
        _ => (text.trim_matches(['[', ']']), port),
    };
    let found = resolve(context, name, types).ok();
    let first = found.and_then(|found| {
        let mut all = found.addresses.iter();
        all.clone().find(|ip| ip.is_ipv4()).or(all.next()).copied()
    });
    first
        .map(|address| SocketAddr::new(address, port))
        .ok_or_else(|| format!("bad address '{text}'"))
}

/// A name without the dot at its end.
fn bare(name: &DnsName) -> String {
    let text = name.to_string();
    text.strip_suffix('.').unwrap_or(&text).to_owned()
}

/// Lets the place's C library ask.
fn ask(
    context: &mut Context<'_>,
    name: &str,
    types: &[RecordType],
    until: Option<SimTime>,
) -> resolver::Outcome {
    let conf = resolv_conf(context);
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let place = context.place.clone();
    context.mark();
    walk_until(&mut context.world.cluster, &place, until, |asker| {
        let outcome = match libc {
            Libc::Musl => musl::resolve_types(name, types, &conf, asker),
            Libc::Glibc | Libc::None => glibc::resolve_types(name, types, &conf, asker),
        };
        let took = outcome.took;
        (outcome, took)
    })
}

/// The name of an address, as `getnameinfo` finds it.
pub(super) fn reverse(context: &mut Context<'_>, address: IpAddr) -> Option<String> {
    let text = surroundings::read(context.world, context.place, "/", "/etc/hosts");
    let hosts = text.unwrap_or_default();
    let named = hosts.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let own: IpAddr = words.next()?.parse().ok()?;
        words.next().filter(|_| own == address).map(str::to_owned)
    });
    if named.is_some() || *context.place == Place::Laptop {
        return named;
    }
    let name = crate::dns::reverse_name(address).to_string();
    let outcome = ask(context, &name, &[RecordType::Ptr], None);
    let replies = outcome.tries.iter().filter_map(resolver::Try::reply);
    let mut records = replies.flat_map(|reply| &reply.answer);
    records.find_map(|record| match &record.data {
        RecordData::Ptr(target) => Some(bare(target)),
        _ => None,
    })
}

/// What the laptop's own resolver finds: the world outside has no names of the cluster. Aliases come first, IPv4
/// before IPv6; none if nothing has an address.
pub(super) fn outside(cluster: &Cluster, name: &str) -> Vec<Record> {
    let name = DnsName::parse(name).map(|name| name.to_lower());
    name.map(|name| cluster.outside().addresses(&name))
        .unwrap_or_default()
}

/// What the place's `/etc/resolv.conf` says.
pub(super) fn resolv_conf(context: &Context<'_>) -> ResolvConf {
    let text = surroundings::read(context.world, context.place, "/", "/etc/resolv.conf");
    ResolvConf::parse(&text.unwrap_or_default())
}

/// Looks a name up in the hosts file: IPv6 addresses come first, as they do by their scope.
pub(super) fn by_files(
    context: &Context<'_>,
    name: &str,
    types: &[RecordType],
) -> Option<Resolved> {
    let text = surroundings::read(context.world, context.place, "/", "/etc/hosts").ok()?;
    let lines = text.lines().filter_map(|line| line.split('#').next());
    let found = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let address: IpAddr = words.next()?.parse().ok()?;
        words
            .any(|word| word.eq_ignore_ascii_case(name))
            .then_some(address)
    });
    let kind = |address: &IpAddr| match address {
        IpAddr::V4(_) => RecordType::A,
        IpAddr::V6(_) => RecordType::Aaaa,
    };
    let mut addresses: Vec<IpAddr> = found.filter(|ip| types.contains(&kind(ip))).collect();
    addresses.sort_by_key(IpAddr::is_ipv4);
    (!addresses.is_empty()).then(|| Resolved {
        addresses,
        canonical: name.to_owned(),
        alias: None,
    })
}

/// Lets a resolver walk over the cluster: each question is sent at its time, and the time that the walk took passes.
pub(super) fn walk<T>(
    cluster: &mut Cluster,
    place: &Place,
    run: impl FnOnce(resolver::Asker<'_>) -> (T, Span),
) -> T {
    walk_until(cluster, place, None, run)
}

/// The same, broken off at a time.
fn walk_until<T>(
    cluster: &mut Cluster,
    place: &Place,
    until: Option<SimTime>,
    run: impl FnOnce(resolver::Asker<'_>) -> (T, Span),
) -> T {
    let begun = cluster.now();
    let mut over = OverCluster {
        cluster,
        place,
        begun,
        ports: BTreeMap::new(),
        until,
    };
    let (result, took) = run(&mut over);
    let end = begun + took;
    catch_up(over.cluster, until.map_or(end, |until| end.min(until)));
    result
}

/// A walk whose questions go over the cluster's network.
struct OverCluster<'a> {
    cluster: &'a mut Cluster,
    place: &'a Place,
    begun: SimTime,
    /// The port of each of the walk's sockets.
    ports: BTreeMap<u32, u16>,
    /// When nobody waits for it any more.
    until: Option<SimTime>,
}

impl resolver::Asking for OverCluster<'_> {
    fn ask(&mut self, ask: &Ask) -> (resolver::Answered, Span) {
        if self.until.is_some_and(|until| until <= self.begun + ask.at) {
            return (resolver::Answered::Timeout, Span::default());
        }
        catch_up(self.cluster, self.begun + ask.at);
        let sent = self.cluster.now();
        let port = *self
            .ports
            .entry(ask.socket)
            .or_insert_with(|| self.cluster.free_port());
        let via = (ask.transport, port);
        let answered = self.cluster.ask(self.place, ask.server, &ask.query, via);
        let answered = match answered {
            Answered::Reply(reply) => resolver::Answered::Reply(Rc::new(reply)),
            Answered::Refused => resolver::Answered::Refused,
            Answered::Silence => resolver::Answered::Timeout,
            Answered::NoRoute => resolver::Answered::Unreachable,
        };
        (answered, self.cluster.now().since(sent))
    }

    fn heard(&mut self, tried: &resolver::Try) {
        if self
            .until
            .is_some_and(|until| until <= self.begun + tried.ask.at)
        {
            return;
        }
        self.cluster
            .tell_walk(self.place, &tried.ask.query, tried.then);
    }
}

fn catch_up(cluster: &mut Cluster, time: SimTime) {
    cluster.advance(time.since(cluster.now()));
}
