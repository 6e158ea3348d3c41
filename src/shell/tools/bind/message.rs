//! A reply in dig's layout.

use super::bare;
use crate::dns::{Query, Record, RecordData, Reply, Soa};

/// How records are laid out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Layout {
    pub without_ttl: bool,
    pub without_class: bool,
    pub multiline: bool,
    /// Whether times to live are written with units.
    pub ttl_units: bool,
}

impl Layout {
    /// The stops of the columns: time to live, class, type, data.
    fn stops(self) -> [usize; 4] {
        match (self.multiline, self.without_ttl, self.without_class) {
            (false, false, false) => [24, 32, 40, 48],
            (true, ..) | (_, true, true) => [24, 24, 24, 32],
            (false, ..) => [24, 24, 32, 40],
        }
    }

    /// A name, then words at their stops; an empty word has no column.
    fn line(self, start: &str, width: usize, words: [&str; 4]) -> String {
        let mut line = start.to_owned();
        let mut column = width;
        for (word, stop) in words.iter().zip(self.stops()) {
            if !word.is_empty() {
                to_column(&mut line, &mut column, stop);
                line.push_str(word);
                column += word.chars().count();
            }
        }
        line
    }

    /// A time to live: `30`, or `1m30s`.
    fn ttl(self, seconds: u32) -> String {
        if !self.ttl_units || seconds == 0 {
            let unit = if self.ttl_units { "s" } else { "" };
            return format!("{seconds}{unit}");
        }
        let (mut left, mut text) = (seconds, String::new());
        for (length, unit) in [
            (604_800, 'w'),
            (86_400, 'd'),
            (3_600, 'h'),
            (60, 'm'),
            (1, 's'),
        ] {
            if left >= length {
                text.push_str(&format!("{}{unit}", left / length));
                left %= length;
            }
        }
        text
    }

    /// A record on a line, or on several.
    fn record(self, record: &Record) -> String {
        let name = record.name.to_string();
        let (ttl, class) = (self.ttl(record.ttl), "IN".to_owned());
        let data = match &record.data {
            RecordData::Soa(soa) if self.multiline => soa_lines(soa),
            data => data.to_string(),
        };
        let words = [
            if self.without_ttl { "" } else { &ttl },
            if self.without_class { "" } else { &class },
            &record.record_type().to_string(),
            &data,
        ];
        self.line(&name, name.chars().count(), words)
    }
}

/// The numbers of an SOA, each on a line with what it is.
fn soa_lines(soa: &Soa) -> String {
    let mut text = format!("{} {} (\n", soa.mname, soa.rname);
    for (number, what) in [
        (soa.serial, "serial"),
        (soa.refresh, "refresh"),
        (soa.retry, "retry"),
        (soa.expire, "expire"),
        (soa.minimum, "minimum"),
    ] {
        let span = if what == "serial" {
            String::new()
        } else {
            format!(" ({})", span(number))
        };
        text.push_str(&format!("\t\t\t\t{number:<10} ; {what}{span}\n"));
    }
    text + "\t\t\t\t)"
}

/// `2 hours`, `1 day 30 minutes`.
fn span(seconds: u32) -> String {
    let mut left = seconds;
    let mut words = Vec::new();
    for (unit, length) in [
        ("week", 604_800),
        ("day", 86_400),
        ("hour", 3_600),
        ("minute", 60),
        ("second", 1),
    ] {
        let count = left / length;
        left %= length;
        if count > 0 || unit == "second" && words.is_empty() {
            words.push(format!(
                "{count} {unit}{}",
                if count == 1 { "" } else { "s" }
            ));
        }
    }
    words.join(" ")
}

/// Which parts of a reply are shown, and how.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of dig's own")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub layout: Layout,
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

/// The question of a reply, as it was sent.
pub(super) fn question(reply: &Reply, id: u16, shown: Shown) -> String {
    let query = &reply.query;
    let mut text = String::new();
    if shown.comments {
        let recursion = if query.recursion_desired { " rd" } else { "" };
        let extra = usize::from(query.edns.is_some());
        text.push_str(";; Sending:\n");
        text.push_str(multicast(query));
        text.push_str(&format!(
            ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: {id}\n;; flags:{recursion} ad; QUERY: 1, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: {extra}\n\n"
        ));
        text.push_str(&pseudo_section(query, ""));
    }
    let bare = Reply::new(query, crate::dns::Rcode::NoError, crate::dns::Because::Wire);
    text.push_str(&body(&bare, shown));
    if shown.comments {
        text.push_str(&format!(";; QUERY SIZE: {}\n\n", query.wire_len()));
    }
    text
}

/// The warning about names that end in `.local`.
fn multicast(query: &Query) -> &'static str {
    if bare(&query.name).to_lowercase().ends_with(".local") {
        ";; WARNING: .local is reserved for Multicast DNS\n;; You are currently testing what happens when an mDNS query is leaked to DNS\n"
    } else {
        ""
    }
}

/// The EDNS part of a message, and what became of its cookie.
fn pseudo_section(query: &Query, fate: &str) -> String {
    let Some(edns) = query.edns else {
        return String::new();
    };
    let wants = if edns.dnssec_ok { " do" } else { "" };
    let mut text = format!(
        ";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:{wants}; udp: {}\n",
        edns.udp_size
    );
    if let Some(cookie) = edns.cookie {
        let hex: String = cookie.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("; COOKIE: {hex}{fate}\n"));
    }
    text
}

/// The header, the question and the sections.
pub(super) fn message(reply: &Reply, id: u16, shown: Shown) -> String {
    let mut text = String::new();
    let extra = usize::from(reply.query.edns.is_some());
    if shown.comments {
        text.push_str(";; Got answer:\n");
        text.push_str(multicast(&reply.query));
        text.push_str(&header(reply, id, extra));
        if reply.query.recursion_desired && !reply.recursion_available {
            text.push_str(";; WARNING: recursion requested but not available\n");
        }
        text.push('\n');
        text.push_str(&pseudo_section(&reply.query, " (echoed)"));
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
        let record_type = reply.query.record_type.to_string();
        let line = shown.layout.line(
            &format!(";{name}"),
            name.chars().count(),
            ["", "IN", &record_type, ""],
        );
        if shown.comments {
            text.push_str(";; QUESTION SECTION:\n");
        }
        text.push_str(&format!("{line}\n"));
        if shown.comments {
            text.push('\n');
        }
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
            text.push_str(&shown.layout.record(item));
            text.push('\n');
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
        let line = |name: &str, words: [&str; 4]| Layout::default().line(name, name.len(), words);
        assert_eq!(
            line(
                "redis.default.svc.cluster.local.",
                ["30", "IN", "A", "10.96.118.99"]
            ),
            "redis.default.svc.cluster.local. 30 IN\tA\t10.96.118.99"
        );
        assert_eq!(
            line("example.com.", ["30", "IN", "TXT", "\"x\""]),
            "example.com.\t\t30\tIN\tTXT\t\"x\""
        );
        assert_eq!(
            line("99.118.96.10.in-addr.arpa.", ["30", "IN", "PTR", "x."]),
            "99.118.96.10.in-addr.arpa. 30\tIN\tPTR\tx."
        );
    }
}
