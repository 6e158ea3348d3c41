//! One transfer of curl: what it says of itself, its meter, and its failures.

use super::curl::Options;
use super::host::{self, Lookup};
use super::http::{Failure, Patience, Response, Url, fetch};
use super::usage::reason;
use crate::api::image::Libc;
use crate::cluster::{ConnectError, Protocol};
use crate::kernel::{SimTime, Span};
use crate::shell::context::{Context, Stream};
use crate::shell::surroundings;
use std::net::{IpAddr, SocketAddr};

/// The heading of the meter.
const METER: &str = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n";

/// One transfer under way.
pub(super) struct Transfer<'a> {
    pub(super) options: &'a Options<'a>,
    /// Whether it is curl 8, whose words differ.
    pub(super) new: bool,
    /// Whether the meter is shown: the terminal is free for it.
    pub(super) meter: bool,
    pub(super) begun: SimTime,
    /// How many whole seconds the meter has shown.
    pub(super) shown: u64,
}

/// Why a transfer failed: curl's status and words.
pub(super) struct Failed {
    pub(super) code: i32,
    pub(super) what: String,
}

impl Failed {
    fn new(code: i32, what: impl Into<String>) -> Self {
        Self {
            code,
            what: what.into(),
        }
    }
}

impl Transfer<'_> {
    /// A line of `-v`.
    fn say(&self, context: &mut Context<'_>, text: &str) {
        if self.options.verbose {
            context.out.error(text);
        }
    }

    /// A row of the meter, when nothing came yet or at the end.
    fn row(&self, context: &mut Context<'_>, seconds: u64, total: usize, received: usize) {
        if !self.meter {
            return;
        }
        let percent = if received > 0 { 100 } else { 0 };
        let spent = if seconds == 0 {
            "--:--:--".to_owned()
        } else {
            format!(
                "{:2}:{:02}:{:02}",
                seconds / 3_600,
                seconds / 60 % 60,
                seconds % 60
            )
        };
        let (total, received) = (five(total), five(received));
        let speed = if percent == 0 {
            five(0)
        } else {
            received.clone()
        };
        context.out.write(
            Stream::Err,
            &format!(
                "\r{percent:3} {total}  {percent:3} {received}    0     0  {speed}      0 --:--:-- {spent} --:--:-- {speed}"
            ),
        );
    }

    /// The rows of the seconds that have passed since the last.
    fn seconds(&mut self, context: &mut Context<'_>) {
        let spent = context.world.cluster.now().since(self.begun).as_secs();
        while self.shown < spent {
            self.shown += 1;
            self.row(context, self.shown, 0, 0);
        }
    }

    /// The last row, and the line's end.
    fn last_row(&mut self, context: &mut Context<'_>, total: usize, received: usize) {
        if self.meter {
            self.seconds(context);
            if self.shown == 0 || received > 0 {
                self.row(context, self.shown, total, received);
            }
            context.out.write(Stream::Err, "\n");
        }
    }

    fn millis(&self, context: &Context<'_>) -> u64 {
        context.world.cluster.now().since(self.begun).as_millis()
    }

    /// Fetches one page; gives where it redirects to, if that is to be followed.
    pub(super) fn run(
        &mut self,
        context: &mut Context<'_>,
        text: &str,
    ) -> Result<Option<String>, Failed> {
        let Some(url) = Url::parse(text) else {
            let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
            let what = if self.new {
                format!("Protocol \"{scheme}\" not supported")
            } else {
                format!("Protocol \"{scheme}\" not supported or disabled in libcurl")
            };
            return Err(Failed::new(1, what));
        };
        let bad = || Failed::new(3, "URL using bad/illegal format or missing URL");
        let port = url.number().ok_or_else(bad)?;
        if url.host.is_empty() {
            return Err(Failed::new(
                3,
                "URL using bad/illegal format or missing URL",
            ));
        }
        if self.meter {
            context.out.write(Stream::Err, METER);
            self.row(context, 0, 0, 0);
        }
        let address = self.resolved(context, &url)?;
        if url.https && self.connects(context, SocketAddr::new(address, port)) {
            context
                .out
                .note("Portside does not simulate TLS: use http://.");
            self.last_row(context, 0, 0);
            return Err(Failed::new(
                35,
                "error:0A00010B:SSL routines::wrong version number",
            ));
        }
        let request = self.request(&url);
        let to = SocketAddr::new(address, port);
        self.announce(context, &url, to);
        let sent = format!("{request}{}", self.options.data.unwrap_or_default());
        let result = fetch(context, to, &sent, self.patience(context));
        if !matches!(result, Err(Failure::Connect(_))) {
            self.opened(context, &url, to, &request);
        }
        match result {
            Ok(response) => self.received(context, &url, &response),
            Err(failure) => Err(self.failed(context, &url, to, failure)),
        }
    }

    /// Whether something listens there, without a request.
    fn connects(&self, context: &mut Context<'_>, to: SocketAddr) -> bool {
        let patience = self.patience(context).connect;
        let cluster = &mut context.world.cluster;
        match cluster.connect(context.place, to, Protocol::Tcp, patience) {
            Ok(id) => {
                cluster.close(id);
                true
            }
            Err(_) => false,
        }
    }

    fn resolved(&mut self, context: &mut Context<'_>, url: &Url) -> Result<IpAddr, Failed> {
        let found = match host::lookup(context, &url.host) {
            Lookup::Found(addresses) => addresses.first().copied(),
            Lookup::NotFound | Lookup::Failed => None,
        };
        let spent = self.millis(context);
        let late = self.options.most.filter(|most| *most < spent);
        let failed = match (found, late) {
            (Some(address), None) => return Ok(address),
            (_, Some(most)) => {
                Failed::new(28, format!("Resolving timed out after {most} milliseconds"))
            }
            (None, None) => Failed::new(6, format!("Could not resolve host: {}", url.host)),
        };
        self.say(context, &format!("* {}", failed.what));
        self.last_row(context, 0, 0);
        let closing = self.closing();
        self.say(context, closing);
        Err(failed)
    }

    fn closing(&self) -> &'static str {
        if self.new {
            "* closing connection #0"
        } else {
            "* Closing connection 0"
        }
    }

    fn patience(&self, context: &Context<'_>) -> Patience {
        let spent = self.millis(context);
        let rest = |most: u64| Span::millis(most.saturating_sub(spent));
        let most = self.options.most.map(rest);
        let connect = self.options.connect_most.map(rest);
        Patience {
            connect: most.into_iter().chain(connect).min(),
            read: most,
        }
    }

    fn request(&self, url: &Url) -> String {
        let options = self.options;
        let method = options.method.unwrap_or(if options.head {
            "HEAD"
        } else if options.data.is_some() {
            "POST"
        } else {
            "GET"
        });
        let own = |name: &str| {
            options.headers.iter().find_map(|header| {
                let (key, value) = header.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim())
            })
        };
        let version = if self.new { "8.14.1" } else { "7.88.1" };
        let usual = format!("curl/{version}");
        let host = url.host_header();
        let mut request = format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: {}\r\n",
            url.path,
            own("Host").unwrap_or(&host),
            own("User-Agent").or(options.agent).unwrap_or(&usual),
            own("Accept").unwrap_or("*/*")
        );
        let known = ["host", "user-agent", "accept"];
        for header in &options.headers {
            let key = header.split(':').next().unwrap_or_default();
            if !known.contains(&key.to_ascii_lowercase().as_str()) {
                request.push_str(&format!("{header}\r\n"));
            }
        }
        if let Some(data) = options.data {
            request.push_str(&format!("Content-Length: {}\r\n", data.len()));
            if own("Content-Type").is_none() {
                request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
            }
        }
        request.push_str("\r\n");
        request
    }

    /// Says where it goes.
    fn announce(&self, context: &mut Context<'_>, url: &Url, to: SocketAddr) {
        if self.new && url.host.parse::<IpAddr>().is_err() {
            let (four, six) = match to.ip() {
                IpAddr::V4(ip) => (ip.to_string(), "(none)".to_owned()),
                IpAddr::V6(ip) => ("(none)".to_owned(), ip.to_string()),
            };
            self.say(
                context,
                &format!(
                    "* Host {}:{} was resolved.\n* IPv6: {six}\n* IPv4: {four}",
                    url.host,
                    to.port()
                ),
            );
        }
        self.say(context, &format!("*   Trying {to}..."));
    }

    /// Says that it is connected, and what it sends.
    fn opened(&self, context: &mut Context<'_>, url: &Url, to: SocketAddr, request: &str) {
        let number = if self.new { "" } else { " (#0)" };
        self.say(
            context,
            &format!(
                "* Connected to {} ({}) port {}{number}",
                url.host,
                to.ip(),
                to.port()
            ),
        );
        for line in request.trim_end_matches("\r\n").split("\r\n").chain([""]) {
            self.say(context, &format!("> {line}\r"));
        }
        if self.new {
            self.say(context, "* Request completely sent off");
        }
    }

    fn failed(
        &mut self,
        context: &mut Context<'_>,
        url: &Url,
        to: SocketAddr,
        failure: Failure,
    ) -> Failed {
        let ms = self.millis(context);
        let (host, ip, port) = (&url.host, to.ip(), to.port());
        let could_not = if self.new { "Could not" } else { "Couldn't" };
        let no_server = format!(
            "Failed to connect to {host} port {port} after {ms} ms: {could_not} connect to server"
        );
        // The rows of the seconds that were waited, but for the last, stand before the reason.
        let whole = self.shown;
        let spent = ms / 1_000;
        while self.shown + 1 < spent {
            self.shown += 1;
            self.row(context, self.shown, 0, 0);
        }
        debug_assert!(whole <= self.shown, "the meter only grows");
        let failed = match failure {
            Failure::Connect(ConnectError::TimedOut) if self.is_overall(context) => {
                Failed::new(28, format!("Connection timed out after {ms} milliseconds"))
            }
            Failure::Connect(ConnectError::TimedOut) if self.options.connect_most.is_some() => {
                self.say(
                    context,
                    &format!(
                        "* ipv4 connect timeout after {}ms, move on!",
                        ms.saturating_sub(13)
                    ),
                );
                Failed::new(
                    28,
                    format!(
                        "Failed to connect to {host} port {port} after {ms} ms: Timeout was reached"
                    ),
                )
            }
            Failure::Connect(error) => {
                let why = reason(error, Libc::Glibc);
                self.say(
                    context,
                    &format!("* connect to {ip} port {port} failed: {why}"),
                );
                let code = if error == ConnectError::TimedOut {
                    28
                } else {
                    7
                };
                Failed::new(code, no_server)
            }
            Failure::Empty => Failed::new(52, "Empty reply from server"),
            Failure::Reset => Failed::new(56, "Recv failure: Connection reset by peer"),
            Failure::NotHttp => Failed::new(1, "Received HTTP/0.9 when not allowed"),
            Failure::Late => Failed::new(
                28,
                format!("Operation timed out after {ms} milliseconds with 0 bytes received"),
            ),
            Failure::Partial(missing) => Failed::new(
                18,
                format!("transfer closed with {missing} bytes remaining to read"),
            ),
        };
        self.say(context, &format!("* {}", failed.what));
        self.last_row(context, 0, 0);
        let closing = self.closing();
        self.say(context, closing);
        failed
    }

    /// Whether the time for all, not that for the connection, has run out.
    fn is_overall(&self, context: &Context<'_>) -> bool {
        let spent = self.millis(context);
        self.options.most.is_some_and(|most| most <= spent)
    }

    fn received(
        &mut self,
        context: &mut Context<'_>,
        url: &Url,
        response: &Response,
    ) -> Result<Option<String>, Failed> {
        for line in response.head.iter().map(String::as_str).chain([""]) {
            self.say(context, &format!("< {line}\r"));
        }
        let size = response.body.len();
        if self.options.fails && response.code() >= 400 {
            let what = format!("The requested URL returned error: {}", response.code());
            self.say(context, &format!("* {what}"));
            self.last_row(context, size, 0);
            let closing = self.closing();
            self.say(context, closing);
            return Err(Failed::new(22, what));
        }
        if self.options.follows
            && let Some(target) = response.redirect(url)
        {
            self.last_row(context, size, size);
            let closing = self.closing();
            self.say(context, closing);
            self.say(
                context,
                &format!("* Issue another request to this URL: '{target}'"),
            );
            return Ok(Some(target));
        }
        if self.options.verbose && !context.tty && size > 0 && !self.options.head {
            context.out.error(&format!("{{ [{size} bytes data]"));
        }
        let printed = print(context, self.options, response);
        self.last_row(context, size, size);
        let closing = self.closing();
        self.say(context, closing);
        printed.map(|()| None)
    }
}

