//! curl 7.88, and 8 where the image has it: plain HTTP, the common options, the meter.

use super::curl_file::Failed;
use super::curl_request::body;
use super::curl_scheme;
use super::curl_transfer::Transfer;
use super::curl_write_out::{self, Told};
use super::hint;
use super::host;
use super::http::Url;
use crate::api::image::ToolSet;
use crate::dns::RecordType;
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::surroundings::{self, Kit, Surroundings};

/// The most redirections that are followed.
const MOST_REDIRECTS: usize = 50;

/// What the options say.
#[derive(Default)]
pub(super) struct Options<'a> {
    pub(super) silent: bool,
    pub(super) shows_errors: bool,
    pub(super) no_meter: bool,
    pub(super) fails: bool,
    /// `--fail-with-body`.
    pub(super) fails_late: bool,
    pub(super) head: bool,
    pub(super) include: bool,
    pub(super) follows: bool,
    pub(super) verbose: bool,
    pub(super) as_query: bool,
    pub(super) old_http: bool,
    /// `--http2`.
    pub(super) upgrades: bool,
    pub(super) compressed: bool,
    pub(super) remote_name: bool,
    pub(super) output: Option<&'a str>,
    pub(super) dump_header: Option<&'a str>,
    pub(super) write_out: Option<&'a str>,
    pub(super) most: Option<u64>,
    pub(super) connect_most: Option<u64>,
    pub(super) most_redirects: Option<usize>,
    pub(super) method: Option<&'a str>,
    pub(super) headers: Vec<&'a str>,
    /// What is sent: the option's name and its value.
    pub(super) data: Vec<(&'a str, &'a str)>,
    pub(super) agent: Option<&'a str>,
    pub(super) referer: Option<&'a str>,
    pub(super) user: Option<&'a str>,
    pub(super) cookie: Option<&'a str>,
    pub(super) range: Option<&'a str>,
    /// `HOST:PORT:ADDRESS`.
    pub(super) resolve: Vec<&'a str>,
    /// `--retry`: how often, after how many seconds, and whether refused connections and all other failures count.
    pub(super) retry: u64,
    pub(super) retry_delay: Option<u64>,
    pub(super) retry_refused: bool,
    pub(super) retry_all: bool,
    /// Bytes in a second.
    pub(super) rate: Option<u64>,
    pub(super) interface: Option<&'a str>,
    /// `-Y` and `-y`: fewer bytes in a second than this for so many seconds are too few.
    pub(super) too_slow: Option<(u64, u64)>,
    /// `-c`.
    pub(super) jar: Option<&'a str>,
    /// `-T`.
    pub(super) upload: Option<&'a str>,
    /// `-#`.
    pub(super) bar: bool,
    no_globs: bool,
    /// Whether only IPv4 (4) or IPv6 (6) addresses are wanted.
    pub(super) family: Option<u8>,
    pub(super) urls: Vec<&'a str>,
    asks_help: bool,
    asks_version: bool,
}

impl Options<'_> {
    /// The addresses that are asked for.
    pub(super) fn types(&self) -> &'static [RecordType] {
        match self.family {
            Some(4) => &[RecordType::A],
            // Without an address of IPv6 of its own the library asks for both.
            Some(_) | None => host::BOTH,
        }
    }
}

/// Options of the real curl that would be without effect here, or that ask for what is not there.
const REFUSED: &str = "M manual Z parallel x proxy F form http2-prior-knowledge http3 connect-to unix-socket \
    trace trace-ascii K config socks5 socks5-hostname socks4 t telnet-option E cert cert-type key ciphers \
    proxy-user U z time-cond C continue-at J remote-header-name output-dir create-dirs form-string \
    haproxy-protocol happy-eyeballs-timeout-ms local-port dns-servers doh-url ftp-port P Q quote anyauth \
    digest ntlm negotiate oauth2-bearer aws-sigv4 netrc-file libcurl max-filesize next : parallel-max rate \
    remote-name-all stderr tls-max url-query variable preproxy proxy-header alt-svc hsts etag-save etag-compare \
    request-target tr-encoding ignore-content-length data-urlencoded expect100-timeout http0.9";

/// The version that images with a new curl have.
pub(super) const VERSION_8: &str = "8.14.1";

/// Whether it is curl 8 here.
fn is_new(context: &Context<'_>) -> bool {
    let kit = Surroundings::of(&context.world.cluster, context.place).kit;
    matches!(kit, Kit::Image(ToolSet::Netshoot | ToolSet::Curl))
}

