//! Fetching a page over a simulated connection, for wget and curl.

use crate::cluster::{Closed, ConnectError, Protocol};
use crate::kernel::Span;
use crate::shell::context::Context;
use std::net::SocketAddr;

/// The parts of `http://HOST[:PORT][/PATH]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// Whether it asks for TLS.
    pub https: bool,
    /// The host as written.
    pub host: String,
    /// The port as written.
    pub port: Option<String>,
    /// The path, with a slash in front.
    pub path: String,
    /// `USER:PASSWORD`, if it stands before the host.
    pub user: Option<String>,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Response {
    /// `HTTP/1.1 200 OK`.
    pub status: String,
    /// The lines of the head, the status among them.
    pub head: Vec<String>,
    /// The body.
    pub body: String,
    /// How many bytes of the body did not come.
    pub missing: usize,
}

/// Why there is no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// There was no connection.
    Connect(ConnectError),
    /// The server closed without a word.
    Empty,
    /// The server broke off.
    Reset,
    /// What came is no HTTP.
    NotHttp,
    /// The server took longer than the client waits.
    Late,
}

/// How long a client waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Patience {
    /// For a connection.
    pub connect: Option<Span>,
    /// For the response.
    pub read: Option<Span>,
}

impl Url {
    /// Reads a URL; a missing scheme is `http`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (https, rest) = match text.split_once("://") {
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some(_) => return None,
            None => (false, text),
        };
        let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(at);
        let (user, authority) = match authority.rsplit_once('@') {
            Some((user, authority)) => (Some(user.to_owned()), authority),
            None => (None, authority),
        };
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        let split = if authority.starts_with('[') {
            authority.rfind("]:").map(|at| at + 1)
        } else {
            authority.find(':')
        };
        let (host, port) = match split {
            Some(at) => (
                authority.get(..at)?,
                Some(authority.get(at + 1..)?.to_owned()),
            ),
            None => (authority, None),
        };
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        Some(Self {
            https,
            host,
            port,
            path,
            user,
        })
    }

    /// As curl writes it, with its scheme.
    pub(super) fn text(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        let port = self.port.as_ref().map(|port| format!(":{port}"));
        let host = &self.host;
        format!("{scheme}://{host}{}{}", port.unwrap_or_default(), self.path)
    }

    /// The port that is meant.
    pub(super) fn number(&self) -> Option<u16> {
        match &self.port {
            Some(port) => super::usage::port(port),
            None => Some(if self.https { 443 } else { 80 }),
        }
    }

    /// What the `Host` header says.
    pub(super) fn host_header(&self) -> String {
        match &self.port {
            Some(port) if port != "80" => format!("{}:{port}", self.host),
            Some(_) | None => self.host.clone(),
        }
    }

    /// The last part of the path, under which wget saves.
    pub(super) fn file_name(&self) -> &str {
        let name = self
            .path
            .split('?')
            .next()
            .unwrap_or_default()
            .rsplit('/')
            .next()
            .unwrap_or_default();
        if name.is_empty() { "index.html" } else { name }
    }
}

/// Opens a connection, sends a request and reads the response.
pub(super) fn fetch(
    context: &mut Context<'_>,
    to: SocketAddr,
    request: &str,
    patience: Patience,
) -> Result<Response, Failure> {
    let id = context
        .connect(to, Protocol::Tcp, patience.connect)
        .map_err(Failure::Connect)?;
    let cluster = &mut context.world.cluster;
    let received = cluster.send_within(id, request.as_bytes(), patience.read);
    cluster.close(id);
    if received.closed.is_none()
        && received.data.is_empty()
        && let Some(most) = patience.read
    {
        cluster.advance(Span(most.0.saturating_sub(received.after.0)));
        return Err(Failure::Late);
    }
    let text = String::from_utf8_lossy(&received.data).into_owned();
    if text.is_empty() {
        return Err(if received.closed == Some(Closed::Reset) {
            Failure::Reset
        } else {
            Failure::Empty
        });
    }
    let (head, body) = text.split_once("\r\n\r\n").ok_or(Failure::NotHttp)?;
    let head: Vec<String> = head.split("\r\n").map(str::to_owned).collect();
    let status = head
        .first()
        .filter(|line| line.starts_with("HTTP/"))
        .ok_or(Failure::NotHttp)?
        .clone();
    let mut response = Response {
        status,
        head,
        body: body.to_owned(),
        missing: 0,
    };
    if !request.starts_with("HEAD") {
        let length = response.length().unwrap_or(0);
        response.missing = length.saturating_sub(body.len());
    }
    Ok(response)
}

impl Response {
    /// The value of a header, if it is there.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The length that the head tells.
    pub(super) fn length(&self) -> Option<usize> {
        self.header("Content-Length")?.parse().ok()
    }

    /// Where a redirect leads, as an address that stands for itself.
    pub(super) fn redirect(&self, from: &Url) -> Option<String> {
        let target = self
            .header("Location")
            .filter(|_| (300..400).contains(&self.code()))?;
        Some(if target.starts_with('/') {
            let scheme = if from.https { "https" } else { "http" };
            let port = from.port.as_ref().map(|port| format!(":{port}"));
            format!(
                "{scheme}://{}{}{target}",
                from.host,
                port.unwrap_or_default()
            )
        } else {
            target.to_owned()
        })
    }

    /// The number in the status line.
    pub(super) fn code(&self) -> u16 {
        self.status
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let url = Url::parse("web:81/hello?x").unwrap();
        assert_eq!(
            (url.host.as_str(), url.number(), url.path.as_str()),
            ("web", Some(81), "/hello?x")
        );
        assert_eq!(url.host_header(), "web:81");
        assert_eq!(Url::parse("http://web").unwrap().file_name(), "index.html");
        assert_eq!(Url::parse("https://web").unwrap().number(), Some(443));
        assert_eq!(Url::parse("redis://web"), None);
        assert_eq!(Url::parse("http://[fd00::1]:80/").unwrap().host, "fd00::1");
    }
}
