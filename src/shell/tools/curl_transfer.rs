//! One transfer of curl: what it says of itself, its meter, and its failures.

use super::curl::{Options, VERSION_8};
use super::curl_file::{Failed, print};
use super::curl_request;
use super::curl_scheme::is_own;
use super::curl_write_out::{Told, five};
use super::host;
use super::http::{Failure, Patience, Response, Url, fetch};
use super::usage::reason;
use crate::api::image::Libc;
use crate::cluster::{ConnectError, Protocol};
use crate::dns::RecordType;
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
    /// What is sent.
    pub(super) body: Option<String>,
    /// What is known of it by now.
    pub(super) told: Told,
    /// The host that was looked up last.
    pub(super) host_was: String,
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
        let percent = |part: usize| (part * 100).checked_div(total).unwrap_or(0);
        let (done, percent) = (
            if total > 0 && received > 0 { 100 } else { 0 },
            percent(received),
        );
        let done = if percent < 100 { percent } else { done };
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
        let speed = received.clone();
        context.out.write(
            Stream::Err,
            &format!(
                "\r{done:3} {total}  {percent:3} {received}    0     0  {speed}      0 --:--:-- {spent} --:--:-- {speed}"
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
        let (mut url, port) = self.url(text)?;
        self.told.effective = url.text();
        self.told.scheme = if url.https { "HTTPS" } else { "HTTP" };
        if self.meter && self.told.redirects == 0 {
            context.out.write(Stream::Err, METER);
            self.row(context, 0, 0, 0);
        }
        let query = self.body.clone().filter(|_| self.options.as_query);
        if let Some(query) = query {
            let join = if url.path.contains('?') { '&' } else { '?' };
            url.path = format!("{}{join}{query}", url.path);
            self.told.effective = url.text();
        }
        if let Some(name) = self.options.interface.filter(|name| !is_own(context, name)) {
            let _ = host::resolve(context, name, &[RecordType::A]);
            let failed = Failed::new(45, format!("Couldn't bind to '{name}'"));
            return Err(self.ended(context, 0, 0, failed));
        }
        let addresses = self.resolved(context, &url, port)?;
        self.told.looked_up = context.world.cluster.now().since(self.begun).0;
        let first = SocketAddr::new(
            addresses
                .first()
                .copied()
                .unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)),
            port,
        );
        if url.https && self.connects(context, first) {
            context
                .out
                .note("Portside does not simulate TLS: use http://.");
            self.last_row(context, 0, 0);
            return Err(Failed::new(
                35,
                "error:0A00010B:SSL routines::wrong version number",
            ));
        }
        let data = self.body.clone().filter(|_| !self.options.as_query);
        let method = self.method(data.is_some()).to_owned();
        let agent = if self.new {
            format!("curl/{VERSION_8}")
        } else {
            "curl/7.88.1".to_owned()
        };
        let request = curl_request::head(self.options, &url, &method, data.as_deref(), &agent);
        self.told.method = method;
        let sent = format!("{request}{}", data.as_deref().unwrap_or_default());
        self.announce(context, &url, first);
        let mut at_once = false;
        let mut last = (first, Failure::Connect(ConnectError::Refused));
        for (at, ip) in addresses.iter().enumerate() {
            let to = SocketAddr::new(*ip, port);
            if at > 0 {
                self.say(context, &format!("*   Trying {to}..."));
            }
            let opened = context.world.cluster.now();
            match fetch(context, to, &sent, self.patience(context)) {
                Err(failure @ Failure::Connect(error)) => {
                    // An own route that leads nowhere is known before a packet leaves.
                    at_once = error != ConnectError::Refused
                        && (ip.is_ipv6() || context.world.cluster.now() == opened);
                    if at + 1 < addresses.len() {
                        self.not_connected(context, to, failure, at_once);
                    }
                    last = (to, failure);
                }
                result => {
                    self.told.connected = opened.since(self.begun).0.max(1);
                    self.opened(context, &url, to, &request);
                    self.uploaded(context, data.as_ref().map_or(0, String::len));
                    self.told.request_size += request.len();
                    return match result {
                        Ok(response) => self.received(context, &url, &response),
                        Err(failure) => Err(self.failed(context, &url, (to, failure), false)),
                    };
                }
            }
        }
        Err(self.failed(context, &url, last, at_once))
    }

    /// Says what it sent besides the head.
    fn uploaded(&mut self, context: &mut Context<'_>, size: usize) {
        self.told.upload_size = size;
        if size > 0 && !context.tty {
            self.say(context, &format!("}} [{size} bytes data]"));
        }
    }

    fn method(&self, has_data: bool) -> &str {
        let options = self.options;
        options.method.unwrap_or(if options.head {
            "HEAD"
        } else if options.upload.is_some() {
            "PUT"
        } else if has_data {
            "POST"
        } else {
            "GET"
        })
    }

    /// Goes on to where a response redirected it.
    pub(super) fn follow(&mut self, context: &mut Context<'_>, target: &str) {
        let said = format!("* Issue another request to this URL: '{target}'");
        self.say(context, &said);
        self.told.redirects += 1;
        // What was posted is not posted again, unless the status says so.
        if !matches!(self.told.code, 307 | 308) {
            self.body = None;
        }
    }

    /// The parts of a URL, and its port.
    fn url(&self, text: &str) -> Result<(Url, u16), Failed> {
        let asked = text.split('#').next().unwrap_or_default();
        let Some(url) = Url::parse(asked) else {
            let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
            let more = if self.new {
                ""
            } else {
                " or disabled in libcurl"
            };
            let what = format!("Protocol \"{scheme}\" not supported{more}");
            return Err(Failed::new(1, what));
        };
        let fits =
            !url.host.is_empty() && !url.host.contains([' ', '<', '>', '"', '{', '}', '^', '`']);
        let bad = || Failed::new(3, "URL using bad/illegal format or missing URL");
        let port = url.number().filter(|_| fits).ok_or_else(bad)?;
        Ok((url, port))
    }

    /// Whether something listens there, without a request.
    fn connects(&self, context: &mut Context<'_>, to: SocketAddr) -> bool {
        let patience = self.patience(context).connect;
        match context.connect(to, Protocol::Tcp, patience) {
            Ok(id) => {
                context.world.cluster.close(id);
                true
            }
            Err(_) => false,
        }
    }

    fn resolved(
        &mut self,
        context: &mut Context<'_>,
        url: &Url,
        port: u16,
    ) -> Result<Vec<IpAddr>, Failed> {
        let own = self.options.resolve.iter().find_map(|entry| {
            let (host, rest) = entry.trim_start_matches('+').split_once(':')?;
            let (own_port, address) = rest.split_once(':')?;
            let fits = host.eq_ignore_ascii_case(&url.host) && own_port == port.to_string();
            let address = address.trim_matches(['[', ']']).parse().ok()?;
            fits.then_some(address)
        });
        if self.told.redirects == 0 {
            for entry in &self.options.resolve {
                self.say(context, &format!("* Added {entry} to DNS cache"));
            }
        }
        if own.is_some()
            || self
                .told
                .ends
                .as_ref()
                .is_some_and(|_| self.host_was == url.host)
        {
            self.say(
                context,
                &format!("* Hostname {} was found in DNS cache", url.host),
            );
        }
        self.host_was.clone_from(&url.host);
        if let Some(address) = own {
            return Ok(vec![address]);
        }
        let limits = self
            .options
            .most
            .into_iter()
            .chain(self.options.connect_most);
        let until = limits.min().map(|most| self.begun + Span::millis(most));
        let types = self.options.types();
        let mut found = host::resolve_until(context, &url.host, types, until).map(|f| f.addresses);
        if let (Ok(addresses), Some(family)) = (&mut found, self.options.family) {
            addresses.retain(|address| address.is_ipv4() == (family == 4));
        }
        let spent = self.millis(context);
        let most = self
            .options
            .most
            .into_iter()
            .chain(self.options.connect_most)
            .min();
        let late = most.filter(|most| *most <= spent);
        let failed = match (found, late) {
            (Ok(addresses), None) if !addresses.is_empty() => return Ok(addresses),
            (Ok(_), None) => {
                let failed = Failed::new(7, "Couldn't connect to server");
                return Err(self.ended(context, 0, 0, failed));
            }
            (_, Some(most)) => {
                Failed::new(28, format!("Resolving timed out after {most} milliseconds"))
            }
            (_, None) => Failed::new(6, format!("Could not resolve host: {}", url.host)),
        };
        self.say(context, &format!("* {}", failed.what));
        // A name that does not exist ends the transfer before its meter does.
        if failed.code == 28 || self.told.redirects > 0 {
            self.last_row(context, 0, 0);
        }
        let closing = self.closing();
        self.say(context, &closing);
        Err(failed)
    }

    fn closing(&self) -> String {
        let number = self.told.redirects;
        match self.new {
            true => format!("* closing connection #{number}"),
            false => format!("* Closing connection {number}"),
        }
    }

    fn patience(&self, context: &Context<'_>) -> Patience {
        let spent = self.millis(context);
        let rest = |most: u64| Span::millis(most.saturating_sub(spent));
        let most = self.options.most.map(rest);
        let connect = self.options.connect_most.map(rest);
        let slow = self.options.too_slow.map(|(_, time)| Span::secs(time));
        Patience {
            connect: most.into_iter().chain(connect).min(),
            read: most.into_iter().chain(slow).min(),
        }
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
    fn opened(&mut self, context: &mut Context<'_>, url: &Url, to: SocketAddr, request: &str) {
        let number = if self.new {
            String::new()
        } else {
            format!(" (#{})", self.told.redirects)
        };
        let pod = surroundings::pod(&context.world.cluster, context.place);
        let local = pod.map_or_else(String::new, |pod| pod.status.pod_ip.clone());
        self.told.ends = Some((local, to));
        self.told.connects += 1;
        self.say(
            context,
            &format!(
                "* Connected to {} ({}) port {}{number}",
                url.host,
                to.ip(),
                to.port()
            ),
        );
        if let Some(user) = self.options.user {
            let name = user.split(':').next().unwrap_or_default();
            self.say(
                context,
                &format!("* Server auth using Basic with user '{name}'"),
            );
        }
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
        (to, failure): (SocketAddr, Failure),
        at_once: bool,
    ) -> Failed {
        let ms = self.millis(context);
        let (host, port) = (&url.host, to.port());
        let could_not = if self.new { "Could not" } else { "Couldn't" };
        let no_server = format!(
            "Failed to connect to {host} port {port} after {ms} ms: {could_not} connect to server"
        );
        // The rows of the seconds that were waited, but for the last, stand before the reason.
        let spent = ms / 1_000;
        while self.shown + 1 < spent {
            self.shown += 1;
            self.row(context, self.shown, 0, 0);
        }
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
                self.not_connected(context, to, failure, at_once);
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
            Failure::Late if self.options.too_slow.is_some() && !self.is_overall(context) => {
                let (limit, time) = self.options.too_slow.unwrap_or_default();
                let what = format!(
                    "Operation too slow. Less than {limit} bytes/sec transferred the last {time} seconds"
                );
                Failed::new(28, what)
            }
            Failure::Late => Failed::new(
                28,
                format!("Operation timed out after {ms} milliseconds with 0 bytes received"),
            ),
        };
        self.say(context, &format!("* {}", failed.what));
        self.last_row(context, 0, 0);
        let closing = self.closing();
        self.say(context, &closing);
        failed
    }

    /// Says why one address gave no connection.
    fn not_connected(
        &self,
        context: &mut Context<'_>,
        to: SocketAddr,
        failure: Failure,
        at_once: bool,
    ) {
        let Failure::Connect(error) = failure else {
            return;
        };
        let (ip, why) = (to.ip(), reason(error, Libc::Glibc));
        let text = if at_once {
            format!("* Immediate connect fail for {ip}: {why}")
        } else {
            format!("* connect to {ip} port {} failed: {why}", to.port())
        };
        self.say(context, &text);
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
        self.note(url, response);
        let size = response.body.len();
        let whole = size + response.missing;
        if self.options.fails && response.code() >= 400 {
            let what = format!("The requested URL returned error: {}", response.code());
            self.say(context, &format!("* {what}"));
            self.told.size = 0;
            return Err(self.ended(context, whole, 0, Failed::new(22, what)));
        }
        if self.options.follows
            && let Some(target) = response.redirect(url)
        {
            if self.options.head || self.options.include {
                let head = format!("{}\r\n\r\n", response.head.join("\r\n"));
                context.out.write(Stream::Out, &head);
            }
            self.last_row(context, size, size);
            let closing = self.closing();
            self.say(context, &closing);
            return Ok(Some(target));
        }
        let bodiless = self.told.method == "HEAD";
        if self.options.verbose && !context.tty && size > 0 && !bodiless {
            context.out.error(&format!("{{ [{size} bytes data]"));
        }
        if let Some(rate) = self.options.rate.filter(|rate| *rate > 0) {
            let micros = (size as u64).saturating_mul(1_000_000) / rate;
            context.pass(Span::micros(micros));
        }
        if self.options.bar && !self.options.silent {
            let bar = format!("\r{} 100.0%\n", "#".repeat(72));
            context.out.write(Stream::Err, &bar);
        }
        let printed = print(context, self.options, url, response);
        if response.missing > 0 {
            let what = format!(
                "transfer closed with {} bytes remaining to read",
                response.missing
            );
            self.say(context, &format!("* {what}"));
            return Err(self.ended(context, whole, size, Failed::new(18, what)));
        }
        let told = if bodiless {
            response.length().unwrap_or(0)
        } else {
            size
        };
        self.last_row(context, told, size);
        let closing = self.closing();
        self.say(context, &closing);
        self.told.file = printed?.unwrap_or_default();
        if self.options.fails_late && response.code() >= 400 {
            let what = format!("The requested URL returned error: {}", response.code());
            return Err(Failed::new(22, what));
        }
        Ok(None)
    }

    /// The last row of a transfer that fails after its response began.
    fn ended(
        &mut self,
        context: &mut Context<'_>,
        total: usize,
        size: usize,
        failed: Failed,
    ) -> Failed {
        self.last_row(context, total, size);
        let closing = self.closing();
        self.say(context, &closing);
        failed
    }

    /// Keeps what `-w` may tell of a response.
    fn note(&mut self, url: &Url, response: &Response) {
        let told = &mut self.told;
        told.code = response.code();
        told.size = response.body.len();
        told.head_size += response
            .head
            .iter()
            .map(|line| line.len() + 2)
            .sum::<usize>()
            + 2;
        told.headers = response.head.len().saturating_sub(1);
        told.content_type = response
            .header("Content-Type")
            .unwrap_or_default()
            .to_owned();
        told.redirect = response.redirect(url).unwrap_or_default();
        let version = response.status.split(' ').next().unwrap_or_default();
        told.version = version.trim_start_matches("HTTP/").to_owned();
    }
}
