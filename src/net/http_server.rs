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
    let date = date(now);
    let mut head = format!("HTTP/1.1 {status} {}\r\n", reason(status));
    head.push_str(&match style {
        Style::Nginx => format!("Server: nginx/1.27.0\r\nDate: {date}\r\n"),
        Style::Apache => format!("Date: {date}\r\nServer: Apache/2.4.62 (Unix)\r\n"),
        Style::Go => format!("Date: {date}\r\n"),
    });
    head.push_str(&format!("Content-Type: {}\r\n", page.kind));
    if let Some(location) = &page.location {
        head.push_str(&format!("Location: {location}\r\n"));
    }
    match page.length {
        Length::True => head.push_str(&format!("Content-Length: {}\r\n", body.len())),
        // It promises a hundred bytes, or more than it has.
        Length::TooMuch => {
            let promised = (body.len() + 1).max(100);
            head.push_str(&format!("Content-Length: {promised}\r\n"));
        }
        Length::Untold => {}
    }
    head.push_str("Connection: close\r\n\r\n");
    if with_body {
        head.push_str(body);
    }
    head.into_bytes()
}

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
}

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
        let around = Around {
            client: "10.0.0.2:40000".parse().unwrap(),
            own: "10.0.0.1:80".parse().unwrap(),
            host: "web".to_owned(),
        };
        let gives = Gives {
            serves: Serves::Http("hello"),
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