/// The options: a letter, a long name, whether a value follows.
const OPTIONS: &[(char, &str, bool)] = &[
    ('s', "silent", false),
    ('S', "show-error", false),
    ('f', "fail", false),
    (' ', "fail-with-body", false),
    ('I', "head", false),
    ('i', "include", false),
    ('v', "verbose", false),
    ('L', "location", false),
    ('G', "get", false),
    ('0', "http1.0", false),
    ('O', "remote-name", false),
    ('4', "ipv4", false),
    ('6', "ipv6", false),
    (' ', "compressed", false),
    (' ', "no-progress-meter", false),
    ('#', "progress-bar", false),
    (' ', "retry-connrefused", false),
    (' ', "retry-all-errors", false),
    ('T', "upload-file", true),
    ('k', "insecure", false),
    ('g', "globoff", false),
    ('N', "no-buffer", false),
    (' ', "http1.1", false),
    (' ', "location-trusted", false),
    (' ', "tcp-nodelay", false),
    (' ', "no-keepalive", false),
    ('q', "disable", false),
    ('a', "append", false),
    ('j', "junk-session-cookies", false),
    ('l', "list-only", false),
    ('n', "netrc", false),
    ('p', "proxytunnel", false),
    (' ', "http2", false),
    (' ', "tcp-fastopen", false),
    (' ', "fail-early", false),
    (' ', "raw", false),
    (' ', "path-as-is", false),
    (' ', "styled-output", false),
    ('h', "help", false),
    ('V', "version", false),
    (' ', "cacert", true),
    (' ', "capath", true),
    (' ', "retry", true),
    (' ', "retry-delay", true),
    (' ', "retry-max-time", true),
    (' ', "keepalive-time", true),
    (' ', "limit-rate", true),
    (' ', "interface", true),
    (' ', "noproxy", true),
    ('y', "speed-time", true),
    ('Y', "speed-limit", true),
    ('c', "cookie-jar", true),
    ('o', "output", true),
    ('D', "dump-header", true),
    ('w', "write-out", true),
    ('m', "max-time", true),
    (' ', "connect-timeout", true),
    (' ', "max-redirs", true),
    ('X', "request", true),
    ('H', "header", true),
    ('d', "data", true),
    (' ', "data-raw", true),
    (' ', "data-ascii", true),
    (' ', "data-binary", true),
    (' ', "data-urlencode", true),
    (' ', "json", true),
    ('A', "user-agent", true),
    ('e', "referer", true),
    ('u', "user", true),
    ('b', "cookie", true),
    ('r', "range", true),
    (' ', "resolve", true),
    (' ', "url", true),
];

/// Runs curl.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let options = match options(argv) {
        Ok(options) => options,
        Err(complaint) => {
            context.out.error(&complaint);
            return Outcome::Exit(2);
        }
    };
    if options.asks_help || options.asks_version {
        let text = if options.asks_help {
            include_str!("text/curl.txt").to_owned()
        } else {
            let own = include_str!("text/curl_version.txt");
            if is_new(context) {
                own.replace("7.88.1", VERSION_8)
            } else {
                own.to_owned()
            }
        };
        context.out.write(Stream::Out, &text);
        return Outcome::Exit(0);
    }
    if options.urls.is_empty() {
        if argv.len() > 1 {
            context.out.error("curl: no URL specified!");
        }
        context
            .out
            .error("curl: try 'curl --help' or 'curl --manual' for more information");
        return Outcome::Exit(2);
    }
    let mut status = 0;
    for text in &options.urls {
        let all = if options.no_globs {
            Ok(vec![(*text).to_owned()])
        } else {
            curl_scheme::expanded(text)
        };
        let all = match all {
            Ok(all) => all,
            Err(failed) => {
                if !options.silent || options.shows_errors {
                    context.out.error(&format!("curl: (3) {}", failed.what));
                }
                status = failed.code;
                continue;
            }
        };
        for text in all {
            status = match curl_scheme::other(context, &options, &text) {
                Some(Outcome::Exit(status)) => status,
                Some(program) => return program,
                None => persistent(context, argv, &options, &text),
            };
        }
    }
    Outcome::Exit(status)
}

/// A number of bytes: `500`, `10k`, `1M`.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)? {
        "" | "b" | "B" => 1,
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// One transfer, again as often as `--retry` says.
fn persistent(
    context: &mut Context<'_>,
    argv: &[String],
    options: &Options<'_>,
    text: &str,
) -> i32 {
    let mut pause = 1;
    let mut left = options.retry;
    loop {
        let (status, code) = one(context, argv, options, text);
        let why = match (status, code) {
            (28 | 6, _) => " : timeout",
            (7, _) if options.retry_refused => " : connection refused",
            (0 | 22, 408 | 429 | 500 | 502..=504) => " : HTTP error",
            (1.., _) if options.retry_all => " (retrying all errors)",
            _ => return status,
        };
        // A name that does not exist is looked for again only if its servers were silent.
        if left == 0 {
            return status;
        }
        let seconds = options
            .retry_delay
            .filter(|delay| *delay > 0)
            .unwrap_or(pause);
        if !options.silent {
            let said =
                format!("Problem{why}. Will retry in {seconds} seconds. {left} retries left.");
            context.out.error(&warned(&said));
        }
        if !context.pass(Span::secs(seconds)) {
            return 130;
        }
        left -= 1;
        pause = (pause * 2).min(600);
    }
}

