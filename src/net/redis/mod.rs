//! A redis server: inline commands as typed into telnet, arrays as `redis-cli` sends them, and a Pod's key space.
//!
//! Models redis 7.4 as far as tutorials go: strings, counters, lists, expiry, INFO; errors in its own words
//! (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).

mod protocol;

use super::connection::Closed;
use super::server::Answer;
use crate::kernel::BTreeMap;

/// What a Pod's redis holds; it lasts as long as the Pod.
pub(super) type Keys = BTreeMap<String, Held>;

/// A key's value, and when it is gone.
#[derive(Clone, Debug)]
pub(super) struct Held {
    value: Stored,
    /// In seconds since 1970.
    until: Option<i64>,
}

/// The kinds of values.
#[derive(Clone, Debug)]
enum Stored {
    Text(String),
    List(Vec<String>),
}

const NOT_A_NUMBER: &str = "-ERR value is not an integer or out of range\r\n";
const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
const SYNTAX: &str = "-ERR syntax error\r\n";

/// Answers every command that has come whole.
pub(super) fn respond(pending: &mut Vec<u8>, keys: &mut Keys, now: i64) -> Answer {
    let mut answer = Answer::default();
    while answer.ends.is_none() {
        let words = match protocol::next_command(pending) {
            Ok(Some(words)) => words,
            Ok(None) => break,
            Err(error) => {
                answer.data.extend_from_slice(error.as_bytes());
                answer.ends = Some(Closed::Fin);
                break;
            }
        };
        let expired = |held: &Held| held.until.is_some_and(|until| until <= now);
        keys.retain(|_, held| !expired(held));
        run(&words, keys, now, &mut answer);
    }
    answer
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn maybe(text: Option<&str>) -> String {
    text.map_or_else(|| "$-1\r\n".to_owned(), bulk)
}

fn array<'a>(items: impl ExactSizeIterator<Item = &'a str>) -> String {
    let mut text = format!("*{}\r\n", items.len());
    for item in items {
        text.push_str(&bulk(item));
    }
    text
}

/// How many words a command may have after its name.
const ARITY: &[(&str, usize, usize)] = &[
    ("APPEND", 2, 2),
    ("AUTH", 1, 2),
    ("DBSIZE", 0, 0),
    ("DECR", 1, 1),
    ("DECRBY", 2, 2),
    ("DEL", 1, usize::MAX),
    ("ECHO", 1, 1),
    ("EXISTS", 1, usize::MAX),
    ("EXPIRE", 2, 3),
    ("GET", 1, 1),
    ("INCR", 1, 1),
    ("INCRBY", 2, 2),
    ("KEYS", 1, 1),
    ("LLEN", 1, 1),
    ("LPOP", 1, 1),
    ("LPUSH", 2, usize::MAX),
    ("LRANGE", 3, 3),
    ("MGET", 1, usize::MAX),
    ("MSET", 2, usize::MAX),
    ("PERSIST", 1, 1),
    ("PING", 0, 1),
    ("RPOP", 1, 1),
    ("RPUSH", 2, usize::MAX),
    ("SELECT", 1, 1),
    ("SET", 2, usize::MAX),
    ("SETEX", 3, 3),
    ("SETNX", 2, 2),
    ("STRLEN", 1, 1),
    ("TTL", 1, 1),
    ("TYPE", 1, 1),
];

/// Commands that the real server has and this one has not: it must not tell that there are none of that name.
const OTHERS: &str = " BGSAVE BITCOUNT BLPOP BRPOP COPY DISCARD DUMP EVAL EVALSHA EXEC EXPIREAT GETBIT GETDEL GETEX GETRANGE GETSET HDEL HEXISTS HGET HGETALL HINCRBY HKEYS HLEN HMGET HMSET HSCAN HSET HVALS LASTSAVE LATENCY LINDEX LINSERT LPUSHX LREM LSET LTRIM MEMORY MIGRATE MODULE MONITOR MOVE MSETNX MULTI OBJECT PEXPIRE PFADD PFCOUNT PSETEX PSUBSCRIBE PTTL PUBLISH PUBSUB RANDOMKEY RENAME REPLICAOF RPUSHX SADD SAVE SCAN SCARD SCRIPT SDIFF SETBIT SETRANGE SHUTDOWN SINTER SISMEMBER SLAVEOF SLOWLOG SMEMBERS SORT SPOP SREM SSCAN SUBSCRIBE SUNION SWAPDB TIME TOUCH UNLINK UNSUBSCRIBE UNWATCH WAIT WATCH XADD XLEN XRANGE XREAD ZADD ZCARD ZCOUNT ZINCRBY ZRANGE ZRANK ZREM ZREVRANGE ZSCORE ";

