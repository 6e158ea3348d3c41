//! How programs turn a host name into addresses: the C library of their place, its hosts file, its resolver.

use crate::api::image::Libc;
use crate::cluster::{Answered, Cluster, Place};
use crate::dns::resolver::{self, Ask, Error, glibc, musl};
use crate::dns::{DnsName, Record, RecordData, ResolvConf};
use crate::kernel::{SimTime, Span};
use crate::shell::context::Context;
use crate::shell::surroundings::{self, Surroundings};
use std::net::IpAddr;
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

/// Looks a name up; an address stands for itself.
pub(super) fn lookup(context: &mut Context<'_>, name: &str) -> Lookup {
    if let Ok(address) = name.parse() {
        return Lookup::Found(vec![address]);
    }
    if let Some(address) = in_hosts_file(context, name) {
        return Lookup::Found(vec![address]);
    }
    if *context.place == Place::Laptop {
        let found = outside(&context.world.cluster, name);
        let addresses: Vec<IpAddr> = found
            .iter()
            .filter_map(|record| record.data.address())
            .collect();
        return if addresses.is_empty() {
            Lookup::NotFound
        } else {
            Lookup::Found(addresses)
        };
    }
    let conf = resolv_conf(context);
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let place = context.place.clone();
    let outcome = walk(&mut context.world.cluster, &place, |asker| {
        let outcome = match libc {
            Libc::Musl => musl::resolve(name, &conf, asker),
            Libc::Glibc | Libc::None => glibc::resolve(name, &conf, asker),
        };
        let took = outcome.took;
        (outcome, took)
    });
    match outcome.result {
        Ok(addresses) if !addresses.is_empty() => Lookup::Found(addresses),
        Ok(_) | Err(Error::NotFound | Error::NoData) => Lookup::NotFound,
        Err(Error::TryAgain | Error::Fail) => Lookup::Failed,
    }
}

/// What the laptop's own resolver finds: the world outside has no names of the cluster. Aliases come first, IPv4
/// before IPv6.
pub(super) fn outside(cluster: &Cluster, name: &str) -> Vec<Record> {
    let mut found: Vec<Record> = Vec::new();
    let Ok(mut name) = DnsName::parse(name).map(|name| name.to_lower()) else {
        return found;
    };
    for _ in 0..8 {
        let records = cluster
            .outside()
            .records()
            .filter(|record| record.name.to_lower() == name);
        let mut records: Vec<&Record> = records.collect();
        let alias = records.iter().find_map(|record| match &record.data {
            RecordData::Cname(target) => Some(((*record).clone(), target.to_lower())),
            _ => None,
        });
        match alias {
            Some((record, target)) => {
                found.push(record);
                name = target;
            }
            None => {
                records.sort_by_key(|record| record.data.address().map(|ip| ip.is_ipv6()));
                found.extend(
                    records
                        .into_iter()
                        .filter(|record| record.data.address().is_some())
                        .cloned(),
                );
                break;
            }
        }
    }
    found
}

/// What the place's `/etc/resolv.conf` says.
pub(super) fn resolv_conf(context: &Context<'_>) -> ResolvConf {
    let text = surroundings::read(context.world, context.place, "/", "/etc/resolv.conf");
    ResolvConf::parse(&text.unwrap_or_default())
}

fn in_hosts_file(context: &Context<'_>, name: &str) -> Option<IpAddr> {
    let text = surroundings::read(context.world, context.place, "/", "/etc/hosts").ok()?;
    let lines = text.lines().filter_map(|line| line.split('#').next());
    let mut found = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let address: IpAddr = words.next()?.parse().ok()?;
        words
            .any(|word| word.eq_ignore_ascii_case(name))
            .then_some(address)
    });
    found.find(IpAddr::is_ipv4)
}

/// Lets a resolver walk over the cluster: each question is sent at its time, and the time that the walk took passes.
pub(super) fn walk<T>(
    cluster: &mut Cluster,
    place: &Place,
    run: impl FnOnce(resolver::Asker<'_>) -> (T, Span),
) -> T {
    let begun = cluster.now();
    let (result, took) = run(&mut |ask: &Ask| {
        catch_up(cluster, begun + ask.at);
        let sent = cluster.now();
        let answered = match cluster.ask(place, ask.server, &ask.query) {
            Answered::Reply(reply) => resolver::Answered::Reply(Rc::new(reply)),
            Answered::Refused => resolver::Answered::Refused,
            Answered::Silence => resolver::Answered::Timeout,
            Answered::NoRoute => resolver::Answered::Unreachable,
        };
        (answered, cluster.now().since(sent))
    });
    catch_up(cluster, begun + took);
    result
}

fn catch_up(cluster: &mut Cluster, time: SimTime) {
    cluster.advance(time.since(cluster.now()));
}
