//! Which lines of a text describe which object, so that a YAML block and a node of the chart can point at each other.

use super::names::place_of_key;
use crate::api::Object;
use crate::manifest::{Limits, read};

/// The lines of one object in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The object's place, `service/default/redis`.
    pub place: String,
    /// Its first line, from 1.
    pub first: u32,
    /// Its last line.
    pub last: u32,
}

/// The objects of a text in order; what cannot be read is left out. An object without a namespace is in `namespace`.
pub fn sites(text: &str, namespace: &str) -> Vec<Site> {
    let documents = read(text, &Limits::FILE).documents;
    let site = |document: &crate::manifest::Document| {
        let mut object = Object::from_value(document.value())?;
        if object.meta.name.is_empty() {
            return None;
        }
        if !object.kind.namespaced {
            object.meta.namespace = String::new();
        } else if object.meta.namespace.is_empty() {
            object.meta.namespace = namespace.to_owned();
        }
        let lines = document.lines();
        Some(Site {
            place: place_of_key(&object.key()),
            first: document.root.span.line,
            last: lines
                .values()
                .max()
                .copied()
                .unwrap_or(document.root.span.line),
        })
    };
    documents.iter().filter_map(site).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_object_has_its_lines() {
        let text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: redis\nspec:\n  ports:\n  - port: 1\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";
        let found = sites(text, "default");
        let seen: Vec<_> = found
            .iter()
            .map(|s| (s.place.as_str(), s.first, s.last))
            .collect();
        assert_eq!(
            seen,
            [("service/default/redis", 1, 7), ("namespace//shop", 9, 12)]
        );
    }
}
