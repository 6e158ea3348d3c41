//! The line that is being typed: keys to move, cut and paste in it, the history, its search, and completion.
//!
//! Models GNU readline's emacs mode as far as a reader of a terminal's pages uses it. The line lives in the page's own
//! input; whoever owns that sets the text and the cursor before each key and shows them after it.

use super::context::Candidate;

/// A key that may mean something to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character, which only a search takes.
    Char(char),
    /// Ctrl and a letter.
    Ctrl(char),
    /// Alt and a letter.
    Alt(char),
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Escape.
    Escape,
    /// Backspace, which only a search takes.
    Backspace,
    /// The arrow up.
    Up,
    /// The arrow down.
    Down,
}

/// What is to be done after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The key is left to whoever asked.
    Ignored,
    /// The line or its cursor may have changed.
    Edited,
    /// The line was entered.
    Entered(String),
    /// Ctrl-C: what runs is to be stopped, the line is empty.
    Interrupt,
    /// Ctrl-D on an empty line.
    EndOfInput,
    /// Ctrl-Z.
    Suspend,
    /// Ctrl-L.
    Clear,
    /// The second Tab: these could stand here.
    List(Vec<String>),
}

/// What the line asks of the terminal around it.
pub trait Around {
    /// The lines typed so far, oldest first.
    fn history(&self) -> &[String];
    /// What could stand at the cursor.
    fn complete(&self, line: &str, cursor: usize) -> Vec<Candidate>;
}

/// A search through the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Search {
    query: String,
    /// Where in the history the match stands.
    at: Option<usize>,
    failed: bool,
    /// The line before the search.
    draft: String,
}

/// The line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    text: String,
    cursor: usize,
    /// What was cut last.
    cut: String,
    /// How far back in the history, 0 for the new line.
    back: usize,
    /// The new line, while an older one is shown.
    draft: String,
    search: Option<Search>,
    /// Whether the key before was a Tab that could not go on.
    tabbed: bool,
    /// Whether the key before was Escape, after which Tab leaves.
    leaving: bool,
}

impl Line {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cursor, in bytes.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// What stands before the line in place of the prompt, while the history is searched.
    pub fn label(&self) -> Option<String> {
        let search = self.search.as_ref()?;
        let failed = if search.failed { "failed " } else { "" };
        Some(format!("({failed}reverse-i-search)`{}': ", search.query))
    }

    /// Takes over what the input holds.
    pub fn set(&mut self, text: &str, cursor: usize) {
        if text != self.text {
            text.clone_into(&mut self.text);
        }
        let mut cursor = cursor.min(text.len());
        while !text.is_char_boundary(cursor) {
            cursor -= 1;
        }
        self.cursor = cursor;
    }

    /// Handles a key.
    pub fn key(&mut self, key: Key, around: &dyn Around) -> Reply {
        let (tabbed, leaving) = (
            std::mem::take(&mut self.tabbed),
            std::mem::take(&mut self.leaving),
        );
        if self.search.is_some() {
            match self.search_key(key, around.history()) {
                Some(reply) => return reply,
                None => self.search = None,
            }
        }
        match key {
            Key::Enter => {
                let text = std::mem::take(&mut self.text);
                self.restart();
                return Reply::Entered(text);
            }
            Key::Tab if leaving || self.text.trim().is_empty() => return Reply::Ignored,
            Key::Tab => return self.tab(tabbed, around),
            Key::Escape => {
                self.leaving = true;
                return Reply::Ignored;
            }
            Key::Up | Key::Ctrl('p') => self.walk(true, around.history()),
            Key::Down | Key::Ctrl('n') => self.walk(false, around.history()),
            Key::Ctrl(letter) => return self.control(letter),
            Key::Alt(letter) => return self.meta(letter),
            Key::Char(_) | Key::Backspace => return Reply::Ignored,
        }
        Reply::Edited
    }

    fn restart(&mut self) {
        let cut = std::mem::take(&mut self.cut);
        *self = Self {
            cut,
            ..Self::default()
        };
    }

    fn control(&mut self, letter: char) -> Reply {
        match letter {
            'a' => self.cursor = 0,
            'e' => self.cursor = self.text.len(),
            'b' => self.cursor = self.before(),
            'f' => self.cursor = self.after(),
            'h' => {
                let before = self.before();
                drop(self.text.drain(before..self.cursor));
                self.cursor = before;
            }
            'u' => self.cut(0, self.cursor),
            'k' => self.cut(self.cursor, self.text.len()),
            'w' => self.cut(self.word_before(char::is_whitespace), self.cursor),
            'y' => {
                self.text.insert_str(self.cursor, &self.cut);
                self.cursor += self.cut.len();
            }
            'd' if self.text.is_empty() => return Reply::EndOfInput,
            'd' => {
                let after = self.after();
                drop(self.text.drain(self.cursor..after));
            }
            'c' => {
                self.restart();
                return Reply::Interrupt;
            }
            'l' => return Reply::Clear,
            'z' => return Reply::Suspend,
            'r' => {
                self.search = Some(Search {
                    draft: self.text.clone(),
                    ..Search::default()
                });
            }
            _ => return Reply::Ignored,
        }
        Reply::Edited
    }

