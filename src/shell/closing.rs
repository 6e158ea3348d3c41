//! Where what a shell's word has opened closes again: quotes, braces, parentheses.

/// Where the quote closes that `$'` opens at the beginning of a text.
pub(super) fn closing_escapes(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(2).find_map(|(at, c)| {
        let closes = c == '\'' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// Where the backquote at the beginning of a text closes.
pub(super) fn closing_backquote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let closes = c == '`' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// Where the brace closes in whose middle a text begins.
pub(super) fn closing_brace(text: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.chars().next()? {
            '}' => return Some(at),
            '\'' => at += rest.get(1..)?.find('\'')? + 2,
            '"' => at += closing_quote(rest)? + 1,
            '\\' => at += 1 + rest.get(1..)?.chars().next().map_or(1, char::len_utf8),
            '$' if rest.starts_with("${") => at += closing_brace(rest.get(2..)?)? + 3,
            '$' if rest.starts_with("$(") => at += closing_parenthesis(rest)? + 1,
            c => at += c.len_utf8(),
        }
    }
    None
}

/// Where the double quote at the beginning of a text closes.
pub(super) fn closing_quote(text: &str) -> Option<usize> {
    let mut at = 1;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.chars().next()? {
            '"' => return Some(at),
            '\\' => at += 1 + rest.get(1..)?.chars().next().map_or(1, char::len_utf8),
            '$' if rest.starts_with("$(") => at += closing_parenthesis(rest)? + 1,
            '$' if rest.starts_with("${") => at += closing_brace(rest.get(2..)?)? + 3,
            c => at += c.len_utf8(),
        }
    }
    None
}

/// Where the parenthesis of a `$(` at the beginning of a text closes.
pub(super) fn closing_parenthesis(text: &str) -> Option<usize> {
    let mut at = 2;
    let mut depth = 1usize;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match rest.chars().next()? {
            '(' => {
                depth += 1;
                at += 1;
            }
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
                at += 1;
            }
            '\'' => at += rest.get(1..)?.find('\'')? + 2,
            '"' => at += closing_quote(rest)? + 1,
            '\\' => at += 1 + rest.get(1..)?.chars().next().map_or(1, char::len_utf8),
            c => at += c.len_utf8(),
        }
    }
    None
}
