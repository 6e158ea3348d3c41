//! What the catalogue's web servers answer: default pages, and echoes of who asked and how.
//!
//! Each is that of the image's own program: nginx, httpd, traefik/whoami, agnhost, echoserver, hello-app, http-echo, kuard.

use super::http_server::NOSNIFF;
use super::script::Page;
use crate::api::image::Site;
use crate::kernel::Arrange;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// A request, read.
pub(super) struct Request<'a> {
    pub method: &'a str,
    /// The path with its query.
    pub target: &'a str,
    /// The lines of the head, without the first.
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: &'a str,
}

/// Who asks, and who is asked.
#[derive(Clone, Debug)]
pub(super) struct Around {
    /// The client, as the server sees it.
    pub client: SocketAddr,
    /// The server's own address.
    pub own: SocketAddr,
    /// The Pod's name, which is its host name.
    pub host: String,
}

const NGINX: &str = "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n<style>\nhtml { color-scheme: light dark; }\nbody { width: 35em; margin: 0 auto;\nfont-family: Tahoma, Verdana, Arial, sans-serif; }\n</style>\n</head>\n<body>\n<h1>Welcome to nginx!</h1>\n<p>If you see this page, the nginx web server is successfully installed and\nworking. Further configuration is required.</p>\n\n<p>For online documentation and support please refer to\n<a href=\"http://nginx.org/\">nginx.org</a>.<br/>\nCommercial support is available at\n<a href=\"http://nginx.com/\">nginx.com</a>.</p>\n\n<p><em>Thank you for using nginx.</em></p>\n</body>\n</html>\n";

impl<'a> Request<'a> {
    /// Reads a head and what follows it.
    pub(super) fn read(raw: &'a str, body: &'a str) -> Self {
        let mut lines = raw.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        let header = |line: &'a str| {
            let (name, value) = line.split_once(':')?;
            Some((name, value.trim()))
        };
        Self {
            method,
            target,
            headers: lines.filter_map(header).collect(),
            body,
        }
    }

    pub(super) fn path(&self) -> &'a str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query.
    fn parameter(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?')?.1;
        let pairs = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut found = pairs.filter(|(key, _)| *key == name);
        found.next().map(|(_, value)| decoded(value))
    }

    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| *value)
    }
}

