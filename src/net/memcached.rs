//! A memcached server: the text protocol's storage, retrieval and counting commands over a Pod's items.
//!
//! Models memcached 1.6 (<https://github.com/memcached/memcached/blob/master/doc/protocol.txt>), errors in its words.

use super::connection::Closed;
use super::server::Answer;
use crate::kernel::BTreeMap;

/// What a Pod's memcached holds and has counted; it lasts as long as the Pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    held: BTreeMap<String, Item>,
    /// The last item's number, which `gets` shows and `cas` compares.
    last: u64,
    stored: u64,
    gets: u64,
    hits: u64,
    sets: u64,
}

/// One item.
#[derive(Clone, Debug)]
struct Item {
    flags: u32,
    data: Vec<u8>,
    number: u64,
    /// In seconds since 1970; none for ever.
    until: Option<i64>,
}

const ERROR: &str = "ERROR\r\n";
const BAD_LINE: &str = "CLIENT_ERROR bad command line format\r\n";
const BAD_CHUNK: &str = "CLIENT_ERROR bad data chunk\r\n";
const NOT_FOUND: &str = "NOT_FOUND\r\n";
const TOO_LARGE: &str = "SERVER_ERROR object too large for cache\r\n";
/// The longest key, and the largest item (`-I`, 1 MiB).
const LONGEST_KEY: usize = 250;
const LARGEST: usize = 1 << 20;
/// Up to here an expiry counts from now, beyond it from 1970.
const MONTH: i64 = 60 * 60 * 24 * 30;

/// Answers every command that has come whole.
pub(super) fn respond(pending: &mut Vec<u8>, items: &mut Items, now: i64) -> Answer {
    let mut answer = Answer::default();
    items
        .held
        .retain(|_, item| item.until.is_none_or(|until| until > now));
    while answer.ends.is_none() {
        let Some(end) = pending.iter().position(|b| *b == b'\n') else {
            break;
        };
        let line = String::from_utf8_lossy(pending.get(..end).unwrap_or_default()).into_owned();
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (command, given) = words.split_first().map_or(("", &[][..]), |(c, g)| (*c, g));
        let mut used = end + 1;
        if matches!(
            command,
            "set" | "add" | "replace" | "append" | "prepend" | "cas"
        ) {
            let rest = pending.get(used..).unwrap_or_default();
            let Some((said, block)) = store(items, (command, given), rest, now) else {
                break;
            };
            used += block;
            if given.last() != Some(&"noreply") || !said.ends_with("STORED\r\n") {
                answer.data.extend_from_slice(said.as_bytes());
            }
        } else if command == "quit" {
            answer.ends = Some(Closed::Fin);
        } else {
            run(items, (command, given), now, &mut answer.data);
        }
        pending.drain(..used.min(pending.len()));
    }
    answer
}

/// A storage command: what is said, and how much of what follows the line it took; none if its data is not all there.
fn store(
    items: &mut Items,
    (command, given): (&str, &[&str]),
    rest: &[u8],
    now: i64,
) -> Option<(&'static str, usize)> {
    let (key, flags, expires, length, more) = match given {
        [key, flags, expires, length, more @ ..] => (*key, flags, expires, length, more),
        _ => return Some((ERROR, 0)),
    };
    let number = more.first().filter(|_| command == "cas");
    if command == "cas" && number.is_none() {
        return Some((ERROR, 0));
    }
    let (Ok(flags), Ok(expires), Ok(length)) = (
        flags.parse::<u32>(),
        expires.parse::<i64>(),
        length.parse::<usize>(),
    ) else {
        return Some((BAD_LINE, 0));
    };
    if key.len() > LONGEST_KEY {
        return Some((BAD_LINE, 0));
    }
    let whole = length.saturating_add(2);
    if length > LARGEST {
        // Its data is swallowed.
        return (rest.len() >= whole).then_some((TOO_LARGE, whole));
    }
    let data = rest.get(..length)?;
    if rest.get(length..whole)? != b"\r\n" {
        // What is left over is taken for a command.
        return Some((BAD_CHUNK, whole));
    }
    items.sets += 1;
    let old = items.held.get(key);
    let fits = match (command, old) {
        ("add", old) => old.is_none(),
        ("replace" | "append" | "prepend", old) => old.is_some(),
        ("cas", None) => return Some((NOT_FOUND, whole)),
        ("cas", Some(old)) if number.and_then(|n| n.parse().ok()) != Some(old.number) => {
            return Some(("EXISTS\r\n", whole));
        }
        _ => true,
    };
    if !fits {
        return Some(("NOT_STORED\r\n", whole));
    }
    items.last += 1;
    items.stored += 1;
    let fresh = Item {
        flags,
        data: data.to_vec(),
        number: items.last,
        until: until(expires, now),
    };
    let item = match (command, old) {
        // What is added to keeps its flags and its time.
        ("append", Some(old)) => Item {
            data: [&old.data, data].concat(),
            number: fresh.number,
            ..old.clone()
        },
        ("prepend", Some(old)) => Item {
            data: [data, &old.data].concat(),
            number: fresh.number,
            ..old.clone()
        },
        _ => fresh,
    };
    if item.until.is_some_and(|until| until <= now) {
        items.held.remove(key);
    } else {
        items.held.insert(key.to_owned(), item);
    }
    Some(("STORED\r\n", whole))
}

