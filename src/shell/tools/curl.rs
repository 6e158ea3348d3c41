//! curl 7.88: plain HTTP, the common options.

use super::hint;
use super::host::{self, Lookup};
use super::http::{Failure, Response, Url, fetch};
use crate::cluster::ConnectError;
use crate::kernel::Span;
use crate::shell::context::{Context, Outcome, Stream};
use crate::shell::surroundings;
use std::net::SocketAddr;

/// What the options say.
#[derive(Default)]
struct Options<'a> {
    silent: bool,
    shows_errors: bool,
    fails: bool,
    head: bool,
    include: bool,
    verbose: bool,
    output: Option<&'a str>,
    write_out: Option<&'a str>,
    most: Option<u64>,
    connect_most: Option<u64>,
    method: Option<&'a str>,
    headers: Vec<&'a str>,
    data: Option<&'a str>,
    urls: Vec<&'a str>,
}

/// Runs curl.
pub(crate) fn run(context: &mut Context<'_>, argv: &[String]) -> Outcome {
    let options = match options(argv) {
        Ok(options) => options,
        Err(complaint) => {
            context.out.error(&complaint);
            return Outcome::Exit(2);
        }
    };
    if options.urls.is_empty() {
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

fn options(argv: &[String]) -> Result<Options<'_>, String> {
    const HELP: &str = "curl: try 'curl --help' or 'curl --manual' for more information";
    let mut options = Options::default();
    let mut iter = argv.iter().skip(1).map(String::as_str);
    while let Some(word) = iter.next() {
        let mut names: Vec<&str> = Vec::new();
        let mut inline = None;
        match word.strip_prefix('-') {
            None | Some("") => {
                options.urls.push(word);
                continue;
            }
            Some(_) if word.starts_with("--") => names.push(word),
            Some(letters) => {
                for (at, letter) in letters.char_indices() {
                    let end = at + letter.len_utf8();
                    names.push(letters.get(at..end).unwrap_or_default());
                    if "owmXHdAu".contains(letter) {
                        inline = letters.get(end..).filter(|rest| !rest.is_empty());
                        break;
                    }
                }
            }
        }
        for name in names {
            let mut value = || {
                inline
                    .or_else(|| iter.next())
                    .ok_or_else(|| format!("curl: option {word}: requires parameter\n{HELP}"))
            };
            match name {
                "s" | "--silent" => options.silent = true,
                "S" | "--show-error" => options.shows_errors = true,
                "f" | "--fail" => options.fails = true,
                "I" | "--head" => options.head = true,
                "i" | "--include" => options.include = true,
                "v" | "--verbose" => options.verbose = true,
                "L" | "--location" | "k" | "--insecure" | "g" | "4" | "N" => {}
                "o" | "--output" => options.output = Some(value()?),
                "w" | "--write-out" => options.write_out = Some(value()?),
                "m" | "--max-time" => {
                    let text = value()?;
                    options.most = Some(millis(text).ok_or_else(|| {
                        format!(
                            "curl: option {word}: expected a proper numerical parameter\n{HELP}"
                        )
                    })?);
                }
                "--connect-timeout" => options.connect_most = millis(value()?),
                "X" | "--request" => options.method = Some(value()?),
                "H" | "--header" => options.headers.push(value()?),
                "d" | "--data" => options.data = Some(value()?),
                "A" | "--user-agent" | "u" | "--user" => drop(value()?),
                _ => return Err(format!("curl: option {word}: is unknown\n{HELP}")),
            }
        }
    }
    Ok(options)
}

fn one(context: &mut Context<'_>, argv: &[String], options: &Options<'_>, text: &str) -> i32 {
    let complain = |context: &mut Context<'_>, code: i32, what: &str| {
        if !options.silent || options.shows_errors {
            context.out.error(&format!("curl: ({code}) {what}"));
        }
        code
    };
    let Some(url) = Url::parse(text) else {
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        return complain(
            context,
            1,
            &format!("Protocol \"{scheme}\" not supported or disabled in libcurl"),
        );
    };
    let Some(port) = url.number() else {
        return complain(context, 3, "URL using bad/illegal format or missing URL");
    };
    let begun = context.world.cluster.now();
    let Lookup::Found(addresses) = host::lookup(context, &url.host) else {
        return complain(context, 6, &format!("Could not resolve host: {}", url.host));
    };
    let Some(address) = addresses.first().copied() else {
        return complain(context, 6, &format!("Could not resolve host: {}", url.host));
    };
    let method = options.method.unwrap_or(if options.head {
        "HEAD"
    } else if options.data.is_some() {
        "POST"
    } else {
        "GET"
    });
    let mut request = format!(
        "{method} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n",
        url.path,
        url.host_header()
    );
    for header in &options.headers {
        request.push_str(&format!("{header}\r\n"));
    }
    if let Some(data) = options.data {
        request.push_str(&format!(
            "Content-Length: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            data.len()
        ));
    }
    request.push_str("\r\n");
    if options.verbose {
        context
            .out
            .error(&format!("*   Trying {address}:{port}..."));
    }
    let patience = options
        .most
        .into_iter()
        .chain(options.connect_most)
        .min()
        .map(Span::millis);
    let sent = format!("{request}{}", options.data.unwrap_or_default());
    let result = fetch(context, SocketAddr::new(address, port), &sent, patience);
    let ms = context.world.cluster.now().since(begun).as_millis();
    let opened = !matches!(result, Err(Failure::Connect(_)));
    if options.verbose && opened {
        context.out.error(&format!(
            "* Connected to {} ({address}) port {port} (#0)",
            url.host
        ));
        for line in request.trim_end_matches("\r\n").split("\r\n").chain([""]) {
            context.out.error(&format!("> {line}\r"));
        }
    }
    let response = match result {
        Ok(response) => response,
        Err(failure) => {
            let host = &url.host;
            let (code, what) = match failure {
                Failure::Connect(ConnectError::TimedOut)
                    if options.most.is_some() && patience.map(Span::as_millis) == options.most =>
                {
                    (28, format!("Connection timed out after {ms} milliseconds"))
                }
                Failure::Connect(ConnectError::TimedOut) if patience.is_some() => (
                    28,
                    format!(
                        "Failed to connect to {host} port {port} after {ms} ms: Timeout was reached"
                    ),
                ),
                Failure::Connect(_) => (
                    7,
                    format!(
                        "Failed to connect to {host} port {port} after {ms} ms: Couldn't connect to server"
                    ),
                ),
                Failure::Empty => (52, "Empty reply from server".to_owned()),
                Failure::Reset => (56, "Recv failure: Connection reset by peer".to_owned()),
                Failure::NotHttp => (1, "Received HTTP/0.9 when not allowed".to_owned()),
            };
            if options.verbose {
                context.out.error(if opened {
                    "* Closing connection 0"
                } else {
                    "* Closing connection"
                });
            }
            let status = complain(context, code, &what);
            hint::no_such_service(context, address, Some(port), &|new| {
                hint::with_word(argv, &address.to_string(), new)
            });
            return status;
        }
    };
    if options.fails && response.code() >= 400 {
        return complain(
            context,
            22,
            &format!("The requested URL returned error: {}", response.code()),
        );
    }
    print(context, options, &response)
}

fn print(context: &mut Context<'_>, options: &Options<'_>, response: &Response) -> i32 {
    if options.verbose {
        for line in response.head.iter().map(String::as_str).chain([""]) {
            context.out.error(&format!("< {line}\r"));
        }
        context.out.error("* Closing connection 0");
    }
    let head = format!("{}\r\n\r\n", response.head.join("\r\n"));
    let shown = match (options.head, options.include) {
        (true, _) => head,
        (false, true) => format!("{head}{}", response.body),
        (false, false) => response.body.clone(),
    };
    let mut status = 0;
    match options.output {
        Some(path) => {
            if let Err(error) =
                surroundings::write(context.world, context.place, context.cwd, path, &shown)
            {
                context
                    .out
                    .error(&format!("curl: (23) Failed writing body: {path}: {error}"));
                status = 23;
            }
        }
        None => context.out.write(Stream::Out, &shown),
    }
    if let Some(format) = options.write_out {
        let text = format
            .replace("%{http_code}", &response.code().to_string())
            .replace("%{size_download}", &response.body.len().to_string())
            .replace("\\n", "\n");
        context.out.write(Stream::Out, &text);
    }
    status
}
