//! What curl sends: the request's lines in its order, and the data.

use super::curl::Options;
use super::http::Url;
use crate::kernel::base64;
use crate::shell::context::Context;
use crate::shell::surroundings;

/// The data that the options give, joined as curl does.
pub(super) fn body(context: &Context<'_>, options: &Options<'_>) -> Option<String> {
    let mut all: Option<String> = None;
    for (kind, value) in &options.data {
        let file = match (*kind, value.split_once('@')) {
            ("data" | "data-ascii" | "data-binary" | "json", Some(("", path))) => Some(path),
            _ => None,
        };
        let text = match file {
            Some("-") => context.stdin.clone().unwrap_or_default(),
            Some(path) => surroundings::read(context.world, context.place, context.cwd, path)
                .map(|text| text.to_string())
                .unwrap_or_default(),
            None if *kind == "data-urlencode" => encoded(value),
            None => (*value).to_owned(),
        };
        let text = if file.is_some() && matches!(*kind, "data" | "data-ascii") {
            text.replace(['\r', '\n'], "")
        } else {
            text
        };
        match &mut all {
            Some(all) => {
                if *kind != "json" {
                    all.push('&');
                }
                all.push_str(&text);
            }
            None => all = Some(text),
        }
    }
    all
}

/// `name=content` with the content percent-encoded.
fn encoded(text: &str) -> String {
    let (name, content) = match text.split_once('=') {
        Some(("", content)) => (String::new(), content),
        Some((name, content)) => (format!("{name}="), content),
        None => (String::new(), text),
    };
    let mut out = name;
    for byte in content.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The request's head.
pub(super) fn head(
    options: &Options<'_>,
    url: &Url,
    method: &str,
    data: Option<&str>,
    usual_agent: &str,
) -> String {
    let own = |name: &str| {
        options.headers.iter().find_map(|header| {
            let (key, value) = header.split_once([':', ';'])?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let mut head = String::new();
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    };
    let host = url.host_header();
    let user = options.user.or(url.user.as_deref());
    let user = user.map(|user| format!("Basic {}", base64(user.as_bytes())));
    let range = options.range.map(|range| format!("bytes={range}"));
    let agent = options.agent.unwrap_or(usual_agent);
    let host = own("Host").unwrap_or(&host);
    put("Host", Some(host).filter(|host| !host.is_empty()));
    let lines = [
        ("Authorization", user.as_deref()),
        ("Range", range.as_deref()),
        ("User-Agent", Some(agent).filter(|agent| !agent.is_empty())),
        ("Accept", Some("*/*")),
        (
            "Accept-Encoding",
            options.compressed.then_some("deflate, gzip, br, zstd"),
        ),
        ("Referer", options.referer),
        ("Cookie", options.cookie),
    ];
    for (name, value) in lines {
        put(name, value.filter(|_| own(name).is_none()));
    }
    for header in &options.headers {
        match header.split_once(':') {
            Some((name, _)) if name.eq_ignore_ascii_case("host") => {}
            Some((name, value)) => put(name, Some(value.trim_start()).filter(|v| !v.is_empty())),
            None => {
                if let Some(name) = header.strip_suffix(';') {
                    put(name, Some(""));
                }
            }
        }
    }
    if let Some(data) = data {
        put("Content-Length", Some(&data.len().to_string()));
        if options.upload.is_some() {
            put("Expect", Some("100-continue"));
        } else if own("Content-Type").is_none() {
            put("Content-Type", Some("application/x-www-form-urlencoded"));
        }
    }
    if options.upgrades {
        put("Connection", Some("Upgrade, HTTP2-Settings"));
        put("Upgrade", Some("h2c"));
        put("HTTP2-Settings", Some("AAMAAABkAAQCAAAAAAIAAAAA"));
    }
    let version = if options.old_http { "1.0" } else { "1.1" };
    format!("{method} {} HTTP/{version}\r\n{head}\r\n", url.path)
}
