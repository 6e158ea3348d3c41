//! A line of the `log` plugin: a format with placeholders, filled in.
//!
//! Models `plugin/pkg/replacer` of `CoreDNS`.

use super::Reply;
use super::server::{Client, Transport};

/// The line about a reply that took so many nanoseconds, besides what it waited for.
pub(super) fn query_line(format: &str, reply: &Reply, client: &Client, nanos: u64) -> String {
    let mut line = String::from("[INFO] ");
    let mut rest = format;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        line.push_str(before);
        let end = from.find('}').map_or(from.len(), |end| end + 1);
        let (label, after) = from.split_at(end);
        match value(label, reply, client, nanos) {
            Some(text) if text.is_empty() => line.push('-'),
            Some(text) => line.push_str(&text),
            None => line.push_str(label),
        }
        rest = after;
    }
    line.push_str(rest);
    line
}

/// What stands for a placeholder; `None` if there is no such one.
fn value(label: &str, reply: &Reply, client: &Client, nanos: u64) -> Option<String> {
    let query = &reply.query;
    let (protocol, limit) = match client.transport {
        Transport::Udp => ("udp", query.udp_limit()),
        Transport::Tcp => ("tcp", 65_535),
    };
    Some(match label {
        "{type}" => query.record_type.to_string(),
        "{class}" => "IN".to_owned(),
        "{name}" => query.name.to_lower().to_string(),
        "{proto}" => protocol.to_owned(),
        "{size}" => query.wire_len().to_string(),
        "{remote}" => match client.address.ip() {
            std::net::IpAddr::V6(ip) => format!("[{ip}]"),
            std::net::IpAddr::V4(ip) => ip.to_string(),
        },
        "{port}" => client.address.port().to_string(),
        "{rcode}" => reply.rcode.to_string(),
        "{rsize}" => reply.wire_len_within(limit).to_string(),
        "{duration}" => {
            let (whole, part) = (reply.takes().as_secs(), format!("{nanos:09}"));
            format!("{whole}.{}s", part.trim_end_matches('0'))
        }
        // What other plugins tell is not there.
        _ if label.starts_with("{/") && label.ends_with('}') => String::new(),
        _ => match label.to_ascii_lowercase().as_str() {
            "{>id}" => query.id.to_string(),
            "{>opcode}" => "0".to_owned(),
            "{>do}" => query.edns.is_some_and(|edns| edns.dnssec_ok).to_string(),
            "{>bufsize}" => limit.to_string(),
            "{>rflags}" => flags(reply),
            _ => return None,
        },
    })
}

fn flags(reply: &Reply) -> String {
    let flags = [
        (true, "qr"),
        (reply.authoritative, "aa"),
        (reply.truncated, "tc"),
        (reply.query.recursion_desired, "rd"),
        (reply.recursion_available, "ra"),
    ];
    let set = flags.iter().filter(|(set, _)| *set);
    set.map(|(_, name)| *name).collect::<Vec<_>>().join(",")
}
