//! `BusyBox` wget.

use super::host::{self, Lookup};
use super::http::{Failure, Patience, Response, Url, fetch};
use super::{hint, usage};
use crate::api::image::Libc;
use crate::cluster::{ConnectError, Protocol};
use crate::kernel::{Span, base64};
use crate::shell::context::{Context, Outcome, Output, Stream};
use crate::shell::surroundings::{self, Surroundings};
use std::net::SocketAddr;

const USAGE: &str = "Usage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n\t[--post-data STR | --post-file FILE] [-Y on/off]\n\t[--no-check-certificate] [-P DIR] [-U AGENT] [-T SEC] URL...\n\nRetrieve files via HTTP or FTP\n\n\t--spider\tOnly check URL existence: $? is 0 if exists\n\t--header STR\tAdd STR (of form 'header: value') to headers\n\t--post-data STR\tSend STR using POST method\n\t--post-file FILE\tSend FILE using POST method\n\t--no-check-certificate\tDon't validate the server's certificate\n\t-c\t\tContinue retrieval of aborted transfer\n\t-q\t\tQuiet\n\t-P DIR\t\tSave to DIR (default .)\n\t-S    \t\tShow server response\n\t-T SEC\t\tNetwork read timeout is SEC seconds\n\t-O FILE\t\tSave to FILE ('-' for stdout)\n\t-o LOGFILE\tLog messages to FILE\n\t-U STR\t\tUse STR for User-Agent header\n\t-Y on/off\tUse proxy";

/// The most redirections that are followed.
const MOST_REDIRECTS: usize = 5;

/// What stands for long options that have no letter; nobody types such characters.
const SPIDER: char = '\u{1}';
const HEADER: char = '\u{2}';
const POST_DATA: char = '\u{3}';
const POST_FILE: char = '\u{4}';

/// Long options without their dashes, and the letter that stands for each; `n` is for those that change nothing.
const LONG: &[(&str, char, bool)] = &[
    ("continue", 'c', false),
    ("directory-prefix", 'P', true),
    ("header", HEADER, true),
    ("no-cache", 'n', false),
    ("no-check-certificate", 'n', false),
    ("no-clobber", 'n', false),
    ("no-host-directories", 'n', false),
    ("no-parent", 'n', false),
    ("no-verbose", 'n', false),
    ("output-document", 'O', true),
    ("output-file", 'o', true),
    ("passive-ftp", 'n', false),
    ("post-data", POST_DATA, true),
    ("post-file", POST_FILE, true),
    ("proxy", 'Y', true),
    ("quiet", 'q', false),
    ("server-response", 'S', false),
    ("spider", SPIDER, false),
    ("timeout", 'T', true),
    ("tries", 't', true),
    ("user-agent", 'U', true),
];

/// Prints the usage; Alpine's wget leaves certificates to another program.
fn help(context: &mut Context<'_>, complaint: Option<&str>) -> i32 {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let text = if libc == Libc::Musl {
        USAGE.replace("[--no-check-certificate] ", "").replace(
            "\t--no-check-certificate\tDon't validate the server's certificate\n",
            "",
        )
    } else {
        USAGE.to_owned()
    };
    usage::busybox_usage(context, complaint, &text)
}

/// Runs wget.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    if argv.get(1).is_some_and(|word| word == "--help") {
        help(context, None);
        return Outcome::Exit(0);
    }
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let short = shortened(argv);
    let known = format!("cqSO:o:P:U:T:Y:t:n{SPIDER}{HEADER}:{POST_DATA}:{POST_FILE}:");
    let given = match usage::getopt(&short, &known, libc) {
        Ok(given) if !given.words.is_empty() => given,
        Ok(_) => return Outcome::Exit(help(context, None)),
        Err(complaint) => {
            return Outcome::Exit(help(context, Some(&complaint)));
        }
    };
    let patience = match given.value('T').map(str::parse::<u64>) {
        None => None,
        Some(Ok(seconds)) => Some(Span::secs(seconds)),
        Some(Err(_)) => {
            context.out.error(&format!(
                "wget: invalid number '{}'",
                given.value('T').unwrap_or_default()
            ));
            return Outcome::Exit(1);
        }
    };
    if let Some(path) = given.value('o') {
        return logged(context, &given, path, patience);
    }
    for text in &given.words {
        let fetched = follow(context, &given, text, patience);
        if let Err(complaint) = fetched {
            context.out.error(&format!("wget: {complaint}"));
            aimed_at_nothing(context, argv, text);
            return Outcome::Exit(1);
        }
    }
    Outcome::Exit(0)
}

