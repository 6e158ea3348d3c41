//! getent: hosts, ahosts and a few other databases, as glibc's and musl's differ.

use super::host::{self, BOTH};
use crate::api::image::Libc;
use crate::dns::RecordType;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::image_files;
use crate::shell::surroundings::{self, Surroundings};
use std::net::IpAddr;

/// The status for a key that is not found.
const NOT_FOUND: i32 = 2;

const TRY_HELP: &str = "Try `getent --help' or `getent --usage' for more information.";
const HELP: &str = include_str!("text/getent.txt");
const USAGE: &str = "Usage: getent [-Ai?V] [-s CONFIG] [--no-addrconfig] [--no-idn]\n            [--service=CONFIG] [--help] [--usage] [--version]\n            database [key ...]";
const VERSION: &str = "getent (Debian GLIBC 2.36-9+deb12u14) 2.36\nCopyright (C) 2022 Free Software Foundation, Inc.\nThis is free software; see the source for copying conditions.  There is NO\nwarranty; not even for MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.\nWritten by Thorsten Kukuk.";

/// Runs getent.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let mut sources = Sources::default();
    let words = if libc == Libc::Musl {
        argv.iter().skip(1).map(String::as_str).collect()
    } else {
        match glibc_words(context, argv, &mut sources) {
            Ok(words) => words,
            Err(status) => return Outcome::Exit(status),
        }
    };
    let Some((database, keys)) = words.split_first() else {
        if libc == Libc::Musl {
            context.out.error("Usage: getent database [key ...]");
        } else {
            context.out.error("getent: wrong number of arguments");
            context.out.line(TRY_HELP);
        }
        return Outcome::Exit(1);
    };
    let status = match *database {
        "hosts" | "ahosts" | "ahostsv4" | "ahostsv6" if keys.is_empty() => {
            listed(context);
            0
        }
        "hosts" => each(keys, |key| hosts(context, key, libc, sources)),
        "ahosts" | "ahostsv4" | "ahostsv6" => {
            each(keys, |key| ahosts(context, key, (*database, libc), sources))
        }
        "passwd" | "group" => accounts(context, database, keys),
        "networks" | "services" | "protocols" if keys.is_empty() => {
            for row in image_files::rows(&format!("/etc/{database}")) {
                line(
                    context,
                    row.first().copied().unwrap_or_default(),
                    22,
                    row.get(1..),
                );
            }
            0
        }
        "services" | "protocols" => each(keys, |key| row(context, database, key)),
        "initgroups" => each(keys, |key| {
            context.out.line(&format!("{key:<21}"));
            true
        }),
        "ethers" | "netgroup" | "initgroup" if keys.is_empty() => {
            let told = format!("Enumeration not supported on {database}");
            context.out.error(&told);
            3
        }
        "aliases" | "ethers" | "gshadow" | "netgroup" | "networks" | "rpc" | "shadow" => {
            if keys.is_empty() { 0 } else { NOT_FOUND }
        }
        other => {
            context.out.error(&format!("Unknown database: {other}"));
            if libc != Libc::Musl {
                context.out.line(TRY_HELP);
            }
            1
        }
    };
    Outcome::Exit(status)
}

/// The status of a database that is asked for each key.
fn each(keys: &[&str], mut found: impl FnMut(&str) -> bool) -> i32 {
    let mut status = 0;
    for key in keys {
        if !found(key) {
            status = NOT_FOUND;
        }
    }
    status
}

/// Where `-s` says that hosts are to be looked up.
#[derive(Clone, Copy)]
struct Sources {
    files: bool,
    dns: bool,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            files: true,
            dns: true,
        }
    }
}

