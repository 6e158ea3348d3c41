//! A reply in dig's layout.

use super::bare;
use crate::dns::{Record, Reply};

/// The stops of the columns: time to live, class, type, data.
const STOPS: [usize; 4] = [24, 32, 40, 48];

/// Which parts of a reply are shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub comments: bool,
    pub question: bool,
    pub answer: bool,
    pub authority: bool,
    pub additional: bool,
}

/// Goes to a column with tabs and blanks: at least one step.
fn to_column(line: &mut String, column: &mut usize, stop: usize) {
    let target = stop.max(*column + 1);
    let tabs = target / 8 - *column / 8;
    if tabs > 0 {
        line.push_str(&"\t".repeat(tabs));
        *column = *column / 8 * 8 + tabs * 8;
    }
    line.push_str(&" ".repeat(target - *column));
    *column = target;
}

/// Words at the stops from `first` on.
fn columns(start: &str, width: usize, first: usize, words: &[&str]) -> String {
    let mut line = start.to_owned();
    let mut column = width;
    for (word, stop) in words.iter().zip(STOPS.iter().skip(first)) {
        to_column(&mut line, &mut column, *stop);
        line.push_str(word);
        column += word.chars().count();
    }
    line
}

/// A record on a line.
pub(super) fn record(record: &Record) -> String {
    let name = record.name.to_string();
    columns(
        &name,
        name.chars().count(),
        0,
        &[
            &record.ttl.to_string(),
            "IN",
            &record.record_type().to_string(),
            &record.data.to_string(),
        ],
    )
}

/// The header, the question and the sections.
pub(super) fn message(reply: &Reply, id: u16, shown: Shown) -> String {
    let mut text = String::new();
    let extra = usize::from(reply.query.edns.is_some());
    if shown.comments {
        text.push_str(";; Got answer:\n");
        if bare(&reply.query.name).to_lowercase().ends_with(".local") {
            text.push_str(";; WARNING: .local is reserved for Multicast DNS\n;; You are currently testing what happens when an mDNS query is leaked to DNS\n");
        }
        text.push_str(&header(reply, id, extra));
        if reply.query.recursion_desired && !reply.recursion_available {
            text.push_str(";; WARNING: recursion requested but not available\n");
        }
        text.push('\n');
        if let Some(edns) = reply.query.edns {
            text.push_str(";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n");
            if let Some(cookie) = edns.cookie {
                let hex: String = cookie.iter().map(|byte| format!("{byte:02x}")).collect();
                text.push_str(&format!("; COOKIE: {hex} (echoed)\n"));
            }
        }
    }
    text.push_str(&body(reply, shown));
    text
}

/// The header's two lines.
pub(super) fn header(reply: &Reply, id: u16, extra: usize) -> String {
    let mut flags = "qr".to_owned();
    for (set, flag) in [
        (reply.authoritative, " aa"),
        (reply.truncated, " tc"),
        (reply.query.recursion_desired, " rd"),
        (reply.recursion_available, " ra"),
    ] {
        if set {
            flags.push_str(flag);
        }
    }
    format!(
        ";; ->>HEADER<<- opcode: QUERY, status: {}, id: {id}\n;; flags: {flags}; QUERY: 1, ANSWER: {}, AUTHORITY: {}, ADDITIONAL: {}\n",
        reply.rcode,
        reply.answer.len(),
        reply.authority.len(),
        reply.additional.len() + extra
    )
}

/// The question and the sections, each with its heading.
pub(super) fn body(reply: &Reply, shown: Shown) -> String {
    let mut text = String::new();
    if shown.question {
        let name = reply.query.name.to_string();
        let line = columns(
            &format!(";{name}"),
            name.chars().count(),
            1,
            &["IN", &reply.query.record_type.to_string()],
        );
        if shown.comments {
            text.push_str(";; QUESTION SECTION:\n");
        }
        text.push_str(&format!("{line}\n\n"));
    }
    for (title, records, wanted) in [
        ("ANSWER", &reply.answer, shown.answer),
        ("AUTHORITY", &reply.authority, shown.authority),
        ("ADDITIONAL", &reply.additional, shown.additional),
    ] {
        if !wanted || records.is_empty() {
            continue;
        }
        if shown.comments {
            text.push_str(&format!(";; {title} SECTION:\n"));
        }
        for item in records {
            text.push_str(&format!("{}\n", record(item)));
        }
        if shown.comments {
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_step_by_tabs_and_blanks() {
        let line = |name: &str, words: &[&str]| columns(name, name.len(), 0, words);
        assert_eq!(
            line(
                "redis.default.svc.cluster.local.",
                &["30", "IN", "A", "10.96.118.99"]
            ),
            "redis.default.svc.cluster.local. 30 IN\tA\t10.96.118.99"
        );
        assert_eq!(
            line("example.com.", &["30", "IN", "TXT", "\"x\""]),
            "example.com.\t\t30\tIN\tTXT\t\"x\""
        );
        assert_eq!(
            line("99.118.96.10.in-addr.arpa.", &["30", "IN", "PTR", "x."]),
            "99.118.96.10.in-addr.arpa. 30\tIN\tPTR\tx."
        );
    }
}