/// When an item is gone.
fn until(expires: i64, now: i64) -> Option<i64> {
    match expires {
        0 => None,
        ..0 => Some(now),
        1..=MONTH => Some(now + expires),
        _ => Some(expires),
    }
}

/// Every command without data.
fn run(items: &mut Items, (command, given): (&str, &[&str]), now: i64, out: &mut Vec<u8>) {
    let silent = given.last() == Some(&"noreply");
    let said = match (command, given) {
        ("get" | "gets", [_, ..]) => {
            retrieve(items, given, command == "gets", out);
            return;
        }
        ("delete", [key] | [key, "0" | "noreply"] | [key, "0", "noreply"]) => {
            match items.held.remove(*key) {
                Some(_) => "DELETED\r\n",
                None => NOT_FOUND,
            }
            .to_owned()
        }
        ("delete", [_, ..]) => {
            "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n".to_owned()
        }
        ("incr" | "decr", [key, by] | [key, by, "noreply"]) => {
            count(items, key, by, command == "incr")
        }
        ("touch", [key, expires] | [key, expires, "noreply"]) => match expires.parse() {
            Err(_) => "CLIENT_ERROR invalid exptime argument\r\n".to_owned(),
            Ok(expires) => match items.held.get_mut(*key) {
                Some(item) => {
                    item.until = until(expires, now);
                    "TOUCHED\r\n".to_owned()
                }
                None => NOT_FOUND.to_owned(),
            },
        },
        ("flush_all", _) => {
            items.held.clear();
            "OK\r\n".to_owned()
        }
        ("verbosity", [_, ..]) => "OK\r\n".to_owned(),
        ("version", _) => "VERSION 1.6.38\r\n".to_owned(),
        ("mn", _) => "MN\r\n".to_owned(),
        ("stats", []) => stats(items, now),
        ("stats", ["reset"]) => {
            (items.stored, items.gets, items.hits, items.sets) = (0, 0, 0, 0);
            "RESET\r\n".to_owned()
        }
        _ => ERROR.to_owned(),
    };
    let is_error = said.starts_with("ERROR") || said.starts_with("CLIENT_ERROR");
    if !silent || is_error {
        out.extend_from_slice(said.as_bytes());
    }
}

fn retrieve(items: &mut Items, keys: &[&str], numbered: bool, out: &mut Vec<u8>) {
    if keys.iter().any(|key| key.len() > LONGEST_KEY) {
        out.extend_from_slice(BAD_LINE.as_bytes());
        return;
    }
    for key in keys {
        items.gets += 1;
        let Some(item) = items.held.get(*key) else {
            continue;
        };
        items.hits += 1;
        let mut head = format!("VALUE {key} {} {}", item.flags, item.data.len());
        if numbered {
            head.push(' ');
            head.push_str(&item.number.to_string());
        }
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&item.data);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"END\r\n");
}