/// A number of bytes in five columns.
fn five(bytes: usize) -> String {
    match bytes {
        0..100_000 => format!("{bytes:5}"),
        100_000..10_240_000 => format!("{:4}k", bytes / 1_024),
        _ => format!("{:4}M", bytes / 1_048_576),
    }
}

/// Writes the page where it is wanted.
fn print(
    context: &mut Context<'_>,
    options: &Options<'_>,
    response: &Response,
) -> Result<(), Failed> {
    let head = format!("{}\r\n\r\n", response.head.join("\r\n"));
    let shown = match (options.head, options.include) {
        (true, _) => head,
        (false, true) => format!("{head}{}", response.body),
        (false, false) => response.body.clone(),
    };
    match options.output {
        Some(path) => {
            let written =
                surroundings::write(context.world, context.place, context.cwd, path, &shown);
            if let Err(error) = written {
                context
                    .out
                    .error(&format!("Warning: Failed to open the file {path}: {error}"));
                return Err(Failed::new(23, "Failure writing output to destination"));
            }
        }
        None => context.out.write(Stream::Out, &shown),
    }
    if let Some(format) = options.write_out {
        let text = format
            .replace("%{http_code}", &format!("{:03}", response.code()))
            .replace("%{response_code}", &format!("{:03}", response.code()))
            .replace("%{size_download}", &response.body.len().to_string())
            .replace(
                "%{content_type}",
                response.header("Content-Type").unwrap_or_default(),
            )
            .replace("\\n", "\n")
            .replace("\\t", "\t");
        context.out.write(Stream::Out, &text);
    }
    Ok(())
}
