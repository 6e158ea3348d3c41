//! What curl tells of a transfer after it: the variables of `-w`.

use crate::shell::context::{Context, Stream};
use std::net::SocketAddr;

/// What is known of a transfer.
#[derive(Default)]
pub(super) struct Told {
    pub(super) code: u16,
    pub(super) size: usize,
    pub(super) head_size: usize,
    pub(super) request_size: usize,
    pub(super) upload_size: usize,
    pub(super) headers: usize,
    pub(super) content_type: String,
    pub(super) method: String,
    pub(super) scheme: &'static str,
    pub(super) version: String,
    pub(super) redirects: usize,
    pub(super) redirect: String,
    /// The URL as it was given, and the last that was asked.
    pub(super) url: String,
    pub(super) effective: String,
    pub(super) file: String,
    /// The two ends of the last connection.
    pub(super) ends: Option<(String, SocketAddr)>,
    pub(super) connects: usize,
    /// Microseconds until the name was known, the connection open, and all over.
    pub(super) looked_up: u64,
    pub(super) connected: u64,
    pub(super) took: u64,
    pub(super) exit: i32,
    pub(super) error: String,
}

impl Told {
    /// Of a transfer that has not begun.
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            version: "0".to_owned(),
            ..Self::default()
        }
    }

    /// The value of a variable.
    fn variable(&self, name: &str) -> Option<String> {
        let seconds = |micros: u64| format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        let remote = self.ends.as_ref().map(|(_, remote)| *remote);
        let speed = (self.size as u64)
            .saturating_mul(1_000_000)
            .checked_div(self.took)
            .unwrap_or(0);
        let begun = if self.connected == 0 { 0 } else { self.took };
        Some(match name {
            "http_code" | "response_code" => format!("{:03}", self.code),
            "size_download" => self.size.to_string(),
            "size_header" => self.head_size.to_string(),
            "size_request" => self.request_size.to_string(),
            "size_upload" => self.upload_size.to_string(),
            "num_headers" => self.headers.to_string(),
            "num_connects" => self.connects.to_string(),
            "num_redirects" => self.redirects.to_string(),
            "http_connect" => "000".to_owned(),
            "ssl_verify_result" | "proxy_ssl_verify_result" | "urlnum" | "speed_upload" => {
                "0".to_owned()
            }
            "speed_download" => speed.to_string(),
            "content_type" => self.content_type.clone(),
            "method" => self.method.clone(),
            "scheme" => self.scheme.to_owned(),
            "http_version" => self.version.clone(),
            "redirect_url" => self.redirect.clone(),
            "url" => self.url.clone(),
            "url_effective" => self.effective.clone(),
            "filename_effective" => self.file.clone(),
            "remote_ip" => remote.map(|at| at.ip().to_string()).unwrap_or_default(),
            "remote_port" => remote.map_or(0, |at| at.port()).to_string(),
            "local_ip" => self
                .ends
                .as_ref()
                .map(|(local, _)| local.clone())
                .unwrap_or_default(),
            "local_port" => {
                if self.ends.is_some() {
                    "40000".to_owned()
                } else {
                    "0".to_owned()
                }
            }
            "exitcode" => self.exit.to_string(),
            "errormsg" => self.error.clone(),
            "time_namelookup" => seconds(self.looked_up),
            "time_connect" => seconds(self.connected),
            "time_appconnect" | "time_redirect" => seconds(0),
            "time_pretransfer" => seconds(self.connected),
            "time_starttransfer" => seconds(begun),
            "time_total" => seconds(self.took),
            "certs" | "ftp_entry_path" | "referer" | "num_certs" => String::new(),
            _ => return None,
        })
    }
}

/// Writes a format, its variables replaced.
pub(super) fn write(context: &mut Context<'_>, format: &str, told: &Told) {
    let mut rest = format;
    let mut stream = Stream::Out;
    while let Some(at) = rest.find(['%', '\\']) {
        let (before, after) = rest.split_at(at);
        context.out.write(stream, before);
        let escape = match after.get(..2) {
            Some("\\n") => Some("\n"),
            Some("\\r") => Some("\r"),
            Some("\\t") => Some("\t"),
            Some("%%") => Some("%"),
            _ => None,
        };
        if let Some(text) = escape {
            context.out.write(stream, text);
            rest = after.get(2..).unwrap_or_default();
            continue;
        }
        let Some((name, after)) = after
            .strip_prefix("%{")
            .and_then(|open| open.split_once('}'))
        else {
            let end = after
                .char_indices()
                .nth(2)
                .map_or(after.len(), |(at, _)| at);
            context
                .out
                .write(stream, after.get(..end).unwrap_or_default());
            rest = after.get(end..).unwrap_or_default();
            continue;
        };
        rest = after;
        match name {
            "stderr" => stream = Stream::Err,
            "stdout" => stream = Stream::Out,
            "onerror" if told.exit == 0 => return,
            "onerror" => {}
            "json" | "header_json" => context.out.note(&format!(
                "Portside does not write %{{{name}}}: name single variables."
            )),
            name => match told.variable(name) {
                Some(value) => context.out.write(stream, &value),
                None => context
                    .out
                    .error(&format!("curl: unknown --write-out variable: '{name}'")),
            },
        }
    }
    context.out.write(stream, rest);
}

/// A number of bytes in five columns.
pub(super) fn five(bytes: usize) -> String {
    match bytes {
        0..100_000 => format!("{bytes:5}"),
        100_000..10_240_000 => format!("{:4}k", bytes / 1_024),
        _ => format!("{:4}M", bytes / 1_048_576),
    }
}
