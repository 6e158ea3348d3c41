//! curl 7.88, and 8 where the image has it: plain HTTP, the common options, the meter.

use super::curl_request::body;
use super::curl_transfer::{Failed, Transfer};
use super::curl_write_out::{self, Told};
use super::hint;
use super::http::Url;
use crate::api::image::ToolSet;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::surroundings::{Kit, Surroundings};

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
    /// Whether only IPv4 (4) or IPv6 (6) addresses are wanted.
    pub(super) family: Option<u8>,
    pub(super) urls: Vec<&'a str>,
    asks_help: bool,
    asks_version: bool,
}

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
    ('k', "insecure", false),
    ('g', "globoff", false),
    ('N', "no-buffer", false),
    (' ', "http1.1", false),
    (' ', "location-trusted", false),
    (' ', "tcp-nodelay", false),
    (' ', "no-keepalive", false),
    ('q', "disable", false),
    ('Z', "parallel", false),
    ('a', "append", false),
    ('j', "junk-session-cookies", false),
    ('l', "list-only", false),
    ('M', "manual", false),
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
        status = one(context, argv, &options, text);
    }
    Outcome::Exit(status)
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

const TRY_HELP: &str = "curl: try 'curl --help' or 'curl --manual' for more information";

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
        let unknown = || format!("curl: option {word}: is unknown\n{TRY_HELP}");
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

fn one(context: &mut Context<'_>, argv: &[String], options: &Options<'_>, text: &str) -> i32 {
    let shows_meter = !options.silent && !options.no_meter;
    let mut transfer = Transfer {
        options,
        new: is_new(context),
        meter: shows_meter && (!context.tty || options.output.is_some() || options.remote_name),
        begun: context.world.cluster.now(),
        shown: 0,
        body: body(context, options),
        told: Told::new(text),
        host_was: String::new(),
    };
    let most = options.most_redirects.unwrap_or(MOST_REDIRECTS);
    let mut text = text.to_owned();
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
    status
}

fn aimed_at_nothing(context: &mut Context<'_>, argv: &[String], text: &str) {
    let Some(url) = Url::parse(text) else { return };
    if let (Ok(address), Some(port)) = (url.host.parse(), url.number()) {
        hint::no_such_service(context, address, Some(port), &|new| {
            hint::with_word(argv, &url.host, new)
        });
    }
}
