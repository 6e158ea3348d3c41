//! getent: hosts, ahosts and a few other databases, as glibc's and musl's differ.

use super::host::{self, BOTH};
use crate::api::image::Libc;
use crate::dns::RecordType;
use crate::shell::context::{Context, Outcome};
use crate::shell::surroundings::{self, Surroundings};
use std::net::IpAddr;

/// The status for a key that is not found.
const NOT_FOUND: i32 = 2;

/// Runs getent.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    let Some((database, keys)) = words.split_first() else {
        if libc == Libc::Musl {
            context.out.error("Usage: getent database [key ...]");
        } else {
            context.out.error("getent: wrong number of arguments");
            context
                .out
                .line("Try `getent --help' or `getent --usage' for more information.");
        }
        return Outcome::Exit(1);
    };
    let mut status = 0;
    match *database {
        "hosts" if keys.is_empty() => listed(context),
        "hosts" => {
            for key in keys {
                if !hosts(context, key, libc) {
                    status = NOT_FOUND;
                }
            }
        }
        "ahosts" | "ahostsv4" | "ahostsv6" => {
            for key in keys {
                if !ahosts(context, key, database, libc) {
                    status = NOT_FOUND;
                }
            }
        }
        "passwd" => {
            let shell = if libc == Libc::Musl {
                "/bin/sh"
            } else {
                "/bin/bash"
            };
            let known = keys.is_empty() || keys.iter().any(|key| matches!(*key, "root" | "0"));
            if known {
                context.out.line(&format!("root:x:0:0:root:/root:{shell}"));
            }
            if keys.iter().any(|key| !matches!(*key, "root" | "0")) {
                status = NOT_FOUND;
            }
        }
        "group" => {
            if keys.is_empty() || keys.contains(&"root") {
                context.out.line("root:x:0:");
            } else {
                status = NOT_FOUND;
            }
        }
        other => {
            context.out.error(&format!("Unknown database: {other}"));
            if libc != Libc::Musl {
                context
                    .out
                    .line("Try `getent --help' or `getent --usage' for more information.");
            }
            status = 1;
        }
    }
    Outcome::Exit(status)
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
fn hosts(context: &mut Context<'_>, key: &str, libc: Libc) -> bool {
    if let Ok(address) = key.parse::<IpAddr>() {
        let Some(name) = host::reverse(context, address) else {
            return false;
        };
        show(context, libc, &[address], &name, &name);
        return true;
    }
    let kinds = [RecordType::Aaaa, RecordType::A];
    let in_file = entries(context);
    for six in [true, false] {
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
    for kind in kinds {
        let Ok(resolved) = host::resolve(context, key, &[kind]) else {
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
        let _ = host::resolve(context, key, &[kind]);
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
fn ahosts(context: &mut Context<'_>, key: &str, database: &str, libc: Libc) -> bool {
    let types: &[RecordType] = match database {
        "ahostsv4" => &[RecordType::A],
        "ahostsv6" => &[RecordType::Aaaa],
        _ => BOTH,
    };
    let Ok(resolved) = host::resolve(context, key, types) else {
        return false;
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
                .line(&format!("{:<15} {kind:<6} {name}", address.to_string()));
        }
    }
    true
}