/// The same with its messages in a file.
fn logged(
    context: &mut Context<'_>,
    given: &usage::Given<'_>,
    path: &str,
    patience: Option<Span>,
) -> Outcome {
    let mut said = Output::default();
    let mut status = 0;
    let mut inner = Context {
        world: &mut *context.world,
        place: context.place,
        env: context.env,
        cwd: context.cwd,
        stdin: None,
        tty: false,
        out: &mut said,
    };
    for text in &given.words {
        if let Err(complaint) = follow(&mut inner, given, text, patience) {
            inner.out.error(&format!("wget: {complaint}"));
            status = 1;
            break;
        }
    }
    let mut log = String::new();
    for (stream, text) in &said.pieces {
        match stream {
            Stream::Err => log.push_str(text),
            Stream::Out | Stream::Raw | Stream::Note => context.out.write(*stream, text),
        }
    }
    if surroundings::write(context.world, context.place, context.cwd, path, &log).is_err() {
        context.out.error(&format!(
            "wget: can't open '{path}': No such file or directory"
        ));
        return Outcome::Exit(1);
    }
    Outcome::Exit(status)
}

/// The command line with long options written as letters.
fn shortened(argv: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    for word in argv {
        let long = word.strip_prefix("--").map(|long| {
            long.split_once('=')
                .map_or((long, None), |(l, v)| (l, Some(v)))
        });
        let row = long.and_then(|(name, value)| {
            // A long option may be cut short as long as it stays the only one.
            let mut rows = LONG.iter().filter(|(known, _, _)| known.starts_with(name));
            let row = rows
                .next()
                .filter(|row| row.0 == name || rows.next().is_none());
            Some((row?, value))
        });
        match row {
            Some(((_, letter, _), None)) => out.push(format!("-{letter}")),
            Some(((_, letter, true), Some(value))) => {
                out.extend([format!("-{letter}"), value.to_owned()]);
            }
            // `-nv` and the like take no part.
            Some(((_, _, false), Some(_))) | None => {
                out.push(if word.starts_with("-n") {
                    "-n".to_owned()
                } else {
                    word.clone()
                });
            }
        }
    }
    out
}

fn aimed_at_nothing(context: &mut Context<'_>, argv: &[String], text: &str) {
    let Some(url) = Url::parse(text) else { return };
    if let (Ok(address), Some(port)) = (url.host.parse(), url.number()) {
        hint::no_such_service(context, address, Some(port), &|new| {
            hint::with_word(argv, &url.host, new)
        });
    }
}

/// Fetches a page, and what it redirects to.
fn follow(
    context: &mut Context<'_>,
    given: &usage::Given<'_>,
    text: &str,
    patience: Option<Span>,
) -> Result<(), String> {
    let mut text = text.to_owned();
    let mut told = None;
    for _ in 0..MOST_REDIRECTS {
        match one(context, given, &text, (patience, &mut told))? {
            Some(target) => text = target,
            None => return Ok(()),
        }
    }
    Err("too many redirections".to_owned())
}

