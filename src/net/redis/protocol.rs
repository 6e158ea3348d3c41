//! How redis commands come over a connection: lines of words, or arrays of bulk strings (RESP 2).

/// The most that a client may send before a command is whole.
const MOST: usize = 1 << 20;

/// Takes a command off the front: an array of bulk strings, or a line of words.
pub(super) fn next_command(pending: &mut Vec<u8>) -> Result<Option<Vec<String>>, String> {
    if pending.first() == Some(&b'*') {
        return next_array(pending);
    }
    let Some(end) = pending.iter().position(|b| *b == b'\n') else {
        if pending.len() > 64 * 1024 {
            return Err("-ERR Protocol error: too big inline request\r\n".to_owned());
        }
        return Ok(None);
    };
    let line: Vec<u8> = pending.drain(..=end).collect();
    let text = String::from_utf8_lossy(&line);
    split(text.trim_end_matches(['\r', '\n']))
        .map(Some)
        .ok_or_else(|| "-ERR Protocol error: unbalanced quotes in request\r\n".to_owned())
}

/// Splits an inline command at blanks, quotes kept together (`sdssplitargs`).
fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let Some(first) = chars.peek().copied() else {
            return Some(words);
        };
        let mut word = String::new();
        if first == '"' || first == '\'' {
            chars.next();
            loop {
                match chars.next()? {
                    '\\' if first == '"' => match chars.next()? {
                        'n' => word.push('\n'),
                        'r' => word.push('\r'),
                        't' => word.push('\t'),
                        other => word.push(other),
                    },
                    c if c == first => break,
                    c => word.push(c),
                }
            }
            // A closing quote must be followed by a blank or nothing.
            if chars.peek().is_some_and(|c| !c.is_whitespace()) {
                return None;
            }
        } else {
            while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
                word.push(c);
            }
        }
        words.push(word);
    }
}

fn next_array(pending: &mut Vec<u8>) -> Result<Option<Vec<String>>, String> {
    let mut at = 0;
    let Some(count) = length(pending, &mut at, b'*')? else {
        return Ok(None);
    };
    let mut words = Vec::new();
    for _ in 0..count {
        let Some(size) = length(pending, &mut at, b'$')? else {
            return Ok(None);
        };
        let Some(bytes) = pending.get(at..at + size + 2) else {
            return Ok(None);
        };
        let bytes = bytes.get(..size).unwrap_or_default();
        words.push(String::from_utf8_lossy(bytes).into_owned());
        at += size + 2;
    }
    pending.drain(..at);
    Ok(Some(words))
}

/// Reads `*3\r\n` or `$5\r\n`; nothing if the line is not whole yet.
fn length(pending: &[u8], at: &mut usize, mark: u8) -> Result<Option<usize>, String> {
    let rest = pending.get(*at..).unwrap_or_default();
    let Some(end) = rest.iter().position(|b| *b == b'\n') else {
        return Ok(None);
    };
    let line = rest.get(..end).unwrap_or_default();
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end_matches('\r');
    if text.bytes().next() != Some(mark) {
        let got = text.chars().next().unwrap_or(' ');
        let expected = char::from(mark);
        return Err(format!(
            "-ERR Protocol error: expected '{expected}', got '{got}'\r\n"
        ));
    }
    let number = text.get(1..).unwrap_or_default().parse::<usize>();
    let number = number.ok().filter(|n| *n <= MOST);
    let Some(number) = number else {
        let what = if mark == b'*' { "multibulk" } else { "bulk" };
        return Err(format!("-ERR Protocol error: invalid {what} length\r\n"));
    };
    *at += end + 1;
    Ok(Some(number))
}
