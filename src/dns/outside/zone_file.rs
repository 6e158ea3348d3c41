//! Zone files: `$ORIGIN`, `$TTL`, `@`, inherited owners, parentheses and comments (RFC 1035 §5.1, RFC 2308 §4).

use crate::dns::record::Soa;
use crate::dns::{DnsName, Record, RecordData, RecordType};
use std::fmt;

/// Why a line of a zone file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ZoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// One entry: its first line, whether it begins with a blank, and its words; quoted words keep a mark.
struct Entry {
    line: usize,
    indented: bool,
    words: Vec<String>,
}

/// Reads all records of a zone file.
pub(super) fn parse(text: &str) -> Result<Vec<Record>, ZoneError> {
    let mut records = Vec::new();
    let (mut origin, mut ttl) = (DnsName::root(), 3_600);
    let mut owner: Option<DnsName> = None;
    for entry in entries(text)? {
        let fail = |message: &str| ZoneError {
            line: entry.line,
            message: message.to_owned(),
        };
        let mut words = entry.words.iter().map(String::as_str).peekable();
        match words.peek().copied() {
            Some("$ORIGIN") => {
                let name = words.nth(1).ok_or_else(|| fail("$ORIGIN needs a name"))?;
                origin = absolute(name, &origin).ok_or_else(|| fail("$ORIGIN needs a name"))?;
                continue;
            }
            Some("$TTL") => {
                let number = words.nth(1).and_then(seconds);
                ttl = number.ok_or_else(|| fail("$TTL needs a number of seconds"))?;
                continue;
            }
            Some(word) if word.starts_with('$') => {
                return Err(fail(&format!("{word} is not supported")));
            }
            Some(word) if !entry.indented => {
                owner =
                    Some(absolute(word, &origin).ok_or_else(|| fail(&format!("bad name {word}")))?);
                words.next();
            }
            _ => {}
        }
        let mut own_ttl = ttl;
        while let Some(word) = words.peek() {
            if let Some(number) = seconds(word) {
                own_ttl = number;
            } else if !word.eq_ignore_ascii_case("IN") {
                break;
            }
            words.next();
        }
        let name = owner
            .clone()
            .ok_or_else(|| fail("the first record needs a name"))?;
        let word = words.next().ok_or_else(|| fail("a record needs a type"))?;
        let record_type =
            RecordType::parse(word).ok_or_else(|| fail(&format!("unknown type {word}")))?;
        let rest: Vec<&str> = words.collect();
        let data = data(record_type, &rest, &origin)
            .ok_or_else(|| fail(&format!("bad data of a record of type {record_type}")))?;
        records.push(Record::new(name, own_ttl, data));
    }
    Ok(records)
}

/// Reads record data in presentation form.
fn data(record_type: RecordType, words: &[&str], origin: &DnsName) -> Option<RecordData> {
    let name = |word: &str| absolute(word, origin);
    Some(match (record_type, words) {
        (RecordType::A, [ip]) => RecordData::A(ip.parse().ok()?),
        (RecordType::Aaaa, [ip]) => RecordData::Aaaa(ip.parse().ok()?),
        (RecordType::Cname, [target]) => RecordData::Cname(name(target)?),
        (RecordType::Ptr, [target]) => RecordData::Ptr(name(target)?),
        (RecordType::Ns, [target]) => RecordData::Ns(name(target)?),
        (RecordType::Mx, [preference, exchange]) => RecordData::Mx {
            preference: preference.parse().ok()?,
            exchange: name(exchange)?,
        },
        (RecordType::Txt, [_, ..]) => {
            RecordData::Txt(words.iter().map(|word| (*word).to_owned()).collect())
        }
        (RecordType::Srv, [priority, weight, port, target]) => RecordData::Srv {
            priority: priority.parse().ok()?,
            weight: weight.parse().ok()?,
            port: port.parse().ok()?,
            target: name(target)?,
        },
        (RecordType::Soa, [mname, rname, serial, refresh, retry, expire, minimum]) => {
            RecordData::Soa(
                Soa {
                    mname: name(mname)?,
                    rname: name(rname)?,
                    serial: serial.parse().ok()?,
                    refresh: seconds(refresh)?,
                    retry: seconds(retry)?,
                    expire: seconds(expire)?,
                    minimum: seconds(minimum)?,
                }
                .into(),
            )
        }
        _ => return None,
    })
}

fn absolute(word: &str, origin: &DnsName) -> Option<DnsName> {
    if word == "@" {
        return Some(origin.clone());
    }
    let name = DnsName::parse(word).ok()?;
    if word.ends_with('.') {
        Some(name)
    } else {
        name.join(origin).ok()
    }
}

/// Seconds, also as BIND writes them: `300`, `5m`, `1h`, `2d`, `1w`.
fn seconds(word: &str) -> Option<u32> {
    let at = word
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(word.len());
    let number: u32 = word.get(..at)?.parse().ok()?;
    let unit = match word.get(at..)?.to_ascii_lowercase().as_str() {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    number.checked_mul(unit)
}

fn entries(text: &str) -> Result<Vec<Entry>, ZoneError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut open = 0_usize;
    for (i, raw) in text.lines().enumerate() {
        let line = i + 1;
        let mut words = Vec::new();
        let mut word = String::new();
        let mut chars = raw.chars();
        while let Some(c) = chars.next() {
            match c {
                ';' => break,
                '"' => {
                    let mut quoted = String::new();
                    while let Some(c) = chars.next().filter(|c| *c != '"') {
                        quoted.push(if c == '\\' {
                            chars.next().unwrap_or(c)
                        } else {
                            c
                        });
                    }
                    words.push(quoted);
                    continue;
                }
                '(' => open += 1,
                ')' => {
                    let unbalanced = || ZoneError {
                        line,
                        message: "a ) without a (".to_owned(),
                    };
                    open = open.checked_sub(1).ok_or_else(unbalanced)?;
                }
                c if c.is_whitespace() => {}
                c => {
                    word.push(c);
                    continue;
                }
            }
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
        if words.is_empty() {
            continue;
        }
        let indented = raw.starts_with(char::is_whitespace);
        // Inside parentheses a line goes on the entry before.
        let opened_here = raw.split(';').next().is_some_and(|code| code.contains('('));
        let closed_here = raw.split(';').next().is_some_and(|code| code.contains(')'));
        match entries.last_mut() {
            Some(last) if !opened_here && (open > 0 || closed_here) => {
                last.words.extend(words);
            }
            _ => entries.push(Entry {
                line,
                indented,
                words,
            }),
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_join_lines() {
        let text =
            "example.test. 60 IN SOA ns1 host (\n  1 ; serial\n  2h 30m\n  1w 300 )\nx A 192.0.2.1";
        let records = parse(text).unwrap();
        assert_eq!(
            records[0].to_string(),
            "example.test. 60 IN SOA ns1. host. 1 7200 1800 604800 300"
        );
        assert_eq!(records[1].to_string(), "x. 3600 IN A 192.0.2.1");
    }

    #[test]
    fn mistakes_name_their_line() {
        assert_eq!(parse("a A 192.0.2.1\nb A bogus").unwrap_err().line, 2);
        assert_eq!(
            parse("a BOGUS x").unwrap_err().to_string(),
            "line 1: unknown type BOGUS"
        );
    }
}