fn run(words: &[String], keys: &mut Keys, now: i64, answer: &mut Answer) {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let Some((name, given)) = words.split_first() else {
        return;
    };
    let command = name.to_ascii_uppercase();
    // An HTTP request is taken for an attack: the client is dropped, with all that it would have been told.
    if command == "HOST:" || command == "POST" {
        answer.ends = Some(Closed::Fin);
        answer.data.clear();
        return;
    }
    let arity = ARITY.iter().find(|(known, ..)| *known == command);
    let text = match arity {
        Some((_, least, most)) if given.len() < *least || given.len() > *most => format!(
            "-ERR wrong number of arguments for '{}' command\r\n",
            name.to_ascii_lowercase()
        ),
        Some(_) => known(&command, given, keys, now),
        None => rest(&command, given, keys, answer).unwrap_or_else(|| {
            if OTHERS.contains(&format!(" {command} ")) {
                return format!("-ERR Portside's redis does not simulate {command}\r\n");
            }
            let listed: String = given.iter().map(|a| format!("'{a}' ")).collect();
            format!("-ERR unknown command '{name}', with args beginning with: {listed}\r\n")
        }),
    };
    answer.data.extend_from_slice(text.as_bytes());
}

/// Commands that take any words.
fn rest(command: &str, given: &[&str], keys: &mut Keys, answer: &mut Answer) -> Option<String> {
    Some(match command {
        "QUIT" => {
            answer.ends = Some(Closed::Fin);
            "+OK\r\n".to_owned()
        }
        "FLUSHALL" | "FLUSHDB" => {
            keys.clear();
            "+OK\r\n".to_owned()
        }
        "INFO" => bulk(&info(given.first().copied().unwrap_or_default(), keys)),
        "COMMAND" | "CONFIG" | "CLIENT" | "HELLO" if given.is_empty() || command == "COMMAND" => {
            "*0\r\n".to_owned()
        }
        "CLIENT" => "+OK\r\n".to_owned(),
        _ => return None,
    })
}

fn known(command: &str, given: &[&str], keys: &mut Keys, now: i64) -> String {
    let first = given.first().copied().unwrap_or_default();
    let second = given.get(1).copied().unwrap_or_default();
    match command {
        "PING" if given.is_empty() => "+PONG\r\n".to_owned(),
        "PING" | "ECHO" => bulk(first),
        "AUTH" => "-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n".to_owned(),
        "SELECT" => match first.parse::<i64>() {
            Ok(0) => "+OK\r\n".to_owned(),
            Ok(_) => "-ERR DB index is out of range\r\n".to_owned(),
            Err(_) => "-ERR invalid DB index\r\n".to_owned(),
        },
        "DBSIZE" => format!(":{}\r\n", keys.len()),
        "KEYS" => {
            let found: Vec<&str> = keys
                .keys()
                .map(String::as_str)
                .filter(|key| fits(first, key))
                .collect();
            array(found.into_iter())
        }
        "DEL" => {
            let gone = given.iter().filter(|key| keys.remove(**key).is_some());
            format!(":{}\r\n", gone.count())
        }
        "EXISTS" => {
            let found = given.iter().filter(|key| keys.contains_key(**key));
            format!(":{}\r\n", found.count())
        }
        "TYPE" => match keys.get(first).map(|held| &held.value) {
            Some(Stored::Text(_)) => "+string\r\n".to_owned(),
            Some(Stored::List(_)) => "+list\r\n".to_owned(),
            None => "+none\r\n".to_owned(),
        },
        "TTL" => {
            let left = keys.get(first).map(|held| held.until.map_or(-1, |at| at - now));
            format!(":{}\r\n", left.unwrap_or(-2))
        }
        "PERSIST" => {
            let until = keys.get_mut(first).and_then(|held| held.until.take());
            format!(":{}\r\n", u8::from(until.is_some()))
        }
        "EXPIRE" => expire(keys, first, second, now),
        "LPUSH" | "RPUSH" | "LPOP" | "RPOP" | "LLEN" | "LRANGE" => {
            list(command, given, keys).unwrap_or_else(str::to_owned)
        }
        _ => text(command, given, keys, now).unwrap_or_else(str::to_owned),
    }
}

