//! The words of a Corefile, with the line that each stands on (the Caddyfile syntax of `CoreDNS`).

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub text: String,
    /// From 1.
    pub line: usize,
}

/// Splits a text into words: blanks separate, quotes join, `#` at the start of a word begins a comment.
pub(super) fn lex(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        if c == '\n' {
            line += 1;
            chars.next();
        } else if c.is_whitespace() || c == '\u{feff}' {
            chars.next();
        } else if c == '#' {
            while chars.next_if(|c| *c != '\n').is_some() {}
        } else if c == '"' {
            chars.next();
            let start = line;
            let mut word = String::new();
            while let Some(c) = chars.next() {
                match c {
                    '"' => break,
                    '\\' if chars.peek() == Some(&'"') => {
                        word.push('"');
                        chars.next();
                    }
                    c => {
                        line += usize::from(c == '\n');
                        word.push(c);
                    }
                }
            }
            tokens.push(Token {
                text: word,
                line: start,
            });
        } else {
            let mut word = String::new();
            while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
                word.push(c);
            }
            tokens.push(Token { text: word, line });
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_quotes_are_understood() {
        let words: Vec<(String, usize)> = lex("a # x\n\"b c\" d#e")
            .into_iter()
            .map(|t| (t.text, t.line))
            .collect();
        assert_eq!(
            words,
            [("a".into(), 1), ("b c".into(), 2), ("d#e".into(), 2)]
        );
    }
}