/// The request; Alpine's wget says what it accepts. A header of the user's stands for wget's own.
fn request(given: &usage::Given<'_>, url: &Url, libc: Libc, posted: Option<&str>) -> String {
    let own: Vec<&str> = given
        .options
        .iter()
        .filter(|(option, _)| *option == HEADER)
        .map(|(_, header)| *header)
        .collect();
    let has = |name: &str| {
        own.iter().any(|header| {
            header
                .split(':')
                .next()
                .is_some_and(|n| n.eq_ignore_ascii_case(name))
        })
    };
    let method = if posted.is_some() { "POST" } else { "GET" };
    let mut request = format!("{method} {} HTTP/1.1\r\n", url.path);
    let mut put = |name: &str, value: &str| {
        if !has(name) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
    };
    put("Host", &url.host_header());
    put("User-Agent", given.value('U').unwrap_or("Wget"));
    if libc == Libc::Musl {
        put("Accept", "*/*");
    }
    put("Connection", "close");
    if let Some(user) = &url.user {
        put(
            "Authorization",
            &format!("Basic {}", base64(user.as_bytes())),
        );
    }
    for header in &own {
        request.push_str(&format!("{header}\r\n"));
    }
    if let Some(data) = posted {
        if !has("Content-Type") {
            request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        }
        request.push_str(&format!("Content-Length: {}\r\n", data.len()));
    }
    format!("{request}\r\n{}", posted.unwrap_or_default())
}

/// What is posted, if anything is.
fn posted(context: &Context<'_>, given: &usage::Given<'_>) -> Result<Option<String>, String> {
    match given.value(POST_FILE) {
        Some(path) => surroundings::read(context.world, context.place, context.cwd, path)
            .map(|text| Some(text.to_string()))
            .map_err(|error| format!("can't open '{path}': {error}")),
        None => Ok(given.value(POST_DATA).map(str::to_owned)),
    }
}

/// Shows the head as it is read: it stops at a status that it does not like, and where it is sent elsewhere.
fn show_head(context: &mut Context<'_>, response: &Response) {
    if response.code() >= 400 {
        context.out.error(&format!("  {}", response.status));
        return;
    }
    let moves = (300..400).contains(&response.code());
    for line in &response.head {
        context.out.error(&format!("  {line}"));
        let name = line.split(':').next().unwrap_or_default();
        if moves && name.eq_ignore_ascii_case("location") {
            return;
        }
    }
    context.out.error("  ");
}

/// Fetches one page; gives where it redirects to, if it does.
fn one(
    context: &mut Context<'_>,
    given: &usage::Given<'_>,
    text: &str,
    (patience, told): (Option<Span>, &mut Option<SocketAddr>),
) -> Result<Option<String>, String> {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    let quiet = given.has('q');
    let ftp = text.strip_prefix("ftp://");
    let url = Url::parse(ftp.unwrap_or(text));
    let url = url.ok_or_else(|| format!("not an http or ftp url: {text}"))?;
    let number = if ftp.is_some() && url.port.is_none() {
        Some(21)
    } else {
        url.number()
    };
    let Some(port) = number else {
        return Err(format!(
            "bad port '{}'",
            url.port.as_deref().unwrap_or_default()
        ));
    };
    let shown = match &url.port {
        Some(port) => format!("{}:{port}", url.host),
        None => url.host.clone(),
    };
    let Lookup::Found(addresses) = host::lookup(context, &url.host) else {
        return Err(format!("bad address '{shown}'"));
    };
    let Some(address) = addresses.first() else {
        return Err(format!("bad address '{shown}'"));
    };
    let to = SocketAddr::new(*address, port);
    // It stays connected, as it says, when it is sent on to the same host.
    if !quiet && told.replace(to) != Some(to) {
        context.out.error(&format!("Connecting to {shown} ({to})"));
    }
    if url.https || ftp.is_some() {
        return Err(unspoken(context, to, patience, url.https));
    }
    let request = request(given, &url, libc, posted(context, given)?.as_deref());
    let both = Patience {
        connect: patience,
        read: patience,
    };
    let response = fetch(context, to, &request, both).map_err(|failure| match failure {
        Failure::Connect(ConnectError::TimedOut) if patience.is_some() => {
            "download timed out".to_owned()
        }
        Failure::Late => "download timed out".to_owned(),
        Failure::Connect(error) => usage::cannot_connect(*address, error, libc),
        Failure::Empty | Failure::NotHttp => "error getting response".to_owned(),
        Failure::Reset => "error getting response: Connection reset by peer".to_owned(),
    })?;
    if given.has('S') {
        show_head(context, &response);
    }
    if given.has(SPIDER) && (300..400).contains(&response.code()) {
        if !quiet {
            context.out.error("remote file exists");
        }
        return Ok(None);
    }
    if let Some(target) = response.redirect(&url) {
        return Ok(Some(target));
    }
    if !(200..300).contains(&response.code()) {
        return Err(format!("server returned error: {}", response.status));
    }
    if given.has(SPIDER) {
        if !quiet {
            context.out.error("remote file exists");
        }
        return Ok(None);
    }
    keep(context, given, &url, &response, quiet)?;
    if response.missing > 0 {
        return Err("connection closed prematurely".to_owned());
    }
    Ok(None)
}