fn expire(keys: &mut Keys, key: &str, seconds: &str, now: i64) -> String {
    let Ok(seconds) = seconds.parse::<i64>() else {
        return NOT_A_NUMBER.to_owned();
    };
    if !keys.contains_key(key) {
        return ":0\r\n".to_owned();
    }
    if seconds <= 0 {
        keys.remove(key);
    } else if let Some(held) = keys.get_mut(key) {
        held.until = Some(now.saturating_add(seconds));
    }
    ":1\r\n".to_owned()
}

/// Commands on strings.
fn text(command: &str, given: &[&str], keys: &mut Keys, now: i64) -> Result<String, &'static str> {
    let first = given.first().copied().unwrap_or_default();
    let second = given.get(1).copied().unwrap_or_default();
    let old = match keys.get(first).map(|held| &held.value) {
        Some(Stored::Text(text)) => Some(text.clone()),
        Some(Stored::List(_)) if matches!(command, "SET" | "SETEX" | "MSET" | "MGET") => None,
        Some(Stored::List(_)) => return Err(WRONG_TYPE),
        None => None,
    };
    Ok(match command {
        "GET" => maybe(old.as_deref()),
        "STRLEN" => format!(":{}\r\n", old.map_or(0, |text| text.len())),
        "APPEND" => {
            let new = old.unwrap_or_default() + second;
            let length = new.len();
            change(keys, first, new);
            format!(":{length}\r\n")
        }
        "INCR" => add(keys, first, old.as_deref(), 1)?,
        "DECR" => add(keys, first, old.as_deref(), -1)?,
        "INCRBY" => add(keys, first, old.as_deref(), number(second)?)?,
        "DECRBY" => add(keys, first, old.as_deref(), -number(second)?)?,
        "SETNX" if keys.contains_key(first) => ":0\r\n".to_owned(),
        "SETNX" => {
            put(keys, first, second, None);
            ":1\r\n".to_owned()
        }
        "SETEX" => {
            let seconds = number(second)?;
            if seconds <= 0 {
                return Err("-ERR invalid expire time in 'setex' command\r\n");
            }
            let value = given.get(2).copied().unwrap_or_default();
            put(keys, first, value, Some(now.saturating_add(seconds)));
            "+OK\r\n".to_owned()
        }
        "MGET" => {
            let mut text = format!("*{}\r\n", given.len());
            for key in given {
                let value = match keys.get(*key).map(|held| &held.value) {
                    Some(Stored::Text(value)) => Some(value.as_str()),
                    Some(Stored::List(_)) | None => None,
                };
                text.push_str(&maybe(value));
            }
            text
        }
        "MSET" if given.len() % 2 == 1 => {
            return Err("-ERR wrong number of arguments for 'mset' command\r\n");
        }
        "MSET" => {
            for pair in given.chunks_exact(2) {
                if let [key, value] = pair {
                    put(keys, key, value, None);
                }
            }
            "+OK\r\n".to_owned()
        }
        _ => set(given, keys, now)?,
    })
}

