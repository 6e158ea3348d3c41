//! What curl does with URLs that are not HTTP: files, and telnet, with which people try a port; and the braces and
//! brackets that make several URLs of one.

use super::curl::{Options, TRY_HELP};
use super::curl_file::Failed;
use super::usage::reason;
use super::{host, nc_openbsd};
use crate::api::image::Libc;
use crate::cluster::{ConnectError, Protocol};
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::surroundings;
use std::net::SocketAddr;

/// The schemes that the real curl knows and this one does not.
const ELSEWHERE: &str = "dict ftp ftps gopher gophers imap imaps ldap ldaps mqtt pop3 pop3s rtmp rtsp scp sftp smb smbs smtp smtps tftp ws wss";

/// The most URLs that one makes.
const MOST: usize = 200;

/// Does what a URL of another scheme asks for; `None` if it is HTTP, or nothing at all.
pub(super) fn other(
    context: &mut Context<'_>,
    options: &Options<'_>,
    text: &str,
) -> Option<Outcome> {
    let (scheme, rest) = text.split_once("://")?;
    let ended = match scheme {
        "file" => file(context, options, rest),
        "telnet" => return Some(telnet(context, options, rest)),
        _ if ELSEWHERE.split(' ').any(|known| known == scheme) => {
            let said = format!("Portside's curl does not simulate {scheme}://: use http://.");
            context.out.note(&said);
            return Some(Outcome::Exit(1));
        }
        _ => return None,
    };
    let status = ended.map_or_else(|failed| told(context, options, &failed), |()| 0);
    Some(Outcome::Exit(status))
}

/// Says why a transfer failed; its status.
fn told(context: &mut Context<'_>, options: &Options<'_>, failed: &Failed) -> i32 {
    if !options.silent || options.shows_errors {
        let said = format!("curl: ({}) {}", failed.code, failed.what);
        context.out.error(&said);
    }
    failed.code
}

fn file(context: &mut Context<'_>, options: &Options<'_>, rest: &str) -> Result<(), Failed> {
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    let text = surroundings::read(context.world, context.place, "/", path)
        .map_err(|_| Failed::new(37, format!("Couldn't open file {path}")))?;
    match options.output.filter(|path| *path != "-") {
        Some(to) => super::curl_file::save(context, options, to, &text)?,
        None => context.out.write(Stream::Out, &text),
    }
    if options.verbose {
        context.out.error("* Closing connection 0");
    }
    Ok(())
}

fn telnet(context: &mut Context<'_>, options: &Options<'_>, rest: &str) -> Outcome {
    let say = |context: &mut Context<'_>, text: &str| {
        if options.verbose {
            context.out.error(text);
        }
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let (name, port) = authority.rsplit_once(':').unwrap_or((authority, "23"));
    let name = name.trim_matches(['[', ']']);
    let Some(port) = super::usage::port(port) else {
        let failed = Failed::new(3, "URL using bad/illegal format or missing URL");
        return Outcome::Exit(told(context, options, &failed));
    };
    let begun = context.world.cluster.now();
    let Ok(found) = host::resolve(context, name, options.types()) else {
        let failed = Failed::new(6, format!("Could not resolve host: {name}"));
        say(context, &format!("* {}", failed.what));
        return Outcome::Exit(told(context, options, &failed));
    };
    let patience = options.connect_most.into_iter().chain(options.most).min();
    let mut code = 7;
    for ip in found.addresses {
        let to = SocketAddr::new(ip, port);
        say(context, &format!("*   Trying {to}..."));
        match context.connect(to, Protocol::Tcp, patience.map(Span::millis)) {
            Ok(id) => {
                say(
                    context,
                    &format!("* Connected to {name} ({ip}) port {port} (#0)"),
                );
                return nc_openbsd::joined(context, id);
            }
            Err(error) => {
                code = if error == ConnectError::TimedOut {
                    28
                } else {
                    7
                };
                let why = reason(error, Libc::Glibc);
                say(
                    context,
                    &format!("* connect to {ip} port {port} failed: {why}"),
                );
            }
        }
    }
    let ms = context.world.cluster.now().since(begun).as_millis();
    let what = format!(
        "Failed to connect to {name} port {port} after {ms} ms: Couldn't connect to server"
    );
    say(context, &format!("* {what}\n* Closing connection 0"));
    Outcome::Exit(told(context, options, &Failed::new(code, what)))
}

/// All URLs that a text with `{a,b}` and `[1-3]` stands for.
pub(super) fn expanded(text: &str) -> Result<Vec<String>, Failed> {
    let mut all = vec![String::new()];
    let mut at = 0;
    let wrong = |place: usize, why: &str| {
        let under = " ".repeat(place.saturating_sub(1));
        Failed::new(
            3,
            format!("{why} in URL position {place}:\n{text}\n{under}^"),
        )
    };
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        let (parts, taken) = match c {
            '{' => {
                let end = rest
                    .find('}')
                    .ok_or_else(|| wrong(at + 1, "unmatched brace"))?;
                let inside = rest.get(..end).unwrap_or_default();
                (inside.split(',').map(str::to_owned).collect(), end + 2)
            }
            // An address of IPv6 stands in brackets too.
            '[' if rest.find(']').is_some_and(|end| {
                let inside = rest.get(..end).unwrap_or_default();
                inside.parse::<std::net::Ipv6Addr>().is_ok()
            }) =>
            {
                (vec!["[".to_owned()], 1)
            }
            '[' => {
                let end = rest.find(']').unwrap_or(rest.len());
                let found = range(rest.get(..end).unwrap_or_default()).filter(|_| end < rest.len());
                let why = if rest.is_empty() {
                    "bad range specification"
                } else {
                    "bad range"
                };
                (found.ok_or_else(|| wrong(at + 2, why))?, end + 2)
            }
            '}' => return Err(wrong(at + 1, "unmatched close brace/bracket")),
            ']' if !text.contains('[') => {
                return Err(wrong(at + 1, "unmatched close brace/bracket"));
            }
            c => (vec![c.to_string()], c.len_utf8()),
        };
        let with = |one: &String| {
            parts
                .iter()
                .map(|part| [one.as_str(), part].concat())
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(with).take(MOST).collect();
        at += taken;
    }
    Ok(all)
}

/// `1-3`, `01-10`, `a-c` or `1-9:2`.
fn range(text: &str) -> Option<Vec<String>> {
    let (pair, step) = text.split_once(':').unwrap_or((text, "1"));
    let step: usize = step.parse().ok().filter(|step| *step > 0)?;
    let (low, high) = pair.split_once('-')?;
    if let (Ok(from), Ok(to)) = (low.parse::<u64>(), high.parse::<u64>()) {
        let width = if low.starts_with('0') { low.len() } else { 0 };
        let numbers = (from..=to).step_by(step).take(MOST);
        return (from <= to).then(|| numbers.map(|n| format!("{n:0width$}")).collect());
    }
    let (from, to) = (low.parse::<char>().ok()?, high.parse::<char>().ok()?);
    let letters = from <= to && from.is_ascii_alphabetic() && to.is_ascii_alphabetic();
    letters.then(|| (from..=to).step_by(step).map(String::from).collect())
}

/// What curl says of a file that it cannot send.
pub(super) fn cannot_open(path: &str) -> String {
    format!("curl: Can't open '{path}'!\n{TRY_HELP}")
}

/// Whether an interface, or an address, is one of the place's own.
pub(super) fn is_own(context: &Context<'_>, name: &str) -> bool {
    let own = context.world.cluster.address_of(context.place);
    matches!(name, "lo" | "eth0") || name.parse() == Ok(own) || name == "127.0.0.1"
}