/// A warning in lines that fit 79 columns.
fn warned(text: &str) -> String {
    let mut lines = vec!["Warning:".to_owned()];
    for word in text.split(' ') {
        let fits = lines
            .last()
            .is_some_and(|line| line.len() + 1 + word.len() < 79);
        if !fits {
            if let Some(line) = lines.last_mut() {
                line.push(' ');
            }
            lines.push("Warning:".to_owned());
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n")
}

/// Seconds with at most three decimals, in milliseconds.
pub(super) fn millis(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    Some(
        whole
            .parse::<u64>()
            .ok()?
            .saturating_mul(1_000)
            .saturating_add(part.parse().ok()?),
    )
}

pub(super) const TRY_HELP: &str = "curl: try 'curl --help' or 'curl --manual' for more information";

/// The long name of an option, and whether a value follows.
fn named(name: &str) -> Option<(&'static str, bool)> {
    let found = match name.strip_prefix("--") {
        Some(long) => OPTIONS.iter().find(|(_, own, _)| *own == long),
        None => OPTIONS
            .iter()
            .find(|(letter, ..)| name.chars().eq([*letter])),
    };
    found.map(|(_, long, takes)| (*long, *takes))
}

/// Reads the command line: its options, or a complaint.
fn options(argv: &[String]) -> Result<Options<'_>, String> {
    let mut options = Options::default();
    let mut iter = argv.iter().skip(1).map(String::as_str);
    while let Some(word) = iter.next() {
        let letters = match word.strip_prefix('-') {
            None | Some("") => {
                options.urls.push(word);
                continue;
            }
            Some(rest) => rest,
        };
        let unknown = || {
            let name = word.trim_start_matches('-');
            if REFUSED.split_whitespace().any(|known| known == name) {
                return format!("Portside's curl does not simulate {word}.");
            }
            format!("curl: option {word}: is unknown\n{TRY_HELP}")
        };
        let missing = || format!("curl: option {word}: requires parameter\n{TRY_HELP}");
        if word.starts_with("--") {
            let (long, takes) = named(word).ok_or_else(unknown)?;
            let value = if takes {
                iter.next().ok_or_else(missing)?
            } else {
                ""
            };
            apply(&mut options, word, long, value)?;
            continue;
        }
        for (at, letter) in letters.char_indices() {
            let end = at + letter.len_utf8();
            let (long, takes) =
                named(letters.get(at..end).unwrap_or_default()).ok_or_else(unknown)?;
            let rest = letters.get(end..).filter(|rest| takes && !rest.is_empty());
            let value = match rest {
                None if takes => iter.next().ok_or_else(missing)?,
                rest => rest.unwrap_or_default(),
            };
            apply(&mut options, word, long, value)?;
            if takes {
                break;
            }
        }
    }
    Ok(options)
}

/// Applies one option.
fn apply<'a>(
    options: &mut Options<'a>,
    word: &str,
    long: &'static str,
    value: &'a str,
) -> Result<(), String> {
    let improper =
        || format!("curl: option {word}: expected a proper numerical parameter\n{TRY_HELP}");
    match long {
        "silent" => options.silent = true,
        "show-error" => options.shows_errors = true,
        "no-progress-meter" => options.no_meter = true,
        "fail" => options.fails = true,
        "fail-with-body" => options.fails_late = true,
        "head" => options.head = true,
        "include" => options.include = true,
        "verbose" => options.verbose = true,
        "location" | "location-trusted" => options.follows = true,
        "get" => options.as_query = true,
        "http1.0" => options.old_http = true,
        "http2" => options.upgrades = true,
        "compressed" => options.compressed = true,
        "remote-name" => options.remote_name = true,
        "ipv4" => options.family = Some(4),
        "ipv6" => options.family = Some(6),
        "output" => options.output = Some(value),
        "dump-header" => options.dump_header = Some(value),
        "write-out" => options.write_out = Some(value),
        "max-time" => options.most = Some(millis(value).ok_or_else(improper)?),
        "connect-timeout" => options.connect_most = Some(millis(value).ok_or_else(improper)?),
        "max-redirs" => {
            let most = value.parse::<i64>().map_err(|_| improper())?;
            options.most_redirects = Some(usize::try_from(most).unwrap_or(MOST_REDIRECTS));
        }
        "progress-bar" => options.bar = true,
        "globoff" => options.no_globs = true,
        "retry" => options.retry = value.parse().map_err(|_| improper())?,
        "retry-delay" => options.retry_delay = Some(value.parse().map_err(|_| improper())?),
        "retry-connrefused" => options.retry_refused = true,
        "retry-all-errors" => options.retry_all = true,
        "limit-rate" => {
            let bad = || format!("curl: option {word}: is badly used here\n{TRY_HELP}");
            options.rate = Some(bytes(value).ok_or_else(bad)?);
        }
        "interface" => options.interface = Some(value),
        "speed-limit" | "speed-time" => {
            let number = value.parse::<u64>().map_err(|_| improper())?;
            let (limit, time) = options.too_slow.unwrap_or((1, 30));
            options.too_slow = Some(match long {
                "speed-limit" => (number, time),
                _ => (limit, number),
            });
        }
        "cookie-jar" => options.jar = Some(value),
        "upload-file" => options.upload = Some(value),
        "request" => options.method = Some(value),
        "header" => options.headers.push(value),
        "data" | "data-raw" | "data-ascii" | "data-binary" | "data-urlencode" => {
            options.data.push((long, value));
        }
        "json" => {
            options.data.push((long, value));
            for header in ["Content-Type: application/json", "Accept: application/json"] {
                options.headers.push(header);
            }
        }
        "user-agent" => options.agent = Some(value),
        "referer" => options.referer = Some(value),
        "user" => options.user = Some(value),
        "cookie" => options.cookie = Some(value),
        "range" => options.range = Some(value),
        "resolve" => options.resolve.push(value),
        "url" => options.urls.push(value),
        "help" => options.asks_help = true,
        "version" => options.asks_version = true,
        _ => {}
    }
    Ok(())
}