/// `SET key value [NX|XX] [EX seconds|PX milliseconds|KEEPTTL]`.
fn set(given: &[&str], keys: &mut Keys, now: i64) -> Result<String, &'static str> {
    let (Some(key), Some(value)) = (given.first(), given.get(1)) else {
        return Err(SYNTAX);
    };
    let exists = keys.contains_key(*key);
    let mut until = None;
    let mut options = given.iter().skip(2);
    while let Some(option) = options.next() {
        match option.to_ascii_uppercase().as_str() {
            "NX" if exists => return Ok("$-1\r\n".to_owned()),
            "XX" if !exists => return Ok("$-1\r\n".to_owned()),
            "NX" | "XX" => {}
            "KEEPTTL" => until = keys.get(*key).and_then(|held| held.until),
            unit @ ("EX" | "PX") => {
                let amount = number(options.next().ok_or(SYNTAX)?)?;
                if amount <= 0 {
                    return Err("-ERR invalid expire time in 'set' command\r\n");
                }
                let seconds = if unit == "EX" {
                    amount
                } else {
                    (amount + 999) / 1_000
                };
                until = Some(now.saturating_add(seconds));
            }
            _ => return Err(SYNTAX),
        }
    }
    put(keys, key, value, until);
    Ok("+OK\r\n".to_owned())
}

/// Commands on lists.
fn list(command: &str, given: &[&str], keys: &mut Keys) -> Result<String, &'static str> {
    let key = given.first().copied().unwrap_or_default();
    let mut items = match keys.get(key).map(|held| &held.value) {
        Some(Stored::List(items)) => items.clone(),
        Some(Stored::Text(_)) => return Err(WRONG_TYPE),
        None => Vec::new(),
    };
    let reply = match command {
        "LLEN" => return Ok(format!(":{}\r\n", items.len())),
        "LRANGE" => return range(&items, given),
        "LPUSH" | "RPUSH" => {
            for item in given.iter().skip(1) {
                let at = if command == "LPUSH" { 0 } else { items.len() };
                items.insert(at, (*item).to_owned());
            }
            format!(":{}\r\n", items.len())
        }
        _ if items.is_empty() => return Ok("$-1\r\n".to_owned()),
        "LPOP" => bulk(&items.remove(0)),
        _ => maybe(items.pop().as_deref()),
    };
    if items.is_empty() {
        keys.remove(key);
    } else {
        let until = keys.get(key).and_then(|held| held.until);
        let value = Stored::List(items);
        keys.insert(key.to_owned(), Held { value, until });
    }
    Ok(reply)
}

fn range(items: &[String], given: &[&str]) -> Result<String, &'static str> {
    let count = items.len() as i64;
    let place = |at: usize| -> Result<i64, &'static str> {
        let n = number(given.get(at).copied().unwrap_or_default())?;
        Ok(if n < 0 { n + count } else { n })
    };
    let (first, last) = (place(1)?.max(0), place(2)?.min(count - 1));
    let skip = usize::try_from(first).unwrap_or_default();
    let take = usize::try_from(last - first + 1).unwrap_or_default();
    let found: Vec<&str> = items
        .iter()
        .skip(skip)
        .take(take)
        .map(String::as_str)
        .collect();
    Ok(array(found.into_iter()))
}

fn number(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| NOT_A_NUMBER)
}

fn add(keys: &mut Keys, key: &str, old: Option<&str>, by: i64) -> Result<String, &'static str> {
    let old = number(old.unwrap_or("0"))?;
    let new = old
        .checked_add(by)
        .ok_or("-ERR increment or decrement would overflow\r\n")?;
    change(keys, key, new.to_string());
    Ok(format!(":{new}\r\n"))
}

/// Sets a value anew: it does not expire unless that is said.
fn put(keys: &mut Keys, key: &str, value: &str, until: Option<i64>) {
    let value = Stored::Text(value.to_owned());
    keys.insert(key.to_owned(), Held { value, until });
}

/// Changes a value; when it expires stays as it was.
fn change(keys: &mut Keys, key: &str, value: String) {
    let until = keys.get(key).and_then(|held| held.until);
    let value = Stored::Text(value);
    keys.insert(key.to_owned(), Held { value, until });
}

/// Whether a key fits a pattern of `*` and `?`.
fn fits(pattern: &str, key: &str) -> bool {
    let (mut p, mut k) = (pattern.chars(), key.chars());
    loop {
        match p.next() {
            None => return k.next().is_none(),
            Some('*') => {
                let rest = p.as_str();
                let mut tail = k.as_str();
                loop {
                    if fits(rest, tail) {
                        return true;
                    }
                    let mut chars = tail.chars();
                    if chars.next().is_none() {
                        return false;
                    }
                    tail = chars.as_str();
                }
            }
            Some('?') => {
                if k.next().is_none() {
                    return false;
                }
            }
            Some(c) => {
                if k.next() != Some(c) {
                    return false;
                }
            }
        }
    }
}

