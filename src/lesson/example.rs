//! Examples: a seed, files in the laptop's folders, lines to type. Nothing of an example is applied by itself.

use crate::cluster::{Cluster, Settings};
use crate::shell::{Files, HOME, World};
use std::sync::LazyLock;

/// The data of each example: its description, and its files by name.
const DATA: &[(&str, &[(&str, &str)])] = &[(
    include_str!("examples/clusterip/example.yaml"),
    &[(
        "redis-clusterip.yaml",
        include_str!("examples/clusterip/redis-clusterip.yaml"),
    )],
)];

static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    DATA.iter()
        .filter_map(|(text, files)| Example::parse(text, files))
        .collect()
});

/// An example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its name in links.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it shows, in a sentence.
    pub summary: String,
    /// The seed of its cluster.
    pub seed: u64,
    /// Its files: absolute path and text.
    pub files: Vec<(String, String)>,
    /// The lines to type, as a book prints them.
    pub commands: Vec<String>,
}

/// All examples; the first is what a first visit shows.
pub fn examples() -> &'static [Example] {
    &EXAMPLES
}

impl Example {
    fn parse(text: &str, texts: &[(&str, &str)]) -> Option<Self> {
        // The page reads it before anything else: plain words and lists of them need no reader of YAML.
        let word = |key: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| Some(line.strip_prefix(key)?.strip_prefix(": ")?.to_owned()))
        };
        let words = |key: &str| -> Vec<String> {
            let lines = text
                .lines()
                .skip_while(|line| line.strip_suffix(':') != Some(key));
            let items = lines.skip(1).map_while(|line| line.strip_prefix("- "));
            items.map(str::to_owned).collect()
        };
        let folder = word("folder")?.replacen('~', HOME, 1);
        let file = |name: &String| {
            let (_, text) = texts.iter().find(|(known, _)| known == name)?;
            Some((format!("{folder}/{name}"), (*text).to_owned()))
        };
        Some(Self {
            id: word("id")?,
            title: word("title")?,
            summary: word("summary")?,
            seed: word("seed")?.parse().ok()?,
            files: words("files").iter().map(file).collect::<Option<_>>()?,
            commands: words("commands"),
        })
    }

    /// A world with the example's cluster and files; each file has a tab.
    pub fn world(&self) -> World {
        let settings = Settings {
            seed: self.seed,
            ..Settings::default()
        };
        let mut files = Files::default();
        for (path, text) in &self.files {
            files.put("/", path, text);
            files.open("/", path);
        }
        World {
            cluster: Cluster::new(&settings),
            files,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_readable() {
        assert_eq!(examples().len(), DATA.len());
        for example in examples() {
            assert!(
                !example.files.is_empty() && !example.commands.is_empty(),
                "{}",
                example.id
            );
        }
    }

    #[test]
    fn the_first_service_of_the_chapter_gets_the_address_that_books_show() {
        use crate::api::{Map, Object, ObjectMeta, Value, kind};
        let mut world = examples()[0].world();
        let meta = ObjectMeta {
            name: "redis".to_owned(),
            namespace: "default".to_owned(),
            ..Default::default()
        };
        let port = Value::Map(Map::from([("port".to_owned(), Value::Int(6379))]));
        let spec = Value::Map(Map::from([("ports".to_owned(), Value::List(vec![port]))]));
        let object = Object::new(kind::SERVICE, meta, Map::from([("spec".to_owned(), spec)]));
        let stored = world.cluster.create(object, None, false).unwrap();
        assert_eq!(stored.service().unwrap().spec.cluster_ip, "10.96.118.99");
    }
}
