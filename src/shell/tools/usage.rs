//! How programs read their options and complain about them: `getopt` of each C library, and `BusyBox`'s banner.

use super::host::BOTH;
use crate::api::image::{Libc, ToolSet};
use crate::cluster::ConnectError;
use crate::dns::RecordType;
use crate::shell::context::Context;
use crate::shell::surroundings::{Kit, Surroundings};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// Options and the words beside them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::shell) struct Given<'a> {
    /// Each option with its value, in order.
    pub options: Vec<(char, &'a str)>,
    /// The other words.
    pub words: Vec<&'a str>,
}

impl Given<'_> {
    /// Whether an option was given.
    pub(super) fn has(&self, option: char) -> bool {
        self.options.iter().any(|(o, _)| *o == option)
    }

    /// The last value of an option.
    pub(super) fn value(&self, option: char) -> Option<&str> {
        self.options
            .iter()
            .rev()
            .find(|(o, _)| *o == option)
            .map(|(_, value)| *value)
    }
}

/// Reads options as `getopt` does; `known` is its option string, `zvw:` for `-z`, `-v` and `-w VALUE`.
///
/// # Errors
///
/// The line that the C library prints.
pub(in crate::shell) fn getopt<'a>(
    argv: &'a [String],
    known: &str,
    libc: Libc,
) -> Result<Given<'a>, String> {
    let program = argv.first().map_or("", String::as_str);
    let mut given = Given::default();
    let mut iter = argv.iter().skip(1);
    while let Some(word) = iter.next() {
        let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
            given.words.push(word);
            continue;
        };
        if letters == "-" {
            given.words.extend(iter.map(String::as_str));
            break;
        }
        if let Some(long) = letters.strip_prefix('-') {
            return Err(match libc {
                Libc::Glibc | Libc::None => format!("{program}: unrecognized option '--{long}'"),
                Libc::Musl => format!("{program}: unrecognized option: {long}"),
            });
        }
        for (at, option) in letters.char_indices() {
            let rest = letters.get(at + option.len_utf8()..).unwrap_or_default();
            let found = known.find(option).filter(|_| option != ':');
            let takes = found
                .and_then(|at| known.get(at + option.len_utf8()..))
                .is_some_and(|after| after.starts_with(':'));
            match (found, libc) {
                (None, Libc::Musl) => {
                    return Err(format!("{program}: unrecognized option: {option}"));
                }
                (None, _) => return Err(format!("{program}: invalid option -- '{option}'")),
                (Some(_), _) if !takes => given.options.push((option, "")),
                (Some(_), _) => {
                    let value = if rest.is_empty() {
                        iter.next().map(String::as_str)
                    } else {
                        Some(rest)
                    };
                    let Some(value) = value else {
                        return Err(match libc {
                            Libc::Musl => {
                                format!("{program}: option requires an argument: {option}")
                            }
                            Libc::Glibc | Libc::None => {
                                format!("{program}: option requires an argument -- '{option}'")
                            }
                        });
                    };
                    given.options.push((option, value));
                    break;
                }
            }
        }
    }
    Ok(given)
}

/// The first line of every `BusyBox` usage text.
pub(super) fn banner(around: Surroundings) -> &'static str {
    match around.kit {
        Kit::Image(ToolSet::Busybox) => {
            "BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary."
        }
        Kit::Image(_) | Kit::Laptop | Kit::Node => {
            "BusyBox v1.36.1 (2024-06-10 07:11:47 UTC) multi-call binary."
        }
    }
}

/// Prints a `BusyBox` usage text, after the complaint that led to it; the exit status.
pub(in crate::shell) fn busybox_usage(
    context: &mut Context<'_>,
    complaint: Option<&str>,
    text: &str,
) -> i32 {
    if let Some(complaint) = complaint {
        context.out.error(complaint);
    }
    let around = Surroundings::of(&context.world.cluster, context.place);
    context.out.error(&format!("{}\n\n{text}", banner(around)));
    1
}

/// The C library's words for why a connection failed.
pub(super) fn reason(error: ConnectError, libc: Libc) -> &'static str {
    match (error, libc) {
        (ConnectError::Refused, _) => "Connection refused",
        (ConnectError::TimedOut, Libc::Musl) => "Operation timed out",
        (ConnectError::TimedOut, _) => "Connection timed out",
        (ConnectError::NoRoute, Libc::Musl) => "Host is unreachable",
        (ConnectError::NoRoute, _) => "No route to host",
        (ConnectError::Unreachable, Libc::Musl) => "Network unreachable",
        (ConnectError::Unreachable, _) => "Network is unreachable",
    }
}

/// What `BusyBox`'s programs say when a connection fails: of IPv6 they leave the address out.
pub(super) fn cannot_connect(address: IpAddr, error: ConnectError, libc: Libc) -> String {
    let of = match address {
        IpAddr::V4(address) => format!(" ({address})"),
        IpAddr::V6(_) => String::new(),
    };
    format!("can't connect to remote host{of}: {}", reason(error, libc))
}

/// A number as `BusyBox` reads it.
///
/// # Errors
///
/// What it says of another text, or of a number out of range.
pub(super) fn number(text: &str, range: RangeInclusive<u64>) -> Result<u64, String> {
    match text.parse::<u64>() {
        Err(_) => Err(format!("invalid number '{text}'")),
        Ok(value) if !range.contains(&value) => Err(format!(
            "number {text} is not in {}..{} range",
            range.start(),
            range.end()
        )),
        Ok(value) => Ok(value),
    }
}

/// The types of addresses that `-4` and `-6` leave.
pub(super) fn families(given: &Given<'_>) -> &'static [RecordType] {
    match (given.has('4'), given.has('6')) {
        (true, false) => &[RecordType::A],
        (false, true) => &[RecordType::Aaaa],
        _ => BOTH,
    }
}

/// A port as `BusyBox` reads it: a number, or a name of the usual `/etc/services`.
pub(super) fn port(text: &str) -> Option<u16> {
    const SERVICES: &[(&str, u16)] = &[
        ("ftp", 21),
        ("ssh", 22),
        ("telnet", 23),
        ("smtp", 25),
        ("domain", 53),
        ("http", 80),
        ("pop3", 110),
        ("https", 443),
    ];
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits {
        return text.parse().ok();
    }
    SERVICES
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, port)| *port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_getopt_does() {
        let argv = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let words = argv("nc -zvw2 redis -n 6379");
        let given = getopt(&words, "zvnw:", Libc::Glibc).unwrap();
        assert_eq!(given.options, [('z', ""), ('v', ""), ('w', "2"), ('n', "")]);
        assert_eq!(given.words, ["redis", "6379"]);
        assert_eq!(
            getopt(&argv("telnet -h"), "al:", Libc::Glibc).unwrap_err(),
            "telnet: invalid option -- 'h'"
        );
        assert_eq!(
            getopt(&argv("telnet -h"), "al:", Libc::Musl).unwrap_err(),
            "telnet: unrecognized option: h"
        );
    }
}