/// Text of a query: `%20` and `+` are blanks.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        match b {
            b'+' => bytes.push(b' '),
            b'%' => {
                let pair = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                let hex = std::str::from_utf8(&pair).unwrap_or("00");
                bytes.push(u8::from_str_radix(hex, 16).unwrap_or(b'?'));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The page that a site gives; `text` is what its own arguments say.
pub(super) fn page(
    site: Site,
    request: &Request<'_>,
    around: &Around,
    text: &str,
    now: i64,
) -> Page {
    match site {
        Site::Nginx => nginx(request),
        Site::Httpd => httpd(request),
        Site::Whoami => whoami(request, around),
        Site::Netexec => netexec(request, around, now),
        Site::HostName => plain(around.host.clone()),
        Site::EchoServer => plain(echo_server(request, around)),
        Site::HelloApp => {
            let version = if text.starts_with('2') {
                "2.0.0"
            } else {
                "1.0.0"
            };
            plain(format!(
                "Hello, world!\nVersion: {version}\nHostname: {}\n",
                around.host
            ))
        }
        Site::Bootcamp => {
            let version = text.trim_start_matches('v');
            plain(format!(
                "Hello Kubernetes bootcamp! | Running on: {} | v={version}\n",
                around.host
            ))
        }
        Site::ServedBy => plain(served_by(request, around)),
        Site::HttpEcho => Page {
            headers: &[("X-App-Name", "http-echo"), ("X-App-Version", "1.0.0")],
            ..plain(match request.path() {
                "/health" => "{\"status\":\"ok\"}\n".to_owned(),
                _ => format!("{text}\n"),
            })
        },
        Site::Kuard => match request.path() {
            "/" => html(200, kuard(request, around, text)),
            "/healthy" | "/ready" => plain("ok".to_owned()),
            _ => not_found(),
        },
        Site::NotFound => not_found(),
    }
}

/// What Go's own router says of a path without a handler.
fn not_found() -> Page {
    Page {
        status: Some(404),
        headers: &[NOSNIFF],
        ..plain("404 page not found\n".to_owned())
    }
}

fn plain(body: String) -> Page {
    Page {
        status: Some(200),
        kind: "text/plain; charset=utf-8".to_owned(),
        body: Some(body),
        ..Page::default()
    }
}

fn html(status: u16, body: String) -> Page {
    Page {
        status: Some(status),
        kind: "text/html".to_owned(),
        body: Some(body),
        ..Page::default()
    }
}

/// nginx as its image comes: one page.
fn nginx(request: &Request<'_>) -> Page {
    let status = match (request.method, request.path()) {
        ("GET" | "HEAD", "/" | "/index.html") => {
            return Page {
                headers: &[
                    ("Last-Modified", "Tue, 28 May 2024 13:22:30 GMT"),
                    ("ETag", "\"6655da96-267\""),
                    ("Accept-Ranges", "bytes"),
                ],
                ..html(200, NGINX.to_owned())
            };
        }
        ("GET" | "HEAD", _) => 404,
        _ => 405,
    };
    html(status, nginx_error(status))
}

/// Apache's httpd as its image comes: one page, which POST gets too.
fn httpd(request: &Request<'_>) -> Page {
    const ALLOW: &[(&str, &str)] = &[("Allow", "GET,POST,OPTIONS,HEAD,TRACE")];
    let (status, title, text) = match (request.method, request.path()) {
        ("GET" | "HEAD" | "POST", "/" | "/index.html") => {
            return Page {
                headers: &[
                    ("Last-Modified", "Mon, 11 Jun 2007 18:53:14 GMT"),
                    ("ETag", "\"2d-432a5e4a73a80\""),
                    ("Accept-Ranges", "bytes"),
                ],
                ..html(
                    200,
                    "<html><body><h1>It works!</h1></body></html>\n".to_owned(),
                )
            };
        }
        ("OPTIONS", _) => {
            return Page {
                headers: ALLOW,
                ..html(200, String::new())
            };
        }
        ("GET" | "HEAD" | "POST", _) => (
            404,
            "Not Found",
            "The requested URL was not found on this server.".to_owned(),
        ),
        (method, _) => (
            405,
            "Method Not Allowed",
            format!("The requested method {method} is not allowed for this URL."),
        ),
    };
    Page {
        kind: "text/html; charset=iso-8859-1".to_owned(),
        headers: if status == 405 { ALLOW } else { &[] },
        ..html(
            status,
            format!(
                "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>{status} {title}</title>\n</head><body>\n<h1>{title}</h1>\n<p>{text}</p>\n</body></html>\n"
            ),
        )
    }
}

/// nginx's own page of an error.
pub(super) fn nginx_error(status: u16) -> String {
    let title = format!("{status} {}", super::http_server::reason(status));
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx/1.27.0</center>\r\n</body>\r\n</html>\r\n"
    )
}

/// traefik/whoami: who answers, who asks, and the request as it came.
fn whoami(request: &Request<'_>, around: &Around) -> Page {
    if request.path() == "/health" {
        return plain(String::new());
    }
    let mut text = format!(
        "Hostname: {}\nIP: 127.0.0.1\nIP: ::1\nIP: {}\nRemoteAddr: {}\n{} {} HTTP/1.1\n",
        around.host,
        around.own.ip(),
        around.client,
        request.method,
        request.target
    );
    let host = request.header("Host").unwrap_or_default();
    let _ = writeln!(text, "Host: {host}");
    // Go keeps headers in a map and writes them in order, Host and User-Agent first.
    let agent = request.header("User-Agent");
    if let Some(agent) = agent {
        let _ = writeln!(text, "User-Agent: {agent}");
    }
    let mut others: Vec<(&str, &str)> = request.headers.clone();
    others.retain(|(name, _)| {
        !name.eq_ignore_ascii_case("host") && !name.eq_ignore_ascii_case("user-agent")
    });
    others.arrange();
    for (name, value) in others {
        let _ = writeln!(text, "{name}: {value}");
    }
    text.push('\n');
    plain(text)
}