/// The words beside glibc's options; the exit status where they end the program.
fn glibc_words<'a>(
    context: &mut Context<'_>,
    argv: &'a [String],
    sources: &mut Sources,
) -> Result<Vec<&'a str>, i32> {
    let (mut words, mut iter) = (Vec::new(), argv.iter().skip(1).map(String::as_str));
    let complain = |context: &mut Context<'_>, told: &str| {
        context.out.error(&format!("getent: {told}\n{TRY_HELP}"));
        Err(64)
    };
    while let Some(word) = iter.next() {
        let config = match word {
            "--" => {
                words.extend(iter.by_ref());
                break;
            }
            "--help" | "-?" => {
                context.out.write(Stream::Out, HELP);
                return Err(0);
            }
            "--usage" => {
                context.out.line(USAGE);
                return Err(0);
            }
            "--version" | "-V" => {
                context.out.line(VERSION);
                return Err(0);
            }
            "-A" | "-i" | "-Ai" | "-iA" | "--no-addrconfig" | "--no-idn" => continue,
            "-s" | "--service" => match iter.next() {
                Some(config) => config,
                None => return complain(context, "option requires an argument -- 's'"),
            },
            _ => match word
                .strip_prefix("--service=")
                .or_else(|| word.strip_prefix("-s"))
            {
                Some(config) => config,
                None if word.starts_with("--") => {
                    let told = format!("unrecognized option '{word}'");
                    return complain(context, &told);
                }
                None => match word.strip_prefix('-').and_then(|rest| rest.chars().next()) {
                    Some(letter) => {
                        let told = format!("invalid option -- '{letter}'");
                        return complain(context, &told);
                    }
                    None => {
                        words.push(word);
                        continue;
                    }
                },
            },
        };
        let services = match config.split_once(':') {
            Some(("hosts", services)) => services,
            Some(_) => continue,
            None => config,
        };
        let has = |name: &str| services.split([' ', ',']).any(|service| service == name);
        *sources = Sources {
            files: has("files"),
            dns: has("dns"),
        };
    }
    Ok(words)
}

/// A line of a name in columns, and what belongs to it.
fn line(context: &mut Context<'_>, name: &str, width: usize, rest: Option<&[&str]>) {
    let rest = rest.unwrap_or_default().join(" ");
    context.out.line(&format!("{name:<width$}{rest}"));
}

/// Accounts and groups as the place's files have them: all, or each by its name or number.
fn accounts(context: &mut Context<'_>, database: &str, keys: &[&str]) -> i32 {
    let path = format!("/etc/{database}");
    let own = surroundings::read(context.world, context.place, "/", &path);
    let text = own.unwrap_or_else(|_| {
        let around = Surroundings::of(&context.world.cluster, context.place);
        image_files::read(around.kit, &path)
            .unwrap_or_default()
            .into()
    });
    if keys.is_empty() {
        for line in text.lines() {
            context.out.line(line);
        }
    }
    each(keys, |key| {
        let is_meant = |line: &&str| {
            let mut fields = line.split(':');
            fields.next() == Some(key) || fields.nth(1) == Some(key)
        };
        let found = text.lines().find(is_meant);
        if let Some(line) = found {
            context.out.line(line);
        }
        found.is_some()
    })
}

/// A service or a protocol, by its name, an alias or its number.
fn row(context: &mut Context<'_>, database: &str, key: &str) -> bool {
    let (key, kind) = match key.split_once('/') {
        Some((key, kind)) => (key, Some(kind)),
        None => (key, None),
    };
    let found = image_files::rows(&format!("/etc/{database}")).find(|row| {
        let (name, number) = (
            row.first().copied(),
            row.get(1).copied().unwrap_or_default(),
        );
        let (number, own) = number.split_once('/').unwrap_or((number, ""));
        let mut names = name.into_iter().chain(row.iter().skip(2).copied());
        kind.is_none_or(|kind| kind == own) && (number == key || names.any(|name| name == key))
    });
    if let Some(row) = &found {
        line(
            context,
            row.first().copied().unwrap_or_default(),
            22,
            row.get(1..),
        );
    }
    found.is_some()
}

/// The entries of the hosts file: an address, the first name, the others.
fn entries(context: &Context<'_>) -> Vec<(IpAddr, Vec<String>)> {
    let text = surroundings::read(context.world, context.place, "/", "/etc/hosts");
    let entry = |line: &str| {
        let mut words = line
            .split('#')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let address = words.next()?.parse().ok()?;
        Some((address, words.map(str::to_owned).collect()))
    };
    text.unwrap_or_default().lines().filter_map(entry).collect()
}

/// All of the hosts file that has an IPv4 address, or can have one: IPv6's loopback is IPv4's.
fn listed(context: &mut Context<'_>) {
    for (address, names) in entries(context) {
        let shown = match address {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) if ip.is_loopback() => "127.0.0.1".to_owned(),
            IpAddr::V6(_) => continue,
        };
        context
            .out
            .line(&format!("{shown:<15} {}", names.join(" ")));
    }
}