/// `incr` wraps at 64 bits, `decr` stops at 0; a shorter number is padded with blanks, as its room stays the same.
fn count(items: &mut Items, key: &str, by: &str, up: bool) -> String {
    let Ok(by) = by.parse::<u64>() else {
        return "CLIENT_ERROR invalid numeric delta argument\r\n".to_owned();
    };
    let Some(item) = items.held.get_mut(key) else {
        return NOT_FOUND.to_owned();
    };
    let old = std::str::from_utf8(&item.data).unwrap_or_default();
    let Ok(old) = old.trim_end_matches(' ').parse::<u64>() else {
        return "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n".to_owned();
    };
    let new = if up {
        old.wrapping_add(by)
    } else {
        old.saturating_sub(by)
    };
    let text = new.to_string();
    let room = item.data.len().max(text.len());
    item.data = text.clone().into_bytes();
    item.data.resize(room, b' ');
    items.last += 1;
    item.number = items.last;
    text + "\r\n"
}

fn stats(items: &Items, now: i64) -> String {
    let bytes: usize = items
        .held
        .iter()
        .map(|(key, item)| key.len() + item.data.len())
        .sum();
    let mut out =
        format!("STAT pid 1\r\nSTAT time {now}\r\nSTAT version 1.6.38\r\nSTAT pointer_size 64\r\n");
    let numbers = [
        ("cmd_get", items.gets),
        ("cmd_set", items.sets),
        ("get_hits", items.hits),
        ("get_misses", items.gets - items.hits),
        ("limit_maxbytes", 67_108_864),
        ("threads", 4),
        ("bytes", bytes as u64),
        ("curr_items", items.held.len() as u64),
        ("total_items", items.stored),
    ];
    for (name, number) in numbers {
        out.push_str(&format!("STAT {name} {number}\r\n"));
    }
    out + "END\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says lines to a server that keeps what it holds.
    fn say(items: &mut Items, text: &str, now: i64) -> String {
        let mut pending = text.as_bytes().to_vec();
        String::from_utf8(respond(&mut pending, items, now).data).unwrap()
    }

    #[test]
    fn items_are_stored_counted_and_forgotten() {
        let mut items = Items::default();
        for (text, expected) in [
            ("get a\r\n", "END\r\n"),
            (
                "set a 5 0 3\r\nabc\r\nget a\r\n",
                "STORED\r\nVALUE a 5 3\r\nabc\r\nEND\r\n",
            ),
            ("add a 0 0 1\r\nx\r\n", "NOT_STORED\r\n"),
            (
                "append a 0 0 1\r\nd\r\ngets a\r\n",
                "STORED\r\nVALUE a 5 4 2\r\nabcd\r\nEND\r\n",
            ),
            ("cas a 0 0 1 1\r\nx\r\n", "EXISTS\r\n"),
            (
                "incr a 1\r\n",
                "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
            ),
            (
                "set n 0 60 2 noreply\r\n10\r\ndecr n 1\r\nget n\r\n",
                "9\r\nVALUE n 0 2\r\n9 \r\nEND\r\n",
            ),
            (
                "set b 0 0 1\r\nabc\r\n",
                "CLIENT_ERROR bad data chunk\r\nERROR\r\n",
            ),
            ("delete a\r\ndelete a\r\n", "DELETED\r\nNOT_FOUND\r\n"),
            ("set a\r\nget\r\nhello\r\n", "ERROR\r\nERROR\r\nERROR\r\n"),
            (
                "set a 0 0 x\r\n",
                "CLIENT_ERROR bad command line format\r\n",
            ),
        ] {
            assert_eq!(say(&mut items, text, 1_000), expected, "{text:?}");
        }
        assert_eq!(say(&mut items, "get n\r\n", 1_060), "END\r\n");
        assert!(say(&mut items, "stats\r\n", 1_060).contains("STAT curr_items 0\r\n"));
    }

    #[test]
    fn a_command_waits_for_its_data() {
        let mut items = Items::default();
        let mut pending = b"set a 0 0 3\r\nab".to_vec();
        assert_eq!(respond(&mut pending, &mut items, 0).data, b"");
        pending.extend_from_slice(b"c\r\n");
        assert_eq!(respond(&mut pending, &mut items, 0).data, b"STORED\r\n");
        assert!(pending.is_empty());
    }
}