/// What comes of https and ftp: the connection may fail as any other; what is said over it is not simulated.
fn unspoken(
    context: &mut Context<'_>,
    to: SocketAddr,
    patience: Option<Span>,
    https: bool,
) -> String {
    let libc = Surroundings::of(&context.world.cluster, context.place).libc;
    match context.connect(to, Protocol::Tcp, patience) {
        Ok(id) => {
            context.world.cluster.close(id);
            if https && libc == Libc::Glibc {
                context
                    .out
                    .error("wget: note: TLS certificate validation not implemented");
            }
            let what = if https { "TLS" } else { "FTP" };
            format!("Portside does not simulate {what}: use http://")
        }
        Err(ConnectError::TimedOut) if patience.is_some() => "download timed out".to_owned(),
        Err(error) => usage::cannot_connect(to.ip(), error, libc),
    }
}

/// A number of bytes in five columns, as the progress bar shows it: `    6`, `97.6k`.
fn amount(bytes: usize) -> String {
    if bytes < 100_000 {
        return format!("{bytes:>5}");
    }
    let (mut tenths, mut unit) = (bytes * 10 / 1_024, 'k');
    for larger in ['M', 'G'] {
        if tenths >= 9_999 {
            tenths /= 1_024;
            unit = larger;
        }
    }
    let text = format!("{}.{}{unit}", tenths / 10, tenths % 10);
    format!("{text:>5}")
}

/// Writes the body where it is wanted, with the progress bar.
fn keep(
    context: &mut Context<'_>,
    given: &usage::Given<'_>,
    url: &Url,
    response: &Response,
    quiet: bool,
) -> Result<(), String> {
    let size = amount(response.body.len());
    let start = if context.tty { "\r" } else { "" };
    let bar = |name: &str| {
        format!("{start}{name:<20.20} 100% |********************************| {size}  0:00:00 ETA")
    };
    if given.value('O') == Some("-") {
        if !quiet {
            context.out.error("writing to stdout");
        }
        context.out.write(Stream::Out, &response.body);
        if !quiet && response.missing == 0 {
            context
                .out
                .error(&format!("{}\nwritten to stdout", bar("-")));
        }
        return Ok(());
    }
    let folder = given.value('P').map(|folder| folder.trim_end_matches('/'));
    let own = match folder {
        Some(folder) => format!("{folder}/{}", url.file_name()),
        None => url.file_name().to_owned(),
    };
    let name = given.value('O').unwrap_or(&own);
    if given.value('O').is_none()
        && surroundings::read(context.world, context.place, context.cwd, name).is_ok()
    {
        return Err(format!("can't open '{name}': File exists"));
    }
    surroundings::write(
        context.world,
        context.place,
        context.cwd,
        name,
        &response.body,
    )
    .map_err(|error| format!("can't open '{name}': {error}"))?;
    if !quiet {
        let short = name.rsplit('/').next().unwrap_or(name);
        context.out.error(&format!(
            "saving to '{name}'\n{}\n'{name}' saved",
            bar(short)
        ));
    }
    Ok(())
}
