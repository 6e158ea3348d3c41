//! What HTTP servers answer (RFC 9110, RFC 9112): one page for every path, or the pages of a script.

use super::connection::Closed;
use super::relay::Relay;
use super::script::{self, Length, Page};
use super::server::Answer;
use super::site::{self, Around, Request};
use crate::api::image::{Serves, Site};
use crate::kernel::{civil, month_name, weekday};

/// What a server has to give.
pub(super) struct Gives<'a> {
    /// How it speaks.
    pub serves: Serves,
    /// Who asks, and who is asked.
    pub around: &'a Around,
    /// The page of every path that no script has.
    pub text: &'a str,
    /// The scripted pages.
    pub script: Option<&'a str>,
    /// The time, in seconds since 1970.
    pub now: i64,
}

/// Answers a request as soon as its head and body are there.
pub(super) fn respond(pending: &mut Vec<u8>, gives: &Gives<'_>) -> Answer {
    let raw = String::from_utf8_lossy(pending).into_owned();
    let text = raw.replace("\r\n", "\n");
    let style = Style::of(gives.serves);
    let Some((head, body)) = text.split_once("\n\n") else {
        // A line that is no request is answered at once.
        return match text.split_once('\n') {
            Some((line, _)) if !line.contains(" HTTP/") => {
                let page = Page::plain(400, "400 Bad Request\n");
                Answer::last(written(&page, "", (gives.now, style), true))
            }
            Some(_) | None => Answer::default(),
        };
    };
    let request = Request::read(head, body);
    let wanted = request
        .header("Content-Length")
        .and_then(|n| n.parse().ok());
    if body.len() < wanted.unwrap_or(0) {
        return Answer::default();
    }
    let closes = !head.to_ascii_lowercase().contains("connection: keep-alive");
    let method = request.method;
    let scripted = gives
        .script
        .and_then(|script| script::page(script, request.target));
    if gives.serves == Serves::Ingress && scripted.is_none() {
        let relay = Some(Box::new(Relay::of(&request, gives.around)));
        let ends = closes.then_some(Closed::Fin);
        pending.clear();
        return Answer {
            relay,
            ends,
            ..Answer::default()
        };
    }
    let page = scripted.unwrap_or_else(|| match (gives.serves, method) {
        (Serves::Web(site), _) => site::page(site, &request, gives.around, gives.text, gives.now),
        (_, "GET" | "HEAD" | "POST" | "PUT") => Page::plain(200, &format!("{}\n", gives.text)),
        (..) => Page::plain(405, ""),
    });
    pending.clear();
    let mut answer = Answer {
        data: written(&page, &raw, (gives.now, style), method != "HEAD"),
        ends: closes.then_some(Closed::Fin),
        after: page.after,
        relay: None,
    };
    if page.status.is_none() {
        answer.data.clear();
        answer.ends = Some(if page.resets {
            Closed::Reset
        } else {
            Closed::Fin
        });
    }
    answer
}

impl Page {
    fn plain(status: u16, body: &str) -> Self {
        let kind = if body.starts_with('<') {
            "text/html"
        } else {
            "text/plain"
        };
        Self {
            status: Some(status),
            kind: kind.to_owned(),
            body: Some(body.to_owned()),
            ..Self::default()
        }
    }
}

/// The bytes of a response; a page without a body of its own sends the request back.
fn written(page: &Page, request: &str, (now, style): (i64, Style), with_body: bool) -> Vec<u8> {
    let status = page.status.unwrap_or(200);
    let body = page.body.as_deref().unwrap_or(request);
    let mut lines: Vec<(&str, String)> = vec![("Date", date(now))];
    let kind = ("Content-Type", page.kind.clone());
    let location = page.location.iter().map(|to| ("Location", to.clone()));
    let length = match page.length {
        Length::True => Some(body.len()),
        // It promises a hundred bytes, or more than it has.
        Length::TooMuch => Some((body.len() + 1).max(100)),
        Length::Untold => None,
    };
    let length = length.map(|length| ("Content-Length", length.to_string()));
    let closes = ("Connection", "close".to_owned());
    let mut own = page
        .headers
        .iter()
        .map(|(name, text)| (*name, (*text).to_owned()));
    match style {
        Style::Nginx => {
            lines.insert(0, ("Server", "nginx/1.27.0".to_owned()));
            lines.push(kind);
            lines.extend(location.chain(length));
            // When a file was changed stands before, what it is called and how it is sent behind.
            lines.extend(own.next());
            lines.push(closes);
            lines.extend(own);
        }
        Style::Apache => {
            lines.push(("Server", "Apache/2.4.62 (Unix)".to_owned()));
            lines.extend(location.chain(own).chain(length));
            lines.extend([closes, kind]);
        }
        Style::Go => {
            // What a program sets itself comes first, by name; what is found out about its body stands behind the date.
            let is_set = page.body.is_none()
                || !page.kind.ends_with("utf-8")
                || page
                    .headers
                    .first()
                    .is_some_and(|(name, _)| *name == NOSNIFF.0);
            let (set, found) = if is_set {
                (Some(kind), None)
            } else {
                (None, Some(kind))
            };
            let front: Vec<_> = set.into_iter().chain(location).chain(own).collect();
            lines.splice(0..0, front);
            lines.extend(length.into_iter().chain(found));
            lines.push(closes);
        }
    }
    let mut head = format!("HTTP/1.1 {status} {}\r\n", style.reason(status));
    for (name, text) in lines {
        head.extend([name, ": ", &text, "\r\n"]);
    }
    head.push_str("\r\n");
    if with_body {
        head.push_str(body);
    }
    head.into_bytes()
}