    fn meta(&mut self, letter: char) -> Reply {
        let apart = |c: char| !c.is_alphanumeric();
        match letter {
            'b' => self.cursor = self.word_before(apart),
            'f' => self.cursor = self.word_after(apart),
            'd' => self.cut(self.cursor, self.word_after(apart)),
            '\u{8}' => self.cut(self.word_before(apart), self.cursor),
            _ => return Reply::Ignored,
        }
        Reply::Edited
    }

    /// Cuts a stretch out, to be put back with Ctrl-Y.
    fn cut(&mut self, start: usize, end: usize) {
        if start >= end || end > self.text.len() {
            return;
        }
        self.cut = self.text.drain(start..end).collect();
        self.cursor = start;
    }

    fn head(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn tail(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    fn before(&self) -> usize {
        let last = self.head().chars().next_back().map_or(0, char::len_utf8);
        self.cursor - last
    }

    fn after(&self) -> usize {
        self.cursor + self.tail().chars().next().map_or(0, char::len_utf8)
    }

    fn word_before(&self, apart: impl Fn(char) -> bool) -> usize {
        let head = self.head().trim_end_matches(&apart);
        head.trim_end_matches(|c| !apart(c)).len()
    }

    fn word_after(&self, apart: impl Fn(char) -> bool) -> usize {
        let tail = self.tail().trim_start_matches(&apart);
        let rest = tail.trim_start_matches(|c| !apart(c));
        self.text.len() - rest.len()
    }

    /// Goes one line back in the history, or forth.
    fn walk(&mut self, up: bool, history: &[String]) {
        if self.back == 0 {
            self.draft.clone_from(&self.text);
        }
        self.back = if up {
            (self.back + 1).min(history.len())
        } else {
            self.back.saturating_sub(1)
        };
        let shown = history
            .len()
            .checked_sub(self.back)
            .and_then(|at| history.get(at));
        self.text = shown.unwrap_or(&self.draft).clone();
        self.cursor = self.text.len();
    }

    /// Completes what all candidates share; lists them if the Tab before could not go on either.
    fn tab(&mut self, again: bool, around: &dyn Around) -> Reply {
        let found = around.complete(&self.text, self.cursor);
        let Some(first) = found.first() else {
            return Reply::Edited;
        };
        let common = |a: &str, b: &str| {
            let same = a.chars().zip(b.chars()).take_while(|(x, y)| x == y);
            same.map(|(c, _)| c.len_utf8()).sum::<usize>()
        };
        let shared = found.iter().map(|c| common(&first.text, &c.text)).min();
        let shared = first.text.get(..shared.unwrap_or(0)).unwrap_or_default();
        let typed = self.text.get(first.replaces.clone()).unwrap_or_default();
        if found.len() > 1 && (shared.len() <= typed.len() || !shared.starts_with(typed)) {
            if again {
                return Reply::List(found.into_iter().map(|c| c.text).collect());
            }
            self.tabbed = true;
            return Reply::Edited;
        }
        let end = first.replaces.start + shared.len();
        let shared = shared.to_owned();
        let mut range = first.replaces.clone();
        // The blank after a word is not put in twice.
        if shared.ends_with(' ')
            && self
                .text
                .get(range.end..)
                .is_some_and(|t| t.starts_with(' '))
        {
            range.end += 1;
        }
        self.text.replace_range(range, &shared);
        self.cursor = end;
        Reply::Edited
    }

    /// A key while the history is searched; `None` if it ends the search and is then handled as ever.
    fn search_key(&mut self, key: Key, history: &[String]) -> Option<Reply> {
        let search = self.search.as_mut()?;
        match key {
            Key::Char(c) => {
                search.query.push(c);
                let from = search.at.unwrap_or(history.len().saturating_sub(1));
                self.find(from, history);
            }
            Key::Backspace => {
                search.query.pop();
                self.find(history.len().saturating_sub(1), history);
            }
            Key::Ctrl('r') => match search.at {
                Some(at) if at > 0 => self.find(at - 1, history),
                Some(_) => search.failed = true,
                None => {}
            },
            Key::Escape | Key::Ctrl('g' | 'c') => {
                self.text = std::mem::take(&mut search.draft);
                self.cursor = self.text.len();
                self.search = None;
            }
            Key::Enter | Key::Tab | Key::Up | Key::Down | Key::Ctrl(_) | Key::Alt(_) => {
                return None;
            }
        }
        Some(Reply::Edited)
    }

    /// Shows the newest line, from one on backwards, that has the query in it.
    fn find(&mut self, from: usize, history: &[String]) {
        let Some(search) = &mut self.search else {
            return;
        };
        if search.query.is_empty() {
            (search.at, search.failed) = (None, false);
            return;
        }
        let upto = history.get(..=from).unwrap_or(history);
        let hit = upto
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, line)| Some((at, line, line.find(&search.query)?)));
        search.failed = hit.is_none();
        if let Some((at, line, cursor)) = hit {
            search.at = Some(at);
            self.text.clone_from(line);
            self.cursor = cursor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Vec<String>, Vec<&'static str>);

    impl Around for Fixed {
        fn history(&self) -> &[String] {
            &self.0
        }
        fn complete(&self, line: &str, cursor: usize) -> Vec<Candidate> {
            let start = line[..cursor].rfind(' ').map_or(0, |at| at + 1);
            let found = self
                .1
                .iter()
                .filter(|c| c.starts_with(&line[start..cursor]));
            let candidate = |text: &&str| Candidate {
                replaces: start..cursor,
                text: (*text).to_owned(),
            };
            found.map(candidate).collect()
        }
    }

    fn around() -> Fixed {
        let history = ["kubectl get pods", "kubectl get svc", "exit"];
        Fixed(
            history.map(str::to_owned).to_vec(),
            vec!["redis ", "redis-2 ", "web "],
        )
    }

    /// Types a text with `|` at the cursor, then keys; gives the text with the cursor.
    fn after(text: &str, keys: &[Key]) -> String {
        let mut line = Line::default();
        let at = text.find('|').expect("a cursor");
        line.set(&text.replace('|', ""), at);
        let around = around();
        for key in keys {
            line.key(*key, &around);
        }
        let mut shown = line.text().to_owned();
        shown.insert(line.cursor(), '|');
        shown
    }

    #[test]
    fn readlines_keys_move_cut_and_paste() {
        use Key::{Alt, Ctrl};
        assert_eq!(after("ab cd|", &[Ctrl('a')]), "|ab cd");
        assert_eq!(after("|ab cd", &[Ctrl('e')]), "ab cd|");
        assert_eq!(after("ab cd|", &[Ctrl('w')]), "ab |");
        assert_eq!(
            after("ab cd|", &[Ctrl('u'), Ctrl('y'), Ctrl('y')]),
            "ab cdab cd|"
        );
        assert_eq!(after("ab| cd", &[Ctrl('k')]), "ab|");
        assert_eq!(after("a/b-c|", &[Alt('b')]), "a/b-|c");
        assert_eq!(after("|a/b-c", &[Alt('f'), Alt('d')]), "a|-c");
        assert_eq!(after("\u{e9}|x", &[Ctrl('d'), Ctrl('h')]), "|");
    }

    #[test]
    fn the_history_is_walked_and_searched() {
        use Key::{Char, Ctrl, Down, Up};
        assert_eq!(after("new|", &[Up, Up]), "kubectl get svc|");
        assert_eq!(after("new|", &[Up, Up, Up, Up, Down, Down, Down]), "new|");
        assert_eq!(after("|", &[Ctrl('r'), Char('g')]), "kubectl |get svc");
        assert_eq!(
            after("|", &[Ctrl('r'), Char('g'), Ctrl('r')]),
            "kubectl |get pods"
        );
        assert_eq!(after("x|", &[Ctrl('r'), Char('g'), Key::Escape]), "x|");
        let mut line = Line::default();
        line.key(Ctrl('r'), &around());
        line.key(Char('q'), &around());
        assert_eq!(
            line.label().as_deref(),
            Some("(failed reverse-i-search)`q': ")
        );
        line.key(Key::Backspace, &around());
        line.key(Char('x'), &around());
        assert_eq!(
            line.key(Key::Enter, &around()),
            Reply::Entered("exit".to_owned())
        );
    }

    #[test]
    fn tab_completes_and_the_second_lists() {
        use Key::Tab;
        assert_eq!(after("nc w|", &[Tab]), "nc web |");
        assert_eq!(after("nc r| 80", &[Tab]), "nc redis| 80");
        let mut line = Line::default();
        line.set("nc redis", 8);
        assert_eq!(line.key(Tab, &around()), Reply::Edited);
        assert_eq!(
            line.key(Tab, &around()),
            Reply::List(vec!["redis ".to_owned(), "redis-2 ".to_owned()])
        );
        line.key(Key::Escape, &around());
        assert_eq!(line.key(Tab, &around()), Reply::Ignored);
    }
}