/// One transfer; its status, and the server's.
fn one(
    context: &mut Context<'_>,
    argv: &[String],
    options: &Options<'_>,
    text: &str,
) -> (i32, u16) {
    let shows_meter = !options.silent && !options.no_meter && !options.bar;
    let body = match options.upload {
        Some(path) => match surroundings::read(context.world, context.place, context.cwd, path) {
            Ok(text) => Some(text.to_string()),
            Err(_) => {
                context.out.error(&curl_scheme::cannot_open(path));
                context
                    .out
                    .error("curl: (26) Failed to open/read local data from file/application");
                return (26, 0);
            }
        },
        None => body(context, options),
    };
    let mut text = text.to_owned();
    if let Some(path) = options.upload.filter(|_| text.ends_with('/')) {
        text.push_str(path.rsplit('/').next().unwrap_or_default());
    }
    let mut transfer = Transfer {
        options,
        new: is_new(context),
        meter: shows_meter && (!context.tty || options.output.is_some() || options.remote_name),
        begun: context.world.cluster.now(),
        shown: 0,
        body,
        told: Told::new(&text),
        host_was: String::new(),
    };
    let most = options.most_redirects.unwrap_or(MOST_REDIRECTS);
    let failed = loop {
        match transfer.run(context, &text) {
            Ok(None) => break None,
            Ok(Some(_)) if transfer.told.redirects >= most => {
                break Some(Failed::new(
                    47,
                    format!("Maximum ({most}) redirects followed"),
                ));
            }
            Ok(Some(target)) => {
                transfer.follow(context, &target);
                text = target;
            }
            Err(failed) => break Some(failed),
        }
    };
    let status = failed.as_ref().map_or(0, |failed| failed.code);
    if let Some(failed) = failed {
        if !options.silent || options.shows_errors {
            context
                .out
                .error(&format!("curl: ({}) {}", failed.code, failed.what));
        }
        aimed_at_nothing(context, argv, &text);
        transfer.told.exit = failed.code;
        transfer.told.error = failed.what;
    }
    if let Some(format) = options.write_out {
        transfer.told.took = context.world.cluster.now().since(transfer.begun).0;
        curl_write_out::write(context, format, &transfer.told);
    }
    (status, transfer.told.code)
}

fn aimed_at_nothing(context: &mut Context<'_>, argv: &[String], text: &str) {
    let Some(url) = Url::parse(text) else { return };
    if let (Ok(address), Some(port)) = (url.host.parse(), url.number()) {
        hint::no_such_service(context, address, Some(port), &|new| {
            hint::with_word(argv, &url.host, new)
        });
    }
}
