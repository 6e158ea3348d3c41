//! The JSON reader that kubectl tries first on text that begins with a brace: where a value ends, and Go's words for
//! what is no JSON. Such text is then read as YAML, which forgives trailing commas; if that fails too, these words stand.

/// What stands at the beginning of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    /// A value; the byte after it.
    Value(usize),
    /// No value: the byte at fault, and kubectl's words.
    Bad(usize, String),
}

#[derive(Clone, Copy)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// Reads the first value of a text.
pub(super) fn first_value(text: &str) -> Json {
    let bytes = text.as_bytes();
    let bad = |at, context| bad(bytes, at, context);
    // The open collections: whether each is an object.
    let mut open: Vec<bool> = Vec::new();
    let (mut at, mut expect) = (0, Expect::Value);
    loop {
        while bytes.get(at).is_some_and(|b| b" \t\r\n".contains(b)) {
            at += 1;
        }
        let next = bytes.get(at).copied().unwrap_or(0);
        match (expect, next) {
            (Expect::Key | Expect::KeyOrEnd, b'"') => match string(bytes, at) {
                Ok(end) => (at, expect) = (end, Expect::Colon),
                Err((at, context)) => return bad(at, context),
            },
            (Expect::KeyOrEnd, b'}') | (Expect::ValueOrEnd, b']') => {
                open.pop();
                (at, expect) = (at + 1, Expect::CommaOrEnd);
            }
            (Expect::Key | Expect::KeyOrEnd, _) => {
                return bad(at, "looking for beginning of object key string");
            }
            (Expect::Colon, b':') => (at, expect) = (at + 1, Expect::Value),
            (Expect::Colon, _) => return bad(at, "after object key"),
            (Expect::CommaOrEnd, b',') => {
                let object = open.last() == Some(&true);
                (at, expect) = (at + 1, if object { Expect::Key } else { Expect::Value });
            }
            (Expect::CommaOrEnd, b'}') if open.last() == Some(&true) => {
                open.pop();
                at += 1;
            }
            (Expect::CommaOrEnd, b']') if open.last() == Some(&false) => {
                open.pop();
                at += 1;
            }
            (Expect::CommaOrEnd, _) => {
                let object = open.last() == Some(&true);
                return bad(
                    at,
                    if object {
                        "after object key:value pair"
                    } else {
                        "after array element"
                    },
                );
            }
            (Expect::Value | Expect::ValueOrEnd, b'{') => {
                open.push(true);
                (at, expect) = (at + 1, Expect::KeyOrEnd);
            }
            (Expect::Value | Expect::ValueOrEnd, b'[') => {
                open.push(false);
                (at, expect) = (at + 1, Expect::ValueOrEnd);
            }
            (Expect::Value | Expect::ValueOrEnd, b'"') => match string(bytes, at) {
                Ok(end) => (at, expect) = (end, Expect::CommaOrEnd),
                Err((at, context)) => return bad(at, context),
            },
            (Expect::Value | Expect::ValueOrEnd, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                let word = |b: &u8| b.is_ascii_alphanumeric() || b"+-.".contains(b);
                at += bytes.iter().skip(at).take_while(|b| word(b)).count();
                expect = Expect::CommaOrEnd;
            }
            (Expect::Value | Expect::ValueOrEnd, _) => {
                return bad(at, "looking for beginning of value");
            }
        }
        if open.is_empty() {
            return Json::Value(at);
        }
    }
}

fn bad(bytes: &[u8], at: usize, context: &str) -> Json {
    let Some(found) = bytes.get(at) else {
        return Json::Bad(bytes.len(), "unexpected EOF".to_owned());
    };
    let shown = match found {
        b'\'' => r"'\''".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        b if *b < 0x20 => format!("'\\x{b:02x}'"),
        b => format!("'{}'", char::from(*b)),
    };
    let offset = at + 1;
    Json::Bad(
        at,
        format!("json: offset {offset}: invalid character {shown} {context}"),
    )
}

/// The end of the string that begins at a quote; else the byte at fault.
fn string(bytes: &[u8], start: usize) -> Result<usize, (usize, &'static str)> {
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            None => return Err((at, "in string literal")),
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => {
                let next = bytes.get(at + 1);
                if next.is_some_and(|next| !b"bfnrt\\/\"u".contains(next)) {
                    return Err((at + 1, "in string escape code"));
                }
                at += 2;
            }
            Some(b) if *b < 0x20 => return Err((at, "in string literal")),
            Some(_) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_and_faults_have_gos_words() {
        assert_eq!(
            first_value("{\"a\": [1, {}], \"b\": null} x"),
            Json::Value(25)
        );
        let words = |text: &str| match first_value(text) {
            Json::Bad(_, words) => words,
            Json::Value(end) => end.to_string(),
        };
        assert_eq!(
            words("{{- if .Values.x }}"),
            "json: offset 2: invalid character '{' looking for beginning of object key string"
        );
        assert_eq!(words("{\"a\": \n"), "unexpected EOF");
        assert_eq!(
            words("{\"a\" 1}"),
            "json: offset 6: invalid character '1' after object key"
        );
    }
}
