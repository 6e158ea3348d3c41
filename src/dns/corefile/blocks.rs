//! Server blocks and directives: the structure of a Corefile before any plugin has looked at it.

use super::lexer::{Token, lex};
use super::{Error, FILE};

/// One directive: its words up to the end of the line, and the lines of its block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pub name: String,
    pub line: usize,
    pub args: Vec<String>,
    /// The properties in braces: each a line of words.
    pub block: Vec<Property>,
}

/// One line of a directive's block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Property {
    pub line: usize,
    pub words: Vec<String>,
}

/// A server block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerBlock {
    pub keys: Vec<String>,
    pub line: usize,
    pub directives: Vec<Directive>,
    /// The words of each directive, its braces too, as they stand.
    pub words: Vec<(String, Vec<Token>)>,
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    snippets: Vec<(String, Vec<Token>)>,
}

/// Reads the server blocks of a Corefile.
pub(super) fn parse(text: &str) -> Result<Vec<ServerBlock>, Error> {
    let mut parser = Parser {
        tokens: lex(text),
        at: 0,
        snippets: Vec::new(),
    };
    let mut blocks = Vec::new();
    while parser.peek().is_some() {
        if let Some(block) = parser.server_block()? {
            blocks.push(block);
        }
    }
    Ok(blocks)
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// The words up to the end of the line of the word before.
    fn rest_of_line(&mut self, line: usize) -> Vec<String> {
        let mut words = Vec::new();
        while let Some(token) = self.peek() {
            if token.line != line || matches!(token.text.as_str(), "{" | "}") {
                break;
            }
            words.push(token.text.clone());
            self.at += 1;
        }
        words
    }

    fn last_line(&self) -> usize {
        self.tokens.last().map_or(1, |token| token.line)
    }

    fn end_of_file(&self) -> Error {
        Error::new(self.last_line(), "Unexpected EOF")
    }

    fn opens_block(&mut self, line: usize) -> bool {
        let opens = self
            .peek()
            .is_some_and(|token| token.text == "{" && token.line == line);
        self.at += usize::from(opens);
        opens
    }

    fn server_block(&mut self) -> Result<Option<ServerBlock>, Error> {
        let mut keys = Vec::new();
        let mut line = 0;
        loop {
            let Some(token) = self.next() else {
                return Err(self.end_of_file());
            };
            if keys.is_empty() {
                line = token.line;
            }
            match token.text.as_str() {
                "{" => break,
                "}" => return Err(Error::syntax(token.line, "}", "a server block")),
                "import" if keys.is_empty() => {
                    self.import(token.line)?;
                    return Ok(None);
                }
                word => {
                    let more = word.ends_with(',');
                    let word = word.trim_end_matches(',');
                    if !word.is_empty() {
                        keys.push(word.to_owned());
                    }
                    let ends = self.peek().is_none_or(|next| next.line != token.line);
                    if ends && !more {
                        // Without braces the rest of the file is the block.
                        return self.body(keys, line, false).map(Some);
                    }
                }
            }
        }
        if let [key] = keys.as_slice()
            && let Some(name) = key.strip_prefix('(').and_then(|key| key.strip_suffix(')'))
        {
            let tokens = self.snippet()?;
            self.snippets.push((name.to_owned(), tokens));
            return Ok(None);
        }
        self.body(keys, line, true).map(Some)
    }

    /// The words of a snippet up to its closing brace.
    fn snippet(&mut self) -> Result<Vec<Token>, Error> {
        let mut depth = 1;
        let mut tokens = Vec::new();
        loop {
            let Some(token) = self.next() else {
                return Err(self.end_of_file());
            };
            match token.text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(tokens);
            }
            tokens.push(token);
        }
    }

    fn import(&mut self, line: usize) -> Result<(), Error> {
        let Some(name) = self.rest_of_line(line).into_iter().next() else {
            return Err(Error::argument_count(line, "import"));
        };
        let Some((_, tokens)) = self.snippets.iter().find(|(snippet, _)| *snippet == name) else {
            // A glob that matches nothing is not an error; the `custom/*.override` idiom relies on that.
            if name.contains('*') {
                return Ok(());
            }
            return Err(Error::new(
                line,
                &format!("File to import not found: {name}"),
            ));
        };
        // The pasted words count as the importing line's successors, each on a line of its own as written.
        let pasted = tokens.clone();
        self.tokens.splice(self.at..self.at, pasted);
        Ok(())
    }

    fn body(&mut self, keys: Vec<String>, line: usize, braces: bool) -> Result<ServerBlock, Error> {
        let mut directives = Vec::new();
        let mut words = Vec::new();
        loop {
            let start = self.at;
            let Some(token) = self.next() else {
                if braces {
                    return Err(self.end_of_file());
                }
                break;
            };
            match token.text.as_str() {
                "}" if braces => break,
                "}" => return Err(Error::syntax(token.line, "}", "a directive")),
                "import" => self.import(token.line)?,
                _ => {
                    let name = token.text.clone();
                    directives.push(self.directive(token)?);
                    let all = self.tokens.get(start..self.at).unwrap_or_default();
                    words.push((name, all.to_vec()));
                }
            }
        }
        Ok(ServerBlock {
            keys,
            line,
            directives,
            words,
        })
    }

    fn directive(&mut self, name: Token) -> Result<Directive, Error> {
        let args = self.rest_of_line(name.line);
        let mut block = Vec::new();
        if self.opens_block(name.line) {
            loop {
                let Some(token) = self.next() else {
                    return Err(self.end_of_file());
                };
                if token.text == "}" {
                    break;
                }
                let mut words = vec![token.text];
                words.extend(self.rest_of_line(token.line));
                // A property's own block is skipped: no plugin that is simulated has one.
                if self.opens_block(token.line) {
                    self.snippet()?;
                }
                block.push(Property {
                    line: token.line,
                    words,
                });
            }
        }
        Ok(Directive {
            name: name.text,
            line: name.line,
            args,
            block,
        })
    }
}

impl Error {
    pub(super) fn new(line: usize, message: &str) -> Self {
        Self {
            line,
            message: format!("{FILE}:{line} - Error during parsing: {message}"),
        }
    }

    pub(super) fn syntax(line: usize, found: &str, expected: &str) -> Self {
        let message = format!(
            "{FILE}:{line} - Syntax error: Unexpected token '{found}', expecting '{expected}'"
        );
        Self { line, message }
    }

    pub(super) fn argument_count(line: usize, word: &str) -> Self {
        Self::new(
            line,
            &format!("Wrong argument count or unexpected line ending after '{word}'"),
        )
    }

    /// The error as a plugin hands it on.
    pub(super) fn of_plugin(self, plugin: &str) -> Self {
        Self {
            line: self.line,
            message: format!("plugin/{plugin}: {}", self.message),
        }
    }

    /// An error that a plugin writes without naming the line.
    pub(super) fn bare(line: usize, plugin: &str, message: &str) -> Self {
        Self {
            line,
            message: format!("plugin/{plugin}: {message}"),
        }
    }
}
