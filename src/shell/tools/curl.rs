//! curl 7.88, and 8 where the image has it: plain HTTP, the common options, the meter.

use super::curl_transfer::Transfer;
use super::hint;
use super::http::Url;
use crate::api::image::ToolSet;
use crate::shell::context::{Context, Outcome};
use crate::shell::surroundings::{Kit, Surroundings};

/// The most redirections that are followed.
const MOST_REDIRECTS: usize = 50;

/// What the options say.
#[derive(Default)]
pub(super) struct Options<'a> {
    pub(super) silent: bool,
    pub(super) shows_errors: bool,
    pub(super) fails: bool,
    pub(super) head: bool,
    pub(super) include: bool,
    pub(super) follows: bool,
    pub(super) verbose: bool,
    pub(super) output: Option<&'a str>,
    pub(super) write_out: Option<&'a str>,
    pub(super) most: Option<u64>,
    pub(super) connect_most: Option<u64>,
    pub(super) method: Option<&'a str>,
    pub(super) headers: Vec<&'a str>,
    pub(super) data: Option<&'a str>,
    pub(super) agent: Option<&'a str>,
    pub(super) urls: Vec<&'a str>,
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
                "L" | "--location" => options.follows = true,
                "k" | "--insecure" | "g" | "4" | "N" => {}
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
                "A" | "--user-agent" => options.agent = Some(value()?),
                "u" | "--user" => drop(value()?),
                _ => return Err(format!("curl: option {word}: is unknown\n{HELP}")),
            }
        }
    }
    Ok(options)
}

fn one(context: &mut Context<'_>, argv: &[String], options: &Options<'_>, text: &str) -> i32 {
    let kit = Surroundings::of(&context.world.cluster, context.place).kit;
    let mut transfer = Transfer {
        options,
        new: matches!(kit, Kit::Image(ToolSet::Netshoot | ToolSet::Curl)),
        meter: !options.silent && (!context.tty || options.output.is_some()),
        begun: context.world.cluster.now(),
        shown: 0,
    };
    let mut text = text.to_owned();
    for _ in 0..MOST_REDIRECTS {
        let done = transfer.run(context, &text);
        match done {
            Ok(None) => return 0,
            Ok(Some(target)) => text = target,
            Err(failed) => {
                if !options.silent || options.shows_errors {
                    context
                        .out
                        .error(&format!("curl: ({}) {}", failed.code, failed.what));
                }
                aimed_at_nothing(context, argv, &text);
                return failed.code;
            }
        }
    }
    context.out.error(&format!(
        "curl: (47) Maximum ({MOST_REDIRECTS}) redirects followed"
    ));
    47
}

fn aimed_at_nothing(context: &mut Context<'_>, argv: &[String], text: &str) {
    let Some(url) = Url::parse(text) else { return };
    if let (Ok(address), Some(port)) = (url.host.parse(), url.number()) {
        hint::no_such_service(context, address, Some(port), &|new| {
            hint::with_word(argv, &url.host, new)
        });
    }
}
