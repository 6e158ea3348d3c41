//! An image reference, `registry/path:tag@digest`, as `distribution/reference` reads it.

use std::borrow::Cow;

/// The parts of an image reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The repository without a registry that is Docker Hub's, `library/` left out: `redis`, `bitnami/redis`.
    pub repository: String,
    /// The tag, `latest` when neither tag nor digest is given.
    pub tag: String,
}

impl Reference {
    /// Reads a reference; `None` if it is malformed, which the kubelet reports as `InvalidImageName`.
    pub fn parse(text: &str) -> Option<Self> {
        let (repository, tag) = Self::parts(text)?;
        Some(Self {
            repository: repository.into_owned(),
            tag: tag.to_owned(),
        })
    }

    /// Repository and tag as they stand in the text.
    pub fn parts(text: &str) -> Option<(Cow<'_, str>, &str)> {
        let (name, digest) = text
            .split_once('@')
            .map_or((text, None), |(n, d)| (n, Some(d)));
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let (path, tag) = match name.get(slash..)?.split_once(':') {
            Some((last, tag)) => (name.get(..slash + last.len())?, Some(tag)),
            None => (name, None),
        };
        let valid_tag = |t: &str| {
            !t.is_empty()
                && t.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
        };
        let (registry, path) = match path.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (Some(first), rest)
            }
            Some(_) | None => (None, path),
        };
        if !path.split('/').all(is_path_part) || !tag.is_none_or(valid_tag) {
            return None;
        }
        let path = path.strip_prefix("library/").unwrap_or(path);
        let hub = registry.is_none_or(|r| r == "docker.io" || r == "index.docker.io");
        let repository = match registry {
            Some(registry) if !hub => Cow::Owned([registry, "/", path].concat()),
            _ => Cow::Borrowed(path),
        };
        let tag = tag.unwrap_or(if digest.is_some() { "" } else { "latest" });
        Some((repository, tag))
    }

    /// The last part of the repository: `redis` of `bitnami/redis`.
    pub fn base(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }
}

/// Lower-case letters and digits, joined by `.`, `_`, `__` or dashes.
fn is_path_part(part: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    edge(part.bytes().next())
        && edge(part.bytes().last())
        && part
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_split_as_the_runtime_does() {
        let parse = |text| Reference::parse(text).map(|r| (r.repository, r.tag));
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(parse("redis"), pair("redis", "latest"));
        assert_eq!(parse("docker.io/library/redis:7"), pair("redis", "7"));
        assert_eq!(
            parse("localhost:5000/a/b:c"),
            pair("localhost:5000/a/b", "c")
        );
        assert_eq!(parse("Redis"), None);
        assert_eq!(parse("redis:"), None);
    }
}