/// The sections that tutorials read.
fn info(section: &str, keys: &Keys) -> String {
    let expires = keys.values().filter(|held| held.until.is_some()).count();
    let keyspace = if keys.is_empty() {
        "# Keyspace\r\n".to_owned()
    } else {
        format!(
            "# Keyspace\r\ndb0:keys={},expires={expires},avg_ttl=0,subexpiry=0\r\n",
            keys.len()
        )
    };
    let server = "# Server\r\nredis_version:7.4.2\r\nredis_mode:standalone\r\nos:Linux 6.8.0-45-generic x86_64\r\narch_bits:64\r\ntcp_port:6379\r\n";
    let clients = "# Clients\r\nconnected_clients:1\r\nmaxclients:10000\r\nblocked_clients:0\r\n";
    let replication = "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n";
    match section.to_ascii_lowercase().as_str() {
        "" | "default" | "all" | "everything" => {
            [server, clients, replication, &keyspace].join("\r\n")
        }
        "server" => server.to_owned(),
        "clients" => clients.to_owned(),
        "replication" => replication.to_owned(),
        "keyspace" => keyspace,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(keys: &mut Keys, text: &str, now: i64) -> String {
        let mut pending = text.as_bytes().to_vec();
        let answer = respond(&mut pending, keys, now);
        String::from_utf8(answer.data).unwrap()
    }

    #[test]
    fn commands_answer_as_the_real_server() {
        let mut keys = Keys::new();
        let rows = [
            ("PING\r\n", "+PONG\r\n"),
            ("*1\r\n$4\r\nPING\r\n", "+PONG\r\n"),
            ("*2\r\n$4\r\nECHO\r\n$3\r\na b\r\n", "$3\r\na b\r\n"),
            ("set a \"b c\"\r\nget a\r\n", "+OK\r\n$3\r\nb c\r\n"),
            ("INCR n\r\nDECR n\r\nINCRBY n 5\r\n", ":1\r\n:0\r\n:5\r\n"),
            ("INCR a\r\n", NOT_A_NUMBER),
            (
                "EXPIRE a 10\r\nTTL a\r\nTTL n\r\nTTL x\r\n",
                ":1\r\n:10\r\n:-1\r\n:-2\r\n",
            ),
            (
                "RPUSH l x y\r\nLRANGE l 0 -1\r\n",
                ":2\r\n*2\r\n$1\r\nx\r\n$1\r\ny\r\n",
            ),
            ("GET l\r\n", WRONG_TYPE),
            ("KEYS ?\r\n", "*3\r\n$1\r\na\r\n$1\r\nl\r\n$1\r\nn\r\n"),
            (
                "GET\r\n",
                "-ERR wrong number of arguments for 'get' command\r\n",
            ),
            (
                "FOO\r\n",
                "-ERR unknown command 'FOO', with args beginning with: \r\n",
            ),
            (
                "GET \"a\r\n",
                "-ERR Protocol error: unbalanced quotes in request\r\n",
            ),
            (
                "*x\r\n",
                "-ERR Protocol error: invalid multibulk length\r\n",
            ),
            ("PI", ""),
        ];
        for (said, answered) in rows {
            assert_eq!(say(&mut keys, said, 100), answered, "{said:?}");
        }
        assert_eq!(say(&mut keys, "GET a\r\n", 111), "$-1\r\n");
    }

    #[test]
    fn quit_ends_and_an_http_request_is_dropped() {
        let mut keys = Keys::new();
        let mut pending = b"QUIT\r\nPING\r\n".to_vec();
        assert_eq!(respond(&mut pending, &mut keys, 0).data, b"+OK\r\n");
        let mut pending = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
        let answer = respond(&mut pending, &mut keys, 0);
        assert!(answer.data.is_empty() && answer.ends.is_some());
    }
}