/// Go's own errors are not to be taken for anything but text.
pub(super) const NOSNIFF: (&str, &str) = ("X-Content-Type-Options", "nosniff");

/// Whose headers a server writes.
#[derive(Clone, Copy)]
enum Style {
    Nginx,
    Apache,
    Go,
}

impl Style {
    fn of(serves: Serves) -> Self {
        match serves {
            Serves::Web(Site::Httpd) => Self::Apache,
            Serves::Web(
                Site::Whoami
                | Site::Netexec
                | Site::HostName
                | Site::HelloApp
                | Site::Bootcamp
                | Site::ServedBy
                | Site::HttpEcho
                | Site::Kuard
                | Site::NotFound,
            ) => Self::Go,
            _ => Self::Nginx,
        }
    }

    /// What a server calls a status: nginx has words of its own for some.
    fn reason(self, status: u16) -> &'static str {
        match (self, status) {
            (Self::Nginx, _) => reason(status),
            (_, 405) => "Method Not Allowed",
            (_, 503) => "Service Unavailable",
            (_, 504) => "Gateway Timeout",
            _ => reason(status),
        }
    }
}

/// nginx's words for a status.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Not Allowed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => "",
    }
}

/// `Tue, 22 Jul 2025 10:00:00 GMT`.
pub(super) fn date(unix: i64) -> String {
    let (year, month, day, hour, minute, second) = civil(unix);
    format!(
        "{:.3}, {day:02} {:.3} {year} {hour:02}:{minute:02}:{second:02} GMT",
        weekday(unix),
        month_name(month)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(request: &str, script: Option<&str>) -> (String, bool) {
        ask_a(Serves::Http("hello"), request, script)
    }

    fn ask_a(serves: Serves, request: &str, script: Option<&str>) -> (String, bool) {
        let around = Around {
            client: "10.0.0.2:40000".parse().unwrap(),
            own: "10.0.0.1:80".parse().unwrap(),
            host: "web".to_owned(),
        };
        let gives = Gives {
            serves,
            around: &around,
            text: "hello",
            script,
            now: 1_753_178_400,
        };
        let answer = respond(&mut request.as_bytes().to_vec(), &gives);
        (
            String::from_utf8(answer.data).unwrap(),
            answer.ends.is_some(),
        )
    }

    #[test]
    fn a_server_waits_for_the_end_of_the_head() {
        assert_eq!(ask("GET / HTTP/1.1\r\n", None), (String::new(), false));
        let (page, closes) = ask("GET / HTTP/1.1\r\nHost: web\r\n\r\n", None);
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("\r\n\r\nhello\n"));
        assert!(page.contains("Date: Tue, 22 Jul 2025 10:00:00 GMT\r\n") && closes);
    }

    #[test]
    fn each_kind_of_server_writes_its_headers_in_its_own_order() {
        let names = |site: Site, method: &str, path: &str| {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: web\r\n\r\n");
            let (answer, _) = ask_a(Serves::Web(site), &request, None);
            let head = answer.split("\r\n\r\n").next().unwrap().to_owned();
            let mut lines = head.lines();
            let status = lines.next().unwrap().replace("HTTP/1.1 ", "");
            let names = lines.map(|line| line.split(':').next().unwrap());
            format!("{status}: {}", names.collect::<Vec<_>>().join(" "))
        };
        for (site, method, path, expected) in [
            (
                Site::Nginx,
                "GET",
                "/",
                "200 OK: Server Date Content-Type Content-Length Last-Modified Connection ETag Accept-Ranges",
            ),
            (
                Site::Nginx,
                "POST",
                "/",
                "405 Not Allowed: Server Date Content-Type Content-Length Connection",
            ),
            (
                Site::Httpd,
                "POST",
                "/",
                "200 OK: Date Server Last-Modified ETag Accept-Ranges Content-Length Connection Content-Type",
            ),
            (
                Site::Httpd,
                "DELETE",
                "/x",
                "405 Method Not Allowed: Date Server Allow Content-Length Connection Content-Type",
            ),
            (
                Site::Httpd,
                "OPTIONS",
                "/",
                "200 OK: Date Server Allow Content-Length Connection Content-Type",
            ),
            (
                Site::Whoami,
                "GET",
                "/",
                "200 OK: Date Content-Length Content-Type Connection",
            ),
            (
                Site::HttpEcho,
                "GET",
                "/",
                "200 OK: X-App-Name X-App-Version Date Content-Length Content-Type Connection",
            ),
            (
                Site::NotFound,
                "GET",
                "/",
                "404 Not Found: Content-Type X-Content-Type-Options Date Content-Length Connection",
            ),
        ] {
            assert_eq!(names(site, method, path), expected);
        }
    }

    #[test]
    fn a_script_gives_pages() {
        let script = Some("/a 404 text/html gone\n/b close\n");
        let (page, _) = ask("GET /a HTTP/1.1\r\n\r\n", script);
        assert!(page.starts_with("HTTP/1.1 404 Not Found\r\n") && page.ends_with("gone"));
        assert_eq!(
            ask("GET /b HTTP/1.1\r\n\r\n", script),
            (String::new(), true)
        );
        assert!(
            ask("GET /c HTTP/1.1\r\n\r\n", script)
                .0
                .ends_with("hello\n")
        );
    }
}