/// `getent hosts NAME`; whether it was found.
fn hosts(context: &mut Context<'_>, key: &str, libc: Libc, sources: Sources) -> bool {
    if let Ok(address) = key.parse::<IpAddr>() {
        let Some(name) = host::reverse(context, address) else {
            return false;
        };
        show(context, libc, &[address], &name, &name);
        return true;
    }
    let kinds = [RecordType::Aaaa, RecordType::A];
    let in_file = entries(context);
    for six in [true, false].into_iter().filter(|_| sources.files) {
        let found = in_file.iter().find(|(address, names)| {
            address.is_ipv6() == six && names.iter().any(|name| name == key)
        });
        if let Some((address, names)) = found {
            let names = if libc == Libc::Musl {
                vec![key.to_owned()]
            } else {
                names.clone()
            };
            let first = names.first().cloned().unwrap_or_default();
            let text = names.join(" ");
            let (canonical, typed) = if libc == Libc::Musl {
                (first.as_str(), first.as_str())
            } else {
                (text.as_str(), text.as_str())
            };
            show(context, libc, &[*address], canonical, typed);
            return true;
        }
    }
    for kind in kinds.into_iter().filter(|_| sources.dns) {
        let Ok(resolved) = host::by_dns(context, key, &[kind]) else {
            continue;
        };
        if libc == Libc::Musl {
            again(context, key, kind, &resolved);
        }
        let alias = resolved
            .alias
            .clone()
            .unwrap_or_else(|| resolved.canonical.clone());
        let typed = if libc == Libc::Musl {
            key.to_owned()
        } else {
            alias
        };
        show(
            context,
            libc,
            &resolved.addresses,
            &resolved.canonical,
            &typed,
        );
        return true;
    }
    false
}

/// musl looks up anew with more room while what it found does not fit.
fn again(context: &mut Context<'_>, key: &str, kind: RecordType, resolved: &host::Resolved) {
    let size = if kind == RecordType::Aaaa { 16 } else { 4 };
    let need = 4 * 8
        + (resolved.addresses.len() + 1) * (8 + size)
        + key.len()
        + 1
        + resolved.canonical.len()
        + 1;
    let mut room = 127;
    while need > room - 32 {
        room = 2 * room + 1;
        let _ = host::by_dns(context, key, &[kind]);
    }
}

fn show(context: &mut Context<'_>, libc: Libc, addresses: &[IpAddr], name: &str, typed: &str) {
    if libc == Libc::Musl {
        let also = if typed == name {
            String::new()
        } else {
            format!(" {typed}")
        };
        if let Some(address) = addresses.first() {
            context.out.line(&format!(
                "{:<16}  {name}  {name}{also}",
                address.to_string()
            ));
        }
        return;
    }
    let also = if typed == name {
        String::new()
    } else {
        format!(" {typed}")
    };
    for address in addresses {
        context
            .out
            .line(&format!("{:<15} {name}{also}", address.to_string()));
    }
}

/// `getent ahosts NAME`; whether it was found.
fn ahosts(
    context: &mut Context<'_>,
    key: &str,
    (database, libc): (&str, Libc),
    sources: Sources,
) -> bool {
    let types: &[RecordType] = match database {
        "ahostsv4" => &[RecordType::A],
        "ahostsv6" => &[RecordType::Aaaa],
        _ => BOTH,
    };
    let mut find = |types: &[RecordType]| match (sources.files, sources.dns) {
        (_, false) if key.parse::<IpAddr>().is_err() => host::by_files(context, key, types),
        (false, true) => host::by_dns(context, key, types).ok(),
        _ => host::resolve(context, key, types).ok(),
    };
    let mut found = find(types);
    if found.is_none() && database == "ahostsv6" && libc != Libc::Musl {
        // IPv4 addresses stand in for those of IPv6 that are missing.
        found = find(&[RecordType::A]);
    }
    let Some(resolved) = found else {
        return false;
    };
    let text = |address: &IpAddr| match address {
        IpAddr::V4(four) if database == "ahostsv6" => four.to_ipv6_mapped().to_string(),
        other => other.to_string(),
    };
    let mut first = true;
    for address in &resolved.addresses {
        let kinds: &[&str] = if libc == Libc::Musl {
            &["STREAM", "DGRAM"]
        } else {
            &["STREAM", "DGRAM", "RAW"]
        };
        for kind in kinds {
            let name = if first || libc == Libc::Musl {
                resolved.canonical.as_str()
            } else {
                ""
            };
            first = false;
            context
                .out
                .line(&format!("{:<15} {kind:<6} {name}", text(address)));
        }
    }
    true
}
