//! A tree of folders and text files.

use crate::kernel::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// A folder or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A folder.
    Folder,
    /// A file with its text.
    File(Rc<str>),
}

/// Folders and files by absolute path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Entry>);

/// Why a file cannot be read or written, in the C library's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
    /// Nothing has that name.
    NotFound,
    /// It is a folder.
    IsFolder,
    /// A part of the path is a file.
    NotFolder,
    /// Something has that name already.
    Exists,
    /// The folder is not empty.
    NotEmpty,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "No such file or directory",
            Self::IsFolder => "Is a directory",
            Self::NotFolder => "Not a directory",
            Self::Exists => "File exists",
            Self::NotEmpty => "Directory not empty",
        })
    }
}

impl Default for Tree {
    fn default() -> Self {
        Self(BTreeMap::from([("/".to_owned(), Entry::Folder)]))
    }
}

/// The absolute form of a path, without `.`, `..` or a slash at the end.
pub(super) fn resolve(cwd: &str, path: &str, home: &str) -> String {
    let start = match path {
        "~" => return home.to_owned(),
        _ if path.starts_with("~/") => home,
        _ if path.starts_with('/') => "/",
        _ => cwd,
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in start
        .split('/')
        .chain(path.strip_prefix("~/").unwrap_or(path).split('/'))
    {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The folder above an absolute path, and its last part.
pub(super) fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(pair) => pair,
        None => ("/", path),
    }
}

impl Tree {
    /// What stands at an absolute path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.0.get(path)
    }

    /// Whether a folder stands there.
    pub fn is_folder(&self, path: &str) -> bool {
        self.get(path) == Some(&Entry::Folder)
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> Result<Rc<str>, FileError> {
        match self.get(path) {
            Some(Entry::File(text)) => Ok(text.clone()),
            Some(Entry::Folder) => Err(FileError::IsFolder),
            None if matches!(self.get(split(path).0), Some(Entry::File(_))) => {
                Err(FileError::NotFolder)
            }
            None => Err(FileError::NotFound),
        }
    }

    /// Writes a file in a folder that exists.
    pub fn write(&mut self, path: &str, text: Rc<str>) -> Result<(), FileError> {
        match (self.get(path), self.get(split(path).0)) {
            (Some(Entry::Folder), _) => Err(FileError::IsFolder),
            (_, Some(Entry::File(_))) => Err(FileError::NotFolder),
            (_, None) => Err(FileError::NotFound),
            (_, Some(Entry::Folder)) => {
                self.0.insert(path.to_owned(), Entry::File(text));
                Ok(())
            }
        }
    }

    /// Writes a file, and makes the folders above it.
    pub fn put(&mut self, path: &str, text: Rc<str>) {
        self.make_dirs(split(path).0);
        self.0.insert(path.to_owned(), Entry::File(text));
    }

    /// Makes a folder and those above it.
    pub fn make_dirs(&mut self, path: &str) {
        let ends = path
            .match_indices('/')
            .map(|(at, _)| at)
            .filter(|at| *at > 0)
            .chain([path.len()]);
        for end in ends {
            let part = path.get(..end).unwrap_or_default();
            self.0
                .entry(if part.is_empty() { "/" } else { part }.to_owned())
                .or_insert(Entry::Folder);
        }
    }

    /// Removes a file or an empty folder.
    pub fn remove(&mut self, path: &str) -> Result<(), FileError> {
        if self.list(path).is_some_and(|names| !names.is_empty()) {
            return Err(FileError::NotEmpty);
        }
        self.0.remove(path).map(drop).ok_or(FileError::NotFound)
    }

    /// Removes a folder with all in it.
    pub fn remove_all(&mut self, path: &str) {
        let below = format!("{path}/");
        self.0.retain(|p, _| p != path && !p.starts_with(&below));
        self.make_dirs("/");
    }

    /// The names in a folder, sorted; `None` if it is none.
    pub fn list(&self, path: &str) -> Option<Vec<(&str, &Entry)>> {
        if !self.is_folder(path) {
            return None;
        }
        let prefix = if path == "/" {
            "/".to_owned()
        } else {
            format!("{path}/")
        };
        let below = self
            .0
            .range(prefix.clone()..)
            .take_while(|(p, _)| p.starts_with(&prefix));
        let named = below.filter_map(|(p, entry)| Some((p.strip_prefix(&prefix)?, entry)));
        Some(
            named
                .filter(|(name, _)| !name.is_empty() && !name.contains('/'))
                .collect(),
        )
    }

    /// Lays another tree's entries over this one's.
    pub fn overlay(&mut self, above: &Self) {
        self.0.extend(
            above
                .0
                .iter()
                .map(|(path, entry)| (path.clone(), entry.clone())),
        );
    }

    /// The paths that match a pattern of absolute parts with `*`, `?` and `[…]`, sorted.
    pub fn glob(&self, pattern: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            let mut next = Vec::new();
            for dir in &found {
                let dir_path = if dir.is_empty() { "/" } else { dir };
                let names = self.list(dir_path).unwrap_or_default();
                let hidden = |name: &str| name.starts_with('.') && !part.starts_with('.');
                let hits = names
                    .iter()
                    .filter(|(name, _)| !hidden(name) && matches(part, name));
                next.extend(hits.map(|(name, _)| format!("{dir}/{name}")));
            }
            found = next;
        }
        found
    }
}

/// Whether a name matches a pattern with `*`, `?` and `[…]`.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let mut p = pattern.chars();
    let Some(first) = p.next() else {
        return name.is_empty();
    };
    let rest = p.as_str();
    let mut n = name.chars();
    match first {
        '*' => {
            let trimmed = rest.trim_start_matches('*');
            let mut tails = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            tails.any(|at| name.get(at..).is_some_and(|tail| matches(trimmed, tail)))
        }
        '?' => n.next().is_some() && matches(rest, n.as_str()),
        '[' if rest.contains(']') => {
            let (set, after) = rest.split_once(']').unwrap_or((rest, ""));
            let (negated, set) = set
                .strip_prefix(['!', '^'])
                .map_or((false, set), |s| (true, s));
            n.next().is_some_and(|c| in_set(set, c) != negated) && matches(after, n.as_str())
        }
        _ => n.next() == Some(first) && matches(rest, n.as_str()),
    }
}

fn in_set(set: &str, c: char) -> bool {
    let chars: Vec<char> = set.chars().collect();
    let range = chars
        .windows(3)
        .any(|w| matches!(w, [low, '-', high] if (*low..=*high).contains(&c)));
    range || chars.contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(resolve("/a/b", "../c/./d/", "/h"), "/a/c/d");
        assert_eq!(resolve("/a", "~/x", "/h"), "/h/x");
        assert_eq!(resolve("/", "../..", "/h"), "/");
        assert_eq!(split("/a/b"), ("/a", "b"));
    }

    #[test]
    fn patterns() {
        assert!(
            matches("*.yaml", "a.yaml") && matches("a?[b-d]*", "axcz") && !matches("[!a]b", "ab")
        );
        let mut tree = Tree::default();
        tree.put("/w/a.yaml", "".into());
        tree.put("/w/b.txt", "".into());
        assert_eq!(tree.glob("/w/*.yaml"), ["/w/a.yaml"]);
        assert_eq!(tree.list("/w").map(|names| names.len()), Some(2));
    }
}
