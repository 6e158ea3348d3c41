//! A request that an Ingress controller has read and sends on, with the headers that ingress-nginx adds.

use super::http_server::{date, reason};
use super::site::{Around, Request};
use std::fmt::Write as _;
use std::net::SocketAddr;

/// A request on its way to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// The client, as the controller sees it.
    pub client: SocketAddr,
    /// The controller's own address.
    pub own: SocketAddr,
    /// The host that the client asked for, without a port.
    pub host: String,
    /// The path, without its query.
    pub path: String,
    /// The path with its query.
    pub target: String,
    method: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Relay {
    pub(super) fn of(request: &Request<'_>, around: &Around) -> Self {
        let host = request.header("Host").unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            client: around.client,
            own: around.own,
            host: host.to_owned(),
            path: request.path().to_owned(),
            target: request.target.to_owned(),
            method: request.method.to_owned(),
            headers: request.headers.iter().map(own).collect(),
            body: request.body.to_owned(),
        }
    }

    /// The request as the endpoint gets it.
    pub fn forwarded(&self, rewrite: Option<&str>) -> Vec<u8> {
        let target = rewrite.unwrap_or(&self.target);
        let client = self.client.ip();
        let mut text = format!(
            "{} {target} HTTP/1.1\r\nHost: {}\r\n",
            self.method, self.host
        );
        let added = [
            ("X-Request-ID", request_id(self)),
            ("X-Real-IP", client.to_string()),
            ("X-Forwarded-For", client.to_string()),
            ("X-Forwarded-Host", self.host.clone()),
            ("X-Forwarded-Port", "80".to_owned()),
            ("X-Forwarded-Proto", "http".to_owned()),
            ("X-Forwarded-Scheme", "http".to_owned()),
            ("X-Scheme", "http".to_owned()),
        ];
        for (name, value) in &added {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let dropped = ["host", "connection"];
        for (name, value) in &self.headers {
            if !dropped.iter().any(|d| name.eq_ignore_ascii_case(d)) {
                let _ = write!(text, "{name}: {value}\r\n");
            }
        }
        let _ = write!(text, "\r\n{}", self.body);
        text.into_bytes()
    }
}

/// An id that the same request at the same port has each time.
fn request_id(relay: &Relay) -> String {
    let mut rng = crate::kernel::Rng::fork(u64::from(relay.client.port()), &relay.target);
    format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64())
}

/// A page of ingress-nginx's own.
pub fn status_page(status: u16, location: Option<String>, now: i64) -> Vec<u8> {
    let title = format!("{status} {}", reason(status));
    let body = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    let location = location.map(|to| format!("Location: {to}\r\n"));
    format!(
        "HTTP/1.1 {title}\r\nDate: {}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{body}",
        date(now),
        body.len(),
        location.unwrap_or_default()
    )
    .into_bytes()
}
