//! The laptop's files: the editor's tabs are among them.
//!
//! A tab is a file, or a text that has no name yet. What somebody writes inside a container is kept here too, one tree
//! for each; what every container has of itself (`/etc/resolv.conf` and the like) is made in `container_files`.

use super::tree::{FileError, Tree, resolve};
use crate::kernel::BTreeMap;
use std::rc::Rc;

/// The laptop's home directory.
pub const HOME: &str = "/home/reader";

/// Names a tab of the editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TabId(u32);

impl TabId {
    /// Its number, which no other tab ever has.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// A tab of the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Its handle, which stays when it is named.
    pub id: TabId,
    /// The file that it shows, or the text that has no name yet.
    pub holds: Held,
}

/// What a tab holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The file at this absolute path.
    File(Rc<str>),
    /// A text without a name.
    Unnamed(Rc<str>),
}

/// All files that shells of the simulation can reach.
#[derive(Clone, Debug)]
pub struct Files {
    laptop: Tree,
    tabs: Vec<Tab>,
    next: u32,
    /// Sentences about fields, lines of `Type.field sentence`: what `kubectl explain` says.
    pub docs: Rc<str>,
    /// kubectl's words about its verbs, once they are fetched: what `kubectl VERB --help` prints.
    pub help: Rc<str>,
    /// What was written in containers, by place.
    pub(super) written: BTreeMap<String, Tree>,
}

impl Default for Files {
    fn default() -> Self {
        let mut laptop = Tree::default();
        for dir in [HOME, "/etc", "/tmp"] {
            laptop.make_dirs(dir);
        }
        laptop.put("/etc/hostname", "laptop\n".into());
        laptop.put(
            "/etc/hosts",
            "127.0.0.1\tlocalhost\n127.0.1.1\tlaptop\n".into(),
        );
        laptop.put("/etc/resolv.conf", "nameserver 192.168.49.1\n".into());
        Self {
            laptop,
            tabs: Vec::new(),
            next: 0,
            docs: "".into(),
            help: "".into(),
            written: BTreeMap::new(),
        }
    }
}

impl Files {
    /// Puts in the sentences about fields and kubectl's words, which a page fetches when somebody asks for them.
    pub fn take_texts(&mut self) {
        self.docs = include_str!("../../www/data/fields.txt").into();
        self.help = include_str!("../../www/data/help.txt").into();
    }

    /// The laptop's tree.
    pub fn laptop(&self) -> &Tree {
        &self.laptop
    }

    /// The laptop's tree, to be changed.
    pub fn laptop_mut(&mut self) -> &mut Tree {
        &mut self.laptop
    }

    /// The text of a file of the laptop.
    pub fn read(&self, cwd: &str, path: &str) -> Result<Rc<str>, FileError> {
        self.laptop.read(&resolve(cwd, path, HOME))
    }

    /// Writes a file of the laptop, and makes the folders above it.
    pub fn put(&mut self, cwd: &str, path: &str, text: &str) {
        self.laptop.put(&resolve(cwd, path, HOME), text.into());
    }

    /// The editor's tabs, in order.
    pub fn tabs(&self) -> &[Tab] {
        &self.tabs
    }

    /// The tabs that have no name.
    pub fn unnamed(&self) -> impl Iterator<Item = (TabId, &Rc<str>)> {
        self.tabs.iter().filter_map(|tab| match &tab.holds {
            Held::Unnamed(text) => Some((tab.id, text)),
            Held::File(_) => None,
        })
    }

    /// Opens a tab with a text that has no name.
    pub fn open_unnamed(&mut self, text: &str) -> TabId {
        self.open_tab(Held::Unnamed(text.into()))
    }

    /// Opens a tab on a file; the tab that shows it already, if there is one.
    pub fn open(&mut self, cwd: &str, path: &str) -> TabId {
        let path = resolve(cwd, path, HOME);
        let shown = self
            .tabs
            .iter()
            .find(|tab| matches!(&tab.holds, Held::File(p) if **p == *path));
        match shown {
            Some(tab) => tab.id,
            None => self.open_tab(Held::File(path.into())),
        }
    }

    fn open_tab(&mut self, holds: Held) -> TabId {
        let id = TabId(self.next);
        self.next += 1;
        self.tabs.push(Tab { id, holds });
        id
    }

    /// Closes a tab; a file stays where it is, a text without a name is gone.
    pub fn close(&mut self, id: TabId) {
        self.tabs.retain(|tab| tab.id != id);
    }

    /// The text in a tab.
    pub fn text(&self, id: TabId) -> Option<Rc<str>> {
        match &self.tabs.iter().find(|tab| tab.id == id)?.holds {
            Held::Unnamed(text) => Some(text.clone()),
            Held::File(path) => Some(self.laptop.read(path).unwrap_or_default()),
        }
    }

    /// Replaces the text in a tab.
    pub fn set_text(&mut self, id: TabId, text: &str) {
        let Some(tab) = self.tabs.iter_mut().find(|tab| tab.id == id) else {
            return;
        };
        match &mut tab.holds {
            Held::Unnamed(held) => *held = text.into(),
            Held::File(path) => self.laptop.put(path, text.into()),
        }
    }

    /// Gives a tab a name, or another one: its text becomes the file of that name.
    pub fn name_tab(&mut self, id: TabId, cwd: &str, path: &str) {
        let Some(text) = self.text(id) else { return };
        let path: Rc<str> = resolve(cwd, path, HOME).into();
        self.laptop.put(&path, text);
        if let Some(tab) = self.tabs.iter_mut().find(|tab| tab.id == id) {
            tab.holds = Held::File(path);
        }
    }

    /// The manifests in a folder, as `kubectl -f FOLDER` finds them: paths in the order of their names; `None` if it is
    /// no folder.
    pub fn manifests_in(&self, cwd: &str, path: &str) -> Option<Vec<String>> {
        let found = self.laptop.list(&resolve(cwd, path, HOME))?;
        let is_manifest = |name: &str| {
            [".yaml", ".yml", ".json"]
                .iter()
                .any(|end| name.ends_with(end))
        };
        let names = found
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| is_manifest(name));
        Some(
            names
                .map(|name| format!("{}/{name}", path.trim_end_matches('/')))
                .collect(),
        )
    }

    /// The remark to make when a command looks for a file that does not exist while a tab without a name is open:
    /// it offers to name the tab so.
    pub fn offer(&self, path: &str) -> Option<String> {
        self.unnamed().next()?;
        Some(format!(
            "The editor has a tab without a name: `portside name-tab {path}` names it so."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unnamed_tab_becomes_a_file() {
        let mut files = Files::default();
        assert_eq!(files.offer("a.yaml"), None);
        let id = files.open_unnamed("kind: Service\n");
        assert_eq!(files.read(HOME, "a.yaml"), Err(FileError::NotFound));
        assert!(
            files
                .offer("a.yaml")
                .unwrap()
                .contains("`portside name-tab a.yaml`")
        );
        files.name_tab(id, HOME, "a.yaml");
        assert_eq!(
            files.read("/", "~/a.yaml").as_deref(),
            Ok("kind: Service\n")
        );
        files.set_text(id, "kind: Pod\n");
        assert_eq!(files.read(HOME, "a.yaml").as_deref(), Ok("kind: Pod\n"));
        assert_eq!(files.unnamed().count(), 0);
        assert_eq!(files.open(HOME, "a.yaml"), id);
    }
}
