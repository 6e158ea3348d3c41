//! The words between `{{` and `}}`, as Go's `text/template/parse` takes them apart.

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    /// `.name`
    Field,
    /// `$`, `$name`
    Variable,
    Dot,
    /// A name: a function or a keyword.
    Name,
    Number,
    /// `"…"` and `` `…` ``
    Text,
    /// `'a'`
    Character,
    Pipe,
    Open,
    Close,
    /// `:=`
    Declare,
    /// `=`
    Assign,
    /// Any other character.
    Other,
    /// The end of the action.
    End,
}

/// A word, and where it stands in the template.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    pub(super) text: &'t str,
    pub(super) at: usize,
}

/// Where an action ended.
pub(super) struct Action<'t> {
    pub(super) tokens: Vec<Token<'t>>,
    /// Behind the closing braces.
    pub(super) end: usize,
    /// Whether blanks that follow are taken away.
    pub(super) trims: bool,
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn bad(c: Option<char>) -> String {
    match c {
        Some(c) => format!("bad character U+{:04X} '{c}'", u32::from(c)),
        None => "unclosed action".to_owned(),
    }
}

/// Takes one action apart; `from` is where its first word may stand. The error comes with where it was seen.
pub(super) fn action(template: &str, from: usize) -> Result<Action<'_>, (usize, String)> {
    let mut tokens = Vec::new();
    let mut at = from;
    let mut depth = 0usize;
    loop {
        let rest = template.get(at..).unwrap_or_default();
        let dashed = rest.trim_start();
        let trims = dashed.len() < rest.len() && dashed.starts_with("-}}");
        if trims || rest.starts_with("}}") {
            if depth > 0 {
                return Err((at, "unclosed left paren".to_owned()));
            }
            let end = at + rest.len()
                - dashed.len() * usize::from(trims)
                - rest.len() * usize::from(!trims)
                + if trims { 3 } else { 2 };
            let text = "";
            let kind = Kind::End;
            tokens.push(Token { kind, text, at });
            return Ok(Action { tokens, end, trims });
        }
        let (kind, length) = word(rest, &mut depth).map_err(|why| (at, why))?;
        let text = rest.get(..length).unwrap_or_default();
        tokens.push(Token { kind, text, at });
        at += length;
    }
}

/// The kind and the length of the first word of a text.
fn word(rest: &str, depth: &mut usize) -> Result<(Kind, usize), String> {
    let mut chars = rest.chars();
    let first = chars.next().ok_or("unclosed action")?;
    let second = chars.next();
    let after = |skip: usize, ends: &dyn Fn(char) -> bool| {
        let tail = rest.get(skip..).unwrap_or_default();
        skip + tail.find(ends).unwrap_or(tail.len())
    };
    let name = |skip: usize| {
        let end = after(skip, &|c| !is_word(c));
        let tail = rest.get(end..).unwrap_or_default();
        let next = tail.chars().next();
        let ends = next.is_none_or(|c| c.is_whitespace() || ".,|:()=".contains(c));
        if ends || tail.starts_with("}}") {
            Ok(end)
        } else {
            Err(bad(next))
        }
    };
    Ok(match first {
        c if c.is_whitespace() => (Kind::Space, after(0, &|c| !c.is_whitespace())),
        '=' => (Kind::Assign, 1),
        ':' if second == Some('=') => (Kind::Declare, 2),
        ':' => return Err("expected :=".to_owned()),
        '|' => (Kind::Pipe, 1),
        '"' | '\'' => (
            if first == '"' {
                Kind::Text
            } else {
                Kind::Character
            },
            quoted(rest, first)?,
        ),
        '`' => {
            let end = rest.get(1..).unwrap_or_default().find('`');
            (Kind::Text, end.ok_or("unterminated raw quoted string")? + 2)
        }
        '$' => (Kind::Variable, name(1)?),
        '.' if !second.is_some_and(|c| c.is_ascii_digit()) => {
            let end = name(1)?;
            (if end == 1 { Kind::Dot } else { Kind::Field }, end)
        }
        '(' => {
            *depth += 1;
            (Kind::Open, 1)
        }
        ')' if *depth == 0 => return Err("unexpected right paren".to_owned()),
        ')' => {
            *depth -= 1;
            (Kind::Close, 1)
        }
        c if "+-.".contains(c) || c.is_ascii_digit() => {
            let end = after(1, &|c| !is_word(c) && c != '.');
            (Kind::Number, end)
        }
        c if is_word(c) => (Kind::Name, name(0)?),
        c if c.is_ascii_graphic() => (Kind::Other, 1),
        c => {
            return Err(format!(
                "unrecognized character in action: U+{:04X} '{c}'",
                u32::from(c)
            ));
        }
    })
}

/// How long a quoted text at the start is.
fn quoted(rest: &str, quote: char) -> Result<usize, String> {
    let what = if quote == '"' {
        "unterminated quoted string"
    } else {
        "unterminated character constant"
    };
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' => break,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Ok(at + 1),
            _ => {}
        }
    }
    Err(what.to_owned())
}
