//! Where a cursor stands in a manifest that is being written: its document's kind, the path to it, what it is about to
//! name.
//!
//! The text need not be YAML yet, so it is read by lines and columns alone; flow style (`{a: b}`) is not followed.

/// One step of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Into the field of that name.
    Key(&'a str),
    /// Into an item of a list.
    Item,
}

/// What stands at a cursor, or is about to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor<'a> {
    /// The document's `apiVersion`, empty if it has none.
    pub api_version: &'a str,
    /// The document's `kind`, empty if it has none.
    pub kind: &'a str,
    /// The way to the mapping or list around the cursor.
    pub path: Vec<Step<'a>>,
    /// The key whose value is written; `None` while a key, or a scalar item of a list, is.
    pub key: Option<&'a str>,
    /// Whether a scalar item of a list may be written here: there is only a dash before the cursor.
    pub item: bool,
    /// The other keys of the mapping around the cursor.
    pub siblings: Vec<&'a str>,
    /// The word from its beginning up to the cursor.
    pub word: &'a str,
    /// Where the word begins, in bytes.
    pub start: usize,
    /// The column of the keys around the cursor.
    pub column: usize,
}

/// A line of a document, taken apart.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    /// Columns of its first dash, if it has any, and of its key.
    dash: Option<usize>,
    column: usize,
    key: Option<&'a str>,
    value: &'a str,
}

impl<'a> Line<'a> {
    /// `None` for a line that is blank or a remark.
    fn parse(text: &'a str) -> Option<Self> {
        let trimmed = text.trim_start_matches(' ');
        let mut column = text.len() - trimmed.len();
        let mut rest = trimmed.trim_end();
        let dash = (rest == "-" || rest.starts_with("- ")).then_some(column);
        while let Some(inner) = rest
            .strip_prefix('-')
            .filter(|r| r.is_empty() || r.starts_with(' '))
        {
            let content = inner.trim_start_matches(' ');
            // A dash without a word behind it stands before a word two columns on.
            column += if content.is_empty() {
                2
            } else {
                rest.len() - content.len()
            };
            rest = content;
        }
        if rest.starts_with('#') || (rest.is_empty() && dash.is_none()) {
            return None;
        }
        let cut = rest
            .strip_suffix(':')
            .map(|key| (key, ""))
            .or_else(|| rest.split_once(": "));
        let key = cut.map(|(key, _)| key.trim_matches(['"', '\'']));
        Some(Self {
            dash,
            column,
            key,
            value: cut.map_or(rest, |(_, value)| value.trim()),
        })
    }

    fn indent(&self) -> usize {
        self.dash.unwrap_or(self.column)
    }
}

/// What stands at this byte of a text.
pub(super) fn cursor(text: &str, offset: usize) -> Cursor<'_> {
    let offset = (0..=offset.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let is_mark = |line: &str| line.trim_end() == "---" || line.starts_with("--- ");
    let (before, after) = text.split_at(offset);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let (above, typed) = before.split_at(line_start);
    let rest = after.split('\n').next().unwrap_or_default();
    let below = after.get(rest.len() + 1..).unwrap_or_default();
    let full = text
        .get(line_start..offset + rest.len())
        .unwrap_or_default();
    let above: Vec<&str> = above
        .lines()
        .rev()
        .take_while(|line| !is_mark(line))
        .collect();
    let below: Vec<&str> = below.lines().take_while(|line| !is_mark(line)).collect();

    let top = |name: &str| {
        let all = above.iter().chain([&full]).chain(&below);
        let mut found = all
            .filter_map(|line| Line::parse(line))
            .filter(|line| line.indent() == 0);
        found
            .find(|line| line.key == Some(name))
            .map_or("", |line| line.value.trim_matches(['"', '\'']))
    };
    let mut found = Cursor {
        api_version: top("apiVersion"),
        kind: top("kind"),
        ..Cursor::default()
    };
    let blank = typed.trim_start_matches([' ', '-']).is_empty();
    let own = Line::parse(full).filter(|_| !blank || !full.trim().is_empty());
    found.column = match &own {
        Some(line) => line.column,
        None => typed.len(),
    };
    let word = typed
        .get(found.column.min(typed.len())..)
        .unwrap_or_default();
    let value = word
        .split_once(": ")
        .or_else(|| word.strip_suffix(':').map(|key| (key, "")));
    found.key = value.map(|(key, _)| key.trim_matches(['"', '\'']));
    found.word = value.map_or(word, |(_, value)| value.trim_start_matches(' '));
    found.start = offset - found.word.len();
    let dash = own.as_ref().and_then(|line| line.dash);
    found.item = dash.is_some() && found.key.is_none();
    climb(&above, dash, &mut found);
    // Below, the mapping goes on until a line stands further to the left, or begins the next item.
    let mut next = below
        .iter()
        .filter_map(|line| Line::parse(line))
        .take_while(|line| {
            line.indent() >= found.column
                && line
                    .dash
                    .is_none_or(|dash| dash > found.column || found.column == 0)
        });
    let keys: Vec<&str> = next
        .by_ref()
        .filter(|line| line.dash.is_none() && line.column == found.column)
        .filter_map(|line| line.key)
        .collect();
    found.siblings.extend(keys);
    found
}