/// `agnhost netexec`.
fn netexec(request: &Request<'_>, around: &Around, now: i64) -> Page {
    let date = crate::kernel::timestamp(now)
        .replace('T', " ")
        .replace('Z', "");
    match request.path() {
        "/clientip" => plain(around.client.to_string()),
        "/hostname" | "/hostName" => plain(around.host.clone()),
        "/echo" => {
            let page = plain(request.parameter("msg").unwrap_or_default());
            let code = request.parameter("code").and_then(|code| code.parse().ok());
            Page {
                status: Some(code.unwrap_or(200)),
                ..page
            }
        }
        "/header" => {
            let key = request.parameter("key").unwrap_or_default();
            plain(request.header(&key).unwrap_or_default().to_owned())
        }
        "/healthz" | "/redirect" => plain(String::new()),
        "/" => plain(format!("NOW: {date} +0000 UTC")),
        _ => not_found(),
    }
}

/// kuard's page, whose script draws what stands in it: who answers, in which version, and the request as it came. The
/// symbols of its pictures are left out.
fn kuard(request: &Request<'_>, around: &Around, tag: &str) -> String {
    let version = match tag {
        "blue" | "green" | "purple" => format!("v0.10.0-{tag}"),
        tag => format!("v0.8.2-{tag}"),
    };
    // FNV-1a
    let hash = version.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let host = request.header("Host").unwrap_or_default();
    let mut dump = format!(
        "{} {} HTTP/1.1\r\nHost: {host}",
        request.method, request.target
    );
    if request
        .header("Connection")
        .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    {
        dump.push_str("\r\nConnection: close");
    }
    let mut headers = request.headers.clone();
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
    headers.arrange();
    for (name, value) in headers {
        let _ = write!(dump, "\r\n{name}: {value}");
    }
    let mut quoted = String::new();
    crate::api::quote_json(&dump, &mut quoted);
    format!(
        "<!doctype html>\n\n<html lang=\"en\">\n<head>\n  <meta charset=\"utf-8\">\n\n  <title>KUAR Demo</title>\n\n  <link rel=\"stylesheet\" href=\"/static/css/bootstrap.min.css\">\n  <link rel=\"stylesheet\" href=\"/static/css/styles.css\">\n\n  <script>\nvar pageContext = {{\"urlBase\":\"\",\"hostname\":\"{}\",\"addrs\":[\"{}\"],\"version\":\"{version}\",\"versionColor\":\"hsl({},100%,50%)\",\"requestDump\":{quoted},\"requestProto\":\"HTTP/1.1\",\"requestAddr\":\"{}\"}}\n  </script>\n</head>\n\n<body>\n  <div id=\"root\"></div>\n  <script src=\"/built/bundle.js\" type=\"text/javascript\"></script>\n</body>\n</html>\n",
        around.host,
        around.own.ip(),
        hash % 360,
        around.client
    )
}

/// registry.k8s.io/echoserver, which the documentation uses to show source addresses.
/// What jmalloc/echo-server writes.
fn served_by(request: &Request<'_>, around: &Around) -> String {
    let mut text = format!(
        "Request served by {}\n\n{} {} HTTP/1.1\n\nHost: {}\n",
        around.host,
        request.method,
        request.target,
        request.header("Host").unwrap_or_default()
    );
    for (name, value) in &request.headers {
        if !name.eq_ignore_ascii_case("host") {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    if !request.body.is_empty() {
        text.push_str(&format!("\n{}", request.body));
    }
    text
}

fn echo_server(request: &Request<'_>, around: &Around) -> String {
    let host = request.header("Host").unwrap_or_default();
    let bare = host.split(':').next().unwrap_or_default();
    let query = request
        .target
        .split_once('?')
        .map_or("", |(_, query)| query);
    let mut headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("\t{}={value}  \n", name.to_ascii_lowercase()))
        .collect();
    headers.arrange();
    let body = if request.body.is_empty() {
        "-no body in request-"
    } else {
        request.body
    };
    format!(
        "\n\nHostname: {}\n\nPod Information:\n\t-no pod information available-\n\nServer values:\n\tserver_version=nginx: 1.13.3 - lua: 10008\n\nRequest Information:\n\tclient_address={}\n\tmethod={}\n\treal path={}\n\tquery={query}\n\trequest_version=1.1\n\trequest_scheme=http\n\trequest_uri=http://{bare}:{}{}\n\nRequest Headers:\n{}\nRequest Body:\n\t{body}\n\n",
        around.host,
        around.client.ip(),
        request.method,
        request.target,
        around.own.port(),
        request.target,
        headers.concat()
    )
}
