//! Characters that word processors, books and web pages leave in a manifest.

use std::borrow::Cow;

/// Reads odd blanks (non-breaking and narrow spaces, marks of no width) as spaces where they indent, follow a colon or a
/// dash, or end a line; inside a value they stay. One character becomes one, so that positions stay what they are.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_odd_blank) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let end = line.trim_end_matches(|c: char| c.is_ascii_whitespace() || is_odd_blank(c));
        let mut part = Part::Front;
        let mut chars = line.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let blank = c == ' ' || is_odd_blank(c);
            let separates = at >= end.len() || part != Part::Key && part != Part::Value;
            out.push(if blank && separates { ' ' } else { c });
            let next = chars
                .peek()
                .is_none_or(|(_, c)| c.is_whitespace() || is_odd_blank(*c));
            part = match part {
                Part::Front if blank || c == '-' => Part::Front,
                Part::Front if "\"'{[#".contains(c) => Part::Value,
                Part::Front | Part::Key if c == ':' && next => Part::Colon,
                Part::Front | Part::Key => Part::Key,
                Part::Colon if blank => Part::Colon,
                Part::Colon | Part::Value => Part::Value,
            };
        }
    }
    Cow::Owned(out)
}

/// The parts of a line: blanks and dashes, a key, the blanks behind its colon, a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Front,
    Key,
    Colon,
    Value,
}

/// Whether a blank is one that no keyboard types.
pub(super) fn is_odd_blank(c: char) -> bool {
    matches!(
        c,
        '\u{a0}' | '\u{2000}'
            ..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{2060}' | '\u{3000}' | '\u{feff}'
    )
}

/// A line with a typographic dash of a list, or typographic quotes around its value, as a keyboard has them. Inside a
/// value they stay.
pub(super) fn plain_punctuation(line: &str) -> Cow<'_, str> {
    if line.is_ascii() {
        return Cow::Borrowed(line);
    }
    let start = line.len() - line.trim_start().len();
    let (blanks, body) = line.split_at(start);
    let dash = body.strip_prefix([
        '\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}', '\u{2212}', '\u{2022}',
    ]);
    let (dash, body) = match dash.filter(|rest| rest.starts_with(' ')) {
        Some(rest) => ("-", rest),
        None => ("", body),
    };
    let head = body.find(": ").map_or(0, |at| at + 2);
    let (head, value) = body.split_at(head);
    let value = value.trim_end();
    let between = |open: [char; 3], close: [char; 2]| value.strip_prefix(open)?.strip_suffix(close);
    let double = between(
        ['\u{201c}', '\u{201d}', '\u{201e}'],
        ['\u{201c}', '\u{201d}'],
    );
    let single = between(
        ['\u{2018}', '\u{2019}', '\u{201a}'],
        ['\u{2018}', '\u{2019}'],
    );
    match (
        double.filter(|t| !t.contains(['"', '\\'])),
        single.filter(|t| !t.contains('\'')),
    ) {
        (Some(text), _) => format!("{blanks}{dash}{head}\"{text}\"").into(),
        (None, Some(text)) => format!("{blanks}{dash}{head}'{text}'").into(),
        (None, None) if dash.is_empty() => Cow::Borrowed(line),
        (None, None) => format!("{blanks}{dash}{head}{value}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_blanks_count_as_spaces_where_they_separate() {
        assert_eq!(
            clean("\u{a0} a:\u{a0}b\u{a0}c\u{a0}\n-\u{a0}d\n"),
            "  a: b\u{a0}c \n- d\n"
        );
    }

    #[test]
    fn typographic_dashes_and_quotes_count_where_they_are_structure() {
        let rows = [
            ("\u{2013} name: \u{201c}a b\u{201d}", "- name: \"a b\""),
            ("note: one \u{2013} two", "note: one \u{2013} two"),
            ("  \u{2018}x\u{2019}", "  'x'"),
        ];
        for (line, plain) in rows {
            assert_eq!(plain_punctuation(line), plain);
        }
    }
}