/// Goes up from the cursor's line to the root, and notes the way.
fn climb<'a>(above: &[&'a str], dash: Option<usize>, found: &mut Cursor<'a>) {
    let mut path = Vec::new();
    // The column that is left next: of a mapping's keys, or of a list's dashes.
    let (mut column, mut in_list) = match dash {
        Some(dash) => {
            path.push(Step::Item);
            (dash, true)
        }
        None => (found.column, false),
    };
    let mut own = !in_list;
    for line in above.iter().filter_map(|line| Line::parse(line)) {
        if column == 0 && !in_list && !own {
            break;
        }
        let starts_item = line.dash.is_some();
        if in_list {
            // Items beside this one, and what is inside them.
            if line.dash == Some(column) || line.column > column {
                continue;
            }
        } else if line.column == column {
            if let Some(key) = line.key.filter(|_| own) {
                found.siblings.push(key);
            }
            if let Some(dash) = line.dash.filter(|dash| *dash < column) {
                path.push(Step::Item);
                (column, in_list, own) = (dash, true, false);
            }
            continue;
        } else if line.column > column {
            continue;
        }
        if let Some(key) = line
            .key
            .filter(|_| line.value.is_empty() || line.value.starts_with('#'))
        {
            path.push(Step::Key(key));
            (column, in_list, own) = (line.column, false, false);
            if starts_item {
                path.push(Step::Item);
                (column, in_list) = (line.indent(), true);
            }
        }
    }
    path.reverse();
    found.path = path;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path, what is written, the word and the siblings at the mark `|`.
    fn at(text: &str) -> String {
        let offset = text.find('|').unwrap_or(text.len());
        let text = text.replacen('|', "", 1);
        let found = cursor(&text, offset);
        let path: Vec<&str> = found
            .path
            .iter()
            .map(|step| match step {
                Step::Key(key) => key,
                Step::Item => "[]",
            })
            .collect();
        format!(
            "{} {} key={} word={} beside={}",
            found.kind,
            path.join("."),
            found.key.unwrap_or("-"),
            found.word,
            found.siblings.join(",")
        )
    }

    #[test]
    fn a_cursor_knows_its_path() {
        let rows = [
            (
                "kind: Service\nspec:\n  ty|",
                "Service spec key=- word=ty beside=",
            ),
            (
                "kind: Service\nspec:\n  type: Cl|\n  ports: []\n",
                "Service spec key=type word=Cl beside=ports",
            ),
            (
                "kind: Service\nspec:\n  ports:\n  - port: 80\n    na|\n  selector:\n    a: b\n",
                "Service spec.ports.[] key=- word=na beside=port",
            ),
            (
                "kind: Service\nspec:\n  ports:\n    - port: 80\n    - |",
                "Service spec.ports.[] key=- word= beside=",
            ),
            (
                "kind: Service\nspec:\n  ports:\n  - port: 80\n  |",
                "Service spec key=- word= beside=ports",
            ),
            (
                "kind: Service\nspec:\n  selector:\n    app: |",
                "Service spec.selector key=app word= beside=",
            ),
            (
                "a: 1\n---\nkind: Pod\n|\n---\nkind: Service\n",
                "Pod  key=- word= beside=kind",
            ),
            (
                "kind: Pod\nspec:\n  containers:\n  - name: a\n    ports:\n    - containerPort: 80\n      |\n    image: b\n",
                "Pod spec.containers.[].ports.[] key=- word= beside=containerPort",
            ),
            (
                "kind: Pod\nspec:\n  containers:\n  - name: a\n    ports:\n    - containerPort: 80\n    |image: b\n",
                "Pod spec.containers.[] key=- word= beside=ports,name",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(at(text), expected, "{text}");
        }
    }

    #[test]
    fn any_place_of_any_text_is_answered() {
        for text in [
            "",
            "-",
            "- - a",
            ":\n  :",
            "é: ü\n ‑",
            "\t- \n#\n---\n--- x",
            "a:\n- b:\n  - c:\n",
        ] {
            for offset in 0..=text.len() + 1 {
                let found = cursor(text, offset);
                assert!(found.start <= text.len());
            }
        }
    }
}
